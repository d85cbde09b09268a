/* Arithmetic and elementary functions. For each operation: gradient, descriptor, public function.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/divide.h"
#include "kernel/elementwise.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"

/* ---- add, sub, mul, div --------------------------------------------------------------------- */

static eg_status add_grad(eg_backward *b)
{
    b->dx[0] = b->wanted[0] ? eg__unbroadcast(b->dy[0], b->x[0]) : NULL;
    b->dx[1] = b->wanted[1] ? eg__unbroadcast(b->dy[0], b->x[1]) : NULL;
    return eg__done();
}

const eg_opdef eg_op_add = {
    .name = "Add",
    .in = {"x", "y"},
    .types = {EG__NUMBERS, EG__NUMBERS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__COMMUTES | EG__ASSOCIATES,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__add_loop, &eg__complex_add_loop),
    .grad = add_grad,
    .known_as = {"add", "math.add", "Add"},
};

eg_tensor *eg_add(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_add, NULL, x, y);
}

static eg_status sub_grad(eg_backward *b)
{
    b->dx[0] = b->wanted[0] ? eg__unbroadcast(b->dy[0], b->x[0]) : NULL;
    b->dx[1] = b->wanted[1] ? eg__unbroadcast(eg_neg(b->dy[0]), b->x[1]) : NULL;
    return eg__done();
}

const eg_opdef eg_op_sub = {
    .name = "Sub",
    .in = {"x", "y"},
    .types = {EG__NUMBERS, EG__NUMBERS},
    .promote = 3,
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__sub_loop, &eg__complex_sub_loop),
    .grad = sub_grad,
    .known_as = {"subtract", "math.subtract", "Sub"},
};

eg_tensor *eg_sub(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_sub, NULL, x, y);
}

static eg_status mul_grad(eg_backward *b)
{
    for (int i = 0; i < 2; i++)
        if (b->wanted[i])
            b->dx[i] = eg__unbroadcast(eg_mul(b->dy[0], b->x[1 - i]), b->x[i]);
    return eg__done();
}

const eg_opdef eg_op_mul = {
    .name = "Mul",
    .in = {"x", "y"},
    .types = {EG__NUMBERS, EG__NUMBERS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__COMMUTES | EG__ASSOCIATES | EG__HOLOMORPHIC,
    .infer = eg__infer_broadcast,
    .flops = eg__flops_mul,
    .kernels = EG__KERNELS(&eg__mul_loop, &eg__complex_mul_loop),
    .grad = mul_grad,
    .known_as = {"multiply", "math.multiply", "Mul"},
};

eg_tensor *eg_mul(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_mul, NULL, x, y);
}

static eg_status div_grad(eg_backward *b)
{
    eg_tensor *quotient = eg_div(b->dy[0], b->x[1]);

    if (b->wanted[0])
        b->dx[0] = eg__unbroadcast(quotient, b->x[0]);
    if (b->wanted[1])
        b->dx[1] = eg__unbroadcast(eg_neg(eg_mul(quotient, b->y[0])), b->x[1]);
    return eg__done();
}

/* (ac + bd) / (cc + dd) and (bc - ad) / (cc + dd), of complex numbers. */
static double div_flops(const eg_problem *p)
{
    const eg_spec *z = p->out[0];
    return (eg__is_complex(z->dtype) ? 11 : 1) * (double)z->size;
}

const eg_opdef eg_op_div = {
    .name = "Div",
    .in = {"x", "y"},
    .types = {EG__FLOATING, EG__FLOATING},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_broadcast,
    .flops = div_flops,
    .kernels = EG__KERNELS(&eg__div_loop, &eg__complex_div_loop),
    .grad = div_grad,
    .known_as = {"divide", "math.divide", "Div"},
};

eg_tensor *eg_div(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_div, NULL, x, y);
}

/* ---- floor_div, remainder, fmod ------------------------------------------------------------- */

const eg_opdef eg_op_floor_div = {
    .name = "FloorDiv",
    .in = {"x", "y"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__CONSTANT | EG__MAY_FAIL,
    .no_gradient = "it is piecewise constant",
    .infer = eg__infer_broadcast,
    .flops_each = 2,
    .kernels = EG__KERNELS(&eg__floor_div_kernel),
    .known_as = {"floor_divide", "math.floordiv", NULL},
};

eg_tensor *eg_floor_div(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_floor_div, NULL, x, y);
}

static eg_status remainder_grad(eg_backward *b)
{
    if (b->wanted[0])
        b->dx[0] = eg__unbroadcast(b->dy[0], b->x[0]);
    if (b->wanted[1])
        b->dx[1] =
            eg__unbroadcast(eg_neg(eg_mul(b->dy[0], eg_floor_div(b->x[0], b->x[1]))), b->x[1]);
    return eg__done();
}

const eg_opdef eg_op_remainder = {
    .name = "Remainder",
    .in = {"x", "y"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__MAY_FAIL,
    .infer = eg__infer_broadcast,
    .flops_each = 4,
    .kernels = EG__KERNELS(&eg__remainder_kernel),
    .grad = remainder_grad,
    .known_as = {"remainder", "math.floormod", "Mod"},
};

eg_tensor *eg_remainder(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_remainder, NULL, x, y);
}

static eg_status fmod_grad(eg_backward *b)
{
    eg_tensor *x = b->x[0], *y = b->x[1];

    if (b->wanted[0])
        b->dx[0] = eg__unbroadcast(b->dy[0], x);
    if (b->wanted[1]) {
        eg_tensor *quotient = eg_round(eg_div(eg_sub(x, b->y[0]), y));
        b->dx[1] = eg__unbroadcast(eg_neg(eg_mul(b->dy[0], quotient)), y);
    }
    return eg__done();
}

const eg_opdef eg_op_fmod = {
    .name = "Fmod",
    .in = {"x", "y"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__MAY_FAIL,
    .infer = eg__infer_broadcast,
    .flops_each = 4,
    .kernels = EG__KERNELS(&eg__fmod_kernel),
    .grad = fmod_grad,
    .known_as = {"fmod", "truncatemod", "Mod"},
};

eg_tensor *eg_fmod(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_fmod, NULL, x, y);
}

eg_tensor *eg_trunc_div(eg_tensor *x, eg_tensor *y)
{
    if (x && eg__dtype(eg_dtype_of(x))->kind == EG__REAL)
        return eg_trunc(eg_div(x, y));
    return eg_floor_div(eg_sub(x, eg_fmod(x, y)), y);
}

/* ---- maximum, minimum ----------------------------------------------------------------------- */

/* dz for both arguments, but not for the one that `loses`, and half for each where they are equal.
 * Chosen, not multiplied by 0 or 1: what loses gets 0 also where dz is infinite. */
static eg_status extremum_grad(eg_backward *b, eg_tensor *(*loses)(eg_tensor *, eg_tensor *))
{
    eg_tensor *dz = b->dy[0], *zero = eg__number_like(dz, 0);
    eg_tensor *share = eg_where(eg_equal(b->x[0], b->x[1]), eg__scale(dz, 0.5), dz);

    for (int i = 0; i < 2; i++)
        if (b->wanted[i])
            b->dx[i] = eg__unbroadcast(eg_where(loses(b->x[i], b->x[1 - i]), zero, share), b->x[i]);
    return eg__done();
}

static eg_status maximum_grad(eg_backward *b)
{
    return extremum_grad(b, eg_less);
}

const eg_opdef eg_op_maximum = {
    .name = "Maximum",
    .in = {"x", "y"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__COMMUTES,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__maximum_loop),
    .grad = maximum_grad,
    .known_as = {"maximum", "math.maximum", "Max"},
};

eg_tensor *eg_maximum(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_maximum, NULL, x, y);
}

static eg_status minimum_grad(eg_backward *b)
{
    return extremum_grad(b, eg_greater);
}

const eg_opdef eg_op_minimum = {
    .name = "Minimum",
    .in = {"x", "y"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__COMMUTES,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__minimum_loop),
    .grad = minimum_grad,
    .known_as = {"minimum", "math.minimum", "Min"},
};

eg_tensor *eg_minimum(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_minimum, NULL, x, y);
}

/* ---- neg, abs, sign, square ----------------------------------------------------------------- */

static eg_status neg_grad(eg_backward *b)
{
    b->dx[0] = eg_neg(b->dy[0]);
    return eg__done();
}

const eg_opdef eg_op_neg = {
    .name = "Neg",
    .in = {"x"},
    .types = {EG__NUMBERS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__neg_loop, &eg__complex_neg_loop),
    .grad = neg_grad,
    .known_as = {"negative", "math.negative", "Neg"},
};

eg_tensor *eg_neg(eg_tensor *x)
{
    return EG__APPLY(&eg_op_neg, NULL, x);
}

static eg_status abs_infer(eg_shapes *s)
{
    *s->out[0] = *s->in[0];
    s->out[0]->dtype = eg__part_of(s->in[0]->dtype);
    return EG_OK;
}

static eg_status abs_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], eg_sign(b->x[0]));
    return eg__done();
}

/* The root of a sum of two squares, of complex numbers. */
static double abs_flops(const eg_problem *p)
{
    return (eg__is_complex(p->in[0]->dtype) ? 4 : 1) * (double)p->in[0]->size;
}

const eg_opdef eg_op_abs = {
    .name = "Abs",
    .in = {"x"},
    .types = {EG__NUMBERS},
    .traits = EG__ELEMENTWISE,
    .infer = abs_infer,
    .flops = abs_flops,
    .kernels = EG__KERNELS(&eg__abs_loop, &eg__complex_abs_loop),
    .grad = abs_grad,
    .known_as = {"abs", "math.abs", "Abs"},
};

eg_tensor *eg_abs(eg_tensor *x)
{
    return EG__APPLY(&eg_op_abs, NULL, x);
}

const eg_opdef eg_op_sign = {
    .name = "Sign",
    .in = {"x"},
    .types = {EG__NUMERIC},
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .no_gradient = "it is piecewise constant",
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__sign_loop),
    .known_as = {"sign", "math.sign", "Sign"},
};

/* A complex number's sign has a derivative, so it is made of operations that have one too. */
static eg_tensor *complex_sign(eg_tensor *x)
{
    eg_tensor *size = eg_abs(x), *is_zero = eg_equal(size, eg__number_like(size, 0));

    return eg_div(x, eg_where(is_zero, eg__number_like(size, 1), size));
}

eg_tensor *eg_sign(eg_tensor *x)
{
    if (eg__is_complex(eg_dtype_of(x)))
        return complex_sign(x);
    return EG__APPLY(&eg_op_sign, NULL, x);
}

static eg_status square_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(eg__scale(b->x[0], 2), b->dy[0]);
    return eg__done();
}

const eg_opdef eg_op_square = {
    .name = "Square",
    .in = {"x"},
    .types = {EG__NUMBERS},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .flops = eg__flops_mul,
    .kernels = EG__KERNELS(&eg__square_loop, &eg__complex_square_loop),
    .grad = square_grad,
    .known_as = {"square", "math.square", NULL},
};

eg_tensor *eg_square(eg_tensor *x)
{
    return EG__APPLY(&eg_op_square, NULL, x);
}
