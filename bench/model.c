/* The classifiers of the training cases.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model.h"
#include <math.h>

static eg_tensor *dense(const model *m, eg_tensor *x, int first)
{
    for (int i = first; i < m->kind->n_parameters; i += 2) {
        x = eg_add(eg_matmul(x, m->parameters[i]), m->parameters[i + 1]);
        x = i + 2 < m->kind->n_parameters ? eg_relu(x) : x;
    }
    return x;
}

static eg_tensor *mlp_logits(const model *m, eg_tensor *x)
{
    return dense(m, x, 0);
}

static eg_tensor *cnn_logits(const model *m, eg_tensor *x)
{
    eg_tensor *const *p = m->parameters;

    x = eg_relu(eg_add(eg_conv(x, p[0], .same = true), p[1]));
    x = eg_max_pool(x, .window = EG_AT(2));
    x = eg_relu(eg_add(eg_conv(x, p[2]), p[3]));
    x = eg_max_pool(x, .window = EG_AT(2));
    return dense(m, eg_reshape(x, EG_DIMS(-1, m->kind->parameters[4][0])), 4);
}

const model_kind model_mlp = {mlp_logits, {128, 784}, 10, 6,
    {{784, 512}, {512}, {512, 512}, {512}, {512, 10}, {10}}};
const model_kind model_odd_mlp = {mlp_logits, {96, 300}, 17, 6,
    {{300, 700}, {700}, {700, 350}, {350}, {350, 17}, {17}}};
const model_kind model_cnn = {cnn_logits, {64, 28, 28, 1}, 10, 10,
    {{5, 5, 1, 6}, {6}, {5, 5, 6, 16}, {16}, {400, 120}, {120}, {120, 84}, {84}, {84, 10}, {10}}};

static int rank_of(const int64_t dims[MODEL_RANK])
{
    int rank = 0;

    while (rank < MODEL_RANK && dims[rank] > 0)
        rank++;
    return rank;
}

/* Normal numbers by the root of how many are added up for a result; offsets of 0. */
static eg_tensor *first_value(const int64_t dims[MODEL_RANK], int seed)
{
    int rank = rank_of(dims);
    double added = 1;

    if (rank == 1)
        return eg_zeros(EG_FLOAT32, 1, dims);
    for (int axis = 0; axis < rank - 1; axis++)
        added *= (double)dims[axis];
    return eg_div(eg_normal(eg_key(seed), rank, dims), sqrt(added));
}

bool model_new(model *m, const model_kind *kind)
{
    EG_SCOPE;
    *m = (model){.kind = kind};
    for (int i = 0; i < kind->n_parameters; i++)
        m->parameters[i] = eg_variable(first_value(kind->parameters[i], i));
    m->adam = eg_adam_new(kind->n_parameters, m->parameters, NULL);
    return m->adam != NULL;
}

void model_free(model *m)
{
    eg_optimizer_free(m->adam);
    for (int i = 0; m->kind && i < m->kind->n_parameters; i++)
        eg_variable_free(m->parameters[i]);
}

eg_tensor *model_logits(const model *m, eg_tensor *x)
{
    return m->kind->logits(m, x);
}

eg_tensor *model_step(int n, eg_tensor *const in[], void *env)
{
    model *m = env;
    eg_tensor *gradients[MODEL_MOST];

    (void)n;
    EG_TAPE;
    eg_tensor *loss = eg_mean(eg_sparse_softmax_cross_entropy(model_logits(m, in[0]), in[1]));
    eg_gradient(loss, m->kind->n_parameters, m->parameters, gradients);
    eg_optimizer_apply(m->adam, m->kind->n_parameters, gradients);
    return eg_give(loss);
}

void model_batch(const model_kind *kind, eg_tensor *in[2])
{
    eg_tensor *share = eg_uniform(eg_key(8), EG_DIMS(kind->images[0]));

    in[0] = eg_normal(eg_key(7), rank_of(kind->images), kind->images);
    in[1] = eg_cast(eg_mul(share, (double)kind->classes), EG_INT32);
}
