#!/usr/bin/env python3
"""Tests of the scripts that compare with other libraries, none of which is needed: tables of lines
that are made up, and the driver with programs that only answer.

SPDX-License-Identifier: Apache-2.0
"""
import io
import json
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

import cases
import driver
import environments
import table

NUMPY = driver.ROOT / "build" / "numpy" / "bin" / "python"
ANSWERS = """#!{python} -SE
import json, sys

def line(mode, **more):
    print(json.dumps(dict({{"case": case, "peer": "{name}", "mode": mode, "threads": 2}}, **more)))

def done():
    print(flush=True)

words = sys.argv[1:]
case = words[words.index("--only") + 1] if "--only" in words else ""
"""
BENCH = """
if "--save" in words:
    open(words[words.index("--save") + 1] + "/" + case + ".in0.npy", "w")
elif "--alone" in words:
    line(words[words.index("--modes") + 1], first_ns=5000, bytes=9000000)
elif "--turns" in words:
    done()
    for _ in sys.stdin:
        line("eager", ns=100, ns_med=120)
        line("function", ns=50, ns_med=70)
        done()
elif case == "limit_":
    case = "limit_bw_read_64MB"
    line("read", ns=1e6, ns_med=1e6)
"""
PEER = """
if words[0] == "alone":
    case = words[2]
    line(words[3], first_ns=1e9, bytes=300000000)
    sys.exit()
if words[0] == "start":
    print(3 if "{name}" == "jax" else 4)
    sys.exit()
done()
for asked in sys.stdin:
    asked = asked.split()
    case = asked[1] if asked[0] == "prepare" else case
    if asked[0] == "time":
        if case == "while_10000":
            sys.exit(3)
        for mode, ns in (("jit", 200), ("eager", 2000)):
            if len(asked) == 1 or mode in asked[1].split(","):
                line(mode, ns=ns, ns_med=ns)
    done()
"""


def line(case, peer, mode, ns, middle=None):
    return {"case": case, "peer": peer, "mode": mode, "threads": 2, "ns": ns,
            "ns_med": middle or ns}


def alone(case, peer, mode, first, size):
    return {"case": case, "peer": peer, "mode": mode, "threads": 2, "first_ns": first,
            "bytes": size}


def results_of(*lines):
    results = table.Results()
    for one in lines:
        results.add(one)
    results.finish()
    return results


def rows_of(text):
    return [[cell.strip() for cell in row.split("|")[1:-1]] for row in text.splitlines()
            if row.startswith("|")]


class Tables(unittest.TestCase):
    def row(self, case, *lines):
        """What the first table says of a case, by its heads."""
        results = results_of(*lines)
        rows = rows_of(table.speeds(results, table.shown_of(results)))
        found = [row for row in rows if row[0] == f"`{case}`"]
        return dict(zip(rows[0], found[0]))

    def test_the_quickest_mode_of_each_library_is_shown_and_the_quickest_library_marked(self):
        row = self.row("gelu_10M", line("gelu_10M", "eagre", "function", 10),
                       line("gelu_10M", "jax", "eager", 90), line("gelu_10M", "jax", "jit", 30),
                       line("gelu_10M", "torch", "compile", 20))
        self.assertEqual(["30 ns (jit)", "**20 ns (compile)**", "2.00"],
                         [row["JAX"], row["PyTorch"], row["ratio"]])

    def test_the_least_of_the_turns_counts_and_the_median_of_their_medians(self):
        row = self.row("gelu_10M", line("gelu_10M", "eagre", "function", 10, 20),
                       line("gelu_10M", "eagre", "function", 5, 10),
                       line("gelu_10M", "eagre", "function", 8, 40),
                       line("gelu_10M", "jax", "jit", 10, 30))
        self.assertEqual(["5 ns", "2.00", "1.50"],
                         [row["traced"], row["ratio"], row["of the middle"]])

    def test_close_passes_have_columns_of_their_own_and_do_not_count_as_exact(self):
        row = self.row("gelu_10M", line("gelu_10M", "eagre", "function", 10),
                       line("gelu_10M", "eagre", "function_close", 5),
                       line("gelu_10M", "jax", "jit", 20))
        self.assertEqual(["5 ns", "2.00", "4.00"],
                         [row["traced, close"], row["ratio"], row["close"]])

    def test_a_hand_written_loop_is_no_library(self):
        row = self.row("gelu_10M", line("gelu_10M", "eagre", "function", 10),
                       line("gelu_10M", "C", "loop", 1), line("gelu_10M", "jax", "jit", 20))
        self.assertEqual("2.00", row["ratio"])

    def test_the_limit_is_of_the_bandwidth_at_that_size_or_of_the_arithmetic(self):
        lines = [line("limit_bw_read_256MB", "C", "read", 268435456 / 50),
                 line("limit_bw_read_4MB", "C", "read", 4194304 / 200),
                 line("limit_bw_copy_64MB", "C", "copy", 134217728 / 40),
                 line("limit_fma_1M", "C", "avx512", 2000)]
        for case, expected in (("sum_axis0_4096", "1.34 ms (read)"), ("gelu_10M", "2 ms (copy)"),
                               ("matmul_1000", "4 ms (arithmetic)")):
            row = self.row(case, line(case, "eagre", "function", 1), *lines)
            self.assertEqual(expected, row["limit"])

    def test_a_first_call_that_is_a_case_is_the_quickest_of_modes_that_compile(self):
        row = self.row("trace_mlp_train", alone("mlp_train", "eagre", "function", 2e7, 1),
                       alone("mlp_train", "eagre", "eager", 1e6, 1),
                       alone("mlp_train", "jax", "eager", 1e6, 1),
                       alone("mlp_train", "jax", "jit", 4e8, 1),
                       alone("mlp_train", "jax", "jit", 3e8, 1))
        self.assertEqual(["300 ms (jit)", "20 ms"], [
            row["JAX"].strip("*"), row["traced"]])

    def test_memory_and_first_calls_stand_beside_those_of_the_others(self):
        results = results_of(
            line("gelu_10M", "eagre", "function", 10), line("gelu_10M", "jax", "jit", 20),
            line("gelu_10M", "mlx", "compile", 40),
            alone("gelu_10M", "eagre", "function", 1e6, 9e7),
            alone("gelu_10M", "jax", "jit", 2e8, 3e8),
            alone("gelu_10M", "mlx", "compile", 1e8, 2e8))
        rows = rows_of(table.needs(results, table.shown_of(results)))
        self.assertEqual(["`gelu_10M`", "90 MB", "200 MB (MLX)", "1 ms", "200 ms",
                          "100 ms (MLX)"], rows[2])

    def test_calls_of_a_library_of_products_have_a_goal_of_their_own(self):
        def held(case, peers_time):
            results = results_of(line(case, "eagre", "function", 100),
                                 line(case, "jax", "jit", peers_time))
            return table.goals(results, table.shown_of(results))[0][2]

        self.assertEqual(["yes", "no"], [held("matmul_1000", 98), held("matmul_1000", 96)])
        self.assertEqual(["yes", "no"], [held("gelu_10M", 101), held("gelu_10M", 98)])

    def test_the_mean_is_of_what_is_no_call_of_such_a_library(self):
        results = results_of(*[line(case, peer, "function", ns) for case, peer, ns in (
            ("gelu_10M", "eagre", 10), ("gelu_10M", "jax", 20), ("softmax_1024", "eagre", 10),
            ("softmax_1024", "jax", 80), ("matmul_1000", "eagre", 10),
            ("matmul_1000", "jax", 1000))])
        self.assertEqual(["4.00", "yes"], table.goals(results, table.shown_of(results))[1][1:])

    def test_a_library_that_needs_less_memory_is_told(self):
        results = results_of(
            line("gelu_10M", "eagre", "function", 10), line("gelu_10M", "jax", "jit", 20),
            alone("gelu_10M", "eagre", "function", 1, 9), alone("gelu_10M", "jax", "jit", 1, 8))
        self.assertEqual(["less is needed in `gelu_10M`", "no"],
                         table.goals(results, table.shown_of(results))[-1][1:])

    def test_what_is_behind_is_told_with_how_much_the_worst_first(self):
        results = results_of(*[line(case, peer, "eager", ns) for case, peer, ns in (
            ("gelu_10M", "eagre", 2e6), ("gelu_10M", "jax", 1e6), ("softmax_1024", "eagre", 4e6),
            ("softmax_1024", "torch", 1e6), ("sum_axis0_4096", "eagre", 1), ("sum_axis0_4096",
                                                                            "jax", 2))])
        self.assertEqual(["- `softmax_1024`: 0.25 of PyTorch (eager), 4 ms against 1 ms",
                          "- `gelu_10M`: 0.50 of JAX (eager), 2 ms against 1 ms"],
                         table.behind(table.shown_of(results)).splitlines())

    def test_the_second_set_is_apart(self):
        text = table.text_of(results_of(line("gelu_10M", "eagre", "function", 1),
                                        line("odd_gelu", "eagre", "function", 1)))
        first, second = text.split("### Shapes nobody tuned for")
        self.assertIn("`gelu_10M`", first)
        self.assertNotIn("odd_gelu", first)
        self.assertIn("`odd_gelu`", second)

    def test_modes_that_do_not_work_are_named(self):
        text = table.text_of(results_of(
            line("gelu_10M", "eagre", "function", 1),
            {"case": "gelu_10M", "peer": "jax", "mode": "jit", "threads": 2, "error": "a | b"}))
        self.assertIn("- `gelu_10M`, JAX, jit: a / b", text)

    def test_what_is_no_line_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "lines")
            path.write_text('{"case": "x"}\n')
            with self.assertRaisesRegex(ValueError, "lines:1: no line of a measurement"):
                table.read([path])


class Documents(unittest.TestCase):
    def written(self, text, results):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "document.md")
            path.write_text(text)
            try:
                table.write(path, results)
            finally:
                now = path.read_text()
                self.assertEqual([path], list(pathlib.Path(folder).iterdir()))
                self.now = now
            return now

    def whole(self):
        lines = [line(c.name, "eagre", "function", 1) for c in cases.CASES if not c.first_of]
        lines += [alone(c.first_of, "eagre", "function", 1, 1) for c in cases.CASES if c.first_of]
        return results_of(*lines)

    def test_tables_stand_between_the_markers_and_the_rest_stays(self):
        text = f"a\n{table.BEGIN}\nold\n{table.END}\nb\n"
        now = self.written(text, self.whole())
        self.assertTrue(now.startswith(f"a\n{table.BEGIN}\n\n### Cases"))
        self.assertTrue(now.endswith(f"\n{table.END}\nb\n"))
        self.assertNotIn("\nold\n", now)
        self.assertEqual(now, self.written(now, self.whole()))

    def test_a_document_without_markers_stays_as_it_is(self):
        for text in ("a\n", f"{table.END}\n{table.BEGIN}\n"):
            with self.assertRaisesRegex(ValueError, "has no <!-- peers: begin -->"):
                self.written(text, self.whole())
            self.assertEqual(text, self.now)

    def test_a_table_without_a_case_is_not_written(self):
        text = f"{table.BEGIN}\nold\n{table.END}\n"
        with self.assertRaisesRegex(ValueError, "eagre has no line for .*gelu_10M"):
            self.written(text, results_of(line("softmax_1024", "eagre", "function", 1)))
        self.assertEqual(text, self.now)


class Driver(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        quiet = unittest.mock.patch.object(driver, "await_quiet")
        quiet.start()
        self.addCleanup(quiet.stop)
        log = open(self.root / "log", "wb")
        self.addCleanup(log.close)
        bench = self.program("bench", "eagre", BENCH)
        self.settings = driver.Settings(str(bench), self.root, {"PATH": "/bin"}, log, 2, 4)

    def program(self, name, peer, text):
        path = self.root / name
        path.write_text(ANSWERS.format(python=sys.executable, name=peer) +
                        text.replace("{name}", peer))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return path

    def lines_of(self, only, *peers):
        out = io.StringIO()
        there = [driver.Peer(self.settings, name, sys.executable, self.program(name, name, PEER))
                 for name in peers]
        driver.run_all(driver.Run(self.settings, there, "", out), cases.wanted(only))
        return [json.loads(one) for one in out.getvalue().splitlines()]

    def test_eagre_and_each_library_take_turns(self):
        lines = self.lines_of("gelu_10M", "jax", "torch")
        turns = [one["peer"] for one in lines if one.get("mode") in ("function", "jit") and
                 "ns" in one]
        self.assertEqual(["eagre", "jax", "eagre", "torch"] * 2, turns)

    def test_a_mode_that_cannot_be_the_quickest_is_timed_once(self):
        lines = self.lines_of("gelu_10M", "jax")
        count = lambda mode: len([one for one in lines if one["peer"] == "jax" and "ns" in one and
                                  one["mode"] == mode])
        self.assertEqual([2, 1], [count("jit"), count("eager")])

    def test_first_calls_and_memory_are_of_the_best_mode(self):
        lines = [one for one in self.lines_of("gelu_10M", "jax") if "first_ns" in one]
        self.assertEqual([("eagre", "eager"), ("eagre", "function"), ("jax", "jit")],
                         [(one["peer"], one["mode"]) for one in lines])

    def test_first_calls_that_are_cases_are_of_all_modes_that_compile(self):
        lines = [one for one in self.lines_of("mlp_train", "jax") if "first_ns" in one]
        self.assertEqual(["jit"], [one["mode"] for one in lines if one["peer"] == "jax"])
        peer = driver.Peer(self.settings, "jax", sys.executable)
        peer.best = {"eager": 1, "jit": 3, "jit_donate": 2}
        self.assertEqual([["eager"], ["eager", "jit", "jit_donate"]], [
            peer.alone_modes(cases.BY_NAME[name]) for name in ("gelu_10M", "cnn_train")])

    def test_starts_are_timed_of_those_who_add_right(self):
        self.program("bench_first_result", "", "print('3 int32[]')")
        with unittest.mock.patch.object(driver, "STARTS", 1):
            lines = [x for x in self.lines_of("startup", "jax", "torch") if x["case"] == "startup"]
        self.assertEqual(["eagre", "jax"], [x["peer"] for x in lines if x.get("ns", 0) > 0])
        self.assertEqual([("torch", "it does not print 3")],
                         [(x["peer"], x["error"]) for x in lines if "error" in x])

    def test_the_second_set_is_only_timed(self):
        self.assertEqual([], [one for one in self.lines_of("odd_gelu", "jax") if "first_ns" in one])

    def test_a_library_that_ends_in_the_middle_is_told_of_and_started_again(self):
        lines = self.lines_of("grad_chain_1000_per_op,while_10000,odd_gelu", "jax")
        errors = [one for one in lines if "error" in one]
        self.assertEqual([("while_10000", "it ended with 3")],
                         [(one["case"], one["error"]) for one in errors])
        self.assertEqual({"grad_chain_1000_per_op", "odd_gelu"},
                         {one["case"] for one in lines if one["peer"] == "jax" and "ns" in one})

    def test_close_passes_are_asked_for_where_there_are_any(self):
        self.assertEqual("", driver.close_passes(self.settings.bench))
        folder = self.root / "cli"
        folder.mkdir()
        self.program("cli/eagre", "", 'print("fuse on planning exact fuses\\n'
                                      'amp off planning close narrows")')
        (self.root / "bench_folder").mkdir()
        self.assertEqual("+amp", driver.close_passes(self.root / "bench_folder" / "bench"))

    def test_limits_are_measured_once_a_group_and_arrays_do_not_stay(self):
        lines = self.lines_of("gelu_10M,odd_gelu")
        self.assertEqual(2, len([one for one in lines if one["case"].startswith("limit_")]))
        self.assertEqual([], list(self.root.glob("*.npy")))


@unittest.skipUnless(NUMPY.exists(), "there is no environment with NumPy")
class Served(unittest.TestCase):
    """What all libraries' files share, with NumPy's."""

    RESULTS = {"sum_axis1_4096": "[3, 7]", "odd_sum_axis1": "[3, 7.1]",
               "sum_axis0_4096": "[4, 6, 1]", "odd_sum_axis0": "[4, float('nan')]"}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        saves = [f"np.save('{cls.folder}/{case}.{name}', np.float32({numbers}))"
                 for case, result in cls.RESULTS.items()
                 for name, numbers in (("in0", "[[1, 2], [3, 4]]"), ("out0", result))]
        subprocess.run([NUMPY, "-c", "; ".join(["import numpy as np", *saves])], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def lines_of(self, *words, asked=()):
        done = subprocess.run([NUMPY, driver.HERE / "in_numpy.py", *words],
                              input="".join(f"{line}\n" for line in asked), text=True,
                              capture_output=True, check=True, env={"PEERS_THREADS": "3"})
        return [json.loads(one) if one else "" for one in done.stdout.splitlines()]

    def test_lines_are_answered(self):
        asked = ["prepare sum_axis1_4096", "time", "time eager", "time jit", "drop", "time",
                 "prepare odd_sum_axis1", "time", "prepare sum_axis0_4096", "prepare odd_sum_axis0",
                 "prepare cnn_train", "time"]
        lines = self.lines_of("serve", self.folder, asked=asked)
        self.assertEqual(1 + len(asked), lines.count(""))
        lines = [one for one in lines if one]
        timed = [one for one in lines if "ns" in one]
        self.assertEqual([("sum_axis1_4096", "numpy", "eager", 3)] * 2,
                         [(x["case"], x["peer"], x["mode"], x["threads"]) for x in timed])
        self.assertTrue(all(0 < x["ns"] <= x["ns_med"] < 1e9 for x in timed))
        errors = {one["case"]: one["error"] for one in lines if "error" in one}
        self.assertEqual(["odd_sum_axis1", "sum_axis0_4096", "odd_sum_axis0"], [*errors])
        self.assertIn("off by 0.1", errors["odd_sum_axis1"])
        self.assertIn("of shape (2,), not (3,)", errors["sum_axis0_4096"])
        self.assertIn("off by nan", errors["odd_sum_axis0"])

    def test_the_first_call_and_memory_are_told_alone(self):
        line_, = self.lines_of("alone", self.folder, "sum_axis1_4096", "eager")
        self.assertEqual(("sum_axis1_4096", "eager"), (line_["case"], line_["mode"]))
        self.assertTrue(line_["first_ns"] > 0 and line_["bytes"] >= 0)

    def test_a_start_prints_3(self):
        self.assertEqual([3], self.lines_of("start"))


class Lists(unittest.TestCase):
    def test_each_library_has_its_file_and_versions(self):
        for library in environments.libraries():
            self.assertTrue((driver.HERE / f"in_{library.name}.py").exists())
            self.assertTrue(all(library.versions().values()))

    def test_the_cases_are_bench_s_own(self):
        sources = "".join(path.read_text() for path in driver.HERE.parent.glob("*.c"))
        missing = [c.name for c in cases.CASES if not c.first_of and f'"{c.name}"' not in sources]
        self.assertEqual([], missing)

    def test_no_case_begins_like_another_so_that_each_can_be_asked_for(self):
        sources = "".join(path.read_text() for path in driver.HERE.parent.glob("*.c"))
        names = set(re.findall(r'"([a-z]+_?[a-z0-9_]*)"', sources))
        for case in cases.CASES:
            same = [n for n in names if n.startswith(case.name) and n != case.name]
            self.assertEqual([], [n for n in same if n != "startup_memory"], case.name)

    def test_an_environment_without_room_is_not_made(self):
        library = environments.Library("jax", "jax", 10 ** 6, ("jax==1",))
        with tempfile.TemporaryDirectory() as folder:
            python, why = environments.python_of(folder, library)
            self.assertIsNone(python)
            self.assertRegex(why, r"needs 1000000 GB, \d+ GB are free")


KINDS = (Tables, Documents, Driver, Served, Lists)

if __name__ == "__main__":
    loader = unittest.defaultTestLoader
    suite = unittest.TestSuite(map(loader.loadTestsFromTestCase, KINDS))
    result = unittest.TextTestRunner().run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)
