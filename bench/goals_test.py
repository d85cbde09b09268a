#!/usr/bin/env python3
"""Tests of goals.py: what it prints for small files of lines.

SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).with_name("goals.py")


def line(case, peer, mode, least, middle, **more):
    return json.dumps({"case": case, "peer": peer, "mode": mode, "threads": 2, "ns": least,
                       "ns_med": middle, **more})


class Goals(unittest.TestCase):
    def run_on(self, *lines):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "lines.jsonl")
            path.write_text("".join(one + "\n" for one in lines))
            return subprocess.run([sys.executable, PROGRAM, path], capture_output=True, text=True,
                                  check=False)

    def rows(self, *lines):
        done = self.run_on(*lines)
        self.assertEqual("", done.stderr)
        return [[cell.strip() for cell in row.split("|")[1:-1]]
                for row in done.stdout.splitlines()[2:]]

    def test_a_time_holds_where_the_least_is_short_enough(self):
        self.assertEqual([["eager_add_2x2", "≤ 60 ns", "59 ns", "80 ns", "yes"]],
                         self.rows(line("eager_add_2x2", "eagre", "eager", 59, 80)))

    def test_a_bandwidth_is_told_by_that_of_the_copy(self):
        rows = self.rows(line("bw_add_10M", "eagre", "eager", 10, 20, gb_s=40),
                         line("bw_add_10M", "C", "stream_copy", 10, 10, gb_s=50))
        self.assertEqual([["bw_add_10M", "≥ 0.85 of the copy's bandwidth", "0.80", "0.40", "no"]],
                         rows)

    def test_a_product_is_told_by_the_quickest_call(self):
        rows = self.rows(line("product_8x8x8", "eagre", "eager", 10, 10),
                         line("product_8x8x8", "C", "openblas", 30, 30),
                         line("product_8x8x8", "C", "onednn_sgemm", 20, 25))
        self.assertEqual([["product_8x8x8", "≥ 1.00 of the calls' speed", "2.00", "2.50", "yes"]],
                         rows)

    def test_what_a_mode_adds_is_told_by_the_difference(self):
        name = "tape_chain_1000_per_op"
        rows = self.rows(line(name, "eagre", "eager", 50, 60),
                         line(name, "eagre", "eager_recorded", 120, 150),
                         line(name, "eagre", "eager_differentiated", 400, 500))
        self.assertEqual([[name, "≤ 100 ns more than eager", "70 ns", "90 ns", "yes"],
                          [name, "≤ 250 ns more than eager_recorded", "280 ns", "350 ns", "no"]],
                         rows)

    def test_a_goal_may_be_of_one_mode_only(self):
        rows = self.rows(line("function_call_1add", "eagre", "eager", 50, 50),
                         line("function_call_1add", "eagre", "function", 160, 170))
        self.assertEqual([["function_call_1add", "≤ 150 ns", "160 ns", "170 ns", "no"]], rows)

    def test_a_first_call_is_told_by_that_of_the_same_body_eagerly(self):
        rows = self.rows(line("first_call_mlp_train", "eagre", "eager", 1000, 1000),
                         line("first_call_mlp_train", "eagre", "first_call", 1500, 2500))
        self.assertEqual([["first_call_mlp_train", "≤ 2.00 times the time of eager", "1.50", "2.50",
                           "yes"]], rows)

    def test_a_file_that_holds_something_else_is_an_error(self):
        done = self.run_on("no line")
        self.assertNotEqual(0, done.returncode)
        self.assertIn("goals.py", done.stderr)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Goals)
    result = unittest.TextTestRunner().run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)
