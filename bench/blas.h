/* Products by calls of libraries: what eagre's own loops for small products and vectors are
 * measured against. OpenBLAS has one thread, oneDNN as many as it likes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_BLAS_H
#define BENCH_BLAS_H

#include <stdbool.h>
#include <stdint.h>

/* out = x y, an m,k by k,n product of float32, row-major. */
typedef struct blas_product {
    int64_t m, n, k;
    const float *x, *y;
    float *out;
} blas_product;

/* One of m and n that is 1 makes it a product with a vector, for which OpenBLAS has a call of its
 * own. False where the library is not to be had. */
bool blas_by_openblas(const blas_product *p);
bool blas_by_onednn(const blas_product *p); /* its sgemm */

#endif
