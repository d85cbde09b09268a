/* The numbers of rows, each as often as its count says.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "kernel/select.h"

enum { AT_ONCE = 4096, AHEAD = 8 }; /* counts a chunk; numbers written at once */

static const double ns_per_element = 0.5;

typedef struct repetition {
    int64_t n, length;
    bool any_count;
    int chunks;
} repetition;

/* `start` has for each chunk where its numbers begin, at most `length`; -1 where a count of it is
 * negative. */
typedef struct repeating {
    const repetition *r;
    const int64_t *counts;
    int64_t *to, *start;
} repeating;

static int64_t end_of(const repetition *r, int chunk)
{
    int64_t end = (int64_t)(chunk + 1) * AT_ONCE;
    return end < r->n ? end : r->n;
}

/* The sum of two numbers that are not negative, or `most` where that is less. */
static int64_t add_up_to(int64_t most, int64_t a, int64_t b)
{
    return b > most - a ? most : a + b;
}

/* The sum may be one more than the length, so that it shows where there is too much. */
static void sum_chunk(void *env, int chunk)
{
    const repeating *w = env;
    int64_t sum = 0, lowest = 0;

    for (int64_t i = (int64_t)chunk * AT_ONCE; i < end_of(w->r, chunk); i++) {
        lowest = w->counts[i] < lowest ? w->counts[i] : lowest;
        sum = add_up_to(w->r->length + 1, sum, w->counts[i] > 0 ? w->counts[i] : 0);
    }
    w->start[chunk + 1] = lowest < 0 ? -1 : sum;
}

/* Each number is written a few times at once, and over what was too much the next one: where counts
 * are small, no branch has to be guessed. */
static void write_chunk(void *env, int chunk)
{
    const repeating *w = env;
    const int64_t length = w->r->length;
    const int64_t limit = w->start[chunk + 1] < length ? w->start[chunk + 1] : length;
    int64_t at = w->start[chunk];

    for (int64_t i = (int64_t)chunk * AT_ONCE; i < end_of(w->r, chunk); i++) {
        int64_t done = at, end = add_up_to(length, at, w->counts[i]);
        if (at + AHEAD <= limit) {
            for (int k = 0; k < AHEAD; k++)
                w->to[at + k] = i;
            done += AHEAD;
        }
        for (; done < end; done++)
            w->to[done] = i;
        at = end;
    }
}

EG_COLD static eg_status refuse(const repeating *w, int chunk)
{
    int64_t i = (int64_t)chunk * AT_ONCE;

    while (w->counts[i] >= 0)
        i++;
    return eg__fail(EG_INVALID, "", "count %lld, number %lld, is negative", (long long)w->counts[i],
        (long long)i);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const repetition *r = (const repetition *)(const void *)job->state;
    repeating w = {r, in[0], out[0], scratch};

    w.start[0] = 0;
    eg__run_chunks(r->chunks, (double)r->n * ns_per_element, sum_chunk, &w);
    for (int i = 0; i < r->chunks; i++) {
        if (w.start[i + 1] < 0)
            return refuse(&w, i);
        w.start[i + 1] = add_up_to(r->length + 1, w.start[i], w.start[i + 1]);
    }
    int64_t total = w.start[r->chunks];
    if (total != r->length && !r->any_count)
        return eg__fail(EG_INVALID, "", "the counts do not add up to the length %lld",
            (long long)r->length);
    eg__run_chunks(r->chunks, (double)(r->n + r->length) * ns_per_element, write_chunk, &w);
    for (int64_t i = total; i < r->length; i++)
        w.to[i] = r->n;
    return EG_OK;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    repetition *r = (repetition *)(void *)job->state;
    const eg__repeat_index_attrs *attrs = p->attrs;

    (void)self;
    if (p->in[0]->dtype != EG_INT64)
        return "it reads counts of int64 only";
    eg__job_start(job, "loop", run);
    r->n = p->in[0]->size;
    r->length = attrs->length;
    r->any_count = attrs->any_count;
    r->chunks = (int)((r->n + AT_ONCE - 1) / AT_ONCE);
    job->may_fail = true;
    job->scratch = ((size_t)r->chunks + 1) * sizeof(int64_t);
    return NULL;
}

const eg_kernel eg__repeat_index_kernel = {"loop", prepare, NULL};
