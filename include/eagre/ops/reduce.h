/* Reductions over axes.
 *
 * A reduction's order is fixed by the shape and the axes alone, so its bits never depend on
 * threads; floating-point sums are blocked, their error grows with the logarithm of the length.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_REDUCE_H
#define EAGRE_OPS_REDUCE_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A list of axes as an option: `.axes = EG_AXES(0, -1)`. Zeroed: all axes. */
typedef struct eg_axes {
    int n;
    int axis[EG_MAX_RANK];
} eg_axes;

/* Options of the reductions. */
typedef struct eg_reduce_attrs {
    size_t size;    /* sizeof(eg_reduce_attrs) */
    eg_axes axes;   /* which to reduce, negative ones counted from the end [all] */
    bool keep_dims; /* leave reduced axes in place with size 1 */
} eg_reduce_attrs;

/* Sum over axes; 0 where nothing is summed. int32 sums into int64. Gradient: dz, broadcast back.
 *     eg_sum(eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2)),
 *         .axes = EG_AXES(0))  ->  [4. 6.] float32[2]
 *     eg_sum(EG_I32(1, 2, 3))  ->  6 int64[]
 * Owns: the result. Fails: bool, an axis outside the rank or named twice. Records: Sum. */
EG_API eg_tensor *eg_sum_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_sum(eg_tensor *x);

/* Arithmetic mean over axes; NaN where there is nothing. Gradient: dz / count, broadcast back.
 *     eg_mean(EG_F32(1, 2, 6))  ->  3. float32[]
 * Owns: the result. Fails: integers, bool; axes as eg_sum. Records: Sum, Div. */
EG_API eg_tensor *eg_mean_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_mean(eg_tensor *x);

/* The largest over axes, NaN if there is one. Gradient: dz, shared evenly by all that are largest.
 *     eg_max(EG_F32(3, 9, 4))  ->  9. float32[]
 * Owns: the result. Fails: bool, an axis of size 0; axes as eg_sum. Records: Max. */
EG_API eg_tensor *eg_max_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_max(eg_tensor *x);

/* The smallest over axes; otherwise as eg_max.
 *     eg_min(EG_F32(3, 9, 4))  ->  3. float32[]
 * Owns: the result. Fails: as eg_max. Records: Min. */
EG_API eg_tensor *eg_min_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_min(eg_tensor *x);

typedef struct eg_argmax_attrs {
    size_t size; /* sizeof(eg_argmax_attrs) */
    int axis;    /* along which; negative: from the end [0] */
    bool keep_dims;
} eg_argmax_attrs;

/* The index, int64, of the largest along one axis: the first of several, the first NaN if there is
 * one. No gradient.
 *     eg_argmax(eg_reshape(EG_F32(1, 9, 4, 7), EG_DIMS(2, 2)), .axis = 1)  ->  [1 1] int64[2]
 * Owns: the result. Fails: bool, rank 0, an axis outside the rank or of size 0. Records: ArgMax. */
EG_API eg_tensor *eg_argmax_with(eg_tensor *x, const eg_argmax_attrs *attrs);
EG_API eg_tensor *eg_argmax(eg_tensor *x);

#ifdef __cplusplus
}
#endif

#endif
