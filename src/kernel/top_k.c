/* The largest k of each row, in falling order, of equals the first first.
 *
 * Elements become keys that rise where they fall, and a key with its index is a place, of which
 * there are no two alike: so any way of sorting is stable. Where k is small the best k places are
 * kept in a heap, worst on top, and blocks without a key below the top's are passed over at the
 * speed of a loop. Otherwise the whole row is sorted by the bytes of its keys.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/top_k.h"
#include "kernel/index.h"
#include "kernel/isa.h"
#include <string.h>

typedef struct place {
    uint64_t key;
    int64_t index;
} place;

typedef struct top {
    int64_t rows, n, k;
    size_t element;
    eg__key_loop keys;
    bool sorts;
    int bytes; /* of a key */
    int chunks;
    size_t scratch; /* bytes a chunk */
} top;

_Static_assert(sizeof(top) <= EG__JOB_STATE, "it fits a job");

enum { BLOCK = 128, BYTES = 8, DIGITS = 256 };
enum { LEAST_SORTED = 256, MOST_CHUNKS = 64 };

static const size_t most_scratch = (size_t)64 << 20;

/* ---- a heap --------------------------------------------------------------------------------- */

static inline bool is_worse(place a, place b)
{
    return a.key != b.key ? a.key > b.key : a.index > b.index;
}

/* Puts p into the hole at `at` of a heap of n, where nothing above it is better than it. */
static void sift_down(place heap[], int64_t n, int64_t at, place p)
{
    for (int64_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_worse(heap[child + 1], heap[child]))
            child++;
        if (!is_worse(heap[child], p))
            break;
        heap[at] = heap[child];
    }
    heap[at] = p;
}

static void add_block(const top *t, place heap[], const char *row, int64_t at, int64_t n)
{
    uint64_t keys[BLOCK];

    if (t->keys(row + (size_t)at * t->element, n, keys) >= heap[0].key)
        return;
    for (int64_t i = 0; i < n; i++)
        if (keys[i] < heap[0].key)
            sift_down(heap, t->k, 0, (place){keys[i], at + i});
}

/* The best k places of a row, in order. */
static void select_places(const top *t, const char *row, place heap[])
{
    uint64_t keys[BLOCK];
    int64_t n;

    for (int64_t at = 0; at < t->k; at += n) {
        n = t->k - at < BLOCK ? t->k - at : BLOCK;
        t->keys(row + (size_t)at * t->element, n, keys);
        for (int64_t i = 0; i < n; i++)
            heap[at + i] = (place){keys[i], at + i};
    }
    for (int64_t i = t->k / 2 - 1; i >= 0; i--)
        sift_down(heap, t->k, i, heap[i]);
    for (int64_t at = t->k; at < t->n; at += BLOCK)
        add_block(t, heap, row, at, t->n - at < BLOCK ? t->n - at : BLOCK);
    for (int64_t left = t->k - 1; left > 0; left--) {
        place last = heap[left];
        heap[left] = heap[0];
        sift_down(heap, left, 0, last);
    }
}

/* ---- sorting -------------------------------------------------------------------------------- */

static void make_places(const top *t, const char *row, place places[],
    int64_t counts[BYTES][DIGITS])
{
    uint64_t keys[BLOCK];

    for (int64_t at = 0; at < t->n; at += BLOCK) {
        int64_t n = t->n - at < BLOCK ? t->n - at : BLOCK;
        t->keys(row + (size_t)at * t->element, n, keys);
        for (int64_t i = 0; i < n; i++) {
            places[at + i] = (place){keys[i], at + i};
            for (int byte = 0; byte < t->bytes; byte++)
                counts[byte][keys[i] >> 8 * byte & 0xff]++;
        }
    }
}

/* Moves places from one array to the other, in the order of one byte of their keys. */
static void sort_by_byte(int64_t n, const place from[], place to[], int64_t count[DIGITS], int byte)
{
    int64_t begin = 0;

    for (int d = 0; d < DIGITS; d++) {
        int64_t own = count[d];
        count[d] = begin;
        begin += own;
    }
    for (int64_t i = 0; i < n; i++)
        to[count[from[i].key >> 8 * byte & 0xff]++] = from[i];
}

/* All places of a row, in order; returns where they are: in `a` or in `b`. */
static const place *sort_places(const top *t, const char *row, place a[], place b[])
{
    int64_t counts[BYTES][DIGITS] = {{0}};

    make_places(t, row, a, counts);
    for (int byte = 0; byte < t->bytes; byte++) {
        if (counts[byte][a[0].key >> 8 * byte & 0xff] == t->n)
            continue;
        sort_by_byte(t->n, a, b, counts[byte], byte);
        place *sorted = b;
        b = a;
        a = sorted;
    }
    return a;
}

/* ---- the kernel ----------------------------------------------------------------------------- */

typedef struct topping {
    const top *t;
    const char *x;
    char *values, *scratch;
    int64_t *indices;
} topping;

static void take_row(const topping *w, int64_t row, place places[])
{
    const top *t = w->t;
    const char *x = w->x + (size_t)(row * t->n) * t->element;
    char *value = w->values + (size_t)(row * t->k) * t->element;
    const place *best = places;

    if (t->sorts)
        best = sort_places(t, x, places, places + t->n);
    else
        select_places(t, x, places);
    for (int64_t i = 0; i < t->k; i++) {
        memcpy(value + (size_t)i * t->element, x + (size_t)best[i].index * t->element, t->element);
        w->indices[row * t->k + i] = best[i].index;
    }
}

static void run_chunk(void *env, int chunk)
{
    const topping *w = env;
    int64_t rows = w->t->rows, chunks = w->t->chunks;
    int64_t end = rows / chunks * (chunk + 1) + rows % chunks * (chunk + 1) / chunks;

    for (int64_t row = rows / chunks * chunk + rows % chunks * chunk / chunks; row < end; row++)
        take_row(w, row, (place *)(void *)(w->scratch + (size_t)chunk * w->t->scratch));
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const top *t = (const top *)(const void *)job->state;
    topping w = {t, in[0], out[0], scratch, out[1]};
    double elements = (double)t->rows * (double)t->n;

    eg__run_chunks(t->chunks, elements * (t->sorts ? 15 : 1), run_chunk, &w);
    return EG_OK;
}

#ifdef EG_HAVE_X86_SETS
extern const eg__key_loop eg__keys_base[], eg__keys_avx2[], eg__keys_avx512[];
#else
extern const eg__key_loop eg__keys_base[];
#endif
static const eg__key_loop *const loops[EG__ISAS] = EG__EACH_ISA(eg__keys);

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    top *t = (top *)(void *)job->state;
    const eg_spec *x = p->in[0];

    (void)self;
    t->keys = (unsigned)x->dtype < EG__DTYPES ? loops[eg__isa_now()][x->dtype] : NULL;
    if (!t->keys)
        return "it has no loop for this dtype";
    eg__job_start(job, "loop", run);
    t->k = ((const eg__top_attrs *)p->attrs)->k;
    t->n = x->dims[x->rank - 1];
    t->rows = t->k > 0 ? x->size / t->n : 0;
    t->element = eg__dtype(x->dtype)->size;
    t->bytes = (int)t->element;
    t->sorts = t->n >= LEAST_SORTED && t->k > t->n / 16;
    t->scratch = sizeof(place) * (size_t)(t->sorts ? 2 * t->n : t->k);
    t->scratch = (t->scratch + 63) / 64 * 64;
    int64_t chunks = t->rows < MOST_CHUNKS ? t->rows : MOST_CHUNKS;
    while (chunks > 1 && (size_t)chunks * t->scratch > most_scratch)
        chunks--;
    t->chunks = (int)chunks;
    job->scratch = (size_t)chunks * t->scratch;
    return NULL;
}

const eg_kernel eg__top_k_kernel = {"loop", prepare, NULL};
