/* The errors of functions of complex numbers beside MPC.
 *
 *     accuracy_complex --page FILE        compares a sample with the table on the page; exits with
 *                                         1 where an error is larger than the page says
 *     accuracy_complex --table [NAME]...  prints the page's table for the instruction set in use
 *
 * An error by norm is |z - exact| in units of the last place of |exact|; one by part is the larger
 * of both parts', each in its own units, a zero of the wrong sign being infinitely wrong where the
 * function is no product or quotient. Arguments are finite; results that are too large for the
 * dtype are left out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "numbers.h"
#include "page.h"
#include "kernel/isa.h"
#include <math.h>
#include <mpc.h>
#include <stdlib.h>
#include <string.h>

enum { PRECISION = 200, WIDE = 4500, SAMPLE = 150, MANY = 1500, KINDS = 7 };
enum { NORM, PART, ERRORS };

static const eg_dtype dtypes[] = {EG_COMPLEX64, EG_COMPLEX128};

enum { DTYPES = sizeof dtypes / sizeof *dtypes };

typedef struct function {
    const char *name;
    int n_in;
    eg_tensor *(*of)(eg_tensor *x, eg_tensor *y);
    void (*exact)(mpc_t z, mpc_t x, mpc_t y);
    double low, high;
    bool nearby; /* arguments are searched for only there and around 0 and 1 */
} function;

/* ---- exactly -------------------------------------------------------------------------------- */

static void exact_square(mpc_t z, mpc_t x, mpc_t y)
{
    (void)y;
    mpc_sqr(z, x, MPC_RNDNN);
}

static void exact_reciprocal(mpc_t z, mpc_t x, mpc_t y)
{
    (void)y;
    mpc_ui_div(z, 1, x, MPC_RNDNN);
}

static void make_real(mpc_t z)
{
    mpfr_set_zero(mpc_imagref(z), 1);
}

static void exact_abs(mpc_t z, mpc_t x, mpc_t y)
{
    (void)y;
    mpc_abs(mpc_realref(z), x, MPFR_RNDN);
    make_real(z);
}

static void exact_angle(mpc_t z, mpc_t x, mpc_t y)
{
    (void)y;
    mpc_arg(mpc_realref(z), x, MPFR_RNDN);
    make_real(z);
}

static void exact_sign(mpc_t z, mpc_t x, mpc_t y)
{
    mpfr_t size;

    (void)y;
    mpfr_init2(size, PRECISION);
    mpc_abs(size, x, MPFR_RNDN);
    if (mpfr_zero_p(size))
        mpc_set(z, x, MPC_RNDNN);
    else
        mpc_div_fr(z, x, size, MPC_RNDNN);
    mpfr_clear(size);
}

/* With as many digits as a sum with 1 has. */
static void exact_expm1(mpc_t z, mpc_t x, mpc_t y)
{
    mpc_t wide;

    (void)y;
    mpc_init2(wide, WIDE);
    mpc_exp(wide, x, MPC_RNDNN);
    mpc_sub_ui(wide, wide, 1, MPC_RNDNN);
    mpc_set(z, wide, MPC_RNDNN);
    mpc_clear(wide);
}

/* log|1 + x| is half of log1p(2 re + re^2 + im^2), whose sum may cancel. */
static void exact_log1p(mpc_t z, mpc_t x, mpc_t y)
{
    mpfr_t sum, square;

    (void)y;
    mpfr_inits2(WIDE, sum, square, (mpfr_ptr)NULL);
    mpfr_add_ui(sum, mpc_realref(x), 2, MPFR_RNDN);
    mpfr_mul(sum, sum, mpc_realref(x), MPFR_RNDN);
    mpfr_sqr(square, mpc_imagref(x), MPFR_RNDN);
    mpfr_add(sum, sum, square, MPFR_RNDN);
    mpfr_log1p(mpc_realref(z), sum, MPFR_RNDN);
    mpfr_div_ui(mpc_realref(z), mpc_realref(z), 2, MPFR_RNDN);
    mpfr_add_ui(sum, mpc_realref(x), 1, MPFR_RNDN);
    mpfr_atan2(mpc_imagref(z), mpc_imagref(x), sum, MPFR_RNDN);
    mpfr_clears(sum, square, (mpfr_ptr)NULL);
}

/* (sin cos of re + i sinh cosh of im) / (cos^2 re + sinh^2 im); beyond the reach of its first part
 * tan x is i or -i. */
static void exact_tan(mpc_t z, mpc_t x, mpc_t y)
{
    mpfr_t sin, cos, sinh, cosh;
    const bool is_far = mpfr_cmpabs_ui(mpc_imagref(x), 5000) > 0;

    (void)y;
    mpfr_inits2(PRECISION, sin, cos, sinh, cosh, (mpfr_ptr)NULL);
    mpfr_sin_cos(sin, cos, mpc_realref(x), MPFR_RNDN);
    mpfr_mul(mpc_realref(z), sin, cos, MPFR_RNDN);
    if (is_far) {
        mpfr_set_zero(mpc_realref(z), mpfr_signbit(mpc_realref(z)) ? -1 : 1);
        mpfr_set_si(mpc_imagref(z), mpfr_signbit(mpc_imagref(x)) ? -1 : 1, MPFR_RNDN);
    } else {
        mpfr_sinh_cosh(sinh, cosh, mpc_imagref(x), MPFR_RNDN);
        mpfr_mul(mpc_imagref(z), sinh, cosh, MPFR_RNDN);
        mpfr_sqr(cos, cos, MPFR_RNDN);
        mpfr_fma(cos, sinh, sinh, cos, MPFR_RNDN);
        mpc_div_fr(z, z, cos, MPC_RNDNN);
    }
    mpfr_clears(sin, cos, sinh, cosh, (mpfr_ptr)NULL);
}

/* i tanh x = tan i x. */
static void exact_tanh(mpc_t z, mpc_t x, mpc_t y)
{
    mpc_t turned;

    mpc_init2(turned, PRECISION);
    mpc_mul_i(turned, x, 1, MPC_RNDNN);
    exact_tan(z, turned, y);
    mpc_mul_i(z, z, -1, MPC_RNDNN);
    mpc_clear(turned);
}

static void exact_log2(mpc_t z, mpc_t x, mpc_t y)
{
    mpfr_t two;

    (void)y;
    mpfr_init2(two, PRECISION);
    mpfr_const_log2(two, MPFR_RNDN);
    mpc_log(z, x, MPC_RNDNN);
    mpc_div_fr(z, z, two, MPC_RNDNN);
    mpfr_clear(two);
}

/* ---- the table ------------------------------------------------------------------------------ */

#define UNUSED(y) ((void)(y))
#define OF(name, ...)                                                                              \
    static eg_tensor *of_##name(eg_tensor *x, eg_tensor *y)                                        \
    {                                                                                              \
        UNUSED(y);                                                                                 \
        return eg_##name(__VA_ARGS__);                                                             \
    }
#define EXACTLY(name, ...)                                                                         \
    static void exact_##name(mpc_t z, mpc_t x, mpc_t y)                                            \
    {                                                                                              \
        UNUSED(y);                                                                                 \
        mpc_##name(z, __VA_ARGS__, MPC_RNDNN);                                                     \
    }

#define ONE(name, low, high) OF(name, x) EXACTLY(name, x)
#define OWN(name, low, high) OF(name, x)
#define TWO(name, low, high) OF(name, x, y) EXACTLY(name, x, y)
#define NEAR                 TWO
#include "complex.list"
#undef ONE
#undef OWN
#undef TWO
#undef NEAR

#define ROW(name, n, low, high, nearby) {#name, n, of_##name, exact_##name, low, high, nearby},
#define ONE(name, low, high)            ROW(name, 1, low, high, false)
#define OWN                             ONE
#define TWO(name, low, high)            ROW(name, 2, low, high, false)
#define NEAR(name, low, high)           ROW(name, 2, low, high, true)
static const function functions[] = {
#include "complex.list"
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* ---- one result ----------------------------------------------------------------------------- */

typedef struct worst {
    double error;
    eg_pair x, y;
} worst;

typedef struct search {
    const function *f;
    eg_dtype dtype;
    const format *format;
    worst worst[ERRORS];
    mpc_t x, y, z;
    mpfr_t difference, sum;
} search;

static double in_units(search *s, mpfr_t difference, long e)
{
    mpfr_mul_2si(difference, difference, -unit_of(s->format, e), MPFR_RNDA);
    return fabs(mpfr_get_d(difference, MPFR_RNDN));
}

/* Zeros of products and quotients have the signs that follow from how they are made. */
static bool has_signs(const function *f)
{
    return f->n_in == 1 && strcmp(f->name, "reciprocal") != 0;
}

/* The error of a part; adds its square to s->sum. */
static double error_of_part(search *s, mpfr_t exact, double got)
{
    const bool both_zero = mpfr_zero_p(exact) && got == 0;

    mpfr_set_d(s->difference, got, MPFR_RNDN);
    mpfr_sub(s->difference, s->difference, exact, MPFR_RNDA);
    mpfr_fma(s->sum, s->difference, s->difference, s->sum, MPFR_RNDA);
    if (both_zero && !mpfr_signbit(exact) != !signbit(got) && has_signs(s->f))
        return INFINITY;
    return in_units(s, s->difference, exponent(exact));
}

/* Whether a part is a number of the format's range. */
static bool fits(const format *f, mpfr_t x)
{
    return mpfr_zero_p(x) || (mpfr_regular_p(x) && mpfr_get_exp(x) <= f->high);
}

static void note(worst *w, double error, eg_pair x, eg_pair y)
{
    if (error > w->error)
        *w = (worst){error, x, y};
}

static void look_at(search *s, eg_pair x, eg_pair y, eg_pair got)
{
    mpc_set_d_d(s->x, x.re, x.im, MPC_RNDNN);
    mpc_set_d_d(s->y, y.re, y.im, MPC_RNDNN);
    s->f->exact(s->z, s->x, s->y);
    if (!fits(s->format, mpc_realref(s->z)) || !fits(s->format, mpc_imagref(s->z)))
        return;
    if (!isfinite(got.re) || !isfinite(got.im)) {
        note(&s->worst[NORM], INFINITY, x, y);
        return;
    }
    mpfr_set_zero(s->sum, 1);
    const double re = error_of_part(s, mpc_realref(s->z), got.re);
    const double im = error_of_part(s, mpc_imagref(s->z), got.im);
    note(&s->worst[PART], re > im ? re : im, x, y);
    mpfr_sqrt(s->sum, s->sum, MPFR_RNDA);
    mpc_abs(s->difference, s->z, MPFR_RNDN);
    note(&s->worst[NORM], in_units(s, s->sum, exponent(s->difference)), x, y);
}

/* ---- arguments ------------------------------------------------------------------------------ */

static double in_range(const search *s, uint64_t *state)
{
    return s->f->low + fraction(state) * (s->f->high - s->f->low);
}

/* An argument of a kind: parts of any size, evenly where the function does something, around the
 * unit circle, near an axis, near multiples of pi/2, near the ends of the range of results, near 0
 * and the points where many functions have theirs. */
static eg_pair draw(const search *s, int kind, uint64_t *state)
{
    static const eg_pair points[] = {{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}};
    const double turn = fraction(state) * 6.283185307179586;
    const eg_pair point = points[next(state) % (sizeof points / sizeof *points)];

    switch (kind) {
    case 0:
        return (eg_pair){anywhere(s->format, state), anywhere(s->format, state)};
    case 1:
        return (eg_pair){in_range(s, state), in_range(s, state)};
    case 2:
        return (eg_pair){cos(turn) * near(1, state), sin(turn)};
    case 3:
        return (eg_pair){in_range(s, state), anywhere(s->format, state)};
    case 4:
        return (eg_pair){quarter_turn(state), in_range(s, state)};
    case 5:
        return (eg_pair){edge(state) * near(1, state), in_range(s, state)};
    default:
        return (eg_pair){near(point.re, state), near(point.im, state)};
    }
}

/* The parts of a drawn argument change places in every other one. */
static void draw_all(const search *s, int kind, uint64_t *state, int64_t n, eg_pair x[])
{
    for (int64_t i = 0; i < n; i++) {
        const eg_pair z = draw(s, kind, state);
        x[i] = i % 2 ? (eg_pair){z.im, z.re} : z;
    }
}

static void look_at_drawn(search *s, int kind, int64_t n, uint64_t *state)
{
    static eg_pair x[SAMPLE], y[SAMPLE];
    eg_scope *scope = eg_scope_open();

    draw_all(s, kind, state, n, x);
    draw_all(s, kind, state, n, y);
    eg_tensor *u = eg_cast(eg_copy(EG_COMPLEX128, 1, &n, x), s->dtype);
    eg_tensor *v = eg_cast(eg_copy(EG_COMPLEX128, 1, &n, y), s->dtype);
    eg_tensor *z = eg_cast(s->f->of(u, v), EG_COMPLEX128);
    const eg_pair *us = eg_data(eg_cast(u, EG_COMPLEX128), EG_COMPLEX128);
    const eg_pair *vs = eg_data(eg_cast(v, EG_COMPLEX128), EG_COMPLEX128);
    const eg_pair *zs = eg_data(z, EG_COMPLEX128);
    for (int64_t i = 0; zs && i < n; i++)
        if (isfinite(us[i].re) && isfinite(us[i].im) && isfinite(vs[i].re) && isfinite(vs[i].im))
            look_at(s, us[i], vs[i], zs[i]);
    eg_scope_close(scope);
}

/* The largest errors among n arguments of each kind, to *found; those for a smaller n are among
 * those for a larger one. */
static void search_for(const function *f, eg_dtype dtype, int64_t n, worst found[ERRORS])
{
    search s = {.f = f, .dtype = dtype};

    s.format = format_of(dtype == EG_COMPLEX64 ? EG_FLOAT32 : EG_FLOAT64);
    mpc_init2(s.x, PRECISION);
    mpc_init2(s.y, PRECISION);
    mpc_init2(s.z, PRECISION);
    mpfr_inits2(PRECISION, s.difference, s.sum, (mpfr_ptr)NULL);
    for (int kind = 0; kind < KINDS; kind++) {
        uint64_t state = (uint64_t)kind;
        const bool is_far = kind == 0 || (kind >= 3 && kind < KINDS - 1);
        for (int64_t at = 0; at < n && !(f->nearby && is_far); at += SAMPLE)
            look_at_drawn(&s, kind, SAMPLE, &state);
    }
    memcpy(found, s.worst, sizeof s.worst);
    mpc_clear(s.x);
    mpc_clear(s.y);
    mpc_clear(s.z);
    mpfr_clears(s.difference, s.sum, (mpfr_ptr)NULL);
}

/* ---- the page ------------------------------------------------------------------------------- */

static void print_cell(const function *f, const worst *w)
{
    if (w->error < 1e4)
        printf(" %.2f", ceil(w->error * 100) / 100);
    else
        printf(" %.0e", w->error * 2);
    if (w->error > 0)
        printf(" at `%a, %a`", w->x.re, w->x.im);
    if (w->error > 0 && f->n_in == 2)
        printf(", `%a, %a`", w->y.re, w->y.im);
    printf(" |");
}

static bool is_named(const function *f, int n, char *const names[])
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], f->name) == 0)
            return true;
    return n == 0;
}

static int print_table(int n, char *const names[])
{
    worst found[ERRORS];

    printf("## Complex numbers with %s\n\n| function |", eg__isa_name(eg__isa_now()));
    for (int i = 0; i < DTYPES; i++)
        printf(" %s, norm | part |", eg_dtype_name(dtypes[i]));
    printf("\n|---|---|---|---|---|\n");
    for (const function *f = functions; f < functions + FUNCTIONS; f++) {
        if (!is_named(f, n, names))
            continue;
        printf("| %s |", f->name);
        for (int i = 0; i < DTYPES; i++) {
            search_for(f, dtypes[i], MANY, found);
            for (int k = 0; k < ERRORS; k++)
                print_cell(f, &found[k]);
        }
        printf("\n");
        fflush(stdout);
    }
    return 0;
}

/* How many errors are above what the page says. */
static int check(int function_number, FILE *page)
{
    const function *f = &functions[function_number];
    double errors[DTYPES * ERRORS];
    worst found[DTYPES * ERRORS];
    int wrong = 0;

    if (!page_says(page, "Complex numbers with", f->name, DTYPES * ERRORS, errors)) {
        printf("%s: the page has no row for it\n", f->name);
        return 1;
    }
    for (int i = 0; i < DTYPES; i++)
        search_for(f, dtypes[i], SAMPLE, found + i * ERRORS);
    for (int i = 0; i < DTYPES * ERRORS; i++) {
        const worst *w = &found[i];
        if (w->error <= errors[i])
            continue;
        printf("%s of %s: %a, %a and %a, %a: %.3f units by %s, the page says %.2f\n", f->name,
            eg_dtype_name(dtypes[i / ERRORS]), w->x.re, w->x.im, w->y.re, w->y.im, w->error,
            i % ERRORS == NORM ? "norm" : "part", errors[i]);
        wrong++;
    }
    return wrong;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    int status = 64;

    if (!page_is_about_this_build())
        return SKIPPED;
    eg_scope *scope = eg_scope_open();
    if (strcmp(what, "--page") == 0 && argc == 3)
        status = page_check(argv[2], FUNCTIONS, check);
    else if (strcmp(what, "--table") == 0)
        status = print_table(argc - 2, argv + 2);
    else
        fprintf(stderr, "usage: accuracy_complex --page FILE | --table [NAME]...\n");
    if (!eg_ok())
        status = 2;
    eg_report(stderr);
    eg_scope_close(scope);
    return status;
}
