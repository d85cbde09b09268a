/* Kernels that find or move the elements a mask picks, and the loops they are made of, between
 * select.c and loops_select.c.
 *
 * Loops see a mask as words of 64 bits, the first element in the lowest bit, and an array as
 * elements of 1, 2, 4 or 8 bytes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_SELECT_H
#define KERNEL_SELECT_H

#include "kernel/kernel.h"

typedef struct eg__nonzero_attrs {
    size_t size;
    int64_t length; /* how many the result has room for */
    int64_t fill;   /* what stands where there are fewer */
} eg__nonzero_attrs;

typedef struct eg__compress_attrs {
    size_t size;
    int64_t length;
    double fill;
} eg__compress_attrs;

typedef struct eg__masked_scatter_attrs {
    size_t size;
    bool any_count; /* there may be more updates than elements they replace, or fewer */
} eg__masked_scatter_attrs;

typedef struct eg__repeat_index_attrs {
    size_t size;
    int64_t length;
    bool any_count; /* the counts may add up to another length: cut, or filled with their number */
} eg__repeat_index_attrs;

extern const eg_kernel eg__count_nonzero_kernel;  /* x -> int64 */
extern const eg_kernel eg__nonzero_kernel;        /* x -> int64 [rank, length] */
extern const eg_kernel eg__compress_kernel;       /* x, mask of its first axes */
extern const eg_kernel eg__masked_scatter_kernel; /* x, mask of its first axes, updates */
extern const eg_kernel eg__repeat_index_kernel;   /* int64 counts -> int64 */

enum { EG__WORD = 64, EG__WORD_WIDTHS = 4 };

typedef struct eg__select_loops {
    /* Bit i of the words: whether element i has any of `bits`; those behind n are 0. */
    void (*truth[EG__WORD_WIDTHS])(const void *x, int64_t n, uint64_t bits, uint64_t words[]);
    /* Puts the elements of x that are picked one behind the other. */
    void (*pick[EG__WORD_WIDTHS])(const void *x, const uint64_t words[], int64_t n_words, void *to);
    /* Puts elements, one behind the other, in the place of those of y that are picked. */
    void (*put[EG__WORD_WIDTHS])(const void *x, const uint64_t words[], int64_t n_words, void *y);
    /* The numbers of the picked, the first element being number `first`. */
    void (*number)(const uint64_t words[], int64_t n_words, int64_t first, int64_t *to);
} eg__select_loops;

#endif
