/* Jobs that make their result in parts, for who goes on with each part while it is in a cache:
 * products and convolutions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PARTS_H
#define KERNEL_PARTS_H

#include "kernel/kernel.h"
#include <stdatomic.h>

/* What happens with a part, elements [at, at + n) of result 0, as soon as it is there: `fn` is
 * called by a thread of the job, with several parts at once. Each element is in one part. */
typedef struct eg__then {
    void (*fn)(void *env, int64_t at, int64_t n);
    void *env;
    atomic_int *made; /* the job's: as many as it counts, zeros */
} eg__then;

typedef struct eg__parts {
    eg_status (*run)(const eg_job *job, void *const in[], void *const out[], void *scratch,
        const eg__then *then);
    int64_t parts, counters;
} eg__parts;

/* False: the job makes its result at once. */
bool eg__parts_of(const eg_job *job, eg__parts *parts);

/* Notes that one of the `of` pieces of a part is there, and goes on with it behind the last. */
static inline void eg__part_made(const eg__then *then, int64_t part, int64_t of, int64_t at,
    int64_t n)
{
    if (of > 1 && atomic_fetch_add_explicit(&then->made[part], 1, memory_order_acq_rel) + 1 < of)
        return;
    then->fn(then->env, at, n);
}

/* The same of the jobs of one kernel each. */
bool eg__matmul_loop_parts(const eg_job *job, eg__parts *parts);
bool eg__matmul_onednn_parts(const eg_job *job, eg__parts *parts);
bool eg__conv_direct_parts(const eg_job *job, eg__parts *parts);
bool eg__conv_onednn_parts(const eg_job *job, eg__parts *parts);
bool eg__conv_loop_parts(const eg_job *job, eg__parts *parts);

#endif
