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

/* Numbers of the standard normal distribution between -2 and 2: what of it lies within two
 * deviations. No gradient.
 *     eg_truncated_normal(eg_key(7),
 *         EG_DIMS(3))  ->  [ 1.5055826   0.63955873 -1.1182394 ] float32[3]
 * Owns: the result. Fails: as eg_uniform. Records: TruncatedNormal. */
EG_API eg_tensor *eg_truncated_normal_with(eg_tensor *key, int rank, const int64_t dims[],
    const eg_random_attrs *attrs);

/* Numbers of the exponential distribution with mean 1: -log(1 - u) of a uniform u. No gradient.
 *     eg_exponential(eg_key(7), EG_DIMS(3))  ->  [3.0921803  1.3869034  0.12123849] float32[3]
 * Owns: the result. Fails: as eg_uniform. Records: Uniform, Sub, Log. */
EG_API eg_tensor *eg_exponential_with(eg_tensor *key, int rank, const int64_t dims[],
    const eg_random_attrs *attrs);

/* True with probability p, of which each element may have its own: p broadcasts to the shape. No
 * gradient.
 *     eg_bernoulli(eg_key(7), 0.5, EG_DIMS(3))  ->  [False False  True] bool[3]
 * Owns: the result. Fails: what is no key, a p that is no floating point or does not broadcast.
 * Records: Uniform, BroadcastTo, Less. */
EG_API eg_tensor *eg_bernoulli(eg_tensor *key, eg_tensor *p, int rank, const int64_t dims[]);

typedef struct eg_randint_attrs {
    size_t size;    /* sizeof(eg_randint_attrs) */
    eg_dtype dtype; /* an integer [int64] */
} eg_randint_attrs;

/* Whole numbers from low up to but not including high, each as likely as any other to within
 * 2^-53 of the range. No gradient.
 *     eg_randint(eg_key(7), 1, 7, EG_DIMS(5))  ->  [5 1 5 6 1] int64[5]
 * Owns: the result. Fails: what is no key, a dtype that is no integer or does not hold the range, a
 * range that is empty or of more than 2^53 numbers. Records: Uniform, Mul, Cast, Add. */
EG_API eg_tensor *eg_randint_with(eg_tensor *key, int64_t low, int64_t high, int rank,
    const int64_t dims[], const eg_randint_attrs *attrs);

/* n draws, int64, for each row (last axis) of unnormalised log-probabilities: class c comes up with
 * probability softmax(logits)[c]. The row's axis is replaced by the draws. By the largest of
 * logits - log(-log(u)). No gradient.
 *     eg_categorical(eg_key(7), EG_F32(0, -100, 0), 6)  ->  [0 2 0 2 0 2] int64[6]
 * Owns: the result. Fails: what is no key, logits that are no floating point or have no class, a
 * negative n. Records: Uniform, Log, Neg, Sub, Reshape, ArgMax. */
EG_API eg_tensor *eg_categorical(eg_tensor *key, eg_tensor *logits, int64_t n);

/* Numbers of the gamma distribution with scale 1, one for each element of `shape`, its parameter.
 * NaN where that is not above 0. Divided by a rate they are those of other scales. No gradient:
 * draws are constants to a tape. Source:
 * Marsaglia and Tsang, "A simple method for generating gamma variables", ACM TOMS 26, 2000.
 *     eg_random_gamma(eg_key(7),
 *         EG_F32(0.5, 1, 20))  ->  [ 1.356604    0.36594856 14.622401  ] float32[3]
 * Owns: the result. Fails: what is no key, integers, bool. Records: RandomGamma. */
EG_API eg_tensor *eg_random_gamma(eg_tensor *key, eg_tensor *shape);

/* Whole numbers of the Poisson distribution, one for each element of `rate`, its mean, in the dtype
 * of that; NaN where it is below 0. No gradient. Source: Hoermann, "The transformed rejection
 * method for generating Poisson random variables", Insurance: Mathematics and Economics 12, 1993.
 *     eg_poisson(eg_key(7), EG_F32(0, 2, 20))  ->  [ 0.  1. 13.] float32[3]
 * Owns: the result. Fails: what is no key, integers, bool. Records: Poisson. */
EG_API eg_tensor *eg_poisson(eg_tensor *key, eg_tensor *rate);

/* Numbers of the beta distribution, between 0 and 1, one for each pair of elements of its
 * parameters a and b, which broadcast; NaN where one is not above 0. No gradient.
 *     eg_beta(eg_key(7), EG_F32(2, 30), EG_F32(3, 1))  ->  [0.71031404 0.93275195] float32[2]
 * Owns: the result. Fails: what is no key, integers, bool, dtypes that differ.
 * Records: RandomGamma and elementwise operations. */
EG_API eg_tensor *eg_beta(eg_tensor *key, eg_tensor *a, eg_tensor *b);

/* Numbers of the Dirichlet distribution: those along the last axis are above 0 and have the sum 1.
 * `shapes` are its parameters, NaN comes of rows where one is not above 0. No gradient.
 *     eg_round(eg_mul(eg_dirichlet(eg_key(7), EG_F32(1, 2, 3)), 100))  ->  [38. 32. 30.] float32[3]
 * Owns: the result. Fails: what is no key, integers, bool, rank 0. Records: RandomGamma,
 * Softmax. */
EG_API eg_tensor *eg_dirichlet(eg_tensor *key, eg_tensor *shapes);

/* The whole numbers 0 to n-1, int64, in random order. No gradient.
 *     eg_sum(eg_permutation(eg_key(7), 5))  ->  10 int64[]
 * Owns: the result. Fails: what is no key, a negative n. Records: Uniform, TopK. */
EG_API eg_tensor *eg_permutation(eg_tensor *key, int64_t n);

#ifdef __cplusplus
}
#endif

#endif
