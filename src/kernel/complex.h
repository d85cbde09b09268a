/* Complex numbers as kernels see them, and what is done to one.
 *
 * Products are those of the textbook: where a part is infinite the other may become NaN. Quotients
 * are Smith's, which do not overflow on the way. A NaN that comes about is always the same one, so
 * that bits do not depend on the order in which a compiler takes two.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_COMPLEX_H
#define KERNEL_COMPLEX_H

#include "kernel/isa.h"
#include <math.h>
#include <stdbool.h>

typedef struct complex64 {
    float re, im;
} complex64;

typedef struct complex128 {
    double re, im;
} complex128;

#define BODY "kernel/complex.inc"
#include "kernel/each_complex.inc"
#undef BODY

/* The absolute value: exact but for one rounding of each step, and without overflow. */
static inline float abs_of_complex64(complex64 x)
{
    const double re = (double)x.re, im = (double)x.im, size = sqrt(re * re + im * im);
    const bool is_infinite = (fabs(re) == (double)INFINITY) | (fabs(im) == (double)INFINITY);

    return is_infinite ? INFINITY : size != size ? NAN : (float)size;
}

static inline double abs_of_complex128(complex128 x)
{
    const double size = hypot(x.re, x.im);

    return size != size ? (double)NAN : size;
}

#endif
