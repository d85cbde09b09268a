"""The backend test cases of the `onnx` package, run by eagre: makes a Python environment with the
package, once for all builds, has onnx_cases.py write the cases into one file, once, and runs the
program onnx_cases on it. At least LEAST cases have to pass; with --docs the table in docs/onnx.md
has to be the one that they show, or is written anew (--write). With --runtime ONNX Runtime runs the
same cases, and eagre has to pass more of them.

Exits with 77, skipped, where there is no package.

SPDX-License-Identifier: Apache-2.0"""
import argparse
import fcntl
import os
import pathlib
import subprocess
import sys

SKIPPED = 77  # what ctest reads as skipped
ONNX, RUNTIME = "onnx==1.23.2", "onnxruntime>=1.23,<2"
LEAST = 1921
HERE = pathlib.Path(__file__).resolve().parent
MARK = "<!-- cases -->\n"


def run(command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)


def install(folder, package, module):
    """Adds a package to the environment, which is made where it is not there; why not, or None."""
    python = folder / "bin/python"
    if python.exists() and run([python, "-c", f"import {module}"]).returncode == 0:
        return None
    commands = [] if python.exists() else [[sys.executable, "-m", "venv", "--clear", folder]]
    commands += [[python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                  "--retries", "1", "--timeout", "20", package]]
    for command in commands:
        done = run(command)
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines()
            return lines[-1] if lines else f"{command[0]} failed"
    return None


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def install_locked(folder, package, module):
    """The same, while no other test does."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return install(folder, package, module)


def make_cases(folder):
    """The file of cases."""
    cases = folder / "cases.bin"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(f"{folder}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        why = install(folder, ONNX, "onnx")
        if why:
            skip(f"no package onnx: {why}")
        if not cases.exists():
            done = run([folder / "bin/python", HERE / "onnx_cases.py", cases])
            if done.returncode != 0:
                sys.exit(done.stderr)
    return cases


def check_docs(page, table, write):
    """Whether the table of the page is this one."""
    text = page.read_text()
    before, _, rest = text.partition(MARK)
    _, _, behind = rest.partition(MARK)
    now = before + MARK + table + MARK + behind
    if write:
        page.write_text(now)
    elif now != text:
        print(f"{page}: the table is another one; tests/conformance/run_onnx.py --write writes it")
        return False
    return True


def runtime_passes(folder, cases):
    """How many cases ONNX Runtime passes."""
    why = install_locked(folder, RUNTIME, "onnxruntime")
    if why:
        skip(f"no package onnxruntime: {why}")
    done = run([folder / "bin/python", HERE / "onnx_runtime.py", cases])
    print(done.stdout, end="")
    if done.returncode != 0:
        sys.exit(done.stderr)
    return int(done.stdout.split()[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=pathlib.Path, required=True, help="onnx_cases")
    parser.add_argument("--environment", type=pathlib.Path, required=True)
    parser.add_argument("--docs", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--runtime", action="store_true")
    given = parser.parse_args()
    cases = make_cases(given.environment)
    table = given.program.parent / f"onnx_table.{os.getpid()}.md"
    done = run([given.program, cases, "--list", "--least", LEAST, "--table", table])
    print(done.stdout, done.stderr, sep="", end="")
    text = table.read_text() if table.exists() else ""
    table.unlink(missing_ok=True)
    if done.returncode != 0:
        return 1
    if given.docs and not check_docs(given.docs, text, given.write):
        return 1
    passed = int(done.stdout.splitlines()[-1].split()[1])
    return int(given.runtime and runtime_passes(given.environment, cases) >= passed)


if __name__ == "__main__":
    sys.exit(main())
