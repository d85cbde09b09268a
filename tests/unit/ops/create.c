/* Numbers in steps, unit matrices, diagonals and triangles.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"

static eg_tensor *real(int rank, const int64_t dims[])
{
    int64_t n = 1;

    for (int i = 0; i < rank; i++)
        n *= dims[i];
    return eg_cast(eg_reshape(eg_range(n), rank, dims), EG_FLOAT64);
}

TEST(arange_goes_in_steps)
{
    EG_SCOPE;
    assert_prints(eg_arange(EG_INT32, 2, 11, 3), "[2 5 8] int32[3]");
    assert_prints(eg_arange(EG_INT64, 5, -4, -2), "[ 5  3  1 -1 -3] int64[5]");
    assert_prints(eg_arange(EG_UINT8, 250, 256, 1), "[250 251 252 253 254 255] uint8[6]");
    assert_prints(eg_arange(EG_INT8, 0, 3, 1), "[0 1 2] int8[3]");
    assert_prints(eg_arange(EG_INT32, 3, 3, 1), "[] int32[0]");
    assert_prints(eg_arange(EG_INT32, 3, 0, 1), "[] int32[0]");
    assert_prints(eg_arange(EG_INT64, INT64_MIN, INT64_MAX, INT64_MAX),
        "[-9223372036854775808                   -1  9223372036854775806] int64[3]");
    assert_prints(eg_arange(EG_FLOAT64, 0, 1, 0.3), "[0.  0.3 0.6 0.9] float64[4]");
    assert_prints(eg_arange(EG_FLOAT32, 1, 0, -0.25), "[1.   0.75 0.5  0.25] float32[4]");
    assert_prints(eg_arange(EG_FLOAT16, 0, 2, 0.5), "[0.  0.5 1.  1.5] float16[4]");
    assert_prints(eg_arange(EG_FLOAT32, 1, 0, 0.5), "[] float32[0]");
}

TEST(arange_refuses_what_has_no_end_or_no_place)
{
    EG_SCOPE;
    assert_null(eg_arange(EG_INT32, 0, 1, 0));
    assert_error(EG_INVALID, "the step is 0");
    assert_null(eg_arange(EG_BOOL, 0, 1, 1));
    assert_error(EG_INVALID, "not bool");
    assert_null(eg_arange(EG_INT32, 0, 1.5, 1));
    assert_error(EG_INVALID, "int32 takes whole numbers");
    assert_null(eg_arange(EG_UINT8, 0, 257, 1));
    assert_error(EG_INVALID, "256 cannot be uint8");
    assert_null(eg_arange(EG_UINT64, -1, 2, 1));
    assert_error(EG_INVALID, "-1 cannot be uint64");
    assert_null(eg_arange(EG_INT64, INT64_MIN, INT64_MAX, 1));
    assert_error(EG_INVALID, "any memory");
    assert_null(eg_arange(EG_FLOAT32, 0, INFINITY, 1));
    assert_error(EG_INVALID, "there is no end");
    assert_null(eg_arange(EG_FLOAT32, 0, NAN, 1));
    assert_error(EG_INVALID, "there is no end");
}

TEST(linspace_ends_exactly)
{
    EG_SCOPE;
    assert_prints(eg_linspace(EG_FLOAT64, 0, 1, 4),
        "[0.         0.33333333 0.66666667 1.        ] float64[4]");
    assert_prints(eg_linspace(EG_FLOAT32, -1, 2, 7),
        "[-1.  -0.5  0.   0.5  1.   1.5  2. ] float32[7]");
    assert_prints(eg_linspace(EG_FLOAT32, 2, -1, 4, .open_end = true),
        "[ 2.    1.25  0.5  -0.25] float32[4]");
    assert_prints(eg_linspace(EG_FLOAT64, 3, 5, 1), "[3.] float64[1]");
    assert_prints(eg_linspace(EG_FLOAT64, 3, 5, 0), "[] float64[0]");
    assert_prints(eg_linspace(EG_BFLOAT16, 1, 1, 2), "[1. 1.] bfloat16[2]");
    assert_true(eg_item(eg_slice(eg_linspace(EG_FLOAT64, 0, 0.7, 50), .begin = EG_AT(-1))) == 0.7);
    assert_null(eg_linspace(EG_INT32, 0, 1, 2));
    assert_error(EG_INVALID, "not int32");
    assert_null(eg_linspace(EG_FLOAT32, 0, 1, -1));
    assert_error(EG_INVALID, "negative count");
}

TEST(eye_and_full_like_make_matrices)
{
    EG_SCOPE;
    assert_prints(eg_eye(EG_FLOAT32, 3, 3, 0), "[[1. 0. 0.] [0. 1. 0.] [0. 0. 1.]] float32[3,3]");
    assert_prints(eg_eye(EG_INT64, 2, 4, -1), "[[0 0 0 0] [1 0 0 0]] int64[2,4]");
    assert_prints(eg_eye(EG_BOOL, 2, 2, 1), "[[False  True] [False False]] bool[2,2]");
    assert_prints(eg_eye(EG_INT32, 2, 2, INT64_MAX), "[[0 0] [0 0]] int32[2,2]");
    assert_prints(eg_eye(EG_INT32, 0, 2, 0), "[] int32[0,2]");
    assert_prints(eg_full_like(EG_I8(1, 2), -3), "[-3 -3] int8[2]");
    assert_null(eg_eye(EG_INT32, -1, 2, 0));
    assert_error(EG_INVALID, "-1");
    assert_null(eg_full_like(EG_I8(1, 2), eg_constant(1)));
    assert_error(EG_INVALID, "the value is int32, x is int8");
    assert_null(eg_full_like(EG_I32(1, 2), EG_I32(1, 2)));
    assert_error(EG_INVALID, "must be one number");
}

TEST(triangles_are_cut_out)
{
    EG_SCOPE;
    eg_tensor *m = eg_add(eg_reshape(eg_range(12), EG_DIMS(3, 4)), 1);

    assert_prints(eg_tril(m, 0), "[[ 1  0  0  0] [ 5  6  0  0] [ 9 10 11  0]] int64[3,4]");
    assert_prints(eg_tril(m, -1), "[[ 0  0  0  0] [ 5  0  0  0] [ 9 10  0  0]] int64[3,4]");
    assert_prints(eg_tril(m, 2), "[[ 1  2  3  0] [ 5  6  7  8] [ 9 10 11 12]] int64[3,4]");
    assert_prints(eg_triu(m, 0), "[[ 1  2  3  4] [ 0  6  7  8] [ 0  0 11 12]] int64[3,4]");
    assert_prints(eg_triu(m, -2), "[[ 1  2  3  4] [ 5  6  7  8] [ 9 10 11 12]] int64[3,4]");
    assert_prints(eg_triu(m, INT64_MIN), "[[ 1  2  3  4] [ 5  6  7  8] [ 9 10 11 12]] int64[3,4]");
    assert_prints(eg_triu(eg_div(eg_zeros(EG_FLOAT32, EG_DIMS(2, 2)), 0), 1),
        "[[ 0. nan] [ 0.  0.]] float32[2,2]");
    assert_null(eg_tril(EG_I32(1, 2), 0));
    assert_error(EG_INVALID, "x has 1 axes");
}

TEST(diagonals_come_and_go)
{
    EG_SCOPE;
    eg_tensor *m = eg_reshape(eg_range(12), EG_DIMS(3, 4));
    eg_tensor *c = eg_reshape(eg_range(24), EG_DIMS(2, 3, 4));

    assert_prints(eg_diagonal(m, 0), "[ 0  5 10] int64[3]");
    assert_prints(eg_diagonal(m, 2), "[2 7] int64[2]");
    assert_prints(eg_diagonal(m, -1), "[4 9] int64[2]");
    assert_prints(eg_diagonal(m, -9), "[] int64[0]");
    assert_prints(eg_diagonal(m, 4), "[] int64[0]");
    assert_prints(eg_diagonal(c, 1), "[[ 1  6 11] [13 18 23]] int64[2,3]");
    assert_prints(eg_diag(EG_I32(1, 2, 3), 0), "[[1 0 0] [0 2 0] [0 0 3]] int32[3,3]");
    assert_prints(eg_diag(EG_I32(1, 2), 1), "[[0 1 0] [0 0 2] [0 0 0]] int32[3,3]");
    assert_prints(eg_diag(EG_I32(1, 2), -2),
        "[[0 0 0 0] [0 0 0 0] [1 0 0 0] [0 2 0 0]] int32[4,4]");
    assert_prints(eg_diag(eg_zeros(EG_INT32, EG_DIMS(0)), 1), "[[0]] int32[1,1]");
    assert_prints(eg_diag(eg_reshape(EG_I32(1, 2, 3, 4), EG_DIMS(2, 2)), 0),
        "[[[1 0] [0 2]]  [[3 0] [0 4]]] int32[2,2,2]");
    assert_prints(eg_trace(m, 0), "15 int64[]");
    assert_prints(eg_trace(c, -1), "[13 37] int64[2]");
    assert_null(eg_diag(eg_constant(1), 0));
    assert_error(EG_INVALID, "x has 0 axes");
    assert_null(eg_diag(EG_I32(1, 2), INT64_MAX));
    assert_error(EG_INVALID, "any memory");
    assert_null(eg_diagonal(NULL, 0));
    assert_error(EG_INVALID, "x is NULL");
    assert_null(eg_trace(EG_F32(1, 2), 0));
    assert_error(EG_INVALID, "x has 1 axes");
}

EG_FUNCTION(triangular, x, value)
{
    eg_tensor *y = eg_mul(eg_tril(x, 1), eg_triu(x, -1));
    eg_tensor *z = eg_mul(eg_diag(eg_diagonal(y, 1), -1), eg_trace(x, 0));
    return eg_add(eg_add(y, z), eg_full_like(y, value));
}

TEST(triangles_and_diagonals_have_gradients)
{
    EG_SCOPE;
    assert_works(triangular, real(EG_DIMS(3, 3)), eg_scalar(EG_FLOAT64, 0.5));
}

EG_FUNCTION(made_of_steps, x)
{
    eg_tensor *n = eg_arange(EG_FLOAT64, 1, 3, 1);
    return eg_add(eg_mul(x, n),
        eg_matmul(eg_eye(EG_FLOAT64, 2, 2, 0), eg_linspace(EG_FLOAT64, 0, 1, 2)));
}

TEST(functions_make_numbers_in_steps)
{
    EG_SCOPE;
    assert_works(made_of_steps, EG_F64(2, 3));
}
