/* Rounding, classes of numbers, signs and bits, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include <math.h>
#include <string.h>

/* Without errno to set, a square root is one instruction. */
#if defined(__GNUC__)
extern float sqrtf(float x) __attribute__((const));
extern double sqrt(double x) __attribute__((const));
#endif

/* A function of math.h for the element's type. */
#define OF_REAL(name, x)                                                                           \
    (sizeof(T) == sizeof(float) ? (T)name##f((float)(x)) : (T)name((double)(x)))

/* ---- rounding ------------------------------------------------------------------------------- */

#define NAME    floor
#define EXPR(x) OF_REAL(floor, x)
#define ONLY_REAL
#include "kernel/unary_numeric.inc"

#define NAME    ceil
#define EXPR(x) OF_REAL(ceil, x)
#define ONLY_REAL
#include "kernel/unary_numeric.inc"

/* To the even one of two neighbours. */
#define NAME    round
#define EXPR(x) OF_REAL(rint, x)
#define ONLY_REAL
#include "kernel/unary_numeric.inc"

#define NAME    trunc
#define EXPR(x) OF_REAL(trunc, x)
#define ONLY_REAL
#include "kernel/unary_numeric.inc"

#define NAME    rsqrt
#define EXPR(x) (1 / OF_REAL(sqrt, x))
#define ONLY_REAL
#include "kernel/unary_numeric.inc"

/* ---- classes -------------------------------------------------------------------------------- */

#define NAME    isinf
#define EXPR(x) (OF_REAL(fabs, x) == (T)INFINITY)
#define ONLY_REAL
#define R_IS_BOOL
#include "kernel/unary_numeric.inc"

#define NAME    isfinite
#define EXPR(x) (OF_REAL(fabs, x) < (T)INFINITY)
#define ONLY_REAL
#define R_IS_BOOL
#include "kernel/unary_numeric.inc"

#define NAME    signbit
#define EXPR(x) (signbit(x) != 0)
#define ONLY_REAL
#define R_IS_BOOL
#include "kernel/unary_numeric.inc"

/* ---- signs and neighbours ------------------------------------------------------------------- */

#define NAME copysign
#define EXPR(x, y)                                                                                 \
    (sizeof(T) == sizeof(float) ? (T)copysignf((float)(x), (float)(y))                             \
                                : (T)copysign((double)(x), (double)(y)))
#define ONLY_REAL
#include "kernel/binary_numeric.inc"

/* Numbers as their bits, since a float16 has neighbours of its own. */
#define T        uint16_t
#define KIND     float16
#define INFINITE 0x7c00
#include "kernel/nextafter.inc"

#define T        uint16_t
#define KIND     bfloat16
#define INFINITE 0x7f80
#include "kernel/nextafter.inc"

#define T        uint32_t
#define KIND     float32
#define INFINITE 0x7f800000
#include "kernel/nextafter.inc"

#define T        uint64_t
#define KIND     float64
#define INFINITE 0x7ff0000000000000
#include "kernel/nextafter.inc"

extern const eg_loop EG__FOR_ISA(eg__nextafter)[];
const eg_loop EG__FOR_ISA(eg__nextafter)[EG__DTYPES] = {
    [EG_FLOAT16] = nextafter_float16_uint16_t,
    [EG_BFLOAT16] = nextafter_bfloat16_uint16_t,
    [EG_FLOAT32] = nextafter_float32_uint32_t,
    [EG_FLOAT64] = nextafter_float64_uint64_t,
};

/* ---- bits ----------------------------------------------------------------------------------- */

#define NAME       bitwise_and
#define EXPR(x, y) ((W)(x) & (W)(y))
#define BODY       "kernel/binary.inc"
#define WITH_BOOL
#include "kernel/bits.inc"

#define NAME       bitwise_or
#define EXPR(x, y) ((W)(x) | (W)(y))
#define BODY       "kernel/binary.inc"
#define WITH_BOOL
#include "kernel/bits.inc"

#define NAME       bitwise_xor
#define EXPR(x, y) ((W)(x) ^ (W)(y))
#define BODY       "kernel/binary.inc"
#define WITH_BOOL
#include "kernel/bits.inc"

#define NAME    bitwise_invert
#define EXPR(x) (~(W)(x))
#define BODY    "kernel/unary.inc"
#include "kernel/bits.inc"

/* By a negative number of bits, or by more than there are, all are shifted out. */
#define BITS (8 * sizeof(T))

#define NAME       bitwise_left_shift
#define EXPR(x, y) ((W)(y) < BITS ? (W)(x) << (W)(y) : 0)
#define BODY       "kernel/binary.inc"
#include "kernel/bits.inc"

#define NAME       bitwise_right_shift
#define EXPR(x, y) ((W)(y) < BITS ? (x) >> (W)(y) : (x) >> (BITS - 1) >> 1)
#define R          T
#define BODY       "kernel/binary.inc"
#include "kernel/each_integer.inc"

extern const eg_loop EG__FOR_ISA(eg__bitwise_right_shift)[];
const eg_loop EG__FOR_ISA(eg__bitwise_right_shift)[EG__DTYPES] = {EG__INTEGER_ROWS(NAME)};
