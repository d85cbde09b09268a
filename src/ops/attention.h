/* Attention made of other operations, with whole matrices: what its kernels are held to, what their
 * gradient is differentiated by, and what is written as C.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_ATTENTION_H
#define OPS_ATTENTION_H

#include "kernel/attention.h"
#include <eagre/tensor.h>

/* Of q, k, v and a mask, which may be NULL. */
eg_tensor *eg__attention_whole(const eg__attention_attrs *attrs, eg_tensor *const in[4]);

/* Its gradient by the first n inputs, recorded. */
void eg__attention_whole_gradient(const eg__attention_attrs *attrs, eg_tensor *const in[4],
    eg_tensor *dz, int n, eg_tensor *dx[]);

#endif
