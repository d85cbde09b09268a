/* Random numbers as pure functions of a key (variable.h): Philox 4x32-10, counter based, so the
 * n-th number of a key is the same wherever and in whatever order it is computed.
 * Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_RANDOM_H
#define EAGRE_OPS_RANDOM_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_random_attrs {
    size_t size;    /* sizeof(eg_random_attrs) */
    eg_dtype dtype; /* float32 or float64 [float32] */
} eg_random_attrs;

/* Numbers spread evenly over [0, 1): multiples of 2^-24, or 2^-53 for float64. No gradient.
 *     eg_uniform(eg_key(7), EG_DIMS(3))  ->  [0.9545971  0.7501522  0.11417735] float32[3]
 * Owns: the result. Fails: what is no key (int64[2]), a wrong shape or dtype. Records: Uniform. */
EG_API eg_tensor *eg_uniform_with(eg_tensor *key, int rank, const int64_t dims[],
    const eg_random_attrs *attrs);

/* Numbers of the standard normal distribution, through the inverse of its cumulative function.
 * No gradient. Source: Wichura, algorithm AS 241, Applied Statistics 37, 1988.
 *     eg_normal(eg_key(7), EG_DIMS(3))  ->  [ 1.6911623  0.6749689 -1.2046077] float32[3]
 * Owns: the result. Fails: as eg_uniform. Records: Normal. */
EG_API eg_tensor *eg_normal_with(eg_tensor *key, int rank, const int64_t dims[],
    const eg_random_attrs *attrs);

/* The whole numbers 0 to n-1, int64, in random order. No gradient.
 *     eg_sum(eg_permutation(eg_key(7), 5))  ->  10 int64[]
 * Owns: the result. Fails: what is no key, a negative n. Records: Uniform, TopK. */
EG_API eg_tensor *eg_permutation(eg_tensor *key, int64_t n);

#ifdef __cplusplus
}
#endif

#endif
