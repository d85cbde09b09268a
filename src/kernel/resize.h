/* Resizing along one axis: each element of the result is a weighed sum of elements of x, or one of
 * them. The gradient is the same with the table of weights transposed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_RESIZE_H
#define KERNEL_RESIZE_H

#include "kernel/kernel.h"
#include <eagre/ops/resize.h>

typedef struct eg__resize_attrs {
    size_t size;
    int axis;
    int64_t to;   /* size of the result along the axis: x's, of the gradient */
    double scale; /* result's size to x's, before that was rounded; 0: as the sizes are */
    int method;   /* eg_resize_method and so on */
    int coordinates;
    int rounding;
    double cubic_a;    /* 0: -0.75 */
    double begin, end; /* of crops */
    bool exclude_outside, antialias;
    bool means; /* of windows from i * x / to, rounded down, to (i + 1) * x / to, rounded up */
} eg__resize_attrs;

/* NULL, or what is wrong with resizing n elements to m. */
const char *eg__resize_check(const eg__resize_attrs *attrs, int64_t n, int64_t m);

/* Where in x element i of the result lies. */
double eg__resize_place(const eg__resize_attrs *attrs, int64_t n, int64_t m, int64_t i);

/* Whether a place is outside of x, in the one convention that has an outside. */
bool eg__resize_is_outside(const eg__resize_attrs *attrs, int64_t n, double place);

/* About how many elements of x have a weight in one of the result. */
double eg__resize_neighbours(const eg__resize_attrs *attrs, int64_t n, int64_t m);

extern const eg_kernel eg__resize_kernel, eg__resize_grad_kernel;

/* ---- loops, by dtype ------------------------------------------------------------------------ */

/* Row i of the result, [begin, end), is the sum over t in [start[i], start[i + 1]) of weight[t]
 * times row from[t] of x; rows have `inner` elements. */
typedef struct eg__blend {
    const void *x;
    void *y; /* row `begin` */
    int64_t begin, end, inner;
    const int64_t *start, *from;
    const double *weight;
} eg__blend;

typedef void (*eg__blend_loop)(const eg__blend *b);

#endif
