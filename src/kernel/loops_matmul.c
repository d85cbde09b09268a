/* Matrix products by the processor's own vectors, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "kernel/product.h"
#include "kernel/vector.h"
#include <string.h>

/* Rows of c in registers: with two vectors each, the set has room for that many. */
#if defined(__AVX512F__)
enum { ROWS = 8 };
#else
enum { ROWS = 6 };
#endif

enum {
    TINY = 32,      /* multiplications that are not worth a vector */
    DEEP = 256,     /* rows of a panel: with its columns it fits the first cache */
    SIDE = 4,       /* rows at a time that are multiplied by a vector */
    DOWN = 8,       /* rows of a matrix at a time that a vector is multiplied by */
    NEAR = 24 << 10 /* bytes of b that the first cache holds beside all else */
};

typedef struct panel_of {
    const void *b;
    int64_t k, b_row, a_column;
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

extern const eg__tile_loop EG__FOR_ISA(eg__product)[];

const eg__tile_loop EG__FOR_ISA(eg__product)[EG__DTYPES] = {
    [EG_FLOAT32] = product_f32,
    [EG_FLOAT64] = product_f64,
    [EG_INT32] = product_i32,
    [EG_INT64] = product_i64,
};
