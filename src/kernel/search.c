/* Searching in a sorted row.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/isa.h"
#include "kernel/sort.h"

enum { CHUNK = 1024 };

#define IS_NAN(x) ((x) != (x))
#define BODY      "kernel/search.inc"
#include "kernel/each_integer.inc"
#include "kernel/each_real.inc"
#undef BODY

typedef void (*search_fn)(const void *x, int64_t n, const void *values, int64_t *y, int64_t count,
    bool right);

static const search_fn searches[EG__DTYPES] = {
    EG__INTEGER_ROWS(search),
    [EG_FLOAT32] = search_float,
    [EG_FLOAT64] = search_double,
};

/* A row of n sorted elements for each `each` values, or one row for all. */
typedef struct finding {
    search_fn search;
    int64_t n, count, each;
    size_t element;
    bool right;
} finding;

typedef struct finder {
    const finding *f;
    const char *x, *values;
    int64_t *y;
} finder;

static void run_chunk(void *env, int chunk)
{
    const finder *w = env;
    const finding *f = w->f;
    int64_t at = (int64_t)chunk * CHUNK, left = f->count - at < CHUNK ? f->count - at : CHUNK;

    while (left > 0) {
        int64_t row = at / f->each, in_row = (row + 1) * f->each - at;
        int64_t count = left < in_row ? left : in_row;
        f->search(w->x + (size_t)(row * f->n) * f->element, f->n,
            w->values + (size_t)at * f->element, w->y + at, count, f->right);
        at += count;
        left -= count;
    }
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const finding *f = (const finding *)(const void *)job->state;
    finder w = {f, in[0], in[1], out[0]};
    double steps = 1;

    (void)scratch;
    for (int64_t n = f->n; n > 1; n /= 2)
        steps++;
    eg__run_chunks((int)((f->count + CHUNK - 1) / CHUNK), (double)f->count * steps * 2, run_chunk,
        &w);
    return EG_OK;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    finding *f = (finding *)(void *)job->state;
    const eg_spec *x = p->in[0];

    (void)self;
    f->search = (unsigned)x->dtype < EG__DTYPES ? searches[x->dtype] : NULL;
    if (!f->search)
        return "it has no loop for this dtype";
    eg__job_start(job, "halves", run);
    f->n = x->dims[x->rank - 1];
    f->count = p->in[1]->size;
    f->each = x->rank == 1 ? f->count : p->in[1]->dims[x->rank - 1];
    f->element = eg__dtype(x->dtype)->size;
    f->right = ((const eg_searchsorted_attrs *)p->attrs)->right;
    return NULL;
}

const eg_kernel eg__searchsorted_kernel = {"halves", prepare, NULL};
