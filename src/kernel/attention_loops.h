/* The loops of attention beside products and softmax, between attention.c and loops_attention.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ATTENTION_LOOPS_H
#define KERNEL_ATTENTION_LOOPS_H

#include "kernel/elementwise.h"

typedef struct eg__attention_loops {
    void (*scale)(void *to, const void *from, int64_t n, double factor); /* to may be from */
    void (*add)(void *to, const void *from, int64_t n);
    /* dp = p * (dp - sum(p * dp)): the way back through a row's softmax p. */
    void (*soften)(const void *p, void *dp, int64_t n);
    /* x = c * tanh(x / c); bent, unless NULL, becomes the derivative. */
    void (*cap)(void *x, void *bent, int64_t n, double c, eg_loop tanh);
    void (*bend)(void *x, const void *bent, int64_t n); /* x *= bent */
    /* A row of scores gets its mask, added or of bool, whose elements are `step` apart, 0 or 1.
     * False where no element is above -inf, or NaN, then. */
    bool (*mask)(void *x, const void *mask, int64_t n, int64_t step);
    bool (*hide)(void *x, const void *mask, int64_t n, int64_t step);
    /* The other way: to += from, or with step 0 one number += the sum. */
    void (*unmask)(void *to, const void *from, int64_t n, int64_t step);
} eg__attention_loops;

/* By dtype. */
#ifdef EG_HAVE_X86_SETS
extern const eg__attention_loops eg__attention_avx2[], eg__attention_avx512[];
#endif
extern const eg__attention_loops eg__attention_base[];

#endif
