/* Tapes in tapes, what a gradient is asked of, in which order and where it lives; gradients that
 * are added up; sums of 16-bit numbers in gradients.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

/* The derivative of x^5 of an order, each by a tape of its own. */
static eg_tensor *derivative(int order, eg_tensor *x)
{
    eg_tensor *dx = NULL;

    if (order == 0)
        return eg_mul(eg_square(eg_square(x)), x);
    EG_TAPE;
    eg_watch(x);
    eg_gradient(derivative(order - 1, x), EG_IN(x), &dx);
    return eg_give(dx);
}

TEST(tapes_nest_to_the_fifth_derivative)
{
    EG_SCOPE;
    static const double want[] = {32, 80, 160, 240, 240, 120};

    for (int order = 0; order <= 5; order++)
        assert_true(eg_item(derivative(order, EG_F64(2))) == want[order]);
    assert_fine();
}

EG_FUNCTION(third, x)
{
    return derivative(3, x);
}

TEST(a_function_holds_the_third_derivative)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(third);

    for (int i = 0; i < 3; i++)
        assert_true(eg_item(eg_call(f, EG_F64(2))) == 240);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

TEST(forward_mode_over_tapes_gives_the_third_derivative)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(2);
    EG_FORWARD;

    eg_set_tangent(x, EG_F64(1));
    assert_true(eg_item(eg_tangent(derivative(2, x))) == 240);
    assert_fine();
}

TEST(a_gradient_is_the_innermost_tapes)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(3), *y = EG_F64(4), *d[2];
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    eg_watch(y);
    {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_mul(x, y), EG_IN(x, y), d);
        assert_true(eg_item(d[0]) == 4);
        assert_true(eg_item(d[1]) == 0); /* y is the outer tape's alone */
    }
    eg_gradient(eg_mul(x, y), EG_IN(x, y), d);
    assert_true(eg_item(d[0]) == 4);
    assert_true(eg_item(d[1]) == 3);
}

TEST(results_come_in_the_order_of_the_sources_which_may_repeat)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(3), *y = EG_F64(4), *z = EG_F64(5), *d[4];
    EG_TAPE_WITH(.persistent = true);

    eg_watch(z);
    eg_watch(x);
    eg_watch(y);
    eg_tensor *p = eg_mul(eg_mul(x, y), z);
    eg_gradient(p, EG_IN(z, x, y, x), d);
    assert_true(eg_item(d[0]) == 12 && eg_item(d[1]) == 20);
    assert_true(eg_item(d[2]) == 15 && eg_item(d[3]) == 20);
}

TEST(sources_may_be_intermediates_and_the_target_itself)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(3), *d[3];
    EG_TAPE;

    eg_watch(x);
    eg_tensor *y = eg_square(x), *z = eg_mul(y, 2);
    eg_gradient(z, EG_IN(x, y, z), d);
    assert_true(eg_item(d[0]) == 12 && eg_item(d[1]) == 2 && eg_item(d[2]) == 1);
    assert_fine();
}

TEST(gradients_outlive_their_tape_by_being_given_or_retained)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(3), *given, *kept;
    {
        EG_TAPE_WITH(.persistent = true);
        eg_watch(x);
        eg_gradient(eg_square(x), EG_IN(x), &given);
        eg_gradient(eg_exp(eg_mul(x, 0)), EG_IN(x), &kept);
        eg_give(given);
        eg_retain(kept);
    }
    assert_true(eg_item(given) == 6 && eg_item(kept) == 0);
    eg_release(kept);
}

TEST(gradients_of_parts_of_a_batch_add_up_to_that_of_the_whole)
{
    EG_SCOPE;
    eg_tensor *w = eg_variable(EG_F64(0.5, -1)), *total = eg_variable(EG_F64(0, 0)), *whole;
    eg_tensor *x = eg_reshape(eg_cast(eg_range(8), EG_FLOAT64), EG_DIMS(4, 2));

    for (int i = 0; i < 4; i += 2) {
        EG_TAPE;
        eg_tensor *part = eg_slice(x, .begin = EG_AT(i), .count = EG_AT(2)), *dw;
        eg_gradient(eg_sum(eg_square(eg_matmul(part, w))), EG_IN(w), &dw);
        eg_assign_add(total, dw);
    }
    {
        EG_TAPE;
        eg_gradient(eg_sum(eg_square(eg_matmul(x, w))), EG_IN(w), &whole);
        assert_true(eg_item(eg_max(eg_abs(eg_sub(whole, total)))) == 0);
    }
    assert_fine();
    eg_variable_free(w);
    eg_variable_free(total);
}

/* A sum in 16 bits would stop growing at 2048 or 256. */
static void check_sums(eg_dtype dtype)
{
    EG_SCOPE;
    eg_tensor *x = eg_ones(dtype, EG_DIMS(64, 128)), *scale = eg_cast(EG_F32(0.5), dtype), *d[2];
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    eg_watch(scale);
    eg_gradient(eg_mul(x, scale), EG_IN(scale), d);
    assert_int_equal(eg_dtype_of(d[0]), dtype);
    assert_true(eg_item(d[0]) == 8192);
    eg_tensor *w = eg_ones(dtype, EG_DIMS(128, 4));
    eg_watch(w);
    eg_gradient(eg_matmul(eg_ones(dtype, EG_DIMS(4096, 128)), w), EG_IN(w), d);
    assert_true(eg_item(eg_min(d[0])) == 4096 && eg_item(eg_max(d[0])) == 4096);
    assert_fine();
}

TEST(gradients_of_float16_are_summed_in_float32)
{
    check_sums(EG_FLOAT16);
}

TEST(gradients_of_bfloat16_are_summed_in_float32)
{
    check_sums(EG_BFLOAT16);
}
