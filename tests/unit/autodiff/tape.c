/* Tapes: watching, gradients, nesting, spending.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

TEST(the_gradient_of_a_square)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(3.0), *dx;
    {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_square(x), EG_IN(x), &dx);
        assert_true(eg_item(dx) == 6);
    }
}

TEST(trainable_variables_are_watched_by_themselves)
{
    EG_SCOPE;
    eg_tensor *w = eg_variable(EG_F32(1, 2)),
              *fixed = eg_variable(EG_F32(3, 4), .not_trainable = true);
    eg_tensor *g[2];
    {
        EG_TAPE;
        eg_gradient(eg_sum(eg_mul(w, fixed)), EG_IN(w, fixed), g);
        assert_prints(g[0], "[3. 4.] float32[2]");
        assert_prints(g[1], "[0. 0.] float32[2]");
    }
    {
        EG_TAPE_WITH(.only_watched = true);
        eg_watch(fixed);
        eg_gradient(eg_sum(eg_mul(w, fixed)), EG_IN(w, fixed), g);
        assert_prints(g[0], "[0. 0.] float32[2]");
        assert_prints(g[1], "[1. 2.] float32[2]");
    }
    eg_variable_free(w);
    eg_variable_free(fixed);
}

TEST(unconnected_gradients_are_zero_or_none)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(1.0), *z = EG_F32(1, 2), *g[2];
    {
        EG_TAPE_WITH(.persistent = true);
        eg_watch(x);
        eg_watch(z);
        eg_tensor *y = eg_square(x);
        eg_gradient(y, EG_IN(x, z), g);
        assert_prints(g[1], "[0. 0.] float32[2]");
        eg_gradient(y, EG_IN(x, z), g, .unconnected_none = true);
        assert_true(eg_is_none(g[1]));
        assert_false(eg_is_none(g[0]));
        eg_neg(g[1]);
        assert_error(EG_INVALID, "eg_is_none");
    }
}

TEST(a_single_use_tape_is_used_up)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(1.0), *g;
    EG_TAPE;
    eg_watch(x);
    eg_tensor *y = eg_square(x);

    eg_gradient(y, EG_IN(x), &g);
    assert_int_equal(eg_gradient(y, EG_IN(x), &g), EG_STATE);
    assert_null(g);
    assert_error(EG_STATE, "persistent");
}

TEST(a_persistent_tape_gives_several_gradients)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(2.0), *g;
    EG_TAPE_WITH(.persistent = true);
    eg_watch(x);
    eg_tensor *y = eg_square(x), *z = eg_mul(y, y);

    eg_gradient(y, EG_IN(x), &g);
    assert_true(eg_item(g) == 4);
    eg_gradient(z, EG_IN(x), &g);
    assert_true(eg_item(g) == 32);
    eg_gradient(z, EG_IN(y), &g);
    assert_true(eg_item(g) == 8);
    assert_true(eg_item(y) == 4);
}

TEST(intermediates_nobody_retained_are_spent)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(2.0), *g;
    EG_TAPE;
    eg_watch(x);
    eg_tensor *y = eg_square(x), *kept = eg_retain(eg_exp(x)), *z = eg_mul(y, kept);

    eg_gradient(z, EG_IN(x), &g);
    assert_fine();
    eg_neg(y);
    assert_error(EG_STATE, "eg_retain");
    eg_item(y);
    assert_error(EG_STATE, "persistent");
    assert_true(eg_item(kept) > 7);
    assert_true(eg_item(z) > 0);
    eg_release(kept);
}

TEST(spending_frees_memory_while_the_tape_is_open)
{
    EG_SCOPE;
    eg_tensor *x = eg_ones(EG_FLOAT32, EG_DIMS(1 << 16)), *g;
    EG_TAPE;
    eg_watch(x);
    eg_tensor *y = x;
    for (int i = 0; i < 20; i++)
        y = eg_mul(y, 1.5);
    size_t before = eg_memory_now().in_use;

    eg_gradient(eg_sum(y), EG_IN(x), &g);
    assert_fine();
    assert_true(eg_memory_now().in_use + (15u << 18) < before);
}

TEST(nested_tapes_give_second_derivatives)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(2.0), *d1, *d2;
    {
        EG_TAPE;
        eg_watch(x);
        {
            EG_TAPE;
            eg_watch(x);
            eg_gradient(eg_mul(eg_square(x), x), EG_IN(x), &d1);
            eg_give(d1);
        }
        assert_true(eg_item(d1) == 12);
        eg_gradient(d1, EG_IN(x), &d2);
        assert_true(eg_item(d2) == 12);
    }
}

TEST(second_derivatives_flow_through_variables)
{
    EG_SCOPE;
    eg_tensor *w = eg_variable(eg_constant(3.0)), *d1, *d2;
    {
        EG_TAPE;
        {
            EG_TAPE;
            eg_gradient(eg_mul(eg_square(w), w), EG_IN(w), &d1);
            eg_give(d1);
        }
        eg_gradient(d1, EG_IN(w), &d2);
        assert_true(eg_item(d2) == 18);
    }
    eg_variable_free(w);
}

TEST(the_gradient_of_a_sum_for_targets_that_are_no_scalars)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, 2, 3), *g;
    {
        EG_TAPE_WITH(.persistent = true);
        eg_watch(x);
        eg_tensor *y = eg_square(x);
        eg_gradient(y, EG_IN(x), &g);
        assert_prints(g, "[2. 4. 6.] float32[3]");
        eg_gradient(y, EG_IN(x), &g, .target_gradient = EG_F32(1, 0, 10));
        assert_prints(g, "[ 2.  0. 60.] float32[3]");
    }
}

TEST(a_value_used_twice_collects_both_gradients)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(3), *g;
    EG_TAPE;
    eg_watch(x);

    eg_gradient(eg_add(eg_mul(x, x), eg_mul(x, 10)), EG_IN(x), &g);
    assert_true(eg_item(g) == 16);
}

TEST(broadcasting_sums_the_gradient_back)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F32(1, 2, 3, 4, 5, 6), EG_DIMS(2, 3)), *b = EG_F32(1, 2, 3), *g[2];
    EG_TAPE;
    eg_watch(x);
    eg_watch(b);

    eg_gradient(eg_sum(eg_mul(x, b)), EG_IN(x, b), g);
    assert_prints(g[0], "[[1. 2. 3.] [1. 2. 3.]] float32[2,3]");
    assert_prints(g[1], "[5. 7. 9.] float32[3]");
}

TEST(stop_gradient_stops_it)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(3.0), *g;
    EG_TAPE;
    eg_watch(x);

    eg_gradient(eg_mul(x, eg_stop_gradient(x)), EG_IN(x), &g);
    assert_true(eg_item(g) == 3);
}

TEST(mistakes_with_tapes_are_errors_that_say_what_to_write)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(3.0), *i = eg_constant(3), *g;

    eg_watch(x);
    assert_error(EG_STATE, "EG_TAPE;");
    eg_gradient(x, EG_IN(x), &g);
    assert_error(EG_STATE, "EG_TAPE;");
    EG_TAPE_WITH(.persistent = true);
    eg_watch(i);
    assert_error(EG_INVALID, "int32");
    eg_gradient(eg_square(x), EG_IN(x), &g);
    assert_error(EG_INVALID, "eg_watch");
    eg_watch(x);
    eg_gradient(eg_square(x), EG_IN(i), &g);
    assert_error(EG_INVALID, "source 0 is int32");
    eg_gradient(NULL, EG_IN(x), &g);
    assert_error(EG_INVALID, "target 0 is NULL");
    eg_gradient(eg_square(x), EG_IN(x), &g, .target_gradient = EG_F32(1, 2));
    assert_error(EG_INVALID, "must agree");
}

TEST(results_belong_to_the_tapes_scope)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(3.0), *g;
    EG_TAPE;
    eg_watch(x);
    {
        EG_SCOPE;
        eg_gradient(eg_square(x), EG_IN(x), &g);
    }
    assert_true(eg_item(g) == 6);
}
