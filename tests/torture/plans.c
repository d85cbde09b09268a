/* Plans while memory runs out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"

static eg_tensor *total;

static eg_tensor *is_large(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_greater(eg_sum(in[0]), 4);
}

static eg_tensor *shrink(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_mul(in[0], 0.5);
}

EG_FUNCTION(decides, x)
{
    eg_assign_add(total, eg_sum(x));
    if (eg_true(eg_greater(total, 0)))
        return eg_while(is_large, shrink, NULL, EG_IN(x));
    return eg_matmul(eg_reshape(x, EG_DIMS(1, 2)), EG_F32(1, 2));
}

/* What a run of the plan gives. */
static void run_once(torture *t, eg_plan *plan, float first)
{
    float x[2] = {first, 1}, y[2];

    if (!plan)
        return;
    if (eg_plan_run(plan, EG_FROM(x), EG_INTO(y)) != EG_PLAN_OK)
        t->trouble = "a plan does not run";
    torture_result(t, eg_copy(EG_FLOAT32, EG_DIMS(2), y));
    eg_plan_get_state(plan, 0, x, sizeof *x);
    torture_result(t, eg_copy(EG_FLOAT32, EG_NO_DIMS, x));
}

static void make_plans(torture *t, void *env)
{
    (void)env;
    total = eg_variable(eg_constant(1.0));
    eg_function *f = eg_function_of(decides);
    eg_plan *recorded = eg_plan_new(f, EG_IN(EG_F32(9, 2)));
    run_once(t, recorded, 3);
    torture_result(t, eg_call(f, EG_F32(7, 2)));
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(9, 2))), *clone = plan ? eg_plan_clone(plan) : NULL;
    run_once(t, plan, 5);
    run_once(t, clone, 90);
    eg_plan_free(plan);
    run_once(t, clone, 1);
    eg_plan_free(clone);
    eg_plan_free(recorded);
    eg_function_free(f);
    eg_variable_free(total);
}

TEST(making_a_plan_reports_the_allocation_that_fails)
{
    torture_sweep("plans", make_plans, NULL);
}
