"""What the checks in this folder share: which files there are, and C text as tokens with lines.

SPDX-License-Identifier: Apache-2.0"""
import argparse
import re
import shutil
import subprocess
from collections import namedtuple
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
C_FILES = (".c", ".h", ".inc", ".list")
CPP_FILES = (".cpp", ".hpp")

Token = namedtuple("Token", "text line")

# Numbers come first, since those of C++ may hold an apostrophe.
LEXEME = re.compile(
    r"""(?P<number>\b\d(?:'?[\w.])*)|(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#[ \t]*(\w*)(?:\\\n|[^\n])*", re.MULTILINE)
WORD = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|\"\"|::|->|\S")


def arguments(doc, **options):
    """The parser of a check: its description and --root."""
    parser = argparse.ArgumentParser(
        description=doc.split("\n\nSPDX")[0], formatter_class=argparse.RawDescriptionHelpFormatter,
        **options)
    parser.add_argument("--root", type=Path, default=ROOT, help="the tree to look at [this one]")
    return parser


def known_to_git(root):
    """What git tracks or does not ignore, as paths relative to the root; None: git cannot say."""
    git = ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"]
    if not (root / ".git").exists() or not shutil.which("git"):
        return None
    said = subprocess.run(git, capture_output=True, text=True)
    return [Path(name) for name in said.stdout.splitlines()] if said.returncode == 0 else None


def files(root, suffixes, *folders):
    """Files of the project with one of the suffixes (None: all), as paths relative to the root,
    sorted: those known to git; where it cannot say all but hidden and build folders."""
    paths = known_to_git(root)
    if paths is None:
        every = (path.relative_to(root) for path in root.rglob("*"))
        paths = [path for path in every
                 if not any(part == "build" or part.startswith(".") for part in path.parts[:-1])]
    return sorted(path for path in set(paths) if (not suffixes or path.suffix in suffixes)
                  and (root / path).is_file() and (not folders or path.parts[0] in folders))


def blank(text):
    """Spaces of the same length and lines."""
    return re.sub(r"[^\n]", " ", text)


def without_comments(text, keep_strings=True):
    """The text with comments turned into spaces; strings into empty ones unless they are kept."""
    def replaced(match):
        if match["comment"]:
            return blank(match[0])
        if match["string"] and not keep_strings:
            return '""' + blank(match[0])[2:]
        return match[0]
    return LEXEME.sub(replaced, text)


def one_branch(text, first):
    """The text without directives and with one branch of each #if: the first or the last."""
    out, skipping, end = [], [], 0
    for match in DIRECTIVE.finditer(text):
        between = text[end:match.start()]
        out.append(blank(between) if any(skipping) else between)
        out.append(blank(match[0]))
        end = match.end()
        if match[1] in ("if", "ifdef", "ifndef"):
            skipping.append(False)
        elif match[1] in ("else", "elif") and skipping:
            if first:
                skipping[-1] = True
        elif match[1] == "endif" and skipping:
            skipping.pop()
    out.append(text[end:])
    return "".join(out)


def tokens(text):
    """Words and signs with their lines, from text without comments, strings and directives."""
    found, line, seen = [], 1, 0
    for match in WORD.finditer(text):
        line += text.count("\n", seen, match.start())
        seen = match.start()
        found.append(Token(match[0], line))
    return found


def after_group(words, i):
    """The index behind the group of brackets that opens at i."""
    depth = 0
    for k in range(i, len(words)):
        if words[k].text in "([{":
            depth += 1
        elif words[k].text in ")]}":
            depth -= 1
            if depth == 0:
                return k + 1
    return len(words)
