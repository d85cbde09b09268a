/* Recurrent cells and sequences of their steps, made of other operations. The input's products are
 * one for all steps; only the state's are made step by step.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "base/memory.h"
#include "op/opdef.h"
#include "ops/gradient.h"

typedef enum cell_kind { SIMPLE, GRU, LSTM } cell_kind;

static const struct {
    const char *cell, *sequence;
    int gates, offsets; /* parts of w and u; rows of offsets */
} kinds[] = {
    {"eg_simple_rnn_cell", "eg_simple_rnn", 1, 1},
    {"eg_gru_cell", "eg_gru", 3, 2},
    {"eg_lstm_cell", "eg_lstm", 4, 1},
};

typedef struct cell {
    cell_kind kind;
    int64_t n;
    eg_tensor *u, *offset; /* of the state; offset NULL: none */
} cell;

typedef struct pair {
    eg_tensor *h, *c; /* c NULL: the kind has none */
} pair;

/* ---- a step --------------------------------------------------------------------------------- */

static eg_tensor *gate(const cell *t, eg_tensor *x, int i)
{
    eg_slice_attrs part = {.size = sizeof part,
        .begin = {2, {0, i * t->n}},
        .count = {2, {-1, t->n}}};
    return eg_slice_with(x, &part);
}

static eg_tensor *gru_step(const cell *t, eg_tensor *x, eg_tensor *h)
{
    eg_tensor *own = eg_add(eg_matmul(h, t->u), t->offset);
    eg_tensor *update = eg_sigmoid(eg_add(gate(t, x, 0), gate(t, own, 0)));
    eg_tensor *reset = eg_sigmoid(eg_add(gate(t, x, 1), gate(t, own, 1)));
    eg_tensor *next = eg_tanh(eg_add(gate(t, x, 2), eg_mul(reset, gate(t, own, 2))));

    return eg_add(next, eg_mul(update, eg_sub(h, next)));
}

/* The next state, from the input's products x [examples, gates*n]. */
static pair step(const cell *t, eg_tensor *x, pair s)
{
    if (t->kind == GRU)
        return (pair){gru_step(t, x, s.h), NULL};
    eg_tensor *sum = eg_add(x, eg_matmul(s.h, t->u));
    if (t->kind == SIMPLE)
        return (pair){eg_tanh(sum), NULL};
    eg_tensor *fresh = eg_mul(eg_sigmoid(gate(t, sum, 0)), eg_tanh(gate(t, sum, 2)));
    eg_tensor *c = eg_add(eg_mul(eg_sigmoid(gate(t, sum, 1)), s.c), fresh);
    return (pair){eg_mul(eg_sigmoid(gate(t, sum, 3)), eg_tanh(c)), c};
}

/* ---- arguments ------------------------------------------------------------------------------ */

/* What a cell is called with: rank is that of x. */
typedef struct call {
    cell_kind kind;
    const char *op;
    int rank;
    eg_tensor *x, *state, *w, *u, *b;
} call;

static bool is_shaped(const eg_tensor *x, int rank, int64_t first, int64_t second)
{
    return eg_rank(x) == rank && eg_dim(x, 0) == first && (rank < 2 || eg_dim(x, 1) == second);
}

/* Takes the state apart; false, reported, where the shapes do not fit. */
static bool open_call(const call *a, cell *t, pair *s)
{
    int gates = kinds[a->kind].gates, offsets = kinds[a->kind].offsets;

    if (eg__me.failed)
        return false;
    if (!a->x || !a->state || !a->w || !a->u || !a->b)
        return eg__fail(EG_INVALID, a->op, "an argument is NULL") && false;
    bool is_pair = a->kind == LSTM;
    if (is_pair ? eg_parts(a->state) != 2 : eg_parts(a->state) != 0)
        return eg__fail(EG_INVALID, a->op, "the state must be %s",
                   is_pair ? "a tuple of h and c" : "a tensor") &&
            false;
    s->h = is_pair ? eg_part(a->state, 0) : a->state;
    s->c = is_pair ? eg_part(a->state, 1) : NULL;
    int64_t examples = eg_dim(a->x, 0), inputs = eg_dim(a->x, -1), n = eg_dim(s->h, -1);
    bool fits = eg_rank(a->x) == a->rank && is_shaped(s->h, 2, examples, n) &&
        (!is_pair || is_shaped(s->c, 2, examples, n)) && is_shaped(a->w, 2, inputs, gates * n) &&
        is_shaped(a->u, 2, n, gates * n) &&
        (offsets == 1 ? is_shaped(a->b, 1, gates * n, 0) : is_shaped(a->b, 2, offsets, gates * n));
    if (!fits)
        return eg__fail(EG_INVALID, a->op,
                   "x of rank %d and a state of %lld numbers do not fit; x needs %d axes, the "
                   "state "
                   "must be [examples, n], w [inputs, %d*n], u [n, %d*n], b [%s%d*n]",
                   eg_rank(a->x), (long long)n, a->rank, gates, gates, offsets == 1 ? "" : "2, ",
                   gates) &&
            false;
    *t = (cell){a->kind, n, a->u, NULL};
    return true;
}

static eg_tensor *offset_row(eg_tensor *b, int i)
{
    eg_slice_attrs row = {.size = sizeof row, .begin = {1, {i}}, .count = {1, {1}}};
    return eg_reshape(eg_slice_with(b, &row), 1, (int64_t[]){eg_dim(b, 1)});
}

/* The input's products with their offset; the state's offset goes to the cell. */
static eg_tensor *input_products(const call *a, cell *t)
{
    bool has_two = kinds[a->kind].offsets == 2;

    t->offset = has_two ? offset_row(a->b, 1) : NULL;
    return eg_add(eg_matmul(a->x, a->w), has_two ? offset_row(a->b, 0) : a->b);
}

static eg_tensor *one_step(cell_kind kind, eg_tensor *const in[5])
{
    call a = {kind, kinds[kind].cell, 2, in[0], in[1], in[2], in[3], in[4]};
    cell t;
    pair s;

    if (!open_call(&a, &t, &s))
        return NULL;
    eg_tensor *x = input_products(&a, &t);
    s = eg__me.failed ? (pair){0} : step(&t, x, s);
    return kind == LSTM && s.h ? eg_tuple_of(2, (eg_tensor *[]){s.h, s.c}) : s.h;
}

eg_tensor *eg_simple_rnn_cell(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return one_step(SIMPLE, (eg_tensor *[]){x, h, w, u, b});
}

eg_tensor *eg_gru_cell(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return one_step(GRU, (eg_tensor *[]){x, h, w, u, b});
}

eg_tensor *eg_lstm_cell(eg_tensor *x, eg_tensor *state, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return one_step(LSTM, (eg_tensor *[]){x, state, w, u, b});
}

/* ---- sequences ------------------------------------------------------------------------------ */

/* Steps [from, from + n) of x, which holds just these, one tensor each. By halves, so that what
 * their gradients add up is x some times over, not once a step. */
static void take_steps(eg_tensor *x, int64_t from, int64_t n, eg_tensor *steps[])
{
    if (n == 1) {
        int64_t dims[] = {eg_dim(x, 0), eg_dim(x, 2)};
        steps[from] = eg_reshape(x, 2, dims);
        return;
    }
    eg_slice_attrs first = {.size = sizeof first, .begin = {2, {0}}, .count = {2, {-1, n / 2}}};
    eg_slice_attrs second = {.size = sizeof second, .begin = {2, {0, n / 2}}};
    take_steps(eg_slice_with(x, &first), from, n / 2, steps);
    take_steps(eg_slice_with(x, &second), from + n / 2, n - n / 2, steps);
}

/* The other way round. */
static eg_tensor *join_steps(int64_t n, eg_tensor *const steps[])
{
    eg_concat_attrs along = {sizeof along, 1};
    eg_tensor *parts[EG__MAX_IN];
    int64_t part = 1;
    int count = 0;

    if (n <= EG__MAX_IN)
        return eg_stack_with((int)n, steps, &along);
    while (part * EG__MAX_IN < n)
        part *= EG__MAX_IN;
    for (int64_t at = 0; at < n; at += part)
        parts[count++] = join_steps(n - at < part ? n - at : part, steps + at);
    return eg_concat_with(count, parts, &along);
}

/* All steps; `steps` are the input's products and become the results. */
static pair run_steps(const cell *t, int64_t n, eg_tensor *steps[], pair s,
    const eg_recurrent_attrs *attrs)
{
    for (int64_t i = 0; i < n && !eg__me.failed; i++) {
        int64_t at = attrs->reverse ? n - 1 - i : i;
        pair next = step(t, steps[at], s);
        steps[at] = next.h;
        if (attrs->lengths) {
            eg_tensor *now = eg_scalar_int(eg_dtype_of(attrs->lengths), at);
            eg_tensor *goes_on = eg_expand_dims(eg_less(now, attrs->lengths), 1);
            steps[at] = eg_where(goes_on, next.h, eg__number_like(next.h, 0));
            next.h = eg_where(goes_on, next.h, s.h);
            next.c = s.c ? eg_where(goes_on, next.c, s.c) : NULL;
        }
        s = next;
    }
    return s;
}

static bool lengths_fit(const call *a, const eg_tensor *lengths)
{
    if (!lengths ||
        (eg__dtype(eg_dtype_of(lengths))->kind == EG__INTEGER && eg_rank(lengths) == 1 &&
            eg_dim(lengths, 0) == eg_dim(a->x, 0)))
        return true;
    return eg__fail(EG_INVALID, a->op, "lengths must be integers, one for each example") && false;
}

static eg_tensor *sequence(cell_kind kind, eg_tensor *const in[5], const eg_recurrent_attrs *attrs)
{
    call a = {kind, kinds[kind].sequence, 3, in[0], in[1], in[2], in[3], in[4]};
    eg_recurrent_attrs full;
    cell t;
    pair s;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, a.op) ||
        !open_call(&a, &t, &s) || !lengths_fit(&a, full.lengths))
        return NULL;
    int64_t n = eg_dim(a.x, 1), none[] = {eg_dim(a.x, 0), 0, t.n};
    size_t bytes = (size_t)(n + 1) * sizeof(eg_tensor *);
    eg_tensor **steps = eg__alloc(bytes), *products = input_products(&a, &t), *all = NULL;
    if (!steps)
        return eg__me.failed ? NULL : (eg__fail_memory(a.op, bytes), NULL);
    if (n > 0 && products)
        take_steps(products, 0, n, steps);
    if (!eg__me.failed)
        s = run_steps(&t, n, steps, s, &full);
    if (!eg__me.failed)
        all = n > 0 ? join_steps(n, steps) : eg_zeros(eg_dtype_of(s.h), 3, none);
    eg__free(steps, bytes);
    return all ? eg_tuple_of(kind == LSTM ? 3 : 2, (eg_tensor *[]){all, s.h, s.c}) : NULL;
}

eg_tensor *eg_simple_rnn_with(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b,
    const eg_recurrent_attrs *attrs)
{
    return sequence(SIMPLE, (eg_tensor *[]){x, h, w, u, b}, attrs);
}

eg_tensor *eg_simple_rnn(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return eg_simple_rnn_with(x, h, w, u, b, NULL);
}

eg_tensor *eg_gru_with(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b,
    const eg_recurrent_attrs *attrs)
{
    return sequence(GRU, (eg_tensor *[]){x, h, w, u, b}, attrs);
}

eg_tensor *eg_gru(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return eg_gru_with(x, h, w, u, b, NULL);
}

eg_tensor *eg_lstm_with(eg_tensor *x, eg_tensor *state, eg_tensor *w, eg_tensor *u, eg_tensor *b,
    const eg_recurrent_attrs *attrs)
{
    return sequence(LSTM, (eg_tensor *[]){x, state, w, u, b}, attrs);
}

eg_tensor *eg_lstm(eg_tensor *x, eg_tensor *state, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return eg_lstm_with(x, state, w, u, b, NULL);
}
