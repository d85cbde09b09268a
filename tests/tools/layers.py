"""The laws of the rooms hold, and breaking one is found.

SPDX-License-Identifier: Apache-2.0"""
import check


class Laws(check.Planted):
    def setUp(self):
        super().setUp()
        self.copy("src/CMakeLists.txt")

    def assert_broken(self, path, include, why):
        self.plant(path, f"/* A file. */\n#include {include}\n")
        said, status = check.tool("layers.py", "--root", self.root)
        self.assertEqual(said, f"{path}:2: #include {include}: {why}\n")
        self.assertEqual(status, 1)

    def test_the_tree_keeps_the_laws(self):
        self.assertEqual(check.tool("layers.py"), ("", 0))

    def test_a_room_may_not_see_a_room_below_it(self):
        self.assert_broken("src/kernel/a.c", '"graph/graph.h"', "kernel may not see room graph")

    def test_angle_brackets_are_no_way_around(self):
        self.assert_broken("src/base/a.h", "<tensor/tensor.h>", "base may not see room tensor")

    def test_nn_sees_no_room(self):
        self.assert_broken("src/nn/a.c", '"base/memory.h"', "nn may not see room base")

    def test_no_room_sees_nn(self):
        self.assert_broken("src/see/a.c", '"nn/layer.h"', "see may not see room nn")

    def test_public_headers_see_no_room(self):
        self.assert_broken("include/eagre/a.h", '"op/opdef.h"',
                           "a public header may not see room op")

    def test_examples_see_no_room(self):
        self.assert_broken("examples/a.c", '"op/opdef.h"', "examples may not see room op")

    def test_a_path_may_not_climb(self):
        self.assert_broken("src/base/a.c", '"../graph/graph.h"',
                           "write the path from the rooms' folder")

    def test_a_room_names_itself(self):
        self.assert_broken("src/base/a.c", '"memory.h"', 'name the room: "base/memory.h"')

    def test_an_include_in_a_comment_is_none(self):
        self.plant("src/base/a.c", '/*\n#include "graph/graph.h"\n*/\n#include "base/b.h"\n')
        self.assertEqual(check.tool("layers.py", "--root", self.root), ("", 0))

    def test_a_room_above_may_be_seen(self):
        self.plant("src/graph/a.c", '#include "base/b.h"\n#include "graph/c.h"\n#include <op.h>\n')
        self.assertEqual(check.tool("layers.py", "--root", self.root), ("", 0))

    def test_a_folder_that_is_no_room_is_named(self):
        self.plant("src/cellar/a.c", "int x;\n")
        said, status = check.tool("layers.py", "--root", self.root)
        self.assertEqual(said, "src/cellar/a.c:1: cellar is no room: name it in "
                               "src/CMakeLists.txt\n")
        self.assertEqual(status, 1)


if __name__ == "__main__":
    check.main()
