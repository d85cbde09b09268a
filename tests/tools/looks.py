"""Sizes of tensors are read where a recording hears of it.

SPDX-License-Identifier: Apache-2.0"""
import check


class Looks(check.Planted):
    def assert_said(self, body, said):
        self.plant("src/ops/a.c", f"/* A file. */\nvoid f(eg_tensor *x)\n{{\n    {body}\n}}\n")
        found, status = check.tool("looks.py", "--root", self.root)
        self.assertEqual((found, status), (said, 1 if said else 0))

    def test_the_tree_reads_them_so(self):
        self.assertEqual(check.tool("looks.py"), ("", 0))

    def test_dims_of_a_handle_are_found(self):
        self.assert_said("g(x->spec.dims);",
                         "src/ops/a.c:4: read sizes by eg__size_at and its like\n")

    def test_a_spec_that_is_passed_on_is_found(self):
        self.assert_said("g(&x->spec, 1);",
                         "src/ops/a.c:4: read sizes by eg__size_at and its like\n")

    def test_messages_and_dtypes_are_no_reads(self):
        self.assert_said("fail(eg__spec_text(&x->spec, room), x->spec.dtype);", "")

    def test_a_comment_is_no_read(self):
        self.assert_said("/* x->spec.size; */", "")


if __name__ == "__main__":
    check.main()
