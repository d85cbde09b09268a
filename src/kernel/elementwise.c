/* Applying a loop to arrays that broadcast.
 *
 * Neighbouring axes in which every operand behaves alike are merged, so that what remains is an
 * inner run, where each operand either advances or stays, and a nest of outer axes around it. Two
 * arrays of one shape, or an array and a scalar, are a single run. A single run of one chunk, the
 * tiny operation, knows nothing but its loop, its size and its steps.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "base/compiler.h"
#include "kernel/copy.h"
#include <string.h>

enum {
    CHUNK = 32768,      /* elements a thread takes at a time, */
    CHUNK_TIME = 10000, /* or as many as take these nanoseconds */
    STRIP = 512,        /* elements between asking for them and computing */
    FAR = 1 << 21,      /* elements of an array that is not in a cache */
    TILE = 4096,        /* bytes of rows written down together */
    CACHE_LINE = 64,
    STREAM_ROOM = 4096, /* bytes computed before they go past the caches */
};

/* While a strip is computed the next is on its way from memory. A processor sees what a loop will
 * need in time by itself, unless the loop takes this many nanoseconds an element. */
static const double slow = 0.2;

/* What a call of a loop costs besides its elements, in nanoseconds. */
static const double call_cost = 4;

_Static_assert(sizeof(eg__nest) <= EG__JOB_STATE, "a nest fits a job");

static const eg__nest *nest_of(const eg_job *job)
{
    return (const eg__nest *)(const void *)job->state;
}

/* ---- laying out ----------------------------------------------------------------------------- */

/* How operand `spec` moves along axis `axis` of the output: 0 stays, 1 advances. */
static int moves(const eg_spec *spec, const eg_spec *out, int axis)
{
    int own = axis - (out->rank - spec->rank);
    return own >= 0 && spec->dims[own] != 1;
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

static void lay_out(eg__nest *t, const eg_problem *p)
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

/* Whether operand k is one row, the same for all rows of the output. */
static bool repeats(const eg__nest *t, int k)
{
    for (int i = 0; i < t->rank; i++)
        if (t->stride[k][i] != 0)
            return false;
    return t->step[k];
}

/* How many rows can be one run: where they are short, each operand that is the same in all of them
 * is written down so many times, so that it advances like the rest. */
static int64_t rows_together(const eg__nest *t)
{
    int64_t rows = t->dims[t->rank - 1];

    for (int k = 0; k < t->n_in; k++) {
        int64_t row = t->inner * (int64_t)t->in_element[k];
        bool advances = t->step[k] && t->stride[k][t->rank - 1] == row;
        bool stays = !t->step[k] && t->stride[k][t->rank - 1] == 0;
        if (repeats(t, k))
            rows = rows < TILE / row ? rows : TILE / row;
        else if (!advances && !stays)
            return 1;
    }
    return rows > 1 ? rows : 1;
}

/* ---- running -------------------------------------------------------------------------------- */

typedef struct whole {
    const eg__nest *t;
    void *const *in;
    void *out;
    const eg__stream_loops *past; /* the caches; NULL: through them */
} whole;

/* n elements of the output, from `out` on. */
static void compute(const whole *w, int64_t n, const void *const in[], char *out)
{
    _Alignas(CACHE_LINE) char room[STREAM_ROOM];
    const eg__nest *t = w->t;
    const char *at[EG__MOST_OPERANDS];
    const int64_t most = STREAM_ROOM / (int64_t)t->out_element;

    if (!w->past) {
        t->loop(n, in, t->step, out);
        return;
    }
    for (int k = 0; k < t->n_in; k++)
        at[k] = in[k];
    for (int64_t part; n > 0; n -= part) {
        part = n < most ? n : most;
        t->loop(part, (const void *const *)at, t->step, room);
        w->past->copy(out, room, (size_t)part * t->out_element);
        out += (size_t)part * t->out_element;
        for (int k = 0; k < t->n_in; k++)
            at[k] += part * t->step[k] * (int64_t)t->in_element[k];
    }
}

/* Asks for a strip of each operand. */
static void fetch_strip(const eg__nest *t, const char *const at[])
{
    for (int k = 0; k < t->n_in; k++)
        for (size_t i = 0; t->step[k] && i < STRIP * t->in_element[k]; i += CACHE_LINE)
            EG__PREFETCH(at[k] + i);
}

/* Elements [at, end) of a single run, in strips. */
static void run_piece(const whole *w, int64_t at, int64_t end)
{
    const eg__nest *t = w->t;
    const char *operand[EG__MOST_OPERANDS], *next[EG__MOST_OPERANDS];

    for (int k = 0; k < t->n_in; k++)
        next[k] = (const char *)w->in[k] + at * t->step[k] * (int64_t)t->in_element[k];
    while (at < end) {
        int64_t n = end - at < 2 * t->strip ? end - at : t->strip;
        for (int k = 0; k < t->n_in; k++) {
            operand[k] = next[k];
            next[k] += n * t->step[k] * (int64_t)t->in_element[k];
        }
        if (at + n < end)
            fetch_strip(t, next);
        compute(w, n, (const void *const *)operand, (char *)w->out + at * (int64_t)t->out_element);
        at += n;
    }
}

/* Where a walk over the rows of a nest is. */
typedef struct place {
    int64_t index[EG_MAX_RANK];
    const char *row[EG__MOST_OPERANDS];
    _Alignas(CACHE_LINE) char tile[EG__MOST_OPERANDS][TILE];
} place;

static void find_row(const whole *w, int64_t row, place *at)
{
    const eg__nest *t = w->t;

    for (int k = 0; k < t->n_in; k++)
        at->row[k] = w->in[k];
    for (int i = t->rank - 1; i >= 0; i--) {
        at->index[i] = row % t->dims[i];
        row /= t->dims[i];
        for (int k = 0; k < t->n_in; k++)
            at->row[k] += at->index[i] * t->stride[k][i];
    }
}

/* Goes on by n rows of the innermost outer axis, which has as many. */
static void next_row(const eg__nest *t, place *at, int64_t n)
{
    for (int i = t->rank - 1; i >= 0; i--, n = 1) {
        bool ends = (at->index[i] += n) == t->dims[i];
        int64_t move = ends ? n - t->dims[i] : n;
        for (int k = 0; k < t->n_in; k++)
            at->row[k] += move * t->stride[k][i];
        if (!ends)
            return;
        at->index[i] = 0;
    }
}

/* Repeats the row of those operands that are the same in all rows. */
static void lay_tiles(const eg__nest *t, place *at)
{
    for (int k = 0; k < t->n_in; k++) {
        size_t row = (size_t)t->inner * t->in_element[k], all = row * (size_t)t->together;
        if (!repeats(t, k))
            continue;
        memcpy(at->tile[k], at->row[k], row);
        for (size_t done = row; done < all; done *= 2)
            memcpy(at->tile[k] + done, at->tile[k], done < all - done ? done : all - done);
        at->row[k] = at->tile[k];
    }
}

/* Elements [at, end) of the output, some rows at a time. */
static void run_rows(const whole *w, int64_t at, int64_t end)
{
    const eg__nest *t = w->t;
    int64_t column = at % t->inner;
    place p;

    find_row(w, at / t->inner, &p);
    if (t->together > 1)
        lay_tiles(t, &p);
    while (at < end) {
        int64_t left = t->dims[t->rank - 1] - p.index[t->rank - 1];
        int64_t rows = left < t->together ? left : t->together;
        int64_t n = rows * t->inner - column;
        const void *operand[EG__MOST_OPERANDS];
        for (int k = 0; k < t->n_in; k++)
            operand[k] = p.row[k] + column * t->step[k] * (int64_t)t->in_element[k];
        n = n < end - at ? n : end - at;
        compute(w, n, operand, (char *)w->out + at * (int64_t)t->out_element);
        at += n;
        column = 0;
        next_row(t, &p, rows);
    }
}

static void run_chunk(void *env, int chunk)
{
    const whole *w = env;
    int64_t at = chunk * w->t->chunk, end = at + w->t->chunk;

    end = end < w->t->size ? end : w->t->size;
    if (w->t->rank == 0)
        run_piece(w, at, end);
    else
        run_rows(w, at, end);
    if (w->past)
        w->past->end();
}

/* Not where the output lies over an input: its lines are in the caches. */
static const eg__stream_loops *way_past(const eg__nest *t, void *const in[], const void *out)
{
    if ((size_t)t->size * t->out_element < EG__STREAM_FROM)
        return NULL;
    for (int k = 0; k < t->n_in; k++)
        if (in[k] == out)
            return NULL;
    return eg__stream[eg__isa_now()];
}

static eg_status run_whole(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    whole w = {nest_of(job), in, out[0], way_past(nest_of(job), in, out[0])};
    double calls = (double)(w.t->size / (w.t->inner * w.t->together));

    (void)scratch;
    eg__run_chunks((int)((w.t->size + w.t->chunk - 1) / w.t->chunk),
        (double)w.t->size * w.t->cost + calls * call_cost, run_chunk, &w);
    return EG_OK;
}

static eg_status run_tiny(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const eg__nest *t = nest_of(job);

    (void)scratch;
    t->loop(t->size, (const void *const *)in, t->step, out[0]);
    return EG_OK;
}

/* ---- preparing ------------------------------------------------------------------------------ */

/* The output may be written over an input of its bytes only where each element lands on the one
 * it is made from. */
static bool allows_in_place(const eg_problem *p)
{
    const eg_spec *out = p->out[0];
    int64_t element = (int64_t)eg__dtype(out->dtype)->size;

    for (int k = 0; k < p->n_in; k++) {
        int64_t other = (int64_t)eg__dtype(p->in[k]->dtype)->size;
        if (other != element && p->in[k]->size * other == out->size * element)
            return false;
    }
    return true;
}

static void prepare_whole(const eg_problem *p, eg_job *job, bool is_single_run)
{
    eg__nest *t = (eg__nest *)(void *)job->state;

    job->run = run_whole;
    t->rank = 0;
    t->inner = t->size;
    t->out_element = eg__dtype(p->out[0]->dtype)->size;
    for (int k = 0; k < t->n_in; k++)
        t->in_element[k] = eg__dtype(p->in[k]->dtype)->size;
    t->chunk =
        t->cost * CHUNK > CHUNK_TIME ? (int64_t)(CHUNK_TIME / t->cost) / 64 * 64 + 64 : CHUNK;
    t->strip = t->cost > slow && t->size > FAR ? STRIP : CHUNK;
    if (!is_single_run)
        lay_out(t, p);
    t->together = t->rank > 0 ? rows_together(t) : 1;
}

const char *eg__elementwise_with(eg_loop loop, double cost, const eg_problem *p, eg_job *job)
{
    eg__nest *t = (eg__nest *)(void *)job->state;
    const eg_spec *out = p->out[0];
    bool is_single_run = true, is_one_dtype = true;

    eg__job_start(job, "loop", run_tiny);
    t->loop = loop;
    t->cost = cost;
    t->n_in = p->n_in;
    t->size = out->size;
    for (int k = 0; k < p->n_in; k++) {
        const eg_spec *in = p->in[k];
        t->step[k] = in->size != 1;
        is_single_run &= in->size == 1 || in->size == out->size;
        is_one_dtype &= in->dtype == out->dtype;
    }
    job->in_place = is_one_dtype || allows_in_place(p);
    if (EG_UNLIKELY((double)t->size * cost > EG__WORTH_WAKING || (!is_single_run && t->size > 0)))
        prepare_whole(p, job, is_single_run);
    return NULL;
}

const char *eg__elementwise_prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_loops *loops = self->table;
    eg_dtype by = p->in[loops->by]->dtype;
    eg_loop loop = (unsigned)by < EG__DTYPES ? loops->of[eg__isa_now()][by] : NULL;

    if (!loop)
        return "it has no loop for this dtype";
    /* Where an array is tiny it does not matter, and asking takes time. */
    bool is_wide = p->out[0]->size > 1000 && eg__dtype(by)->size > 4;
    return eg__elementwise_with(loop, is_wide ? loops->wide_cost : loops->cost, p, job);
}

const eg__nest *eg__elementwise_nest(const eg_job *job)
{
    return job->run == run_whole || job->run == run_tiny ? nest_of(job) : NULL;
}

/* ---- the kernels of elementwise.list -------------------------------------------------------- */

#define EG_LIST "kernel/elementwise.list"
#include "kernel/loop_kernels.inc"
