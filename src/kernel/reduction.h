/* The loops of reductions, between reduce.c and loops_reduce.c.
 *
 * A loop reduces one block: the elements it combines are contiguous or columns of a few hundred
 * rows, and the order in which it combines them follows from the block's shape alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_REDUCTION_H
#define KERNEL_REDUCTION_H

#include "kernel/isa.h"
#include "tensor/dtype.h"

enum {
    EG__NARROW = 32, /* up to so many columns, rows are taken together */
    EG__NARROW_LANES = 256,
    EG__COLUMNS = 1024 /* the most a loop over columns is given */
};

/* Reduces rows of n >= 1 elements: y[i] from row i, contiguous. Then columns: y[j] from the j-th
 * of c columns of n rows, which begin `stride` elements apart. */
typedef struct eg__reduction {
    void (*rows)(const void *x, void *y, int64_t rows, int64_t n);
    void (*columns)(const void *x, void *y, int64_t n, int64_t c, int64_t stride);
} eg__reduction;

/* Where a largest element is. `best` (NULL: not wanted) gets its value. Merging takes the answers
 * of n blocks of `rows` rows each, for c columns, to positions in the whole. */
typedef struct eg__arg_loops {
    void (*rows)(const void *x, void *best, int64_t *at, int64_t rows, int64_t n);
    void (*columns)(const void *x, void *best, int64_t *at, int64_t n, int64_t c, int64_t stride);
    void (*merge)(const void *best, const int64_t *at, int64_t *out, int64_t n, int64_t c,
        int64_t rows);
} eg__arg_loops;

/* By dtype of the input. */
#ifdef EG_HAVE_X86_SETS
extern const eg__reduction eg__sum_avx2[], eg__max_avx2[], eg__min_avx2[];
extern const eg__reduction eg__sum_avx512[], eg__max_avx512[], eg__min_avx512[];
extern const eg__arg_loops eg__argmax_avx2[], eg__argmax_avx512[];
#endif
extern const eg__reduction eg__sum_base[], eg__max_base[], eg__min_base[];
extern const eg__arg_loops eg__argmax_base[];

#endif
