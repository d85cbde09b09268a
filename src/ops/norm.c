/* Normalisation.
 *
 * layer_norm and rms_norm have kernels of their own, forward and backward; what their gradients'
 * gradients need is composed. With n = the normalised x, r = 1 / its deviation and mean() over a
 * row, the gradient of x is r P(g) with g = dz * scale and the symmetric map
 * P(v) = v - mean(v) - n mean(v n), without the second term for rms_norm.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/norm.h"
#include "base/attrs.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/sized.h"
#include "ops/registry.h"

/* ---- layer_norm, rms_norm: shapes ----------------------------------------------------------- */

static const eg_attr norm_fields[] = {
    EG__ATTR(eg_layer_norm_attrs, INT, last_axes),
    EG__ATTR(eg_layer_norm_attrs, REAL, epsilon),
    {0},
};

/* The shape of a row. */
static eg_spec row_of(const eg_spec *x, int axes)
{
    eg_spec row = {.dtype = x->dtype, .rank = axes};

    for (int i = 0; i < axes; i++)
        row.dims[i] = x->dims[x->rank - axes + i];
    return row;
}

static eg_status norm_check(eg_shapes *s, int parameters)
{
    const eg_layer_norm_attrs *attrs = s->attrs;
    const eg_spec *x = s->in[0];
    int axes = eg__norm_axes(attrs);

    if (axes < 1 || axes > x->rank)
        return eg__shape_error(s, "the last %d axes are to be normalised, but x has %d", axes,
            x->rank);
    if (!(eg__norm_epsilon(attrs) > 0))
        return eg__shape_error(s, "epsilon is %g; it must be positive", attrs->epsilon);
    eg_spec row = row_of(x, axes);
    for (int i = 1; i <= parameters; i++)
        if (s->in[i]->rank != 0 && !eg__same_shape(s->in[i], &row))
            return eg__shape_error(s, "%s must have the shape of the last %d axes, or none",
                s->op->in[i], axes);
    *s->out[0] = *x;
    return EG_OK;
}

static eg_status layer_norm_infer(eg_shapes *s)
{
    return norm_check(s, 2);
}

static eg_status rms_norm_infer(eg_shapes *s)
{
    return norm_check(s, 1);
}

/* x, scale, dz: the gradients of x and of rows. */
static eg_status norm_grad_infer(eg_shapes *s)
{
    if (norm_check(s, 1) != EG_OK)
        return EG_INVALID;
    if (!eg__same_shape(s->in[0], s->in[2]))
        return eg__shape_error(s, "dz must have the shape of x");
    for (int i = 1; i < eg__n_out(s->op, s->attrs); i++) {
        *s->out[i] = row_of(s->in[0], eg__norm_axes(s->attrs));
        if (eg__infer_size(s, s->out[i]) != EG_OK)
            return EG_INVALID;
    }
    return EG_OK;
}

/* ---- their gradients ------------------------------------------------------------------------ */

static eg_status norm_grad(eg_backward *b, const eg_opdef *op)
{
    eg_tensor *all = EG__APPLY(op, b->attrs, b->x[0], b->x[1], b->dy[0]);

    for (int i = 0; all && i < b->n_in; i++)
        if (b->wanted[i])
            b->dx[i] = eg__unbroadcast(eg_part(all, i), b->x[i]);
    return eg__done();
}

/* The rows of x as the second derivatives need them. */
typedef struct rows {
    eg_reduce_attrs over;
    eg_tensor *scale, *normal; /* 1 / deviation; the normalised x */
    bool is_centered;
} rows;

static eg_tensor *mean_of(const rows *r, eg_tensor *x)
{
    return eg_mean_with(x, &r->over);
}

static void rows_set(rows *r, eg_tensor *x, const eg_layer_norm_attrs *attrs, bool is_centered)
{
    int rank = eg_rank(x), axes = eg__norm_axes(attrs);
    eg_tensor *one = eg__number_like(x, 1);

    r->over = eg__over(((1u << axes) - 1) << (rank - axes), true);
    r->is_centered = is_centered;
    eg_tensor *d = is_centered ? eg_sub(x, mean_of(r, x)) : x;
    eg_tensor *variance =
        eg_add(mean_of(r, eg_square(d)), eg__number_like(x, eg__norm_epsilon(attrs)));
    r->scale = eg_div(one, eg_sqrt(variance));
    r->normal = eg_mul(d, r->scale);
}

static eg_tensor *mapped(const rows *r, eg_tensor *v)
{
    eg_tensor *along = eg_mul(r->normal, mean_of(r, eg_mul(v, r->normal)));
    return eg_sub(r->is_centered ? eg_sub(v, mean_of(r, v)) : v, along);
}

/* With u, a and c arriving for dx, dscale and doffset, g = dz * scale:
 *
 *     dz      scale r P(u) + n a + c
 *     scale   the sum over rows of dz r P(u)
 *     x       r P(dz a) - r^2 (P(mean(g n) u + mean(u n) g) + n mean(u P(g))) */
static eg_status norm_grad_grad(eg_backward *b, bool is_centered)
{
    eg_tensor *x = b->x[0], *scale = b->x[1], *dz = b->x[2], *u = b->dy[0], *a = b->dy[1];
    rows r;

    rows_set(&r, x, b->attrs, is_centered);
    eg_tensor *bent = eg_mul(r.scale, mapped(&r, u)), *g = eg_mul(dz, scale);
    if (b->wanted[0]) {
        eg_tensor *both = eg_add(eg_mul(mean_of(&r, eg_mul(g, r.normal)), u),
            eg_mul(mean_of(&r, eg_mul(u, r.normal)), g));
        eg_tensor *drift = eg_mul(r.normal, mean_of(&r, eg_mul(u, mapped(&r, g))));
        b->dx[0] = eg_sub(eg_mul(r.scale, mapped(&r, eg_mul(dz, a))),
            eg_mul(eg_square(r.scale), eg_add(mapped(&r, both), drift)));
    }
    if (b->wanted[1])
        b->dx[1] = eg__unbroadcast(eg_mul(dz, bent), scale);
    if (b->wanted[2]) {
        b->dx[2] = eg_add(eg_mul(scale, bent), eg_mul(r.normal, a));
        if (is_centered)
            b->dx[2] = eg_add(b->dx[2], b->dy[2]);
    }
    return eg__done();
}

static eg_status layer_norm_grad_grad(eg_backward *b)
{
    return norm_grad_grad(b, true);
}

static eg_status rms_norm_grad_grad(eg_backward *b)
{
    return norm_grad_grad(b, false);
}

const eg_opdef eg_op_layer_norm_grad = {
    .name = "LayerNormGrad",
    .in = {"x", "scale", "dz"},
    .n_out = 3,
    .types = {EG__REALS, EG__REALS, EG__REALS},
    .promote = 7,
    .attrs = norm_fields,
    .attrs_size = sizeof(eg_layer_norm_attrs),
    .infer = norm_grad_infer,
    .flops_each = 16,
    .kernels = EG__KERNELS(&eg__layer_norm_grad_kernel),
    .grad = layer_norm_grad_grad,
};

const eg_opdef eg_op_rms_norm_grad = {
    .name = "RmsNormGrad",
    .in = {"x", "scale", "dz"},
    .n_out = 2,
    .types = {EG__REALS, EG__REALS, EG__REALS},
    .promote = 7,
    .attrs = norm_fields,
    .attrs_size = sizeof(eg_layer_norm_attrs),
    .infer = norm_grad_infer,
    .flops_each = 11,
    .kernels = EG__KERNELS(&eg__rms_norm_grad_kernel),
    .grad = rms_norm_grad_grad,
};

/* ---- layer_norm, rms_norm: descriptors ------------------------------------------------------ */

static eg_status layer_norm_grad(eg_backward *b)
{
    return norm_grad(b, &eg_op_layer_norm_grad);
}

const eg_opdef eg_op_layer_norm = {
    .name = "LayerNorm",
    .in = {"x", "scale", "offset"},
    .types = {EG__REALS, EG__REALS, EG__REALS},
    .promote = 7,
    .attrs = norm_fields,
    .attrs_size = sizeof(eg_layer_norm_attrs),
    .infer = layer_norm_infer,
    .flops_each = 7,
    .kernels = EG__KERNELS(&eg__layer_norm_kernel),
    .grad = layer_norm_grad,
    .known_as = {NULL, "keras.layers.LayerNormalization", "LayerNormalization"},
};

eg_tensor *eg_layer_norm_with(eg_tensor *x, eg_tensor *scale, eg_tensor *offset,
    const eg_layer_norm_attrs *attrs)
{
    return EG__APPLY(&eg_op_layer_norm, attrs, x, scale, offset);
}

eg_tensor *eg_layer_norm(eg_tensor *x, eg_tensor *scale, eg_tensor *offset)
{
    return eg_layer_norm_with(x, scale, offset, NULL);
}

static eg_status rms_norm_grad(eg_backward *b)
{
    return norm_grad(b, &eg_op_rms_norm_grad);
}

const eg_opdef eg_op_rms_norm = {
    .name = "RmsNorm",
    .in = {"x", "scale"},
    .types = {EG__REALS, EG__REALS},
    .promote = 3,
    .attrs = norm_fields,
    .attrs_size = sizeof(eg_layer_norm_attrs),
    .infer = rms_norm_infer,
    .flops_each = 4,
    .kernels = EG__KERNELS(&eg__rms_norm_kernel),
    .grad = rms_norm_grad,
    .known_as = {NULL, "keras.layers.RMSNormalization", "RMSNormalization"},
};

eg_tensor *eg_rms_norm_with(eg_tensor *x, eg_tensor *scale, const eg_layer_norm_attrs *attrs)
{
    return EG__APPLY(&eg_op_rms_norm, attrs, x, scale);
}

eg_tensor *eg_rms_norm(eg_tensor *x, eg_tensor *scale)
{
    return eg_rms_norm_with(x, scale, NULL);
}

/* ---- by channel ----------------------------------------------------------------------------- */

/* What these operations know of their argument. */
typedef struct channels {
    const char *op;
    int axis, rank;
    double epsilon;
} channels;

/* False, reported, where x has no such channels. */
static bool channels_set(channels *c, const char *op, const eg_tensor *x,
    const eg_batch_norm_attrs *attrs)
{
    eg_batch_norm_attrs full;

    if (eg__me.failed || !eg__attrs_complete(&full, sizeof full, attrs, op))
        return false;
    *c = (channels){op, full.not_last_axis ? full.axis : -1, eg_rank(x), 1e-5};
    c->epsilon = full.epsilon != 0 ? full.epsilon : c->epsilon;
    if (!x)
        eg__fail(EG_INVALID, op, "x is NULL");
    else if (!eg__axis_ok(&c->axis, c->rank))
        eg__fail(EG_INVALID, op, "there is no axis %d of channels in a tensor of rank %d", c->axis,
            c->rank);
    else if (!(c->epsilon > 0))
        eg__fail(EG_INVALID, op, "epsilon is %g; it must be positive", c->epsilon);
    return !eg__me.failed;
}

/* One number for each channel, in a shape that broadcasts with x. */
static eg_tensor *by_channel(const channels *c, const eg_tensor *x, eg_tensor *v, const char *name)
{
    eg__size dims[EG_MAX_RANK];

    if (eg__me.failed)
        return NULL;
    if (eg_rank(v) != 1 || !eg__size_equal(eg__size_at(v, 0), eg__size_at(x, c->axis)))
        return eg__fail_null(EG_INVALID, c->op,
            "%s must be one number for each of the %lld channels", name,
            (long long)eg_dim(x, c->axis));
    for (int i = 0; i < c->rank; i++)
        dims[i] = i == c->axis ? eg__size_at(x, i) : eg__size_plain(1);
    return eg__reshape(v, c->rank, dims);
}

/* x - mean, divided by the deviation. */
static eg_tensor *standardized(const channels *c, eg_tensor *x, eg_tensor *mean,
    eg_tensor *variance)
{
    eg_tensor *centered = eg_sub(x, mean);

    if (!centered)
        return NULL;
    return eg_div(centered, eg_sqrt(eg_add(variance, eg__number_like(variance, c->epsilon))));
}

static eg_tensor *scaled(const channels *c, eg_tensor *x, eg_tensor *scale, eg_tensor *offset)
{
    eg_tensor *gain = by_channel(c, x, scale, "scale");
    return eg_add(eg_mul(x, gain), by_channel(c, x, offset, "offset"));
}

eg_tensor *eg_batch_norm_with(eg_tensor *x, eg_tensor *mean, eg_tensor *variance, eg_tensor *scale,
    eg_tensor *offset, const eg_batch_norm_attrs *attrs)
{
    channels c;

    if (!channels_set(&c, "eg_batch_norm", x, attrs))
        return NULL;
    eg_tensor *middle = by_channel(&c, x, mean, "mean");
    eg_tensor *spread = by_channel(&c, x, variance, "variance");
    eg_tensor *y = eg__me.failed ? NULL : standardized(&c, x, middle, spread);
    return y ? scaled(&c, y, scale, offset) : NULL;
}

eg_tensor *eg_batch_norm(eg_tensor *x, eg_tensor *mean, eg_tensor *variance, eg_tensor *scale,
    eg_tensor *offset)
{
    return eg_batch_norm_with(x, mean, variance, scale, offset, NULL);
}

/* x over the axes of `mask`, brought to mean 0 and deviation 1; both are handed out. */
static eg_tensor *own_standard(const channels *c, eg_tensor *x, unsigned mask, eg_tensor **mean,
    eg_tensor **variance)
{
    eg_reduce_attrs over = eg__over(mask, true);

    *mean = mask ? eg_mean_with(x, &over) : x;
    eg_tensor *squares = eg_square(eg_sub(x, *mean));
    *variance = mask ? eg_mean_with(squares, &over) : squares;
    return *variance ? standardized(c, x, *mean, *variance) : NULL;
}

eg_tensor *eg_batch_norm_train_with(eg_tensor *x, eg_tensor *scale, eg_tensor *offset,
    const eg_batch_norm_attrs *attrs)
{
    channels c;
    eg_tensor *mean, *variance;

    if (!channels_set(&c, "eg_batch_norm_train", x, attrs))
        return NULL;
    unsigned mask = ((1u << c.rank) - 1) & ~(1u << c.axis);
    eg_tensor *y = own_standard(&c, x, mask, &mean, &variance);
    if (!y)
        return NULL;
    eg__size n = eg__size_at(x, c.axis);
    eg_tensor *parts[] = {scaled(&c, y, scale, offset), eg__reshape(mean, 1, &n),
        eg__reshape(variance, 1, &n)};
    return eg__me.failed ? NULL : eg_tuple_of(3, parts);
}

eg_tensor *eg_batch_norm_train(eg_tensor *x, eg_tensor *scale, eg_tensor *offset)
{
    return eg_batch_norm_train_with(x, scale, offset, NULL);
}

/* The groups become an axis of their own in front of the rest of the channels. */
static eg_tensor *grouped(const channels *c, eg_tensor *x, eg_tensor *scale, eg_tensor *offset,
    int64_t groups)
{
    eg__size dims[EG_MAX_RANK + 1];
    int64_t n = eg_dim(x, c->axis);
    eg_tensor *mean, *variance;
    int rank = 0;

    if (c->axis == 0 || groups < 1 || n % groups != 0 || c->rank == EG_MAX_RANK)
        return eg__fail_null(EG_INVALID, c->op,
            "%lld channels along axis %d do not make %lld groups of each example; the groups must "
            "divide them, and axis 0 counts examples",
            (long long)n, c->axis, (long long)groups);
    for (int i = 0; i < c->rank; i++) {
        dims[rank++] = i == c->axis ? eg__size_plain(groups) : eg__size_at(x, i);
        if (i == c->axis)
            dims[rank++] = eg__size_plain(n / groups);
    }
    unsigned mask = ((1u << rank) - 1) & ~1u & ~(1u << c->axis);
    eg_tensor *y = own_standard(c, eg__reshape(x, rank, dims), mask, &mean, &variance);
    return y ? scaled(c, eg__reshape_like(y, x), scale, offset) : NULL;
}

eg_tensor *eg_group_norm_with(eg_tensor *x, eg_tensor *scale, eg_tensor *offset, int64_t groups,
    const eg_batch_norm_attrs *attrs)
{
    channels c;
    return channels_set(&c, "eg_group_norm", x, attrs) ? grouped(&c, x, scale, offset, groups)
                                                       : NULL;
}

eg_tensor *eg_group_norm(eg_tensor *x, eg_tensor *scale, eg_tensor *offset, int64_t groups)
{
    return eg_group_norm_with(x, scale, offset, groups, NULL);
}

eg_tensor *eg_instance_norm_with(eg_tensor *x, eg_tensor *scale, eg_tensor *offset,
    const eg_batch_norm_attrs *attrs)
{
    channels c;

    if (!channels_set(&c, "eg_instance_norm", x, attrs))
        return NULL;
    int64_t n = eg_dim(x, c.axis);
    return grouped(&c, x, scale, offset, n > 0 ? n : 1);
}

eg_tensor *eg_instance_norm(eg_tensor *x, eg_tensor *scale, eg_tensor *offset)
{
    return eg_instance_norm_with(x, scale, offset, NULL);
}
