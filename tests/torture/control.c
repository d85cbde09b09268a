/* Staged control flow while memory runs out: eagerly, in functions, with gradients.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"

static eg_tensor *is_small(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_less(eg_sum(in[0]), 50);
}

static eg_tensor *grow(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_add(eg_mul(in[0], 1.5), eg_sin(in[0]));
}

static eg_tensor *shrink(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_mul(in[0], 0.5);
}

static eg_tensor *cell(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_tuple(eg_tanh(eg_add(in[0], in[1])), eg_mul(in[0], in[1]));
}

EG_FUNCTION(all_of_them, x)
{
    eg_tensor *y = eg_while(is_small, grow, NULL, 1, &x);
    eg_tensor *z = eg_cond(eg_greater(eg_sum(y), 60), shrink, grow, NULL, 1, &y);
    eg_tensor *rows = eg_scan(cell, NULL, 1, EG_IN(eg_sum(x), z));

    return eg_add(eg_part(rows, 1), eg_part(rows, 0));
}

static void run_eagerly(torture *t, void *env)
{
    (void)env;
    torture_result(t, all_of_them(EG_F32(1, 2, 3)));
}

TEST(staged_control_flow_reports_the_allocation_that_fails)
{
    torture_sweep("staged, eagerly", run_eagerly, NULL);
}

static void run_in_function(torture *t, void *env)
{
    eg_function *f = eg_function_of(all_of_them);

    (void)env;
    torture_result(t, eg_call(f, EG_F32(1, 2, 3)));
    torture_result(t, eg_call(f, EG_F32(3, 2, 1)));
    eg_function_free(f);
}

TEST(staged_operations_report_the_allocation_that_fails)
{
    torture_sweep("staged, in a function", run_in_function, NULL);
}

static void run_backwards(torture *t, void *env)
{
    eg_function *f = eg_function_of(all_of_them);
    eg_tensor *x = EG_F32(1, 2, 3), *g = NULL;

    (void)env;
    {
        EG_TAPE;
        eg_watch(x);
        eg_tensor *y = eg_call(f, x);
        eg_gradient(y, 1, &x, &g);
        eg_give(g);
    }
    torture_result(t, g);
    eg_function_free(f);
}

TEST(gradients_of_staged_operations_report_the_allocation_that_fails)
{
    torture_sweep("staged, backwards", run_backwards, NULL);
}
