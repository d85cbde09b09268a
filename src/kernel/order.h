/* The order of one row: its values in order, or where they are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_ORDER_H
#define KERNEL_ORDER_H

#include "kernel/key.h"
#include "tensor/dtype.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct eg__order {
    int64_t n; /* elements of a row */
    size_t element;
    const eg__keying *keys;
    bool descending, is_real;
    bool is_wide;    /* keys, or keys and indices, need records of the larger kind */
    uint64_t turned; /* the bits of a key that are turned so that it rises in the wanted order */
    uint64_t all;    /* the bits of a key */
    size_t scratch;  /* bytes that finding needs, a multiple of 128 */
} eg__order;

/* For rows of n elements, to find indices or values; false where that dtype has no keys. */
bool eg__order_set(eg__order *o, eg_dtype dtype, int64_t n, bool finds_indices, bool descending);

/* Of equals the first comes first; NaN comes last in rising, first in falling order. Values are
 * those that the indices would pick, bit by bit. `scratch` is aligned to a cache line. */
void eg__order_indices(const eg__order *o, const char *row, int64_t *y, void *scratch);
void eg__order_values(const eg__order *o, const char *row, char *y, void *scratch);

/* Sorts n keys, with room for as many. The loops leave parts to `rest` whose pivots are bad. NULL:
 * there is no loop. */
typedef void (*eg__rest_sorter)(void *a, int64_t n, void *room);

typedef struct eg__sorters {
    void (*keys_32)(void *a, int64_t n, void *room, eg__rest_sorter rest);
    void (*keys_64)(void *a, int64_t n, void *room, eg__rest_sorter rest);
} eg__sorters;

#ifdef EG_HAVE_X86_SETS
extern const eg__sorters eg__sorters_avx2, eg__sorters_avx512;
#endif
extern const eg__sorters eg__sorters_base;

#endif
