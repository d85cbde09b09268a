/* Pools.
 *
 * The operations take channels last. With channels first each channel is an image of its own; what
 * says which channel it is of stands between transposes. A maximum hands its gradient back by the
 * places of the largest, which are looked for only then.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/pool.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"

static const eg_attr pool_fields[] = {
    EG__ATTR(eg_pool_attrs, INDEX, window),
    EG__ATTR(eg_pool_attrs, INDEX, strides),
    EG__ATTR(eg_pool_attrs, BOOL, same),
    EG__ATTR(eg_pool_attrs, INDEX, padding),
    EG__ATTR(eg_pool_attrs, INDEX, padding_after),
    EG__ATTR(eg_pool_attrs, BOOL, count_padding),
    EG__ATTR(eg_pool_attrs, INDEX, sizes),
    {0},
};

/* ---- shapes --------------------------------------------------------------------------------- */

static bool is_pooled(int rank)
{
    return rank >= 3 && rank <= 2 + EG__SPATIAL;
}

/* The result of a pool over x. */
static eg_status find_result(eg_shapes *s, const eg_spec *x, eg_spec *z)
{
    eg__window w;
    const char *wrong = eg__pool_set(&w, s->attrs, x);

    if (wrong)
        return eg__shape_error(s, "%s", wrong);
    *z = *x;
    for (int i = 1; i < x->rank - 1; i++)
        z->dims[i] = w.out[EG__SPATIAL - x->rank + 1 + i];
    return eg__infer_size(s, z);
}

static eg_status check_rank(eg_shapes *s)
{
    if (is_pooled(s->in[0]->rank))
        return EG_OK;
    return eg__shape_error(s,
        "it needs a rank of 3 to 5: images, one to three spatial axes, channels");
}

static eg_status pool_infer(eg_shapes *s)
{
    if (check_rank(s) != EG_OK)
        return EG_INVALID;
    if (((const eg_pool_attrs *)s->attrs)->sizes.n > 0)
        return eg__shape_error(s, "`sizes` are for the gradient and eg_adaptive_avg_pool");
    return find_result(s, s->in[0], s->out[0]);
}

static eg_status index_infer(eg_shapes *s)
{
    eg_status status = pool_infer(s);

    s->out[0]->dtype = EG_INT64;
    return status == EG_OK ? eg__infer_size(s, s->out[0]) : status;
}

static eg_status pool_grad_infer(eg_shapes *s)
{
    const eg_index *sizes = &((const eg_pool_attrs *)s->attrs)->sizes;
    const eg_spec *dz = s->in[0];
    eg_spec *x = s->out[0], z;

    if (check_rank(s) != EG_OK)
        return EG_INVALID;
    if (sizes->n != dz->rank - 2)
        return eg__shape_error(s, "`sizes` needs one number for each spatial axis of the result");
    *x = *dz;
    for (int i = 0; i < sizes->n; i++)
        if ((x->dims[1 + i] = sizes->at[i]) < 0)
            return eg__shape_error(s, "`sizes` are 0 or more");
    if (find_result(s, x, &z) != EG_OK)
        return EG_INVALID;
    if (!eg__same_shape(&z, dz))
        return eg__shape_error(s, "dz has not the shape that the pool's result has");
    return eg__infer_size(s, x);
}

/* An addition or comparison for each element under each window, also where it reaches into the
 * padding: x are the elements, z the windows. */
static double count(const eg_problem *p, const eg_spec *x, const eg_spec *z)
{
    eg__window w;

    if (x->size == 0 || eg__pool_set(&w, p->attrs, x))
        return 0;
    return (double)z->size * (double)eg__window_volume(w.k);
}

static double pool_flops(const eg_problem *p)
{
    return count(p, p->in[0], p->out[0]);
}

static double pool_grad_flops(const eg_problem *p)
{
    return count(p, p->out[0], p->in[0]);
}

/* ---- gradients ------------------------------------------------------------------------------ */

/* [images, all the rest]. */
static eg_tensor *rows(eg_tensor *x)
{
    eg__size images = eg__size_at(x, 0);

    return eg__reshape(x, 2, (eg__size[]){images, eg__size_over(eg__size_all(x), images)});
}

static eg_status max_pool_grad(eg_backward *b)
{
    eg_tensor *x = b->x[0], *index = EG__APPLY(&eg_op_max_pool_index, b->attrs, x);
    eg__size each = eg__size_plain(1);

    for (int i = 1; i < eg_rank(x); i++)
        each = eg__size_times(each, eg__size_at(x, i));
    b->dx[0] = eg__reshape_like(eg__add_along(rows(index), rows(b->dy[0]), each), x);
    return eg__done();
}

static eg_status avg_pool_grad(eg_backward *b)
{
    eg_pool_attrs attrs = *(const eg_pool_attrs *)b->attrs;
    eg__size_patch patches[EG_MAX_RANK];
    eg_tensor *x = b->x[0];

    attrs.sizes.n = eg_rank(x) - 2;
    for (int i = 0; i < attrs.sizes.n; i++) {
        eg__size size = eg__size_at(x, 1 + i);
        attrs.sizes.at[i] = size.n;
        patches[i] = EG__SIZED(eg_pool_attrs, sizes, i, size);
    }
    b->dx[0] = eg__apply_sized(&eg_op_avg_pool_grad, &attrs, 1, b->dy, attrs.sizes.n, patches);
    return eg__done();
}

static eg_status avg_pool_grad_grad(eg_backward *b)
{
    eg_pool_attrs attrs = *(const eg_pool_attrs *)b->attrs;

    attrs.sizes = (eg_index){0};
    b->dx[0] = EG__APPLY(&eg_op_avg_pool, &attrs, b->dy[0]);
    return eg__done();
}

/* ---- descriptors ---------------------------------------------------------------------------- */

const eg_opdef eg_op_max_pool = {
    .name = "MaxPool",
    .in = {"x"},
    .types = {EG__NUMERIC},
    .attrs = pool_fields,
    .attrs_size = sizeof(eg_pool_attrs),
    .infer = pool_infer,
    .flops = pool_flops,
    .kernels = EG__KERNELS(&eg__max_pool_kernel),
    .grad = max_pool_grad,
    .known_as = {NULL, "nn.max_pool", "MaxPool"},
};

const eg_opdef eg_op_max_pool_index = {
    .name = "MaxPoolIndex",
    .in = {"x"},
    .types = {EG__NUMERIC},
    .traits = EG__CONSTANT,
    .attrs = pool_fields,
    .attrs_size = sizeof(eg_pool_attrs),
    .infer = index_infer,
    .kernels = EG__KERNELS(&eg__max_pool_index_kernel),
    .known_as = {NULL, "nn.max_pool_with_argmax", NULL},
};

const eg_opdef eg_op_avg_pool = {
    .name = "AvgPool",
    .in = {"x"},
    .types = {EG__REALS},
    .traits = EG__LINEAR,
    .attrs = pool_fields,
    .attrs_size = sizeof(eg_pool_attrs),
    .infer = pool_infer,
    .flops = pool_flops,
    .kernels = EG__KERNELS(&eg__avg_pool_kernel),
    .grad = avg_pool_grad,
    .known_as = {NULL, "nn.avg_pool", "AveragePool"},
};

const eg_opdef eg_op_avg_pool_grad = {
    .name = "AvgPoolGrad",
    .in = {"dz"},
    .types = {EG__REALS},
    .traits = EG__LINEAR,
    .attrs = pool_fields,
    .attrs_size = sizeof(eg_pool_attrs),
    .infer = pool_grad_infer,
    .flops = pool_grad_flops,
    .kernels = EG__KERNELS(&eg__avg_pool_grad_kernel),
    .grad = avg_pool_grad_grad,
    .known_as = {NULL, "raw_ops.AvgPoolGrad", NULL},
};

/* ---- functions ------------------------------------------------------------------------------ */

static eg_tensor *apply(const eg_opdef *op, eg_tensor *x, const eg_pool_attrs *attrs)
{
    eg_pool_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op->name))
        return NULL;
    if (!full.channels_first)
        return EG__APPLY(op, &full, x);
    full.channels_first = false;
    return eg__channels(EG__APPLY(op, &full, eg__channels(x, true)), false);
}

/* The same where a result does not say which channel it is of: with channels first each channel is
 * an image of its own. */
static eg_tensor *apply_each(const eg_opdef *op, eg_tensor *x, const eg_pool_attrs *attrs)
{
    eg_pool_attrs full;
    int rank = x ? eg_rank(x) : 0;
    eg__size dims[EG_MAX_RANK];

    if (!eg__attrs_complete(&full, sizeof full, attrs, op->name))
        return NULL;
    if (!full.channels_first || !is_pooled(rank) || eg__size_is(eg__size_all(x), 0))
        return apply(op, x, attrs);
    full.channels_first = false;
    dims[0] = eg__size_times(eg__size_at(x, 0), eg__size_at(x, 1));
    for (int i = 1; i < rank - 1; i++)
        dims[i] = eg__size_at(x, i + 1);
    dims[rank - 1] = eg__size_plain(1);
    eg_tensor *z = EG__APPLY(op, &full, eg__reshape(x, rank, dims));
    dims[0] = eg__size_at(x, 0);
    dims[1] = eg__size_at(x, 1);
    for (int i = 2; i < rank; i++)
        dims[i] = eg__size_at(z, i - 1);
    return eg__reshape(z, rank, dims);
}

eg_tensor *eg_max_pool_with(eg_tensor *x, const eg_pool_attrs *attrs)
{
    return apply_each(&eg_op_max_pool, x, attrs);
}

eg_tensor *eg_max_pool_index_with(eg_tensor *x, const eg_pool_attrs *attrs)
{
    return apply(&eg_op_max_pool_index, x, attrs);
}

eg_tensor *eg_avg_pool_with(eg_tensor *x, const eg_pool_attrs *attrs)
{
    return apply_each(&eg_op_avg_pool, x, attrs);
}

eg_tensor *eg_avg_pool_grad_with(eg_tensor *dz, const eg_pool_attrs *attrs)
{
    return apply(&eg_op_avg_pool_grad, dz, attrs);
}
