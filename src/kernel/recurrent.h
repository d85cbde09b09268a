/* Recurrent layers over whole sequences: from the products of the input, whatever comes after.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_RECURRENT_H
#define KERNEL_RECURRENT_H

#include "kernel/kernel.h"

typedef enum eg__cell_kind { EG__SIMPLE, EG__GRU, EG__LSTM, EG__CELL_KINDS } eg__cell_kind;

typedef struct eg__recurrent_attrs {
    size_t size;
    int kind;     /* eg__cell_kind */
    bool reverse; /* from the last step to the first */
} eg__recurrent_attrs;

/* What a kind has of each: parts of x and u, rows of offsets, parts of its state; parts of a row
 * that the way back keeps. */
typedef struct eg__cell_sizes {
    int gates, offsets, states, kept;
} eg__cell_sizes;

extern const eg__cell_sizes eg__cell_sizes_of[EG__CELL_KINDS];

/* x [examples, steps, gates*n], u [n, gates*n], b [offsets, gates*n], state [states, examples, n],
 * lengths: int32 or int64, [examples] or [0]: all steps. Gives y [examples, steps, n], the last
 * state, and what the way back needs: int32 [examples, steps, kept*n], of float64 twice as many. */
extern const eg_kernel eg__recurrent_kernel;

/* The same inputs, what was kept, the gradients of y and of the last state: the gradients of x, u,
 * b and the state. */
extern const eg_kernel eg__recurrent_grad_kernel;

#endif
