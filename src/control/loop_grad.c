/* The gradient of a Loop: the same loop, and behind its sweeps, last first, for each a sweep that
 * walks its steps the other way round.
 *
 * Of a step (state, emitted) = f(state, rows, inputs, what earlier sweeps left) the returning
 * sweep carries the gradient of the state, and the sums of what has come back to each whole input.
 * It emits the gradients of the step's rows, and of what the step looked at of earlier sweeps;
 * their own returning sweeps, which run later, add that where they pass the same step.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/loop_grad.h"
#include <string.h>

bool eg__too_many(const eg__deriving *d, const char *what, int most)
{
    eg__fail(EG_INVALID, d->b->op->name, "its gradient has more than %d %s", most, what);
    return false;
}

int eg__deriving_input(eg__deriving *d, eg_tensor *x)
{
    if (!x)
        return -1;
    for (int i = d->b->n_in; i < d->has.n_in; i++)
        if (d->in[i] == x)
            return i;
    if (d->has.n_in == EG__MAX_IN)
        return eg__too_many(d, "inputs", EG__MAX_IN), -1;
    d->in[d->has.n_in] = x;
    d->number[d->has.n_in] = -1;
    return d->has.n_in++;
}

/* ---- the new loop --------------------------------------------------------------------------- */

static bool copy_sweep(eg__deriving *d, eg__sweep *to, const eg__sweep *from)
{
    *to = *from;
    to->block = NULL;
    to->lanes = NULL;
    to->port = eg__staged_take(d->now, sizeof *to->port * ((size_t)from->n_ports + 1));
    to->initial = eg__staged_take(d->now, sizeof *to->initial * ((size_t)from->n_state + 1));
    if (!to->port || !to->initial)
        return false;
    if (from->n_ports > 0)
        memcpy(to->port, from->port, sizeof *to->port * (size_t)from->n_ports);
    if (from->n_state > 0)
        memcpy(to->initial, from->initial, sizeof *to->initial * (size_t)from->n_state);
    if (from->block)
        to->block = eg__block_quiet(from->block);
    return !eg__me.failed;
}

/* The gradients of stacked results, and whether they arrive. */
static bool list_arriving(eg__deriving *d)
{
    const eg_backward *b = d->b;

    for (int i = 0; i < d->old->n_out; i++) {
        bool stacked =
            eg__is_floating(d->old->out[i].dtype) && d->old->output[i].kind == EG__PORT_EMITTED;
        bool asks = stacked && b->dy[i] && b->dy_when && b->dy_when[i];
        d->dy_of[i] = stacked && b->dy[i] ? eg__deriving_input(d, b->dy[i]) : -1;
        d->when_of[i] = asks ? eg__deriving_input(d, b->dy_when[i]) : -1;
    }
    return !eg__me.failed;
}

static bool begin(eg__deriving *d)
{
    const eg__staged *old = d->old;

    d->has.n_in = d->b->n_in;
    d->takes_a_step = old->most > 0 && old->count < 0 && !old->go_on.block;
    memcpy(d->in, d->b->x, sizeof *d->in * (size_t)d->b->n_in);
    d->now = eg__staged_new(&eg_op_loop, EG__MAX_IN, EG__MAX_OUT, 2 * old->n_sweeps);
    if (!list_arriving(d) || !d->now)
        return false;
    d->now->most = old->most;
    d->now->count = old->count;
    d->now->recompute = old->recompute;
    d->now->most_kept = old->most_kept;
    if (!copy_sweep(d, &d->now->go_on, &old->go_on))
        return false;
    for (; d->n_sweeps < old->n_sweeps; d->n_sweeps++)
        if (!copy_sweep(d, &d->now->sweep[d->n_sweeps], &old->sweep[d->n_sweeps]))
            return false;
    return true;
}

/* What a result looks like from outside. */
static eg_spec spec_of_output(const eg__deriving *d, const eg__port *p)
{
    const eg__sweep *of = &d->now->sweep[p->sweep];
    bool stacked = p->kind == EG__PORT_EMITTED;
    eg_spec spec = *eg__block_out(of->block, p->index + (stacked ? of->n_state : 0));
    int64_t dims[EG_MAX_RANK + 1] = {d->now->most};

    if (!stacked)
        return spec;
    memcpy(dims + 1, spec.dims, sizeof *dims * (size_t)spec.rank);
    eg__spec_set(&spec, d->b->op->name, spec.dtype, spec.rank + 1, dims);
    return spec;
}

/* Says what comes in and goes out, now that it is known. */
static void finish(eg__deriving *d)
{
    d->now->n_in = d->has.n_in;
    d->now->n_out = d->has.n_outputs;
    for (int i = 0; i < d->has.n_in; i++)
        d->now->in[i] = i < d->b->n_in ? d->old->in[i] : d->in[i]->spec;
    for (int i = 0; i < d->has.n_outputs; i++) {
        d->now->output[i] = d->output[i];
        d->now->out[i] = spec_of_output(d, &d->output[i]);
    }
}

/* Whether a share is there: of rows one of them. */
static eg_tensor *when_of(const eg__deriving *d, eg_tensor *y, int output)
{
    if (output < 0)
        return NULL;
    return d->output[output].kind == EG__PORT_EMITTED ? eg_any(eg_part(y, output))
                                                      : eg_part(y, output);
}

static void hand_out(eg__deriving *d, eg_tensor *y)
{
    eg__flow sum[EG__MAX_IN] = {{NULL, NULL, false}};

    for (int i = 0; y && i < d->has.n_shares && !eg__me.failed; i++) {
        const eg__share *s = &d->shares[i];
        eg__flow f = {d->has.n_outputs == 1 ? y : eg_part(y, s->value), NULL, false};
        f.when = when_of(d, y, s->when);
        sum[s->input] = eg__flow_join(sum[s->input], f);
    }
    for (int i = 0; i < d->b->n_in && !eg__me.failed; i++) {
        d->b->dx[i] = sum[i].value;
        if (d->b->dx_when)
            d->b->dx_when[i] = sum[i].when;
    }
}

eg_status eg__loop_grad(eg_backward *b)
{
    eg__deriving d = {.b = b, .old = ((const eg__staged_attrs *)b->attrs)->staged};

    if (eg__may_repeat(d.old) && begin(&d)) {
        for (int k = d.old->n_sweeps; k-- > 0 && !eg__me.failed;)
            eg__return_sweep(&d, k);
        if (d.has.n_shares > 0 || eg__me.failed) {
            if (!eg__me.failed)
                finish(&d);
            hand_out(&d, eg__staged_apply(d.now, d.in));
            return eg__me.failed;
        }
    }
    eg__staged_unref(d.now);
    return eg__me.failed;
}
