/* Elementary functions, compiled once for each instruction set: float32 from elementary.h, float64
 * from a library. Both forms of gelu are sums and products around exp or erfc; how far they are off
 * is said where they are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementary.h"
#include "kernel/elementwise.h"
#include "kernel/library.h"

/* ---- float32 -------------------------------------------------------------------------------- */

#define T float
#define R float
#define W float

#define NAME    exp
#define EXPR(x) eg__exp_f32(x)
#include "kernel/unary.inc"
#undef NAME
#undef EXPR

#define NAME    log
#define EXPR(x) eg__log_f32(x)
#include "kernel/unary.inc"
#undef NAME
#undef EXPR

#define NAME    tanh
#define EXPR(x) eg__tanh_f32(x)
#include "kernel/unary.inc"
#undef NAME
#undef EXPR

#define NAME    sigmoid
#define EXPR(x) eg__sigmoid_f32(x)
#include "kernel/unary.inc"
#undef NAME
#undef EXPR

#define NAME    erf
#define EXPR(x) eg__erf_f32(x)
#include "kernel/unary.inc"
#undef NAME
#undef EXPR

#define NAME    gelu_tanh
#define EXPR(x) eg__gelu_tanh_f32(x)
#include "kernel/unary.inc"
#undef NAME
#undef EXPR

#define NAME    gelu_erf
#define EXPR(x) eg__gelu_erf_f32(x)
#include "kernel/unary.inc"
#undef NAME
#undef EXPR

#undef T
#undef R
#undef W

/* ---- float64 from the library --------------------------------------------------------------- */

#define NAME exp
#define OF   EG__OF_DOUBLES(exp, u10)
#include "kernel/library.inc"

#define NAME log
#define OF   EG__OF_DOUBLES(log, u10)
#include "kernel/library.inc"

#define NAME tanh
#define OF   EG__OF_DOUBLES(tanh, u10)
#include "kernel/library.inc"

#define NAME erf
#define OF   EG__OF_DOUBLES(erf, u10)
#include "kernel/library.inc"

#define NAME erfc
#define OF   EG__OF_DOUBLES(erfc, u15)
#include "kernel/library.inc"

/* ---- float64 composed of that --------------------------------------------------------------- */

/* As eg__sigmoid_f32. */
static inline double logistic(double x, double t)
{
    const double below = 1 + t, lost = t - (below - 1);
    const double y = (x < 0 ? t : 1) / below;

    return fabs(EG__FMA_F64(-y, lost * (0.5 + fabs(y - 0.5)), y));
}

#define NAME        sigmoid
#define LOOP        exp_double
#define BEFORE(x)   (-fabs(x))
#define AFTER(x, y) logistic(x, y)
#include "kernel/composed.inc"

/* As eg__gelu_tanh_f32. */
static inline double gelu_exponent(double x)
{
    const double y = x < -30 ? -30 : x;
    const double u = y * EG__FMA_F64(y * y, 0x1.2444f2a4d8b4bp-4, 0x1.9884533d43651p+0);
    return -fabs(u);
}

static inline double gelu_of_exp(double x, double t)
{
    const double y = x < -30 ? -30 : x;
    return (x < 0 ? y * t : x) / (1 + t);
}

#define NAME        gelu_tanh
#define LOOP        exp_double
#define BEFORE(x)   gelu_exponent(x)
#define AFTER(x, y) gelu_of_exp(x, y)
#include "kernel/composed.inc"

/* x/2 (1 + erf(x/sqrt 2)) = x/2 erfc(-x/sqrt 2), which does not cancel. Below -40 all is -0. The
 * rounding of x/sqrt 2 costs up to x*x units of the last place where x is below zero. */
#define NAME        gelu_erf
#define LOOP        erfc_double
#define BEFORE(x)   ((x) * -0x1.6a09e667f3bcdp-1)
#define AFTER(x, y) ((x) != (x) ? (x) : 0.5 * ((x) < -40 ? -40 : (x)) * (y))
#include "kernel/composed.inc"

/* ---- the tables ----------------------------------------------------------------------------- */

EG__REAL_TABLE(exp)
EG__REAL_TABLE(log)
EG__REAL_TABLE(tanh)
EG__REAL_TABLE(sigmoid)
EG__REAL_TABLE(erf)
EG__REAL_TABLE(gelu_tanh)
EG__REAL_TABLE(gelu_erf)
