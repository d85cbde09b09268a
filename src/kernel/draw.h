/* The loops of random numbers, between random.c and loops_random.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_DRAW_H
#define KERNEL_DRAW_H

#include "kernel/kernel.h"

/* Elements of a tile: loops are called at multiples of it, counted from the array's start. */
enum { EG__DRAW_TILE = 128 };

/* out[i] = the number of element first + i, for i in [0, n). */
typedef void (*eg__draw_loop)(const uint64_t key[2], int64_t first, int64_t n, void *out);

/* The same with a parameter for each of the n elements. */
typedef void (*eg__draw_by_loop)(const uint64_t key[2], int64_t first, int64_t n,
    const void *parameter, void *out);

#endif
