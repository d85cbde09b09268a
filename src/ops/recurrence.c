/* The operation Recurrent: all steps of a recurrent layer at once, and its gradient. What that is
 * differentiated by is the same steps made of other operations, on tapes of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/flops.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/recurrent.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include "tensor/size.h"
#include <eagre/grad.h>

static const eg_attr recurrent_fields[] = {
    EG__ATTR(eg__recurrent_attrs, INT, kind),
    EG__ATTR(eg__recurrent_attrs, BOOL, reverse),
    {0},
};

enum { X, U, B, STATE, LENGTHS, KEPT, DY, DLAST };

/* ---- shapes --------------------------------------------------------------------------------- */

static bool is_shaped(const eg_spec *x, int rank, int64_t a, int64_t b, int64_t c)
{
    return x->rank == rank && x->dims[0] == a && (rank < 2 || x->dims[1] == b) &&
        (rank < 3 || x->dims[2] == c);
}

/* Fills in what Recurrent makes. */
static eg_status recurrent_shape(eg_shapes *s, eg_spec *y, eg_spec *last, eg_spec *kept)
{
    const eg__recurrent_attrs *attrs = s->attrs;
    const eg_spec *x = s->in[X], *u = s->in[U];

    if (attrs->kind < 0 || attrs->kind >= EG__CELL_KINDS)
        return eg__shape_error(s, "there is no cell of kind %d", attrs->kind);
    const eg__cell_sizes *sizes = &eg__cell_sizes_of[attrs->kind];
    int64_t n = u->rank == 2 ? u->dims[0] : 0, width = u->rank == 2 ? u->dims[1] : 0;
    if (x->rank != 3 || u->rank != 2 || n > INT32_MAX || width != n * sizes->gates ||
        x->dims[2] != width || !is_shaped(s->in[B], 2, sizes->offsets, width, 0) ||
        !is_shaped(s->in[STATE], 3, sizes->states, x->dims[0], n))
        return eg__shape_error(s,
            "x must be [examples, steps, %d*n], u [n, %d*n], b [%d, %d*n] and the state "
            "[%d, examples, n]",
            sizes->gates, sizes->gates, sizes->offsets, sizes->gates, sizes->states);
    if (!is_shaped(s->in[LENGTHS], 1, x->dims[0], 0, 0) && !is_shaped(s->in[LENGTHS], 1, 0, 0, 0))
        return eg__shape_error(s, "lengths must be one for each example, or none");
    *last = *s->in[STATE];
    *y = *kept = *x;
    y->dims[2] = n;
    kept->dims[2] = sizes->kept * n * (x->dtype == EG_FLOAT64 ? 2 : 1);
    kept->dtype = EG_INT32;
    return eg__infer_size(s, y) || eg__infer_size(s, kept);
}

static eg_status recurrent_infer(eg_shapes *s)
{
    return recurrent_shape(s, s->out[0], s->out[1], s->out[2]);
}

static eg_status recurrent_grad_infer(eg_shapes *s)
{
    eg_spec y, last, kept;

    if (recurrent_shape(s, &y, &last, &kept) != EG_OK)
        return EG_INVALID;
    if (!eg__same_spec(&kept, s->in[KEPT]) || !eg__same_shape(&y, s->in[DY]) ||
        !eg__same_shape(&last, s->in[DLAST]))
        return eg__shape_error(s, "kept, dy and dlast must be shaped as Recurrent's results");
    for (int i = 0; i < 4; i++)
        *s->out[i] = *s->in[i];
    return EG_OK;
}

/* ---- counts --------------------------------------------------------------------------------- */

/* Of each number of a state in each step, beside the products with u: the gates of the cells as
 * ops/recurrent_steps.c writes them, a sigmoid being 4; and the way back, with the sums of b. */
static const int each_forward[] = {[EG__SIMPLE] = 3, [EG__GRU] = 22, [EG__LSTM] = 26};
static const int each_back[] = {[EG__SIMPLE] = 5, [EG__GRU] = 24, [EG__LSTM] = 27};

/* `products`: how often what a step has of x meets u. */
static double count(const eg_problem *p, int products, const int each[])
{
    const eg__recurrent_attrs *attrs = p->attrs;
    const eg_spec *x = p->in[X], *u = p->in[U];
    double n = (double)u->dims[0], steps = (double)x->dims[0] * (double)x->dims[1];

    return steps * n * (2 * products * (double)u->dims[1] + each[attrs->kind]);
}

static double recurrent_flops(const eg_problem *p)
{
    return count(p, 1, each_forward);
}

static double recurrent_grad_flops(const eg_problem *p)
{
    return count(p, 2, each_back);
}

/* ---- the gradient's gradient ---------------------------------------------------------------- */

void eg__recurrent_whole(const eg__recurrent_attrs *attrs, eg_tensor *const in[], eg_tensor *out[2])
{
    eg_concat_attrs front = {sizeof front, 0};
    bool is_gru = attrs->kind == EG__GRU, is_lstm = attrs->kind == EG__LSTM;
    eg__cell t = {(eg__cell_kind)attrs->kind, false, eg_dim(in[U], 0), in[U], NULL};
    eg__pair s = {eg__row(in[STATE], 0), is_lstm ? eg__row(in[STATE], 1) : NULL};
    eg_tensor *lengths = !eg__size_is(eg__size_all(in[LENGTHS]), 0) ? in[LENGTHS] : NULL;

    t.offset = is_gru ? eg__row(in[B], 1) : NULL;
    eg_tensor *x = eg_add(in[X], eg__row(in[B], 0));
    out[0] = x ? eg__cell_steps(&t, x, lengths, attrs->reverse, &s) : NULL;
    out[1] = out[0] ? eg_stack_with(is_lstm ? 2 : 1, (eg_tensor *[]){s.h, s.c}, &front) : NULL;
}

void eg__recurrent_whole_gradient(const eg__recurrent_attrs *attrs, eg_tensor *const in[],
    eg_tensor *dx[4])
{
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    eg_tensor *out[2];
    eg_scope *tape = eg_tape_open(&only);

    for (int i = X; i <= STATE; i++)
        eg_watch(in[i]);
    eg__recurrent_whole(attrs, in, out);
    eg_gradient_attrs from = {.size = sizeof from,
        .target_gradient = eg_tuple_of(2, (eg_tensor *[]){in[DY], in[DLAST]})};
    eg_gradient_with(eg_tuple_of(2, out), 4, in, dx, &from);
    for (int i = 0; i < 4; i++)
        eg_give(dx[i]);
    eg_scope_close(tape);
}

static eg_status recurrent_grad_grad(eg_backward *g)
{
    static const int sources[] = {X, U, B, STATE, DY, DLAST};
    enum { SOURCES = sizeof sources / sizeof *sources };
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    eg_tensor *source[SOURCES], *found[SOURCES], *dx[4];
    eg_scope *tape = eg_tape_open(&only);

    for (int i = 0; i < SOURCES; i++)
        eg_watch(source[i] = g->x[sources[i]]);
    eg__recurrent_whole_gradient(g->attrs, g->x, dx);
    eg_gradient_attrs from = {.size = sizeof from, .target_gradient = eg_tuple_of(4, g->dy)};
    eg_gradient_with(eg_tuple_of(4, dx), SOURCES, source, found, &from);
    for (int i = 0; i < SOURCES && !eg__me.failed; i++)
        if (g->wanted[sources[i]])
            g->dx[sources[i]] = eg_give(found[i]);
    eg_scope_close(tape);
    return eg__done();
}

/* ---- the operations ------------------------------------------------------------------------- */

const eg_opdef eg_op_recurrent_grad = {
    .name = "RecurrentGrad",
    .in = {"x", "u", "b", "state", "lengths", "kept", "dy", "dlast"},
    .n_out = 4,
    .types = {EG__REALS, EG__REALS, EG__REALS, EG__REALS, EG__INTS, EG__INTS, EG__REALS, EG__REALS},
    .promote = 1 << X | 1 << U | 1 << B | 1 << STATE | 1 << DY | 1 << DLAST,
    .attrs = recurrent_fields,
    .attrs_size = sizeof(eg__recurrent_attrs),
    .infer = recurrent_grad_infer,
    .flops = recurrent_grad_flops,
    .kernels = EG__KERNELS(&eg__recurrent_grad_kernel),
    .grad = recurrent_grad_grad,
};

static eg_status recurrent_grad(eg_backward *b)
{
    eg_tensor *all = EG__APPLY(&eg_op_recurrent_grad, b->attrs, b->x[X], b->x[U], b->x[B],
        b->x[STATE], b->x[LENGTHS], b->y[2], b->dy[0], b->dy[1]);

    for (int i = 0; all && i < 4; i++)
        b->dx[i] = b->wanted[i] ? eg_part(all, i) : NULL;
    return eg__done();
}

const eg_opdef eg_op_recurrent = {
    .name = "Recurrent",
    .in = {"x", "u", "b", "state", "lengths"},
    .n_out = 3,
    .types = {EG__REALS, EG__REALS, EG__REALS, EG__REALS, EG__INTS},
    .promote = 1 << X | 1 << U | 1 << B | 1 << STATE,
    .attrs = recurrent_fields,
    .attrs_size = sizeof(eg__recurrent_attrs),
    .infer = recurrent_infer,
    .flops = recurrent_flops,
    .kernels = EG__KERNELS(&eg__recurrent_kernel),
    .grad = recurrent_grad,
};

eg_tensor *eg__recurrent(const eg__recurrent_attrs *attrs, eg_tensor *x, eg_tensor *u, eg_tensor *b,
    eg_tensor *state, eg_tensor *lengths)
{
    return EG__APPLY(&eg_op_recurrent, attrs, x, u, b, state, lengths);
}
