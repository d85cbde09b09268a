/* Threads of the benchmarks' own, for what the machine can do at most.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include <pthread.h>

enum { MOST_THREADS = 64 };

typedef struct share {
    void (*work)(void *env, int i, int n);
    void *env;
    int i, n;
} share;

static void *run_share(void *env)
{
    share *s = env;

    s->work(s->env, s->i, s->n);
    return NULL;
}

void bench_share(void (*work)(void *env, int i, int n), void *env)
{
    int n = bench_option.threads < MOST_THREADS ? bench_option.threads : MOST_THREADS;
    share shares[MOST_THREADS];
    pthread_t threads[MOST_THREADS];
    bool started[MOST_THREADS];

    for (int i = 0; i < n; i++) {
        shares[i] = (share){work, env, i, n};
        started[i] = i > 0 && pthread_create(&threads[i], NULL, run_share, &shares[i]) == 0;
    }
    for (int i = 0; i < n; i++)
        if (!started[i])
            run_share(&shares[i]);
    for (int i = 0; i < n; i++)
        if (started[i])
            pthread_join(threads[i], NULL);
}
