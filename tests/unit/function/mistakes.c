/* What bodies must not do: each is an error or a reason that says what to write, and the function
 * can be used afterwards.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

static eg_function *self, *other;
static eg_tensor *state;

/* What the function says of why it is eager, with the line of this file. */
static void assert_eager(const eg_function *f, const char *part)
{
    const char *why = eg_function_why_eager(f);

    assert_non_null(why);
    if (!strstr(why, part) || !strstr(why, "mistakes.c:"))
        fail_msg("%s", why);
}

/* ---- what is returned ------------------------------------------------------------------------ */

EG_FUNCTION(returns_null_for_negative, x)
{
    return eg_true(eg_less(x, 0)) ? NULL : eg_mul(x, 2);
}

TEST(null_is_an_error_of_that_branch_only)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(returns_null_for_negative);

    for (int i = 0; i < 3; i++) {
        assert_true(eg_item(eg_call(f, 4.0)) == 8);
        assert_null(eg_call(f, -4.0));
        assert_error(EG_INVALID, "the body of returns_null_for_negative returned NULL");
    }
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

EG_FUNCTION(returns_what_is_spent, x)
{
    eg_tensor *y, *g;
    EG_TAPE;

    eg_watch(x);
    y = eg_square(x);
    eg_gradient(eg_mul(y, y), EG_IN(x), &g);
    return eg_give(y);
}

TEST(a_spent_tensor_is_refused_with_the_cure)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(returns_what_is_spent);

    for (int eagerly = 0; eagerly < 2; eagerly++) {
        eg_run_functions_eagerly(eagerly);
        assert_null(eg_call(f, 2.0));
        assert_error(EG_STATE, "what returns_what_is_spent returned is spent");
    }
    eg_run_functions_eagerly(false);
    eg_function_free(f);
}

EG_FUNCTION(returns_none, x)
{
    eg_tensor *g;
    EG_TAPE;

    eg_watch(x);
    eg_gradient(eg_square(x), EG_IN(EG_F32(1)), &g, .unconnected_none = true);
    return eg_give(g);
}

TEST(none_is_no_result)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(returns_none);

    assert_null(eg_call(f, 2.0));
    assert_error(EG_INVALID, "returned no tensor");
    eg_function_free(f);
}

EG_FUNCTION(returns_what_its_scope_frees, x)
{
    eg_tensor *y;
    {
        EG_SCOPE;
        y = eg_square(x);
    }
    return y;
}

TEST(the_debug_build_finds_a_result_that_was_not_given)
{
    EG_SCOPE;
    if (!EG_CRUEL)
        skip_since("only the cruel build finds what is used after it was freed");
    eg_function *f = eg_function_of(returns_what_its_scope_frees);

    assert_null(eg_call(f, 2.0));
    assert_error(EG_INVALID, "eg_give it");
    eg_function_free(f);
}

/* ---- arguments ------------------------------------------------------------------------------- */

EG_FUNCTION(adds, x, y)
{
    return eg_add(x, y);
}

TEST(wrong_arguments_are_errors_that_name_function_and_argument)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(adds);
    eg_tensor *x = eg_constant(1.0), *y, *g, *many[3] = {x, x, x};

    assert_null(eg_call(f, 1.0));
    assert_error(EG_INVALID, "adds takes 2 arguments, not 1");
    assert_null(eg_call_of(f, 3, many));
    assert_error(EG_INVALID, "adds takes 2 arguments, not 3");
    assert_null(eg_call_of(f, 2, NULL));
    assert_error(EG_INVALID, "adds");
    assert_null(eg_call(f, x, NULL));
    assert_error(EG_INVALID, "argument 1 of adds is NULL");
    assert_null(eg_call(f, eg_tuple(x, x), x));
    assert_error(EG_INVALID, "argument 0 of adds is no tensor");
    {
        EG_TAPE;
        eg_watch(x);
        y = eg_square(x);
        eg_gradient(eg_mul(y, 2), EG_IN(x), &g);
        assert_null(eg_call(f, y, x));
        assert_error(EG_STATE, "argument 0 of adds is spent");
    }
    assert_null(eg_call_of(NULL, 0, NULL));
    assert_error(EG_INVALID, "function is NULL");
    assert_true(eg_item(eg_call(f, x, x)) == 2);
    eg_function_free(f);
}

/* ---- recursion ------------------------------------------------------------------------------- */

static int most;

EG_FUNCTION(counts_up, x)
{
    if (most > 0 && eg_true(eg_greater_equal(x, most)))
        return x;
    return eg_call(self, eg_add(x, 1));
}

EG_FUNCTION(ping, x)
{
    return eg_mul(eg_call(other, x), 2);
}

EG_FUNCTION(pong, x)
{
    return eg_add(eg_call(self, x), 1);
}

TEST(recursion_without_end_is_an_error_that_names_the_function)
{
    EG_SCOPE;

    for (int eagerly = 0; eagerly < 2; eagerly++) {
        self = eg_function_of(counts_up);
        eg_run_functions_eagerly(eagerly);
        most = 0;
        assert_null(eg_call(self, 0.0));
        assert_error(EG_INVALID, "counts_up is called inside 300 other calls");
        most = 20;
        assert_true(eg_item(eg_call(self, 0.0)) == 20);
        assert_true(eg_item(eg_call(self, 10.0)) == 20);
        eg_function_free(self);
    }
    eg_run_functions_eagerly(false);
}

TEST(functions_that_call_each_other_without_end)
{
    EG_SCOPE;
    self = eg_function_of(ping);
    other = eg_function_of(pong);

    for (int i = 0; i < 2; i++) {
        assert_null(eg_call(self, 0.0));
        assert_error(EG_INVALID, "a recursion needs an end");
    }
    eg_function_free(other);
    other = eg_function_of(adds);
    assert_null(eg_call(self, 0.0));
    assert_error(EG_INVALID, "adds takes 2 arguments, not 1");
    eg_function_free(other);
    eg_function_free(self);
}

EG_FUNCTION(factorial, n)
{
    if (eg_true(eg_less_equal(n, 1)))
        return eg_constant(1.0);
    return eg_mul(n, eg_call(self, eg_sub(n, 1)));
}

TEST(recursion_on_values_works)
{
    EG_SCOPE;
    eg_function_info info = {.size = sizeof info};
    self = eg_function_of(factorial);

    for (int i = 0; i < 2; i++) {
        assert_true(eg_item(eg_call(self, 5.0)) == 120);
        assert_true(eg_item(eg_call(self, 3.0)) == 6);
        assert_true(eg_item(eg_call(self, 6.0)) == 720);
    }
    eg_function_info_now(self, &info);
    assert_int_equal(info.replays, 3);
    assert_int_equal(info.traces, 1);
    eg_function_free(self);
}

typedef struct pair {
    eg_function *self, *other;
} pair;

static eg_tensor *halves_by_the_other(int n, eg_tensor *const in[], void *env)
{
    const pair *p = env;

    (void)n;
    if (eg_true(eg_less(in[0], 1)))
        return in[0];
    return eg_call(p->other, eg_call(p->self, eg_mul(in[0], 0.5)));
}

TEST(functions_that_call_each_other_are_freed)
{
    size_t before = 0;

    for (int i = 0; i < 200; i++) {
        EG_SCOPE;
        pair one = {NULL, NULL}, two = {NULL, NULL};
        eg_function *f = eg_function_new(halves_by_the_other, 1, &one, sizeof one);
        eg_function *g = eg_function_new(halves_by_the_other, 1, &two, sizeof two);
        one = (pair){f, g};
        two = (pair){g, f};
        assert_true(eg_item(eg_call(f, 3.0)) == 0.75);
        assert_true(eg_item(eg_call(g, 5.0)) == 0.625);
        eg_function_free(f);
        eg_function_free(g);
        if (i == 100) /* the debug build keeps freed ones for a while */
            before = eg_memory_now().in_use;
    }
    assert_true(eg_memory_now().in_use <= before);
}

/* ---- freeing --------------------------------------------------------------------------------- */

EG_FUNCTION(frees_itself, x)
{
    eg_function_free(self);
    return eg_add(x, 1);
}

TEST(a_body_that_frees_its_function)
{
    EG_SCOPE;

    for (int eagerly = 0; eagerly < 2; eagerly++) {
        self = eg_function_of(frees_itself);
        eg_run_functions_eagerly(eagerly);
        assert_null(eg_call(self, 1.0));
        assert_error(EG_STATE, "frees_itself is being called");
    }
    eg_run_functions_eagerly(false);
}

EG_FUNCTION(calls_what_frees_itself, x)
{
    return eg_call(self, x);
}

TEST(a_callee_that_frees_itself)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(calls_what_frees_itself);

    self = eg_function_of(frees_itself);
    assert_null(eg_call(f, 1.0));
    assert_error(EG_STATE, "frees_itself is being called");
    self = eg_function_of(factorial);
    assert_true(eg_item(eg_call(f, 3.0)) == 6);
    eg_function_free(self);
    eg_function_free(f);
}

TEST(the_debug_build_finds_calls_of_freed_functions)
{
    EG_SCOPE;
    if (!EG_CRUEL)
        skip_since("only the cruel build finds what is used after it was freed");
    eg_function *f = eg_function_of(adds);

    eg_call(f, 1.0, 2.0);
    eg_function_free(f);
    assert_null(eg_call(f, 1.0, 2.0));
    assert_error(EG_STATE, "adds was freed");
}

EG_FUNCTION(frees_a_variable, x)
{
    eg_tensor *y = eg_add(x, state);
    eg_variable_free(state);
    return y;
}

TEST(a_variable_that_the_body_frees_lives_as_long_as_the_trace)
{
    EG_SCOPE;
    state = eg_variable(eg_constant(10.0));
    eg_function *f = eg_function_of(frees_a_variable);

    assert_true(eg_item(eg_call(f, 1.0)) == 11);
    assert_true(eg_item(eg_call(f, 2.0)) == 12);
    eg_function_free(f);
}

/* ---- errors ---------------------------------------------------------------------------------- */

EG_FUNCTION(fails_on_the_third_side, x)
{
    eg_assign_add(state, 1);
    if (eg_true(eg_less(x, 0)))
        return eg_neg(x);
    if (eg_true(eg_less(x, 10)))
        return eg_mul(x, 2);
    eg_assign_add(state, 100);
    return eg_add(EG_F32(1, 2), EG_F32(1, 2, 3));
}

TEST(an_error_in_the_third_branch_leaves_the_others_as_they_were)
{
    EG_SCOPE;
    eg_function_info info = {.size = sizeof info};
    state = eg_variable(eg_constant(0.0));
    eg_function *f = eg_function_of(fails_on_the_third_side);

    for (int i = 1; i <= 3; i++) {
        assert_true(eg_item(eg_call(f, -2.0)) == 2);
        assert_true(eg_item(eg_call(f, 2.0)) == 4);
        assert_null(eg_call(f, 20.0));
        assert_error(EG_INVALID, "do not broadcast");
        assert_true(eg_item(state) == 2 * i);
    }
    eg_function_info_now(f, &info);
    assert_int_equal(info.calls, 6);
    assert_int_equal(info.replays, 4);
    assert_int_equal(info.branches, 1);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
    eg_variable_free(state);
}

EG_FUNCTION(looks_away, x)
{
    eg_gather(EG_F32(1, 2), EG_I32(5));
    eg_report(NULL);
    return eg_add(x, 1);
}

TEST(an_error_that_the_body_reports_makes_it_eager)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(looks_away);

    for (int i = 0; i < 3; i++)
        assert_true(eg_item(eg_call(f, i)) == i + 1);
    assert_eager(f, "ends an error by itself");
    eg_function_free(f);
}

/* ---- scopes ---------------------------------------------------------------------------------- */

EG_FUNCTION(leaves_a_scope_open, x)
{
    eg_scope_open();
    return eg_square(x);
}

EG_FUNCTION(leaves_a_tape_open, x)
{
    eg_tape_open(NULL);
    return eg_square(x);
}

TEST(scopes_left_open_are_closed_with_the_call)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(leaves_a_scope_open), *g = eg_function_of(leaves_a_tape_open);

    for (int i = 0; i < 3; i++)
        assert_true(eg_item(eg_call(f, i)) == i * i);
    assert_null(eg_call(g, 2.0));
    assert_error(EG_STATE, "is still open inside");
    eg_function_free(f);
    eg_function_free(g);
}

/* ---- things and other modes ------------------------------------------------------------------ */

EG_FUNCTION(draws_from_its_own, x)
{
    eg_tensor *key;
    eg_generator *g = eg_generator_new(1);

    eg_next_key(g, &key);
    eg_tensor *y = eg_add(x, eg_uniform(key, EG_NO_DIMS));
    eg_generator_free(g);
    return y;
}

TEST(a_generator_made_inside_makes_the_function_eager)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(draws_from_its_own);
    double first = eg_item(eg_call(f, 0.0));

    for (int i = 0; i < 2; i++)
        assert_true(eg_item(eg_call(f, 0.0)) == first);
    assert_eager(f, "makes a variable or generator");
    eg_function_free(f);
}

static eg_session *session;
static eg_tensor *fetch;

EG_FUNCTION(runs_a_session, x)
{
    eg_tensor *y;

    eg_session_run(session, 0, NULL, EG_IN(fetch), &y);
    return eg_add(x, y);
}

TEST(a_session_run_inside_is_not_taken_for_a_constant)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("next");
    eg_function *f = eg_function_of(runs_a_session);

    state = eg_variable(eg_constant(0.0));
    {
        EG_GRAPH(graph);
        fetch = eg_give(eg_add(state, 1));
    }
    session = eg_session_new(graph);
    for (int i = 0; i < 3; i++) {
        assert_true(eg_item(eg_call(f, 10.0)) == 11 + i);
        eg_assign_add(state, 1);
    }
    assert_eager(f, "runs a session");
    eg_function_free(f);
    eg_session_free(session);
    eg_graph_free(graph);
    eg_variable_free(state);
}

EG_FUNCTION(watches_inside, x)
{
    eg_tensor *y = eg_mul(x, 2);

    eg_watch(y);
    return eg_square(y);
}

TEST(a_tape_around_a_call_is_not_to_be_spoken_to_from_inside)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(watches_inside);
    {
        EG_TAPE;
        assert_null(eg_call(f, 2.0));
        assert_error(EG_STATE, "eg_watch them before the call");
    }
    eg_function_free(f);
}

EG_FUNCTION(stops_recording, x)
{
    eg_tensor *y;
    {
        EG_STOP_RECORDING;
        y = eg_give(eg_square(x));
    }
    return eg_add(eg_mul(y, x), x);
}

static double slope_of(eg_function *f, double at)
{
    EG_SCOPE;
    EG_TAPE;
    eg_tensor *x = eg_constant(at), *g = NULL;

    eg_watch(x);
    eg_gradient(f ? eg_call(f, x) : stops_recording(x), EG_IN(x), &g);
    return eg_item(g);
}

TEST(what_a_body_hides_from_tapes_is_hidden_in_its_graph_too)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(stops_recording);

    for (int i = 1; i < 4; i++) {
        assert_true(slope_of(NULL, i) == i * i + 1);
        assert_true(slope_of(f, i) == i * i + 1);
    }
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

/* ---- callees --------------------------------------------------------------------------------- */

EG_FUNCTION(reads_large_ones, x)
{
    float seen[1];

    if (eg_true(eg_greater(x, 10)) && eg_read(x, EG_FLOAT32, seen, 1) == EG_OK)
        return eg_constant(seen[0] * 100);
    return eg_mul(x, 2);
}

EG_FUNCTION(calls_the_reader, x)
{
    return eg_add(eg_call(other, x), 1);
}

TEST(a_callee_that_becomes_eager_later)
{
    EG_SCOPE;
    other = eg_function_of(reads_large_ones);
    eg_function *f = eg_function_of(calls_the_reader);

    assert_true(eg_item(eg_call(f, 1.0)) == 3);
    assert_true(eg_item(eg_call(other, 20.0)) == 2000);
    assert_non_null(eg_function_why_eager(other));
    for (int i = 0; i < 3; i++) {
        assert_true(eg_item(eg_call(f, i)) == 2 * i + 1);
        assert_true(eg_item(eg_call(f, 20.0 + i)) == 2001 + 100 * i);
    }
    assert_non_null(strstr(eg_function_why_eager(f), "reads_large_ones"));
    eg_function_free(f);
    eg_function_free(other);
}
