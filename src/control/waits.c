/* What of a plan may wait for memory, a lock or the host.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/staged.h"
#include <string.h>

/* The step inside of a staged one; NULL: the staged one itself waits. */
static const eg__step *inside(const eg__step *step)
{
    const eg__staged *s;
    const eg__step *found = NULL;

    memcpy(&s, step->job.state, sizeof s); /* of either kernel the first that it keeps */
    if (s->go_on.block)
        found = eg__waiting_step(s->go_on.block->plan);
    for (int i = 0; i < s->n_sweeps && !found; i++)
        found = eg__waiting_step(s->sweep[i].block->plan);
    return found;
}

const eg__step *eg__waiting_step(const eg__plan *plan)
{
    for (int i = 0; i < plan->n_steps; i++) {
        const eg__step *step = &plan->steps[i], *inner = NULL;
        if (!step->job.waits)
            continue;
        if (step->op == &eg_op_loop || step->op == &eg_op_switch)
            inner = inside(step);
        return inner ? inner : step;
    }
    return NULL;
}
