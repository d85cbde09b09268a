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

const eg_site *eg__trees_differ(const eg__segment *s, const eg__segment *t)
{
    while (s) {
        const eg_site *at = difference(s, t);
        if (at || t->n_outcomes == 0)
            return at;
        s = eg__segment_child(s, t->outcomes[0].bytes, t->outcomes[0].size);
        t = t->outcomes[0].segment;
    }
    return NULL;
}

static bool loosely_alike(const eg__trace *a, const eg__trace *b)
{
    bool alike = a->on_tape == b->on_tape && a->wanted == b->wanted && a->n == b->n &&
        !atomic_load(&a->dropped) && !atomic_load(&a->eager) &&
        memcmp(a->env, b->env, a->function->env_size) == 0;

    for (int i = 0; alike && i < a->n; i++) {
        alike = a->arguments[i].variable == b->arguments[i].variable &&
            eg__vary_freely(&a->arguments[i].spec, &b->arguments[i].spec);
    }
    return alike;
}

/* `trace` was recorded: what would `older` have been with its sizes? */
static void compare(eg__trace *older, eg__trace *trace)
{
    eg__relaxing x;
    const eg_site *at = NULL;
    char place[EG__PLACE_TEXT];
    bool made = eg__relaxing_make(&x, older, trace->arguments);

    if (made)
        at = eg__trees_differ(x.segments[0], trace->segments[0]);
    if (made && !at) {
        older->relaxes = trace->relaxes = true;
    } else if (made) {
        atomic_store(&trace->function->never_relaxes, true);
        snprintf(trace->reason.fixed, sizeof trace->reason.fixed,
            "with other sizes the body does something else at %s", eg__place_text(at, place));
    } else {
        memcpy(trace->reason.fixed, x.fixed, sizeof x.fixed);
    }
    eg__relaxing_free(&x);
}

void eg__trace_compare(eg__trace *trace)
{
    eg_function *f = trace->function;

    if (eg__me.failed || atomic_load(&f->never_relaxes))
        return;
    pthread_mutex_lock(&f->lock);
    for (eg__trace *t = trace->next; t; t = t->next)
        if (!t->relaxed && loosely_alike(t, trace)) {
            compare(t, trace);
            break;
        }
    pthread_mutex_unlock(&f->lock);
    eg__me.failed = EG_OK; /* the call is served; another one compares */
}

/* ---- serving -------------------------------------------------------------------------------- */

/* Moves what was made into a new trace. */
static bool take_segments(eg__trace *to, eg__relaxing *x)
{
    int n = x->from->n_segments;

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

static eg__trace *relax(eg__trace *from, const eg__key *key)
{
    eg_function *f = from->function;
    eg__trace *to = eg__trace_new(f, key);
    eg__relaxing x;

    if (!to)
        return NULL;
    to->wanted = from->wanted;
    to->on_tape = from->on_tape;
    to->relaxed = true;
    bool done = eg__relaxing_make(&x, from, to->arguments) && take_segments(to, &x) &&
        eg__trace_compile(to) == EG_OK;
    eg__relaxing_free(&x);
    if (!done) {
        eg__trace_free(to);
        return NULL;
    }
    eg__trace_publish(f, to);
    return to;
}

eg__trace *eg__trace_relax(eg_function *f, const eg__key *key)
{
    if (!atomic_load(&f->traces) || atomic_load(&f->never_relaxes))
        return NULL;
    pthread_mutex_lock(&f->lock);
    eg__trace *made = eg__trace_find(f, key);
    for (eg__trace *t = atomic_load(&f->traces); t && !made; t = t->next)
        if (t->relaxes && eg__trace_fits_loosely(t, key)) {
            made = relax(t, key);
            break;
        }
    pthread_mutex_unlock(&f->lock);
    eg__me.failed = EG_OK; /* recording says what is wrong */
    return made;
}
