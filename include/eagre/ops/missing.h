/* Numbers that are not there: reductions that leave NaN out, what stands in its place, closeness.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_MISSING_H
#define EAGRE_OPS_MISSING_H

#include <eagre/ops/reduce.h>

#ifdef __cplusplus
extern "C" {
#endif

/* eg_sum without NaN: 0 where there is nothing else. Gradient: dz, and 0 for NaN.
 *     eg_nansum(EG_F32(1, NAN, 3))  ->  4. float32[]
 * Owns: the result. Fails: as eg_sum. Records: Where, Sum. */
EG_API eg_tensor *eg_nansum_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_nansum(eg_tensor *x);

/* eg_prod without NaN: 1 where there is nothing else. Gradient: as eg_prod, and 0 for NaN.
 *     eg_nanprod(EG_F32(2, NAN, 3))  ->  6. float32[]
 * Owns: the result. Fails: as eg_sum. Records: Where, Prod. */
EG_API eg_tensor *eg_nanprod_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_nanprod(eg_tensor *x);

/* eg_mean of what is not NaN; NaN where there is nothing else. Gradient: dz / count, and 0 for NaN.
 *     eg_nanmean(EG_F32(1, NAN, 3))  ->  2. float32[]
 * Owns: the result. Fails: as eg_mean. Records: Where, Equal, Cast, Sum, Div. */
EG_API eg_tensor *eg_nanmean_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_nanmean(eg_tensor *x);

/* eg_max of what is not NaN; NaN where there is nothing else. Gradient: as eg_max, and 0 for NaN.
 *     eg_nanmax(EG_F32(1, NAN, 3))  ->  3. float32[]
 * Owns: the result. Fails: as eg_max. Records: Where, Max, All. */
EG_API eg_tensor *eg_nanmax_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_nanmax(eg_tensor *x);

/* eg_min of what is not NaN; otherwise as eg_nanmax.
 *     eg_nanmin(EG_F32(1, NAN, 3))  ->  1. float32[]
 * Owns: the result. Fails: as eg_max. Records: Where, Min, All. */
EG_API eg_tensor *eg_nanmin_with(eg_tensor *x, const eg_reduce_attrs *attrs);
EG_API eg_tensor *eg_nanmin(eg_tensor *x);

typedef struct eg_nan_to_num_attrs {
    size_t size;   /* sizeof(eg_nan_to_num_attrs) */
    double nan;    /* what NaN becomes [0] */
    double posinf; /* what infinity becomes [the largest number] */
    double neginf; /* what minus infinity becomes [the smallest number] */
} eg_nan_to_num_attrs;

/* x with numbers in place of NaN and the infinities; whole numbers and truth values as they are.
 * Gradient: dz, and 0 for what was replaced.
 *     eg_nan_to_num(EG_F32(1, NAN, INFINITY), .posinf = 9)  ->  [1. 0. 9.] float32[3]
 * Owns: the result. Fails: a number that the dtype does not hold. Records: Where, Equal. */
EG_API eg_tensor *eg_nan_to_num_with(eg_tensor *x, const eg_nan_to_num_attrs *attrs);
EG_API eg_tensor *eg_nan_to_num(eg_tensor *x);

/* x / y, and 0 where y is 0. Gradient: as eg_div, and 0 where y is 0.
 *     eg_divide_no_nan(EG_F32(1, 0, 3), EG_F32(0, 0, 2))  ->  [0.  0.  1.5] float32[3]
 * Owns: the result. Fails: as eg_div. Records: Equal, Where, Div. */
EG_API eg_tensor *eg_divide_no_nan(eg_tensor *x, eg_tensor *y);

/* x * log(y), and 0 where x is 0, unless y is NaN. Gradient: dz*log(y), 0 where x is 0, and dz*x/y.
 *     eg_xlogy(EG_F32(0, 2), EG_F32(0, 1))  ->  [0. 0.] float32[2]
 * Owns: the result. Fails: as eg_div. Records: Equal, Where, Log, Mul. */
EG_API eg_tensor *eg_xlogy(eg_tensor *x, eg_tensor *y);

typedef struct eg_isclose_attrs {
    size_t size;    /* sizeof(eg_isclose_attrs) */
    double rtol;    /* room in proportion to y; -1: none [1e-5] */
    double atol;    /* and beside it; -1: none [1e-8] */
    bool equal_nan; /* NaN is close to NaN */
} eg_isclose_attrs;

/* Whether abs(x - y) <= atol + rtol * abs(y); an infinity is close to itself alone. No gradient.
 *     eg_isclose(EG_F64(1, 1, NAN), EG_F64(1.000001, 1.1, NAN))  ->  [ True False False] bool[3]
 * Owns: the result. Fails: kinds that differ, negative room. Records: elementwise operations. */
EG_API eg_tensor *eg_isclose_with(eg_tensor *x, eg_tensor *y, const eg_isclose_attrs *attrs);
EG_API eg_tensor *eg_isclose(eg_tensor *x, eg_tensor *y);

/* Whether all elements are close to each other, which they are where there are none. No gradient.
 *     eg_allclose(EG_F32(1, 2), 1, .rtol = 1)  ->  True bool[]
 * Owns: the result. Fails: as eg_isclose. Records: as eg_isclose, and All. */
EG_API eg_tensor *eg_allclose_with(eg_tensor *x, eg_tensor *y, const eg_isclose_attrs *attrs);
EG_API eg_tensor *eg_allclose(eg_tensor *x, eg_tensor *y);

#ifdef __cplusplus
}
#endif

#endif
