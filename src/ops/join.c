/* Joining tensors and taking parts of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/move.h"
#include "base/attrs.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include <string.h>

/* ---- concat --------------------------------------------------------------------------------- */

static const char stack_name[] = "eg_stack";

static const eg_attr concat_fields[] = {EG__ATTR(eg_concat_attrs, INT, axis), {0}};

static bool agree_but_for(const eg_spec *a, const eg_spec *b, int axis)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (i != axis && a->dims[i] != b->dims[i])
            return false;
    return true;
}

static eg_status concat_infer(eg_shapes *s)
{
    int axis = ((const eg_concat_attrs *)s->attrs)->axis;
    eg_spec *out = s->out[0];

    *out = *s->in[0];
    if (eg__infer_axis(s, &axis, out->rank) != EG_OK)
        return EG_INVALID;
    for (int i = 1; i < s->n_in; i++) {
        if (!agree_but_for(out, s->in[i], axis))
            return eg__shape_error(s, "x[%d] differs in a size other than that of axis %d", i,
                axis);
        if (__builtin_add_overflow(out->dims[axis], s->in[i]->dims[axis], &out->dims[axis]))
            return eg__shape_error(s, "the sizes along axis %d add up beyond any memory", axis);
    }
    return eg__infer_size(s, out);
}

static eg_status concat_grad(eg_backward *b)
{
    int axis = ((const eg_concat_attrs *)b->attrs)->axis;
    int64_t at = 0;

    axis += axis < 0 ? eg_rank(b->dy[0]) : 0;
    for (int i = 0; i < b->n_in; i++) {
        eg_slice_attrs part = {.size = sizeof part};
        part.begin.n = part.count.n = axis + 1;
        for (int k = 0; k < axis; k++)
            part.count.at[k] = -1;
        part.begin.at[axis] = at;
        part.count.at[axis] = eg_dim(b->x[i], axis);
        at += eg_dim(b->x[i], axis);
        if (b->wanted[i])
            b->dx[i] = eg_slice_with(b->dy[0], &part);
    }
    return eg__done();
}

const eg_opdef eg_op_concat = {
    .name = "Concat",
    .in = {"x"},
    .variadic = true,
    .promote = 1,
    .traits = EG__LINEAR | EG__NO_FLOPS,
    .attrs = concat_fields,
    .attrs_size = sizeof(eg_concat_attrs),
    .infer = concat_infer,
    .kernels = EG__KERNELS(&eg__concat_kernel),
    .grad = concat_grad,
    .known_as = {"concat", "concat", "Concat"},
};

eg_tensor *eg_concat_with(int n, eg_tensor *const x[], const eg_concat_attrs *attrs)
{
    return eg_apply(&eg_op_concat, attrs, n, x);
}

/* Whether x[i] goes with those before it, whose dtypes have `common`. */
static bool stacks(eg_tensor *const x[], int i, eg_dtype *common)
{
    char a[EG__SPEC_TEXT], b[EG__SPEC_TEXT];
    const eg_dtype before = *common, own = eg_dtype_of(x[i]);

    *common = before == EG_NO_DTYPE ? own : eg__promote(before, own);
    if (own == EG_NO_DTYPE)
        eg__fail(EG_INVALID, stack_name, "x[%d] is %s", i, x[i] ? "no tensor" : "NULL");
    else if (!eg__shapes_agree(x[0], x[i]))
        eg__fail(EG_INVALID, stack_name, "x[%d] has the shape %s, x[0] %s; all must have one", i,
            eg__shape_text(&x[i]->spec, b), eg__shape_text(&x[0]->spec, a));
    else if (*common == EG_NO_DTYPE)
        eg__fail(EG_INVALID, stack_name, "x[%d] is %s, those before it %s; cast one of them", i,
            eg_dtype_name(own), eg_dtype_name(before));
    return !eg__me.failed;
}

eg_tensor *eg_stack_with(int n, eg_tensor *const x[], const eg_concat_attrs *attrs)
{
    eg_tensor *wide[EG__MAX_IN];
    eg_concat_attrs full;
    eg_dtype common = EG_NO_DTYPE;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, stack_name))
        return NULL;
    if (!x || n < 1 || n > EG__MAX_IN)
        return eg__fail_null(EG_INVALID, stack_name, "%d tensors; it takes 1 to %d", x ? n : 0,
            EG__MAX_IN);
    for (int i = 0; i < n; i++)
        if (!stacks(x, i, &common))
            return NULL;
    if (!eg__axis_of(stack_name, &full.axis, eg_rank(x[0]) + 1))
        return NULL;
    for (int i = 0; i < n; i++)
        wide[i] = eg_expand_dims(x[i], full.axis);
    return eg_concat_with(n, wide, &full);
}

/* ---- slice ---------------------------------------------------------------------------------- */

static const eg_attr slice_fields[] = {
    EG__ATTR(eg_slice_attrs, INDEX, begin),
    EG__ATTR(eg_slice_attrs, INDEX, count),
    EG__ATTR(eg_slice_attrs, INDEX, step),
    {0},
};

/* How many elements a slice takes along an axis; -1 where it does not fit. */
static int64_t slice_count(const eg_slice_attrs *attrs, int axis, int64_t size)
{
    int64_t begin = eg__slice_begin(attrs, axis, size), step = eg__slice_step(attrs, axis);
    int64_t count = axis < attrs->count.n ? attrs->count.at[axis] : -1;
    int64_t last = step < 0 ? size - 1 : size; /* where it may begin */

    if (step == 0 || begin > last || begin < last - size || count < -1)
        return -1;
    int64_t most = eg__slice_most(begin, step, size);
    return count == -1 ? most : count <= most ? count : -1;
}

static eg_status slice_infer(eg_shapes *s)
{
    const eg_slice_attrs *attrs = s->attrs;
    const eg_spec *x = s->in[0];
    eg_spec *out = s->out[0];

    *out = *x;
    if (attrs->begin.n > x->rank || attrs->count.n > x->rank || attrs->step.n > x->rank)
        return eg__shape_error(s, "more positions are given than there are axes");
    for (int i = 0; i < x->rank; i++) {
        out->dims[i] = slice_count(attrs, i, x->dims[i]);
        if (out->dims[i] < 0)
            return eg__shape_error(s,
                "the part from %lld, %lld elements, step %lld, is not inside "
                "axis %d",
                (long long)(i < attrs->begin.n ? attrs->begin.at[i] : 0),
                (long long)(i < attrs->count.n ? attrs->count.at[i] : -1),
                (long long)eg__slice_step(attrs, i), i);
    }
    return eg__infer_size(s, out);
}

static eg_status slice_grad(eg_backward *b)
{
    const eg_slice_attrs *attrs = b->attrs;
    eg_tensor *x = b->x[0];
    eg__unslice_attrs back = {.size = sizeof back};
    eg__size_patch patches[EG_MAX_RANK];

    back.begin.n = back.step.n = back.dims.n = eg_rank(x);
    for (int i = 0; i < eg_rank(x); i++) {
        eg__size size = eg__size_at(x, i);
        bool from_end = eg__slice_begin(attrs, i, 0) < 0;
        int64_t begin = eg__slice_begin(attrs, i, from_end ? eg__size_look(size) : 0);
        back.begin.at[i] = begin < 0 ? 0 : begin; /* nothing is taken before the first element */
        back.step.at[i] = eg__slice_step(attrs, i);
        back.dims.at[i] = size.n;
        patches[i] = EG__SIZED(eg__unslice_attrs, dims, i, size);
    }
    b->dx[0] = eg__apply_sized(&eg_op_unslice, &back, 1, b->dy, eg_rank(x), patches);
    return eg__done();
}

const eg_opdef eg_op_slice = {
    .name = "Slice",
    .in = {"x"},
    .traits = EG__LINEAR | EG__NO_FLOPS,
    .attrs = slice_fields,
    .attrs_size = sizeof(eg_slice_attrs),
    .infer = slice_infer,
    .kernels = EG__KERNELS(&eg__slice_kernel),
    .grad = slice_grad,
    .known_as = {NULL, "slice", "Slice"},
};

eg_tensor *eg_slice_with(eg_tensor *x, const eg_slice_attrs *attrs)
{
    return EG__APPLY(&eg_op_slice, attrs, x);
}

/* ---- unslice: where a slice came from, zeros elsewhere -------------------------------------- */

static const eg_attr unslice_fields[] = {
    EG__ATTR(eg__unslice_attrs, INDEX, begin),
    EG__ATTR(eg__unslice_attrs, INDEX, step),
    EG__ATTR(eg__unslice_attrs, INDEX, dims),
    {0},
};

static eg_status unslice_infer(eg_shapes *s)
{
    const eg__unslice_attrs *attrs = s->attrs;
    const eg_spec *x = s->in[0];
    int rank = x->rank;

    if (attrs->begin.n != rank || attrs->step.n != rank || attrs->dims.n != rank)
        return eg__shape_error(s, "begin, step and dims must name all axes");
    if (eg__spec_set(s->out[0], s->op->name, x->dtype, rank, attrs->dims.at) != EG_OK)
        return EG_INVALID;
    for (int i = 0; i < rank; i++) {
        int64_t begin = attrs->begin.at[i], step = attrs->step.at[i], size = attrs->dims.at[i];
        bool fits = begin >= 0 && begin <= size && step != 0;
        if (!fits || x->dims[i] > eg__slice_most(begin, step, size))
            return eg__shape_error(s, "it does not fit into the result along axis %d", i);
    }
    return EG_OK;
}

static eg_status unslice_grad(eg_backward *b)
{
    const eg__unslice_attrs *attrs = b->attrs;
    eg_slice_attrs part = {.size = sizeof part, .begin = attrs->begin, .step = attrs->step};

    eg__size_patch patches[EG_MAX_RANK];

    part.count.n = eg_rank(b->x[0]);
    for (int i = 0; i < part.count.n; i++) {
        eg__size size = eg__size_at(b->x[0], i);
        part.count.at[i] = size.n;
        patches[i] = EG__SIZED(eg_slice_attrs, count, i, size);
    }
    b->dx[0] = eg__apply_sized(&eg_op_slice, &part, 1, b->dy, part.count.n, patches);
    return eg__done();
}

const eg_opdef eg_op_unslice = {
    .name = "Unslice",
    .in = {"x"},
    .traits = EG__LINEAR | EG__NO_FLOPS,
    .attrs = unslice_fields,
    .attrs_size = sizeof(eg__unslice_attrs),
    .infer = unslice_infer,
    .kernels = EG__KERNELS(&eg__unslice_kernel),
    .grad = unslice_grad,
};

/* ---- put_slice ------------------------------------------------------------------------------ */

static const eg_attr put_slice_fields[] = {
    EG__ATTR(eg_put_slice_attrs, INDEX, begin),
    EG__ATTR(eg_put_slice_attrs, INDEX, step),
    {0},
};

/* The slice that reads what put_slice writes. */
static eg_slice_attrs slice_written(const eg_put_slice_attrs *attrs, const eg_spec *part)
{
    eg_slice_attrs slice = {.size = sizeof slice, .begin = attrs->begin, .step = attrs->step};

    slice.count.n = part->rank;
    memcpy(slice.count.at, part->dims, sizeof slice.count.at);
    return slice;
}

static eg_status put_slice_infer(eg_shapes *s)
{
    const eg_put_slice_attrs *attrs = s->attrs;
    const eg_spec *x = s->in[0], *part = s->in[1];
    eg_slice_attrs slice = slice_written(attrs, part);

    *s->out[0] = *x;
    if (part->rank != x->rank || attrs->begin.n > x->rank || attrs->step.n > x->rank)
        return eg__shape_error(s,
            "x and the part have the same number of axes; begin and step no "
            "more positions than that");
    for (int i = 0; i < x->rank; i++)
        if (slice_count(&slice, i, x->dims[i]) < 0)
            return eg__shape_error(s, "the part does not fit into x along axis %d", i);
    return EG_OK;
}

static eg_status put_slice_grad(eg_backward *b)
{
    const eg_put_slice_attrs *attrs = b->attrs;
    eg_tensor *part = b->x[1];
    eg_slice_attrs slice = {.size = sizeof slice, .begin = attrs->begin, .step = attrs->step};
    eg__size_patch patches[EG_MAX_RANK];

    slice.count.n = eg_rank(part);
    for (int i = 0; i < slice.count.n; i++) {
        eg__size size = eg__size_at(part, i);
        slice.count.at[i] = size.n;
        patches[i] = EG__SIZED(eg_slice_attrs, count, i, size);
    }

    if (b->wanted[0])
        b->dx[0] = eg_put_slice_with(b->dy[0], eg_zeros_like(part), attrs);
    if (b->wanted[1])
        b->dx[1] = eg__apply_sized(&eg_op_slice, &slice, 1, b->dy, eg_rank(part), patches);
    return eg__done();
}

const eg_opdef eg_op_put_slice = {
    .name = "PutSlice",
    .in = {"x", "part"},
    .promote = 3,
    .traits = EG__LINEAR | EG__NO_FLOPS,
    .attrs = put_slice_fields,
    .attrs_size = sizeof(eg_put_slice_attrs),
    .infer = put_slice_infer,
    .kernels = EG__KERNELS(&eg__put_slice_kernel),
    .grad = put_slice_grad,
    .known_as = {NULL, "tensor_strided_slice_update", NULL},
};

eg_tensor *eg_put_slice_with(eg_tensor *x, eg_tensor *part, const eg_put_slice_attrs *attrs)
{
    return EG__APPLY(&eg_op_put_slice, attrs, x, part);
}
