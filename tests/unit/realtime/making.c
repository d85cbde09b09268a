/* Making plans: what is refused, and why; which ways and values a plan holds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static eg_tensor *is_far(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_greater(eg_sum(eg_square(in[0])), 1);
}

EG_FUNCTION(limits, x)
{
    if (eg_true(eg_greater(eg_sum(eg_abs(x)), 100)))
        return eg_clip(x, -1, 1);
    return eg_mul(x, 2);
}

/* ---- what cannot be planned ------------------------------------------------------------------ */

static eg_status look(const eg_host_args *args)
{
    (void)args;
    return EG_OK;
}

static eg_host *host;

EG_FUNCTION(calls_the_host, x)
{
    return eg_add(eg_host_call(host, EG_IN(x)), 1);
}

EG_FUNCTION(prints, x)
{
    eg_print(x);
    return x;
}

static eg_tensor *print_half(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_print(in[0]);
    return eg_tuple(eg_mul(in[0], 0.5), eg_add(in[1], 1));
}

EG_FUNCTION(prints_inside, x)
{
    return eg_part(eg_while(is_far, print_half, NULL, EG_STATE(x, eg_constant(0))), 0);
}

EG_FUNCTION(transforms, x)
{
    return eg_rfft(x, 0);
}

static void refuses(eg_function *f, eg_tensor *x, const char *what, const char *why)
{
    eg_error e;
    assert_null(eg_plan_new(f, EG_IN(x)));
    assert_int_equal(eg_pending(&e), EG_STATE);
    assert_non_null(strstr(e.message, what));
    assert_true(strstr(e.file, "making.c") && e.line > 0);
    assert_error(EG_STATE, why);
    eg_function_free(f);
}

TEST(what_may_wait_is_refused_with_operation_and_line)
{
    EG_SCOPE;
    eg_tensor *far = EG_F32(0.1f, 0.1f);

    host = eg_host_new(.name = "look", .call = look);
    refuses(eg_function_of(calls_the_host), far, "HostCall", "calls the host");
    eg_host_free(host);
    refuses(eg_function_of(prints), far, "Print", "prints");
    refuses(eg_function_of(prints_inside), far, "Print", "prints");
    refuses(eg_function_of(transforms), eg_zeros(EG_FLOAT32, EG_DIMS(14)), "Rfft",
        "factors above 5");
    eg_function *f = eg_function_of(transforms);
    eg_plan *plan = eg_plan_new(f, EG_IN(eg_zeros(EG_FLOAT32, EG_DIMS(240))));
    assert_fine();
    eg_plan_free(plan);
    eg_function_free(f);
}

EG_FUNCTION(shrinks, x)
{
    return eg_true(eg_greater(eg_sum(x), 0)) ? x : eg_get(x, EG_RANGE(0, 1));
}

EG_FUNCTION(reads, x)
{
    return eg_add(x, ((const float *)eg_data(x, EG_FLOAT32))[0]);
}

TEST(a_plan_has_one_shape_for_each_output)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(shrinks);

    eg_call(f, EG_F32(1, 2));
    eg_call(f, EG_F32(-1, -2));
    assert_null(eg_plan_new(f, EG_IN(EG_F32(1, 2))));
    assert_error(EG_STATE, "float32[2] on one way and float32[1] on another");
    eg_function_free(f);
    f = eg_function_of(reads);
    assert_null(eg_plan_new(f, EG_IN(EG_F32(1, 2))));
    assert_error(EG_STATE, "cannot be recorded");
    eg_function_free(f);
    assert_null(eg_plan_new(NULL, EG_IN(EG_F32(1, 2))));
    assert_error(EG_INVALID, "function is NULL");
    assert_null(eg_concrete_plan(NULL));
    assert_error(EG_INVALID, "concrete is NULL");
}

/* What it does with large elements depends on how many rows there are. */
EG_FUNCTION(by_rows, x)
{
    if (!eg_true(eg_greater(eg_sum(x), 0)))
        return eg_neg(x);
    if (!eg_true(eg_greater(eg_max(x), 100)))
        return eg_mul(x, 4);
    return eg_dim(x, 0) > 3 ? eg_mul(x, 2) : eg_mul(x, 3);
}

TEST(a_question_without_a_known_answer_ends_a_run)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(by_rows);
    eg_tensor *large = eg_constant(200.0);

    for (int64_t rows = 6; rows > 3; rows--) /* with fewer the last question has another answer */
        eg_call(f, eg_full(large, 1, &rows));
    assert_values(eg_call(f, EG_F32(-1, -2)), 1, 2);
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(-1, -2)));
    float x[2] = {-3, 1}, y[2] = {7, 7};

    assert_fine();
    assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_OK);
    assert_true(y[0] == 3 && y[1] == -1);
    x[0] = 300;
    assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_UNSEEN);
    assert_true(y[0] == 3 && y[1] == -1);
    eg_plan_free(plan);
    eg_function_free(f);
}

TEST(a_concrete_function_is_planned_with_the_ways_it_has)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(limits);
    eg_concrete *c = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    eg_plan *before = eg_concrete_plan(c);
    eg_concrete_extend(c, EG_IN(EG_F32(100, 200)));
    eg_plan *after = eg_concrete_plan(c);
    eg_concrete_free(c);
    eg_function_free(f);
    float x[2] = {100, 200}, y[2];

    assert_fine();
    assert_int_equal(eg_plan_run(before, EG_FROM(x), EG_INTO(y)), EG_PLAN_UNSEEN);
    assert_int_equal(eg_plan_run(after, EG_FROM(x), EG_INTO(y)), EG_PLAN_OK);
    assert_true(y[0] == 1 && y[1] == 1);
    eg_plan_free(before);
    eg_plan_free(after);
}

/* ---- arguments that are fixed ---------------------------------------------------------------- */

typedef struct settings {
    float by;
} settings;

static eg_tensor *powers(int n, eg_tensor *const in[], void *env)
{
    const settings *s = env;
    eg_tensor *y = eg_mul(in[0], s->by);

    (void)n;
    for (int64_t i = 0, times = (int64_t)eg_item(in[1]); i < times; i++)
        y = eg_mul(y, in[2]);
    return y;
}

TEST(variables_values_and_the_environment_are_fixed_as_they_are)
{
    EG_SCOPE;
    settings s = {3};
    eg_callable callable = {powers, 3, "powers"};
    eg_tensor *w = eg_variable(EG_F32(2, 3));
    eg_function *f = (eg_function_new_with)(&callable,
        &(eg_function_attrs){.size = sizeof(eg_function_attrs),
            .env = &s,
            .env_size = sizeof s,
            .signature = EG_SIGNATURE({.name = "x"}, {.name = "n", .by_value = true},
                {.name = "w", .takes = EG_TAKES_VARIABLE})});
    eg_plan *plan = eg_plan_new(f, EG_IN(EG_F32(0, 0), eg_constant(2), w));
    float x[2] = {1, 1}, y[2];

    assert_fine();
    eg_assign(w, EG_F32(100, 100));
    s.by = 100;
    assert_int_equal(eg_plan_run(plan, EG_FROM(x), EG_INTO(y)), EG_PLAN_OK);
    assert_true(y[0] == 12 && y[1] == 27);
    eg_plan_free(plan);
    eg_function_free(f);
    eg_variable_free(w);
}

/* ---- kernels of oneDNN ----------------------------------------------------------------------- */

EG_FUNCTION(filters, x, w)
{
    return eg_relu(eg_conv(x, w));
}

TEST(a_large_convolution_has_another_kernel_where_close_is_enough)
{
    EG_SCOPE;
    enum { SIZE = 40, CHANNELS = 16 };
    eg_function *f = eg_function_of(filters);
    eg_tensor *x = eg_normal(eg_key(1), EG_DIMS(1, SIZE, SIZE, CHANNELS));
    eg_tensor *w = eg_normal(eg_key(2), EG_DIMS(3, 3, CHANNELS, CHANNELS));
    eg_tensor *y = eg_call(f, x, w);
    eg_plan *plan = eg_plan_new(f, EG_IN(x, w));
    if (!plan) { /* with oneDNN there is a faster kernel */
        assert_error(EG_STATE, "oneDNN takes memory");
        plan = eg_plan_new(f, EG_IN(x, w), .close = true);
    }
    size_t bytes = sizeof(float) * (size_t)eg_size(y);
    float *out = malloc(bytes), worst = 0;

    assert_fine();
    eg_plan_in in[2] = {{eg_data(x, EG_FLOAT32), sizeof(float) * (size_t)eg_size(x)},
        {eg_data(w, EG_FLOAT32), sizeof(float) * (size_t)eg_size(w)}};
    assert_int_equal(eg_plan_run(plan, 2, in, 1, &(eg_plan_out){out, bytes}), EG_PLAN_OK);
    for (int64_t i = 0; i < eg_size(y); i++)
        worst = fmaxf(worst, fabsf(out[i] - ((const float *)eg_data(y, EG_FLOAT32))[i]));
    assert_true(worst < 1e-4f);
    free(out);
    eg_plan_free(plan);
    eg_function_free(f);
}
