/* The gradient of a block, drawn into another one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTROL_GRADIENT_H
#define CONTROL_GRADIENT_H

#include "autodiff/flow.h"
#include "control/block.h"

enum { EG__MOST_PORTS = 256 };

/* Inside a drawing: the block at `x` pulled back from `dy`, what arrives at its outputs. dx[i] is
 * what flows to input i, nothing where there is no path or the input is not real; on entry, what
 * has come to input i before, to which it is added, as a tape does. Owns: the results, by the
 * innermost scope. False after an error. */
bool eg__block_pull(const eg__block *block, eg_tensor *const x[], const eg__flow dy[],
    eg__flow dx[]);

/* What flows is a value, zeros where nothing does; and whether it does, as a bool. */
eg_tensor *eg__flow_given(const eg__flow *f, const eg_spec *spec);
eg_tensor *eg__flow_when(const eg__flow *f);

/* A bool without axes. */
eg_spec eg__bool_spec(void);

/* Zeros of a spec. */
eg_tensor *eg__zeros_of(const eg_spec *spec);

#endif
