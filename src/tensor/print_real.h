/* Real numbers as NumPy writes those of one array: positional or with exponents, aligned at the
 * point, with the fewest digits that tell each from its neighbours.
 *
 * All numbers that will be shown are looked at, then measured, then put:
 *     look at each, choose; measure each, settle; put each.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TENSOR_PRINT_REAL_H
#define TENSOR_PRINT_REAL_H

#include "base/text.h"
#include "tensor/dtype.h"

typedef struct eg__real_style {
    eg_dtype dtype; /* fewer digits tell numbers of a narrow one apart */
    int precision;  /* digits after the point: at most; with exponents, once settled, exactly */
    bool exponential;
    int exponent;       /* digits of the exponent */
    int left, right;    /* columns before and behind the point */
    int special;        /* the longest of "nan", "inf", "-inf" among them; 0: all are finite */
    bool is_imaginary;  /* with a sign in front, always, and j behind */
    double least, most; /* of the magnitudes that are finite and not zero; 0: there are none */
} eg__real_style;

void eg__real_style_look(eg__real_style *style, double x);
void eg__real_style_choose(eg__real_style *style);
void eg__real_style_measure(eg__real_style *style, double x);
void eg__real_style_settle(eg__real_style *style);
void eg__real_put(eg__text *text, const eg__real_style *style, double x);

#endif
