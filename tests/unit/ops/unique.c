/* Tensors as sets.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"
#include "values.h"

TEST(each_element_is_there_once)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F64(2, -0.0, 0.0, 1, 2, -1), EG_DIMS(2, 3));
    eg_tensor *all = eg_unique_all(x), *counts = eg_unique_counts(x);

    assert_is(eg_unique_values(x), EG_DIMS(4), -1, -0.0, 1, 2);
    assert_is(eg_part(all, 0), EG_DIMS(4), -1, -0.0, 1, 2);
    assert_is(eg_part(all, 1), EG_DIMS(4), 5, 1, 3, 0);
    assert_is(eg_part(all, 2), EG_DIMS(2, 3), 3, 1, 1, 2, 3, 0);
    assert_is(eg_part(all, 3), EG_DIMS(4), 1, 2, 1, 2);
    assert_is(eg_part(counts, 0), EG_DIMS(4), -1, -0.0, 1, 2);
    assert_is(eg_part(counts, 1), EG_DIMS(4), 1, 2, 1, 2);
    assert_is(eg_part(eg_unique_inverse(x), 0), EG_DIMS(4), -1, -0.0, 1, 2);
    assert_is(eg_part(eg_unique_inverse(x), 1), EG_DIMS(2, 3), 3, 1, 1, 2, 3, 0);
}

TEST(every_nan_is_an_element_of_its_own)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(NAN, 1, NAN, -INFINITY, 1), *all = eg_unique_all(x);

    assert_is(eg_part(all, 0), EG_DIMS(4), -INFINITY, 1, NAN, NAN);
    assert_is(eg_part(all, 1), EG_DIMS(4), 3, 1, 0, 2);
    assert_is(eg_part(all, 2), EG_DIMS(5), 2, 1, 3, 0, 1);
    assert_is(eg_part(all, 3), EG_DIMS(4), 1, 2, 1, 1);
}

TEST(all_dtypes_and_ranks_have_sets)
{
    static const eg_dtype dtypes[] = {EG_INT8, EG_INT16, EG_INT32, EG_INT64, EG_UINT8, EG_UINT16,
        EG_UINT32, EG_UINT64, EG_FLOAT16, EG_BFLOAT16, EG_FLOAT32, EG_FLOAT64};
    EG_SCOPE;

    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        eg_tensor *all = eg_unique_all(eg_cast(EG_I32(7, 3, 7, 100, 3, 7), dtypes[i]));
        assert_int_equal(eg_dtype_of(eg_part(all, 0)), dtypes[i]);
        assert_is(eg_part(all, 0), EG_DIMS(3), 3, 7, 100);
        assert_is(eg_part(all, 1), EG_DIMS(3), 1, 0, 3);
        assert_is(eg_part(all, 3), EG_DIMS(3), 2, 3, 1);
    }
    assert_prints(eg_unique_values(EG_B(1, 0, 1)), "[False  True] bool[2]");
    assert_is(eg_unique_values(eg_constant(5)), EG_DIMS(1), 5);
    assert_is(eg_part(eg_unique_inverse(eg_constant(5)), 1), EG_NO_DIMS, 0);
    eg_tensor *none = eg_unique_all(eg_zeros(EG_INT32, EG_DIMS(2, 0)));
    assert_is(eg_part(none, 0), EG_DIMS(0), 0);
    assert_is(eg_part(none, 1), EG_DIMS(0), 0);
    assert_is(eg_part(none, 2), EG_DIMS(2, 0), 0);
    assert_is(eg_part(none, 3), EG_DIMS(0), 0);
    assert_prints(eg_unique_values(EG_I64(INT64_MAX, INT64_MIN, INT64_MAX)),
        "[-9223372036854775808  9223372036854775807] int64[2]");
}

TEST(complex_numbers_are_ordered_by_their_parts)
{
    EG_SCOPE;
    eg_tensor *re = EG_F64(2, 1, 2, 1, -0.0, 2), *im = EG_F64(1, 5, -1, 5, 0, 1);
    eg_tensor *x = eg_complex(re, im), *all = eg_unique_all(x), *narrow = eg_cast(x, EG_COMPLEX64);

    assert_is(eg_real(eg_part(all, 0)), EG_DIMS(4), -0.0, 1, 2, 2);
    assert_is(eg_imag(eg_part(all, 0)), EG_DIMS(4), 0, 5, -1, 1);
    assert_is(eg_part(all, 1), EG_DIMS(4), 4, 1, 2, 0);
    assert_is(eg_part(all, 2), EG_DIMS(6), 3, 1, 2, 1, 0, 3);
    assert_is(eg_part(all, 3), EG_DIMS(4), 1, 2, 1, 2);
    assert_is(eg_imag(eg_unique_values(narrow, .length = 5, .fill = 9)), EG_DIMS(5), 0, 5, -1, 1,
        0);
    assert_is(eg_real(eg_union1d(x, eg_complex(EG_F64(1), EG_F64(6)))), EG_DIMS(5), -0.0, 1, 1, 2,
        2);
    assert_is(eg_imag(eg_intersect1d(x, eg_complex(EG_F32(1, 1), EG_F32(6, 5)))), EG_DIMS(1), 5);
    assert_is(eg_nonzero(eg_complex(EG_F64(0, -0.0, 0), EG_F64(0, -0.0, 1))), EG_DIMS(1, 1), 2);
    assert_is(eg_nonzero(eg_cast(x, EG_COMPLEX64)), EG_DIMS(1, 5), 0, 1, 2, 3, 5);
    assert_is(eg_real(eg_get(x, eg_less(re, 2))), EG_DIMS(3), 1, 1, -0.0);
    assert_is(eg_imag(eg_put(x, eg_complex(EG_F64(1, 2, 3), EG_F64(7, 8, 9)), eg_less(re, 2))),
        EG_DIMS(6), 1, 7, -1, 8, 9, 1);
}

TEST(sets_of_a_fixed_length_are_filled_or_cut)
{
    EG_SCOPE;
    eg_tensor *x = EG_I32(3, 1, 3, 2), *more = eg_unique_all(x, .length = 5, .fill = -7);
    eg_tensor *fewer = eg_unique_all(x, .length = 2);

    assert_is(eg_part(more, 0), EG_DIMS(5), 1, 2, 3, -7, -7);
    assert_is(eg_part(more, 1), EG_DIMS(5), 1, 3, 0, 0, 0);
    assert_is(eg_part(more, 2), EG_DIMS(4), 2, 0, 2, 1);
    assert_is(eg_part(more, 3), EG_DIMS(5), 1, 1, 2, 0, 0);
    assert_is(eg_part(fewer, 0), EG_DIMS(2), 1, 2);
    assert_is(eg_part(fewer, 1), EG_DIMS(2), 1, 3);
    assert_is(eg_part(fewer, 3), EG_DIMS(2), 1, 1);
    assert_is(eg_unique_values(eg_zeros(EG_FLOAT32, EG_DIMS(0)), .length = 2, .fill = 0.5),
        EG_DIMS(2), 0.5, 0.5);
    assert_is(eg_part(eg_unique_counts(eg_zeros(EG_INT8, EG_DIMS(0)), .length = 2), 1), EG_DIMS(2),
        0, 0);
    assert_is(eg_union1d(x, EG_I32(2, 9), .length = 6), EG_DIMS(6), 1, 2, 3, 9, 0, 0);
}

TEST(two_sets_are_joined_and_compared)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(3, 1, NAN, 2, 3, -0.0), *y = EG_F64(0.0, 5, 3, NAN);
    eg_tensor *none = eg_zeros(EG_INT32, EG_DIMS(0));

    assert_is(eg_union1d(x, y), EG_DIMS(7), -0.0, 1, 2, 3, 5, NAN, NAN);
    assert_is(eg_intersect1d(x, y), EG_DIMS(2), -0.0, 3);
    assert_is(eg_setdiff1d(x, y), EG_DIMS(3), 1, 2, NAN);
    assert_is(eg_setxor1d(x, y), EG_DIMS(5), 1, 2, 5, NAN, NAN);
    assert_is(eg_intersect1d(EG_I8(1, 2), EG_I64(2, 300)), EG_DIMS(1), 2);
    assert_int_equal(eg_dtype_of(eg_intersect1d(EG_I8(1, 2), EG_I64(2, 300))), EG_INT64);
    assert_is(eg_setdiff1d(EG_I32(4, 4), none), EG_DIMS(1), 4);
    assert_is(eg_intersect1d(none, EG_I32(4, 4)), EG_DIMS(0), 0);
    assert_is(eg_union1d(none, none), EG_DIMS(0), 0);
    assert_is(eg_setxor1d(eg_reshape(EG_I32(1, 2, 3, 4), EG_DIMS(2, 2)), eg_constant(4)),
        EG_DIMS(3), 1, 2, 3);
    assert_is(eg_union1d(EG_B(1), EG_B(0, 1)), EG_DIMS(2), 0, 1);
}

TEST(wrong_sets_are_refused)
{
    EG_SCOPE;
    eg_tensor *x = EG_I32(3, 1, 3, 2);

    assert_null(eg_unique_values((eg_tensor *)NULL));
    assert_error(EG_INVALID, "x is NULL");
    assert_null(eg_unique_values(x, .length = -3));
    assert_error(EG_INVALID, "the length -3 is negative");
    assert_null(eg_unique_counts(x, .length = INT64_MAX));
    assert_error(EG_INVALID, "too many elements");
    assert_null(eg_unique_counts(x, .length = 9, .fill = 0.5));
    assert_error(EG_INVALID, "cannot be int32");
    assert_null(eg_union1d(x, (eg_tensor *)NULL));
    assert_error(EG_INVALID, "y is NULL");
    assert_null(eg_union1d(x, EG_F32(1)));
    assert_error(EG_INVALID, "int32 and float32 do not mix");
    assert_null(eg_intersect1d(x, EG_F32(1)));
    assert_error(EG_INVALID, "do not mix");
    assert_null(eg_unique_all(eg_tuple(x, x)));
    assert_error(EG_INVALID, "x is no tensor");
}

EG_FUNCTION(sets, x, y)
{
    eg_tensor *all = eg_unique_all(eg_square(x)), *counts = eg_unique_counts(x);
    eg_tensor *a = eg_mul(eg_part(all, 0), eg_cast(eg_part(all, 3), EG_FLOAT64));
    eg_tensor *b = eg_get(eg_part(all, 0), eg_part(all, 2));
    eg_tensor *c = eg_get(eg_reshape(x, EG_DIMS(-1)), eg_part(all, 1));
    eg_tensor *d = eg_union1d(x, y), *e = eg_setdiff1d(x, y), *f = eg_intersect1d(x, y);
    eg_tensor *g = eg_setxor1d(eg_square(x), y), *h = eg_unique_values(x, .length = 9, .fill = 2);

    d = eg_concat(EG_IN(d, e, f, g, h, a, eg_square(c), eg_part(counts, 0)));
    return eg_add(eg_sum(eg_mul(b, 0.5)), eg_square(d));
}

TEST(sets_have_gradients_and_work_in_functions)
{
    EG_SCOPE;
    eg_tensor *x = eg_reshape(EG_F64(0.5, -1.25, 2, 0.25, 1.5, -0.6), EG_DIMS(2, 3));

    assert_works(sets, x, EG_F64(0.75, 2.5));
}
