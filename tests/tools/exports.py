"""The library exports what the list says, and a difference is found. Takes the path of the library.

SPDX-License-Identifier: Apache-2.0"""
import sys

import check

LIBRARY = sys.argv.pop(1)
LIST = "tests/exports.list"


class Exports(check.Planted):
    def names(self):
        return (check.ROOT / LIST).read_text().splitlines()

    def said(self, names):
        self.plant(LIST, "".join(f"{name}\n" for name in names))
        return check.tool("exports.py", "--root", self.root, LIBRARY)

    def test_the_library_exports_what_the_list_says(self):
        self.assertEqual(check.tool("exports.py", LIBRARY), ("", 0))

    def test_a_name_that_is_not_exported_is_said(self):
        said = self.said(sorted(self.names() + ["eg_abacus"]))
        self.assertEqual(said, (f"eg_abacus is in {LIST} but not exported\n", 1))

    def test_a_name_that_is_not_listed_is_said(self):
        said = self.said([name for name in self.names() if name != "eg_add"])
        self.assertEqual(said, (f"eg_add is exported but not in {LIST}\n", 1))

    def test_a_list_that_is_not_sorted_is_said(self):
        said = self.said(reversed(self.names()))
        self.assertEqual(said, (f"{LIST} is not sorted, or has a name twice\n", 1))

    def test_the_list_can_be_written(self):
        self.plant(LIST, "")
        check.tool("exports.py", "--write", "--root", self.root, LIBRARY)
        self.assertEqual((self.root / LIST).read_text().splitlines(), self.names())

    def test_a_name_without_the_prefix_is_said(self):
        self.plant("a.c", "int eg__inside(void);\nint eg__inside(void)\n{\n    return 0;\n}\n")
        library = self.root / "a.so"
        check.run("cc", "-shared", "-fPIC", "-o", library, self.root / "a.c")
        self.plant(LIST, "eg__inside\n")
        said, status = check.tool("exports.py", "--root", self.root, library)
        self.assertIn("eg__inside is exported without the prefix of the public interface", said)
        self.assertEqual(status, 1)


if __name__ == "__main__":
    check.main()
