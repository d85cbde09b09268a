/* Connectionist temporal classification: how likely rows of class probabilities spell a label.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_CTC_H
#define KERNEL_CTC_H

#include "kernel/kernel.h"

typedef struct eg__ctc_attrs {
    size_t size;
    int64_t blank; /* the class between labels */
    bool zero_infinity;
} eg__ctc_attrs;

/* log_probs [examples, steps, classes], labels [examples, places], input_lengths and label_lengths
 * [examples] or [0]: all of them; integers of any dtypes. Gives [examples]. */
extern const eg_kernel eg__ctc_kernel;

/* The same and dz [examples]: the gradient of log_probs. */
extern const eg_kernel eg__ctc_grad_kernel;

#endif
