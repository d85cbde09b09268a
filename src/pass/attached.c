/* A fused node with a maker: a product or convolution that makes its result in parts, and a group
 * of element-wise operations that goes on with each part while it is in a cache.
 *
 * What the maker makes lies where the group puts its own result, if that is of the same size and
 * nobody else wants it; then it never has memory of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "kernel/group.h"
#include "op/choose.h"
#include "ops/registry.h"
#include "pass/fused.h"
#include <string.h>

enum { LINE = 64 };

typedef struct attached {
    eg_job maker, group;
    eg__parts parts;
    const eg_opdef *op;
    int n_in, n_maker_in;
    int result;               /* the output that is the maker's result, or lies over it; -1: none */
    int maker_in[EG__MAX_IN]; /* which of the inputs the maker reads */
    size_t maker_at, group_at, made_at; /* in the scratch; counters are at its start */
} attached;

static const attached *attached_of(const eg_job *job)
{
    return *(const attached *const *)(const void *)job->state;
}

/* ---- which ---------------------------------------------------------------------------------- */

bool eg__makes_parts(const eg_opdef *op)
{
    return op == &eg_op_matmul || op == &eg_op_conv || op == &eg_op_conv_input_grad;
}

int eg__fused_maker(const eg_graph *body)
{
    for (int i = 0; i < body->n; i++)
        if (eg__makes_parts(body->nodes[i].op))
            return i;
    return -1;
}

/* ---- running -------------------------------------------------------------------------------- */

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const attached *a = attached_of(job);
    void *maker_in[EG__MAX_IN], *group_in[EG__GROUP_INPUTS];
    char *room = scratch;
    void *made = a->result < 0 ? room + a->made_at : out[a->result];
    eg__group_whole whole;
    eg__then then = {eg__group_part, &whole, scratch};

    for (int k = 0; k < a->n_maker_in; k++)
        maker_in[k] = in[a->maker_in[k]];
    memcpy(group_in, in, sizeof *in * (size_t)a->n_in);
    group_in[a->n_in] = made;
    for (int64_t i = 0; i < a->parts.counters; i++)
        atomic_init(&then.made[i], 0);
    eg__group_begin(&whole, &a->group, group_in, out, room + a->group_at);
    eg_status status = a->parts.run(&a->maker, maker_in, &made, room + a->maker_at, &then);
    if (status != EG_OK)
        eg__error_in(a->op->name);
    return status;
}

/* What the maker reads has to stay until its last part is made. */
static bool may_overwrite(const eg_job *job, int out, int in)
{
    const attached *a = attached_of(job);

    for (int k = 0; k < a->n_maker_in; k++)
        if (a->maker_in[k] == in)
            return false;
    return out != a->result && eg__may_overwrite(&a->group, out, in);
}

/* ---- preparing ------------------------------------------------------------------------------ */

static void free_attached(attached *a)
{
    if (a->maker.drop)
        a->maker.drop(&a->maker);
    if (a->group.drop)
        a->group.drop(&a->group);
    eg__free(a, sizeof *a);
}

static void drop(eg_job *job)
{
    free_attached((attached *)(uintptr_t)attached_of(job));
}

static const char *prepare_maker(attached *a, const eg_graph *body, int maker)
{
    const eg_node *node = &body->nodes[maker];
    const eg_spec *in[EG__MAX_IN], *out[1] = {node->out};
    eg_problem p = {node->attrs, node->n_in, 1, in, out};

    a->op = node->op;
    a->n_maker_in = node->n_in;
    for (int k = 0; k < node->n_in; k++) {
        in[k] = eg__spec_of(body, node->in[k]);
        a->maker_in[k] = (int)node->in[k].node;
    }
    if (!eg__choose(node->op, &p, &a->maker)) {
        a->maker.drop = NULL;
        return "nothing makes what the members go on with";
    }
    return eg__parts_of(&a->maker, &a->parts) ? NULL : "it is not made in parts";
}

/* Where the maker's result lies. */
static void find_result(attached *a, const eg_graph *body, int maker)
{
    int last = body->n_outputs - 1;

    a->n_in = body->n_inputs;
    a->result = (int)body->outputs[last].node == maker ? last : -1;
    for (int k = 0; a->result < 0 && k <= last; k++)
        if (eg__bytes(eg__spec_of(body, body->outputs[k])) == eg__bytes(body->nodes[maker].out) &&
            eg__may_overwrite(&a->group, k, a->n_in))
            a->result = k;
}

static size_t lay(size_t *at, size_t bytes)
{
    size_t place = *at;

    *at += (bytes + LINE - 1) / LINE * LINE;
    return place;
}

const char *eg__attached_prepare(const eg_graph *body, int maker, eg_job *job)
{
    attached *a = eg__alloc_zero(sizeof *a);
    size_t scratch = 0;

    if (!a) {
        eg__fail_memory("Fused", sizeof *a);
        return "memory is out";
    }
    const char *why = prepare_maker(a, body, maker);
    if (!why)
        why = eg__fused_group(body, maker, &a->group);
    if (why) {
        free_attached(a);
        return why;
    }
    find_result(a, body, maker);
    lay(&scratch, sizeof(atomic_int) * (size_t)a->parts.counters);
    a->maker_at = lay(&scratch, a->maker.scratch);
    a->group_at = lay(&scratch, a->group.scratch);
    a->made_at = lay(&scratch, a->result < 0 ? eg__bytes(body->nodes[maker].out) : 0);
    eg__job_start(job, body->name, run);
    job->drop = drop;
    job->scratch = scratch;
    job->may_fail = a->maker.may_fail;
    job->waits = a->maker.waits;
    job->may_overwrite = may_overwrite;
    memcpy(job->state, &a, sizeof a);
    return NULL;
}
