/* Elements taken and put by positions along several axes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"

#define GRID(dims, ...) eg_copy(EG_INT32, dims, ((const int32_t[]){__VA_ARGS__}))

static eg_tensor *real(int rank, const int64_t dims[])
{
    int64_t n = 1;

    for (int i = 0; i < rank; i++)
        n *= dims[i];
    return eg_cast(eg_reshape(eg_range(n), rank, dims), EG_FLOAT64);
}

TEST(take_counts_from_the_end_wraps_and_clips)
{
    EG_SCOPE;
    eg_tensor *m = eg_reshape(eg_range(12), EG_DIMS(3, 4));

    assert_prints(eg_take(m, EG_I32(-1, 1)), "[[ 8  9 10 11] [ 4  5  6  7]] int64[2,4]");
    assert_prints(eg_take(m, EG_I8(-1, 1), .axis = 1), "[[ 3  1] [ 7  5] [11  9]] int64[3,2]");
    assert_prints(eg_take(m, EG_I64(5, -5), .axis = -1, .outside = EG_OUTSIDE_WRAPS),
        "[[ 1  3] [ 5  7] [ 9 11]] int64[3,2]");
    assert_prints(eg_take(m, EG_I32(5, -5), .axis = -1, .outside = EG_OUTSIDE_CLIPS),
        "[[ 3  0] [ 7  4] [11  8]] int64[3,2]");
    assert_prints(eg_take(m, 2), "[ 8  9 10 11] int64[4]");
    assert_null(eg_take(m, EG_I32(0, 3)));
    assert_error(EG_INVALID, "index 3");
    assert_null(eg_take(m, EG_F32(0, 1)));
    assert_error(EG_INVALID, "it takes integers");
    assert_null(eg_take(m, 0, .axis = 2));
    assert_error(EG_INVALID, "there is no axis 2");
}

TEST(positions_read_and_write)
{
    EG_SCOPE;
    eg_tensor *m = eg_reshape(eg_range(6), EG_DIMS(2, 3));
    eg_tensor *at = GRID(EG_DIMS(2, 2), 1, 0, -2, 2);

    assert_prints(eg_gather_nd(m, at), "[3 2] int64[2]");
    assert_prints(eg_gather_nd(m, GRID(EG_DIMS(1, 1), 1)), "[[3 4 5]] int64[1,3]");
    assert_prints(eg_gather_nd(m, eg_zeros(EG_INT32, EG_DIMS(1, 0))),
        "[[[0 1 2] [3 4 5]]] int64[1,2,3]");
    assert_prints(eg_scatter_nd(at, EG_F32(5, 7), EG_DIMS(2, 3)),
        "[[0. 0. 7.] [5. 0. 0.]] float32[2,3]");
    assert_prints(eg_scatter_nd(GRID(EG_DIMS(2, 1), 1, 1), m, EG_DIMS(2, 3)),
        "[[0 0 0] [3 5 7]] int64[2,3]");
    assert_prints(eg_tensor_scatter_nd_update(m, at, EG_I64(8, 9)), "[[0 1 9] [8 4 5]] int64[2,3]");
    assert_prints(eg_tensor_scatter_nd_add(m, at, EG_I64(8, 9)),
        "[[ 0  1 11] [11  4  5]] int64[2,3]");
    assert_prints(eg_tensor_scatter_nd_max(m, at, EG_I64(1, 9)), "[[0 1 9] [3 4 5]] int64[2,3]");
    assert_prints(eg_tensor_scatter_nd_min(m, at, EG_I64(1, 9)), "[[0 1 2] [1 4 5]] int64[2,3]");
    assert_prints(eg_scatter(m, 1, EG_I64(7, 8, 9)), "[[0 1 2] [7 8 9]] int64[2,3]");
}

TEST(positions_outside_are_refused)
{
    EG_SCOPE;
    eg_tensor *m = eg_reshape(eg_range(6), EG_DIMS(2, 3));

    assert_null(eg_gather_nd(m, GRID(EG_DIMS(2), 1, 3)));
    assert_error(EG_INVALID, "index 3, at [1] of the indices");
    assert_null(eg_gather_nd(m, GRID(EG_DIMS(3), 1, 1, 1)));
    assert_error(EG_INVALID, "3 numbers in a row, for 2 axes");
    assert_null(eg_gather_nd(m, eg_constant(1)));
    assert_error(EG_INVALID, "the indices have rank 0");
    assert_null(eg_gather_nd(NULL, eg_constant(1)));
    assert_error(EG_INVALID, "x is NULL");
    assert_null(eg_scatter_nd(NULL, m, EG_DIMS(2)));
    assert_error(EG_INVALID, "x is NULL");
    assert_null(eg_scatter_nd(GRID(EG_DIMS(2), 1, 1), eg_constant(1), EG_DIMS(-1, 2)));
    assert_error(EG_INVALID, "-1");
    assert_null(eg_tensor_scatter_nd_add(m, GRID(EG_DIMS(2), 1, 1), EG_I64(1, 2)));
    assert_error(EG_INVALID, "the updates must have the shape");
}

EG_FUNCTION(taken_and_put, x, updates, indices)
{
    eg_tensor *a = eg_take(x, EG_I32(-1, 0, 0), .axis = 1);
    eg_tensor *b = eg_tensor_scatter_nd_update(x, indices, updates);
    eg_tensor *c = eg_tensor_scatter_nd_add(b, indices, eg_gather_nd(x, indices));
    eg_tensor *d = eg_tensor_scatter_nd_max(c, indices, eg_mul(updates, 3));
    eg_tensor *e = eg_tensor_scatter_nd_min(d, indices, eg_sub(updates, 30));
    return eg_add(eg_mul(a, e), eg_scatter_nd(indices, updates, EG_DIMS(2, 3)));
}

TEST(taking_and_putting_have_gradients)
{
    EG_SCOPE;
    assert_works(taken_and_put, real(EG_DIMS(2, 3)), EG_F64(7, -9, 11.5),
        GRID(EG_DIMS(3, 2), 1, 1, 0, 2, 1, 1));
}
