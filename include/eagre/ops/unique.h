/* Tensors as sets: each element once.
 *
 * Results are rising and of one axis; complex numbers rise by their real parts, then by their
 * imaginary parts. Zeros of both signs are one element, of which the first in x stays.
 * Every NaN is an element of its own; real ones are behind all others. How many elements there are
 * depends on values: see select.h for what that means in functions and graphs, and for `.length`
 * and `.fill`.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_UNIQUE_H
#define EAGRE_OPS_UNIQUE_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_unique_attrs {
    size_t size;    /* sizeof(eg_unique_attrs) */
    int64_t length; /* how many elements the result has [as many as there are] */
    double fill;    /* what stands for those that are missing [0] */
} eg_unique_attrs;

/* Each element of x once. Gradient: dz put back where the elements came from.
 *     eg_unique_values(EG_F32(3, 1, 3, 2))  ->  [1. 2. 3.] float32[3]
 *     eg_unique_values(EG_I32(3, 1, 3), .length = 3, .fill = 9)  ->  [1 3 9] int32[3]
 * Owns: the result. Fails: a negative length, a fill that the dtype does not hold; without a length
 * while a graph is built. Records: Sort, NotEqual, CountNonzero, BooleanMask and others. */
EG_API eg_tensor *eg_unique_values_with(eg_tensor *x, const eg_unique_attrs *attrs);
EG_API eg_tensor *eg_unique_values(eg_tensor *x);

/* The values, and for each element of x, in its shape, which of them it is, int64: a tuple.
 * Gradient of the values: as eg_unique_values.
 *     eg_part(eg_unique_inverse(EG_I32(3, 1, 3, 2)), 1)  ->  [2 0 2 1] int64[4]
 * Owns: the result. Fails: as eg_unique_values. Records: ArgSort, Gather, NotEqual, CountNonzero,
 * BooleanMask, CumulativeSum, Scatter and others. */
EG_API eg_tensor *eg_unique_inverse_with(eg_tensor *x, const eg_unique_attrs *attrs);
EG_API eg_tensor *eg_unique_inverse(eg_tensor *x);

/* The values, and how often each is in x, int64: a tuple. Of values that are missing the count is
 * 0. Gradient of the values: as eg_unique_values.
 *     eg_part(eg_unique_counts(EG_I32(3, 1, 3, 2)), 1)  ->  [1 1 2] int64[3]
 * Owns: the result. Fails: as eg_unique_values. Records: Sort, NotEqual, CountNonzero, BooleanMask,
 * Nonzero and others. */
EG_API eg_tensor *eg_unique_counts_with(eg_tensor *x, const eg_unique_attrs *attrs);
EG_API eg_tensor *eg_unique_counts(eg_tensor *x);

/* The values, where in x, taken as one row, each is first (int64), and what eg_unique_inverse and
 * eg_unique_counts give: a tuple of four. Gradient of the values: as eg_unique_values.
 *     eg_part(eg_unique_all(EG_I32(3, 1, 3, 2)), 1)  ->  [1 3 0] int64[3]
 * Owns: the result. Fails: as eg_unique_values. Records: as the others. */
EG_API eg_tensor *eg_unique_all_with(eg_tensor *x, const eg_unique_attrs *attrs);
EG_API eg_tensor *eg_unique_all(eg_tensor *x);

/* The elements that are in x or y; in both; in x but not in y; in one of them alone. Each once.
 * NaN is in no other tensor. Gradient: dz put back where the elements came from.
 *     eg_union1d(EG_I32(3, 1, 2), EG_I32(5, 3))  ->  [1 2 3 5] int32[4]
 *     eg_intersect1d(EG_I32(3, 1, 2), EG_I32(5, 3))  ->  [3] int32[1]
 *     eg_setdiff1d(EG_I32(3, 1, 2), EG_I32(5, 3))  ->  [1 2] int32[2]
 *     eg_setxor1d(EG_I32(3, 1, 2), EG_I32(5, 3))  ->  [1 2 5] int32[3]
 * Owns: the result. Fails: as eg_unique_values; kinds that differ. Records: Sort, SearchSorted,
 * CountNonzero, BooleanMask and others. */
EG_API eg_tensor *eg_union1d_with(eg_tensor *x, eg_tensor *y, const eg_unique_attrs *attrs);
EG_API eg_tensor *eg_union1d(eg_tensor *x, eg_tensor *y);
EG_API eg_tensor *eg_intersect1d_with(eg_tensor *x, eg_tensor *y, const eg_unique_attrs *attrs);
EG_API eg_tensor *eg_intersect1d(eg_tensor *x, eg_tensor *y);
EG_API eg_tensor *eg_setdiff1d_with(eg_tensor *x, eg_tensor *y, const eg_unique_attrs *attrs);
EG_API eg_tensor *eg_setdiff1d(eg_tensor *x, eg_tensor *y);
EG_API eg_tensor *eg_setxor1d_with(eg_tensor *x, eg_tensor *y, const eg_unique_attrs *attrs);
EG_API eg_tensor *eg_setxor1d(eg_tensor *x, eg_tensor *y);

#ifdef __cplusplus
}
#endif

#endif
