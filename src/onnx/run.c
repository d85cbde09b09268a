/* Computing a model: its nodes in their order, by eagre's operations.
 *
 * What does not depend on the call's arguments (weights, shapes, what is computed of them) is known
 * to the host: it is computed aside, where nobody records it, so that a Reshape can read it, and
 * becomes constants where it meets what is not known. So a model whose shapes are computed of
 * shapes is a straight graph for each signature.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"
#include "base/memory.h"
#include "bind/visit.h"

enum { MOST_DEEP = 64 };

static const char op_name[] = "an ONNX model";

/* ---- values ---------------------------------------------------------------------------------- */

static eg__onnx_value *value_at(eg__onnx_frame *f, eg__onnx_ref ref)
{
    for (int i = 0; i < ref.up; i++)
        f = f->outer;
    return &f->values[ref.slot];
}

static bool is_known(const eg__onnx_value *v)
{
    bool known = v->kind != EG__ONNX_TENSOR || v->known;

    for (int64_t i = 0; v->kind == EG__ONNX_SEQUENCE && i < v->n; i++)
        known = known && is_known(&v->items[i]);
    return known;
}

static void mark_known(eg__onnx_value *v)
{
    v->known = true;
    for (int64_t i = 0; v->kind == EG__ONNX_SEQUENCE && i < v->n; i++)
        mark_known((eg__onnx_value *)&v->items[i]);
}

/* A known value is a constant for those who watch: each call makes it anew, with the same bits. */
static void as_constant(eg__onnx_value *v)
{
    const eg_tensor *x = v->tensor;

    if (v->kind == EG__ONNX_TENSOR && v->known && !v->stays && eg__me.watch)
        v->tensor = eg_copy(x->spec.dtype, x->spec.rank, x->spec.dims, x->data);
}

/* ---- aside ----------------------------------------------------------------------------------- */

static void keep(eg__onnx_value *v)
{
    if (v->kind == EG__ONNX_TENSOR)
        v->tensor = eg__visit_keep(v->tensor);
    for (int64_t i = 0; v->kind == EG__ONNX_SEQUENCE && i < v->n; i++)
        keep((eg__onnx_value *)&v->items[i]);
}

static void own(eg__onnx_value *v)
{
    if (v->kind == EG__ONNX_TENSOR)
        v->tensor = eg__own(v->tensor, op_name);
    for (int64_t i = 0; v->kind == EG__ONNX_SEQUENCE && i < v->n; i++)
        own((eg__onnx_value *)&v->items[i]);
}

/* Computes a node of known inputs where nobody watches. */
static void compute_aside(eg__onnx_call *c)
{
    eg__visit visit = {0};
    eg_error error = {0};

    eg__visit_begin(&visit, NULL, &error);
    c->node->op->compute(c);
    for (int i = 0; i < c->n_out; i++)
        keep(&c->out[i]);
    if (eg__visit_end(&visit) != EG_OK) {
        eg__fail(error.status, error.op, "%s", error.message);
        return;
    }
    for (int i = 0; i < c->n_out; i++) {
        own(&c->out[i]);
        mark_known(&c->out[i]);
    }
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* Says which node it was that failed. */
static void name_node(const eg__onnx_node *node)
{
    eg_error e;
    char message[sizeof e.message];

    if (eg_pending(&e) == EG_OK || strstr(e.message, "; in the node "))
        return;
    memcpy(message, e.message, sizeof message);
    eg__clear_error();
    eg__fail(e.status, e.op, "%.340s; in the node %s \"%.60s\" of the model", message, node->type,
        node->name);
}

void refuse(eg__onnx_call *c, const char *why)
{
    eg__fail(EG_INVALID, c->node->type, "%s", why);
}

static bool may_be_narrow(eg__onnx_call *c)
{
    for (int i = 0; i < c->n_in; i++)
        if (c->in[i].narrow && !c->node->op->takes_narrow) {
            eg__fail(EG_INVALID, c->node->type, "does not compute with %s; cast it",
                eg__onnx_type_name(c->in[i].narrow));
            return false;
        }
    return true;
}

static void compute(eg__onnx_call *c)
{
    bool aside = !c->node->op->stays_in_call;

    for (int i = 0; i < c->n_in; i++)
        aside = aside && is_known(&c->in[i]);
    if (!may_be_narrow(c))
        return;
    if (aside) {
        compute_aside(c);
        return;
    }
    if (!c->node->op->stays_in_call)
        for (int i = 0; i < c->n_in; i++)
            as_constant(&c->in[i]);
    c->node->op->compute(c);
}

static bool run_frame(eg__onnx_run *run, eg__onnx_frame *f, const eg__onnx_value in[],
    eg__onnx_value out[]);

static bool call_function(eg__onnx_run *run, eg__onnx_frame *from, const eg__onnx_node *node,
    const eg__onnx_value in[], eg__onnx_value out[])
{
    const eg__onnx_graph *g = node->calls->graph;
    eg__onnx_frame f = {.graph = g, .call = node, .caller = from};
    int n = g->n_in > node->n_in ? g->n_in : node->n_in;
    int n_out = g->n_out > node->n_out ? g->n_out : node->n_out;
    eg__onnx_value *args = eg__arena_take(run->arena, sizeof *args * (size_t)(n + 1));
    eg__onnx_value *results = eg__arena_take(run->arena, sizeof *args * (size_t)(n_out + 1));

    if (!args || !results)
        return eg__fail_memory(op_name, sizeof *args), false;
    memcpy(args, in, sizeof *args * (size_t)node->n_in);
    if (!run_frame(run, &f, args, results))
        return false;
    memcpy(out, results, sizeof *out * (size_t)node->n_out);
    return true;
}

/* Whether all that was asked for came out. */
static bool came_out(const eg__onnx_call *c)
{
    for (int i = 0; i < c->n_out; i++)
        if (c->node->out[i] >= 0 && c->out[i].kind == EG__ONNX_ABSENT) {
            eg__fail(EG_INVALID, c->node->type, "has no output number %d", i);
            return false;
        }
    return true;
}

/* Room for inputs that a node lacks and its operator may look at: they are absent. */
enum { SPARE = 8 };

static void run_node(eg__onnx_run *run, eg__onnx_frame *f, const eg__onnx_node *node)
{
    size_t n = (size_t)node->n_in + (size_t)node->n_out + SPARE;
    eg__onnx_value *values = eg__arena_take(run->arena, n * sizeof *values);
    eg__onnx_call c = {run, f, node, node->version, node->n_in, node->n_out, NULL, values};

    if (!values) {
        eg__fail_memory(op_name, n * sizeof *values);
        return;
    }
    c.in = values + node->n_out;
    for (int i = 0; i < node->n_in; i++)
        if (node->in[i].up >= 0)
            c.in[i] = *value_at(f, node->in[i]);
    if (node->calls)
        call_function(run, f, node, c.in, c.out);
    else if (node->op)
        compute(&c);
    else
        eg__fail(EG_UNAVAILABLE, node->type, "is no operator that eagre has");
    if (eg__me.failed == EG_OK && !node->calls)
        came_out(&c);
    if (eg__me.failed)
        name_node(node);
    for (int i = 0; i < node->n_out; i++)
        if (node->out[i] >= 0)
            f->values[node->out[i]] = c.out[i];
}

/* ---- graphs ---------------------------------------------------------------------------------- */

static bool run_frame(eg__onnx_run *run, eg__onnx_frame *f, const eg__onnx_value in[],
    eg__onnx_value out[])
{
    const eg__onnx_graph *g = f->graph;

    f->values = eg__arena_take(run->arena, sizeof *f->values * (size_t)(g->n_slots + 1));
    if (!f->values)
        return eg__fail_memory(op_name, sizeof *f->values), false;
    if (run->deep == MOST_DEEP)
        return eg__fail(EG_INVALID, op_name, "graphs inside one another, too deep"), false;
    run->deep++;
    for (int i = 0; i < g->n_initial; i++)
        f->values[g->initial[i].slot] = g->initial[i].value;
    for (int i = 0; i < g->n_in; i++)
        if (in[i].kind != EG__ONNX_ABSENT)
            f->values[g->in[i].slot] = in[i];
    for (int i = 0; i < g->n_nodes && eg__me.failed == EG_OK; i++)
        run_node(run, f, &g->nodes[i]);
    for (int i = 0; i < g->n_out; i++)
        out[i] = *value_at(f, g->results[i]);
    run->deep--;
    return eg__me.failed == EG_OK;
}

bool eg__onnx_run_graph(eg__onnx_call *c, const eg__onnx_graph *g, const eg__onnx_value in[],
    eg__onnx_value out[])
{
    eg__onnx_frame f = {.graph = g,
        .outer = c->frame,
        .call = c->frame->call,
        .caller = c->frame->caller};

    return run_frame(c->run, &f, in, out);
}

bool eg__onnx_compute(const eg_onnx *model, eg__arena *arena, const eg__onnx_value in[],
    eg__onnx_value out[])
{
    eg__onnx_run run = {.model = model, .arena = arena};
    eg__onnx_frame f = {.graph = model->graph};

    return run_frame(&run, &f, in, out);
}
