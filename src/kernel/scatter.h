/* Kernels for indices of several axes, and for rows put into a copy by index. Indices are int32 or
 * int64 and are checked; a wrong one is an error that names it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_SCATTER_H
#define KERNEL_SCATTER_H

#include "kernel/kernel.h"
#include <eagre/ops/scatter.h>

extern const eg_kernel eg__ravel_index_kernel; /* indices; eg_ravel_index_attrs */
extern const eg_kernel eg__scatter_kernel;     /* x, indices, updates; eg_scatter_attrs */

#endif
