/* What a plan runs: the ways through a function's body, in stages.
 *
 * A stage is a piece of a compiled program. It ends where the body returned, or where it decided by
 * a value; then the stages that follow it are known by the value's bits. Stages on one way lie
 * behind one another in a plan's memory, those on different ways over one another.
 *
 * The course never changes; clones share it. What a run changes lies in the memory of a plan: the
 * tables of the stages' frames, two places for each state, which take turns, and the arena.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef REALTIME_COURSE_H
#define REALTIME_COURSE_H

#include "function/trace.h"
#include <eagre/plan.h>

enum {
    EG__MOST_ASKED = 16, /* bytes of a value that is asked for */
    EG__LINE = 64,
};

typedef enum eg__origin_kind {
    EG__OF_INPUT, /* number `index` */
    EG__OF_STATE, /* number `index`, as the run found it */
    EG__OF_STAGE, /* a slot of stage `index` */
    EG__OF_FIXED, /* always at `data` */
} eg__origin_kind;

/* Where a value lies. */
typedef struct eg__origin {
    eg__origin_kind kind;
    uint32_t index, slot;
    const void *data;
} eg__origin;

/* A slot that is bound before a stage runs. */
typedef struct eg__inlet {
    uint32_t slot;
    eg__origin from;
} eg__inlet;

/* A value that leaves the last stage of a way. `direct`: the stage's slot is bound to the place
 * where it goes; otherwise it is copied there behind the stage. */
typedef struct eg__outlet {
    uint32_t to; /* output, or state */
    bool direct;
    eg__origin from;
} eg__outlet;

typedef struct eg__stage {
    eg__piece *piece; /* counted; NULL: no way comes here */
    eg__inlet *inlets;
    int n_inlets;
    size_t table, arena; /* of its frame, in a plan's memory */
    size_t kept, live;   /* bytes that stages above keep for later ones; the most that live at one
                            time up to here */
    /* where the body decided */
    bool asks, as_truth;
    eg__origin asked;
    eg_dtype dtype;
    size_t asked_bytes;
    int n_next;
    uint32_t next[EG__MOST_OUTCOMES];
    unsigned char seen[EG__MOST_OUTCOMES][EG__MOST_ASKED];
    eg_site site;
    /* where it returned */
    eg__outlet *results, *assigned;
    int n_results, n_assigned;
} eg__stage;

/* An input, an output or a state. */
typedef struct eg__course_port {
    const char *name;
    eg_spec spec;
    size_t bytes, alignment;
} eg__course_port;

typedef struct eg__course_state {
    eg__course_port port;
    const eg_tensor *variable; /* while the course is made */
    const void *initial;
    size_t place; /* the first in a plan's memory; the other follows in `step` bytes */
    size_t step;
} eg__course_state;

typedef struct eg__course {
    atomic_int refs;
    eg__arena memory; /* what all below points to */
    eg__stage *stages;
    eg__course_port *inputs, *outputs;
    eg__course_state *states;
    int n_stages, n_inputs, n_outputs, n_states;
    eg_tensor **held; /* values that slots are bound to, counted */
    int n_held, held_capacity;
    size_t frames, sides; /* offsets in a plan's memory: its frames; which place holds a state */
    size_t bytes;         /* of that memory */
    size_t arena, live, shared;
    int n_steps, n_guards, n_paths;
} eg__course;

struct eg_plan {
    eg__course *course; /* counted */
    void *own;          /* the memory, where it was allocated; NULL: the caller's */
    char *start;        /* of what lies in it, at a cache line */
    eg__frame *frames;  /* by stage */
    unsigned char *side;
    eg_site stopped;
};

/* The course of a trace; NULL after an error. `function` keeps it from changing meanwhile. make.c
 */
eg__course *eg__course_new(eg_function *function, const eg__trace *trace, bool close);
void eg__course_unref(eg__course *course);

/* Finds the offsets. layout.c */
void eg__course_lay_out(eg__course *course);

/* Bytes of a plan's memory, wherever that begins. */
static inline size_t eg__course_room(const eg__course *c)
{
    return c->bytes + EG__LINE;
}

/* The place of a state that a run finds it in, or leaves it in. */
static inline void *eg__plan_state_at(const eg_plan *plan, int i, bool next)
{
    const eg__course_state *s = &plan->course->states[i];
    return plan->start + s->place + (size_t)(plan->side[i] ^ next) * s->step;
}

#endif
