/* Contracting tensors whose axes have labels: what tensordot and einsum come down to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_CONTRACT_H
#define OPS_CONTRACT_H

#include "ops/compose.h"

/* A tensor with a label of 0 to 63 for each axis, all different. */
typedef struct eg__labelled {
    eg_tensor *x;
    int label[EG_MAX_RANK];
} eg__labelled;

static inline uint64_t eg__label_bit(int label)
{
    return (uint64_t)1 << label;
}

/* The set of its labels. */
uint64_t eg__labels(const eg__labelled *t);

/* Sums over the axes whose labels are not in `keep`. */
void eg__sum_labels(eg__labelled *t, uint64_t keep);

/* The product of a and b, summed over the labels that both have and `keep` has not. The labels of
 * the result: those of both, then those of a alone, then those of b alone, each in their order. */
eg__labelled eg__contract(const eg__labelled *a, const eg__labelled *b, uint64_t keep);

#endif
