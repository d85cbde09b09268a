/* Pools by rows of windows: the windows that lie inside of x have their elements at the same
 * offsets and are one loop; those over an edge are loops of their own. A chunk is some rows; of the
 * mean's gradient, whose windows may overlap, an image.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/pool.h"
#include "kernel/isa.h"
#include "kernel/zero.h"
#include <string.h>

enum { CHUNK = 64 << 10 /* elements of x a thread takes at a time, at least */ };

static const char *check_edges(const eg__window *w)
{
    for (int i = 0; i < EG__SPATIAL; i++) {
        int64_t behind = (w->out[i] - 1) * w->stride[i] + w->k[i] - w->in[i] - w->pad[i];
        if (w->out[i] > 0 && (w->pad[i] >= w->k[i] || behind >= w->k[i] || w->in[i] == 0))
            return "a window lies outside of x: pad by less than it has";
    }
    return NULL;
}

const char *eg__pool_set(eg__window *w, const eg_pool_attrs *attrs, const eg_spec *x)
{
    eg__window_rule rule = {attrs->strides.n > 0 ? &attrs->strides : &attrs->window, NULL,
        &attrs->padding, &attrs->padding_after, attrs->same};
    const eg_index *given = &attrs->window;
    int64_t k[EG__SPATIAL];
    int rank = x->rank - 2;

    if (given->n != 1 && given->n != rank)
        return "`window` needs one number, or one for each spatial axis";
    for (int i = 0; i < rank; i++)
        k[i] = given->at[given->n == 1 ? 0 : i];
    const char *wrong = eg__window_set(w, &rule, rank, x->dims + 1, k);
    if (!wrong && eg__window_volume(w->k) > INT32_MAX / (int64_t)sizeof(int64_t))
        wrong = "a window has 1 to 2147483647 elements along each axis";
    return wrong ? wrong : check_edges(w);
}

typedef struct pool {
    eg__window w;
    int64_t n, c, rows, at_once;
    size_t x_element, z_element, scratch;
    eg__pool_loop loop;
    bool spreads, counts_padding, is_inside; /* is_inside: no window is over an edge */
    int chunks;
} pool;

_Static_assert(sizeof(pool) <= EG__JOB_STATE, "a pool fits a job");

typedef struct pass {
    const pool *p;
    const char *x;
    char *z, *scratch;
} pool_pass;

/* The part [from, to) of a window at `at` along an axis that is in x. */
static void clip(const eg__window *w, int axis, int64_t at, int64_t *from, int64_t *to)
{
    int64_t begin = at * w->stride[axis] - w->pad[axis];

    *from = begin < 0 ? -begin : 0;
    *to = w->in[axis] - begin < w->k[axis] ? w->in[axis] - begin : w->k[axis];
}

/* What the windows of a row that begin with `at` look like: offsets of their elements from the
 * place of the window's own first, which may be outside. */
static void find_offsets(const pool *p, const int64_t at[EG__SPATIAL], eg__stops *s,
    int64_t offset[])
{
    const eg__window *w = &p->w;
    int64_t from[EG__SPATIAL], to[EG__SPATIAL], counted = 1;

    for (int i = 0; i < EG__SPATIAL; i++) {
        clip(w, i, at[i], &from[i], &to[i]);
        counted *= p->counts_padding ? w->k[i] : to[i] - from[i];
    }
    s->n = 0;
    for (int64_t i = from[0]; i < to[0]; i++)
        for (int64_t j = from[1]; j < to[1]; j++)
            for (int64_t k = from[2]; k < to[2]; k++)
                offset[s->n++] = ((i * w->in[1] + j) * w->in[2] + k) * p->c;
    s->offset = offset;
    s->divisor = counted;
}

/* The first position from `at` on whose window is not like that at `at`. */
static int64_t end_of_like(const eg__window *w, int64_t at)
{
    int64_t from, to, end = at + 1;

    clip(w, 2, at, &from, &to);
    if (from > 0 || to < w->k[2])
        return end;
    end = (w->in[2] - w->k[2] + w->pad[2]) / w->stride[2] + 1;
    return end < w->out[2] ? end : w->out[2];
}

static void run_row(const pool_pass *r, int64_t row, int64_t offset[])
{
    const pool *p = r->p;
    const eg__window *w = &p->w;
    const int64_t rows[EG__SPATIAL] = {w->out[0], w->out[1], 1};
    int64_t at[EG__SPATIAL], image = eg__window_at(row, rows, at);
    int64_t start =
        (at[0] * w->stride[0] - w->pad[0]) * w->in[1] + at[1] * w->stride[1] - w->pad[1];

    for (int64_t end; at[2] < w->out[2]; at[2] = end) {
        eg__stops s = {.c = p->c, .step = w->stride[2] * p->c};
        find_offsets(p, at, &s, offset);
        end = end_of_like(w, at[2]);
        s.count = end - at[2];
        s.first = (start * w->in[2] + at[2] * w->stride[2] - w->pad[2]) * p->c;
        int64_t place = image * eg__window_volume(w->in) * p->c + s.first;
        int64_t result = (row * w->out[2] + at[2]) * p->c;
        for (int64_t i = 0; i < s.n; i++) /* places may lie in front of x, elements do not */
            offset[i] += place;
        s.first -= place;
        s.x = r->x + (size_t)(p->spreads ? result : 0) * p->x_element;
        s.z = r->z + (size_t)(p->spreads ? 0 : result) * p->z_element;
        p->loop(&s);
    }
}

/* Rows of windows that all look like the first. */
static void run_inside(const pool_pass *r, int64_t row, int64_t end, int64_t offset[])
{
    const pool *p = r->p;
    const eg__window *w = &p->w;
    const int64_t rows[EG__SPATIAL] = {w->out[0], w->out[1], 1}, start[EG__SPATIAL] = {0};
    int64_t image_size = eg__window_volume(w->in) * p->c, at[EG__SPATIAL];
    eg__stops s = {.c = p->c, .step = w->stride[2] * p->c, .count = w->out[2]};

    find_offsets(p, start, &s, offset);
    for (; row < end; row++) {
        int64_t image = eg__window_at(row, rows, at), result = row * w->out[2] * p->c;
        s.first = (at[0] * w->stride[0] * w->in[1] + at[1] * w->stride[1]) * w->in[2] * p->c;
        int64_t place = image * image_size + s.first;
        s.x = r->x + (size_t)(p->spreads ? result : place) * p->x_element;
        s.z = r->z + (size_t)(p->spreads ? place : result) * p->z_element;
        p->loop(&s);
    }
}

static void run_chunk(void *env, int chunk)
{
    const pool_pass *r = env;
    const pool *p = r->p;
    int64_t at = chunk * p->at_once, end = at + p->at_once < p->rows ? at + p->at_once : p->rows;
    int64_t *offset = (int64_t *)(void *)(r->scratch + (size_t)chunk * p->scratch);

    if (p->spreads) {
        size_t image = (size_t)(eg__window_volume(p->w.in) * p->c) * p->z_element;
        int64_t images = (end - at) * p->n / p->rows, first = at * p->n / p->rows;
        memset(r->z + (size_t)first * image, 0, (size_t)images * image);
    }
    if (p->is_inside)
        run_inside(r, at, end, offset);
    for (; at < end && !p->is_inside; at++)
        run_row(r, at, offset);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const pool *p = (const pool *)(const void *)job->state;
    pool_pass r = {p, in[0], out[0], scratch};
    double elements = (double)(p->n * eg__window_volume(p->w.in)) * (double)p->c;

    if (p->chunks == 1)
        run_chunk(&r, 0);
    else if (p->chunks > 1)
        eg__run_chunks(p->chunks, elements * 0.1, run_chunk, &r);
    return EG_OK;
}

static bool is_inside(const eg__window *w)
{
    for (int i = 0; i < EG__SPATIAL; i++)
        if (w->pad[i] > 0 || (w->out[i] - 1) * w->stride[i] + w->k[i] > w->in[i])
            return false;
    return true;
}

static void cut(pool *p)
{
    int64_t each = p->w.out[0] * p->w.out[1], taps = eg__window_volume(p->w.k);
    int64_t row = eg__window_volume(p->w.in) * p->c / each + 1;

    p->rows = p->n * each;
    p->at_once = CHUNK / row + 1;
    if (p->spreads)
        p->at_once = (p->at_once + each - 1) / each * each;
    p->chunks = (int)((p->rows + p->at_once - 1) / p->at_once);
    p->scratch = ((size_t)taps * sizeof(int64_t) + 63) / 64 * 64;
}

/* ---- the kernels ---------------------------------------------------------------------------- */

#ifdef EG_HAVE_X86_SETS
extern const eg__pool_loop eg__max_pool_avx2[], eg__max_pool_avx512[];
extern const eg__pool_loop eg__max_pool_index_avx2[], eg__max_pool_index_avx512[];
extern const eg__pool_loop eg__avg_pool_avx2[], eg__avg_pool_avx512[];
extern const eg__pool_loop eg__avg_pool_grad_avx2[], eg__avg_pool_grad_avx512[];
#endif
extern const eg__pool_loop eg__max_pool_base[], eg__max_pool_index_base[];
extern const eg__pool_loop eg__avg_pool_base[], eg__avg_pool_grad_base[];

static const eg__pool_loop *const max_pool[] = EG__EACH_ISA(eg__max_pool);
static const eg__pool_loop *const max_pool_index[] = EG__EACH_ISA(eg__max_pool_index);
static const eg__pool_loop *const avg_pool[] = EG__EACH_ISA(eg__avg_pool);
static const eg__pool_loop *const avg_pool_grad[] = EG__EACH_ISA(eg__avg_pool_grad);

static const char *prepare(const eg_kernel *self, const eg_problem *problem, eg_job *job)
{
    const eg__pool_loop *const *loops = self->table;
    bool spreads = loops == avg_pool_grad;
    const eg_spec *x = problem->in[0], *large = spreads ? problem->out[0] : x;
    pool *p = (pool *)(void *)job->state;

    *p = (pool){.spreads = spreads};
    p->loop = (unsigned)x->dtype < EG__DTYPES ? loops[eg__isa_now()][x->dtype] : NULL;
    if (!p->loop)
        return "it has no loop for this dtype";
    if (x->size == 0 || problem->out[0]->size == 0) {
        eg__prepare_zeros(problem->out[0], job);
        return NULL;
    }
    eg__job_start(job, "rows of windows", run);
    eg__pool_set(&p->w, problem->attrs, large);
    p->is_inside = is_inside(&p->w);
    p->counts_padding = ((const eg_pool_attrs *)problem->attrs)->count_padding;
    p->n = large->dims[0];
    p->c = large->dims[large->rank - 1];
    p->x_element = eg__dtype(x->dtype)->size;
    p->z_element = eg__dtype(problem->out[0]->dtype)->size;
    cut(p);
    job->scratch = (size_t)p->chunks * p->scratch;
    return NULL;
}

const eg_kernel eg__max_pool_kernel = {"rows of windows", prepare, max_pool};
const eg_kernel eg__max_pool_index_kernel = {"rows of windows", prepare, max_pool_index};
const eg_kernel eg__avg_pool_kernel = {"rows of windows", prepare, avg_pool};
const eg_kernel eg__avg_pool_grad_kernel = {"rows of windows", prepare, avg_pool_grad};
