/* Layer normalisation: rows are shared out in chunks that follow from the shape alone. In the
 * gradient each chunk adds up its own share of what the scale and the offset get; the shares are
 * added in the order of the chunks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/norm.h"
#include "kernel/copy.h"
#include "kernel/norm_loops.h"
#include <string.h>

enum {
    CHUNK = 16384,
    MOST_SHARES = 64,
    LINE = 64,
    ROOM = 16384, /* bytes of rows that can go past the caches together, */
    PART = 4096,  /* of which so many do, or one row, while the next are on their way */
};

typedef struct norm {
    const eg__norm_loops *loops;
    size_t element, row; /* bytes of an element; of a row, rounded up to cache lines */
    int64_t rows, n, per_chunk;
    int chunks;
    double epsilon, work;
    bool is_centered, one_scale, one_offset; /* a single number for all of a row */
    bool wants_offset;                       /* the gradient of the offset */
} norm;

_Static_assert(sizeof(norm) <= EG__JOB_STATE, "it fits a job");

typedef struct norm_pass {
    const norm *t;
    eg__norm rows;
    char *shares; /* of the gradient: dscale and doffset of each chunk */
} norm_pass;

/* A row of one number, in `room`. */
static void *repeat(const norm *t, const void *one, char *room)
{
    for (int64_t i = 0; i < t->n; i++)
        memcpy(room + (size_t)i * t->element, one, t->element);
    return room;
}

/* Rows are computed some at a time, while the next are on their way, and go past the caches. */
static void forward_past(const norm_pass *p, int64_t row, int64_t end)
{
    const eg__stream_loops *past = eg__stream[eg__isa_now()];
    _Alignas(LINE) char room[ROOM];
    const size_t bytes = (size_t)p->t->n * p->t->element;
    const int64_t most = bytes < PART ? (int64_t)(PART / bytes) : 1;

    for (int64_t n; row < end; row += n) {
        eg__norm part = p->rows;
        n = end - row < most ? end - row : most;
        part.x = (const char *)p->rows.x + (size_t)row * bytes;
        eg__fetch((const char *)part.x + (size_t)n * bytes,
            (size_t)(end - row - n < most ? end - row - n : most) * bytes);
        part.y = room;
        p->t->loops->forward(&part, 0, n);
        past->copy((char *)p->rows.y + (size_t)row * bytes, room, (size_t)n * bytes);
    }
    past->end();
}

static void forward_chunk(void *env, int chunk)
{
    const norm_pass *p = env;
    const norm *t = p->t;
    int64_t row = chunk * t->per_chunk, end = row + t->per_chunk;
    size_t bytes = (size_t)t->n * t->element;

    end = end < t->rows ? end : t->rows;
    if (p->rows.x != p->rows.y && (size_t)t->rows * bytes >= EG__STREAM_FROM && bytes <= ROOM)
        forward_past(p, row, end);
    else
        t->loops->forward(&p->rows, row, end);
}

static eg_status run_forward(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const norm *t = (const norm *)(const void *)job->state;
    norm_pass p = {t, {in[0], in[1], NULL, NULL, out[0], t->n, t->epsilon, t->is_centered}, NULL};

    if (t->rows == 0)
        return EG_OK;
    if (t->one_scale)
        p.rows.scale = repeat(t, in[1], scratch);
    if (t->is_centered)
        p.rows.offset = t->one_offset ? repeat(t, in[2], (char *)scratch + t->row) : in[2];
    eg__run_chunks(t->chunks, t->work, forward_chunk, &p);
    return EG_OK;
}

static void backward_chunk(void *env, int chunk)
{
    const norm_pass *p = env;
    const norm *t = p->t;
    int64_t row = chunk * t->per_chunk, end = row + t->per_chunk;
    char *share = p->shares + (size_t)chunk * 2 * t->row;

    memset(share, 0, 2 * t->row);
    t->loops->backward(&p->rows, row, end < t->rows ? end : t->rows, share, share + t->row);
}

static eg_status run_backward(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const norm *t = (const norm *)(const void *)job->state;
    norm_pass p = {t, {in[0], in[1], NULL, in[2], out[0], t->n, t->epsilon, t->is_centered},
        (char *)scratch + t->row};
    size_t bytes = (size_t)t->n * t->element;

    memset(out[1], 0, bytes);
    if (t->wants_offset)
        memset(out[2], 0, bytes);
    if (t->rows == 0)
        return EG_OK;
    if (t->one_scale)
        p.rows.scale = repeat(t, in[1], scratch);
    eg__run_chunks(t->chunks, t->work, backward_chunk, &p);
    for (int i = 0; i < t->chunks; i++) {
        const char *share = p.shares + (size_t)i * 2 * t->row;
        t->loops->add(out[1], share, t->n);
        if (t->wants_offset)
            t->loops->add(out[2], share + t->row, t->n);
    }
    return EG_OK;
}

/* What both have in common; NULL: it takes the problem. */
static const char *prepare_rows(const eg_problem *p, norm *t, bool is_centered, double cost)
{
    static const eg__norm_loops *const of[EG__ISAS] = EG__EACH_ISA(eg__norm);
    const eg_layer_norm_attrs *attrs = p->attrs;
    const eg_spec *x = p->in[0];

    if ((unsigned)x->dtype >= EG__DTYPES || !of[eg__isa_now()][x->dtype].forward)
        return "it has no loop for this dtype";
    *t = (norm){.loops = &of[eg__isa_now()][x->dtype], .n = 1, .is_centered = is_centered};
    t->element = eg__dtype(x->dtype)->size;
    for (int i = x->rank - eg__norm_axes(attrs); i < x->rank; i++)
        t->n *= x->dims[i];
    t->rows = t->n > 0 ? x->size / t->n : 0;
    t->row = ((size_t)t->n * t->element + LINE - 1) / LINE * LINE;
    t->per_chunk = CHUNK / (t->n + 1) + 1;
    t->epsilon = eg__norm_epsilon(attrs);
    t->one_scale = p->in[1]->rank == 0;
    t->work = (double)eg__bytes(x) * cost;
    return NULL;
}

static const char *prepare_forward(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    norm *t = (norm *)(void *)job->state;
    const char *why = prepare_rows(p, t, !self->table, 0.06);

    if (why)
        return why;
    eg__job_start(job, "rows", run_forward);
    job->in_place = true;
    t->one_offset = t->is_centered && p->in[2]->rank == 0;
    t->chunks = (int)((t->rows + t->per_chunk - 1) / t->per_chunk);
    job->scratch = t->one_scale || t->one_offset ? 2 * t->row : 0;
    return NULL;
}

static const char *prepare_backward(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    norm *t = (norm *)(void *)job->state;
    const char *why = prepare_rows(p, t, !self->table, 0.15);
    int64_t most = (t->rows + MOST_SHARES - 1) / MOST_SHARES;

    if (why)
        return why;
    eg__job_start(job, "rows", run_backward);
    t->wants_offset = p->n_out > 2;
    t->per_chunk = t->per_chunk > most ? t->per_chunk : most;
    t->chunks = (int)((t->rows + t->per_chunk - 1) / t->per_chunk);
    job->scratch = t->row * (size_t)(1 + 2 * t->chunks);
    return NULL;
}

const eg_kernel eg__layer_norm_kernel = {"rows", prepare_forward, NULL};
const eg_kernel eg__rms_norm_kernel = {"rows", prepare_forward, "rms"};
const eg_kernel eg__layer_norm_grad_kernel = {"rows", prepare_backward, NULL};
const eg_kernel eg__rms_norm_grad_kernel = {"rows", prepare_backward, "rms"};
