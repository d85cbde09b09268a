"""The cases in MLX on the processor: evaluated at each call (eval), and compiled by mx.compile.

SPDX-License-Identifier: Apache-2.0
"""
import os
import tempfile

kept = tempfile.TemporaryDirectory()  # compiled kernels stay there, so that first calls are first
os.environ["TMPDIR"] = kept.name
import mlx.core as mx
import mlx.nn as nn
import mlx.optimizers
import numpy as np
import peer


def add_100(x, y):
    for _ in range(100):
        x = x + y
    return x


def muladd_50(x, y, z):
    for _ in range(50):
        x = x * y + z
    return x


def chain(x, c):
    for _ in range(1000):
        x = x * c
    return x


def loop(x, by, plus):
    for i in range(10000):
        x = x * by + plus
        if i % 500 == 499:
            mx.eval(x)
    return x


def conditional(x, threshold):
    return mx.square(x) if (x > threshold).item() else -x


def convolve(stride, padding):
    return lambda x, w: mx.conv2d(x, w, stride=stride, padding=padding)


BODIES = {
    "add": lambda a, b: a + b, "matmul": lambda a, b: a @ b,
    "gelu": lambda x: 0.5 * x * (1 + mx.tanh(0.7978845608 * (x + 0.044715 * x * x * x))),
    "muladd_relu_sum": lambda x, y, z, w: mx.maximum(x * y + z * w, 0).sum(),
    "softmax": lambda x: mx.softmax(x, axis=-1),
    "layer_norm": lambda x, scale, offset: mx.fast.layer_norm(x, scale, offset, 1e-5),
    "sum_axis0": lambda x: x.sum(0), "sum_axis1": lambda x: x.sum(1),
    "transpose": lambda x: mx.contiguous(x.T), "gather": lambda t, i: t[i],
    "conv2d": convolve(1, 1), "odd_conv2d": convolve(2, 2), "max_pool": nn.MaxPool2d(2, 2),
    "odd_max_pool": nn.MaxPool2d(3, 3), "add_100": add_100, "muladd_50": muladd_50,
    "chain_slope": mx.grad(chain),
}
COMPILED = ("add", "gelu", "muladd_relu_sum", "add_100", "muladd_50")
EVAL_ONLY = {"loop": loop, "conditional": conditional}


def tensor(x):
    a = mx.array(x)
    mx.eval(a)
    return a


def filters(w):
    return tensor(np.ascontiguousarray(w.transpose(3, 0, 1, 2)))


class Classifier(nn.Module):
    """Dense layers, behind two convolutions where the first parameter is a filter."""

    def __init__(self, given):
        super().__init__()
        self.p = [filters(a) if a.ndim == 4 else tensor(a) for a in given]

    def __call__(self, x):
        p = self.p
        if p[0].ndim == 4:
            x = BODIES["max_pool"](nn.relu(mx.conv2d(x, p[0], padding=2) + p[1]))
            x = BODIES["max_pool"](nn.relu(mx.conv2d(x, p[2]) + p[3]))
            x, p = x.reshape(x.shape[0], -1), p[4:]
        for i in range(0, len(p), 2):
            x = x @ p[i] + p[i + 1]
            if i + 2 < len(p):
                x = nn.relu(x)
        return x


def training(data, wants):
    x, y = [tensor(a) for a in data.inputs[:2]]
    for mode in ("eval", "compile"):
        if not wants(mode):
            continue
        model = Classifier(data.inputs[2:])
        adam = mlx.optimizers.Adam(learning_rate=1e-3)
        loss_of = lambda x, y, model=model: nn.losses.cross_entropy(model(x), y, reduction="mean")
        slopes = nn.value_and_grad(model, loss_of)

        def step(x, y, model=model, adam=adam, slopes=slopes):
            loss, gradients = slopes(x, y)
            adam.update(model, gradients)
            return loss

        state = [model.state, adam.state]
        if mode == "compile":
            step = mx.compile(step, inputs=state, outputs=state)

        def run(step=step, state=state):
            loss = step(x, y)
            mx.eval(loss, state)
            return loss

        yield peer.Way(mode, "f()", {"f": run})


def lstm(data, wants):
    x, w, u, b = data.inputs
    layer = nn.LSTM(w.shape[0], u.shape[0])
    layer.update({"Wx": tensor(w.T.copy()), "Wh": tensor(u.T.copy()), "bias": tensor(b)})
    slopes = nn.value_and_grad(layer, lambda x: layer(x)[0].sum())
    if wants("eval"):
        names = {"f": slopes, "x": tensor(x), "run": run_and_return}
        yield peer.Way("eval", "run(f(x))", names, arrays=lambda seen: [
            np.array(seen[1]["Wx"]).T, np.array(seen[1]["Wh"]).T, np.array(seen[1]["bias"])])


def run_and_return(result):
    mx.eval(result)
    return result


def ways(data, wants):
    body = data.case.body
    if body in ("mlp_step", "cnn_step"):
        yield from training(data, wants)
        return
    if body == "lstm":
        yield from lstm(data, wants)
        return
    x = [filters(a) if a.ndim == 4 and i else tensor(a) for i, a in enumerate(data.inputs)]
    names, ops = {"x": x, "run": run_and_return}, data.case.ops
    if body == "tutorial":
        f = lambda: mx.array([12]) * mx.array([3]) - mx.array([2])
    elif body == "mlp_logits":
        f = Classifier(data.parameters)
    else:
        f = EVAL_ONLY.get(body) or BODIES.get(body)
    if f and wants("eval"):
        yield peer.Way("eval", "run(f(*x))", dict(names, f=f), ops=ops)
    if body in COMPILED and data.case.group != "tiny" and wants("compile"):
        yield peer.Way("compile", "run(f(*x))", dict(names, f=mx.compile(f)), ops=ops)


if __name__ == "__main__":
    peer.main("mlx", ways, np.array, lambda: run_and_return(mx.add(1, 2)))
