/* What neural networks add: activations and losses.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_NN_H
#define EAGRE_OPS_NN_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* max(x, 0); NaN stays. Gradient: dz where x > 0.
 *     eg_relu(EG_F32(-1, 2))  ->  [0. 2.] float32[2]
 * Owns: the result. Fails: bool. Records: Relu. */
EG_API eg_tensor *eg_relu(eg_tensor *x);

/* 1 / (1 + exp(-x)). Gradient: dz*z*(1 - z).
 *     eg_sigmoid(EG_F32(0, 2))  ->  [0.5       0.8807971] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Sigmoid. */
EG_API eg_tensor *eg_sigmoid(eg_tensor *x);

typedef struct eg_gelu_attrs {
    size_t size;    /* sizeof(eg_gelu_attrs) */
    bool tanh_form; /* x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))), the quicker one */
} eg_gelu_attrs;

/* The Gaussian error linear unit, x/2 * (1 + erf(x/sqrt(2))). Gradient: by the product rule.
 * Source: Hendrycks and Gimpel, arXiv:1606.08415.
 *     eg_gelu(EG_F32(0, 1))  ->  [0.        0.8413447] float32[2]
 *     eg_gelu(EG_F32(0, 1), .tanh_form = true)  ->  [0.       0.841192] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Gelu. */
EG_API eg_tensor *eg_gelu_with(eg_tensor *x, const eg_gelu_attrs *attrs);
EG_API eg_tensor *eg_gelu(eg_tensor *x);

typedef struct eg_softmax_attrs {
    size_t size;        /* sizeof(eg_softmax_attrs) */
    bool not_last_axis; /* use `axis` instead of the last */
    int axis;
} eg_softmax_attrs;

/* exp(x - max) / sum(exp(x - max)) along an axis, the last unless said otherwise. Gradient:
 * z*(dz - sum(dz*z)).
 *     eg_softmax(EG_F32(0, 0))  ->  [0.5 0.5] float32[2]
 * Owns: the result. Fails: integers, bool, rank 0, an axis outside. Records: Softmax. */
EG_API eg_tensor *eg_softmax_with(eg_tensor *x, const eg_softmax_attrs *attrs);
EG_API eg_tensor *eg_softmax(eg_tensor *x);

/* The logarithm of eg_softmax, without leaving the range: x - max - log(sum(exp(x - max))).
 * Gradient: dz - exp(z)*sum(dz).
 *     eg_log_softmax(EG_F32(0, 0))  ->  [-0.6931472 -0.6931472] float32[2]
 * Owns: the result. Fails: as eg_softmax. Records: LogSoftmax. */
EG_API eg_tensor *eg_log_softmax_with(eg_tensor *x, const eg_softmax_attrs *attrs);
EG_API eg_tensor *eg_log_softmax(eg_tensor *x);

/* The cross-entropy between rows of logits (last axis: classes) and the right class of each row:
 * -log_softmax(logits)[label]. `labels` has the shape of the logits without the last axis.
 * Gradient of the logits: dz*(softmax(logits) - one_hot(label)).
 *     eg_sparse_softmax_cross_entropy(EG_F32(0, 0), eg_constant(1))  ->  0.6931472 float32[]
 * Owns: the result. Fails: logits that are not floating point, labels that are no integers or not
 * inside the classes, shapes that do not fit. Records: SparseSoftmaxCrossEntropy. */
EG_API eg_tensor *eg_sparse_softmax_cross_entropy(eg_tensor *logits, eg_tensor *labels);

/* Each element of x set to 0 with probability `rate`, which the key decides, and the others divided
 * by 1 - rate, so that sums stay what they are on average. For training alone. Gradient: dz where x
 * was kept, divided likewise. Source: Srivastava et al., JMLR 15, 2014.
 *     eg_dropout(EG_F32(1, 1, 1, 1), eg_key(7), 0.5)  ->  [2. 2. 0. 0.] float32[4]
 * Owns: the result. Fails: integers, bool, what is no key, a rate outside [0, 1). Records: Uniform,
 * GreaterEqual, Div, Where. */
EG_API eg_tensor *eg_dropout(eg_tensor *x, eg_tensor *key, double rate);

/* Rows of a table, by index: the shape of the indices, then that of a row. Gradient of the table:
 * dz added up at the rows it came from.
 *     eg_embedding(eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2)),
 *         EG_I32(1, 1))  ->  [[3. 4.] [3. 4.]] float32[2,2]
 * Owns: the result. Fails: as eg_gather. Records: Gather. */
EG_API eg_tensor *eg_embedding(eg_tensor *table, eg_tensor *indices);

#ifdef __cplusplus
}
#endif

#endif
