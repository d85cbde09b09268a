#!/usr/bin/env python3
"""Sizes of tensors in what operations are composed of, and in gradients, are read by functions that
a recording hears of (src/tensor/size.h), never from the handle: else a function's trace would serve
sizes with which the body does something else. Prints each line that reads one otherwise, but for
messages, and exits with 1.

SPDX-License-Identifier: Apache-2.0"""
import re
import sys

import ctext

READ = re.compile(r"->\s*spec\s*(?:\.\s*(?:dims|size)\b|[;,)])")
STATEMENT = re.compile(r"[^;{}]*[;{}]")
ROOMS = ("ops", "autodiff")
ALLOWED = ("src/ops/rows.c",)  # it only asks a shape rule, which is asked again for other sizes


def complaints(root):
    for path in ctext.files(root, (".c", ".h"), "src"):
        if path.parts[1] not in ROOMS or path.as_posix() in ALLOWED:
            continue
        text = ctext.without_comments((root / path).read_text())
        for statement in STATEMENT.finditer(text):
            if "_text(" in statement[0]:
                continue
            for read in READ.finditer(statement[0]):
                line = text.count("\n", 0, statement.start() + read.start()) + 1
                yield f"{path.as_posix()}:{line}: read sizes by eg__size_at and its like"


def main():
    root = ctext.arguments(__doc__).parse_args().root
    found = list(complaints(root))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
