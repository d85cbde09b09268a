/* Sessions: a graph, and the plans of the fetches it was run for.
 *
 * A run copies the part of the graph that its fetches need, the feeds becoming placeholders, runs
 * the passes on it and plans it; the plan is kept under the fetches and feeds it was made for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "op/effect.h"
#include "pass/pass.h"
#include "run/call.h"
#include <string.h>

static const char op_name[] = "eg_session_run";

/* A planned combination of feeds and fetches. */
typedef struct prepared {
    struct prepared *next;
    int n_feeds, n_fetches;
    eg_ref *key; /* feeds, then fetches */
    eg__plan *plan;
    eg__frames frames;
} prepared;

struct eg_session {
    eg_graph *graph;
    pthread_mutex_t lock; /* guards the list */
    prepared *first;
};

eg_session *eg_session_new(eg_graph *graph)
{
    if (eg__me.failed)
        return NULL;
    if (!graph)
        return eg__fail_null(EG_INVALID, "eg_session_new", "graph is NULL");
    eg_session *session = eg__alloc_zero(sizeof *session);
    if (!session)
        return eg__fail_memory("eg_session_new", sizeof *session), NULL;
    session->graph = graph;
    pthread_mutex_init(&session->lock, NULL);
    return session;
}

static size_t key_size(const prepared *p)
{
    return sizeof(eg_ref) * ((size_t)p->n_feeds + (size_t)p->n_fetches + 1);
}

static void free_prepared(prepared *p)
{
    if (p->plan) {
        eg__frames_end(&p->frames);
        eg__plan_free(p->plan);
    }
    eg__free(p->key, key_size(p));
    eg__free(p, sizeof *p);
}

void eg_session_free(eg_session *session)
{
    if (!session)
        return;
    for (prepared *p = session->first, *next; p; p = next) {
        next = p->next;
        free_prepared(p);
    }
    pthread_mutex_destroy(&session->lock);
    eg__free(session, sizeof *session);
}

/* ---- the part of the graph a run needs ------------------------------------------------------- */

typedef struct extraction {
    const eg_graph *from;
    eg_graph *to;
    const prepared *p;
    eg_ref *place; /* by result of the old graph; node UINT32_MAX: not copied */
    uint32_t *first;
    bool *needed, *possible; /* by node: it is needed; what it depends on is fed */
    size_t n_results;
} extraction;

static eg_ref *place_of(const extraction *x, eg_ref r)
{
    return &x->place[x->first[r.node] + r.result];
}

static bool is_placed(const extraction *x, eg_ref r)
{
    return place_of(x, r)->node != UINT32_MAX;
}

static bool start(extraction *x)
{
    size_t n = (size_t)x->from->n;

    for (size_t i = 0; i < n; i++)
        x->n_results += (size_t)x->from->nodes[i].n_out;
    x->first = eg__alloc(sizeof *x->first * (n + 1));
    x->needed = eg__alloc_zero(n + 1);
    x->possible = eg__alloc_zero(n + 1);
    x->place = eg__alloc(sizeof *x->place * (x->n_results + 1));
    if (!x->first || !x->needed || !x->possible || !x->place) {
        eg__fail_memory(op_name, sizeof *x->place * x->n_results);
        return false;
    }
    uint32_t at = 0;
    for (size_t i = 0; i < n; i++) {
        x->first[i] = at;
        at += (uint32_t)x->from->nodes[i].n_out;
    }
    for (size_t i = 0; i < x->n_results; i++)
        x->place[i].node = UINT32_MAX;
    return true;
}

static bool place_feeds(extraction *x)
{
    for (int i = 0; i < x->p->n_feeds; i++) {
        eg_ref r = x->p->key[i];
        int at = eg__graph_add_input(x->to, NULL, eg__spec_of(x->from, r));
        if (at < 0)
            return false;
        *place_of(x, r) = (eg_ref){(uint32_t)at, 0};
    }
    return true;
}

/* Effects are part of every run that feeds what they need. */
static void mark_effects(extraction *x)
{
    for (int i = 0; i < x->from->n; i++) {
        const eg_node *node = &x->from->nodes[i];
        bool fed = node->op != &eg_op_placeholder;
        for (int k = 0; fed && k < node->n_in; k++)
            fed = is_placed(x, node->in[k]) || x->possible[node->in[k].node];
        x->possible[i] = fed;
        if (fed && (eg__traits(node->op, node->attrs) & EG__EFFECT))
            x->needed[i] = true;
    }
}

static void mark(extraction *x)
{
    mark_effects(x);
    for (int i = 0; i < x->p->n_fetches; i++) {
        eg_ref r = x->p->key[x->p->n_feeds + i];
        x->needed[r.node] = x->needed[r.node] || !is_placed(x, r);
    }
    for (int i = x->from->n; i-- > 0;)
        for (int k = 0; x->needed[i] && k < x->from->nodes[i].n_in; k++) {
            eg_ref r = x->from->nodes[i].in[k];
            x->needed[r.node] = x->needed[r.node] || !is_placed(x, r);
        }
}

static bool copy_node(extraction *x, int i)
{
    const eg_node *node = &x->from->nodes[i];
    eg_ref in[EG__MAX_IN];

    if (node->op == &eg_op_placeholder) {
        eg__fail(EG_INVALID, op_name,
            "placeholder \"%s\" is needed by what is fetched, but not fed",
            node->name ? node->name : "?");
        return false;
    }
    for (int k = 0; k < node->n_in; k++)
        in[k] = *place_of(x, node->in[k]);
    int at = eg__graph_copy_node(x->to, node, in);
    if (at < 0)
        return false;
    x->to->nodes[at].name = NULL;
    for (int k = 0; k < node->n_out; k++) {
        eg_ref r = {(uint32_t)i, (uint32_t)k};
        if (!is_placed(x, r))
            *place_of(x, r) = (eg_ref){(uint32_t)at, (uint32_t)k};
    }
    return true;
}

static bool extract(extraction *x)
{
    if (!start(x) || !place_feeds(x))
        return false;
    mark(x);
    for (int i = 0; i < x->from->n; i++)
        if (x->needed[i] && !copy_node(x, i))
            return false;
    for (int i = 0; i < x->p->n_fetches; i++)
        if (!eg__graph_want(x->to, *place_of(x, x->p->key[x->p->n_feeds + i])))
            return false;
    return true;
}

static eg_graph *extracted(const eg_graph *graph, const prepared *p)
{
    extraction x = {.from = graph, .to = eg__graph_new(graph->name), .p = p};

    if (x.to && !extract(&x)) {
        eg_graph_free(x.to);
        x.to = NULL;
    }
    eg__free(x.first, sizeof *x.first * ((size_t)graph->n + 1));
    eg__free(x.needed, (size_t)graph->n + 1);
    eg__free(x.possible, (size_t)graph->n + 1);
    eg__free(x.place, sizeof *x.place * (x.n_results + 1));
    return x.to;
}

/* ---- preparing ------------------------------------------------------------------------------ */

static bool plan(const eg_graph *graph, prepared *p)
{
    eg_graph *part = extracted(graph, p);

    if (part && eg__passes_run(part) != EG_OK) {
        eg_graph_free(part);
        part = NULL;
    }
    p->plan = part ? eg__plan_new(part, NULL) : NULL;
    if (p->plan)
        eg__frames_start(&p->frames, p->plan);
    return p->plan != NULL;
}

static prepared *find(eg_session *session, const prepared *like)
{
    pthread_mutex_lock(&session->lock);
    prepared *p = session->first;
    while (p &&
        (p->n_feeds != like->n_feeds || p->n_fetches != like->n_fetches ||
            memcmp(p->key, like->key, key_size(p) - sizeof(eg_ref)) != 0))
        p = p->next;
    pthread_mutex_unlock(&session->lock);
    return p;
}

static prepared *prepare(eg_session *session, const prepared *like)
{
    prepared *p = eg__alloc_zero(sizeof *p);

    if (p) {
        *p = *like;
        p->key = eg__alloc(key_size(p));
    }
    if (!p || !p->key) {
        eg__free(p, sizeof *p);
        return eg__fail_memory(op_name, key_size(like)), NULL;
    }
    memcpy(p->key, like->key, key_size(p));
    if (!plan(session->graph, p)) {
        free_prepared(p);
        return NULL;
    }
    pthread_mutex_lock(&session->lock);
    p->next = session->first;
    session->first = p;
    pthread_mutex_unlock(&session->lock);
    return p;
}

/* ---- running -------------------------------------------------------------------------------- */

static bool take_symbol(const eg_session *session, const eg_tensor *x, const char *what, int i,
    eg_ref *r)
{
    if (!x || x->kind != EG__SYMBOL || x->graph != session->graph) {
        eg__fail(EG_INVALID, op_name, "%s %d is %s", what, i,
            !x                          ? "NULL"
                : x->kind != EG__SYMBOL ? "no symbol"
                                        : "a symbol of another graph");
        return false;
    }
    *r = (eg_ref){x->node - 1, x->result};
    return true;
}

static bool check_feed(const eg_feed *feed, int i, eg_tensor *const *value)
{
    char a[EG__SPEC_TEXT], b[EG__SPEC_TEXT];

    if (!*value || (*value)->kind != EG__VALUE) {
        eg__fail(EG_INVALID, op_name, "the value of feed %d is %s", i,
            *value ? "no tensor with elements" : "NULL");
        return false;
    }
    if (eg__same_spec(&feed->symbol->spec, &(*value)->spec))
        return true;
    eg__fail(EG_INVALID, op_name, "feed %d is %s, but the symbol is %s; cast or reshape the value",
        i, eg__spec_text(&(*value)->spec, a), eg__spec_text(&feed->symbol->spec, b));
    return false;
}

/* Takes the symbols apart; values[i] gets one more owner. */
static bool take_arguments(const eg_session *session, prepared *like, const eg_feed feeds[],
    eg_tensor *const fetches[], eg_tensor *values[])
{
    for (int i = 0; i < like->n_feeds; i++) {
        if (!take_symbol(session, feeds[i].symbol, "feed", i, &like->key[i]))
            return false;
        eg_tensor *v = feeds[i].value;
        values[i] = v && v->kind == EG__VARIABLE ? eg__variable_now(v) : eg__ref(v);
        if (!check_feed(&feeds[i], i, &values[i]) || eg__watch_asked(v, EG__ASK_RAW) != EG_OK)
            return false;
    }
    for (int i = 0; i < like->n_fetches; i++)
        if (!take_symbol(session, fetches[i], "fetch", i, &like->key[like->n_feeds + i]))
            return false;
    return true;
}

static eg_status run(eg_session *session, prepared *like, const eg_feed feeds[],
    eg_tensor *const fetches[], eg_tensor *results[], eg_tensor *values[])
{
    if (!take_arguments(session, like, feeds, fetches, values))
        return eg__me.failed;
    prepared *p = find(session, like);
    if (!p)
        p = prepare(session, like);
    if (!p || eg__plan_call(&p->frames, values, results) != EG_OK)
        return eg__me.failed;
    for (int i = 0; i < like->n_fetches; i++)
        results[i] = eg__own(results[i], op_name);
    for (int i = 0; eg__me.failed && i < like->n_fetches; i++)
        results[i] = NULL;
    return eg__me.failed;
}

eg_status eg_session_run(eg_session *session, int n_feeds, const eg_feed feeds[], int n_fetches,
    eg_tensor *const fetches[], eg_tensor *results[])
{
    prepared like = {.n_feeds = n_feeds, .n_fetches = n_fetches};

    for (int i = 0; results && i < n_fetches; i++)
        results[i] = NULL;
    if (eg__me.failed)
        return eg__me.failed;
    if (!session || n_feeds < 0 || n_fetches < 1 || !fetches || !results || (n_feeds > 0 && !feeds))
        return eg__fail(EG_INVALID, op_name, "a session, fetches and room for results are needed");
    eg__me.things_made++; /* a function that is being recorded does not see into it */
    eg__me.made_at = eg__me.site;
    size_t size = sizeof(eg_tensor *) * ((size_t)n_feeds + 1);
    eg_tensor **values = eg__alloc_zero(size);
    like.key = eg__alloc_zero(key_size(&like));
    if (values && like.key)
        run(session, &like, feeds, fetches, results, values);
    else
        eg__fail_memory(op_name, key_size(&like));
    for (int i = 0; values && i < n_feeds; i++)
        eg__unref(values[i]);
    eg__free(values, size);
    eg__free(like.key, key_size(&like));
    return eg__me.failed;
}
