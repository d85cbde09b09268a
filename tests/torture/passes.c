/* Planning while memory runs out: what passes join, unfold, move and widen.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"

/* A function of two arguments, made, called and freed. */
static void plan_and_run(torture *t, void *env)
{
    eg_body *body = env;
    eg_tensor *in[] = {eg_reshape(eg_arange(EG_FLOAT32, 0, 64 * 64, 1), EG_DIMS(64, 64)),
        EG_F32(0.5, -1)};
    eg_function *f = eg_function_new(*body, 2, NULL, 0);

    torture_result(t, eg_call_of(f, 2, in));
    eg_function_free(f);
}

static void check(const char *what, eg_body body)
{
    torture_sweep(what, plan_and_run, &body);
}

static eg_tensor *dense(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_tensor *x = in[0], *z = eg_matmul(x, x);
    return eg_add(eg_sum(eg_relu(eg_add(eg_matmul(z, x), eg_get(x, 0)))), eg_sum(z));
}

static eg_tensor *narrow(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_tensor *x = eg_cast(in[0], EG_BFLOAT16);
    return eg_cast(eg_mul(eg_add(x, x), eg_neg(x)), EG_FLOAT32);
}

static eg_tensor *outer;

static eg_tensor *turn(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_add(eg_mul(in[1], eg_sum(eg_exp(outer))), eg_cast(in[0], EG_FLOAT32));
}

static eg_tensor *few_steps(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    eg_tensor *x = outer = in[1];
    eg_tensor *y = eg_for(2, turn, env, 1, &x);
    outer = NULL;
    return y;
}

static eg_tensor *many_steps(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    eg_tensor *x = outer = in[1];
    eg_tensor *y = eg_for(12, turn, env, 1, &x);
    outer = NULL;
    return y;
}

TEST(joining_a_product_with_what_follows_reports_the_allocation_that_fails)
{
    check("a product and what follows", dense);
}

TEST(widening_reports_the_allocation_that_fails)
{
    check("narrow dtypes", narrow);
}

TEST(unfolding_and_hoisting_report_the_allocation_that_fails)
{
    check("a loop of few steps", few_steps);
    check("a loop of many steps", many_steps);
}

static void look_at_steps(torture *t, void *env)
{
    eg_function *f = eg_function_new(dense, 2, NULL, 0);
    eg_step_info step = {.size = sizeof step};
    eg_tensor *x = eg_ones(EG_FLOAT32, EG_DIMS(64, 64)), *in[] = {x, x};
    int n = 0;

    (void)env;
    torture_result(t, eg_call_of(f, 2, in));
    while (eg_function_step(f, n, &step))
        n++;
    torture_result(t, eg_constant(n));
    eg_function_free(f);
}

TEST(looking_at_kernels_reports_the_allocation_that_fails)
{
    torture_sweep("kernels of a function", look_at_steps, NULL);
}
