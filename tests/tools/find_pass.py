#!/usr/bin/env python3
"""tools/find_pass.py names the pass at which a program begins to do something else. The program
here stands for one: it tells of passes as the library does, and is wrong from a given one on.

SPDX-License-Identifier: Apache-2.0"""
import subprocess
import sys
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "find_pass.py"

PROGRAM = """
import os, sys
passes, wrong_from = 23, int(sys.argv[1])
limit = int(os.environ.get("EAGRE_PASS_LIMIT", passes))
for n in range(1, min(limit, passes) + 1):
    print(f"eagre: pass: g: fold: 3 nodes -> 3 in 0.1 us (pass {n})", file=sys.stderr)
print("wrong" if limit >= wrong_from else "right")
"""


def find(wrong_from):
    result = subprocess.run(
        [sys.executable, TOOL, sys.executable, "-c", PROGRAM, str(wrong_from)],
        capture_output=True, text=True, check=False)
    return result.returncode, result.stdout


class FindPass(unittest.TestCase):
    def test_the_pass_that_makes_the_difference_is_named(self):
        for n in (1, 2, 11, 22, 23):
            status, text = find(n)
            self.assertEqual(status, 1)
            self.assertIn(f"(pass {n})", text)

    def test_a_program_that_no_pass_changes_is_fine(self):
        self.assertEqual(find(1000), (0, "all passes together change nothing\n"))


if __name__ == "__main__":
    unittest.main()
