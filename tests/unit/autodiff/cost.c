/* What gradients cost: of an MLP, a CNN and an LSTM at most 2.2 times the floating-point operations
 * of the way forward, eagerly and in a function.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

enum { MOST = 8 };

/* A model: its inputs, and its loss of them and its parameters. */
typedef struct model {
    int n, n_in;
    eg_tensor *parameters[MOST];
    eg_tensor *in[2];
    eg_tensor *(*loss)(eg_tensor *const p[], eg_tensor *const in[]);
} model;

static eg_tensor *weights(int64_t seed, int rank, const int64_t dims[])
{
    return eg_variable(eg_mul(eg_normal(eg_key(seed), rank, dims), 0.05));
}

static eg_tensor *labels_like(int64_t n)
{
    return eg_cast(eg_mul(eg_uniform(eg_key(8), EG_DIMS(n)), 10), EG_INT32);
}

static void model_free(model *m)
{
    for (int i = 0; i < m->n; i++)
        eg_variable_free(m->parameters[i]);
}

/* ---- the models ----------------------------------------------------------------------------- */

static eg_tensor *mlp_loss(eg_tensor *const p[], eg_tensor *const in[])
{
    eg_tensor *x = eg_relu(eg_add(eg_matmul(in[0], p[0]), p[1]));

    x = eg_relu(eg_add(eg_matmul(x, p[2]), p[3]));
    x = eg_add(eg_matmul(x, p[4]), p[5]);
    return eg_mean(eg_sparse_softmax_cross_entropy(x, in[1]));
}

/* The classifier of bench/model.h. */
static model mlp(void)
{
    model m = {.n = 6, .n_in = 2, .loss = mlp_loss};
    static const int64_t sizes[] = {784, 512, 512, 10};

    for (int i = 0; i < 3; i++) {
        m.parameters[2 * i] = weights(i, EG_DIMS(sizes[i], sizes[i + 1]));
        m.parameters[2 * i + 1] = weights(9, EG_DIMS(sizes[i + 1]));
    }
    m.in[0] = eg_normal(eg_key(7), EG_DIMS(128, 784));
    m.in[1] = labels_like(128);
    return m;
}

static eg_tensor *cnn_loss(eg_tensor *const p[], eg_tensor *const in[])
{
    eg_tensor *x = eg_relu(eg_add(eg_conv(in[0], p[0], .same = true), p[1]));

    x = eg_relu(eg_add(eg_conv(x, p[2], .same = true), p[3]));
    x = eg_reshape(eg_max_pool(x, .window = EG_AT(2)), EG_DIMS(-1, 4 * 4 * 64));
    x = eg_add(eg_matmul(x, p[4]), p[5]);
    return eg_mean(eg_sparse_softmax_cross_entropy(x, in[1]));
}

/* That of examples/digits_cnn.c. */
static model cnn(void)
{
    model m = {.n = 6, .n_in = 2, .loss = cnn_loss};

    m.parameters[0] = weights(1, EG_DIMS(3, 3, 1, 32));
    m.parameters[1] = weights(2, EG_DIMS(32));
    m.parameters[2] = weights(3, EG_DIMS(3, 3, 32, 64));
    m.parameters[3] = weights(4, EG_DIMS(64));
    m.parameters[4] = weights(5, EG_DIMS(4 * 4 * 64, 10));
    m.parameters[5] = weights(6, EG_DIMS(10));
    m.in[0] = eg_normal(eg_key(7), EG_DIMS(32, 8, 8, 1));
    m.in[1] = labels_like(32);
    return m;
}

static eg_tensor *lstm_loss(eg_tensor *const p[], eg_tensor *const in[])
{
    eg_tensor *none = eg_zeros(EG_FLOAT32, EG_DIMS(eg_dim(in[0], 0), eg_dim(p[1], 0)));

    return eg_sum(eg_part(eg_lstm(in[0], eg_tuple(none, none), p[0], p[1], p[2]), 0));
}

/* A layer of 128 over 50 steps of 128 numbers, 32 examples. */
static model lstm(void)
{
    model m = {.n = 3, .n_in = 1, .loss = lstm_loss};

    m.parameters[0] = weights(1, EG_DIMS(128, 512));
    m.parameters[1] = weights(2, EG_DIMS(128, 512));
    m.parameters[2] = weights(3, EG_DIMS(512));
    m.in[0] = eg_normal(eg_key(7), EG_DIMS(32, 50, 128));
    return m;
}

/* ---- counting ------------------------------------------------------------------------------- */

static eg_profile *started(void)
{
    eg_profile *p = eg_profile_new();

    assert_int_equal(eg_profile_start(p), EG_OK);
    return p;
}

/* Of one operation; NULL: of all. */
static double stopped(eg_profile *p, const char *op)
{
    assert_fine();
    eg_profile_stop(p);
    double flops = eg_profile_flops(p, op);
    eg_profile_free(p);
    return flops;
}

/* What the gradient counts; *forward, unless NULL, what the loss does. */
static double back(const model *m, const char *op, double *forward)
{
    eg_tensor *gradients[MOST];
    EG_TAPE;

    eg_profile *p = started();
    eg_tensor *loss = m->loss(m->parameters, m->in);
    double there = stopped(p, op);
    if (forward)
        *forward = there;
    p = started();
    eg_gradient(loss, m->n, m->parameters, gradients);
    return stopped(p, op);
}

static eg_tensor *forward_body(int n, eg_tensor *const in[], void *env)
{
    const model *m = env;

    (void)n;
    return m->loss(m->parameters, in);
}

static eg_tensor *step_body(int n, eg_tensor *const in[], void *env)
{
    const model *m = env;
    eg_tensor *all[MOST];
    EG_TAPE;

    (void)n;
    eg_gradient(m->loss(m->parameters, in), m->n, m->parameters, all);
    return eg_give(eg_tuple_of(m->n, all));
}

static double in_a_function(model *m, eg_body body)
{
    eg_function *f = eg_function_new(body, m->n_in, m, sizeof *m);

    eg_call_of(f, m->n_in, m->in);
    eg_profile *p = started();
    eg_call_of(f, m->n_in, m->in);
    double flops = stopped(p, NULL);
    eg_function_free(f);
    return flops;
}

/* A tape around the call of a function. */
static void around_a_call(model *m, double *forward, double *backward)
{
    eg_tensor *gradients[MOST];
    eg_function *f = eg_function_new(forward_body, m->n_in, m, sizeof *m);

    for (int i = 0; i < 2; i++) {
        EG_TAPE;
        eg_profile *p = started();
        eg_tensor *loss = eg_call_of(f, m->n_in, m->in);
        *forward = stopped(p, NULL);
        p = started();
        eg_gradient(loss, m->n, m->parameters, gradients);
        *backward = stopped(p, NULL);
    }
    eg_function_free(f);
}

static void check(model m)
{
    double forward, backward = back(&m, NULL, &forward), traced = in_a_function(&m, forward_body);

    print_message("forward %.0f, backward %.0f: %.3f\n", forward, backward, backward / forward);
    assert_true(forward > 0 && backward > 0);
    assert_true(backward <= 2.2 * forward);
    assert_float_equal(traced, forward, 0);
    double both = in_a_function(&m, step_body);
    print_message("in a function %.3f\n", (both - traced) / traced);
    assert_true(both - traced <= 2.2 * traced);
    around_a_call(&m, &forward, &backward);
    print_message("around a call of one %.3f\n", backward / forward);
    assert_float_equal(forward, traced, 0);
    assert_true(backward <= 2.2 * forward);
    model_free(&m);
}

TEST(the_gradient_of_an_mlp_costs_at_most_2_2_times_its_loss)
{
    EG_SCOPE;
    check(mlp());
}

TEST(the_gradient_of_a_cnn_costs_at_most_2_2_times_its_loss)
{
    EG_SCOPE;
    check(cnn());
}

TEST(the_gradient_of_an_lstm_costs_at_most_2_2_times_its_loss)
{
    EG_SCOPE;
    check(lstm());
}

TEST(nobody_computes_the_gradient_of_what_comes_in)
{
    EG_SCOPE;
    model dense = mlp(), pictures = cnn(), steps = lstm();
    double layers[] = {784 * 512, 512 * 512, 512 * 10};

    assert_float_equal(back(&dense, "MatMul", NULL),
        2 * 128 * (layers[0] + 2 * layers[1] + 2 * layers[2]), 0);
    assert_float_equal(back(&pictures, "ConvInputGrad", NULL), 2.0 * 32 * 64 * 64 * 9 * 32, 0);
    assert_float_equal(back(&steps, "MatMul", NULL), 2.0 * 32 * 50 * 128 * 512, 0);
    model_free(&dense);
    model_free(&pictures);
    model_free(&steps);
}
