/* Tiny operations: what is left is the cost of calling.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"

typedef struct pair {
    eg_tensor *in[2];
} pair;

static eg_tensor *add(void *env)
{
    const pair *p = env;
    return eg_add(p->in[0], p->in[1]);
}

static eg_tensor *add_100(void *env)
{
    const pair *p = env;
    eg_tensor *z = NULL;

    for (int i = 0; i < 100; i++)
        z = eg_add(p->in[0], p->in[1]);
    return z;
}

static eg_tensor *matmul(void *env)
{
    const pair *p = env;
    return eg_matmul(p->in[0], p->in[1]);
}

static eg_tensor *tutorial(void *env)
{
    (void)env;
    return eg_sub(eg_mul(eg_constant(12), eg_constant(3)), eg_constant(2));
}

static bool is_sum(eg_tensor *z, void *env)
{
    const pair *p = env;
    bool right = true;

    for (int64_t i = 0; i < eg_size(z); i++)
        right &= bench_at(z, i) == (double)(float)(bench_at(p->in[0], i) + bench_at(p->in[1], i));
    return right && eg_size(z) == eg_size(p->in[0]);
}

static bool is_product(eg_tensor *z, void *env)
{
    const pair *p = env;
    double expected = bench_at(p->in[0], 2) * bench_at(p->in[1], 1) +
        bench_at(p->in[0], 3) * bench_at(p->in[1], 3);

    return eg_size(z) == 4 && bench_near(bench_at(z, 3), expected, 1e-6);
}

static bool is_34(eg_tensor *z, void *env)
{
    (void)env;
    return eg_dtype_of(z) == EG_INT32 && eg_item_int(z) == 34;
}

static void eager_cases(void)
{
    pair scalar = {{eg_constant(1.5), eg_constant(2.5)}};
    pair matrix = {{bench_normal(1, EG_DIMS(2, 2)), bench_normal(2, EG_DIMS(2, 2))}};
    const bench_work works[] = {
        {.name = "eager_add_scalar", .run = add, .right = is_sum, .env = &scalar},
        {.name = "eager_add_2x2", .run = add, .right = is_sum, .env = &matrix},
        {.name = "eager_matmul_2x2", .run = matmul, .right = is_product, .env = &matrix},
        {.name = "eager_tutorial_chain", .run = tutorial, .right = is_34},
    };

    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        bench_work w = works[i];
        w.mode = "eager";
        w.detail = "in a scope of its own";
        w.n_in = w.env ? 2 : 0;
        w.in = w.env ? ((const pair *)w.env)->in : NULL;
        bench_run(1, &w);
    }
    bench_run(1,
        &(const bench_work){.name = "eager_add_2x2",
            .mode = "eager_100_a_scope",
            .ops = 100,
            .run = add_100,
            .right = is_sum,
            .env = &matrix});
}

void bench_tiny(void)
{
    eager_cases();
}
