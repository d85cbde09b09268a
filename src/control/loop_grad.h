/* The gradient of a Loop while it is made: what its returning sweeps are drawn into.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROL_LOOP_GRAD_H
#define CONTROL_LOOP_GRAD_H

#include "control/gradient.h"
#include "control/staged.h"

enum { EG__MOST_STATES = 2 * EG__MAX_OUT };

/* What a returning sweep emits for an earlier sweep's value, and whether it does. */
typedef struct eg__gift {
    eg__port to, from, when;
    bool may_not;
} eg__gift;

/* Results of the new loop that are (part of) the gradient of an input, and say whether it is there;
 * -1: it is. */
typedef struct eg__share {
    int input, value, when;
} eg__share;

/* What was found so far; drawing a sweep again begins from the same. */
typedef struct eg__found {
    int n_in, n_gifts, n_shares, n_outputs;
} eg__found;

typedef struct eg__deriving {
    eg_backward *b;
    const eg__staged *old;
    eg__staged *now;
    eg_tensor *in[EG__MAX_IN];      /* of the new loop */
    signed char number[EG__MAX_IN]; /* that an input made here is full of; -1: of none */
    int dy_of[EG__MAX_OUT];   /* by stacked result: the input its gradient is; -1: none arrives */
    int when_of[EG__MAX_OUT]; /* the input that says whether it does; -1: it does */
    eg__gift gifts[EG__MOST_PORTS];
    eg__share shares[EG__MAX_OUT];
    eg__port output[EG__MAX_OUT]; /* of the new loop */
    eg__found has;
    int n_sweeps;
    bool takes_a_step; /* whatever the values are */
} eg__deriving;

/* Reports that there are more of them than `most`: false. */
bool eg__too_many(const eg__deriving *d, const char *what, int most);

/* A further input of the new loop; its number, -1 after an error. */
int eg__deriving_input(eg__deriving *d, eg_tensor *x);

/* Draws the sweep that returns over sweep k. return_sweep.c */
void eg__return_sweep(eg__deriving *d, int k);

#endif
