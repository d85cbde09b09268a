/* What bodies of staged control flow assign, draw and print: the same bits, the same final state
 * and the same text eagerly and in functions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <pthread.h>
#include <string.h>

/* What bodies find in their environment. */
typedef struct state {
    eg_tensor *total, *count;
    eg_generator *generator;
    FILE *to;
    int drawn; /* how often a step was run by C */
} state;

static void state_make(state *s)
{
    *s = (state){.to = tmpfile()};
    s->total = eg_variable(EG_F64(1, 2), .name = "total");
    s->count = eg_variable(eg_scalar_int(EG_INT64, 0), .name = "count");
    s->generator = eg_generator_new(11);
    assert_non_null(s->to);
}

static void state_free(state *s)
{
    eg_variable_free(s->total);
    eg_variable_free(s->count);
    eg_generator_free(s->generator);
    fclose(s->to);
}

/* ---- bodies --------------------------------------------------------------------------------- */

/* Reads what it assigned itself, and what the step before did. */
EG_BODY(accumulate, state *s, t, x)
{
    s->drawn++;
    eg_assign(s->total, eg_add(eg_mul(s->total, 0.5), x));
    eg_assign_add(s->count, t);
    return eg_add(x, eg_mul(s->total, eg_sin(s->total)));
}

EG_BODY(loop_of_assignments, state *s, x)
{
    eg_tensor *y = eg_for(4, accumulate, s, EG_IN(x));
    return eg_add(y, s->total);
}

EG_BODY(is_few, state *s, x)
{
    (void)x;
    return eg_less(s->count, 5);
}

EG_BODY(count_up, state *s, x)
{
    eg_assign_add(s->count, 1);
    return eg_mul(x, eg_add(1, eg_cos(x)));
}

/* Where only the state says when to stop. */
EG_BODY(loop_on_a_variable, state *s, x)
{
    return eg_while(is_few, count_up, s, EG_IN(x));
}

EG_BODY(one_way, state *s, x)
{
    eg_assign(s->total, eg_mul(x, 3));
    return eg_mul(s->total, x);
}

EG_BODY(other_way, state *s, x)
{
    eg_assign_add(s->count, 10);
    return eg_sub(x, s->total);
}

/* One branch assigns what the other only reads. */
EG_BODY(branch_of_assignments, state *s, x)
{
    return eg_cond(eg_greater(eg_sum(x), 1), one_way, other_way, s, EG_IN(x));
}

EG_BODY(nested_step, state *s, t, x)
{
    eg_assign_add(s->count, 100);
    eg_tensor *y = eg_while(is_few, count_up, s, EG_IN(x));
    y = branch_of_assignments(1, &y, s);
    return eg_add(y, eg_cast(eg_add(t, s->count), EG_FLOAT64));
}

EG_BODY(nested_loops, state *s, x)
{
    return eg_for(3, nested_step, s, EG_IN(x));
}

EG_BODY(walk, state *s, x, row)
{
    eg_tensor *key;

    eg_next_key(s->generator, &key);
    eg_tensor *y = eg_add(x, eg_mul(row, eg_normal(key, EG_DIMS(2), .dtype = EG_FLOAT64)));
    eg_next_key(s->generator, &key);
    return eg_tuple(y, eg_uniform(key, EG_DIMS(1)));
}

EG_BODY(scan_of_draws, state *s, x)
{
    eg_tensor *y = eg_scan(walk, s, 1, EG_IN(x, eg_stack(EG_IN(x, eg_neg(x), x), .axis = 0)));
    return eg_add(eg_part(y, 0), eg_sum(eg_cast(eg_part(y, 1), EG_FLOAT64)));
}

EG_BODY(print_step, state *s, t, x)
{
    eg_print(eg_tuple(t, x), .to = s->to);
    eg_tensor *y = eg_mul(x, 1.5);
    eg_print(y, .to = s->to, .precision = 2);
    return y;
}

EG_BODY(print_branch, state *s, x)
{
    eg_print(x, .to = s->to);
    return x;
}

EG_BODY(loop_of_prints, state *s, x)
{
    eg_tensor *y = eg_for(3, print_step, s, EG_IN(x));
    return eg_cond(eg_sum(y), print_branch, print_branch, s, EG_IN(y));
}

static const struct {
    const char *name;
    eg_body body;
} bodies[] = {
    {"a loop that assigns", loop_of_assignments},
    {"a condition on a variable", loop_on_a_variable},
    {"branches that assign", branch_of_assignments},
    {"nested loops and branches", nested_loops},
    {"draws", scan_of_draws},
    {"prints", loop_of_prints},
};

enum { BODIES = sizeof bodies / sizeof *bodies };

/* ---- what a run leaves behind --------------------------------------------------------------- */

enum { MOST_TEXT = 4096 };

typedef struct trail {
    double y[2], total[2];
    int64_t count, keys[2];
    char text[MOST_TEXT];
} trail;

static void take_text(FILE *from, char text[MOST_TEXT])
{
    fflush(from);
    rewind(from);
    text[fread(text, 1, MOST_TEXT - 1, from)] = 0;
}

static void run(eg_body body, bool in_function, trail *t)
{
    EG_SCOPE;
    state s;

    memset(t, 0, sizeof *t);
    state_make(&s);
    eg_function *f = in_function ? eg_function_new(body, 1, &s, 0) : NULL;
    for (int i = 0; i < 4; i++) {
        EG_SCOPE;
        eg_tensor *x = i % 2 ? EG_F64(0.25, -0.5) : EG_F64(1.5, 0.75);
        eg_read(f ? eg_call(f, x) : body(1, &x, &s), EG_FLOAT64, t->y, 2);
    }
    assert_fine();
    if (f)
        assert_null(eg_function_why_eager(f));
    eg_read(s.total, EG_FLOAT64, t->total, 2);
    eg_read(eg_generator_state(s.generator), EG_INT64, t->keys, 2);
    t->count = eg_item_int(s.count);
    take_text(s.to, t->text);
    eg_function_free(f);
    state_free(&s);
}

TEST(effects_of_bodies_are_the_same_eagerly_and_in_functions)
{
    for (int k = 0; k < BODIES; k++) {
        trail eager, traced;
        run(bodies[k].body, false, &eager);
        run(bodies[k].body, true, &traced);
        if (strcmp(eager.text, traced.text) != 0)
            fail_msg("%s: printed\n%s\ninstead of\n%s", bodies[k].name, traced.text, eager.text);
        if (memcmp(&eager, &traced, sizeof eager) != 0)
            fail_msg("%s: %a %a, %a %a, %lld instead of %a %a, %a %a, %lld", bodies[k].name,
                traced.y[0], traced.y[1], traced.total[0], traced.total[1], (long long)traced.count,
                eager.y[0], eager.y[1], eager.total[0], eager.total[1], (long long)eager.count);
    }
}

/* ---- drawn once, assigned once --------------------------------------------------------------- */

EG_BODY(long_loop, state *s, x)
{
    return eg_for(10000, accumulate, s, EG_IN(x));
}

TEST(the_body_of_a_loop_is_run_once_by_c)
{
    EG_SCOPE;
    state s;

    state_make(&s);
    eg_function *f = eg_function_new(long_loop, 1, &s, 0);
    for (int i = 0; i < 3; i++)
        eg_call(f, EG_F64(0.5, 0.25));
    assert_fine();
    assert_int_equal(s.drawn, 1);
    assert_true(eg_item_int(s.count) == 3 * (int64_t)10000 * 9999 / 2);
    eg_function_free(f);
    state_free(&s);
}

/* ---- threads -------------------------------------------------------------------------------- */

enum { THREADS = 4, CALLS = 40, STEPS = 100 };

EG_BODY(count_step, state *s, t, x)
{
    eg_tensor *key;

    eg_next_key(s->generator, &key);
    eg_assign_add(s->count, 1);
    return eg_add(x, eg_cast(t, EG_FLOAT32));
}

EG_BODY(count_steps, state *s, x)
{
    return eg_for(STEPS, count_step, s, EG_IN(x));
}

static void *call_often(void *f)
{
    for (int i = 0; i < CALLS; i++) {
        EG_SCOPE;
        eg_call(f, 0.5);
    }
    return NULL;
}

TEST(calls_on_several_threads_assign_one_after_the_other)
{
    EG_SCOPE;
    state s;
    pthread_t thread[THREADS];

    state_make(&s);
    eg_function *f = eg_function_new(count_steps, 1, &s, 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, call_often, f), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(eg_item_int(s.count), THREADS * CALLS * STEPS);
    assert_int_equal(eg_item_int(eg_get(eg_generator_state(s.generator), 1)),
        THREADS * CALLS * STEPS);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
    state_free(&s);
}

/* ---- failures ------------------------------------------------------------------------------- */

/* Step 3 asks for a row that is not there. */
EG_BODY(fail_late, state *s, t, x)
{
    eg_assign_add(s->count, 1);
    return eg_add(x, eg_tensor_array_read(EG_F64(1, 2, 3), t));
}

EG_BODY(loop_that_fails, state *s, x)
{
    eg_assign(s->total, eg_mul(s->total, 2));
    return eg_for(eg_cast(eg_sum(x), EG_INT64), fail_late, s, EG_IN(x));
}

TEST(a_loop_that_fails_in_a_function_has_assigned_nothing)
{
    for (int eager = 0; eager < 2; eager++) {
        EG_SCOPE;
        state s;
        state_make(&s);
        eg_run_functions_eagerly(eager);
        eg_function *f = eg_function_new(loop_that_fails, 1, &s, 0);
        for (int i = 0; i < 4; i++) {
            eg_error error;
            {
                EG_TRY(&error);
                eg_call(f, i % 2 ? EG_F64(0, 2) : EG_F64(3, 2));
            }
            assert_int_equal(error.status, i % 2 ? EG_OK : EG_INVALID);
        }
        assert_true(eg_item_int(s.count) == 4);
        assert_prints(s.total, "[4. 8.] float64[2]");
        eg_run_functions_eagerly(false);
        eg_function_free(f);
        state_free(&s);
    }
}

TEST(a_graph_that_a_user_builds_takes_no_assignment)
{
    EG_SCOPE;
    state s;
    eg_error error;

    state_make(&s);
    eg_graph *graph = eg_graph_new("graph");
    {
        EG_TRY(&error);
        EG_GRAPH(graph);
        eg_tensor *x = eg_placeholder("x", EG_FLOAT64, EG_DIMS(2));
        loop_of_assignments(1, &x, &s);
    }
    assert_int_equal(error.status, EG_STATE);
    assert_non_null(strstr(error.message, "write a function"));
    assert_prints(s.total, "[1. 2.] float64[2]");
    eg_graph_free(graph);
    state_free(&s);
}

/* ---- gradients ------------------------------------------------------------------------------ */

static void differentiate(eg_body body, bool in_function, double dx[2], double dv[2])
{
    EG_SCOPE;
    state s;
    eg_tensor *x = EG_F64(1.5, 0.75), *g[2];

    state_make(&s);
    eg_function *f = in_function ? eg_function_new(body, 1, &s, 0) : NULL;
    for (int i = 0; i < 2; i++) {
        EG_TAPE;
        eg_watch(x);
        eg_tensor *y = f ? eg_call(f, x) : body(1, &x, &s);
        eg_gradient(eg_sum(eg_mul(y, y)), EG_IN(x, s.total), g, .unconnected_none = true);
        eg_read(g[0], EG_FLOAT64, dx, 2);
        if (!eg_is_none(g[1]))
            eg_read(g[1], EG_FLOAT64, dv, 2);
    }
    assert_fine();
    if (f)
        assert_null(eg_function_why_eager(f));
    eg_function_free(f);
    state_free(&s);
}

static bool is_close(double a, double b)
{
    double d = a > b ? a - b : b - a, size = a > 0 ? a : -a;
    return d <= 1e-11 * (1 + size);
}

TEST(gradients_through_bodies_with_effects_are_those_of_eager_mode)
{
    for (int k = 0; k < BODIES; k++) {
        double dx[2][2] = {{0}}, dv[2][2] = {{0}};
        for (int mode = 0; mode < 2; mode++)
            differentiate(bodies[k].body, mode, dx[mode], dv[mode]);
        for (int i = 0; i < 2; i++)
            if (!is_close(dx[0][i], dx[1][i]) || !is_close(dv[0][i], dv[1][i]))
                fail_msg("%s: %g by x and %g by the variable instead of %g and %g", bodies[k].name,
                    dx[1][i], dv[1][i], dx[0][i], dv[0][i]);
    }
}

/* ---- printing -------------------------------------------------------------------------------- */

static void print_to(FILE *to, eg_function *f, state *s, bool backwards, char text[MOST_TEXT])
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2), *g;

    s->to = to;
    if (backwards) {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_call(f, x), 1, &x, &g);
    } else {
        eg_call(f, x);
    }
    assert_fine();
    take_text(to, text);
}

/* Whether a loop prints the same in another place, with its gradient taken there or not. */
static void check_prints(bool backwards)
{
    char first[MOST_TEXT], second[MOST_TEXT];
    EG_SCOPE;
    state s;

    state_make(&s);
    FILE *own = s.to, *other = tmpfile();
    eg_function *f = eg_function_new(loop_of_prints, 1, &s, sizeof s);
    print_to(own, f, &s, false, first);
    print_to(other, f, &s, backwards, second);
    assert_string_equal(first, second);
    assert_true(strlen(first) > 100);
    fclose(other);
    s.to = own;
    eg_function_free(f);
    state_free(&s);
}

TEST(a_gradient_prints_nothing_again)
{
    check_prints(true);
}

/* Two loops that are the same but for where they print. */
TEST(loops_print_where_they_were_told_to)
{
    check_prints(false);
}
