/* NumPy's brackets, taken apart: a slice, a shape, and lists of positions. A mask is the lists of
 * positions where it is true; one that is alone, and whose axes stay in their place, is used as it
 * is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/infer.h"
#include "op/watch.h"
#include "ops/compose.h"
#include "ops/sized.h"
#include <string.h>

/* What picks come down to: a slice of x, under another shape, in which lists pick along axes. */
typedef struct plan {
    const char *op;
    eg_tensor *x;
    eg_slice_attrs part;        /* of x, complete */
    eg_spec sliced, shape;      /* of the slice; with new axes, without positions */
    int axis, n_lists;          /* the next axis of x */
    int list_axis[EG_MAX_RANK]; /* in `shape` */
    eg_tensor *list[EG_MAX_RANK];
    eg_tensor *mask;   /* for the axes that have lists, which are not made yet; NULL: none */
    eg_spec lists;     /* what they broadcast to */
    int list_picks;    /* lists and masks among the picks */
    bool began, ended; /* whether lists, and positions beside them, lie together */
    bool front;        /* they do not */
    int place;         /* axes of `shape` without a list before the first of them */
} plan;

/* ---- one pick after another ----------------------------------------------------------------- */

static void add_axis(plan *p, int64_t size)
{
    if (p->shape.rank == EG_MAX_RANK)
        eg__fail(EG_INVALID, p->op, "the result would have more than %d axes", EG_MAX_RANK);
    else
        p->shape.dims[p->shape.rank++] = size;
}

static void cut(plan *p, int64_t begin, int64_t count, int64_t step)
{
    p->part.begin.at[p->axis] = begin;
    p->part.count.at[p->axis] = count;
    p->part.step.at[p->axis] = step;
    p->sliced.dims[p->axis++] = count;
}

/* Notes a list, or a position beside lists. */
static void note_list(plan *p)
{
    if (!p->began)
        p->place = p->shape.rank - p->n_lists;
    p->front = p->front || p->ended;
    p->began = true;
}

static void note_other(plan *p)
{
    p->ended = p->began;
}

static void pick_index(plan *p, int64_t index)
{
    int64_t size = eg_dim(p->x, p->axis), at = index + (index < 0 ? size : 0);

    if (at < 0 || at >= size)
        eg__fail(EG_INVALID, p->op, "position %lld is not inside axis %d, which has %lld elements",
            (long long)index, p->axis, (long long)size);
    if (p->list_picks > 0)
        note_list(p);
    cut(p, at, 1, 1);
}

/* An end of a range as Python means it. */
static int64_t end_of_range(int64_t at, int64_t least, int64_t most, int64_t size)
{
    at += at < 0 ? size : 0;
    return at < least ? least : at > most ? most : at;
}

static void pick_range(plan *p, const eg_pick *r)
{
    int64_t size = eg_dim(p->x, p->axis), count;
    bool back = r->step < 0;
    int64_t least = back ? -1 : 0, most = back ? size - 1 : size;
    int64_t begin =
        r->begin == EG_OPEN ? (back ? most : least) : end_of_range(r->begin, least, most, size);
    int64_t end =
        r->end == EG_OPEN ? (back ? least : most) : end_of_range(r->end, least, most, size);

    if (r->step == 0 || r->step == INT64_MIN)
        eg__fail(EG_INVALID, p->op, "the step of a range is %s", r->step ? "too large" : "0");
    if (eg__me.failed)
        return;
    count = back ? (begin > end ? (begin - end - 1) / -r->step + 1 : 0)
                 : (begin < end ? (end - begin - 1) / r->step + 1 : 0);
    note_other(p);
    cut(p, count ? begin : 0, count, count ? r->step : 1);
    add_axis(p, count);
}

/* Notes that the next axis of `shape` has a list. */
static void add_list(plan *p, eg_tensor *list)
{
    p->list_axis[p->n_lists] = p->shape.rank;
    p->list[p->n_lists++] = list;
}

static void broadcast_lists(plan *p, const eg_tensor *list)
{
    char text[EG__SPEC_TEXT];

    if (!eg__me.failed && !eg__broadcast_shape(&p->lists, eg__spec_look(list)))
        eg__fail(EG_INVALID, p->op, "a list of shape %s does not broadcast with those before it",
            eg__shape_text(&list->spec, text));
}

static void pick_list(plan *p, eg_tensor *list)
{
    int64_t size = eg_dim(p->x, p->axis);

    if (!eg__is_kind(list, EG__INTS)) {
        eg__fail(EG_INVALID, p->op, "a list of positions is %s, it must be integers: eg_cast it",
            eg_dtype_name(eg_dtype_of(list)));
        return;
    }
    broadcast_lists(p, list);
    note_list(p);
    add_list(p, list);
    cut(p, 0, size, 1);
    add_axis(p, size);
}

/* ---- masks ---------------------------------------------------------------------------------- */

/* Whether the host can find out how many elements a mask picks; otherwise that is reported. */
static bool can_count(const plan *p)
{
    if (!eg__me.failed && eg__is_symbolic(&eg__me))
        eg__fail(EG_STATE, p->op,
            "how many elements a mask picks depends on its values, which nobody knows while a "
            "graph "
            "is built, as by eg_vmap: use eg_boolean_mask, or eg_nonzero and lists, with .length");
    return !eg__me.failed;
}

/* Makes the lists, from list `first` on, of a mask. */
static void list_mask(plan *p, eg_tensor *mask, int first)
{
    if (!can_count(p))
        return;
    eg_tensor *at = eg_nonzero(mask);
    for (int i = 0; i < eg_rank(mask) && !eg__me.failed; i++)
        p->list[first + i] = eg_flatten(eg__along(at, 0, i, 1, 1));
    if (!eg__me.failed)
        broadcast_lists(p, p->list[first]);
}

static bool mask_fits(const plan *p, const eg_tensor *mask)
{
    char a[EG__SPEC_TEXT], b[EG__SPEC_TEXT];
    bool fits = true;

    for (int i = 0; i < eg_rank(mask); i++)
        fits = fits && eg_dim(mask, i) == eg_dim(p->x, p->axis + i);
    if (!fits)
        eg__fail(EG_INVALID, p->op, "a mask of shape %s is not as large as x, %s, from axis %d on",
            eg__shape_text(&mask->spec, a), eg__shape_text(&p->x->spec, b), p->axis);
    return fits;
}

/* A mask of rank 0 is for an axis of size 1 that x does not have. */
static void pick_mask(plan *p, eg_tensor *mask)
{
    int first = p->n_lists;

    if (!mask_fits(p, mask))
        return;
    note_list(p);
    for (int i = 0; i < eg_rank(mask) && !eg__me.failed; i++) {
        int64_t size = eg_dim(p->x, p->axis);
        add_list(p, NULL);
        cut(p, 0, size, 1);
        add_axis(p, size);
    }
    if (eg_rank(mask) == 0) {
        mask = eg_reshape(mask, 1, (const int64_t[]){1});
        add_list(p, NULL);
        add_axis(p, 1);
    }
    if (p->list_picks == 1)
        p->mask = mask;
    else
        list_mask(p, mask, first);
}

static void pick_tensor(plan *p, eg_tensor *list)
{
    if (eg__is_tensor(p->op, list))
        (eg_dtype_of(list) == EG_BOOL ? pick_mask : pick_list)(p, list);
}

static void pick_rest(plan *p, int axes)
{
    note_other(p);
    for (int i = 0; i < axes && !eg__me.failed; i++) {
        int64_t size = eg_dim(p->x, p->axis);
        cut(p, 0, size, 1);
        add_axis(p, size);
    }
}

static void pick_one(plan *p, const eg_pick *pick, int left)
{
    switch (pick->kind) {
    case EG_PICK_INDEX:
        pick_index(p, pick->begin);
        break;
    case EG_PICK_RANGE:
        pick_range(p, pick);
        break;
    case EG_PICK_NEW_AXIS:
        note_other(p);
        add_axis(p, 1);
        break;
    case EG_PICK_ELLIPSIS:
        pick_rest(p, left);
        break;
    case EG_PICK_LIST:
        pick_tensor(p, pick->list);
        break;
    default:
        eg__fail(EG_INVALID, p->op, "there is no kind %d of pick", (int)pick->kind);
    }
}

/* How many axes of x a pick is for. */
static int axes_of(const eg_pick *pick)
{
    if (pick->kind == EG_PICK_LIST && eg_dtype_of(pick->list) == EG_BOOL)
        return eg_rank(pick->list);
    return pick->kind != EG_PICK_ELLIPSIS && pick->kind != EG_PICK_NEW_AXIS;
}

/* How many axes of x no pick names; negative where there are too many picks. */
static int axes_left(plan *p, int n, const eg_pick picks[])
{
    int left = eg_rank(p->x), ellipses = 0;

    for (int i = 0; i < n; i++) {
        ellipses += picks[i].kind == EG_PICK_ELLIPSIS;
        left -= axes_of(&picks[i]);
        p->list_picks += picks[i].kind == EG_PICK_LIST;
    }
    if (left < 0)
        eg__fail(EG_INVALID, p->op, "%d picks for %d axes", eg_rank(p->x) - left, eg_rank(p->x));
    else if (ellipses > 1)
        eg__fail(EG_INVALID, p->op, "%d ellipses; one is enough", ellipses);
    return left;
}

/* False, reported, where the picks do not fit x. */
static bool make_plan(plan *p, const char *op, eg_tensor *x, int n, const eg_pick picks[])
{
    *p = (plan){.op = op, .x = x, .part = {.size = sizeof p->part}};
    if (!eg__is_tensor(op, x))
        return false;
    if (n < 0 || (n > 0 && !picks))
        eg__fail(EG_INVALID, op, n < 0 ? "%d picks" : "the %d picks are NULL", n);
    int left = eg__me.failed ? 0 : axes_left(p, n, picks), rank = eg_rank(x);
    p->part.begin.n = p->part.count.n = p->part.step.n = p->sliced.rank = rank;
    for (int i = 0; i < n && !eg__me.failed; i++)
        pick_one(p, &picks[i], left);
    if (!eg__me.failed)
        pick_rest(p, rank - p->axis);
    if (p->mask && p->front) {
        list_mask(p, p->mask, 0);
        p->mask = NULL;
    }
    return !eg__me.failed;
}

static bool is_whole(const plan *p)
{
    for (int i = 0; i < p->sliced.rank; i++)
        if (p->sliced.dims[i] != eg_dim(p->x, i) || p->part.step.at[i] != 1)
            return false;
    return true;
}

static eg_tensor *in_shape(eg_tensor *x, const eg_spec *shape)
{
    return x && eg__same_shape(eg__spec_look(x), shape) ? x
                                                        : eg_reshape(x, shape->rank, shape->dims);
}

/* The slice of x, in its shape. */
static eg_tensor *slice_of(const plan *p)
{
    return in_shape(is_whole(p) ? p->x : eg_slice_with(p->x, &p->part), &p->shape);
}

/* ---- lists ---------------------------------------------------------------------------------- */

/* The positions that the lists name among all those of their axes taken as one. */
static eg_tensor *positions(const plan *p)
{
    eg_ravel_index_attrs all = {.size = sizeof all, .dims = {.n = p->n_lists}};
    eg_concat_attrs last = {sizeof last, -1};
    eg_tensor *column[EG_MAX_RANK];
    int64_t dims[EG_MAX_RANK + 1];
    int rank = p->lists.rank;

    if (rank == EG_MAX_RANK)
        return eg__fail_null(EG_INVALID, p->op, "lists have %d axes at most", EG_MAX_RANK - 1);
    memcpy(dims, p->lists.dims, sizeof p->lists.dims);
    dims[rank] = 1;
    for (int i = 0; i < p->n_lists; i++) {
        eg_tensor *wide = eg_cast(p->list[i], EG_INT64);
        all.dims.at[i] = p->shape.dims[p->list_axis[i]];
        if (wide && !eg__same_shape(eg__spec_look(wide), &p->lists))
            wide = eg_broadcast_to(wide, rank, p->lists.dims);
        column[i] = eg_reshape(wide, rank + 1, dims);
    }
    return eg_ravel_index_with(p->n_lists > 1 ? eg_concat_with(p->n_lists, column, &last)
                                              : column[0],
        &all);
}

/* The axes with lists first, then the others; and where each of them was. */
static void order_of_lists(const plan *p, int order[])
{
    int n = 0;

    for (int i = 0; i < p->n_lists; i++)
        order[n++] = p->list_axis[i];
    for (int i = 0; i < p->shape.rank; i++) {
        bool listed = false;
        for (int k = 0; k < p->n_lists; k++)
            listed = listed || p->list_axis[k] == i;
        if (!listed)
            order[n++] = i;
    }
}

/* The slice with the axes that have lists as one, in front. */
static eg_tensor *rows_of(const plan *p, eg_tensor *y, eg_spec *rows)
{
    int order[EG_MAX_RANK];

    order_of_lists(p, order);
    *rows = (eg_spec){.rank = 1, .dims = {1}};
    for (int i = 0; i < p->shape.rank; i++) {
        int64_t size = p->shape.dims[order[i]];
        if (i < p->n_lists)
            rows->dims[0] *= size;
        else
            rows->dims[rows->rank++] = size;
    }
    return eg_reshape(eg__ordered(y, order), rows->rank, rows->dims);
}

/* The result of lists has their axes first: where each axis of the final result is in it. */
static int order_of_result(const plan *p, int order[])
{
    int lists = p->lists.rank, others = p->shape.rank - p->n_lists,
        before = p->front ? 0 : p->place;
    int n = 0;

    for (int i = 0; i < before; i++)
        order[n++] = lists + i;
    for (int i = 0; i < lists; i++)
        order[n++] = i;
    for (int i = before; i < others; i++)
        order[n++] = lists + i;
    return n;
}

static void turn_back(int n, const int order[], int back[])
{
    for (int i = 0; i < n; i++)
        back[order[i]] = i;
}

static bool result_fits(const plan *p)
{
    int rank = p->lists.rank + p->shape.rank - p->n_lists;

    if (rank > EG_MAX_RANK)
        eg__fail(EG_INVALID, p->op, "the result would have %d axes; %d are the most", rank,
            EG_MAX_RANK);
    return !eg__me.failed;
}

/* What the mask picks of the slice y. */
static eg_tensor *masked(const plan *p, eg_tensor *y)
{
    const eg_boolean_mask_attrs at = {.size = sizeof at, .axis = p->list_axis[0]};

    return can_count(p) ? eg_boolean_mask_with(y, p->mask, &at) : NULL;
}

eg_tensor *eg_get_with(eg_tensor *x, int n, const eg_pick picks[])
{
    int order[EG_MAX_RANK];
    eg_spec rows;
    plan p;

    if (!make_plan(&p, "eg_get", x, n, picks))
        return NULL;
    eg_tensor *y = slice_of(&p);
    if (p.n_lists == 0)
        return y == x ? eg_identity(x) : y;
    if (p.mask)
        return masked(&p, y);
    if (!result_fits(&p))
        return NULL;
    if (p.n_lists == 1 && !p.front) {
        eg_gather_attrs along = {sizeof along, p.list_axis[0]};
        return eg_gather_with(y, positions(&p), &along);
    }
    y = eg_gather(rows_of(&p, y, &rows), positions(&p));
    order_of_result(&p, order);
    return eg__ordered(y, order);
}

/* ---- put ------------------------------------------------------------------------------------ */

static eg_tensor *combined(eg_tensor *y, eg_tensor *v, eg_scatter_how how)
{
    switch (how) {
    case EG_SCATTER_ADD:
        return eg_add(y, v);
    case EG_SCATTER_MAX:
        return eg_maximum(y, v);
    case EG_SCATTER_MIN:
        return eg_minimum(y, v);
    default:
        return v;
    }
}

/* The slice y with v put where the lists say. */
static eg_tensor *put_lists(const plan *p, eg_tensor *y, eg_tensor *v, eg_scatter_how how)
{
    int order[EG_MAX_RANK], back[EG_MAX_RANK], n = order_of_result(p, order);
    eg_scatter_attrs attrs = {.size = sizeof attrs, .how = how};
    eg_spec rows, wide = {.rank = n}, turned = {.rank = p->shape.rank};

    for (int i = 0; i < n; i++) {
        int at = order[i] - p->lists.rank; /* among the axes without lists, where not negative */
        order_of_lists(p, back);
        wide.dims[i] = at < 0 ? p->lists.dims[order[i]] : p->shape.dims[back[p->n_lists + at]];
    }
    v = v ? eg_broadcast_to(v, wide.rank, wide.dims) : NULL;
    turn_back(n, order, back);
    v = v ? eg__ordered(v, back) : NULL;
    eg_tensor *z = eg_scatter_with(rows_of(p, y, &rows), positions(p), v, &attrs);
    order_of_lists(p, order);
    for (int i = 0; i < turned.rank; i++)
        turned.dims[i] = p->shape.dims[order[i]];
    turn_back(turned.rank, order, back);
    z = in_shape(z, &turned);
    return z ? eg__ordered(z, back) : NULL;
}

/* Whether v has an axis for what the mask picks, along which it is not broadcast. */
static bool has_picks(const plan *p, const eg_tensor *v)
{
    int behind = p->shape.rank - p->list_axis[0] - p->n_lists;
    return eg_rank(v) > behind && eg_dim(v, -1 - behind) != 1;
}

/* The slice y with one value everywhere the mask is true: no need to know how many there are. */
static eg_tensor *put_where(const plan *p, eg_tensor *y, eg_tensor *v, eg_scatter_how how)
{
    int first = p->list_axis[0], rank = p->shape.rank, added = p->n_lists - 1;
    eg_spec wide = {.rank = rank - first}, values = {.rank = eg_rank(v)};
    int behind = rank - first - p->n_lists, at = values.rank - behind;

    for (int i = 0; i < wide.rank; i++)
        wide.dims[i] = i < p->n_lists ? p->shape.dims[first + i] : 1;
    if (at > 0) { /* the axis for the picks becomes those of the mask */
        values.rank += added;
        for (int i = 0; i < values.rank && values.rank <= EG_MAX_RANK; i++)
            values.dims[i] = i < at ? eg_dim(v, i) : i < at + added ? 1 : eg_dim(v, i - added);
        v = eg_reshape(v, values.rank, values.dims);
    }
    v = v ? eg_broadcast_to(v, rank, p->shape.dims) : NULL;
    return eg_where(eg_reshape(p->mask, wide.rank, wide.dims), combined(y, v, how), y);
}

/* The axes with the mask in front of the slice, and the way back. */
static void order_of_mask(const plan *p, int order[], int back[])
{
    order_of_lists(p, order);
    for (int i = 0; i < p->shape.rank; i++)
        back[order[i]] = i;
}

/* The slice y with v, as many as the mask is true, put there. */
static eg_tensor *put_each(const plan *p, eg_tensor *y, eg_tensor *v, eg_scatter_how how)
{
    const int first = p->list_axis[0], rank = p->shape.rank - p->n_lists + 1;
    int order[EG_MAX_RANK], back[EG_MAX_RANK];
    eg_spec wide = {.rank = rank};
    eg_boolean_mask_attrs attrs = {.size = sizeof attrs};

    for (int i = 0; i < rank; i++)
        wide.dims[i] =
            i == first ? eg_dim(v, i - rank) : p->shape.dims[i < first ? i : i + p->n_lists - 1];
    attrs.length = wide.dims[first];
    v = eg_moveaxis(eg_broadcast_to(v, rank, wide.dims), first, 0);
    order_of_mask(p, order, back);
    y = eg__ordered(y, order);
    if (how != EG_SCATTER_SET && attrs.length > 0)
        v = combined(eg_boolean_mask_with(y, p->mask, &attrs), v, how);
    y = eg_masked_scatter(y, p->mask, v);
    return y ? eg__ordered(y, back) : NULL;
}

eg_tensor *eg_put_with(eg_tensor *x, eg_tensor *v, eg_scatter_how how, int n, const eg_pick picks[])
{
    eg_put_slice_attrs at = {.size = sizeof at};
    plan p;

    if (!make_plan(&p, "eg_put", x, n, picks) || !eg__is_tensor("eg_put", v) || !result_fits(&p))
        return NULL;
    if (how < EG_SCATTER_SET || how > EG_SCATTER_MIN)
        return eg__fail_null(EG_INVALID, "eg_put", "there is no way %d to put", (int)how);
    if (p.mask) {
        v = (has_picks(&p, v) ? put_each : put_where)(&p, slice_of(&p), v, how);
    } else if (p.n_lists > 0) {
        v = put_lists(&p, slice_of(&p), v, how);
    } else {
        v = eg_broadcast_to(v, p.shape.rank, p.shape.dims);
        v = how == EG_SCATTER_SET ? v : combined(slice_of(&p), v, how);
    }
    v = in_shape(v, &p.sliced);
    at.begin = p.part.begin;
    at.step = p.part.step;
    return is_whole(&p) && eg_dtype_of(v) == eg_dtype_of(x) ? v : eg_put_slice_with(x, v, &at);
}
