/* Angles and hyperbolas.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/complex_library.h"
#include "kernel/elementwise.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"

/* (1 - x)(1 + x), and its root. */
static eg_tensor *side_product(eg_tensor *x)
{
    return eg_mul(eg__one_minus(x), eg__one_plus(x));
}

static eg_tensor *far_side(eg_tensor *x)
{
    return eg_sqrt(side_product(x));
}

static eg_status sin_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], eg_cos(b->x[0]));
    return eg__done();
}

const eg_opdef eg_op_sin = {
    .name = "Sin",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__sin_loop, &eg__complex_sin_loop),
    .grad = sin_grad,
    .known_as = {"sin", "math.sin", "Sin"},
};

eg_tensor *eg_sin(eg_tensor *x)
{
    return EG__APPLY(&eg_op_sin, NULL, x);
}

static eg_status cos_grad(eg_backward *b)
{
    b->dx[0] = eg_neg(eg_mul(b->dy[0], eg_sin(b->x[0])));
    return eg__done();
}

const eg_opdef eg_op_cos = {
    .name = "Cos",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__cos_loop, &eg__complex_cos_loop),
    .grad = cos_grad,
    .known_as = {"cos", "math.cos", "Cos"},
};

eg_tensor *eg_cos(eg_tensor *x)
{
    return EG__APPLY(&eg_op_cos, NULL, x);
}

static eg_status tan_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], eg__one_plus(eg_square(b->y[0])));
    return eg__done();
}

const eg_opdef eg_op_tan = {
    .name = "Tan",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__tan_loop, &eg__complex_tan_loop),
    .grad = tan_grad,
    .known_as = {"tan", "math.tan", "Tan"},
};

eg_tensor *eg_tan(eg_tensor *x)
{
    return EG__APPLY(&eg_op_tan, NULL, x);
}

static eg_status asin_grad(eg_backward *b)
{
    b->dx[0] = eg_div(b->dy[0], far_side(b->x[0]));
    return eg__done();
}

const eg_opdef eg_op_asin = {
    .name = "Asin",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__asin_loop, &eg__complex_asin_loop),
    .grad = asin_grad,
    .known_as = {"arcsin", "math.asin", "Asin"},
};

eg_tensor *eg_asin(eg_tensor *x)
{
    return EG__APPLY(&eg_op_asin, NULL, x);
}

static eg_status acos_grad(eg_backward *b)
{
    b->dx[0] = eg_neg(eg_div(b->dy[0], far_side(b->x[0])));
    return eg__done();
}

const eg_opdef eg_op_acos = {
    .name = "Acos",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__acos_loop, &eg__complex_acos_loop),
    .grad = acos_grad,
    .known_as = {"arccos", "math.acos", "Acos"},
};

eg_tensor *eg_acos(eg_tensor *x)
{
    return EG__APPLY(&eg_op_acos, NULL, x);
}

static eg_status atan_grad(eg_backward *b)
{
    b->dx[0] = eg_div(b->dy[0], eg__one_plus(eg_square(b->x[0])));
    return eg__done();
}

const eg_opdef eg_op_atan = {
    .name = "Atan",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__atan_loop, &eg__complex_atan_loop),
    .grad = atan_grad,
    .known_as = {"arctan", "math.atan", "Atan"},
};

eg_tensor *eg_atan(eg_tensor *x)
{
    return EG__APPLY(&eg_op_atan, NULL, x);
}

static eg_status atan2_grad(eg_backward *b)
{
    eg_tensor *y = b->x[0], *x = b->x[1];
    eg_tensor *slope = eg_div(b->dy[0], eg_add(eg_square(x), eg_square(y)));

    if (b->wanted[0])
        b->dx[0] = eg__unbroadcast(eg_mul(slope, x), y);
    if (b->wanted[1])
        b->dx[1] = eg__unbroadcast(eg_neg(eg_mul(slope, y)), x);
    return eg__done();
}

const eg_opdef eg_op_atan2 = {
    .name = "Atan2",
    .in = {"y", "x"},
    .types = {EG__REALS, EG__REALS},
    .promote = 3,
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__atan2_loop),
    .grad = atan2_grad,
    .known_as = {"arctan2", "math.atan2", NULL},
};

eg_tensor *eg_atan2(eg_tensor *y, eg_tensor *x)
{
    return EG__APPLY(&eg_op_atan2, NULL, y, x);
}

static eg_status sinh_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], eg_cosh(b->x[0]));
    return eg__done();
}

const eg_opdef eg_op_sinh = {
    .name = "Sinh",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__sinh_loop, &eg__complex_sinh_loop),
    .grad = sinh_grad,
    .known_as = {"sinh", "math.sinh", "Sinh"},
};

eg_tensor *eg_sinh(eg_tensor *x)
{
    return EG__APPLY(&eg_op_sinh, NULL, x);
}

static eg_status cosh_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], eg_sinh(b->x[0]));
    return eg__done();
}

const eg_opdef eg_op_cosh = {
    .name = "Cosh",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__cosh_loop, &eg__complex_cosh_loop),
    .grad = cosh_grad,
    .known_as = {"cosh", "math.cosh", "Cosh"},
};

eg_tensor *eg_cosh(eg_tensor *x)
{
    return EG__APPLY(&eg_op_cosh, NULL, x);
}

static eg_status asinh_grad(eg_backward *b)
{
    b->dx[0] = eg_div(b->dy[0], eg_cosh(b->y[0]));
    return eg__done();
}

const eg_opdef eg_op_asinh = {
    .name = "Asinh",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__asinh_loop, &eg__complex_asinh_loop),
    .grad = asinh_grad,
    .known_as = {"arcsinh", "math.asinh", "Asinh"},
};

eg_tensor *eg_asinh(eg_tensor *x)
{
    return EG__APPLY(&eg_op_asinh, NULL, x);
}

static eg_status acosh_grad(eg_backward *b)
{
    b->dx[0] = eg_div(b->dy[0], eg_sinh(b->y[0]));
    return eg__done();
}

const eg_opdef eg_op_acosh = {
    .name = "Acosh",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__acosh_loop, &eg__complex_acosh_loop),
    .grad = acosh_grad,
    .known_as = {"arccosh", "math.acosh", "Acosh"},
};

eg_tensor *eg_acosh(eg_tensor *x)
{
    return EG__APPLY(&eg_op_acosh, NULL, x);
}

static eg_status atanh_grad(eg_backward *b)
{
    b->dx[0] = eg_div(b->dy[0], side_product(b->x[0]));
    return eg__done();
}

const eg_opdef eg_op_atanh = {
    .name = "Atanh",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__atanh_loop, &eg__complex_atanh_loop),
    .grad = atanh_grad,
    .known_as = {"arctanh", "math.atanh", "Atanh"},
};

eg_tensor *eg_atanh(eg_tensor *x)
{
    return EG__APPLY(&eg_op_atanh, NULL, x);
}
