/* Resizing, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/isa.h"
#include "kernel/resize.h"
#include <string.h>

enum { BLOCK = 64, SHORT = 16 }; /* elements at a time */

#define BODY "kernel/blend.inc"
#include "kernel/each_real.inc"
#undef BODY

extern const eg__blend_loop EG__FOR_ISA(eg__resize)[];

const eg__blend_loop EG__FOR_ISA(eg__resize)[EG__DTYPES] = {
    [EG_FLOAT32] = resize_float,
    [EG_FLOAT64] = resize_double,
};
