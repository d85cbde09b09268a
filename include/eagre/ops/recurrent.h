/* Recurrent cells and what they make of sequences. x has examples along its first axis; w are the
 * weights of the input [inputs, gates*n], u those of the state [n, gates*n], b the offsets
 * [gates*n]; the gates lie one behind the other, in Keras' order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_RECURRENT_H
#define EAGRE_OPS_RECURRENT_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A step of the plainest cell: tanh(x*w + h*u + b), for x [examples, inputs] and h [examples, n].
 * Gradient: to all five.
 *     eg_simple_rnn_cell(eg_ones(EG_FLOAT32, EG_DIMS(1, 1)), eg_zeros(EG_FLOAT32, EG_DIMS(1, 1)),
 *         eg_ones(EG_FLOAT32, EG_DIMS(1, 1)), eg_ones(EG_FLOAT32, EG_DIMS(1, 1)),
 *         eg_zeros(EG_FLOAT32, EG_DIMS(1)))  ->  [[0.7615942]] float32[1,1]
 * Owns: the result, which is the next h. Fails: integers, bool, shapes that do not fit.
 * Records: MatMul, Add, Tanh. */
EG_API eg_tensor *eg_simple_rnn_cell(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u,
    eg_tensor *b);

/* A step of a gated recurrent unit: z*h + (1 - z)*tanh(x*w' + b' + r*(h*u' + b'')) with the gates
 * z (update) and r (reset), sigmoids of like sums; then the third part, of the candidate. b is
 * [2, 3*n]: offsets of the input's products, then of the state's. Gradient: to all five. Source:
 * Cho et al., arXiv:1406.1078, as cuDNN and Keras have it.
 *     eg_gru_cell(eg_ones(EG_FLOAT32, EG_DIMS(1, 1)), eg_zeros(EG_FLOAT32, EG_DIMS(1, 1)),
 *         eg_ones(EG_FLOAT32, EG_DIMS(1, 3)), eg_ones(EG_FLOAT32, EG_DIMS(1, 3)),
 *         eg_zeros(EG_FLOAT32, EG_DIMS(2, 3)))  ->  [[0.20482421]] float32[1,1]
 * Owns: the result, which is the next h. Fails: as eg_simple_rnn_cell. Records: MatMul, Add, Slice,
 * Reshape, Sigmoid, Tanh, Mul, Sub. */
EG_API eg_tensor *eg_gru_cell(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b);

/* A step of a long short-term memory. Its state is a tuple of h and c; so is the result, the next
 * state: c' = f*c + i*tanh(g), h' = o*tanh(c'), where i, f and o are sigmoids of the first, second
 * and fourth part of x*w + h*u + b, and g is the third. Gradient: to all of them. Source:
 * Hochreiter and Schmidhuber, Neural Computation 9, 1997.
 *     eg_part(eg_lstm_cell(eg_ones(EG_FLOAT32, EG_DIMS(1, 1)), eg_tuple(
 *         eg_zeros(EG_FLOAT32, EG_DIMS(1, 1)), eg_zeros(EG_FLOAT32, EG_DIMS(1, 1))),
 *         eg_ones(EG_FLOAT32, EG_DIMS(1, 4)), eg_ones(EG_FLOAT32, EG_DIMS(1, 4)),
 *         eg_zeros(EG_FLOAT32, EG_DIMS(4))), 0)  ->  [[0.36960632]] float32[1,1]
 * Owns: the result. Fails: as eg_simple_rnn_cell; a state that is no tuple of two. Records: MatMul,
 * Add, Slice, Sigmoid, Tanh, Mul. */
EG_API eg_tensor *eg_lstm_cell(eg_tensor *x, eg_tensor *state, eg_tensor *w, eg_tensor *u,
    eg_tensor *b);

typedef struct eg_recurrent_attrs {
    size_t size;        /* sizeof(eg_recurrent_attrs) */
    bool reverse;       /* from the last step to the first */
    eg_tensor *lengths; /* how many steps each example has, integers [examples] [all of them] */
    bool reset_first;   /* of eg_gru: r multiplies h before its product with u' */
} eg_recurrent_attrs;

/* The cell's steps over sequences x [examples, steps, inputs], from the state given: a tuple of the
 * results of all steps [examples, steps, n] and the last state, which is h, of an lstm h and c.
 * Beyond an example's length the results are 0 and the state stays. With `reverse` the results lie
 * where their inputs do; for both directions call it twice and eg_concat the results, for several
 * layers put results where x was.
 *
 * The gates of an lstm lie in the order i, f, g, o (Keras i, f, c, o; PyTorch the same; ONNX
 * i, o, f, c), those of a gru in the order z, r, candidate (Keras and ONNX z, r, h; PyTorch r, z,
 * n). A gru without reset_first is Keras' with reset_after, ONNX' with linear_before_reset and
 * PyTorch's; with it the candidate is tanh(x*w' + b' + (r*h)*u' + b''), in steps of their own
 * operations. Gradient: to all tensors of floating point; what it needs of each step is kept.
 *     eg_part(eg_simple_rnn(eg_ones(EG_FLOAT32, EG_DIMS(1, 2, 1)),
 *         eg_zeros(EG_FLOAT32, EG_DIMS(1, 1)), eg_ones(EG_FLOAT32, EG_DIMS(1, 1)),
 *         eg_ones(EG_FLOAT32, EG_DIMS(1, 1)),
 *         eg_zeros(EG_FLOAT32, EG_DIMS(1))), 1)  ->  [[0.9426808]] float32[1,1]
 * Owns: the result. Fails: as the cells; lengths that are no integers, one for each example;
 * reset_first of another cell. Records: MatMul, Recurrent, Concat, Slice, Reshape; with reset_first
 * as eg_gru_cell, Slice, Concat, and with lengths Less, Where. */
EG_API eg_tensor *eg_simple_rnn_with(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u,
    eg_tensor *b, const eg_recurrent_attrs *attrs);
EG_API eg_tensor *eg_simple_rnn(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u,
    eg_tensor *b);
EG_API eg_tensor *eg_gru_with(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b,
    const eg_recurrent_attrs *attrs);
EG_API eg_tensor *eg_gru(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b);
EG_API eg_tensor *eg_lstm_with(eg_tensor *x, eg_tensor *state, eg_tensor *w, eg_tensor *u,
    eg_tensor *b, const eg_recurrent_attrs *attrs);
EG_API eg_tensor *eg_lstm(eg_tensor *x, eg_tensor *state, eg_tensor *w, eg_tensor *u, eg_tensor *b);

#ifdef __cplusplus
}
#endif

#endif
