"""Installs a build into an empty folder and uses it from outside: prefix.py BUILD CC CXX.

SPDX-License-Identifier: Apache-2.0
"""
import re
import sys

from outside import CONSUMER, expect, run, run_tests

LANGUAGES = ("c", "cpp")


def build_with_cmake(prefix, build, cc, cxx, *targets):
    run("cmake", "-G", "Ninja", "-S", CONSUMER, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}",
        f"-DCMAKE_C_COMPILER={cc}", f"-DCMAKE_CXX_COMPILER={cxx}")
    run("cmake", "--build", build, "--target", *targets)


def flags(prefix, *options):
    pc = next(prefix.glob("**/eagre.pc")).parent
    return run("pkg-config", *options, "eagre", PKG_CONFIG_PATH=str(pc)).split()


def compile_all(prefix, folder, cc, cxx, kind, link):
    """A program for each language, made by the compiler alone."""
    for language, command in zip(LANGUAGES, ([cc, "-std=c11"], [cxx, "-std=c++17"])):
        program = folder / f"{language}_{kind}_by_hand"
        run(*command, *flags(prefix, "--cflags"), CONSUMER / f"main.{language}", "-o", program,
            *link)
        expect(program)


def needed(library):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", library))


def the_prefix_holds_headers_libraries_and_packages_and_nothing_else(folder, build, cc, cxx):
    prefix = folder / "here"
    run("cmake", "--install", build, "--prefix", prefix)
    files = {str(p.relative_to(prefix)) for p in prefix.rglob("*") if not p.is_dir()}
    kinds = [r"include/eagre(\.h|/.*\.hpp|/.*\.h)", r"lib/(.*/)?libeagre\.a",
             r"lib/(.*/)?libeagre\.so(\.\d+)*", r"lib/(.*/)?cmake/eagre/eagre-[a-z-]+\.cmake",
             r"lib/(.*/)?pkgconfig/eagre\.pc", r"bin/eagre"]
    strange = sorted(f for f in files if not any(re.fullmatch(k, f) for k in kinds))
    assert not strange, f"installed as well: {strange}"
    for k in kinds[:-1]:
        assert any(re.fullmatch(k, f) for f in files), f"nothing installed like {k}"


def the_library_exports_what_the_headers_declare(folder, build, cc, cxx):
    prefix = folder / "here"
    text = "".join(p.read_text() for p in prefix.glob("include/**/*.h"))
    declared = set(re.findall(r"\bEG_API\b[^;{(]*?\b(eg_\w+)\(", text))
    library = next(prefix.glob("lib/**/libeagre.so"))
    exported = {line.split()[2] for line in run("nm", "-D", "--defined-only", library).splitlines()}
    assert exported == declared, f"not in both: {sorted(exported ^ declared)}"


def the_library_has_a_version_and_no_path_of_the_build(folder, build, cc, cxx):
    library = next((folder / "here").glob("lib/**/libeagre.so"))
    dynamic = run("readelf", "-d", library)
    assert re.search(r"\(SONAME\).*\[libeagre\.so\.\d+\]", dynamic), dynamic
    assert "RPATH" not in dynamic and "RUNPATH" not in dynamic, dynamic
    for file in (folder / "here").rglob("*.[cp]*[ce]"):
        assert build not in file.read_text(), f"{file} names the build folder"


def find_package_gives_both_libraries(folder, build, cc, cxx):
    made = folder / "cmake"
    build_with_cmake(folder / "here", made, cc, cxx, "all")
    for language in LANGUAGES:
        expect(made / f"{language}_shared")
        expect(made / f"{language}_static")
        assert not any("eagre" in name for name in needed(made / f"{language}_static"))


def everything_works_after_the_prefix_has_moved(folder, build, cc, cxx):
    (folder / "here").rename(folder / "there")
    made = folder / "cmake-moved"
    build_with_cmake(folder / "there", made, cc, cxx, "c_shared", "c_static")
    expect(made / "c_shared")
    expect(made / "c_static")


def pkg_config_links_the_shared_library(folder, build, cc, cxx):
    prefix = folder / "there"
    library = next(prefix.glob("lib/**/libeagre.so")).parent
    link = [*flags(prefix, "--libs"), f"-Wl,-rpath,{library}"]
    compile_all(prefix, folder, cc, cxx, "shared", link)


def pkg_config_links_the_static_library(folder, build, cc, cxx):
    prefix = folder / "there"
    link = ["-l:libeagre.a" if flag == "-leagre" else flag
            for flag in flags(prefix, "--static", "--libs")]
    compile_all(prefix, folder, cc, cxx, "static", link)
    for language in LANGUAGES:
        assert not any("eagre" in name for name in needed(folder / f"{language}_static_by_hand"))


run_tests([
    the_prefix_holds_headers_libraries_and_packages_and_nothing_else,
    the_library_exports_what_the_headers_declare,
    the_library_has_a_version_and_no_path_of_the_build,
    find_package_gives_both_libraries,
    everything_works_after_the_prefix_has_moved,
    pkg_config_links_the_shared_library,
    pkg_config_links_the_static_library,
], *sys.argv[1:])
