/* Gradients of the user's own, and recomputation, in every mode.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <math.h>
#include <string.h>

static int forwards;

/* log(1 + e^x), whose own gradient would overflow. */
static eg_tensor *log1pexp(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    forwards++;
    return eg_log(eg_add(eg_exp(in[0]), 1));
}

static eg_status log1pexp_backward(const eg_rule_call *c)
{
    c->dx[0] = eg_mul(c->dy, eg_sigmoid(c->x[0]));
    return eg_pending(NULL);
}

static const eg_rule stable = {"log1pexp", log1pexp, log1pexp_backward, NULL};

static eg_tensor *slope_of(const eg_rule *rule, eg_tensor *x)
{
    eg_tensor *dx = NULL;
    EG_TAPE;

    eg_watch(x);
    eg_gradient(eg_custom_gradient(rule, EG_IN(x)), EG_IN(x), &dx);
    return eg_give(dx);
}

TEST(the_rules_gradient_is_used_instead_of_the_operations)
{
    EG_SCOPE;
    assert_prints(slope_of(&stable, EG_F32(0, 1000)), "[0.5 1. ] float32[2]");
    assert_fine();
}

TEST(second_derivatives_go_through_the_rules_gradient)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(0.5), *second = NULL;
    double s = 1 / (1 + exp(-0.5));
    EG_TAPE;

    eg_watch(x);
    eg_gradient(slope_of(&stable, x), EG_IN(x), &second);
    assert_fine();
    assert_float_equal(eg_item(second), s * (1 - s), 1e-12);
}

static eg_tensor *slope_body(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    return slope_of(*(const eg_rule *const *)env, in[0]);
}

static eg_tensor *value_body(int n, eg_tensor *const in[], void *env)
{
    return eg_custom_gradient(*(const eg_rule *const *)env, n, in);
}

TEST(a_rule_is_the_same_inside_a_function_and_under_a_tape_around_one)
{
    EG_SCOPE;
    const eg_rule *rule = &stable;
    eg_function *inside = eg_function_new(slope_body, 1, &rule, sizeof rule);
    eg_function *around = eg_function_new(value_body, 1, &rule, sizeof rule);

    for (int i = 0; i < 4; i++) {
        eg_tensor *x = EG_F32(i, 1000), *dx;
        double want = eg_item(eg_slice(slope_of(rule, x), .count = EG_AT(1)));
        assert_true(eg_item(eg_slice(eg_call(inside, x), .count = EG_AT(1))) == want);
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_call(around, x), EG_IN(x), &dx);
        assert_true(eg_item(eg_slice(dx, .count = EG_AT(1))) == want);
        assert_prints(eg_slice(dx, .begin = EG_AT(1)), "[1.] float32[1]");
    }
    assert_fine();
    assert_int_equal(eg_function_trace_count(inside), 1);
    assert_null(eg_function_why_eager(around));
    eg_function_free(inside);
    eg_function_free(around);
}

TEST(a_graph_holds_forward_and_gradient_alone_and_its_text_parses_back)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("g");
    {
        EG_GRAPH(graph);
        eg_name(slope_of(&stable, eg_placeholder("x", EG_FLOAT32, EG_NO_DIMS)), "slope");
    }
    assert_fine();
    char *text = eg_graph_text(graph);
    assert_null(strstr(text, "WithGradient"));
    eg_graph *again = eg_graph_parse(text);
    eg_session *s = eg_session_new(again);
    eg_tensor *result, *x = eg_graph_symbol(again, "x"), *slope = eg_graph_symbol(again, "slope");
    eg_session_run(s, EG_FEEDS({x, EG_F32(1000)}), EG_IN(slope), &result);
    assert_prints(result, "1. float32[]");
    eg_session_free(s);
    eg_graph_free(again);
    eg_graph_free(graph);
    eg_free(text);
}

/* ---- mistakes ------------------------------------------------------------------------------- */

static eg_status of_another_shape(const eg_rule_call *c)
{
    c->dx[0] = EG_F32(1, 2, 3);
    return EG_OK;
}

static eg_status fails_silently(const eg_rule_call *c)
{
    (void)c;
    return EG_INVALID;
}

static eg_tensor *two(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_tuple(in[0], in[0]);
}

TEST(mistakes_in_a_rule_name_it_and_the_line)
{
    EG_SCOPE;
    eg_rule rule = stable;

    rule.backward = of_another_shape;
    assert_null(slope_of(&rule, EG_F32(1)));
    assert_error(EG_INVALID, "gradient 0 is float32[3], its argument float32[]");
    assert_null(slope_of(&rule, EG_F32(1)));
    assert_error(EG_INVALID, "custom.c:");
    rule.backward = fails_silently;
    assert_null(slope_of(&rule, EG_F32(1)));
    assert_error(EG_INVALID, "without an error");
    rule = (eg_rule){"pair", two, log1pexp_backward, NULL};
    assert_null(slope_of(&rule, EG_F32(1)));
    assert_error(EG_INVALID, "a tuple, not one tensor");
    rule.forward = NULL;
    assert_null(eg_custom_gradient(&rule, EG_IN(EG_F32(1))));
    assert_error(EG_INVALID, "forward body is NULL");
    assert_null(eg_custom_gradient(NULL, EG_IN(EG_F32(1))));
    assert_error(EG_INVALID, "rule is NULL");
    assert_null(eg_custom_gradient(&stable, 1, (eg_tensor *[]){NULL}));
    assert_error(EG_INVALID, "argument 0 is NULL");
    assert_null(eg_custom_gradient(&stable, 0, NULL));
    assert_error(EG_INVALID, "0 arguments");
}

/* ---- recomputation -------------------------------------------------------------------------- */

static eg_tensor *deep(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *y = in[0];

    (void)n, (void)env;
    forwards++;
    for (int i = 0; i < 8; i++)
        y = eg_tanh(eg_mul(y, in[1]));
    return y;
}

static void gradients_of(bool again, eg_tensor *x, eg_tensor *w, eg_tensor *dx[2])
{
    EG_TAPE;
    eg_tensor *in[] = {x, w};

    eg_watch(x);
    eg_tensor *y = again ? eg_recompute(deep, NULL, 2, in) : deep(2, in, NULL);
    eg_gradient(eg_square(y), EG_IN(x, w), dx);
    eg_give(dx[0]);
    eg_give(dx[1]);
}

TEST(recomputation_gives_the_same_bits_for_arguments_and_variables)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(0.1, -2, 3), *dx[2], *again[2];
    eg_tensor *w = eg_variable(EG_F32(0.5, 1.5, -1), .name = "w");

    gradients_of(false, x, w, dx);
    forwards = 0;
    gradients_of(true, x, w, again);
    assert_fine();
    assert_int_equal(forwards, 2);
    for (int i = 0; i < 2; i++)
        assert_true(eg_item(eg_min(eg_cast(eg_equal(dx[i], again[i]), EG_INT32))) == 1);
    eg_variable_free(w);
}

TEST(recomputation_keeps_arguments_and_result_alone)
{
    EG_SCOPE;
    eg_tensor *x = eg_ones(EG_FLOAT32, EG_DIMS(100000)), *w = EG_F32(1);
    size_t bytes[2];

    for (int again = 0; again < 2; again++) {
        EG_TAPE;
        eg_tensor *in[] = {x, w};
        eg_watch(x);
        size_t before = eg_memory_now().in_use;
        again ? eg_recompute(deep, NULL, 2, in) : deep(2, in, NULL);
        bytes[again] = eg_memory_now().in_use - before;
    }
    assert_fine();
    assert_true(bytes[1] < 600000 && bytes[0] > 6 * 400000);
}
