/* Layer normalisation, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/norm_loops.h"
#include <math.h>
#include <string.h>

enum { BLOCK = 4096 };

static inline float float_fused(float x, float y, float z)
{
    return EG__FMA_F32(x, y, z);
}

static inline double double_fused(double x, double y, double z)
{
    return EG__FMA_F64(x, y, z);
}

#define BODY "kernel/norm.inc"
#include "kernel/each_real.inc"

const eg__norm_loops EG__FOR_ISA(eg__norm)[EG__DTYPES] = {
    [EG_FLOAT32] = {float_forward, float_backward, float_add},
    [EG_FLOAT64] = {double_forward, double_backward, double_add},
};
