/* Products by eagre's own loops: small ones of float32, and all that nothing else takes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/matmul.h"
#include "kernel/isa.h"
#include "kernel/product.h"

typedef struct looped {
    eg__product x;
    eg__tile_loop loop;
} looped;

_Static_assert(sizeof(looped) <= EG__JOB_STATE, "a product fits a job");

static void run_tile(void *env, const eg__tile *t, int64_t tile, int chunk)
{
    const looped *l = env;

    (void)tile, (void)chunk;
    l->loop(t);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const looped *l = (const looped *)(const void *)job->state;

    (void)scratch;
    eg__product_run(&l->x, in, out[0], run_tile, (void *)(uintptr_t)l);
    return EG_OK;
}

static const char *prepare_reference(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    looped *l = (looped *)(void *)job->state;
    eg_dtype dtype = p->out[0]->dtype;

    (void)self;
    l->loop = (unsigned)dtype < EG__DTYPES ? eg__product_loops[eg__isa_now()][dtype] : NULL;
    if (!l->loop)
        return "it has no loop for this dtype";
    eg__job_start(job, "loop", run);
    eg__product_set(&l->x, p);
    eg__product_cut(&l->x, 30);
    return NULL;
}

static const char *prepare_small(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    looped *l = (looped *)(void *)job->state;

    (void)self;
    if (p->out[0]->dtype != EG_FLOAT32)
        return "it takes float32 only";
    l->loop = eg__product_loops[eg__isa_now()][EG_FLOAT32];
    eg__job_start(job, "small loop", run);
    eg__product_set(&l->x, p);
    if (!eg__product_is_small(&l->x))
        return "the product is large";
    eg__product_cut(&l->x, 100);
    return NULL;
}

const eg_kernel eg__matmul_small = {.name = "small loop", .prepare = prepare_small};
const eg_kernel eg__matmul_reference = {.name = "loop", .prepare = prepare_reference};
