/* Plans: made, cloned, freed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "function/concrete.h"
#include "realtime/course.h"
#include <string.h>

static const char new_name[] = "eg_plan_new", clone_name[] = "eg_plan_clone";

/* ---- a plan in its memory -------------------------------------------------------------------- */

static void bind_frames(const eg_plan *plan)
{
    const eg__course *c = plan->course;

    for (int i = 0; i < c->n_stages; i++) {
        if (!c->stages[i].piece)
            continue;
        plan->frames[i].at = (void **)(void *)(plan->start + c->stages[i].table);
        plan->frames[i].arena = plan->start + c->stages[i].arena;
        eg__frame_bind(&plan->frames[i], c->stages[i].piece->plan);
    }
}

/* A plan in `memory`, which is touched from end to end. */
static eg_plan *settle(eg__course *course, void *memory)
{
    char *start = (char *)memory + (EG__LINE - (uintptr_t)memory % EG__LINE) % EG__LINE;
    eg_plan *plan = (eg_plan *)(void *)start;

    memset(start, 0, course->bytes);
    atomic_fetch_add(&course->refs, 1);
    plan->course = course;
    plan->start = start;
    plan->frames = (eg__frame *)(void *)(start + course->frames);
    plan->side = (unsigned char *)start + course->sides;
    bind_frames(plan);
    eg_plan_reset(plan);
    return plan;
}

static eg_plan *settle_in(eg__course *course, void *memory, size_t bytes, const char *op)
{
    if (memory && bytes >= eg__course_room(course))
        return settle(course, memory);
    return eg__fail_null(EG_INVALID, op, "the plan needs %zu bytes of memory, not %zu%s",
        eg__course_room(course), bytes, memory ? "" : " at NULL");
}

static eg_plan *settle_anew(eg__course *course, const char *op)
{
    void *memory = eg__alloc_line(eg__course_room(course));

    if (!memory)
        return eg__fail_memory(op, eg__course_room(course)), NULL;
    eg_plan *plan = settle(course, memory);
    plan->own = memory;
    return plan;
}

/* ---- making ---------------------------------------------------------------------------------- */

static eg_plan *plan_of(eg_function *f, const eg__trace *trace, const eg_plan_attrs *attrs)
{
    eg_plan_attrs a;
    eg_plan *plan = NULL;

    if (!eg__attrs_complete(&a, sizeof a, attrs, new_name))
        return NULL;
    eg__course *course = eg__course_new(f, trace, a.close);
    if (course)
        plan = a.memory || a.bytes ? settle_in(course, a.memory, a.bytes, new_name)
                                   : settle_anew(course, new_name);
    eg__course_unref(course);
    return plan;
}

/* Of the trace that the function has for such arguments, if there is one; *known says so. */
static eg_plan *plan_of_known(eg_function *f, int n, eg_tensor *const in[],
    const eg_plan_attrs *attrs, bool *known)
{
    eg__key key = {n, in, f->env, 0, false};
    eg_plan *plan = NULL;
    unsigned side = eg__function_enter(f);
    const eg__trace *trace = atomic_load(&f->eager) ? NULL : eg__trace_find(f, &key);

    *known = trace && !atomic_load(&trace->eager);
    if (*known)
        plan = plan_of(f, trace, attrs);
    eg__function_leave(f, side);
    return plan;
}

eg_plan *eg_plan_new_with(eg_function *f, int n, eg_tensor *const in[], const eg_plan_attrs *attrs)
{
    bool known;

    if (eg__me.failed || !eg__call_arguments_ok(f, n, in) || !eg__signature_check(f, n, in))
        return NULL;
    if (!eg_executing_eagerly())
        return eg__fail_null(EG_STATE, new_name,
            "a function is being recorded, or a graph is open");
    eg_plan *plan = plan_of_known(f, n, in, attrs, &known);
    if (known || eg__me.failed)
        return plan;
    eg_concrete *c = eg_function_concrete(f, n, in);
    plan = c ? plan_of(f, c->trace, attrs) : NULL;
    eg_concrete_free(c);
    return plan;
}

eg_plan *eg_concrete_plan_with(const eg_concrete *c, const eg_plan_attrs *attrs)
{
    if (eg__me.failed)
        return NULL;
    if (!c)
        return eg__fail_null(EG_INVALID, new_name, "concrete is NULL");
    return plan_of(c->function, c->trace, attrs);
}

eg_plan *eg_plan_clone(const eg_plan *plan)
{
    if (eg__me.failed)
        return NULL;
    if (!plan)
        return eg__fail_null(EG_INVALID, clone_name, "plan is NULL");
    return settle_anew(plan->course, clone_name);
}

eg_plan *eg_plan_clone_in(const eg_plan *plan, void *memory, size_t bytes)
{
    if (eg__me.failed)
        return NULL;
    if (!plan)
        return eg__fail_null(EG_INVALID, clone_name, "plan is NULL");
    return settle_in(plan->course, memory, bytes, clone_name);
}

void eg_plan_free(eg_plan *plan)
{
    if (!plan)
        return;
    eg__course *course = plan->course;
    size_t bytes = eg__course_room(course);
    void *own = plan->own;
    eg__course_unref(course);
    eg__free(own, bytes);
}

/* ---- states ---------------------------------------------------------------------------------- */

static bool has_state(const eg_plan *plan, int i, const void *data, size_t bytes)
{
    return plan && i >= 0 && i < plan->course->n_states &&
        bytes == plan->course->states[i].port.bytes && (data || bytes == 0);
}

bool eg_plan_get_state(const eg_plan *plan, int i, void *data, size_t bytes)
{
    if (!has_state(plan, i, data, bytes))
        return false;
    if (bytes > 0)
        memcpy(data, eg__plan_state_at(plan, i, false), bytes);
    return true;
}

bool eg_plan_set_state(eg_plan *plan, int i, const void *data, size_t bytes)
{
    if (!has_state(plan, i, data, bytes))
        return false;
    if (bytes > 0)
        memcpy(eg__plan_state_at(plan, i, false), data, bytes);
    return true;
}

void eg_plan_reset(eg_plan *plan)
{
    for (int i = 0; plan && i < plan->course->n_states; i++) {
        const eg__course_state *s = &plan->course->states[i];
        if (s->port.bytes > 0)
            memcpy(eg__plan_state_at(plan, i, false), s->initial, s->port.bytes);
    }
}
