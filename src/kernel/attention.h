/* Attention over rows, without a matrix of all scores.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ATTENTION_H
#define KERNEL_ATTENTION_H

#include "kernel/kernel.h"

typedef struct eg__attention_attrs {
    size_t size;
    bool causal;
    double scale;       /* 0: 1/sqrt(d) */
    double softcap;     /* c: scores are c*tanh(score/c), before masks; 0: as they are */
    bool mask_gradient; /* of the way back: the gradient of the mask is wanted too */
} eg__attention_attrs;

/* q [..., m, d], k [..., n, d], v [..., n, e], whose leading axes agree; the last of them may be
 * some times as long in q, and then so many neighbours of q share k and v. Then perhaps a mask that
 * broadcasts with the scores [..., m, n]: bool, true where a query sees a key, or of q's dtype, and
 * added. A query that sees nothing gives zeros. */
extern const eg_kernel eg__attention_kernel, eg__masked_attention_kernel;

/* The same and dz [..., m, e]: the gradients of q, k and v. Of the mask too, or [0], where there is
 * one. */
extern const eg_kernel eg__attention_grad_kernel, eg__masked_attention_grad_kernel;

/* What products of q and k are multiplied by. */
double eg__attention_scale(const eg__attention_attrs *attrs, int64_t d);

#endif
