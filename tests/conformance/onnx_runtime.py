"""How many of the cases in a file that onnx_cases.py wrote ONNX Runtime passes: prints the number
first. Compared is as onnx_cases.c does; what draws random numbers passes if it runs.

SPDX-License-Identifier: Apache-2.0"""
import struct
import sys

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper as helper

RANDOM = {"Bernoulli", "RandomUniform", "RandomNormal", "RandomUniformLike", "RandomNormalLike",
          "Multinomial"}


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self):
        return struct.unpack("<q", self.take(8))[0]

    def text(self):
        return self.take(self.number())

    def values(self):
        return [(self.take(1), self.text()) for _ in range(self.number())]


def value(letter, data):
    if letter == b"s":
        message = onnx.SequenceProto.FromString(data)
        return helper.to_list(message)
    if letter == b"o":
        return helper.to_optional(onnx.OptionalProto.FromString(data))
    return helper.to_array(onnx.TensorProto.FromString(data))


def near(got, want, rtol, atol):
    if isinstance(want, list):
        return len(got) == len(want) and all(near(g, w, rtol, atol) for g, w in zip(got, want))
    got, want = numpy.asarray(got), numpy.asarray(want)
    if got.shape != want.shape or (got.dtype != want.dtype and want.dtype.kind in "fiub"):
        return False
    if want.dtype.kind in "fc":
        return numpy.allclose(got, want, rtol, atol, equal_nan=True)
    return numpy.array_equal(got, want)


def passes(name, rtol, atol, data, sets):
    model = onnx.load_from_string(data)
    random = any(node.op_type in RANDOM for node in model.graph.node) or (
        name.startswith("test_training_dropout") and "zero_ratio" not in name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    for ins, outs in sets:
        got = session.run(None, dict(zip(names, [value(*i) for i in ins])))
        want = [value(*o) for o in outs]
        if not random and not all(near(g, w, rtol, atol) for g, w in zip(got, want)):
            return False
    return True


def main():
    with open(sys.argv[1], "rb") as f:
        r = Reader(f.read())
    passed = n = 0
    while r.at < len(r.data):
        name = r.text().decode()
        rtol, atol = struct.unpack("<dd", r.take(16))
        data = r.text()
        sets = [(r.values(), r.values()) for _ in range(r.number())]
        n += 1
        try:
            passed += passes(name, rtol, atol, data, sets)
        except Exception:  # of any kind: the case did not pass
            pass
    print(f"{passed} of {n} cases passed by ONNX Runtime {onnxruntime.__version__}")


if __name__ == "__main__":
    main()
