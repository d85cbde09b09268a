/* Fourier transforms of any axis and several, against sums written out, and what belongs to them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "slopes.h"

static eg_tensor *numbers(int seed, int rank, const int64_t dims[])
{
    eg_tensor *re = eg_normal(eg_key(seed), rank, dims, .dtype = EG_FLOAT64);
    return eg_complex(re, eg_normal(eg_key(seed + 1), rank, dims, .dtype = EG_FLOAT64));
}

#define NUMBERS(seed, ...) numbers(seed, EG_DIMS(__VA_ARGS__))

static void assert_near(eg_tensor *x, eg_tensor *y)
{
    assert_fine();
    assert_int_equal(eg_rank(x), eg_rank(y));
    assert_int_equal(eg_size(x), eg_size(y));
    assert_true(eg_item(eg_max(eg_abs(eg_sub(x, y)))) <= 1e-12 * (1 + eg_item(eg_max(eg_abs(y)))));
}

/* The matrix of the forward transform of n numbers. */
static eg_tensor *matrix_of(int64_t n)
{
    eg_tensor *k = eg_range(n),
              *products = eg_remainder(eg_outer(k, k), eg_scalar_int(EG_INT64, n));
    eg_tensor *angle = eg_mul(eg_cast(products, EG_FLOAT64), -6.283185307179586 / (double)n);
    return eg_complex(eg_cos(angle), eg_sin(angle));
}

TEST(rows_of_any_length_are_what_their_sums_are)
{
    static const int lengths[] = {1, 2, 7, 16, 23, 31, 61, 64, 65, 66, 69, 81, 97, 100, 128, 161,
        200, 211, 243, 256, 289, 331};

    for (int i = 0; i < (int)(sizeof lengths / sizeof *lengths); i++) {
        EG_SCOPE;
        int64_t n = lengths[i];
        eg_tensor *x = NUMBERS(i, 3, n);
        eg_tensor *y = eg_sum(eg_mul(eg_expand_dims(x, -1), matrix_of(n)), .axes = EG_AXES(1));
        assert_near(eg_fft(x, -1), y);
        assert_near(eg_ifft(y, -1), x);
        assert_near(eg_fft(eg_transpose(x), 0), eg_transpose(y));
        eg_tensor *real = eg_real(x), *half = eg_rfft(real, -1);
        assert_near(half, eg_slice(eg_fft(real, -1), .count = EG_AT(-1, n / 2 + 1)));
        assert_near(eg_irfft(half, -1, .n = n), real);
        assert_near(eg_hfft(eg_ihfft(real, -1), -1, .n = n), real);
    }
}

TEST(rows_are_cut_and_filled)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2, 4);

    assert_prints(eg_real(eg_fft(x, 0, .n = 2)), "[ 3. -1.] float64[2]");
    assert_near(eg_fft(x, 0, .n = 5), eg_fft(EG_F64(1, 2, 4, 0, 0), 0));
    assert_near(eg_rfft(x, 0, .n = 6), eg_rfft(EG_F64(1, 2, 4, 0, 0, 0), 0));
    assert_near(eg_irfft(eg_rfft(x, 0), 0), eg_irfft(eg_rfft(x, 0), 0, .n = 2));
    assert_near(eg_irfft(x, 0, .n = 8), eg_irfft(EG_F64(1, 2, 4, 0, 0), 0, .n = 8));
    assert_prints(eg_fft(eg_cast(x, EG_FLOAT16), 0, .n = 1), "[1.+0.j] complex64[1]");
}

TEST(norms_say_which_side_is_divided)
{
    EG_SCOPE;
    eg_tensor *x = NUMBERS(3, 2, 9), *y = eg_fft(x, -1);

    for (int i = 0; i < 3; i++) {
        eg_fft_norm norm = (eg_fft_norm)i;
        double part = i == EG_FFT_ORTHO ? 3 : i == EG_FFT_FORWARD ? 9 : 1;
        assert_near(eg_fft(x, -1, .norm = norm), eg_div(y, part));
        assert_near(eg_ifft(eg_fft(x, -1, .norm = norm), -1, .norm = norm), x);
        eg_tensor *real = eg_real(x);
        assert_near(eg_irfft(eg_rfft(real, -1, .norm = norm), -1, .n = 9, .norm = norm), real);
        assert_near(eg_hfft(eg_ihfft(real, -1, .norm = norm), -1, .n = 9, .norm = norm), real);
        eg_tensor *both = eg_fftn(x, .norm = norm);
        assert_near(eg_ifftn(both, .norm = norm), x);
    }
}

TEST(several_axes_are_one_after_another)
{
    EG_SCOPE;
    eg_tensor *x = NUMBERS(5, 3, 4, 5), *real = eg_real(x);
    eg_tensor *all = eg_fft(eg_fft(eg_fft(x, 2), 1), 0);

    assert_near(eg_fftn(x), all);
    assert_near(eg_ifftn(all), x);
    assert_near(eg_fftn(x, .axes = EG_AXES(0, -1)), eg_fft(eg_fft(x, 2), 0));
    assert_near(eg_fftn(x, .s = EG_AT(2, 8)), eg_fft(eg_fft(x, 2, .n = 8), 1, .n = 2));
    assert_near(eg_fftn(x, .s = EG_AT(-1, 3), .axes = EG_AXES(2, 0)),
        eg_fft(eg_fft(x, 0, .n = 3), 2));
    assert_near(eg_rfftn(real), eg_fft(eg_fft(eg_rfft(real, 2), 1), 0));
    assert_near(eg_irfftn(eg_rfftn(real), .s = EG_AT(3, 4, 5)), real);
    assert_near(eg_irfftn(eg_rfftn(real, .axes = EG_AXES(0, 1)), .axes = EG_AXES(0, 1)), real);
}

TEST(what_cannot_be_transformed_is_an_error)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, 2, 3);

    assert_null(eg_fft(x, 1));
    assert_error(EG_INVALID, "there is no axis 1");
    assert_null(eg_fft(x, 0, .n = -1));
    assert_error(EG_INVALID, "n is -1");
    assert_null(eg_rfft(x, 0, .norm = (eg_fft_norm)7));
    assert_error(EG_INVALID, "there is no norm 7");
    assert_null(eg_irfft(EG_F32(1, 2), 0, .n = INT64_MAX));
    assert_error(EG_INVALID, "not possible");
    assert_null(eg_irfft(eg_ones(EG_FLOAT32, EG_DIMS(1)), 0));
    assert_error(EG_INVALID, "the result would have none; say n");
    assert_null(eg_fft(EG_I32(1, 2), 0));
    assert_error(EG_INVALID, "int32");
    assert_null(eg_rfft(eg_complex(x, x), 0));
    assert_error(EG_INVALID, "complex64");
    assert_null(eg_fftn(x, .axes = EG_AXES(0, 0)));
    assert_error(EG_INVALID, "2 axes");
    assert_null(eg_fftn(eg_ones(EG_FLOAT32, EG_DIMS(2, 2)), .axes = EG_AXES(0, -2)));
    assert_error(EG_INVALID, "axis 0 is named twice");
    assert_null(eg_irfftn(x, .s = EG_AT(0)));
    assert_error(EG_INVALID, "size 0 of axis 0");
    assert_null(eg_rfftn(x, .s = EG_AT(2, 2)));
    assert_error(EG_INVALID, "2 sizes for a tensor of rank 1");
    assert_null(eg_ifftn(1.5));
    assert_error(EG_INVALID, "rank 0");
    assert_null((eg_hfft)(NULL, 0));
    assert_error(EG_INVALID, "x is NULL");
    assert_null((eg_fftn)(NULL));
    assert_error(EG_INVALID, "x is NULL");
    assert_null(eg_fftshift(x, .axes = EG_AXES(3)));
    assert_error(EG_INVALID, "there is no axis 3");
    assert_null(eg_fftfreq(EG_FLOAT32, 0, 1));
    assert_error(EG_INVALID, "n is 0");
    assert_null(eg_rfftfreq(EG_INT32, 2, 1));
    assert_error(EG_INVALID, "int32");
}

TEST(frequencies_and_their_order)
{
    EG_SCOPE;
    eg_tensor *grid = eg_reshape(eg_range(6), EG_DIMS(2, 3));

    assert_prints(eg_fftfreq(EG_FLOAT64, 5, 0.1), "[ 0.  2.  4. -4. -2.] float64[5]");
    assert_prints(eg_fftfreq(EG_FLOAT32, 1, 1), "[0.] float32[1]");
    assert_prints(eg_rfftfreq(EG_FLOAT64, 5, 0.1), "[0. 2. 4.] float64[3]");
    assert_prints(eg_fftshift(eg_fftfreq(EG_FLOAT64, 5, 0.2)), "[-2. -1.  0.  1.  2.] float64[5]");
    assert_prints(eg_ifftshift(eg_fftshift(grid)), "[[0 1 2] [3 4 5]] int64[2,3]");
    assert_prints(eg_fftshift(grid, .axes = EG_AXES(-1)), "[[2 0 1] [5 3 4]] int64[2,3]");
    assert_prints(eg_fftshift(grid), "[[5 3 4] [2 0 1]] int64[2,3]");
}

static eg_tensor *spectrum(int n, eg_tensor *const x[], void *env)
{
    (void)n, (void)env;
    eg_tensor *z = eg_rfftn(x[0], .norm = EG_FFT_ORTHO);
    eg_tensor *power = eg_add(eg_square(eg_real(z)), eg_mul(eg_imag(z), 0.7));
    eg_tensor *back = eg_irfftn(eg_mul(z, eg_complex(power, eg_real(z))), .s = EG_AT(3, 4));
    return eg_add(back, eg_hfft(eg_ihfft(x[0], 0), 0, .n = 3));
}

TEST(transforms_have_gradients)
{
    EG_SCOPE;
    eg_tensor *x = some(1, EG_DIMS(3, 4));
    assert_differentiable(spectrum, NULL, 0, 1, &x);
}

TEST(bits_do_not_depend_on_threads_or_neighbours)
{
    static const int lengths[] = {40, 360, 1009, 40960, 40961};

    for (int i = 0; i < 5; i++) {
        EG_SCOPE;
        int64_t n = lengths[i], rows = i < 3 ? 200 : 2;
        eg_tensor *x = NUMBERS(i, rows, n), *y[2];
        for (int k = 0; k < 2; k++) {
            eg_set_threads(k ? 4 : 1);
            y[k] = eg_fft(x, -1);
        }
        eg_tensor *last = eg_fft(eg_slice(x, .begin = EG_AT(rows - 1)), -1);
        const eg_pair *a = eg_data(y[0], EG_COMPLEX128), *b = eg_data(y[1], EG_COMPLEX128);
        assert_fine();
        assert_memory_equal(a, b, sizeof *a * (size_t)(rows * n));
        assert_memory_equal(a + (rows - 1) * n, eg_data(last, EG_COMPLEX128),
            sizeof *a * (size_t)n);
    }
}
