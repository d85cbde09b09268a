/* Graphs in the language of graphviz.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "graph/dot.h"
#include "tensor/variable.h"

static void put_quoted(eg__text *text, const char *s)
{
    for (; *s; s++) {
        if (*s == '"' || *s == '\\')
            eg__text_put(text, "\\");
        eg__text_add(text, s, 1);
    }
}

void eg__dot_start(eg__text *text, const char *name)
{
    eg__text_put(text, "digraph \"");
    put_quoted(text, name);
    eg__text_put(text,
        "\" {\n  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eef3fa\", "
        "fontname=\"sans-serif\", fontsize=11];\n"
        "  edge [fontname=\"sans-serif\", fontsize=9];\n");
}

static const char *colour_of(const eg_node *node)
{
    if (node->op == &eg_op_placeholder)
        return "#dff0d8";
    if (node->op == &eg_op_constant)
        return "#f5f5f5";
    if (node->op == &eg_op_variable)
        return "#fcf3cf";
    if (eg__traits(node->op, node->attrs) & EG__HOST)
        return "#f5cba7";
    return eg__traits(node->op, node->attrs) & EG__EFFECT ? "#fadbd8" : "#eef3fa";
}

static void put_label(const eg_node *node, eg__text *text)
{
    char spec[EG__SPEC_TEXT];
    eg__text attrs = {0};

    eg__text_put(text, node->op->name);
    if (node->attrs)
        eg__attrs_text(node->op->attrs, node->attrs, true, &attrs);
    if (attrs.length > 0) {
        eg__text_put(text, "\\n");
        put_quoted(text, attrs.start);
    }
    eg__text_free(&attrs);
    if (node->name || node->op == &eg_op_variable) {
        eg__text_put(text, "\\n");
        put_quoted(text, node->name ? node->name : node->tensor->variable->name);
    }
    for (int k = 0; k < node->n_out; k++)
        eg__text_format(text, "\\n%s", eg__spec_text(&node->out[k], spec));
}

void eg__dot_node(const eg_node *node, int prefix, int number, eg__text *text)
{
    eg__text_format(text, "  s%dn%d [label=\"", prefix, number);
    put_label(node, text);
    if (node->tensor && node->tensor->kind == EG__VALUE && node->tensor->spec.size == 1) {
        eg__text_put(text, "\\n");
        eg__literal_put(&node->tensor->spec, node->tensor->data, text);
    }
    eg__text_format(text, "\", fillcolor=\"%s\"];\n", colour_of(node));
}

void eg__dot_graph(const eg_graph *graph, eg__text *text)
{
    eg__dot_start(text, graph->name);
    for (int i = 0; i < graph->n; i++) {
        const eg_node *node = &graph->nodes[i];
        eg__dot_node(node, 0, i, text);
        for (int k = 0; k < node->n_in; k++)
            eg__text_format(text, "  s0n%u -> s0n%d;\n", node->in[k].node, i);
    }
    eg__text_put(text, "}\n");
}
