/* The kernels that reduce: against one plain loop that walks the whole array, element by element;
 * and the same bits whatever the threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "job.h"
#include "kernel/reduce.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

static const eg_dtype dtypes[] = {EG_INT32, EG_INT64, EG_FLOAT32, EG_FLOAT64};

enum { DTYPES = 4 };

typedef struct shape {
    int rank;
    int64_t dims[EG_MAX_RANK];
} shape;

static const shape shapes[] = {
    {0, {0}},
    {1, {0}},
    {1, {1}},
    {1, {3}},
    {1, {8}},
    {1, {63}},
    {1, {64}},
    {1, {65}},
    {1, {200}},
    {1, {4096}},
    {1, {4097}},
    {1, {70001}},
    {2, {0, 3}},
    {2, {3, 0}},
    {2, {2, 2}},
    {2, {5, 7}},
    {2, {9, 2}},
    {2, {33, 10}},
    {2, {10, 33}},
    {2, {5000, 3}},
    {2, {16500, 2}},
    {2, {300, 32}},
    {2, {300, 33}},
    {2, {70, 1030}},
    {2, {600, 129}},
    {2, {3, 9001}},
    {3, {1, 1, 1}},
    {3, {3, 1, 5}},
    {3, {4, 100, 6}},
    {3, {4, 0, 6}},
    {3, {50, 20, 30}},
    {3, {2, 700, 65}},
    {4, {2, 3, 4, 5}},
    {4, {1, 9, 1, 8}},
    {4, {40, 9, 13, 5}},
    {5, {2, 3, 2, 3, 2}},
    {8, {2, 1, 3, 2, 1, 2, 3, 2}},
    {8, {3, 2, 2, 3, 2, 2, 3, 2}},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

static void fill(array *a, uint64_t seed)
{
    for (int64_t i = 0; i < a->spec.size; i++) {
        int64_t bits = (int64_t)harness_random(&seed);
        switch (a->spec.dtype) {
        case EG_FLOAT32:
            ((float *)a->data)[i] = (float)(bits >> 32) * 0x1p-31f;
            break;
        case EG_FLOAT64:
            ((double *)a->data)[i] = (double)bits * 0x1p-63;
            break;
        case EG_INT32:
            ((int32_t *)a->data)[i] = (int32_t)(bits >> 32);
            break;
        default:
            ((int64_t *)a->data)[i] = bits >> (i % 3 ? 40 : 0);
        }
    }
}

static array array_of(eg_dtype dtype, const shape *s)
{
    array a = array_new(dtype, s->rank, s->dims);

    fill(&a, (uint64_t)(a.spec.size + s->rank * 1000 + (int)dtype) + 1);
    return a;
}

static eg_reduce_attrs attrs_of(unsigned mask, int rank)
{
    eg_reduce_attrs attrs = {sizeof attrs, {0}, false};

    for (int i = 0; i < rank; i++)
        if (mask >> i & 1)
            attrs.axes.axis[attrs.axes.n++] = i % 2 ? i - rank : i;
    return attrs;
}

static array result_of(eg_dtype dtype, const eg_spec *x, unsigned mask)
{
    int64_t dims[EG_MAX_RANK];
    int rank = 0;

    for (int i = 0; i < x->rank; i++)
        if (!(mask >> i & 1))
            dims[rank++] = x->dims[i];
    return array_new(dtype, rank, dims);
}

/* The element of the result to which element `i` of x goes. */
static int64_t goes_to(const eg_spec *x, unsigned mask, int64_t i)
{
    int64_t index = 0, stride = 1;

    for (int axis = x->rank - 1; axis >= 0; axis--) {
        if (!(mask >> axis & 1)) {
            index += i % x->dims[axis] * stride;
            stride *= x->dims[axis];
        }
        i /= x->dims[axis];
    }
    return index;
}

/* Calls check for every shape, dtype and set of axes, of many axes for some sets. */
static void for_each(void (*check)(const array *x, unsigned mask))
{
    uint64_t random = 1;

    for (int i = 0; i < SHAPES; i++)
        for (int d = 0; d < DTYPES; d++) {
            array x = array_of(dtypes[d], &shapes[i]);
            unsigned all = (1u << shapes[i].rank) - 1;
            for (unsigned mask = 1; mask <= all && mask < 32; mask++)
                check(&x,
                    shapes[i].rank > 5 ? ((unsigned)harness_random(&random) & all) | 1 : mask);
            check(&x, all);
            array_free(&x);
        }
}

/* ---- sum ------------------------------------------------------------------------------------ */

typedef struct expected {
    long double sum, size; /* of the elements, of their absolute values */
    uint64_t whole;
    int64_t n;
} expected;

static expected *sums_of(const array *x, unsigned mask, int64_t n)
{
    expected *e = calloc((size_t)n + 1, sizeof *e);
    size_t bytes = eg__dtype(x->spec.dtype)->size;

    assert_non_null(e);
    for (int64_t i = 0; i < x->spec.size; i++) {
        const char *at = (const char *)x->data + (size_t)i * bytes;
        expected *to = &e[goes_to(&x->spec, mask, i)];
        to->n++;
        if (x->spec.dtype == EG_INT32 || x->spec.dtype == EG_INT64) {
            to->whole += (uint64_t)eg__element_int(x->spec.dtype, at);
            continue;
        }
        double value = eg__element_real(x->spec.dtype, at);
        to->sum += value;
        to->size += fabs(value);
    }
    return e;
}

static void check_sum(const array *x, unsigned mask)
{
    eg_dtype dtype = x->spec.dtype == EG_INT32 ? EG_INT64 : x->spec.dtype;
    array y = result_of(dtype, &x->spec, mask);
    eg_reduce_attrs attrs = attrs_of(mask, x->spec.rank);

    compute(&eg__sum_kernel, &attrs, 1, x, 1, &y);
    expected *e = sums_of(x, mask, y.spec.size);
    double eps = dtype == EG_FLOAT32 ? FLT_EPSILON : DBL_EPSILON;
    for (int64_t i = 0; i < y.spec.size; i++) {
        if (dtype == EG_INT64) {
            assert_int_equal(((int64_t *)y.data)[i], (int64_t)e[i].whole);
            continue;
        }
        double got = dtype == EG_FLOAT32 ? ((float *)y.data)[i] : ((double *)y.data)[i];
        long double bound = (long double)(e[i].n < 200 ? e[i].n : 200) * eps * e[i].size;
        assert_true(fabsl(got - e[i].sum) <= bound);
    }
    free(e);
    array_free(&y);
}

TEST(sums_are_exact_for_integers_and_within_their_bound_for_reals)
{
    for_each(check_sum);
}

TEST(the_error_of_a_sum_does_not_grow_with_its_length)
{
    array x = array_new(EG_FLOAT32, EG_DIMS(1 << 24)), y = array_new(EG_FLOAT32, 0, NULL);
    eg_reduce_attrs attrs = {.size = sizeof attrs};

    for (int i = 0; i < 1 << 24; i++)
        ((float *)x.data)[i] = 0.1f;
    compute(&eg__sum_kernel, &attrs, 1, &x, 1, &y);
    assert_true(fabs(*(float *)y.data / ((1 << 24) * (double)0.1f) - 1) < 1e-6);
    array_free(&x);
    array_free(&y);
}

TEST(a_sum_of_one_element_is_that_element_and_of_none_zero)
{
    array x = array_new(EG_FLOAT32, EG_DIMS(3, 1)), y = array_new(EG_FLOAT32, EG_DIMS(3));
    array none = array_new(EG_FLOAT64, EG_DIMS(2, 0)), zeros = array_new(EG_FLOAT64, EG_DIMS(2));
    eg_reduce_attrs attrs = attrs_of(2, 2);

    memcpy(x.data, (float[]){-0.f, NAN, -INFINITY}, 3 * sizeof(float));
    compute(&eg__sum_kernel, &attrs, 1, &x, 1, &y);
    assert_memory_equal(x.data, y.data, 3 * sizeof(float));
    compute(&eg__sum_kernel, &attrs, 1, &none, 1, &zeros);
    assert_memory_equal(zeros.data, ((double[]){0, 0}), 2 * sizeof(double));
    array_free(&x);
    array_free(&y);
    array_free(&none);
    array_free(&zeros);
}

/* ---- max, min ------------------------------------------------------------------------------- */

/* Whether `a` beats `b`: larger, or smaller for `sign` -1. */
static bool beats(eg_dtype dtype, const void *a, const void *b, int sign)
{
    if (eg__dtype(dtype)->kind == EG__REAL)
        return sign * eg__element_real(dtype, a) > sign * eg__element_real(dtype, b);
    int64_t x = eg__element_int(dtype, a), y = eg__element_int(dtype, b);
    return sign > 0 ? x > y : x < y;
}

static bool has_result(const array *x, unsigned mask)
{
    for (int i = 0; i < x->spec.rank; i++)
        if ((mask >> i & 1) && x->spec.dims[i] == 0)
            return false;
    return true;
}

static void check_extremum(const eg_kernel *kernel, int sign, const array *x, unsigned mask)
{
    eg_dtype dtype = x->spec.dtype;
    size_t bytes = eg__dtype(dtype)->size;
    eg_reduce_attrs attrs = attrs_of(mask, x->spec.rank);

    if (!has_result(x, mask))
        return;
    array y = result_of(dtype, &x->spec, mask), best = result_of(dtype, &x->spec, mask);
    bool *seen = calloc((size_t)y.spec.size + 1, 1);
    assert_non_null(seen);
    compute(kernel, &attrs, 1, x, 1, &y);
    for (int64_t i = 0; i < x->spec.size; i++) {
        int64_t to = goes_to(&x->spec, mask, i);
        const char *from = (const char *)x->data + (size_t)i * bytes;
        char *at = (char *)best.data + (size_t)to * bytes;
        if (!seen[to] || beats(dtype, from, at, sign))
            memcpy(at, from, bytes);
        seen[to] = true;
    }
    assert_memory_equal(y.data, best.data, eg__bytes(&y.spec));
    free(seen);
    array_free(&y);
    array_free(&best);
}

static void check_max_and_min(const array *x, unsigned mask)
{
    check_extremum(&eg__max_kernel, 1, x, mask);
    check_extremum(&eg__min_kernel, -1, x, mask);
}

TEST(extrema_are_exact_over_any_axes)
{
    for_each(check_max_and_min);
}

/* One NaN in an array of n rows and c columns is found by every reduction it takes part in. */
static void check_nan(eg_dtype dtype, int64_t n, int64_t c, int64_t at)
{
    const eg_kernel *const kernels[] = {&eg__sum_kernel, &eg__max_kernel, &eg__min_kernel};
    array x = array_new(dtype, EG_DIMS(n, c)), y = array_new(dtype, EG_DIMS(n + c));

    fill(&x, 7);
    eg__set_element_real(dtype, (char *)x.data + (size_t)at * eg__dtype(dtype)->size, NAN);
    for (int k = 0; k < 3; k++)
        for (unsigned mask = 1; mask < 4; mask++) {
            eg_reduce_attrs attrs = attrs_of(mask, 2);
            array part = {{dtype, 1, mask == 1 ? c : n, {mask == 1 ? c : n}}, y.data};
            if (mask == 3)
                part.spec = (eg_spec){.dtype = dtype, .size = 1};
            compute(kernels[k], &attrs, 1, &x, 1, &part);
            for (int64_t i = 0; i < part.spec.size; i++) {
                char *got = (char *)y.data + (size_t)i * eg__dtype(dtype)->size;
                bool expect = mask == 3 || i == (mask == 1 ? at % c : at / c);
                assert_int_equal(isnan(eg__element_real(dtype, got)), expect);
            }
        }
    array_free(&x);
    array_free(&y);
}

TEST(nan_wins_wherever_it_is)
{
    for (int d = 2; d < DTYPES; d++)
        for (int64_t at = 0; at < 105; at += 4) {
            check_nan(dtypes[d], 21, 5, at);
            check_nan(dtypes[d], 1, 105, at);
            check_nan(dtypes[d], 105, 1, at);
            check_nan(dtypes[d], 700, 40, at * 250);
            check_nan(dtypes[d], 4, 9001, at * 300);
        }
}

TEST(infinities_are_summed_and_compared)
{
    array x = array_new(EG_FLOAT64, EG_DIMS(3, 3)), y = array_new(EG_FLOAT64, EG_DIMS(3));
    eg_reduce_attrs attrs = attrs_of(2, 2);
    const double data[] = {INFINITY, 1, 2, -INFINITY, 1, INFINITY, -INFINITY, -1, -2};
    double *z = y.data;

    memcpy(x.data, data, sizeof data);
    compute(&eg__sum_kernel, &attrs, 1, &x, 1, &y);
    assert_true(z[0] == INFINITY && isnan(z[1]) && z[2] == -INFINITY);
    compute(&eg__max_kernel, &attrs, 1, &x, 1, &y);
    assert_true(z[0] == INFINITY && z[1] == INFINITY && z[2] == -1);
    compute(&eg__min_kernel, &attrs, 1, &x, 1, &y);
    assert_true(z[0] == 1 && z[1] == -INFINITY && z[2] == -INFINITY);
    array_free(&x);
    array_free(&y);
}

/* ---- argmax --------------------------------------------------------------------------------- */

/* The same element or a NaN after a NaN does not come first. */
static bool comes_first(eg_dtype dtype, const void *a, const void *best)
{
    bool real = eg__dtype(dtype)->kind == EG__REAL;

    if (real && isnan(eg__element_real(dtype, best)))
        return false;
    return (real && isnan(eg__element_real(dtype, a))) || beats(dtype, a, best, 1);
}

static void check_argmax(const array *x, int axis)
{
    eg_dtype dtype = x->spec.dtype;
    size_t bytes = eg__dtype(dtype)->size;
    eg_argmax_attrs attrs = {sizeof attrs, axis % 2 ? axis - x->spec.rank : axis, false};
    array y = result_of(EG_INT64, &x->spec, 1u << axis);
    int64_t *at = calloc((size_t)y.spec.size + 1, sizeof *at), inner = 1;

    assert_non_null(at);
    for (int i = axis + 1; i < x->spec.rank; i++)
        inner *= x->spec.dims[i];
    for (int64_t i = 0; i < y.spec.size; i++)
        at[i] = -1;
    for (int64_t i = 0; i < x->spec.size; i++) {
        int64_t *best = &at[goes_to(&x->spec, 1u << axis, i)];
        const char *here = (const char *)x->data + (size_t)i * bytes;
        if (*best < 0 || comes_first(dtype, here, (const char *)x->data + (size_t)*best * bytes))
            *best = i;
    }
    for (int64_t i = 0; i < y.spec.size; i++)
        at[i] = at[i] / inner % x->spec.dims[axis];
    compute(&eg__argmax_kernel, &attrs, 1, x, 1, &y);
    assert_memory_equal(y.data, at, eg__bytes(&y.spec));
    free(at);
    array_free(&y);
}

/* Values from so small a set that most are there several times, with NaN now and then. */
static void make_ties(array *x, uint64_t seed)
{
    bool real = eg__dtype(x->spec.dtype)->kind == EG__REAL;

    for (int64_t i = 0; i < x->spec.size; i++) {
        char *at = (char *)x->data + (size_t)i * eg__dtype(x->spec.dtype)->size;
        uint64_t random = harness_random(&seed);
        if (real && random % 401 == 0)
            eg__set_element_real(x->spec.dtype, at, NAN);
        else
            eg__set_element_int(x->spec.dtype, at, (int64_t)(random >> 20 & 15) - 8);
    }
}

static void check_argmax_of_axes(const array *x)
{
    for (int axis = 0; axis < x->spec.rank; axis++)
        if (x->spec.dims[axis] > 0)
            check_argmax(x, axis);
}

TEST(argmax_finds_the_first_largest_or_the_first_nan)
{
    for (int i = 0; i < SHAPES; i++)
        for (int d = 0; d < DTYPES; d++) {
            array x = array_of(dtypes[d], &shapes[i]);
            check_argmax_of_axes(&x);
            make_ties(&x, (uint64_t)i + 1);
            check_argmax_of_axes(&x);
            array_free(&x);
        }
}

/* ---- threads, refusals ---------------------------------------------------------------------- */

static void check_threads(const eg_kernel *kernel, const void *attrs, const array *x, array *y)
{
    int before = eg_threads();

    eg_set_threads(1);
    compute(kernel, attrs, 1, x, 1, y);
    void *alone = malloc(eg__bytes(&y->spec));
    assert_non_null(alone);
    memcpy(alone, y->data, eg__bytes(&y->spec));
    for (int threads = 2; threads <= 4; threads += 2) {
        eg_set_threads(threads);
        memset(y->data, 0xff, eg__bytes(&y->spec));
        compute(kernel, attrs, 1, x, 1, y);
        assert_memory_equal(y->data, alone, eg__bytes(&y->spec));
    }
    eg_set_threads(before);
    free(alone);
}

TEST(any_number_of_threads_makes_the_same_bits)
{
    static const shape large[] = {{1, {1500001}}, {2, {1100, 900}}, {2, {9, 120000}},
        {2, {120000, 9}}, {2, {300000, 4}}, {4, {21, 60, 17, 50}}};

    for (size_t i = 0; i < sizeof large / sizeof *large; i++)
        for (int d = 2; d < DTYPES; d++) {
            array x = array_of(dtypes[d], &large[i]);
            for (unsigned mask = 1; mask < 1u << large[i].rank; mask++) {
                eg_reduce_attrs attrs = attrs_of(mask, x.spec.rank);
                array y = result_of(dtypes[d], &x.spec, mask);
                check_threads(&eg__sum_kernel, &attrs, &x, &y);
                check_threads(&eg__max_kernel, &attrs, &x, &y);
                array_free(&y);
            }
            for (int axis = 0; axis < large[i].rank; axis++) {
                eg_argmax_attrs attrs = {sizeof attrs, axis, false};
                array y = result_of(EG_INT64, &x.spec, 1u << axis);
                check_threads(&eg__argmax_kernel, &attrs, &x, &y);
                array_free(&y);
            }
            array_free(&x);
        }
}

TEST(dtypes_without_a_loop_are_declined_with_a_reason)
{
    array x = array_new(EG_BOOL, EG_DIMS(3)), y = array_new(EG_BOOL, 0, NULL);
    eg_reduce_attrs attrs = {.size = sizeof attrs};
    eg_argmax_attrs arg = {.size = sizeof arg};

    assert_non_null(run_kernel(&eg__sum_kernel, &attrs, 1, &x, 1, &y));
    assert_non_null(run_kernel(&eg__max_kernel, &attrs, 1, &x, 1, &y));
    assert_non_null(run_kernel(&eg__argmax_kernel, &arg, 1, &x, 1, &y));
    x.spec.dtype = (eg_dtype)99;
    assert_non_null(run_kernel(&eg__min_kernel, &attrs, 1, &x, 1, &y));
    x.spec.dtype = EG_BOOL;
    array_free(&x);
    array_free(&y);
}
