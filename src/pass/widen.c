/* Widen: an operation on float16, bfloat16 or small integers, which is computed in a wider dtype,
 * becomes casts around the operation in that dtype. Casts can be fused with their neighbors, so the
 * wide arrays are never written down; the bits are those of the same casts inside of the kernel.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/choose.h"
#include "op/widen.h"
#include "ops/registry.h"
#include "pass/fused.h"
#include "pass/pass.h"
#include "pass/rewrite.h"

static bool is_wide(const eg_spec *spec)
{
    return eg__wide(spec->dtype) == spec->dtype;
}

/* Whether no kernel takes the node as it is, though it is one that may be taken apart. */
static bool is_widened(const eg_graph *graph, const eg_node *node)
{
    const unsigned not = EG__SOURCE | EG__EFFECT | EG__MAY_FAIL | EG__VIEW | EG__NESTS | EG__HOST;
    const eg_spec *in[EG__MAX_IN], *out[1] = {node->out};
    eg_problem p = {node->attrs, node->n_in, 1, in, out};
    bool narrow = false;
    eg_job job;

    for (int k = 0; k < node->n_in; k++) {
        in[k] = eg__spec_of(graph, node->in[k]);
        narrow = narrow || !is_wide(in[k]);
    }
    if (!narrow || node->n_out != 1 || node->name || node->out->size < EG__FEW_ELEMENTS ||
        (eg__traits(node->op, node->attrs) & not ))
        return false;
    if (!eg__prepare(node->op, &p, &job))
        return !eg__me.failed;
    if (job.drop)
        job.drop(&job);
    return false;
}

static bool add_cast(eg__rewrite *r, const eg_node *node, eg_dtype dtype, eg_ref *x)
{
    const eg__cast_attrs attrs = {sizeof attrs, dtype};
    eg_spec to = *eg__spec_of(r->to, *x);

    to.dtype = dtype;
    int at = eg__graph_add(r->to, &eg_op_cast, &attrs, 1, x, &to);
    if (at < 0)
        return false;
    r->to->nodes[at].site = node->site;
    *x = (eg_ref){(uint32_t)at, 0};
    return true;
}

/* Casts each narrow input, once if it comes twice. */
static bool cast_inputs(eg__rewrite *r, const eg_node *node, eg_ref wide[])
{
    for (int k = 0; k < node->n_in; k++) {
        int same = 0;
        while (!eg__same_ref(r->in[same], r->in[k]))
            same++;
        wide[k] = same < k ? wide[same] : r->in[k];
        eg_dtype dtype = eg__wide(eg__spec_of(r->to, wide[k])->dtype);
        if (same == k && !is_wide(eg__spec_of(r->to, wide[k])) &&
            !add_cast(r, node, dtype, &wide[k]))
            return false;
    }
    return true;
}

/* The operation among casts; false where memory is out, or, with *at -1, where its shape rule wants
 * another dtype. */
static bool take_apart(eg__rewrite *r, const eg_node *node, int *at)
{
    eg_ref in[EG__MAX_IN], made;
    eg_spec out, wanted = *node->out;

    *at = -1;
    wanted.dtype = eg__wide(wanted.dtype);
    if (!cast_inputs(r, node, in))
        return false;
    if (!eg__rewrite_infer(r, node, in, &out) || !eg__same_spec(&out, &wanted))
        return true;
    made = (eg_ref){(uint32_t)eg__graph_add(r->to, node->op, node->attrs, node->n_in, in, &out), 0};
    if (eg__me.failed)
        return false;
    r->to->nodes[made.node].site = node->site;
    if (!is_wide(node->out) && !add_cast(r, node, node->out->dtype, &made))
        return false;
    *at = (int)made.node;
    return true;
}

static bool visit(eg__rewrite *r, int i)
{
    const eg_node *node = &r->from->nodes[i];
    int at = -1;

    eg__rewrite_inputs(r, i);
    if (is_widened(r->from, node) && !take_apart(r, node, &at))
        return false;
    if (at >= 0)
        eg__rewrite_put(r, i, (uint32_t)at);
    return !eg__me.failed && (at >= 0 || eg__rewrite_keep(r, i));
}

static bool has_narrow(const eg_graph *graph)
{
    for (int i = 0; i < graph->n; i++)
        for (int k = 0; k < graph->nodes[i].n_out; k++)
            if (!is_wide(&graph->nodes[i].out[k]))
                return true;
    return false;
}

eg_status eg__pass_widen(eg_graph *graph)
{
    eg__rewrite r;

    if (!has_narrow(graph))
        return EG_OK;
    bool done = eg__rewrite_begin(&r, graph);
    for (int i = 0; done && i < graph->n; i++)
        done = visit(&r, i);
    return eg__rewrite_end(&r, done);
}
