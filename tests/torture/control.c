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

static eg_tensor *total;

EG_FUNCTION(note, t, x, rows)
{
    eg_assign_add(total, eg_sum(x));
    return eg_tuple(eg_mul(x, eg_cos(total)), eg_tensor_array_write(rows, t, eg_sum(x)));
}

EG_FUNCTION(halve, row)
{
    return eg_mul(row, 0.5);
}

EG_FUNCTION(add_up, sum, row)
{
    return eg_add(sum, row);
}

/* Assignments, arrays, and what gradients run again. */
EG_FUNCTION(more_of_them, x)
{
    eg_tensor *rows = eg_tensor_array(EG_FLOAT32, 3, EG_NO_DIMS);
    eg_tensor *y = eg_for(3, note_body, NULL, EG_IN(x, rows), .recompute = true);
    rows = eg_map(halve_body, NULL, EG_IN(eg_part(y, 1)));
    return eg_mul(eg_fold(add_up_body, NULL, 1, EG_STATE(1.0, rows)), eg_sum(eg_part(y, 0)));
}

static eg_tensor *use_second(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_mul(in[1], 2);
}

/* Gradients that may not arrive. */
EG_FUNCTION(perhaps, x)
{
    eg_tensor *root = eg_sqrt(x), *more = eg_greater(eg_sum(x), 60);
    eg_tensor *y = eg_cond(more, use_second, shrink, NULL, EG_IN(x, root));
    return eg_part(eg_while(is_small, cell, NULL, EG_IN(y, root), .most = 2), 0);
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

/* The gradient of a function of one argument. */
static void run_gradient(torture *t, eg_function *f)
{
    eg_tensor *x = EG_F32(1, 2, 3), *g = NULL;
    EG_TAPE;

    eg_watch(x);
    eg_gradient(eg_call(f, x), 1, &x, &g);
    torture_result(t, g);
}

static void run_more(torture *t, void *env)
{
    eg_function *f = eg_function_of(more_of_them);

    (void)env;
    total = eg_variable(eg_constant(0.0));
    if (total)
        run_gradient(t, f);
    eg_function_free(f);
    eg_variable_free(total);
}

TEST(assignments_and_arrays_report_the_allocation_that_fails)
{
    torture_sweep("staged, with effects", run_more, NULL);
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
    const eg_callable *what = env;
    eg_function *f = eg_function_from(what, NULL, 0);

    run_gradient(t, f);
    eg_function_free(f);
}

TEST(gradients_of_staged_operations_report_the_allocation_that_fails)
{
    torture_sweep("staged, backwards", run_backwards, (void *)(uintptr_t)&all_of_them_callable);
    torture_sweep("perhaps, backwards", run_backwards, (void *)(uintptr_t)&perhaps_callable);
}
