/* The gradient of a Switch: a Switch of its branches' gradients. Its inputs are those of the
 * forward one, then the gradients of the results; its results are the gradients of the inputs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/gradient.h"
#include "control/staged.h"

typedef struct deriving {
    const eg__staged *old;
    eg__staged *now;
    eg_tensor *in[EG__MAX_IN];
    int n_in;
    int dy_of[EG__MAX_OUT]; /* by result: the input its gradient is; -1: it is not real */
    int of[EG__MAX_IN];     /* by new result: the input it is the gradient of */
    int n_out;
} deriving;

static bool list_inputs(deriving *d, const eg_backward *b)
{
    d->n_in = b->n_in;
    for (int i = 0; i < b->n_in; i++)
        d->in[i] = b->x[i];
    for (int i = 0; i < b->n_out; i++) {
        d->dy_of[i] = -1;
        if (!eg__is_floating(d->old->out[i].dtype))
            continue;
        if (d->n_in == EG__MAX_IN)
            return eg__fail(EG_INVALID, b->op->name, "its gradient has more than %d inputs",
                       EG__MAX_IN) == EG_OK;
        d->dy_of[i] = d->n_in;
        d->in[d->n_in++] = b->dy[i];
    }
    for (int i = 1; i < b->n_in; i++)
        if (b->wanted[i] && eg__is_floating(d->old->in[i].dtype))
            d->of[d->n_out++] = i;
    return true;
}

/* What one branch gives back to each input that is asked for: zeros where it does not use it. */
static void draw_results(const deriving *d, const eg__sweep *branch, eg_tensor *const dx[],
    eg_tensor *out[])
{
    for (int k = 0; k < d->n_out; k++) {
        out[k] = NULL;
        for (int i = 0; i < branch->n_ports; i++)
            if (branch->port[i].index == d->of[k])
                out[k] = eg__sum_of(out[k], dx[i]);
        if (!out[k])
            out[k] = eg__zeros_of(&d->old->in[d->of[k]]);
    }
}

static bool list_ports(deriving *d, const eg__sweep *from, eg__sweep *to)
{
    to->port = eg__staged_take(d->now, sizeof *to->port * EG__MOST_PORTS);
    if (!to->port)
        return false;
    for (int i = 0; i < from->n_ports; i++)
        to->port[to->n_ports++] = from->port[i];
    for (int i = 0; i < d->old->n_out; i++)
        if (d->dy_of[i] >= 0)
            to->port[to->n_ports++] = (eg__port){EG__PORT_INPUT, 0, d->dy_of[i]};
    return true;
}

static void derive_branch(deriving *d, int branch)
{
    const eg__sweep *from = &d->old->sweep[branch];
    eg__sweep *to = &d->now->sweep[branch];
    eg_tensor *x[EG__MOST_PORTS], *dx[EG__MOST_PORTS], *dy[EG__MAX_OUT], *out[EG__MAX_IN];
    eg__drawing drawing;

    if (!list_ports(d, from, to) || !eg__draw(&drawing, "gradient"))
        return;
    for (int i = 0; i < from->n_ports; i++)
        x[i] = eg__draw_input(&drawing, eg__block_in(from->block, i));
    for (int i = 0; i < from->n_ports; i++)
        dx[i] = NULL;
    for (int i = 0; i < d->old->n_out; i++)
        dy[i] = d->dy_of[i] < 0 ? NULL : eg__draw_input(&drawing, &d->old->out[i]);
    if (!eg__me.failed && eg__block_pull(from->block, x, dy, dx))
        draw_results(d, from, dx, out);
    to->block = eg__draw_end(&drawing, d->n_out, out);
}

eg_status eg__switch_grad(eg_backward *b)
{
    deriving d = {.old = ((const eg__staged_attrs *)b->attrs)->staged};

    if (!eg__may_repeat(d.old) || !list_inputs(&d, b) || d.n_out == 0)
        return eg__me.failed;
    d.now = eg__staged_new(&eg_op_switch, d.n_in, d.n_out, d.old->n_sweeps);
    for (int i = 0; d.now && i < d.n_in; i++)
        d.now->in[i] = i < b->n_in ? d.old->in[i] : d.in[i]->spec;
    for (int i = 0; d.now && i < d.n_out; i++)
        d.now->out[i] = d.old->in[d.of[i]];
    for (int i = 0; d.now && i < d.old->n_sweeps && !eg__me.failed; i++)
        derive_branch(&d, i);
    eg_tensor *y = eg__staged_apply(d.now, d.in);
    for (int i = 0; y && i < d.n_out; i++)
        b->dx[d.of[i]] = d.n_out == 1 ? y : eg_part(y, i);
    return eg__me.failed;
}
