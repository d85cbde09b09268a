#!/usr/bin/env python3
"""Adds up what ctest's JUnit files say: a test program that closes with `N passed, N failed` counts
as so many tests, any other as one. Prints the failed programs, what was skipped, and as its last
line the sum; exits with 1 where anything failed or nothing ran.

SPDX-License-Identifier: Apache-2.0"""
import argparse
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

SUM = re.compile(r"^(\d+) passed, (\d+) failed$", re.MULTILINE)
SKIPPED = re.compile(r"^skipped: .*$", re.MULTILINE)


def counts(case):
    """Tests passed and failed in one program."""
    sums = SUM.findall(case.findtext("system-out") or "")
    passed, failed = (int(sums[-1][0]), int(sums[-1][1])) if sums else (1, 0)
    if case.get("status") not in ("run", "notrun", "disabled"):
        return (passed if sums else 0), max(failed, 1)
    return (passed, failed) if case.get("status") == "run" else (0, 0)


def add_up(path):
    """Tests passed and failed in one file; what failed or was skipped is printed."""
    passed = failed = 0
    suite = xml.parse(path).getroot()
    for case in suite.iter("testcase"):
        good, bad = counts(case)
        passed, failed = passed + good, failed + bad
        if bad:
            print(f"failed: {pathlib.Path(path).stem}: {case.get('name')}")
        for line in SKIPPED.findall(case.findtext("system-out") or ""):
            print(f"{line} ({case.get('name')})")
    return passed, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--broken", type=int, default=0, help="builds and fuzzers that failed")
    parser.add_argument("files", nargs="*", help="JUnit files that ctest wrote")
    arguments = parser.parse_args()
    passed, failed = 0, arguments.broken
    for path in arguments.files:
        good, bad = add_up(path)
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
