/* What attention does beside products and softmax, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/attention_loops.h"

#define BODY "kernel/attention.inc"
#include "kernel/each_real.inc"

const eg__attention_loops EG__FOR_ISA(eg__attention)[EG__DTYPES] = {
    [EG_FLOAT32] = {float_scale, float_add, float_soften},
    [EG_FLOAT64] = {double_scale, double_add, double_soften},
};
