/* Products and convolutions of whole numbers: both arrays are widened to 16 bits, less what stands
 * for 0, as rows of the numbers that are multiplied; then every element is a product of two rows.
 * A product of few rows reads b as it is instead.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/integer.h"
#include "kernel/isa.h"
#include "kernel/matmul.h"
#include "kernel/product.h"
#include "kernel/zero.h"
#include <string.h>

enum {
    ROWS = 64,        /* of a, or positions, at a time */
    FEW = 8,          /* rows of a for which b is not widened */
    COLUMNS = 1024,   /* at a time where it is not */
    MOST_CHUNKS = 128 /* that have scratch of their own */
};

static const double rate = 60; /* multiplications and additions in a nanosecond */

/* ---- loops ---------------------------------------------------------------------------------- */

typedef void (*dots_loop)(const eg__dots *d);
typedef void (*lines_loop)(const eg__lines *l);
typedef void (*widen_loop)(const eg__widening *w);

#define DECLARE(set)                                                                               \
    extern void eg__dots_loop_##set(const eg__dots *d);                                            \
    extern void eg__lines_loop_##set(const eg__lines *l);                                          \
    extern void eg__widen_loop_##set(const eg__widening *w)
#ifdef EG_HAVE_X86_SETS
DECLARE(avx2);
DECLARE(avx512);
#endif
DECLARE(base);

static const dots_loop dots[EG__ISAS] = EG__EACH_ISA(eg__dots_loop);
static const lines_loop lines[EG__ISAS] = EG__EACH_ISA(eg__lines_loop);
static const widen_loop widen[EG__ISAS] = EG__EACH_ISA(eg__widen_loop);

static bool is_byte(const eg_spec *x)
{
    return x->dtype == EG_INT8 || x->dtype == EG_UINT8;
}

static int number_at(const void *x, bool is_unsigned, int64_t i)
{
    return is_unsigned ? ((const uint8_t *)x)[i] : ((const int8_t *)x)[i];
}

static int64_t parts_of(int64_t n, int64_t part)
{
    return (n + part - 1) / part;
}

static size_t in_lines(int64_t numbers)
{
    return ((size_t)numbers * sizeof(int16_t) + 63) / 64 * 64;
}

/* What both kernels share: how rows are widened. */
typedef struct rows {
    int64_t k, padded; /* numbers of a row; with the zeros behind */
    int64_t zeros;     /* numbers that stand for 0: 1, or one a column */
    bool is_unsigned[2];
} rows;

static void set_rows(rows *r, const eg_problem *p, int64_t k)
{
    r->k = k;
    r->padded = parts_of(k, EG__DOTS) * EG__DOTS;
    r->zeros = p->in[3]->size;
    r->is_unsigned[0] = p->in[0]->dtype == EG_UINT8;
    r->is_unsigned[1] = p->in[1]->dtype == EG_UINT8;
}

static int column_zero(const rows *r, const void *zeros, int64_t column)
{
    return number_at(zeros, r->is_unsigned[1], r->zeros > 1 ? column : 0);
}

/* ---- products ------------------------------------------------------------------------------- */

typedef struct product {
    eg__product x;
    rows rows;
    int64_t row_zeros, at_once, columns_at_once;
    int chunks, column_chunks;
    size_t wide, scratch; /* bytes: all of b; a's rows of a chunk */
} product;

_Static_assert(sizeof(product) <= EG__JOB_STATE, "a product fits a job");

typedef struct product_pass {
    const product *p;
    const char *a, *b, *a_zero, *b_zero;
    int32_t *c;
    char *wide, *scratch;
    int isa;
} product_pass;

/* Column j of b becomes row j. */
static void widen_columns(void *env, int chunk)
{
    const product_pass *w = env;
    const product *p = w->p;
    const rows *r = &p->rows;
    int64_t j = chunk * p->columns_at_once, end = j + p->columns_at_once;

    for (end = end < p->x.n ? end : p->x.n; j < end; j++) {
        int16_t *to = (int16_t *)(void *)w->wide + j * r->padded;
        memset(to + r->k, 0, (size_t)(r->padded - r->k) * sizeof *to);
        widen[w->isa](&(eg__widening){w->b + j, to, r->k, p->x.n, column_zero(r, w->b_zero, j),
            r->is_unsigned[1]});
    }
}

static void widen_row(const product_pass *w, int64_t i, int16_t *to)
{
    const rows *r = &w->p->rows;
    int64_t at = w->p->row_zeros > 1 ? i % w->p->row_zeros : 0;

    widen[w->isa](&(eg__widening){w->a + i * r->k, to, r->k, 1,
        number_at(w->a_zero, r->is_unsigned[0], at), r->is_unsigned[0]});
    memset(to + r->k, 0, (size_t)(r->padded - r->k) * sizeof *to);
}

static void multiply_rows(void *env, int chunk)
{
    const product_pass *w = env;
    const product *p = w->p;
    int64_t at = chunk * p->at_once, end = at + p->at_once < p->x.m ? at + p->at_once : p->x.m;
    int16_t *a = (int16_t *)(void *)(w->scratch + (size_t)chunk * p->scratch);

    for (int64_t n; at < end; at += n) {
        n = end - at < ROWS ? end - at : ROWS;
        for (int64_t i = 0; i < n; i++)
            widen_row(w, at + i, a + i * p->rows.padded);
        dots[w->isa](&(eg__dots){a, (const int16_t *)(void *)w->wide, w->c + at * p->x.n, n, p->x.n,
            p->rows.padded, p->x.n});
    }
}

/* Some columns of all rows, of which there are few: sums of b's rows, less what stands for 0. */
static void multiply_columns(void *env, int chunk)
{
    const product_pass *w = env;
    const product *p = w->p;
    const rows *r = &p->rows;
    int64_t j = chunk * (int64_t)COLUMNS, n = p->x.n - j < COLUMNS ? p->x.n - j : COLUMNS;
    int16_t *a = (int16_t *)(void *)(w->scratch + (size_t)chunk * p->scratch);

    for (int64_t i = 0; i < p->x.m; i++) {
        uint32_t *c = (uint32_t *)(void *)w->c + i * p->x.n + j, sum = 0;
        widen_row(w, i, a);
        for (int64_t t = 0; t < r->k; t++)
            sum += (uint32_t)a[t];
        for (int64_t t = 0; t < n; t++)
            c[t] = 0 - sum * (uint32_t)column_zero(r, w->b_zero, j + t);
        lines[w->isa](&(eg__lines){a, w->b + j, c, r->k, n, p->x.n, r->is_unsigned[1]});
    }
}

/* The offsets of a batch's matrices. */
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

static eg_status run_product(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const product *p = (const product *)(const void *)job->state;
    double cost = 2 * (double)p->x.m * (double)p->x.n * (double)p->x.k / rate;
    const char *widened = NULL;

    for (int64_t batch = 0; batch < p->x.batches; batch++) {
        int64_t a, b;
        find_batch(&p->x, batch, &a, &b);
        product_pass w = {p, (const char *)in[0] + a, (const char *)in[1] + b, in[2], in[3],
            (int32_t *)out[0] + batch * p->x.m * p->x.n, scratch, (char *)scratch + p->wide,
            (int)eg__isa_now()};
        if (p->wide == 0) {
            eg__run_chunks(p->chunks, cost, multiply_columns, &w);
            continue;
        }
        if (widened != w.b)
            eg__run_chunks(p->column_chunks, (double)p->x.n * (double)p->x.k, widen_columns, &w);
        widened = w.b;
        eg__run_chunks(p->chunks, cost, multiply_rows, &w);
    }
    return EG_OK;
}

static void cut_product(product *p)
{
    const eg__product *x = &p->x;

    if (x->m < FEW) {
        p->chunks = (int)parts_of(x->n, COLUMNS);
        p->scratch = in_lines(p->rows.padded);
        return;
    }
    p->wide = in_lines(x->n * p->rows.padded);
    p->columns_at_once = parts_of(x->n, MOST_CHUNKS);
    p->column_chunks = (int)parts_of(x->n, p->columns_at_once);
    p->at_once = parts_of(parts_of(x->m, ROWS), MOST_CHUNKS) * ROWS;
    p->chunks = (int)parts_of(x->m, p->at_once);
    p->scratch = in_lines(ROWS * p->rows.padded);
}

static const char *prepare_product(const eg_kernel *self, const eg_problem *problem, eg_job *job)
{
    const eg_matmul_attrs plain = {.size = sizeof plain};
    eg_problem read = *problem;
    product *p = (product *)(void *)job->state;

    (void)self;
    if (!is_byte(problem->in[0]) || !is_byte(problem->in[1]))
        return "it takes int8 and uint8";
    read.attrs = &plain;
    *p = (product){.row_zeros = problem->in[2]->size};
    eg__product_set(&p->x, &read);
    if (p->x.m == 0 || p->x.n == 0 || p->x.k == 0 || p->x.batches == 0) {
        eg__prepare_zeros(problem->out[0], job);
        return NULL;
    }
    set_rows(&p->rows, problem, p->x.k);
    eg__job_start(job, "pairs", run_product);
    cut_product(p);
    job->scratch = p->wide + (size_t)p->chunks * p->scratch;
    return NULL;
}

const eg_kernel eg__matmul_integer_kernel = {"pairs", prepare_product, NULL};

/* ---- convolutions --------------------------------------------------------------------------- */

typedef struct conv {
    eg__conv g;
    rows rows;
    int64_t positions, at_once;
    int chunks;
    size_t wide, scratch;
} conv;

_Static_assert(sizeof(conv) <= EG__JOB_STATE, "a convolution fits a job");

typedef struct conv_pass {
    const conv *c;
    const char *x, *w, *w_zero;
    int zero, isa;
    int32_t *y;
    char *wide, *scratch;
} conv_pass;

/* w[tap][c][group][o] as [group][o][tap][c]. */
static void widen_filter(const conv_pass *p)
{
    const conv *c = p->c;
    const eg__conv *g = &c->g;
    int64_t results = g->groups * g->o;

    for (int64_t o = 0; o < results; o++) {
        int16_t *to = (int16_t *)(void *)p->wide + o * c->rows.padded;
        memset(to + c->rows.k, 0, (size_t)(c->rows.padded - c->rows.k) * sizeof *to);
        widen[p->isa](&(eg__widening){p->w + o, to, c->rows.k, results,
            column_zero(&c->rows, p->w_zero, o), c->rows.is_unsigned[1]});
    }
}

/* The channels of a group under element `tap` of the window at a place; zeros outside of x. */
static void widen_tap(const conv_pass *p, int64_t image, const int64_t place[], int64_t tap,
    int64_t group, int16_t *to)
{
    const eg__conv *g = &p->c->g;
    int64_t k[EG__SPATIAL], at = image;

    eg__window_at(tap, g->at.k, k);
    for (int i = 0; i < EG__SPATIAL; i++) {
        int64_t from = place[i] * g->at.stride[i] - g->at.pad[i] + k[i] * g->at.dilation[i];
        if (from < 0 || from >= g->at.in[i]) {
            memset(to, 0, (size_t)g->c * sizeof *to);
            return;
        }
        at = at * g->at.in[i] + from;
    }
    widen[p->isa](&(eg__widening){p->x + (at * g->groups + group) * g->c, to, g->c, 1, p->zero,
        p->c->rows.is_unsigned[0]});
}

static void widen_patch(const conv_pass *p, int64_t position, int64_t group, int16_t *to)
{
    const conv *c = p->c;
    int64_t place[EG__SPATIAL], taps = eg__window_volume(c->g.at.k);
    int64_t image = eg__window_at(position, c->g.at.out, place);

    for (int64_t tap = 0; tap < taps; tap++)
        widen_tap(p, image, place, tap, group, to + tap * c->g.c);
    memset(to + c->rows.k, 0, (size_t)(c->rows.padded - c->rows.k) * sizeof *to);
}

static void convolve_positions(void *env, int chunk)
{
    const conv_pass *p = env;
    const conv *c = p->c;
    int64_t at = chunk * c->at_once, results = c->g.groups * c->g.o, k = c->rows.padded;
    int64_t end = at + c->at_once < c->positions ? at + c->at_once : c->positions;
    int16_t *patches = (int16_t *)(void *)(p->scratch + (size_t)chunk * c->scratch);
    const int16_t *filter = (const int16_t *)(const void *)p->wide;

    for (int64_t n; at < end; at += n) {
        n = end - at < ROWS ? end - at : ROWS;
        for (int64_t group = 0; group < c->g.groups; group++) {
            for (int64_t i = 0; i < n; i++)
                widen_patch(p, at + i, group, patches + i * k);
            dots[p->isa](&(eg__dots){patches, filter + group * c->g.o * k,
                p->y + at * results + group * c->g.o, n, c->g.o, k, results});
        }
    }
}

static eg_status run_conv(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const conv *c = (const conv *)(const void *)job->state;
    conv_pass p = {c, in[0], in[1], in[3], number_at(in[2], c->rows.is_unsigned[0], 0),
        (int)eg__isa_now(), out[0], scratch, (char *)scratch + c->wide};

    widen_filter(&p);
    eg__run_chunks(c->chunks, eg__conv_work(&c->g) / rate, convolve_positions, &p);
    return EG_OK;
}

static const char *prepare_conv(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    conv *c = (conv *)(void *)job->state;

    (void)self;
    if (!is_byte(p->in[0]) || !is_byte(p->in[1]))
        return "it takes int8 and uint8";
    *c = (conv){0};
    eg__conv_read(&c->g, EG__CONV, p);
    if (eg__conv_work(&c->g) == 0) {
        eg__prepare_zeros(p->out[0], job);
        return NULL;
    }
    set_rows(&c->rows, p, eg__window_volume(c->g.at.k) * c->g.c);
    eg__job_start(job, "pairs", run_conv);
    c->positions = c->g.n * eg__window_volume(c->g.at.out);
    c->at_once = parts_of(parts_of(c->positions, ROWS), MOST_CHUNKS) * ROWS;
    c->chunks = (int)parts_of(c->positions, c->at_once);
    c->wide = in_lines(c->g.groups * c->g.o * c->rows.padded);
    c->scratch = in_lines(ROWS * c->rows.padded);
    job->scratch = c->wide + (size_t)c->chunks * c->scratch;
    return NULL;
}

const eg_kernel eg__conv_integer_kernel = {"pairs", prepare_conv, NULL};
