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
extern const eg__gamma_loop eg__gamma_base[], eg__gamma_avx2[], eg__gamma_avx512[];
#else
extern const eg__draw_loop eg__uniform_base[], eg__normal_base[], eg__truncated_base[];
extern const eg__gamma_loop eg__gamma_base[];
#endif

static const draws uniform = {EG__EACH_ISA(eg__uniform), 0.6};
static const draws normal = {EG__EACH_ISA(eg__normal), 1.6};
static const draws truncated = {EG__EACH_ISA(eg__truncated), 1.7};

const eg_kernel eg__uniform_kernel = {"Philox", prepare, &uniform};
const eg_kernel eg__normal_kernel = {"Philox", prepare, &normal};
const eg_kernel eg__truncated_normal_kernel = {"Philox", prepare, &truncated};

/* ---- gamma ---------------------------------------------------------------------------------- */

typedef struct gamma_draw {
    eg__gamma_loop loop;
    int64_t size;
    size_t element;
} gamma_draw;

typedef struct gamma_pass {
    const gamma_draw *d;
    uint64_t key[2];
    const char *shape;
    char *out;
} gamma_pass;

enum { GAMMA_CHUNK = 256 };

static void run_gamma_chunk(void *env, int chunk)
{
    const gamma_pass *p = env;
    int64_t first = (int64_t)chunk * GAMMA_CHUNK, left = p->d->size - first;
    size_t offset = (size_t)first * p->d->element;

    p->d->loop(p->key, first, left < GAMMA_CHUNK ? left : GAMMA_CHUNK, p->shape + offset,
        p->out + offset);
}

static eg_status run_gamma(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const gamma_draw *d = (const gamma_draw *)(const void *)job->state;
    gamma_pass p = {.d = d, .shape = in[1], .out = out[0]};

    (void)scratch;
    memcpy(p.key, in[0], sizeof p.key);
    eg__run_chunks((int)((d->size + GAMMA_CHUNK - 1) / GAMMA_CHUNK), (double)d->size * 100,
        run_gamma_chunk, &p);
    return EG_OK;
}

static const char *prepare_gamma(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    static const eg__gamma_loop *const of[EG__ISAS] = EG__EACH_ISA(eg__gamma);
    eg_dtype dtype = p->out[0]->dtype;
    gamma_draw *d = (gamma_draw *)(void *)job->state;

    (void)self;
    d->loop = (unsigned)dtype < EG__DTYPES ? of[eg__isa_now()][dtype] : NULL;
    if (!d->loop)
        return "it has no loop for this dtype";
    eg__job_start(job, "Philox", run_gamma);
    d->size = p->out[0]->size;
    d->element = eg__dtype(dtype)->size;
    return NULL;
}

const eg_kernel eg__gamma_kernel = {"Philox", prepare_gamma, NULL};
