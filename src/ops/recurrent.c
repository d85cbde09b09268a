/* Recurrent cells and sequences. A cell is made of other operations. The input's products are one
 * for all steps of a sequence; the steps are the operation Recurrent.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/recurrent.h"
#include "base/attrs.h"
#include "ops/gradient.h"
#include "ops/sized.h"

static const struct {
    const char *cell, *sequence;
} names[EG__CELL_KINDS] = {
    [EG__SIMPLE] = {"eg_simple_rnn_cell", "eg_simple_rnn"},
    [EG__GRU] = {"eg_gru_cell", "eg_gru"},
    [EG__LSTM] = {"eg_lstm_cell", "eg_lstm"},
};

/* ---- arguments ------------------------------------------------------------------------------ */

/* What a cell is called with: rank is that of x. */
typedef struct call {
    eg__cell_kind kind;
    const char *op;
    int rank;
    eg_tensor *x, *state, *w, *u, *b;
} call;

static bool is_shaped(const eg_tensor *x, int rank, eg__size first, eg__size second)
{
    return eg_rank(x) == rank && eg__size_equal(eg__size_at(x, 0), first) &&
        (rank < 2 || eg__size_equal(eg__size_at(x, 1), second));
}

/* Takes the state apart; false, reported, where the shapes do not fit. */
static bool open_call(const call *a, eg__cell *t, eg__pair *s)
{
    int gates = eg__cell_sizes_of[a->kind].gates, offsets = eg__cell_sizes_of[a->kind].offsets;

    if (eg__me.failed)
        return false;
    if (!a->x || !a->state || !a->w || !a->u || !a->b)
        return eg__fail(EG_INVALID, a->op, "an argument is NULL") && false;
    bool is_pair = a->kind == EG__LSTM;
    if (is_pair ? eg_parts(a->state) != 2 : eg_parts(a->state) != 0)
        return eg__fail(EG_INVALID, a->op, "the state must be %s",
                   is_pair ? "a tuple of h and c" : "a tensor") &&
            false;
    s->h = is_pair ? eg_part(a->state, 0) : a->state;
    s->c = is_pair ? eg_part(a->state, 1) : NULL;
    eg__size examples = eg__size_at(a->x, 0), inputs = eg__size_at(a->x, -1);
    eg__size n = eg__size_at(s->h, -1), all = eg__size_times(eg__size_plain(gates), n);
    bool fits = eg_rank(a->x) == a->rank && is_shaped(s->h, 2, examples, n) &&
        (!is_pair || is_shaped(s->c, 2, examples, n)) && is_shaped(a->w, 2, inputs, all) &&
        is_shaped(a->u, 2, n, all) &&
        (offsets == 1 ? is_shaped(a->b, 1, all, all)
                      : is_shaped(a->b, 2, eg__size_plain(offsets), all));
    if (!fits)
        return eg__fail(EG_INVALID, a->op,
                   "x of rank %d and a state of %lld numbers do not fit; x needs %d axes, the "
                   "state must be [examples, n], w [inputs, %d*n], u [n, %d*n], b [%s%d*n]",
                   eg_rank(a->x), (long long)n.n, a->rank, gates, gates, offsets == 1 ? "" : "2, ",
                   gates) &&
            false;
    *t = (eg__cell){a->kind, false, eg__size_look(n), a->u, NULL};
    return true;
}

/* The input's products with their offset; the state's offset goes to the cell. */
static eg_tensor *input_products(const call *a, eg__cell *t)
{
    bool has_two = eg__cell_sizes_of[a->kind].offsets == 2;

    t->offset = has_two ? eg__row(a->b, 1) : NULL;
    return eg_add(eg_matmul(a->x, a->w), has_two ? eg__row(a->b, 0) : a->b);
}

static eg_tensor *one_step(eg__cell_kind kind, eg_tensor *const in[5])
{
    call a = {kind, names[kind].cell, 2, in[0], in[1], in[2], in[3], in[4]};
    eg__cell t;
    eg__pair s;

    if (!open_call(&a, &t, &s))
        return NULL;
    eg_tensor *x = input_products(&a, &t);
    s = eg__me.failed ? (eg__pair){0} : eg__cell_step(&t, x, s);
    return kind == EG__LSTM && s.h ? eg_tuple_of(2, (eg_tensor *[]){s.h, s.c}) : s.h;
}

eg_tensor *eg_simple_rnn_cell(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return one_step(EG__SIMPLE, (eg_tensor *[]){x, h, w, u, b});
}

eg_tensor *eg_gru_cell(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return one_step(EG__GRU, (eg_tensor *[]){x, h, w, u, b});
}

eg_tensor *eg_lstm_cell(eg_tensor *x, eg_tensor *state, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return one_step(EG__LSTM, (eg_tensor *[]){x, state, w, u, b});
}

/* ---- sequences ------------------------------------------------------------------------------ */

static bool lengths_fit(const call *a, const eg_tensor *lengths)
{
    if (!lengths ||
        (eg__dtype(eg_dtype_of(lengths))->kind == EG__INTEGER && eg_rank(lengths) == 1 &&
            eg__size_equal(eg__size_at(lengths, 0), eg__size_at(a->x, 0))))
        return true;
    return eg__fail(EG_INVALID, a->op, "lengths must be integers, one for each example") && false;
}

static bool options_fit(const call *a, const eg_recurrent_attrs *o)
{
    if (o->reset_first && a->kind != EG__GRU)
        return eg__fail(EG_INVALID, a->op, "only eg_gru has a reset gate to come first") && false;
    return lengths_fit(a, o->lengths);
}

/* The steps as one operation. */
static eg_tensor *at_once(const call *a, const eg_recurrent_attrs *o, eg__pair *s)
{
    eg_concat_attrs front = {sizeof front, 0};
    eg__recurrent_attrs attrs = {sizeof attrs, (int)a->kind, o->reverse};
    int64_t row[] = {1, eg_dim(a->b, -1)}, none[] = {0};
    eg_tensor *b = eg_rank(a->b) == 1 ? eg_reshape(a->b, 2, row) : a->b;
    eg_tensor *state = eg_stack_with(s->c ? 2 : 1, (eg_tensor *[]){s->h, s->c}, &front);
    eg_tensor *lengths = o->lengths ? o->lengths : eg_zeros(EG_INT32, 1, none);
    eg_tensor *all = eg__recurrent(&attrs, eg_matmul(a->x, a->w), a->u, b, state, lengths);

    if (!all)
        return NULL;
    eg_tensor *last = eg_part(all, 1);
    *s = (eg__pair){eg__row(last, 0), s->c ? eg__row(last, 1) : NULL};
    return eg_part(all, 0);
}

/* The steps one by one: what Recurrent does not do. */
static eg_tensor *step_by_step(const call *a, eg__cell *t, const eg_recurrent_attrs *o, eg__pair *s)
{
    eg_tensor *x = input_products(a, t);

    t->reset_first = o->reset_first;
    return x ? eg__cell_steps(t, x, o->lengths, o->reverse, s) : NULL;
}

static eg_tensor *sequence(eg__cell_kind kind, eg_tensor *const in[5],
    const eg_recurrent_attrs *attrs)
{
    call a = {kind, names[kind].sequence, 3, in[0], in[1], in[2], in[3], in[4]};
    eg_recurrent_attrs full;
    eg__cell t;
    eg__pair s;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, a.op) ||
        !open_call(&a, &t, &s) || !options_fit(&a, &full))
        return NULL;
    eg_tensor *y = full.reset_first ? step_by_step(&a, &t, &full, &s) : at_once(&a, &full, &s);
    return y ? eg_tuple_of(kind == EG__LSTM ? 3 : 2, (eg_tensor *[]){y, s.h, s.c}) : NULL;
}

eg_tensor *eg_simple_rnn_with(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b,
    const eg_recurrent_attrs *attrs)
{
    return sequence(EG__SIMPLE, (eg_tensor *[]){x, h, w, u, b}, attrs);
}

eg_tensor *eg_simple_rnn(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return eg_simple_rnn_with(x, h, w, u, b, NULL);
}

eg_tensor *eg_gru_with(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b,
    const eg_recurrent_attrs *attrs)
{
    return sequence(EG__GRU, (eg_tensor *[]){x, h, w, u, b}, attrs);
}

eg_tensor *eg_gru(eg_tensor *x, eg_tensor *h, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return eg_gru_with(x, h, w, u, b, NULL);
}

eg_tensor *eg_lstm_with(eg_tensor *x, eg_tensor *state, eg_tensor *w, eg_tensor *u, eg_tensor *b,
    const eg_recurrent_attrs *attrs)
{
    return sequence(EG__LSTM, (eg_tensor *[]){x, state, w, u, b}, attrs);
}

eg_tensor *eg_lstm(eg_tensor *x, eg_tensor *state, eg_tensor *w, eg_tensor *u, eg_tensor *b)
{
    return eg_lstm_with(x, state, w, u, b, NULL);
}
