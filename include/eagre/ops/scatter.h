/* Elements by index, further: indices of several axes, rows put among others.
 *
 * Indices are whole numbers of any dtype. Unless said otherwise negative ones count from the end
 * here, and one outside is an error that names it. Where several updates go to one place they do
 * so in their order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_SCATTER_H
#define EAGRE_OPS_SCATTER_H

#include <eagre/ops/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What an index outside of an axis means. */
typedef enum eg_outside {
    EG_OUTSIDE_FAILS = 0, /* an error, but -1 is the last element and so on */
    EG_OUTSIDE_WRAPS = 1, /* it goes on counting from the other side */
    EG_OUTSIDE_CLIPS = 2  /* the first or the last element; negative ones too are outside */
} eg_outside;

typedef struct eg_ravel_index_attrs {
    size_t size;        /* sizeof(eg_ravel_index_attrs) */
    eg_index dims;      /* the shape that is indexed, as long as the last axis of the indices */
    eg_outside outside; /* what to do with indices that are not inside [an error] */
} eg_ravel_index_attrs;

/* Positions in an array of shape `dims`, one list of indices in each row (last axis) of `indices`,
 * as positions among all its elements in row-major order: int64. No gradient.
 *     eg_ravel_index(eg_reshape(EG_I32(1, 2, -1, 0), EG_DIMS(2, 2)),
 *         .dims = EG_AT(3, 4))  ->  [6 8] int64[2]
 * Owns: the result. Fails: indices that are not integers or not inside, rank 0, another number of
 * indices. Records: RavelIndex. */
EG_API eg_tensor *eg_ravel_index_with(eg_tensor *indices, const eg_ravel_index_attrs *attrs);

typedef struct eg_take_attrs {
    size_t size;        /* sizeof(eg_take_attrs) */
    int axis;           /* along which to pick; negative: from the end [0] */
    eg_outside outside; /* what to do with indices that are not inside [an error] */
} eg_take_attrs;

/* eg_gather with indices of any dtype and sign. Gradient: dz added up at the places it came from.
 *     eg_take(EG_F32(10, 20, 30), EG_I32(-1, 0))  ->  [30. 10.] float32[2]
 *     eg_take(EG_F32(10, 20, 30), EG_I32(4, -9),
 *         .outside = EG_OUTSIDE_CLIPS)  ->  [30. 10.] float32[2]
 * Owns: the result. Fails: indices that are not integers or not inside, rank 0.
 * Records: RavelIndex, Gather. */
EG_API eg_tensor *eg_take_with(eg_tensor *x, eg_tensor *indices, const eg_take_attrs *attrs);

/* The elements, or slices, of x at positions: each row (last axis) of `indices` is a position along
 * the first axes of x. Gradient: dz added up at the places it came from.
 *     eg_gather_nd(eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2)),
 *         eg_reshape(EG_I32(1, 0, 0, 1), EG_DIMS(2, 2)))  ->  [3. 2.] float32[2]
 * Owns: the result. Fails: as eg_ravel_index; more indices in a row than x has axes.
 * Records: RavelIndex, Reshape, Gather. */
EG_API eg_tensor *eg_gather_nd(eg_tensor *x, eg_tensor *indices);

/* Zeros of the given shape, to which updates are added at positions, as eg_gather_nd reads them.
 * Gradient: dz gathered.
 *     eg_scatter_nd(eg_reshape(EG_I32(3, 1, 3), EG_DIMS(3, 1)),
 *         EG_F32(1, 2, 4), EG_DIMS(5))  ->  [0. 2. 0. 5. 0.] float32[5]
 * Owns: the result. Fails: as eg_ravel_index; shapes that do not fit; bool updates.
 * Records: RavelIndex, ScatterAdd, Reshape. */
EG_API eg_tensor *eg_scatter_nd(eg_tensor *indices, eg_tensor *updates, int rank,
    const int64_t dims[]);

/* What becomes of a row of x and one that is put there. */
typedef enum eg_scatter_how {
    EG_SCATTER_SET = 0, /* the new one: of several, the last */
    EG_SCATTER_ADD = 1,
    EG_SCATTER_MAX = 2,
    EG_SCATTER_MIN = 3
} eg_scatter_how;

typedef struct eg_scatter_attrs {
    size_t size;        /* sizeof(eg_scatter_attrs) */
    eg_scatter_how how; /* [the update replaces the row] */
    bool drop;          /* leave out rows whose index is not inside, instead of failing */
} eg_scatter_attrs;

/* x with its rows (slices along the first axis) at `indices`, counted from 0, changed by `updates`,
 * whose shape is that of the indices and then a row's. Gradient: dz where x, or the update, is what
 * came out; among equals of max and min it is shared.
 *     eg_scatter(EG_F32(1, 2, 3), EG_I32(2, 0), EG_F32(7, 8))  ->  [8. 2. 7.] float32[3]
 *     eg_scatter(EG_F32(1, 2, 3), EG_I32(1, 1), EG_F32(7, 8),
 *         .how = EG_SCATTER_ADD)  ->  [ 1. 17.  3.] float32[3]
 *     eg_scatter(EG_F32(1, 2, 3), EG_I32(-1, 1), EG_F32(7, 8),
 *         .drop = true)  ->  [1. 8. 3.] float32[3]
 * Owns: the result. Fails: indices that are not integers or not inside, shapes that do not fit,
 * bool for other ways than EG_SCATTER_SET. Records: Scatter. */
EG_API eg_tensor *eg_scatter_with(eg_tensor *x, eg_tensor *indices, eg_tensor *updates,
    const eg_scatter_attrs *attrs);

/* The same at positions along several axes, as eg_gather_nd reads them. Gradient: as eg_scatter.
 *     eg_tensor_scatter_nd_update(eg_zeros(EG_INT32, EG_DIMS(2, 2)),
 *         eg_reshape(EG_I32(1, 0, 0, 1), EG_DIMS(2, 2)),
 *         EG_I32(5, 6))  ->  [[0 6] [5 0]] int32[2,2]
 * Owns: the result. Fails: as eg_ravel_index and eg_scatter. Records: RavelIndex, Reshape,
 * Scatter. */
EG_API eg_tensor *eg_tensor_scatter_nd_update(eg_tensor *x, eg_tensor *indices, eg_tensor *updates);
EG_API eg_tensor *eg_tensor_scatter_nd_add(eg_tensor *x, eg_tensor *indices, eg_tensor *updates);
EG_API eg_tensor *eg_tensor_scatter_nd_max(eg_tensor *x, eg_tensor *indices, eg_tensor *updates);
EG_API eg_tensor *eg_tensor_scatter_nd_min(eg_tensor *x, eg_tensor *indices, eg_tensor *updates);

/* Changes the rows of a variable at `indices` as eg_scatter would; both of its options are given by
 * `attrs`. The other rows are not touched: neither in an eager call nor in a function is the
 * variable copied where nobody holds its old value.
 * Action. Fails: as eg_scatter and eg_assign. Records: RavelIndex, Scatter, an effect. */
EG_API eg_status eg_assign_rows_with(eg_tensor *variable, eg_tensor *indices, eg_tensor *updates,
    const eg_scatter_attrs *attrs);

#ifdef __cplusplus
}
#endif

#endif
