/* The recurrence of connectionist temporal classification, between ctc.c and loops_ctc.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_CTC_LOOPS_H
#define KERNEL_CTC_LOOPS_H

#include "kernel/elementwise.h"
#include <stdint.h>

/* A step over n places, all logs: to[i] = emit[i] + log(e^a + e^b + e^c), where a is from[i], b is
 * from[i - 1] and c is from[i - 2] + skip[i]. Two elements in front of `from` are read. `room` has
 * 4*n. */
typedef struct eg__ctc_step {
    const double *from, *skip, *emit;
    double *to, *room;
    int64_t n;
    eg_loop exp, log; /* of float64 */
} eg__ctc_step;

typedef void (*eg__ctc_loop)(const eg__ctc_step *s);

#ifdef EG_HAVE_X86_SETS
extern const eg__ctc_loop eg__ctc_avx2, eg__ctc_avx512;
#endif
extern const eg__ctc_loop eg__ctc_base;

#endif
