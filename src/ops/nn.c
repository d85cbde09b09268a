/* Activations and losses.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "kernel/rows.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/sized.h"
#include "ops/registry.h"

/* ---- relu, sigmoid -------------------------------------------------------------------------- */

static eg_status relu_grad(eg_backward *b)
{
    eg_tensor *zero = eg__number_like(b->dy[0], 0);
    b->dx[0] = eg_where(eg_greater(b->x[0], zero), b->dy[0], zero);
    return eg__done();
}

const eg_opdef eg_op_relu = {
    .name = "Relu",
    .in = {"x"},
    .types = {EG__NUMERIC},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__relu_loop),
    .grad = relu_grad,
    .known_as = {NULL, "nn.relu", "Relu"},
};

eg_tensor *eg_relu(eg_tensor *x)
{
    return EG__APPLY(&eg_op_relu, NULL, x);
}

static eg_status sigmoid_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], eg_mul(b->y[0], eg__one_minus(b->y[0])));
    return eg__done();
}

const eg_opdef eg_op_sigmoid = {
    .name = "Sigmoid",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .flops_each = 4,
    .kernels = EG__KERNELS(&eg__sigmoid_loop),
    .grad = sigmoid_grad,
    .known_as = {NULL, "math.sigmoid", "Sigmoid"},
};

eg_tensor *eg_sigmoid(eg_tensor *x)
{
    return EG__APPLY(&eg_op_sigmoid, NULL, x);
}

/* ---- gelu ----------------------------------------------------------------------------------- */

static const eg_attr gelu_fields[] = {EG__ATTR(eg_gelu_attrs, BOOL, tanh_form), {0}};

/* d/dx of x/2 * (1 + tanh(u)), u = c (x + d x^3). */
static eg_tensor *gelu_slope_tanh(eg_tensor *x)
{
    const double c = 0.7978845608028654, d = 0.044715;
    eg_tensor *square = eg_square(x), *one = eg__number_like(x, 1);
    eg_tensor *u = eg__scale(eg_mul(x, eg_add(one, eg__scale(square, d))), c);
    eg_tensor *t = eg_tanh(u);
    eg_tensor *du = eg__scale(eg_add(one, eg__scale(square, 3 * d)), c);
    eg_tensor *curve = eg_mul(eg_mul(x, eg__one_minus(eg_square(t))), du);

    return eg__scale(eg_add(eg_add(one, t), curve), 0.5);
}

/* The normal distribution: its cumulative function plus x times its density. */
static eg_tensor *gelu_slope_erf(eg_tensor *x)
{
    const double root_half = 0.7071067811865476, density_at_0 = 0.3989422804014327;
    eg_tensor *one = eg__number_like(x, 1);
    eg_tensor *below = eg__scale(eg_add(one, eg_erf(eg__scale(x, root_half))), 0.5);
    eg_tensor *density = eg__scale(eg_exp(eg__scale(eg_square(x), -0.5)), density_at_0);

    return eg_add(below, eg_mul(x, density));
}

static eg_status gelu_grad(eg_backward *b)
{
    const eg_gelu_attrs *attrs = b->attrs;
    eg_tensor *slope = attrs->tanh_form ? gelu_slope_tanh(b->x[0]) : gelu_slope_erf(b->x[0]);

    b->dx[0] = eg_mul(b->dy[0], slope);
    return eg__done();
}

/* x/2 * (1 + erf(x / sqrt(2))), or x/2 * (1 + tanh(c (x + d x*x*x))). */
static double gelu_flops(const eg_problem *p)
{
    const eg_gelu_attrs *attrs = p->attrs;
    return (attrs->tanh_form ? 9 : 5) * (double)p->in[0]->size;
}

const eg_opdef eg_op_gelu = {
    .name = "Gelu",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .attrs = gelu_fields,
    .attrs_size = sizeof(eg_gelu_attrs),
    .infer = eg__infer_same,
    .flops = gelu_flops,
    .kernels = EG__KERNELS(&eg__gelu_kernel),
    .grad = gelu_grad,
    .known_as = {NULL, "nn.gelu", "Gelu"},
};

eg_tensor *eg_gelu_with(eg_tensor *x, const eg_gelu_attrs *attrs)
{
    return EG__APPLY(&eg_op_gelu, attrs, x);
}

eg_tensor *eg_gelu(eg_tensor *x)
{
    return eg_gelu_with(x, NULL);
}

/* ---- softmax, log_softmax ------------------------------------------------------------------- */

static const eg_attr softmax_fields[] = {
    EG__ATTR(eg_softmax_attrs, BOOL, not_last_axis),
    EG__ATTR(eg_softmax_attrs, INT, axis),
    {0},
};

static eg_status softmax_infer(eg_shapes *s)
{
    const eg_softmax_attrs *attrs = s->attrs;
    int axis = attrs->not_last_axis ? attrs->axis : -1;

    *s->out[0] = *s->in[0];
    return eg__infer_axis(s, &axis, s->in[0]->rank);
}

/* The sum along a softmax's axis, which stays with size 1. */
static eg_tensor *row_sum(eg_tensor *x, const eg_softmax_attrs *attrs)
{
    if (!x)
        return NULL;
    eg_reduce_attrs over = eg__over(1u << eg__softmax_axis(attrs, eg_rank(x)), true);
    return eg_sum_with(x, &over);
}

static eg_status softmax_grad(eg_backward *b)
{
    eg_tensor *z = b->y[0], *dz = b->dy[0];

    b->dx[0] = eg_mul(z, eg_sub(dz, row_sum(eg_mul(dz, z), b->attrs)));
    return eg__done();
}

const eg_opdef eg_op_softmax = {
    .name = "Softmax",
    .in = {"x"},
    .types = {EG__REALS},
    .attrs = softmax_fields,
    .attrs_size = sizeof(eg_softmax_attrs),
    .infer = softmax_infer,
    .flops_each = 5,
    .kernels = EG__KERNELS(&eg__softmax_kernel),
    .grad = softmax_grad,
    .known_as = {NULL, "nn.softmax", "Softmax"},
};

eg_tensor *eg_softmax_with(eg_tensor *x, const eg_softmax_attrs *attrs)
{
    return EG__APPLY(&eg_op_softmax, attrs, x);
}

eg_tensor *eg_softmax(eg_tensor *x)
{
    return eg_softmax_with(x, NULL);
}

static eg_status log_softmax_grad(eg_backward *b)
{
    eg_tensor *dz = b->dy[0];

    b->dx[0] = eg_sub(dz, eg_mul(eg_exp(b->y[0]), row_sum(dz, b->attrs)));
    return eg__done();
}

const eg_opdef eg_op_log_softmax = {
    .name = "LogSoftmax",
    .in = {"x"},
    .types = {EG__REALS},
    .attrs = softmax_fields,
    .attrs_size = sizeof(eg_softmax_attrs),
    .infer = softmax_infer,
    .flops_each = 5,
    .kernels = EG__KERNELS(&eg__log_softmax_kernel),
    .grad = log_softmax_grad,
    .known_as = {NULL, "nn.log_softmax", "LogSoftmax"},
};

eg_tensor *eg_log_softmax_with(eg_tensor *x, const eg_softmax_attrs *attrs)
{
    return EG__APPLY(&eg_op_log_softmax, attrs, x);
}

eg_tensor *eg_log_softmax(eg_tensor *x)
{
    return eg_log_softmax_with(x, NULL);
}

/* ---- sparse softmax cross-entropy ----------------------------------------------------------- */

static eg_status cross_entropy_infer(eg_shapes *s)
{
    eg_spec rows = *s->in[0];

    if (rows.rank == 0)
        return eg__shape_error(s, "logits need an axis of classes");
    rows.rank--;
    if (!eg__same_shape(&rows, s->in[1]))
        return eg__shape_error(s, "labels must have the shape of the logits without the last axis");
    *s->out[0] = rows;
    return eg__infer_size(s, s->out[0]);
}

static eg_status cross_entropy_grad_infer(eg_shapes *s)
{
    eg_spec rows = *s->in[0];

    if (rows.rank == 0)
        return eg__shape_error(s, "logits need an axis of classes");
    rows.rank--;
    if (!eg__same_shape(&rows, s->in[1]) || !eg__same_shape(&rows, s->in[2]))
        return eg__shape_error(s,
            "labels and dz must have the shape of the logits without the last axis");
    *s->out[0] = *s->in[0];
    return EG_OK;
}

/* max, sub, exp and sum of each logit; of each row log(sum) + max - logit. */
static double cross_entropy_flops(const eg_problem *p)
{
    return 4 * (double)p->in[0]->size + 3 * (double)p->out[0]->size;
}

/* A softmax times dz; of each row the 1 that is taken away. */
static double cross_entropy_grad_flops(const eg_problem *p)
{
    return 6 * (double)p->in[0]->size + (double)p->in[1]->size;
}

/* Of dx = dz (p - hot), p = softmax(logits), for g arriving: dz p (g - sum(p g)) and
 * sum(p g) - g at the label. */
static eg_status cross_entropy_grad_grad(eg_backward *b)
{
    eg_softmax_attrs last = {.size = sizeof last};
    eg_tensor *g = b->dy[0], *p = eg_softmax(b->x[0]), *mean = row_sum(eg_mul(p, g), &last);
    eg_tensor *at_label = eg_take_along(g, eg_expand_dims(b->x[1], -1));

    if (b->wanted[0])
        b->dx[0] = eg_mul(eg_expand_dims(b->x[2], -1), eg_mul(p, eg_sub(g, mean)));
    if (b->wanted[2])
        b->dx[2] = eg__reshape_like(eg_sub(mean, at_label), b->x[2]);
    return eg__done();
}

const eg_opdef eg_op_sparse_softmax_cross_entropy_grad = {
    .name = "SparseSoftmaxCrossEntropyGrad",
    .in = {"logits", "labels", "dz"},
    .types = {EG__REALS, EG__INTS, EG__REALS},
    .promote = 1 | 4,
    .traits = EG__MAY_FAIL,
    .infer = cross_entropy_grad_infer,
    .flops = cross_entropy_grad_flops,
    .kernels = EG__KERNELS(&eg__cross_entropy_grad_kernel),
    .grad = cross_entropy_grad_grad,
};

static eg_status cross_entropy_grad(eg_backward *b)
{
    if (b->wanted[0])
        b->dx[0] =
            EG__APPLY(&eg_op_sparse_softmax_cross_entropy_grad, NULL, b->x[0], b->x[1], b->dy[0]);
    return eg__done();
}

const eg_opdef eg_op_sparse_softmax_cross_entropy = {
    .name = "SparseSoftmaxCrossEntropy",
    .in = {"logits", "labels"},
    .types = {EG__REALS, EG__INTS},
    .traits = EG__MAY_FAIL,
    .infer = cross_entropy_infer,
    .flops = cross_entropy_flops,
    .kernels = EG__KERNELS(&eg__cross_entropy_kernel),
    .grad = cross_entropy_grad,
    .known_as = {NULL, "nn.sparse_softmax_cross_entropy_with_logits", "SoftmaxCrossEntropyLoss"},
};

eg_tensor *eg_sparse_softmax_cross_entropy(eg_tensor *logits, eg_tensor *labels)
{
    return EG__APPLY(&eg_op_sparse_softmax_cross_entropy, NULL, logits, labels);
}

/* ---- dropout, embedding --------------------------------------------------------------------- */

eg_tensor *eg_dropout(eg_tensor *x, eg_tensor *key, double rate)
{
    if (!eg__me.failed && !(rate >= 0 && rate < 1))
        return eg__fail_null(EG_INVALID, "eg_dropout",
            "the rate is %g; it must be 0 or more, below 1", rate);
    eg_tensor *raised = x ? eg_div(x, eg__number_like(x, 1 - rate)) : eg_identity(x);
    if (!raised)
        return NULL;
    eg_tensor *u = eg__uniform_like(key, x);
    if (!u)
        return NULL;
    return eg_where(eg_greater_equal(u, eg__number_like(u, rate)), raised, eg__number_like(x, 0));
}

eg_tensor *eg_embedding(eg_tensor *table, eg_tensor *indices)
{
    return eg_gather(table, indices);
}
