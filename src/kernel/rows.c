/* softmax, log_softmax and the cross-entropy of rows.
 *
 * Rows along the last axis are contiguous and are worked on one after another; along another axis
 * they are columns, of which many are worked on side by side. Each row or column is one thread's,
 * so its bits depend on its elements alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/rows.h"
#include "base/compiler.h"
#include "base/error.h"
#include "kernel/copy.h"
#include "kernel/row_loops.h"

enum {
    CHUNK = 16384, /* elements a thread takes at a time, at least */
    ROOM = 16384,  /* bytes of rows that can go past the caches together, */
    PART = 4096,   /* of which so many do, or one row, while the next are on their way */
};

static inline int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- softmax, log_softmax ------------------------------------------------------------------- */

typedef struct softmax {
    const eg__softmax_loops *loops;
    size_t element;
    int64_t n, inner, tiles;
    int64_t units, per_chunk; /* rows, or tiles of columns; how many a thread takes at a time */
    double work;
} softmax;

typedef struct softmax_pass {
    const softmax *t;
    const char *x;
    char *y;
    bool past; /* the caches */
} softmax_pass;

/* Rows are computed some at a time, while the next are on their way, and go past the caches. */
static void run_rows_past(const softmax *t, const char *x, char *y, int64_t rows)
{
    const eg__stream_loops *past = eg__stream[eg__isa_now()];
    _Alignas(64) char room[ROOM];
    const size_t row = (size_t)t->n * t->element;
    const int64_t most = row < PART ? (int64_t)(PART / row) : 1;

    for (int64_t n; rows > 0; rows -= n) {
        n = min(rows, most);
        eg__fetch(x + (size_t)n * row, (size_t)min(rows - n, most) * row);
        t->loops->rows(x, room, n, t->n);
        past->copy(y, room, (size_t)n * row);
        x += (size_t)n * row;
        y += (size_t)n * row;
    }
    past->end();
}

static void run_units(const softmax_pass *p, int64_t at, int64_t end)
{
    const softmax *t = p->t;

    if (t->inner == 1) {
        size_t offset = (size_t)(at * t->n) * t->element;
        if (p->past)
            run_rows_past(t, p->x + offset, p->y + offset, end - at);
        else
            t->loops->rows(p->x + offset, p->y + offset, end - at, t->n);
        return;
    }
    for (; at < end; at++) {
        int64_t column = at % t->tiles * EG__ROW_COLUMNS;
        size_t offset = (size_t)(at / t->tiles * t->n * t->inner + column) * t->element;
        eg__columns r = {p->x + offset, p->y + offset, t->n,
            min(EG__ROW_COLUMNS, t->inner - column), t->inner};
        t->loops->columns(&r);
    }
}

static void run_chunk(void *env, int chunk)
{
    const softmax_pass *p = env;
    int64_t at = chunk * p->t->per_chunk;

    run_units(p, at, min(at + p->t->per_chunk, p->t->units));
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const softmax *t = (const softmax *)(const void *)job->state;
    size_t row = (size_t)t->n * t->element, bytes = (size_t)t->units * row;
    bool past = in[0] != out[0] && t->inner == 1 && bytes >= EG__STREAM_FROM && row <= ROOM;
    softmax_pass p = {t, in[0], out[0], past};

    (void)scratch;
    if (t->units <= t->per_chunk)
        run_units(&p, 0, t->units);
    else
        eg__run_chunks((int)((t->units + t->per_chunk - 1) / t->per_chunk), t->work, run_chunk, &p);
    return EG_OK;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg__softmax_loops *const *of = self->table;
    const eg__softmax_loops *loops = of[eg__isa_now()];
    const eg_spec *x = p->in[0];
    int axis = eg__softmax_axis(p->attrs, x->rank);
    softmax *t = (softmax *)(void *)job->state;

    if ((unsigned)x->dtype >= EG__DTYPES || !loops[x->dtype].rows)
        return "it has no loop for this dtype";
    eg__job_start(job, "rows", run);
    job->in_place = true;
    *t = (softmax){.loops = &loops[x->dtype], .element = eg__dtype(x->dtype)->size};
    if (x->size == 0)
        return NULL;
    t->n = x->dims[axis];
    t->inner = 1;
    for (int i = axis + 1; i < x->rank; i++)
        t->inner *= x->dims[i];
    t->tiles = (t->inner + EG__ROW_COLUMNS - 1) / EG__ROW_COLUMNS;
    t->units = x->size / (t->n * t->inner) * t->tiles;
    t->per_chunk = CHUNK / (t->n * min(t->inner, EG__ROW_COLUMNS)) + 1;
    t->work = (double)eg__bytes(x) * 0.15;
    return NULL;
}

static const eg__softmax_loops *const softmax_loops[EG__ISAS] = EG__EACH_ISA(eg__softmax);
static const eg__softmax_loops *const log_softmax_loops[EG__ISAS] = EG__EACH_ISA(eg__log_softmax);

const eg_kernel eg__softmax_kernel = {"rows", prepare, softmax_loops};
const eg_kernel eg__log_softmax_kernel = {"rows", prepare, log_softmax_loops};

/* ---- cross-entropy -------------------------------------------------------------------------- */

typedef struct loss {
    eg__loss_loop loop;
    eg__loss_back_loop back; /* NULL: forward */
    size_t element;
    int64_t rows, n, per_chunk;
    bool wide; /* labels are int64 */
    double work;
} loss;

typedef struct loss_pass {
    const loss *t;
    const char *x;
    const void *labels;
    const char *dz;
    char *y; /* the loss of each row, or the gradient of x */
} loss_pass;

static inline int64_t label_at(const loss_pass *p, int64_t row)
{
    return p->t->wide ? ((const int64_t *)p->labels)[row] : ((const int32_t *)p->labels)[row];
}

static void run_loss_chunk(void *env, int chunk)
{
    enum { AT_ONCE = 64 };
    const loss_pass *p = env;
    const loss *t = p->t;
    int64_t row = chunk * t->per_chunk, end = min(row + t->per_chunk, t->rows), labels[AT_ONCE];

    for (; row < end; row += AT_ONCE) {
        int64_t n = min(AT_ONCE, end - row);
        for (int64_t i = 0; i < n; i++)
            labels[i] = label_at(p, row + i);
        size_t of_x = (size_t)(row * t->n) * t->element, of_row = (size_t)row * t->element;
        if (t->back)
            t->back(p->x + of_x, labels, p->dz + of_row, p->y + of_x, n, t->n);
        else
            t->loop(p->x + of_x, labels, p->y + of_row, n, t->n);
    }
}

EG_COLD static eg_status refuse_label(const loss_pass *p, int64_t row)
{
    return eg__fail(EG_INVALID, "",
        "label %lld of row %lld is not one of the %lld classes, which "
        "count from 0",
        (long long)label_at(p, row), (long long)row, (long long)p->t->n);
}

static eg_status run_loss(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const loss *t = (const loss *)(const void *)job->state;
    loss_pass p = {t, in[0], in[1], t->back ? in[2] : NULL, out[0]};

    (void)scratch;
    for (int64_t i = 0; i < t->rows; i++)
        if (EG_UNLIKELY((uint64_t)label_at(&p, i) >= (uint64_t)t->n))
            return refuse_label(&p, i);
    if (t->rows <= t->per_chunk)
        run_loss_chunk(&p, 0);
    else
        eg__run_chunks((int)((t->rows + t->per_chunk - 1) / t->per_chunk), t->work, run_loss_chunk,
            &p);
    return EG_OK;
}

static const char *prepare_loss(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    static const eg__loss_loop *const of[EG__ISAS] = EG__EACH_ISA(eg__loss);
    static const eg__loss_back_loop *const back[EG__ISAS] = EG__EACH_ISA(eg__loss_back);
    const eg_spec *x = p->in[0], *labels = p->in[1];
    eg__loss_loop loop = (unsigned)x->dtype < EG__DTYPES ? of[eg__isa_now()][x->dtype] : NULL;
    bool backward = self->table != NULL;
    loss *t = (loss *)(void *)job->state;

    if (!loop)
        return "it has no loop for this dtype";
    if (labels->dtype != EG_INT32 && labels->dtype != EG_INT64)
        return "it reads labels of int32 and int64 only";
    eg__job_start(job, "rows", run_loss);
    job->may_fail = true;
    job->in_place = backward;
    t->loop = loop;
    t->back = backward ? back[eg__isa_now()][x->dtype] : NULL;
    t->element = eg__dtype(x->dtype)->size;
    t->rows = labels->size;
    t->n = x->dims[x->rank - 1];
    t->wide = labels->dtype == EG_INT64;
    t->per_chunk = CHUNK / (t->n + 1) + 1;
    t->work = (double)eg__bytes(x) * 0.15;
    return NULL;
}

const eg_kernel eg__cross_entropy_kernel = {"rows", prepare_loss, NULL};
const eg_kernel eg__cross_entropy_grad_kernel = {"rows", prepare_loss, "backward"};
