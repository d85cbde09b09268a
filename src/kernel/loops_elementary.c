/* Elementary functions, compiled once for each instruction set: float32 from elementary.h, float64
 * from a library.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementary.h"
#include "kernel/elementwise.h"
#include "kernel/library.h"

/* ---- float32 -------------------------------------------------------------------------------- */

#define NAME exp
#define OF   eg__exp_f32
#include "kernel/unary_floats.inc"

#define NAME tanh
#define OF   eg__tanh_f32
#include "kernel/unary_floats.inc"

#define NAME sigmoid
#define OF   eg__sigmoid_f32
#include "kernel/unary_floats.inc"

#define NAME erf
#define OF   eg__erf_f32
#include "kernel/unary_floats.inc"

#define NAME gelu_tanh
#define OF   eg__gelu_tanh_f32
#include "kernel/unary_floats.inc"

#define NAME gelu_erf
#define OF   eg__gelu_erf_f32
#include "kernel/unary_floats.inc"

#define T       float
#define R       float
#define NAME    log
#define EXPR(x) eg__log_f32(x)
#include "kernel/unary.inc"
#undef NAME
#undef EXPR
#undef T
#undef R

/* ---- float64 from the library --------------------------------------------------------------- */

#define NAME exp_near
#define OF   EG__OF_DOUBLES(exp, u10)
#include "kernel/library.inc"

/* The library gives up a little below the largest number: there e^x = e^(x - 20) e^20, and e^20 is
 * very nearly a double. */
static double exp_at_end(double x)
{
    x -= 20;
    exp_near_double(1, (const void *[]){&x}, NULL, &x);
    return x * 0x1.ceb088b68e804p+28;
}

#define NAME    exp
#define LOOP    exp_near_double
#define FAR(x)  ((x) > 709.5)
#define MEND(x) exp_at_end(x)
#include "kernel/mended.inc"

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

/* 2 sqrt(2/pi) (x + 0.044715 x^3) for x in [-30, 30], and what it has lost, as in
 * eg__gelu_tanh_f32. */
static inline double gelu_exponent(double x, double *lost)
{
    const double square = x * x, cubic = square * 0x1.2444f2a4d8b4bp-4;
    const double linear = 0x1.9884533d43651p+0, v = cubic + linear, u = x * v;
    const double most = cubic > linear ? cubic : linear, least = cubic > linear ? linear : cubic;
    const double low = eg__lost_f64(x, x, square) * 0x1.2444f2a4d8b4bp-4 +
        eg__lost_f64(square, 0x1.2444f2a4d8b4bp-4, cubic);
    const double lower = -0x1.6c843a29d1c70p-61 * square - 0x1.cbc0d30ebfd15p-54;

    *lost = x * ((least - (v - most)) + (low + lower)) + eg__lost_f64(x, v, u);
    return u;
}

static inline double within_30(double x)
{
    const double low = x < -30 ? -30 : x;
    return x > 30 ? 30 : low;
}

/* Far below zero e^u may have lost digits that x e^u has: there it comes as e^(u + 37). */
static inline double gelu_power(double x)
{
    double lost;
    const double u = gelu_exponent(within_30(x), &lost);

    return u < -600 ? u + 37 : -fabs(u);
}

static inline double gelu_of_exp(double x, double t)
{
    const double y = within_30(x), back = 0x1.898471fca6055p-54; /* e^-37 */
    double lost;
    const double u = gelu_exponent(y, &lost), low = y * t;
    const double low_lost = EG__FMA_F64(low, lost, eg__lost_f64(y, t, low));
    const double z = eg__over_one_and_f64(x < 0 ? low : x, x < 0 ? low_lost : 0, t);

    return copysign(u < -600 ? (low + low_lost) * back : x < 0x1p900 ? z : x, x);
}

#define NAME        gelu_tanh
#define LOOP        exp_double
#define BEFORE(x)   gelu_power(x)
#define AFTER(x, y) gelu_of_exp(x, y)
#include "kernel/composed.inc"

/* x/2 (1 + erf(x/sqrt 2)) = x/2 erfc(s), s = -x/sqrt 2, which does not cancel. What s has lost
 * changes erfc(s) by nearly s + sqrt(s^2 + 2) times that. */
static inline double gelu_of_erfc(double x, double y)
{
    const double root = 0x1.6a09e667f3bcdp-1, s = x * -root;
    const double lost = x * 0x1.bdd3413b26456p-55 - eg__lost_f64(x, root, -s);

    return 0.5 * x * EG__FMA_F64(-lost * (s + sqrt(EG__FMA_F64(s, s, 2))), y, y);
}

#define NAME        gelu_near
#define LOOP        erfc_double
#define BEFORE(x)   ((x) * -0x1.6a09e667f3bcdp-1)
#define AFTER(x, y) (fabs(x) < 40 ? gelu_of_erfc(x, y) : (x) < 0 ? -0.0 : (x))
#include "kernel/composed.inc"

/* Where erfc has lost digits: -e^(-x*x/2) / sqrt(2 pi) (1 - 1/x^2 + 3/x^4 - 15/x^6 ...). */
static double gelu_far(double x)
{
    const double y = x < -40 ? -40 : x, square = y * y, w = -1 / square;
    const double series = w * (1 + w * (3 + w * (15 + w * (105 + w * (945 + w * 10395)))));
    const double c = 0x1.39fb3ef4c5fd9p-55; /* e^-37 / sqrt(2 pi) */
    double bell = 37 - 0.5 * square;

    exp_double(1, (const void *[]){&bell}, NULL, &bell);
    return -bell * EG__FMA_F64(c, series - 0.5 * eg__lost_f64(y, y, square), c);
}

#define NAME    gelu_erf
#define LOOP    gelu_near_double
#define FAR(x)  ((x) < -37)
#define MEND(x) gelu_far(x)
#include "kernel/mended.inc"

/* ---- the tables ----------------------------------------------------------------------------- */

EG__REAL_TABLE(exp)
EG__REAL_TABLE(log)
EG__REAL_TABLE(tanh)
EG__REAL_TABLE(sigmoid)
EG__REAL_TABLE(erf)
EG__REAL_TABLE(gelu_tanh)
EG__REAL_TABLE(gelu_erf)
