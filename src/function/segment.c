/* Segments: straight pieces of graph that import what earlier pieces of their path computed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/memory.h"
#include "function/sizes.h"
#include <string.h>

static const char op_name[] = "a function";

static bool out_of_memory(size_t size)
{
    eg__fail_memory(op_name, size);
    return false;
}

/* ---- values --------------------------------------------------------------------------------- */

static bool same_constant(const eg_tensor *a, const eg_tensor *b)
{
    return a->kind == EG__VALUE && b->kind == EG__VALUE && eg__same_bits(a, b);
}

bool eg__same_value(const eg__value *a, const eg__value *b)
{
    if (a->segment || b->segment)
        return a->segment == b->segment && eg__same_ref(a->ref, b->ref);
    return a->tensor == b->tensor || same_constant(a->tensor, b->tensor);
}

const eg_spec *eg__value_spec(const eg__value *value)
{
    return value->segment ? eg__spec_of(value->segment->graph, value->ref) : &value->tensor->spec;
}

/* ---- segments ------------------------------------------------------------------------------- */

eg__segment *eg__segment_new(const char *name, eg__segment *parent)
{
    eg__segment *s = eg__alloc_zero(sizeof *s);

    if (!s)
        return out_of_memory(sizeof *s), NULL;
    s->graph = eg__graph_new(name);
    if (!s->graph) {
        eg__free(s, sizeof *s);
        return NULL;
    }
    s->graph->keeps_failures = true;
    s->parent = parent;
    s->depth = parent ? parent->depth + 1 : 0;
    return s;
}

void eg__segment_free(eg__segment *s)
{
    if (!s)
        return;
    for (int i = 0; i < s->n_outcomes; i++)
        eg__outcome_free(s, &s->outcomes[i]);
    for (int i = 0; i < s->n_assignments; i++)
        eg__unref(s->assignments[i].variable);
    eg__function_unref(s->callee);
    eg_graph_free(s->graph);
    eg__map_free(&s->import_at);
    eg__free(s->imports, sizeof *s->imports * (size_t)s->imports_capacity);
    eg__free(s->assignments, sizeof *s->assignments * (size_t)s->assignments_capacity);
    eg__free(s->outcomes, sizeof *s->outcomes * (size_t)s->outcomes_capacity);
    eg__free(s->results, sizeof *s->results * (size_t)s->n_results);
    eg__segment_drop_sizes(s);
    eg__free(s, sizeof *s);
}

size_t eg__segment_bytes(const eg__segment *s)
{
    size_t bytes = sizeof *s + s->graph->arena.bytes + eg__segment_size_bytes(s);

    return bytes + sizeof(eg_node) * (size_t)s->graph->capacity;
}

/* ---- imports -------------------------------------------------------------------------------- */

static uint64_t hash_of(const eg__value *value)
{
    return eg__hash_word(eg__key_of(value->segment),
        (uint64_t)value->ref.node << 32 | value->ref.result);
}

static int import_of_node(const eg__segment *s, uint32_t node)
{
    int low = 0, high = s->graph->n_inputs - 1;

    while (low < high) {
        int middle = (low + high) / 2;
        if (s->graph->inputs[middle] < node)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

eg__value eg__segment_value(const eg__segment *s, eg_ref r)
{
    const eg_node *node = &s->graph->nodes[r.node];

    if (node->op == &eg_op_constant || node->op == &eg_op_variable)
        return (eg__value){.tensor = node->tensor};
    if (node->op == &eg_op_placeholder && s->parent)
        return s->imports[import_of_node(s, r.node)];
    return (eg__value){.segment = (eg__segment *)(uintptr_t)s, .ref = r};
}

static bool import(eg__segment *s, const eg__value *value, eg_ref *r)
{
    uint64_t key = hash_of(value);
    const uint32_t *known = eg__map_find(&s->import_at, key);

    if (known) {
        *r = (eg_ref){*known, 0};
        return true;
    }
    if (!eg__reserve(&s->imports, sizeof *s->imports, s->n_imports, &s->imports_capacity))
        return out_of_memory(sizeof *s->imports);
    int at = eg__graph_add_input(s->graph, NULL, eg__value_spec(value));
    if (at < 0)
        return false;
    s->imports[s->n_imports++] = *value;
    *r = (eg_ref){(uint32_t)at, 0};
    return eg__map_set(&s->import_at, key, (uint32_t)at) || out_of_memory(sizeof(eg__map_slot));
}

bool eg__segment_place(eg__segment *s, const eg__value *value, eg_ref *r)
{
    if (value->segment == s) {
        *r = value->ref;
        return true;
    }
    if (value->segment)
        return import(s, value, r);
    int at = eg__graph_find_tensor(s->graph, value->tensor);
    *r = (eg_ref){(uint32_t)at, 0};
    return at >= 0;
}

/* ---- children ------------------------------------------------------------------------------- */

bool eg__outcome_make(const eg__segment *s, const void *bytes, size_t size, eg__outcome *o)
{
    *o = (eg__outcome){.size = size, .owners = eg__alloc(sizeof *o->owners)};
    if (!o->owners)
        return out_of_memory(sizeof *o->owners);
    o->bytes = s->callee ? eg__env_copy(s->callee, bytes) : eg__alloc(size);
    if (!o->bytes) {
        eg__free(o->owners, sizeof *o->owners);
        return eg__me.failed ? false : out_of_memory(size);
    }
    if (!s->callee)
        memcpy(o->bytes, bytes, size);
    atomic_init(o->owners, 1);
    return true;
}

eg__outcome eg__outcome_share(const eg__outcome *o)
{
    atomic_fetch_add(o->owners, 1);
    return *o;
}

void eg__outcome_free(const eg__segment *s, eg__outcome *o)
{
    if (atomic_fetch_sub(o->owners, 1) == 1) {
        if (s->callee)
            eg__env_free(s->callee, o->bytes);
        else
            eg__free(o->bytes, o->size);
        eg__free(o->owners, sizeof *o->owners);
    }
    o->bytes = NULL;
}

bool eg__outcome_is(const eg__segment *s, const eg__outcome *o, const void *bytes, size_t size)
{
    if (s->callee)
        return eg__env_equal(s->callee, o->bytes, bytes);
    return o->size == size && memcmp(o->bytes, bytes, size) == 0;
}

eg__segment *eg__segment_child(const eg__segment *s, const void *bytes, size_t size)
{
    for (int i = 0; i < s->n_outcomes; i++)
        if (eg__outcome_is(s, &s->outcomes[i], bytes, size))
            return s->outcomes[i].segment;
    return NULL;
}

bool eg__segment_add_child(eg__segment *s, eg__outcome *outcome, eg__segment *child)
{
    if (!eg__reserve(&s->outcomes, sizeof *s->outcomes, s->n_outcomes, &s->outcomes_capacity))
        return out_of_memory(sizeof *s->outcomes);
    outcome->segment = child;
    s->outcomes[s->n_outcomes++] = *outcome;
    outcome->bytes = NULL;
    return true;
}
