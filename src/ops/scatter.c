/* Indices of several axes; rows put among others.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/scatter.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include <string.h>

/* ---- ravel_index ---------------------------------------------------------------------------- */

static const eg_attr ravel_fields[] = {
    EG__ATTR(eg_ravel_index_attrs, INDEX, dims),
    EG__ATTR(eg_ravel_index_attrs, INT, outside),
    {0},
};

static eg_status ravel_index_infer(eg_shapes *s)
{
    const eg_ravel_index_attrs *attrs = s->attrs;
    const eg_spec *x = s->in[0];
    eg_spec *out = s->out[0];
    int64_t all = 1;

    if (x->rank == 0 || x->dims[x->rank - 1] != attrs->dims.n)
        return eg__shape_error(s, "each row (last axis) has one index for each of the %d axes",
            attrs->dims.n);
    if (attrs->outside < EG_OUTSIDE_FAILS || attrs->outside > EG_OUTSIDE_CLIPS)
        return eg__shape_error(s, "there is no way %d to treat what is outside",
            (int)attrs->outside);
    for (int i = 0; i < attrs->dims.n; i++)
        if (attrs->dims.at[i] < 0 || __builtin_mul_overflow(all, attrs->dims.at[i], &all))
            return eg__shape_error(s, "size %lld of axis %d is not possible",
                (long long)attrs->dims.at[i], i);
    *out = *x;
    out->dtype = EG_INT64;
    out->rank--;
    return eg__infer_size(s, out);
}

const eg_opdef eg_op_ravel_index = {
    .name = "RavelIndex",
    .in = {"indices"},
    .types = {EG__INTS},
    .traits = EG__CONSTANT | EG__MAY_FAIL,
    .attrs = ravel_fields,
    .attrs_size = sizeof(eg_ravel_index_attrs),
    .infer = ravel_index_infer,
    .kernels = EG__KERNELS(&eg__ravel_index_kernel),
    .known_as = {"ravel_multi_index", NULL, NULL},
};

eg_tensor *eg_ravel_index_with(eg_tensor *indices, const eg_ravel_index_attrs *attrs)
{
    return EG__APPLY(&eg_op_ravel_index, attrs, indices);
}

/* ---- take, gather_nd ------------------------------------------------------------------------ */

eg_tensor *eg__brought_inside(eg_tensor *indices, int64_t n, eg_outside outside)
{
    eg_ravel_index_attrs within = {.size = sizeof within, .dims = {1, {n}}, .outside = outside};
    eg_tensor *rows =
        eg__reshape(indices, 2, (const eg__size[]){eg__size_all(indices), eg__size_plain(1)});
    eg_tensor *flat = eg_ravel_index_with(rows, &within);

    return indices ? eg__reshape_like(flat, indices) : NULL;
}

eg_tensor *eg_take_with(eg_tensor *x, eg_tensor *indices, const eg_take_attrs *attrs)
{
    eg_take_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, "eg_take") ||
        !eg__has_axis("eg_take", x, &full.axis) || !eg__is_tensor("eg_take", indices))
        return NULL;
    eg_gather_attrs along = {sizeof along, full.axis};
    eg_tensor *inside = eg__brought_inside(indices, eg_dim(x, full.axis), full.outside);
    return eg_gather_with(x, inside, &along);
}

/* Where the positions that `indices` has along the first axes of a shape are, if these axes are
 * one; its size and, behind it, the sizes of the others in *rows. NULL after an error. */
static eg_tensor *positions_in(const char *op, eg_tensor *indices, const eg_spec *shape,
    eg_spec *rows)
{
    eg_ravel_index_attrs all = {.size = sizeof all};
    int64_t k = eg_dim(indices, -1);

    if (!eg__is_tensor(op, indices))
        return NULL;
    if (eg_rank(indices) == 0 || k > shape->rank)
        return eg__fail_null(EG_INVALID, op,
            "the indices have rank %d and %lld numbers in a row, for %d axes", eg_rank(indices),
            (long long)k, shape->rank);
    *rows = (eg_spec){.rank = 1, .dims = {1}};
    all.dims.n = (int)k;
    for (int i = 0; i < shape->rank; i++) {
        if (i >= k)
            rows->dims[rows->rank++] = shape->dims[i];
        else if (__builtin_mul_overflow(rows->dims[0], shape->dims[i], &rows->dims[0]))
            return eg__fail_null(EG_INVALID, op, "the shape is larger than any memory");
        if (i < k)
            all.dims.at[i] = shape->dims[i];
    }
    if (rows->rank > EG_MAX_RANK)
        return eg__fail_null(EG_INVALID, op, "rows without indices have more than %d axes",
            EG_MAX_RANK - 1);
    return eg_ravel_index_with(indices, &all);
}

eg_tensor *eg_gather_nd(eg_tensor *x, eg_tensor *indices)
{
    eg_spec rows;

    if (!eg__is_tensor("eg_gather_nd", x))
        return NULL;
    eg_tensor *at = positions_in("eg_gather_nd", indices, eg__spec_look(x), &rows);
    return at ? eg_gather(eg_reshape(x, rows.rank, rows.dims), at) : NULL;
}

/* ---- scatter -------------------------------------------------------------------------------- */

static const eg_attr scatter_fields[] = {
    EG__ATTR(eg_scatter_attrs, INT, how),
    EG__ATTR(eg_scatter_attrs, BOOL, drop),
    {0},
};

static eg_status scatter_infer(eg_shapes *s)
{
    const eg_spec *x = s->in[0], *indices = s->in[1], *updates = s->in[2];
    eg_scatter_how how = ((const eg_scatter_attrs *)s->attrs)->how;
    bool fits = x->rank > 0 && updates->rank == indices->rank + x->rank - 1;

    *s->out[0] = *x;
    for (int i = 0; fits && i < updates->rank; i++)
        fits = updates->dims[i] ==
            (i < indices->rank ? indices->dims[i] : x->dims[i - indices->rank + 1]);
    if (!fits)
        return eg__shape_error(s,
            x->rank == 0
                ? "x is a single number; it has no rows"
                : "the updates must have the shape of the indices and then that of a row of x");
    if (how < EG_SCATTER_SET || how > EG_SCATTER_MIN)
        return eg__shape_error(s, "there is no way %d to scatter", (int)how);
    if (how != EG_SCATTER_SET && x->dtype == EG_BOOL)
        return eg__shape_error(s, "bool is only replaced; eg_cast it");
    if (how != EG_SCATTER_SET && x->dtype == EG_STRING)
        return eg__shape_error(s, "strings are only replaced");
    if (how > EG_SCATTER_ADD && eg__is_complex(x->dtype))
        return eg__shape_error(s, "complex numbers are replaced or added; none is the largest");
    return EG_OK;
}

static eg_tensor *scattered(eg_tensor *x, eg_tensor *indices, eg_tensor *updates,
    eg_scatter_how how)
{
    eg_scatter_attrs attrs = {.size = sizeof attrs, .how = how, .drop = true};
    return eg_scatter_with(x, indices, updates, &attrs);
}

/* Rows of x at indices, zeros for those that are not inside. */
static eg_tensor *gathered(eg_tensor *x, eg_tensor *indices, bool drop)
{
    int64_t dims[2 * EG_MAX_RANK];

    if (!drop || !x || !indices)
        return eg_gather(x, indices);
    int rank = eg_rank(indices), all = eg_rank(x) + rank - 1;
    for (int i = 0; i < all; i++)
        dims[i] = i < rank ? eg_dim(indices, i) : 1;
    if (eg_dim(x, 0) == 0) {
        memcpy(dims + rank, eg__spec_look(x)->dims + 1, sizeof *dims * (size_t)(all - rank));
        return eg_zeros(eg_dtype_of(x), all, dims);
    }
    eg_tensor *inside = eg__brought_inside(indices, eg_dim(x, 0), EG_OUTSIDE_CLIPS);
    eg_tensor *mask = eg_reshape(eg_equal(inside, eg_cast(indices, EG_INT64)), all, dims);
    return eg_where(mask, eg_gather(x, inside), eg__number_like(x, 0));
}

/* Of several, which updates are what came out where several went to one row: bool, a row's axes
 * being 1. */
static eg_tensor *last_ones(eg_tensor *indices, eg_tensor *updates, int64_t n, bool drop)
{
    eg_tensor *number = eg__reshape_like(eg__range(eg__size_all(indices)), indices);
    eg_tensor *who = scattered(eg_zeros(EG_INT64, 1, &n), indices, number, EG_SCATTER_SET);
    eg_tensor *last = eg_equal(gathered(who, indices, drop), number);
    int64_t dims[EG_MAX_RANK];

    for (int i = 0; i < eg_rank(updates); i++)
        dims[i] = i < eg_rank(indices) ? eg_dim(indices, i) : 1;
    return eg_reshape(last, eg_rank(updates), dims);
}

/* What reads dz comes first, so that what changes it may do so in place. */
static void set_grad(eg_backward *b, bool drop)
{
    eg_tensor *indices = b->x[1], *updates = b->x[2], *dz = b->dy[0];

    if (b->wanted[2])
        b->dx[2] = gathered(dz, indices, drop);
    if (b->wanted[2] && eg_size(indices) != 1)
        b->dx[2] = eg_where(last_ones(indices, updates, eg_dim(dz, 0), drop), b->dx[2],
            eg__number_like(dz, 0));
    if (b->wanted[0])
        b->dx[0] = scattered(dz, indices, eg_zeros_like(updates), EG_SCATTER_SET);
}

static void extremum_grad(eg_backward *b, bool drop)
{
    eg_tensor *x = b->x[0], *indices = b->x[1], *updates = b->x[2], *z = b->y[0];
    eg_dtype dtype = eg_dtype_of(z);
    eg_tensor *mine = eg_cast(eg_equal(x, z), dtype);
    eg_tensor *theirs = eg_cast(eg_equal(updates, gathered(z, indices, drop)), dtype);
    eg_tensor *count = scattered(mine, indices, theirs, EG_SCATTER_ADD);
    eg_tensor *share = eg_div(b->dy[0], count);

    b->dx[0] = eg_mul(mine, share);
    b->dx[2] = eg_mul(theirs, gathered(share, indices, drop));
}

static eg_status scatter_grad(eg_backward *b)
{
    const eg_scatter_attrs *attrs = b->attrs;

    if (attrs->how == EG_SCATTER_SET) {
        set_grad(b, attrs->drop);
    } else if (attrs->how == EG_SCATTER_ADD) {
        b->dx[0] = b->dy[0];
        b->dx[2] = gathered(b->dy[0], b->x[1], attrs->drop);
    } else {
        extremum_grad(b, attrs->drop);
    }
    return eg__done();
}

static double scatter_flops(const eg_problem *p)
{
    bool sets = ((const eg_scatter_attrs *)p->attrs)->how == EG_SCATTER_SET;
    return sets ? 0 : eg__adds(p->in[2], (double)p->in[2]->size);
}

const eg_opdef eg_op_scatter = {
    .name = "Scatter",
    .in = {"x", "indices", "updates"},
    .types = {0, EG__INTS, 0},
    .promote = 5,
    .traits = EG__MAY_FAIL,
    .attrs = scatter_fields,
    .attrs_size = sizeof(eg_scatter_attrs),
    .infer = scatter_infer,
    .flops = scatter_flops,
    .kernels = EG__KERNELS(&eg__scatter_kernel),
    .grad = scatter_grad,
    .known_as = {NULL, "tensor_scatter_nd_update", "ScatterND"},
};

eg_tensor *eg_scatter_with(eg_tensor *x, eg_tensor *indices, eg_tensor *updates,
    const eg_scatter_attrs *attrs)
{
    return EG__APPLY(&eg_op_scatter, attrs, x, indices, updates);
}

/* ---- positions along several axes ----------------------------------------------------------- */

eg_tensor *eg_scatter_nd(eg_tensor *indices, eg_tensor *updates, int rank, const int64_t dims[])
{
    eg_spec shape, rows;

    if (eg__me.failed || eg__spec_set(&shape, "eg_scatter_nd", EG_FLOAT32, rank, dims) != EG_OK)
        return NULL;
    eg_tensor *at = positions_in("eg_scatter_nd", indices, &shape, &rows);
    eg_tensor *z = at ? eg_scatter_add(at, updates, rows.dims[0], 0) : NULL;
    return z ? eg_reshape(z, rank, dims) : NULL;
}

static eg_tensor *scatter_nd(const char *op, eg_tensor *const in[3], eg_scatter_how how)
{
    eg_tensor *x = in[0];
    eg_spec rows;

    if (!eg__is_tensor(op, x))
        return NULL;
    eg_tensor *at = positions_in(op, in[1], eg__spec_look(x), &rows);
    if (!at)
        return NULL;
    eg_scatter_attrs attrs = {.size = sizeof attrs, .how = how};
    eg_tensor *y = eg_scatter_with(eg_reshape(x, rows.rank, rows.dims), at, in[2], &attrs);
    return eg__reshape_like(y, x);
}

eg_tensor *eg_tensor_scatter_nd_update(eg_tensor *x, eg_tensor *indices, eg_tensor *updates)
{
    return scatter_nd("eg_tensor_scatter_nd_update", (eg_tensor *[]){x, indices, updates},
        EG_SCATTER_SET);
}

eg_tensor *eg_tensor_scatter_nd_add(eg_tensor *x, eg_tensor *indices, eg_tensor *updates)
{
    return scatter_nd("eg_tensor_scatter_nd_add", (eg_tensor *[]){x, indices, updates},
        EG_SCATTER_ADD);
}

eg_tensor *eg_tensor_scatter_nd_max(eg_tensor *x, eg_tensor *indices, eg_tensor *updates)
{
    return scatter_nd("eg_tensor_scatter_nd_max", (eg_tensor *[]){x, indices, updates},
        EG_SCATTER_MAX);
}

eg_tensor *eg_tensor_scatter_nd_min(eg_tensor *x, eg_tensor *indices, eg_tensor *updates)
{
    return scatter_nd("eg_tensor_scatter_nd_min", (eg_tensor *[]){x, indices, updates},
        EG_SCATTER_MIN);
}
