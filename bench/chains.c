/* Long chains of tiny operations: through a plan, on a tape, in a loop.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "groups.h"
#include <math.h>

enum { ADDS = 100, PAIRS = 50, MULTIPLICATIONS = 1000, LOOPS = 10000 };

EG_FUNCTION(adds, x, y)
{
    for (int i = 0; i < ADDS; i++)
        x = eg_add(x, y);
    return x;
}

EG_FUNCTION(pairs, x, y, z)
{
    for (int i = 0; i < PAIRS; i++)
        x = eg_add(eg_mul(x, y), z);
    return x;
}

static bool is_after_adds(eg_tensor *x, void *env)
{
    eg_tensor *const *in = env;
    return bench_near(bench_at(x, 0), bench_at(in[0], 0) + ADDS * bench_at(in[1], 0), 1e-4);
}

static bool is_after_pairs(eg_tensor *x, void *env)
{
    eg_tensor *const *in = env;
    double v = bench_at(in[0], 0), by = bench_at(in[1], 0), plus = bench_at(in[2], 0);

    for (int i = 0; i < PAIRS; i++)
        v = v * by + plus;
    return bench_near(bench_at(x, 0), v, 1e-4);
}

/* ---- a tape --------------------------------------------------------------------------------- */

EG_FUNCTION(slope_of_chain, x, c)
{
    eg_tensor *dx = NULL;

    EG_TAPE;
    eg_watch(x);
    eg_tensor *y = x;
    for (int i = 0; i < MULTIPLICATIONS; i++)
        y = eg_mul(y, c);
    eg_gradient(y, 1, &x, &dx);
    return eg_give(dx);
}

/* The chain alone, on a tape, and with its gradient: what recording adds to an operation, and what
 * walking back does, are the differences. */
static eg_tensor *chain(eg_tensor *x, eg_tensor *c)
{
    for (int i = 0; i < MULTIPLICATIONS; i++)
        x = eg_mul(x, c);
    return x;
}

static eg_tensor *bare_chain(void *env)
{
    eg_tensor *const *in = env;
    return chain(in[0], in[1]);
}

static eg_tensor *recorded_chain(void *env)
{
    eg_tensor *const *in = env;

    EG_TAPE;
    eg_watch(in[0]);
    return eg_give(chain(in[0], in[1]));
}

static eg_tensor *differentiated_chain(void *env)
{
    eg_tensor *const *in = env, *dx = NULL;

    EG_TAPE;
    eg_watch(in[0]);
    eg_gradient(chain(in[0], in[1]), 1, in, &dx);
    return eg_give(dx);
}

static bool is_slope(eg_tensor *dx, void *env)
{
    eg_tensor *const *in = env;
    return bench_near(bench_at(dx, 0), pow(bench_at(in[1], 0), MULTIPLICATIONS), 1e-3);
}

static void bench_split(eg_tensor *in[])
{
    static const struct {
        const char *mode;
        eg_tensor *(*run)(void *);
    } modes[] = {{"eager", bare_chain}, {"eager_recorded", recorded_chain},
        {"eager_differentiated", differentiated_chain}};
    bench_work works[3];

    for (int i = 0; i < 3; i++)
        works[i] = (bench_work){.name = "tape_chain_1000_per_op",
            .mode = modes[i].mode,
            .detail = "a scalar multiplication",
            .ops = MULTIPLICATIONS,
            .run = modes[i].run,
            .right = is_slope,
            .env = in};
    bench_run(3, works);
}

/* ---- a loop --------------------------------------------------------------------------------- */

static eg_tensor *loop(void *env)
{
    eg_tensor *const *in = env, *x = eg_identity(in[0]);

    for (int i = 0; i < LOOPS; i++) {
        EG_SCOPE;
        eg_replace(&x, eg_add(eg_mul(x, in[1]), in[2]));
    }
    return x;
}

static bool is_after_loop(eg_tensor *x, void *env)
{
    eg_tensor *const *in = env;
    double v = bench_at(in[0], 0), by = bench_at(in[1], 0), plus = bench_at(in[2], 0);

    for (int i = 0; i < LOOPS; i++)
        v = v * by + plus;
    return bench_near(bench_at(x, 0), v, 1e-3);
}

static eg_tensor *step(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_tuple(eg_add(eg_mul(in[1], in[2]), in[3]), in[2], in[3]);
}

EG_FUNCTION(staged_loop, x, by, plus)
{
    return eg_part(eg_for(eg_scalar_int(EG_INT64, LOOPS), step, NULL, EG_IN(x, by, plus)), 0);
}

EG_FUNCTION(is_below, x)
{
    return eg_less(x, LOOPS);
}

EG_FUNCTION(one_more, x)
{
    return eg_add(x, 1);
}

EG_FUNCTION(counted_loop, x)
{
    return eg_while(is_below_body, one_more_body, NULL, EG_IN(x));
}

static bool is_counted(eg_tensor *x, void *env)
{
    (void)env;
    return bench_at(x, 0) == LOOPS;
}

void bench_chains(void)
{
    eg_tensor *two[] = {eg_constant(1.0), eg_constant(1.0001)};
    eg_tensor *three[] = {eg_constant(1.0), eg_constant(0.9999), eg_constant(0.001)};

    bench_run_body(&(const bench_body){.name = "graph_100add_per_op",
        .ops = ADDS,
        .body = &adds_callable,
        .in = {eg_constant(1.5), eg_constant(2.5)},
        .right = is_after_adds});
    bench_run_body(&(const bench_body){.name = "graph_100muladd_per_op",
        .ops = 2 * PAIRS,
        .body = &pairs_callable,
        .in = {eg_constant(1.0), eg_constant(1.0001), eg_constant(0.001)},
        .right = is_after_pairs});
    bench_run_body(&(const bench_body){.name = "grad_chain_1000_per_op",
        .detail = "a multiplication, forwards and backwards",
        .ops = MULTIPLICATIONS,
        .body = &slope_of_chain_callable,
        .in = {eg_constant(1.0), eg_constant(1.0001)},
        .right = is_slope});
    bench_run_body(&(const bench_body){.name = "while_10000",
        .detail = "eg_for of a multiplication and an addition",
        .ops = LOOPS,
        .body = &staged_loop_callable,
        .in = {three[0], three[1], three[2]},
        .right = is_after_loop});
    bench_run_body(&(const bench_body){.name = "while_condition_10000",
        .detail = "eg_while of an addition, a comparison each step",
        .ops = LOOPS,
        .body = &counted_loop_callable,
        .in = {eg_constant(0.0)},
        .right = is_counted});
    bench_split(two);
    bench_run(1,
        &(const bench_work){.name = "c_loop_10000",
            .mode = "eager",
            .detail = "a C loop of a multiplication and an addition",
            .ops = LOOPS,
            .run = loop,
            .right = is_after_loop,
            .env = three});
}
