/* Functions called from several threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <pthread.h>

enum { THREADS = 4, CALLS = 200 };

static eg_tensor *total;
static eg_function *shared;
static int wrong[THREADS];

static void run_threads(void *(*body)(void *))
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++) {
        wrong[i] = 0;
        assert_int_equal(pthread_create(&threads[i], NULL, body, &wrong[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(wrong[i], 0);
}

EG_FUNCTION(add_to_total, x)
{
    eg_assign_add(total, x);
    return eg_mul(total, 1);
}

static void *count_up(void *bad)
{
    for (int i = 0; i < CALLS; i++) {
        EG_SCOPE;
        if (!eg_call(shared, 1.0))
            *(int *)bad = 1;
    }
    return NULL;
}

TEST(calls_that_assign_the_same_variable_take_effect_one_after_another)
{
    EG_SCOPE;
    total = eg_variable(eg_constant(0.0));
    shared = eg_function_of(add_to_total);
    run_threads(count_up);
    assert_true(eg_item(total) == THREADS * CALLS);
    eg_function_free(shared);
    eg_variable_free(total);
}

EG_FUNCTION(branches_a_lot, x)
{
    for (int i = 0; i < 5; i++)
        x = eg_true(eg_greater(x, 2 * i)) ? eg_mul(x, 0.5) : eg_add(x, 3);
    return x;
}

static void *compare_with_eager(void *bad)
{
    for (int i = 0; i < CALLS; i++) {
        EG_SCOPE;
        eg_tensor *x = eg_constant(i % 23 - 7.0);
        if (eg_item(eg_call(shared, x)) != eg_item(branches_a_lot(x)))
            *(int *)bad = 1;
    }
    return NULL;
}

TEST(recordings_from_several_threads_are_merged)
{
    EG_SCOPE;
    shared = eg_function_of(branches_a_lot);
    run_threads(compare_with_eager);
    assert_int_equal(eg_function_trace_count(shared), 1);
    assert_null(eg_function_why_eager(shared));
    eg_function_free(shared);
}

static eg_tensor *weight;

EG_FUNCTION(product, x)
{
    return eg_mul(eg_tanh(eg_mul(x, weight)), x);
}

static void *differentiate(void *bad)
{
    for (int i = 0; i < CALLS; i++) {
        EG_SCOPE;
        eg_tensor *x = eg_constant(i % 7 - 3.0), *traced, *eager;
        {
            EG_TAPE;
            eg_watch(x);
            eg_gradient(eg_call(shared, x), EG_IN(x), &traced);
            eg_give(traced);
        }
        {
            EG_TAPE;
            eg_watch(x);
            eg_gradient(product(x), EG_IN(x), &eager);
            eg_give(eager);
        }
        if (eg_item(traced) != eg_item(eager) || !eg_ok())
            *(int *)bad = 1;
    }
    return NULL;
}

TEST(gradients_through_one_function_on_several_threads)
{
    EG_SCOPE;
    weight = eg_variable(eg_constant(0.75));
    shared = eg_function_of(product);
    run_threads(differentiate);
    eg_function_free(shared);
    eg_variable_free(weight);
}

static void *read_and_write(void *bad)
{
    for (int i = 0; i < CALLS; i++) {
        EG_SCOPE;
        eg_tensor *v = eg_value(total);
        float pair[2];
        if (eg_read(v, EG_FLOAT32, pair, 2) != EG_OK || pair[0] != pair[1])
            *(int *)bad = 1;
        eg_assign(total, EG_F32(i, i));
    }
    return NULL;
}

TEST(a_read_sees_one_whole_value)
{
    EG_SCOPE;
    total = eg_variable(EG_F32(0, 0));
    run_threads(read_and_write);
    eg_variable_free(total);
}
