/* Recurrent cells and their steps, made of other operations: what the operation Recurrent is held
 * to, and how its gradient is differentiated.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "ops/gradient.h"
#include "ops/recurrent.h"
#include "ops/sized.h"

/* ---- a step --------------------------------------------------------------------------------- */

/* Columns of `count` gates from gate i on. */
static eg_tensor *gates(const eg__cell *t, eg_tensor *x, int i, int count)
{
    eg_slice_attrs part = {.size = sizeof part,
        .begin = {2, {0, i * t->n}},
        .count = {2, {-1, count * t->n}}};
    return eg_slice_with(x, &part);
}

static eg_tensor *gate(const eg__cell *t, eg_tensor *x, int i)
{
    return gates(t, x, i, 1);
}

/* The same of a vector. */
static eg_tensor *offsets(const eg__cell *t, int i, int count)
{
    eg_slice_attrs part = {.size = sizeof part,
        .begin = {1, {i * t->n}},
        .count = {1, {count * t->n}}};
    return eg_slice_with(t->offset, &part);
}

static eg_tensor *mixed(eg_tensor *update, eg_tensor *h, eg_tensor *next)
{
    return eg_add(next, eg_mul(update, eg_sub(h, next)));
}

static eg_tensor *gru_reset_first(const eg__cell *t, eg_tensor *x, eg_tensor *h)
{
    eg_tensor *own = eg_add(eg_matmul(h, gates(t, t->u, 0, 2)), offsets(t, 0, 2));
    eg_tensor *update = eg_sigmoid(eg_add(gate(t, x, 0), gate(t, own, 0)));
    eg_tensor *reset = eg_sigmoid(eg_add(gate(t, x, 1), gate(t, own, 1)));
    eg_tensor *mine = eg_add(eg_matmul(eg_mul(reset, h), gate(t, t->u, 2)), offsets(t, 2, 1));

    return mixed(update, h, eg_tanh(eg_add(gate(t, x, 2), mine)));
}

static eg_tensor *gru_step(const eg__cell *t, eg_tensor *x, eg_tensor *h)
{
    eg_tensor *own = eg_add(eg_matmul(h, t->u), t->offset);
    eg_tensor *update = eg_sigmoid(eg_add(gate(t, x, 0), gate(t, own, 0)));
    eg_tensor *reset = eg_sigmoid(eg_add(gate(t, x, 1), gate(t, own, 1)));

    return mixed(update, h, eg_tanh(eg_add(gate(t, x, 2), eg_mul(reset, gate(t, own, 2)))));
}

eg__pair eg__cell_step(const eg__cell *t, eg_tensor *x, eg__pair s)
{
    if (t->kind == EG__GRU && t->reset_first)
        return (eg__pair){gru_reset_first(t, x, s.h), NULL};
    if (t->kind == EG__GRU)
        return (eg__pair){gru_step(t, x, s.h), NULL};
    eg_tensor *sum = eg_add(x, eg_matmul(s.h, t->u));
    if (t->kind == EG__SIMPLE)
        return (eg__pair){eg_tanh(sum), NULL};
    eg_tensor *fresh = eg_mul(eg_sigmoid(gate(t, sum, 0)), eg_tanh(gate(t, sum, 2)));
    eg_tensor *c = eg_add(eg_mul(eg_sigmoid(gate(t, sum, 1)), s.c), fresh);
    return (eg__pair){eg_mul(eg_sigmoid(gate(t, sum, 3)), eg_tanh(c)), c};
}

eg_tensor *eg__row(eg_tensor *x, int64_t i)
{
    eg_slice_attrs row = {.size = sizeof row, .begin = {1, {i}}, .count = {1, {1}}};
    eg_tensor *one = eg_slice_with(x, &row);
    eg__size sizes[EG_MAX_RANK];
    int rank = eg__sizes_of(x, sizes);

    return one ? eg__reshape(one, rank - 1, sizes + 1) : NULL;
}

/* ---- sequences ------------------------------------------------------------------------------ */

/* Steps [from, from + n) of x, which holds just these, one tensor each. By halves, so that what
 * their gradients add up is x some times over, not once a step. */
static void take_steps(eg_tensor *x, int64_t from, int64_t n, eg_tensor *steps[])
{
    if (n == 1) {
        eg__size dims[] = {eg__size_at(x, 0), eg__size_at(x, 2)};
        steps[from] = eg__reshape(x, 2, dims);
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

/* `steps` are the input's products and become the results. */
static void run_steps(const eg__cell *t, int64_t n, eg_tensor *steps[], eg_tensor *lengths,
    bool reverse, eg__pair *s)
{
    for (int64_t i = 0; i < n && !eg__me.failed; i++) {
        int64_t at = reverse ? n - 1 - i : i;
        eg__pair next = eg__cell_step(t, steps[at], *s);
        steps[at] = next.h;
        if (lengths) {
            eg_tensor *now = eg_scalar_int(eg_dtype_of(lengths), at);
            eg_tensor *goes_on = eg_expand_dims(eg_less(now, lengths), 1);
            steps[at] = eg_where(goes_on, next.h, eg__number_like(next.h, 0));
            next.h = eg_where(goes_on, next.h, s->h);
            next.c = s->c ? eg_where(goes_on, next.c, s->c) : NULL;
        }
        *s = next;
    }
}

eg_tensor *eg__cell_steps(const eg__cell *t, eg_tensor *x, eg_tensor *lengths, bool reverse,
    eg__pair *s)
{
    eg__size none[] = {eg__size_at(x, 0), eg__size_plain(0), eg__size_plain(t->n)};
    int64_t n = eg_dim(x, 1);
    size_t bytes = (size_t)(n + 1) * sizeof(eg_tensor *);
    eg_tensor **steps = eg__me.failed ? NULL : eg__alloc(bytes), *all = NULL;

    if (!steps)
        return eg__me.failed ? NULL : (eg__fail_memory("Recurrent", bytes), NULL);
    if (n > 0)
        take_steps(x, 0, n, steps);
    run_steps(t, n, steps, lengths, reverse, s);
    if (!eg__me.failed)
        all = n > 0 ? join_steps(n, steps) : eg__broadcast_to(eg__number_like(s->h, 0), 3, none);
    eg__free(steps, bytes);
    return all;
}
