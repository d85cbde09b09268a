#!/usr/bin/env python3
"""Writes tests/golden/print.case: arrays and how NumPy prints them.

Run by hand where the table is to change:  numpy_print.py > golden/print.case
More cases, for a search by hand:          numpy_print.py --seed 7 --times 50 > /tmp/more.case
(the test reads another table from the environment variable EAGRE_PRINT_CASES).

A case is a line "dtype [shape] options: values" and the text, each line of it behind a bar.
"ramp a b m" stands for the values a + b * (i mod m).

SPDX-License-Identifier: Apache-2.0
"""
import argparse
import numpy as np

TYPES = {"bool": np.bool_, "int32": np.int32, "int64": np.int64,
         "float32": np.float32, "float64": np.float64}
NARROW = {"int8": np.int8, "int16": np.int16, "uint8": np.uint8, "uint16": np.uint16,
          "uint32": np.uint32, "uint64": np.uint64}
OPTIONS = {"precision": "precision", "threshold": "threshold",
           "edge_items": "edgeitems", "line_width": "max_line_width"}


def text_of(a, options):
    """NumPy's text; a real of rank 0 is shown as an element is."""
    given = {OPTIONS[name]: value for name, value in options.items()}
    if a.ndim == 0 and a.dtype.kind == "f":
        return np.array2string(a.reshape(1), **given)[1:-1].strip()
    if a.ndim == 0:
        return str(a)
    return np.array2string(a, **given)


def value_text(x):
    if x.dtype.kind == "b":
        return "1" if x else "0"
    if x.dtype.kind in "iu":
        return str(int(x))
    text = np.format_float_scientific(x, trim="-")
    plain = np.format_float_positional(x, trim="-") if 1e-5 < abs(x) < 1e7 else text
    return min(text.replace("e+0", "e").replace("e+", "e"), plain, key=len)


def case(a, ramp=None, **options):
    a = np.asarray(a)
    shape = ",".join(str(n) for n in a.shape)
    values = ramp or " ".join(value_text(x) for x in a.ravel())
    words = [a.dtype.name, f"[{shape}]"] + [f"{k}={v}" for k, v in options.items()]
    print(f"{' '.join(words)}: {values}")
    for line in text_of(a, options).split("\n"):
        print("|" + line)


def ramp(dtype, shape, a, b, m, **options):
    n = int(np.prod(shape))
    values = a + b * (np.arange(n) % m).astype(np.float64)
    case(values.astype(TYPES[dtype]).reshape(shape), ramp=f"ramp {a} {b} {m}", **options)


def edges_of_numbers():
    for name in ("float32", "float64"):
        t, info = TYPES[name], np.finfo(TYPES[name])
        tiny = t(info.smallest_subnormal)
        named = [0.0, -0.0, np.nan, np.inf, -np.inf, info.max, info.min, info.tiny, tiny,
                 3 * tiny, info.eps, 1 + info.eps, 1 - info.epsneg, 0.1, 1 / 3, 2 / 3, np.pi,
                 1e5, 999999.5, 1e6, 1234567.0, 9999999.0, 99999999.0, 1e8, 123456789.0, 1e15,
                 1e16, 1e22, 1e23, 0.0001, 0.00009999, 0.00012345678912, 0.5, 2.5, 100.0, 9.5,
                 0.99999999, 0.999999999, 0.9999999999, 9.999999999e-5, 16777216.0, 33554436.0]
        for x in named:
            case(t(x))
            case(np.array([x, -1], t))
        for least in (0.0001, 0.00010001, 0.001, 0.0009999, 1):
            for most in (0.1, 0.10001, 1, 1.0001, 1000, 1000.1, 999.9):
                case(np.array([least, most], t))
        for nth in range(-24, 12):
            # exact ties at the eighth place, to be rounded to even
            case(np.array([(2 * abs(nth) + 1) / 2**9 + abs(nth), nth / 1024], t))
    for k in range(-149, 128, 3):
        case(np.array([2.0**k], np.float32))
    for k in range(-1074, 1024, 41):
        case(np.array([2.0**k], np.float64), precision=17)
    for k in range(-44, 39, 4):
        case(np.array([10.0**k, 2.5 * 10.0**k], np.float32))


def specials():
    nan, inf = np.nan, np.inf
    for values in ([nan, 1], [inf, 1], [-inf, 1], [nan, -inf], [nan, nan], [inf], [-inf, inf],
                   [nan, 0.5], [-inf, 0.25], [inf, 1e10], [-inf, -1e-10, nan], [nan, -1.5, inf],
                   [0, nan], [-0.0, 0], [-inf, 100, 0.1], [nan, 1000.125], [inf, 1e300, 1e-300]):
        case(np.array(values, np.float64))
        with np.errstate(over="ignore"):
            case(np.array(values, np.float64).astype(np.float32))


def integers(random, times):
    for name, top in (("int32", 2**31), ("int64", 2**63)):
        for values in ([0], [-1, 10], [top - 1, -top], [-top], [7, 77, 777]):
            case(np.array(values, TYPES[name]))
        case(TYPES[name](34))
        case(TYPES[name](-top))
        for _ in range(15 * times):
            n, bits = random.integers(1, 20), random.integers(1, 31 if name == "int32" else 63)
            case(random.integers(-2**bits, 2**bits, n).astype(TYPES[name]))
    case(np.True_)
    case(np.False_)
    for n in (1, 2, 12, 13, 14, 30):
        case(random.integers(0, 2, n).astype(np.bool_))


def shapes(random, times):
    for shape in ([0], [0, 3], [3, 0], [2, 0, 4], [1, 1, 0]):
        for name in TYPES:
            case(np.zeros(shape, TYPES[name]))
    case(np.zeros([2] * 7 + [0], np.float32))
    for rank in range(1, 9):
        ramp("int32", [2] * min(rank, 5) + [1] * (rank - 5), -3, 1, 7)
        ramp("float32", [1] * rank, 1.5, 1, 1)
        ramp("bool", [1] * (rank - 1) + [3], 0, 1, 2)
    for _ in range(25 * times):
        shape = [int(n) for n in random.integers(1, 4, random.integers(1, 5))]
        name = list(TYPES)[random.integers(0, 5)]
        ramp(name, shape, int(random.integers(-9, 9)), float(random.integers(1, 90)) / 8, 5)


def wrapping(times):
    for n in range(10, 28 + 30 * times - 30):
        ramp("int32", [n], 0, 1, 1000)
        ramp("float32", [n], 0.5, 0.25, 1000)
    for n in (9, 10, 19, 20, 25):
        ramp("float64", [2, n], -1.0, 0.5, 7)
        ramp("int64", [2, 2, n], 5, 97, 13)
    for width in (1, 5, 10, 20, 21, 22, 23, 40, 200):
        ramp("float64", [11], 0.0, 0.5, 10, line_width=width)
        ramp("int32", [2, 1, 5], 0, 100, 10, line_width=width)
    ramp("float32", [8, 5], 1.0, 0.125, 11, line_width=30)
    case(np.array([1.5, np.nan, -np.inf] * 9), line_width=41)


def summaries():
    for shape in ([1001], [7, 144], [1001, 1], [1, 1001], [6, 6, 30], [10, 11, 10], [2000, 2, 2],
                  [3, 7, 50], [4, 5, 60]):
        ramp("int32", shape, -5, 1, 2000)
        ramp("float32", shape, 0.5, 0.25, 4001)
    ramp("int32", [1000], 1, 1, 9)
    ramp("int32", [3, 3, 3, 3], 0, 1, 100, threshold=80, edge_items=1)
    ramp("float32", [2] * 6 + [3], 0, 1, 100, threshold=80, edge_items=1)
    ramp("float64", [100000], 0.0, 1e-5, 100000)
    ramp("float64", [100000], 1.0, 12345.0, 100000)
    ramp("bool", [2000], 0, 1, 2)
    for edge in (1, 2, 4, 60):
        ramp("int32", [120], 0, 1, 120, threshold=100, edge_items=edge)
        ramp("float32", [50, 30], 0, 0.5, 777, edge_items=edge) if edge < 9 else None
    for threshold in (1, 5, 12):
        ramp("int32", [3, 4], 0, 1, 12, threshold=threshold)
        ramp("int32", [3, 4], 0, 1, 12, threshold=threshold, edge_items=1)
    ramp("int64", [40, 40], 0, 123456, 1600, line_width=30)


def random_arrays(random, times):
    def magnitudes(name, n, low, high):
        with np.errstate(over="ignore", under="ignore"):
            x = random.uniform(1, 10, n) * 10.0 ** random.integers(low, high, n)
            x *= random.choice([1, -1, 1], n)
            places = random.integers(0, 18)
            x = np.array([float(f"{v:.{places}e}") for v in x])
            return x.astype(TYPES[name])

    ranges = {"float32": (-45, 39), "float64": (-322, 308)}
    for name in ("float32", "float64"):
        for _ in range(105 * times):
            n = int(random.integers(1, 5))
            case(magnitudes(name, n, *ranges[name]))
            case(magnitudes(name, n, -4, 4))
            case(magnitudes(name, n, 0, 3))
            low = int(random.integers(*ranges[name]))
            case(magnitudes(name, n, low, min(low + 2, ranges[name][1])))
        for _ in range(40 * times):
            x = magnitudes(name, 4, -3, 8)
            x[random.integers(0, 4)] = random.choice([np.nan, np.inf, -np.inf, 0.0, -0.0])
            case(x)
            case(magnitudes(name, 3, -6, 6), precision=int(random.integers(1, 18)))
            case(magnitudes(name, 2, -2, 3), precision=int(random.integers(1, 18)))
    for _ in range(60 * times):
        bits = random.integers(0, 2**32, 3, dtype=np.uint32)
        case(bits.view(np.float32))
        case(random.integers(0, 2**64, 2, dtype=np.uint64).view(np.float64))
        k = random.integers(-149, 128, 2)
        case((2.0**k).astype(np.float32))
        case(2.0 ** random.integers(-1074, 1024, 2), precision=int(random.integers(1, 18)))


def narrow_dtypes(random, times):
    for t in NARROW.values():
        info = np.iinfo(t)
        for values in ([0], [info.max, info.min], [info.max - 1, 1, 10], []):
            case(np.array(values, t))
        case(t(info.max))
        case(random.integers(info.min, info.max, 40, t))
    for bits in list(range(0, 0x7c00, 97)) + [0x7bff, 0x7c00, 0x7e00, 1, 2, 3, 0x3ff, 0x400]:
        case(np.array([bits], np.uint16).view(np.float16))
    for least in (0.0001, 0.00012, 0.001, 0.5, 1):
        for most in (0.1, 1, 2, 500, 999.5, 1000, 1001, 60000):
            case(np.array([least, most], np.float16))
    for _ in range(60 * times):
        case(random.integers(0, 2**16, 3, dtype=np.uint16).view(np.float16))
        case((random.integers(-999, 999, 4) / 8).astype(np.float16))


def main():
    words = argparse.ArgumentParser(description="Cases of how NumPy prints arrays.")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--times", type=int, default=1, help="how many times more random cases")
    args = words.parse_args()
    random = np.random.default_rng(args.seed)
    print("# How NumPy prints arrays; SPDX-License-Identifier: Apache-2.0")
    print(f"# Written by tests/numpy_print.py with NumPy {np.__version__}.")
    edges_of_numbers()
    specials()
    integers(random, args.times)
    shapes(random, args.times)
    wrapping(min(args.times, 9))
    summaries()
    random_arrays(random, args.times)
    narrow_dtypes(random, args.times)


if __name__ == "__main__":
    main()
