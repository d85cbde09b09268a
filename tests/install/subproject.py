"""Uses the sources as a part of another project: subproject.py SOURCES CC CXX.

SPDX-License-Identifier: Apache-2.0
"""
import sys

from outside import CONSUMER, expect, run, run_tests

PROJECT = """
cmake_minimum_required(VERSION 3.22)
project(outer LANGUAGES C)
add_subdirectory({sources} eagre)
add_executable(shared {consumer}/main.c)
target_link_libraries(shared PRIVATE eagre::eagre)
add_executable(static {consumer}/main.c)
target_link_libraries(static PRIVATE eagre::static)
"""


def add_subdirectory_gives_both_libraries(folder, sources, cc, _):
    build = folder / "build"
    (folder / "CMakeLists.txt").write_text(PROJECT.format(sources=sources, consumer=CONSUMER))
    run("cmake", "-G", "Ninja", "-S", folder, "-B", build, f"-DCMAKE_C_COMPILER={cc}",
        "-DCMAKE_BUILD_TYPE=Debug")
    targets = run("cmake", "--build", build, "--target", "help")
    assert "cmocka" not in targets and "unit_" not in targets, "tests are a part of it"
    run("cmake", "--build", build, "--target", "shared", "static")
    expect(build / "shared")
    expect(build / "static")


def nothing_of_it_is_installed_with_the_other_project(folder, sources, cc, _):
    prefix = folder / "prefix"
    run("cmake", "--install", folder / "build", "--prefix", prefix)
    assert not list(prefix.rglob("*eagre*")), "eagre was installed"


run_tests([
    add_subdirectory_gives_both_libraries,
    nothing_of_it_is_installed_with_the_other_project,
], *sys.argv[1:])
