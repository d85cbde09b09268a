/* Products of whole numbers, compiled once for each instruction set. Whole sums are exact, so their
 * order does not matter.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/integer.h"
#include "kernel/vector.h"

enum {
    SIDE = 4,          /* rows of a and of b at a time */
    TOGETHER = 1 << 13 /* numbers whose sum of products no int32 overflows */
};

_Static_assert(TOGETHER % EG__DOTS == 0, "no row ends within a vector");

/* The products of `rows` rows of a and `columns` rows of b from p on, added to c or put there. */
EG_HOT_INLINE void block(const eg__dots *d, int64_t i, int64_t j, int64_t p, int rows, int columns)
{
    const int16_t *a = d->a + i * d->k, *b = d->b + j * d->k;
    int64_t end = p + TOGETHER < d->k ? p + TOGETHER : d->k;
    int32_t sum[SIDE][SIDE] = {{0}};

    for (int64_t t = p; t < end; t++) {
        EG__UNROLL
        for (int r = 0; r < rows; r++) {
            EG__UNROLL
            for (int s = 0; s < columns; s++)
                sum[r][s] += a[r * d->k + t] * b[s * d->k + t];
        }
    }
    for (int r = 0; r < rows; r++)
        for (int s = 0; s < columns; s++) {
            int32_t *c = d->c + (i + r) * d->c_row + j + s;
            *c = (int32_t)((p > 0 ? (uint32_t)*c : 0) + (uint32_t)sum[r][s]);
        }
}

EG_HOT_INLINE void line(const eg__dots *d, int64_t i, int64_t p, int rows)
{
    int64_t j = 0;

    for (; j + SIDE <= d->n; j += SIDE)
        block(d, i, j, p, rows, SIDE);
    for (; j < d->n; j++)
        block(d, i, j, p, rows, 1);
}

/* Rows of b, of whichever type, by one number each and all together. */
#define ADD_LINES(T)                                                                               \
    for (int64_t p = 0; p < l->k; p++) {                                                           \
        const T *b = (const T *)l->b + p * l->b_row;                                               \
        const uint32_t by = (uint32_t)l->a[p];                                                     \
        for (int64_t j = 0; j < l->n; j++)                                                         \
            l->c[j] += by * (uint32_t)b[j];                                                        \
    }

extern void EG__FOR_ISA(eg__dots_loop)(const eg__dots *d);
extern void EG__FOR_ISA(eg__lines_loop)(const eg__lines *l);
extern void EG__FOR_ISA(eg__widen_loop)(const eg__widening *w);

void EG__FOR_ISA(eg__dots_loop)(const eg__dots *d)
{
    for (int64_t p = 0; p < d->k; p += TOGETHER) {
        int64_t i = 0;
        for (; i + SIDE <= d->m; i += SIDE)
            line(d, i, p, SIDE);
        for (; i < d->m; i++)
            line(d, i, p, 1);
    }
}

void EG__FOR_ISA(eg__lines_loop)(const eg__lines *l)
{
    if (l->is_unsigned)
        ADD_LINES(uint8_t)
    else
        ADD_LINES(int8_t)
}

void EG__FOR_ISA(eg__widen_loop)(const eg__widening *w)
{
    const int8_t *x = w->x;
    const uint8_t *u = w->x;
    int16_t *to = w->to;
    int zero = w->zero;

    if (w->is_unsigned && w->step == 1)
        for (int64_t i = 0; i < w->n; i++)
            to[i] = (int16_t)(u[i] - zero);
    else if (w->step == 1)
        for (int64_t i = 0; i < w->n; i++)
            to[i] = (int16_t)(x[i] - zero);
    else
        for (int64_t i = 0; i < w->n; i++)
            to[i] = (int16_t)((w->is_unsigned ? u[i * w->step] : x[i * w->step]) - zero);
}
