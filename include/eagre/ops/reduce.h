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

/* Product over axes; 1 where there is nothing. Whole numbers multiply in 64 bits. Gradient: dz
 * times the product of the others, right also where there are zeros.
 *     eg_prod(EG_F32(1, 2, 6))  ->  12. float32[]
 * Owns: the result. Fails: as eg_sum. Records: Prod. */
EG_API eg_tensor *eg_prod_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_prod(eg_tensor *x);

/* Arithmetic mean over axes; NaN where there is nothing. Gradient: dz / count, broadcast back.
 *     eg_mean(EG_F32(1, 2, 6))  ->  3. float32[]
 * Owns: the result. Fails: integers, bool; axes as eg_sum. Records: Sum, Div; for dtypes of 16
 * bits Cast to float32 and back. */
EG_API eg_tensor *eg_mean_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_mean(eg_tensor *x);

/* The largest over axes, NaN if there is one. Gradient: dz, shared evenly by all that are largest,
 * by the NaNs if there are any.
 *     eg_max(EG_F32(3, 9, 4))  ->  9. float32[]
 * Owns: the result. Fails: bool, an axis of size 0; axes as eg_sum. Records: Max. */
EG_API eg_tensor *eg_max_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_max(eg_tensor *x);

/* The smallest over axes; otherwise as eg_max.
 *     eg_min(EG_F32(3, 9, 4))  ->  3. float32[]
 * Owns: the result. Fails: as eg_max. Records: Min. */
EG_API eg_tensor *eg_min_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_min(eg_tensor *x);

/* Whether any element over axes is true, or not zero; false where there is nothing. No gradient.
 *     eg_any(EG_F32(0, 0, 2))  ->  True bool[]
 * Owns: the result. Fails: axes as eg_sum. Records: NotEqual if x is not bool, Any. */
EG_API eg_tensor *eg_any_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_any(eg_tensor *x);

/* Whether all elements over axes are true, or not zero; true where there is nothing. No gradient.
 *     eg_all(EG_F32(0, 0, 2))  ->  False bool[]
 * Owns: the result. Fails: axes as eg_sum. Records: NotEqual if x is not bool, All. */
EG_API eg_tensor *eg_all_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_all(eg_tensor *x);

/* How many elements over axes are true, or not zero, int64. No gradient.
 *     eg_count_nonzero(EG_F32(3, 0, 4))  ->  2 int64[]
 * Owns: the result. Fails: axes as eg_sum. Records: CountNonzero, or NotEqual, Cast, Sum. */
EG_API eg_tensor *eg_count_nonzero_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_count_nonzero(eg_tensor *x);

typedef struct eg_var_attrs {
    size_t size;       /* sizeof(eg_var_attrs) */
    eg_axes axes;      /* as in eg_reduce_attrs [all] */
    bool keep_dims;    /* as there */
    double correction; /* what is taken from the count: 1 estimates from a sample [0] */
} eg_var_attrs;

/* The variance over axes: the mean square distance from the mean. Gradient: dz*2*(x - mean)/n.
 *     eg_var(EG_F32(1, 2, 3, 6))  ->  3.5 float32[]
 *     eg_var(EG_F32(1, 2, 6), .correction = 1)  ->  7. float32[]
 * Owns: the result. Fails: integers, bool; axes as eg_sum. Records: Sum, Div, Sub, Square, Reshape.
 */
EG_API eg_tensor *eg_var_with(eg_tensor *x, const eg_var_attrs *attrs);
EG_API eg_tensor *eg_var(eg_tensor *x);

/* The standard deviation over axes: the root of eg_var. Gradient: 0 where that is 0.
 *     eg_std(EG_F32(1, 5))  ->  2. float32[]
 * Owns: the result. Fails: as eg_var. Records: as eg_var, and Sqrt. */
EG_API eg_tensor *eg_std_with(eg_tensor *x, const eg_var_attrs *attrs);
EG_API eg_tensor *eg_std(eg_tensor *x);

/* log(sum(exp(x))) over axes, without leaving the range; -inf where there is nothing. Gradient: dz
 * times exp(x - z).
 *     eg_logsumexp(EG_F32(1000, 1000))  ->  1000.6932 float32[]
 * Owns: the result. Fails: integers, bool; axes as eg_sum. Records: Max, Sum and elementwise
 * operations. */
EG_API eg_tensor *eg_logsumexp_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_logsumexp(eg_tensor *x);

typedef struct eg_norm_attrs {
    size_t size;    /* sizeof(eg_norm_attrs) */
    eg_axes axes;   /* as in eg_reduce_attrs [all] */
    bool keep_dims; /* as there */
    double ord;     /* any number but 0, or infinite [2] */
} eg_norm_attrs;

/* The norm of order p, (sum of |x|^p)^(1/p), of all elements over axes: 2 is their length, 1 the
 * sum of their sizes, INFINITY the largest and -INFINITY the smallest. Gradient: 0 where the
 * norm is 0, and for elements that are 0.
 *     eg_vector_norm(EG_F32(3, 4))  ->  5. float32[]
 *     eg_vector_norm(EG_F32(3, -4), .ord = 1)  ->  7. float32[]
 * Owns: the result. Fails: integers, bool; axes as eg_sum. Records: Square, Sum, Sqrt and what
 * chooses 0 for order 2, otherwise Abs and what the order needs. */
EG_API eg_tensor *eg_vector_norm_with(eg_tensor *x, const eg_norm_attrs *attrs);
EG_API eg_tensor *eg_vector_norm(eg_tensor *x);

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

/* The index of the smallest along one axis; otherwise as eg_argmax. No gradient.
 *     eg_argmin(EG_F32(3, 1, 2, 1))  ->  1 int64[]
 * Owns: the result. Fails: as eg_argmax. Records: ArgMin. */
EG_API eg_tensor *eg_argmin_with(eg_tensor *x, const eg_argmax_attrs *attrs);
EG_API eg_tensor *eg_argmin(eg_tensor *x);

#ifdef __cplusplus
}
#endif

#endif
