/* Long rows as matrices, and as convolutions of such rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/fft_row.h"

#ifdef EG_HAVE_EIGEN

#include "kernel/kernel.h"
#include <stdatomic.h>

static int64_t groups_of(const eg__fft_way *way, int64_t n)
{
    int lanes = way->loops->library->lanes;
    return (n + lanes - 1) / lanes;
}

static size_t block_size(const eg__fft_way *way)
{
    return (size_t)way->loops->library->lanes * way->element;
}

static size_t mid_size(const eg__fft_way *way, const eg__fft_plan *p)
{
    return (size_t)(groups_of(way, p->n1) * p->n2) * block_size(way);
}

/* Of one chunk. */
static size_t room_size(const eg__fft_way *way, const eg__fft_plan *p)
{
    return (size_t)(p->n2 > 2 * p->n1 ? p->n2 : 2 * p->n1) * block_size(way);
}

/* Of a row of a convolution, in whole cache lines. */
static size_t row_size(const eg__fft_way *way, const eg__fft_plan *p)
{
    return ((size_t)p->n * way->element + 63) / 64 * 64;
}

size_t eg__fft_row_scratch(const eg__fft_way *way, const eg__fft_plan *p)
{
    if (p->of)
        return 2 * row_size(way, p->of) + eg__fft_row_scratch(way, p->of);
    return mid_size(way, p) + (size_t)way->chunks * room_size(way, p);
}

/* ---- matrices ------------------------------------------------------------------------------- */

typedef struct pass {
    const eg__fft_way *way;
    const eg__fft_plan *p;
    const void *x;
    void *y;
    char *mid;
    eg__fft_sense sense;
    atomic_bool failed;
} pass;

static int64_t chunk_begin(int64_t groups, int chunk, int chunks)
{
    return groups / chunks * chunk + groups % chunks * chunk / chunks;
}

static char *room_of(const pass *s, int chunk)
{
    return s->mid + mid_size(s->way, s->p) + (size_t)chunk * room_size(s->way, s->p);
}

static void first_chunk(void *env, int chunk)
{
    pass *s = env;
    int64_t groups = groups_of(s->way, s->p->n2);

    if (!s->way->loops->first(s->p, s->x, s->mid, chunk_begin(groups, chunk, s->way->chunks),
            chunk_begin(groups, chunk + 1, s->way->chunks), s->sense.backward, room_of(s, chunk)))
        atomic_store(&s->failed, true);
}

static void second_chunk(void *env, int chunk)
{
    pass *s = env;
    int64_t groups = groups_of(s->way, s->p->n1);

    if (!s->way->loops->second(s->p, s->mid, s->y, chunk_begin(groups, chunk, s->way->chunks),
            chunk_begin(groups, chunk + 1, s->way->chunks), s->sense.backward, s->sense.scale,
            room_of(s, chunk)))
        atomic_store(&s->failed, true);
}

/* ---- convolutions --------------------------------------------------------------------------- */

/* The row times the chirp, convolved with the chirp turned round, times the chirp. */
static bool convolved(const eg__fft_way *way, const eg__fft_plan *p, eg__fft_sense sense,
    const void *x, void *y, char *scratch)
{
    const eg__fft_loops *loops = way->loops;
    const eg__fft_sense there = {false, 1}, back = {true, 1};
    const int64_t n = p->n, m = p->of->n;
    char *a = scratch, *b = a + row_size(way, p->of), *rest = b + row_size(way, p->of);

    loops->multiply(n, m, x, p->chirp, sense.backward, false, 1, a);
    if (!eg__fft_row(way, p->of, there, a, b, rest))
        return false;
    loops->multiply(m, m, b, p->filter, false, false, 1, b);
    if (!eg__fft_row(way, p->of, back, b, a, rest))
        return false;
    loops->multiply(n, n, a, p->chirp, false, sense.backward, sense.scale, y);
    return true;
}

bool eg__fft_row(const eg__fft_way *way, const eg__fft_plan *p, eg__fft_sense sense, const void *x,
    void *y, char *scratch)
{
    pass s = {way, p, x, y, scratch, sense, false};
    double work = way->shared ? (double)p->n * 2 : 0;

    if (p->of)
        return convolved(way, p, sense, x, y, scratch);
    eg__run_chunks(way->chunks, work, first_chunk, &s);
    eg__run_chunks(way->chunks, work, second_chunk, &s);
    return !atomic_load(&s.failed);
}

#endif
