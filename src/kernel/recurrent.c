/* Recurrent layers: a product and a row of gates for each step, and the way back.
 *
 * Examples know nothing of each other, so a chunk of them is one thread's from the first step to
 * the last, and no thread waits for another between steps. Chunks follow from the shapes alone. The
 * gradient of u is one product over all examples and steps in the end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/recurrent.h"
#include "kernel/product.h"
#include "kernel/recurrent_loops.h"
#include <string.h>

enum {
    FEWEST = 16, /* examples of a chunk, where there are so many */
    MOST_CHUNKS = 16,
    PANEL = 128, /* bytes of a row of a panel: two vectors of the widest set */
    LINE = 64,
    DU_ROWS = 64,
    DU_COLUMNS = 256, /* of a tile of the gradient of u */
    FEW_STEPS = 2,    /* for which it does not pay to rearrange u */
};

const eg__cell_sizes eg__cell_sizes_of[EG__CELL_KINDS] = {
    [EG__SIMPLE] = {.gates = 1, .offsets = 1, .states = 1, .kept = 1},
    [EG__GRU] = {.gates = 3, .offsets = 2, .states = 1, .kept = 5},
    [EG__LSTM] = {.gates = 4, .offsets = 1, .states = 2, .kept = 6},
};

typedef struct layer {
    const eg__cell_loops *loops;
    eg__tile_loop product;
    eg_loop sigmoid, tanh;
    size_t element;
    eg__cell_kind kind;
    bool reverse, has_lengths, wide_lengths, packs;
    int states;
    int64_t examples, steps, n, width, kept; /* width: gates*n; kept: elements of a row kept */
    int64_t panel, per_chunk;                /* columns of a panel; examples of a chunk */
    int chunks;
    size_t shared, room; /* bytes of scratch for all, for each chunk */
    double work;
} layer;

_Static_assert(sizeof(layer) <= EG__JOB_STATE, "it fits a job");

typedef struct layer_pass {
    const layer *t;
    const char *x, *u, *b, *state;
    const void *lengths;
    char *y, *last, *kept; /* forward; backward reads the latter */
    const char *dy, *dlast;
    char *dx, *du, *db, *dstate;
    char *packed, *before, *down; /* shared scratch: see below */
    char *scratch;                /* of the chunks */
} layer_pass;

/* ---- places --------------------------------------------------------------------------------- */

static size_t bytes_of(const layer *t, int64_t elements)
{
    return ((size_t)elements * t->element + LINE - 1) / LINE * LINE;
}

static char *at(const layer *t, const void *base, int64_t element)
{
    return (char *)(uintptr_t)base + (size_t)element * t->element;
}

static int64_t length_of(const layer_pass *p, int64_t example)
{
    const layer *t = p->t;

    if (!t->has_lengths)
        return t->steps;
    int64_t n = t->wide_lengths ? ((const int64_t *)p->lengths)[example]
                                : ((const int32_t *)p->lengths)[example];
    return n < 0 ? 0 : n > t->steps ? t->steps : n;
}

/* Row of a step, in arrays with one row for each step of each example. */
static int64_t row_of(const layer *t, int64_t example, int64_t step)
{
    return example * t->steps + step;
}

/* Part `part` of the state of an example, in an array [states, examples, n]. */
static char *state_at(const layer *t, const void *base, int part, int64_t example)
{
    return at(t, base, (part * t->examples + example) * t->n);
}

typedef struct span {
    int64_t first, rows;
} span;

static span span_of(const layer *t, int chunk)
{
    int64_t first = chunk * t->per_chunk, left = t->examples - first;
    return (span){first, left < t->per_chunk ? left : t->per_chunk};
}

/* ---- products ------------------------------------------------------------------------------- */

static int64_t panels_of(const layer *t, int64_t columns)
{
    return (columns + t->panel - 1) / t->panel;
}

/* Copies u, or u transposed, in panels. */
static void pack(const layer_pass *p, bool transposed)
{
    const layer *t = p->t;
    int64_t columns = transposed ? t->n : t->width;
    eg__panel x = {p->packed, p->u, t->width, 1, t->width, 0, t->panel};

    if (!transposed)
        x = (eg__panel){p->packed, p->u, t->n, t->width, 1, 0, t->panel};
    for (int64_t j = 0; j < columns; j += t->panel) {
        x.columns = columns - j < t->panel ? columns - j : t->panel;
        t->loops->pack(&x);
        x.from = at(t, x.from, t->panel * x.column);
        x.to = at(t, x.to, x.rows * t->panel);
    }
}

/* c [m, columns] = a * the matrix of k rows that was packed. */
static void multiply_packed(const layer *t, eg__tile x)
{
    int64_t columns = x.n;

    x.b_row = t->panel;
    x.b_column = 1;
    for (int64_t j = 0; j < columns; j += t->panel) {
        x.n = columns - j < t->panel ? columns - j : t->panel;
        t->product(&x);
        x.b = at(t, x.b, x.k * t->panel);
        x.c = at(t, x.c, t->panel);
    }
}

/* ---- forward -------------------------------------------------------------------------------- */

/* A chunk's scratch: products of the state, h, c. */
typedef struct forward_room {
    char *own, *state[2];
} forward_room;

static size_t forward_bytes(const layer *t)
{
    return bytes_of(t, t->per_chunk * t->width) + 2 * bytes_of(t, t->per_chunk * t->n);
}

static forward_room forward_room_at(const layer *t, char *scratch)
{
    char *state = scratch + bytes_of(t, t->per_chunk * t->width);
    return (forward_room){scratch, {state, state + bytes_of(t, t->per_chunk * t->n)}};
}

static void forward_row(const layer_pass *p, const forward_room *r, int64_t i, int64_t example,
    int64_t step)
{
    const layer *t = p->t;
    int64_t row = row_of(t, example, step);
    char *y = at(t, p->y, row * t->n), *kept = at(t, p->kept, row * t->kept);

    if (step >= length_of(p, example)) {
        memset(y, 0, (size_t)t->n * t->element);
        memset(kept, 0, (size_t)t->kept * t->element);
        return;
    }
    eg__cell_row of = {.n = t->n, .sigmoid = t->sigmoid, .tanh = t->tanh};
    of.x = at(t, p->x, row * t->width);
    of.b = p->b;
    of.own = at(t, r->own, i * t->width);
    of.own_b = at(t, p->b, t->width);
    of.kept = kept;
    of.h = at(t, r->state[0], i * t->n);
    of.c = at(t, r->state[1], i * t->n);
    of.y = y;
    t->loops->forward[t->kind](&of);
}

static void forward_chunk(void *env, int chunk)
{
    const layer_pass *p = env;
    const layer *t = p->t;
    span s = span_of(t, chunk);
    forward_room r = forward_room_at(t, p->scratch + (size_t)chunk * t->room);
    size_t bytes = (size_t)(s.rows * t->n) * t->element;
    eg__tile x = {r.state[0], t->packs ? p->packed : p->u, r.own, s.rows, t->width, t->n, t->n, 1,
        t->width, 1, t->width};

    for (int k = 0; k < t->states; k++)
        memcpy(r.state[k], state_at(t, p->state, k, s.first), bytes);
    for (int64_t k = 0; k < t->steps; k++) {
        int64_t step = t->reverse ? t->steps - 1 - k : k;
        if (t->packs)
            multiply_packed(t, x);
        else
            t->product(&x);
        for (int64_t i = 0; i < s.rows; i++)
            forward_row(p, &r, i, s.first + i, step);
    }
    for (int k = 0; k < t->states; k++)
        memcpy(state_at(t, p->last, k, s.first), r.state[k], bytes);
}

static eg_status run_forward(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const layer *t = (const layer *)(const void *)job->state;
    layer_pass p = {.t = t, .x = in[0], .u = in[1], .b = in[2], .state = in[3], .lengths = in[4]};

    if (t->chunks == 0)
        return EG_OK;
    p.y = out[0];
    p.last = out[1];
    p.kept = out[2];
    p.packed = scratch;
    p.scratch = (char *)scratch + t->shared;
    if (t->packs)
        pack(&p, false);
    eg__run_chunks(t->chunks, t->work, forward_chunk, &p);
    return EG_OK;
}

/* ---- backward ------------------------------------------------------------------------------- */

/* A chunk's scratch: gradients of the state, what comes back through u, sums for db. */
typedef struct backward_room {
    char *state[2], *back, *row, *sums;
} backward_room;

static size_t backward_bytes(const layer *t)
{
    return 3 * bytes_of(t, t->per_chunk * t->n) + bytes_of(t, t->n) + bytes_of(t, 2 * t->width);
}

static backward_room backward_room_at(const layer *t, char *scratch)
{
    size_t each = bytes_of(t, t->per_chunk * t->n);
    backward_room r = {{scratch, scratch + each}, scratch + 2 * each, scratch + 3 * each, NULL};

    r.sums = r.row + bytes_of(t, t->n);
    return r;
}

/* The state an example had before a step: part 0 is h, part 1 is c. */
static char *state_before(const layer_pass *p, int part, int64_t example, int64_t step)
{
    const layer *t = p->t;
    int64_t first = t->reverse ? length_of(p, example) - 1 : 0;
    int64_t row = row_of(t, example, t->reverse ? step + 1 : step - 1);

    if (step == first)
        return state_at(t, p->state, part, example);
    return at(t, p->kept, (row + 1) * t->kept - (part + 1) * t->n);
}

static void skip_row(const layer_pass *p, int64_t row)
{
    const layer *t = p->t;
    size_t width = (size_t)t->width * t->element;

    memset(at(t, p->dx, row * t->width), 0, width);
    memset(at(t, p->down, row * t->width), 0, width);
    memset(at(t, p->before, row * t->n), 0, (size_t)t->n * t->element);
}

static void backward_row(const layer_pass *p, const backward_room *r, int64_t i, int64_t example,
    int64_t step)
{
    const layer *t = p->t;
    int64_t row = row_of(t, example, step);

    if (step >= length_of(p, example)) {
        skip_row(p, row);
        return;
    }
    eg__cell_row of = {.n = t->n, .sigmoid = t->sigmoid, .tanh = t->tanh};
    of.kept = at(t, p->kept, row * t->kept);
    of.h_before = state_before(p, 0, example, step);
    of.c_before = t->states > 1 ? state_before(p, 1, example, step) : NULL;
    of.dy = at(t, p->dy, row * t->n);
    of.dx = at(t, p->dx, row * t->width);
    of.down = at(t, p->down, row * t->width);
    of.dh = at(t, r->state[0], i * t->n);
    of.dc = at(t, r->state[1], i * t->n);
    of.db = r->sums;
    of.down_b = at(t, r->sums, t->width);
    of.room = r->row;
    t->loops->backward[t->kind](&of);
    memcpy(at(t, p->before, row * t->n), of.h_before, (size_t)t->n * t->element);
}

static void backward_step(const layer_pass *p, const backward_room *r, span s, int64_t step)
{
    const layer *t = p->t;
    eg__tile x = {at(t, p->down, row_of(t, s.first, step) * t->width), p->packed, r->back, s.rows,
        t->n, t->width, t->steps * t->width, 1, 0, 0, t->n};

    for (int64_t i = 0; i < s.rows; i++)
        backward_row(p, r, i, s.first + i, step);
    multiply_packed(t, x);
    for (int64_t i = 0; i < s.rows; i++)
        if (step < length_of(p, s.first + i))
            t->loops->add(at(t, r->state[0], i * t->n), at(t, r->back, i * t->n), t->n);
}

static void backward_chunk(void *env, int chunk)
{
    const layer_pass *p = env;
    const layer *t = p->t;
    span s = span_of(t, chunk);
    backward_room r = backward_room_at(t, p->scratch + (size_t)chunk * t->room);
    size_t bytes = (size_t)(s.rows * t->n) * t->element;

    memset(r.sums, 0, 2 * (size_t)t->width * t->element);
    for (int k = 0; k < t->states; k++)
        memcpy(r.state[k], state_at(t, p->dlast, k, s.first), bytes);
    for (int64_t k = t->steps; k-- > 0;)
        backward_step(p, &r, s, t->reverse ? t->steps - 1 - k : k);
    for (int k = 0; k < t->states; k++)
        memcpy(state_at(t, p->dstate, k, s.first), r.state[k], bytes);
}

static void du_chunk(void *env, int chunk)
{
    const layer_pass *p = env;
    const layer *t = p->t;
    int64_t across = (t->width + DU_COLUMNS - 1) / DU_COLUMNS;
    int64_t i = chunk / across * DU_ROWS, j = chunk % across * DU_COLUMNS;
    eg__tile x = {at(t, p->before, i), at(t, p->down, j), at(t, p->du, i * t->width + j), t->n - i,
        t->width - j, t->examples * t->steps, 1, t->n, t->width, 1, t->width};

    x.m = x.m < DU_ROWS ? x.m : DU_ROWS;
    x.n = x.n < DU_COLUMNS ? x.n : DU_COLUMNS;
    t->product(&x);
}

static void add_sums(const layer_pass *p)
{
    const layer *t = p->t;

    for (int i = 0; i < t->chunks; i++) {
        backward_room r = backward_room_at(t, p->scratch + (size_t)i * t->room);
        t->loops->add(p->db, r.sums, eg__cell_sizes_of[t->kind].offsets * t->width);
    }
}

static void run_back(const layer_pass *p)
{
    const layer *t = p->t;
    int64_t tiles = ((t->n + DU_ROWS - 1) / DU_ROWS) * ((t->width + DU_COLUMNS - 1) / DU_COLUMNS);

    pack(p, true);
    eg__run_chunks(t->chunks, t->work, backward_chunk, (void *)(uintptr_t)p);
    add_sums(p);
    if (t->steps > 0)
        eg__run_chunks((int)tiles, t->work, du_chunk, (void *)(uintptr_t)p);
}

static eg_status run_backward(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const layer *t = (const layer *)(const void *)job->state;
    layer_pass p = {.t = t, .x = in[0], .u = in[1], .b = in[2], .state = in[3], .lengths = in[4]};

    p.kept = in[5];
    p.dy = in[6];
    p.dlast = in[7];
    p.dx = out[0];
    p.du = out[1];
    p.db = out[2];
    p.dstate = out[3];
    p.packed = scratch;
    p.before = p.packed + bytes_of(t, panels_of(t, t->n) * t->panel * t->width);
    p.down = t->kind == EG__GRU ? p.before + bytes_of(t, t->examples * t->steps * t->n) : p.dx;
    p.scratch = p.packed + t->shared;
    memset(p.du, 0, (size_t)(t->n * t->width) * t->element);
    memset(p.db, 0, (size_t)(eg__cell_sizes_of[t->kind].offsets * t->width) * t->element);
    if (t->chunks > 0)
        run_back(&p);
    return EG_OK;
}

/* ---- preparing ------------------------------------------------------------------------------ */

static void cut(layer *t)
{
    t->chunks = 0;
    t->per_chunk = (t->examples + MOST_CHUNKS - 1) / MOST_CHUNKS;
    t->per_chunk = t->per_chunk < FEWEST ? FEWEST : t->per_chunk;
    t->per_chunk = t->per_chunk > t->examples ? t->examples : t->per_chunk;
    if (t->per_chunk > 0 && t->n > 0)
        t->chunks = (int)((t->examples + t->per_chunk - 1) / t->per_chunk);
    t->work = (double)(t->examples * t->steps) * (double)t->width * (0.02 * (double)t->n + 1);
}

/* What both have in common; NULL: it takes the problem. */
static const char *prepare_layer(const eg_problem *p, layer *t)
{
    static const eg__cell_loops *const of[EG__ISAS] = EG__EACH_ISA(eg__cell);
    const eg__recurrent_attrs *attrs = p->attrs;
    const eg_spec *x = p->in[0], *u = p->in[1], *lengths = p->in[4];
    const eg_loops *sigmoid = eg__sigmoid_loop.table, *tanh = eg__tanh_loop.table;
    eg__isa isa = eg__isa_now();

    if ((unsigned)x->dtype >= EG__DTYPES || !of[isa][x->dtype].add)
        return "it has no loop for this dtype";
    if (lengths->dtype != EG_INT32 && lengths->dtype != EG_INT64)
        return "it reads lengths of int32 and int64 only";
    *t = (layer){.loops = &of[isa][x->dtype], .product = eg__product_loops[isa][x->dtype]};
    t->sigmoid = sigmoid->of[isa][x->dtype];
    t->tanh = tanh->of[isa][x->dtype];
    t->element = eg__dtype(x->dtype)->size;
    t->kind = (eg__cell_kind)attrs->kind;
    t->reverse = attrs->reverse;
    t->states = eg__cell_sizes_of[t->kind].states;
    t->has_lengths = lengths->size > 0;
    t->wide_lengths = lengths->dtype == EG_INT64;
    t->examples = x->dims[0];
    t->steps = x->dims[1];
    t->n = u->dims[0];
    t->width = u->dims[1];
    t->kept = eg__cell_sizes_of[t->kind].kept * t->n;
    t->panel = PANEL / (int64_t)t->element;
    cut(t);
    return NULL;
}

static const char *prepare_forward(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    layer *t = (layer *)(void *)job->state;
    const char *why = prepare_layer(p, t);

    (void)self;
    if (why)
        return why;
    eg__job_start(job, "steps", run_forward);
    t->packs = t->per_chunk > 1 && t->steps > FEW_STEPS;
    t->shared = t->packs ? bytes_of(t, panels_of(t, t->width) * t->panel * t->n) : 0;
    t->room = forward_bytes(t);
    job->scratch = t->shared + (size_t)t->chunks * t->room;
    return NULL;
}

static const char *prepare_backward(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    layer *t = (layer *)(void *)job->state;
    const char *why = prepare_layer(p, t);

    (void)self;
    if (why)
        return why;
    eg__job_start(job, "steps", run_backward);
    int64_t rows = t->examples * t->steps;
    t->shared = bytes_of(t, panels_of(t, t->n) * t->panel * t->width) + bytes_of(t, rows * t->n);
    t->shared += t->kind == EG__GRU ? bytes_of(t, rows * t->width) : 0;
    t->room = backward_bytes(t);
    job->scratch = t->shared + (size_t)t->chunks * t->room;
    return NULL;
}

const eg_kernel eg__recurrent_kernel = {"steps", prepare_forward, NULL};
const eg_kernel eg__recurrent_grad_kernel = {"steps", prepare_backward, NULL};
