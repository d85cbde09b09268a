/* Blocks: bodies of staged control flow as plans, with tensors in and tensors out.
 *
 * A block is drawn: while it is, operations are appended to its graph, and nobody else on the
 * thread watches. What a body uses from outside becomes a further input, so that a block depends on
 * its inputs alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROL_BLOCK_H
#define CONTROL_BLOCK_H

#include "run/plan.h"
#include <eagre/function.h>

typedef struct eg__block {
    atomic_int refs;
    eg__plan *plan; /* its graph is what the block computes */
} eg__block;

/* The block without what it prints, with an owner of its own; NULL after an error. quiet.c */
eg__block *eg__block_quiet(eg__block *block);

eg__block *eg__block_ref(eg__block *block);
void eg__block_unref(eg__block *block);

static inline const eg_graph *eg__block_graph(const eg__block *block)
{
    return block->plan->graph;
}

/* The spec of input i; of output i. */
const eg_spec *eg__block_in(const eg__block *block, int i);
const eg_spec *eg__block_out(const eg__block *block, int i);

/* Applies the block's operations to other tensors, through the dispatcher: `out` gets its outputs.
 * False after an error. */
bool eg__block_apply(const eg__block *block, eg_tensor *const in[], eg_tensor *out[]);

/* ---- drawing -------------------------------------------------------------------------------- */

typedef struct eg__drawing {
    eg_graph *graph;
    eg__watch *others;
    eg_scope *scope;
} eg__drawing;

/* Begins; every drawing that was begun is ended, also after an error. */
bool eg__draw(eg__drawing *d, const char *name);

/* A further input, as a symbol; NULL after an error. */
eg_tensor *eg__draw_input(eg__drawing *d, const eg_spec *spec);

/* Makes x an output. */
bool eg__draw_output(eg__drawing *d, eg_tensor *x);

/* Ends the drawing, whose graph stays: closes the scope, lets others watch again. */
void eg__draw_leave(eg__drawing *d);

/* Ends the drawing: a block that gives `out`; NULL after an error. */
eg__block *eg__draw_end(eg__drawing *d, int n, eg_tensor *const out[]);

/* ---- bodies --------------------------------------------------------------------------------- */

enum { EG__MOST_BODIES = 300, EG__MOST_DRAWINGS = 64 };

/* Around a body that runs, or is drawn: false, reported, where so many are inside one another that
 * one must be calling itself without end. What was entered is left. */
bool eg__body_enter(const char *op, bool draws);
void eg__body_leave(bool draws);

/* A body that was drawn, what it uses from outside, and what it assigns: the block's inputs are the
 * arguments, then what is captured; its outputs the results, and values of variables where
 * eg__drawn_carry puts them. */
typedef struct eg__drawn {
    eg_graph *graph; /* until it becomes the block */
    eg__block *block;
    int n_args, n_results, n_captured, n_assigned;
    eg_tensor *captured[EG__MAX_IN];    /* each with an owner */
    eg__effect assigned[EG__MAX_PARTS]; /* in the order of their first assignments */
} eg__drawn;

/* A body returned y, as a list; false, reported, where that is nothing. */
bool eg__results_of(const char *op, eg_tensor *y, int *n, eg_tensor *results[]);

/* Draws what a body does to arguments like these. False after an error, in the name of `op`. */
bool eg__draw_body(eg__drawn *drawn, eg_body body, void *env, int n, const eg_spec *const args[],
    const char *op);

/* From output `at` on it gives what n variables hold behind it, assigned by it or not. */
bool eg__drawn_carry(eg__drawn *drawn, const char *op, int at, int n, eg_tensor *const variables[]);

/* Makes the block. */
bool eg__drawn_finish(eg__drawn *drawn);

/* Lets go of what it holds. */
void eg__drawn_free(eg__drawn *drawn);

#endif
