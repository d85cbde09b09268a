"""Writes a program that calls every function of include/eagre/ops with arguments that nobody should
pass (fodder.h), builds and runs it: each call succeeds, or fails with an error that has a name, a
message and the caller's line, soon and within a limit of memory. functions.py POOLS COMPILER WORDS

SPDX-License-Identifier: Apache-2.0"""
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

LONGEST_S = 500
ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import ctext
import prose

BY_TYPE = {
    "eg_tensor *": "any_tensor()", "int": "any_int()", "int64_t": "any_long()",
    "double": "any_real()", "bool": "any_bool()", "eg_dtype": "any_dtype()",
    "eg_number": "any_number()", "eg_axes": "any_axes()", "eg_index": "any_index()",
    "eg_numbers": "any_numbers()", "const char *": "any_text()", "const int64_t []": "any_sizes()",
    "eg_tensor *const []": "any_tensors()", "eg_tensor *[]": "any_room()",
    "const eg_pick []": "any_picks()", "const eg_axes *": "&(eg_axes[]){any_axes()}[0]",
}
STRUCT = re.compile(r"typedef struct (eg_\w+) \{(.*?)\n\}", re.DOTALL)
ENUM = re.compile(r"typedef enum (eg_\w+)")
MAIN = """
int main(void)
{{
    eg_set_memory_limit((size_t)1 << 26);
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {{
        printf("%s\\n", functions[i].name);
        for (int pools = 0; pools < {pools}; pools++) {{
            EG_SCOPE;
            make_pool();
            eg_at(&here);
            for (int times = 0; times < 64; times++)
                functions[i].call();
        }}
    }}
    printf("%d calls succeeded, %d were refused, %d complaints\\n", succeeded, refused, complaints);
    return complaints > 0;
}}
"""


def typed(text):
    """Type and name of a parameter or field."""
    base, name, brackets = re.fullmatch(r"(.*?)(\w+)(\[\w*\])?", " ".join(text.split())).groups()
    array = " []" if brackets and "*" not in base[-2:] else "[]" if brackets else ""
    return base.strip() + array, name


def value_of(kind, enums):
    """An expression for a value of a type; None: there is no rule for it."""
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    if kind in enums:
        return f"({kind})any_int()"
    struct = re.fullmatch(r"const (eg_\w+) \*", kind)
    return struct and f"any_{struct[1]}()"


def struct_source(name, fields, enums):
    yield f"static const {name} *any_{name}(void)\n{{\n    static {name} a;\n"
    yield "    memset(&a, 0, sizeof a);\n"
    for field in filter(None, (" ".join(part.split()) for part in fields.split(";"))):
        kind, name = typed(field.partition(",")[0])
        if name == "size":
            yield "    a.size = draw(32) ? sizeof a : draw(9);\n"
            continue
        value = value_of(kind, enums)
        for one in [name] + [more.strip(" *") for more in field.split(",")[1:]]:
            if value:
                yield f"    if (draw(3) == 0)\n        a.{one} = {value};\n"
    yield "    return draw(8) ? &a : NULL;\n}\n\n"


def function_source(name, returns, parameters, enums):
    kinds = [typed(parameter)[0] for parameter in parameters]
    counted = any("[]" in kind for kind in kinds)
    values = ["any_count()" if counted and kind == "int" and typed(text)[1] in ("n", "rank")
              else value_of(kind, enums) for kind, text in zip(kinds, parameters)]
    if None in values:
        print(f"{name} is not called: nothing is known of {kinds[values.index(None)]}")
        return
    yield f"static void call_{name}(void)\n{{\n    clock_t start = clock();\n"
    names = [f"v{i}" for i in range(len(values))]
    for kind, value, variable in zip(kinds, values, names):
        pointer = re.sub(r" ?\[\]$", " *", kind)
        yield f"    {pointer} {variable} = {value};\n"
    given = ", ".join(names)
    if returns == "eg_status":
        yield f'    judge("{name}", ({name})({given}) == EG_OK, start);\n}}\n\n'
    else:
        yield (f"    eg_tensor *y = ({name})({given});\n    read_all(y);\n"
               f'    judge("{name}", y != NULL, start);\n}}\n\n')


def program(pools):
    structs, functions, enums = [], [], set()
    paths = sorted((ROOT / "include/eagre/ops").glob("*.h"))
    texts = [ctext.without_comments(path.read_text(encoding="utf-8")) for path in paths]
    for text in texts:
        enums |= set(ENUM.findall(text))
    for text in texts:
        structs += [line for match in STRUCT.finditer(text) if match[1] not in BY_TYPE
                    and match[1] != "eg_pick" for line in struct_source(*match.groups(), enums)]
        for match in prose.PROTOTYPE.finditer(text):
            returns = " ".join(match[1].split())
            if returns in ("eg_tensor *", "eg_status"):
                functions.append((match[2], returns, match[3].split(",")))
    sources = [(name, "".join(function_source(name, *rest, enums))) for name, *rest in functions]
    called = [(name, source) for name, source in sources if source]
    yield '#include "fodder.h"\n\n'
    yield from structs
    yield from (source for _, source in called)
    yield "static const struct {\n    const char *name;\n    void (*call)(void);\n"
    yield "} functions[] = {\n"
    yield "".join(f'    {{"{name}", call_{name}}},\n' for name, _ in called) + "};\n"
    yield MAIN.format(pools=pools)


def main():
    pools, compiler, *words = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="eagre-") as folder:
        source, binary = Path(folder) / "wrong.c", Path(folder) / "wrong"
        source.write_text("".join(program(pools)), encoding="utf-8")
        subprocess.run([compiler, "-std=c11", "-g", f"-I{ROOT / 'include'}",
                        f"-I{ROOT / 'tests/misuse'}", "-o", binary, source, *words], check=True)
        with subprocess.Popen([binary], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True) as run:
            watch = threading.Timer(LONGEST_S, run.kill)
            watch.start()
            lines = run.stdout.read().splitlines()
            watch.cancel()
    print("\n".join(line for line in lines if " " in line))
    if run.returncode not in (0, 1):
        name = [line for line in lines if line.startswith("eg_") and " " not in line][-1]
        print(f"{name} ended the program with {run.returncode}")
    return run.returncode != 0


if __name__ == "__main__":
    sys.exit(main())
