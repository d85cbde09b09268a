/* Elements by index: gather, its counterparts, one-hot rows, the largest k.
 *
 * Indices are int32 or int64. Negative ones are errors, as are those beyond the end: every index
 * is checked.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_INDEX_H
#define EAGRE_OPS_INDEX_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_gather_attrs {
    size_t size; /* sizeof(eg_gather_attrs) */
    int axis;    /* along which to pick; negative: from the end [0] */
} eg_gather_attrs;

/* Slices of x along one axis, by index: the axis is replaced by the shape of `indices`. Gradient:
 * dz added up at the places it came from.
 *     eg_gather(EG_F32(10, 20, 30), EG_I32(2, 0, 2))  ->  [30. 10. 30.] float32[3]
 * Owns: the result. Fails: indices that are not integers or not inside, rank 0. Records: Gather. */
EG_API eg_tensor *eg_gather_with(eg_tensor *x, eg_tensor *indices, const eg_gather_attrs *attrs);
EG_API eg_tensor *eg_gather(eg_tensor *x, eg_tensor *indices);

/* Elements along the last axis, a list of its own for each row: `indices` has the shape of x but
 * for the last size. Gradient: dz added up at the places it came from.
 *     eg_take_along(eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2)),
 *         eg_reshape(EG_I32(1, 0), EG_DIMS(2, 1)))  ->  [[2.] [3.]] float32[2,1]
 * Owns: the result. Fails: shapes that do not fit, indices as eg_gather. Records: TakeAlong. */
EG_API eg_tensor *eg_take_along(eg_tensor *x, eg_tensor *indices);

/* The counterpart of eg_gather: zeros of size n along `axis`, to which the slices of `updates` are
 * added at `indices`, in their order. updates has the shape that eg_gather would give. Gradient:
 * dz gathered.
 *     eg_scatter_add(EG_I32(2, 0, 2), EG_F32(1, 2, 3), 4, 0)  ->  [2. 0. 4. 0.] float32[4]
 * Owns: the result. Fails: shapes that do not fit, indices as eg_gather. Records: ScatterAdd. */
EG_API eg_tensor *eg_scatter_add(eg_tensor *indices, eg_tensor *updates, int64_t n, int axis);

/* The counterpart of eg_take_along: zeros with n elements along the last axis, to which `updates`
 * are added at `indices`, row by row. Gradient: dz taken along.
 *     eg_add_along(EG_I32(1, 1), EG_F32(5, 6), 3)  ->  [ 0. 11.  0.] float32[3]
 * Owns: the result. Fails: shapes that differ, indices as eg_gather. Records: AddAlong. */
EG_API eg_tensor *eg_add_along(eg_tensor *indices, eg_tensor *updates, int64_t n);

typedef struct eg_one_hot_attrs {
    size_t size;    /* sizeof(eg_one_hot_attrs) */
    eg_dtype dtype; /* of the result [float32] */
} eg_one_hot_attrs;

/* For each index a row of `depth` zeros with a one at the index; all zeros for an index outside.
 * No gradient.
 *     eg_one_hot(EG_I32(1, 0), 3)  ->  [[0. 1. 0.] [1. 0. 0.]] float32[2,3]
 * Owns: the result. Fails: indices that are not integers, a negative depth. Records: OneHot. */
EG_API eg_tensor *eg_one_hot_with(eg_tensor *indices, int64_t depth, const eg_one_hot_attrs *attrs);

/* The k largest of each row (last axis), in falling order, and where they were (int64): a tuple.
 * Of equals the first comes first; NaN counts as largest. Gradient of the values: dz put back.
 *     eg_part(eg_top_k(EG_F32(3, 9, 4), 2), 0)  ->  [9. 4.] float32[2]
 * Owns: the result. Fails: k below 0 or above the row's length, rank 0, bool. Records: TopK. */
EG_API eg_tensor *eg_top_k(eg_tensor *x, int64_t k);

#ifdef __cplusplus
}
#endif

#endif
