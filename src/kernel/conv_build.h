/* What oneDNN computes of a convolution: one for a thread, of some images or of a band of one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_CONV_BUILD_H
#define KERNEL_CONV_BUILD_H

#include "kernel/conv.h"
#include "kernel/onednn.h"

#ifdef EG_HAVE_DNNL

/* What a primitive computes. */
typedef struct eg__conv_plan {
    eg__builder build;
    int32_t kind, reorders; /* reorders: the filter's primitive, not the convolution */
    int32_t n, groups, c, o;
    int32_t in[EG__SPATIAL], k[EG__SPATIAL], out[EG__SPATIAL];
    int32_t stride[EG__SPATIAL], dilation[EG__SPATIAL], before[EG__SPATIAL];
} eg__conv_plan;

_Static_assert(sizeof(eg__conv_plan) <= EG__PRIMITIVE_KEY, "a plan is a key");

/* Builds it; the key is a plan. */
dnnl_status_t eg__conv_build(const void *key, eg__blueprint *to);

#endif
#endif
