/* What a tape is told: stop, start anew, several targets; Jacobians.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

TEST(a_tuple_as_target_is_the_sum_of_its_parts)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, 2), *dx;
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    eg_tensor *y = eg_tuple(eg_square(x), eg_mul(x, 10), EG_F32(7));
    eg_gradient(y, EG_IN(x), &dx);
    assert_prints(dx, "[12. 14.] float32[2]");
    eg_gradient(y, EG_IN(x), &dx,
        .target_gradient = eg_tuple(EG_F32(1, 0), EG_F32(0, 1), EG_F32(1)));
    assert_prints(dx, "[ 2. 10.] float32[2]");
    assert_fine();
    eg_gradient(y, EG_IN(x), &dx, .target_gradient = EG_F32(1, 1));
    assert_error(EG_INVALID, "3 targets with 1 gradients");
    eg_gradient(eg_tuple(eg_square(x), EG_I32(1)), EG_IN(x), &dx);
    assert_error(EG_INVALID, "target 1 is int32");
}

TEST(nothing_is_remembered_while_recording_is_stopped)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(3), *dx, *unseen;
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    eg_tensor *y = eg_square(x);
    {
        EG_STOP_RECORDING;
        unseen = eg_give(eg_mul(x, 100));
        {
            EG_STOP_RECORDING;
            eg_exp(x);
        }
        unseen = eg_give(eg_mul(unseen, 1));
    }
    eg_gradient(eg_add(y, unseen), EG_IN(x), &dx);
    assert_prints(dx, "6. float32[]");
    assert_fine();
}

TEST(stopping_without_a_tape_is_a_plain_scope)
{
    EG_SCOPE;
    EG_STOP_RECORDING;
    assert_prints(eg_add(EG_F32(1), 1), "2. float32[]");
}

TEST(a_reset_tape_has_forgotten_and_can_be_used_again)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(3), *dx;
    EG_TAPE;

    eg_watch(x);
    eg_gradient(eg_square(x), EG_IN(x), &dx);
    assert_int_equal(eg_tape_reset(), EG_OK);
    eg_gradient(eg_square(x), EG_IN(x), &dx);
    assert_error(EG_INVALID, "does not depend");
    assert_int_equal(eg_tape_reset(), EG_OK);
    eg_watch(x);
    eg_gradient(eg_mul(x, 5), EG_IN(x), &dx);
    assert_prints(dx, "5. float32[]");
}

TEST(a_reset_needs_a_tape)
{
    EG_SCOPE;
    assert_int_equal(eg_tape_reset(), EG_STATE);
    assert_error(EG_STATE, "EG_TAPE");
}

TEST(a_jacobian_has_the_shapes_of_target_and_source)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2);
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    assert_prints(eg_jacobian(eg_square(x), x), "[[2. 0.] [0. 4.]] float64[2,2]");
    eg_tensor *a = eg_reshape(EG_F64(1, 2, 3, 4, 5, 6), EG_DIMS(3, 2));
    assert_prints(eg_jacobian(eg_matmul(a, x), x), "[[1. 2.] [3. 4.] [5. 6.]] float64[3,2]");
    assert_prints(eg_jacobian(eg_sum(x), x), "[1. 1.] float64[2]");
    assert_fine();
}

TEST(a_jacobian_of_many_rows_is_in_order)
{
    EG_SCOPE;
    eg_tensor *x = eg_cast(eg_range(150), EG_FLOAT32);
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    eg_tensor *j = eg_jacobian(eg_square(x), x);
    eg_tensor *want = eg_mul(eg_one_hot(eg_range(150), 150), eg_mul(x, 2));
    assert_true(eg_item(eg_max(eg_abs(eg_sub(j, want)))) == 0);
    assert_fine();
}

TEST(the_jacobian_of_a_gradient_is_the_hessian)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2), *dx;
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_mul(eg_sum(eg_square(x)), eg_sum(x)), EG_IN(x), &dx);
        eg_give(dx);
    }
    assert_prints(eg_jacobian(dx, x), "[[10.  6.] [ 6. 14.]] float64[2,2]");
    assert_fine();
}

TEST(a_batch_jacobian_keeps_examples_apart)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F64(1, 2, 3, 4), EG_DIMS(2, 2));
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    eg_tensor *y = eg_mul(x, eg_sum(x, .axes = EG_AXES(1), .keep_dims = true));
    assert_prints(eg_batch_jacobian(y, x),
        "[[[ 4.  1.] [ 2.  5.]]  [[10.  3.] [ 4. 11.]]] float64[2,2,2]");
    assert_null(eg_batch_jacobian(eg_sum(y), x));
    assert_error(EG_INVALID, "axis of examples");
}
EG_FUNCTION(squares, x)
{
    return eg_square(x);
}
TEST(a_jacobian_of_calls_is_right_too)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(squares);
    eg_tensor *x = eg_cast(eg_range(130), EG_FLOAT64);
    {
        EG_TAPE_WITH(.persistent = true);
        eg_watch(x);
        eg_tensor *j = eg_jacobian(eg_call(f, x), x);
        eg_tensor *want = eg_mul(eg_one_hot(eg_range(130), 130, .dtype = EG_FLOAT64), eg_mul(x, 2));
        assert_true(eg_item(eg_max(eg_abs(eg_sub(j, want)))) == 0);
    }
    eg_function_free(f);
    assert_fine();
}
TEST(a_jacobian_needs_a_persistent_tape_and_floating_point)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, 2);

    assert_null(eg_jacobian(x, x));
    assert_error(EG_STATE, "no tape is open");
    EG_TAPE;
    eg_watch(x);
    assert_null(eg_jacobian(eg_square(x), x));
    assert_error(EG_STATE, "persistent");
    EG_TAPE_WITH(.persistent = true);
    assert_null(eg_jacobian(x, EG_I32(1)));
    assert_error(EG_INVALID, "source");
    assert_null(eg_jacobian(EG_I32(1), x));
    assert_error(EG_INVALID, "target");
}
