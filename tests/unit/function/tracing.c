/* Functions: traced once per signature, branches by plain C control flow, reasons of retracing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

static int bodies_run;

EG_FUNCTION(scaled_sum, x, y)
{
    bodies_run++;
    return eg_mul(eg_add(x, y), 0.5);
}

TEST(a_function_is_traced_once_per_signature)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(scaled_sum);

    bodies_run = 0;
    for (int i = 0; i < 5; i++)
        assert_prints(eg_call(f, EG_F32(1, 2), EG_F32(3, 4)), "[2. 3.] float32[2]");
    assert_int_equal(bodies_run, 1);
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_call(f, EG_F32(1, 2, 3), EG_F32(3, 4, 5));
    eg_call(f, EG_F64(1, 2), EG_F64(3, 4));
    assert_int_equal(eg_function_trace_count(f), 3);
    eg_function_free(f);
}

TEST(every_retrace_has_a_reason)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(scaled_sum);
    eg_retrace r = {.size = sizeof r};

    eg_call(f, EG_F32(1, 2), EG_F32(3, 4));
    eg_call(f, EG_F32(1, 2), EG_F32(5));
    eg_call(f, EG_F64(1, 2), EG_F64(3, 4));
    assert_true(eg_function_retrace(f, 0, &r));
    assert_int_equal(r.rule, EG_FIRST_CALL);
    assert_true(eg_function_retrace(f, 1, &r));
    assert_int_equal(r.rule, EG_OTHER_SHAPE);
    assert_int_equal(r.argument, 1);
    assert_string_equal(r.before, "float32[2]");
    assert_string_equal(r.now, "float32[]");
    assert_true(eg_function_retrace(f, 2, &r));
    assert_int_equal(r.rule, EG_OTHER_DTYPE);
    assert_int_equal(r.argument, 0);
    assert_false(eg_function_retrace(f, 3, &r));
    eg_function_free(f);
}

EG_FUNCTION(conditional_operation, x, threshold)
{
    bodies_run++;
    if (eg_true(eg_greater(x, threshold)))
        return eg_square(x);
    return eg_neg(x);
}

TEST(plain_c_branches_are_right_for_every_input)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(conditional_operation);

    bodies_run = 0;
    for (int i = 0; i < 4; i++) {
        assert_true(eg_item(eg_call(f, 5.0, 4.0)) == 25);
        assert_true(eg_item(eg_call(f, 3.0, 4.0)) == -3);
    }
    assert_int_equal(bodies_run, 2);
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_info info = {.size = sizeof info};
    eg_function_info_now(f, &info);
    assert_int_equal(info.calls, 8);
    assert_int_equal(info.replays, 6);
    assert_int_equal(info.branches, 1);
    eg_function_free(f);
}

TEST(the_tree_prints_both_branches)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(conditional_operation);

    eg_call(f, 5.0, 4.0);
    char *one = eg_function_text(f);
    assert_non_null(strstr(one, "else\n        (not met yet)"));
    eg_call(f, 3.0, 4.0);
    char *both = eg_function_text(f);
    assert_string_equal(both,
        "conditional_operation(%0: float32[], %1: float32[])\n"
        "    %2 = Greater(%0, %1) : bool[]\n"
        "    if %2\n"
        "        %3 = Square(%0) : float32[]\n"
        "        return %3\n"
        "    else\n"
        "        %3 = Neg(%0) : float32[]\n"
        "        return %3\n");
    eg_free(one);
    eg_free(both);
    eg_function_free(f);
}

EG_FUNCTION(count_down, x)
{
    while (eg_ok() && eg_true(eg_greater(x, 0)))
        x = eg_sub(x, 1);
    return x;
}

TEST(loops_on_values_are_unrolled_as_far_as_they_went)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(count_down);

    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 6; i++)
            assert_true(eg_item(eg_call(f, i + 0.5)) == -0.5);
    eg_function_info info = {.size = sizeof info};
    eg_function_info_now(f, &info);
    assert_int_equal(info.replays, 6);
    eg_function_free(f);
}

EG_FUNCTION(by_digit, x)
{
    switch (eg_item_int(x)) {
    case 0:
        return eg_constant(100);
    case 1:
        return eg_add(x, 10);
    default:
        return eg_mul(x, 2);
    }
}

TEST(item_guards_by_value)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(by_digit);

    for (int i = 0; i < 10; i++) {
        int x = i % 5;
        assert_int_equal(eg_item_int(eg_call(f, x)), x == 0 ? 100 : x == 1 ? 11 : 2 * x);
    }
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

TEST(more_than_eight_outcomes_make_the_signature_eager)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(by_digit);

    for (int i = 0; i < 12; i++)
        assert_int_equal(eg_item_int(eg_call(f, i)), i == 0 ? 100 : i == 1 ? 11 : 2 * i);
    assert_non_null(strstr(eg_function_why_eager(f), "8 outcomes"));
    assert_non_null(strstr(eg_function_why_eager(f), "tracing.c:"));
    assert_int_equal(eg_item_int(eg_call(f, 30)), 60);
    eg_function_free(f);
}

TEST(the_same_argument_twice_and_then_two)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(scaled_sum);
    eg_tensor *x = EG_F32(1, 2);

    assert_prints(eg_call(f, x, x), "[1. 2.] float32[2]");
    assert_prints(eg_call(f, x, EG_F32(3, 4)), "[2. 3.] float32[2]");
    assert_prints(eg_call(f, EG_F32(5, 6), x), "[3. 4.] float32[2]");
    eg_function_free(f);
}

typedef struct env {
    eg_tensor *captured;
    float factor;
} env;

static eg_tensor *with_env(int n, eg_tensor *const in[], void *e)
{
    const env *v = e;
    (void)n;
    bodies_run++;
    return eg_add(eg_mul(in[0], v->factor), v->captured);
}

TEST(the_environments_bytes_are_part_of_the_signature)
{
    EG_SCOPE;
    env e;
    memset(&e, 0, sizeof e);
    e.captured = EG_F32(10, 20);
    e.factor = 2;
    eg_function *f = eg_function_new(with_env, 1, &e, sizeof e);
    eg_tensor *x = EG_F32(1, 2);
    eg_retrace r = {.size = sizeof r};

    bodies_run = 0;
    assert_prints(eg_call(f, x), "[12. 24.] float32[2]");
    e.factor = 3;
    assert_prints(eg_call(f, x), "[13. 26.] float32[2]");
    e.factor = 2;
    assert_prints(eg_call(f, x), "[12. 24.] float32[2]");
    assert_int_equal(bodies_run, 2);
    assert_true(eg_function_retrace(f, 1, &r));
    assert_int_equal(r.rule, EG_OTHER_ENV);
    eg_function_free(f);
}

TEST(an_argument_that_is_also_captured)
{
    EG_SCOPE;
    env e;
    memset(&e, 0, sizeof e);
    e.captured = EG_F32(10, 20);
    e.factor = 1;
    eg_function *f = eg_function_new(with_env, 1, &e, sizeof e);

    assert_prints(eg_call(f, e.captured), "[20. 40.] float32[2]");
    assert_prints(eg_call(f, EG_F32(1, 1)), "[11. 21.] float32[2]");
    eg_function_free(f);
}

TEST(a_captured_tensor_is_kept_by_the_trace)
{
    EG_SCOPE;
    env e;
    memset(&e, 0, sizeof e);
    e.factor = 1;
    eg_function *f = eg_function_new(with_env, 1, &e, sizeof e);
    {
        EG_SCOPE;
        e.captured = EG_F32(10, 20);
        eg_call(f, EG_F32(1, 1));
    }
    assert_prints(eg_call(f, EG_F32(2, 2)), "[12. 22.] float32[2]");
    eg_function_free(f);
}

EG_FUNCTION(returns_its_argument, x)
{
    return x;
}

EG_FUNCTION(two_results, x, y)
{
    eg_tensor *sum = eg_add(x, y);
    return eg_tuple(sum, eg_mul(sum, 2), sum);
}

TEST(results_may_be_arguments_constants_and_the_same_twice)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(returns_its_argument), *g = eg_function_of(two_results);

    for (int i = 0; i < 3; i++) {
        assert_prints(eg_call(f, EG_F32(1, 2)), "[1. 2.] float32[2]");
        eg_tensor *t = eg_call(g, i, 1);
        assert_int_equal(eg_parts(t), 3);
        assert_int_equal(eg_item_int(eg_part(t, 0)), i + 1);
        assert_int_equal(eg_item_int(eg_part(t, 1)), 2 * i + 2);
        assert_int_equal(eg_item_int(eg_part(t, 2)), i + 1);
    }
    eg_function_free(f);
    eg_function_free(g);
}

static int host_counter;

EG_FUNCTION(depends_on_the_host, x)
{
    if (host_counter++ % 2)
        x = eg_mul(x, 2);
    if (eg_true(eg_greater(x, 10)))
        return eg_neg(x);
    return x;
}

TEST(host_state_is_found_at_the_next_branch_and_makes_the_function_eager)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(depends_on_the_host);

    host_counter = 0;
    eg_call(f, 1.0);
    assert_null(eg_function_why_eager(f));
    eg_call(f, 100.0);
    assert_non_null(strstr(eg_function_why_eager(f), "it depends on something"));
    assert_non_null(strstr(eg_function_why_eager(f), "tracing.c:"));
    host_counter = 1;
    assert_true(eg_item(eg_call(f, 3.0)) == 6);
    host_counter = 0;
    assert_true(eg_item(eg_call(f, 3.0)) == 3);
    eg_function_free(f);
}

static eg_tensor *escaped;

EG_FUNCTION(lets_a_tensor_escape, x)
{
    eg_tensor *y = eg_mul(x, 2);
    eg_release(escaped);
    escaped = eg_retain(y);
    return eg_add(y, 1);
}

TEST(an_escape_makes_the_function_eager)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(lets_a_tensor_escape);

    for (int i = 0; i < 3; i++) {
        assert_true(eg_item(eg_call(f, i)) == 2 * i + 1);
        assert_true(eg_item(escaped) == 2 * i);
    }
    assert_non_null(strstr(eg_function_why_eager(f), "still held elsewhere"));
    eg_release(escaped);
    escaped = NULL;
    eg_function_free(f);
}

EG_FUNCTION(reads_raw, x)
{
    float v[2];
    if (eg_read(x, EG_FLOAT32, v, 2) != EG_OK)
        return NULL;
    return eg_constant(v[0] + v[1]);
}

TEST(a_raw_read_makes_the_function_eager)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(reads_raw);

    assert_true(eg_item(eg_call(f, EG_F32(1, 2))) == 3);
    assert_true(eg_item(eg_call(f, EG_F32(5, 6))) == 11);
    assert_non_null(strstr(eg_function_why_eager(f), "reads all elements"));
    eg_function_free(f);
}

static eg_function *inner;

EG_FUNCTION(calls_inner, x)
{
    return eg_call(inner, x);
}

TEST(an_eager_callee_makes_its_caller_eager)
{
    EG_SCOPE;
    inner = eg_function_of(reads_raw);
    eg_function *f = eg_function_of(calls_inner);

    for (int i = 0; i < 3; i++)
        assert_true(eg_item(eg_call(f, EG_F32(1, 2 + i))) == 3 + i);
    assert_non_null(eg_function_why_eager(f));
    eg_function_free(f);
    eg_function_free(inner);
}

static env inner_env;

EG_FUNCTION(calls_with_env, x)
{
    return eg_add(eg_call(inner, x), 1);
}

TEST(the_environment_of_a_callee_is_looked_at_in_every_call)
{
    EG_SCOPE;
    memset(&inner_env, 0, sizeof inner_env);
    inner_env.captured = eg_constant(100.0);
    inner_env.factor = 2;
    inner = eg_function_new(with_env, 1, &inner_env, sizeof inner_env);
    eg_function *f = eg_function_of(calls_with_env);

    bodies_run = 0;
    for (int i = 0; i < 2; i++) {
        inner_env.factor = 2;
        assert_true(eg_item(eg_call(f, 1.0)) == 103);
        inner_env.factor = 5;
        assert_true(eg_item(eg_call(f, 1.0)) == 106);
    }
    assert_int_equal(bodies_run, 2);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
    eg_function_free(inner);
}

EG_FUNCTION(fails_for_some, x, i)
{
    return eg_gather(x, i);
}

TEST(an_error_of_the_body_is_the_calls_and_the_function_stays_usable)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(fails_for_some);
    eg_tensor *x = EG_F32(10, 20, 30);

    assert_prints(eg_call(f, x, EG_I32(2, 0)), "[30. 10.] float32[2]");
    for (int i = 0; i < 2; i++) {
        assert_null(eg_call(f, x, EG_I32(2, 7)));
        assert_error(EG_INVALID, "7");
        assert_prints(eg_call(f, x, EG_I32(1, 1)), "[20. 20.] float32[2]");
    }
    assert_null(eg_call(f, x));
    assert_error(EG_INVALID, "takes 2 arguments, not 1");
    assert_null(eg_call(f, x, NULL));
    assert_error(EG_INVALID, "argument 1");
    eg_function_free(f);
}

EG_FUNCTION(returns_nothing, x)
{
    (void)x;
    return NULL;
}

TEST(a_body_that_returns_null_without_an_error_is_one)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(returns_nothing);

    assert_null(eg_call(f, 1));
    assert_error(EG_INVALID, "the body of returns_nothing returned NULL");
    eg_function_free(f);
}

EG_FUNCTION(asks_the_mode, x)
{
    return eg_executing_eagerly() ? eg_add(x, 1) : eg_mul(x, 10);
}

TEST(executing_eagerly_is_false_while_recording)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(asks_the_mode);

    assert_true(eg_executing_eagerly());
    assert_int_equal(eg_item_int(asks_the_mode(eg_constant(3))), 4);
    assert_int_equal(eg_item_int(eg_call(f, 3)), 30);
    eg_run_functions_eagerly(true);
    assert_int_equal(eg_item_int(eg_call(f, 3)), 4);
    eg_run_functions_eagerly(false);
    assert_int_equal(eg_item_int(eg_call(f, 3)), 30);
    eg_function_free(f);
}

EG_FUNCTION(swallows_an_error, x)
{
    eg_error e;
    {
        EG_TRY(&e);
        eg_gather(EG_F32(1, 2), x);
    }
    return e.status ? eg_constant(-1) : eg_constant(1);
}

TEST(an_error_ended_inside_makes_the_function_eager)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(swallows_an_error);

    assert_int_equal(eg_item_int(eg_call(f, EG_I32(7, 7))), -1);
    assert_int_equal(eg_item_int(eg_call(f, EG_I32(0, 1))), 1);
    assert_non_null(strstr(eg_function_why_eager(f), "EG_TRY"));
    eg_function_free(f);
}

TEST(freeing_a_function_frees_its_memory)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(scaled_sum);
    size_t before = eg_memory_now().tensors;

    {
        EG_SCOPE;
        for (int n = 1; n < 20; n++)
            eg_call(f, eg_ones(EG_FLOAT32, EG_DIMS(n)), 2.0);
    }
    eg_function_free(f);
    eg_function_free(NULL);
    assert_int_equal(eg_memory_now().tensors, before);
}

TEST(ten_thousand_calls_need_no_more_memory_than_ten)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(scaled_sum);
    eg_tensor *x = eg_ones(EG_FLOAT32, EG_DIMS(100));
    size_t before = 0;

    for (int i = 0; i < 10000; i++) {
        EG_SCOPE;
        eg_call(f, x, x);
        if (i == 10)
            before = eg_memory_now().in_use;
    }
    assert_true(eg_memory_now().in_use <= before);
    eg_function_free(f);
}
