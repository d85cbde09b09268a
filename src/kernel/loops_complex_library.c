/* Elementary functions of complex numbers: the C library's, one number at a time, whose corners are
 * those of C's Annex G and so of the Array API.
 *
 * complex64 is computed in double and rounded once. complex128 is computed in long double where the
 * C library's double is more than a unit or two of the last place off, which on most machines has
 * digits to spare.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/complex.h"
#include "kernel/elementwise.h"
#include <complex.h>
#include <string.h>
#undef complex
#undef I

typedef double _Complex wide;
typedef long double _Complex wider;

static inline wide wide_of(complex128 x)
{
    wide z;

    memcpy(&z, &x, sizeof z);
    return z;
}

static inline complex128 narrow(wide x)
{
    return (complex128){creal(x), cimag(x)};
}

/* Adding an imaginary part as a product would lose its sign. */
static inline wider wider_of(complex128 x)
{
    const long double parts[2] = {x.re, x.im};
    wider z;

    memcpy(&z, parts, sizeof z);
    return z;
}

static inline complex128 narrow_long(wider x)
{
    return (complex128){(double)creall(x), (double)cimagl(x)};
}

static inline complex128 as_complex128(complex64 x)
{
    return (complex128){(double)x.re, (double)x.im};
}

static inline complex64 as_complex64(complex128 x)
{
    return (complex64){(float)x.re, (float)x.im};
}

/* name_of_T by `in_double`, a function of complex128, and for complex128 by `best`. */
#define FUNCTION(name, in_double, best)                                                            \
    static inline complex64 name##_of_complex64(complex64 x)                                       \
    {                                                                                              \
        return as_complex64(in_double(as_complex128(x)));                                          \
    }                                                                                              \
    static inline complex128 name##_of_complex128(complex128 x)                                    \
    {                                                                                              \
        return best(x);                                                                            \
    }

/* The C library's function in double, and in long double. */
#define LIBRARY(name)                                                                              \
    static inline complex128 plain_##name(complex128 x)                                            \
    {                                                                                              \
        return narrow(c##name(wide_of(x)));                                                        \
    }
#define LONG_LIBRARY(name)                                                                         \
    LIBRARY(name)                                                                                  \
    static inline complex128 long_##name(complex128 x)                                             \
    {                                                                                              \
        return narrow_long(c##name##l(wider_of(x)));                                               \
    }

LIBRARY(exp)
LIBRARY(log)
LIBRARY(sqrt)
LONG_LIBRARY(sin)
LONG_LIBRARY(cos)
LONG_LIBRARY(sinh)
LONG_LIBRARY(cosh)
LONG_LIBRARY(tan)
LONG_LIBRARY(tanh)
LONG_LIBRARY(asin)
LONG_LIBRARY(acos)
LONG_LIBRARY(atan)
LONG_LIBRARY(asinh)
LONG_LIBRARY(acosh)
LONG_LIBRARY(atanh)

FUNCTION(exp, plain_exp, plain_exp)
FUNCTION(log, plain_log, plain_log)
FUNCTION(sqrt, plain_sqrt, plain_sqrt)
FUNCTION(sin, plain_sin, long_sin)
FUNCTION(cos, plain_cos, long_cos)
FUNCTION(sinh, plain_sinh, long_sinh)
FUNCTION(cosh, plain_cosh, long_cosh)
FUNCTION(tan, plain_tan, long_tan)
FUNCTION(tanh, plain_tanh, long_tanh)
FUNCTION(asin, plain_asin, long_asin)
FUNCTION(acos, plain_acos, long_acos)
FUNCTION(atan, plain_atan, long_atan)
FUNCTION(asinh, plain_asinh, long_asinh)
FUNCTION(acosh, plain_acosh, long_acosh)
FUNCTION(atanh, plain_atanh, long_atanh)

/* ---- what C has of real numbers only -------------------------------------------------------- */

static inline bool is_finite(complex128 x)
{
    return isfinite(x.re) && isfinite(x.im);
}

/* exp(re) cos(im) - 1 = expm1(re) cos(im) - 2 sin(im / 2)^2, neither of which cancels near 0. */
static inline complex128 expm1_of(complex128 x)
{
    if (!is_finite(x) || x.re > 700) {
        const complex128 y = plain_exp(x);
        return (complex128){y.re - 1, y.im};
    }
    const long double re = x.re, im = x.im, half = sinl(im / 2);
    const long double real = expm1l(re) * cosl(im) - 2 * half * half;
    return (complex128){(double)real, (double)(expl(re) * sinl(im))};
}

/* The logarithm of |1 + x|: half that of 1 + (2 re + re^2 + im^2), where that is near 0 with the
 * rounding errors of its squares and sums. */
static inline complex128 log1p_of(complex128 x)
{
    const long double re = 1 + (long double)x.re, im = x.im;

    if (!is_finite(x))
        return plain_log((complex128){1 + x.re, x.im});
    const double a = x.re * x.re, a_lost = fma(x.re, x.re, -a);
    const double b = x.im * x.im, b_lost = fma(x.im, x.im, -b);
    const double twice = 2 * x.re, sum = twice + b, of_b = sum - twice;
    const double sum_lost = (twice - (sum - of_b)) + (b - of_b);
    const double all = sum + (a + (sum_lost + (a_lost + b_lost)));
    const long double size = fabs(all) < 0.5 ? log1pl(all) / 2 : logl(hypotl(re, im));
    return (complex128){(double)size, (double)atan2l(im, re)};
}

/* The logarithm to a base: exact of its powers, where `log_re` of the real number is. */
static inline complex128 log_to(complex128 x, long double log_re(long double), long double factor)
{
    const wider y = clogl(wider_of(x));
    const long double size = hypotl(x.re, x.im);
    const bool is_far = fabsl(creall(y)) > 0.5L && is_finite(x) && size > 0;

    return (complex128){(double)(is_far ? log_re(size) : creall(y) * factor),
        (double)(cimagl(y) * factor)};
}

static inline complex128 log2_of(complex128 x)
{
    return log_to(x, log2l, 1.442695040888963407359924681001892137L);
}

static inline complex128 log10_of(complex128 x)
{
    return log_to(x, log10l, 0.434294481903251827651128918916605082L);
}

FUNCTION(expm1, expm1_of, expm1_of)
FUNCTION(log1p, log1p_of, log1p_of)
FUNCTION(log2, log2_of, log2_of)
FUNCTION(log10, log10_of, log10_of)

/* ---- powers --------------------------------------------------------------------------------- */

enum { FEW = 64 };

/* A small whole power by squaring, which is exact where the numbers are. */
static inline complex128 whole_power(complex128 x, int n)
{
    complex128 y = {1, 0};

    for (unsigned left = n < 0 ? 0u - (unsigned)n : (unsigned)n; left > 0; left >>= 1) {
        y = left & 1 ? mul_of_complex128(y, x) : y;
        x = left > 1 ? mul_of_complex128(x, x) : x;
    }
    return n < 0 ? div_of_complex128((complex128){1, 0}, y) : y;
}

/* 0 to a power with a positive real part is 0, to the power of 0 is 1. */
static inline complex128 power(complex128 x, complex128 y)
{
    const bool is_whole = y.im == 0 && fabs(y.re) <= FEW && y.re == trunc(y.re);

    if (is_whole && (y.re >= 0 || x.re != 0 || x.im != 0))
        return whole_power(x, (int)y.re);
    if (x.re == 0 && x.im == 0)
        return y.re > 0 ? (complex128){0, 0} : (complex128){(double)NAN, (double)NAN};
    return narrow_long(cpowl(wider_of(x), wider_of(y)));
}

static inline complex64 pow_of_complex64(complex64 x, complex64 y)
{
    return as_complex64(power(as_complex128(x), as_complex128(y)));
}

static inline complex128 pow_of_complex128(complex128 x, complex128 y)
{
    return power(x, y);
}

/* ---- loops ---------------------------------------------------------------------------------- */

#define BODY "kernel/complex_unary.inc"

#define NAME complex_exp
#define OF   exp
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_log
#define OF   log
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_sqrt
#define OF   sqrt
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_sin
#define OF   sin
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_cos
#define OF   cos
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_tan
#define OF   tan
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_asin
#define OF   asin
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_acos
#define OF   acos
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_atan
#define OF   atan
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_sinh
#define OF   sinh
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_cosh
#define OF   cosh
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_tanh
#define OF   tanh
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_asinh
#define OF   asinh
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_acosh
#define OF   acosh
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_atanh
#define OF   atanh
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_expm1
#define OF   expm1
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_log1p
#define OF   log1p
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_log2
#define OF   log2
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_log10
#define OF   log10
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#undef BODY

#define BODY "kernel/complex_binary.inc"

#define NAME complex_pow
#define OF   pow
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"
