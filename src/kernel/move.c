/* Kernels that move elements: each says how its elements lie, copy.c moves them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/move.h"
#include "kernel/copy.h"
#include "kernel/zero.h"
#include <string.h>

enum { CHUNK = 256 << 10 /* bytes a thread takes at a time */ };

static const char *const no_such_element = "its elements are not 1, 2, 4, 8 or 16 bytes wide";

/* ---- transpose, slice, broadcast_to: one input, one copy ------------------------------------ */

typedef struct move {
    size_t begin; /* where in x the first element is */
    eg__copy copy;
} move;

_Static_assert(sizeof(move) <= EG__JOB_STATE, "a move fits a job");

static eg_status run_move(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const move *t = (const move *)(const void *)job->state;

    (void)scratch;
    if (t->copy.bytes > 0)
        eg__copy_run(&t->copy, (const char *)in[0] + t->begin, out[0]);
    return EG_OK;
}

/* A job that fills all of y; how x is read is left to the caller. */
static eg__copy *start_move(const eg_problem *p, eg_job *job, move **t)
{
    const eg_spec *y = p->out[0];

    *t = (move *)(void *)job->state;
    eg__job_start(job, "copy", run_move);
    (*t)->begin = 0;
    eg__copy *c = &(*t)->copy;
    c->rank = y->rank;
    c->element = eg__dtype(y->dtype)->size;
    memcpy(c->dims, y->dims, sizeof c->dims);
    eg__copy_strides(y->rank, y->dims, c->element, c->to);
    return eg__copy_takes(c->element) ? c : NULL;
}

static const char *prepare_transpose(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_axes *axes = &((const eg_transpose_attrs *)p->attrs)->axes;
    const eg_spec *x = p->in[0];
    int64_t stride[EG_MAX_RANK];
    move *t;
    eg__copy *c = start_move(p, job, &t);

    (void)self;
    if (!c)
        return no_such_element;
    eg__copy_strides(x->rank, x->dims, c->element, stride);
    for (int i = 0; i < x->rank; i++) {
        int axis = axes->n == 0 ? x->rank - 1 - i : axes->axis[i];
        c->from[i] = stride[axis + (axis < 0 ? x->rank : 0)];
    }
    eg__copy_plan(c);
    return NULL;
}

static const char *prepare_slice(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_slice_attrs *attrs = p->attrs;
    const eg_spec *x = p->in[0];
    move *t;
    eg__copy *c = start_move(p, job, &t);

    (void)self;
    if (!c)
        return no_such_element;
    eg__copy_strides(x->rank, x->dims, c->element, c->from);
    for (int i = 0; i < x->rank; i++) {
        t->begin += (size_t)(eg__slice_begin(attrs, i, x->dims[i]) * c->from[i]);
        if (c->dims[i] > 1)
            c->from[i] *= eg__slice_step(attrs, i);
    }
    eg__copy_plan(c);
    return NULL;
}

static const char *prepare_broadcast(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_spec *x = p->in[0], *y = p->out[0];
    int added = y->rank - x->rank;
    move *t;
    eg__copy *c = start_move(p, job, &t);

    (void)self;
    if (!c)
        return no_such_element;
    eg__copy_strides(x->rank, x->dims, c->element, c->from + added);
    for (int i = 0; i < y->rank; i++)
        if (i < added || x->dims[i - added] == 1)
            c->from[i] = 0;
    eg__copy_plan(c);
    return NULL;
}

const eg_kernel eg__transpose_kernel = {"copy", prepare_transpose, NULL};
const eg_kernel eg__slice_kernel = {"copy", prepare_slice, NULL};
const eg_kernel eg__broadcast_to_kernel = {"copy", prepare_broadcast, NULL};

/* ---- unslice: zeros, and x among them ------------------------------------------------------- */

typedef struct unslice {
    size_t begin, bytes; /* where in y the first element goes; all of y */
    eg__copy copy;
} unslice;

_Static_assert(sizeof(unslice) <= EG__JOB_STATE, "an unslice fits a job");

static eg_status run_unslice(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const unslice *t = (const unslice *)(const void *)job->state;

    (void)scratch;
    eg__zero(out[0], t->bytes);
    if (t->copy.bytes > 0)
        eg__copy_run(&t->copy, in[0], (char *)out[0] + t->begin);
    return EG_OK;
}

static const char *prepare_unslice(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg__unslice_attrs *attrs = p->attrs;
    const eg_spec *x = p->in[0], *y = p->out[0];
    unslice *t = (unslice *)(void *)job->state;
    eg__copy *c = &t->copy;

    (void)self;
    eg__job_start(job, "copy", run_unslice);
    *t = (unslice){.bytes = eg__bytes(y)};
    c->rank = x->rank;
    c->element = eg__dtype(x->dtype)->size;
    if (!eg__copy_takes(c->element))
        return no_such_element;
    memcpy(c->dims, x->dims, sizeof c->dims);
    eg__copy_strides(x->rank, x->dims, c->element, c->from);
    eg__copy_strides(y->rank, y->dims, c->element, c->to);
    for (int i = 0; i < x->rank; i++) {
        t->begin += (size_t)(attrs->begin.at[i] * c->to[i]);
        if (c->dims[i] > 1)
            c->to[i] *= attrs->step.at[i];
    }
    eg__copy_plan(c);
    return NULL;
}

const eg_kernel eg__unslice_kernel = {"copy", prepare_unslice, NULL};

/* ---- put_slice: x, and a part among it ------------------------------------------------------ */

typedef struct whole {
    const char *x;
    char *y;
    size_t bytes;
} whole;

static void copy_chunk(void *env, int chunk)
{
    const whole *w = env;
    size_t at = (size_t)chunk * CHUNK;

    size_t n = w->bytes - at < CHUNK ? w->bytes - at : CHUNK;
    eg__copy_rows(&(eg__plane){{1, (int64_t)n}, {0, 1}, {0, 1}, w->x + at, w->y + at, 0, 0},
        w->bytes);
}

static eg_status run_put_slice(const eg_job *job, void *const in[], void *const out[],
    void *scratch)
{
    const unslice *t = (const unslice *)(const void *)job->state;
    whole w = {in[0], out[0], t->bytes};

    (void)scratch;
    if (in[0] != out[0])
        eg__run_chunks((int)((t->bytes + CHUNK - 1) / CHUNK), (double)t->bytes * 0.07, copy_chunk,
            &w);
    if (t->copy.bytes > 0)
        eg__copy_run(&t->copy, in[1], (char *)out[0] + t->begin);
    return EG_OK;
}

static const char *prepare_put_slice(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_put_slice_attrs *attrs = p->attrs;
    const eg_spec *part = p->in[1], *y = p->out[0];
    eg_slice_attrs slice = {.begin = attrs->begin, .step = attrs->step};
    unslice *t = (unslice *)(void *)job->state;
    eg__copy *c = &t->copy;

    (void)self;
    eg__job_start(job, "copy", run_put_slice);
    job->in_place = part->size != y->size;
    *t = (unslice){.bytes = eg__bytes(y)};
    c->rank = part->rank;
    c->element = eg__dtype(y->dtype)->size;
    if (!eg__copy_takes(c->element))
        return no_such_element;
    memcpy(c->dims, part->dims, sizeof c->dims);
    eg__copy_strides(part->rank, part->dims, c->element, c->from);
    eg__copy_strides(y->rank, y->dims, c->element, c->to);
    for (int i = 0; i < part->rank; i++) {
        t->begin += (size_t)(eg__slice_begin(&slice, i, y->dims[i]) * c->to[i]);
        if (c->dims[i] > 1)
            c->to[i] *= eg__slice_step(&slice, i);
    }
    eg__copy_plan(c);
    return NULL;
}

const eg_kernel eg__put_slice_kernel = {"copy", prepare_put_slice, NULL};

/* ---- range ---------------------------------------------------------------------------------- */

typedef struct range {
    int64_t n;
    int64_t *y;
} range;

enum { RANGE_CHUNK = CHUNK / sizeof(int64_t) };

static void range_chunk(void *env, int chunk)
{
    const range *r = env;
    int64_t at = (int64_t)chunk * RANGE_CHUNK,
            end = at + RANGE_CHUNK < r->n ? at + RANGE_CHUNK : r->n;

    int64_t *y = r->y;

    for (int64_t i = at; i < end; i++)
        y[i] = i;
}

static eg_status run_range(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    range r = {*(const int64_t *)(const void *)job->state, out[0]};

    (void)in, (void)scratch;
    eg__run_chunks((int)((r.n + RANGE_CHUNK - 1) / RANGE_CHUNK), (double)r.n * 0.4, range_chunk,
        &r);
    return EG_OK;
}

static const char *prepare_range(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    (void)self;
    if (p->out[0]->dtype != EG_INT64)
        return "it makes int64 only";
    eg__job_start(job, "loop", run_range);
    *(int64_t *)(void *)job->state = p->out[0]->size;
    return NULL;
}

const eg_kernel eg__range_kernel = {"loop", prepare_range, NULL};
