"""The cases that are timed side by side: what they are called here and in bench/*.c, what every
library computes in them, and the least work that is in them.

SPDX-License-Identifier: Apache-2.0
"""
from typing import NamedTuple


class Case(NamedTuple):
    name: str
    group: str
    body: str = ""        # the function of that name in each library's file
    unit: str = "call"    # what a time is of
    ops: int = 1          # and how many of these are in a call
    read: float = 0       # bytes that are read at least,
    written: float = 0    # and written
    flops: float = 0      # operations of floating point
    one_call: bool = False  # of a library of products: eagre's peers make the same call
    first_of: str = ""    # the first call of that case
    files: str = ""       # whose parameters it works with


ADD = dict(group="tiny", body="add", unit="operation")
SECOND = "second set"


def rows(n, width):
    return {"read": 4 * n * width, "written": 4 * n * width}


def product(m, k, n):
    return {"flops": 2 * m * k * n, "read": 4 * (m * k + k * n), "written": 4 * m * n,
            "one_call": True}


def convolution(images, size, channels, results, window):
    pixels = images * size * size
    return {"flops": 2 * pixels * window * window * channels * results, "one_call": True,
            "written": 4 * pixels * results}


def dense(batch, *sizes):
    """Forwards, and backwards but for the gradient of the images."""
    layers = [2 * batch * m * n for m, n in zip(sizes, sizes[1:])]
    return {"flops": 3 * sum(layers) - layers[0], "unit": "step"}


def recurrent(batch, steps, inputs, n):
    by_input, by_state = 2 * batch * steps * inputs * 4 * n, 2 * batch * steps * n * 4 * n
    return {"flops": 2 * by_input + 3 * by_state}


CASES = (
    Case("eager_add_scalar", **ADD),
    Case("eager_add_2x2", **ADD),
    Case("eager_matmul_2x2", "tiny", "matmul", "operation"),
    Case("eager_tutorial_chain", "tiny", "tutorial", "expression"),
    Case("function_call_1add", "calls", "add"),
    Case("conditional_operation", "calls", "conditional"),
    Case("mlp_infer_b1", "calls", "mlp_logits", read=4 * (784 * 512 + 512 * 512 + 512 * 10),
         files="mlp_train"),
    Case("gelu_10M", "element-wise", "gelu", **rows(1, 10e6)),
    Case("muladd_relu_sum_10M", "element-wise", "muladd_relu_sum", read=160e6),
    Case("softmax_1024", "rows", "softmax", **rows(1024, 1024)),
    Case("layernorm_1024", "rows", "layer_norm", **rows(1024, 1024)),
    Case("sum_axis0_4096", "rows", "sum_axis0", read=4 * 4096 * 4096),
    Case("sum_axis1_4096", "rows", "sum_axis1", read=4 * 4096 * 4096),
    Case("transpose_4096", "movement", "transpose", **rows(4096, 4096)),
    Case("gather_100k_64", "movement", "gather", **rows(100000, 64)),
    Case("conv2d_3x3", "convolution", "conv2d", **convolution(32, 56, 64, 64, 3)),
    Case("maxpool_2x2", "convolution", "max_pool", read=4 * 32 * 56 * 56 * 64,
         written=32 * 56 * 56 * 64),
    Case("matmul_256", "products", "matmul", **product(256, 256, 256)),
    Case("matmul_1000", "products", "matmul", **product(1000, 1000, 1000)),
    Case("mlp_train", "training", "mlp_step", **dense(128, 784, 512, 512, 10)),
    Case("cnn_train", "training", "cnn_step", "step", flops=145e6),
    Case("lstm_fwd_bwd", "recurrent", "lstm", **recurrent(32, 50, 128, 128)),
    Case("graph_100add_per_op", "chains", "add_100", "operation", 100),
    Case("graph_100muladd_per_op", "chains", "muladd_50", "operation", 100),
    Case("grad_chain_1000_per_op", "chains", "chain_slope", "operation", 1000),
    Case("while_10000", "chains", "loop", "step", 10000),
    Case("trace_mlp_train", "start", unit="first call", first_of="mlp_train"),
    Case("trace_cnn_train", "start", unit="first call", first_of="cnn_train"),
    Case("startup", "start", unit="process"),
    Case("odd_matmul", SECOND, "matmul", **product(777, 333, 551)),
    Case("odd_gelu", SECOND, "gelu", **rows(1, 6543211)),
    Case("odd_muladd_relu_sum", SECOND, "muladd_relu_sum", read=16 * 3000017),
    Case("odd_softmax", SECOND, "softmax", **rows(3001, 1337)),
    Case("odd_layernorm", SECOND, "layer_norm", **rows(2777, 900)),
    Case("odd_sum_axis0", SECOND, "sum_axis0", read=4 * 6007 * 2311),
    Case("odd_sum_axis1", SECOND, "sum_axis1", read=4 * 6007 * 2311),
    Case("odd_transpose", SECOND, "transpose", **rows(2903, 4507)),
    Case("odd_gather", SECOND, "gather", **rows(30011, 300)),
    Case("odd_conv2d", SECOND, "odd_conv2d", **convolution(9, 19, 48, 72, 5)),
    Case("odd_maxpool", SECOND, "odd_max_pool", read=4 * 19 * 57 * 57 * 48,
         written=4 * 19 * 19 * 19 * 48),
    Case("odd_mlp_train", SECOND, "mlp_step", **dense(96, 300, 700, 350, 17)),
    Case("odd_lstm_fwd_bwd", SECOND, "lstm", **recurrent(12, 37, 80, 96)),
)
BY_NAME = {case.name: case for case in CASES}


def is_measured_alone(case):
    """Whether first calls and memory are measured: of tiny operations once, since memory is that of
    the library; not of the second set."""
    return case.group not in ("start", SECOND, "tiny") or case.name == "eager_add_2x2"


def wanted(only):
    """The cases whose names begin with one of the words, all of them where there is none."""
    words = [word for word in only.split(",") if word]
    return [c for c in CASES if not words or c.name.startswith(tuple(words))]
