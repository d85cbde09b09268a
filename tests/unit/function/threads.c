/* Functions called from several threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

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

/* ---- concrete traces ------------------------------------------------------------------------ */

static eg_concrete *concrete;
static atomic_int turns;

/* A call that finds its way recorded, or says that it is not. */
static bool call_is_right(eg_tensor *x, bool watched)
{
    eg_error e;
    double y = 0;
    {
        EG_TRY(&e);
        eg_scope *tape = watched ? eg_tape_open(NULL) : NULL;
        y = eg_item(eg_concrete_call(concrete, EG_IN(x)));
        eg_scope_close(tape);
    }
    return e.status == EG_OK ? y == eg_item(branches_a_lot(x)) : e.status == EG_STATE;
}

static bool answers_are_right(void)
{
    eg_concrete_info info = {.size = sizeof info};
    eg_dtype dtype;
    char *text = eg_concrete_text(concrete);
    bool right = text && eg_concrete_output(concrete, 0, &dtype, NULL, NULL) && dtype == EG_FLOAT32;

    eg_concrete_info_now(concrete, &info);
    eg_free(text);
    return right && info.paths >= 1 && info.guards >= info.paths - 1;
}

/* Some extend, some call, some call on a tape and ask. */
static void *extend_or_call(void *bad)
{
    int turn = atomic_fetch_add(&turns, 1) % THREADS;

    for (int i = 0; i < CALLS; i++) {
        EG_SCOPE;
        eg_tensor *x = eg_constant((i * (turn + 1)) % 23 - 7.0);
        bool right = turn < 2 ? eg_concrete_extend(concrete, EG_IN(x)) == EG_OK
                              : call_is_right(x, turn == 2) && (turn == 3 || answers_are_right());
        if (!right)
            *(int *)bad = 1;
    }
    return NULL;
}

TEST(a_trace_is_extended_while_others_call_it)
{
    EG_SCOPE;
    shared = eg_function_of(branches_a_lot);
    concrete = eg_function_concrete(shared, EG_IN(eg_constant(1.0)));
    run_threads(extend_or_call);
    for (int i = 0; i < 23; i++) {
        eg_tensor *x = eg_constant(i - 7.0);
        assert_true(eg_item(eg_concrete_call(concrete, EG_IN(x))) == eg_item(branches_a_lot(x)));
    }
    eg_concrete_free(concrete);
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

/* ---- many signatures, all met at once -------------------------------------------------------- */

static pthread_barrier_t together;

EG_FUNCTION(sums_and_branches, x)
{
    eg_tensor *sum = eg_sum(x);

    if (eg_true(eg_greater(sum, 3)))
        return eg_mul(sum, 2);
    if (eg_true(eg_less(sum, 1)))
        return eg_neg(sum);
    return sum;
}

static void *first_calls(void *bad)
{
    for (int n = 1; n <= 12; n++) {
        EG_SCOPE;
        pthread_barrier_wait(&together);
        for (int k = 0; k < 4; k++) {
            eg_tensor *x = eg_full(k - 1.0, EG_DIMS(n));
            if (eg_item(eg_call(shared, x)) != eg_item(sums_and_branches(x)))
                *(int *)bad = 1;
        }
    }
    return NULL;
}

TEST(first_calls_and_branches_of_many_signatures_at_once)
{
    EG_SCOPE;
    pthread_barrier_init(&together, NULL, THREADS);
    shared = eg_function_of(sums_and_branches);
    run_threads(first_calls);
    assert_in_range(eg_function_trace_count(shared), 1, 12);
    assert_null(eg_function_why_eager(shared));
    eg_function_free(shared);
    pthread_barrier_destroy(&together);
}

/* ---- called while it is recorded elsewhere --------------------------------------------------- */

static atomic_int body_is_open, calls_meanwhile;

EG_FUNCTION(waits_in_its_third_branch, x)
{
    eg_assign_add(total, 1);
    if (eg_true(eg_less(x, 0)))
        return eg_neg(x);
    if (eg_true(eg_less(x, 10)))
        return eg_mul(x, 2);
    atomic_store(&body_is_open, 1);
    while (atomic_load(&calls_meanwhile) < 50 && eg_ok())
        sched_yield();
    return eg_mul(x, 3);
}

static void *meet_the_third_branch(void *bad)
{
    EG_SCOPE;
    if (eg_item(eg_call(shared, 20.0)) != 60)
        *(int *)bad = 1;
    return NULL;
}

static void *call_meanwhile(void *bad)
{
    while (!atomic_load(&body_is_open))
        sched_yield();
    for (int i = 0; i < 50; i++) {
        EG_SCOPE;
        if (eg_item(eg_call(shared, -2.0)) != 2 || eg_item(eg_call(shared, 2.0)) != 4)
            *(int *)bad = 1;
        atomic_fetch_add(&calls_meanwhile, 1);
    }
    return NULL;
}

TEST(nobody_waits_for_a_recording_and_its_assignments_are_not_lost)
{
    EG_SCOPE;
    pthread_t threads[2];
    int bad[2] = {0, 0};

    total = eg_variable(eg_constant(0));
    shared = eg_function_of(waits_in_its_third_branch);
    eg_call(shared, -1.0);
    eg_call(shared, 1.0);
    assert_int_equal(pthread_create(&threads[0], NULL, meet_the_third_branch, &bad[0]), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, call_meanwhile, &bad[1]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(bad[i], 0);
    }
    assert_int_equal(eg_item_int(total), 103);
    eg_function_free(shared);
    eg_variable_free(total);
}

/* ---- functions that come and go -------------------------------------------------------------- */

static void *make_and_free(void *bad)
{
    for (int i = 0; i < CALLS / 4; i++) {
        EG_SCOPE;
        eg_function *f = eg_function_of(sums_and_branches);
        for (int k = 0; k < 4; k++) {
            eg_tensor *x = eg_full(k - 1.0, EG_DIMS(2));
            if (eg_item(eg_call(f, x)) != eg_item(eg_call(shared, x)))
                *(int *)bad = 1;
        }
        eg_function_free(f);
    }
    return NULL;
}

TEST(functions_are_made_and_freed_while_others_run)
{
    EG_SCOPE;
    shared = eg_function_of(sums_and_branches);
    run_threads(make_and_free);
    eg_function_free(shared);
}

/* ---- one of them becomes eager --------------------------------------------------------------- */

EG_FUNCTION(reads_when_large, x)
{
    float seen[1];

    eg_assign_add(total, 1);
    if (eg_true(eg_greater(x, 20)) && eg_read(x, EG_FLOAT32, seen, 1) == EG_OK)
        return eg_constant(seen[0]);
    return eg_mul(x, 2);
}

static void *count_to_thirty(void *bad)
{
    for (int i = 0; i < 30; i++) {
        EG_SCOPE;
        if (eg_item(eg_call(shared, (double)i)) != (i > 20 ? i : 2 * i))
            *(int *)bad = 1;
    }
    return NULL;
}

TEST(a_function_that_becomes_eager_while_others_call_it)
{
    EG_SCOPE;
    total = eg_variable(eg_constant(0));
    shared = eg_function_of(reads_when_large);
    run_threads(count_to_thirty);
    assert_int_equal(eg_item_int(total), 30 * THREADS);
    assert_non_null(eg_function_why_eager(shared));
    eg_function_free(shared);
    eg_variable_free(total);
}
