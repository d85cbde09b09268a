/* Kernels of linear algebra. The last two axes are a matrix, those before them a batch of
 * matrices; what a matrix does not allow is an error that names it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_LINALG_H
#define KERNEL_LINALG_H

#include "kernel/kernel.h"
#include <eagre/ops/linalg.h>

extern const eg_kernel eg__cholesky_kernel;         /* a */
extern const eg_kernel eg__triangular_solve_kernel; /* a, b; eg_triangular_solve_attrs */
extern const eg_kernel eg__solve_kernel;            /* a, b; eg_solve_attrs */
extern const eg_kernel eg__det_kernel;              /* a */
extern const eg_kernel eg__slogdet_kernel;          /* a -> sign, logarithm */
extern const eg_kernel eg__qr_kernel;               /* a -> q, r; eg_qr_attrs */
extern const eg_kernel eg__eigh_kernel;             /* a -> values, vectors */
extern const eg_kernel eg__eigvalsh_kernel;         /* a */
extern const eg_kernel eg__svd_kernel;              /* a -> u, s, vh; eg_svd_attrs */
extern const eg_kernel eg__svdvals_kernel;          /* a */
extern const eg_kernel eg__pinv_kernel;             /* a */
extern const eg_kernel eg__eig_kernel;              /* a, complex -> values, vectors */
extern const eg_kernel eg__eigvals_kernel;          /* a, complex */
extern const eg_kernel eg__expm_kernel;             /* a */

#endif
