/* Matrix products taken apart, for all kernels of MatMul.
 *
 * A product is cut into tiles of the result. How depends on the shapes alone, never on the number
 * of threads, and no sum over k is ever cut: so an element's bits follow from the shapes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PRODUCT_H
#define KERNEL_PRODUCT_H

#include "kernel/isa.h"
#include "kernel/kernel.h"
#include "kernel/parts.h"

/* c[i][j] = sum over p of a[i][p] * b[p][j]. Distances between neighbours are in elements; those
 * of c within a row are 1. */
typedef struct eg__tile {
    const void *a, *b;
    void *c;
    int64_t m, n, k;
    int64_t a_row, a_column, b_row, b_column, c_row;
} eg__tile;

typedef struct eg__product {
    int64_t m, n, k, batches;
    int64_t a_row, a_column, b_row, b_column;
    size_t element;                 /* bytes */
    double cost;                    /* nanoseconds of one thread, an estimate */
    int64_t tile_m, tile_n;         /* the last of a row or column may be smaller */
    int64_t rows, columns, at_once; /* tiles down, across, a chunk */
    int chunks, rank;               /* rank: leading axes */
    int64_t dims[EG_MAX_RANK], a_step[EG_MAX_RANK], b_step[EG_MAX_RANK];
} eg__product;

/* Computes tile number `tile` of its matrix, in chunk `chunk`. */
typedef void (*eg__tile_fn)(void *env, const eg__tile *t, int64_t tile, int chunk);

/* Reads a problem of MatMul. */
void eg__product_set(eg__product *x, const eg_problem *p);

/* Cuts it; `rate` is what one thread computes in a nanosecond, in multiplications and additions;
 * `in_panels`: by eagre's loops, a panel of b at a time. */
void eg__product_cut(eg__product *x, double rate, bool in_panels);

/* Calls `fn` for every tile. Where there is nothing to sum (k = 0) it writes zeros instead. A part
 * of the result is some whole rows; `then` may be NULL. */
void eg__product_run(const eg__product *x, void *const in[], void *out, eg__tile_fn fn, void *env,
    const eg__then *then);

/* How many parts there are, and counters for them. */
void eg__product_parts(const eg__product *x, eg__parts *parts);

/* Kernels' loops over one tile, in one fixed order of k. */
typedef void (*eg__tile_loop)(const eg__tile *t);
extern const eg__tile_loop *const eg__product_loops[EG__ISAS]; /* by set, then dtype */

/* to[i][j] += sum over p of row[i][p] * b[p][j], for the t->m rows of two lists. Of the tile a and
 * c are not looked at, and a_column is 1. A sum goes on in the order of p.
 * `next` is a part of b that will be wanted then, as many columns of it; NULL: none is known. */
typedef void (*eg__gathered_loop)(const eg__tile *t, const void *const row[], void *const to[],
    const void *next);
extern const eg__gathered_loop *const eg__gathered_loops[EG__ISAS]; /* by set, then dtype */

/* Whether a product of float32 is so small or narrow that the loops are as fast as oneDNN, whose
 * first product in a process takes tens of milliseconds to write its code. */
bool eg__product_is_small(const eg__product *x);

#endif
