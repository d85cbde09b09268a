/* The gradient of a path through a trace, as a graph of its own.
 *
 * The path's segments are put together into one graph; gradients are appended to it symbolically,
 * by the same walk that tapes use; then the appended part is cut off. Where it needed a value of
 * the forward part it gets a placeholder: those are the residuals that the forward pass must leave
 * behind. Constants are copied instead.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "base/memory.h"
#include "function/trace.h"
#include "pass/pass.h"
#include "tensor/variable.h"
#include <string.h>

static const char op_name[] = "a gradient";

typedef struct derivation {
    const eg__trace *trace;
    const eg__segment *leaf;
    const eg__segment **path; /* from the root */
    eg_ref **place;           /* by depth and node: where its first result is in `whole` */
    eg_graph *whole;          /* forward part, then gradients */
    int n_forward;
    eg__value *origin; /* by node of the forward part: the value of its first result */
    uint32_t *first;   /* by node of the forward part: number of its first result */
    uint32_t n_values;
    bool *depends;    /* by number of a result: whether it depends on a source */
    eg__arena memory; /* the records' own */
    eg__record **records;
    int n_records;
    eg_tensor **gradients; /* symbols, by source */
    eg_tensor **when;      /* bools, by source: whether there is one; NULL: there is */
    eg__derivative *d;
} derivation;

static bool out_of_memory(size_t size)
{
    eg__fail_memory(op_name, size);
    return false;
}

static bool is_floating(const eg_spec *spec)
{
    return eg__is_floating(spec->dtype);
}

/* ---- one graph of the path ------------------------------------------------------------------- */

static eg_ref place_of(const derivation *x, const eg__value *v)
{
    eg_ref r = x->place[v->segment->depth][v->ref.node];
    return (eg_ref){r.node, r.result + v->ref.result};
}

static int copy_node(derivation *x, const eg__segment *s, const eg_node *node)
{
    eg_ref in[EG__MAX_IN];

    if (node->tensor)
        return eg__graph_find_tensor(x->whole, node->tensor);
    for (int k = 0; k < node->n_in; k++) {
        eg_ref r = x->place[s->depth][node->in[k].node];
        in[k] = (eg_ref){r.node, r.result + node->in[k].result};
    }
    return eg__graph_copy_node(x->whole, node, in);
}

static bool append_segment(derivation *x, const eg__segment *s)
{
    int import = 0;

    for (int i = 0; i < s->graph->n; i++) {
        const eg_node *node = &s->graph->nodes[i];
        eg_ref *place = &x->place[s->depth][i];
        if (node->op == &eg_op_placeholder && s->parent) {
            *place = place_of(x, &s->imports[import++]);
            continue;
        }
        if (node->n_out == 0)
            continue;
        int at = copy_node(x, s, node);
        if (at < 0)
            return false;
        *place = (eg_ref){(uint32_t)at, 0};
        x->origin[at] = node->tensor
            ? (eg__value){.tensor = node->tensor}
            : (eg__value){(eg__segment *)(uintptr_t)s, {(uint32_t)i, 0}, NULL};
    }
    return true;
}

static bool take_path(derivation *x)
{
    int depth = x->leaf->depth + 1, nodes = 0;

    x->path = eg__alloc_zero(sizeof *x->path * (size_t)depth);
    x->place = eg__alloc_zero(sizeof *x->place * (size_t)depth);
    if (!x->path || !x->place)
        return out_of_memory(sizeof *x->path * (size_t)depth);
    for (const eg__segment *s = x->leaf; s; s = s->parent) {
        x->path[s->depth] = s;
        x->place[s->depth] = eg__alloc_zero(sizeof(eg_ref) * ((size_t)s->graph->n + 1));
        if (!x->place[s->depth])
            return out_of_memory(sizeof(eg_ref));
        nodes += s->graph->n;
    }
    x->origin = eg__alloc_zero(sizeof *x->origin * ((size_t)nodes + 1));
    x->n_forward = nodes;
    return x->origin || out_of_memory(sizeof *x->origin);
}

static bool join_path(derivation *x)
{
    if (!take_path(x))
        return false;
    x->whole = eg__graph_new("gradient");
    for (int i = 0; x->whole && i <= x->leaf->depth; i++)
        if (!append_segment(x, x->path[i]))
            return false;
    return x->whole != NULL;
}

static void free_path(derivation *x)
{
    for (int i = 0; x->place && i <= x->leaf->depth; i++)
        if (x->place[i])
            eg__free(x->place[i], sizeof(eg_ref) * ((size_t)x->path[i]->graph->n + 1));
    eg__free(x->path, sizeof *x->path * ((size_t)x->leaf->depth + 1));
    eg__free(x->place, sizeof *x->place * ((size_t)x->leaf->depth + 1));
    eg__free(x->origin, sizeof *x->origin * ((size_t)x->n_forward + 1));
}

/* ---- sources and targets --------------------------------------------------------------------- */

static bool add_source(derivation *x, eg__value value)
{
    if (is_floating(eg__value_spec(&value)))
        x->d->sources[x->d->n_sources++] = value;
    return true;
}

/* Arguments that a tape follows, trainable variables, what else it follows. */
static bool find_sources(derivation *x)
{
    const eg__tape *tape = eg__tape_innermost();
    const eg__segment *root = x->path[0];

    x->d->most_sources = x->whole->n;
    x->d->sources = eg__alloc(sizeof *x->d->sources * ((size_t)x->whole->n + 1));
    if (!x->d->sources)
        return out_of_memory(sizeof *x->d->sources);
    for (int i = 0; i < x->trace->n; i++)
        if (x->trace->wanted >> i & 1)
            add_source(x,
                (eg__value){(eg__segment *)(uintptr_t)root, {root->graph->inputs[i], 0}, NULL});
    for (int i = 0; i < x->whole->n; i++) {
        eg_tensor *tensor = x->whole->nodes[i].tensor;
        bool trains = tensor && tensor->kind == EG__VARIABLE && tensor->variable->trainable;
        if (trains || (tensor && tape && eg__tape_follows(tape, tensor)))
            add_source(x, (eg__value){.tensor = tensor});
    }
    return true;
}

static bool number_values(derivation *x)
{
    x->n_records = 0;
    x->first = eg__alloc(sizeof *x->first * ((size_t)x->n_forward + 1));
    x->records = eg__alloc_zero(sizeof *x->records * ((size_t)x->n_forward + 1));
    if (!x->first || !x->records)
        return out_of_memory(sizeof *x->records * (size_t)x->n_forward);
    for (int i = 0; i < x->whole->n; i++) {
        x->first[i] = x->n_values;
        x->n_values += (uint32_t)x->whole->nodes[i].n_out;
    }
    return true;
}

static uint32_t number_of(const derivation *x, eg_ref r)
{
    return is_floating(eg__spec_of(x->whole, r)) ? x->first[r.node] + r.result : EG__NO_VALUE;
}

static eg_ref ref_of_value(derivation *x, const eg__value *v)
{
    if (v->segment)
        return place_of(x, v);
    return (eg_ref){(uint32_t)eg__graph_find_tensor(x->whole, v->tensor), 0};
}

/* ---- records --------------------------------------------------------------------------------- */

static bool is_constant(const eg_node *node)
{
    return node->is_stopped || (node->op->traits & EG__CONSTANT);
}

static bool record_node(derivation *x, int i)
{
    eg_node node = x->whole->nodes[i];
    eg_tensor *handle[EG__MAX_IN + EG__MAX_OUT];
    uint32_t id[EG__MAX_IN + EG__MAX_OUT];
    int n = node.n_in + node.n_out;

    for (int k = 0; k < n; k++) {
        eg_ref r = k < node.n_in ? node.in[k] : (eg_ref){(uint32_t)i, (uint32_t)(k - node.n_in)};
        handle[k] = eg__symbol(x->whole, r, op_name);
        id[k] = number_of(x, r);
        if (!handle[k])
            return false;
    }
    eg_event e = {node.op, node.attrs, NULL, node.n_in, node.n_out, handle, handle,
        handle + node.n_in, NULL, 0};
    eg__record *record = eg__record_new(&x->memory, &e, id);
    if (!record)
        return false;
    record->site = node.site;
    x->records[x->n_records++] = record;
    return true;
}

static bool record_nodes(derivation *x)
{
    for (int i = 0; i < x->n_forward; i++)
        if (!is_constant(&x->whole->nodes[i]) && !record_node(x, i))
            return false;
    return true;
}

/* ---- what depends on a source ---------------------------------------------------------------- */

static bool is_dependent(const derivation *x, eg_ref r)
{
    uint32_t i = number_of(x, r);
    return i != EG__NO_VALUE && x->depends[i];
}

/* Results that depend on none are unknown to the tape, as if the body had run on it. */
static bool find_dependent(derivation *x)
{
    x->depends = eg__alloc_zero((size_t)x->n_values + 1);
    if (!x->depends)
        return out_of_memory((size_t)x->n_values + 1);
    for (int i = 0; i < x->d->n_sources; i++)
        x->depends[number_of(x, ref_of_value(x, &x->d->sources[i]))] = true;
    for (int i = 0; i < x->n_forward; i++) {
        const eg_node *node = &x->whole->nodes[i];
        bool any = false;
        if (is_constant(node))
            continue;
        for (int k = node->op == &eg_op_reread; k < node->n_in; k++)
            any = any || is_dependent(x, node->in[k]);
        for (int k = 0; any && k < node->n_out; k++)
            if (eg__is_floating(node->out[k].dtype))
                x->depends[x->first[i] + (uint32_t)k] = true;
    }
    return true;
}

/* ---- gradients, appended --------------------------------------------------------------------- */

typedef struct ends {
    uint32_t target[EG__MAX_PARTS], *source;
    eg_tensor *seed[EG__MAX_PARTS];
    int n_targets;
} ends;

static bool add_seeds(derivation *x, ends *e)
{
    eg__derivative *d = x->d;

    for (int i = 0; i < d->n_results; i++) {
        const eg__value *result = &x->leaf->results[i];
        d->seed_of[i] = -1;
        eg_ref r = ref_of_value(x, result);
        if (!is_dependent(x, r))
            continue;
        int at = eg__graph_add_input(x->whole, NULL, eg__value_spec(result));
        eg_tensor *seed = at < 0 ? NULL : eg__symbol(x->whole, (eg_ref){(uint32_t)at, 0}, op_name);
        if (!seed)
            return false;
        d->seed_of[i] = e->n_targets;
        e->seed[e->n_targets] = seed;
        e->target[e->n_targets++] = number_of(x, r);
    }
    d->n_seeds = e->n_targets;
    return true;
}

static bool append_gradients(derivation *x, ends *e)
{
    eg__derivative *d = x->d;

    if (!record_nodes(x) || !find_dependent(x))
        return false;
    for (int i = 0; i < d->n_sources; i++)
        e->source[i] = number_of(x, ref_of_value(x, &d->sources[i]));
    if (!add_seeds(x, e))
        return false;
    eg__backward_run run = {
        .records = x->records,
        .n_records = x->n_records,
        .n_values = x->n_values,
        .n_targets = e->n_targets,
        .targets = e->target,
        .seeds = e->seed,
        .n_sources = d->n_sources,
        .sources = e->source,
        .gradients = x->gradients,
        .gradient_when = x->when,
    };
    return eg__backward(&run) == EG_OK;
}

/* Builds symbolically, hidden from whoever watches this thread. */
static bool differentiate(derivation *x)
{
    eg__watch *others = eg__me.watch;
    size_t n = (size_t)x->d->n_sources + 1;
    ends e = {.source = eg__alloc(sizeof *e.source * n)};

    x->gradients = eg__alloc_zero(sizeof *x->gradients * n);
    x->when = eg__alloc_zero(sizeof *x->when * n);
    if (!e.source || !x->gradients || !x->when) {
        eg__free(e.source, sizeof *e.source * n);
        return out_of_memory(sizeof *x->gradients * n);
    }
    eg__me.watch = NULL;
    eg_scope *scope = eg_graph_open(x->whole);
    bool done = append_gradients(x, &e);
    eg_scope_close(scope);
    eg__me.watch = others;
    eg__free(e.source, sizeof *e.source * n);
    return done && !eg__me.failed;
}

/* ---- cutting the forward part off ------------------------------------------------------------ */

typedef struct cutting {
    derivation *x;
    eg_graph *to;
    eg_ref *place; /* by node of `whole`: its first result in `to`, for gradient nodes and seeds */
    bool *needed;
    eg__map residual_at; /* by value number: the placeholder */
    int capacity;
} cutting;

static bool residual(cutting *c, eg_ref old, eg_ref *r)
{
    derivation *x = c->x;
    eg__derivative *d = x->d;
    uint64_t key = x->first[old.node] + old.result;
    const uint32_t *known = eg__map_find(&c->residual_at, key);

    if (known) {
        *r = (eg_ref){*known, 0};
        return true;
    }
    eg__value value = x->origin[old.node];
    value.ref.result = value.segment ? old.result : 0;
    if (!eg__reserve(&d->residuals, sizeof *d->residuals, d->n_residuals, &c->capacity))
        return out_of_memory(sizeof value);
    int at = eg__graph_add_input(c->to, NULL, eg__spec_of(x->whole, old));
    if (at < 0)
        return false;
    d->residuals[d->n_residuals++] = value;
    *r = (eg_ref){(uint32_t)at, 0};
    return eg__map_set(&c->residual_at, key, (uint32_t)at) || out_of_memory(sizeof(eg__map_slot));
}

/* Where a value of the whole graph is in the cut-off one. */
static bool place_in_cut(cutting *c, eg_ref old, eg_ref *r)
{
    const eg_node *node = &c->x->whole->nodes[old.node];

    if (node->op == &eg_op_constant) {
        int at = eg__graph_find_tensor(c->to, node->tensor);
        *r = (eg_ref){(uint32_t)at, 0};
        return at >= 0;
    }
    if (old.node < (uint32_t)c->x->n_forward)
        return residual(c, old, r);
    *r = (eg_ref){c->place[old.node].node, old.result};
    return true;
}

static void mark_needed(cutting *c)
{
    const derivation *x = c->x;

    for (int i = 0; i < x->d->n_sources; i++) {
        if (x->gradients[i])
            c->needed[x->gradients[i]->node - 1] = true;
        if (x->when[i])
            c->needed[x->when[i]->node - 1] = true;
    }
    for (int i = x->whole->n; i-- > x->n_forward;)
        for (int k = 0; c->needed[i] && k < x->whole->nodes[i].n_in; k++)
            c->needed[x->whole->nodes[i].in[k].node] = true;
}

static bool cut_node(cutting *c, int i)
{
    const eg_node *node = &c->x->whole->nodes[i];
    eg_ref in[EG__MAX_IN];

    if (node->op == &eg_op_constant || (!c->needed[i] && node->op != &eg_op_placeholder))
        return true;
    for (int k = 0; k < node->n_in; k++)
        if (!place_in_cut(c, node->in[k], &in[k]))
            return false;
    int at = eg__graph_copy_node(c->to, node, in);
    c->place[i] = (eg_ref){(uint32_t)at, 0};
    return at >= 0;
}

/* Makes x an output; false after an error. -1: there is no x. */
static bool cut_output(cutting *c, const eg_tensor *x, int *at)
{
    eg_ref r;

    *at = x ? c->to->n_outputs : -1;
    return !x ||
        (place_in_cut(c, (eg_ref){x->node - 1, x->result}, &r) && eg__graph_want(c->to, r));
}

static bool cut_outputs(cutting *c)
{
    eg__derivative *d = c->x->d;
    size_t n = (size_t)d->n_sources + 1;

    d->output_of = eg__alloc_zero(2 * sizeof *d->output_of * n);
    if (!d->output_of)
        return out_of_memory(sizeof *d->output_of);
    d->when_of = d->output_of + n;
    for (int i = 0; i < d->n_sources; i++)
        if (!cut_output(c, c->x->gradients[i], &d->output_of[i]) ||
            !cut_output(c, c->x->when[i], &d->when_of[i]))
            return false;
    return true;
}

static bool cut(cutting *c)
{
    const derivation *x = c->x;
    size_t n = (size_t)x->whole->n + 1;

    c->to = eg__graph_new("gradient");
    c->place = eg__alloc_zero(sizeof *c->place * n);
    c->needed = eg__alloc_zero(n);
    bool done = c->to && c->place && c->needed;
    if (!done)
        out_of_memory(n);
    if (done)
        mark_needed(c);
    for (int i = x->n_forward; done && i < x->whole->n; i++)
        done = cut_node(c, i);
    done = done && cut_outputs(c);
    eg__free(c->place, sizeof *c->place * n);
    eg__free(c->needed, n);
    eg__map_free(&c->residual_at);
    x->d->most_residuals = c->capacity;
    return done;
}

static bool plan_gradient(derivation *x)
{
    cutting c = {.x = x};

    if (!cut(&c) || eg__passes_run(c.to) != EG_OK) {
        eg_graph_free(c.to);
        return false;
    }
    x->d->plan = eg__plan_new(c.to, NULL);
    if (x->d->plan)
        eg__frames_start(&x->d->frames, x->d->plan);
    return x->d->plan != NULL;
}

/* ---- the whole ------------------------------------------------------------------------------- */

void eg__derivative_unref(eg__derivative *d)
{
    if (!d || atomic_fetch_sub(&d->refs, 1) != 1)
        return;
    if (d->plan) {
        eg__frames_end(&d->frames);
        eg__plan_free(d->plan);
    }
    eg__free(d->residuals, sizeof *d->residuals * (size_t)d->most_residuals);
    eg__free(d->sources, sizeof *d->sources * ((size_t)d->most_sources + 1));
    eg__free(d->output_of, 2 * sizeof *d->output_of * ((size_t)d->n_sources + 1));
    eg__free(d, sizeof *d);
}

static bool derive(derivation *x)
{
    if (!join_path(x))
        return false;
    x->n_forward = x->whole->n;
    return find_sources(x) && number_values(x) && differentiate(x) && plan_gradient(x);
}

eg__derivative *eg__derivative_new(const eg__trace *trace, const eg__segment *leaf)
{
    derivation x = {.trace = trace, .leaf = leaf};

    x.d = eg__alloc_zero(sizeof *x.d);
    if (!x.d)
        return out_of_memory(sizeof *x.d), NULL;
    atomic_init(&x.d->refs, 1);
    x.d->n_results = leaf->n_results;
    int nodes = 0;
    for (const eg__segment *s = leaf; s; s = s->parent)
        nodes += s->graph->n;
    bool done = derive(&x);
    for (int i = 0; i < x.n_records; i++)
        eg__record_let_go(x.records[i]);
    eg__arena_free(&x.memory);
    for (int i = 0; x.gradients && x.when && i < x.d->n_sources; i++) {
        eg__unref(x.gradients[i]);
        eg__unref(x.when[i]);
    }
    eg__free(x.gradients, sizeof *x.gradients * ((size_t)x.d->n_sources + 1));
    eg__free(x.when, sizeof *x.when * ((size_t)x.d->n_sources + 1));
    eg__free(x.records, sizeof *x.records * ((size_t)x.n_forward + 1));
    eg__free(x.first, sizeof *x.first * ((size_t)x.n_forward + 1));
    eg__free(x.depends, (size_t)x.n_values + 1);
    x.n_forward = nodes;
    free_path(&x);
    eg_graph_free(x.whole);
    if (done)
        return x.d;
    eg__derivative_unref(x.d);
    return NULL;
}
