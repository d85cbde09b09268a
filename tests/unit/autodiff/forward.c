/* Forward mode: tangents of every kind of operation, nested with itself, tapes and functions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

TEST(a_tangent_goes_through_each_kind_of_operation)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2), *m = eg_reshape(EG_F64(1, 2, 3, 4), EG_DIMS(2, 2));
    EG_FORWARD;

    eg_set_tangent(x, EG_F64(1, 10));
    assert_prints(eg_tangent(x), "[ 1. 10.] float64[2]");
    assert_prints(eg_tangent(eg_mul(x, x)), "[ 2. 40.] float64[2]");
    assert_prints(eg_tangent(eg_sum(x)), "11. float64[]");
    assert_prints(eg_tangent(eg_matmul(m, x)), "[21. 43.] float64[2]");
    assert_prints(eg_tangent(eg_reshape(x, EG_DIMS(2, 1))), "[[ 1.] [10.]] float64[2,1]");
    assert_prints(eg_tangent(eg_max(x)), "10. float64[]");
    assert_prints(eg_tangent(eg_mul(x, eg_reshape(EG_F64(1, 2), EG_DIMS(2, 1)))),
        "[[ 1. 10.] [ 2. 20.]] float64[2,2]");
    assert_prints(eg_tangent(eg_prod(x)), "12. float64[]");
    assert_fine();
}

TEST(what_does_not_move_has_tangent_zero)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2);
    EG_FORWARD;

    eg_set_tangent(x, EG_F64(1, 10));
    assert_prints(eg_tangent(EG_F32(3, 4)), "[0. 0.] float32[2]");
    assert_prints(eg_tangent(eg_stop_gradient(x)), "[0. 0.] float64[2]");
    assert_prints(eg_tangent(eg_sign(x)), "[0. 0.] float64[2]");
    assert_fine();
}

TEST(a_variable_moves_with_what_it_holds)
{
    EG_SCOPE;
    eg_tensor *v = eg_variable(EG_F64(1, 2));
    {
        EG_FORWARD;
        eg_set_tangent(v, EG_F64(1, 0));
        assert_prints(eg_tangent(eg_square(v)), "[2. 0.] float64[2]");
        eg_assign(v, eg_mul(v, 3));
        assert_prints(eg_tangent(v), "[3. 0.] float64[2]");
        assert_prints(eg_tangent(eg_square(v)), "[18.  0.] float64[2]");
        eg_assign(v, EG_F64(5, 5));
        assert_prints(eg_tangent(eg_square(v)), "[0. 0.] float64[2]");
    }
    assert_fine();
    eg_variable_free(v);
}

TEST(forward_mode_in_forward_mode_is_the_second_derivative)
{
    EG_SCOPE;
    eg_tensor *x = eg_scalar(EG_FLOAT64, 2), *one = eg_scalar(EG_FLOAT64, 1);
    EG_FORWARD;

    eg_set_tangent(x, one);
    eg_tensor *dy;
    {
        EG_FORWARD;
        eg_set_tangent(x, one);
        eg_tensor *y = eg_mul(eg_mul(x, x), x);
        assert_prints(y, "8. float64[]");
        dy = eg_give(eg_tangent(y));
    }
    assert_prints(dy, "12. float64[]");
    assert_prints(eg_tangent(dy), "12. float64[]");
    assert_fine();
}

static eg_tensor *cubes(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_sum(eg_mul(eg_mul(in[0], in[0]), in[0]));
}

static eg_tensor *both(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_tuple(eg_mul(in[0], in[1]), eg_exp(in[1]));
}

TEST(a_tape_inside_gives_the_hessian_times_a_vector)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2), *dx;
    EG_FORWARD;

    eg_set_tangent(x, EG_F64(1, 1));
    {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(cubes(1, &x, NULL), EG_IN(x), &dx);
        eg_give(dx);
    }
    assert_prints(dx, "[ 3. 12.] float64[2]");
    assert_prints(eg_tangent(dx), "[ 6. 12.] float64[2]");
    assert_fine();
}

TEST(a_tape_outside_differentiates_tangents)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2), *dx, *dy;
    EG_TAPE;

    eg_watch(x);
    {
        EG_FORWARD;
        eg_set_tangent(x, EG_F64(1, 1));
        dy = eg_give(eg_tangent(cubes(1, &x, NULL)));
    }
    assert_prints(dy, "15. float64[]");
    eg_gradient(dy, EG_IN(x), &dx);
    assert_prints(dx, "[ 6. 12.] float64[2]");
    assert_fine();
}

TEST(jvp_and_vjp_are_the_two_sides_of_the_jacobian)
{
    EG_SCOPE;
    eg_tensor *x[2] = {EG_F64(1, 2), EG_F64(0, 1)}, *v[2] = {EG_F64(1, 0), NULL}, *dx[2], *dy;

    eg_tensor *y = eg_jvp(both, NULL, 2, x, v, &dy);
    assert_prints(eg_part(y, 0), "[0. 2.] float64[2]");
    assert_prints(eg_part(dy, 0), "[0. 0.] float64[2]");
    v[1] = EG_F64(1, 0);
    eg_jvp(both, NULL, 2, x, v, &dy);
    assert_prints(eg_part(dy, 0), "[1. 0.] float64[2]");
    assert_prints(eg_part(dy, 1), "[1. 0.] float64[2]");
    y = eg_vjp(both, NULL, 2, x, eg_tuple(EG_F64(1, 1), EG_F64(2, 0)), dx);
    assert_prints(eg_part(y, 0), "[0. 2.] float64[2]");
    assert_prints(dx[0], "[0. 1.] float64[2]");
    assert_prints(dx[1], "[3. 2.] float64[2]");
    assert_fine();
}

TEST(the_hessian_and_its_product_agree)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2), *v = EG_F64(3, 5), *hv;

    eg_hvp(cubes, NULL, 1, &x, &v, &hv);
    assert_prints(hv, "[18. 60.] float64[2]");
    assert_prints(eg_hessian(cubes, NULL, x), "[[ 6.  0.] [ 0. 12.]] float64[2,2]");
    assert_fine();
}

EG_FUNCTION(cubed, x)
{
    return eg_mul(eg_mul(x, x), x);
}

EG_FUNCTION(slope_of_cubed, x)
{
    eg_tensor *dy, *one = eg_ones_like(x);
    eg_jvp(cubes, NULL, 1, &x, &one, &dy);
    return dy;
}

TEST(functions_run_under_forward_mode_and_record_it)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(cubed), *g = eg_function_of(slope_of_cubed);
    eg_tensor *x = EG_F64(1, 2);

    for (int i = 0; i < 3; i++)
        assert_prints(eg_call(g, x), "15. float64[]");
    eg_function_info info = {.size = sizeof info};
    eg_function_info_now(g, &info);
    assert_int_equal(info.traces, 1);
    {
        EG_FORWARD;
        eg_set_tangent(x, EG_F64(1, 0));
        assert_prints(eg_tangent(eg_call(f, x)), "[3. 0.] float64[2]");
    }
    assert_fine();
    eg_function_free(f);
    eg_function_free(g);
}

static eg_status twice_the_slope(const eg_rule_call *c)
{
    c->dx[0] = eg_mul(c->dy, 2);
    return EG_OK;
}

static eg_tensor *same(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_mul(in[0], 1);
}

TEST(a_gradient_of_the_users_own_gives_the_tangent_too)
{
    const eg_rule rule = {"doubled", same, twice_the_slope, NULL};
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2);
    EG_FORWARD;

    eg_set_tangent(x, EG_F64(1, 3));
    assert_prints(eg_tangent(eg_custom_gradient(&rule, 1, &x)), "[2. 6.] float64[2]");
    assert_prints(eg_tangent(eg_recompute(cubes, NULL, 1, &x)), "39. float64[]");
    assert_fine();
}

TEST(long_loops_keep_no_tangents_that_nobody_needs)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2);
    EG_FORWARD;

    eg_set_tangent(x, EG_F64(1, 0));
    for (int i = 0; i < 1000; i++) {
        EG_SCOPE;
        eg_replace(&x, eg_mul(x, 1));
    }
    assert_prints(eg_tangent(x), "[1. 0.] float64[2]");
    assert_fine();
}

TEST(mistakes_with_tangents_are_told)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2), *dy;

    assert_int_equal(eg_set_tangent(x, x), EG_STATE);
    assert_error(EG_STATE, "EG_FORWARD");
    assert_null(eg_tangent(x));
    assert_error(EG_STATE, "EG_FORWARD");
    {
        EG_FORWARD;
        eg_set_tangent(x, EG_F64(1, 2, 3));
        assert_error(EG_INVALID, "they must agree");
        eg_set_tangent(EG_I32(1, 2), EG_I32(1, 2));
        assert_error(EG_INVALID, "x is int32");
        eg_set_tangent(x, NULL);
        assert_error(EG_INVALID, "the tangent is NULL");
        assert_null(eg_tangent(EG_I32(1, 2)));
        assert_error(EG_INVALID, "int32");
    }
    assert_null(eg_jvp(NULL, NULL, 1, &x, &x, &dy));
    assert_error(EG_INVALID, "body is NULL");
    assert_null(eg_hessian(cubes, NULL, NULL));
    assert_error(EG_INVALID, "NULL");
}
