/* The gradient of a Loop: the same loop, and behind its sweeps, last first, for each a sweep that
 * walks its steps the other way round.
 *
 * Of a step (state, emitted) = f(state, rows, inputs, what earlier sweeps left) the returning
 * sweep carries the gradient of the state, and the sums of what has come back to each whole input.
 * It emits the gradients of the step's rows, and of what the step looked at of earlier sweeps;
 * their own returning sweeps, which run later, add that where they pass the same step.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/gradient.h"
#include "control/staged.h"
#include <string.h>

/* What a returning sweep emits for an earlier sweep's value. */
typedef struct gift {
    eg__port to, from;
} gift;

/* A result of the new loop that is (part of) the gradient of an input. */
typedef struct share {
    int input;
    eg__port from;
} share;

typedef struct deriving {
    eg_backward *b;
    const eg__staged *old;
    eg__staged *now;
    eg_tensor *in[EG__MAX_IN]; /* of the new loop */
    bool is_zero[EG__MAX_IN];
    int n_in;
    int dy_of[EG__MAX_OUT]; /* by result: the input its gradient is; -1: it is not real */
    gift gifts[EG__MOST_PORTS];
    share shares[EG__MAX_OUT];
    int n_gifts, n_shares, n_sweeps;
} deriving;

/* One returning sweep while it is drawn. */
typedef struct returning {
    deriving *d;
    const eg__sweep *from;
    eg__sweep *to;
    int k, number; /* of the sweep it returns, its own */
    eg__drawing drawing;
    eg_tensor *x[EG__MOST_PORTS], *dx[EG__MOST_PORTS];
    eg_tensor *carried[EG__MAX_OUT]; /* gradient of each state as it comes in; NULL: not real */
    int sum_of[EG__MAX_OUT], n_sums; /* the inputs that what has come back is summed for */
    int begin[EG__MAX_OUT], n_begin; /* the inputs that what is carried starts from */
    eg_tensor *out[EG__MOST_PORTS];
    int n_out;
} returning;

static bool too_many(const deriving *d, const char *what, int most)
{
    eg__fail(EG_INVALID, d->b->op->name, "its gradient has more than %d %s", most, what);
    return false;
}

static bool is_real(const eg_spec *spec)
{
    return eg__is_floating(spec->dtype);
}

static bool is_wanted(const deriving *d, int input)
{
    return d->b->wanted[input] && is_real(&d->old->in[input]);
}

static bool same_port(const eg__port *a, const eg__port *b)
{
    return a->kind == b->kind && a->sweep == b->sweep && a->index == b->index;
}

/* The input that what is looked at here has the gradient of, whole: that of a variable is its; -1:
 * none. */
static int whole_input(const deriving *d, const eg__port *p)
{
    const eg__sweep *of = &d->old->sweep[p->sweep];

    if (p->kind == EG__PORT_INPUT)
        return p->index;
    if (p->kind == EG__PORT_STATE && p->index >= of->n_state - of->n_variables)
        return of->initial[p->index];
    return -1;
}

/* Whether a state's gradient is carried from step to step. */
static bool is_carried(const eg__sweep *sweep, int i)
{
    return i < sweep->n_state - sweep->n_variables && is_real(eg__block_out(sweep->block, i));
}

/* ---- inputs of the new loop ----------------------------------------------------------------- */

/* A further input; its number, -1 after an error. */
static int add_input(deriving *d, eg_tensor *x)
{
    if (!x)
        return -1;
    for (int i = d->b->n_in; i < d->n_in; i++)
        if (d->in[i] == x)
            return i;
    if (d->n_in == EG__MAX_IN)
        return too_many(d, "inputs", EG__MAX_IN), -1;
    d->in[d->n_in] = x;
    return d->n_in++;
}

/* The input that is zeros of this spec. */
static int zeros(deriving *d, const eg_spec *spec)
{
    for (int i = d->b->n_in; i < d->n_in; i++)
        if (d->is_zero[i] && eg__same_spec(&d->in[i]->spec, spec))
            return i;
    int at = add_input(d, eg__zeros_of(spec));
    if (at >= 0)
        d->is_zero[at] = true;
    return at;
}

/* The gradient that comes in for a sweep's last state. */
static int seed_of_state(deriving *d, int sweep, int state)
{
    eg__port port = {EG__PORT_STATE, sweep, state};
    eg_tensor *sum = NULL;

    for (int i = 0; i < d->old->n_out; i++)
        if (same_port(&d->old->output[i], &port))
            sum = eg__sum_of(sum, d->b->dy[i]);
    return sum ? add_input(d, sum) : zeros(d, eg__block_out(d->old->sweep[sweep].block, state));
}

/* ---- drawing a returning sweep -------------------------------------------------------------- */

/* A further input of its block. */
static eg_tensor *add_port(returning *r, eg__port port, const eg_spec *spec)
{
    if (r->to->n_ports == EG__MOST_PORTS)
        return too_many(r->d, "values a step looks at", EG__MOST_PORTS), NULL;
    r->to->port[r->to->n_ports++] = port;
    return eg__draw_input(&r->drawing, spec);
}

/* It looks at what the sweep looked at. */
static void draw_inputs(returning *r)
{
    for (int i = 0; i < r->from->n_ports; i++) {
        const eg__port *p = &r->from->port[i];
        r->x[i] = add_port(r, *p, eg__block_in(r->from->block, i));
    }
}

/* A further value that is carried from step to step. */
static eg_tensor *carry(returning *r, const eg_spec *spec)
{
    eg__port port = {EG__PORT_STATE, r->number, r->to->n_state};

    r->to->initial[r->to->n_state] = r->begin[r->to->n_state];
    r->to->n_state++;
    return add_port(r, port, spec);
}

/* The sum of what later sweeps gave for a value of this one, at this step. */
static eg_tensor *given(returning *r, eg__port to, const eg_spec *spec)
{
    eg_tensor *sum = NULL;

    for (int i = 0; i < r->d->n_gifts && !eg__me.failed; i++) {
        const gift *g = &r->d->gifts[i];
        if (!same_port(&g->to, &to))
            continue;
        sum = eg__sum_of(sum, add_port(r, g->from, spec));
    }
    return sum;
}

/* The gradient of what is emitted: from stacked results, and from later sweeps. */
static eg_tensor *seed_of_emitted(returning *r, int e, const eg_spec *spec)
{
    eg__port port = {EG__PORT_EMITTED, r->k, e};
    eg_tensor *sum = given(r, port, spec);

    for (int i = 0; i < r->d->old->n_out && !eg__me.failed; i++)
        if (same_port(&r->d->old->output[i], &port))
            sum = eg__sum_of(sum, add_port(r, (eg__port){EG__PORT_ROW, 0, r->d->dy_of[i]}, spec));
    return sum;
}

static void draw_seeds(returning *r, eg_tensor *dy[])
{
    for (int i = 0; i < r->from->n_state + r->from->n_emitted && !eg__me.failed; i++) {
        const eg_spec *spec = eg__block_out(r->from->block, i);
        dy[i] = NULL;
        if (i < r->from->n_state && is_carried(r->from, i))
            dy[i] = r->carried[i] = carry(r, spec);
        else if (i >= r->from->n_state && is_real(spec))
            dy[i] = seed_of_emitted(r, i - r->from->n_state, spec);
    }
}

/* The first port that looks at an input. */
static int port_of(const returning *r, int input)
{
    int p = 0;

    while (whole_input(r->d, &r->from->port[p]) != input)
        p++;
    return p;
}

/* Whole inputs get sums: what later steps gave comes before what this one gives. */
static void draw_sums(returning *r)
{
    for (int i = 0; i < r->n_sums && !eg__me.failed; i++)
        r->dx[port_of(r, r->sum_of[i])] = carry(r, &r->d->old->in[r->sum_of[i]]);
}

static bool give_share(deriving *d, int input, eg__port from)
{
    if (d->n_shares == EG__MAX_OUT)
        return too_many(d, "results", EG__MAX_OUT);
    d->shares[d->n_shares++] = (share){input, from};
    return true;
}

/* x and what came back through the ports like this one. */
static eg_tensor *with_returned(const returning *r, eg_tensor *x, eg__port port)
{
    for (int p = 0; p < r->from->n_ports; p++)
        if (same_port(&r->from->port[p], &port))
            x = eg__sum_of(x, r->dx[p]);
    return x;
}

/* What came back to a whole input. */
static eg_tensor *returned_to(const returning *r, int input)
{
    eg_tensor *x = NULL;

    for (int p = 0; p < r->from->n_ports; p++)
        if (whole_input(r->d, &r->from->port[p]) == input)
            x = eg__sum_of(x, r->dx[p]);
    return x;
}

/* The states it leaves, in the order they came in: gradients of the states, then sums. */
static void draw_states(returning *r)
{
    for (int i = 0; i < r->from->n_state && !eg__me.failed; i++) {
        eg__port port = {EG__PORT_STATE, r->k, i};
        const eg_spec *spec = eg__block_out(r->from->block, i);
        if (!r->carried[i])
            continue;
        if (is_wanted(r->d, r->from->initial[i]))
            give_share(r->d, r->from->initial[i], (eg__port){EG__PORT_STATE, r->number, r->n_out});
        eg_tensor *sum = with_returned(r, given(r, port, spec), port);
        r->out[r->n_out++] = sum ? sum : eg__zeros_of(spec);
    }
    for (int i = 0; i < r->n_sums && !eg__me.failed; i++) {
        give_share(r->d, r->sum_of[i], (eg__port){EG__PORT_STATE, r->number, r->n_out});
        r->out[r->n_out++] = returned_to(r, r->sum_of[i]);
    }
}

/* Gradients of rows, and of what was looked at of earlier sweeps. */
static void draw_emitted(returning *r)
{
    deriving *d = r->d;

    for (int p = 0; p < r->from->n_ports && !eg__me.failed; p++) {
        const eg__port *port = &r->from->port[p];
        eg__port own = {EG__PORT_EMITTED, r->number, r->to->n_emitted};
        bool row = port->kind == EG__PORT_ROW && is_wanted(d, port->index);
        bool earlier =
            (port->kind == EG__PORT_STATE || port->kind == EG__PORT_EMITTED) && port->sweep < r->k;
        if (whole_input(d, port) >= 0)
            continue;
        if (!r->dx[p] || (!row && !earlier))
            continue;
        if (row)
            give_share(d, port->index, own);
        else if (d->n_gifts < EG__MOST_PORTS)
            d->gifts[d->n_gifts++] = (gift){*port, own};
        else
            too_many(d, "values left for later", EG__MOST_PORTS);
        r->out[r->n_out++] = r->dx[p];
        r->to->n_emitted++;
    }
}

/* ---- a returning sweep ---------------------------------------------------------------------- */

static bool take_room(returning *r)
{
    r->to->backwards = !r->from->backwards;
    r->to->port = eg__staged_take(r->d->now, sizeof *r->to->port * EG__MOST_PORTS);
    r->to->initial = eg__staged_take(r->d->now, sizeof *r->to->initial * EG__MAX_OUT);
    return r->to->port && r->to->initial;
}

static bool begins_with(returning *r, int input)
{
    if (input < 0)
        return false;
    if (r->n_begin == EG__MAX_OUT)
        return too_many(r->d, "values carried from step to step", EG__MAX_OUT);
    r->begin[r->n_begin++] = input;
    return true;
}

static bool has_sum(const returning *r, int input)
{
    for (int i = 0; i < r->n_sums; i++)
        if (r->sum_of[i] == input)
            return true;
    return false;
}

/* Where it starts from: before it is drawn, since these are values outside of it. */
static bool list_beginnings(returning *r)
{
    for (int i = 0; i < r->from->n_state; i++)
        if (is_carried(r->from, i) && !begins_with(r, seed_of_state(r->d, r->k, i)))
            return false;
    for (int i = 0; i < r->from->n_ports; i++) {
        int input = whole_input(r->d, &r->from->port[i]);
        if (input < 0 || !is_wanted(r->d, input) || has_sum(r, input))
            continue;
        if (!begins_with(r, zeros(r->d, &r->d->old->in[input])))
            return false;
        r->sum_of[r->n_sums++] = input;
    }
    return true;
}

static void return_sweep(deriving *d, int k)
{
    returning r = {.d = d, .k = k, .number = d->n_sweeps++, .from = &d->old->sweep[k]};
    eg_tensor *dy[EG__MOST_PORTS];

    r.to = &d->now->sweep[r.number];
    if (!take_room(&r) || !list_beginnings(&r) || !eg__draw(&r.drawing, "gradient"))
        return;
    draw_inputs(&r);
    draw_seeds(&r, dy);
    draw_sums(&r);
    if (!eg__me.failed && eg__block_pull(r.from->block, r.x, dy, r.dx)) {
        draw_states(&r);
        draw_emitted(&r);
    }
    r.to->block = eg__draw_end(&r.drawing, r.n_out, r.out);
}

/* ---- the new loop --------------------------------------------------------------------------- */

static bool copy_sweep(deriving *d, eg__sweep *to, const eg__sweep *from)
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

static bool begin(deriving *d)
{
    const eg__staged *old = d->old;

    d->n_in = d->b->n_in;
    memcpy(d->in, d->b->x, sizeof *d->in * (size_t)d->n_in);
    for (int i = 0; i < old->n_out; i++) {
        d->dy_of[i] = is_real(&old->out[i]) && old->output[i].kind == EG__PORT_EMITTED
            ? add_input(d, d->b->dy[i])
            : -1;
    }
    d->now = eg__staged_new(&eg_op_loop, EG__MAX_IN, EG__MAX_OUT, 2 * old->n_sweeps);
    if (!d->now || eg__me.failed)
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

/* Says what comes in and goes out, now that it is known. */
static void finish(deriving *d)
{
    d->now->n_in = d->n_in;
    d->now->n_out = d->n_shares;
    for (int i = 0; i < d->n_in; i++)
        d->now->in[i] = i < d->b->n_in ? d->old->in[i] : d->in[i]->spec;
    for (int i = 0; i < d->n_shares; i++) {
        d->now->out[i] = d->old->in[d->shares[i].input];
        d->now->output[i] = d->shares[i].from;
    }
}

static void hand_out(deriving *d, eg_tensor *y)
{
    for (int i = 0; y && i < d->n_shares; i++) {
        eg_tensor **dx = &d->b->dx[d->shares[i].input];
        *dx = eg__sum_of(*dx, d->n_shares == 1 ? y : eg_part(y, i));
    }
}

eg_status eg__loop_grad(eg_backward *b)
{
    deriving d = {.b = b, .old = ((const eg__staged_attrs *)b->attrs)->staged};

    if (eg__may_repeat(d.old) && begin(&d)) {
        for (int k = d.old->n_sweeps; k-- > 0 && !eg__me.failed;)
            return_sweep(&d, k);
        if (d.n_shares > 0 || eg__me.failed) {
            finish(&d);
            hand_out(&d, eg__staged_apply(d.now, d.in));
            return eg__me.failed;
        }
    }
    eg__staged_unref(d.now);
    return eg__me.failed;
}
