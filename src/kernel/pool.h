/* Pools: the largest or the mean of x's elements under a window. eg_pool_attrs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_POOL_H
#define KERNEL_POOL_H

#include "kernel/kernel.h"
#include "kernel/window.h"
#include <eagre/ops/pool.h>

/* NULL, or what is wrong with the options or the sizes of x. */
const char *eg__pool_set(eg__window *w, const eg_pool_attrs *attrs, const eg_spec *x);

extern const eg_kernel eg__max_pool_kernel, eg__max_pool_index_kernel;
extern const eg_kernel eg__avg_pool_kernel, eg__avg_pool_grad_kernel;

/* ---- loops, by dtype ------------------------------------------------------------------------ */

/* Windows of one kind side by side: each has elements at `n` offsets from its place in x, places
 * are `step` elements apart; all c channels. */
typedef struct eg__stops {
    const void *x;
    void *z; /* of spread: x is dz, z is dx */
    int64_t count, step, c, n;
    const int64_t *offset;
    int64_t divisor; /* of means */
    int64_t first;   /* number of the first place's first element in its image */
} eg__stops;

typedef void (*eg__pool_loop)(const eg__stops *s);

#endif
