"""The public headers say what they must, ops.list names what there is, docs/ops.md is written from
both; and what is missing is found.

SPDX-License-Identifier: Apache-2.0"""
import check

MATH = "include/eagre/ops/math.h"
PROSE = """/* Cube: z = x * x * x. Gradient: 3*x*x*dz.
 *     eg_cube(EG_F32(2))  ->  8. float32[]
 * Owns: the result. Fails: bool. Records: Add. */
"""
PROTOTYPE = "EG_API eg_tensor *eg_cube(eg_tensor *x);\n"


class Opdocs(check.Planted):
    def copy_tree(self):
        self.copy("include", "src/op", "src/ops", "tests/ops/golden")

    def said(self):
        return check.tool("opdocs.py", "--root", self.root)

    def change(self, path, old, new):
        text = (check.ROOT / path).read_text()
        self.assertIn(old, text)
        self.plant(path, text.replace(old, new))

    def assert_missed(self, prose, what):
        self.copy_tree()
        self.change(MATH, "/* z = -x.", f"{prose}{PROTOTYPE}\n/* z = -x.")
        said, status = self.said()
        self.assertRegex(said, rf"^{MATH}:\d+: {what}\n$")
        self.assertEqual(status, 1)

    def test_the_tree_says_everything(self):
        self.assertEqual(check.tool("opdocs.py"), ("", 0))

    def test_the_reference_page_is_what_the_tool_writes(self):
        self.copy_tree()
        self.plant("docs/ops.md", "")
        check.tool("opdocs.py", "--docs", "--root", self.root)
        self.assertEqual((self.root / "docs/ops.md").read_text(),
                         (check.ROOT / "docs/ops.md").read_text(),
                         "run tools/opdocs.py --docs")

    def test_a_whole_prose_is_enough(self):
        self.copy_tree()
        self.change(MATH, "/* z = -x.", f"{PROSE}{PROTOTYPE}\n/* z = -x.")
        self.assertEqual(self.said(), ("", 0))

    def test_a_function_without_prose_is_named(self):
        self.assert_missed("", "eg_cube has no prose")

    def test_an_operation_without_example_is_named(self):
        self.assert_missed(PROSE.replace("  ->  ", " is "), "eg_cube: the prose has no example")

    def test_an_operation_that_names_no_owner_is_named(self):
        self.assert_missed(PROSE.replace("Owns:", "Gives"), 'eg_cube: the prose lacks "Owns:"')

    def test_an_operation_that_says_nothing_of_its_gradient_is_named(self):
        self.assert_missed(PROSE.replace("Gradient:", "Slope:"),
                           'eg_cube: the prose lacks "Gradient"')

    def test_a_record_without_descriptor_is_named(self):
        self.assert_missed(PROSE.replace("Records: Add", "Records: Cube"),
                           "records Cube, which no descriptor is named")

    def test_a_descriptor_that_is_not_listed_is_named(self):
        self.copy_tree()
        self.change("src/ops/ops.list", "EG_OP(erf)\n", "")
        said, status = self.said()
        self.assertRegex(said, r"^src/ops/elementary.c:\d+: erf is not listed: write EG_OP\(erf\)")
        self.assertEqual(status, 1)

    def test_a_word_without_descriptor_and_a_word_that_is_there_twice_are_named(self):
        self.copy_tree()
        self.change("src/ops/ops.list", "EG_OP(erf)\n", "EG_OP(erf)\nEG_OP(erf)\nEG_OP(cube)\n")
        said = self.said()[0]
        self.assertRegex(said, r"src/ops/ops.list:\d+: erf is there twice\n")
        self.assertRegex(said, r"src/ops/ops.list:\d+: cube has no descriptor\n")

    def test_an_operation_without_prototype_is_named(self):
        self.copy_tree()
        self.change(MATH, "EG_API eg_tensor *eg_erf(", "EG_API eg_tensor *eg_erfx(")
        self.assertIn("erf has no prototype in include/eagre/ops", self.said()[0])

    def test_a_parameter_that_is_no_input_is_named(self):
        self.copy_tree()
        self.change(MATH, "eg_sub(eg_tensor *x, eg_tensor *y)",
                    "eg_sub(eg_tensor *x, eg_tensor *z)")
        self.assertIn("sub: its inputs are x, y, its prototype says x, z", self.said()[0])

    def test_an_operation_without_macro_is_named(self):
        self.copy_tree()
        self.change("include/eagre/easy_ops.h", "#define eg_erf(", "#define eg_erfx(")
        self.assertIn("erf has no macro in include/eagre/easy_ops.h", self.said()[0])

    def test_an_operation_without_cases_is_named(self):
        self.copy_tree()
        self.change("tests/ops/golden/elementary.case", "\nErf(", "\n# Erf(")
        self.assertIn("erf has no case in tests/ops/golden", self.said()[0])


if __name__ == "__main__":
    check.main()
