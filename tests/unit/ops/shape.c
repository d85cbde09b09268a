/* Axes that come and go, tensors side by side, arrays made of nothing but a shape.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"

static eg_tensor *grid(void)
{
    return eg_reshape(EG_F64(1, 2, 3, 4, 5, 6), EG_DIMS(2, 3));
}

TEST(axes_of_size_one_come_and_go)
{
    EG_SCOPE;
    eg_tensor *x = grid();

    assert_prints(eg_expand_dims(EG_I32(1, 2), 0), "[[1 2]] int32[1,2]");
    assert_prints(eg_expand_dims(EG_I32(1, 2), -1), "[[1] [2]] int32[2,1]");
    assert_prints(eg_squeeze(eg_expand_dims(x, 1), 1), "[[1. 2. 3.] [4. 5. 6.]] float64[2,3]");
    assert_prints(eg_squeeze(eg_expand_dims(x, -1), -1), "[[1. 2. 3.] [4. 5. 6.]] float64[2,3]");
    assert_prints(eg_squeeze(eg_zeros(EG_INT8, EG_DIMS(1, 0)), 0), "[] int8[0]");
    assert_null(eg_squeeze(x, 0));
    assert_error(EG_INVALID, "axis 0 of a tensor of rank 2 has size 2, not 1");
    assert_null(eg_squeeze(x, 2));
    assert_error(EG_INVALID, "axis 2");
    assert_null(eg_squeeze(EG_F32(1, 2), INT32_MIN));
    assert_error(EG_INVALID, "axis -2147483648");
    assert_null(eg_expand_dims(x, 4));
    assert_error(EG_INVALID, "place 4");
    assert_null(eg_expand_dims(x, INT32_MIN));
    assert_error(EG_INVALID, "place -2147483648");
    for (int rank = 2; rank < EG_MAX_RANK; rank++)
        x = eg_expand_dims(x, 0);
    assert_int_equal(eg_rank(x), EG_MAX_RANK);
    assert_null(eg_expand_dims(x, 0));
    assert_error(EG_INVALID, "rank");
}

TEST(tensors_are_stacked_along_a_new_axis)
{
    EG_SCOPE;
    eg_tensor *x = EG_I32(1, 2), *y = EG_I32(3, 4), *z = EG_I64(5, 6);

    assert_prints(eg_stack(EG_IN(x, y), .axis = 0), "[[1 2] [3 4]] int32[2,2]");
    assert_prints(eg_stack(EG_IN(x, y), .axis = -1), "[[1 3] [2 4]] int32[2,2]");
    assert_prints(eg_stack(EG_IN(x, z), .axis = 1), "[[1 5] [2 6]] int64[2,2]");
    assert_prints(eg_stack(EG_IN(eg_constant(1), eg_constant(2)), .axis = 0), "[1 2] int32[2]");
    assert_prints(eg_stack(EG_IN(x), .axis = 0), "[[1 2]] int32[1,2]");
    assert_null(eg_stack(EG_IN(x, EG_I32(1, 2, 3)), .axis = 0));
    assert_error(EG_INVALID, "x[1] has the shape [3], x[0] [2]");
    assert_null(eg_stack(EG_IN(x, y), .axis = 3));
    assert_error(EG_INVALID, "axis");
    assert_null(eg_stack(EG_IN(x, y), .axis = INT32_MIN));
    assert_error(EG_INVALID, "axis");
    assert_null(eg_stack(EG_IN(x, z, EG_F32(1, 2)), .axis = 0));
    assert_error(EG_INVALID, "x[2] is float32, those before it int64");
    assert_null((eg_stack_with)(2, (eg_tensor *[]){x, NULL}, NULL));
    assert_error(EG_INVALID, "x[1] is NULL");
    assert_null((eg_stack_with)(0, &x, NULL));
    assert_error(EG_INVALID, "0 tensors; it takes 1 to 64");
}

TEST(an_error_of_stack_names_it)
{
    eg_error e;
    EG_SCOPE;

    eg_stack(EG_IN(EG_I32(1, 2), EG_I32(1, 2, 3)));
    eg_pending(&e);
    assert_string_equal(e.op, "eg_stack");
    eg_report(NULL);
}

EG_FUNCTION(stacked, x, y)
{
    return eg_squeeze(eg_expand_dims(eg_stack(EG_IN(x, y), .axis = 1), 0), 0);
}

TEST(axes_that_come_and_go_have_gradients)
{
    EG_SCOPE;
    assert_composed(&stacked_callable, 2, (eg_tensor *[]){grid(), eg_mul(grid(), 2.0)});
}

TEST(a_shape_is_filled_with_one_value)
{
    EG_SCOPE;
    assert_prints(eg_zeros(EG_FLOAT32, EG_DIMS(2)), "[0. 0.] float32[2]");
    assert_prints(eg_ones(EG_INT8, EG_DIMS(1, 2)), "[[1 1]] int8[1,2]");
    assert_prints(eg_ones(EG_BOOL, EG_DIMS(2)), "[ True  True] bool[2]");
    assert_prints(eg_full(2.5, EG_DIMS(2)), "[2.5 2.5] float32[2]");
    assert_prints(eg_full(eg_scalar(EG_UINT8, 7), EG_DIMS(3)), "[7 7 7] uint8[3]");
    assert_prints(eg_zeros(EG_INT64, EG_NO_DIMS), "0 int64[]");
    assert_prints(eg_zeros(EG_INT64, EG_DIMS(0, 3)), "[] int64[0,3]");
    assert_prints(eg_zeros_like(EG_F64(1, 2)), "[0. 0.] float64[2]");
    assert_prints(eg_ones_like(EG_I32(5, 6, 7)), "[1 1 1] int32[3]");
    assert_null(eg_zeros(EG_FLOAT32, EG_DIMS(-1)));
    assert_error(EG_INVALID, "negative");
    assert_null(eg_ones(EG_FLOAT32, EG_DIMS(INT64_MAX, 16)));
    assert_error(EG_INVALID, "too many elements");
    assert_null(eg_zeros((eg_dtype)99, EG_DIMS(2)));
    assert_error(EG_INVALID, "dtype");
    assert_null(eg_full(EG_I32(1, 2), EG_DIMS(2, 2)));
    assert_error(EG_INVALID, "one number");
    assert_null(eg_zeros_like(NULL));
    assert_error(EG_INVALID, "NULL");
}
