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

typedef struct pair {
    int64_t m, k, n;
    eg_tensor *in[2];
    eg_function *function;
    bare *bare;
    float *out;
} pair;

static eg_tensor *run_eager(void *env)
{
    const pair *p = env;
    return eg_matmul(p->in[0], p->in[1]);
}

static eg_tensor *run_function(void *env)
{
    const pair *p = env;
    return eg_call_of(p->function, 2, p->in);
}

static eg_tensor *run_bare(void *env)
{
    bare_run(((pair *)env)->bare);
    return NULL;
}

/* Some elements, in double precision. */
static bool is_right(const pair *p, const float *out)
{
    for (int64_t i = 0; i < p->m; i += 1 + p->m / 7) {
        int64_t column = (i * 5 + 3) % p->n;
        double sum = 0;
        for (int64_t k = 0; k < p->k; k++)
            sum += bench_at(p->in[0], i * p->k + k) * bench_at(p->in[1], k * p->n + column);
        if (!bench_near(out[i * p->n + column], sum, 1e-3))
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
    const pair *p = env;
    (void)none;
    return is_right(p, p->out);
}

static void run_size(const char *name, int64_t m, int64_t k, int64_t n)
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
    pair p = {m, k, n, {bench_normal(1, EG_DIMS(m, k)), bench_normal(2, EG_DIMS(k, n))},
        eg_function_of(product), NULL, NULL};
    if (bench_wants_mode("onednn_primitive"))
        p.out = malloc((size_t)(m * n) * sizeof(float));
    if (p.out)
        p.bare = bare_product(m, n, k, eg_data(p.in[0], EG_FLOAT32), eg_data(p.in[1], EG_FLOAT32),
            p.out);
    for (int i = 0; i < 3; i++) {
        mine[i] = works[i];
        mine[i].env = &p;
        mine[i].n_in = 2;
        mine[i].in = p.in;
    }
    bench_run(p.bare ? 3 : 2, mine);
    bare_free(p.bare);
    free(p.out);
    eg_function_free(p.function);
}

void bench_products(void)
{
    bare_set_threads(bench_option.threads);
    run_size("matmul_64", 64, 64, 64);
    run_size("matmul_256", 256, 256, 256);
    run_size("matmul_512", 512, 512, 512);
    run_size("matmul_1000", 1000, 1000, 1000);
    run_size("matmul_2048", 2048, 2048, 2048);
    run_size("odd_matmul", 777, 333, 551);
}
