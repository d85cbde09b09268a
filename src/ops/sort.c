/* Sorting, searching, counting.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/sort.h"
#include "base/attrs.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include <math.h>

/* ---- sort, argsort -------------------------------------------------------------------------- */

static const eg_attr sort_fields[] = {EG__ATTR(eg_sort_attrs, BOOL, descending), {0}};

static eg_status sort_infer(eg_shapes *s)
{
    int axis = -1;

    if (eg__infer_axis(s, &axis, s->in[0]->rank) != EG_OK)
        return EG_INVALID;
    return eg__infer_same(s);
}

static eg_status argsort_infer(eg_shapes *s)
{
    eg_status status = sort_infer(s);

    s->out[0]->dtype = EG_INT64;
    return status == EG_OK ? eg__infer_size(s, s->out[0]) : status;
}

/* Each element's gradient goes where the element came from. */
static eg_status sort_grad(eg_backward *b)
{
    eg_tensor *from = EG__APPLY(&eg_op_argsort, b->attrs, b->x[0]);

    b->dx[0] = eg_add_along(from, b->dy[0], eg_dim(b->x[0], -1));
    return eg__done();
}

const eg_opdef eg_op_sort = {
    .name = "Sort",
    .in = {"x"},
    .attrs = sort_fields,
    .attrs_size = sizeof(eg_sort_attrs),
    .infer = sort_infer,
    .kernels = EG__KERNELS(&eg__sort_kernel),
    .grad = sort_grad,
    .known_as = {"sort", "sort", NULL},
};

const eg_opdef eg_op_argsort = {
    .name = "ArgSort",
    .in = {"x"},
    .traits = EG__CONSTANT,
    .attrs = sort_fields,
    .attrs_size = sizeof(eg_sort_attrs),
    .infer = argsort_infer,
    .kernels = EG__KERNELS(&eg__argsort_kernel),
    .known_as = {"argsort", "argsort", NULL},
};

/* Exchanges an axis, which is there, with the last. */
static eg_tensor *swapped(eg_tensor *x, int axis)
{
    eg_transpose_attrs o = {.size = sizeof o};

    if (!x || axis == eg_rank(x) - 1)
        return x;
    for (int i = 0; i < eg_rank(x); i++)
        o.axes.axis[o.axes.n++] = i == axis ? eg_rank(x) - 1 : i == eg_rank(x) - 1 ? axis : i;
    return eg_transpose_with(x, &o);
}

/* False, with an error, unless x has that axis, which is made to count from the first. */
static bool has_axis(const eg_tensor *x, int *axis, const char *op)
{
    if (eg__me.failed)
        return false;
    if (!x)
        eg__fail(EG_INVALID, op, "x is NULL");
    else if (!eg__axis_ok(axis, eg_rank(x)))
        eg__fail(EG_INVALID, op, "there is no axis %d in a tensor of rank %d", *axis, eg_rank(x));
    return !eg__me.failed;
}

static eg_tensor *along(const eg_opdef *op, eg_tensor *x, int axis, const eg_sort_attrs *attrs)
{
    if (!has_axis(x, &axis, op->name))
        return NULL;
    return swapped(EG__APPLY(op, attrs, swapped(x, axis)), axis);
}

eg_tensor *eg_sort_with(eg_tensor *x, int axis, const eg_sort_attrs *attrs)
{
    return along(&eg_op_sort, x, axis, attrs);
}

eg_tensor *eg_sort(eg_tensor *x, int axis)
{
    return eg_sort_with(x, axis, NULL);
}

eg_tensor *eg_argsort_with(eg_tensor *x, int axis, const eg_sort_attrs *attrs)
{
    return along(&eg_op_argsort, x, axis, attrs);
}

eg_tensor *eg_argsort(eg_tensor *x, int axis)
{
    return eg_argsort_with(x, axis, NULL);
}

/* ---- searchsorted --------------------------------------------------------------------------- */

static const eg_attr search_fields[] = {EG__ATTR(eg_searchsorted_attrs, BOOL, right), {0}};

static eg_status searchsorted_infer(eg_shapes *s)
{
    if (s->in[0]->rank != 1)
        return eg__shape_error(s, "sorted must have one axis");
    *s->out[0] = *s->in[1];
    s->out[0]->dtype = EG_INT64;
    return eg__infer_size(s, s->out[0]);
}

const eg_opdef eg_op_searchsorted = {
    .name = "SearchSorted",
    .in = {"sorted", "values"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__CONSTANT,
    .attrs = search_fields,
    .attrs_size = sizeof(eg_searchsorted_attrs),
    .infer = searchsorted_infer,
    .kernels = EG__KERNELS(&eg__searchsorted_kernel),
    .known_as = {"searchsorted", "searchsorted", NULL},
};

eg_tensor *eg_searchsorted_with(eg_tensor *sorted, eg_tensor *values,
    const eg_searchsorted_attrs *attrs)
{
    return EG__APPLY(&eg_op_searchsorted, attrs, sorted, values);
}

eg_tensor *eg_searchsorted(eg_tensor *sorted, eg_tensor *values)
{
    return eg_searchsorted_with(sorted, values, NULL);
}

static eg_tensor *as_numbers(eg_tensor *x)
{
    return x && eg_dtype_of(x) == EG_BOOL ? eg_cast(x, EG_INT8) : x;
}

eg_tensor *eg_isin(eg_tensor *x, eg_tensor *y)
{
    const eg_searchsorted_attrs right = {.size = sizeof right, .right = true};

    x = as_numbers(x);
    y = eg_sort(eg_reshape(as_numbers(y), 1, (const int64_t[]){-1}), 0);
    eg_tensor *found = eg_less(eg_searchsorted(y, x), eg_searchsorted_with(y, x, &right));
    return eg_logical_and(found, eg_equal(x, x));
}

/* ---- counting ------------------------------------------------------------------------------- */

eg_tensor *eg_bincount(eg_tensor *x, int64_t n)
{
    if (!x || eg__me.failed)
        return eg_scatter_add(x, x, n, 0);
    return eg_scatter_add(x, eg_ones(EG_INT64, eg_rank(x), x->spec.dims), n, 0);
}

/* The edges of n bins of one width, in the dtype of x. */
static eg_tensor *edges(const eg_tensor *x, int64_t n, double low, double high)
{
    eg_tensor *at = eg_cast(eg_range(n + 1), EG_FLOAT64);
    eg_tensor *step = eg_scalar(EG_FLOAT64, (high - low) / (double)n);
    eg_tensor *inner = eg_add(eg_mul(at, step), eg_scalar(EG_FLOAT64, low));
    eg_tensor *is_last = eg_equal(at, eg_scalar(EG_FLOAT64, (double)n));

    return eg_cast(eg_where(is_last, eg_scalar(EG_FLOAT64, high), inner), eg_dtype_of(x));
}

eg_tensor *eg_histogram(eg_tensor *x, int64_t n, double low, double high)
{
    const eg_searchsorted_attrs right = {.size = sizeof right, .right = true};
    eg_slice_attrs inside = {.size = sizeof inside, .begin = {1, {1}}, .count = {1, {n}}};

    if (eg__me.failed)
        return NULL;
    if (!x || n < 1 || !(low < high) || isinf(high - low))
        return eg__fail_null(EG_INVALID, "eg_histogram",
            x ? "%lld bins from %g to %g; it needs one bin at least and finite edges that rise"
              : "x is NULL",
            (long long)n, low, high);
    if (eg__dtype(eg_dtype_of(x))->kind == EG__INTEGER)
        x = eg_cast(x, EG_FLOAT64);
    eg_tensor *last = eg_equal(x, eg__number_like(x, high));
    eg_tensor *bin = eg_searchsorted_with(edges(x, n, low, high), x, &right);
    bin = eg_where(last, eg_scalar_int(EG_INT64, n), bin);
    return eg_slice_with(eg_bincount(bin, n + 2), &inside);
}

/* ---- median, quantile ----------------------------------------------------------------------- */

/* Element `at` along an axis, which is left out. */
static eg_tensor *element(eg_tensor *x, int axis, int64_t at)
{
    const eg_gather_attrs o = {sizeof o, axis};

    return eg_gather_with(x, eg_scalar_int(EG_INT64, at), &o);
}

eg_tensor *eg_quantile(eg_tensor *x, double q, int axis)
{
    if (!has_axis(x, &axis, "eg_quantile"))
        return NULL;
    int64_t n = eg_dim(x, axis);
    if (n == 0 || !(q >= 0 && q <= 1) || eg__dtype(eg_dtype_of(x))->kind != EG__REAL)
        return eg__fail_null(EG_INVALID, "eg_quantile",
            "x is %s and has %lld elements along the axis, q is %g; it takes floating point, "
            "at least one element and q from 0 to 1",
            eg_dtype_name(eg_dtype_of(x)), (long long)n, q);
    double place = q * (double)(n - 1), below = floor(place);
    eg_tensor *sorted = eg_sort(x, axis), *low = element(sorted, axis, (int64_t)below);
    eg_tensor *most = element(sorted, axis, n - 1), *y = low;
    if (place > below) {
        eg_tensor *high = element(sorted, axis, (int64_t)below + 1);
        eg_tensor *between = eg_add(low, eg__scale(eg_sub(high, low), place - below));
        y = eg_where(eg_equal(low, high), low, between);
    }
    return eg_where(eg_equal(most, most), y, most);
}

eg_tensor *eg_median(eg_tensor *x, int axis)
{
    return eg_quantile(x, 0.5, axis);
}
