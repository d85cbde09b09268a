/* Division that rounds down, and what that and C's division leave. Integers divided by zero are
 * errors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_DIVIDE_H
#define KERNEL_DIVIDE_H

#include "kernel/kernel.h"

extern const eg_kernel eg__floor_div_kernel, eg__remainder_kernel, eg__fmod_kernel;

#endif
