/* A search in front of an element-wise job.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/checked.h"
#include "base/error.h"
#include <stdatomic.h>

/* A job's state. */
typedef struct checked {
    eg__nest nest;
    eg_status (*run)(const eg_job *, void *const[], void *const[], void *);
    eg__finder finds;
    const char *error;
    int64_t n;
    size_t element;
} checked;

_Static_assert(sizeof(checked) <= EG__JOB_STATE, "a checked job fits a job");

enum { CHUNK = 65536 };

typedef struct search {
    const checked *c;
    const char *elements;
    atomic_bool found;
} search;

static void search_chunk(void *env, int chunk)
{
    search *s = env;
    int64_t at = (int64_t)chunk * CHUNK, left = s->c->n - at;

    if (s->c->finds(left < CHUNK ? left : CHUNK, s->elements + at * (int64_t)s->c->element))
        atomic_store(&s->found, true);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const checked *c = (const checked *)(const void *)job->state;
    search s = {.c = c, .elements = in[1]};

    eg__run_chunks((int)((c->n + CHUNK - 1) / CHUNK), (double)c->n * 0.3, search_chunk, &s);
    if (atomic_load(&s.found))
        return eg__fail(EG_INVALID, "", "%s", c->error);
    return c->run(job, in, out, scratch);
}

void eg__check_first(eg__finder finds, const char *error, const eg_problem *p, eg_job *job)
{
    checked *c = (checked *)(void *)job->state;

    if (!finds || p->out[0]->size == 0)
        return;
    c->run = job->run;
    c->finds = finds;
    c->error = error;
    c->n = p->in[1]->size;
    c->element = eg__dtype(p->in[1]->dtype)->size;
    job->run = run;
    job->may_fail = true;
}
