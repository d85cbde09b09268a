"""What the tests of the tools share: the tree, running a command, a copy with something planted,
and the last line that says how many passed.

SPDX-License-Identifier: Apache-2.0"""
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"


def run(*command, **options):
    """Runs a command; what it printed, both streams together, and its exit status."""
    done = subprocess.run([str(part) for part in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)
    return done.stdout, done.returncode


def tool(name, *given):
    """Runs one of the tools."""
    return run(sys.executable, TOOLS / name, *given)


class Planted(unittest.TestCase):
    """Tests that look at a small tree of their own: self.root, gone when the test ends."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="eagre-")
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)

    def plant(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def copy(self, *paths):
        for path in paths:
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            into = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
            into(ROOT / path, self.root / path)


def main():
    """Runs the tests of the program; the last line is the sum."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    result = unittest.TextTestRunner(stream=sys.stdout).run(suite)
    for test, why in result.skipped:
        print(f"skipped: {test.id().rsplit('.', 1)[-1]}: {why}")
    failed = len(result.failures) + len(result.errors)
    passed = max(result.testsRun - failed - len(result.skipped), 0)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
