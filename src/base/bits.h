/* The bits of a floating-point number, and the number that some bits are.
 *
 * Always inlined: loops are compiled with options of their own, and gcc does not inline what was
 * read before them by itself, nor make vectors of what calls.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include "base/compiler.h"
#include <stdint.h>
#include <string.h>

EG_HOT_INLINE uint32_t eg__bits_of_float(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

EG_HOT_INLINE float eg__float_of_bits(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

EG_HOT_INLINE uint64_t eg__bits_of_double(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof bits);
    return bits;
}

EG_HOT_INLINE double eg__double_of_bits(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

#endif
