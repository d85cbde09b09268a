/* The loops of attention beside products and softmax, between attention.c and loops_attention.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ATTENTION_LOOPS_H
#define KERNEL_ATTENTION_LOOPS_H

#include "kernel/isa.h"
#include "tensor/dtype.h"

typedef struct eg__attention_loops {
    void (*scale)(void *to, const void *from, int64_t n, double factor); /* to may be from */
    void (*add)(void *to, const void *from, int64_t n);
    /* dp = p * (dp - sum(p * dp)): the way back through a row's softmax p. */
    void (*soften)(const void *p, void *dp, int64_t n);
} eg__attention_loops;

/* By dtype. */
#ifdef EG_HAVE_X86_SETS
extern const eg__attention_loops eg__attention_avx2[], eg__attention_avx512[];
#endif
extern const eg__attention_loops eg__attention_base[];

#endif
