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

static eg_status run_parts(const eg_job *job, void *const in[], void *const out[], void *scratch,
    const eg__then *then)
{
    const looped *l = (const looped *)(const void *)job->state;

    (void)scratch;
    eg__product_run(&l->x, in, out[0], run_tile, (void *)(uintptr_t)l, then);
    return EG_OK;
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    return run_parts(job, in, out, scratch, NULL);
}

bool eg__matmul_loop_parts(const eg_job *job, eg__parts *parts)
{
    if (job->run != run)
        return false;
    parts->run = run_parts;
    eg__product_parts(&((const looped *)(const void *)job->state)->x, parts);
    return true;
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
    eg__product_cut(&l->x, 30, true);
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
    eg__product_cut(&l->x, 100, true);
    return NULL;
}

/* ---- tiny ones, which are prepared each time ------------------------------------------------ */

enum { TINY_SIDE = 64, TINY_COLUMNS = 16 };

#ifdef EG_HAVE_X86_SETS
extern const eg__tile_loop eg__tiny_product_base, eg__tiny_product_avx2, eg__tiny_product_avx512;
#else
extern const eg__tile_loop eg__tiny_product_base;
#endif

typedef struct tiny {
    eg__tile t;
    eg__tile_loop loop;
} tiny;

static eg_status run_tiny(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const tiny *own = (const tiny *)(const void *)job->state;
    eg__tile t = own->t;

    (void)scratch;
    t.a = in[0];
    t.b = in[1];
    t.c = out[0];
    own->loop(&t);
    return EG_OK;
}

static const char *prepare_tiny(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    static const eg__tile_loop *const loops[EG__ISAS] = EG__EACH_ISA(&eg__tiny_product);
    const eg_matmul_attrs *attrs = p->attrs;
    const eg_spec *a = p->in[0], *b = p->in[1], *out = p->out[0];
    tiny *own = (tiny *)(void *)job->state;
    bool ta = attrs->transpose_a, tb = attrs->transpose_b;
    int64_t m = out->dims[0], n = out->dims[1], k = a->dims[ta ? 0 : 1];

    (void)self;
    if (out->dtype != EG_FLOAT32 || a->rank != 2 || b->rank != 2)
        return "it takes matrices of float32 only";
    if (m > TINY_SIDE || n > TINY_COLUMNS || k > TINY_SIDE)
        return "the matrices are not tiny";
    eg__job_start(job, "tiny loop", run_tiny);
    own->t =
        (eg__tile){NULL, NULL, NULL, m, n, k, ta ? 1 : k, ta ? m : 1, tb ? 1 : n, tb ? k : 1, n};
    own->loop = *loops[eg__isa_now()];
    return NULL;
}

const eg_kernel eg__matmul_tiny = {.name = "tiny loop", .prepare = prepare_tiny};
const eg_kernel eg__matmul_small = {.name = "small loop", .prepare = prepare_small};
const eg_kernel eg__matmul_reference = {.name = "loop", .prepare = prepare_reference};
