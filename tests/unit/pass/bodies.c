/* Passes over bodies of loops and branches, and over narrow dtypes: what they leave to do, and that
 * it computes the bits of the operations one by one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

/* What a pass has added to graphs, or taken away, so far. */
static int64_t changed(const char *name)
{
    eg_pass_info p = {.size = sizeof p};

    for (int i = 0; eg_pass_list(i, &p); i++)
        if (strcmp(p.name, name) == 0)
            return p.nodes_after - p.nodes_before;
    fail_msg("there is no pass %s", name);
    return 0;
}

/* Fails unless the function gives the bits of its body and the pass had something to do. */
static void check(const char *pass, eg_body fn, int n, eg_tensor *const in[])
{
    eg_function *f = eg_function_new(fn, n, NULL, 0);
    eg_tensor *eager = fn(n, in, NULL);
    int64_t before = changed(pass);

    for (int call = 0; call < 3; call++) {
        EG_SCOPE;
        eg_tensor *y = eg_call_of(f, n, in);
        assert_fine();
        assert_same_bits(eager, y);
    }
    eg_function_free(f);
    assert_true(changed(pass) != before);
}

#define BODY(name, ...)                                                                            \
    static eg_tensor *name(int n, eg_tensor *const in[], void *env)                                \
    {                                                                                              \
        eg_tensor *x = in[0], *y = n > 1 ? in[1] : NULL;                                           \
        (void)x, (void)y, (void)env;                                                               \
        return __VA_ARGS__;                                                                        \
    }

/* ---- unfold --------------------------------------------------------------------------------- */

BODY(grow, eg_add(eg_mul(y, 1.5), eg_cast(x, EG_FLOAT32)))
BODY(exchange, eg_tuple(y, eg_sub(x, y)))
BODY(halve, eg_mul(x, 0.5))
BODY(negate, eg_neg(eg_exp(x)))

BODY(three_steps, eg_add(eg_for(3, grow, NULL, 1, &x), 1))
BODY(no_steps, eg_add(eg_for(0, grow, NULL, 1, &x), 1))
BODY(branch_that_is_known,
    eg_add(eg_switch(eg_scalar_int(EG_INT64, 9), 2, ((const eg_body[]){halve, negate}), NULL, 1,
               &x),
        x))

static eg_tensor *exchanging(int n, eg_tensor *const in[], void *env)
{
    (void)n;
    eg_tensor *y = eg_scan(exchange, env, 2, 2, in, .length = 5);
    return eg_tuple(eg_part(y, 1), eg_part(y, 0));
}

/* Steps inside of a step that is one of many. */
BODY(inner_steps, eg_for(2, grow, NULL, 1, &y))
BODY(nested, eg_for(eg_cast(eg_size_of(x, 0), EG_INT64), inner_steps, NULL, 1, &x))

TEST(steps_and_branches_in_their_place_have_the_same_bits)
{
    EG_SCOPE;
    eg_tensor *in[] = {EG_F32(1, -2, 0.3, 4), EG_F32(5, 6, -7, 0.1)};

    check("unfold", three_steps, 1, in);
    check("unfold", no_steps, 1, in);
    check("unfold", branch_that_is_known, 1, in);
    check("unfold", exchanging, 2, in);
    check("unfold", nested, 1, in);
}

static eg_tensor *gradient_of_steps(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    EG_TAPE;
    eg_tensor *x = in[0], *dx;

    eg_watch(x);
    eg_tensor *y = eg_sum(eg_for(0, grow, NULL, 1, &x));
    eg_gradient(y, 1, &x, &dx);
    return eg_give(eg_tuple(y, dx));
}

TEST(a_loop_without_steps_has_the_gradient_that_it_had)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, 2, 3);

    check("unfold", gradient_of_steps, 1, &x);
}

/* ---- hoist ---------------------------------------------------------------------------------- */

static eg_tensor *matrix;

BODY(turned, eg_add(eg_matmul(eg_add(eg_matmul(matrix, matrix), 1), y), eg_cast(x, EG_FLOAT32)))

static eg_tensor *turning(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *steps = eg_cast(eg_size_of(in[0], 0), EG_INT64), *x = in[1];

    (void)n;
    matrix = in[0];
    eg_tensor *y = eg_for(steps, turned, env, 1, &x);
    matrix = NULL;
    return y;
}

BODY(is_below, eg_less(eg_sum(eg_abs(x)), eg_sum(eg_mul(matrix, matrix))))
BODY(double_up, eg_add(eg_mul(x, 2), eg_sum(eg_exp(matrix))))

static eg_tensor *asking(int n, eg_tensor *const in[], void *env)
{
    eg_tensor *x = in[1];

    (void)n;
    matrix = in[0];
    eg_tensor *y = eg_while(is_below, double_up, env, 1, &x);
    matrix = NULL;
    return y;
}

static eg_tensor *gradient_of_turning(int n, eg_tensor *const in[], void *env)
{
    EG_TAPE;
    eg_tensor *dx[2];

    eg_watch(in[0]);
    eg_watch(in[1]);
    eg_tensor *y = eg_sum(turning(n, in, env));
    eg_gradient(y, 2, in, dx);
    return eg_give(eg_tuple(y, dx[0], dx[1]));
}

TEST(what_is_the_same_in_each_step_is_computed_once_with_the_same_bits)
{
    EG_SCOPE;
    eg_tensor *in[] = {eg_mul(eg_normal(eg_key(1), EG_DIMS(12, 12)), 0.1),
        eg_normal(eg_key(2), EG_DIMS(12, 3))};

    check("hoist", turning, 2, in);
    check("hoist", asking, 2, in);
    check("hoist", gradient_of_turning, 2, in);
}

/* ---- widen ---------------------------------------------------------------------------------- */

static eg_tensor *narrow(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_tensor *x = in[0], *y = in[1];
    eg_tensor *z = eg_mul(eg_add(x, y), eg_exp(eg_neg(x)));
    return eg_tuple(z, eg_relu(eg_sub(z, x)), eg_sum(eg_mul(z, z)), eg_greater(x, y),
        eg_max(eg_abs(z), .axes = EG_AXES(1)), eg_matmul(x, z, .transpose_b = true));
}

static void check_narrow(eg_body fn, eg_dtype dtype, int64_t n)
{
    EG_SCOPE;
    static uint16_t bits[2][7 * 5000];
    uint64_t seed = 7;

    for (int64_t i = 0; i < 7 * n; i++)
        for (int k = 0; k < 2; k++)
            bits[k][i] = (uint16_t)(harness_random(&seed) >> 40);
    eg_tensor *in[] = {eg_copy(dtype, EG_DIMS(7, n), bits[0]),
        eg_copy(dtype, EG_DIMS(7, n), bits[1])};

    check("widen", fn, 2, in);
}

TEST(narrow_dtypes_are_rounded_as_often_as_before)
{
    check_narrow(narrow, EG_FLOAT16, 11);
    check_narrow(narrow, EG_BFLOAT16, 1000);
}
