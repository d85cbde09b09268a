/* Conversion from every dtype to every dtype, compiled once for each instruction set.
 *
 * A floating-point number becomes the whole number towards zero, the nearest of the range where it
 * is outside, and 0 where it is NaN. C leaves all but the first undefined, so every conversion
 * here is of a number in range.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"

static inline int32_t int32_of_float(float x)
{
    const float low = x >= -0x1p31f ? x : x != x ? 0 : -0x1p31f;
    const int32_t z = (int32_t)(low < 0x1p31f ? low : 0);
    return low < 0x1p31f ? z : INT32_MAX;
}

static inline int32_t int32_of_double(double x)
{
    const double low = x >= -0x1p31 ? x : x != x ? 0 : -0x1p31;
    const int32_t z = (int32_t)(low < 0x1p31 ? low : 0);
    return low < 0x1p31 ? z : INT32_MAX;
}

static inline int32_t int32_of_int(int64_t x)
{
    return (int32_t)x;
}

static inline int64_t int64_of_float(float x)
{
    const float low = x >= -0x1p63f ? x : x != x ? 0 : -0x1p63f;
    const int64_t z = (int64_t)(low < 0x1p63f ? low : 0);
    return low < 0x1p63f ? z : INT64_MAX;
}

static inline int64_t int64_of_double(double x)
{
    const double low = x >= -0x1p63 ? x : x != x ? 0 : -0x1p63;
    const int64_t z = (int64_t)(low < 0x1p63 ? low : 0);
    return low < 0x1p63 ? z : INT64_MAX;
}

static inline int64_t int64_of_int(int64_t x)
{
    return x;
}

#define TO_INT32(x)                                                                                \
    _Generic(x, float : int32_of_float, double : int32_of_double, default : int32_of_int)(x)
#define TO_INT64(x)                                                                                \
    _Generic(x, float : int64_of_float, double : int64_of_double, default : int64_of_int)(x)

/* A truth value is read as the byte it is: gcc makes no vectors of bool. */
typedef unsigned char truth;

#define A truth
#include "kernel/cast_from.inc"
#define A int32_t
#include "kernel/cast_from.inc"
#define A int64_t
#include "kernel/cast_from.inc"
#define A float
#include "kernel/cast_from.inc"
#define A double
#include "kernel/cast_from.inc"

extern const eg_loop *const EG__FOR_ISA(eg__cast)[];
const eg_loop *const EG__FOR_ISA(eg__cast)[EG__DTYPES] = {
    [EG_BOOL] = casts_from_truth,
    [EG_INT32] = casts_from_int32_t,
    [EG_INT64] = casts_from_int64_t,
    [EG_FLOAT32] = casts_from_float,
    [EG_FLOAT64] = casts_from_double,
};
