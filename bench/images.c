/* Convolutions, by eagre and, taking turns with it, by the bare oneDNN primitive, whose filter is
 * in its own order beforehand; pools.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bare.h"
#include "bench.h"
#include "groups.h"
#include <math.h>
#include <stdlib.h>

/* ---- convolutions --------------------------------------------------------------------------- */

typedef struct convolution {
    bare_shape shape;
    eg_tensor *in[2]; /* images and filter */
    eg_function *function;
    bare *bare;
    float *out;
} convolution;

static eg_tensor *convolve(int n, eg_tensor *const in[], void *env)
{
    const bare_shape *s = env;

    (void)n;
    return eg_conv(in[0], in[1], .strides = EG_AT(s->stride), .padding = EG_AT(s->padding));
}

static eg_tensor *run_eager(void *env)
{
    convolution *c = env;
    return convolve(2, c->in, &c->shape);
}

static eg_tensor *run_function(void *env)
{
    const convolution *c = env;
    return eg_call_of(c->function, 2, c->in);
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
            sum += bench_at(c->in[0], (y * s->size + x) * s->channels + k) *
                bench_at(c->in[1], (i * s->channels + k) * s->results + result);
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
    convolution c = {s,
        {bench_normal(1, EG_DIMS(s.images, s.size, s.size, s.channels)),
            bench_normal(2, EG_DIMS(s.window, s.window, s.channels, s.results))},
        eg_function_new(convolve, 2, &s, sizeof s), NULL, NULL};
    if (bench_wants_mode("onednn_primitive"))
        c.out = malloc((size_t)(s.images * size * size * s.results) * sizeof(float));
    if (c.out)
        c.bare = bare_conv(&s, eg_data(c.in[0], EG_FLOAT32), eg_data(c.in[1], EG_FLOAT32), c.out);
    bench_work works[] = {
        {.mode = "eager", .run = run_eager, .right = is_result_right},
        {.mode = "function", .run = run_function, .right = is_result_right},
        {.mode = "onednn_primitive",
            .peer = "C",
            .detail = "oneDNN's own threads, output buffer reused, filter ordered beforehand",
            .run = run_bare,
            .right = is_bare_right},
    };
    for (int i = 0; i < 3; i++) {
        works[i].name = name;
        works[i].env = &c;
        works[i].n_in = 2;
        works[i].in = c.in;
    }
    bench_run(c.bare ? 3 : 2, works);
    bare_free(c.bare);
    free(c.out);
    eg_function_free(c.function);
}

/* ---- pools ---------------------------------------------------------------------------------- */

EG_FUNCTION(pool_2, x)
{
    return eg_max_pool(x, .window = EG_AT(2));
}

EG_FUNCTION(pool_3, x)
{
    return eg_max_pool(x, .window = EG_AT(3));
}

/* The largest of the window at one place of the first image. */
static double most_at(eg_tensor *x, int64_t window, int64_t row, int64_t column, int64_t channel)
{
    int64_t size = eg_dim(x, 2), channels = eg_dim(x, 3);
    double most = -HUGE_VAL;

    for (int64_t i = 0; i < window * window; i++) {
        int64_t at = (row * window + i / window) * size + column * window + i % window;
        most = fmax(most, bench_at(x, at * channels + channel));
    }
    return most;
}

static bool is_pool_right(eg_tensor *z, void *env)
{
    eg_tensor *x = *(eg_tensor *const *)env;
    int64_t size = eg_dim(z, 1), channels = eg_dim(z, 3), window = eg_dim(x, 1) / size;

    for (int64_t i = 0; i < size; i++)
        for (int64_t k = 0; k < channels; k++) {
            int64_t column = (i * 7 + k) % size;
            if (bench_at(z, (i * size + column) * channels + k) != most_at(x, window, i, column, k))
                return false;
        }
    return eg_size(z) == eg_size(x) / (window * window);
}

static void run_pool(const char *name, const eg_callable *body, int64_t images, int64_t size,
    int64_t channels)
{
    if (!bench_wants(name))
        return;
    EG_SCOPE;
    bench_run_body(&(const bench_body){.name = name,
        .body = body,
        .in = {bench_normal(1, EG_DIMS(images, size, size, channels))},
        .right = is_pool_right});
}

void bench_images(void)
{
    bare_set_threads(bench_option.threads);
    run_shape("conv2d_3x3", (bare_shape){32, 56, 64, 64, 3, 1, 1});
    run_shape("conv2d_1x1", (bare_shape){8, 28, 128, 512, 1, 1, 0});
    run_shape("conv2d_7x7", (bare_shape){8, 112, 3, 64, 7, 2, 3});
    run_shape("conv2d_256", (bare_shape){1, 14, 256, 256, 3, 1, 1});
    run_shape("conv2d_512", (bare_shape){1, 7, 512, 512, 3, 1, 1});
    run_shape("odd_conv2d", (bare_shape){9, 37, 48, 72, 5, 2, 2});
    run_pool("maxpool_2x2", &pool_2_callable, 32, 56, 64);
    run_pool("odd_maxpool", &pool_3_callable, 19, 57, 48);
}
