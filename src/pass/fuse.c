/* Fuse: element-wise operations of one size, and reductions of what they make, become one node,
 * which runs them together block by block.
 *
 * One walk over the nodes. A group is open until a node that cannot join it reads what it makes:
 * then the group is written, before that node. So nothing outside of a group stands between two of
 * its members, and the order of nodes stays one in which they can run. Two groups that an operation
 * reads become one.
 *
 * What comes late (new values of variables) is never in one group with what does not: it is made
 * when nothing can fail any more, in place.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/message.h"
#include "kernel/group.h"
#include "pass/fused.h"
#include "pass/pass.h"
#include "pass/rewrite.h"
#include <string.h>

enum {
    NONE = -1,
    MANY = 4 /* operations of few elements, from which on fusing wins */
};

/* What a node is to a group. */
typedef enum part {
    OTHER, /* not a member */
    LOOP,
    VIEW, /* other shape, same elements */
    TAIL, /* a reduction */
} part;

typedef struct set {
    int merged_into; /* the set that this one became part of; NONE: it is itself */
    bool open, late;
    int64_t size;
    int first, last; /* nodes between which its members are */
    int n_loops, n_tails, n_members, n_in;
    eg__units units; /* of its tails */
    eg_ref in[EG__GROUP_INPUTS];
} set;

typedef struct fusing {
    eg__rewrite r;
    eg_graph *graph;
    set *sets;
    int n_sets, capacity;
    int *set_of;    /* by node; NONE: in none */
    int *uses;      /* by node: how often others, or the caller, read it */
    uint8_t *parts; /* by node */
    bool *early;    /* by node: something waits for it */
    int *value_of;  /* by node, while a set is written: its node in the body, or its result */
} fusing;

/* ---- sets ----------------------------------------------------------------------------------- */

static int find_set(const fusing *f, int node)
{
    int s = f->set_of[node];

    while (s != NONE && f->sets[s].merged_into != NONE)
        s = f->sets[s].merged_into;
    return s;
}

/* The open set that makes a value which the members of a set read element by element. */
static int open_set(const fusing *f, eg_ref ref, bool late)
{
    int s = find_set(f, (int)ref.node);

    if (s == NONE || !f->sets[s].open || f->sets[s].late != late || f->parts[ref.node] == TAIL)
        return NONE;
    return s;
}

static int new_set(fusing *f, int node)
{
    if (!eg__reserve(&f->sets, sizeof *f->sets, f->n_sets, &f->capacity)) {
        eg__fail_memory("fuse", sizeof *f->sets);
        return NONE;
    }
    set *s = &f->sets[f->n_sets];
    memset(s, 0, offsetof(set, in));
    s->merged_into = NONE;
    s->open = true;
    s->late = !f->early[node];
    s->size = f->graph->nodes[node].out->size;
    s->first = node;
    return f->n_sets++;
}

/* Adds an input unless it is one already; false: there are too many. */
static bool add_input(set *s, eg_ref ref)
{
    for (int i = 0; i < s->n_in; i++)
        if (eg__same_ref(s->in[i], ref))
            return true;
    if (s->n_in == EG__GROUP_INPUTS)
        return false;
    s->in[s->n_in++] = ref;
    return true;
}

/* Makes set b part of set a, unless that is too much. */
static bool merge(fusing *f, int a, int b)
{
    set *x = &f->sets[a], *y = &f->sets[b];
    const eg__units *u = &x->units, *v = &y->units;
    int known = x->n_in;

    if (x->size != y->size || x->n_members + y->n_members >= EG__GROUP_MEMBERS ||
        (x->n_tails > 0 && y->n_tails > 0 && u->row != v->row))
        return false;
    for (int i = 0; i < y->n_in; i++)
        if (!add_input(x, y->in[i])) {
            x->n_in = known;
            return false;
        }
    x->units = x->n_tails > 0 ? *u : *v;
    x->first = x->first < y->first ? x->first : y->first;
    x->last = x->last > y->last ? x->last : y->last;
    x->n_loops += y->n_loops;
    x->n_tails += y->n_tails;
    x->n_members += y->n_members;
    y->merged_into = a;
    return true;
}

static void join(fusing *f, int s, int node, part what)
{
    set *x = &f->sets[s];

    f->set_of[node] = s;
    f->parts[node] = (uint8_t)what;
    x->last = node;
    x->n_members++;
    x->n_loops += what == LOOP;
    x->n_tails += what == TAIL;
}

/* ---- writing a set -------------------------------------------------------------------------- */

static bool is_member(const fusing *f, int node, int s)
{
    return f->parts[node] != OTHER && find_set(f, node) == s;
}

/* Leaves in `uses` of the members how often others read them, views that are written again too. */
static int count_results(fusing *f, int s)
{
    const set *x = &f->sets[s];
    int n = 0;

    for (int i = x->last; i >= x->first; i--) {
        const eg_node *node = &f->graph->nodes[i];
        if (!is_member(f, i, s))
            continue;
        n += f->uses[i] > 0 && f->parts[i] != VIEW;
        for (int k = 0; k < node->n_in; k++)
            if (is_member(f, (int)node->in[k].node, s))
                f->uses[node->in[k].node] -= f->parts[i] != VIEW || f->uses[i] == 0;
    }
    return n;
}

/* A name that says what is done: "Mul+Add+Relu". */
static void name_body(const fusing *f, int s, char name[], size_t size)
{
    size_t length = 0;

    *name = 0;
    for (int i = f->sets[s].first; i <= f->sets[s].last && length < size; i++)
        if (is_member(f, i, s) && f->parts[i] != VIEW)
            length += (size_t)snprintf(name + length, size - length, length ? "+%s" : "%s",
                f->graph->nodes[i].op->name);
    if (length >= size)
        memcpy(name + size - 4, "...", 4);
}

static bool copy_member(fusing *f, eg_graph *body, int i)
{
    const eg_node *node = &f->graph->nodes[i];
    const set *x = &f->sets[find_set(f, i)];
    eg_ref in[EG__MAX_IN];

    for (int k = 0; k < node->n_in; k++) {
        in[k] = (eg_ref){0, 0};
        if (is_member(f, (int)node->in[k].node, find_set(f, i)))
            in[k].node = (uint32_t)f->value_of[node->in[k].node];
        else
            while (!eg__same_ref(x->in[in[k].node], node->in[k]))
                in[k].node++;
    }
    f->value_of[i] = eg__graph_copy_node(body, node, in);
    if (f->value_of[i] < 0)
        return false;
    return f->uses[i] == 0 || f->parts[i] == VIEW ||
        eg__graph_want(body, (eg_ref){(uint32_t)f->value_of[i], 0});
}

static eg_graph *make_body(fusing *f, int s)
{
    const set *x = &f->sets[s];
    char name[48];

    name_body(f, s, name, sizeof name);
    eg_graph *body = eg__graph_new(name);
    bool done = body != NULL;
    for (int k = 0; done && k < x->n_in; k++) {
        done = eg__graph_add_input(body, NULL, eg__spec_of(f->graph, x->in[k])) >= 0;
        if (done)
            body->nodes[k].site = (eg_site){0};
    }
    for (int i = x->first; done && i <= x->last; i++)
        done = !is_member(f, i, s) || copy_member(f, body, i);
    if (done)
        return body;
    eg_graph_free(body);
    return NULL;
}

static int add_fused(fusing *f, int s, eg__fused *fused)
{
    const set *x = &f->sets[s];
    const eg__fused_attrs attrs = {sizeof attrs, fused};
    eg_ref in[EG__GROUP_INPUTS];
    eg_spec out[EG__GROUP_OUTPUTS];

    for (int k = 0; k < x->n_in; k++)
        in[k] = eg__rewrite_place(&f->r, x->in[k]);
    for (int k = 0; k < fused->body->n_outputs; k++)
        out[k] = *eg__spec_of(fused->body, fused->body->outputs[k]);
    int at = eg__graph_add(f->r.to, &eg_op_fused, &attrs, x->n_in, in, out);
    if (at >= 0)
        f->r.to->nodes[at].site = f->graph->nodes[x->last].site;
    return at;
}

static bool write_fused(fusing *f, int s)
{
    const set *x = &f->sets[s];
    eg_graph *body = make_body(f, s);
    eg__fused *fused = body ? eg__fused_new(body) : NULL;
    int at = fused ? add_fused(f, s, fused) : -1;
    uint32_t k = 0;

    eg__fused_unref(fused);
    for (int i = x->first; at >= 0 && i <= x->last; i++)
        if (is_member(f, i, s) && f->uses[i] > 0 && f->parts[i] != VIEW)
            eg__rewrite_put_one(&f->r, i, 0, (eg_ref){(uint32_t)at, k++});
    for (int i = x->first; at >= 0 && i <= x->last; i++)
        if (is_member(f, i, s) && f->uses[i] > 0 && f->parts[i] == VIEW &&
            !eg__rewrite_keep(&f->r, i))
            return false;
    return at >= 0;
}

static bool is_worth_it(const set *x)
{
    return x->n_loops + x->n_tails >= (x->size < EG__FEW_ELEMENTS ? MANY : 2);
}

/* Says what became of a set, and which node ended it. */
EG_COLD static void tell(const fusing *f, int s, bool fuses, int reader)
{
    const set *x = &f->sets[s];
    const eg_node *node = reader == NONE ? NULL : &f->graph->nodes[reader];
    char name[48], end[160] = "";

    name_body(f, s, name, sizeof name);
    if (node)
        snprintf(end, sizeof end, "; %s (%s:%d) ends it", node->op->name, eg__file_of(&node->site),
            node->site.line);
    eg__message("fuse", "%s: %s of %lld elements: %s%s", f->graph->name, name, (long long)x->size,
        fuses                             ? "one kernel"
            : x->n_loops + x->n_tails < 2 ? "alone"
                                          : "apart, since one kernel would not be faster",
        end);
}

/* A set that is too small, or has more results than a node, stays what it was. `reader` ends it. */
static bool write_set(fusing *f, int s, int reader)
{
    set *x = &f->sets[s];
    int results = is_worth_it(x) ? count_results(f, s) : 0;
    bool fuses = results > 0 && results <= EG__GROUP_OUTPUTS, done = true;

    x->open = false;
    if (eg__listens("fuse"))
        tell(f, s, fuses, reader);
    if (fuses)
        return write_fused(f, s);
    for (int i = x->first; done && i <= x->last; i++)
        done = !is_member(f, i, s) || eg__rewrite_keep(&f->r, i);
    return done;
}

/* Writes the open sets that a node reads, but for the one it is in. */
static bool close_inputs(fusing *f, int node)
{
    const eg_node *n = &f->graph->nodes[node];
    int own = find_set(f, node);
    bool done = true;

    for (int k = 0; done && k < n->n_in; k++) {
        int s = find_set(f, (int)n->in[k].node);
        if (s != NONE && s != own && f->sets[s].open)
            done = write_set(f, s, node);
    }
    return done;
}

/* ---- the walk ------------------------------------------------------------------------------- */

/* The set of the node's size that takes it, of those it reads; NONE: none does. */
static int gather(fusing *f, const eg_node *node, bool late)
{
    int target = NONE;

    for (int k = 0; k < node->n_in; k++) {
        int s = open_set(f, node->in[k], late);
        if (s == NONE || s == target || f->sets[s].size != node->out->size ||
            f->sets[s].n_members == EG__GROUP_MEMBERS)
            continue;
        if (target == NONE)
            target = s;
        else
            merge(f, target, s);
    }
    return target;
}

static bool add_inputs(fusing *f, int s, const eg_node *node)
{
    for (int k = 0; k < node->n_in; k++)
        if (find_set(f, (int)node->in[k].node) != s && !add_input(&f->sets[s], node->in[k]))
            return false;
    for (int k = 0; k < node->n_in; k++) /* what a reduction makes is read by others alone */
        if (find_set(f, (int)node->in[k].node) == s && f->parts[node->in[k].node] == TAIL)
            return false;
    return true;
}

static bool visit_loop(fusing *f, int i)
{
    const eg_node *node = &f->graph->nodes[i];
    int s = gather(f, node, !f->early[i]), known = s == NONE ? 0 : f->sets[s].n_in;

    if (s != NONE && !add_inputs(f, s, node)) {
        f->sets[s].n_in = known;
        s = NONE;
    }
    if (s == NONE && ((s = new_set(f, i)) == NONE || !add_inputs(f, s, node)))
        return false;
    join(f, s, i, LOOP);
    return close_inputs(f, i);
}

/* Whether a view of a set's value is only another shape of the same elements. */
static bool visit_view(fusing *f, int i)
{
    const eg_node *node = &f->graph->nodes[i];
    int s = node->n_in == 1 && node->n_out == 1 ? open_set(f, node->in[0], !f->early[i]) : NONE;

    if (s == NONE || f->sets[s].size != node->out->size ||
        f->sets[s].n_members == EG__GROUP_MEMBERS ||
        eg__bytes(eg__spec_of(f->graph, node->in[0])) != eg__bytes(node->out))
        return false;
    join(f, s, i, VIEW);
    return true;
}

static bool visit_tail(fusing *f, int i)
{
    const eg_node *node = &f->graph->nodes[i];
    int s = node->n_in == 1 && f->uses[i] > 0 ? open_set(f, node->in[0], !f->early[i]) : NONE;
    eg__units units;
    eg_job job;

    if (s == NONE || f->sets[s].n_members == EG__GROUP_MEMBERS ||
        !eg__is_row_reduction(f->graph, node, &job) || !eg__reduce_units(&job, &units) ||
        (f->sets[s].n_tails > 0 && f->sets[s].units.row != units.row))
        return false;
    f->sets[s].units = units;
    join(f, s, i, TAIL);
    return true;
}

static bool visit(fusing *f, int i)
{
    const eg_node *node = &f->graph->nodes[i];
    eg_job job;

    if (eg__is_loop(f->graph, node, &job))
        return visit_loop(f, i);
    if (eg__me.failed || (node->op->traits & EG__VIEW ? visit_view(f, i) : visit_tail(f, i)))
        return !eg__me.failed;
    return close_inputs(f, i) && eg__rewrite_keep(&f->r, i);
}

/* ---- what is known before ------------------------------------------------------------------- */

static void count_uses(fusing *f)
{
    const eg_graph *graph = f->graph;

    for (int i = 0; i < graph->n; i++)
        for (int k = 0; k < graph->nodes[i].n_in; k++)
            f->uses[graph->nodes[i].in[k].node]++;
    for (int i = 0; i < graph->n_outputs; i++)
        f->uses[graph->outputs[i].node]++;
}

void eg__mark_early(const eg_graph *graph, const bool late[], bool early[])
{
    for (int i = 0; i < graph->n_outputs; i++)
        if (!late || !late[i])
            early[graph->outputs[i].node] = true;
    for (int i = graph->n; i-- > 0;) {
        const eg_node *node = &graph->nodes[i];
        early[i] = early[i] || node->op->traits & (EG__MAY_FAIL | EG__EFFECT);
        for (int k = 0; early[i] && k < node->n_in; k++)
            early[node->in[k].node] = true;
    }
}

static bool start(fusing *f)
{
    size_t n = (size_t)f->graph->n + 1;

    f->set_of = eg__alloc(sizeof *f->set_of * n);
    f->uses = eg__alloc_zero(sizeof *f->uses * n);
    f->value_of = eg__alloc(sizeof *f->value_of * n);
    f->parts = eg__alloc_zero(n);
    f->early = eg__alloc_zero(n);
    bool done = f->set_of && f->uses && f->value_of && f->parts && f->early;
    if (!done)
        eg__fail_memory("fuse", sizeof *f->uses * n);
    for (size_t i = 0; done && i < n; i++)
        f->set_of[i] = NONE;
    return done;
}

static void end(fusing *f)
{
    size_t n = (size_t)f->graph->n + 1;

    eg__free(f->set_of, sizeof *f->set_of * n);
    eg__free(f->uses, sizeof *f->uses * n);
    eg__free(f->value_of, sizeof *f->value_of * n);
    eg__free(f->parts, n);
    eg__free(f->early, n);
    eg__free(f->sets, sizeof *f->sets * (size_t)f->capacity);
}

eg_status eg__pass_fuse(eg_graph *graph, const bool late[])
{
    fusing f = {.graph = graph};
    bool done = eg__rewrite_begin(&f.r, graph);

    done = start(&f) && done;
    if (done) {
        count_uses(&f);
        eg__mark_early(graph, late, f.early);
    }
    for (int i = 0; done && i < graph->n; i++)
        done = visit(&f, i);
    for (int s = 0; done && s < f.n_sets; s++)
        done = !f.sets[s].open || f.sets[s].merged_into != NONE || write_set(&f, s, NONE);
    end(&f);
    return eg__rewrite_end(&f.r, done);
}
