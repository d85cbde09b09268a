/* Functions traced on symbols: every way through a body in one graph, with the same bits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <stdlib.h>
#include <string.h>

static const eg_tensor_spec pair[] = {{"x", EG_FLOAT32, 1, (const int64_t[]){2}}};
static const eg_tensor_spec number[] = {{"x", EG_FLOAT32, 0, NULL}};
static const eg_tensor_spec whole[] = {{"i", EG_INT64, 0, NULL}};

/* What a name of the graph is for x. Owned by the scope. */
static eg_tensor *fetch(eg_graph *graph, const char *in, eg_tensor *x, const char *out)
{
    eg_session *session = eg_session_new(graph);
    eg_tensor *y = NULL, *fetched = eg_graph_symbol(graph, out);

    eg_session_run(session, EG_FEEDS({eg_graph_symbol(graph, in), x}), 1, &fetched, &y);
    eg_session_free(session);
    return y;
}

/* The graph, and the graph that its text gives, compute what the function computes. */
static void check_same(eg_function *f, eg_graph *graph, const char *in, eg_tensor *x)
{
    EG_SCOPE;
    char *text = eg_graph_text(graph);
    eg_graph *again = eg_graph_parse(text);
    eg_tensor *y = eg_call(f, x);

    assert_same_bits(y, fetch(graph, in, x, "out0"));
    assert_same_bits(y, fetch(again, in, x, "out0"));
    eg_graph_free(again);
    eg_free(text);
    assert_fine();
}

static int count(const char *text, const char *what)
{
    int n = 0;

    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

/* How often a word stands in a graph's text. */
static int count_in(eg_graph *graph, const char *what)
{
    char *text = eg_graph_text(graph);
    int n = count(text, what);

    eg_free(text);
    return n;
}

EG_FUNCTION(straight, x)
{
    return eg_add(eg_mul(x, 2), 1);
}

TEST(a_straight_body_is_a_graph_with_named_ends)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(straight);
    eg_graph *g = eg_function_graph(f, 1, pair);
    assert_fine();
    check_same(f, g, "x", EG_F32(1, 2));
    assert_int_equal(count_in(g, "Switch"), 0);
    eg_graph_free(g);
    eg_function_free(f);
}

EG_FUNCTION(conditional, x)
{
    eg_tensor *s = eg_sum(x);

    if (eg_true(eg_greater(s, 0)))
        return eg_mul(x, 2);
    return eg_sub(x, s);
}

TEST(both_sides_of_a_decision_become_a_switch)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(conditional);
    eg_graph *g = eg_function_graph(f, 1, pair);
    assert_fine();
    check_same(f, g, "x", EG_F32(1, 2));
    check_same(f, g, "x", EG_F32(-1, -2));
    assert_int_equal(count_in(g, "Switch"), 1);
    eg_graph_free(g);
    eg_function_free(f);
}

EG_FUNCTION(many_in_a_row, x)
{
    for (int i = 0; i < 5; i++)
        x = eg_true(eg_greater(eg_sum(x), i)) ? eg_mul(x, 0.75) : eg_add(x, 1.5);
    return eg_tanh(x);
}

TEST(what_follows_alike_is_there_once)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(many_in_a_row);
    eg_graph *g = eg_function_graph(f, 1, pair);
    assert_fine();
    for (int i = -8; i < 8; i++)
        check_same(f, g, "x", EG_F32(0.7f * (float)i, 1.1f));
    assert_int_equal(count_in(g, "Switch"), 5);
    assert_int_equal(count_in(g, "Tanh"), 1);
    eg_graph_free(g);
    eg_function_free(f);
}

/* What the graph of all ways computes from whole numbers, each `step`, and how often it decides.
 * The function is freed. */
static void check_numbers(eg_function *f, const eg_tensor_spec *spec, int from, int to, int step,
    int switches)
{
    EG_SCOPE;
    eg_graph *g = eg_function_graph(f, 1, spec);

    assert_fine();
    for (int i = from; i < to; i += step)
        check_same(f, g, spec->name, eg_cast(eg_constant(i), spec->dtype));
    assert_int_equal(count_in(g, "Switch"), switches);
    eg_graph_free(g);
    eg_function_free(f);
}

EG_FUNCTION(asks_twice, x)
{
    if (eg_true(eg_greater(x, 0)))
        x = eg_mul(x, 2);
    else
        x = eg_mul(x, 3);
    eg_tensor *y = eg_true(eg_greater(x, 10)) ? eg_add(x, 1) : x;
    return eg_true(eg_greater(x, 10)) ? eg_mul(y, 2) : y;
}

EG_FUNCTION(asks_the_same, x)
{
    eg_tensor *y = eg_true(eg_greater(x, 0)) ? eg_mul(x, 2) : eg_mul(x, 3);

    return eg_true(eg_greater(x, 0)) ? eg_add(y, 1) : eg_sub(y, 1);
}

TEST(the_same_question_gets_the_same_answer)
{
    check_numbers(eg_function_of(asks_the_same), number, -6, 9, 3, 1);
    check_numbers(eg_function_of(asks_twice), number, -6, 9, 3, 2);
}

EG_FUNCTION(nested, x)
{
    if (eg_true(eg_greater(x, 0))) {
        if (eg_true(eg_greater(x, 10)))
            return eg_sqrt(x);
        return eg_mul(x, x);
    }
    for (int i = 0; i < 4 && eg_true(eg_less(x, -1)); i++)
        x = eg_mul(x, 0.5);
    return x;
}

TEST(decisions_in_decisions_and_loops_that_end)
{
    check_numbers(eg_function_of(nested), number, -20, 20, 3, 6);
}

EG_FUNCTION(alike, x)
{
    if (eg_true(eg_greater(x, 0)))
        return eg_mul(eg_add(x, 1), 2);
    return eg_mul(eg_add(x, 1), 2);
}

TEST(a_decision_that_changes_nothing_is_left_out)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(alike);
    eg_graph *g = eg_function_graph(f, 1, number);
    assert_int_equal(count_in(g, "Switch"), 0);
    assert_int_equal(count_in(g, "Greater"), 0);
    check_same(f, g, "x", EG_F32(1));
    eg_graph_free(g);
    eg_function_free(f);
}

EG_FUNCTION(switches, i)
{
    switch (eg_item_int(eg_remainder(i, 3))) {
    case 0:
        return eg_mul(i, 10);
    case 1:
        return eg_add(i, 100);
    default:
        return eg_neg(i);
    }
}

TEST(an_integer_with_few_values_is_a_question)
{
    check_numbers(eg_function_of(switches), whole, -4, 5, 1, 1);
}

EG_FUNCTION(picks, x)
{
    int64_t best = eg_item_int(eg_argmax(x));

    return eg_mul(eg_get(x, best), (double)best + 1);
}

TEST(the_place_of_the_largest_is_a_question)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(picks);
    eg_graph *g = eg_function_graph(f, 1, pair);
    assert_fine();
    check_same(f, g, "x", EG_F32(1, 2));
    check_same(f, g, "x", EG_F32(3, 2));
    eg_graph_free(g);
    eg_function_free(f);
}

/* ---- variables, effects ---------------------------------------------------------------------- */

static eg_tensor *total, *steps;

EG_FUNCTION(keeps_total, x)
{
    eg_assign_add(total, x);
    if (eg_true(eg_greater(total, 10)))
        eg_assign(total, eg_constant(0.0));
    else
        eg_assign_add(steps, eg_constant(1));
    return eg_mul(total, 2);
}

TEST(what_is_assigned_is_a_result_and_nothing_is_assigned)
{
    EG_SCOPE;
    total = eg_variable(eg_constant(4.0), .name = "the total");
    steps = eg_variable(eg_constant(0), .name = "steps");
    eg_function *f = eg_function_of(keeps_total);
    eg_graph *g = eg_function_graph(f, 1, number);
    assert_fine();
    assert_true(eg_item(total) == 4 && eg_item(steps) == 0);
    for (int i = 0; i < 8; i++) {
        EG_SCOPE;
        eg_tensor *x = EG_F32(3.25f * (float)i);
        eg_tensor *y = fetch(g, "x", x, "out0"), *now = fetch(g, "x", x, "assign:the_total");
        eg_tensor *n = fetch(g, "x", x, "assign:steps");
        eg_tensor *expected = eg_call(f, x);
        assert_same_bits(y, expected);
        assert_same_bits(now, eg_value(total));
        assert_same_bits(n, eg_value(steps));
    }
    eg_graph_free(g);
    eg_function_free(f);
    eg_variable_free(total);
    eg_variable_free(steps);
    assert_fine();
}

static int noted;

static eg_status notes(const eg_host_args *args)
{
    noted = 10 * noted + (int)*(const float *)args->in[0].data;
    return EG_OK;
}

static eg_host *note;

EG_FUNCTION(notes_things, x)
{
    eg_host_call(note, EG_IN(x));
    if (eg_true(eg_greater(x, 2)))
        eg_host_call(note, EG_IN(eg_sub(x, 1)));
    eg_host_call(note, EG_IN(eg_constant(9.0)));
    return eg_mul(x, 2);
}

TEST(effects_stay_in_order_on_each_side)
{
    note = eg_host_new(.call = notes);
    {
        EG_SCOPE;
        eg_function *f = eg_function_of(notes_things);
        noted = 0;
        eg_graph *g = eg_function_graph(f, 1, number);
        assert_int_equal(noted, 0);
        fetch(g, "x", EG_F32(5), "out0");
        assert_int_equal(noted, 549);
        noted = 0;
        fetch(g, "x", EG_F32(1), "out0");
        assert_int_equal(noted, 19);
        eg_graph_free(g);
        eg_function_free(f);
        assert_fine();
    }
    eg_host_free(note);
}

EG_FUNCTION(prints, x)
{
    eg_print(x);
    if (eg_true(eg_greater(x, 0)))
        eg_print(eg_neg(x));
    return x;
}

TEST(prints_become_part_of_the_graph)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(prints);
    eg_graph *g = eg_function_graph(f, 1, number);
    assert_int_equal(count_in(g, "Print"), 2);
    eg_graph_free(g);
    eg_function_free(f);
    assert_fine();
}

/* ---- gradients, functions, staged ------------------------------------------------------------ */

EG_FUNCTION(inner, x)
{
    return eg_true(eg_greater(eg_sum(x), 3)) ? eg_exp(x) : eg_mul(x, x);
}

static eg_function *callee;

EG_FUNCTION(gradient_of_call, x)
{
    eg_tensor *dx;

    EG_TAPE;
    eg_watch(x);
    eg_gradient(eg_call(callee, x), 1, &x, &dx);
    return eg_give(dx);
}

static eg_tensor *half(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_mul(in[0], 0.5);
}

static eg_tensor *is_large(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_greater(eg_sum(in[0]), 1);
}

EG_FUNCTION(stages, x)
{
    x = eg_while(is_large, half, NULL, 1, &x);
    return eg_true(eg_less(eg_sum(x), 0)) ? eg_neg(x) : x;
}

TEST(calls_gradients_and_staged_loops_are_traced_too)
{
    EG_SCOPE;
    callee = eg_function_of(inner);
    eg_function *f = eg_function_of(gradient_of_call), *f2 = eg_function_of(stages);
    eg_graph *g = eg_function_graph(f, 1, pair), *g2 = eg_function_graph(f2, 1, pair);
    assert_fine();
    for (int i = -2; i < 4; i++) {
        check_same(f, g, "x", EG_F32((float)i, 1.25f));
        check_same(f2, g2, "x", EG_F32((float)i, 1.25f));
    }
    eg_graph_free(g);
    eg_graph_free(g2);
    eg_function_free(f);
    eg_function_free(f2);
    eg_function_free(callee);
}

EG_FUNCTION(gives_two, x)
{
    return eg_tuple(eg_mul(x, 2), x);
}

TEST(results_of_a_tuple_are_numbered_and_names_given_by_default)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(gives_two);
    eg_graph *g = eg_function_graph(f, 1, &(eg_tensor_spec){NULL, EG_FLOAT32, 0, NULL});
    assert_true(eg_item(fetch(g, "in0", EG_F32(3), "out0")) == 6);
    assert_true(eg_item(fetch(g, "in0", EG_F32(3), "out1")) == 3);
    eg_graph_free(g);
    eg_function_free(f);
    assert_fine();
}

TEST(a_graph_is_saved_and_loaded)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(many_in_a_row);
    eg_graph *g = eg_function_graph(f, 1, pair);
    const char *folder = getenv("TMPDIR");
    char path[256];
    snprintf(path, sizeof path, "%s/eagre-symbolic-%p.txt", folder ? folder : "/tmp", (void *)g);
    eg_graph_save(g, path);
    eg_graph *again = eg_graph_load(path);
    remove(path);
    assert_fine();
    for (int i = -4; i < 4; i++)
        check_same(f, again, "x", EG_F32((float)i, 1));
    eg_graph_free(again);
    eg_graph_free(g);
    eg_function_free(f);
}

/* ---- what cannot be -------------------------------------------------------------------------- */

EG_FUNCTION(forever, x)
{
    while (eg_ok() && !eg_true(eg_less(eg_sum(x), 0)))
        x = eg_sub(x, 1);
    return x;
}

EG_FUNCTION(reads, x)
{
    float v[2];

    return eg_read(x, EG_FLOAT32, v, 2) == EG_OK ? eg_mul(x, v[0]) : NULL;
}

EG_FUNCTION(reads_a_number, x)
{
    return eg_mul(x, eg_item(eg_sum(x)));
}

EG_FUNCTION(shapes_differ, x)
{
    return eg_true(eg_greater(eg_sum(x), 0)) ? x : eg_sum(x);
}

EG_FUNCTION(numbers_differ, x)
{
    return eg_true(eg_greater(eg_sum(x), 0)) ? x : eg_tuple(x, x);
}

static int runs;

EG_FUNCTION(counts_runs, x)
{
    runs++;
    x = eg_mul(x, (double)runs);
    return eg_true(eg_greater(eg_sum(x), 0)) ? x : eg_neg(x);
}

EG_FUNCTION(gives_nothing, x)
{
    (void)x;
    return NULL;
}

TEST(what_no_graph_can_do_is_an_error_that_says_what_to_write)
{
    static const struct {
        const eg_callable *callable;
        const char *part;
    } cases[] = {
        {&forever_callable, "more than 64 ways"},
        {&reads_callable, "eg_host_call"},
        {&reads_a_number_callable, "eg_switch"},
        {&shapes_differ_callable, "result 0 is float32[] on one way"},
        {&numbers_differ_callable, "another"},
        {&counts_runs_callable, "depends on something"},
    };

    EG_SCOPE;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        eg_error error = {0};
        eg_function *f = eg_function_from(cases[i].callable, NULL, 0);
        {
            EG_TRY(&error);
            assert_null(eg_function_graph(f, 1, pair));
        }
        assert_int_equal(error.status, EG_STATE);
        if (!strstr(error.message, cases[i].part))
            fail_msg("%s: %s", cases[i].part, error.message);
        assert_non_null(strstr(error.message, "symbolic.c:"));
        eg_tensor *y = eg_call(f, EG_F32(-1, -2)); /* usable afterwards */
        assert_non_null(y);
        eg_function_free(f);
    }
}

TEST(wrong_arguments_are_errors)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(straight), *g = eg_function_of(gives_nothing);
    eg_tensor_spec bad[] = {{"x", EG_FLOAT32, 1, (const int64_t[]){-2}}};
    eg_tensor_spec unnamed[] = {{"a b", EG_FLOAT32, 0, NULL}}, taken[] = {{"out0", EG_INT32, 0, 0}};

    eg_function_graph(NULL, 1, pair);
    assert_error(EG_INVALID, "is NULL");
    eg_function_graph(f, 2, pair);
    assert_error(EG_INVALID, "takes 1 arguments, not 2");
    eg_function_graph(f, 1, NULL);
    assert_error(EG_INVALID, "takes 1");
    eg_function_graph(f, 1, bad);
    assert_error(EG_INVALID, "negative");
    eg_function_graph(f, 1, unnamed);
    assert_error(EG_INVALID, "no name");
    eg_function_graph(f, 1, taken);
    assert_error(EG_INVALID, "taken");
    eg_function_graph(g, 1, pair);
    assert_error(EG_INVALID, "returned NULL");
    {
        eg_graph *open = eg_graph_new("open");
        {
            EG_GRAPH(open);
            eg_function_graph(f, 1, pair);
            assert_error(EG_STATE, "a graph is open");
        }
        eg_graph_free(open);
    }
    eg_function_free(f);
    eg_function_free(g);
}
