/* Making graphs: appending nodes, inferring their specs, following uses.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"
#include "base/memory.h"
#include "op/flops.h"
#include "tensor/variable.h"
#include <string.h>

static const char op_name[] = "a graph";

static int out_of_memory(void)
{
    eg__fail_memory(op_name, sizeof(eg_node));
    return -1;
}

eg_graph *eg__graph_new(const char *name)
{
    eg_graph *graph = eg__alloc_zero(sizeof *graph);

    if (graph)
        graph->name = eg__arena_text(&graph->arena, name ? name : "graph");
    if (graph && graph->name)
        return graph;
    out_of_memory();
    eg__free(graph, sizeof *graph);
    return NULL;
}

eg_graph *eg_graph_new(const char *name)
{
    return eg__me.failed ? NULL : eg__graph_new(name);
}

void eg_graph_free(eg_graph *graph)
{
    if (!graph)
        return;
    for (int i = 0; i < graph->n; i++) {
        eg__unref(graph->nodes[i].tensor);
        eg__attrs_hold(graph->nodes[i].op, graph->nodes[i].attrs, -1);
    }
    for (int i = 0; i < graph->n_owned; i++)
        eg_variable_free(graph->owned[i]);
    for (int i = 0; i < graph->n_effects; i++)
        eg__unref(graph->effects[i].variable);
    eg__free(graph->nodes, sizeof *graph->nodes * (size_t)graph->capacity);
    eg__free(graph->inputs, sizeof *graph->inputs * (size_t)graph->inputs_capacity);
    eg__free(graph->outputs, sizeof *graph->outputs * (size_t)graph->outputs_capacity);
    eg__free(graph->owned, sizeof *graph->owned * (size_t)graph->owned_capacity);
    eg__free(graph->effects, sizeof *graph->effects * (size_t)graph->effects_capacity);
    eg__map_free(&graph->tensors);
    eg__arena_free(&graph->arena);
    eg__free(graph, sizeof *graph);
}

double eg__node_flops(const eg_graph *graph, const eg_node *node)
{
    const eg_spec *in[EG__MAX_IN], *out[EG__MAX_OUT];

    for (int k = 0; k < node->n_in; k++)
        in[k] = eg__spec_of(graph, node->in[k]);
    for (int k = 0; k < node->n_out; k++)
        out[k] = &node->out[k];
    eg_problem p = {node->attrs, node->n_in, node->n_out, in, out};
    return eg__flops(node->op, &p);
}

double eg_graph_flops(const eg_graph *graph)
{
    double total = 0;

    for (int i = 0; graph && i < graph->n; i++)
        total += eg__node_flops(graph, &graph->nodes[i]);
    return total;
}

int eg_graph_size(const eg_graph *graph)
{
    return graph ? graph->n : 0;
}

static void *keep(eg_graph *graph, const void *what, size_t size)
{
    void *copy = eg__arena_take(&graph->arena, size);
    return copy && size > 0 ? memcpy(copy, what, size) : copy;
}

int eg__graph_add(eg_graph *graph, const eg_opdef *op, const void *attrs, int n_in,
    const eg_ref in[], const eg_spec out[])
{
    eg_node node = {.op = op, .n_in = n_in, .n_out = eg__n_out(op, attrs), .site = eg__me.site};

    if (!eg__reserve(&graph->nodes, sizeof *graph->nodes, graph->n, &graph->capacity))
        return out_of_memory();
    if (op->attrs_size > 0 && attrs && !(node.attrs = keep(graph, attrs, op->attrs_size)))
        return out_of_memory();
    node.in = keep(graph, in, sizeof *in * (size_t)n_in);
    node.out = keep(graph, out, sizeof *out * (size_t)node.n_out);
    if (!node.in || !node.out)
        return out_of_memory();
    eg__attrs_hold(op, node.attrs, 1);
    graph->nodes[graph->n] = node;
    return graph->n++;
}

int eg__graph_add_input(eg_graph *graph, const char *name, const eg_spec *spec)
{
    if (!eg__reserve(&graph->inputs, sizeof *graph->inputs, graph->n_inputs,
            &graph->inputs_capacity))
        return out_of_memory();
    char *copy = name ? eg__arena_text(&graph->arena, name) : NULL;
    if (name && !copy)
        return out_of_memory();
    int at = eg__graph_add(graph, &eg_op_placeholder, NULL, 0, NULL, spec);
    if (at < 0)
        return -1;
    graph->nodes[at].name = copy;
    graph->inputs[graph->n_inputs++] = (uint32_t)at;
    return at;
}

int eg__graph_add_tensor(eg_graph *graph, const eg_opdef *op, eg_tensor *tensor)
{
    int at = eg__graph_add(graph, op, NULL, 0, NULL, &tensor->spec);

    if (at >= 0)
        graph->nodes[at].tensor = eg__ref(tensor);
    return at;
}

int eg__graph_find_tensor(eg_graph *graph, eg_tensor *tensor)
{
    const uint32_t *known = eg__map_find(&graph->tensors, eg__key_of(tensor));

    if (known)
        return (int)*known;
    int at = eg__graph_add_tensor(graph,
        tensor->kind == EG__VARIABLE ? &eg_op_variable : &eg_op_constant, tensor);
    if (at >= 0 && !eg__map_set(&graph->tensors, eg__key_of(tensor), (uint32_t)at))
        return out_of_memory();
    return at;
}

int eg__graph_apply(eg_graph *graph, const eg_opdef *op, const void *attrs, int n_in,
    const eg_ref in[])
{
    const eg_spec *in_spec[EG__MAX_IN];
    eg_spec out[EG__MAX_OUT], *out_spec[EG__MAX_OUT];
    eg_shapes s = {op, attrs, n_in, in_spec, out_spec};

    for (int i = 0; i < n_in; i++)
        in_spec[i] = eg__spec_of(graph, in[i]);
    for (int i = 0; i < EG__MAX_OUT; i++)
        out_spec[i] = &out[i];
    if (op->infer && op->infer(&s) != EG_OK)
        return -1;
    return eg__graph_add(graph, op, attrs, n_in, in, out);
}

int eg__graph_copy_node(eg_graph *graph, const eg_node *from, const eg_ref in[])
{
    if (from->op == &eg_op_placeholder)
        return eg__graph_add_input(graph, from->name, from->out);
    int at = eg__graph_add(graph, from->op, from->attrs, from->n_in, in, from->out);
    if (at < 0)
        return -1;
    eg_node *node = &graph->nodes[at];
    node->tensor = eg__ref(from->tensor);
    node->site = from->site;
    node->is_stopped = from->is_stopped;
    if (from->name && !(node->name = eg__arena_text(&graph->arena, from->name)))
        return out_of_memory();
    return at;
}

bool eg__graph_want(eg_graph *graph, eg_ref output)
{
    if (!eg__reserve(&graph->outputs, sizeof *graph->outputs, graph->n_outputs,
            &graph->outputs_capacity)) {
        out_of_memory();
        return false;
    }
    graph->outputs[graph->n_outputs++] = output;
    return true;
}

eg_graph *eg__graph_copy(const eg_graph *from)
{
    eg_graph *to = eg__graph_new(from->name);
    bool done = to != NULL;

    if (done)
        to->keeps_failures = from->keeps_failures;
    for (int i = 0; done && i < from->n; i++)
        done = eg__graph_copy_node(to, &from->nodes[i], from->nodes[i].in) >= 0;
    if (done)
        return to;
    eg_graph_free(to);
    return NULL;
}

bool eg__node_must_stay(const eg_graph *graph, const eg_node *node)
{
    unsigned traits = eg__traits(node->op, node->attrs);

    return (traits & EG__EFFECT) || node->op == &eg_op_placeholder ||
        (graph->keeps_failures && (traits & EG__MAY_FAIL));
}

void eg__graph_mark(const eg_graph *graph, bool live[])
{
    for (int i = 0; i < graph->n; i++)
        live[i] = eg__node_must_stay(graph, &graph->nodes[i]);
    for (int i = 0; i < graph->n_outputs; i++)
        live[graph->outputs[i].node] = true;
    for (int i = graph->n; i-- > 0;)
        for (int k = 0; live[i] && k < graph->nodes[i].n_in; k++)
            live[graph->nodes[i].in[k].node] = true;
}

eg_status eg__graph_want_leaves(eg_graph *graph)
{
    bool *used = eg__alloc_zero((size_t)graph->n + 1);

    if (!used)
        return eg__fail_memory(op_name, (size_t)graph->n);
    for (int i = 0; i < graph->n; i++)
        for (int k = 0; k < graph->nodes[i].n_in; k++)
            used[graph->nodes[i].in[k].node] = true;
    for (int i = 0; i < graph->n && !eg__me.failed; i++)
        for (uint32_t k = 0; !used[i] && k < (uint32_t)graph->nodes[i].n_out; k++)
            eg__graph_want(graph, (eg_ref){(uint32_t)i, k});
    eg__free(used, (size_t)graph->n + 1);
    return eg__me.failed;
}
