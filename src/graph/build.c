/* Building graphs by hand: while a graph is open the dispatcher appends instead of computing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "graph/graph.h"
#include "base/memory.h"
#include "tensor/scope.h"
#include "tensor/size.h"
#include <eagre/variable.h>
#include <ctype.h>
#include <string.h>

static eg_graph *graph_of(eg__watch *w)
{
    return (eg_graph *)(void *)((char *)w - offsetof(eg_graph, watch));
}

static eg__effect *effect_on(const eg_graph *graph, const eg_tensor *variable)
{
    for (int i = 0; i < graph->n_effects; i++)
        if (graph->effects[i].variable == variable)
            return &graph->effects[i];
    return NULL;
}

bool eg__graph_ref(eg_graph *graph, eg_tensor *x, const char *op, eg_ref *r)
{
    const eg__effect *effect = effect_on(graph, x);

    if (effect) {
        *r = effect->read;
        return true;
    }
    if (x->kind == EG__SYMBOL && !(graph->is_alone && x->graph != graph)) {
        *r = (eg_ref){x->node - 1, x->result};
        if (x->graph == graph)
            return true;
        eg__fail(EG_INVALID, op, "an argument is a symbol of graph \"%s\", but \"%s\" is open",
            x->graph->name, graph->name);
        return false;
    }
    int at = eg__graph_find_tensor(graph, x);
    *r = (eg_ref){(uint32_t)at, 0};
    return at >= 0;
}

static void make_symbol(eg_tensor *x, eg_graph *graph, eg_ref r)
{
    x->graph = graph;
    x->node = r.node + 1;
    x->result = r.result;
}

static eg_status append(eg__watch *w, const eg_event *e)
{
    eg_graph *graph = graph_of(w);
    eg_ref in[EG__MAX_IN];
    eg_spec out[EG__MAX_OUT];

    for (int i = 0; i < e->n_in; i++)
        if (!eg__graph_ref(graph, e->in[i], e->op->name, &in[i]))
            return eg__me.failed;
    if ((e->op->traits & EG__ALIAS) && !graph->is_alone) {
        for (int i = 0; i < e->n_out; i++)
            make_symbol(e->out[i], graph, in[i]);
        return EG_OK;
    }
    for (int i = 0; i < e->n_out; i++)
        out[i] = e->out[i]->spec;
    int at = eg__graph_add(graph, e->op, e->attrs, e->n_in, in, out);
    for (int i = 0; at >= 0 && i < e->n_out; i++)
        make_symbol(e->out[i], graph, (eg_ref){(uint32_t)at, (uint32_t)i});
    return at >= 0 ? EG_OK : EG_NO_MEMORY;
}

/* A gradient of what is read from now on is one of the variable. */
static eg_status reread(eg_graph *graph, eg__effect *effect)
{
    int variable = eg__graph_find_tensor(graph, effect->variable);
    int at = variable < 0 ? -1
                          : eg__graph_apply(graph, &eg_op_reread, NULL, 2,
                                (eg_ref[]){effect->value, {(uint32_t)variable, 0}});

    effect->read.node = (uint32_t)at;
    effect->read.result = 0;
    return at < 0 ? eg__me.failed : EG_OK;
}

static eg_status assigned(eg__watch *w, eg_tensor *variable, eg_tensor *value)
{
    static const char op[] = "eg_assign";
    eg_graph *graph = graph_of(w);
    eg__effect *effect = effect_on(graph, variable);
    eg_ref r;

    if (!graph->has_effects)
        return eg__fail(EG_STATE, op,
            "variable \"%s\" cannot be assigned while a graph is "
            "built; write a function (eg_function_of) for what has effects",
            eg_variable_name(variable));
    if (!eg__graph_ref(graph, value, op, &r))
        return eg__me.failed;
    if (!effect) {
        if (!eg__reserve(&graph->effects, sizeof *graph->effects, graph->n_effects,
                &graph->effects_capacity))
            return eg__fail_memory(op, sizeof *graph->effects);
        effect = &graph->effects[graph->n_effects++];
        effect->variable = eg__ref(variable);
    }
    effect->value = effect->read = r;
    return eg__is_floating(variable->spec.dtype) ? reread(graph, effect) : EG_OK;
}

/* Prints when the graph runs, so not now. */
static eg_status printed(eg__watch *w, eg_tensor *x, const eg_print_attrs *attrs)
{
    eg_graph *graph = graph_of(w);
    eg__print_node how = {sizeof how, *attrs};
    int parts = eg_parts(x), n = parts ? parts : 1;
    eg_ref in[EG__MAX_PARTS];

    if (!graph->has_effects || x->kind > EG__TUPLE)
        return EG_OK;
    for (int i = 0; i < n; i++)
        if (!eg__graph_ref(graph, parts ? x->tuple.part[i] : x, "eg_print", &in[i]))
            return eg__me.failed;
    eg__me.skip_prints++;
    return eg__graph_add(graph, &eg_op_print, &how, n, in, NULL) >= 0 ? EG_OK : EG_NO_MEMORY;
}

static const eg__watch_type builder = {
    .name = "graph",
    .symbolic = true,
    .applied = append,
    .assigned = assigned,
    .printed = printed,
};

static eg_graph *open_graph(void)
{
    for (eg__watch *w = eg__me.watch; w; w = w->outer)
        if (w->type == &builder)
            return graph_of(w);
    return NULL;
}

static void close_graph(eg_scope *scope)
{
    eg_graph *graph = scope->env;
    eg__watch_end(&graph->watch);
    graph->watch.type = NULL;
}

eg_scope *eg_graph_open(eg_graph *graph)
{
    static const char op[] = "eg_graph_open";

    if (!eg__me.failed && !graph)
        eg__fail(EG_INVALID, op, "graph is NULL");
    else if (!eg__me.failed && (eg__me.recording || eg__is_symbolic(&eg__me) || graph->watch.type))
        eg__fail(EG_STATE, op, "graph \"%s\" cannot be opened here: %s", graph->name,
            eg__me.recording ? "a function is being recorded" : "a graph is open already");
    eg_scope *scope = eg__scope_open(EG__PLAIN_SCOPE);
    if (eg__scope_is_inert(scope))
        return scope;
    graph->watch.type = &builder;
    eg__watch_begin(&graph->watch);
    scope->env = graph;
    scope->on_close = close_graph;
    return scope;
}

eg__watch *eg__graph_alone(eg_graph *graph)
{
    eg__sizes_lost();
    eg__watch *others = eg__me.watch;

    graph->watch.type = &builder;
    graph->is_alone = true;
    eg__me.watch = NULL;
    eg__watch_begin(&graph->watch);
    return others;
}

void eg__graph_done(eg_graph *graph, eg__watch *others)
{
    graph->watch.type = NULL;
    eg__me.watch = others;
}

/* ---- names ---------------------------------------------------------------------------------- */

static bool is_word(const char *name)
{
    size_t n = name ? strlen(name) : 0;

    if (n == 0 || n > 200)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("_./:-", name[i]))
            return false;
    return true;
}

static int find_name(const eg_graph *graph, const char *name)
{
    for (int i = 0; i < graph->n; i++)
        if (graph->nodes[i].name && strcmp(graph->nodes[i].name, name) == 0)
            return i;
    return -1;
}

static eg_status check_name(const eg_graph *graph, const char *name, const char *op)
{
    if (!is_word(name))
        return eg__fail(EG_INVALID, op, "\"%s\" is no name; use letters, digits and _./:-",
            name ? name : "(NULL)");
    if (find_name(graph, name) >= 0)
        return eg__fail(EG_INVALID, op, "the name \"%s\" is taken in graph \"%s\"", name,
            graph->name);
    return EG_OK;
}

eg_tensor *eg__symbol(eg_graph *graph, eg_ref r, const char *op)
{
    eg_tensor *x = eg__handle_new(EG__SYMBOL, op);

    if (!x)
        return NULL;
    x->spec = *eg__spec_of(graph, r);
    x->graph = graph;
    x->node = r.node + 1;
    x->result = r.result;
    return eg__own(x, op);
}

eg_tensor *eg_placeholder(const char *name, eg_dtype dtype, int rank, const int64_t dims[])
{
    static const char op[] = "eg_placeholder";
    eg_graph *graph = open_graph();
    eg_spec spec;

    if (eg__me.failed)
        return NULL;
    if (!graph)
        return eg__fail_null(EG_STATE, op, "no graph is open; write EG_GRAPH(graph); before");
    if (check_name(graph, name, op) != EG_OK || eg__spec_set(&spec, op, dtype, rank, dims) != EG_OK)
        return NULL;
    int at = eg__graph_add_input(graph, name, &spec);
    return at < 0 ? NULL : eg__symbol(graph, (eg_ref){(uint32_t)at, 0}, op);
}

eg_status eg_name(eg_tensor *symbol, const char *name)
{
    static const char op[] = "eg_name";

    if (eg__me.failed)
        return eg__me.failed;
    if (!symbol || symbol->kind != EG__SYMBOL)
        return eg__fail(EG_INVALID, op, "x is %s; only symbols of a graph have names",
            symbol ? "no symbol" : "NULL");
    eg_graph *graph = symbol->graph;
    eg_node *node = &graph->nodes[symbol->node - 1];
    if (check_name(graph, name, op) != EG_OK)
        return EG_INVALID;
    if (node->name || symbol->result > 0)
        return eg__fail(EG_INVALID, op,
            "it is named already, or not the first result of its node; "
            "name an eg_identity of it");
    node->name = eg__arena_text(&graph->arena, name);
    return node->name ? EG_OK : eg__fail_memory(op, strlen(name));
}

eg_tensor *eg_graph_symbol(eg_graph *graph, const char *name)
{
    static const char op[] = "eg_graph_symbol";

    if (eg__me.failed)
        return NULL;
    if (!graph || !name)
        return eg__fail_null(EG_INVALID, op, "%s is NULL", graph ? "the name" : "graph");
    int at = find_name(graph, name);
    if (at < 0)
        return eg__fail_null(EG_INVALID, op, "graph \"%s\" has no symbol \"%s\"", graph->name,
            name);
    return eg__symbol(graph, (eg_ref){(uint32_t)at, 0}, op);
}
