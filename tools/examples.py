"""The documented examples of the public headers as one C program, and what it has to print.

SPDX-License-Identifier: Apache-2.0"""
import re

HEAD = """#include <eagre.h>
#include <math.h>

static void show_tensor(eg_tensor *x)
{
    eg_print(x);
}

static void show_real(double x)
{
    printf("%.9g\\n", x);
}

static void show_int(int64_t x)
{
    printf("%lld\\n", (long long)x);
}

static void show_bool(bool x)
{
    printf(x ? "true\\n" : "false\\n");
}

static void show_text(const char *x)
{
    printf("%s\\n", x);
}

#define SHOW(x)                                                                          \\
    _Generic((x), eg_tensor *: show_tensor, double: show_real, bool: show_bool,          \\
        char *: show_text, const char *: show_text, default: show_int)(x)
"""

# The file is named again, so that a compiler's message leads to the header.
ONE = """
static void example_{number}(void)
{{
    EG_SCOPE;
    printf("@{number}\\n");
    fflush(stdout);
#line {line} "{path}"
    SHOW({expression});
    if (!eg_ok())
        eg_report(stdout);
}}
"""


def numbered(groups):
    """All examples: number, header, example."""
    found = [(group.path, example) for group in groups for example in group.examples]
    return [(number, path, example) for number, (path, example) in enumerate(found)]


def program(groups):
    listed = numbered(groups)
    parts = [HEAD]
    for number, path, example in listed:
        parts.append(ONE.format(number=number, line=example.line, path=path,
                                expression=example.expression))
    calls = "".join(f"    example_{number}();\n" for number, _, _ in listed)
    parts.append(f"\nint main(void)\n{{\n    EG_SCOPE;\n{calls}    return 0;\n}}\n")
    return "".join(parts)


def as_documented(text):
    """What was printed, as examples write it: lines joined by one space."""
    return re.sub(r"\n *", " ", text.strip())


NUMBER = re.compile(r"-?\d+\.\d*(?:e[-+]\d+)?")


def agree(a, b):
    """The same text, or the same but for numbers that differ in the last digits of a float32, as
    they may between instruction sets, and the spaces that aligns them with."""
    if a == b:
        return True
    if NUMBER.sub("0", a).split() != NUMBER.sub("0", b).split():
        return False
    pairs = zip(map(float, NUMBER.findall(a)), map(float, NUMBER.findall(b)))
    return all(abs(x - y) <= 1e-6 * abs(y) for x, y in pairs)


def differences(groups, printed):
    parts = re.split(r"^@(\d+)\n", printed, flags=re.MULTILINE)
    said = {int(number): as_documented(text) for number, text in zip(parts[1::2], parts[2::2])}
    for number, path, example in numbered(groups):
        text = said.get(number, "nothing")
        if not agree(text, example.printed):
            yield (f"{path}:{example.line}: {example.expression} prints\n    {text}\n"
                   f"but is said to print\n    {example.printed}")
