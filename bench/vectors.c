/* Small products and products with vectors, which eagre's own loops compute, taking turns with the
 * calls of oneDNN and OpenBLAS. These write to a buffer that is there; eagre makes its result.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bare.h"
#include "bench.h"
#include "blas.h"
#include "groups.h"
#include <stdlib.h>

EG_FUNCTION(product, x, y)
{
    return eg_matmul(x, y);
}

typedef struct sizes {
    int64_t m, n, k;
} sizes;

typedef struct pair {
    eg_tensor *in[2];
    eg_function *function;
    blas_product p;
    bare *bare;
} pair;

static eg_tensor *run_eager(void *env)
{
    const pair *s = env;
    return eg_matmul(s->in[0], s->in[1]);
}

static eg_tensor *run_function(void *env)
{
    const pair *s = env;
    return eg_call_of(s->function, 2, s->in);
}

static eg_tensor *run_openblas(void *env)
{
    blas_by_openblas(&((const pair *)env)->p);
    return NULL;
}

static eg_tensor *run_onednn(void *env)
{
    blas_by_onednn(&((const pair *)env)->p);
    return NULL;
}

static eg_tensor *run_bare(void *env)
{
    bare_run(((const pair *)env)->bare);
    return NULL;
}

/* In double precision. */
static bool is_right(eg_tensor *z, void *env)
{
    const blas_product *p = &((const pair *)env)->p;
    const float *out = z ? eg_data(z, EG_FLOAT32) : p->out;
    int64_t step = 1 + p->m * p->n / 61;

    for (int64_t at = 0; out && at < p->m * p->n; at += step) {
        double sum = 0;
        for (int64_t k = 0; k < p->k; k++)
            sum += (double)p->x[at / p->n * p->k + k] * p->y[k * p->n + at % p->n];
        if (!bench_near(out[at], sum, 1e-3))
            return false;
    }
    return out;
}

/* The ways there are, of which the first two are eagre's. */
static int set_works(const char *name, pair *s, bench_work works[])
{
    const bench_work all[] = {
        {.mode = "eager", .run = run_eager},
        {.mode = "function", .run = run_function},
        {.mode = "openblas", .peer = "C", .run = run_openblas},
        {.mode = "onednn_sgemm", .peer = "C", .run = run_onednn},
        {.mode = "onednn_primitive", .peer = "C", .run = run_bare},
    };
    const bool is_there[] = {true, true, blas_by_openblas(&s->p), blas_by_onednn(&s->p),
        s->bare != NULL};
    int n = 0;

    for (int i = 0; i < 5; i++) {
        if (!is_there[i])
            continue;
        works[n] = all[i];
        works[n].name = name;
        works[n].env = s;
        works[n++].right = is_right;
    }
    return n;
}

static void run_product(sizes z)
{
    char name[64];
    bench_work works[5];

    snprintf(name, sizeof name, "product_%dx%dx%d", (int)z.m, (int)z.k, (int)z.n);
    if (!bench_wants(name))
        return;
    EG_SCOPE;
    pair s = {{bench_normal(1, EG_DIMS(z.m, z.k)), bench_normal(2, EG_DIMS(z.k, z.n))},
        eg_function_of(product), {z.m, z.n, z.k, NULL, NULL, NULL}, NULL};
    s.p.x = eg_data(s.in[0], EG_FLOAT32);
    s.p.y = eg_data(s.in[1], EG_FLOAT32);
    s.p.out = calloc((size_t)(z.m * z.n), sizeof(float));
    if (s.p.out) {
        s.bare = bare_product(z.m, z.n, z.k, s.p.x, s.p.y, s.p.out);
        bench_run(set_works(name, &s, works), works);
    }
    bare_free(s.bare);
    free(s.p.out);
    eg_function_free(s.function);
}

void bench_vectors(void)
{
    static const sizes all[] = {{2, 2, 2}, {4, 4, 4}, {8, 8, 8}, {16, 16, 16}, {32, 32, 32},
        {48, 48, 48}, {64, 64, 64}, {7, 13, 5}, {33, 61, 17}, {50, 10, 64}, {1, 512, 784},
        {1, 1024, 1024}, {1, 10, 512}, {1, 1000, 333}, {512, 1, 784}, {1024, 1, 1024},
        {4096, 1, 4096}, {1, 4096, 4096}, {1003, 1, 517}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        run_product(all[i]);
}
