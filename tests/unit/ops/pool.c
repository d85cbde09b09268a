/* Pools that are made of operations: with channels first, over everything, adaptive.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

static eg_tensor *numbers(int rank, const int64_t dims[])
{
    int64_t n = 1;

    for (int i = 0; i < rank; i++)
        n *= dims[i];
    eg_tensor *x = eg_cast(eg_range(n), EG_FLOAT32);
    return eg_reshape(eg_remainder(eg_mul(x, 5), 11), rank, dims);
}

static bool same(eg_tensor *x, eg_tensor *y)
{
    return eg_item(eg_max(eg_abs(eg_sub(x, y)))) == 0;
}

static eg_tensor *last(eg_tensor *x)
{
    return eg_transpose(x, .axes = EG_AXES(0, 2, 3, 1));
}

TEST(channels_first_are_channels_last_transposed)
{
    EG_SCOPE;
    eg_tensor *x = numbers(EG_DIMS(2, 3, 5, 4));

    eg_tensor *z = eg_max_pool(x, .window = EG_AT(2), .same = true, .channels_first = true);
    assert_true(same(last(z), eg_max_pool(last(x), .window = EG_AT(2), .same = true)));
    z = eg_max_pool_index(x, .window = EG_AT(2), .channels_first = true);
    assert_true(same(last(z), eg_max_pool_index(last(x), .window = EG_AT(2))));
    z = eg_avg_pool(x, .window = EG_AT(3), .strides = EG_AT(1), .channels_first = true);
    assert_true(same(last(z), eg_avg_pool(last(x), .window = EG_AT(3), .strides = EG_AT(1))));
    z = eg_avg_pool_grad(x, .window = EG_AT(2), .sizes = EG_AT(10, 8), .channels_first = true);
    assert_true(
        same(last(z), eg_avg_pool_grad(last(x), .window = EG_AT(2), .sizes = EG_AT(10, 8))));
    z = eg_adaptive_avg_pool(x, .sizes = EG_AT(2, 3), .channels_first = true);
    assert_true(same(last(z), eg_adaptive_avg_pool(last(x), .sizes = EG_AT(2, 3))));
    z = eg_global_avg_pool(x, .channels_first = true);
    assert_true(same(z, eg_global_avg_pool(last(x))));
    z = eg_global_max_pool(x, .channels_first = true);
    assert_true(same(z, eg_global_max_pool(last(x))));
    assert_int_equal(eg_rank(z), 2);
    assert_fine();
}

TEST(adaptive_windows_begin_rounded_down_and_end_rounded_up)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F64(1, 2, 4, 8, 16), EG_DIMS(1, 5, 1));

    assert_prints(eg_adaptive_avg_pool(x, .sizes = EG_AT(3)),
        "[[[ 1.5       ] [ 4.66666667] [12.        ]]] float64[1,3,1]");
    assert_true(same(eg_adaptive_avg_pool(x, .sizes = EG_AT(5)), x));
    assert_prints(eg_adaptive_avg_pool(x, .sizes = EG_AT(1)), "[[[6.2]]] float64[1,1,1]");
}

TEST(adaptive_pools_that_divide_are_pools)
{
    EG_SCOPE;
    eg_tensor *x = numbers(EG_DIMS(2, 8, 4, 3));

    assert_true(
        same(eg_adaptive_avg_pool(x, .sizes = EG_AT(4, 2)), eg_avg_pool(x, .window = EG_AT(2))));
}

TEST(gradients_go_through_adaptive_and_global_pools)
{
    EG_TAPE;
    eg_tensor *x = eg_reshape(EG_F64(1, 2, 4), EG_DIMS(1, 3, 1)), *dx;

    eg_watch(x);
    eg_tensor *y = eg_sum(eg_adaptive_avg_pool(x, .sizes = EG_AT(2)));
    y = eg_add(y, eg_mul(eg_sum(eg_global_max_pool(x)), 10));
    y = eg_add(y, eg_mul(eg_sum(eg_global_avg_pool(x)), 3));
    assert_int_equal(eg_gradient(y, 1, &x, &dx), EG_OK);
    assert_prints(dx, "[[[ 1.5] [ 2. ] [11.5]]] float64[1,3,1]");
}

TEST(adaptive_maxima_are_of_the_windows_of_adaptive_means)
{
    EG_SCOPE;
    eg_tensor *x = numbers(EG_DIMS(2, 8, 4, 3));

    assert_prints(eg_adaptive_max_pool(eg_reshape(EG_I32(9, 2, 4, 8, 6), EG_DIMS(1, 5, 1)),
                      .sizes = EG_AT(3)),
        "[[[9] [8] [8]]] int32[1,3,1]");
    assert_true(
        same(eg_adaptive_max_pool(x, .sizes = EG_AT(4, 2)), eg_max_pool(x, .window = EG_AT(2))));
    x = numbers(EG_DIMS(1, 3, 5, 4));
    assert_true(same(last(eg_adaptive_max_pool(x, .sizes = EG_AT(2, 7), .channels_first = true)),
        eg_adaptive_max_pool(last(x), .sizes = EG_AT(2, 7))));
    assert_fine();
}

TEST(lp_pools_are_roots_of_sums_of_powers)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F64(3, -4, 0, 0, 1, 2), EG_DIMS(1, 6, 1));

    assert_prints(eg_lp_pool(x, 2, .window = EG_AT(2)),
        "[[[5.        ] [0.        ] [2.23606798]]] float64[1,3,1]");
    assert_prints(eg_lp_pool(x, 1, .window = EG_AT(2)), "[[[7.] [0.] [3.]]] float64[1,3,1]");
    assert_prints(eg_lp_pool(x, 3, .window = EG_AT(3), .strides = EG_AT(3)),
        "[[[4.49794145] [2.08008382]]] float64[1,2,1]");
    assert_prints(eg_lp_pool(x, 2, .window = EG_AT(4), .same = true),
        "[[[5.        ] [2.23606798]]] float64[1,2,1]");
    assert_null(eg_lp_pool(x, 0.5, .window = EG_AT(2)));
    assert_error(EG_INVALID, "p is 0.5");
    assert_null(eg_lp_pool(x, NAN, .window = EG_AT(2)));
    assert_error(EG_INVALID, "p is nan");
    assert_null(eg_lp_pool(x, 2));
    assert_error(EG_INVALID, "`window` needs one number");
    assert_null(eg_lp_pool(eg_cast(x, EG_INT32), 2, .window = EG_AT(2)));
    assert_error(EG_INVALID, "it takes floating point");
}

TEST(unpooling_puts_maxima_where_they_were)
{
    EG_SCOPE;
    eg_tensor *x = numbers(EG_DIMS(2, 4, 6, 3)), *z = eg_max_pool(x, .window = EG_AT(2));
    eg_tensor *index = eg_max_pool_index(x, .window = EG_AT(2));

    eg_tensor *y = eg_max_unpool(z, index, .sizes = EG_AT(4, 6));
    assert_true(same(eg_max_pool(y, .window = EG_AT(2)), z));
    assert_true(eg_item(eg_sum(y)) == eg_item(eg_sum(z)));
    eg_tensor *first = eg_max_unpool(eg_transpose(z, .axes = EG_AXES(0, 3, 1, 2)),
        eg_transpose(index, .axes = EG_AXES(0, 3, 1, 2)), .sizes = EG_AT(4, 6),
        .channels_first = true);
    assert_true(same(last(first), y));
    assert_null(eg_max_unpool(z, index));
    assert_error(EG_INVALID, "it needs `sizes`");
    assert_null(eg_max_unpool(z, x, .sizes = EG_AT(4, 6)));
    assert_error(EG_INVALID, "x and index of one shape");
    assert_null(eg_max_unpool(z, index, .sizes = EG_AT(-4, 6)));
    assert_error(EG_INVALID, "`sizes` are 0 or more");
    assert_null(eg_max_unpool(z, index, .sizes = EG_AT(INT64_MAX, 6)));
    assert_error(EG_INVALID, "not more than memory holds");
    assert_null(eg_max_unpool(z, index, .sizes = EG_AT(1, 1)));
    assert_error(EG_INVALID, "");
}

static eg_tensor *pooled(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    eg_tensor *y = eg_lp_pool(x[0], 3, .window = EG_AT(2), .strides = EG_AT(1), .same = true);
    eg_tensor *z = eg_adaptive_max_pool(x[0], .sizes = EG_AT(3, 2));
    eg_tensor *index = eg_max_pool_index(x[0], .window = EG_AT(2));
    eg_tensor *back =
        eg_max_unpool(eg_avg_pool(x[0], .window = EG_AT(2)), index, .sizes = EG_AT(4, 3));
    return eg_tuple(y, z, back);
}

TEST(pools_made_of_operations_have_gradients_and_record)
{
    EG_SCOPE;
    eg_tensor *x = some(5, EG_DIMS(1, 4, 3, 2));

    assert_differentiable(pooled, NULL, 0, 1, &x);
}

TEST(what_cannot_be_pooled_is_an_error)
{
    EG_SCOPE;
    eg_tensor *x = numbers(EG_DIMS(1, 4, 2));

    assert_null(eg_global_max_pool(numbers(EG_DIMS(2, 2))));
    assert_error(EG_INVALID, "it needs a rank of 3 to 5");
    assert_null(eg_global_avg_pool(numbers(EG_DIMS(2, 2))));
    assert_error(EG_INVALID, "it needs a rank of 3 to 5");
    assert_null(eg_adaptive_avg_pool(numbers(EG_DIMS(2, 2)), .sizes = EG_AT(1)));
    assert_error(EG_INVALID, "it needs a rank of 3 to 5");
    assert_null(eg_adaptive_avg_pool(x));
    assert_error(EG_INVALID, "`sizes` needs one number");
    assert_null(eg_adaptive_avg_pool(x, .sizes = EG_AT(0)));
    assert_error(EG_INVALID, "`sizes` needs one number");
    assert_null(eg_adaptive_avg_pool(eg_cast(x, EG_INT32), .sizes = EG_AT(2)));
    assert_error(EG_INVALID, "it takes floating point");
    assert_null(eg_max_pool(numbers(EG_DIMS(2, 2)), .window = EG_AT(1), .channels_first = true));
    assert_error(EG_INVALID, "needs a rank of 3 to 5");
}

/* ---- places, for any number of channels ------------------------------------------------------ */

enum { SIDE = 9, MOST_CHANNELS = 300 };

/* The place of the first largest under the window at (i, j), 3 by 3 and 2 apart, padded by 1. */
static int64_t first_largest(const float *x, int i, int j, int c, int channels)
{
    int64_t place = -1;

    for (int k = 0; k < 9; k++) {
        int row = 2 * i - 1 + k / 3, column = 2 * j - 1 + k % 3;
        if (row < 0 || column < 0 || row >= SIDE || column >= SIDE)
            continue;
        int64_t at = (int64_t)(row * SIDE + column) * channels + c;
        if (place < 0 || (!isnan(x[place]) && (isnan(x[at]) || x[at] > x[place])))
            place = at;
    }
    return place;
}

TEST(of_equal_elements_the_first_is_the_largest_and_a_nan_more_so)
{
    static const int channels[] = {1, 2, 3, 4, 6, 8, 15, 16, 17, 32, 33, 64, 100, 256, 300};
    static float x[SIDE * SIDE * MOST_CHANNELS];
    uint64_t seed = 11;

    for (size_t n = 0; n < sizeof channels / sizeof *channels; n++) {
        EG_SCOPE;
        int c = channels[n];
        for (int i = 0; i < SIDE * SIDE * c; i++) {
            int number = (int)(harness_random(&seed) >> 60);
            x[i] = number == 0 ? NAN : (float)(number % 5);
        }
        eg_tensor *index = eg_max_pool_index(eg_copy(EG_FLOAT32, EG_DIMS(1, SIDE, SIDE, c), x),
            .window = EG_AT(3), .strides = EG_AT(2), .padding = EG_AT(1));
        assert_fine();
        const int64_t *got = eg_data(index, EG_INT64);
        for (int i = 0; i < 25 * c; i++)
            assert_true(got[i] == first_largest(x, i / c / 5, i / c % 5, i % c, c));
    }
}
