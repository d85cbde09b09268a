/* exp, log, tanh, sigmoid and gelu of one float32, as text that compilers turn into vectors.
 *
 * No branch, no table, no call: a loop over one of these is the same operations in its vector body
 * and in its tail, so an element's bits do not depend on its position. A NaN keeps its bits but for
 * the sign; where that has come about in two ways a last step sets it, since compilers differ in
 * which of two NaN they keep. Instruction sets with and without fused multiply-add differ in the
 * last bit. Every coefficient is a least-maximum fit of the relative error, rounded to float32 one
 * by one, the others fitted again after each. docs/accuracy.md has the largest errors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ELEMENTARY_H
#define KERNEL_ELEMENTARY_H

#include "base/bits.h"
#include "kernel/isa.h"
#include <math.h>

/* x * y - p, rounded once: what p, the product rounded, has lost. */
static inline float eg__lost_f32(float x, float y, float p)
{
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
    return EG__FMA_F32(x, y, -p);
#else
    return (float)((double)x * y - p);
#endif
}

/* The same, for factors below 2^990 and p near their product; without fused multiply-add both are
 * cut in two parts, whose products are exact. Source: Dekker, doi:10.1007/BF01397083. */
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

/* e^r - 1 for |r| up to ln 2 / 2 and a little more: a polynomial of degree 6, within 2^-26. */
static inline float eg__expm1_near_f32(float r)
{
    float p;

    p = EG__FMA_F32(0x1.6b9c68p-10f, r, 0x1.12254ap-7f);
    p = EG__FMA_F32(p, r, 0x1.5556f2p-5f);
    p = EG__FMA_F32(p, r, 0x1.5554b4p-3f);
    p = EG__FMA_F32(p, r, 0x1.fffffep-2f);
    return EG__FMA_F32(p * r, r, r);
}

/* x = n ln 2 + r, |r| <= ln 2 / 2; returns e^r - 1. ln 2 is cut into 9 bits, whose products with n
 * are exact, and a rest. Adding 1.5 * 2^23 rounds to a whole number and leaves n in the last bits,
 * those of *n. */
static inline float eg__exp_part(float x, uint32_t *n)
{
    const float shift = 0x1.8p23f;
    const float shifted = EG__FMA_F32(x, 0x1.715476p0f, shift);
    const float whole = shifted - shift;

    *n = eg__bits_of_float(shifted);
    return eg__expm1_near_f32(
        EG__FMA_F32(whole, 0x1.bd0106p-13f, EG__FMA_F32(whole, -0x1.63p-1f, x)));
}

/* The same of (x y + low) ln 2, of which nothing is lost but in e^r. */
static inline float eg__exp2_part(float x, float y, float low, uint32_t *n)
{
    const float shift = 0x1.8p23f;
    const float shifted = EG__FMA_F32(x, y, shift), whole = shifted - shift;

    *n = eg__bits_of_float(shifted);
    return eg__expm1_near_f32((eg__lost_f32(x, y, whole) + low) * 0x1.62e430p-1f);
}

/* 2^(n + k): n as eg__exp_part leaves it, which a shift frees of all other bits. */
static inline float eg__two_to(uint32_t n, int k)
{
    return eg__float_of_bits((n << 23) + (uint32_t)(k + 127) * 0x800000u);
}

/* The scale is applied in two halves, so that results below the normal range are rounded once. */
static inline float eg__exp_f32(float x)
{
    const float low = x < -105 ? -105 : x;
    uint32_t n;
    const float part = eg__exp_part(x > 105 ? 105 : low, &n);
    const uint32_t half = n >> 1;
    const float scale = eg__two_to(half, 0);

    return EG__FMA_F32(scale, part, scale) * eg__two_to(n - half, 0);
}

/* 2^64 e^x for x in [-130, 0]: always a normal number. */
static inline float eg__exp_raised_f32(float x)
{
    uint32_t n;
    const float part = eg__exp_part(x, &n), scale = eg__two_to(n, 64);

    return EG__FMA_F32(scale, part, scale);
}

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

/* Below 0.6 a polynomial of degree 9, within 2^-28; above, 1 - 2 / (1 + e^2x). */
static inline float eg__tanh_f32(float x)
{
    const float size = fabsf(x), square = size * size;
    uint32_t n;
    const float part = eg__exp_part(2 * (size > 10 ? 10 : size), &n), scale = eg__two_to(n, 0);
    const float y = 1 - 2 / (1 + EG__FMA_F32(scale, part, scale));
    float p;

    p = EG__FMA_F32(-0x1.828776p-8f, square, 0x1.54c3c2p-6f);
    p = EG__FMA_F32(p, square, -0x1.b89abap-5f);
    p = EG__FMA_F32(p, square, 0x1.1109bep-3f);
    p = EG__FMA_F32(p, square, -0x1.55553ep-2f);
    p = EG__FMA_F32(p * square, size, size);
    return copysignf(size < 0.6f ? p : y, x);
}

/* 1 / (1 + e^-x), from t = e^-|x|. The quotient is corrected by what 1 + t lost, times 1 / (1 + t),
 * which is y or 1 - y, whichever is above 1/2. */
static inline float eg__sigmoid_f32(float x)
{
    const float size = fabsf(x);
    const float t = eg__exp_raised_f32(-(size > 105 ? 105 : size)) * 0x1p-64f;
    const float below = 1 + t, lost = t - (below - 1);
    const float y = (x < 0 ? t : 1) / below;

    return fabsf(EG__FMA_F32(-y, lost * (0.5f + fabsf(y - 0.5f)), y));
}

/* top / (1 + t), where the quotient and 1 + t have lost something that is made up for. */
static inline float eg__over_one_and_f32(float top, float t)
{
    const float below = 1 + t, lost = t - (below - 1), inverse = 1 / below, y = top * inverse;

    return EG__FMA_F32(-EG__FMA_F32(y, lost, eg__lost_f32(y, below, top)), inverse, y);
}

/* The same of top + rest, below 2^990. */
static inline double eg__over_one_and_f64(double top, double rest, double t)
{
    const double below = 1 + t, lost = t - (below - 1), y = top / below;

    return y + (rest - EG__FMA_F64(y, lost, eg__lost_f64(y, below, top))) / below;
}

/* x / (1 + e^-x), from t = e^-|x|. x e^x is rounded once. */
static inline float eg__silu_f32(float x)
{
    const float size = fabsf(x), far = size > 130 ? 130 : size;
    uint32_t n;
    const float part = eg__exp_part(-far, &n), scale = eg__two_to(n, 64), scaled = far * scale;
    const float t = EG__FMA_F32(scale, part, scale) * 0x1p-64f;
    const float top = x < 0 ? EG__FMA_F32(scaled, part, scaled) : size;
    const float y = eg__over_one_and_f32(top, t) * (x < 0 ? 0x1p-64f : 1);

    return copysignf(size < INFINITY ? y : x < 0 ? 0 : x, x);
}

/* e^x - 1 for x <= 0. */
static inline float eg__expm1_f32(float x)
{
    uint32_t n;
    const float part = eg__exp_part(x < -30 ? -30 : x, &n), scale = eg__two_to(n, 0);
    const float y = EG__FMA_F32(scale, part, scale - 1);

    return x == 0 ? x : y;
}

/* Below 1 a polynomial of degree 15, within 2^-29; above, 1 - e^-p(x), which reaches 1 before 4. */
static inline float eg__erf_f32(float x)
{
    const float size = fabsf(x), square = size * size, far = size > 4 ? 4 : size;
    float p, q;

    p = EG__FMA_F32(0x1.4771fcp-14f, square, -0x1.a3515ep-11f);
    p = EG__FMA_F32(p, square, 0x1.53f224p-8f);
    p = EG__FMA_F32(p, square, -0x1.b7f71ap-6f);
    p = EG__FMA_F32(p, square, 0x1.ce2ce6p-4f);
    p = EG__FMA_F32(p, square, -0x1.81273ep-2f);
    p = EG__FMA_F32(p, square, 0x1.06eba8p-3f);
    p = EG__FMA_F32(p, size, size);
    q = EG__FMA_F32(-0x1.b9c246p-13f, far, 0x1.a1b932p-9f);
    q = EG__FMA_F32(q, far, -0x1.758816p-6f);
    q = EG__FMA_F32(q, far, 0x1.ae8e6cp-4f);
    q = EG__FMA_F32(q, far, 0x1.458bb0p-1f);
    q = EG__FMA_F32(q, far, 0x1.20e412p+0f);
    q = EG__FMA_F32(eg__exp_raised_f32(-q * far), -0x1p-64f, 1);
    return copysignf(size < 1 ? p : q, x);
}

/* x/2 (1 + tanh(u/2)) = x / (1 + e^-u), u = 2 sqrt(2/pi) (x + 0.044715 x^3). With y = |x| that is
 * y (a y^2 + b) ln 2, where of b only 8 bits are added first: so what the sum has lost comes out
 * exactly. Beyond 11.5 the result is x or -0. */
static inline float eg__gelu_tanh_f32(float x)
{
    const float size = fabsf(x), y = size > 11.5f ? 11.5f : size, square = y * y;
    const float a = 0x1.a5a7d0p-4f, b = 0x1.26p1f, v = EG__FMA_F32(square, a, b);
    const float lost = EG__FMA_F32(eg__lost_f32(y, y, square), a, eg__lost_f32(square, a, v - b));
    const float low = EG__FMA_F32(square, -0x1.151aaep-29f, 0x1.5d8438p-8f) + lost;
    uint32_t n;
    const float part = eg__exp2_part(-y, v, -y * low, &n), scale = eg__two_to(n, 64);
    const float t = EG__FMA_F32(scale, part, scale) * 0x1p-64f, scaled = -y * scale;
    const float top = x < 0 ? EG__FMA_F32(scaled, part, scaled) * 0x1p-64f : x;

    return top / (1 + t);
}

/* x/2 (1 + erf(x/sqrt 2)). Below 1 it is x (1/2 + x P(x^2)), P within 2^-28; above, with y = |x|
 * and h = y / (y + 4), it is max(x, 0) - h Q(2h - 1) e^(-y*y/2), where Q, of degree 8, is within
 * 2^-25 of (y + 4) erfcx(y/sqrt 2) / 2. Beyond 14.6 the rest is 0. */
static inline float eg__gelu_erf_f32(float x)
{
    const float size = fabsf(x), y = size > 14.6f ? 14.6f : size, square = y * y;
    const float below = y + 4, h = y / below, t = EG__FMA_F32(2, h, -1);
    const float low =
        EG__FMA_F32(eg__lost_f32(y, y, square), 0x1.715476p-1f, square * 0x1.4ae0c0p-27f);
    uint32_t n;
    const float part = eg__exp2_part(-square, 0x1.715476p-1f, -low, &n);
    float p, q, v, w;

    p = EG__FMA_F32(0x1.6ab00ep-13f, t, 0x1.85cb82p-10f);
    p = EG__FMA_F32(p, t, -0x1.cc0512p-9f);
    p = EG__FMA_F32(p, t, -0x1.ec3d2ep-8f);
    p = EG__FMA_F32(p, t, 0x1.eed4a2p-5f);
    p = EG__FMA_F32(p, t, -0x1.7e002ep-3f);
    p = EG__FMA_F32(p, t, 0x1.8c6d92p-2f);
    p = EG__FMA_F32(p, t, -0x1.373e3ap-1f);
    v = EG__FMA_F32(p, t, 0x1.82b4bcp-1f);
    w = v * h;
    p = EG__FMA_F32(h, EG__FMA_F32(p, t, 0x1.82b4bcp-1f - v), eg__lost_f32(v, h, w));
    p = (w + EG__FMA_F32(w, part, p)) * eg__two_to(n, 64);
    p = EG__FMA_F32(p, -0x1p-64f, x > 0 ? x : 0);
    q = EG__FMA_F32(-0x1.122026p-17f, square, 0x1.e26c8cp-14f);
    q = EG__FMA_F32(q, square, -0x1.376eacp-10f);
    q = EG__FMA_F32(q, square, 0x1.46d558p-7f);
    q = EG__FMA_F32(q, square, -0x1.105862p-4f);
    q = EG__FMA_F32(q, square, 0x1.988454p-2f);
    q = x * EG__FMA_F32(q, x, 0.5f);
    return copysignf(size < 1 ? q : p, x);
}

#endif
