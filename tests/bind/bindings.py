"""A binding in a hundred lines, by ctypes alone: runs every operation's golden case through
eagre/bind.h and trains a little model. bindings.py libeagre.so FOLDER_OF_CASES

SPDX-License-Identifier: Apache-2.0"""
import ast
import ctypes as c
import math
import re
import struct
import sys
from pathlib import Path

FORMATS = {"bool": "?", "int8": "b", "int16": "h", "int32": "i", "int64": "q", "uint8": "B",
           "uint16": "H", "uint32": "I", "uint64": "Q", "float16": "e", "bfloat16": "H",
           "float32": "f", "float64": "d"}
DIGITS = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
PARTS = {"complex64": "float32", "complex128": "float64"}  # of complex numbers, two by two


class Error(c.Structure):
    _fields_ = [("status", c.c_int), ("op", c.c_char * 32), ("message", c.c_char * 448),
                ("file", c.c_char * 160), ("line", c.c_int), ("function", c.c_char * 64)]


class Array(c.Structure):
    _fields_ = [("size", c.c_size_t), ("dtype", c.c_int), ("rank", c.c_int),
                ("dims", c.c_int64 * 8), ("strided", c.c_bool), ("strides", c.c_int64 * 8),
                ("data", c.c_void_p)]


class Value(c.Structure):
    _fields_ = [("name", c.c_char_p), ("kind", c.c_int), ("integer", c.c_int64),
                ("real", c.c_double), ("text", c.c_char_p), ("n", c.c_int), ("ints", c.c_void_p)]


class Call(c.Structure):
    _fields_ = [("size", c.c_size_t), ("op", c.c_char_p), ("n_inputs", c.c_int),
                ("inputs", c.c_void_p), ("n_values", c.c_int), ("values", c.c_void_p),
                ("tape", c.c_void_p), ("site", c.c_void_p)]


class Slope(c.Structure):
    _fields_ = [("size", c.c_size_t), ("target", c.c_void_p), ("n", c.c_int),
                ("sources", c.c_void_p), ("target_gradient", c.c_void_p), ("none", c.c_bool)]


def library(path):
    lib = c.CDLL(path)
    for name in ("eg_bind_copy", "eg_bind_tape_new", "eg_bind_run", "eg_mean"):
        getattr(lib, name).restype = c.c_void_p
    lib.eg_dtype_name.restype = c.c_char_p
    return lib


class Tensor:
    """Owns one reference."""

    def __init__(self, at):
        self.at = c.c_void_p(at)

    def __del__(self):
        lib.eg_release(self.at)


def check(status, error):
    if status != 0:
        raise ValueError(f"{error.op.decode()}: {error.message.decode()}")


def array(dtype, dims, data=None):
    dtype = lib.eg_dtype_find(dtype.encode())
    return Array(c.sizeof(Array), dtype, len(dims), (c.c_int64 * 8)(*dims), False, (),
                 c.cast(data, c.c_void_p))


def packed(x, dtype):
    if dtype == "bfloat16":  # the upper half of a float32, rounded to even
        bits = struct.unpack("I", struct.pack("f", x))[0]
        return struct.pack("H", (bits + 0x7FFF + (bits >> 16 & 1)) >> 16 if x == x else 0x7FC0)
    try:
        return struct.pack(FORMATS[dtype], x)
    except OverflowError:
        return struct.pack(FORMATS[dtype], math.copysign(math.inf, x))


def tensor(dtype, dims, elements):
    part = PARTS.get(dtype, dtype)
    try:
        data = ((c.c_char_p * len(elements))(*elements) if dtype == "string" else
                struct.pack(f"{len(elements)}{FORMATS[part]}", *elements))
    except (OverflowError, struct.error):  # beyond the largest float32, or bfloat16
        data = b"".join(packed(x, part) for x in elements)
    error = Error()
    at = lib.eg_bind_copy(c.byref(array(dtype, dims, data)), c.byref(error))
    check(error.status, error)
    return Tensor(at)


def elements_of(x):
    """dtype, shape and elements of a tensor."""
    a, error = Array(size=c.sizeof(Array)), Error()
    check(lib.eg_bind_look(x.at, c.byref(a), c.byref(error)), error)
    dtype, dims = lib.eg_dtype_name(a.dtype).decode(), list(a.dims)[:a.rank]
    part, n = PARTS.get(dtype, dtype), math.prod(dims) * (1 + (dtype in PARTS))
    if dtype == "string":
        return dtype, dims, [s or b"" for s in (c.c_char_p * n).from_address(a.data or 8)[:n]]
    data = c.string_at(a.data, struct.calcsize(FORMATS[part]) * n)
    got = list(struct.unpack(f"<{n}{FORMATS[part]}", data))
    if dtype == "bfloat16":
        got = [struct.unpack("f", struct.pack("I", bits << 16))[0] for bits in got]
    return dtype, dims, got


def apply(op, inputs, tape=None, **values):
    """The results of an operation; attributes are given as text."""
    pairs = [(name.encode(), 6, 0, 0, text.encode()) for name, text in values.items()]
    call = Call(c.sizeof(Call), op.encode(), len(inputs), n_values=len(pairs), tape=tape)
    call.inputs = c.cast((c.c_void_p * len(inputs))(*(x.at for x in inputs)), c.c_void_p)
    call.values = c.cast((Value * len(pairs))(*pairs), c.c_void_p)
    results, error = (c.c_void_p * 4)(), Error()
    check(lib.eg_bind_apply(c.byref(call), results, c.byref(error)), error)
    return [Tensor(at) for at in results if at]


def gradient(tape, target, source):
    slope = Slope(c.sizeof(Slope), target.at, 1, c.addressof(source.at))
    g, error = c.c_void_p(), Error()
    check(lib.eg_bind_gradient(tape, c.byref(slope), c.byref(g), c.byref(error)), error)
    return Tensor(g.value)


# ---- golden cases -------------------------------------------------------------------------------


def is_diagonal(i, dims):
    return len(dims) > 1 and i // dims[-1] % dims[-2] == i % dims[-1]


def read_value(text):
    """dtype, shape and elements of "float32[2] 1 2" or "float32[64] ramp 0 1 8", or a spread."""
    dtype, dims, words = re.fullmatch(r"(\w+)\[([\d,]*)\]\s*(.*)", text).groups()
    dims, words = [int(d) for d in dims.split(",") if d], words.split()
    whole = PARTS.get(dtype, dtype) not in DIGITS
    if words[:1] in (["ramp"], ["spread"]):
        a, b, m = map(float, words[1:])
        elements = [a + b * (i % int(m)) if words[0] == "ramp" else
                    a + (b - a) * (i * 0.6180339887498949 % 1) + m * is_diagonal(i, dims)
                    for i in range(math.prod(dims))]
        elements = [int(x) for x in elements] if whole else elements
        elements = [part for x in elements for part in (x, x)] if dtype in PARTS else elements
    elif dtype == "string":  # between quotes, blanks and the like as escapes
        elements = [ast.literal_eval("b" + word) for word in words]
    elif dtype in PARTS:
        elements = [part for x in map(complex, words) for part in (x.real, x.imag)]
    else:
        elements = [int(word) if whole else float(word) for word in words]
    return dtype, dims, elements


def read_case(line):
    """Operation, inputs, attributes, expected values, tolerance, expected error."""
    op, arguments, rest = re.match(r"(\w+)\((.*?)\)(?: -> (.*))?$", line).groups()
    rest, _, tolerance = (rest or "").partition(" ~ ")
    parts = re.split(r",\s*(?![^\[]*\])", arguments) if arguments else []
    values = [part.split("=") for part in parts if "=" in part]
    inputs = [read_value(part) for part in parts if "=" not in part]
    error = re.fullmatch(r'error "(.*)"', rest)
    results = [] if error or not rest else re.split(r",\s*(?![^\[]*\])", rest)
    return (op, inputs, dict(values), [read_value(part) for part in results],
            float(tolerance or 0), error and error[1])


def rounded(x, dtype):
    """A number of a table as the dtype holds it."""
    data = packed(x, dtype)
    if dtype == "bfloat16":
        data, dtype = b"\0\0" + data, "float32"
    return struct.unpack(FORMATS[dtype], data)[0]


def agrees(dtype, got, want, tolerance):
    want = rounded(want, dtype) if dtype in DIGITS else want
    if dtype not in DIGITS or got == want or (got != got and want != want):
        return got == want or (got != got and want != want)
    if not (math.isfinite(got) and math.isfinite(want)):
        return False
    last_place = math.ldexp(1, max(math.frexp(want)[1], -125) - DIGITS[dtype])
    return abs(got - want) <= (tolerance or 4 * last_place)


def run_case(line):
    """What is wrong with a case; None: nothing."""
    op, inputs, values, expected, tolerance, error = read_case(line)
    try:
        results = [elements_of(y) for y in apply(op, [tensor(*x) for x in inputs], **values)]
    except ValueError as e:
        return None if error and error in str(e) else str(e)
    if error:
        return "it succeeds"
    for (dtype, dims, got), want in zip(results, expected):
        if (dtype, dims) != want[:2]:
            return f"it is {dtype}{dims}"
        for x, y in zip(got, want[2]):
            if not agrees(PARTS.get(dtype, dtype), x, y, tolerance):
                return f"{x} instead of {y}"
    return None


# ---- beyond operations --------------------------------------------------------------------------


def train():
    """Fits y = 2 x + 1 by gradients of a tape; what is wrong, or None."""
    x, y = tensor("float64", [4, 1], [0, 1, 2, 3]), tensor("float64", [4, 1], [1, 3, 5, 7])
    w, b = tensor("float64", [1], [0]), tensor("float64", [1], [0])
    rate = tensor("float64", [], [0.05])
    for _ in range(500):
        tape = c.c_void_p(lib.eg_bind_tape_new(None, c.byref((c.c_size_t * 2)(16, 1)), None))
        for source in (w, b):
            check(lib.eg_bind_watch(tape, source.at, None), Error())
        product, = apply("mul", [x, w], tape)
        miss, = apply("sub", [apply("add", [product, b], tape)[0], y], tape)
        loss, = apply("sum", [apply("square", [miss], tape)[0]], tape)
        w, b = (apply("sub", [v, apply("mul", [gradient(tape, loss, v), rate])[0]])[0]
                for v in (w, b))
        lib.eg_bind_tape_free(tape)
    found = elements_of(w)[2] + elements_of(b)[2]
    return None if abs(found[0] - 2) + abs(found[1] - 1) < 1e-3 else f"w and b are {found}"


def mean():
    """A function made of operations, in a body; what is wrong, or None."""
    body = c.CFUNCTYPE(c.c_void_p, c.c_int, c.POINTER(c.c_void_p), c.c_void_p)(
        lambda n, given, env: lib.eg_mean(c.c_void_p(given[0])))
    x = tensor("float32", [3], [1, 2, 6])
    y = elements_of(Tensor(lib.eg_bind_run(None, body, None, 1, c.byref(x.at), None)))
    return None if y == ("float32", [], [3]) else f"the mean is {y}"


def main():
    passed, failed, operations = 0, 0, set()
    jobs = [("training", train), ("a body", mean)]
    for table in sorted(Path(sys.argv[2]).glob("*.case")):
        for number, line in enumerate(table.read_text(encoding="utf-8").splitlines(), 1):
            if line and line[0] != "#":
                operations.add(line.partition("(")[0])
                jobs.append((f"{table.name}:{number}", lambda line=line: run_case(line)))
    for place, job in jobs:
        wrong = job()
        passed, failed = passed + (wrong is None), failed + (wrong is not None)
        if wrong:
            print(f"FAILED {place}: {wrong}")
    print(f"{len(operations)} operations: {passed} passed, {failed} failed")
    return failed > 0


lib = library(sys.argv[1])
sys.exit(main())
