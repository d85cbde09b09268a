/* Elements picked by masks and counts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/select.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"

/* ---- count_nonzero, nonzero ----------------------------------------------------------------- */

static eg_status count_nonzero_infer(eg_shapes *s)
{
    *s->out[0] = (eg_spec){.dtype = EG_INT64};
    return eg__infer_size(s, s->out[0]);
}

const eg_opdef eg_op_count_nonzero = {
    .name = "CountNonzero",
    .in = {"x"},
    .types = {EG__ORDERED},
    .traits = EG__CONSTANT,
    .infer = count_nonzero_infer,
    .kernels = EG__KERNELS(&eg__count_nonzero_kernel),
    .known_as = {"count_nonzero", "math.count_nonzero", NULL},
};

static const eg_attr nonzero_fields[] = {
    EG__ATTR(eg__nonzero_attrs, INT64, length),
    EG__ATTR(eg__nonzero_attrs, INT64, fill),
    {0},
};

static eg_status check_length(eg_shapes *s, int64_t length)
{
    return length < 0 ? eg__shape_error(s, "the length %lld is negative", (long long)length)
                      : EG_OK;
}

static eg_status nonzero_infer(eg_shapes *s)
{
    const eg__nonzero_attrs *attrs = s->attrs;

    *s->out[0] = (eg_spec){EG_INT64, 2, 0, {s->in[0]->rank, attrs->length}};
    eg_status status = check_length(s, attrs->length);
    return status == EG_OK ? eg__infer_size(s, s->out[0]) : status;
}

const eg_opdef eg_op_nonzero = {
    .name = "Nonzero",
    .in = {"x"},
    .types = {EG__ORDERED},
    .traits = EG__CONSTANT,
    .attrs = nonzero_fields,
    .attrs_size = sizeof(eg__nonzero_attrs),
    .infer = nonzero_infer,
    .kernels = EG__KERNELS(&eg__nonzero_kernel),
    .known_as = {"nonzero", "where", "NonZero"},
};

static eg_tensor *nonzero(const char *op, eg_tensor *x, const eg_nonzero_attrs *attrs)
{
    eg__nonzero_attrs all = {.size = sizeof all};
    eg_nonzero_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op) || !eg__is_tensor(op, x))
        return NULL;
    if (eg__is_complex(eg_dtype_of(x)))
        x = eg_not_equal(x, eg__number_like(x, 0));
    all.length = eg__length(op, full.length, eg_count_nonzero, x);
    all.fill = full.fill;
    return EG__APPLY(&eg_op_nonzero, &all, x);
}

eg_tensor *eg_nonzero_with(eg_tensor *x, const eg_nonzero_attrs *attrs)
{
    if (!eg__is_tensor("eg_nonzero", x))
        return NULL;
    if (eg_rank(x) == 0)
        return eg__fail_null(EG_INVALID, "eg_nonzero",
            "x is a single number, which has no axes to be found along");
    return nonzero("eg_nonzero", x, attrs);
}

eg_tensor *eg_nonzero(eg_tensor *x)
{
    return eg_nonzero_with(x, NULL);
}

eg_tensor *eg_argwhere_with(eg_tensor *x, const eg_nonzero_attrs *attrs)
{
    return eg_transpose(nonzero("eg_argwhere", x, attrs));
}

eg_tensor *eg_argwhere(eg_tensor *x)
{
    return eg_argwhere_with(x, NULL);
}

/* ---- boolean_mask, masked_scatter ----------------------------------------------------------- */

static const eg_attr boolean_mask_fields[] = {
    EG__ATTR(eg__compress_attrs, INT64, length),
    EG__ATTR(eg__compress_attrs, REAL, fill),
    {0},
};

static const eg_attr masked_scatter_fields[] = {
    EG__ATTR(eg__masked_scatter_attrs, BOOL, any_count),
    {0},
};

static bool masks_from(const eg_spec *x, const eg_spec *mask, int axis)
{
    bool fits = axis + mask->rank <= x->rank;

    for (int i = 0; fits && i < mask->rank; i++)
        fits = mask->dims[i] == x->dims[axis + i];
    return fits;
}

/* *out is x with the axes of the mask as one of size n. */
static eg_status masked_shape(eg_shapes *s, int64_t n, eg_spec *out)
{
    const eg_spec *x = s->in[0], *mask = s->in[1];

    if (!masks_from(x, mask, 0))
        return eg__shape_error(s, "the shape of the mask is not the beginning of that of x");
    if (x->rank - mask->rank == EG_MAX_RANK)
        return eg__shape_error(s, "the result would have more than %d axes", EG_MAX_RANK);
    *out = (eg_spec){.dtype = x->dtype, .rank = x->rank - mask->rank + 1, .dims = {n}};
    for (int i = 1; i < out->rank; i++)
        out->dims[i] = x->dims[mask->rank + i - 1];
    return eg__infer_size(s, out);
}

static eg_status boolean_mask_infer(eg_shapes *s)
{
    const eg__compress_attrs *attrs = s->attrs;

    if (!eg__dtype_holds(s->in[0]->dtype, attrs->fill))
        return eg__shape_error(s, "%g, which fills the rest, cannot be %s", attrs->fill,
            eg_dtype_name(s->in[0]->dtype));
    eg_status status = check_length(s, attrs->length);
    return status == EG_OK ? masked_shape(s, attrs->length, s->out[0]) : status;
}

static eg_status boolean_mask_grad(eg_backward *b)
{
    const eg__masked_scatter_attrs any = {sizeof any, true};

    if (b->wanted[0])
        b->dx[0] =
            EG__APPLY(&eg_op_masked_scatter, &any, eg_zeros_like(b->x[0]), b->x[1], b->dy[0]);
    return eg__done();
}

const eg_opdef eg_op_boolean_mask = {
    .name = "BooleanMask",
    .in = {"x", "mask"},
    .types = {0, EG__BOOLS},
    .traits = EG__NO_FLOPS,
    .attrs = boolean_mask_fields,
    .attrs_size = sizeof(eg__compress_attrs),
    .infer = boolean_mask_infer,
    .kernels = EG__KERNELS(&eg__compress_kernel),
    .grad = boolean_mask_grad,
    .known_as = {"compress", "boolean_mask", "Compress"},
};

static eg_status masked_scatter_infer(eg_shapes *s)
{
    const eg_spec *updates = s->in[2];
    eg_spec picked;

    if (updates->rank == 0)
        return eg__shape_error(s, "the updates are a single number, not a list");
    eg_status status = masked_shape(s, updates->dims[0], &picked);
    if (status == EG_OK && !eg__same_shape(&picked, updates))
        return eg__shape_error(s,
            "the updates must have one axis for those of the mask, then those of x behind it");
    *s->out[0] = *s->in[0];
    return status;
}

static eg_status masked_scatter_grad(eg_backward *b)
{
    eg_tensor *mask = b->x[1], *updates = b->x[2], *dz = b->dy[0];
    const eg__compress_attrs as_many = {sizeof as_many, eg_dim(updates, 0), 0};

    if (b->wanted[0])
        b->dx[0] = EG__APPLY(b->op, b->attrs, dz, mask, eg_zeros_like(updates));
    if (b->wanted[2])
        b->dx[2] = EG__APPLY(&eg_op_boolean_mask, &as_many, dz, mask);
    return eg__done();
}

const eg_opdef eg_op_masked_scatter = {
    .name = "MaskedScatter",
    .in = {"x", "mask", "updates"},
    .types = {0, EG__BOOLS, 0},
    .promote = 5,
    .traits = EG__MAY_FAIL | EG__LINEAR | EG__NO_FLOPS,
    .attrs = masked_scatter_fields,
    .attrs_size = sizeof(eg__masked_scatter_attrs),
    .infer = masked_scatter_infer,
    .kernels = EG__KERNELS(&eg__masked_scatter_kernel),
    .grad = masked_scatter_grad,
    .known_as = {"place", NULL, NULL},
};

eg_tensor *eg_masked_scatter(eg_tensor *x, eg_tensor *mask, eg_tensor *updates)
{
    return EG__APPLY(&eg_op_masked_scatter, NULL, x, mask, updates);
}

/* Whether the mask is one, for the axes of x from *axis on, which is brought into range. */
static bool is_mask(const char *op, const eg_tensor *x, const eg_tensor *mask, int *axis)
{
    char a[EG__SPEC_TEXT], b[EG__SPEC_TEXT];

    if (!eg__is_tensor(op, x))
        return false;
    if (!mask || eg_dtype_of(mask) != EG_BOOL)
        eg__fail(EG_INVALID, op, "the mask is %s, it must be bool: eg_cast it or compare it with 0",
            mask ? eg_dtype_name(eg_dtype_of(mask)) : "NULL");
    else if (eg__axis_of(op, axis, eg_rank(x) + (eg_rank(mask) == 0)) &&
        !masks_from(eg__spec_look(x), eg__spec_look(mask), *axis))
        eg__fail(EG_INVALID, op,
            "the mask has shape %s, which is not that of x, %s, from axis %d on",
            eg__shape_text(&mask->spec, a), eg__shape_text(&x->spec, b), *axis);
    return !eg__me.failed;
}

/* The axes that the mask is for in front. */
static eg_tensor *masked_first(eg_tensor *x, int axis, int n)
{
    int order[EG_MAX_RANK];

    for (int i = 0; i < eg_rank(x); i++)
        order[i] = i < n ? axis + i : i < n + axis ? i - n : i;
    return eg__ordered(x, order);
}

static eg_tensor *boolean_mask(const char *op, eg_tensor *x, eg_tensor *mask,
    const eg_boolean_mask_attrs *attrs)
{
    eg__compress_attrs all = {.size = sizeof all};
    eg_boolean_mask_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op) || !is_mask(op, x, mask, &full.axis))
        return NULL;
    all.length = eg__length(op, full.length, eg_count_nonzero, mask);
    all.fill = full.fill;
    x = masked_first(x, full.axis, eg_rank(mask));
    eg_tensor *y = EG__APPLY(&eg_op_boolean_mask, &all, x, mask);
    return full.axis > 0 ? eg_moveaxis(y, 0, full.axis) : y;
}

eg_tensor *eg_boolean_mask_with(eg_tensor *x, eg_tensor *mask, const eg_boolean_mask_attrs *attrs)
{
    return boolean_mask("eg_boolean_mask", x, mask, attrs);
}

eg_tensor *eg_boolean_mask(eg_tensor *x, eg_tensor *mask)
{
    return eg_boolean_mask_with(x, mask, NULL);
}

eg_tensor *eg_compress_with(eg_tensor *mask, eg_tensor *x, const eg_boolean_mask_attrs *attrs)
{
    static const char op[] = "eg_compress";
    eg_boolean_mask_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op) || !eg__has_axis(op, x, &full.axis))
        return NULL;
    if (mask && eg_rank(mask) == 1 && eg_dim(mask, 0) < eg_dim(x, full.axis))
        x = eg__along(x, full.axis, 0, eg_dim(mask, 0), 1);
    else if (mask && eg_rank(mask) != 1)
        return eg__fail_null(EG_INVALID, op, "the mask has %d axes, it must have one",
            eg_rank(mask));
    return boolean_mask(op, x, mask, &full);
}

eg_tensor *eg_compress(eg_tensor *mask, eg_tensor *x)
{
    return eg_compress_with(mask, x, NULL);
}

/* ---- repeat_index, repeat_counts ------------------------------------------------------------ */

static const eg_attr repeat_index_fields[] = {
    EG__ATTR(eg__repeat_index_attrs, INT64, length),
    EG__ATTR(eg__repeat_index_attrs, BOOL, any_count),
    {0},
};

static eg_status repeat_index_infer(eg_shapes *s)
{
    const eg__repeat_index_attrs *attrs = s->attrs;

    if (s->in[0]->rank != 1 || s->in[0]->dtype != EG_INT64)
        return eg__shape_error(s, "the counts must be int64 and have one axis");
    *s->out[0] = (eg_spec){EG_INT64, 1, 0, {attrs->length}};
    eg_status status = check_length(s, attrs->length);
    return status == EG_OK ? eg__infer_size(s, s->out[0]) : status;
}

const eg_opdef eg_op_repeat_index = {
    .name = "RepeatIndex",
    .in = {"counts"},
    .types = {EG__INTS},
    .traits = EG__CONSTANT | EG__MAY_FAIL,
    .attrs = repeat_index_fields,
    .attrs_size = sizeof(eg__repeat_index_attrs),
    .infer = repeat_index_infer,
    .kernels = EG__KERNELS(&eg__repeat_index_kernel),
};

/* Whether the counts are whole numbers of rank `most` at most; they become int64. */
static bool are_counts(const char *op, eg_tensor **counts, int least, int most)
{
    int rank = eg_rank(*counts);

    if (eg__me.failed)
        return false;
    if (!*counts || !eg__is_kind(*counts, EG__INTS) || rank < least || rank > most)
        eg__fail(EG_INVALID, op, "the counts are %s and have %d axes; they must be integers in %s",
            *counts ? eg_dtype_name(eg_dtype_of(*counts)) : "NULL", rank,
            least ? "one" : "one, or a single one");
    else if (eg_dtype_of(*counts) != EG_INT64)
        *counts = eg_cast(*counts, EG_INT64);
    return !eg__me.failed;
}

eg_tensor *eg__repeat_index(eg_tensor *counts, int64_t length, bool any_count)
{
    eg__repeat_index_attrs all = {sizeof all, length, any_count};
    return EG__APPLY(&eg_op_repeat_index, &all, counts);
}

eg_tensor *eg_repeat_index_with(eg_tensor *counts, const eg_repeat_attrs *attrs)
{
    static const char op[] = "eg_repeat_index";
    eg_repeat_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op) || !are_counts(op, &counts, 1, 1))
        return NULL;
    if (full.fill != 0)
        return eg__fail_null(EG_INVALID, op, "it has no fill: what is missing is %lld",
            (long long)eg_size(counts));
    int64_t length = eg__length(op, full.length, eg_sum, counts);
    return eg__repeat_index(counts, length, full.length > 0);
}

eg_tensor *eg_repeat_index(eg_tensor *counts)
{
    return eg_repeat_index_with(counts, NULL);
}

/* x with one slice more along an axis, all of it `fill`. */
static eg_tensor *with_fill(eg_tensor *x, int axis, double fill)
{
    eg_concat_attrs along = {sizeof along, axis};
    int64_t dims[EG_MAX_RANK];

    for (int i = 0; i < eg_rank(x); i++)
        dims[i] = i == axis ? 1 : eg_dim(x, i);
    eg_tensor *slice = eg_full(eg_scalar(eg_dtype_of(x), fill), eg_rank(x), dims);
    return eg_concat_with(2, (eg_tensor *[]){x, slice}, &along);
}

eg_tensor *eg_repeat_counts_with(eg_tensor *x, eg_tensor *counts, int axis,
    const eg_repeat_attrs *attrs)
{
    static const char op[] = "eg_repeat_counts";
    eg_repeat_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op) || !eg__has_axis(op, x, &axis) ||
        !are_counts(op, &counts, 0, 1))
        return NULL;
    int64_t n = eg_dim(x, axis);
    if (eg_rank(counts) == 1 && eg_dim(counts, 0) != n)
        return eg__fail_null(EG_INVALID, op, "%lld counts for %lld elements along axis %d",
            (long long)eg_dim(counts, 0), (long long)n, axis);
    counts = eg_broadcast_to(counts, 1, &n);
    int64_t length = eg__length(op, full.length, eg_sum, counts);
    eg_tensor *from = full.length > 0 ? with_fill(x, axis, full.fill) : x;
    eg_gather_attrs along = {sizeof along, axis};
    return eg_gather_with(from, eg__repeat_index(counts, length, full.length > 0), &along);
}

eg_tensor *eg_repeat_counts(eg_tensor *x, eg_tensor *counts, int axis)
{
    return eg_repeat_counts_with(x, counts, axis, NULL);
}
