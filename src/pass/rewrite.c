/* The rewriter.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "pass/rewrite.h"
#include "base/memory.h"

bool eg__rewrite_begin(eg__rewrite *r, eg_graph *graph)
{
    size_t n = (size_t)graph->n;

    *r = (eg__rewrite){.from = graph, .to = eg__graph_new(graph->name), .n = n};
    for (int i = 0; i < graph->n; i++)
        r->n_places += (size_t)graph->nodes[i].n_out;
    r->first = eg__alloc(sizeof *r->first * (n + 1));
    r->place = eg__alloc(sizeof *r->place * (r->n_places + 1));
    if (!r->to || !r->first || !r->place) {
        eg__fail_memory("a pass", sizeof *r->place * r->n_places);
        return false;
    }
    r->to->keeps_failures = graph->keeps_failures;
    uint32_t at = 0;
    for (int i = 0; i < graph->n; i++) {
        r->first[i] = at;
        at += (uint32_t)graph->nodes[i].n_out;
    }
    return true;
}

eg_ref eg__rewrite_place(const eg__rewrite *r, eg_ref old)
{
    return r->place[r->first[old.node] + old.result];
}

void eg__rewrite_inputs(eg__rewrite *r, int i)
{
    const eg_node *node = &r->from->nodes[i];

    for (int k = 0; k < node->n_in; k++)
        r->in[k] = eg__rewrite_place(r, node->in[k]);
}

void eg__rewrite_put(eg__rewrite *r, int i, uint32_t at)
{
    for (int k = 0; k < r->from->nodes[i].n_out; k++)
        r->place[r->first[i] + (uint32_t)k] = (eg_ref){at, (uint32_t)k};
}

void eg__rewrite_put_one(eg__rewrite *r, int i, int k, eg_ref ref)
{
    r->place[r->first[i] + (uint32_t)k] = ref;
}

bool eg__rewrite_keep(eg__rewrite *r, int i)
{
    eg__rewrite_inputs(r, i);
    int at = eg__graph_copy_node(r->to, &r->from->nodes[i], r->in);
    if (at >= 0)
        eg__rewrite_put(r, i, (uint32_t)at);
    return at >= 0;
}

bool eg__rewrite_infer(const eg__rewrite *r, const eg_node *node, const eg_ref in[], eg_spec *out)
{
    const eg_spec *in_spec[EG__MAX_IN];
    eg_spec *out_spec[1] = {out};
    eg_shapes s = {node->op, node->attrs, node->n_in, in_spec, out_spec};

    for (int k = 0; k < node->n_in; k++)
        in_spec[k] = eg__spec_of(r->to, in[k]);
    if (node->op->infer(&s) == EG_OK)
        return true;
    eg__clear_error();
    return false;
}

static bool want_outputs(eg__rewrite *r)
{
    for (int i = 0; i < r->from->n_outputs; i++)
        if (!eg__graph_want(r->to, eg__rewrite_place(r, r->from->outputs[i])))
            return false;
    return true;
}

static void take_over(eg__rewrite *r)
{
    eg_graph *from = r->from, *to = r->to;
    eg_graph old = *from;
    *from = *to;
    from->owned = old.owned;
    from->n_owned = old.n_owned;
    from->owned_capacity = old.owned_capacity;
    *to = old;
    to->owned = NULL;
    to->n_owned = to->owned_capacity = 0;
}

eg_status eg__rewrite_end(eg__rewrite *r, bool done)
{
    if (done && want_outputs(r))
        take_over(r);
    eg__free(r->first, sizeof *r->first * (r->n + 1));
    eg__free(r->place, sizeof *r->place * (r->n_places + 1));
    eg_graph_free(r->to);
    return eg__me.failed;
}

bool eg__graph_has(const eg_graph *graph, const eg_opdef *op)
{
    int i = 0;

    while (i < graph->n && graph->nodes[i].op != op)
        i++;
    return i < graph->n;
}
