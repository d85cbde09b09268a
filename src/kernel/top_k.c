/* The largest k of each row, in falling order, of equals the first first.
 *
 * Elements become keys that rise where they fall, and a key with its index is a place, of which
 * there are no two alike: so any way of sorting is stable. Where k is small the best k places are
 * kept in a heap, worst on top, and blocks without a key below the top's are passed over at the
 * speed of a loop. Otherwise the whole row is put in order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/index.h"
#include "kernel/order.h"
#include <string.h>

typedef struct place {
    uint64_t key;
    int64_t index;
} place;

typedef struct top {
    int64_t rows, n, k;
    bool sorts;
    eg__order order;
    int chunks;
    size_t scratch; /* bytes a chunk */
} top;

_Static_assert(sizeof(top) <= EG__JOB_STATE, "it fits a job");

enum { BLOCK = 128, LEAST_SORTED = 256, MOST_CHUNKS = 64 };

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

    if (t->order.keys->block(row + (size_t)at * t->order.element, n, keys) >= heap[0].key)
        return;
    for (int64_t i = 0; i < n; i++)
        if (keys[i] < heap[0].key)
            sift_down(heap, t->k, 0, (place){keys[i], at + i});
}

/* The best k places of a row, in order, in `heap`. */
static void select_places(const top *t, const char *row, place heap[])
{
    uint64_t keys[BLOCK];
    int64_t n;

    for (int64_t at = 0; at < t->k; at += n) {
        n = t->k - at < BLOCK ? t->k - at : BLOCK;
        t->order.keys->block(row + (size_t)at * t->order.element, n, keys);
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

/* ---- the kernel ----------------------------------------------------------------------------- */

typedef struct topping {
    const top *t;
    const char *x;
    char *values, *scratch;
    int64_t *indices;
} topping;

/* Where the best k are. */
static void find_best(const top *t, const char *x, char *scratch, int64_t *index)
{
    place *places = (place *)(void *)scratch;

    if (t->sorts) {
        eg__order_indices(&t->order, x, (int64_t *)(void *)(scratch + t->order.scratch), scratch);
        memcpy(index, scratch + t->order.scratch, (size_t)t->k * sizeof *index);
        return;
    }
    select_places(t, x, places);
    for (int64_t i = 0; i < t->k; i++)
        index[i] = places[i].index;
}

static void take_row(const topping *w, int64_t row, char *scratch)
{
    const top *t = w->t;
    const size_t element = t->order.element;
    const char *x = w->x + (size_t)(row * t->n) * element;
    char *value = w->values + (size_t)(row * t->k) * element;
    int64_t *index = w->indices + row * t->k;

    find_best(t, x, scratch, index);
    for (int64_t i = 0; i < t->k; i++)
        memcpy(value + (size_t)i * element, x + (size_t)index[i] * element, element);
}

static void run_chunk(void *env, int chunk)
{
    const topping *w = env;
    int64_t rows = w->t->rows, chunks = w->t->chunks;
    int64_t end = rows / chunks * (chunk + 1) + rows % chunks * (chunk + 1) / chunks;

    for (int64_t row = rows / chunks * chunk + rows % chunks * chunk / chunks; row < end; row++)
        take_row(w, row, w->scratch + (size_t)chunk * w->t->scratch);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const top *t = (const top *)(const void *)job->state;
    topping w = {t, in[0], out[0], scratch, out[1]};
    double elements = (double)t->rows * (double)t->n;

    eg__run_chunks(t->chunks, elements * (t->sorts ? 15 : 1), run_chunk, &w);
    return EG_OK;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    top *t = (top *)(void *)job->state;
    const eg_spec *x = p->in[0];

    (void)self;
    t->n = x->dims[x->rank - 1];
    if (!eg__order_set(&t->order, x->dtype, t->n, true, true))
        return "it has no loop for this dtype";
    eg__job_start(job, "loop", run);
    t->k = ((const eg__top_attrs *)p->attrs)->k;
    t->rows = t->k > 0 ? x->size / t->n : 0;
    t->sorts = t->n >= LEAST_SORTED && t->k > t->n / 16;
    t->scratch =
        t->sorts ? t->order.scratch + sizeof(int64_t) * (size_t)t->n : sizeof(place) * (size_t)t->k;
    t->scratch = (t->scratch + 63) / 64 * 64;
    int64_t chunks = t->rows < MOST_CHUNKS ? t->rows : MOST_CHUNKS;
    while (chunks > 1 && (size_t)chunks * t->scratch > most_scratch)
        chunks--;
    t->chunks = (int)chunks;
    job->scratch = (size_t)chunks * t->scratch;
    return NULL;
}

const eg_kernel eg__top_k_kernel = {"loop", prepare, NULL};
