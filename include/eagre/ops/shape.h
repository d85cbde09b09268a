/* Shapes: the same elements arranged anew, and arrays made of nothing but a shape.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_SHAPE_H
#define EAGRE_OPS_SHAPE_H

#include <eagre/ops/reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The same elements in row-major order under another shape; one size may be -1 and is found from
 * the rest. Copies nothing. Gradient: dz in x's shape.
 *     eg_reshape(EG_I32(1, 2, 3, 4), EG_DIMS(2, -1))  ->  [[1 2] [3 4]] int32[2,2]
 * Owns: the result. Fails: another number of elements, two -1. Records: Reshape. */
EG_API eg_tensor *eg_reshape(eg_tensor *x, int rank, const int64_t dims[]);

/* A new axis of size 1 in front of `axis`, which may be the rank or negative: -1 puts it last.
 * Gradient: dz in x's shape.
 *     eg_expand_dims(EG_I32(1, 2), 1)  ->  [[1] [2]] int32[2,1]
 * Owns: the result. Fails: an axis outside. Records: Reshape. */
EG_API eg_tensor *eg_expand_dims(eg_tensor *x, int axis);

/* Without one axis of size 1. Gradient: dz in x's shape.
 *     eg_squeeze(eg_expand_dims(EG_I32(1, 2), 1), 1)  ->  [1 2] int32[2]
 * Owns: the result. Fails: an axis outside or of another size. Records: Reshape. */
EG_API eg_tensor *eg_squeeze(eg_tensor *x, int axis);

typedef struct eg_transpose_attrs {
    size_t size;  /* sizeof(eg_transpose_attrs) */
    eg_axes axes; /* axis i of the result is this axis of x [all in reverse order] */
} eg_transpose_attrs;

/* Axes in another order. Gradient: dz with the order turned back.
 *     eg_transpose(eg_reshape(EG_I32(1, 2, 3, 4), EG_DIMS(2, 2)))  ->  [[1 3] [2 4]] int32[2,2]
 * Owns: the result. Fails: axes that are not each axis once. Records: Transpose. */
EG_API eg_tensor *eg_transpose_with(eg_tensor *x, const eg_transpose_attrs *attrs);
EG_API eg_tensor *eg_transpose(eg_tensor *x);

/* Repeats axes of size 1, and adds axes in front, up to the given shape. Gradient: dz summed over
 * what was repeated.
 *     eg_broadcast_to(EG_I32(1, 2), EG_DIMS(2, 2))  ->  [[1 2] [1 2]] int32[2,2]
 * Owns: the result. Fails: a shape x does not broadcast to. Records: BroadcastTo. */
EG_API eg_tensor *eg_broadcast_to(eg_tensor *x, int rank, const int64_t dims[]);

typedef struct eg_concat_attrs {
    size_t size; /* sizeof(eg_concat_attrs) */
    int axis;    /* which to join along; negative: from the end [0] */
} eg_concat_attrs;

/* Tensors one after another along an axis; all other sizes agree, dtypes promote. At most 64.
 * Gradient: the pieces of dz.
 *     eg_concat(EG_IN(EG_I32(1, 2), EG_I32(3, 4)), .axis = 0)  ->  [1 2 3 4] int32[4]
 * Owns: the result. Fails: no tensor, rank 0 (a single number joins as one element in easy.h only
 * after eg_reshape), sizes that differ. Records: Concat. */
EG_API eg_tensor *eg_concat_with(int n, eg_tensor *const x[], const eg_concat_attrs *attrs);

/* Tensors of one shape side by side along a new axis. Gradient: the slices of dz.
 *     eg_stack(EG_IN(EG_I32(1, 2), EG_I32(3, 4)), .axis = 0)  ->  [[1 2] [3 4]] int32[2,2]
 * Owns: the result. Fails: shapes that differ, an axis outside. Records: Reshape, Concat. */
EG_API eg_tensor *eg_stack_with(int n, eg_tensor *const x[], const eg_concat_attrs *attrs);

/* A list of sizes or positions as an option: `.begin = EG_AT(0, 2)`. */
typedef struct eg_index {
    int n;
    int64_t at[EG_MAX_RANK];
} eg_index;

typedef struct eg_slice_attrs {
    size_t size; /* sizeof(eg_slice_attrs) */
    eg_index
        begin; /* first position along each axis, negative: from the end [0; -1 for step < 0] */
    eg_index count; /* how many along each axis; -1: as many as there are [-1] */
    eg_index step;  /* distance between them, negative: towards the front [1] */
} eg_slice_attrs;

/* A regular part of x: along axis i, count[i] elements from begin[i] on, step[i] apart. Lists may
 * be shorter than the rank; the axes they do not reach are taken whole. Gradient: dz put back into
 * zeros.
 *     eg_slice(EG_I32(1, 2, 3, 4, 5), .begin = EG_AT(1), .count = EG_AT(2))  ->  [2 3] int32[2]
 *     eg_slice(EG_I32(1, 2, 3, 4, 5), .step = EG_AT(2))  ->  [1 3 5] int32[3]
 * Owns: the result. Fails: a part that is not inside x. Records: Slice. */
EG_API eg_tensor *eg_slice_with(eg_tensor *x, const eg_slice_attrs *attrs);

typedef struct eg_put_slice_attrs {
    size_t size;    /* sizeof(eg_put_slice_attrs) */
    eg_index begin; /* as of eg_slice: where the part goes */
    eg_index step;
} eg_put_slice_attrs;

/* x with a regular part of it replaced: the counterpart of eg_slice, whose count is the shape of
 * `part`. Dtypes promote. Gradient: of x, dz with zeros there; of the part, the slice of dz.
 *     eg_put_slice(EG_I32(1, 2, 3, 4), EG_I32(7, 8), .begin = EG_AT(1))  ->  [1 7 8 4] int32[4]
 * Owns: the result. Fails: another rank, a part that does not fit. Records: PutSlice. */
EG_API eg_tensor *eg_put_slice_with(eg_tensor *x, eg_tensor *part, const eg_put_slice_attrs *attrs);

/* All of one dtype and shape, holding one value or the value of a tensor of rank 0. Gradient of
 * the value: the sum of dz.
 *     eg_zeros(EG_FLOAT32, EG_DIMS(2))  ->  [0. 0.] float32[2]
 *     eg_ones(EG_INT32, EG_DIMS(2))  ->  [1 1] int32[2]
 *     eg_full(7, EG_DIMS(3))  ->  [7 7 7] int32[3]
 * Owns: the result. Fails: as eg_copy for the shape; eg_full: a value with more than one element.
 * Records: BroadcastTo of a constant. */
EG_API eg_tensor *eg_zeros(eg_dtype dtype, int rank, const int64_t dims[]);
EG_API eg_tensor *eg_ones(eg_dtype dtype, int rank, const int64_t dims[]);
EG_API eg_tensor *eg_full(eg_tensor *value, int rank, const int64_t dims[]);

/* Zeros or ones in the dtype and shape of x. No gradient.
 *     eg_zeros_like(EG_F32(1, 2))  ->  [0. 0.] float32[2]
 * Owns: the result. Records: as eg_zeros. */
EG_API eg_tensor *eg_zeros_like(eg_tensor *x);
EG_API eg_tensor *eg_ones_like(eg_tensor *x);

/* The size of x along an axis, which counts from the end if negative, as an int64 tensor. Unlike
 * eg_dim it is no guard: a function's trace that computes with it serves other sizes too. While a
 * graph is built it is the size that x has there. No gradient.
 *     eg_size_of(eg_zeros(EG_FLOAT32, EG_DIMS(3, 2)), 0)  ->  3 int64[]
 * Owns: the result. Fails: NULL, an axis outside. Records: a constant that follows the size. */
EG_API eg_tensor *eg_size_of(eg_tensor *x, int axis);

/* n numbers from 0 on, int64. No gradient.
 *     eg_range(4)  ->  [0 1 2 3] int64[4]
 * Owns: the result. Fails: a negative n. Records: Range. */
EG_API eg_tensor *eg_range(int64_t n);

/* x itself, as a tensor of its own. Gradient: dz.
 *     eg_identity(EG_I32(1, 2))  ->  [1 2] int32[2]
 * Owns: the result. Records: Identity. */
EG_API eg_tensor *eg_identity(eg_tensor *x);

/* x, but a constant for every tape: no gradient flows through.
 *     eg_stop_gradient(EG_F32(1, 2))  ->  [1. 2.] float32[2]
 * Owns: the result. Records: StopGradient. */
EG_API eg_tensor *eg_stop_gradient(eg_tensor *x);

#ifdef __cplusplus
}
#endif

#endif
