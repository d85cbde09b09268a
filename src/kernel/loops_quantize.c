/* Quantizing, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/quantize.h"
#include <math.h>
#include <stdbool.h>

/* The nearest whole number, of two the even one. */
#define NEAREST(x) (sizeof(T) == sizeof(float) ? (T)rintf((float)(x)) : (T)rint((double)(x)))

#define BODY "kernel/quantize_each.inc"
#include "kernel/each_real.inc"
#undef BODY

#define ROW(name, T)                                                                               \
    {                                                                                              \
        [EG_INT8] = name##_##T##_int8_t, [EG_UINT8] = name##_##T##_uint8_t,                        \
        [EG_INT16] = name##_##T##_int16_t, [EG_UINT16] = name##_##T##_uint16_t,                    \
        [EG_INT32] = name##_##T##_int32_t, [EG_UINT32] = name##_##T##_uint32_t                     \
    }

extern eg__quantize_loops EG__FOR_ISA(eg__quantize), EG__FOR_ISA(eg__dequantize);
eg__quantize_loops EG__FOR_ISA(eg__quantize) = {ROW(quantize, float), ROW(quantize, double)};
eg__quantize_loops EG__FOR_ISA(eg__dequantize) = {ROW(dequantize, float), ROW(dequantize, double)};
