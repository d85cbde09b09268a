"""What operations are given: arrays of every dtype, with special values, in every layout.

SPDX-License-Identifier: Apache-2.0"""
import numpy as np

from eagre import BFLOAT16, DTYPES

REAL = ["float64", "float32", "float16", BFLOAT16]
INTEGER = [name for name in DTYPES if "int" in name]
NUMBER = REAL + INTEGER
COMPLEX = ["complex128", "complex64"]
KINDS = {"real": REAL, "ieee": REAL[:3], "integer": INTEGER, "number": NUMBER, "bool": ["bool"],
         "complex": COMPLEX, "wide": REAL[:2] + COMPLEX, "any": NUMBER + COMPLEX,
         "plain": NUMBER + ["bool"], "all": NUMBER + ["bool"] + COMPLEX, "int64": ["int64"],
         "once": ["float32"]}

PAIRS = [((), ()), ((1,), ()), ((3, 4), ()), ((4,), (3, 4)), ((3, 1), (1, 4)), ((2, 1, 5), (3, 1)),
         ((0,), (1,)), ((3, 0), (1, 1)), ((2, 3, 4), (2, 3, 4)), ((), (7, 5))]
LARGE = [((200, 151), (151,)), ((201, 1), (1, 151))]
LARGE_OF = ["float32", "float64", "int32", "bool"]  # others run the same loops, or one of these
LAYOUTS = ["whole", "transposed", "reversed", "spread"]

# Digits of the significand, the smallest and the largest exponent of normal numbers.
FORMATS = {"float16": (11, -14, 15), BFLOAT16: (8, -126, 127), "float32": (24, -126, 127),
           "float64": (53, -1022, 1023)}

# What the parts of complex numbers are, and what is made of such parts.
PART_OF = {"complex64": "float32", "complex128": "float64"}
COMPLEX_OF = {part: whole for whole, part in PART_OF.items()}


def paired(re, im):
    """re + im j, also of infinities and -0."""
    z = np.empty(np.shape(re), np.result_type(re, np.complex64))
    z.real, z.imag = re, im
    return z


def unit(x, dtype):
    """The distance of the dtype's numbers around x, in float64; of complex ones around |x|."""
    digits, low, high = FORMATS[PART_OF.get(dtype, dtype)]
    x = np.abs(x) if dtype in PART_OF else x
    exponent = np.clip(np.frexp(np.where(np.isfinite(x), x, 0))[1] - 1, low, high)
    return np.ldexp(1.0, exponent - digits + 1)


def rounded(x, dtype):
    """float64 numbers rounded to the dtype, as float64; or complex128 ones."""
    if dtype in PART_OF:
        return paired(rounded(x.real, PART_OF[dtype]), rounded(x.imag, PART_OF[dtype]))
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
    """Values at which things go wrong; of complex numbers some with others."""
    if dtype == "bool":
        return np.array([False, True])
    if dtype in PART_OF:
        parts = specials(PART_OF[dtype])
        at = np.arange(60)
        return paired(parts[at * 7 % len(parts)], parts[at * at % len(parts)])
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
        if dtype in PART_OF:
            part = PART_OF[dtype]
            return paired(self.moderate(part, shape), self.moderate(part, shape))
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
        if (dtype in FORMATS or dtype in PART_OF) and not finite and x.size:
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


def matrices(draw, dtype, batch, n):
    """Square ones in a batch, none near a singular one, and symmetric (Hermitian) positive ones."""
    x = np.eye(n) * 6 + draw.random.normal(0, 1, (batch, n, n))
    if dtype in PART_OF:
        x = x + 1j * draw.random.normal(0, 1, (batch, n, n))
        return x.astype(dtype), (x @ np.swapaxes(x, 1, 2).conj()).astype(dtype)
    return held(np.abs(np.round(x, 2)), dtype), held(x @ np.swapaxes(x, 1, 2), dtype)


def of_arrays(draw, dtype, finite, notes):
    """Sets of arguments for an operation on whole arrays: the shape of a and b, how many matrices
    there are, and of which size."""
    sets = [((2, 3, 4), 2, 4), ((2, 1, 2), 2, 1), ((2, 5, 6), 3, 6)]
    if "filled" not in notes:
        sets += [((2, 0, 4), 2, 0), ((2, 4, 4), 0, 3)]
    if "two" not in notes and "pair" not in notes and dtype in [*LARGE_OF, "float16"]:
        sets.append(((2, 70, 600), 2, 4))
    for shape, batch, n in sets:
        few = finite or shape[1] == 70
        square, symmetric = matrices(draw, dtype, batch, n)
        yield {
            "a": draw.filled(dtype, shape, few), "b": draw.filled(dtype, shape, few),
            "v": draw.moderate(dtype, (11,)), "i": draw.random.integers(0, 9, 13),
            "m": square, "n": draw.moderate(dtype, (batch, n, n)), "s": symmetric,
            "r": draw.moderate(dtype, (batch, n + 1, n)),
            "w": draw.moderate(dtype, (batch, n, n + 2)), "t": draw.moderate(dtype, (4, 3)),
            "u": draw.moderate(dtype, (4, 3)), "full": draw.moderate(dtype, ())}
