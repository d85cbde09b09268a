/* The order of steps. Recorded order is kept, but for steps that nobody needs except for outputs
 * that may come late (new values of variables): they go behind everything that can fail or that
 * anybody waits for, so that a call can fail before it has changed anything.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "run/plan.h"
#include <string.h>

typedef struct ordering {
    eg__plan *plan;
    bool *wanted; /* by slot: an early step reads it, or it is an early output */
    bool *early;  /* by step */
} ordering;

static void mark(ordering *o, const eg__role roles[])
{
    const eg__plan *plan = o->plan;

    for (int i = 0; i < plan->n_outputs; i++)
        if (roles[i] != EG__LATE)
            o->wanted[plan->outputs[i].slot] = true;
    for (int s = plan->n_steps; s-- > 0;) {
        const eg__step *step = &plan->steps[s];
        o->early[s] = step->job.may_fail;
        for (int k = 0; k < step->n_out; k++)
            o->early[s] = o->early[s] || o->wanted[step->out[k]];
        for (int k = 0; o->early[s] && k < step->n_in; k++)
            o->wanted[step->in[k]] = true;
    }
}

/* Early steps first, either kind in its old order. */
static void part(const ordering *o, eg__step *room)
{
    eg__plan *plan = o->plan;
    int n = 0;

    for (int pass = 0; pass < 2; pass++)
        for (int s = 0; s < plan->n_steps; s++)
            if (o->early[s] == (pass == 0))
                room[n++] = plan->steps[s];
    memcpy(plan->steps, room, sizeof *room * (size_t)n);
}

bool eg__plan_order(eg__plan *plan, const eg__role roles[])
{
    size_t slots = (size_t)plan->n_slots + 1, steps = (size_t)plan->n_steps + 1;
    ordering o = {plan, eg__alloc_zero(slots), eg__alloc_zero(steps)};
    eg__step *room = eg__alloc(sizeof *room * steps);
    bool done = o.wanted && o.early && room;

    if (done) {
        mark(&o, roles);
        part(&o, room);
    } else {
        eg__fail_memory("a plan", sizeof *room * steps);
    }
    eg__free(o.wanted, slots);
    eg__free(o.early, steps);
    eg__free(room, sizeof *room * steps);
    return done;
}
