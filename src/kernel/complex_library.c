/* The kernels of complex.list.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/complex_library.h"

#define EG_LIST "kernel/complex.list"
#include "kernel/loop_kernels.inc"
