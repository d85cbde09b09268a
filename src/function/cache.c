/* Which traces a function has: found by hash, bounded in bytes, forgotten and freed while calls are
 * in progress.
 *
 * A call looks at the index and at traces without a lock. What is taken out of use is freed when no
 * call can look at it any more: calls are counted on two sides, new ones on one of them; whenever
 * the other side is seen empty the sides change. What was retired before both sides were seen empty
 * is out of everybody's reach. So memory comes back even if there is always some call in progress.
 *
 * Which trace was used longest ago costs a call nothing as long as one trace serves: only when
 * another one does than before, the clock advances and that one's `used` with it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "function/trace.h"
#include <string.h>

static const char op_name[] = "a function";

/* Stands where a forgotten trace was: nothing fits it. */
static eg__trace nobody = {.n = -1};

/* ---- calls in progress ----------------------------------------------------------------------- */

static void free_all(eg__retired *gone)
{
    for (eg__trace *t = gone->traces, *next; t; t = next) {
        next = t->retired;
        eg__trace_free(t);
    }
    for (eg__index *x = gone->indexes, *next; x; x = next) {
        next = x->retired;
        eg__free(x, sizeof *x + sizeof x->at[0] * ((size_t)x->mask + 1));
    }
    eg__program_free(gone->programs);
}

static bool is_empty(const eg__retired *r)
{
    return !r->traces && !r->programs && !r->indexes;
}

/* With the lock held: changes sides if the other one is empty; gives what nobody can reach. */
static eg__retired change_sides(eg_function *f)
{
    unsigned other = atomic_load(&f->side) ^ 1;
    eg__retired gone = {0};

    if (atomic_load(&f->in_flight[other]) != 0)
        return gone;
    gone = f->leaving;
    f->served_by_freed += eg__count_served(gone.traces);
    f->leaving = f->waiting;
    f->waiting = (eg__retired){0};
    atomic_store(&f->side, other);
    return gone;
}

void eg__cache_sweep(eg_function *f)
{
    eg__retired gone[2];

    pthread_mutex_lock(&f->lock);
    for (int i = 0; i < 2; i++)
        gone[i] = change_sides(f);
    bool freed = atomic_load(&f->freed_inside);
    atomic_store(&f->is_untidy, freed || !is_empty(&f->waiting) || !is_empty(&f->leaving));
    pthread_mutex_unlock(&f->lock);
    for (int i = 0; i < 2; i++)
        free_all(&gone[i]);
    if (freed && !eg__function_is_called(f) && atomic_exchange(&f->freed_inside, false))
        eg__function_unref(f);
}

void eg__cache_retire(eg_function *f, eg__program *program)
{
    program->retired = f->waiting.programs;
    f->waiting.programs = program;
    atomic_store(&f->is_untidy, true);
}

/* ---- the index ------------------------------------------------------------------------------- */

/* Gives the slot. */
static uint32_t put(eg__index *x, eg__trace *t)
{
    uint32_t at = (uint32_t)t->hash & x->mask;

    while (atomic_load_explicit(&x->at[at], memory_order_relaxed))
        at = (at + 1) & x->mask;
    x->used++;
    atomic_store(&x->at[at], t);
    return at;
}

static int count_traces(const eg_function *f)
{
    int n = 0;

    for (const eg__trace *t = atomic_load(&f->traces); t; t = atomic_load(&t->next))
        n++;
    return n;
}

/* A larger index of the traces there are, with room for as many more. */
static bool grow(eg_function *f)
{
    eg__index *old = atomic_load(&f->index);
    size_t slots = 8, most = (size_t)count_traces(f) + 1;

    while (slots < 4 * most)
        slots *= 2;
    eg__index *x = eg__alloc_zero(sizeof *x + sizeof x->at[0] * slots);
    if (!x)
        return eg__fail_memory(op_name, sizeof x->at[0] * slots), false;
    x->mask = (uint32_t)slots - 1;
    for (eg__trace *t = atomic_load(&f->traces); t; t = atomic_load(&t->next))
        put(x, t);
    atomic_store(&f->index, x);
    if (old) {
        old->retired = f->waiting.indexes;
        f->waiting.indexes = old;
        atomic_store(&f->is_untidy, true);
    }
    return true;
}

bool eg__cache_add(eg_function *f, eg__trace *t)
{
    eg__index *x = atomic_load(&f->index);

    if ((!x || 2 * (x->used + 1) > x->mask + 1) && !grow(f))
        return false;
    t->number = t->relaxed ? -1 : atomic_load(&f->n_traces);
    atomic_fetch_add(t->relaxed ? &f->n_relaxed : &f->n_traces, 1);
    atomic_store(&t->used, atomic_fetch_add(&f->clock, 1) + 1);
    atomic_store(&t->next, atomic_load(&f->traces));
    atomic_store(&f->traces, t);
    atomic_store(&f->hint, put(atomic_load(&f->index), t));
    f->bytes += t->bytes;
    return true;
}

/* ---- forgetting ------------------------------------------------------------------------------ */

/* The oldest of those that are remembered makes room. Without memory nothing is. */
static void remember(eg_function *f, const eg__trace *t)
{
    if (t->relaxed)
        return;
    if (!f->past)
        f->past = eg__alloc_zero(sizeof *f->past * EG__MOST_PAST);
    if (f->past) {
        eg__past *at = &f->past[f->n_past++ % EG__MOST_PAST];
        *at = (eg__past){.hash = t->hash, .number = t->number, .reason = t->reason};
        eg__trace_describe(t, &at->info);
        at->info.forgotten = true;
    }
}

static void take_out(eg_function *f, eg__trace *t)
{
    _Atomic(eg__trace *) *link = &f->traces;
    eg__index *x = atomic_load(&f->index);
    uint32_t at = (uint32_t)t->hash & x->mask;

    while (atomic_load(link) != t)
        link = &atomic_load(link)->next;
    atomic_store(link, atomic_load(&t->next));
    while (atomic_load(&x->at[at]) != t)
        at = (at + 1) & x->mask;
    atomic_store(&x->at[at], &nobody);
}

static void forget(eg_function *f, eg__trace *t)
{
    take_out(f, t);
    f->n_forgotten++;
    f->bytes -= t->bytes;
    atomic_store(&t->forgotten, true);
    t->retired = f->waiting.traces;
    f->waiting.traces = t;
    atomic_store(&f->is_untidy, true);
}

void eg__cache_trim(eg_function *f, const eg__trace *newest)
{
    while (f->bytes > f->most_bytes) {
        eg__trace *oldest = NULL;
        for (eg__trace *t = atomic_load(&f->traces); t; t = atomic_load(&t->next))
            if (t != newest && (!oldest || atomic_load(&t->used) < atomic_load(&oldest->used)))
                oldest = t;
        if (!oldest)
            return;
        remember(f, oldest);
        forget(f, oldest);
    }
}

void eg__cache_forget(eg_function *f, eg__trace *t)
{
    pthread_mutex_lock(&f->lock);
    if (!atomic_load(&t->forgotten))
        forget(f, t);
    pthread_mutex_unlock(&f->lock);
}

void eg__cache_clear(eg_function *f)
{
    eg__trace *t;

    pthread_mutex_lock(&f->lock);
    int most = f->n_past + EG__MOST_PAST;
    while ((t = atomic_load(&f->traces))) {
        if (f->n_past < most) /* the newest */
            remember(f, t);
        forget(f, t);
    }
    pthread_mutex_unlock(&f->lock);
    eg__cache_sweep(f);
}

void eg__cache_free(eg_function *f)
{
    free_all(&f->waiting);
    free_all(&f->leaving);
    eg__index *x = atomic_load(&f->index);
    if (x)
        eg__free(x, sizeof *x + sizeof x->at[0] * ((size_t)x->mask + 1));
    eg__free(f->past, sizeof *f->past * EG__MOST_PAST);
}
