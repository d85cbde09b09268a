/* The gradient of a block, drawn into another one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROL_GRADIENT_H
#define CONTROL_GRADIENT_H

#include "control/block.h"

enum { EG__MOST_PORTS = 256 };

/* Inside a drawing: the block at `x` pulled back from `dy`, the gradients of its outputs (NULL:
 * none arrives). dx[i] is the gradient of input i, NULL where there is no path or the input is not
 * real; on entry, what has come to input i before, to which its gradient is added, as a tape does,
 * or NULL. Owns: the results, by the innermost scope. False after an error. */
bool eg__block_pull(const eg__block *block, eg_tensor *const x[], eg_tensor *const dy[],
    eg_tensor *dx[]);

/* a + b where either may be NULL. */
eg_tensor *eg__sum_of(eg_tensor *a, eg_tensor *b);

/* Zeros of a spec. */
eg_tensor *eg__zeros_of(const eg_spec *spec);

#endif
