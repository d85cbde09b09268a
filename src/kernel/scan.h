/* Kernels of running sums and their kin, and their loops, between scan.c and loops_scan.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_SCAN_H
#define KERNEL_SCAN_H

#include "kernel/isa.h"
#include "kernel/kernel.h"
#include <eagre/ops/scan.h>

/* eg_cumulative_attrs */
extern const eg_kernel eg__cumulative_sum_kernel, eg__cumulative_prod_kernel,
    eg__cumulative_max_kernel;
extern const eg_kernel eg__linear_recurrence_kernel; /* eg_recurrence_attrs */

/* Scans a row of n elements, or n rows of c columns that begin `stride` elements apart; a negative
 * step or stride walks backwards. `identity` is what a scan of nothing gives, in the result's
 * dtype. */
typedef struct eg__scan {
    void (*row)(const void *x, void *y, int64_t n, int64_t step);
    void (*columns)(const void *x, void *y, int64_t n, int64_t c, int64_t stride);
    const void *identity;
} eg__scan;

/* y = a * (y before) + b, along n rows of c columns. */
typedef void (
    *eg__recurrence)(const void *a, const void *b, void *y, int64_t n, int64_t c, int64_t stride);

/* By dtype of the input. */
#define EG__SCANS(isa)                                                                             \
    extern const eg__scan eg__cumulative_sum_##isa[], eg__cumulative_prod_##isa[],                 \
        eg__cumulative_max_##isa[];                                                                \
    extern const eg__recurrence eg__linear_recurrence_##isa[]
#ifdef EG_HAVE_X86_SETS
EG__SCANS(avx2);
EG__SCANS(avx512);
#endif
EG__SCANS(base);

#endif
