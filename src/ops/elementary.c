/* Elementary functions of floating-point numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/complex_library.h"
#include "kernel/elementwise.h"
#include "kernel/power.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"

static const double log_2 = 0.6931471805599453, log_10 = 2.302585092994046;

static eg_status sqrt_grad(eg_backward *b)
{
    b->dx[0] = eg_div(eg__scale(b->dy[0], 0.5), b->y[0]);
    return eg__done();
}

const eg_opdef eg_op_sqrt = {
    .name = "Sqrt",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__sqrt_loop, &eg__complex_sqrt_loop),
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
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__exp_loop, &eg__complex_exp_loop),
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
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__log_loop, &eg__complex_log_loop),
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
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__tanh_loop, &eg__complex_tanh_loop),
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

static eg_status expm1_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], eg_exp(b->x[0]));
    return eg__done();
}

const eg_opdef eg_op_expm1 = {
    .name = "Expm1",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__expm1_loop, &eg__complex_expm1_loop),
    .grad = expm1_grad,
    .known_as = {"expm1", "math.expm1", NULL},
};

eg_tensor *eg_expm1(eg_tensor *x)
{
    return EG__APPLY(&eg_op_expm1, NULL, x);
}

static eg_status exp2_grad(eg_backward *b)
{
    b->dx[0] = eg_mul(b->dy[0], eg__scale(b->y[0], log_2));
    return eg__done();
}

const eg_opdef eg_op_exp2 = {
    .name = "Exp2",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__exp2_loop),
    .grad = exp2_grad,
    .known_as = {"exp2", NULL, NULL},
};

eg_tensor *eg_exp2(eg_tensor *x)
{
    return EG__APPLY(&eg_op_exp2, NULL, x);
}

static eg_status log1p_grad(eg_backward *b)
{
    b->dx[0] = eg_div(b->dy[0], eg__one_plus(b->x[0]));
    return eg__done();
}

const eg_opdef eg_op_log1p = {
    .name = "Log1p",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__log1p_loop, &eg__complex_log1p_loop),
    .grad = log1p_grad,
    .known_as = {"log1p", "math.log1p", NULL},
};

eg_tensor *eg_log1p(eg_tensor *x)
{
    return EG__APPLY(&eg_op_log1p, NULL, x);
}

static eg_status log2_grad(eg_backward *b)
{
    b->dx[0] = eg_div(eg__scale(b->dy[0], 1 / log_2), b->x[0]);
    return eg__done();
}

const eg_opdef eg_op_log2 = {
    .name = "Log2",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__log2_loop, &eg__complex_log2_loop),
    .grad = log2_grad,
    .known_as = {"log2", NULL, NULL},
};

eg_tensor *eg_log2(eg_tensor *x)
{
    return EG__APPLY(&eg_op_log2, NULL, x);
}

static eg_status log10_grad(eg_backward *b)
{
    b->dx[0] = eg_div(eg__scale(b->dy[0], 1 / log_10), b->x[0]);
    return eg__done();
}

const eg_opdef eg_op_log10 = {
    .name = "Log10",
    .in = {"x"},
    .types = {EG__FLOATING},
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__log10_loop, &eg__complex_log10_loop),
    .grad = log10_grad,
    .known_as = {"log10", NULL, NULL},
};

eg_tensor *eg_log10(eg_tensor *x)
{
    return EG__APPLY(&eg_op_log10, NULL, x);
}

static eg_status rsqrt_grad(eg_backward *b)
{
    b->dx[0] = eg__scale(eg_div(eg_mul(b->dy[0], b->y[0]), b->x[0]), -0.5);
    return eg__done();
}

const eg_opdef eg_op_rsqrt = {
    .name = "Rsqrt",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .flops_each = 2,
    .kernels = EG__KERNELS(&eg__rsqrt_loop),
    .grad = rsqrt_grad,
    .known_as = {NULL, "math.rsqrt", NULL},
};

eg_tensor *eg_rsqrt(eg_tensor *x)
{
    return EG__APPLY(&eg_op_rsqrt, NULL, x);
}

static eg_status cbrt_grad(eg_backward *b)
{
    b->dx[0] = eg_div(eg__scale(b->dy[0], 1.0 / 3), eg_square(b->y[0]));
    return eg__done();
}

const eg_opdef eg_op_cbrt = {
    .name = "Cbrt",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__cbrt_loop),
    .grad = cbrt_grad,
    .known_as = {"cbrt", NULL, NULL},
};

eg_tensor *eg_cbrt(eg_tensor *x)
{
    return EG__APPLY(&eg_op_cbrt, NULL, x);
}

static eg_status erfc_grad(eg_backward *b)
{
    const double minus_two_over_root_pi = -1.1283791670955126;
    eg_tensor *bell = eg_exp(eg_neg(eg_square(b->x[0])));

    b->dx[0] = eg_mul(b->dy[0], eg__scale(bell, minus_two_over_root_pi));
    return eg__done();
}

const eg_opdef eg_op_erfc = {
    .name = "Erfc",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_same,
    .kernels = EG__KERNELS(&eg__erfc_loop),
    .grad = erfc_grad,
    .known_as = {NULL, "math.erfc", NULL},
};

eg_tensor *eg_erfc(eg_tensor *x)
{
    return EG__APPLY(&eg_op_erfc, NULL, x);
}

static eg_status pow_grad(eg_backward *b)
{
    eg_tensor *x = b->x[0], *y = b->x[1];
    eg_tensor *zero = eg__number_like(b->dy[0], 0), *one = eg__number_like(b->dy[0], 1);

    if (b->wanted[0]) {
        eg_tensor *base = eg_where(eg_equal(y, zero), one, x); /* x^0 is 1, whatever x */
        b->dx[0] = eg__unbroadcast(eg_mul(b->dy[0], eg_mul(y, eg_pow(base, eg_sub(y, one)))), x);
    }
    if (b->wanted[1]) {
        bool is_complex = eg__is_complex(eg_dtype_of(x));
        eg_tensor *base = is_complex ? eg_where(eg_equal(x, zero), one, x)
                                     : eg_where(eg_greater(x, zero), x, one);
        b->dx[1] = eg__unbroadcast(eg_mul(b->dy[0], eg_mul(b->y[0], eg_log(base))), y);
    }
    return eg__done();
}

const eg_opdef eg_op_pow = {
    .name = "Pow",
    .in = {"x", "y"},
    .types = {EG__FLOATING, EG__FLOATING},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__HOLOMORPHIC,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__pow_loop, &eg__complex_pow_loop),
    .grad = pow_grad,
    .known_as = {"power", "math.pow", "Pow"},
};

/* Powers of whole numbers: apart from those of real ones, since they can fail. */
const eg_opdef eg_op_whole_pow = {
    .name = "WholePow",
    .in = {"x", "y"},
    .types = {EG__INTS, EG__INTS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__CONSTANT | EG__MAY_FAIL,
    .infer = eg__infer_broadcast,
    .kernels = EG__KERNELS(&eg__whole_pow_kernel),
    .known_as = {"power", "math.pow", "Pow"},
};

eg_tensor *eg_pow(eg_tensor *x, eg_tensor *y)
{
    bool whole = eg__is_kind(x, EG__INTS) && eg__is_kind(y, EG__INTS);
    return EG__APPLY(whole ? &eg_op_whole_pow : &eg_op_pow, NULL, x, y);
}

static eg_status hypot_grad(eg_backward *b)
{
    eg_tensor *zero = eg__number_like(b->dy[0], 0), *one = eg__number_like(b->dy[0], 1);
    eg_tensor *slope = eg_div(b->dy[0], eg_where(eg_equal(b->y[0], zero), one, b->y[0]));

    for (int i = 0; i < 2; i++)
        if (b->wanted[i])
            b->dx[i] = eg__unbroadcast(eg_mul(slope, b->x[i]), b->x[i]);
    return eg__done();
}

const eg_opdef eg_op_hypot = {
    .name = "Hypot",
    .in = {"x", "y"},
    .types = {EG__REALS, EG__REALS},
    .promote = 3,
    .traits = EG__ELEMENTWISE,
    .infer = eg__infer_broadcast,
    .flops_each = 4,
    .kernels = EG__KERNELS(&eg__hypot_loop),
    .grad = hypot_grad,
    .known_as = {"hypot", NULL, NULL},
};

eg_tensor *eg_hypot(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_hypot, NULL, x, y);
}

static eg_status logaddexp_grad(eg_backward *b)
{
    eg_tensor *apart = eg_sub(b->x[0], b->x[1]);
    eg_tensor *same = eg_logical_and(eg_equal(b->x[0], b->x[1]), eg_isnan(apart));
    eg_tensor *share = eg_sigmoid(eg_where(same, eg__number_like(b->dy[0], 0), apart));

    if (b->wanted[0])
        b->dx[0] = eg__unbroadcast(eg_mul(b->dy[0], share), b->x[0]);
    if (b->wanted[1])
        b->dx[1] = eg__unbroadcast(eg_mul(b->dy[0], eg__one_minus(share)), b->x[1]);
    return eg__done();
}

const eg_opdef eg_op_logaddexp = {
    .name = "LogAddExp",
    .in = {"x", "y"},
    .types = {EG__REALS, EG__REALS},
    .promote = 3,
    .traits = EG__ELEMENTWISE | EG__COMMUTES,
    .infer = eg__infer_broadcast,
    .flops_each = 4,
    .kernels = EG__KERNELS(&eg__logaddexp_loop),
    .grad = logaddexp_grad,
    .known_as = {"logaddexp", NULL, NULL},
};

eg_tensor *eg_logaddexp(eg_tensor *x, eg_tensor *y)
{
    return EG__APPLY(&eg_op_logaddexp, NULL, x, y);
}

eg_tensor *eg_reciprocal(eg_tensor *x)
{
    return x ? eg_div(eg__number_like(x, 1), x) : eg_div(x, x);
}

eg_tensor *eg_squared_difference(eg_tensor *x, eg_tensor *y)
{
    return eg_square(eg_sub(x, y));
}
