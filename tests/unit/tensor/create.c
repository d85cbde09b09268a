/* Data in and out: C numbers, arrays, wrapped memory, what may be read (SEMANTICS N1 to N3).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <math.h>
#include <string.h>

/* ---- numbers -------------------------------------------------------------------------------- */

TEST(whole_numbers_are_int32_or_where_one_does_not_fit_int64)
{
    EG_SCOPE;
    assert_prints(eg_constant(12), "12 int32[]");
    assert_prints(eg_constant(2147483647, -2147483648), "[ 2147483647 -2147483648] int32[2]");
    assert_prints(eg_constant(2147483648), "2147483648 int64[]");
    assert_prints(eg_constant(1, INT64_MIN),
        "[                   1 -9223372036854775808] int64[2]");
    assert_fine();
}

TEST(any_fraction_makes_all_numbers_float32)
{
    EG_SCOPE;
    assert_prints(eg_constant(1.5), "1.5 float32[]");
    assert_prints(eg_constant(1, 2.0, 3.5f), "[1.  2.  3.5] float32[3]");
    assert_fine();
}

TEST(a_number_beside_a_tensor_takes_its_dtype_from_full_precision)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1), *sum = eg_add(x, 0.1);

    assert_int_equal(eg_dtype_of(sum), EG_FLOAT64);
    assert_true(eg_item(sum) == 1 + 0.1);
    assert_int_equal(eg_dtype_of(eg_mul(EG_F32(2), 3)), EG_FLOAT32);
    assert_int_equal(eg_dtype_of(eg_mul(3, EG_I32(2))), EG_INT32);
    assert_fine();
}

TEST(a_number_that_the_tensors_dtype_cannot_hold_is_an_error)
{
    EG_SCOPE;
    assert_null(eg_add(EG_I32(1), 0.5));
    assert_error(EG_INVALID, "int32");
    assert_null(eg_add(EG_I32(1), 4294967296));
    assert_error(EG_INVALID, "int32");
}

TEST(a_scalar_loses_nothing_in_silence)
{
    EG_SCOPE;
    assert_prints(eg_scalar(EG_INT32, 7), "7 int32[]");
    assert_prints(eg_scalar(EG_BOOL, 1), "True bool[]");
    assert_prints(eg_scalar_int(EG_FLOAT64, -3), "-3. float64[]");
    assert_null(eg_scalar(EG_INT32, 0.5));
    assert_error(EG_INVALID, "0.5");
    assert_null(eg_scalar(EG_INT32, 3e9));
    assert_error(EG_INVALID, "int32");
    assert_null(eg_scalar(EG_INT64, NAN));
    assert_error(EG_INVALID, "nan");
    assert_null(eg_scalar_int(EG_INT32, INT64_MAX));
    assert_error(EG_INVALID, "int32");
}

/* ---- arrays --------------------------------------------------------------------------------- */

TEST(c_arrays_of_one_to_four_dimensions_become_tensors_of_their_type)
{
    EG_SCOPE;
    float one[3] = {1, 2, 3};
    double two[2][2] = {{0.1, 0.2}, {0.3, 0.4}};
    int32_t three[1][2][2] = {{{1, 2}, {3, 4}}};
    bool four[1][1][1][2] = {{{{true, false}}}};

    assert_prints(eg_array1(one), "[1. 2. 3.] float32[3]");
    assert_prints(eg_array2(two), "[[0.1 0.2] [0.3 0.4]] float64[2,2]");
    assert_prints(eg_array3(three), "[[[1 2] [3 4]]] int32[1,2,2]");
    assert_prints(eg_array4(four), "[[[[ True False]]]] bool[1,1,1,2]");
    assert_fine();
}

TEST(a_copy_is_independent_of_its_source)
{
    EG_SCOPE;
    int64_t data[] = {1, 2, 3};
    eg_tensor *x = eg_copy(EG_INT64, EG_DIMS(3), data);

    data[0] = 100;
    assert_prints(x, "[1 2 3] int64[3]");
}

TEST(rank_goes_from_0_to_8_and_sizes_from_0)
{
    EG_SCOPE;
    float x = 5;
    const int64_t ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};

    assert_prints(eg_copy(EG_FLOAT32, 0, NULL, &x), "5. float32[]");
    assert_int_equal(eg_rank(eg_copy(EG_FLOAT32, 8, ones, &x)), 8);
    assert_int_equal(eg_size(eg_copy(EG_FLOAT32, EG_DIMS(3, 0, 2), NULL)), 0);
    assert_fine();
    assert_null(eg_copy(EG_FLOAT32, 9, ones, &x));
    assert_error(EG_INVALID, "9");
    assert_null(eg_copy(EG_FLOAT32, EG_DIMS(-1), &x));
    assert_error(EG_INVALID, "-1");
    assert_null(eg_copy((eg_dtype)99, EG_DIMS(1), &x));
    assert_error(EG_INVALID, "99");
    assert_null(eg_copy(EG_FLOAT32, EG_DIMS(1), NULL));
    assert_error(EG_INVALID, "NULL");
}

TEST(a_shape_whose_bytes_cannot_be_counted_is_an_error)
{
    EG_SCOPE;
    float x = 1;

    assert_null(eg_copy(EG_FLOAT32, EG_DIMS(INT64_MAX, 2), &x));
    assert_error(EG_INVALID, "");
    assert_null(eg_zeros(EG_FLOAT64, EG_DIMS(INT64_MAX / 4, 1)));
    assert_true(eg_pending(NULL) != EG_OK);
    eg_report(NULL);
}

/* ---- wrapping ------------------------------------------------------------------------------- */

static void count_call(void *data, void *env)
{
    (void)data;
    ++*(int *)env;
}

TEST(wrapped_memory_is_read_in_place_and_handed_back_once)
{
    static double data[] = {1, 2};
    int calls = 0;

    {
        EG_SCOPE;
        eg_tensor *x = eg_wrap(EG_FLOAT64, EG_DIMS(2), data, count_call, &calls);
        assert_ptr_equal(eg_data(x, EG_FLOAT64), data);
        eg_tensor *view = eg_reshape(x, EG_DIMS(2, 1));
        eg_retain(view);
        assert_fine();
        eg_release(view);
        assert_int_equal(calls, 0);
    }
    assert_int_equal(calls, 1);
}

TEST(wrapping_what_is_not_aligned_fails_and_hands_nothing_back)
{
    EG_SCOPE;
    _Alignas(8) char bytes[32] = {0};
    int calls = 0;

    assert_null(eg_wrap(EG_FLOAT64, EG_DIMS(2), bytes + 1, count_call, &calls));
    assert_error(EG_INVALID, "align");
    assert_int_equal(calls, 0);
}

/* ---- data out ------------------------------------------------------------------------------- */

TEST(reading_needs_the_exact_dtype_and_count)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, 2, 3);
    float out[3] = {0};
    double wide[3];

    assert_int_equal(eg_read(x, EG_FLOAT32, out, 3), EG_OK);
    assert_true(out[0] == 1 && out[2] == 3);
    assert_int_equal(eg_read(x, EG_FLOAT64, wide, 3), EG_INVALID);
    assert_error(EG_INVALID, "float64");
    assert_int_equal(eg_read(x, EG_FLOAT32, out, 2), EG_INVALID);
    assert_error(EG_INVALID, "2");
    assert_null(eg_data(x, EG_INT32));
    assert_error(EG_INVALID, "int32");
}

TEST(an_item_needs_one_element_and_an_integer_no_fraction)
{
    EG_SCOPE;
    assert_true(eg_item(EG_F32(2.5)) == 2.5);
    assert_int_equal(eg_item_int(eg_constant(INT64_MAX)), INT64_MAX);
    assert_true(eg_true(EG_F64(0.25)) && !eg_true(EG_I32(0)));
    assert_fine();
    assert_true(eg_item(EG_F32(1, 2)) == 0);
    assert_error(EG_INVALID, "one element");
    assert_int_equal(eg_item_int(EG_F32(0.5)), 0);
    assert_error(EG_INVALID, "0.5");
    assert_false(eg_true(eg_zeros(EG_FLOAT32, EG_DIMS(0))));
    assert_error(EG_INVALID, "one element");
}

TEST(questions_accept_null)
{
    EG_SCOPE;
    assert_int_equal(eg_rank(NULL), 0);
    assert_int_equal(eg_size(NULL), 0);
    assert_int_equal(eg_dim(NULL, 0), 0);
    assert_int_equal(eg_dtype_of(NULL), EG_NO_DTYPE);
    assert_false(eg_is_none(NULL));
    eg_tensor *x = eg_zeros(EG_INT32, EG_DIMS(2, 5));
    assert_int_equal(eg_dim(x, -1), 5);
    assert_int_equal(eg_dim(x, 2), 0);
    assert_fine();
}

/* ---- promotion ------------------------------------------------------------------------------ */

TEST(dtypes_of_one_kind_are_promoted_and_kinds_do_not_mix)
{
    EG_SCOPE;
    assert_int_equal(eg_dtype_of(eg_add(EG_F32(1), EG_F64(1))), EG_FLOAT64);
    assert_int_equal(eg_dtype_of(eg_add(EG_I64(1), EG_I32(1))), EG_INT64);
    assert_fine();
    assert_null(eg_add(EG_F32(1), EG_I32(1)));
    assert_error(EG_INVALID, "eg_cast");
    assert_null(eg_mul(eg_greater(EG_F32(1), 0), EG_F32(1)));
    assert_error(EG_INVALID, "bool");
}

/* ---- tuples --------------------------------------------------------------------------------- */

TEST(a_tuple_keeps_its_parts_and_does_not_nest)
{
    EG_SCOPE;
    eg_tensor *pair = eg_tuple(eg_constant(1), EG_F32(2, 3));

    assert_int_equal(eg_parts(pair), 2);
    assert_prints(eg_part(pair, 1), "[2. 3.] float32[2]");
    assert_int_equal(eg_parts(eg_part(pair, 0)), 0);
    assert_fine();
    assert_null(eg_part(pair, 2));
    assert_error(EG_INVALID, "2");
    assert_null(eg_part(EG_F32(1), 0));
    assert_error(EG_INVALID, "tuple");
    assert_null(eg_tuple(pair, pair));
    assert_error(EG_INVALID, "tuple");
    assert_null(eg_add(pair, 1));
    assert_error(EG_INVALID, "tuple");
}

/* ---- attributes ----------------------------------------------------------------------------- */

TEST(options_of_a_shorter_older_struct_are_defaults)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, 2, 3, 4);
    eg_reduce_attrs attrs = {.size = offsetof(eg_reduce_attrs, keep_dims), .keep_dims = true};

    assert_int_equal(eg_rank(eg_sum_with(x, &attrs)), 0);
    attrs.size = sizeof attrs;
    assert_int_equal(eg_rank(eg_sum_with(x, &attrs)), 1);
    attrs.size = 0;
    assert_null(eg_sum_with(x, &attrs));
    assert_error(EG_INVALID, "size");
}
