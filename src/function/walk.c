/* A trace, one operation after the other: for those who watch.
 *
 * It goes by the trace's program, which does not change: another thread may extend the trace.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "function/concrete.h"
#include "op/effect.h"
#include "tensor/scope.h"
#include <eagre/ops.h>
#include <eagre/variable.h>
#include <string.h>

static const char op_name[] = "eg_concrete_call";

typedef struct walk {
    const eg__trace *trace;
    const eg__program *program;
    eg_tensor *const *args;
    eg_tensor **
        *at;        /* by segment number and node: its results, as a tuple where they are several */
    int assignment; /* of the segment: what comes next */
} walk;

static const eg__segment *segment_at(const walk *w, int i)
{
    return w->program->places[i].piece->segment;
}

static eg_tensor *result_of(eg_tensor *y, const eg_node *node, uint32_t result)
{
    return y && node->n_out > 1 ? y->tuple.part[result] : y;
}

static eg_tensor *handle_of(const walk *w, const eg__value *v)
{
    if (!v->segment && v->tensor->kind != EG__VARIABLE)
        return v->tensor;
    const eg__segment *s = v->segment;
    if (s)
        return result_of(w->at[s->number][v->ref.node], &s->graph->nodes[v->ref.node],
            v->ref.result);
    for (int i = 0; i < w->program->n_places; i++) { /* as the call found it */
        const uint32_t *node =
            eg__map_find(&segment_at(w, i)->graph->tensors, eg__key_of(v->tensor));
        if (node && w->at[i] && w->at[i][*node])
            return w->at[i][*node];
    }
    return v->tensor;
}

/* Variables are read before anything is assigned. */
static bool read_variables(walk *w)
{
    for (int i = 0; i < w->program->n_places; i++) {
        const eg_graph *graph = segment_at(w, i)->graph;
        w->at[i] = eg__alloc_zero(sizeof **w->at * ((size_t)graph->n + 1));
        if (!w->at[i])
            return eg__fail_memory(op_name, (size_t)graph->n) == EG_OK;
        for (int k = 0; k < graph->n; k++)
            if (graph->nodes[k].op == &eg_op_variable &&
                !(w->at[i][k] = eg_value(graph->nodes[k].tensor)))
                return false;
    }
    return true;
}

static bool assign_up_to(walk *w, const eg__segment *s, int node)
{
    for (; w->assignment < s->n_assignments && s->assignments[w->assignment].at <= node;
         w->assignment++) {
        const eg__assignment *a = &s->assignments[w->assignment];
        if (eg_assign(a->variable, handle_of(w, &a->value)) != EG_OK)
            return false;
    }
    return true;
}

static bool print(const eg_node *node, eg_tensor *const in[])
{
    const eg__print_node *how = node->attrs;
    eg_tensor *x = node->n_in == 1 ? in[0] : eg_tuple_of(node->n_in, in);

    return x && eg_print_with(x, &how->how) == EG_OK;
}

static bool apply_node(walk *w, const eg__segment *s, int i)
{
    const eg_node *node = &s->graph->nodes[i];
    eg_tensor *in[EG__MAX_IN];

    if (node->op == &eg_op_reread) { /* it has been assigned; no gradient goes that way */
        w->at[s->number][i] = eg_value(s->graph->nodes[node->in[1].node].tensor);
        return w->at[s->number][i] != NULL;
    }
    for (int k = 0; k < node->n_in; k++) {
        eg__value v = eg__segment_value(s, node->in[k]);
        in[k] = handle_of(w, &v);
    }
    if (node->op == &eg_op_print)
        return print(node, in);
    w->at[s->number][i] = eg_apply(node->op, node->attrs, node->n_in, in);
    return w->at[s->number][i] != NULL;
}

static bool apply_nodes(walk *w, const eg__segment *s)
{
    w->assignment = 0;
    for (int k = 0; !s->parent && k < s->graph->n_inputs; k++)
        w->at[s->number][s->graph->inputs[k]] = w->args[k];
    for (int i = 0; i < s->graph->n; i++)
        if (!assign_up_to(w, s, i) ||
            (!(s->graph->nodes[i].op->traits & EG__SOURCE) && !apply_node(w, s, i)))
            return false;
    return assign_up_to(w, s, s->graph->n);
}

/* What the host would see of the value asked for, with one more owner. */
static eg_tensor *look(const walk *w, const eg__segment *s)
{
    eg_tensor *x = handle_of(w, &s->asked);
    eg__ask how = s->end == EG__END_TRUE ? EG__ASK_TRUE : EG__ASK_ITEM;

    if (x->kind == EG__SYMBOL) {
        eg_tensor *answer = eg__watch_answered(x, how);
        if (!answer && !eg__me.failed)
            eg__fail(EG_STATE, op_name,
                "at %s:%d it decides by a value, which a symbol does not have; run it on values",
                eg__file_of(&s->site), s->site.line);
        return answer;
    }
    return eg__watch_asked(x, how) == EG_OK ? eg__ref(x) : NULL;
}

static const eg__place *find_child(const eg__place *place, const void *seen, size_t size)
{
    for (int i = 0; i < place->n_children; i++)
        if (eg__outcome_is(place->piece->segment, &place->seen[i], seen, size))
            return place->children[i];
    return NULL;
}

static const eg__place *child_of(const walk *w, const eg__place *place)
{
    const eg__segment *s = place->piece->segment;
    const eg__place *child = NULL;

    if (s->end == EG__END_CALL)
        return s->callee->freed ? NULL : find_child(place, s->callee->env, s->callee->env_size);
    eg_tensor *x = look(w, s);
    if (!x)
        return NULL;
    unsigned char bit = eg__element_true(x->spec.dtype, x->data);
    if (s->end == EG__END_TRUE)
        child = find_child(place, &bit, 1);
    else
        child = find_child(place, x->data, eg__dtype(x->spec.dtype)->size);
    eg__unref(x);
    return child;
}

static const eg__place *follow(const walk *w, const eg__place *place)
{
    const eg__segment *s = place->piece->segment;
    const eg__place *child = child_of(w, place);

    if (!child && !eg__me.failed)
        eg__fail(EG_STATE, op_name,
            "at %s:%d it comes to a branch of %s that was not recorded; take it in with "
            "eg_concrete_extend",
            eg__file_of(&s->site), s->site.line, w->trace->function->callable.name);
    return child;
}

/* The results as handles of the scope around. */
static int give_results(const walk *w, const eg__segment *leaf, eg_tensor *results[])
{
    for (int i = 0; i < leaf->n_results; i++)
        if (!(results[i] = eg_give(eg_identity(handle_of(w, &leaf->results[i])))))
            return 0;
    return leaf->n_results;
}

static const eg__segment *walk_path(walk *w)
{
    const eg__place *place = &w->program->places[0];

    if (!read_variables(w))
        return NULL;
    while (apply_nodes(w, place->piece->segment) && place->piece->segment->end != EG__END_RETURN)
        if (!(place = follow(w, place)))
            return NULL;
    return eg__me.failed ? NULL : place->piece->segment;
}

eg_tensor *eg__trace_walk(const eg__trace *trace, eg_tensor *const args[])
{
    walk w = {.trace = trace, .program = atomic_load(&trace->program), .args = args};
    eg_tensor *results[EG__MAX_PARTS];
    int n = 0;
    size_t size = sizeof *w.at * ((size_t)w.program->n_places + 1);
    eg_scope *scope = eg_scope_open();

    w.at = eg__alloc_zero(size);
    if (!w.at)
        eg__fail_memory(op_name, size);
    const eg__segment *leaf = w.at ? walk_path(&w) : NULL;
    if (leaf)
        n = give_results(&w, leaf, results);
    for (int i = 0; w.at && i < w.program->n_places; i++)
        if (w.at[i])
            eg__free(w.at[i], sizeof **w.at * ((size_t)segment_at(&w, i)->graph->n + 1));
    eg__free(w.at, size);
    eg_scope_close(scope);
    if (n == 0 || eg__me.failed)
        return NULL;
    return leaf->is_tuple ? eg_tuple_of(n, results) : results[0];
}
