/* Layer normalisation and its gradient.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_NORM_H
#define KERNEL_NORM_H

#include "kernel/kernel.h"
#include <eagre/ops/norm.h>

extern const eg_kernel eg__layer_norm_kernel; /* x, scale, offset; eg_layer_norm_attrs */
extern const eg_kernel eg__rms_norm_kernel;   /* x, scale */

/* x, scale, dz; the gradients of x and, as rows, of scale and offset. */
extern const eg_kernel eg__layer_norm_grad_kernel, eg__rms_norm_grad_kernel;

/* The options with their defaults put in. */
static inline int eg__norm_axes(const eg_layer_norm_attrs *attrs)
{
    return attrs->last_axes ? attrs->last_axes : 1;
}

static inline double eg__norm_epsilon(const eg_layer_norm_attrs *attrs)
{
    return attrs->epsilon != 0 ? attrs->epsilon : 1e-5;
}

#endif
