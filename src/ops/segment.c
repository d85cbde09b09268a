/* Rows reduced by the segments they belong to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/segment.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"

static const eg_attr segment_fields[] = {EG__ATTR(eg__segment_attrs, INT64, n), {0}};

static eg_status segment_infer(eg_shapes *s)
{
    int64_t n = ((const eg__segment_attrs *)s->attrs)->n;
    const eg_spec *x = s->in[0], *ids = s->in[1];
    eg_spec *out = s->out[0];

    if (n < 0)
        return eg__shape_error(s, "there cannot be %lld segments", (long long)n);
    *out = (eg_spec){.dtype = x->dtype, .rank = 1, .dims = {n}};
    for (int i = 0; i < ids->rank; i++)
        if (i >= x->rank || x->dims[i] != ids->dims[i])
            return eg__shape_error(s, "the shape of x must begin with that of the ids");
    if (x->rank - ids->rank + 1 > EG_MAX_RANK)
        return eg__shape_error(s, "the result would have more than %d axes", EG_MAX_RANK);
    for (int i = ids->rank; i < x->rank; i++)
        out->dims[out->rank++] = x->dims[i];
    return eg__infer_size(s, out);
}

/* For each row what its segment has. */
static eg_tensor *of_rows(eg_tensor *y, eg_tensor *ids)
{
    return eg_gather(y, ids);
}

/* dz, shared evenly by all of a segment that equal the extremum. */
static eg_status extremum_grad(eg_backward *b)
{
    int64_t n = ((const eg__segment_attrs *)b->attrs)->n;
    eg_tensor *x = b->x[0], *ids = b->x[1], *dz = b->dy[0];

    if (!b->wanted[0])
        return EG_OK;
    eg_tensor *mask = eg_cast(eg_equal(x, of_rows(b->y[0], ids)), eg_dtype_of(dz));
    eg_tensor *sharers = eg_maximum(eg_scatter_add(ids, mask, n, 0), eg__number_like(dz, 1));
    b->dx[0] = eg_mul(mask, of_rows(eg_div(dz, sharers), ids));
    return eg__done();
}

const eg_opdef eg_op_segment_max = {
    .name = "SegmentMax",
    .in = {"x", "ids"},
    .types = {EG__NUMERIC, EG__INTS},
    .traits = EG__MAY_FAIL,
    .attrs = segment_fields,
    .attrs_size = sizeof(eg__segment_attrs),
    .infer = segment_infer,
    .flops = eg__flops_sum,
    .kernels = EG__KERNELS(&eg__segment_max_kernel),
    .grad = extremum_grad,
    .known_as = {NULL, "math.unsorted_segment_max", NULL},
};

eg_tensor *eg_segment_max(eg_tensor *x, eg_tensor *ids, int64_t n)
{
    const eg__segment_attrs attrs = {sizeof attrs, n};
    return EG__APPLY(&eg_op_segment_max, &attrs, x, ids);
}

const eg_opdef eg_op_segment_min = {
    .name = "SegmentMin",
    .in = {"x", "ids"},
    .types = {EG__NUMERIC, EG__INTS},
    .traits = EG__MAY_FAIL,
    .attrs = segment_fields,
    .attrs_size = sizeof(eg__segment_attrs),
    .infer = segment_infer,
    .flops = eg__flops_sum,
    .kernels = EG__KERNELS(&eg__segment_min_kernel),
    .grad = extremum_grad,
    .known_as = {NULL, "math.unsorted_segment_min", NULL},
};

eg_tensor *eg_segment_min(eg_tensor *x, eg_tensor *ids, int64_t n)
{
    const eg__segment_attrs attrs = {sizeof attrs, n};
    return EG__APPLY(&eg_op_segment_min, &attrs, x, ids);
}

/* ---- prod ----------------------------------------------------------------------------------- */

/* For each of the rows x, sorted by ids, the product of those before it in its segment; before is
 * where `neighbour` points. Where the neighbour belongs to another segment the product begins
 * anew. NULL for NULL. */
static eg_tensor *product_before(eg_tensor *x, eg_tensor *ids, eg_tensor *neighbour, bool reverse)
{
    eg_recurrence_attrs along = {.size = sizeof along, .reverse = reverse};

    if (!x)
        return NULL;
    eg_tensor *is_own = eg_not_equal(neighbour, eg_range(eg_dim(x, 0)));
    eg_tensor *zero = eg__number_like(x, 0), *one = eg__number_like(x, 1);
    int64_t dims[EG_MAX_RANK] = {eg_dim(x, 0), 1, 1, 1, 1, 1, 1, 1};

    is_own = eg_logical_and(is_own, eg_equal(ids, eg_gather(ids, neighbour)));
    is_own = eg__broadcast_like(eg_reshape(is_own, eg_rank(x), dims), x);
    eg_tensor *factor = eg_where(is_own, eg_gather(x, neighbour), zero);
    return eg_linear_recurrence_with(factor, eg_where(is_own, zero, one), &along);
}

/* For each row the product of the others of its segment, which divides by nothing. */
static eg_tensor *product_of_others(eg_tensor *x, eg_tensor *ids)
{
    int64_t n = eg_dim(x, 0);
    eg_tensor *order = eg_argsort(ids, 0), *at = eg_range(n);
    eg_tensor *zero = eg_scalar_int(EG_INT64, 0), *one = eg_scalar_int(EG_INT64, 1);
    eg_tensor *last = eg_scalar_int(EG_INT64, n - 1);

    x = eg_gather(x, order);
    ids = eg_gather(ids, order);
    eg_tensor *before = product_before(x, ids, eg_maximum(eg_sub(at, one), zero), false);
    eg_tensor *behind = product_before(x, ids, eg_minimum(eg_add(at, one), last), true);
    return eg_scatter_add(order, eg_mul(before, behind), n, 0);
}

static eg_status segment_prod_grad(eg_backward *b)
{
    eg_tensor *x = b->x[0], *ids = b->x[1];
    int64_t dims[EG_MAX_RANK + 1] = {eg_size(ids)};
    int rank = 1;

    if (!b->wanted[0])
        return EG_OK;
    for (int i = eg_rank(ids); i < eg_rank(x); i++)
        dims[rank++] = eg_dim(x, i);
    eg_tensor *others = product_of_others(eg_reshape(x, rank, dims), eg_reshape(ids, 1, dims));
    others = eg__reshape_like(others, x);
    b->dx[0] = eg_mul(of_rows(b->dy[0], ids), others);
    return eg__done();
}

const eg_opdef eg_op_segment_prod = {
    .name = "SegmentProd",
    .in = {"x", "ids"},
    .types = {EG__NUMERIC, EG__INTS},
    .traits = EG__MAY_FAIL,
    .attrs = segment_fields,
    .attrs_size = sizeof(eg__segment_attrs),
    .infer = segment_infer,
    .flops = eg__flops_prod,
    .kernels = EG__KERNELS(&eg__segment_prod_kernel),
    .grad = segment_prod_grad,
    .known_as = {NULL, "math.unsorted_segment_prod", NULL},
};

eg_tensor *eg_segment_prod(eg_tensor *x, eg_tensor *ids, int64_t n)
{
    const eg__segment_attrs attrs = {sizeof attrs, n};
    return EG__APPLY(&eg_op_segment_prod, &attrs, x, ids);
}

/* ---- sum, mean ------------------------------------------------------------------------------ */

eg_tensor *eg_segment_sum(eg_tensor *x, eg_tensor *ids, int64_t n)
{
    return eg_scatter_add(ids, x, n, 0);
}

eg_tensor *eg_segment_mean(eg_tensor *x, eg_tensor *ids, int64_t n)
{
    eg_tensor *sum = eg_segment_sum(x, ids, n);
    int64_t dims[EG_MAX_RANK] = {n, 1, 1, 1, 1, 1, 1, 1};

    if (!sum)
        return NULL;
    eg_tensor *count = eg_cast(eg_bincount(ids, n), eg_dtype_of(sum));
    count = eg_maximum(count, eg__number_like(sum, 1));
    return eg_div(sum, eg_reshape(count, eg_rank(sum), dims));
}
