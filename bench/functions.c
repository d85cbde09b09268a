/* Functions: what a call costs that is served, and what the first one costs, which records,
 * optimises, plans and runs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include "model.h"

/* ---- calls that are served ------------------------------------------------------------------ */

EG_FUNCTION(one_add, x, y)
{
    return eg_add(x, y);
}

EG_FUNCTION(conditional_operation, x, threshold)
{
    if (eg_true(eg_greater(x, threshold)))
        return eg_square(x);
    return eg_neg(x);
}

static bool is_four(eg_tensor *z, void *in)
{
    (void)in;
    return eg_size(z) == 1 && bench_at(z, 0) == 4;
}

static bool is_nine(eg_tensor *z, void *in)
{
    (void)in;
    return bench_at(z, 0) == 9;
}

static void served_cases(void)
{
    bench_run_body(&(const bench_body){.name = "function_call_1add",
        .body = &one_add_callable,
        .in = {eg_constant(1.5), eg_constant(2.5)},
        .right = is_four});
    bench_run_body(&(const bench_body){.name = "conditional_operation",
        .body = &conditional_operation_callable,
        .in = {eg_constant(3.0), eg_constant(2.0)},
        .right = is_nine,
        .is_no_graph = true});
}

/* Both sides in turns, as a program meets them. */
typedef struct sides {
    eg_function *f;
    eg_tensor *in[2][2];
    int next;
} sides;

static eg_tensor *call_a_side(void *env)
{
    sides *s = env;
    return eg_call_of(s->f, 2, s->in[s->next++ % 2]);
}

static bool is_either(eg_tensor *z, void *env)
{
    (void)env;
    return bench_at(z, 0) == 9 || bench_at(z, 0) == -1;
}

static void both_sides_case(void)
{
    sides s = {.in = {{eg_constant(3.0), eg_constant(2.0)}, {eg_constant(1.0), eg_constant(2.0)}}};

    s.f = eg_function_of(conditional_operation);
    call_a_side(&s);
    call_a_side(&s);
    bench_run(1,
        &(const bench_work){.name = "conditional_both",
            .mode = "function",
            .detail = "the two sides in turns",
            .run = call_a_side,
            .right = is_either,
            .env = &s});
    eg_function_free(s.f);
}

/* ---- first calls ---------------------------------------------------------------------------- */

typedef struct first {
    eg_body body;
    int n_in;
    eg_tensor *in[2];
    void *env;
    size_t env_size;
} first;

static eg_tensor *run_eagerly(void *env)
{
    const first *c = env;
    return c->body(c->n_in, c->in, c->env);
}

static eg_tensor *call_first(void *env)
{
    const first *c = env;
    eg_function *f = eg_function_new(c->body, c->n_in, c->env, c->env_size);
    eg_tensor *y = eg_call_of(f, c->n_in, c->in);

    eg_function_free(f);
    return y;
}

static bool is_finite(eg_tensor *z, void *env)
{
    (void)env;
    return bench_at(z, 0) - bench_at(z, 0) == 0;
}

static void first_call_of(const char *name, double ops, first *c)
{
    bench_work works[2];

    for (int i = 0; i < 2; i++)
        works[i] = (bench_work){.name = name,
            .mode = i ? "first_call" : "eager",
            .detail = i ? "made, recorded, optimised, planned, run, freed" : "the same body",
            .ops = ops,
            .run = i ? call_first : run_eagerly,
            .right = is_finite,
            .env = c};
    bench_run(2, works);
}

EG_FUNCTION(chain_100, x)
{
    for (int i = 0; i < 100; i++)
        x = eg_mul(x, 1.0625);
    return x;
}

static void first_call_cases(void)
{
    first add = {one_add_callable.body, 2, {eg_constant(1.5), eg_constant(2.5)}, NULL, 0};
    first chain = {chain_100_callable.body, 1, {eg_constant(1.0)}, NULL, 0};

    if (bench_wants("first_call_1add"))
        first_call_of("first_call_1add", 1, &add);
    if (bench_wants("first_call_chain_100"))
        first_call_of("first_call_chain_100", 1, &chain);
    if (!bench_wants("first_call_mlp_train"))
        return;
    model m;
    first mlp = {model_step, 2, {NULL}, &m, sizeof m};
    model_new(&m, &model_mlp);
    model_batch(&model_mlp, mlp.in);
    first_call_of("first_call_mlp_train", 1, &mlp);
    model_free(&m);
}

void bench_functions(void)
{
    served_cases();
    if (bench_wants("conditional_both"))
        both_sides_case();
    first_call_cases();
}
