/* Attention by blocks of queries: a block's scores against all keys, their softmax, and its product
 * with the values lie in a scratch of some hundred kilobytes, so memory grows with the number of
 * keys, not with its square. The way back computes a block's weights again.
 *
 * Blocks follow from the shapes alone. Forward every block is a thread's; backward all blocks of
 * one batch are, since they add to the same gradients of keys and values, in their order.
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

typedef struct attention {
    eg__tile_loop product;
    const eg__softmax_loops *softmax;
    const eg__attention_loops *loops;
    size_t element;
    int64_t batches, m, n, d, e;
    int64_t block, blocks; /* rows of a block, blocks of a batch */
    int chunks;
    size_t room; /* bytes of scratch a chunk */
    double scale, work;
    bool is_causal;
} attention;

_Static_assert(sizeof(attention) <= EG__JOB_STATE, "it fits a job");

double eg__attention_scale(const eg_attention_attrs *attrs, int64_t d)
{
    return attrs->scale != 0 ? attrs->scale : d > 0 ? 1 / sqrt((double)d) : 1;
}

typedef struct attention_pass {
    const attention *t;
    const char *q, *k, *v, *dz;
    char *z, *dq, *dk, *dv, *scratch;
} attention_pass;

/* ---- one block ------------------------------------------------------------------------------ */

/* A block: its first row, how many rows, how many keys the last of them sees; where its scratch
 * is: scaled queries, scores, and backward the slopes of the scores and a piece of dk or dv. */
typedef struct block {
    int64_t batch, row, rows, keys;
    char *q, *p, *dp, *piece;
} block;

static size_t lines(int64_t elements, size_t element)
{
    return ((size_t)elements * element + LINE - 1) / LINE * LINE;
}

static block block_at(const attention *t, int64_t unit, char *scratch)
{
    block b = {.batch = unit / t->blocks, .row = unit % t->blocks * t->block};

    b.rows = t->m - b.row < t->block ? t->m - b.row : t->block;
    b.keys = t->is_causal && b.row + b.rows < t->n ? b.row + b.rows : t->n;
    b.q = scratch;
    b.p = b.q + lines(t->block * t->d, t->element);
    b.dp = b.p + lines(t->block * t->n, t->element);
    b.piece = b.dp + lines(t->block * t->n, t->element);
    return b;
}

/* Row `row` of batch `batch` of an array with rows of `width`, `rows` a batch. */
static size_t offset(const attention *t, const block *b, int64_t rows, int64_t row, int64_t width)
{
    return (size_t)((b->batch * rows + row) * width) * t->element;
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

/* The weights of a block: rows of b->keys elements, n apart. */
static void weigh(const attention_pass *p, const block *b)
{
    const attention *t = p->t;

    t->loops->scale(b->q, p->q + offset(t, b, t->m, b->row, t->d), b->rows * t->d, t->scale);
    multiply(t,
        (eg__tile){b->q, p->k + offset(t, b, t->n, 0, t->d), b->p, b->rows, b->keys, t->d, t->d, 1,
            1, t->d, t->n});
    for (int64_t i = 0; i < b->rows; i++) {
        char *row = b->p + (size_t)(i * t->n) * t->element;
        int64_t seen = t->is_causal && b->row + i + 1 < b->keys ? b->row + i + 1 : b->keys;
        t->softmax->rows(row, row, 1, seen);
        memset(row + (size_t)seen * t->element, 0, (size_t)(b->keys - seen) * t->element);
    }
}

static void forward_block(const attention_pass *p, int64_t unit, char *scratch)
{
    const attention *t = p->t;
    block b = block_at(t, unit, scratch);

    if (t->n > 0)
        weigh(p, &b);
    multiply(t,
        (eg__tile){b.p, p->v + offset(t, &b, t->n, 0, t->e),
            p->z + offset(t, &b, t->m, b.row, t->e), b.rows, t->e, t->n > 0 ? b.keys : 0, t->n, 1,
            t->e, 1, t->e});
}

/* to += a^T * c, for `rows` rows of a with b->keys elements, n apart, and of c with `width`. */
static void add_product(const attention *t, const block *b, const char *a, const char *c,
    int64_t width, char *to)
{
    multiply(t, (eg__tile){a, c, b->piece, b->keys, width, b->rows, 1, t->n, width, 1, width});
    t->loops->add(to, b->piece, b->keys * width);
}

static void backward_block(const attention_pass *p, int64_t unit, char *scratch)
{
    const attention *t = p->t;
    block b = block_at(t, unit, scratch);
    const char *dz = p->dz + offset(t, &b, t->m, b.row, t->e);
    char *dq = p->dq + offset(t, &b, t->m, b.row, t->d);

    weigh(p, &b);
    add_product(t, &b, b.p, dz, t->e, p->dv + offset(t, &b, t->n, 0, t->e));
    multiply(t,
        (eg__tile){dz, p->v + offset(t, &b, t->n, 0, t->e), b.dp, b.rows, b.keys, t->e, t->e, 1, 1,
            t->e, t->n});
    for (int64_t i = 0; i < b.rows; i++) {
        size_t row = (size_t)(i * t->n) * t->element;
        t->loops->soften(b.p + row, b.dp + row, b.keys);
    }
    add_product(t, &b, b.dp, b.q, t->d, p->dk + offset(t, &b, t->n, 0, t->d));
    multiply(t,
        (eg__tile){b.dp, p->k + offset(t, &b, t->n, 0, t->d), dq, b.rows, t->d, b.keys, t->n, 1,
            t->d, 1, t->d});
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

static void backward_chunk(void *env, int chunk)
{
    const attention_pass *p = env;
    const attention *t = p->t;
    int64_t end = first_of(t->batches, t->chunks, chunk + 1) * t->blocks;

    for (int64_t unit = first_of(t->batches, t->chunks, chunk) * t->blocks; unit < end; unit++)
        backward_block(p, unit, p->scratch + (size_t)chunk * t->room);
}

static eg_status run_forward(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const attention *t = (const attention *)(const void *)job->state;
    attention_pass p = {t, in[0], in[1], in[2], NULL, out[0], NULL, NULL, NULL, scratch};

    if (t->chunks > 0)
        eg__run_chunks(t->chunks, t->work, forward_chunk, &p);
    return EG_OK;
}

static eg_status run_backward(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const attention *t = (const attention *)(const void *)job->state;
    attention_pass p = {t, in[0], in[1], in[2], in[3], NULL, out[0], out[1], out[2], scratch};

    eg__zero(out[0], (size_t)(t->batches * t->m * t->d) * t->element);
    eg__zero(out[1], (size_t)(t->batches * t->n * t->d) * t->element);
    eg__zero(out[2], (size_t)(t->batches * t->n * t->e) * t->element);
    if (t->chunks > 0 && t->n > 0)
        eg__run_chunks(t->chunks, t->work, backward_chunk, &p);
    return EG_OK;
}

/* What both have in common; NULL: it takes the problem. */
static const char *prepare_blocks(const eg_problem *p, attention *t)
{
    static const eg__softmax_loops *const softmaxes[EG__ISAS] = EG__EACH_ISA(eg__softmax);
    static const eg__attention_loops *const loops[EG__ISAS] = EG__EACH_ISA(eg__attention);
    const eg_attention_attrs *attrs = p->attrs;
    const eg_spec *q = p->in[0], *v = p->in[2];
    eg__isa isa = eg__isa_now();

    if ((unsigned)q->dtype >= EG__DTYPES || !loops[isa][q->dtype].add)
        return "it has no loop for this dtype";
    *t = (attention){.product = eg__product_loops[isa][q->dtype], .batches = 1};
    t->softmax = &softmaxes[isa][q->dtype];
    t->loops = &loops[isa][q->dtype];
    t->element = eg__dtype(q->dtype)->size;
    for (int i = 0; i < q->rank - 2; i++)
        t->batches *= q->dims[i];
    t->m = q->dims[q->rank - 2];
    t->d = q->dims[q->rank - 1];
    t->n = v->dims[v->rank - 2];
    t->e = v->dims[v->rank - 1];
    t->block = SCORES / (t->n + 1);
    t->block = t->block < FEWEST ? FEWEST : t->block > MOST ? MOST : t->block;
    t->block = t->block > t->m ? t->m : t->block;
    t->blocks = t->m > 0 ? (t->m + t->block - 1) / t->block : 0;
    t->scale = eg__attention_scale(attrs, t->d);
    t->is_causal = attrs->causal;
    t->work = (double)(t->batches * t->m) * (double)t->n * (0.05 * (double)(t->d + t->e) + 0.5);
    return NULL;
}

static const char *prepare_forward(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    attention *t = (attention *)(void *)job->state;
    const char *why = prepare_blocks(p, t);

    (void)self;
    if (why)
        return why;
    eg__job_start(job, "blocks", run_forward);
    int64_t units = t->batches * t->blocks;
    t->chunks = units < MOST_CHUNKS ? (int)units : MOST_CHUNKS;
    t->room = LINE + lines(t->block * t->d, t->element) + lines(t->block * t->n, t->element);
    job->scratch = (size_t)t->chunks * t->room;
    return NULL;
}

static const char *prepare_backward(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    attention *t = (attention *)(void *)job->state;
    const char *why = prepare_blocks(p, t);

    (void)self;
    if (why)
        return why;
    eg__job_start(job, "blocks", run_backward);
    t->chunks = t->batches < MOST_CHUNKS ? (int)t->batches : MOST_CHUNKS;
    t->chunks = t->blocks > 0 ? t->chunks : 0;
    t->work *= 3;
    t->room = LINE + lines(t->block * t->d, t->element) + 2 * lines(t->block * t->n, t->element) +
        lines(t->n * (t->d > t->e ? t->d : t->e), t->element);
    job->scratch = (size_t)t->chunks * t->room;
    return NULL;
}

const eg_kernel eg__attention_kernel = {"blocks", prepare_forward, NULL};
const eg_kernel eg__attention_grad_kernel = {"blocks", prepare_backward, NULL};
