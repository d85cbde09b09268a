/* One of two values, of which the other is no way for gradients: eagerly nothing flows to a branch
 * that did not run. This is how that is said in a graph, where zeros times an infinite derivative
 * would be NaN.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"
#include "kernel/elementwise.h"
#include "op/infer.h"
#include "ops/gradient.h"

static eg_status infer(eg_shapes *s)
{
    eg_status status = eg__infer_broadcast(s);

    s->out[0]->dtype = s->in[1]->dtype;
    return status != EG_OK ? status : eg__infer_size(s, s->out[0]);
}

static eg_tensor *both(eg_tensor *a, eg_tensor *b)
{
    return a ? eg_logical_and(a, b) : b;
}

/* One condition for each of many examples (eg_vmap) says nothing of the whole. */
static eg_status gradient(eg_backward *b)
{
    eg_tensor *condition = b->x[0], *zero = eg__number_like(b->dy[0], 0);
    eg_tensor *when = b->dy_when ? b->dy_when[0] : NULL, *no = NULL;
    bool tells = b->dx_when && eg_rank(condition) == 0;

    if (b->wanted[1])
        b->dx[1] = eg__unbroadcast(eg__select(condition, b->dy[0], zero), b->x[1]);
    if (b->wanted[2])
        b->dx[2] = eg__unbroadcast(eg__select(condition, zero, b->dy[0]), b->x[2]);
    if (b->wanted[2] && tells)
        no = eg_logical_not(condition);
    for (int i = 1; i < 3 && b->dx_when; i++)
        if (b->wanted[i])
            b->dx_when[i] = tells ? both(when, i == 1 ? condition : no) : when;
    return eg__done();
}

const eg_opdef eg_op_select = {
    .name = "Select",
    .in = {"condition", "x", "y"},
    .types = {EG__BOOLS},
    .promote = 6,
    .traits = EG__ELEMENTWISE | EG__NO_FLOPS | EG__PARTIAL,
    .infer = infer,
    .kernels = EG__KERNELS(&eg__where_loop),
    .grad = gradient,
};

eg_tensor *eg__select(eg_tensor *condition, eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_select, NULL, condition, x, y);
}
