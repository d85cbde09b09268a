/* Arithmetic, element by element, and products of matrices.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

static bool is_real(const eg_tensor *x)
{
    return eg__dtype(eg_dtype_of(x))->kind == EG__REAL;
}

/* ---- two inputs ------------------------------------------------------------------------------ */

eg_tensor *eg__onnx_second(const eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *y = input(c, 1);
    int64_t axis = integer_of(c, "axis", eg_rank(x) - eg_rank(y)), dims[EG_MAX_RANK];

    if (c->version >= 7 || !integer_of(c, "broadcast", 0) || axis < 0 ||
        axis + eg_rank(y) > eg_rank(x))
        return y;
    for (int i = 0; i < eg_rank(x); i++)
        dims[i] = i >= axis && i < axis + eg_rank(y) ? eg_dim(y, i - (int)axis) : 1;
    return eg_reshape(y, eg_rank(x), dims);
}

static void add(eg__onnx_call *c)
{
    give(c, 0, eg_add(input(c, 0), eg__onnx_second(c)));
}

static void sub(eg__onnx_call *c)
{
    give(c, 0, eg_sub(input(c, 0), eg__onnx_second(c)));
}

static void mul(eg__onnx_call *c)
{
    give(c, 0, eg_mul(input(c, 0), eg__onnx_second(c)));
}

static void divide(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *y = eg__onnx_second(c);
    give(c, 0, is_real(x) ? eg_div(x, y) : eg_trunc_div(x, y));
}

static void mod(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *y = input(c, 1);
    give(c, 0, integer_of(c, "fmod", 0) ? eg_fmod(x, y) : eg_remainder(x, y));
}

/* The result has the base's dtype, whatever that of the exponent is. */
static void power(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *y = eg__onnx_second(c);
    eg_dtype dtype = eg_dtype_of(x);

    if (is_real(x))
        give(c, 0, eg_pow(x, eg_cast(y, dtype)));
    else if (is_real(y))
        give(c, 0, eg_cast(eg_pow(eg_cast(x, EG_FLOAT64), eg_cast(y, EG_FLOAT64)), dtype));
    else
        give(c, 0, eg_pow(x, eg_cast(y, dtype)));
}

static void bit_shift(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *y = input(c, 1);
    bool left = word_is(c, "direction", "LEFT", "");
    give(c, 0, left ? eg_bitwise_left_shift(x, y) : eg_bitwise_right_shift(x, y));
}

static void bitwise_and(eg__onnx_call *c)
{
    give(c, 0, eg_bitwise_and(input(c, 0), input(c, 1)));
}

static void bitwise_or(eg__onnx_call *c)
{
    give(c, 0, eg_bitwise_or(input(c, 0), input(c, 1)));
}

static void bitwise_xor(eg__onnx_call *c)
{
    give(c, 0, eg_bitwise_xor(input(c, 0), input(c, 1)));
}

/* ---- any number of inputs -------------------------------------------------------------------- */

static void fold(eg__onnx_call *c, eg_tensor *(*join)(eg_tensor *, eg_tensor *))
{
    eg_tensor *y = c->n_in == 1 ? eg_identity(input(c, 0)) : input(c, 0);

    for (int i = 1; i < c->n_in; i++)
        y = join(y, input(c, i));
    give(c, 0, y);
}

static void largest(eg__onnx_call *c)
{
    fold(c, eg_maximum);
}

static void smallest(eg__onnx_call *c)
{
    fold(c, eg_minimum);
}

static void sum(eg__onnx_call *c)
{
    fold(c, eg_add);
}

static void mean(eg__onnx_call *c)
{
    fold(c, eg_add);
    if (c->out[0].tensor)
        give(c, 0, eg_div(c->out[0].tensor, like(c->out[0].tensor, c->n_in)));
}

/* ---- one input ------------------------------------------------------------------------------- */

#define ONE_INPUT(name, function)                                                                  \
    static void name(eg__onnx_call *c)                                                             \
    {                                                                                              \
        give(c, 0, function(input(c, 0)));                                                         \
    }

ONE_INPUT(absolute, eg_abs)
ONE_INPUT(neg, eg_neg)
ONE_INPUT(sign, eg_sign)
ONE_INPUT(square_root, eg_sqrt)
ONE_INPUT(exponential, eg_exp)
ONE_INPUT(logarithm, eg_log)
ONE_INPUT(floor_of, eg_floor)
ONE_INPUT(ceil_of, eg_ceil)
ONE_INPUT(round_of, eg_round)
ONE_INPUT(reciprocal, eg_reciprocal)
ONE_INPUT(erf_of, eg_erf)
ONE_INPUT(sine, eg_sin)
ONE_INPUT(cosine, eg_cos)
ONE_INPUT(tangent, eg_tan)
ONE_INPUT(asine, eg_asin)
ONE_INPUT(acosine, eg_acos)
ONE_INPUT(atangent, eg_atan)
ONE_INPUT(sinh_of, eg_sinh)
ONE_INPUT(cosh_of, eg_cosh)
ONE_INPUT(asinh_of, eg_asinh)
ONE_INPUT(acosh_of, eg_acosh)
ONE_INPUT(atanh_of, eg_atanh)
ONE_INPUT(bitwise_not, eg_bitwise_invert)
ONE_INPUT(det, eg_det)

/* A bound that is left out is none; where they cross, the upper one counts. */
static void clip(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *low = input(c, 1), *high = input(c, 2);

    if (c->version < 11) {
        low = has_attribute(c, "min") ? like(x, real_of(c, "min", 0)) : NULL;
        high = has_attribute(c, "max") ? like(x, real_of(c, "max", 0)) : NULL;
    }
    give(c, 0, low || high ? eg_clip(x, low, high) : eg_identity(x));
}

/* ---- along an axis --------------------------------------------------------------------------- */

static eg_cumulative_attrs cumulative(eg__onnx_call *c)
{
    eg_cumulative_attrs a = {.size = sizeof a,
        .axis = axis_of(c, integer_in(c, 1, 0), eg_rank(input(c, 0))),
        .exclusive = integer_of(c, "exclusive", 0) != 0,
        .reverse = integer_of(c, "reverse", 0) != 0};
    return a;
}

static void cumulative_sum(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_cumulative_attrs a = cumulative(c);
    give(c, 0, eg_cast(eg_cumulative_sum_with(x, &a), eg_dtype_of(x)));
}

static void cumulative_product(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_cumulative_attrs a = cumulative(c);
    give(c, 0, eg_cast(eg_cumulative_prod_with(x, &a), eg_dtype_of(x)));
}

/* ---- matrices -------------------------------------------------------------------------------- */

static void matmul(eg__onnx_call *c)
{
    give(c, 0, eg_matmul(input(c, 0), input(c, 1)));
}

static eg_tensor *scaled(eg_tensor *x, double by)
{
    if (by == 1)
        return x;
    if (is_real(x))
        return eg_mul(x, like(x, by));
    return eg_cast(eg_mul(eg_cast(x, EG_FLOAT64), eg_scalar(EG_FLOAT64, by)), eg_dtype_of(x));
}

static void gemm(eg__onnx_call *c)
{
    eg_matmul_attrs a = {.size = sizeof a,
        .transpose_a = integer_of(c, "transA", 0) != 0,
        .transpose_b = integer_of(c, "transB", 0) != 0};
    eg_tensor *y = eg_matmul_with(input(c, 0), input(c, 1), &a);

    y = scaled(y, real_of(c, "alpha", 1));
    if (has(c, 2))
        y = eg_add(y, scaled(input(c, 2), real_of(c, "beta", 1)));
    give(c, 0, y);
}

static void einsum(eg__onnx_call *c)
{
    eg_tensor *x[EG__ONNX_MOST_OUT];

    if (c->n_in > EG__ONNX_MOST_OUT) {
        refuse(c, "has more than 64 inputs");
        return;
    }
    for (int i = 0; i < c->n_in; i++)
        x[i] = input(c, i);
    give(c, 0, eg_einsum(word_of(c, "equation", ""), c->n_in, x));
}

const eg__onnx_op eg__onnx_math[] = {
    {"Add", add, .since = {6, 7, 13, 14}},
    {"Sub", sub, .since = {6, 7, 13, 14}},
    {"Mul", mul, .since = {6, 7, 13, 14}},
    {"Div", divide, .since = {6, 7, 13, 14}},
    {"Mod", mod, .since = {10, 13, 28}},
    {"Pow", power, .since = {1, 7, 12, 13, 15}},
    {"BitShift", bit_shift, .since = {11, 28}},
    {"BitwiseAnd", bitwise_and, .since = {18}},
    {"BitwiseOr", bitwise_or, .since = {18}},
    {"BitwiseXor", bitwise_xor, .since = {18}},
    {"BitwiseNot", bitwise_not, .since = {18}},
    {"Max", largest, .since = {6, 8, 12, 13}},
    {"Min", smallest, .since = {6, 8, 12, 13}},
    {"Sum", sum, .since = {6, 8, 13}},
    {"Mean", mean, .since = {6, 8, 13}},
    {"Abs", absolute, .since = {6, 13}},
    {"Neg", neg, .since = {6, 13}},
    {"Sign", sign, .since = {9, 13}},
    {"Sqrt", square_root, .since = {6, 13}},
    {"Exp", exponential, .since = {6, 13}},
    {"Log", logarithm, .since = {6, 13}},
    {"Floor", floor_of, .since = {6, 13}},
    {"Ceil", ceil_of, .since = {6, 13}},
    {"Round", round_of, .since = {11, 22}},
    {"Reciprocal", reciprocal, .since = {6, 13}},
    {"Erf", erf_of, .since = {9, 13}},
    {"Sin", sine, .since = {7, 22}},
    {"Cos", cosine, .since = {7, 22}},
    {"Tan", tangent, .since = {7, 22}},
    {"Asin", asine, .since = {7, 22}},
    {"Acos", acosine, .since = {7, 22}},
    {"Atan", atangent, .since = {7, 22}},
    {"Sinh", sinh_of, .since = {9, 22}},
    {"Cosh", cosh_of, .since = {9, 22}},
    {"Asinh", asinh_of, .since = {9, 22}},
    {"Acosh", acosh_of, .since = {9, 22}},
    {"Atanh", atanh_of, .since = {9, 22}},
    {"Clip", clip, .since = {6, 11, 12, 13}},
    {"CumSum", cumulative_sum, .since = {11, 14}},
    {"CumProd", cumulative_product, .since = {26}},
    {"MatMul", matmul, .since = {1, 9, 13}},
    {"Gemm", gemm, .since = {6, 7, 9, 11, 13}},
    {"Einsum", einsum, .since = {12, 28}},
    {"Det", det, .since = {11, 22}},
    {0},
};
