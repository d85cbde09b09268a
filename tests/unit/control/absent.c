/* Nothing flows back to what did not run: at points where a derivative is infinite, gradients of
 * staged control flow are those of the same bodies run eagerly, bit for bit; those of gradients up
 * to the order of sums.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <math.h>
#include <string.h>

/* One NaN is like another. */
static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* Up to `tolerance`, for what is added in another order. */
static bool close_to(double a, double b, double tolerance)
{
    return same(a, b) || fabs(a - b) <= tolerance * (1 + fabs(b));
}

static void assert_close(const char *what, const char *way, eg_tensor *is, eg_tensor *should_be,
    double tolerance)
{
    assert_fine();
    assert_int_equal(eg_size(is), eg_size(should_be));
    const double *a = eg_data(is, EG_FLOAT64), *b = eg_data(should_be, EG_FLOAT64);
    bool equal = true;
    for (int64_t i = 0; i < eg_size(is); i++)
        equal = equal && close_to(a[i], b[i], tolerance);
    if (equal)
        return;
    print_message("%s, %s:\n", what, way);
    eg_print(is);
    eg_print(should_be);
    fail_msg("%s differs %s", what, way);
}

static void assert_same(const char *what, const char *way, eg_tensor *is, eg_tensor *should_be)
{
    assert_close(what, way, is, should_be, 0);
}

/* ---- bodies: of x, float64[3], which is zero where it matters -------------------------------- */

/* What steps and branches use from outside: a root, with an infinite derivative at zero. */
static eg_tensor *root;

#define BODY(name, ...)                                                                            \
    static eg_tensor *name(int n, eg_tensor *const in[], void *env)                                \
    {                                                                                              \
        eg_tensor *x = in[0], *y = n > 1 ? in[1] : NULL, *z = n > 2 ? in[2] : NULL;                \
        (void)x, (void)y, (void)z, (void)env;                                                      \
        return __VA_ARGS__;                                                                        \
    }

#define WITH_ROOT(name, ...)                                                                       \
    static eg_tensor *name(int n, eg_tensor *const in[], void *env)                                \
    {                                                                                              \
        eg_tensor *x = in[0], *y;                                                                  \
        (void)n, (void)env;                                                                        \
        root = eg_sqrt(x);                                                                         \
        y = __VA_ARGS__;                                                                           \
        root = NULL;                                                                               \
        return y;                                                                                  \
    }

static eg_tensor *is_positive(eg_tensor *x)
{
    return eg_greater(eg_sum(x), 0);
}

BODY(tripled, eg_mul(x, 3))
BODY(with_root, eg_mul(root, x))
BODY(by_root, eg_mul(eg_cos(x), eg_add(root, 1)))
BODY(step_by_root, eg_mul(eg_cos(y), eg_add(root, 1)))
BODY(second_of_two, eg_mul(y, 3))
BODY(first_of_two, eg_mul(x, 3))

/* Captured by one branch, passed to both, computed inside and not returned. */
WITH_ROOT(captured, eg_cond(is_positive(x), with_root, tripled, NULL, 1, &x))
WITH_ROOT(passed, eg_cond(is_positive(x), first_of_two, second_of_two, NULL, EG_IN(root, x)))
BODY(both_ways, eg_tuple(eg_sqrt(x), eg_sin(x)))
BODY(two_results, eg_part(eg_cond(is_positive(x), both_ways, both_ways, NULL, 1, &x), 1))

/* A quotient and a logarithm, with more between them and the branch. */
static eg_tensor *far_away(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *x = in[0], *log = eg_reshape(eg_log(eg_abs(x)), 2, (int64_t[]){1, 3});

    (void)n;
    eg_tensor *far = eg_mul(eg_neg(eg_sum(log, .axes = {1, {0}})), eg_div(1.0, x));
    return eg_add(eg_cond(is_positive(x), first_of_two, second_of_two, env, EG_IN(far, x)),
        eg_cond(is_positive(x), tripled, tripled, env, 1, &x));
}

/* Two branches, of which one, both or none give something: what is added to nothing is as it is. */
static eg_tensor *joined(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *x = in[0], *w = eg_sqrt(eg_abs(x)), *more = eg_greater(eg_sum(x), -1);

    (void)n;
    eg_tensor *a = eg_cond(is_positive(x), first_of_two, second_of_two, env, EG_IN(w, x));
    eg_tensor *b = eg_cond(more, second_of_two, first_of_two, env, EG_IN(w, x));
    return eg_add(eg_add(a, b), eg_mul(a, b));
}

BODY(inner_choice, eg_cond(is_positive(eg_sub(x, 1)), tripled, by_root, env, 1, &x))
WITH_ROOT(nested, eg_cond(is_positive(x), inner_choice, tripled, NULL, 1, &x))

BODY(inner_of_three, eg_cond(is_positive(x), first_of_two, second_of_two, env, EG_IN(z, x)))
BODY(three,
    eg_switch(eg_cast(eg_sum(x), EG_INT64), 3,
        ((const eg_body[]){tripled, inner_of_three, first_of_two}), env, EG_IN(x, y, z)))
WITH_ROOT(switched, three(EG_IN(x, eg_sin(x), root), NULL))

/* Loops that take no step, or none that uses the root. */
BODY(never, eg_less(eg_sum(x), -10))
BODY(few, eg_less(eg_sum(eg_abs(x)), 20))
BODY(none_or_root, eg_cond(is_positive(x), with_root, tripled, env, 1, &x))
BODY(numbered, eg_cond(eg_less(x, 3), second_of_two, first_of_two, env, EG_IN(root, y)))
BODY(forgets, eg_tuple(eg_mul(y, 2), y))

static eg_tensor *small(int n, eg_tensor *const in[], void *env)
{
    return few(1, &in[n - 1], env);
}

WITH_ROOT(no_step, eg_add(x, eg_while(never, with_root, NULL, 1, &x)))
WITH_ROOT(steps_without, eg_while(few, none_or_root, NULL, EG_IN(eg_add(x, 0.25)), .most = 4))
WITH_ROOT(no_count, eg_add(eg_for(eg_cast(eg_sum(x), EG_INT64), step_by_root, NULL, 1, &x), x))
WITH_ROOT(counted, eg_for(eg_scalar_int(EG_INT64, 3), numbered, NULL, 1, &x))
WITH_ROOT(forgotten,
    eg_part(eg_while(small, forgets, NULL, EG_IN(root, eg_add(x, 1)), .most = 3), 0))

/* A loop in a loop, whose inner one runs in the first step alone. */
BODY(inner_step, eg_add(eg_mul(x, root), 1))
BODY(below_one, eg_less(eg_sum(x), 1))
BODY(outer_step, eg_add(eg_while(below_one, inner_step, env, 1, &x, .most = 3), 1))
WITH_ROOT(loops,
    eg_mul(eg_while(few, outer_step, NULL, EG_IN(eg_add(x, 1)), .most = 3), eg_add(x, 2)))

/* Rows: of a scan some of which are used, and what a scan keeps. */
BODY(row_or_not, eg_cond(eg_greater(x, 2), first_of_two, second_of_two, env, EG_IN(y, x)))
BODY(kept, eg_tuple(eg_add(x, 1), row_or_not(2, in, env)))

static eg_tensor *scanned(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *first = eg_exp(eg_get(in[0], 0));

    (void)n;
    return eg_part(eg_scan(kept, env, 1, EG_IN(first, eg_sqrt(in[0]))), 1);
}

static eg_tensor *folded(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *first = eg_exp(eg_get(in[0], 0)), *x = in[0];

    (void)n;
    return eg_add(x, eg_fold(row_or_not, env, 1, EG_IN(first, eg_sqrt(x))));
}

static const struct {
    const char *name;
    eg_body body;
} bodies[] = {
    {"captured", captured},
    {"passed", passed},
    {"two results", two_results},
    {"far away", far_away},
    {"joined", joined},
    {"nested", nested},
    {"switched", switched},
    {"no step", no_step},
    {"steps without", steps_without},
    {"no count", no_count},
    {"counted", counted},
    {"forgotten", forgotten},
    {"loops", loops},
    {"scanned", scanned},
    {"folded", folded},
};

enum { BODIES = sizeof bodies / sizeof *bodies, POINTS = 4 };

static eg_tensor *point(int i)
{
    static const double at[POINTS][3] = {{0, 0, 0}, {0.5, 1.5, 0.25}, {0, -0.0, -3}, {2, 0, 0}};
    return eg_copy(EG_FLOAT64, EG_DIMS(3), at[i]);
}

/* ---- gradients ------------------------------------------------------------------------------ */

/* The gradient of sum(y * (y + 1)). */
static eg_tensor *slope_of(eg_tensor *y, eg_tensor *x)
{
    eg_tensor *g;

    eg_gradient(eg_sum(eg_mul(y, eg_add(y, 1))), 1, &x, &g);
    return g;
}

static eg_tensor *slope(int n, eg_tensor *const in[], void *env)
{
    const eg_body *body = env;
    EG_TAPE;

    eg_watch(in[0]);
    return eg_give(slope_of((*body)(n, in, NULL), in[0]));
}

/* Of a call, whose function has no tape in it. */
static eg_tensor *slope_of_call(eg_function *f, eg_tensor *x)
{
    EG_TAPE;

    eg_watch(x);
    return eg_give(slope_of(eg_call(f, x), x));
}

/* The gradient of the sum of sines of the slope, which a function computes, or the body does. */
static eg_tensor *second(eg_function *f, const eg_body *body, eg_tensor *x)
{
    eg_tensor *g;
    EG_TAPE;

    eg_watch(x);
    eg_tensor *y = f ? eg_call(f, x) : slope(1, &x, (void *)(uintptr_t)body);
    eg_gradient(eg_sum(eg_sin(y)), 1, &x, &g);
    return eg_give(g);
}

static eg_tensor *second_slope(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    return second(NULL, env, in[0]);
}

TEST(gradients_of_calls_are_those_of_bodies_where_derivatives_are_infinite)
{
    for (int k = 0; k < BODIES; k++) {
        eg_function *f = eg_function_new(bodies[k].body, 1, NULL, 0);
        for (int i = 0; i < POINTS; i++) {
            EG_SCOPE;
            eg_tensor *x = point(i);
            assert_same(bodies[k].name, "from outside", slope_of_call(f, x),
                slope(1, &x, (void *)(uintptr_t)&bodies[k].body));
        }
        eg_function_free(f);
    }
}

TEST(gradients_within_functions_are_too)
{
    for (int k = 0; k < BODIES; k++) {
        eg_body body = bodies[k].body;
        eg_function *f = eg_function_new(slope, 1, &body, sizeof body);
        for (int i = 0; i < POINTS; i++) {
            EG_SCOPE;
            eg_tensor *x = point(i);
            assert_same(bodies[k].name, "within", eg_call(f, x), slope(1, &x, &body));
        }
        assert_null(eg_function_why_eager(f));
        eg_function_free(f);
    }
}

TEST(so_are_gradients_of_gradients)
{
    for (int k = 0; k < BODIES; k++) {
        eg_body body = bodies[k].body;
        eg_function *once = eg_function_new(slope, 1, &body, sizeof body);
        eg_function *twice = eg_function_new(second_slope, 1, &body, sizeof body);
        for (int i = 0; i < POINTS; i++) {
            EG_SCOPE;
            eg_tensor *x = point(i), *eager = second(NULL, &body, x);
            eg_tensor *outside = second(once, NULL, x), *within = eg_call(twice, x);
            assert_close(bodies[k].name, "twice, from outside", outside, eager, 1e-12);
            assert_close(bodies[k].name, "twice, within", within, eager, 1e-12);
        }
        assert_null(eg_function_why_eager(twice));
        eg_function_free(once);
        eg_function_free(twice);
    }
}

/* Without a comparison: what must be finite is. */
TEST(a_branch_that_did_not_run_sends_no_nan)
{
    eg_function *f = eg_function_new(captured, 1, NULL, 0);
    EG_SCOPE;

    assert_values(slope_of_call(f, point(0)), 3, 3, 3);
    eg_function_free(f);
}

/* A tape outside of a call hears that nothing came. */
TEST(what_was_made_before_a_call_is_left_alone_too)
{
    eg_function *f = eg_function_new(passed, 1, NULL, 0);
    eg_function *g = eg_function_new(first_of_two, 2, NULL, 0);
    EG_SCOPE;
    eg_tensor *x = point(0), *dx;
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    eg_tensor *w = eg_sqrt(x);
    eg_gradient(eg_call(f, eg_mul(w, w)), 1, &x, &dx);
    assert_fine();
    eg_gradient(eg_call(g, eg_exp(x), w), 1, &x, &dx);
    assert_values(dx, 3, 3, 3);
    eg_function_free(f);
    eg_function_free(g);
}

static eg_tensor *chooses(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    return eg_cond(is_positive(in[0]), second_of_two, first_of_two, env, 2, in);
}

TEST(an_argument_that_the_branch_did_not_use_has_no_gradient)
{
    eg_function *f = eg_function_new(chooses, 2, NULL, 0);
    EG_SCOPE;
    eg_tensor *x = point(0), *dx;
    EG_TAPE;

    eg_watch(x);
    eg_gradient(eg_call(f, eg_sin(x), eg_sqrt(x)), 1, &x, &dx);
    assert_values(dx, 3, 3, 3);
    eg_function_free(f);
}

/* ---- graphs --------------------------------------------------------------------------------- */

TEST(graphs_have_these_gradients_and_keep_them_as_text)
{
    for (int k = 0; k < BODIES; k++) {
        EG_SCOPE;
        eg_graph *graph = eg_graph_new("slope");
        {
            EG_GRAPH(graph);
            eg_tensor *x = eg_placeholder("x", EG_FLOAT64, EG_DIMS(3));
            eg_name(eg_identity(slope(1, &x, (void *)(uintptr_t)&bodies[k].body)), "y");
        }
        char *text = eg_graph_text(graph);
        eg_graph *again = eg_graph_parse(text);
        assert_fine();
        eg_session *session = eg_session_new(again);
        eg_tensor *in = eg_graph_symbol(again, "x"), *out = eg_graph_symbol(again, "y"), *y;
        for (int i = 0; i < POINTS; i++) {
            eg_tensor *x = point(i);
            eg_session_run(session, EG_FEEDS({in, x}), 1, &out, &y);
            assert_same(bodies[k].name, "in a graph", y,
                slope(1, &x, (void *)(uintptr_t)&bodies[k].body));
        }
        eg_session_free(session);
        eg_graph_free(again);
        eg_graph_free(graph);
        eg_free(text);
    }
}
