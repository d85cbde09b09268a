/* Staged control flow without what it prints: gradients run steps again, which print once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/staged.h"
#include "base/memory.h"
#include <string.h>

static eg__staged *quiet(const eg__staged *from);

static bool is_staged(const eg_opdef *op)
{
    return op == &eg_op_loop || op == &eg_op_switch;
}

bool eg__prints(const eg_opdef *op, const void *attrs)
{
    bool effect = eg__traits(op, attrs) & EG__EFFECT;
    return effect && (is_staged(op) || eg__n_out(op, attrs) == 0);
}

/* ---- blocks --------------------------------------------------------------------------------- */

/* A node that prints inside, in a graph that does not; its number. */
static int add_quiet(eg_graph *graph, const eg_node *node, const eg_ref in[])
{
    eg__staged_attrs attrs = {sizeof attrs, NULL};

    attrs.staged = quiet(((const eg__staged_attrs *)node->attrs)->staged);
    int at = attrs.staged ? eg__graph_apply(graph, node->op, &attrs, node->n_in, in) : -1;
    eg__staged_unref(attrs.staged);
    return at;
}

static bool copy_nodes(eg_graph *to, const eg_graph *from, uint32_t place[])
{
    eg_ref in[EG__MAX_IN];

    for (int i = 0; i < from->n; i++) {
        const eg_node *node = &from->nodes[i];
        bool prints = eg__prints(node->op, node->attrs);
        if (prints && !is_staged(node->op))
            continue;
        for (int k = 0; k < node->n_in; k++)
            in[k] = (eg_ref){place[node->in[k].node], node->in[k].result};
        int at = prints ? add_quiet(to, node, in) : eg__graph_copy_node(to, node, in);
        if (at < 0)
            return false;
        place[i] = (uint32_t)at;
    }
    for (int i = 0; i < from->n_outputs; i++) {
        eg_ref r = from->outputs[i];
        if (!eg__graph_want(to, (eg_ref){place[r.node], r.result}))
            return false;
    }
    return true;
}

static eg__block *without_prints(const eg_graph *from)
{
    size_t size = sizeof(uint32_t) * ((size_t)from->n + 1);
    uint32_t *place = eg__alloc(size);
    eg_graph *graph = place ? eg__graph_new(from->name) : NULL;
    eg__block *block = NULL;

    if (!place)
        eg__fail_memory(from->name, size);
    if (graph && copy_nodes(graph, from, place))
        block = eg__block_of(graph);
    else
        eg_graph_free(graph);
    eg__free(place, size);
    return block;
}

eg__block *eg__block_quiet(eg__block *block)
{
    const eg_graph *graph = eg__block_graph(block);

    for (int i = 0; i < graph->n; i++)
        if (eg__prints(graph->nodes[i].op, graph->nodes[i].attrs))
            return without_prints(graph);
    return eg__block_ref(block);
}

/* ---- operations ------------------------------------------------------------------------------ */

static bool copy_sweep(eg__staged *s, eg__sweep *to, const eg__sweep *from)
{
    size_t ports = (size_t)from->n_ports, states = (size_t)from->n_state;

    *to = *from;
    to->block = NULL;
    to->lanes = NULL;
    to->port = eg__staged_take(s, sizeof *to->port * (ports + 1));
    to->initial = eg__staged_take(s, sizeof *to->initial * (states + 1));
    if (!to->port || !to->initial)
        return false;
    if (ports > 0)
        memcpy(to->port, from->port, sizeof *to->port * ports);
    if (states > 0)
        memcpy(to->initial, from->initial, sizeof *to->initial * states);
    if (from->block)
        to->block = eg__block_quiet(from->block);
    return !eg__me.failed;
}

static eg__staged *quiet(const eg__staged *from)
{
    eg__staged *s = eg__staged_new(from->op, from->n_in, from->n_out, from->n_sweeps);

    if (!s)
        return NULL;
    memcpy(s->in, from->in, sizeof *s->in * (size_t)from->n_in);
    memcpy(s->out, from->out, sizeof *s->out * (size_t)from->n_out);
    memcpy(s->output, from->output, sizeof *s->output * (size_t)from->n_out);
    s->most = from->most;
    s->count = from->count;
    s->recompute = from->recompute;
    s->most_kept = from->most_kept;
    bool done = copy_sweep(s, &s->go_on, &from->go_on);
    for (int i = 0; done && i < from->n_sweeps; i++)
        done = copy_sweep(s, &s->sweep[i], &from->sweep[i]);
    if (done)
        return eg__staged_settle(s);
    eg__staged_unref(s);
    return NULL;
}

eg_tensor *eg__staged_again(const eg_opdef *op, const void *attrs, int n, eg_tensor *const in[])
{
    eg__staged_attrs own = {sizeof own, NULL};

    if (!eg__prints(op, attrs))
        return eg_apply(op, attrs, n, in);
    own.staged = quiet(((const eg__staged_attrs *)attrs)->staged);
    eg_tensor *y = own.staged ? eg_apply(op, &own, n, in) : NULL;
    eg__staged_unref(own.staged);
    return y;
}

/* ---- other effects --------------------------------------------------------------------------- */

static bool acts(const eg__staged *s);

static bool block_acts(const eg__block *block)
{
    const eg_graph *graph = block ? eg__block_graph(block) : NULL;

    for (int i = 0; graph && i < graph->n; i++) {
        const eg_node *node = &graph->nodes[i];
        bool inside = is_staged(node->op);
        if (inside && acts(((const eg__staged_attrs *)node->attrs)->staged))
            return true;
        if (!inside && node->n_out > 0 && (eg__traits(node->op, node->attrs) & EG__EFFECT))
            return true;
    }
    return false;
}

static bool acts(const eg__staged *s)
{
    bool any = block_acts(s->go_on.block);

    for (int i = 0; i < s->n_sweeps; i++)
        any = any || block_acts(s->sweep[i].block);
    return any;
}

bool eg__may_repeat(const eg__staged *s)
{
    return !acts(s) ||
        eg__fail(EG_INVALID, s->op->name,
            "its bodies have effects, which its gradient would repeat; move them out, or make the "
            "host calls pure") == EG_OK;
}
