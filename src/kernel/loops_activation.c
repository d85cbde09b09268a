/* Activations, compiled once for each instruction set. What float32 has no quick text for in
 * elementary.h is computed in float64 and rounded once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementary.h"
#include "kernel/elementwise.h"
#include "kernel/library.h"

/* ---- of sums and products ------------------------------------------------------------------- */

#define NAME    relu6
#define EXPR(x) ((x) <= 0 ? 0 : (x) > 6 ? 6 : (x))
#define ONLY_REAL
#include "kernel/unary_numeric.inc"

#define NAME    hard_sigmoid
#define EXPR(x) ((x) <= -3 ? 0 : (x) >= 3 ? 1 : ((x) + 3) / 6)
#define ONLY_REAL
#include "kernel/unary_numeric.inc"

#define NAME    hard_swish
#define EXPR(x) ((x) <= -3 ? 0 : (x) >= 3 ? (x) : (x) * (((x) + 3) / 6))
#define ONLY_REAL
#include "kernel/unary_numeric.inc"

#define NAME    softsign
#define SIZE(x) ((x) < 0 ? -(x) : (x))
#define EXPR(x) (SIZE(x) > 0x1p100f ? (T)((x) < 0 ? -1 : 1) : (x) / (1 + SIZE(x)))
#define ONLY_REAL
#include "kernel/unary_numeric.inc"

#define NAME       leaky_relu
#define EXPR(x, y) ((x) > 0 ? (x) : (x) * (y))
#define ONLY_REAL
#include "kernel/binary_numeric.inc"

/* ---- of exp and log1p, float64 -------------------------------------------------------------- */

#define NAME exp
#define OF   EG__OF_DOUBLES(exp, u10)
#include "kernel/library.inc"

#define NAME expm1
#define OF   EG__OF_DOUBLES(expm1, u10)
#include "kernel/library.inc"

#define NAME log1p
#define OF   EG__OF_DOUBLES(log1p, u10)
#include "kernel/library.inc"

/* Below -600 e^x may have lost digits that x e^x has: there it comes as e^(x + 37), to be
 * multiplied by e^-37, which is very nearly a double. */
#define IS_LOW(x)  ((x) < -600)
#define RAISED(x)  (IS_LOW(x) ? (x) + 37 : (x))
#define LOWERED(y) ((y)*0x1.898471fca6055p-54)

/* As eg__silu_f32. */
static inline double silu_of_exp(double x, double t)
{
    const double size = fabs(x), far = size > 900 ? 900 : size, low = far * t;
    const double top = x < 0 ? low : size, rest = x < 0 ? eg__lost_f64(far, t, low) : 0;
    const double z = size < 0x1p900 ? eg__over_one_and_f64(top, rest, t) : top;

    return copysign(IS_LOW(x) ? LOWERED(low) : z, x);
}

#define NAME        silu
#define LOOP        exp_double
#define BEFORE(x)   RAISED(-fabs(x))
#define AFTER(x, y) silu_of_exp(x, y)
#include "kernel/composed.inc"

/* x tanh(log(1 + n)) with n = e^x: x w / (w + 2), w = n (n + 2). What sums and products have lost
 * is made up for, the last in the quotient; where n is large it does not matter. */
static inline double mish_of_exp(double x, double n)
{
    const double low = x < -900 ? -900 : x, a = n + 2, w = n * a, d = w + 2, top = low * w;
    const double w_lost = eg__lost_f64(n, a, w) + n * (n - (a - 2));
    const double top_lost = eg__lost_f64(low, w, top) + low * w_lost;
    const double d_lost = (w - (d - 2)) + w_lost, q = top / d;
    const double y = q + (top_lost - eg__lost_f64(q, d, top) - q * d_lost) / d;
    const double z = IS_LOW(x) ? LOWERED(low * n) : copysign(y, x);

    return x > 40 ? x : z;
}

#define NAME        mish
#define LOOP        exp_double
#define BEFORE(x)   ((x) > 40 ? 40 : RAISED(x))
#define AFTER(x, y) mish_of_exp(x, y)
#include "kernel/composed.inc"

/* log(1 + e^-|x|). */
static void log1p_of_exp(int64_t n, const void *const in[], const int64_t step[], void *out)
{
    exp_double(n, in, step, out);
    log1p_double(n, (const void *[]){out}, step, out);
}

#define NAME        softplus
#define LOOP        log1p_of_exp
#define BEFORE(x)   (-fabs(x))
#define AFTER(x, y) (((x) > 0 ? (x) : 0) + (y))
#include "kernel/composed.inc"

static void elu_double(int64_t n, const void *const in[], const int64_t step[], void *out)
{
    enum { BLOCK = 256 };
    double y[BLOCK];

    for (int64_t at = 0; at < n; at += BLOCK) {
        const double *x = (const double *)in[0] + at * step[0];
        const double *alpha = (const double *)in[1] + at * step[1];
        double *z = (double *)out + at;
        const int64_t m = n - at < BLOCK ? n - at : BLOCK;
        for (int64_t i = 0; i < m; i++)
            y[i] = x[i * step[0]] > 0 ? 0 : x[i * step[0]];
        expm1_double(m, (const void *[]){y}, step, y);
        for (int64_t i = 0; i < m; i++)
            z[i] = x[i * step[0]] > 0 ? x[i * step[0]] : alpha[i * step[1]] * y[i];
    }
}

/* ---- float32 -------------------------------------------------------------------------------- */

#define NAME      mish
#define LOOP      mish_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME      softplus
#define LOOP      softplus_double
#define ARGUMENTS 1
#include "kernel/narrow.inc"

#define NAME silu
#define OF   eg__silu_f32
#include "kernel/unary_floats.inc"

EG_HOT_INLINE eg__floats elu_of(eg__floats x, eg__floats alpha)
{
    return eg__where_positive(x, x, alpha * eg__expm1_f32(x));
}

static void elu_float(int64_t n, const void *const in[], const int64_t step[], void *out)
{
    const float *x = in[0], *alpha = in[1];
    float *z = out;

#ifdef EG__SIXTEEN
    for (int64_t i = 0; i < n; i += 16) {
        const eg__floats a = step[0] ? eg__load(x + i, n - i) : eg__all(*x);
        const eg__floats b = step[1] ? eg__load(alpha + i, n - i) : eg__all(*alpha);
        eg__store(z + i, elu_of(a, b), n - i);
    }
#else
    if (step[0] && step[1]) {
        EG__INDEPENDENT
        for (int64_t i = 0; i < n; i++)
            z[i] = elu_of(x[i], alpha[i]);
    } else if (step[0]) {
        const float b = *alpha;
        EG__INDEPENDENT
        for (int64_t i = 0; i < n; i++)
            z[i] = elu_of(x[i], b);
    } else {
        const float a = *x;
        EG__INDEPENDENT
        for (int64_t i = 0; i < n; i++)
            z[i] = elu_of(a, alpha[step[1] * i]);
    }
#endif
}

/* ---- the tables ----------------------------------------------------------------------------- */

EG__REAL_TABLE(silu)
EG__REAL_TABLE(mish)
EG__REAL_TABLE(softplus)
EG__REAL_TABLE(elu)
