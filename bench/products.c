/* Matrix products, by eagre and, taking turns with it, by the bare oneDNN primitive.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bare.h"
#include "bench.h"
#include "groups.h"
#include <stdlib.h>

EG_FUNCTION(product, x, y)
{
    return eg_matmul(x, y);
}

typedef struct square {
    int64_t n;
    eg_tensor *in[2];
    eg_function *function;
    bare *bare;
    float *out;
} square;

static eg_tensor *run_eager(void *env)
{
    const square *s = env;
    return eg_matmul(s->in[0], s->in[1]);
}

static eg_tensor *run_function(void *env)
{
    const square *s = env;
    return eg_call_of(s->function, 2, s->in);
}

static eg_tensor *run_bare(void *env)
{
    bare_run(((square *)env)->bare);
    return NULL;
}

/* Some elements, in double precision. */
static bool is_right(const square *s, const float *out)
{
    for (int64_t i = 0; i < s->n; i += 1 + s->n / 7) {
        int64_t column = (i * 5 + 3) % s->n;
        double sum = 0;
        for (int64_t k = 0; k < s->n; k++)
            sum += bench_at(s->in[0], i * s->n + k) * bench_at(s->in[1], k * s->n + column);
        if (!bench_near(out[i * s->n + column], sum, 1e-3))
            return false;
    }
    return true;
}

static bool is_result_right(eg_tensor *z, void *env)
{
    const square *s = env;
    const float *out = eg_data(z, EG_FLOAT32);
    return out && is_right(s, out);
}

static bool is_bare_right(eg_tensor *none, void *env)
{
    const square *s = env;
    (void)none;
    return is_right(s, s->out);
}

static void run_size(const char *name, int64_t n)
{
    const bench_work works[] = {
        {.name = name, .mode = "eager", .run = run_eager, .right = is_result_right},
        {.name = name, .mode = "function", .run = run_function, .right = is_result_right},
        {.name = name,
            .mode = "onednn_primitive",
            .peer = "C",
            .detail = "oneDNN's own threads, output buffer reused",
            .run = run_bare,
            .right = is_bare_right},
    };
    bench_work mine[3];

    if (!bench_wants(name))
        return;
    EG_SCOPE;
    square s = {n, {bench_normal(1, EG_DIMS(n, n)), bench_normal(2, EG_DIMS(n, n))},
        eg_function_of(product), NULL, malloc((size_t)(n * n) * sizeof(float))};
    s.bare = s.out
        ? bare_product(n, n, n, eg_data(s.in[0], EG_FLOAT32), eg_data(s.in[1], EG_FLOAT32), s.out)
        : NULL;
    for (int i = 0; i < 3; i++) {
        mine[i] = works[i];
        mine[i].env = &s;
    }
    bench_run(s.bare ? 3 : 2, mine);
    bare_free(s.bare);
    free(s.out);
    eg_function_free(s.function);
}

void bench_products(void)
{
    bare_set_threads(bench_option.threads);
    run_size("matmul_64", 64);
    run_size("matmul_256", 256);
    run_size("matmul_512", 512);
    run_size("matmul_1000", 1000);
    run_size("matmul_2048", 2048);
}
