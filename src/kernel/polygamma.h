/* The derivatives of the logarithm of the gamma function.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_POLYGAMMA_H
#define KERNEL_POLYGAMMA_H

#include "kernel/kernel.h"

enum { EG__MOST_ORDER = 100 };

typedef struct eg__polygamma_attrs {
    size_t size;
    int n; /* 0: digamma, the first derivative; its n-th derivative */
} eg__polygamma_attrs;

/* Element by element, float32 and float64. */
extern const eg_kernel eg__polygamma_kernel;

#endif
