/* What elementary.h computes with: eg__floats is one float, of which compilers make vectors, or
 * with AVX-512 sixteen, since its instructions for powers of two have no spelling in C.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_FLOATS_H
#define KERNEL_FLOATS_H

#include "base/bits.h"
#include "kernel/isa.h"
#include <math.h>

/* x * y - p, rounded once: what p, the product rounded, has lost. */
EG_HOT_INLINE float eg__lost_f32(float x, float y, float p)
{
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    return EG__FMA_F32(x, y, -p);
#else
    return (float)((double)x * y - p);
#endif
}

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__GNUC__)
#define EG__SIXTEEN
#include <immintrin.h>

typedef __m512 eg__floats;

/* The exponent of a power of two: a whole number, or one whose fraction is dropped. */
typedef __m512 eg__power;

EG_HOT_INLINE eg__floats eg__all(float x)
{
    return _mm512_set1_ps(x);
}

/* The first n, which are at most 16; then zeros. */
EG_HOT_INLINE eg__floats eg__load(const float *x, int64_t n)
{
    return _mm512_maskz_loadu_ps((__mmask16)(n < 16 ? (1u << n) - 1 : 0xffffu), x);
}

EG_HOT_INLINE void eg__store(float *y, eg__floats x, int64_t n)
{
    _mm512_mask_storeu_ps(y, (__mmask16)(n < 16 ? (1u << n) - 1 : 0xffffu), x);
}

EG_HOT_INLINE eg__floats eg__fma(eg__floats x, eg__floats y, eg__floats z)
{
    return _mm512_fmadd_ps(x, y, z);
}

EG_HOT_INLINE eg__floats eg__lost(eg__floats x, eg__floats y, eg__floats p)
{
    return _mm512_fmsub_ps(x, y, p);
}

EG_HOT_INLINE eg__floats eg__size(eg__floats x)
{
    return _mm512_abs_ps(x);
}

/* x with the sign of y. */
EG_HOT_INLINE eg__floats eg__signed(eg__floats x, eg__floats y)
{
    return (eg__floats)_mm512_ternarylogic_epi32(_mm512_set1_epi32(INT32_MIN), (__m512i)y,
        (__m512i)x, 0xca);
}

/* NaN stays what it is, and a zero keeps its sign. */
EG_HOT_INLINE eg__floats eg__at_most(eg__floats x, float most)
{
    return _mm512_min_ps(_mm512_set1_ps(most), x);
}

EG_HOT_INLINE eg__floats eg__at_least(eg__floats x, float least)
{
    return _mm512_max_ps(_mm512_set1_ps(least), x);
}

EG_HOT_INLINE eg__floats eg__between(eg__floats x, float least, float most)
{
    return eg__at_most(eg__at_least(x, least), most);
}

EG_HOT_INLINE eg__floats eg__where_below(eg__floats x, float limit, eg__floats y, eg__floats z)
{
    return _mm512_mask_mov_ps(z, _mm512_cmp_ps_mask(x, _mm512_set1_ps(limit), _CMP_LT_OQ), y);
}

/* y where x is above 0, z otherwise and where x is NaN. */
EG_HOT_INLINE eg__floats eg__where_positive(eg__floats x, eg__floats y, eg__floats z)
{
    return _mm512_mask_mov_ps(z, _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_GT_OQ), y);
}

/* x, or a zero of either sign where it is not above 0. */
EG_HOT_INLINE eg__floats eg__positive(eg__floats x)
{
    return _mm512_max_ps(_mm512_setzero_ps(), x);
}

EG_HOT_INLINE eg__power eg__power_of(eg__floats shifted, eg__floats whole)
{
    (void)shifted;
    return whole;
}

/* y 2^n, rounded once. */
EG_HOT_INLINE eg__floats eg__scaled(eg__floats y, eg__power n)
{
    return _mm512_scalef_ps(y, n);
}

/* y 2^n for n up to 63, or what is below 2^-126 instead. */
EG_HOT_INLINE eg__floats eg__scaled_near(float y, eg__power n)
{
    return _mm512_scalef_ps(_mm512_set1_ps(y), n);
}

#else

typedef float eg__floats;

/* An exponent in the last nine bits; what is above them falls off when it is shifted into place. */
typedef uint32_t eg__power;

EG_HOT_INLINE eg__floats eg__all(float x)
{
    return x;
}

EG_HOT_INLINE eg__floats eg__fma(eg__floats x, eg__floats y, eg__floats z)
{
    return EG__FMA_F32(x, y, z);
}

EG_HOT_INLINE eg__floats eg__lost(eg__floats x, eg__floats y, eg__floats p)
{
    return eg__lost_f32(x, y, p);
}

EG_HOT_INLINE eg__floats eg__size(eg__floats x)
{
    return fabsf(x);
}

EG_HOT_INLINE eg__floats eg__signed(eg__floats x, eg__floats y)
{
    return copysignf(x, y);
}

EG_HOT_INLINE eg__floats eg__at_most(eg__floats x, float most)
{
    return x > most ? most : x;
}

EG_HOT_INLINE eg__floats eg__at_least(eg__floats x, float least)
{
    return x < least ? least : x;
}

/* Both compare x itself, of which gcc makes less. */
EG_HOT_INLINE eg__floats eg__between(eg__floats x, float least, float most)
{
    const float low = x < least ? least : x;

    return x > most ? most : low;
}

EG_HOT_INLINE eg__floats eg__where_below(eg__floats x, float limit, eg__floats y, eg__floats z)
{
    return x < limit ? y : z;
}

EG_HOT_INLINE eg__floats eg__where_positive(eg__floats x, eg__floats y, eg__floats z)
{
    return x > 0 ? y : z;
}

EG_HOT_INLINE eg__floats eg__positive(eg__floats x)
{
    return x < 0 ? 0 : x;
}

EG_HOT_INLINE eg__power eg__power_of(eg__floats shifted, eg__floats whole)
{
    (void)whole;
    return eg__bits_of_float(shifted);
}

/* 2^(n + k), a normal number. */
EG_HOT_INLINE float eg__two_to(eg__power n, int k)
{
    return eg__float_of_bits((n << 23) + (uint32_t)(k + 127) * 0x800000u);
}

/* Only for n in [-190, 63] and a result below 2^63. */
EG_HOT_INLINE eg__floats eg__scaled(eg__floats y, eg__power n)
{
    return y * eg__two_to(n, 64) * 0x1p-64f;
}

EG_HOT_INLINE eg__floats eg__scaled_near(float y, eg__power n)
{
    return eg__two_to(n, 64) * (y * 0x1p-64f);
}

#endif

/* A step of Horner's scheme. */
EG_HOT_INLINE eg__floats eg__step(eg__floats p, eg__floats x, float c)
{
    return eg__fma(p, x, eg__all(c));
}

#endif
