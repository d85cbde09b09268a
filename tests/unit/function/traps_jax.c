/* What people run into with jax.jit, from its page of sharp bits and its users' threads: each works
 * here, or is an error or a reason that says what to write. The numbers are rows of our list of
 * such threads; the others are headings of the page.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <math.h>
#include <string.h>

static eg_tensor *variable;
static eg_generator *generator;

/* ---- pure functions ------------------------------------------------------------------------- */

EG_FUNCTION(accumulates, x)
{
    eg_assign_add(variable, x);
    return eg_value(variable);
}

TEST(state_may_change_inside) /* pure functions */
{
    EG_SCOPE;
    variable = eg_variable(eg_constant(0.0));
    eg_function *f = eg_function_of(accumulates);

    for (int i = 1; i <= 4; i++)
        assert_true(eg_item(eg_call(f, 2.0)) == 2 * i);
    eg_assign(variable, eg_constant(100.0));
    assert_true(eg_item(eg_call(f, 2.0)) == 102);
    eg_function_free(f);
    eg_variable_free(variable);
}

typedef struct constants {
    eg_tensor *row;
} constants;

static eg_tensor *adds_its_row(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    return eg_add(in[0], ((const constants *)env)->row);
}

TEST(another_constant_behind_the_same_name_is_another_trace) /* closures over constants */
{
    EG_SCOPE;
    constants c = {EG_F32(1, 2)};
    eg_function *f = eg_function_new(adds_its_row, 1, &c, sizeof c);

    assert_prints(eg_call(f, 0.0), "[1. 2.] float32[2]");
    c.row = EG_F32(10, 20);
    assert_prints(eg_call(f, 0.0), "[10. 20.] float32[2]");
    eg_function_free(f);
}

/* ---- updates in place ----------------------------------------------------------------------- */

EG_FUNCTION(puts_zero_in_front, x)
{
    return eg_put(x, 0.0, 0);
}

TEST(an_argument_is_never_changed_and_neither_is_an_earlier_result) /* in-place updates; 27 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(puts_zero_in_front), *g = eg_function_of(accumulates);
    eg_tensor *x = EG_F32(1, 2), *kept[4];

    for (int i = 0; i < 3; i++)
        assert_prints(eg_call(f, x), "[0. 2.] float32[2]");
    assert_prints(x, "[1. 2.] float32[2]");
    variable = eg_variable(eg_zeros(EG_FLOAT32, EG_DIMS(1000)));
    for (int i = 0; i < 4; i++)
        kept[i] = eg_call(g, eg_ones(EG_FLOAT32, EG_DIMS(1000)));
    for (int i = 0; i < 4; i++)
        assert_true(eg_item(eg_min(kept[i])) == i + 1 && eg_item(eg_max(kept[i])) == i + 1);
    eg_function_free(f);
    eg_function_free(g);
    eg_variable_free(variable);
}

/* ---- positions out of range ----------------------------------------------------------------- */

EG_FUNCTION(takes, x, i)
{
    return eg_gather(x, i);
}

TEST(a_position_out_of_range_is_an_error_recorded_or_not) /* out-of-bounds indexing */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(takes);
    eg_tensor *x = EG_F32(0, 1, 2);

    assert_null(eg_call(f, x, EG_I32(10)));
    assert_error(EG_INVALID, "10");
    assert_prints(eg_call(f, x, EG_I32(1)), "1. float32[]");
    assert_null(eg_call(f, x, EG_I32(11)));
    assert_error(EG_INVALID, "11");
    eg_function_free(f);
}

/* ---- random numbers ------------------------------------------------------------------------- */

EG_FUNCTION(draws_by_key, key)
{
    return eg_uniform(key, EG_DIMS(3));
}

TEST(the_same_key_gives_the_same_numbers_in_every_mode) /* random numbers; 26 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(draws_by_key);

    for (int i = 0; i < 4; i++) {
        eg_tensor *eager = eg_uniform(eg_key(i), EG_DIMS(3));
        assert_true(eg_true(eg_all(eg_equal(eg_call(f, eg_key(i)), eager))));
    }
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_free(f);
}

EG_FUNCTION(draws_where_large, x)
{
    eg_tensor *key;

    if (eg_true(eg_greater(x, 0)))
        eg_next_key(generator, &key);
    eg_next_key(generator, &key);
    return eg_uniform(key, EG_NO_DIMS);
}

TEST(a_branch_that_draws_does_not_disturb_the_others) /* 26 */
{
    EG_SCOPE;
    static const double at[] = {1, -1, 1, 1, -1, -1, 1};
    generator = eg_generator_new(3);
    eg_function *f = eg_function_of(draws_where_large);
    eg_tensor *state = eg_generator_state(generator), *start = eg_value(state);
    double eager[7];

    for (int i = 0; i < 7; i++)
        eager[i] = eg_item(draws_where_large(eg_constant(at[i])));
    eg_assign(state, start);
    for (int i = 0; i < 7; i++)
        assert_true(eg_item(eg_call(f, at[i])) == eager[i]);
    eg_function_free(f);
    eg_generator_free(generator);
}

/* ---- control flow --------------------------------------------------------------------------- */

EG_FUNCTION(piecewise, x)
{
    if (eg_true(eg_less(x, 3)))
        return eg_mul(eg_mul(x, x), 3.0);
    return eg_mul(x, -4.0);
}

static double slope(eg_function *f, double at)
{
    EG_SCOPE;
    EG_TAPE;
    eg_tensor *x = eg_constant(at), *g = NULL;

    eg_watch(x);
    eg_gradient(eg_call(f, x), EG_IN(x), &g);
    return eg_item(g);
}

TEST(a_condition_on_a_traced_value_works_with_its_gradient) /* control flow; 45 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(piecewise);

    for (int i = 0; i < 2; i++) {
        assert_true(eg_item(eg_call(f, 2.0)) == 12);
        assert_true(eg_item(eg_call(f, 4.0)) == -16);
        assert_true(slope(f, 2) == 12);
        assert_true(slope(f, 4) == -4);
    }
    eg_function_free(f);
}

EG_FUNCTION(powers, x, n)
{
    eg_tensor *y = x;

    for (int64_t i = 1; i < eg_item_int(n); i++)
        y = eg_mul(y, x);
    return y;
}

TEST(a_traced_number_as_a_loops_length_works_and_many_are_told_of) /* control flow; 40 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(powers);

    for (int n = 1; n <= 5; n++)
        assert_true(eg_item(eg_call(f, 2.0, n)) == (1 << n));
    assert_int_equal(eg_function_trace_count(f), 1);
    assert_null(eg_function_why_eager(f));
    for (int n = 6; n <= 12; n++)
        assert_true(eg_item(eg_call(f, 2.0, n)) == (1 << n));
    assert_non_null(strstr(eg_function_why_eager(f), "eg_while"));
    assert_non_null(strstr(eg_function_why_eager(f), "traps_jax.c:"));
    eg_function_free(f);
}

EG_FUNCTION(adds_many_times, x)
{
    for (int i = 0; i < 3000; i++)
        x = eg_add(x, 1);
    return x;
}

static eg_tensor *adds_one(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_add(in[1], 1);
}

EG_FUNCTION(adds_in_a_loop, x)
{
    return eg_for(eg_constant(3000), adds_one, NULL, 1, &x);
}

TEST(an_unrolled_loop_and_a_staged_one) /* 40: unrolled loops compile in minutes */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(adds_many_times), *g = eg_function_of(adds_in_a_loop);
    eg_function_info unrolled = {.size = sizeof unrolled}, staged = {.size = sizeof staged};

    for (int i = 0; i < 2; i++) {
        assert_true(eg_item(eg_call(f, 1.0)) == 3001);
        assert_true(eg_item(eg_call(g, 1.0)) == 3001);
    }
    eg_function_info_now(f, &unrolled);
    eg_function_info_now(g, &staged);
    assert_true(staged.bytes * 20 < unrolled.bytes);
    eg_function_free(f);
    eg_function_free(g);
}

/* ---- shapes that depend on values ------------------------------------------------------------ */

EG_FUNCTION(mean_of_the_positive, x)
{
    return eg_mean(eg_get(x, eg_greater(x, 0)));
}

TEST(a_mask_picks_as_many_as_there_are) /* dynamic shapes */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(mean_of_the_positive);

    for (int i = 0; i < 2; i++) {
        assert_true(eg_item(eg_call(f, EG_F32(1, -2, 3))) == 2);
        assert_true(eg_item(eg_call(f, EG_F32(4, -2, -3))) == 4);
        assert_true(isnan(eg_item(eg_call(f, EG_F32(-4, -2, -3)))));
    }
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_free(f);
}

EG_FUNCTION(shape_by_value, n)
{
    return eg_full(1, EG_DIMS(eg_item_int(n)));
}

TEST(a_shape_may_be_computed_from_an_argument) /* static arguments */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(shape_by_value);

    for (int i = 0; i < 2; i++)
        for (int n = 1; n < 4; n++)
            assert_int_equal(eg_size(eg_call(f, n)), n);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

/* ---- numbers -------------------------------------------------------------------------------- */

EG_FUNCTION(thirds, x)
{
    return eg_div(x, 3);
}

TEST(float64_stays_float64) /* double precision */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(thirds);

    for (int i = 0; i < 2; i++) {
        assert_true(eg_item(eg_call(f, EG_F64(1.0))) == 1.0 / 3);
        assert_int_equal(eg_dtype_of(eg_call(f, EG_F64(1.0))), EG_FLOAT64);
    }
    eg_function_free(f);
}

EG_FUNCTION(root_where_positive, x)
{
    if (eg_true(eg_greater(x, 0)))
        return eg_sqrt(x);
    return eg_mul(x, 0);
}

TEST(a_c_condition_has_no_nan_from_the_side_that_is_not_taken) /* where and NaN */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(root_where_positive);

    for (int i = 0; i < 2; i++) {
        assert_true(slope(f, 4) == 0.25);
        assert_true(slope(f, -4) == 0);
    }
    eg_function_free(f);
}

/* ---- leaks and looking ---------------------------------------------------------------------- */

static double seen;

EG_FUNCTION(is_looked_into, x)
{
    char *text;
    eg_tensor *y = eg_exp(x);

    seen = eg_item(y);
    text = eg_to_text(y, NULL);
    eg_free(text);
    return eg_add(y, 1);
}

TEST(looking_at_a_value_inside_is_harmless) /* 28, 46: debugging leaks tracers */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(is_looked_into);

    for (int i = 0; i < 3; i++) {
        assert_true(eg_item(eg_call(f, 0.0)) == 2);
        assert_true(seen == 1);
    }
    assert_non_null(strstr(eg_function_why_eager(f), "traps_jax.c:"));
    eg_function_free(f);
}

TEST(functions_are_freed_with_all_they_hold) /* 39: compiled programs accumulate */
{
    EG_SCOPE;
    size_t before = 0;

    for (int i = 0; i < 200; i++) {
        EG_SCOPE;
        eg_function *f = eg_function_of(piecewise);
        for (int n = 1; n < 12; n++)
            eg_call(f, eg_sum(eg_ones(EG_FLOAT32, EG_DIMS(n))));
        eg_function_free(f);
        if (i == 100) /* the debug build keeps freed ones for a while */
            before = eg_memory_now().in_use;
    }
    assert_true(eg_memory_now().in_use <= before);
}
