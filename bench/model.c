/* The classifier of the MLP cases.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "model.h"
#include <math.h>

static const int64_t sizes[MODEL_LAYERS + 1] = {MODEL_IN, 512, 512, MODEL_OUT};

bool model_new(model *m)
{
    EG_SCOPE;
    *m = (model){0};
    for (int i = 0; i < MODEL_LAYERS; i++) {
        eg_tensor *weights = eg_normal(eg_key(i), EG_DIMS(sizes[i], sizes[i + 1]));
        m->parameters[2 * i] = eg_variable(eg_div(weights, sqrt((double)sizes[i])));
        m->parameters[2 * i + 1] = eg_variable(eg_zeros(EG_FLOAT32, EG_DIMS(sizes[i + 1])));
    }
    m->adam = eg_adam_new(MODEL_PARAMETERS, m->parameters, NULL);
    return m->adam != NULL;
}

void model_free(model *m)
{
    eg_optimizer_free(m->adam);
    for (int i = 0; i < MODEL_PARAMETERS; i++)
        eg_variable_free(m->parameters[i]);
}

eg_tensor *model_logits(const model *m, eg_tensor *x)
{
    for (int i = 0; i < MODEL_LAYERS; i++) {
        x = eg_add(eg_matmul(x, m->parameters[2 * i]), m->parameters[2 * i + 1]);
        x = i < MODEL_LAYERS - 1 ? eg_relu(x) : x;
    }
    return x;
}

eg_tensor *model_step(int n, eg_tensor *const in[], void *env)
{
    model *m = env;
    eg_tensor *gradients[MODEL_PARAMETERS];

    (void)n;
    EG_TAPE;
    eg_tensor *loss = eg_mean(eg_sparse_softmax_cross_entropy(model_logits(m, in[0]), in[1]));
    eg_gradient(loss, MODEL_PARAMETERS, m->parameters, gradients);
    eg_optimizer_apply(m->adam, MODEL_PARAMETERS, gradients);
    return eg_give(loss);
}

void model_batch(eg_tensor *in[2])
{
    eg_tensor *share = eg_uniform(eg_key(8), EG_DIMS(MODEL_BATCH));

    in[0] = eg_normal(eg_key(7), EG_DIMS(MODEL_BATCH, MODEL_IN));
    in[1] = eg_cast(eg_mul(share, MODEL_OUT), EG_INT32);
}
