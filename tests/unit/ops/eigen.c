/* Decompositions of complex matrices whose vectors have a phase: what they are put together to, and
 * gradients of what does not depend on the phases.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <math.h>

enum { N = 4 };

static eg_tensor *some(int seed, int64_t m, int64_t n)
{
    eg_tensor *key = eg_key((uint64_t)seed), *other = eg_key((uint64_t)seed + 100);
    return eg_complex(eg_normal(key, EG_DIMS(m, n), .dtype = EG_FLOAT64),
        eg_normal(other, EG_DIMS(m, n), .dtype = EG_FLOAT64));
}

static void assert_near(eg_tensor *a, eg_tensor *b, double room)
{
    double far = eg_item(eg_max(eg_abs(eg_sub(a, b))));

    assert_fine();
    if (!(far <= room))
        fail_msg("%g apart, not %g", far, room);
}

static eg_tensor *columns_times(eg_tensor *x, eg_tensor *by)
{
    return eg_mul(x, eg_expand_dims(by, -2));
}

TEST(vectors_of_any_square_matrix_are_stretched_by_their_values)
{
    EG_SCOPE;
    eg_tensor *a = some(1, N, N), *both = eg_eig(a);
    eg_tensor *w = eg_part(both, 0), *v = eg_part(both, 1);

    assert_near(eg_matmul(a, v), columns_times(v, w), 1e-12);
    assert_near(eg_sum(eg_square(eg_abs(v)), .axes = EG_AXES(0)), eg_ones(EG_FLOAT64, EG_DIMS(N)),
        1e-12);
    assert_near(eg_sum(eg_eigvals(a)), eg_sum(w), 1e-12);
    eg_tensor *turn = eg_reshape(EG_F32(0, 1, -1, 0), EG_DIMS(2, 2));
    assert_near(eg_square(eg_eigvals(turn)), EG_C64(-1, -1), 1e-6);
}

TEST(complex_decompositions_make_the_matrix_again)
{
    EG_SCOPE;
    eg_tensor *a = some(2, N, N), *hermitian = eg_add(a, eg_adjoint(a));
    eg_tensor *both = eg_eigh(hermitian), *v = eg_part(both, 1);

    assert_near(eg_matmul(columns_times(v, eg_part(both, 0)), eg_adjoint(v)), hermitian, 1e-12);
    for (int m = 2; m <= 5; m += 3) {
        eg_tensor *x = some(3, m, 3), *usv = eg_svd(x, .reduced = true);
        eg_tensor *us = columns_times(eg_part(usv, 0), eg_part(usv, 1));
        assert_near(eg_matmul(us, eg_part(usv, 2)), x, 1e-12);
    }
}

/* ---- gradients ------------------------------------------------------------------------------ */

typedef eg_tensor *function(eg_tensor *a);

static double value_at(function *f, const double x[2 * N * N])
{
    EG_SCOPE;
    return eg_item(f(eg_copy(EG_COMPLEX128, EG_DIMS(N, N), x)));
}

/* The gradient against differences by each part. */
static void assert_gradient(function *f)
{
    enum { PARTS = 2 * N * N };
    const double h = 1e-6;
    double x[PARTS], dx[PARTS];
    EG_SCOPE;
    eg_tensor *a = some(5, N, N), *slope;
    EG_TAPE;

    eg_watch(a);
    eg_gradient(f(a), EG_IN(a), &slope);
    eg_read(a, EG_COMPLEX128, x, N * N);
    eg_read(slope, EG_COMPLEX128, dx, N * N);
    assert_fine();
    for (int i = 0; i < PARTS; i++) {
        double here = x[i];
        x[i] = here + h;
        double above = value_at(f, x);
        x[i] = here - h;
        double below = value_at(f, x);
        x[i] = here;
        double expected = (above - below) / (2 * h);
        if (!(fabs(dx[i] - expected) <= 1e-6 * (1 + fabs(expected))))
            fail_msg("by part %d it is %g, differences say %g", i, dx[i], expected);
    }
}

static eg_tensor *weights(int64_t n)
{
    return eg_add(eg_cast(eg_range(n), EG_FLOAT64), 0.5);
}

/* Values weighted, and sizes of vectors' elements, which no phase changes. */
static eg_tensor *of_eig(eg_tensor *a)
{
    eg_tensor *both = eg_eig(a), *sizes = eg_square(eg_abs(eg_part(both, 1)));
    eg_tensor *values = eg_square(eg_abs(eg_part(both, 0)));

    return eg_add(eg_sum(eg_mul(values, weights(N))), eg_sum(eg_mul(sizes, weights(N))));
}

static eg_tensor *of_eigvals(eg_tensor *a)
{
    eg_tensor *w = eg_eigvals(a);
    return eg_sum(eg_mul(eg_add(eg_square(eg_real(w)), eg_imag(w)), weights(N)));
}

static eg_tensor *of_eigh(eg_tensor *a)
{
    eg_tensor *both = eg_eigh(a), *sizes = eg_square(eg_abs(eg_part(both, 1)));

    return eg_add(eg_sum(eg_mul(eg_part(both, 0), weights(N))), eg_sum(eg_mul(sizes, weights(N))));
}

/* U f(S) V^H: the phases of U and V cancel. */
static eg_tensor *of_svd(eg_tensor *a)
{
    eg_tensor *usv = eg_svd(a), *s = eg_mul(eg_part(usv, 1), weights(N));
    eg_tensor *x = eg_matmul(columns_times(eg_part(usv, 0), s), eg_part(usv, 2));

    return eg_add(eg_sum(eg_real(eg_mul(x, weights(N)))), eg_sum(eg_square(eg_imag(x))));
}

TEST(gradients_of_complex_decompositions_are_what_differences_say)
{
    assert_gradient(of_eigvals);
    assert_gradient(of_eig);
    assert_gradient(of_eigh);
    assert_gradient(of_svd);
}

TEST(wrong_matrices_are_errors)
{
    EG_SCOPE;
    eg_eig(EG_C64(1, 2));
    assert_error(EG_INVALID, "two axes");
    eg_eigvals(eg_zeros(EG_INT32, EG_DIMS(2, 2)));
    assert_error(EG_INVALID, "int32");
    eg_eig(NULL);
    assert_error(EG_INVALID, "NULL");
}
