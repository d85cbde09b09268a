/* Powers of whole numbers, which wrap. A negative exponent is an error.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_POWER_H
#define KERNEL_POWER_H

#include "kernel/kernel.h"

extern const eg_kernel eg__whole_pow_kernel; /* x, exponents */

#endif
