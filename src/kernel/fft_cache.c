/* Plans of Fourier transforms, and the table of those used last.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/fft_cache.h"

#ifdef EG_HAVE_EIGEN

#include "base/memory.h"
#include "kernel/fft_row.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { LINE = 64, KEPT = EG_CRUEL ? 0 : 16 };

static const size_t most_kept = (size_t)64 << 20; /* bytes of all tables */

/* A plan and what it is found by. */
typedef struct entry {
    eg__fft_plan plan; /* first: a plan that is given out is its entry */
    const eg__fft_loops *loops;
    size_t element, bytes; /* of a number; of the tables, which are one array */
    bool real;
    void *tables;
    atomic_int refs;
} entry;

/* ---- making --------------------------------------------------------------------------------- */

static void free_entry(entry *e)
{
    for (int i = 0; i < 2; i++)
        if (e->plan.transforms[i])
            e->loops->library->drop(e->plan.transforms[i]);
    if (e->plan.of)
        eg__fft_plan_release(e->plan.of);
    eg__free(e->tables, e->bytes);
    eg__free(e, sizeof *e);
}

/* n without its factors up to `most`. */
static int64_t without_factors(int64_t n, int64_t most)
{
    for (int64_t p = 2; p <= most; p++)
        while (n % p == 0)
            n /= p;
    return n;
}

/* The largest divisor of n that is not above its root. */
static int64_t lesser_half(int64_t n)
{
    int64_t d = 1;

    while ((d + 1) * (d + 1) <= n)
        d++;
    while (n % d != 0)
        d--;
    return d;
}

/* The length of a convolution of n numbers: its factors are those the library is best at. */
static int64_t convolution_of(int64_t n)
{
    int64_t m = 2 * n - 1;

    while (without_factors(m, 5) != 1)
        m++;
    return m;
}

/* Room for `count` numbers in the tables, or in their measure as long as there are none. */
static void *place(entry *e, int64_t count, size_t *at)
{
    void *here = e->tables ? (char *)e->tables + *at : NULL;

    *at += ((size_t)count * e->element + LINE - 1) / LINE * LINE;
    return here;
}

static size_t place_tables(entry *e)
{
    eg__fft_plan *p = &e->plan;
    const int64_t lanes = e->loops->library->lanes;
    size_t at = 0;

    if (p->n2 > 1) {
        p->lane_powers = place(e, p->n1 * lanes, &at);
        p->group_powers = place(e, p->n1 * ((p->n2 + lanes - 1) / lanes), &at);
    }
    if (p->of) {
        p->chirp = place(e, p->n, &at);
        p->filter = place(e, p->of->n, &at);
    }
    if (e->real)
        p->half = place(e, p->n / 2 + 1, &at);
    return at;
}

static bool allocate_tables(entry *e)
{
    size_t bytes = place_tables(e);

    if (bytes == 0)
        return true;
    e->tables = eg__alloc_line(bytes);
    if (!e->tables)
        return false;
    e->bytes = bytes;
    place_tables(e);
    return true;
}

/* Chirp, and the transform of what it is convolved with. */
static bool fill_convolution(const entry *e)
{
    const eg__fft_way way = {e->loops, e->element, 1, false};
    const eg__fft_plan *p = &e->plan;
    size_t row = ((size_t)p->of->n * e->element + LINE - 1) / LINE * LINE;
    size_t bytes = row + eg__fft_row_scratch(&way, p->of);
    char *x = eg__alloc_line(bytes);

    if (!x)
        return false;
    e->loops->chirp(p->n, p->of->n, p->chirp, x);
    bool done = eg__fft_row(&way, p->of, (eg__fft_sense){false, 1}, x, p->filter, x + row);
    eg__free(x, bytes);
    return done;
}

static bool fill_tables(const entry *e)
{
    const eg__fft_plan *p = &e->plan;
    const int lanes = e->loops->library->lanes;

    if (p->half)
        e->loops->powers(2 * p->n, 1, p->n / 2 + 1, p->half);
    if (p->n2 > 1)
        e->loops->lane_powers(p, p->lane_powers);
    for (int64_t g = 0; p->n2 > 1 && g * lanes < p->n2; g++)
        e->loops->powers(p->n, g * lanes, p->n1,
            (char *)p->group_powers + (size_t)(g * p->n1) * e->element);
    return !p->of || fill_convolution(e);
}

static bool make_transforms(entry *e)
{
    const int64_t lengths[2] = {e->plan.n1, e->plan.n2};

    for (int i = 0; i < 2; i++) {
        if (lengths[i] < 2)
            continue;
        e->plan.transforms[i] = e->loops->library->make((int)lengths[i]);
        if (!e->plan.transforms[i])
            return false;
    }
    return true;
}

static bool make(entry *e, int64_t n)
{
    eg__fft_plan *p = &e->plan;

    p->n = p->n1 = n;
    p->n2 = 1;
    if (n > EG__FFT_SHORT && without_factors(n, EG__FFT_PRIME) != 1) {
        p->of = eg__fft_plan_find(e->loops, e->element, convolution_of(n), false);
        p->takes_memory = p->of && p->of->takes_memory;
        return p->of && allocate_tables(e) && fill_tables(e);
    }
    p->takes_memory = without_factors(n, EG__FFT_RADIX) != 1;
    if (n > EG__FFT_SHORT) {
        p->n1 = lesser_half(n);
        p->n2 = n / p->n1;
    }
    return make_transforms(e) && allocate_tables(e) && fill_tables(e);
}

static entry *new_entry(const eg__fft_loops *loops, size_t element, int64_t n, bool real)
{
    entry *e = eg__alloc_zero(sizeof *e);

    if (!e)
        return NULL;
    e->loops = loops;
    e->element = element;
    e->real = real;
    atomic_init(&e->refs, 1);
    if (make(e, n))
        return e;
    free_entry(e);
    return NULL;
}

/* ---- the table ------------------------------------------------------------------------------ */

static struct {
    pthread_mutex_t lock;
    entry *kept[KEPT + 1]; /* the one used last is the first; NULL ends them */
    int n;
    size_t bytes;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void release(entry *e)
{
    if (e && atomic_fetch_sub(&e->refs, 1) == 1)
        free_entry(e);
}

/* With the lock held, as the two below. */
static entry *look_up(const eg__fft_loops *loops, int64_t n, bool real)
{
    for (int i = 0; i < table.n; i++) {
        entry *e = table.kept[i];
        if (e->loops != loops || e->plan.n != n || e->real != real)
            continue;
        memmove(table.kept + 1, table.kept, (size_t)i * sizeof *table.kept);
        table.kept[0] = e;
        atomic_fetch_add(&e->refs, 1);
        return e;
    }
    return NULL;
}

static bool is_full_for(const entry *e)
{
    return table.n == KEPT || table.bytes + e->bytes > most_kept;
}

/* Puts a plan in front, those that have to go into `dropped`. */
static void keep(entry *e, entry *dropped[KEPT + 1])
{
    for (int n = 0; table.n > 0 && is_full_for(e); n++) {
        dropped[n] = table.kept[--table.n];
        table.bytes -= dropped[n]->bytes;
        eg__memory_cached(-(ptrdiff_t)dropped[n]->bytes);
    }
    if (is_full_for(e))
        return;
    memmove(table.kept + 1, table.kept, (size_t)table.n * sizeof *table.kept);
    table.kept[0] = e;
    table.n++;
    table.bytes += e->bytes;
    eg__memory_cached((ptrdiff_t)e->bytes);
    atomic_fetch_add(&e->refs, 1);
}

const eg__fft_plan *eg__fft_plan_find(const eg__fft_loops *loops, size_t element, int64_t n,
    bool real)
{
    entry *dropped[KEPT + 1] = {NULL};

    pthread_mutex_lock(&table.lock);
    entry *e = look_up(loops, n, real);
    pthread_mutex_unlock(&table.lock);
    if (e)
        return &e->plan;
    e = new_entry(loops, element, n, real);
    if (!e)
        return NULL;
    pthread_mutex_lock(&table.lock);
    keep(e, dropped);
    pthread_mutex_unlock(&table.lock);
    for (int i = 0; i < KEPT; i++)
        release(dropped[i]);
    return &e->plan;
}

void eg__fft_plan_release(const eg__fft_plan *plan)
{
    release((entry *)(uintptr_t)plan);
}

#endif
