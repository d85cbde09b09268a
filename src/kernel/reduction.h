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

/* Where an extreme element is. `best` (NULL: not wanted) gets its value. Merging takes the answers
 * of n blocks of `rows` rows each, for c columns, to positions in the whole. */
typedef struct eg__arg_loops {
    void (*rows)(const void *x, void *best, int64_t *at, int64_t rows, int64_t n);
    void (*columns)(const void *x, void *best, int64_t *at, int64_t n, int64_t c, int64_t stride);
    void (*merge)(const void *best, const int64_t *at, int64_t *out, int64_t n, int64_t c,
        int64_t rows);
} eg__arg_loops;

/* By dtype of the input. */
#define EG__REDUCTIONS(isa)                                                                        \
    extern const eg__reduction eg__sum_##isa[], eg__prod_##isa[], eg__max_##isa[],                 \
        eg__min_##isa[], eg__any_##isa[], eg__all_##isa[];                                         \
    extern const eg__arg_loops eg__argmax_##isa[], eg__argmin_##isa[]
#ifdef EG_HAVE_X86_SETS
EG__REDUCTIONS(avx2);
EG__REDUCTIONS(avx512);
#endif
EG__REDUCTIONS(base);

#endif
