/* Real numbers as whole ones and back: eg_quantize and eg_dequantize.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_QUANTIZE_H
#define KERNEL_QUANTIZE_H

#include "kernel/elementwise.h"

/* The loops, by the real dtype and then by that of the whole numbers. */
enum { EG__QUANTIZED_REALS = 2 }; /* float32, float64 */
typedef const eg_loop eg__quantize_loops[EG__QUANTIZED_REALS][EG__DTYPES];

/* x, scale, zero; q, scale, zero. Reals of 32 or 64 bits, whole numbers of up to 32. */
extern const eg_kernel eg__quantize_kernel, eg__dequantize_kernel;

#endif
