/* Host calls: code of the program's own as an operation, in every mode.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"

/* dx = 2 dy */
static eg_status twice(const eg_host_args *args)
{
    const float *dy = args->in[2].data;
    float *dx = args->out[0].data;

    assert_int_equal(args->n_in, 3); /* x, y, dy */
    for (int64_t i = 0; i < args->in[0].size; i++)
        dx[i] = 2 * dy[i];
    return EG_OK;
}

static eg_status counts(const eg_host_args *args)
{
    assert_int_equal(args->n_out, 0);
    ++*(int *)args->data;
    return EG_OK;
}

static eg_host *host, *counter;
static int counted;

static void start(bool pure)
{
    counted = 0;
    made = 0;
    host = eg_host_new(.name = "twice and one", .call = twice_and_one, .n_out = 1, .pure = pure,
        .gradient = twice);
    counter = eg_host_new(.name = "count", .call = counts, .data = &counted);
}

static void end(void)
{
    eg_host_free(host);
    eg_host_free(counter);
}

EG_FUNCTION(calls_host, x)
{
    return eg_add(eg_host_call(host, EG_IN(eg_mul(x, 2))), 1);
}

TEST(a_host_call_runs_in_every_call_and_mode)
{
    start(true);
    {
        EG_SCOPE;
        eg_tensor *x = EG_F32(1, 2);
        assert_values(calls_host(x), 6, 10);
        eg_function *f = eg_function_of(calls_host);
        assert_values(eg_call(f, x), 6, 10);
        made = 0;
        for (int i = 0; i < 3; i++)
            assert_values(eg_call(f, EG_F32(3, 4)), 14, 18);
        assert_int_equal(made, 3);
        assert_int_equal(eg_function_trace_count(f), 1);
        eg_function_free(f);
        eg_graph *graph = eg_graph_new("g");
        {
            EG_GRAPH(graph);
            eg_name(calls_host(eg_placeholder("x", EG_FLOAT32, EG_DIMS(2))), "y");
        }
        eg_session *session = eg_session_new(graph);
        eg_tensor *in = eg_graph_symbol(graph, "x"), *y;
        made = 0;
        for (int i = 0; i < 2; i++)
            eg_session_run(session, EG_FEEDS({in, x}), 1,
                (eg_tensor *[]){eg_graph_symbol(graph, "y")}, &y);
        assert_values(y, 6, 10);
        assert_int_equal(made, 2);
        eg_session_free(session);
        eg_graph_free(graph);
        assert_fine();
    }
    end();
}

EG_FUNCTION(calls_twice, x)
{
    eg_host_call(host, EG_IN(x));
    return eg_add(eg_host_call(host, EG_IN(x)), eg_host_call(host, EG_IN(x)));
}

TEST(pure_calls_are_dropped_and_merged_and_others_are_not)
{
    for (int pure = 0; pure < 2; pure++) {
        start(pure);
        {
            EG_SCOPE;
            eg_function *f = eg_function_of(calls_twice);
            eg_call(f, EG_F32(1));
            made = 0;
            assert_values(eg_call(f, EG_F32(2)), 10);
            assert_int_equal(made, pure ? 1 : 3);
            eg_function_free(f);
        }
        end();
    }
}

EG_FUNCTION(calls_with_constant, x)
{
    return eg_add(x, eg_host_call(host, EG_IN(EG_F32(1, 2))));
}

TEST(a_call_of_constants_is_not_made_ahead_of_time)
{
    start(true);
    {
        EG_SCOPE;
        eg_function *f = eg_function_of(calls_with_constant);
        assert_values(eg_call(f, EG_F32(0, 0)), 3, 5);
        assert_int_equal(made, 1);
        assert_values(eg_call(f, EG_F32(1, 1)), 4, 6);
        assert_int_equal(made, 2);
        eg_function_free(f);
    }
    end();
}

EG_FUNCTION(counts_on_both_sides, x)
{
    x = eg_host_call(counter, EG_IN(x));
    if (eg_true(eg_greater(eg_sum(x), 0)))
        x = eg_mul(x, 2);
    else
        x = eg_mul(x, 3);
    eg_host_call(counter, EG_IN(x));
    return x;
}

TEST(effects_happen_once_a_call_also_where_the_call_starts_over)
{
    start(false);
    {
        EG_SCOPE;
        eg_function *f = eg_function_of(counts_on_both_sides);
        assert_values(eg_call(f, EG_F32(1)), 2);
        assert_int_equal(counted, 2);
        assert_values(eg_call(f, EG_F32(1)), 2);
        assert_int_equal(counted, 4);
        assert_values(eg_call(f, EG_F32(-1)), -3); /* replayed to the guard, then recorded */
        assert_int_equal(counted, 6);
        eg_call(f, EG_F32(-1));
        assert_int_equal(counted, 8);
        assert_int_equal(eg_function_trace_count(f), 1);
        assert_null(eg_function_why_eager(f));
        eg_run_functions_eagerly(true);
        eg_call(f, EG_F32(-1));
        eg_run_functions_eagerly(false);
        assert_int_equal(counted, 10);
        eg_function_free(f);
        assert_fine();
    }
    end();
}

static int order[8], n_order;

static eg_status notes(const eg_host_args *args)
{
    order[n_order++ % 8] = *(const int *)args->in[0].data;
    return EG_OK;
}

static eg_host *noting;

EG_FUNCTION(notes_in_order, x)
{
    for (int i = 0; i < 3; i++)
        eg_host_call(noting, EG_IN(eg_add(x, 3 - i)));
    return x;
}

TEST(effects_keep_their_order)
{
    noting = eg_host_new(.call = notes);
    {
        EG_SCOPE;
        eg_function *f = eg_function_of(notes_in_order);
        eg_call(f, EG_I32(0));
        n_order = 0;
        eg_call(f, EG_I32(10));
        assert_int_equal(n_order, 3);
        assert_true(order[0] == 13 && order[1] == 12 && order[2] == 11);
        eg_function_free(f);
    }
    eg_host_free(noting);
}

TEST(a_session_makes_the_effects_whose_arguments_are_fed)
{
    start(false);
    {
        EG_SCOPE;
        eg_graph *graph = eg_graph_new("g");
        {
            EG_GRAPH(graph);
            eg_tensor *x = eg_placeholder("x", EG_FLOAT32, EG_NO_DIMS);
            eg_tensor *z = eg_placeholder("z", EG_FLOAT32, EG_NO_DIMS);
            eg_host_call(counter, EG_IN(x));
            eg_host_call(counter, EG_IN(eg_add(x, z)));
            eg_name(eg_mul(x, 2), "y");
        }
        eg_session *session = eg_session_new(graph);
        eg_tensor *x = eg_graph_symbol(graph, "x"), *z = eg_graph_symbol(graph, "z"), *r;
        eg_tensor *y = eg_graph_symbol(graph, "y");
        eg_session_run(session, EG_FEEDS({x, eg_constant(3.0)}), 1, &y, &r);
        assert_values(r, 6);
        assert_int_equal(counted, 1);
        eg_session_run(session, EG_FEEDS({x, eg_constant(3.0)}, {z, eg_constant(1.0)}), 1, &y, &r);
        assert_int_equal(counted, 3);
        eg_session_free(session);
        eg_graph_free(graph);
        assert_fine();
    }
    end();
}

/* ---- gradients ------------------------------------------------------------------------------ */

EG_FUNCTION(sums_host, x)
{
    return eg_sum(eg_mul(eg_host_call(host, EG_IN(x)), x));
}

static eg_tensor *gradient_of(eg_function *f, eg_tensor *x)
{
    eg_tensor *dx;

    EG_TAPE;
    eg_watch(x);
    eg_gradient(f ? eg_call(f, x) : sums_host(x), 1, &x, &dx);
    return eg_give(dx);
}

TEST(a_gradient_of_the_hosts_own_is_used_in_every_mode)
{
    for (int pure = 0; pure < 2; pure++) {
        start(pure);
        {
            EG_SCOPE;
            eg_function *f = eg_function_of(sums_host);
            assert_values(gradient_of(NULL, EG_F32(1, 2)), 5, 9); /* 4 x + 1 */
            assert_values(gradient_of(f, EG_F32(1, 2)), 5, 9);
            assert_values(gradient_of(f, EG_F32(2, 3)), 9, 13);
            eg_function_free(f);
            assert_fine();
        }
        end();
    }
}

static eg_status halves(const eg_rule_call *call)
{
    call->dx[0] = eg_mul(call->dy, eg_mul(call->x[0], call->env ? 4 : 2));
    return EG_OK;
}

static eg_status square(const eg_host_args *args)
{
    const double *x = args->in[0].data;

    *(double *)args->out[0].data = *x * *x;
    return EG_OK;
}

EG_FUNCTION(squares, x)
{
    return eg_host_call(host, EG_IN(x));
}

TEST(a_gradient_of_tensors_has_a_gradient_itself)
{
    host = eg_host_new(.call = square, .n_out = 1, .pure = true, .backward = halves);
    {
        EG_SCOPE;
        eg_tensor *x = EG_F64(3), *dx, *ddx;
        EG_TAPE;
        eg_watch(x);
        {
            EG_TAPE;
            eg_watch(x);
            eg_gradient(squares(x), 1, &x, &dx);
            eg_give(dx);
        }
        assert_values(dx, 6);
        eg_gradient(dx, 1, &x, &ddx);
        assert_values(ddx, 2);
    }
    eg_host_free(host);
}

TEST(a_host_without_a_gradient_says_so)
{
    host = eg_host_new(.name = "opaque", .call = square, .n_out = 1);
    {
        EG_SCOPE;
        eg_tensor *x = EG_F64(3), *dx;
        EG_TAPE;
        eg_watch(x);
        eg_gradient(squares(x), 1, &x, &dx);
        assert_error(EG_INVALID, "give .gradient or .backward");
    }
    eg_host_free(host);
}

TEST(what_only_looks_lets_gradients_through)
{
    start(false);
    {
        EG_SCOPE;
        eg_tensor *x = EG_F32(3), *dx;
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_mul(eg_host_call(counter, EG_IN(x)), 5), 1, &x, &dx);
        assert_values(dx, 5);
        assert_int_equal(counted, 1);
    }
    end();
}

/* ---- staged, mapped ------------------------------------------------------------------------- */

static eg_tensor *step(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_host_call(counter, EG_IN(in[1]));
    return eg_host_call(host, EG_IN(in[1]));
}

EG_FUNCTION(loops, x)
{
    return eg_for(eg_scalar_int(EG_INT64, 3), step, NULL, 1, &x);
}

TEST(staged_loops_call_the_host_in_each_step)
{
    start(true);
    {
        EG_SCOPE;
        eg_function *f = eg_function_of(loops);
        assert_values(eg_call(f, EG_F32(1)), 15);
        counted = 0;
        made = 0;
        assert_values(eg_call(f, EG_F32(1)), 15);
        assert_int_equal(made, 3);
        assert_int_equal(counted, 3);
        eg_function_free(f);
        assert_fine();
    }
    end();
}

TEST(the_gradient_of_staged_effects_is_refused_and_of_pure_calls_given)
{
    start(true);
    {
        EG_SCOPE;
        eg_function *f = eg_function_of(loops);
        eg_tensor *x = EG_F32(1), *dx;
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_call(f, x), 1, &x, &dx);
        assert_error(EG_INVALID, "make the host calls pure");
        eg_function_free(f);
    }
    eg_host_free(counter);
    counter = eg_host_new(.call = counts, .data = &counted, .pure = true);
    {
        EG_SCOPE;
        eg_function *f = eg_function_of(loops);
        eg_tensor *x = EG_F32(1), *dx;
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_call(f, x), 1, &x, &dx);
        assert_values(dx, 8);
        eg_function_free(f);
    }
    end();
}

static eg_tensor *maps(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    return eg_host_call(env, EG_IN(in[0]));
}

TEST(mapping_calls_a_pure_host_for_each_example_and_refuses_effects)
{
    start(true);
    {
        EG_SCOPE;
        eg_tensor *x = eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2));
        assert_values(eg_vmap(maps, host, 1, &x, NULL), 3, 5, 7, 9);
        assert_int_equal(made, 2);
        eg_vmap(maps, counter, 1, &x, NULL);
        assert_error(EG_INVALID, "cannot be done for many examples");
    }
    end();
}
