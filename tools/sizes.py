#!/usr/bin/env python3
"""The ceilings: a function has 60 lines and 6 parameters at most and nests its statements 3 deep; a
file has 600 lines, a public header 400, a line 100 columns. Of the library's functions 90 % have 35
lines at most, and half of them 12. Prints each place over a ceiling and exits with 1.

SPDX-License-Identifier: Apache-2.0"""
import ast
import re
import sys
from collections import namedtuple

import ctext

LINES, PARAMETERS, NESTING = 60, 6, 3
FILE_LINES, HEADER_LINES, COLUMNS = 600, 400, 100
WRITTEN = "tests/exports.list"  # by a tool, as long as it gets
NINE_TENTHS, HALF = 35, 12

Function = namedtuple("Function", "name line lines parameters nesting")

MACRO = re.compile(r"[A-Z][A-Z0-9_]+$")
NAME = re.compile(r"[A-Za-z_]\w*$")
LOOPS = ("for", "while", "switch")


class Body:
    """Walks the statements of a function and keeps the deepest nesting."""

    def __init__(self, words):
        self.words, self.deepest = words + [ctext.Token("", 0)] * 3, 0

    def walk(self):
        i = 0
        while i < len(self.words) - 3:
            i = self.statement(i, 0)
        return self.deepest

    def nested(self, i, depth):
        self.deepest = max(self.deepest, depth + 1)
        return self.statement(i, depth + 1)

    def is_macro_loop(self, i):
        """FOR_EACH(x) and a statement."""
        words = self.words
        if not MACRO.match(words[i].text) or words[i + 1].text != "(":
            return False
        behind = words[ctext.after_group(words, i + 1)].text
        return behind == "{" or bool(NAME.match(behind))

    def statement(self, i, depth):
        """Reads one statement; the index behind it."""
        words, word = self.words, self.words[i].text
        if word == "{":
            end = ctext.after_group(words, i) - 1
            i += 1
            while i < end:
                i = self.statement(i, depth)
            return end + 1
        if word == "if":
            return self.choice(i, depth)
        if word in LOOPS or self.is_macro_loop(i):
            return self.nested(ctext.after_group(words, i + 1), depth)
        if word == "do":
            return self.simple(self.nested(i + 1, depth))
        if word in ("case", "default") or (NAME.match(word) and words[i + 1].text == ":"):
            while words[i].text not in (":", ""):
                i += 1
            return i + 1
        return self.simple(i)

    def choice(self, i, depth):
        words = self.words
        i += words[i + 1].text == "constexpr"
        i = self.nested(ctext.after_group(words, i + 1), depth)
        if words[i].text != "else":
            return i
        if words[i + 1].text == "if":
            return self.choice(i + 1, depth)
        return self.nested(i + 1, depth)

    def simple(self, i):
        while self.words[i].text not in (";", ""):
            i = ctext.after_group(self.words, i) if self.words[i].text in "([{" else i + 1
        return i + 1


def without_attributes(head):
    """A declaration's words without __attribute__((...)) and alignas(...)."""
    kept, i = [], 0
    while i < len(head):
        if head[i].text in ("__attribute__", "alignas", "_Alignas"):
            i = ctext.after_group(head, i + 1)
        else:
            kept.append(head[i])
            i += 1
    return kept


def parameter_groups(head):
    """Where groups in round brackets that follow a name open in a declaration; none where it is an
    initialiser."""
    found, i = [], 0
    while i < len(head):
        if head[i].text == "=" and head[i - 1].text != "operator":
            return []
        if head[i].text == "(":
            found += [i] if i > 0 and NAME.match(head[i - 1].text) else []
            i = ctext.after_group(head, i)
        else:
            i += 1
    return found


def count_parameters(head, i):
    inside = [word.text for word in head[i + 1:ctext.after_group(head, i) - 1]]
    if not inside or inside == ["void"]:
        return 0
    depth, commas = 0, 0
    for word in inside:
        depth += (word in "([{<") - (word in ")]}>")
        commas += word == "," and depth == 0
    return commas + 1


def function_of(head, body, is_cpp):
    """The function that a declaration and a block make; None: they make something else."""
    plain = without_attributes(head)
    groups = parameter_groups(plain)
    if not groups:
        return None
    i = groups[0] if is_cpp else groups[-1]
    name, parameters = plain[i - 1].text, count_parameters(plain, i)
    if MACRO.match(name):
        name, parameters = plain[i + 1].text, 0
    lines = body[-1].line - head[0].line + 1
    return Function(name, head[0].line, lines, parameters, Body(body[1:-1]).walk())


def is_transparent(head, is_cpp):
    """Whether what stands in the braces behind these words is at file level again."""
    first = head[0].text if head else ""
    return first in ("extern", "namespace", "inline") and head[-1].text == '""' or (
        is_cpp and any(word.text in ("namespace", "class", "struct") for word in head))


def functions_in(words, is_cpp):
    start = i = 0
    while i < len(words):
        word = words[i].text
        if word == "{":
            end = ctext.after_group(words, i)
            function = function_of(words[start:i], words[i:end], is_cpp) if i > start else None
            if function:
                yield function
            elif is_transparent(words[start:i], is_cpp):
                end = i + 1
            start = end if function or end == i + 1 else start
            i = end
        elif word in "([":
            i = ctext.after_group(words, i)
        else:
            i += 1
            start = i if word in ";}" else start


def c_functions(text, is_cpp=False):
    """The functions of a file, those in either branch of an #if included."""
    plain = ctext.without_comments(text, keep_strings=False)
    found = {}
    for first in (True, False):
        for function in functions_in(ctext.tokens(ctext.one_branch(plain, first)), is_cpp):
            found.setdefault((function.name, function.line), function)
    return sorted(found.values(), key=lambda function: function.line)


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            yield Function(node.name, node.lineno, node.end_lineno - node.lineno + 1,
                           len(node.args.args), 0)


def functions(path, text):
    if path.suffix == ".py":
        return list(python_functions(text))
    return c_functions(text, path.suffix in ctext.CPP_FILES)


def over(path, function):
    """What a function has too much of."""
    for count, most, what in ((function.lines, LINES, "lines"),
                              (function.parameters, PARAMETERS, "parameters"),
                              (function.nesting, NESTING, "levels of nesting")):
        if count > most:
            yield (f"{path}:{function.line}: {function.name} has {count} {what}, "
                   f"{most} are the most")


def over_in_text(path, text):
    """What a file has too much of."""
    lines = text.splitlines()
    most = HEADER_LINES if path.parts[0] == "include" else FILE_LINES
    if len(lines) > most and str(path) != WRITTEN:
        yield f"{path}:{most + 1}: the file has {len(lines)} lines, {most} are the most"
    for i, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            yield f"{path}:{i}: the line has {len(line)} columns, {COLUMNS} are the most"


def over_in_all(lengths):
    """What the library's functions have too much of together."""
    ordered = sorted(lengths)
    if not ordered:
        return
    half, nine_tenths = ordered[len(ordered) // 2], ordered[len(ordered) * 9 // 10]
    if nine_tenths > NINE_TENTHS:
        yield f"src:1: a tenth of the functions has {nine_tenths} lines or more, not {NINE_TENTHS}"
    if half > HALF:
        yield f"src:1: half of the functions have {half} lines or more, not {HALF}"


def complaints(root):
    lengths = []
    for path in ctext.files(root, ctext.C_FILES + ctext.CPP_FILES + (".py",)):
        text = (root / path).read_text(encoding="utf-8")
        yield from over_in_text(path, text)
        for function in functions(path, text):
            yield from over(path, function)
            if path.parts[0] == "src":
                lengths.append(function.lines)
    yield from over_in_all(lengths)


def summary(root):
    """One line a folder: how many functions, and the lengths that divide them."""
    folders = {}
    for path in ctext.files(root, ctext.C_FILES + ctext.CPP_FILES):
        found = functions(path, (root / path).read_text(encoding="utf-8"))
        folders.setdefault(path.parts[0], []).extend(f.lines for f in found)
    for folder, lengths in sorted(folders.items()):
        ordered = sorted(lengths) or [0]
        yield (f"{folder}: {len(lengths)} functions, median {ordered[len(ordered) // 2]}, "
               f"90 % {ordered[len(ordered) * 9 // 10]}, longest {ordered[-1]}")


def main():
    parser = ctext.arguments(__doc__)
    parser.add_argument("--summary", action="store_true", help="print lengths by folder instead")
    given = parser.parse_args()
    if given.summary:
        print("\n".join(summary(given.root)))
        return 0
    found = list(complaints(given.root))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
