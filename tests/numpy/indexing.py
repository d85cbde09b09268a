#!/usr/bin/env python3
"""eg_get and eg_put beside NumPy's brackets: random expressions of positions, ranges, new axes,
ellipses, lists and masks, some of them wrong. What NumPy refuses has to be refused, and nothing
else. Prints what differs and ends with 1 if anything does.

    indexing.py --library build/gcc/src/libeagre.so [--environment FOLDER] [--count 4000]

SPDX-License-Identifier: Apache-2.0"""
import argparse
import os
import sys
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import environment

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SET, ADD = 0, 1
OF = ["float32", "float64", "int8", "int32", "int64", "uint16", "bool", "float16", "complex64",
      "complex128"]


class Draw:
    """An array and what may stand in brackets behind it, from a number."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.dtype = OF[seed % len(OF)]
        self.shape = tuple(int(n) for n in self.random.choice(
            [0, 1, 2, 3, 4, 5], self.random.integers(0, 5), p=[.04, .16, .2, .2, .2, .2]))
        self.lists = [(), (1,), (3,), (3,), (2, 3), (3, 1), (0,)][self.below(7)]

    def below(self, n):
        return int(self.random.integers(0, n))

    def numbers(self, shape):
        x = self.random.integers(0, 100, shape)
        return np.asarray(x % 2 == 0 if self.dtype == "bool" else x, self.dtype)

    def position(self, n):
        """Mostly inside an axis of n."""
        return self.below(2 * n) - n if n and self.below(40) else n + self.below(2)

    def end(self, n):
        return None if self.below(3) == 0 else self.below(3 * n + 3) - 2 * n + self.below(2)

    def range(self, n):
        step = [None, 1, 2, 3, -1, -2, -3, 7, -9][self.below(9)]
        return slice(self.end(n), self.end(n), step)

    def list(self, n):
        """Lists of an expression broadcast, but for a few."""
        shape = self.lists if self.below(30) else (2, 2)
        if self.below(4) == 0 and 0 not in shape:
            shape = shape[1:]
        low, high = (-n, n) if n and self.below(40) else (0, n + 2)
        dtype = ["int64", "int32", "int16", "uint8"][self.below(4)]
        return np.asarray(self.random.integers(max(low, 0) if dtype[0] == "u" else low, high,
                                               tuple(shape))).astype(dtype)

    def mask(self, shape):
        if self.below(30) == 0:
            shape = (*shape[:-1], 7)
        return np.asarray(self.random.random(shape)) < 0.6

    def of_axis(self, axis):
        """What stands for the next axis, and how many it takes."""
        n, kind = self.shape[axis], self.below(10)
        if kind < 3:
            return self.position(n), 1
        if kind < 6:
            return self.range(n), 1
        if kind < 9:
            return self.list(n), 1
        axes = 1 + self.below(min(2, len(self.shape) - axis))
        return self.mask(self.shape[axis:axis + axes]), axes

    def expression(self):
        picks, axis, dots = [], 0, False
        while axis < len(self.shape) and self.below(8):
            if self.below(8) == 0:
                picks.append(None)
            elif self.below(8) == 0 and (not dots or self.below(20) == 0):
                picks.append(Ellipsis)
                axis, dots = axis + self.below(len(self.shape) - axis + 1), True
            else:
                pick, axes = self.of_axis(axis)
                picks.append(pick)
                axis += axes
        if self.below(20) == 0:
            picks.append([0, slice(None), None, Ellipsis][self.below(4)])
        return picks

    def updates(self, shape):
        """Something that broadcasts to a shape, or seldom does not."""
        shape = [1 if self.below(4) == 0 else n for n in shape]
        if self.below(20) == 0:
            shape.append(2)
        return self.numbers(tuple(shape[self.below(len(shape) + 1):]))


def attempt(do):
    """The result, or None where that is refused."""
    try:
        return do()
    except (IndexError, TypeError, ValueError, Error):
        return None


def put(x, picks, v, how):
    """NumPy's, but that it drops axes of size 1 in front of v, and add.at broadcasts wrongly."""
    y = x.copy()
    v = np.broadcast_to(v, y[picks].shape).copy()
    if how == ADD:
        np.add.at(y, picks, v)
    else:
        y[picks] = v
    return y


def name_nothing(picks):
    """Whether there is an empty list, or a mask that is true nowhere. What NumPy says of positions
    outside beside it depends on whether they are an array of rank 0 or 1; eagre looks at none."""
    return any(isinstance(pick, np.ndarray) and
               (pick.size == 0 or (pick.dtype == bool and not pick.any())) for pick in picks)


class Comparison:
    def __init__(self, library):
        self.eg = Library(library, os.path.join(ROOT, "include", "eagre", "ops"))
        self.compared = self.refused = self.wrong = 0

    def ours(self, name, arrays, how, picks):
        """eg_get or eg_put, in a scope of its own."""
        eg = self.eg
        with eg.scope():
            made = [eg.tensor(pick) if isinstance(pick, np.ndarray) else pick for pick in picks]
            tensors = [eg.tensor(x) for x in arrays]
            return eg.array(getattr(eg, name)(*tensors, *how, made))[1]

    def check(self, seed, what, picks, want, got):
        if want is None and got is not None and name_nothing(picks):
            return
        self.compared += 1
        self.refused += want is None
        if want is None or got is None:
            right = want is got
        else:
            right = (want.dtype == got.dtype and want.shape == got.shape and
                     np.array_equal(want, got))
        if right:
            return
        self.wrong += 1
        if self.wrong <= 20:
            print(f"{seed}: {what}[{', '.join(map(repr, picks))}] is\n{got!r}, not\n{want!r}")

    def of(self, seed):
        draw = Draw(seed)
        x, picks = draw.numbers(draw.shape), draw.expression()
        want = attempt(lambda: np.asarray(x[tuple(picks)]))
        self.check(seed, f"get of {x.dtype} {x.shape}", picks, want,
                   attempt(lambda: self.ours("get", [x], [], picks)))
        v = draw.updates(want.shape if want is not None else ())
        how = SET if draw.dtype == "bool" else draw.below(2)
        want = attempt(lambda: put(x, tuple(picks), v, how))
        self.check(seed, f"put {how} of {v.shape} into {x.dtype} {x.shape}", picks, want,
                   attempt(lambda: self.ours("put", [x, v], [how], picks)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--environment")
    parser.add_argument("--count", type=int, default=4000)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    comparison = Comparison(options.library)
    for seed in range(options.count):
        comparison.of(seed)
    print(f"{comparison.compared} expressions in brackets compared with NumPy {np.__version__}, "
          f"{comparison.refused} of them refused, {comparison.wrong} differ")
    return 1 if comparison.wrong else 0


if "--environment" in sys.argv[:-1]:
    environment.enter(os.path.abspath(sys.argv[sys.argv.index("--environment") + 1]))

import numpy as np

from eagre import Error, Library

if __name__ == "__main__":
    sys.exit(main())
