/* Kernels that reduce axes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_REDUCE_H
#define KERNEL_REDUCE_H

#include "kernel/kernel.h"
#include <eagre/ops/reduce.h>

/* eg_reduce_attrs */
extern const eg_kernel eg__sum_kernel, eg__prod_kernel, eg__max_kernel, eg__min_kernel;
extern const eg_kernel eg__any_kernel, eg__all_kernel; /* of bools */

extern const eg_kernel eg__argmax_kernel, eg__argmin_kernel; /* eg_argmax_attrs */

/* Bit i: axis i is reduced. The axes have been checked. */
static inline unsigned eg__reduced_axes(const eg_axes *axes, int rank)
{
    unsigned mask = axes->n == 0 ? (1u << rank) - 1 : 0;

    for (int i = 0; i < axes->n; i++)
        mask |= 1u << (axes->axis[i] + (axes->axis[i] < 0 ? rank : 0));
    return mask;
}

#endif
