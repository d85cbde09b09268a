"""eagre's public functions for Python, through ctypes, as the headers declare them.

    eg = Library("libeagre.so", "include/eagre/ops")
    with eg.scope():
        eg.array(eg.sum(eg.tensor(x), axes=[0], keep_dims=True))

A function takes what its prototype says: an array of numbers or tensors is a list, without its
length; a struct of attributes is keywords. Parts of a tuple, and results of an action that gives
several, are a list.

SPDX-License-Identifier: Apache-2.0"""
import contextlib
import ctypes
import glob
import os
import re
import struct

import numpy as np

BFLOAT16 = "bfloat16"
DTYPES = {"bool": 1, "int32": 2, "int64": 3, "float32": 4, "float64": 5, "int8": 6, "int16": 7,
          "uint8": 8, "uint16": 9, "uint32": 10, "uint64": 11, "float16": 12, BFLOAT16: 13,
          "complex64": 14, "complex128": 15}
NAMES = {number: name for name, number in DTYPES.items()}

AXES = type("eg_axes", (ctypes.Structure,),
            {"_fields_": [("n", ctypes.c_int), ("at", ctypes.c_int * 8)]})
INDEX = type("eg_index", (ctypes.Structure,),
             {"_fields_": [("n", ctypes.c_int), ("at", ctypes.c_int64 * 8)]})
PICK = type("eg_pick", (ctypes.Structure,),
            {"_fields_": [("kind", ctypes.c_int), ("begin", ctypes.c_int64),
                          ("end", ctypes.c_int64), ("step", ctypes.c_int64),
                          ("list", ctypes.c_void_p)]})
OPEN = -2 ** 63
NUMBER = type("eg_number", (ctypes.Structure,),
              {"_fields_": [("real", ctypes.c_bool), ("is_complex", ctypes.c_bool),
                            ("bits", ctypes.c_int64), ("imaginary", ctypes.c_double)]})
ERROR = type("eg_error", (ctypes.Structure,), {"_fields_": [
    ("status", ctypes.c_int), ("op", ctypes.c_char * 32), ("message", ctypes.c_char * 448),
    ("file", ctypes.c_char * 160), ("line", ctypes.c_int), ("function", ctypes.c_char * 64)]})
WORDS = {"size_t": ctypes.c_size_t, "bool": ctypes.c_bool, "int": ctypes.c_int,
         "int64_t": ctypes.c_int64, "double": ctypes.c_double, "eg_axes": AXES, "eg_index": INDEX}

COMMENT = re.compile(r"/\*.*?\*/", re.S)
STRUCT = re.compile(r"typedef struct (eg_\w+_attrs) \{(.*?)\}", re.S)
PROTOTYPE = re.compile(r"EG_API (eg_tensor \*|eg_status )(eg_\w+)\(([^)]*)\)", re.S)


class Error(Exception):
    """What eg_pending tells."""


def listed(kind, values):
    """An eg_axes or eg_index."""
    values = list(values)
    return kind(len(values), type(kind().at)(*values))


def number(value):
    real = isinstance(value, float)
    bits = struct.unpack("q", struct.pack("d", value))[0] if real else value
    return NUMBER(real=real, bits=bits)


def pick(value):
    """What NumPy has in brackets, as an eg_pick; lists and masks are tensors."""
    if value is None:
        return PICK(kind=2)
    if value is Ellipsis:
        return PICK(kind=3)
    if isinstance(value, slice):
        begin, end = (OPEN if at is None else at for at in (value.start, value.stop))
        return PICK(kind=1, begin=begin, end=end, step=1 if value.step is None else value.step)
    if isinstance(value, int):
        return PICK(kind=0, begin=value)
    return PICK(kind=4, list=value.handle)


def to_bfloat16(x):
    """The bits of float32 numbers that are bfloat16 numbers."""
    return (np.ascontiguousarray(x, np.float32).view(np.uint32) >> 16).astype(np.uint16)


def from_bfloat16(bits):
    return (bits.astype(np.uint32) << 16).view(np.float32)


class Tensor:
    """A handle that a scope owns."""

    def __init__(self, handle):
        self.handle = handle


class Library:
    def __init__(self, path, headers):
        self.c = ctypes.CDLL(path)
        self.structs, self.prototypes = {}, {}
        for header in sorted(glob.glob(os.path.join(headers, "*.h"))):
            with open(header, encoding="utf-8") as file:
                self.read(COMMENT.sub("", file.read()))
        for name in ("eg_copy", "eg_part", "eg_scope_open"):
            getattr(self.c, name).restype = ctypes.c_void_p
        self.c.eg_dim.restype = self.c.eg_size.restype = ctypes.c_int64

    def read(self, text):
        for name, body in STRUCT.findall(text):
            fields = []
            for kind, names in re.findall(r"([\w ]+?)\s+(\w+(?:, \w+)*);", body):
                fields += [(field, WORDS.get(kind.strip(), ctypes.c_int))
                           for field in names.split(", ")]
            self.structs[name] = type(name, (ctypes.Structure,), {"_fields_": fields})
        for result, name, parameters in PROTOTYPE.findall(text):
            words = [" ".join(p.split()) for p in parameters.split(",")]
            self.prototypes[name] = (result.startswith("eg_tensor"), words)

    @contextlib.contextmanager
    def scope(self):
        scope = self.c.eg_scope_open()
        try:
            yield
        finally:
            self.c.eg_report(None)
            self.c.eg_scope_close(ctypes.c_void_p(scope))

    def checked(self, handle):
        error = ERROR()
        if self.c.eg_pending(ctypes.byref(error)) != 0:
            self.c.eg_report(None)
            raise Error(f"{error.op.decode()}: {error.message.decode()}")
        return handle

    def tensor(self, x, dtype=None):
        name = dtype or x.dtype.name
        bits = to_bfloat16(x) if name == BFLOAT16 else np.ascontiguousarray(x)
        dims = (ctypes.c_int64 * 8)(*x.shape)
        data = ctypes.c_void_p(bits.ctypes.data)
        return Tensor(self.checked(self.c.eg_copy(DTYPES[name], x.ndim, dims, data)))

    def array(self, x):
        """The dtype's name and the elements; those of bfloat16 as float32."""
        if isinstance(x, list):
            return [self.array(part) for part in x]
        handle = ctypes.c_void_p(x.handle)
        name = NAMES[self.c.eg_dtype_of(handle)]
        shape = [self.c.eg_dim(handle, i) for i in range(self.c.eg_rank(handle))]
        out = np.empty(shape, np.uint16 if name == BFLOAT16 else name)
        self.checked(self.c.eg_read(handle, DTYPES[name], ctypes.c_void_p(out.ctypes.data),
                                    ctypes.c_int64(out.size)))
        return name, from_bfloat16(out) if name == BFLOAT16 else out

    def attributes(self, kind, values):
        attrs = self.structs[kind](size=ctypes.sizeof(self.structs[kind]))
        types = dict(attrs._fields_)
        for key, value in values.items():
            setattr(attrs, key, listed(types[key], value) if isinstance(value, list) else value)
        return ctypes.byref(attrs)

    def argument(self, word, value):
        if "eg_tensor *const" in word:
            return (ctypes.c_void_p * len(value))(*[x.handle for x in value])
        if word.startswith("eg_tensor *"):
            return ctypes.c_void_p(value.handle)
        if word.startswith("const eg_pick "):
            return (PICK * max(len(value), 1))(*map(pick, value))
        if word.endswith("[]"):
            return (ctypes.c_int64 * len(value))(*value)
        if word.startswith("const eg_axes *"):
            return ctypes.byref(listed(AXES, value))
        if word.startswith("const char *"):
            return value.encode()
        kind = word.split()[0]
        if kind == "eg_number":
            return number(value)
        return WORDS.get(kind, ctypes.c_int)(DTYPES.get(value, value))

    def parts(self, handle):
        n = self.c.eg_parts(ctypes.c_void_p(handle))
        if n == 0:
            return Tensor(handle)
        return [Tensor(self.c.eg_part(ctypes.c_void_p(handle), i)) for i in range(n)]

    def call(self, name, values, attrs):
        """eg_<name>, or eg_<name>_with where there is only that or there are attributes."""
        name = "eg_" + name
        if attrs or name not in self.prototypes:
            name += "_with"
        is_tensor, words = self.prototypes[name]
        values, arguments, results = list(values), [], None
        for i, word in enumerate(words):
            if re.fullmatch(r"int (n|rank)", word) and i + 1 < len(words) and \
                    words[i + 1].endswith("[]") and not is_result(words[i + 1]):
                arguments.append(ctypes.c_int(len(values[0])))
            elif is_result(word):
                results = (ctypes.c_void_p * 16)()
                arguments.append(results)
            elif word.startswith("const eg_") and word.endswith("attrs"):
                arguments.append(self.attributes(word.split()[1], attrs))
            else:
                arguments.append(self.argument(word, values.pop(0)))
        function = getattr(self.c, name)
        function.restype = ctypes.c_void_p if is_tensor else ctypes.c_int
        handle = self.checked(function(*arguments))
        if results is None:
            return self.parts(handle)
        return [Tensor(part) for part in results if part]

    def __getattr__(self, name):
        return lambda *values, **attrs: self.call(name, values, attrs)


def is_result(word):
    """Whether a parameter is where an action puts its results."""
    return word.startswith("eg_tensor *") and word.endswith("[]") and "const" not in word
