/* Axes turned round and moved, elements repeated, edges added, tensors cut into parts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"

static eg_tensor *counted(int rank, const int64_t dims[])
{
    int64_t n = 1;

    for (int i = 0; i < rank; i++)
        n *= dims[i];
    return eg_reshape(eg_range(n), rank, dims);
}

static eg_tensor *real(int rank, const int64_t dims[])
{
    return eg_cast(counted(rank, dims), EG_FLOAT64);
}

/* ---- flip, roll ----------------------------------------------------------------------------- */

TEST(flip_turns_the_named_axes_round)
{
    EG_SCOPE;
    eg_tensor *m = counted(EG_DIMS(3, 4));

    assert_prints(eg_flip(m), "[[11 10  9  8] [ 7  6  5  4] [ 3  2  1  0]] int64[3,4]");
    assert_prints(eg_flip(m, .axes = EG_AXES(0)),
        "[[ 8  9 10 11] [ 4  5  6  7] [ 0  1  2  3]] int64[3,4]");
    assert_prints(eg_flip(m, .axes = EG_AXES(-1)),
        "[[ 3  2  1  0] [ 7  6  5  4] [11 10  9  8]] int64[3,4]");
    assert_prints(eg_flip(eg_constant(3)), "3 int32[]");
    assert_prints(eg_flip(eg_zeros(EG_BOOL, EG_DIMS(0, 2))), "[] bool[0,2]");
    assert_null(eg_flip(m, .axes = EG_AXES(2)));
    assert_error(EG_INVALID, "there is no axis 2");
    assert_null((eg_flip)(NULL));
    assert_error(EG_INVALID, "x is NULL");
}

TEST(roll_moves_elements_round_the_end)
{
    EG_SCOPE;
    eg_tensor *m = counted(EG_DIMS(3, 4));

    assert_prints(eg_roll(m, 1, 0), "[[ 8  9 10 11] [ 0  1  2  3] [ 4  5  6  7]] int64[3,4]");
    assert_prints(eg_roll(m, -1, 1), "[[ 1  2  3  0] [ 5  6  7  4] [ 9 10 11  8]] int64[3,4]");
    assert_prints(eg_roll(m, 7, -1), "[[ 1  2  3  0] [ 5  6  7  4] [ 9 10 11  8]] int64[3,4]");
    assert_prints(eg_roll(m, -3, 0), "[[ 0  1  2  3] [ 4  5  6  7] [ 8  9 10 11]] int64[3,4]");
    assert_prints(eg_roll(eg_zeros(EG_INT8, EG_DIMS(0)), 1, 0), "[] int8[0]");
    assert_prints(eg_roll(m, INT64_MIN, 1),
        "[[ 0  1  2  3] [ 4  5  6  7] [ 8  9 10 11]] int64[3,4]");
    assert_null(eg_roll(m, 1, 2));
    assert_error(EG_INVALID, "there is no axis 2");
    assert_null(eg_roll(3, 1, 0));
    assert_error(EG_INVALID, "it has no axes");
}

EG_FUNCTION(flipped_and_rolled, x)
{
    return eg_roll(eg_flip(x, .axes = EG_AXES(1)), 2, 0);
}

TEST(flip_and_roll_have_gradients)
{
    EG_SCOPE;
    assert_works(flipped_and_rolled, real(EG_DIMS(3, 4)));
}

/* ---- repeat, tile --------------------------------------------------------------------------- */

TEST(repeat_repeats_each_element)
{
    EG_SCOPE;
    eg_tensor *m = counted(EG_DIMS(2, 3));

    assert_prints(eg_repeat(m, 2, 0), "[[0 1 2] [0 1 2] [3 4 5] [3 4 5]] int64[4,3]");
    assert_prints(eg_repeat(m, 3, -1), "[[0 0 0 1 1 1 2 2 2] [3 3 3 4 4 4 5 5 5]] int64[2,9]");
    assert_prints(eg_repeat(m, 1, 0), "[[0 1 2] [3 4 5]] int64[2,3]");
    assert_prints(eg_repeat(m, 0, 1), "[] int64[2,0]");
    assert_prints(eg_repeat(EG_B(1, 0), 2, 0), "[ True  True False False] bool[4]");
    assert_null(eg_repeat(m, -1, 0));
    assert_error(EG_INVALID, "must not be negative");
    assert_null(eg_repeat(m, INT64_MAX, 0));
    assert_error(EG_INVALID, "any memory");
}

TEST(tile_repeats_the_whole)
{
    EG_SCOPE;
    eg_tensor *m = counted(EG_DIMS(2, 3));

    assert_prints(eg_tile(m, EG_DIMS(2, 2)),
        "[[0 1 2 0 1 2] [3 4 5 3 4 5] [0 1 2 0 1 2] [3 4 5 3 4 5]] int64[4,6]");
    assert_prints(eg_tile(m, EG_DIMS(2)), "[[0 1 2 0 1 2] [3 4 5 3 4 5]] int64[2,6]");
    assert_prints(eg_tile(m, EG_DIMS(2, 1, 2)),
        "[[[0 1 2 0 1 2] [3 4 5 3 4 5]]  [[0 1 2 0 1 2] [3 4 5 3 4 5]]] int64[2,2,6]");
    assert_prints(eg_tile(m, EG_NO_DIMS), "[[0 1 2] [3 4 5]] int64[2,3]");
    assert_prints(eg_tile(m, EG_DIMS(0, 1)), "[] int64[0,3]");
    assert_prints(eg_tile(7, EG_DIMS(2, 2)), "[[7 7] [7 7]] int32[2,2]");
    assert_null(eg_tile(m, EG_DIMS(2, -1)));
    assert_error(EG_INVALID, "must not be negative");
    assert_null(eg_tile(m, 9, (const int64_t[9]){0}));
    assert_error(EG_INVALID, "9 counts");
    assert_null(eg_tile(m, 1, NULL));
    assert_error(EG_INVALID, "NULL");
}

EG_FUNCTION(repeated_and_tiled, x)
{
    return eg_tile(eg_repeat(x, 2, 1), EG_DIMS(2, 3, 1));
}

TEST(repeat_and_tile_have_gradients)
{
    EG_SCOPE;
    assert_works(repeated_and_tiled, real(EG_DIMS(2, 2)));
}

/* ---- pad ------------------------------------------------------------------------------------ */

TEST(pad_adds_constant_edges)
{
    EG_SCOPE;
    eg_tensor *m = counted(EG_DIMS(2, 3));

    assert_prints(eg_pad(m, .before = EG_AT(1, 0), .after = EG_AT(0, 2)),
        "[[0 0 0 0 0] [0 1 2 0 0] [3 4 5 0 0]] int64[3,5]");
    assert_prints(eg_pad(m, .after = EG_AT(0, 1), .value = -7),
        "[[ 0  1  2 -7] [ 3  4  5 -7]] int64[2,4]");
    assert_prints(eg_pad(eg_ones(EG_FLOAT32, EG_DIMS(1)), .before = EG_AT(2), .value = NAN),
        "[nan nan  1.] float32[3]");
    assert_prints(eg_pad(eg_zeros(EG_BOOL, EG_DIMS(0)), .after = EG_AT(2), .value = 1),
        "[ True  True] bool[2]");
    assert_prints(eg_pad(m), "[[0 1 2] [3 4 5]] int64[2,3]");
    assert_prints(eg_pad(eg_constant(2)), "2 int32[]");
    assert_null(eg_pad(m, .after = EG_AT(1), .value = 0.5));
    assert_error(EG_INVALID, "0.5");
    assert_null(eg_pad(m, .before = EG_AT(-1)));
    assert_error(EG_INVALID, "not possible");
    assert_null(eg_pad(m, .before = EG_AT(1, 1, 1)));
    assert_error(EG_INVALID, "edges are given for 3 axes, x has 2");
    assert_null(eg_pad(m, .mode = (eg_pad_mode)9));
    assert_error(EG_INVALID, "there is no mode 9");
}

TEST(pad_repeats_what_is_at_the_edge)
{
    EG_SCOPE;
    eg_tensor *x = EG_I32(1, 2, 3);
#define PADDED(mode_, b, a) eg_pad(x, .before = EG_AT(b), .after = EG_AT(a), .mode = mode_)

    assert_prints(PADDED(EG_PAD_REFLECT, 2, 1), "[3 2 1 2 3 2] int32[6]");
    assert_prints(PADDED(EG_PAD_REFLECT, 7, 5), "[2 3 2 1 2 3 2 1 2 3 2 1 2 3 2] int32[15]");
    assert_prints(PADDED(EG_PAD_SYMMETRIC, 2, 1), "[2 1 1 2 3 3] int32[6]");
    assert_prints(PADDED(EG_PAD_SYMMETRIC, 7, 5), "[1 1 2 3 3 2 1 1 2 3 3 2 1 1 2] int32[15]");
    assert_prints(PADDED(EG_PAD_EDGE, 2, 1), "[1 1 1 2 3 3] int32[6]");
    assert_prints(PADDED(EG_PAD_WRAP, 2, 1), "[2 3 1 2 3 1] int32[6]");
    assert_prints(PADDED(EG_PAD_WRAP, 7, 5), "[3 1 2 3 1 2 3 1 2 3 1 2 3 1 2] int32[15]");
    x = EG_I32(4);
    x = eg_reshape(x, EG_DIMS(1));
    assert_prints(PADDED(EG_PAD_REFLECT, 2, 1), "[4 4 4 4] int32[4]");
    assert_prints(eg_pad(counted(EG_DIMS(2, 3)), .before = EG_AT(1, 1), .after = EG_AT(0, 2),
                      .mode = EG_PAD_REFLECT),
        "[[4 3 4 5 4 3] [1 0 1 2 1 0] [4 3 4 5 4 3]] int64[3,6]");
    x = eg_zeros(EG_INT32, EG_DIMS(0));
    assert_null(PADDED(EG_PAD_EDGE, 1, 0));
    assert_error(EG_INVALID, "nothing to repeat");
}

EG_FUNCTION(padded, x)
{
    eg_tensor *y = eg_pad(x, .before = EG_AT(1), .after = EG_AT(0, 2), .mode = EG_PAD_REFLECT);
    y = eg_pad(y, .before = EG_AT(1), .mode = EG_PAD_EDGE);
    y = eg_pad(y, .after = EG_AT(2, 1), .value = 1.5);
    return eg_pad(y, .after = EG_AT(1));
}

TEST(pad_has_a_gradient)
{
    EG_SCOPE;
    assert_works(padded, real(EG_DIMS(2, 3)));
}

/* ---- axes in another order ------------------------------------------------------------------ */

TEST(axes_move)
{
    EG_SCOPE;
    eg_tensor *c = counted(EG_DIMS(2, 3, 4));

    assert_prints(eg_moveaxis(c, 0, -1),
        "[[[ 0 12] [ 1 13] [ 2 14] [ 3 15]]  [[ 4 16] [ 5 17] [ 6 18] [ 7 19]]  [[ 8 20] [ 9 21] "
        "[10 22] [11 23]]] int64[3,4,2]");
    assert_prints(eg_moveaxis(c, 2, 0),
        "[[[ 0  4  8] [12 16 20]]  [[ 1  5  9] [13 17 21]]  [[ 2  6 10] [14 18 22]]  [[ 3  7 11] "
        "[15 19 23]]] int64[4,2,3]");
    assert_prints(eg_moveaxis(c, 1, 1),
        "[[[ 0  1  2  3] [ 4  5  6  7] [ 8  9 10 11]]  [[12 13 14 15] [16 17 18 19] [20 21 22 "
        "23]]] int64[2,3,4]");
    assert_prints(eg_permute_dims(c, 1, 2, 0),
        "[[[ 0 12] [ 1 13] [ 2 14] [ 3 15]]  [[ 4 16] [ 5 17] [ 6 18] [ 7 19]]  [[ 8 20] [ 9 21] "
        "[10 22] [11 23]]] int64[3,4,2]");
    assert_prints(eg_matrix_transpose(c),
        "[[[ 0  4  8] [ 1  5  9] [ 2  6 10] [ 3  7 11]]  [[12 16 20] [13 17 21] [14 18 22] [15 19 "
        "23]]] int64[2,4,3]");
    assert_prints(eg_flatten(eg_flip(c)),
        "[23 22 21 20 19 18 17 16 15 14 13 12 11 10  9  8  7  6  5  4  3  2  1  0] int64[24]");
    assert_prints(eg_flatten(eg_constant(5)), "[5] int32[1]");
    assert_null(eg_moveaxis(c, 3, 0));
    assert_error(EG_INVALID, "there is no axis 3");
    assert_null(eg_permute_dims(c, 0, 1));
    assert_error(EG_INVALID, "2 axes are named, x has 3");
    assert_null((eg_permute_dims)(c, NULL));
    assert_error(EG_INVALID, "0 axes are named");
    assert_null(eg_matrix_transpose(EG_F32(1, 2)));
    assert_error(EG_INVALID, "x has 1 axes");
}

EG_FUNCTION(moved, x)
{
    return eg_flatten(eg_matrix_transpose(eg_permute_dims(eg_moveaxis(x, 0, 2), 2, 0, 1)));
}

TEST(moving_axes_has_a_gradient)
{
    EG_SCOPE;
    assert_works(moved, real(EG_DIMS(2, 3, 2)));
}

/* ---- several results ------------------------------------------------------------------------ */

TEST(a_tensor_is_cut_into_parts)
{
    EG_SCOPE;
    eg_tensor *m = counted(EG_DIMS(3, 4)), *part[4];

    assert_int_equal(eg_split(m, 2, 1, part), EG_OK);
    assert_prints(part[0], "[[0 1] [4 5] [8 9]] int64[3,2]");
    assert_prints(part[1], "[[ 2  3] [ 6  7] [10 11]] int64[3,2]");
    assert_int_equal(eg_split_sizes(m, EG_DIMS(1, -1, 1), -1, part), EG_OK);
    assert_prints(part[1], "[[ 1  2] [ 5  6] [ 9 10]] int64[3,2]");
    assert_prints(part[2], "[[ 3] [ 7] [11]] int64[3,1]");
    assert_int_equal(eg_split_sizes(m, EG_DIMS(0, 3), 0, part), EG_OK);
    assert_prints(part[0], "[] int64[0,4]");
    assert_int_equal(eg_unstack(m, 3, 0, part), EG_OK);
    assert_prints(part[2], "[ 8  9 10 11] int64[4]");
    assert_int_equal(eg_unstack(m, 4, 1, part), EG_OK);
    assert_prints(part[3], "[ 3  7 11] int64[3]");
}

TEST(parts_that_cannot_be_are_null)
{
    EG_SCOPE;
    eg_tensor *m = counted(EG_DIMS(3, 4)), *part[4] = {m, m, m, m};

    assert_int_equal(eg_split(m, 2, 0, part), EG_INVALID);
    assert_null(part[0]);
    assert_null(part[1]);
    assert_error(EG_INVALID, "no 2 equal parts");
    assert_int_equal(eg_split(m, 0, 0, part), EG_INVALID);
    assert_error(EG_INVALID, "at least one");
    assert_int_equal(eg_split(m, 1, 0, NULL), EG_INVALID);
    assert_error(EG_INVALID, "is NULL");
    assert_int_equal(eg_split_sizes(m, EG_DIMS(1, 1), 0, part), EG_INVALID);
    assert_error(EG_INVALID, "do not add up to the 3 elements");
    assert_int_equal(eg_split_sizes(m, EG_DIMS(-1, -1), 0, part), EG_INVALID);
    assert_error(EG_INVALID, "do not add up");
    assert_int_equal(eg_unstack(m, 2, 0, part), EG_INVALID);
    assert_error(EG_INVALID, "axis 0 has 3 elements, there is room for 2");
    assert_int_equal(eg_unstack(m, 3, 5, part), EG_INVALID);
    assert_error(EG_INVALID, "there is no axis 5");
}

TEST(arrays_broadcast_together)
{
    EG_SCOPE;
    eg_tensor *x[] = {counted(EG_DIMS(3, 1)), EG_I32(1, 2), eg_constant(0.5)}, *wide[3];

    assert_int_equal(eg_broadcast_arrays(3, x, wide), EG_OK);
    assert_prints(wide[0], "[[0 0] [1 1] [2 2]] int64[3,2]");
    assert_prints(wide[1], "[[1 2] [1 2] [1 2]] int32[3,2]");
    assert_prints(wide[2], "[[0.5 0.5] [0.5 0.5] [0.5 0.5]] float32[3,2]");
    x[2] = EG_I32(1, 2, 3);
    assert_int_equal(eg_broadcast_arrays(3, x, wide), EG_INVALID);
    assert_null(wide[0]);
    assert_error(EG_INVALID, "x[2] of shape [3] does not broadcast");
    assert_int_equal(eg_broadcast_arrays(1, NULL, wide), EG_INVALID);
    assert_error(EG_INVALID, "x is NULL");
}

TEST(a_grid_holds_the_coordinates_of_each_point)
{
    EG_SCOPE;
    eg_tensor *x[] = {EG_I32(1, 2, 3), EG_F32(4, 5), eg_constant(6)}, *grid[3];

    assert_int_equal(eg_meshgrid(2, x, grid), EG_OK);
    assert_prints(grid[0], "[[1 2 3] [1 2 3]] int32[2,3]");
    assert_prints(grid[1], "[[4. 4. 4.] [5. 5. 5.]] float32[2,3]");
    assert_int_equal(eg_meshgrid(3, x, grid, .as_matrix = true), EG_OK);
    assert_prints(grid[1], "[[[4.] [5.]]  [[4.] [5.]]  [[4.] [5.]]] float32[3,2,1]");
    assert_int_equal(eg_meshgrid(1, x, grid), EG_OK);
    assert_prints(grid[0], "[1 2 3] int32[3]");
    x[0] = counted(EG_DIMS(2, 2));
    assert_int_equal(eg_meshgrid(2, x, grid), EG_INVALID);
    assert_error(EG_INVALID, "x[0] has 2 axes");
    assert_int_equal(eg_meshgrid(9, x, (eg_tensor *[9]){NULL}), EG_INVALID);
    assert_error(EG_INVALID, "9 lists");
}

EG_FUNCTION(cut_and_joined, x, y)
{
    eg_tensor *part[3], *row[2], *wide[2], *grid[2];

    eg_split_sizes(x, EG_DIMS(1, 1, -1), 1, part);
    eg_unstack(part[2], 2, 0, row);
    eg_broadcast_arrays(2, row, wide);
    eg_meshgrid(EG_IN(wide[1], y), grid);
    eg_split(part[0], 2, 0, row);
    return eg_add(eg_add(grid[0], eg_mul(grid[1], part[1])), row[1]);
}

TEST(cutting_and_spreading_have_gradients)
{
    EG_SCOPE;
    assert_works(cut_and_joined, real(EG_DIMS(2, 5)), EG_F64(0.5, -2));
}
