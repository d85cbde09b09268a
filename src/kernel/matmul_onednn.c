/* Products of float32 through oneDNN's matmul primitive, a tile at a time.
 *
 * Of what oneDNN offers its packing product (gemm) is taken, not the batch-reduced one it would
 * choose: tiles are strided, and the latter takes dense matrices only, copies b for each tile and
 * costs ten times as much to build.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/matmul.h"
#include "kernel/parts.h"

#ifndef EG_HAVE_DNNL

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    (void)self, (void)p, (void)job;
    return "eagre was built without oneDNN";
}

bool eg__matmul_onednn_parts(const eg_job *job, eg__parts *parts)
{
    (void)job, (void)parts;
    return false;
}

#else
#include "base/thread.h"
#include "kernel/onednn.h"
#include "kernel/product.h"
#include <stdatomic.h>
#include <string.h>

/* A tile as oneDNN is told of it. */
typedef struct shape {
    eg__builder build;
    int64_t m, n, k, a_row, a_column, b_row, b_column, c_row;
} shape;

_Static_assert(sizeof(shape) <= EG__PRIMITIVE_KEY, "a shape is a key");

/* ---- building ------------------------------------------------------------------------------- */

static bool is_packing(const_dnnl_primitive_desc_t primitive)
{
    const char *name = "";
    dnnl_status_t status =
        dnnl_primitive_desc_query(primitive, dnnl_query_impl_info_str, 0, (void *)&name);

    return status == dnnl_success && strncmp(name, "gemm", 4) == 0;
}

#if DNNL_VERSION_MAJOR >= 3

static dnnl_status_t make_desc(dnnl_memory_desc_t *desc, const dnnl_dims_t dims,
    const dnnl_dims_t strides)
{
    return dnnl_memory_desc_create_with_strides(desc, 2, dims, dnnl_f32, strides);
}

static void free_desc(dnnl_memory_desc_t desc)
{
    dnnl_memory_desc_destroy(desc);
}

/* The first implementation offered, or the packing one. */
static dnnl_status_t take_offer(eg__blueprint *to, const dnnl_memory_desc_t desc[3], bool packing)
{
    dnnl_status_t status = dnnl_matmul_primitive_desc_create(&to->primitive, to->engine, desc[0],
        desc[1], NULL, desc[2], to->attr);

    if (status != dnnl_success)
        return status;
    while (packing && status == dnnl_success && !is_packing(to->primitive))
        status = dnnl_primitive_desc_next_impl(to->primitive);
    if (status != dnnl_success) {
        dnnl_primitive_desc_destroy(to->primitive);
        to->primitive = NULL;
    }
    return status;
}

#else

static dnnl_status_t make_desc(dnnl_memory_desc_t *desc, const dnnl_dims_t dims,
    const dnnl_dims_t strides)
{
    return dnnl_memory_desc_init_by_strides(desc, 2, dims, dnnl_f32, strides);
}

static void free_desc(dnnl_memory_desc_t desc)
{
    (void)desc;
}

/* The first implementation offered, or the packing one. */
static dnnl_status_t take_offer(eg__blueprint *to, const dnnl_memory_desc_t desc[3], bool packing)
{
    dnnl_primitive_desc_iterator_t offers;
    dnnl_matmul_desc_t matmul;
    dnnl_status_t status = dnnl_matmul_desc_init(&matmul, &desc[0], &desc[1], NULL, &desc[2]);

    if (status == dnnl_success)
        status = dnnl_primitive_desc_iterator_create(&offers, &matmul, to->attr, to->engine, NULL);
    if (status != dnnl_success)
        return status;
    while (status == dnnl_success && !to->primitive) {
        to->primitive = dnnl_primitive_desc_iterator_fetch(offers);
        if (!to->primitive) {
            status = dnnl_out_of_memory;
        } else if (packing && !is_packing(to->primitive)) {
            dnnl_primitive_desc_destroy(to->primitive);
            to->primitive = NULL;
            status = dnnl_primitive_desc_iterator_next(offers);
        }
    }
    dnnl_primitive_desc_iterator_destroy(offers);
    return status;
}

#endif

static dnnl_status_t make_primitive(eg__blueprint *to, const dnnl_memory_desc_t desc[3])
{
    dnnl_status_t status = take_offer(to, desc, true);

    if (status == dnnl_success || status == dnnl_out_of_memory)
        return status;
    return take_offer(to, desc, false);
}

static dnnl_status_t build(const void *key, eg__blueprint *to)
{
    const shape *s = key;
    const dnnl_dims_t dims[3] = {{s->m, s->k}, {s->k, s->n}, {s->m, s->n}};
    const dnnl_dims_t strides[3] = {{s->a_row, s->a_column}, {s->b_row, s->b_column},
        {s->c_row, 1}};
    static const int args[3] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST};
    static const dnnl_query_t memories[3] = {dnnl_query_src_md, dnnl_query_weights_md,
        dnnl_query_dst_md};
    dnnl_memory_desc_t desc[3];
    dnnl_status_t status = dnnl_success;
    int made = 0;

    to->n_args = 3;
    memcpy(to->arg, args, sizeof args);
    memcpy(to->memory, memories, sizeof memories);
    while (made < 3 && (status = make_desc(&desc[made], dims[made], strides[made])) == dnnl_success)
        made++;
    if (status == dnnl_success)
        status = make_primitive(to, desc);
    while (made > 0)
        free_desc(desc[--made]);
    return status;
}

/* ---- the kernel ----------------------------------------------------------------------------- */

enum { LAST_ROW = 1, LAST_COLUMN = 2, CORNERS = 4 };

typedef struct product {
    eg__product x;
    eg__primitive *of[CORNERS]; /* for tiles inside, below, on the right, in the corner */
    size_t scratch;             /* bytes a chunk */
} product;

_Static_assert(sizeof(product) <= EG__JOB_STATE, "a product fits a job");

typedef struct run_state {
    const product *p;
    char *scratch;
    atomic_int failed; /* the first status that is none of success */
} run_state;

static void run_tile(void *env, const eg__tile *t, int64_t tile, int chunk)
{
    run_state *s = env;
    const product *p = s->p;
    int which = (tile / p->x.columns == p->x.rows - 1 ? LAST_ROW : 0) |
        (tile % p->x.columns == p->x.columns - 1 ? LAST_COLUMN : 0);
    void *data[3], *scratch = p->scratch ? s->scratch + (size_t)chunk * p->scratch : NULL;
    int none = dnnl_success;

    memcpy(&data[0], &t->a, sizeof data[0]);
    memcpy(&data[1], &t->b, sizeof data[1]);
    data[2] = t->c;
    dnnl_status_t status = eg__primitive_run(p->of[which], data, scratch);
    if (status != dnnl_success)
        atomic_compare_exchange_strong(&s->failed, &none, (int)status);
}

static eg_status run_parts(const eg_job *job, void *const in[], void *const out[], void *scratch,
    const eg__then *then)
{
    const product *p = (const product *)(const void *)job->state;
    run_state s = {.p = p, .scratch = scratch};

    eg__product_run(&p->x, in, out[0], run_tile, &s, then);
    return eg__dnnl_report((dnnl_status_t)atomic_load(&s.failed), "multiply matrices");
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    return run_parts(job, in, out, scratch, NULL);
}

bool eg__matmul_onednn_parts(const eg_job *job, eg__parts *parts)
{
    if (job->run != run)
        return false;
    parts->run = run_parts;
    eg__product_parts(&((const product *)(const void *)job->state)->x, parts);
    return true;
}

static void drop(eg_job *job)
{
    product *p = (product *)(void *)job->state;

    for (int i = 0; i < CORNERS; i++)
        eg__primitive_release(p->of[i]);
}

/* The primitives of all sizes of tiles there are. */
static dnnl_status_t find_primitives(product *p)
{
    const eg__product *x = &p->x;
    int64_t last_m = x->m - (x->rows - 1) * x->tile_m, last_n = x->n - (x->columns - 1) * x->tile_n;
    dnnl_status_t status = dnnl_success;

    for (int i = 0; i < CORNERS && status == dnnl_success; i++) {
        if ((x->rows == 1 && !(i & LAST_ROW)) || (x->columns == 1 && !(i & LAST_COLUMN)))
            continue;
        shape s = {build, i & LAST_ROW ? last_m : x->tile_m, i & LAST_COLUMN ? last_n : x->tile_n,
            x->k, x->a_row, x->a_column, x->b_row, x->b_column, x->n};
        status = eg__primitive_find(&s, sizeof s, build, &p->of[i]);
        if (status == dnnl_success && eg__primitive_scratch(p->of[i]) > p->scratch)
            p->scratch = eg__primitive_scratch(p->of[i]);
    }
    p->scratch = (p->scratch + 63) / 64 * 64;
    return status;
}

static const char *prepare(const eg_kernel *self, const eg_problem *p, eg_job *job)
{
    product *own = (product *)(void *)job->state;

    (void)self;
    if (p->out[0]->dtype != EG_FLOAT32)
        return "oneDNN multiplies float32 only";
    eg__job_start(job, "oneDNN", run);
    memset(own->of, 0, sizeof own->of);
    own->scratch = 0;
    eg__product_set(&own->x, p);
    eg__product_cut(&own->x, 150, false);
    if (own->x.k == 0 || own->x.chunks == 0)
        return NULL;
    dnnl_status_t status = find_primitives(own);
    job->drop = drop;
    job->may_fail = true;
    job->waits = EG__DNNL_WAITS;
    job->scratch = own->scratch * (size_t)own->x.chunks;
    if (status == dnnl_success)
        return NULL;
    drop(job);
    if (status == dnnl_unimplemented)
        return "oneDNN has no implementation for these sizes";
    eg__dnnl_report(status, "prepare a product");
    return "oneDNN failed";
}

#endif

const eg_kernel eg__matmul_onednn = {.name = "oneDNN", .prepare = prepare};
