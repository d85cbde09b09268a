/* The transform of a row that is too long for a lane.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_FFT_ROW_H
#define KERNEL_FFT_ROW_H

#include "kernel/fft_plan.h"

/* How: by which loops, the bytes of a number, in how many chunks, and whether threads may share
 * them. */
typedef struct eg__fft_way {
    const eg__fft_loops *loops;
    size_t element;
    int chunks;
    bool shared;
} eg__fft_way;

/* Bytes of scratch, which is aligned to a cache line. */
size_t eg__fft_row_scratch(const eg__fft_way *way, const eg__fft_plan *p);

typedef struct eg__fft_sense {
    bool backward;
    double scale; /* what the result is multiplied by */
} eg__fft_sense;

/* From x to y, which are not the same; false: there is no memory. */
bool eg__fft_row(const eg__fft_way *way, const eg__fft_plan *p, eg__fft_sense sense, const void *x,
    void *y, char *scratch);

#endif
