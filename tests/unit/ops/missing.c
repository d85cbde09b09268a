/* Reductions that leave NaN out, what stands in its place, closeness.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"

static eg_tensor *holes(void)
{
    return eg_reshape(EG_F64(1, NAN, -3, NAN, NAN, 8), EG_DIMS(2, 3));
}

TEST(reductions_leave_nan_out)
{
    EG_SCOPE;
    eg_tensor *x = holes();

    assert_prints(eg_nansum(x), "6. float64[]");
    assert_prints(eg_nansum(x, .axes = EG_AXES(0)), "[1. 0. 5.] float64[3]");
    assert_prints(eg_nanprod(x, .axes = EG_AXES(0)), "[  1.   1. -24.] float64[3]");
    assert_prints(eg_nanmean(x, .axes = EG_AXES(0)), "[1.  nan 2.5] float64[3]");
    assert_prints(eg_nanmax(x, .axes = EG_AXES(1), .keep_dims = true), "[[1.] [8.]] float64[2,1]");
    assert_prints(eg_nanmin(x, .axes = EG_AXES(0)), "[ 1. nan -3.] float64[3]");
    assert_prints(eg_nanmax(EG_F32(-INFINITY, NAN)), "-inf float32[]");
    assert_prints(eg_nansum(EG_I32(1, 2)), "3 int64[]");
    assert_prints(eg_nanprod(EG_I32(3, 2)), "6 int64[]");
    assert_prints(eg_nanmax(EG_U8(3, 2)), "3 uint8[]");
    assert_prints(eg_nanmin(EG_U8(3, 2)), "2 uint8[]");
    assert_prints(eg_nanmean(eg_zeros(EG_FLOAT32, EG_DIMS(0))), "nan float32[]");
    assert_null(eg_nanmax(eg_zeros(EG_FLOAT32, EG_DIMS(0))));
    assert_error(EG_INVALID, "0");
    assert_null(eg_nanmean(EG_I32(1)));
    assert_error(EG_INVALID, "int32");
    assert_null(eg_nansum(x, .axes = EG_AXES(2)));
    assert_error(EG_INVALID, "axis 2");
    assert_null((eg_nanmin)(NULL));
    assert_error(EG_INVALID, "NULL");
}

EG_FUNCTION(without_holes, x)
{
    eg_tensor *y = eg_where(eg_greater(x, 4), NAN, x);
    eg_tensor *sums = eg_add(eg_nansum(y, .axes = EG_AXES(1)), eg_nanprod(y, .axes = EG_AXES(1)));
    eg_tensor *ends = eg_sub(eg_nanmax(y, .axes = EG_AXES(1)), eg_nanmin(y, .axes = EG_AXES(1)));

    return eg_add(eg_add(sums, ends), eg_nanmean(y, .axes = EG_AXES(1)));
}

TEST(reductions_that_leave_nan_out_have_gradients)
{
    EG_SCOPE;
    assert_works(without_holes, eg_reshape(EG_F64(1, 5, -3, 2, 0.5, 8), EG_DIMS(2, 3)));
}

TEST(numbers_take_the_place_of_nan_and_infinity)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(NAN, INFINITY, -INFINITY, 2);

    assert_prints(eg_nan_to_num(x, .nan = -1, .posinf = 7, .neginf = -8),
        "[-1.  7. -8.  2.] float32[4]");
    assert_true(eg_item(eg_nan_to_num(eg_cast(EG_F32(INFINITY), EG_FLOAT16))) == 65504);
    assert_true(eg_item(eg_nan_to_num(EG_F64(INFINITY))) == 0x1.fffffffffffffp1023);
    assert_true(eg_item(eg_nan_to_num(EG_F32(-INFINITY))) == -0x1.fffffep127);
    assert_true(eg_item(eg_nan_to_num(eg_cast(EG_F32(INFINITY), EG_BFLOAT16))) == 0x1.fep127);
    assert_prints(eg_nan_to_num(EG_I8(1, 2)), "[1 2] int8[2]");
    assert_null((eg_nan_to_num)(NULL));
    assert_error(EG_INVALID, "NULL");
}

TEST(zero_times_and_by_zero)
{
    EG_SCOPE;
    assert_prints(eg_divide_no_nan(EG_F32(1, 0, 3, NAN), EG_F32(0, -0.0, 2, 0)),
        "[0.  0.  1.5 0. ] float32[4]");
    assert_prints(eg_divide_no_nan(EG_F64(1, 2), 0), "[0. 0.] float64[2]");
    assert_prints(eg_xlogy(EG_F64(0, 0, 2, 0, 1), EG_F64(0, INFINITY, 1, NAN, 0)),
        "[  0.   0.   0.  nan -inf] float64[5]");
    assert_null(eg_divide_no_nan(EG_I32(1), EG_I32(1)));
    assert_error(EG_INVALID, "int32");
    assert_null((eg_xlogy)(NULL, EG_F32(1)));
    assert_error(EG_INVALID, "NULL");
}

EG_FUNCTION(quotients_and_logarithms, x, y)
{
    return eg_add(eg_divide_no_nan(x, eg_relu(y)), eg_xlogy(eg_relu(y), eg_abs(x)));
}

TEST(zero_times_and_by_zero_have_gradients)
{
    EG_SCOPE;
    assert_works(quotients_and_logarithms, EG_F64(1, -2, 3), EG_F64(0.5, -1, 2));
}

TEST(closeness_is_that_of_numpy)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 1, NAN, INFINITY, INFINITY, 0);
    eg_tensor *y = EG_F64(1.00001, 1.0001, NAN, INFINITY, 1, 1e-9);

    assert_prints(eg_isclose(x, y), "[ True False False  True False  True] bool[6]");
    assert_prints(eg_isclose(x, y, .rtol = 1e-3, .atol = -1, .equal_nan = true),
        "[ True  True  True  True False False] bool[6]");
    assert_prints(eg_isclose(EG_F64(1, -INFINITY), EG_F64(INFINITY, INFINITY)),
        "[False False] bool[2]");
    assert_prints(eg_isclose(EG_I64(1000000, 5), EG_I64(1000001, 6)), "[ True False] bool[2]");
    assert_prints(eg_isclose(EG_B(1, 0), EG_B(1, 1)), "[ True False] bool[2]");
    assert_prints(eg_allclose(x, x), "False bool[]");
    assert_prints(eg_allclose(x, x, .equal_nan = true), "True bool[]");
    assert_prints(eg_allclose(eg_zeros(EG_FLOAT32, EG_DIMS(0)), 1), "True bool[]");
    assert_prints(eg_allclose(EG_F32(1, 1.1), 1), "False bool[]");
    assert_null(eg_isclose(x, y, .rtol = -2));
    assert_error(EG_INVALID, "must not be negative");
    assert_null(eg_isclose(EG_F32(1, 2), EG_F32(1, 2, 3)));
    assert_error(EG_INVALID, "broadcast");
    assert_null((eg_allclose)(x, NULL));
    assert_error(EG_INVALID, "NULL");
}
