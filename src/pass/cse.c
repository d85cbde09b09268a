/* Common subexpressions: nodes with the same operation, attributes and inputs, and constants with
 * the same bits, become one. Effects and placeholders never do. Arguments are not exchanged even
 * where the operation commutes: x + y and y + x differ in the bits of a NaN.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/map.h"
#include "pass/pass.h"
#include "pass/rewrite.h"

static uint64_t hash_of(const eg_node *node, const eg_ref in[])
{
    uint64_t hash = eg__key_of(node->op);

    for (int k = 0; k < node->n_in; k++)
        hash = eg__hash_word(hash, (uint64_t)in[k].node << 32 | in[k].result);
    if (node->attrs)
        hash = eg__attrs_hash(node->op->attrs, node->attrs, hash);
    if (node->op == &eg_op_variable)
        return eg__hash_word(hash, eg__key_of(node->tensor));
    if (node->op == &eg_op_constant)
        return eg__hash_bytes(hash, node->tensor->data, eg__bytes(&node->out[0]));
    return hash;
}

static bool equal(const eg_node *a, const eg_node *b, const eg_ref in[])
{
    if (a->op != b->op || a->n_in != b->n_in || !a->attrs != !b->attrs ||
        a->is_stopped != b->is_stopped)
        return false;
    for (int k = 0; k < a->n_in; k++)
        if (!eg__same_ref(a->in[k], in[k]))
            return false;
    if (a->attrs && !eg__attrs_equal(a->op->attrs, a->attrs, b->attrs))
        return false;
    if (a->op == &eg_op_variable)
        return a->tensor == b->tensor;
    if (a->op == &eg_op_constant)
        return eg__same_bits(a->tensor, b->tensor);
    return true;
}

static bool may_merge(const eg_node *node)
{
    return !(eg__traits(node->op, node->attrs) & EG__EFFECT) && node->op != &eg_op_placeholder &&
        !node->name;
}

static bool merge_or_keep(eg__rewrite *r, int i, eg__map *seen)
{
    const eg_node *node = &r->from->nodes[i];

    eg__rewrite_inputs(r, i);
    if (!may_merge(node))
        return eg__rewrite_keep(r, i);
    uint64_t hash = hash_of(node, r->in);
    const uint32_t *at = eg__map_find(seen, hash);
    if (at && equal(&r->to->nodes[*at], node, r->in)) {
        eg__rewrite_put(r, i, *at);
        return true;
    }
    if (!eg__rewrite_keep(r, i))
        return false;
    if (at || eg__map_set(seen, hash, (uint32_t)r->to->n - 1))
        return true;
    eg__fail_memory("cse", sizeof(eg__map_slot));
    return false;
}

eg_status eg__pass_cse(eg_graph *graph)
{
    eg__map seen = {0};
    eg__rewrite r;
    bool done = eg__rewrite_begin(&r, graph);

    for (int i = 0; done && i < graph->n; i++)
        done = merge_or_keep(&r, i, &seen);
    eg__map_free(&seen);
    return eg__rewrite_end(&r, done);
}
