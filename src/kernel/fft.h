/* Kernels of discrete Fourier transforms along the last axis, for complex64 and complex128.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_FFT_H
#define KERNEL_FFT_H

#include "kernel/kernel.h"

typedef struct eg__fft_attrs {
    size_t size;
    bool backward; /* exponents with a positive sign */
    int64_t n;     /* of Irfft: elements of a row of the result */
    double scale;  /* what the result is multiplied by [1] */
} eg__fft_attrs;

extern const eg_kernel eg__fft_kernel;   /* x; backward, scale */
extern const eg_kernel eg__rfft_kernel;  /* x, real; scale */
extern const eg_kernel eg__irfft_kernel; /* x, half of a row; n, scale */

#endif
