/* Joining arrays along an axis.
 *
 * Seen from outside that axis every input is rows of its own length, and the result is rows made
 * of one from each. A thread takes some rows of the result at a time, or a part of a long one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "base/error.h"
#include "base/memory.h"
#include "kernel/copy.h"
#include "kernel/move.h"
#include <string.h>

enum {
    CHUNK = 256 << 10, /* bytes a thread takes at a time */
    FEW = 40           /* inputs whose row lengths fit the job */
};

typedef struct concat {
    int n;
    int64_t rows, row; /* of the result: how many, bytes of one */
    int64_t *many;     /* bytes of a row of each input, of more than FEW inputs */
    int64_t few[FEW];
} concat;

_Static_assert(sizeof(concat) <= EG__JOB_STATE, "a concat fits a job");

static inline const int64_t *rows_of(const concat *t)
{
    return t->many ? t->many : t->few;
}

typedef struct concat_pass {
    const concat *t;
    void *const *in;
    char *y;
} concat_pass;

/* Rows [at, at + n) of the result. */
static void copy_rows(const concat_pass *p, int64_t at, int64_t n)
{
    const int64_t *row = rows_of(p->t), whole = p->t->row;
    char *y = p->y + at * whole;

    for (int k = 0; k < p->t->n; y += row[k++]) {
        if (row[k] == 0)
            continue;
        eg__plane rows = {{n, row[k]}, {row[k], 1}, {whole, 1}, (char *)p->in[k] + at * row[k], y,
            0, 0};
        eg__copy_rows(&rows, (size_t)(p->t->rows * whole));
    }
}

/* Bytes [begin, end) of row `at`. */
static void copy_part(const concat_pass *p, int64_t at, int64_t begin, int64_t end)
{
    const int64_t *row = rows_of(p->t);
    char *y = p->y + at * p->t->row;

    for (int k = 0; k < p->t->n; k++) {
        int64_t from = begin > 0 ? begin : 0, to = end < row[k] ? end : row[k];
        eg__plane part = {{1, to - from}, {0, 1}, {0, 1}, (char *)p->in[k] + at * row[k] + from,
            y + from, 0, 0};
        if (from < to)
            eg__copy_rows(&part, (size_t)(p->t->rows * p->t->row));
        y += row[k];
        begin -= row[k];
        end -= row[k];
    }
}

static int64_t rows_at_once(const concat *t)
{
    return t->row < CHUNK ? CHUNK / t->row : 1;
}

static int64_t parts_of_row(const concat *t)
{
    return (t->row + CHUNK - 1) / CHUNK;
}

static void run_chunk(void *env, int chunk)
{
    const concat_pass *p = env;
    const concat *t = p->t;
    int64_t parts = parts_of_row(t), n = rows_at_once(t);

    if (parts > 1) {
        int64_t at = chunk / parts, begin = chunk % parts * CHUNK;
        copy_part(p, at, begin, begin + CHUNK < t->row ? begin + CHUNK : t->row);
    } else {
        int64_t at = chunk * n;
        copy_rows(p, at, n < t->rows - at ? n : t->rows - at);
    }
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const concat *t = (const concat *)(const void *)job->state;
    concat_pass p = {t, in, out[0]};
    int64_t bytes = t->rows * t->row;

    (void)scratch;
    if (bytes == 0)
        return EG_OK;
    int64_t n = rows_at_once(t), chunks = (t->rows + n - 1) / n * parts_of_row(t);
    if (chunks == 1)
        copy_rows(&p, 0, t->rows);
    else
        eg__run_chunks((int)chunks, (double)bytes * 0.07, run_chunk, &p);
    return EG_OK;
}

static void drop(eg_job *job)
{
    concat *t = (concat *)(void *)job->state;

    eg__free(t->many, (size_t)t->n * sizeof *t->many);
}

/* Room for the inputs' row lengths; NULL: none is left, reported. */
static int64_t *make_room(concat *t, eg_job *job)
{
    size_t bytes = (size_t)t->n * sizeof *t->many;

    t->many = NULL;
    if (EG_LIKELY(t->n <= FEW))
        return t->few;
    t->many = eg__alloc(bytes);
    if (!t->many)
        eg__fail_memory("", bytes);
    job->drop = drop;
    return t->many;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_spec *y = p->out[0];
    int axis = ((const eg_concat_attrs *)p->attrs)->axis;
    concat *t = (concat *)(void *)job->state;
    int64_t inner = (int64_t)eg__dtype(y->dtype)->size;

    (void)self;
    eg__job_start(job, "copy", run);
    t->n = p->n_in;
    int64_t *row = make_room(t, job);
    if (!row)
        return "there is no memory for the sizes of its inputs";
    axis += axis < 0 ? y->rank : 0;
    t->rows = 1;
    for (int i = 0; i < axis; i++)
        t->rows *= y->dims[i];
    for (int i = axis + 1; i < y->rank; i++)
        inner *= y->dims[i];
    t->row = inner * y->dims[axis];
    for (int k = 0; k < t->n; k++)
        row[k] = inner * p->in[k]->dims[axis];
    return NULL;
}

const eg_kernel eg__concat_kernel = {"copy", prepare, NULL};
