/* Counts of floating-point operations, against those made by hand.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

static eg_profile *counting;

static void start(void)
{
    eg_profile_free(counting); /* of a test that failed */
    counting = eg_profile_new();
    assert_int_equal(eg_profile_start(counting), EG_OK);
}

static double stop(void)
{
    assert_fine();
    assert_int_equal(eg_profile_stop(counting), EG_OK);
    double flops = eg_profile_flops(counting, NULL);
    eg_profile_free(counting);
    counting = NULL;
    return flops;
}

/* Fails unless what runs in `x` is counted as n. */
#define assert_counts(x, n)                                                                        \
    do {                                                                                           \
        start();                                                                                   \
        (void)(x);                                                                                 \
        assert_float_equal(stop(), (n), 0);                                                        \
    } while (0)

#define F32(...)   eg_ones(EG_FLOAT32, EG_DIMS(__VA_ARGS__))
#define C64(...)   eg_ones(EG_COMPLEX64, EG_DIMS(__VA_ARGS__))
#define WHOLE(...) eg_ones(EG_INT32, EG_DIMS(__VA_ARGS__))

TEST(an_element_of_the_result_is_one)
{
    EG_SCOPE;
    assert_counts(eg_add(F32(2, 1), F32(3)), 6);
    assert_counts(eg_mul(F32(5), 2), 5);
    assert_counts(eg_div(F32(5), 2), 5);
    assert_counts(eg_maximum(F32(5), 2), 5);
    assert_counts(eg_exp(F32(3, 3)), 9);
    assert_counts(eg_tanh(F32(0, 3)), 0);
    assert_counts(eg_relu(F32(7)), 7);
}

TEST(a_formula_counts_what_it_is_made_of)
{
    EG_SCOPE;
    assert_counts(eg_sigmoid(F32(10)), 40);
    assert_counts(eg_silu(F32(10)), 50);
    assert_counts(eg_gelu(F32(10)), 50);
    assert_counts(eg_gelu(F32(10), .tanh_form = true), 90);
    assert_counts(eg_softmax(F32(4, 10)), 200);
    assert_counts(eg_log_softmax(F32(4, 10)), 200);
    assert_counts(eg_layer_norm(F32(4, 10), F32(10), F32(10)), 280);
    assert_counts(eg_rms_norm(F32(4, 10), F32(10)), 160);
    assert_counts(eg_sparse_softmax_cross_entropy(F32(4, 10), WHOLE(4)), 4 * 40 + 3 * 4);
}

TEST(whole_numbers_comparisons_and_moves_are_nothing)
{
    EG_SCOPE;
    assert_counts(eg_add(WHOLE(4), 1), 0);
    assert_counts(eg_matmul(WHOLE(4, 4), WHOLE(4, 4)), 0);
    assert_counts(eg_sum(WHOLE(4)), 0);
    assert_counts(eg_less(F32(4), 1), 0);
    assert_counts(eg_argmax(F32(4)), 0);
    assert_counts(eg_where(eg_greater(F32(4), 0), F32(4), 0), 0);
    assert_counts(eg_cast(F32(4), EG_FLOAT64), 0);
    assert_counts(eg_transpose(F32(4, 2)), 0);
    assert_counts(eg_sort(F32(4), 0), 0);
    assert_counts(eg_gather(F32(4, 2), WHOLE(3)), 0);
    assert_counts(eg_scatter(F32(4), eg_range(2), F32(2)), 0);
    assert_counts(eg_normal(eg_key(1), EG_DIMS(9)), 0);
}

TEST(sums_count_what_goes_in)
{
    EG_SCOPE;
    assert_counts(eg_sum(F32(3, 5)), 15);
    assert_counts(eg_sum(F32(3, 5), .axes = EG_AXES(1)), 15);
    assert_counts(eg_mean(F32(3, 5)), 16);
    assert_counts(eg_max(F32(3, 5)), 15);
    assert_counts(eg_prod(F32(3, 5)), 15);
    assert_counts(eg_cumulative_sum(F32(3, 5), 1), 15);
    assert_counts(eg_scatter_add(WHOLE(6), F32(6, 2), 4, 0), 12);
}

TEST(complex_numbers_count_their_parts)
{
    EG_SCOPE;
    assert_counts(eg_add(C64(5), C64(5)), 10);
    assert_counts(eg_mul(C64(5), C64(5)), 30);
    assert_counts(eg_div(C64(5), C64(5)), 55);
    assert_counts(eg_abs(C64(5)), 20);
    assert_counts(eg_exp(C64(5)), 10);
    assert_counts(eg_sum(C64(5)), 10);
    assert_counts(eg_conj(C64(5)), 0);
    assert_counts(eg_matmul(C64(2, 3), C64(3, 5)), 8 * 2 * 3 * 5);
}

TEST(products_of_matrices_count_two_for_each_pair)
{
    EG_SCOPE;
    assert_counts(eg_matmul(F32(2, 3), F32(3, 5)), 2 * 2 * 3 * 5);
    assert_counts(eg_matmul(F32(3, 2), F32(3, 5), .transpose_a = true), 2 * 2 * 3 * 5);
    assert_counts(eg_matmul(F32(2, 3), F32(5, 3), .transpose_b = true), 2 * 2 * 3 * 5);
    assert_counts(eg_matmul(F32(7, 1, 2, 3), F32(4, 3, 5)), 28 * 2 * 2 * 3 * 5);
    assert_counts(eg_matmul(F32(3), F32(3)), 6);
    assert_counts(eg_matmul(F32(2, 3), F32(3)), 12);
    assert_counts(eg_matmul(F32(2, 0), F32(0, 5)), 0);
    assert_counts(eg_matmul(eg_ones(EG_FLOAT16, EG_DIMS(2, 3)), eg_ones(EG_FLOAT16, EG_DIMS(3, 5))),
        60);
    assert_counts(eg_einsum("bij,bjk->bik", EG_IN(F32(7, 2, 3), F32(7, 3, 5))), 7 * 2 * 2 * 3 * 5);
}

TEST(convolutions_count_windows_times_channels)
{
    EG_SCOPE;
    eg_tensor *x = F32(2, 8, 8, 4), *w = F32(3, 3, 4, 6);

    assert_counts(eg_conv(x, w), 2.0 * 2 * 6 * 6 * 6 * 9 * 4);
    assert_counts(eg_conv(x, w, .same = true), 2.0 * 2 * 8 * 8 * 6 * 9 * 4);
    assert_counts(eg_conv(x, w, .strides = EG_AT(2), .same = true), 2.0 * 2 * 4 * 4 * 6 * 9 * 4);
    assert_counts(eg_conv(x, w, .dilations = EG_AT(2)), 2.0 * 2 * 4 * 4 * 6 * 9 * 4);
    assert_counts(eg_conv(x, F32(3, 3, 2, 6), .groups = 2), 2.0 * 2 * 6 * 6 * 6 * 9 * 2);
    assert_counts(eg_conv(F32(2, 10, 4), F32(3, 4, 6)), 2.0 * 2 * 8 * 6 * 3 * 4);
    assert_counts(eg_conv(F32(0, 8, 8, 4), w), 0);
    assert_counts(eg_conv_transpose(F32(2, 6, 6, 6), w), 2.0 * 2 * 6 * 6 * 6 * 9 * 4);
}

TEST(a_convolutions_gradients_count_as_much_as_it_does)
{
    eg_tensor *dx[2];
    EG_SCOPE;
    eg_tensor *in[] = {F32(2, 8, 8, 4), F32(3, 3, 2, 6)};
    EG_TAPE;

    eg_watch(in[0]);
    eg_watch(in[1]);
    eg_tensor *y = eg_conv(in[0], in[1], .groups = 2, .strides = EG_AT(2));
    start();
    eg_gradient(y, 2, in, dx);
    assert_float_equal(stop(), 2 * 2.0 * 2 * 3 * 3 * 6 * 9 * 2, 0);
}

TEST(pools_and_resizing_count_what_they_look_at)
{
    EG_SCOPE;
    eg_tensor *x = F32(2, 8, 8, 4);

    assert_counts(eg_max_pool(x, .window = EG_AT(2)), 2 * 4 * 4 * 4 * 4);
    assert_counts(eg_avg_pool(x, .window = EG_AT(3), .strides = EG_AT(1)), 2 * 6 * 6 * 4 * 9);
    assert_counts(eg_resize(F32(8), .sizes = EG_AT(16)), 2 * 16 * 2);
    assert_counts(eg_resize(F32(8), .sizes = EG_AT(16), .method = EG_RESIZE_CUBIC), 2 * 16 * 4);
    assert_counts(eg_resize(F32(8), .sizes = EG_AT(16), .method = EG_RESIZE_NEAREST), 0);
}

TEST(attention_counts_its_products_and_scores)
{
    EG_SCOPE;
    eg_tensor *q = F32(2, 5, 8), *k = F32(2, 7, 8), *v = F32(2, 7, 3);
    double each = 2 * 8 + 2 * 3 + 5, of_q = 2 * 5 * 8;

    assert_counts(eg_scaled_dot_product_attention(q, k, v), 2 * 5 * 7 * each + of_q);
    assert_counts(eg_scaled_dot_product_attention(q, k, v, .causal = true),
        2 * (1 + 2 + 3 + 4 + 5) * each + of_q);
    assert_counts(eg_scaled_dot_product_attention(k, q, F32(2, 5, 3), .causal = true),
        2 * (1 + 2 + 3 + 4 + 5 + 5 + 5) * each + 2 * 7 * 8);
    assert_counts(eg_scaled_dot_product_attention(q, k, v, .mask = F32(5, 7)),
        2 * 5 * 7 * (each + 1) + of_q);
}

/* What the gradient of y by n sources counts. */
static double count_gradient(eg_tensor *y, int n, eg_tensor *const x[])
{
    eg_tensor *dx[4];

    start();
    eg_gradient(y, n, x, dx);
    return stop();
}

TEST(the_way_back_through_attention_counts_five_products)
{
    EG_SCOPE;
    eg_tensor *in[] = {F32(2, 5, 8), F32(2, 7, 8), F32(2, 7, 3)};
    double each = 3 * 2 * 8 + 2 * 2 * 3 + 9, of_q = 2 * 2 * 5 * 8;
    EG_TAPE;

    for (int i = 0; i < 3; i++)
        eg_watch(in[i]);
    eg_tensor *y = eg_scaled_dot_product_attention(in[0], in[1], in[2]);
    assert_float_equal(count_gradient(y, 3, in), 2 * 5 * 7 * each + of_q, 0);
}

TEST(the_way_back_through_a_recurrent_layer_counts_two_products_a_step)
{
    enum { B = 3, T = 5, I = 4, N = 6 };
    EG_SCOPE;
    eg_tensor *in[] = {F32(I, 4 * N), F32(N, 4 * N), F32(4 * N)}, *h = F32(B, N);
    double steps = 2 * 4 * 2 * N * N + 27 * N, of_w = 4 * 2 * I * N;
    EG_TAPE;

    for (int i = 0; i < 3; i++)
        eg_watch(in[i]);
    eg_tensor *all = eg_lstm(F32(B, T, I), eg_tuple(h, h), in[0], in[1], in[2]);
    assert_float_equal(count_gradient(eg_part(all, 0), 3, in), B * T * (steps + of_w), 0);
}

TEST(recurrent_layers_count_products_and_gates)
{
    enum { B = 3, T = 5, I = 4, N = 6 };
    EG_SCOPE;
    eg_tensor *h = F32(B, N), *x = F32(B, T, I), *state = eg_tuple(h, h);

    assert_counts(eg_simple_rnn(x, h, F32(I, N), F32(N, N), F32(N)),
        B * T * (2 * I * N + 2 * N * N + 3 * N));
    assert_counts(eg_gru(x, h, F32(I, 3 * N), F32(N, 3 * N), F32(2, 3 * N)),
        B * T * (3 * (2 * I * N + 2 * N * N) + 22 * N));
    assert_counts(eg_lstm(x, state, F32(I, 4 * N), F32(N, 4 * N), F32(4 * N)),
        B * T * (4 * (2 * I * N + 2 * N * N) + 26 * N));
}

TEST(linear_algebra_counts_leading_terms)
{
    EG_SCOPE;
    eg_tensor *a = eg_eye(EG_FLOAT64, 6, 6, 0), *stack = eg_broadcast_to(a, EG_DIMS(5, 6, 6));
    eg_tensor *b = eg_ones(EG_FLOAT64, EG_DIMS(6, 2));

    assert_counts(eg_cholesky(a), 216 / 3);
    assert_counts(eg_cholesky(stack), 5 * 216 / 3);
    assert_counts(eg_cholesky(eg_cast(a, EG_COMPLEX128)), 4 * 216 / 3);
    assert_counts(eg_triangular_solve(a, b), 36 * 2);
    assert_counts(eg_solve(a, b), 2 * 216 / 3 + 2 * 36 * 2);
    assert_counts(eg_det(a), 2 * 216 / 3);
    assert_counts(eg_eigh(a), 9 * 216);
    assert_counts(eg_qr(F32(9, 3)), 2 * 2 * 9 * (9 - 1));
    assert_counts(eg_qr(F32(3, 9)), 2 * 9 * (9 - 1) + 2 * 9 * (3 - 1));
    assert_counts(eg_svd(F32(9, 3), .reduced = true), 6 * 9 * 9 + 20 * 27);
    assert_counts(eg_svd(F32(3, 9)), 4 * 81 * 3 + 22 * 27);
}

TEST(transforms_count_5_n_log_n)
{
    EG_SCOPE;
    assert_counts(eg_fft(C64(3, 8), -1), 3 * 5 * 8 * 3);
    assert_counts(eg_rfft(F32(3, 8), -1), 3 * 5 * 8 * 3 / 2);
    assert_counts(eg_irfft(C64(3, 5), -1), 3 * 5 * 8 * 3 / 2);
    assert_counts(eg_fft(C64(1), 0), 0);
}

/* ---- by name, functions, graphs ------------------------------------------------------------- */

TEST(a_profile_gives_the_count_of_an_operation)
{
    EG_SCOPE;
    eg_profile *p = eg_profile_new();

    assert_float_equal(eg_profile_flops(p, NULL), 0, 0);
    eg_profile_start(p);
    eg_add(eg_matmul(F32(2, 3), F32(3, 5)), eg_add(F32(5), 1));
    assert_float_equal(eg_profile_flops(p, "MatMul"), 60, 0);
    eg_profile_stop(p);
    assert_float_equal(eg_profile_flops(p, NULL), 75, 0);
    assert_float_equal(eg_profile_flops(p, "Add"), 15, 0);
    assert_float_equal(eg_profile_flops(p, "Sub"), 0, 0);
    assert_float_equal(eg_profile_flops(NULL, NULL), 0, 0);
    eg_profile_free(p);
}

EG_FUNCTION(inside, x)
{
    return eg_matmul(x, x);
}

static eg_function *inner;

EG_FUNCTION(outside, x)
{
    return eg_sum(eg_call(inner, x));
}

TEST(a_function_in_a_function_is_counted_once)
{
    EG_SCOPE;
    inner = eg_function_of(inside);
    eg_function *f = eg_function_of(outside);

    for (int i = 0; i < 3; i++)
        assert_counts(eg_call(f, F32(4, 4)), 2 * 64 + 16);
    eg_function_free(f);
    eg_function_free(inner);
}

TEST(a_graph_is_counted_without_running)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("g");

    assert_float_equal(eg_graph_flops(NULL), 0, 0);
    assert_float_equal(eg_graph_flops(graph), 0, 0);
    {
        EG_GRAPH(graph);
        eg_tensor *x = eg_placeholder("x", EG_FLOAT32, EG_DIMS(4, 4));
        eg_sum(eg_matmul(x, eg_reshape(x, EG_DIMS(4, 4))));
    }
    assert_float_equal(eg_graph_flops(graph), 2 * 64 + 16, 0);
    eg_graph_free(graph);
}

TEST(the_count_of_a_huge_graph_does_not_overflow)
{
    EG_SCOPE;
    eg_graph *graph = eg_graph_new("g");

    {
        EG_GRAPH(graph);
        eg_tensor *x = eg_placeholder("x", EG_FLOAT32, EG_DIMS(1 << 29, 1 << 29));
        eg_matmul(x, x);
    }
    assert_fine();
    assert_float_equal(eg_graph_flops(graph), 0x1p88, 0);
    eg_graph_free(graph);
}
