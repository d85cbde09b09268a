/* Complex numbers in and out of C, beside other dtypes, printed, and in what is composed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <complex.h>
#include <math.h>
#include <string.h>

/* ---- in and out ----------------------------------------------------------------------------- */

TEST(complex_numbers_of_c_become_tensors)
{
    EG_SCOPE;
    float _Complex single[] = {1 + 2 * I, -3 * I};
    double _Complex square[2][2] = {{1, I}, {-I, 2}};

    assert_prints(EG_C64(1 + 2 * I, 3), "[1.+2.j 3.+0.j] complex64[2]");
    assert_prints(EG_C128(0.1 + 2 * I), "0.1+2.j complex128[]");
    assert_prints(eg_constant(1 + 2 * I), "1.+2.j complex64[]");
    assert_prints(eg_constant(1, 2 * I, 0.5), "[1. +0.j 0. +2.j 0.5+0.j] complex64[3]");
    assert_prints(eg_array1(single), "[ 1.+2.j -0.-3.j] complex64[2]");
    assert_prints(eg_array2(square), "[[ 1.+0.j  0.+1.j] [-0.-1.j  2.+0.j]] complex128[2,2]");
    assert_prints(eg_scalar_pair(EG_COMPLEX128, (eg_pair){0.1, -1}), "0.1-1.j complex128[]");
    assert_prints(eg_scalar(EG_COMPLEX64, 2.5), "2.5+0.j complex64[]");
    assert_prints(eg_ones(EG_COMPLEX64, EG_DIMS(2)), "[1.+0.j 1.+0.j] complex64[2]");
}

TEST(complex_numbers_are_read_as_those_of_c)
{
    EG_SCOPE;
    float _Complex z[2];
    eg_tensor *x = EG_C64(1 + 2 * I, -3 * I);

    assert_int_equal(eg_read(x, EG_COMPLEX64, z, 2), EG_OK);
    assert_true(crealf(z[0]) == 1 && cimagf(z[0]) == 2 && cimagf(z[1]) == -3);
    const float _Complex *in_place = eg_data(x, EG_COMPLEX64);
    assert_true(cimagf(in_place[1]) == -3);
    eg_pair item = eg_item_pair(eg_constant(1 + 2 * I));
    assert_true(item.re == 1 && item.im == 2);
    assert_true(eg_item_pair(eg_constant(2.5)).re == 2.5);
    assert_true(eg_true(eg_constant(2 * I)));
    assert_false(eg_true(eg_constant(0 * I)));
    _Alignas(16) static const double wrapped[] = {1, 2};
    assert_prints(eg_wrap(EG_COMPLEX128, 0, NULL, wrapped, NULL, NULL), "1.+2.j complex128[]");
}

TEST(a_complex_number_of_c_takes_the_precision_of_the_tensor_beside_it)
{
    EG_SCOPE;
    assert_prints(eg_mul(EG_F32(1, 2), 2 * I), "[0.+2.j 0.+4.j] complex64[2]");
    assert_prints(eg_mul(EG_F64(1), 0.1 * I), "0.+0.1j complex128[]");
    assert_prints(eg_add(EG_C64(1), 0.5 + I), "1.5+1.j complex64[]");
    assert_prints(eg_add(1 * I, 2 * I), "0.+3.j complex64[]");
    assert_prints(eg_abs(3 + 4 * I), "5. float32[]");
    assert_prints(eg_mul(EG_C128(1 + I), 0.1), "0.1+0.1j complex128[]");
}

TEST(real_answers_of_complex_numbers_are_errors)
{
    EG_SCOPE;
    eg_item(eg_constant(1 + I));
    assert_error(EG_INVALID, "eg_item_pair");
    eg_item_int(eg_constant(1 + I));
    assert_error(EG_INVALID, "eg_item_pair");
    eg_scalar_pair(EG_FLOAT32, (eg_pair){1, 2});
    assert_error(EG_INVALID, "float32 is no complex");
    eg_cast(eg_constant(I), EG_FLOAT64);
    assert_error(EG_INVALID, "no imaginary part");
    eg_mul(EG_I32(1), 2 * I);
    assert_error(EG_INVALID, "int32 and complex64 do not mix");
}

/* ---- printing ------------------------------------------------------------------------------- */

TEST(complex_numbers_print_as_those_of_numpy)
{
    EG_SCOPE;
    const float nan = NAN, inf = INFINITY;

    assert_prints(EG_C64(0.1f - 1.25f * I, 100 + 2 * I), "[  0.1-1.25j 100. +2.j  ] complex64[2]");
    assert_prints(EG_C128(1e-10 + 2 * I, 1), "[1.e-10+2.j 1.e+00+0.j] complex128[2]");
    assert_prints(EG_C64(1 + 1e10f * I, 2.5f - 3 * I), "[1. +1.e+10j 2.5-3.e+00j] complex64[2]");
    assert_prints(eg_complex(EG_F32(1, nan), EG_F32(nan, -inf)),
        "[ 1.+nanj nan-infj] complex64[2]");
    assert_prints(eg_complex(EG_F32(-inf, 1), EG_F32(inf, 2)),
        "[-inf+infj   1. +2.j] complex64[2]");
    assert_prints(eg_zeros(EG_COMPLEX64, EG_DIMS(0, 2)), "[] complex64[0,2]");
}

/* ---- parts ---------------------------------------------------------------------------------- */

TEST(what_is_real_is_its_own_real_part_and_conjugate)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, -2);

    assert_ptr_equal(eg_real(x), x);
    assert_ptr_equal(eg_conj(x), x);
    assert_prints(eg_imag(EG_I32(1, -2)), "[0 0] int32[2]");
    assert_prints(eg_angle(x), "[0.        3.1415927] float32[2]");
    assert_prints(eg_angle(EG_C64(I, -1)), "[1.5707964 3.1415927] float32[2]");
    eg_tensor *v = eg_variable(EG_F32(3));
    assert_prints(eg_conj(v), "3. float32[]");
    eg_variable_free(v);
}

TEST(the_sign_of_a_complex_number_has_size_one)
{
    EG_SCOPE;
    assert_prints(eg_sign(EG_C64(3 + 4 * I, 0, -2 * I)),
        "[ 0.6+0.8j  0. +0.j  -0. -1.j ] complex64[3]");
}

TEST(sums_and_means_are_complex)
{
    EG_SCOPE;
    assert_prints(eg_mean(EG_C64(1 + I, 3 - 5 * I)), "2.-2.j complex64[]");
    assert_prints(eg_count_nonzero(EG_C64(I, 0, 1)), "2 int64[]");
    assert_prints(eg_any(EG_C64(0, I)), "True bool[]");
}

/* ---- gradients ------------------------------------------------------------------------------ */

TEST(a_gradient_points_to_where_the_target_grows)
{
    EG_SCOPE;
    eg_tensor *z = EG_C128(3 + 4 * I), *w = EG_C128(1 - 2 * I), *dz[2];
    {
        EG_TAPE;
        eg_watch(z);
        eg_watch(w);
        eg_gradient(eg_square(eg_abs(z)), EG_IN(z, w), dz);
        assert_prints(dz[0], "6.+8.j complex128[]");
        assert_prints(dz[1], "0.+0.j complex128[]");
    }
    {
        EG_TAPE;
        eg_watch(z);
        eg_watch(w);
        eg_gradient(eg_mul(z, w), EG_IN(z, w), dz);
        assert_prints(dz[0], "1.+2.j complex128[]");
        assert_prints(dz[1], "3.-4.j complex128[]");
    }
}

TEST(a_real_number_beside_complex_ones_has_a_real_gradient)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(2), *z = EG_C64(3 + 4 * I), *dx;
    EG_TAPE;

    eg_watch(x);
    eg_gradient(eg_mul(x, z), EG_IN(x), &dx);
    assert_prints(dx, "3. float32[]");
}

TEST(descent_along_the_gradient_finds_a_complex_root)
{
    EG_SCOPE;
    eg_tensor *z = eg_variable(eg_constant(1 + 1 * I)), *dz;

    for (int i = 0; i < 200; i++) {
        EG_TAPE;
        eg_tensor *miss = eg_add(eg_square(z), 1); /* 0 at i */
        eg_gradient(eg_square(eg_abs(miss)), EG_IN(z), &dz);
        eg_assign_sub(z, eg_mul(dz, 0.05));
    }
    eg_pair root = eg_item_pair(z);
    assert_true(fabs(root.re) < 1e-5 && fabs(root.im - 1) < 1e-5);
    eg_variable_free(z);
}

EG_FUNCTION(rotated, z)
{
    return eg_mul(eg_conj(z), 2 * I);
}

TEST(functions_take_complex_numbers)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(rotated);
    eg_tensor *z = EG_C64(1 + 2 * I), *dz;

    for (int i = 0; i < 3; i++) {
        EG_TAPE;
        eg_watch(z);
        eg_tensor *y = eg_call(f, z);
        assert_prints(y, "4.+2.j complex64[]");
        eg_gradient(y, EG_IN(z), &dz);
        assert_prints(dz, "0.+2.j complex64[]");
    }
    eg_function_free(f);
}

EG_FUNCTION(root_of, z)
{
    return eg_true(z) ? eg_mul(z, 2) : eg_add(z, 1);
}

TEST(a_branch_on_a_complex_number_looks_at_both_parts)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(root_of);

    assert_prints(eg_call(f, eg_constant(1 * I)), "0.+2.j complex64[]");
    assert_prints(eg_call(f, eg_constant(0 * I)), "1.+0.j complex64[]");
    assert_prints(eg_call(f, eg_constant(3 * I)), "0.+6.j complex64[]");
    eg_function_free(f);
}
