/* Elements picked by masks and counts: values, what the host looks at in functions and graphs,
 * gradients.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"
#include "values.h"

#define CUBE    eg_reshape(eg_range(24), EG_DIMS(2, 3, 4))
#define MATRIX  eg_reshape(eg_range(12), EG_DIMS(3, 4))
#define ROWS    EG_B(1, 0, 1)
#define COLUMNS EG_B(0, 1, 1, 0)
#define EACH_3  eg_equal(eg_remainder(m, 3), 1)
#define PAIRS   eg_reshape(EG_B(1, 0, 1, 0, 1, 1), EG_DIMS(2, 3))

TEST(masks_pick_elements)
{
    EG_SCOPE;
    eg_tensor *m = MATRIX, *c = CUBE, *rows = ROWS, *columns = COLUMNS, *mm = EACH_3;
    eg_tensor *two = eg_less(EG_I32(1, 0), 1), *yes = eg_equal(eg_constant(1), 1);
    eg_tensor *no = eg_logical_not(yes), *fifths = eg_equal(eg_remainder(c, 5), 2);

    assert_is(eg_get(m, rows), EG_DIMS(2, 4), 0, 1, 2, 3, 8, 9, 10, 11);
    assert_is(eg_get(m, EG_ALL, columns), EG_DIMS(3, 2), 1, 2, 5, 6, 9, 10);
    assert_is(eg_get(m, mm), EG_DIMS(4), 1, 4, 7, 10);
    assert_is(eg_get(c, fifths), EG_DIMS(5), 2, 7, 12, 17, 22);
    assert_is(eg_get(c, PAIRS), EG_DIMS(4, 4), 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22,
        23);
    assert_is(eg_get(c, EG_ALL, mm), EG_DIMS(2, 4), 1, 4, 7, 10, 13, 16, 19, 22);
    assert_is(eg_get(c, EG_ELLIPSIS, columns), EG_DIMS(2, 3, 2), 1, 2, 5, 6, 9, 10, 13, 14, 17, 18,
        21, 22);
    assert_is(eg_get(m, EG_NEW_AXIS, rows), EG_DIMS(1, 2, 4), 0, 1, 2, 3, 8, 9, 10, 11);
    assert_is(eg_get(m, rows, EG_NEW_AXIS), EG_DIMS(2, 1, 4), 0, 1, 2, 3, 8, 9, 10, 11);
    assert_is(eg_get(m, yes), EG_DIMS(1, 3, 4), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assert_is(eg_get(m, no), EG_DIMS(0, 3, 4), 0);
    assert_is(eg_get(m, EG_ALL, yes), EG_DIMS(3, 1, 4), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assert_is(eg_get(eg_constant(3), yes), EG_DIMS(1), 3);
    assert_is(eg_get(m, eg_logical_and(rows, no)), EG_DIMS(0, 4), 0);
    assert_is(eg_get(m, EG_RANGE(1, 3), columns), EG_DIMS(2, 2), 5, 6, 9, 10);
    assert_is(eg_get(eg_zeros(EG_FLOAT32, EG_DIMS(0, 2)), eg_zeros(EG_BOOL, EG_DIMS(0))),
        EG_DIMS(0, 2), 0);
    assert_is(eg_get(c, two), EG_DIMS(1, 3, 4), 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
}

TEST(masks_mix_with_positions_ranges_and_lists)
{
    EG_SCOPE;
    eg_tensor *m = MATRIX, *c = CUBE, *rows = ROWS, *columns = COLUMNS;
    eg_tensor *two = eg_less(EG_I32(1, 0), 1), *yes = eg_equal(eg_constant(1), 1);

    assert_is(eg_get(c, 1, rows), EG_DIMS(2, 4), 12, 13, 14, 15, 20, 21, 22, 23);
    assert_is(eg_get(c, EG_ALL, rows, 2), EG_DIMS(2, 2), 2, 10, 14, 22);
    assert_is(eg_get(c, two, EG_ALL, 1), EG_DIMS(1, 3), 13, 17, 21);
    assert_is(eg_get(c, 0, EG_ALL, columns), EG_DIMS(2, 3), 1, 5, 9, 2, 6, 10);
    assert_is(eg_get(c, EG_ALL, rows, EG_I32(1, 3)), EG_DIMS(2, 2), 1, 11, 13, 23);
    assert_is(eg_get(c, EG_I32(1, 0), rows), EG_DIMS(2, 4), 12, 13, 14, 15, 8, 9, 10, 11);
    assert_is(eg_get(c, two, EG_ALL, EG_I32(3, 0, -1)), EG_DIMS(3, 3), 15, 19, 23, 12, 16, 20, 15,
        19, 23);
    assert_is(eg_get(m, rows, columns), EG_DIMS(2), 1, 10);
    assert_is(eg_get(c, EG_RANGE(EG_OPEN, EG_OPEN, -1), rows, EG_RANGE(1, 3)), EG_DIMS(2, 2, 2), 13,
        14, 21, 22, 1, 2, 9, 10);
    assert_is(eg_get(m, yes, 1), EG_DIMS(1, 4), 4, 5, 6, 7);
    assert_is(eg_get(m, EG_I32(0, 2), yes), EG_DIMS(2, 4), 0, 1, 2, 3, 8, 9, 10, 11);
}

TEST(one_value_is_put_everywhere_a_mask_is_true)
{
    EG_SCOPE;
    eg_tensor *m = MATRIX, *c = CUBE, *rows = ROWS, *columns = COLUMNS, *mm = EACH_3;
    eg_tensor *yes = eg_equal(eg_constant(1), 1), *no = eg_logical_not(yes);

    assert_is(eg_put(m, -1, rows), EG_DIMS(3, 4), -1, -1, -1, -1, 4, 5, 6, 7, -1, -1, -1, -1);
    assert_is(eg_put(m, -1, mm), EG_DIMS(3, 4), 0, -1, 2, 3, -1, 5, 6, -1, 8, 9, -1, 11);
    assert_is(eg_put(m, EG_I64(50, 51, 52, 53), rows), EG_DIMS(3, 4), 50, 51, 52, 53, 4, 5, 6, 7,
        50, 51, 52, 53);
    assert_is(eg_put(m, eg_reshape(EG_I64(50, 51, 52), EG_DIMS(3, 1)), EG_ALL, columns),
        EG_DIMS(3, 4), 0, 50, 50, 3, 4, 51, 51, 7, 8, 52, 52, 11);
    assert_is(eg_put(c, eg_reshape(EG_I64(7, 8), EG_DIMS(2, 1)), EG_ALL, mm), EG_DIMS(2, 3, 4), 0,
        7, 2, 3, 7, 5, 6, 7, 8, 9, 7, 11, 12, 8, 14, 15, 8, 17, 18, 8, 20, 21, 8, 23);
    assert_is(eg_put(c, -5, 0, EG_ALL, columns), EG_DIMS(2, 3, 4), 0, -5, -5, 3, 4, -5, -5, 7, 8,
        -5, -5, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
    assert_is(eg_put_add(m, 100, mm), EG_DIMS(3, 4), 0, 101, 2, 3, 104, 5, 6, 107, 8, 9, 110, 11);
    assert_is(eg_put(m, 9, yes), EG_DIMS(3, 4), 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9);
    assert_is(eg_put(m, 9, no), EG_DIMS(3, 4), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assert_is(eg_put(m, EG_I64(9), eg_logical_and(rows, no)), EG_DIMS(3, 4), 0, 1, 2, 3, 4, 5, 6, 7,
        8, 9, 10, 11);
}

TEST(values_are_put_one_after_another_where_a_mask_is_true)
{
    EG_SCOPE;
    eg_tensor *m = MATRIX, *c = CUBE, *rows = ROWS, *columns = COLUMNS, *mm = EACH_3;

    assert_is(eg_put(m, EG_I64(50, 51, 52, 53), mm), EG_DIMS(3, 4), 0, 50, 2, 3, 51, 5, 6, 52, 8, 9,
        53, 11);
    assert_is(eg_put(m, EG_I64(50, 51), EG_ALL, columns), EG_DIMS(3, 4), 0, 50, 51, 3, 4, 50, 51, 7,
        8, 50, 51, 11);
    assert_is(eg_put(m, eg_reshape(EG_I64(50, 51), EG_DIMS(2, 1)), rows), EG_DIMS(3, 4), 50, 50, 50,
        50, 4, 5, 6, 7, 51, 51, 51, 51);
    assert_is(eg_put(c, EG_I64(7, 8, 9, 10), PAIRS), EG_DIMS(2, 3, 4), 7, 8, 9, 10, 4, 5, 6, 7, 7,
        8, 9, 10, 12, 13, 14, 15, 7, 8, 9, 10, 7, 8, 9, 10);
    assert_is(eg_put(c, EG_I64(7, 8, 9, 10), EG_ALL, mm), EG_DIMS(2, 3, 4), 0, 7, 2, 3, 8, 5, 6, 9,
        8, 9, 10, 11, 12, 7, 14, 15, 8, 17, 18, 9, 20, 21, 10, 23);
    assert_is(eg_put(c, EG_I64(70, 71), EG_RANGE(0, 1), rows, 2), EG_DIMS(2, 3, 4), 0, 1, 70, 3, 4,
        5, 6, 7, 8, 9, 71, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
    assert_is(eg_put(c, EG_I64(-5, -6, -7), 0, EG_ALL, columns), EG_DIMS(2, 3, 4), 0, -5, -5, 3, 4,
        -6, -6, 7, 8, -7, -7, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
    assert_is(eg_put(c, EG_I64(7, 8), EG_ALL, rows, EG_I32(1, 3)), EG_DIMS(2, 3, 4), 0, 7, 2, 3, 4,
        5, 6, 7, 8, 9, 10, 8, 12, 7, 14, 15, 16, 17, 18, 19, 20, 21, 22, 8);
    assert_is(eg_put(m, EG_I64(7, 8), rows, columns), EG_DIMS(3, 4), 0, 7, 2, 3, 4, 5, 6, 7, 8, 9,
        8, 11);
    assert_is(eg_put(m, EG_I64(71, 72), EG_RANGE(EG_OPEN, EG_OPEN, -2), columns), EG_DIMS(3, 4), 0,
        71, 72, 3, 4, 5, 6, 7, 8, 71, 72, 11);
    assert_is(eg_put_add(m, EG_I64(10, 20, 30, 40), mm), EG_DIMS(3, 4), 0, 11, 2, 3, 24, 5, 6, 37,
        8, 9, 50, 11);
    assert_is(eg_put_add(c, EG_I64(10, 20), EG_ALL, rows, EG_I32(1, 1)), EG_DIMS(2, 3, 4), 0, 11, 2,
        3, 4, 5, 6, 7, 8, 29, 10, 11, 12, 23, 14, 15, 16, 17, 18, 19, 20, 41, 22, 23);
}

TEST(rows_are_compressed_and_repeated)
{
    EG_SCOPE;
    eg_tensor *m = MATRIX;

    assert_is(eg_compress(EG_B(0, 1), m), EG_DIMS(1, 4), 4, 5, 6, 7);
    assert_is(eg_compress(EG_B(0, 1, 1), m, .axis = -1), EG_DIMS(3, 2), 1, 2, 5, 6, 9, 10);
    assert_is(eg_repeat_counts(m, EG_I32(2, 0, 1), 0), EG_DIMS(3, 4), 0, 1, 2, 3, 0, 1, 2, 3, 8, 9,
        10, 11);
    assert_is(eg_repeat_counts(m, EG_U8(0, 1, 2, 0), -1), EG_DIMS(3, 3), 1, 2, 2, 5, 6, 6, 9, 10,
        10);
    assert_is(eg_repeat_counts(m, eg_constant(2), 0), EG_DIMS(6, 4), 0, 1, 2, 3, 0, 1, 2, 3, 4, 5,
        6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11);
    assert_is(eg_repeat_counts(EG_I32(5, 6), EG_I32(2, 1), 0, .length = 5, .fill = -1), EG_DIMS(5),
        5, 5, 6, -1, -1);
    assert_is(eg_repeat_counts(EG_I32(5, 6), EG_I32(2, 1), 0, .length = 2), EG_DIMS(2), 5, 5);
    assert_is(eg_repeat_counts(eg_zeros(EG_FLOAT64, EG_DIMS(2, 0)), eg_zeros(EG_INT64, EG_DIMS(0)),
                  1, .length = 1, .fill = 2.5),
        EG_DIMS(2, 1), 2.5, 2.5);
    assert_is(eg_argwhere(eg_constant(7)), EG_DIMS(1, 0), 0);
    assert_is(eg_argwhere(eg_constant(0)), EG_DIMS(0, 0), 0);
}

TEST(slices_are_parted_by_their_ids)
{
    EG_SCOPE;
    eg_tensor *part[3];

    assert_int_equal(eg_dynamic_partition(MATRIX, EG_I32(2, 0, 2), 3, part), EG_OK);
    assert_is(part[0], EG_DIMS(1, 4), 4, 5, 6, 7);
    assert_is(part[1], EG_DIMS(0, 4), 0);
    assert_is(part[2], EG_DIMS(2, 4), 0, 1, 2, 3, 8, 9, 10, 11);
    eg_dynamic_partition(CUBE, eg_cast(PAIRS, EG_UINT8), 2, part);
    assert_is(part[0], EG_DIMS(2, 4), 4, 5, 6, 7, 12, 13, 14, 15);
    assert_is(part[1], EG_DIMS(4, 4), 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 20, 21, 22, 23);
    eg_dynamic_partition(eg_constant(4), eg_constant(0), 1, part);
    assert_is(part[0], EG_DIMS(1), 4);
    assert_int_equal(eg_dynamic_partition(MATRIX, EG_I32(2, 0, 3), 3, part), EG_INVALID);
    assert_null(part[0]);
    assert_error(EG_INVALID, "index 3");
    eg_dynamic_partition(MATRIX, EG_I32(2, 0), 3, part);
    assert_error(EG_INVALID, "with the first axes of x");
    eg_dynamic_partition(MATRIX, EG_I32(0, 0, 0), 0, part);
    assert_error(EG_INVALID, "0 parts");
}

TEST(elements_are_taken_and_put_along_an_axis)
{
    EG_SCOPE;
    eg_tensor *a = eg_reshape(EG_I64(10, 30, 20, 60, 40, 50), EG_DIMS(2, 3));
    eg_tensor *at = eg_reshape(EG_I32(1, -1, 0, 2), EG_DIMS(2, 2));

    assert_is(eg_take_along_axis(a, eg_argsort(a, 1), 1), EG_DIMS(2, 3), 10, 20, 30, 40, 50, 60);
    assert_is(eg_take_along_axis(a, eg_reshape(EG_I32(-1, 0, 1, 1), EG_DIMS(4, 1)), 0),
        EG_DIMS(4, 3), 60, 40, 50, 10, 30, 20, 60, 40, 50, 60, 40, 50);
    assert_is(eg_take_along_axis(a, eg_reshape(EG_I8(1, 2), EG_DIMS(2, 1)), 1), EG_DIMS(2, 1), 30,
        50);
    assert_is(eg_take_along_axis(a, eg_reshape(EG_I64(2, 0), EG_DIMS(1, 2)), -1), EG_DIMS(2, 2), 20,
        10, 50, 60);
    assert_is(eg_take_along_axis(a, eg_zeros(EG_INT32, EG_DIMS(0, 3)), 0), EG_DIMS(0, 3), 0);
    assert_is(eg_put_along_axis(a, at, EG_I64(7, 8), EG_SCATTER_SET, 1), EG_DIMS(2, 3), 10, 7, 8, 7,
        40, 8);
    assert_is(eg_put_along_axis(a, eg_reshape(EG_I32(-1, 0, 1), EG_DIMS(1, 3)), 9, EG_SCATTER_SET,
                  0),
        EG_DIMS(2, 3), 10, 9, 20, 9, 40, 9);
    assert_is(eg_put_along_axis(a, at, 5, EG_SCATTER_ADD, 1), EG_DIMS(2, 3), 10, 35, 25, 65, 40,
        55);
    assert_null(eg_take_along_axis(a, EG_I32(0), 0));
    assert_error(EG_INVALID, "with the 2 axes of x");
    assert_null(eg_take_along_axis(a, at, 2));
    assert_error(EG_INVALID, "no axis 2");
    assert_null(eg_take_along_axis(a, at, 0));
    assert_error(EG_INVALID, "do not broadcast");
    assert_null(eg_take_along_axis(a, eg_add(at, 2), 1));
    assert_error(EG_INVALID, "index 3");
    assert_null(eg_put_along_axis(eg_slice(a, .count = EG_AT(1)), at, 1, EG_SCATTER_SET, 1));
    assert_error(EG_INVALID, "more elements than x beside axis 1");
}

TEST(wrong_masks_and_counts_are_refused)
{
    EG_SCOPE;
    eg_tensor *m = MATRIX;

    assert_null(eg_get(m, COLUMNS));
    assert_error(EG_INVALID, "a mask of shape [4] is not as large as x, [3,4], from axis 0 on");
    assert_null(eg_get(m, EG_ALL, eg_reshape(EACH_3, EG_DIMS(3, 4))));
    assert_error(EG_INVALID, "3 picks for 2 axes");
    assert_null(eg_get(m, ROWS, EG_I32(0, 1, 2)));
    assert_error(EG_INVALID, "does not broadcast");
    assert_null(eg_put(m, EG_I64(1, 2, 3), EACH_3));
    assert_error(EG_INVALID, "the mask is true at 4 places, but there are 3 updates");
    assert_null(eg_put(m, EG_I64(1, 2, 3), ROWS));
    assert_error(EG_INVALID, "broadcast");
    assert_null(eg_boolean_mask(m, EG_I32(1, 0, 1)));
    assert_error(EG_INVALID, "the mask is int32, it must be bool");
    assert_null(eg_boolean_mask(m, (eg_tensor *)NULL));
    assert_error(EG_INVALID, "the mask is NULL");
    assert_null(eg_boolean_mask(m, ROWS, .axis = 1));
    assert_error(EG_INVALID, "the mask has shape [3], which is not that of x, [3,4], from axis 1");
    assert_null(eg_boolean_mask(m, ROWS, .axis = 2));
    assert_error(EG_INVALID, "no axis 2");
    assert_null(eg_boolean_mask(m, ROWS, .length = -1));
    assert_error(EG_INVALID, "the length -1 is negative");
    assert_null(eg_compress(EACH_3, m));
    assert_error(EG_INVALID, "the mask has 2 axes");
    assert_null(eg_compress(EG_B(1, 0, 0, 1), m));
    assert_error(EG_INVALID, "the mask has shape [4]");
    assert_null(eg_nonzero(eg_constant(1)));
    assert_error(EG_INVALID, "a single number");
    assert_null(eg_nonzero(m, .length = -2));
    assert_error(EG_INVALID, "the length -2 is negative");
    assert_null(eg_repeat_counts(m, EG_I32(1, 2), 0));
    assert_error(EG_INVALID, "2 counts for 3 elements along axis 0");
    assert_null(eg_repeat_counts(m, EG_I32(1, 2, -1), 0));
    assert_error(EG_INVALID, "count -1, number 2, is negative");
    assert_null(eg_repeat_counts(m, EG_F32(1, 2, 1), 0));
    assert_error(EG_INVALID, "the counts are float32");
    assert_null(eg_repeat_counts(m, EG_I64(INT64_MAX, INT64_MAX, 3), 0));
    assert_error(EG_INVALID, "do not add up");
    assert_null(eg_repeat_counts(m, EG_I64(INT64_MAX, 0, 0), 0));
    assert_error(EG_INVALID, "too many elements");
    assert_null(eg_repeat_index(EG_I32(1, 2), .length = 2, .fill = 1));
    assert_error(EG_INVALID, "it has no fill");
}

/* ---- functions and graphs ------------------------------------------------------------------- */

EG_FUNCTION(large_ones, x)
{
    return eg_sum(eg_square(eg_get(x, eg_greater(x, 2))));
}

TEST(a_function_has_a_branch_for_each_number_of_picks)
{
    eg_function *f = eg_function_of(large_ones);
    eg_function_info info = {.size = sizeof info};
    EG_SCOPE;

    for (int i = 0; i < 3; i++) {
        assert_is(eg_call(f, EG_F32(1, 3, 5)), EG_NO_DIMS, 34);
        assert_is(eg_call(f, EG_F32(4, 3, 1)), EG_NO_DIMS, 25);
        assert_is(eg_call(f, EG_F32(0, 2, 1)), EG_NO_DIMS, 0);
        assert_is(eg_call(f, EG_F32(2, 2, 9)), EG_NO_DIMS, 81);
    }
    eg_function_info_now(f, &info);
    assert_int_equal(info.traces, 1);
    assert_int_equal(info.branches, 2);
    assert_int_equal(info.eager_calls, 0);
    eg_function_free(f);
}

TEST(a_function_with_too_many_branches_is_eager_and_right)
{
    eg_function *f = eg_function_of(large_ones);
    EG_SCOPE;

    for (int64_t n = 0; n < 12; n++) {
        eg_tensor *x = eg_cast(eg_less(eg_range(12), n), EG_FLOAT64);
        assert_is(eg_call(f, eg_mul(x, 3)), EG_NO_DIMS, 9.0 * (double)n);
    }
    assert_non_null(strstr(eg_function_why_eager(f), "more than 8 outcomes"));
    eg_function_free(f);
}

EG_FUNCTION(large_ones_of_four, x)
{
    return eg_sum(eg_square(eg_boolean_mask(x, eg_greater(x, 2), .length = 4)));
}

TEST(a_fixed_length_needs_no_branches)
{
    eg_function *f = eg_function_of(large_ones_of_four);
    eg_function_info info = {.size = sizeof info};
    EG_SCOPE;

    assert_is(eg_call(f, EG_F32(1, 3, 5)), EG_NO_DIMS, 34);
    assert_is(eg_call(f, EG_F32(4, 3, 1)), EG_NO_DIMS, 25);
    assert_is(eg_call(f, EG_F32(0, 2, 1)), EG_NO_DIMS, 0);
    eg_function_info_now(f, &info);
    assert_int_equal(info.branches, 0);
    assert_int_equal(info.replays, 2);
    eg_function_free(f);
}

TEST(a_graph_wants_to_be_told_the_length)
{
    eg_graph *graph = eg_graph_new("masks");
    eg_tensor *x, *parts[2], *picked, *put, *y[2];
    EG_SCOPE;
    {
        EG_GRAPH(graph);
        x = eg_give(eg_placeholder("x", EG_FLOAT32, EG_DIMS(4)));
        assert_null(eg_get(x, eg_greater(x, 2)));
        assert_error(EG_STATE, "how many elements a mask picks depends on its values");
        assert_null(eg_boolean_mask(x, eg_greater(x, 2)));
        assert_error(EG_STATE, "say how many with .length");
        assert_null(eg_nonzero(x));
        assert_error(EG_STATE, "say how many with .length");
        assert_null(eg_unique_values(x));
        assert_error(EG_STATE, "say how many with .length");
        assert_null(eg_repeat_counts(x, EG_I32(1, 0, 2, 1), 0));
        assert_error(EG_STATE, "say how many with .length");
        eg_dynamic_partition(x, EG_I32(1, 0, 2, 1), 2, parts);
        assert_error(EG_STATE, "depends on values");
        picked = eg_give(eg_boolean_mask(x, eg_greater(x, 2), .length = 3, .fill = -1));
        put = eg_give(eg_put(x, EG_F32(7, 8), eg_greater(x, 2)));
    }
    eg_session *session = eg_session_new(graph);
    eg_session_run(session, EG_FEEDS({x, EG_F32(1, 5, 3, 2)}), EG_IN(picked, put), y);
    assert_is(y[0], EG_DIMS(3), 5, 3, -1);
    assert_is(y[1], EG_DIMS(4), 1, 7, 8, 2);
    eg_session_run(session, EG_FEEDS({x, EG_F32(1, 5, 3, 4)}), EG_IN(picked, put), y);
    assert_error(EG_INVALID, "the mask is true at 3 places, but there are 2 updates");
    eg_session_free(session);
    eg_graph_free(graph);
}

/* ---- gradients ------------------------------------------------------------------------------ */

EG_FUNCTION(masked, x, v, mask)
{
    eg_tensor *rows = eg_get(mask, EG_ALL, 0), *square = eg_square(x);
    eg_tensor *a = eg_boolean_mask(square, mask), *b = eg_get(square, rows);
    eg_tensor *c = eg_get(x, mask, EG_NEW_AXIS), *d = eg_get(x, rows, eg_get(mask, 0));
    eg_tensor *e = eg_put(square, v, EG_ALL, eg_get(mask, 0));
    eg_tensor *f = eg_put_add(e, eg_square(eg_get(v, 1)), mask);
    eg_tensor *g = eg_put(x, eg_square(eg_get(x, mask)), mask);
    eg_tensor *sum = eg_add(eg_sum(c), eg_mul(eg_sum(d), eg_sum(eg_square(a))));
    return eg_add(eg_mul(f, g), eg_add(sum, eg_sum(eg_mul(b, 2))));
}

TEST(picking_and_putting_by_masks_have_gradients)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F64(0.5, -1, 2, 0.25, 1.5, -0.75), EG_DIMS(3, 2));
    eg_tensor *mask = eg_reshape(EG_B(1, 0, 0, 1, 1, 1), EG_DIMS(3, 2));

    assert_works(masked, x, eg_reshape(EG_F64(0.5, 0.7, -1), EG_DIMS(3, 1)), mask);
}

EG_FUNCTION(repeated, x, counts, at)
{
    eg_tensor *a = eg_repeat_counts(eg_square(x), counts, 0);
    eg_tensor *b = eg_repeat_counts(x, counts, 0, .length = 5, .fill = 2);
    eg_tensor *c = eg_take_along_axis(eg_square(x), at, 0);
    eg_tensor *d = eg_put_along_axis(x, at, eg_mul(c, 3), EG_SCATTER_ADD, 0);
    eg_tensor *part[2];

    eg_dynamic_partition(eg_square(d), EG_I32(1, 0, 1), 2, part);
    return eg_add(eg_add(eg_sum(eg_mul(a, a)), eg_sum(eg_square(b))),
        eg_add(eg_mul(eg_sum(part[0]), eg_sum(eg_square(part[1]))), d));
}

TEST(repeating_and_taking_along_have_gradients)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F64(0.5, -1, 2, 0.25, 1.5, -0.75), EG_DIMS(3, 2));

    assert_works(repeated, x, EG_I32(2, 0, 1), eg_reshape(EG_I32(-1, 0, 1, 1), EG_DIMS(2, 2)));
}

TEST(gradients_go_through_branches_of_a_function)
{
    eg_function *f = eg_function_of(large_ones);
    EG_SCOPE;

    for (int i = 0; i < 6; i++) {
        eg_tensor *x = i % 2 ? EG_F32(1, 3, 5) : EG_F32(4, 3, 2.5), *dx;
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_call(f, x), 1, &x, &dx);
        if (i % 2)
            assert_is(dx, EG_DIMS(3), 0, 6, 10);
        else
            assert_is(dx, EG_DIMS(3), 8, 6, 5);
    }
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}
