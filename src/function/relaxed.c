/* When a trace serves other sizes than those it was recorded with.
 *
 * The first other size is recorded as any signature is, and what the older trace would have been
 * with it is compared with that: if they are equal the body has been seen to do the same. From then
 * on traces for more sizes are made without running it. If they are not, though no question about a
 * size says why, the body depends on sizes that nobody saw it look at, and none of its traces is
 * ever made for others.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "base/memory.h"
#include "base/message.h"
#include "function/relax.h"
#include <string.h>

/* ---- comparing ------------------------------------------------------------------------------ */

static bool same_constant(const eg_tensor *a, const eg_tensor *b)
{
    eg__value x = {.tensor = (eg_tensor *)(uintptr_t)a}, y = {.tensor = (eg_tensor *)(uintptr_t)b};
    return eg__same_value(&x, &y);
}

/* Segments on paths that are the same so far are as deep as each other. */
static bool same_value(const eg__value *a, const eg__value *b)
{
    if (!a->segment || !b->segment)
        return !a->segment && !b->segment && eg__same_value(a, b);
    return a->segment->depth == b->segment->depth && eg__same_ref(a->ref, b->ref);
}

static bool same_node(const eg__segment *s, const eg__segment *t, int i)
{
    const eg_node *a = &s->graph->nodes[i], *b = &t->graph->nodes[i];
    bool same = a->op == b->op && a->n_in == b->n_in && a->n_out == b->n_out &&
        a->is_stopped == b->is_stopped && !a->tensor == !b->tensor && !a->attrs == !b->attrs;

    for (int k = 0; same && k < a->n_in; k++)
        same = eg__same_ref(a->in[k], b->in[k]);
    for (int k = 0; same && k < a->n_out; k++)
        same = eg__same_spec(&a->out[k], &b->out[k]);
    if (same && a->attrs && a->op->attrs)
        same = eg__attrs_equal(a->op->attrs, a->attrs, b->attrs);
    return same && (!a->tensor || same_constant(a->tensor, b->tensor));
}

static bool same_rest(const eg__segment *s, const eg__segment *t)
{
    bool same = s->n_imports == t->n_imports && s->n_assignments == t->n_assignments &&
        s->end == t->end && s->callee == t->callee && s->n_results == t->n_results &&
        s->is_tuple == t->is_tuple;
    bool asks = s->end == EG__END_TRUE || s->end == EG__END_ITEM;

    for (int i = 0; same && i < s->n_imports; i++)
        same = same_value(&s->imports[i], &t->imports[i]);
    for (int i = 0; same && i < s->n_assignments; i++)
        same = s->assignments[i].variable == t->assignments[i].variable &&
            same_value(&s->assignments[i].value, &t->assignments[i].value);
    for (int i = 0; same && i < s->n_results; i++)
        same = same_value(&s->results[i], &t->results[i]);
    return same && (!asks || same_value(&s->asked, &t->asked));
}

/* NULL where two segments are the same; else where they first differ. */
static const eg_site *difference(const eg__segment *s, const eg__segment *t)
{
    int n = s->graph->n < t->graph->n ? s->graph->n : t->graph->n;

    for (int i = 0; i < n; i++)
        if (!same_node(s, t, i))
            return &t->graph->nodes[i].site;
    if (s->graph->n != t->graph->n || !same_rest(s, t))
        return &t->site;
    return NULL;
}

/* The first outcome of a segment that others may add to; false where there is none. */
static bool first_outcome(eg_function *f, const eg__segment *t, eg__outcome *o)
{
    pthread_mutex_lock(&f->lock);
    bool any = t->n_outcomes > 0;
    if (any)
        *o = t->outcomes[0];
    pthread_mutex_unlock(&f->lock);
    return any;
}

const eg_site *eg__trees_differ(eg_function *f, const eg__segment *s, const eg__segment *t)
{
    while (s) {
        eg__outcome first;
        const eg_site *at = difference(s, t);
        if (at || !first_outcome(f, t, &first))
            return at;
        s = eg__segment_child(s, first.bytes, first.size);
        t = first.segment;
    }
    return NULL;
}

static bool loosely_alike(const eg__trace *a, const eg__trace *b)
{
    return a->on_tape == b->on_tape && a->wanted == b->wanted && !atomic_load(&a->eager) &&
        eg__arguments_vary_freely(a, b);
}

/* What `older` would have been with the sizes of `trace`. */
static bool make(eg__relaxing *x, eg__trace *older, const eg__trace *trace)
{
    pthread_mutex_lock(&trace->function->lock);
    bool made = eg__relaxing_make(x, older, trace->arguments);
    pthread_mutex_unlock(&trace->function->lock);
    return made;
}

/* Host's callbacks may be called when trees are compared, so the lock is not held then. */
static void compare(eg__trace *older, eg__trace *trace)
{
    eg_function *f = trace->function;
    eg__relaxing x;
    char place[EG__PLACE_TEXT];
    bool made = make(&x, older, trace);
    const eg_site *at = made ? eg__trees_differ(f, x.segments[0], trace->segments[0]) : NULL;

    if (made && !at) {
        atomic_store(&older->relaxes, true);
        atomic_store(&trace->relaxes, true);
    }
    pthread_mutex_lock(&f->lock);
    if (at) {
        atomic_store(&f->never_relaxes, true);
        snprintf(trace->reason.fixed, sizeof trace->reason.fixed,
            "with other sizes the body does something else at %s", eg__place_text(at, place));
    } else if (!made) {
        memcpy(trace->reason.fixed, x.fixed, sizeof x.fixed);
    }
    pthread_mutex_unlock(&f->lock);
    eg__relaxing_free(&x);
}

void eg__trace_compare(eg__trace *trace)
{
    eg_function *f = trace->function;
    eg__trace *t = atomic_load(&trace->next);

    if (eg__me.failed || atomic_load(&f->never_relaxes))
        return;
    while (t && (t->relaxed || !loosely_alike(t, trace)))
        t = atomic_load(&t->next);
    if (t)
        compare(t, trace);
    eg__me.failed = EG_OK; /* the call is served; another one compares */
}

/* ---- serving -------------------------------------------------------------------------------- */

/* Moves what was made into a new trace. */
static bool take_segments(eg__trace *to, eg__relaxing *x)
{
    int n = x->n_segments;

    to->segments = eg__alloc(sizeof *to->segments * (size_t)n);
    if (!to->segments)
        return eg__fail_memory("a function", sizeof *to->segments), false;
    to->segments_capacity = n;
    for (int i = 0; i < n; i++)
        if (x->segments[i]) {
            x->segments[i]->number = to->n_segments;
            to->segments[to->n_segments++] = x->segments[i];
            x->segments[i] = NULL;
        }
    return true;
}

/* With the lock held: what `from` is with the sizes of `to`, as one of the function's traces. */
static bool fill(eg__trace *to, eg__trace *from)
{
    eg__relaxing x;

    to->wanted = from->wanted;
    to->on_tape = from->on_tape;
    to->relaxed = true;
    bool done = eg__relaxing_make(&x, from, to->arguments) && take_segments(to, &x) &&
        eg__trace_compile(to) == EG_OK && eg__cache_add(to->function, to);
    eg__relaxing_free(&x);
    if (done) {
        atomic_store(&from->used, atomic_load(&to->used)); /* others are made of it */
        eg__cache_trim(to->function, to);
    }
    return done;
}

/* Unless traces were added since there were `added`. */
static bool fill_locked(eg__trace *to, eg__trace *from, int added)
{
    eg_function *f = to->function;

    pthread_mutex_lock(&f->lock);
    bool done = added == eg__cache_added(f) && fill(to, from);
    pthread_mutex_unlock(&f->lock);
    return done;
}

/* Whether each size of the arguments that differs was declared to be any. */
static bool is_declared_free(const eg__trace *t, const eg__key *key)
{
    const eg_argument *declared = t->function->arguments;
    bool free = declared && t->n == key->n;

    for (int i = 0; free && i < key->n; i++) {
        const eg_spec *a = &t->arguments[i].spec, *b = &key->args[i]->spec;
        free = a->rank == b->rank;
        for (int k = 0; free && k < a->rank; k++)
            free = a->dims[k] == b->dims[k] ||
                (declared[i].shape.known && declared[i].shape.dims[k] < 0);
    }
    return free;
}

/* The oldest one that can, which has met most branches. */
static eg__trace *find_relaxing(eg_function *f, const eg__key *key)
{
    eg__trace *found = NULL;

    for (eg__trace *t = atomic_load(&f->traces); t; t = atomic_load(&t->next)) {
        bool relaxes = !t->relaxed && (atomic_load(&t->relaxes) || is_declared_free(t, key));
        if (relaxes && eg__trace_fits_loosely(t, key))
            found = t;
    }
    return found;
}

eg__trace *eg__trace_relax(eg_function *f, const eg__key *key)
{
    if (!atomic_load(&f->traces) || atomic_load(&f->never_relaxes))
        return NULL;
    int added = eg__cache_added(f);
    eg__trace *known = eg__trace_find(f, key), *from = known ? NULL : find_relaxing(f, key);
    eg__trace *to = from ? eg__trace_new(f, key) : NULL;
    if (to && !fill_locked(to, from, added)) {
        eg__trace_free(to);
        to = NULL;
    }
    eg__me.failed = EG_OK; /* recording says what is wrong */
    if (to && eg__listens("function"))
        eg__message("function", "%s: a trace is made for other sizes", f->callable.name);
    return known || !from ? known : to ? to : eg__trace_find(f, key);
}
