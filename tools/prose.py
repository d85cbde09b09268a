"""The public headers and the descriptors, read as data: prose, prototypes, examples, fields.

SPDX-License-Identifier: Apache-2.0"""
import re
from dataclasses import dataclass, field

import ctext

COMMENT = re.compile(r"^/\*(.*?)\*/", re.MULTILINE | re.DOTALL)
PROTOTYPE = re.compile(r"EG_API\s+([^;(]*?)\b(eg_\w+)\s*\(([^;]*)\)[^;()]*(?:\(\(.*?\)\))?[^;]*;",
                       re.DOTALL)
DESCRIPTOR = re.compile(r"^const eg_opdef eg_op_(\w+) = \{\n(.*?)\n\};", re.MULTILINE | re.DOTALL)
FIELDS = re.compile(r"^static const eg_attr (\w+)\[\] = \{(.*?)^\};", re.MULTILINE | re.DOTALL)
LISTED = re.compile(r"^EG_OP\((\w+)\)$", re.MULTILINE)


@dataclass
class Example:
    line: int
    expression: str
    printed: str


@dataclass
class Function:
    name: str
    returns: str
    parameters: list
    line: int

    @property
    def operation(self):
        """The operation's name: eg_sum_with and eg_sum are both sum."""
        return re.sub(r"_with$", "", self.name[3:])


@dataclass
class Group:
    """A comment and the prototypes below it, up to an empty line."""
    path: object
    line: int
    prose: str
    functions: list
    examples: list = field(default_factory=list)


@dataclass
class Operation:
    word: str
    path: object
    line: int
    fields: dict
    attributes: list

    @property
    def name(self):
        return strings(self.fields.get("name", ""))[0]

    @property
    def inputs(self):
        return strings(self.fields.get("in", ""))

    @property
    def traits(self):
        return self.fields.get("traits", "").split(" | ")


def strings(text):
    return re.findall(r'"([^"]*)"', text)


def plain(comment):
    """The words of a comment without what frames its lines; one line of text a line."""
    lines = comment.splitlines()
    return "\n".join([lines[0].strip()] + [re.sub(r"^ \* ?", "", line) for line in lines[1:]])


def examples_of(prose, line):
    """Indented lines `expression  ->  text`; a line indented deeper goes on with the one above."""
    found, open_line, said = [], 0, ""
    for i, text in enumerate(prose.splitlines()):
        indent = len(text) - len(text.lstrip())
        if indent < 4:
            said = ""
        elif indent == 4 or not said:
            open_line, said = line + i, text.strip()
        else:
            said += " " + text.strip()
        if "  ->  " in said:
            expression, printed = said.split("  ->  ")
            found.append(Example(open_line, expression.strip(), printed.strip()))
            said = ""
    return found


def parameter_names(text):
    """The names of the parameters, from the text between the brackets."""
    depth, start, parts = 0, 0, []
    for i, sign in enumerate(text + ","):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    names = [re.findall(r"\(\*(\w+)\)|(\w+)(?:\[\w*\])*$", part.strip()) for part in parts]
    return [name[0][0] or name[0][1] for name in names if name and name[0][1] != "void"]


def functions_in(text, first_line):
    bare = ctext.without_comments(text)
    for match in PROTOTYPE.finditer(bare):
        yield Function(match[2], " ".join(match[1].split()), parameter_names(match[3]),
                       first_line + bare.count("\n", 0, match.start()))


def groups_in(root, path):
    """The groups of a header: each block of lines between empty ones that has a prototype. Prose is
    the last comment that starts a line above the first prototype."""
    text = (root / path).read_text(encoding="utf-8")
    at = 0
    for block in re.split(r"(?:\n[ \t]*)+\n", text):
        at = text.index(block, at)
        line = text.count("\n", 0, at) + 1
        functions = list(functions_in(block, line))
        if not functions:
            continue
        above = block[:re.search(r"^EG_API", block, re.MULTILINE).start()]
        comments = [match for match in COMMENT.finditer(above) if "----" not in match[1]]
        prose = plain(comments[-1][1]) if comments else ""
        start = line + block.count("\n", 0, comments[-1].start()) if comments else line
        yield Group(path, start, prose, functions, examples_of(prose, start))


def headers(root):
    paths = ctext.files(root, (".h",), "include")
    return [path for path in paths if path.name != "eagre.h"]


def groups(root):
    return [group for path in headers(root) for group in groups_in(root, path)]


def operations(root):
    """The descriptors, in the order of the index; those it does not name come last."""
    found, tables = [], {}
    for path in ctext.files(root, (".c",), "src"):
        if path.parts[1] in ("op", "ops"):
            text = (root / path).read_text(encoding="utf-8")
            tables.update({(path, m[1]): re.findall(r"EG__ATTR\(\w+, \w+, (\w+)\)", m[2])
                           for m in FIELDS.finditer(text)})
            found += [operation_of(path, text, match) for match in DESCRIPTOR.finditer(text)]
    for operation in found:
        operation.attributes = tables.get((operation.path, operation.fields.get("attrs")), [])
    order = {word: i for i, word in enumerate(index(root))}
    return sorted(found, key=lambda operation: order.get(operation.word, len(order)))


def operation_of(path, text, match):
    pairs = re.findall(r"^    \.(\w+) = (.*?),$", match[2], re.MULTILINE | re.DOTALL)
    line = text.count("\n", 0, match.start()) + 1
    return Operation(match[1], path, line, dict(pairs), [])


def index(root):
    """The words of ops.list."""
    return LISTED.findall((root / "src/ops/ops.list").read_text())
