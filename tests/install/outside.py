"""What the tests of an installed eagre share: commands, checks, and a count at the end.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import subprocess
import sys
import tempfile

CONSUMER = pathlib.Path(__file__).parent / "consumer"
EXPECTED = "w 2.00 b 1.00 traces 1\n"


def run(*command, **environment):
    """Runs a command and returns what it printed; prints everything and fails if it fails."""
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          env={**os.environ, **environment}, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def expect(program, **environment):
    """Runs a consumer, which prints one line if it trained well."""
    printed = run(program, **environment)
    assert printed == EXPECTED, f"{program} printed {printed!r}"


def run_tests(tests, *arguments):
    """Runs functions named by what they prove, each in the state the one before left behind."""
    passed = 0
    with tempfile.TemporaryDirectory() as folder:
        for test in tests:
            try:
                test(pathlib.Path(folder), *arguments)
                passed += 1
            except AssertionError as error:
                print(f"{test.__name__}: {error}")
    print(f"{passed} passed, {len(tests) - passed} failed")
    sys.exit(passed != len(tests))
