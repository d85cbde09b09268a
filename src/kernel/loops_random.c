/* Random numbers, compiled once for each instruction set.
 *
 * Philox blocks are made side by side, one in each 64-bit lane of a vector, whose low half holds a
 * 32-bit word. What is made of the words is plain text, without fused multiply-add, branch or call:
 * the same key gives the same bits at every width, on every machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/compiler.h"
#include "kernel/draw.h"
#include "kernel/vector.h"
#include <string.h>

/* Compilers vectorise the square root when they know that it sets no errno. */
extern float sqrtf(float x) __attribute__((const));
extern double sqrt(double x) __attribute__((const));

/* ---- Philox --------------------------------------------------------------------------------- */

enum { BLOCKS = EG__DRAW_TILE / 4, LANES = EG__LANES(uint64_t), ROUNDS = 10 };

typedef EG__VECTOR(uint64_t) lanes;

_Static_assert(BLOCKS % LANES == 0, "a tile is whole vectors");

/* One round on words c; what is above their low halves is never looked at. */
EG_HOT_INLINE void round_once(lanes c[4], uint32_t key0, uint32_t key1)
{
    const lanes zero = {0};
    const lanes p0 = EG__MUL_U32(c[0], zero + 0xD2511F53u);
    const lanes p1 = EG__MUL_U32(c[2], zero + 0xCD9E8D57u);

    c[0] = (p1 >> 32) ^ c[1] ^ key0;
    c[1] = p1;
    c[2] = (p0 >> 32) ^ c[3] ^ key1;
    c[3] = p0;
}

/* The words of BLOCKS blocks from `block` on, in pairs, the first in the low half. */
static void make_pairs(const uint64_t key[2], uint64_t block, uint64_t pairs[2 * BLOCKS])
{
    const lanes zero = {0};
    uint64_t count[LANES], first[LANES], second[LANES];

    for (int at = 0; at < BLOCKS; at += LANES) {
        for (int i = 0; i < LANES; i++)
            count[i] = block + (uint64_t)(at + i);
        lanes c[4] = {zero, zero, zero + key[1], zero + (key[1] >> 32)};
        memcpy(&c[0], count, sizeof c[0]);
        c[1] = c[0] >> 32;
        uint32_t key0 = (uint32_t)key[0], key1 = (uint32_t)(key[0] >> 32);
        EG__UNROLL
        for (int i = 0; i < ROUNDS; i++, key0 += 0x9E3779B9u, key1 += 0xBB67AE85u)
            round_once(c, key0, key1);
        const lanes low = (c[0] & 0xffffffffu) | c[1] << 32;
        const lanes high = (c[2] & 0xffffffffu) | c[3] << 32;
        memcpy(first, &low, sizeof low);
        memcpy(second, &high, sizeof high);
        for (int i = 0; i < LANES; i++) {
            pairs[2 * (at + i)] = first[i];
            pairs[2 * (at + i) + 1] = second[i];
        }
    }
}

/* ---- from words to numbers ------------------------------------------------------------------ */

/* Whole numbers below 2^52, without the conversion that only some sets have. */
static inline double small_double(uint64_t n)
{
    return eg__double_of_bits(n | UINT64_C(0x4330000000000000)) - 0x1p52;
}

static inline float uniform_of(uint32_t word)
{
    return (float)(int32_t)(word >> 8) * 0x1p-24f;
}

static inline double uniform_of_pair(uint64_t pair)
{
    return small_double(pair >> 12) * 0x1p-52 + small_double(pair >> 11 & 1) * 0x1p-53;
}

/* -log(x / 2^32) for x in [1/2, 2^31]: x = 2^k (1 + f), and a polynomial within 2e-8 of
 * log(1 + f). */
static inline float fall_of(float x)
{
    const uint32_t bits = eg__bits_of_float(x);
    const int32_t k = (int32_t)(bits - 0x3f3504f3u) >> 23; /* the bits of sqrt(1/2) */
    const float f = eg__float_of_bits(bits - ((uint32_t)k << 23)) - 1;
    float p = 0x1.67ed28p-4f;

    p = p * f - 0x1.21fd54p-3f;
    p = p * f + 0x1.2fd102p-3f;
    p = p * f - 0x1.53bb74p-3f;
    p = p * f + 0x1.990710p-3f;
    p = p * f - 0x1.000302p-2f;
    p = p * f + 0x1.555638p-2f;
    p = p * f - 0x1.fffffep-2f;
    return (float)(32 - k) * 0x1.62e430p-1f - (p * f * f + f);
}

/* AS 241, PPND7, of u = (word + 1/2) / 2^32. Both tails are worked on as one: `from_half` and
 * `from_end` count half steps from the middle and from the nearer end. */
static inline float normal_of(uint32_t word)
{
    const uint32_t below = (word >> 31) - 1; /* all ones: u is below one half */
    const uint32_t from_half = (word ^ below) & 0x7fffffffu, from_end = 0x7fffffffu - from_half;
    const int is_central = (int32_t)from_half <= 1825361100; /* |u - 1/2| <= 0.425 */
    const float q = ((float)(int32_t)from_half + 0.5f) * 0x1p-32f, r = 0.180625f - q * q;
    const float s = sqrtf(fall_of((float)(int32_t)from_end + 0.5f)) - 1.6f;
    const float a =
        q * (((59.109374720f * r + 159.29113202f) * r + 50.434271938f) * r + 3.3871327179f);
    const float b = ((67.187563600f * r + 78.757757664f) * r + 17.895169469f) * r + 1;
    const float c = ((0.17023821103f * s + 1.3067284816f) * s + 2.7568153900f) * s + 1.4234372777f;
    const float d = (0.12021132975f * s + 0.73700164250f) * s + 1;
    const float z = (is_central ? a : c) / (is_central ? b : d);

    return eg__float_of_bits(eg__bits_of_float(z) | (below & 0x80000000u));
}

/* -log(x / 2^53) for x in [1/2, 2^52], as fdlibm has the logarithm: x = 2^k (1 + f),
 * log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)) with s = f / (2 + f). */
static inline double fall_of_double(double x)
{
    const uint64_t bits = eg__bits_of_double(x);
    const uint64_t k = (bits - UINT64_C(0x3fe6a09e667f3bcd) + (UINT64_C(1024) << 52)) >> 52;
    const double f = eg__double_of_bits(bits - ((k - 1024) << 52)) - 1, s = f / (2 + f), z = s * s;
    const double n = 53 + 1024 - small_double(k), half = 0.5 * f * f;
    double p = 1.479819860511658591e-01;

    p = p * z + 1.531383769920937332e-01;
    p = p * z + 1.818357216161805012e-01;
    p = p * z + 2.222219843214978396e-01;
    p = p * z + 2.857142874366239149e-01;
    p = p * z + 3.999999999940941908e-01;
    p = p * z + 6.666666666666735130e-01;
    return n * 6.93147180369123816490e-01 +
        ((half - (s * (half + p * z) - n * 1.90821492927058770002e-10)) - f);
}

/* The quotients of AS 241, PPND16. */
static inline double central(double q)
{
    const double r = 0.180625 - q * q;
    double a = 2509.0809287301226727, b = 5226.4952788528545610;

    a = a * r + 33430.575583588128105;
    a = a * r + 67265.770927008700853;
    a = a * r + 45921.953931549871457;
    a = a * r + 13731.693765509461125;
    a = a * r + 1971.5909503065514427;
    a = a * r + 133.14166789178437745;
    a = a * r + 3.3871328727963666080;
    b = b * r + 28729.085735721942674;
    b = b * r + 39307.895800092710610;
    b = b * r + 21213.794301586595867;
    b = b * r + 5394.1960214247511077;
    b = b * r + 687.18700749205790830;
    b = b * r + 42.313330701600911252;
    b = b * r + 1;
    return q * a / b;
}

static inline double near_tail(double s)
{
    const double r = s - 1.6;
    double c = 7.74545014278341407640e-4, d = 1.05075007164441684324e-9;

    c = c * r + 2.27238449892691845833e-2;
    c = c * r + 2.41780725177450611770e-1;
    c = c * r + 1.27045825245236838258;
    c = c * r + 3.64784832476320460504;
    c = c * r + 5.76949722146069140550;
    c = c * r + 4.63033784615654529590;
    c = c * r + 1.42343711074968357734;
    d = d * r + 5.47593808499534494600e-4;
    d = d * r + 1.51986665636164571966e-2;
    d = d * r + 1.48103976427480074590e-1;
    d = d * r + 6.89767334985100004550e-1;
    d = d * r + 1.67638483018380384940;
    d = d * r + 2.05319162663775882187;
    d = d * r + 1;
    return c / d;
}

static inline double far_tail(double s)
{
    const double r = s - 5;
    double e = 2.01033439929228813265e-7, f = 2.04426310338993978564e-15;

    e = e * r + 2.71155556874348757815e-5;
    e = e * r + 1.24266094738807843860e-3;
    e = e * r + 2.65321895265761230930e-2;
    e = e * r + 2.96560571828504891230e-1;
    e = e * r + 1.78482653991729133580;
    e = e * r + 5.46378491116411436990;
    e = e * r + 6.65790464350110377720;
    f = f * r + 1.42151175831644588870e-7;
    f = f * r + 1.84631831751005468180e-5;
    f = f * r + 7.86869131145613259100e-4;
    f = f * r + 1.48753612908506148525e-2;
    f = f * r + 1.36929880922735805310e-1;
    f = f * r + 5.99832206555887937690e-1;
    f = f * r + 1;
    return e / f;
}

/* The same of u = (n + 1/2) / 2^53 with n the pair's upper 53 bits. */
static inline double normal_of_pair(uint64_t pair)
{
    const uint64_t all = (UINT64_C(1) << 52) - 1, below = (pair >> 63) - 1;
    const uint64_t from_half = (pair >> 11 ^ below) & all, from_end = all - from_half;
    const double q = (small_double(from_half) + 0.5) * 0x1p-53;
    const double s = sqrt(fall_of_double(small_double(from_end) + 0.5));
    const double c = central(q), near = near_tail(s), far = far_tail(s);
    double z = s <= 5 ? near : far;

    z = q <= 0.425 ? c : z;
    return eg__double_of_bits(eg__bits_of_double(z) | (below & UINT64_C(1) << 63));
}

/* A word or pair is first spread evenly over what lies within 2 deviations: from Phi(-2) on. */
static inline float truncated_of(uint32_t word)
{
    const uint32_t low = 97711073, span = 0u - 2 * low;
    return normal_of(low + (uint32_t)((uint64_t)word * span >> 32));
}

static inline double truncated_of_pair(uint64_t pair)
{
    const uint64_t low = UINT64_C(419665861691185126), span = UINT64_C(0) - 2 * low;
    const uint64_t high = (pair >> 32) * (span >> 32), across = (pair >> 32) * (span & 0xffffffffu);

    return normal_of_pair(
        low + high + (across >> 32) + ((pair & 0xffffffffu) * (span >> 32) >> 32));
}

/* e^x for x <= 0: x = n ln 2 + r, and the series for e^r. */
static inline double exp_below(double x)
{
    static const double series[] = {1, 1, 1. / 2, 1. / 6, 1. / 24, 1. / 120, 1. / 720, 1. / 5040,
        1. / 40320, 1. / 362880, 1. / 3628800, 1. / 39916800, 1. / 479001600};
    const double y = x < -700 ? -700 : x, shift = 0x1.8p52;
    const double n = (y * 0x1.71547652b82fep0 + shift) - shift;
    const double r = (y - n * 0x1.62e42feep-1) - n * 0x1.a39ef35793c76p-33;
    double p = 1. / 6227020800;

    for (int i = 12; i >= 0; i--)
        p = p * r + series[i];
    return x < -700 ? 0 : p * eg__double_of_bits((uint64_t)((int64_t)n + 1023) << 52);
}

/* The logarithm of x, and of a uniform number of (0, 1) made of a pair. */
static inline double log_of(double x)
{
    return 0x1.25e4f7b2737fap+5 - fall_of_double(x);
}

static inline double log_uniform(uint64_t pair)
{
    return 0x1.62e42fefa39efp-1 - fall_of_double(small_double(pair >> 12) + 0.5);
}

/* What a parameter without a distribution gives. */
static inline double no_number(void)
{
    return eg__double_of_bits(UINT64_C(0x7ff8000000000000));
}

/* Marsaglia and Tsang for shapes from 1 on, from the blocks of one element: two pairs are one
 * attempt, a normal number and a uniform one. One in twenty fails at most, so that none is left
 * without; the last block is for what small shapes need. */
static double large_gamma(const uint64_t pairs[2 * BLOCKS], double shape)
{
    const double d = shape - 1. / 3, c = 1 / sqrt(9 * d);

    for (int i = 0; i < BLOCKS - 1; i++) {
        const double x = normal_of_pair(pairs[2 * i]), t = 1 + c * x, v = t * t * t;
        const double u = log_uniform(pairs[2 * i + 1]);
        if (t > 0 && u < 0.5 * x * x + d - d * v + d * 3 * log_of(t))
            return d * v;
    }
    return d;
}

/* The logarithm of what brings a number of shape + 1 down to `shape`. */
static inline double log_of_step(const uint64_t pairs[2 * BLOCKS], double shape)
{
    return log_uniform(pairs[2 * BLOCKS - 1]) / shape;
}

static double gamma_of(const uint64_t pairs[2 * BLOCKS], double shape)
{
    if (!(shape > 0))
        return no_number();
    if (shape >= 1)
        return large_gamma(pairs, shape);
    return large_gamma(pairs, shape + 1) * exp_below(log_of_step(pairs, shape));
}

/* Its logarithm, which is in range where the number is not. */
static double log_gamma_of(const uint64_t pairs[2 * BLOCKS], double shape)
{
    if (!(shape > 0) || shape > 1e300)
        return shape > 0 ? shape : no_number();
    if (shape >= 1)
        return log_of(large_gamma(pairs, shape));
    return log_of(large_gamma(pairs, shape + 1)) + log_of_step(pairs, shape);
}

/* log(k!), from 16 on by Stirling's series. */
static double log_factorial(double k)
{
    static const double small[] = {0, 0, 0.69314718055994530942, 1.79175946922805500081,
        3.17805383034794561965, 4.78749174278204599425, 6.57925121201010099506,
        8.52516136106541430017, 10.6046029027452502284, 12.8018274800814696112,
        15.1044125730755152952, 17.5023078458738858393, 19.9872144956618861495,
        22.5521638531234228856, 25.1912211827386815001, 27.8992713838408915661};
    const double r = 1 / k, s = r * r;

    if (k < 16)
        return small[(int)k];
    const double series = r * (1. / 12 - s * (1. / 360 - s * (1. / 1260 - s * (1. / 1680))));
    return (k + 0.5) * log_of(k) - k + 0.91893853320467274178 + series;
}

/* The largest whole number that is not above x, of at most 2^62. */
static inline double whole_of(double x)
{
    const double k = (double)(int64_t)x;
    return k > x ? k - 1 : k;
}

/* By the sum of the probabilities of 0, 1, 2 ... that just exceeds a uniform number. */
static double small_poisson(uint64_t pair, double rate)
{
    const double u = uniform_of_pair(pair);
    double p = exp_below(-rate), sum = p, k = 0;

    while (u >= sum && k < 100) {
        k++;
        p *= rate / k;
        sum += p;
    }
    return k;
}

/* Hoermann's PTRS, an attempt a block, of which more than three in four succeed. */
static double large_poisson(const uint64_t pairs[2 * BLOCKS], double rate)
{
    const double log_rate = log_of(rate), b = 0.931 + 2.53 * sqrt(rate), a = 0.02483 * b - 0.059;
    const double inverse = 1.1239 + 1.1328 / (b - 3.4), enough = 0.9277 - 3.6224 / (b - 2);

    for (int i = 0; i < BLOCKS; i++) {
        const double u = uniform_of_pair(pairs[2 * i]) - 0.5, v = uniform_of_pair(pairs[2 * i + 1]);
        const double s = 0.5 - (u < 0 ? -u : u), x = (2 * a / s + b) * u + rate + 0.43;
        if (s < 0x1p-40 || x < 0 || (s < 0.013 && v > s))
            continue;
        const double k = whole_of(x);
        const double scaled = log_uniform(pairs[2 * i + 1]) + log_of(inverse / (a / (s * s) + b));
        if ((s >= 0.07 && v <= enough) || scaled <= k * log_rate - rate - log_factorial(k))
            return k;
    }
    return whole_of(rate);
}

/* Rates from 1e9 on by the normal distribution with its first correction. */
static double poisson_of(const uint64_t pairs[2 * BLOCKS], double rate)
{
    const double x = normal_of_pair(pairs[0]);

    if (!(rate >= 0))
        return no_number();
    if (rate < 10)
        return small_poisson(pairs[0], rate);
    if (rate < 1e9)
        return large_poisson(pairs, rate);
    if (rate > 1e18)
        return rate;
    return whole_of(rate + sqrt(rate) * x + (x * x - 1) / 6 + 0.5);
}

static void split(const uint64_t pairs[2 * BLOCKS], uint32_t words[4 * BLOCKS])
{
    for (int i = 0; i < 2 * BLOCKS; i++) {
        words[2 * i] = (uint32_t)pairs[i];
        words[2 * i + 1] = (uint32_t)(pairs[i] >> 32);
    }
}

/* ---- loops ---------------------------------------------------------------------------------- */

#define T    float
#define NAME uniform_f32
#define EXPR uniform_of
#include "kernel/draw.inc"

#define T    float
#define NAME normal_f32
#define EXPR normal_of
#include "kernel/draw.inc"

#define T    double
#define NAME uniform_f64
#define EXPR uniform_of_pair
#define PAIRS
#include "kernel/draw.inc"

#define T    double
#define NAME normal_f64
#define EXPR normal_of_pair
#define PAIRS
#include "kernel/draw.inc"

#define T    float
#define NAME truncated_f32
#define EXPR truncated_of
#include "kernel/draw.inc"

#define T    double
#define NAME truncated_f64
#define EXPR truncated_of_pair
#define PAIRS
#include "kernel/draw.inc"

#define T    float
#define NAME gamma_f32
#define OF   gamma_of
#include "kernel/draw_by.inc"

#define T    double
#define NAME gamma_f64
#define OF   gamma_of
#include "kernel/draw_by.inc"

#define T    float
#define NAME log_gamma_f32
#define OF   log_gamma_of
#include "kernel/draw_by.inc"

#define T    double
#define NAME log_gamma_f64
#define OF   log_gamma_of
#include "kernel/draw_by.inc"

#define T    float
#define NAME poisson_f32
#define OF   poisson_of
#include "kernel/draw_by.inc"

#define T    double
#define NAME poisson_f64
#define OF   poisson_of
#include "kernel/draw_by.inc"

extern const eg__draw_loop EG__FOR_ISA(eg__uniform)[], EG__FOR_ISA(eg__normal)[];
extern const eg__draw_loop EG__FOR_ISA(eg__truncated)[];
extern const eg__draw_by_loop EG__FOR_ISA(eg__gamma)[], EG__FOR_ISA(eg__log_gamma)[];
extern const eg__draw_by_loop EG__FOR_ISA(eg__poisson)[];

const eg__draw_loop EG__FOR_ISA(eg__uniform)[EG__DTYPES] = {
    [EG_FLOAT32] = uniform_f32,
    [EG_FLOAT64] = uniform_f64,
};
const eg__draw_loop EG__FOR_ISA(eg__normal)[EG__DTYPES] = {
    [EG_FLOAT32] = normal_f32,
    [EG_FLOAT64] = normal_f64,
};
const eg__draw_loop EG__FOR_ISA(eg__truncated)[EG__DTYPES] = {
    [EG_FLOAT32] = truncated_f32,
    [EG_FLOAT64] = truncated_f64,
};
const eg__draw_by_loop EG__FOR_ISA(eg__gamma)[EG__DTYPES] = {
    [EG_FLOAT32] = gamma_f32,
    [EG_FLOAT64] = gamma_f64,
};
const eg__draw_by_loop EG__FOR_ISA(eg__log_gamma)[EG__DTYPES] = {
    [EG_FLOAT32] = log_gamma_f32,
    [EG_FLOAT64] = log_gamma_f64,
};
const eg__draw_by_loop EG__FOR_ISA(eg__poisson)[EG__DTYPES] = {
    [EG_FLOAT32] = poisson_f32,
    [EG_FLOAT64] = poisson_f64,
};
