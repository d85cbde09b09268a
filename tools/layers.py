#!/usr/bin/env python3
"""The laws of the rooms: a folder of src includes only itself and the rooms above it in the list of
src/CMakeLists.txt; nn and data, the command and the examples include the public headers alone; a
public header includes no header of src. Prints each line that breaks a law and exits with 1.

SPDX-License-Identifier: Apache-2.0"""
import re
import sys

import ctext

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
OUTSIDE = ("cli", "examples")


def rooms(root):
    """The rooms in their order, and those that see the public headers alone."""
    text = (root / "src/CMakeLists.txt").read_text()

    def named(variable):
        return re.search(rf"^set\({variable} ([^)]*)\)", text, re.MULTILINE)[1].split()
    return named("rooms"), named("public_only")


def includes(root, path):
    """Line, quote and target of each #include of a file."""
    text = ctext.without_comments((root / path).read_text())
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match[1], match[2]


def broken_law(path, quote, target, order, public_only):
    """What an #include breaks, or None."""
    home = path.parts[0]
    room = path.parts[1] if home == "src" else home
    seen, slash, _ = target.partition("/")
    if ".." in target.split("/"):
        return "write the path from the rooms' folder"
    if home == "src" and quote == '"' and not slash:
        return f'name the room: "{room}/{target}"'
    if seen not in order + public_only:
        strange = quote == '"' and home == "include"
        return "a public header is written <eagre/...>" if strange else None
    if home == "include":
        return f"a public header may not see room {seen}"
    if home in OUTSIDE or room in public_only:
        return None if seen == room else f"{room} may not see room {seen}"
    if seen in public_only or order.index(seen) > order.index(room):
        return f"{room} may not see room {seen}"
    return None


def complaints(root):
    order, public_only = rooms(root)
    suffixes = ctext.C_FILES + ctext.CPP_FILES
    for path in ctext.files(root, suffixes, "src", "include", *OUTSIDE):
        if path.parts[0] == "src" and path.parts[1] not in order + public_only:
            yield f"{path}:1: {path.parts[1]} is no room: name it in src/CMakeLists.txt"
            continue
        for line, quote, target in includes(root, path):
            what = broken_law(path, quote, target, order, public_only)
            if what:
                shown = f'"{target}"' if quote == '"' else f"<{target}>"
                yield f"{path}:{line}: #include {shown}: {what}"


def main():
    root = ctext.arguments(__doc__).parse_args().root
    found = list(complaints(root))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
