/* Random numbers from a key, in pieces that follow from the size alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/random.h"
#include "kernel/draw.h"
#include "kernel/isa.h"
#include <string.h>

enum { CHUNK = 128 * EG__DRAW_TILE }; /* elements a thread takes at a time */

typedef struct draws {
    const eg__draw_loop *of[EG__ISAS];
    double cost; /* nanoseconds a float32, an estimate */
} draws;

typedef struct draw {
    eg__draw_loop loop;
    int64_t size;
    size_t element;
    double cost;
} draw;

_Static_assert(sizeof(draw) <= EG__JOB_STATE, "a draw fits a job");

typedef struct whole {
    const draw *d;
    uint64_t key[2];
    char *out;
} whole;

static void run_chunk(void *env, int chunk)
{
    const whole *w = env;
    int64_t first = (int64_t)chunk * CHUNK, left = w->d->size - first;

    w->d->loop(w->key, first, left < CHUNK ? left : CHUNK, w->out + (size_t)first * w->d->element);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const draw *d = (const draw *)(const void *)job->state;
    whole w = {.d = d, .out = out[0]};

    (void)scratch;
    memcpy(w.key, in[0], sizeof w.key);
    eg__run_chunks((int)((d->size + CHUNK - 1) / CHUNK), (double)d->size * d->cost, run_chunk, &w);
    return EG_OK;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    const draws *kind = self->table;
    draw *d = (draw *)(void *)job->state;
    eg_dtype dtype = p->out[0]->dtype;

    d->loop = (unsigned)dtype < EG__DTYPES ? kind->of[eg__isa_now()][dtype] : NULL;
    if (!d->loop)
        return "it has no loop for this dtype";
    eg__job_start(job, "Philox", run);
    d->size = p->out[0]->size;
    d->element = eg__dtype(dtype)->size;
    d->cost = kind->cost * (double)d->element / sizeof(float);
    return NULL;
}

#ifdef EG_HAVE_X86_SETS
extern const eg__draw_loop eg__uniform_base[], eg__uniform_avx2[], eg__uniform_avx512[];
extern const eg__draw_loop eg__normal_base[], eg__normal_avx2[], eg__normal_avx512[];
extern const eg__draw_loop eg__truncated_base[], eg__truncated_avx2[], eg__truncated_avx512[];
extern const eg__draw_by_loop eg__gamma_base[], eg__gamma_avx2[], eg__gamma_avx512[];
extern const eg__draw_by_loop eg__log_gamma_base[], eg__log_gamma_avx2[], eg__log_gamma_avx512[];
extern const eg__draw_by_loop eg__poisson_base[], eg__poisson_avx2[], eg__poisson_avx512[];
#else
extern const eg__draw_loop eg__uniform_base[], eg__normal_base[], eg__truncated_base[];
extern const eg__draw_by_loop eg__gamma_base[], eg__log_gamma_base[], eg__poisson_base[];
#endif

static const draws uniform = {EG__EACH_ISA(eg__uniform), 0.6};
static const draws normal = {EG__EACH_ISA(eg__normal), 1.6};
static const draws truncated = {EG__EACH_ISA(eg__truncated), 1.7};

const eg_kernel eg__uniform_kernel = {"Philox", prepare, &uniform};
const eg_kernel eg__normal_kernel = {"Philox", prepare, &normal};
const eg_kernel eg__truncated_normal_kernel = {"Philox", prepare, &truncated};

/* ---- with a parameter for each number ------------------------------------------------------- */

typedef struct draws_by {
    const eg__draw_by_loop *of[EG__ISAS];
} draws_by;

typedef struct draw_by {
    eg__draw_by_loop loop;
    int64_t size;
    size_t element;
} draw_by;

typedef struct draw_pass {
    const draw_by *d;
    uint64_t key[2];
    const char *parameter;
    char *out;
} draw_pass;

enum { CHUNK_BY = 256 };

static void run_chunk_by(void *env, int chunk)
{
    const draw_pass *p = env;
    int64_t first = (int64_t)chunk * CHUNK_BY, left = p->d->size - first;
    size_t offset = (size_t)first * p->d->element;

    p->d->loop(p->key, first, left < CHUNK_BY ? left : CHUNK_BY, p->parameter + offset,
        p->out + offset);
}

static eg_status run_by(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const draw_by *d = (const draw_by *)(const void *)job->state;
    draw_pass p = {.d = d, .parameter = in[1], .out = out[0]};

    (void)scratch;
    memcpy(p.key, in[0], sizeof p.key);
    eg__run_chunks((int)((d->size + CHUNK_BY - 1) / CHUNK_BY), (double)d->size * 100, run_chunk_by,
        &p);
    return EG_OK;
}

static const char *prepare_by(const draws_by *kind, const eg_problem *p, eg_job *job)
{
    eg_dtype dtype = p->out[0]->dtype;
    draw_by *d = (draw_by *)(void *)job->state;

    d->loop = (unsigned)dtype < EG__DTYPES ? kind->of[eg__isa_now()][dtype] : NULL;
    if (!d->loop)
        return "it has no loop for this dtype";
    eg__job_start(job, "Philox", run_by);
    d->size = p->out[0]->size;
    d->element = eg__dtype(dtype)->size;
    return NULL;
}

static const char *prepare_gamma(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    static const draws_by plain = {EG__EACH_ISA(eg__gamma)};
    static const draws_by logarithm = {EG__EACH_ISA(eg__log_gamma)};

    (void)self;
    return prepare_by(((const eg__gamma_attrs *)p->attrs)->log ? &logarithm : &plain, p, job);
}

static const char *prepare_poisson(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    static const draws_by poisson = {EG__EACH_ISA(eg__poisson)};

    (void)self;
    return prepare_by(&poisson, p, job);
}

const eg_kernel eg__gamma_kernel = {"Philox", prepare_gamma, NULL};
const eg_kernel eg__poisson_kernel = {"Philox", prepare_poisson, NULL};
