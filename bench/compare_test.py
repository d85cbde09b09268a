#!/usr/bin/env python3
"""Tests of compare.py: what it prints for small files of lines.

SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).with_name("compare.py")


def line(peer, mode, ns, case="tiny", **more):
    return json.dumps({"case": case, "peer": peer, "mode": mode, "threads": 2, "ns": ns, **more})


class Compare(unittest.TestCase):
    def run_on(self, *files):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for i, lines in enumerate(files):
                paths.append(pathlib.Path(folder, f"{i}.jsonl"))
                paths[-1].write_text("\n".join(lines) + "\n")
            return subprocess.run([sys.executable, PROGRAM, *paths], capture_output=True,
                                  text=True, check=False)

    def rows(self, *files):
        done = self.run_on(*files)
        self.assertEqual("", done.stderr)
        return [[cell.strip() for cell in row.split("|")[1:-1]]
                for row in done.stdout.splitlines()[2:]]

    def test_the_best_peer_of_the_same_kind_is_compared_with(self):
        rows = self.rows([line("eagre", "eager", 50)],
                         [line("torch", "eager", 200), line("jax", "eager", 100),
                          line("jax", "jit", 10)])
        self.assertEqual([["tiny", "2", "eager", "50 ns", "100 ns", "jax eager", "0.50", "", "",
                           ""]], rows)

    def test_c_is_a_column_of_its_own_for_eager_and_traced(self):
        rows = self.rows([line("eagre", "eager", 4000), line("eagre", "function", 3000),
                          line("C", "loop", 2000)])
        self.assertEqual([["2 us", "C loop", "2.00"], ["2 us", "C loop", "1.50"]],
                         [row[7:] for row in rows])

    def test_the_least_of_several_lines_counts(self):
        rows = self.rows([line("eagre", "eager", 70), line("eagre", "eager", 60)])
        self.assertEqual("60 ns", rows[0][3])

    def test_an_older_run_is_a_peer_named_after_its_file(self):
        rows = self.rows([line("eagre", "eager", 50)],
                         [line("eagre", "eager", 40), line("eagre", "eager_other", 10)])
        self.assertEqual(["40 ns", "eagre in 1.jsonl eager", "1.25"], rows[0][4:7])

    def test_bytes_are_compared_as_times_are(self):
        small = json.dumps({"case": "memory", "peer": "eagre", "mode": "eager", "threads": 2,
                            "bytes": 2000000})
        self.assertEqual("2 MB", self.rows([small])[0][3])

    def test_lines_of_errors_and_of_threads_that_differ_are_no_peers(self):
        error = json.dumps({"case": "tiny", "peer": "jax", "mode": "eager", "threads": 2,
                            "error": "no"})
        other = line("torch", "eager", 1).replace('"threads": 2', '"threads": 1')
        self.assertEqual("", self.rows([line("eagre", "eager", 50)], [error, other])[0][4])

    def test_what_is_no_json_is_named_with_its_line(self):
        done = self.run_on([line("eagre", "eager", 1), "oops"])
        self.assertNotEqual(0, done.returncode)
        self.assertIn("0.jsonl:2: not a line of JSON: oops", done.stderr)

    def test_a_missing_file_is_named(self):
        done = subprocess.run([sys.executable, PROGRAM, "missing.jsonl"], capture_output=True,
                              text=True, check=False)
        self.assertNotEqual(0, done.returncode)
        self.assertIn("missing.jsonl", done.stderr)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Compare)
    result = unittest.TextTestRunner().run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)
