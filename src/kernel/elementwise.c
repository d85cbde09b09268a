/* Applying a loop to arrays that broadcast.
 *
 * Neighbouring axes in which every operand behaves alike are merged, so that what remains is an
 * inner run, where each operand either advances or stays, and a nest of outer axes around it. Two
 * arrays of one shape, or an array and a scalar, are a single run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "base/compiler.h"
#include <string.h>

enum { CHUNK = 32768 }; /* elements a thread takes at a time */

typedef struct nest {
    eg_loop loop;
    double cost;
    int n_in, rank;        /* operands, outer axes */
    int64_t size, inner;   /* elements in all, in the run */
    int64_t step[EG__MOST_OPERANDS];
    size_t in_element[EG__MOST_OPERANDS], out_element;
    int64_t dims[EG_MAX_RANK];                      /* outer axes, outermost first */
    int64_t stride[EG__MOST_OPERANDS][EG_MAX_RANK]; /* bytes an operand moves along each */
} nest;

_Static_assert(sizeof(nest) <= EG__JOB_STATE, "a nest fits a job");

/* How operand `spec` moves along axis `axis` of the output: 0 stays, 1 advances. */
static int moves(const eg_spec *spec, const eg_spec *out, int axis)
{
    int own = axis - (out->rank - spec->rank);
    return own >= 0 && spec->dims[own] != 1;
}

static bool is_single_run(const eg_problem *p)
{
    for (int k = 0; k < p->n_in; k++)
        if (p->in[k]->size != 1 && p->in[k]->size != p->out[0]->size)
            return false;
    return true;
}

typedef struct axis_group {
    int64_t size;
    int moves[EG__MOST_OPERANDS];
} axis_group;

/* Merges the output's axes into groups, innermost first; returns how many. */
static int group_axes(const eg_problem *p, axis_group groups[])
{
    const eg_spec *out = p->out[0];
    int n = 0;

    for (int axis = out->rank - 1; axis >= 0; axis--) {
        if (out->dims[axis] == 1)
            continue;
        axis_group g = {.size = out->dims[axis]};
        for (int k = 0; k < p->n_in; k++)
            g.moves[k] = moves(p->in[k], out, axis);
        if (n > 0 && memcmp(groups[n - 1].moves, g.moves, sizeof g.moves) == 0)
            groups[n - 1].size *= g.size;
        else
            groups[n++] = g;
    }
    return n;
}

static void lay_out(nest *t, const eg_problem *p)
{
    axis_group groups[EG_MAX_RANK];
    int n = group_axes(p, groups);

    t->inner = n > 0 ? groups[0].size : 1;
    t->rank = n > 1 ? n - 1 : 0;
    for (int k = 0; k < t->n_in; k++) {
        int64_t bytes = (int64_t)t->in_element[k];
        t->step[k] = n > 0 && groups[0].moves[k];
        bytes *= t->step[k] ? t->inner : 1;
        for (int g = 1; g < n; g++) {
            t->dims[n - 1 - g] = groups[g].size;
            t->stride[k][n - 1 - g] = groups[g].moves[k] ? bytes : 0;
            bytes *= groups[g].moves[k] ? groups[g].size : 1;
        }
    }
}

static void run_piece(const nest *t, void *const in[], void *out, int64_t at, int64_t n)
{
    const void *operand[EG__MOST_OPERANDS];

    for (int k = 0; k < t->n_in; k++)
        operand[k] = (const char *)in[k] + at * t->step[k] * (int64_t)t->in_element[k];
    t->loop(n, operand, t->step, (char *)out + at * (int64_t)t->out_element);
}

/* Where each operand's row number `row` begins. */
static void find_row(const nest *t, int64_t row, int64_t offset[])
{
    for (int k = 0; k < t->n_in; k++)
        offset[k] = 0;
    for (int i = t->rank - 1; i >= 0; i--) {
        int64_t index = row % t->dims[i];
        row /= t->dims[i];
        for (int k = 0; k < t->n_in; k++)
            offset[k] += index * t->stride[k][i];
    }
}

/* Elements [at, end) of the output, row by row. */
static void run_rows(const nest *t, void *const in[], void *out, int64_t at, int64_t end)
{
    while (at < end) {
        int64_t row = at / t->inner, column = at % t->inner;
        int64_t n = t->inner - column < end - at ? t->inner - column : end - at;
        int64_t offset[EG__MOST_OPERANDS];
        const void *operand[EG__MOST_OPERANDS];
        find_row(t, row, offset);
        for (int k = 0; k < t->n_in; k++)
            operand[k] = (const char *)in[k] + offset[k] +
                column * t->step[k] * (int64_t)t->in_element[k];
        t->loop(n, operand, t->step, (char *)out + at * (int64_t)t->out_element);
        at += n;
    }
}

typedef struct whole {
    const nest *t;
    void *const *in;
    void *out;
} whole;

static void run_chunk(void *env, int chunk)
{
    const whole *w = env;
    int64_t at = (int64_t)chunk * CHUNK, end = at + CHUNK;

    end = end < w->t->size ? end : w->t->size;
    if (w->t->rank == 0)
        run_piece(w->t, w->in, w->out, at, end - at);
    else
        run_rows(w->t, w->in, w->out, at, end);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const nest *t = (const nest *)(const void *)job->state;

    (void)scratch;
    if (EG_LIKELY(t->rank == 0 && t->size <= CHUNK)) {
        if (t->size > 0)
            run_piece(t, in, out[0], 0, t->size);
        return EG_OK;
    }
    whole w = {t, in, out[0]};
    int chunks = (int)((t->size + CHUNK - 1) / CHUNK);
    eg__run_chunks(chunks, (double)t->size * t->cost, run_chunk, &w);
    return EG_OK;
}

const char *eg__elementwise_with(eg_loop loop, double cost, const eg_problem *p, eg_job *job)
{
    nest *t = (nest *)(void *)job->state;

    eg__job_start(job, "loop", run);
    job->in_place = true;
    t->loop = loop;
    t->cost = cost;
    t->n_in = p->n_in;
    t->rank = 0;
    t->size = t->inner = p->out[0]->size;
    t->out_element = eg__dtype(p->out[0]->dtype)->size;
    for (int k = 0; k < p->n_in; k++) {
        t->in_element[k] = eg__dtype(p->in[k]->dtype)->size;
        t->step[k] = p->in[k]->size != 1;
    }
    if (EG_UNLIKELY(!is_single_run(p) && t->size > 0))
        lay_out(t, p);
    return NULL;
}

const char *eg__elementwise_prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_loops *loops = self->table;
    eg_dtype by = p->in[loops->by]->dtype;
    eg_loop loop = (unsigned)by < EG__DTYPES ? loops->of[eg__isa_now()][by] : NULL;

    if (!loop)
        return "it has no loop for this dtype";
    return eg__elementwise_with(loop, loops->cost, p, job);
}

/* ---- the kernels of elementwise.list ------------------------------------------------------- */

#ifdef EG_HAVE_X86_SETS
#define EG_LOOP(name, by, cost)                                                                    \
    extern const eg_loop eg__##name##_base[], eg__##name##_avx2[], eg__##name##_avx512[];
#else
#define EG_LOOP(name, by, cost) extern const eg_loop eg__##name##_base[];
#endif
#include "kernel/elementwise.list"
#undef EG_LOOP

#define EG_LOOP(name, by, cost)                                                                    \
    static const eg_loops name##_loops = {EG__EACH_ISA(eg__##name), by, cost};                     \
    const eg_kernel eg__##name##_loop = {"loop", eg__elementwise_prepare, &name##_loops};
#include "kernel/elementwise.list"
#undef EG_LOOP
