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

bare *bare_conv(const bare_shape *s, const float *x, const float *w, float *out)
{
    (void)s, (void)x, (void)w, (void)out;
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

static description tagged(int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag)
{
    description d = NULL;
    dnnl_memory_desc_create_with_tag(&d, rank, dims, dnnl_f32, tag);
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

static dnnl_status_t plan_conv(dnnl_primitive_desc_t *to, dnnl_engine_t engine, description d[],
    const bare_shape *s)
{
    const dnnl_dims_t strides = {s->stride, s->stride}, pad = {s->padding, s->padding}, none = {0};
    return dnnl_convolution_forward_primitive_desc_create(to, engine, dnnl_forward_inference,
        dnnl_convolution_direct, d[0], d[1], NULL, d[2], strides, none, pad, pad, NULL);
}

static dnnl_status_t plan_reorder(dnnl_primitive_desc_t *to, dnnl_engine_t engine, description from,
    const_dnnl_memory_desc_t ordered)
{
    return dnnl_reorder_primitive_desc_create(to, from, engine, ordered, engine, NULL);
}

static void end_description(description d)
{
    dnnl_memory_desc_destroy(d);
}
#else
typedef dnnl_memory_desc_t description;

static description tagged(int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag)
{
    description d;
    dnnl_memory_desc_init_by_tag(&d, rank, dims, dnnl_f32, tag);
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

static dnnl_status_t plan_conv(dnnl_primitive_desc_t *to, dnnl_engine_t engine, description d[],
    const bare_shape *s)
{
    const dnnl_dims_t strides = {s->stride, s->stride}, pad = {s->padding, s->padding};
    dnnl_convolution_desc_t op;
    dnnl_status_t status = dnnl_convolution_forward_desc_init(&op, dnnl_forward_inference,
        dnnl_convolution_direct, &d[0], &d[1], NULL, &d[2], strides, pad, pad);
    return status == dnnl_success ? dnnl_primitive_desc_create(to, &op, NULL, engine, NULL)
                                  : status;
}

static dnnl_status_t plan_reorder(dnnl_primitive_desc_t *to, dnnl_engine_t engine, description from,
    const dnnl_memory_desc_t *ordered)
{
    return dnnl_reorder_primitive_desc_create(to, &from, engine, ordered, engine, NULL);
}

static void end_description(description d)
{
    (void)d;
}
#endif

static description describe(int rank, const dnnl_dims_t dims)
{
    return tagged(rank, dims, rank == 2 ? dnnl_ab : dnnl_a);
}

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

/* Puts the filter into memory of its own, in the order the convolution wants. */
static dnnl_status_t order_filter(bare *b, dnnl_primitive_desc_t conv, description plain,
    const float *w)
{
    dnnl_primitive_desc_t planned = NULL;
    dnnl_primitive_t reorder = NULL;
    dnnl_exec_arg_t args[2] = {{DNNL_ARG_FROM, NULL}, {DNNL_ARG_TO, NULL}};
    dnnl_status_t status = dnnl_memory_create(&b->args[1].memory,
        dnnl_primitive_desc_query_md(conv, dnnl_query_weights_md, 0), b->engine,
        DNNL_MEMORY_ALLOCATE);

    if (status == dnnl_success)
        status = make_memory(&args[0].memory, plain, b->engine, (void *)(uintptr_t)w);
    if (status == dnnl_success)
        status = plan_reorder(&planned, b->engine, plain,
            dnnl_primitive_desc_query_md(conv, dnnl_query_weights_md, 0));
    if (status == dnnl_success)
        status = dnnl_primitive_create(&reorder, planned);
    args[1].memory = b->args[1].memory;
    if (status == dnnl_success)
        status = dnnl_primitive_execute(reorder, b->stream, 2, args);
    dnnl_stream_wait(b->stream);
    dnnl_primitive_destroy(reorder);
    dnnl_primitive_desc_destroy(planned);
    dnnl_memory_destroy(args[0].memory);
    return status;
}

static dnnl_status_t set_up_conv(bare *b, const bare_shape *s, description d[], void *const data[])
{
    dnnl_primitive_desc_t planned = NULL;
    dnnl_status_t status = dnnl_engine_create(&b->engine, dnnl_cpu, 0);

    if (status == dnnl_success)
        status = dnnl_stream_create(&b->stream, b->engine, dnnl_stream_default_flags);
    if (status == dnnl_success)
        status = plan_conv(&planned, b->engine, d, s);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&b->primitive, planned);
    if (status == dnnl_success)
        status = order_filter(b, planned, d[3], data[1]);
    for (int i = 0; i < b->n && status == dnnl_success; i += 2)
        status = make_memory(&b->args[i].memory, d[i], b->engine, data[i]);
    dnnl_primitive_desc_destroy(planned);
    return status;
}

bare *bare_conv(const bare_shape *s, const float *x, const float *w, float *out)
{
    int64_t size = bare_shape_size(s);
    const dnnl_dims_t x_dims = {s->images, s->channels, s->size, s->size},
                      w_dims = {s->results, s->channels, s->window, s->window},
                      y_dims = {s->images, s->results, size, size};
    description d[] = {tagged(4, x_dims, dnnl_nhwc), tagged(4, w_dims, dnnl_format_tag_any),
        tagged(4, y_dims, dnnl_nhwc), tagged(4, w_dims, dnnl_cdba)};
    void *data[] = {(void *)(uintptr_t)x, (void *)(uintptr_t)w, out};
    bare *b = calloc(1, sizeof *b);
    dnnl_status_t status = dnnl_out_of_memory;

    if (b) {
        *b = (bare){.n = 3,
            .args = {{DNNL_ARG_SRC, NULL}, {DNNL_ARG_WEIGHTS, NULL}, {DNNL_ARG_DST, NULL}}};
        status = set_up_conv(b, s, d, data);
    }
    for (int i = 0; i < 4; i++)
        end_description(d[i]);
    if (status == dnnl_success)
        return b;
    bare_free(b);
    return NULL;
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
