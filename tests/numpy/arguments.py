"""What operations are given: arrays of every dtype, with special values, in every layout.

SPDX-License-Identifier: Apache-2.0"""
import numpy as np

from eagre import BFLOAT16, DTYPES

REAL = ["float64", "float32", "float16", BFLOAT16]
INTEGER = [name for name in DTYPES if "int" in name]
NUMBER = REAL + INTEGER
KINDS = {"real": REAL, "ieee": REAL[:3], "integer": INTEGER, "number": NUMBER, "bool": ["bool"],
         "all": NUMBER + ["bool"], "int64": ["int64"], "once": ["float32"]}

PAIRS = [((), ()), ((1,), ()), ((3, 4), ()), ((4,), (3, 4)), ((3, 1), (1, 4)), ((2, 1, 5), (3, 1)),
         ((0,), (1,)), ((3, 0), (1, 1)), ((2, 3, 4), (2, 3, 4)), ((), (7, 5))]
LARGE = [((200, 151), (151,)), ((201, 1), (1, 151))]
LARGE_OF = ["float32", "float64", "int32", "bool"]  # others run the same loops, or one of these
LAYOUTS = ["whole", "transposed", "reversed", "spread"]

# Digits of the significand, the smallest and the largest exponent of normal numbers.
FORMATS = {"float16": (11, -14, 15), BFLOAT16: (8, -126, 127), "float32": (24, -126, 127),
           "float64": (53, -1022, 1023)}


def unit(x, dtype):
    """The distance of the dtype's numbers around x, in float64."""
    digits, low, high = FORMATS[dtype]
    exponent = np.clip(np.frexp(np.where(np.isfinite(x), x, 0))[1] - 1, low, high)
    return np.ldexp(1.0, exponent - digits + 1)


def rounded(x, dtype):
    """float64 numbers rounded to the dtype, as float64."""
    if dtype == "float64":
        return x
    step = unit(x, dtype)
    with np.errstate(all="ignore"):
        y = np.where(np.isfinite(x), np.copysign(np.rint(x / step) * step, x), x)
        limit = 2.0 ** (FORMATS[dtype][2] + 1)
        return np.where(np.abs(y) >= limit, np.copysign(np.inf, y), y)


def held(x, dtype):
    """The array that holds numbers of the dtype; those of bfloat16 are held as float32."""
    with np.errstate(all="ignore"):
        if dtype in FORMATS:
            x = rounded(np.asarray(x, np.float64), dtype)
        return np.asarray(x).astype("float32" if dtype == BFLOAT16 else dtype)


def specials(dtype):
    """Values at which things go wrong."""
    if dtype == "bool":
        return np.array([False, True])
    if dtype not in FORMATS:
        info = np.iinfo(dtype)
        return np.array([info.min, info.max, 0, 1, 2, 3, 7, 100, info.max - 1] +
                        ([-1, -2, -3, -7, info.min + 1] if info.min else []), dtype)
    digits, low, high = FORMATS[dtype]
    most = (2 - 2.0 ** (1 - digits)) * 2.0 ** high
    some = np.array([0, 2.0 ** (low - digits + 1), 2.0 ** low * 0.75, 2.0 ** low, 1e-3, 0.5,
                     1 - 2.0 ** -digits, 1, 1 + 2.0 ** (1 - digits), 1.5, 2, 2.5, 3, 10, 89.5,
                     2.0 ** (digits - 1) - 0.5, 2.0 ** digits, most / 2, most, np.inf])
    return held(np.concatenate([some, -some, [np.nan]]), dtype)


class Draw:
    """Numbers from a generator, the same in every run."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def moderate(self, dtype, shape):
        if dtype == "bool":
            return self.random.random(shape) < 0.5
        if dtype in FORMATS:
            return held(np.round(self.random.normal(0, 2, shape), 3), dtype)
        low = -9 if np.iinfo(dtype).min else 0
        return self.random.integers(low, 10, shape).astype(dtype)

    def numbers(self, dtype, shape):
        """Moderate ones, a third of them special."""
        x = self.moderate(dtype, shape)
        values = specials(dtype)
        chosen = values[self.random.integers(0, len(values), shape)]
        return np.where(self.random.random(shape) < 1 / 3, chosen, x).astype(x.dtype)

    def filled(self, dtype, shape, finite):
        """Moderate numbers; of floating point, if not finite, a few NaN and infinities."""
        x = self.moderate(dtype, shape)
        if dtype in FORMATS and not finite and x.size:
            places = self.random.integers(0, x.size, 3)
            x.reshape(-1)[places] = [np.nan, np.inf, -np.inf]
        return x


def view(x, layout):
    """The array in a layout, as NumPy has it, and a function that makes the same of eagre's."""
    if layout == "transposed" and x.ndim > 1:
        base = np.ascontiguousarray(x.T)
        return base.T, base, lambda eg, t: eg.transpose(t)
    if layout == "reversed" and x.ndim > 0 and x.size:
        base = np.zeros(tuple(2 * n for n in x.shape), x.dtype)
        part = base[tuple(slice(None, None, -2) for _ in x.shape)]
        part[...] = x
        return part, base, lambda eg, t: eg.slice(
            t, begin=[2 * n - 1 for n in x.shape], step=[-2] * x.ndim)
    if layout == "spread" and x.ndim > 0 and x.shape[0]:
        base = np.ascontiguousarray(x[:1])
        return (np.broadcast_to(base, x.shape), base,
                lambda eg, t: eg.broadcast_to(t, list(x.shape)))
    return x, x, lambda eg, t: t


def of_elements(draw, names, dtype, finite):
    """Sets of arguments for an operation on elements."""
    make = draw.moderate if finite else draw.numbers
    if not finite:
        s = specials(dtype)
        yield dict(zip(names, (s.reshape(-1, 1, 1), s.reshape(-1, 1), s)))
    for one, two in PAIRS + (LARGE if dtype in LARGE_OF else []):
        yield dict(zip(names, (make(dtype, one), make(dtype, two), make(dtype, one))))


def of_arrays(draw, dtype, finite, notes):
    """Sets of arguments for an operation on whole arrays."""
    shapes = [(2, 3, 4), (2, 1, 2), (2, 5, 6)]
    if "filled" not in notes:
        shapes.append((2, 0, 4))
    if "two" not in notes and "pair" not in notes and dtype in [*LARGE_OF, "float16"]:
        shapes.append((2, 70, 600))
    for shape in shapes:
        few = finite or shape[1] == 70
        square = np.eye(4) * 6 + draw.random.normal(0, 1, (2, 4, 4))
        yield {
            "a": draw.filled(dtype, shape, few), "b": draw.filled(dtype, shape, few),
            "v": draw.moderate(dtype, (11,)), "i": draw.random.integers(0, 9, 13),
            "m": held(np.abs(np.round(square, 2)), dtype),
            "n": draw.moderate(dtype, (2, 4, 4)), "r": draw.moderate(dtype, (2, 5, 3)),
            "w": draw.moderate(dtype, (2, 3, 6)), "t": draw.moderate(dtype, (4, 3)),
            "u": draw.moderate(dtype, (4, 3)), "full": draw.moderate(dtype, ()),
            "s": held(square @ np.swapaxes(square, 1, 2), dtype)}
