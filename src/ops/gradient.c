/* Helpers of gradients.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/gradient.h"
#include "ops/sized.h"

eg_status eg__done(void)
{
    return eg__me.failed;
}

eg_tensor *eg__number_like(const eg_tensor *like, double value)
{
    return eg_scalar(eg_dtype_of(like), value);
}

eg_tensor *eg__scale(eg_tensor *x, double factor)
{
    return eg_mul(x, eg__number_like(x, factor));
}

eg_tensor *eg__one_minus(eg_tensor *x)
{
    return eg_sub(eg__number_like(x, 1), x);
}

eg_tensor *eg__one_plus(eg_tensor *x)
{
    return eg_add(eg__number_like(x, 1), x);
}

eg_reduce_attrs eg__over(unsigned mask, bool keep_dims)
{
    eg_reduce_attrs attrs = {.size = sizeof attrs, .keep_dims = keep_dims};

    for (int i = 0; i < EG_MAX_RANK; i++)
        if (mask >> i & 1)
            attrs.axes.axis[attrs.axes.n++] = i;
    return attrs;
}

/* Whether a size became another one by broadcasting. */
static bool is_widened(eg__size before, eg__size after)
{
    return !eg__size_equal(before, after) && eg__size_is(before, 1);
}

eg_tensor *eg__unbroadcast(eg_tensor *dz, const eg_tensor *like)
{
    unsigned mask = 0;

    if (!dz || !like || eg__shapes_agree(dz, like))
        return dz;
    int added = dz->spec.rank - like->spec.rank;
    for (int i = 0; i < dz->spec.rank; i++)
        if (i < added || is_widened(eg__size_at(like, i - added), eg__size_at(dz, i)))
            mask |= 1u << i;
    eg_reduce_attrs over = eg__over(mask, false);
    return eg__reshape_like(eg_sum_with(dz, &over), like);
}
