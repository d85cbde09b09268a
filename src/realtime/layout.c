/* What lies where in a plan's memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "realtime/course.h"

static size_t lines(size_t bytes)
{
    return (bytes + EG__LINE - 1) / EG__LINE * EG__LINE;
}

static void measure(eg__course_port *port)
{
    port->bytes = eg__bytes(&port->spec);
    port->alignment = eg__dtype(eg__part_of(port->spec.dtype))->size;
}

static void place_states(eg__course *c)
{
    for (int i = 0; i < c->n_states; i++) {
        eg__course_state *s = &c->states[i];
        measure(&s->port);
        s->step = lines(s->port.bytes);
        s->place = c->bytes;
        c->bytes += 2 * s->step;
    }
}

static void place_tables(eg__course *c)
{
    for (int i = 0; i < c->n_stages; i++)
        if (c->stages[i].piece) {
            c->stages[i].table = c->bytes;
            c->bytes += lines(sizeof(void *) * (size_t)c->stages[i].piece->plan->n_slots);
        }
}

/* Bytes of a stage's arena that stages behind it look at. */
static size_t kept_bytes(const eg__plan *plan)
{
    size_t bytes = 0;

    for (int i = 0; i < plan->n_outputs; i++)
        if (plan->slots[plan->outputs[i].slot].kind == EG__SLOT_ARENA)
            bytes += lines(plan->slots[plan->outputs[i].slot].bytes);
    return bytes;
}

/* Behind what lies above it on its way. The way that needs most says how much memory there is. */
static void place_arena(eg__course *c, int i)
{
    eg__stage *stage = &c->stages[i];
    const eg__plan *plan = stage->piece->plan;
    size_t end = stage->arena + lines(plan->arena), live = stage->kept + plan->live;

    stage->live = live > stage->live ? live : stage->live;
    if (end > c->arena || (end == c->arena && stage->live > c->live)) {
        c->arena = end;
        c->live = stage->live;
    }
    for (int k = 0; k < stage->n_next; k++) {
        eg__stage *next = &c->stages[stage->next[k]];
        next->arena = end;
        next->kept = stage->kept + kept_bytes(plan);
        next->live = stage->live;
    }
}

static void place_arenas(eg__course *c)
{
    for (int i = 0; i < c->n_stages; i++)
        if (c->stages[i].piece)
            place_arena(c, i);
    for (int i = 0; i < c->n_stages; i++)
        c->stages[i].arena += c->bytes;
    c->bytes += c->arena;
}

static size_t shared_bytes(const eg__course *c)
{
    size_t bytes = sizeof *c + c->memory.bytes;

    for (int i = 0; i < c->n_stages; i++)
        if (c->stages[i].piece)
            bytes += eg__plan_bytes(c->stages[i].piece->plan);
    for (int i = 0; i < c->n_held; i++)
        bytes += eg__bytes(&c->held[i]->spec);
    return bytes;
}

void eg__course_lay_out(eg__course *c)
{
    for (int i = 0; i < c->n_inputs; i++)
        measure(&c->inputs[i]);
    for (int i = 0; i < c->n_outputs; i++)
        measure(&c->outputs[i]);
    c->frames = lines(sizeof(eg_plan));
    c->sides = c->frames + sizeof(eg__frame) * (size_t)c->n_stages;
    c->bytes = lines(c->sides + (size_t)c->n_states);
    place_tables(c);
    place_states(c);
    place_arenas(c);
    c->shared = shared_bytes(c);
}
