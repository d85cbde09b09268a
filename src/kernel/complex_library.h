/* Elementary functions of complex numbers: the kernels of complex.list, eg__complex_exp_loop and so
 * on.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_COMPLEX_LIBRARY_H
#define KERNEL_COMPLEX_LIBRARY_H

#include "kernel/elementwise.h"

#define EG_LOOP(name, by, cost, wide) extern const eg_kernel eg__##name##_loop;
#include "kernel/complex.list"
#undef EG_LOOP

#endif
