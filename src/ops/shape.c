/* The same elements under another shape, in another order, repeated.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/move.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include <eagre/variable.h>

static const eg_attr dims_fields[] = {EG__ATTR(eg__dims_attrs, INDEX, dims), {0}};

/* A list of sizes as attributes; false, reported, where it cannot be one. */
static bool take_dims(eg__dims_attrs *attrs, const char *op, int rank, const int64_t dims[])
{
    *attrs = (eg__dims_attrs){.size = sizeof *attrs};
    if (eg__me.failed)
        return false;
    if (rank < 0 || rank > EG_MAX_RANK || (rank > 0 && !dims)) {
        eg__fail(EG_INVALID, op,
            dims || rank <= 0 ? "the rank is %d; it must be 0 to 8"
                              : "the rank is %d but dims is NULL",
            rank);
        return false;
    }
    attrs->dims.n = rank;
    for (int i = 0; i < rank; i++)
        attrs->dims.at[i] = dims[i];
    return true;
}

/* ---- reshape -------------------------------------------------------------------------------- */

static eg_status reshape_infer(eg_shapes *s)
{
    const eg_index *dims = &((const eg__dims_attrs *)s->attrs)->dims;
    const eg_spec *x = s->in[0];
    eg_spec *out = s->out[0];
    int open = -1;
    int64_t known = 1;

    *out = (eg_spec){.dtype = x->dtype, .rank = dims->n};
    for (int i = 0; i < dims->n; i++) {
        out->dims[i] = dims->at[i];
        if (dims->at[i] == -1 && open < 0)
            open = i;
        else if (dims->at[i] < 0 || __builtin_mul_overflow(known, dims->at[i], &known))
            return eg__shape_error(s, "size %lld of axis %d is not possible%s",
                (long long)dims->at[i], i, dims->at[i] == -1 ? "; only one may be -1" : "");
    }
    if (open >= 0)
        out->dims[open] = known > 0 ? x->size / known : 0;
    if (open >= 0 ? known == 0 || known * out->dims[open] != x->size : known != x->size) {
        char text[EG__SPEC_TEXT];
        return eg__shape_error(s, "cannot become %s: the number of elements differs",
            eg__shape_text(out, text));
    }
    return eg__infer_size(s, out);
}

static eg_status reshape_grad(eg_backward *b)
{
    b->dx[0] = eg__reshape_like(b->dy[0], b->x[0]);
    return eg__done();
}

const eg_opdef eg_op_reshape = {
    .name = "Reshape",
    .in = {"x"},
    .traits = EG__VIEW | EG__LINEAR,
    .attrs = dims_fields,
    .attrs_size = sizeof(eg__dims_attrs),
    .infer = reshape_infer,
    .grad = reshape_grad,
    .known_as = {"reshape", "reshape", "Reshape"},
};

eg_tensor *eg_reshape(eg_tensor *x, int rank, const int64_t dims[])
{
    eg__dims_attrs attrs;
    return take_dims(&attrs, "Reshape", rank, dims) ? EG__APPLY(&eg_op_reshape, &attrs, x) : NULL;
}

eg_tensor *eg_expand_dims(eg_tensor *x, int axis)
{
    int rank = eg_rank(x) + 1, at = axis;
    eg__size dims[EG_MAX_RANK + 1];

    if (eg__me.failed)
        return NULL;
    if (!eg__axis_ok(&at, rank) || rank > EG_MAX_RANK)
        return eg__fail_null(EG_INVALID, "eg_expand_dims",
            "there is no place %d for an axis in a "
            "tensor of rank %d",
            axis, rank - 1);
    for (int i = 0; i < rank; i++)
        dims[i] = i == at ? eg__size_plain(1) : eg__size_at(x, i - (i > at));
    return eg__reshape(x, rank, dims);
}

eg_tensor *eg_squeeze(eg_tensor *x, int axis)
{
    int rank = eg_rank(x), at = axis;
    eg__size dims[EG_MAX_RANK];

    if (eg__me.failed || !x)
        return eg_reshape(x, 0, NULL);
    if (!eg__axis_ok(&at, rank) || !eg__size_is(eg__size_at(x, at), 1))
        return eg__fail_null(EG_INVALID, "eg_squeeze",
            "axis %d of a tensor of rank %d has size "
            "%lld, not 1",
            axis, rank, (long long)eg_dim(x, axis));
    for (int i = 0; i < rank - 1; i++)
        dims[i] = eg__size_at(x, i + (i >= at));
    return eg__reshape(x, rank - 1, dims);
}

/* ---- transpose ------------------------------------------------------------------------------ */

static const eg_attr transpose_fields[] = {EG__ATTR(eg_transpose_attrs, AXES, axes), {0}};

static eg_status transpose_infer(eg_shapes *s)
{
    const eg_axes *axes = &((const eg_transpose_attrs *)s->attrs)->axes;
    const eg_spec *x = s->in[0];
    unsigned seen = 0;

    *s->out[0] = *x;
    if (axes->n > 0 && axes->n != x->rank)
        return eg__shape_error(s, "%d axes are named; all must be, each once", axes->n);
    for (int i = 0; i < x->rank; i++) {
        int axis = axes->n > 0 ? axes->axis[i] : x->rank - 1 - i;
        if (eg__infer_axis(s, &axis, x->rank) != EG_OK)
            return EG_INVALID;
        if (seen >> axis & 1)
            return eg__shape_error(s, "axis %d is named twice", axis);
        seen |= 1u << axis;
        s->out[0]->dims[i] = x->dims[axis];
    }
    return EG_OK;
}

static eg_status transpose_grad(eg_backward *b)
{
    const eg_axes *axes = &((const eg_transpose_attrs *)b->attrs)->axes;
    eg_transpose_attrs back = {.size = sizeof back, .axes = {.n = axes->n}};
    int rank = eg_rank(b->x[0]);

    for (int i = 0; i < axes->n; i++)
        back.axes.axis[axes->axis[i] + (axes->axis[i] < 0 ? rank : 0)] = i;
    b->dx[0] = eg_transpose_with(b->dy[0], &back);
    return eg__done();
}

const eg_opdef eg_op_transpose = {
    .name = "Transpose",
    .in = {"x"},
    .traits = EG__LINEAR | EG__NO_FLOPS,
    .attrs = transpose_fields,
    .attrs_size = sizeof(eg_transpose_attrs),
    .infer = transpose_infer,
    .kernels = EG__KERNELS(&eg__transpose_kernel),
    .grad = transpose_grad,
    .known_as = {"permute_dims", "transpose", "Transpose"},
};

eg_tensor *eg_transpose_with(eg_tensor *x, const eg_transpose_attrs *attrs)
{
    return EG__APPLY(&eg_op_transpose, attrs, x);
}

eg_tensor *eg_transpose(eg_tensor *x)
{
    return eg_transpose_with(x, NULL);
}

/* ---- broadcast_to --------------------------------------------------------------------------- */

static eg_status broadcast_to_infer(eg_shapes *s)
{
    const eg_index *dims = &((const eg__dims_attrs *)s->attrs)->dims;
    eg_spec *out = s->out[0];

    if (eg__spec_set(out, s->op->name, s->in[0]->dtype, dims->n, dims->at) != EG_OK)
        return EG_INVALID;
    eg_spec wide = *out;
    if (!eg__broadcast_shape(&wide, s->in[0]) || !eg__same_shape(&wide, out)) {
        char text[EG__SPEC_TEXT];
        return eg__shape_error(s,
            "does not broadcast to %s; sizes must agree or be 1, counted "
            "from the last axis",
            eg__shape_text(out, text));
    }
    return EG_OK;
}

static eg_status broadcast_to_grad(eg_backward *b)
{
    b->dx[0] = eg__unbroadcast(b->dy[0], b->x[0]);
    return eg__done();
}

const eg_opdef eg_op_broadcast_to = {
    .name = "BroadcastTo",
    .in = {"x"},
    .traits = EG__LINEAR | EG__NO_FLOPS,
    .attrs = dims_fields,
    .attrs_size = sizeof(eg__dims_attrs),
    .infer = broadcast_to_infer,
    .kernels = EG__KERNELS(&eg__broadcast_to_kernel),
    .grad = broadcast_to_grad,
    .known_as = {"broadcast_to", "broadcast_to", "Expand"},
};

eg_tensor *eg_broadcast_to(eg_tensor *x, int rank, const int64_t dims[])
{
    eg__dims_attrs attrs;

    if (!take_dims(&attrs, "BroadcastTo", rank, dims))
        return NULL;
    return EG__APPLY(&eg_op_broadcast_to, &attrs, x);
}

/* ---- filled arrays -------------------------------------------------------------------------- */

eg_tensor *eg_zeros(eg_dtype dtype, int rank, const int64_t dims[])
{
    return eg_broadcast_to(eg__zero_scalar(dtype), rank, dims);
}

eg_tensor *eg_ones(eg_dtype dtype, int rank, const int64_t dims[])
{
    return eg_broadcast_to(eg_scalar_int(dtype, 1), rank, dims);
}

eg_tensor *eg_full(eg_tensor *value, int rank, const int64_t dims[])
{
    if (value && eg_rank(value) > 0 && !eg__me.failed)
        return eg__fail_null(EG_INVALID, "eg_full", "the value has rank %d; it must be one number",
            eg_rank(value));
    return eg_broadcast_to(value, rank, dims);
}

static eg_tensor *number_in_shape_of(const char *op, const eg_tensor *x, int64_t number)
{
    if (eg__me.failed)
        return NULL;
    if (eg_dtype_of(x) == EG_NO_DTYPE)
        return eg__fail_null(EG_INVALID, op, "x is %s", x ? "no tensor" : "NULL");
    return eg__full_like(x, number);
}

eg_tensor *eg_zeros_like(eg_tensor *x)
{
    return number_in_shape_of("eg_zeros_like", x, 0);
}

eg_tensor *eg_ones_like(eg_tensor *x)
{
    return number_in_shape_of("eg_ones_like", x, 1);
}

eg_tensor *eg_size_of(eg_tensor *x, int axis)
{
    if (!eg__has_axis("eg_size_of", x, &axis))
        return NULL;
    return eg__size_scalar(EG_INT64, eg__size_at(x, axis), 0, 0);
}

static const eg_attr range_fields[] = {EG__ATTR(eg__range_attrs, INT64, n), {0}};

static eg_status range_infer(eg_shapes *s)
{
    const eg__range_attrs *attrs = s->attrs;
    return eg__spec_set(s->out[0], s->op->name, EG_INT64, 1, &attrs->n);
}

const eg_opdef eg_op_range = {
    .name = "Range",
    .traits = EG__CONSTANT | EG__NO_FLOPS,
    .attrs = range_fields,
    .attrs_size = sizeof(eg__range_attrs),
    .infer = range_infer,
    .kernels = EG__KERNELS(&eg__range_kernel),
    .known_as = {"arange", "range", "Range"},
};

eg_tensor *eg_range(int64_t n)
{
    eg__range_attrs attrs = {sizeof attrs, n};
    return eg_apply(&eg_op_range, &attrs, 0, (eg_tensor *[]){NULL});
}

/* ---- identity, stop_gradient ---------------------------------------------------------------- */

static eg_status identity_grad(eg_backward *b)
{
    b->dx[0] = b->dy[0];
    return eg__done();
}

const eg_opdef eg_op_identity = {
    .name = "Identity",
    .in = {"x"},
    .traits = EG__VIEW | EG__ELEMENTWISE | EG__LINEAR,
    .infer = eg__infer_same,
    .grad = identity_grad,
    .known_as = {NULL, "identity", "Identity"},
};

eg_tensor *eg_identity(eg_tensor *x)
{
    return EG__APPLY(&eg_op_identity, NULL, x);
}

eg_tensor *eg_value(eg_tensor *variable)
{
    if (eg__me.failed)
        return NULL;
    if (!variable || variable->kind != EG__VARIABLE)
        return eg__fail_null(EG_INVALID, "eg_value", "%s",
            variable ? "it is no variable" : "variable is NULL");
    return eg_identity(variable);
}

const eg_opdef eg_op_stop_gradient = {
    .name = "StopGradient",
    .in = {"x"},
    .traits = EG__VIEW | EG__ELEMENTWISE | EG__CONSTANT,
    .no_gradient = "it is there to stop gradients",
    .infer = eg__infer_same,
    .known_as = {NULL, "stop_gradient", NULL},
};

eg_tensor *eg_stop_gradient(eg_tensor *x)
{
    return EG__APPLY(&eg_op_stop_gradient, NULL, x);
}
