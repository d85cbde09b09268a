/* Products and convolutions of whole numbers of 8 bits, summed in 32 bits that wrap.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_INTEGER_H
#define KERNEL_INTEGER_H

#include "kernel/conv.h"
#include "kernel/kernel.h"

/* a, b, and what stands for 0 in them: one number, or one for each row of a, each column of b. */
extern const eg_kernel eg__matmul_integer_kernel;

/* x, w, and what stands for 0 in them: one number, or one for each result of w. eg_conv_attrs. */
extern const eg_kernel eg__conv_integer_kernel;

/* ---- loops ---------------------------------------------------------------------------------- */

/* Rows are padded with zeros to a whole number of these. */
enum { EG__DOTS = 32 };

/* c[i][j] is the product of rows a[i] and b[j], of k numbers each, less than 2^9 in size. */
typedef struct eg__dots {
    const int16_t *a, *b;
    int32_t *c;
    int64_t m, n, k, c_row; /* c_row: from one row of c to the next */
} eg__dots;

/* c[j] is added the sum over p of a[p] * b[p][j], b of int8 or uint8. */
typedef struct eg__lines {
    const int16_t *a;
    const void *b;
    uint32_t *c;
    int64_t k, n, b_row;
    bool is_unsigned;
} eg__lines;

/* to[i] = x[i * step] - zero, of int8 or uint8. */
typedef struct eg__widening {
    const void *x;
    int16_t *to;
    int64_t n, step;
    int zero;
    bool is_unsigned;
} eg__widening;

#endif
