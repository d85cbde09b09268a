/* Is a graph whole? Run between passes, so that a broken pass is caught by the next line and not by
 * a wrong number.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"

static eg_status wrong(int i, const eg_node *node, const char *after, const char *what)
{
    return eg__fail(EG_INTERNAL, node->op->name, "node %d is broken after %s: %s", i, after, what);
}

static const char *fault_of_arity(const eg_node *node)
{
    const eg_opdef *op = node->op;

    if (node->n_out != eg__n_out(op, node->attrs) && !(op->traits & EG__SOURCE))
        return "wrong number of results";
    if (op->variadic ? node->n_in < 1 : node->n_in != eg__n_named(op))
        return "wrong number of inputs";
    if (op->attrs_size > 0 && !node->attrs)
        return "no attributes";
    if ((op == &eg_op_constant || op == &eg_op_variable) && !node->tensor)
        return "no tensor";
    return NULL;
}

static const char *fault_of_inputs(const eg_graph *graph, int i)
{
    const eg_node *node = &graph->nodes[i];

    for (int k = 0; k < node->n_in; k++) {
        eg_ref r = node->in[k];
        if (r.node >= (uint32_t)i)
            return "an input comes later";
        if (r.result >= (uint32_t)graph->nodes[r.node].n_out)
            return "an input is a result that is not there";
    }
    return NULL;
}

static const char *fault_of_specs(const eg_graph *graph, const eg_node *node)
{
    const eg_spec *in[EG__MAX_IN];
    eg_spec out[EG__MAX_OUT], *out_spec[EG__MAX_OUT];
    eg_shapes s = {node->op, node->attrs, node->n_in, in, out_spec};

    if (!node->op->infer)
        return NULL;
    for (int k = 0; k < node->n_in; k++)
        in[k] = eg__spec_of(graph, node->in[k]);
    for (int k = 0; k < EG__MAX_OUT; k++)
        out_spec[k] = &out[k];
    if (node->op->infer(&s) != EG_OK) {
        eg__clear_error();
        return "its shape rule refuses the inputs";
    }
    for (int k = 0; k < node->n_out; k++)
        if (!eg__same_spec(&out[k], &node->out[k]))
            return "its shape rule gives another result";
    return NULL;
}

eg_status eg__graph_verify(const eg_graph *graph, const char *after)
{
    for (int i = 0; i < graph->n; i++) {
        const char *fault = fault_of_arity(&graph->nodes[i]);
        if (!fault)
            fault = fault_of_inputs(graph, i);
        if (!fault)
            fault = fault_of_specs(graph, &graph->nodes[i]);
        if (fault)
            return wrong(i, &graph->nodes[i], after, fault);
    }
    for (int i = 0; i < graph->n_outputs; i++) {
        eg_ref r = graph->outputs[i];
        if (r.node >= (uint32_t)graph->n || r.result >= (uint32_t)graph->nodes[r.node].n_out)
            return eg__fail(EG_INTERNAL, graph->name, "output %d is broken after %s", i, after);
    }
    return EG_OK;
}
