/* Sums, extrema and their positions, compiled once for each instruction set.
 *
 * The order of a sum is the same in every set: lanes are counted in elements, not in registers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/reduction.h"
#include <stdbool.h>
#include <string.h>

/* Sums of whole numbers have 64 bits, with or without a sign as their numbers. */
#define WIDEST(T) EG__PASTE2(widest_of, T)
typedef int64_t widest_of_int8_t, widest_of_int16_t, widest_of_int32_t, widest_of_int64_t;
typedef uint64_t widest_of_uint8_t, widest_of_uint16_t, widest_of_uint32_t, widest_of_uint64_t;

#define NAME            sum
#define PAIR(a, x)      ((A)((uint64_t)(a) + (uint64_t)(x)))
#define REAL_PAIR(a, x) ((a) + (x))
#define INTO            WIDEST
#include "kernel/reduce_numeric.inc"

#define NOT_A_NUMBER(x) ((x) != (x))
#define SAME(T)         T

#define NAME              max
#define PAIR(a, x)        ((a) > (x) ? (a) : (x))
#define REAL_PAIR(a, x)   ((a) > (x) ? (a) : (x))
#define NAN_OR_PAIR(a, x) ((a) > (x) || NOT_A_NUMBER(a) ? (a) : (x))
#define INTO              SAME
#include "kernel/reduce_numeric.inc"

#define NAME              min
#define PAIR(a, x)        ((a) < (x) ? (a) : (x))
#define REAL_PAIR(a, x)   ((a) < (x) ? (a) : (x))
#define NAN_OR_PAIR(a, x) ((a) < (x) || NOT_A_NUMBER(a) ? (a) : (x))
#define INTO              SAME
#include "kernel/reduce_numeric.inc"

/* Positions within a block, which has a few thousand rows at most, in an integer of the elements'
 * size or of 16 bits. */
#define POSITION(T) EG__PASTE2(position_of, T)
typedef int16_t position_of_int8_t, position_of_int16_t, position_of_uint8_t, position_of_uint16_t;
typedef int32_t position_of_int32_t, position_of_uint32_t, position_of_float;
typedef int64_t position_of_int64_t, position_of_uint64_t, position_of_double;

#define I    POSITION(T)
#define BODY "kernel/argmax.inc"
#include "kernel/each_integer.inc"
#include "kernel/each_real.inc"
#undef BODY
#undef I

#define LOOPS(T)                                                                                   \
    {                                                                                              \
        argmax_##T##_rows, argmax_##T##_columns, argmax_##T##_merge                                \
    }
const eg__arg_loops EG__FOR_ISA(eg__argmax)[EG__DTYPES] = {
    [EG_INT8] = LOOPS(int8_t),
    [EG_INT16] = LOOPS(int16_t),
    [EG_INT32] = LOOPS(int32_t),
    [EG_INT64] = LOOPS(int64_t),
    [EG_UINT8] = LOOPS(uint8_t),
    [EG_UINT16] = LOOPS(uint16_t),
    [EG_UINT32] = LOOPS(uint32_t),
    [EG_UINT64] = LOOPS(uint64_t),
    [EG_FLOAT32] = LOOPS(float),
    [EG_FLOAT64] = LOOPS(double),
};
