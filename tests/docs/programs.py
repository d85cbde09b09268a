"""C programs made of a page's blocks, compiled, run and compared with what the page promises.

SPDX-License-Identifier: Apache-2.0
"""
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional

from pages import in_order, matches

MARK = "\x1e"
FLAGS = ["-std=c17", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
SECONDS = 120


@dataclass
class Builder:
    root: Path
    compilers: List[str]
    flags: List[str]            # of sanitizers
    link: List[str]             # the library and what it needs
    eagre: Optional[str]        # the program; None: not built


def page_program(page):
    """The blocks without main as one program: statements become functions, called in order."""
    source, calls = ["#include <eagre.h>"], []
    stem = Path(page.name).stem
    for b in page.of_language("c"):
        if b.kind == "file scope":
            source += [f'#line 1 "{stem}.c"', b.text]
        elif b.kind == "statements":
            source += [f"static void at_line_{b.line}(void)", "{", "EG_SCOPE;",
                       f'#line 1 "{stem}.c"', b.text + "}"]
            calls.append(f'    fprintf(stderr, "{MARK}\\n"), puts("{MARK}"), at_line_{b.line}();\n'
                         "    if (eg_report(stderr))\n        return 1;")
    return "\n".join(source + ["int main(void)", "{"] + calls + ["    return 0;", "}", ""])


def program_name(block, page):
    named = re.match(r"/\* (\w+)\.c\b", block.lines[0])
    return named[1] if named else Path(block.origin or page.name).stem


def compile_and_run(builder, compiler, name, source):
    """Exit status, standard output and standard error; the compiler's, where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{name}.c").write_text(source, encoding="utf-8")
        (Path(folder) / "examples").symlink_to(builder.root / "examples")
        command = [compiler, *FLAGS, *builder.flags, f"-I{builder.root / 'include'}", f"{name}.c",
                   "-o", name, *builder.link]
        built = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if built.returncode != 0:
            return built.returncode, "", built.stderr
        ours = {k: v for k, v in os.environ.items() if not k.startswith("EAGRE_")}
        ran = subprocess.run([f"./{name}"], cwd=folder, capture_output=True, text=True, env=ours,
                             timeout=SECONDS)
        return ran.returncode, ran.stdout, ran.stderr


def lines_of(text):
    return text.split("\n")[:-1] if text.endswith("\n") else text.split("\n") if text else []


def why_not(block, out, err):
    """What is wrong with a block's output; None: nothing. Standard error comes last."""
    output = lines_of(out) + lines_of(err)
    expected = block.arrows if block.shown is None else block.shown
    if matches(expected, output) and in_order(block.arrows, output):
        return None
    return "\n".join(["promised:", *(f"  {e}" for e in expected or block.arrows),
                      "printed:", *(f"  {o}" for o in output)])


def check_program(report, builder, compiler, page, block):
    label = f"{page.name}:{block.line}: the program prints what the page says [{compiler}]"
    status, out, err = compile_and_run(builder, compiler, program_name(block, page), block.text)
    expects_failure = block.shown is not None and any("error:" in s for s in block.shown)
    if (status != 0) != expects_failure:
        report(label, f"exit status {status}\n{out}{err}")
    else:
        report(label, why_not(block, out, err))


def check_statements(report, builder, compiler, page):
    blocks = [b for b in page.of_language("c") if b.kind == "statements"]
    status, out, err = compile_and_run(builder, compiler, Path(page.name).stem, page_program(page))
    report(f"{page.name}: its blocks compile and run to the end [{compiler}]",
           f"exit status {status}\n{out.replace(MARK, '--')}{err}" if status else None)
    outs, errs = out.split(MARK + "\n")[1:], err.split(MARK + "\n")[1:]
    for b, o, e in zip(blocks, outs, errs) if status == 0 else []:
        report(f"{page.name}:{b.line}: the block prints what the page says [{compiler}]",
               why_not(b, o, e))


def check_programs(report, builder, page):
    kinds = [b.kind for b in page.of_language("c")]
    for b in page.of_language("c"):
        if b.kind == "file scope" and b.shown is not None:
            report(f"{page.name}:{b.line}: a block at file scope shows no output", "it does")
    for compiler in builder.compilers:
        for b in page.of_language("c"):
            if b.kind == "program":
                check_program(report, builder, compiler, page, b)
        if "statements" in kinds:
            check_statements(report, builder, compiler, page)
