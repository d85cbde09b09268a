/* Whole numbers as their bits, in two's complement.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_BITS_H
#define EAGRE_OPS_BITS_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The and of every two bits; of bool, of truth values. No gradient.
 *     eg_bitwise_and(EG_I32(12, -1), 10)  ->  [ 8 10] int32[2]
 * Owns: the result. Fails: shapes that do not broadcast, floating point, kinds that differ.
 * Records: BitwiseAnd. */
EG_API eg_tensor *eg_bitwise_and(eg_tensor *x, eg_tensor *y);

/* The or of every two bits; of bool, of truth values. No gradient.
 *     eg_bitwise_or(EG_I32(12, -1), 10)  ->  [14 -1] int32[2]
 * Owns: the result. Fails: shapes that do not broadcast, floating point, kinds that differ.
 * Records: BitwiseOr. */
EG_API eg_tensor *eg_bitwise_or(eg_tensor *x, eg_tensor *y);

/* The exclusive or of every two bits; of bool, of truth values. No gradient.
 *     eg_bitwise_xor(EG_I32(12, -1), 10)  ->  [  6 -11] int32[2]
 * Owns: the result. Fails: shapes that do not broadcast, floating point, kinds that differ.
 * Records: BitwiseXor. */
EG_API eg_tensor *eg_bitwise_xor(eg_tensor *x, eg_tensor *y);

/* Every bit turned over; of bool as eg_logical_not, whose name that records. No gradient.
 *     eg_bitwise_invert(EG_I32(0, 5))  ->  [-1 -6] int32[2]
 * Owns: the result. Fails: floating point. Records: BitwiseInvert; of bool LogicalNot. */
EG_API eg_tensor *eg_bitwise_invert(eg_tensor *x);

/* The bits of x moved up by y places. By a negative number of places or as many as there are bits:
 * 0. No gradient.
 *     eg_bitwise_left_shift(EG_I32(1, -3), 4)  ->  [ 16 -48] int32[2]
 * Owns: the result. Fails: as eg_bitwise_and, and bool. Records: BitwiseLeftShift. */
EG_API eg_tensor *eg_bitwise_left_shift(eg_tensor *x, eg_tensor *y);

/* The bits of x moved down by y places, the sign filling up from above. By a negative number of
 * places or as many as there are bits: -1 where x is negative, else 0. No gradient.
 *     eg_bitwise_right_shift(EG_I32(16, -3), 1)  ->  [ 8 -2] int32[2]
 * Owns: the result. Fails: as eg_bitwise_and, and bool. Records: BitwiseRightShift. */
EG_API eg_tensor *eg_bitwise_right_shift(eg_tensor *x, eg_tensor *y);

#ifdef __cplusplus
}
#endif

#endif
