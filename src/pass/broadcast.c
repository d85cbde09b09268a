/* Broadcast: an element-wise operation reads what was repeated as it was before, since it repeats
 * by itself; where everything it reads was repeated, it is computed once and then repeated. So
 * arrays of one number, and gradients of sums, are never written down.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/move.h"
#include "ops/registry.h"
#include "pass/pass.h"
#include "pass/rewrite.h"
#include <string.h>

/* The value that a broadcast repeats; itself where it is none. */
static eg_ref source(const eg_graph *graph, eg_ref x)
{
    while (graph->nodes[x.node].op == &eg_op_broadcast_to)
        x = graph->nodes[x.node].in[0];
    return x;
}

/* Reads past each broadcast that the operation can do itself. */
static void read_past(eg__rewrite *r, const eg_node *node)
{
    eg_spec out;

    for (int k = 0; k < node->n_in; k++) {
        eg_ref before = r->in[k], past = source(r->to, before);
        if (eg__same_ref(before, past))
            continue;
        r->in[k] = past;
        if (!eg__rewrite_infer(r, node, r->in, &out) || !eg__same_spec(&out, node->out))
            r->in[k] = before;
    }
}

/* Where the operation makes less of the sources: makes that, and repeats it. The node; -1: it does
 * not, or memory is out. */
static int repeat_result(eg__rewrite *r, const eg_node *node)
{
    eg__dims_attrs attrs = {.size = sizeof attrs, .dims = {.n = node->out->rank}};
    eg_ref in[EG__MAX_IN];
    eg_spec small;

    for (int k = 0; k < node->n_in; k++)
        in[k] = source(r->to, r->in[k]);
    if (!eg__rewrite_infer(r, node, in, &small) || small.size >= node->out->size || small.size == 0)
        return -1;
    int at = eg__graph_add(r->to, node->op, node->attrs, node->n_in, in, &small);
    if (at < 0)
        return -1;
    r->to->nodes[at].site = node->site;
    memcpy(attrs.dims.at, node->out->dims, sizeof *node->out->dims * (size_t)node->out->rank);
    eg_ref result = {(uint32_t)at, 0};
    at = eg__graph_add(r->to, &eg_op_broadcast_to, &attrs, 1, &result, node->out);
    if (at >= 0)
        r->to->nodes[at].site = node->site;
    return at;
}

static bool repeats_by_itself(const eg_node *node)
{
    const unsigned not = EG__VIEW | EG__MAY_FAIL | EG__EFFECT | EG__SOURCE;

    return (node->op->traits & EG__ELEMENTWISE) && !(node->op->traits & not ) && node->n_out == 1 &&
        !node->name;
}

static bool visit(eg__rewrite *r, int i)
{
    const eg_node *node = &r->from->nodes[i];
    bool any = false;

    eg__rewrite_inputs(r, i);
    for (int k = 0; k < node->n_in; k++)
        any = any || r->to->nodes[r->in[k].node].op == &eg_op_broadcast_to;
    if (!any || !repeats_by_itself(node))
        return eg__rewrite_keep(r, i);
    int at = repeat_result(r, node);
    if (at < 0 && !eg__me.failed) {
        read_past(r, node);
        at = eg__graph_copy_node(r->to, node, r->in);
    }
    if (at >= 0)
        eg__rewrite_put(r, i, (uint32_t)at);
    return at >= 0;
}

eg_status eg__pass_broadcast(eg_graph *graph)
{
    eg__rewrite r;

    if (!eg__graph_has(graph, &eg_op_broadcast_to))
        return EG_OK;
    bool done = eg__rewrite_begin(&r, graph);

    for (int i = 0; done && i < graph->n; i++)
        done = visit(&r, i);
    return eg__rewrite_end(&r, done);
}
