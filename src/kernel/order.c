/* Sorting one row.
 *
 * Elements become keys (see key.h), which vectors sort where the machine can, otherwise their bytes
 * one after the other, or merging where rows are short. Keys alone make values: a key tells its
 * element but for zeros and NaN, which are copied from the row in their order. For the order a key
 * is sorted with its index, below it where both fit 64 bits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/order.h"
#include <string.h>

enum { BLOCK = 128, BYTES = 8, DIGITS = 256, PIECE = 8 };
enum { LEAST_BY_BYTES = 32, LARGE = 1 << 14 }; /* records a byte; records */

typedef struct place {
    uint64_t key;
    int64_t index;
} place;

/* Where records of each value of a byte begin, from how many there are. */
static void sum_before(int64_t count[DIGITS])
{
    int64_t begin = 0;

    for (int d = 0; d < DIGITS; d++) {
        int64_t own = count[d];
        count[d] = begin;
        begin += own;
    }
}

#define T      uint32_t
#define NAME   keys_32
#define KEY(r) ((uint64_t)(r))
#include "kernel/radix.inc"

#define T      uint64_t
#define NAME   keys_64
#define KEY(r) (r)
#include "kernel/radix.inc"

/* The key above, the index below. */
#define T      uint64_t
#define NAME   pairs_32
#define KEY(r) ((r) >> 32)
#include "kernel/radix.inc"

#define T      place
#define NAME   pairs_64
#define KEY(r) ((r).key)
#include "kernel/radix.inc"

#ifdef EG_HAVE_X86_SETS
extern const eg__keying eg__keying_base[], eg__keying_avx2[], eg__keying_avx512[];
#else
extern const eg__keying eg__keying_base[];
#endif
const eg__keying *const eg__key_loops[EG__ISAS] = EG__EACH_ISA(eg__keying);
static const eg__sorters *const sorters[EG__ISAS] = EG__EACH_ISA(&eg__sorters);

/* Few bytes are sorted quickly by themselves. */
static bool has_few_bytes(const eg__order *o)
{
    return o->element < 4;
}

static void rest_32(void *a, int64_t n, void *room)
{
    const void *sorted = keys_32_sort(a, room, n, 4);

    if (sorted != a)
        memcpy(a, sorted, (size_t)n * sizeof(uint32_t));
}

static void rest_64(void *a, int64_t n, void *room)
{
    const void *sorted = keys_64_sort(a, room, n, 8);

    if (sorted != a)
        memcpy(a, sorted, (size_t)n * sizeof(uint64_t));
}

/* ---- indices -------------------------------------------------------------------------------- */

static void read_keys(const eg__order *o, const char *row, int64_t at, int64_t n,
    uint64_t keys[BLOCK])
{
    o->keys->block(row + (size_t)at * o->element, n, keys);
    for (int64_t i = 0; i < n; i++)
        keys[i] ^= o->turned;
}

static void find_wide(const eg__order *o, const char *row, int64_t *y, place *a, place *b)
{
    uint64_t keys[BLOCK];

    for (int64_t at = 0; at < o->n; at += BLOCK) {
        int64_t n = o->n - at < BLOCK ? o->n - at : BLOCK;
        read_keys(o, row, at, n, keys);
        for (int64_t i = 0; i < n; i++)
            a[at + i] = (place){keys[i], at + i};
    }
    a = pairs_64_sort(a, b, o->n, (int)o->element);
    for (int64_t i = 0; i < o->n; i++)
        y[i] = a[i].index;
}

static void find_narrow(const eg__order *o, const char *row, int64_t *y, uint64_t *a, uint64_t *b)
{
    const eg__sorters *s = sorters[eg__isa_now()];
    uint64_t keys[BLOCK];

    for (int64_t at = 0; at < o->n; at += BLOCK) {
        int64_t n = o->n - at < BLOCK ? o->n - at : BLOCK;
        read_keys(o, row, at, n, keys);
        for (int64_t i = 0; i < n; i++)
            a[at + i] = keys[i] << 32 | (uint64_t)(at + i);
    }
    if (s->keys_64 && !has_few_bytes(o))
        s->keys_64(a, o->n, b, rest_64);
    else
        a = pairs_32_sort(a, b, o->n, (int)o->element);
    for (int64_t i = 0; i < o->n; i++)
        y[i] = (int64_t)(a[i] & UINT32_MAX);
}

void eg__order_indices(const eg__order *o, const char *row, int64_t *y, void *scratch)
{
    void *room = (char *)scratch + o->scratch / 2;

    if (o->is_wide)
        find_wide(o, row, y, scratch, room);
    else
        find_narrow(o, row, y, scratch, room);
}

/* ---- values --------------------------------------------------------------------------------- */

static uint64_t key_at(const eg__order *o, const void *keys, int64_t at)
{
    return o->is_wide ? ((const uint64_t *)keys)[at] : ((const uint32_t *)keys)[at];
}

/* Writes the elements with that key as they are, in the row's order, over their values. */
static void keep_bits(const eg__order *o, const void *sorted, const char *row, uint64_t key,
    char *y)
{
    uint64_t keys[BLOCK];
    int64_t first = 0, end = o->n;

    while (first < end) {
        int64_t middle = first + (end - first) / 2;
        if (key_at(o, sorted, middle) < key)
            first = middle + 1;
        else
            end = middle;
    }
    if (first == o->n || key_at(o, sorted, first) != key)
        return;
    y += (size_t)first * o->element;
    for (int64_t at = 0; at < o->n; at += BLOCK) {
        int64_t n = o->n - at < BLOCK ? o->n - at : BLOCK;
        read_keys(o, row, at, n, keys);
        for (int64_t i = 0; i < n; i++)
            if (keys[i] == key) {
                memcpy(y, row + (size_t)(at + i) * o->element, o->element);
                y += o->element;
            }
    }
}

static const void *sort_keys(const eg__order *o, void *a, void *b)
{
    const eg__sorters *s = sorters[eg__isa_now()];

    if (s->keys_32 && !has_few_bytes(o)) {
        if (o->is_wide)
            s->keys_64(a, o->n, b, rest_64);
        else
            s->keys_32(a, o->n, b, rest_32);
        return a;
    }
    return (o->is_wide ? keys_64_sort : keys_32_sort)(a, b, o->n, (int)o->element);
}

void eg__order_values(const eg__order *o, const char *row, char *y, void *scratch)
{
    o->keys->read(row, o->n, o->turned, scratch);
    const void *sorted = sort_keys(o, scratch, (char *)scratch + o->scratch / 2);

    o->keys->write(sorted, o->n, o->turned, y);
    if (o->is_real) {
        keep_bits(o, sorted, row, o->all >> 1 ^ o->turned, y);
        keep_bits(o, sorted, row, o->turned, y);
    }
}

bool eg__order_set(eg__order *o, eg_dtype dtype, int64_t n, bool finds_indices, bool descending)
{
    const eg__dtype_info *d = eg__dtype(dtype);
    const eg__keying *keys =
        (unsigned)dtype < EG__DTYPES ? &eg__key_loops[eg__isa_now()][dtype] : NULL;

    if (!keys || !keys->block)
        return false;
    *o = (eg__order){.n = n, .element = d->size, .keys = keys, .descending = descending};
    o->is_real = d->kind == EG__REAL;
    o->is_wide = o->element == 8 || (finds_indices && n > UINT32_MAX);
    o->all = UINT64_MAX >> (64 - 8 * o->element);
    o->turned = descending ? 0 : o->all;
    size_t record = (o->is_wide ? 8u : 4u) * (finds_indices ? 2u : 1u);
    o->scratch = (2 * record * (size_t)n + 127) / 128 * 128;
    return true;
}
