/* The loops of top_k, between top_k.c and loops_top_k.c: elements as keys.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_TOP_K_H
#define KERNEL_TOP_K_H

#include "kernel/kernel.h"

/* keys[i] for x[i]: smaller the larger the element is, equal for equal ones, 0 for NaN, and of no
 * more bytes than the element. Returns the smallest of them; n > 0. */
typedef uint64_t (*eg__key_loop)(const void *x, int64_t n, uint64_t *keys);

#endif
