/* Resizing of several axes, and of images. Expected values are those of the reference
 * implementation of ONNX's Resize, version 19.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

static eg_tensor *numbers(void)
{
    eg_tensor *x = eg_remainder(eg_mul(eg_range(24), 5), 11);
    return eg_reshape(eg_cast(x, EG_FLOAT32), EG_DIMS(4, 6));
}

static void assert_rows(eg_tensor *y, int64_t rows, int64_t columns, const double expected[])
{
    assert_fine();
    assert_int_equal(eg_dim(y, 0), rows);
    assert_int_equal(eg_dim(y, 1), columns);
    assert_close(y, eg_copy(EG_FLOAT64, EG_DIMS(rows, columns), expected), 1e-5);
}

TEST(axes_have_scales_of_their_own)
{
    EG_SCOPE;
    const double expected[] = {0.919824123, 2.32874346, 5.56345415, 9.4700222, 6.52604437,
        3.74563217, 8.30646133, 6.01269722, 1.89314902, 7.66417408, 6.8125, 5.80400229, 5.58858109,
        5.25, 4.89352036, 4.60648394, 4.203125, 3.95659876, 1.92787158, 5.5543642, 7.04141331,
        1.90651131, 3.97396016, 6.04141235, 0.906510472, 2.39355636, 6.02005196};

    eg_tensor *y = eg_resize(numbers(), .scales = EG_NUMBERS(0.75, 1.5), .method = EG_RESIZE_CUBIC);
    assert_rows(y, 3, 9, expected);
    y = eg_resize(numbers(), .scales = EG_NUMBERS(1.5, 0.75), .axes = EG_AXES(-1, 0),
        .method = EG_RESIZE_CUBIC);
    assert_rows(y, 3, 9, expected);
}

TEST(proportions_are_kept_where_that_is_asked_for)
{
    EG_SCOPE;
    const double larger[] = {1.33333337, 5.33333349, 6.5, 7.66666651, 2.5, 6.5, 5.91666651, 5.25,
        4.58333349, 4, 2.5, 6.5, 4, 1.5, 5.5};

    eg_tensor *y = eg_resize(numbers(), .sizes = EG_AT(7, 7), .aspect = EG_NOT_LARGER);
    assert_int_equal(eg_dim(y, 0), 5);
    assert_int_equal(eg_dim(y, 1), 7);
    y = eg_resize(numbers(), .sizes = EG_AT(3, 3), .aspect = EG_NOT_SMALLER,
        .coordinates = EG_HALF_PIXEL_SYMMETRIC);
    assert_rows(y, 3, 5, larger);
}

TEST(what_a_crop_finds_outside_is_the_value_for_that)
{
    EG_SCOPE;
    const double crop[] = {2.6, 3.5, 10, 5, 4.25, 10, 7.4, 5, 10};
    const double nearest[] = {5, 4, 9, -1, -1, 2, 1, 6, -1, -1, 10, 9, 3, -1, -1, 7, 6, 0, -1, -1};

    eg_tensor *y = eg_resize(numbers(), .sizes = EG_AT(3, 3), .coordinates = EG_CROP,
        .begin = EG_NUMBERS(0.4, 0.6), .end = EG_NUMBERS(0.6, 1.2), .extrapolation = 10);
    assert_rows(y, 3, 3, crop);
    y = eg_resize(numbers(), .sizes = EG_AT(5), .axes = EG_AXES(1), .coordinates = EG_CROP,
        .begin = EG_NUMBERS(0.25), .end = EG_NUMBERS(1.5), .method = EG_RESIZE_NEAREST,
        .extrapolation = -1);
    assert_rows(y, 4, 5, nearest);
    y = eg_resize(numbers(), .sizes = EG_AT(4, 6), .coordinates = EG_CROP,
        .begin = EG_NUMBERS(0, 0), .end = EG_NUMBERS(1, 1), .extrapolation = INFINITY);
    assert_close(y, numbers(), 0);
}

TEST(smoothing_and_what_is_outside)
{
    EG_SCOPE;
    const double expected[] = {4.78926134, 6.00425482, 4.34187269, 5.62840605, 4.72218323,
        4.16124582};

    assert_rows(eg_resize(numbers(), .sizes = EG_AT(2, 3), .method = EG_RESIZE_CUBIC,
                    .antialias = true, .exclude_outside = true),
        2, 3, expected);
}

TEST(no_change_changes_nothing)
{
    EG_SCOPE;

    assert_close(eg_resize(numbers(), .sizes = EG_AT(4, 6), .method = EG_RESIZE_CUBIC), numbers(),
        0);
    assert_prints(eg_resize(3.5), "3.5 float32[]");
    assert_prints(eg_resize(eg_zeros(EG_FLOAT32, EG_DIMS(0, 2)), .sizes = EG_AT(0, 4)),
        "[] float32[0,4]");
    assert_prints(eg_resize(eg_cast(EG_F32(1, 3), EG_FLOAT16), .scales = EG_NUMBERS(2)),
        "[1.  1.5 2.5 3. ] float16[4]");
}

TEST(images_are_resized_as_tensorflow_does)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(eg_cast(eg_range(4), EG_UINT8), EG_DIMS(2, 2, 1));

    eg_tensor *y = eg_resize_images(x, 2, 4);
    assert_prints(eg_reshape(y, EG_DIMS(2, 4)),
        "[[0.   0.25 0.75 1.  ] [2.   2.25 2.75 3.  ]] float32[2,4]");
    y = eg_resize_images(x, 3, 3, .method = EG_RESIZE_NEAREST);
    assert_prints(eg_reshape(y, EG_DIMS(3, 3)), "[[0 1 1] [2 3 3] [2 3 3]] uint8[3,3]");
    y = eg_resize_images(eg_reshape(x, EG_DIMS(1, 1, 2, 2)), 6, 4, .channels_first = true,
        .preserve_aspect_ratio = true, .antialias = true);
    assert_int_equal(eg_dim(y, 1), 1);
    assert_int_equal(eg_dim(y, 2), 4);
    y = eg_resize_images(eg_reshape(EG_F32(0, 1, 2, 4), EG_DIMS(1, 4, 1)), 1, 3,
        .method = EG_RESIZE_CUBIC);
    assert_close(eg_reshape(y, EG_DIMS(3)), EG_F64(0.10284432, 1.4375, 3.7833703), 1e-5);
    assert_null(eg_resize_images(EG_F32(1, 2), 1, 1));
    assert_error(EG_INVALID, "it needs [height, width, channels]");
    assert_null(eg_resize_images(x, -1, 1));
    assert_error(EG_INVALID, "sizes are 0 or more");
    assert_null((eg_resize_images)(NULL, 1, 1));
    assert_error(EG_INVALID, "x is NULL");
}

static eg_tensor *shrink(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_resize(x[0], .sizes = EG_AT(2, 5), .axes = EG_AXES(0, 2), .method = EG_RESIZE_CUBIC,
        .antialias = true);
}

static eg_tensor *crop(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_resize(x[0], .sizes = EG_AT(2, 4), .axes = EG_AXES(0, 2), .coordinates = EG_CROP,
        .begin = EG_NUMBERS(0.2, 0.9), .end = EG_NUMBERS(1, -0.5), .extrapolation = 3);
}

TEST(resizing_has_gradients_and_records)
{
    EG_SCOPE;
    eg_tensor *x = some(3, EG_DIMS(4, 2, 3));

    assert_differentiable(shrink, NULL, 0, 1, &x);
    assert_differentiable(crop, NULL, 0, 1, &x);
}

TEST(wrong_options_are_refused)
{
    EG_SCOPE;
    eg_tensor *x = numbers();

    assert_null(eg_resize(x));
    assert_error(EG_INVALID, "it needs `sizes` or `scales`");
    assert_null(eg_resize(x, .sizes = EG_AT(1, 2), .scales = EG_NUMBERS(1, 2)));
    assert_error(EG_INVALID, "not both");
    assert_null(eg_resize(x, .sizes = EG_AT(1)));
    assert_error(EG_INVALID, "one number for each of the axes");
    assert_null(eg_resize(x, .scales = EG_NUMBERS(2, 2), .axes = EG_AXES(0)));
    assert_error(EG_INVALID, "one number for each of the axes");
    assert_null(eg_resize(x, .sizes = EG_AT(1, 1), .axes = EG_AXES(1, -1)));
    assert_error(EG_INVALID, "an axis is given twice");
    assert_null(eg_resize(x, .sizes = EG_AT(1), .axes = EG_AXES(2)));
    assert_error(EG_INVALID, "there is no axis 2");
    assert_null(eg_resize(x, .scales = EG_NUMBERS(1, -1)));
    assert_error(EG_INVALID, "a scale leads to no size");
    assert_null(eg_resize(x, .scales = EG_NUMBERS(1, NAN)));
    assert_error(EG_INVALID, "a scale leads to no size");
    assert_null(eg_resize(x, .scales = EG_NUMBERS(1e300, 1)));
    assert_error(EG_INVALID, "a scale leads to no size");
    assert_null(eg_resize(x, .sizes = EG_AT(INT64_C(1) << 53, 1)));
    assert_error(EG_INVALID, "too many elements");
    assert_null(eg_resize(x, .sizes = EG_AT(1, 1), .begin = EG_NUMBERS(0, 1)));
    assert_error(EG_INVALID, "EG_CROP, and nothing else");
    assert_null(eg_resize(x, .sizes = EG_AT(1, 1), .coordinates = EG_CROP));
    assert_error(EG_INVALID, "EG_CROP, and nothing else");
    assert_null(eg_resize(x, .scales = EG_NUMBERS(1, 1), .aspect = EG_NOT_LARGER));
    assert_error(EG_INVALID, "`aspect` is one of eg_resize_aspect");
    assert_null(eg_resize(EG_I32(1, 2), .sizes = EG_AT(4)));
    assert_error(EG_INVALID, "eg_cast x to floating point");
    assert_null((eg_resize)(NULL));
    assert_error(EG_INVALID, "x is NULL");
}
