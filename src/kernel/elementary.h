/* exp, log, tanh, sigmoid, gelu and others of float32, as text that compilers turn into vectors, or
 * of sixteen at once: see floats.h.
 *
 * No branch, no call: an element's bits do not depend on its position. A NaN keeps its bits but for
 * the sign. Instruction sets differ in the last bits. Every coefficient is a least-maximum fit of
 * the relative error, rounded to float32 one by one, the others fitted again after each.
 * docs/accuracy.md has the largest errors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ELEMENTARY_H
#define KERNEL_ELEMENTARY_H

#include "kernel/floats.h"

/* x * y - p, rounded once, for factors below 2^990 and p near their product; without fused
 * multiply-add both are cut in two parts, whose products are exact. Source: Dekker,
 * doi:10.1007/BF01397083. */
static inline double eg__lost_f64(double x, double y, double p)
{
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    return EG__FMA_F64(x, y, -p);
#else
    const double u = 0x8000001p0 * x, v = 0x8000001p0 * y;
    const double x0 = u - (u - x), x1 = x - x0, y0 = v - (v - y), y1 = y - y0;

    return x1 * y1 - (((p - x0 * y0) - x1 * y0) - x0 * y1);
#endif
}

/* x y = n + f, n whole, |f| up to 1/2; returns n. Adding 1.5 * 2^23 rounds to a whole number and
 * leaves n in the last bits. */
EG_HOT_INLINE eg__floats eg__whole_f32(eg__floats x, eg__floats y, eg__power *n)
{
    const eg__floats shift = eg__all(0x1.8p23f), shifted = eg__fma(x, y, shift);
    const eg__floats whole = shifted - shift;

    *n = eg__power_of(shifted, whole);
    return whole;
}

/* n ln 2 + x, where n ln 2 is near -x. ln 2 is cut in two parts. */
EG_HOT_INLINE eg__floats eg__rest_f32(eg__floats n, eg__floats x)
{
#ifdef EG__SIXTEEN
    return eg__fma(n, eg__all(-0x1.05c610p-29f), eg__fma(n, eg__all(0x1.62e430p-1f), x));
#else
    return eg__fma(n, eg__all(-0x1.bd0106p-13f), eg__fma(n, eg__all(0x1.63p-1f), x));
#endif
}

/* (e^r - 1 - r) / r^2 for |r| up to ln 2 / 2 and a little more: together with 1 + r a polynomial of
 * degree 6, within 2^-26 of e^r. */
EG_HOT_INLINE eg__floats eg__exp_curve_f32(eg__floats r)
{
    eg__floats p;

    p = eg__step(eg__all(0x1.6b9c68p-10f), r, 0x1.12254ap-7f);
    p = eg__step(p, r, 0x1.5556f2p-5f);
    p = eg__step(p, r, 0x1.5554b4p-3f);
    return eg__step(p, r, 0x1.fffffep-2f);
}

/* e^x = 2^n (1 + what is returned). */
EG_HOT_INLINE eg__floats eg__exp_part_f32(eg__floats x, eg__power *n)
{
    const eg__floats whole = eg__whole_f32(x, eg__all(0x1.715476p0f), n);
    const eg__floats r = eg__rest_f32(-whole, x);

    return eg__fma(eg__exp_curve_f32(r) * r, r, r);
}

/* 2^r - 1 for |r| up to 1/2 and a little more: a polynomial of degree 6, within 2^-28 of 2^r. */
EG_HOT_INLINE eg__floats eg__exp2_near_f32(eg__floats r)
{
    eg__floats p;

    p = eg__step(eg__all(0x1.41603ap-13f), r, 0x1.5f0306p-10f);
    p = eg__step(p, r, 0x1.3b2deap-7f);
    p = eg__step(p, r, 0x1.c6af8ap-5f);
    p = eg__step(p, r, 0x1.ebfbdcp-3f);
    return eg__lost(r, eg__all(0x1.62e430p-1f), p * r * -r);
}

#ifdef EG__SIXTEEN

/* raised e^x = 2^n T[k] (1 + p(r)), x = (n + k/16) ln 2 + r, |r| <= ln 2 / 32. The entries of T
 * are those raised times 1 + 0x1.cd6d8p-11 times 2^(k/16), all of which happen to be within 0.32 *
 * 2^-24 of a float; p, of degree 3, is within 2^-29. n + k/16 itself is the exponent of the scale,
 * which drops the fraction, and its last bits choose the entry. Where x is so large that r has no
 * meaning, r is cut off; an infinite or NaN exponent then sets the result. */
EG_HOT_INLINE eg__floats eg__exp_by_table_f32(eg__floats x, float raised)
{
    const eg__floats table = raised *
        (eg__floats){0x1.0039aep0f, 0x1.0b91c2p0f, 0x1.176a6ap0f, 0x1.23c956p0f, 0x1.30b478p0f,
            0x1.3e3206p0f, 0x1.4c487ap0f, 0x1.5afe9ap0f, 0x1.6a5b78p0f, 0x1.7a6676p0f,
            0x1.8b2748p0f, 0x1.9ca5fcp0f, 0x1.aeeafap0f, 0x1.c1ff0ap0f, 0x1.d5eb56p0f,
            0x1.eab972p0f};
    const eg__floats shift = eg__all(0x1.8p19f);
    const eg__floats shifted = eg__fma(x, eg__all(0x1.715476p0f), shift), n = shifted - shift;
    const eg__floats r = _mm512_range_ps(eg__rest_f32(-n, x), eg__all(0x1p-5f), 2);
    const eg__floats t = _mm512_permutexvar_ps((__m512i)shifted, table);
    eg__floats p = eg__step(eg__all(0x1.551cd8p-3f), r, 0x1.ff91cep-2f);

    p = eg__step(eg__step(p, r, 0x1.ff8cbep-1f), r, -0x1.cd05c8p-11f);
    return eg__scaled(eg__fma(t, p, t), n);
}

EG_HOT_INLINE eg__floats eg__exp_f32(eg__floats x)
{
    return eg__exp_by_table_f32(x, 1);
}

/* e^x for x in [0, 80]. */
EG_HOT_INLINE eg__floats eg__exp_near_f32(eg__floats x)
{
    return eg__exp_by_table_f32(x, 1);
}

/* 2^64 e^x for x <= 0. */
EG_HOT_INLINE eg__floats eg__exp_raised_f32(eg__floats x)
{
    return eg__exp_by_table_f32(x, 0x1p64f);
}

#else

/* The scale is applied in two halves, so that results below the normal range are rounded once. */
EG_HOT_INLINE eg__floats eg__exp_f32(eg__floats x)
{
    eg__power n;
    const float part = eg__exp_part_f32(eg__between(x, -105, 105), &n);
    const eg__power half = n >> 1;
    const float scale = eg__two_to(half, 0);

    return eg__fma(scale, part, scale) * eg__two_to(n - half, 0);
}

/* 2^64 e^x for x <= 0, always a normal number: below -104 that of -104. */
EG_HOT_INLINE eg__floats eg__exp_raised_f32(eg__floats x)
{
    eg__power n;
    const float part = eg__exp_part_f32(eg__at_least(x, -104), &n), scale = eg__two_to(n, 64);

    return eg__fma(scale, part, scale);
}

/* e^x for x in [0, 80]. */
EG_HOT_INLINE eg__floats eg__exp_near_f32(eg__floats x)
{
    eg__power n;
    const float part = eg__exp_part_f32(x, &n), scale = eg__two_to(n, 0);

    return eg__fma(scale, part, scale);
}

#endif

/* x = 2^n (1 + f), 1 + f within a factor sqrt 2 of 1. The polynomial, of degree 7 in f, is within
 * 2^-27 of log(1 + f), together with f - f*f/2. */
static inline float eg__log_f32(float x)
{
    const int is_small = x < 0x1p-126f;
    const uint32_t bits = eg__bits_of_float(is_small ? x * 0x1p23f : x);
    const int32_t k = (int32_t)(bits - 0x3f3504f3u) >> 23; /* the bits of sqrt(1/2) */
    const float f = eg__float_of_bits(bits - ((uint32_t)k << 23)) - 1;
    const float n = (float)(is_small ? k - 23 : k), square = f * f;
    float p, y;

    p = EG__FMA_F32(-0x1.38c9d4p-4f, f, 0x1.055ec4p-3f);
    p = EG__FMA_F32(p, f, -0x1.0d8242p-3f);
    p = EG__FMA_F32(p, f, 0x1.22d92ep-3f);
    p = EG__FMA_F32(p, f, -0x1.54728ap-3f);
    p = EG__FMA_F32(p, f, 0x1.99a01cp-3f);
    p = EG__FMA_F32(p, f, -0x1.000226p-2f);
    p = EG__FMA_F32(p, f, 0x1.555554p-2f);
    y = EG__FMA_F32(square * f, p, n * -0x1.bd0106p-13f);
    y = EG__FMA_F32(square, -0.5f, y);
    y = EG__FMA_F32(n, 0x1.63p-1f, f + y);
    y = x <= 0x1.fffffep127f ? y : x;
    y = x == 0 ? -INFINITY : y;
    return x < 0 ? NAN : y;
}

/* top / (1 + e^-x) = 2^n times what is returned, for x in [-160, 40]: with e^-x = 2^-n e^r that is
 * top / (2^n + e^r), whose denominator is rounded once, and what 1 + 2^n has lost made up for. */
EG_HOT_INLINE eg__floats eg__over_one_and_exp_f32(eg__floats top, eg__floats x, eg__power *n)
{
    const eg__floats whole = eg__whole_f32(x, eg__all(0x1.715476p0f), n);
    const eg__floats r = eg__rest_f32(whole, -x), slope = eg__step(eg__exp_curve_f32(r), r, 1);
    const eg__floats two = eg__scaled_near(1, *n), most = 1 + two, least = two - (most - 1);

    return top / (most + eg__fma(slope, r, least));
}

EG_HOT_INLINE eg__floats eg__sigmoid_f32(eg__floats x)
{
    const eg__floats y = eg__between(x, -105, 20);
    eg__power n;
    const eg__floats q = eg__over_one_and_exp_f32(eg__all(1), y, &n);

    return eg__scaled(q, n);
}

/* Below 0.6 a polynomial of degree 9, within 2^-28; above, 1 - 2 / (1 + e^2x). */
EG_HOT_INLINE eg__floats eg__tanh_f32(eg__floats x)
{
    const eg__floats size = eg__at_most(eg__size(x), 10), square = size * size;
    const eg__floats y = 1 - 2 / (1 + eg__exp_near_f32(2 * size));
    eg__floats p;

    p = eg__step(eg__all(-0x1.828776p-8f), square, 0x1.54c3c2p-6f);
    p = eg__step(p, square, -0x1.b89abap-5f);
    p = eg__step(p, square, 0x1.1109bep-3f);
    p = eg__step(p, square, -0x1.55553ep-2f);
    p = eg__fma(p * square, size, size);
    return eg__signed(eg__where_below(size, 0.6f, p, y), x);
}

EG_HOT_INLINE eg__floats eg__silu_f32(eg__floats x)
{
    const eg__floats top = eg__at_least(x, -110);
    eg__power n;
    const eg__floats q = eg__over_one_and_exp_f32(top, eg__between(x, -110, 20), &n);

    return eg__where_below(x, 20, eg__scaled(q, n), x);
}

/* e^x - 1 for x <= 0. */
EG_HOT_INLINE eg__floats eg__expm1_f32(eg__floats x)
{
    eg__power n;
    const eg__floats part = eg__exp_part_f32(eg__at_least(x, -30), &n);
    const eg__floats scale = eg__scaled_near(1, n);

    return eg__signed(eg__fma(scale, part, scale - 1), x);
}

/* Below 1 a polynomial of degree 15, within 2^-29; above, 1 - e^-p(x), which reaches 1 before 4. */
EG_HOT_INLINE eg__floats eg__erf_f32(eg__floats x)
{
    const eg__floats size = eg__size(x), square = size * size, far = eg__at_most(size, 4);
    eg__floats p, q;

    p = eg__step(eg__all(0x1.4771fcp-14f), square, -0x1.a3515ep-11f);
    p = eg__step(p, square, 0x1.53f224p-8f);
    p = eg__step(p, square, -0x1.b7f71ap-6f);
    p = eg__step(p, square, 0x1.ce2ce6p-4f);
    p = eg__step(p, square, -0x1.81273ep-2f);
    p = eg__step(p, square, 0x1.06eba8p-3f);
    p = eg__fma(p, size, size);
    q = eg__step(eg__all(-0x1.b9c246p-13f), far, 0x1.a1b932p-9f);
    q = eg__step(q, far, -0x1.758816p-6f);
    q = eg__step(q, far, 0x1.ae8e6cp-4f);
    q = eg__step(q, far, 0x1.458bb0p-1f);
    q = eg__step(q, far, 0x1.20e412p+0f);
    q = eg__fma(eg__exp_raised_f32(-q * far), eg__all(-0x1p-64f), eg__all(1));
    return eg__signed(eg__where_below(size, 1, p, q), x);
}

/* x/2 (1 + tanh(u/2)) = x / (1 + e^-u), u = 2 sqrt(2/pi) (x + 0.044715 x^3), as in
 * eg__over_one_and_exp_f32 but for the order of a sum. u is x (a x^2 + b) ln 2, where of b only 8
 * bits are added first: so what the sum has lost comes out exactly. Above 5.5 the result is x,
 * below -11.5 it is -0. */
EG_HOT_INLINE eg__floats eg__gelu_tanh_f32(eg__floats x)
{
    const eg__floats a = eg__all(0x1.a5a7d0p-4f), b = eg__all(0x1.26p1f);
    const eg__floats top = eg__at_least(x, -11.5f), y = eg__between(x, -11.5f, 5.5f),
                     square = y * y;
    const eg__floats v = eg__fma(square, a, b);
    const eg__floats lost = eg__fma(eg__lost(y, y, square), a, eg__lost(square, a, v - b));
    const eg__floats low = eg__step(square, eg__all(-0x1.151aaep-29f), 0x1.5d8438p-8f) + lost;
    eg__power n;
    const eg__floats whole = eg__whole_f32(y, v, &n);
    const eg__floats r = eg__fma(-y, low, -eg__lost(y, v, whole));
    const eg__floats below = 1 + (eg__exp2_near_f32(r) + eg__scaled_near(1, n));

    return eg__where_below(x, 5.5f, eg__scaled(top / below, n), x);
}

/* x/2 (1 + erf(x/sqrt 2)). With y = |x| and h = y / (y + 3.375) that is max(x, 0) - h P(2h - 1)
 * e^(-y*y/2), where P, of degree 9, is within 2^-27 of (y + 3.375) erfcx(y/sqrt 2) / 2. Beyond 14.6
 * what is taken off is 0. What h has lost, `over`, is made up for. */
EG_HOT_INLINE eg__floats eg__gelu_erf_f32(eg__floats x)
{
    const eg__floats y = eg__at_most(eg__size(x), 14.6f), square = y * y;
    const eg__floats k = y + 3.375f, h = y / k;
    const eg__floats inverse = eg__step(h, eg__all(-0x1.2f684cp-2f), 0x1.2f684cp-2f);
    const eg__floats over = eg__fma(h, y - (k - 3.375f), eg__lost(h, k, y)) * inverse;
    const eg__floats t = eg__fma(over, eg__all(-2), eg__step(h, eg__all(2), -1));
    const eg__floats c = eg__all(0x1.715476p-1f), first = eg__all(0x1.7b6ee0p-1f);
    const eg__floats low = eg__fma(eg__lost(y, y, square), c, square * 0x1.4ae0c0p-27f);
    eg__power n;
    const eg__floats whole = eg__whole_f32(-square, c, &n);
    const eg__floats r = eg__lost(-square, c, whole) - low, part = eg__exp2_near_f32(r);
    eg__floats p, v, w;

    p = eg__step(eg__all(0x1.1d72a6p-13f), t, 0x1.472a64p-12f);
    p = eg__step(p, t, -0x1.bd8320p-11f);
    p = eg__step(p, t, -0x1.276996p-9f);
    p = eg__step(p, t, 0x1.0064e6p-7f);
    p = eg__step(p, t, 0x1.1dbdd2p-7f);
    p = eg__step(p, t, -0x1.92fb62p-4f);
    p = eg__step(p, t, 0x1.2e76fep-2f);
    p = eg__step(p, t, -0x1.1b21ccp-1f);
    v = eg__fma(p, t, first);
    w = v * h;
    p = eg__fma(h, eg__lost(p, t, v - first), eg__lost(v, h, w));
    p = eg__fma(-v, over, p);
    p = eg__fma(p, part, p);
    p = eg__positive(x) - eg__scaled(w + eg__lost(w, part, -p), n);
    return eg__signed(p, x);
}

/* (top + rest) / (1 + t), all below 2^990, where the quotient and 1 + t have lost something that is
 * made up for. */
static inline double eg__over_one_and_f64(double top, double rest, double t)
{
    const double below = 1 + t, lost = t - (below - 1), y = top / below;

    return y + (rest - EG__FMA_F64(y, lost, eg__lost_f64(y, below, top))) / below;
}

#endif
