/* The graph of a symbolic trace as its users see it: placeholders and results have names.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "function/symbolic.h"
#include "ops/registry.h"
#include "pass/pass.h"
#include <ctype.h>
#include <eagre/variable.h>
#include <string.h>

static const char op_name[] = "eg_function_graph";

static bool add_inputs(int n, const eg_tensor_spec specs[])
{
    char name[32];

    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "in%d", i);
        if (!eg_placeholder(specs[i].name ? specs[i].name : name, specs[i].dtype, specs[i].rank,
                specs[i].dims))
            return false;
    }
    return true;
}

static bool copy_node(eg_graph *graph, const eg_graph *pool, uint32_t from, eg_ref place[])
{
    eg_node node = pool->nodes[from];
    eg_ref in[EG__MAX_IN];

    for (int k = 0; k < node.n_in; k++) {
        in[k] = place[node.in[k].node];
        in[k].result = node.in[k].result;
    }
    int at = node.tensor ? eg__graph_find_tensor(graph, node.tensor)
                         : eg__graph_copy_node(graph, &node, in);
    place[from] = (eg_ref){(uint32_t)at, 0};
    return at >= 0;
}

/* A node of its own for a result, so that it can have the name. */
static bool name_result(eg_graph *graph, eg_ref r, const char *name)
{
    int at = eg__graph_apply(graph, eg__op_find("Identity"), NULL, 1, &r);
    eg_tensor *x = at < 0 ? NULL : eg__symbol(graph, (eg_ref){(uint32_t)at, 0}, op_name);

    return x && eg_name(x, name) == EG_OK && eg__graph_want(graph, (eg_ref){(uint32_t)at, 0});
}

static void name_variable(const eg__symbolic *s, int i, char name[256])
{
    const char *own = eg_variable_name(s->variables[i]);
    int same = 1;

    for (int k = 0; k < i; k++)
        same += strcmp(eg_variable_name(s->variables[k]), own) == 0;
    int n = snprintf(name, 180, "assign:%s", own);
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_./:-", *c))
            *c = '_';
    n = n < 180 ? n : 179;
    if (same > 1)
        snprintf(name + n, 16, ":%d", same);
}

static bool name_results(const eg__symbolic *s, eg_graph *graph, const eg_ref place[])
{
    const eg__stretch *root = s->root;
    char name[256];

    for (int i = 0; i < root->n_results; i++) {
        eg_ref r = place[root->result[i].node];
        r.result = root->result[i].result;
        if (i < root->n_returned)
            snprintf(name, sizeof name, "out%d", i);
        else
            name_variable(s, i - root->n_returned, name);
        if (!name_result(graph, r, name))
            return false;
    }
    return true;
}

static bool copy_nodes(const eg__symbolic *s, eg_graph *graph)
{
    const eg_graph *pool = s->pool;
    size_t size = sizeof(eg_ref) * ((size_t)pool->n + 1);
    eg_ref *place = eg__alloc(size);
    bool done = place || eg__fail_memory(op_name, size) == EG_OK;

    for (int i = 0; done && i < pool->n_inputs; i++)
        place[pool->inputs[i]] = (eg_ref){graph->inputs[i], 0};
    for (int i = 0; done && i < pool->n; i++)
        if (pool->nodes[i].tensor)
            done = copy_node(graph, pool, (uint32_t)i, place);
    for (int i = 0; done && i < s->root->nodes.n; i++)
        done = copy_node(graph, pool, s->root->nodes.at[i], place);
    done = done && name_results(s, graph, place);
    eg__free(place, size);
    return done;
}

eg_graph *eg__symbolic_graph(const eg__symbolic *s, int n, const eg_tensor_spec specs[])
{
    eg_graph *graph = eg__graph_new(s->function->callable.name);

    if (!graph)
        return NULL;
    eg_scope *scope = eg_graph_open(graph);
    bool done = add_inputs(n, specs);
    eg_scope_close(scope);
    scope = eg_scope_open();
    done = done && copy_nodes(s, graph) && eg__pass_prune(graph) == EG_OK;
    eg_scope_close(scope);
    if (done)
        return graph;
    eg_graph_free(graph);
    return NULL;
}
