/* Products of tensors along chosen axes.
 *
 * The axes of two operands are of four sorts: those of both that stay (a batch), those of both that
 * are summed over, and those that only one has. Each sort becomes one axis, and the product is one
 * of matrices; where nothing is summed over it is a product of elements.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/contract.h"
#include "ops/sized.h"
#include <string.h>

/* ---- labelled tensors ----------------------------------------------------------------------- */

uint64_t eg__labels(const eg__labelled *t)
{
    uint64_t set = 0;

    for (int i = 0; i < eg_rank(t->x); i++)
        set |= eg__label_bit(t->label[i]);
    return set;
}

void eg__sum_labels(eg__labelled *t, uint64_t keep)
{
    eg_reduce_attrs over = {.size = sizeof over};
    int left = 0, rank = eg_rank(t->x);
    eg_dtype dtype = eg_dtype_of(t->x);

    for (int i = 0; i < rank; i++) {
        if (keep & eg__label_bit(t->label[i]))
            t->label[left++] = t->label[i];
        else
            over.axes.axis[over.axes.n++] = i;
    }
    if (over.axes.n > 0)
        t->x = eg_cast(eg_sum_with(t->x, &over), dtype);
}

/* Axes of one sort. */
typedef struct group {
    int n, axis[EG_MAX_RANK]; /* of the operand */
    eg__size size;            /* all together */
} group;

/* The axes of t whose labels are in the set, in the order of `like`, a tensor that has them too. */
static group group_of(const eg__labelled *t, uint64_t set, const eg__labelled *like)
{
    group g = {.size = {1, 0}};

    for (int i = 0; i < eg_rank(like->x); i++)
        for (int k = 0; set >> like->label[i] & 1 && k < eg_rank(t->x); k++)
            if (t->label[k] == like->label[i]) {
                g.axis[g.n++] = k;
                g.size = eg__size_times(g.size, eg__size_at(t->x, k));
            }
    return g;
}

static int append(const group *g, int order[], int n)
{
    for (int i = 0; i < g->n; i++)
        order[n++] = g->axis[i];
    return n;
}

/* t as a batch of matrices with `rows` and `columns`. Where the axes lie the other way round
 * nothing is moved, and *turned says so. */
static eg_tensor *matrices(const eg__labelled *t, const group *batch, const group *rows,
    const group *columns, bool *turned)
{
    int order[EG_MAX_RANK], n = append(columns, order, append(batch, order, 0));
    eg__size dims[3] = {batch->size};

    append(rows, order, n);
    *turned = rows->n > 0 && columns->n > 0;
    for (int i = 0; i < eg_rank(t->x); i++)
        *turned = *turned && order[i] == i;
    if (!*turned)
        append(columns, order, append(rows, order, append(batch, order, 0)));
    dims[1] = *turned ? columns->size : rows->size;
    dims[2] = *turned ? rows->size : columns->size;
    bool one = batch->n == 0;
    return eg__reshape(eg__ordered(t->x, order), 3 - one, dims + one);
}

/* What is left of a and b, in the order in which the result has it. */
static int labels_left(const eg__labelled *a, const eg__labelled *b, uint64_t keep,
    eg__size dims[2 * EG_MAX_RANK], int label[2 * EG_MAX_RANK])
{
    uint64_t both = eg__labels(a) & eg__labels(b);
    int n = 0;

    for (int pass = 0; pass < 3; pass++) {
        const eg__labelled *t = pass < 2 ? a : b;
        for (int i = 0; i < eg_rank(t->x); i++) {
            bool shared = both >> t->label[i] & 1;
            if (shared != (pass == 0) || (shared && !(keep >> t->label[i] & 1)))
                continue;
            dims[n] = eg__size_at(t->x, i);
            label[n++] = t->label[i];
        }
    }
    return n;
}

/* t with an axis of size 1 for each of the n labels that it lacks. */
static eg_tensor *spread(const eg__labelled *t, int n, const int label[])
{
    int order[EG_MAX_RANK], used = 0;
    eg__size dims[EG_MAX_RANK];

    for (int i = 0; i < n; i++) {
        dims[i] = eg__size_plain(1);
        for (int k = 0; k < eg_rank(t->x); k++)
            if (t->label[k] == label[i]) {
                dims[i] = eg__size_at(t->x, k);
                order[used++] = k;
            }
    }
    return eg__reshape(eg__ordered(t->x, order), n, dims);
}

static eg_tensor *product_of_matrices(const eg__labelled *a, const eg__labelled *b, uint64_t keep)
{
    uint64_t both = eg__labels(a) & eg__labels(b);
    group batch_a = group_of(a, both & keep, a), batch_b = group_of(b, both & keep, a);
    group inner_a = group_of(a, both & ~keep, a), inner_b = group_of(b, both & ~keep, a);
    group rows = group_of(a, ~both, a), columns = group_of(b, ~both, b);
    eg_matmul_attrs attrs = {.size = sizeof attrs};
    eg_tensor *left = matrices(a, &batch_a, &rows, &inner_a, &attrs.transpose_a);
    eg_tensor *right = matrices(b, &batch_b, &inner_b, &columns, &attrs.transpose_b);

    return eg_matmul_with(left, right, &attrs);
}

eg__labelled eg__contract(const eg__labelled *a, const eg__labelled *b, uint64_t keep)
{
    eg__size dims[2 * EG_MAX_RANK];
    int label[2 * EG_MAX_RANK], n = labels_left(a, b, keep, dims, label);
    eg__labelled z = {NULL, {0}};

    if (n > EG_MAX_RANK)
        eg__fail(EG_INVALID, "eg_einsum",
            "the product of two operands would have %d axes; %d are "
            "the most",
            n, EG_MAX_RANK);
    if (eg__me.failed)
        return z;
    memcpy(z.label, label, sizeof z.label);
    if (eg__labels(a) & eg__labels(b) & ~keep)
        z.x = eg__reshape(product_of_matrices(a, b, keep), n, dims);
    else
        z.x = eg_mul(spread(a, n, label), spread(b, n, label));
    return z;
}

/* ---- tensordot ------------------------------------------------------------------------------ */

/* The axes of both that are summed over; false, reported, where they do not fit. */
static bool tensordot_axes(const eg_tensor *x, const eg_tensor *y, eg_tensordot_attrs *o)
{
    static const char op[] = "eg_tensordot";
    int n = o->n < 0 ? 0 : o->n > 0 ? o->n : 2;

    if (o->x_axes.n == 0 && o->y_axes.n == 0) {
        if (n > eg_rank(x) || n > eg_rank(y)) {
            eg__fail(EG_INVALID, op, "%d axes of tensors with %d and %d axes", n, eg_rank(x),
                eg_rank(y));
            return false;
        }
        o->x_axes.n = o->y_axes.n = n;
        for (int i = 0; i < n; i++) {
            o->x_axes.axis[i] = eg_rank(x) - n + i;
            o->y_axes.axis[i] = i;
        }
    }
    if (o->x_axes.n != o->y_axes.n)
        eg__fail(EG_INVALID, op, "%d axes of x and %d of y; each needs its counterpart",
            o->x_axes.n, o->y_axes.n);
    for (int i = 0; i < o->x_axes.n && !eg__me.failed; i++) {
        int *a = &o->x_axes.axis[i], *b = &o->y_axes.axis[i];
        if (eg__has_axis(op, x, a) && eg__has_axis(op, y, b) &&
            !eg__size_equal(eg__size_at(x, *a), eg__size_at(y, *b)))
            eg__fail(EG_INVALID, op, "axis %d of x has %lld elements, axis %d of y has %lld", *a,
                (long long)eg_dim(x, *a), *b, (long long)eg_dim(y, *b));
    }
    return !eg__me.failed;
}

eg_tensor *eg_tensordot_with(eg_tensor *x, eg_tensor *y, const eg_tensordot_attrs *attrs)
{
    eg__labelled a = {x, {0, 1, 2, 3, 4, 5, 6, 7}}, b = {y, {8, 9, 10, 11, 12, 13, 14, 15}};
    eg_tensordot_attrs full;
    uint64_t summed = 0;

    if (!eg__attrs_complete(&full, sizeof full, attrs, "eg_tensordot") ||
        !eg__is_tensor("eg_tensordot", x) || !eg__is_tensor("eg_tensordot", y) ||
        !tensordot_axes(x, y, &full))
        return NULL;
    for (int i = 0; i < full.x_axes.n; i++) {
        int label = full.x_axes.axis[i], *other = &b.label[full.y_axes.axis[i]];
        if (summed >> label & 1 || *other < EG_MAX_RANK)
            return eg__fail_null(EG_INVALID, "eg_tensordot", "an axis is named twice");
        *other = label;
        summed |= eg__label_bit(label);
    }
    return eg__contract(&a, &b, ~summed).x;
}

/* ---- outer, vecdot, kron, cross ------------------------------------------------------------- */

eg_tensor *eg_outer(eg_tensor *x, eg_tensor *y)
{
    if (!eg__is_tensor("eg_outer", x) || !eg__is_tensor("eg_outer", y))
        return NULL;
    eg__size sizes[] = {eg__size_all(x), eg__size_plain(1)};
    return eg_mul(eg__reshape(x, 2, sizes), eg_flatten(y));
}

/* Makes the axis count from the end of both; false, reported, where they do not agree. */
static bool shared_axis(const char *op, const eg_tensor *x, const eg_tensor *y, int *axis)
{
    int least = eg_rank(x) < eg_rank(y) ? eg_rank(x) : eg_rank(y);

    if (!eg__is_tensor(op, x) || !eg__is_tensor(op, y))
        return false;
    int at = *axis - (*axis >= 0 && eg_rank(x) == eg_rank(y) ? least : 0);
    if (at >= 0 || at < -least)
        eg__fail(EG_INVALID, op,
            "axis %d of tensors with %d and %d axes; it is counted from the "
            "end: -%d to -1",
            *axis, eg_rank(x), eg_rank(y), least);
    else if (!eg__size_equal(eg__size_at(x, at), eg__size_at(y, at)))
        eg__fail(EG_INVALID, op, "along axis %d x has %lld elements and y has %lld", at,
            (long long)eg_dim(x, at), (long long)eg_dim(y, at));
    *axis = at;
    return !eg__me.failed;
}

eg_tensor *eg_vecdot(eg_tensor *x, eg_tensor *y, int axis)
{
    if (!shared_axis("eg_vecdot", x, y, &axis))
        return NULL;
    eg_tensor *products = eg_mul(eg__is_complex(eg_dtype_of(x)) ? eg_conj(x) : x, y);
    eg_reduce_attrs over = {.size = sizeof over, .axes = {1, {axis}}};
    return eg_cast(eg_sum_with(products, &over), eg_dtype_of(products));
}

/* x with each axis, of `rank` in the end, as a pair: the size first and 1, or 1 and the size. */
static eg_tensor *paired(eg_tensor *x, int rank, bool first)
{
    int64_t dims[EG_MAX_RANK];
    int added = rank - eg_rank(x);

    for (int i = 0; i < rank; i++) {
        int64_t size = i < added ? 1 : eg_dim(x, i - added);
        dims[2 * i] = first ? size : 1;
        dims[2 * i + 1] = first ? 1 : size;
    }
    return eg_reshape(x, 2 * rank, dims);
}

/* The same where there is no room for pairs of axes: both in full size. */
static eg_tensor *repeated_and_tiled(eg_tensor *x, eg_tensor *y, int rank)
{
    int64_t of_x[EG_MAX_RANK], of_y[EG_MAX_RANK];

    for (int i = 0; i < rank; i++) {
        int in_x = i - (rank - eg_rank(x)), in_y = i - (rank - eg_rank(y));
        of_x[i] = in_x < 0 ? 1 : eg_dim(x, in_x);
        of_y[i] = in_y < 0 ? 1 : eg_dim(y, in_y);
    }
    eg_tensor *wide = eg_reshape(x, rank, of_x);
    for (int i = rank - 1; i >= 0; i--)
        wide = of_y[i] == 1 ? wide : eg_repeat(wide, of_y[i], i);
    return eg_mul(wide, eg_tile(y, rank, of_x));
}

eg_tensor *eg_kron(eg_tensor *x, eg_tensor *y)
{
    int rank = eg_rank(x) > eg_rank(y) ? eg_rank(x) : eg_rank(y);
    int64_t dims[EG_MAX_RANK];

    if (!eg__is_tensor("eg_kron", x) || !eg__is_tensor("eg_kron", y))
        return NULL;
    if (2 * rank > EG_MAX_RANK)
        return repeated_and_tiled(x, y, rank);
    eg_tensor *z = eg_mul(paired(x, rank, true), paired(y, rank, false));
    for (int i = 0; i < rank; i++)
        dims[i] = eg_dim(z, 2 * i) * eg_dim(z, 2 * i + 1);
    return eg_reshape(z, rank, dims);
}

eg_tensor *eg_cross(eg_tensor *x, eg_tensor *y, int axis)
{
    if (!shared_axis("eg_cross", x, y, &axis))
        return NULL;
    if (!eg__size_is(eg__size_at(x, axis), 3))
        return eg__fail_null(EG_INVALID, "eg_cross", "axis %d has %lld elements, not 3", axis,
            (long long)eg_dim(x, axis));
    eg_gather_attrs along = {sizeof along, axis};
    eg_tensor *next = eg__whole_numbers(3, (const int64_t[]){1, 2, 0});
    eg_tensor *after = eg__whole_numbers(3, (const int64_t[]){2, 0, 1});
    eg_tensor *plus = eg_mul(eg_gather_with(x, next, &along), eg_gather_with(y, after, &along));
    return eg_sub(plus, eg_mul(eg_gather_with(x, after, &along), eg_gather_with(y, next, &along)));
}
