/* Finding lanes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/lanes.h"

enum { LINE = 64 };

/* Whether the graph reads its input i. */
static bool is_read(const eg__plan *plan, int i)
{
    uint32_t slot = plan->input_slot[i];

    for (int s = 0; s < plan->n_steps; s++)
        for (int k = 0; k < plan->steps[s].n_in; k++)
            if (plan->steps[s].in[k] == slot)
                return true;
    for (int k = 0; k < plan->n_outputs; k++)
        if (plan->outputs[k].slot == slot)
            return true;
    return false;
}

static bool take_room(eg__staged *s, eg__sweep *sweep)
{
    eg__lanes *lanes = eg__staged_take(s, sizeof *lanes);

    if (!lanes)
        return false;
    *lanes = (eg__lanes){.turns = 0};
    lanes->lane =
        eg__staged_take(s, sizeof *lanes->lane * ((size_t)sweep->block->plan->n_outputs + 1));
    lanes->moving = eg__staged_take(s, sizeof *lanes->moving * ((size_t)sweep->n_ports + 1));
    lanes->looks = eg__staged_take(s, sizeof *lanes->looks * ((size_t)s->n_sweeps + 1));
    sweep->lanes = lanes;
    return lanes->lane && lanes->moving && lanes->looks;
}

/* Whether a step leaves state i as it found it. */
static bool is_unchanged(const eg__sweep *sweep, int number, int i)
{
    const eg__plan *plan = sweep->block->plan;

    for (int k = 0; k < sweep->n_ports; k++) {
        const eg__port *p = &sweep->port[k];
        if (p->kind == EG__PORT_STATE && p->sweep == number && p->index == i &&
            plan->outputs[i].slot == plan->input_slot[k])
            return true;
    }
    return false;
}

static void start_lanes(eg__sweep *sweep, int number)
{
    for (int i = 0; i < sweep->block->plan->n_outputs; i++) {
        eg__lane *lane = &sweep->lanes->lane[i];
        *lane = (eg__lane){.kind = i < sweep->n_state ? EG__LANE_TURNS : EG__LANE_FIXED};
        lane->bytes = eg__bytes(eg__block_out(sweep->block, i));
        if (i < sweep->n_state && is_unchanged(sweep, number, i))
            lane->kind = EG__LANE_INPUT;
    }
}

static void stack_lanes(eg__staged *s)
{
    for (int i = s->n_out; i-- > 0;) {
        const eg__port *p = &s->output[i];
        eg__sweep *of = &s->sweep[p->sweep];
        if (p->kind != EG__PORT_EMITTED)
            continue;
        eg__lane *lane = &of->lanes->lane[of->n_state + p->index];
        lane->kind = EG__LANE_STACKED;
        lane->output = i;
    }
}

/* ---- what is looked at ---------------------------------------------------------------------- */

static bool looks_at(const eg__lanes *lanes, int sweep)
{
    for (int i = 0; i < lanes->n_looks; i++)
        if (lanes->looks[i] == sweep)
            return true;
    return false;
}

/* Sweep i (-1: the condition) looks at an earlier one. */
static void look_at(eg__staged *s, eg__lanes *lanes, int i, const eg__port *p)
{
    eg__sweep *of = &s->sweep[p->sweep];
    bool emitted = p->kind == EG__PORT_EMITTED;
    eg__lane *lane = &of->lanes->lane[p->index + (emitted ? of->n_state : 0)];

    if (i < 0 || p->sweep == i)
        return;
    if (lane->kind == EG__LANE_INPUT)
        return;
    if (lane->kind != EG__LANE_STACKED)
        lane->kind = EG__LANE_KEPT;
    if (!looks_at(lanes, p->sweep))
        lanes->looks[lanes->n_looks++] = p->sweep;
}

static void find_ports(eg__staged *s, eg__sweep *sweep, int i)
{
    eg__lanes *lanes = sweep->lanes;

    for (int k = 0; k < sweep->n_ports; k++) {
        const eg__port *p = &sweep->port[k];
        if (p->kind == EG__PORT_INPUT || p->kind == EG__PORT_STEP ||
            !is_read(sweep->block->plan, k))
            continue;
        lanes->moving[lanes->n_moving++] = k;
        if (p->kind != EG__PORT_ROW)
            look_at(s, lanes, i, p);
    }
}

/* ---- states that are written over ------------------------------------------------------------ */

/* Whether a step may leave state i where it found it. */
static bool stays_in_place(const eg__sweep *sweep, int number, int i)
{
    int port = -1;

    for (int k = 0; k < sweep->n_ports; k++) {
        const eg__port *p = &sweep->port[k];
        if (p->kind != EG__PORT_STATE || p->sweep != number || p->index != i ||
            !is_read(sweep->block->plan, k))
            continue;
        if (port >= 0)
            return false;
        port = k;
    }
    return port < 0 || eg__plan_updates(sweep->block->plan, port, i);
}

static size_t place(size_t *record, const eg__lane *lane)
{
    size_t at = *record;

    *record += (lane->bytes + LINE - 1) / LINE * LINE;
    return at;
}

/* Small values lie side by side where there is a record for each step. */
static size_t pack(size_t *record, const eg__lane *lane)
{
    size_t unit = lane->bytes >= LINE ? LINE : sizeof(double _Complex);

    size_t at = (*record + unit - 1) / unit * unit;
    *record = at + (lane->bytes + unit - 1) / unit * unit;
    return at;
}

static void place_lanes(eg__sweep *sweep, int number)
{
    eg__lanes *lanes = sweep->lanes;

    for (int i = 0; i < sweep->n_state + sweep->n_emitted; i++) {
        eg__lane *lane = &lanes->lane[i];
        bool emitted = i >= sweep->n_state;
        if (lane->kind == EG__LANE_TURNS && stays_in_place(sweep, number, i))
            lane->kind = EG__LANE_FIXED;
        if (lane->kind == EG__LANE_KEPT)
            lane->offset = pack(emitted ? &lanes->kept_emitted : &lanes->kept, lane);
        else if (lane->kind != EG__LANE_STACKED && lane->kind != EG__LANE_INPUT)
            lane->offset =
                place(lane->kind == EG__LANE_TURNS ? &lanes->turns : &lanes->fixed, lane);
    }
}

bool eg__lanes_find(eg__staged *s)
{
    for (int i = 0; i < s->n_sweeps; i++) {
        if (!take_room(s, &s->sweep[i]))
            return false;
        start_lanes(&s->sweep[i], i);
    }
    if (s->go_on.block && !take_room(s, &s->go_on))
        return false;
    stack_lanes(s);
    if (s->go_on.block)
        find_ports(s, &s->go_on, -1);
    for (int i = 0; i < s->n_sweeps; i++)
        find_ports(s, &s->sweep[i], i);
    for (int i = 0; i < s->n_sweeps; i++)
        place_lanes(&s->sweep[i], i);
    return true;
}
