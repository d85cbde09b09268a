#!/usr/bin/env python3
"""Pages with one thing wrong each: check.py has to find it. Takes check.py's arguments.

SPDX-License-Identifier: Apache-2.0
"""
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CHECK = Path(__file__).with_name("check.py")

GOOD = """# Good

```c
/* file scope */
static int twice(int x)
{
    return 2 * x;
}
```

See [below](#end) and [the data](examples/data).

```c
eg_print(eg_constant(twice(6))); /* -> 12 int32[] */
printf("%d\\n", __LINE__);       /* -> 2 */
```

```c
puts("once");
puts("upon a time");
```

```text
once
…on a…
```

```c
#include <stdio.h>

int main(void)
{
    fputs("error: as shown\\n", stderr);
    return 1;
}
```

```text
error: as shown
```

```sh
./run --fast
```

`EAGRE_VERBOSE`, `EAGRE_CRUEL`, `eg_print`, `./run
--fast`.

## End
"""

# What is wrong, how the good page is changed to have it, what the report must say.
WRONG = [
    ("another line is printed", ("12 int32[]", "13 int32[]"), "promised:"),
    ("a promised line is missing", ('puts("once");\n', ""), "promised:"),
    ("a line is printed that is not promised", (" /* -> 12 int32[] */", ""), "promised:"),
    ("a block promises and prints nothing", ('puts("once");\nputs("upon a time");', ""),
     "promised:"),
    ("a block does not compile", ("2 * x", "2 * y"), "exit status 1"),
    ("a block has a warning", ('puts("once");', 'int unused;\nputs("once");'), "unused"),
    ("an error is left pending", ('puts("once");', 'puts("once");\neg_neg(NULL);'), "NULL"),
    ("a program fails where none is shown", ("```text\nerror: as shown\n```", ""),
     "exit status 1"),
    ("a program succeeds where an error is shown", ("return 1", "return 0"), "exit status 0"),
    ("a link leads nowhere", ("examples/data)", "examples/nothing)"), "leads somewhere"),
    ("an anchor leads nowhere", ("#end)", "#start)"), "leads somewhere"),
    ("an option is not known", ("EAGRE_VERBOSE", "EAGRE_CHATTY"), "is an option"),
    ("a name is not known", ("`eg_print`", "`eg_prunt`"), "is in the source"),
    ("a command is missing", ("./run", "./walk"), "no --help that succeeds"),
    ("an option of a command is missing", ("--fast", "--slow"), "it does not show"),
    ("an option in the prose is missing", ("--fast`", "--slow`"), "it does not show"),
    ("a page has no block", (GOOD[GOOD.index("```c"):], ""), "has a block that runs"),
    ("a copied file differs", ("```c\nputs", "<!-- file: run -->\n```c\nputs"), "or differs"),
]


def project_in(folder, page):
    root = Path(sys.argv[sys.argv.index("--root") + 1]).resolve()
    for name in ("include", "src", "examples", "CMakeLists.txt"):
        (folder / name).symlink_to(root / name)
    (folder / "run").write_text("#!/bin/sh\necho '--fast  runs fast'\n")
    (folder / "run").chmod(0o755)
    (folder / "README.md").write_text(page, encoding="utf-8")


def check(page):
    """Exit status and report of check.py for a project with this page, with one compiler."""
    rest = [a for a in sys.argv[1:] if a.startswith(("--flags", "--link"))]
    compiler = sys.argv[sys.argv.index("--compiler") + 1]
    with tempfile.TemporaryDirectory() as folder:
        project_in(Path(folder), page)
        command = [sys.executable, "-B", str(CHECK), "--root", folder, "--compiler", compiler]
        done = subprocess.run(command + rest, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def problem_with(wrong):
    what, (old, new), said = wrong
    status, output = check(GOOD.replace(old, new, 1))
    found = old in GOOD and status == 1 and said in output
    return None if found else f"not found: {what}\n{output}"


def main():
    status, output = check(GOOD)
    problems = [f"the good page fails\n{output}"] if status else []
    with ThreadPoolExecutor() as pool:
        problems += [p for p in pool.map(problem_with, WRONG) if p]
    print("\n".join(problems))
    print(f"{1 + len(WRONG) - len(problems)} passed, {len(problems)} failed")
    return len(problems) > 0


if __name__ == "__main__":
    sys.exit(main())
