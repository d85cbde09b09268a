/* Elementary functions, element by element: powers and logarithms, angles, rounding, classes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_ELEMENTARY_H
#define EAGRE_OPS_ELEMENTARY_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- powers and logarithms ------------------------------------------------------------------ */

/* exp(x) - 1, right also where that is small. Gradient: dz*exp(x).
 *     eg_expm1(EG_F32(0, 1))  ->  [0.        1.7182819] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Expm1. */
EG_API eg_tensor *eg_expm1(eg_tensor *x);

/* 2 to the power of x. Gradient: dz*z*log(2).
 *     eg_exp2(EG_F32(3, 0.5))  ->  [8.        1.4142135] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Exp2. */
EG_API eg_tensor *eg_exp2(eg_tensor *x);

/* The natural logarithm of 1 + x, right also where x is small. Gradient: dz/(1 + x).
 *     eg_log1p(EG_F32(0, 1))  ->  [0.        0.6931472] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Log1p. */
EG_API eg_tensor *eg_log1p(eg_tensor *x);

/* The logarithm to base 2; -inf at 0, NaN below. Gradient: dz/(x*log(2)).
 *     eg_log2(EG_F32(8, 10))  ->  [3.       3.321928] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Log2. */
EG_API eg_tensor *eg_log2(eg_tensor *x);

/* The logarithm to base 10; -inf at 0, NaN below. Gradient: dz/(x*log(10)).
 *     eg_log10(EG_F32(1000, 2))  ->  [3.      0.30103] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Log10. */
EG_API eg_tensor *eg_log10(eg_tensor *x);

/* 1 / sqrt(x), NaN below zero. Gradient: -dz*z/(2*x).
 *     eg_rsqrt(EG_F32(4, 2))  ->  [0.5        0.70710677] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Rsqrt. */
EG_API eg_tensor *eg_rsqrt(eg_tensor *x);

/* The number whose cube is x. Gradient: dz/(3*z*z).
 *     eg_cbrt(EG_F32(8, -2))  ->  [ 2.        -1.2599211] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Cbrt. */
EG_API eg_tensor *eg_cbrt(eg_tensor *x);

/* 1 - erf(x), right also where that is small. Gradient: -2/sqrt(pi)*exp(-x*x)*dz.
 *     eg_erfc(EG_F32(0, 3))  ->  [1.0000000e+00 2.2090497e-05] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Erfc. */
EG_API eg_tensor *eg_erfc(eg_tensor *x);

/* log|gamma(x)|: infinite at 0, -1, -2 ... Gradient: digamma(x)*dz.
 *     eg_lgamma(EG_F32(3, 0.5))  ->  [0.6931472 0.5723649] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Lgamma. */
EG_API eg_tensor *eg_lgamma(eg_tensor *x);

/* The derivative of log gamma(x), and the n-th derivative of that, n up to 100. At 0, -1, -2 ... it
 * is infinity where both sides go there, otherwise NaN, at 0 that of its sign. Near zeros left of 0
 * it has lost digits. Gradient: polygamma(x, n + 1)*dz.
 *     eg_digamma(EG_F32(1, 0.5))  ->  [-0.5772157 -1.96351  ] float32[2]
 *     eg_polygamma(EG_F32(1, 0.5), 1)  ->  [1.6449341 4.9348021] float32[2]
 * Owns: the result. Fails: integers, bool; an order below 0 or above 100. Records: Polygamma. */
EG_API eg_tensor *eg_digamma(eg_tensor *x);
EG_API eg_tensor *eg_polygamma(eg_tensor *x, int n);

/* x to the power of y, as C computes it: NaN where x is below zero and y is no whole number. Powers
 * of integers are integers and wrap. Gradient: of x dz*y*pow(x, y - 1), of y dz*z*log(x), where x
 * is above zero.
 *     eg_pow(EG_F32(2, 3), 2)  ->  [4. 9.] float32[2]
 *     eg_pow(EG_I32(2, -3), 3)  ->  [  8 -27] int32[2]
 * Owns: the result. Fails: bool, an integer beside floating point, a negative exponent of an
 * integer. Records: Pow, of integers WholePow. */
EG_API eg_tensor *eg_pow(eg_tensor *x, eg_tensor *y);

/* sqrt(x*x + y*y), without leaving the range in between. Gradient: dz*x/z, dz*y/z, 0 where both
 * are 0.
 *     eg_hypot(EG_F32(3, 5), EG_F32(4, 12))  ->  [ 5. 13.] float32[2]
 * Owns: the result. Fails: as eg_div. Records: Hypot. */
EG_API eg_tensor *eg_hypot(eg_tensor *x, eg_tensor *y);

/* log(exp(x) + exp(y)), without leaving the range in between. Gradient: dz*sigmoid(x - y),
 * dz*sigmoid(y - x).
 *     eg_logaddexp(EG_F32(0, 1000), 0)  ->  [6.931472e-01 1.000000e+03] float32[2]
 * Owns: the result. Fails: as eg_div. Records: LogAddExp. */
EG_API eg_tensor *eg_logaddexp(eg_tensor *x, eg_tensor *y);

/* 1 / x, by IEEE rules for zero. Gradient: -dz*z/x.
 *     eg_reciprocal(EG_F32(4, -0.0))  ->  [0.25 -inf] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Div. */
EG_API eg_tensor *eg_reciprocal(eg_tensor *x);

/* (x - y)^2. Gradient: 2*(x - y)*dz, and the opposite.
 *     eg_squared_difference(EG_F32(1, 2), 4)  ->  [9. 4.] float32[2]
 * Owns: the result. Fails: as eg_sub. Records: Sub, Square. */
EG_API eg_tensor *eg_squared_difference(eg_tensor *x, eg_tensor *y);

/* ---- angles --------------------------------------------------------------------------------- */

/* The sine of an angle in radians, however large. Gradient: dz*cos(x).
 *     eg_sin(EG_F32(0, 1))  ->  [0.         0.84147096] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Sin. */
EG_API eg_tensor *eg_sin(eg_tensor *x);

/* The cosine of an angle in radians, however large. Gradient: -dz*sin(x).
 *     eg_cos(EG_F32(0, 1))  ->  [1.        0.5403023] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Cos. */
EG_API eg_tensor *eg_cos(eg_tensor *x);

/* The tangent of an angle in radians, however large. Gradient: dz*(1 + z*z).
 *     eg_tan(EG_F32(0, 1))  ->  [0.        1.5574077] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Tan. */
EG_API eg_tensor *eg_tan(eg_tensor *x);

/* The angle from -pi/2 to pi/2 whose sine is x, NaN where there is none. Gradient: dz/sqrt(1 -
 * x*x).
 *     eg_asin(EG_F32(0, 1))  ->  [0.        1.5707964] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Asin. */
EG_API eg_tensor *eg_asin(eg_tensor *x);

/* The angle from 0 to pi whose cosine is x, NaN where there is none. Gradient: -dz/sqrt(1 - x*x).
 *     eg_acos(EG_F32(0, 1))  ->  [1.5707964 0.       ] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Acos. */
EG_API eg_tensor *eg_acos(eg_tensor *x);

/* The angle from -pi/2 to pi/2 whose tangent is x. Gradient: dz/(1 + x*x).
 *     eg_atan(EG_F32(0, 1))  ->  [0.        0.7853982] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Atan. */
EG_API eg_tensor *eg_atan(eg_tensor *x);

/* The angle of the point (x, y), from -pi to pi. Gradient: of y dz*x/(x*x + y*y), of x -dz*y/(x*x
 * + y*y).
 *     eg_atan2(EG_F32(1, 0), EG_F32(0, -1))  ->  [1.5707964 3.1415927] float32[2]
 * Owns: the result. Fails: as eg_div. Records: Atan2. */
EG_API eg_tensor *eg_atan2(eg_tensor *y, eg_tensor *x);

/* (exp(x) - exp(-x))/2. Gradient: dz*cosh(x).
 *     eg_sinh(EG_F32(0, 1))  ->  [0.        1.1752012] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Sinh. */
EG_API eg_tensor *eg_sinh(eg_tensor *x);

/* (exp(x) + exp(-x))/2. Gradient: dz*sinh(x).
 *     eg_cosh(EG_F32(0, 1))  ->  [1.        1.5430807] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Cosh. */
EG_API eg_tensor *eg_cosh(eg_tensor *x);

/* The number whose eg_sinh is x. Gradient: dz/sqrt(1 + x*x).
 *     eg_asinh(EG_F32(0, 1))  ->  [0.        0.8813736] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Asinh. */
EG_API eg_tensor *eg_asinh(eg_tensor *x);

/* The number from 0 whose eg_cosh is x, NaN where x is below 1. Gradient: dz/sqrt(x*x - 1).
 *     eg_acosh(EG_F32(1, 2))  ->  [0.       1.316958] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Acosh. */
EG_API eg_tensor *eg_acosh(eg_tensor *x);

/* The number whose eg_tanh is x, NaN beyond -1 and 1. Gradient: dz/(1 - x*x).
 *     eg_atanh(EG_F32(0, 0.5))  ->  [0.         0.54930615] float32[2]
 * Owns: the result. Fails: integers, bool. Records: Atanh. */
EG_API eg_tensor *eg_atanh(eg_tensor *x);

/* ---- rounding, classes, signs ---------------------------------------------------------------- */

/* The largest whole number not above x. Integers stay what they are. No gradient (it is zero).
 *     eg_floor(EG_F32(1.5, -1.5))  ->  [ 1. -2.] float32[2]
 * Owns: the result. Fails: bool. Records: Floor; of integers Identity. */
EG_API eg_tensor *eg_floor(eg_tensor *x);

/* The smallest whole number not below x. Integers stay what they are. No gradient (it is zero).
 *     eg_ceil(EG_F32(1.5, -1.5))  ->  [ 2. -1.] float32[2]
 * Owns: the result. Fails: bool. Records: Ceil; of integers Identity. */
EG_API eg_tensor *eg_ceil(eg_tensor *x);

/* The nearest whole number, of two equally near the even one. Integers stay what they are. No
 * gradient (it is zero).
 *     eg_round(EG_F32(0.5, 1.5, -2.6))  ->  [ 0.  2. -3.] float32[3]
 * Owns: the result. Fails: bool. Records: Round; of integers Identity. */
EG_API eg_tensor *eg_round(eg_tensor *x);

/* x without its fraction: rounded towards zero. Integers stay what they are. No gradient (it is
 * zero).
 *     eg_trunc(EG_F32(1.5, -1.5))  ->  [ 1. -1.] float32[2]
 * Owns: the result. Fails: bool. Records: Trunc; of integers Identity. */
EG_API eg_tensor *eg_trunc(eg_tensor *x);

/* Whether x is infinite, of either sign; no integer is. No gradient (it is zero).
 *     eg_isinf(eg_log(EG_F32(1, 0)))  ->  [False  True] bool[2]
 * Owns: the result. Fails: bool. Records: IsInf; of integers NotEqual. */
EG_API eg_tensor *eg_isinf(eg_tensor *x);

/* Whether x is neither infinite nor NaN; every integer is. No gradient (it is zero).
 *     eg_isfinite(eg_log(EG_F32(1, 0)))  ->  [ True False] bool[2]
 * Owns: the result. Fails: bool. Records: IsFinite; of integers Equal. */
EG_API eg_tensor *eg_isfinite(eg_tensor *x);

/* Whether the sign of x is set, as that of -0 is and that of a NaN may be. No gradient (it is
 * zero).
 *     eg_signbit(EG_F32(1, -0.0))  ->  [False  True] bool[2]
 * Owns: the result. Fails: integers, bool. Records: SignBit. */
EG_API eg_tensor *eg_signbit(eg_tensor *x);

/* |x| with the sign of y. Gradient: dz or -dz, 0 where x is 0; nothing to y.
 *     eg_copysign(EG_F32(1, 2), -0.0)  ->  [-1. -2.] float32[2]
 * Owns: the result. Fails: as eg_div. Records: CopySign. */
EG_API eg_tensor *eg_copysign(eg_tensor *x, eg_tensor *y);

/* The next number of the dtype from x towards y; y where they are equal. Gradient: dz; nothing to
 * y.
 *     eg_nextafter(EG_F32(1), 2)  ->  1.0000001 float32[]
 * Owns: the result. Fails: as eg_div. Records: NextAfter. */
EG_API eg_tensor *eg_nextafter(eg_tensor *x, eg_tensor *y);

/* Whether x is NaN; no integer is. No gradient (it is zero).
 *     eg_isnan(eg_log(EG_F32(1, -1)))  ->  [False  True] bool[2]
 * Owns: the result. Fails: a NULL argument. Records: NotEqual. */
EG_API eg_tensor *eg_isnan(eg_tensor *x);

/* x, at least `min` and at most `max`: min(max(x, min), max), where a NaN stays. A bound that is
 * NULL is none. Gradient: dz where x is between them, half of it where x is at one.
 *     eg_clip(EG_F32(-1, 0.5, 2), 0, 1)  ->  [0.  0.5 1. ] float32[3]
 *     eg_clip(EG_I32(-1, 5), NULL, 3)  ->  [-1  3] int32[2]
 * Owns: the result. Fails: as eg_maximum. Records: Maximum, Minimum, Identity. */
EG_API eg_tensor *eg_clip(eg_tensor *x, eg_tensor *min, eg_tensor *max);

#ifdef __cplusplus
}
#endif

#endif
