"""Pages of the documentation as data: fenced blocks, links, headings, words.

SPDX-License-Identifier: Apache-2.0
"""
import re
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

FENCE = re.compile(r"^```(\w*)\s*$")
ORIGIN = re.compile(r"^<!-- file: (\S+) -->\s*$")
ARROW = re.compile(r"/\* -> ?(.*?) ?\*/")


@dataclass
class Block:
    line: int                   # of the first line inside, from 1
    language: str
    lines: List[str]
    origin: Optional[str]       # the file it is a copy of
    shown: Optional[List[str]] = None   # the text block that follows

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"

    @property
    def arrows(self):
        return [found.rstrip() for found in ARROW.findall(self.text)]

    @property
    def kind(self):
        """program, file scope or statements: see check.py."""
        if re.search(r"\bint main\(", self.text):
            return "program"
        if self.lines and self.lines[0].startswith("/* file scope"):
            return "file scope"
        return "statements"


@dataclass
class Page:
    name: str
    folder: Path
    prose: List[str]            # lines outside of blocks, "" for those inside
    blocks: List[Block]

    def of_language(self, language):
        return [b for b in self.blocks if b.language == language]


def read_page(root, name):
    page = Page(name, (root / name).parent, [], [])
    block, origin = None, None
    for number, line in enumerate((root / name).read_text(encoding="utf-8").split("\n"), 1):
        fence = FENCE.match(line)
        if block is None and not fence:
            origin = (ORIGIN.match(line) or [None, None])[1]
            page.prose.append(line)
            continue
        page.prose.append("")
        if block is None:
            block, origin = Block(number + 1, fence[1], [], origin), None
        elif line.startswith("```"):
            page.blocks.append(block)
            block = None
        else:
            block.lines.append(line)
    attach_texts(page)
    return page


def attach_texts(page):
    """A text block right behind a C block is what that block prints."""
    for before, after in zip(page.blocks, page.blocks[1:]):
        if before.language == "c" and after.language == "text":
            before.shown = after.lines


def slugs_of(path):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def matches(expected, output):
    """Whether lines are as promised: a line "…" is any lines, "…" in a line any text."""
    pattern = ""
    for line in expected:
        if line.strip() == "…":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(p) for p in line.rstrip().split("…")) + r" *\n"
    return re.fullmatch(pattern, "".join(line.rstrip() + "\n" for line in output)) is not None


def in_order(expected, output):
    """Whether the expected lines are among the output's, in their order."""
    rest = iter(output)
    return all(any(matches([e], [o]) for o in rest) for e in expected)
