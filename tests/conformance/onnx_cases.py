"""The backend test cases of the `onnx` package as one file, for the program `onnx_cases` to run:
node cases, which the package makes, and those that lie in it as models with data.

Each case is: name, relative and absolute room, the model, and sets of inputs and outputs, all as
the package has them. A number is 8 bytes, little-endian; a text or message its length and bytes.

SPDX-License-Identifier: Apache-2.0"""
import argparse
import glob
import os
import struct
import sys


def number(n):
    return struct.pack("<q", n)


def text(data):
    return number(len(data)) + data


def messages(values, types):
    """Values as the package's protocol buffers, each behind a letter that says which."""
    import numpy
    import onnx
    from onnx import numpy_helper as helper

    out = number(len(values))
    for value, declared in zip(values, types):
        kind = declared.type.WhichOneof("value")
        if isinstance(value, onnx.TensorProto):
            out += b"t" + text(value.SerializeToString())
        elif kind == "sequence_type":
            out += b"s" + text(helper.from_list(value).SerializeToString())
        elif kind == "optional_type":
            out += b"o" + text(helper.from_optional(value).SerializeToString())
        elif kind == "map_type":
            out += b"m" + text(b"")
        else:
            made = helper.from_array(numpy.asarray(value))
            out += b"t" + text(made.SerializeToString())
    return out


def case(name, rtol, atol, model, sets):
    out = text(name.encode()) + struct.pack("<dd", rtol, atol) + text(model.SerializeToString())
    out += number(len(sets))
    inputs = [i for i in model.graph.input]
    for ins, outs in sets:
        out += messages(ins, inputs) + messages(outs, model.graph.output)
    return out


def node_cases():
    from onnx.backend.test import loader

    for made in loader.load_model_tests(kind="node"):
        yield made.name, case(made.name, made.rtol, made.atol, made.model, made.data_sets)


def stored(folder, declared, prefix):
    """What the files of a folder hold, by their letters."""
    found = sorted(glob.glob(os.path.join(folder, prefix + "_*.pb")),
                   key=lambda p: int(p.rsplit("_", 1)[1][:-3]))
    letters = {"sequence_type": b"s", "optional_type": b"o"}
    out = number(len(found))
    for path, info in zip(found, declared):
        kind = info.type.WhichOneof("value")
        with open(path, "rb") as f:
            out += letters.get(kind, b"t") + text(f.read())
    return out


def model_cases():
    import onnx
    from onnx.backend.test import loader

    for kind in ("simple", "pytorch-operator", "pytorch-converted"):
        for found in loader.load_model_tests(kind=kind):
            with open(os.path.join(found.model_dir, "model.onnx"), "rb") as f:
                data = f.read()
            model = onnx.load_from_string(data)
            given = {i.name for i in model.graph.initializer}
            inputs = [i for i in model.graph.input if i.name not in given]
            out = text(found.name.encode()) + struct.pack("<dd", found.rtol, found.atol)
            out += text(data)
            folders = sorted(glob.glob(os.path.join(found.model_dir, "test_data_set_*")))
            out += number(len(folders))
            for folder in folders:
                out += stored(folder, inputs, "input")
                out += stored(folder, model.graph.output, "output")
            yield found.name, out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", help="the file to write")
    given = parser.parse_args()
    n, seen = 0, set()
    with open(given.out + ".part", "wb") as f:
        for cases in (node_cases(), model_cases()):
            for name, data in cases:
                if name in seen:
                    continue
                seen.add(name)
                f.write(data)
                n += 1
    os.replace(given.out + ".part", given.out)
    print(f"{n} cases")


if __name__ == "__main__":
    sys.exit(main())
