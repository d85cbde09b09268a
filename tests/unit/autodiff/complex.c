/* Derivatives of complex numbers: Jacobians, products with them, Hessians. The numbers are JAX's
 * (jax.jacrev, jax.jvp and jax.hessian with holomorphic=True) of map() below at the point of
 * point(), with float64.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <complex.h>

static eg_tensor *point(void)
{
    return eg_complex(EG_F64(0.5, -1.25), EG_F64(1.5, 0.75));
}

/* [exp(a) b, sin(a b), a / (1 + b^2)] */
static eg_tensor *map(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_tensor *a = eg_slice(in[0], .count = EG_AT(1)), *b = eg_slice(in[0], .begin = EG_AT(1));
    return eg_concat(
        EG_IN(eg_mul(eg_exp(a), b), eg_sin(eg_mul(a, b)), eg_div(a, eg_add(eg_square(b), 1))));
}

static void assert_near(eg_tensor *x, int n, const double _Complex want[])
{
    assert_fine();
    assert_int_equal(eg_size(x), n);
    for (int i = 0; i < n; i++) {
        eg_pair got =
            eg_item_pair(eg_slice(eg_reshape(x, EG_DIMS(n)), .begin = EG_AT(i), .count = EG_AT(1)));
        assert_float_equal(got.re, creal(want[i]), 1e-12);
        assert_float_equal(got.im, cimag(want[i]), 1e-12);
    }
}

static const double _Complex jacobian[] = {
    -1.379225812647316 + -1.9682695555240453 * I,
    0.11662592901934636 + 1.644591201830844 * I,
    2.095520464571831 + 2.304495524584082 * I,
    2.9331177235765176 + -1.6765521331739195 * I,
    0.2661122661122661 + 0.2494802494802495 * I,
    -0.368324825705283 + 0.4904543116601328 * I,
};

TEST(the_jacobian_of_a_holomorphic_function_is_its_complex_derivative)
{
    EG_SCOPE;
    eg_tensor *z = point();
    EG_TAPE_WITH(.persistent = true);

    eg_watch(z);
    eg_tensor *j = eg_jacobian(map(1, &z, NULL), z);
    assert_int_equal(eg_dtype_of(j), EG_COMPLEX128);
    assert_int_equal(eg_dim(j, 0), 3);
    assert_near(j, 6, jacobian);
}

TEST(the_product_with_a_complex_direction_is_the_jacobian_times_it)
{
    EG_SCOPE;
    static const double _Complex want[] = {
        -5.623386511816189 + -0.6342569907039836 * I,
        7.33415192410584 + 6.703832706157721 * I,
        -0.6821374388941956 + -0.49761195707141637 * I,
    };
    eg_tensor *z = point(), *v = eg_complex(EG_F64(1, 0.25), EG_F64(-0.5, 2)), *tangent;

    eg_jvp(map, NULL, 1, &z, &v, &tangent);
    assert_near(tangent, 3, want);
}

/* u conj(J): conj(pull(conj(u))) in JAX. */
TEST(the_product_from_the_left_takes_the_conjugate_as_gradients_do)
{
    EG_SCOPE;
    static const double _Complex want[] = {
        -7.8234302842833925 + -3.7267373110070574 * I,
        4.930158984345388 + -7.639427875794599 * I,
    };
    eg_tensor *z = point(), *u = eg_complex(EG_F64(1, 0, 0.5), EG_F64(1, -2, 0)), *dz;

    eg_vjp(map, NULL, 1, &z, u, &dz);
    assert_near(dz, 2, want);
}

static eg_tensor *sum_of_map(int n, eg_tensor *const in[], void *env)
{
    return eg_sum(map(n, in, env));
}

TEST(the_hessian_of_a_holomorphic_function_is_its_second_derivative)
{
    EG_SCOPE;
    static const double _Complex want[] = {
        0.2238828195816318 + -6.687938974814847 * I,
        -4.702169185392246 + -2.9394236927996102 * I,
        -4.702169185392246 + -2.939423692799611 * I,
        -4.656402998716059 + 4.926926742229951 * I,
    };
    assert_near(eg_hessian(sum_of_map, NULL, point()), 4, want);
}

static eg_tensor *fourth_powers(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_sum(eg_square(eg_square(eg_abs(in[0]))));
}

/* The tangent of conj(jax.grad) in JAX. */
TEST(the_hessian_times_a_vector_is_how_the_gradient_changes)
{
    EG_SCOPE;
    static const double _Complex want[] = {9 - 8 * I, -9.75 + 24.125 * I};
    eg_tensor *z = point(), *v = eg_complex(EG_F64(1, 0.25), EG_F64(-0.5, 2)), *hv;

    eg_hvp(fourth_powers, NULL, 1, &z, &v, &hv);
    assert_near(hv, 2, want);
}

/* exp(ix) times x turned round; real and imaginary part apart in JAX. */
TEST(the_jacobian_of_a_complex_target_by_a_real_source_is_complex)
{
    EG_SCOPE;
    static const double _Complex want[] = {
        0.5992819232552538 + -1.096978202362966 * I,
        0.8775825618903728 + 0.479425538604203 * I,
        0.3153223623952687 + -0.9489846193555862 * I,
        0.4744923096777931 + 0.15766118119763434 * I,
    };
    eg_tensor *x = EG_F64(0.5, -1.25);
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    eg_tensor *turned = eg_slice(x, .begin = EG_AT(1), .count = EG_AT(2), .step = EG_AT(-1));
    eg_tensor *y = eg_mul(eg_exp(eg_complex(eg_zeros_like(x), x)), eg_complex(turned, 0.0));
    assert_near(eg_jacobian(y, x), 4, want);
}

TEST(the_rows_of_a_real_target_by_a_complex_source_are_gradients)
{
    EG_SCOPE;
    static const double _Complex want[] = {1 + 3 * I, 0, 0, -7.5 + 4.5 * I};
    eg_tensor *z = point();
    EG_TAPE_WITH(.persistent = true);

    eg_watch(z);
    assert_near(eg_jacobian(eg_mul(eg_square(eg_abs(z)), EG_F64(1, 3)), z), 4, want);
}

TEST(a_complex_batch_jacobian_keeps_examples_apart)
{
    EG_SCOPE;
    eg_tensor *z = eg_reshape(point(), EG_DIMS(2, 1));
    EG_TAPE_WITH(.persistent = true);

    eg_watch(z);
    eg_tensor *y = eg_concat(EG_IN(eg_square(z), eg_mul(z, 3)), .axis = 1);
    eg_tensor *j = eg_batch_jacobian(y, z);
    static const double _Complex want[] = {1 + 3 * I, 3, -2.5 + 1.5 * I, 3};
    assert_int_equal(eg_rank(j), 3);
    assert_near(j, 4, want);
}

TEST(a_jacobian_in_a_graph_is_the_same)
{
    EG_SCOPE;
    eg_tensor *z = point(), *dz;
    eg_graph *graph = eg_graph_new("j");
    {
        EG_GRAPH(graph);
        eg_tensor *at = eg_placeholder("z", EG_COMPLEX128, EG_DIMS(2));
        EG_TAPE_WITH(.persistent = true);
        eg_watch(at);
        eg_name(eg_jacobian(map(1, &at, NULL), at), "jacobian");
    }
    assert_fine();
    eg_session *s = eg_session_new(graph);
    eg_session_run(s, EG_FEEDS({eg_graph_symbol(graph, "z"), z}),
        EG_IN(eg_graph_symbol(graph, "jacobian")), &dz);
    assert_near(dz, 6, jacobian);
    eg_session_free(s);
    eg_graph_free(graph);
}

TEST(what_is_not_holomorphic_is_told_what_to_do)
{
    EG_SCOPE;
    eg_tensor *z = point();
    EG_TAPE_WITH(.persistent = true);

    eg_watch(z);
    assert_null(eg_jacobian(eg_conj(z), z));
    assert_error(EG_INVALID, "not holomorphic");
    assert_null(eg_jacobian(eg_mul(z, eg_complex(eg_abs(z), 0.0)), z));
    assert_error(EG_INVALID, "eg_real and eg_imag");
    assert_null(eg_hessian(fourth_powers, NULL, z));
    assert_error(EG_INVALID, "not holomorphic");
}

/* As the error says: [re, im] by [p, q] of conj(z). */
TEST(the_way_the_error_shows_works)
{
    EG_SCOPE;
    eg_tensor *p = EG_F64(0.5), *q = EG_F64(-2);
    EG_TAPE_WITH(.persistent = true);

    eg_watch(p);
    eg_watch(q);
    eg_tensor *y = eg_conj(eg_complex(p, q));
    assert_prints(eg_jacobian(eg_real(y), p), "1. float64[]");
    assert_true(eg_item(eg_jacobian(eg_real(y), q)) == 0);
    assert_true(eg_item(eg_jacobian(eg_imag(y), p)) == 0);
    assert_prints(eg_jacobian(eg_imag(y), q), "-1. float64[]");
}
