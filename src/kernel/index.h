/* Kernels that pick and place elements by index. Indices are int32 or int64 and are checked; a
 * wrong one is an error that names it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_INDEX_H
#define KERNEL_INDEX_H

#include "kernel/kernel.h"
#include <eagre/ops/index.h>

typedef struct eg__scatter_attrs {
    size_t size;
    int axis;  /* of the result */
    int64_t n; /* its size there */
} eg__scatter_attrs;

typedef struct eg__along_attrs {
    size_t size;
    int64_t n; /* the result's last size */
} eg__along_attrs;

typedef struct eg__hot_attrs {
    size_t size;
    int64_t depth;
    eg_dtype dtype;
} eg__hot_attrs;

typedef struct eg__top_attrs {
    size_t size;
    int64_t k;
} eg__top_attrs;

extern const eg_kernel eg__gather_kernel;      /* x, indices; eg_gather_attrs */
extern const eg_kernel eg__take_along_kernel;  /* x, indices */
extern const eg_kernel eg__scatter_add_kernel; /* indices, updates; eg__scatter_attrs */
extern const eg_kernel eg__add_along_kernel;   /* indices, updates; eg__along_attrs */
extern const eg_kernel eg__one_hot_kernel;     /* indices; eg__hot_attrs */
extern const eg_kernel eg__top_k_kernel;       /* x -> values, int64 indices; eg__top_attrs */

#endif
