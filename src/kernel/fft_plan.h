/* How a row is transformed, shared by fft.c, which plans, the loops, compiled once for each
 * instruction set, and the library's adapter.
 *
 * A block is a vector of real parts and one of imaginary parts, as wide as the instruction set: the
 * library's transforms run on blocks, so that one does the work of as many. The lanes of a block
 * are different rows where these are short. A longer row of n1 * n2 numbers is a matrix of n1 rows:
 * its columns are transformed, multiplied by powers of the n-th root of one, and its rows are
 * transformed; the lanes are neighbouring columns, then neighbouring rows. A row with large prime
 * factors is a convolution of such rows (Bluestein, IEEE Trans. Audio Electroacoust. 18, 1970).
 *
 * Only forward transforms are planned. Backward ones see the real part for the imaginary one and
 * the other way round, on the way in and out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_FFT_PLAN_H
#define KERNEL_FFT_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    EG__FFT_SHORT = 64, /* up to here lanes are rows */
    EG__FFT_BATCH = 4,  /* blocks of rows given to the library at once */
    EG__FFT_PRIME = 23, /* larger factors are Bluestein's */
    EG__FFT_RADIX = 5,  /* the library takes memory for larger ones, each time */
};

/* The library's transforms of blocks. */
typedef struct eg__fft_library {
    int lanes;
    void *(*make)(int n); /* n > 1; NULL: there is no memory */
    void (*drop)(void *transform);
    /* `count` transforms of blocks from x to y, one behind another; false: there is no memory. */
    bool (*run)(const void *transform, int64_t count, const void *x, void *y);
} eg__fft_library;

typedef struct eg__fft_plan {
    int64_t n, n1, n2;             /* n = n1 * n2 */
    void *transforms[2];           /* of n1 and of n2; NULL for 1 */
    void *lane_powers;             /* a block for each row k: w^(k * lane) */
    void *group_powers;            /* for each group of columns, and row k: w^(k * first column) */
    const struct eg__fft_plan *of; /* the convolution's rows, of length m; otherwise NULL */
    void *chirp, *filter;          /* n and m numbers */
    bool takes_memory;             /* in each run: the library's transforms do */
    void *half; /* of real rows of 2 n: w^(k / 2) for k up to n / 2; may be NULL */
} eg__fft_plan;

typedef void (*eg__fft_side)(const eg__fft_plan *p, const void *x, void *y);

/* What is done to rows of interleaved real and imaginary parts. `swap`: the transform is backward.
 * The columns of a matrix are transformed into `mid`, its rows out of that; `from` and `to` count
 * groups of lanes. */
typedef struct eg__fft_loops {
    const eg__fft_library *library;
    /* e^(-2 pi i t / n) for `count` numbers t, from 0 on, `step` apart. */
    void (*powers)(int64_t n, int64_t step, int64_t count, void *out);
    void (*lane_powers)(const eg__fft_plan *p, void *out);
    /* The chirp of n numbers, and at both ends of m numbers its conjugate, divided by m. */
    void (*chirp)(int64_t n, int64_t m, void *chirp, void *filter);
    bool (*rows)(const eg__fft_plan *p, int64_t count, const void *x, void *y, bool swap,
        double scale, void *scratch);
    bool (*first)(const eg__fft_plan *p, const void *x, void *mid, int64_t from, int64_t to,
        bool swap, void *scratch);
    bool (*second)(const eg__fft_plan *p, const void *mid, void *y, int64_t from, int64_t to,
        bool swap, double scale, void *scratch);
    /* z = x * y, n numbers, then zeros up to m. */
    void (*multiply)(int64_t n, int64_t m, const void *x, const void *y, bool swap_in,
        bool swap_out, double scale, void *z);
    /* What stands before or after a row's transform where one side of it is real. */
    eg__fft_side halves_after, halves_before; /* 2 n numbers as n pairs */
    eg__fft_side widen;                       /* imaginary parts of 0 */
    eg__fft_side first_half;                  /* n / 2 + 1 numbers of n */
    eg__fft_side mirror;                      /* n numbers of their first half */
    eg__fft_side narrow;                      /* the real parts */
} eg__fft_loops;

#ifdef __cplusplus
}
#endif

#endif
