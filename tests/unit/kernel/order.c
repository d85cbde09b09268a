/* The order of a row: right for every length, dtype and pattern of numbers, of equals the first
 * first, values the very bits that the indices pick, and no slower where every pivot is bad.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/order.h"
#include "arrays.h"

typedef struct row {
    array x;
    int64_t *index;
    char *values, *scratch;
} row;

static row row_of(array x)
{
    row r = {x, calloc((size_t)x.spec.size + 1, sizeof(int64_t)), NULL, NULL};

    r.values = calloc((size_t)x.spec.size + 1, 8);
    r.scratch = aligned_alloc(128, 128 + 32 * (size_t)(x.spec.size + 4) / 128 * 128 + 256);
    assert_true(r.index && r.values && r.scratch);
    return r;
}

static void row_free(row *r)
{
    free(r->x.data);
    free(r->index);
    free(r->values);
    free(r->scratch);
}

/* Less than 0 where a comes before b in rising order; NaN comes last. */
static int compare(eg_dtype dtype, const void *a, const void *b)
{
    if (is_nan(dtype, a) || is_nan(dtype, b))
        return is_nan(dtype, a) - is_nan(dtype, b);
    if (eg__dtype(dtype)->kind == EG__REAL)
        return (eg__element_real(dtype, a) > eg__element_real(dtype, b)) -
            (eg__element_real(dtype, a) < eg__element_real(dtype, b));
    uint64_t x = 0, y = 0, size = eg__dtype(dtype)->size;
    memcpy(&x, a, size);
    memcpy(&y, b, size);
    if (!eg__dtype(dtype)->is_unsigned && dtype != EG_BOOL) {
        x ^= UINT64_C(1) << (8 * size - 1);
        y ^= UINT64_C(1) << (8 * size - 1);
    }
    return (x > y) - (x < y);
}

static void check(row *r, bool descending)
{
    eg_dtype dtype = r->x.spec.dtype;
    int64_t n = r->x.spec.size;
    size_t size = eg__dtype(dtype)->size;
    char *seen = calloc((size_t)n + 1, 1);
    eg__order o;

    assert_non_null(seen);
    assert_true(eg__order_set(&o, dtype, n, true, descending));
    eg__order_indices(&o, r->x.data, r->index, r->scratch);
    assert_true(eg__order_set(&o, dtype, n, false, descending));
    eg__order_values(&o, r->x.data, r->values, r->scratch);
    for (int64_t i = 0; i < n; i++) {
        assert_true(r->index[i] >= 0 && r->index[i] < n && !seen[r->index[i]]);
        seen[r->index[i]] = 1;
        assert_memory_equal(r->values + (size_t)i * size, element(&r->x, r->index[i]), size);
        if (i == 0)
            continue;
        int order = compare(dtype, element(&r->x, r->index[i - 1]), element(&r->x, r->index[i]));
        assert_true(descending ? order >= 0 : order <= 0);
        assert_true(order != 0 || r->index[i - 1] < r->index[i]);
    }
    free(seen);
}

static void check_both(array x)
{
    row r = row_of(x);

    check(&r, false);
    check(&r, true);
    row_free(&r);
}

TEST(rows_of_every_length_and_dtype_are_put_in_order)
{
    static const eg_dtype dtypes[] = {EG_BOOL, EG_INT8, EG_UINT16, EG_INT32, EG_UINT32, EG_INT64,
        EG_UINT64, EG_FLOAT32, EG_FLOAT64};

    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        for (int64_t n = 0; n < 300; n += 1 + n / 40)
            check_both(filled(dtypes[i], n, (uint64_t)n));
        check_both(filled(dtypes[i], 20011, 7));
    }
}

static double pattern(int which, int64_t i, int64_t n)
{
    switch (which) {
    case 0:
        return 3;
    case 1:
        return (double)i;
    case 2:
        return (double)(n - i);
    case 3:
        return (double)(i < n / 2 ? i : n - i);
    case 4:
        return (double)(i % 3);
    default:
        return i % 2 ? (double)i : 0;
    }
}

TEST(patterns_are_put_in_order)
{
    enum { N = 5000, PATTERNS = 6 };
    static const eg_dtype dtypes[] = {EG_FLOAT32, EG_INT64};

    for (int which = 0; which < PATTERNS; which++)
        for (int d = 0; d < 2; d++) {
            array x = vector_new(dtypes[d], N);
            for (int64_t i = 0; i < N; i++)
                eg__set_element_real(dtypes[d], element(&x, i), pattern(which, i, N));
            check_both(x);
        }
}

/* Numbers of which a pivot from `lanes` places all over a part is nearly the least each time: the
 * places asked for get the next numbers, and what is below the pivot leaves the part. */
static array worst(int64_t n, int lanes)
{
    array x = vector_new(lanes == 16 ? EG_UINT32 : EG_UINT64, n);
    int64_t *at = calloc((size_t)n, sizeof *at), *number = calloc((size_t)n, sizeof *number);
    int64_t left = n, next = 1;

    assert_true(at && number);
    for (int64_t i = 0; i < n; i++)
        at[i] = i;
    while (left > 8 * lanes) {
        int64_t kept = 0;
        for (int i = 0; i < lanes; i++) {
            int64_t *own = &number[at[left / lanes * i + left / (2 * lanes)]];
            *own = *own ? *own : next++;
        }
        for (int64_t i = 0; i < left; i++)
            if (!number[at[i]] || number[at[i]] >= next - lanes / 2)
                at[kept++] = at[i];
        left = kept < left ? kept : left - 1;
    }
    for (int64_t i = 0; i < n; i++)
        eg__set_element_real(x.spec.dtype, element(&x, i),
            (double)(number[i] ? number[i] : next + i));
    free(at);
    free(number);
    return x;
}

TEST(bad_pivots_are_put_in_order)
{
    check_both(worst(20000, 16));
    check_both(worst(20000, 8));
}
