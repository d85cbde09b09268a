"""Environments of Python with the libraries of versions.txt, each made once and used again.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from typing import NamedTuple

LIST = pathlib.Path(__file__).with_name("versions.txt")
FOUND = """
import importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


class Library(NamedTuple):
    name: str
    folder: str
    gigabytes: int
    packages: tuple

    def versions(self):
        """{package: version}, without what stands in brackets."""
        pairs = (package.split("==") for package in self.packages)
        return {re.sub(r"\[.*\]", "", name): version for name, version in pairs}


def libraries(path=LIST):
    lines = (line.split() for line in path.read_text().splitlines())
    return [Library(words[0], words[1], int(words[2]), tuple(words[3:]))
            for words in lines if words and not words[0].startswith("#")]


def what_is_there(python, library):
    """The versions of a library's packages in an environment; {} where there is none."""
    if not python.exists():
        return {}
    done = subprocess.run([python, "-c", FOUND, *library.versions()], capture_output=True,
                          text=True, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {}


def make(folder, library):
    """Makes an environment or brings it up to date; what went wrong, or None."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder.parent).free / 1e9
    if free < library.gigabytes:
        return f"needs {library.gigabytes} GB, {free:.0f} GB are free"
    print(f"peers: making {folder}", file=sys.stderr)
    steps = [[sys.executable, "-m", "venv", folder],
             [folder / "bin/python", "-m", "pip", "install", "-q", *library.packages]]
    for step in steps[(folder / "bin/python").exists():]:
        done = subprocess.run(step, stdout=sys.stderr, check=False,
                              env=dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1"))
        if done.returncode != 0:
            return "cannot be installed"
    return None


def python_of(root, library):
    """The environment's Python and None, or None and why there is none."""
    folder = pathlib.Path(root, library.folder)
    python = folder / "bin/python"
    if what_is_there(python, library) != library.versions():
        why = make(folder, library)
        if why or what_is_there(python, library) != library.versions():
            return None, why or "is of another version"
    return python, None
