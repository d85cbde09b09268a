/* Creating: numbers in steps, unit matrices, diagonals and triangles.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_CREATE_H
#define EAGRE_OPS_CREATE_H

#include <eagre/ops/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* start, start + step, … as long as they are before `stop`. In easy.h plain C numbers. Whole dtypes
 * take whole numbers. Floating-point values are computed in float64 as start + i * step. No
 * gradient.
 *     eg_arange(EG_INT32, 1, 8, 3)  ->  [1 4 7] int32[3]
 *     eg_arange(EG_FLOAT32, 1, 0, -0.25)  ->  [1.   0.75 0.5  0.25] float32[4]
 * Owns: the result. Fails: step 0, bool, numbers the dtype does not hold, more than fit into
 * memory. Records: Range, Mul, Add, Cast as needed. */
EG_API eg_tensor *eg_arange(eg_dtype dtype, eg_number start, eg_number stop, eg_number step);

typedef struct eg_linspace_attrs {
    size_t size;   /* sizeof(eg_linspace_attrs) */
    bool open_end; /* stop is not one of the numbers */
} eg_linspace_attrs;

/* n numbers from start to stop, equally far apart, computed in float64; the last one is stop
 * exactly. No gradient.
 *     eg_linspace(EG_FLOAT32, 0, 1, 5)  ->  [0.   0.25 0.5  0.75 1.  ] float32[5]
 *     eg_linspace(EG_FLOAT32, 0, 1, 4, .open_end = true)  ->  [0.   0.25 0.5  0.75] float32[4]
 * Owns: the result. Fails: a dtype that is not floating point, a negative n. Records: Range, Mul,
 * Add, Where, Cast as needed. */
EG_API eg_tensor *eg_linspace_with(eg_dtype dtype, double start, double stop, int64_t n,
    const eg_linspace_attrs *attrs);

/* Ones on a diagonal, zeros elsewhere: diagonal `offset` is above the main one, or below it where
 * negative. No gradient.
 *     eg_eye(EG_INT32, 2, 3, 1)  ->  [[0 1 0] [0 0 1]] int32[2,3]
 * Owns: the result. Fails: negative sizes, an unknown dtype. Records: Range, Add, Equal, Cast. */
EG_API eg_tensor *eg_eye(eg_dtype dtype, int64_t rows, int64_t columns, int64_t offset);

/* `value`, a single number, in the dtype and shape of x. Gradient of the value: the sum of dz.
 *     eg_full_like(EG_F32(1, 2), 7)  ->  [7. 7.] float32[2]
 * Owns: the result. Fails: a value with more than one element, or of another dtype.
 * Records: BroadcastTo. */
EG_API eg_tensor *eg_full_like(eg_tensor *x, eg_tensor *value);

/* Matrices, in the last two axes, with zeros above a diagonal (tril) or below it (triu). Gradient:
 * dz with the same zeros.
 *     eg_tril(eg_ones(EG_INT32, EG_DIMS(2, 2)), 0)  ->  [[1 0] [1 1]] int32[2,2]
 *     eg_triu(eg_ones(EG_INT32, EG_DIMS(2, 2)), 1)  ->  [[0 1] [0 0]] int32[2,2]
 * Owns: the result. Fails: fewer than two axes. Records: Range, Add, GreaterEqual, Where. */
EG_API eg_tensor *eg_tril(eg_tensor *x, int64_t offset);
EG_API eg_tensor *eg_triu(eg_tensor *x, int64_t offset);

/* A diagonal of matrices in the last two axes, as the last axis. Gradient: dz in zeros.
 *     eg_diagonal(eg_reshape(EG_I32(1, 2, 3, 4), EG_DIMS(2, 2)), 0)  ->  [1 4] int32[2]
 * Owns: the result. Fails: fewer than two axes. Records: Reshape, Slice. */
EG_API eg_tensor *eg_diagonal(eg_tensor *x, int64_t offset);

/* Square matrices with the last axis of x on a diagonal, zeros elsewhere. Gradient: dz's diagonal.
 *     eg_diag(EG_I32(1, 2), 0)  ->  [[1 0] [0 2]] int32[2,2]
 * Owns: the result. Fails: rank 0 or 8. Records: Unslice, Reshape. */
EG_API eg_tensor *eg_diag(eg_tensor *x, int64_t offset);

/* The sum of a diagonal. Gradient: dz on that diagonal.
 *     eg_trace(eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2)), 0)  ->  5. float32[]
 * Owns: the result. Fails: as eg_diagonal, and bool. Records: Reshape, Slice, Sum. */
EG_API eg_tensor *eg_trace(eg_tensor *x, int64_t offset);

#ifdef __cplusplus
}
#endif

#endif
