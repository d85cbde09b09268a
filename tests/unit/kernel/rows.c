/* softmax, log_softmax and cross-entropy: against their formulas in long double, wherever a row
 * lies and whatever it holds; and the same bits whatever the threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "job.h"
#include "kernel/rows.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

static const eg_dtype dtypes[] = {EG_FLOAT32, EG_FLOAT64};

typedef struct shape {
    int rank;
    int64_t dims[EG_MAX_RANK];
} shape;

static const shape shapes[] = {
    {1, {1}},
    {1, {2}},
    {1, {17}},
    {1, {9001}},
    {2, {0, 3}},
    {2, {3, 0}},
    {2, {2, 2}},
    {2, {128, 10}},
    {2, {10, 300}},
    {2, {300, 65}},
    {3, {5, 1, 7}},
    {3, {3, 200, 270}},
    {4, {2, 21, 9, 8}},
    {8, {2, 1, 3, 2, 1, 2, 3, 2}},
};

enum { SHAPES = sizeof shapes / sizeof *shapes, REALS = 2 };

static double value_at(const array *a, int64_t i)
{
    return eg__element_real(a->spec.dtype,
        (const char *)a->data + (size_t)i * eg__dtype(a->spec.dtype)->size);
}

static void set_value(array *a, int64_t i, double value)
{
    eg__set_element_real(a->spec.dtype,
        (char *)a->data + (size_t)i * eg__dtype(a->spec.dtype)->size, value);
}

/* Numbers in [-scale, scale]. */
static void fill(array *a, double scale, uint64_t seed)
{
    for (int64_t i = 0; i < a->spec.size; i++)
        set_value(a, i, (double)(int64_t)harness_random(&seed) * 0x1p-63 * scale);
}

static array array_of(eg_dtype dtype, const shape *s, double scale)
{
    array a = array_new(dtype, s->rank, s->dims);

    fill(&a, scale, (uint64_t)(a.spec.size + s->rank) + 1);
    return a;
}

static double eps_of(eg_dtype dtype)
{
    return dtype == EG_FLOAT32 ? FLT_EPSILON : DBL_EPSILON;
}

/* x - most as the dtype has it: that rounding is the formula's, not an error. */
static double below(eg_dtype dtype, double x, double most)
{
    return dtype == EG_FLOAT32 ? (float)x - (float)most : x - most;
}

/* ---- softmax, log_softmax ------------------------------------------------------------------- */

typedef struct row {
    int64_t first, n, stride;
    double most;
    long double sum;
} row;

static row row_of(const array *x, int64_t first, int64_t n, int64_t stride)
{
    row r = {first, n, stride, -INFINITY, 0};

    for (int64_t i = 0; i < n; i++)
        r.most = fmax(r.most, value_at(x, first + i * stride));
    for (int64_t i = 0; i < n; i++)
        r.sum += expl(below(x->spec.dtype, value_at(x, first + i * stride), r.most));
    return r;
}

static void check_row(const array *x, const array *y, const array *log_y, const row *r)
{
    eg_dtype dtype = x->spec.dtype;
    double eps = eps_of(dtype), least = dtype == EG_FLOAT32 ? 0x1p-149 : 0x1p-1074;

    for (int64_t i = 0; i < r->n; i++) {
        int64_t at = r->first + i * r->stride;
        double down = below(dtype, value_at(x, at), r->most);
        long double expect = expl(down) / r->sum;
        assert_true(fabsl(value_at(y, at) - expect) <= 6 * eps * expect + least);
        expect = down - logl(r->sum);
        assert_true(
            fabsl(value_at(log_y, at) - expect) <= 4 * eps * (fabs(down) + logl(r->sum) + 1));
    }
}

static void check_softmax(const array *x, int axis)
{
    eg_softmax_attrs attrs = {sizeof attrs, axis != x->spec.rank - 1, axis - x->spec.rank};
    array y = array_new(x->spec.dtype, x->spec.rank, x->spec.dims);
    array log_y = array_new(x->spec.dtype, x->spec.rank, x->spec.dims);
    int64_t n = x->spec.dims[axis], inner = 1;

    for (int i = axis + 1; i < x->spec.rank; i++)
        inner *= x->spec.dims[i];
    compute(&eg__softmax_kernel, &attrs, 1, x, 1, &y);
    compute(&eg__log_softmax_kernel, &attrs, 1, x, 1, &log_y);
    for (int64_t i = 0; i < x->spec.size; i++)
        if (i / inner % n == 0) {
            row r = row_of(x, i, n, inner);
            check_row(x, &y, &log_y, &r);
        }
    array_free(&y);
    array_free(&log_y);
}

static void check_softmax_of_axes(eg_dtype dtype, const shape *of, double scale)
{
    array x = array_of(dtype, of, scale);

    for (int axis = 0; axis < of->rank; axis++)
        check_softmax(&x, axis);
    array_free(&x);
}

TEST(softmax_and_its_logarithm_are_their_formulas_along_any_axis)
{
    for (int i = 0; i < SHAPES; i++)
        for (int d = 0; d < REALS; d++)
            for (double scale = 0.5; scale < 2000; scale *= 40)
                check_softmax_of_axes(dtypes[d], &shapes[i], scale);
}

/* A row of `n`, which is also a column of the same numbers side by side with others. */
static void check_special(eg_dtype dtype, int n, const double values[], const double expect[])
{
    array x = array_new(dtype, EG_DIMS(n)), y = array_new(dtype, EG_DIMS(n));
    array columns = array_new(dtype, EG_DIMS(n, 3)), z = array_new(dtype, EG_DIMS(n, 3));
    eg_softmax_attrs last = {.size = sizeof last}, first = {sizeof first, true, 0};

    for (int i = 0; i < 3 * n; i++)
        set_value(&columns, i, i % 3 == 1 ? values[i / 3] : i);
    for (int i = 0; i < n; i++)
        set_value(&x, i, values[i]);
    compute(&eg__softmax_kernel, &last, 1, &x, 1, &y);
    compute(&eg__softmax_kernel, &first, 1, &columns, 1, &z);
    for (int i = 0; i < n; i++) {
        double got = value_at(&y, i), in_column = value_at(&z, i * 3 + 1);
        assert_true(isnan(expect[i]) ? isnan(got) : got == expect[i]);
        assert_true(isnan(expect[i]) ? isnan(in_column) : in_column == expect[i]);
        assert_true(value_at(&z, i * 3) >= 0);
    }
    compute(&eg__log_softmax_kernel, &last, 1, &x, 1, &y);
    for (int i = 0; i < n; i++)
        assert_true(isnan(expect[i]) ? isnan(value_at(&y, i)) : !isnan(value_at(&y, i)));
    array_free(&x);
    array_free(&y);
    array_free(&columns);
    array_free(&z);
}

TEST(rows_with_infinities_and_nan_are_what_the_formula_says)
{
    const double inf = INFINITY, nan = NAN;

    for (int d = 0; d < REALS; d++) {
        check_special(dtypes[d], 1, (double[]){-3}, (double[]){1});
        check_special(dtypes[d], 2, (double[]){5, 5}, (double[]){0.5, 0.5});
        check_special(dtypes[d], 3, (double[]){-inf, 2, -inf}, (double[]){0, 1, 0});
        check_special(dtypes[d], 3, (double[]){-inf, -inf, -inf}, (double[]){nan, nan, nan});
        check_special(dtypes[d], 3, (double[]){1, inf, 2}, (double[]){nan, nan, nan});
        check_special(dtypes[d], 3, (double[]){1, nan, 2}, (double[]){nan, nan, nan});
        check_special(dtypes[d], 2, (double[]){1e30, -1e30}, (double[]){1, 0});
    }
}

TEST(exponentials_below_the_normal_range_are_kept)
{
    array x = array_new(EG_FLOAT32, EG_DIMS(3)), y = array_new(EG_FLOAT32, EG_DIMS(3));
    eg_softmax_attrs attrs = {.size = sizeof attrs};
    const float *z = y.data;

    memcpy(x.data, (float[]){0, -100, -104}, 3 * sizeof(float));
    compute(&eg__softmax_kernel, &attrs, 1, &x, 1, &y);
    assert_true(z[0] == 1 && fabsf(z[1] - expf(-100)) <= 0x1p-149f && z[2] == 0);
    array_free(&x);
    array_free(&y);
}

/* The same row, or column, again and again: every copy has the same bits, tails too. */
static void check_position(eg_dtype dtype, int64_t n, int64_t copies)
{
    array rows = array_new(dtype, EG_DIMS(copies, n)),
          columns = array_new(dtype, EG_DIMS(n, copies));
    array y = array_new(dtype, EG_DIMS(copies, n)), z = array_new(dtype, EG_DIMS(n, copies));
    eg_softmax_attrs last = {.size = sizeof last}, first = {sizeof first, true, 0};
    const eg_kernel *const kernels[] = {&eg__softmax_kernel, &eg__log_softmax_kernel};

    fill(&rows, 9, (uint64_t)n);
    for (int64_t i = 0; i < copies * n; i++) {
        set_value(&rows, i, value_at(&rows, i % n));
        set_value(&columns, i % n * copies + i / n, value_at(&rows, i % n));
    }
    for (int k = 0; k < 2; k++) {
        compute(kernels[k], &last, 1, &rows, 1, &y);
        compute(kernels[k], &first, 1, &columns, 1, &z);
        for (int64_t i = 0; i < copies * n; i++) {
            assert_true(value_at(&y, i) == value_at(&y, i % n));
            assert_true(value_at(&z, i) == value_at(&z, i / copies * copies));
        }
    }
    array_free(&rows);
    array_free(&columns);
    array_free(&y);
    array_free(&z);
}

TEST(an_element_has_the_same_bits_in_any_row_and_column)
{
    for (int d = 0; d < REALS; d++)
        for (int64_t n = 1; n < 70; n += 3) {
            check_position(dtypes[d], n, 37);
            check_position(dtypes[d], n, 301);
        }
}

/* Equal elements of one row have equal results, wherever in the row they are. */
TEST(an_element_has_the_same_bits_anywhere_in_its_row)
{
    for (int d = 0; d < REALS; d++)
        for (int64_t n = 1; n < 100; n++) {
            array x = array_new(dtypes[d], EG_DIMS(n)), y = array_new(dtypes[d], EG_DIMS(n));
            eg_softmax_attrs attrs = {.size = sizeof attrs};
            for (int64_t i = 0; i < n; i++)
                set_value(&x, i, i % 3 == 0 ? 0.3 : 1.7);
            compute(&eg__softmax_kernel, &attrs, 1, &x, 1, &y);
            for (int64_t i = 0; i < n; i++)
                assert_true(value_at(&y, i) == value_at(&y, i % 3 == 0 ? 0 : 1));
            array_free(&x);
            array_free(&y);
        }
}

static void check_in_place(const eg_kernel *kernel, eg_dtype dtype, const shape *of, int axis)
{
    array x = array_of(dtype, of, 5), y = array_new(dtype, of->rank, of->dims);
    eg_softmax_attrs attrs = {sizeof attrs, true, axis};

    compute(kernel, &attrs, 1, &x, 1, &y);
    compute(kernel, &attrs, 1, &x, 1, &x);
    assert_memory_equal(x.data, y.data, eg__bytes(&x.spec));
    array_free(&x);
    array_free(&y);
}

TEST(softmax_may_write_over_its_input)
{
    static const shape places[] = {{2, {50, 33}}, {2, {1, 9000}}, {3, {2, 90, 300}}};
    const eg_kernel *const kernels[] = {&eg__softmax_kernel, &eg__log_softmax_kernel};

    for (int i = 0; i < 3; i++)
        for (int d = 0; d < REALS; d++)
            for (int axis = 0; axis < places[i].rank; axis++) {
                check_in_place(kernels[0], dtypes[d], &places[i], axis);
                check_in_place(kernels[1], dtypes[d], &places[i], axis);
            }
}

/* ---- cross-entropy -------------------------------------------------------------------------- */

static array labels_of(eg_dtype dtype, int64_t rows, int64_t classes)
{
    array labels = array_new(dtype, EG_DIMS(rows));
    uint64_t seed = 5;

    for (int64_t i = 0; i < rows; i++)
        eg__set_element_int(dtype, (char *)labels.data + (size_t)i * eg__dtype(dtype)->size,
            (int64_t)(harness_random(&seed) % (uint64_t)classes));
    return labels;
}

static int64_t label_at(const array *labels, int64_t i)
{
    return eg__element_int(labels->spec.dtype,
        (const char *)labels->data + (size_t)i * eg__dtype(labels->spec.dtype)->size);
}

static void check_loss(eg_dtype dtype, eg_dtype label_dtype, int64_t rows, int64_t n)
{
    array in[] = {array_new(dtype, EG_DIMS(rows, n)), labels_of(label_dtype, rows, n)};
    array y = array_new(dtype, EG_DIMS(rows));

    fill(&in[0], 10, (uint64_t)(rows + n));
    compute(&eg__cross_entropy_kernel, NULL, 2, in, 1, &y);
    for (int64_t i = 0; i < rows; i++) {
        row r = row_of(&in[0], i * n, n, 1);
        double down = below(dtype, value_at(&in[0], i * n + label_at(&in[1], i)), r.most);
        long double expect = logl(r.sum) - down;
        assert_true(fabsl(value_at(&y, i) - expect) <= 3 * eps_of(dtype) * (expect + 1));
    }
    array_free(&in[0]);
    array_free(&in[1]);
    array_free(&y);
}

TEST(cross_entropy_is_minus_the_logarithm_of_the_labels_softmax)
{
    for (int d = 0; d < REALS; d++)
        for (int64_t rows = 0; rows < 200; rows += 66) {
            check_loss(dtypes[d], EG_INT32, rows, 10);
            check_loss(dtypes[d], EG_INT64, rows, 1);
            check_loss(dtypes[d], EG_INT64, rows, 1000);
        }
}

TEST(a_label_outside_the_classes_is_named)
{
    array in[] = {array_new(EG_FLOAT32, EG_DIMS(4, 3)), array_new(EG_INT32, EG_DIMS(4))};
    array y = array_new(EG_FLOAT32, EG_DIMS(4));

    fill(&in[0], 1, 1);
    memcpy(in[1].data, (int32_t[]){0, 2, 3, -1}, 4 * sizeof(int32_t));
    assert_null(run_kernel(&eg__cross_entropy_kernel, NULL, 2, in, 1, &y));
    assert_error(EG_INVALID, "label 3 of row 2 is not one of the 3 classes");
    ((int32_t *)in[1].data)[2] = 1;
    assert_null(run_kernel(&eg__cross_entropy_kernel, NULL, 2, in, 1, &y));
    assert_error(EG_INVALID, "label -1 of row 3");
    array_free(&in[0]);
    array_free(&in[1]);
    array_free(&y);
}

TEST(impossible_logits_make_an_infinite_or_no_loss)
{
    array in[] = {array_new(EG_FLOAT32, EG_DIMS(4, 2)), array_new(EG_INT64, EG_DIMS(4))};
    array y = array_new(EG_FLOAT32, EG_DIMS(4));
    const float logits[] = {-INFINITY, 1, INFINITY, 1, -INFINITY, -INFINITY, NAN, 1}, *z = y.data;

    memcpy(in[0].data, logits, sizeof logits);
    memset(in[1].data, 0, 4 * sizeof(int64_t));
    compute(&eg__cross_entropy_kernel, NULL, 2, in, 1, &y);
    assert_true(z[0] == INFINITY && isnan(z[1]) && isnan(z[2]) && isnan(z[3]));
    array_free(&in[0]);
    array_free(&in[1]);
    array_free(&y);
}

/* ---- threads, refusals ---------------------------------------------------------------------- */

static void check_threads(const eg_kernel *kernel, const void *attrs, int n, const array in[],
    array *y)
{
    int before = eg_threads();
    size_t bytes = eg__bytes(&y->spec);
    void *alone = malloc(bytes);

    assert_non_null(alone);
    eg_set_threads(1);
    compute(kernel, attrs, n, in, 1, y);
    memcpy(alone, y->data, bytes);
    for (int threads = 2; threads <= 4; threads += 2) {
        eg_set_threads(threads);
        memset(y->data, 0xff, bytes);
        compute(kernel, attrs, n, in, 1, y);
        assert_memory_equal(y->data, alone, bytes);
    }
    eg_set_threads(before);
    free(alone);
}

TEST(any_number_of_threads_makes_the_same_bits)
{
    static const shape large[] = {{2, {700, 1003}}, {2, {90000, 10}}, {3, {7, 300, 301}}};

    for (int i = 0; i < 3; i++)
        for (int d = 0; d < REALS; d++) {
            array x = array_of(dtypes[d], &large[i], 8);
            array y = array_new(dtypes[d], large[i].rank, large[i].dims);
            for (int axis = 0; axis < large[i].rank; axis++) {
                eg_softmax_attrs attrs = {sizeof attrs, true, axis};
                check_threads(&eg__softmax_kernel, &attrs, 1, &x, &y);
                check_threads(&eg__log_softmax_kernel, &attrs, 1, &x, &y);
            }
            int64_t n = large[i].dims[large[i].rank - 1], rows = x.spec.size / n;
            array in[] = {x, labels_of(EG_INT32, rows, n)},
                  loss = array_new(dtypes[d], EG_DIMS(rows));
            check_threads(&eg__cross_entropy_kernel, NULL, 2, in, &loss);
            array_free(&in[1]);
            array_free(&loss);
            array_free(&x);
            array_free(&y);
        }
}

TEST(dtypes_without_a_loop_are_declined_with_a_reason)
{
    array x[] = {array_new(EG_INT32, EG_DIMS(3)), array_new(EG_INT32, 0, NULL)};
    array y = array_new(EG_INT32, EG_DIMS(3));
    eg_softmax_attrs attrs = {.size = sizeof attrs};

    assert_non_null(run_kernel(&eg__softmax_kernel, &attrs, 1, x, 1, &y));
    assert_non_null(run_kernel(&eg__cross_entropy_kernel, NULL, 2, x, 1, &y));
    array_free(&x[0]);
    array_free(&x[1]);
    array_free(&y);
}
