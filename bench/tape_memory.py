#!/usr/bin/env python3
"""The chains of tape_memory.c in PyTorch: a line for each, of the bytes that were resident at most,
more than before. Needs torch, on Linux.

    tape_memory.py [CASE...]

SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import sys

import torch

STEPS, CHAIN, LAYERS, WIDTH, BATCH = 1000, 1 << 18, 6, 1024, 256


def slope_of(step):
    x = torch.randn(CHAIN, requires_grad=True)

    def run():
        y = x
        for _ in range(STEPS):
            y = step(y)
        return torch.autograd.grad(y.sum(), x)
    return run


def slopes_of_layers():
    x = torch.randn(BATCH, WIDTH)
    w = [(torch.randn(WIDTH, WIDTH) * 0.04).requires_grad_() for _ in range(LAYERS)]

    def run():
        y = x
        for layer in w:
            y = torch.relu(y @ layer)
        return torch.autograd.grad(y.sum(), w)
    return run


def status_of(field):
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise ValueError(field)


def measure(run):
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    before = status_of("VmRSS")
    run()
    return status_of("VmHWM") - before


def main(wanted):
    cases = {"tanh_1000": lambda: slope_of(torch.tanh),
             "mul_1000": lambda: slope_of(lambda y: y * 1.0001),
             "layers_6": slopes_of_layers}
    for name, make in cases.items():
        if not wanted or name in wanted:
            print(json.dumps({"case": f"resident_tape_{name}", "peer": "torch", "mode": "eager",
                              "threads": torch.get_num_threads(), "bytes": measure(make()),
                              "detail": torch.__version__}))


if __name__ == "__main__":
    main(sys.argv[1:])
