/* Linear algebra: what decompositions give when they are put together again, and the functions that
 * are made of other operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

static eg_tensor *random_numbers(int rank, const int64_t dims[])
{
    return eg_normal(eg_key(5), rank, dims, .dtype = EG_FLOAT64);
}

#define NUMBERS(...) random_numbers(EG_DIMS(__VA_ARGS__))

static eg_tensor *times(eg_tensor *x, eg_tensor *y)
{
    return eg_matmul(x, y);
}

static eg_tensor *turned(eg_tensor *x)
{
    return eg_matrix_transpose(x);
}

/* x^T x is the identity. */
static void assert_orthogonal(eg_tensor *x)
{
    eg_tensor *product = times(turned(x), x);
    eg_tensor *one = eg_eye(EG_FLOAT64, eg_dim(x, -1), eg_dim(x, -1), 0);
    assert_close(product, eg_add(one, eg_zeros_like(product)), 1e-12);
}

/* ---- decompositions ------------------------------------------------------------------------- */

static const int64_t sizes[][3] = {{1, 1, 1}, {1, 2, 2}, {3, 5, 3}, {3, 3, 5}, {2, 40, 33},
    {2, 33, 40}, {1, 1, 7}, {1, 7, 1}, {1, 150, 150}};

enum { SIZES = sizeof sizes / sizeof *sizes };

static void check_qr(eg_tensor *a, bool complete)
{
    eg_tensor *qr = eg_qr(a, .complete = complete), *q = eg_part(qr, 0), *r = eg_part(qr, 1);

    assert_close(times(q, r), a, 1e-12);
    assert_orthogonal(q);
    assert_close(eg_triu(r, 0), r, 0);
}

TEST(q_times_r_is_the_matrix)
{
    EG_SCOPE;
    for (int i = 0; i < SIZES; i++) {
        eg_tensor *a = random_numbers(3, sizes[i]);
        check_qr(a, false);
        check_qr(a, true);
    }
}

static void check_svd(eg_tensor *a, bool reduced)
{
    eg_tensor *usv = eg_svd(a, .reduced = reduced), *s = eg_part(usv, 1);
    int64_t k = eg_dim(s, -1);
    eg_tensor *u = eg_part(usv, 0), *vh = eg_part(usv, 2);

    assert_orthogonal(u);
    assert_orthogonal(turned(vh));
    eg_tensor *of_u = eg_slice(u, .count = EG_AT(eg_dim(u, 0), eg_dim(u, 1), k));
    eg_tensor *of_v = eg_slice(vh, .count = EG_AT(eg_dim(vh, 0), k, eg_dim(vh, 2)));
    assert_close(times(eg_mul(of_u, eg_expand_dims(s, -2)), of_v), a, 1e-12);
    assert_close(eg_svdvals(a), s, 1e-12);
}

TEST(u_s_vh_is_the_matrix)
{
    EG_SCOPE;
    for (int i = 0; i < SIZES; i++) {
        eg_tensor *a = random_numbers(3, sizes[i]);
        check_svd(a, true);
        check_svd(a, false);
    }
}

TEST(eigenvectors_times_eigenvalues_are_the_matrix)
{
    EG_SCOPE;
    for (int n = 1; n < 60; n += 7) {
        eg_tensor *a = NUMBERS(2, n, n), *symmetric = eg_add(a, turned(a));
        eg_tensor *wv = eg_eigh(symmetric), *w = eg_part(wv, 0), *v = eg_part(wv, 1);
        assert_orthogonal(v);
        assert_close(times(eg_mul(v, eg_expand_dims(w, -2)), turned(v)), symmetric, 1e-12 * n);
        assert_close(eg_eigvalsh(symmetric), w, 1e-12 * n);
        assert_close(eg_part(eg_eigh(eg_tril(symmetric, 0)), 0), w, 0);
    }
}

TEST(triangles_and_solutions_are_right_for_large_matrices)
{
    EG_SCOPE;
    eg_tensor *a = NUMBERS(2, 150, 150), *b = NUMBERS(2, 150, 4);
    eg_tensor *positive = eg_add(times(a, turned(a)), eg_eye(EG_FLOAT64, 150, 150, 0));
    eg_tensor *l = eg_cholesky(positive), *u = eg_cholesky(positive, .upper = true);

    assert_close(times(l, turned(l)), positive, 1e-10);
    assert_close(u, turned(l), 0);
    assert_close(times(l, eg_triangular_solve(l, b)), b, 1e-9);
    assert_close(times(turned(u), eg_triangular_solve(u, b, .upper = true, .transpose_a = true)), b,
        1e-9);
    assert_close(times(a, eg_solve(a, b)), b, 1e-9);
    assert_close(times(turned(a), eg_solve(a, b, .transpose_a = true)), b, 1e-9);
    assert_close(times(a, eg_inv(a)), eg_add(eg_eye(EG_FLOAT64, 150, 150, 0), eg_zeros_like(a)),
        1e-9);
}

/* ---- what has no derivative, or none that is one number -------------------------------------- */

TEST(a_singular_matrix_has_a_determinant_but_no_gradient_of_it)
{
    eg_tensor *a, *da;
    EG_TAPE;

    a = eg_reshape(EG_F64(1, 2, 2, 4), EG_DIMS(2, 2));
    assert_prints(eg_det(a), "0. float64[]");
    assert_prints(eg_part(eg_slogdet(a), 0), "0. float64[]");
    assert_prints(eg_part(eg_slogdet(a), 1), "-inf float64[]");
    eg_watch(a);
    eg_gradient(eg_det(a), 1, &a, &da);
    assert_error(EG_INVALID, "matrix is singular: pivot 1 is zero");
}

/* The vectors beyond the matrix turn with those it has. */
static eg_tensor *body_of_projection(int n, eg_tensor *const x[], void *env)
{
    eg_tensor *q = eg_part(eg_qr(x[0], .complete = true), 0);
    eg_tensor *rest = eg_slice(q, .begin = EG_AT(0, 2), .count = EG_AT(4, 2));

    (void)n, (void)env;
    return times(rest, turned(rest));
}

static eg_tensor *body_of_kernel(int n, eg_tensor *const x[], void *env)
{
    eg_tensor *vh = eg_part(eg_svd(turned(x[0])), 2);
    eg_tensor *rest = eg_slice(vh, .begin = EG_AT(2), .count = EG_AT(2, 4));

    (void)n, (void)env;
    return times(turned(rest), rest);
}

TEST(what_does_not_depend_on_the_choice_of_vectors_has_its_gradient)
{
    EG_SCOPE;
    eg_tensor *a = some(3, EG_DIMS(4, 2));

    assert_differentiable(body_of_projection, NULL, 0, 1, &a);
    assert_differentiable(body_of_kernel, NULL, 0, 1, &a);
}

static eg_tensor *body_of_trace(int n, eg_tensor *const x[], void *env)
{
    eg_tensor *wv = eg_eigh(x[0]), *v = eg_part(wv, 1);

    (void)n, (void)env;
    return times(eg_mul(v, eg_expand_dims(eg_exp(eg_part(wv, 0)), -2)), turned(v));
}

TEST(equal_eigenvalues_give_no_nan)
{
    eg_tensor *a, *da;
    EG_TAPE;

    a = eg_eye(EG_FLOAT64, 3, 3, 0);
    eg_watch(a);
    eg_gradient(eg_sum(eg_part(eg_eigh(a), 0)), 1, &a, &da);
    assert_close(da, eg_eye(EG_FLOAT64, 3, 3, 0), 1e-15);
}

/* ---- made of others ------------------------------------------------------------------------- */

static eg_tensor *body_of_inverse(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_inv(x[0]);
}

static eg_tensor *body_of_upper(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_cholesky(eg_add(times(x[0], turned(x[0])), eg_eye(EG_FLOAT64, 3, 3, 0)),
        .upper = true);
}

static eg_tensor *body_of_power(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_add(eg_matrix_power(x[0], 5), eg_matrix_power(x[0], -2));
}

static eg_tensor *body_of_lstsq(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_lstsq(x[0], x[1]);
}

static eg_tensor *body_of_vector(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_add(eg_solve(x[0], x[1]), eg_triangular_solve(x[0], x[1]));
}

static eg_tensor *body_of_condition(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_condition_number(x[0]);
}

TEST(composed_functions_have_gradients_and_can_be_traced)
{
    EG_SCOPE;
    eg_tensor *a = eg_add(some(1, EG_DIMS(3, 3)), eg_eye(EG_FLOAT64, 3, 3, 0));
    eg_tensor *batch = eg_add(some(2, EG_DIMS(2, 2, 2)), eg_eye(EG_FLOAT64, 2, 2, 0));

    assert_differentiable(body_of_inverse, NULL, 0, 1, &batch);
    assert_differentiable(body_of_upper, NULL, 0, 1, &a);
    assert_differentiable(body_of_power, NULL, 0, 1, &a);
    assert_differentiable(body_of_condition, NULL, 0, 1, &a);
    assert_differentiable(body_of_trace, NULL, 0, 1, &a);
    assert_differentiable(body_of_vector, NULL, 0, EG_IN(a, some(4, EG_DIMS(3))));
    assert_differentiable(body_of_lstsq, NULL, 0,
        EG_IN(some(1, EG_DIMS(4, 2)), some(4, EG_DIMS(4))));
    assert_differentiable(body_of_lstsq, NULL, 0,
        EG_IN(some(1, EG_DIMS(2, 2, 3)), some(4, EG_DIMS(2, 2, 1))));
}

static eg_tensor *body_of_norm(int n, eg_tensor *const x[], void *env)
{
    (void)n;
    return eg_matrix_norm(x[0], .norm = *(eg_norm *)env);
}

TEST(every_norm_has_a_gradient)
{
    EG_SCOPE;
    eg_tensor *a = some(1, EG_DIMS(2, 3, 4));

    for (eg_norm norm = EG_NORM_FROBENIUS; norm <= EG_NORM_ROWS; norm++)
        assert_differentiable(body_of_norm, &norm, sizeof norm, 1, &a);
}

TEST(norms_are_those_of_numpy)
{
    EG_SCOPE;
    eg_tensor *a = eg_reshape(EG_F64(3, 0, 2, -4), EG_DIMS(1, 2, 2));

    assert_prints(eg_matrix_norm(a), "[5.38516481] float64[1]");
    assert_prints(eg_matrix_norm(a, .norm = EG_NORM_NUCLEAR), "[7.28010989] float64[1]");
    assert_prints(eg_matrix_norm(a, .norm = EG_NORM_SPECTRAL), "[4.75808893] float64[1]");
    assert_prints(eg_matrix_norm(a, .norm = EG_NORM_SMALLEST), "[2.52202096] float64[1]");
    assert_prints(eg_matrix_norm(a, .norm = EG_NORM_COLUMNS), "[5.] float64[1]");
    assert_prints(eg_matrix_norm(a, .norm = EG_NORM_ROWS, .keep_dims = true),
        "[[[6.]]] float64[1,1,1]");
    assert_prints(eg_condition_number(a), "[1.88661752] float64[1]");
    assert_prints(eg_condition_number(eg_zeros(EG_FLOAT32, EG_DIMS(2, 1, 1))),
        "[inf inf] float32[2]");
    assert_null(eg_matrix_norm(a, .norm = 17));
    assert_error(EG_INVALID, "there is no norm 17");
    assert_null(eg_matrix_norm(EG_F32(1)));
    assert_error(EG_INVALID, "axis");
}

TEST(ranks_count_what_is_not_zero_but_for_rounding)
{
    EG_SCOPE;
    eg_tensor *column = some(2, EG_DIMS(2, 5, 1)), *row = some(3, EG_DIMS(2, 1, 4));
    eg_tensor *one = times(column, row);

    assert_prints(eg_matrix_rank(one), "[1 1] int64[2]");
    assert_prints(eg_matrix_rank(eg_add(one, eg_flip(one, .axes = EG_AXES(-1)))), "[1 1] int64[2]");
    assert_prints(eg_matrix_rank(eg_cast(one, EG_FLOAT32)), "[1 1] int64[2]");
    assert_prints(eg_matrix_rank(NUMBERS(6, 9)), "6 int64[]");
    assert_prints(eg_matrix_rank(eg_zeros(EG_FLOAT64, EG_DIMS(3, 3))), "0 int64[]");
    assert_prints(eg_matrix_rank(eg_zeros(EG_FLOAT64, EG_DIMS(2, 0, 3))), "[0 0] int64[2]");
}

TEST(powers_are_repeated_products)
{
    EG_SCOPE;
    eg_tensor *a = eg_reshape(EG_F64(1, 1, 0, 1), EG_DIMS(2, 2));

    assert_prints(eg_matrix_power(a, 0), "[[1. 0.] [0. 1.]] float64[2,2]");
    assert_prints(eg_matrix_power(a, 1), "[[1. 1.] [0. 1.]] float64[2,2]");
    assert_prints(eg_matrix_power(a, 13), "[[ 1. 13.] [ 0.  1.]] float64[2,2]");
    assert_prints(eg_matrix_power(a, -3), "[[ 1. -3.] [ 0.  1.]] float64[2,2]");
    assert_null(eg_matrix_power(EG_F32(1, 2), 3));
    assert_error(EG_INVALID, "");
    assert_null(eg_matrix_power(NULL, 3));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_inv(NULL));
    assert_error(EG_INVALID, "a is NULL");
    assert_null(eg_inv(eg_zeros(EG_FLOAT32, EG_DIMS(2, 2))));
    assert_error(EG_INVALID, "matrix is singular: pivot 0 is zero");
}
