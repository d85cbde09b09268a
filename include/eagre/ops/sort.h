/* Sorting, searching in what is sorted, counting.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_SORT_H
#define EAGRE_OPS_SORT_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct eg_sort_attrs {
    size_t size;     /* sizeof(eg_sort_attrs) */
    bool descending; /* the largest first [false] */
} eg_sort_attrs;

/* The elements along an axis in rising or falling order. Equals keep their order; NaN counts as
 * the largest. Gradient: dz put back where the elements came from.
 *     eg_sort(EG_F32(3, 9, 4), -1)  ->  [3. 4. 9.] float32[3]
 *     eg_sort(EG_F32(3, 9, 4), -1, .descending = true)  ->  [9. 4. 3.] float32[3]
 * Owns: the result. Fails: rank 0, an axis outside. Records: Sort; for another axis than the last
 * Transpose too. */
EG_API eg_tensor *eg_sort_with(eg_tensor *x, int axis, const eg_sort_attrs *attrs);
EG_API eg_tensor *eg_sort(eg_tensor *x, int axis);

/* Where the elements of eg_sort come from, int64. No gradient.
 *     eg_argsort(EG_F32(3, 9, 4), -1)  ->  [0 2 1] int64[3]
 * Owns: the result. Fails: as eg_sort. Records: ArgSort; for another axis than the last Transpose
 * too. */
EG_API eg_tensor *eg_argsort_with(eg_tensor *x, int axis, const eg_sort_attrs *attrs);
EG_API eg_tensor *eg_argsort(eg_tensor *x, int axis);

typedef struct eg_searchsorted_attrs {
    size_t size; /* sizeof(eg_searchsorted_attrs) */
    bool right;  /* behind equals, not before them [false] */
} eg_searchsorted_attrs;

/* For each value, int64, how many elements of `sorted`, a rising row, are before it: where it would
 * have to be put. NaN counts as the largest. Of several rows, along the last axis, each is for the
 * row of values at its place. No gradient.
 *     eg_searchsorted(EG_F32(1, 3, 3, 7), EG_F32(3, 5))  ->  [1 3] int64[2]
 *     eg_searchsorted(EG_F32(1, 3, 3, 7), EG_F32(3, 5), .right = true)  ->  [3 3] int64[2]
 * Owns: the result. Fails: bool, kinds that differ, `sorted` of rank 0, rows that do not belong
 * together. Records: SearchSorted. */
EG_API eg_tensor *eg_searchsorted_with(eg_tensor *sorted, eg_tensor *values,
    const eg_searchsorted_attrs *attrs);
EG_API eg_tensor *eg_searchsorted(eg_tensor *sorted, eg_tensor *values);

/* Whether each element of x is among those of y; NaN is not. No gradient.
 *     eg_isin(EG_I32(1, 2, 3), EG_I32(3, 1))  ->  [ True False  True] bool[3]
 * Owns: the result. Fails: kinds that differ. Records: Sort, SearchSorted and elementwise
 * operations. */
EG_API eg_tensor *eg_isin(eg_tensor *x, eg_tensor *y);

/* How often each of the numbers 0 to n - 1 is among those of x, int64; with weights that is
 * eg_scatter_add. No gradient.
 *     eg_bincount(EG_I32(0, 2, 2), 4)  ->  [1 0 2 0] int64[4]
 * Owns: the result. Fails: x that is no integers, a number outside. Records: ScatterAdd. */
EG_API eg_tensor *eg_bincount(eg_tensor *x, int64_t n);

/* How many elements of x are in each of n bins of one width from `low` to `high`, int64. A bin
 * holds its lower edge, the last both; what is outside, and NaN, is not counted. No gradient.
 *     eg_histogram(EG_F32(0, 1, 2, 2.5, 4, 9), 4, 0, 4)  ->  [1 1 2 1] int64[4]
 * Owns: the result. Fails: bool, n below 1, edges that do not rise or are infinite.
 * Records: SearchSorted, ScatterAdd and others. */
EG_API eg_tensor *eg_histogram(eg_tensor *x, int64_t n, double low, double high);

/* The same between edges that are given: n + 1 rising numbers are n bins. No gradient.
 *     eg_histogram_edges(EG_F32(0, 1, 2, 2.5, 4, 9), EG_F32(0, 1, 4, 5))  ->  [1 3 1] int64[3]
 * Owns: the result. Fails: bool, kinds that differ, edges of another rank than 1 or fewer than 2.
 * Records: SearchSorted, ScatterAdd and others. */
EG_API eg_tensor *eg_histogram_edges(eg_tensor *x, eg_tensor *edges);

/* The height at each x of the line through points, whose xp rise: straight between neighbours, and
 * level beyond the ends. NaN stays. Gradient: of x dz times the slope there; of the points dz in
 * proportion to how near they are.
 *     eg_interp(EG_F32(0, 1.5, 2, 9), EG_F32(1, 2, 4),
 *         EG_F32(10, 20, 0))  ->  [10. 15. 20.  0.] float32[4]
 * Owns: the result. Fails: integers, bool, dtypes that differ, points that are no two lists of one
 * length, or none. Records: SearchSorted, Gather and elementwise operations. */
EG_API eg_tensor *eg_interp(eg_tensor *x, eg_tensor *xp, eg_tensor *yp);

/* The element below which the share q of those along an axis lies, between two neighbours in
 * proportion; NaN if there is one. The axis is left out. Gradient: dz, shared by the neighbours.
 *     eg_quantile(EG_F32(1, 2, 4, 8), 0.25, 0)  ->  1.75 float32[]
 * Owns: the result. Fails: integers, bool, an axis outside or of size 0, q outside 0 to 1.
 * Records: Sort, Gather and elementwise operations. */
EG_API eg_tensor *eg_quantile(eg_tensor *x, double q, int axis);

/* The quantile 0.5: the middle one, or the mean of both. Gradient: as eg_quantile.
 *     eg_median(EG_F32(1, 2, 4, 8), 0)  ->  3. float32[]
 * Owns: the result. Fails: as eg_quantile. Records: as eg_quantile. */
EG_API eg_tensor *eg_median(eg_tensor *x, int axis);

#ifdef __cplusplus
}
#endif

#endif
