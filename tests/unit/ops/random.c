/* Distributions made of uniform numbers, and dropout: moments, edges, the same in functions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

enum { MANY = 200000 };

/* Fails unless mean and variance of x are within 1 % of a scale of those given. */
static void assert_moments(eg_tensor *x, double mean, double variance)
{
    eg_tensor *wide = eg_cast(x, EG_FLOAT64), *middle = eg_mean(wide);
    double m = eg_item(middle), v = eg_item(eg_mean(eg_square(eg_sub(wide, middle))));

    assert_fine();
    if (fabs(m - mean) > 0.01 * (1 + fabs(mean)) || fabs(v - variance) > 0.015 * (1 + variance))
        fail_msg("mean %g and variance %g, not %g and %g", m, v, mean, variance);
}

TEST(distributions_have_their_moments)
{
    double shapes[] = {0.3, 1, 2.5, 30};
    EG_SCOPE;
    eg_tensor *key = eg_key(11);

    assert_moments(eg_exponential(key, EG_DIMS(MANY)), 1, 1);
    assert_moments(eg_exponential(key, EG_DIMS(MANY), .dtype = EG_FLOAT64), 1, 1);
    assert_moments(eg_truncated_normal(key, EG_DIMS(MANY)), 0, 0.7737413);
    assert_moments(eg_bernoulli(key, 0.25, EG_DIMS(MANY)), 0.25, 0.1875);
    assert_moments(eg_randint(key, -3, 7, EG_DIMS(MANY)), 1.5, 8.25);
    for (int i = 0; i < 4; i++)
        assert_moments(eg_random_gamma(key, eg_full(eg_constant(shapes[i]), EG_DIMS(MANY))),
            shapes[i], shapes[i]);
}

TEST(poisson_numbers_have_their_moments)
{
    double rates[] = {0, 0.1, 3, 9.9, 10, 17, 250, 1e5};
    EG_SCOPE;

    for (int i = 0; i < 8; i++) {
        eg_tensor *rate =
            eg_full(eg_constant_of(1, &(eg_number){.real = true, .as_real = rates[i]}),
                EG_DIMS(MANY));
        eg_tensor *x = eg_poisson(eg_key(4), rate);
        assert_moments(x, rates[i], rates[i]);
        assert_true(eg_true(eg_all(eg_equal(x, eg_floor(x)))));
        assert_true(eg_item(eg_min(x)) >= 0);
    }
    eg_tensor *huge = eg_poisson(eg_key(4), eg_full(eg_scalar(EG_FLOAT64, 4e12), EG_DIMS(MANY)));
    assert_moments(eg_div(eg_sub(huge, 4e12), 2e6), 0, 1);
}

TEST(poisson_counts_come_as_often_as_they_should)
{
    double rates[] = {2.5, 14};
    EG_SCOPE;

    for (int i = 0; i < 2; i++) {
        eg_tensor *x = eg_poisson(eg_key(9), eg_full(eg_constant(rates[i]), EG_DIMS(MANY)));
        eg_tensor *counts = eg_bincount(eg_cast(x, EG_INT64), 60);
        double p = exp(-rates[i]), share[60];
        eg_read(eg_cast(counts, EG_FLOAT64), EG_FLOAT64, share, 60);
        for (int k = 0; k < 60; k++) {
            assert_true(fabs(share[k] - p * MANY) <= 5 * sqrt(p * MANY) + 5);
            p *= rates[i] / (k + 1);
        }
    }
}

TEST(beta_and_dirichlet_numbers_have_their_moments)
{
    double a[] = {0.5, 2, 30}, b[] = {0.5, 5, 1};
    EG_SCOPE;

    for (int i = 0; i < 3; i++) {
        eg_tensor *shape = eg_full(eg_constant(a[i]), EG_DIMS(MANY));
        double sum = a[i] + b[i];
        assert_moments(eg_beta(eg_key(6), shape, b[i]), a[i] / sum,
            a[i] * b[i] / (sum * sum * (sum + 1)));
    }
    eg_tensor *tiny = eg_beta(eg_key(6), eg_full(eg_constant(1e-5), EG_DIMS(1000)), 1e-5);
    assert_true(eg_true(eg_all(eg_logical_or(eg_less(tiny, 1e-6), eg_greater(tiny, 1 - 1e-6)))));
    assert_prints(eg_beta(eg_key(6), EG_F32(0, 1), EG_F32(1, -1)), "[nan nan] float32[2]");
    eg_tensor *shapes = eg_broadcast_to(EG_F64(1, 2, 5), EG_DIMS(20000, 3));
    eg_tensor *shares = eg_dirichlet(eg_key(8), shapes);
    assert_close(eg_mean(shares, .axes = EG_AXES(0)), EG_F64(0.125, 0.25, 0.625), 0.01);
    assert_close(eg_sum(shares, .axes = EG_AXES(1)), eg_ones(EG_FLOAT64, EG_DIMS(20000)), 1e-14);
    assert_null(eg_dirichlet(eg_key(8), 1.5));
    assert_error(EG_INVALID, "single number");
    assert_null(eg_beta(eg_key(6), EG_F32(1, 2), EG_F32(1, 2, 3)));
    assert_error(EG_INVALID, "broadcast");
    assert_null((eg_beta)(eg_key(6), NULL, EG_F32(1)));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_dirichlet(EG_I32(1), EG_F32(1, 2)));
    assert_error(EG_INVALID, "no key");
}

TEST(truncated_normal_stays_within_two_deviations)
{
    EG_SCOPE;
    eg_tensor *x = eg_truncated_normal(eg_key(3), EG_DIMS(MANY));

    assert_true(eg_item(eg_max(eg_abs(x))) <= 2);
    assert_true(eg_item(eg_max(x)) > 1.99);
    assert_true(eg_item(eg_min(x)) < -1.99);
}

TEST(randint_keeps_to_its_range)
{
    EG_SCOPE;
    eg_tensor *key = eg_key(5), *x = eg_randint(key, 250, 256, EG_DIMS(1000), .dtype = EG_UINT8);
    int64_t top = INT64_C(1) << 53;

    assert_int_equal(eg_dtype_of(x), EG_UINT8);
    assert_int_equal(eg_item_int(eg_min(x)), 250);
    assert_int_equal(eg_item_int(eg_max(x)), 255);
    assert_prints(eg_randint(key, 9, 10, EG_DIMS(2)), "[9 9] int64[2]");
    assert_true(eg_item_int(eg_max(eg_randint(key, 0, top, EG_DIMS(1000)))) < top);
    assert_prints(eg_randint(key, 0, 5, EG_DIMS(0)), "[] int64[0]");
}

TEST(categorical_draws_classes_by_their_probability)
{
    EG_SCOPE;
    eg_tensor *p = eg_reshape(EG_F32(0.1f, 0.2f, 0.7f, 0, 0.5f, 0.5f), EG_DIMS(2, 3));
    eg_tensor *draws = eg_categorical(eg_key(2), eg_log(p), MANY / 4);
    eg_tensor *share = eg_mean(eg_one_hot(draws, 3), .axes = EG_AXES(1));

    assert_int_equal(eg_dim(draws, 0), 2);
    assert_int_equal(eg_dim(draws, 1), MANY / 4);
    assert_close(share, p, 0.01);
    assert_int_equal(eg_rank(eg_categorical(eg_key(2), EG_F32(0, 1), 0)), 1);
}

TEST(dropout_keeps_the_sum_on_average)
{
    EG_SCOPE;
    eg_tensor *x = eg_ones(EG_FLOAT32, EG_DIMS(MANY)), *y = eg_dropout(x, eg_key(1), 0.2);

    assert_true(fabs(eg_item(eg_mean(y)) - 1) < 0.01);
    assert_true(fabs(eg_item(eg_mean(eg_cast(eg_equal(y, 0), EG_FLOAT32))) - 0.2) < 0.01);
    assert_prints(eg_dropout(EG_F32(1, NAN, 3), eg_key(1), 0), "[ 1. nan  3.] float32[3]");
}

static eg_tensor *dropout_body(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_dropout(x[0], x[1], 0.4);
}

static eg_tensor *draw_body(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    eg_tensor *parts[] = {eg_exponential(x[0], EG_DIMS(3)), eg_bernoulli(x[0], 0.5, EG_DIMS(4)),
        eg_randint(x[0], 0, 9, EG_DIMS(5)), eg_categorical(x[0], EG_F32(1, 2, 3), 6)};
    return eg_tuple_of(4, parts);
}

static eg_tensor *embedding_body(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_embedding(x[0], x[1]);
}

TEST(dropout_and_embedding_have_the_gradients_that_differences_give)
{
    EG_SCOPE;
    assert_differentiable(dropout_body, NULL, 0, 2,
        (eg_tensor *[]){some(1, EG_DIMS(3, 5)), eg_key(4)});
    assert_differentiable(embedding_body, NULL, 0, 2,
        (eg_tensor *[]){some(1, EG_DIMS(4, 3)), EG_I32(2, 0, 2)});
}

TEST(draws_are_the_same_in_a_function)
{
    EG_SCOPE;
    assert_same_in_function(draw_body, NULL, 0, 1, (eg_tensor *[]){eg_key(9)});
}

TEST(distributions_refuse_what_they_cannot_draw)
{
    EG_SCOPE;
    eg_tensor *key = eg_key(1);

    assert_null(eg_randint(key, 5, 5, EG_DIMS(2)));
    assert_error(EG_INVALID, "there must be 1 to 2^53");
    assert_null(eg_randint(key, INT64_MIN, INT64_MAX, EG_DIMS(2)));
    assert_error(EG_INVALID, "there must be 1 to 2^53");
    assert_null(eg_randint(key, 0, 300, EG_DIMS(2), .dtype = EG_UINT8));
    assert_error(EG_INVALID, "as uint8");
    assert_null(eg_randint(key, 0, 3, EG_DIMS(2), .dtype = EG_FLOAT32));
    assert_error(EG_INVALID, "as float32");
    assert_null(eg_randint(EG_I64(1), 0, 3, EG_DIMS(2)));
    assert_error(EG_INVALID, "that is no key");
    assert_null(eg_bernoulli(key, EG_F32(0.5f, 0.5f), EG_DIMS(3)));
    assert_error(EG_INVALID, "broadcast");
    assert_null(eg_bernoulli(key, NULL, EG_DIMS(3)));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_categorical(key, eg_constant(1.0), 3));
    assert_error(EG_INVALID, "axis of classes");
    assert_null(eg_categorical(key, NULL, 3));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_dropout(EG_F32(1), key, 1));
    assert_error(EG_INVALID, "the rate is 1");
    assert_null(eg_dropout(NULL, key, 0.5));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_dropout(EG_I32(1), key, 0.5));
    assert_error(EG_INVALID, "int32");
    assert_null(eg_exponential(EG_F32(1), EG_DIMS(2)));
    assert_error(EG_INVALID, "that is no key");
}
