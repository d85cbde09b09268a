/* The gradient of a Switch: a Switch of its branches' gradients. Its inputs are those of the
 * forward one, then the gradients of the results, and of those that may not arrive, whether they
 * do; its results are the gradients of the inputs, then, of those that not every branch gives,
 * whether the one that ran does.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/gradient.h"
#include "control/staged.h"

typedef struct deriving {
    const eg__staged *old;
    eg__staged *now;
    eg_tensor *in[EG__MAX_IN];
    int n_in;
    int dy_of[EG__MAX_OUT];   /* by result: the input its gradient is; -1: none arrives */
    int when_of[EG__MAX_OUT]; /* the input that says whether it does; -1: it does */
    int of[EG__MAX_IN];       /* the inputs whose gradients are asked for */
    bool comes[EG__MAX_IN];   /* by those: some branch gives one, */
    bool may_not[EG__MAX_IN]; /* not every one always */
    int n_of, n_out;
    eg_graph *graph[EG__MAX_OUT]; /* by branch: gives gradients of all, then whether they arrive */
} deriving;

/* ---- what goes in --------------------------------------------------------------------------- */

/* A further input; its number, -1 after an error. */
static int add_input(deriving *d, eg_tensor *x)
{
    if (d->n_in == EG__MAX_IN) {
        eg__fail(EG_INVALID, d->old->op->name, "its gradient has more than %d inputs", EG__MAX_IN);
        return -1;
    }
    d->in[d->n_in] = x;
    return d->n_in++;
}

static bool list_inputs(deriving *d, const eg_backward *b)
{
    d->n_in = b->n_in;
    for (int i = 0; i < b->n_in; i++)
        d->in[i] = b->x[i];
    for (int i = 0; i < b->n_out; i++) {
        bool arrives = b->dy[i] && eg__is_floating(d->old->out[i].dtype);
        bool asks = arrives && b->dy_when && b->dy_when[i];
        d->dy_of[i] = arrives ? add_input(d, b->dy[i]) : -1;
        d->when_of[i] = asks ? add_input(d, b->dy_when[i]) : -1;
    }
    for (int i = 1; i < b->n_in; i++)
        if (b->wanted[i] && eg__is_floating(d->old->in[i].dtype))
            d->of[d->n_of++] = i;
    return !eg__me.failed;
}

static bool list_ports(deriving *d, const eg__sweep *from, eg__sweep *to)
{
    to->port = eg__staged_take(d->now, sizeof *to->port * EG__MOST_PORTS);
    if (!to->port)
        return false;
    for (int i = 0; i < from->n_ports; i++)
        to->port[to->n_ports++] = from->port[i];
    for (int i = 0; i < d->old->n_out; i++) {
        if (d->dy_of[i] >= 0)
            to->port[to->n_ports++] = (eg__port){EG__PORT_INPUT, 0, d->dy_of[i]};
        if (d->when_of[i] >= 0)
            to->port[to->n_ports++] = (eg__port){EG__PORT_INPUT, 0, d->when_of[i]};
    }
    return true;
}

/* ---- branches ------------------------------------------------------------------------------- */

/* What one branch gives back to each input that is asked for. */
static void draw_results(deriving *d, const eg__sweep *branch, const eg__flow dx[],
    eg__drawing *drawing)
{
    eg_tensor *when[EG__MAX_IN];

    for (int k = 0; k < d->n_of && !eg__me.failed; k++) {
        eg__flow sum = {NULL, NULL, false};
        for (int i = 0; i < branch->n_ports; i++)
            if (branch->port[i].index == d->of[k])
                sum = eg__flow_join(sum, dx[i]);
        d->comes[k] = d->comes[k] || sum.value;
        d->may_not[k] = d->may_not[k] || !sum.value || sum.when;
        when[k] = eg__flow_when(&sum);
        eg_tensor *value = eg__flow_given(&sum, &d->old->in[d->of[k]]);
        if (!eg__me.failed)
            eg__draw_output(drawing, value);
    }
    for (int k = 0; k < d->n_of && !eg__me.failed; k++)
        eg__draw_output(drawing, when[k]);
}

/* What arrives at the branch's results. */
static void draw_arriving(const deriving *d, eg__drawing *drawing, eg__flow dy[])
{
    eg_spec flag = eg__bool_spec();

    for (int i = 0; i < d->old->n_out; i++) {
        dy[i] = (eg__flow){NULL, NULL, false};
        if (d->dy_of[i] >= 0)
            dy[i].value = eg__draw_input(drawing, &d->old->out[i]);
        if (d->when_of[i] >= 0)
            dy[i].when = eg__draw_input(drawing, &flag);
    }
}

static void draw_branch(deriving *d, int branch)
{
    const eg__sweep *from = &d->old->sweep[branch];
    eg_tensor *x[EG__MOST_PORTS];
    eg__flow dx[EG__MOST_PORTS], dy[2 * EG__MAX_OUT];
    eg__drawing drawing;

    if (!list_ports(d, from, &d->now->sweep[branch]) || !eg__draw(&drawing, "gradient"))
        return;
    d->graph[branch] = drawing.graph;
    for (int i = 0; i < from->n_ports; i++) {
        x[i] = eg__draw_input(&drawing, eg__block_in(from->block, i));
        dx[i] = (eg__flow){NULL, NULL, false};
    }
    draw_arriving(d, &drawing, dy);
    if (!eg__me.failed && eg__block_pull(from->block, x, dy, dx))
        draw_results(d, from, dx, &drawing);
    eg__draw_leave(&drawing);
}

/* ---- what comes out ------------------------------------------------------------------------- */

/* Keeps of a branch's results what is needed now that all are known. */
static void end_branch(deriving *d, int branch)
{
    eg_graph *graph = d->graph[branch];
    int n = 0;

    for (int i = 0; i < 2 * d->n_of; i++) {
        int k = i % d->n_of;
        if (d->comes[k] && (i < d->n_of || d->may_not[k]))
            graph->outputs[n++] = graph->outputs[i];
    }
    graph->n_outputs = n;
    d->graph[branch] = NULL;
    d->now->sweep[branch].block = eg__block_of(graph);
}

static bool list_results(deriving *d)
{
    eg_spec flag = eg__bool_spec();
    int n = 0;

    for (int i = 0; i < 2 * d->n_of; i++) {
        int k = i % d->n_of;
        if (!d->comes[k] || (i >= d->n_of && !d->may_not[k]))
            continue;
        if (n == EG__MAX_OUT)
            return eg__fail(EG_INVALID, d->old->op->name, "its gradient has more than %d results",
                       EG__MAX_OUT) == EG_OK;
        d->now->out[n++] = i < d->n_of ? d->old->in[d->of[k]] : flag;
    }
    d->now->n_out = d->n_out = n;
    d->now->n_in = d->n_in;
    for (int i = 0; i < d->n_in; i++)
        d->now->in[i] = i < d->old->n_in ? d->old->in[i] : d->in[i]->spec;
    return n > 0;
}

static void hand_out(const deriving *d, eg_tensor *y, eg_backward *b)
{
    int n = 0;

    for (int i = 0; y && i < 2 * d->n_of; i++) {
        int k = i % d->n_of;
        eg_tensor **to = i < d->n_of ? b->dx : b->dx_when;
        if (!d->comes[k] || (i >= d->n_of && !d->may_not[k]))
            continue;
        eg_tensor *part = d->n_out == 1 ? y : eg_part(y, n);
        n++;
        if (to)
            to[d->of[k]] = part;
    }
}

eg_status eg__switch_grad(eg_backward *b)
{
    deriving d = {.old = ((const eg__staged_attrs *)b->attrs)->staged};

    if (!eg__may_repeat(d.old) || !list_inputs(&d, b) || d.n_of == 0)
        return eg__me.failed;
    d.now = eg__staged_new(&eg_op_switch, EG__MAX_IN, EG__MAX_OUT, d.old->n_sweeps);
    for (int i = 0; d.now && i < d.old->n_sweeps && !eg__me.failed; i++)
        draw_branch(&d, i);
    bool any = !eg__me.failed && list_results(&d);
    for (int i = 0; d.now && i < d.old->n_sweeps; i++) {
        if (any && !eg__me.failed)
            end_branch(&d, i);
        else
            eg_graph_free(d.graph[i]);
    }
    if (any && !eg__me.failed)
        hand_out(&d, eg__staged_apply(d.now, d.in), b);
    else
        eg__staged_unref(d.now);
    return eg__me.failed;
}
