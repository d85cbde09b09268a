/* Attention by blocks of queries: a block's scores against all keys, their softmax, and its product
 * with the values lie in a scratch of some hundred kilobytes, so memory grows with the number of
 * keys, not with its square. The way back computes a block's weights again.
 *
 * Blocks follow from the shapes alone. Forward every block is a thread's; backward all blocks of an
 * owner are: of batches that add to the same gradients of keys and values, or of the mask, in their
 * order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/attention.h"
#include "kernel/attention_loops.h"
#include "kernel/product.h"
#include "kernel/row_loops.h"
#include "kernel/zero.h"
#include <math.h>
#include <string.h>

enum {
    SCORES = 1 << 18, /* scores of a block, if that makes at least FEWEST rows */
    FEWEST = 16,
    MOST = 64,
    MOST_CHUNKS = 16,
    LINE = 64,
};

/* Where a mask's elements are; a distance of 0 broadcasts. */
typedef struct mask_of {
    bool is_bool, is_there;
    size_t element;
    int64_t row, column, step[EG_MAX_RANK]; /* in elements; of the leading axes */
    int64_t size, slices;                   /* elements, how many leading places there are */
} mask_of;

typedef struct attention {
    eg__tile_loop product;
    eg_loop tanh;
    const eg__softmax_loops *softmax;
    const eg__attention_loops *loops;
    size_t element;
    int64_t batches, m, n, d, e;
    int lead; /* leading axes */
    int64_t dims[EG_MAX_RANK];
    int64_t group;         /* batches that share their keys and values */
    int64_t block, blocks; /* rows of a block, blocks of a batch */
    int64_t owners;
    int chunks;
    size_t room; /* bytes of scratch a chunk */
    double scale, softcap, work;
    bool is_causal, mask_gradient;
    mask_of mask;
} attention;

_Static_assert(sizeof(attention) <= EG__JOB_STATE, "it fits a job");

double eg__attention_scale(const eg__attention_attrs *attrs, int64_t d)
{
    return attrs->scale != 0 ? attrs->scale : d > 0 ? 1 / sqrt((double)d) : 1;
}

typedef struct attention_pass {
    const attention *t;
    const char *q, *k, *v, *mask, *dz;
    char *z, *dq, *dk, *dv, *dmask, *scratch;
} attention_pass;

/* ---- one block ------------------------------------------------------------------------------ */

/* A block: its batch, that of its keys, where its mask begins; its first row, how many rows, how
 * many keys the last of them sees; where its scratch is: scaled queries, scores, and backward the
 * slopes of the scores, a piece of dk or dv, and what a softcap multiplies slopes by. */
typedef struct block {
    int64_t batch, shared, mask, row, rows, keys;
    char *q, *p, *dp, *piece, *bent;
} block;

static size_t lines(int64_t elements, size_t element)
{
    return ((size_t)elements * element + LINE - 1) / LINE * LINE;
}

/* Where the mask of a batch begins, in elements. */
static int64_t mask_at(const attention *t, int64_t batch)
{
    int64_t at = 0;

    for (int i = t->lead - 1; t->mask.is_there && i >= 0; i--) {
        at += batch % t->dims[i] * t->mask.step[i];
        batch /= t->dims[i];
    }
    return at;
}

static block block_at(const attention *t, int64_t unit, char *scratch)
{
    block b = {.batch = unit / t->blocks, .row = unit % t->blocks * t->block};

    b.shared = b.batch / t->group;
    b.mask = mask_at(t, b.batch);
    b.rows = t->m - b.row < t->block ? t->m - b.row : t->block;
    b.keys = t->is_causal && b.row + b.rows < t->n ? b.row + b.rows : t->n;
    b.q = scratch;
    b.p = b.q + lines(t->block * t->d, t->element);
    b.dp = b.p + lines(t->block * t->n, t->element);
    b.piece = b.dp + lines(t->block * t->n, t->element);
    b.bent = b.piece + lines(t->n * (t->d > t->e ? t->d : t->e), t->element);
    return b;
}

/* Row `row` of a block's queries, or of its keys, in arrays with rows of `width`. */
static size_t query_at(const attention *t, const block *b, int64_t width)
{
    return (size_t)((b->batch * t->m + b->row) * width) * t->element;
}

static size_t keys_at(const attention *t, const block *b, int64_t width)
{
    return (size_t)(b->shared * t->n * width) * t->element;
}

/* The mask of row i of a block, in bytes. */
static size_t mask_row_at(const attention *t, const block *b, int64_t i)
{
    return (size_t)(b->mask + (b->row + i) * t->mask.row) * t->mask.element;
}

/* c = a * b, where either is stored transposed if so said. */
static void multiply(const attention *t, eg__tile x)
{
    if (x.k > 0)
        t->product(&x);
    else
        for (int64_t i = 0; i < x.m; i++)
            memset((char *)x.c + (size_t)(i * x.c_row) * t->element, 0, (size_t)x.n * t->element);
}

/* The weights of row i, from its scores; `bent` NULL: nobody needs it. */
static void weigh_row(const attention_pass *p, const block *b, int64_t i, char *bent)
{
    const attention *t = p->t;
    char *row = b->p + (size_t)(i * t->n) * t->element;
    int64_t seen = t->is_causal && b->row + i + 1 < b->keys ? b->row + i + 1 : b->keys;
    bool sees = true;

    if (t->softcap > 0)
        t->loops->cap(row, bent, seen, t->softcap, t->tanh);
    if (t->mask.is_there)
        sees = (t->mask.is_bool ? t->loops->hide : t->loops->mask)(row,
            p->mask + mask_row_at(t, b, i), seen, t->mask.column);
    if (sees)
        t->softmax->rows(row, row, 1, seen);
    seen = sees ? seen : 0;
    memset(row + (size_t)seen * t->element, 0, (size_t)(b->keys - seen) * t->element);
}

/* The weights of a block: rows of b->keys elements, n apart. */
static void weigh(const attention_pass *p, const block *b, bool backward)
{
    const attention *t = p->t;
    bool bends = backward && t->softcap > 0;

    t->loops->scale(b->q, p->q + query_at(t, b, t->d), b->rows * t->d, t->scale);
    multiply(t,
        (eg__tile){b->q, p->k + keys_at(t, b, t->d), b->p, b->rows, b->keys, t->d, t->d, 1, 1, t->d,
            t->n});
    for (int64_t i = 0; i < b->rows; i++)
        weigh_row(p, b, i, bends ? b->bent + (size_t)(i * t->n) * t->element : NULL);
}

static void forward_block(const attention_pass *p, int64_t unit, char *scratch)
{
    const attention *t = p->t;
    block b = block_at(t, unit, scratch);

    if (t->n > 0)
        weigh(p, &b, false);
    multiply(t,
        (eg__tile){b.p, p->v + keys_at(t, &b, t->e), p->z + query_at(t, &b, t->e), b.rows, t->e,
            t->n > 0 ? b.keys : 0, t->n, 1, t->e, 1, t->e});
}

/* to += a^T * c, for `rows` rows of a with b->keys elements, n apart, and of c with `width`. */
static void add_product(const attention *t, const block *b, const char *a, const char *c,
    int64_t width, char *to)
{
    multiply(t, (eg__tile){a, c, b->piece, b->keys, width, b->rows, 1, t->n, width, 1, width});
    t->loops->add(to, b->piece, b->keys * width);
}

/* From the slopes of row i's weights to those of its scores. */
static void soften_row(const attention_pass *p, const block *b, int64_t i)
{
    const attention *t = p->t;
    size_t row = (size_t)(i * t->n) * t->element;

    t->loops->soften(b->p + row, b->dp + row, b->keys);
    if (t->mask_gradient)
        t->loops->unmask(p->dmask + mask_row_at(t, b, i), b->dp + row, b->keys, t->mask.column);
    if (t->softcap > 0) {
        int64_t seen = t->is_causal && b->row + i + 1 < b->keys ? b->row + i + 1 : b->keys;
        t->loops->bend(b->dp + row, b->bent + row, seen);
    }
}

static void backward_block(const attention_pass *p, int64_t unit, char *scratch)
{
    const attention *t = p->t;
    block b = block_at(t, unit, scratch);
    const char *dz = p->dz + query_at(t, &b, t->e);
    char *dq = p->dq + query_at(t, &b, t->d);

    weigh(p, &b, true);
    add_product(t, &b, b.p, dz, t->e, p->dv + keys_at(t, &b, t->e));
    multiply(t,
        (eg__tile){dz, p->v + keys_at(t, &b, t->e), b.dp, b.rows, b.keys, t->e, t->e, 1, 1, t->e,
            t->n});
    for (int64_t i = 0; i < b.rows; i++)
        soften_row(p, &b, i);
    add_product(t, &b, b.dp, b.q, t->d, p->dk + keys_at(t, &b, t->d));
    multiply(t,
        (eg__tile){b.dp, p->k + keys_at(t, &b, t->d), dq, b.rows, t->d, b.keys, t->n, 1, t->d, 1,
            t->d});
    t->loops->scale(dq, dq, b.rows * t->d, t->scale);
}

/* ---- all of them ---------------------------------------------------------------------------- */

/* The first of `units` that a chunk works on. */
static int64_t first_of(int64_t units, int chunks, int chunk)
{
    return units / chunks * chunk + units % chunks * chunk / chunks;
}

static void forward_chunk(void *env, int chunk)
{
    const attention_pass *p = env;
    int64_t units = p->t->batches * p->t->blocks, end = first_of(units, p->t->chunks, chunk + 1);

    for (int64_t unit = first_of(units, p->t->chunks, chunk); unit < end; unit++)
        forward_block(p, unit, p->scratch + (size_t)chunk * p->t->room);
}

/* Who owns what a batch adds to: its keys and values, its mask, or, if neither is enough, one. */
static int64_t owner_of(const attention *t, int64_t batch)
{
    if (t->owners == 1)
        return 0;
    if (t->owners == t->batches / t->group)
        return batch / t->group;
    return mask_at(t, batch) / (t->mask.size / t->mask.slices);
}

static void backward_chunk(void *env, int chunk)
{
    const attention_pass *p = env;
    const attention *t = p->t;
    int64_t first = first_of(t->owners, t->chunks, chunk);
    int64_t end = first_of(t->owners, t->chunks, chunk + 1);
    char *scratch = p->scratch + (size_t)chunk * t->room;

    for (int64_t batch = 0; batch < t->batches; batch++) {
        int64_t owner = owner_of(t, batch);
        if (owner < first || owner >= end)
            continue;
        for (int64_t i = 0; i < t->blocks; i++)
            backward_block(p, batch * t->blocks + i, scratch);
    }
}

static eg_status run_forward(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const attention *t = (const attention *)(const void *)job->state;
    attention_pass p = {.t = t, .q = in[0], .k = in[1], .v = in[2], .z = out[0]};

    p.mask = t->mask.is_there ? in[3] : NULL;
    p.scratch = scratch;
    if (t->chunks > 0)
        eg__run_chunks(t->chunks, t->work, forward_chunk, &p);
    return EG_OK;
}

static eg_status run_backward(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const attention *t = (const attention *)(const void *)job->state;
    attention_pass p = {.t = t, .q = in[0], .k = in[1], .v = in[2], .scratch = scratch};
    int64_t shared = t->batches / t->group;

    p.mask = t->mask.is_there ? in[3] : NULL;
    p.dz = in[t->mask.is_there ? 4 : 3];
    p.dq = out[0];
    p.dk = out[1];
    p.dv = out[2];
    p.dmask = t->mask_gradient ? out[3] : NULL;
    eg__zero(p.dq, (size_t)(t->batches * t->m * t->d) * t->element);
    eg__zero(p.dk, (size_t)(shared * t->n * t->d) * t->element);
    eg__zero(p.dv, (size_t)(shared * t->n * t->e) * t->element);
    if (t->mask_gradient)
        eg__zero(p.dmask, (size_t)t->mask.size * t->element);
    if (t->chunks > 0 && t->n > 0)
        eg__run_chunks(t->chunks, t->work, backward_chunk, &p);
    return EG_OK;
}

/* ---- preparing ------------------------------------------------------------------------------ */

/* How a mask lies beside the scores [..., m, n]. */
static void set_mask(attention *t, const eg_spec *x)
{
    int64_t distance = 1;

    t->mask = (mask_of){.is_there = true, .is_bool = x->dtype == EG_BOOL, .size = x->size};
    t->mask.element = eg__dtype(x->dtype)->size;
    t->mask.slices = 1;
    for (int i = x->rank - 1, axis = t->lead + 1; i >= 0; i--, axis--) {
        int64_t step = x->dims[i] == 1 ? 0 : distance;
        distance *= x->dims[i];
        if (axis == t->lead + 1)
            t->mask.column = step;
        else if (axis == t->lead)
            t->mask.row = step;
        else
            t->mask.step[axis] = step;
        t->mask.slices *= axis < t->lead ? x->dims[i] : 1;
    }
}

/* So that no two owners add to the same. */
static void set_owners(attention *t)
{
    t->owners = t->batches / t->group;
    if (t->mask_gradient && t->mask.slices < t->batches)
        t->owners = t->group == 1 ? t->mask.slices : 1;
}

static void set_sizes(attention *t, const eg_problem *p)
{
    const eg_spec *q = p->in[0], *k = p->in[1], *v = p->in[2];

    t->lead = q->rank - 2;
    t->batches = 1;
    for (int i = 0; i < t->lead; i++)
        t->batches *= t->dims[i] = q->dims[i];
    t->group =
        t->lead > 0 && k->dims[t->lead - 1] > 0 ? q->dims[t->lead - 1] / k->dims[t->lead - 1] : 1;
    t->m = q->dims[q->rank - 2];
    t->d = q->dims[q->rank - 1];
    t->n = v->dims[v->rank - 2];
    t->e = v->dims[v->rank - 1];
    t->block = SCORES / (t->n + 1);
    t->block = t->block < FEWEST ? FEWEST : t->block > MOST ? MOST : t->block;
    t->block = t->block > t->m ? t->m : t->block;
    t->blocks = t->m > 0 ? (t->m + t->block - 1) / t->block : 0;
}

/* What both have in common; NULL: it takes the problem. */
static const char *prepare_blocks(const eg_problem *p, attention *t, bool masked)
{
    static const eg__softmax_loops *const softmaxes[EG__ISAS] = EG__EACH_ISA(eg__softmax);
    static const eg__attention_loops *const loops[EG__ISAS] = EG__EACH_ISA(eg__attention);
    const eg__attention_attrs *attrs = p->attrs;
    const eg_loops *tanh = eg__tanh_loop.table;
    eg_dtype dtype = p->in[0]->dtype;
    eg__isa isa = eg__isa_now();

    if ((unsigned)dtype >= EG__DTYPES || !loops[isa][dtype].add)
        return "it has no loop for this dtype";
    *t = (attention){.product = eg__product_loops[isa][dtype]};
    t->tanh = tanh->of[isa][dtype];
    t->softmax = &softmaxes[isa][dtype];
    t->loops = &loops[isa][dtype];
    t->element = eg__dtype(dtype)->size;
    set_sizes(t, p);
    if (masked)
        set_mask(t, p->in[3]);
    t->scale = eg__attention_scale(attrs, t->d);
    t->softcap = attrs->softcap;
    t->is_causal = attrs->causal;
    t->work = (double)(t->batches * t->m) * (double)t->n * (0.05 * (double)(t->d + t->e) + 0.5);
    return NULL;
}

static const char *prepare_forward(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    attention *t = (attention *)(void *)job->state;
    const char *why = prepare_blocks(p, t, self->table != NULL);

    if (why)
        return why;
    eg__job_start(job, "blocks", run_forward);
    int64_t units = t->batches * t->blocks;
    t->chunks = units < MOST_CHUNKS ? (int)units : MOST_CHUNKS;
    t->room = lines(t->block * t->d, t->element) + lines(t->block * t->n, t->element);
    job->scratch = (size_t)t->chunks * t->room;
    return NULL;
}

static const char *prepare_backward(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    attention *t = (attention *)(void *)job->state;
    const char *why = prepare_blocks(p, t, self->table != NULL);

    if (why)
        return why;
    eg__job_start(job, "blocks", run_backward);
    t->mask_gradient = ((const eg__attention_attrs *)p->attrs)->mask_gradient;
    set_owners(t);
    t->chunks = t->owners < MOST_CHUNKS ? (int)t->owners : MOST_CHUNKS;
    t->chunks = t->blocks > 0 && t->batches > 0 ? t->chunks : 0;
    t->work *= 3;
    t->room = lines(t->block * t->d, t->element) + 2 * lines(t->block * t->n, t->element) +
        lines(t->n * (t->d > t->e ? t->d : t->e), t->element);
    t->room += t->softcap > 0 ? lines(t->block * t->n, t->element) : 0;
    job->scratch = (size_t)t->chunks * t->room;
    return NULL;
}

const eg_kernel eg__attention_kernel = {"blocks", prepare_forward, NULL};
const eg_kernel eg__attention_grad_kernel = {"blocks", prepare_backward, NULL};
const eg_kernel eg__masked_attention_kernel = {"blocks", prepare_forward, "masked"};
const eg_kernel eg__masked_attention_grad_kernel = {"blocks", prepare_backward, "masked"};
