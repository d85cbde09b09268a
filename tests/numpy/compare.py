#!/usr/bin/env python3
"""eagre's operations beside NumPy's: every line of operations.table, for each dtype, over broadcast
shapes, layouts and special values. Prints what differs and ends with 1 if anything does.

    compare.py --library build/gcc/src/libeagre.so [--environment FOLDER] [--only NAME]

SPDX-License-Identifier: Apache-2.0"""
import argparse
import os
import re
import sys
import time
import warnings
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import environment

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


class Line:
    """A line of the table."""

    def __init__(self, text):
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", text)]
        self.ours, self.theirs, self.kind = cells[:3]
        self.notes = cells[3].split() if len(cells) > 3 else []
        self.units = self.share = 0
        for note in self.notes:
            if note[0] == "~":
                self.share = float(note[1:])
            elif note[0].isdigit():
                self.units = float(note)
        self.name = self.ours.split("(")[0]
        self.names = [name for name in ("x", "y", "z") if re.search(rf"\b{name}\b", self.theirs)]


def table():
    with open(os.path.join(HERE, "operations.table"), encoding="utf-8") as file:
        return [Line(text) for text in file if text.strip() and text[0] != "#"]


class Comparison:
    def __init__(self, library):
        self.eg = Library(library, os.path.join(ROOT, "include", "eagre", "ops"))
        self.compared = self.wrong = 0

    def complain(self, line, dtype, arguments, what):
        self.wrong += 1
        if self.wrong <= 200:
            shapes = ", ".join(f"{k} {v.shape}" for k, v in arguments.items()
                               if re.search(rf"\b{k}\b", line.ours))
            print(f"{line.ours} of {dtype}, {shapes}: {what}")

    def of_line(self, line):
        draw = Draw(zlib.crc32(line.ours.encode()))
        for dtype in KINDS[line.kind]:
            if "wide" in line.notes and dtype in ("float16", BFLOAT16):
                continue
            if line.names:
                sets = of_elements(draw, line.names, dtype, "finite" in line.notes)
            else:
                sets = of_arrays(draw, dtype, "finite" in line.notes, line.notes)
            for i, arguments in enumerate(sets):
                self.of_arguments(line, dtype, fit(draw, line, dtype, arguments), i)
                if line.kind == "once":
                    break

    def of_arguments(self, line, dtype, arguments, i):
        used = {k: v for k, v in arguments.items() if re.search(rf"\b{k}\b", line.ours)}
        theirs, ours = {}, {}
        with self.eg.scope():
            for k, (name, x) in enumerate(used.items()):
                of = dtype if x.dtype == held(0, dtype).dtype else None
                theirs[name], base, make = view(x, LAYOUTS[(i + k) % len(LAYOUTS)])
                ours[name] = make(self.eg, self.eg.tensor(base, of))
            try:
                got = self.eg.array(eval(line.ours, Scope(self.eg, ours)))
            except Error as error:
                self.complain(line, dtype, used, f"{error}")
                return
        with np.errstate(all="ignore"):
            self.of_results(line, dtype, theirs, got)

    def of_results(self, line, dtype, arguments, got):
        def wide(x):
            wider = {"f": np.float64, "c": np.complex128}.get(x.dtype.kind)
            return x.astype(wider) if wider and "own" not in line.notes else x

        numpy = {"np": np}
        want = eval(line.theirs, numpy, {k: wide(x) for k, x in arguments.items()})
        most = eval(line.theirs, numpy, {k: size(wide(x)) for k, x in arguments.items()}) \
            if line.share else want
        if not isinstance(got, list):
            got, want, most = [got], [want], [most]
        for part, one, scale in zip(got, want, most, strict=True):
            part, one = aligned(line, part, np.asarray(one))
            what = difference(line, dtype, part, one, np.asarray(scale))
            if what:
                self.complain(line, dtype, arguments, what)
            self.compared += 1


class Scope(dict):
    """Names in our expressions: arguments, `shape` and eagre's functions."""

    def __init__(self, eg, arguments):
        super().__init__(arguments)
        self.eg = eg

    def __missing__(self, name):
        if name == "shape":
            return lambda x: self.eg.array(x)[1].shape
        return getattr(self.eg, name)


def size(x):
    return np.where(np.isfinite(x), np.abs(x), 0) if x.dtype.kind in "fc" else x


def aligned(line, got, want):
    """Both, so that they can be compared: vectors are turned by the factor of size 1 that nobody
    determines, numbers in no order are sorted."""
    name, x = got
    if "sorted" in line.notes:
        return (name, in_order(x)), in_order(want)
    for word, axis in (("columns", -2), ("rows", -1)):
        if word in line.notes and want.ndim > 1:
            turn = np.sum(want * x.conj(), axis=axis, keepdims=True)
            return (name, (x * np.where(turn == 0, 1, turn / np.abs(turn))).astype(x.dtype)), want
    return got, want


def in_order(x):
    """Rows sorted by real, then imaginary parts; parts that are nearly one count as equal."""
    order = np.lexsort((np.round(x.imag, 3), np.round(x.real, 3)), axis=-1)
    return np.take_along_axis(x, order, -1)


def fit(draw, line, dtype, arguments):
    """The arguments with what the notes ask for."""
    if "c" in re.findall(r"\w+", line.ours):
        arguments["c"] = draw.moderate("bool", np.broadcast_shapes(
            *(x.shape for x in arguments.values())))
    if "nonzero" in line.notes and dtype in INTEGER:
        y = arguments["y"]
        arguments["y"] = np.where(y == 0, y + 1, y).astype(y.dtype)
    return arguments


def difference(line, dtype, got, want, most):
    """What is wrong with a result, or None."""
    name, x = got
    inexact = want.dtype.kind in "fc"
    is_ours = inexact and line.kind != "once" and "typed" not in line.notes
    of = {"f": PART_OF, "c": COMPLEX_OF}.get(want.dtype.kind, {}).get(dtype, dtype)
    expected = of if is_ours else want.dtype.name
    if name != expected:
        return f"it is {name}, not {expected}"
    if x.shape != want.shape:
        return f"its shape is {x.shape}, not {want.shape}"
    if not inexact:
        bad = x != want
    else:
        wide = np.float64 if want.dtype.kind == "f" else np.complex128
        bad = differs(line, name, x.astype(wide), want.astype(wide), np.abs(most))
    if not np.any(bad):
        return None
    place = tuple(int(k) for k in np.argwhere(bad)[0])
    return f"{np.sum(bad)} of {x.size} differ, at {list(place)} {x[place]!r}, not {want[place]!r}"


def differs(line, dtype, x, want, most):
    """Where x is not what it should be, element by element."""
    part, nearest = PART_OF.get(dtype, dtype), rounded(want, dtype)
    if dtype in PART_OF and not np.all(np.isfinite(want)):
        return (differs(line, part, x.real, want.real, most) |
                differs(line, part, x.imag, want.imag, most))
    if dtype in PART_OF:
        same = agree(line, x.real, nearest.real) & agree(line, x.imag, nearest.imag)
    else:
        same = agree(line, x, nearest)
    limit = 2.0 ** FORMATS[part][2]
    room = line.units * unit(want, dtype)
    if line.share:
        finite = most[np.isfinite(most)]
        room = room + line.share * 2.0 ** (1 - FORMATS[part][0]) * max(
            finite.max(initial=0), np.abs(want[np.isfinite(want)]).max(initial=0))
    if dtype not in PART_OF:
        x, want = (np.clip(v / 2, -limit, limit) for v in (x, want))
        room = room / 2
    return ~(same | (np.abs(x - want) <= room))


def agree(line, x, nearest):
    same = (x == nearest) | (np.isnan(x) & np.isnan(nearest))
    if "zeros" not in line.notes and not line.share:
        same &= np.isnan(x) | (np.signbit(x) == np.signbit(nearest))
    return same


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--library", required=True)
    parser.add_argument("--environment")
    parser.add_argument("--only")
    options = parser.parse_args()
    warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's, of means of nothing
    start, comparison = time.time(), Comparison(options.library)
    lines = [line for line in table() if options.only in (None, line.name)]
    for line in lines:
        comparison.of_line(line)
    print(f"{len(lines)} operations, {comparison.compared} results compared with NumPy "
          f"{np.__version__} in {time.time() - start:.1f} s, {comparison.wrong} differ")
    return 1 if comparison.wrong or not lines else 0


if "--environment" in sys.argv[:-1]:
    environment.enter(os.path.abspath(sys.argv[sys.argv.index("--environment") + 1]))

import numpy as np

from arguments import (COMPLEX_OF, FORMATS, INTEGER, KINDS, LAYOUTS, PART_OF, Draw, held,
                       of_arrays, of_elements, rounded, unit, view)
from eagre import BFLOAT16, Error, Library

if __name__ == "__main__":
    sys.exit(main())
