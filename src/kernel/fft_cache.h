/* Plans of Fourier transforms, kept for the next that need them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_FFT_CACHE_H
#define KERNEL_FFT_CACHE_H

#include "kernel/fft_plan.h"

/* The plan for rows of n > 0 numbers by these loops, with .half where `real` is set; a reference to
 * it. NULL: there is no memory. */
const eg__fft_plan *eg__fft_plan_find(const eg__fft_loops *loops, size_t element, int64_t n,
    bool real);
void eg__fft_plan_release(const eg__fft_plan *plan);

#endif
