/* Passes change no bit: functions beside eager execution, on signaling NaNs, zeros of both signs,
 * infinities and the smallest numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

static const uint32_t odd[] = {0x7fa00001, 0xffa00001, 0x7fc01234, 0xffc00000, 0x00000000,
    0x80000000, 0x7f800000, 0xff800000, 0x00000001, 0x80000003, 0x007fffff, 0x00800000, 0x7f7fffff,
    0x3f800000, 0xbf800000, 0x3eaaaaab, 0x4b7fffff, 0x33d6bf95};
enum { ODD = sizeof odd / sizeof *odd };

EG_FUNCTION(neutral, x)
{
    eg_tensor *y = eg_add(x, x);
    return eg_tuple(eg_mul(x, 1), eg_div(x, 1), eg_sub(x, 0), eg_add(x, 0), eg_mul(y, 1),
        eg_sub(eg_div(y, 1), 0));
}

EG_FUNCTION(twice, x)
{
    return eg_tuple(eg_neg(eg_neg(x)), eg_abs(eg_abs(x)), eg_relu(eg_relu(x)),
        eg_floor(eg_floor(x)), eg_round(eg_round(x)), eg_maximum(x, x));
}

EG_FUNCTION(powers_of_two, x)
{
    return eg_tuple(eg_div(x, 8), eg_div(x, -0.25), eg_div(x, 1048576), eg_div(x, 3));
}

EG_FUNCTION(there_and_back, x)
{
    eg_tensor *wide = eg_cast(x, EG_FLOAT64);
    return eg_tuple(eg_cast(wide, EG_FLOAT32), eg_neg(eg_cast(wide, EG_FLOAT32)),
        eg_cast(eg_cast(eg_mul(x, x), EG_FLOAT64), EG_FLOAT32));
}

EG_FUNCTION(repeated, x)
{
    eg_tensor *two = eg_broadcast_to(x, EG_DIMS(3, ODD));
    eg_tensor *ones = eg_ones(EG_FLOAT32, EG_DIMS(3, ODD));
    return eg_tuple(eg_mul(two, ones), eg_add(eg_exp(two), ones), eg_sub(two, x),
        eg_sum(eg_mul(two, two), .axes = EG_AXES(0)));
}

EG_FUNCTION(turned, x)
{
    eg_tensor *y = eg_reshape(x, EG_DIMS(1, 2, ODD / 2));
    return eg_tuple(eg_transpose(eg_transpose(y)), eg_transpose(y, .axes = EG_AXES(1, 0, 2)),
        eg_transpose(eg_transpose(y, .axes = EG_AXES(2, 0, 1)), .axes = EG_AXES(0, 2, 1)));
}

static void check(eg_tensor *(*fn)(eg_tensor *), eg_function *f)
{
    EG_SCOPE;
    eg_tensor *x = eg_copy(EG_FLOAT32, EG_DIMS(ODD), odd), *eager = fn(x);

    for (int call = 0; call < 2; call++) {
        eg_tensor *y = eg_call(f, x);
        assert_fine();
        assert_same_bits(eager, y);
    }
    eg_function_free(f);
}

TEST(arithmetic_that_goes_changed_no_bit)
{
    check(neutral, eg_function_of(neutral));
}

TEST(what_is_done_twice_and_once_has_the_same_bits)
{
    check(twice, eg_function_of(twice));
}

TEST(a_multiplication_has_the_bits_of_the_division)
{
    check(powers_of_two, eg_function_of(powers_of_two));
}

TEST(conversions_that_go_changed_no_bit)
{
    check(there_and_back, eg_function_of(there_and_back));
}

TEST(what_is_repeated_later_or_never_has_the_same_bits)
{
    check(repeated, eg_function_of(repeated));
}

TEST(transposes_that_go_moved_nothing)
{
    check(turned, eg_function_of(turned));
}
