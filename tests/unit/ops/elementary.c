/* Elementary functions and activations that are made of other operations, and corners of others:
 * values, gradients, in a function.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"

/* ---- values --------------------------------------------------------------------------------- */

TEST(rounding_an_integer_changes_nothing)
{
    EG_SCOPE;
    eg_tensor *x = EG_I32(3, -4);

    assert_prints(eg_floor(x), "[ 3 -4] int32[2]");
    assert_prints(eg_ceil(x), "[ 3 -4] int32[2]");
    assert_prints(eg_round(x), "[ 3 -4] int32[2]");
    assert_prints(eg_trunc(EG_U8(7)), "7 uint8[]");
    assert_null(eg_floor(EG_B(true)));
    assert_error(EG_INVALID, "x is bool, but it takes floating point");
}

TEST(classes_of_integers_are_known_beforehand)
{
    EG_SCOPE;
    eg_tensor *x = EG_I64(3, -4);

    assert_prints(eg_isnan(x), "[False False] bool[2]");
    assert_prints(eg_isinf(x), "[False False] bool[2]");
    assert_prints(eg_isfinite(x), "[ True  True] bool[2]");
    assert_null(eg_isinf(EG_B(true)));
    assert_error(EG_INVALID, "x is bool, but it takes floating point");
}

TEST(isnan_knows_nan_from_infinity)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(NAN, -NAN, INFINITY, 1);

    assert_prints(eg_isnan(x), "[ True  True False False] bool[4]");
    assert_prints(eg_isnan(eg_cast(x, EG_FLOAT16)), "[ True  True False False] bool[4]");
    assert_prints(eg_isnan(eg_cast(x, EG_FLOAT64)), "[ True  True False False] bool[4]");
}

TEST(clip_takes_either_bound_both_or_none)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(-2, 0.5, NAN, 3);

    assert_prints(eg_clip(x, -1, 1), "[-1.   0.5  nan  1. ] float32[4]");
    assert_prints(eg_clip(x, NULL, 1), "[-2.   0.5  nan  1. ] float32[4]");
    assert_prints(eg_clip(x, -1, NULL), "[-1.   0.5  nan  3. ] float32[4]");
    assert_prints(eg_clip(x, NULL, NULL), "[-2.   0.5  nan  3. ] float32[4]");
    assert_prints(eg_clip(x, 2, 1), "[ 1.  1. nan  1.] float32[4]");
    assert_prints(eg_clip(EG_I32(-7, 7), EG_I32(0, 8), 9), "[0 8] int32[2]");
}

TEST(clip_of_nothing_is_an_error)
{
    EG_SCOPE;
    assert_null(eg_clip((eg_tensor *)NULL, NULL, NULL));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_clip((eg_tensor *)NULL, 0, 1));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_clip(EG_F32(1, 2), EG_F32(1, 2, 3), NULL));
    assert_error(EG_INVALID, "do not broadcast");
}

TEST(reciprocal_has_the_sign_of_zero)
{
    EG_SCOPE;
    assert_prints(eg_reciprocal(EG_F32(0.0, -0.0, 4, INFINITY)),
        "[ inf -inf 0.25 0.  ] float32[4]");
    assert_prints(eg_reciprocal(EG_F64(8)), "0.125 float64[]");
    assert_null(eg_reciprocal(EG_I32(1)));
    assert_error(EG_INVALID, "x is int32");
    assert_null(eg_reciprocal((eg_tensor *)NULL));
    assert_error(EG_INVALID, "NULL");
}

TEST(squared_difference_broadcasts)
{
    EG_SCOPE;
    assert_prints(eg_squared_difference(EG_F32(1, 4), 3), "[4. 1.] float32[2]");
    assert_prints(eg_squared_difference(EG_I32(1, 4), EG_I32(3, -3)), "[ 4 49] int32[2]");
}

TEST(trunc_div_is_division_in_c)
{
    EG_SCOPE;
    eg_tensor *least = EG_I32(INT32_MIN, INT32_MIN, INT32_MAX);

    assert_prints(eg_trunc_div(EG_I32(7, -7, 0), 2), "[ 3 -3  0] int32[3]");
    assert_prints(eg_trunc_div(least, EG_I32(-1, 7, -7)),
        "[-2147483648  -306783378  -306783378] int32[3]");
    assert_prints(eg_trunc_div(EG_U8(250, 7), EG_U8(3, 9)), "[83  0] uint8[2]");
    assert_prints(eg_trunc_div(EG_F32(7, -7), 2), "[ 3. -3.] float32[2]");
    assert_null(eg_trunc_div(EG_I32(1), 0));
    assert_error(EG_INVALID, "divided by zero");
}

TEST(inverting_truth_is_logical_not)
{
    EG_SCOPE;
    assert_prints(eg_bitwise_invert(EG_B(true, false)), "[False  True] bool[2]");
    assert_prints(eg_bitwise_and(EG_B(true, false), EG_B(true, true)), "[ True False] bool[2]");
    assert_null(eg_bitwise_or(EG_F32(1), EG_F32(1)));
    assert_error(EG_INVALID, "integers or bool");
}

TEST(log_sigmoid_keeps_its_digits_on_both_sides)
{
    EG_SCOPE;
    assert_prints(eg_log_sigmoid(EG_F32(-100, -1)), "[-100.          -1.3132616] float32[2]");
    assert_prints(eg_log_sigmoid(EG_F64(50)), "-1.92874985e-22 float64[]");
    assert_prints(eg_log_sigmoid(EG_F32(INFINITY, -INFINITY)), "[ -0. -inf] float32[2]");
}

TEST(selu_is_scaled_elu)
{
    EG_SCOPE;
    assert_prints(eg_selu(EG_F64(-2, 0, 1)), "[-1.52016647  0.          1.05070099] float64[3]");
    assert_null(eg_selu((eg_tensor *)NULL));
    assert_error(EG_INVALID, "NULL");
}

/* ---- gradients at the ends of the range ----------------------------------------------------- */

static double slope_of(eg_tensor *y_of(eg_tensor *, eg_tensor *), double a, double b)
{
    EG_TAPE;
    eg_tensor *x = EG_F64(a), *dx;

    eg_watch(x);
    eg_tensor *y = y_of(x, EG_F64(b));
    assert_int_equal(eg_gradient(y, 1, &x, &dx), EG_OK);
    return eg_item(dx);
}

TEST(gradients_are_numbers_where_the_quotient_is_none)
{
    assert_true(slope_of(eg_hypot, 0, 0) == 0);
    assert_true(slope_of(eg_logaddexp, -INFINITY, -INFINITY) == 0.5);
    assert_true(slope_of(eg_logaddexp, -INFINITY, 0) == 0);
    assert_true(slope_of(eg_pow, 0, 0) == 0);
    assert_true(slope_of(eg_pow, 0, 1) == 1);
    assert_true(slope_of(eg_pow, -3, 2) == -6);
}

/* ---- in a function -------------------------------------------------------------------------- */

EG_FUNCTION(clipped, x)
{
    return eg_clip(eg_clip(x, -1, 2), NULL, 1.5);
}

EG_FUNCTION(inverse, x)
{
    return eg_reciprocal(x);
}

EG_FUNCTION(missed, x, y)
{
    return eg_squared_difference(x, y);
}

EG_FUNCTION(normal, x)
{
    return eg_selu(x);
}

EG_FUNCTION(likely, x)
{
    return eg_log_sigmoid(x);
}

EG_FUNCTION(known, x)
{
    return eg_where(eg_isnan(x), 0, eg_mul(x, x));
}

TEST(functions_and_gradients_agree_with_what_they_are_made_of)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(-2.5, -0.625, 0.375, 1.75, 3.25), *y = EG_F64(0.25);
    const eg_callable *const one[] = {&clipped_callable, &inverse_callable, &normal_callable,
        &likely_callable, &known_callable};

    for (size_t i = 0; i < sizeof one / sizeof *one; i++)
        assert_composed(one[i], 1, &x);
    assert_composed(&missed_callable, 2, (eg_tensor *[]){x, y});
}
