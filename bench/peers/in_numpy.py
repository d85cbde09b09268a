"""The cases in NumPy, which has arrays only: no gradients, no graphs.

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np
import peer


def gelu(x):
    return 0.5 * x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))


def muladd_relu_sum(x, y, z, w):
    return np.maximum(x * y + z * w, 0).sum()


def softmax(x):
    y = np.exp(x - x.max(-1, keepdims=True))
    return y / y.sum(-1, keepdims=True)


def layer_norm(x, scale, offset):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred ** 2).mean(-1, keepdims=True) + 1e-5) * scale + offset


BODIES = {"gelu": gelu, "muladd_relu_sum": muladd_relu_sum, "softmax": softmax,
          "layer_norm": layer_norm, "sum_axis0": lambda x: x.sum(0),
          "sum_axis1": lambda x: x.sum(1), "transpose": lambda x: np.ascontiguousarray(x.T),
          "gather": lambda t, i: np.take(t, i, 0), "matmul": np.matmul}


def ways(data, wants):
    body, x = data.case.body, list(data.inputs)
    if not wants("eager"):
        return
    if body == "tutorial":
        yield peer.Way("eager", "np.array([12]) * np.array([3]) - np.array([2])", {"np": np})
    elif data.case.group == "tiny":
        yield peer.Way("eager", "a + b" if body == "add" else "a @ b", {"a": x[0], "b": x[1]})
    elif body in BODIES:
        yield peer.Way("eager", "f(*x)", {"f": BODIES[body], "x": x})


if __name__ == "__main__":
    peer.main("numpy", ways, np.asarray, lambda: np.add(1, 2))
