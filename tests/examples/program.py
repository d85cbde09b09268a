"""Running the examples and the command, and judging what they said.

A test file of this folder is made of unittest cases and ends with `program.main()`, which takes the
places of the programs as options and prints `N passed, N failed` last.

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

places = None


def run(*words, folder=None, most_bytes=None, **environment):
    """Runs a program to its end. Files it writes may have `most_bytes`: a disk that is full."""
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return subprocess.run(
        [str(w) for w in words], cwd=folder, env={**os.environ, **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600,
        # Python ignores the signal of a file that grows too large; its child has to as well.
        restore_signals=most_bytes is None, preexec_fn=limit if most_bytes else None)


class Case(unittest.TestCase):
    """A test with an empty folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def succeeds(self, *words, **options):
        """What the program printed; it must have ended well and in silence."""
        done = run(*words, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def fails(self, said, *words, **options):
        """The program must end with 1 and one line on stderr that has all of `said` in it."""
        done = run(*words, **options)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"\A(\S+:\d+: )?error: [^\n]*\n\Z")
        for part in said:
            self.assertIn(part, done.stderr)
        return done

    def refuses(self, *words):
        """The words must be refused: with 64, one line of usage, and nothing done."""
        done = run(*words, folder=self.folder)
        self.assertEqual((done.returncode, done.stdout), (64, ""), done.stderr)
        self.assertRegex(done.stderr, r"\A(usage|eagre): [^\n]*\n\Z")
        self.assertEqual(os.listdir(self.folder), [])


def example(name):
    return places.examples / name


def data():
    return places.root / "examples" / "data"


def main():
    global places
    parser = argparse.ArgumentParser()
    for option, what in (("--root", "the project's folder"), ("--command", "the command eagre"),
                         ("--examples", "the folder of the built examples"),
                         ("--tools", "the folder of the programs built for these tests")):
        parser.add_argument(option, help=what, type=lambda p: Path(p).resolve(), required=True)
    places, rest = parser.parse_known_args()
    ran = unittest.main(module="__main__", argv=sys.argv[:1] + rest, exit=False, verbosity=2).result
    failed = len({getattr(case, "test_case", case).id() for case, _ in ran.failures + ran.errors})
    for case, why in ran.skipped:
        print(f"skipped: {case.id()}: {why}")
    print(f"{ran.testsRun - len(ran.skipped) - failed} passed, {failed} failed", flush=True)
    sys.exit(failed > 0)
