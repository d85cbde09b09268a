/* The search for the largest error of a function in units of the last place.
 *
 * The unit of an exact value is the distance of the dtype's numbers around it, below the normal
 * range that of the smallest ones. Infinity counts as the first number too large for the dtype, so
 * that it is right from half a unit below that on. NaN for a number, or a number for NaN, or the
 * wrong sign, is an infinite error. For logaddexp, which adds where sums cancel, the unit is that
 * of the largest of both arguments and the result; for lgamma left of 0, where it has zeros, it is
 * at least that of 1.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ACCURACY_SEARCH_H
#define TESTS_ACCURACY_SEARCH_H

#include "functions.h"
#include <stdint.h>

typedef struct worst {
    double error; /* in units of the last place */
    double x, y;  /* where it was found */
    double got;
} worst;

/* The largest error among arguments of the dtype: `n` of each kind (all over the dtype, near zero
 * and one, where the function says), all of a dtype of 16 bits. Arguments are the same in every
 * run, and those for a smaller n are among those for a larger one. */
worst search(const function *f, eg_dtype dtype, int64_t n);

/* The same over every `step`-th of all float32, for a function of one argument. */
worst search_float32(const function *f, int64_t step);

#endif
