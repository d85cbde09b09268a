/* Steps of optimizers, which models for training have as nodes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"
#include <math.h>

/* What the inputs of such a node are: the rate, the step's number, then groups of n tensors each:
 * what is trained, gradients, states. */
typedef struct step {
    int n;
    eg_tensor *rate;
    int64_t number;
    double decay, epsilon;
} step;

static bool take_step(eg__onnx_call *c, int groups, step *s)
{
    *s = (step){.n = (c->n_in - 2) / groups, .rate = input(c, 0), .number = integer_in(c, 1, 0)};
    s->decay = real_of(c, "norm_coefficient", 0);
    s->epsilon = real_of(c, "epsilon", 1e-6f);
    if (s->n < 1 || c->n_in != 2 + groups * s->n || c->n_out > (groups - 1) * s->n)
        refuse(c, "has another number of inputs or outputs");
    return eg_ok();
}

static eg_tensor *scaled(eg_tensor *x, double by)
{
    return eg_mul(x, like(x, by));
}

/* The gradient and what decay adds to it. */
static eg_tensor *slope(eg__onnx_call *c, const step *s, int i)
{
    eg_tensor *x = input(c, 2 + i), *g = input(c, 2 + s->n + i);
    return s->decay == 0 ? g : eg_add(scaled(x, s->decay), g);
}

static void momentum(eg__onnx_call *c)
{
    double alpha = real_of(c, "alpha", 0), beta = real_of(c, "beta", 0);
    bool nesterov = word_is(c, "mode", "nesterov", "standard");
    step s;

    if (!take_step(c, 3, &s))
        return;
    for (int i = 0; i < s.n; i++) {
        eg_tensor *g = slope(c, &s, i), *v = input(c, 2 + 2 * s.n + i);
        v = eg_add(scaled(v, alpha), scaled(g, s.number > 0 ? beta : 1));
        eg_tensor *way = nesterov ? eg_add(g, scaled(v, alpha)) : v;
        give(c, i, eg_sub(input(c, 2 + i), eg_mul(s.rate, way)));
        give(c, s.n + i, v);
    }
}

static void adagrad(eg__onnx_call *c)
{
    double fading = real_of(c, "decay_factor", 0);
    step s;

    if (!take_step(c, 3, &s))
        return;
    eg_tensor *rate = eg_div(s.rate, like(s.rate, 1 + (double)s.number * fading));
    for (int i = 0; i < s.n; i++) {
        eg_tensor *g = slope(c, &s, i), *h = eg_add(input(c, 2 + 2 * s.n + i), eg_square(g));
        eg_tensor *root = eg_add(eg_sqrt(h), like(h, s.epsilon));
        give(c, i, eg_sub(input(c, 2 + i), eg_div(eg_mul(rate, g), root)));
        give(c, s.n + i, h);
    }
}

static void adam(eg__onnx_call *c)
{
    double alpha = real_of(c, "alpha", 0.9f), beta = real_of(c, "beta", 0.999f), mend = 1;
    double after = real_of(c, "norm_coefficient_post", 0);
    step s;

    if (!take_step(c, 4, &s))
        return;
    if (s.number > 0)
        mend = sqrt(1 - pow(beta, (double)s.number)) / (1 - pow(alpha, (double)s.number));
    for (int i = 0; i < s.n; i++) {
        eg_tensor *g = slope(c, &s, i);
        eg_tensor *v = input(c, 2 + 2 * s.n + i), *h = input(c, 2 + 3 * s.n + i);
        v = eg_add(scaled(v, alpha), scaled(g, 1 - alpha));
        h = eg_add(scaled(h, beta), scaled(eg_square(g), 1 - beta));
        eg_tensor *root = eg_add(eg_sqrt(h), like(h, s.epsilon));
        eg_tensor *way = eg_div(eg_mul(scaled(s.rate, mend), v), root);
        give(c, i, scaled(eg_sub(input(c, 2 + i), way), 1 - after));
        give(c, s.n + i, v);
        give(c, 2 * s.n + i, h);
    }
}

const eg__onnx_op eg__onnx_training[] = {
    {"Momentum", momentum, .since = {1}},
    {"Adagrad", adagrad, .since = {1}},
    {"Adam", adam, .since = {1}},
    {0},
};
