/* Training steps called with batches of other sizes: recorded with two, they serve more, with the
 * bits of eager steps.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"

static int bodies_run;

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

/* A step of plain descent along the gradients of the loss by n weights. */
static eg_tensor *descend(eg_tensor *loss, int n)
{
    eg_tensor *gradients[6];

    if (eg_gradient(loss, n, weights, gradients) == EG_OK)
        for (int i = 0; i < n; i++)
            eg_assign_sub(weights[i], eg_mul(gradients[i], 0.1));
    return eg_give(loss);
}

static eg_tensor *mean_entropy(eg_tensor *logits, eg_tensor *labels)
{
    return eg_mean(eg_sparse_softmax_cross_entropy(logits, labels));
}

EG_FUNCTION(mlp_step, x, labels)
{
    bodies_run++;
    EG_TAPE;
    eg_tensor *h = eg_dropout(x, eg_key(3), 0.1);
    h = eg_gelu(eg_add(eg_matmul(h, weights[0]), weights[1]));
    h = eg_layer_norm(h, weights[4], weights[5]);
    eg_tensor *loss = mean_entropy(eg_add(eg_matmul(h, weights[2]), weights[3]), labels);
    return descend(loss, 6);
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
    bodies_run++;
    EG_TAPE;
    eg_tensor *h = eg_conv(x, weights[0], .same = true);
    h = eg_part(eg_batch_norm_train(h, weights[4], weights[5]), 0);
    h = eg_max_pool(eg_relu(h), .window = {2, {2, 2}});
    h = eg_avg_pool(h, .window = {2, {2, 2}});
    h = eg_add(eg_reshape(h, EG_DIMS(-1, 3)), weights[1]);
    eg_tensor *loss = mean_entropy(eg_add(eg_matmul(h, weights[2]), weights[3]), labels);
    return descend(loss, 6);
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
    bodies_run++;
    EG_TAPE;
    eg_tensor *zero = eg_zeros_like(eg_slice(eg_sum(x, .axes = EG_AXES(1)), .count = {2, {-1, 4}}));
    eg_tensor *all = eg_lstm(x, eg_tuple(zero, zero), weights[0], weights[1], weights[2]);
    eg_tensor *logits = eg_add(eg_matmul(eg_part(all, 1), weights[3]), weights[4]);
    eg_tensor *loss = mean_entropy(logits, labels);
    return descend(loss, 5);
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
    bodies_run++;
    EG_TAPE;
    eg_tensor *seen = eg_multi_head_attention(x, x, 4, weights, 2, .causal = true);
    eg_tensor *logits = eg_matmul(eg_mean(seen, .axes = EG_AXES(1)), weights[4]);
    eg_tensor *loss = mean_entropy(logits, labels);
    return descend(loss, 5);
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
