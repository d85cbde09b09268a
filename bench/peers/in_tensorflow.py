"""The cases in TensorFlow: eager, in tf.function, and compiled by XLA (function_jit). Training
steps use the kernel of TensorFlow's own optimizers (raw), or Keras' Adam.

SPDX-License-Identifier: Apache-2.0
"""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["CUDA_VISIBLE_DEVICES"] = ""
import peer
import tensorflow as tf

tf.config.threading.set_intra_op_parallelism_threads(peer.THREADS)
tf.config.threading.set_inter_op_parallelism_threads(peer.THREADS)
RATE, FIRST, SECOND, EPSILON = 1e-3, 0.9, 0.999, 1e-7


def layer_norm(x, scale, offset):
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    return (x - mean) * tf.math.rsqrt(variance + 1e-5) * scale + offset


def conditional(x, threshold):
    if x > threshold:
        return tf.square(x)
    else:
        return tf.negative(x)


def add_100(x, y):
    for _ in range(100):
        x = x + y
    return x


def muladd_50(x, y, z):
    for _ in range(50):
        x = x * y + z
    return x


def chain_slope(x, c):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x
        for _ in range(1000):
            y = y * c
    return tape.gradient(y, x)


def loop(x, by, plus):
    for _ in tf.range(10000):
        x = x * by + plus
    return x


def eager_loop(x, by, plus):
    for _ in range(10000):
        x = x * by + plus
    return x


def pool(x, window):
    return tf.nn.max_pool2d(x, window, window, "VALID")


BODIES = {
    "add": tf.add, "matmul": tf.matmul, "conditional": conditional,
    "gelu": lambda x: tf.nn.gelu(x, approximate=True),
    "muladd_relu_sum": lambda x, y, z, w: tf.reduce_sum(tf.nn.relu(x * y + z * w)),
    "softmax": tf.nn.softmax, "layer_norm": layer_norm,
    "sum_axis0": lambda x: tf.reduce_sum(x, 0),
    "sum_axis1": lambda x: tf.reduce_sum(x, 1),
    "transpose": tf.transpose, "gather": tf.gather,
    "conv2d": lambda x, w: tf.nn.conv2d(x, w, 1, "SAME"),
    "odd_conv2d": lambda x, w: tf.nn.conv2d(x, w, 2, [[0, 0], [2, 2], [2, 2], [0, 0]]),
    "max_pool": lambda x: pool(x, 2),
    "odd_max_pool": lambda x: pool(x, 3),
    "add_100": add_100, "muladd_50": muladd_50, "chain_slope": chain_slope,
}


def dense(p, x):
    for i in range(0, len(p), 2):
        x = tf.matmul(x, p[i]) + p[i + 1]
        if i + 2 < len(p):
            x = tf.nn.relu(x)
    return x


def cnn(p, x):
    x = pool(tf.nn.relu(tf.nn.conv2d(x, p[0], 1, "SAME") + p[1]), 2)
    x = pool(tf.nn.relu(tf.nn.conv2d(x, p[2], 1, "VALID") + p[3]), 2)
    return dense(p[4:], tf.reshape(x, (-1, p[4].shape[0])))


def raw_adam(variables):
    """What TensorFlow's optimizers call, without what Keras puts around it."""
    slots = [[tf.Variable(tf.zeros_like(v)) for v in variables] for _ in range(2)]
    powers = tf.Variable(1.0), tf.Variable(1.0)

    def apply(gradients):
        powers[0].assign(powers[0] * FIRST)
        powers[1].assign(powers[1] * SECOND)
        now = [power.read_value() for power in powers]
        for v, m, s, g in zip(variables, *slots, gradients):
            tf.raw_ops.ResourceApplyAdam(
                var=v.handle, m=m.handle, v=s.handle, beta1_power=now[0], beta2_power=now[1],
                lr=RATE, beta1=FIRST, beta2=SECOND, epsilon=EPSILON, grad=g)
    return apply


def keras_adam(variables):
    import keras
    adam = keras.optimizers.Adam(RATE)
    adam.build(variables)
    return lambda gradients: adam.apply_gradients(zip(gradients, variables))


def step_of(logits, parameters, adam):
    variables = [tf.Variable(p) for p in parameters]
    apply = adam(variables)

    def step(x, y):
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits(variables, x))
            loss = tf.reduce_mean(losses)
        apply(tape.gradient(loss, variables))
        return loss
    return step


def training(data, wants):
    logits = dense if data.case.body == "mlp_step" else cnn
    batch, parameters = [tf.constant(x) for x in data.inputs[:2]], data.inputs[2:]
    for mode, adam in (("eager_raw", raw_adam), ("function_raw", raw_adam),
                       ("function_keras", keras_adam), ("function_jit_raw", raw_adam)):
        if not wants(mode):
            continue
        step = step_of(logits, parameters, adam)
        if mode.startswith("function"):
            step = tf.function(step, jit_compile="jit" in mode)
        yield peer.Way(mode, "f(*x)", {"f": step, "x": batch}, sync=lambda loss: loss.numpy())


def lstm(data, wants):
    x, w, u, b = data.inputs

    def slopes():
        import keras
        layer = keras.layers.LSTM(u.shape[0], return_sequences=True)
        layer.build(x.shape)
        layer.set_weights([w, u, b])

        def f(x):
            with tf.GradientTape() as tape:
                total = tf.reduce_sum(layer(x))
            return tape.gradient(total, layer.trainable_variables)
        return f

    def unrolled(x, w, u, b):
        with tf.GradientTape() as tape:
            tape.watch([w, u, b])
            h = c = tf.zeros((x.shape[0], u.shape[0]))
            total = 0.0
            for z in tf.unstack(tf.tensordot(x, w, 1) + b, axis=1):
                i, f, g, o = tf.split(z + tf.matmul(h, u), 4, axis=1)
                c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
                h = tf.sigmoid(o) * tf.tanh(c)
                total += tf.reduce_sum(h)
        return tape.gradient(total, [w, u, b])

    given = [tf.constant(a) for a in data.inputs]
    if wants("eager"):
        yield peer.Way("eager", "f(*x)", {"f": slopes(), "x": given[:1]})
    if wants("function"):
        yield peer.Way("function", "f(*x)", {"f": tf.function(slopes()), "x": given[:1]})
    if wants("function_unrolled"):
        yield peer.Way("function_unrolled", "f(*x)", {"f": tf.function(unrolled), "x": given})


def tiny(data, wants):
    names = {"tf": tf, "add": tf.raw_ops.AddV2, "mm": tf.raw_ops.MatMul}
    names.update(zip("ab", [tf.constant(x) for x in data.inputs]))
    statements = {"add": ("a + b", "add(x=a, y=b)"), "matmul": ("tf.matmul(a, b)", "mm(a=a, b=b)"),
                  "tutorial": ("tf.constant([12]) * tf.constant([3]) - tf.constant([2])",)}
    for mode, statement in zip(("eager", "eager_raw_op"), statements[data.case.body]):
        if wants(mode):
            yield peer.Way(mode, statement, names)


def all_ways(f, eager, x, wants, ops=1):
    if wants("eager"):
        yield peer.Way("eager", "f(*x)", {"f": eager, "x": x}, ops=ops)
    for mode in ("function", "function_jit"):
        if wants(mode):
            g = tf.function(f, jit_compile=mode == "function_jit")
            yield peer.Way(mode, "f(*x)", {"f": g, "x": x}, ops=ops)


def ways(data, wants):
    body = data.case.body
    if data.case.group == "tiny":
        yield from tiny(data, wants)
    elif body in ("mlp_step", "cnn_step"):
        yield from training(data, wants)
    elif body == "lstm":
        yield from lstm(data, wants)
    elif body == "mlp_logits":
        p = [tf.constant(a) for a in data.parameters]
        f = lambda x: dense(p, x)
        yield from all_ways(f, f, [tf.constant(data.inputs[0])], wants)
    elif body == "loop" or body in BODIES:
        f, x = BODIES.get(body, loop), [tf.constant(a) for a in data.inputs]
        yield from all_ways(f, eager_loop if body == "loop" else f, x, wants, data.case.ops)


if __name__ == "__main__":
    peer.main("tensorflow", ways, lambda x: x.numpy(), lambda: tf.add(1, 2))
