/* Questions about dtypes: promotion, kinds, limits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <float.h>
#include <math.h>

static eg_dtype both(eg_dtype a, eg_dtype b)
{
    return eg_result_type(2, (eg_dtype[]){a, b});
}

TEST(the_type_of_a_result_is_what_all_promote_to)
{
    EG_SCOPE;
    assert_int_equal(both(EG_INT8, EG_UINT8), EG_INT16);
    assert_int_equal(both(EG_UINT32, EG_INT8), EG_INT64);
    assert_int_equal(both(EG_UINT64, EG_INT8), EG_NO_DTYPE);
    assert_int_equal(both(EG_FLOAT32, EG_FLOAT64), EG_FLOAT64);
    assert_int_equal(both(EG_FLOAT16, EG_BFLOAT16), EG_FLOAT32);
    assert_int_equal(both(EG_FLOAT32, EG_INT32), EG_NO_DTYPE);
    assert_int_equal(both(EG_FLOAT32, EG_COMPLEX64), EG_COMPLEX64);
    assert_int_equal(both(EG_BFLOAT16, EG_COMPLEX64), EG_COMPLEX64);
    assert_int_equal(both(EG_COMPLEX64, EG_FLOAT64), EG_COMPLEX128);
    assert_int_equal(both(EG_COMPLEX64, EG_INT32), EG_NO_DTYPE);
    assert_int_equal(both(EG_BOOL, EG_BOOL), EG_BOOL);
    assert_int_equal(both(EG_BOOL, EG_INT8), EG_NO_DTYPE);
    assert_int_equal(eg_result_type(3, (eg_dtype[]){EG_INT8, EG_UINT8, EG_INT64}), EG_INT64);
    assert_int_equal(eg_result_type(1, (eg_dtype[]){EG_INT8}), EG_INT8);
    assert_int_equal(eg_result_type(0, NULL), EG_NO_DTYPE);
    assert_int_equal(eg_result_type(2, NULL), EG_NO_DTYPE);
    assert_int_equal(both(EG_INT8, (eg_dtype)99), EG_NO_DTYPE);
    assert_int_equal(both((eg_dtype)99, (eg_dtype)99), EG_NO_DTYPE);
    assert_int_equal(eg_dtype_of(eg_add(EG_I8(1), EG_U8(1))), EG_INT16);
}

TEST(what_promotes_can_be_cast)
{
    assert_true(eg_can_cast(EG_INT8, EG_INT8));
    assert_true(eg_can_cast(EG_UINT8, EG_INT16));
    assert_false(eg_can_cast(EG_INT16, EG_UINT8));
    assert_false(eg_can_cast(EG_UINT8, EG_INT8));
    assert_true(eg_can_cast(EG_FLOAT16, EG_FLOAT64));
    assert_false(eg_can_cast(EG_FLOAT64, EG_FLOAT32));
    assert_false(eg_can_cast(EG_INT32, EG_FLOAT64));
    assert_false(eg_can_cast(EG_NO_DTYPE, EG_NO_DTYPE));
    assert_false(eg_can_cast((eg_dtype)99, EG_INT8));
}

TEST(kinds_hold_their_dtypes)
{
    static const struct {
        const char *kind;
        eg_dtype in, out;
    } kinds[] = {
        {"bool", EG_BOOL, EG_UINT8},
        {"signed integer", EG_INT8, EG_UINT8},
        {"unsigned integer", EG_UINT64, EG_INT64},
        {"integral", EG_UINT16, EG_BOOL},
        {"real floating", EG_BFLOAT16, EG_INT32},
        {"complex floating", EG_COMPLEX64, EG_FLOAT32},
        {"numeric", EG_INT8, EG_BOOL},
        {"float32", EG_FLOAT32, EG_FLOAT64},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_true(eg_isdtype(kinds[i].in, kinds[i].kind));
        assert_false(eg_isdtype(kinds[i].out, kinds[i].kind));
        assert_false(eg_isdtype(EG_NO_DTYPE, kinds[i].kind));
        assert_false(eg_isdtype((eg_dtype)-1, kinds[i].kind));
    }
    assert_false(eg_isdtype(EG_FLOAT32, "complex floating"));
    assert_false(eg_isdtype(EG_FLOAT32, "floating"));
    assert_false(eg_isdtype(EG_FLOAT32, NULL));
}

TEST(plain_numbers_have_the_default_dtypes)
{
    EG_SCOPE;
    assert_int_equal(eg_default_dtype("integral"), eg_dtype_of(eg_constant(1)));
    assert_int_equal(eg_default_dtype("real floating"), eg_dtype_of(eg_constant(1.5)));
    assert_int_equal(eg_default_dtype("indexing"), eg_dtype_of(eg_argmax(EG_F32(1, 2))));
    assert_int_equal(eg_default_dtype("bool"), EG_BOOL);
    assert_int_equal(eg_default_dtype("numeric"), EG_NO_DTYPE);
    assert_int_equal(eg_default_dtype(NULL), EG_NO_DTYPE);
}

TEST(limits_of_floating_point_are_those_of_c)
{
    eg_real_limits f = eg_finfo(EG_FLOAT32), d = eg_finfo(EG_FLOAT64), h = eg_finfo(EG_FLOAT16),
                   b = eg_finfo(EG_BFLOAT16);

    assert_true(f.eps == FLT_EPSILON && f.max == FLT_MAX && f.min == -FLT_MAX);
    assert_true(f.smallest_normal == FLT_MIN && f.bits == 32 && f.dtype == EG_FLOAT32);
    assert_true(d.eps == DBL_EPSILON && d.max == DBL_MAX && d.min == -DBL_MAX);
    assert_true(d.smallest_normal == DBL_MIN && d.bits == 64 && d.dtype == EG_FLOAT64);
    assert_true(h.eps == 0x1p-10 && h.max == 65504 && h.smallest_normal == 0x1p-14);
    assert_true(b.eps == 0x1p-7 && b.max == 0x1.fep127 && b.smallest_normal == 0x1p-126);
    assert_int_equal(eg_finfo(EG_INT32).dtype, EG_NO_DTYPE);
    assert_int_equal(eg_finfo((eg_dtype)99).bits, 0);
}

TEST(limits_of_integers_are_those_of_c)
{
    assert_true(eg_iinfo(EG_INT8).min == INT8_MIN && eg_iinfo(EG_INT8).max == INT8_MAX);
    assert_true(eg_iinfo(EG_INT64).min == INT64_MIN && eg_iinfo(EG_INT64).max == INT64_MAX);
    assert_true(eg_iinfo(EG_UINT8).min == 0 && eg_iinfo(EG_UINT8).max == UINT8_MAX);
    assert_true(eg_iinfo(EG_UINT64).min == 0 && eg_iinfo(EG_UINT64).max == UINT64_MAX);
    assert_int_equal(eg_iinfo(EG_INT16).bits, 16);
    assert_int_equal(eg_iinfo(EG_BOOL).dtype, EG_NO_DTYPE);
    assert_int_equal(eg_iinfo(EG_FLOAT32).bits, 0);
}

TEST(constants_are_those_of_the_standard)
{
    assert_true(EG_E == exp(1.0) && EG_PI == acos(-1.0));
    assert_true(isinf(EG_INF) && EG_INF > 0 && isnan(EG_NAN));
}
