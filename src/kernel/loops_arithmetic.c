/* Arithmetic, comparison, logic and selection, compiled once for each instruction set.
 *
 * The names here make symbols like eg__add_avx2: EG__FOR_ISA(eg__add).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include <math.h>

#define EG__PASTE_NAME(name) EG__PASTE2(eg_, name)

#define NAME       add
#define EXPR(x, y) ((W)(x) + (W)(y))
#include "kernel/binary_numeric.inc"

#define NAME       sub
#define EXPR(x, y) ((W)(x) - (W)(y))
#include "kernel/binary_numeric.inc"

#define NAME       mul
#define EXPR(x, y) ((W)(x) * (W)(y))
#include "kernel/binary_numeric.inc"

/* NaN wins over numbers. */
#define NAME       maximum
#define EXPR(x, y) ((x) > (y) || (x) != (x) ? (x) : (y))
#include "kernel/binary_numeric.inc"

#define NAME       minimum
#define EXPR(x, y) ((x) < (y) || (x) != (x) ? (x) : (y))
#include "kernel/binary_numeric.inc"

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
