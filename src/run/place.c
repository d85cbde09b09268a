/* Places in the arena: values that do not live at the same time share memory.
 *
 * A value lives from the step that makes it to the last one that reads it; outputs that stay in
 * the frame never die. An element-wise result, and each result of a fused group, goes on in the
 * place of an argument that dies with its step, if they have the same size. Scratch memory lives
 * for a step.
 *
 * There are two ways to place what lives. One walks over the steps: what begins takes the best
 * hole, or extends the arena, what ends leaves a hole. Where that needs more than ever lives at one
 * time, the other one is tried: the largest first, each as low as those allow that it meets. The
 * smaller arena stays.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "run/plan.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64, MOST_PACKED = 2048 };

typedef struct hole {
    size_t offset, size;
} hole;

/* What has one place: a value, or values that follow one another in it, or scratch memory. */
typedef struct item {
    size_t size, offset;
    int from, to; /* steps */
    int number;
} item;

typedef struct placing {
    eg__plan *plan;
    int *last_use; /* by slot: the step that reads it last, -1 never, INT_MAX past the end */
    int *item_of;  /* by slot */
    int *scratch;  /* by step: its item; -1: none */
    item *items;   /* in the order in which they begin */
    int n_items;
    hole *holes; /* sorted by offset, no two touch */
    int n, capacity;
    size_t arena;
} placing;

static size_t rounded(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

/* ---- what lives how long --------------------------------------------------------------------- */

static void find_last_uses(placing *p)
{
    const eg__plan *plan = p->plan;

    for (int i = 0; i < plan->n_slots; i++)
        p->last_use[i] = -1;
    for (int s = 0; s < plan->n_steps; s++)
        for (int k = 0; k < plan->steps[s].n_in; k++)
            p->last_use[plan->steps[s].in[k]] = s;
    for (int i = 0; i < plan->n_outputs; i++)
        p->last_use[plan->outputs[i].slot] = INT_MAX;
}

/* Whether output `out` may lie over what a slot holds, which may be several of the inputs. */
static bool may_take(const eg__step *step, int out, uint32_t slot)
{
    for (int k = 0; k < step->n_in; k++)
        if (step->in[k] == slot && !eg__may_overwrite(&step->job, out, k))
            return false;
    return true;
}

/* An argument that dies with the step, whose place output `out` may take; UINT32_MAX: none. */
static uint32_t dying_argument(const placing *p, int s, int out)
{
    const eg__step *step = &p->plan->steps[s];

    for (int k = 0; k < step->n_in; k++) {
        const eg__slot *slot = &p->plan->slots[step->in[k]];
        if (slot->kind == EG__SLOT_ARENA && p->last_use[step->in[k]] == s &&
            slot->bytes == p->plan->slots[step->out[out]].bytes && may_take(step, out, step->in[k]))
            return step->in[k];
    }
    return UINT32_MAX;
}

static int add_item(placing *p, size_t bytes, int from, int to)
{
    p->items[p->n_items] = (item){rounded(bytes), 0, from, to, p->n_items};
    return p->n_items++;
}

static void list_items(placing *p)
{
    for (int s = 0; s < p->plan->n_steps; s++) {
        const eg__step *step = &p->plan->steps[s];
        for (int k = 0; k < step->n_out; k++) {
            uint32_t slot = step->out[k];
            if (p->plan->slots[slot].kind != EG__SLOT_ARENA)
                continue;
            uint32_t donor = dying_argument(p, s, k);
            int to = p->last_use[slot] < s ? s : p->last_use[slot];
            if (donor == UINT32_MAX) {
                p->item_of[slot] = add_item(p, p->plan->slots[slot].bytes, s, to);
                continue;
            }
            p->item_of[slot] = p->item_of[donor]; /* its place goes on under another name */
            p->items[p->item_of[slot]].to = to;
            p->last_use[donor] = -1;
        }
        p->scratch[s] = step->job.scratch > 0 ? add_item(p, step->job.scratch, s, s) : -1;
    }
}

/* ---- one way: step after step ---------------------------------------------------------------- */

static size_t take_hole(placing *p, size_t size)
{
    int best = -1;

    for (int i = 0; i < p->n; i++)
        if (p->holes[i].size >= size && (best < 0 || p->holes[i].size < p->holes[best].size))
            best = i;
    if (best < 0) {
        size_t offset = p->arena;
        p->arena += size;
        return offset;
    }
    size_t offset = p->holes[best].offset;
    p->holes[best].offset += size;
    p->holes[best].size -= size;
    if (p->holes[best].size == 0)
        memmove(&p->holes[best], &p->holes[best + 1], sizeof(hole) * (size_t)(--p->n - best));
    return offset;
}

static bool make_hole(placing *p, size_t offset, size_t size)
{
    int at = 0;

    if (size == 0)
        return true;
    while (at < p->n && p->holes[at].offset < offset)
        at++;
    bool touches_before = at > 0 && p->holes[at - 1].offset + p->holes[at - 1].size == offset;
    bool touches_next = at < p->n && offset + size == p->holes[at].offset;
    if (touches_before) {
        p->holes[at - 1].size += size + (touches_next ? p->holes[at].size : 0);
        if (touches_next)
            memmove(&p->holes[at], &p->holes[at + 1], sizeof(hole) * (size_t)(--p->n - at));
    } else if (touches_next) {
        p->holes[at].offset = offset;
        p->holes[at].size += size;
    } else {
        if (!eg__reserve(&p->holes, sizeof(hole), p->n, &p->capacity))
            return false;
        memmove(&p->holes[at + 1], &p->holes[at], sizeof(hole) * (size_t)(p->n++ - at));
        p->holes[at] = (hole){offset, size};
    }
    return true;
}

/* Lets go of the items that end with step s: those of its inputs, outputs and scratch memory. */
static bool end_items(placing *p, int s, size_t *live)
{
    const eg__step *step = &p->plan->steps[s];
    bool done = true;

    for (int k = -1; k < step->n_in + step->n_out && done; k++) {
        uint32_t slot = k < 0 ? 0 : k < step->n_in ? step->in[k] : step->out[k - step->n_in];
        bool placed = k < 0 || p->plan->slots[slot].kind == EG__SLOT_ARENA;
        int i = !placed ? -1 : k < 0 ? p->scratch[s] : p->item_of[slot];
        if (i < 0 || p->items[i].to != s || p->items[i].number < 0)
            continue;
        p->items[i].number = -1; /* named twice, ended once */
        *live -= p->items[i].size;
        done = make_hole(p, p->items[i].offset, p->items[i].size);
    }
    return done;
}

/* Gives places, and finds how much lives at one time. */
static bool walk(placing *p)
{
    size_t live = 0;
    int next = 0;

    for (int s = 0; s < p->plan->n_steps; s++) {
        for (; next < p->n_items && p->items[next].from == s; next++) {
            p->items[next].offset = take_hole(p, p->items[next].size);
            live += p->items[next].size;
        }
        p->plan->live = live > p->plan->live ? live : p->plan->live;
        if (!end_items(p, s, &live))
            return false;
    }
    for (int i = 0; i < p->n_items; i++)
        p->items[i].number = i;
    return true;
}

/* ---- the other: the largest first ------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
    const item *x = a, *y = b;

    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return x->number < y->number ? -1 : 1;
}

/* Places item i of a list whose first `n` have places, which `order` has by offset. */
static void place_low(item items[], int i, int order[], int n)
{
    size_t at = 0;
    int k = 0;

    for (int j = 0; j < n; j++) {
        const item *other = &items[order[j]];
        if (other->from > items[i].to || other->to < items[i].from)
            continue;
        if (other->offset >= at + items[i].size)
            break;
        if (other->offset + other->size > at)
            at = other->offset + other->size;
    }
    items[i].offset = at;
    while (k < n && items[order[k]].offset <= at)
        k++;
    memmove(&order[k + 1], &order[k], sizeof *order * (size_t)(n - k));
    order[k] = i;
}

static bool pack(placing *p)
{
    size_t size = sizeof(item) * (size_t)p->n_items, arena = 0;
    item *items = eg__alloc(size);
    int *order = eg__alloc(sizeof *order * (size_t)p->n_items);
    bool done = items && order;

    if (done) {
        memcpy(items, p->items, size);
        qsort(items, (size_t)p->n_items, sizeof *items, by_size);
        for (int i = 0; i < p->n_items; i++) {
            place_low(items, i, order, i);
            size_t end = items[i].offset + items[i].size;
            arena = end > arena ? end : arena;
        }
        for (int i = 0; i < p->n_items && arena < p->arena; i++)
            p->items[items[i].number].offset = items[i].offset;
        p->arena = arena < p->arena ? arena : p->arena;
    }
    eg__free(items, size);
    eg__free(order, sizeof *order * (size_t)p->n_items);
    return done;
}

/* ---- a plan ---------------------------------------------------------------------------------- */

static void fill_in(const placing *p)
{
    p->plan->arena = p->arena;
    for (int s = 0; s < p->plan->n_steps; s++) {
        eg__step *step = &p->plan->steps[s];
        for (int k = 0; k < step->n_out; k++)
            if (p->plan->slots[step->out[k]].kind == EG__SLOT_ARENA)
                p->plan->slots[step->out[k]].offset = p->items[p->item_of[step->out[k]]].offset;
        step->scratch = p->scratch[s] < 0 ? 0 : p->items[p->scratch[s]].offset;
    }
}

static bool place(placing *p)
{
    find_last_uses(p);
    list_items(p);
    if (!walk(p) || (p->arena > p->plan->live && p->n_items <= MOST_PACKED && !pack(p)))
        return false;
    fill_in(p);
    return true;
}

bool eg__plan_place(eg__plan *plan)
{
    size_t slots = (size_t)plan->n_slots + 1, steps = (size_t)plan->n_steps + 1;
    placing p = {.plan = plan,
        .last_use = eg__alloc(sizeof *p.last_use * slots),
        .item_of = eg__alloc(sizeof *p.item_of * slots),
        .scratch = eg__alloc(sizeof *p.scratch * steps),
        .items = eg__alloc(sizeof *p.items * (slots + steps))};
    bool done = p.last_use && p.item_of && p.scratch && p.items && place(&p);

    if (!done)
        eg__fail_memory("a plan", sizeof *p.items * (slots + steps));
    eg__free(p.last_use, sizeof *p.last_use * slots);
    eg__free(p.item_of, sizeof *p.item_of * slots);
    eg__free(p.scratch, sizeof *p.scratch * steps);
    eg__free(p.items, sizeof *p.items * (slots + steps));
    eg__free(p.holes, sizeof(hole) * (size_t)p.capacity);
    return done;
}
