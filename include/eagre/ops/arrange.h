/* Arranging: axes turned round and moved, elements repeated, edges added, tensors cut into parts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_ARRANGE_H
#define EAGRE_OPS_ARRANGE_H

#include <eagre/ops/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All elements in row-major order, along one axis. Copies nothing. Gradient: dz in x's shape.
 *     eg_flatten(EG_I32(1, 2))  ->  [1 2] int32[2]
 * Owns: the result. Records: Reshape. */
EG_API eg_tensor *eg_flatten(eg_tensor *x);

typedef struct eg_flip_attrs {
    size_t size;  /* sizeof(eg_flip_attrs) */
    eg_axes axes; /* which to turn round [all] */
} eg_flip_attrs;

/* The elements along axes from the last to the first. Gradient: dz flipped.
 *     eg_flip(EG_I32(1, 2, 3))  ->  [3 2 1] int32[3]
 * Owns: the result. Fails: an axis outside. Records: Slice. */
EG_API eg_tensor *eg_flip_with(eg_tensor *x, const eg_flip_attrs *attrs);
EG_API eg_tensor *eg_flip(eg_tensor *x);

/* The elements along an axis moved `shift` places towards the end (negative: the front); what
 * leaves at one side enters at the other. Gradient: dz rolled back.
 *     eg_roll(EG_I32(1, 2, 3, 4), 1, 0)  ->  [4 1 2 3] int32[4]
 * Owns: the result. Fails: an axis outside. Records: Slice, Concat; nothing but Identity where no
 * element moves. */
EG_API eg_tensor *eg_roll(eg_tensor *x, int64_t shift, int axis);

/* Each element along an axis n times, one behind the other. Gradient: dz summed over the copies.
 *     eg_repeat(EG_I32(1, 2), 2, 0)  ->  [1 1 2 2] int32[4]
 * Owns: the result. Fails: a negative n, an axis outside. Records: Reshape, BroadcastTo. */
EG_API eg_tensor *eg_repeat(eg_tensor *x, int64_t n, int axis);

/* The whole of x counts[i] times along axis i. A shorter list is for the last axes, a longer one
 * adds axes in front. Gradient: dz summed over the copies.
 *     eg_tile(EG_I32(1, 2), EG_DIMS(2))  ->  [1 2 1 2] int32[4]
 *     eg_tile(EG_I32(1, 2), EG_DIMS(2, 1))  ->  [[1 2] [1 2]] int32[2,2]
 * Owns: the result. Fails: a negative count, more than 8 axes. Records: Reshape, BroadcastTo. */
EG_API eg_tensor *eg_tile(eg_tensor *x, int rank, const int64_t counts[]);

typedef enum eg_pad_mode {
    EG_PAD_CONSTANT = 0,  /* .value */
    EG_PAD_REFLECT = 1,   /* mirrored, the edge once: 3 2 | 1 2 3 | 2 1 */
    EG_PAD_SYMMETRIC = 2, /* mirrored, the edge twice: 2 1 | 1 2 3 | 3 2 */
    EG_PAD_EDGE = 3,      /* the edge: 1 1 | 1 2 3 | 3 3 */
    EG_PAD_WRAP = 4       /* from the other side: 2 3 | 1 2 3 | 1 2 */
} eg_pad_mode;

typedef struct eg_pad_attrs {
    size_t size;     /* sizeof(eg_pad_attrs) */
    eg_index before; /* how many elements in front, along each axis [0] */
    eg_index after;  /* how many behind [0] */
    eg_pad_mode mode;
    double value; /* what a constant edge consists of [0] */
} eg_pad_attrs;

/* x with elements added at the edges. Lists may be shorter than the rank; axes they do not reach
 * get nothing. Edges wider than x go on with the pattern. Gradient: dz's part within; for edges
 * made of elements of x, added up where they came from.
 *     eg_pad(EG_I32(1, 2, 3), .before = EG_AT(1), .after = EG_AT(2))  ->  [0 1 2 3 0 0] int32[6]
 *     eg_pad(EG_I32(1, 2, 3), .before = EG_AT(2),
 *         .mode = EG_PAD_REFLECT)  ->  [3 2 1 2 3] int32[5]
 * Owns: the result. Fails: negative sizes, more of them than axes, a value the dtype does not hold,
 * an empty axis with nothing to repeat. Records: Unslice, or BroadcastTo and PutSlice, or
 * Gather. */
EG_API eg_tensor *eg_pad_with(eg_tensor *x, const eg_pad_attrs *attrs);

/* Axis `from` in place `to`, the others in their order. Gradient: dz moved back.
 *     eg_moveaxis(eg_zeros(EG_INT32, EG_DIMS(2, 0, 3)), 0, -1)  ->  [] int32[0,3,2]
 * Owns: the result. Fails: axes outside. Records: Transpose, or nothing. */
EG_API eg_tensor *eg_moveaxis(eg_tensor *x, int from, int to);

/* eg_transpose with the axes as an argument of its own; there are as many as x has. Gradient: dz
 * with the order turned back.
 *     eg_permute_dims(eg_reshape(EG_I32(1, 2, 3, 4), EG_DIMS(2, 2)),
 *         1, 0)  ->  [[1 3] [2 4]] int32[2,2]
 * Owns: the result. Fails: axes that are not each axis once. Records: Transpose. */
EG_API eg_tensor *eg_permute_dims(eg_tensor *x, const eg_axes *axes);

/* Matrices, in the last two axes, transposed. Gradient: dz transposed.
 *     eg_matrix_transpose(eg_reshape(EG_I32(1, 2, 3, 4),
 *         EG_DIMS(2, 2)))  ->  [[1 3] [2 4]] int32[2,2]
 * Owns: the result. Fails: fewer than two axes. Records: Transpose. */
EG_API eg_tensor *eg_matrix_transpose(eg_tensor *x);

/* ---- several results ------------------------------------------------------------------------ */

/* These fill an array of the caller's with as many tensors as it asks for, all NULL after an error.
 * The tensors belong to the innermost scope. */

/* x cut into n equal parts along an axis.
 * Action. Fails: a size that n does not divide, n below 1. Records: Slice. */
EG_API eg_status eg_split(eg_tensor *x, int n, int axis, eg_tensor *parts[]);

/* x cut into n parts of the given sizes along an axis; one size may be -1 and is found from the
 * rest.
 * Action. Fails: sizes that do not add up to x's. Records: Slice. */
EG_API eg_status eg_split_sizes(eg_tensor *x, int n, const int64_t sizes[], int axis,
    eg_tensor *parts[]);

/* The n slices along an axis, without it: the counterpart of eg_stack. n is the size of the axis.
 * Action. Fails: another n, an axis outside. Records: Slice, Reshape. */
EG_API eg_status eg_unstack(eg_tensor *x, int n, int axis, eg_tensor *parts[]);

/* n tensors brought to the shape they broadcast to together.
 * Action. Fails: shapes that do not broadcast. Records: BroadcastTo. */
EG_API eg_status eg_broadcast_arrays(int n, eg_tensor *const x[], eg_tensor *wide[]);

typedef struct eg_meshgrid_attrs {
    size_t size;    /* sizeof(eg_meshgrid_attrs) */
    bool as_matrix; /* the first coordinate goes along the first axis (NumPy's "ij") [the second] */
} eg_meshgrid_attrs;

/* The grid that n lists of coordinates, of rank 0 or 1, span: grid i holds coordinate i of each
 * point. The first coordinate goes along the second axis, as columns do, unless `as_matrix`.
 * Action. Fails: rank above 1, more than 8 lists. Records: Reshape, BroadcastTo. */
EG_API eg_status eg_meshgrid_with(int n, eg_tensor *const x[], eg_tensor *grids[],
    const eg_meshgrid_attrs *attrs);

#ifdef __cplusplus
}
#endif

#endif
