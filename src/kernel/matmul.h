/* Matrix products: [..., m, k] times [..., k, n], either operand transposed in its last two axes;
 * leading axes broadcast. eg_matmul_attrs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_MATMUL_H
#define KERNEL_MATMUL_H

#include "kernel/kernel.h"
#include <eagre/ops/math.h>

extern const eg_kernel eg__matmul_tiny;      /* float32, of a few rows and columns */
extern const eg_kernel eg__matmul_small;     /* float32, where oneDNN is no faster */
extern const eg_kernel eg__matmul_onednn;    /* float32, through oneDNN's matmul primitive */
extern const eg_kernel eg__matmul_reference; /* every numeric dtype: three loops, blocked */
extern const eg_kernel eg__matmul_complex;   /* complex dtypes, by the kernels above */

#endif
