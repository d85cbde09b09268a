#!/usr/bin/env python3
"""The prose of the public headers, held to the code. Without an option it checks that

  - every public function has prose; one that returns a tensor says who owns it;
  - every operation has an example and says what it owns, records and what its gradient is;
  - ops.list names every descriptor once, each has a prototype with the parameters its inputs are
    named by, a macro in one of easy_*.h, and golden cases,

prints what is missing and exits with 1. --docs writes docs/ops.md from headers and descriptors.
--examples makes one C program of all documented examples, runs it and prints each that shows
something else than its header says.

SPDX-License-Identifier: Apache-2.0"""
import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import ctext
import examples
import prose

DOCS = Path("docs/ops.md")
DTYPES = {"EG__BOOLS": "bool", "EG__INTS": "integers", "EG__REALS": "floating point",
          "EG__NUMERIC": "real numbers", "EG__BITS": "integers or bool", "0": "any",
          "EG__BOOLS | EG__REALS": "floating point or bool",
          "EG__COMPLEXES": "complex", "EG__FLOATING": "floating point or complex",
          "EG__NUMBERS": "numbers", "EG__ORDERED": "real numbers or bool",
          "EG__TEXTS": "strings", "EG__BOOLS | EG__NUMBERS": "numbers or bool"}
# Recorded by gradients, or beside another operation: without a public function of their name.
INTERNAL = ("unslice", "layer_norm_grad", "rms_norm_grad", "resize_grad",
            "scaled_dot_product_attention_grad", "whole_pow", "recurrent", "recurrent_grad",
            "masked_attention_grad", "string_pieces", "string_to_number", "as_string", "ctc",
            "ctc_grad", "sparse_softmax_cross_entropy_grad")
OWNERS = re.compile(r"\b(owns?|keeps|free|belongs?|returns?|ended|same|NULL)\b", re.IGNORECASE)


def first_sentence(text):
    """The first sentence of a prose, on one line."""
    joined = " ".join(line.strip() for line in text.split("\n    ")[0].splitlines())
    return re.split(r"(?<=[.;])\s", joined)[0].rstrip(".;")


def is_operation(group):
    return group.path.parent.name == "ops" and any(
        function.returns == "eg_tensor *" for function in group.functions)


# ---- checks -------------------------------------------------------------------------------------


def prose_complaints(group):
    place = f"{group.path}:{group.functions[0].line}: {group.functions[0].name}"
    if len(group.prose.split()) < 2:
        yield f"{place} has no prose"
    elif is_operation(group):
        for word in ("Owns:", "Records:", "radient"):
            if word not in group.prose and "otherwise as eg_" not in group.prose:
                yield f'{place}: the prose lacks "{word.replace("rad", "Grad")}"'
        if not group.examples:
            yield f"{place}: the prose has no example"
    elif any("*" in f.returns and "const" not in f.returns for f in group.functions):
        if not OWNERS.search(group.prose) and "eg_do" not in group.functions[0].name:
            yield f"{place}: the prose does not say who owns the result"


def recorded_complaints(group, names):
    """Words behind "Records:" that are no operation's name."""
    said = re.search(r"Records:\s+([^.]*)\.", group.prose) if is_operation(group) else None
    for word in re.findall(r"\b[A-Z]\w+", said[1]) if said else []:
        if word not in names:
            yield f"{group.path}:{group.line}: records {word}, which no descriptor is named"


def index_complaints(root, operations):
    words = prose.index(root)
    for word in sorted(set(words)):
        if words.count(word) > 1:
            yield f"src/ops/ops.list:{words.index(word) + 1}: {word} is there twice"
        if word not in [operation.word for operation in operations]:
            yield f"src/ops/ops.list:{words.index(word) + 1}: {word} has no descriptor"
    for operation in operations:
        if operation.word not in words and operation.path.parts[1] == "ops":
            yield (f"{operation.path}:{operation.line}: {operation.word} is not listed: write "
                   f"EG_OP({operation.word}) in src/ops/ops.list")


def operation_complaints(operation, functions, macros, cases):
    """What is missing of an operation that the index names."""
    place = f"{operation.path}:{operation.line}: {operation.word}"
    if f"\n{operation.name}(" not in cases:
        yield f"{place} has no case in tests/ops/golden"
    if operation.word not in functions:
        yield f"{place} has no prototype in include/eagre/ops"
        return
    function = functions[operation.word]
    count = 1 if "variadic" in operation.fields else 0
    named = function.parameters[count:count + len(operation.inputs)]
    if named != operation.inputs:
        yield (f"{place}: its inputs are {', '.join(operation.inputs)}, its prototype says "
               f"{', '.join(named)}")
    if operation.word not in macros:
        yield f"{place} has no macro in include/eagre/easy_ops.h"


def complaints(root):
    groups, operations = prose.groups(root), prose.operations(root)
    functions = {function.operation: function for group in groups if is_operation(group)
                 for function in group.functions}
    easy = "".join(path.read_text() for path in (root / "include/eagre").glob("easy_*.h"))
    macros = set(re.findall(r"^#define eg_(\w+)\(", easy, re.MULTILINE))
    cases = "".join(path.read_text() for path in (root / "tests/ops/golden").glob("*.case"))
    names = {operation.name for operation in operations}
    for group in groups:
        yield from prose_complaints(group)
        yield from recorded_complaints(group, names)
    yield from index_complaints(root, operations)
    for operation in operations:
        if operation.path.parts[1] == "ops" and operation.word not in INTERNAL:
            yield from operation_complaints(operation, functions, macros, cases)


# ---- the reference page -------------------------------------------------------------------------


def dtypes_of(operation):
    """What each input may be, as one text."""
    if operation.inputs == ["key"]:
        return "a key"
    given = [text.strip() for text in operation.fields.get("types", "{0}").strip("{}").split(",")]
    kinds = [DTYPES[kind] for kind in given + ["0"] * (len(operation.inputs) - len(given))]
    if len(set(kinds)) == 1:
        return kinds[0]
    return ", ".join(f"{name}: {kind}" for name, kind in zip(operation.inputs, kinds))


def gradient_of(operation):
    return "zero" if "EG__CONSTANT" in operation.traits else (
        "yes" if "grad" in operation.fields else "no")


def known_as(operation):
    """Its names in NumPy, TensorFlow and ONNX."""
    said = re.findall(r'"([^"]*)"|NULL', operation.fields.get("known_as", "{NULL, NULL, NULL}"))
    return [f"`{name}`" if name else "" for name in said]


def row(*cells):
    return "| " + " | ".join(re.sub(r"([|*])", r"\\\1", cell) for cell in cells) + " |"


def operation_row(operation, sentences):
    inputs = ", ".join(operation.inputs) + (" …" if "variadic" in operation.fields else "")
    return row(f"`eg_{operation.word}`", operation.name, sentences.get(operation.word, ""),
               *known_as(operation), inputs, ", ".join(operation.attributes), dtypes_of(operation),
               gradient_of(operation))


def page(root):
    groups = [group for group in prose.groups(root) if is_operation(group)]
    sentences = {function.operation: first_sentence(group.prose)
                 for group in groups for function in group.functions}
    listed = [operation for operation in prose.operations(root)
              if operation.word in sentences]
    words = {operation.word for operation in listed}
    yield from HEAD.splitlines()
    yield row("function", "recorded as", "what it is", "NumPy", "TensorFlow", "ONNX", "inputs",
              "attributes", "dtypes", "gradient")
    yield "|" + "---|" * 10
    for operation in listed:
        yield operation_row(operation, sentences)
    yield from COMPOSED.splitlines()
    yield row("function", "what it is", "recorded as")
    yield "|" + "---|" * 3
    for group in groups:
        for word in dict.fromkeys(function.operation for function in group.functions):
            if word not in words:
                said = re.search(r"Records:\s+([^.]*)\.", group.prose)
                yield row(f"`eg_{word}`", sentences[word], said[1].replace("\n", " "))


HEAD = """# Operations

Written by `tools/opdocs.py --docs` from the public headers, which hold the prose and the examples,
and the descriptors in `src/ops`; a test fails where it is not what they say.

"Numbers" are integers, floating point and complex. Dtypes of one kind promote to the wider; kinds
never mix, but floating point beside complex.
A gradient that is "zero" is zero wherever there is one.

"""

COMPOSED = """
## Made of other operations

These record no operation of their own.

"""


# ---- command ------------------------------------------------------------------------------------


def run_examples(root, command):
    """Compiles and runs the examples; prints those that show something else."""
    with tempfile.TemporaryDirectory(prefix="eagre-") as folder:
        source, program = Path(folder) / "examples.c", Path(folder) / "examples"
        groups = prose.groups(root)
        source.write_text(examples.program(groups))
        made = subprocess.run([*command[:1], "-std=c11", "-Wall", "-Wextra", "-Wpedantic",
                               "-Werror", f"-I{root / 'include'}", "-o", program, source,
                               *command[1:]])
        if made.returncode != 0:
            return ["the examples do not compile"]
        said = subprocess.run([program], stdout=subprocess.PIPE, text=True)
        found = list(examples.differences(groups, said.stdout))
        return found + [f"the examples ended with {said.returncode}"] * (said.returncode != 0)


def main():
    parser = ctext.arguments(__doc__)
    parser.add_argument("--docs", action="store_true", help="write docs/ops.md")
    parser.add_argument("--examples", nargs=argparse.REMAINDER, metavar="WORD",
                        help="run the examples: compiler, library, more words for the compiler")
    given = parser.parse_args()
    if given.docs:
        (given.root / DOCS).write_text("\n".join(page(given.root)) + "\n")
        return 0
    if given.examples:
        found = run_examples(given.root.resolve(), given.examples)
    else:
        found = list(complaints(given.root))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
