/* Discrete Fourier transforms of rows. A row's bits depend on its numbers and its length alone: how
 * rows are shared out, and which of them are lanes of one vector, makes no difference.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/fft.h"

#ifndef EG_HAVE_EIGEN

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    (void)self, (void)p, (void)job;
    return "this eagre was built without Eigen (Debian: libeigen3-dev)";
}

#define KERNEL(name, kind) const eg_kernel eg__##name##_kernel = {"Eigen", prepare, NULL}

#else

#include "base/error.h"
#include "kernel/fft_cache.h"
#include "kernel/fft_row.h"
#include "kernel/isa.h"
#include <stdatomic.h>

#ifdef EG_HAVE_X86_SETS
extern const eg__fft_loops eg__fft_float_base, eg__fft_float_avx2, eg__fft_float_avx512;
extern const eg__fft_loops eg__fft_double_base, eg__fft_double_avx2, eg__fft_double_avx512;
static const eg__fft_loops *const loops_of[EG__ISAS][2] = {
    {&eg__fft_float_base, &eg__fft_double_base},
    {&eg__fft_float_avx2, &eg__fft_double_avx2},
    {&eg__fft_float_avx512, &eg__fft_double_avx512},
};
#else
extern const eg__fft_loops eg__fft_float_base, eg__fft_double_base;
static const eg__fft_loops *const loops_of[EG__ISAS][2] = {
    {&eg__fft_float_base, &eg__fft_double_base},
    {&eg__fft_float_base, &eg__fft_double_base},
    {&eg__fft_float_base, &eg__fft_double_base},
};
#endif

enum { MOST_CHUNKS = 16, SHARED_ROW = 1 << 15 /* rows from here on are shared by threads */ };

/* Which side of the transform is real. */
typedef enum fft_kind { COMPLEX, FROM_REAL, TO_REAL } fft_kind;

typedef struct transform {
    const eg__fft_plan *plan;
    eg__fft_way way;            /* of a row */
    eg__fft_side before, after; /* NULL: nothing */
    eg__fft_sense sense;
    double work;
    int64_t count, together;     /* rows; rows that are worked on at a time */
    int chunks;                  /* of rows */
    size_t in_row, out_row, row; /* bytes: of x, of y, of what is transformed */
    size_t room;                 /* of a chunk's scratch */
} transform;

_Static_assert(sizeof(transform) <= EG__JOB_STATE, "a transform fits a job");

typedef struct pass {
    const transform *t;
    const char *x;
    char *y, *scratch;
    atomic_bool failed;
} pass;

static size_t to_line(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* `count` rows, of which there are `together` at most, from x to y. */
static bool run_rows(const transform *t, int64_t count, const char *x, char *y, char *scratch)
{
    size_t side = to_line((size_t)t->together * t->row);
    char *from = scratch, *to = from + (t->before ? side : 0), *rest = to + (t->after ? side : 0);

    for (int64_t i = 0; t->before && i < count; i++)
        t->before(t->plan, x + (size_t)i * t->in_row, from + (size_t)i * t->row);
    const void *in = t->before ? from : x;
    void *out = t->after ? to : y;
    bool done = t->together > 1
        ? t->way.loops->rows(t->plan, count, in, out, t->sense.backward, t->sense.scale, rest)
        : eg__fft_row(&t->way, t->plan, t->sense, in, out, rest);
    for (int64_t i = 0; t->after && i < count; i++)
        t->after(t->plan, to + (size_t)i * t->row, y + (size_t)i * t->out_row);
    return done;
}

static void run_chunk(void *env, int chunk)
{
    pass *p = env;
    const transform *t = p->t;
    int64_t batches = (t->count + t->together - 1) / t->together;
    int64_t at = batches / t->chunks * chunk + batches % t->chunks * chunk / t->chunks;
    int64_t end = batches / t->chunks * (chunk + 1) + batches % t->chunks * (chunk + 1) / t->chunks;
    char *scratch = p->scratch + (size_t)chunk * t->room;

    for (int64_t row = at * t->together; at < end; at++, row += t->together) {
        int64_t left = t->count - row, count = left < t->together ? left : t->together;
        if (!run_rows(t, count, p->x + (size_t)row * t->in_row, p->y + (size_t)row * t->out_row,
                scratch))
            atomic_store(&p->failed, true);
    }
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const transform *t = (const transform *)(const void *)job->state;
    pass p = {t, in[0], out[0], scratch, false};

    eg__run_chunks(t->chunks, t->work, run_chunk, &p);
    if (atomic_load(&p.failed))
        eg__fail_memory("", t->room);
    return atomic_load(&p.failed) ? EG_NO_MEMORY : EG_OK;
}

static void drop(eg_job *job)
{
    eg__fft_plan_release(((transform *)(void *)job->state)->plan);
}

/* ---- preparing ------------------------------------------------------------------------------ */

/* The length of what is transformed, for rows of n numbers: two real ones are a pair. */
static int64_t set_sides(transform *t, fft_kind kind, int64_t n)
{
    const eg__fft_loops *loops = t->way.loops;

    if (kind == COMPLEX)
        return n;
    if (kind == FROM_REAL) {
        t->before = n % 2 ? loops->widen : NULL;
        t->after = n % 2 ? loops->first_half : loops->halves_after;
    } else {
        t->before = n % 2 ? loops->mirror : loops->halves_before;
        t->after = n % 2 ? loops->narrow : NULL;
    }
    return n % 2 ? n : n / 2;
}

/* Estimates a row's nanoseconds. */
static double work_of(int64_t n)
{
    double levels = 1;

    for (int64_t left = n; left > 1; left /= 2)
        levels++;
    return (double)n * levels * 0.3 + 20;
}

static void set_chunks(transform *t)
{
    const eg__fft_plan *plan = t->plan;
    int64_t lanes = t->way.loops->library->lanes;
    bool is_short = plan->n <= EG__FFT_SHORT, is_shared = plan->n >= SHARED_ROW;

    t->together = is_short ? lanes * EG__FFT_BATCH : 1;
    int64_t batches = (t->count + t->together - 1) / t->together;
    t->chunks = is_shared ? 1 : batches < MOST_CHUNKS ? (int)batches : MOST_CHUNKS;
    t->work = is_shared ? 0 : (double)t->count * work_of(plan->n);
    t->way.chunks = is_shared ? MOST_CHUNKS : 1;
    t->way.shared = is_shared;
    size_t sides = (t->before ? 1u : 0u) + (t->after ? 1u : 0u);
    size_t own = is_short ? 2 * EG__FFT_BATCH * (size_t)(plan->n * lanes) * t->way.element
                          : eg__fft_row_scratch(&t->way, plan);
    t->room = to_line(sides * to_line((size_t)t->together * t->row) + own);
}

static size_t row_bytes(const eg_spec *x)
{
    return (size_t)x->dims[x->rank - 1] * eg__dtype(x->dtype)->size;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const fft_kind kind = *(const fft_kind *)self->table;
    const eg__fft_attrs *attrs = p->attrs;
    const eg_spec *x = p->in[0], *y = p->out[0];
    eg_dtype dtype = kind == TO_REAL ? x->dtype : y->dtype;
    transform *t = (transform *)(void *)job->state;
    int64_t n = kind == TO_REAL ? y->dims[y->rank - 1] : x->dims[x->rank - 1];

    if (x->dtype == EG_FLOAT16 || x->dtype == EG_BFLOAT16)
        return "it has no loop for this dtype";
    eg__job_start(job, "Eigen", run);
    *t = (transform){.sense = {kind == TO_REAL || attrs->backward,
                         attrs->scale != 0 ? attrs->scale : 1},
        .in_row = row_bytes(x),
        .out_row = row_bytes(y),
        .count = x->size > 0 ? y->size / y->dims[y->rank - 1] : 0};
    t->way.loops = loops_of[eg__isa_now()][dtype == EG_COMPLEX128];
    t->way.element = eg__dtype(dtype)->size;
    int64_t rows_of = set_sides(t, kind, n);
    t->row = (size_t)rows_of * t->way.element;
    t->plan = eg__fft_plan_find(t->way.loops, t->way.element, rows_of, rows_of != n);
    if (!t->plan) {
        eg__fail_memory("", t->row);
        return "there is no memory for its plan";
    }
    set_chunks(t);
    job->drop = drop;
    job->scratch = (size_t)(t->chunks > 0 ? t->chunks : 1) * t->room;
    job->may_fail = true;
    if (t->plan->takes_memory)
        job->waits = "lengths with factors above 5 take memory in each run";
    return NULL;
}

#define KERNEL(name, kind)                                                                         \
    const eg_kernel eg__##name##_kernel = {"Eigen", prepare, &(const fft_kind){kind}}

#endif

KERNEL(fft, COMPLEX);
KERNEL(rfft, FROM_REAL);
KERNEL(irfft, TO_REAL);
