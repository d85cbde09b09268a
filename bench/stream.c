/* Copying and reading memory on several threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* madvise */
#include "stream.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MOST_THREADS = 64, SUMS = 64, PAGE = 4096, HUGE_PAGE = 1 << 21 };

struct stream {
    int64_t bytes;
    char *from, *to;
};

typedef struct share {
    const stream *s;
    void (*work)(struct share *);
    int64_t at, size;
    float sum;
} share;

static void copy_share(share *s)
{
    memcpy(s->s->to + s->at, s->s->from + s->at, (size_t)s->size);
}

static void read_share(share *s)
{
    const float *x = (const float *)(const void *)(s->s->from + s->at);
    float sums[SUMS] = {0};

    for (int64_t i = 0; i < s->size / 4; i += SUMS)
        for (int k = 0; k < SUMS; k++)
            sums[k] += x[i + k];
    for (int k = 0; k < SUMS; k++)
        s->sum += sums[k];
}

static void *run_share(void *env)
{
    share *s = env;

    for (int i = 0; i < STREAM_ROUNDS; i++)
        s->work(s);
    return NULL;
}

static void run_shares(const stream *s, void (*work)(share *))
{
    int n = bench_option.threads < MOST_THREADS ? bench_option.threads : MOST_THREADS;
    share shares[MOST_THREADS];
    pthread_t threads[MOST_THREADS];
    bool started[MOST_THREADS];

    for (int i = 0; i < n; i++) {
        int64_t at = s->bytes / PAGE * i / n * PAGE, end = s->bytes / PAGE * (i + 1) / n * PAGE;
        shares[i] = (share){.s = s, .work = work, .at = at, .size = end - at};
        started[i] = i > 0 && pthread_create(&threads[i], NULL, run_share, &shares[i]) == 0;
    }
    for (int i = 0; i < n; i++)
        if (!started[i])
            run_share(&shares[i]);
    for (int i = 0; i < n; i++)
        if (started[i])
            pthread_join(threads[i], NULL);
}

eg_tensor *stream_copy(void *env)
{
    run_shares(env, copy_share);
    return NULL;
}

eg_tensor *stream_read(void *env)
{
    run_shares(env, read_share);
    return NULL;
}

stream *stream_new(int64_t bytes)
{
    size_t whole = ((size_t)bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    stream *s = malloc(sizeof *s);

    if (!s)
        return NULL;
    *s = (stream){bytes, aligned_alloc(HUGE_PAGE, whole), aligned_alloc(HUGE_PAGE, whole)};
    if (!s->from || !s->to) {
        stream_free(s);
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    madvise(s->from, whole, MADV_HUGEPAGE);
    madvise(s->to, whole, MADV_HUGEPAGE);
#endif
    memset(s->from, 0, whole);
    memset(s->to, 0, whole);
    return s;
}

void stream_free(stream *s)
{
    if (!s)
        return;
    free(s->from);
    free(s->to);
    free(s);
}
