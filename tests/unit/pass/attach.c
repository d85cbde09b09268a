/* What goes on with parts of products and convolutions: what becomes one node, and that it computes
 * the bits of the operations one by one, with any number of threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <math.h>
#include <string.h>

/* How many nodes the pass has saved so far. */
static int64_t joined(void)
{
    eg_pass_info p = {.size = sizeof p};

    for (int i = 0; eg_pass_list(i, &p); i++)
        if (strcmp(p.name, "attach") == 0)
            return p.nodes_before - p.nodes_after;
    fail_msg("there is no pass attach");
    return 0;
}

static eg_tensor *numbers(int key, eg_dtype dtype, int rank, const int64_t dims[])
{
    return eg_cast(eg_normal(eg_key(key), rank, dims), dtype);
}

/* Fails unless the function gives the bits of its body, on one thread and on several, and at least
 * `joins` pairs have become one. */
static void check(eg_body fn, int n, eg_tensor *const in[], int joins)
{
    int threads = eg_threads();
    eg_tensor *eager = fn(n, in, NULL);
    int64_t before = joined();

    assert_fine();
    for (int t = 1; t <= 3; t += 2) {
        eg_set_threads(t);
        eg_function *f = eg_function_new(fn, n, NULL, 0);
        for (int call = 0; call < 2; call++) {
            EG_SCOPE;
            eg_tensor *y = eg_call_of(f, n, in);
            assert_fine();
            assert_same_bits(eager, y);
        }
        eg_function_free(f);
    }
    eg_set_threads(threads);
    assert_true(joined() - before >= 2 * joins);
}

/* ---- products ------------------------------------------------------------------------------- */

static eg_tensor *dense(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_relu(eg_add(eg_matmul(in[0], in[1]), in[2]));
}

/* The product itself is wanted too, and a residual is added. */
static eg_tensor *residual(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_tensor *z = eg_matmul(in[0], in[1]);
    eg_tensor *y = eg_gelu(eg_add(eg_add(z, in[2]), in[3]));
    return eg_tuple(eg_tanh(y), eg_mul(y, 0.5), z);
}

static eg_tensor *rectified(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_relu(eg_matmul(in[0], in[1], .transpose_b = true));
}

static void check_dense(eg_dtype dtype, int64_t m, int64_t k, int64_t n)
{
    EG_SCOPE;
    eg_tensor *in[] = {numbers(1, dtype, 2, (int64_t[]){m, k}),
        numbers(2, dtype, 2, (int64_t[]){k, n}), numbers(3, dtype, 1, (int64_t[]){n}),
        numbers(4, dtype, 2, (int64_t[]){m, n})};

    check(dense, 3, in, 1);
    check(residual, 4, in, 1);
}

TEST(bias_residual_and_activation_behind_a_product_keep_its_bits)
{
    check_dense(EG_FLOAT32, 64, 48, 64);
    check_dense(EG_FLOAT32, 530, 90, 513);
    check_dense(EG_FLOAT32, 1031, 67, 70);
    check_dense(EG_FLOAT64, 200, 90, 130);
}

TEST(large_products_of_the_library_go_on_by_tiles)
{
    EG_SCOPE;
    eg_tensor *in[] = {numbers(1, EG_FLOAT32, 2, (int64_t[]){300, 500}),
        numbers(2, EG_FLOAT32, 2, (int64_t[]){500, 600}),
        numbers(3, EG_FLOAT32, 1, (int64_t[]){600})};

    check(dense, 3, in, 1);
}

TEST(stacks_of_matrices_and_turned_ones_go_on_too)
{
    EG_SCOPE;
    eg_tensor *in[] = {numbers(1, EG_FLOAT32, 3, (int64_t[]){20, 33, 40}),
        numbers(2, EG_FLOAT32, 3, (int64_t[]){20, 50, 40})};
    eg_tensor *row[] = {numbers(1, EG_FLOAT32, 2, (int64_t[]){1, 300}),
        numbers(2, EG_FLOAT32, 2, (int64_t[]){5000, 300})};

    check(rectified, 2, in, 1);
    check(rectified, 2, row, 1);
}

static eg_tensor *nothing_summed(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_sub(eg_matmul(in[0], in[1]), in[2]);
}

TEST(a_product_that_sums_nothing_goes_on_with_zeros)
{
    EG_SCOPE;
    eg_tensor *in[] = {eg_zeros(EG_FLOAT32, EG_DIMS(80, 0)), eg_zeros(EG_FLOAT32, EG_DIMS(0, 90)),
        numbers(3, EG_FLOAT32, 1, (int64_t[]){90})};

    check(nothing_summed, 3, in, 1);
}

/* ---- convolutions --------------------------------------------------------------------------- */

static eg_tensor *filtered(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_relu(eg_add(eg_conv(in[0], in[1], .same = true), in[2]));
}

static eg_tensor *filtered_back(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_silu(eg_add(eg_conv_transpose(in[0], in[1]), in[2]));
}

/* images, side, channels in and out, width of the window */
static void check_conv(eg_dtype dtype, const int64_t s[5])
{
    EG_SCOPE;
    eg_tensor *in[] = {numbers(1, dtype, 4, (int64_t[]){s[0], s[1], s[1], s[2]}),
        numbers(2, dtype, 4, (int64_t[]){s[4], s[4], s[2], s[3]}),
        numbers(3, dtype, 1, (int64_t[]){s[3]})};

    check(filtered, 3, in, 1);
}

TEST(bias_and_activation_behind_a_convolution_keep_its_bits)
{
    check_conv(EG_FLOAT32, (int64_t[]){2, 17, 8, 9, 3});    /* direct */
    check_conv(EG_FLOAT32, (int64_t[]){5, 28, 3, 16, 3});   /* oneDNN, by images */
    check_conv(EG_FLOAT32, (int64_t[]){1, 56, 24, 32, 3});  /* oneDNN, by bands */
    check_conv(EG_FLOAT32, (int64_t[]){3, 40, 16, 130, 1}); /* one place */
    check_conv(EG_FLOAT64, (int64_t[]){2, 30, 3, 7, 5});    /* patches */
}

TEST(so_do_they_behind_a_transposed_one)
{
    EG_SCOPE;
    eg_tensor *in[] = {numbers(1, EG_FLOAT32, 4, (int64_t[]){4, 20, 20, 12}),
        numbers(2, EG_FLOAT32, 4, (int64_t[]){3, 3, 16, 12}),
        numbers(3, EG_FLOAT32, 1, (int64_t[]){16})};

    check(filtered_back, 3, in, 1);
}

/* ---- training ------------------------------------------------------------------------------- */

static eg_tensor *gradients(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    EG_TAPE;
    eg_tensor *of[] = {in[1], in[2]}, *dx[2];

    eg_watch(in[1]);
    eg_watch(in[2]);
    eg_tensor *y = eg_sum(eg_square(eg_relu(eg_add(eg_matmul(in[0], in[1]), in[2]))));
    eg_gradient(y, 2, of, dx);
    return eg_give(eg_tuple(y, dx[0], dx[1]));
}

TEST(gradients_see_what_was_made_on_the_way)
{
    EG_SCOPE;
    eg_tensor *in[] = {numbers(1, EG_FLOAT32, 2, (int64_t[]){128, 100}),
        numbers(2, EG_FLOAT32, 2, (int64_t[]){100, 96}),
        numbers(3, EG_FLOAT32, 1, (int64_t[]){96})};

    check(gradients, 3, in, 0);
}
