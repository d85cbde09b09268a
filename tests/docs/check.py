#!/usr/bin/env python3
"""The documentation says what is so: its C blocks are compiled and run, its links lead somewhere.

What a page may hold, and what is done with it:

  ```c      A block with `int main(` is a program. A block whose first line is
            `/* file scope */` stands at file scope of the page's program. Any other block is the
            body of a function with an open scope, called in the page's order; nothing may be
            pending after it. Lines are counted from the block's first line in what it prints of
            its own place, and its file is called as the page, with .c.
            `/* -> text */` is a line the block prints; all of them are all that it prints.
            `<!-- file: PATH -->` above it: the block is that file behind its head comment.
  ```text   Right behind a C block: all that it prints, standard error last. A line `…` stands for
            any lines, `…` in a line for any text.
  ```sh     `./name` exists, and shows the options used with it in its --help; so in the prose.
            `eagre COMMAND` likewise, where the program is given.
  ```python is Python.
  links     exist, anchors too. EAGRE_* is an option of the library or of its build; each option of
            the library is in the guide. Every eg_* name is one of the source.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import re
import shlex
import subprocess
import sys
from pathlib import Path

from pages import read_page, slugs_of
from programs import Builder, check_programs

# Pages whose blocks and names are, or become, parts of the library; other tests carry them out.
NOT_PROGRAMS = {"docs/adding-an-operation.md", "docs/ops.md"}
# Pages of tables and prose.
WITHOUT_BLOCKS = {"CHANGELOG.md", "docs/accuracy.md", "docs/array-api.md", "docs/benchmarks.md",
                  "docs/dependencies.md", *NOT_PROGRAMS}


class Report:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def __call__(self, label, problem):
        self.passed += problem is None
        self.failed += problem is not None
        if problem is not None:
            print(f"FAILED {label}\n{problem}\n")


def check_origin(report, root, page):
    for b in page.blocks:
        if not b.origin:
            continue
        path = root / b.origin
        code = path.read_text(encoding="utf-8").split("*/\n", 1)[-1] if path.is_file() else None
        report(f"{page.name}:{b.line}: the block is {b.origin}",
               None if code == b.text else "the file is missing or differs")


def check_links(report, root, page):
    for target in re.findall(r"\]\(([^)\s]+)\)", "\n".join(page.prose)):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = page.folder / path if path else root / page.name
        fine = there.exists() and (not anchor or anchor in slugs_of(there))
        report(f"{page.name}: the link {target} leads somewhere", None if fine else "it does not")


def options_of(root):
    text = (root / "src/base/option.list").read_text(encoding="utf-8")
    return {f"EAGRE_{name}" for name in re.findall(r"^EG_OPTION\((\w+),", text, re.M)}


def build_options_of(root):
    text = (root / "CMakeLists.txt").read_text(encoding="utf-8")
    return set(re.findall(r"(?:option|set)\((EAGRE_\w+)", text))


def text_of(root, page):
    return (root / page.name).read_text(encoding="utf-8")


def check_options(report, root, page):
    known = options_of(root) | build_options_of(root)
    for name in sorted(set(re.findall(r"\bEAGRE_[A-Z_]+\b", text_of(root, page)))):
        report(f"{page.name}: {name} is an option", None if name in known else "it is not")


def check_guide_has_options(report, root, page):
    for name in sorted(options_of(root)):
        report(f"{page.name}: {name} is documented",
               None if f"`{name}`" in text_of(root, page) else "it is not")


def names_of(root):
    files = [p for folder in ("include", "src") for p in (root / folder).rglob("*.*")]
    text = "\n".join(p.read_text(encoding="utf-8") for p in files if p.is_file())
    return set(re.findall(r"\b(?:eg|EG)_\w+", text))


def check_names(report, root, page, known):
    for name in sorted(set(re.findall(r"`(eg_\w+|EG_\w+)", "\n".join(page.prose)))):
        fine = name in known or (name.endswith("_") and any(k.startswith(name) for k in known))
        report(f"{page.name}: {name} is in the source", None if fine else "it is not")


def help_of(command):
    """What a command says of itself; None where it does not."""
    try:
        done = subprocess.run([*command, "--help"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def command_of(builder, words):
    """The command whose --help is to be asked; None: it is none of ours."""
    if words and words[0].startswith("./"):
        return [str(builder.root / words[0])]
    if words and words[0] == "eagre" and builder.eagre:
        return [builder.eagre, *words[1:2]]
    return None


def check_command(report, builder, page, line):
    words = shlex.split(line, comments=True)
    command = command_of(builder, words)
    if not command:
        return
    text = help_of(command)
    options = {w.split("=")[0] for w in words[1:] if w.startswith("-")}
    missing = sorted(o for o in options if o not in (text or ""))
    problem = f"it does not show {missing}" if missing else None
    report(f"{page.name}: {line.strip()} is as --help says",
           problem if text is not None else "it has no --help that succeeds")


def commands_of(page):
    inline = re.findall(r"`((?:\./|eagre )[^`]+)`", "\n".join(page.prose))
    return [" ".join(c.split()) for c in inline] + [line for b in page.of_language("sh")
                                                    for line in b.lines]


def check_python(report, page, block):
    try:
        compile(block.text, page.name, "exec")
        problem = None
    except SyntaxError as e:
        problem = str(e)
    report(f"{page.name}:{block.line}: the block is Python", problem)


def check_page(report, builder, name, known):
    root, page = builder.root, read_page(builder.root, name)
    if name not in WITHOUT_BLOCKS:
        report(f"{name}: the page has a block that runs",
               None if page.of_language("c") else "it has none")
    check_origin(report, root, page)
    check_links(report, root, page)
    for line in commands_of(page):
        check_command(report, builder, page, line)
    for b in page.of_language("python"):
        check_python(report, page, b)
    if name == "docs/guide.md":
        check_guide_has_options(report, root, page)
    if name not in NOT_PROGRAMS:
        check_options(report, root, page)
        check_names(report, root, page, known)
        check_programs(report, builder, page)


def pages_of(root):
    tops = [p for p in ("README.md", "CHANGELOG.md") if (root / p).is_file()]
    return tops + sorted(str(p.relative_to(root)) for p in (root / "docs").glob("*.md"))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--root", type=Path, required=True, help="the project's folder")
    parser.add_argument("--compiler", action="append", required=True)
    parser.add_argument("--flags", default="", help="for compiler and linker, split at spaces")
    parser.add_argument("--link", default="", help="the library and what it needs")
    parser.add_argument("--eagre", help="the program, to check its commands")
    parser.add_argument("pages", nargs="*", help="only these [README.md, CHANGELOG.md, docs/*.md]")
    o = parser.parse_args()
    root = o.root.resolve()
    builder = Builder(root, o.compiler, o.flags.split(), o.link.split(), o.eagre)
    report, known = Report(), names_of(root)
    for name in o.pages or pages_of(root):
        check_page(report, builder, name, known)
    print(f"{report.passed} passed, {report.failed} failed")
    return report.failed > 0


if __name__ == "__main__":
    sys.exit(main())
