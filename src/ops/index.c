/* Elements by index.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/index.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include <string.h>

/* ---- gather, scatter_add -------------------------------------------------------------------- */

static const eg_attr gather_fields[] = {EG__ATTR(eg_gather_attrs, INT, axis), {0}};

/* x's shape with axis `axis` replaced by the shape of the indices. */
static eg_status gather_infer(eg_shapes *s)
{
    int axis = ((const eg_gather_attrs *)s->attrs)->axis;
    const eg_spec *x = s->in[0], *indices = s->in[1];
    eg_spec *out = s->out[0];

    if (eg__infer_axis(s, &axis, x->rank) != EG_OK)
        return EG_INVALID;
    if (x->rank - 1 + indices->rank > EG_MAX_RANK)
        return eg__shape_error(s, "the result would have more than %d axes", EG_MAX_RANK);
    *out = (eg_spec){.dtype = x->dtype};
    for (int i = 0; i < axis; i++)
        out->dims[out->rank++] = x->dims[i];
    for (int i = 0; i < indices->rank; i++)
        out->dims[out->rank++] = indices->dims[i];
    for (int i = axis + 1; i < x->rank; i++)
        out->dims[out->rank++] = x->dims[i];
    return eg__infer_size(s, out);
}

static int axis_of_gather(const eg_backward *b)
{
    int axis = ((const eg_gather_attrs *)b->attrs)->axis;
    return axis + (axis < 0 ? eg_rank(b->x[0]) : 0);
}

static eg_status gather_grad(eg_backward *b)
{
    int axis = axis_of_gather(b);

    if (b->wanted[0])
        b->dx[0] = eg__scatter_add(b->x[1], b->dy[0], eg__size_at(b->x[0], axis), axis);
    return eg__done();
}

static void gather_grad_rows(eg_backward *b, eg_tensor **places, eg_tensor **rows)
{
    const eg_tensor *x = b->x[0];
    eg__size dims[EG_MAX_RANK], n = eg__size_all(b->x[1]);

    if (axis_of_gather(b) != 0)
        return;
    int rank = eg__sizes_of(x, dims);
    dims[0] = n;
    *places = eg__reshape(eg_cast(b->x[1], EG_INT64), 1, &n);
    *rows = eg__reshape(b->dy[0], rank, dims);
}

const eg_opdef eg_op_gather = {
    .name = "Gather",
    .in = {"x", "indices"},
    .types = {0, EG__INTS},
    .traits = EG__MAY_FAIL | EG__LINEAR | EG__NO_FLOPS,
    .attrs = gather_fields,
    .attrs_size = sizeof(eg_gather_attrs),
    .infer = gather_infer,
    .kernels = EG__KERNELS(&eg__gather_kernel),
    .grad = gather_grad,
    .grad_rows = gather_grad_rows,
    .known_as = {"take", "gather", "Gather"},
};

eg_tensor *eg_gather_with(eg_tensor *x, eg_tensor *indices, const eg_gather_attrs *attrs)
{
    return EG__APPLY(&eg_op_gather, attrs, x, indices);
}

eg_tensor *eg_gather(eg_tensor *x, eg_tensor *indices)
{
    return eg_gather_with(x, indices, NULL);
}

static const eg_attr scatter_fields[] = {
    EG__ATTR(eg__scatter_attrs, INT, axis),
    EG__ATTR(eg__scatter_attrs, INT64, n),
    {0},
};

static eg_status scatter_add_infer(eg_shapes *s)
{
    const eg__scatter_attrs *attrs = s->attrs;
    const eg_spec *indices = s->in[0], *updates = s->in[1];
    int rank = updates->rank - indices->rank + 1, axis = attrs->axis;
    eg_spec *out = s->out[0];

    if (rank < 1 || rank > EG_MAX_RANK || attrs->n < 0)
        return eg__shape_error(s,
            rank < 1 ? "updates need at least the axes of the indices"
                     : "the result cannot have %d axes, or a size of %lld",
            rank, (long long)attrs->n);
    if (eg__infer_axis(s, &axis, rank) != EG_OK)
        return EG_INVALID;
    *out = (eg_spec){.dtype = updates->dtype, .rank = rank};
    for (int i = 0; i < rank; i++)
        out->dims[i] = i == axis ? attrs->n : updates->dims[i < axis ? i : i + indices->rank - 1];
    for (int i = 0; i < indices->rank; i++)
        if (updates->dims[axis + i] != indices->dims[i])
            return eg__shape_error(s, "updates must have the indices' shape from axis %d on", axis);
    return eg__infer_size(s, out);
}

static eg_status scatter_add_grad(eg_backward *b)
{
    const eg__scatter_attrs *attrs = b->attrs;
    eg_gather_attrs from = {sizeof from, attrs->axis};

    if (b->wanted[1])
        b->dx[1] = eg_gather_with(b->dy[0], b->x[0], &from);
    return eg__done();
}

const eg_opdef eg_op_scatter_add = {
    .name = "ScatterAdd",
    .in = {"indices", "updates"},
    .types = {EG__INTS, EG__NUMBERS},
    .traits = EG__MAY_FAIL | EG__LINEAR,
    .attrs = scatter_fields,
    .attrs_size = sizeof(eg__scatter_attrs),
    .infer = scatter_add_infer,
    .flops = eg__flops_updates,
    .kernels = EG__KERNELS(&eg__scatter_add_kernel),
    .grad = scatter_add_grad,
    .known_as = {NULL, "scatter_nd", NULL},
};

eg_tensor *eg__scatter_add(eg_tensor *indices, eg_tensor *updates, eg__size n, int axis)
{
    eg__scatter_attrs attrs = {sizeof attrs, axis, n.n};
    eg__size_patch patch = {offsetof(eg__scatter_attrs, n), n};
    eg_tensor *in[] = {indices, updates};

    return eg__apply_sized(&eg_op_scatter_add, &attrs, 2, in, 1, &patch);
}

eg_tensor *eg_scatter_add(eg_tensor *indices, eg_tensor *updates, int64_t n, int axis)
{
    return eg__scatter_add(indices, updates, eg__size_plain(n), axis);
}

/* ---- take_along, add_along ------------------------------------------------------------------ */

static bool rows_agree(const eg_spec *a, const eg_spec *b)
{
    if (a->rank != b->rank || a->rank == 0)
        return false;
    for (int i = 0; i < a->rank - 1; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

static eg_status take_along_infer(eg_shapes *s)
{
    if (!rows_agree(s->in[0], s->in[1]))
        return eg__shape_error(s,
            "the shapes must agree in all axes but the last, of which there "
            "must be one");
    *s->out[0] = *s->in[1];
    s->out[0]->dtype = s->in[0]->dtype;
    return eg__infer_size(s, s->out[0]);
}

static eg_status take_along_grad(eg_backward *b)
{
    if (b->wanted[0])
        b->dx[0] = eg__add_along(b->x[1], b->dy[0], eg__size_at(b->x[0], -1));
    return eg__done();
}

const eg_opdef eg_op_take_along = {
    .name = "TakeAlong",
    .in = {"x", "indices"},
    .types = {0, EG__INTS},
    .traits = EG__MAY_FAIL | EG__LINEAR | EG__NO_FLOPS,
    .infer = take_along_infer,
    .kernels = EG__KERNELS(&eg__take_along_kernel),
    .grad = take_along_grad,
    .known_as = {"take_along_axis", "gather", "GatherElements"},
};

eg_tensor *eg_take_along(eg_tensor *x, eg_tensor *indices)
{
    return EG__APPLY(&eg_op_take_along, NULL, x, indices);
}

static const eg_attr along_fields[] = {EG__ATTR(eg__along_attrs, INT64, n), {0}};

static eg_status add_along_infer(eg_shapes *s)
{
    const eg__along_attrs *attrs = s->attrs;
    eg_spec *out = s->out[0];

    if (!eg__same_shape(s->in[0], s->in[1]) || s->in[0]->rank == 0)
        return eg__shape_error(s, "indices and updates must have one shape, of rank 1 or more");
    if (attrs->n < 0)
        return eg__shape_error(s, "the result's last size %lld is negative", (long long)attrs->n);
    *out = *s->in[1];
    out->dims[out->rank - 1] = attrs->n;
    return eg__infer_size(s, out);
}

static eg_status add_along_grad(eg_backward *b)
{
    if (b->wanted[1])
        b->dx[1] = eg_take_along(b->dy[0], b->x[0]);
    return eg__done();
}

const eg_opdef eg_op_add_along = {
    .name = "AddAlong",
    .in = {"indices", "updates"},
    .types = {EG__INTS, EG__NUMBERS},
    .traits = EG__MAY_FAIL | EG__LINEAR,
    .attrs = along_fields,
    .attrs_size = sizeof(eg__along_attrs),
    .infer = add_along_infer,
    .flops = eg__flops_updates,
    .kernels = EG__KERNELS(&eg__add_along_kernel),
    .grad = add_along_grad,
    .known_as = {NULL, "tensor_scatter_nd_add", "ScatterElements"},
};

eg_tensor *eg__add_along(eg_tensor *indices, eg_tensor *updates, eg__size n)
{
    eg__along_attrs attrs = {sizeof attrs, n.n};
    eg__size_patch patch = {offsetof(eg__along_attrs, n), n};
    eg_tensor *in[] = {indices, updates};

    return eg__apply_sized(&eg_op_add_along, &attrs, 2, in, 1, &patch);
}

eg_tensor *eg_add_along(eg_tensor *indices, eg_tensor *updates, int64_t n)
{
    return eg__add_along(indices, updates, eg__size_plain(n));
}

/* ---- one_hot -------------------------------------------------------------------------------- */

static const eg_attr hot_fields[] = {
    EG__ATTR(eg__hot_attrs, INT64, depth),
    EG__ATTR(eg__hot_attrs, DTYPE, dtype),
    {0},
};

static eg_status one_hot_infer(eg_shapes *s)
{
    const eg__hot_attrs *attrs = s->attrs;
    eg_spec *out = s->out[0];

    if (s->in[0]->rank == EG_MAX_RANK || attrs->depth < 0 || eg__dtype(attrs->dtype)->size == 0)
        return eg__shape_error(s,
            "the depth %lld must not be negative, the rank below %d, the "
            "dtype a known one",
            (long long)attrs->depth, EG_MAX_RANK);
    *out = *s->in[0];
    out->dtype = attrs->dtype;
    out->dims[out->rank++] = attrs->depth;
    return eg__infer_size(s, out);
}

const eg_opdef eg_op_one_hot = {
    .name = "OneHot",
    .in = {"indices"},
    .types = {EG__INTS},
    .traits = EG__CONSTANT | EG__NO_FLOPS,
    .attrs = hot_fields,
    .attrs_size = sizeof(eg__hot_attrs),
    .infer = one_hot_infer,
    .kernels = EG__KERNELS(&eg__one_hot_kernel),
    .known_as = {NULL, "one_hot", "OneHot"},
};

eg_tensor *eg_one_hot_with(eg_tensor *indices, int64_t depth, const eg_one_hot_attrs *attrs)
{
    eg_one_hot_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, eg_op_one_hot.name))
        return NULL;
    eg__hot_attrs all = {sizeof all, depth, full.dtype ? full.dtype : EG_FLOAT32};
    return EG__APPLY(&eg_op_one_hot, &all, indices);
}

/* ---- top_k ---------------------------------------------------------------------------------- */

static const eg_attr top_fields[] = {EG__ATTR(eg__top_attrs, INT64, k), {0}};

static eg_status top_k_infer(eg_shapes *s)
{
    int64_t k = ((const eg__top_attrs *)s->attrs)->k;
    const eg_spec *x = s->in[0];
    eg_spec *values = s->out[0], *indices = s->out[1];

    if (x->rank == 0 || k < 0 || k > x->dims[x->rank - 1])
        return eg__shape_error(s, "k is %lld; it must be 0 to the size of the last axis",
            (long long)k);
    *values = *x;
    values->dims[x->rank - 1] = k;
    *indices = *values;
    indices->dtype = EG_INT64;
    return eg__infer_size(s, values) != EG_OK ? EG_INVALID : eg__infer_size(s, indices);
}

static eg_status top_k_grad(eg_backward *b)
{
    b->dx[0] = eg__add_along(b->y[1], b->dy[0], eg__size_at(b->x[0], -1));
    return eg__done();
}

const eg_opdef eg_op_top_k = {
    .name = "TopK",
    .in = {"x"},
    .n_out = 2,
    .types = {EG__NUMERIC},
    .traits = EG__NO_FLOPS,
    .attrs = top_fields,
    .attrs_size = sizeof(eg__top_attrs),
    .infer = top_k_infer,
    .kernels = EG__KERNELS(&eg__top_k_kernel),
    .grad = top_k_grad,
    .known_as = {NULL, "math.top_k", "TopK"},
};

eg_tensor *eg_top_k(eg_tensor *x, int64_t k)
{
    eg__top_attrs attrs = {sizeof attrs, k};
    return EG__APPLY(&eg_op_top_k, &attrs, x);
}
