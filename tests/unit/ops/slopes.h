/* Operations made of others, looked at from outside: their gradients against central differences in
 * float64, and the same bits in a function as eagerly.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_OPS_SLOPES_H
#define TESTS_UNIT_OPS_SLOPES_H

#include "harness.h"
#include <math.h>
#include <string.h>

enum { SLOPES_MOST = 64, SLOPES_INPUTS = 8 };

/* n numbers of some spread, the same for the same seed, none of them near 0. */
__attribute__((unused)) static eg_tensor *some(int seed, int rank, const int64_t dims[])
{
    double v[SLOPES_MOST];
    int64_t n = 1;

    for (int i = 0; i < rank; i++)
        n *= dims[i];
    for (int64_t i = 0; i < n && i < SLOPES_MOST; i++) {
        int step = (int)((i * 7 + seed * 5) % 23);
        v[i] = (step % 2 == 0 ? 0.13 : -0.17) * (step + 2) + 0.01 * (double)i;
    }
    return eg_copy(EG_FLOAT64, rank, dims, v);
}

/* A number of fn's results, each element with a weight of its own. */
static eg_tensor *slopes_loss(eg_body fn, void *env, int n, eg_tensor *const x[])
{
    eg_tensor *y = fn(n, x, env), *sum = NULL;
    int parts = eg_parts(y);

    for (int i = 0; i < (parts ? parts : 1); i++) {
        eg_tensor *part = parts ? eg_part(y, i) : y;
        double w[SLOPES_MOST];
        int64_t size = eg_size(part), dims[EG_MAX_RANK];
        if (!part || size > SLOPES_MOST)
            return NULL;
        for (int64_t k = 0; k < size; k++)
            w[k] = 0.3 + 0.17 * (double)((k + 3 * i) * 7 % 5) - 0.41 * (double)((k + i) % 2);
        for (int k = 0; k < eg_rank(part); k++)
            dims[k] = eg_dim(part, k);
        eg_tensor *here = eg_sum(eg_mul(part, eg_copy(EG_FLOAT64, eg_rank(part), dims, w)));
        sum = sum ? eg_add(sum, here) : here;
    }
    return sum;
}

/* x with element k moved by h. */
static eg_tensor *slopes_moved(eg_tensor *x, int64_t k, double h)
{
    double v[SLOPES_MOST];
    int64_t dims[EG_MAX_RANK];

    eg_read(x, EG_FLOAT64, v, eg_size(x));
    v[k] += h;
    for (int d = 0; d < eg_rank(x); d++)
        dims[d] = eg_dim(x, d);
    return eg_copy(EG_FLOAT64, eg_rank(x), dims, v);
}

/* The central difference of the loss by element k of input `at`. */
static double slopes_difference(eg_body fn, void *env, int n, eg_tensor *const in[], int at,
    int64_t k)
{
    const double h = 1e-5;
    eg_tensor *moved[SLOPES_INPUTS];
    double value[2];

    memcpy(moved, in, sizeof *in * (size_t)n);
    for (int i = 0; i < 2; i++) {
        EG_SCOPE;
        moved[at] = slopes_moved(in[at], k, i ? -h : h);
        value[i] = eg_item(slopes_loss(fn, env, n, moved));
    }
    return (value[0] - value[1]) / (2 * h);
}

/* Fails unless the gradients of the float64 inputs are what differences say. */
__attribute__((unused)) static void assert_slopes(eg_body fn, void *env, int n,
    eg_tensor *const x[])
{
    eg_tensor *real[SLOPES_INPUTS], *dx[SLOPES_INPUTS];
    int at[SLOPES_INPUTS], reals = 0;
    EG_TAPE;

    for (int i = 0; i < n; i++)
        if (eg_dtype_of(x[i]) == EG_FLOAT64) {
            at[reals] = i;
            real[reals++] = x[i];
            eg_watch(x[i]);
        }
    eg_tensor *loss = slopes_loss(fn, env, n, x);
    assert_fine();
    eg_gradient(loss, reals, real, dx);
    assert_fine();
    for (int i = 0; i < reals; i++) {
        double got[SLOPES_MOST];
        eg_read(dx[i], EG_FLOAT64, got, eg_size(real[i]));
        for (int64_t k = 0; k < eg_size(real[i]); k++) {
            double slope = slopes_difference(fn, env, n, x, at[i], k);
            if (!(fabs(got[k] - slope) <= 1e-6 * (1 + fabs(slope))))
                fail_msg("gradient %lld of input %d is %.12g, differences say %.12g", (long long)k,
                    at[i], got[k], slope);
        }
    }
}

static void slopes_same(eg_tensor *a, eg_tensor *b)
{
    double x[SLOPES_MOST], y[SLOPES_MOST];

    assert_int_equal(eg_size(a), eg_size(b));
    eg_read(eg_cast(a, EG_FLOAT64), EG_FLOAT64, x, eg_size(a));
    eg_read(eg_cast(b, EG_FLOAT64), EG_FLOAT64, y, eg_size(b));
    assert_fine();
    assert_memory_equal(x, y, sizeof *x * (size_t)eg_size(a));
}

/* Fails unless a function made of fn gives the bits of fn, on the first call and on later ones. */
__attribute__((unused)) static void assert_same_in_function(eg_body fn, void *env, size_t env_size,
    int n, eg_tensor *const x[])
{
    eg_function *f = eg_function_new(fn, n, env, env_size);
    EG_SCOPE;

    eg_tensor *expected = fn(n, x, env);
    for (int call = 0; call < 3; call++) {
        eg_tensor *y = eg_call_of(f, n, x);
        int parts = eg_parts(expected);
        assert_fine();
        for (int i = 0; i < (parts ? parts : 1); i++)
            slopes_same(parts ? eg_part(y, i) : y, parts ? eg_part(expected, i) : expected);
    }
    if (eg_function_why_eager(f))
        fail_msg("it runs eagerly: %s", eg_function_why_eager(f));
    eg_function_free(f);
}

/* All of it. */
__attribute__((unused)) static void assert_differentiable(eg_body fn, void *env, size_t env_size,
    int n, eg_tensor *const x[])
{
    assert_slopes(fn, env, n, x);
    assert_same_in_function(fn, env, env_size, n, x);
}

/* Fails unless all elements of a and b, of one shape, are within `room` of each other. */
__attribute__((unused)) static void assert_close(eg_tensor *a, eg_tensor *b, double room)
{
    assert_fine();
    assert_int_equal(eg_rank(a), eg_rank(b));
    assert_int_equal(eg_size(a), eg_size(b));
    eg_tensor *far = eg_max(eg_abs(eg_sub(eg_cast(a, EG_FLOAT64), eg_cast(b, EG_FLOAT64))));
    double most = eg_item(far);
    if (!(most <= room))
        fail_msg("they differ by %g, not by %g at most", most, room);
}

#endif
