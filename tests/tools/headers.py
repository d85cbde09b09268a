"""Each public header compiles alone, as C11 and as C++17. Takes the compilers, for C and for C++
where there is one; without arguments gcc, clang, g++ and clang++, those that are here.

SPDX-License-Identifier: Apache-2.0"""
import shutil
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor

import check

WARNINGS = ("-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only")
COMPILERS = sys.argv[1:] or ["gcc", "clang", "g++", "clang++"]
del sys.argv[1:]
CPP = [(name, "-std=c++17", "-x", "c++") for name in COMPILERS if "++" in name]
C = [(name, "-std=c11", "-x", "c") for name in COMPILERS if "++" not in name]
ONLY_C = "eagre/easy"  # easy.h and its parts
INCLUDE = check.ROOT / "include"


def headers(suffix):
    return sorted(str(path.relative_to(INCLUDE)) for path in INCLUDE.rglob(f"*{suffix}"))


def compile_alone(compiler, header):
    """What the compiler says of a file that includes the header twice and nothing else."""
    command = [*compiler, *WARNINGS, f"-I{INCLUDE}", "-"]
    return check.run(*command, input=f"#include <{header}>\n" * 2)


class Headers(unittest.TestCase):
    def assert_compile(self, compilers, names):
        here = [compiler for compiler in compilers if shutil.which(compiler[0])]
        self.assertTrue(here, "no compiler is here")
        pairs = [(compiler, name) for compiler in here for name in names]
        with ThreadPoolExecutor() as pool:
            said = list(pool.map(lambda pair: compile_alone(*pair), pairs))
        for (compiler, name), what in zip(pairs, said):
            with self.subTest(compiler=compiler[0], header=name):
                self.assertEqual(what, ("", 0))

    def test_each_header_of_c_compiles_alone_as_c11(self):
        self.assert_compile(C, headers(".h"))

    def test_each_header_of_c_compiles_alone_as_cpp17(self):
        self.assert_compile(CPP, [name for name in headers(".h")
                                  if not name.startswith(ONLY_C)])

    def test_each_header_of_cpp_compiles_alone_as_cpp17(self):
        self.assert_compile(CPP, headers(".hpp"))

    def test_the_comfortable_layer_of_c_sends_cpp_to_its_own(self):
        for compiler in CPP:
            if shutil.which(compiler[0]):
                self.assertIn("<eagre/easy.hpp>", compile_alone(compiler, "eagre/easy.h")[0])

    def test_the_umbrella_includes_every_header_of_c(self):
        command = ["cc", "-std=c11", "-x", "c", "-MM", f"-I{INCLUDE}", "-"]
        said = check.run(*command, input="#include <eagre.h>\n")[0].replace("\\\n", " ").split()
        for name in headers(".h"):
            self.assertIn(str(INCLUDE / name), said)


if __name__ == "__main__":
    check.main()
