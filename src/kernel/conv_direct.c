/* Convolutions, and their gradients by x, without patches: an element of the window is a product of
 * some rows of x with that element's part of the filter, added to as many rows of y. Which rows
 * these are stands in two lists; rows outside of x are not in them.
 *
 * A part is some positions by some channels of the result. It is the sum over the window's elements
 * in their order, and over channels in theirs, however the parts are shared out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/conv.h"
#include "kernel/isa.h"
#include "kernel/parts.h"
#include "kernel/product.h"
#include "kernel/zero.h"
#include <string.h>

enum {
    LEAST_CHANNELS = 8,  /* of a group, on both sides */
    SMALL = 1 << 21,     /* work for which nobody waits until oneDNN has written its code */
    FEW_POSITIONS = 256, /* of a large filter */
    LARGE_FILTER = 1 << 18,
    MOST_ROWS = 252, /* positions of a part */
    LEAST_ROWS = 48,
    ROW_BLOCK = 12,   /* blocks of loops have 6 rows, some 8 */
    PANEL = 64,       /* channels of a part, of which all may be one */
    ENOUGH_PARTS = 8, /* worth smaller parts */
    MOST_CHUNKS = 128
};

static const double rate = 140, worth_a_part = 25000; /* work in a nanosecond; nanoseconds */

typedef struct direct {
    eg__conv g;
    eg__gathered_loop loop;
    bool back;
    size_t element;
    int64_t from, to; /* channels of a group that are summed, and that the result has */
    int64_t positions, rows, columns;
    int64_t row_parts, column_parts, parts, at_once; /* at_once: parts of a chunk */
    int chunks;
} direct;

_Static_assert(sizeof(direct) <= EG__JOB_STATE, "a convolution fits a job");

typedef struct pass {
    const direct *d;
    const char *x, *w;
    char *y, *scratch;
    const eg__then *then; /* NULL: nothing */
} pass;

/* ---- rows of an element of the window ------------------------------------------------------- */

/* Places at .. of an axis of the result, `count` of them `step` apart, and where their sources lie:
 * from `source` on, source_step apart. */
typedef struct run_of {
    int64_t at, step, source, source_step, count;
} run_of;

static int64_t divide_up(int64_t n, int64_t by)
{
    return n > 0 ? (n + by - 1) / by : 0;
}

/* The places of [at, end) whose windows have their element k inside of the source. */
static run_of find_run(const direct *d, int axis, int64_t k, int64_t at, int64_t end)
{
    const eg__window *w = &d->g.at;
    int64_t stride = w->stride[axis], shift = k * w->dilation[axis] - w->pad[axis];
    run_of r = {.step = d->back ? stride : 1, .source_step = d->back ? 1 : stride};
    int64_t low, high;

    if (d->back) {
        low = shift > at ? shift : at;
        low += (stride - (low - shift) % stride) % stride;
        high = w->out[axis] * stride + shift;
        r.source = (low - shift) / stride;
    } else {
        low = divide_up(-shift, stride);
        low = low > at ? low : at;
        high = divide_up(w->in[axis] - shift, stride);
        r.source = low * stride + shift;
    }
    high = high < end ? high : end;
    r.at = low;
    r.count = low < high ? (high - low + r.step - 1) / r.step : 0;
    return r;
}

/* A part as it is worked on. */
typedef struct part {
    int64_t group, column, columns, at, end;
    const void **row; /* lists of rows of x and y */
    void **to;
} part;

/* The places [at, end) of a line of the result. */
typedef struct span {
    int64_t line, at, end;
} span;

/* Appends a span's places for one element of the window to the lists, which have n. */
static int64_t add_span(const pass *p, const part *of, const span *s, const int64_t k[], int64_t n)
{
    const direct *d = p->d;
    const int64_t *to_sizes = d->back ? d->g.at.in : d->g.at.out;
    const int64_t *from_sizes = d->back ? d->g.at.out : d->g.at.in;
    const int64_t lines[EG__SPATIAL] = {1, to_sizes[0], to_sizes[1]};
    int64_t place[EG__SPATIAL], source = eg__window_at(s->line, lines, place);
    size_t from_step = (size_t)(d->g.groups * d->from) * d->element;
    size_t to_step = (size_t)(d->g.groups * d->to) * d->element;

    for (int i = 0; i < EG__SPATIAL - 1; i++) {
        run_of r = find_run(d, i, k[i], place[i + 1], place[i + 1] + 1);
        if (r.count == 0)
            return n;
        source = source * from_sizes[i] + r.source;
    }
    run_of r = find_run(d, EG__SPATIAL - 1, k[EG__SPATIAL - 1], s->at, s->end);
    const char *x = p->x + (size_t)(of->group * d->from) * d->element +
        (size_t)(source * from_sizes[EG__SPATIAL - 1] + r.source) * from_step;
    char *y = p->y + (size_t)(of->group * d->to + of->column) * d->element +
        (size_t)(s->line * to_sizes[EG__SPATIAL - 1] + r.at) * to_step;
    for (int64_t i = 0; i < r.count; i++) {
        of->row[n + i] = x + (size_t)(i * r.source_step) * from_step;
        of->to[n + i] = y + (size_t)(i * r.step) * to_step;
    }
    return n + r.count;
}

/* Lists all rows of a part for one element of the window; returns how many there are. */
static int64_t list_rows(const pass *p, const part *of, int64_t tap)
{
    const direct *d = p->d;
    int64_t width = (d->back ? d->g.at.in : d->g.at.out)[EG__SPATIAL - 1];
    int64_t k[EG__SPATIAL], n = 0, end;

    eg__window_at(tap, d->g.at.k, k);
    for (int64_t at = of->at; at < of->end; at = end) {
        int64_t line = at / width;
        end = (line + 1) * width < of->end ? (line + 1) * width : of->end;
        n = add_span(p, of, &(span){line, at - line * width, end - line * width}, k, n);
    }
    return n;
}

/* ---- parts ---------------------------------------------------------------------------------- */

static void clear(const pass *p, const part *of)
{
    const direct *d = p->d;
    size_t step = (size_t)(d->g.groups * d->to) * d->element;
    char *y = p->y + (size_t)(of->group * d->to + of->column) * d->element;

    for (int64_t i = of->at; i < of->end; i++)
        memset(y + (size_t)i * step, 0, (size_t)of->columns * d->element);
}

/* The filter's part for one element of the window: [from, columns]. */
static eg__tile tile_of(const pass *p, const part *of, int64_t tap)
{
    const direct *d = p->d;
    int64_t results = d->g.groups * d->g.o, at = tap * d->g.c * results + of->group * d->g.o;
    eg__tile t = {.n = of->columns, .k = d->from, .a_column = 1};

    t.b_row = d->back ? 1 : results;
    t.b_column = d->back ? results : 1;
    t.b = p->w + (size_t)(at + of->column * t.b_column) * d->element;
    return t;
}

static void run_part(const pass *p, int64_t index, char *scratch)
{
    const direct *d = p->d;
    int64_t taps = eg__window_volume(d->g.at.k), rows = index / d->column_parts;
    part of = {.group = rows / d->row_parts,
        .column = index % d->column_parts * d->columns,
        .at = rows % d->row_parts * d->rows,
        .row = (const void **)(void *)scratch};

    of.to = (void **)(void *)(scratch + (size_t)d->rows * sizeof(void *));
    of.columns = d->columns < d->to - of.column ? d->columns : d->to - of.column;
    of.end = of.at + d->rows < d->positions ? of.at + d->rows : d->positions;
    clear(p, &of);
    for (int64_t tap = 0; tap < taps; tap++) {
        eg__tile t = tile_of(p, &of, tap);
        t.m = list_rows(p, &of, tap);
        const void *next = tap + 1 < taps ? tile_of(p, &of, tap + 1).b : NULL;
        if (t.m > 0)
            d->loop(&t, of.row, of.to, next);
    }
    if (p->then) { /* its positions are done when all their channels are */
        int64_t channels = d->g.groups * d->to;
        eg__part_made(p->then, of.at / d->rows, d->column_parts * d->g.groups, of.at * channels,
            (of.end - of.at) * channels);
    }
}

static size_t scratch_of(const direct *d)
{
    return ((size_t)d->rows * 2 * sizeof(void *) + 63) / 64 * 64;
}

static void run_chunk(void *env, int chunk)
{
    const pass *p = env;
    int64_t at = chunk * p->d->at_once, end = at + p->d->at_once;

    end = end < p->d->parts ? end : p->d->parts;
    for (; at < end; at++)
        run_part(p, at, p->scratch + (size_t)chunk * scratch_of(p->d));
}

static eg_status run_parts(const eg_job *job, void *const in[], void *const out[], void *scratch,
    const eg__then *then)
{
    const direct *d = (const direct *)(const void *)job->state;
    pass p = {d, in[d->back ? 1 : 0], in[d->back ? 0 : 1], out[0], scratch, then};

    eg__run_chunks(d->chunks, eg__conv_work(&d->g) / rate, run_chunk, &p);
    return EG_OK;
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    return run_parts(job, in, out, scratch, NULL);
}

bool eg__conv_direct_parts(const eg_job *job, eg__parts *parts)
{
    const direct *d = (const direct *)(const void *)job->state;

    if (job->run != run)
        return false;
    *parts =
        (eg__parts){run_parts, d->row_parts, d->column_parts * d->g.groups > 1 ? d->row_parts : 0};
    return true;
}

/* ---- preparing ------------------------------------------------------------------------------ */

/* Panels of channels, and as many positions as there are; fewer while there are too few parts for
 * the work to be shared. */
static void cut(direct *d)
{
    double work = eg__conv_work(&d->g) / rate;
    int64_t want =
        (int64_t)(work / worth_a_part < ENOUGH_PARTS ? work / worth_a_part : ENOUGH_PARTS);

    d->positions = d->g.n * eg__window_volume(d->back ? d->g.at.in : d->g.at.out);
    d->columns = work < 2 * worth_a_part ? d->to : PANEL;
    d->column_parts = divide_up(d->to, d->columns);
    d->rows = MOST_ROWS;
    while (divide_up(d->positions, d->rows) * d->column_parts * d->g.groups < want &&
        d->rows > LEAST_ROWS)
        d->rows -= ROW_BLOCK;
    d->row_parts = divide_up(d->positions, d->rows);
    d->rows = divide_up(divide_up(d->positions, d->row_parts), ROW_BLOCK) * ROW_BLOCK;
    d->row_parts = divide_up(d->positions, d->rows);
    d->parts = d->row_parts * d->column_parts * d->g.groups;
    d->at_once = work < 2 * worth_a_part ? d->parts : divide_up(d->parts, MOST_CHUNKS);
    d->chunks = (int)divide_up(d->parts, d->at_once);
}

/* Whether to bring the filter into another order would take longer than it saves. */
static bool is_filter_large(const direct *d)
{
    const eg__conv *g = &d->g;
    int64_t positions = g->n * eg__window_volume(d->back ? g->at.in : g->at.out);

    return !d->back && g->groups == 1 && positions <= FEW_POSITIONS &&
        g->c * g->o * eg__window_volume(g->at.k) >= LARGE_FILTER;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    direct *d = (direct *)(void *)job->state;
    eg_dtype dtype = p->out[0]->dtype;

    *d = (direct){.back = self == &eg__conv_direct[EG__CONV_INPUT]};
    d->loop = (unsigned)dtype < EG__DTYPES ? eg__gathered_loops[eg__isa_now()][dtype] : NULL;
    if (!d->loop)
        return "it has no loop for this dtype";
    d->element = eg__dtype(dtype)->size;
    eg__conv_read(&d->g, d->back ? EG__CONV_INPUT : EG__CONV, p);
    d->from = d->back ? d->g.o : d->g.c;
    d->to = d->back ? d->g.c : d->g.o;
    if (d->from < LEAST_CHANNELS || d->to < LEAST_CHANNELS)
        return "there are few channels";
    if (dtype == EG_FLOAT32 && eg__conv_work(&d->g) > SMALL && !is_filter_large(d))
        return "there are many positions";
    if (eg__bytes(p->out[0]) == 0 || eg__conv_work(&d->g) == 0) {
        eg__prepare_zeros(p->out[0], job);
        return NULL;
    }
    eg__job_start(job, "direct", run);
    cut(d);
    job->scratch = (size_t)d->chunks * scratch_of(d);
    return NULL;
}

const eg_kernel eg__conv_direct[EG__CONV_FILTER] = {
    {.name = "direct", .prepare = prepare},
    {.name = "direct", .prepare = prepare},
};
