/* What the gradients of linear algebra are written with.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OPS_LINALG_H
#define OPS_LINALG_H

#include "ops/gradient.h"

/* a b with the last two axes of either one swapped. */
eg_tensor *eg__product(eg_tensor *a, bool swap_a, eg_tensor *b, bool swap_b);

/* The same of adjoints instead of transposes. */
eg_tensor *eg__adjoint_product(eg_tensor *a, bool turn_a, eg_tensor *b, bool turn_b);

/* The lower triangle with half of the diagonal. */
eg_tensor *eg__lower_half(eg_tensor *x);

/* 1/x, and 0 where x is 0. */
eg_tensor *eg__safe_inverse(eg_tensor *x);

/* The gradient of a function that reads the lower triangle of a symmetric matrix, from that of one
 * that reads all of it. */
eg_tensor *eg__of_lower(eg_tensor *dx);

/* Shape rules: input 0 has matrices, or square ones. */
eg_status eg__infer_matrix(eg_shapes *s);
eg_status eg__infer_square(eg_shapes *s);

#endif
