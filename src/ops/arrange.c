/* Axes turned round and moved, elements repeated, edges added, tensors cut into parts: all made of
 * slices, broadcasts and shapes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "kernel/move.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/sized.h"
#include "ops/registry.h"
#include <string.h>

eg_tensor *eg_flatten(eg_tensor *x)
{
    return eg__reshape(x, 1, (const eg__size[]){eg__size_all(x)});
}

/* ---- flip, roll ----------------------------------------------------------------------------- */

eg_tensor *eg_flip_with(eg_tensor *x, const eg_flip_attrs *attrs)
{
    eg_slice_attrs part = {.size = sizeof part};
    eg_flip_attrs full;
    int rank = eg_rank(x);

    if (!eg__attrs_complete(&full, sizeof full, attrs, "eg_flip") || !eg__is_tensor("eg_flip", x))
        return NULL;
    if (full.axes.n < 0 || full.axes.n > EG_MAX_RANK)
        return eg__fail_null(EG_INVALID, "eg_flip", "axes has %d entries; at most %d", full.axes.n,
            EG_MAX_RANK);
    part.step.n = rank;
    for (int i = 0; i < rank; i++)
        part.step.at[i] = full.axes.n > 0 ? 1 : -1;
    for (int i = 0; i < full.axes.n; i++) {
        int axis = full.axes.axis[i];
        if (!eg__has_axis("eg_flip", x, &axis))
            return NULL;
        part.step.at[axis] = -1;
    }
    part.begin.n = part.count.n = rank;
    for (int i = 0; i < rank; i++) {
        if (eg_dim(x, i) == 0)
            part.step.at[i] = 1;
        part.begin.at[i] = part.step.at[i] < 0 ? -1 : 0;
        part.count.at[i] = -1;
    }
    return eg_slice_with(x, &part);
}

eg_tensor *eg_flip(eg_tensor *x)
{
    return eg_flip_with(x, NULL);
}

eg_tensor *eg_roll(eg_tensor *x, int64_t shift, int axis)
{
    if (!eg__has_axis("eg_roll", x, &axis))
        return NULL;
    int64_t size = eg_dim(x, axis), first = size > 0 ? shift % size : 0;
    if (first == 0)
        return eg_identity(x);
    first = first < 0 ? -first : size - first; /* the element that comes to the front */
    eg_concat_attrs along = {sizeof along, axis};
    eg_tensor *back = eg__along(x, axis, first, -1, 1);
    return eg_concat_with(2, (eg_tensor *[]){back, eg__along(x, axis, 0, first, 1)}, &along);
}

/* ---- repeat, tile --------------------------------------------------------------------------- */

/* x with one axis n times as large: each element n times in a row, or the whole n times. */
static eg_tensor *multiplied(eg_tensor *x, int axis, int64_t n, bool whole)
{
    eg__size wide[4], thin[4], dims[EG_MAX_RANK];
    int64_t all;

    if (n == 1)
        return x;
    eg_tensor *rows = eg__as_rows(x, axis);
    int rank = eg__sizes_of(x, dims);
    if (rank > 0 && __builtin_mul_overflow(dims[axis].n, n, &all))
        return eg__fail_null(EG_INVALID, whole ? "eg_tile" : "eg_repeat",
            "axis %d would have more elements than any memory", axis);
    for (int i = 0; i < 4; i++) {
        int at = whole ? 1 : 2;
        thin[i] = i == at ? eg__size_plain(1) : eg__size_at(rows, i < at ? i : i - 1);
        wide[i] = i == at ? eg__size_plain(n) : thin[i];
    }
    dims[axis] = eg__size_times(dims[axis], eg__size_plain(n));
    return eg__reshape(eg__broadcast_to(eg__reshape(rows, 4, thin), 4, wide), rank, dims);
}

eg_tensor *eg_repeat(eg_tensor *x, int64_t n, int axis)
{
    if (!eg__has_axis("eg_repeat", x, &axis))
        return NULL;
    if (n < 0)
        return eg__fail_null(EG_INVALID, "eg_repeat", "%lld times; it must not be negative",
            (long long)n);
    return n == 1 ? eg_identity(x) : multiplied(x, axis, n, false);
}

eg_tensor *eg_tile(eg_tensor *x, int rank, const int64_t counts[])
{
    eg__size dims[EG_MAX_RANK];

    if (!eg__is_tensor("eg_tile", x))
        return NULL;
    if (rank < 0 || rank > EG_MAX_RANK || (rank > 0 && !counts))
        return eg__fail_null(EG_INVALID, "eg_tile", "%d counts%s; it takes 0 to %d", rank,
            counts || rank <= 0 ? "" : ", which are NULL", EG_MAX_RANK);
    int added = rank - eg_rank(x);
    for (int i = 0; i < rank; i++) {
        dims[i] = i < added ? eg__size_plain(1) : eg__size_at(x, i - added);
        if (counts[i] < 0)
            return eg__fail_null(EG_INVALID, "eg_tile", "%lld times; it must not be negative",
                (long long)counts[i]);
    }
    eg_tensor *y = added > 0 ? eg__reshape(x, rank, dims) : eg_identity(x);
    for (int i = rank - 1; i >= 0 && y; i--)
        y = multiplied(y, i + eg_rank(y) - rank, counts[i], true);
    return y;
}

/* ---- pad ------------------------------------------------------------------------------------ */

static int64_t size_at(const eg_index *sizes, int axis)
{
    return axis < sizes->n ? sizes->at[axis] : 0;
}

/* i in 0 to period - 1. */
static int64_t wrapped(int64_t i, int64_t period)
{
    return (i % period + period) % period;
}

/* The element of an axis of n that stands at place i, which may be outside. */
static int64_t element_at(eg_pad_mode mode, int64_t i, int64_t n)
{
    int64_t period = mode == EG_PAD_REFLECT ? 2 * n - 2 : 2 * n;

    if (mode == EG_PAD_EDGE || n == 1)
        return i < 0 ? 0 : i < n ? i : n - 1;
    if (mode == EG_PAD_WRAP)
        return wrapped(i, n);
    i = wrapped(i, period);
    return i < n ? i : mode == EG_PAD_REFLECT ? period - i : period - 1 - i;
}

static eg_tensor *pad_axis(eg_tensor *x, const eg_pad_attrs *attrs, int axis)
{
    int64_t before = size_at(&attrs->before, axis), after = size_at(&attrs->after, axis);
    int64_t n = eg_dim(x, axis), wide;
    eg_gather_attrs along = {sizeof along, axis};

    if (!x || before + after == 0)
        return x;
    if (n == 0)
        return eg__fail_null(EG_INVALID, "eg_pad", "axis %d is empty: there is nothing to repeat",
            axis);
    size_t bytes = 0;
    bool fits = !__builtin_add_overflow(n, before + after, &wide) &&
        !__builtin_mul_overflow((uint64_t)wide, sizeof(int64_t), &bytes);
    int64_t *from = fits ? eg__alloc(bytes) : NULL;
    if (!from) {
        eg__fail_memory("eg_pad", bytes);
        return NULL;
    }
    for (int64_t i = 0; i < wide; i++)
        from[i] = element_at(attrs->mode, i - before, n);
    eg_tensor *index = eg__whole_numbers(wide, from);
    eg__free(from, bytes);
    return eg_gather_with(x, index, &along);
}

static eg_tensor *pad_constant(eg_tensor *x, const eg_pad_attrs *attrs)
{
    eg__unslice_attrs in = {.size = sizeof in};
    eg_put_slice_attrs at = {.size = sizeof at};
    eg__size sizes[EG_MAX_RANK];
    eg__size_patch patches[EG_MAX_RANK];
    int rank = eg__sizes_of(x, sizes);

    in.begin.n = in.step.n = in.dims.n = rank;
    for (int i = 0; i < rank; i++) {
        int64_t edges = size_at(&attrs->before, i) + size_at(&attrs->after, i);
        in.begin.at[i] = size_at(&attrs->before, i);
        in.step.at[i] = 1;
        if (__builtin_add_overflow(sizes[i].n, edges, &in.dims.at[i]))
            return eg__fail_null(EG_INVALID, "eg_pad", "axis %d would be larger than any memory",
                i);
        sizes[i] = eg__size_plus(sizes[i], eg__size_plain(edges));
        patches[i] = EG__SIZED(eg__unslice_attrs, dims, i, sizes[i]);
    }
    if (attrs->value == 0)
        return eg__apply_sized(&eg_op_unslice, &in, 1, &x, rank, patches);
    at.begin = in.begin;
    eg_tensor *value = eg_scalar(eg_dtype_of(x), attrs->value);
    return eg_put_slice_with(eg__broadcast_to(value, rank, sizes), x, &at);
}

static bool pad_is_possible(const eg_pad_attrs *attrs, int rank)
{
    if (attrs->before.n > rank || attrs->after.n > rank)
        eg__fail(EG_INVALID, "eg_pad", "edges are given for %d axes, x has %d",
            attrs->before.n > attrs->after.n ? attrs->before.n : attrs->after.n, rank);
    for (int i = 0; i < rank && !eg__me.failed; i++)
        if (size_at(&attrs->before, i) < 0 || size_at(&attrs->after, i) < 0 ||
            size_at(&attrs->before, i) > INT64_MAX / 4 || size_at(&attrs->after, i) > INT64_MAX / 4)
            eg__fail(EG_INVALID, "eg_pad",
                "edges of %lld and %lld elements along axis %d are not possible",
                (long long)size_at(&attrs->before, i), (long long)size_at(&attrs->after, i), i);
    if (attrs->mode < EG_PAD_CONSTANT || attrs->mode > EG_PAD_WRAP)
        eg__fail(EG_INVALID, "eg_pad", "there is no mode %d", (int)attrs->mode);
    return !eg__me.failed;
}

eg_tensor *eg_pad_with(eg_tensor *x, const eg_pad_attrs *attrs)
{
    eg_pad_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, "eg_pad") || !eg__is_tensor("eg_pad", x) ||
        !pad_is_possible(&full, eg_rank(x)))
        return NULL;
    if (full.mode == EG_PAD_CONSTANT)
        return pad_constant(x, &full);
    eg_tensor *y = eg_identity(x);
    for (int i = eg_rank(x) - 1; i >= 0; i--)
        y = pad_axis(y, &full, i);
    return y;
}

/* ---- axes in another order ------------------------------------------------------------------ */

eg_tensor *eg_moveaxis(eg_tensor *x, int from, int to)
{
    int order[EG_MAX_RANK], next = 0;

    if (!eg__has_axis("eg_moveaxis", x, &from) || !eg__has_axis("eg_moveaxis", x, &to))
        return NULL;
    for (int i = 0; i < eg_rank(x); i++) {
        next += next == from;
        order[i] = i == to ? from : next++;
    }
    return from == to ? eg_identity(x) : eg__ordered(x, order);
}

eg_tensor *eg_permute_dims(eg_tensor *x, const eg_axes *axes)
{
    eg_transpose_attrs attrs = {.size = sizeof attrs};

    if (!eg__is_tensor("eg_permute_dims", x))
        return NULL;
    if (!axes || axes->n != eg_rank(x))
        return eg__fail_null(EG_INVALID, "eg_permute_dims",
            "%d axes are named, x has %d; each must be, once", axes ? axes->n : 0, eg_rank(x));
    attrs.axes = *axes;
    return eg_transpose_with(x, &attrs);
}

eg_tensor *eg_matrix_transpose(eg_tensor *x)
{
    int order[EG_MAX_RANK], rank = eg_rank(x);

    if (!eg__is_tensor("eg_matrix_transpose", x))
        return NULL;
    if (rank < 2)
        return eg__fail_null(EG_INVALID, "eg_matrix_transpose",
            "x has %d axes; a matrix has two or more", rank);
    for (int i = 0; i < rank; i++)
        order[i] = i < rank - 2 ? i : 2 * rank - 3 - i;
    return eg__ordered(x, order);
}

/* ---- several results ------------------------------------------------------------------------ */

/* EG_OK, or what is pending, with no result left. */
static eg_status finish(int n, eg_tensor *results[])
{
    for (int i = 0; eg__me.failed && results && i < n; i++)
        results[i] = NULL;
    return eg__me.failed;
}

/* Whether n results have a place; reported where not. */
static bool has_room(const char *op, int n, eg_tensor *const results[])
{
    if (!eg__me.failed && (n < 1 || !results))
        eg__fail(EG_INVALID, op,
            n < 1 ? "%d results; at least one is needed"
                  : "there is no place for the %d results: it is NULL",
            n);
    return !eg__me.failed;
}

/* The sizes added up, the open one left out; -1 where they are not sizes. */
static int64_t sum_of_sizes(int n, const int64_t sizes[], int *open)
{
    int64_t sum = 0;

    *open = -1;
    for (int i = 0; i < n; i++) {
        if (sizes[i] == -1 && *open < 0)
            *open = i;
        else if (sizes[i] < 0 || __builtin_add_overflow(sum, sizes[i], &sum))
            return -1;
    }
    return sum;
}

eg_status eg_split_sizes(eg_tensor *x, int n, const int64_t sizes[], int axis, eg_tensor *parts[])
{
    static const char op[] = "eg_split_sizes";
    int open;

    if (!has_room(op, n, parts) || !eg__has_axis(op, x, &axis))
        return finish(n, parts);
    int64_t sum = sizes ? sum_of_sizes(n, sizes, &open) : -1, size = eg_dim(x, axis), at = 0;
    if (sum < 0 || sum > size || (open < 0 && sum != size)) {
        eg__fail(EG_INVALID, op, "the sizes do not add up to the %lld elements along axis %d",
            (long long)size, axis);
        return finish(n, parts);
    }
    for (int i = 0; i < n; i++) {
        int64_t count = i == open ? size - sum : sizes[i];
        parts[i] = eg__along(x, axis, at, count, 1);
        at += count;
    }
    return finish(n, parts);
}

eg_status eg_split(eg_tensor *x, int n, int axis, eg_tensor *parts[])
{
    if (!has_room("eg_split", n, parts) || !eg__has_axis("eg_split", x, &axis))
        return finish(n, parts);
    int64_t size = eg_dim(x, axis);
    if (size % n != 0)
        eg__fail(EG_INVALID, "eg_split",
            "%lld elements along axis %d are no %d equal parts; eg_split_sizes takes others",
            (long long)size, axis, n);
    for (int i = 0; i < n && !eg__me.failed; i++)
        parts[i] = eg__along(x, axis, i * (size / n), size / n, 1);
    return finish(n, parts);
}

eg_status eg_unstack(eg_tensor *x, int n, int axis, eg_tensor *parts[])
{
    if (!eg__has_axis("eg_unstack", x, &axis))
        return finish(n, parts);
    if (n != eg_dim(x, axis) || (n > 0 && !parts))
        eg__fail(EG_INVALID, "eg_unstack", "axis %d has %lld elements, there is room for %d", axis,
            (long long)eg_dim(x, axis), parts ? n : 0);
    for (int i = 0; i < n && !eg__me.failed; i++)
        parts[i] = eg_squeeze(eg__along(x, axis, i, 1, 1), axis);
    return finish(n, parts);
}

eg_status eg_broadcast_arrays(int n, eg_tensor *const x[], eg_tensor *wide[])
{
    static const char op[] = "eg_broadcast_arrays";
    eg_spec shape = {0};

    if (!has_room(op, n, wide))
        return finish(n, wide);
    for (int i = 0; i < n; i++) {
        if (!eg__is_tensor(op, x ? x[i] : NULL))
            return finish(n, wide);
        if (!eg__broadcast_shape(&shape, eg__spec_look(x[i]))) {
            char text[EG__SPEC_TEXT];
            eg__fail(EG_INVALID, op, "x[%d] of shape %s does not broadcast with those before it", i,
                eg__shape_text(&x[i]->spec, text));
            return finish(n, wide);
        }
    }
    for (int i = 0; i < n; i++)
        wide[i] = eg_broadcast_to(x[i], shape.rank, shape.dims);
    return finish(n, wide);
}

/* Where coordinate i goes. */
static int axis_of_grid(int i, int n, bool as_matrix)
{
    return n > 1 && i < 2 && !as_matrix ? 1 - i : i;
}

eg_status eg_meshgrid_with(int n, eg_tensor *const x[], eg_tensor *grids[],
    const eg_meshgrid_attrs *attrs)
{
    static const char op[] = "eg_meshgrid";
    int64_t dims[EG_MAX_RANK];
    eg_meshgrid_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op) || !has_room(op, n, grids))
        return finish(n, grids);
    if (n > EG_MAX_RANK)
        eg__fail(EG_INVALID, op, "%d lists; a tensor has %d axes at most", n, EG_MAX_RANK);
    for (int i = 0; i < n && !eg__me.failed; i++) {
        eg_tensor *list = x ? x[i] : NULL;
        if (eg__is_tensor(op, list) && eg_rank(list) > 1)
            eg__fail(EG_INVALID, op, "x[%d] has %d axes; a list of coordinates has one", i,
                eg_rank(list));
        dims[axis_of_grid(i, n, full.as_matrix)] = eg_size(list);
    }
    for (int i = 0; i < n && !eg__me.failed; i++) {
        int64_t own[EG_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
        own[axis_of_grid(i, n, full.as_matrix)] = eg_size(x[i]);
        grids[i] = eg_broadcast_to(eg_reshape(x[i], n, own), n, dims);
    }
    return finish(n, grids);
}
