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

/* The first step of a reduction whose axes are the last ones, for who makes its input a piece at a
 * time: rows of `row` elements behind one another, each cut into `units` pieces of `unit` elements,
 * the last one of what is left. A piece leaves one partial result, all of them in order. */
typedef struct eg__units {
    int64_t rows, row, unit, units;
} eg__units;

/* False: the first step is not of this kind. */
bool eg__reduce_units(const eg_job *job, eg__units *units);

/* Where the partial results of the first step belong: in the scratch, or the result itself. */
void *eg__reduce_partials(const eg_job *job, void *out, void *scratch);

/* Reduces `rows` pieces of n elements each, which lie at x, to partials [at, at + rows). */
void eg__reduce_pieces(const eg_job *job, const void *x, void *partials, int64_t at,
    const int64_t shape[2]);

/* The steps behind the first. */
void eg__reduce_rest(const eg_job *job, void *out, void *scratch);

/* Bit i: axis i is reduced. The axes have been checked. */
static inline unsigned eg__reduced_axes(const eg_axes *axes, int rank)
{
    unsigned mask = axes->n == 0 ? (1u << rank) - 1 : 0;

    for (int i = 0; i < axes->n; i++)
        mask |= 1u << (axes->axis[i] + (axes->axis[i] < 0 ? rank : 0));
    return mask;
}

#endif
