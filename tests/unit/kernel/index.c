/* The kernels that pick and place elements by index, against the plainest loops there are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "job.h"
#include "kernel/index.h"
#include <math.h>

static uint64_t seed = 11;

static int64_t random_below(int64_t n)
{
    return (int64_t)(harness_random(&seed) % (uint64_t)n);
}

static void fill_bytes(array *a)
{
    unsigned char *bytes = a->data;

    for (size_t i = 0; i < eg__bytes(&a->spec); i++)
        bytes[i] = (unsigned char)(a->spec.dtype == EG_BOOL ? random_below(2) : random_below(100));
}

static void set_index(array *indices, int64_t at, int64_t value)
{
    eg__set_element_int(indices->spec.dtype,
        (char *)indices->data + (size_t)at * eg__dtype(indices->spec.dtype)->size, value);
}

static int64_t get_int(const array *a, int64_t at)
{
    return eg__element_int(a->spec.dtype,
        (const char *)a->data + (size_t)at * eg__dtype(a->spec.dtype)->size);
}

static array random_indices(eg_dtype dtype, int rank, const int64_t dims[], int64_t below)
{
    array a = array_new(dtype, rank, dims);

    for (int64_t i = 0; i < a.spec.size; i++)
        set_index(&a, i, random_below(below));
    return a;
}

static void free_arrays(int n, array a[])
{
    for (int i = 0; i < n; i++)
        array_free(&a[i]);
}

/* ---- gather --------------------------------------------------------------------------------- */

typedef struct blocks {
    int64_t outer, limit, inner;
} blocks;

static const blocks shapes[] = {{1, 5, 1}, {1, 1, 1}, {3, 4, 1}, {2, 7, 3}, {1, 100, 64},
    {5, 3, 17}, {1, 3, 100000}, {40, 2, 2}, {2, 3, 70000}, {2, 4, 0}, {0, 4, 3}};

static void check_gather(eg_dtype dtype, eg_dtype index, blocks s, int64_t rows, int64_t columns)
{
    eg_gather_attrs attrs = {sizeof attrs, columns % 2 ? 1 : -2};
    array a[3] = {array_new(dtype, EG_DIMS(s.outer, s.limit, s.inner)),
        random_indices(index, EG_DIMS(rows, columns), s.limit),
        array_new(dtype, EG_DIMS(s.outer, rows, columns, s.inner))};
    size_t row = (size_t)s.inner * eg__dtype(dtype)->size;

    fill_bytes(&a[0]);
    compute(&eg__gather_kernel, &attrs, 2, a, 1, &a[2]);
    for (int64_t o = 0; o < s.outer; o++)
        for (int64_t i = 0; i < rows * columns && row > 0; i++)
            assert_memory_equal((char *)a[2].data + (size_t)(o * rows * columns + i) * row,
                (char *)a[0].data + (size_t)(o * s.limit + get_int(&a[1], i)) * row, row);
    free_arrays(3, a);
}

TEST(gather_picks_slices_along_an_axis)
{
    static const eg_dtype dtypes[] = {EG_BOOL, EG_INT32, EG_INT64, EG_FLOAT32, EG_FLOAT64};

    for (int d = 0; d < 5; d++)
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            bool large = shapes[i].inner > 1000;
            check_gather(dtypes[d], EG_INT32, shapes[i], large ? 2 : 7, 3);
            check_gather(dtypes[d], EG_INT64, shapes[i], large ? 1 : 150, 4);
            check_gather(dtypes[d], EG_INT64, shapes[i], 0, 2);
        }
}

TEST(gather_of_many_rows_is_the_same_on_any_number_of_threads)
{
    int before = eg_threads();

    for (int threads = 1; threads <= 4; threads++) {
        eg_set_threads(threads);
        check_gather(EG_FLOAT32, EG_INT64, (blocks){1, 3000, 64}, 5000, 2);
        check_gather(EG_BOOL, EG_INT32, (blocks){3, 3000, 1}, 50000, 1);
    }
    eg_set_threads(before);
}

/* One index for x[3], then errors for those outside. */
static eg_status gather_one(eg_dtype dtype, int64_t size, int64_t value)
{
    eg_gather_attrs attrs = {sizeof attrs, 0};
    array a[3] = {array_new(EG_FLOAT32, EG_DIMS(size)), array_new(dtype, 0, NULL),
        array_new(EG_FLOAT32, 0, NULL)};

    set_index(&a[1], 0, value);
    assert_null(run_kernel(&eg__gather_kernel, &attrs, 2, a, 1, &a[2]));
    free_arrays(3, a);
    return eg_pending(NULL);
}

TEST(an_index_outside_is_an_error_whatever_its_size)
{
    static const int64_t outside[] = {-1, 3, 4, INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX,
        (int64_t)1 << 32, -((int64_t)1 << 32), ((int64_t)1 << 32) + 1};

    for (int i = 0; i < 10; i++)
        for (int d = EG_INT32; d <= EG_INT64; d++) {
            if (d == EG_INT32 && i > 4)
                continue;
            assert_int_equal(gather_one((eg_dtype)d, 3, outside[i]), EG_INVALID);
            assert_error(EG_INVALID, "3 elements");
        }
    for (int64_t i = 0; i < 3; i++)
        assert_int_equal(gather_one(EG_INT32, 3, i), EG_OK);
    assert_int_equal(gather_one(EG_INT64, 0, 0), EG_INVALID);
    assert_error(EG_INVALID, "index 0");
}

TEST(the_first_index_outside_is_named_with_its_place)
{
    eg_gather_attrs attrs = {sizeof attrs, 0};
    array a[3] = {array_new(EG_INT64, EG_DIMS(10, 9)),
        random_indices(EG_INT64, EG_DIMS(300, 40), 10), array_new(EG_INT64, EG_DIMS(300, 40, 9))};

    fill_bytes(&a[0]);
    set_index(&a[1], 299 * 40 + 3, 10);
    set_index(&a[1], 123 * 40 + 17, -2);
    set_index(&a[1], 123 * 40 + 18, 99);
    assert_null(run_kernel(&eg__gather_kernel, &attrs, 2, a, 1, &a[2]));
    assert_error(EG_INVALID,
        "index -2, at [123,17] of the indices, is not inside: there are 10 "
        "elements, counted from 0");
    free_arrays(3, a);
}

TEST(indices_are_checked_where_there_is_nothing_to_pick)
{
    eg_gather_attrs attrs = {sizeof attrs, 0};
    array a[3] = {array_new(EG_INT64, EG_DIMS(10, 0)), random_indices(EG_INT32, EG_DIMS(4), 10),
        array_new(EG_INT64, EG_DIMS(4, 0))};

    set_index(&a[1], 3, 10);
    assert_null(run_kernel(&eg__gather_kernel, &attrs, 2, a, 1, &a[2]));
    assert_error(EG_INVALID, "index 10, at [3]");
    free_arrays(3, a);
}

/* ---- take_along ----------------------------------------------------------------------------- */

static void check_take_along(eg_dtype dtype, eg_dtype index, int64_t rows, int64_t n, int64_t picks)
{
    array a[3] = {array_new(dtype, EG_DIMS(rows, n)),
        random_indices(index, EG_DIMS(rows, picks), n), array_new(dtype, EG_DIMS(rows, picks))};
    size_t size = eg__dtype(dtype)->size;

    fill_bytes(&a[0]);
    compute(&eg__take_along_kernel, NULL, 2, a, 1, &a[2]);
    for (int64_t i = 0; i < rows * picks; i++)
        assert_memory_equal((char *)a[2].data + (size_t)i * size,
            (char *)a[0].data + (size_t)(i / picks * n + get_int(&a[1], i)) * size, size);
    free_arrays(3, a);
}

TEST(take_along_picks_from_its_own_row)
{
    for (int d = EG_BOOL; d <= EG_FLOAT64; d++) {
        check_take_along((eg_dtype)d, EG_INT32, 1, 5, 3);
        check_take_along((eg_dtype)d, EG_INT64, 7, 5, 9);
        check_take_along((eg_dtype)d, EG_INT64, 300, 50, 700);
        check_take_along((eg_dtype)d, EG_INT32, 100000, 2, 1);
        check_take_along((eg_dtype)d, EG_INT32, 0, 2, 1);
        check_take_along((eg_dtype)d, EG_INT32, 3, 1, 0);
    }
}

TEST(take_along_names_an_index_outside)
{
    array a[3] = {array_new(EG_INT32, EG_DIMS(6, 4)), random_indices(EG_INT32, EG_DIMS(6, 5), 4),
        array_new(EG_INT32, EG_DIMS(6, 5))};

    set_index(&a[1], 22, 4);
    assert_null(run_kernel(&eg__take_along_kernel, NULL, 2, a, 1, &a[2]));
    assert_error(EG_INVALID, "index 4, at [4,2]");
    free_arrays(3, a);
}

/* ---- scatter_add, add_along ----------------------------------------------------------------- */

static void add_element(eg_dtype dtype, void *to, const void *from)
{
    if (eg__dtype(dtype)->kind == EG__INTEGER)
        eg__set_element_int(dtype, to, eg__element_int(dtype, to) + eg__element_int(dtype, from));
    else if (dtype == EG_FLOAT32)
        *(float *)to += *(const float *)from;
    else
        *(double *)to += *(const double *)from;
}

static void fill_numbers(array *a)
{
    eg_dtype dtype = a->spec.dtype;
    size_t size = eg__dtype(dtype)->size;

    for (int64_t i = 0; i < a->spec.size; i++) {
        char *to = (char *)a->data + (size_t)i * size;
        if (eg__dtype(dtype)->kind == EG__INTEGER)
            eg__set_element_int(dtype, to, random_below(1000) - 500);
        else
            eg__set_element_real(dtype, to, (double)random_below(1 << 20) / 777 - 600);
    }
}

static void check_scatter(eg_dtype dtype, eg_dtype index, blocks s, int64_t picks)
{
    eg__scatter_attrs attrs = {sizeof attrs, picks % 2 ? 1 : -2, s.limit};
    array a[4] = {random_indices(index, EG_DIMS(picks), s.limit),
        array_new(dtype, EG_DIMS(s.outer, picks, s.inner)),
        array_new(dtype, EG_DIMS(s.outer, s.limit, s.inner)),
        array_new(dtype, EG_DIMS(s.outer, s.limit, s.inner))};
    size_t size = eg__dtype(dtype)->size;

    fill_numbers(&a[1]);
    memset(a[3].data, 0, eg__bytes(&a[3].spec));
    for (int64_t o = 0; o < s.outer; o++)
        for (int64_t i = 0; i < picks; i++)
            for (int64_t j = 0; j < s.inner; j++)
                add_element(dtype,
                    (char *)a[3].data +
                        (size_t)((o * s.limit + get_int(&a[0], i)) * s.inner + j) * size,
                    (char *)a[1].data + (size_t)((o * picks + i) * s.inner + j) * size);
    compute(&eg__scatter_add_kernel, &attrs, 2, a, 1, &a[2]);
    assert_memory_equal(a[2].data, a[3].data, eg__bytes(&a[3].spec) + 1);
    free_arrays(4, a);
}

TEST(scatter_add_adds_in_the_order_of_the_indices_on_any_number_of_threads)
{
    int before = eg_threads();

    for (int threads = 1; threads <= 4; threads += threads) {
        eg_set_threads(threads);
        for (int d = EG_INT32; d <= EG_FLOAT64; d++)
            for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
                bool large = shapes[i].inner > 1000;
                check_scatter((eg_dtype)d, EG_INT32, shapes[i], large ? 3 : 300);
                check_scatter((eg_dtype)d, EG_INT64, shapes[i], large ? 2 : 1001);
                check_scatter((eg_dtype)d, EG_INT64, shapes[i], 0);
            }
    }
    eg_set_threads(before);
}

TEST(a_wrong_index_adds_nothing_anywhere)
{
    eg__scatter_attrs attrs = {sizeof attrs, 0, 4};
    array a[3] = {random_indices(EG_INT32, EG_DIMS(600), 4),
        array_new(EG_FLOAT32, EG_DIMS(600, 40)), array_new(EG_FLOAT32, EG_DIMS(4, 40))};

    set_index(&a[0], 599, 4);
    assert_null(run_kernel(&eg__scatter_add_kernel, &attrs, 2, a, 1, &a[2]));
    assert_error(EG_INVALID, "index 4, at [599]");
    attrs.n = a[2].spec.dims[0] = a[2].spec.size = 0;
    assert_null(run_kernel(&eg__scatter_add_kernel, &attrs, 2, a, 1, &a[2]));
    assert_error(EG_INVALID, "0 elements");
    a[2].spec.size = 160;
    free_arrays(3, a);
}

static void check_add_along(eg_dtype dtype, eg_dtype index, int64_t rows, int64_t picks, int64_t n)
{
    eg__along_attrs attrs = {sizeof attrs, n};
    array a[4] = {random_indices(index, EG_DIMS(rows, picks), n),
        array_new(dtype, EG_DIMS(rows, picks)), array_new(dtype, EG_DIMS(rows, n)),
        array_new(dtype, EG_DIMS(rows, n))};
    size_t size = eg__dtype(dtype)->size;

    fill_numbers(&a[1]);
    memset(a[3].data, 0, eg__bytes(&a[3].spec));
    for (int64_t i = 0; i < rows * picks; i++)
        add_element(dtype, (char *)a[3].data + (size_t)(i / picks * n + get_int(&a[0], i)) * size,
            (char *)a[1].data + (size_t)i * size);
    compute(&eg__add_along_kernel, &attrs, 2, a, 1, &a[2]);
    assert_memory_equal(a[2].data, a[3].data, eg__bytes(&a[3].spec));
    free_arrays(4, a);
}

TEST(add_along_adds_within_its_own_row)
{
    for (int d = EG_INT32; d <= EG_FLOAT64; d++) {
        check_add_along((eg_dtype)d, EG_INT32, 1, 7, 3);
        check_add_along((eg_dtype)d, EG_INT64, 500, 300, 20);
        check_add_along((eg_dtype)d, EG_INT64, 20000, 1, 5);
        check_add_along((eg_dtype)d, EG_INT32, 3, 0, 4);
        check_add_along((eg_dtype)d, EG_INT32, 0, 3, 4);
    }
}

/* ---- one_hot -------------------------------------------------------------------------------- */

TEST(one_hot_has_one_at_the_index_and_zeros_outside)
{
    for (int d = EG_BOOL; d <= EG_FLOAT64; d++)
        for (int64_t depth = 0; depth < 40; depth += 13) {
            eg__hot_attrs attrs = {sizeof attrs, depth, (eg_dtype)d};
            array a[2] = {array_new(d % 2 ? EG_INT64 : EG_INT32, EG_DIMS(1000, 7)),
                array_new((eg_dtype)d, EG_DIMS(1000, 7, depth))};
            for (int64_t i = 0; i < 7000; i++)
                set_index(&a[0], i, random_below(60) - 10);
            compute(&eg__one_hot_kernel, &attrs, 1, a, 1, &a[1]);
            for (int64_t i = 0; i < 7000 * depth; i++)
                assert_true(eg__element_real((eg_dtype)d,
                                (char *)a[1].data + (size_t)i * eg__dtype((eg_dtype)d)->size) ==
                    (get_int(&a[0], i / depth) == i % depth));
            free_arrays(2, a);
        }
}

/* ---- top_k ---------------------------------------------------------------------------------- */

/* a before b: larger, or NaN before a number. */
static bool is_before(eg_dtype dtype, const char *a, const char *b)
{
    if (eg__dtype(dtype)->kind == EG__INTEGER)
        return eg__element_int(dtype, a) > eg__element_int(dtype, b);
    double x = eg__element_real(dtype, a), y = eg__element_real(dtype, b);
    return x > y || (isnan(x) && !isnan(y));
}

/* That the values are those at the indices, in order, that equals are in the order they were, and
 * that as many elements come before the last taken as there should be. */
static void check_top_row(const array a[3], int64_t row, int64_t n, int64_t k)
{
    eg_dtype dtype = a[0].spec.dtype;
    size_t size = eg__dtype(dtype)->size;
    const char *x = (char *)a[0].data + (size_t)(row * n) * size;
    const char *value = (char *)a[1].data + (size_t)(row * k) * size;
    const int64_t *index = (int64_t *)a[2].data + row * k;
    int64_t before = 0;

    for (int64_t i = 0; i < k; i++) {
        const char *own = x + (size_t)index[i] * size;
        assert_true(index[i] >= 0 && index[i] < n);
        assert_memory_equal(value + (size_t)i * size, own, size);
        if (i == 0)
            continue;
        const char *last = x + (size_t)index[i - 1] * size;
        assert_false(is_before(dtype, own, last));
        assert_true(is_before(dtype, last, own) || index[i - 1] < index[i]);
    }
    const char *last = x + (size_t)(k > 0 ? index[k - 1] : 0) * size;
    for (int64_t i = 0; i < n && k > 0; i++) {
        const char *own = x + (size_t)i * size;
        before += is_before(dtype, own, last) || (!is_before(dtype, last, own) && i < index[k - 1]);
    }
    assert_int_equal(before, k > 0 ? k - 1 : 0);
}

static void check_top_k(eg_dtype dtype, int64_t rows, int64_t n, int64_t k, int distinct)
{
    eg__top_attrs attrs = {sizeof attrs, k};
    array a[3] = {array_new(dtype, EG_DIMS(rows, n)), array_new(dtype, EG_DIMS(rows, k)),
        array_new(EG_INT64, EG_DIMS(rows, k))};
    static const double special[] = {NAN, -NAN, INFINITY, -INFINITY, 0.0, -0.0, 1e-42, -1e-42};

    for (int64_t i = 0; i < rows * n; i++) {
        char *to = (char *)a[0].data + (size_t)i * eg__dtype(dtype)->size;
        int64_t number = random_below(distinct) - distinct / 2;
        if (eg__dtype(dtype)->kind == EG__INTEGER)
            eg__set_element_int(dtype, to, random_below(20) ? number * 9973 : INT32_MIN);
        else
            eg__set_element_real(dtype, to,
                random_below(20) ? (double)number / 3 : special[random_below(8)]);
    }
    compute(&eg__top_k_kernel, &attrs, 1, a, 2, &a[1]);
    for (int64_t row = 0; row < rows; row++)
        check_top_row(a, row, n, k);
    free_arrays(3, a);
}

TEST(top_k_is_stable_with_nan_the_largest)
{
    static const int64_t sizes[] = {1, 2, 7, 100, 255, 256, 300, 5000};

    for (int d = EG_INT32; d <= EG_FLOAT64; d++)
        for (int i = 0; i < 8; i++) {
            int64_t n = sizes[i], few = n < 10 ? n : 10, many = n / 3;
            check_top_k((eg_dtype)d, 3, n, 0, 10);
            check_top_k((eg_dtype)d, 3, n, 1, 1000000);
            check_top_k((eg_dtype)d, 3, n, few, 20);
            check_top_k((eg_dtype)d, 3, n, many, 1000000);
            check_top_k((eg_dtype)d, 3, n, n, 1000000);
            check_top_k((eg_dtype)d, 3, n, n, 5);
        }
}

TEST(top_k_of_many_rows_is_the_same_on_any_number_of_threads)
{
    int before = eg_threads();

    for (int threads = 1; threads <= 4; threads += threads) {
        eg_set_threads(threads);
        check_top_k(EG_FLOAT32, 1001, 300, 5, 1000000);
        check_top_k(EG_FLOAT64, 67, 1000, 1000, 300);
    }
    eg_set_threads(before);
}

TEST(top_k_of_rising_and_falling_rows)
{
    enum { N = 3000 };
    for (int64_t k = 1; k <= N; k = k * 7 + 1) {
        eg__top_attrs attrs = {sizeof attrs, k};
        array a[3] = {array_new(EG_INT64, EG_DIMS(2, N)), array_new(EG_INT64, EG_DIMS(2, k)),
            array_new(EG_INT64, EG_DIMS(2, k))};
        for (int64_t i = 0; i < N; i++) {
            ((int64_t *)a[0].data)[i] = INT64_MIN + i;
            ((int64_t *)a[0].data)[N + i] = INT64_MAX - i;
        }
        compute(&eg__top_k_kernel, &attrs, 1, a, 2, &a[1]);
        for (int64_t i = 0; i < k; i++) {
            assert_int_equal(((int64_t *)a[2].data)[i], N - 1 - i);
            assert_int_equal(((int64_t *)a[2].data)[k + i], i);
        }
        free_arrays(3, a);
    }
}

TEST(kernels_decline_dtypes_they_have_no_loop_for)
{
    eg__scatter_attrs attrs = {sizeof attrs, 0, 4};
    eg__top_attrs top = {sizeof top, 1};
    array a[3] = {random_indices(EG_INT32, EG_DIMS(4), 4), array_new(EG_FLOAT16, EG_DIMS(4)),
        array_new(EG_FLOAT16, EG_DIMS(4))};

    assert_non_null(run_kernel(&eg__scatter_add_kernel, &attrs, 2, a, 1, &a[2]));
    assert_non_null(run_kernel(&eg__top_k_kernel, &top, 1, &a[1], 2, &a[1]));
    free_arrays(3, a);
}
