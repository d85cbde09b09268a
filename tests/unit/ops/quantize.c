/* Whole numbers for real ones: lists of scales, ranges found from x, gradients straight through.
 * Expected values are those of ONNX's reference implementation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

/* A list of one number. */
static eg_tensor *one(eg_dtype dtype, double value)
{
    return eg_reshape(eg_scalar(dtype, value), EG_DIMS(1));
}

TEST(lists_of_scales_lie_along_an_axis)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2));

    eg_tensor *q = eg_quantize(x, EG_F32(1, 0.5), 1, .dtype = EG_UINT8);
    assert_prints(q, "[[2 3] [7 9]] uint8[2,2]");
    q = eg_quantize(x, EG_F32(1, 0.5), EG_I32(0, 1), .axis = -1, .dtype = EG_INT8);
    assert_prints(q, "[[1 5] [3 9]] int8[2,2]");
    assert_prints(eg_dequantize(q, EG_F32(1, 0.5), eg_cast(EG_I32(0, 1), EG_INT8), .axis = 1),
        "[[1. 2.] [3. 4.]] float32[2,2]");
    assert_prints(eg_quantize(x, one(EG_FLOAT32, 2), 0), "[[0 1] [2 2]] int32[2,2]");
    eg_tensor *half = eg_cast(EG_F32(1, 300), EG_FLOAT16);
    assert_prints(eg_quantize(half, 0.5, 0, .dtype = EG_INT8), "[  2 127] int8[2]");
    assert_prints(eg_dequantize(EG_I32(1, 2), one(EG_FLOAT16, 0.5), 0), "[0.5 1. ] float16[2]");
    assert_fine();
}

static void assert_dynamic(eg_tensor *x, const char *q, double scale, int zero)
{
    eg_tensor *parts = eg_dynamic_quantize(x);

    assert_prints(eg_part(parts, 0), q);
    assert_true(fabs(eg_item(eg_part(parts, 1)) - scale) < 1e-7);
    assert_int_equal((int)eg_item(eg_part(parts, 2)), zero);
}

TEST(a_range_found_from_x_holds_0)
{
    EG_SCOPE;

    assert_dynamic(EG_F32(0, 2, -3, -2.5, 1.34, 0.5), "[153 255   0  26 221 179] uint8[6]",
        0.01960784, 153);
    assert_dynamic(EG_F32(1, 3, 2.5), "[ 85 255 212] uint8[3]", 0.01176471, 0);
    assert_dynamic(EG_F32(-1, -3), "[170   0] uint8[2]", 0.01176471, 255);
    assert_dynamic(EG_F32(0, 0), "[0 0] uint8[2]", 0.00392157, 0);
    assert_dynamic(eg_zeros(EG_FLOAT32, EG_DIMS(0)), "[] uint8[0]", 0.00392157, 0);
    assert_null(eg_dynamic_quantize(EG_I32(1, 2)));
    assert_error(EG_INVALID, "it takes float32");
}

TEST(products_of_quantized_matrices_are_quantized)
{
    EG_SCOPE;
    eg_quantized a = {eg_reshape(EG_U8(208, 236, 0, 238, 3, 214, 255, 29), EG_DIMS(2, 4)),
        one(EG_FLOAT32, 0.0066), eg_reshape(EG_U8(113), EG_DIMS(1))};
    eg_quantized b = {eg_reshape(EG_U8(152, 51, 244, 60, 26, 255, 0, 127, 246, 127, 254, 247),
                          EG_DIMS(4, 3)),
        one(EG_FLOAT32, 0.00705), eg_reshape(EG_U8(114), EG_DIMS(1))};

    assert_prints(eg_qlinear_matmul(&a, &b, one(EG_FLOAT32, 0.0107),
                      eg_reshape(EG_U8(118), EG_DIMS(1))),
        "[[168 115 255] [  1  66 151]] uint8[2,3]");
    assert_null(eg_qlinear_matmul(NULL, &b, one(EG_FLOAT32, 1), eg_constant(0)));
    assert_error(EG_INVALID, "a or b is NULL");
    a.scale = NULL;
    assert_null(eg_qlinear_matmul(&a, &b, one(EG_FLOAT32, 1), eg_constant(0)));
    assert_error(EG_INVALID, "NULL");
}

TEST(channels_first_are_channels_last_transposed)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(eg_cast(eg_range(36), EG_UINT8), EG_DIMS(2, 2, 3, 3));
    eg_tensor *w = eg_reshape(eg_cast(eg_sub(eg_range(24), 12), EG_INT8), EG_DIMS(3, 2, 2, 2));

    eg_tensor *z = eg_conv_integer(x, w, 3, 1, .channels_first = true, .same = true);
    eg_tensor *y = eg_conv_integer(eg_transpose(x, .axes = EG_AXES(0, 2, 3, 1)),
        eg_transpose(w, .axes = EG_AXES(2, 3, 1, 0)), 3, 1, .same = true);
    assert_close(z, eg_transpose(y, .axes = EG_AXES(0, 3, 1, 2)), 0);
    assert_prints(eg_matmul_integer(eg_reshape(x, EG_DIMS(1, 36)),
                      eg_reshape(eg_cast(x, EG_INT8), EG_DIMS(36, 1)), 0, 0),
        "[[14910]] int32[1,1]");
}

TEST(fake_quantizing_is_quantizing_and_back)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(-20, -0.26, -0.25, 0, 0.05, 0.35, 12.7, 12.8, INFINITY, -INFINITY);

    eg_tensor *zero = eg_cast(eg_constant(3), EG_INT8);
    eg_tensor *y = eg_dequantize(eg_quantize(x, 0.1, zero), eg_scalar(EG_FLOAT32, 0.1), zero);
    assert_close(eg_fake_quantize(x, 0.1, zero), y, 0);
    assert_close(eg_fake_quantize(x, 0.1, 3, .dtype = EG_INT8), y, 0);
    assert_prints(eg_fake_quantize(eg_cast(EG_F32(0.3, 9), EG_FLOAT16), 0.25, 0, .dtype = EG_UINT8),
        "[0.25 9.  ] float16[2]");
    assert_prints(eg_fake_quantize(EG_F32(NAN, 1), 0.5, 0, .dtype = EG_UINT8),
        "[nan  1.] float32[2]");
    assert_null(eg_fake_quantize(EG_I32(1, 2), 1, 0));
    assert_error(EG_INVALID, "it takes floating point and whole numbers");
    assert_null(eg_fake_quantize(x, 0.1, eg_constant(0.5)));
    assert_error(EG_INVALID, "it takes floating point and whole numbers");
    assert_null((eg_fake_quantize)(NULL, x, x));
    assert_error(EG_INVALID, "x is NULL");
}

TEST(gradients_go_straight_through_the_rounding)
{
    EG_TAPE;
    eg_tensor *x = EG_F64(-20, -0.27, 0, 0.33, 50), *scale = one(EG_FLOAT64, 0.1);
    eg_tensor *in[] = {x, scale}, *dx[2];

    eg_watch(x);
    eg_watch(scale);
    eg_tensor *y = eg_fake_quantize(x, scale, 0, .dtype = EG_INT8);
    assert_int_equal(eg_gradient(eg_sum(eg_mul(y, EG_F64(1, 2, 4, 8, 16))), 2, in, dx), EG_OK);
    assert_close(dx[0], EG_F64(0, 2, 4, 8, 0), 1e-12);
    double expected = -128 + 2 * (-3 + 2.7) + 8 * (3 - 3.3) + 16 * 127;
    assert_close(dx[1], one(EG_FLOAT64, expected), 1e-9);
}

static eg_tensor *dequantized(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_dequantize(x[0], x[1], x[2]);
}

TEST(dequantizing_has_a_gradient_and_records)
{
    EG_SCOPE;
    eg_tensor *q = eg_reshape(eg_cast(eg_range(6), EG_INT8), EG_DIMS(3, 2));
    eg_tensor *x[] = {q, EG_F64(0.5, -0.25, 2), eg_cast(EG_I32(1, 2, 0), EG_INT8)};

    assert_differentiable(dequantized, NULL, 0, 3, x);
}
