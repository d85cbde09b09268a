/* Transpose: two transposes behind one another are one, or none; and one that moves nothing but
 * axes of one element only gives the elements another shape.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/move.h"
#include "ops/registry.h"
#include "pass/pass.h"
#include "pass/rewrite.h"
#include <string.h>

/* Axis i of the result is axis order[i] of what is transposed. */
static void find_order(const eg_node *node, int order[])
{
    const eg_axes *axes = &((const eg_transpose_attrs *)node->attrs)->axes;
    int rank = node->out->rank;

    for (int i = 0; i < rank; i++) {
        order[i] = axes->n ? axes->axis[i] : rank - 1 - i;
        order[i] += order[i] < 0 ? rank : 0;
    }
}

/* Whether the elements stay in their order: axes of more than one keep theirs. */
static bool moves_nothing(const eg_node *node, const int order[])
{
    int last = -1;

    for (int i = 0; i < node->out->rank; i++) {
        if (node->out->dims[i] == 1)
            continue;
        if (order[i] < last)
            return false;
        last = order[i];
    }
    return true;
}

static bool is_identity(int rank, const int order[])
{
    for (int i = 0; i < rank; i++)
        if (order[i] != i)
            return false;
    return true;
}

static int add_reshape(eg__rewrite *r, const eg_node *node, eg_ref x)
{
    eg__dims_attrs attrs = {.size = sizeof attrs, .dims = {.n = node->out->rank}};

    memcpy(attrs.dims.at, node->out->dims, sizeof *node->out->dims * (size_t)node->out->rank);
    return eg__graph_add(r->to, &eg_op_reshape, &attrs, 1, &x, node->out);
}

static int add_transpose(eg__rewrite *r, const eg_node *node, eg_ref x, const int order[])
{
    eg_transpose_attrs attrs = {.size = sizeof attrs, .axes = {.n = node->out->rank}};

    for (int i = 0; i < node->out->rank; i++)
        attrs.axes.axis[i] = order[i];
    return eg__graph_add(r->to, &eg_op_transpose, &attrs, 1, &x, node->out);
}

static bool visit(eg__rewrite *r, int i)
{
    const eg_node *node = &r->from->nodes[i];
    int order[EG_MAX_RANK], inner[EG_MAX_RANK];

    eg__rewrite_inputs(r, i);
    if (node->op != &eg_op_transpose || node->name || node->out->size == 0)
        return eg__rewrite_keep(r, i);
    eg_ref x = r->in[0];
    const eg_node *from = &r->to->nodes[x.node];
    find_order(node, order);
    bool twice = from->op == &eg_op_transpose && !from->name;
    if (twice) {
        find_order(from, inner);
        for (int k = 0; k < node->out->rank; k++)
            order[k] = inner[order[k]];
        x = from->in[0];
    }
    if (is_identity(node->out->rank, order)) {
        eg__rewrite_put_one(r, i, 0, x);
        return true;
    }
    bool reshapes = moves_nothing(node, order);
    if (!twice && !reshapes)
        return eg__rewrite_keep(r, i);
    int at = reshapes ? add_reshape(r, node, x) : add_transpose(r, node, x, order);
    if (at < 0)
        return false;
    r->to->nodes[at].site = node->site;
    eg__rewrite_put(r, i, (uint32_t)at);
    return true;
}

eg_status eg__pass_transpose(eg_graph *graph)
{
    eg__rewrite r;

    if (!eg__graph_has(graph, &eg_op_transpose))
        return EG_OK;
    bool done = eg__rewrite_begin(&r, graph);

    for (int i = 0; done && i < graph->n; i++)
        done = visit(&r, i);
    return eg__rewrite_end(&r, done);
}
