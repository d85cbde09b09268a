/* Gather, scatter_add, their kin along the last axis, and one-hot rows.
 *
 * All see one picture: `outer` blocks, in each `picks` rows of `inner` elements that are picked
 * from, or added to, `limit` rows. Gather has one list of indices for all blocks, "along" a list of
 * its own for each. Indices are read a few hundred at a time, which brings them to 64 bits and
 * checks them, so nothing is touched through an index that is not inside.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/complex.h"
#include "kernel/index.h"
#include "base/compiler.h"
#include "base/error.h"
#include "kernel/copy.h"
#include "kernel/zero.h"
#include <stdatomic.h>
#include <string.h>

enum {
    AT_ONCE = 256, /* indices */
    CHUNK_BYTES = 1 << 16,
    PIECE_BYTES = 1 << 18,
    LEAST_PAST = 128, /* bytes of a row that passes the caches */
    LEAST_PART = 128, /* bytes of rows that are added by one thread */
    MOST_PARTS = 16,
    MOST_CHUNKS = 1 << 20
};

static const double ns_per_byte = 0.1, ns_per_index = 1.5;

typedef struct picture {
    int64_t outer, picks, limit, inner;
    size_t element;
    bool wide, along;
    eg_spec indices;
} picture;

_Static_assert(sizeof(picture) + 64 <= EG__JOB_STATE, "a picture fits a job, with room for more");

static int64_t size_of(const eg_spec *spec, int from, int to)
{
    int64_t size = 1;

    for (int i = from; i < to; i++)
        size *= spec->dims[i];
    return size;
}

/* ---- indices -------------------------------------------------------------------------------- */

static int64_t index_at(const picture *x, const void *indices, int64_t at)
{
    return x->wide ? ((const int64_t *)indices)[at] : ((const int32_t *)indices)[at];
}

/* Reads n indices, at most AT_ONCE; false where one is not inside. */
static bool read_indices(const picture *x, const void *indices, int64_t at, int n,
    int64_t to[AT_ONCE])
{
    const uint64_t last = (uint64_t)x->limit - 1;
    uint64_t outside = 0;

    if (x->wide) {
        const int64_t *from = (const int64_t *)indices + at;
        for (int i = 0; i < n; i++) {
            to[i] = from[i];
            outside |= (uint64_t)from[i] | (last - (uint64_t)from[i]);
        }
    } else {
        const int32_t *from = (const int32_t *)indices + at;
        for (int i = 0; i < n; i++) {
            to[i] = from[i];
            outside |= (uint64_t)(int64_t)from[i] | (last - (uint64_t)(int64_t)from[i]);
        }
    }
    return outside >> 63 == 0;
}

static int64_t first_outside(const picture *x, const void *indices, int64_t at)
{
    while (index_at(x, indices, at) >= 0 && index_at(x, indices, at) < x->limit)
        at++;
    return at;
}

EG_COLD static eg_status refuse(const picture *x, const void *indices, int64_t at)
{
    eg_spec place = {.rank = x->indices.rank};
    char text[EG__SPEC_TEXT];
    long long index = index_at(x, indices, at);

    for (int i = place.rank - 1; i >= 0; i--) {
        place.dims[i] = at % x->indices.dims[i];
        at /= x->indices.dims[i];
    }
    return eg__fail(EG_INVALID, "",
        "index %lld, at %s of the indices, is not inside: there are "
        "%lld elements%s",
        index, eg__shape_text(&place, text), (long long)x->limit,
        index < 0 ? ", counted from 0" : "");
}

/* EG_OK if all indices are inside, otherwise the first that is not is reported. */
static eg_status check_indices(const picture *x, const void *indices)
{
    int64_t unused[AT_ONCE];

    for (int64_t at = 0; at < x->indices.size; at += AT_ONCE) {
        int64_t n = x->indices.size - at < AT_ONCE ? x->indices.size - at : AT_ONCE;
        if (!read_indices(x, indices, at, (int)n, unused))
            return refuse(x, indices, first_outside(x, indices, at));
    }
    return EG_OK;
}

/* ---- gather, take_along --------------------------------------------------------------------- */

/* Copies the first `part` bytes of n rows of `row` bytes, of which each is row at[i] of `from`. */
typedef void (
    *copy_fn)(const char *from, const int64_t at[], int n, size_t part, size_t row, char *to);

EG_HOT_INLINE void copy_whole(const char *from, const int64_t at[], int n, const size_t row,
    char *to)
{
    for (int i = 0; i < n; i++)
        memcpy(to + (size_t)i * row, from + (size_t)at[i] * row, row);
}

static void copy_1(const char *from, const int64_t at[], int n, size_t part, size_t row, char *to)
{
    (void)part, (void)row;
    copy_whole(from, at, n, 1, to);
}

static void copy_4(const char *from, const int64_t at[], int n, size_t part, size_t row, char *to)
{
    (void)part, (void)row;
    copy_whole(from, at, n, 4, to);
}

static void copy_8(const char *from, const int64_t at[], int n, size_t part, size_t row, char *to)
{
    (void)part, (void)row;
    copy_whole(from, at, n, 8, to);
}

/* Asks for the row that comes AHEAD rows later. */
static inline void fetch_ahead(const char *from, const int64_t at[], int n, size_t part, size_t row,
    int i)
{
    enum { AHEAD = 8, MOST = 512, LINE = 64 };

    for (size_t k = 0; i + AHEAD < n && k < part && k < MOST; k += LINE)
        EG__PREFETCH(from + (size_t)at[i + AHEAD] * row + k);
}

static void copy_any(const char *from, const int64_t at[], int n, size_t part, size_t row, char *to)
{
    for (int i = 0; i < n; i++) {
        fetch_ahead(from, at, n, part, row, i);
        memcpy(to + (size_t)i * row, from + (size_t)at[i] * row, part);
    }
}

static void copy_past(const char *from, const int64_t at[], int n, size_t part, size_t row,
    char *to)
{
    const eg__stream_loops *past = eg__stream[eg__isa_now()];

    for (int i = 0; i < n; i++) {
        fetch_ahead(from, at, n, part, row, i);
        past->copy(to + (size_t)i * row, from + (size_t)at[i] * row, part);
    }
    past->end();
}

typedef struct gather {
    picture x;
    copy_fn copy;
    int64_t piece, pieces, at_once; /* elements, pieces a row, rows a chunk */
    int chunks;
} gather;

typedef struct gathering {
    const gather *g;
    const void *indices;
    const char *from;
    char *to;
    atomic_llong wrong; /* the first index that is not inside */
} gathering;

static void note_wrong(gathering *w, int64_t at)
{
    long long wrong = first_outside(&w->g->x, w->indices, at), seen = atomic_load(&w->wrong);

    while (wrong < seen && !atomic_compare_exchange_weak(&w->wrong, &seen, wrong))
        ;
}

/* Makes the indices of rows `at` to `at + n`, each within its own block, count from the first. */
static void count_from_first(const picture *x, int64_t at, int n, int64_t index[])
{
    int64_t block = at / x->picks, pick = at % x->picks;

    for (int i = 0; i < n; i++) {
        index[i] += block * x->limit;
        pick = pick + 1 < x->picks ? pick + 1 : 0;
        block += pick == 0;
    }
}

/* Piece `piece` of rows `at` to `at + n` of the result, which are in one block unless "along". */
static void gather_rows(gathering *w, int64_t at, int n, int64_t piece)
{
    const gather *g = w->g;
    const picture *x = &g->x;
    int64_t index[AT_ONCE], column = piece * g->piece, block = x->along ? 0 : at / x->picks;
    int64_t columns = x->inner - column < g->piece ? x->inner - column : g->piece;
    int64_t first = at - block * x->picks;
    size_t row = (size_t)x->inner * x->element, skip = (size_t)column * x->element;

    if (!read_indices(x, w->indices, first, n, index)) {
        note_wrong(w, first);
        return;
    }
    if (x->along)
        count_from_first(x, at, n, index);
    g->copy(w->from + (size_t)(block * x->limit) * row + skip, index, n,
        (size_t)columns * x->element, row, w->to + (size_t)at * row + skip);
}

static void gather_chunk(void *env, int chunk)
{
    gathering *w = env;
    const gather *g = w->g;
    int64_t rows = g->x.outer * g->x.picks, at = chunk / g->pieces * g->at_once;
    int64_t end = at + g->at_once < rows ? at + g->at_once : rows;

    while (at < end) {
        int64_t left = g->x.picks - at % g->x.picks;
        int64_t n = g->x.along || left > end - at ? end - at : left;
        n = n < AT_ONCE ? n : AT_ONCE;
        gather_rows(w, at, (int)n, chunk % g->pieces);
        at += n;
    }
}

static eg_status run_gather(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const gather *g = (const gather *)(const void *)job->state;
    double rows = (double)g->x.outer * (double)g->x.picks;
    double bytes = rows * (double)g->x.inner * (double)g->x.element;
    gathering w = {.g = g, .indices = in[1], .from = in[0], .to = out[0]};

    (void)scratch;
    if (g->chunks == 0)
        return check_indices(&g->x, in[1]);
    atomic_init(&w.wrong, INT64_MAX);
    eg__run_chunks(g->chunks, bytes * ns_per_byte + rows * ns_per_index, gather_chunk, &w);
    int64_t wrong = atomic_load(&w.wrong);
    return wrong == INT64_MAX ? EG_OK : refuse(&g->x, in[1], wrong);
}

static void prepare_picks(gather *g, eg_job *job)
{
    const picture *x = &g->x;
    size_t row = (size_t)x->inner * x->element;
    int64_t rows = x->outer * x->picks;

    eg__job_start(job, "loop", run_gather);
    job->may_fail = true;
    g->copy = row == 1 ? copy_1 : row == 4 ? copy_4 : row == 8 ? copy_8 : copy_any;
    if (row >= LEAST_PAST && (size_t)rows * row >= EG__STREAM_FROM)
        g->copy = copy_past;
    g->chunks = 0;
    if (rows == 0 || row == 0)
        return;
    g->piece = row <= PIECE_BYTES ? x->inner : PIECE_BYTES / (int64_t)x->element;
    g->pieces = (x->inner + g->piece - 1) / g->piece;
    g->at_once = 1 + CHUNK_BYTES / (int64_t)(row + 8);
    while (rows / g->at_once >= MOST_CHUNKS)
        g->at_once *= 2;
    g->chunks = (int)((rows + g->at_once - 1) / g->at_once * g->pieces);
}

static const char *const no_such_index = "it reads indices of int32 and int64 only";

/* False where they are of another dtype. */
static bool set_indices(picture *x, const eg_spec *indices)
{
    x->indices = *indices;
    x->wide = indices->dtype == EG_INT64;
    return x->wide || indices->dtype == EG_INT32;
}

static const char *prepare_gather(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    gather *g = (gather *)(void *)job->state;
    const eg_spec *from = p->in[0];
    int axis = ((const eg_gather_attrs *)p->attrs)->axis;

    (void)self;
    axis += axis < 0 ? from->rank : 0;
    g->x.outer = size_of(from, 0, axis);
    g->x.picks = p->in[1]->size;
    g->x.limit = from->dims[axis];
    g->x.inner = size_of(from, axis + 1, from->rank);
    g->x.element = eg__dtype(from->dtype)->size;
    g->x.along = false;
    if (!set_indices(&g->x, p->in[1]))
        return no_such_index;
    prepare_picks(g, job);
    return NULL;
}

/* Rows along the last axis: one element each. False as set_indices. */
static bool set_along(picture *x, const eg_spec *indices, int64_t limit, eg_dtype dtype)
{
    x->outer = size_of(indices, 0, indices->rank - 1);
    x->picks = indices->dims[indices->rank - 1];
    x->limit = limit;
    x->inner = 1;
    x->element = eg__dtype(dtype)->size;
    x->along = true;
    return set_indices(x, indices);
}

static const char *prepare_take_along(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    gather *g = (gather *)(void *)job->state;
    const eg_spec *from = p->in[0];

    (void)self;
    if (!set_along(&g->x, p->in[1], from->dims[from->rank - 1], from->dtype))
        return no_such_index;
    prepare_picks(g, job);
    return NULL;
}

/* ---- scatter_add, add_along ----------------------------------------------------------------- */

/* Adds `columns` elements of n rows, `row` elements apart, each to row index[i] of `to`. */
typedef void (*add_fn)(const void *from, const int64_t index[], int n, int64_t columns, int64_t row,
    void *to);

#define SUM(z, x) ((T)((z) + (x)))
#define T         uint8_t
#define NAME      add_i8
#include "kernel/scatter.inc"

#define T    uint16_t
#define NAME add_i16
#include "kernel/scatter.inc"

#define T    uint32_t
#define NAME add_i32
#include "kernel/scatter.inc"

#define T    uint64_t
#define NAME add_i64
#include "kernel/scatter.inc"

#define T    float
#define NAME add_f32
#include "kernel/scatter.inc"

#define T    double
#define NAME add_f64
#include "kernel/scatter.inc"
#undef SUM

#define BODY "kernel/scatter_complex.inc"
#include "kernel/each_complex.inc"
#undef BODY

static const add_fn adders[EG__DTYPES] = {
    [EG_INT8] = add_i8,
    [EG_INT16] = add_i16,
    [EG_INT32] = add_i32,
    [EG_INT64] = add_i64,
    [EG_UINT8] = add_i8,
    [EG_UINT16] = add_i16,
    [EG_UINT32] = add_i32,
    [EG_UINT64] = add_i64,
    [EG_FLOAT32] = add_f32,
    [EG_FLOAT64] = add_f64,
    [EG_COMPLEX64] = add_complex64,
    [EG_COMPLEX128] = add_complex128,
};

typedef struct scatter {
    picture x;
    add_fn add;
    int64_t part, at_once; /* columns, blocks a chunk */
    int parts, chunks;
} scatter;

typedef struct scattering {
    const scatter *s;
    const void *indices;
    const char *from;
    char *to;
} scattering;

/* Columns of one block, in the order of the indices. */
static void scatter_block(const scattering *w, int64_t block, int64_t column, int64_t columns)
{
    const scatter *s = w->s;
    const picture *x = &s->x;
    size_t element = x->element, row = (size_t)x->inner * element;
    const char *from = w->from + (size_t)(block * x->picks) * row + (size_t)column * element;
    char *to = w->to + (size_t)(block * x->limit) * row + (size_t)column * element;
    int64_t index[AT_ONCE], first = x->along ? block * x->picks : 0;

    for (int64_t at = 0; at < x->picks; at += AT_ONCE) {
        int n = x->picks - at < AT_ONCE ? (int)(x->picks - at) : AT_ONCE;
        if (read_indices(x, w->indices, first + at, n, index))
            s->add(from + (size_t)at * row, index, n, columns, x->inner, to);
    }
}

static void scatter_chunk(void *env, int chunk)
{
    const scattering *w = env;
    const scatter *s = w->s;
    int64_t column = chunk % s->parts * s->part, block = chunk / s->parts * s->at_once;
    int64_t columns = s->x.inner - column < s->part ? s->x.inner - column : s->part;
    int64_t end = block + s->at_once < s->x.outer ? block + s->at_once : s->x.outer;

    for (; block < end; block++)
        scatter_block(w, block, column, columns);
}

static eg_status run_scatter(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const scatter *s = (const scatter *)(const void *)job->state;
    const picture *x = &s->x;
    double rows = (double)x->outer * (double)x->picks;
    scattering w = {s, in[0], in[1], out[0]};

    (void)scratch;
    eg_status status = check_indices(x, in[0]);
    if (status != EG_OK)
        return status;
    eg__zero(w.to, (size_t)(x->outer * x->limit * x->inner) * x->element);
    eg__run_chunks(s->chunks,
        rows * ((double)x->inner * (double)x->element * ns_per_byte + ns_per_index), scatter_chunk,
        &w);
    return EG_OK;
}

static const char *prepare_sums(scatter *s, eg_dtype dtype, eg_job *job)
{
    const picture *x = &s->x;
    int64_t least = LEAST_PART / (int64_t)x->element;

    s->add = (unsigned)dtype < EG__DTYPES ? adders[dtype] : NULL;
    if (!s->add)
        return "it has no loop for this dtype";
    eg__job_start(job, "loop", run_scatter);
    job->may_fail = true;
    s->part = x->inner / MOST_PARTS / least * least;
    s->part = s->part > least ? s->part : least;
    s->parts = (int)((x->inner + s->part - 1) / s->part);
    s->parts = s->parts > 0 ? s->parts : 1;
    s->at_once = 1 + CHUNK_BYTES / (x->picks * s->part * (int64_t)x->element + 64);
    while (x->outer / s->at_once >= MOST_CHUNKS)
        s->at_once *= 2;
    s->chunks = (int)((x->outer + s->at_once - 1) / s->at_once * s->parts);
    return NULL;
}

static const char *prepare_scatter_add(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    scatter *s = (scatter *)(void *)job->state;
    const eg__scatter_attrs *attrs = p->attrs;
    const eg_spec *out = p->out[0];
    int axis = attrs->axis + (attrs->axis < 0 ? out->rank : 0);

    (void)self;
    s->x.outer = size_of(out, 0, axis);
    s->x.picks = p->in[0]->size;
    s->x.limit = attrs->n;
    s->x.inner = size_of(out, axis + 1, out->rank);
    s->x.element = eg__dtype(out->dtype)->size;
    s->x.along = false;
    if (!set_indices(&s->x, p->in[0]))
        return no_such_index;
    return prepare_sums(s, out->dtype, job);
}

static const char *prepare_add_along(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    scatter *s = (scatter *)(void *)job->state;
    const eg__along_attrs *attrs = p->attrs;

    (void)self;
    if (!set_along(&s->x, p->in[0], attrs->n, p->out[0]->dtype))
        return no_such_index;
    return prepare_sums(s, p->out[0]->dtype, job);
}

/* ---- one_hot -------------------------------------------------------------------------------- */

typedef struct hot {
    picture x;       /* limit: the depth */
    int64_t at_once; /* rows a chunk */
    int chunks;
    uint64_t one[2]; /* an element */
} hot;

typedef struct heating {
    const hot *h;
    const void *indices;
    char *to;
} heating;

static void hot_chunk(void *env, int chunk)
{
    const heating *w = env;
    const picture *x = &w->h->x;
    int64_t at = chunk * w->h->at_once, end = at + w->h->at_once;
    size_t row = (size_t)x->limit * x->element;

    end = end < x->picks ? end : x->picks;
    memset(w->to + (size_t)at * row, 0, (size_t)(end - at) * row);
    for (; at < end; at++) {
        int64_t index = index_at(x, w->indices, at);
        if (index >= 0 && index < x->limit)
            memcpy(w->to + (size_t)at * row + (size_t)index * x->element, w->h->one, x->element);
    }
}

static eg_status run_hot(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const hot *h = (const hot *)(const void *)job->state;
    heating w = {h, in[0], out[0]};
    double bytes = (double)h->x.picks * (double)h->x.limit * (double)h->x.element;

    (void)scratch;
    eg__run_chunks(h->chunks, bytes * ns_per_byte + (double)h->x.picks * ns_per_index, hot_chunk,
        &w);
    return EG_OK;
}

static const char *prepare_one_hot(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    hot *h = (hot *)(void *)job->state;
    const eg__hot_attrs *attrs = p->attrs;
    eg_dtype dtype = p->out[0]->dtype;
    size_t element = eg__dtype(dtype)->size;

    (void)self;
    if (element > sizeof h->one)
        return "its elements are too large";
    eg__job_start(job, "loop", run_hot);
    h->x.picks = p->in[0]->size;
    h->x.limit = attrs->depth;
    h->x.element = element;
    if (!set_indices(&h->x, p->in[0]))
        return no_such_index;
    eg__set_element_real(dtype, h->one, 1);
    h->at_once = 1 + CHUNK_BYTES / (int64_t)((size_t)attrs->depth * element + 8);
    while (h->x.picks / h->at_once >= MOST_CHUNKS)
        h->at_once *= 2;
    h->chunks = attrs->depth ? (int)((h->x.picks + h->at_once - 1) / h->at_once) : 0;
    return NULL;
}

const eg_kernel eg__gather_kernel = {"loop", prepare_gather, NULL};
const eg_kernel eg__take_along_kernel = {"loop", prepare_take_along, NULL};
const eg_kernel eg__scatter_add_kernel = {"loop", prepare_scatter_add, NULL};
const eg_kernel eg__add_along_kernel = {"loop", prepare_add_along, NULL};
const eg_kernel eg__one_hot_kernel = {"loop", prepare_one_hot, NULL};
