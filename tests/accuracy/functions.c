/* Functions made of MPFR's, to well over the precision of a float64, and the table of all.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include <math.h>

/* ---- quickly -------------------------------------------------------------------------------- */

static double gelu_by_tanh(double x)
{
    return x / (1 + exp(-2 * 0.79788456080286535588 * (x + 0.044715 * x * x * x)));
}

static double add_in_logs(double x, double y)
{
    const double most = x > y ? x : y;

    return x == y ? x + 0.69314718055994530942 : most + log1p(exp(-fabs(x - y)));
}

/* ---- exactly -------------------------------------------------------------------------------- */

static void exact_rsqrt(mpfr_t z, mpfr_t x, mpfr_t y)
{
    (void)y;
    mpfr_rec_sqrt(z, x, MPFR_RNDN);
    mpfr_setsign(z, z, mpfr_zero_p(x) && mpfr_signbit(x), MPFR_RNDN);
}

static void exact_lgamma(mpfr_t z, mpfr_t x, mpfr_t y)
{
    int sign;

    (void)y;
    mpfr_lgamma(z, &sign, x, MPFR_RNDN);
}

/* 1 / (1 + e^-x). */
static void exact_sigmoid(mpfr_t z, mpfr_t x, mpfr_t y)
{
    (void)y;
    mpfr_neg(z, x, MPFR_RNDN);
    mpfr_exp(z, z, MPFR_RNDN);
    mpfr_add_ui(z, z, 1, MPFR_RNDN);
    mpfr_ui_div(z, 1, z, MPFR_RNDN);
}

/* log(1 + e^x), which is x where e^-x is out of all reach. */
static void exact_softplus(mpfr_t z, mpfr_t x, mpfr_t y)
{
    (void)y;
    if (mpfr_cmp_ui(x, 1000) > 0) {
        mpfr_set(z, x, MPFR_RNDN);
        return;
    }
    mpfr_exp(z, x, MPFR_RNDN);
    mpfr_log1p(z, z, MPFR_RNDN);
}

static void exact_log_sigmoid(mpfr_t z, mpfr_t x, mpfr_t y)
{
    mpfr_neg(z, x, MPFR_RNDN);
    exact_softplus(z, z, y);
    mpfr_neg(z, z, MPFR_RNDN);
}

/* x times a weight that is 1 at infinity and 0 at minus infinity, where the product is -0. */
static void times(mpfr_t z, mpfr_t x)
{
    if (mpfr_inf_p(x) && mpfr_sgn(x) < 0)
        mpfr_set_zero(z, -1);
    else
        mpfr_mul(z, z, x, MPFR_RNDN);
}

static void exact_silu(mpfr_t z, mpfr_t x, mpfr_t y)
{
    exact_sigmoid(z, x, y);
    times(z, x);
}

static void exact_mish(mpfr_t z, mpfr_t x, mpfr_t y)
{
    exact_softplus(z, x, y);
    mpfr_tanh(z, z, MPFR_RNDN);
    times(z, x);
}

/* x/2 erfc(-x/sqrt 2). */
static void exact_gelu(mpfr_t z, mpfr_t x, mpfr_t y)
{
    (void)y;
    mpfr_set_ui(z, 2, MPFR_RNDN);
    mpfr_rec_sqrt(z, z, MPFR_RNDN);
    mpfr_mul(z, z, x, MPFR_RNDN);
    mpfr_neg(z, z, MPFR_RNDN);
    mpfr_erfc(z, z, MPFR_RNDN);
    mpfr_div_ui(z, z, 2, MPFR_RNDN);
    times(z, x);
}

/* x / (1 + e^-2u), u = sqrt(2/pi) (x + 0.044715 x^3). */
static void exact_gelu_tanh(mpfr_t z, mpfr_t x, mpfr_t y)
{
    mpfr_t root;

    mpfr_init2(root, mpfr_get_prec(z));
    mpfr_sqr(z, x, MPFR_RNDN);
    mpfr_mul_ui(z, z, 44715, MPFR_RNDN);
    mpfr_div_ui(z, z, 1000000, MPFR_RNDN);
    mpfr_add_ui(z, z, 1, MPFR_RNDN);
    mpfr_mul(z, z, x, MPFR_RNDN);
    mpfr_const_pi(root, MPFR_RNDN);
    mpfr_ui_div(root, 8, root, MPFR_RNDN);
    mpfr_sqrt(root, root, MPFR_RNDN);
    mpfr_mul(z, z, root, MPFR_RNDN);
    exact_sigmoid(z, z, y);
    times(z, x);
    mpfr_clear(root);
}

/* The larger of two plus log(1 + e^-d), d the distance between them. */
static void exact_logaddexp(mpfr_t z, mpfr_t x, mpfr_t y)
{
    if (mpfr_inf_p(x) || mpfr_inf_p(y) || mpfr_nan_p(x) || mpfr_nan_p(y)) {
        mpfr_max(z, x, y, MPFR_RNDN);
        if (mpfr_nan_p(x) || mpfr_nan_p(y))
            mpfr_set_nan(z);
        return;
    }
    mpfr_sub(z, x, y, MPFR_RNDN);
    mpfr_abs(z, z, MPFR_RNDN);
    mpfr_neg(z, z, MPFR_RNDN);
    exact_softplus(z, z, y);
    mpfr_add(z, z, mpfr_greater_p(x, y) ? x : y, MPFR_RNDN);
}

static void exact_elu(mpfr_t z, mpfr_t x, mpfr_t y)
{
    mpfr_set(z, x, MPFR_RNDN);
    if (mpfr_sgn(x) > 0)
        return;
    mpfr_expm1(z, x, MPFR_RNDN);
    mpfr_mul(z, z, y, MPFR_RNDN);
}

/* ---- as eagre does -------------------------------------------------------------------------- */

static eg_tensor *eg_gelu_tanh(eg_tensor *x)
{
    return eg_gelu_with(x, &(eg_gelu_attrs){.size = sizeof(eg_gelu_attrs), .tanh_form = true});
}

/* ---- the table ------------------------------------------------------------------------------ */

#define UNUSED(y) ((void)(y))
#define OF(name, ...)                                                                              \
    static eg_tensor *of_##name(eg_tensor *x, eg_tensor *y)                                        \
    {                                                                                              \
        UNUSED(y);                                                                                 \
        return eg_##name(__VA_ARGS__);                                                             \
    }
#define QUICKLY(name, expression)                                                                  \
    static double quick_##name(double x, double y)                                                 \
    {                                                                                              \
        UNUSED(y);                                                                                 \
        return expression;                                                                         \
    }
#define EXACTLY(name, ...)                                                                         \
    static void exact_##name(mpfr_t z, mpfr_t x, mpfr_t y)                                         \
    {                                                                                              \
        UNUSED(y);                                                                                 \
        mpfr_##name(z, __VA_ARGS__, MPFR_RNDN);                                                    \
    }

EXACTLY(pow, x, y)
EXACTLY(atan2, x, y)
EXACTLY(hypot, x, y)

#define ONE(name, quick, low, high) OF(name, x) QUICKLY(name, quick) EXACTLY(name, x)
#define OWN(name, quick, low, high) OF(name, x) QUICKLY(name, quick)
#define TWO(name, quick, low, high) OF(name, x, y) QUICKLY(name, quick)
#include "functions.list"
#undef ONE
#undef OWN
#undef TWO

#define ROW(name, n, low, high)     {#name, n, of_##name, quick_##name, exact_##name, low, high},
#define ONE(name, quick, low, high) ROW(name, 1, low, high)
#define OWN                         ONE
#define TWO(name, quick, low, high) ROW(name, 2, low, high)
const function functions[] = {
#include "functions.list"
};

const int n_functions = sizeof functions / sizeof *functions;
