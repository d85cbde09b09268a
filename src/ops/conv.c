/* Convolutions. They are linear in x and in w, so of the convolution and its two gradients each is
 * differentiated by the other two.
 *
 * The operations take channels last; with channels first they stand between transposes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/conv.h"
#include "kernel/integer.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include <string.h>

static const eg_attr conv_fields[] = {
    EG__ATTR(eg_conv_attrs, INDEX, strides),
    EG__ATTR(eg_conv_attrs, INDEX, dilations),
    EG__ATTR(eg_conv_attrs, INT, groups),
    EG__ATTR(eg_conv_attrs, BOOL, same),
    EG__ATTR(eg_conv_attrs, INDEX, padding),
    EG__ATTR(eg_conv_attrs, INDEX, padding_after),
    EG__ATTR(eg_conv_attrs, INDEX, sizes),
    {0},
};

/* ---- shapes --------------------------------------------------------------------------------- */

static eg_status check_ranks(eg_shapes *s)
{
    int rank = s->in[0]->rank;

    if (rank != s->in[1]->rank || rank < 3 || rank > 2 + EG__SPATIAL)
        return eg__shape_error(s,
            "both need one rank of 3 to 5: one to three spatial axes, between images and channels "
            "or in front of the filter's channels and results");
    return EG_OK;
}

/* Checks x and w and finds y. */
static eg_status find_result(eg_shapes *s, const eg_spec *x, const eg_spec *w, eg_spec *y)
{
    eg__conv g;
    const char *wrong = eg__conv_set(&g, s->attrs, x, w);
    int rank = x->rank;

    if (wrong)
        return eg__shape_error(s, "%s", wrong);
    *y = *x;
    for (int i = 1; i < rank - 1; i++)
        y->dims[i] = g.at.out[EG__SPATIAL - rank + 1 + i];
    y->dims[rank - 1] = w->dims[rank - 1];
    return eg__infer_size(s, y);
}

/* The same for a gradient, to which y is given. */
static eg_status check_result(eg_shapes *s, const eg_spec *x, const eg_spec *w)
{
    eg_spec y;

    if (find_result(s, x, w, &y) != EG_OK)
        return EG_INVALID;
    if (!eg__same_shape(&y, s->in[1]))
        return eg__shape_error(s, "dz has not the shape that the convolution's result has");
    return eg__infer_size(s, s->out[0]);
}

static eg_status conv_infer(eg_shapes *s)
{
    if (check_ranks(s) != EG_OK)
        return EG_INVALID;
    if (((const eg_conv_attrs *)s->attrs)->sizes.n > 0)
        return eg__shape_error(s, "`sizes` are for the gradients and eg_conv_transpose");
    return find_result(s, s->in[0], s->in[1], s->out[0]);
}

/* Copies `sizes` to the spatial sizes of a result; they have to be there. */
static eg_status take_sizes(eg_shapes *s, int rank, int64_t dims[])
{
    const eg_index *sizes = &((const eg_conv_attrs *)s->attrs)->sizes;

    if (sizes->n != rank)
        return eg__shape_error(s, "`sizes` needs one number for each spatial axis of the result");
    for (int i = 0; i < rank; i++)
        if ((dims[i] = sizes->at[i]) < 0)
            return eg__shape_error(s, "`sizes` are 0 or more");
    return EG_OK;
}

static eg_status input_grad_infer(eg_shapes *s)
{
    const eg_conv_attrs *attrs = s->attrs;
    const eg_spec *w = s->in[0], *dz = s->in[1];
    eg_spec *x = s->out[0];
    eg__window_rule rule = eg__conv_rule(attrs);

    if (check_ranks(s) != EG_OK)
        return EG_INVALID;
    int rank = w->rank - 2;
    *x = *dz;
    if (attrs->groups > 0 && w->dims[rank] > INT64_MAX / attrs->groups)
        return eg__shape_error(s, "the result would have too many elements for any memory");
    x->dims[rank + 1] = w->dims[rank] * (attrs->groups > 0 ? attrs->groups : 1);
    if (attrs->sizes.n > 0) {
        if (take_sizes(s, rank, x->dims + 1) != EG_OK)
            return EG_INVALID;
    } else {
        const char *wrong = eg__window_grow(&rule, rank, dz->dims + 1, w->dims, x->dims + 1);
        if (wrong)
            return eg__shape_error(s, "%s", wrong);
    }
    return check_result(s, x, w);
}

static eg_status filter_grad_infer(eg_shapes *s)
{
    const eg_conv_attrs *attrs = s->attrs;
    const eg_spec *x = s->in[0], *dz = s->in[1];
    eg_spec *w = s->out[0];

    if (check_ranks(s) != EG_OK)
        return EG_INVALID;
    int rank = x->rank - 2;
    *w = *x;
    w->dims[rank] = x->dims[rank + 1] / (attrs->groups > 0 ? attrs->groups : 1);
    w->dims[rank + 1] = dz->dims[rank + 1];
    if (take_sizes(s, rank, w->dims) != EG_OK)
        return EG_INVALID;
    return check_result(s, x, w);
}

/* ---- counts --------------------------------------------------------------------------------- */

/* A window is counted in full where it reaches into the padding. */
static double count(eg__conv_kind kind, const eg_problem *p)
{
    eg__conv g;

    if (p->in[0]->size == 0 || p->in[1]->size == 0)
        return 0;
    eg__conv_read(&g, kind, p);
    return eg__conv_work(&g);
}

static double conv_flops(const eg_problem *p)
{
    return count(EG__CONV, p);
}

static double input_grad_flops(const eg_problem *p)
{
    return count(EG__CONV_INPUT, p);
}

static double filter_grad_flops(const eg_problem *p)
{
    return count(EG__CONV_FILTER, p);
}

/* ---- gradients ------------------------------------------------------------------------------ */

/* A gradient of the options of b, whose result has the spatial sizes of `like`, which begin at an
 * axis. */
static eg_tensor *gradient(const eg_opdef *op, const eg_backward *b, eg_tensor *const in[],
    eg_tensor *like, int axis)
{
    eg_conv_attrs attrs = *(const eg_conv_attrs *)b->attrs;
    eg__size_patch patches[EG_MAX_RANK];

    attrs.sizes.n = eg_rank(like) - 2;
    for (int i = 0; i < attrs.sizes.n; i++) {
        eg__size size = eg__size_at(like, axis + i);
        attrs.sizes.at[i] = size.n;
        patches[i] = EG__SIZED(eg_conv_attrs, sizes, i, size);
    }
    return eg__apply_sized(op, &attrs, 2, in, attrs.sizes.n, patches);
}

static eg_tensor *towards_x(const eg_backward *b, eg_tensor *w, eg_tensor *dz, eg_tensor *x)
{
    return gradient(&eg_op_conv_input_grad, b, (eg_tensor *[]){w, dz}, x, 1);
}

static eg_tensor *towards_w(const eg_backward *b, eg_tensor *x, eg_tensor *dz, eg_tensor *w)
{
    return gradient(&eg_op_conv_filter_grad, b, (eg_tensor *[]){x, dz}, w, 0);
}

static eg_tensor *towards_y(const eg_backward *b, eg_tensor *x, eg_tensor *w)
{
    eg_conv_attrs attrs = *(const eg_conv_attrs *)b->attrs;

    attrs.sizes = (eg_index){0};
    return EG__APPLY(&eg_op_conv, &attrs, x, w);
}

static eg_status conv_grad(eg_backward *b)
{
    eg_tensor *x = b->x[0], *w = b->x[1], *dz = b->dy[0];

    if (b->wanted[0])
        b->dx[0] = towards_x(b, w, dz, x);
    if (b->wanted[1])
        b->dx[1] = towards_w(b, x, dz, w);
    return eg__done();
}

static eg_status input_grad_grad(eg_backward *b)
{
    eg_tensor *w = b->x[0], *dz = b->x[1], *x = b->dy[0];

    if (b->wanted[0])
        b->dx[0] = towards_w(b, x, dz, w);
    if (b->wanted[1])
        b->dx[1] = towards_y(b, x, w);
    return eg__done();
}

static eg_status filter_grad_grad(eg_backward *b)
{
    eg_tensor *x = b->x[0], *dz = b->x[1], *w = b->dy[0];

    if (b->wanted[0])
        b->dx[0] = towards_x(b, w, dz, x);
    if (b->wanted[1])
        b->dx[1] = towards_y(b, x, w);
    return eg__done();
}

/* ---- descriptors ---------------------------------------------------------------------------- */

const eg_opdef eg_op_conv = {
    .name = "Conv",
    .in = {"x", "w"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__PRODUCT,
    .attrs = conv_fields,
    .attrs_size = sizeof(eg_conv_attrs),
    .infer = conv_infer,
    .flops = conv_flops,
    .kernels = EG__KERNELS(&eg__conv_direct[EG__CONV], &eg__conv_onednn[EG__CONV],
        &eg__conv_loop[EG__CONV]),
    .grad = conv_grad,
    .known_as = {NULL, "nn.convolution", "Conv"},
};

const eg_opdef eg_op_conv_input_grad = {
    .name = "ConvInputGrad",
    .in = {"w", "dz"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__PRODUCT,
    .attrs = conv_fields,
    .attrs_size = sizeof(eg_conv_attrs),
    .infer = input_grad_infer,
    .flops = input_grad_flops,
    .kernels = EG__KERNELS(&eg__conv_direct[EG__CONV_INPUT], &eg__conv_onednn[EG__CONV_INPUT],
        &eg__conv_loop[EG__CONV_INPUT]),
    .grad = input_grad_grad,
    .known_as = {NULL, "raw_ops.Conv2DBackpropInput", NULL},
};

const eg_opdef eg_op_conv_filter_grad = {
    .name = "ConvFilterGrad",
    .in = {"x", "dz"},
    .types = {EG__NUMERIC, EG__NUMERIC},
    .promote = 3,
    .traits = EG__PRODUCT,
    .attrs = conv_fields,
    .attrs_size = sizeof(eg_conv_attrs),
    .infer = filter_grad_infer,
    .flops = filter_grad_flops,
    .kernels = EG__KERNELS(&eg__conv_onednn[EG__CONV_FILTER], &eg__conv_loop[EG__CONV_FILTER]),
    .grad = filter_grad_grad,
    .known_as = {NULL, "raw_ops.Conv2DBackpropFilter", NULL},
};

/* ---- whole numbers -------------------------------------------------------------------------- */

static eg_status conv_integer_infer(eg_shapes *s)
{
    const eg_spec *w = s->in[1];

    if (conv_infer(s) != EG_OK)
        return EG_INVALID;
    return eg__infer_bytes(s, 1, w->dims[w->rank - 1]);
}

const eg_opdef eg_op_conv_integer = {
    .name = "ConvInteger",
    .in = {"x", "w", "x_zero", "w_zero"},
    .types = {EG__INTS, EG__INTS, EG__INTS, EG__INTS},
    .traits = EG__CONSTANT,
    .attrs = conv_fields,
    .attrs_size = sizeof(eg_conv_attrs),
    .infer = conv_integer_infer,
    .kernels = EG__KERNELS(&eg__conv_integer_kernel),
    .known_as = {NULL, NULL, "ConvInteger"},
};

/* ---- functions ------------------------------------------------------------------------------ */

/* A filter [results, channels, sizes] as [sizes, channels, results], or back. Wrong ranks are for
 * the shape rule. */
static eg_tensor *moved_filter(eg_tensor *w, bool to_last)
{
    int rank = eg_rank(w), order[EG_MAX_RANK], spatial = rank - 2;

    if (rank < 3 || rank > 2 + EG__SPATIAL)
        return w;
    for (int i = 0; i < spatial; i++)
        order[to_last ? i : 2 + i] = to_last ? 2 + i : i;
    order[to_last ? spatial : 1] = to_last ? 1 : spatial;
    order[to_last ? spatial + 1 : 0] = to_last ? 0 : spatial + 1;
    return eg__ordered(w, order);
}

static eg_tensor *moved(eg_tensor *x, bool is_filter, bool to_last)
{
    return is_filter ? moved_filter(x, to_last) : eg__channels(x, to_last);
}

/* Applies one of the three; which of its inputs, and whether its result, are filters. */
static eg_tensor *apply(const eg_opdef *op, eg_tensor *a, eg_tensor *b, const eg_conv_attrs *attrs)
{
    eg_conv_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op->name))
        return NULL;
    if (!full.channels_first)
        return EG__APPLY(op, &full, a, b);
    full.channels_first = false;
    a = moved(a, op == &eg_op_conv_input_grad, true);
    b = moved(b, op == &eg_op_conv, true);
    return moved(EG__APPLY(op, &full, a, b), op == &eg_op_conv_filter_grad, false);
}

eg_tensor *eg_conv_with(eg_tensor *x, eg_tensor *w, const eg_conv_attrs *attrs)
{
    return apply(&eg_op_conv, x, w, attrs);
}

eg_tensor *eg_conv(eg_tensor *x, eg_tensor *w)
{
    return eg_conv_with(x, w, NULL);
}

eg_tensor *eg_conv_transpose_with(eg_tensor *x, eg_tensor *w, const eg_conv_attrs *attrs)
{
    return apply(&eg_op_conv_input_grad, w, x, attrs);
}

eg_tensor *eg_conv_transpose(eg_tensor *x, eg_tensor *w)
{
    return eg_conv_transpose_with(x, w, NULL);
}

eg_tensor *eg_conv_input_grad_with(eg_tensor *w, eg_tensor *dz, const eg_conv_attrs *attrs)
{
    return apply(&eg_op_conv_input_grad, w, dz, attrs);
}

eg_tensor *eg_conv_filter_grad_with(eg_tensor *x, eg_tensor *dz, const eg_conv_attrs *attrs)
{
    return apply(&eg_op_conv_filter_grad, x, dz, attrs);
}

eg_tensor *eg_conv_integer_with(eg_tensor *x, eg_tensor *w, eg_tensor *x_zero, eg_tensor *w_zero,
    const eg_conv_attrs *attrs)
{
    const eg_opdef *op = &eg_op_conv_integer;
    eg_conv_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op->name))
        return NULL;
    bool first = full.channels_first;
    full.channels_first = false;
    x = first ? eg__channels(x, true) : x;
    eg_tensor *z = EG__APPLY(op, &full, x, first ? moved_filter(w, true) : w, x_zero, w_zero);
    return first ? eg__channels(z, false) : z;
}

eg_tensor *eg_conv_integer(eg_tensor *x, eg_tensor *w, eg_tensor *x_zero, eg_tensor *w_zero)
{
    return eg_conv_integer_with(x, w, x_zero, w_zero, NULL);
}
