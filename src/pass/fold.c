/* Computes nodes whose inputs are all constants, with the kernels of the eager operations, so the
 * bits are those the graph would compute. Results over a size limit are left to be computed: a
 * graph should not carry megabytes that a broadcast makes from one number.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/choose.h"
#include "pass/pass.h"
#include "pass/rewrite.h"
#include "tensor/strings.h"
#include <string.h>

enum { MOST_BYTES = 1 << 16 };

static bool can_fold(const eg_graph *to, const eg_node *node, const eg_ref in[])
{
    if (eg__traits(node->op, node->attrs) & (EG__SOURCE | EG__EFFECT | EG__MAY_FAIL | EG__HOST))
        return false;
    for (int k = 0; k < node->n_in; k++)
        if (to->nodes[in[k].node].op != &eg_op_constant)
            return false;
    for (int k = 0; k < node->n_out; k++)
        if (eg__bytes(&node->out[k]) > MOST_BYTES)
            return false;
    return node->n_out == 1 && !node->name;
}

static bool compute(const eg_graph *to, const eg_node *node, const eg_ref in[], eg_tensor *out)
{
    const eg_spec *in_spec[EG__MAX_IN], *out_spec[1] = {&node->out[0]};
    void *data[EG__MAX_IN];
    eg_job job;

    for (int k = 0; k < node->n_in; k++) {
        in_spec[k] = eg__spec_of(to, in[k]);
        data[k] = to->nodes[in[k].node].tensor->data;
    }
    if (node->op->traits & EG__VIEW) {
        memcpy(out->data, data[0], eg__bytes(&node->out[0]));
        return true;
    }
    eg_problem p = {node->attrs, node->n_in, 1, in_spec, out_spec};
    if (!eg__choose(node->op, &p, &job))
        return false;
    bool done = eg__run_once(&job, "fold", data, &out->data) == EG_OK;
    if (job.drop)
        job.drop(&job);
    return done;
}

static bool fold(eg__rewrite *r, int i)
{
    const eg_node *node = &r->from->nodes[i];
    eg_tensor *value = eg__value_new(&node->out[0], "fold");
    eg__strings pool;

    eg__strings_open(&pool);
    bool done = value && compute(r->to, node, r->in, value);
    if (done)
        eg__strings_settle(value);
    eg__strings_close(&pool);
    int at = done ? eg__graph_add_tensor(r->to, &eg_op_constant, value) : -1;

    eg__unref(value);
    if (at < 0)
        return false;
    r->to->nodes[at].site = node->site;
    eg__rewrite_put(r, i, (uint32_t)at);
    return true;
}

static bool can_fold_any(const eg_graph *graph)
{
    int i = 0;

    while (i < graph->n && !can_fold(graph, &graph->nodes[i], graph->nodes[i].in))
        i++;
    return i < graph->n;
}

eg_status eg__pass_fold(eg_graph *graph)
{
    eg__rewrite r;

    if (!can_fold_any(graph))
        return EG_OK;
    bool done = eg__rewrite_begin(&r, graph);

    for (int i = 0; done && i < graph->n; i++) {
        eg__rewrite_inputs(&r, i);
        done = can_fold(r.to, &graph->nodes[i], r.in) ? fold(&r, i) : eg__rewrite_keep(&r, i);
    }
    return eg__rewrite_end(&r, done);
}
