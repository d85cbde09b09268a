/* Tracing a body on symbols: eg_function_graph.
 *
 * The body runs once for each way through it. What it does is appended to the pool; as far as a way
 * is known, from the way before that took other answers at its end, the body must do the same
 * again. Where it asks what no earlier question of this way has answered, the way forks: answers
 * are tried depth first. merge.c makes one graph of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/symbolic.h"
#include "base/hash.h"
#include "base/memory.h"
#include "op/effect.h"
#include "tensor/scope.h"

static const char op_name[] = "eg_function_graph";

static bool out_of_memory(size_t size)
{
    eg__fail_memory(op_name, size);
    return false;
}

bool eg__nodes_add(eg__nodes *nodes, uint32_t node)
{
    if (!eg__reserve(&nodes->at, sizeof *nodes->at, nodes->n, &nodes->capacity))
        return out_of_memory(sizeof node);
    nodes->at[nodes->n++] = node;
    return true;
}

eg__stretch *eg__stretch_new(void)
{
    eg__stretch *p = eg__alloc_zero(sizeof *p);

    if (!p)
        out_of_memory(sizeof *p);
    return p;
}

static void free_stretch(eg__stretch *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->n_tried; i++)
        free_stretch(p->answer[i]);
    eg__free(p->nodes.at, sizeof *p->nodes.at * (size_t)p->nodes.capacity);
    eg__free(p->assigned, sizeof *p->assigned * (size_t)p->assigned_capacity);
    eg__free(p->becomes, sizeof *p->becomes * (size_t)p->becomes_capacity);
    eg__free(p, sizeof *p);
}

/* ---- which value a handle stands for --------------------------------------------------------- */

static uint64_t hash_of_bits(const eg_tensor *x)
{
    uint64_t hash = eg__hash_word((uint64_t)x->spec.dtype, (uint64_t)x->spec.rank);

    return eg__hash_bytes(hash, x->data, eg__bytes(&x->spec));
}

/* Constants that every run of the body makes anew are one. */
static int constant(eg__symbolic *s, eg_tensor *x)
{
    if (eg__map_find(&s->pool->tensors, eg__key_of(x)))
        return eg__graph_find_tensor(s->pool, x);
    uint64_t hash = hash_of_bits(x);
    const uint32_t *known = eg__map_find(&s->constants, hash);
    if (known && eg__same_bits(s->pool->nodes[*known].tensor, x))
        return (int)*known;
    int at = eg__graph_find_tensor(s->pool, x);
    if (at >= 0 && !known && !eg__map_set(&s->constants, hash, (uint32_t)at))
        return out_of_memory(sizeof(eg__map_slot)), -1;
    return at;
}

bool eg__symbolic_ref(eg__symbolic *s, eg_tensor *x, eg_ref *r)
{
    int at;

    if (x->kind == EG__SYMBOL) {
        *r = (eg_ref){x->node - 1, x->result};
        return x->graph == s->pool ||
            eg__fail(EG_INVALID, op_name, "an argument is a symbol of another graph, \"%s\"",
                x->graph->name) == EG_OK;
    }
    const uint32_t *assigned =
        x->kind == EG__VARIABLE ? eg__map_find(&s->pending, eg__key_of(x)) : NULL;
    if (assigned) {
        *r = s->at->becomes[*assigned];
        return true;
    }
    at = x->kind == EG__VARIABLE ? eg__graph_find_tensor(s->pool, x) : constant(s, x);
    *r = (eg_ref){(uint32_t)at, 0};
    return at >= 0;
}

static void make_symbol(const eg__symbolic *s, eg_tensor *x, eg_ref r)
{
    x->graph = s->pool;
    x->node = r.node + 1;
    x->result = r.result;
}

/* ---- operations ------------------------------------------------------------------------------ */

eg_status eg__symbolic_differs(const char *now, const char *before, const eg_site *where)
{
    return eg__fail(EG_STATE, op_name,
        "the body did %s at %s:%d where it did %s before (%s:%d): it depends on something that is "
        "no argument, environment or variable",
        now, eg__file_of(&eg__me.site), eg__me.site.line, before, eg__file_of(where), where->line);
}

static bool same_node(const eg_node *node, const eg_event *e, const eg_ref in[])
{
    if (node->op != e->op || node->n_in != e->n_in)
        return false;
    for (int i = 0; i < e->n_in; i++)
        if (!eg__same_ref(node->in[i], in[i]))
            return false;
    return !e->attrs || !e->op->attrs || eg__attrs_equal(e->op->attrs, e->attrs, node->attrs);
}

static uint64_t hash_of(const eg_event *e, const eg_ref in[])
{
    uint64_t hash = eg__key_of(e->op);

    for (int i = 0; i < e->n_in; i++)
        hash = eg__hash_word(hash, (uint64_t)in[i].node << 32 | in[i].result);
    return e->attrs && e->op->attrs ? eg__attrs_hash(e->op->attrs, e->attrs, hash) : hash;
}

/* The node of an operation on this way: known, or a new one. -1 after an error. */
static int follow(eg__symbolic *s, const eg_event *e, const eg_ref in[])
{
    eg__stretch *at = s->at;

    if (eg__symbolic_knows(s)) {
        const eg_node *node =
            s->position < at->nodes.n ? &s->pool->nodes[at->nodes.at[s->position]] : NULL;
        if (!node || !same_node(node, e, in))
            return eg__symbolic_differs(e->op->name, node ? node->op->name : "something else",
                       node ? &node->site : &at->site),
                   -1;
        return (int)at->nodes.at[s->position++];
    }
    eg_spec out[EG__MAX_OUT];
    for (int i = 0; i < e->n_out; i++)
        out[i] = e->out[i]->spec;
    int node = eg__graph_add(s->pool, e->op, e->attrs, e->n_in, in, out);
    return node >= 0 && eg__nodes_add(&at->nodes, (uint32_t)node) ? node : -1;
}

static int append(eg__symbolic *s, const eg_event *e, const eg_ref in[])
{
    if (eg__traits(e->op, e->attrs) & EG__EFFECT)
        return follow(s, e, in);
    uint64_t hash = hash_of(e, in);
    const uint32_t *equal = eg__map_find(&s->equal, hash);
    if (equal && same_node(&s->pool->nodes[*equal], e, in))
        return (int)*equal;
    int node = follow(s, e, in);
    if (node >= 0 && !equal && !eg__map_set(&s->equal, hash, (uint32_t)node))
        return out_of_memory(sizeof(eg__map_slot)), -1;
    return node;
}

static eg_status applied(eg__watch *w, const eg_event *e)
{
    eg__symbolic *s = (eg__symbolic *)w;
    eg_ref in[EG__MAX_IN];

    for (int i = 0; i < e->n_in; i++)
        if (!eg__symbolic_ref(s, e->in[i], &in[i]))
            return eg__me.failed;
    if (e->op->traits & EG__ALIAS) {
        for (int i = 0; i < e->n_out; i++)
            make_symbol(s, e->out[i], in[i]);
        return EG_OK;
    }
    int node = append(s, e, in);
    for (int i = 0; node >= 0 && i < e->n_out; i++)
        make_symbol(s, e->out[i], (eg_ref){(uint32_t)node, (uint32_t)i});
    return eg__me.failed;
}

static eg_status printed(eg__watch *w, eg_tensor *x, const eg_print_attrs *attrs)
{
    eg__print_node how = {sizeof how, *attrs};
    eg_tensor *one[1] = {x};
    int parts = eg_parts(x);
    eg_tensor *const *in = parts ? x->tuple.part : one;
    eg_event e = {&eg_op_print, &how, NULL, parts ? parts : 1, 0, in, in, NULL, NULL, 0};

    if (x->kind == EG__NONE || x->kind == EG__SPENT)
        return EG_OK;
    eg__me.skip_prints++; /* the graph prints it */
    return applied(w, &e);
}

static bool list_variable(eg__symbolic *s, eg_tensor *variable)
{
    for (int i = 0; i < s->n_variables; i++)
        if (s->variables[i] == variable)
            return true;
    if (s->n_variables == EG__MOST_GRAPH_RESULTS)
        return eg__fail(EG_INVALID, op_name, "the body assigns more than %d variables",
                   EG__MOST_GRAPH_RESULTS) == EG_OK;
    s->variables[s->n_variables++] = eg__ref(variable);
    return true;
}

static eg_status assigned(eg__watch *w, eg_tensor *variable, eg_tensor *value)
{
    eg__symbolic *s = (eg__symbolic *)w;
    eg__stretch *at = s->at;
    const uint32_t *known = eg__map_find(&s->pending, eg__key_of(variable));
    int i = known ? (int)*known : at->n_assigned;
    eg_ref r;

    if (!eg__symbolic_ref(s, value, &r) || !list_variable(s, variable))
        return eg__me.failed;
    if (!known &&
        (!eg__reserve(&at->assigned, sizeof *at->assigned, i, &at->assigned_capacity) ||
            !eg__reserve(&at->becomes, sizeof *at->becomes, i, &at->becomes_capacity) ||
            !eg__map_set(&s->pending, eg__key_of(variable), (uint32_t)i)))
        return out_of_memory(sizeof *at->becomes), EG_NO_MEMORY;
    at->assigned[i] = variable;
    at->becomes[i] = r;
    at->n_assigned += !known;
    s->assignments = eg__hash_word(s->assignments, eg__key_of(variable));
    s->assignments = eg__hash_word(s->assignments, (uint64_t)r.node << 32 | r.result);
    return EG_OK;
}

static const eg__watch_type symbolic_type = {
    .name = "symbolic tracing",
    .symbolic = true,
    .applied = applied,
    .asked = eg__symbolic_asked,
    .assigned = assigned,
    .printed = printed,
    .answered = eg__symbolic_answered,
};

/* ---- one way --------------------------------------------------------------------------------- */

static eg_ref becomes(eg__symbolic *s, eg_tensor *variable)
{
    eg_ref r = {0, 0};

    eg__symbolic_ref(s, variable, &r);
    return r;
}

/* Every way must return as many results of the same dtypes and shapes. */
static bool results_agree(eg__symbolic *s, const eg__stretch *first, const eg__stretch *now)
{
    char a[EG__SPEC_TEXT], b[EG__SPEC_TEXT];

    if (first->n_returned != now->n_returned)
        return eg__fail(EG_STATE, op_name,
                   "one way through the body returns %d tensors (%s:%d), "
                   "another %d (%s:%d)",
                   first->n_returned, eg__file_of(&first->site), first->site.line, now->n_returned,
                   eg__file_of(&now->site), now->site.line) == EG_OK;
    for (int i = 0; i < now->n_returned; i++) {
        const eg_spec *x = eg__spec_of(s->pool, first->result[i]);
        const eg_spec *y = eg__spec_of(s->pool, now->result[i]);
        if (!eg__same_spec(x, y))
            return eg__fail(EG_STATE, op_name,
                       "result %d is %s on one way through the body (%s:%d) and %s on another "
                       "(%s:%d); in a graph they must agree",
                       i, eg__spec_text(x, a), eg__file_of(&first->site), first->site.line,
                       eg__spec_text(y, b), eg__file_of(&now->site), now->site.line) == EG_OK;
    }
    return true;
}

static const eg__stretch *first_return(const eg__stretch *p)
{
    while (p->n_answers > 0)
        p = p->answer[0];
    return p;
}

static bool take_results(eg__symbolic *s, eg_tensor *y)
{
    eg__stretch *at = s->at;
    bool tuple = y && y->kind == EG__TUPLE;
    int n = tuple ? y->tuple.n : 1;

    if (!eg__body_returned(s->function, y))
        return false;
    if (eg__symbolic_knows(s))
        return eg__symbolic_differs("a return", "something else", &at->site) == EG_OK;
    for (int i = 0; i < n; i++)
        if (!eg__symbolic_ref(s, tuple ? y->tuple.part[i] : y, &at->result[i]))
            return false;
    at->n_returned = n;
    at->site = eg__me.site;
    s->is_tuple = tuple;
    return results_agree(s, first_return(s->root), at);
}

static bool freshen(eg__symbolic *s, int n, eg_tensor *in[])
{
    for (int i = 0; i < n; i++)
        if (!(in[i] = eg__symbol(s->pool, (eg_ref){s->pool->inputs[i], 0}, op_name)))
            return false;
    return true;
}

/* Runs the body on one way that has not been tried. What it assigns is forgotten. */
static bool run_way(eg__symbolic *s)
{
    eg_function *f = s->function;
    eg_tensor *in[EG__MOST_ARGUMENTS];
    eg_scope *scope = eg__scope_open(EG__CALL_SCOPE);
    eg__running running;
    eg__transaction t;

    s->at = s->root;
    s->position = s->root->n_answers > 0 ? 0 : -1;
    s->root->n_assigned = 0;
    s->n_answered = 0;
    s->assignments = 0;
    eg__map_free(&s->equal);
    eg__map_free(&s->pending);
    s->equal = s->pending = (eg__map){0};
    eg__transaction_begin(&t);
    if (!eg__scope_is_inert(scope) && eg__body_begin(&running, f)) {
        if (freshen(s, f->callable.n_in, in))
            take_results(s, f->callable.body(f->callable.n_in, in, f->env));
        eg__body_end(&running);
    }
    eg_scope_close(scope);
    eg__transaction_drop(&t);
    return !eg__me.failed;
}

/* Marks what has been tried to its end; true where all has. */
static bool settle(eg__stretch *p)
{
    bool done = p->n_tried == p->n_answers;

    for (int i = 0; i < p->n_tried && !p->done; i++)
        done = settle(p->answer[i]) && done;
    p->done = p->done || done;
    return p->done;
}

/* Behind each return, what the variables become that some way assigns. */
static bool add_variables(eg__symbolic *s, eg__stretch *p)
{
    bool done = true;

    for (int i = 0; i < p->n_answers && done; i++)
        done = add_variables(s, p->answer[i]);
    if (p->n_answers > 0)
        return done;
    if (p->n_returned + s->n_variables > EG__MOST_GRAPH_RESULTS)
        return eg__fail(EG_INVALID, op_name, "more than %d results and assigned variables",
                   EG__MOST_GRAPH_RESULTS) == EG_OK;
    p->n_results = p->n_returned;
    for (int i = 0; i < s->n_variables && !eg__me.failed; i++) {
        int k = 0;
        while (k < p->n_assigned && p->assigned[k] != s->variables[i])
            k++;
        p->result[p->n_results++] = k < p->n_assigned ? p->becomes[k] : becomes(s, s->variables[i]);
    }
    return !eg__me.failed;
}

/* Tries all ways and puts them together, while nobody else watches. */
static bool trace_all(eg__symbolic *s)
{
    eg__watch *others = eg__me.watch;
    uint32_t skip = eg__me.skip_prints;
    bool done = false;

    eg__me.watch = NULL;
    eg__watch_begin(&s->watch);
    while (!eg__me.failed && !done)
        done = run_way(s) && settle(s->root);
    eg__map_free(&s->pending);
    s->pending = (eg__map){0};
    done = done && add_variables(s, s->root) && eg__symbolic_merge(s, s->root);
    eg__me.watch = others;
    eg__me.skip_prints = skip;
    return done;
}

/* ---- in public ------------------------------------------------------------------------------- */

static bool add_placeholders(eg__symbolic *s, int n, const eg_tensor_spec specs[])
{
    for (int i = 0; i < n; i++) {
        eg_spec spec;
        if (eg__spec_set(&spec, op_name, specs[i].dtype, specs[i].rank, specs[i].dims) != EG_OK ||
            eg__graph_add_input(s->pool, NULL, &spec) < 0)
            return false;
    }
    return true;
}

static void end(eg__symbolic *s)
{
    free_stretch(s->root);
    eg_graph_free(s->pool);
    eg__map_free(&s->equal);
    eg__map_free(&s->constants);
    eg__map_free(&s->pending);
    for (int i = 0; i < s->n_variables; i++)
        eg__unref(s->variables[i]);
    eg__free(s, sizeof *s);
}

static eg_graph *trace(eg__symbolic *s, int n, const eg_tensor_spec specs[])
{
    s->pool = eg__graph_new(s->function->callable.name);
    s->root = s->pool ? eg__stretch_new() : NULL;
    if (!s->root || !add_placeholders(s, n, specs) || !trace_all(s))
        return NULL;
    return eg__symbolic_graph(s, n, specs);
}

eg_graph *eg_function_graph(eg_function *f, int n, const eg_tensor_spec specs[])
{
    eg_graph *graph = NULL;

    if (eg__me.failed)
        return NULL;
    if (!f || n != f->callable.n_in || (n > 0 && !specs))
        return eg__fail_null(EG_INVALID, op_name,
            f ? "%s takes %d arguments, not %d" : "function is NULL", f ? f->callable.name : "",
            f ? f->callable.n_in : 0, n);
    if (!eg_executing_eagerly())
        return eg__fail_null(EG_STATE, op_name, "a function is being recorded, or a graph is open");
    eg__symbolic *s = eg__alloc_zero(sizeof *s);
    if (!s)
        return out_of_memory(sizeof *s), NULL;
    s->watch.type = &symbolic_type;
    s->function = f;
    s->ways = 1;
    graph = trace(s, n, specs);
    end(s);
    return graph;
}
