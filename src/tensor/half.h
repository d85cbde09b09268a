/* The 16-bit real numbers: float16, with 5 bits of exponent and 10 of fraction, and bfloat16,
 * with 8 and 7. Memory holds them as uint16_t; arithmetic is done in wider types and rounded once,
 * to the nearest, ties to even.
 *
 * Everything here is without branches, so that loops over it become vectors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TENSOR_HALF_H
#define TENSOR_HALF_H

#include "base/bits.h"

/* What tells the formats apart: bits of fraction, and the exponent of the smallest normal number as
 * a double holds it. */
enum {
    EG__F16_BITS = 10,
    EG__F16_LEAST = 1023 - 14,
    EG__BF16_BITS = 7,
    EG__BF16_LEAST = 1023 - 126
};

/* Adding 2^52 times the step between neighbours rounds to whole steps; how many there are is then
 * the low bits of the sum. From the exponent of the smallest normal number on, steps are counted
 * anew in every binade, and the count that carries over is the next binade's first. */
static inline uint16_t eg__narrow(double x, int bits, uint64_t least)
{
    const uint64_t all = eg__bits_of_double(x), size = all & UINT64_MAX >> 1;
    const uint64_t infinity = 2 * (1023 - least) + 3, most = 1023 + (1023 - least) + 1;
    const uint64_t exponent = size >> 52 > least ? size >> 52 : least;
    const uint64_t shift = (exponent - (uint64_t)bits + 52) << 52;
    const uint64_t steps =
        eg__bits_of_double(eg__double_of_bits(size) + eg__double_of_bits(shift)) - shift;
    const uint64_t number = ((exponent - least) << bits) + steps;
    const uint64_t nan = infinity << bits | UINT64_C(1) << (bits - 1);
    const uint64_t finite = size >> 52 > most ? infinity << bits : number;

    return (uint16_t)((size > UINT64_C(0x7ff) << 52 ? nan : finite) | all >> 63 << 15);
}

static inline uint16_t eg__f16_of_double(double x)
{
    return eg__narrow(x, EG__F16_BITS, EG__F16_LEAST);
}

static inline uint16_t eg__bf16_of_double(double x)
{
    return eg__narrow(x, EG__BF16_BITS, EG__BF16_LEAST);
}

static inline float eg__float_of_bf16(uint16_t x)
{
    return eg__float_of_bits((uint32_t)x << 16);
}

/* Read as a float32 with the same bits of fraction it is 2^112 too small, below the normal numbers
 * too; an exponent of all ones has to stay one. */
static inline float eg__float_of_f16(uint16_t x)
{
    const uint32_t size = x & 0x7fffu, sign = (uint32_t)(x & 0x8000u) << 16;
    const float scaled = eg__float_of_bits(size << 13) * 0x1p112f;
    const float special = eg__float_of_bits(size << 13 | 0x7f800000u);
    const float value = size >= 0x7c00u ? special : scaled;

    return eg__float_of_bits(eg__bits_of_float(value) | sign);
}

#endif
