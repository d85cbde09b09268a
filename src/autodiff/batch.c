/* Operations for many examples at once: how each treats one more axis in front.
 *
 * An operation that has no rule here is applied to one example after the other. That is right for
 * all of them, so a rule is written where it pays.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/batch.h"
#include "base/memory.h"
#include "ops/compose.h"
#include "ops/registry.h"
#include <eagre/ops.h>
#include <string.h>

typedef eg_tensor *rule(const eg__batch *b);

static const eg_spec *in_spec(const eg__batch *b, int i)
{
    return eg__spec_of(b->graph, b->node->in[i]);
}

/* The dims of an example behind the axis of examples; how many that is. */
static int with_examples(const eg__batch *b, const eg_spec *example, int64_t dims[])
{
    dims[0] = b->n;
    memcpy(dims + 1, example->dims, sizeof *dims * (size_t)example->rank);
    return example->rank + 1;
}

/* Input i with the axis of examples, whether it varies or not. */
static eg_tensor *spread(const eg__batch *b, int i)
{
    int64_t dims[EG_MAX_RANK + 1];

    if (b->varies[i])
        return b->in[i];
    int rank = with_examples(b, in_spec(b, i), dims);
    return eg_broadcast_to(b->in[i], rank, dims);
}

/* Input i ready to broadcast against results of a rank: axes of size 1 behind the examples'. */
static eg_tensor *aligned(const eg__batch *b, int i, int rank)
{
    const eg_spec *s = in_spec(b, i);
    int64_t dims[EG_MAX_RANK + 1];
    int more = rank - s->rank;

    if (!b->varies[i] || more <= 0)
        return b->in[i];
    dims[0] = b->n;
    for (int k = 0; k < rank; k++)
        dims[k + 1] = k < more ? 1 : s->dims[k - more];
    return eg_reshape(b->in[i], rank + 1, dims);
}

/* ---- rules ---------------------------------------------------------------------------------- */

static eg_tensor *by_broadcasting(const eg__batch *b)
{
    eg_tensor *in[EG__MAX_IN];

    for (int i = 0; i < b->node->n_in; i++)
        in[i] = aligned(b, i, b->node->out[0].rank);
    return eg_apply(b->node->op, b->node->attrs, b->node->n_in, in);
}

/* Rows of all examples by one matrix are one product. */
static eg_tensor *multiplied(const eg__batch *b)
{
    const eg_matmul_attrs *attrs = b->node->attrs;
    const eg_spec *x = in_spec(b, 0);
    int64_t rows[2] = {b->n, x->dims[x->rank - 1]}, dims[EG_MAX_RANK + 1];

    if (!b->varies[0] || b->varies[1] || in_spec(b, 1)->rank != 2 || attrs->transpose_a)
        return by_broadcasting(b);
    for (int i = 0; i < x->rank - 1; i++)
        rows[0] *= x->dims[i];
    eg_tensor *y = eg_matmul_with(eg_reshape(b->in[0], 2, rows), b->in[1], attrs);
    int rank = with_examples(b, &b->node->out[0], dims);
    return eg_reshape(y, rank, dims);
}

/* The last axes are what matters: one more in front changes nothing. */
static eg_tensor *by_last_axes(const eg__batch *b)
{
    eg_tensor *in[EG__MAX_IN];

    for (int i = 0; i < b->node->n_in; i++)
        in[i] = spread(b, i);
    return eg_apply(b->node->op, b->node->attrs, b->node->n_in, in);
}

static void copy_attrs(const eg__batch *b, unsigned char copy[])
{
    memcpy(copy, b->node->attrs, b->node->op->attrs_size);
}

static void *field(const eg__batch *b, unsigned char attrs[], const char *name)
{
    for (const eg_attr *t = b->node->op->attrs; t->name; t++)
        if (strcmp(t->name, name) == 0)
            return attrs + t->offset;
    return NULL;
}

/* Operations along `axis`: counted from the front it moves by one. */
static eg_tensor *along_axis(const eg__batch *b)
{
    _Alignas(16) unsigned char attrs[EG__ATTRS_SIZE];
    eg_tensor *in[EG__MAX_IN];

    copy_attrs(b, attrs);
    int *axis = field(b, attrs, "axis");
    *axis += *axis >= 0;
    for (int i = 0; i < b->node->n_in; i++)
        in[i] = spread(b, i);
    return eg_apply(b->node->op, attrs, b->node->n_in, in);
}

/* Operations over `axes`, or over all of them. */
static eg_tensor *over_axes(const eg__batch *b)
{
    _Alignas(16) unsigned char attrs[EG__ATTRS_SIZE];
    int rank = in_spec(b, 0)->rank;

    copy_attrs(b, attrs);
    eg_axes *axes = field(b, attrs, "axes");
    if (axes->n == 0 && rank == 0)
        return b->in[0];
    for (int i = 0; i < axes->n; i++)
        axes->axis[i] += axes->axis[i] >= 0;
    if (axes->n == 0)
        for (; axes->n < rank; axes->n++)
            axes->axis[axes->n] = axes->n + 1;
    return eg_apply(b->node->op, attrs, 1, b->in);
}

static eg_tensor *permuted(const eg__batch *b)
{
    const eg_transpose_attrs *given = b->node->attrs;
    int rank = in_spec(b, 0)->rank;
    eg_transpose_attrs attrs = {.size = sizeof attrs, .axes = {.n = rank + 1}};

    for (int i = 0; i < rank; i++) {
        int axis = given->axes.n > 0 ? given->axes.axis[i] : rank - 1 - i;
        attrs.axes.axis[i + 1] = (axis < 0 ? axis + rank : axis) + 1;
    }
    return eg_transpose_with(b->in[0], &attrs);
}

static eg_tensor *reshaped(const eg__batch *b)
{
    int64_t dims[EG_MAX_RANK + 1];
    int rank = with_examples(b, &b->node->out[0], dims);
    return eg_reshape(b->in[0], rank, dims);
}

static eg_tensor *broadcast(const eg__batch *b)
{
    int64_t dims[EG_MAX_RANK + 1];
    int rank = with_examples(b, &b->node->out[0], dims);
    return eg_broadcast_to(aligned(b, 0, rank - 1), rank, dims);
}

/* Puts `first` in front of a list that lacks entries at its end. */
static void prepend(eg_index *list, int64_t first, int rank, int64_t rest)
{
    while (list->n < rank)
        list->at[list->n++] = rest;
    memmove(list->at + 1, list->at, sizeof *list->at * (size_t)rank);
    list->at[0] = first;
    list->n = rank + 1;
}

/* Slice, Unslice and PutSlice: all examples, and what is named of each. */
static eg_tensor *sliced(const eg__batch *b)
{
    _Alignas(16) unsigned char attrs[EG__ATTRS_SIZE];
    eg_tensor *in[EG__MAX_IN];
    int rank = in_spec(b, 0)->rank;

    copy_attrs(b, attrs);
    eg_index *begin = field(b, attrs, "begin"), *step = field(b, attrs, "step");
    for (int i = begin->n; i < rank; i++) /* a step back begins at the end */
        begin->at[begin->n++] = i < step->n && step->at[i] < 0 ? -1 : 0;
    prepend(begin, 0, rank, 0);
    prepend(step, 1, rank, 1);
    if (field(b, attrs, "count"))
        prepend(field(b, attrs, "count"), b->n, rank, -1);
    if (field(b, attrs, "dims"))
        prepend(field(b, attrs, "dims"), b->n, rank, 0);
    for (int i = 0; i < b->node->n_in; i++)
        in[i] = spread(b, i);
    return eg_apply(b->node->op, attrs, b->node->n_in, in);
}

static eg_tensor *by_example(const eg__batch *b);

/* One list of places for all examples is an axis further on; a list for each, in a tensor that all
 * share, puts the axis of examples where the list's begins. */
static eg_tensor *gathered(const eg__batch *b)
{
    eg_gather_attrs attrs = *(const eg_gather_attrs *)b->node->attrs;
    int rank = in_spec(b, 0)->rank, axis = attrs.axis < 0 ? attrs.axis + rank : attrs.axis;

    if (b->varies[0] && b->varies[1])
        return by_example(b);
    attrs.axis = axis + b->varies[0];
    eg_tensor *y = eg_gather_with(b->in[0], b->in[1], &attrs);
    return b->varies[0] || axis == 0 ? y : eg_moveaxis(y, axis, 0);
}

/* What has an axis of its own for many inputs takes all examples along it. */
static eg_tensor *merged(const eg__batch *b)
{
    const eg_spec *s = in_spec(b, 0);
    eg_tensor *in[EG__MAX_IN];
    int64_t dims[EG_MAX_RANK + 1];

    for (int i = 1; i < b->node->n_in; i++)
        if (b->varies[i])
            return by_example(b);
    memcpy(in, b->in, sizeof *in * (size_t)b->node->n_in);
    memcpy(dims, s->dims, sizeof *dims * (size_t)s->rank);
    dims[0] *= b->n;
    in[0] = eg_reshape(b->in[0], s->rank, dims);
    eg_tensor *y = eg_apply(b->node->op, b->node->attrs, b->node->n_in, in);
    int rank = with_examples(b, &b->node->out[0], dims);
    return eg_reshape(y, rank, dims);
}

/* ---- one after the other -------------------------------------------------------------------- */

static eg_tensor *example(const eg__batch *b, int i, int64_t at)
{
    eg_slice_attrs one = {.size = sizeof one, .begin = {1, {at}}, .count = {1, {1}}};

    if (!b->varies[i])
        return b->in[i];
    return eg_reshape(eg_slice_with(b->in[i], &one), in_spec(b, i)->rank, in_spec(b, i)->dims);
}

/* Result k of an example, with an axis for examples. */
static eg_tensor *lifted(const eg__batch *b, eg_tensor *y, int k)
{
    const eg_spec *s = &b->node->out[k];
    int64_t dims[EG_MAX_RANK + 1] = {1};

    memcpy(dims + 1, s->dims, sizeof *dims * (size_t)s->rank);
    return eg_reshape(b->node->n_out > 1 ? eg_part(y, k) : y, s->rank + 1, dims);
}

static void apply_each(const eg__batch *b, eg_tensor *rows[])
{
    eg_tensor *in[EG__MAX_IN];

    for (int64_t at = 0; at < b->n && !eg__me.failed; at++) {
        for (int i = 0; i < b->node->n_in; i++)
            in[i] = example(b, i, at);
        eg_tensor *y = eg_apply(b->node->op, b->node->attrs, b->node->n_in, in);
        for (int k = 0; k < b->node->n_out; k++)
            rows[k * b->n + at] = y ? lifted(b, y, k) : NULL;
    }
}

static eg_tensor *by_example(const eg__batch *b)
{
    int n_out = b->node->n_out;
    size_t size = sizeof(eg_tensor *) * (size_t)b->n * (size_t)n_out;
    eg_tensor **rows = eg__alloc_zero(size), *y[EG__MAX_OUT];

    if (!rows)
        return eg__fail_memory("eg_vmap", size), NULL;
    apply_each(b, rows);
    for (int k = 0; k < n_out && !eg__me.failed; k++)
        y[k] = eg__concat_many(b->n, rows + k * b->n);
    eg__free(rows, size);
    if (eg__me.failed)
        return NULL;
    return n_out == 1 ? y[0] : eg_tuple_of(n_out, y);
}

/* ---- which rule ----------------------------------------------------------------------------- */

static const struct {
    const eg_opdef *op;
    rule *rule;
} rules[] = {
    {&eg_op_matmul, multiplied},
    {&eg_op_sum, over_axes},
    {&eg_op_prod, over_axes},
    {&eg_op_max, over_axes},
    {&eg_op_min, over_axes},
    {&eg_op_any, over_axes},
    {&eg_op_all, over_axes},
    {&eg_op_argmax, along_axis},
    {&eg_op_argmin, along_axis},
    {&eg_op_cumulative_sum, along_axis},
    {&eg_op_cumulative_prod, along_axis},
    {&eg_op_cumulative_max, along_axis},
    {&eg_op_linear_recurrence, along_axis},
    {&eg_op_softmax, along_axis},
    {&eg_op_log_softmax, along_axis},
    {&eg_op_concat, along_axis},
    {&eg_op_transpose, permuted},
    {&eg_op_reshape, reshaped},
    {&eg_op_broadcast_to, broadcast},
    {&eg_op_slice, sliced},
    {&eg_op_unslice, sliced},
    {&eg_op_put_slice, sliced},
    {&eg_op_gather, gathered},
    {&eg_op_take_along, by_last_axes},
    {&eg_op_add_along, by_last_axes},
    {&eg_op_one_hot, by_last_axes},
    {&eg_op_sort, by_last_axes},
    {&eg_op_argsort, by_last_axes},
    {&eg_op_top_k, by_last_axes},
    {&eg_op_cholesky, by_last_axes},
    {&eg_op_det, by_last_axes},
    {&eg_op_slogdet, by_last_axes},
    {&eg_op_qr, by_last_axes},
    {&eg_op_eigh, by_last_axes},
    {&eg_op_eigvalsh, by_last_axes},
    {&eg_op_svd, by_last_axes},
    {&eg_op_svdvals, by_last_axes},
    {&eg_op_conv, merged},
    {&eg_op_avg_pool, merged},
    {&eg_op_max_pool, merged},
};

static rule *rule_of(const eg_opdef *op)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (rules[i].op == op)
            return rules[i].rule;
    return op->traits & EG__ELEMENTWISE ? by_broadcasting : by_example;
}

/* No examples: nothing is computed. */
static eg_tensor *nothing(const eg__batch *b)
{
    eg_tensor *y[EG__MAX_OUT];
    int64_t dims[EG_MAX_RANK + 1];

    for (int k = 0; k < b->node->n_out; k++) {
        int rank = with_examples(b, &b->node->out[k], dims);
        y[k] = eg_zeros(b->node->out[k].dtype, rank, dims);
    }
    return b->node->n_out == 1 || eg__me.failed ? y[0] : eg_tuple_of(b->node->n_out, y);
}

eg_tensor *eg__batch_apply(const eg__batch *b)
{
    for (int k = 0; k < b->node->n_out; k++)
        if (b->node->out[k].rank == EG_MAX_RANK)
            return eg__fail_null(EG_INVALID, b->node->op->name,
                "its result has %d axes, and one more for the examples is too many", EG_MAX_RANK);
    return b->n == 0 ? nothing(b) : rule_of(b->node->op)(b);
}
