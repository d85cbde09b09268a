/* Elementary functions: within their error bounds on every instruction set the machine has, right
 * at the ends of the range, the same bits wherever an element lies.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "arrays.h"
#include <eagre/ops/nn.h>

/* ---- definitions ---------------------------------------------------------------------------- */

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static long double sigmoid_long(long double x)
{
    return 1 / (1 + expl(-x));
}

static double gelu_tanh(double x)
{
    return x == -INFINITY ? -0.0
                          : x / (1 + exp(-1.595769121605730712 * (x + 0.044715 * x * x * x)));
}

static long double gelu_tanh_long(long double x)
{
    return x == -INFINITY
        ? -0.0L
        : x / (1 + expl(-1.5957691216057307117597842L * (x + 0.044715L * x * x * x)));
}

static double gelu_erf(double x)
{
    return x == -INFINITY ? -0.0 : x / 2 * erfc(-x * 0.70710678118654752440);
}

static long double gelu_erf_long(long double x)
{
    return x == -INFINITY ? -0.0L : x / 2 * erfcl(-x * 0.70710678118654752440084436L);
}

static double rsqrt(double x)
{
    return 1 / sqrt(x);
}

static long double rsqrt_long(long double x)
{
    return 1 / sqrtl(x);
}

static double silu(double x)
{
    return x == -INFINITY ? -0.0 : x / (1 + exp(-x));
}

static long double silu_long(long double x)
{
    return x == -INFINITY ? -0.0L : x / (1 + expl(-x));
}

static double softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static long double softplus_long(long double x)
{
    return fmaxl(x, 0) + log1pl(expl(-fabsl(x)));
}

static double mish(double x)
{
    double n = exp(x), w = n * (n + 2);
    return x > 40 ? x : x == -INFINITY ? -0.0 : x * (w / (w + 2));
}

static long double mish_long(long double x)
{
    long double n = expl(x), w = n * (n + 2);
    return x > 40 ? x : x == -INFINITY ? -0.0L : x * (w / (w + 2));
}

/* What a function is, to judge float32 and float64 by, and the errors allowed, in units of the last
 * place. */
typedef struct function {
    const char *name;
    const eg_kernel *kernel;
    double (*is)(double x);
    long double (*is_long)(long double x);
    double bound32, bound64;
} function;

static const function functions[] = {
    {"exp", &eg__exp_loop, exp, expl, 1.1, 1},
    {"log", &eg__log_loop, log, logl, 0.9, 1},
    {"tanh", &eg__tanh_loop, tanh, tanhl, 1.5, 2.5},
    {"sigmoid", &eg__sigmoid_loop, sigmoid, sigmoid_long, 2, 2},
    {"erf", &eg__erf_loop, erf, erfl, 1.35, 1.1},
    {"sin", &eg__sin_loop, sin, sinl, 0.51, 1.1},
    {"cos", &eg__cos_loop, cos, cosl, 0.51, 1.1},
    {"tan", &eg__tan_loop, tan, tanl, 0.51, 1.1},
    {"asin", &eg__asin_loop, asin, asinl, 0.51, 1.1},
    {"acos", &eg__acos_loop, acos, acosl, 0.51, 1.1},
    {"atan", &eg__atan_loop, atan, atanl, 0.51, 1.1},
    {"sinh", &eg__sinh_loop, sinh, sinhl, 0.51, 2},
    {"cosh", &eg__cosh_loop, cosh, coshl, 0.51, 2},
    {"asinh", &eg__asinh_loop, asinh, asinhl, 0.51, 2},
    {"acosh", &eg__acosh_loop, acosh, acoshl, 0.51, 2},
    {"atanh", &eg__atanh_loop, atanh, atanhl, 0.51, 1.1},
    {"expm1", &eg__expm1_loop, expm1, expm1l, 0.51, 1.1},
    {"log1p", &eg__log1p_loop, log1p, log1pl, 0.51, 1.1},
    {"log2", &eg__log2_loop, log2, log2l, 0.51, 1.1},
    {"log10", &eg__log10_loop, log10, log10l, 0.51, 1.1},
    {"exp2", &eg__exp2_loop, exp2, exp2l, 0.51, 1.1},
    {"cbrt", &eg__cbrt_loop, cbrt, cbrtl, 0.51, 1.1},
    {"erfc", &eg__erfc_loop, erfc, erfcl, 0.51, 1.5},
    {"rsqrt", &eg__rsqrt_loop, rsqrt, rsqrt_long, 1.6, 1.6},
    {"silu", &eg__silu_loop, silu, silu_long, 2, 2.4},
    {"mish", &eg__mish_loop, mish, mish_long, 0.51, 4},
    {"softplus", &eg__softplus_loop, softplus, softplus_long, 0.51, 2},
    {"gelu_tanh", &eg__gelu_tanh_loop, gelu_tanh, gelu_tanh_long, 2, 2},
    {"gelu_erf", &eg__gelu_erf_loop, gelu_erf, gelu_erf_long, 2, 2.5},
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* ---- errors --------------------------------------------------------------------------------- */

/* What a function is at a point, and the distance between two numbers of the dtype there. */
typedef struct truth {
    long double y, unit;
} truth;

static long double unit(eg_dtype dtype, long double y)
{
    int least = dtype == EG_FLOAT32 ? -149 : -1074, digits = dtype == EG_FLOAT32 ? 24 : 53;
    int exponent;

    frexpl(y, &exponent);
    return ldexpl(1, exponent - digits > least && y != 0 ? exponent - digits : least);
}

/* Beyond the largest number infinity stands for the next one. */
static long double top(eg_dtype dtype)
{
    return dtype == EG_FLOAT32 ? 0x1p128L : 0x1p1024L;
}

static truth truth_of(const function *f, eg_dtype dtype, double x)
{
    truth t = {.y = dtype == EG_FLOAT32 ? f->is(x) : f->is_long(x)};

    if (fabsl(t.y) >= top(dtype))
        t.y = copysignl(top(dtype), t.y);
    t.unit = unit(dtype, fabsl(t.y) == top(dtype) ? t.y / 2 : t.y);
    return t;
}

/* How far `got` is from the truth, in those units. */
static double error_of(eg_dtype dtype, double got, const truth *t)
{
    if (isnan(got) || isnan(t->y))
        return isnan(got) && isnan(t->y) ? 0 : INFINITY;
    return (double)(fabsl((isinf(got) ? copysignl(top(dtype), got) : got) - t->y) / t->unit);
}

static void check_errors(const function *f, int isa, const array *x, const truth truths[])
{
    eg_dtype dtype = x->spec.dtype;
    const double allowed = dtype == EG_FLOAT32 ? f->bound32 : f->bound64;
    array y = vector_new(dtype, x->spec.size);
    held_kernel held;

    assert_null(run_kernel(held_to(&held, f->kernel, isa), NULL, 1, x, &y));
    for (int64_t i = 0; i < x->spec.size; i++) {
        double here = eg__element_real(dtype, element(x, i));
        double error = error_of(dtype, eg__element_real(dtype, element(&y, i)), &truths[i]);
        if (error > allowed)
            fail_msg("%s of %s (%s): %.3f units at %a", f->name, eg_dtype_name(dtype),
                eg__isa_name(isa), error, here);
    }
    free(y.data);
}

static void check_all_errors(const array *x)
{
    truth *truths = malloc((size_t)x->spec.size * sizeof *truths);

    assert_non_null(truths);
    for (int f = 0; f < FUNCTIONS; f++) {
        for (int64_t i = 0; i < x->spec.size; i++)
            truths[i] = truth_of(&functions[f], x->spec.dtype,
                eg__element_real(x->spec.dtype, element(x, i)));
        for (int isa = 0; isa <= (int)eg__isa_now(); isa++)
            check_errors(&functions[f], isa, x, truths);
    }
    free(truths);
}

TEST(float32_functions_are_within_their_bounds_over_all_numbers)
{
    enum { STEP = 4999 };
    array x = vector_new(EG_FLOAT32, (int64_t)(0x100000000 / STEP));

    for (int64_t i = 0; i < x.spec.size; i++) {
        uint32_t bits = (uint32_t)(i * STEP);
        memcpy(element(&x, i), &bits, sizeof bits);
    }
    check_all_errors(&x);
    free(x.data);
}

TEST(float32_functions_are_within_their_bounds_where_they_work_hardest)
{
    array x = vector_new(EG_FLOAT32, 300000);

    fill(&x, 1, 12, false);
    for (int64_t i = 0; i < x.spec.size; i += 8) {
        float edge = *(float *)element(&x, i);
        *(float *)element(&x, i) = i % 16 ? edge * 8.7f : 1 + edge * 0.04f;
    }
    check_all_errors(&x);
    free(x.data);
}

/* Each exponent's first and last numbers, and some between. */
static array every_exponent(eg_dtype dtype)
{
    enum { EACH = 8 };
    int digits = dtype == EG_FLOAT32 ? 23 : 52;
    int64_t exponents = dtype == EG_FLOAT32 ? 512 : 4096, n = 0;
    array x = vector_new(dtype, exponents * EACH);
    uint64_t state = 5, last = (UINT64_C(1) << digits) - 1;

    for (int64_t e = 0; e < exponents; e++)
        for (int i = 0; i < EACH; i++) {
            uint64_t fraction = i < 2 ? (uint64_t)i
                : i < 4               ? last + 2 - (uint64_t)i
                                      : harness_random(&state) & last;
            uint64_t bits = (uint64_t)e << digits | fraction;
            memcpy(element(&x, n++), &bits, eg__dtype(dtype)->size);
        }
    return x;
}

TEST(functions_are_within_their_bounds_at_every_exponent)
{
    for (int dtype = EG_FLOAT32; dtype <= EG_FLOAT64; dtype++) {
        array x = every_exponent(dtype);
        check_all_errors(&x);
        free(x.data);
    }
}

TEST(float64_functions_are_within_their_bounds)
{
    array x = vector_new(EG_FLOAT64, 150000);

    fill(&x, 2, 12, false);
    for (int64_t i = 0; i < x.spec.size; i += 4)
        *(double *)element(&x, i) *= i % 8 ? 64 : 0.01;
    check_all_errors(&x);
    free(x.data);
}

/* ---- the ends of the range ------------------------------------------------------------------ */

typedef struct point {
    const eg_kernel *kernel;
    double x, y;
} point;

static const point points[] = {
    {&eg__exp_loop, 0, 1},
    {&eg__exp_loop, -0.0, 1},
    {&eg__exp_loop, INFINITY, INFINITY},
    {&eg__exp_loop, -INFINITY, 0},
    {&eg__exp_loop, 1e30, INFINITY},
    {&eg__exp_loop, -1e30, 0},
    {&eg__exp_loop, NAN, NAN},
    {&eg__log_loop, 1, 0},
    {&eg__log_loop, 0, -INFINITY},
    {&eg__log_loop, -0.0, -INFINITY},
    {&eg__log_loop, -1, NAN},
    {&eg__log_loop, -INFINITY, NAN},
    {&eg__log_loop, INFINITY, INFINITY},
    {&eg__log_loop, NAN, NAN},
    {&eg__tanh_loop, 0, 0},
    {&eg__tanh_loop, -0.0, -0.0},
    {&eg__tanh_loop, INFINITY, 1},
    {&eg__tanh_loop, -INFINITY, -1},
    {&eg__tanh_loop, 50, 1},
    {&eg__tanh_loop, NAN, NAN},
    {&eg__tanh_loop, 0x1p-130, 0x1p-130},
    {&eg__sigmoid_loop, 0, 0.5},
    {&eg__sigmoid_loop, -0.0, 0.5},
    {&eg__sigmoid_loop, INFINITY, 1},
    {&eg__sigmoid_loop, -INFINITY, 0},
    {&eg__sigmoid_loop, NAN, NAN},
    {&eg__erf_loop, 0, 0},
    {&eg__erf_loop, -0.0, -0.0},
    {&eg__erf_loop, INFINITY, 1},
    {&eg__erf_loop, -INFINITY, -1},
    {&eg__erf_loop, NAN, NAN},
    {&eg__gelu_tanh_loop, 0, 0},
    {&eg__gelu_tanh_loop, -0.0, -0.0},
    {&eg__gelu_tanh_loop, INFINITY, INFINITY},
    {&eg__gelu_tanh_loop, -INFINITY, -0.0},
    {&eg__gelu_tanh_loop, 1e30, 1e30},
    {&eg__gelu_tanh_loop, -1e30, -0.0},
    {&eg__gelu_tanh_loop, NAN, NAN},
    {&eg__gelu_erf_loop, 0, 0},
    {&eg__gelu_erf_loop, -0.0, -0.0},
    {&eg__gelu_erf_loop, INFINITY, INFINITY},
    {&eg__gelu_erf_loop, -INFINITY, -0.0},
    {&eg__gelu_erf_loop, 1e30, 1e30},
    {&eg__gelu_erf_loop, -1e30, -0.0},
    {&eg__gelu_erf_loop, NAN, NAN},
};

static void check_point(const point *p, int isa, eg_dtype dtype)
{
    array x = vector_new(dtype, 1), y = vector_new(dtype, 1), want = vector_new(dtype, 1);
    held_kernel held;

    eg__set_element_real(dtype, x.data, p->x);
    eg__set_element_real(dtype, want.data, p->y);
    assert_null(run_kernel(held_to(&held, p->kernel, isa), NULL, 1, &x, &y));
    if (!same_value(dtype, y.data, want.data))
        fail_msg("point %d, %s, %s: f(%g) = %g instead of %g", (int)(p - points),
            eg_dtype_name(dtype), eg__isa_name(isa), p->x, eg__element_real(dtype, y.data), p->y);
    free(x.data);
    free(y.data);
    free(want.data);
}

TEST(functions_are_right_at_the_ends_of_the_range)
{
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        for (int isa = 0; isa <= (int)eg__isa_now(); isa++) {
            check_point(&points[i], isa, EG_FLOAT32);
            check_point(&points[i], isa, EG_FLOAT64);
        }
}

/* ---- the same bits -------------------------------------------------------------------------- */

typedef void (*trial)(const eg_kernel *kernel, eg_dtype dtype);

static void try_all(trial t)
{
    held_kernel held;

    for (int f = 0; f < FUNCTIONS; f++)
        for (int isa = 0; isa <= (int)eg__isa_now(); isa++) {
            t(held_to(&held, functions[f].kernel, isa), EG_FLOAT32);
            t(held_to(&held, functions[f].kernel, isa), EG_FLOAT64);
        }
}

static void try_positions(const eg_kernel *kernel, eg_dtype dtype)
{
    enum { N = 301 };
    array x = filled(dtype, N, 51), y = vector_new(dtype, N), some = vector_new(dtype, N);

    assert_null(run_kernel(kernel, NULL, 1, &x, &y));
    for (int64_t at = 0; at < N; at++)
        for (int64_t n = at % 3 + 1; at + n <= N; n += 1 + n / 2) {
            array from = {.spec = x.spec, .data = element(&x, at)};
            from.spec.size = from.spec.dims[0] = some.spec.size = some.spec.dims[0] = n;
            assert_null(run_kernel(kernel, NULL, 1, &from, &some));
            assert_memory_equal(some.data, element(&y, at), eg__bytes(&some.spec));
        }
    free(x.data);
    free(y.data);
    free(some.data);
}

TEST(bits_of_an_element_do_not_depend_on_its_position)
{
    try_all(try_positions);
}

static void try_threads(const eg_kernel *kernel, eg_dtype dtype)
{
    enum { N = 200003 };
    array x = filled(dtype, N, 61), one = vector_new(dtype, N), two = vector_new(dtype, N);
    int threads = eg_threads();

    eg_set_threads(1);
    assert_null(run_kernel(kernel, NULL, 1, &x, &one));
    eg_set_threads(2);
    assert_null(run_kernel(kernel, NULL, 1, &x, &two));
    assert_true(same_bits(&one, &two));
    assert_null(run_kernel(kernel, NULL, 1, &x, &x));
    assert_true(same_bits(&x, &one));
    eg_set_threads(threads);
    free(x.data);
    free(one.data);
    free(two.data);
}

TEST(bits_are_the_same_with_any_number_of_threads_and_in_place)
{
    try_all(try_threads);
}

TEST(an_array_that_no_cache_holds_is_computed_like_a_small_one)
{
    enum { N = 2500001, PART = 1000 };
    array x = filled(EG_FLOAT32, N, 71), y = vector_new(EG_FLOAT32, N);
    array few = vector_new(EG_FLOAT32, PART);

    assert_null(run_kernel(&eg__exp_loop, NULL, 1, &x, &y));
    for (int64_t at = 0; at + PART <= N; at += 511) {
        array part = {.spec = few.spec, .data = element(&x, at)};
        assert_null(run_kernel(&eg__exp_loop, NULL, 1, &part, &few));
        assert_memory_equal(few.data, element(&y, at), PART * sizeof(float));
    }
    free(x.data);
    free(y.data);
    free(few.data);
}

/* ---- gelu's two forms ----------------------------------------------------------------------- */

TEST(gelu_has_the_form_its_attributes_name)
{
    eg_gelu_attrs by_tanh = {sizeof by_tanh, true}, by_erf = {sizeof by_erf, false};
    array x = vector_new(EG_FLOAT64, 1), y = vector_new(EG_FLOAT64, 1);

    *(double *)x.data = 1;
    assert_null(run_kernel(&eg__gelu_kernel, &by_tanh, 1, &x, &y));
    assert_true(fabs(*(double *)y.data - 0.8411919906082768) < 1e-15);
    assert_null(run_kernel(&eg__gelu_kernel, &by_erf, 1, &x, &y));
    assert_true(fabs(*(double *)y.data - 0.8413447460685429) < 1e-15);
    assert_null(run_kernel(&eg__gelu_kernel, NULL, 1, &x, &y));
    assert_true(fabs(*(double *)y.data - 0.8413447460685429) < 1e-15);
    free(x.data);
    free(y.data);
}
