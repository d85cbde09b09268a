/* What Fourier transforms need around the library's, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/fft_plan.h"
#include "kernel/vector.h"
#include <math.h>
#include <string.h>

#ifdef EG_HAVE_EIGEN

/* e^(-2 pi i t / n) for t >= 0, by an angle of at most an eighth of a turn. */
static void power_of_root(int64_t t, int64_t n, double *re, double *im)
{
    const double quarter_pi = 0.78539816339744830962;
    const int64_t eighths = t % n * 8, octant = eighths / n, rest = eighths % n;
    const double angle = quarter_pi * (double)(octant % 2 ? n - rest : rest) / (double)n;
    const double c = cos(angle), s = sin(angle);
    const bool turned = (octant + 1) / 2 % 2, left = octant > 1 && octant < 6, below = octant < 4;

    *re = (left ? -1 : 1) * (turned ? s : c);
    *im = (below ? -1 : 1) * (turned ? c : s);
}

extern const eg__fft_library EG__FOR_ISA(eg__fft_library_float);
extern const eg__fft_library EG__FOR_ISA(eg__fft_library_double);

/* Places of the elements of two vectors, by how many a vector has. */
#define LOW_2   0, 2
#define HIGH_2  1, 3
#define EVEN_2  0, 2
#define ODD_2   1, 3
#define LOW_4   0, 4, 1, 5
#define HIGH_4  2, 6, 3, 7
#define EVEN_4  0, 2, 4, 6
#define ODD_4   1, 3, 5, 7
#define LOW_8   0, 8, 1, 9, 2, 10, 3, 11
#define HIGH_8  4, 12, 5, 13, 6, 14, 7, 15
#define EVEN_8  EVEN_4, 8, 10, 12, 14
#define ODD_8   ODD_4, 9, 11, 13, 15
#define LOW_16  0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH_16 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define EVEN_16 EVEN_8, 16, 18, 20, 22, 24, 26, 28, 30
#define ODD_16  ODD_8, 17, 19, 21, 23, 25, 27, 29, 31

#if defined(__AVX512F__)
#define OF_FLOATS(places)  places##_16
#define OF_DOUBLES(places) places##_8
#elif defined(__AVX2__)
#define OF_FLOATS(places)  places##_8
#define OF_DOUBLES(places) places##_4
#else
#define OF_FLOATS(places)  places##_4
#define OF_DOUBLES(places) places##_2
#endif

#define LIBRARY (&EG__FOR_ISA(eg__fft_library_float))
#define T       float
#define LOW     OF_FLOATS(LOW)
#define HIGH    OF_FLOATS(HIGH)
#define EVEN    OF_FLOATS(EVEN)
#define ODD     OF_FLOATS(ODD)
#include "kernel/fft.inc"
#undef T
#undef LIBRARY
#undef LOW
#undef HIGH
#undef EVEN
#undef ODD

#define LIBRARY (&EG__FOR_ISA(eg__fft_library_double))
#define T       double
#define LOW     OF_DOUBLES(LOW)
#define HIGH    OF_DOUBLES(HIGH)
#define EVEN    OF_DOUBLES(EVEN)
#define ODD     OF_DOUBLES(ODD)
#include "kernel/fft.inc"
#undef T
#undef LIBRARY

#endif
