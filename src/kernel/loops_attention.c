/* What attention does beside products and softmax, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/attention_loops.h"
#include <math.h>

#define BODY "kernel/attention.inc"
#include "kernel/each_real.inc"

#define ROW(T)                                                                                     \
    {                                                                                              \
        T##_scale, T##_add, T##_soften, T##_cap, T##_bend, T##_mask, T##_hide, T##_unmask          \
    }

const eg__attention_loops EG__FOR_ISA(eg__attention)[EG__DTYPES] = {
    [EG_FLOAT32] = ROW(float),
    [EG_FLOAT64] = ROW(double),
};
