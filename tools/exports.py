#!/usr/bin/env python3
"""What the shared library exports: exactly the names in tests/exports.list, each with the prefix
eg_ or EG_. Prints what differs and exits with 1; with --write the list is written anew.

SPDX-License-Identifier: Apache-2.0"""
import re
import subprocess
import sys
from pathlib import Path

import ctext

LIST = Path("tests/exports.list")


def exported(library):
    """The names that the library defines for others, sorted."""
    command = ["nm", "--dynamic", "--defined-only", "--format=posix", str(library)]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted({line.split()[0].split("@")[0] for line in lines})


def complaints(names, listed):
    for name in names:
        if not re.match(r"(eg|EG)_[^_]", name):
            yield f"{name} is exported without the prefix of the public interface"
    for name in sorted(set(names) - set(listed)):
        yield f"{name} is exported but not in {LIST}"
    for name in sorted(set(listed) - set(names)):
        yield f"{name} is in {LIST} but not exported"
    if listed != sorted(set(listed)):
        yield f"{LIST} is not sorted, or has a name twice"


def main():
    parser = ctext.arguments(__doc__)
    parser.add_argument("--write", action="store_true", help="write the list")
    parser.add_argument("library", type=Path, help="libeagre.so")
    given = parser.parse_args()
    path, names = given.root / LIST, exported(given.library)
    if given.write:
        path.write_text("".join(f"{name}\n" for name in names))
    found = list(complaints(names, path.read_text().splitlines()))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
