/* softmax and its kin, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/elementary.h"
#include "kernel/row_loops.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { BLOCK = 4096, COLUMN_BLOCK = 64, SIDE_BY_SIDE = 64 };

#define GROWN 0x1p64

/* x = n ln 2 + r as in eg__exp_part_f32; then the series for e^r - 1, up to r^13. */
static inline double grown_exp_f64(double x)
{
    const double shift = 0x1.8p52, y = x < -746 ? -746 : x;
    const double shifted = EG__FMA_F64(y, 0x1.71547652b82fep0, shift), n = shifted - shift;
    const double r = EG__FMA_F64(n, -0x1.a39ef35793c76p-33, EG__FMA_F64(n, -0x1.62e42feep-1, y));
    const double r2 = r * r, r4 = r2 * r2;
    const double a = EG__FMA_F64(r, 1. / 6, 1. / 2), b = EG__FMA_F64(r, 1. / 120, 1. / 24);
    const double c = EG__FMA_F64(r, 1. / 5040, 1. / 720);
    const double d = EG__FMA_F64(r, 1. / 362880, 1. / 40320);
    const double e = EG__FMA_F64(r, 1. / 39916800, 1. / 3628800);
    const double f = EG__FMA_F64(r, 1. / 6227020800, 1. / 479001600);
    const double low = EG__FMA_F64(r2, b, a), middle = EG__FMA_F64(r2, d, c);
    const double high = EG__FMA_F64(r4, EG__FMA_F64(r2, f, e), middle);
    const double part = EG__FMA_F64(r2, EG__FMA_F64(r4, high, low), r);
    /* What is left of the shift falls off. */
    const double scale = eg__double_of_bits((eg__bits_of_double(shifted) + 64 + 1023) << 52);

    return EG__FMA_F64(scale, part, scale);
}

/* NaN is passed over: its exponential will show. */
#define PAIR(a, x) ((a) > (x) ? (a) : (x))

#define T float
#ifdef EG__SIXTEEN
static inline void float_column_terms(const float *x, const float most[], int64_t c, float *term)
{
    for (int64_t j = 0; j < c; j += 16) {
        const eg__floats d = eg__load(x + j, c - j) - eg__load(most + j, c - j);
        eg__store(term + j, eg__exp_raised_f32(d), c - j);
    }
}
#include "kernel/row_columns.inc"
#include "kernel/sixteen_rows.h"
#else
#define EXP eg__exp_raised_f32
#include "kernel/row_columns.inc"
#include "kernel/rows.inc"
#undef EXP
#endif
#undef T

#define T   double
#define EXP grown_exp_f64
#include "kernel/row_columns.inc"
#include "kernel/rows.inc"
#undef T
#undef EXP

const eg__softmax_loops EG__FOR_ISA(eg__softmax)[EG__DTYPES] = {
    [EG_FLOAT32] = {float_softmax, float_softmax_columns},
    [EG_FLOAT64] = {double_softmax, double_softmax_columns},
};

const eg__softmax_loops EG__FOR_ISA(eg__log_softmax)[EG__DTYPES] = {
    [EG_FLOAT32] = {float_log_softmax, float_log_softmax_columns},
    [EG_FLOAT64] = {double_log_softmax, double_log_softmax_columns},
};

const eg__loss_loop EG__FOR_ISA(eg__loss)[EG__DTYPES] = {
    [EG_FLOAT32] = float_loss,
    [EG_FLOAT64] = double_loss,
};

const eg__loss_back_loop EG__FOR_ISA(eg__loss_back)[EG__DTYPES] = {
    [EG_FLOAT32] = float_loss_back,
    [EG_FLOAT64] = double_loss_back,
};
