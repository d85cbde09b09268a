/* Sums, extrema and their positions, compiled once for each instruction set.
 *
 * The order of a sum is the same in every set: lanes are counted in elements, not in registers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/complex.h"
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
#define COMPLEX_PAIR    EG__PASTE2(add_of, T)
#define INTO            WIDEST
#include "kernel/reduce_numeric.inc"

#define NAME            prod
#define PAIR(a, x)      ((A)((uint64_t)(a) * (uint64_t)(x)))
#define REAL_PAIR(a, x) ((a) * (x))
#define COMPLEX_PAIR    EG__PASTE2(mul_of, T)
#define INTO            WIDEST
#include "kernel/reduce_numeric.inc"

/* ---- any, all: of bools, which are bytes 0 and 1 --------------------------------------------- */

#define T uint8_t
#define A T

#define NAME       any
#define PAIR(a, x) ((T)((a) | (x)))
#include "kernel/reduce.inc"
const eg__reduction EG__FOR_ISA(eg__any)[EG__DTYPES] = {
    [EG_BOOL] = {any_uint8_t_rows, any_uint8_t_columns}};
#undef NAME
#undef PAIR

#define NAME       all
#define PAIR(a, x) ((T)((a) & (x)))
#include "kernel/reduce.inc"
const eg__reduction EG__FOR_ISA(eg__all)[EG__DTYPES] = {
    [EG_BOOL] = {all_uint8_t_rows, all_uint8_t_columns}};
#undef NAME
#undef PAIR
#undef T
#undef A

/* ---- max, min ------------------------------------------------------------------------------- */

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

/* ---- argmax, argmin ------------------------------------------------------------------------- */

/* Positions within a block, which has a few thousand rows at most, in an integer of the elements'
 * size or of 16 bits. */
#define POSITION(T) EG__PASTE2(position_of, T)
typedef int16_t position_of_int8_t, position_of_int16_t, position_of_uint8_t, position_of_uint16_t;
typedef int32_t position_of_int32_t, position_of_uint32_t, position_of_float;
typedef int64_t position_of_int64_t, position_of_uint64_t, position_of_double;

#define I POSITION(T)

#define NAME            argmax
#define EXTREME         max
#define BEYOND(x, best) ((x) > (best))
#include "kernel/argmax_numeric.inc"

#define NAME            argmin
#define EXTREME         min
#define BEYOND(x, best) ((x) < (best))
#include "kernel/argmax_numeric.inc"
