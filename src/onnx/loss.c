/* Losses, and dropout, which training adds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

/* ---- losses ---------------------------------------------------------------------------------- */

/* -log of the probabilities that lie along axis 1, at their targets. */
static eg_tensor *loss_of(eg__onnx_call *c, eg_tensor *log_p, eg_tensor *target)
{
    eg_tensor *weight = input(c, 2), *ones, *w, *ignored = NULL, *zero = like(log_p, 0);

    target = eg_cast(target, EG_INT64);
    if (has_attribute(c, "ignore_index")) {
        ignored = eg_equal(target, eg_scalar_int(EG_INT64, integer_of(c, "ignore_index", 0)));
        target = eg_where(ignored, eg_scalar_int(EG_INT64, 0), target);
    }
    eg_tensor *rows = eg_moveaxis(log_p, 1, -1);
    eg_tensor *loss = eg_neg(eg_squeeze(eg_take_along(rows, eg_expand_dims(target, -1)), -1));
    ones = eg_ones_like(loss);
    eg_gather_attrs first = {.size = sizeof first};
    w = weight ? eg_gather_with(weight, target, &first) : ones;
    if (ignored)
        w = eg_where(ignored, zero, w);
    loss = weight || ignored ? eg_mul(loss, w) : loss;
    if (word_is(c, "reduction", "none", "mean"))
        return loss;
    if (word_is(c, "reduction", "sum", "mean"))
        return eg_sum(loss);
    return weight || ignored ? eg_div(eg_sum(loss), eg_sum(w)) : eg_mean(loss);
}

static void negative_log_likelihood(eg__onnx_call *c)
{
    give(c, 0, loss_of(c, input(c, 0), input(c, 1)));
}

static void softmax_cross_entropy(eg__onnx_call *c)
{
    eg_softmax_attrs classes = {.size = sizeof classes, .not_last_axis = true, .axis = 1};
    eg_tensor *log_p = eg_log_softmax_with(input(c, 0), &classes);

    give(c, 0, loss_of(c, log_p, input(c, 1)));
    give(c, 1, log_p);
}

/* ---- dropout --------------------------------------------------------------------------------- */

static bool is_true(eg__onnx_call *c, int i)
{
    return has(c, i) && integer_in(c, i, 0) != 0;
}

static void dropout(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *all = eg_cast(eg_ones_like(x), EG_BOOL);
    double ratio = has(c, 1) ? real_in(c, 1, 0.5) : 0.5;

    if (c->version < 12 || !is_true(c, 2) || ratio <= 0) {
        give(c, 0, eg_identity(x));
        give(c, 1, c->version < 10 ? eg_ones_like(x) : all);
        return;
    }
    if (ratio >= 1) {
        refuse(c, "drops everything: the ratio has to be below 1");
        return;
    }
    eg_tensor *u = eg__onnx_uniform(c, x);
    eg_tensor *kept = eg_greater_equal(u, like(u, ratio));
    give(c, 0, eg_where(kept, eg_div(x, like(x, 1 - ratio)), like(x, 0)));
    give(c, 1, kept);
}

const eg__onnx_op eg__onnx_losses[] = {
    {"NegativeLogLikelihoodLoss", negative_log_likelihood, .since = {12, 13, 22}},
    {"SoftmaxCrossEntropyLoss", softmax_cross_entropy, .since = {12, 13}},
    {"Dropout", dropout, .since = {6, 7, 10, 12, 13, 22}, .stays_in_call = true},
    {0},
};
