/* Quantizing. Scales and zeros broadcast; lists of them are brought to their axis first.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/quantize.h"
#include "base/attrs.h"
#include "base/error.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include <eagre/grad.h>

/* ---- the operations ------------------------------------------------------------------------- */

static bool is_whole(eg_dtype dtype)
{
    const eg__dtype_info *d = eg__dtype(dtype);
    return d->kind == EG__INTEGER && d->size <= 4;
}

static bool is_real(eg_dtype dtype)
{
    return dtype == EG_FLOAT32 || dtype == EG_FLOAT64;
}

/* The result has x's shape, to which scale and zero broadcast. */
static eg_status infer(eg_shapes *s, eg_dtype dtype)
{
    const eg_spec *x = s->in[0];
    eg_spec all = *x;

    if (!is_real(s->in[1]->dtype) || !is_whole(s->in[2]->dtype))
        return eg__shape_error(s,
            "real numbers are float32 or float64 here, whole ones have 32 bits "
            "at most: eg_cast them");
    for (int i = 1; i < 3; i++)
        if (!eg__broadcast_shape(&all, s->in[i]) || !eg__same_shape(&all, x))
            return eg__shape_error(s,
                "%s has neither one number, nor one for each element along the axis, nor a shape "
                "that broadcasts to %s",
                s->op->in[i], s->op->in[0]);
    *s->out[0] = *x;
    s->out[0]->dtype = dtype;
    return eg__infer_size(s, s->out[0]);
}

static eg_status quantize_infer(eg_shapes *s)
{
    return infer(s, s->in[2]->dtype);
}

static eg_status dequantize_infer(eg_shapes *s)
{
    if (s->in[2]->dtype != s->in[0]->dtype)
        return eg__shape_error(s, "zero has not the dtype of q");
    return infer(s, s->in[1]->dtype);
}

static eg_status dequantize_grad(eg_backward *b)
{
    eg_tensor *one = eg__number_like(b->x[1], 1);

    if (b->wanted[1]) {
        eg_tensor *number = EG__APPLY(&eg_op_dequantize, NULL, b->x[0], one, b->x[2]);
        b->dx[1] = eg__unbroadcast(eg_mul(b->dy[0], number), b->x[1]);
    }
    return eg__done();
}

/* A quotient and its rounding. */
static double quantize_flops(const eg_problem *p)
{
    return 2 * (double)p->in[0]->size;
}

const eg_opdef eg_op_quantize = {
    .name = "Quantize",
    .in = {"x", "scale", "zero"},
    .types = {EG__REALS, EG__REALS, EG__INTS},
    .promote = 3,
    .traits = EG__CONSTANT,
    .infer = quantize_infer,
    .flops = quantize_flops,
    .kernels = EG__KERNELS(&eg__quantize_kernel),
    .known_as = {NULL, "quantization.quantize", "QuantizeLinear"},
};

const eg_opdef eg_op_dequantize = {
    .name = "Dequantize",
    .in = {"q", "scale", "zero"},
    .types = {EG__INTS, EG__REALS, EG__INTS},
    .infer = dequantize_infer,
    .flops_each = 1,
    .kernels = EG__KERNELS(&eg__dequantize_kernel),
    .grad = dequantize_grad,
    .known_as = {NULL, "quantization.dequantize", "DequantizeLinear"},
};

/* ---- axes and dtypes ------------------------------------------------------------------------ */

/* A list of one number for each element along an axis in a shape that broadcasts along it. */
static eg_tensor *along(const char *op, eg_tensor *list, const eg_tensor *x, int axis)
{
    int64_t dims[EG_MAX_RANK];

    if (eg_rank(list) != 1 || (eg_size(list) != 1 && !eg__axis_of(op, &axis, eg_rank(x))))
        return list;
    if (eg_size(list) == 1)
        return eg_reshape(list, 0, NULL);
    for (int i = 0; i < eg_rank(x); i++)
        dims[i] = i == axis ? eg_size(list) : 1;
    return eg_reshape(list, eg_rank(x), dims);
}

static eg_tensor *wide(eg_tensor *x)
{
    return x && eg__dtype(eg_dtype_of(x))->is_half ? eg_cast(x, EG_FLOAT32) : x;
}

/* Scale and zero as the operations take them; false, reported, where an argument is no tensor. */
static bool prepare(const char *op, const eg_tensor *x, eg_tensor **scale, eg_tensor **zero,
    const eg_quantize_attrs *attrs)
{
    eg_quantize_attrs full;

    if (!eg__is_tensor(op, x) || !eg__is_tensor(op, *scale) || !eg__is_tensor(op, *zero) ||
        !eg__attrs_complete(&full, sizeof full, attrs, op))
        return false;
    if (full.dtype != EG_NO_DTYPE && eg__is_kind(*zero, EG__INTS))
        *zero = eg_cast(*zero, full.dtype);
    *scale = along(op, wide(*scale), x, full.axis);
    *zero = along(op, *zero, x, full.axis);
    return !eg__me.failed;
}

eg_tensor *eg_quantize_with(eg_tensor *x, eg_tensor *scale, eg_tensor *zero,
    const eg_quantize_attrs *attrs)
{
    if (!prepare("eg_quantize", x, &scale, &zero, attrs))
        return NULL;
    return EG__APPLY(&eg_op_quantize, NULL, wide(x), scale, zero);
}

eg_tensor *eg_quantize(eg_tensor *x, eg_tensor *scale, eg_tensor *zero)
{
    return eg_quantize_with(x, scale, zero, NULL);
}

eg_tensor *eg_dequantize_with(eg_tensor *q, eg_tensor *scale, eg_tensor *zero,
    const eg_quantize_attrs *attrs)
{
    eg_dtype dtype = eg_dtype_of(scale);

    if (!prepare("eg_dequantize", q, &scale, &zero, attrs))
        return NULL;
    eg_tensor *x = EG__APPLY(&eg_op_dequantize, NULL, q, scale, zero);
    return eg_dtype_of(scale) == dtype ? x : eg_cast(x, dtype);
}

eg_tensor *eg_dequantize(eg_tensor *q, eg_tensor *scale, eg_tensor *zero)
{
    return eg_dequantize_with(q, scale, zero, NULL);
}

/* ---- made of them --------------------------------------------------------------------------- */

eg_tensor *eg_dynamic_quantize(eg_tensor *x)
{
    if (!eg__is_tensor("eg_dynamic_quantize", x))
        return NULL;
    if (eg_dtype_of(x) != EG_FLOAT32) {
        eg__fail(EG_INVALID, "eg_dynamic_quantize", "x is %s, but it takes float32: eg_cast it",
            eg_dtype_name(eg_dtype_of(x)));
        return NULL;
    }
    eg_tensor *none = eg__number_like(x, 0), *steps = eg__number_like(x, 255);
    eg_tensor *above = eg_size(x) > 0 ? eg_maximum(eg_max(x), none) : none;
    eg_tensor *below = eg_size(x) > 0 ? eg_minimum(eg_min(x), none) : none;
    eg_tensor *range = eg_sub(above, below);
    range = eg_where(eg_equal(range, none), eg__number_like(x, 1), range);
    eg_tensor *scale = eg_div(range, steps), *byte = eg_scalar_int(EG_UINT8, 0);
    eg_tensor *zero = eg_quantize(eg_neg(below), scale, byte);
    return eg_tuple_of(3, (eg_tensor *[]){eg_quantize(x, scale, zero), scale, zero});
}

/* A number that is `value`, with the gradient of `like`, which is finite. */
static eg_tensor *with_gradient_of(eg_tensor *like, eg_tensor *value)
{
    return eg_add(eg_sub(like, eg_stop_gradient(like)), eg_stop_gradient(value));
}

eg_tensor *eg_fake_quantize_with(eg_tensor *x, eg_tensor *scale, eg_tensor *zero,
    const eg_quantize_attrs *attrs)
{
    if (!prepare("eg_fake_quantize", x, &scale, &zero, attrs))
        return NULL;
    eg_dtype whole = eg_dtype_of(zero), dtype = eg_dtype_of(x);
    if (!eg__is_kind(x, EG__REALS) || !is_whole(whole)) {
        eg__fail(EG_INVALID, "eg_fake_quantize",
            "x is %s and zero %s, but it takes floating point and whole numbers of 32 bits at "
            "most: "
            "eg_cast them",
            eg_dtype_name(dtype), eg_dtype_name(whole));
        return NULL;
    }
    int bits = 8 * (int)eg__dtype(whole)->size;
    bool has_sign = !eg__dtype(whole)->is_unsigned;
    double low = has_sign ? -(double)(INT64_C(1) << (bits - 1)) : 0;
    double high = (double)((INT64_C(1) << (has_sign ? bits - 1 : bits)) - 1);
    eg_tensor *number = eg_div(wide(x), scale), *from = eg_cast(zero, eg_dtype_of(number));
    number = eg_clip(number, eg_sub(eg__number_like(from, low), from),
        eg_sub(eg__number_like(from, high), from));
    return eg_cast(eg_mul(with_gradient_of(number, eg_round(number)), scale), dtype);
}

eg_tensor *eg_fake_quantize(eg_tensor *x, eg_tensor *scale, eg_tensor *zero)
{
    return eg_fake_quantize_with(x, scale, zero, NULL);
}

/* What stands for 0 in rows is a list for eg_matmul_integer. */
static eg_tensor *flat(eg_tensor *zero)
{
    return zero && eg_rank(zero) > 0 ? eg_reshape(zero, 1, (int64_t[]){-1}) : zero;
}

eg_tensor *eg_qlinear_matmul(const eg_quantized *a, const eg_quantized *b, eg_tensor *scale,
    eg_tensor *zero)
{
    if (!a || !b || !eg__is_tensor("eg_qlinear_matmul", a->scale) ||
        !eg__is_tensor("eg_qlinear_matmul", b->scale)) {
        if (!eg__me.failed)
            eg__fail(EG_INVALID, "eg_qlinear_matmul", "a or b is NULL");
        return NULL;
    }
    eg_tensor *sum = eg_matmul_integer(a->q, b->q, flat(a->zero), flat(b->zero));
    eg_tensor *unit = eg_mul(a->scale, b->scale);
    return eg_quantize(eg_mul(eg_cast(sum, eg_dtype_of(unit)), unit), scale, zero);
}
