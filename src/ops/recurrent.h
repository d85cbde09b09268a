/* Recurrent layers made of other operations, and the one operation that does all their steps.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_RECURRENT_H
#define OPS_RECURRENT_H

#include "kernel/recurrent.h"
#include <eagre/tensor.h>

typedef struct eg__cell {
    eg__cell_kind kind;
    bool reset_first; /* the reset gate comes before the product; EG__GRU */
    int64_t n;
    eg_tensor *u, *offset; /* of the state; offset NULL: none */
} eg__cell;

typedef struct eg__pair {
    eg_tensor *h, *c; /* c NULL: the kind has none */
} eg__pair;

/* The next state, from the input's products with their offset, x [examples, gates*n]. */
eg__pair eg__cell_step(const eg__cell *t, eg_tensor *x, eg__pair s);

/* All steps x [examples, steps, gates*n], from the state s, which becomes the last; lengths may be
 * NULL. Gives y, or NULL. */
eg_tensor *eg__cell_steps(const eg__cell *t, eg_tensor *x, eg_tensor *lengths, bool reverse,
    eg__pair *s);

/* Row i of a matrix, as a vector. */
eg_tensor *eg__row(eg_tensor *x, int64_t i);

/* The operation Recurrent: a tuple of y, the last state and what its gradient needs. */
eg_tensor *eg__recurrent(const eg__recurrent_attrs *attrs, eg_tensor *x, eg_tensor *u, eg_tensor *b,
    eg_tensor *state, eg_tensor *lengths);

/* What that gives, made of other operations: from its inputs y and the last state; from the inputs
 * of its gradient those of x, u, b and the state. */
void eg__recurrent_whole(const eg__recurrent_attrs *attrs, eg_tensor *const in[],
    eg_tensor *out[2]);
void eg__recurrent_whole_gradient(const eg__recurrent_attrs *attrs, eg_tensor *const in[],
    eg_tensor *dx[4]);

#endif
