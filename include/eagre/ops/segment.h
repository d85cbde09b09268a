/* Rows reduced by segments: row i belongs to segment ids[i], of which there are n.
 *
 * The ids need no order; their shape is the beginning of that of x, and an id that is not 0 to
 * n - 1 is an error. The result has one row for each segment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef EAGRE_OPS_SEGMENT_H
#define EAGRE_OPS_SEGMENT_H

#include <eagre/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The sum of each segment, 0 where it is empty; in the dtype of x. Gradient: dz of the segment.
 *     eg_segment_sum(EG_F32(1, 2, 4), EG_I32(0, 2, 0), 3)  ->  [5. 0. 2.] float32[3]
 * Owns: the result. Fails: bool, ids that are no integers or not inside, shapes that do not fit.
 * Records: ScatterAdd. */
EG_API eg_tensor *eg_segment_sum(eg_tensor *x, eg_tensor *ids, int64_t n);

/* The arithmetic mean of each segment, 0 where it is empty. Gradient: dz / count.
 *     eg_segment_mean(EG_F32(1, 2, 4), EG_I32(0, 2, 0), 3)  ->  [2.5 0.  2. ] float32[3]
 * Owns: the result. Fails: integers; otherwise as eg_segment_sum. Records: ScatterAdd, Div. */
EG_API eg_tensor *eg_segment_mean(eg_tensor *x, eg_tensor *ids, int64_t n);

/* The largest of each segment, NaN if there is one; -inf, or the least whole number, where it is
 * empty. Gradient: dz, shared evenly by all that are largest.
 *     eg_segment_max(EG_F32(1, 2, 4), EG_I32(0, 1, 0), 2)  ->  [4. 2.] float32[2]
 * Owns: the result. Fails: as eg_segment_sum. Records: SegmentMax. */
EG_API eg_tensor *eg_segment_max(eg_tensor *x, eg_tensor *ids, int64_t n);

/* The smallest of each segment; inf, or the greatest whole number, where it is empty. Gradient: as
 * eg_segment_max.
 *     eg_segment_min(EG_F32(1, 2, 4), EG_I32(0, 1, 0), 2)  ->  [1. 2.] float32[2]
 * Owns: the result. Fails: as eg_segment_sum. Records: SegmentMin. */
EG_API eg_tensor *eg_segment_min(eg_tensor *x, eg_tensor *ids, int64_t n);

/* The product of each segment, 1 where it is empty; in the dtype of x. Gradient: dz times the
 * product of the others, right also where there are zeros.
 *     eg_segment_prod(EG_F32(1, 2, 4), EG_I32(0, 1, 0), 3)  ->  [4. 2. 1.] float32[3]
 * Owns: the result. Fails: as eg_segment_sum. Records: SegmentProd. */
EG_API eg_tensor *eg_segment_prod(eg_tensor *x, eg_tensor *ids, int64_t n);

#ifdef __cplusplus
}
#endif

#endif
