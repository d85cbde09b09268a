"""The tour's pictures, trace and table, and what it says where it cannot write.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import re
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

import program
from program import Case, example, run

FILES = ["conditional_operation.svg", "profile.json", "sum.svg"]
SVG = "{http://www.w3.org/2000/svg}"


def labels(path):
    """The texts of each node in a picture, and how many edges it has."""
    groups = list(xml.parse(path).iter(SVG + "g"))
    nodes = [[t.text for t in g.iter(SVG + "text")] for g in groups if g.get("class") == "node"]
    return nodes, sum(g.get("class") == "edge" for g in groups)


class Tour(Case):
    """What one run of it prints and writes."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.written = Path(folder.name)
        cls.done = run(example("tutorial"), cls.written)

    def test_it_writes_its_three_files_and_nothing_else(self):
        self.assertEqual((self.done.returncode, self.done.stderr), (0, ""))
        self.assertEqual(sorted(os.listdir(self.written)), FILES)

    def test_the_picture_of_the_graph_shows_its_nodes(self):
        nodes, edges = labels(self.written / "sum.svg")
        self.assertEqual(sorted(nodes), [["Add", "sum", "float32[2,2]"],
                                         ["Placeholder", "x", "float32[2,2]"],
                                         ["Placeholder", "y", "float32[2,2]"]])
        self.assertEqual(edges, 2)

    def test_the_picture_of_the_function_shows_both_branches(self):
        nodes, edges = labels(self.written / "conditional_operation.svg")
        first = sorted(texts[0] for texts in nodes)
        self.assertEqual(first, ["Greater", "Neg", "Placeholder", "Placeholder", "Square",
                                 "return", "return", "true?"])
        self.assertEqual(edges, 9)
        text = (self.written / "conditional_operation.svg").read_text(encoding="utf-8")
        self.assertIn(">true<", text)
        self.assertIn(">false<", text)

    def test_the_trace_has_an_event_for_each_kernel(self):
        events = json.loads((self.written / "profile.json").read_text())["traceEvents"]
        self.assertEqual([e["name"] for e in events], ["MatMul", "Gelu", "Sum"] * 3)
        end = 0
        for e in events:
            self.assertEqual((e["ph"], e["cat"]), ("X", "kernel"))
            self.assertEqual(e["pid"], events[0]["pid"])
            self.assertGreaterEqual(e["ts"], end)  # one thread: one kernel after another
            end = e["ts"] + e["dur"]
            self.assertEqual(e["args"]["result"],
                             "float32[]" if e["name"] == "Sum" else "float32[512,512]")
            self.assertTrue(e["args"]["implementation"])
            self.assertGreater(e["args"]["flops"], 0)

    def test_the_table_lists_the_kernels_longest_first(self):
        row = re.compile(r"^(\w+) +(\S.*?) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+)% +(\d+) +([\d.]+)$",
                         re.MULTILINE)
        rows = row.findall(self.done.stdout)
        self.assertEqual(sorted(r[0] for r in rows), ["Gelu", "MatMul", "Sum"])
        self.assertEqual([r[2] for r in rows], ["3", "3", "3"])
        totals = [float(r[3]) for r in rows]
        self.assertEqual(totals, sorted(totals, reverse=True))
        self.assertAlmostEqual(sum(float(r[5]) for r in rows), 100, delta=0.2)
        flops = {r[0]: int(r[6]) for r in rows}
        self.assertEqual(flops, {"MatMul": 3 * 2 * 512 ** 3, "Gelu": 3 * 9 * 512 ** 2,
                                 "Sum": 3 * 512 ** 2})


class Places(Case):
    """Where it writes, and what it says where it cannot."""

    def test_without_a_folder_it_writes_here(self):
        self.succeeds(example("tutorial"), folder=self.folder)
        self.assertEqual(sorted(os.listdir(self.folder)), FILES)

    def test_a_missing_folder_is_named(self):
        self.fails(["nowhere/conditional_operation.svg", "No such file"], example("tutorial"),
                   "nowhere", folder=self.folder)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_file_in_the_folders_place_is_named(self):
        (self.folder / "file").touch()
        self.fails(["file/conditional_operation.svg"], example("tutorial"), "file",
                   folder=self.folder)
        self.assertEqual(os.listdir(self.folder), ["file"])

    def test_a_full_disk_leaves_nothing(self):
        self.fails(["cannot write", "conditional_operation.svg"], example("tutorial"), ".",
                   folder=self.folder, most_bytes=512)
        self.assertEqual(os.listdir(self.folder), [])

    def test_a_disk_full_while_dot_draws_leaves_nothing(self):
        self.fails(["conditional_operation.svg"], example("tutorial"), ".", folder=self.folder,
                   most_bytes=2048)
        self.assertEqual(os.listdir(self.folder), [])

    def test_without_dot_the_package_is_named(self):
        self.fails(["dot is not installed", "graphviz"], example("tutorial"), ".",
                   folder=self.folder, PATH=self.folder)
        self.assertEqual(os.listdir(self.folder), [])


if __name__ == "__main__":
    program.main()
