/* Pools: what lies under a window that moves over one, two or three spatial axes becomes one
 * number, channel by channel.
 *
 * x is [images, sizes, channels], with channels_first [images, channels, sizes]; the rank says how
 * many spatial axes there are. Padding counts for nothing unless said otherwise.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_POOL_H
#define EAGRE_OPS_POOL_H

#include <eagre/ops/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Lists have one number for each spatial axis, or one for all of them. */
typedef struct eg_pool_attrs {
    size_t size;            /* sizeof(eg_pool_attrs) */
    eg_index window;        /* its sizes, which have to be given */
    eg_index strides;       /* how far it moves at a time [as far as it is long] */
    bool same;              /* pad so that sizes become size / stride, rounded up */
    eg_index padding;       /* in front of and behind each spatial axis, less than the window [0] */
    eg_index padding_after; /* behind, where that differs */
    bool count_padding;     /* means are of the whole window, padding in it is zeros */
    bool channels_first;    /* [images, channels, sizes] */
    eg_index sizes;         /* spatial sizes of the result of eg_avg_pool_grad, eg_max_unpool and
                               adaptive pools */
} eg_pool_attrs;

/* The largest under the window; NaN is larger than all. Gradient: dz where it came from, of equals
 * the first.
 *     eg_max_pool(eg_reshape(EG_F32(1, 5, 2, 3), EG_DIMS(1, 4, 1)),
 *         .window = EG_AT(2))  ->  [[[5.] [3.]]] float32[1,2,1]
 * Owns: the result. Fails: bool, a rank other than 3 to 5, no window or one larger than x with its
 * padding. Records: MaxPool; Transpose with channels_first. */
EG_API eg_tensor *eg_max_pool_with(eg_tensor *x, const eg_pool_attrs *attrs);

/* Where eg_max_pool finds the largest: its number in row-major order among the elements of its
 * image, channels last, as int64. No gradient.
 *     eg_max_pool_index(eg_reshape(EG_F32(1, 5, 2, 3), EG_DIMS(1, 4, 1)),
 *         .window = EG_AT(2))  ->  [[[1] [3]]] int64[1,2,1]
 * Owns: the result. Fails: as eg_max_pool. Records: MaxPoolIndex; Transpose with channels_first. */
EG_API eg_tensor *eg_max_pool_index_with(eg_tensor *x, const eg_pool_attrs *attrs);

/* The mean under the window. Gradient: eg_avg_pool_grad.
 *     eg_avg_pool(eg_reshape(EG_F32(1, 5, 2, 3), EG_DIMS(1, 4, 1)),
 *         .window = EG_AT(2))  ->  [[[3. ] [2.5]]] float32[1,2,1]
 * Owns: the result. Fails: integers; as eg_max_pool. Records: AvgPool; Transpose with
 * channels_first. */
EG_API eg_tensor *eg_avg_pool_with(eg_tensor *x, const eg_pool_attrs *attrs);

/* What eg_avg_pool hands back of the gradient dz of its result to an x of `sizes`: each element is
 * spread evenly under its window. Gradient: eg_avg_pool.
 *     eg_avg_pool_grad(eg_reshape(EG_F32(2, 6), EG_DIMS(1, 2, 1)), .window = EG_AT(2), .sizes =
 *         EG_AT(4))  ->  [[[1.] [1.] [3.] [3.]]] float32[1,4,1]
 * Owns: the result. Fails: as eg_avg_pool; no sizes, or sizes that do not fit dz. Records:
 * AvgPoolGrad; Transpose with channels_first. */
EG_API eg_tensor *eg_avg_pool_grad_with(eg_tensor *dz, const eg_pool_attrs *attrs);

/* The largest, and the mean, of all elements of each channel of each image: [images, channels]. Of
 * the options only channels_first is looked at. Gradient: by eg_max and eg_mean.
 *     eg_global_max_pool(eg_reshape(EG_F32(1, 5, 2, 3), EG_DIMS(1, 4, 1)))  ->  [[5.]] float32[1,1]
 *     eg_global_avg_pool(eg_reshape(EG_F32(1, 5, 2, 3),
 *         EG_DIMS(1, 4, 1)))  ->  [[2.75]] float32[1,1]
 * Owns: the result. Fails: bool, of a mean integers; a rank other than 3 to 5; a maximum of
 * nothing. Records: Max, or Sum and Div. */
EG_API eg_tensor *eg_global_max_pool_with(eg_tensor *x, const eg_pool_attrs *attrs);
EG_API eg_tensor *eg_global_avg_pool_with(eg_tensor *x, const eg_pool_attrs *attrs);

/* Means, and maxima, under windows that are laid out so that the result has `sizes`: the one at i
 * of m goes from i * size / m, rounded down, to (i + 1) * size / m, rounded up. Of the other
 * options only channels_first is looked at. Gradient: by the weights of the means; as of eg_max.
 *     eg_adaptive_avg_pool(eg_reshape(EG_F32(1, 5, 3), EG_DIMS(1, 3, 1)),
 *         .sizes = EG_AT(2))  ->  [[[3.] [4.]]] float32[1,2,1]
 *     eg_adaptive_max_pool(eg_reshape(EG_F32(1, 5, 3), EG_DIMS(1, 3, 1)),
 *         .sizes = EG_AT(2))  ->  [[[5.] [5.]]] float32[1,2,1]
 * Owns: the result. Fails: bool, of a mean integers; a rank other than 3 to 5; no sizes, or one
 * below 1; an x without elements along a spatial axis. Records: Resize, or Gather and Max;
 * Transpose with channels_first. */
EG_API eg_tensor *eg_adaptive_avg_pool_with(eg_tensor *x, const eg_pool_attrs *attrs);
EG_API eg_tensor *eg_adaptive_max_pool_with(eg_tensor *x, const eg_pool_attrs *attrs);

/* The p-th root of the sum of |x|^p under the window; padding counts as 0. Gradient: by the parts;
 * 0 where all is 0.
 *     eg_lp_pool(eg_reshape(EG_F32(3, 4, 0, -2), EG_DIMS(1, 4, 1)), 2,
 *         .window = EG_AT(2))  ->  [[[5.] [2.]]] float32[1,2,1]
 * Owns: the result. Fails: as eg_avg_pool; a p below 1. Records: Abs, Square, Pow, AvgPool and what
 * they need. */
EG_API eg_tensor *eg_lp_pool_with(eg_tensor *x, double p, const eg_pool_attrs *attrs);

/* The elements of x put back where eg_max_pool_index found them, in zeros of `sizes`; those that
 * are put in one place are added. Gradient: dz at those places.
 *     eg_max_unpool(eg_reshape(EG_F32(5, 3), EG_DIMS(1, 2, 1)), eg_reshape(EG_I64(1, 3),
 *         EG_DIMS(1, 2, 1)), .sizes = EG_AT(4))  ->  [[[0.] [5.] [0.] [3.]]] float32[1,4,1]
 * Owns: the result. Fails: bool, shapes that differ, no sizes, places that are not inside. Records:
 * Reshape, AddAlong; Transpose with channels_first. */
EG_API eg_tensor *eg_max_unpool_with(eg_tensor *x, eg_tensor *index, const eg_pool_attrs *attrs);

#ifdef __cplusplus
}
#endif

#endif
