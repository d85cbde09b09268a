/* Uniform and normal numbers from a key, in pieces that follow from the size alone.
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
#else
extern const eg__draw_loop eg__uniform_base[], eg__normal_base[];
#endif

static const draws uniform = {EG__EACH_ISA(eg__uniform), 0.6};
static const draws normal = {EG__EACH_ISA(eg__normal), 1.6};

const eg_kernel eg__uniform_kernel = {"Philox", prepare, &uniform};
const eg_kernel eg__normal_kernel = {"Philox", prepare, &normal};
