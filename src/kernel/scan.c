/* Running sums and their kin, and linear recurrences, along one axis.
 *
 * An array is seen as [outer, n, inner]. Each outer index, and each tile of inner columns, is a
 * unit that any thread may take; along n the order is the one it is written in.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/scan.h"
#include <string.h>

enum { COLUMNS = 1024, CHUNK = 32768 }; /* columns of a unit; elements a thread takes, at least */

typedef struct scan {
    const eg__scan *loops;
    eg__recurrence recurrence;
    size_t element, out_element;
    int64_t outer, n, inner;
    int64_t lead, out_n; /* rows of the identity in front; rows of the result */
    int64_t tiles, per_chunk, units;
    int chunks;
    bool reverse;
} scan;

_Static_assert(sizeof(scan) <= EG__JOB_STATE, "a scan fits a job");

typedef struct scanning {
    const scan *s;
    const char *x, *b;
    char *y;
} scanning;

static void put_identity(const scan *s, char *y, int64_t c)
{
    for (int64_t j = 0; j < c; j++)
        memcpy(y + (size_t)j * s->out_element, s->loops->identity, s->out_element);
}

/* Writes a unit's result from its first row in the order of the scan. */
static void run_unit(const scanning *w, int64_t unit)
{
    const scan *s = w->s;
    int64_t outer = unit / s->tiles, column = unit % s->tiles * COLUMNS;
    int64_t c = s->inner - column < COLUMNS ? s->inner - column : COLUMNS;
    int64_t stride = s->reverse ? -s->inner : s->inner;
    int64_t rows = s->out_n - s->lead; /* those that are scanned */
    int64_t from = (outer * s->n + (s->reverse ? s->n - 1 : 0)) * s->inner + column;
    int64_t to = (outer * s->out_n + (s->reverse ? s->out_n - 1 : 0)) * s->inner + column;
    char *y = w->y + to * (int64_t)s->out_element;

    if (s->lead > 0)
        put_identity(s, y, c);
    if (rows <= 0)
        return;
    y += s->lead * stride * (int64_t)s->out_element;
    const char *x = w->x + from * (int64_t)s->element;
    if (s->recurrence)
        s->recurrence(x, w->b + from * (int64_t)s->element, y, rows, c, stride);
    else if (s->inner == 1)
        s->loops->row(x, y, rows, stride);
    else
        s->loops->columns(x, y, rows, c, stride);
}

static void run_chunk(void *env, int chunk)
{
    const scanning *w = env;
    int64_t at = chunk * w->s->per_chunk, end = at + w->s->per_chunk;

    for (; at < end && at < w->s->units; at++)
        run_unit(w, at);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const scan *s = (const scan *)(const void *)job->state;
    scanning w = {s, in[0], s->recurrence ? in[1] : NULL, out[0]};
    double elements = (double)s->outer * (double)s->out_n * (double)s->inner;

    (void)scratch;
    eg__run_chunks(s->chunks, elements * (s->recurrence ? 2 : 0.5), run_chunk, &w);
    return EG_OK;
}

/* Fills in what follows from the shape and the axis. */
static void set_shape(scan *s, const eg_spec *x, int axis)
{
    axis += axis < 0 ? x->rank : 0;
    s->element = eg__dtype(x->dtype)->size;
    s->n = x->dims[axis];
    s->outer = s->inner = 1;
    for (int i = 0; i < axis; i++)
        s->outer *= x->dims[i];
    for (int i = axis + 1; i < x->rank; i++)
        s->inner *= x->dims[i];
    s->tiles = (s->inner + COLUMNS - 1) / COLUMNS;
    s->units = s->outer * s->tiles;
    int64_t elements = (s->n + 1) * (s->inner < COLUMNS ? s->inner : COLUMNS);
    s->per_chunk = elements >= CHUNK ? 1 : CHUNK / (elements + 1) + 1;
    s->chunks = (int)((s->units + s->per_chunk - 1) / s->per_chunk);
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg__scan *const *of = self->table;
    const eg_cumulative_attrs *attrs = p->attrs;
    const eg_spec *x = p->in[0], *y = p->out[0];
    scan *s = (scan *)(void *)job->state;

    s->loops = &of[eg__isa_now()][(unsigned)x->dtype < EG__DTYPES ? x->dtype : 0];
    if (!s->loops->row)
        return "it has no loop for this dtype";
    eg__job_start(job, "loop", run);
    set_shape(s, x, attrs->axis);
    s->recurrence = NULL;
    s->out_element = eg__dtype(y->dtype)->size;
    s->lead = attrs->exclusive || attrs->include_initial;
    s->out_n = s->n + attrs->include_initial;
    s->reverse = attrs->reverse;
    if (y->size == 0)
        s->chunks = 0;
    return NULL;
}

static const eg__scan *const sum_loops[EG__ISAS] = EG__EACH_ISA(eg__cumulative_sum);
static const eg__scan *const prod_loops[EG__ISAS] = EG__EACH_ISA(eg__cumulative_prod);
static const eg__scan *const max_loops[EG__ISAS] = EG__EACH_ISA(eg__cumulative_max);

const eg_kernel eg__cumulative_sum_kernel = {"loop", prepare, sum_loops};
const eg_kernel eg__cumulative_prod_kernel = {"loop", prepare, prod_loops};
const eg_kernel eg__cumulative_max_kernel = {"loop", prepare, max_loops};

static const char *prepare_recurrence(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    static const eg__recurrence *const of[EG__ISAS] = EG__EACH_ISA(eg__linear_recurrence);
    const eg_recurrence_attrs *attrs = p->attrs;
    scan *s = (scan *)(void *)job->state;
    eg_dtype dtype = p->in[0]->dtype;

    (void)self;
    s->recurrence = (unsigned)dtype < EG__DTYPES ? of[eg__isa_now()][dtype] : NULL;
    if (!s->recurrence)
        return "it has no loop for this dtype";
    eg__job_start(job, "loop", run);
    set_shape(s, p->in[0], attrs->axis);
    s->out_element = s->element;
    s->lead = 0;
    s->out_n = s->n;
    s->reverse = attrs->reverse;
    if (p->out[0]->size == 0)
        s->chunks = 0;
    return NULL;
}

const eg_kernel eg__linear_recurrence_kernel = {"loop", prepare_recurrence, NULL};
