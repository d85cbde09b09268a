/* Gradients through functions, and tapes inside them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

EG_FUNCTION(cubic_or_double, x)
{
    if (eg_true(eg_greater(eg_sum(x), 0)))
        return eg_mul(eg_square(x), x);
    return eg_mul(x, 2);
}

static double slope(eg_function *f, double at)
{
    eg_tensor *x = eg_constant(at), *g = NULL;
    EG_TAPE;
    eg_watch(x);
    eg_tensor *y = f ? eg_call(f, x) : cubic_or_double(x);
    eg_gradient(y, EG_IN(x), &g);
    return eg_item(g);
}

TEST(the_gradient_of_a_call_follows_the_path_taken)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(cubic_or_double);

    for (int i = 0; i < 4; i++) {
        assert_true(slope(f, 2) == 12 && slope(NULL, 2) == 12);
        assert_true(slope(f, -3) == 2);
    }
    assert_int_equal(eg_function_trace_count(f), 1);
    assert_fine();
    eg_function_free(f);
}

static eg_tensor *weights, *bias;

EG_FUNCTION(model, x)
{
    return eg_tanh(eg_add(eg_matmul(x, weights), bias));
}

static void gradients_of(eg_function *f, eg_tensor *x, float out[9])
{
    eg_tensor *g[3];
    EG_TAPE;
    eg_watch(x);
    eg_tensor *y = f ? eg_call(f, x) : model(x);
    eg_gradient(eg_sum(eg_mul(y, y)), EG_IN(weights, bias, x), g);
    eg_read(g[0], EG_FLOAT32, out, 4);
    eg_read(g[1], EG_FLOAT32, out + 4, 2);
    eg_read(eg_sum(g[2]), EG_FLOAT32, out + 6, 1);
}

TEST(variables_inside_a_function_get_gradients_with_the_same_bits_as_eager)
{
    EG_SCOPE;
    float eager[9] = {0}, traced[9];
    weights = eg_variable(eg_reshape(EG_F32(0.1, -0.2, 0.3, 0.7), EG_DIMS(2, 2)), .name = "w");
    bias = eg_variable(EG_F32(0.5, -0.5), .name = "b");
    eg_function *f = eg_function_of(model);
    eg_tensor *x = eg_reshape(EG_F32(1, 2, 3, 4, 5, 6), EG_DIMS(3, 2));

    gradients_of(NULL, x, eager);
    for (int i = 0; i < 3; i++) {
        memset(traced, 0, sizeof traced);
        gradients_of(f, x, traced);
        assert_memory_equal(eager, traced, sizeof eager);
    }
    assert_fine();
    eg_function_free(f);
    eg_variable_free(weights);
    eg_variable_free(bias);
}

TEST(a_call_without_anything_to_differentiate_is_an_ordinary_one)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(cubic_or_double);
    eg_tensor *x = eg_constant(2.0), *other = eg_constant(1.0), *g;

    eg_call(f, x);
    {
        EG_TAPE;
        eg_watch(other);
        eg_tensor *y = eg_mul(eg_call(f, x), other);
        eg_gradient(y, EG_IN(other), &g);
        assert_true(eg_item(g) == 8);
    }
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_free(f);
}

typedef struct env {
    eg_tensor *captured;
} env;

static eg_tensor *times_captured(int n, eg_tensor *const in[], void *e)
{
    (void)n;
    return eg_mul(in[0], ((env *)e)->captured);
}

TEST(captured_tensors_that_a_tape_follows_get_gradients)
{
    EG_SCOPE;
    env e = {EG_F32(3, 4)};
    eg_function *f = eg_function_new(times_captured, 1, &e, sizeof e);
    eg_tensor *x = EG_F32(10, 20), *g[2];

    for (int i = 0; i < 3; i++) {
        EG_TAPE;
        eg_watch(e.captured);
        eg_watch(x);
        eg_gradient(eg_call(f, x), EG_IN(e.captured, x), g);
        assert_prints(g[0], "[10. 20.] float32[2]");
        assert_prints(g[1], "[3. 4.] float32[2]");
    }
    eg_function_free(f);
}

EG_FUNCTION(slope_inside, x)
{
    eg_tensor *g = NULL;
    EG_TAPE;
    eg_watch(x);
    eg_gradient(cubic_or_double(x), EG_IN(x), &g);
    return eg_give(g);
}

TEST(a_tape_inside_a_function_is_recorded)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(slope_inside);

    for (int i = 0; i < 3; i++) {
        assert_true(eg_item(eg_call(f, 2.0)) == 12);
        assert_true(eg_item(eg_call(f, -2.0)) == 2);
    }
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

TEST(a_tape_around_a_function_with_a_tape_gives_second_derivatives)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(slope_inside);
    eg_tensor *x = eg_constant(2.0), *g;

    for (int i = 0; i < 3; i++) {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_call(f, x), EG_IN(x), &g);
        assert_true(eg_item(g) == 12);
    }
    eg_function_free(f);
}

TEST(two_tapes_around_a_call_give_second_derivatives)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(cubic_or_double);
    eg_tensor *x = eg_constant(2.0), *d1, *d2;

    for (int i = 0; i < 3; i++) {
        EG_TAPE;
        eg_watch(x);
        {
            EG_TAPE;
            eg_watch(x);
            eg_gradient(eg_call(f, x), EG_IN(x), &d1);
            eg_give(d1);
        }
        eg_gradient(d1, EG_IN(x), &d2);
        assert_true(eg_item(d1) == 12 && eg_item(d2) == 12);
    }
    eg_function_free(f);
}

EG_FUNCTION(tuple_of_products, x, y)
{
    return eg_tuple(eg_mul(x, y), eg_argmax(x), eg_square(y));
}

TEST(gradients_of_several_results_add_up)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(tuple_of_products);
    eg_tensor *x = EG_F32(1, 5), *y = EG_F32(2, 3), *g[2];

    for (int i = 0; i < 3; i++) {
        EG_TAPE;
        eg_watch(x);
        eg_watch(y);
        eg_tensor *t = eg_call(f, x, y);
        eg_gradient(eg_add(eg_sum(eg_part(t, 0)), eg_sum(eg_part(t, 2))), EG_IN(x, y), g);
        assert_prints(g[0], "[2. 3.] float32[2]");
        assert_prints(g[1], "[ 5. 11.] float32[2]");
    }
    assert_fine();
    eg_function_free(f);
}

TEST(a_function_freed_before_its_gradient_is_asked_for)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(cubic_or_double);
    eg_tensor *x = eg_constant(2.0), *g;

    for (int i = 0; i < 2; i++) {
        EG_TAPE;
        eg_watch(x);
        eg_tensor *y = eg_call(f, x);
        if (i == 1)
            eg_function_free(f);
        eg_gradient(y, EG_IN(x), &g);
        assert_true(eg_item(g) == 12);
    }
}

EG_FUNCTION(train_step, x, y)
{
    eg_tensor *g[2];
    EG_TAPE;
    eg_tensor *miss = eg_sub(eg_add(eg_mul(x, weights), bias), y);
    eg_tensor *loss = eg_mean(eg_square(miss));
    eg_gradient(loss, EG_IN(weights, bias), g);
    eg_assign_sub(weights, eg_mul(g[0], 0.1));
    eg_assign_sub(bias, eg_mul(g[1], 0.1));
    return eg_give(eg_identity(loss));
}

TEST(a_whole_training_step_is_one_graph_and_learns_a_line)
{
    EG_SCOPE;
    weights = eg_variable(eg_constant(0.0), .name = "w");
    bias = eg_variable(eg_constant(0.0), .name = "b");
    eg_function *f = eg_function_of(train_step);
    eg_tensor *x = EG_F32(-1, 0, 1, 2), *y = EG_F32(-1, 1, 3, 5);

    for (int i = 0; i < 300; i++) {
        EG_SCOPE;
        eg_call(f, x, y);
    }
    assert_fine();
    assert_true(eg_item(weights) > 1.999 && eg_item(weights) < 2.001);
    assert_true(eg_item(bias) > 0.999 && eg_item(bias) < 1.001);
    assert_int_equal(eg_function_trace_count(f), 1);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
    eg_variable_free(weights);
    eg_variable_free(bias);
}

/* ---- assigned variables, results that depend on nothing -------------------------------------- */

static eg_tensor *kept;

EG_FUNCTION(adds_what_it_keeps, x)
{
    eg_assign_add(kept, eg_square(x));
    return eg_add(eg_mul(kept, 3), x);
}

static void slopes(eg_function *f, eg_tensor *of_x, eg_tensor *of_kept, float out[2])
{
    eg_tensor *g[2];
    EG_SCOPE;
    EG_TAPE;
    eg_watch(of_x);
    eg_tensor *y = f ? eg_call(f, of_x) : adds_what_it_keeps(of_x);
    eg_gradient(y, EG_IN(of_x, of_kept), g);
    out[0] = (float)eg_item(g[0]);
    out[1] = (float)eg_item(g[1]);
}

TEST(a_tape_does_not_look_through_an_assignment)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(2.0);
    float eager[2], traced[2];

    for (int trainable = 0; trainable < 2; trainable++) {
        eg_function *f = eg_function_of(adds_what_it_keeps);
        kept = eg_variable(eg_constant(1.0), .not_trainable = !trainable);
        for (int i = 0; i < 3; i++) {
            slopes(NULL, x, trainable ? kept : x, eager);
            slopes(f, x, trainable ? kept : x, traced);
            assert_true(eager[0] == 1 && traced[0] == 1);
            assert_true(!trainable || (eager[1] == 3 && traced[1] == 3));
        }
        assert_null(eg_function_why_eager(f));
        eg_function_free(f);
        eg_variable_free(kept);
    }
}

EG_FUNCTION(one_of_two_depends, x)
{
    return eg_tuple(eg_constant(5.0), eg_square(x));
}

TEST(a_result_that_depends_on_nothing_is_unknown_to_the_tape)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(one_of_two_depends);
    eg_tensor *x = eg_constant(3.0), *g;

    for (int i = 0; i < 2; i++) {
        EG_TAPE_WITH(.persistent = true);
        eg_watch(x);
        eg_tensor *y = eg_call(f, x);
        eg_gradient(eg_part(y, 1), EG_IN(x), &g);
        assert_true(eg_item(g) == 6);
        eg_gradient(eg_part(y, 0), EG_IN(x), &g);
        assert_error(EG_INVALID, "does not depend on anything");
    }
    eg_function_free(f);
}

static eg_tensor *frozen;

EG_FUNCTION(multiplies_by_what_is_frozen, x)
{
    return eg_mul(x, frozen);
}

TEST(a_variable_that_does_not_train_has_a_gradient_where_it_is_watched)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(3.0), *g;

    frozen = eg_variable(eg_constant(2.0), .not_trainable = true);
    eg_function *f = eg_function_of(multiplies_by_what_is_frozen);
    for (int i = 0; i < 4; i++) {
        EG_TAPE;
        if (i % 2)
            eg_watch(frozen);
        else
            eg_watch(x);
        eg_gradient(eg_call(f, x), EG_IN(i % 2 ? frozen : x), &g);
        assert_true(eg_item(g) == (i % 2 ? 3 : 2));
    }
    eg_function_free(f);
    eg_variable_free(frozen);
}

static eg_tensor *scale;

static eg_tensor *times_scale(int n, eg_tensor *const in[], void *unused)
{
    (void)n, (void)unused;
    return eg_mul(in[1], scale);
}

/* The plan of the call knows that the loop has no steps, and reads nothing of what it uses. */
EG_FUNCTION(scaled_never, x)
{
    return eg_for(0, times_scale, NULL, EG_IN(x));
}

TEST(a_gradient_may_need_a_variable_that_the_call_did_not_read)
{
    EG_SCOPE;
    eg_tensor *x = eg_constant(3.0), *g;

    scale = eg_variable(eg_constant(2.0));
    eg_function *f = eg_function_of(scaled_never);
    for (int i = 0; i < 3; i++) {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_call(f, x), EG_IN(x), &g);
        assert_true(eg_item(g) == 1);
    }
    eg_function_free(f);
    eg_variable_free(scale);
}
