/* Comparison, logic and selection, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/complex.h"
#include "kernel/elementwise.h"

/* ---- comparison ----------------------------------------------------------------------------- */

#define NAME       equal
#define EXPR(x, y) ((x) == (y))
#define R_IS_BOOL
#define WITH_BOOL
#include "kernel/binary_numeric.inc"

#define NAME       not_equal
#define EXPR(x, y) ((x) != (y))
#define R_IS_BOOL
#define WITH_BOOL
#include "kernel/binary_numeric.inc"

#define NAME       less
#define EXPR(x, y) ((x) < (y))
#define R_IS_BOOL
#include "kernel/binary_numeric.inc"

#define NAME       less_equal
#define EXPR(x, y) ((x) <= (y))
#define R_IS_BOOL
#include "kernel/binary_numeric.inc"

#define NAME       greater
#define EXPR(x, y) ((x) > (y))
#define R_IS_BOOL
#include "kernel/binary_numeric.inc"

#define NAME       greater_equal
#define EXPR(x, y) ((x) >= (y))
#define R_IS_BOOL
#include "kernel/binary_numeric.inc"

/* ---- logic ---------------------------------------------------------------------------------- */

#define NAME       logical_and
#define EXPR(x, y) ((x) & (y))
#include "kernel/binary_bool.inc"

#define NAME       logical_or
#define EXPR(x, y) ((x) | (y))
#include "kernel/binary_bool.inc"

#define NAME       logical_xor
#define EXPR(x, y) ((x) ^ (y))
#include "kernel/binary_bool.inc"

static void logical_not(int64_t n, const void *const in[], const int64_t step[], void *out)
{
    const unsigned char *x = in[0];
    unsigned char *z = out;

    (void)step;
    EG__INDEPENDENT
    for (int64_t i = 0; i < n; i++)
        z[i] = x[i] ^ 1;
}

extern const eg_loop EG__FOR_ISA(eg__logical_not)[];
const eg_loop EG__FOR_ISA(eg__logical_not)[EG__DTYPES] = {[EG_BOOL] = logical_not};

/* ---- selection ------------------------------------------------------------------------------ */

#define T bool
#include "kernel/where.inc"
#undef T

#define BODY "kernel/where.inc"
#include "kernel/each_complex.inc"
#include "kernel/each_integer.inc"
#include "kernel/each_real.inc"
#undef BODY

extern const eg_loop EG__FOR_ISA(eg__where)[];
const eg_loop EG__FOR_ISA(eg__where)[EG__DTYPES] = {
    [EG_BOOL] = EG__PASTE2(where, bool),
    EG__INTEGER_ROWS(where),
    [EG_FLOAT16] = where_uint16_t,
    [EG_BFLOAT16] = where_uint16_t,
    [EG_FLOAT32] = where_float,
    [EG_FLOAT64] = where_double,
    [EG_COMPLEX64] = where_complex64,
    [EG_COMPLEX128] = where_complex128,
    [EG_STRING] = where_uint64_t,
};
