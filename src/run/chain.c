/* Updates in place of what enters or leaves a plan.
 *
 * A chain of steps that may each write over an argument that dies with them, and whose last one
 * makes a result, runs in the result's memory from its first step on; if that one's argument is an
 * input that nothing reads any more, the result may be the input's own memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "run/plan.h"

/* Whether a step after `s` reads the slot, or it is an output. */
static bool outlives(const eg__plan *plan, uint32_t slot, int s)
{
    for (int i = s + 1; i < plan->n_steps; i++)
        for (int k = 0; k < plan->steps[i].n_in; k++)
            if (plan->steps[i].in[k] == slot)
                return true;
    for (int i = 0; i < plan->n_outputs; i++)
        if (plan->outputs[i].slot == slot)
            return true;
    return false;
}

/* Whether the slot is only ever the first result of a step. */
static bool is_first_result(const eg__plan *plan, uint32_t slot)
{
    for (int i = 0; i < plan->n_steps; i++)
        for (int k = 1; k < plan->steps[i].n_out; k++)
            if (plan->steps[i].out[k] == slot)
                return false;
    return true;
}

static bool may_be_written_over(const eg__plan *plan, int s, uint32_t slot, eg__slot_kind kind)
{
    return plan->slots[slot].kind == kind &&
        plan->slots[slot].bytes == plan->slots[plan->steps[s].out[0]].bytes &&
        !outlives(plan, slot, s);
}

static void rename_slot(eg__plan *plan, uint32_t from, uint32_t to)
{
    for (int i = 0; i < plan->n_steps; i++) {
        for (int k = 0; k < plan->steps[i].n_in; k++)
            if (plan->steps[i].in[k] == from)
                plan->steps[i].in[k] = to;
        for (int k = 0; k < plan->steps[i].n_out; k++)
            if (plan->steps[i].out[k] == from)
                plan->steps[i].out[k] = to;
    }
}

void eg__plan_chain(eg__plan *plan)
{
    for (int s = plan->n_steps; s-- > 0;) {
        const eg__step *step = &plan->steps[s];
        if (!step->job.in_place || step->n_out < 1 ||
            plan->slots[step->out[0]].kind != EG__SLOT_RESULT)
            continue;
        for (int k = 0; k < step->n_in; k++)
            if (may_be_written_over(plan, s, step->in[k], EG__SLOT_ARENA) &&
                is_first_result(plan, step->in[k])) {
                rename_slot(plan, step->in[k], step->out[0]);
                break;
            }
    }
}

bool eg__plan_updates(const eg__plan *plan, int input, int output)
{
    uint32_t from = plan->input_slot[input], to = plan->outputs[output].slot;

    if (!plan->outputs[output].own)
        return from == to;
    for (int s = 0; s < plan->n_steps; s++) {
        const eg__step *step = &plan->steps[s];
        if (step->n_out < 1 || step->out[0] != to)
            continue;
        bool reads = false;
        for (int k = 0; k < step->n_in; k++)
            reads = reads || step->in[k] == from;
        return reads && step->job.in_place && may_be_written_over(plan, s, from, EG__SLOT_INPUT);
    }
    return false;
}
