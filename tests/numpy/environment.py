"""The Python environment with NumPy: made once, in a folder that all builds share, and kept.

SPDX-License-Identifier: Apache-2.0"""
import fcntl
import os
import subprocess
import sys

SKIPPED = 77  # what ctest reads as skipped
NUMPY = "numpy>=2.0,<3"


def works(python):
    return os.path.exists(python) and subprocess.run(
        [python, "-c", "import numpy"], capture_output=True).returncode == 0


def make(folder):
    """Makes the environment; why it could not be made, or None."""
    for command in ([sys.executable, "-m", "venv", "--clear", folder],
                    [os.path.join(folder, "bin", "python"), "-m", "pip", "install", "--quiet",
                     "--disable-pip-version-check", "--retries", "1", "--timeout", "20", NUMPY]):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            lines = (done.stderr or done.stdout).strip().splitlines()
            return lines[-1] if lines else f"{command[0]} failed"
    return None


def enter(folder):
    """Runs the program again with the environment's Python. Ends it as skipped where there is no
    environment and none can be made, with a line that says why."""
    python = os.path.join(folder, "bin", "python")
    if os.path.abspath(sys.prefix) == os.path.abspath(folder):
        return
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with open(folder + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        why = None if works(python) else make(folder)
    if why:
        print(f"skipped: no NumPy beside which to look: {why}")
        sys.exit(SKIPPED)
    sys.stdout.flush()
    os.execv(python, [python, *sys.argv])
