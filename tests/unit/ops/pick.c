/* NumPy's brackets.
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

#define CUBE   eg_reshape(eg_range(24), EG_DIMS(2, 3, 4))
#define MATRIX eg_reshape(eg_range(12), EG_DIMS(3, 4))

TEST(positions_and_ranges_cut)
{
    EG_SCOPE;
    eg_tensor *c = CUBE;

    assert_prints(eg_get(c, 1), "[[12 13 14 15] [16 17 18 19] [20 21 22 23]] int64[3,4]");
    assert_prints(eg_get(c, -1, 0, 2), "14 int64[]");
    assert_prints(eg_get(c, EG_ALL, 1), "[[ 4  5  6  7] [16 17 18 19]] int64[2,4]");
    assert_prints(eg_get(c, EG_ELLIPSIS, 1), "[[ 1  5  9] [13 17 21]] int64[2,3]");
    assert_prints(eg_get(c, 0, EG_ELLIPSIS, EG_RANGE(1, 3)),
        "[[ 1  2] [ 5  6] [ 9 10]] int64[3,2]");
    assert_prints(eg_get(c, EG_ELLIPSIS),
        "[[[ 0  1  2  3] [ 4  5  6  7] [ 8  9 10 11]]  [[12 13 14 15] [16 17 18 19] [20 21 22 "
        "23]]] int64[2,3,4]");
    assert_prints(eg_get(c, EG_NEW_AXIS, EG_ALL, 0, EG_NEW_AXIS, EG_RANGE(0, 4, 2)),
        "[[[[ 0  2]]  [[12 14]]]] int64[1,2,1,2]");
    assert_prints(eg_get(c, EG_RANGE(-9, 9), EG_RANGE(-1, EG_OPEN), EG_RANGE(3, 0, -2)),
        "[[[11  9]]  [[23 21]]] int64[2,1,2]");
    assert_prints(eg_get(c, EG_RANGE(EG_OPEN, EG_OPEN, -1), 0, EG_RANGE(EG_OPEN, -4, -1)),
        "[[15 14 13] [ 3  2  1]] int64[2,3]");
    assert_prints(eg_get(c, 0, 0, EG_RANGE(2, 2)), "[] int64[0]");
    assert_prints(eg_get(c, 0, 0, EG_RANGE(9, 12)), "[] int64[0]");
    assert_prints(eg_get(c, 0, 0, EG_RANGE(-12, -9, -1)), "[] int64[0]");
    assert_prints(eg_get(eg_constant(3), EG_NEW_AXIS), "[3] int32[1]");
    assert_prints(eg_get_with(c, 0, NULL),
        "[[[ 0  1  2  3] [ 4  5  6  7] [ 8  9 10 11]]  [[12 13 14 15] [16 17 18 19] [20 21 22 "
        "23]]] int64[2,3,4]");
}

TEST(lists_pick_elements)
{
    EG_SCOPE;
    eg_tensor *c = CUBE, *m = MATRIX;
    eg_tensor *rows = eg_reshape(EG_I32(0, 2), EG_DIMS(2, 1)), *columns = EG_I64(3, 0, -1);

    assert_prints(eg_get(m, EG_I32(2, 0)), "[[ 8  9 10 11] [ 0  1  2  3]] int64[2,4]");
    assert_prints(eg_get(m, EG_ALL, columns), "[[ 3  0  3] [ 7  4  7] [11  8 11]] int64[3,3]");
    assert_prints(eg_get(m, EG_I32(0, 2), EG_I8(1, -1)), "[ 1 11] int64[2]");
    assert_prints(eg_get(m, rows, columns), "[[ 3  0  3] [11  8 11]] int64[2,3]");
    assert_prints(eg_get(c, EG_ALL, EG_I32(0, 2), EG_I32(1, 3)), "[[ 1 11] [13 23]] int64[2,2]");
    assert_prints(eg_get(c, EG_I32(0, 1), EG_ALL, EG_I32(1, 3)),
        "[[ 1  5  9] [15 19 23]] int64[2,3]");
    assert_prints(eg_get(c, 1, EG_I32(0, 2)), "[[12 13 14 15] [20 21 22 23]] int64[2,4]");
    assert_prints(eg_get(c, EG_I32(0, 1, 1), 2),
        "[[ 8  9 10 11] [20 21 22 23] [20 21 22 23]] int64[3,4]");
    assert_prints(eg_get(c, 1, EG_ALL, EG_I32(0, 2)), "[[12 16 20] [14 18 22]] int64[2,3]");
    assert_prints(eg_get(c, EG_ALL, 1, EG_I32(0, 2)), "[[ 4  6] [16 18]] int64[2,2]");
    assert_prints(eg_get(c, EG_RANGE(1, 2), rows, EG_RANGE(EG_OPEN, EG_OPEN, -3)),
        "[[[[15 12]]  [[23 20]]]] int64[1,2,1,2]");
    assert_prints(eg_get(c, EG_NEW_AXIS, EG_I32(1, 0), EG_NEW_AXIS, 0),
        "[[[[12 13 14 15]]]   [[[ 0  1  2  3]]]] int64[2,1,1,4]");
    assert_prints(eg_get(m, eg_constant(1)), "[4 5 6 7] int64[4]");
    assert_prints(eg_get(m, eg_zeros(EG_INT32, EG_DIMS(0))), "[] int64[0,4]");
}

TEST(puts_replace_and_change)
{
    EG_SCOPE;
    eg_tensor *m = MATRIX, *c = CUBE;

    assert_prints(eg_put(m, -1, 1), "[[ 0  1  2  3] [-1 -1 -1 -1] [ 8  9 10 11]] int64[3,4]");
    assert_prints(eg_put(m, EG_I64(7, 8), EG_RANGE(0, 2), EG_RANGE(3, EG_OPEN, -2)),
        "[[ 0  8  2  7] [ 4  8  6  7] [ 8  9 10 11]] int64[3,4]");
    assert_prints(eg_put(m, EG_I64(7, 8, 9), EG_ALL, eg_constant(3)),
        "[[ 0  1  2  7] [ 4  5  6  8] [ 8  9 10  9]] int64[3,4]");
    assert_prints(eg_put_add(m, 100, EG_I32(0, 0, 2), EG_I32(1, 1, -1)),
        "[[  0 201   2   3] [  4   5   6   7] [  8   9  10 111]] int64[3,4]");
    assert_prints(eg_put_add(m, 100, EG_ELLIPSIS, 0),
        "[[100   1   2   3] [104   5   6   7] [108   9  10  11]] int64[3,4]");
    assert_prints(eg_put(m, 5, EG_ELLIPSIS), "[[5 5 5 5] [5 5 5 5] [5 5 5 5]] int64[3,4]");
    assert_prints(eg_get(eg_put(c, eg_expand_dims(EG_I64(-1, -2), 1), EG_I32(0, 1), EG_RANGE(1, 2),
                             EG_I32(3, 0)),
                      EG_ALL, 1),
        "[[ 4  5  6 -1] [-2 17 18 19]] int64[2,4]");
    assert_prints(eg_put_with(m, eg_scalar_int(EG_INT64, 6), EG_SCATTER_MAX, 0, NULL),
        "[[ 6  6  6  6] [ 6  6  6  7] [ 8  9 10 11]] int64[3,4]");
    assert_prints(eg_put_with(m, eg_scalar_int(EG_INT64, 2), EG_SCATTER_MIN, 1,
                      (const eg_pick[]){{.kind = EG_PICK_INDEX, .begin = 0}}),
        "[[ 0  1  2  2] [ 4  5  6  7] [ 8  9 10 11]] int64[3,4]");
}

TEST(picks_that_do_not_fit_are_refused)
{
    EG_SCOPE;
    eg_tensor *m = MATRIX;

    assert_null(eg_get(m, 3));
    assert_error(EG_INVALID, "position 3 is not inside axis 0, which has 3 elements");
    assert_null(eg_get(m, 0, 0, 0));
    assert_error(EG_INVALID, "3 picks for 2 axes");
    assert_null(eg_get(m, EG_ELLIPSIS, EG_ELLIPSIS));
    assert_error(EG_INVALID, "2 ellipses");
    assert_null(eg_get(m, EG_RANGE(0, 2, 0)));
    assert_error(EG_INVALID, "the step of a range is 0");
    assert_null(eg_get(m, EG_I32(0, 5)));
    assert_error(EG_INVALID, "index 5");
    assert_null(eg_get(m, EG_F32(1, 0)));
    assert_error(EG_INVALID, "it must be integers");
    assert_null(eg_get(m, EG_I32(1, 0), EG_I32(1, 0, 2)));
    assert_error(EG_INVALID, "does not broadcast");
    assert_null(eg_get(m, (eg_tensor *)NULL));
    assert_error(EG_INVALID, "x is NULL");
    assert_null(eg_get_with(m, 1, (const eg_pick[]){{.kind = (eg_pick_kind)9}}));
    assert_error(EG_INVALID, "no kind 9");
    assert_null(eg_get_with(m, -1, NULL));
    assert_error(EG_INVALID, "-1 picks");
    assert_null(eg_put(m, EG_I64(1, 2), 0));
    assert_error(EG_INVALID, "does not broadcast");
    assert_null(eg_put_with(m, m, (eg_scatter_how)7, 0, NULL));
    assert_error(EG_INVALID, "no way 7");
    assert_null(eg_get(EG_I32(1, 2), EG_ALL, EG_NEW_AXIS, EG_NEW_AXIS, EG_NEW_AXIS, EG_NEW_AXIS,
        EG_NEW_AXIS, EG_NEW_AXIS, EG_NEW_AXIS, EG_NEW_AXIS));
    assert_error(EG_INVALID, "more than 8 axes");
}

EG_FUNCTION(picked, x, v, list)
{
    eg_tensor *a = eg_get(x, list, EG_ALL, list);
    eg_tensor *b = eg_put(x, v, EG_ALL, 0, EG_RANGE(EG_OPEN, EG_OPEN, -1));
    eg_tensor *c = eg_put_add(b, eg_square(v), list, EG_RANGE(1, 3), 2);
    eg_tensor *d = eg_put(c, eg_square(v), EG_NEW_AXIS, 1, list, list);
    return eg_add(eg_get(d, EG_RANGE(0, 1), EG_ALL, EG_RANGE(0, 1)),
        eg_get(a, EG_ALL, EG_NEW_AXIS));
}

TEST(picking_and_putting_have_gradients)
{
    EG_SCOPE;
    assert_works(picked, real(EG_DIMS(2, 3, 3)), EG_F64(0.5), EG_I32(1, 0, 1));
}
