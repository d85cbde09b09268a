/* eg_run_functions_eagerly: everything runs as it is written, with the same results.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <pthread.h>
#include <stdatomic.h>

static atomic_int bodies;
static eg_function *inner, *middle, *outer;
static eg_tensor *total;

EG_FUNCTION(square_sum, x)
{
    bodies++;
    return eg_sum(eg_mul(x, x));
}

EG_FUNCTION(slope, x)
{
    eg_tensor *dx;

    bodies++;
    EG_TAPE;
    eg_watch(x);
    eg_gradient(eg_call(inner, x), 1, &x, &dx);
    return eg_give(dx);
}

EG_FUNCTION(counts_slopes, x)
{
    bodies++;
    eg_assign_add(total, eg_constant(1.0));
    if (eg_true(eg_greater(eg_sum(x), 0)))
        return eg_mul(eg_call(middle, x), 10);
    return eg_neg(eg_call(middle, x));
}

static void start(void)
{
    total = eg_variable(eg_constant(0.0));
    inner = eg_function_of(square_sum);
    middle = eg_function_of(slope);
    outer = eg_function_of(counts_slopes);
}

static void end(void)
{
    eg_run_functions_eagerly(false);
    eg_function_free(outer);
    eg_function_free(middle);
    eg_function_free(inner);
    eg_variable_free(total);
}

static eg_tensor *gradient_of_outer(eg_tensor *x)
{
    eg_tensor *dx;

    EG_TAPE;
    eg_watch(x);
    eg_gradient(eg_sum(eg_call(outer, x)), 1, &x, &dx);
    return eg_give(dx);
}

TEST(nested_functions_and_their_gradients_run_their_bodies_and_give_the_same)
{
    EG_SCOPE;
    start();
    for (int eager = 0; eager < 2; eager++) {
        eg_run_functions_eagerly(eager);
        for (int i = 0; i < 3; i++) {
            bodies = 0;
            assert_values(eg_call(outer, EG_F32(1, 2)), 20, 40);
            assert_values(eg_call(outer, EG_F32(-1, -2)), 2, 4);
            assert_values(gradient_of_outer(EG_F32(1, 2)), 20, 20);
            if (eager)
                assert_int_equal(bodies, 9);
            else if (i > 0)
                assert_int_equal(bodies, 0);
        }
    }
    assert_values(total, 18);
    assert_fine();
    end();
}

static eg_tensor *calls_inner(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_call(inner, in[0]);
}

TEST(mapping_and_forward_mode_give_the_same)
{
    EG_SCOPE;
    start();
    for (int eager = 0; eager < 2; eager++) {
        eg_run_functions_eagerly(eager);
        eg_tensor *x = eg_reshape(EG_F32(1, 2, 3, 4), EG_DIMS(2, 2)), *y, *dy;
        assert_values(eg_vmap(calls_inner, NULL, 1, &x, NULL), 5, 25);
        eg_tensor *at = EG_F32(1, 2), *v = EG_F32(1, 0);
        {
            EG_FORWARD;
            eg_set_tangent(at, v);
            y = eg_give(eg_call(inner, at));
            dy = eg_give(eg_tangent(y));
        }
        assert_values(y, 5);
        assert_values(dy, 2);
    }
    assert_fine();
    end();
}

TEST(sessions_graphs_and_concrete_functions_do_not_change)
{
    EG_SCOPE;
    start();
    eg_concrete *concrete = eg_function_concrete(inner, EG_IN(EG_F32(1, 2)));
    eg_graph *graph =
        eg_function_graph(inner, 1, &(eg_tensor_spec){"x", EG_FLOAT32, 1, (int64_t[]){2}});
    eg_session *session = eg_session_new(graph);
    eg_tensor *x = eg_graph_symbol(graph, "x"), *y = eg_graph_symbol(graph, "out0"), *result;
    eg_run_functions_eagerly(true);
    bodies = 0;
    for (int i = 0; i < 2; i++) {
        eg_session_run(session, EG_FEEDS({x, EG_F32(3, 4)}), 1, &y, &result);
        assert_values(result, 25);
        assert_values(eg_concrete_call(concrete, EG_IN(EG_F32(3, 4))), 25);
    }
    assert_int_equal(bodies, 0);
    eg_session_free(session);
    eg_graph_free(graph);
    eg_concrete_free(concrete);
    assert_fine();
    end();
}

TEST(recording_goes_on_where_it_was_when_the_switch_goes_back)
{
    EG_SCOPE;
    start();
    eg_call(inner, EG_F32(1, 2));
    eg_run_functions_eagerly(true);
    eg_call(inner, EG_F32(1, 2));
    assert_true(eg_executing_eagerly());
    eg_run_functions_eagerly(false);
    bodies = 0;
    assert_values(eg_call(inner, EG_F32(2, 2)), 8);
    assert_int_equal(bodies, 0);
    assert_int_equal(eg_function_trace_count(inner), 1);
    assert_null(eg_function_why_eager(inner));
    end();
}

enum { THREADS = 4, CALLS = 200 };

static void *call_often(void *bad)
{
    for (int i = 0; i < CALLS; i++) {
        EG_SCOPE;
        float sign = i % 2 ? 1.0f : -1.0f;
        double expected = i % 2 ? 60 : 6;
        if (eg_item(eg_sum(eg_call(outer, EG_F32(sign, 2 * sign)))) != expected)
            *(int *)bad = 1;
    }
    return NULL;
}

TEST(the_switch_may_be_thrown_while_other_threads_are_in_calls)
{
    pthread_t threads[THREADS];
    int bad[THREADS] = {0};

    EG_SCOPE;
    start();
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &bad[i]), 0);
    for (int i = 0; i < 1000; i++)
        eg_run_functions_eagerly(i % 2);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(bad[i], 0);
    }
    assert_values(total, THREADS * CALLS);
    end();
}
