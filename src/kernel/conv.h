/* Convolutions and their gradients: x [images, sizes, channels], w [sizes, channels of a group,
 * results], y [images, sizes, results]. eg_conv_attrs. Each of the three follows from the other two
 * by one operation, and all three have the same geometry.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_CONV_H
#define KERNEL_CONV_H

#include "kernel/kernel.h"
#include "kernel/window.h"
#include <eagre/ops/conv.h>

typedef struct eg__conv {
    eg__window at;
    int64_t n, groups, c, o; /* images; channels and results of one group */
} eg__conv;

/* Which of the three is computed. */
typedef enum eg__conv_kind {
    EG__CONV,
    EG__CONV_INPUT,
    EG__CONV_FILTER,
    EG__CONV_KINDS
} eg__conv_kind;

eg__window_rule eg__conv_rule(const eg_conv_attrs *attrs);

/* NULL, or what is wrong with the shapes. */
const char *eg__conv_set(eg__conv *g, const eg_conv_attrs *attrs, const eg_spec *x,
    const eg_spec *w);

/* The geometry of a problem whose shapes are right. */
void eg__conv_read(eg__conv *g, eg__conv_kind kind, const eg_problem *p);

/* Multiplications and additions. */
double eg__conv_work(const eg__conv *g);

extern const eg_kernel eg__conv_onednn[EG__CONV_KINDS];  /* float32, of some size */
extern const eg_kernel eg__conv_direct[EG__CONV_FILTER]; /* of some channels; y, and x's gradient */
extern const eg_kernel eg__conv_loop[EG__CONV_KINDS];    /* what MatMul's loops take */

#endif
