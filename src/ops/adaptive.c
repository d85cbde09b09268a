/* Pools made of operations: over everything, adaptive, by another mean, and undone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/memory.h"
#include "kernel/pool.h"
#include "kernel/resize.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include "ops/sized.h"

/* Whether x can be pooled by the function of that name, with the options in *full. */
static bool can_pool(const eg_tensor *x, const eg_pool_attrs *attrs, eg_pool_attrs *full,
    const char *name)
{
    if (!x || !eg__attrs_complete(full, sizeof *full, attrs, name))
        return false;
    if (eg_rank(x) >= 3 && eg_rank(x) <= 2 + EG__SPATIAL)
        return true;
    eg__fail(EG_INVALID, name,
        "it needs a rank of 3 to 5: images, one to three spatial axes, channels; this is %d",
        eg_rank(x));
    return false;
}

static eg_tensor *over_all(eg_tensor *x, const eg_pool_attrs *attrs, const char *name,
    eg_tensor *(*reduce)(eg_tensor *, const eg_reduce_attrs *))
{
    eg_pool_attrs full;

    if (!can_pool(x, attrs, &full, name))
        return NULL;
    unsigned all = (1u << (eg_rank(x) - 2)) - 1;
    eg_reduce_attrs over = eg__over(all << (full.channels_first ? 2 : 1), false);
    return reduce(x, &over);
}

eg_tensor *eg_global_max_pool_with(eg_tensor *x, const eg_pool_attrs *attrs)
{
    return over_all(x, attrs, "eg_global_max_pool", eg_max_with);
}

eg_tensor *eg_global_avg_pool_with(eg_tensor *x, const eg_pool_attrs *attrs)
{
    return over_all(x, attrs, "eg_global_avg_pool", eg_mean_with);
}

static bool is_real(const char *op, const eg_tensor *x)
{
    if (eg__is_kind(x, EG__REALS))
        return true;
    eg__fail(EG_INVALID, op, "x is %s, but it takes floating point: eg_cast it",
        eg_dtype_name(eg_dtype_of(x)));
    return false;
}

/* ---- adaptive ------------------------------------------------------------------------------- */

static bool are_sizes(const char *op, const eg_tensor *x, const eg_index *sizes,
    bool channels_first)
{
    int n = eg_rank(x) - 2;
    bool fit = sizes->n == 1 || sizes->n == n;

    for (int i = 0; i < n && fit; i++) {
        int64_t m = sizes->at[sizes->n == 1 ? 0 : i],
                size = eg_dim(x, i + (channels_first ? 2 : 1));
        fit = m > 0 && m <= INT32_MAX && size > 0 && size <= INT32_MAX;
    }
    if (!fit)
        eg__fail(EG_INVALID, op,
            "`sizes` needs one number of 1 or more, or one for each spatial axis, and x elements "
            "along each");
    return fit;
}

/* A spatial axis of x, which has channels last, becomes the means of m windows. */
static eg_tensor *means_along(eg_tensor *x, int axis, int64_t m)
{
    eg__resize_attrs attrs = {.size = sizeof attrs, .axis = axis, .to = m, .means = true};
    return EG__APPLY(&eg_op_resize, &attrs, x);
}

/* Where in x the elements of the windows are, [m, most elements of a window]; windows that have
 * fewer name their last again. */
static eg_tensor *windows(int64_t n, int64_t m)
{
    int64_t most = (n + m - 1) / m + (n % m != 0), bytes = m * most * (int64_t)sizeof(int64_t);
    int64_t *at = eg__alloc((size_t)bytes), *to = at;

    if (!at) {
        eg__fail_memory("eg_adaptive_max_pool", (size_t)bytes);
        return NULL;
    }
    for (int64_t i = 0; i < m; i++) {
        int64_t from = i * n / m, last = ((i + 1) * n + m - 1) / m - 1;
        for (int64_t k = 0; k < most; k++)
            *to++ = from + k < last ? from + k : last;
    }
    eg_tensor *all = eg_copy(EG_INT64, 2, (int64_t[]){m, most}, at);
    eg__free(at, (size_t)bytes);
    return all;
}

static eg_tensor *maxima_along(eg_tensor *x, int axis, int64_t m)
{
    eg_gather_attrs along = {.size = sizeof along, .axis = axis};
    eg_reduce_attrs over = eg__over(1u << (axis + 1), false);
    return eg_max_with(eg_gather_with(x, windows(eg_dim(x, axis), m), &along), &over);
}

static eg_tensor *adapt(const char *op, eg_tensor *x, const eg_pool_attrs *full,
    eg_tensor *(*along)(eg_tensor *x, int axis, int64_t m))
{
    if (!are_sizes(op, x, &full->sizes, full->channels_first))
        return NULL;
    x = full->channels_first ? eg__channels(x, true) : x;
    for (int i = 0; x && i < eg_rank(x) - 2; i++)
        x = along(x, i + 1, full->sizes.at[full->sizes.n == 1 ? 0 : i]);
    return full->channels_first ? eg__channels(x, false) : x;
}

eg_tensor *eg_adaptive_avg_pool_with(eg_tensor *x, const eg_pool_attrs *attrs)
{
    const char *op = "eg_adaptive_avg_pool";
    eg_pool_attrs full;

    if (!can_pool(x, attrs, &full, op) || !is_real(op, x))
        return NULL;
    return adapt(op, x, &full, means_along);
}

eg_tensor *eg_adaptive_max_pool_with(eg_tensor *x, const eg_pool_attrs *attrs)
{
    const char *op = "eg_adaptive_max_pool";
    eg_pool_attrs full;

    if (!can_pool(x, attrs, &full, op))
        return NULL;
    return adapt(op, x, &full, maxima_along);
}

/* ---- by another mean ------------------------------------------------------------------------ */

eg_tensor *eg_lp_pool_with(eg_tensor *x, double p, const eg_pool_attrs *attrs)
{
    const char *op = "eg_lp_pool";
    eg_pool_attrs full;

    if (!can_pool(x, attrs, &full, op) || !is_real(op, x))
        return NULL;
    if (!(p >= 1 && p <= 1e6)) {
        eg__fail(EG_INVALID, op, "p is %g, but it has to be 1 or more, and finite", p);
        return NULL;
    }
    double volume = 1;
    for (int i = 0; i < eg_rank(x) - 2 && full.window.n > 0; i++)
        volume *= (double)full.window.at[full.window.n == 1 ? 0 : i < full.window.n ? i : 0];
    full.count_padding = true;
    eg_tensor *size = p == 2 ? eg_square(x) : eg_abs(x);
    size = p == 1 || p == 2 ? size : eg_pow(size, eg__number_like(x, p));
    eg_tensor *sum = eg__scale(eg_avg_pool_with(size, &full), volume);
    return p == 1 ? sum : eg__root(sum, p);
}

/* ---- undone --------------------------------------------------------------------------------- */

/* [images, all the rest]. */
static eg_tensor *rows(eg_tensor *x)
{
    eg__size images = eg__size_at(x, 0);
    return eg__reshape(x, 2, (eg__size[]){images, eg__size_over(eg__size_all(x), images)});
}

eg_tensor *eg_max_unpool_with(eg_tensor *x, eg_tensor *index, const eg_pool_attrs *attrs)
{
    const char *op = "eg_max_unpool";
    int64_t dims[EG_MAX_RANK] = {0}, each = 1;
    eg_pool_attrs full;

    if (!can_pool(x, attrs, &full, op) || !eg__is_tensor(op, index))
        return NULL;
    if (full.sizes.n != eg_rank(x) - 2 || !eg__shapes_agree(x, index)) {
        eg__fail(EG_INVALID, op,
            "it needs `sizes`, one for each spatial axis of the result, and x and index of one "
            "shape");
        return NULL;
    }
    x = full.channels_first ? eg__channels(x, true) : x;
    index = full.channels_first ? eg__channels(index, true) : index;
    int rank = eg_rank(x);
    for (int i = 0; i < rank; i++) {
        bool spatial = i > 0 && i < rank - 1;
        dims[i] = spatial ? full.sizes.at[i - 1] : eg_dim(x, i);
        bool fits = dims[i] >= 0 && (i == 0 || dims[i] == 0 || each <= INT64_MAX / 8 / dims[i]);
        if (!fits) {
            eg__fail(EG_INVALID, op, "`sizes` are 0 or more, and not more than memory holds");
            return NULL;
        }
        each *= i > 0 ? dims[i] : 1;
    }
    eg_tensor *z = eg_reshape(eg_add_along(rows(index), rows(x), each), rank, dims);
    return full.channels_first ? eg__channels(z, false) : z;
}
