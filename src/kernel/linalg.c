/* Linear algebra by LAPACK. A matrix is one thread's, so its bits depend on its elements alone;
 * batches are shared out. LAPACK is linked statically, from a build without threads: what the
 * program around uses, or sets there, does not matter here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/linalg.h"
#include "base/error.h"
#include "kernel/linalg_plan.h"
#include <complex.h>
#include <limits.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum linalg_step {
    CHOLESKY,
    TRIANGULAR_SOLVE,
    SOLVE,
    DET,
    SLOGDET,
    QR,
    EIGH,
    EIGVALSH,
    SVD,
    SVDVALS,
    PINV,
    EXPM,
    EIG,
    EIGVALS,
    LINALG_STEPS
};

/* What the kernels differ in. */
typedef struct linalg_kind {
    enum linalg_step step;
    int core[EG__LINALG_OUT]; /* axes of a matrix's results */
    double cost;              /* nanoseconds for m * n * k = 1, large matrices */
    const char *refusal;      /* what the matrix is; %d: where, counted from 0 */
} linalg_kind;

#ifndef EG_HAVE_LAPACK

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    (void)self, (void)p, (void)job;
    return "this eagre was built without LAPACK (Debian: liblapack-dev)";
}

#else

#include "kernel/lapack.h"

static inline int at_least_1(int n)
{
    return n > 1 ? n : 1;
}

typedef float _Complex single_complex;
typedef double _Complex double_complex;

#define SIZE(x) fabs((double)(x))
#define CONJ(x) (x)
#define ADJOINT "T"
#define SYEVD   syevd
#define ORGLQ   orglq
#define AND_REAL(...)
#define MOST_REALS(t) 0
#define BY_KIND       "kernel/linalg_real.inc"
#define STEPS_BY_KIND

#define T       float
#define R       float
#define S       s
#define EPSILON 1.1920929e-7F
#include "kernel/linalg.inc"
#undef T
#undef R
#undef S

#define T double
#define R double
#define S d
#undef EPSILON
#define EPSILON 2.220446049250313e-16
#include "kernel/linalg.inc"
#undef T
#undef R
#undef S

#undef SIZE
#undef CONJ
#undef ADJOINT
#undef SYEVD
#undef ORGLQ
#undef AND_REAL
#undef MOST_REALS
#undef BY_KIND
#undef STEPS_BY_KIND

/* The real workspace of gesdd, by its documentation; its integers are few. */
static int most_reals(const eg__matrix *t)
{
    int64_t k = t->k, most = t->m > t->n ? t->m : t->n;
    int64_t reals = k * (5 * k + 7 > 2 * (most + k) + 1 ? 5 * k + 7 : 2 * (most + k) + 1);

    return reals < INT_MAX / 16 ? (int)reals + 8 : -1;
}

#define SIZE(x)       cabs((double_complex)(x))
#define CONJ(x)       ((T)conj((double_complex)(x)))
#define ADJOINT       "C"
#define SYEVD         heevd
#define ORGLQ         unglq
#define AND_REAL(...) __VA_ARGS__,
#define MOST_REALS(t) most_reals(t)
#define BY_KIND       "kernel/linalg_complex.inc"
#define STEPS_BY_KIND [EIG] = {FN(eig_room), FN(eig)}, [EIGVALS] = {FN(eigvals_room), FN(eigvals)},

#define T double_complex
#define R double
#define S z
#include "kernel/linalg.inc"
#undef T
#undef R
#undef S

#define T single_complex
#define R float
#define S c
#undef EPSILON
#define EPSILON 1.1920929e-7F
#include "kernel/linalg.inc"
#undef T
#undef R
#undef S
#undef EPSILON

/* ---- a batch -------------------------------------------------------------------------------- */

typedef struct batch {
    const linalg_kind *kind;
    const eg__linalg_step *step;
    eg__matrix matrix;
    int n_in, n_out, rank, chunks;
    int64_t count, dims[EG_MAX_RANK]; /* matrices; axes of the batch */
    int64_t strides[EG__LINALG_IN][EG_MAX_RANK];
    size_t in_bytes[EG__LINALG_IN], out_bytes[EG__LINALG_OUT]; /* of one matrix */
    double work;
} batch;

_Static_assert(sizeof(batch) <= EG__JOB_STATE, "it fits a job");

typedef struct pass {
    const batch *t;
    const char *in[EG__LINALG_IN];
    char *out[EG__LINALG_OUT], *scratch;
    _Atomic int64_t failed; /* the first matrix that was refused, or count */
} pass;

/* Matrix `at` of the batch; 0, or where it was refused. */
static int run_matrix(pass *p, int64_t at, char *scratch)
{
    const batch *t = p->t;
    const void *in[EG__LINALG_IN];
    void *out[EG__LINALG_OUT];
    int64_t place[EG__LINALG_IN] = {0, 0}, rest = at;

    for (int axis = t->rank - 1; axis >= 0; axis--) {
        for (int i = 0; i < t->n_in; i++)
            place[i] += rest % t->dims[axis] * t->strides[i][axis];
        rest /= t->dims[axis];
    }
    for (int i = 0; i < t->n_in; i++)
        in[i] = p->in[i] + (size_t)place[i] * t->in_bytes[i];
    for (int i = 0; i < t->n_out; i++)
        out[i] = p->out[i] + (size_t)at * t->out_bytes[i];
    return t->step->run(&t->matrix, in, out, scratch);
}

static void note_failure(pass *p, int64_t at)
{
    int64_t first = atomic_load(&p->failed);

    while (at < first && !atomic_compare_exchange_weak(&p->failed, &first, at))
        ;
}

static void run_chunk(void *env, int chunk)
{
    pass *p = env;
    int64_t count = p->t->count, chunks = p->t->chunks;
    int64_t end = count / chunks * (chunk + 1) + count % chunks * (chunk + 1) / chunks;
    char *scratch = p->scratch + (size_t)chunk * p->t->matrix.scratch;

    for (int64_t at = count / chunks * chunk + count % chunks * chunk / chunks; at < end; at++)
        if (run_matrix(p, at, scratch)) {
            note_failure(p, at);
            return;
        }
}

/* "" for a single matrix, " [1,0]" for one of a batch. */
static const char *place_text(const batch *t, int64_t at, char *text, size_t size)
{
    int64_t place[EG_MAX_RANK];
    size_t n = 0;

    text[0] = 0;
    for (int axis = t->rank - 1; axis >= 0; axis--) {
        place[axis] = at % t->dims[axis];
        at /= t->dims[axis];
    }
    for (int axis = 0; axis < t->rank && n < size; axis++)
        n += (size_t)snprintf(text + n, size - n, "%s%lld%s", axis ? "," : " [",
            (long long)place[axis], axis == t->rank - 1 ? "]" : "");
    return text;
}

EG_COLD static eg_status refuse(pass *p)
{
    const batch *t = p->t;
    int64_t at = atomic_load(&p->failed);
    int where = run_matrix(p, at, p->scratch) - 1;
    char text[EG_MAX_RANK * 21], why[160];

    snprintf(why, sizeof why, t->kind->refusal, where);
    return eg__fail(EG_INVALID, "", "matrix%s %s", place_text(t, at, text, sizeof text), why);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const batch *t = (const batch *)(const void *)job->state;
    pass p = {.t = t, .scratch = scratch, .failed = t->count};

    for (int i = 0; i < t->n_in; i++)
        p.in[i] = in[i];
    for (int i = 0; i < t->n_out; i++)
        p.out[i] = out[i];
    if (t->chunks > 0)
        eg__run_chunks(t->chunks, t->work, run_chunk, &p);
    return atomic_load(&p.failed) < t->count ? refuse(&p) : EG_OK;
}

/* ---- preparing ------------------------------------------------------------------------------ */

static size_t bytes_of_matrix(const eg_spec *x, int core)
{
    size_t bytes = eg__dtype(x->dtype)->size;

    for (int i = x->rank - core; i < x->rank; i++)
        bytes *= (size_t)x->dims[i];
    return bytes;
}

/* How the matrices of input i lie in the axes of the batch: those that broadcast do not move. */
static void set_strides(batch *t, int i, const eg_spec *x)
{
    int64_t stride = 1;

    t->in_bytes[i] = bytes_of_matrix(x, 2);
    for (int axis = x->rank - 3; axis >= 0; axis--) {
        t->strides[i][axis + t->rank - (x->rank - 2)] = x->dims[axis] > 1 ? stride : 0;
        stride *= x->dims[axis];
    }
}

static void set_batch(batch *t, const eg_problem *p)
{
    const eg_spec *out = p->out[0];

    t->n_in = p->n_in;
    t->n_out = p->n_out;
    t->rank = out->rank - t->kind->core[0];
    t->count = 1;
    for (int i = 0; i < t->rank; i++)
        t->count *= t->dims[i] = out->dims[i];
    for (int i = 0; i < p->n_in; i++)
        set_strides(t, i, p->in[i]);
    for (int i = 0; i < p->n_out; i++)
        t->out_bytes[i] = bytes_of_matrix(p->out[i], t->kind->core[i]);
}

static void set_attrs(eg__matrix *x, enum linalg_step step, const void *attrs)
{
    if (step == TRIANGULAR_SOLVE) {
        const eg_triangular_solve_attrs *of = attrs;
        x->upper = of->upper;
        x->transposed = of->transpose_a;
    } else if (step == SOLVE) {
        x->transposed = ((const eg_solve_attrs *)attrs)->transpose_a;
    } else if (step == QR) {
        x->full = ((const eg_qr_attrs *)attrs)->complete;
    } else if (step == SVD) {
        x->full = !((const eg_svd_attrs *)attrs)->reduced;
    }
}

static size_t to_line(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* False where LAPACK's numbers are too small to count with. */
static bool set_matrix(batch *t, const eg_problem *p, size_t element)
{
    const eg_spec *a = p->in[0], *b = p->in[p->n_in - 1];
    int64_t m = a->dims[a->rank - 2], n = a->dims[a->rank - 1], columns = b->dims[b->rank - 1];
    eg__matrix *x = &t->matrix;

    if (m > INT_MAX / 8 || n > INT_MAX / 8 || columns > INT_MAX / 8)
        return false;
    x->m = (int)m;
    x->n = (int)n;
    x->k = m < n ? x->m : x->n;
    x->columns = (int)columns;
    set_attrs(x, t->kind->step, p->attrs);
    size_t copy = t->step->room(x);
    x->work_at = to_line(copy * element);
    x->reals_at = to_line(x->work_at + (size_t)x->lwork * element);
    x->ints_at = to_line(x->reals_at + (size_t)x->lreals * element);
    x->scratch = to_line(x->ints_at + (size_t)x->liwork * sizeof(int));
    return x->lwork >= 0 && x->lreals >= 0;
}

/* No matrices, or however many without elements: nothing is to be done. */
static bool is_empty(const batch *t)
{
    size_t bytes = 0;

    for (int i = 0; i < t->n_in; i++)
        bytes += t->in_bytes[i];
    for (int i = 0; i < t->n_out; i++)
        bytes += t->out_bytes[i];
    return t->count == 0 || bytes == 0;
}

static void set_chunks(batch *t)
{
    enum { MOST_CHUNKS = 64 };
    const size_t most_scratch = (size_t)64 << 20;
    const eg__matrix *x = &t->matrix;

    t->work = (double)t->count *
        (300 + t->kind->cost * (double)x->m * (double)x->n * (double)(x->k + x->columns));
    t->chunks = t->count < MOST_CHUNKS ? (int)t->count : MOST_CHUNKS;
    while (t->chunks > 1 && (size_t)t->chunks * x->scratch > most_scratch)
        t->chunks--;
}

static const eg__linalg_step *steps_of(eg_dtype dtype)
{
    switch (dtype) {
    case EG_FLOAT32:
        return steps_s;
    case EG_FLOAT64:
        return steps_d;
    case EG_COMPLEX64:
        return steps_c;
    case EG_COMPLEX128:
        return steps_z;
    default:
        return NULL;
    }
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    batch *t = (batch *)(void *)job->state;
    eg_dtype dtype = p->in[0]->dtype;

    const eg__linalg_step *steps = steps_of(dtype);
    if (!steps)
        return "LAPACK knows float32, float64 and their complex numbers only";
    eg__job_start(job, "LAPACK", run);
    *t = (batch){.kind = self->table};
    t->step = &steps[t->kind->step];
    if (!t->step->run)
        return "it takes complex numbers only";
    set_batch(t, p);
    if (is_empty(t))
        return NULL;
    if (!set_matrix(t, p, eg__dtype(dtype)->size))
        return "the matrix is too large for LAPACK";
    set_chunks(t);
    job->may_fail = t->kind->refusal != NULL;
    job->scratch = (size_t)t->chunks * t->matrix.scratch;
    return NULL;
}

#endif

/* ---- the kernels ---------------------------------------------------------------------------- */

#define KERNEL(name, ...)                                                                          \
    const eg_kernel eg__##name##_kernel = {"LAPACK", prepare, &(const linalg_kind){__VA_ARGS__}}

static const char singular[] = "is singular: pivot %d is zero; eg_pinv has an inverse of its kind";
static const char endless[] =
    "has no decomposition: it holds NaN or infinity, or does not converge";

KERNEL(cholesky, CHOLESKY, {2}, 0.2, "is not positive definite: its leading minor %d is not");
KERNEL(triangular_solve, TRIANGULAR_SOLVE, {2}, 0.5,
    "is singular: element %d of its diagonal is zero");
KERNEL(solve, SOLVE, {2}, 0.4, singular);
KERNEL(det, DET, {0}, 0.3, NULL);
KERNEL(slogdet, SLOGDET, {0, 0}, 0.3, NULL);
KERNEL(qr, QR, {2, 2}, 1.5, NULL);
KERNEL(eigh, EIGH, {1, 2}, 2.5, endless);
KERNEL(eigvalsh, EIGVALSH, {1}, 1, endless);
KERNEL(svd, SVD, {2, 1, 2}, 6, endless);
KERNEL(svdvals, SVDVALS, {1}, 2, endless);
KERNEL(pinv, PINV, {2}, 7, endless);
KERNEL(eig, EIG, {1, 2}, 20, endless);
KERNEL(eigvals, EIGVALS, {1}, 10, endless);
KERNEL(expm, EXPM, {2}, 3, NULL);
