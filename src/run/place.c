/* Places in the arena: values that do not live at the same time share memory.
 *
 * One walk over the steps. A result takes the best hole, or extends the arena; behind the last step
 * that reads it its place becomes a hole again. An element-wise result, and each result of a fused
 * group, takes the place of an argument that dies with this step, if they have the same size.
 * Outputs that stay in the frame never die.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "run/plan.h"
#include <limits.h>
#include <string.h>

enum { LINE = 64 };

typedef struct hole {
    size_t offset, size;
} hole;

typedef struct placing {
    eg__plan *plan;
    int *last_use; /* by slot: the step that reads it last, -1 never, INT_MAX past the end */
    hole *holes;   /* sorted by offset, no two touch */
    int n, capacity;
} placing;

static size_t rounded(size_t bytes)
{
    return (bytes + LINE - 1) / LINE * LINE;
}

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

static size_t take_hole(placing *p, size_t size)
{
    int best = -1;

    for (int i = 0; i < p->n; i++)
        if (p->holes[i].size >= size && (best < 0 || p->holes[i].size < p->holes[best].size))
            best = i;
    if (best < 0) {
        size_t offset = p->plan->arena;
        p->plan->arena += size;
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

static bool place_step(placing *p, int s)
{
    eg__step *step = &p->plan->steps[s];

    for (int k = 0; k < step->n_out; k++) {
        eg__slot *slot = &p->plan->slots[step->out[k]];
        if (slot->kind != EG__SLOT_ARENA)
            continue;
        uint32_t donor = dying_argument(p, s, k);
        slot->offset =
            donor != UINT32_MAX ? p->plan->slots[donor].offset : take_hole(p, rounded(slot->bytes));
        if (donor != UINT32_MAX)
            p->last_use[donor] = -1; /* its place goes on under another name */
    }
    step->scratch = take_hole(p, rounded(step->job.scratch));
    bool done = make_hole(p, step->scratch, rounded(step->job.scratch));
    for (int k = 0; k < step->n_in && done; k++) {
        eg__slot *slot = &p->plan->slots[step->in[k]];
        if (slot->kind != EG__SLOT_ARENA || p->last_use[step->in[k]] != s)
            continue;
        p->last_use[step->in[k]] = -1; /* named twice, freed once */
        done = make_hole(p, slot->offset, rounded(slot->bytes));
    }
    for (int k = 0; k < step->n_out && done; k++) {
        const eg__slot *slot = &p->plan->slots[step->out[k]];
        if (slot->kind == EG__SLOT_ARENA && p->last_use[step->out[k]] == -1)
            done = make_hole(p, slot->offset, rounded(slot->bytes));
    }
    return done;
}

bool eg__plan_place(eg__plan *plan)
{
    size_t size = sizeof(int) * ((size_t)plan->n_slots + 1);
    placing p = {.plan = plan, .last_use = eg__alloc(size)};
    bool done = p.last_use != NULL;

    if (done)
        find_last_uses(&p);
    for (int s = 0; s < plan->n_steps && done; s++)
        done = place_step(&p, s);
    if (!done)
        eg__fail_memory("a plan", size);
    eg__free(p.last_use, size);
    eg__free(p.holes, sizeof(hole) * (size_t)p.capacity);
    return done;
}
