/* exp, log, tanh, sigmoid and gelu of one float32, as text that compilers turn into vectors.
 *
 * No branch, no table, no call: a loop over one of these is the same operations in its vector body
 * and in its tail, so an element's bits do not depend on its position. A NaN keeps its bits but for
 * the sign; where that has come about in two ways a last step sets it, since compilers differ in
 * which of two NaN they keep. Instruction sets with and without fused multiply-add differ in the
 * last bit. Every coefficient is a least-maximum fit of
 * the relative error, rounded to float32 one by one, the others fitted again after each.
 *
 * Largest errors in units of the last place, over all float32 (with, without fused multiply-add):
 *
 *     exp 1.03, 1.00    log 0.83, 0.83    tanh 1.36, 1.36    sigmoid 1.75, 1.75
 *     silu 2.00, 2.11
 *
 * gelu is x * sigmoid(u) with a rounded u, whose error grows with u: on [-10, 10] see
 * loops_elementary.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ELEMENTARY_H
#define KERNEL_ELEMENTARY_H

#include "base/bits.h"
#include "kernel/isa.h"
#include <math.h>

/* x = n ln 2 + r, |r| <= ln 2 / 2; returns e^r - 1. ln 2 is cut into 9 bits, whose products with n
 * are exact, and a rest. Adding 1.5 * 2^23 rounds to a whole number and leaves n in the last bits,
 * those of *n. The polynomial, of degree 6, is within 2^-26 of e^r - 1. */
static inline float eg__exp_part(float x, uint32_t *n)
{
    const float shift = 0x1.8p23f;
    const float shifted = EG__FMA_F32(x, 0x1.715476p0f, shift);
    const float whole = shifted - shift;
    float r, p;

    *n = eg__bits_of_float(shifted);
    r = EG__FMA_F32(whole, -0x1.63p-1f, x);
    r = EG__FMA_F32(whole, 0x1.bd0106p-13f, r);
    p = EG__FMA_F32(0x1.6b9c68p-10f, r, 0x1.12254ap-7f);
    p = EG__FMA_F32(p, r, 0x1.5556f2p-5f);
    p = EG__FMA_F32(p, r, 0x1.5554b4p-3f);
    p = EG__FMA_F32(p, r, 0x1.fffffep-2f);
    return EG__FMA_F32(p * r, r, r);
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

/* x / (1 + e^-x), from t = e^-|x|. What the quotient and 1 + t have lost is made up for; x e^x is
 * rounded once. */
static inline float eg__silu_f32(float x)
{
    const float size = fabsf(x), far = size > 130 ? 130 : size;
    uint32_t n;
    const float part = eg__exp_part(-far, &n), scale = eg__two_to(n, 64), scaled = far * scale;
    const float t = EG__FMA_F32(scale, part, scale) * 0x1p-64f;
    const float below = 1 + t, lost = t - (below - 1);
    const float top = x < 0 ? EG__FMA_F32(scaled, part, scaled) * 0x1p-64f : size;
    const float y = top / below, rest = EG__FMA_F32(-y, lost, EG__FMA_F32(-y, below, top));

    return copysignf(size < INFINITY ? y + rest / below : y, x);
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

/* x/2 (1 + tanh(u/2)) = x / (1 + e^-u), with u = 2 sqrt(2/pi) (x + 0.044715 x^3). Beyond 11.5 the
 * result is x or -0. */
static inline float eg__gelu_tanh_f32(float x)
{
    const float low = x < -11.5f ? -11.5f : x, y = x > 11.5f ? 11.5f : low;
    const float u = y * EG__FMA_F32(y * y, 0x1.2444f2p-4f, 0x1.988454p0f);
    const float t = eg__exp_raised_f32(-fabsf(u));

    return (x < 0 ? y * t * 0x1p-64f : x) / EG__FMA_F32(t, 0x1p-64f, 1);
}

/* x/2 (1 + erf(x/sqrt 2)) = max(x, 0) - y R(y) e^(-y*y/2), where y = |x| and R(y), half of
 * erfcx(y/sqrt 2), is a polynomial of degree 9 in (y - 4) / (y + 4) within 2^-25. Beyond 14.6 the
 * rest is 0. What the square loses is made up for where fused multiply-add finds it. */
static inline float eg__gelu_erf_f32(float x)
{
    const float size = fabsf(x), y = size > 14.6f ? 14.6f : size;
    const float t = (y - 4) / (y + 4), square = y * y, lost = EG__FMA_F32(y, y, -square);
    const float bell = eg__exp_raised_f32(-0.5f * square);
    float p;

    p = EG__FMA_F32(-0x1.0e971ep-14f, t, -0x1.5f1418p-13f);
    p = EG__FMA_F32(p, t, 0x1.5824eep-11f);
    p = EG__FMA_F32(p, t, 0x1.072a60p-11f);
    p = EG__FMA_F32(p, t, -0x1.166f24p-7f);
    p = EG__FMA_F32(p, t, 0x1.f9b448p-6f);
    p = EG__FMA_F32(p, t, -0x1.25b628p-4f);
    p = EG__FMA_F32(p, t, 0x1.fd7504p-4f);
    p = EG__FMA_F32(p, t, -0x1.5cf97cp-3f);
    p = EG__FMA_F32(p, t, 0x1.82b4bcp-4f) * y;
    p = p * EG__FMA_F32(-0.5f * lost, bell, bell);
    return copysignf(EG__FMA_F32(p, -0x1p-64f, x > 0 ? x : 0), x);
}

#endif
