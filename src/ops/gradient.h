/* What gradients are written with, beside the public operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_GRADIENT_H
#define OPS_GRADIENT_H

#include "op/opdef.h"
#include <eagre/ops.h>

/* Sums dz over the axes along which `like` was broadcast, so that it has like's shape. */
eg_tensor *eg__unbroadcast(eg_tensor *dz, const eg_tensor *like);

/* A C number in the dtype of `like`; and the commonest uses of one. */
eg_tensor *eg__number_like(const eg_tensor *like, double value);
eg_tensor *eg__scale(eg_tensor *x, double factor);
eg_tensor *eg__one_minus(eg_tensor *x);
eg_tensor *eg__one_plus(eg_tensor *x);

/* EG_OK, or what is pending: how a gradient ends. */
eg_status eg__done(void);

/* The options of a reduction over the axes in `mask`. */
eg_reduce_attrs eg__over(unsigned mask, bool keep_dims);

#endif
