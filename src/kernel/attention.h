/* Attention over rows, without a matrix of all scores.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ATTENTION_H
#define KERNEL_ATTENTION_H

#include "kernel/kernel.h"
#include <eagre/ops/attention.h>

/* q [..., m, d], k [..., n, d], v [..., n, e], whose leading axes agree; eg_attention_attrs. */
extern const eg_kernel eg__attention_kernel;

/* The same and dz [..., m, e]: the gradients of q, k and v. */
extern const eg_kernel eg__attention_grad_kernel;

/* What products of q and k are multiplied by. */
double eg__attention_scale(const eg_attention_attrs *attrs, int64_t d);

#endif
