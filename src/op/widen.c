/* A job around a job: convert, run, convert.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/widen.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernel/elementwise.h"
#include <string.h>

enum { LINE = 64 };

/* An array that the inner job sees in another dtype than the outer. */
typedef struct passage {
    eg_job cast; /* in or out; not prepared where the dtype stays */
    bool changes;
    size_t at; /* where in the scratch the wide array is */
} passage;

typedef struct widened {
    eg_job inner;
    size_t size, inner_scratch; /* of this struct; where the inner job's scratch begins */
    int n_in, n_out;
    passage passages[]; /* of the inputs, then of the outputs */
} widened;

eg_dtype eg__wide(eg_dtype dtype)
{
    const eg__dtype_info *d = eg__dtype(dtype);

    if (d->is_half)
        return EG_FLOAT32;
    if (d->kind != EG__INTEGER || dtype == EG_INT32 || dtype == EG_INT64)
        return dtype;
    return d->size < 4 ? EG_INT32 : EG_INT64;
}

/* ---- running -------------------------------------------------------------------------------- */

static eg_status convert(const passage *t, void *from, void *to)
{
    return t->cast.run(&t->cast, &from, &to, NULL);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const widened *w = *(widened *const *)(const void *)job->state;
    void *wide_in[EG__MAX_IN], *wide_out[EG__MAX_OUT];
    char *room = scratch;
    eg_status status = EG_OK;

    for (int i = 0; i < w->n_in && status == EG_OK; i++) {
        const passage *t = &w->passages[i];
        wide_in[i] = t->changes ? room + t->at : in[i];
        if (t->changes)
            status = convert(t, in[i], wide_in[i]);
    }
    for (int i = 0; i < w->n_out; i++) {
        const passage *t = &w->passages[w->n_in + i];
        wide_out[i] = t->changes ? room + t->at : out[i];
    }
    if (status == EG_OK)
        status = w->inner.run(&w->inner, wide_in, wide_out, room + w->inner_scratch);
    for (int i = 0; i < w->n_out && status == EG_OK; i++)
        if (w->passages[w->n_in + i].changes)
            status = convert(&w->passages[w->n_in + i], wide_out[i], out[i]);
    return status;
}

static void drop(eg_job *job)
{
    widened *w = *(widened **)(void *)job->state;

    if (w->inner.drop)
        w->inner.drop(&w->inner);
    eg__free(w, w->size);
}

/* ---- preparing ------------------------------------------------------------------------------ */

/* The spec the inner job sees, and the passage there: into it, or out of it. */
static eg_spec widen_one(passage *t, const eg_spec *spec, bool is_input, size_t *scratch)
{
    eg_spec wide = *spec;

    wide.dtype = eg__wide(spec->dtype);
    t->changes = wide.dtype != spec->dtype;
    if (!t->changes)
        return wide;
    const eg_spec *from = is_input ? spec : &wide, *to = is_input ? &wide : spec;
    eg_problem p = {NULL, 1, 1, &from, &to};
    eg__cast_loop.prepare(&eg__cast_loop, &p, &t->cast);
    t->at = *scratch;
    *scratch += (eg__bytes(&wide) + LINE - 1) / LINE * LINE;
    return wide;
}

static bool prepare_inner(const eg_opdef *op, const eg_problem *wide, eg_job *inner)
{
    for (const eg_kernel *const *k = op->kernels; k && *k && !eg__me.failed; k++)
        if (!(*k)->prepare(*k, wide, inner))
            return true;
    return false;
}

static bool is_narrow(const eg_problem *p)
{
    for (int i = 0; i < p->n_in; i++)
        if (eg__wide(p->in[i]->dtype) != p->in[i]->dtype)
            return true;
    return false;
}

/* Prepares everything in `w`; gives the bytes of scratch. */
static bool widen_all(widened *w, const eg_opdef *op, const eg_problem *p, size_t *scratch)
{
    eg_spec in[EG__MAX_IN], out[EG__MAX_OUT];
    const eg_spec *in_at[EG__MAX_IN], *out_at[EG__MAX_OUT];
    eg_problem wide = {p->attrs, p->n_in, p->n_out, in_at, out_at};

    *scratch = 0;
    for (int i = 0; i < p->n_in; i++) {
        in[i] = widen_one(&w->passages[i], p->in[i], true, scratch);
        in_at[i] = &in[i];
    }
    for (int i = 0; i < p->n_out; i++) {
        out[i] = widen_one(&w->passages[p->n_in + i], p->out[i], false, scratch);
        out_at[i] = &out[i];
    }
    w->inner_scratch = *scratch;
    if (!prepare_inner(op, &wide, &w->inner))
        return false;
    *scratch += w->inner.scratch;
    return true;
}

bool eg__widen(const eg_opdef *op, const eg_problem *p, eg_job *job)
{
    size_t size = sizeof(widened) + sizeof(passage) * (size_t)(p->n_in + p->n_out), scratch;

    if (!is_narrow(p))
        return false;
    widened *w = eg__alloc(size);
    if (!w) {
        eg__fail_memory(op->name, size);
        return false;
    }
    w->size = size;
    w->n_in = p->n_in;
    w->n_out = p->n_out;
    if (!widen_all(w, op, p, &scratch)) {
        eg__free(w, size);
        return false;
    }
    eg__job_start(job, w->inner.implementation, run);
    job->drop = drop;
    job->scratch = scratch;
    job->may_fail = w->inner.may_fail;
    job->waits = w->inner.waits;
    memcpy(job->state, &w, sizeof w);
    return true;
}
