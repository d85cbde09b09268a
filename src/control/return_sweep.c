/* Drawing the sweep that returns over another.
 *
 * Nothing flows where eagerly nothing does: to a state that nobody uses until a step uses it, to an
 * input while no step has given it anything. Which of these are always there, and which need a bool
 * that is carried beside them, is found by drawing: what turns out to be less certain than was
 * assumed is drawn again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/loop_grad.h"

/* How certain it is that something flows. */
typedef enum certainty { NEVER, PERHAPS, ALWAYS } certainty;

/* A value that a returning sweep carries, and the bool beside it. */
typedef struct carried {
    certainty how;
    eg__flow seed;   /* of a state: what comes in from outside */
    int input;       /* of a sum: the input it is of */
    int begin, flag; /* the inputs that both start from */
    int state, when; /* the states they are; -1: none */
} carried;

/* One returning sweep while it is drawn. */
typedef struct returning {
    eg__deriving *d;
    const eg__sweep *from;
    eg__sweep *to;
    int k, number; /* of the sweep it returns, its own */
    eg__drawing drawing;
    eg_tensor *x[EG__MOST_PORTS];
    eg__flow dx[EG__MOST_PORTS];
    carried states[EG__MAX_OUT], sums[EG__MAX_IN];
    int n_sums;
    int ran; /* the state that says whether there was a step; -1: nobody asks */
    eg_tensor *left[EG__MOST_STATES]; /* the states it leaves */
    eg_tensor *emitted[EG__MOST_PORTS];
    bool again; /* something is less certain than was assumed */
} returning;

static bool is_real(const eg_spec *spec)
{
    return eg__is_floating(spec->dtype);
}

static bool is_wanted(const eg__deriving *d, int input)
{
    return d->b->wanted[input] && is_real(&d->old->in[input]);
}

static bool same_port(const eg__port *a, const eg__port *b)
{
    return a->kind == b->kind && a->sweep == b->sweep && a->index == b->index;
}

/* The input that what is looked at here has the gradient of, whole: that of a variable is its; -1:
 * none. */
static int whole_input(const eg__deriving *d, const eg__port *p)
{
    const eg__sweep *of = &d->old->sweep[p->sweep];

    if (p->kind == EG__PORT_INPUT)
        return p->index;
    if (p->kind == EG__PORT_STATE && p->index >= of->n_state - of->n_variables)
        return of->initial[p->index];
    return -1;
}

/* Whether a state can have a gradient that is carried from step to step. */
static bool is_carried(const eg__sweep *sweep, int i)
{
    return i < sweep->n_state - sweep->n_variables && is_real(eg__block_out(sweep->block, i));
}

static certainty certainty_of(const eg__flow *f)
{
    return !f->value ? NEVER : f->when ? PERHAPS : ALWAYS;
}

/* ---- inputs and results of the new loop ------------------------------------------------------ */

/* The input of this spec that is full of 0, or of 1. */
static int constant(eg__deriving *d, const eg_spec *spec, signed char number)
{
    for (int i = d->b->n_in; i < d->has.n_in; i++)
        if (d->number[i] == number && eg__same_spec(&d->in[i]->spec, spec))
            return i;
    eg_tensor *x = number ? eg_ones(spec->dtype, spec->rank, spec->dims) : eg__zeros_of(spec);
    int at = eg__deriving_input(d, x);
    if (at >= 0)
        d->number[at] = number;
    return at;
}

static int flag(eg__deriving *d, bool yes)
{
    eg_spec spec = eg__bool_spec();
    return constant(d, &spec, yes);
}

/* The gradient that comes in for a sweep's last state. */
static eg__flow seed_of_state(const eg__deriving *d, int sweep, int state)
{
    eg__port port = {EG__PORT_STATE, sweep, state};
    const eg_backward *b = d->b;
    eg__flow sum = {NULL, NULL, false};

    for (int i = 0; i < d->old->n_out; i++)
        if (same_port(&d->old->output[i], &port))
            sum =
                eg__flow_join(sum, (eg__flow){b->dy[i], b->dy_when ? b->dy_when[i] : NULL, false});
    return sum;
}

/* The number of a result, which may be one that there is; -1 after an error. */
static int add_output(eg__deriving *d, eg__port port)
{
    for (int i = 0; i < d->has.n_outputs; i++)
        if (same_port(&d->output[i], &port))
            return i;
    if (d->has.n_outputs == EG__MAX_OUT)
        return eg__too_many(d, "results", EG__MAX_OUT), -1;
    d->output[d->has.n_outputs] = port;
    return d->has.n_outputs++;
}

/* `when`: NULL: it is always there. */
static void give_share(eg__deriving *d, int input, eg__port value, const eg__port *when)
{
    if (d->has.n_shares == EG__MAX_OUT) {
        eg__too_many(d, "results", EG__MAX_OUT);
        return;
    }
    eg__share s = {input, add_output(d, value), when ? add_output(d, *when) : -1};
    d->shares[d->has.n_shares++] = s;
}

/* ---- inputs of a returning sweep ------------------------------------------------------------- */

/* A further input of its block. */
static eg_tensor *add_port(returning *r, eg__port port, const eg_spec *spec)
{
    if (r->to->n_ports == EG__MOST_PORTS)
        return eg__too_many(r->d, "values a step looks at", EG__MOST_PORTS), NULL;
    r->to->port[r->to->n_ports++] = port;
    return eg__draw_input(&r->drawing, spec);
}

static eg_tensor *add_flag(returning *r, eg__port port)
{
    eg_spec spec = eg__bool_spec();
    return add_port(r, port, &spec);
}

/* It looks at what the sweep looked at. */
static void draw_inputs(returning *r)
{
    for (int i = 0; i < r->from->n_ports && !eg__me.failed; i++) {
        const eg__port *p = &r->from->port[i];
        r->x[i] = add_port(r, *p, eg__block_in(r->from->block, i));
        r->dx[i] = (eg__flow){NULL, NULL, false};
    }
}

/* A further value that is carried from step to step, from input `begin`; which state it is. */
static int carry(returning *r, int begin)
{
    if (r->to->n_state == EG__MOST_STATES)
        return eg__too_many(r->d, "values carried from step to step", EG__MOST_STATES), -1;
    r->to->initial[r->to->n_state] = begin;
    return r->to->n_state++;
}

static eg__port state_port(const returning *r, int state)
{
    return (eg__port){EG__PORT_STATE, r->number, state};
}

/* What is carried, as it comes in. */
static eg__flow draw_carried(returning *r, carried *c, const eg_spec *spec)
{
    eg__flow f = {NULL, NULL, false};

    c->state = carry(r, c->begin);
    f.value = add_port(r, state_port(r, c->state), spec);
    c->when = -1;
    if (c->how == PERHAPS) {
        c->when = carry(r, c->flag);
        f.when = add_flag(r, state_port(r, c->when));
    }
    return f;
}

/* The sum of what later sweeps gave for a value of this one, at this step. */
static eg__flow given(returning *r, eg__port to, const eg_spec *spec)
{
    eg__flow sum = {NULL, NULL, false};

    for (int i = 0; i < r->d->has.n_gifts && !eg__me.failed; i++) {
        const eg__gift *g = &r->d->gifts[i];
        if (!same_port(&g->to, &to))
            continue;
        eg__flow f = {add_port(r, g->from, spec), NULL, false};
        f.when = g->may_not ? add_flag(r, g->when) : NULL;
        sum = eg__flow_join(sum, f);
    }
    return sum;
}

/* The gradient of what is emitted: from stacked results, and from later sweeps. */
static eg__flow seed_of_emitted(returning *r, int e, const eg_spec *spec)
{
    eg__port port = {EG__PORT_EMITTED, r->k, e};
    const eg__deriving *d = r->d;
    eg__flow sum = given(r, port, spec);

    for (int i = 0; i < d->old->n_out && !eg__me.failed; i++) {
        if (!same_port(&d->old->output[i], &port) || d->dy_of[i] < 0)
            continue;
        eg__flow f = {add_port(r, (eg__port){EG__PORT_ROW, 0, d->dy_of[i]}, spec), NULL, false};
        if (d->when_of[i] >= 0)
            f.when = add_flag(r, (eg__port){EG__PORT_INPUT, 0, d->when_of[i]});
        sum = eg__flow_join(sum, f);
    }
    return sum;
}

static void draw_seeds(returning *r, eg__flow dy[])
{
    for (int i = 0; i < r->from->n_state + r->from->n_emitted && !eg__me.failed; i++) {
        const eg_spec *spec = eg__block_out(r->from->block, i);
        dy[i] = (eg__flow){NULL, NULL, false};
        if (i >= r->from->n_state && is_real(spec))
            dy[i] = seed_of_emitted(r, i - r->from->n_state, spec);
        else if (i < r->from->n_state && r->states[i].how != NEVER)
            dy[i] = draw_carried(r, &r->states[i], spec);
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

/* Whole inputs get sums: what later steps gave comes before what this one gives. Those to which
 * every step gives share one bool. */
static void draw_sums(returning *r)
{
    eg_tensor *ran = NULL;

    r->ran = -1;
    for (int i = 0; i < r->n_sums && !eg__me.failed; i++) {
        carried *sum = &r->sums[i];
        eg__flow f = draw_carried(r, sum, &r->d->old->in[sum->input]);
        if (sum->how == ALWAYS && !ran) {
            r->ran = carry(r, sum->flag);
            ran = add_flag(r, state_port(r, r->ran));
        }
        if (sum->how == ALWAYS)
            f.when = ran;
        r->dx[port_of(r, sum->input)] = f;
    }
}

/* ---- what it leaves -------------------------------------------------------------------------- */

/* Whether what flows is as certain as was assumed; otherwise the sweep is drawn again. */
static bool is_assumed(returning *r, carried *c, certainty now)
{
    if (c->how == now || c->how == PERHAPS)
        return true;
    c->how = PERHAPS;
    r->again = true;
    return false;
}

static void leave(returning *r, const carried *c, const eg__flow *f, const eg_spec *spec)
{
    r->left[c->state] = eg__flow_given(f, spec);
    if (c->when >= 0)
        r->left[c->when] = eg__flow_when(f);
}

/* What came back through the ports like this one, behind what later sweeps gave. */
static eg__flow returned_to_state(returning *r, int i)
{
    eg__port port = {EG__PORT_STATE, r->k, i};
    eg__flow sum = given(r, port, eg__block_out(r->from->block, i));

    for (int p = 0; p < r->from->n_ports; p++)
        if (same_port(&r->from->port[p], &port))
            sum = eg__flow_join(sum, r->dx[p]);
    return sum;
}

/* The gradients of the states, as the sweep leaves them. */
static void draw_states(returning *r)
{
    for (int i = 0; i < r->from->n_state && !eg__me.failed; i++) {
        carried *c = &r->states[i];
        if (!is_carried(r->from, i))
            continue;
        eg__flow f = returned_to_state(r, i);
        if (!is_assumed(r, c, certainty_of(&f)) || c->how == NEVER)
            continue;
        leave(r, c, &f, eg__block_out(r->from->block, i));
        eg__port when = state_port(r, c->when);
        if (is_wanted(r->d, r->from->initial[i]))
            give_share(r->d, r->from->initial[i], state_port(r, c->state),
                c->how == PERHAPS ? &when : NULL);
    }
}

/* What came back to a whole input. */
static eg__flow returned_to_input(const returning *r, int input)
{
    eg__flow sum = {NULL, NULL, false};

    for (int p = 0; p < r->from->n_ports; p++)
        if (whole_input(r->d, &r->from->port[p]) == input)
            sum = eg__flow_join(sum, r->dx[p]);
    return sum;
}

/* The sums it leaves. */
static void draw_returned(returning *r)
{
    for (int i = 0; i < r->n_sums && !eg__me.failed; i++) {
        carried *c = &r->sums[i];
        eg__flow f = returned_to_input(r, c->input);
        if (!is_assumed(r, c, certainty_of(&f)))
            continue;
        leave(r, c, &f, &r->d->old->in[c->input]);
        eg__port when = state_port(r, c->how == PERHAPS ? c->when : r->ran);
        bool certain = c->how == ALWAYS && r->d->takes_a_step;
        give_share(r->d, c->input, state_port(r, c->state), certain ? NULL : &when);
    }
    if (r->ran >= 0)
        r->left[r->ran] = eg_ones(EG_BOOL, 0, NULL);
}

static eg__port emit(returning *r, eg_tensor *x)
{
    eg__port port = {EG__PORT_EMITTED, r->number, r->to->n_emitted};

    if (r->to->n_emitted == EG__MAX_OUT)
        eg__too_many(r->d, "values left at a step", EG__MAX_OUT);
    else
        r->emitted[r->to->n_emitted++] = x;
    return port;
}

/* Gradients of rows, and of what was looked at of earlier sweeps. */
static void draw_emitted(returning *r)
{
    eg__deriving *d = r->d;

    for (int p = 0; p < r->from->n_ports && !eg__me.failed; p++) {
        const eg__port *port = &r->from->port[p];
        const eg__flow *f = &r->dx[p];
        bool row = port->kind == EG__PORT_ROW && is_wanted(d, port->index);
        bool earlier =
            (port->kind == EG__PORT_STATE || port->kind == EG__PORT_EMITTED) && port->sweep < r->k;
        if (whole_input(d, port) >= 0 || !f->value || (!row && !earlier))
            continue;
        eg__gift g = {.to = *port, .from = emit(r, eg__flow_value(f)), .may_not = f->when};
        if (f->when)
            g.when = emit(r, f->when);
        if (row)
            give_share(d, port->index, g.from, f->when ? &g.when : NULL);
        else if (d->has.n_gifts < EG__MOST_PORTS)
            d->gifts[d->has.n_gifts++] = g;
        else
            eg__too_many(d, "values left for later", EG__MOST_PORTS);
    }
}

/* ---- a returning sweep ---------------------------------------------------------------------- */

static bool take_room(returning *r)
{
    r->to->backwards = !r->from->backwards;
    r->to->port = eg__staged_take(r->d->now, sizeof *r->to->port * EG__MOST_PORTS);
    r->to->initial = eg__staged_take(r->d->now, sizeof *r->to->initial * EG__MOST_STATES);
    return r->to->port && r->to->initial;
}

static bool has_sum(const returning *r, int input)
{
    for (int i = 0; i < r->n_sums; i++)
        if (r->sums[i].input == input)
            return true;
    return false;
}

/* What it is to carry, as certain as it can be. */
static void list_carried(returning *r)
{
    for (int i = 0; i < r->from->n_state; i++) {
        carried *c = &r->states[i];
        *c = (carried){.how = NEVER, .state = -1, .when = -1};
        if (!is_carried(r->from, i))
            continue;
        c->seed = seed_of_state(r->d, r->k, i);
        c->how = certainty_of(&c->seed);
    }
    for (int i = 0; i < r->from->n_ports; i++) {
        int input = whole_input(r->d, &r->from->port[i]);
        if (input >= 0 && is_wanted(r->d, input) && !has_sum(r, input))
            r->sums[r->n_sums++] = (carried){.how = ALWAYS, .input = input};
    }
}

/* Where all starts from: before it is drawn, since these are values outside of it. */
static bool list_beginnings(returning *r)
{
    eg__deriving *d = r->d;

    for (int i = 0; i < r->from->n_state && !eg__me.failed; i++) {
        carried *c = &r->states[i];
        const eg_spec *spec = eg__block_out(r->from->block, i);
        if (c->how == NEVER)
            continue;
        c->begin =
            c->seed.value ? eg__deriving_input(d, eg__flow_value(&c->seed)) : constant(d, spec, 0);
        if (c->how == PERHAPS)
            c->flag =
                c->seed.when ? eg__deriving_input(d, c->seed.when) : flag(d, c->seed.value != NULL);
    }
    for (int i = 0; i < r->n_sums && !eg__me.failed; i++) {
        r->sums[i].begin = constant(d, &d->old->in[r->sums[i].input], 0);
        r->sums[i].flag = flag(d, false);
    }
    return !eg__me.failed;
}

static void end_sweep(returning *r)
{
    eg_tensor *out[EG__MOST_STATES + EG__MAX_OUT];
    int n = 0;

    for (int i = 0; i < r->to->n_state; i++)
        out[n++] = r->left[i];
    for (int i = 0; i < r->to->n_emitted; i++)
        out[n++] = r->emitted[i];
    if (n > EG__MOST_STATES && !eg__me.failed)
        eg__too_many(r->d, "values carried and left at a step", EG__MOST_STATES);
    r->to->block = eg__draw_end(&r->drawing, n, out);
}

/* Draws it under what is assumed; false, with everything as before, where that is wrong. */
static bool draw_sweep(returning *r)
{
    eg__flow dy[EG__MOST_STATES];
    eg__found before = r->d->has;

    r->to->n_ports = r->to->n_state = r->to->n_emitted = 0;
    r->again = false;
    if (!list_beginnings(r) || !eg__draw(&r->drawing, "gradient"))
        return true;
    draw_inputs(r);
    draw_seeds(r, dy);
    draw_sums(r);
    if (!eg__me.failed && eg__block_pull(r->from->block, r->x, dy, r->dx)) {
        draw_states(r);
        draw_returned(r);
        draw_emitted(r);
    }
    if (!r->again) {
        end_sweep(r);
        return true;
    }
    eg__draw_leave(&r->drawing);
    eg_graph_free(r->drawing.graph);
    r->d->has = before;
    return false;
}

void eg__return_sweep(eg__deriving *d, int k)
{
    returning r = {.d = d, .k = k, .number = d->n_sweeps++, .from = &d->old->sweep[k]};

    r.to = &d->now->sweep[r.number];
    if (!take_room(&r))
        return;
    list_carried(&r);
    while (!eg__me.failed && !draw_sweep(&r))
        continue;
}
