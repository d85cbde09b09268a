/* Unfold: a branch that is known, and the steps of a loop of few, stand in the graph themselves, so
 * that other passes see what is around them too, and nothing is copied or called.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "control/staged.h"
#include "pass/pass.h"
#include "pass/rewrite.h"
#include <string.h>

enum { MOST_STEPS = 8, MOST_NODES = 256 }; /* of a loop that is unfolded; in all its steps */

static const eg__staged *staged_of(const eg_node *node)
{
    return ((const eg__staged_attrs *)node->attrs)->staged;
}

/* Whether a value of the new graph is a known integer. */
static bool is_known(const eg__rewrite *r, eg_ref x, int64_t *value)
{
    const eg_node *node = &r->to->nodes[x.node];

    if (node->op != &eg_op_constant || node->out->dtype != EG_INT64 || node->out->size != 1)
        return false;
    memcpy(value, node->tensor->data, sizeof *value);
    return true;
}

/* Nodes that may fail stay where the graph keeps them all; effects stay inside. */
static bool may_move(const eg__rewrite *r, const eg__staged *s)
{
    return !(s->traits & EG__EFFECT) && (!(s->traits & EG__MAY_FAIL) || r->to->keeps_failures);
}

/* ---- blocks --------------------------------------------------------------------------------- */

static bool copy_block(eg__rewrite *r, const eg_graph *graph, eg_ref place[])
{
    eg_ref in[EG__MAX_IN];

    for (int i = 0; i < graph->n; i++) {
        const eg_node *node = &graph->nodes[i];
        if (node->op == &eg_op_placeholder)
            continue;
        for (int k = 0; k < node->n_in; k++) {
            in[k] = place[node->in[k].node];
            in[k].result += node->in[k].result;
        }
        int at = eg__graph_copy_node(r->to, node, in);
        if (at < 0)
            return false;
        place[i] = (eg_ref){(uint32_t)at, 0};
    }
    return true;
}

/* Appends a block's nodes to the new graph: `in` its inputs, `out` where its outputs are. */
static bool put_block(eg__rewrite *r, const eg__block *block, const eg_ref in[], eg_ref out[])
{
    const eg_graph *graph = eg__block_graph(block);
    size_t size = sizeof(eg_ref) * ((size_t)graph->n + 1);
    eg_ref *place = eg__alloc(size);

    if (!place)
        return eg__fail_memory("unfold", size), false;
    for (int k = 0; k < graph->n_inputs; k++)
        place[graph->inputs[k]] = in[k];
    bool done = copy_block(r, graph, place);
    for (int k = 0; done && k < graph->n_outputs; k++) {
        out[k] = place[graph->outputs[k].node];
        out[k].result += graph->outputs[k].result;
    }
    eg__free(place, size);
    return done;
}

/* ---- branches ------------------------------------------------------------------------------- */

static bool knows_branch(const eg__rewrite *r, const eg__staged *s, int64_t *index)
{
    if (s->n_sweeps == 1)
        *index = 0;
    else if (!is_known(r, r->in[0], index))
        return false;
    *index = *index < 0 ? 0 : *index >= s->n_sweeps ? s->n_sweeps - 1 : *index;
    return may_move(r, s);
}

static bool put_branch(eg__rewrite *r, int i, const eg__sweep *branch)
{
    eg_ref in[EG__MAX_IN], out[EG__MAX_OUT];

    for (int k = 0; k < branch->n_ports; k++)
        in[k] = r->in[branch->port[k].index];
    if (!put_block(r, branch->block, in, out))
        return false;
    for (int k = 0; k < r->from->nodes[i].n_out; k++)
        eg__rewrite_put_one(r, i, k, out[k]);
    return true;
}

/* ---- loops ---------------------------------------------------------------------------------- */

/* How many steps a loop takes; -1: nobody knows. */
static int64_t count_steps(const eg__rewrite *r, const eg__staged *s)
{
    int64_t most = s->most < 0 ? INT64_MAX : s->most, count = most;

    if (most == 0)
        return 0;
    if (s->count >= 0 && !is_known(r, r->in[s->count], &count))
        return -1;
    count = count < 0 ? 0 : count < most ? count : most;
    return count > 0 && s->go_on.block ? -1 : count;
}

static bool gives_states_alone(const eg__staged *s)
{
    for (int k = 0; k < s->n_out; k++)
        if (s->output[k].kind != EG__PORT_STATE)
            return false;
    return true;
}

static bool reads_rows(const eg__sweep *sweep)
{
    for (int k = 0; k < sweep->n_ports; k++)
        if (sweep->port[k].kind == EG__PORT_ROW)
            return true;
    return false;
}

/* Whether to unfold a loop, of how many steps. */
static bool unfolds(const eg__rewrite *r, const eg__staged *s, int64_t *steps)
{
    *steps = count_steps(r, s);
    if (*steps < 0 || !gives_states_alone(s))
        return false;
    if (*steps == 0)
        return true;
    return s->n_sweeps == 1 && *steps <= MOST_STEPS && may_move(r, s) &&
        !reads_rows(&s->sweep[0]) && *steps * eg__block_graph(s->sweep[0].block)->n <= MOST_NODES;
}

static bool put_number(eg__rewrite *r, int64_t number, eg_ref *ref)
{
    eg_spec spec;
    eg_tensor *value = NULL;

    if (eg__spec_set(&spec, "unfold", EG_INT64, 0, NULL) == EG_OK)
        value = eg__value_new(&spec, "unfold");
    if (!value)
        return false;
    memcpy(value->data, &number, sizeof number);
    int at = eg__graph_add_tensor(r->to, &eg_op_constant, value);
    eg__unref(value);
    *ref = (eg_ref){(uint32_t)at, 0};
    return at >= 0;
}

static bool put_step(eg__rewrite *r, const eg__sweep *sweep, int64_t number, eg_ref state[])
{
    eg_ref in[2 * EG__MAX_IN + 1], out[2 * EG__MAX_OUT];

    for (int k = 0; k < sweep->n_ports; k++) {
        const eg__port *p = &sweep->port[k];
        if (p->kind == EG__PORT_INPUT)
            in[k] = r->in[p->index];
        else if (p->kind == EG__PORT_STATE)
            in[k] = state[p->index];
        else if (!put_number(r, number, &in[k]))
            return false;
    }
    if (!put_block(r, sweep->block, in, out))
        return false;
    memcpy(state, out, sizeof *state * (size_t)sweep->n_state);
    return true;
}

static bool put_steps(eg__rewrite *r, int i, const eg__staged *s, int64_t steps)
{
    eg_ref state[2 * EG__MAX_OUT];
    const eg__sweep *first = &s->sweep[0];

    for (int k = 0; k < first->n_state; k++)
        state[k] = r->in[first->initial[k]];
    for (int64_t t = 0; t < steps; t++)
        if (!put_step(r, first, t, state))
            return false;
    for (int k = 0; k < s->n_out; k++) {
        const eg__port *p = &s->output[k];
        const eg__sweep *of = &s->sweep[p->sweep];
        eg__rewrite_put_one(r, i, k,
            p->sweep == 0 ? state[p->index] : r->in[of->initial[p->index]]);
    }
    return true;
}

/* ---- the walk ------------------------------------------------------------------------------- */

static bool visit(eg__rewrite *r, int i)
{
    const eg_node *node = &r->from->nodes[i];
    int64_t n;

    eg__rewrite_inputs(r, i);
    if (node->op == &eg_op_switch && knows_branch(r, staged_of(node), &n))
        return put_branch(r, i, &staged_of(node)->sweep[n]);
    if (node->op == &eg_op_loop && unfolds(r, staged_of(node), &n))
        return put_steps(r, i, staged_of(node), n);
    return eg__rewrite_keep(r, i);
}

static bool has_bodies(const eg_graph *graph)
{
    for (int i = 0; i < graph->n; i++)
        if (graph->nodes[i].op == &eg_op_switch || graph->nodes[i].op == &eg_op_loop)
            return true;
    return false;
}

/* What follows from the numbers of steps is computed at once. */
eg_status eg__pass_unfold(eg_graph *graph)
{
    eg__rewrite r;

    if (!has_bodies(graph))
        return EG_OK;
    bool done = eg__rewrite_begin(&r, graph);
    for (int i = 0; done && i < graph->n; i++)
        done = visit(&r, i);
    eg_status status = eg__rewrite_end(&r, done);
    return status == EG_OK ? eg__pass_fold(graph) : status;
}
