/* The pool: every chunk once, from any thread, also while others use it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "base/workers.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { MOST = 1000 };

static void count(void *env, int i)
{
    atomic_fetch_add((atomic_int *)env + i, 1);
}

static bool each_once(int n)
{
    atomic_int done[MOST];

    for (int i = 0; i < MOST; i++)
        atomic_init(&done[i], 0);
    eg__parallel(n, count, done);
    for (int i = 0; i < MOST; i++)
        if (atomic_load(&done[i]) != (i < n))
            return false;
    return true;
}

TEST(every_chunk_runs_once_whatever_the_number_of_threads)
{
    int before = eg_threads();

    for (int threads = 1; threads <= 8; threads++) {
        eg_set_threads(threads);
        assert_int_equal(eg_threads(), threads);
        for (int n = 0; n <= MOST; n = n * 3 + 1)
            assert_true(each_once(n));
    }
    eg_set_threads(before);
}

static void *keep_busy(void *env)
{
    bool *good = env;

    for (int i = 0; i < 200; i++)
        *good = *good && each_once(i % 50);
    return NULL;
}

TEST(several_threads_may_share_out_work_at_once)
{
    pthread_t threads[4];
    bool good[4] = {true, true, true, true};

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_busy, &good[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_true(good[0] && good[1] && good[2] && good[3]);
}

static void share_again(void *env, int i)
{
    atomic_int *inner = env;

    (void)i;
    eg__parallel(10, count, inner);
}

TEST(a_chunk_may_share_out_work_itself)
{
    atomic_int inner[10];

    for (int i = 0; i < 10; i++)
        atomic_init(&inner[i], 0);
    eg__parallel(20, share_again, inner);
    for (int i = 0; i < 10; i++)
        assert_int_equal(atomic_load(&inner[i]), 20);
}

TEST(nonsense_numbers_of_threads_become_one)
{
    int before = eg_threads();

    eg_set_threads(-3);
    assert_int_equal(eg_threads(), 1);
    eg_set_threads(0);
    assert_true(eg_threads() >= 1);
    eg_set_threads(before);
}
