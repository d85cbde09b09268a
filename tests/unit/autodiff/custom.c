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

/* ---- several results ------------------------------------------------------------------------ */

static int backwards;

/* Length and angle of (x, y), and the quadrant as a whole number. */
static eg_tensor *polar(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_tensor *below = eg_cast(eg_less(in[1], 0), EG_INT32);
    return eg_tuple(eg_hypot(in[0], in[1]), eg_atan2(in[1], in[0]), below);
}

static eg_status polar_backward(const eg_rule_call *c)
{
    eg_tensor *r = eg_part(c->y, 0), *dr = eg_part(c->dy, 0), *da = eg_part(c->dy, 1);
    eg_tensor *x = c->x[0], *y = c->x[1], *turn = eg_div(da, eg_square(r));

    backwards++;
    if (!eg_is_none(eg_part(c->dy, 2)))
        return eg_fail(EG_INVALID, "polar", "a whole number has a gradient");
    c->dx[0] = eg_sub(eg_div(eg_mul(dr, x), r), eg_mul(turn, y));
    c->dx[1] = eg_add(eg_div(eg_mul(dr, y), r), eg_mul(turn, x));
    return eg_pending(NULL);
}

static const eg_rule polar_rule = {"polar", polar, polar_backward, NULL};

typedef eg_tensor *way(int n, eg_tensor *const in[]);

static eg_tensor *by_operations(int n, eg_tensor *const in[])
{
    return polar(n, in, NULL);
}

static eg_tensor *by_rule(int n, eg_tensor *const in[])
{
    return eg_custom_gradient(&polar_rule, n, in);
}

static eg_tensor *by_recomputing(int n, eg_tensor *const in[])
{
    return eg_recompute(polar, NULL, n, in);
}

/* Something in which all results matter. */
static eg_tensor *mix(way *f, eg_tensor *x, eg_tensor *y)
{
    eg_tensor *in[] = {x, y}, *p = f(2, in);
    eg_tensor *sign = eg_sub(1, eg_mul(eg_cast(eg_part(p, 2), EG_FLOAT64), 2));
    return eg_mul(eg_mul(eg_square(eg_part(p, 0)), eg_sin(eg_part(p, 1))), sign);
}

/* First and second derivatives by x and y. */
static void derivatives(way *f, eg_tensor *x, eg_tensor *y, eg_tensor *first[2],
    eg_tensor *second[2])
{
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    eg_watch(y);
    {
        EG_TAPE;
        eg_watch(x);
        eg_watch(y);
        eg_gradient(mix(f, x, y), EG_IN(x, y), first);
        eg_give(first[0]);
        eg_give(first[1]);
    }
    eg_gradient(eg_mul(first[0], eg_exp(first[1])), EG_IN(x, y), second);
    for (int i = 0; i < 2; i++) {
        eg_give(first[i]);
        eg_give(second[i]);
    }
}

static void assert_near(eg_tensor *x, eg_tensor *y)
{
    assert_fine();
    assert_true(eg_item(eg_max(eg_abs(eg_sub(x, y)))) < 1e-9);
}

static void assert_same_derivatives(way *f)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(0.5, -1.5, 2), *y = EG_F64(1.25, 0.75, -3);
    eg_tensor *first[2], *second[2], *want[2], *want_second[2];

    derivatives(by_operations, x, y, want, want_second);
    derivatives(f, x, y, first, second);
    for (int i = 0; i < 2; i++) {
        assert_near(first[i], want[i]);
        assert_near(second[i], want_second[i]);
    }
}

TEST(a_rule_of_several_results_gives_first_and_second_derivatives)
{
    backwards = 0;
    assert_same_derivatives(by_rule);
    assert_true(backwards > 0);
}

TEST(several_results_are_computed_again)
{
    assert_same_derivatives(by_recomputing);
}

EG_FUNCTION(mixed, x, y)
{
    return mix(by_rule, x, y);
}

EG_FUNCTION(mixed_again, x, y)
{
    return mix(by_recomputing, x, y);
}

EG_FUNCTION(slope_of_mixed, x, y)
{
    eg_tensor *dx = NULL;
    EG_TAPE;

    eg_watch(x);
    eg_gradient(mix(by_rule, x, y), EG_IN(x), &dx);
    return eg_give(dx);
}

static void assert_traced(eg_function *f)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(0.5, -1.5, 2), *y = EG_F64(1.25, 0.75, -3);
    eg_tensor *first[2], *second[2], *want[2], *want_second[2];
    EG_TAPE_WITH(.persistent = true);

    derivatives(by_operations, x, y, want, want_second);
    for (int i = 0; i < 3; i++) {
        EG_TAPE;
        eg_watch(x);
        eg_watch(y);
        eg_gradient(eg_call(f, x, y), EG_IN(x, y), first);
        assert_near(first[0], want[0]);
        assert_near(first[1], want[1]);
    }
    eg_watch(x);
    eg_watch(y);
    {
        EG_TAPE;
        eg_watch(x);
        eg_watch(y);
        eg_gradient(eg_call(f, x, y), EG_IN(x, y), first);
        eg_give(first[0]);
        eg_give(first[1]);
    }
    eg_gradient(eg_mul(first[0], eg_exp(first[1])), EG_IN(x, y), second);
    assert_near(second[0], want_second[0]);
    assert_near(second[1], want_second[1]);
    assert_null(eg_function_why_eager(f));
}

TEST(traced_functions_differentiate_rules_of_several_results)
{
    eg_function *f = eg_function_of(mixed), *again = eg_function_of(mixed_again);

    assert_traced(f);
    assert_traced(again);
    eg_function_free(f);
    eg_function_free(again);
}

TEST(a_function_holds_the_gradient_of_a_rule_of_several_results)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(slope_of_mixed);
    eg_tensor *x = EG_F64(0.5, -1.5, 2), *y = EG_F64(1.25, 0.75, -3), *want[2], *unused[2];

    derivatives(by_operations, x, y, want, unused);
    for (int i = 0; i < 3; i++)
        assert_near(eg_call(f, x, y), want[0]);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

static eg_tensor *mix_by_way(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    return mix(*(way **)env, in[0], in[1]);
}

TEST(forward_mode_and_mapping_go_through_rules_of_several_results)
{
    EG_SCOPE;
    way *ways[] = {by_operations, by_rule, by_recomputing};
    eg_tensor *in[] = {EG_F64(0.5, -1.5, 2), EG_F64(1.25, 0.75, -3)};
    eg_tensor *v[] = {EG_F64(1, 2, -1), EG_F64(0.5, 0, 3)}, *tangent[3], *mapped[3];

    for (int i = 0; i < 3; i++) {
        eg_jvp(mix_by_way, &ways[i], 2, in, v, &tangent[i]);
        mapped[i] = eg_vmap(mix_by_way, &ways[i], 2, in, NULL);
        assert_near(tangent[i], tangent[0]);
        assert_near(mapped[i], mapped[0]);
    }
}

static eg_tensor *one_in_a_tuple(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_tuple(eg_square(in[0]));
}

static eg_status twice_as_steep(const eg_rule_call *c)
{
    c->dx[0] = eg_mul(eg_mul(eg_part(c->dy, 0), c->x[0]), 4);
    return eg_pending(NULL);
}

TEST(a_tuple_of_one_stays_a_tuple)
{
    EG_SCOPE;
    eg_rule rule = {"one", one_in_a_tuple, twice_as_steep, NULL};
    eg_tensor *x = EG_F32(3), *dx;
    EG_TAPE;

    eg_watch(x);
    eg_tensor *y = eg_custom_gradient(&rule, EG_IN(x));
    assert_int_equal(eg_parts(y), 1);
    eg_gradient(eg_part(y, 0), EG_IN(x), &dx);
    assert_prints(dx, "12. float32[]");
}

static eg_tensor *of_the_first(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_square(in[0]);
}

TEST(what_is_computed_again_may_leave_an_argument_out)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(3), *z = EG_F32(5), *d[2];
    EG_TAPE;

    eg_watch(z);
    eg_watch(x);
    eg_gradient(eg_recompute(of_the_first, NULL, EG_IN(x, z)), EG_IN(x, z), d);
    assert_prints(d[0], "6. float32[]");
    assert_prints(d[1], "0. float32[]");
}

TEST(an_argument_alone_that_is_left_out_has_gradient_zero)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(3), *z = EG_F32(5), *dz;
    EG_TAPE;

    eg_watch(z);
    eg_gradient(eg_recompute(of_the_first, NULL, EG_IN(x, z)), EG_IN(z), &dz);
    assert_prints(dz, "0. float32[]");
}

static eg_tensor *never_the_same(int n, eg_tensor *const in[], void *env)
{
    int *times = env;

    (void)n;
    return (*times)++ == 0 ? eg_square(in[0]) : eg_tuple(in[0], in[0]);
}

TEST(what_is_computed_again_must_be_the_same)
{
    EG_SCOPE;
    int times = 0;
    eg_tensor *x = EG_F32(3), *dx;
    EG_TAPE;

    eg_watch(x);
    eg_tensor *y = eg_recompute(never_the_same, &times, EG_IN(x));
    eg_gradient(y, EG_IN(x), &dx);
    assert_error(EG_INVALID, "something else");
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

static eg_status fills_in_too_much(const eg_rule_call *c)
{
    c->dx[0] = c->dx[1] = c->dy;
    return EG_OK;
}

static eg_status gives_a_tuple(const eg_rule_call *c)
{
    c->dx[0] = eg_tuple(c->dy, c->dy);
    return EG_OK;
}

static eg_status of_another_dtype(const eg_rule_call *c)
{
    c->dx[0] = eg_cast(c->dy, EG_FLOAT64);
    return EG_OK;
}

static eg_status fails_with_a_null(const eg_rule_call *c)
{
    c->dx[0] = eg_mul(c->dy, (eg_tensor *)NULL);
    return EG_OK;
}

static eg_tensor *nothing(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)in, (void)env;
    return NULL;
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
    assert_null(slope_of(&rule, EG_F32(1)));
    assert_error(EG_INVALID, "custom.c:");
    rule.backward = fills_in_too_much;
    assert_null(slope_of(&rule, EG_F32(1)));
    assert_error(EG_INVALID, "gradient 1 was filled in, but the rule has fewer arguments");
    rule.backward = gives_a_tuple;
    assert_null(slope_of(&rule, EG_F32(1)));
    assert_error(EG_INVALID, "gradient 0 is a tuple");
    rule.backward = of_another_dtype;
    assert_null(slope_of(&rule, EG_F32(1)));
    assert_error(EG_INVALID, "gradient 0 is float64[], its argument float32[]");
    rule.backward = fails_with_a_null;
    assert_null(slope_of(&rule, EG_F32(1)));
    assert_error(EG_INVALID, "y is NULL");
    rule.forward = nothing;
    assert_null(slope_of(&rule, EG_F32(1)));
    assert_error(EG_INVALID, "the forward body returned NULL");
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
