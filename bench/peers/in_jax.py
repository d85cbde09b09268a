"""The cases in JAX: eager, and compiled by jax.jit. A call ends when its result is there; of tiny
eager operations only the last of a block, which is how a program meets them.

SPDX-License-Identifier: Apache-2.0
"""
import os

os.environ["JAX_PLATFORMS"] = "cpu"
import peer

if peer.THREADS == 1:
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

wait = jax.block_until_ready
IMAGES = ("NHWC", "HWIO", "NHWC")


def layer_norm(x, scale, offset):
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred ** 2).mean(-1, keepdims=True)
    return centred * lax.rsqrt(variance + 1e-5) * scale + offset


def convolve(x, w, stride, padding):
    return lax.conv_general_dilated(x, w, (stride, stride), padding, dimension_numbers=IMAGES)


def pool(x, window):
    around = (1, window, window, 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, around, around, "VALID")


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
    return lax.fori_loop(0, 10000, lambda i, v: v * by + plus, x)


def while_loop(x, by, plus):
    return lax.while_loop(lambda s: s[0] < 10000, lambda s: (s[0] + 1, s[1] * by + plus), (0, x))[1]


def eager_loop(x, by, plus):
    for _ in range(10000):
        x = x * by + plus
    return x


BODIES = {
    "add": lambda a, b: a + b, "matmul": lambda a, b: a @ b,
    "conditional": lambda x, t: lax.cond(x > t, lambda v: v * v, lambda v: -v, x),
    "gelu": lambda x: jax.nn.gelu(x, approximate=True),
    "muladd_relu_sum": lambda x, y, z, w: jnp.sum(jax.nn.relu(x * y + z * w)),
    "softmax": jax.nn.softmax, "layer_norm": layer_norm,
    "sum_axis0": lambda x: x.sum(0), "sum_axis1": lambda x: x.sum(1), "transpose": lambda x: x.T,
    "gather": lambda t, i: t[i], "conv2d": lambda x, w: convolve(x, w, 1, "SAME"),
    "odd_conv2d": lambda x, w: convolve(x, w, 2, ((2, 2), (2, 2))),
    "max_pool": lambda x: pool(x, 2), "odd_max_pool": lambda x: pool(x, 3), "add_100": add_100,
    "muladd_50": muladd_50, "chain_slope": jax.grad(chain), "loop": loop,
}
EAGER = {"loop": eager_loop, "conditional": lambda x, t: x * x if x > t else -x}


def dense(p, x):
    for i in range(0, len(p), 2):
        x = x @ p[i] + p[i + 1]
        if i + 2 < len(p):
            x = jax.nn.relu(x)
    return x


def cnn(p, x):
    x = pool(jax.nn.relu(convolve(x, p[0], 1, "SAME") + p[1]), 2)
    x = pool(jax.nn.relu(convolve(x, p[2], 1, "VALID") + p[3]), 2)
    return dense(p[4:], x.reshape(-1, p[4].shape[0]))


def step_of(logits):
    """A step of Adam, written out; the state is parameters, both moments, and the count."""
    def loss_of(p, x, y):
        z = logits(p, x)
        return jnp.mean(jax.nn.logsumexp(z, -1) - jnp.take_along_axis(z, y[:, None], 1)[:, 0])

    def step(state, x, y):
        p, m, v, t = state
        loss, g = jax.value_and_grad(loss_of)(p, x, y)
        t = t + 1
        m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        rate = 1e-3 * jnp.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t)
        p = jax.tree.map(lambda a, b, c: a - rate * b / (jnp.sqrt(c) + 1e-7), p, m, v)
        return (p, m, v, t), loss
    return step


def training(data, wants):
    logits = dense if data.case.body == "mlp_step" else cnn
    x, y, *parameters = [jnp.asarray(a) for a in data.inputs]
    for mode in ("eager", "jit", "jit_donate"):
        if not wants(mode):
            continue
        step = step_of(logits)
        if mode != "eager":
            step = jax.jit(step, donate_argnums=(0,) if mode == "jit_donate" else ())
        state = [tuple([jnp.array(p) * by for p in parameters] for by in (1, 0, 0)) +
                 (jnp.float32(0) + 0,)]

        def run(step=step, state=state):
            state[0], loss = step(state[0], x, y)
            return wait(loss)

        yield peer.Way(mode, "f()", {"f": run})


def lstm_loss(w, u, b, x):
    def cell(state, z):
        h, c = state
        i, f, g, o = jnp.split(z + h @ u, 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
        return (h, c), h

    zero = jnp.zeros((x.shape[0], u.shape[0]))
    return lax.scan(cell, (zero, zero), jnp.swapaxes(x @ w + b, 0, 1))[1].sum()


def tiny(data, wants):
    names = dict(zip("ab", [jnp.asarray(x) for x in data.inputs]), jnp=jnp, lax=lax)
    statements = {"add": ("a + b", "lax.add(a, b)"), "matmul": ("a @ b",),
                  "tutorial": ("jnp.array([12]) * jnp.array([3]) - jnp.array([2])",)}
    for mode, statement in zip(("eager", "eager_lax"), statements[data.case.body]):
        if wants(mode):
            yield peer.Way(mode, statement, names, sync=wait)


def all_ways(f, eager, x, wants, ops=1):
    names = {"x": x, "wait": wait}
    if wants("eager"):
        yield peer.Way("eager", "wait(f(*x))", dict(names, f=eager), ops=ops)
    if wants("jit"):
        yield peer.Way("jit", "wait(f(*x))", dict(names, f=jax.jit(f)), ops=ops)


def ways(data, wants):
    body, ops = data.case.body, data.case.ops
    if data.case.group == "tiny":
        yield from tiny(data, wants)
        return
    if body in ("mlp_step", "cnn_step"):
        yield from training(data, wants)
        return
    x = [jnp.asarray(a) for a in data.inputs]
    if body == "lstm":
        f = jax.grad(lstm_loss, argnums=(0, 1, 2))
        yield from all_ways(f, f, x[1:] + x[:1], wants)
    elif body == "mlp_logits":
        p = [jnp.asarray(a) for a in data.parameters]
        f = lambda x: dense(p, x)
        yield from all_ways(f, f, x, wants)
    elif body in BODIES:
        yield from all_ways(BODIES[body], EAGER.get(body, BODIES[body]), x, wants, ops)
    if data.case.group == "calls" and body in BODIES and wants("jit_pipelined"):
        yield peer.Way("jit_pipelined", "f(*x)", {"f": jax.jit(BODIES[body]), "x": x}, sync=wait)
    if body == "loop" and wants("jit_while_loop"):
        yield peer.Way("jit_while_loop", "wait(f(*x))",
                       {"f": jax.jit(while_loop), "x": x, "wait": wait}, ops=ops)


if __name__ == "__main__":
    peer.main("jax", ways, np.asarray, lambda: wait(jnp.add(1, 2)))
