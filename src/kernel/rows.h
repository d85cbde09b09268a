/* Kernels over rows: softmax and its kin.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ROWS_H
#define KERNEL_ROWS_H

#include "kernel/kernel.h"
#include <eagre/ops/nn.h>

extern const eg_kernel eg__softmax_kernel, eg__log_softmax_kernel; /* eg_softmax_attrs */
extern const eg_kernel eg__cross_entropy_kernel;                   /* logits, labels */
extern const eg_kernel eg__cross_entropy_grad_kernel;              /* logits, labels, dz */

/* The axis a softmax works along. */
static inline int eg__softmax_axis(const eg_softmax_attrs *attrs, int rank)
{
    int axis = attrs->not_last_axis ? attrs->axis : rank - 1;
    return axis + (axis < 0 ? rank : 0);
}

#endif
