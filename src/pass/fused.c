/* The fused operation: its text, its shape rule, and how its members become a group of kernels.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "pass/fused.h"
#include "base/memory.h"
#include "kernel/group.h"
#include "op/choose.h"
#include "op/infer.h"
#include <string.h>

/* ---- ownership ------------------------------------------------------------------------------ */

eg__fused *eg__fused_new(eg_graph *body)
{
    eg__fused *fused = eg__alloc(sizeof *fused);

    if (!fused) {
        eg_graph_free(body);
        return eg__fail_memory("Fused", sizeof *fused), NULL;
    }
    atomic_init(&fused->refs, 1);
    fused->body = body;
    return fused;
}

void eg__fused_unref(eg__fused *fused)
{
    if (!fused || atomic_fetch_sub_explicit(&fused->refs, 1, memory_order_acq_rel) != 1)
        return;
    eg_graph_free(fused->body);
    eg__free(fused, sizeof *fused);
}

static eg_graph *body_of(const void *attrs)
{
    return ((const eg__fused_attrs *)attrs)->fused->body;
}

static void hold(const void *attrs, int change)
{
    eg__fused *fused = ((const eg__fused_attrs *)attrs)->fused;

    if (change > 0)
        atomic_fetch_add_explicit(&fused->refs, 1, memory_order_relaxed);
    else
        eg__fused_unref(fused);
}

/* ---- text and shapes ------------------------------------------------------------------------ */

/* The lines of the body behind its first, further to the right. */
static void put(const void *attrs, eg__text *text)
{
    eg__text own = {0};

    eg__graph_put(body_of(attrs), true, &own);
    eg__text_put(text, " {\n");
    const char *line = own.failed || !own.start ? NULL : strchr(own.start, '\n');
    for (const char *end; line && line[1]; line = end) {
        end = strchr(line + 1, '\n');
        eg__text_put(text, "    ");
        eg__text_add(text, line + 1, (size_t)(end - line - 1));
        eg__text_put(text, end[1] ? "\n" : "");
    }
    text->failed = text->failed || own.failed;
    eg__text_free(&own);
}

static int count_out(const void *attrs)
{
    return body_of(attrs)->n_outputs;
}

static eg_status infer(eg_shapes *s)
{
    const eg_graph *body = body_of(s->attrs);

    if (s->n_in != body->n_inputs || eg__graph_verify(body, "fuse") != EG_OK)
        return EG_INVALID;
    for (int k = 0; k < s->n_in; k++)
        if (!eg__same_spec(s->in[k], body->nodes[body->inputs[k]].out))
            return eg__shape_error(s, "input %d is not as the group was made for", k);
    for (int k = 0; k < body->n_outputs; k++)
        *s->out[k] = *eg__spec_of(body, body->outputs[k]);
    return EG_OK;
}

static double flops(const eg_problem *p)
{
    return eg_graph_flops(body_of(p->attrs));
}

/* ---- what can be a member ------------------------------------------------------------------- */

static bool prepare_node(const eg_graph *graph, const eg_node *node, eg_job *job)
{
    const eg_spec *in[EG__MAX_IN], *out[EG__MAX_OUT];
    eg_problem p = {node->attrs, node->n_in, node->n_out, in, out};

    for (int k = 0; k < node->n_in; k++)
        in[k] = eg__spec_of(graph, node->in[k]);
    for (int k = 0; k < node->n_out; k++)
        out[k] = &node->out[k];
    return eg__prepare(node->op, &p, job);
}

/* Prepares a job that owns nothing and cannot fail. */
static bool prepare_plain(const eg_graph *graph, const eg_node *node, eg_job *job)
{
    if (node->op->traits & (EG__SOURCE | EG__EFFECT | EG__MAY_FAIL | EG__VIEW | EG__NESTS) ||
        node->n_out != 1 || node->n_in > EG__MOST_OPERANDS || node->out->size == 0 ||
        !prepare_node(graph, node, job))
        return false;
    if (job->drop)
        job->drop(job);
    return !job->drop && !job->may_fail;
}

bool eg__is_loop(const eg_graph *graph, const eg_node *node, eg_job *job)
{
    return (node->op->traits & EG__ELEMENTWISE) && prepare_plain(graph, node, job) &&
        eg__elementwise_nest(job);
}

bool eg__is_row_reduction(const eg_graph *graph, const eg_node *node, eg_job *job)
{
    eg__units units;

    return !(node->op->traits & EG__ELEMENTWISE) && node->n_in == 1 &&
        eg__spec_of(graph, node->in[0])->size > 0 && prepare_plain(graph, node, job) &&
        eg__reduce_units(job, &units);
}

/* ---- the job -------------------------------------------------------------------------------- */

typedef struct member_table {
    eg__group group;
    eg__group_member member[EG__GROUP_MEMBERS];
    eg_job tail[EG__GROUP_OUTPUTS];
    int n_tails;
    int value_of[]; /* by node of the body: a value of the group */
} member_table;

static void fill_operands(member_table *t, const eg_graph *body, const eg_node *node,
    eg__group_member *m)
{
    m->n_in = node->n_in;
    for (int k = 0; k < node->n_in; k++) {
        m->in[k] = t->value_of[node->in[k].node];
        m->in_spec[k] = eg__spec_of(body, node->in[k]);
    }
}

static bool fill_member(member_table *t, const eg_graph *body, int i)
{
    const eg_node *node = &body->nodes[i];
    eg__group_member *m = &t->member[t->group.n_members];
    eg_job job;

    *m = (eg__group_member){.out = node->out, .result = -1};
    fill_operands(t, body, node, m);
    if (eg__is_loop(body, node, &job)) {
        m->loop = eg__elementwise_nest(&job)->loop;
        m->cost = eg__elementwise_nest(&job)->cost;
        t->group.size = node->out->size;
    } else if (!eg__me.failed && eg__is_row_reduction(body, node, &t->tail[t->n_tails])) {
        m->reduction = &t->tail[t->n_tails++];
    } else {
        return false;
    }
    t->value_of[i] = t->group.n_in + t->group.n_members++;
    return true;
}

static bool fill_table(member_table *t, const eg_graph *body, int maker)
{
    int n_in = 0, n_out = body->n_outputs;

    n_out -= maker >= 0 && n_out > 0 && (int)body->outputs[n_out - 1].node == maker;
    t->group = (eg__group){body->n_inputs + (maker >= 0), n_out, 0, 0, t->member, maker >= 0};
    for (int i = 0; i < body->n; i++) {
        const eg_node *node = &body->nodes[i];
        if (i == maker)
            t->value_of[i] = body->n_inputs;
        else if (node->op == &eg_op_placeholder)
            t->value_of[i] = n_in++;
        else if (node->op->traits & EG__VIEW)
            t->value_of[i] = t->value_of[node->in[0].node];
        else if (!fill_member(t, body, i))
            return false;
    }
    for (int k = 0; k < n_out; k++)
        t->member[t->value_of[body->outputs[k].node] - t->group.n_in].result = k;
    return true;
}

const char *eg__fused_group(const eg_graph *body, int maker, eg_job *job)
{
    size_t size = sizeof(member_table) + sizeof(int) * (size_t)body->n;
    member_table *t = eg__alloc_zero(size);
    const char *why = NULL;

    if (!t) {
        eg__fail_memory("Fused", size);
        return "memory is out";
    }
    if (!fill_table(t, body, maker))
        why = "a member cannot be run in parts";
    else if (!eg__group_prepare(&t->group, job))
        why = "memory is out";
    eg__free(t, size);
    return why;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg_graph *body = body_of(p->attrs);
    int maker = eg__fused_maker(body);
    const char *why =
        maker < 0 ? eg__fused_group(body, -1, job) : eg__attached_prepare(body, maker, job);

    (void)self;
    if (!why)
        job->implementation = body->name;
    return why;
}

/* ---- the operation -------------------------------------------------------------------------- */

static const eg_attr fields[] = {
    EG__ATTR(eg__fused_attrs, HOST, fused),
    {0},
};

static const eg_kernel group_kernel = {.name = "group", .prepare = prepare};

const eg_opdef eg_op_fused = {
    .name = "Fused",
    .in = {"x"},
    .variadic = true,
    .count_out = count_out,
    .attrs = fields,
    .attrs_size = sizeof(eg__fused_attrs),
    .hold = hold,
    .put = put,
    .infer = infer,
    .kernels = EG__KERNELS(&group_kernel),
    .flops = flops,
};
