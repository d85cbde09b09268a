/* Products of complex matrices: four of real ones, by whichever kernel takes those.
 *
 * The parts are taken apart and put together again, which costs little beside the product; so
 * complex numbers are as fast as real ones for what there is to compute, and an element's bits
 * follow from the shapes as theirs do.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/memory.h"
#include "kernel/complex.h"
#include "kernel/matmul.h"
#include <string.h>

enum { LINE = 64, CHUNK = 32768 }; /* bytes; elements a thread takes at a time */

/* Takes n numbers apart; makes n parts, real or imaginary, of two products each. */
typedef struct parting {
    void (*split)(int64_t n, const void *x, void *re, void *im);
    void (*join)(int64_t n, const void *p, const void *q, bool is_imaginary, void *z);
} parting;

#define BODY "kernel/parting.inc"
#include "kernel/each_complex.inc"
#undef BODY

static const parting partings[] = {
    {split_complex64, join_complex64},
    {split_complex128, join_complex128},
};

typedef struct product {
    eg_job inner;
    const parting *parting;
    size_t size, element;  /* of this struct; of a number */
    int64_t n[2], n_out;   /* numbers in a and b, and of the result */
    size_t re[2], im[2];   /* where in the scratch their parts are */
    size_t p[2], inner_at; /* and two real products, and the inner job's scratch */
} product;

/* ---- running -------------------------------------------------------------------------------- */

/* A split, or a join of `p` and `q`, in chunks. */
typedef struct passage {
    const product *t;
    int64_t n;
    const char *x, *p, *q;
    char *re, *im, *z;
    bool is_imaginary;
} passage;

static void run_chunk(void *env, int chunk)
{
    const passage *w = env;
    int64_t at = (int64_t)chunk * CHUNK, n = w->n - at < CHUNK ? w->n - at : CHUNK;
    size_t whole = (size_t)at * w->t->element, half = whole / 2;

    if (w->x)
        w->t->parting->split(n, w->x + whole, w->re + half, w->im + half);
    else
        w->t->parting->join(n, w->p + half, w->q + half, w->is_imaginary, w->z + whole);
}

static void run_all(passage *w)
{
    if (w->n > 0)
        eg__run_chunks((int)((w->n + CHUNK - 1) / CHUNK), (double)w->n, run_chunk, w);
}

/* One part of the result: re(a) times a part of b, and im(a) times the other. */
static eg_status run_part(const product *t, char *room, bool is_imaginary, void *z)
{
    void *left[] = {room + t->re[0], room + (is_imaginary ? t->im[1] : t->re[1])};
    void *right[] = {room + t->im[0], room + (is_imaginary ? t->re[1] : t->im[1])};
    void *p = room + t->p[0], *q = room + t->p[1], *scratch = room + t->inner_at;
    passage w = {.t = t, .n = t->n_out, .p = p, .q = q, .z = z, .is_imaginary = is_imaginary};

    eg_status status = t->inner.run(&t->inner, left, &p, scratch);
    if (status == EG_OK)
        status = t->inner.run(&t->inner, right, &q, scratch);
    if (status == EG_OK)
        run_all(&w);
    return status;
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const product *t = *(product *const *)(const void *)job->state;
    char *room = scratch;

    for (int i = 0; i < 2; i++) {
        passage w = {.t = t, .n = t->n[i], .x = in[i]};
        w.re = room + t->re[i];
        w.im = room + t->im[i];
        run_all(&w);
    }
    eg_status status = run_part(t, room, false, out[0]);
    return status == EG_OK ? run_part(t, room, true, out[0]) : status;
}

static void drop(eg_job *job)
{
    product *t = *(product **)(void *)job->state;

    if (t->inner.drop)
        t->inner.drop(&t->inner);
    eg__free(t, t->size);
}

/* ---- preparing ------------------------------------------------------------------------------ */

static bool prepare_inner(const eg_problem *p, eg_job *inner)
{
    static const eg_kernel *const kernels[] = {&eg__matmul_small, &eg__matmul_onednn,
        &eg__matmul_reference};

    for (int i = 0; i < 3 && !eg__me.failed; i++)
        if (!kernels[i]->prepare(kernels[i], p, inner))
            return true;
    return false;
}

static size_t take(size_t *scratch, int64_t n, size_t element)
{
    size_t at = *scratch;

    *scratch += ((size_t)n * element + LINE - 1) / LINE * LINE;
    return at;
}

/* Lays out the scratch; its bytes. */
static size_t lay_out(product *t)
{
    size_t scratch = 0;

    for (int i = 0; i < 2; i++) {
        t->re[i] = take(&scratch, t->n[i], t->element / 2);
        t->im[i] = take(&scratch, t->n[i], t->element / 2);
        t->p[i] = take(&scratch, t->n_out, t->element / 2);
    }
    t->inner_at = scratch;
    return scratch + t->inner.scratch;
}

static bool set(product *t, const eg_problem *p)
{
    eg_spec in[2] = {*p->in[0], *p->in[1]}, out = *p->out[0];
    const eg_spec *in_at[2] = {&in[0], &in[1]}, *out_at = &out;
    const eg_problem real = {p->attrs, 2, 1, in_at, &out_at};

    t->parting = &partings[out.dtype == EG_COMPLEX128];
    t->element = eg__dtype(out.dtype)->size;
    t->n_out = out.size;
    out.dtype = eg__part_of(out.dtype);
    for (int i = 0; i < 2; i++) {
        t->n[i] = in[i].size;
        in[i].dtype = out.dtype;
    }
    return prepare_inner(&real, &t->inner);
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    (void)self;
    if (!eg__is_complex(p->out[0]->dtype))
        return "it takes complex numbers only";
    product *t = eg__alloc(sizeof *t);
    if (!t) {
        eg__fail_memory("MatMul", sizeof *t);
        return "memory is out";
    }
    t->size = sizeof *t;
    if (!set(t, p)) {
        eg__free(t, t->size);
        return "no kernel takes its parts";
    }
    eg__job_start(job, "four real products", run);
    job->drop = drop;
    job->scratch = lay_out(t);
    job->may_fail = t->inner.may_fail;
    job->waits = t->inner.waits;
    memcpy(job->state, &t, sizeof t);
    return NULL;
}

const eg_kernel eg__matmul_complex = {.name = "four real products", .prepare = prepare};
