/* Rounding, classes of numbers, signs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/elementwise.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"

static bool is_integer(const eg_tensor *x)
{
    return x && eg__dtype(eg_dtype_of(x))->kind == EG__INTEGER;
}

const eg_opdef eg_op_floor = {
    .name = "Floor",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .no_gradient = "it is piecewise constant",
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__floor_loop),
    .known_as = {"floor", "math.floor", "Floor"},
};

eg_tensor *eg_floor(eg_tensor *x)
{
    if (is_integer(x))
        return eg_identity(x);
    return EG__APPLY(&eg_op_floor, NULL, x);
}

const eg_opdef eg_op_ceil = {
    .name = "Ceil",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .no_gradient = "it is piecewise constant",
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__ceil_loop),
    .known_as = {"ceil", "math.ceil", "Ceil"},
};

eg_tensor *eg_ceil(eg_tensor *x)
{
    if (is_integer(x))
        return eg_identity(x);
    return EG__APPLY(&eg_op_ceil, NULL, x);
}

const eg_opdef eg_op_round = {
    .name = "Round",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .no_gradient = "it is piecewise constant",
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__round_loop),
    .known_as = {"round", "math.round", "Round"},
};

eg_tensor *eg_round(eg_tensor *x)
{
    if (is_integer(x))
        return eg_identity(x);
    return EG__APPLY(&eg_op_round, NULL, x);
}

const eg_opdef eg_op_trunc = {
    .name = "Trunc",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .no_gradient = "it is piecewise constant",
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__trunc_loop),
    .known_as = {"trunc", "math.trunc", NULL},
};

eg_tensor *eg_trunc(eg_tensor *x)
{
    if (is_integer(x))
        return eg_identity(x);
    return EG__APPLY(&eg_op_trunc, NULL, x);
}

const eg_opdef eg_op_isinf = {
    .name = "IsInf",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .infer = eg__infer_compare,
    .kernels = EG__KERNELS(&eg__isinf_loop),
    .known_as = {"isinf", "math.is_inf", "IsInf"},
};

eg_tensor *eg_isinf(eg_tensor *x)
{
    if (is_integer(x))
        return eg_not_equal(x, x);
    if (eg__is_complex(eg_dtype_of(x)))
        return eg_logical_or(eg_isinf(eg_real(x)), eg_isinf(eg_imag(x)));
    return EG__APPLY(&eg_op_isinf, NULL, x);
}

const eg_opdef eg_op_isfinite = {
    .name = "IsFinite",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .infer = eg__infer_compare,
    .kernels = EG__KERNELS(&eg__isfinite_loop),
    .known_as = {"isfinite", "math.is_finite", NULL},
};

eg_tensor *eg_isfinite(eg_tensor *x)
{
    if (is_integer(x))
        return eg_equal(x, x);
    if (eg__is_complex(eg_dtype_of(x)))
        return eg_logical_and(eg_isfinite(eg_real(x)), eg_isfinite(eg_imag(x)));
    return EG__APPLY(&eg_op_isfinite, NULL, x);
}

const eg_opdef eg_op_signbit = {
    .name = "SignBit",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE | EG__CONSTANT,
    .infer = eg__infer_compare,
    .kernels = EG__KERNELS(&eg__signbit_loop),
    .known_as = {"signbit", NULL, NULL},
};

eg_tensor *eg_signbit(eg_tensor *x)
{
    return EG__APPLY(&eg_op_signbit, NULL, x);
}

static eg_status copysign_grad(eg_backward *b)
{
    eg_tensor *turned =
        eg_mul(eg_sign(b->x[0]), eg_copysign(eg__number_like(b->dy[0], 1), b->x[1]));

    if (b->wanted[0])
        b->dx[0] = eg__unbroadcast(eg_mul(b->dy[0], turned), b->x[0]);
    return eg__done();
}

const eg_opdef eg_op_copysign = {
    .name = "CopySign",
    .in = {"x", "y"},
    .types = {EG__REALS, EG__REALS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__NO_FLOPS,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__copysign_loop),
    .grad = copysign_grad,
    .known_as = {"copysign", NULL, NULL},
};

eg_tensor *eg_copysign(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_copysign, NULL, x, y);
}

static eg_status nextafter_grad(eg_backward *b)
{
    if (b->wanted[0])
        b->dx[0] = eg__unbroadcast(b->dy[0], b->x[0]);
    return eg__done();
}

const eg_opdef eg_op_nextafter = {
    .name = "NextAfter",
    .in = {"x", "y"},
    .types = {EG__REALS, EG__REALS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__NO_FLOPS,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__nextafter_loop),
    .grad = nextafter_grad,
    .known_as = {"nextafter", "math.nextafter", NULL},
};

eg_tensor *eg_nextafter(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_nextafter, NULL, x, y);
}

eg_tensor *eg_isnan(eg_tensor *x)
{
    return eg_not_equal(x, x);
}

eg_tensor *eg_clip(eg_tensor *x, eg_tensor *min, eg_tensor *max)
{
    eg_tensor *above = min ? eg_maximum(x, min) : x;

    if (eg__me.failed)
        return NULL;
    return max ? eg_minimum(above, max) : eg_identity(above);
}
