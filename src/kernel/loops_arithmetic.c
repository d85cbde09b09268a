/* Arithmetic, compiled once for each instruction set.
 *
 * The names here make symbols like eg__add_avx2: EG__FOR_ISA(eg__add). Whole numbers are computed
 * with unsigned, so that they wrap.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include <math.h>

/* Without errno to set, a square root is one instruction. */
#if defined(__GNUC__)
extern float sqrtf(float x) __attribute__((const));
extern double sqrt(double x) __attribute__((const));
#endif

/* ---- of two arguments ----------------------------------------------------------------------- */

/* Of two NaN the first is kept: left to itself a compiler swaps the arguments of a sum or product
 * in one loop and not in another, and the bits would depend on the position. */
#define NAME       add
#define EXPR(x, y) ((x) != (x) ? (W)(x) : (W)(x) + (W)(y))
#include "kernel/binary_numeric.inc"

#define NAME       sub
#define EXPR(x, y) ((W)(x) - (W)(y))
#include "kernel/binary_numeric.inc"

#define NAME       mul
#define EXPR(x, y) ((x) != (x) ? (W)(x) : (W)(x) * (W)(y))
#include "kernel/binary_numeric.inc"

#define NAME       div
#define EXPR(x, y) ((x) / (y))
#define ONLY_REAL
#include "kernel/binary_numeric.inc"

/* NaN wins over numbers. */
#define NAME       maximum
#define EXPR(x, y) ((x) > (y) || (x) != (x) ? (x) : (y))
#include "kernel/binary_numeric.inc"

#define NAME       minimum
#define EXPR(x, y) ((x) < (y) || (x) != (x) ? (x) : (y))
#include "kernel/binary_numeric.inc"

/* ---- of one argument ------------------------------------------------------------------------ */

#define NAME    neg
#define EXPR(x) (-(W)(x))
#include "kernel/unary_numeric.inc"

#define NAME    square
#define EXPR(x) ((W)(x) * (W)(x))
#include "kernel/unary_numeric.inc"

/* Also at -0, whose sign a comparison does not see. */
#define NAME    abs
#define EXPR(x) EG__PASTE2(abs_of, T)(x)
#define BODY    "kernel/abs.inc"
#include "kernel/each_integer.inc"
#undef BODY

static inline float abs_of_float(float x)
{
    return fabsf(x);
}

static inline double abs_of_double(double x)
{
    return fabs(x);
}
#include "kernel/unary_numeric.inc"

#define NAME    sign
#define EXPR(x) ((x) > 0 ? 1 : (x) == 0 ? 0 : (x) != (x) ? (x) : (T)-1)
#include "kernel/unary_numeric.inc"

#define NAME    relu
#define EXPR(x) ((x) <= 0 ? 0 : (x))
#include "kernel/unary_numeric.inc"

#define NAME    sqrt
#define EXPR(x) (sizeof(T) == sizeof(float) ? (T)sqrtf((float)(x)) : (T)sqrt((double)(x)))
#define ONLY_REAL
#include "kernel/unary_numeric.inc"
