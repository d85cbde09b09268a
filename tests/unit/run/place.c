/* Planned memory: the arena of a plan beside the most that lives at one time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/concrete.h"
#include "harness.h"
#include <stdio.h>

enum { MOST_VARIABLES = 6 };

typedef struct model {
    eg_tensor *p[MOST_VARIABLES];
    int n;
    eg_optimizer *adam;
} model;

/* One step of Adam down the slope of a loss of the model. */
static eg_tensor *train(model *m, eg_tensor *loss)
{
    eg_tensor *gradients[MOST_VARIABLES];

    eg_gradient(loss, m->n, m->p, gradients);
    eg_optimizer_apply(m->adam, m->n, gradients);
    return eg_give(loss);
}

static eg_tensor *train_mlp(int n, eg_tensor *const in[], void *env)
{
    model *m = env;
    EG_TAPE;

    (void)n;
    eg_tensor *h = eg_relu(eg_add(eg_matmul(in[0], m->p[0]), m->p[1]));
    return train(m,
        eg_mean(eg_sparse_softmax_cross_entropy(eg_add(eg_matmul(h, m->p[2]), m->p[3]), in[1])));
}

static eg_tensor *train_cnn(int n, eg_tensor *const in[], void *env)
{
    model *m = env;
    EG_TAPE;

    (void)n;
    eg_tensor *x = eg_relu(eg_add(eg_conv(in[0], m->p[0], .same = true), m->p[1]));
    x = eg_relu(eg_add(eg_conv(x, m->p[2], .same = true), m->p[3]));
    x = eg_reshape(eg_max_pool(x, .window = EG_AT(2)), EG_DIMS(32, -1));
    return train(m,
        eg_mean(eg_sparse_softmax_cross_entropy(eg_add(eg_matmul(x, m->p[4]), m->p[5]), in[1])));
}

static eg_tensor *train_lstm(int n, eg_tensor *const in[], void *env)
{
    model *m = env;
    EG_TAPE;

    (void)n;
    eg_tensor *zero = eg_zeros(EG_FLOAT32, EG_DIMS(32, 48));
    eg_tensor *all = eg_lstm(in[0], eg_tuple(zero, zero), m->p[0], m->p[1], m->p[2]);
    eg_tensor *y = eg_add(eg_matmul(eg_part(all, 1), m->p[3]), m->p[4]);
    return train(m, eg_mean(eg_sparse_softmax_cross_entropy(y, in[1])));
}

static eg_tensor *weights(int rank, const int64_t dims[])
{
    return eg_variable(eg_mul(eg_normal_with(eg_key(rank), rank, dims, NULL), 0.1));
}

static void check(const char *what, eg_body body, model *m, eg_tensor *x)
{
    eg_tensor *labels = eg_zeros(EG_INT32, EG_DIMS(32));
    size_t arena = 0, live = 0;

    m->adam = eg_adam(m->n, m->p);
    eg_function *f = eg_function_new(body, 2, m, sizeof *m);
    eg_concrete *c = eg_function_concrete(f, EG_IN(x, labels));
    assert_fine();
    const eg__program *program = atomic_load(&c->trace->program);
    assert_non_null(program);
    for (int i = 0; i < program->n_places; i++) {
        const eg__plan *plan = program->places[i].piece->plan;
        assert_true(plan->live <= plan->arena);
        arena += plan->arena;
        live += plan->live;
    }
    printf("%s: %zu bytes planned, %zu live at most, %.3f times\n", what, arena, live,
        (double)arena / (double)live);
    assert_true(live > 1000);
    assert_true((double)arena <= 1.1 * (double)live);
    eg_concrete_free(c);
    eg_function_free(f);
    eg_optimizer_free(m->adam);
    for (int i = 0; i < m->n; i++)
        eg_variable_free(m->p[i]);
}

TEST(training_steps_plan_little_more_than_lives_at_one_time)
{
    EG_SCOPE;
    model mlp = {.n = 4}, cnn = {.n = 6}, lstm = {.n = 5};

    mlp.p[0] = weights(EG_DIMS(64, 128));
    mlp.p[1] = weights(EG_DIMS(128));
    mlp.p[2] = weights(EG_DIMS(128, 10));
    mlp.p[3] = weights(EG_DIMS(10));
    check("MLP", train_mlp, &mlp, eg_zeros(EG_FLOAT32, EG_DIMS(32, 64)));
    cnn.p[0] = weights(EG_DIMS(3, 3, 1, 8));
    cnn.p[1] = weights(EG_DIMS(8));
    cnn.p[2] = weights(EG_DIMS(3, 3, 8, 16));
    cnn.p[3] = weights(EG_DIMS(16));
    cnn.p[4] = weights(EG_DIMS(256, 10));
    cnn.p[5] = weights(EG_DIMS(10));
    check("CNN", train_cnn, &cnn, eg_zeros(EG_FLOAT32, EG_DIMS(32, 8, 8, 1)));
    lstm.p[0] = weights(EG_DIMS(16, 192));
    lstm.p[1] = weights(EG_DIMS(48, 192));
    lstm.p[2] = weights(EG_DIMS(192));
    lstm.p[3] = weights(EG_DIMS(48, 10));
    lstm.p[4] = weights(EG_DIMS(10));
    check("LSTM", train_lstm, &lstm, eg_zeros(EG_FLOAT32, EG_DIMS(32, 12, 16)));
}
