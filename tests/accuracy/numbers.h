/* Formats of numbers and their units, and arguments drawn from a seeded source.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ACCURACY_NUMBERS_H
#define TESTS_ACCURACY_NUMBERS_H

#include <eagre/ops.h>
#include <mpfr.h>
#include <stdint.h>

typedef struct format {
    eg_dtype dtype;
    int digits, low, high; /* bits of a significand, exponents of the normal range */
} format;

/* The format of a dtype that is real. */
const format *format_of(eg_dtype dtype);

/* The exponent of the unit of a value of magnitude [2^e, 2^(e + 1)). */
int unit_of(const format *f, long e);

/* Puts the first number too large for the format in the place of infinity and of larger ones. */
void limit(mpfr_t z, const format *f);

/* e of a value of magnitude [2^e, 2^(e + 1)); far below all of zero. */
long exponent(mpfr_t z);

uint64_t next(uint64_t *state);

/* In [0, 1). */
double fraction(uint64_t *state);

/* Any number that the format may have, as a double: each exponent is as likely as the others. */
double anywhere(const format *f, uint64_t *state);

/* Where results reach the ends of a range: logarithms of the largest and the smallest numbers, of
 * half of them, or exponents of 2. */
double edge(uint64_t *state);

/* c plus or minus up to 1, mostly very near. */
double near(double c, uint64_t *state);

/* Multiples of pi/2, of which sines and tangents are hard. */
double quarter_turn(uint64_t *state);

#endif
