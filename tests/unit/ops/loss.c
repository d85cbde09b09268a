/* Losses: values (of scipy where it has them), edges, gradients, in functions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

enum { SOFTMAX, SIGMOID, SQUARED, ABSOLUTE, HUBER, HINGE, KL, LOSSES };

static eg_tensor *loss(int which, eg_tensor *y, eg_tensor *target)
{
    switch (which) {
    case SOFTMAX:
        return eg_softmax_cross_entropy(y, target);
    case SIGMOID:
        return eg_sigmoid_cross_entropy(y, target);
    case SQUARED:
        return eg_mean_squared_error(y, target, .axes = EG_AXES(-1));
    case ABSOLUTE:
        return eg_mean_absolute_error(y, target, .axes = EG_AXES(-1));
    case HUBER:
        return eg_huber(y, target, 0.7, .axes = EG_AXES(-1));
    case HINGE:
        return eg_hinge(y, target, .axes = EG_AXES(-1));
    default:
        return eg_kl_divergence(eg_softmax(y), eg_softmax(target));
    }
}

static eg_tensor *body(int n, eg_tensor *const x[], void *env)
{
    int which;

    (void)n;
    memcpy(&which, env, sizeof which);
    return loss(which, x[0], x[1]);
}

TEST(losses_have_the_gradients_that_differences_give)
{
    EG_SCOPE;
    for (int which = 0; which < LOSSES; which++)
        assert_differentiable(body, &which, sizeof which, 2,
            (eg_tensor *[]){some(1, EG_DIMS(3, 4)), some(2, EG_DIMS(3, 4))});
}

TEST(losses_are_averaged_over_the_axes_named)
{
    EG_SCOPE;
    eg_tensor *y = eg_reshape(EG_F64(1, 2, 3, 4), EG_DIMS(2, 2));
    eg_tensor *target = eg_reshape(EG_F64(1, 0, -1, 8), EG_DIMS(2, 2));

    assert_prints(eg_mean_squared_error(y, target), "9. float64[]");
    assert_prints(eg_mean_squared_error(y, target, .axes = EG_AXES(1)), "[ 2. 16.] float64[2]");
    assert_prints(eg_mean_absolute_error(y, target, .axes = EG_AXES(0), .keep_dims = true),
        "[[2. 3.]] float64[1,2]");
    assert_prints(eg_huber(y, target, 2), "3.5 float64[]");
    assert_prints(eg_huber(y, target, 100), "4.5 float64[]");
}

TEST(cross_entropies_keep_their_digits_far_from_zero)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(-1000, -40, -1, 0, 1, 40, 1000);
    eg_tensor *expected = EG_F64(0, 4.248354255291589e-18, 0.31326168751822286, 0.6931471805599453,
        1.3132616875182228, 40, 1000);
    eg_tensor *got = eg_sigmoid_cross_entropy(x, eg_zeros_like(x));
    eg_tensor *small = eg_slice(got, .begin = EG_AT(1), .count = EG_AT(1));

    assert_close(got, expected, 1e-13);
    assert_close(eg_div(small, 4.248354255291589e-18), eg_ones(EG_FLOAT64, EG_DIMS(1)), 1e-14);
    assert_prints(eg_softmax_cross_entropy(EG_F32(1000, -1000), EG_F32(0, 1)), "2000. float32[]");
    assert_prints(eg_softmax_cross_entropy(EG_F64(1, 2, 3), EG_F64(0.25, 0.25, 0.5)),
        "1.15760596 float64[]");
}

TEST(a_sparse_label_is_a_dense_one_with_a_single_one)
{
    EG_SCOPE;
    eg_tensor *logits = eg_normal(eg_key(1), EG_DIMS(20, 7));
    eg_tensor *labels = eg_remainder(eg_range(20), 7);

    assert_close(eg_softmax_cross_entropy(logits, eg_one_hot(labels, 7)),
        eg_sparse_softmax_cross_entropy(logits, labels), 1e-6);
}

TEST(what_the_target_rules_out_costs_nothing)
{
    EG_SCOPE;
    assert_prints(eg_kl_divergence(EG_F32(0, 1), EG_F32(0, 1)), "0. float32[]");
    assert_prints(eg_kl_divergence(EG_F32(0, 1), EG_F32(0.5, 0.5)), "inf float32[]");
    assert_prints(eg_kl_divergence(EG_F64(0.2, 0.3, 0.5), EG_F64(0.5, 0.25, 0.25)),
        "0.23927818 float64[]");
}

TEST(losses_refuse_what_does_not_fit)
{
    EG_SCOPE;
    for (int which = 0; which < KL; which++) {
        assert_null(loss(which, EG_F32(1, 2), EG_F32(1)));
        assert_error(EG_INVALID, "prediction and target must have one shape");
        assert_null(loss(which, EG_I32(1, 2), EG_I32(1, 2)));
        assert_error(EG_INVALID, "takes floating point");
        assert_null(loss(which, EG_F32(1, 2), NULL));
        assert_error(EG_INVALID, "argument 2 is NULL");
    }
    assert_null(eg_huber(EG_F32(1), EG_F32(1), 0));
    assert_error(EG_INVALID, "delta is 0; it must be positive");
    assert_null(eg_kl_divergence(eg_constant(1.0), eg_constant(1.0)));
    assert_error(EG_INVALID, "axis of classes");
}
