/* Arithmetic of complex numbers, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/elementwise.h"
#include "kernel/complex.h"

/* ---- of two arguments ----------------------------------------------------------------------- */

#define BODY "kernel/complex_binary.inc"

#define NAME complex_add
#define OF   add
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_sub
#define OF   sub
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_mul
#define OF   mul
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_div
#define OF   div
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_equal
#define OF   equal
#define R    bool
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_not_equal
#define OF   not_equal
#define R    bool
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#undef BODY

/* ---- of one argument ------------------------------------------------------------------------ */

#define BODY "kernel/complex_unary.inc"

#define NAME complex_neg
#define OF   neg
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_square
#define OF   square
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME conj
#define OF   conj
#define R    T
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME complex_abs
#define OF   abs
#define R    P
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME real
#define OF   re
#define R    P
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#define NAME imag
#define OF   im
#define R    P
#include "kernel/each_complex.inc"
#include "kernel/complex_table.inc"

#undef BODY

/* ---- a complex number of two ---------------------------------------------------------------- */

#define BODY "kernel/complex_make.inc"
#include "kernel/each_complex.inc"
#undef BODY

extern const eg_loop EG__FOR_ISA(eg__make_complex)[];
const eg_loop EG__FOR_ISA(eg__make_complex)[EG__DTYPES] = {
    [EG_FLOAT32] = make_complex_float,
    [EG_FLOAT64] = make_complex_double,
};
