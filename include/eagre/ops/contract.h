/* Products of tensors along chosen axes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_CONTRACT_H
#define EAGRE_OPS_CONTRACT_H

#include <eagre/ops/shape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All products of an element of x and one of y: z[i, j] = x[i] * y[j]. Tensors of other ranks are
 * taken as lists of their elements. Gradient: dz times y, summed over y's axis, and the other way.
 *     eg_outer(EG_I32(1, 2), EG_I32(3, 4))  ->  [[3 4] [6 8]] int32[2,2]
 * Owns: the result. Fails: dtypes of different kinds, bool. Records: Reshape, Mul. */
EG_API eg_tensor *eg_outer(eg_tensor *x, eg_tensor *y);

/* The sum of products along an axis, which both have with the same size; the other axes broadcast.
 * The axis is counted from the end, unless the ranks are equal. Gradient: dz times the other one.
 *     eg_vecdot(EG_F32(1, 2), EG_F32(3, 4), -1)  ->  11. float32[]
 * Owns: the result. Fails: sizes that do not broadcast, or differ along the axis; bool; rank 0.
 * Records: Mul, Sum, and Cast where a sum is wider. */
EG_API eg_tensor *eg_vecdot(eg_tensor *x, eg_tensor *y, int axis);

typedef struct eg_tensordot_attrs {
    size_t size;    /* sizeof(eg_tensordot_attrs) */
    eg_axes x_axes; /* of x, to sum over [the last n of x] */
    eg_axes y_axes; /* of y, one for each of those [the first n of y] */
    int n;          /* how many, where none are named; -1: none at all [2] */
} eg_tensordot_attrs;

/* The sum of products over pairs of axes: those of x that are left come first, then those of y.
 * Gradient: dz contracted with the other one.
 *     eg_tensordot(eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2)), EG_F32(1, 10),
 *         .n = 1)  ->  [21. 43.] float32[2]
 * Owns: the result. Fails: axes outside or named twice, sizes that differ, bool.
 * Records: Transpose, Reshape, MatMul. */
EG_API eg_tensor *eg_tensordot_with(eg_tensor *x, eg_tensor *y, const eg_tensordot_attrs *attrs);

/* The sum of products that an equation of letters names, as in NumPy: a letter for each axis, a
 * list for each of n operands; "->" and the axes of the result, in any order. Letters that are not
 * in the result are summed over; without "->" the result has the letters that occur once, in
 * alphabetical order. A letter twice in one operand is its diagonal; "..." are all axes not named,
 * which broadcast. Operands are contracted two at a time, the pair with the smallest result first,
 * as products of matrices. Gradient: dz contracted with the others.
 *     eg_einsum("ij,jk->ik", EG_IN(eg_eye(EG_INT32, 2, 2, 1),
 *         eg_reshape(EG_I32(1, 2, 3, 4), EG_DIMS(2, 2))))  ->  [[3 4] [0 0]] int32[2,2]
 *     eg_einsum("ii", EG_IN(eg_ones(EG_FLOAT32, EG_DIMS(3, 3))))  ->  3. float32[]
 * Owns: the result. Fails: an equation that does not parse or fit, sizes that differ for one
 * letter, more than 8 axes on the way; bool. Records: Transpose, Reshape, Slice, Sum, Mul,
 * MatMul. */
EG_API eg_tensor *eg_einsum(const char *equation, int n, eg_tensor *const x[]);

/* Each element of x replaced by its product with the whole of y; the shorter shape gets axes of
 * size 1 in front. Gradient: dz times the other one, summed.
 *     eg_kron(EG_I32(1, 10), EG_I32(1, 2, 3))  ->  [ 1  2  3 10 20 30] int32[6]
 * Owns: the result. Fails: bool, an overflowing size. Records: Reshape, Mul, with more than 4 axes
 * BroadcastTo too. */
EG_API eg_tensor *eg_kron(eg_tensor *x, eg_tensor *y);

/* The vector product of triples along an axis, counted as by eg_vecdot; the other axes broadcast.
 * Gradient: vector products of dz.
 *     eg_cross(EG_I32(1, 0, 0), EG_I32(0, 1, 0), -1)  ->  [0 0 1] int32[3]
 * Owns: the result. Fails: another size than 3, bool. Records: Gather, Mul, Sub. */
EG_API eg_tensor *eg_cross(eg_tensor *x, eg_tensor *y, int axis);

#ifdef __cplusplus
}
#endif

#endif
