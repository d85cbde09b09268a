/* Staged control flow in the making: what its functions share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include "control/staged.h"
#include <eagre/control.h>

/* Tensors that `op` is about to make an operation of. In a loop the variables that its step assigns
 * are states, from number `state` on. */
typedef struct eg__inputs {
    const char *op;
    eg_tensor *at[EG__MAX_IN];
    int n;
    eg_tensor *assigned[EG__MAX_PARTS];
    int n_assigned, state;
} eg__inputs;

/* False, reported, unless there are n tensors (least to 64 of them). */
bool eg__arguments_fit(const char *op, int n, int least, eg_tensor *const in[]);

/* The specs of what the next operation would see. */
bool eg__specs_of(const char *op, int n, eg_tensor *const in[], const eg_spec *spec[]);

/* The number of x among the inputs, to which it is added; -1, reported, where they are too many. */
int eg__input(eg__inputs *inputs, eg_tensor *x);

/* Gives a sweep the block that was drawn, with `n` ports that are known; what was captured becomes
 * inputs. False, reported, where that fails. */
bool eg__sweep_of(eg__sweep *sweep, eg__staged *s, eg__inputs *inputs, const eg__drawn *drawn,
    int n, const eg__port ports[]);

/* Lists the variables that a body assigned, once each. */
bool eg__list_assigned(eg__inputs *inputs, const eg__drawn *drawn);

/* Of what an operation gave, from result `at` on the last values of variables are assigned; the
 * others are what the user gets. NULL after an error. */
eg_tensor *eg__assign_last(const eg__inputs *inputs, eg_tensor *y, int at);

/* One tensor as it is, several as a tuple. */
eg_tensor *eg__joined(int n, eg_tensor *const results[]);

/* False, reported, unless x has the spec: "variable 0 was float32[2] and became float32[3]". */
bool eg__stays(const char *op, const char *what, int i, const eg_spec *was, const eg_spec *now);

/* The only element of x as an integer or a bool; NULL after an error. */
eg_tensor *eg__only(const char *op, const char *what, eg_tensor *x, eg_dtype dtype);

/* ---- loops.c -------------------------------------------------------------------------------- */

/* A loop as it was asked for. Its step gets the step's number, if it counts, then n variables, then
 * rows; it returns the variables and what is kept of each step. */
typedef struct eg__loop_call {
    const char *op;
    eg_site site;        /* of the call: mistakes of bodies are found after they have run */
    eg_body go_on, step; /* go_on: NULL for a given number of steps */
    void *env;
    int n, n_rows;
    eg_tensor *const *in, *const *rows;
    eg_tensor *count; /* int64; NULL: none */
    int64_t most;     /* -1: any number */
    bool numbers;     /* steps are told their number */
    bool keeps;       /* steps return more than the variables, which is kept */
    bool recompute;
    int64_t most_kept; /* bytes; 0: any number */
} eg__loop_call;

/* As one operation. */
eg_tensor *eg__loop_staged(const eg__loop_call *c);

/* The mistake of a condition that assigns a variable. */
eg_status eg__condition_assigns(const char *op, const eg_tensor *variable);

/* Body after body. eagerly.c */
eg_tensor *eg__loop_eagerly(const eg__loop_call *c);

#endif
