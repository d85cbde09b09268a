/* Narrow dtypes computed in wider ones.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OP_WIDEN_H
#define OP_WIDEN_H

#include "op/opdef.h"

/* Prepares a job for a problem with narrow dtypes that no kernel takes as it is: the inputs are
 * brought to the dtype below, the operation runs there, and what it makes is rounded, or wrapped,
 * once. False, with nothing reported, where that does not help either; or with an error pending.
 *     float16, bfloat16                 in float32
 *     int8, int16, uint8, uint16        in int32
 *     uint32, uint64                    in int64
 * The last two are right for what wraps (sums and products) and for indices. */
bool eg__widen(const eg_opdef *op, const eg_problem *p, eg_job *job);

/* The dtype below in which that is computed; itself where it is wide. */
eg_dtype eg__wide(eg_dtype dtype);

/* The attributes of Cast. */
typedef struct eg__cast_attrs {
    size_t size;
    eg_dtype dtype;
} eg__cast_attrs;

#endif
