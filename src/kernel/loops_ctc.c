/* A step of connectionist temporal classification, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/ctc_loops.h"
#include <math.h>

static void apply(eg_loop loop, double *x, int64_t n)
{
    loop(n, (const void *[]){x}, (int64_t[]){1}, x);
}

/* The three terms are taken relative to the largest; where that is -inf, to 0. */
static void step(const eg__ctc_step *s)
{
    const int64_t n = s->n;
    const double *from = s->from, *skip = s->skip, *emit = s->emit;
    double *most = s->room, *term = s->room + n, *to = s->to;

    EG__INDEPENDENT
    for (int64_t i = 0; i < n; i++) {
        const double a = from[i], b = from[i - 1], c = from[i - 2] + skip[i];
        const double ab = a > b ? a : b, largest = ab > c ? ab : c;
        const double base = largest > -INFINITY ? largest : 0;
        most[i] = base;
        term[i] = a - base;
        term[n + i] = b - base;
        term[2 * n + i] = c - base;
    }
    apply(s->exp, term, 3 * n);
    EG__INDEPENDENT
    for (int64_t i = 0; i < n; i++)
        to[i] = term[i] + term[n + i] + term[2 * n + i];
    apply(s->log, to, n);
    EG__INDEPENDENT
    for (int64_t i = 0; i < n; i++)
        to[i] = to[i] + most[i] + emit[i];
}

extern const eg__ctc_loop EG__FOR_ISA(eg__ctc);
const eg__ctc_loop EG__FOR_ISA(eg__ctc) = step;
