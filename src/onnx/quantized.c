/* Whole numbers that stand for real ones.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/narrow.h"

/* ---- scales ---------------------------------------------------------------------------------- */

/* A scale, or a zero, in the shape in which it broadcasts to x. */
static eg_tensor *spread(eg__onnx_call *c, eg_tensor *scale, const eg_tensor *x, int axis)
{
    int64_t block = integer_of(c, "block_size", 0), dims[EG_MAX_RANK];
    int rank = eg_rank(x);

    if (eg_size(scale) == 1 && eg_rank(scale) < 2)
        return eg_reshape(scale, 0, NULL);
    axis = axis_of(c, axis, rank);
    if (block > 0 && eg_rank(scale) == rank) {
        eg_slice_attrs a = {.size = sizeof a, .begin = {rank, {0}}, .count = {rank, {0}}};
        for (int i = 0; i < rank; i++)
            a.count.at[i] = i == axis ? eg_dim(x, axis) : -1;
        return eg_slice_with(eg_repeat(scale, block, axis), &a);
    }
    if (eg_rank(scale) != 1)
        return scale;
    for (int i = 0; i < rank; i++)
        dims[i] = i == axis ? eg_dim(scale, 0) : 1;
    return eg_reshape(scale, rank, dims);
}

/* The type of QuantizeLinear's result. */
static int quantized_type(const eg__onnx_call *c)
{
    int64_t type = integer_of(c, "output_dtype", 0);

    if (has(c, 2))
        return c->in[2].narrow ? c->in[2].narrow : eg__onnx_type_of(eg_dtype_of(input(c, 2)));
    return type > 0 && type < EG__ONNX_TYPES ? (int)type : eg__onnx_type_of(EG_UINT8);
}

static void give_narrow(eg__onnx_call *c, eg_tensor *x, int type)
{
    give(c, 0, x);
    if (c->n_out > 0)
        c->out[0].narrow = (uint8_t)type;
}

static void quantize(eg__onnx_call *c)
{
    int axis = (int)integer_of(c, "axis", 1), type = quantized_type(c);
    eg_tensor *x = input(c, 0), *scale = input(c, 1), *zero = input(c, 2);
    eg_dtype dtype = eg__onnx_dtype(type);
    eg__narrow_rule rule = {.saturate = integer_of(c, "saturate", 1) != 0};

    scale = spread(c, scale, x, axis);
    if (eg_dtype_of(x) != eg_dtype_of(scale)) {
        x = eg_cast(x, EG_FLOAT32);
        scale = eg_cast(scale, EG_FLOAT32);
    }
    zero = zero ? spread(c, zero, x, axis) : NULL;
    if (eg__onnx_is_narrow(type) && eg__narrow_is_real(type)) {
        eg_tensor *y = eg_div(x, scale);
        if (zero) /* which also makes -0 a 0 */
            y = eg_add(y, eg_cast(eg__narrow_values(zero, type), eg_dtype_of(y)));
        give_narrow(c, eg__narrow_codes(y, type, &rule), type);
        return;
    }
    bool narrow = eg__onnx_is_narrow(type);
    eg_tensor *q = eg_round(eg_div(x, scale));
    double low = narrow ? (double)eg__narrow_least(type) : (double)eg_iinfo(dtype).min;
    double high = narrow ? (double)eg__narrow_greatest(type) : (double)eg_iinfo(dtype).max;
    q = eg_cast(eg_clip(eg_cast(q, EG_FLOAT64), eg_scalar(EG_FLOAT64, -1e15),
                    eg_scalar(EG_FLOAT64, 1e15)),
        EG_INT64);
    if (zero)
        q = eg_add(q, eg_cast(zero, EG_INT64));
    q = eg_clip(q, eg_scalar_int(EG_INT64, (int64_t)low), eg_scalar_int(EG_INT64, (int64_t)high));
    give_narrow(c, eg_cast(q, dtype), narrow ? type : 0);
}

static void dequantize(eg__onnx_call *c)
{
    int axis = (int)integer_of(c, "axis", 1), narrow = c->in[0].narrow;
    int64_t type = integer_of(c, "output_dtype", 0);
    eg_tensor *x = input(c, 0), *scale = spread(c, input(c, 1), x, axis), *zero = input(c, 2), *y;
    eg_dtype dtype = type ? eg__onnx_dtype((int)type) : eg_dtype_of(scale);

    if (narrow && eg__narrow_is_real(narrow)) {
        y = eg__narrow_values(x, narrow);
        if (zero)
            y = eg_sub(y, eg__narrow_values(spread(c, zero, x, axis), narrow));
    } else {
        y = eg_cast(x, EG_INT64);
        if (zero)
            y = eg_sub(y, eg_cast(spread(c, zero, x, axis), EG_INT64));
        y = eg_cast(y, EG_FLOAT32);
    }
    give(c, 0, eg_cast(eg_mul(y, eg_cast(scale, EG_FLOAT32)), dtype));
}

static void dynamic_quantize(eg__onnx_call *c)
{
    eg_tensor *three = eg_dynamic_quantize(input(c, 0));

    for (int i = 0; i < 3; i++)
        give(c, i, eg_part(three, i));
}

/* ---- products -------------------------------------------------------------------------------- */

static eg_tensor *zero_of(eg__onnx_call *c, int i, const eg_tensor *x)
{
    return has(c, i) ? input(c, i) : eg_scalar_int(eg_dtype_of(x), 0);
}

/* Zeros of a's rows stand one below the other. */
static eg_tensor *as_rows(eg_tensor *zero)
{
    return eg_rank(zero) == 1 && eg_size(zero) > 1 ? eg_expand_dims(zero, 1) : zero;
}

static eg_tensor *product(eg_tensor *a, eg_tensor *b, eg_tensor *a_zero, eg_tensor *b_zero)
{
    eg_tensor *x = eg_sub(eg_cast(a, EG_INT32), eg_cast(as_rows(a_zero), EG_INT32));
    eg_tensor *y = eg_sub(eg_cast(b, EG_INT32), eg_cast(b_zero, EG_INT32));

    return eg_cast(eg_matmul(x, y), EG_INT32);
}

static bool fits_kernel(const eg_tensor *zero)
{
    return eg_rank(zero) < 2;
}

static void matmul_integer(eg__onnx_call *c)
{
    eg_tensor *a = input(c, 0), *b = input(c, 1);
    eg_tensor *a_zero = zero_of(c, 2, a), *b_zero = zero_of(c, 3, b);
    bool plain = eg_rank(a) > 1 && eg_rank(b) > 1 && fits_kernel(a_zero) && fits_kernel(b_zero);

    give(c, 0, plain ? eg_matmul_integer(a, b, a_zero, b_zero) : product(a, b, a_zero, b_zero));
}

/* Whole sums times a scale, rounded to the result's type. */
static eg_tensor *requantized(eg_tensor *sums, eg_tensor *scale, eg_tensor *y_scale,
    eg_tensor *y_zero)
{
    eg_dtype dtype = eg_dtype_of(y_zero);
    eg_tensor *ratio = eg_div(eg_cast(scale, EG_FLOAT32), eg_cast(y_scale, EG_FLOAT32));
    eg_tensor *q = eg_round(eg_mul(eg_cast(sums, EG_FLOAT32), ratio));

    q = eg_add(q, eg_cast(y_zero, EG_FLOAT32));
    q = eg_clip(q, eg_scalar(EG_FLOAT32, (double)eg_iinfo(dtype).min),
        eg_scalar(EG_FLOAT32, (double)eg_iinfo(dtype).max));
    return eg_cast(q, dtype);
}

static void qlinear_matmul(eg__onnx_call *c)
{
    eg_tensor *sums = product(input(c, 0), input(c, 3), input(c, 2), input(c, 5));
    eg_tensor *scale =
        eg_mul(eg_cast(as_rows(input(c, 1)), EG_FLOAT32), eg_cast(input(c, 4), EG_FLOAT32));

    give(c, 0, requantized(sums, scale, input(c, 6), input(c, 7)));
}

/* ---- convolutions ---------------------------------------------------------------------------- */

static void conv_integer(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *w = input(c, 1);
    eg_conv_attrs a;

    if (eg__onnx_conv_attrs(c, x, w, &a))
        give(c, 0, eg_conv_integer_with(x, w, zero_of(c, 2, x), zero_of(c, 3, w), &a));
}

/* A list of numbers, one for each channel of the result. */
static eg_tensor *by_channel(eg_tensor *list, int rank)
{
    int64_t dims[EG_MAX_RANK] = {1, eg_size(list), 1, 1, 1, 1, 1, 1};
    return eg_size(list) == 1 ? eg_reshape(list, 0, NULL) : eg_reshape(list, rank, dims);
}

static void qlinear_conv(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *w = input(c, 3);
    eg_conv_attrs a;

    if (!eg__onnx_conv_attrs(c, x, w, &a))
        return;
    int rank = eg_rank(x);
    eg_tensor *w_zero = eg_size(input(c, 5)) == 1 ? eg_reshape(input(c, 5), 0, NULL) : input(c, 5);
    eg_tensor *x_zero = eg_reshape(input(c, 2), 0, NULL);
    eg_tensor *sums = eg_conv_integer_with(x, w, x_zero, w_zero, &a);
    if (has(c, 8))
        sums = eg_add(sums, by_channel(input(c, 8), rank));
    eg_tensor *scale = eg_mul(eg_cast(eg_reshape(input(c, 1), 0, NULL), EG_FLOAT32),
        eg_cast(by_channel(input(c, 4), rank), EG_FLOAT32));
    give(c, 0, requantized(sums, scale, input(c, 6), input(c, 7)));
}

const eg__onnx_op eg__onnx_quantized[] = {
    {"QuantizeLinear", quantize, .since = {10, 13, 19, 21, 23, 24, 25, 28}, .takes_narrow = true},
    {"DequantizeLinear", dequantize, .since = {10, 13, 19, 21, 23, 24, 25, 28},
        .takes_narrow = true},
    {"DynamicQuantizeLinear", dynamic_quantize, .since = {11}},
    {"MatMulInteger", matmul_integer, .since = {10}},
    {"QLinearMatMul", qlinear_matmul, .since = {10, 21}},
    {"ConvInteger", conv_integer, .since = {10}},
    {"QLinearConv", qlinear_conv, .since = {10}},
    {0},
};
