"""The cases in PyTorch: eager, compiled by torch.compile, and what else it has that may be quicker.
Images have their channels first, which is PyTorch's own order, or last in memory (channels_last).
Products, convolutions and pools are not compiled: that calls the same kernels.

SPDX-License-Identifier: Apache-2.0
"""
import os
import warnings

os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TORCHINDUCTOR_FORCE_DISABLE_CACHES"] = "1"  # so that first calls are first
os.environ["TORCHINDUCTOR_COMPILE_THREADS"] = "1"
warnings.filterwarnings("ignore")
import peer
import torch
import torch.nn.functional as F

torch.set_num_threads(peer.THREADS)


def muladd_50(x, y, z):
    for _ in range(50):
        x = x * y + z
    return x


def add_100(x, y):
    for _ in range(100):
        x = x + y
    return x


def conditional(x, threshold):
    return torch.square(x) if x > threshold else torch.neg(x)


def staged_conditional(x, threshold):
    return torch.cond(x > threshold, torch.square, torch.neg, (x,))


def chain_slope(x, c):
    y = x
    for _ in range(1000):
        y = y * c
    return torch.autograd.grad(y, x)[0]


def loop(x, by, plus):
    for _ in range(10000):
        x = x * by + plus
    return x


def while_loop(x, by, plus):
    from torch._higher_order_ops.while_loop import while_loop as staged
    step = lambda i, x: (i + 1, x * by + plus)
    return staged(lambda i, x: i < 10000, step, (torch.tensor(0), x))[1]


BODIES = {
    "add": torch.add, "matmul": torch.matmul, "gelu": lambda x: F.gelu(x, approximate="tanh"),
    "muladd_relu_sum": lambda x, y, z, w: torch.relu(x * y + z * w).sum(),
    "softmax": lambda x: torch.softmax(x, -1),
    "layer_norm": lambda x, scale, offset: F.layer_norm(x, x.shape[-1:], scale, offset),
    "sum_axis0": lambda x: x.sum(0), "sum_axis1": lambda x: x.sum(1),
    "transpose": lambda x: x.t().contiguous(), "gather": lambda t, i: F.embedding(i, t),
    "add_100": add_100, "muladd_50": muladd_50,
}
IMAGES = {"conv2d": lambda x, w: F.conv2d(x, w, padding=1),
          "odd_conv2d": lambda x, w: F.conv2d(x, w, stride=2, padding=2),
          "max_pool": lambda x: F.max_pool2d(x, 2), "odd_max_pool": lambda x: F.max_pool2d(x, 3)}


def tensor(x):
    return torch.from_numpy(x)


def filters(w):
    return tensor(w).permute(3, 2, 0, 1).contiguous()


def dense(p, x):
    for i in range(0, len(p), 2):
        x = torch.addmm(p[i + 1], x, p[i])
        if i + 2 < len(p):
            x = torch.relu(x)
    return x


def cnn(p, x):
    x = F.max_pool2d(torch.relu(F.conv2d(x, p[0], p[1], padding=2)), 2)
    x = F.max_pool2d(torch.relu(F.conv2d(x, p[2], p[3])), 2)
    return dense(p[4:], x.reshape(-1, p[4].shape[0]))


def cnn_parameters(given):
    """The first dense layer meets what the pool left with its channels first."""
    p = [filters(a) if a.ndim == 4 else tensor(a) for a in given]
    channels = p[2].shape[0]
    side = round((p[4].shape[0] / channels) ** 0.5)
    p[4] = p[4].reshape(side, side, channels, -1).permute(2, 0, 1, 3).reshape(p[4].shape)
    return p


def training(data, wants):
    x, y = tensor(data.inputs[0]), tensor(data.inputs[1]).long()
    is_mlp = data.case.body == "mlp_step"
    logits = dense if is_mlp else cnn
    if not is_mlp:
        x = x.permute(0, 3, 1, 2).contiguous()
    for mode, fused in (("eager_adam", False), ("eager_adam_fused", True), ("compile", True)):
        if not wants(mode):
            continue
        given = data.inputs[2:]
        made = [tensor(a) for a in given] if is_mlp else cnn_parameters(given)
        p = [q.clone().contiguous().requires_grad_() for q in made]
        adam = torch.optim.Adam(p, lr=1e-3, eps=1e-7, fused=fused)
        loss_of = lambda x, y, p=p: F.cross_entropy(logits(p, x), y)
        if mode == "compile":
            loss_of = torch.compile(loss_of, dynamic=False)

        def step(x, y, adam=adam, loss_of=loss_of):
            adam.zero_grad(set_to_none=True)
            loss = loss_of(x, y)
            loss.backward()
            adam.step()
            return loss

        yield peer.Way(mode, "f(x, y)", {"f": step, "x": x, "y": y})


def lstm(data, wants):
    x, w, u, b = data.inputs
    layer = torch.nn.LSTM(w.shape[0], u.shape[0], batch_first=True)
    p = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0]
    with torch.no_grad():
        for parameter, value in zip((*p, layer.bias_hh_l0), (w.T, u.T, b, 0 * b)):
            parameter.copy_(tensor(value.copy()))
    f = lambda x: torch.autograd.grad(layer(x)[0].sum(), p)
    if wants("eager"):
        yield peer.Way("eager", "f(x)", {"f": f, "x": tensor(x)},
                       arrays=lambda g: [g[0].T.numpy(), g[1].T.numpy(), g[2].numpy()])


def tiny(data, wants):
    names = dict(zip("ab", [tensor(x) for x in data.inputs]), torch=torch, add=torch.add)
    names["o"] = torch.empty_like(names.get("a", torch.tensor(0)))
    numbers = "torch.tensor([12]) * torch.tensor([3]) - torch.tensor([2])"
    statements = {"add": ("a + b", "add(a, b, out=o)"), "matmul": ("a @ b",),
                  "tutorial": (numbers,)}[data.case.body]
    for mode, statement in zip(("eager", "eager_out"), statements):
        if wants(mode):
            yield peer.Way(mode, statement, names)


def calls(data, x, wants):
    """The conditional; and what a call of one addition has besides."""
    names = {"x": x}
    if data.case.body == "add" and wants("jit_trace"):
        f = torch.jit.trace(lambda a, b: a + b, tuple(x))
        yield peer.Way("jit_trace", "f(*x)", dict(names, f=f))
    if data.case.body == "conditional" and wants("eager"):
        yield peer.Way("eager", "f(*x)", dict(names, f=conditional))
    if data.case.body == "conditional" and wants("compile_cond"):
        f = torch.compile(staged_conditional, fullgraph=True)
        yield peer.Way("compile_cond", "f(*x)", dict(names, f=f))


def loops(x, wants, ops):
    names = {"x": x}
    if wants("eager"):
        yield peer.Way("eager", "f(*x)", dict(names, f=loop), ops=ops)
    if wants("compile_while"):
        f = torch.compile(while_loop, fullgraph=True)
        yield peer.Way("compile_while", "f(*x)", dict(names, f=f), ops=ops)


def all_ways(f, x, wants, ops=1):
    names = {"f": f, "x": x}
    if wants("eager"):
        yield peer.Way("eager", "f(*x)", names, ops=ops)
    if wants("compile") and f is not torch.matmul:
        g = torch.compile(f, dynamic=False)
        yield peer.Way("compile", "f(*x)", dict(names, f=g), ops=ops)


def images(data, wants):
    f = IMAGES[data.case.body]
    x = [tensor(data.inputs[0]).permute(0, 3, 1, 2).contiguous(), *map(filters, data.inputs[1:])]
    arrays = lambda y: [y.permute(0, 2, 3, 1).numpy()]
    if wants("eager"):
        yield peer.Way("eager", "f(*x)", {"f": f, "x": x}, arrays=arrays)
    if wants("eager_channels_last"):
        last = [a.to(memory_format=torch.channels_last) for a in x]
        yield peer.Way("eager_channels_last", "f(*x)", {"f": f, "x": last}, arrays=arrays)


def without_gradients(data, wants):
    body, ops = data.case.body, data.case.ops
    if data.case.group == "tiny":
        yield from tiny(data, wants)
        return
    if body in IMAGES:
        yield from images(data, wants)
        return
    x = [tensor(a) for a in data.inputs]
    if body == "mlp_logits":
        p = [tensor(a) for a in data.parameters]
        yield from all_ways(lambda x: dense(p, x), x, wants)
    elif body in BODIES:
        yield from all_ways(BODIES[body], x, wants, ops)
    if body == "loop":
        yield from loops(x, wants, ops)
    if data.case.group == "calls":
        yield from calls(data, x, wants)


def ways(data, wants):
    body = data.case.body
    with_gradients = body in ("mlp_step", "cnn_step", "lstm", "chain_slope")
    torch.set_grad_enabled(with_gradients)
    if body in ("mlp_step", "cnn_step"):
        yield from training(data, wants)
    elif body == "lstm":
        yield from lstm(data, wants)
    elif body == "chain_slope" and wants("eager"):
        x, c = [tensor(a) for a in data.inputs]
        yield peer.Way("eager", "f(x, c)", {"f": chain_slope, "x": x.requires_grad_(), "c": c},
                       ops=data.case.ops)
    elif not with_gradients:
        yield from without_gradients(data, wants)


def array(x):
    return x.detach().numpy()


if __name__ == "__main__":
    peer.main("torch", ways, array, lambda: torch.add(torch.tensor(1), 2))
