/* What operations made of others are written with.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/compose.h"
#include "op/watch.h"
#include "ops/gradient.h"
#include "ops/sized.h"
#include <math.h>
#include <string.h>

bool eg__is_tensor(const char *op, const eg_tensor *x)
{
    if (eg__me.failed)
        return false;
    if (eg_dtype_of(x) == EG_NO_DTYPE)
        eg__fail(EG_INVALID, op, "x is %s", x ? "no tensor" : "NULL");
    return !eg__me.failed;
}

bool eg__axis_of(const char *op, int *axis, int rank)
{
    if (eg__axis_ok(axis, rank))
        return true;
    if (rank == 0)
        eg__fail(EG_INVALID, op, "axis %d of a single number; it has no axes", *axis);
    else
        eg__fail(EG_INVALID, op, "there is no axis %d; axes are %d to %d", *axis, -rank, rank - 1);
    return false;
}

bool eg__has_axis(const char *op, const eg_tensor *x, int *axis)
{
    return eg__is_tensor(op, x) && eg__axis_of(op, axis, eg_rank(x));
}

eg_tensor *eg__along(eg_tensor *x, int axis, int64_t begin, int64_t count, int64_t step)
{
    eg_slice_attrs part = {.size = sizeof part};

    if (!x)
        return NULL;
    part.begin.n = part.count.n = part.step.n = axis + 1;
    for (int i = 0; i < axis; i++) {
        part.count.at[i] = -1;
        part.step.at[i] = 1;
    }
    part.begin.at[axis] = begin;
    part.count.at[axis] = count;
    part.step.at[axis] = step;
    return eg_slice_with(x, &part);
}

eg_tensor *eg__ordered(eg_tensor *x, const int order[])
{
    eg_transpose_attrs attrs = {.size = sizeof attrs, .axes = {.n = eg_rank(x)}};
    bool same = true;

    for (int i = 0; i < attrs.axes.n; i++) {
        attrs.axes.axis[i] = order[i];
        same = same && order[i] == i;
    }
    return same ? x : eg_transpose_with(x, &attrs);
}

eg_tensor *eg__swap_last(eg_tensor *x, int axis)
{
    int order[EG_MAX_RANK], last = eg_rank(x) - 1;

    if (!x)
        return NULL;
    axis += axis < 0 ? eg_rank(x) : 0;
    for (int i = 0; i <= last; i++)
        order[i] = i == axis ? last : i == last ? axis : i;
    return eg__ordered(x, order);
}

eg_tensor *eg__channels(eg_tensor *x, bool to_last)
{
    int rank = eg_rank(x);

    if (rank < 3 || rank > 5)
        return x;
    return eg_moveaxis(x, to_last ? 1 : -1, to_last ? -1 : 1);
}

eg_tensor *eg__as_rows(eg_tensor *x, int axis)
{
    eg__size dims[3] = {eg__size_plain(1), eg__size_at(x, axis), eg__size_plain(1)};

    for (int i = 0; i < eg_rank(x); i++)
        if (i != axis)
            dims[i < axis ? 0 : 2] = eg__size_times(dims[i < axis ? 0 : 2], eg__size_at(x, i));
    return eg__reshape(x, 3, dims);
}

eg_tensor *eg__whole_numbers(int64_t n, const int64_t numbers[])
{
    return eg_copy(EG_INT64, 1, &n, numbers);
}

int64_t eg__length(const char *op, int64_t asked, eg_tensor *(*count)(eg_tensor *x), eg_tensor *x)
{
    if (eg__me.failed)
        return -1;
    if (asked < 0)
        eg__fail(EG_INVALID, op, "the length %lld is negative", (long long)asked);
    else if (asked == 0 && eg__is_symbolic(&eg__me))
        eg__fail(EG_STATE, op,
            "how many elements it gives depends on values, which nobody knows while a graph is "
            "built, as by eg_vmap: say how many with .length");
    else if (asked == 0)
        asked = eg_item_int(count(x));
    return eg__me.failed ? -1 : asked;
}

eg_tensor *eg__concat_many(int64_t n, eg_tensor *rows[])
{
    while (n > 1) {
        int64_t groups = 0;
        for (int64_t at = 0; at < n; at += EG__MAX_IN) {
            int some = n - at < EG__MAX_IN ? (int)(n - at) : EG__MAX_IN;
            rows[groups++] = eg_concat_with(some, rows + at, NULL);
        }
        n = groups;
    }
    return rows[0];
}

eg_tensor *eg__root(eg_tensor *x, double p)
{
    eg_tensor *is_zero = eg_equal(x, eg__number_like(x, 0));
    eg_tensor *base = eg_where(is_zero, eg__number_like(x, 1), x);
    eg_tensor *root = p == 2 ? eg_sqrt(base) : eg_pow(base, eg__number_like(x, 1 / p));

    return eg_where(is_zero, eg__number_like(x, p > 0 ? 0 : INFINITY), root);
}
