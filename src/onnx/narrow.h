/* Element types of 8 bits and fewer that no dtype is: their codes as numbers, and back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ONNX_NARROW_H
#define ONNX_NARROW_H

#include "onnx/operator.h"

/* How a real number that lies between two codes, or outside of all, becomes one. */
typedef struct eg__narrow_rule {
    bool saturate; /* what is too large becomes the largest [infinity or NaN] */
    enum { EG__NEAREST, EG__UP, EG__DOWN } rounding; /* of powers of two */
} eg__narrow_rule;

bool eg__narrow_is_real(int type);

/* The numbers that codes stand for, as float32; of whole types the same elements. */
eg_tensor *eg__narrow_values(eg_tensor *codes, int type);

/* Codes, or small whole numbers, of the numbers in x. */
eg_tensor *eg__narrow_codes(eg_tensor *x, int type, const eg__narrow_rule *rule);

/* The least and the greatest of a whole type. */
int64_t eg__narrow_least(int type);
int64_t eg__narrow_greatest(int type);

#endif
