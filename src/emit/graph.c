/* A graph, node by node: where each value lives, and what is written for it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "emit/emit.h"
#include "pass/fused.h"
#include <limits.h>
#include <string.h>

const eg__emission *eg__emission_of(const eg_opdef *op)
{
    static const eg__emission *const families[] = {eg__emit_arrange, eg__emit_control,
        eg__emit_index, eg__emit_linear, eg__emit_network, eg__emit_reduce, eg__emit_scan,
        eg__emit_window};
    static const eg__emission formula = {"", eg__group_of_one, true};

    if (eg__has_formula(op->name))
        return &formula;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        for (const eg__emission *row = families[i]; row->op; row++)
            if (strcmp(row->op, op->name) == 0)
                return row;
    return NULL;
}

/* ---- what lives how long --------------------------------------------------------------------- */

static bool is_view(const eg_node *node)
{
    return node->op->traits & EG__VIEW;
}

/* The value whose elements a value shows. */
static eg_ref base_of(const eg__scene *s, eg_ref r)
{
    while (is_view(&s->graph->nodes[r.node]))
        r = s->graph->nodes[r.node].in[r.result];
    return r;
}

static void find_last(eg__scene *s)
{
    const eg_graph *graph = s->graph;

    for (int i = 0; i < graph->n; i++)
        s->last[i] = -1;
    for (int i = 0; i < graph->n; i++)
        for (int k = 0; !is_view(&graph->nodes[i]) && k < graph->nodes[i].n_in; k++)
            s->last[base_of(s, graph->nodes[i].in[k]).node] = i;
    for (int k = 0; k < graph->n_outputs; k++)
        s->last[base_of(s, graph->outputs[k]).node] = INT_MAX;
}

/* Gives back the places of values that node i was the last to read, and of its own that nobody
 * does. */
static void release(eg__scene *s, int i)
{
    const eg_node *node = &s->graph->nodes[i];

    if (is_view(node))
        return;
    for (int k = 0; k <= node->n_in; k++) {
        int of = k < node->n_in ? (int)base_of(s, node->in[k]).node : i;
        if (s->last[of] > i || (of == i && s->last[i] >= 0))
            continue;
        for (int r = 0; r < s->graph->nodes[of].n_out; r++)
            if (s->at[of] && s->at[of][r])
                eg__c_release(s->e, s->at[of][r]);
    }
}

/* ---- nodes ---------------------------------------------------------------------------------- */

/* Whether somebody reads a result. */
static bool is_read(const eg__scene *s, eg_ref r)
{
    const eg_graph *graph = s->graph;

    for (int i = 0; i < graph->n; i++)
        for (int k = 0; k < graph->nodes[i].n_in; k++)
            if (eg__same_ref(graph->nodes[i].in[k], r))
                return true;
    for (int k = 0; k < graph->n_outputs; k++)
        if (eg__same_ref(graph->outputs[k], r))
            return true;
    return false;
}

/* The place that is wanted for a result; NULL: any. */
static const eg__cvalue *wanted_for(const eg__scene *s, eg_ref r, const eg__cvalue *const want[])
{
    for (int k = 0; want && k < s->graph->n_outputs; k++)
        if (want[k] && eg__same_ref(base_of(s, s->graph->outputs[k]), r))
            return want[k];
    return NULL;
}

static bool names_itself(const eg_node *node)
{
    return node->op == &eg_op_fused || eg__emission_of(node->op)->names;
}

static eg__cvalue *home_of(eg__scene *s, int i, int result, const eg__cvalue *const want[])
{
    const eg_node *node = &s->graph->nodes[i];
    const eg__cvalue *given = wanted_for(s, (eg_ref){(uint32_t)i, (uint32_t)result}, want);
    const char *wish = node->name ? node->name : node->op->name;

    if (given || (node->out[result].size == 1 && names_itself(node))) {
        eg__cvalue *v = eg__emit_take(s->e, sizeof *v);
        if (v && given)
            *v = (eg__cvalue){&node->out[result], given->name, given->is_array, -1};
        else if (v)
            *v = (eg__cvalue){&node->out[result], NULL, false, -1};
        return v;
    }
    eg__cvalue *v = eg__c_declare(s->e, &node->out[result], wish);
    if (v && node->n_out > 1 && v->spec->size > 0 &&
        !is_read(s, (eg_ref){(uint32_t)i, (uint32_t)result}))
        eg__line(s->e, "(void)%s;", v->name);
    return v;
}

static void put_comment(eg__emitter *e, const eg_node *node)
{
    const char *name = node->op == &eg_op_fused
        ? ((const eg__fused_attrs *)node->attrs)->fused->body->name
        : node->op->name;
    const char *file = node->site.file ? strrchr(node->site.file, '/') : NULL;

    file = file ? file + 1 : node->site.file;
    if (file && !strstr(file, "*/") && !strstr(name, "*/"))
        eg__line(e, "/* %s: %s:%d */", name, file, node->site.line);
    else if (!strstr(name, "*/"))
        eg__line(e, "/* %s */", name);
}

static bool has_types(eg__emitter *e, const eg_spec *spec)
{
    return eg__c_type(spec->dtype) ||
        eg__cannot(e, "%s has no type in C11; compute with real numbers",
            eg_dtype_name(spec->dtype));
}

static bool write_node(eg__scene *s, int i, const eg__cvalue *const want[])
{
    const eg_node *node = &s->graph->nodes[i];
    const eg__emission *how = node->op == &eg_op_fused ? NULL : eg__emission_of(node->op);
    eg__work w = {s->graph, node, {NULL}, {NULL}};
    int64_t elements = 0;

    if (node->op != &eg_op_fused && !how)
        return eg__cannot(s->e,
            "there is no text for this operation; leave it to a call before or "
            "behind the function");
    for (int k = 0; k < node->n_in; k++)
        w.in[k] = s->at[node->in[k].node][node->in[k].result];
    put_comment(s->e, node);
    for (int k = 0; k < node->n_out; k++) {
        if (!has_types(s->e, &node->out[k]) || !(s->at[i][k] = home_of(s, i, k, want)))
            return false;
        w.out[k] = s->at[i][k];
        elements += node->out[k].size;
    }
    if (elements == 0)
        return true;
    return how ? how->write(s->e, &w) : eg__group_of_fused(s->e, &w);
}

static bool take_view(eg__scene *s, int i)
{
    const eg_node *node = &s->graph->nodes[i];

    for (int k = 0; k < node->n_out; k++) {
        const eg__cvalue *of = s->at[node->in[k].node][node->in[k].result];
        eg__cvalue *v = eg__emit_take(s->e, sizeof *v);
        if (!v)
            return false;
        *v = (eg__cvalue){&node->out[k], of->name, of->is_array, -1};
        s->at[i][k] = v;
    }
    return true;
}

static bool visit(eg__scene *s, int i, const eg__cvalue *const in[], int *input,
    const eg__cvalue *const want[])
{
    const eg_node *node = &s->graph->nodes[i];

    s->e->now = node;
    s->at[i] = eg__emit_take(s->e, sizeof(eg__cvalue *) * ((size_t)node->n_out + 1));
    if (!s->at[i])
        return false;
    if (node->op == &eg_op_placeholder)
        s->at[i][0] = in[(*input)++];
    else if (node->op == &eg_op_constant)
        return has_types(s->e, node->out) &&
            (s->at[i][0] = eg__c_constant(s->e, node->tensor, node->out));
    else if (node->op == &eg_op_variable)
        return has_types(s->e, node->out) &&
            (s->at[i][0] = eg__c_variable(s->e, node->tensor, node->out));
    else if (is_view(node))
        return take_view(s, i);
    else if (!write_node(s, i, want))
        return false;
    release(s, i);
    return true;
}

/* ---- graphs --------------------------------------------------------------------------------- */

bool eg__scene_write(eg__scene *s, eg__emitter *e, const eg_graph *graph,
    const eg__cvalue *const in[], const eg__cvalue *const want[])
{
    size_t n = (size_t)graph->n + 1;
    int input = 0;

    *s = (eg__scene){.e = e, .graph = graph};
    s->at = eg__emit_take(e, sizeof *s->at * n);
    s->last = eg__emit_take(e, sizeof *s->last * n);
    if (!s->at || !s->last)
        return false;
    memset(s->at, 0, sizeof *s->at * n);
    find_last(s);
    for (int i = 0; i < graph->n; i++)
        if (!visit(s, i, in, &input, want) || eg__me.failed)
            return false;
    return true;
}

const eg__cvalue *eg__scene_output(const eg__scene *s, int k)
{
    eg_ref r = s->graph->outputs[k];
    return s->at[r.node][r.result];
}

void eg__scene_end(eg__scene *s)
{
    for (int i = 0; s->at && i < s->graph->n; i++)
        for (int k = 0; s->at[i] && s->last[i] == INT_MAX && k < s->graph->nodes[i].n_out; k++)
            if (s->at[i][k] && s->graph->nodes[i].op != &eg_op_placeholder)
                eg__c_release(s->e, s->at[i][k]);
}

bool eg__graph_write(eg__emitter *e, const eg_graph *graph, const eg__cvalue *const in[],
    const eg__cvalue *const want[])
{
    eg__scene s;
    bool done = eg__scene_write(&s, e, graph, in, want);

    for (int k = 0; done && k < graph->n_outputs; k++)
        eg__copy_all(e, want[k], eg__scene_output(&s, k));
    eg__scene_end(&s);
    return done && !eg__me.failed;
}
