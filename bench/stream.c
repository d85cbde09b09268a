/* Copying and reading memory on several threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* madvise */
#include "stream.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SUMS = 64, PAGE = 4096, HUGE_PAGE = 1 << 21 };

/* Arrays that are gone over so quickly that starting threads would count are gone over more often:
 * so many bytes at least in a run. */
static const int64_t least_moved = 128 << 20;

struct stream {
    int64_t bytes;
    int rounds;
    char *from, *to;
};

typedef struct range {
    int64_t at, size;
} range;

/* Share i of n, in whole pages. */
static range range_of(const stream *s, int i, int n)
{
    int64_t at = s->bytes / PAGE * i / n * PAGE;
    return (range){at, s->bytes / PAGE * (i + 1) / n * PAGE - at};
}

static void copy_share(void *env, int i, int n)
{
    const stream *s = env;
    range r = range_of(s, i, n);

    for (int k = 0; k < s->rounds; k++)
        memcpy(s->to + r.at, s->from + r.at, (size_t)r.size);
}

static void read_share(void *env, int i, int n)
{
    const stream *s = env;
    range r = range_of(s, i, n);
    const float *x = (const float *)(const void *)(s->from + r.at);
    float sums[SUMS] = {0}, sum = 0;

    for (int k = 0; k < s->rounds; k++)
        for (int64_t at = 0; at < r.size / 4; at += SUMS)
            for (int j = 0; j < SUMS; j++)
                sums[j] += x[at + j];
    for (int j = 0; j < SUMS; j++)
        sum += sums[j];
    memcpy(s->to + r.at, &sum, sizeof sum);
}

eg_tensor *stream_copy(void *env)
{
    bench_share(copy_share, env);
    return NULL;
}

eg_tensor *stream_read(void *env)
{
    bench_share(read_share, env);
    return NULL;
}

stream *stream_new(int64_t bytes)
{
    size_t whole = ((size_t)bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    stream *s = malloc(sizeof *s);

    if (!s)
        return NULL;
    *s = (stream){bytes, STREAM_ROUNDS, aligned_alloc(HUGE_PAGE, whole),
        aligned_alloc(HUGE_PAGE, whole)};
    if (!s->from || !s->to) {
        stream_free(s);
        return NULL;
    }
    if (s->rounds < least_moved / bytes)
        s->rounds = (int)(least_moved / bytes);
#ifdef MADV_HUGEPAGE
    madvise(s->from, whole, MADV_HUGEPAGE);
    madvise(s->to, whole, MADV_HUGEPAGE);
#endif
    memset(s->from, 0, whole);
    memset(s->to, 0, whole);
    return s;
}

int stream_rounds(const stream *s)
{
    return s->rounds;
}

void stream_free(stream *s)
{
    if (!s)
        return;
    free(s->from);
    free(s->to);
    free(s);
}
