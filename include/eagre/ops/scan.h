/* Running sums and their kin along one axis, linear recurrences, differences of neighbours.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_SCAN_H
#define EAGRE_OPS_SCAN_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Options of the cumulative operations. */
typedef struct eg_cumulative_attrs {
    size_t size;          /* sizeof(eg_cumulative_attrs) */
    int axis;             /* along which; negative: from the end [0] */
    bool exclusive;       /* an element does not count itself */
    bool reverse;         /* from the end of the axis to its beginning */
    bool include_initial; /* one element more, what nothing amounts to, where the scan begins */
} eg_cumulative_attrs;

/* Each element and all before it along an axis, added up. Whole numbers add up in 64 bits, as in
 * eg_sum. Gradient: dz added up from the other end.
 *     eg_cumulative_sum(EG_F32(1, 2, 4))  ->  [1. 3. 7.] float32[3]
 *     eg_cumulative_sum(EG_I64(1, 2, 4), .exclusive = true)  ->  [0 1 3] int64[3]
 *     eg_cumulative_sum(EG_I64(1, 2, 4), .include_initial = true)  ->  [0 1 3 7] int64[4]
 * Owns: the result. Fails: bool, rank 0, an axis outside the rank, exclusive with include_initial.
 * Records: CumulativeSum. */
EG_API eg_tensor *eg_cumulative_sum_with(eg_tensor *x, const eg_cumulative_attrs *attrs);
EG_API eg_tensor *eg_cumulative_sum(eg_tensor *x);

/* Each element times all before it; otherwise as eg_cumulative_sum. Gradient: right also where
 * there are zeros, since nothing is divided.
 *     eg_cumulative_prod(EG_F32(1, 2, 4))  ->  [1. 2. 8.] float32[3]
 * Owns: the result. Fails: as eg_cumulative_sum. Records: CumulativeProd. */
EG_API eg_tensor *eg_cumulative_prod_with(eg_tensor *x, const eg_cumulative_attrs *attrs);
EG_API eg_tensor *eg_cumulative_prod(eg_tensor *x);

/* The largest so far, NaN from the first NaN on. Nothing amounts to -inf or the least whole number.
 * Gradient: dz goes to the element that was the largest, the newest of equals.
 *     eg_cumulative_max(EG_F32(1, 3, 2))  ->  [1. 3. 3.] float32[3]
 * Owns: the result. Fails: as eg_cumulative_sum. Records: CumulativeMax. */
EG_API eg_tensor *eg_cumulative_max_with(eg_tensor *x, const eg_cumulative_attrs *attrs);
EG_API eg_tensor *eg_cumulative_max(eg_tensor *x);

/* The smallest so far; otherwise as eg_cumulative_max. Gradient: as there.
 *     eg_cumulative_min(EG_F32(2, 1, 3))  ->  [2. 1. 1.] float32[3]
 * Owns: the result. Fails: as eg_cumulative_sum. Records: CumulativeMax, Neg or BitwiseInvert. */
EG_API eg_tensor *eg_cumulative_min_with(eg_tensor *x, const eg_cumulative_attrs *attrs);
EG_API eg_tensor *eg_cumulative_min(eg_tensor *x);

/* The logarithm of the running sum of exponentials, without leaving the range. Gradient: dz, shared
 * as exp(x) is.
 *     eg_cumulative_logsumexp(EG_F32(1000, 1000))  ->  [1000.     1000.6932] float32[2]
 * Owns: the result. Fails: integers, bool, rank 0, an axis outside, exclusive, include_initial.
 * Records: CumulativeMax, LinearRecurrence and elementwise operations. */
EG_API eg_tensor *eg_cumulative_logsumexp_with(eg_tensor *x, const eg_cumulative_attrs *attrs);
EG_API eg_tensor *eg_cumulative_logsumexp(eg_tensor *x);

typedef struct eg_recurrence_attrs {
    size_t size;  /* sizeof(eg_recurrence_attrs) */
    int axis;     /* along which; negative: from the end [0] */
    bool reverse; /* from the end of the axis to its beginning */
} eg_recurrence_attrs;

/* y[i] = a[i] * y[i - 1] + b[i] along an axis, with y[0] = b[0]: decaying averages, filters, state
 * space models. a and b have one shape. Gradient: the recurrence that runs the other way.
 *     eg_linear_recurrence(EG_F32(0.5, 0.5, 0.5), EG_F32(8, 0, 1))  ->  [8. 4. 3.] float32[3]
 * Owns: the result. Fails: integers, bool, shapes that differ, rank 0, an axis outside. Records:
 * LinearRecurrence. */
EG_API eg_tensor *eg_linear_recurrence_with(eg_tensor *a, eg_tensor *b,
    const eg_recurrence_attrs *attrs);
EG_API eg_tensor *eg_linear_recurrence(eg_tensor *a, eg_tensor *b);

typedef struct eg_diff_attrs {
    size_t size; /* sizeof(eg_diff_attrs) */
    int n;       /* how often [1] */
} eg_diff_attrs;

/* Differences of neighbours along an axis, and differences of these, n times: each time there is
 * one element less. Gradient: dz put back with both signs.
 *     eg_diff(EG_F32(1, 4, 9), -1)  ->  [3. 5.] float32[2]
 *     eg_diff(EG_F32(1, 4, 9), -1, .n = 2)  ->  [2.] float32[1]
 * Owns: the result. Fails: bool, rank 0, an axis outside, a negative n. Records: Slice, Sub. */
EG_API eg_tensor *eg_diff_with(eg_tensor *x, int axis, const eg_diff_attrs *attrs);
EG_API eg_tensor *eg_diff(eg_tensor *x, int axis);

#ifdef __cplusplus
}
#endif

#endif
