"""The cases in ONNX Runtime: graphs made by onnx.helper, run with bound buffers (iobinding), of
which the result's is used again, and by a plain run. It has no gradients.

SPDX-License-Identifier: Apache-2.0
"""
import numpy as np
import onnxruntime
import peer
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node
OPSET, IR = 20, 9


def session(nodes, inputs, constants):
    """Of float32 results, or of what the inputs are where they are whole numbers."""
    values = [helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(x.dtype), x.shape)
              for name, x in inputs.items()]
    whole = all(x.dtype == np.int32 for x in inputs.values())
    kind = TensorProto.INT32 if whole else TensorProto.FLOAT
    graph = helper.make_graph(
        nodes, "case", values, [helper.make_tensor_value_info("out", kind, None)],
        [numpy_helper.from_array(np.ascontiguousarray(x), k) for k, x in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = peer.THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model.SerializeToString(), options,
                                        providers=["CPUExecutionProvider"])


def branch(name, *words):
    out = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None)]
    return helper.make_graph([node(*words, [name])], name, [], out)


def sum_over(axis):
    return [node("ReduceSum", ["a", "axes"], ["out"], keepdims=0)], {"axes": np.int64([axis])}


def muladd_50():
    nodes, x = [], "a"
    for i in range(50):
        y = "out" if i == 49 else f"t{i}"
        nodes += [node("Mul", [x, "b"], [f"m{i}"]), node("Add", [f"m{i}", "c"], [y])]
        x = y
    return nodes


def pool(window):
    return [node("MaxPool", ["a"], ["out"], kernel_shape=[window] * 2, strides=[window] * 2)], {}


def convolution(stride, padding):
    return [node("Conv", ["a", "w"], ["out"], strides=[stride] * 2, pads=[padding] * 4)]


def dense(parameters):
    nodes, x, constants = [], "a", {}
    for i in range(0, len(parameters), 2):
        last = i + 2 == len(parameters)
        constants[f"w{i}"], constants[f"b{i}"] = parameters[i:i + 2]
        nodes.append(node("Gemm", [x, f"w{i}", f"b{i}"], ["out" if last else f"h{i}"]))
        if not last:
            nodes.append(node("Relu", [f"h{i}"], [f"r{i}"]))
        x = f"r{i}"
    return nodes, constants


BODIES = {
    "add": ([node("Add", ["a", "b"], ["out"])], {}),
    "matmul": ([node("MatMul", ["a", "b"], ["out"])], {}),
    "conditional": ([node("Greater", ["a", "b"], ["is"]),
                     node("If", ["is"], ["out"], then_branch=branch("square", "Mul", ["a", "a"]),
                          else_branch=branch("negative", "Neg", ["a"]))], {}),
    "gelu": ([node("Gelu", ["a"], ["out"], approximate="tanh")], {}),
    "muladd_relu_sum": ([node("Mul", ["a", "b"], ["p"]), node("Mul", ["c", "d"], ["q"]),
                         node("Add", ["p", "q"], ["r"]), node("Relu", ["r"], ["s"]),
                         node("ReduceSum", ["s"], ["out"], keepdims=0)], {}),
    "softmax": ([node("Softmax", ["a"], ["out"], axis=-1)], {}),
    "layer_norm": ([node("LayerNormalization", ["a", "b", "c"], ["out"], axis=-1)], {}),
    "sum_axis0": sum_over(0), "sum_axis1": sum_over(1),
    "transpose": ([node("Transpose", ["a"], ["out"], perm=[1, 0])], {}),
    "gather": ([node("Gather", ["a", "b"], ["out"], axis=0)], {}),
    "max_pool": pool(2), "odd_max_pool": pool(3), "muladd_50": (muladd_50(), {}),
}
PADDING = {"conv2d": (1, 1), "odd_conv2d": (2, 2)}


def channels_last(result):
    return [np.asarray(result[0].numpy() if hasattr(result[0], "numpy") else result[0])
            .transpose(0, 2, 3, 1)]


def bound(made, inputs):
    """The session with its buffers in place: run() runs it, `outputs` has the result."""
    made_session = made()
    binding = made_session.io_binding()
    for name, x in inputs.items():
        binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(x))
    shape = made_session.run(None, inputs)[0]
    out = onnxruntime.OrtValue.ortvalue_from_numpy(np.zeros_like(shape))
    binding.bind_ortvalue_output("out", out)
    return {"f": made_session.run_with_iobinding, "b": binding}


def graph_of(data):
    """Nodes, constants, inputs by name, and whether images have their channels first."""
    body, x = data.case.body, list(data.inputs)
    first = body in PADDING or body.endswith("max_pool")
    constants = {}
    if first:
        x[0] = np.ascontiguousarray(x[0].transpose(0, 3, 1, 2))
    if body in PADDING:
        nodes, constants = convolution(*PADDING[body]), {"w": x.pop().transpose(3, 2, 0, 1)}
    elif body == "mlp_logits":
        nodes, constants = dense(data.parameters)
    else:
        nodes, constants = BODIES[body]
    return nodes, constants, dict(zip("abcd", x)), first


def ways(data, wants):
    body = data.case.body
    if data.case.group == "tiny" or body not in (*BODIES, *PADDING, "mlp_logits"):
        return
    nodes, constants, inputs, first = graph_of(data)
    made = lambda: session(nodes, inputs, constants)
    seen = channels_last if first else lambda out: [np.asarray(x) for x in out]
    if wants("iobinding"):
        names = {}
        start = lambda: names.update(bound(made, inputs)) or names
        yield peer.Way("iobinding", "f(b)", names, start=start, ops=data.case.ops,
                       arrays=lambda none: seen([names["b"].get_outputs()[0].numpy()]))
    if wants("run"):
        yield peer.Way("run", "f(None, x)", {"x": inputs}, start=lambda: {"f": made().run},
                       ops=data.case.ops, arrays=seen)


def add():
    inputs = {"a": np.int32([1]), "b": np.int32([2])}
    return session(*BODIES["add"][:1], inputs, {}).run(None, inputs)[0][0]


if __name__ == "__main__":
    peer.main("onnxruntime", ways, np.asarray, add)
