"""Writes gradients.case: what JAX says of gradients, for tests/ops/jax.c.

    python3 -m venv venv && venv/bin/pip install jax
    venv/bin/python tests/ops/jax/gradients.py > tests/ops/jax/gradients.case

A line is a case of an operation; its results are the gradients by its real inputs of the sum of
cos(0.5 i + k) y_i over the elements i of each real result k.

SPDX-License-Identifier: Apache-2.0
"""
import jax
import jax.numpy as jnp
import jax.scipy.special as special
import numpy as np
from jax import lax, nn

jax.config.update("jax_enable_x64", True)
random = np.random.default_rng(5)


def draw(*shape, low=-2.0, high=2.0):
    """Numbers with three digits, no two alike."""
    return np.round(random.uniform(low, high, shape), 3)


def value(x):
    x = np.asarray(x)
    dtype = {"f": "float64", "i": "int64", "b": "bool"}[x.dtype.kind]
    shape = ",".join(map(str, x.shape))
    return f"{dtype}[{shape}] " + " ".join(repr(float(e)) if x.dtype.kind == "f" else str(int(e))
                                          for e in x.ravel())


def loss(f):
    def weighted(*inputs):
        results = f(*inputs)
        results = results if isinstance(results, tuple) else (results,)
        total = 0.0
        for k, y in enumerate(y for y in results if jnp.issubdtype(y.dtype, jnp.floating)):
            weight = jnp.cos(0.5 * jnp.arange(y.size) + k).reshape(y.shape)
            total = total + jnp.sum(weight * y)
        return total
    return weighted


def case(name, f, *inputs, tolerance=1e-9, **attributes):
    real = [i for i, x in enumerate(inputs) if np.asarray(x).dtype.kind == "f"]
    gradients = jax.grad(loss(f), argnums=tuple(real))(*[jnp.asarray(x) for x in inputs])
    words = [value(x) for x in inputs]
    for key, x in attributes.items():
        text = str(x).lower() if isinstance(x, bool) else str(x).replace(" ", "")
        words.append(f"{key}={text}")
    results = ", ".join(value(g) for g in gradients)
    print(f"{name}({', '.join(words)}) -> {results} ~ {tolerance:g}")


def elementwise():
    anywhere = {"Exp": jnp.exp, "Tanh": jnp.tanh, "Sin": jnp.sin, "Cos": jnp.cos, "Tan": jnp.tan,
                "Atan": jnp.arctan, "Sinh": jnp.sinh, "Cosh": jnp.cosh, "Asinh": jnp.arcsinh,
                "Erf": special.erf, "Erfc": special.erfc, "Expm1": jnp.expm1, "Exp2": jnp.exp2,
                "Square": jnp.square, "Abs": jnp.abs, "Neg": jnp.negative, "Cbrt": jnp.cbrt,
                "Sigmoid": nn.sigmoid, "Softplus": nn.softplus, "Silu": nn.silu, "Mish": nn.mish,
                "Relu": nn.relu, "Relu6": nn.relu6, "Softsign": nn.soft_sign,
                "HardSigmoid": nn.hard_sigmoid, "HardSwish": nn.hard_swish}
    positive = {"Log": jnp.log, "Log1p": jnp.log1p, "Log2": jnp.log2, "Log10": jnp.log10,
                "Sqrt": jnp.sqrt, "Rsqrt": lax.rsqrt}
    inside = {"Asin": jnp.arcsin, "Acos": jnp.arccos, "Atanh": jnp.arctanh}
    for name, f in anywhere.items():
        case(name, f, draw(2, 5))
    for name, f in positive.items():
        case(name, f, draw(6, low=0.05, high=9))
    for name, f in inside.items():
        case(name, f, draw(6, low=-0.95, high=0.95))
    case("Elu", nn.elu, draw(6), np.array(1.3))
    case("LeakyRelu", nn.leaky_relu, draw(6), np.array(0.2))
    case("Acosh", jnp.arccosh, draw(6, low=1.1, high=9))
    case("Gelu", lambda x: nn.gelu(x, approximate=False), draw(7))
    case("Gelu", lambda x: nn.gelu(x, approximate=True), draw(7), tanh_form=True)


def pairs():
    for shapes in (((3,), (3,)), ((2, 1), (3,)), ((2, 3), ()), ((1, 3), (4, 2, 1))):
        def two(**limits):
            return draw(*shapes[0], **limits), draw(*shapes[1], **limits)
        for name, f in {"Add": jnp.add, "Sub": jnp.subtract, "Mul": jnp.multiply,
                        "Maximum": jnp.maximum, "Minimum": jnp.minimum, "Atan2": jnp.arctan2,
                        "LogAddExp": jnp.logaddexp}.items():
            case(name, f, *two())
        case("Div", jnp.divide, *two(low=0.3))
        case("Hypot", jnp.hypot, *two(low=0.3))
        case("Pow", jnp.power, *two(low=0.3))
    tie = np.array([1.0, -2.0, 0.5])
    case("Maximum", jnp.maximum, tie, tie)
    case("Where", jnp.where, np.array([True, False, True]), draw(2, 3), draw(3))


def reductions():
    x = draw(2, 3, 4)
    for axes in ((0,), (1, 2), (-1,), ()):
        given = {"axes": list(axes)} if axes else {}
        for name, f in {"Sum": jnp.sum, "Prod": jnp.prod, "Max": jnp.max, "Min": jnp.min}.items():
            case(name, lambda a, f=f, axes=axes: f(a, axis=axes or None), x, **given)
    ties = np.array([[3.0, 1.0, 3.0], [2.0, 2.0, 2.0]])
    case("Max", lambda a: jnp.max(a, axis=1), ties, axes=[1])
    case("Min", lambda a: jnp.min(a, axis=0), ties, axes=[0])
    zeros = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 5.0]])
    case("Prod", lambda a: jnp.prod(a, axis=1), zeros, axes=[1])
    case("CumulativeSum", lambda a: jnp.cumsum(a, 1), x, axis=1)
    case("CumulativeProd", lambda a: jnp.cumprod(a, 2), x, axis=2)
    case("CumulativeMax", lambda a: lax.cummax(a, 0), draw(6), axis=0)
    case("Softmax", nn.softmax, x)
    case("LogSoftmax", nn.log_softmax, x)
    case("Sort", lambda a: jnp.sort(a, -1), x)
    case("TopK", lambda a: lax.top_k(a, 2)[0], x, k=2)


def moves():
    x = draw(3, 4)
    at = np.array([2, 0, 2])
    case("Gather", lambda a, i: jnp.take(a, i, 0), x, at, axis=0)
    case("Gather", lambda a, i: jnp.take(a, i, 1), x, np.array([[3, 0], [1, 3]]), axis=1)
    case("TakeAlong", lambda a, i: jnp.take_along_axis(a, i, 1), x,
         np.array([[3, 3], [0, 1], [2, 0]]))
    case("Scatter", lambda a, i, u: a.at[i].set(u), x, np.array([2, 0]), draw(2, 4))
    case("Scatter", lambda a, i, u: a.at[i].add(u), x, at, draw(3, 4), how=1)
    case("Scatter", lambda a, i, u: a.at[i].max(u), x, at, draw(3, 4), how=2)
    case("Slice", lambda a: a[1:3, 3:0:-2], x, begin=[1, 3], count=[2, 2], step=[1, -2])
    case("Transpose", jnp.transpose, x)
    case("BroadcastTo", lambda a: jnp.broadcast_to(a, (2, 3, 4)), draw(3, 1), dims=[2, 3, 4])
    case("Concat", lambda a, b: jnp.concatenate([a, b], 1), x, draw(3, 2), axis=1)
    case("SegmentMax", lambda a, i: jax.ops.segment_max(a, i, 4), draw(4), np.array([1, 0, 2, 3]),
         n=4)


def from_lower(f):
    """f of the symmetric matrix whose lower triangle is read, as eagre reads it."""
    return lambda a: f(jnp.tril(a) + jnp.swapaxes(jnp.tril(a, -1), -1, -2))


def products():
    case("MatMul", jnp.matmul, draw(2, 3), draw(3, 4))
    case("MatMul", jnp.matmul, draw(5, 1, 2, 3), draw(2, 3, 2))
    case("MatMul", lambda a, b: a.T @ b.T, draw(3, 2), draw(4, 3), transpose_a=True,
         transpose_b=True)
    for shape in ((3, 3), (2, 4, 4)):
        a = draw(*shape) + 3 * np.eye(shape[-1])
        b = draw(*shape[:-1], 2)
        case("Det", jnp.linalg.det, a)
        case("SlogDet", lambda m: tuple(jnp.linalg.slogdet(m)), a)
        case("Solve", jnp.linalg.solve, a, b)
        case("Qr", lambda m: tuple(jnp.linalg.qr(m)), a)
        case("SvdVals", lambda m: jnp.linalg.svd(m, compute_uv=False), a)
        case("Pinv", jnp.linalg.pinv, a)
        positive = a @ np.swapaxes(a, -1, -2) + np.eye(shape[-1])
        case("Cholesky", from_lower(jnp.linalg.cholesky), positive)
        case("EigValsH", from_lower(jnp.linalg.eigvalsh), positive)
    case("Expm", jax.scipy.linalg.expm, draw(3, 3))


def networks():
    def layer_norm(x, scale, shift):
        mean = jnp.mean(x, -1, keepdims=True)
        spread = jnp.mean((x - mean) ** 2, -1, keepdims=True)
        return (x - mean) / jnp.sqrt(spread + 1e-5) * scale + shift

    def attention(q, k, v):
        scores = q @ jnp.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
        return nn.softmax(scores) @ v

    def entropy(x, labels):
        return -jnp.take_along_axis(nn.log_softmax(x), labels[..., None], -1)[..., 0]

    def conv(strides, padding, dilation=(1, 1), groups=1):
        return lambda x, w: lax.conv_general_dilated(
            x, w, strides, padding, rhs_dilation=dilation, feature_group_count=groups,
            dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def pool(x):
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")

    case("LayerNorm", layer_norm, draw(2, 5), draw(5), draw(5), epsilon=1e-5)
    case("ScaledDotProductAttention", attention, draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 2))
    case("SparseSoftmaxCrossEntropy", entropy, draw(3, 4), np.array([2, 0, 3]))
    case("Conv", conv((1, 1), "VALID"), draw(1, 4, 4, 2), draw(2, 3, 2, 3))
    case("Conv", conv((2, 1), "SAME"), draw(2, 5, 4, 1), draw(3, 3, 1, 2), strides=[2, 1],
         same=True)
    case("Conv", conv((1, 1), "VALID", (2, 2), 2), draw(1, 5, 5, 4), draw(2, 2, 2, 4),
         dilations=[2, 2], groups=2)
    case("MaxPool", pool, draw(1, 4, 4, 2), window=[2, 2])


def main():
    print("# What JAX says of gradients; see gradients.py.\n#\n"
          "# SPDX-License-Identifier: Apache-2.0")
    for family in (elementwise, pairs, reductions, moves, products, networks):
        print(f"\n# {family.__name__}")
        family()


main()
