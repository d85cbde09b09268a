/* Reading, cutting and running products.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/product.h"
#include "kernel/matmul.h"
#include "kernel/zero.h"

enum {
    TILE_ROWS = 64,
    MOST_TILE_ROWS = 256,
    TILE_COLUMNS = 512,
    LEAST_TILE_COLUMNS = 128,
    PANEL_COLUMNS = 64,
    LEAST_TILE_ROWS = 48,
    BLOCK_ROWS = 12,   /* blocks of loops have 6, some 8 */
    ENOUGH_TILES = 8,  /* worth narrower tiles */
    PLENTY_TILES = 32, /* beyond, taller ones */
    MANY_BATCHES = 16, /* need no cutting of each */
    MOST_CHUNKS = 256,
    SMALL = 1 << 26, /* multiplications */
};

static const double worth_a_tile = 25000, worth_a_chunk = 20000; /* nanoseconds */
/* Nanoseconds to fetch an element; and one of a matrix that is read once, by a vector. */
static const double per_element = 0.1, per_read_once = 0.15;

#ifdef EG_HAVE_X86_SETS
extern const eg__tile_loop eg__product_base[], eg__product_avx2[], eg__product_avx512[];
extern const eg__gathered_loop eg__gathered_base[], eg__gathered_avx2[], eg__gathered_avx512[];
#else
extern const eg__tile_loop eg__product_base[];
extern const eg__gathered_loop eg__gathered_base[];
#endif
const eg__tile_loop *const eg__product_loops[EG__ISAS] = EG__EACH_ISA(eg__product);
const eg__gathered_loop *const eg__gathered_loops[EG__ISAS] = EG__EACH_ISA(eg__gathered);

/* ---- reading ------------------------------------------------------------------------------- */

/* How far an operand moves along each leading axis of the output: 0 where it broadcasts. */
static void set_steps(const eg_spec *operand, const eg_spec *out, int64_t step[])
{
    int64_t elements = operand->dims[operand->rank - 1] * operand->dims[operand->rank - 2];

    for (int axis = out->rank - 3; axis >= 0; axis--) {
        int own = axis - (out->rank - operand->rank);
        int64_t size = own >= 0 ? operand->dims[own] : 1;
        step[axis] = size != 1 ? elements : 0;
        elements *= size;
    }
}

static int64_t leading(const eg_spec *spec)
{
    int64_t n = 1;

    for (int i = 0; i < spec->rank - 2; i++)
        n *= spec->dims[i];
    return n;
}

/* One b for all batches: their rows are the rows of one larger matrix. */
static void join_batches(eg__product *x)
{
    x->m *= x->batches;
    x->batches = 1;
    x->rank = 0;
}

void eg__product_set(eg__product *x, const eg_problem *p)
{
    const eg_matmul_attrs *attrs = p->attrs;
    const eg_spec *a = p->in[0], *b = p->in[1], *out = p->out[0];
    bool ta = attrs->transpose_a, tb = attrs->transpose_b;

    x->m = out->dims[out->rank - 2];
    x->n = out->dims[out->rank - 1];
    x->k = a->dims[a->rank - (ta ? 2 : 1)];
    x->a_row = ta ? 1 : x->k;
    x->a_column = ta ? x->m : 1;
    x->b_row = tb ? 1 : x->n;
    x->b_column = tb ? x->k : 1;
    x->element = eg__dtype(out->dtype)->size;
    x->rank = out->rank - 2;
    x->batches = leading(out);
    if (x->rank == 0)
        return;
    if (!ta && leading(b) == 1 && leading(a) == x->batches) {
        join_batches(x);
        return;
    }
    for (int i = 0; i < x->rank; i++)
        x->dims[i] = out->dims[i];
    set_steps(a, out, x->a_step);
    set_steps(b, out, x->b_step);
}

/* ---- cutting ------------------------------------------------------------------------------- */

static int64_t parts_of(int64_t n, int64_t part)
{
    return (n + part - 1) / part;
}

/* The size of parts that cut n into about `parts`, in whole vectors. */
static int64_t part_of(int64_t n, int64_t parts)
{
    int64_t part = (parts_of(n, parts) + 15) / 16 * 16;
    return part < n ? part : n;
}

static double tiles_of(const eg__product *x)
{
    return (double)parts_of(x->m, x->tile_m) * (double)parts_of(x->n, x->tile_n);
}

/* Wide and low first; narrower by halves while there are too few tiles for the work to be shared,
 * taller while there are so many that each would fetch b anew for little. */
static void cut_wide(eg__product *x, double want)
{
    double enough = want < ENOUGH_TILES ? want : ENOUGH_TILES;
    int64_t parts = parts_of(x->n, TILE_COLUMNS);

    x->tile_n = part_of(x->n, parts);
    x->tile_m = x->m < TILE_ROWS ? x->m : TILE_ROWS;
    while (tiles_of(x) < enough && x->tile_n > LEAST_TILE_COLUMNS)
        x->tile_n = part_of(x->n, parts *= 2);
    while (x->tile_m < x->m &&
        (tiles_of(x) > want || (tiles_of(x) > PLENTY_TILES && x->tile_m < MOST_TILE_ROWS)))
        x->tile_m *= 2;
}

/* A loop copies as much of b as it works on, so tiles are narrow, and tall while there are enough
 * of them. */
static void cut_tall(eg__product *x, double want)
{
    double enough = want < ENOUGH_TILES ? want : ENOUGH_TILES;

    x->tile_n = part_of(x->n, parts_of(x->n, PANEL_COLUMNS));
    x->tile_m = MOST_TILE_ROWS;
    while (tiles_of(x) < enough && x->tile_m > LEAST_TILE_ROWS)
        x->tile_m = (x->tile_m / 2 + BLOCK_ROWS - 1) / BLOCK_ROWS * BLOCK_ROWS;
    x->tile_m = x->tile_m < x->m ? x->tile_m : x->m;
}

void eg__product_cut(eg__product *x, double rate, bool in_panels)
{
    double m = (double)x->m, n = (double)x->n, k = (double)x->k;
    double fetch = x->m == 1 || x->n == 1 ? per_read_once : per_element;
    double cost = 2 * m * n * k / rate + fetch * (m * k + k * n + m * n);

    x->cost = cost * (double)x->batches;
    x->tile_m = x->m > 0 ? x->m : 1;
    x->tile_n = x->n > 0 ? x->n : 1;
    x->rows = x->columns = x->at_once = 1;
    x->chunks = x->batches > 0 && x->m > 0 && x->n > 0;
    if (x->cost < 2 * worth_a_chunk || x->chunks == 0) {
        x->at_once = x->batches;
        return;
    }
    if (x->batches < MANY_BATCHES && in_panels && x->m > 1 && x->n > 1)
        cut_tall(x, cost / worth_a_tile);
    else if (x->batches < MANY_BATCHES)
        cut_wide(x, cost / worth_a_tile);
    x->rows = parts_of(x->m, x->tile_m);
    x->columns = parts_of(x->n, x->tile_n);
    int64_t tiles = x->rows * x->columns * x->batches;
    x->at_once = (int64_t)(worth_a_chunk / (x->cost / (double)tiles)) + 1;
    if (x->at_once < parts_of(tiles, MOST_CHUNKS))
        x->at_once = parts_of(tiles, MOST_CHUNKS);
    x->chunks = (int)parts_of(tiles, x->at_once);
}

bool eg__product_is_small(const eg__product *x)
{
    return (double)x->m * (double)x->n * (double)x->k <= SMALL || x->m == 1 || x->n == 1;
}

/* ---- running ------------------------------------------------------------------------------- */

typedef struct whole {
    const eg__product *x;
    const char *a, *b;
    char *c;
    eg__tile_fn fn;
    void *env;
    const eg__then *then; /* NULL: nothing */
} whole;

static void find_batch(const eg__product *x, int64_t batch, int64_t *a, int64_t *b)
{
    *a = *b = 0;
    for (int i = x->rank - 1; i >= 0; i--) {
        int64_t at = batch % x->dims[i];
        batch /= x->dims[i];
        *a += at * x->a_step[i];
        *b += at * x->b_step[i];
    }
}

/* The tiles across are one part. */
static void go_on(const whole *w, int64_t number)
{
    const eg__product *x = w->x;
    int64_t part = number / x->columns, batch = part / x->rows;
    int64_t i = part % x->rows * x->tile_m;
    int64_t rows = x->m - i < x->tile_m ? x->m - i : x->tile_m;

    eg__part_made(w->then, part, x->columns, (batch * x->m + i) * x->n, rows * x->n);
}

static void run_tile(const whole *w, int64_t number, int chunk)
{
    const eg__product *x = w->x;
    int64_t each = x->rows * x->columns, tile = number % each, batch = number / each;
    int64_t i = tile / x->columns * x->tile_m, j = tile % x->columns * x->tile_n;
    int64_t a, b, element = (int64_t)x->element;
    eg__tile t = {NULL, NULL, NULL, x->m - i, x->n - j, x->k, x->a_row, x->a_column, x->b_row,
        x->b_column, x->n};

    t.m = t.m < x->tile_m ? t.m : x->tile_m;
    t.n = t.n < x->tile_n ? t.n : x->tile_n;
    find_batch(x, batch, &a, &b);
    t.a = w->a + (a + i * x->a_row) * element;
    t.b = w->b + (b + j * x->b_column) * element;
    t.c = w->c + ((batch * x->m + i) * x->n + j) * element;
    w->fn(w->env, &t, tile, chunk);
    if (w->then)
        go_on(w, number);
}

static void run_chunk(void *env, int chunk)
{
    const whole *w = env;
    int64_t tiles = w->x->rows * w->x->columns * w->x->batches;
    int64_t at = chunk * w->x->at_once, end = at + w->x->at_once;

    end = end < tiles ? end : tiles;
    for (; at < end; at++)
        run_tile(w, at, chunk);
}

static void clear(const whole *w)
{
    int64_t n = w->x->batches * w->x->m * w->x->n;

    eg__zero(w->c, (size_t)n * w->x->element);
    if (w->then)
        w->then->fn(w->then->env, 0, n);
}

void eg__product_run(const eg__product *x, void *const in[], void *out, eg__tile_fn fn, void *env,
    const eg__then *then)
{
    whole w = {x, in[0], in[1], out, fn, env, then};

    if (x->k == 0 && x->chunks > 0)
        clear(&w);
    else if (x->chunks == 1)
        run_chunk(&w, 0);
    else
        eg__run_chunks(x->chunks, x->cost, run_chunk, &w);
}

void eg__product_parts(const eg__product *x, eg__parts *parts)
{
    parts->parts = x->rows * x->batches;
    parts->counters = x->columns > 1 ? parts->parts : 0;
}
