/* Reductions over any set of axes.
 *
 * Axes are reduced one group of neighbours at a time, innermost first. Such a step sees its array
 * as [outer, n, inner] and makes [outer, blocks, inner]: n is cut into blocks of a size that
 * follows from `inner` alone, and what they leave is reduced again until one is left. So the order
 * of a sum is a function of shape and axes, every block can be any thread's, and the error grows
 * with the logarithm of n.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/reduce.h"
#include "kernel/reduction.h"

enum {
    ROW_BLOCK = 4096,   /* elements of a contiguous row */
    NARROW_STEPS = 64,  /* fillings of the lanes that few columns share */
    COLUMN_BLOCK = 256, /* rows of many columns */
    CHUNK = 32768,      /* elements a thread takes at a time, at least */
    MOST_STEPS = 12,    /* 8 axes and 2^47 elements make 10 */
    LINE = 64
};

typedef struct step {
    int64_t outer, n, inner;
} step;

/* ---- the blocks of a step ------------------------------------------------------------------- */

static int64_t rows_in_block(int64_t inner)
{
    if (inner == 1)
        return ROW_BLOCK;
    return inner <= EG__NARROW ? NARROW_STEPS * (EG__NARROW_LANES / inner) : COLUMN_BLOCK;
}

static inline int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t parts(int64_t n, int64_t of)
{
    return n <= of ? 1 : (n + of - 1) / of;
}

/* A step cut into units, each a block of rows by at most EG__COLUMNS columns. */
typedef struct cut {
    step s;
    int64_t rows, blocks, tiles, units, per_chunk;
} cut;

static cut cut_step(const step *s)
{
    cut c = {.s = *s, .rows = rows_in_block(s->inner)};

    c.blocks = parts(s->n, c.rows);
    c.tiles = parts(s->inner, EG__COLUMNS);
    c.units = s->outer * c.blocks * c.tiles;
    int64_t elements = min(s->n, c.rows) * min(s->inner, EG__COLUMNS);
    c.per_chunk = elements >= CHUNK ? 1 : CHUNK / elements;
    return c;
}

/* Where a unit lies: rows [row, row + n) of outer index `outer`, columns [column, column + c). */
typedef struct unit {
    int64_t from, to; /* its first element in the input and in the result */
    int64_t n, c;
} unit;

static unit find_unit(const cut *c, int64_t index)
{
    int64_t tile = 0, block = 0, outer = index;

    if (c->tiles > 1) {
        tile = outer % c->tiles;
        outer /= c->tiles;
    }
    if (c->blocks > 1) {
        block = outer % c->blocks;
        outer /= c->blocks;
    }
    int64_t row = block * c->rows, column = tile * EG__COLUMNS;
    return (unit){
        .from = (outer * c->s.n + row) * c->s.inner + column,
        .to = (outer * c->blocks + block) * c->s.inner + column,
        .n = min(c->rows, c->s.n - row),
        .c = min(EG__COLUMNS, c->s.inner - column),
    };
}

/* A rough guess at nanoseconds: memory, and what each unit costs beside. */
static double cost_of(const cut *c, size_t element)
{
    return (double)(c->s.outer * c->s.n * c->s.inner) * (double)element * 0.025 +
        (double)c->units * 2;
}

static void run_chunks(const cut *c, double cost, void (*fn)(void *env, int chunk), void *env)
{
    eg__run_chunks((int)parts(c->units, c->per_chunk), cost, fn, env);
}

/* ---- to a value ----------------------------------------------------------------------------- */

/* The loops of a reduction, and what it makes of nothing. */
typedef struct family {
    const eg__reduction *loops[EG__ISAS];
    int of_nothing;
} family;

typedef struct plan {
    const eg__reduction *first, *rest; /* loops that read the input, and that read partials */
    size_t element, out_element;
    size_t second; /* where in the scratch every other step's result goes */
    int64_t out_size;
    eg_dtype out_dtype;
    int of_nothing;
    int n_steps; /* 0: nothing is there to be reduced */
    step steps[MOST_STEPS];
} plan;

_Static_assert(sizeof(plan) <= EG__JOB_STATE, "a plan fits a job");

typedef struct pass {
    cut cut;
    const eg__reduction *loops;
    const char *x;
    char *y;
    size_t x_element, y_element;
} pass;

static void run_range(const pass *p, int64_t at, int64_t end)
{
    const step *s = &p->cut.s;

    if (s->inner == 1 && p->cut.blocks == 1) {
        p->loops->rows(p->x + (size_t)(at * s->n) * p->x_element, p->y + (size_t)at * p->y_element,
            end - at, s->n);
        return;
    }
    for (; at < end; at++) {
        unit u = find_unit(&p->cut, at);
        const char *x = p->x + (size_t)u.from * p->x_element;
        char *y = p->y + (size_t)u.to * p->y_element;
        if (s->inner == 1)
            p->loops->rows(x, y, 1, u.n);
        else
            p->loops->columns(x, y, u.n, u.c, s->inner);
    }
}

static void run_chunk(void *env, int chunk)
{
    const pass *p = env;
    int64_t at = chunk * p->cut.per_chunk;

    run_range(p, at, min(at + p->cut.per_chunk, p->cut.units));
}

/* The steps from `first` on, which reads x. */
static void run_steps(const plan *t, int first, const char *x, char *out, char *scratch)
{
    for (int i = first; i < t->n_steps; i++) {
        char *y = i == t->n_steps - 1 ? out : scratch + (i % 2 ? t->second : 0);
        pass p = {cut_step(&t->steps[i]), i == 0 ? t->first : t->rest, x, y,
            i == 0 ? t->element : t->out_element, t->out_element};
        if (p.cut.units <= p.cut.per_chunk)
            run_range(&p, 0, p.cut.units);
        else
            run_chunks(&p.cut, cost_of(&p.cut, p.x_element), run_chunk, &p);
        x = y;
    }
}

static const plan *plan_of(const eg_job *job)
{
    return (const plan *)(const void *)job->state;
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const plan *t = plan_of(job);

    for (int64_t i = 0; t->n_steps == 0 && i < t->out_size; i++)
        eg__set_element_int(t->out_dtype, (char *)out[0] + (size_t)i * t->out_element,
            t->of_nothing);
    run_steps(t, 0, in[0], out[0], scratch);
    return EG_OK;
}

/* ---- a piece at a time ---------------------------------------------------------------------- */

bool eg__reduce_units(const eg_job *job, eg__units *units)
{
    const plan *t = plan_of(job);

    if (job->run != run || t->n_steps == 0 || t->steps[0].inner != 1)
        return false;
    *units = (eg__units){t->steps[0].outer, t->steps[0].n, min(t->steps[0].n, ROW_BLOCK),
        parts(t->steps[0].n, ROW_BLOCK)};
    return true;
}

void *eg__reduce_partials(const eg_job *job, void *out, void *scratch)
{
    return plan_of(job)->n_steps == 1 ? out : scratch;
}

void eg__reduce_pieces(const eg_job *job, const void *x, void *partials, int64_t at,
    const int64_t shape[2])
{
    const plan *t = plan_of(job);

    t->first->rows(x, (char *)partials + (size_t)at * t->out_element, shape[0], shape[1]);
}

void eg__reduce_rest(const eg_job *job, void *out, void *scratch)
{
    run_steps(plan_of(job), 1, scratch, out, scratch);
}

/* ---- preparing ------------------------------------------------------------------------------ */

/* Adds the steps that reduce [outer, n, inner] to [outer, 1, inner]. */
static void add_steps(plan *t, int64_t outer, int64_t n, int64_t inner)
{
    while (n > 1) {
        t->steps[t->n_steps++] = (step){outer, n, inner};
        n = parts(n, rows_in_block(inner));
    }
}

static void find_steps(plan *t, const eg_spec *x, unsigned mask)
{
    int64_t left = x->size, inner = 1;

    for (int i = x->rank - 1; i >= 0; i--) {
        if (!(mask >> i & 1)) {
            inner *= x->dims[i];
            continue;
        }
        int64_t n = x->dims[i];
        for (; i > 0 && (mask >> (i - 1) & 1); i--)
            n *= x->dims[i - 1];
        left = n > 1 ? left / n : left;
        add_steps(t, left / inner, n, inner);
    }
    if (t->n_steps == 0)
        t->steps[t->n_steps++] = (step){left, 1, 1};
}

static size_t result_bytes(const plan *t, int i)
{
    const step *s = &t->steps[i];
    size_t elements = (size_t)(s->outer * parts(s->n, rows_in_block(s->inner)) * s->inner);

    return (elements * t->out_element + LINE - 1) / LINE * LINE;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const family *f = self->table;
    const eg__reduction *loops = f->loops[eg__isa_now()];
    const eg_reduce_attrs *attrs = p->attrs;
    const eg_spec *x = p->in[0], *y = p->out[0];
    plan *t = (plan *)(void *)job->state;

    if ((unsigned)x->dtype >= EG__DTYPES || !loops[x->dtype].rows)
        return "it has no loop for this dtype";
    eg__job_start(job, "blocks", run);
    t->first = &loops[x->dtype];
    t->rest = &loops[y->dtype];
    t->element = eg__dtype(x->dtype)->size;
    t->out_element = eg__dtype(y->dtype)->size;
    t->out_size = y->size;
    t->out_dtype = y->dtype;
    t->of_nothing = f->of_nothing;
    t->n_steps = 0;
    if (x->size == 0)
        return NULL;
    find_steps(t, x, eg__reduced_axes(&attrs->axes, x->rank));
    t->second = t->n_steps > 1 ? result_bytes(t, 0) : 0;
    job->scratch = t->second + (t->n_steps > 2 ? result_bytes(t, 1) : 0);
    return NULL;
}

static const family of_sum = {EG__EACH_ISA(eg__sum), 0};
static const family of_prod = {EG__EACH_ISA(eg__prod), 1};
static const family of_max = {EG__EACH_ISA(eg__max), 0};
static const family of_min = {EG__EACH_ISA(eg__min), 0};
static const family of_any = {EG__EACH_ISA(eg__any), 0};
static const family of_all = {EG__EACH_ISA(eg__all), 1};

const eg_kernel eg__sum_kernel = {"blocks", prepare, &of_sum};
const eg_kernel eg__prod_kernel = {"blocks", prepare, &of_prod};
const eg_kernel eg__max_kernel = {"blocks", prepare, &of_max};
const eg_kernel eg__min_kernel = {"blocks", prepare, &of_min};
const eg_kernel eg__any_kernel = {"blocks", prepare, &of_any};
const eg_kernel eg__all_kernel = {"blocks", prepare, &of_all};

/* ---- argmax, argmin ------------------------------------------------------------------------- */

typedef struct search {
    const eg__arg_loops *loops;
    size_t element, positions; /* where in the scratch the blocks' positions begin */
    step s;
} search;

typedef struct search_pass {
    cut cut;
    const eg__arg_loops *loops;
    size_t element;
    const char *x;
    char *best;
    int64_t *at;
} search_pass;

static void search_range(const search_pass *p, int64_t at, int64_t end)
{
    const step *s = &p->cut.s;

    if (s->inner == 1 && p->cut.blocks == 1) {
        p->loops->rows(p->x + (size_t)(at * s->n) * p->element, NULL, p->at + at, end - at, s->n);
        return;
    }
    for (; at < end; at++) {
        unit u = find_unit(&p->cut, at);
        const char *x = p->x + (size_t)u.from * p->element;
        char *best = p->best ? p->best + (size_t)u.to * p->element : NULL;
        if (s->inner == 1)
            p->loops->rows(x, best, p->at + u.to, 1, u.n);
        else
            p->loops->columns(x, best, p->at + u.to, u.n, u.c, s->inner);
    }
}

static void search_chunk(void *env, int chunk)
{
    const search_pass *p = env;
    int64_t at = chunk * p->cut.per_chunk;

    search_range(p, at, min(at + p->cut.per_chunk, p->cut.units));
}

static eg_status run_search(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const search *t = (const search *)(const void *)job->state;
    search_pass p = {cut_step(&t->s), t->loops, t->element, in[0], NULL, out[0]};
    bool many = p.cut.blocks > 1;

    if (many) {
        p.best = scratch;
        p.at = (int64_t *)(void *)((char *)scratch + t->positions);
    }
    if (p.cut.units <= p.cut.per_chunk)
        search_range(&p, 0, p.cut.units);
    else
        run_chunks(&p.cut, cost_of(&p.cut, t->element), search_chunk, &p);
    for (int64_t i = 0; many && i < t->s.outer; i++) {
        int64_t from = i * p.cut.blocks * t->s.inner;
        t->loops->merge(p.best + (size_t)from * t->element, p.at + from,
            (int64_t *)out[0] + i * t->s.inner, p.cut.blocks, t->s.inner, p.cut.rows);
    }
    return EG_OK;
}

static eg_status run_nothing(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    (void)job, (void)in, (void)out, (void)scratch;
    return EG_OK;
}

static const char *prepare_search(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg__arg_loops *const *of = self->table;
    const eg__arg_loops *loops = of[eg__isa_now()];
    const eg_spec *x = p->in[0];
    int axis = ((const eg_argmax_attrs *)p->attrs)->axis;
    search *t = (search *)(void *)job->state;

    if ((unsigned)x->dtype >= EG__DTYPES || !loops[x->dtype].rows)
        return "it has no loop for this dtype";
    eg__job_start(job, "blocks", x->size > 0 ? run_search : run_nothing);
    if (x->size == 0)
        return NULL;
    axis += axis < 0 ? x->rank : 0;
    t->loops = &loops[x->dtype];
    t->element = eg__dtype(x->dtype)->size;
    t->s = (step){.n = x->dims[axis], .inner = 1};
    for (int i = axis + 1; i < x->rank; i++)
        t->s.inner *= x->dims[i];
    t->s.outer = x->size / (t->s.n * t->s.inner);
    int64_t blocks = parts(t->s.n, rows_in_block(t->s.inner));
    size_t partials = (size_t)(t->s.outer * blocks * t->s.inner);
    t->positions = (partials * t->element + LINE - 1) / LINE * LINE;
    job->scratch = blocks > 1 ? t->positions + partials * sizeof(int64_t) : 0;
    return NULL;
}

static const eg__arg_loops *const argmax_loops[EG__ISAS] = EG__EACH_ISA(eg__argmax);
static const eg__arg_loops *const argmin_loops[EG__ISAS] = EG__EACH_ISA(eg__argmin);

const eg_kernel eg__argmax_kernel = {"blocks", prepare_search, argmax_loops};
const eg_kernel eg__argmin_kernel = {"blocks", prepare_search, argmin_loops};
