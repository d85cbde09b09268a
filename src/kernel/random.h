/* Kernels that make random numbers from a key (Philox 4x32-10).
 *
 * The key is int64[2]: seed and stream. Block b of four 32-bit words is Philox with key = the two
 * halves of the seed and counter = (b, stream), both low word first. Element i of float32 takes
 * word i % 4 of block i / 4; float64 takes words 2(i % 2) and the next of block i / 2.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_RANDOM_H
#define KERNEL_RANDOM_H

#include "kernel/kernel.h"
#include <eagre/ops/shape.h>

typedef struct eg__random_attrs {
    size_t size;
    eg_dtype dtype;
    eg_index dims;
} eg__random_attrs;

typedef struct eg__gamma_attrs {
    size_t size;
    bool log; /* the logarithm of the number */
} eg__gamma_attrs;

/* key; eg__random_attrs */
extern const eg_kernel eg__uniform_kernel, eg__normal_kernel, eg__truncated_normal_kernel;
/* One draw for each element of the parameter. */
extern const eg_kernel eg__gamma_kernel;   /* key, shape; eg__gamma_attrs */
extern const eg_kernel eg__poisson_kernel; /* key, rate */

#endif
