"""The command `eagre`: graphs between processes, pictures, weights, the table of operations.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import re
import shutil
import subprocess
import unittest
import xml.etree.ElementTree as xml

import program
from program import Case, run

FEEDS = ("--feed", "x=feeds.safetensors", "--feed", "key=feeds.safetensors:key")
TITLES = ["operation", "inputs", "attributes", "gradient", "in TensorFlow"]
NAMED = ["share", "spread", "slope", "order"]


class Command(Case):
    def setUp(self):
        super().setUp()
        self.succeeds(program.places.tools / "examples_graphs", self.folder)
        self.before = sorted(os.listdir(self.folder))

    def eagre(self, *words, **options):
        return self.succeeds(program.places.command, *words, folder=self.folder, **options)

    def trouble(self, said, *words, **options):
        """The command must fail for what `said` names and leave no file."""
        self.fails(said, program.places.command, *words, folder=self.folder, **options)
        self.assertEqual(sorted(os.listdir(self.folder)), self.before)

    def text(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def write(self, name, text):
        (self.folder / name).write_text(text, encoding="utf-8")
        self.before = sorted(os.listdir(self.folder))


class Graphs(Command):
    def test_a_second_process_gets_the_same_bits(self):
        expected = (self.folder / "results.safetensors").read_bytes()
        fetches = [word for name in reversed(NAMED) for word in ("--fetch", name)]
        for threads in ("1", "4"):
            for words in ((), fetches):
                with self.subTest(threads=threads, words=words):
                    self.eagre("run", "model.graph", *FEEDS, *words, "--save", "again.safetensors",
                               EAGRE_THREADS=threads)
                    self.assertEqual((self.folder / "again.safetensors").read_bytes(), expected)

    def test_arrays_of_numpy_feed_and_are_saved(self):
        self.eagre("run", "model.graph", *FEEDS, "--save", "all.npz")
        expected = self.eagre("show", "results.safetensors").splitlines()
        self.assertEqual(sorted(self.eagre("show", "all.npz").splitlines()), sorted(expected))
        self.write("same.graph", 'graph "same" {\n  %0 = Placeholder() "x" : float32[5]\n'
                   '  %1 = Neg(%0) "y" : float32[5]\n}\n')
        self.eagre("run", "same.graph", "--feed", "x=all.npz:spread", "--save", "y.npy")
        self.assertEqual(self.eagre("show", "y.npy").splitlines()[-1],
                         "1 tensors, 5 elements, 20 bytes")
        back = self.eagre("run", "same.graph", "--feed", "x=y.npy")
        spread = self.eagre("run", "model.graph", *FEEDS, "--fetch", "spread")
        self.assertEqual(back.partition("\n")[2], spread.partition("\n")[2])
        self.before = sorted(os.listdir(self.folder))
        self.trouble(["one tensor"], "run", "model.graph", *FEEDS, "--save", "many.npy")

    def test_results_are_printed_under_their_names(self):
        printed = self.eagre("run", "model.graph", *FEEDS)
        self.assertEqual(re.findall(r"^(\w+):$", printed, re.MULTILINE), NAMED)
        self.assertTrue(printed.endswith("float64[7,3]\n"))

    def test_a_fetch_needs_only_its_own_feeds(self):
        self.write("two.graph", 'graph "two" {\n  %0 = Placeholder() "key" : int64[2]\n'
                   '  %1 = Placeholder() "missing" : int64[2]\n  %2 = Neg(%0) "near" : int64[2]\n'
                   '  %3 = Add(%2, %1) "far" : int64[2]\n}\n')
        feed = ("--feed", "key=feeds.safetensors")
        self.assertEqual(self.eagre("run", "two.graph", *feed, "--fetch", "near"),
                         "near:\n[-6  0] int64[2]\n")
        self.trouble(['"missing"'], "run", "two.graph", *feed, "--fetch", "far")

    def test_show_prints_the_text_and_what_is_in_it(self):
        lines = self.eagre("show", "model.graph").splitlines()
        text, (counts, flops, feeds, results) = lines[:-4], lines[-4:]
        self.assertEqual("\n".join(text) + "\n", self.text("model.graph"))
        total, each = re.fullmatch(r"(\d+) nodes: (.*)", counts).groups()
        each = {op: int(n) for n, op in (pair.split() for pair in each.split(", "))}
        self.assertEqual(sum(each.values()), int(total))
        self.assertEqual(len(text) - 3, int(total))
        self.assertEqual((each["Variable"], each["MatMul"], each["TopK"]), (2, 2, 1))
        self.assertRegex(flops, r"^[1-9]\d* floating-point operations$")
        self.assertEqual(feeds, "feeds: x float32[7,13]; key int64[2]")
        self.assertEqual(results, "results: share float32[7,5]; spread float32[5]; "
                         "slope float32[7,13]; order float64[7,3]")

    def test_what_show_prints_can_be_loaded_again(self):
        shown = self.eagre("show", "model.graph")
        self.write("again.graph", shown[:shown.index("}\n") + 2])
        self.assertEqual(self.eagre("show", "again.graph"), shown)

    def test_pictures_are_whole(self):
        self.eagre("show", "model.graph", "--svg", "model.svg", "--dot", "model.dot")
        nodes = len(re.findall(r"^  %\d+ = ", self.text("model.graph"), re.MULTILINE))
        drawn = [g.get("class") for g in xml.parse(self.folder / "model.svg").iter()]
        self.assertEqual(drawn.count("node"), nodes)
        again = subprocess.run(["dot", "-Tplain", "model.dot"], cwd=self.folder, text=True,
                               capture_output=True, check=True)
        self.assertEqual(again.stderr, "")
        self.assertEqual(len(re.findall("^node ", again.stdout, re.MULTILINE)), nodes)
        self.assertEqual(len(re.findall("^edge ", again.stdout, re.MULTILINE)),
                         drawn.count("edge"))


class Trouble(Command):
    def test_a_graph_is_written_as_c(self):
        self.write("sum.graph", """graph "sum" {
  %0 = Placeholder() "x" : float32[3]
  %1 = Constant(1) : float32[]
  %2 = Add(%0, %1) "y" : float32[3]
  return %2
}
""")
        self.eagre("emit", "sum.graph", "sum.c", "--name", "add_one")
        self.assertIn("int add_one_run(const float x[3], float y[3], void *arena);",
                      self.text("sum.h"))
        self.assertIn("y[i] = x[i] + 1.0f;", self.text("sum.c"))
        for name in ("sum.c", "sum.h"):
            (self.folder / name).unlink()
        self.trouble(["sum.cc"], "emit", "sum.graph", "sum.cc")

    def test_files_that_are_missing_are_named(self):
        self.trouble(["nowhere.graph", "No such file"], "show", "nowhere.graph")
        self.trouble(["nowhere.graph", "No such file"], "run", "nowhere.graph")
        self.trouble(["no.safetensors", "No such file"], "show", "no.safetensors")
        self.trouble(["no.safetensors", "No such file"], "run", "model.graph", "--feed",
                     "x=no.safetensors")

    def test_graphs_that_are_none_are_named_with_the_line(self):
        whole = self.text("model.graph")
        for n in (0, 1, 20, len(whole) // 2, len(whole) - 3):
            with self.subTest(n=n):
                self.write("cut.graph", whole[:n])
                self.trouble(["cut.graph", "line"], "show", "cut.graph")
        self.write("foreign.graph", "%PDF-1.4\n")
        self.trouble(["foreign.graph", "line 1"], "run", "foreign.graph")
        shutil.copy(self.folder / "feeds.safetensors", self.folder / "weights.graph")
        self.before.append("weights.graph")
        self.trouble(["weights.graph"], "show", "weights.graph")

    def test_weights_that_are_none_are_named(self):
        whole = (self.folder / "feeds.safetensors").read_bytes()
        self.write("cut.safetensors", "")
        for n in (0, 7, 8, 20, len(whole) - 1):
            with self.subTest(n=n):
                (self.folder / "cut.safetensors").write_bytes(whole[:n])
                self.trouble(["cut.safetensors"], "show", "cut.safetensors")

    def test_wrong_feeds_and_fetches_are_named(self):
        self.trouble(['"x"'], "run", "model.graph")
        self.trouble(["nobody"], "run", "model.graph", "--feed", "nobody=feeds.safetensors:x")
        self.trouble(["nobody"], "run", "model.graph", "--feed", "x=feeds.safetensors:nobody")
        self.trouble(["nobody"], "run", "model.graph", *FEEDS, "--fetch", "nobody")
        self.trouble(["float32[7,13]", "int64[2]"], "run", "model.graph", "--feed",
                     "x=feeds.safetensors:key", "--feed", "key=feeds.safetensors")
        self.write("none.graph", 'graph "none" {\n  %0 = Constant(1) : float32[]\n  return %0\n}\n')
        self.trouble(["none.graph", "no result has a name"], "run", "none.graph")

    def test_what_cannot_be_written_is_named(self):
        self.trouble(["nowhere/x.svg"], "show", "model.graph", "--svg", "nowhere/x.svg")
        self.trouble(["nowhere/x.dot"], "show", "model.graph", "--dot", "nowhere/x.dot")
        self.trouble(["nowhere/x"], "run", "model.graph", *FEEDS, "--save", "nowhere/x")
        self.trouble(["x.dot"], "show", "model.graph", "--dot", "x.dot", most_bytes=512)
        self.trouble(["x.safetensors"], "run", "model.graph", *FEEDS, "--save", "x.safetensors",
                     most_bytes=512)

    @unittest.skipUnless(os.path.exists("/dev/full"), "this system has no /dev/full")
    def test_output_that_does_not_arrive_is_an_error(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([program.places.command, "ops"], stdout=full, text=True,
                                  stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Aerror: [^\n]*No space left[^\n]*\n\Z")

    def test_bad_words_are_refused(self):
        for name in self.before:
            (self.folder / name).unlink()
        for words in ((), ("walk",), ("show",), ("show", "a", "b"), ("show", "a", "--svg"),
                      ("show", "a", "--svg", "b.dot"), ("show", "a", "--dot", "b.svg"),
                      ("show", "a", "--no"), ("show", "a.safetensors", "--svg", "b.svg"), ("run",),
                      ("run", "a", "b"), ("run", "a", "--feed"), ("run", "a", "--feed", "x"),
                      ("run", "a", "--feed", "=y"), ("run", "a", "--feed", "x="),
                      ("run", "a", "--save"), ("version", "now"), ("ops", "--all")):
            with self.subTest(words=words):
                self.refuses(program.places.command, *words)


class Tables(Case):
    def eagre(self, *words):
        return self.succeeds(program.places.command, *words)

    def rows(self):
        """Each row of the table of operations as a dictionary by its column's title."""
        head, *lines = self.eagre("ops").partition("\n\n")[0].splitlines()
        starts = [head.index(title) for title in TITLES]
        ends = starts[1:] + [None]
        return [{title: line[a:b].strip() for title, a, b in zip(TITLES, starts, ends)}
                for line in lines]

    def test_every_operation_is_in_the_table(self):
        source = program.places.root / "src" / "ops" / "ops.list"
        words = re.findall(r"^EG_OP\((\w+)\)", source.read_text(encoding="utf-8"), re.MULTILINE)
        names = [row["operation"] for row in self.rows()]
        self.assertEqual([n.lower() for n in names], [w.replace("_", "") for w in words])

    def test_a_row_says_inputs_attributes_and_gradient(self):
        by_name = {row["operation"]: row for row in self.rows()}
        self.assertEqual(by_name["MatMul"], {
            "operation": "MatMul", "inputs": "a, b", "attributes": "transpose_a, transpose_b",
            "gradient": "yes", "in TensorFlow": "linalg.matmul"})
        self.assertEqual(by_name["Concat"]["inputs"], "x, ...")
        self.assertEqual(by_name["Equal"]["gradient"], "zero")

    def test_functions_made_of_operations_are_listed_with_what_they_are(self):
        composed = self.eagre("ops").partition("\n\nmade of operations\n")[2]
        self.assertRegex(composed, r"(?m)^eg_mean +Arithmetic mean over axes$")
        page = (program.places.root / "docs/ops.md").read_text(encoding="utf-8")
        known = re.findall(r"^\| `(eg_\w+)`", page.partition("## Made of")[2], re.MULTILINE)
        self.assertEqual(sorted(line.split()[0] for line in composed.splitlines()), sorted(known))

    def test_a_page_says_all_that_is_known(self):
        page = self.eagre("ops", "matmul").splitlines()
        self.assertEqual(page[0], "MatMul")
        self.assertIn("    eg_tensor *eg_matmul(eg_tensor *a, eg_tensor *b);", page)
        self.assertIn("attribute  transpose_a: bool [false]; use a with its last two axes swapped",
                      page)
        self.assertEqual(page[-5:], ["gradient   yes", "FLOPs      counted", "NumPy      matmul",
                                     "TensorFlow linalg.matmul", "ONNX       MatMul"])
        self.assertIn("FLOPs      none", self.eagre("ops", "transpose").splitlines())
        header = (program.places.root / "include/eagre/ops/math.h").read_text(encoding="utf-8")
        prose = re.findall(r"/\*((?:(?!/\*).)*?) \*/\nEG_API eg_tensor \*eg_square\(", header, re.S)
        said = re.sub(r"\n \* ?", "\n", prose[0]).strip()
        self.assertIn(said, self.eagre("ops", "Square"))
        self.assertIn("it is piecewise constant", self.eagre("ops", "floor"))
        self.assertIn("through the operations", self.eagre("ops", "mean"))
        for line in self.eagre("ops", "sum", "eg_mean").splitlines():
            self.assertNotIn("*/", line)

    def test_pages_are_found_by_any_spelling(self):
        for words in ("MatMul matmul mat_mul eg_matmul np.matmul tf.linalg.matmul",
                      "FLOORDIV floor_div floor_divide math.floordiv", "Sum reduce_sum ReduceSum"):
            first, *others = words.split()
            for word in others:
                self.assertEqual(self.eagre("ops", word), self.eagre("ops", first))
        both = self.eagre("ops", "Equal", "Add")
        self.assertEqual(both, self.eagre("ops", "Add") + "\n" + self.eagre("ops", "Equal"))
        self.fails(["Plus"], program.places.command, "ops", "Add", "Plus")
        self.refuses(program.places.command, "ops", "--json", "--gradients")

    def test_gradients_are_counted(self):
        *lines, total = self.eagre("ops", "--gradients").splitlines()
        rows = [line.split(maxsplit=2) for line in lines]
        self.assertEqual([row[0] for row in rows], [row["operation"] for row in self.rows()])
        kinds = [row[1] for row in rows]
        self.assertEqual([int(n) for n in re.findall(r"\d+", total)[:3]],
                         [kinds.count(kind) for kind in ("yes", "zero", "none")])
        for row in rows:
            self.assertEqual(len(row), 2 if row[1] == "yes" else 3)
        self.assertEqual(len(self.eagre("ops", "--gradients", "Add", "Floor").splitlines()), 3)

    def test_json_is_the_same_table(self):
        table = json.loads(self.eagre("ops", "--json"))
        named = {op["name"]: op for op in table if op["name"]}
        self.assertEqual(list(named), [row["operation"] for row in self.rows()])
        product = named["MatMul"]
        self.assertEqual([given["name"] for given in product["inputs"]], ["a", "b"])
        self.assertEqual(product["inputs"][0]["dtypes"], named["Add"]["inputs"][0]["dtypes"])
        self.assertEqual(product["attributes"][0], {
            "name": "transpose_a", "kind": "bool", "default": "false",
            "prose": "use a with its last two axes swapped"})
        self.assertEqual((product["results"], product["variadic"], product["gradient"]),
                         (1, False, "yes"))
        self.assertEqual(product["onnx"], "MatMul")
        self.assertEqual([named[op]["flops"] for op in ("MatMul", "Less")], [True, False])
        self.assertTrue(all(op["flops"] is None for op in table if not op["name"]))
        self.assertIn("The matrix product", product["prose"])
        self.assertTrue(all(op["prose"] for op in table if not op["name"]))
        self.assertEqual(json.loads(self.eagre("ops", "--json", "matmul")), [product])

    def test_weights_are_listed_with_dtype_and_shape(self):
        self.succeeds(program.places.tools / "examples_graphs", self.folder)
        self.assertEqual(self.eagre("show", self.folder / "feeds.safetensors").split("\n"), [
            f"{'key':32} int64[2]", f"{'x':32} float32[7,13]", "2 tensors, 93 elements, 380 bytes",
            ""])

    def test_version_says_what_runs(self):
        facts = dict(re.split(r"  +", line, maxsplit=1)
                     for line in self.eagre("version").splitlines())
        header = (program.places.root / "include/eagre/base.h").read_text(encoding="utf-8")
        numbers = re.findall(r"#define EG_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header)
        self.assertEqual(facts["eagre"], ".".join(numbers))
        self.assertIn(facts["instruction set"], ("base", "avx2", "avx512"))
        done = run(program.places.command, "version", EAGRE_ISA="base", EAGRE_THREADS="3")
        self.assertRegex(done.stdout, r"instruction set +base\nthreads +3\n")
        self.assertLessEqual({"oneDNN", "SLEEF", "jansson", "zlib"}, set(facts))

    def test_help_is_true(self):
        usage = self.eagre("--help")
        for name in re.findall(r"^  eagre ([a-z]+)", usage, re.MULTILINE):
            own = self.eagre(name, "--help")
            self.assertIn(own.replace("usage: ", "  "), usage)
            for option in re.findall(r"--\w+", own):
                text = (program.places.root / "cli" / f"{name}.c").read_text(encoding="utf-8")
                self.assertIn(f'"{option}"', text)


if __name__ == "__main__":
    program.main()
