/* Hearing of sizes while a body is recorded.
 *
 * A size of a value of the trace becomes a term; a size of anything else is a number. On the known
 * part of a path terms are made, as what comes behind may use them, but neither questions nor uses
 * are kept: the trace has them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/sizes.h"
#include "base/memory.h"
#include "function/recorder.h"

static const char op_name[] = "a function";

/* ---- tables --------------------------------------------------------------------------------- */

eg__size_table *eg__size_table_new(void)
{
    eg__size_table *t = eg__alloc_zero(sizeof *t);

    if (!t)
        return eg__fail_memory(op_name, sizeof *t), NULL;
    atomic_init(&t->refs, 1);
    return t;
}

eg__size_table *eg__size_table_ref(eg__size_table *t)
{
    atomic_fetch_add(&t->refs, 1);
    return t;
}

void eg__size_table_unref(eg__size_table *t)
{
    if (!t || atomic_fetch_sub(&t->refs, 1) != 1)
        return;
    for (int i = 0; i < t->n_counts; i++)
        eg__unref(t->counts[i].tensor);
    eg__free(t->terms, sizeof *t->terms * (size_t)t->terms_capacity);
    eg__free(t->counts, sizeof *t->counts * (size_t)t->counts_capacity);
    eg__free(t, sizeof *t);
}

size_t eg__segment_size_bytes(const eg__segment *s)
{
    size_t bytes = sizeof *s->questions * (size_t)s->questions_capacity +
        sizeof *s->uses * (size_t)s->uses_capacity;

    if (s->sizes && (!s->parent || s->parent->sizes != s->sizes))
        bytes += sizeof *s->sizes->terms * (size_t)s->sizes->terms_capacity +
            sizeof *s->sizes->counts * (size_t)s->sizes->counts_capacity;
    return bytes;
}

void eg__segment_drop_sizes(eg__segment *s)
{
    eg__size_table_unref(s->sizes);
    eg__free(s->questions, sizeof *s->questions * (size_t)s->questions_capacity);
    eg__free(s->uses, sizeof *s->uses * (size_t)s->uses_capacity);
}

/* ---- terms ---------------------------------------------------------------------------------- */

static eg__recorder *recorder_of(eg__size_watch *w)
{
    return (eg__recorder *)(void *)((char *)w - offsetof(eg__recorder, size_watch));
}

/* Whether operations reach the recorder now. Where a graph is built beside it they do not. */
static bool hears(const eg__recorder *r)
{
    const eg__watch *w = eg__me.watch;

    while (w && w != &r->watch && !w->type->symbolic)
        w = w->outer;
    return w == &r->watch;
}

static uint32_t add_term(eg__recorder *r, eg__size_term term)
{
    eg__size_table *t = r->sizes;

    if (!eg__reserve(&t->terms, sizeof *t->terms, t->n_terms, &t->terms_capacity)) {
        eg__fail_memory(op_name, sizeof term);
        return EG__SIZE_LOST;
    }
    t->terms[t->n_terms++] = term;
    return (uint32_t)t->n_terms;
}

static uint32_t of(eg__size_watch *w, eg__size_kind kind, const eg_tensor *x, int axis)
{
    eg__recorder *r = recorder_of(w);

    if (r->gave_up || x->kind == EG__VARIABLE || x->kind == EG__NONE)
        return 0;
    if (x->kind == EG__SYMBOL || !hears(r))
        return EG__SIZE_LOST;
    if (x->recording != r->number || !x->node || !r->values[x->node - 1].segment)
        return 0;
    uint64_t key = (uint64_t)x->node << 8 | (uint64_t)kind << 4 | (uint64_t)axis;
    const uint32_t *known = eg__map_find(&r->size_at, key);
    if (known)
        return *known;
    uint32_t from =
        add_term(r, (eg__size_term){.kind = kind, .axis = axis, .value = r->values[x->node - 1]});
    if (from != EG__SIZE_LOST && !eg__map_set(&r->size_at, key, from))
        eg__fail_memory(op_name, sizeof(eg__map_slot));
    return from;
}

static uint32_t made(eg__size_watch *w, eg__size_kind kind, eg__size a, eg__size b)
{
    eg__recorder *r = recorder_of(w);

    if (a.from == EG__SIZE_LOST || b.from == EG__SIZE_LOST)
        return EG__SIZE_LOST;
    return add_term(r, (eg__size_term){.kind = kind, .a = a, .b = b});
}

/* ---- questions ------------------------------------------------------------------------------ */

/* Whether the number of a term was asked for before. */
static bool was_looked(eg__recorder *r, const eg__size_question *q)
{
    bool whole = q->how == EG__SIZE_EQUAL && q->answer && q->b.from == 0;
    eg__size_term *term =
        whole && q->a.from != EG__SIZE_LOST ? &r->sizes->terms[q->a.from - 1] : NULL;
    bool before = term && term->looked;

    if (term)
        term->looked = true;
    return before;
}

static void compared(eg__size_watch *w, eg__size_relation how, eg__size a, eg__size b, bool answer)
{
    eg__recorder *r = recorder_of(w);
    eg__segment *s = r->at;
    eg__size_question q = {how, answer, a, b, eg__me.site};

    if (r->gave_up || r->checking || was_looked(r, &q))
        return;
    if (!eg__reserve(&s->questions, sizeof *s->questions, s->n_questions, &s->questions_capacity))
        eg__fail_memory(op_name, sizeof q);
    else
        s->questions[s->n_questions++] = q;
}

/* ---- constants and attributes --------------------------------------------------------------- */

static void counted(eg__size_watch *w, eg_tensor *x, eg__size n, double more, double least)
{
    eg__recorder *r = recorder_of(w);
    eg__size_table *t = r->sizes;

    if (r->gave_up)
        return;
    if (n.from == EG__SIZE_LOST) {
        eg__size_look(n);
        return;
    }
    int i = eg__recorder_value(r, x);
    if (i < 0)
        return;
    if (!eg__reserve(&t->counts, sizeof *t->counts, t->n_counts, &t->counts_capacity))
        eg__fail_memory(op_name, sizeof *t->counts);
    else
        t->counts[t->n_counts++] = (eg__size_count){eg__ref(r->values[i].tensor), n, more, least};
}

void eg__recorder_look_at_constant(eg__recorder *r, const eg_tensor *x)
{
    for (int i = 0; i < r->sizes->n_counts; i++)
        if (r->sizes->counts[i].tensor == x)
            eg__size_look(r->sizes->counts[i].n);
}

static bool keep_use(eg__recorder *r, int node, const eg__size_patch *p)
{
    eg__segment *s = r->at;

    if (p->size.from == 0)
        return true;
    if (p->size.from == EG__SIZE_LOST) {
        eg__size_look(p->size);
        return !eg__me.failed;
    }
    if (!eg__reserve(&s->uses, sizeof *s->uses, s->n_uses, &s->uses_capacity))
        return eg__fail_memory(op_name, sizeof *s->uses), false;
    s->uses[s->n_uses++] = (eg__size_use){node, p->offset, p->size};
    return true;
}

bool eg__recorder_note_uses(eg__recorder *r, const eg_event *e, int node)
{
    for (int i = 0; i < e->n_sized; i++)
        if (!keep_use(r, node, &e->sized[i]))
            return false;
    return true;
}

/* ---- beginning and ending ------------------------------------------------------------------- */

bool eg__recorder_watch_sizes(eg__recorder *r)
{
    r->size_watch =
        (eg__size_watch){.of = of, .made = made, .compared = compared, .counted = counted};
    r->sizes = eg__size_table_new();
    return r->sizes != NULL;
}

void eg__recorder_free_sizes(eg__recorder *r)
{
    eg__size_table_unref(r->sizes);
    eg__map_free(&r->size_at);
}
