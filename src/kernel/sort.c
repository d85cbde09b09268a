/* Sorting rows, and finding their order.
 *
 * Elements become keys (see top_k.h), which are sorted by their bytes, or by merging where rows are
 * short. Keys alone make values: a key tells its element but for zeros and NaN, which are copied
 * from the row in their order, so values are what the order would pick, bit by bit. For the order a
 * key is sorted with its index.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/sort.h"
#include "kernel/isa.h"
#include "kernel/top_k.h"
#include <string.h>

enum { BLOCK = 128, BYTES = 8, DIGITS = 256, PIECE = 8, MOST_CHUNKS = 64 };
enum { LEAST_BY_BYTES = 32, LARGE = 1 << 14 }; /* records a byte; records */

static const size_t most_scratch = (size_t)64 << 20;

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

typedef struct order {
    int64_t rows, n;
    size_t element;
    eg__key_loop keys;
    bool finds_order, descending, is_real, is_unsigned;
    bool is_wide; /* keys, or keys and indices, need records of the larger kind */
    uint64_t all; /* the bits of a key */
    size_t record, scratch;
    int chunks;
} order;

_Static_assert(sizeof(order) <= EG__JOB_STATE, "it fits a job");

typedef struct ordering {
    const order *o;
    const char *x;
    char *y, *scratch;
} ordering;

/* Keys of elements `at` to `at + n` of a row that rise in the wanted order. */
static void read_keys(const order *o, const char *row, int64_t at, int64_t n, uint64_t keys[BLOCK])
{
    const uint64_t turned = o->descending ? 0 : o->all;

    o->keys(row + (size_t)at * o->element, n, keys);
    for (int64_t i = 0; i < n; i++)
        keys[i] ^= turned;
}

/* ---- the order ------------------------------------------------------------------------------ */

static void find_order(const order *o, const char *row, int64_t *y, void *a, void *b)
{
    uint64_t keys[BLOCK], *pairs = a;
    place *places = a;

    for (int64_t at = 0; at < o->n; at += BLOCK) {
        int64_t n = o->n - at < BLOCK ? o->n - at : BLOCK;
        read_keys(o, row, at, n, keys);
        for (int64_t i = 0; i < n && o->is_wide; i++)
            places[at + i] = (place){keys[i], at + i};
        for (int64_t i = 0; i < n && !o->is_wide; i++)
            pairs[at + i] = keys[i] << 32 | (uint64_t)(at + i);
    }
    if (o->is_wide) {
        places = pairs_64_sort(a, b, o->n, (int)o->element);
        for (int64_t i = 0; i < o->n; i++)
            y[i] = places[i].index;
    } else {
        pairs = pairs_32_sort(a, b, o->n, (int)o->element);
        for (int64_t i = 0; i < o->n; i++)
            y[i] = (int64_t)(pairs[i] & UINT32_MAX);
    }
}

/* ---- values --------------------------------------------------------------------------------- */

static uint64_t key_at(const order *o, const void *keys, int64_t at)
{
    return o->is_wide ? ((const uint64_t *)keys)[at] : ((const uint32_t *)keys)[at];
}

/* The element's bits of a key. */
static inline uint64_t bits_of(const order *o, uint64_t key)
{
    const uint64_t falling = o->descending ? key : key ^ o->all;
    const uint64_t low = o->is_unsigned ? o->all : o->all >> 1;

    return o->is_real && falling > o->all >> 1 ? falling : falling ^ low;
}

static void write_values(const order *o, const void *keys, char *y)
{
    for (int64_t i = 0; i < o->n; i++) {
        const uint64_t bits = bits_of(o, key_at(o, keys, i));
        if (o->element == 4)
            ((uint32_t *)(void *)y)[i] = (uint32_t)bits;
        else if (o->element == 8)
            ((uint64_t *)(void *)y)[i] = bits;
        else if (o->element == 2)
            ((uint16_t *)(void *)y)[i] = (uint16_t)bits;
        else
            ((uint8_t *)y)[i] = (uint8_t)bits;
    }
}

/* Writes the elements with that key as they are, in the row's order, over their values. */
static void keep_bits(const order *o, const void *sorted, const char *row, uint64_t key, char *y)
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

static void find_values(const order *o, const char *row, char *y, void *a, void *b)
{
    uint64_t keys[BLOCK], *wide = a;
    uint32_t *narrow = a;

    for (int64_t at = 0; at < o->n; at += BLOCK) {
        int64_t n = o->n - at < BLOCK ? o->n - at : BLOCK;
        read_keys(o, row, at, n, keys);
        for (int64_t i = 0; i < n && o->is_wide; i++)
            wide[at + i] = keys[i];
        for (int64_t i = 0; i < n && !o->is_wide; i++)
            narrow[at + i] = (uint32_t)keys[i];
    }
    const void *sorted = (o->is_wide ? keys_64_sort : keys_32_sort)(a, b, o->n, (int)o->element);
    write_values(o, sorted, y);
    if (o->is_real) {
        const uint64_t turned = o->descending ? 0 : o->all;
        keep_bits(o, sorted, row, o->all >> 1 ^ turned, y);
        keep_bits(o, sorted, row, turned, y);
    }
}

/* ---- the kernels ---------------------------------------------------------------------------- */

static void run_chunk(void *env, int chunk)
{
    const ordering *w = env;
    const order *o = w->o;
    int64_t row = o->rows / o->chunks * chunk + o->rows % o->chunks * chunk / o->chunks;
    int64_t end = o->rows / o->chunks * (chunk + 1) + o->rows % o->chunks * (chunk + 1) / o->chunks;
    char *a = w->scratch + (size_t)chunk * o->scratch, *b = a + o->scratch / 2;

    for (; row < end; row++) {
        const char *x = w->x + (size_t)(row * o->n) * o->element;
        if (o->finds_order)
            find_order(o, x, (int64_t *)(void *)w->y + row * o->n, a, b);
        else
            find_values(o, x, w->y + (size_t)(row * o->n) * o->element, a, b);
    }
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const order *o = (const order *)(const void *)job->state;
    ordering w = {o, in[0], out[0], scratch};

    eg__run_chunks(o->chunks, (double)o->rows * (double)o->n * (double)o->element * 2, run_chunk,
        &w);
    return EG_OK;
}

#ifdef EG_HAVE_X86_SETS
extern const eg__key_loop eg__keys_base[], eg__keys_avx2[], eg__keys_avx512[];
#else
extern const eg__key_loop eg__keys_base[];
#endif
static const eg__key_loop *const loops[EG__ISAS] = EG__EACH_ISA(eg__keys);

/* As many rows at a time as there is room for. */
static void set_chunks(order *o, const eg_spec *x)
{
    int64_t chunks = x->size == 0 ? 0 : o->rows < MOST_CHUNKS ? o->rows : MOST_CHUNKS;

    o->scratch = (2 * o->record * (size_t)o->n + 127) / 128 * 128;
    while (chunks > 1 && (size_t)chunks * o->scratch > most_scratch)
        chunks--;
    o->chunks = (int)chunks;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    order *o = (order *)(void *)job->state;
    const eg_spec *x = p->in[0];
    const eg__dtype_info *d = eg__dtype(x->dtype);

    o->keys = (unsigned)x->dtype < EG__DTYPES ? loops[eg__isa_now()][x->dtype] : NULL;
    if (!o->keys)
        return "it has no loop for this dtype";
    eg__job_start(job, "bytes", run);
    o->n = x->dims[x->rank - 1];
    o->rows = o->n > 0 ? x->size / o->n : 0;
    o->element = d->size;
    o->finds_order = self == &eg__argsort_kernel;
    o->descending = ((const eg_sort_attrs *)p->attrs)->descending;
    o->is_real = d->kind == EG__REAL;
    o->is_unsigned = d->is_unsigned || d->kind == EG__BOOLEAN;
    o->is_wide = o->element == 8 || (o->finds_order && o->n > UINT32_MAX);
    o->all = UINT64_MAX >> (64 - 8 * o->element);
    o->record = (o->is_wide ? 8u : 4u) * (o->finds_order ? 2u : 1u);
    set_chunks(o, x);
    job->scratch = (size_t)o->chunks * o->scratch;
    return NULL;
}

const eg_kernel eg__sort_kernel = {"bytes", prepare, NULL};
const eg_kernel eg__argsort_kernel = {"bytes", prepare, NULL};
