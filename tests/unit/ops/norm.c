/* Normalisation: layer_norm and rms_norm against their formulas, and those made of other operations
 * by value, gradient and in functions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

/* The formula of layer_norm over the last axis. */
static eg_tensor *plain_norm(eg_tensor *x, eg_tensor *scale, eg_tensor *offset, bool is_centered)
{
    eg_tensor *d = x;

    if (is_centered)
        d = eg_sub(x, eg_mean(x, .axes = EG_AXES(-1), .keep_dims = true));
    eg_tensor *variance = eg_mean(eg_square(d), .axes = EG_AXES(-1), .keep_dims = true);
    eg_tensor *y = eg_mul(eg_div(d, eg_sqrt(eg_add(variance, 1e-5))), scale);
    return offset ? eg_add(y, offset) : y;
}

TEST(layer_norm_and_its_gradient_are_what_the_formula_gives)
{
    static const int64_t sizes[][2] = {{1, 1}, {3, 5}, {64, 33}, {700, 300}, {3, 9001}};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t rows = sizes[i][0], n = sizes[i][1];
        for (int centered = 0; centered < 2; centered++) {
            eg_tensor *dx[3], *plain[3];
            EG_TAPE_WITH(.persistent = true);
            eg_tensor *x = eg_add(eg_normal(eg_key(1), EG_DIMS(rows, n)), 2);
            eg_tensor *scale = eg_normal(eg_key(2), EG_DIMS(n));
            eg_tensor *offset = eg_normal(eg_key(3), EG_DIMS(n));
            eg_tensor *weight = eg_normal(eg_key(4), EG_DIMS(rows, n));
            eg_watch(x);
            eg_watch(scale);
            eg_watch(offset);
            eg_tensor *y = centered ? eg_layer_norm(x, scale, offset) : eg_rms_norm(x, scale);
            eg_tensor *z = plain_norm(x, scale, centered ? offset : NULL, centered);
            assert_close(y, z, 1e-5);
            eg_gradient(eg_sum(eg_mul(y, weight)), EG_IN(x, scale, offset), dx);
            eg_gradient(eg_sum(eg_mul(z, weight)), EG_IN(x, scale, offset), plain);
            for (int k = 0; k < 2 + centered; k++)
                assert_close(dx[k], plain[k], 2e-5 * (k ? sqrt((double)rows) + 4 : 4));
        }
    }
}

TEST(a_number_scales_and_offsets_all_of_a_row)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F32(1, 3, 5, 5), EG_DIMS(2, 2));

    assert_prints(eg_layer_norm(x, 2, 1), "[[-0.99999  2.99999] [ 1.       1.     ]] float32[2,2]");
    assert_prints(eg_layer_norm(x, 1, 0, .last_axes = 2, .epsilon = 1e-20),
        "[[-1.5075567  -0.30151135] [ 0.90453404  0.90453404]] float32[2,2]");
}

/* ---- by channel ----------------------------------------------------------------------------- */

static eg_tensor *batch_body(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_batch_norm(x[0], x[1], eg_square(x[2]), x[3], x[4], .not_last_axis = true, .axis = 1);
}

static eg_tensor *train_body(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    return eg_batch_norm_train(x[0], x[1], x[2], .epsilon = 1e-3);
}

static eg_tensor *group_body(int n, eg_tensor *const x[], void *env)
{
    int64_t groups;

    (void)n;
    memcpy(&groups, env, sizeof groups);
    if (groups == 4)
        return eg_instance_norm(x[0], x[1], x[2], .not_last_axis = true, .axis = 1);
    return eg_group_norm(x[0], x[1], x[2], groups, .not_last_axis = true, .axis = 1);
}

TEST(batch_norm_uses_the_statistics_it_is_given)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F32(1, 2, 3, 4, 5, 6, 7, 8), EG_DIMS(2, 2, 2));
    eg_tensor *last = eg_batch_norm(x, EG_F32(1, 2), EG_F32(4, 1), EG_F32(1, 2), EG_F32(0, 1));
    eg_tensor *middle = eg_batch_norm(x, EG_F32(1, 2), EG_F32(4, 1), EG_F32(1, 2), EG_F32(0, 1),
        .not_last_axis = true, .axis = 1, .epsilon = 1e-20);

    assert_prints(eg_slice(last, .count = EG_AT(1)),
        "[[[0.        1.       ] [0.9999988 4.99998  ]]] float32[1,2,2]");
    assert_prints(middle, "[[[ 0.   0.5] [ 3.   5. ]]  [[ 2.   2.5] [11.  13. ]]] float32[2,2,2]");
}

TEST(batch_norm_train_gives_its_statistics)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F32(1, 2, 3, 6, 5, 10), EG_DIMS(3, 2));
    eg_tensor *all = eg_batch_norm_train(x, EG_F32(1, 1), EG_F32(0, 0));

    assert_int_equal(eg_parts(all), 3);
    assert_prints(eg_part(all, 1), "[3. 6.] float32[2]");
    assert_prints(eg_part(all, 2), "[ 2.6666667 10.666667 ] float32[2]");
    eg_tensor *again =
        eg_batch_norm(x, eg_part(all, 1), eg_part(all, 2), EG_F32(1, 1), EG_F32(0, 0));
    assert_close(eg_part(all, 0), again, 0);
}

TEST(groups_are_normalised_apart)
{
    int64_t groups[] = {1, 2, 4};
    EG_SCOPE;
    eg_tensor *x = some(3, EG_DIMS(2, 4, 3)), *one = eg_ones(EG_FLOAT64, EG_DIMS(4));
    eg_tensor *zero = eg_zeros(EG_FLOAT64, EG_DIMS(4));

    for (int i = 0; i < 3; i++) {
        eg_tensor *in[] = {x, one, zero}, *y = group_body(3, in, &groups[i]);
        eg_tensor *rows = eg_reshape(x, EG_DIMS(2, groups[i], -1));
        eg_tensor *expected = eg_reshape(eg_layer_norm(rows, 1, 0), EG_DIMS(2, 4, 3));
        assert_close(y, expected, 1e-12);
    }
}

TEST(norms_by_channel_have_the_gradients_that_differences_give)
{
    int64_t groups[] = {2, 4};
    EG_SCOPE;
    eg_tensor *x = some(1, EG_DIMS(2, 4, 3)), *a = some(2, EG_DIMS(4)), *b = some(3, EG_DIMS(4));

    assert_differentiable(batch_body, NULL, 0, 5,
        (eg_tensor *[]){x, a, b, some(4, EG_DIMS(4)), some(5, EG_DIMS(4))});
    assert_differentiable(train_body, NULL, 0, 3, (eg_tensor *[]){some(7, EG_DIMS(3, 2, 4)), a, b});
    for (int i = 0; i < 2; i++)
        assert_differentiable(group_body, &groups[i], sizeof groups[i], 3,
            (eg_tensor *[]){x, a, b});
}

TEST(norms_by_channel_refuse_what_does_not_fit)
{
    EG_SCOPE;
    eg_tensor *x = eg_zeros(EG_FLOAT32, EG_DIMS(2, 4)), *four = eg_zeros(EG_FLOAT32, EG_DIMS(4));

    assert_null(eg_batch_norm(x, four, four, EG_F32(1, 2), four));
    assert_error(EG_INVALID, "scale must be one number for each of the 4 channels");
    assert_null(eg_batch_norm(x, eg_reshape(four, EG_DIMS(4, 1)), four, four, four));
    assert_error(EG_INVALID, "mean must be one number");
    assert_null(eg_batch_norm_train(eg_constant(1.0), four, four));
    assert_error(EG_INVALID, "there is no axis -1 of channels");
    assert_null(eg_batch_norm_train(x, four, four, .epsilon = -1));
    assert_error(EG_INVALID, "epsilon is -1; it must be positive");
    assert_null(eg_batch_norm_train(eg_cast(x, EG_INT32), four, four));
    assert_error(EG_INVALID, "floating point");
    assert_null(eg_group_norm(x, four, four, 3));
    assert_error(EG_INVALID, "do not make 3 groups");
    assert_null(eg_group_norm(x, four, four, 2, .not_last_axis = true));
    assert_error(EG_INVALID, "axis 0 counts examples");
    assert_null(eg_instance_norm(NULL, four, four));
    assert_error(EG_INVALID, "x is NULL");
    assert_null(eg_batch_norm(x, NULL, four, four, four));
    assert_error(EG_INVALID, "mean");
}
