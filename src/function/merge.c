/* From all ways through a body to one graph.
 *
 * From the last questions up, what stands behind the answers of a question becomes a Switch. What
 * is done alike at the end of all sides is done once, behind the Switch: the sides are compared
 * from their ends, and the values that the common end takes from before are the Switch's results.
 * Since Switches made of equal sides are equal themselves, a body of ten decisions one after the
 * other gives ten Switches, not a thousand.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "control/staged.h"
#include "function/symbolic.h"
#include "tensor/scope.h"
#include <eagre/ops.h>
#include <string.h>

static const char op_name[] = "eg_function_graph";

/* A question whose answers are being put together. */
typedef struct merging {
    eg__symbolic *s;
    eg__stretch *at;
    int n_sides, tail; /* nodes at the end of all sides that are alike */
    uint32_t *place;   /* by node of the pool: its place in its side, counted from the end */
    uint32_t *now;     /* by node of the first side's tail: the node in its stead */
    size_t n_places;
    eg_ref (*join)[EG__MOST_WAYS]; /* the values that a result of the Switch has on each side */
    int n_joins;
    eg_ref first; /* the Switch's first result */
} merging;

static const uint32_t no_place = UINT32_MAX;

static const eg__stretch *side(const merging *m, int i)
{
    return m->at->answer[i];
}

static const eg_node *from_end(const merging *m, int i, int t)
{
    const eg__nodes *nodes = &side(m, i)->nodes;
    return &m->s->pool->nodes[nodes->at[nodes->n - 1 - t]];
}

static bool in_tail(const merging *m, eg_ref r)
{
    return m->place[r.node] != no_place && m->place[r.node] < (uint32_t)m->tail;
}

/* ---- what is alike at the end ---------------------------------------------------------------- */

static bool alike(const eg_node *a, const eg_node *b)
{
    if (a->op != b->op || a->n_in != b->n_in || a->n_out != b->n_out || !a->attrs != !b->attrs)
        return false;
    for (int k = 0; k < a->n_out; k++)
        if (!eg__same_spec(&a->out[k], &b->out[k]))
            return false;
    if (a->attrs && !a->op->attrs)
        return memcmp(a->attrs, b->attrs, a->op->attrs_size) == 0;
    return !a->attrs || eg__attrs_equal(a->op->attrs, a->attrs, b->attrs);
}

static int shortest(const merging *m)
{
    int least = side(m, 0)->nodes.n;

    for (int i = 1; i < m->n_sides; i++)
        least = side(m, i)->nodes.n < least ? side(m, i)->nodes.n : least;
    return least;
}

static int longest_tail(const merging *m)
{
    int t = 0, most = shortest(m);

    for (; t < most; t++)
        for (int i = 1; i < m->n_sides; i++)
            if (!alike(from_end(m, 0, t), from_end(m, i, t)))
                return t;
    return t;
}

/* How long the tail may be so that one value, r[i] on side i, is either the same node of the tail
 * on all sides or before the tail on all of them; `most` where it is so already. */
static int fitting_tail(const merging *m, const eg_ref r[], int most)
{
    const eg_spec *spec = eg__spec_of(m->s->pool, r[0]);
    bool same = true;
    int fits = most;

    for (int i = 0; i < m->n_sides; i++) {
        same = same && in_tail(m, r[i]) && m->place[r[i].node] == m->place[r[0].node] &&
            r[i].result == r[0].result;
        if (in_tail(m, r[i]) && (int)m->place[r[i].node] < fits)
            fits = (int)m->place[r[i].node];
    }
    for (int i = 0; i < m->n_sides && !same; i++)
        if (!eg__same_spec(spec, eg__spec_of(m->s->pool, r[i])))
            return -1;
    return same ? most : fits;
}

/* Shortens the tail to what can stand behind a Switch; false where something was wrong with it. */
static bool shorten(merging *m)
{
    eg_ref r[EG__MOST_WAYS];
    int before = m->tail;

    for (int k = 0; k < side(m, 0)->n_results; k++) {
        for (int i = 0; i < m->n_sides; i++)
            r[i] = side(m, i)->result[k];
        m->tail = fitting_tail(m, r, m->tail);
        if (m->tail < 0)
            m->tail = 0;
    }
    for (int t = 0; t < m->tail; t++)
        for (int k = 0; k < from_end(m, 0, t)->n_in && t < m->tail; k++) {
            for (int i = 0; i < m->n_sides; i++)
                r[i] = from_end(m, i, t)->in[k];
            int fits = fitting_tail(m, r, m->tail);
            m->tail = fits < 0 ? t : fits;
        }
    return m->tail == before;
}

static void place_nodes(merging *m)
{
    for (int i = 0; i < m->n_sides; i++) {
        const eg__nodes *nodes = &side(m, i)->nodes;
        for (int k = 0; k < nodes->n; k++)
            m->place[nodes->at[k]] = (uint32_t)(nodes->n - 1 - k);
    }
}

/* ---- what the Switch gives ------------------------------------------------------------------- */

static bool all_same(const merging *m, const eg_ref r[])
{
    for (int i = 1; i < m->n_sides; i++)
        if (!eg__same_ref(r[0], r[i]))
            return false;
    return true;
}

static int find_join(const merging *m, const eg_ref r[])
{
    size_t size = sizeof *r * (size_t)m->n_sides;

    for (int j = 0; j < m->n_joins; j++)
        if (memcmp(m->join[j], r, size) == 0)
            return j;
    return -1;
}

/* False where the Switch would have too many results. */
static bool add_join(merging *m, const eg_ref r[])
{
    if (in_tail(m, r[0]) || all_same(m, r) || find_join(m, r) >= 0)
        return true;
    if (m->n_joins == EG__MAX_OUT)
        return false;
    memcpy(m->join[m->n_joins++], r, sizeof *r * (size_t)m->n_sides);
    return true;
}

static bool list_joins(merging *m)
{
    eg_ref r[EG__MOST_WAYS] = {{0, 0}};

    m->n_joins = 0;
    for (int k = 0; k < side(m, 0)->n_results; k++) {
        for (int i = 0; i < m->n_sides; i++)
            r[i] = side(m, i)->result[k];
        if (!add_join(m, r))
            return false;
    }
    for (int t = m->tail; t-- > 0;)
        for (int k = 0; k < from_end(m, 0, t)->n_in; k++) {
            for (int i = 0; i < m->n_sides; i++)
                r[i] = from_end(m, i, t)->in[k];
            if (!add_join(m, r))
                return false;
        }
    return true;
}

static bool has_effects(const merging *m)
{
    for (int i = 0; i < m->n_sides; i++)
        for (int t = m->tail; t < side(m, i)->nodes.n; t++) {
            const eg_node *node = from_end(m, i, t);
            if (eg__traits(node->op, node->attrs) & EG__EFFECT)
                return true;
        }
    return false;
}

/* ---- the Switch ------------------------------------------------------------------------------ */

/* One side while its block is drawn. */
typedef struct drawing {
    merging *m;
    eg_graph *graph;
    eg__staged *staged;
    eg__sweep *sweep;
    eg_tensor **in; /* of the Switch */
    eg_ref *place;  /* by node of the pool */
} drawing;

static int input_of(drawing *d, eg_ref r)
{
    eg__staged *s = d->staged;

    for (int i = 1; i < s->n_in; i++)
        if (d->in[i]->node == r.node + 1 && d->in[i]->result == r.result)
            return i;
    if (s->n_in == EG__MAX_IN)
        return eg__fail(EG_INVALID, op_name,
                   "at %s:%d the branches use more than %d tensors from before; stack some",
                   eg__file_of(&d->m->at->site), d->m->at->site.line, EG__MAX_IN - 1),
               -1;
    d->in[s->n_in] = eg__symbol(d->m->s->pool, r, op_name);
    if (!d->in[s->n_in])
        return -1;
    s->in[s->n_in] = *eg__spec_of(d->m->s->pool, r);
    return s->n_in++;
}

/* A value from before the question: a constant, or a further input. */
static bool place_outside(drawing *d, eg_ref r, eg_ref *at)
{
    const eg_graph *pool = d->m->s->pool;
    eg_tensor *tensor = pool->nodes[r.node].tensor;

    if (tensor && tensor->kind == EG__VALUE) {
        int node = eg__graph_find_tensor(d->graph, tensor);
        *at = (eg_ref){(uint32_t)node, 0};
        return node >= 0;
    }
    int input = input_of(d, r);
    if (input < 0)
        return false;
    for (int i = 0; i < d->sweep->n_ports; i++)
        if (d->sweep->port[i].index == input) {
            *at = (eg_ref){d->graph->inputs[i], 0};
            return true;
        }
    int node = eg__graph_add_input(d->graph, NULL, eg__spec_of(pool, r));
    d->sweep->port[d->sweep->n_ports++] = (eg__port){EG__PORT_INPUT, 0, input};
    *at = (eg_ref){(uint32_t)node, 0};
    return node >= 0;
}

static bool place_value(drawing *d, eg_ref r, eg_ref *at)
{
    if (d->place[r.node].node == UINT32_MAX)
        return place_outside(d, r, at);
    *at = (eg_ref){d->place[r.node].node, r.result};
    return true;
}

static bool draw_nodes(drawing *d, const eg__stretch *from)
{
    const eg_graph *pool = d->m->s->pool;

    for (int k = 0; k < from->nodes.n - d->m->tail; k++) {
        uint32_t number = from->nodes.at[k];
        eg_node node = pool->nodes[number];
        eg_ref in[EG__MAX_IN];
        for (int i = 0; i < node.n_in; i++)
            if (!place_value(d, node.in[i], &in[i]))
                return false;
        int at = eg__graph_copy_node(d->graph, &node, in);
        if (at < 0)
            return false;
        d->place[number] = (eg_ref){(uint32_t)at, 0};
    }
    return true;
}

static bool draw_results(drawing *d, int i)
{
    for (int j = 0; j < d->m->n_joins; j++) {
        eg_ref r;
        if (!place_value(d, d->m->join[j][i], &r) || !eg__graph_want(d->graph, r))
            return false;
    }
    return true;
}

/* Side i as a block of the Switch. */
static bool draw_side(merging *m, eg__staged *staged, eg_tensor *in[], int i)
{
    size_t size = sizeof(eg_ref) * ((size_t)m->s->pool->n + 1);
    drawing d = {m, eg__graph_new("branch"), staged, &staged->sweep[i], in, eg__alloc(size)};

    d.sweep->port = eg__staged_take(staged, sizeof *d.sweep->port * EG__MAX_IN);
    if (!d.place)
        eg__fail_memory(op_name, size);
    bool done = d.graph && d.place && d.sweep->port;
    if (done)
        memset(d.place, 0xff, size);
    done = done && draw_nodes(&d, side(m, i)) && draw_results(&d, i);
    eg__free(d.place, size);
    if (done)
        d.sweep->block = eg__block_of(d.graph);
    else
        eg_graph_free(d.graph);
    return d.sweep->block != NULL;
}

/* The number of the side that the answer names. */
static eg_tensor *index_of(const merging *m)
{
    eg_tensor *x = eg__symbol(m->s->pool, m->at->asked, op_name);
    eg_tensor *bit = m->at->as_truth ? eg_cast(x, EG_BOOL) : x;
    eg_tensor *index = eg_reshape(eg_cast(bit, EG_INT64), 0, NULL);

    return m->at->low ? eg_sub(index, eg_scalar_int(EG_INT64, m->at->low)) : index;
}

static eg_tensor *make_switch(merging *m)
{
    eg__staged *s = eg__staged_new(&eg_op_switch, EG__MAX_IN, m->n_joins, m->n_sides);
    eg_tensor *in[EG__MAX_IN] = {s ? index_of(m) : NULL};
    bool done = in[0] != NULL;

    if (!s)
        return NULL;
    s->n_in = 1;
    if (done)
        s->in[0] = in[0]->spec;
    for (int i = 0; i < m->n_sides && done; i++)
        done = draw_side(m, s, in, i);
    for (int j = 0; j < m->n_joins; j++)
        s->out[j] = *eg__spec_of(m->s->pool, m->join[j][0]);
    if (done)
        return eg__staged_apply(s, in);
    eg__staged_unref(s);
    return NULL;
}

/* A Switch without results, which only has effects, is given one that nobody looks at. */
static bool give_result(merging *m)
{
    eg_tensor *x = eg_scalar_int(EG_BOOL, 0);
    int at = x ? eg__graph_find_tensor(m->s->pool, x) : -1;

    for (int i = 0; at >= 0 && i < m->n_sides; i++)
        m->join[0][i] = (eg_ref){(uint32_t)at, 0};
    m->n_joins = 1;
    return at >= 0;
}

/* Adds the Switch to the nodes of the stretch that asks. */
static bool add_switch(merging *m)
{
    eg_site site = eg__me.site;
    eg_scope *scope = eg_scope_open();

    eg__me.site = m->at->site;
    m->s->at = m->at;
    m->s->position = -1;
    eg__map_free(&m->s->equal); /* it speaks of another way */
    m->s->equal = (eg__map){0};
    eg_tensor *y = make_switch(m);
    if (y) {
        const eg_tensor *first = m->n_joins > 1 ? y->tuple.part[0] : y;
        m->first = (eg_ref){first->node - 1, 0};
    }
    eg_scope_close(scope);
    eg__me.site = site;
    return y != NULL;
}

/* ---- behind the Switch ----------------------------------------------------------------------- */

static eg_ref value_behind(const merging *m, const eg_ref r[])
{
    if (in_tail(m, r[0]))
        return (eg_ref){m->now[m->place[r[0].node]], r[0].result};
    if (all_same(m, r))
        return r[0];
    return (eg_ref){m->first.node, (uint32_t)find_join(m, r)};
}

static bool add_tail(merging *m)
{
    eg_ref in[EG__MAX_IN], r[EG__MOST_WAYS];

    for (int t = m->tail; t-- > 0;) {
        eg_node node = *from_end(m, 0, t);
        for (int k = 0; k < node.n_in; k++) {
            for (int i = 0; i < m->n_sides; i++)
                r[i] = from_end(m, i, t)->in[k];
            in[k] = value_behind(m, r);
        }
        int at = eg__graph_copy_node(m->s->pool, &node, in);
        if (at < 0 || !eg__nodes_add(&m->at->nodes, (uint32_t)at))
            return false;
        m->now[t] = (uint32_t)at;
    }
    return true;
}

static void take_results(merging *m)
{
    eg_ref r[EG__MOST_WAYS];

    m->at->n_results = side(m, 0)->n_results;
    m->at->n_returned = side(m, 0)->n_returned;
    for (int k = 0; k < m->at->n_results; k++) {
        for (int i = 0; i < m->n_sides; i++)
            r[i] = side(m, i)->result[k];
        m->at->result[k] = value_behind(m, r);
    }
}

static bool find_tail(merging *m)
{
    place_nodes(m);
    m->tail = longest_tail(m);
    while (!shorten(m))
        ;
    if (list_joins(m))
        return true;
    m->tail = 0; /* results alone are few enough */
    return list_joins(m);
}

static bool merge(merging *m)
{
    if (!find_tail(m))
        return false;
    bool effects = has_effects(m);
    if (m->n_joins == 0 && effects && !give_result(m))
        return false;
    if ((m->n_joins > 0 || effects) && !add_switch(m))
        return false;
    if (!add_tail(m))
        return false;
    take_results(m);
    m->at->n_answers = 0;
    return true;
}

static bool take_tables(merging *m)
{
    m->n_places = (size_t)m->s->pool->n + 1;
    m->place = eg__alloc(sizeof *m->place * m->n_places);
    m->now = eg__alloc(sizeof *m->now * m->n_places);
    m->join = eg__alloc(sizeof *m->join * EG__MAX_OUT);
    if (m->place && m->now && m->join) {
        memset(m->place, 0xff, sizeof *m->place * m->n_places);
        return true;
    }
    return eg__fail_memory(op_name, sizeof *m->join * EG__MAX_OUT) == EG_OK;
}

bool eg__symbolic_merge(eg__symbolic *s, eg__stretch *stretch)
{
    merging m = {.s = s, .at = stretch, .n_sides = stretch->n_answers};
    bool done = true;

    for (int i = 0; i < m.n_sides && done; i++)
        done = eg__symbolic_merge(s, stretch->answer[i]);
    if (m.n_sides == 0 || !done)
        return done;
    done = take_tables(&m) && merge(&m);
    eg__free(m.place, sizeof *m.place * m.n_places);
    eg__free(m.now, sizeof *m.now * m.n_places);
    eg__free(m.join, sizeof *m.join * EG__MAX_OUT);
    return done;
}
