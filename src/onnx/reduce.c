/* Reductions. Their axes are an attribute in older versions, an input in newer ones.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

typedef eg_tensor *(*reduction)(eg_tensor *x, const eg_reduce_attrs *attrs);

static void reduce(eg__onnx_call *c, int since, reduction f)
{
    eg_tensor *x = input(c, 0);
    eg__onnx_integers list = integers_since(c, since, "axes", 1);
    eg_reduce_attrs a = {.size = sizeof a,
        .axes = axes_of(c, list),
        .keep_dims = integer_of(c, "keepdims", 1) != 0};

    if (list.n == 0 && integer_of(c, "noop_with_empty_axes", 0)) {
        give(c, 0, eg_identity(x));
        return;
    }
    give(c, 0, eg_cast(f(x, &a), eg_dtype_of(x)));
}

/* Without axes nothing is summed, but what is done to each element still is. */
static void reduce_each(eg__onnx_call *c, int since, eg_tensor *(*each)(eg_tensor *), reduction f)
{
    eg__onnx_value in[2] = {c->in[0]};
    eg__onnx_call inner = *c;
    eg_dtype dtype = eg_dtype_of(in[0].tensor);

    in[0].tensor = each(in[0].tensor);
    if (c->n_in > 1)
        in[1] = c->in[1];
    inner.in = in;
    reduce(&inner, since, f);
    give(c, 0, eg_cast(c->out[0].tensor, dtype));
}

static bool is_real(const eg_tensor *x)
{
    return eg__dtype(eg_dtype_of(x))->kind == EG__REAL;
}

static eg_tensor *as_real(eg_tensor *x)
{
    return is_real(x) ? x : eg_cast(x, EG_FLOAT64);
}

static void reduce_sum(eg__onnx_call *c)
{
    reduce(c, 13, eg_sum_with);
}

static void reduce_prod(eg__onnx_call *c)
{
    reduce(c, 18, eg_prod_with);
}

static eg_tensor *mean(eg_tensor *x, const eg_reduce_attrs *a)
{
    return eg_mean_with(as_real(x), a);
}

static void reduce_mean(eg__onnx_call *c)
{
    reduce(c, 18, mean);
}

/* The largest of nothing is the least that the dtype has. */
static eg_tensor *extreme(eg_tensor *x, const eg_reduce_attrs *a, bool largest)
{
    eg_dtype dtype = eg_dtype_of(x);

    if (dtype == EG_BOOL)
        return largest ? eg_any_with(x, a) : eg_all_with(x, a);
    if (eg_size(x) > 0)
        return largest ? eg_max_with(x, a) : eg_min_with(x, a);
    eg_tensor *y = eg_cast(eg_sum_with(x, a), dtype), *end;
    if (is_real(x))
        end = eg_scalar(dtype, largest ? -EG_INF : EG_INF);
    else
        end = eg_scalar_int(dtype, largest ? eg_iinfo(dtype).min : (int64_t)eg_iinfo(dtype).max);
    return eg_full_like(y, end);
}

static eg_tensor *max_of(eg_tensor *x, const eg_reduce_attrs *a)
{
    return extreme(x, a, true);
}

static eg_tensor *min_of(eg_tensor *x, const eg_reduce_attrs *a)
{
    return extreme(x, a, false);
}

static void reduce_max(eg__onnx_call *c)
{
    reduce(c, 18, max_of);
}

static void reduce_min(eg__onnx_call *c)
{
    reduce(c, 18, min_of);
}

static void reduce_l1(eg__onnx_call *c)
{
    reduce_each(c, 18, eg_abs, eg_sum_with);
}

static void reduce_sum_square(eg__onnx_call *c)
{
    reduce_each(c, 18, eg_square, eg_sum_with);
}

static eg_tensor *root_of_sum(eg_tensor *x, const eg_reduce_attrs *a)
{
    return eg_sqrt(as_real(eg_sum_with(x, a)));
}

static void reduce_l2(eg__onnx_call *c)
{
    reduce_each(c, 18, eg_square, root_of_sum);
    if (c->version >= 18 && !has(c, 1) && integer_of(c, "noop_with_empty_axes", 0))
        give(c, 0, eg_abs(input(c, 0)));
}

static eg_tensor *log_of_sum(eg_tensor *x, const eg_reduce_attrs *a)
{
    return eg_log(as_real(eg_sum_with(x, a)));
}

static void reduce_log_sum(eg__onnx_call *c)
{
    reduce(c, 18, log_of_sum);
    if (c->version >= 18 && !has(c, 1) && integer_of(c, "noop_with_empty_axes", 0))
        give(c, 0, eg_log(input(c, 0)));
}

static eg_tensor *log_sum_exp(eg_tensor *x, const eg_reduce_attrs *a)
{
    return eg_logsumexp_with(as_real(x), a);
}

static void reduce_log_sum_exp(eg__onnx_call *c)
{
    reduce(c, 18, log_sum_exp);
}

/* ---- where the extremes are ------------------------------------------------------------------ */

typedef eg_tensor *(*finder)(eg_tensor *x, const eg_argmax_attrs *attrs);

static void find(eg__onnx_call *c, finder f)
{
    eg_tensor *x = input(c, 0);
    eg_argmax_attrs a = {.size = sizeof a,
        .axis = axis_of(c, integer_of(c, "axis", 0), eg_rank(x)),
        .keep_dims = integer_of(c, "keepdims", 1) != 0};

    if (!integer_of(c, "select_last_index", 0)) {
        give(c, 0, f(x, &a));
        return;
    }
    eg_flip_attrs flip = {.size = sizeof flip, .axes = {1, {a.axis}}};
    eg_tensor *last = eg_scalar_int(EG_INT64, eg_dim(x, a.axis) - 1);
    give(c, 0, eg_sub(last, f(eg_flip_with(x, &flip), &a)));
}

static void argmax(eg__onnx_call *c)
{
    find(c, eg_argmax_with);
}

static void argmin(eg__onnx_call *c)
{
    find(c, eg_argmin_with);
}

const eg__onnx_op eg__onnx_reductions[] = {
    {"ReduceSum", reduce_sum, .since = {1, 11, 13}},
    {"ReduceProd", reduce_prod, .since = {1, 11, 13, 18}},
    {"ReduceMean", reduce_mean, .since = {1, 11, 13, 18}},
    {"ReduceMax", reduce_max, .since = {1, 11, 12, 13, 18, 20}},
    {"ReduceMin", reduce_min, .since = {1, 11, 12, 13, 18, 20}},
    {"ReduceL1", reduce_l1, .since = {1, 11, 13, 18}},
    {"ReduceL2", reduce_l2, .since = {1, 11, 13, 18}},
    {"ReduceSumSquare", reduce_sum_square, .since = {1, 11, 13, 18}},
    {"ReduceLogSum", reduce_log_sum, .since = {1, 11, 13, 18, 28}},
    {"ReduceLogSumExp", reduce_log_sum_exp, .since = {1, 11, 13, 18, 28}},
    {"ArgMax", argmax, .since = {1, 11, 12, 13}},
    {"ArgMin", argmin, .since = {1, 11, 12, 13}},
    {0},
};
