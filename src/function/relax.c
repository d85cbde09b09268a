/* Making a trace for other sizes from one that was recorded.
 *
 * Shape rules are what eager operations ask, so running them again on the recorded nodes gives what
 * the body would make of the new sizes, if it does the same: if every comparison of sizes has the
 * answer it had. Attributes and constants that are sizes are calculated anew. Where anything is in
 * doubt the segment is left out, and the body runs again when a call comes there.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/relax.h"
#include "autodiff/tape.h"
#include "base/memory.h"
#include "tensor/variable.h"
#include <string.h>

static const char op_name[] = "a function";

static bool out_of_memory(size_t size)
{
    eg__fail_memory(op_name, size);
    return false;
}

/* ---- values --------------------------------------------------------------------------------- */

static eg__segment *now(const eg__relaxing *x, const eg__segment *s)
{
    return x->segments[s->number];
}

/* The number that a size is now; false where it is not known. */
static bool number_of(const eg__relaxing *x, const eg__size_table *table, eg__size size, int64_t *n)
{
    int64_t a, b;

    *n = size.n;
    if (size.from == 0 || size.from == EG__SIZE_LOST)
        return size.from == 0;
    const eg__size_term *t = &table->terms[size.from - 1];
    if (t->kind >= EG__SIZE_PLUS) {
        if (!number_of(x, table, t->a, &a) || !number_of(x, table, t->b, &b))
            return false;
        *n = eg__size_calculate(t->kind, a, b);
        return true;
    }
    const eg__segment *s = now(x, t->value.segment);
    if (!s || t->value.ref.node >= (uint32_t)s->graph->n)
        return false;
    const eg_spec *spec = eg__spec_of(s->graph, t->value.ref);
    *n = t->kind == EG__SIZE_DIM ? spec->dims[t->axis] : spec->size;
    return true;
}

/* A constant as it is now; borrowed. NULL where it is not known, or after an error. */
static eg_tensor *tensor_now(eg__relaxing *x, eg_tensor *tensor)
{
    const uint32_t *at = eg__map_find(&x->count_at, eg__key_of(tensor));
    int64_t n;

    if (!at)
        return tensor;
    eg__recount *c = &x->counts[*at];
    if (c->now || !number_of(x, c->table, c->of->n, &n))
        return c->now;
    eg_scope *scope = eg_scope_open();
    eg_tensor *made = eg__size_scalar_now(tensor->spec.dtype, n, c->of->more, c->of->least);
    c->now = made ? eg__ref(made) : NULL;
    eg_scope_close(scope);
    return c->now;
}

static bool value_now(eg__relaxing *x, const eg__value *from, eg__value *to)
{
    *to = *from;
    if (from->segment)
        to->segment = now(x, from->segment);
    else
        to->tensor = tensor_now(x, from->tensor);
    return to->segment || to->tensor;
}

static bool know_counts(eg__relaxing *x, const eg__segment *s)
{
    const eg__size_table *t = s->sizes;

    if (s->parent && s->parent->sizes == t)
        return true;
    for (int i = 0; i < t->n_counts; i++) {
        if (!eg__reserve(&x->counts, sizeof *x->counts, x->n_counts, &x->counts_capacity) ||
            !eg__map_set(&x->count_at, eg__key_of(t->counts[i].tensor), (uint32_t)x->n_counts))
            return out_of_memory(sizeof *x->counts);
        x->counts[x->n_counts++] = (eg__recount){t, &t->counts[i], NULL};
    }
    return true;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static int copy_source(eg__relaxing *x, const eg__segment *s, eg__segment *to, const eg_node *node)
{
    eg_graph *graph = to->graph;
    eg__value v;
    eg_ref r;

    if (node->op == &eg_op_variable)
        return eg__graph_find_tensor(graph, node->tensor);
    if (node->op == &eg_op_constant) {
        eg_tensor *tensor = tensor_now(x, node->tensor);
        return tensor ? eg__graph_find_tensor(graph, tensor) : -1;
    }
    if (!s->parent)
        return eg__graph_add_input(graph, node->name, &x->arguments[graph->n_inputs].spec);
    if (!value_now(x, &s->imports[graph->n_inputs], &v) || !eg__segment_place(to, &v, &r))
        return -1;
    return (int)r.node;
}

/* Writes the sizes that stand in a node's attributes; *use is the first that is not passed yet. */
static bool write_sizes(const eg__relaxing *x, const eg__segment *s, int node, int *use,
    unsigned char *attrs)
{
    for (; *use < s->n_uses && s->uses[*use].node == node; ++*use) {
        int64_t n;
        if (!number_of(x, s->sizes, s->uses[*use].size, &n))
            return false;
        memcpy(attrs + s->uses[*use].offset, &n, sizeof n);
    }
    return true;
}

static int copy_applied(const eg__relaxing *x, const eg__segment *s, eg__segment *to, int i,
    int *use)
{
    _Alignas(16) unsigned char attrs[EG__ATTRS_SIZE];
    const eg_node *node = &s->graph->nodes[i];

    if (node->attrs)
        memcpy(attrs, node->attrs, node->op->attrs_size);
    if (!write_sizes(x, s, i, use, attrs))
        return -1;
    return eg__graph_apply(to->graph, node->op, node->attrs ? attrs : NULL, node->n_in, node->in);
}

static bool copy_nodes(eg__relaxing *x, const eg__segment *s, eg__segment *to)
{
    int use = 0;

    for (int i = 0; i < s->graph->n; i++) {
        const eg_node *node = &s->graph->nodes[i];
        int at = node->op->traits & EG__SOURCE ? copy_source(x, s, to, node)
                                               : copy_applied(x, s, to, i, &use);
        if (at != i)
            return false;
        to->graph->nodes[at].site = node->site;
        to->graph->nodes[at].is_stopped = node->is_stopped;
    }
    return true;
}

/* ---- what is beside the nodes --------------------------------------------------------------- */

static bool copy_assignments(eg__relaxing *x, const eg__segment *s, eg__segment *to)
{
    for (int i = 0; i < s->n_assignments; i++) {
        eg__assignment a = s->assignments[i];
        if (!value_now(x, &s->assignments[i].value, &a.value) ||
            !eg__same_spec(eg__value_spec(&a.value), &a.variable->spec))
            return false;
        if (!eg__reserve(&to->assignments, sizeof a, to->n_assignments, &to->assignments_capacity))
            return out_of_memory(sizeof a);
        eg__ref(a.variable);
        to->assignments[to->n_assignments++] = a;
    }
    return true;
}

static bool copy_results(eg__relaxing *x, const eg__segment *s, eg__segment *to)
{
    to->is_tuple = s->is_tuple;
    if (s->n_results == 0)
        return true;
    to->results = eg__alloc(sizeof *to->results * (size_t)s->n_results);
    if (!to->results)
        return out_of_memory(sizeof *to->results);
    to->n_results = s->n_results;
    for (int i = 0; i < s->n_results; i++)
        if (!value_now(x, &s->results[i], &to->results[i]))
            return false;
    return true;
}

static bool copy_end(eg__relaxing *x, const eg__segment *s, eg__segment *to)
{
    bool asks = s->end == EG__END_TRUE || s->end == EG__END_ITEM;

    to->end = s->end;
    to->site = s->site;
    to->callee = s->callee ? eg__function_ref(s->callee) : NULL;
    if (asks && (!value_now(x, &s->asked, &to->asked) || eg__value_spec(&to->asked)->size != 1))
        return false;
    return copy_results(x, s, to);
}

/* ---- questions ------------------------------------------------------------------------------ */

static bool has_answer(const eg__relaxing *x, const eg__segment *s, const eg__size_question *q,
    bool *known)
{
    int64_t a, b;

    *known = number_of(x, s->sizes, q->a, &a) && number_of(x, s->sizes, q->b, &b);
    return *known && (q->how == EG__SIZE_EQUAL ? a == b : a < b) == q->answer;
}

/* The argument whose size was asked for, and the axis; else the first one that differs. */
static void find_dimension(const eg__relaxing *x, const eg__segment *s, const eg__size_question *q,
    int *argument, int *axis)
{
    const eg__trace *from = x->from;
    bool is_term = q->a.from != 0 && q->a.from != EG__SIZE_LOST;
    const eg__size_term *t = is_term ? &s->sizes->terms[q->a.from - 1] : NULL;

    if (t && t->kind == EG__SIZE_DIM && t->value.segment == from->segments[0])
        for (int i = 0; i < from->n; i++)
            if (from->segments[0]->graph->inputs[i] == t->value.ref.node) {
                *argument = i;
                *axis = t->axis;
                return;
            }
    for (int i = 0; i < from->n; i++)
        for (int k = 0; k < from->arguments[i].spec.rank; k++)
            if (from->arguments[i].spec.dims[k] != x->arguments[i].spec.dims[k]) {
                *argument = i;
                *axis = k;
                return;
            }
}

static void explain(eg__relaxing *x, const eg__segment *s, const eg__size_question *q)
{
    char at[EG__PLACE_TEXT];
    int argument = 0, axis = 0;

    if (x->fixed[0])
        return;
    find_dimension(x, s, q, &argument, &axis);
    snprintf(x->fixed, sizeof x->fixed, "dimension %d of argument %d is fixed at %s", axis,
        argument, eg__place_text(&q->site, at));
}

/* Whether all questions that can be asked now are answered as they were; `complete`: all can. */
static bool answers_agree(eg__relaxing *x, const eg__segment *s, bool complete)
{
    for (int i = 0; i < s->n_questions; i++) {
        bool known, same = has_answer(x, s, &s->questions[i], &known);
        if (same || (!known && !complete))
            continue;
        explain(x, s, &s->questions[i]);
        return false;
    }
    return true;
}

/* ---- segments ------------------------------------------------------------------------------- */

static bool fill(eg__relaxing *x, const eg__segment *s, eg__segment *to)
{
    bool done = copy_nodes(x, s, to);

    if (!answers_agree(x, s, done) || !done)
        return false;
    return copy_assignments(x, s, to) && copy_end(x, s, to);
}

static bool join_parent(const eg__segment *s, eg__segment *parent, eg__segment *to)
{
    for (int i = 0; parent && i < s->parent->n_outcomes; i++) {
        if (s->parent->outcomes[i].segment != s)
            continue;
        eg__outcome shared = eg__outcome_share(&s->parent->outcomes[i]);
        bool done = eg__segment_add_child(parent, &shared, to);
        if (!done)
            eg__outcome_free(parent, &shared);
        return done;
    }
    return parent == NULL;
}

static bool make_segment(eg__relaxing *x, const eg__segment *s)
{
    eg__segment *parent = s->parent ? now(x, s->parent) : NULL;

    if ((s->parent && !parent) || !know_counts(x, s))
        return !eg__me.failed;
    eg__segment *to = eg__segment_new(s->graph->name, parent);
    if (!to)
        return false;
    x->segments[s->number] = to;
    bool done = fill(x, s, to) && join_parent(s, parent, to);
    if (!done) {
        x->segments[s->number] = NULL;
        eg__segment_free(to);
    }
    if (eg__me.failed && eg__me.failed != EG_NO_MEMORY)
        eg__me.failed = EG_OK; /* a shape rule says no; eager execution says why */
    return !eg__me.failed;
}

bool eg__relaxing_make(eg__relaxing *x, const eg__trace *from, const eg__argument arguments[])
{
    *x = (eg__relaxing){.from = from, .arguments = arguments, .n_segments = from->n_segments};
    x->segments = eg__alloc_zero(sizeof *x->segments * (size_t)from->n_segments);
    if (!x->segments)
        return out_of_memory(sizeof *x->segments);
    for (int i = 0; i < from->n_segments; i++)
        if (!make_segment(x, from->segments[i]) || !x->segments[0])
            return false;
    return true;
}

void eg__relaxing_free(eg__relaxing *x)
{
    for (int i = 0; x->segments && i < x->n_segments; i++)
        eg__segment_free(x->segments[i]);
    for (int i = 0; i < x->n_counts; i++)
        eg__unref(x->counts[i].now);
    eg__free(x->segments, sizeof *x->segments * (size_t)x->n_segments);
    eg__free(x->counts, sizeof *x->counts * (size_t)x->counts_capacity);
    eg__map_free(&x->count_at);
}
