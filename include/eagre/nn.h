/* Training: initial weights, optimizers, metrics, a progress bar. Built on the public operations
 * alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_NN_H
#define EAGRE_NN_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Weights of a dense layer before training, float32: evenly spread over
 * ±sqrt(6/(fan_in + fan_out)), the last two sizes being the fans.
 * Source: Glorot and Bengio, AISTATS 2010.
 *     eg_max(eg_abs(eg_glorot_uniform(eg_key(1), EG_DIMS(3, 3))))  ->  0.78936934 float32[]
 * Owns: the result. Fails: a rank below 2. Records: Uniform, Sub, Mul. */
EG_API eg_tensor *eg_glorot_uniform(eg_tensor *key, int rank, const int64_t dims[]);

/* The share of rows whose largest logit is at the label, float32.
 *     eg_accuracy(eg_reshape(EG_F32(1, 2, 4, 3), EG_DIMS(2, 2)), EG_I32(1, 1))  ->  0.5 float32[]
 * Owns: the result. Fails: shapes that do not fit. Records: ArgMax, Equal, Cast, Sum, Div. */
EG_API eg_tensor *eg_accuracy(eg_tensor *logits, eg_tensor *labels);

/* ---- gradients made of rows ------------------------------------------------------------------ */

/* The rows of a sparse gradient (eg_gradient with `.sparse`) with those of one place added up: a
 * tuple of as many places, each once and in order, and their rows. What is left over has a place
 * below 0, which `.drop` of eg_scatter leaves out, and rows of zeros.
 * Owns: the result. Fails: EG_INVALID for what is no such tuple. */
EG_API eg_tensor *eg_combine_rows(eg_tensor *gradient);

/* ---- gradients before they are applied ------------------------------------------------------- */

/* x, scaled down so that its Euclidean length is at most `norm`.
 *     eg_clip_by_norm(EG_F32(3, 4), 1)  ->  [0.6 0.8] float32[2]
 * Owns: the result. Fails: a norm that is not above 0; integers. Gradient: through the length too.
 * Records: Square, Sum, Sqrt, Maximum, Div, Mul. */
EG_API eg_tensor *eg_clip_by_norm(eg_tensor *x, double norm);

/* The same for n gradients as if they were one: all are scaled by what brings the length of all
 * elements together down to `norm`. `*length` (NULL: not wanted) gets that length.
 *     eg_clip_by_global_norm(2, gradients, 1, gradients, NULL);
 * Action. Owns: `clipped`, which may be `gradients`; all NULL after an error. Fails: as
 * eg_clip_by_norm; NULL; no gradient. Source: Pascanu et al., ICML 2013. */
EG_API eg_status eg_clip_by_global_norm(int n, eg_tensor *const gradients[], double norm,
    eg_tensor *clipped[], eg_tensor **length);

/* ---- optimizers ---------------------------------------------------------------------------- */

/* Something that changes variables by their gradients, with state variables of its own. */
typedef struct eg_optimizer eg_optimizer;

typedef struct eg_adam_attrs {
    size_t size;    /* sizeof(eg_adam_attrs) */
    double rate;    /* learning rate [0.001] */
    double beta_1;  /* decay of the mean of gradients [0.9] */
    double beta_2;  /* decay of the mean of their squares [0.999] */
    double epsilon; /* [1e-7] */
} eg_adam_attrs;

/* Adam over n variables, whose state starts at zero. A sparse gradient (eg_gradient with `.sparse`)
 * changes its rows alone, of the variable and of the state.
 * Source: Kingma and Ba, arXiv:1412.6980, algorithm 1 with epsilon as in the text before it.
 * In easy.h with named options: eg_adam(EG_IN(w, b), .rate = 0.01).
 * NULL after an error. The variables must outlive it. Free with eg_optimizer_free.
 * Fails: EG_INVALID for what is no floating-point variable. */
EG_API eg_optimizer *eg_adam_new(int n, eg_tensor *const variables[], const eg_adam_attrs *attrs);

typedef struct eg_sgd_attrs {
    size_t size;     /* sizeof(eg_sgd_attrs) */
    double rate;     /* learning rate [0.01] */
    double momentum; /* [0: none] */
} eg_sgd_attrs;

/* Stochastic gradient descent: v = momentum*v - rate*g, w = w + v. Otherwise as eg_adam_new,
 * in easy.h eg_sgd(EG_IN(w, b), .momentum = 0.9). Free with eg_optimizer_free. */
EG_API eg_optimizer *eg_sgd_new(int n, eg_tensor *const variables[], const eg_sgd_attrs *attrs);

/* One step: changes the variables by the gradients, which come in the variables' order.
 * Action. Fails: EG_INVALID for another count, NULL, or other shapes. Records: operations and
 * assignments, so that in a function the whole training step is one graph. */
EG_API eg_status eg_optimizer_apply(eg_optimizer *optimizer, int n, eg_tensor *const gradients[]);

/* The state variables, for saving: number i, NULL behind the last. They belong to the optimizer. */
EG_API eg_tensor *eg_optimizer_state(eg_optimizer *optimizer, int i);
EG_API void eg_optimizer_free(eg_optimizer *optimizer);

/* ---- progress ------------------------------------------------------------------------------ */

typedef struct eg_progress eg_progress;

/* A bar for `steps` steps on `to` (NULL: stderr): redrawn in place on a terminal at most 20 times a
 * second, one line at the end elsewhere. `label` stands in front. NULL after an error. */
EG_API eg_progress *eg_progress_new(const char *label, int64_t steps, FILE *to);

/* One more step is done; the text behind the bar is made as printf makes it.
 * Action; never fails for what cannot be drawn. */
EG_API eg_status eg_progress_step(eg_progress *progress, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* Ends the line and frees the bar. NULL is fine. */
EG_API void eg_progress_free(eg_progress *progress);

#ifdef __cplusplus
}
#endif

#endif
