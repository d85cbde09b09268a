/* eg_vmap: a body of one example, run for many at once.
 *
 * The body runs once, on symbols, and becomes a graph; the graph's operations are then applied to
 * all examples, so tapes, functions and forward mode see ordinary operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/batch.h"
#include "base/memory.h"
#include "tensor/size.h"
#include <eagre/grad.h>
#include <eagre/ops.h>
#include <string.h>

static const char op_name[] = "eg_vmap";

/* ---- running a graph ------------------------------------------------------------------------ */

/* Values of a graph's nodes, results of one node side by side. */
typedef struct values {
    const eg_graph *graph;
    int64_t n;
    uint32_t *first; /* by node: where its results begin */
    eg_tensor **at;
    bool *varies; /* by node */
    uint32_t count;
} values;

static bool values_new(values *v, const eg_graph *graph, int64_t n)
{
    size_t nodes = (size_t)graph->n + 1;

    *v = (values){.graph = graph, .n = n, .first = eg__alloc_zero(sizeof *v->first * nodes)};
    for (int i = 0; v->first && i < graph->n; i++) {
        v->first[i] = v->count;
        v->count += (uint32_t)graph->nodes[i].n_out;
    }
    v->at = eg__alloc_zero(sizeof(eg_tensor *) * ((size_t)v->count + 1));
    v->varies = eg__alloc_zero(nodes);
    if (v->first && v->at && v->varies)
        return true;
    eg__fail_memory(op_name, sizeof(eg_tensor *) * nodes);
    return false;
}

static void values_free(values *v)
{
    size_t nodes = (size_t)v->graph->n + 1;

    eg__free(v->first, sizeof *v->first * nodes);
    eg__free(v->at, sizeof(eg_tensor *) * ((size_t)v->count + 1));
    eg__free(v->varies, nodes);
}

static void compute_node(values *v, int at)
{
    const eg_node *node = &v->graph->nodes[at];
    eg_tensor *in[EG__MAX_IN], **out = v->at + v->first[at], *y;
    bool varies[EG__MAX_IN], any = false;

    for (int i = 0; i < node->n_in; i++) {
        in[i] = v->at[v->first[node->in[i].node] + node->in[i].result];
        any |= varies[i] = v->varies[node->in[i].node];
    }
    eg__batch b = {v->graph, node, v->n, in, varies};
    if (eg__traits(node->op, node->attrs) & EG__EFFECT)
        y = eg__fail_null(EG_INVALID, node->op->name,
            "it cannot be done for many examples at once");
    else
        y = any ? eg__batch_apply(&b) : eg_apply(node->op, node->attrs, node->n_in, in);
    v->varies[at] = any;
    for (int k = 0; y && k < node->n_out; k++)
        out[k] = node->n_out == 1 ? y : eg_part(y, k);
}

/* An output, spread over the examples where all have the same. */
static eg_tensor *output(const values *v, eg_ref r)
{
    const eg_spec *s = eg__spec_of(v->graph, r);
    eg_tensor *y = v->at[v->first[r.node] + r.result];
    int64_t dims[EG_MAX_RANK + 1] = {v->n};

    if (v->varies[r.node])
        return y;
    memcpy(dims + 1, s->dims, sizeof *dims * (size_t)s->rank);
    return eg_broadcast_to(y, s->rank + 1, dims);
}

eg_status eg__batch_run(const eg_graph *graph, int64_t n, eg_tensor *const in[], eg_tensor *out[])
{
    values v;
    int input = 0;

    if (values_new(&v, graph, n)) {
        for (int i = 0; i < graph->n && !eg__me.failed; i++) {
            const eg_node *node = &graph->nodes[i];
            if (node->op == &eg_op_placeholder) {
                v.at[v.first[i]] = in[input++];
                v.varies[i] = true;
            } else if (node->tensor) {
                v.at[v.first[i]] = node->tensor;
            } else {
                compute_node(&v, i);
            }
        }
        for (int k = 0; k < graph->n_outputs && !eg__me.failed; k++)
            out[k] = output(&v, graph->outputs[k]);
    }
    values_free(&v);
    return eg__me.failed;
}

/* ---- the graph of a body -------------------------------------------------------------------- */

typedef struct mapping {
    int n;                     /* arguments */
    int64_t examples;          /* -1: no argument is mapped */
    bool is_tuple;             /* the body's result is one */
    const int *axes;           /* NULL: all are mapped along axis 0 */
    eg_tensor *const *x;       /* the arguments */
    eg_tensor *in[EG__MAX_IN]; /* those that are mapped, examples in front */
    int n_in;
} mapping;

static bool is_mapped(const mapping *m, int i)
{
    return !m->axes || m->axes[i] != EG_NOT_MAPPED;
}

static bool take_argument(mapping *m, int i)
{
    eg_tensor *x = m->x[i];

    if (!x) {
        eg__fail(EG_INVALID, op_name, "argument %d is NULL", i);
        return false;
    }
    if (!is_mapped(m, i))
        return true;
    int rank = eg_rank(x), axis = m->axes ? m->axes[i] : 0;
    if (axis < -rank || axis >= rank) {
        eg__fail(EG_INVALID, op_name, "argument %d has no axis %d", i, axis);
        return false;
    }
    int64_t size = eg_dim(x, axis);
    if (m->examples >= 0 && m->examples != size) {
        eg__fail(EG_INVALID, op_name, "argument %d has %lld examples, others have %lld", i,
            (long long)size, (long long)m->examples);
        return false;
    }
    m->examples = size;
    m->in[m->n_in++] = axis == 0 ? eg_identity(x) : eg_moveaxis(x, axis, 0);
    return !eg__me.failed;
}

/* The arguments as the body sees them: symbols of one example, others as they are. */
static bool make_symbols(const mapping *m, eg_graph *graph, eg_tensor *symbol[])
{
    for (int i = 0, k = 0; i < m->n; i++) {
        symbol[i] = m->x[i];
        if (!is_mapped(m, i))
            continue;
        const eg_spec *s = eg__spec_look(m->in[k++]);
        eg_spec example = {.dtype = s->dtype, .rank = s->rank - 1};
        memcpy(example.dims, s->dims + 1, sizeof *s->dims * (size_t)example.rank);
        eg__spec_measure(&example);
        int at = eg__graph_add_input(graph, NULL, &example);
        symbol[i] = at < 0 ? NULL : eg__symbol(graph, (eg_ref){(uint32_t)at, 0}, op_name);
        if (!symbol[i])
            return false;
    }
    return true;
}

static bool want(eg_graph *graph, eg_tensor *y)
{
    if (y->kind == EG__SYMBOL && y->graph == graph)
        return eg__graph_want(graph, (eg_ref){y->node - 1, y->result});
    int at = y->kind <= EG__SYMBOL ? eg__graph_find_tensor(graph, y) : -1;
    if (at >= 0)
        return eg__graph_want(graph, (eg_ref){(uint32_t)at, 0});
    if (!eg__me.failed)
        eg__fail(EG_INVALID, op_name, "the body returned what is no tensor");
    return false;
}

static bool want_all(eg_graph *graph, mapping *m, eg_tensor *y)
{
    if (!y) {
        if (!eg__me.failed)
            eg__fail(EG_INVALID, op_name, "the body returned NULL without an error");
        return false;
    }
    m->is_tuple = y->kind == EG__TUPLE;
    for (int i = 0; m->is_tuple && i < y->tuple.n; i++)
        if (!want(graph, y->tuple.part[i]))
            return false;
    return m->is_tuple || want(graph, y);
}

static eg_graph *graph_of(mapping *m, eg_body body, void *env)
{
    eg_tensor *symbol[EG__MAX_IN], *y = NULL;
    eg_graph *graph = eg__graph_new("eg_vmap");

    if (!graph)
        return NULL;
    eg__watch *others = eg__graph_alone(graph);
    eg_scope *scope = eg_scope_open();
    if (make_symbols(m, graph, symbol))
        y = body(m->n, symbol, env);
    bool made = !eg__me.failed && want_all(graph, m, y);
    eg_scope_close(scope);
    eg__graph_done(graph, others);
    if (made)
        return graph;
    eg_graph_free(graph);
    return NULL;
}

static eg_tensor *map(mapping *m, eg_body body, void *env)
{
    eg_tensor *y[EG__MAX_PARTS], *result = NULL;

    for (int i = 0; i < m->n; i++)
        if (!take_argument(m, i))
            return NULL;
    if (m->examples < 0)
        return eg__fail_null(EG_INVALID, op_name, "none of the arguments is mapped");
    eg_graph *graph = graph_of(m, body, env);
    if (graph && eg__batch_run(graph, m->examples, m->in, y) == EG_OK)
        result = m->is_tuple ? eg_tuple_of(graph->n_outputs, y) : y[0];
    eg_graph_free(graph);
    return result;
}

eg_tensor *eg_vmap(eg_body body, void *env, int n, eg_tensor *const x[], const int axes[])
{
    mapping m = {.n = n, .examples = -1, .axes = axes, .x = x};

    if (eg__me.failed)
        return NULL;
    if (!body || !x || n < 1 || n > EG__MAX_IN)
        return eg__fail_null(EG_INVALID, op_name,
            !body    ? "the body is NULL"
                : !x ? "the arguments are NULL"
                     : "%d arguments; it takes 1 to %d",
            n, EG__MAX_IN);
    eg_scope *scope = eg_scope_open();
    eg_tensor *y = eg_give(map(&m, body, env));
    eg_scope_close(scope);
    return y;
}
