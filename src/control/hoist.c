/* Hoist: what is the same in every step of a loop is computed before it, once.
 *
 * A node of a step is so if all it reads is: inputs of the loop, constants, and nodes that are so.
 * Those among them that others read become inputs of the loop. What may fail stays, since a loop
 * may take no step, and so does what makes much of little, which would have to be kept.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "control/staged.h"
#include "pass/pass.h"
#include "pass/rewrite.h"
#include <string.h>

enum { GROWS = 4, LITTLE = 4096 }; /* more than so many times what it reads, and so many bytes */

/* A step's block, and what becomes of its nodes. */
typedef struct block_plan {
    const eg_graph *graph;
    bool *same;    /* by node: the same in each step */
    bool *wanted;  /* by node: others, or the caller, read it */
    eg_ref *place; /* by node: in the graph around the loop, then in the new block */
    size_t n;
} block_plan;

typedef struct hoisting {
    eg__rewrite *r;
    const eg__staged *from;
    eg__staged *to;
    eg_ref in[EG__MAX_IN]; /* of the new loop */
} hoisting;

static const eg__staged *staged_of(const eg_node *node)
{
    return ((const eg__staged_attrs *)node->attrs)->staged;
}

/* ---- what is the same ----------------------------------------------------------------------- */

static bool grows(const eg_graph *graph, const eg_node *node)
{
    size_t in = LITTLE, out = 0;

    for (int k = 0; k < node->n_in; k++)
        in += GROWS * eg__bytes(eg__spec_of(graph, node->in[k]));
    for (int k = 0; k < node->n_out; k++)
        out += eg__bytes(&node->out[k]);
    return out > in;
}

static bool is_same(const block_plan *b, const eg_node *node)
{
    const unsigned not = EG__SOURCE | EG__EFFECT | EG__MAY_FAIL | EG__HOST;

    if (node->op == &eg_op_constant)
        return true;
    if (eg__traits(node->op, node->attrs) & not )
        return false;
    for (int k = 0; k < node->n_in; k++)
        if (!b->same[node->in[k].node])
            return false;
    return !grows(b->graph, node);
}

/* Whether a node is worth being an input of the loop: it computes. */
static bool computes(const eg_node *node)
{
    return !(node->op->traits & (EG__SOURCE | EG__VIEW)) && node->n_out == 1;
}

static void find_same(block_plan *b, const eg__sweep *sweep)
{
    const eg_graph *graph = b->graph;
    int input = 0;

    for (int i = 0; i < graph->n; i++) {
        const eg_node *node = &graph->nodes[i];
        if (node->op == &eg_op_placeholder)
            b->same[i] = sweep->port[input++].kind == EG__PORT_INPUT;
        else
            b->same[i] = is_same(b, node);
    }
    for (int i = 0; i < graph->n; i++)
        for (int k = 0; !b->same[i] && k < graph->nodes[i].n_in; k++)
            b->wanted[graph->nodes[i].in[k].node] = true;
    for (int k = 0; k < graph->n_outputs; k++)
        b->wanted[graph->outputs[k].node] = true;
}

/* Whether node i becomes an input. */
static bool moves(const block_plan *b, int i)
{
    return b->same[i] && b->wanted[i] && computes(&b->graph->nodes[i]);
}

static int count_moves(const block_plan *b)
{
    int n = 0;

    for (int i = 0; i < b->graph->n; i++)
        n += moves(b, i);
    return n;
}

static bool block_start(block_plan *b, const eg__sweep *sweep)
{
    *b = (block_plan){.graph = eg__block_graph(sweep->block)};
    b->n = (size_t)b->graph->n + 1;
    b->same = eg__alloc_zero(b->n);
    b->wanted = eg__alloc_zero(b->n);
    b->place = eg__alloc_zero(sizeof *b->place * b->n);
    if (!b->same || !b->wanted || !b->place)
        return eg__fail_memory("hoist", sizeof *b->place * b->n), false;
    find_same(b, sweep);
    return true;
}

static void block_end(block_plan *b)
{
    eg__free(b->same, b->n);
    eg__free(b->wanted, b->n);
    eg__free(b->place, sizeof *b->place * b->n);
}

/* ---- before the loop ------------------------------------------------------------------------ */

static bool copy_node(eg_graph *to, const block_plan *b, int i)
{
    const eg_node *node = &b->graph->nodes[i];
    eg_ref in[EG__MAX_IN];

    for (int k = 0; k < node->n_in; k++) {
        in[k] = b->place[node->in[k].node];
        in[k].result += node->in[k].result;
    }
    int at = eg__graph_copy_node(to, node, in);
    b->place[i] = (eg_ref){(uint32_t)at, 0};
    return at >= 0;
}

/* Marks the nodes of a block that those which move need, and themselves, in `needed`. */
static void mark_needed(const block_plan *b, bool needed[])
{
    for (int i = b->graph->n; i-- > 0;) {
        const eg_node *node = &b->graph->nodes[i];
        needed[i] = needed[i] || moves(b, i);
        for (int k = 0; needed[i] && k < node->n_in; k++)
            needed[node->in[k].node] = true;
    }
}

/* Computes before the loop what a block need not. */
static bool put_before(hoisting *h, const block_plan *b, const eg__sweep *sweep)
{
    bool *needed = eg__alloc_zero(b->n), done = needed != NULL;
    int input = 0;

    if (!done)
        return eg__fail_memory("hoist", b->n), false;
    mark_needed(b, needed);
    for (int i = 0; done && i < b->graph->n; i++) {
        bool outside = b->graph->nodes[i].op == &eg_op_placeholder;
        const eg__port *port = outside ? &sweep->port[input++] : NULL;
        if (needed[i] && outside)
            b->place[i] = h->r->in[port->index];
        else if (needed[i])
            done = copy_node(h->r->to, b, i);
    }
    eg__free(needed, b->n);
    return done;
}

/* ---- the new block -------------------------------------------------------------------------- */

/* Adds an input to the loop, unless it has it; its number. */
static int add_input(hoisting *h, eg_ref x)
{
    int k = 0;

    while (k < h->to->n_in && !eg__same_ref(h->in[k], x))
        k++;
    if (k < h->to->n_in)
        return k;
    h->in[k] = x;
    h->to->in[k] = *eg__spec_of(h->r->to, x);
    return h->to->n_in++;
}

/* The placeholders: the block's own, then what is computed before. */
static bool put_inputs(hoisting *h, eg_graph *graph, block_plan *b, const eg__sweep *from,
    eg__sweep *to)
{
    int input = 0;

    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < b->graph->n; i++) {
            const eg_node *node = &b->graph->nodes[i];
            if (pass == 0 ? node->op != &eg_op_placeholder : !moves(b, i))
                continue;
            to->port[to->n_ports++] = pass == 0
                ? from->port[input++]
                : (eg__port){EG__PORT_INPUT, 0, add_input(h, b->place[i])};
            int at = eg__graph_add_input(graph, NULL, node->out);
            if (at < 0)
                return false;
            b->place[i] = (eg_ref){(uint32_t)at, 0};
        }
    return true;
}

static eg_graph *make_graph(hoisting *h, block_plan *b, const eg__sweep *from, eg__sweep *to)
{
    eg_graph *graph = eg__graph_new(b->graph->name);
    bool done = graph != NULL && put_inputs(h, graph, b, from, to);

    if (graph)
        graph->keeps_failures = b->graph->keeps_failures;
    for (int i = 0; done && i < b->graph->n; i++)
        if (b->graph->nodes[i].op != &eg_op_placeholder && !moves(b, i))
            done = copy_node(graph, b, i);
    for (int k = 0; done && k < b->graph->n_outputs; k++) {
        eg_ref out = b->place[b->graph->outputs[k].node];
        out.result += b->graph->outputs[k].result;
        done = eg__graph_want(graph, out);
    }
    if (done)
        return graph;
    eg_graph_free(graph);
    return NULL;
}

/* ---- the new loop --------------------------------------------------------------------------- */

static bool copy_tables(hoisting *h, const eg__sweep *from, eg__sweep *to, int more)
{
    size_t ports = (size_t)(from->n_ports + more), states = (size_t)from->n_state;

    *to = *from;
    to->block = NULL;
    to->lanes = NULL;
    to->port = eg__staged_take(h->to, sizeof *to->port * (ports + 1));
    to->initial = eg__staged_take(h->to, sizeof *to->initial * (states + 1));
    if (!to->port || !to->initial)
        return false;
    if (from->n_ports > 0)
        memcpy(to->port, from->port, sizeof *to->port * (size_t)from->n_ports);
    if (states > 0)
        memcpy(to->initial, from->initial, sizeof *to->initial * states);
    return true;
}

static bool copy_sweep(hoisting *h, const eg__sweep *from, eg__sweep *to)
{
    block_plan b;
    bool done = block_start(&b, from);
    int more = done ? count_moves(&b) : 0;

    done = done && copy_tables(h, from, to, more);
    if (done && (more == 0 || h->to->n_in + more > EG__MAX_IN)) {
        to->block = eg__block_ref(from->block);
    } else if (done && put_before(h, &b, from)) {
        to->n_ports = 0;
        eg_graph *graph = make_graph(h, &b, from, to);
        to->block = graph ? eg__block_of(graph) : NULL;
    }
    block_end(&b);
    return to->block != NULL;
}

static bool fill(hoisting *h)
{
    const eg__staged *from = h->from;
    eg__staged *to = h->to;

    to->n_in = from->n_in;
    memcpy(to->in, from->in, sizeof *to->in * (size_t)from->n_in);
    memcpy(to->out, from->out, sizeof *to->out * (size_t)from->n_out);
    memcpy(to->output, from->output, sizeof *to->output * (size_t)from->n_out);
    memcpy(h->in, h->r->in, sizeof *h->in * (size_t)from->n_in);
    to->most = from->most;
    to->count = from->count;
    to->recompute = from->recompute;
    to->most_kept = from->most_kept;
    if (from->go_on.block && !copy_sweep(h, &from->go_on, &to->go_on))
        return false;
    for (int i = 0; i < from->n_sweeps; i++)
        if (!copy_sweep(h, &from->sweep[i], &to->sweep[i]))
            return false;
    return true;
}

/* A loop whose steps do less; NULL after an error. */
static eg__staged *lighten(hoisting *h)
{
    h->to = eg__staged_new(&eg_op_loop, EG__MAX_IN, h->from->n_out, h->from->n_sweeps);
    if (!h->to)
        return NULL;
    if (fill(h))
        return eg__staged_settle(h->to);
    eg__staged_unref(h->to);
    return NULL;
}

/* ---- the walk ------------------------------------------------------------------------------- */

static bool has_same(const eg__sweep *sweep, bool *any)
{
    block_plan b;

    if (!sweep->block)
        return true;
    bool done = block_start(&b, sweep);
    *any = *any || (done && count_moves(&b) > 0);
    block_end(&b);
    return done;
}

/* False where memory is out. */
static bool is_worth_it(const eg__staged *s, bool *worth)
{
    bool done = has_same(&s->go_on, worth);

    for (int i = 0; done && i < s->n_sweeps; i++)
        done = has_same(&s->sweep[i], worth);
    *worth = *worth && s->n_in < EG__MAX_IN;
    return done;
}

static bool put_loop(eg__rewrite *r, int i)
{
    const eg_node *node = &r->from->nodes[i];
    hoisting h = {.r = r, .from = staged_of(node)};
    eg__staged_attrs attrs = {sizeof attrs, lighten(&h)};

    if (!attrs.staged)
        return false;
    int at = eg__graph_add(r->to, node->op, &attrs, attrs.staged->n_in, h.in, node->out);
    eg__staged_unref(attrs.staged);
    if (at < 0)
        return false;
    r->to->nodes[at].site = node->site;
    eg__rewrite_put(r, i, (uint32_t)at);
    return true;
}

static bool has_loops(const eg_graph *graph)
{
    for (int i = 0; i < graph->n; i++)
        if (graph->nodes[i].op == &eg_op_loop)
            return true;
    return false;
}

static bool visit(eg__rewrite *r, int i)
{
    const eg_node *node = &r->from->nodes[i];
    bool worth = false;

    eg__rewrite_inputs(r, i);
    if (node->op != &eg_op_loop || node->name)
        return eg__rewrite_keep(r, i);
    if (!is_worth_it(staged_of(node), &worth))
        return false;
    return worth ? put_loop(r, i) : eg__rewrite_keep(r, i);
}

eg_status eg__pass_hoist(eg_graph *graph)
{
    eg__rewrite r;

    if (!has_loops(graph))
        return EG_OK;
    bool done = eg__rewrite_begin(&r, graph);
    for (int i = 0; done && i < graph->n; i++)
        done = visit(&r, i);
    return eg__rewrite_end(&r, done);
}
