/* Connectionist temporal classification by the forward and backward sums over places.
 *
 * The places of a label of n classes are its classes with blanks between, in front and behind:
 * 2 n + 1. At each step the sum at a place gets what stood there, one place before, and, between
 * two classes that differ, two before. The backward sums are the forward ones of the label and the
 * steps turned round. All sums are logs, in double. An example is one thread's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/ctc.h"
#include "base/error.h"
#include "kernel/ctc_loops.h"
#include <math.h>
#include <string.h>

enum { MOST_CHUNKS = 16, AHEAD = 2 /* elements in front of a row of sums */ };

typedef struct ctc {
    eg__ctc_loop step;
    eg_loop exp, log;
    eg_dtype labels, lengths[2]; /* dtypes of the integers; lengths: of steps, of labels */
    bool is_wide, has_steps, has_places, zero_infinity, backward;
    int64_t examples, steps, classes, places, blank;
    int chunks;
    size_t room; /* bytes of scratch a chunk */
    double work;
} ctc;

_Static_assert(sizeof(ctc) <= EG__JOB_STATE, "it fits a job");

typedef struct ctc_pass {
    const ctc *t;
    const void *log_probs, *labels, *steps, *places, *dz;
    void *out;
    char *scratch;
} ctc_pass;

/* ---- what is given -------------------------------------------------------------------------- */

static int64_t whole_at(eg_dtype dtype, const void *x, int64_t i)
{
    return eg__element_int(dtype, (const char *)x + (size_t)i * eg__dtype(dtype)->size);
}

static int64_t steps_of(const ctc_pass *p, int64_t example)
{
    return p->t->has_steps ? whole_at(p->t->lengths[0], p->steps, example) : p->t->steps;
}

static int64_t label_length(const ctc_pass *p, int64_t example)
{
    return p->t->has_places ? whole_at(p->t->lengths[1], p->places, example) : p->t->places;
}

static double real_at(const ctc *t, const void *x, int64_t i)
{
    return t->is_wide ? ((const double *)x)[i] : (double)((const float *)x)[i];
}

static void put(const ctc *t, void *x, int64_t i, double value)
{
    if (t->is_wide)
        ((double *)x)[i] = value;
    else
        ((float *)x)[i] = (float)value;
}

/* Reports the first length or label out of range. */
static eg_status check(const ctc_pass *p, int64_t example)
{
    const ctc *t = p->t;
    int64_t steps = steps_of(p, example), length = label_length(p, example);

    if (steps < 0 || steps > t->steps || length < 0 || length > t->places)
        return eg__fail(EG_INVALID, "",
            "example %lld has %lld steps of %lld and a label of %lld of %lld classes",
            (long long)example, (long long)steps, (long long)t->steps, (long long)length,
            (long long)t->places);
    for (int64_t i = 0; i < length; i++) {
        int64_t label = whole_at(t->labels, p->labels, example * t->places + i);
        if (label < 0 || label >= t->classes || label == t->blank)
            return eg__fail(EG_INVALID, "",
                "label %lld of example %lld is %lld; it must be one of the %lld classes but %lld, "
                "the blank",
                (long long)i, (long long)example, (long long)label, (long long)t->classes,
                (long long)t->blank);
    }
    return EG_OK;
}

/* ---- sums ----------------------------------------------------------------------------------- */

/* One example, from the front or turned round, and its scratch: for each place its class and what
 * coming from two places before adds; a step's emissions; room; the sums, one row before the first
 * step and one for each step, or just two rows. */
typedef struct sums {
    int64_t example, n, steps, row; /* row: from one row of sums to the next */
    bool reverse, keeps;
    int64_t *classes;
    double *skip, *emit, *room, *table;
} sums;

static size_t sums_bytes(const ctc *t)
{
    size_t n = 2 * (size_t)t->places + 1, rows = t->backward ? (size_t)t->steps + 1 : 2;
    return (7 * n + rows * (n + AHEAD)) * sizeof(double);
}

static sums sums_at(const ctc_pass *p, int64_t example, bool reverse, char *scratch)
{
    sums s = {.example = example, .reverse = reverse, .keeps = p->t->backward};

    s.n = 2 * label_length(p, example) + 1;
    s.steps = steps_of(p, example);
    s.row = s.n + AHEAD;
    s.classes = (int64_t *)(void *)scratch;
    s.skip = (double *)(void *)(s.classes + s.n);
    s.emit = s.skip + s.n;
    s.room = s.emit + s.n;
    s.table = s.room + 4 * s.n;
    return s;
}

static void set_places(const ctc_pass *p, sums *s)
{
    const ctc *t = p->t;

    for (int64_t i = 0; i < s->n; i++) {
        int64_t place = s->reverse ? s->n - 1 - i : i;
        s->classes[i] = place % 2 == 0
            ? t->blank
            : whole_at(t->labels, p->labels, s->example * t->places + place / 2);
        bool skips = i % 2 == 1 && i > 1 && s->classes[i] != s->classes[i - 2];
        s->skip[i] = skips ? 0 : -INFINITY;
    }
}

/* The sums after k steps. */
static double *row_at(const sums *s, int64_t k)
{
    return s->table + (s->keeps ? k : k % 2) * s->row + AHEAD;
}

static int64_t emission(const ctc_pass *p, const sums *s, int64_t k)
{
    int64_t step = s->reverse ? s->steps - 1 - k : k;
    return (s->example * p->t->steps + step) * p->t->classes;
}

/* Fills in all rows. Before the first step a way stands at the first place. */
static void sum_up(const ctc_pass *p, sums *s)
{
    const ctc *t = p->t;

    set_places(p, s);
    for (int64_t i = 0; i < s->row * (s->keeps ? s->steps + 1 : 2); i++)
        s->table[i] = -INFINITY;
    row_at(s, 0)[0] = 0;
    for (int64_t k = 0; k < s->steps; k++) {
        int64_t from = emission(p, s, k);
        for (int64_t i = 0; i < s->n; i++)
            s->emit[i] = real_at(t, p->log_probs, from + s->classes[i]);
        t->step(&(eg__ctc_step){row_at(s, k), s->skip, s->emit, row_at(s, k + 1), s->room, s->n,
            t->exp, t->log});
    }
}

/* The log of the probability of all ways: those that end at one of the last two places. */
static double total(const sums *s)
{
    const double *last = row_at(s, s->steps) + s->n - 1;
    double a = last[0], b = s->n > 1 ? last[-1] : -INFINITY, most = a > b ? a : b;

    if (a != a || b != b)
        return NAN;
    return most > -INFINITY ? most + log(exp(a - most) + exp(b - most)) : -INFINITY;
}

/* ---- forward -------------------------------------------------------------------------------- */

static void loss_of(const ctc_pass *p, int64_t example, char *scratch)
{
    sums s = sums_at(p, example, false, scratch);

    sum_up(p, &s);
    double loss = 0 - total(&s);
    put(p->t, p->out, example, p->t->zero_infinity && loss == INFINITY ? 0 : loss);
}

/* ---- backward ------------------------------------------------------------------------------- */

/* Takes from `row` how likely each class is at step k, given that the label is spelt. */
static void weigh(const ctc_pass *p, const sums *front, const sums *back, int64_t k, double *row)
{
    const double *a = row_at(front, k + 1), *b = row_at(back, front->steps - k);
    double all = total(front), *share = front->room;
    int64_t from = emission(p, front, k), n = front->n;

    for (int64_t i = 0; i < n; i++) {
        double emit = real_at(p->t, p->log_probs, from + front->classes[i]);
        share[i] = emit > -INFINITY ? a[i] + b[n - 1 - i] - emit - all : -INFINITY;
    }
    p->t->exp(n, (const void *[]){share}, (int64_t[]){1}, share);
    for (int64_t i = 0; i < n; i++)
        row[front->classes[i]] -= share[i];
}

static void gradient_of(const ctc_pass *p, int64_t example, char *scratch)
{
    const ctc *t = p->t;
    double dz = real_at(t, p->dz, example), *row = (double *)(void *)scratch;
    sums front = sums_at(p, example, false, (char *)(row + t->classes));
    sums back = sums_at(p, example, true, (char *)(row + t->classes) + sums_bytes(t));

    sum_up(p, &front);
    sum_up(p, &back);
    bool none = total(&front) == -INFINITY;
    for (int64_t k = 0; k < t->steps; k++) {
        memset(row, 0, (size_t)t->classes * sizeof *row);
        if (k < front.steps && !none)
            weigh(p, &front, &back, k, row);
        for (int64_t i = 0; i < t->classes; i++) {
            double slope = none && !t->zero_infinity && k < front.steps ? NAN : row[i] * dz;
            put(t, p->out, (example * t->steps + k) * t->classes + i, slope);
        }
    }
}

/* ---- all of them ---------------------------------------------------------------------------- */

static void run_chunk(void *env, int chunk)
{
    const ctc_pass *p = env;
    const ctc *t = p->t;
    int64_t at = t->examples * chunk / t->chunks, end = t->examples * (chunk + 1) / t->chunks;

    for (; at < end; at++)
        (t->backward ? gradient_of : loss_of)(p, at, p->scratch + (size_t)chunk * t->room);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const ctc *t = (const ctc *)(const void *)job->state;
    ctc_pass p = {t, in[0], in[1], in[2], in[3], t->backward ? in[4] : NULL, out[0], scratch};

    for (int64_t i = 0; i < t->examples; i++)
        if (check(&p, i) != EG_OK)
            return EG_INVALID;
    if (t->chunks > 0)
        eg__run_chunks(t->chunks, t->work, run_chunk, &p);
    return EG_OK;
}

#ifdef EG_HAVE_X86_SETS
static const eg__ctc_loop *const loops[EG__ISAS] = {&eg__ctc_base, &eg__ctc_avx2, &eg__ctc_avx512};
#else
static const eg__ctc_loop *const loops[EG__ISAS] = {&eg__ctc_base, &eg__ctc_base, &eg__ctc_base};
#endif

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const eg__ctc_attrs *attrs = p->attrs;
    const eg_spec *x = p->in[0], *labels = p->in[1];
    const eg_loops *exp = eg__exp_loop.table, *log = eg__log_loop.table;
    eg__isa isa = eg__isa_now();
    ctc *t = (ctc *)(void *)job->state;

    if (x->dtype != EG_FLOAT32 && x->dtype != EG_FLOAT64)
        return "it has no loop for this dtype";
    eg__job_start(job, "sums", run);
    job->may_fail = true;
    *t = (ctc){.step = *loops[isa], .backward = self->table != NULL};
    t->exp = exp->of[isa][EG_FLOAT64];
    t->log = log->of[isa][EG_FLOAT64];
    t->is_wide = x->dtype == EG_FLOAT64;
    t->labels = labels->dtype;
    t->lengths[0] = p->in[2]->dtype;
    t->lengths[1] = p->in[3]->dtype;
    t->has_steps = p->in[2]->size > 0;
    t->has_places = p->in[3]->size > 0;
    t->zero_infinity = attrs->zero_infinity;
    t->examples = x->dims[0];
    t->steps = x->dims[1];
    t->classes = x->dims[2];
    t->places = labels->dims[1];
    t->blank = attrs->blank;
    t->chunks = t->examples < MOST_CHUNKS ? (int)t->examples : MOST_CHUNKS;
    t->room = sums_bytes(t) * (t->backward ? 2 : 1);
    t->room += t->backward ? (size_t)t->classes * sizeof(double) : 0;
    t->room = (t->room + 63) / 64 * 64;
    job->scratch = t->room * (size_t)t->chunks;
    t->work = (double)(t->examples * t->steps) * (10 * (double)t->places + 5);
    return NULL;
}

const eg_kernel eg__ctc_kernel = {"sums", prepare, NULL};
const eg_kernel eg__ctc_grad_kernel = {"sums", prepare, "backward"};
