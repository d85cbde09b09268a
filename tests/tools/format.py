"""The files are formatted, and one that is not is found and put right.

SPDX-License-Identifier: Apache-2.0"""
import check


class Format(check.Planted):
    def setUp(self):
        super().setUp()
        self.copy(".clang-format")
        said, status = check.tool("format.py", "--check", "--root", self.root)
        if status == 2:
            self.skipTest(said.strip())

    def test_the_tree_is_formatted(self):
        self.assertEqual(check.tool("format.py", "--check"), ("", 0))

    def test_a_file_that_is_not_formatted_is_named_and_left_alone(self):
        self.plant("src/a.c", "int  x;\n")
        self.plant("src/b.c", "int x;\n")
        self.assertEqual(check.tool("format.py", "--check", "--root", self.root), ("src/a.c\n", 1))
        self.assertEqual((self.root / "src/a.c").read_text(), "int  x;\n")

    def test_formatting_writes_it_anew(self):
        self.plant("src/a.c", "int  x;\n")
        self.assertEqual(check.tool("format.py", "--root", self.root), ("src/a.c\n", 0))
        self.assertEqual((self.root / "src/a.c").read_text(), "int x;\n")


if __name__ == "__main__":
    check.main()
