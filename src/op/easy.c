/* What the macros of easy.h call: noting the place, turning C numbers into tensors.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/tensor.h"
#include <eagre/easy.h>

/* A complex number beside `dtype`: of its precision where it is floating point. */
static eg_tensor *complex_number(eg_tensor *x, eg_dtype dtype)
{
    eg_dtype part = eg__is_floating(dtype) ? eg__part_of(dtype) : EG_FLOAT32;

    if (!x)
        return NULL;
    return (eg_scalar_pair)(eg__complex_of(eg__promote(EG_FLOAT32, part)),
        eg__element_pair(EG_COMPLEX128, x->data));
}

static eg_tensor *number(eg_arg x, eg_dtype dtype)
{
    if (x.kind == EG_ARG_COMPLEX)
        return complex_number(x.tensor, dtype);
    if (dtype == EG_NO_DTYPE) {
        eg_number n = {.real = x.kind == EG_ARG_REAL, .as_int = x.as_int};
        if (n.real)
            n.as_real = x.as_real;
        return (eg_constant_of)(1, &n);
    }
    return x.kind == EG_ARG_REAL ? (eg_scalar)(dtype, x.as_real) : (eg_scalar_int)(dtype, x.as_int);
}

bool eg_ready(const eg_site *at, int n, const eg_arg args[], eg_tensor *in[])
{
    eg_dtype dtype = EG_NO_DTYPE;

    eg__me.site = *at;
    for (int i = 0; i < n && dtype == EG_NO_DTYPE; i++)
        if (args[i].kind == EG_ARG_TENSOR)
            dtype = eg_dtype_of(args[i].tensor);
    for (int i = 0; i < n; i++)
        in[i] = args[i].kind == EG_ARG_TENSOR ? args[i].tensor : number(args[i], dtype);
    return !eg__me.failed;
}

eg_tensor *eg_ready1(const eg_site *at, eg_arg x)
{
    eg__me.site = *at;
    return x.kind == EG_ARG_TENSOR ? x.tensor : number(x, EG_NO_DTYPE);
}

eg_tensor *eg_do1(const eg_site *at, eg_tensor *(*op)(eg_tensor *), eg_arg x)
{
    return op(eg_ready1(at, x));
}

eg_tensor *eg_do2(const eg_site *at, eg_tensor *(*op)(eg_tensor *, eg_tensor *), eg_arg x, eg_arg y)
{
    if (EG_LIKELY(x.kind == EG_ARG_TENSOR && y.kind == EG_ARG_TENSOR)) {
        eg__me.site = *at;
        return op(x.tensor, y.tensor);
    }
    eg_tensor *in[2];
    return eg_ready(at, 2, (const eg_arg[]){x, y}, in) ? op(in[0], in[1]) : NULL;
}

eg_tensor *eg_do_apart(const eg_site *at, eg_tensor *(*op)(eg_tensor *, eg_tensor *), eg_arg x,
    eg_arg y)
{
    eg_tensor *first = eg_ready1(at, x);
    return op(first, eg_ready1(at, y));
}

eg_tensor *eg_do_beta(const eg_site *at, eg_arg key, eg_arg a, eg_arg b)
{
    eg_tensor *in[2], *first = eg_ready1(at, key);
    return eg_ready(at, 2, (const eg_arg[]){a, b}, in) ? (eg_beta)(first, in[0], in[1]) : NULL;
}

eg_tensor *eg_do_isclose(const eg_site *at,
    eg_tensor *(*op)(eg_tensor *, eg_tensor *, const eg_isclose_attrs *), eg_arg x, eg_arg y,
    const eg_isclose_attrs *o)
{
    eg_tensor *in[2];
    return eg_ready(at, 2, (const eg_arg[]){x, y}, in) ? op(in[0], in[1], o) : NULL;
}

eg_tensor *eg_do_interp(const eg_site *at, eg_arg x, eg_arg xp, eg_arg yp)
{
    eg_tensor *in[3];
    const eg_arg args[] = {x, xp, yp};
    return eg_ready(at, 3, args, in) ? (eg_interp)(in[0], in[1], in[2]) : NULL;
}

eg_tensor *eg_do_where(const eg_site *at, eg_arg condition, eg_arg x, eg_arg y)
{
    eg_tensor *in[2], *c = eg_ready1(at, condition);
    return eg_ready(at, 2, (const eg_arg[]){x, y}, in) ? (eg_where)(c, in[0], in[1]) : NULL;
}

eg_tensor *eg_do_clip(const eg_site *at, eg_arg x, eg_arg min, eg_arg max)
{
    eg_tensor *in[3];
    return eg_ready(at, 3, (const eg_arg[]){x, min, max}, in) ? (eg_clip)(in[0], in[1], in[2])
                                                              : NULL;
}

eg_tensor *eg_do_matmul(const eg_site *at, eg_arg a, eg_arg b, const eg_matmul_attrs *o)
{
    eg_tensor *in[2];

    if (!eg_ready(at, 2, (const eg_arg[]){a, b}, in))
        return NULL;
    return eg_matmul_with(in[0], in[1], o);
}

eg_tensor *eg_do_put_slice(const eg_site *at, eg_arg x, eg_arg part, const eg_put_slice_attrs *o)
{
    eg_tensor *in[2];

    if (!eg_ready(at, 2, (const eg_arg[]){x, part}, in))
        return NULL;
    return eg_put_slice_with(in[0], in[1], o);
}

eg_tensor *eg_do_triangular_solve(const eg_site *at, eg_arg a, eg_arg b,
    const eg_triangular_solve_attrs *o)
{
    eg_tensor *in[2];

    if (!eg_ready(at, 2, (const eg_arg[]){a, b}, in))
        return NULL;
    return eg_triangular_solve_with(in[0], in[1], o);
}

eg_tensor *eg_do_solve(const eg_site *at, eg_arg a, eg_arg b, const eg_solve_attrs *o)
{
    eg_tensor *in[2];

    if (!eg_ready(at, 2, (const eg_arg[]){a, b}, in))
        return NULL;
    return eg_solve_with(in[0], in[1], o);
}

eg_tensor *eg_do_gather(const eg_site *at, eg_arg x, eg_arg i, const eg_gather_attrs *o)
{
    eg_tensor *from = eg_ready1(at, x);
    return eg_gather_with(from, eg_ready1(at, i), o);
}

eg_tensor *eg_do_take(const eg_site *at, eg_arg x, eg_arg i, const eg_take_attrs *o)
{
    eg_tensor *from = eg_ready1(at, x);
    return eg_take_with(from, eg_ready1(at, i), o);
}

/* x and its updates share a dtype; the indices between them have their own. */
static bool ready_to_put(const eg_site *at, const eg_arg args[3], eg_tensor *in[3])
{
    eg_tensor *outer[2];

    in[1] = eg_ready1(at, args[1]);
    if (!eg_ready(at, 2, (const eg_arg[]){args[0], args[2]}, outer))
        return false;
    in[0] = outer[0];
    in[2] = outer[1];
    return true;
}

eg_tensor *eg_do_put(const eg_site *at,
    eg_tensor *(*op)(eg_tensor *, eg_tensor *, eg_tensor *, const eg_scatter_attrs *),
    const eg_arg args[3], const eg_scatter_attrs *o)
{
    eg_tensor *in[3];
    return ready_to_put(at, args, in) ? op(in[0], in[1], in[2], o) : NULL;
}

eg_tensor *eg_do_put_nd(const eg_site *at, eg_tensor *(*op)(eg_tensor *, eg_tensor *, eg_tensor *),
    const eg_arg args[3])
{
    eg_tensor *in[3];
    return ready_to_put(at, args, in) ? op(in[0], in[1], in[2]) : NULL;
}

eg_tensor *eg_do_put_along(const eg_site *at, const eg_arg args[3], eg_scatter_how how, int axis)
{
    eg_tensor *in[3];
    return ready_to_put(at, args, in) ? (eg_put_along_axis)(in[0], in[1], in[2], how, axis) : NULL;
}

eg_tensor *eg_do_pick(const eg_site *at, eg_arg x, eg_arg v, eg_scatter_how how, int n,
    const eg_pick picks[])
{
    eg_tensor *in[2];
    return eg_ready(at, 2, (const eg_arg[]){x, v}, in) ? eg_put_with(in[0], in[1], how, n, picks)
                                                       : NULL;
}

eg_tensor *eg_do_scatter(const eg_site *at, eg_arg i, eg_arg x, int64_t n, int axis)
{
    eg_tensor *indices = eg_ready1(at, i);
    return (eg_scatter_add)(indices, eg_ready1(at, x), n, axis);
}

eg_tensor *eg_do_add_along(const eg_site *at, eg_arg i, eg_arg x, int64_t n)
{
    eg_tensor *indices = eg_ready1(at, i);
    return (eg_add_along)(indices, eg_ready1(at, x), n);
}

eg_tensor *eg_do_layer_norm(const eg_site *at, eg_arg x, eg_arg scale, eg_arg offset,
    const eg_layer_norm_attrs *o)
{
    eg_tensor *in[3];

    if (!eg_ready(at, 3, (const eg_arg[]){x, scale, offset}, in))
        return NULL;
    return eg_layer_norm_with(in[0], in[1], in[2], o);
}

eg_tensor *eg_do_rms_norm(const eg_site *at, eg_arg x, eg_arg scale, const eg_layer_norm_attrs *o)
{
    eg_tensor *in[2];
    return eg_ready(at, 2, (const eg_arg[]){x, scale}, in) ? eg_rms_norm_with(in[0], in[1], o)
                                                           : NULL;
}

eg_tensor *eg_do_loss(const eg_site *at,
    eg_tensor *(*op)(eg_tensor *, eg_tensor *, const eg_reduce_attrs *), eg_arg y, eg_arg target,
    const eg_reduce_attrs *o)
{
    eg_tensor *in[2];
    return eg_ready(at, 2, (const eg_arg[]){y, target}, in) ? op(in[0], in[1], o) : NULL;
}

eg_tensor *eg_do_conv(const eg_site *at,
    eg_tensor *(*op)(eg_tensor *, eg_tensor *, const eg_conv_attrs *), eg_arg a, eg_arg b,
    const eg_conv_attrs *o)
{
    eg_tensor *in[2];

    return eg_ready(at, 2, (const eg_arg[]){a, b}, in) ? op(in[0], in[1], o) : NULL;
}

eg_tensor *eg_do_list(const eg_site *at,
    eg_tensor *(*op)(int, eg_tensor *const[], const eg_concat_attrs *), int n, eg_tensor *const x[],
    const eg_concat_attrs *o)
{
    eg__me.site = *at;
    return op(n, x, o);
}

eg_tensor *eg_do_values(const eg_site *at, eg_dtype dtype, int64_t n, const void *data)
{
    eg__me.site = *at;
    return (eg_copy)(dtype, n > 1, &n, data);
}

eg_status eg_do_replace(const eg_site *at, eg_tensor **x, eg_arg y)
{
    eg__me.site = *at;
    eg_tensor *next = y.kind == EG_ARG_TENSOR ? y.tensor : number(y, x ? eg_dtype_of(*x) : 0);
    return (eg_replace)(x, next);
}

eg_status eg_do_assign(const eg_site *at, eg_status (*action)(eg_tensor *, eg_tensor *),
    eg_tensor *variable, eg_arg x)
{
    eg__me.site = *at;
    eg_tensor *value = x.kind == EG_ARG_TENSOR ? x.tensor : number(x, eg_dtype_of(variable));
    return action(variable, value);
}

bool eg_body_fits(const char *name, int n, int given)
{
    if (n != given)
        eg__fail(EG_INVALID, name, "it is a body of %d tensors and was given %d", n, given);
    return n == given;
}

eg_tensor *eg_do_quantize(const eg_site *at,
    eg_tensor *(*op)(eg_tensor *, eg_tensor *, eg_tensor *, const eg_quantize_attrs *), eg_arg x,
    eg_arg scale, eg_arg zero, const eg_quantize_attrs *o)
{
    eg_tensor *in[2], *from = eg_ready1(at, zero);
    return eg_ready(at, 2, (const eg_arg[]){x, scale}, in) ? op(in[0], in[1], from, o) : NULL;
}

eg_tensor *eg_do_dequantize(const eg_site *at, eg_arg q, eg_arg scale, eg_arg zero,
    const eg_quantize_attrs *o)
{
    eg_tensor *in[2], *by = eg_ready1(at, scale);
    return eg_ready(at, 2, (const eg_arg[]){q, zero}, in) ? eg_dequantize_with(in[0], by, in[1], o)
                                                          : NULL;
}

eg_tensor *eg_do_integer(const eg_site *at, eg_arg a, eg_arg b, eg_arg a_zero, eg_arg b_zero,
    const eg_conv_attrs *o)
{
    eg_tensor *x[2], *y[2];

    if (!eg_ready(at, 2, (const eg_arg[]){a, a_zero}, x) ||
        !eg_ready(at, 2, (const eg_arg[]){b, b_zero}, y))
        return NULL;
    return o ? eg_conv_integer_with(x[0], y[0], x[1], y[1], o)
             : (eg_matmul_integer)(x[0], y[0], x[1], y[1]);
}
