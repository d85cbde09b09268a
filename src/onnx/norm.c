/* Normalisation, and dropout.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

/* ---- batches --------------------------------------------------------------------------------- */

static eg_tensor *running(eg__onnx_call *c, int i, eg_tensor *now)
{
    double momentum = real_of(c, "momentum", 0.9f);
    eg_tensor *before = input(c, i);

    now = eg_cast(now, eg_dtype_of(before));
    return eg_add(eg_mul(before, like(before, momentum)), eg_mul(now, like(now, 1 - momentum)));
}

static void batch_norm(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *scale = input(c, 1), *offset = input(c, 2);
    eg_batch_norm_attrs a = {.size = sizeof a,
        .not_last_axis = true,
        .axis = eg_rank(x) > 1 ? 1 : 0,
        .epsilon = real_of(c, "epsilon", 1e-5f)};
    bool trains = c->version >= 14 ? integer_of(c, "training_mode", 0) != 0
        : c->version < 7           ? !integer_of(c, "is_test", 0)
                                   : c->n_out > 1;

    if (!trains) {
        give(c, 0, eg_batch_norm_with(x, input(c, 3), input(c, 4), scale, offset, &a));
        return;
    }
    eg_tensor *three = eg_batch_norm_train_with(x, scale, offset, &a);
    give(c, 0, eg_part(three, 0));
    give(c, 1, running(c, 3, eg_part(three, 1)));
    give(c, 2, running(c, 4, eg_part(three, 2)));
}

static void instance_norm(eg__onnx_call *c)
{
    eg_batch_norm_attrs a = {.size = sizeof a,
        .not_last_axis = true,
        .axis = 1,
        .epsilon = real_of(c, "epsilon", 1e-5f)};
    give(c, 0, eg_instance_norm_with(input(c, 0), input(c, 1), input(c, 2), &a));
}

static void group_norm(eg__onnx_call *c)
{
    eg_batch_norm_attrs a = {.size = sizeof a,
        .not_last_axis = true,
        .axis = 1,
        .epsilon = real_of(c, "epsilon", 1e-5f)};
    int64_t groups = integer_of(c, "num_groups", 1);
    give(c, 0, eg_group_norm_with(input(c, 0), input(c, 1), input(c, 2), groups, &a));
}

/* ---- the last axes --------------------------------------------------------------------------- */

/* The axes from `axis` on. */
static eg_reduce_attrs from_axis(int axis, int rank)
{
    eg_reduce_attrs a = {.size = sizeof a, .keep_dims = true};

    for (int i = axis; i < rank; i++)
        a.axes.axis[a.axes.n++] = i;
    return a;
}

/* The dtype in which statistics are computed: stash_type, at least float32. */
static eg_dtype stash(eg__onnx_call *c, const eg_tensor *x)
{
    eg_dtype dtype = eg__onnx_dtype((int)integer_of(c, "stash_type", EG__ONNX_FLOAT));

    if (dtype != EG_FLOAT32 && dtype != EG_FLOAT64 && dtype != EG_BFLOAT16 && dtype != EG_FLOAT16)
        refuse(c, "has a stash_type that is no floating-point type");
    return eg_dtype_of(x) == EG_FLOAT64 ? EG_FLOAT64 : dtype;
}

static void layer_norm(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_dtype dtype = eg_dtype_of(x), wide = stash(c, x);
    int axis = axis_of(c, integer_of(c, "axis", -1), eg_rank(x));
    eg_reduce_attrs last = from_axis(axis, eg_rank(x));

    eg_tensor *w = eg_cast(x, wide), *mean = eg_mean_with(w, &last), *far = eg_sub(w, mean);
    eg_tensor *variance = eg_mean_with(eg_square(far), &last);
    eg_tensor *epsilon = eg_scalar(wide, real_of(c, "epsilon", 1e-5f));
    eg_tensor *inverse = eg_reciprocal(eg_sqrt(eg_add(variance, epsilon)));
    eg_tensor *y = eg_mul(eg_cast(eg_mul(far, inverse), dtype), input(c, 1));
    give(c, 0, has(c, 2) ? eg_add(y, input(c, 2)) : y);
    give(c, 1, mean);
    give(c, 2, inverse);
}

static void rms_norm(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_dtype dtype = eg_dtype_of(x), wide = stash(c, x);
    int axis = axis_of(c, integer_of(c, "axis", -1), eg_rank(x));
    eg_reduce_attrs last = from_axis(axis, eg_rank(x));

    eg_tensor *w = eg_cast(x, wide), *mean = eg_mean_with(eg_square(w), &last);
    eg_tensor *epsilon = eg_scalar(wide, real_of(c, "epsilon", 1e-5f));
    eg_tensor *y = eg_div(w, eg_sqrt(eg_add(mean, epsilon)));
    give(c, 0, eg_mul(eg_cast(y, dtype), input(c, 1)));
}

static void lp_norm(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int axis = axis_of(c, integer_of(c, "axis", -1), eg_rank(x));
    eg_reduce_attrs a = {.size = sizeof a, .keep_dims = true, .axes = {1, {axis}}};
    eg_tensor *norm = integer_of(c, "p", 2) == 1 ? eg_sum_with(eg_abs(x), &a)
                                                 : eg_sqrt(eg_sum_with(eg_square(x), &a));
    eg_tensor *zero = eg_equal(norm, like(x, 0));
    give(c, 0, eg_where(zero, like(x, 0), eg_div(x, norm)));
}

static void mean_variance_norm(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg__onnx_integers axes = integers_attribute(c, "axes");
    eg_reduce_attrs a = {.size = sizeof a,
        .keep_dims = true,
        .axes = axes.n ? axes_of(c, axes) : (eg_axes){3, {0, 2, 3}}};
    eg_tensor *far = eg_sub(x, eg_mean_with(x, &a));
    eg_tensor *deviation = eg_sqrt(eg_mean_with(eg_square(far), &a));

    give(c, 0, eg_div(far, eg_add(deviation, like(x, 1e-9))));
}

const eg__onnx_op eg__onnx_norms[] = {
    {"BatchNormalization", batch_norm, .since = {6, 7, 9, 14, 15}},
    {"InstanceNormalization", instance_norm, .since = {6, 22}},
    {"GroupNormalization", group_norm, .since = {21}},
    {"LayerNormalization", layer_norm, .since = {17}},
    {"RMSNormalization", rms_norm, .since = {23}},
    {"LpNormalization", lp_norm, .since = {1, 22}},
    {"MeanVarianceNormalization", mean_variance_norm, .since = {9, 13}},
    {0},
};
