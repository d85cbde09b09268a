"""Every operation that a C header declares has its name in C++: complete.py SOURCES.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import re
import sys

include = pathlib.Path(sys.argv[1]) / "include/eagre"
cpp = "".join(header.read_text() for header in sorted(include.glob("cpp/*.hpp")))
declared = set()
for header in [*include.glob("ops/*.h"), include / "nn.h"]:
    declared |= set(re.findall(r"^EG_API eg_tensor \*eg_(\w+?)(?:_with)?\(", header.read_text(),
                               re.MULTILINE))
declared -= {"optimizer_state"}
missing = [name for name in declared if not re.search(rf"^inline \w+ {name}\(", cpp, re.M)]
# Control flow takes lambdas; a name that is a word of C++ has an underscore behind it.
staged = set(re.findall(r"^EG_API eg_tensor \*eg_(\w+?)(?:_with)?\(",
                        (include / "control.h").read_text(), re.MULTILINE))
missing = sorted(missing + [name for name in staged
                            if not re.search(rf"^(?:inline|typename) .* {name}_?\(", cpp, re.M)])
declared |= staged
for name in missing:
    print(f"eg_{name} has no eagre::{name}")
print(f"{len(declared) - len(missing)} passed, {len(missing)} failed")
sys.exit(bool(missing) or not declared)
