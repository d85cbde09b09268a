/* Which traces a function has: found among many, a bound on their bytes, clearing, memory that
 * comes back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include <pthread.h>
#include <string.h>

static atomic_int bodies_run;

/* It asks for the size, so that no trace serves another one. */
EG_FUNCTION(doubled, x)
{
    bodies_run++;
    return eg_mul(x, eg_dim(x, 0) < 0 ? 3 : 2);
}

/* Bytes in use, without those that are kept for the next allocation. */
static size_t in_use(void)
{
    eg_memory_trim();
    return eg_memory_now().in_use;
}

/* ---- finding --------------------------------------------------------------------------------- */

EG_FUNCTION(with_tag, x, tag)
{
    bodies_run++;
    return eg_add(x, eg_item(tag));
}

TEST(a_thousand_signatures_are_each_traced_once)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(with_tag,
        .signature = EG_SIGNATURE({.name = "x"}, {.name = "tag", .by_value = true}));

    bodies_run = 0;
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 1000; i++) {
            EG_SCOPE;
            int tag = round == 1 ? 999 - i : i;
            assert_true(eg_item(eg_call(f, 0.5, tag)) == tag + 0.5);
        }
    assert_int_equal(bodies_run, 1000);
    assert_true(info_of(f).replays == 2000);
    eg_function_free(f);
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static size_t bytes_of_one(void)
{
    eg_function *f = eg_function_of(doubled);

    eg_call(f, ones(1));
    size_t bytes = info_of(f).bytes;
    eg_function_free(f);
    return bytes;
}

TEST(the_trace_used_longest_ago_is_forgotten)
{
    EG_SCOPE;
    size_t room = 3 * bytes_of_one() + bytes_of_one() / 2;
    eg_function *f = eg_function_of(doubled, .most_bytes = room);
    eg_retrace r = {.size = sizeof r};
    eg_trace_info t = {.size = sizeof t};

    for (int n = 1; n <= 3; n++)
        eg_call(f, ones(n));
    assert_int_equal(info_of(f).forgotten, 0);
    eg_call(f, ones(1)); /* now that of two ones is the oldest */
    eg_call(f, ones(4));
    assert_int_equal(info_of(f).forgotten, 1);
    assert_true(eg_function_trace_now(f, 1, &t));
    assert_true(t.forgotten);
    assert_string_equal(t.signature, "float32[2]");
    bodies_run = 0;
    eg_call(f, ones(1));
    eg_call(f, ones(4));
    eg_call(f, ones(3));
    assert_int_equal(bodies_run, 0);
    eg_call(f, ones(2)); /* and now that of one */
    assert_int_equal(bodies_run, 1);
    assert_true(eg_function_retrace(f, 4, &r));
    assert_int_equal(r.rule, EG_FORGOTTEN);
    assert_true(eg_function_trace_now(f, 0, &t));
    assert_true(t.forgotten);
    assert_true(t.calls == 2);
    assert_true(info_of(f).bytes <= room);
    assert_int_equal(eg_function_trace_count(f), 5);
    eg_function_free(f);
}

TEST(one_trace_stays_however_small_the_bound)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(doubled, .most_bytes = 1);

    bodies_run = 0;
    for (int i = 0; i < 3; i++)
        assert_prints(eg_call(f, ones(1)), "[2.] float32[1]");
    assert_int_equal(bodies_run, 1);
    for (int i = 0; i < 3; i++)
        assert_prints(eg_call(f, ones(2)), "[2. 2.] float32[2]");
    assert_int_equal(bodies_run, 2);
    eg_function_free(f);
}

/* 10^3 retraces: what is in use after a hundred is all that is ever in use. */
TEST(retracing_for_ever_needs_no_more_memory)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(doubled, .most_bytes = 10 * bytes_of_one());
    size_t after_100 = 0;

    for (int n = 1; n <= 1000; n++) {
        EG_SCOPE;
        eg_call(f, eg_reshape(ones(1), EG_DIMS(1)));
        eg_call(f, ones(n % 500 + 2));
        if (n == 100)
            after_100 = in_use();
    }
    assert_true(in_use() < after_100 + 8192);
    assert_int_equal(eg_function_trace_count(f), 1001);
    assert_true(info_of(f).calls == 2000);
    assert_true(info_of(f).forgotten > 980);
    eg_function_free(f);
}

TEST(clearing_gives_all_memory_back_and_the_function_goes_on)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(doubled);
    eg_retrace r = {.size = sizeof r};

    eg_call(f, ones(1));
    eg_function_clear(f); /* so that what is remembered of the forgotten has its place */
    size_t tensors = eg_memory_now().tensors, before = in_use();
    {
        EG_SCOPE;
        for (int n = 2; n < 60; n++)
            eg_call(f, ones(n));
    }
    assert_true(in_use() > before + 200000);
    assert_int_equal(eg_function_clear(f), EG_OK);
    assert_int_equal(info_of(f).bytes, 0);
    assert_true(in_use() < before + 8192); /* the index, of twice as many traces */
    assert_int_equal(eg_memory_now().tensors, tensors);
    assert_prints(eg_call(f, ones(2)), "[2. 2.] float32[2]");
    assert_true(eg_function_retrace(f, 59, &r));
    assert_int_equal(r.rule, EG_FIRST_CALL);
    eg_call(f, ones(59));
    assert_true(eg_function_retrace(f, 60, &r));
    assert_int_equal(r.rule, EG_FORGOTTEN);
    assert_true(eg_function_retrace(f, 58, &r));
    assert_false(eg_function_retrace(f, 3, &r)); /* of the last 32 something is known */
    assert_int_equal(info_of(f).forgotten, 59);
    eg_function_free(f);
    assert_int_equal(eg_function_clear(NULL), EG_INVALID);
    assert_error(EG_INVALID, "NULL");
}

EG_FUNCTION(cubed, x)
{
    return eg_mul(eg_mul(x, x), eg_tanh(x));
}

TEST(a_tape_keeps_what_it_needs_of_a_trace_that_is_forgotten)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(cubed);
    eg_tensor *x = EG_F32(1, 2, 3), *g[2], *expected;

    for (int i = 0; i < 2; i++) {
        EG_TAPE;
        eg_watch(x);
        eg_tensor *y = eg_call(f, x);
        eg_function_clear(f);
        eg_gradient(y, EG_IN(x), &g[i]);
        eg_give(g[i]);
    }
    {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(cubed(x), EG_IN(x), &expected);
        eg_give(expected);
    }
    assert_true(eg_true(eg_all(eg_equal(g[0], expected))));
    assert_true(eg_true(eg_all(eg_equal(g[1], expected))));
    eg_function_free(f);
}

/* A large captured tensor is not the trace's: it neither makes the function eager nor counts. */
static eg_tensor *table;

EG_FUNCTION(looks_up, i)
{
    return eg_gather(table, i);
}

TEST(what_is_captured_from_outside_does_not_count)
{
    EG_SCOPE;
    table = eg_ones(EG_FLOAT32, EG_DIMS(80 << 18)); /* 80 MiB */
    eg_function *f = eg_function_of(looks_up, .most_bytes = 1 << 20);

    for (int i = 0; i < 3; i++)
        assert_prints(eg_call(f, EG_I32(5, i)), "[1. 1.] float32[2]");
    assert_null(eg_function_why_eager(f));
    assert_true(info_of(f).bytes < 1 << 16);
    eg_call(f, EG_I32(5));
    assert_int_equal(info_of(f).forgotten, 0);
    eg_function_free(f);
}

/* ---- threads --------------------------------------------------------------------------------- */

enum { THREADS = 4, CALLS = 300 };

static eg_function *shared;

static void *call_many(void *bad)
{
    for (int i = 0; i < CALLS; i++) {
        EG_SCOPE;
        int n = 1 + (i * 7) % 13;
        eg_tensor *y = eg_call(shared, ones(n));
        if (eg_item(eg_sum(y)) != 2 * n || !eg_ok())
            *(int *)bad = 1;
    }
    return NULL;
}

static void *clear_many(void *bad)
{
    (void)bad;
    for (int i = 0; i < CALLS; i++)
        eg_function_clear(shared);
    return NULL;
}

static void run_threads(bool clearing)
{
    pthread_t threads[THREADS + 1];
    int wrong[THREADS + 1] = {0};

    for (int i = 0; i < THREADS + clearing; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, i < THREADS ? call_many : clear_many,
                             &wrong[i]),
            0);
    for (int i = 0; i < THREADS + clearing; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(wrong[i], 0);
}

TEST(traces_are_forgotten_while_other_threads_call)
{
    EG_SCOPE;
    shared = eg_function_of(doubled, .most_bytes = 4 * bytes_of_one());
    run_threads(false);
    assert_true(info_of(shared).calls == THREADS * CALLS);
    assert_true(info_of(shared).forgotten > 0);
    eg_function_free(shared);
}

TEST(a_function_is_cleared_while_other_threads_call)
{
    EG_SCOPE;
    size_t tensors = eg_memory_now().tensors;
    shared = eg_function_of(doubled);
    run_threads(true);
    eg_function_free(shared);
    assert_int_equal(eg_memory_now().tensors, tensors);
}

/* ---- functions of themselves ----------------------------------------------------------------- */

static eg_function *recursive;

static eg_tensor *count_down(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    if (eg_true(eg_less(in[0], 1)))
        return in[0];
    return eg_call(recursive, eg_sub(in[0], 1));
}

TEST(a_function_that_calls_itself_is_freed)
{
    EG_SCOPE;
    double env = 1;
    size_t tensors = eg_memory_now().tensors;
    recursive = eg_function_new(count_down, 1, &env, sizeof env);

    {
        EG_SCOPE;
        for (int i = 0; i < 5; i++)
            assert_true(eg_item(eg_call(recursive, i + 0.5)) == 0.5);
        assert_null(eg_function_why_eager(recursive));
    }
    eg_function_free(recursive);
    assert_int_equal(eg_memory_now().tensors, tensors);
}
