/* Training steps called with batches of other sizes: recorded with two, they serve more, with the
 * bits of eager steps.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

static int bodies_run;

/* Different numbers for each shape and seed. */
static eg_tensor *numbers(int seed, int rank, const int64_t dims[])
{
    return eg_normal(eg_key((uint64_t)seed), rank, dims);
}

static void assert_same_bits(eg_tensor *a, eg_tensor *b)
{
    int n = eg_parts(a);

    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal(n, eg_parts(b));
    for (int i = 0; i < n; i++)
        assert_same_bits(eg_part(a, i), eg_part(b, i));
    if (n > 0)
        return;
    assert_int_equal(eg_dtype_of(a), eg_dtype_of(b));
    assert_int_equal(eg_rank(a), eg_rank(b));
    for (int i = 0; i < eg_rank(a); i++)
        assert_int_equal(eg_dim(a, i), eg_dim(b, i));
    size_t bytes = (size_t)eg_size(a) * eg_dtype_size(eg_dtype_of(a));
    assert_memory_equal(eg_data(a, eg_dtype_of(a)), eg_data(b, eg_dtype_of(b)), bytes);
}

/* ---- training ------------------------------------------------------------------------------- */

enum { CLASSES = 5 };
static eg_tensor *weights[6];

static eg_tensor *variable(int seed, int rank, const int64_t dims[])
{
    EG_SCOPE;
    return eg_variable(eg_mul(numbers(seed, rank, dims), 0.2));
}

static void free_weights(void)
{
    for (int i = 0; i < 6; i++) {
        eg_variable_free(weights[i]);
        weights[i] = NULL;
    }
}

/* Steps of plain descent along the gradients of n weights. */
static void descend(int n, eg_tensor *const gradients[])
{
    for (int i = 0; i < n; i++)
        eg_assign_sub(weights[i], eg_mul(gradients[i], 0.1));
}

static eg_tensor *mean_entropy(eg_tensor *logits, eg_tensor *labels)
{
    return eg_mean(eg_sparse_softmax_cross_entropy(logits, labels));
}

EG_FUNCTION(mlp_step, x, labels)
{
    eg_tensor *gradients[6];

    bodies_run++;
    EG_TAPE;
    eg_tensor *h = eg_dropout(x, eg_key(3), 0.1);
    h = eg_gelu(eg_add(eg_matmul(h, weights[0]), weights[1]));
    h = eg_layer_norm(h, weights[4], weights[5]);
    eg_tensor *loss = mean_entropy(eg_add(eg_matmul(h, weights[2]), weights[3]), labels);
    if (eg_gradient(loss, 6, weights, gradients) == EG_OK)
        descend(6, gradients);
    return eg_give(loss);
}

/* Trains with other sizes each time, as a function and without one, and compares. */
static void check_training(const eg_callable *step, eg_tensor *(*sample)(int64_t n),
    void (*make)(void))
{
    eg_function *f = eg_function_from(step, NULL, 0);
    eg_tensor *losses[12];

    for (int way = 0; way < 2; way++) {
        EG_SCOPE;
        make();
        eg_run_functions_eagerly(way == 1);
        bodies_run = 0;
        for (int i = 0; i < 6; i++) {
            int64_t n = 4 + i % 4;
            eg_tensor *labels = eg_cast(eg_remainder(eg_range(n), CLASSES), EG_INT32);
            losses[6 * way + i] = eg_retain(eg_call(f, sample(n), labels));
        }
        assert_int_equal(bodies_run, way == 1 ? 6 : 2);
        free_weights();
    }
    eg_run_functions_eagerly(false);
    for (int i = 0; i < 6; i++) {
        assert_same_bits(losses[i], losses[6 + i]);
        eg_release(losses[i]);
        eg_release(losses[6 + i]);
    }
    eg_function_free(f);
}

static eg_tensor *rows(int64_t n)
{
    return numbers((int)n, EG_DIMS(n, 6));
}

static void make_mlp(void)
{
    weights[0] = variable(1, EG_DIMS(6, 8));
    weights[1] = variable(2, EG_DIMS(8));
    weights[2] = variable(3, EG_DIMS(8, CLASSES));
    weights[3] = variable(4, EG_DIMS(CLASSES));
    weights[4] = variable(5, EG_DIMS(8));
    weights[5] = variable(6, EG_DIMS(8));
}

TEST(a_training_step_of_dense_layers_is_free_in_its_batch)
{
    check_training(&mlp_step_callable, rows, make_mlp);
}

EG_FUNCTION(cnn_step, x, labels)
{
    eg_tensor *gradients[6];

    bodies_run++;
    EG_TAPE;
    eg_tensor *h = eg_conv(x, weights[0], .same = true);
    h = eg_part(eg_batch_norm_train(h, weights[4], weights[5]), 0);
    h = eg_max_pool(eg_relu(h), .window = {2, {2, 2}});
    h = eg_avg_pool(h, .window = {2, {2, 2}});
    h = eg_add(eg_reshape(h, EG_DIMS(-1, 3)), weights[1]);
    eg_tensor *loss = mean_entropy(eg_add(eg_matmul(h, weights[2]), weights[3]), labels);
    if (eg_gradient(loss, 6, weights, gradients) == EG_OK)
        descend(6, gradients);
    return eg_give(loss);
}

static eg_tensor *images(int64_t n)
{
    return numbers((int)n, EG_DIMS(n, 4, 4, 2));
}

static void make_cnn(void)
{
    weights[0] = variable(1, EG_DIMS(3, 3, 2, 3));
    weights[1] = variable(2, EG_DIMS(3));
    weights[2] = variable(3, EG_DIMS(3, CLASSES));
    weights[3] = variable(4, EG_DIMS(CLASSES));
    weights[4] = variable(5, EG_DIMS(3));
    weights[5] = variable(6, EG_DIMS(3));
}

TEST(a_training_step_of_convolutions_is_free_in_its_batch)
{
    check_training(&cnn_step_callable, images, make_cnn);
}

EG_FUNCTION(lstm_step, x, labels)
{
    eg_tensor *gradients[5];

    bodies_run++;
    EG_TAPE;
    eg_tensor *zero = eg_zeros_like(eg_slice(eg_sum(x, .axes = EG_AXES(1)), .count = {2, {-1, 4}}));
    eg_tensor *all = eg_lstm(x, eg_tuple(zero, zero), weights[0], weights[1], weights[2]);
    eg_tensor *logits = eg_add(eg_matmul(eg_part(all, 1), weights[3]), weights[4]);
    eg_tensor *loss = mean_entropy(logits, labels);
    if (eg_gradient(loss, 5, weights, gradients) == EG_OK)
        descend(5, gradients);
    return eg_give(loss);
}

/* As many steps as rows. */
static eg_tensor *sequences(int64_t n)
{
    return numbers((int)n, EG_DIMS(n, n, 6));
}

static void make_lstm(void)
{
    weights[0] = variable(1, EG_DIMS(6, 16));
    weights[1] = variable(2, EG_DIMS(4, 16));
    weights[2] = variable(3, EG_DIMS(16));
    weights[3] = variable(4, EG_DIMS(4, CLASSES));
    weights[4] = variable(5, EG_DIMS(CLASSES));
}

TEST(a_training_step_of_a_recurrent_layer_is_free_in_batch_and_time)
{
    check_training(&lstm_step_callable, sequences, make_lstm);
}

EG_FUNCTION(attention_step, x, labels)
{
    eg_tensor *gradients[5];

    bodies_run++;
    EG_TAPE;
    eg_tensor *seen = eg_multi_head_attention(x, x, 4, weights, 2, .causal = true);
    eg_tensor *logits = eg_matmul(eg_mean(seen, .axes = EG_AXES(1)), weights[4]);
    eg_tensor *loss = mean_entropy(logits, labels);
    if (eg_gradient(loss, 5, weights, gradients) == EG_OK)
        descend(5, gradients);
    return eg_give(loss);
}

static void make_attention(void)
{
    for (int i = 0; i < 4; i++)
        weights[i] = variable(i, EG_DIMS(6, 6));
    weights[4] = variable(5, EG_DIMS(6, CLASSES));
}

TEST(a_training_step_of_attention_is_free_in_batch_and_time)
{
    check_training(&attention_step_callable, sequences, make_attention);
}
