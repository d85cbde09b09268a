/* Convolutions, by eagre and, taking turns with it, by the bare oneDNN primitive, whose filter is
 * in its own order beforehand; pools.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bare.h"
#include "bench.h"
#include "groups.h"
#include <stdlib.h>

/* ---- convolutions --------------------------------------------------------------------------- */

typedef struct convolution {
    bare_shape shape;
    eg_tensor *x, *w;
    bare *bare;
    float *out;
} convolution;

static eg_tensor *run_eager(void *env)
{
    const convolution *c = env;
    return eg_conv(c->x, c->w, .strides = EG_AT(c->shape.stride),
        .padding = EG_AT(c->shape.padding));
}

static eg_tensor *run_bare(void *env)
{
    bare_run(((convolution *)env)->bare);
    return NULL;
}

/* The result at one place of the first image, in double precision. */
static double expected_at(const convolution *c, int64_t row, int64_t column, int64_t result)
{
    const bare_shape *s = &c->shape;
    double sum = 0;

    for (int64_t i = 0; i < s->window * s->window; i++) {
        int64_t y = row * s->stride - s->padding + i / s->window;
        int64_t x = column * s->stride - s->padding + i % s->window;
        if (y < 0 || y >= s->size || x < 0 || x >= s->size)
            continue;
        for (int64_t k = 0; k < s->channels; k++)
            sum += bench_at(c->x, (y * s->size + x) * s->channels + k) *
                bench_at(c->w, (i * s->channels + k) * s->results + result);
    }
    return sum;
}

static bool is_right(const convolution *c, const float *out)
{
    int64_t size = bare_shape_size(&c->shape), results = c->shape.results;

    for (int64_t i = 0; i < size; i += 1 + size / 5) {
        int64_t column = (i * 3 + 1) % size, result = (i * 7 + 5) % results;
        double expected = expected_at(c, i, column, result);
        if (!bench_near(out[(i * size + column) * results + result], expected, 1e-3))
            return false;
    }
    return true;
}

static bool is_result_right(eg_tensor *z, void *env)
{
    const float *out = eg_data(z, EG_FLOAT32);
    return out && is_right(env, out);
}

static bool is_bare_right(eg_tensor *none, void *env)
{
    const convolution *c = env;
    (void)none;
    return is_right(c, c->out);
}

static void run_shape(const char *name, bare_shape s)
{
    if (!bench_wants(name))
        return;
    EG_SCOPE;
    int64_t size = bare_shape_size(&s);
    convolution c = {s, bench_normal(1, EG_DIMS(s.images, s.size, s.size, s.channels)),
        bench_normal(2, EG_DIMS(s.window, s.window, s.channels, s.results)), NULL,
        malloc((size_t)(s.images * size * size * s.results) * sizeof(float))};
    if (c.out)
        c.bare = bare_conv(&s, eg_data(c.x, EG_FLOAT32), eg_data(c.w, EG_FLOAT32), c.out);
    const bench_work works[] = {
        {.name = name, .mode = "eager", .run = run_eager, .right = is_result_right, .env = &c},
        {.name = name,
            .mode = "onednn_primitive",
            .peer = "C",
            .detail = "oneDNN's own threads, output buffer reused, filter ordered beforehand",
            .run = run_bare,
            .right = is_bare_right,
            .env = &c},
    };
    bench_run(c.bare ? 2 : 1, works);
    bare_free(c.bare);
    free(c.out);
}

/* ---- pools ---------------------------------------------------------------------------------- */

static eg_tensor *run_pool(void *env)
{
    return eg_max_pool((eg_tensor *)env, .window = EG_AT(2));
}

static bool is_pool_right(eg_tensor *z, void *env)
{
    int64_t row = eg_dim(env, 2) * eg_dim(env, 3), channels = eg_dim(env, 3);

    for (int64_t k = 0; k < channels; k++) {
        double most = bench_at(env, k),
               others[] = {bench_at(env, channels + k), bench_at(env, row + k),
                   bench_at(env, row + channels + k)};
        for (int i = 0; i < 3; i++)
            most = most > others[i] ? most : others[i];
        if (bench_at(z, k) != most)
            return false;
    }
    return true;
}

static void run_max_pool(void)
{
    if (!bench_wants("maxpool_2x2"))
        return;
    EG_SCOPE;
    bench_run(1,
        &(const bench_work){.name = "maxpool_2x2",
            .mode = "eager",
            .detail = "32 images of 56 x 56 x 64",
            .run = run_pool,
            .right = is_pool_right,
            .env = bench_normal(1, EG_DIMS(32, 56, 56, 64))});
}

void bench_images(void)
{
    bare_set_threads(bench_option.threads);
    run_shape("conv2d_3x3", (bare_shape){32, 56, 64, 64, 3, 1, 1});
    run_shape("conv2d_1x1", (bare_shape){8, 28, 128, 512, 1, 1, 0});
    run_shape("conv2d_7x7", (bare_shape){8, 112, 3, 64, 7, 2, 3});
    run_shape("conv2d_256", (bare_shape){1, 14, 256, 256, 3, 1, 1});
    run_shape("conv2d_512", (bare_shape){1, 7, 512, 512, 3, 1, 1});
    run_max_pool();
}
