/* Elementary functions of floating-point numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"

static eg_status sqrt_grad(eg_backward *b)
{
    b->dx[0] = eg_div(eg__scale(b->dy[0], 0.5), b->y[0]);
    return eg__done();
}

const eg_opdef eg_op_sqrt = {
    .name = "Sqrt",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__sqrt_loop),
    .grad = sqrt_grad,
    .known_as = {"sqrt", "math.sqrt", "Sqrt"},
};

eg_tensor *eg_sqrt(eg_tensor *x)
{
    return EG__APPLY(&eg_op_sqrt, NULL, x);
}

static eg_status exp_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], b->y[0]);
    return eg__done();
}

const eg_opdef eg_op_exp = {
    .name = "Exp",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__exp_loop),
    .grad = exp_grad,
    .known_as = {"exp", "math.exp", "Exp"},
};

eg_tensor *eg_exp(eg_tensor *x)
{
    return EG__APPLY(&eg_op_exp, NULL, x);
}

static eg_status log_grad(eg_backward *b)
{
    b->dx[0] = eg_div(b->dy[0], b->x[0]);
    return eg__done();
}

const eg_opdef eg_op_log = {
    .name = "Log",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__log_loop),
    .grad = log_grad,
    .known_as = {"log", "math.log", "Log"},
};

eg_tensor *eg_log(eg_tensor *x)
{
    return EG__APPLY(&eg_op_log, NULL, x);
}

static eg_status tanh_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], eg__one_minus(eg_square(b->y[0])));
    return eg__done();
}

const eg_opdef eg_op_tanh = {
    .name = "Tanh",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__tanh_loop),
    .grad = tanh_grad,
    .known_as = {"tanh", "math.tanh", "Tanh"},
};

eg_tensor *eg_tanh(eg_tensor *x)
{
    return EG__APPLY(&eg_op_tanh, NULL, x);
}

static eg_status erf_grad(eg_backward *b)
{
    const double two_over_root_pi = 1.1283791670955126;
    eg_tensor *bell = eg_exp(eg_neg(eg_square(b->x[0])));

    b->dx[0] = eg_mul(b->dy[0], eg__scale(bell, two_over_root_pi));
    return eg__done();
}

const eg_opdef eg_op_erf = {
    .name = "Erf",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__erf_loop),
    .grad = erf_grad,
    .known_as = {NULL, "math.erf", "Erf"},
};

eg_tensor *eg_erf(eg_tensor *x)
{
    return EG__APPLY(&eg_op_erf, NULL, x);
}
