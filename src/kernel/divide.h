/* Division that rounds down, and what it leaves. Integers divided by zero are errors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_DIVIDE_H
#define KERNEL_DIVIDE_H

#include "kernel/kernel.h"

extern const eg_kernel eg__floor_div_kernel, eg__remainder_kernel;

#endif
