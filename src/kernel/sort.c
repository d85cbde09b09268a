/* Sorting rows, and finding their order: a row is one thread's, see order.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/sort.h"
#include "kernel/order.h"

enum { MOST_CHUNKS = 64 };

static const size_t most_scratch = (size_t)64 << 20;

typedef struct rows {
    eg__order o;
    int64_t rows;
    bool finds_order;
    int chunks;
} rows;

_Static_assert(sizeof(rows) <= EG__JOB_STATE, "it fits a job");

typedef struct ordering {
    const rows *r;
    const char *x;
    char *y, *scratch;
} ordering;

static void run_chunk(void *env, int chunk)
{
    const ordering *w = env;
    const rows *r = w->r;
    const eg__order *o = &r->o;
    int64_t row = r->rows / r->chunks * chunk + r->rows % r->chunks * chunk / r->chunks;
    int64_t end = r->rows / r->chunks * (chunk + 1) + r->rows % r->chunks * (chunk + 1) / r->chunks;
    char *scratch = w->scratch + (size_t)chunk * o->scratch;

    for (; row < end; row++) {
        const char *x = w->x + (size_t)(row * o->n) * o->element;
        if (r->finds_order)
            eg__order_indices(o, x, (int64_t *)(void *)w->y + row * o->n, scratch);
        else
            eg__order_values(o, x, w->y + (size_t)(row * o->n) * o->element, scratch);
    }
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const rows *r = (const rows *)(const void *)job->state;
    ordering w = {r, in[0], out[0], scratch};

    eg__run_chunks(r->chunks, (double)r->rows * (double)r->o.n * (double)r->o.element * 2,
        run_chunk, &w);
    return EG_OK;
}

/* As many rows at a time as there is room for. */
static int chunks_of(const rows *r, const eg_spec *x)
{
    int64_t chunks = x->size == 0 ? 0 : r->rows < MOST_CHUNKS ? r->rows : MOST_CHUNKS;

    while (chunks > 1 && (size_t)chunks * r->o.scratch > most_scratch)
        chunks--;
    return (int)chunks;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    rows *r = (rows *)(void *)job->state;
    const eg_spec *x = p->in[0];
    int64_t n = x->dims[x->rank - 1];
    bool finds_order = self == &eg__argsort_kernel;

    if (!eg__order_set(&r->o, x->dtype, n, finds_order,
            ((const eg_sort_attrs *)p->attrs)->descending))
        return "it has no loop for this dtype";
    eg__job_start(job, "keys", run);
    r->rows = n > 0 ? x->size / n : 0;
    r->finds_order = finds_order;
    r->chunks = chunks_of(r, x);
    job->scratch = (size_t)r->chunks * r->o.scratch;
    return NULL;
}

const eg_kernel eg__sort_kernel = {"keys", prepare, NULL};
const eg_kernel eg__argsort_kernel = {"keys", prepare, NULL};
