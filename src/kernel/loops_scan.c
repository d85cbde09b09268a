/* Running sums, products and maxima, and linear recurrences, compiled once for each instruction
 * set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/complex.h"
#include "kernel/scan.h"
#include <math.h>
#include <stdbool.h>

enum { PIECES = 8, PIECE = 64 };

#define WIDEST(T) EG__PASTE2(widest_of, T)
typedef int64_t widest_of_int8_t, widest_of_int16_t, widest_of_int32_t, widest_of_int64_t;
typedef uint64_t widest_of_uint8_t, widest_of_uint16_t, widest_of_uint32_t, widest_of_uint64_t;

#define NAME            cumulative_sum
#define PAIR(a, x)      ((A)((uint64_t)(a) + (uint64_t)(x)))
#define REAL_PAIR(a, x) ((a) != (a) ? (a) : (a) + (x))
#define COMPLEX_PAIR    EG__PASTE2(add_of, T)
#define COMPLEX_IDENTITY                                                                           \
    {                                                                                              \
        0, 0                                                                                       \
    }
#define INTO          WIDEST
#define IDENTITY      0
#define REAL_IDENTITY 0
#include "kernel/scan_numeric.inc"

#define NAME            cumulative_prod
#define PAIR(a, x)      ((A)((uint64_t)(a) * (uint64_t)(x)))
#define REAL_PAIR(a, x) ((a) != (a) ? (a) : (a) * (x))
#define COMPLEX_PAIR    EG__PASTE2(mul_of, T)
#define COMPLEX_IDENTITY                                                                           \
    {                                                                                              \
        1, 0                                                                                       \
    }
#define INTO          WIDEST
#define IDENTITY      1
#define REAL_IDENTITY 1
#include "kernel/scan_numeric.inc"

/* The least of a type, with or without a sign. */
#define LEAST(T) ((T)-1 > (T)1 ? 0 : (T)((uint64_t)1 << (8 * sizeof(T) - 1)))
#define SAME(T)  T

#define NAME            cumulative_max
#define PAIR(a, x)      ((a) > (x) ? (a) : (x))
#define REAL_PAIR(a, x) ((a) > (x) || (a) != (a) ? (a) : (x))
#define INTO            SAME
#define IDENTITY        LEAST(A)
#define REAL_IDENTITY   (-(T)INFINITY)
#include "kernel/scan_numeric.inc"

/* ---- linear recurrences --------------------------------------------------------------------- */

#define STEP EG__PASTE2(step_of, T)
#define BODY "kernel/step.inc"
#include "kernel/each_real.inc"
#undef BODY

static inline complex64 step_of_complex64(complex64 a, complex64 y, complex64 b)
{
    return add_of_complex64(mul_of_complex64(a, y), b);
}

static inline complex128 step_of_complex128(complex128 a, complex128 y, complex128 b)
{
    return add_of_complex128(mul_of_complex128(a, y), b);
}

#define NAME linear_recurrence
#define BODY "kernel/recurrence.inc"
#include "kernel/each_real.inc"
#include "kernel/each_complex.inc"
#undef BODY

const eg__recurrence EG__FOR_ISA(eg__linear_recurrence)[EG__DTYPES] = {
    [EG_FLOAT32] = linear_recurrence_float,
    [EG_FLOAT64] = linear_recurrence_double,
    [EG_COMPLEX64] = linear_recurrence_complex64,
    [EG_COMPLEX128] = linear_recurrence_complex128,
};
