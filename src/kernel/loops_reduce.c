/* Sums, extrema and their positions, compiled once for each instruction set.
 *
 * The order of a sum is the same in every set: lanes are counted in elements, not in registers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/reduction.h"
#include <stdbool.h>
#include <string.h>

#define NAME       sum
#define PAIR(a, x) ((A)((W)(a) + (W)(x)))
#define A_OF_INT32 int64_t
#define W_OF_INT32 uint64_t
#include "kernel/reduce_numeric.inc"

#define NOT_A_NUMBER(x) ((x) != (x))

#define NAME              max
#define PAIR(a, x)        ((a) > (x) ? (a) : (x))
#define NAN_OR_PAIR(a, x) ((a) > (x) || NOT_A_NUMBER(a) ? (a) : (x))
#define A_OF_INT32        int32_t
#define W_OF_INT32        uint32_t
#include "kernel/reduce_numeric.inc"

#define NAME              min
#define PAIR(a, x)        ((a) < (x) ? (a) : (x))
#define NAN_OR_PAIR(a, x) ((a) < (x) || NOT_A_NUMBER(a) ? (a) : (x))
#define A_OF_INT32        int32_t
#define W_OF_INT32        uint32_t
#include "kernel/reduce_numeric.inc"

#define T int32_t
#define I int32_t
#include "kernel/argmax.inc"
#undef T
#undef I

#define T int64_t
#define I int64_t
#include "kernel/argmax.inc"
#undef T
#undef I

#define T float
#define I int32_t
#include "kernel/argmax.inc"
#undef T
#undef I

#define T double
#define I int64_t
#include "kernel/argmax.inc"
#undef T
#undef I

const eg__arg_loops EG__FOR_ISA(eg__argmax)[EG__DTYPES] = {
    [EG_INT32] = {argmax_int32_t_rows, argmax_int32_t_columns, argmax_int32_t_merge},
    [EG_INT64] = {argmax_int64_t_rows, argmax_int64_t_columns, argmax_int64_t_merge},
    [EG_FLOAT32] = {argmax_float_rows, argmax_float_columns, argmax_float_merge},
    [EG_FLOAT64] = {argmax_double_rows, argmax_double_columns, argmax_double_merge},
};
