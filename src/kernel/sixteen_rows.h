/* softmax and its kin for contiguous rows of float32 with AVX-512. Rows of up to MOST_SINGLE
 * elements are worked on several at a time: what is left of sixteen rows, a vector each, is brought
 * down to one vector together, so that short rows cost little more than their elements. The order
 * in which a row's elements are added follows from its length alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_SIXTEEN_ROWS_H
#define KERNEL_SIXTEEN_ROWS_H

#include "kernel/elementary.h"
#include <string.h>

enum {
    MOST_SINGLE = 4096, /* elements that are added up in single precision */
    TOGETHER = 16,      /* rows at a time, at most, */
    FIT = 4096          /* and so many elements, which stay in the first cache */
};

/* ---- sixteen rows to one vector ------------------------------------------------------------- */

#define LARGER(a, b) _mm512_max_ps(a, b)
#define SUM(a, b)    ((a) + (b))

/* Element i of the result is row i brought down to one by OP. */
#define BRING_DOWN(name, OP)                                                                       \
    static inline eg__floats name(eg__floats row[TOGETHER])                                        \
    {                                                                                              \
        for (int i = 0; i < 8; i++) {                                                              \
            const eg__floats a = row[i + (i & 4)], b = row[i + (i & 4) + 4];                       \
            row[i + (i & 4)] =                                                                     \
                OP(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee));            \
        }                                                                                          \
        for (int i = 0; i < 4; i++)                                                                \
            row[i] = OP(_mm512_shuffle_f32x4(row[i], row[i + 8], 0x88),                            \
                _mm512_shuffle_f32x4(row[i], row[i + 8], 0xdd));                                   \
        for (int i = 0; i < 4; i += 2)                                                             \
            row[i] = OP(_mm512_unpacklo_ps(row[i], row[i + 1]),                                    \
                _mm512_unpackhi_ps(row[i], row[i + 1]));                                           \
        return OP(_mm512_shuffle_ps(row[0], row[2], 0x44),                                         \
            _mm512_shuffle_ps(row[0], row[2], 0xee));                                              \
    }
BRING_DOWN(largest_of, LARGER)
BRING_DOWN(sums_of, SUM)
#undef BRING_DOWN
#undef LARGER
#undef SUM

/* ---- parts of a row ------------------------------------------------------------------------- */

/* The first n elements, at most sixteen, then -inf, whose exponential adds nothing. */
static inline eg__floats load_or_least(const float *x, int64_t n)
{
    return _mm512_mask_loadu_ps(_mm512_set1_ps(-INFINITY), (__mmask16)((1u << n) - 1), x);
}

/* NaN is passed over: its exponential will show. */
EG_HOT_INLINE eg__floats largest_in(const float *x, int64_t n)
{
    eg__floats a = eg__all(-INFINITY), b = a;
    int64_t i = 0;

    for (; i + 32 <= n; i += 32) {
        a = _mm512_max_ps(a, _mm512_loadu_ps(x + i));
        b = _mm512_max_ps(b, _mm512_loadu_ps(x + i + 16));
    }
    if (i + 16 <= n) {
        a = _mm512_max_ps(a, _mm512_loadu_ps(x + i));
        i += 16;
    }
    return _mm512_max_ps(_mm512_max_ps(b, load_or_least(x + i, n - i)), a);
}

/* The sum of e^(x - most) times 2^64, in sixteen parts; `y` gets the terms unless it is NULL. Grown
 * terms are far from the range below the normal numbers, so scaling them in the end is their only
 * rounding there. */
EG_HOT_INLINE eg__floats terms_in(const float *x, float *y, int64_t n, float most)
{
    const eg__floats less = eg__all(most);
    eg__floats sum = eg__all(0), term;
    int64_t i = 0;

    for (; i + 16 <= n; i += 16) {
        term = eg__exp_raised_f32(_mm512_loadu_ps(x + i) - less);
        if (y)
            _mm512_storeu_ps(y + i, term);
        sum += term;
    }
    if (i == n)
        return sum;
    term = eg__exp_raised_f32(load_or_least(x + i, n - i) - less);
    if (y)
        eg__store(y + i, term, n - i);
    return sum + term;
}

static inline void scale_row(float *y, int64_t n, float scale)
{
    int64_t i = 0;

    for (; i + 16 <= n; i += 16)
        _mm512_storeu_ps(y + i, _mm512_loadu_ps(y + i) * eg__all(scale));
    if (i < n)
        eg__store(y + i, eg__load(y + i, n - i) * eg__all(scale), n - i);
}

static inline void lower_row(const float *x, float *y, int64_t n, float most, float less)
{
    int64_t i = 0;

    for (; i + 16 <= n; i += 16)
        _mm512_storeu_ps(y + i, _mm512_loadu_ps(x + i) - eg__all(most) - eg__all(less));
    if (i < n)
        eg__store(y + i, eg__load(x + i, n - i) - eg__all(most) - eg__all(less), n - i);
}

/* ---- groups of rows ------------------------------------------------------------------------- */

/* Rows with their largest elements and the sums of their terms. Of rows of at most sixteen elements
 * the terms are here, of longer ones where they were asked for. */
typedef struct group {
    int64_t rows;
    eg__floats term[TOGETHER], most, sum;
} group;

static inline int64_t rows_together(int64_t n)
{
    const int64_t fit = FIT / n;

    return fit < 1 ? 1 : fit < TOGETHER ? fit : TOGETHER;
}

static inline float one_of(const eg__floats *v, int64_t i)
{
    return ((const float *)v)[i];
}

EG_HOT_INLINE void sum_short(group *g, const float *x, int64_t n)
{
    eg__floats part[TOGETHER];

    for (int64_t i = 0; i < TOGETHER; i++)
        part[i] = g->term[i] = i < g->rows ? load_or_least(x + i * n, n) : eg__all(0);
    g->most = largest_of(part);
    for (int64_t i = 0; i < TOGETHER; i++)
        part[i] = g->term[i] = eg__exp_raised_f32(g->term[i] - eg__all(one_of(&g->most, i)));
    g->sum = sums_of(part);
}

EG_HOT_INLINE void sum_wide(group *g, const float *x, float *y, int64_t n)
{
    eg__floats part[TOGETHER];

    for (int64_t i = 0; i < TOGETHER; i++)
        part[i] = i < g->rows ? largest_in(x + i * n, n) : eg__all(0);
    g->most = largest_of(part);
    for (int64_t i = 0; i < TOGETHER; i++)
        part[i] = i < g->rows ? terms_in(x + i * n, y ? y + i * n : NULL, n, one_of(&g->most, i))
                              : eg__all(0x1p60f);
    g->sum = sums_of(part);
}

/* One row of any length, in blocks whose sums are added in double. */
EG_HOT_INLINE void sum_long(group *g, const float *x, float *y, int64_t n)
{
    const float most = _mm512_reduce_max_ps(largest_in(x, n));
    double sum = 0;

    for (int64_t i = 0; i < n; i += MOST_SINGLE) {
        const int64_t m = n - i < MOST_SINGLE ? n - i : MOST_SINGLE;
        sum += _mm512_reduce_add_ps(terms_in(x + i, y ? y + i : NULL, m, most));
    }
    g->most = eg__all(most);
    g->sum = eg__all((float)sum);
}

EG_HOT_INLINE void next_group(group *g, const float *x, float *y, int64_t rows, int64_t n)
{
    const int64_t most = rows_together(n);

    g->rows = rows < most ? rows : most;
    if (n <= 16)
        sum_short(g, x, n);
    else if (n <= MOST_SINGLE)
        sum_wide(g, x, y, n);
    else
        sum_long(g, x, y, n);
}

/* y = the terms times `scale`. */
EG_HOT_INLINE void scale_group(const group *g, float *y, int64_t n, eg__floats scale)
{
    for (int64_t i = 0; i < g->rows; i++)
        if (n <= 16)
            eg__store(y + i * n, g->term[i] * eg__all(one_of(&scale, i)), n);
        else
            scale_row(y + i * n, n, one_of(&scale, i));
}

static inline eg__floats log_of_sums(const group *g)
{
    float log[TOGETHER];

    for (int i = 0; i < TOGETHER; i++)
        log[i] = eg__log_f32(one_of(&g->sum, i) * 0x1p-64f);
    return eg__load(log, TOGETHER);
}

/* ---- loops ---------------------------------------------------------------------------------- */

static void float_softmax(const void *x_, void *y_, int64_t rows, int64_t n)
{
    const float *x = x_;
    float *y = y_;
    group g;

    for (; rows > 0; rows -= g.rows, x += g.rows * n, y += g.rows * n) {
        next_group(&g, x, y, rows, n);
        scale_group(&g, y, n, 1 / g.sum);
    }
}

static void float_log_softmax(const void *x_, void *y_, int64_t rows, int64_t n)
{
    const float *x = x_;
    float *y = y_;
    group g;

    for (; rows > 0; rows -= g.rows, x += g.rows * n, y += g.rows * n) {
        next_group(&g, x, NULL, rows, n);
        const eg__floats less = log_of_sums(&g);
        for (int64_t i = 0; i < g.rows; i++)
            lower_row(x + i * n, y + i * n, n, one_of(&g.most, i), one_of(&less, i));
    }
}

static void float_loss(const void *x_, const int64_t *label, void *y_, int64_t rows, int64_t n)
{
    const float *x = x_;
    float *y = y_;
    group g;

    for (; rows > 0; rows -= g.rows, x += g.rows * n, y += g.rows, label += g.rows) {
        next_group(&g, x, NULL, rows, n);
        const eg__floats less = log_of_sums(&g);
        for (int64_t i = 0; i < g.rows; i++)
            y[i] = one_of(&less, i) - (x[i * n + label[i]] - one_of(&g.most, i));
    }
}

static void float_loss_back(const void *x_, const int64_t *label, const void *dz_, void *dx_,
    int64_t rows, int64_t n)
{
    const float *x = x_, *dz = dz_;
    float *dx = dx_;
    group g;

    for (; rows > 0; rows -= g.rows, x += g.rows * n, dz += g.rows, label += g.rows) {
        const eg__floats d = eg__load(dz, rows);
        next_group(&g, x, dx, rows, n);
        scale_group(&g, dx, n, d / g.sum);
        for (int64_t i = 0; i < g.rows; i++)
            dx[i * n + label[i]] -= one_of(&d, i);
        dx += g.rows * n;
    }
}

#endif
