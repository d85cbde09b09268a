"""The documented examples show what the headers say, and one that does not is found. Takes the
compiler, the library and more words for the compiler.

SPDX-License-Identifier: Apache-2.0"""
import sys

import check

COMMAND = sys.argv[1:]
del sys.argv[1:]
MATH = "include/eagre/ops/math.h"


class Examples(check.Planted):
    def said(self, old, new):
        self.copy("include")
        text = (self.root / MATH).read_text()
        self.assertIn(old, text)
        self.plant(MATH, text.replace(old, new))
        return check.tool("opdocs.py", "--root", self.root, "--examples", *COMMAND)

    def test_every_example_shows_what_its_header_says(self):
        self.assertEqual(check.tool("opdocs.py", "--examples", *COMMAND), ("", 0))

    def test_an_example_that_shows_something_else_is_named_with_both(self):
        said, status = self.said("[11 12 13] int32[3]", "[11 12 14] int32[3]")
        self.assertRegex(said, MATH + r":\d+: eg_add\(EG_I32\(1, 2, 3\), 10\) prints\n"
                         r"    \[11 12 13\] int32\[3\]\nbut is said to print\n"
                         r"    \[11 12 14\] int32\[3\]\n")
        self.assertEqual(status, 1)

    def test_an_example_that_fails_shows_its_error(self):
        said = self.said("eg_add(EG_I32(1, 2, 3), 10)", "eg_add(EG_I32(1, 2, 3), EG_I32(1, 2))")[0]
        self.assertIn("do not broadcast", said)

    def test_an_example_that_does_not_compile_is_named_by_its_header(self):
        said, status = self.said("eg_add(EG_I32(1, 2, 3), 10)", "eg_add(EG_I32(1, 2, 3))")
        self.assertIn(MATH, said)
        self.assertEqual(status, 1)


if __name__ == "__main__":
    check.main()
