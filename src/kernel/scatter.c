/* Indices of several axes as one, and rows put into a copy by index.
 *
 * Rows are put in the order of their indices; threads share the columns, so that the order does not
 * depend on them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/complex.h"
#include "kernel/scatter.h"
#include "base/compiler.h"
#include "base/error.h"
#include "kernel/isa.h"
#include "tensor/dtype.h"
#include <stdatomic.h>
#include <string.h>

enum {
    CHUNK = 1 << 14, /* indices */
    CHUNK_BYTES = 256 << 10,
    LEAST_PART = 128, /* bytes of a row that a thread takes */
    MOST_PARTS = 16
};

static const char *const no_such_index = "it reads indices of int32 and int64 only";

/* ---- ravel_index ---------------------------------------------------------------------------- */

typedef struct ravel {
    int64_t n, dims[EG_MAX_RANK];
    int k, outside;
    bool wide;
    eg_spec indices;
} ravel;

_Static_assert(sizeof(ravel) <= EG__JOB_STATE, "a ravel fits a job");

typedef struct raveling {
    const ravel *r;
    const void *from;
    int64_t *to;
    atomic_llong wrong; /* the first index that is not inside, counted in all of them */
} raveling;

static int64_t number_at(const void *from, bool wide, int64_t i)
{
    return wide ? ((const int64_t *)from)[i] : ((const int32_t *)from)[i];
}

/* An index within an axis of `size` elements; -1 where it is outside and has to be inside. */
static int64_t index_within(int64_t index, int64_t size, int outside)
{
    if (size == 0)
        return -1;
    if (outside == EG_OUTSIDE_WRAPS) {
        index %= size;
        return index < 0 ? index + size : index;
    }
    if (outside == EG_OUTSIDE_CLIPS)
        return index < 0 ? 0 : index < size ? index : size - 1;
    index += index < 0 ? size : 0;
    return index < 0 || index >= size ? -1 : index;
}

static void ravel_chunk(void *env, int chunk)
{
    raveling *w = env;
    const ravel *r = w->r;
    int64_t at = (int64_t)chunk * CHUNK, end = at + CHUNK < r->n ? at + CHUNK : r->n;

    for (; at < end; at++) {
        int64_t flat = 0;
        for (int i = 0; i < r->k && flat >= 0; i++) {
            int64_t index = number_at(w->from, r->wide, at * r->k + i);
            index = index_within(index, r->dims[i], r->outside);
            flat = index < 0 ? -1 - i : flat * r->dims[i] + index;
        }
        w->to[at] = flat;
        if (EG_UNLIKELY(flat < 0)) {
            long long wrong = at * r->k + (-1 - flat), seen = atomic_load(&w->wrong);
            while (wrong < seen && !atomic_compare_exchange_weak(&w->wrong, &seen, wrong))
                ;
            return;
        }
    }
}

EG_COLD static eg_status refuse(const eg_spec *indices, int64_t at, int64_t index, int64_t size)
{
    eg_spec place = {.rank = indices->rank};
    char text[EG__SPEC_TEXT];

    for (int i = place.rank - 1; i >= 0; i--) {
        place.dims[i] = at % indices->dims[i];
        at /= indices->dims[i];
    }
    return eg__fail(EG_INVALID, "",
        "index %lld, at %s of the indices, is not inside: there are %lld elements",
        (long long)index, eg__shape_text(&place, text), (long long)size);
}

static eg_status run_ravel(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const ravel *r = (const ravel *)(const void *)job->state;
    raveling w = {.r = r, .from = in[0], .to = out[0]};

    (void)scratch;
    atomic_init(&w.wrong, INT64_MAX);
    eg__run_chunks((int)((r->n + CHUNK - 1) / CHUNK), (double)r->n * (1 + 1.5 * r->k), ravel_chunk,
        &w);
    int64_t wrong = atomic_load(&w.wrong);
    if (wrong == INT64_MAX)
        return EG_OK;
    return refuse(&r->indices, wrong, number_at(in[0], r->wide, wrong), r->dims[wrong % r->k]);
}

static const char *prepare_ravel(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_ravel_index_attrs *attrs = p->attrs;
    ravel *r = (ravel *)(void *)job->state;

    (void)self;
    if (p->in[0]->dtype != EG_INT32 && p->in[0]->dtype != EG_INT64)
        return no_such_index;
    eg__job_start(job, "loop", run_ravel);
    job->may_fail = true;
    r->n = p->out[0]->size;
    r->k = attrs->dims.n;
    r->outside = attrs->outside;
    r->wide = p->in[0]->dtype == EG_INT64;
    r->indices = *p->in[0];
    memcpy(r->dims, attrs->dims.at, sizeof r->dims);
    return NULL;
}

const eg_kernel eg__ravel_index_kernel = {"loop", prepare_ravel, NULL};

/* ---- scatter -------------------------------------------------------------------------------- */

/* n rows of `row` elements, of which `column` to `end` are meant, and where each goes; nowhere
 * if that is not below `limit`. */
typedef struct rows_at {
    const void *indices;
    bool wide;
    int64_t n, row, column, end, limit;
} rows_at;

static inline int64_t index_at(const rows_at *r, int64_t i)
{
    return number_at(r->indices, r->wide, i);
}

typedef void (*put_fn)(const rows_at *r, const void *from, void *to);

#define T    uint8_t
#define NAME add_uint8
#define EXPR (uint8_t)(z + x)
#include "kernel/scatter_each.inc"

#define T    uint16_t
#define NAME add_uint16
#define EXPR (uint16_t)(z + x)
#include "kernel/scatter_each.inc"

#define T    uint32_t
#define NAME add_uint32
#define EXPR (uint32_t)(z + x)
#include "kernel/scatter_each.inc"

#define T    uint64_t
#define NAME add_uint64
#define EXPR (uint64_t)(z + x)
#include "kernel/scatter_each.inc"

#define T    float
#define NAME add_float
#define EXPR z + x
#include "kernel/scatter_each.inc"

#define T    double
#define NAME add_double
#define EXPR z + x
#include "kernel/scatter_each.inc"

#define BODY "kernel/scatter_each_complex.inc"
#include "kernel/each_complex.inc"
#undef BODY

#define T    int8_t
#define NAME max_int8
#define EXPR x > z ? x : z
#include "kernel/scatter_each.inc"

#define T    int8_t
#define NAME min_int8
#define EXPR x < z ? x : z
#include "kernel/scatter_each.inc"

#define T    int16_t
#define NAME max_int16
#define EXPR x > z ? x : z
#include "kernel/scatter_each.inc"

#define T    int16_t
#define NAME min_int16
#define EXPR x < z ? x : z
#include "kernel/scatter_each.inc"

#define T    int32_t
#define NAME max_int32
#define EXPR x > z ? x : z
#include "kernel/scatter_each.inc"

#define T    int32_t
#define NAME min_int32
#define EXPR x < z ? x : z
#include "kernel/scatter_each.inc"

#define T    int64_t
#define NAME max_int64
#define EXPR x > z ? x : z
#include "kernel/scatter_each.inc"

#define T    int64_t
#define NAME min_int64
#define EXPR x < z ? x : z
#include "kernel/scatter_each.inc"

#define T    uint8_t
#define NAME max_uint8
#define EXPR x > z ? x : z
#include "kernel/scatter_each.inc"

#define T    uint8_t
#define NAME min_uint8
#define EXPR x < z ? x : z
#include "kernel/scatter_each.inc"

#define T    uint16_t
#define NAME max_uint16
#define EXPR x > z ? x : z
#include "kernel/scatter_each.inc"

#define T    uint16_t
#define NAME min_uint16
#define EXPR x < z ? x : z
#include "kernel/scatter_each.inc"

#define T    uint32_t
#define NAME max_uint32
#define EXPR x > z ? x : z
#include "kernel/scatter_each.inc"

#define T    uint32_t
#define NAME min_uint32
#define EXPR x < z ? x : z
#include "kernel/scatter_each.inc"

#define T    uint64_t
#define NAME max_uint64
#define EXPR x > z ? x : z
#include "kernel/scatter_each.inc"

#define T    uint64_t
#define NAME min_uint64
#define EXPR x < z ? x : z
#include "kernel/scatter_each.inc"

/* NaN wins. */
#define T    float
#define NAME max_float
#define EXPR x > z || x != x ? x : z
#include "kernel/scatter_each.inc"

#define T    float
#define NAME min_float
#define EXPR x < z || x != x ? x : z
#include "kernel/scatter_each.inc"

#define T    double
#define NAME max_double
#define EXPR x > z || x != x ? x : z
#include "kernel/scatter_each.inc"

#define T    double
#define NAME min_double
#define EXPR x < z || x != x ? x : z
#include "kernel/scatter_each.inc"

static const put_fn putters[][EG__DTYPES] = {
    [EG_SCATTER_ADD] =
        {
            [EG_INT8] = add_uint8,
            [EG_INT16] = add_uint16,
            [EG_INT32] = add_uint32,
            [EG_INT64] = add_uint64,
            [EG_UINT8] = add_uint8,
            [EG_UINT16] = add_uint16,
            [EG_UINT32] = add_uint32,
            [EG_UINT64] = add_uint64,
            [EG_FLOAT32] = add_float,
            [EG_FLOAT64] = add_double,
            [EG_COMPLEX64] = add_complex64,
            [EG_COMPLEX128] = add_complex128,
        },
    [EG_SCATTER_MAX] =
        {
            [EG_INT8] = max_int8,
            [EG_INT16] = max_int16,
            [EG_INT32] = max_int32,
            [EG_INT64] = max_int64,
            [EG_UINT8] = max_uint8,
            [EG_UINT16] = max_uint16,
            [EG_UINT32] = max_uint32,
            [EG_UINT64] = max_uint64,
            [EG_FLOAT32] = max_float,
            [EG_FLOAT64] = max_double,
        },
    [EG_SCATTER_MIN] =
        {
            [EG_INT8] = min_int8,
            [EG_INT16] = min_int16,
            [EG_INT32] = min_int32,
            [EG_INT64] = min_int64,
            [EG_UINT8] = min_uint8,
            [EG_UINT16] = min_uint16,
            [EG_UINT32] = min_uint32,
            [EG_UINT64] = min_uint64,
            [EG_FLOAT32] = min_float,
            [EG_FLOAT64] = min_double,
        },
};

typedef struct scatter {
    put_fn put; /* NULL: the updates replace what is there */
    size_t element, bytes;
    int64_t limit, row, part;
    int parts;
    bool wide, drop; /* rows outside are left out */
    eg_spec indices;
} scatter;

_Static_assert(sizeof(scatter) <= EG__JOB_STATE, "a scatter fits a job");

typedef struct scattering {
    const scatter *s;
    const char *x, *updates;
    const void *indices;
    char *to;
} scattering;

static void copy_chunk(void *env, int chunk)
{
    const scattering *w = env;
    size_t at = (size_t)chunk * CHUNK_BYTES, left = w->s->bytes - at;

    memcpy(w->to + at, w->x + at, left < CHUNK_BYTES ? left : CHUNK_BYTES);
}

static void put_columns(void *env, int part)
{
    const scattering *w = env;
    const scatter *s = w->s;
    rows_at r = {w->indices, s->wide, s->indices.size, s->row, part * s->part, 0, s->limit};

    r.end = s->row - r.column < s->part ? s->row : r.column + s->part;
    if (s->put) {
        s->put(&r, w->updates, w->to);
        return;
    }
    size_t row = (size_t)s->row * s->element, skip = (size_t)r.column * s->element;
    for (int64_t i = 0; i < r.n; i++) {
        size_t index = (size_t)index_at(&r, i);
        if (EG_LIKELY(index < (size_t)r.limit))
            memcpy(w->to + index * row + skip, w->updates + (size_t)i * row + skip,
                (size_t)(r.end - r.column) * s->element);
    }
}

static eg_status run_scatter(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const scatter *s = (const scatter *)(const void *)job->state;
    scattering w = {s, in[0], in[2], in[1], out[0]};
    double work = (double)s->indices.size * (1.5 + (double)s->row * (double)s->element * 0.1);

    (void)scratch;
    for (int64_t i = 0; i < s->indices.size && !s->drop; i++) {
        int64_t index = number_at(in[1], s->wide, i);
        if (EG_UNLIKELY(index < 0 || index >= s->limit))
            return refuse(&s->indices, i, index, s->limit);
    }
    if (in[0] != out[0])
        eg__run_chunks((int)((s->bytes + CHUNK_BYTES - 1) / CHUNK_BYTES), (double)s->bytes * 0.07,
            copy_chunk, &w);
    if (s->indices.size > 0)
        eg__run_chunks(s->parts, work, put_columns, &w);
    return EG_OK;
}

static const char *prepare_scatter(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_spec *x = p->in[0], *indices = p->in[1];
    const eg_scatter_attrs *attrs = p->attrs;
    int how = attrs->how;
    scatter *s = (scatter *)(void *)job->state;

    (void)self;
    if (indices->dtype != EG_INT32 && indices->dtype != EG_INT64)
        return no_such_index;
    *s = (scatter){.put = how == EG_SCATTER_SET ? NULL
            : (unsigned)x->dtype < EG__DTYPES   ? putters[how][x->dtype]
                                                : NULL};
    if (how != EG_SCATTER_SET && !s->put)
        return "it has no loop for this dtype";
    eg__job_start(job, "loop", run_scatter);
    job->may_fail = !attrs->drop;
    job->in_place = eg__bytes(indices) != eg__bytes(x) && p->in[2]->size != x->size;
    s->element = eg__dtype(x->dtype)->size;
    s->bytes = eg__bytes(x);
    s->limit = x->dims[0];
    s->row = 1;
    for (int i = 1; i < x->rank; i++)
        s->row *= x->dims[i];
    int64_t least = LEAST_PART / (int64_t)s->element;
    s->part = s->row / MOST_PARTS / least * least;
    s->part = s->part > least ? s->part : least;
    s->parts = (int)((s->row + s->part - 1) / s->part);
    s->wide = indices->dtype == EG_INT64;
    s->drop = attrs->drop;
    s->indices = *indices;
    return NULL;
}

const eg_kernel eg__scatter_kernel = {"loop", prepare_scatter, NULL};
