/* Kernels that reduce rows by the segments they belong to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_SEGMENT_H
#define KERNEL_SEGMENT_H

#include "kernel/kernel.h"

typedef struct eg__segment_attrs {
    size_t size;
    int64_t n; /* segments */
} eg__segment_attrs;

/* x, ids; eg__segment_attrs */
extern const eg_kernel eg__segment_max_kernel, eg__segment_min_kernel, eg__segment_prod_kernel;

#endif
