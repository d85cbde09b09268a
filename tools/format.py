#!/usr/bin/env python3
"""Formats the C and C++ files of the project with clang-format 14; with --check it changes nothing,
prints the names of the files that would change and exits with 1. Exits with 2 where there is no
clang-format 14, since other versions format otherwise.

SPDX-License-Identifier: Apache-2.0"""
import re
import shutil
import subprocess
import sys

import ctext

VERSION = "14"


def clang_format():
    """The command, or None."""
    for name in (f"clang-format-{VERSION}", "clang-format"):
        path = shutil.which(name)
        if path:
            said = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
            if re.search(rf"version {VERSION}\.", said):
                return path
    return None


def different(command, paths, root):
    """Those of the files that are not formatted."""
    said = subprocess.run([command, "--dry-run", *map(str, paths)], cwd=root, check=True,
                          capture_output=True, text=True).stderr
    return sorted(set(re.findall(r"^(\S+?):\d+:\d+: warning: code should be", said, re.MULTILINE)))


def main():
    parser = ctext.arguments(__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing")
    given = parser.parse_args()
    command = clang_format()
    if not command:
        print(f"clang-format {VERSION} is missing (Debian: clang-format-{VERSION})")
        return 2
    paths = ctext.files(given.root, (".c", ".h", ".inc") + ctext.CPP_FILES)
    found = different(command, paths, given.root) if paths else []
    print("\n".join(found), end="\n" if found else "")
    if found and not given.check:
        subprocess.run([command, "-i", *found], cwd=given.root, check=True)
    return 1 if found and given.check else 0


if __name__ == "__main__":
    sys.exit(main())
