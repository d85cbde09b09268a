/* Activations, beside those of nn.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"

/* Where hard_sigmoid is no constant. */
static eg_tensor *is_bent(eg_tensor *x)
{
    return eg_less(eg_abs(x), eg__number_like(x, 3));
}

static eg_status relu6_grad(eg_backward *b)
{
    eg_tensor *zero = eg__number_like(b->dy[0], 0), *six = eg__number_like(b->dy[0], 6);
    eg_tensor *inside = eg_logical_and(eg_greater(b->x[0], zero), eg_less(b->x[0], six));

    b->dx[0] = eg_where(inside, b->dy[0], zero);
    return eg__done();
}

const eg_opdef eg_op_relu6 = {
    .name = "Relu6",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .flops_each = 2,
    .kernels = EG__KERNELS(&eg__relu6_loop),
    .grad = relu6_grad,
    .known_as = {NULL, "nn.relu6", NULL},
};

eg_tensor *eg_relu6(eg_tensor *x)
{
    return EG__APPLY(&eg_op_relu6, NULL, x);
}

static eg_status leaky_relu_grad(eg_backward *b)
{
    eg_tensor *zero = eg__number_like(b->dy[0], 0);
    eg_tensor *above = eg_greater(b->x[0], zero);

    if (b->wanted[0])
        b->dx[0] = eg__unbroadcast(eg_where(above, b->dy[0], eg_mul(b->dy[0], b->x[1])), b->x[0]);
    if (b->wanted[1])
        b->dx[1] = eg__unbroadcast(eg_where(above, zero, eg_mul(b->dy[0], b->x[0])), b->x[1]);
    return eg__done();
}

const eg_opdef eg_op_leaky_relu = {
    .name = "LeakyRelu",
    .in = {"x", "alpha"},
    .types = {EG__REALS, EG__REALS},
    .promote = 3,
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__leaky_relu_loop),
    .grad = leaky_relu_grad,
    .known_as = {NULL, "nn.leaky_relu", "LeakyRelu"},
};

eg_tensor *eg_leaky_relu(eg_tensor *x, eg_tensor *alpha)
{
    return EG__APPLY(&eg_op_leaky_relu, NULL, x, alpha);
}

static eg_status elu_grad(eg_backward *b)
{
    eg_tensor *x = b->x[0], *alpha = b->x[1], *zero = eg__number_like(b->dy[0], 0);
    eg_tensor *above = eg_greater(x, zero), *below = eg_minimum(x, zero);

    if (b->wanted[0]) {
        eg_tensor *slope = eg_mul(alpha, eg_exp(below));
        b->dx[0] = eg__unbroadcast(eg_where(above, b->dy[0], eg_mul(b->dy[0], slope)), x);
    }
    if (b->wanted[1])
        b->dx[1] = eg__unbroadcast(eg_mul(b->dy[0], eg_expm1(below)), alpha);
    return eg__done();
}

const eg_opdef eg_op_elu = {
    .name = "Elu",
    .in = {"x", "alpha"},
    .types = {EG__REALS, EG__REALS},
    .promote = 3,
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_broadcast,
    .flops_each = 2,
    .kernels = EG__KERNELS(&eg__elu_loop),
    .grad = elu_grad,
    .known_as = {NULL, "nn.elu", "Elu"},
};

eg_tensor *eg_elu(eg_tensor *x, eg_tensor *alpha)
{
    return EG__APPLY(&eg_op_elu, NULL, x, alpha);
}

static eg_status silu_grad(eg_backward *b)
{
    eg_tensor *s = eg_sigmoid(b->x[0]);
    eg_tensor *slope = eg_mul(s, eg__one_plus(eg_mul(b->x[0], eg__one_minus(s))));

    b->dx[0] = eg_mul(b->dy[0], slope);
    return eg__done();
}

const eg_opdef eg_op_silu = {
    .name = "Silu",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .flops_each = 5,
    .kernels = EG__KERNELS(&eg__silu_loop),
    .grad = silu_grad,
    .known_as = {NULL, "nn.silu", NULL},
};

eg_tensor *eg_silu(eg_tensor *x)
{
    return EG__APPLY(&eg_op_silu, NULL, x);
}

static eg_status mish_grad(eg_backward *b)
{
    eg_tensor *t = eg_tanh(eg_softplus(b->x[0]));
    eg_tensor *curve = eg_mul(eg_mul(b->x[0], eg__one_minus(eg_square(t))), eg_sigmoid(b->x[0]));

    b->dx[0] = eg_mul(b->dy[0], eg_add(t, curve));
    return eg__done();
}

const eg_opdef eg_op_mish = {
    .name = "Mish",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .flops_each = 5,
    .kernels = EG__KERNELS(&eg__mish_loop),
    .grad = mish_grad,
    .known_as = {NULL, NULL, "Mish"},
};

eg_tensor *eg_mish(eg_tensor *x)
{
    return EG__APPLY(&eg_op_mish, NULL, x);
}

static eg_status softplus_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], eg_sigmoid(b->x[0]));
    return eg__done();
}

const eg_opdef eg_op_softplus = {
    .name = "Softplus",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .flops_each = 3,
    .kernels = EG__KERNELS(&eg__softplus_loop),
    .grad = softplus_grad,
    .known_as = {NULL, "math.softplus", "Softplus"},
};

eg_tensor *eg_softplus(eg_tensor *x)
{
    return EG__APPLY(&eg_op_softplus, NULL, x);
}

static eg_status softsign_grad(eg_backward *b)
{
    b->dx[0] = eg_div(b->dy[0], eg_square(eg__one_plus(eg_abs(b->x[0]))));
    return eg__done();
}

const eg_opdef eg_op_softsign = {
    .name = "Softsign",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .flops_each = 3,
    .kernels = EG__KERNELS(&eg__softsign_loop),
    .grad = softsign_grad,
    .known_as = {NULL, "nn.softsign", "Softsign"},
};

eg_tensor *eg_softsign(eg_tensor *x)
{
    return EG__APPLY(&eg_op_softsign, NULL, x);
}

static eg_status hard_sigmoid_grad(eg_backward *b)
{
    b->dx[0] =
        eg_where(is_bent(b->x[0]), eg__scale(b->dy[0], 1.0 / 6), eg__number_like(b->dy[0], 0));
    return eg__done();
}

const eg_opdef eg_op_hard_sigmoid = {
    .name = "HardSigmoid",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .flops_each = 4,
    .kernels = EG__KERNELS(&eg__hard_sigmoid_loop),
    .grad = hard_sigmoid_grad,
    .known_as = {NULL, "keras.activations.hard_sigmoid", "HardSigmoid"},
};

eg_tensor *eg_hard_sigmoid(eg_tensor *x)
{
    return EG__APPLY(&eg_op_hard_sigmoid, NULL, x);
}

static eg_status hard_swish_grad(eg_backward *b)
{
    eg_tensor *slope =
        eg__scale(eg_add(eg__scale(b->x[0], 2), eg__number_like(b->dy[0], 3)), 1.0 / 6);
    eg_tensor *zero = eg__number_like(b->dy[0], 0);
    eg_tensor *far = eg_where(eg_greater(b->x[0], zero), b->dy[0], zero);

    b->dx[0] = eg_where(is_bent(b->x[0]), eg_mul(b->dy[0], slope), far);
    return eg__done();
}

const eg_opdef eg_op_hard_swish = {
    .name = "HardSwish",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .flops_each = 5,
    .kernels = EG__KERNELS(&eg__hard_swish_loop),
    .grad = hard_swish_grad,
    .known_as = {NULL, NULL, "HardSwish"},
};

eg_tensor *eg_hard_swish(eg_tensor *x)
{
    return EG__APPLY(&eg_op_hard_swish, NULL, x);
}

eg_tensor *eg_selu(eg_tensor *x)
{
    const double scale = 1.0507009873554805, alpha = 1.6732632423543772;

    if (!x)
        return eg_elu(x, x);
    return eg__scale(eg_elu(x, eg__number_like(x, alpha)), scale);
}

eg_tensor *eg_log_sigmoid(eg_tensor *x)
{
    return eg_neg(eg_softplus(eg_neg(x)));
}
