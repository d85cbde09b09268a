/* Kernels that move elements without changing them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_MOVE_H
#define KERNEL_MOVE_H

#include "kernel/kernel.h"
#include <eagre/ops/shape.h>

typedef struct eg__dims_attrs {
    size_t size;
    eg_index dims;
} eg__dims_attrs;

typedef struct eg__range_attrs {
    size_t size;
    int64_t n;
} eg__range_attrs;

/* The counterpart of a slice: x goes to begin, begin + step, … of zeros of shape dims. All lists
 * are complete, positions counted from the front. */
typedef struct eg__unslice_attrs {
    size_t size;
    eg_index begin, step, dims;
} eg__unslice_attrs;

extern const eg_kernel eg__transpose_kernel;    /* eg_transpose_attrs */
extern const eg_kernel eg__concat_kernel;       /* any number; eg_concat_attrs */
extern const eg_kernel eg__slice_kernel;        /* eg_slice_attrs */
extern const eg_kernel eg__unslice_kernel;      /* eg__unslice_attrs */
extern const eg_kernel eg__put_slice_kernel;    /* x, part; eg_put_slice_attrs */
extern const eg_kernel eg__broadcast_to_kernel; /* eg__dims_attrs, unused: the specs say all */
extern const eg_kernel eg__range_kernel;        /* no input; eg__range_attrs */

static inline int64_t eg__slice_step(const eg_slice_attrs *attrs, int axis)
{
    return axis < attrs->step.n ? attrs->step.at[axis] : 1;
}

/* The first position of a slice along an axis. */
static inline int64_t eg__slice_begin(const eg_slice_attrs *attrs, int axis, int64_t size)
{
    int64_t begin = eg__slice_step(attrs, axis) < 0 ? -1 : 0;

    begin = axis < attrs->begin.n ? attrs->begin.at[axis] : begin;
    return begin + (begin < 0 ? size : 0);
}

/* How many positions there are from `begin` to the end of an axis, step after step. */
static inline int64_t eg__slice_most(int64_t begin, int64_t step, int64_t size)
{
    if (begin < 0 || begin >= size)
        return 0;
    return 1 + (step < 0 ? -(begin / step) : (size - 1 - begin) / step);
}

#endif
