/* Running sums and their kin, linear recurrences, differences of neighbours.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/scan.h"
#include "base/attrs.h"
#include "kernel/move.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include <math.h>

/* ---- parts along an axis -------------------------------------------------------------------- */

/* `count` elements from `begin` on, along one axis. */
static eg_tensor *part(eg_tensor *x, int axis, int64_t begin, eg__size count)
{
    eg_slice_attrs o = {.size = sizeof o};

    axis += axis < 0 ? eg_rank(x) : 0;
    o.begin.n = o.count.n = axis + 1;
    for (int i = 0; i < axis; i++)
        o.count.at[i] = -1;
    o.begin.at[axis] = begin;
    o.count.at[axis] = count.n;
    eg__size_patch patch = EG__SIZED(eg_slice_attrs, count, axis, count);
    return eg__apply_sized(&eg_op_slice, &o, 1, &x, 1, &patch);
}

static eg__size one_less(const eg_tensor *x, int axis)
{
    return eg__size_minus(eg__size_at(x, axis), eg__size_plain(1));
}

/* x moved by one place along an axis, towards its end or its beginning; 0 moves in. */
static eg_tensor *moved(eg_tensor *x, int axis, bool to_end)
{
    eg__unslice_attrs into = {.size = sizeof into};
    eg__size_patch patches[EG_MAX_RANK];

    if (!x || eg__size_is(eg__size_all(x), 0))
        return x;
    axis += axis < 0 ? eg_rank(x) : 0;
    into.begin.n = into.step.n = into.dims.n = eg_rank(x);
    for (int i = 0; i < eg_rank(x); i++) {
        eg__size size = eg__size_at(x, i);
        into.step.at[i] = 1;
        into.dims.at[i] = size.n;
        patches[i] = EG__SIZED(eg__unslice_attrs, dims, i, size);
    }
    into.begin.at[axis] = to_end;
    eg_tensor *rest = part(x, axis, !to_end, one_less(x, axis));
    return eg__apply_sized(&eg_op_unslice, &into, 1, &rest, eg_rank(x), patches);
}

/* ---- cumulative sum, product, maximum ------------------------------------------------------- */

static const eg_attr cumulative_fields[] = {
    EG__ATTR(eg_cumulative_attrs, INT, axis),
    EG__ATTR(eg_cumulative_attrs, BOOL, exclusive),
    EG__ATTR(eg_cumulative_attrs, BOOL, reverse),
    EG__ATTR(eg_cumulative_attrs, BOOL, include_initial),
    {0},
};

static eg_status cumulative_max_infer(eg_shapes *s)
{
    const eg_cumulative_attrs *attrs = s->attrs;
    int axis = attrs->axis;

    if (eg__infer_axis(s, &axis, s->in[0]->rank) != EG_OK)
        return EG_INVALID;
    if (attrs->exclusive && attrs->include_initial)
        return eg__shape_error(s, "exclusive and include_initial exclude each other");
    *s->out[0] = *s->in[0];
    s->out[0]->dims[axis] += attrs->include_initial;
    return eg__infer_size(s, s->out[0]);
}

static eg_status cumulative_infer(eg_shapes *s)
{
    eg_status status = cumulative_max_infer(s);
    const eg__dtype_info *d = eg__dtype(s->in[0]->dtype);

    if (status == EG_OK && d->kind == EG__INTEGER) {
        s->out[0]->dtype = d->is_unsigned ? EG_UINT64 : EG_INT64;
        status = eg__infer_size(s, s->out[0]);
    }
    return status;
}

/* What arrived at the plain scan that an exclusive one, or one with an initial element, shows moved
 * by a place. */
static eg_tensor *arrived(eg_tensor *dy, const eg_cumulative_attrs *attrs)
{
    if (attrs->exclusive)
        return moved(dy, attrs->axis, attrs->reverse);
    if (attrs->include_initial)
        return part(dy, attrs->axis, !attrs->reverse, one_less(dy, attrs->axis));
    return dy;
}

static eg_cumulative_attrs plain(const eg_cumulative_attrs *attrs)
{
    return (
        eg_cumulative_attrs){.size = sizeof *attrs, .axis = attrs->axis, .reverse = attrs->reverse};
}

static eg_status cumulative_sum_grad(eg_backward *b)
{
    eg_cumulative_attrs back = plain(b->attrs);

    back.reverse = !back.reverse;
    b->dx[0] = eg_cumulative_sum_with(arrived(b->dy[0], b->attrs), &back);
    return eg__done();
}

const eg_opdef eg_op_cumulative_sum = {
    .name = "CumulativeSum",
    .in = {"x"},
    .types = {EG__NUMBERS},
    .traits = EG__LINEAR,
    .attrs = cumulative_fields,
    .attrs_size = sizeof(eg_cumulative_attrs),
    .infer = cumulative_infer,
    .flops = eg__flops_sum,
    .kernels = EG__KERNELS(&eg__cumulative_sum_kernel),
    .grad = cumulative_sum_grad,
    .known_as = {"cumulative_sum", "math.cumsum", "CumSum"},
};

eg_tensor *eg_cumulative_sum_with(eg_tensor *x, const eg_cumulative_attrs *attrs)
{
    return EG__APPLY(&eg_op_cumulative_sum, attrs, x);
}

eg_tensor *eg_cumulative_sum(eg_tensor *x)
{
    return eg_cumulative_sum_with(x, NULL);
}

/* x[j] is a factor of y[j] and all behind: what stands before it is y[j - 1], and what stands
 * behind is gathered by s[j] = dy[j] + x[j + 1] * s[j + 1]. Nothing is divided, so zeros are no
 * trouble. */
static eg_status cumulative_prod_grad(eg_backward *b)
{
    eg_cumulative_attrs before = plain(b->attrs);
    eg_recurrence_attrs back = {sizeof back, before.axis, !before.reverse};
    eg_tensor *next = moved(b->x[0], before.axis, before.reverse);

    before.exclusive = true;
    b->dx[0] = eg_mul(eg_cumulative_prod_with(b->x[0], &before),
        eg_linear_recurrence_with(next, arrived(b->dy[0], b->attrs), &back));
    return eg__done();
}

const eg_opdef eg_op_cumulative_prod = {
    .name = "CumulativeProd",
    .in = {"x"},
    .types = {EG__NUMBERS},
    .traits = EG__HOLOMORPHIC,
    .attrs = cumulative_fields,
    .attrs_size = sizeof(eg_cumulative_attrs),
    .infer = cumulative_infer,
    .flops = eg__flops_prod,
    .kernels = EG__KERNELS(&eg__cumulative_prod_kernel),
    .grad = cumulative_prod_grad,
    .known_as = {"cumulative_prod", "math.cumprod", NULL},
};

eg_tensor *eg_cumulative_prod_with(eg_tensor *x, const eg_cumulative_attrs *attrs)
{
    return EG__APPLY(&eg_op_cumulative_prod, attrs, x);
}

eg_tensor *eg_cumulative_prod(eg_tensor *x)
{
    return eg_cumulative_prod_with(x, NULL);
}

/* Positions along an axis, as an array of the shape of x, with the axis last. NULL for NULL. */
static eg_tensor *positions(const eg_tensor *x)
{
    if (!x)
        return NULL;
    return eg__broadcast_like(eg__range(eg__size_at(x, -1)), x);
}

/* dy goes to the element that was the largest so far, the newest of equals. */
static eg_status cumulative_max_grad(eg_backward *b)
{
    eg_cumulative_attrs o = plain(b->attrs);
    eg_tensor *dy = eg__swap_last(arrived(b->dy[0], b->attrs), o.axis),
              *x = eg__swap_last(b->x[0], o.axis);
    int axis = o.axis;

    o.axis = -1;
    eg_tensor *is_new = eg_equal(x, eg_cumulative_max_with(x, &o)), *at = positions(x);
    eg_tensor *last = o.reverse ? eg__size_scalar(EG_INT64, one_less(x, -1), 0, 0) : NULL;
    if (o.reverse)
        at = eg_sub(last, at);
    at = eg_cumulative_max_with(eg_where(is_new, at, eg_scalar_int(EG_INT64, 0)), &o);
    if (o.reverse)
        at = eg_sub(last, at);
    b->dx[0] = eg__swap_last(eg__add_along(at, dy, eg__size_at(x, -1)), axis);
    return eg__done();
}

const eg_opdef eg_op_cumulative_max = {
    .name = "CumulativeMax",
    .in = {"x"},
    .types = {EG__NUMERIC},
    .attrs = cumulative_fields,
    .attrs_size = sizeof(eg_cumulative_attrs),
    .infer = cumulative_max_infer,
    .flops = eg__flops_sum,
    .kernels = EG__KERNELS(&eg__cumulative_max_kernel),
    .grad = cumulative_max_grad,
    .known_as = {"maximum.accumulate", NULL, NULL},
};

eg_tensor *eg_cumulative_max_with(eg_tensor *x, const eg_cumulative_attrs *attrs)
{
    return EG__APPLY(&eg_op_cumulative_max, attrs, x);
}

eg_tensor *eg_cumulative_max(eg_tensor *x)
{
    return eg_cumulative_max_with(x, NULL);
}

/* The largest of what has the opposite order: for whole numbers the other bits, which leave no
 * number out. */
eg_tensor *eg_cumulative_min_with(eg_tensor *x, const eg_cumulative_attrs *attrs)
{
    if (eg__is_kind(x, EG__INTS))
        return eg_bitwise_invert(eg_cumulative_max_with(eg_bitwise_invert(x), attrs));
    return eg_neg(eg_cumulative_max_with(eg_neg(x), attrs));
}

eg_tensor *eg_cumulative_min(eg_tensor *x)
{
    return eg_cumulative_min_with(x, NULL);
}

/* ---- linear recurrences --------------------------------------------------------------------- */

static const eg_attr recurrence_fields[] = {
    EG__ATTR(eg_recurrence_attrs, INT, axis),
    EG__ATTR(eg_recurrence_attrs, BOOL, reverse),
    {0},
};

static eg_status linear_recurrence_infer(eg_shapes *s)
{
    int axis = ((const eg_recurrence_attrs *)s->attrs)->axis;

    if (!eg__same_shape(s->in[0], s->in[1]))
        return eg__shape_error(s, "a and b must have one shape");
    if (eg__infer_axis(s, &axis, s->in[0]->rank) != EG_OK)
        return EG_INVALID;
    return eg__infer_same(s);
}

static eg_status linear_recurrence_grad(eg_backward *b)
{
    const eg_recurrence_attrs *attrs = b->attrs;
    eg_recurrence_attrs back = {sizeof back, attrs->axis, !attrs->reverse};
    eg_tensor *next = moved(b->x[0], attrs->axis, attrs->reverse);
    eg_tensor *db = eg_linear_recurrence_with(next, b->dy[0], &back);

    if (b->wanted[0])
        b->dx[0] = eg_mul(db, moved(b->y[0], attrs->axis, !attrs->reverse));
    b->dx[1] = db;
    return eg__done();
}

static double linear_recurrence_flops(const eg_problem *p)
{
    return eg__mul_adds(p->out[0], (double)p->out[0]->size);
}

const eg_opdef eg_op_linear_recurrence = {
    .name = "LinearRecurrence",
    .in = {"a", "b"},
    .types = {EG__FLOATING, EG__FLOATING},
    .promote = 3,
    .traits = EG__HOLOMORPHIC,
    .attrs = recurrence_fields,
    .attrs_size = sizeof(eg_recurrence_attrs),
    .infer = linear_recurrence_infer,
    .flops = linear_recurrence_flops,
    .kernels = EG__KERNELS(&eg__linear_recurrence_kernel),
    .grad = linear_recurrence_grad,
};

eg_tensor *eg_linear_recurrence_with(eg_tensor *a, eg_tensor *b, const eg_recurrence_attrs *attrs)
{
    return EG__APPLY(&eg_op_linear_recurrence, attrs, a, b);
}

eg_tensor *eg_linear_recurrence(eg_tensor *a, eg_tensor *b)
{
    return eg_linear_recurrence_with(a, b, NULL);
}

/* ---- cumulative logsumexp ------------------------------------------------------------------- */

/* log(s) + m with m, the largest so far, and s, which is scaled anew where that grows. The result
 * does not depend on m but for rounding, so m is a constant. */
eg_tensor *eg_cumulative_logsumexp_with(eg_tensor *x, const eg_cumulative_attrs *given)
{
    eg_cumulative_attrs o;

    if (eg__me.failed || !eg__attrs_complete(&o, sizeof o, given, "eg_cumulative_logsumexp"))
        return NULL;
    if (!x || eg__dtype(eg_dtype_of(x))->kind != EG__REAL || o.exclusive || o.include_initial)
        return eg__fail_null(EG_INVALID, "eg_cumulative_logsumexp",
            "x is %s, but it takes floating point, and neither exclusive nor include_initial",
            x ? eg_dtype_name(eg_dtype_of(x)) : "NULL");
    eg_cumulative_attrs before = o;
    before.exclusive = true;
    eg_recurrence_attrs along = {sizeof along, o.axis, o.reverse};
    eg_tensor *still = eg_stop_gradient(x), *most = eg_cumulative_max_with(still, &o);
    eg_tensor *is_finite = eg_less(eg_abs(most), eg__number_like(x, INFINITY));
    eg_tensor *m = eg_where(is_finite, most, eg__number_like(x, 0));
    eg_tensor *scale = eg_exp(eg_sub(eg_cumulative_max_with(still, &before), m));
    eg_tensor *sum = eg_linear_recurrence_with(scale, eg_exp(eg_sub(x, m)), &along);
    return eg_add(eg_log(sum), m);
}

eg_tensor *eg_cumulative_logsumexp(eg_tensor *x)
{
    return eg_cumulative_logsumexp_with(x, NULL);
}

/* ---- diff ----------------------------------------------------------------------------------- */

eg_tensor *eg_diff_with(eg_tensor *x, int axis, const eg_diff_attrs *given)
{
    eg_diff_attrs o;

    if (eg__me.failed || !eg__attrs_complete(&o, sizeof o, given, "eg_diff"))
        return NULL;
    if (!x || !eg__axis_ok(&axis, eg_rank(x)) || o.n < 0)
        return eg__fail_null(EG_INVALID, "eg_diff",
            x ? "there is no axis %d, or n, which is %d, is negative" : "x is NULL", axis, o.n);
    for (int i = 0; i < (o.n ? o.n : 1) && x; i++) {
        eg__size left = one_less(x, axis);
        if (eg__size_is(eg__size_at(x, axis), 0))
            return x;
        x = eg_sub(part(x, axis, 1, left), part(x, axis, 0, left));
    }
    return x;
}

eg_tensor *eg_diff(eg_tensor *x, int axis)
{
    return eg_diff_with(x, axis, NULL);
}
