/* Functions called with other sizes: a trace recorded with two serves more, with the bits that the
 * body gives.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include <pthread.h>
#include <string.h>

static int bodies_run;

static const char *fixed_by(const eg_function *f, int trace)
{
    static eg_retrace r;

    r = (eg_retrace){.size = sizeof r};
    return eg_function_retrace(f, trace, &r) ? r.fixed : "no such trace";
}

/* Calls a function of one argument of rank 2 and demands what the body gives by itself. */
static void check_rows(eg_function *f, int64_t rows, int64_t columns)
{
    EG_SCOPE;
    eg_tensor *x = numbers((int)(rows * 100 + columns), EG_DIMS(rows, columns));
    eg_tensor *y = eg_call(f, x);

    eg_run_functions_eagerly(true);
    eg_tensor *want = eg_call(f, x);
    eg_run_functions_eagerly(false);
    bodies_run--;
    assert_same_bits(y, want);
}

/* ---- what stays free ------------------------------------------------------------------------ */

EG_FUNCTION(standardize, x)
{
    bodies_run++;
    eg_tensor *centered = eg_sub(x, eg_mean(x, .axes = EG_AXES(0), .keep_dims = true));
    return eg_div(centered, eg_add(eg_std(x), 1e-3));
}

TEST(the_third_size_is_served_without_running_the_body)
{
    eg_function *f = eg_function_of(standardize);

    bodies_run = 0;
    check_rows(f, 32, 4);
    check_rows(f, 48, 4);
    assert_int_equal(bodies_run, 2);
    for (int64_t rows = 2; rows < 20; rows++)
        check_rows(f, rows, 4);
    check_rows(f, 5, 7);
    assert_int_equal(bodies_run, 2);
    assert_int_equal(eg_function_trace_count(f), 2);
    assert_int_equal(info_of(f).sizes, 19);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

TEST(sizes_of_one_and_none_are_traced_for_themselves)
{
    eg_function *f = eg_function_of(standardize);

    bodies_run = 0;
    check_rows(f, 3, 4);
    check_rows(f, 5, 4);
    check_rows(f, 1, 4);
    check_rows(f, 7, 4);
    assert_int_equal(bodies_run, 3);
    check_rows(f, 6, 1);
    check_rows(f, 0, 4);
    assert_int_equal(bodies_run, 5);
    eg_function_free(f);
}

EG_FUNCTION(add_up, x, y)
{
    bodies_run++;
    return eg_add(eg_sum(eg_mul(x, y), .axes = EG_AXES(-1)), eg_max(x));
}

TEST(several_arguments_vary_together_or_not)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(add_up);

    bodies_run = 0;
    for (int64_t n = 2; n < 9; n++) {
        eg_tensor *x = numbers((int)n, EG_DIMS(n, 3)), *y = numbers((int)n + 50, EG_DIMS(n, 3));
        eg_tensor *z = eg_call(f, x, y);
        assert_same_bits(z, add_up(x, y));
        bodies_run--;
    }
    assert_int_equal(bodies_run, 2);
    /* Where the shape rules say no, the body says why. */
    assert_null(eg_call(f, numbers(1, EG_DIMS(20, 3)), numbers(2, EG_DIMS(21, 3))));
    assert_error(EG_INVALID, "broadcast");
    eg_function_free(f);
}

EG_FUNCTION(half_of_the_size, x)
{
    bodies_run++;
    eg_tensor *n = eg_cast(eg_size_of(x, 0), EG_FLOAT32);
    return eg_mul(eg_sum(x), eg_div(n, 2));
}

TEST(a_size_as_a_tensor_is_free)
{
    eg_function *f = eg_function_of(half_of_the_size);

    bodies_run = 0;
    for (int64_t rows = 2; rows < 12; rows++)
        check_rows(f, rows, 3);
    assert_int_equal(bodies_run, 2);
    eg_function_free(f);
}

TEST(a_size_of_no_axis_is_an_error)
{
    EG_SCOPE;

    assert_prints(eg_size_of(eg_zeros(EG_FLOAT32, EG_DIMS(3, 2)), -1), "2 int64[]");
    assert_null(eg_size_of(EG_F32(1, 2), 1));
    assert_error(EG_INVALID, "no axis 1");
    assert_null((eg_size_of)(NULL, 0));
    assert_error(EG_INVALID, "NULL");
}

EG_FUNCTION(composed_of_many, x)
{
    bodies_run++;
    eg_tensor *scores = eg_einsum("ik,jk->ij", EG_IN(x, x));
    eg_tensor *sum =
        eg_add(eg_sum(eg_tensordot(x, eg_ones_like(x))), eg_max(eg_tile(x, EG_DIMS(1, 2))));
    eg_tensor *wide = eg_pad(x, .before = {2, {0, 1}}, .after = {2, {0, 2}});
    eg_tensor *last = eg_logsumexp(eg_cumulative_sum(eg_repeat(wide, 2, 1)), .axes = EG_AXES(1));
    return eg_tuple(eg_softmax(scores), eg_add(last, sum), eg_flatten(eg_outer(x, x)));
}

TEST(what_is_composed_of_shapes_is_free)
{
    eg_function *f = eg_function_of(composed_of_many);

    bodies_run = 0;
    for (int64_t rows = 3; rows < 9; rows++)
        check_rows(f, rows, 4);
    assert_string_equal(fixed_by(f, 1), "");
    assert_int_equal(bodies_run, 2);
    eg_function_free(f);
}

/* ---- declared ------------------------------------------------------------------------------- */

TEST(declared_sizes_are_free_from_the_first_trace_on)
{
    eg_function *f = eg_function_of(standardize,
        .signature = EG_SIGNATURE({.name = "x", .shape = EG_SHAPE(-1, 4)}));

    bodies_run = 0;
    for (int64_t rows = 2; rows < 9; rows++)
        check_rows(f, rows, 4);
    assert_int_equal(bodies_run, 1);
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_free(f);
}

static eg_function *strict;

EG_FUNCTION(calls_what_is_strict, x)
{
    return eg_call(strict, x);
}

TEST(a_size_that_a_function_inside_refuses_is_refused)
{
    EG_SCOPE;
    strict = eg_function_of(standardize,
        .signature = EG_SIGNATURE({.name = "x", .shape = EG_SHAPE(5, -1)}));
    eg_function *f = eg_function_of(calls_what_is_strict);

    for (int64_t columns = 2; columns < 6; columns++)
        assert_non_null(eg_call(f, numbers(1, EG_DIMS(5, columns))));
    assert_int_equal(eg_function_trace_count(f), 2);
    assert_null(eg_call(f, numbers(1, EG_DIMS(6, 3))));
    assert_error(EG_INVALID, "\"x\"");
    eg_function_free(f);
    eg_function_free(strict);
}

/* ---- what is fixed -------------------------------------------------------------------------- */

static int line_of_eg_dim;

EG_FUNCTION(divided_by_rows, x)
{
    bodies_run++;
    line_of_eg_dim = __LINE__ + 1;
    return eg_div(eg_sum(x), (double)eg_dim(x, 0));
}

TEST(eg_dim_fixes_its_dimension_and_no_other)
{
    eg_function *f = eg_function_of(divided_by_rows);
    char want[64];

    bodies_run = 0;
    check_rows(f, 3, 4);
    check_rows(f, 5, 4);
    check_rows(f, 7, 4);
    assert_int_equal(bodies_run, 3);
    snprintf(want, sizeof want, "sizes.c:%d", line_of_eg_dim);
    assert_non_null(strstr(fixed_by(f, 1), "dimension 0 of argument 0 is fixed at "));
    assert_non_null(strstr(fixed_by(f, 1), want));
    check_rows(f, 7, 5);
    assert_int_equal(bodies_run, 4);
    for (int64_t columns = 6; columns < 12; columns++)
        check_rows(f, 7, columns);
    assert_int_equal(bodies_run, 4);
    eg_function_free(f);
}

EG_FUNCTION(few_or_many, x)
{
    bodies_run++;
    return eg_size(x) < 20 ? eg_sum(x) : eg_max(x);
}

TEST(a_body_that_decides_by_a_size_is_right_for_all)
{
    eg_function *f = eg_function_of(few_or_many);

    bodies_run = 0;
    for (int64_t rows = 2; rows < 12; rows++)
        check_rows(f, rows, 4);
    assert_int_equal(bodies_run, 10);
    eg_function_free(f);
}

static double secret;

EG_FUNCTION(secretive, x)
{
    bodies_run++;
    return eg_mul(x, secret);
}

TEST(a_body_that_knows_sizes_from_elsewhere_is_never_relaxed)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(secretive);

    bodies_run = 0;
    for (int64_t n = 2; n < 6; n++) {
        secret = (double)n;
        eg_call(f, numbers(1, EG_DIMS(n)));
    }
    assert_int_equal(bodies_run, 4);
    assert_int_equal(info_of(f).sizes, 0);
    assert_non_null(strstr(fixed_by(f, 1), "does something else at "));
    eg_function_free(f);
}

/* ---- branches ------------------------------------------------------------------------------- */

EG_FUNCTION(by_sign, x)
{
    bodies_run++;
    if (eg_true(eg_greater(eg_sum(x), 0)))
        return eg_mul(x, 2);
    return eg_softmax(x);
}

TEST(branches_that_were_met_go_along)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(by_sign);

    bodies_run = 0;
    for (int64_t n = 2; n < 8; n++)
        for (int sign = -1; sign < 2; sign += 2) {
            eg_tensor *x = eg_mul(eg_ones(EG_FLOAT32, EG_DIMS(n, 2)), sign);
            eg_tensor *y = eg_call(f, x);
            assert_same_bits(y, sign > 0 ? eg_mul(x, 2) : eg_softmax(x));
        }
    /* Twice for each of the sizes that were recorded. */
    assert_int_equal(bodies_run, 4);
    eg_function_free(f);
}

EG_FUNCTION(early_branch, x)
{
    bodies_run++;
    if (eg_true(eg_greater(eg_sum(x), 0)))
        return eg_mul(x, (double)eg_dim(x, 0));
    return eg_neg(x);
}

TEST(a_branch_that_looks_at_a_size_is_recorded_where_it_is_met)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(early_branch);

    bodies_run = 0;
    for (int64_t n = 2; n < 5; n++)
        assert_non_null(eg_call(f, eg_mul(eg_ones(EG_FLOAT32, EG_DIMS(n)), -1)));
    assert_int_equal(bodies_run, 2);
    for (int64_t n = 4; n < 6; n++) {
        eg_tensor *x = eg_ones(EG_FLOAT32, EG_DIMS(n));
        assert_same_bits(eg_call(f, x), eg_mul(x, (double)n));
    }
    assert_int_equal(bodies_run, 4);
    assert_int_equal(eg_function_trace_count(f), 2);
    eg_function_free(f);
}

/* ---- gradients of calls --------------------------------------------------------------------- */

TEST(calls_on_a_tape_are_free_as_well)
{
    eg_function *f = eg_function_of(standardize);

    bodies_run = 0;
    for (int64_t n = 3; n < 9; n++) {
        EG_SCOPE;
        eg_tensor *x = numbers((int)n, EG_DIMS(n, 3)), *dx[2];
        for (int way = 0; way < 2; way++) {
            EG_TAPE;
            eg_watch(x);
            eg_tensor *y = way == 0 ? eg_call(f, x) : standardize(x);
            eg_gradient(eg_sum(eg_square(y)), 1, &x, &dx[way]);
            dx[way] = eg_give(dx[way]);
        }
        bodies_run--;
        assert_same_bits(dx[0], dx[1]);
    }
    assert_int_equal(bodies_run, 2);
    eg_function_free(f);
}

/* ---- in bodies ------------------------------------------------------------------------------ */

static eg_function *inner;

EG_FUNCTION(calls_another, x)
{
    bodies_run++;
    return eg_add(eg_call(inner, x), 1);
}

TEST(a_function_that_calls_another_serves_other_sizes)
{
    inner = eg_function_of(standardize);
    eg_function *f = eg_function_of(calls_another);

    for (int64_t rows = 2; rows < 9; rows++)
        check_rows(f, rows, 3);
    assert_int_equal(eg_function_trace_count(f), 2);
    assert_int_equal(eg_function_trace_count(inner), 0);
    eg_function_free(f);
    eg_function_free(inner);
}

static eg_tensor *twice(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_mul(in[0], 2);
}

/* The first with a tangent, through a reshape and a slice. */
EG_FUNCTION(pushes_forward, x)
{
    eg_tensor *tangent = eg_cos(x), *dy;

    bodies_run++;
    EG_FORWARD;
    eg_set_tangent(x, tangent);
    eg_tensor *y = eg_mean(eg_reshape(eg_square(x), EG_DIMS(-1)));
    y = eg_add(y, eg_sum(eg_slice(eg_exp(x), .begin = {1, {1}}), .axes = EG_AXES(0)));
    dy = eg_tangent(y);
    return eg_give(eg_add(y, dy));
}

TEST(tangents_are_free_as_well)
{
    eg_function *f = eg_function_of(pushes_forward);

    bodies_run = 0;
    for (int64_t rows = 2; rows < 8; rows++)
        check_rows(f, rows, 3);
    assert_int_equal(bodies_run, 2);
    eg_function_free(f);
}

EG_FUNCTION(maps_over_rows, x)
{
    bodies_run++;
    return eg_vmap(twice, NULL, 1, &x, NULL);
}

/* Of the step's number and x. */
static eg_tensor *loop_body(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_mul(in[1], 2);
}

EG_FUNCTION(loops_over_it, x)
{
    bodies_run++;
    return eg_for(eg_constant(3), loop_body, NULL, 1, &x);
}

TEST(bodies_on_symbols_fix_the_sizes)
{
    eg_function *f = eg_function_of(maps_over_rows), *g = eg_function_of(loops_over_it);

    bodies_run = 0;
    for (int64_t rows = 2; rows < 6; rows++) {
        check_rows(f, rows, 3);
        check_rows(g, rows, 3);
    }
    assert_int_equal(bodies_run, 8);
    assert_non_null(strstr(fixed_by(f, 1), "is fixed at "));
    eg_function_free(f);
    eg_function_free(g);
}

static eg_tensor *last_sum;
static FILE *tmp;

EG_FUNCTION(keeps_its_sum, x)
{
    bodies_run++;
    eg_assign(last_sum, eg_sum(x, .axes = EG_AXES(0)));
    eg_print(eg_max(x), .to = tmp);
    return eg_value(last_sum);
}

TEST(what_is_assigned_must_fit_its_variable_with_each_size)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(keeps_its_sum);

    tmp = tmpfile();
    last_sum = eg_variable(eg_zeros(EG_FLOAT32, EG_DIMS(3)));
    bodies_run = 0;
    for (int64_t rows = 2; rows < 6; rows++)
        check_rows(f, rows, 3);
    assert_int_equal(bodies_run, 2);
    assert_null(eg_call(f, numbers(1, EG_DIMS(9, 5))));
    assert_error(EG_INVALID, "float32[3]");
    eg_function_free(f);
    eg_variable_free(last_sum);
    fclose(tmp);
}

/* ---- threads -------------------------------------------------------------------------------- */

static eg_function *shared;

EG_FUNCTION(plain, x)
{
    return eg_div(eg_sub(x, eg_mean(x, .axes = EG_AXES(0), .keep_dims = true)), eg_std(x));
}

static void *call_with_many_sizes(void *wrong)
{
    for (int i = 0; i < 60; i++) {
        EG_SCOPE;
        int64_t n = 2 + i % 11;
        eg_tensor *x = eg_cast(eg_reshape(eg_range(3 * n), EG_DIMS(n, 3)), EG_FLOAT32);
        eg_tensor *y = eg_call(shared, x), *want = plain(x);
        float got[64], expected[64];
        eg_read(y, EG_FLOAT32, got, 3 * n);
        eg_read(want, EG_FLOAT32, expected, 3 * n);
        if (!eg_ok() || memcmp(got, expected, sizeof *got * (size_t)(3 * n)) != 0)
            *(int *)wrong = 1;
    }
    return NULL;
}

TEST(threads_may_call_with_sizes_of_their_own)
{
    pthread_t threads[4];
    int wrong[4] = {0};

    shared = eg_function_from(&plain_callable, NULL, 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_with_many_sizes, &wrong[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 4; i++)
        assert_int_equal(wrong[i], 0);
    eg_function_free(shared);
}
