/* The gates of recurrent cells, between recurrent.c and loops_recurrent.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_RECURRENT_LOOPS_H
#define KERNEL_RECURRENT_LOOPS_H

#include "kernel/elementwise.h"
#include "kernel/recurrent.h"

/* A step of one example. Rows have parts of n elements, one behind the other. Kept are, of
 *     EG__SIMPLE  h'
 *     EG__GRU     update, reset, candidate, the candidate's product of the state, h'
 *     EG__LSTM    input, forget, cell and output gate, c', h'
 * The way back starts with the gradients of the next state in dh and dc. It leaves those of the
 * state before in dc, and in dh what does not go through the product with u. */
typedef struct eg__cell_row {
    int64_t n;
    eg_loop sigmoid, tanh;
    const void *x, *b, *own; /* products of the input, their offset, products of the state */
    const void *own_b;       /* offset of the latter; only EG__GRU */
    void *kept, *h, *c, *y;  /* h and c: the state, which becomes the next one */
    const void *h_before, *c_before, *dy;
    void *dx, *down, *dh, *dc; /* gradients; down: of the products of the state */
    void *db, *down_b;         /* sums of dx and down over all steps, added to */
    void *room;                /* n elements */
} eg__cell_row;

/* `columns` columns of `rows` rows are laid side by side, `width` a row, the rest of it zeros. */
typedef struct eg__panel {
    void *to;
    const void *from;
    int64_t rows, row, column, columns, width; /* row, column: from one to the next */
} eg__panel;

typedef struct eg__cell_loops {
    void (*forward[EG__CELL_KINDS])(const eg__cell_row *r);
    void (*backward[EG__CELL_KINDS])(const eg__cell_row *r);
    void (*add)(void *to, const void *from, int64_t n);
    void (*pack)(const eg__panel *x);
} eg__cell_loops;

/* By dtype. */
#ifdef EG_HAVE_X86_SETS
extern const eg__cell_loops eg__cell_avx2[], eg__cell_avx512[];
#endif
extern const eg__cell_loops eg__cell_base[];

#endif
