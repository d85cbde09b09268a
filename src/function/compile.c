/* From a trace to a program: every segment becomes a piece with a plan of its own.
 *
 * What a segment has to compute depends on those below it: guards, results and whatever their
 * optimised graphs still import. So segments are compiled from the leaves up; a piece whose wanted
 * values did not change since the last program is used again, and adding a branch costs only its
 * own path.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "base/memory.h"
#include "base/os.h"
#include "function/trace.h"
#include "pass/pass.h"
#include "tensor/variable.h"
#include <string.h>

static const char op_name[] = "a function";

typedef struct building {
    const eg__trace *trace;
    eg__program *program;
    const eg__program *old; /* NULL: none */
} building;

static void *take(building *b, size_t size)
{
    void *memory = eg__arena_take(&b->program->memory, size);
    if (!memory)
        eg__fail_memory(op_name, size);
    return memory;
}

static eg__place *place_of(const building *b, const eg__segment *s)
{
    return &b->program->places[s->number];
}

/* ---- pieces --------------------------------------------------------------------------------- */

void eg__piece_unref(eg__piece *p)
{
    if (!p || atomic_fetch_sub(&p->refs, 1) != 1)
        return;
    if (p->plan) {
        eg__frames_end(&p->frames);
        eg__plan_free(p->plan);
    }
    eg__free(p->roles, sizeof *p->roles * (size_t)p->roles_capacity);
    eg__free(p->wanted, sizeof *p->wanted * (size_t)p->wanted_capacity);
    eg__free(p, sizeof *p);
}

eg__piece *eg__piece_ref(eg__piece *p)
{
    atomic_fetch_add(&p->refs, 1);
    return p;
}

static eg__piece *new_piece(const eg__segment *s)
{
    eg__piece *p = eg__alloc_zero(sizeof *p);

    if (!p)
        return eg__fail_memory(op_name, sizeof *p), NULL;
    atomic_init(&p->refs, 1);
    p->segment = s;
    return p;
}

/* Whether a value is computed in its segment, and not an argument of the call. */
static bool is_computed(const eg__value *v)
{
    return v->segment && v->segment->graph->nodes[v->ref.node].op != &eg_op_placeholder;
}

static int find_wanted(const eg__piece *p, const eg__value *v)
{
    for (int i = 0; i < p->n_wanted; i++)
        if (eg__same_ref(p->wanted[i].ref, v->ref))
            return i;
    return -1;
}

static bool want(building *b, const eg__value *v, eg__role role)
{
    if (!is_computed(v))
        return true;
    eg__piece *p = place_of(b, v->segment)->piece;
    int i = find_wanted(p, v);
    if (i < 0) {
        if (!eg__reserve(&p->roles, sizeof *p->roles, p->n_wanted, &p->roles_capacity) ||
            !eg__reserve(&p->wanted, sizeof *p->wanted, p->n_wanted, &p->wanted_capacity)) {
            eg__fail_memory(op_name, sizeof *v);
            return false;
        }
        i = p->n_wanted++;
        p->wanted[i] = *v;
        p->roles[i] = role;
    }
    if (p->roles[i] != role)
        p->roles[i] = EG__RESULT;
    return true;
}

static bool same_wishes(const eg__piece *a, const eg__piece *b)
{
    if (a->n_wanted != b->n_wanted)
        return false;
    for (int i = 0; i < a->n_wanted; i++)
        if (!eg__same_ref(a->wanted[i].ref, b->wanted[i].ref) || a->roles[i] != b->roles[i])
            return false;
    return true;
}

static bool plan_piece(eg__piece *p)
{
    eg_graph *graph = eg__graph_copy(p->segment->graph);
    bool done = graph != NULL;

    for (int i = 0; done && i < p->n_wanted; i++)
        done = eg__graph_want(graph, p->wanted[i].ref);
    if (!done || eg__passes_run(graph) != EG_OK) {
        eg_graph_free(graph);
        return false;
    }
    p->plan = eg__plan_new(graph, p->roles);
    if (p->plan)
        eg__frames_start(&p->frames, p->plan);
    return p->plan != NULL;
}

/* Takes the piece of the last program if it does what is wanted now, else plans anew. */
static bool finish_piece(building *b, const eg__segment *s)
{
    eg__place *place = place_of(b, s);
    bool known = b->old && s->number < b->old->n_places;
    eg__piece *before = known ? b->old->places[s->number].piece : NULL;

    if (!before || !same_wishes(before, place->piece))
        return plan_piece(place->piece);
    eg__piece_unref(place->piece);
    place->piece = eg__piece_ref(before);
    return true;
}

/* ---- what a segment needs ------------------------------------------------------------------- */

/* Keeps assignments in the order in which their variables were made: that of taking locks. */
static void insert_assigned(eg__place *place, const eg__assignment *a, eg__value values[])
{
    uint64_t serial = a->variable->variable->serial;
    int i = place->n_assigned++;

    for (; i > 0 && place->assigned_to[i - 1]->variable->serial > serial; i--) {
        values[i] = values[i - 1];
        place->assigned_to[i] = place->assigned_to[i - 1];
    }
    values[i] = a->value;
    place->assigned_to[i] = a->variable;
}

/* The last assignment of each variable along the path to a leaf. */
static bool collect_assigned(building *b, const eg__segment *leaf, eg__value values[])
{
    eg__place *place = place_of(b, leaf);
    int most = 0;

    for (const eg__segment *s = leaf; s; s = s->parent)
        most += s->n_assignments;
    place->assigned_to = take(b, sizeof *place->assigned_to * (size_t)most);
    place->assigned = take(b, sizeof *place->assigned * (size_t)most);
    place->in_place = take(b, sizeof *place->in_place * (size_t)most);
    if (!place->assigned_to || !place->assigned || !place->in_place)
        return false;
    for (const eg__segment *s = leaf; s; s = s->parent)
        for (int i = s->n_assignments; i-- > 0;) {
            bool later = false;
            for (int k = 0; k < place->n_assigned; k++)
                later = later || place->assigned_to[k] == s->assignments[i].variable;
            if (!later)
                insert_assigned(place, &s->assignments[i], values);
        }
    return true;
}

static int count_assignments(const eg__segment *leaf)
{
    int n = 0;

    for (const eg__segment *s = leaf; s; s = s->parent)
        n += s->n_assignments;
    return n;
}

static bool take_derivative(building *b, const eg__segment *leaf)
{
    eg__place *place = place_of(b, leaf);
    bool known = b->old && leaf->number < b->old->n_places;
    eg__derivative *before = known ? b->old->places[leaf->number].derivative : NULL;

    if (!b->trace->on_tape)
        return true;
    if (before)
        atomic_fetch_add(&before->refs, 1);
    place->derivative = before ? before : eg__derivative_new(b->trace, leaf);
    if (!place->derivative)
        return false;
    for (int i = 0; i < place->derivative->n_residuals; i++)
        if (!want(b, &place->derivative->residuals[i], EG__KEPT))
            return false;
    return true;
}

/* What leaves the call gets memory of its own only where the leaf itself computes it. */
static eg__role role_in(const eg__segment *leaf, const eg__value *v, eg__role role)
{
    return v->segment == leaf ? role : EG__KEPT;
}

static bool want_leaf(building *b, const eg__segment *leaf)
{
    size_t size = sizeof(eg__value) * ((size_t)count_assignments(leaf) + 1);
    eg__value *assigned = eg__alloc(size);
    bool done = assigned && collect_assigned(b, leaf, assigned);

    if (!assigned)
        eg__fail_memory(op_name, size);
    for (int i = 0; done && i < leaf->n_results; i++)
        done = want(b, &leaf->results[i], role_in(leaf, &leaf->results[i], EG__RESULT));
    for (int i = 0; done && i < place_of(b, leaf)->n_assigned; i++)
        done = want(b, &assigned[i], role_in(leaf, &assigned[i], EG__LATE));
    eg__free(assigned, size);
    return done && take_derivative(b, leaf);
}

static bool is_used(const eg_graph *graph, uint32_t input)
{
    for (int i = 0; i < graph->n; i++)
        for (int k = 0; k < graph->nodes[i].n_in; k++)
            if (graph->nodes[i].in[k].node == input)
                return true;
    for (int i = 0; i < graph->n_outputs; i++)
        if (graph->outputs[i].node == input)
            return true;
    return false;
}

static bool want_imports(building *b, const eg__segment *s)
{
    const eg_graph *graph = place_of(b, s)->piece->plan->graph;

    for (int i = 0; i < s->n_imports; i++)
        if (is_used(graph, graph->inputs[i]) && !want(b, &s->imports[i], EG__KEPT))
            return false;
    return true;
}

static bool compile_segment(building *b, const eg__segment *s)
{
    bool asks = s->end == EG__END_TRUE || s->end == EG__END_ITEM;

    if (s->end == EG__END_RETURN && !want_leaf(b, s))
        return false;
    if (asks && !want(b, &s->asked, EG__KEPT))
        return false;
    return finish_piece(b, s) && want_imports(b, s);
}

/* ---- sources -------------------------------------------------------------------------------- */

static eg__source source_of(const building *b, const eg__value *v)
{
    if (!v->segment)
        return (eg__source){.tensor = v->tensor, .depth = -1, .index = -1};
    if (!is_computed(v)) {
        int i = 0;
        while (v->segment->graph->inputs[i] != v->ref.node)
            i++;
        return (eg__source){.depth = -1, .index = i};
    }
    const eg__piece *p = place_of(b, v->segment)->piece;
    return (eg__source){.depth = v->segment->depth, .index = find_wanted(p, v)};
}

static bool link_imports(building *b, const eg__segment *s, eg__place *place)
{
    const eg_graph *graph = place->piece->plan->graph;
    int n = graph->n_inputs;

    place->imports = take(b, sizeof *place->imports * (size_t)n);
    if (!place->imports)
        return false;
    for (int i = 0; i < n; i++) {
        place->imports[i] = (eg__source){.depth = -1, .index = s->parent ? -1 : i};
        if (!is_used(graph, graph->inputs[i]))
            place->imports[i].index = -1;
        else if (s->parent)
            place->imports[i] = source_of(b, &s->imports[i]);
    }
    return true;
}

/* Whether a piece above the leaf hands down a variable's elements under another shape. */
static bool path_exports_variables(const building *b, const eg__segment *leaf)
{
    for (const eg__segment *s = leaf->parent; s; s = s->parent) {
        const eg__plan *plan = place_of(b, s)->piece->plan;
        for (int i = 0; i < plan->n_outputs; i++)
            if (plan->slots[plan->outputs[i].slot].kind == EG__SLOT_VARIABLE)
                return true;
    }
    return false;
}

static bool link_leaf(building *b, const eg__segment *s, eg__place *place)
{
    size_t size = sizeof(eg__value) * ((size_t)count_assignments(s) + 1);
    eg__value *assigned = eg__alloc(size);

    place->n_results = s->n_results;
    place->results = take(b, sizeof *place->results * (size_t)s->n_results);
    if (!assigned || !place->results) {
        eg__fail_memory(op_name, size);
        eg__free(assigned, size);
        return false;
    }
    for (int i = 0; i < s->n_results; i++)
        place->results[i] = source_of(b, &s->results[i]);
    place->n_assigned = 0;
    bool done = collect_assigned(b, s, assigned);
    for (int i = 0; done && i < place->n_assigned; i++)
        place->assigned[i] = source_of(b, &assigned[i]);
    eg__free(assigned, size);
    place->split = place->piece->plan->n_steps;
    if (done && !b->trace->on_tape && !path_exports_variables(b, s))
        eg__place_find_updates(place);
    return done;
}

static bool link(building *b, const eg__segment *s)
{
    eg__place *place = place_of(b, s);

    if (!link_imports(b, s, place))
        return false;
    if (s->end == EG__END_TRUE || s->end == EG__END_ITEM)
        place->asked = source_of(b, &s->asked);
    for (int i = 0; i < s->n_outcomes; i++) {
        place->children[i] = place_of(b, s->outcomes[i].segment);
        place->seen[i] = s->outcomes[i];
    }
    place->n_children = s->n_outcomes;
    return s->end != EG__END_RETURN || link_leaf(b, s, place);
}

/* ---- facts about the whole ------------------------------------------------------------------ */

static void add_capture(building *b, eg_tensor *tensor)
{
    const eg__tape *tape = eg__tape_innermost();
    eg__program *p = b->program;

    p->captures[p->n_captures++] =
        (eg__capture){tensor, b->trace->on_tape && tape && eg__tape_follows(tape, tensor)};
}

static bool is_floating(const eg_node *node)
{
    return eg__is_floating(node->out[0].dtype);
}

static void collect_tensor(building *b, const eg_node *node)
{
    eg__program *p = b->program;
    bool variable = node->op == &eg_op_variable;
    bool trains = variable && node->tensor->variable->trainable;

    p->touches_variables = p->touches_variables || variable;
    p->has_trainable = p->has_trainable || (trains && is_floating(node));
    if (!trains && is_floating(node))
        add_capture(b, node->tensor);
}

static bool collect_tensors(building *b)
{
    eg__program *p = b->program;
    int most = 0;

    for (int s = 0; s < b->trace->n_segments; s++)
        most += b->trace->segments[s]->graph->n;
    p->captures = take(b, sizeof *p->captures * (size_t)most);
    for (int s = 0; p->captures && s < b->trace->n_segments; s++) {
        const eg__segment *segment = b->trace->segments[s];
        p->touches_variables = p->touches_variables || segment->n_assignments > 0;
        for (int i = 0; i < segment->graph->n; i++)
            if (segment->graph->nodes[i].tensor)
                collect_tensor(b, &segment->graph->nodes[i]);
    }
    return p->captures != NULL;
}

/* Bytes of constants that somebody else has too: captured ones, and those of the segment. */
static size_t shared_bytes(const eg_graph *graph)
{
    size_t bytes = 0;

    for (int i = 0; i < graph->n; i++)
        if (graph->nodes[i].op == &eg_op_constant && atomic_load(&graph->nodes[i].tensor->refs) > 1)
            bytes += eg__bytes(graph->nodes[i].out);
    return bytes;
}

/* A plan with one frame to run it in. */
static size_t plan_bytes(const eg__plan *plan)
{
    return eg__plan_bytes(plan) - shared_bytes(plan->graph) + plan->arena;
}

static void measure(eg__trace *t, const eg__program *p)
{
    t->tree_bytes = t->constant_bytes;
    t->bytes = 0;
    for (int i = 0; i < t->n_segments; i++) {
        const eg__derivative *d = p->places[i].derivative;
        t->tree_bytes += eg__segment_bytes(t->segments[i]);
        t->bytes += plan_bytes(p->places[i].piece->plan) + (d ? plan_bytes(d->plan) : 0);
    }
    t->bytes += t->tree_bytes + sizeof *t + p->memory.bytes;
}

/* ---- programs ------------------------------------------------------------------------------- */

void eg__program_free(eg__program *p)
{
    for (eg__program *next; p; p = next) {
        next = p->retired;
        for (int i = 0; i < p->n_places; i++) {
            eg__piece_unref(p->places[i].piece);
            eg__derivative_unref(p->places[i].derivative);
        }
        eg__arena_free(&p->memory);
        eg__free(p, sizeof *p);
    }
}

static bool build(building *b)
{
    int n = b->trace->n_segments;

    b->program->places = take(b, sizeof(eg__place) * (size_t)n);
    if (!b->program->places)
        return false;
    for (int i = 0; i < n; i++) {
        b->program->places[i].piece = new_piece(b->trace->segments[i]);
        b->program->n_places = i + 1;
        if (!b->program->places[i].piece)
            return false;
    }
    for (int i = n; i-- > 0;)
        if (!compile_segment(b, b->trace->segments[i]))
            return false;
    for (int i = 0; i < n; i++)
        if (!link(b, b->trace->segments[i]))
            return false;
    return collect_tensors(b);
}

eg__program *eg__program_new(const eg__trace *trace, const eg__program *old)
{
    building b = {.trace = trace, .old = old};

    b.program = eg__alloc_zero(sizeof *b.program);
    if (!b.program)
        return eg__fail_memory(op_name, sizeof *b.program), NULL;
    if (build(&b))
        return b.program;
    eg__program_free(b.program);
    return NULL;
}

eg_status eg__trace_compile(eg__trace *trace)
{
    int64_t start = eg__os_nanoseconds();
    eg__program *program = eg__program_new(trace, atomic_load(&trace->program));

    if (!program)
        return eg__me.failed;
    size_t before = trace->bytes;
    measure(trace, program);
    trace->plan_time += eg__os_nanoseconds() - start;
    eg__program *old = atomic_exchange(&trace->program, program);
    if (old) {
        trace->function->bytes += trace->is_private ? 0 : trace->bytes - before;
        eg__cache_retire(trace->function, old);
    }
    return EG_OK;
}
