#!/usr/bin/env python3
"""Finds the pass over a graph that changes what a program does: runs it without passes, then with
the first n of all that it runs (EAGRE_PASS_LIMIT=n), and halves n until one pass makes the
difference. Compared are what it prints and how it exits. Prints that pass, as the library tells of
it, and exits with 1; with 0 where all passes together change nothing.

    tools/find_pass.py ./program its arguments

EAGRE_DUMP=folder then shows the graph before and after.

SPDX-License-Identifier: Apache-2.0"""
import argparse
import os
import re
import subprocess
import sys

TOLD = re.compile(r".*\(pass (\d+)\)$")


def run(command, limit=None):
    """What the program prints, how it exits, and what passes told."""
    env = dict(os.environ, EAGRE_VERBOSE="pass")
    if limit is not None:
        env["EAGRE_PASS_LIMIT"] = str(limit)
    result = subprocess.run(command, env=env, capture_output=True, text=True, errors="replace")
    told, other = [], []
    for line in result.stderr.splitlines():
        (told if TOLD.match(line) else other).append(line)
    return (result.stdout, "\n".join(other), result.returncode), told


def bisect(command):
    """The line that tells of the first pass that makes a difference; None: there is none."""
    right, _ = run(command, 0)
    wrong, told = run(command)
    if wrong == right:
        return None
    low, high = 0, max((int(TOLD.match(line).group(1)) for line in told), default=0)
    while high - low > 1:
        middle = (low + high) // 2
        same = run(command, middle)[0] == right
        low, high = (middle, high) if same else (low, middle)
    _, told = run(command, high)
    return told[-1] if told else "no pass was told of"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="PROGRAM [WORD]...")
    command = parser.parse_args().command
    if not command:
        parser.error("which program?")
    found = bisect(command)
    print(found or "all passes together change nothing")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
