/* Multiplications with additions, as many as the processors do in registers: what products and
 * convolutions are measured by.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <eagre.h>

/* How many million multiplications and additions a run is of, on all threads together. */
enum { PEAK_MILLIONS = 480 };

/* The instructions that are used, NULL where no loop of them is written for this processor. */
const char *peak_name(void);

/* A work; no result, no env. */
eg_tensor *peak_run(void *env);

#endif
