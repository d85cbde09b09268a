/* Matrix products by the processor's own vectors, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/product.h"
#include "kernel/vector.h"
#include <string.h>

/* What registers hold of c: TALL rows of WIDE vectors, or ROWS of fewer. */
#if defined(__AVX512F__)
enum { WIDE = 4, TALL = 6, ROWS = 8 };
#else
enum { WIDE = 2, TALL = 6, ROWS = 6 };
#endif

enum {
    TINY = 32,         /* multiplications that are not worth a vector */
    LOW = 16,          /* rows that are not worth copying b for */
    FEW_ROWS = 128,    /* gathered rows that are not, where b's lie */
    MOST_PITCH = 4096, /* bytes apart at most: all its rows share few places of a cache */
    DEEP = 256,        /* rows of a panel */
    AHEAD = 12,        /* rows of b that are asked for before they are copied */
    SIDE = 4,          /* rows at a time that are multiplied by a vector */
    DOWN = 8,          /* rows of a matrix at a time that a vector is multiplied by */
    NEAR = 24 << 10    /* bytes of b that the first cache holds beside all else */
};

typedef struct panel_of {
    const void *b, *next; /* next: a panel that is to be near when this one has been used */
    int64_t k, b_row, next_row, a_column;
    int columns;   /* in use */
    bool is_first; /* nothing is summed yet */
} panel_of;

#define T                float
#define NAME             f32
#define FMA(a, b, c)     EG__FMA_V32(a, b, c)
#define FMA_ONE(a, b, c) EG__FMA_F32(a, b, c)
#include "kernel/product.inc"

#define T                double
#define NAME             f64
#define FMA(a, b, c)     EG__FMA_V64(a, b, c)
#define FMA_ONE(a, b, c) EG__FMA_F64(a, b, c)
#include "kernel/product.inc"

#define T                uint32_t
#define NAME             i32
#define FMA(a, b, c)     ((a) * (b) + (c))
#define FMA_ONE(a, b, c) ((a) * (b) + (c))
#include "kernel/product.inc"

#define T                uint64_t
#define NAME             i64
#define FMA(a, b, c)     ((a) * (b) + (c))
#define FMA_ONE(a, b, c) ((a) * (b) + (c))
#include "kernel/product.inc"

/* ---- tiny products -------------------------------------------------------------------------- */

#if defined(__AVX512F__) && defined(__GNUC__)
/* Rows [at, at + rows) of a product whose result has no more columns than a vector. */
EG_HOT_INLINE void tiny_rows(const int rows, const eg__tile *t, int64_t at, __mmask16 columns)
{
    const float *a = (const float *)t->a + at * t->a_row, *b = t->b;
    float *c = (float *)t->c + at * t->c_row;
    __m512 sum[8];

    EG__UNROLL
    for (int i = 0; i < rows; i++)
        sum[i] = _mm512_setzero_ps();
    for (int64_t p = 0; p < t->k; p++, a += t->a_column, b += t->b_row) {
        const __m512 x = _mm512_maskz_loadu_ps(columns, b);
        EG__UNROLL
        for (int i = 0; i < rows; i++)
            sum[i] = _mm512_fmadd_ps(_mm512_set1_ps(a[i * t->a_row]), x, sum[i]);
    }
    EG__UNROLL
    for (int i = 0; i < rows; i++)
        _mm512_mask_storeu_ps(c + i * t->c_row, columns, sum[i]);
}

static void tiny_product(const eg__tile *t)
{
    const __mmask16 columns = (__mmask16)((1u << t->n) - 1);
    int64_t i = 0;

    if (t->b_column != 1 || t->n == 1) {
        product_f32(t);
        return;
    }
    for (; i + 8 <= t->m; i += 8)
        tiny_rows(8, t, i, columns);
    if (i + 4 <= t->m) {
        tiny_rows(4, t, i, columns);
        i += 4;
    }
    if (i + 2 <= t->m) {
        tiny_rows(2, t, i, columns);
        i += 2;
    }
    if (i < t->m)
        tiny_rows(1, t, i, columns);
}
#else
static void tiny_product(const eg__tile *t)
{
    product_f32(t);
}
#endif

extern const eg__tile_loop EG__FOR_ISA(eg__tiny_product);
const eg__tile_loop EG__FOR_ISA(eg__tiny_product) = tiny_product;

extern const eg__tile_loop EG__FOR_ISA(eg__product)[];
extern const eg__gathered_loop EG__FOR_ISA(eg__gathered)[];

const eg__tile_loop EG__FOR_ISA(eg__product)[EG__DTYPES] = {
    [EG_FLOAT32] = product_f32,
    [EG_FLOAT64] = product_f64,
    [EG_INT32] = product_i32,
    [EG_INT64] = product_i64,
};

const eg__gathered_loop EG__FOR_ISA(eg__gathered)[EG__DTYPES] = {
    [EG_FLOAT32] = gathered_f32,
    [EG_FLOAT64] = gathered_f64,
    [EG_INT32] = gathered_i32,
    [EG_INT64] = gathered_i64,
};
