/* The loops of layer normalisation, between norm.c and loops_norm.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_NORM_LOOPS_H
#define KERNEL_NORM_LOOPS_H

#include "kernel/isa.h"
#include "tensor/dtype.h"
#include <stdbool.h>

/* Contiguous rows of n >= 1 elements, each normalised by itself. */
typedef struct eg__norm {
    const void *x, *scale, *offset, *dz; /* scale, offset: a row; NULL: no offset, forward */
    void *y;                             /* the result, or the gradient of x */
    int64_t n;
    double epsilon;
    bool is_centered; /* the mean is taken off first */
} eg__norm;

typedef struct eg__norm_loops {
    /* Rows [row, end); y may be x. */
    void (*forward)(const eg__norm *t, int64_t row, int64_t end);
    /* The same rows' share of the gradients of scale and offset is added to rows of zeros. */
    void (*backward)(const eg__norm *t, int64_t row, int64_t end, void *dscale, void *doffset);
    void (*add)(void *to, const void *from, int64_t n);
} eg__norm_loops;

/* By dtype. */
#ifdef EG_HAVE_X86_SETS
extern const eg__norm_loops eg__norm_avx2[], eg__norm_avx512[];
#endif
extern const eg__norm_loops eg__norm_base[];

#endif
