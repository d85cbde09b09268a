/* What the staged operations Loop and Switch do: blocks, and where their inputs come from.
 *
 * A Switch runs one of its branches. A Loop runs sweeps, one after the other. A sweep takes a
 * number of steps; it carries a state from step to step, and may emit values at each. Later sweeps
 * may look at what earlier ones carried and emitted at the step of the same number. So the
 * gradient of a loop is a loop: its own sweeps, and behind them, last first, one for each that runs
 * the steps the other way round and carries the gradient of the state. Gradients of gradients are
 * no different.
 *
 * Equal ones are the same object, so that attributes compare by address.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROL_STAGED_H
#define CONTROL_STAGED_H

#include "base/arena.h"
#include "control/block.h"
#include <eagre/control.h>

/* Where a value comes from. */
typedef enum eg__port_kind {
    EG__PORT_INPUT,   /* input `index` of the operation */
    EG__PORT_ROW,     /* its row of the step's number */
    EG__PORT_STEP,    /* the step's number, int64 */
    EG__PORT_STATE,   /* what `sweep` carried when it came to the step */
    EG__PORT_EMITTED, /* what `sweep` emitted at the step */
} eg__port_kind;

typedef struct eg__port {
    eg__port_kind kind;
    int sweep, index;
} eg__port;

/* A block and its inputs' ports. Its outputs are the next state, then what is emitted. */
typedef struct eg__sweep {
    eg__block *block;
    eg__port *port;
    int n_ports, n_state, n_emitted;
    int *initial;    /* of each of the state: the operation's input it starts from */
    int n_variables; /* the last so many states are variables: a gradient of what a step finds there
                      * is one of the input, since assignments stop gradients */
    bool backwards;
    struct eg__lanes *lanes; /* what running needs, found once; see lanes.h */
} eg__sweep;

typedef struct eg__staged {
    atomic_int refs;
    struct eg__staged *next; /* of all there are */
    eg__arena memory;
    char *text;
    const eg_opdef *op;
    int n_in, n_out;
    eg_spec *in, *out;
    unsigned traits;  /* that bodies have and the operation therefore too: see eg__traits */
    eg__sweep *sweep; /* or branches */
    int n_sweeps;
    /* of a loop */
    eg__sweep go_on;   /* asks before each step of the first sweep; no block: always */
    int64_t most;      /* steps at most; -1: any number */
    int count;         /* the input that says how many; -1: none does */
    eg__port *output;  /* STATE: what a sweep carried at last; EMITTED: of all steps, stacked */
    bool recompute;    /* what later sweeps look at is kept of few steps, and run again */
    int64_t most_kept; /* bytes for what later sweeps look at; 0: any number */
} eg__staged;

/* The attributes of both operations. */
typedef struct eg__staged_attrs {
    size_t size;
    eg__staged *staged;
} eg__staged_attrs;

/* A block of a graph, which then belongs to it, also on failure. */
eg__block *eg__block_of(eg_graph *graph);

/* An object with room for its parts, to be filled in; NULL, reported, where memory is out. */
eg__staged *eg__staged_new(const eg_opdef *op, int n_in, int n_out, int n_sweeps);

/* Room in its memory; NULL, reported, where that is out. */
void *eg__staged_take(eg__staged *s, size_t size);

/* Whether an operation prints, itself or inside. quiet.c */
bool eg__prints(const eg_opdef *op, const void *attrs);

/* False, reported, where bodies do what a gradient must not do again. quiet.c */
bool eg__may_repeat(const eg__staged *s);

/* Applies an operation as it stands in a block, but for what it prints: that is printed once, when
 * the block runs. quiet.c */
eg_tensor *eg__staged_again(const eg_opdef *op, const void *attrs, int n, eg_tensor *const in[]);

/* Applies it: exchanges it for an equal one, if there is any, and lets go of it. */
eg_tensor *eg__staged_apply(eg__staged *s, eg_tensor *const in[]);

/* One owner less. NULL is fine. */
void eg__staged_unref(eg__staged *s);

/* Appends all it is, but for its inputs' specs; reads it back, for such inputs. text.c, parse.c */
void eg__staged_put(const eg__staged *s, eg__text *text);
bool eg__staged_parse(const eg_opdef *op, eg__staged_attrs *attrs, int n_in,
    const eg_spec *const in[], struct eg__reading *at);

/* What is wrong with one that was read; NULL: nothing. Fills in its results' specs. check.c */
const char *eg__staged_fault(eg__staged *s);

/* Finds what running a loop needs; false, reported, where memory is out. lanes.c */
bool eg__lanes_find(eg__staged *s);

/* Exchanges one that is complete for an equal one, if there is any; NULL after an error. */
eg__staged *eg__staged_settle(eg__staged *s);

/* The gradient of a loop, of a switch. */
eg_status eg__loop_grad(eg_backward *b);
eg_status eg__switch_grad(eg_backward *b);

extern const eg_kernel eg__loop_kernel, eg__switch_kernel;

/* Runs a block in a frame where its inputs are bound; `out` is where its outputs go. */
eg_status eg__block_run(const eg__block *block, eg__frame *f, void *const out[]);

/* The first step of a plan, also inside of staged ones, that may wait for memory, a lock or the
 * host; NULL: none may. waits.c */
const eg__step *eg__waiting_step(const eg__plan *plan);

#endif
