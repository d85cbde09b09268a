/* Attach: element-wise operations behind a product or convolution, adding a bias and a residual and
 * applying an activation, become one node with it. What it makes is in parts, and each goes through
 * them while it is in a cache of the processor that made it.
 *
 * A fused group, or an element-wise operation that is in none, goes on with one maker among those
 * it reads element by element: the one with the most work. The maker moves to where the group is,
 * so nothing in between may read what it makes; what comes later may.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/message.h"
#include "kernel/group.h"
#include "op/choose.h"
#include "pass/fused.h"
#include "pass/pass.h"
#include "pass/rewrite.h"
#include <string.h>

enum {
    NONE = -1,
    LEAST = 4096, /* elements: fewer are in the first cache anyway */
};

typedef struct attaching {
    eg__rewrite r;
    eg_graph *graph;
    int *maker;        /* by node: the one that it goes on with */
    int *first_reader; /* by node */
    int *uses;         /* by node: how often others, or the caller, read it */
    bool *moves;       /* by node: it is a maker that moves */
    bool *early;
} attaching;

/* ---- what goes on --------------------------------------------------------------------------- */

static const eg_graph *body_of(const eg_node *node)
{
    return ((const eg__fused_attrs *)node->attrs)->fused->body;
}

/* The number of elements that all its operations make one by one; 0: it is no such group. */
static int64_t size_of_group(const attaching *a, const eg_node *node)
{
    eg_job job;
    int64_t size = 0;

    if (node->op != &eg_op_fused)
        return eg__is_loop(a->graph, node, &job) ? node->out->size : 0;
    const eg_graph *body = body_of(node);
    for (int i = 0; i < body->n; i++) {
        const eg_node *member = &body->nodes[i];
        if (member->op == &eg_op_placeholder || (member->op->traits & EG__VIEW))
            continue;
        if (!(member->op->traits & EG__ELEMENTWISE))
            return 0;
        size = member->out->size;
    }
    return size;
}

/* What one thread takes for the group, in nanoseconds. */
static bool cost_of_group(const attaching *a, const eg_node *node, double *cost)
{
    eg_job job;

    if (node->op != &eg_op_fused) {
        bool loops = eg__is_loop(a->graph, node, &job);
        *cost = loops ? eg__elementwise_nest(&job)->cost * (double)node->out->size : 0;
        return loops;
    }
    if (eg__fused_group(body_of(node), NONE, &job))
        return false;
    *cost = eg__group_cost(&job);
    job.drop(&job);
    return true;
}

/* ---- who makes it --------------------------------------------------------------------------- */

/* Parts that a maker's job has; 0: it makes none. */
static int64_t count_parts(const attaching *a, const eg_node *node)
{
    const eg_spec *in[EG__MAX_IN], *out[1] = {node->out};
    eg_problem p = {node->attrs, node->n_in, 1, in, out};
    eg__parts parts = {0};
    eg_job job;

    for (int k = 0; k < node->n_in; k++)
        in[k] = eg__spec_of(a->graph, node->in[k]);
    if (!eg__prepare(node->op, &p, &job))
        return 0;
    bool has = eg__parts_of(&job, &parts);
    if (job.drop)
        job.drop(&job);
    return has ? parts.parts : 0;
}

/* Whether the group at node i may take a maker with it. */
static bool may_take(const attaching *a, int i, int maker, int64_t size)
{
    const eg_node *node = &a->graph->nodes[maker];

    return eg__makes_parts(node->op) && !a->moves[maker] && node->out->size == size &&
        a->first_reader[maker] == i && a->graph->nodes[i].n_in + node->n_in < EG__GROUP_INPUTS &&
        a->graph->nodes[i].n_out < EG__GROUP_OUTPUTS;
}

static int best_maker(const attaching *a, int i, int64_t size)
{
    const eg_node *node = &a->graph->nodes[i];
    double most = -1;
    int best = NONE;

    for (int k = 0; k < node->n_in; k++) {
        int maker = (int)node->in[k].node;
        if (!may_take(a, i, maker, size))
            continue;
        double work = eg__node_flops(a->graph, &a->graph->nodes[maker]);
        if (work > most) {
            most = work;
            best = maker;
        }
    }
    return best;
}

EG_COLD static void tell(const attaching *a, int i, const char *why)
{
    const eg_node *node = &a->graph->nodes[i], *maker = &a->graph->nodes[a->maker[i]];

    eg__message("fuse", "%s: %s of %lld elements, %s with %s%s", a->graph->name, maker->op->name,
        (long long)maker->out->size, why ? "not in one kernel" : "in one kernel",
        node->op == &eg_op_fused ? body_of(node)->name : node->op->name, why ? why : "");
}

/* A thread that makes the only part would do alone what is worth several. */
static bool is_worth_it(const attaching *a, int i)
{
    int64_t parts = count_parts(a, &a->graph->nodes[a->maker[i]]);
    double cost = 0;
    bool worth = parts > 0 && cost_of_group(a, &a->graph->nodes[i], &cost) &&
        (parts > 1 || cost <= EG__WORTH_WAKING);

    if (!eg__me.failed && eg__listens("fuse"))
        tell(a, i, worth ? NULL : ": it is not made in parts");
    return worth;
}

static void choose(attaching *a, int i)
{
    int64_t size = a->early[i] ? size_of_group(a, &a->graph->nodes[i]) : 0;

    a->maker[i] = size < LEAST ? NONE : best_maker(a, i, size);
    if (a->maker[i] != NONE && !is_worth_it(a, i))
        a->maker[i] = NONE;
    if (a->maker[i] != NONE)
        a->moves[a->maker[i]] = true;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* The node that is written: the inputs of the maker, then those of the group. */
typedef struct joint {
    eg_graph *body;
    eg_ref in[EG__GROUP_INPUTS]; /* of the old graph */
    int n_in;
    eg_ref made; /* the maker in the body */
} joint;

static bool add_input(const attaching *a, joint *j, eg_ref ref)
{
    for (int k = 0; k < j->n_in; k++)
        if (eg__same_ref(j->in[k], ref))
            return true;
    int at = eg__graph_add_input(j->body, NULL, eg__spec_of(a->graph, ref));
    if (at < 0)
        return false;
    j->body->nodes[at].site = (eg_site){0};
    j->in[j->n_in++] = ref;
    return true;
}

/* What stands for a value of the old graph in the body. */
static eg_ref find(const joint *j, eg_ref ref, int maker)
{
    uint32_t k = 0;

    if ((int)ref.node == maker)
        return j->made;
    while (!eg__same_ref(j->in[k], ref))
        k++;
    return (eg_ref){k, 0};
}

static bool copy_node(joint *j, const eg_node *node, const eg_ref in[], int *at)
{
    *at = eg__graph_copy_node(j->body, node, in);
    return *at >= 0;
}

/* The operations of node i, behind the maker. */
static bool copy_members(const attaching *a, joint *j, int i)
{
    const eg_node *node = &a->graph->nodes[i];
    eg_ref in[EG__MAX_IN], place[EG__GROUP_INPUTS + 2 * EG__GROUP_MEMBERS];
    int maker = a->maker[i], at;

    for (int k = 0; k < node->n_in; k++)
        place[k] = find(j, node->in[k], maker);
    if (node->op != &eg_op_fused)
        return copy_node(j, node, place, &at) && eg__graph_want(j->body, (eg_ref){(uint32_t)at, 0});
    const eg_graph *group = body_of(node);
    for (int m = group->n_inputs; m < group->n; m++) {
        for (int k = 0; k < group->nodes[m].n_in; k++)
            in[k] = place[group->nodes[m].in[k].node];
        if (!copy_node(j, &group->nodes[m], in, &at))
            return false;
        place[m] = (eg_ref){(uint32_t)at, 0};
    }
    for (int k = 0; k < group->n_outputs; k++)
        if (!eg__graph_want(j->body, place[group->outputs[k].node]))
            return false;
    return true;
}

static bool copy_maker(const attaching *a, joint *j, int maker)
{
    const eg_node *node = &a->graph->nodes[maker];
    eg_ref in[EG__MAX_IN];
    int at;

    for (int k = 0; k < node->n_in; k++)
        in[k] = find(j, node->in[k], NONE);
    if (!copy_node(j, node, in, &at))
        return false;
    j->made = (eg_ref){(uint32_t)at, 0};
    return true;
}

static bool make_body(const attaching *a, joint *j, int i)
{
    const eg_node *node = &a->graph->nodes[i], *maker = &a->graph->nodes[a->maker[i]];
    char name[48];
    int reads = 0;

    if ((size_t)snprintf(name, sizeof name, "%s+%s", maker->op->name,
            node->op == &eg_op_fused ? body_of(node)->name : node->op->name) >= sizeof name)
        memcpy(name + sizeof name - 4, "...", 4);
    j->body = eg__graph_new(name);
    bool done = j->body != NULL;
    for (int k = 0; done && k < maker->n_in; k++)
        done = add_input(a, j, maker->in[k]);
    for (int k = 0; done && k < node->n_in; k++) {
        bool made = (int)node->in[k].node == a->maker[i];
        reads += made;
        done = made || add_input(a, j, node->in[k]);
    }
    done = done && copy_maker(a, j, a->maker[i]) && copy_members(a, j, i);
    return done && (a->uses[a->maker[i]] == reads || eg__graph_want(j->body, j->made));
}

/* Node i and its maker as one. */
static bool write(attaching *a, int i)
{
    const eg_node *node = &a->graph->nodes[i];
    joint j = {.n_in = 0};
    eg_ref in[EG__GROUP_INPUTS];
    eg_spec out[EG__GROUP_OUTPUTS];

    if (!make_body(a, &j, i)) {
        eg_graph_free(j.body);
        return false;
    }
    for (int k = 0; k < j.n_in; k++)
        in[k] = eg__rewrite_place(&a->r, j.in[k]);
    for (int k = 0; k < j.body->n_outputs; k++)
        out[k] = *eg__spec_of(j.body, j.body->outputs[k]);
    const eg__fused_attrs attrs = {sizeof attrs, eg__fused_new(j.body)};
    int at = attrs.fused ? eg__graph_add(a->r.to, &eg_op_fused, &attrs, j.n_in, in, out) : NONE;
    eg__fused_unref(attrs.fused);
    if (at < 0)
        return false;
    a->r.to->nodes[at].site = node->site;
    eg__rewrite_put(&a->r, i, (uint32_t)at);
    eg__rewrite_put_one(&a->r, a->maker[i], 0, (eg_ref){(uint32_t)at, (uint32_t)node->n_out});
    return true;
}

/* ---- the walk ------------------------------------------------------------------------------- */

static void count_readers(attaching *a)
{
    const eg_graph *graph = a->graph;

    for (int i = 0; i < graph->n; i++) {
        const eg_node *node = &graph->nodes[i];
        a->maker[i] = NONE;
        a->first_reader[i] = graph->n;
        for (int k = 0; k < node->n_in; k++) {
            int from = (int)node->in[k].node;
            a->uses[from]++;
            a->first_reader[from] = i < a->first_reader[from] ? i : a->first_reader[from];
        }
    }
    for (int i = 0; i < graph->n_outputs; i++)
        a->uses[graph->outputs[i].node]++;
}

static bool start(attaching *a)
{
    size_t n = (size_t)a->graph->n + 1;

    a->maker = eg__alloc(sizeof *a->maker * n);
    a->first_reader = eg__alloc(sizeof *a->first_reader * n);
    a->uses = eg__alloc_zero(sizeof *a->uses * n);
    a->moves = eg__alloc_zero(n);
    a->early = eg__alloc_zero(n);
    if (a->maker && a->first_reader && a->uses && a->moves && a->early)
        return true;
    return eg__fail_memory("attach", sizeof *a->uses * n), false;
}

static void end(attaching *a)
{
    size_t n = (size_t)a->graph->n + 1;

    eg__free(a->maker, sizeof *a->maker * n);
    eg__free(a->first_reader, sizeof *a->first_reader * n);
    eg__free(a->uses, sizeof *a->uses * n);
    eg__free(a->moves, n);
    eg__free(a->early, n);
}

static bool has_makers(const eg_graph *graph)
{
    for (int i = 0; i < graph->n; i++)
        if (eg__makes_parts(graph->nodes[i].op) && graph->nodes[i].out->size >= LEAST)
            return true;
    return false;
}

eg_status eg__pass_attach(eg_graph *graph, const bool late[])
{
    attaching a = {.graph = graph};

    if (!has_makers(graph))
        return EG_OK;
    bool done = eg__rewrite_begin(&a.r, graph);
    done = start(&a) && done;
    if (done) {
        count_readers(&a);
        eg__mark_early(graph, late, a.early);
    }
    for (int i = 0; done && i < graph->n; i++) {
        choose(&a, i);
        done = !eg__me.failed;
    }
    for (int i = 0; done && i < graph->n; i++)
        done = a.maker[i] != NONE ? write(&a, i) : a.moves[i] || eg__rewrite_keep(&a.r, i);
    end(&a);
    return eg__rewrite_end(&a.r, done);
}
