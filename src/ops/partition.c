/* Slices sorted by their ids; elements taken and put along an axis.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "op/infer.h"
#include "op/watch.h"
#include "ops/compose.h"
#include "ops/sized.h"

/* ---- dynamic_partition ---------------------------------------------------------------------- */

/* Whether the ids are for the first axes of x. */
static bool are_ids(const char *op, const eg_tensor *x, const eg_tensor *ids)
{
    bool fits = ids && eg__is_kind(ids, EG__INTS) && eg_rank(ids) <= eg_rank(x);

    for (int i = 0; fits && i < eg_rank(ids); i++)
        fits = eg_dim(ids, i) == eg_dim(x, i);
    if (!fits)
        eg__fail(EG_INVALID, op,
            ids ? "the ids must be integers, with the first axes of x" : "the ids are NULL");
    return fits;
}

/* x with the axes of the ids as one. */
static eg_tensor *rows_of(eg_tensor *x, const eg_tensor *ids)
{
    int64_t dims[EG_MAX_RANK + 1] = {eg_size(ids)};
    int rank = 1;

    for (int i = eg_rank(ids); i < eg_rank(x); i++)
        dims[rank++] = eg_dim(x, i);
    return eg_reshape(x, rank, dims);
}

eg_status eg_dynamic_partition(eg_tensor *x, eg_tensor *ids, int n, eg_tensor *parts[])
{
    static const char op[] = "eg_dynamic_partition";
    int64_t begin = 0;

    for (int i = 0; parts && i < n; i++)
        parts[i] = NULL;
    if (!eg__is_tensor(op, x) || !are_ids(op, x, ids))
        return eg__me.failed;
    if (n < 1 || !parts)
        return eg__fail(EG_INVALID, op, n < 1 ? "%d parts; it takes one or more" : "parts is NULL",
            n);
    if (eg__is_symbolic(&eg__me))
        return eg__fail(EG_STATE, op,
            "how large the parts are depends on values, which a graph being built does not have: "
            "use eg_boolean_mask with .length for each");
    eg_tensor *flat = eg_flatten(ids), *counts = eg_bincount(flat, n);
    eg_tensor *rows = eg_gather(rows_of(x, ids), eg_argsort(flat, 0));
    for (int i = 0; i < n && !eg__me.failed; i++) {
        int64_t count = eg_item_int(eg__along(counts, 0, i, 1, 1));
        parts[i] = eg__along(rows, 0, begin, count, 1);
        begin += count;
    }
    for (int i = 0; i < n && eg__me.failed; i++)
        parts[i] = NULL;
    return eg__me.failed;
}

/* ---- take_along_axis, put_along_axis -------------------------------------------------------- */

/* x and indices, and what both are along the other axes. */
typedef struct along {
    eg_tensor *x, *indices;
    int axis;
    eg_spec x_shape, shape; /* of x and of the indices, after broadcasting */
} along;

/* Fills in the rest; false, reported, where they do not fit. */
static bool set_along(along *a, const char *op)
{
    char p[EG__SPEC_TEXT], q[EG__SPEC_TEXT];

    if (!eg__has_axis(op, a->x, &a->axis))
        return false;
    if (!a->indices || !eg__is_kind(a->indices, EG__INTS) || eg_rank(a->indices) != eg_rank(a->x))
        return eg__fail(EG_INVALID, op,
                   a->indices ? "the indices are %s and have %d axes; they must be integers with "
                                "the %d axes of x"
                              : "the indices are NULL",
                   eg_dtype_name(eg_dtype_of(a->indices)), eg_rank(a->indices),
                   eg_rank(a->x)) == EG_OK;
    int64_t n = eg_dim(a->x, a->axis), picks = eg_dim(a->indices, a->axis);
    a->shape = *eg__spec_look(a->x);
    a->x_shape = *eg__spec_look(a->indices);
    a->shape.dims[a->axis] = a->x_shape.dims[a->axis] = 1;
    if (!eg__broadcast_shape(&a->shape, &a->x_shape))
        return eg__fail(EG_INVALID, op,
                   "the indices of shape %s do not broadcast with x, %s, beside axis %d",
                   eg__shape_text(&a->indices->spec, p), eg__shape_text(&a->x->spec, q),
                   a->axis) == EG_OK;
    a->x_shape = a->shape;
    a->x_shape.dims[a->axis] = n;
    a->shape.dims[a->axis] = picks;
    return true;
}

static eg_tensor *in_shape(eg_tensor *x, const eg_spec *shape)
{
    return x && eg__same_shape(eg__spec_look(x), shape)
        ? x
        : eg_broadcast_to(x, shape->rank, shape->dims);
}

static eg_tensor *axis_last(const along *a, eg_tensor *x)
{
    return a->axis == eg_rank(x) - 1 ? x : eg_moveaxis(x, a->axis, -1);
}

static eg_tensor *axis_back(const along *a, eg_tensor *x)
{
    return a->axis == eg_rank(x) - 1 ? x : eg_moveaxis(x, -1, a->axis);
}

/* The indices, counted from the front, in their final shape with the axis last. */
static eg_tensor *indices_inside(const along *a)
{
    eg_tensor *inside = eg__brought_inside(a->indices, eg_dim(a->x, a->axis), EG_OUTSIDE_FAILS);
    return axis_last(a, in_shape(inside, &a->shape));
}

eg_tensor *eg_take_along_axis(eg_tensor *x, eg_tensor *indices, int axis)
{
    along a = {.x = x, .indices = indices, .axis = axis};

    if (!set_along(&a, "eg_take_along_axis"))
        return NULL;
    eg_tensor *wide = axis_last(&a, in_shape(x, &a.x_shape));
    eg_tensor *y = eg_take_along(wide, indices_inside(&a));
    return y ? axis_back(&a, y) : NULL;
}

/* Positions among all elements of a tensor with the axis last, in one row. */
static eg_tensor *positions(const along *a)
{
    int64_t n = eg_dim(a->x, a->axis), picks = a->shape.dims[a->axis], rows = 1;

    for (int i = 0; i < a->shape.rank; i++)
        rows *= i == a->axis ? 1 : a->shape.dims[i];
    eg_tensor *first = eg_mul(eg_range(rows), eg_scalar_int(EG_INT64, n));
    eg_tensor *index = eg_reshape(indices_inside(a), 2, (const int64_t[]){rows, picks});
    return eg_flatten(eg_add(index, eg_reshape(first, 2, (const int64_t[]){rows, 1})));
}

eg_tensor *eg_put_along_axis(eg_tensor *x, eg_tensor *indices, eg_tensor *values,
    eg_scatter_how how, int axis)
{
    static const char op[] = "eg_put_along_axis";
    along a = {.x = x, .indices = indices, .axis = axis};
    eg_scatter_attrs attrs = {.size = sizeof attrs, .how = how};

    if (!set_along(&a, op))
        return NULL;
    if (!values || !eg__same_shape(&a.x_shape, eg__spec_look(x)))
        return eg__fail_null(EG_INVALID, op,
            values ? "the indices have more elements than x beside axis %d" : "values is NULL",
            a.axis);
    eg_tensor *wide = axis_last(&a, x);
    eg_tensor *updates = axis_last(&a, in_shape(values, &a.shape));
    eg_tensor *y = eg_scatter_with(eg_flatten(wide), positions(&a),
        updates ? eg_flatten(updates) : NULL, &attrs);
    return wide && y ? axis_back(&a, eg__reshape_like(y, wide)) : NULL;
}
