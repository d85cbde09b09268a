/* Formats of numbers and draws of arguments.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "numbers.h"
#include <math.h>
#include <stddef.h>

/* ---- units ---------------------------------------------------------------------------------- */

static const format formats[] = {
    {EG_FLOAT16, 11, -14, 15},
    {EG_BFLOAT16, 8, -126, 127},
    {EG_FLOAT32, 24, -126, 127},
    {EG_FLOAT64, 53, -1022, 1023},
};

const format *format_of(eg_dtype dtype)
{
    const format *f = formats;

    while (f->dtype != dtype)
        f++;
    return f;
}

int unit_of(const format *f, long e)
{
    const long low = e < f->low ? f->low : e;

    return (int)(low > f->high ? f->high : low) - f->digits + 1;
}

void limit(mpfr_t z, const format *f)
{
    if (mpfr_inf_p(z) || (mpfr_regular_p(z) && mpfr_get_exp(z) > f->high + 1))
        mpfr_set_si_2exp(z, mpfr_signbit(z) ? -1 : 1, f->high + 1, MPFR_RNDN);
}

long exponent(mpfr_t z)
{
    return mpfr_regular_p(z) ? mpfr_get_exp(z) - 1 : -2000;
}

/* ---- arguments ------------------------------------------------------------------------------ */

uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

double fraction(uint64_t *state)
{
    return (double)(next(state) >> 11) * 0x1p-53;
}

double anywhere(const format *f, uint64_t *state)
{
    const int low = f->low - f->digits,
              e = low + (int)(next(state) % (uint64_t)(f->high + 2 - low));
    const double x = ldexp(1 + fraction(state), e);

    return next(state) & 1 ? -x : x;
}

double edge(uint64_t *state)
{
    static const double edges[] = {709.782712893384, 710.4758600739439, -708.3964185322641,
        -745.1332191019411, 88.72283905206835, -87.33654475055310, -103.97207708399179, 1024, -1022,
        -1074, 128, -126, -149};

    return edges[next(state) % (sizeof edges / sizeof *edges)];
}

double near(double c, uint64_t *state)
{
    const double d = ldexp(fraction(state), -(int)(next(state) % 60));

    return next(state) & 1 ? c - d : c + d;
}

double quarter_turn(uint64_t *state)
{
    return (double)(next(state) >> (next(state) % 60)) * 1.57079632679489661923;
}
