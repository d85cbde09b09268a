"""docs/adding-an-operation.md is carried out, step by step, in a copy of the tree. Takes a folder
to build in, which is kept so that a second run has little to do.

SPDX-License-Identifier: Apache-2.0"""
import os
import re
import sys
import unittest
from pathlib import Path

import check

sys.path.insert(0, str(check.TOOLS))
import ctext  # noqa: E402

PAGE = check.ROOT / "docs/adding-an-operation.md"
TREE = Path(sys.argv.pop(1)) / "tree"
BUILD = TREE / "build/gcc"
STEP = re.compile(r"^(?:In `([^`]+)`, (above|below) `([^`\n]+)`|At the end of `([^`]+)`):\n\n"
                  r"```c?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TARGETS = ("ops_values", "ops_ways", "ops_gradients", "ops_misuse", "torture_ops", "eagre_shared")


def write(path, content):
    """Writes a file where it differs: what stays the same is not built again."""
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def steps():
    for inside, where, line, at_end_of, block in STEP.findall(PAGE.read_text()):
        yield Path(inside or at_end_of), where, line, block


def placed(text, where, line, block):
    """The text with the block above or below the one line that starts so, or at the end."""
    if not where:
        return text + block
    lines = text.splitlines(keepends=True)
    found = [i for i, have in enumerate(lines) if have.startswith(line)]
    if len(found) != 1:
        raise ValueError(f"{len(found)} lines start with {line}")
    lines.insert(found[0] + (where == "below"), block)
    return "".join(lines)


def copy_with_steps():
    """The tree with the steps carried out, at TREE; files that are gone go there as well."""
    changed = {}
    for path, where, line, block in steps():
        text = changed.get(path) or (check.ROOT / path).read_text()
        changed[path] = placed(text, where, line, block)
    wanted = ctext.files(check.ROOT, None)
    for path in ctext.files(TREE, None) if TREE.exists() else []:
        if path not in wanted:
            (TREE / path).unlink()
    for path in wanted:
        text = changed.get(path)
        write(TREE / path, text.encode() if text else (check.ROOT / path).read_bytes())


def build():
    """Without optimisation, and with what was compiled before: this is about what is right."""
    surroundings = dict(os.environ, CCACHE_BASEDIR=str(TREE), CCACHE_NOHASHDIR="1")
    configure = ("cmake", "-S", TREE, "-B", BUILD, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug",
                 "-DCMAKE_C_FLAGS_DEBUG=", "-DEAGRE_EXAMPLES=OFF")
    for command in (configure, ("cmake", "--build", BUILD, "--target", *TARGETS)):
        said, status = check.run(*command, env=surroundings)
        if status != 0:
            return said
    return ""


class Adding(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        copy_with_steps()
        said = build()
        if said:
            raise AssertionError(f"the steps do not build:\n{said}")

    def assert_fine(self, *command, **options):
        said, status = check.run(*command, **options)
        self.assertEqual(status, 0, said)
        return said

    def assert_tool(self, name, *given):
        self.assert_fine(sys.executable, check.TOOLS / name, "--root", TREE, *given)

    def test_the_derived_tests_pass(self):
        for name in TARGETS[:-1]:
            folder = BUILD / "tests" / name.split("_", maxsplit=1)[0]
            said = self.assert_fine(folder / name, cwd=folder,
                                    env=dict(os.environ, EAGRE_TEST_OP="Cube"))
            self.assertRegex(said, r"\n[1-9]\d* passed, 0 failed\n$", name)

    def test_a_case_that_the_loop_does_not_fit_is_found(self):
        cases = TREE / "tests/ops/golden/math.case"
        text = cases.read_text()
        self.addCleanup(cases.write_text, text)
        cases.write_text(text.replace("int32[2] 27 -64", "int32[2] 27 -63"))
        said, status = check.run(BUILD / "tests/ops/ops_values",
                                 env=dict(os.environ, EAGRE_TEST_OP="Cube"))
        self.assertNotEqual(status, 0)
        self.assertIn("math.case", said)

    def test_the_steps_leave_nothing_out(self):
        self.assert_tool("opdocs.py")
        self.assert_tool("layers.py")
        self.assert_fine(sys.executable, TREE / "tests/cpp/complete.py", TREE)

    def test_the_blocks_are_formatted(self):
        said, status = check.tool("format.py", "--check", "--root", TREE)
        if status == 2:
            self.skipTest(said.strip())
        here = set(check.tool("format.py", "--check")[0].split())
        self.assertEqual(set(said.split()) - here, set())

    def test_the_new_example_is_run(self):
        library = BUILD / "src/libeagre.so"
        self.assert_tool("opdocs.py", "--examples", "cc", library, f"-Wl,-rpath,{library.parent}")

    def test_the_tools_write_the_rest(self):
        self.assert_tool("exports.py", "--write", BUILD / "src/libeagre.so")
        self.assert_tool("opdocs.py", "--docs")
        self.assertIn("eg_cube\n", (TREE / "tests/exports.list").read_text())
        self.assertIn("`eg_cube`", (TREE / "docs/ops.md").read_text())


if __name__ == "__main__":
    check.main()
