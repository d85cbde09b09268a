/* Convolutions with channels first and transposed convolutions, which are made of operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

static eg_tensor *numbers(int rank, const int64_t dims[])
{
    int64_t n = 1;

    for (int i = 0; i < rank; i++)
        n *= dims[i];
    eg_tensor *x = eg_cast(eg_range(n), EG_FLOAT32);
    return eg_reshape(eg_sub(eg_remainder(x, eg_scalar(EG_FLOAT32, 7)), eg_scalar(EG_FLOAT32, 2.5)),
        rank, dims);
}

static bool same(eg_tensor *x, eg_tensor *y)
{
    return eg_item(eg_max(eg_abs(eg_sub(x, y)))) == 0;
}

static eg_tensor *order(eg_tensor *x, eg_axes axes)
{
    return eg_transpose_with(x, &(eg_transpose_attrs){sizeof(eg_transpose_attrs), axes});
}

static const eg_axes to_last = {4, {0, 2, 3, 1}}, filter_to_last = {4, {2, 3, 1, 0}};

TEST(channels_first_are_channels_last_transposed)
{
    EG_SCOPE;
    eg_conv_attrs o = {.size = sizeof o, .groups = 2, .same = true}, first = o;
    eg_tensor *x = numbers(EG_DIMS(2, 4, 5, 3)), *w = numbers(EG_DIMS(6, 2, 3, 2));
    eg_tensor *x_last = order(x, to_last), *w_last = order(w, filter_to_last);

    first.channels_first = true;
    eg_tensor *z = eg_conv_with(x, w, &first), *z_last = eg_conv_with(x_last, w_last, &o);
    assert_int_equal(eg_dim(z, 1), 6);
    assert_true(same(order(z, to_last), z_last));
    first.sizes = o.sizes = EG_AT(5, 3);
    eg_tensor *dx = eg_conv_input_grad_with(w, z, &first);
    assert_true(same(order(dx, to_last), eg_conv_input_grad_with(w_last, z_last, &o)));
    first.sizes = o.sizes = EG_AT(3, 2);
    eg_tensor *dw = eg_conv_filter_grad_with(x, z, &first);
    assert_int_equal(eg_dim(dw, 0), 6);
    assert_true(same(order(dw, filter_to_last), eg_conv_filter_grad_with(x_last, z_last, &o)));
    assert_fine();
}

TEST(channels_first_of_a_wrong_rank_are_an_error_of_the_convolution)
{
    EG_SCOPE;
    eg_conv_attrs first = {.size = sizeof first, .channels_first = true};

    assert_null(eg_conv_with(numbers(EG_DIMS(2, 2)), numbers(EG_DIMS(1, 1, 1)), &first));
    assert_error(EG_INVALID, "both need one rank of 3 to 5");
}

TEST(a_transposed_convolution_leads_back_to_the_sizes_asked_for)
{
    EG_SCOPE;
    eg_conv_attrs o = {.size = sizeof o, .strides = EG_AT(2)};
    eg_tensor *x = numbers(EG_DIMS(1, 3, 3, 4)), *w = numbers(EG_DIMS(2, 2, 5, 4));

    eg_tensor *z = eg_conv_transpose_with(x, w, &o);
    assert_int_equal(eg_dim(z, 1), 6);
    assert_int_equal(eg_dim(z, -1), 5);
    o.sizes = EG_AT(7);
    assert_null(eg_conv_transpose_with(x, w, &o));
    assert_error(EG_INVALID, "one number for each spatial axis");
}

TEST(a_transposed_convolution_may_have_more_than_the_smallest_sizes)
{
    EG_SCOPE;
    eg_conv_attrs o = {.size = sizeof o, .strides = EG_AT(2), .sizes = EG_AT(7, 6)};
    eg_tensor *x = numbers(EG_DIMS(1, 3, 3, 4)), *w = numbers(EG_DIMS(2, 2, 5, 4));

    eg_tensor *z = eg_conv_transpose_with(x, w, &o);
    assert_int_equal(eg_dim(z, 1), 7);
    assert_int_equal(eg_dim(z, 2), 6);
    o.sizes = EG_AT(8, 6);
    assert_null(eg_conv_transpose_with(x, w, &o));
    assert_error(EG_INVALID, "dz has not the shape");
}

/* The gradient of the sum of z * z is 2 * conv(z), since each is the other's transpose. */
TEST(gradients_go_through_a_transposed_convolution)
{
    EG_TAPE;
    eg_conv_attrs o = {.size = sizeof o, .strides = EG_AT(2), .channels_first = true};
    eg_tensor *x = numbers(EG_DIMS(1, 4, 3)), *w = numbers(EG_DIMS(4, 5, 3)), *dx;

    eg_watch(x);
    eg_tensor *z = eg_conv_transpose_with(x, w, &o);
    assert_int_equal(eg_gradient(eg_sum(eg_square(z)), 1, &x, &dx), EG_OK);
    z = eg_conv_transpose_with(x, w, &o);
    eg_tensor *expected = eg_conv_with(eg_add(z, z), w, &o);
    assert_true(same(dx, expected));
    assert_fine();
}

static eg_tensor *body(int n, eg_tensor *const in[], void *env)
{
    eg_conv_attrs o = {.size = sizeof o, .channels_first = true, .padding = EG_AT(1)};

    (void)n, (void)env;
    return eg_conv_transpose_with(eg_conv_with(in[0], in[1], &o), in[1], &o);
}

TEST(a_function_gives_the_bits_of_eager)
{
    EG_SCOPE;
    eg_function *f = eg_function_new(body, 2, NULL, 0);
    eg_tensor *in[2] = {numbers(EG_DIMS(2, 8, 20, 20)), numbers(EG_DIMS(16, 8, 3, 3))};
    eg_tensor *eager = body(2, in, NULL);

    for (int i = 0; i < 3; i++)
        assert_true(same(eg_call_of(f, 2, in), eager));
    assert_fine();
    eg_function_free(f);
}
