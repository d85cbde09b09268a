"""What eagre saves other programs read: the checker of the `onnx` package accepts every model that
onnx_saved writes, and ONNX Runtime gives the same results; docs/onnx.md lists what can be saved.
Exits with 77, skipped, where one of the packages cannot be had.

SPDX-License-Identifier: Apache-2.0"""
import argparse
import os
import pathlib
import re
import sys
import tempfile

import run_onnx


def check(folder):
    """In the environment's Python: prints what is wrong; how many models are right."""
    import numpy
    import onnx
    import onnxruntime

    right = 0
    for path in sorted(folder.glob("*.onnx")):
        ins, outs = ([numpy.load(p) for p in sorted(folder.glob(f"{path.stem}.{kind}*.npy"))]
                     for kind in ("in", "out"))
        try:
            onnx.checker.check_model(str(path), full_check=True)
            session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            names = {i.name: i for i in session.get_inputs()}
            feeds = {n: x for n, x in zip(("x", "y"), ins) if n in names}
            got = session.run(None, feeds)
            for g, w in zip(got, outs, strict=True):
                assert g.dtype == w.dtype and g.shape == w.shape, f"{g.dtype}{g.shape}"
                numpy.testing.assert_allclose(g, w, rtol=1e-5, atol=1e-6)
            right += 1
        except Exception as why:  # of any kind: the model is not right
            print(f"{path.stem}: {str(why).strip()[:400]}")
    return right


def check_docs(root):
    """Whether the page lists the operations that the table of writers has."""
    rows = re.findall(r'^    {"(\w+)", ', (root / "src/onnx/writers.c").read_text(), re.M)
    page = (root / "docs/onnx.md").read_text().split("<!-- saved -->")
    listed = re.findall(r"`(\w+)`", page[1]) if len(page) == 3 else []
    for name in sorted(set(rows) ^ set(listed)):
        print(f"docs/onnx.md: {name} is {'not ' if name in rows else ''}listed")
    return rows != [] and set(rows) == set(listed)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=pathlib.Path, required=True, help="onnx_saved")
    parser.add_argument("--environment", type=pathlib.Path, required=True)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.folder:
        models = len(list(given.folder.glob("*.onnx")))
        right = check(given.folder)
        print(f"{right} of {models} models are accepted and give the same in ONNX Runtime")
        return int(right < models or models == 0)
    if not check_docs(run_onnx.HERE.parent.parent):
        return 1
    for package, module in ((run_onnx.ONNX, "onnx"), (run_onnx.RUNTIME, "onnxruntime")):
        why = run_onnx.install_locked(given.environment, package, module)
        if why:
            run_onnx.skip(f"no package {module}: {why}")
    with tempfile.TemporaryDirectory() as folder:
        done = run_onnx.run([given.program, folder])
        if done.returncode != 0:
            sys.exit(done.stderr)
        python = given.environment / "bin/python"
        done = run_onnx.run([python, "-B", __file__, "--program", given.program, "--environment",
                             given.environment, "--folder", folder], env=dict(os.environ))
        print(done.stdout, done.stderr, sep="", end="")
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
