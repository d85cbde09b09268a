/* Comparison, logic, selection and conversion, element by element.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_COMPARE_H
#define EAGRE_OPS_COMPARE_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Comparisons give bool; NaN is unequal to everything and not ordered. No gradient.
 *     eg_greater(EG_I32(1, 5), 3)  ->  [False  True] bool[2]
 *     eg_equal(EG_F32(1, 2), EG_F32(1, 3))  ->  [ True False] bool[2]
 * Owns: the result. Fails: shapes that do not broadcast, kinds that differ; the ordered ones also
 * bool. Records: Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual. */
EG_API eg_tensor *eg_equal(eg_tensor *x, eg_tensor *y);
EG_API eg_tensor *eg_not_equal(eg_tensor *x, eg_tensor *y);
EG_API eg_tensor *eg_less(eg_tensor *x, eg_tensor *y);
EG_API eg_tensor *eg_less_equal(eg_tensor *x, eg_tensor *y);
EG_API eg_tensor *eg_greater(eg_tensor *x, eg_tensor *y);
EG_API eg_tensor *eg_greater_equal(eg_tensor *x, eg_tensor *y);

/* Logic on bool. No gradient.
 *     eg_logical_and(EG_B(true, true), EG_B(true, false))  ->  [ True False] bool[2]
 *     eg_logical_not(EG_B(true, false))  ->  [False  True] bool[2]
 * Owns: the result. Fails: other dtypes (compare with 0 first), shapes that do not broadcast.
 * Records: LogicalAnd, LogicalOr, LogicalXor, LogicalNot. */
EG_API eg_tensor *eg_logical_and(eg_tensor *x, eg_tensor *y);
EG_API eg_tensor *eg_logical_or(eg_tensor *x, eg_tensor *y);
EG_API eg_tensor *eg_logical_xor(eg_tensor *x, eg_tensor *y);
EG_API eg_tensor *eg_logical_not(eg_tensor *x);

/* z = x where the condition holds, else y; all three broadcast. Gradient: dz where it holds, to x;
 * the rest to y.
 *     eg_where(EG_B(true, false), EG_F32(1, 2), 0)  ->  [1. 0.] float32[2]
 * Owns: the result. Fails: a condition that is not bool, kinds of x and y that differ, shapes that
 * do not broadcast. Records: Where. */
EG_API eg_tensor *eg_where(eg_tensor *condition, eg_tensor *x, eg_tensor *y);

/* The same elements in another dtype. Floating point to integer cuts the fraction off and stays
 * within the integer's range, NaN becomes 0; anything but zero is true. Real numbers and bool
 * become the text that Python writes for them, and are read from text: "1.5", "-2e-3", "inf",
 * "NaN", "True"; a fraction is cut off for an integer. Gradient, between floating-point dtypes: dz
 * cast back.
 *     eg_cast(EG_F32(1.7, -1.7), EG_INT32)  ->  [ 1 -1] int32[2]
 *     eg_cast(EG_F32(0.1, 1e20), EG_STRING)  ->  ['0.1' '1e+20'] string[2]
 *     eg_cast(EG_STRINGS("12", "-3.9"), EG_INT32)  ->  [12 -3] int32[2]
 * Owns: the result. Fails: an unknown dtype; text that is no number of the dtype. Records: Cast, of
 * text AsString or StringToNumber, nothing if x has the dtype. */
EG_API eg_tensor *eg_cast(eg_tensor *x, eg_dtype dtype);

#ifdef __cplusplus
}
#endif

#endif
