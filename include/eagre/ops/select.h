/* Elements picked by a mask or by counts: how many there are depends on values.
 *
 * Eager code just gives what there is. In a function that is traced the host looks at the number,
 * as eg_item does: the trace has a branch for each number that was met. While a graph is built
 * there is no number to look at; there, and where the branches would be many, `.length` gives the
 * result a fixed length: what is too much is left out, what is missing is `.fill`.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_SELECT_H
#define EAGRE_OPS_SELECT_H

#include <eagre/ops/scatter.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_nonzero_attrs {
    size_t size;    /* sizeof(eg_nonzero_attrs) */
    int64_t length; /* how many elements are listed [as many as there are] */
    int64_t fill;   /* what stands for those that are missing [0] */
} eg_nonzero_attrs;

/* Where x is not 0, in row-major order: row i has the positions along axis i, int64. NaN is not 0,
 * -0 is. The rows are lists for eg_get. No gradient.
 *     eg_nonzero(EG_F32(0, 3, 0, 5))  ->  [[1 3]] int64[1,2]
 *     eg_nonzero(eg_reshape(EG_B(1, 0, 1, 1), EG_DIMS(2, 2)))  ->  [[0 1 1] [0 0 1]] int64[2,3]
 *     eg_nonzero(EG_I32(0, 3, 0), .length = 2, .fill = -1)  ->  [[ 1 -1]] int64[1,2]
 * Owns: the result. Fails: rank 0, a negative length; without a length while a graph is built.
 * Records: CountNonzero, Nonzero. */
EG_API eg_tensor *eg_nonzero_with(eg_tensor *x, const eg_nonzero_attrs *attrs);
EG_API eg_tensor *eg_nonzero(eg_tensor *x);

/* The same, but each row is one position: what TensorFlow calls `where` with one argument. Also of
 * rank 0: no row or one, of no numbers. No gradient.
 *     eg_argwhere(eg_reshape(EG_B(1, 0, 1, 1),
 *         EG_DIMS(2, 2)))  ->  [[0 0] [1 0] [1 1]] int64[3,2]
 * Owns: the result. Fails: as eg_nonzero. Records: CountNonzero, Nonzero, Transpose. */
EG_API eg_tensor *eg_argwhere_with(eg_tensor *x, const eg_nonzero_attrs *attrs);
EG_API eg_tensor *eg_argwhere(eg_tensor *x);

typedef struct eg_boolean_mask_attrs {
    size_t size;    /* sizeof(eg_boolean_mask_attrs) */
    int axis;       /* the first that the mask is for; negative: from the end [0] */
    int64_t length; /* how many elements the result has there [as many as there are] */
    double fill;    /* what stands for those that are missing [0] */
} eg_boolean_mask_attrs;

/* The elements, or slices, of x where a bool mask is true. The mask has the shape that x has from
 * an axis on; these axes become one. A mask of rank 0 adds an axis. Gradient: dz put back, zeros
 * elsewhere.
 *     eg_boolean_mask(EG_F32(1, 2, 3), EG_B(1, 0, 1))  ->  [1. 3.] float32[2]
 *     eg_boolean_mask(eg_reshape(EG_I32(1, 2, 3, 4, 5, 6), EG_DIMS(2, 3)),
 *         EG_B(0, 1, 1), .axis = 1)  ->  [[2 3] [5 6]] int32[2,2]
 *     eg_boolean_mask(EG_I32(1, 2, 3), EG_B(0, 0, 1),
 *         .length = 2, .fill = -1)  ->  [ 3 -1] int32[2]
 * Owns: the result. Fails: a mask that is not bool or has another shape, an axis outside, a fill
 * that the dtype does not hold; without a length while a graph is built. Records: CountNonzero,
 * BooleanMask; for another axis than the first Transpose too. */
EG_API eg_tensor *eg_boolean_mask_with(eg_tensor *x, eg_tensor *mask,
    const eg_boolean_mask_attrs *attrs);
EG_API eg_tensor *eg_boolean_mask(eg_tensor *x, eg_tensor *mask);

/* eg_boolean_mask with a mask of one axis that may be shorter than that of x: what is behind its
 * end is not picked. Gradient: as eg_boolean_mask.
 *     eg_compress(EG_B(0, 1), EG_F32(1, 2, 3))  ->  [2.] float32[1]
 * Owns: the result. Fails: as eg_boolean_mask; a mask of another rank than 1, or a longer one.
 * Records: Slice and what eg_boolean_mask does. */
EG_API eg_tensor *eg_compress_with(eg_tensor *mask, eg_tensor *x,
    const eg_boolean_mask_attrs *attrs);
EG_API eg_tensor *eg_compress(eg_tensor *mask, eg_tensor *x);

/* x with the elements, or slices, where a mask is true replaced by the updates, one after another:
 * the counterpart of eg_boolean_mask. The mask has the shape of the first axes of x. Gradient: dz
 * with zeros there; of the updates, dz picked.
 *     eg_masked_scatter(EG_F32(1, 2, 3), EG_B(1, 0, 1), EG_F32(7, 8))  ->  [7. 2. 8.] float32[3]
 * Owns: the result. Fails: a mask that is not bool, shapes that do not fit, another number of
 * updates than the mask has true elements. Records: MaskedScatter. */
EG_API eg_tensor *eg_masked_scatter(eg_tensor *x, eg_tensor *mask, eg_tensor *updates);

typedef struct eg_repeat_attrs {
    size_t size;    /* sizeof(eg_repeat_attrs) */
    int64_t length; /* how many elements the result has along the axis [the sum of the counts] */
    double fill;    /* what stands for those that are missing [0] */
} eg_repeat_attrs;

/* Each element along an axis as often as its count says, one behind the other; counts of rank 0
 * are for all elements. Gradient: dz summed over the copies.
 *     eg_repeat_counts(EG_I32(1, 2, 3), EG_I32(2, 0, 1), 0)  ->  [1 1 3] int32[3]
 * Owns: the result. Fails: counts that are not whole numbers, negative, or not one for each
 * element; an axis outside; without a length while a graph is built. Records: Sum, RepeatIndex,
 * Gather. */
EG_API eg_tensor *eg_repeat_counts_with(eg_tensor *x, eg_tensor *counts, int axis,
    const eg_repeat_attrs *attrs);
EG_API eg_tensor *eg_repeat_counts(eg_tensor *x, eg_tensor *counts, int axis);

/* The numbers 0, 1, … of counts, each as often as its count says, int64: from the lengths of rows
 * the row of each element. With a fixed length, what is missing is the number of counts. No
 * gradient.
 *     eg_repeat_index(EG_I32(2, 0, 1))  ->  [0 0 2] int64[3]
 *     eg_repeat_index(EG_I32(2, 0, 1), .length = 4)  ->  [0 0 2 3] int64[4]
 * Owns: the result. Fails: as eg_repeat_counts; counts of another rank than 1; a fill.
 * Records: Sum, RepeatIndex. */
EG_API eg_tensor *eg_repeat_index_with(eg_tensor *counts, const eg_repeat_attrs *attrs);
EG_API eg_tensor *eg_repeat_index(eg_tensor *counts);

/* The slices of x of which the id is 0, of which it is 1, … in n tensors, each in the order of x.
 * The shape of the ids is the beginning of that of x. parts has room for n tensors, all NULL after
 * an error; they belong to the innermost scope.
 * Action. Fails: ids that are not integers or not 0 to n - 1, shapes that do not fit, n below 1; a
 * graph being built. Records: ArgSort, Gather, ScatterAdd, Slice. */
EG_API eg_status eg_dynamic_partition(eg_tensor *x, eg_tensor *ids, int n, eg_tensor *parts[]);

/* ---- along an axis -------------------------------------------------------------------------- */

/* Elements along an axis, by a list of positions of its own for each row: x and the indices have
 * the same axes and broadcast against each other along all others. Negative indices count from the
 * end. Gradient: dz added up at the places it came from.
 *     eg_take_along_axis(eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2)),
 *         eg_reshape(EG_I32(-1, 0), EG_DIMS(1, 2)), 0)  ->  [[3. 2.]] float32[1,2]
 * Owns: the result. Fails: indices that are not integers or not inside, another rank, shapes that
 * do not broadcast. Records: RavelIndex, Reshape, TakeAlong; where needed BroadcastTo,
 * Transpose. */
EG_API eg_tensor *eg_take_along_axis(eg_tensor *x, eg_tensor *indices, int axis);

/* x with the elements that eg_take_along_axis would take replaced by values, which broadcast to
 * them, or changed by them. Gradient: as eg_scatter.
 *     eg_put_along_axis(EG_I32(1, 2, 3), EG_I32(-1, 0), EG_I32(7, 8), EG_SCATTER_SET,
 *         0)  ->  [8 2 7] int32[3]
 * Owns: the result. Fails: as eg_take_along_axis; bool where it is not replaced.
 * Records: RavelIndex, Scatter and others. */
EG_API eg_tensor *eg_put_along_axis(eg_tensor *x, eg_tensor *indices, eg_tensor *values,
    eg_scatter_how how, int axis);

#ifdef __cplusplus
}
#endif

#endif
