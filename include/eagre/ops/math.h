/* Arithmetic and elementary functions, element by element, and the matrix product.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_MATH_H
#define EAGRE_OPS_MATH_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Sum: z = x + y. Whole numbers wrap. Gradient: dz, dz.
 *     eg_add(EG_I32(1, 2, 3), 10)  ->  [11 12 13] int32[3]
 * Owns: the result. Fails: shapes that do not broadcast, bool, kinds that differ. Records: Add. */
EG_API eg_tensor *eg_add(eg_tensor *x, eg_tensor *y);

/* Difference: z = x - y. Whole numbers wrap. Gradient: dz, -dz.
 *     eg_sub(EG_F32(1, 2), 0.5)  ->  [0.5 1.5] float32[2]
 * Owns: the result. Fails: as eg_add. Records: Sub. */
EG_API eg_tensor *eg_sub(eg_tensor *x, eg_tensor *y);

/* Product: z = x * y. Whole numbers wrap. Gradient: dz*y, dz*x.
 *     eg_mul(EG_F32(1, 2, 3), 10)  ->  [10. 20. 30.] float32[3]
 * Owns: the result. Fails: as eg_add. Records: Mul. */
EG_API eg_tensor *eg_mul(eg_tensor *x, eg_tensor *y);

/* Quotient of floating-point numbers: z = x / y, by IEEE rules for zero. Gradient: dz/y, -dz*z/y.
 *     eg_div(EG_F32(1, 2), 4)  ->  [0.25 0.5 ] float32[2]
 * Owns: the result. Fails: as eg_add, and integers (eg_floor_div divides those). Records: Div. */
EG_API eg_tensor *eg_div(eg_tensor *x, eg_tensor *y);

/* The largest whole number not above x / y; the sign rule of Python. No gradient (it is zero).
 *     eg_floor_div(EG_I32(7, -7), 2)  ->  [ 3 -4] int32[2]
 * Owns: the result. Fails: as eg_add, and an integer divided by zero. Records: FloorDiv. */
EG_API eg_tensor *eg_floor_div(eg_tensor *x, eg_tensor *y);

/* What eg_floor_div leaves: x - floor(x / y) * y, with the sign of y. Gradient of floating-point
 * arguments: dz, -dz*floor(x/y).
 *     eg_remainder(EG_I32(7, -7), 4)  ->  [3 1] int32[2]
 * Owns: the result. Fails: as eg_floor_div. Records: Remainder. */
EG_API eg_tensor *eg_remainder(eg_tensor *x, eg_tensor *y);

/* What C's division leaves: x - trunc(x / y) * y, with the sign of x. Gradient of floating-point
 * arguments: dz, -dz*trunc(x/y).
 *     eg_fmod(EG_I32(7, -7), 4)  ->  [ 3 -3] int32[2]
 * Owns: the result. Fails: as eg_floor_div. Records: Fmod. */
EG_API eg_tensor *eg_fmod(eg_tensor *x, eg_tensor *y);

/* C's division of integers: x / y without its fraction. No gradient (it is zero).
 *     eg_trunc_div(EG_I32(7, -7), 2)  ->  [ 3 -3] int32[2]
 * Owns: the result. Fails: as eg_floor_div. Records: Fmod, Sub, FloorDiv; of floating point Div,
 * Trunc. */
EG_API eg_tensor *eg_trunc_div(eg_tensor *x, eg_tensor *y);

/* The larger of two, NaN if either is. Gradient: dz to the larger, half of it to each where they
 * are equal, all of it to each where one is NaN.
 *     eg_maximum(EG_F32(1, 5), EG_F32(3, 2))  ->  [3. 5.] float32[2]
 * Owns: the result. Fails: as eg_add. Records: Maximum. */
EG_API eg_tensor *eg_maximum(eg_tensor *x, eg_tensor *y);

/* The smaller of two, NaN if either is. Gradient: as eg_maximum, turned round.
 *     eg_minimum(EG_F32(1, 5), 2)  ->  [1. 2.] float32[2]
 * Owns: the result. Fails: as eg_add. Records: Minimum. */
EG_API eg_tensor *eg_minimum(eg_tensor *x, eg_tensor *y);

/* z = -x. Gradient: -dz.
 *     eg_neg(EG_I32(1, -2))  ->  [-1  2] int32[2]
 * Owns: the result. Fails: bool. Records: Neg. */
EG_API eg_tensor *eg_neg(eg_tensor *x);

/* z = |x|; the smallest integer stays what it is. Gradient: dz*sign(x).
 *     eg_abs(EG_F32(-1.5, 2))  ->  [1.5 2. ] float32[2]
 * Owns: the result. Fails: bool. Records: Abs. */
EG_API eg_tensor *eg_abs(eg_tensor *x);

/* -1, 0 or 1 as x is below, at or above zero; NaN for NaN. No gradient (it is zero).
 *     eg_sign(EG_F32(-3, 0, 7))  ->  [-1.  0.  1.] float32[3]
 * Owns: the result. Fails: bool. Records: Sign. */
EG_API eg_tensor *eg_sign(eg_tensor *x);

/* z = x * x. Gradient: 2*x*dz.
 *     eg_square(EG_I32(3, -4))  ->  [ 9 16] int32[2]
 * Owns: the result. Fails: bool. Records: Square. */
EG_API eg_tensor *eg_square(eg_tensor *x);

/* The square root, correctly rounded; NaN below zero. Gradient: dz / (2*z).
 *     eg_sqrt(EG_F32(4, 2))  ->  [2.        1.4142135] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Sqrt. */
EG_API eg_tensor *eg_sqrt(eg_tensor *x);

/* e to the power x. Gradient: dz*z.
 *     eg_exp(EG_F32(0, 1))  ->  [1.        2.7182817] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Exp. */
EG_API eg_tensor *eg_exp(eg_tensor *x);

/* The natural logarithm; -inf at zero, NaN below. Gradient: dz/x.
 *     eg_log(EG_F32(1, 10))  ->  [0.        2.3025851] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Log. */
EG_API eg_tensor *eg_log(eg_tensor *x);

/* The hyperbolic tangent. Gradient: dz*(1 - z*z).
 *     eg_tanh(EG_F32(0, 1))  ->  [0.        0.7615942] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Tanh. */
EG_API eg_tensor *eg_tanh(eg_tensor *x);

/* The error function, 2/sqrt(pi) times the integral of exp(-t*t) from 0 to x. Gradient:
 * dz*2/sqrt(pi)*exp(-x*x).
 *     eg_erf(EG_F32(0, 0.5))  ->  [0.        0.5204999] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Erf. */
EG_API eg_tensor *eg_erf(eg_tensor *x);

typedef struct eg_matmul_attrs {
    size_t size;      /* sizeof(eg_matmul_attrs) */
    bool transpose_a; /* use a with its last two axes swapped */
    bool transpose_b;
} eg_matmul_attrs;

/* The matrix product of the last two axes; axes before them broadcast. A vector (rank 1) on the
 * left is a row, on the right a column, and its axis vanishes from the result. Floating-point
 * sums are in an order that depends on the shapes alone. Gradient: dz*b^T, a^T*dz.
 *     eg_matmul(eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2)),
 *         EG_F32(1, 10))  ->  [21. 43.] float32[2]
 * Owns: the result. Fails: rank 0, inner sizes that differ, bool, kinds that differ.
 * Records: MatMul. */
EG_API eg_tensor *eg_matmul_with(eg_tensor *a, eg_tensor *b, const eg_matmul_attrs *attrs);
EG_API eg_tensor *eg_matmul(eg_tensor *a, eg_tensor *b);

#ifdef __cplusplus
}
#endif

#endif
