/* Arguments, and how wrong the results are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "search.h"
#include "numbers.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PRECISION = 180, BLOCK = 1 << 14, KINDS = 6, NO_EXPONENT = -9999 };

/* ---- numbers -------------------------------------------------------------------------------- */

static double within(const format *f, double x)
{
    const double most = ldexp(1, f->high + 1);

    return fabs(x) > most ? copysign(most, x) : x;
}

/* Both are NaN, or neither and of one sign. */
static bool alike(double x, double y)
{
    return isnan(x) || isnan(y) ? isnan(x) && isnan(y) : !signbit(x) == !signbit(y);
}

/* ---- one result ----------------------------------------------------------------------------- */

typedef struct search_state {
    const function *f;
    const format *format;
    worst worst;
    mpfr_t x, y, z, difference;
} search_state;

/* The exponent of the least unit that counts, where terms cancel: that of the larger argument of
 * logaddexp, of 1 for the gamma function left of 0, where zeros are. */
static long least_exponent(const function *f, double x, double y)
{
    const bool is_sum = strcmp(f->name, "logaddexp") == 0;
    const bool is_gamma = strcmp(f->name, "lgamma") == 0;
    const double most = fmax(isfinite(x) ? fabs(x) : 0, isfinite(y) ? fabs(y) : 0);

    if (is_sum)
        return most > 0 ? ilogb(most) : NO_EXPONENT + 1;
    return is_gamma && x < 0 ? 0 : NO_EXPONENT;
}

/* Whether f(x, y) may be worse than what was found, in doubles; not to be asked of float64. */
static bool may_be_worse(const search_state *s, double x, double y, double got)
{
    const format *f = s->format;
    const double exact = s->f->quick(x, y);
    const long least = least_exponent(s->f, x, y);
    int e;

    if (least == NO_EXPONENT && !alike(exact, got))
        return true;
    if (isnan(got) || isnan(exact))
        return isnan(got) != isnan(exact);
    frexp(within(f, fabs(exact)), &e);
    e = e - 1 < least ? (int)least + 1 : e;
    const double error = ldexp(fabs(within(f, exact) - within(f, got)), -unit_of(f, e - 1));
    return error > s->worst.error - 1e-3;
}

/* The error of a result, exactly. */
static double error_of(search_state *s, double x, double y, double got)
{
    mpfr_set_d(s->x, x, MPFR_RNDN);
    mpfr_set_d(s->y, y, MPFR_RNDN);
    s->f->exact(s->z, s->x, s->y);
    if (mpfr_nan_p(s->z) || isnan(got))
        return mpfr_nan_p(s->z) && isnan(got) ? 0 : INFINITY;
    const long least = least_exponent(s->f, x, y);
    if (least == NO_EXPONENT && !mpfr_signbit(s->z) != !signbit(got))
        return INFINITY;
    limit(s->z, s->format);
    long e = exponent(s->z);
    e = e < least ? least : e;
    mpfr_set_d(s->difference, got, MPFR_RNDN);
    limit(s->difference, s->format);
    mpfr_sub(s->difference, s->difference, s->z, MPFR_RNDA);
    mpfr_mul_2si(s->difference, s->difference, -unit_of(s->format, e), MPFR_RNDA);
    return fabs(mpfr_get_d(s->difference, MPFR_RNDN));
}

static void look_at(search_state *s, double x, double y, double got)
{
    if (s->format->dtype != EG_FLOAT64 && !may_be_worse(s, x, y, got))
        return;
    const double error = error_of(s, x, y, got);
    if (error > s->worst.error)
        s->worst = (worst){error, x, y, got};
}

/* Looks at f of two tensors of the dtype. */
static void look_at_all(search_state *s, eg_tensor *x, eg_tensor *y)
{
    eg_tensor *z = eg_cast(s->f->of(x, y), EG_FLOAT64);
    const int64_t n = eg_size(x);
    const double *xs = eg_data(eg_cast(x, EG_FLOAT64), EG_FLOAT64);
    const double *ys = eg_data(eg_cast(y, EG_FLOAT64), EG_FLOAT64);
    const double *zs = eg_data(z, EG_FLOAT64);

    for (int64_t i = 0; zs && i < n; i++)
        look_at(s, xs[i], ys[i], zs[i]);
}

/* ---- arguments ------------------------------------------------------------------------------ */

static double in_range(const function *f, uint64_t *state)
{
    return f->low + fraction(state) * (f->high - f->low);
}

/* One argument or two, of a kind. */
static void draw(const search_state *s, int kind, uint64_t *state, double *x, double *y)
{
    const function *f = s->f;

    switch (kind) {
    case 0:
        *x = anywhere(s->format, state);
        *y = anywhere(s->format, state);
        break;
    case 1:
        *x = in_range(f, state);
        *y = in_range(f, state);
        break;
    case 2:
        *x = near(1, state);
        *y = anywhere(s->format, state);
        break;
    case 3:
        *x = f->n_in == 1 ? quarter_turn(state) : anywhere(s->format, state);
        *y = *x * near(0, state);
        break;
    case 4:
        *y = edge(state) * near(1, state);
        *x = f->n_in == 1 ? *y : anywhere(s->format, state);
        *y /= log2(fabs(*x));
        break;
    default:
        *x = near(0, state);
        *y = near(0, state);
    }
}

static void look_at_drawn(search_state *s, int kind, int64_t n, uint64_t *state)
{
    double *x = malloc(2 * BLOCK * sizeof *x), *y = x + BLOCK;

    for (int64_t at = 0; x && at < n; at += BLOCK) {
        const int64_t m = n - at < BLOCK ? n - at : BLOCK;
        eg_scope *scope = eg_scope_open();
        for (int64_t i = 0; i < m; i++)
            draw(s, kind, state, &x[i], &y[i]);
        eg_tensor *u = eg_cast(eg_copy(EG_FLOAT64, 1, &m, x), s->format->dtype);
        eg_tensor *v = eg_cast(eg_copy(EG_FLOAT64, 1, &m, y), s->format->dtype);
        look_at_all(s, u, v);
        eg_scope_close(scope);
    }
    free(x);
}

/* Numbers worth a try with everything and with each other. */
static void look_at_corners(search_state *s)
{
    static const double corners[] = {0, 0x1p-1074, 0x1p-1022, 0x1p-149, 0x1p-126, 0x1p-24, 0x1p-14,
        0.5, 1, 2, 3, 0x1p53, 65504, 0x1.fffffep127, 0x1.fffffffffffffp1023, 0x1.6ac5b262ca1ffp+849,
        INFINITY, NAN};
    enum { N = sizeof corners / sizeof *corners, ALL = 4 * N * N };
    static double x[ALL], y[ALL];
    const int64_t n = ALL;
    eg_scope *scope = eg_scope_open();

    for (int i = 0; i < ALL; i++) {
        x[i] = corners[i / 4 % N] * (i & 1 ? -1 : 1);
        y[i] = corners[i / 4 / N] * (i & 2 ? -1 : 1);
    }
    look_at_all(s, eg_cast(eg_copy(EG_FLOAT64, 1, &n, x), s->format->dtype),
        eg_cast(eg_copy(EG_FLOAT64, 1, &n, y), s->format->dtype));
    eg_scope_close(scope);
}

/* Numbers of 16 bits, all of them. */
static void look_at_each(search_state *s)
{
    enum { ALL = 1 << 16 };
    static uint16_t bits[ALL];
    const int64_t n = ALL;
    eg_scope *scope = eg_scope_open();

    for (int i = 0; i < ALL; i++)
        bits[i] = (uint16_t)i;
    eg_tensor *x = eg_copy(s->format->dtype, 1, &n, bits);
    look_at_all(s, x, x);
    eg_scope_close(scope);
}

/* ---- searches ------------------------------------------------------------------------------- */

static void begin(search_state *s, const function *f, eg_dtype dtype)
{
    *s = (search_state){.f = f, .format = format_of(dtype)};
    mpfr_inits2(PRECISION, s->x, s->y, s->z, s->difference, (mpfr_ptr)NULL);
}

static worst end(search_state *s)
{
    mpfr_clears(s->x, s->y, s->z, s->difference, (mpfr_ptr)NULL);
    return s->worst;
}

worst search(const function *f, eg_dtype dtype, int64_t n)
{
    search_state s;

    begin(&s, f, dtype);
    look_at_corners(&s);
    if (eg_dtype_size(dtype) == 2 && f->n_in == 1)
        look_at_each(&s);
    else
        for (int kind = 0; kind < KINDS; kind++) {
            uint64_t state = (uint64_t)kind;
            look_at_drawn(&s, kind, n, &state);
        }
    return end(&s);
}

worst search_float32(const function *f, int64_t step)
{
    float *x = malloc(BLOCK * sizeof *x);
    search_state s;

    begin(&s, f, EG_FLOAT32);
    for (int64_t at = 0; x && at < (int64_t)1 << 32;) {
        int64_t m = 0;
        eg_scope *scope = eg_scope_open();
        for (; m < BLOCK && at < (int64_t)1 << 32; at += step) {
            const uint32_t bits = (uint32_t)at;
            memcpy(&x[m++], &bits, sizeof bits);
        }
        eg_tensor *u = eg_copy(EG_FLOAT32, 1, &m, x);
        look_at_all(&s, u, u);
        eg_scope_close(scope);
    }
    free(x);
    return end(&s);
}
