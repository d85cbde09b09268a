/* Plans: a graph as a straight program of prepared jobs over numbered slots.
 *
 * Everything that can be decided once is: kernels are chosen and prepared, values that live at the
 * same time get their own place in one arena, dead ones hand theirs on, element-wise results
 * overwrite an argument that dies. Running a plan is one loop. A plan never changes, so any number
 * of threads may run it, each with a frame of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef RUN_PLAN_H
#define RUN_PLAN_H

#include "graph/graph.h"
#include "tensor/strings.h"

typedef enum eg__slot_kind {
    EG__SLOT_ARENA,    /* at an offset in the frame's arena */
    EG__SLOT_INPUT,    /* where the caller says */
    EG__SLOT_RESULT,   /* where the caller says: the memory of a result */
    EG__SLOT_CONSTANT, /* the elements of a constant */
    EG__SLOT_VARIABLE, /* the elements of a variable's value, as the caller found it */
} eg__slot_kind;

typedef struct eg__slot {
    eg__slot_kind kind;
    uint32_t index; /* which input, result or variable */
    size_t offset, bytes;
    const void *constant;
} eg__slot;

typedef struct eg__step {
    eg_job job;
    const eg_opdef *op;
    const eg_spec *out_spec;
    double flops;
    uint32_t *in, *out; /* slots */
    int n_in, n_out;
    size_t scratch; /* offset in the arena */
    eg_site site;
} eg__step;

/* Where an output of the graph is found after a run. */
typedef struct eg__plan_output {
    uint32_t slot;
    bool own; /* the slot is an EG__SLOT_RESULT made for this output */
    eg_spec spec;
} eg__plan_output;

typedef struct eg__plan {
    eg_graph *graph; /* owned: what the plan does */
    eg_graph *run;   /* owned: the same in the steps that are run, whose constants, attributes and
                        specs live in it */
    eg__arena memory;
    eg__step *steps;
    eg__slot *slots;
    uint32_t *input_slot;  /* of each graph input */
    eg_tensor **variables; /* that are read; index of EG__SLOT_VARIABLE */
    uint32_t *variable_slot;
    eg__plan_output *outputs;
    int n_steps, n_slots, n_inputs, n_variables, n_outputs;
    size_t arena; /* bytes */
    size_t live;  /* of the arena's values and of scratch memory, the most at any step */
    bool may_fail;
    bool has_strings; /* steps may make strings, which belong to the frame */
} eg__plan;

/* What becomes of an output. */
typedef enum eg__role {
    EG__KEPT,   /* it stays in the frame */
    EG__RESULT, /* it leaves the call, in memory from the caller */
    EG__LATE,   /* so it does, but nothing else waits for it: what can fail is done before */
} eg__role;

/* Plans a graph, which then belongs to the plan, also on failure. `roles` are those of the outputs;
 * NULL: all are results. NULL after an error. */
eg__plan *eg__plan_new(eg_graph *graph, const eg__role roles[]);
void eg__plan_free(eg__plan *plan);

/* Bytes a plan holds, without its frames. */
size_t eg__plan_bytes(const eg__plan *plan);

/* Moves steps that only late outputs need behind all others. order.c */
bool eg__plan_order(eg__plan *plan, const eg__role roles[]);

/* Places arena slots: fills in offsets, sizes, scratch. place.c */
bool eg__plan_place(eg__plan *plan);

/* Brings steps that update one value in turn into the memory of the result they make. chain.c */
void eg__plan_chain(eg__plan *plan);

/* Whether an output may be given the memory of an input. */
bool eg__plan_updates(const eg__plan *plan, int input, int output);

/* ---- frame.c -------------------------------------------------------------------------------- */

/* A place to run a plan: where each slot lies, and the arena. */
typedef struct eg__frame {
    void **at; /* by slot */
    void *arena;
    eg__strings strings; /* that steps made, while the frame is used */
} eg__frame;

/* Makes a frame whose arena and constant slots are bound; the caller binds the rest. */
bool eg__frame_new(eg__frame *frame, const eg__plan *plan);
void eg__frame_free(eg__frame *frame, const eg__plan *plan);

/* Binds what lies in the arena, and constants. */
void eg__frame_bind(const eg__frame *frame, const eg__plan *plan);

/* A frame in memory of the caller's, which begins and ends at a cache line: its bytes; laying it
 * out there, bound as a new one is. */
size_t eg__frame_room(const eg__plan *plan);
void eg__frame_lay(eg__frame *frame, const eg__plan *plan, void *room);

/* Runs steps [from, to). A failing step is reported with its operation and the C line that made
 * it. */
eg_status eg__plan_run(const eg__plan *plan, eg__frame *frame, int from, int to);

/* Prepares the job of a node: its kernel, or printing. */
bool eg__plan_job(const eg_graph *graph, const eg_node *node, eg_job *job);

#endif
