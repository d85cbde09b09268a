/* Activations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

#define ONE_INPUT(name, function)                                                                  \
    static void name(eg__onnx_call *c)                                                             \
    {                                                                                              \
        give(c, 0, function(input(c, 0)));                                                         \
    }

ONE_INPUT(relu, eg_relu)
ONE_INPUT(sigmoid, eg_sigmoid)
ONE_INPUT(tanh_of, eg_tanh)
ONE_INPUT(softplus, eg_softplus)
ONE_INPUT(softsign, eg_softsign)
ONE_INPUT(hard_swish, eg_hard_swish)
ONE_INPUT(mish, eg_mish)

static void leaky_relu(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    give(c, 0, eg_leaky_relu(x, like(x, real_of(c, "alpha", 0.01f))));
}

/* The slope broadcasts to x from the last axis on; before version 7 it is one for each channel. */
static void prelu(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *zero = like(x, 0), *slope = input(c, 1);
    int64_t dims[EG_MAX_RANK] = {1, eg_size(slope), 1, 1, 1, 1, 1, 1};

    if (c->version < 7 && eg_rank(slope) == 1 && eg_rank(x) > 1)
        slope = eg_reshape(slope, eg_rank(x), dims);
    give(c, 0, eg_where(eg_less(x, zero), eg_mul(x, slope), x));
}

static void elu(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    give(c, 0, eg_elu(x, like(x, real_of(c, "alpha", 1))));
}

/* max(0, x) + min(0, alpha*(exp(x/alpha) - 1)) */
static void celu(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *alpha = like(x, real_of(c, "alpha", 1)), *zero = like(x, 0);
    eg_tensor *low = eg_mul(alpha, eg_expm1(eg_div(x, alpha)));
    give(c, 0, eg_add(eg_maximum(x, zero), eg_minimum(low, zero)));
}

static void selu(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    double alpha = real_of(c, "alpha", 1.67326319217681884765625);
    double gamma = real_of(c, "gamma", 1.05070102214813232421875);
    give(c, 0, eg_mul(eg_elu(x, like(x, alpha)), like(x, gamma)));
}

static void hard_sigmoid(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_tensor *line =
        eg_add(eg_mul(x, like(x, real_of(c, "alpha", 0.2f))), like(x, real_of(c, "beta", 0.5)));
    give(c, 0, eg_clip(line, like(x, 0), like(x, 1)));
}

static void thresholded_relu(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_tensor *above = eg_greater(x, like(x, real_of(c, "alpha", 1)));
    give(c, 0, eg_where(above, x, like(x, 0)));
}

static void gelu(eg__onnx_call *c)
{
    eg_gelu_attrs a = {.size = sizeof a, .tanh_form = word_is(c, "approximate", "tanh", "none")};
    give(c, 0, eg_gelu_with(input(c, 0), &a));
}

static eg_tensor *swished(eg_tensor *x, double alpha)
{
    return eg_mul(x, eg_sigmoid(alpha == 1 ? x : eg_mul(x, like(x, alpha))));
}

static void swish(eg__onnx_call *c)
{
    give(c, 0, swished(input(c, 0), real_of(c, "alpha", 1)));
}

static void swiglu(eg__onnx_call *c)
{
    give(c, 0, eg_mul(swished(input(c, 0), real_of(c, "alpha", 1)), input(c, 1)));
}

/* What lies between -lambd and lambd becomes 0, the rest is moved towards it by bias. */
static void shrink(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *zero = like(x, 0);
    eg_dtype dtype = eg_dtype_of(x);
    double lambd = real_of(c, "lambd", 0.5), bias = real_of(c, "bias", 0);
    bool whole = eg__dtype(dtype)->kind == EG__INTEGER;
    eg_tensor *wide = whole ? eg_cast(x, EG_FLOAT32) : x;
    eg_tensor *low = eg_add(wide, like(wide, bias)), *high = eg_sub(wide, like(wide, bias));

    low = eg_where(eg_less(wide, like(wide, -lambd)), eg_cast(low, dtype), zero);
    give(c, 0, eg_where(eg_greater(wide, like(wide, lambd)), eg_cast(high, dtype), low));
}

/* ---- along an axis --------------------------------------------------------------------------- */

typedef eg_tensor *(*along)(eg_tensor *x, int axis);

/* Before version 13 all axes from `axis` on are taken as one. */
static void along_axis(eg__onnx_call *c, along f)
{
    eg_tensor *x = input(c, 0);
    int rank = eg_rank(x), axis;
    int64_t dims[EG_MAX_RANK], flat[2] = {1, 1};

    axis = (int)integer_of(c, "axis", c->version < 13 ? 1 : -1);
    if (c->version >= 13 || rank < 2) {
        give(c, 0, f(x, axis_of(c, rank < 2 && c->version < 13 ? 0 : axis, rank)));
        return;
    }
    axis = axis_of(c, axis, rank);
    for (int i = 0; i < rank; i++) {
        dims[i] = eg_dim(x, i);
        flat[i >= axis] *= dims[i];
    }
    give(c, 0, eg_reshape(f(eg_reshape(x, 2, flat), 1), rank, dims));
}

static eg_tensor *softmax_along(eg_tensor *x, int axis)
{
    eg_softmax_attrs a = {.size = sizeof a, .not_last_axis = true, .axis = axis};
    return eg_softmax_with(x, &a);
}

static eg_tensor *log_softmax_along(eg_tensor *x, int axis)
{
    eg_softmax_attrs a = {.size = sizeof a, .not_last_axis = true, .axis = axis};
    return eg_log_softmax_with(x, &a);
}

static eg_tensor *hardmax_along(eg_tensor *x, int axis)
{
    eg_argmax_attrs a = {.size = sizeof a, .axis = axis};
    eg_one_hot_attrs hot = {.size = sizeof hot, .dtype = eg_dtype_of(x)};
    eg_tensor *y = eg_one_hot_with(eg_argmax_with(x, &a), eg_dim(x, axis), &hot);
    return eg_moveaxis(y, -1, axis);
}

static void softmax(eg__onnx_call *c)
{
    along_axis(c, softmax_along);
}

static void log_softmax(eg__onnx_call *c)
{
    along_axis(c, log_softmax_along);
}

static void hardmax(eg__onnx_call *c)
{
    along_axis(c, hardmax_along);
}

const eg__onnx_op eg__onnx_activations[] = {
    {"Relu", relu, .since = {6, 13, 14}},
    {"LeakyRelu", leaky_relu, .since = {6, 16}},
    {"PRelu", prelu, .since = {6, 7, 9, 16}},
    {"Elu", elu, .since = {6, 22}},
    {"Celu", celu, .since = {12, 28}},
    {"Selu", selu, .since = {6, 22}},
    {"Sigmoid", sigmoid, .since = {6, 13}},
    {"HardSigmoid", hard_sigmoid, .since = {6, 22}},
    {"HardSwish", hard_swish, .since = {14, 22}},
    {"Tanh", tanh_of, .since = {6, 13}},
    {"Softplus", softplus, .since = {1, 22}},
    {"Softsign", softsign, .since = {1, 22}},
    {"ThresholdedRelu", thresholded_relu, .since = {10, 22}},
    {"Gelu", gelu, .since = {20}},
    {"Mish", mish, .since = {18, 22}},
    {"Swish", swish, .since = {24}},
    {"SwiGLU", swiglu, .since = {28}},
    {"Shrink", shrink, .since = {9}},
    {"Softmax", softmax, .since = {1, 11, 13}},
    {"LogSoftmax", log_softmax, .since = {1, 11, 13}},
    {"Hardmax", hardmax, .since = {1, 11, 13}},
    {0},
};
