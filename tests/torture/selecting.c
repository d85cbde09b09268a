/* What depends on values while memory runs out: masks, counts and sets, eagerly, in a function with
 * a branch for each number of elements, and gradients through both.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"

/* ---- eager code ----------------------------------------------------------------------------- */

static void select_all(torture *t, void *env)
{
    eg_tensor *x = eg_reshape(EG_F32(3, 1, 3, 2, 0, 1), EG_DIMS(2, 3)), *mask = eg_greater(x, 1);
    eg_tensor *part[2], *list = EG_I32(1, 0);

    (void)env;
    torture_result(t, eg_get(x, mask));
    torture_result(t, eg_get(x, list, eg_get(mask, 0)));
    torture_result(t, eg_put(x, EG_F32(7, 8, 9), mask));
    torture_result(t, eg_put_add(x, 5, mask));
    torture_result(t, eg_repeat_counts(x, EG_I32(2, 1), 0, .length = 4));
    torture_result(t, eg_take_along_axis(x, eg_argsort(x, 1), 1));
    eg_dynamic_partition(x, list, 2, part);
    torture_result(t, part[1]);
    torture_result(t, eg_unique_all(x));
    torture_result(t, eg_setxor1d(x, EG_F32(2, 9)));
}

TEST(selecting_reports_the_allocation_that_fails)
{
    torture_sweep("selecting", select_all, NULL);
}

/* ---- functions ------------------------------------------------------------------------------ */

EG_FUNCTION(large_ones, x)
{
    return eg_square(eg_get(eg_unique_values(x), EG_B(1, 1)));
}

static void take_branches(torture *t, void *env)
{
    eg_function *f = eg_function_of(large_ones);
    eg_tensor *x = EG_F32(3, 1, 3), *dx;

    (void)env;
    torture_result(t, eg_call(f, x));
    torture_result(t, eg_call(f, EG_F32(1, 1, 2)));
    {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_sum(eg_call(f, x)), 1, &x, &dx);
        torture_result(t, dx);
    }
    eg_function_free(f);
}

TEST(a_branch_for_a_number_of_elements_reports_the_allocation_that_fails)
{
    torture_sweep("branches by numbers of elements", take_branches, NULL);
}
