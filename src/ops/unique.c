/* Tensors as sets: elements are sorted, and each that differs from the one before it is one of the
 * set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include <string.h>

/* ---- the parts of every answer -------------------------------------------------------------- */

/* What is asked for: elements of one axis, in order, and whether each begins something new. */
typedef struct set {
    const char *op;
    eg_unique_attrs attrs;
    eg_tensor *sorted, *order, *begins;
    int64_t length;
} set;

static eg_tensor *zeros(int64_t n)
{
    return eg_zeros(EG_INT64, 1, &n);
}

/* Whether each element of a sorted row differs from the one before it. */
static eg_tensor *beginnings(eg_tensor *sorted)
{
    const int64_t n = eg_size(sorted), one = 1;

    if (n == 0)
        return eg_zeros(EG_BOOL, 1, &n);
    eg_tensor *first = eg_ones(EG_BOOL, 1, &one), *before = eg__along(sorted, 0, 0, n - 1, 1);
    eg_tensor *others = eg_not_equal(eg__along(sorted, 0, 1, n - 1, 1), before);
    return eg_concat_with(2, (eg_tensor *[]){first, others}, NULL);
}

/* False, reported, where x or the options are wrong. */
static bool set_up(set *s, const char *op, eg_tensor *x, const eg_unique_attrs *attrs)
{
    *s = (set){.op = op};
    return eg__attrs_complete(&s->attrs, sizeof s->attrs, attrs, op) && eg__is_tensor(op, x);
}

/* Complex numbers are ordered by their real parts, those of one by their imaginary ones. */
static eg_tensor *order_of(eg_tensor *row)
{
    if (!eg__is_complex(eg_dtype_of(row)))
        return eg_argsort(row, 0);
    eg_tensor *by_imaginary = eg_argsort(eg_imag(row), 0);
    eg_tensor *real = eg_gather(eg_real(row), by_imaginary);
    return eg_gather(by_imaginary, eg_argsort(real, 0));
}

/* Sorts the elements of x; `order` has where they come from, unless it is not wanted. */
static bool sort_all(set *s, eg_tensor *x, bool wants_order)
{
    eg_tensor *row = eg_flatten(x);

    if (wants_order || eg__is_complex(eg_dtype_of(row))) {
        s->order = order_of(row);
        s->sorted = eg_gather(row, s->order);
    } else {
        s->sorted = eg_sort(row, 0);
    }
    s->begins = s->sorted ? beginnings(s->sorted) : NULL;
    return s->begins != NULL;
}

/* The elements that begin something, of which there are as many as was asked for. */
static eg_tensor *those_that_begin(set *s, eg_tensor *row, double fill)
{
    eg_boolean_mask_attrs attrs = {.size = sizeof attrs, .fill = fill};

    if (s->length == 0)
        s->length = eg__length(s->op, s->attrs.length, eg_count_nonzero, s->begins);
    if (s->length == 0)
        return eg__along(row, 0, 0, 0, 1);
    attrs.length = s->length;
    return eg_boolean_mask_with(row, s->begins, &attrs);
}

static eg_tensor *values_of(set *s)
{
    return those_that_begin(s, s->sorted, s->attrs.fill);
}

static eg_tensor *firsts_of(set *s)
{
    return those_that_begin(s, s->order, 0);
}

/* From where each begins and the next one does: how many there are. */
static eg_tensor *counts_of(const set *s)
{
    eg_nonzero_attrs ends = {.size = sizeof ends, .fill = eg_size(s->begins)};

    if (eg__me.failed || s->length == 0)
        return zeros(0);
    ends.length = s->length + 1;
    eg_tensor *begin = eg_flatten(eg_nonzero_with(s->begins, &ends));
    return eg_sub(eg__along(begin, 0, 1, s->length, 1), eg__along(begin, 0, 0, s->length, 1));
}

/* For each element of x which of the values it is. */
static eg_tensor *inverse_of(const set *s, const eg_tensor *x)
{
    eg_tensor *up_to = eg_cumulative_sum(eg_cast(s->begins, EG_INT64));
    eg_tensor *number = eg_sub(up_to, eg_scalar_int(EG_INT64, 1));
    eg_tensor *y = eg_scatter_with(zeros(eg_size(s->order)), s->order, number, NULL);

    return eg__reshape_like(y, x);
}

/* ---- the Array API's four ------------------------------------------------------------------- */

eg_tensor *eg_unique_values_with(eg_tensor *x, const eg_unique_attrs *attrs)
{
    set s;

    if (!set_up(&s, "eg_unique_values", x, attrs) || !sort_all(&s, x, false))
        return NULL;
    return values_of(&s);
}

eg_tensor *eg_unique_values(eg_tensor *x)
{
    return eg_unique_values_with(x, NULL);
}

eg_tensor *eg_unique_inverse_with(eg_tensor *x, const eg_unique_attrs *attrs)
{
    set s;

    if (!set_up(&s, "eg_unique_inverse", x, attrs) || !sort_all(&s, x, true))
        return NULL;
    eg_tensor *values = values_of(&s);
    return eg_tuple_of(2, (eg_tensor *[]){values, inverse_of(&s, x)});
}

eg_tensor *eg_unique_inverse(eg_tensor *x)
{
    return eg_unique_inverse_with(x, NULL);
}

eg_tensor *eg_unique_counts_with(eg_tensor *x, const eg_unique_attrs *attrs)
{
    set s;

    if (!set_up(&s, "eg_unique_counts", x, attrs) || !sort_all(&s, x, false))
        return NULL;
    eg_tensor *values = values_of(&s);
    return eg_tuple_of(2, (eg_tensor *[]){values, counts_of(&s)});
}

eg_tensor *eg_unique_counts(eg_tensor *x)
{
    return eg_unique_counts_with(x, NULL);
}

eg_tensor *eg_unique_all_with(eg_tensor *x, const eg_unique_attrs *attrs)
{
    set s;

    if (!set_up(&s, "eg_unique_all", x, attrs) || !sort_all(&s, x, true))
        return NULL;
    eg_tensor *values = values_of(&s), *firsts = firsts_of(&s);
    eg_tensor *inverse = inverse_of(&s, x);
    return eg_tuple_of(4, (eg_tensor *[]){values, firsts, inverse, counts_of(&s)});
}

eg_tensor *eg_unique_all(eg_tensor *x)
{
    return eg_unique_all_with(x, NULL);
}

/* ---- two sets ------------------------------------------------------------------------------- */

/* The elements of both, one behind the other. */
static eg_tensor *joined(eg_tensor *x, eg_tensor *y)
{
    return eg_concat_with(2, (eg_tensor *[]){eg_flatten(x), eg_flatten(y)}, NULL);
}

static eg_tensor *as_numbers(eg_tensor *x)
{
    return eg_dtype_of(x) == EG_BOOL ? eg_cast(x, EG_INT8) : x;
}

/* Of complex numbers, which have no order of their own, by the number of each among all of both. */
static eg_tensor *is_complex_in(eg_tensor *x, eg_tensor *y)
{
    set s = {.op = "eg_isin"};
    const int64_t n = eg_size(x);

    if (!sort_all(&s, joined(x, y), true))
        return NULL;
    eg_tensor *number = inverse_of(&s, s.order);
    eg_tensor *found = eg_isin(eg__along(number, 0, 0, n, 1), eg__along(number, 0, n, -1, 1));
    return eg__reshape_like(found, x);
}

eg_tensor *eg_isin(eg_tensor *x, eg_tensor *y)
{
    const eg_searchsorted_attrs right = {.size = sizeof right, .right = true};

    if (eg__is_complex(eg_dtype_of(x)) || eg__is_complex(eg_dtype_of(y)))
        return is_complex_in(x, y);
    x = as_numbers(x);
    y = eg_sort(eg_reshape(as_numbers(y), 1, (const int64_t[]){-1}), 0);
    eg_tensor *found = eg_less(eg_searchsorted(y, x), eg_searchsorted_with(y, x, &right));
    return eg_logical_and(found, eg_equal(x, x));
}

/* Which elements of two tensors are wanted, by which of the two they are in. */
typedef eg_tensor *wanted_fn(eg_tensor *row, eg_tensor *x, eg_tensor *y);

static eg_tensor *in_y(eg_tensor *row, eg_tensor *x, eg_tensor *y)
{
    (void)x;
    return eg_isin(row, y);
}

static eg_tensor *not_in_y(eg_tensor *row, eg_tensor *x, eg_tensor *y)
{
    (void)x;
    return eg_logical_not(eg_isin(row, y));
}

static eg_tensor *in_one(eg_tensor *row, eg_tensor *x, eg_tensor *y)
{
    return eg_logical_not(eg_logical_and(eg_isin(row, x), eg_isin(row, y)));
}

static bool are_sets(set *s, const char *op, eg_tensor *x, eg_tensor *y,
    const eg_unique_attrs *attrs)
{
    if (!set_up(s, op, x, attrs))
        return false;
    if (eg_dtype_of(y) == EG_NO_DTYPE)
        eg__fail(EG_INVALID, op, "y is %s", y ? "no tensor" : "NULL");
    return !eg__me.failed;
}

/* x in the dtype that it has in common with y, if there is one. */
static eg_tensor *promoted(eg_tensor *x, const eg_tensor *y)
{
    eg_dtype common = eg__promote(eg_dtype_of(x), eg_dtype_of(y));
    return common == EG_NO_DTYPE || common == eg_dtype_of(x) ? x : eg_cast(x, common);
}

/* The elements of x, or of both, that are wanted, each once. */
static eg_tensor *chosen(set *s, eg_tensor *row, eg_tensor *x, eg_tensor *y, wanted_fn *wanted)
{
    if (!row || !sort_all(s, row, false))
        return NULL;
    s->begins = eg_logical_and(s->begins, wanted(s->sorted, x, y));
    return values_of(s);
}

eg_tensor *eg_union1d_with(eg_tensor *x, eg_tensor *y, const eg_unique_attrs *attrs)
{
    set s;

    if (!are_sets(&s, "eg_union1d", x, y, attrs) || !sort_all(&s, joined(x, y), false))
        return NULL;
    return values_of(&s);
}

eg_tensor *eg_union1d(eg_tensor *x, eg_tensor *y)
{
    return eg_union1d_with(x, y, NULL);
}

eg_tensor *eg_intersect1d_with(eg_tensor *x, eg_tensor *y, const eg_unique_attrs *attrs)
{
    set s;

    if (!are_sets(&s, "eg_intersect1d", x, y, attrs))
        return NULL;
    return chosen(&s, promoted(x, y), x, y, in_y);
}

eg_tensor *eg_intersect1d(eg_tensor *x, eg_tensor *y)
{
    return eg_intersect1d_with(x, y, NULL);
}

eg_tensor *eg_setdiff1d_with(eg_tensor *x, eg_tensor *y, const eg_unique_attrs *attrs)
{
    set s;
    return are_sets(&s, "eg_setdiff1d", x, y, attrs) ? chosen(&s, x, x, y, not_in_y) : NULL;
}

eg_tensor *eg_setdiff1d(eg_tensor *x, eg_tensor *y)
{
    return eg_setdiff1d_with(x, y, NULL);
}

eg_tensor *eg_setxor1d_with(eg_tensor *x, eg_tensor *y, const eg_unique_attrs *attrs)
{
    set s;

    if (!are_sets(&s, "eg_setxor1d", x, y, attrs))
        return NULL;
    return chosen(&s, joined(x, y), x, y, in_one);
}

eg_tensor *eg_setxor1d(eg_tensor *x, eg_tensor *y)
{
    return eg_setxor1d_with(x, y, NULL);
}
