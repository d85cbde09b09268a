/* Elementary functions from a library, compiled once for each instruction set. A float32 is
 * computed as a float64 and rounded once, so that its error is half a unit of the last place and
 * very little more; where the library has a quicker function that is good enough for that, by that
 * one. logaddexp is within 2 units of the larger argument, if the result is not much smaller.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "kernel/library.h"
#include <math.h>
#include <string.h>

/* ---- of one argument, float64 --------------------------------------------------------------- */

#define NAME sin
#define OF   EG__OF_DOUBLES(sin, u10)
#include "kernel/library.inc"

#define NAME cos
#define OF   EG__OF_DOUBLES(cos, u10)
#include "kernel/library.inc"

#define NAME tan_near
#define OF   EG__OF_DOUBLES(tan, u10)
#include "kernel/library.inc"

#define NAME asin
#define OF   EG__OF_DOUBLES(asin, u10)
#include "kernel/library.inc"

#define NAME acos
#define OF   EG__OF_DOUBLES(acos, u10)
#include "kernel/library.inc"

#define NAME atan
#define OF   EG__OF_DOUBLES(atan, u10)
#include "kernel/library.inc"

#define NAME atanh
#define OF   EG__OF_DOUBLES(atanh, u10)
#include "kernel/library.inc"

#define NAME expm1
#define OF   EG__OF_DOUBLES(expm1, u10)
#include "kernel/library.inc"

#define NAME log2
#define OF   EG__OF_DOUBLES(log2, u10)
#include "kernel/library.inc"

#define NAME log10
#define OF   EG__OF_DOUBLES(log10, u10)
#include "kernel/library.inc"

#define NAME exp2
#define OF   EG__OF_DOUBLES(exp2, u10)
#include "kernel/library.inc"

#define NAME cbrt
#define OF   EG__OF_DOUBLES(cbrt, u10)
#include "kernel/library.inc"

#define NAME erfc
#define OF   EG__OF_DOUBLES(erfc, u15)
#include "kernel/library.inc"

/* ---- where the library's range ends early --------------------------------------------------- */

#define NAME exp
#define OF   EG__OF_DOUBLES(exp, u10)
#include "kernel/library.inc"

#define NAME log
#define OF   EG__OF_DOUBLES(log, u10)
#include "kernel/library.inc"

#define NAME sinh_near
#define OF   EG__OF_DOUBLES(sinh, u10)
#include "kernel/library.inc"

#define NAME cosh_near
#define OF   EG__OF_DOUBLES(cosh, u10)
#include "kernel/library.inc"

#define NAME asinh_near
#define OF   EG__OF_DOUBLES(asinh, u10)
#include "kernel/library.inc"

#define NAME acosh_near
#define OF   EG__OF_DOUBLES(acosh, u10)
#include "kernel/library.inc"

#define NAME log1p_near
#define OF   EG__OF_DOUBLES(log1p, u10)
#include "kernel/library.inc"

/* Far from zero, e^x = e^(x - 20) e^20, and e^20 is very nearly a double. */
#define FAR_UP(x)       (fabs(x) > 700)
#define NEARER(x)       (FAR_UP(x) ? (x)-copysign(20, x) : (x))
#define AS_FAR_AS(x, y) (FAR_UP(x) ? (y)*0x1.ceb088b68e804p+28 : (y))

#define NAME        sinh
#define LOOP        sinh_near_double
#define BEFORE(x)   NEARER(x)
#define AFTER(x, y) AS_FAR_AS(x, y)
#include "kernel/composed.inc"

#define NAME        cosh
#define LOOP        cosh_near_double
#define BEFORE(x)   NEARER(x)
#define AFTER(x, y) AS_FAR_AS(x, y)
#include "kernel/composed.inc"

/* The result is x, but comes as 0 without its sign. */
#define IS_TINY(x) (fabs(x) < 0x1p-1000)

#define NAME    tan
#define LOOP    tan_near_double
#define FAR(x)  IS_TINY(x)
#define MEND(x) (x)
#include "kernel/mended.inc"

static double log_of(double x)
{
    log_double(1, (const void *[]){&x}, NULL, &x);
    return x;
}

#define NAME    asinh
#define LOOP    asinh_near_double
#define FAR(x)  (fabs(x) > 0x1p500 || IS_TINY(x))
#define MEND(x) (IS_TINY(x) ? (x) : copysign(log_of(fabs(x)) + 0x1.62e42fefa39efp-1, x))
#include "kernel/mended.inc"

#define NAME    acosh
#define LOOP    acosh_near_double
#define FAR(x)  ((x) > 0x1p500)
#define MEND(x) (log_of(x) + 0x1.62e42fefa39efp-1)
#include "kernel/mended.inc"

#define NAME    log1p
#define LOOP    log1p_near_double
#define FAR(x)  ((x) > 0x1p60 || IS_TINY(x))
#define MEND(x) (IS_TINY(x) ? (x) : log_of(x))
#include "kernel/mended.inc"

/* ---- of one argument, float32 --------------------------------------------------------------- */

#define NAME quick_sin
#define OF   EG__OF_DOUBLES(sin, u35)
#include "kernel/library.inc"

#define NAME quick_cos
#define OF   EG__OF_DOUBLES(cos, u35)
#include "kernel/library.inc"

#define NAME quick_tan
#define OF   EG__OF_DOUBLES(tan, u35)
#include "kernel/library.inc"

#define NAME quick_asin
#define OF   EG__OF_DOUBLES(asin, u35)
#include "kernel/library.inc"

#define NAME quick_acos
#define OF   EG__OF_DOUBLES(acos, u35)
#include "kernel/library.inc"

#define NAME quick_atan
#define OF   EG__OF_DOUBLES(atan, u35)
#include "kernel/library.inc"

#define NAME quick_log2
#define OF   EG__OF_DOUBLES(log2, u35)
#include "kernel/library.inc"

#define NAME quick_exp2
#define OF   EG__OF_DOUBLES(exp2, u35)
#include "kernel/library.inc"

#define NAME quick_cbrt
#define OF   EG__OF_DOUBLES(cbrt, u35)
#include "kernel/library.inc"

#define NAME      sin
#define LOOP      quick_sin_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      cos
#define LOOP      quick_cos_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      tan
#define LOOP      quick_tan_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      asin
#define LOOP      quick_asin_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      acos
#define LOOP      quick_acos_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      atan
#define LOOP      quick_atan_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      log2
#define LOOP      quick_log2_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      exp2
#define LOOP      quick_exp2_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      cbrt
#define LOOP      quick_cbrt_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      sinh
#define LOOP      sinh_near_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      cosh
#define LOOP      cosh_near_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      asinh
#define LOOP      asinh_near_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      acosh
#define LOOP      acosh_near_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      atanh
#define LOOP      atanh_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      expm1
#define LOOP      expm1_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      log1p
#define LOOP      log1p_near_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      log10
#define LOOP      log10_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      erfc
#define LOOP      erfc_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

/* ---- of two arguments ----------------------------------------------------------------------- */

/* The first of n numbers in every lane, for an argument that stays, and for lanes without one. */
static inline eg__doubles all_lanes(const double *x, int64_t n)
{
    double lanes[sizeof(eg__doubles) / sizeof(double)];
    eg__doubles all;

    for (size_t i = 0; i < sizeof lanes / sizeof *lanes; i++)
        lanes[i] = n > 0 ? x[0] : 0;
    memcpy(&all, lanes, sizeof all);
    return all;
}

#define NAME pow_near
#define OF   EG__OF_DOUBLES(pow, u10)
#include "kernel/library_binary.inc"

/* The library gives up a little below the largest number: there x^y is the square of x^(y/2). */
static double pow_at_end(double x, double y, double z)
{
    static const int64_t step[] = {1, 1};
    double base = fabs(x), half = y / 2;

    if (x == 0 || !(base < INFINITY) || !(fabs(y) < INFINITY))
        return z;
    if (y == 1)
        return x;
    pow_near_double(1, (const void *[]){&base, &half}, step, &base);
    return copysign(base * base, z);
}

static void pow_double(int64_t n, const void *const in[], const int64_t step[], void *out)
{
    enum { BLOCK = 256 };
    double z[BLOCK];

    for (int64_t begin = 0; begin < n; begin += BLOCK) {
        const double *x = (const double *)in[0] + begin * step[0];
        const double *y = (const double *)in[1] + begin * step[1];
        const int64_t m = n - begin < BLOCK ? n - begin : BLOCK;
        pow_near_double(m, (const void *[]){x, y}, step, z);
        for (int64_t i = 0; i < m; i++)
            if (fabs(z[i]) == INFINITY)
                z[i] = pow_at_end(x[i * step[0]], y[i * step[1]], z[i]);
        memcpy((double *)out + begin, z, (size_t)m * sizeof *z);
    }
}

#define NAME atan2
#define OF   EG__OF_DOUBLES(atan2, u10)
#include "kernel/library_binary.inc"

#define NAME hypot
#define OF   EG__OF_DOUBLES(hypot, u05)
#include "kernel/library_binary.inc"

/* The larger of two plus log(1 + e^-d), d the distance between them: none where they are the same
 * infinity. */
static void logaddexp_double(int64_t n, const void *const in[], const int64_t step[], void *out)
{
    enum { BLOCK = 256 };
    const double *x = in[0], *y = in[1];
    double *z = out, most[BLOCK], rest[BLOCK];
    const void *at[] = {rest};

    for (int64_t begin = 0; begin < n; begin += BLOCK) {
        const int64_t m = n - begin < BLOCK ? n - begin : BLOCK;
        for (int64_t i = 0; i < m; i++) {
            const double a = x[(begin + i) * step[0]], b = y[(begin + i) * step[1]];
            most[i] = a > b || a != a ? a : b;
            rest[i] = a == b ? 0 : -fabs(a - b);
        }
        exp_double(m, at, step, rest);
        log1p_near_double(m, at, step, rest);
        for (int64_t i = 0; i < m; i++)
            z[begin + i] = most[i] + rest[i];
    }
}

#define NAME      pow
#define LOOP      pow_near_double
#define ARGUMENTS 2
#include "kernel/narrow.inc"

#define NAME      atan2
#define LOOP      atan2_double
#define ARGUMENTS 2
#include "kernel/narrow.inc"

#define NAME      hypot
#define LOOP      hypot_double
#define ARGUMENTS 2
#include "kernel/narrow.inc"

#define NAME      logaddexp
#define LOOP      logaddexp_double
#define ARGUMENTS 2
#include "kernel/narrow.inc"

/* ---- the tables ----------------------------------------------------------------------------- */

EG__REAL_TABLE(sin)
EG__REAL_TABLE(cos)
EG__REAL_TABLE(tan)
EG__REAL_TABLE(asin)
EG__REAL_TABLE(acos)
EG__REAL_TABLE(atan)
EG__REAL_TABLE(sinh)
EG__REAL_TABLE(cosh)
EG__REAL_TABLE(asinh)
EG__REAL_TABLE(acosh)
EG__REAL_TABLE(atanh)
EG__REAL_TABLE(expm1)
EG__REAL_TABLE(log1p)
EG__REAL_TABLE(log2)
EG__REAL_TABLE(log10)
EG__REAL_TABLE(exp2)
EG__REAL_TABLE(cbrt)
EG__REAL_TABLE(erfc)
EG__REAL_TABLE(pow)
EG__REAL_TABLE(atan2)
EG__REAL_TABLE(hypot)
EG__REAL_TABLE(logaddexp)
