/* What is known of a plan.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "realtime/course.h"
#include <string.h>

static const char *const status_names[] = {
    [EG_PLAN_OK] = "ok",
    [EG_PLAN_UNSEEN] = "unseen branch",
    [EG_PLAN_SIZE] = "wrong size",
    [EG_PLAN_ADDRESS] = "bad address",
    [EG_PLAN_VALUE] = "refused value",
};

const char *eg_plan_status_name(eg_plan_status status)
{
    size_t n = sizeof status_names / sizeof *status_names;
    return (size_t)status < n ? status_names[status] : "unknown status";
}

static bool describe(const eg__course_port *port, eg_plan_value *value)
{
    eg_plan_value now = {.name = port->name,
        .dtype = port->spec.dtype,
        .rank = port->spec.rank,
        .bytes = port->bytes,
        .alignment = port->alignment};

    memcpy(now.dims, port->spec.dims, sizeof *now.dims * (size_t)now.rank);
    return !value || eg__attrs_answer(value, &now, sizeof now);
}

bool eg_plan_input(const eg_plan *plan, int i, eg_plan_value *value)
{
    return plan && i >= 0 && i < plan->course->n_inputs &&
        describe(&plan->course->inputs[i], value);
}

bool eg_plan_output(const eg_plan *plan, int i, eg_plan_value *value)
{
    return plan && i >= 0 && i < plan->course->n_outputs &&
        describe(&plan->course->outputs[i], value);
}

bool eg_plan_state(const eg_plan *plan, int i, eg_plan_value *value)
{
    return plan && i >= 0 && i < plan->course->n_states &&
        describe(&plan->course->states[i].port, value);
}

size_t eg_plan_bytes(const eg_plan *plan)
{
    return plan ? eg__course_room(plan->course) : 0;
}

void eg_plan_info_now(const eg_plan *plan, eg_plan_info *info)
{
    eg_plan_info now = {0};

    if (plan) {
        const eg__course *c = plan->course;
        now.inputs = c->n_inputs;
        now.outputs = c->n_outputs;
        now.states = c->n_states;
        now.steps = c->n_steps;
        now.guards = c->n_guards;
        now.paths = c->n_paths;
        now.bytes = eg_plan_bytes(plan);
        now.shared_bytes = c->shared;
        now.arena = c->arena;
        now.live = c->live;
    }
    eg__attrs_answer(info, &now, sizeof now);
}
