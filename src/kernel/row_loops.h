/* The loops of softmax and its kin, between rows.c and loops_rows.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ROW_LOOPS_H
#define KERNEL_ROW_LOOPS_H

#include "kernel/isa.h"
#include "tensor/dtype.h"

enum { EG__ROW_COLUMNS = 256 /* the most a loop over columns is given */ };

/* Columns of n elements, `stride` elements apart. `y` may be `x`. */
typedef struct eg__columns {
    const void *x;
    void *y;
    int64_t n, c, stride;
} eg__columns;

/* Each of `rows` contiguous rows of n >= 1 elements by itself, or each column. */
typedef struct eg__softmax_loops {
    void (*rows)(const void *x, void *y, int64_t rows, int64_t n);
    void (*columns)(const eg__columns *r);
} eg__softmax_loops;

/* y[i] = -log(softmax(row i of x))[label[i]]; the labels have been checked. */
typedef void (
    *eg__loss_loop)(const void *x, const int64_t *label, void *y, int64_t rows, int64_t n);

/* Its way back: dx = dz[i] * (softmax(row i of x) - 1 at label[i]); dx may be x or dz. */
typedef void (*eg__loss_back_loop)(const void *x, const int64_t *label, const void *dz, void *dx,
    int64_t rows, int64_t n);

/* By dtype. */
#ifdef EG_HAVE_X86_SETS
extern const eg__softmax_loops eg__softmax_avx2[], eg__softmax_avx512[];
extern const eg__softmax_loops eg__log_softmax_avx2[], eg__log_softmax_avx512[];
extern const eg__loss_loop eg__loss_avx2[], eg__loss_avx512[];
extern const eg__loss_back_loop eg__loss_back_avx2[], eg__loss_back_avx512[];
#endif
extern const eg__softmax_loops eg__softmax_base[], eg__log_softmax_base[];
extern const eg__loss_loop eg__loss_base[];
extern const eg__loss_back_loop eg__loss_back_base[];

#endif
