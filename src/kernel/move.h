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
 * are complete and not negative. */
typedef struct eg__unslice_attrs {
    size_t size;
    eg_index begin, step, dims;
} eg__unslice_attrs;

extern const eg_kernel eg__transpose_kernel;    /* eg_transpose_attrs */
extern const eg_kernel eg__concat_kernel;       /* any number; eg_concat_attrs */
extern const eg_kernel eg__slice_kernel;        /* eg_slice_attrs */
extern const eg_kernel eg__unslice_kernel;      /* eg__unslice_attrs */
extern const eg_kernel eg__broadcast_to_kernel; /* eg__dims_attrs, unused: the specs say all */
extern const eg_kernel eg__range_kernel;        /* no input; eg__range_attrs */

/* The first position and the distance of a slice along an axis. */
static inline int64_t eg__slice_begin(const eg_slice_attrs *attrs, int axis, int64_t size)
{
    int64_t begin = axis < attrs->begin.n ? attrs->begin.at[axis] : 0;
    return begin + (begin < 0 ? size : 0);
}

static inline int64_t eg__slice_step(const eg_slice_attrs *attrs, int axis)
{
    return axis < attrs->step.n ? attrs->step.at[axis] : 1;
}

#endif
