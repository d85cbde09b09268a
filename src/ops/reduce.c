/* Reductions over axes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/reduce.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/sized.h"
#include "ops/registry.h"

static const eg_attr reduce_fields[] = {
    EG__ATTR(eg_reduce_attrs, AXES, axes),
    EG__ATTR(eg_reduce_attrs, BOOL, keep_dims),
    {0},
};

static eg_status check_axes(eg_shapes *s, const eg_axes *axes)
{
    unsigned seen = 0;

    for (int i = 0; i < axes->n; i++) {
        int axis = axes->axis[i];
        if (eg__infer_axis(s, &axis, s->in[0]->rank) != EG_OK)
            return EG_INVALID;
        if (seen >> axis & 1)
            return eg__shape_error(s, "axis %d is named twice", axis);
        seen |= 1u << axis;
    }
    return EG_OK;
}

static eg_status reduce_infer(eg_shapes *s)
{
    const eg_reduce_attrs *attrs = s->attrs;
    const eg_spec *x = s->in[0];
    eg_spec *out = s->out[0];

    if (check_axes(s, &attrs->axes) != EG_OK)
        return EG_INVALID;
    unsigned mask = eg__reduced_axes(&attrs->axes, x->rank);
    *out = (eg_spec){.dtype = x->dtype};
    for (int i = 0; i < x->rank; i++) {
        if (!(mask >> i & 1))
            out->dims[out->rank++] = x->dims[i];
        else if (attrs->keep_dims)
            out->dims[out->rank++] = 1;
    }
    return eg__infer_size(s, out);
}

static eg_status sum_infer(eg_shapes *s)
{
    eg_status status = reduce_infer(s);

    const eg__dtype_info *d = eg__dtype(s->in[0]->dtype);
    if (status == EG_OK && d->kind == EG__INTEGER) {
        s->out[0]->dtype = d->is_unsigned ? EG_UINT64 : EG_INT64;
        status = eg__infer_size(s, s->out[0]);
    }
    return status;
}

static eg_status extremum_infer(eg_shapes *s)
{
    const eg_reduce_attrs *attrs = s->attrs;
    eg_status status = reduce_infer(s);

    if (status != EG_OK)
        return status;
    unsigned mask = eg__reduced_axes(&attrs->axes, s->in[0]->rank);
    for (int i = 0; i < s->in[0]->rank; i++)
        if ((mask >> i & 1) && s->in[0]->dims[i] == 0)
            return eg__shape_error(s, "axis %d is empty and has no largest or smallest", i);
    return EG_OK;
}

/* The shape of x with the reduced axes left in place as 1. */
static eg_tensor *with_axes_kept(eg_tensor *y, const eg_tensor *x, const eg_axes *axes)
{
    unsigned mask = eg__reduced_axes(axes, eg_rank(x));
    eg__size dims[EG_MAX_RANK];

    for (int i = 0; i < eg_rank(x); i++)
        dims[i] = mask >> i & 1 ? eg__size_plain(1) : eg__size_at(x, i);
    return eg__reshape(y, eg_rank(x), dims);
}

static eg_status sum_grad(eg_backward *b)
{
    const eg_reduce_attrs *attrs = b->attrs;
    eg_tensor *x = b->x[0], *dz = with_axes_kept(b->dy[0], x, &attrs->axes);

    b->dx[0] = eg__broadcast_like(dz, x);
    return eg__done();
}

const eg_opdef eg_op_sum = {
    .name = "Sum",
    .in = {"x"},
    .types = {EG__NUMBERS},
    .traits = EG__LINEAR,
    .attrs = reduce_fields,
    .attrs_size = sizeof(eg_reduce_attrs),
    .infer = sum_infer,
    .flops = eg__flops_sum,
    .kernels = EG__KERNELS(&eg__sum_kernel),
    .grad = sum_grad,
    .known_as = {"sum", "math.reduce_sum", "ReduceSum"},
};

eg_tensor *eg_sum_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    return EG__APPLY(&eg_op_sum, attrs, x);
}

eg_tensor *eg_sum(eg_tensor *x)
{
    return eg_sum_with(x, NULL);
}

eg_tensor *eg_mean_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    if (x && eg_dtype_of(x) != EG_NO_DTYPE && !eg__is_floating(eg_dtype_of(x)) && !eg__me.failed)
        return eg__fail_null(EG_INVALID, "eg_mean",
            "x is %s, but it takes floating point: eg_cast "
            "it",
            eg_dtype_name(eg_dtype_of(x)));
    if (eg__is_half(x))
        return eg_cast(eg_mean_with(eg_cast(x, EG_FLOAT32), attrs), eg_dtype_of(x));
    eg_tensor *sum = eg_sum_with(x, attrs);
    if (!sum)
        return NULL;
    return eg_div(sum, eg__size_scalar(eg_dtype_of(sum), eg__size_each(x, sum), 0, 0));
}

eg_tensor *eg_mean(eg_tensor *x)
{
    return eg_mean_with(x, NULL);
}

/* ---- prod ----------------------------------------------------------------------------------- */

/* For each element the product of all others along one axis: of those before times those behind,
 * which is right where there are zeros. */
static eg_tensor *product_of_others(eg_tensor *x, int axis)
{
    eg_cumulative_attrs o = {.size = sizeof o, .axis = axis, .exclusive = true};
    eg_tensor *before = eg_cumulative_prod_with(x, &o);

    o.reverse = true;
    return eg_mul(before, eg_cumulative_prod_with(x, &o));
}

static eg_status prod_grad(eg_backward *b)
{
    const eg_reduce_attrs *attrs = b->attrs;
    eg_tensor *x = b->x[0], *left = x, *dx = with_axes_kept(b->dy[0], x, &attrs->axes);
    unsigned mask = eg__reduced_axes(&attrs->axes, eg_rank(x));

    for (int i = 0; i < eg_rank(x); i++) {
        if (!(mask >> i & 1))
            continue;
        eg_reduce_attrs over = eg__over(1u << i, true);
        dx = eg_mul(dx, product_of_others(left, i));
        left = eg_prod_with(left, &over);
    }
    b->dx[0] = dx;
    return eg__done();
}

const eg_opdef eg_op_prod = {
    .name = "Prod",
    .in = {"x"},
    .types = {EG__NUMBERS},
    .traits = EG__HOLOMORPHIC,
    .attrs = reduce_fields,
    .attrs_size = sizeof(eg_reduce_attrs),
    .infer = sum_infer,
    .flops = eg__flops_prod,
    .kernels = EG__KERNELS(&eg__prod_kernel),
    .grad = prod_grad,
    .known_as = {"prod", "math.reduce_prod", "ReduceProd"},
};

eg_tensor *eg_prod_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    return EG__APPLY(&eg_op_prod, attrs, x);
}

eg_tensor *eg_prod(eg_tensor *x)
{
    return eg_prod_with(x, NULL);
}

/* ---- max, min ------------------------------------------------------------------------------- */

/* dz, shared evenly by all elements that equal the extremum or, where that is NaN, by all NaNs. */
static eg_status extremum_grad(eg_backward *b)
{
    const eg_reduce_attrs *attrs = b->attrs;
    eg_tensor *x = b->x[0], *y = with_axes_kept(b->y[0], x, &attrs->axes);
    eg_tensor *dz = with_axes_kept(b->dy[0], x, &attrs->axes);
    eg_tensor *wins = eg_logical_or(eg_equal(x, y), eg_isnan(x));
    eg_reduce_attrs over = *attrs;

    over.keep_dims = true;
    eg_tensor *count = eg_sum_with(eg_cast(wins, eg_dtype_of(dz)), &over);
    b->dx[0] = eg_where(wins, eg_div(dz, count), eg__number_like(dz, 0));
    return eg__done();
}

const eg_opdef eg_op_max = {
    .name = "Max",
    .in = {"x"},
    .types = {EG__NUMERIC},
    .attrs = reduce_fields,
    .attrs_size = sizeof(eg_reduce_attrs),
    .infer = extremum_infer,
    .flops = eg__flops_sum,
    .kernels = EG__KERNELS(&eg__max_kernel),
    .grad = extremum_grad,
    .known_as = {"max", "math.reduce_max", "ReduceMax"},
};

eg_tensor *eg_max_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    return EG__APPLY(&eg_op_max, attrs, x);
}

eg_tensor *eg_max(eg_tensor *x)
{
    return eg_max_with(x, NULL);
}

const eg_opdef eg_op_min = {
    .name = "Min",
    .in = {"x"},
    .types = {EG__NUMERIC},
    .attrs = reduce_fields,
    .attrs_size = sizeof(eg_reduce_attrs),
    .infer = extremum_infer,
    .flops = eg__flops_sum,
    .kernels = EG__KERNELS(&eg__min_kernel),
    .grad = extremum_grad,
    .known_as = {"min", "math.reduce_min", "ReduceMin"},
};

eg_tensor *eg_min_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    return EG__APPLY(&eg_op_min, attrs, x);
}

eg_tensor *eg_min(eg_tensor *x)
{
    return eg_min_with(x, NULL);
}

/* ---- any, all ------------------------------------------------------------------------------- */

/* x as bools: what is not zero. */
static eg_tensor *as_bools(eg_tensor *x)
{
    if (!x || eg__me.failed || eg_dtype_of(x) == EG_BOOL || eg_dtype_of(x) == EG_NO_DTYPE)
        return x;
    return eg_not_equal(x, eg__number_like(x, 0));
}

const eg_opdef eg_op_any = {
    .name = "Any",
    .in = {"x"},
    .types = {EG__BOOLS},
    .traits = EG__CONSTANT,
    .attrs = reduce_fields,
    .attrs_size = sizeof(eg_reduce_attrs),
    .infer = reduce_infer,
    .kernels = EG__KERNELS(&eg__any_kernel),
    .known_as = {"any", "math.reduce_any", NULL},
};

eg_tensor *eg_any_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    return EG__APPLY(&eg_op_any, attrs, as_bools(x));
}

eg_tensor *eg_any(eg_tensor *x)
{
    return eg_any_with(x, NULL);
}

const eg_opdef eg_op_all = {
    .name = "All",
    .in = {"x"},
    .types = {EG__BOOLS},
    .traits = EG__CONSTANT,
    .attrs = reduce_fields,
    .attrs_size = sizeof(eg_reduce_attrs),
    .infer = reduce_infer,
    .kernels = EG__KERNELS(&eg__all_kernel),
    .known_as = {"all", "math.reduce_all", NULL},
};

eg_tensor *eg_all_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    return EG__APPLY(&eg_op_all, attrs, as_bools(x));
}

eg_tensor *eg_all(eg_tensor *x)
{
    return eg_all_with(x, NULL);
}

/* ---- argmax, argmin ------------------------------------------------------------------------- */

static const eg_attr argmax_fields[] = {
    EG__ATTR(eg_argmax_attrs, INT, axis),
    EG__ATTR(eg_argmax_attrs, BOOL, keep_dims),
    {0},
};

static eg_status argmax_infer(eg_shapes *s)
{
    const eg_argmax_attrs *attrs = s->attrs;
    const eg_spec *x = s->in[0];
    eg_spec *out = s->out[0];
    int axis = attrs->axis;

    if (eg__infer_axis(s, &axis, x->rank) != EG_OK)
        return EG_INVALID;
    if (x->dims[axis] == 0)
        return eg__shape_error(s, "axis %d is empty and has no largest or smallest", axis);
    *out = (eg_spec){.dtype = EG_INT64};
    for (int i = 0; i < x->rank; i++)
        if (i != axis || attrs->keep_dims)
            out->dims[out->rank++] = i == axis ? 1 : x->dims[i];
    return eg__infer_size(s, out);
}

const eg_opdef eg_op_argmax = {
    .name = "ArgMax",
    .in = {"x"},
    .types = {EG__NUMERIC},
    .traits = EG__CONSTANT,
    .attrs = argmax_fields,
    .attrs_size = sizeof(eg_argmax_attrs),
    .infer = argmax_infer,
    .kernels = EG__KERNELS(&eg__argmax_kernel),
    .known_as = {"argmax", "math.argmax", "ArgMax"},
};

eg_tensor *eg_argmax_with(eg_tensor *x, const eg_argmax_attrs *attrs)
{
    return EG__APPLY(&eg_op_argmax, attrs, x);
}

eg_tensor *eg_argmax(eg_tensor *x)
{
    return eg_argmax_with(x, NULL);
}

const eg_opdef eg_op_argmin = {
    .name = "ArgMin",
    .in = {"x"},
    .types = {EG__NUMERIC},
    .traits = EG__CONSTANT,
    .attrs = argmax_fields,
    .attrs_size = sizeof(eg_argmax_attrs),
    .infer = argmax_infer,
    .kernels = EG__KERNELS(&eg__argmin_kernel),
    .known_as = {"argmin", "math.argmin", "ArgMin"},
};

eg_tensor *eg_argmin_with(eg_tensor *x, const eg_argmax_attrs *attrs)
{
    return EG__APPLY(&eg_op_argmin, attrs, x);
}

eg_tensor *eg_argmin(eg_tensor *x)
{
    return eg_argmin_with(x, NULL);
}
