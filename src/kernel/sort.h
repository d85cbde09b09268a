/* Kernels that sort rows and that search in sorted ones.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_SORT_H
#define KERNEL_SORT_H

#include "kernel/kernel.h"
#include <eagre/ops/sort.h>

extern const eg_kernel eg__sort_kernel;         /* x -> values; eg_sort_attrs */
extern const eg_kernel eg__argsort_kernel;      /* x -> int64 indices; eg_sort_attrs */
extern const eg_kernel eg__searchsorted_kernel; /* sorted, values; eg_searchsorted_attrs */

#endif
