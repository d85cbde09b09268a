/* Drawing blocks and applying them again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/staged.h"
#include "base/memory.h"
#include "pass/pass.h"
#include "tensor/scope.h"
#include <string.h>

static const char op_name[] = "a block";

/* ---- blocks --------------------------------------------------------------------------------- */

eg__block *eg__block_ref(eg__block *block)
{
    atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
    return block;
}

void eg__block_unref(eg__block *block)
{
    if (!block || atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) != 1)
        return;
    eg__plan_free(block->plan);
    eg__free(block, sizeof *block);
}

eg__block *eg__block_of(eg_graph *graph)
{
    eg__block *block = eg__alloc_zero(sizeof *block);

    if (!block)
        eg__fail_memory(op_name, sizeof *block);
    if (!block || eg__passes_run(graph) != EG_OK) {
        eg_graph_free(graph);
    } else if ((block->plan = eg__plan_new(graph, NULL))) {
        atomic_init(&block->refs, 1);
        return block;
    }
    eg__free(block, sizeof *block);
    return NULL;
}

const eg_spec *eg__block_in(const eg__block *block, int i)
{
    const eg_graph *graph = eg__block_graph(block);
    return graph->nodes[graph->inputs[i]].out;
}

const eg_spec *eg__block_out(const eg__block *block, int i)
{
    const eg_graph *graph = eg__block_graph(block);
    return eg__spec_of(graph, graph->outputs[i]);
}

/* ---- applying ------------------------------------------------------------------------------- */

typedef struct applying {
    const eg_graph *graph;
    uint32_t *first; /* by node: where its results begin */
    eg_tensor **at;
} applying;

/* What it prints is printed elsewhere. */
static bool apply_node(applying *a, int i)
{
    const eg_node *node = &a->graph->nodes[i];
    eg_tensor *in[EG__MAX_IN];

    if (node->n_out == 0 && eg__prints(node->op, node->attrs))
        return true;
    for (int k = 0; k < node->n_in; k++)
        in[k] = a->at[a->first[node->in[k].node] + node->in[k].result];
    eg_tensor *y = eg__staged_again(node->op, node->attrs, node->n_in, in);
    for (int k = 0; y && k < node->n_out; k++)
        a->at[a->first[i] + (uint32_t)k] = node->n_out == 1 ? y : eg_part(y, k);
    return y != NULL;
}

static bool apply_nodes(applying *a, eg_tensor *const in[])
{
    const eg_graph *graph = a->graph;
    int input = 0;

    for (int i = 0; i < graph->n; i++) {
        const eg_node *node = &graph->nodes[i];
        if (node->op == &eg_op_placeholder)
            a->at[a->first[i]] = in[input++];
        else if (node->tensor)
            a->at[a->first[i]] = node->tensor;
        else if (!apply_node(a, i))
            return false;
    }
    return true;
}

bool eg__block_apply(const eg__block *block, eg_tensor *const in[], eg_tensor *out[])
{
    applying a = {.graph = eg__block_graph(block)};
    size_t nodes = (size_t)a.graph->n + 1, results = 1;

    a.first = eg__alloc(sizeof *a.first * nodes);
    for (int i = 0; a.first && i < a.graph->n; i++) {
        a.first[i] = (uint32_t)results - 1;
        results += (size_t)a.graph->nodes[i].n_out;
    }
    a.at = eg__alloc_zero(sizeof *a.at * results);
    if (!a.first || !a.at)
        eg__fail_memory(op_name, sizeof *a.at * results);
    bool done = a.first && a.at && apply_nodes(&a, in);
    for (int k = 0; done && k < a.graph->n_outputs; k++) {
        eg_ref r = a.graph->outputs[k];
        out[k] = a.at[a.first[r.node] + r.result];
    }
    eg__free(a.first, sizeof *a.first * nodes);
    eg__free(a.at, sizeof *a.at * results);
    return done;
}

/* ---- drawing -------------------------------------------------------------------------------- */

bool eg__draw(eg__drawing *d, const char *name)
{
    *d = (eg__drawing){.graph = eg__graph_new(name)};
    if (!d->graph)
        return false;
    d->others = eg__graph_alone(d->graph);
    d->scope = eg_scope_open();
    return true;
}

eg_tensor *eg__draw_input(eg__drawing *d, const eg_spec *spec)
{
    int at = eg__graph_add_input(d->graph, NULL, spec);
    return at < 0 ? NULL : eg__symbol(d->graph, (eg_ref){(uint32_t)at, 0}, op_name);
}

bool eg__draw_output(eg__drawing *d, eg_tensor *x)
{
    eg_ref r;
    return eg__graph_ref(d->graph, x, op_name, &r) && eg__graph_want(d->graph, r);
}

void eg__draw_leave(eg__drawing *d)
{
    eg_scope_close(d->scope);
    eg__graph_done(d->graph, d->others);
}

eg__block *eg__draw_end(eg__drawing *d, int n, eg_tensor *const out[])
{
    if (!d->graph)
        return NULL;
    for (int i = 0; i < n && !eg__me.failed; i++)
        eg__draw_output(d, out[i]);
    eg__draw_leave(d);
    if (!eg__me.failed)
        return eg__block_of(d->graph);
    eg_graph_free(d->graph);
    return NULL;
}
