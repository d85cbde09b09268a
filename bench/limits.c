/* What the machine can do at most: reading and copying memory on the library's threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_THREADS = 64, SUMS = 16 };

static const int64_t bytes = (int64_t)1 << 28;

typedef struct array {
    char *from, *to;
    void *(*work)(void *);
} array;

typedef struct share {
    const array *a;
    int64_t at, size;
    float sum;
} share;

static void *copy_share(void *env)
{
    const share *s = env;
    memcpy(s->a->to + s->at, s->a->from + s->at, (size_t)s->size);
    return NULL;
}

static void *read_share(void *env)
{
    share *s = env;
    const float *x = (const float *)(const void *)(s->a->from + s->at);
    float sums[SUMS * 4] = {0};

    for (int64_t i = 0; i < s->size / 4; i += SUMS * 4)
        for (int k = 0; k < SUMS * 4; k++)
            sums[k] += x[i + k];
    for (int k = 0; k < SUMS * 4; k++)
        s->sum += sums[k];
    return NULL;
}

static eg_tensor *run_shares(void *env)
{
    const array *a = env;
    int n = bench_option.threads < MOST_THREADS ? bench_option.threads : MOST_THREADS;
    share shares[MOST_THREADS];
    pthread_t threads[MOST_THREADS];
    bool started[MOST_THREADS];

    for (int i = 0; i < n; i++) {
        int64_t at = bytes / 4096 * i / n * 4096, end = bytes / 4096 * (i + 1) / n * 4096;
        shares[i] = (share){.a = a, .at = at, .size = end - at};
        started[i] = i > 0 && pthread_create(&threads[i], NULL, a->work, &shares[i]) == 0;
    }
    for (int i = 0; i < n; i++)
        if (!started[i])
            a->work(&shares[i]);
    for (int i = 0; i < n; i++)
        if (started[i])
            pthread_join(threads[i], NULL);
    return NULL;
}

static void run_limit(const char *name, const char *mode, array a)
{
    bench_run(1,
        &(const bench_work){.name = name, .mode = mode, .peer = "C", .run = run_shares, .env = &a});
}

void bench_limits(void)
{
    if (!bench_wants("limit_bw_read_256MB") && !bench_wants("limit_bw_copy_256MB"))
        return;
    array a = {aligned_alloc(4096, (size_t)bytes), aligned_alloc(4096, (size_t)bytes), read_share};
    if (a.from && a.to) {
        memset(a.from, 0, (size_t)bytes);
        memset(a.to, 0, (size_t)bytes);
        run_limit("limit_bw_read_256MB", "read", a);
        a.work = copy_share;
        run_limit("limit_bw_copy_256MB", "copy", a);
    }
    free(a.from);
    free(a.to);
}
