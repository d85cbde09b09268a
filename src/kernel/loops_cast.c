/* Conversion from every dtype to every dtype, compiled once for each instruction set.
 *
 * A floating-point number becomes the whole number towards zero, the nearest of the range where it
 * is outside, and 0 where it is NaN. C leaves all but the first undefined, so every conversion
 * here is of a number in range. Whole numbers wrap. A complex number becomes no real one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/complex.h"
#include "kernel/elementwise.h"
#include "tensor/half.h"

#define BODY "kernel/saturate.inc"
#include "kernel/each_integer.inc"
#undef BODY

#define TO_INTEGER(x)                                                                              \
    _Generic(x, float                                                                              \
             : EG__PASTE2(T, of_float), double                                                     \
             : EG__PASTE2(T, of_double), default                                                   \
             : EG__PASTE2(T, of_integer))(x)

/* A truth value is read as the byte it is: gcc makes no vectors of bool. */
typedef unsigned char truth;
typedef uint16_t float16;
typedef uint16_t bfloat16;

#define VALUE(x) (x)
#define A        truth
#include "kernel/cast_from.inc"
#define A int8_t
#include "kernel/cast_from.inc"
#define A int16_t
#include "kernel/cast_from.inc"
#define A int32_t
#include "kernel/cast_from.inc"
#define A int64_t
#include "kernel/cast_from.inc"
#define A uint8_t
#include "kernel/cast_from.inc"
#define A uint16_t
#include "kernel/cast_from.inc"
#define A uint32_t
#include "kernel/cast_from.inc"
#define A uint64_t
#include "kernel/cast_from.inc"
#define A float
#include "kernel/cast_from.inc"
#define A double
#include "kernel/cast_from.inc"
#undef VALUE

#define VALUE(x) eg__float_of_f16(x)
#define A        float16
#include "kernel/cast_from.inc"
#undef VALUE

#define VALUE(x) eg__float_of_bf16(x)
#define A        bfloat16
#include "kernel/cast_from.inc"
#undef VALUE

#define BODY "kernel/cast_from_complex.inc"
#include "kernel/each_complex.inc"
#undef BODY

extern const eg_loop *const EG__FOR_ISA(eg__cast)[];
const eg_loop *const EG__FOR_ISA(eg__cast)[EG__DTYPES] = {
    [EG_BOOL] = casts_from_truth,
    EG__INTEGER_ROWS(casts_from),
    [EG_FLOAT16] = casts_from_float16,
    [EG_BFLOAT16] = casts_from_bfloat16,
    [EG_FLOAT32] = casts_from_float,
    [EG_FLOAT64] = casts_from_double,
    [EG_COMPLEX64] = casts_from_complex64,
    [EG_COMPLEX128] = casts_from_complex128,
};
