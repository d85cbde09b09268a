/* Elements as keys, whose order as unsigned numbers is that of the elements: what sorting and
 * selecting work on, and what an element is made of again.
 *
 * A key falls as its element rises: equal for equal ones, 0 for NaN, and of no more bytes than the
 * element. Where it is kept as it is, it has 4 bytes for elements of 4 bytes at most, otherwise 8.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_KEY_H
#define KERNEL_KEY_H

#include "kernel/isa.h"
#include <stdint.h>

typedef struct eg__keying {
    /* keys[i] for x[i]; returns the smallest of them; n > 0. */
    uint64_t (*block)(const void *x, int64_t n, uint64_t *keys);
    /* The same, kept as they are, with the bits of `turned` turned. */
    void (*read)(const void *x, int64_t n, uint64_t turned, void *keys);
    /* Back: -0 and NaN are not what they were. */
    void (*write)(const void *keys, int64_t n, uint64_t turned, void *y);
} eg__keying;

extern const eg__keying *const eg__key_loops[EG__ISAS]; /* by set, then dtype */

#endif
