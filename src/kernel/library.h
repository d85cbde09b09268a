/* Vectors of SLEEF's deterministic functions for the instruction set at hand, or one number at a
 * time of libm.
 *
 * EG__OF_DOUBLES(name, bound) is the function whose error is below `bound` (SLEEF's spelling, u10:
 * 1.0 units of the last place). It takes and returns eg__doubles, each lane by the same operations
 * as every other.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_LIBRARY_H
#define KERNEL_LIBRARY_H

#if defined(EG_HAVE_SLEEF) && defined(__SSE2__)
#include <sleef.h>
#if defined(__AVX512F__)
typedef __m512d eg__doubles;
#define EG__OF_DOUBLES(name, bound) Sleef_finz_##name##d8_##bound##avx512f
#elif defined(__AVX2__)
typedef __m256d eg__doubles;
#define EG__OF_DOUBLES(name, bound) Sleef_finz_##name##d4_##bound##avx2
#else
typedef __m128d eg__doubles;
#define EG__OF_DOUBLES(name, bound) Sleef_cinz_##name##d2_##bound##sse2
#endif
#else
#include <math.h>
typedef double eg__doubles;
#define EG__OF_DOUBLES(name, bound) name
#endif

#endif
