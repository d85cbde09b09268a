/* Losses: how far predictions are from what they should be. The prediction comes first, the target
 * second; both have one shape, which is checked, since a loss that broadcasts by mistake still
 * gives a number.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_LOSS_H
#define EAGRE_OPS_LOSS_H

#include <eagre/ops/reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The cross-entropy between rows of logits (last axis: classes) and rows of probabilities:
 * -sum(labels * log_softmax(logits)). Gradient: to both; of the logits, where labels add up to 1,
 * dz*(softmax(logits) - labels).
 *     eg_softmax_cross_entropy(EG_F32(0, 0), EG_F32(0.25, 0.75))  ->  0.6931472 float32[]
 * Owns: the result. Fails: integers, bool, shapes that differ, rank 0. Records: LogSoftmax, Mul,
 * Sum, Neg. */
EG_API eg_tensor *eg_softmax_cross_entropy(eg_tensor *logits, eg_tensor *labels);

typedef enum eg_reduction { EG_REDUCE_MEAN, EG_REDUCE_SUM, EG_REDUCE_NONE } eg_reduction;

typedef struct eg_cross_entropy_attrs {
    size_t size;            /* sizeof(eg_cross_entropy_attrs) */
    eg_reduction reduction; /* what is made of the losses of all rows [EG_REDUCE_MEAN] */
    double label_smoothing; /* the share of a label that all classes get alike [0] */
    eg_tensor *weights;     /* what a class counts, [classes] [1 each] */
    bool ignores;           /* rows with ignored_label cost nothing and do not count */
    int64_t ignored_label;
} eg_cross_entropy_attrs;

/* The cross-entropy between rows of logits (last axis: classes) and labels: integers of the shape
 * of the rows, or probabilities of the shape of the logits. As in PyTorch the mean of rows with
 * integers for labels is their sum divided by the sum of their weights, and NaN where none counts.
 * Gradient: to logits, to probabilities, to weights.
 *     eg_cross_entropy(eg_zeros(EG_FLOAT32, EG_DIMS(2, 2)), EG_I32(1, -1),
 *         .ignores = true, .ignored_label = -1)  ->  0.6931472 float32[]
 * Owns: the result. Fails: as eg_sparse_softmax_cross_entropy and eg_softmax_cross_entropy; a
 * smoothing outside of [0, 1], weights that are not one for each class, ignoring where labels are
 * probabilities. Records: SparseSoftmaxCrossEntropy or LogSoftmax, Mul, Sum, Neg, Div, and with
 * options Equal, Where, Gather, Add, Sub. */
EG_API eg_tensor *eg_cross_entropy_with(eg_tensor *logits, eg_tensor *labels,
    const eg_cross_entropy_attrs *attrs);
EG_API eg_tensor *eg_cross_entropy(eg_tensor *logits, eg_tensor *labels);

/* The cross-entropy of single yes-or-no questions, element by element: labels are probabilities of
 * yes, logits what a sigmoid makes probabilities of. Never leaves the range:
 * max(x, 0) - x*labels + log(1 + exp(-|x|)). Gradient: to both; of the logits
 * dz*(sigmoid(logits) - labels).
 *     eg_sigmoid_cross_entropy(EG_F32(0, 8), EG_F32(1, 0))  ->  [0.6931472 8.000336 ] float32[2]
 * Owns: the result. Fails: integers, bool, shapes that differ. Records: GreaterEqual, Where, Neg,
 * Exp, Add, Log, Sub, Div, Mul. */
EG_API eg_tensor *eg_sigmoid_cross_entropy(eg_tensor *logits, eg_tensor *labels);

/* The mean of (y - target)^2: of all elements, or over the axes named. Gradient: to both.
 *     eg_mean_squared_error(EG_F32(1, 2), EG_F32(1, 4))  ->  2. float32[]
 * Owns: the result. Fails: integers, bool, shapes that differ; axes as eg_mean. Records: Sub,
 * Square, Sum, Div. */
EG_API eg_tensor *eg_mean_squared_error_with(eg_tensor *y, eg_tensor *target,
    const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_mean_squared_error(eg_tensor *y, eg_tensor *target);

/* The mean of |y - target|. Gradient: to both, zero where they are equal.
 *     eg_mean_absolute_error(EG_F32(1, 2), EG_F32(1, 4))  ->  1. float32[]
 * Owns: the result. Fails: as eg_mean_squared_error. Records: Sub, Abs, Sum, Div. */
EG_API eg_tensor *eg_mean_absolute_error_with(eg_tensor *y, eg_tensor *target,
    const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_mean_absolute_error(eg_tensor *y, eg_tensor *target);

/* The mean of d*d/2 for errors d = |y - target| up to delta, beyond it of the straight line that
 * goes on from there, delta*(d - delta/2). Gradient: to both. Source: Huber, Annals of Mathematical
 * Statistics 35, 1964.
 *     eg_huber(EG_F32(1, 2), EG_F32(1, 5), 1)  ->  1.25 float32[]
 * Owns: the result. Fails: as eg_mean_squared_error; a delta that is not positive. Records: Sub,
 * Abs, Minimum, Mul, Sum, Div. */
EG_API eg_tensor *eg_huber_with(eg_tensor *y, eg_tensor *target, double delta,
    const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_huber(eg_tensor *y, eg_tensor *target, double delta);

/* The mean of max(0, 1 - y*target) for targets of -1 and 1. Gradient: to both, zero beyond the
 * margin.
 *     eg_hinge(EG_F32(0.5, -3), EG_F32(1, -1))  ->  0.25 float32[]
 * Owns: the result. Fails: as eg_mean_squared_error. Records: Mul, Sub, Relu, Sum, Div. */
EG_API eg_tensor *eg_hinge_with(eg_tensor *y, eg_tensor *target, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_hinge(eg_tensor *y, eg_tensor *target);

/* What it costs to take rows (last axis) of probabilities y for the target's:
 * sum(target * log(target / y)), where a target of 0 adds nothing. Gradient: to both.
 *     eg_kl_divergence(EG_F32(0.5, 0.5), EG_F32(0, 1))  ->  0.6931472 float32[]
 * Owns: the result. Fails: integers, bool, shapes that differ, rank 0. Records: Greater, Where,
 * Log, Sub, Mul, Sum. */
EG_API eg_tensor *eg_kl_divergence(eg_tensor *y, eg_tensor *target);

typedef struct eg_ctc_attrs {
    size_t size;              /* sizeof(eg_ctc_attrs) */
    eg_tensor *input_lengths; /* steps of each example, integers [examples] [all of them] */
    eg_tensor *label_lengths; /* classes of each label, integers [examples] [all of them] */
    int64_t blank;            /* the class that stands between those of labels; -1: the last [0] */
    bool zero_infinity;       /* a label that cannot be spelt costs 0, not infinity */
} eg_ctc_attrs;

/* Connectionist temporal classification: for each example -log of the probability that its steps
 * spell its label, where a class may last for several steps and blanks may stand between; between
 * two equal classes one must. logits [examples, steps, classes], or logs of probabilities; labels
 * [examples, places], integers. What lies beyond lengths is not looked at. A label that needs more
 * steps than there are costs infinity, and its gradient is NaN; with zero_infinity both are 0.
 * Sums are kept in double. Gradient: to logits; gradients of gradients are made step by step.
 * Source: Graves et al., ICML 2006.
 *     eg_ctc_loss(eg_zeros(EG_FLOAT32, EG_DIMS(1, 2, 2)),
 *         eg_ones(EG_INT32, EG_DIMS(1, 1)))  ->  [0.28768212] float32[1]
 * Owns: the result, [examples]. Fails: integers or bool for logits, other axes, lengths and labels
 * out of range, the blank as a label. Records: LogSoftmax, Cast, Ctc. */
EG_API eg_tensor *eg_ctc_loss_with(eg_tensor *logits, eg_tensor *labels, const eg_ctc_attrs *attrs);
EG_API eg_tensor *eg_ctc_loss(eg_tensor *logits, eg_tensor *labels);

typedef struct eg_ctc_decode_attrs {
    size_t size;              /* sizeof(eg_ctc_decode_attrs) */
    eg_tensor *input_lengths; /* steps of each example, integers [examples] [all of them] */
    int64_t blank;            /* the class that spells nothing; -1: the last [0] */
    bool keep_repeated;       /* a class in steps side by side is spelt as often, not once */
} eg_ctc_decode_attrs;

/* What each example's steps spell when each is taken for its likeliest class: equal ones side by
 * side are one, blanks are left out. A tuple of the labels, int64 [examples, steps], with -1 behind
 * the end; their lengths, int64 [examples]; and minus the sum of the largest logits [examples],
 * which of logs of probabilities is -log of that of the way. Of several largest the first counts.
 * logits [examples, steps, classes]; steps beyond lengths are left out. Gradient: of the sums.
 *     eg_part(eg_ctc_greedy_decode(eg_reshape(EG_F32(0, 2, 0, 2, 1, 0, 0, 3),
 *         EG_DIMS(1, 4, 2))), 0)  ->  [[ 1  1 -1 -1]] int64[1,4]
 * Owns: the result. Fails: integers or bool for logits, other axes, a blank that is no class,
 * lengths that are not integers, one for each example. Records: ArgMax, ArgSort, TakeAlong, Sum and
 * elementwise operations. */
EG_API eg_tensor *eg_ctc_greedy_decode_with(eg_tensor *logits, const eg_ctc_decode_attrs *attrs);
EG_API eg_tensor *eg_ctc_greedy_decode(eg_tensor *logits);

#ifdef __cplusplus
}
#endif

#endif
