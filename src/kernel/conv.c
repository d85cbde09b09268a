/* Convolutions by eagre's own loops: patches of x are copied side by side, a block of them at a
 * time, and multiplied with the filter as a matrix.
 *
 * The gradient of x is the same with y's patches, spread by the stride, and the filter turned
 * around. The gradient of w is, for each of its places, a product of x's elements under that place
 * with y, summed block by block. The size of blocks follows from the shapes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/conv.h"
#include "kernel/isa.h"
#include "kernel/parts.h"
#include "kernel/product.h"
#include "kernel/zero.h"
#include <string.h>

enum {
    BLOCK = 256 << 10, /* bytes of patches at a time, about */
    LEAST_ROWS = 8,
    MOST_ROWS = 1024,
    MOST_CHUNKS = 64
};

/* ---- geometry ------------------------------------------------------------------------------- */

eg__window_rule eg__conv_rule(const eg_conv_attrs *a)
{
    return (eg__window_rule){&a->strides, &a->dilations, &a->padding, &a->padding_after, a->same};
}

const char *eg__conv_set(eg__conv *g, const eg_conv_attrs *attrs, const eg_spec *x,
    const eg_spec *w)
{
    eg__window_rule rule = eg__conv_rule(attrs);
    int rank = x->rank - 2;
    int64_t channels = x->dims[x->rank - 1], results = w->dims[w->rank - 1];

    g->groups = attrs->groups == 0 ? 1 : attrs->groups;
    g->n = x->dims[0];
    if (g->groups < 1 || channels % g->groups != 0 || results % g->groups != 0)
        return "the groups do not divide the channels of x and the results of w";
    g->c = channels / g->groups;
    g->o = results / g->groups;
    if (w->dims[w->rank - 2] != g->c)
        return "the last axis but one of w is not the channels of a group of x";
    return eg__window_set(&g->at, &rule, rank, x->dims + 1, w->dims);
}

void eg__conv_read(eg__conv *g, eg__conv_kind kind, const eg_problem *p)
{
    const eg_spec *x = kind == EG__CONV_INPUT ? p->out[0] : p->in[0];
    const eg_spec *w = kind == EG__CONV_FILTER ? p->out[0] : p->in[kind == EG__CONV ? 1 : 0];

    eg__conv_set(g, p->attrs, x, w);
}

double eg__conv_work(const eg__conv *g)
{
    return 2 * (double)(g->n * eg__window_volume(g->at.out)) * (double)(g->groups * g->c * g->o) *
        (double)eg__window_volume(g->at.k);
}

/* ---- jobs ----------------------------------------------------------------------------------- */

typedef struct looped {
    eg__conv g;
    eg__conv_kind kind;
    eg__tile_loop loop;
    eg_dtype dtype;
    size_t element;
    int64_t positions, rows, at_once; /* rows of a block; blocks a chunk */
    int chunks;
    size_t turned, scratch; /* bytes: the filter turned around; a chunk's own */
} looped;

_Static_assert(sizeof(looped) <= EG__JOB_STATE, "a convolution fits a job");

typedef struct pass {
    const looped *l;
    const char *from, *with; /* where patches are taken, what they are multiplied with */
    char *to, *scratch;
    const eg__then *then; /* NULL: nothing */
} pass;

/* Where along an axis the window of a position has its element k; negative: outside. */
static inline int64_t source_of(const looped *l, int axis, int64_t at, int64_t k)
{
    const eg__window *w = &l->g.at;

    if (l->kind != EG__CONV_INPUT) {
        at = at * w->stride[axis] - w->pad[axis] + k * w->dilation[axis];
        return at < w->in[axis] ? at : -1;
    }
    at += w->pad[axis] - k * w->dilation[axis];
    if (at < 0 || at % w->stride[axis] != 0 || at / w->stride[axis] >= w->out[axis])
        return -1;
    return at / w->stride[axis];
}

/* The channels of one group at element `tap` of the window of a position; NULL: outside. */
static const char *find(const pass *p, int64_t position, int64_t tap, int64_t group)
{
    const looped *l = p->l;
    const eg__window *w = &l->g.at;
    bool back = l->kind == EG__CONV_INPUT;
    const int64_t *sizes = back ? w->out : w->in;
    int64_t channels = back ? l->g.o : l->g.c, place[EG__SPATIAL], k[EG__SPATIAL];
    int64_t at = eg__window_at(position, back ? w->in : w->out, place);

    eg__window_at(tap, w->k, k);
    for (int i = 0; i < EG__SPATIAL; i++) {
        int64_t source = source_of(l, i, place[i], k[i]);
        if (source < 0)
            return NULL;
        at = at * sizes[i] + source;
    }
    return p->from + (size_t)((at * l->g.groups + group) * channels) * l->element;
}

static void copy_tap(const pass *p, int64_t position, int64_t tap, int64_t group, char *to)
{
    const char *from = find(p, position, tap, group);
    size_t bytes = (size_t)(p->l->kind == EG__CONV_INPUT ? p->l->g.o : p->l->g.c) * p->l->element;

    if (from)
        memcpy(to, from, bytes);
    else
        memset(to, 0, bytes);
}

static bool is_pointwise(const eg__conv *g)
{
    for (int i = 0; i < EG__SPATIAL; i++)
        if (g->at.k[i] != 1 || g->at.stride[i] != 1 || g->at.in[i] != g->at.out[i])
            return false;
    return true;
}

/* ---- y, and the gradient of x --------------------------------------------------------------- */

/* Positions [at, at + rows) of one group. */
static void multiply_block(const pass *p, int64_t at, int64_t rows, int64_t group, char *patches)
{
    const looped *l = p->l;
    const eg__conv *g = &l->g;
    bool back = l->kind == EG__CONV_INPUT;
    int64_t from = back ? g->o : g->c, to = back ? g->c : g->o, e = (int64_t)l->element;
    int64_t taps = eg__window_volume(g->at.k), k = taps * from;
    eg__tile t = {.m = rows, .n = to, .k = k, .a_row = k, .a_column = 1, .b_column = 1};

    t.b_row = back ? to : g->groups * to;
    t.c_row = g->groups * to;
    t.b = p->with + (back ? group * k * to : group * to) * e;
    t.c = p->to + (at * g->groups + group) * to * e;
    t.a = patches;
    if (is_pointwise(g)) {
        t.a = p->from + (at * g->groups + group) * from * e;
        t.a_row = g->groups * from;
    } else {
        for (int64_t i = 0; i < rows; i++)
            for (int64_t tap = 0; tap < taps; tap++)
                copy_tap(p, at + i, tap, group, patches + (i * k + tap * from) * e);
    }
    l->loop(&t);
}

static void run_blocks(void *env, int chunk)
{
    const pass *p = env;
    const looped *l = p->l;
    int64_t each = l->rows * l->at_once, at = chunk * each;
    int64_t end = at + each < l->positions ? at + each : l->positions;
    int64_t channels = l->g.groups * (l->kind == EG__CONV_INPUT ? l->g.c : l->g.o);
    char *patches = p->scratch + l->turned + (size_t)chunk * l->scratch;

    for (int64_t rows; at < end; at += rows) {
        rows = end - at < l->rows ? end - at : l->rows;
        for (int64_t group = 0; group < l->g.groups; group++)
            multiply_block(p, at, rows, group, patches);
        if (p->then)
            eg__part_made(p->then, 0, 1, at * channels, rows * channels);
    }
}

/* w[tap][c][group][o] as [group][tap][o][c]. */
static void turn_filter(const looped *l, const char *w, char *to)
{
    const eg__conv *g = &l->g;
    int64_t taps = eg__window_volume(g->at.k);
    size_t e = l->element;

    for (int64_t i = 0; i < g->groups * taps; i++) {
        int64_t group = i / taps, tap = i % taps;
        for (int64_t k = 0; k < g->o * g->c; k++, to += e) {
            int64_t o = k / g->c, c = k % g->c;
            memcpy(to, w + (size_t)(((tap * g->c + c) * g->groups + group) * g->o + o) * e, e);
        }
    }
}

/* ---- the gradient of w ---------------------------------------------------------------------- */

#define ADD(T)                                                                                     \
    for (int64_t i = 0; i < rows; i++)                                                             \
        for (int64_t k = 0; k < n; k++)                                                            \
    ((T *)y)[i * step + k] = (T)(((T *)y)[i * step + k] + ((const T *)x)[i * n + k])

/* Adds x, rows side by side, to y, rows `step` apart. */
static void add(eg_dtype dtype, const void *x, void *y, int64_t rows, int64_t n, int64_t step)
{
    if (dtype == EG_FLOAT32)
        ADD(float);
    else if (dtype == EG_FLOAT64)
        ADD(double);
    else if (dtype == EG_INT32)
        ADD(uint32_t);
    else
        ADD(uint64_t);
}

/* One group at one element of the window: [c, o] of the result. */
static void sum_tap(const pass *p, int64_t tap, int64_t group, char *patches)
{
    const looped *l = p->l;
    const eg__conv *g = &l->g;
    int64_t results = g->groups * g->o;
    size_t e = l->element;
    char *to = p->to + (size_t)((tap * g->c * g->groups + group) * g->o) * e;
    char *part = patches + (size_t)(l->rows * g->c) * e;

    for (int64_t at = 0; at < l->positions; at += l->rows) {
        int64_t rows = l->positions - at < l->rows ? l->positions - at : l->rows;
        for (int64_t i = 0; i < rows; i++)
            copy_tap(p, at + i, tap, group, patches + (size_t)(i * g->c) * e);
        eg__tile t = {patches, p->with + (size_t)(at * results + group * g->o) * e,
            at == 0 ? to : part, g->c, g->o, rows, 1, g->c, results, 1, at == 0 ? results : g->o};
        l->loop(&t);
        if (at > 0)
            add(l->dtype, part, to, g->c, g->o, results);
    }
}

static void run_taps(void *env, int chunk)
{
    const pass *p = env;
    const looped *l = p->l;
    int64_t groups = l->g.groups, taps = eg__window_volume(l->g.at.k) * groups;
    int64_t at = chunk * l->at_once, end = at + l->at_once < taps ? at + l->at_once : taps;

    for (; at < end; at++)
        sum_tap(p, at / groups, at % groups, p->scratch + (size_t)chunk * l->scratch);
}

/* ---- the kernels ---------------------------------------------------------------------------- */

static eg_status run_parts(const eg_job *job, void *const in[], void *const out[], void *scratch,
    const eg__then *then)
{
    const looped *l = (const looped *)(const void *)job->state;
    bool back = l->kind == EG__CONV_INPUT;
    pass p = {l, in[back ? 1 : 0], in[back ? 0 : 1], out[0], scratch, then};
    double work = eg__conv_work(&l->g) / 20;

    if (back && l->turned > 0) {
        turn_filter(l, in[0], scratch);
        p.with = scratch;
    }
    eg__run_chunks(l->chunks, work, l->kind == EG__CONV_FILTER ? run_taps : run_blocks, &p);
    return EG_OK;
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    return run_parts(job, in, out, scratch, NULL);
}

bool eg__conv_loop_parts(const eg_job *job, eg__parts *parts)
{
    const looped *l = (const looped *)(const void *)job->state;

    if (job->run != run || l->kind == EG__CONV_FILTER)
        return false;
    *parts = (eg__parts){run_parts, (l->positions + l->rows - 1) / l->rows, 0};
    return true;
}

static void cut(looped *l)
{
    const eg__conv *g = &l->g;
    int64_t taps = eg__window_volume(g->at.k), row, e = (int64_t)l->element;
    bool back = l->kind == EG__CONV_INPUT, filter = l->kind == EG__CONV_FILTER;

    row = (filter ? g->c : back ? taps * g->o : taps * g->c) * e;
    l->positions = g->n * eg__window_volume(back ? g->at.in : g->at.out);
    l->rows = BLOCK / row < LEAST_ROWS ? LEAST_ROWS : BLOCK / row;
    l->rows = l->rows > MOST_ROWS ? MOST_ROWS : l->rows;
    l->rows = l->rows < l->positions ? l->rows : l->positions;
    l->scratch = (size_t)(l->rows * row + (filter ? g->c * g->o * e : 0) + 63) / 64 * 64;
    l->turned = back ? (size_t)(g->groups * taps * g->c * g->o * e + 63) / 64 * 64 : 0;
    int64_t units = filter ? taps * g->groups : (l->positions + l->rows - 1) / l->rows;
    l->at_once = (units + MOST_CHUNKS - 1) / MOST_CHUNKS;
    l->chunks = (int)((units + l->at_once - 1) / l->at_once);
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    looped *l = (looped *)(void *)job->state;
    eg_dtype dtype = p->out[0]->dtype;

    *l = (looped){.kind = *(const eg__conv_kind *)self->table, .dtype = dtype};
    l->loop = (unsigned)dtype < EG__DTYPES ? eg__product_loops[eg__isa_now()][dtype] : NULL;
    if (!l->loop)
        return "it has no loop for this dtype";
    l->element = eg__dtype(dtype)->size;
    eg__conv_read(&l->g, l->kind, p);
    if (eg__bytes(p->out[0]) == 0 || eg__conv_work(&l->g) == 0) {
        eg__prepare_zeros(p->out[0], job);
        return NULL;
    }
    eg__job_start(job, "patches", run);
    cut(l);
    job->scratch = l->turned + (size_t)l->chunks * l->scratch;
    return NULL;
}

static const eg__conv_kind kinds[EG__CONV_KINDS] = {EG__CONV, EG__CONV_INPUT, EG__CONV_FILTER};

const eg_kernel eg__conv_loop[EG__CONV_KINDS] = {
    {"patches", prepare, &kinds[EG__CONV]},
    {"patches", prepare, &kinds[EG__CONV_INPUT]},
    {"patches", prepare, &kinds[EG__CONV_FILTER]},
};
