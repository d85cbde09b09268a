/* Graphs as text.
 *
 *     graph "sum" {
 *       %0 = Placeholder() "x" : float32[2]
 *       %1 = Constant(2) : float32[]
 *       %2 = Mul(%0, %1) : float32[2]
 *       return %2
 *     }
 *
 * Nodes are numbered by a walk from the results, never by creation: C leaves the order of argument
 * evaluation open, so the same expression makes its nodes in another order under another compiler.
 * Result k > 0 of node n is written %n.k. Text is exact: reading it back gives the same bits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/number.h"
#include "graph/graph.h"
#include "tensor/strings.h"
#include "tensor/variable.h"
#include <math.h>
#include <string.h>

/* ---- numbering ------------------------------------------------------------------------------ */

typedef struct frame {
    uint32_t node;
    int next; /* the input to visit next */
} frame;

/* Visits what `root` depends on, then root, giving numbers on the way out. */
static uint32_t walk(const eg_graph *graph, uint32_t root, uint32_t number[], frame stack[],
    uint32_t n)
{
    int depth = 0;

    if (number[root] != UINT32_MAX)
        return n;
    stack[depth++] = (frame){root, 0};
    while (depth > 0) {
        frame *top = &stack[depth - 1];
        const eg_node *node = &graph->nodes[top->node];
        if (top->next == node->n_in) {
            number[top->node] = n++;
            depth--;
            continue;
        }
        uint32_t in = node->in[top->next++].node;
        if (number[in] == UINT32_MAX)
            stack[depth++] = (frame){in, 0};
    }
    return n;
}

bool eg__graph_number(const eg_graph *graph, uint32_t number[], uint32_t *count)
{
    size_t size = sizeof(frame) * ((size_t)graph->n + 1);
    frame *stack = eg__alloc(size);
    uint32_t n = 0;

    if (!stack)
        return eg__fail_memory("a graph's text", size), false;
    for (int i = 0; i < graph->n; i++)
        number[i] = UINT32_MAX;
    for (int i = 0; i < graph->n_inputs; i++)
        n = walk(graph, graph->inputs[i], number, stack, n);
    for (int i = 0; i < graph->n; i++)
        if (eg__node_must_stay(graph, &graph->nodes[i]))
            n = walk(graph, (uint32_t)i, number, stack, n);
    for (int i = 0; i < graph->n_outputs; i++)
        n = walk(graph, graph->outputs[i].node, number, stack, n);
    eg__free(stack, size);
    *count = n;
    return true;
}

/* ---- literals ------------------------------------------------------------------------------- */

enum { READABLE = 256 }; /* larger constants are written as bytes */

static bool is_odd_nan(eg_dtype dtype, const char *at)
{
    uint64_t plain;

    if (eg__dtype(dtype)->kind != EG__REAL || !isnan(eg__element_real(dtype, at)))
        return false;
    eg__set_element_real(dtype, &plain, (double)NAN);
    return memcmp(at, &plain, eg__dtype(dtype)->size) != 0;
}

static bool is_readable(const eg_spec *spec, const char *data)
{
    eg_dtype part = eg__part_of(spec->dtype);
    size_t size = eg__dtype(part)->size, bytes = eg__bytes(spec);

    if (spec->size > READABLE || spec->dtype == EG_STRING)
        return spec->dtype == EG_STRING;
    for (size_t at = 0; at < bytes; at += size)
        if (is_odd_nan(part, data + at))
            return false;
    return true;
}

static void put_bytes(const eg_spec *spec, const unsigned char *data, eg__text *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = eg__bytes(spec);

    eg__text_put(text, "bytes ");
    for (size_t i = 0; i < n; i++) {
        char pair[2] = {digits[data[i] >> 4], digits[data[i] & 15]};
        eg__text_add(text, pair, 2);
    }
}

/* 1+2j, or what NaN and infinity make of it. */
static void put_pair(eg_pair x, int digits, eg__text *text)
{
    eg__put_real(text, x.re, digits);
    if (!signbit(x.im) || isnan(x.im))
        eg__text_put(text, "+");
    eg__put_real(text, x.im, digits);
    eg__text_put(text, "j");
}

void eg__literal_put(const eg_spec *spec, const void *data, eg__text *text)
{
    const eg__dtype_info *d = eg__dtype(spec->dtype);

    if (!is_readable(spec, data)) {
        put_bytes(spec, data, text);
        return;
    }
    for (int64_t i = 0; i < spec->size; i++) {
        const char *at = (const char *)data + (size_t)i * d->size;
        eg__text_put(text, i ? ", " : "");
        if (d->kind == EG__TEXT)
            eg__string_quote(text, eg__string_at(at), '"');
        else if (d->kind == EG__COMPLEX)
            put_pair(eg__element_pair(spec->dtype, at), d->digits, text);
        else if (d->kind == EG__REAL)
            eg__put_real(text, eg__element_real(spec->dtype, at), d->digits);
        else
            eg__text_format(text, spec->dtype == EG_UINT64 ? "%llu" : "%lld",
                (long long)eg__element_int(spec->dtype, at));
    }
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static void put_ref(eg_ref r, const uint32_t number[], eg__text *text)
{
    eg__text_format(text, r.result ? "%%%u.%u" : "%%%u", number[r.node], r.result);
}

static void put_tensor(const eg_node *node, eg__text *text)
{
    eg_tensor *variable = node->op == &eg_op_variable ? node->tensor : NULL;
    eg_tensor *value = variable ? eg__variable_get(variable, NULL) : node->tensor;

    eg__literal_put(&value->spec, value->data, text);
    if (variable && !variable->variable->trainable)
        eg__text_put(text, "; not trainable");
    if (variable) {
        eg__text_format(text, ") \"%s\"", variable->variable->name);
        eg__unref(value);
    } else {
        eg__text_put(text, ")");
    }
}

void eg__node_put(const eg_graph *graph, const eg_node *node, const uint32_t number[],
    eg__text *text)
{
    (void)graph;
    eg__text_format(text, "%s(", node->op->name);
    if (node->tensor) {
        put_tensor(node, text);
        return;
    }
    for (int i = 0; i < node->n_in; i++) {
        eg__text_put(text, i ? ", " : "");
        put_ref(node->in[i], number, text);
    }
    if (node->attrs)
        eg__attrs_text(node->op->attrs, node->attrs, node->n_in == 0, text);
    eg__text_put(text, ")");
    if (node->op->put)
        node->op->put(node->attrs, text);
}

static void put_specs(const eg_node *node, eg__text *text)
{
    char spec[EG__SPEC_TEXT];

    for (int i = 0; i < node->n_out; i++)
        eg__text_format(text, i ? ", %s" : " : %s", eg__spec_text(&node->out[i], spec));
}

static void put_line(const eg_graph *graph, const eg_node *node, uint32_t own,
    const uint32_t number[], bool origins, eg__text *text)
{
    eg__text_put(text, "  ");
    if (node->n_out > 0)
        eg__text_format(text, "%%%u = ", own);
    eg__node_put(graph, node, number, text);
    if (node->name)
        eg__text_format(text, " \"%s\"", node->name);
    put_specs(node, text);
    if (origins && node->site.file)
        eg__text_format(text, "  # %s:%d %s", node->site.file, node->site.line,
            node->site.function ? node->site.function : "");
    eg__text_put(text, "\n");
}

static void put_nodes(const eg_graph *graph, const uint32_t number[], uint32_t order[], uint32_t n,
    bool origins, eg__text *text)
{
    for (int i = 0; i < graph->n; i++)
        if (number[i] != UINT32_MAX)
            order[number[i]] = (uint32_t)i;
    for (uint32_t i = 0; i < n; i++)
        put_line(graph, &graph->nodes[order[i]], i, number, origins, text);
    if (graph->n_outputs > 0)
        eg__text_put(text, "  return ");
    for (int i = 0; i < graph->n_outputs; i++) {
        eg__text_put(text, i ? ", " : "");
        put_ref(graph->outputs[i], number, text);
    }
    eg__text_put(text, graph->n_outputs > 0 ? "\n}\n" : "}\n");
}

void eg__graph_put(const eg_graph *graph, bool origins, eg__text *text)
{
    size_t size = sizeof(uint32_t) * 2 * ((size_t)graph->n + 1);
    uint32_t *number = eg__alloc(size), n;

    if (!number) {
        eg__fail_memory("a graph's text", size);
        return;
    }
    if (eg__graph_number(graph, number, &n)) {
        eg__text_format(text, "graph \"%s\" {\n", graph->name);
        put_nodes(graph, number, number + graph->n, n, origins, text);
    }
    eg__free(number, size);
}

/* ---- the public text ------------------------------------------------------------------------ */

static bool is_output(const eg_graph *graph, eg_ref r)
{
    for (int i = 0; i < graph->n_outputs; i++)
        if (eg__same_ref(graph->outputs[i], r))
            return true;
    return false;
}

/* What the user wants to see of a graph: what its text returned if it has one, and its named
 * symbols; where there is neither, what nobody uses. */
static eg_status choose_outputs(eg_graph *shown, const eg_graph *graph)
{
    shown->outputs = NULL;
    shown->n_outputs = shown->outputs_capacity = 0;
    for (int i = 0; i < graph->n_outputs && !eg__me.failed; i++)
        eg__graph_want(shown, graph->outputs[i]);
    for (int i = 0; i < graph->n && !eg__me.failed; i++) {
        eg_ref r = {(uint32_t)i, 0};
        bool named = graph->nodes[i].name && graph->nodes[i].op != &eg_op_placeholder;
        if (named && !is_output(shown, r))
            eg__graph_want(shown, r);
    }
    if (shown->n_outputs == 0 && !eg__me.failed)
        return eg__graph_want_leaves(shown);
    return eg__me.failed;
}

char *eg_graph_text(const eg_graph *graph)
{
    static const char op[] = "eg_graph_text";
    eg__text text = {0};

    if (eg__me.failed)
        return NULL;
    if (!graph)
        return eg__fail_null(EG_INVALID, op, "graph is NULL");
    eg_graph shown = *graph;
    if (choose_outputs(&shown, graph) == EG_OK)
        eg__graph_put(&shown, false, &text);
    eg__free(shown.outputs, sizeof *shown.outputs * (size_t)shown.outputs_capacity);
    if (!eg__me.failed)
        return eg__text_take(&text, op);
    eg__text_free(&text);
    return NULL;
}
