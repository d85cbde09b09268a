"""The ceilings hold, and what is over one is found.

SPDX-License-Identifier: Apache-2.0"""
import check

LINE = "    x++;\n"


class Ceilings(check.Planted):
    def assert_said(self, text, *lines, path="src/base/a.c"):
        self.plant(path, text)
        said, status = check.tool("sizes.py", "--root", self.root)
        self.assertEqual(said.splitlines(), list(lines))
        self.assertEqual(status, 1 if lines else 0)

    def test_the_tree_is_below_the_ceilings(self):
        self.assertEqual(check.tool("sizes.py"), ("", 0))

    def test_a_function_of_60_lines_is_fine(self):
        self.assert_said("void f(void)\n{\n" + LINE * 57 + "}\n", path="tests/a.c")

    def test_a_function_of_61_lines_is_named(self):
        self.assert_said("int x;\nvoid f(void)\n{\n" + LINE * 58 + "}\n",
                         "tests/a.c:2: f has 61 lines, 60 are the most", path="tests/a.c")

    def test_a_test_of_61_lines_is_named_by_its_sentence(self):
        self.assert_said("TEST(one_is_one)\n{\n" + LINE * 58 + "}\n",
                         "tests/a.c:1: one_is_one has 61 lines, 60 are the most", path="tests/a.c")

    def test_seven_parameters_are_named(self):
        six = ", ".join(f"int p{i}" for i in range(5)) + ", int (*f)(int, int)"
        self.assert_said(f"void f({six})\n{{\n}}\n")
        self.assert_said(f"void f({six}, int q)\n{{\n}}\n",
                         "src/base/a.c:1: f has 7 parameters, 6 are the most")

    def test_a_fourth_level_is_named_with_and_without_braces(self):
        three = "for (;;)\n    while (x) {\n        if (y)\n"
        self.assert_said(f"void f(void)\n{{\n{three}x++;\n}}\n}}\n")
        self.assert_said(f"void f(void)\n{{\n{three}do x++; while (z);\n}}\n}}\n",
                         "src/base/a.c:1: f has 4 levels of nesting, 3 are the most")

    def test_a_chain_of_else_if_is_one_level(self):
        self.assert_said("void f(void)\n{\nfor (;;)\nfor (;;)\nif (a) b();\n"
                         "else if (c) d();\nelse if (e) g();\nelse h();\n}\n")

    def test_a_loop_made_by_a_macro_is_a_level(self):
        self.assert_said("void f(void)\n{\nFOR_EACH(x)\nfor (;;)\nfor (;;)\nif (a) b();\n}\n",
                         "src/base/a.c:1: f has 4 levels of nesting, 3 are the most")

    def test_a_function_in_either_branch_of_an_if_is_seen(self):
        long = "void f(void)\n{\n" + LINE * 58 + "}\n"
        self.assert_said(f"#ifdef A\nvoid f(void)\n{{\n}}\n#else\n{long}#endif\n",
                         "tests/a.c:6: f has 61 lines, 60 are the most", path="tests/a.c")

    def test_files_and_public_headers_have_ceilings_of_their_own(self):
        self.assert_said("\n" * 600)
        self.assert_said("\n" * 601, "src/base/a.c:601: the file has 601 lines, 600 are the most")
        self.plant("src/base/a.c", "")
        self.assert_said("\n" * 401, "include/eagre/a.h:401: the file has 401 lines, 400 are the "
                         "most", path="include/eagre/a.h")

    def test_columns_are_counted_as_characters(self):
        self.assert_said("/* " + "é" * 97 + "\n*/\n")
        self.assert_said("/* " + "é" * 98 + "\n*/\n",
                         "src/base/a.c:1: the line has 101 columns, 100 are the most")

    def test_many_long_functions_are_too_many(self):
        self.assert_said("void f(void)\n{\n" + LINE * 40 + "}\n",
                         "src:1: a tenth of the functions has 43 lines or more, not 35",
                         "src:1: half of the functions have 43 lines or more, not 12")


if __name__ == "__main__":
    check.main()
