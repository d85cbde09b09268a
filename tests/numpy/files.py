#!/usr/bin/env python3
"""Files of arrays beside NumPy's own: what numpy.save and savez write loads with the same bits, and
what eagre writes NumPy loads; .npy files are the same byte for byte. Every dtype that both have,
both byte orders, both orders of indices, arrays of no elements, of one, of more than a buffer.

    files.py --library build/gcc/src/libeagre.so [--environment FOLDER]

SPDX-License-Identifier: Apache-2.0"""
import argparse
import ctypes
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import environment

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHAPES = [(), (1,), (7,), (0,), (0, 3), (2, 0), (2, 3), (3, 1, 4), (2, 2, 2, 2, 1, 2), (300, 211)]


def arrays():
    """Arrays with random bits; booleans have two values."""
    random = np.random.default_rng(1)
    for name in DTYPES:
        if name == BFLOAT16:
            continue
        for shape in SHAPES:
            dtype = np.dtype(name)
            n = int(np.prod(shape)) * dtype.itemsize
            bits = random.integers(0, 2 if name == "bool" else 256, n, np.uint8)
            yield np.frombuffer(bits.tobytes(), dtype).reshape(shape)


def kinds(x):
    """The same numbers as files may have them."""
    yield x
    yield x.astype(x.dtype.newbyteorder(">"))
    yield np.asfortranarray(x)
    yield np.asfortranarray(x.astype(x.dtype.newbyteorder(">")))


def same(x, y):
    return x.shape == y.shape and x.dtype == y.dtype and x.tobytes() == y.tobytes()


class Comparison:
    def __init__(self, library, folder):
        self.eg = Library(library, os.path.join(ROOT, "include", "eagre"))
        self.eg.c.eg_npz_load.restype = ctypes.c_void_p
        self.eg.c.eg_npz_name.restype = ctypes.c_char_p
        self.path = os.path.join(folder, "file")
        self.passed = self.failed = 0

    def check(self, right, what):
        self.passed += bool(right)
        self.failed += not right
        if not right:
            print("differs:", what)

    def bytes(self):
        with open(self.path, "rb") as file:
            return file.read()

    def load(self):
        with self.eg.scope():
            return self.eg.array(self.eg.npy_load(self.path))[1]

    def one(self, x):
        for kind in kinds(x):
            with open(self.path, "wb") as file:
                np.save(file, kind)
            what = f"{kind.dtype.str} {kind.shape}, fortran {kind.flags.f_contiguous}"
            self.check(same(self.load(), x.reshape(kind.shape)), "loaded " + what)
        with open(self.path, "wb") as file:
            np.save(file, x)
        theirs = self.bytes()
        with self.eg.scope():
            self.eg.npy_save(self.path, self.eg.tensor(x))
        self.check(self.bytes() == theirs, f"saved {x.dtype} {x.shape}")

    def archive(self, members, save):
        with open(self.path, "wb") as file:
            save(file, **members)
        c = self.eg.c
        file = ctypes.c_void_p(self.eg.checked(c.eg_npz_load(self.path.encode())))
        names = [c.eg_npz_name(file, i).decode() for i in range(c.eg_npz_count(file))]
        self.check(names == sorted(members), f"names {names}")
        c.eg_npz_find.restype = ctypes.c_void_p
        with self.eg.scope():
            for name in names:
                found = self.eg.checked(c.eg_npz_find(file, name.encode()))
                got = self.eg.array(Tensor(found))[1]
                self.check(same(got, members[name]), f"{save.__name__} {name}")
        c.eg_npz_free(file)

    def written(self, members, compress):
        c, n = self.eg.c, len(members)
        names = (ctypes.c_char_p * n)(*[name.encode() for name in members])
        with self.eg.scope():
            tensors = [self.eg.tensor(x) for x in members.values()]
            handles = (ctypes.c_void_p * n)(*[x.handle for x in tensors])
            attrs = self.eg.attributes("eg_npz_attrs", {"compress": compress})
            self.eg.checked(c.eg_npz_save_with(self.path.encode(), n, names, handles, attrs))
        with np.load(self.path) as archive:
            self.check(sorted(archive) == sorted(members), f"written {list(archive)}")
            for name, x in members.items():
                self.check(same(archive[name], x), f"written {name}, compressed {compress}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--environment")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        comparison = Comparison(options.library, folder)
        members = {}
        for i, x in enumerate(arrays()):
            comparison.one(x)
            members[f"layer{i}/w" if i % 2 else f"x{i}"] = x
        for save in np.savez, np.savez_compressed:
            comparison.archive(members, save)
        for compress in False, True:
            comparison.written(members, compress)
            comparison.written({}, compress)
    print(f"{comparison.passed} comparisons of files with NumPy {np.__version__}, "
          f"{comparison.failed} differ")
    return 1 if comparison.failed else 0


if "--environment" in sys.argv[:-1]:
    environment.enter(os.path.abspath(sys.argv[sys.argv.index("--environment") + 1]))

import numpy as np

from eagre import BFLOAT16, DTYPES, Library, Tensor

if __name__ == "__main__":
    sys.exit(main())
