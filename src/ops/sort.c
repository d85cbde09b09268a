/* Sorting, searching, counting.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/sort.h"
#include "base/attrs.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"
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

    b->dx[0] = eg__add_along(from, b->dy[0], eg__size_at(b->x[0], -1));
    return eg__done();
}

const eg_opdef eg_op_sort = {
    .name = "Sort",
    .in = {"x"},
    .types = {EG__ORDERED},
    .traits = EG__NO_FLOPS,
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
    .types = {EG__ORDERED},
    .traits = EG__CONSTANT,
    .attrs = sort_fields,
    .attrs_size = sizeof(eg_sort_attrs),
    .infer = argsort_infer,
    .kernels = EG__KERNELS(&eg__argsort_kernel),
    .known_as = {"argsort", "argsort", NULL},
};

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
    return eg__swap_last(EG__APPLY(op, attrs, eg__swap_last(x, axis)), axis);
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
    const eg_spec *sorted = s->in[0], *values = s->in[1];

    if (sorted->rank < 1)
        return eg__shape_error(s, "sorted is a single number; it must have an axis");
    if (sorted->rank > 1) {
        bool fits = sorted->rank == values->rank;
        for (int i = 0; fits && i < sorted->rank - 1; i++)
            fits = sorted->dims[i] == values->dims[i];
        if (!fits)
            return eg__shape_error(s,
                "values must have the axes of sorted, but for the last's "
                "size; or sorted a single axis");
    }
    *s->out[0] = *values;
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

/* ---- counting ------------------------------------------------------------------------------- */

eg_tensor *eg_bincount(eg_tensor *x, int64_t n)
{
    if (!x || eg__me.failed)
        return eg_scatter_add(x, x, n, 0);
    return eg_scatter_add(x, eg__broadcast_like(eg_scalar_int(EG_INT64, 1), x), n, 0);
}

/* The edges of n bins of one width, in the dtype of x. */
static eg_tensor *edges(const eg_tensor *x, int64_t n, double low, double high)
{
    eg_tensor *at = eg_cast(eg_range(n < INT64_MAX ? n + 1 : n), EG_FLOAT64);
    eg_tensor *step = eg_scalar(EG_FLOAT64, (high - low) / (double)n);
    eg_tensor *inner = eg_add(eg_mul(at, step), eg_scalar(EG_FLOAT64, low));
    eg_tensor *is_last = eg_equal(at, eg_scalar(EG_FLOAT64, (double)n));

    return eg_cast(eg_where(is_last, eg_scalar(EG_FLOAT64, high), inner), eg_dtype_of(x));
}

/* How many of x are in each bin between neighbouring edges; `last` says which are the last edge. */
static eg_tensor *counted(eg_tensor *x, eg_tensor *edges, eg_tensor *last)
{
    const eg_searchsorted_attrs right = {.size = sizeof right, .right = true};
    int64_t n = eg_size(edges) - 1;
    eg_slice_attrs inside = {.size = sizeof inside, .begin = {1, {1}}, .count = {1, {n}}};
    eg_tensor *bin = eg_searchsorted_with(edges, x, &right);

    bin = eg_where(last, eg_scalar_int(EG_INT64, n), bin);
    return eg_slice_with(eg_bincount(bin, n + 2), &inside);
}

eg_tensor *eg_histogram(eg_tensor *x, int64_t n, double low, double high)
{
    if (eg__me.failed)
        return NULL;
    if (!x || n < 1 || !(low < high) || isinf(high - low))
        return eg__fail_null(EG_INVALID, "eg_histogram",
            x ? "%lld bins from %g to %g; it needs one bin at least and finite edges that rise"
              : "x is NULL",
            (long long)n, low, high);
    if (eg__dtype(eg_dtype_of(x))->kind == EG__INTEGER)
        x = eg_cast(x, EG_FLOAT64);
    return counted(x, edges(x, n, low, high), eg_equal(x, eg__number_like(x, high)));
}

eg_tensor *eg_histogram_edges(eg_tensor *x, eg_tensor *edges)
{
    if (!eg__is_tensor("eg_histogram_edges", x) || !eg__is_tensor("eg_histogram_edges", edges))
        return NULL;
    if (eg_rank(edges) != 1 || eg_size(edges) < 2)
        return eg__fail_null(EG_INVALID, "eg_histogram_edges",
            "edges has %d axes and %lld elements; it takes one axis and two elements at least",
            eg_rank(edges), (long long)eg_size(edges));
    return counted(x, edges, eg_equal(x, eg__along(edges, 0, -1, 1, 1)));
}

/* ---- interp --------------------------------------------------------------------------------- */

/* Whether xp and yp are two lists of one length that is not 0. */
static bool are_points(const eg_tensor *xp, const eg_tensor *yp)
{
    if (!eg__is_tensor("eg_interp", xp) || !eg__is_tensor("eg_interp", yp))
        return false;
    if (eg_rank(xp) == 1 && eg_rank(yp) == 1 && eg_size(xp) == eg_size(yp) && eg_size(xp) > 0)
        return true;
    eg__fail(EG_INVALID, "eg_interp",
        "the points have %lld and %lld coordinates along %d and %d axes; it takes two lists of one "
        "length, and one point at least",
        (long long)eg_size(xp), (long long)eg_size(yp), eg_rank(xp), eg_rank(yp));
    return false;
}

eg_tensor *eg_interp(eg_tensor *x, eg_tensor *xp, eg_tensor *yp)
{
    const eg_searchsorted_attrs right = {.size = sizeof right, .right = true};

    if (!eg__is_tensor("eg_interp", x) || !are_points(xp, yp))
        return NULL;
    int64_t last = eg_size(xp) - 1;
    eg_tensor *zero = eg_scalar_int(EG_INT64, 0), *end = eg_scalar_int(EG_INT64, last);
    eg_tensor *behind = eg_searchsorted_with(xp, x, &right);
    eg_tensor *b = eg_minimum(behind, end);
    eg_tensor *a = eg_maximum(eg_sub(behind, eg_scalar_int(EG_INT64, 1)), zero);
    eg_tensor *x0 = eg_gather(xp, a), *y0 = eg_gather(yp, a);
    eg_tensor *width = eg_sub(eg_gather(xp, b), x0), *outside = eg_equal(a, b);
    eg_tensor *rise = eg_sub(eg_gather(yp, b), y0), *one = eg__number_like(xp, 1);
    eg_tensor *slope = eg_div(rise, eg_where(outside, one, width));
    eg_tensor *inner = eg_add(y0, eg_mul(slope, eg_sub(x, x0)));
    return eg_where(eg_equal(x, x), eg_where(outside, y0, inner), x);
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
