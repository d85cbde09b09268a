/* One primitive, its memory and a stream, for either version of oneDNN.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bare.h"
#include <stdlib.h>

#ifndef EG_HAVE_DNNL

bare *bare_product(int64_t m, int64_t n, int64_t k, const float *x, const float *y, float *out)
{
    (void)m, (void)n, (void)k, (void)x, (void)y, (void)out;
    return NULL;
}

bare *bare_relu(int64_t n, const float *x, float *out)
{
    (void)n, (void)x, (void)out;
    return NULL;
}

void bare_run(bare *b)
{
    (void)b;
}

void bare_free(bare *b)
{
    (void)b;
}

bool bare_set_threads(int n)
{
    return n < 0;
}

#else
#include <oneapi/dnnl/dnnl.h>

struct bare {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    int n;
    dnnl_exec_arg_t args[3];
};

extern void omp_set_num_threads(int) __attribute__((weak));

bool bare_set_threads(int n)
{
    if (!omp_set_num_threads)
        return false;
    omp_set_num_threads(n);
    return true;
}

/* ---- descriptions, which differ between versions -------------------------------------------- */

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t description;

static description describe(int rank, const dnnl_dims_t dims)
{
    description d = NULL;
    dnnl_memory_desc_create_with_tag(&d, rank, dims, dnnl_f32, rank == 2 ? dnnl_ab : dnnl_a);
    return d;
}

static dnnl_status_t make_memory(dnnl_memory_t *to, description d, dnnl_engine_t engine, void *data)
{
    return dnnl_memory_create(to, d, engine, data);
}

static dnnl_status_t plan_product(dnnl_primitive_desc_t *to, dnnl_engine_t engine, description d[])
{
    return dnnl_matmul_primitive_desc_create(to, engine, d[0], d[1], NULL, d[2], NULL);
}

static dnnl_status_t plan_relu(dnnl_primitive_desc_t *to, dnnl_engine_t engine, description d[])
{
    return dnnl_eltwise_forward_primitive_desc_create(to, engine, dnnl_forward_inference,
        dnnl_eltwise_relu, d[0], d[1], 0, 0, NULL);
}

static void end_description(description d)
{
    dnnl_memory_desc_destroy(d);
}
#else
typedef dnnl_memory_desc_t description;

static description describe(int rank, const dnnl_dims_t dims)
{
    description d;
    dnnl_memory_desc_init_by_tag(&d, rank, dims, dnnl_f32, rank == 2 ? dnnl_ab : dnnl_a);
    return d;
}

static dnnl_status_t make_memory(dnnl_memory_t *to, description d, dnnl_engine_t engine, void *data)
{
    return dnnl_memory_create(to, &d, engine, data);
}

static dnnl_status_t plan_product(dnnl_primitive_desc_t *to, dnnl_engine_t engine, description d[])
{
    dnnl_matmul_desc_t op;
    dnnl_status_t status = dnnl_matmul_desc_init(&op, &d[0], &d[1], NULL, &d[2]);
    return status == dnnl_success ? dnnl_primitive_desc_create(to, &op, NULL, engine, NULL)
                                  : status;
}

static dnnl_status_t plan_relu(dnnl_primitive_desc_t *to, dnnl_engine_t engine, description d[])
{
    dnnl_eltwise_desc_t op;
    dnnl_status_t status =
        dnnl_eltwise_forward_desc_init(&op, dnnl_forward_inference, dnnl_eltwise_relu, &d[0], 0, 0);
    return status == dnnl_success ? dnnl_primitive_desc_create(to, &op, NULL, engine, NULL)
                                  : status;
}

static void end_description(description d)
{
    (void)d;
}
#endif

/* ---- made, run and freed -------------------------------------------------------------------- */

typedef dnnl_status_t planner(dnnl_primitive_desc_t *to, dnnl_engine_t engine, description d[]);

static dnnl_status_t set_up(bare *b, planner *plan, description d[], void *const data[])
{
    dnnl_primitive_desc_t planned = NULL;
    dnnl_status_t status = dnnl_engine_create(&b->engine, dnnl_cpu, 0);

    if (status == dnnl_success)
        status = dnnl_stream_create(&b->stream, b->engine, dnnl_stream_default_flags);
    if (status == dnnl_success)
        status = plan(&planned, b->engine, d);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&b->primitive, planned);
    for (int i = 0; i < b->n && status == dnnl_success; i++)
        status = make_memory(&b->args[i].memory, d[i], b->engine, data[i]);
    if (planned)
        dnnl_primitive_desc_destroy(planned);
    return status;
}

static bare *make(bare shape, planner *plan, description d[], void *const data[])
{
    bare *b = malloc(sizeof *b);
    dnnl_status_t status = dnnl_out_of_memory;

    if (b) {
        *b = shape;
        status = set_up(b, plan, d, data);
    }
    for (int i = 0; i < shape.n; i++)
        end_description(d[i]);
    if (status == dnnl_success)
        return b;
    bare_free(b);
    return NULL;
}

bare *bare_product(int64_t m, int64_t n, int64_t k, const float *x, const float *y, float *out)
{
    bare shape = {.n = 3,
        .args = {{DNNL_ARG_SRC, NULL}, {DNNL_ARG_WEIGHTS, NULL}, {DNNL_ARG_DST, NULL}}};
    description d[] = {describe(2, (dnnl_dims_t){m, k}), describe(2, (dnnl_dims_t){k, n}),
        describe(2, (dnnl_dims_t){m, n})};
    void *data[] = {(void *)(uintptr_t)x, (void *)(uintptr_t)y, out};

    return make(shape, plan_product, d, data);
}

bare *bare_relu(int64_t n, const float *x, float *out)
{
    bare shape = {.n = 2, .args = {{DNNL_ARG_SRC, NULL}, {DNNL_ARG_DST, NULL}}};
    description d[] = {describe(1, (dnnl_dims_t){n}), describe(1, (dnnl_dims_t){n})};
    void *data[] = {(void *)(uintptr_t)x, out};

    return make(shape, plan_relu, d, data);
}

void bare_run(bare *b)
{
    dnnl_primitive_execute(b->primitive, b->stream, b->n, b->args);
    dnnl_stream_wait(b->stream);
}

void bare_free(bare *b)
{
    if (!b)
        return;
    for (int i = 0; i < b->n; i++)
        if (b->args[i].memory)
            dnnl_memory_destroy(b->args[i].memory);
    if (b->primitive)
        dnnl_primitive_destroy(b->primitive);
    if (b->stream)
        dnnl_stream_destroy(b->stream);
    if (b->engine)
        dnnl_engine_destroy(b->engine);
    free(b);
}

#endif
