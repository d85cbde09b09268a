/* Staged control flow: in functions and graphs it computes, and differentiates to, what its bodies
 * do eagerly.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

static const double close_enough = 1e-12;

static void assert_close(const char *what, eg_tensor *is, eg_tensor *should_be)
{
    assert_fine();
    if (eg_rank(is) == eg_rank(should_be) && eg_dtype_of(is) == eg_dtype_of(should_be) &&
        eg_true(eg_all(eg_less_equal(eg_abs(eg_sub(is, should_be)),
            eg_mul(close_enough, eg_add(1.0, eg_abs(should_be)))))))
        return;
    print_message("%s:\n", what);
    eg_print(is);
    eg_print(should_be);
    fail_msg("%s differs", what);
}

/* ---- what is computed: of x, float64, one tensor -------------------------------------------- */

#define BODY(name, ...)                                                                            \
    static eg_tensor *name(int n, eg_tensor *const in[], void *env)                                \
    {                                                                                              \
        eg_tensor *x = in[0], *y = n > 1 ? in[1] : NULL, *z = n > 2 ? in[2] : NULL;                \
        (void)x, (void)y, (void)z, (void)env;                                                      \
        return __VA_ARGS__;                                                                        \
    }

BODY(twice, eg_mul(x, 2))
BODY(squared, eg_mul(x, eg_sin(x)))
BODY(is_small, eg_less(eg_sum(eg_abs(x)), 100))
BODY(grow, eg_add(eg_mul(x, 1.5), eg_sin(x)))
BODY(never, eg_less(x, x))

BODY(by_sign, eg_cond(eg_greater(eg_sum(x), 0), twice, squared, NULL, 1, &x))
BODY(by_other_sign, eg_cond(eg_less(eg_sum(x), 0), twice, squared, NULL, 1, &x))
BODY(third_of_three,
    eg_switch(eg_scalar_int(EG_INT64, 7), 3, ((const eg_body[]){squared, twice, grow}), NULL, 1,
        &x))
BODY(until_large, eg_while(is_small, grow, NULL, 1, &x))
BODY(at_most_two, eg_while(is_small, grow, NULL, 1, &x, .most = 2))

static eg_tensor *no_step(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *x = in[0], *first = eg_get(x, 0);
    (void)n, (void)env;
    return eg_add(x, eg_while(never, grow, NULL, 1, &first));
}

/* Two variables, a third that is whole, and x used from outside. */
static eg_tensor *outer;
BODY(below_five, eg_less(in[2], 5))
BODY(mix,
    eg_tuple(eg_mul(eg_add(x, y), eg_cos(outer)), eg_sub(eg_mul(x, 0.5), outer), eg_add(z, 1)))

static eg_tensor *several(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *state[] = {in[0], eg_exp(eg_neg(in[0])), eg_scalar_int(EG_INT64, 0)};

    (void)n;
    outer = in[0];
    eg_tensor *y = eg_while(below_five, mix, env, 3, state);
    outer = NULL;
    return eg_mul(eg_part(y, 0), eg_part(y, 1));
}

BODY(step_power, eg_tuple(eg_add(y, eg_mul(z, eg_cast(eg_add(x, 1), EG_FLOAT64))), eg_mul(z, 0.9)))

static eg_tensor *counted(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *state[] = {eg_zeros_like(in[0]), eg_sin(in[0])};

    (void)n, (void)env;
    return eg_part(eg_for(eg_scalar_int(EG_INT64, 4), step_power, NULL, 2, state), 0);
}

/* A recurrent layer over the elements of x, which keeps all its states. */
BODY(cell, eg_tuple(eg_tanh(eg_add(eg_mul(x, 0.5), eg_mul(y, outer))), eg_mul(x, y)))

static eg_tensor *recurrent(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *both[] = {eg_sum(eg_mul(in[0], 0.25)), in[0]};

    (void)n, (void)env;
    outer = eg_mean(in[0]);
    eg_tensor *y = eg_scan(cell, NULL, 1, 2, both);
    outer = NULL;
    return eg_add(eg_part(y, 1), eg_part(y, 0));
}

static eg_tensor *reversed(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *both[] = {eg_get(in[0], 1), in[0]};
    eg_scan_attrs backwards = {.size = sizeof backwards, .reverse = true};

    (void)n, (void)env;
    outer = eg_mean(in[0]);
    eg_tensor *y = eg_scan_with(cell, NULL, 1, 2, both, &backwards);
    outer = NULL;
    return eg_part(y, 1);
}

/* Loops in loops and branches in loops. */
BODY(inner_small, eg_less(eg_sum(eg_abs(x)), 10))
BODY(inner, eg_add(eg_while(inner_small, grow, NULL, 1, &x), by_sign(1, &x, NULL)))
BODY(nested, eg_while(is_small, inner, NULL, 1, &x))

static const struct {
    const char *name;
    eg_body body;
} bodies[] = {
    {"cond", by_sign},
    {"cond, the other way", by_other_sign},
    {"switch", third_of_three},
    {"while", until_large},
    {"while, at most twice", at_most_two},
    {"while, not once", no_step},
    {"while with several variables", several},
    {"for", counted},
    {"scan", recurrent},
    {"scan, backwards", reversed},
    {"nested", nested},
};

enum { BODIES = sizeof bodies / sizeof *bodies };

static eg_tensor *example(int i)
{
    return i == 0 ? EG_F64(0.7, -0.2, 1.3) : EG_F64(0.4, 1.1, -0.6);
}

TEST(functions_compute_what_bodies_do)
{
    for (int k = 0; k < BODIES; k++) {
        eg_function *f = eg_function_new(bodies[k].body, 1, NULL, 0);
        for (int i = 0; i < 4; i++) {
            EG_SCOPE;
            eg_tensor *x = example(i % 2);
            assert_close(bodies[k].name, eg_call(f, x), bodies[k].body(1, &x, NULL));
        }
        assert_null(eg_function_why_eager(f));
        assert_int_equal(eg_function_trace_count(f), 1);
        eg_function_free(f);
    }
}

TEST(sessions_compute_what_bodies_do)
{
    for (int k = 0; k < BODIES; k++) {
        EG_SCOPE;
        eg_graph *graph = eg_graph_new("staged");
        eg_tensor *x, *y;
        {
            EG_GRAPH(graph);
            x = eg_placeholder("x", EG_FLOAT64, EG_DIMS(3));
            y = eg_retain(bodies[k].body(1, &x, NULL));
            eg_retain(x);
        }
        eg_session *session = eg_session_new(graph);
        eg_tensor *in = example(0), *out;
        eg_session_run(session, EG_FEEDS({x, in}), 1, &y, &out);
        assert_close(bodies[k].name, out, bodies[k].body(1, &in, NULL));
        eg_session_free(session);
        eg_release(x);
        eg_release(y);
        eg_graph_free(graph);
    }
}

TEST(examples_are_mapped_one_by_one)
{
    for (int k = 0; k < BODIES; k++) {
        EG_SCOPE;
        eg_tensor *first = example(0), *second = example(1);
        eg_tensor *both = eg_stack(EG_IN(first, second), .axis = 0);
        eg_tensor *mapped = eg_vmap(bodies[k].body, NULL, 1, &both, NULL);
        assert_close(bodies[k].name, eg_get(mapped, 0), bodies[k].body(1, &first, NULL));
        assert_close(bodies[k].name, eg_get(mapped, 1), bodies[k].body(1, &second, NULL));
    }
}

TEST(tangents_are_those_of_gradients)
{
    for (int k = 0; k < BODIES; k++) {
        EG_SCOPE;
        eg_body body = bodies[k].body;
        eg_tensor *x = example(1), *v = EG_F64(1, -2, 0.5), *u = EG_F64(0.3, 1, 2);
        eg_tensor *forward = NULL, *back = NULL;
        eg_jvp(body, NULL, 1, &x, &v, &forward);
        eg_vjp(body, NULL, 1, &x, u, &back);
        assert_close(bodies[k].name, eg_sum(eg_mul(forward, u)), eg_sum(eg_mul(back, v)));
    }
}

/* ---- text ----------------------------------------------------------------------------------- */

/* A graph of a body: y of x. */
static eg_graph *graph_of(eg_body body)
{
    eg_graph *graph = eg_graph_new("staged");
    EG_GRAPH(graph);
    eg_tensor *x = eg_placeholder("x", EG_FLOAT64, EG_DIMS(3));

    eg_name(eg_identity(body(1, &x, NULL)), "y");
    return graph;
}

static eg_tensor *run_graph(eg_graph *graph, eg_tensor *in)
{
    eg_session *session = eg_session_new(graph);
    eg_tensor *x = eg_graph_symbol(graph, "x"), *y = eg_graph_symbol(graph, "y"), *out = NULL;

    eg_session_run(session, EG_FEEDS({x, in}), 1, &y, &out);
    eg_session_free(session);
    return out;
}

TEST(what_is_read_back_computes_the_same)
{
    for (int k = 0; k < BODIES; k++) {
        EG_SCOPE;
        eg_graph *graph = graph_of(bodies[k].body);
        char *text = eg_graph_text(graph);
        eg_graph *again = eg_graph_parse(text);
        assert_fine();
        char *same = eg_graph_text(again);
        assert_string_equal(text, same);
        assert_close(bodies[k].name, run_graph(again, example(1)), run_graph(graph, example(1)));
        eg_free(text);
        eg_free(same);
        eg_graph_free(graph);
        eg_graph_free(again);
    }
}

/* Each text with one letter changed is refused or understood, never worse. */
TEST(hostile_texts_are_errors)
{
    static const char letters[] = "0179 ,.(){}%\"xs";
    uint64_t state = 7;
    int refused = 0;

    for (int k = 0; k < BODIES; k++) {
        eg_graph *graph = graph_of(bodies[k].body);
        char *text = eg_graph_text(graph);
        size_t n = strlen(text);
        for (int i = 0; i < 400; i++) {
            EG_TRY(NULL);
            size_t at = harness_random(&state) % n;
            char old = text[at];
            text[at] = letters[harness_random(&state) % (sizeof letters - 1)];
            eg_graph *read = eg_graph_parse(text);
            refused += read == NULL;
            eg_graph_free(read);
            text[at] = old;
        }
        eg_free(text);
        eg_graph_free(graph);
    }
    assert_true(refused > BODIES * 200);
}

/* ---- gradients ------------------------------------------------------------------------------ */

/* The gradient of sum(body(x)^2). */
static eg_tensor *slope(int n, eg_tensor *const in[], void *env)
{
    const eg_body *body = env;
    eg_tensor *g;
    EG_TAPE;

    eg_watch(in[0]);
    eg_tensor *y = (*body)(n, in, NULL);
    eg_gradient(eg_sum(eg_mul(y, y)), 1, in, &g);
    return eg_give(g);
}

/* The gradient of sum(sin(slope)). */
static eg_tensor *slope_of_slope(eg_function *f, const eg_body *body, eg_tensor *x)
{
    eg_tensor *g;
    EG_TAPE;

    eg_watch(x);
    eg_tensor *y = f ? eg_call(f, x) : slope(1, &x, (void *)(uintptr_t)body);
    eg_gradient(eg_sum(eg_sin(y)), 1, &x, &g);
    return eg_give(g);
}

/* The gradient through a call of the body. */
static eg_tensor *slope_of_call(eg_function *f, eg_tensor *x)
{
    eg_tensor *g;
    EG_TAPE;

    eg_watch(x);
    eg_tensor *y = eg_call(f, x);
    eg_gradient(eg_sum(eg_mul(y, y)), 1, &x, &g);
    return eg_give(g);
}

TEST(gradients_of_calls_are_those_of_bodies)
{
    for (int k = 0; k < BODIES; k++) {
        eg_function *f = eg_function_new(bodies[k].body, 1, NULL, 0);
        for (int i = 0; i < 4; i++) {
            EG_SCOPE;
            eg_tensor *x = example(i % 2);
            assert_close(bodies[k].name, slope_of_call(f, x),
                slope(1, &x, (void *)(uintptr_t)&bodies[k].body));
        }
        assert_null(eg_function_why_eager(f));
        eg_function_free(f);
    }
}

TEST(gradients_within_functions_have_gradients)
{
    for (int k = 0; k < BODIES; k++) {
        eg_body body = bodies[k].body;
        eg_function *f = eg_function_new(slope, 1, &body, sizeof body);
        for (int i = 0; i < 4; i++) {
            EG_SCOPE;
            eg_tensor *x = example(i % 2);
            assert_close(bodies[k].name, eg_call(f, x), slope(1, &x, &body));
            assert_close(bodies[k].name, slope_of_slope(f, NULL, x),
                slope_of_slope(NULL, &body, x));
        }
        assert_null(eg_function_why_eager(f));
        eg_function_free(f);
    }
}
