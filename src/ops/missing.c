/* Numbers that are not there: reductions that leave NaN out, and what else is said of NaN and of
 * division by zero.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops/compose.h"
#include "ops/gradient.h"
#include <float.h>
#include <math.h>

/* x with NaN replaced; whole numbers have none. */
static eg_tensor *filled(eg_tensor *x, double value)
{
    if (!eg__is_kind(x, EG__REALS))
        return x;
    return eg_where(eg_isnan(x), eg__number_like(x, value), x);
}

eg_tensor *eg_nansum_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    return eg_sum_with(filled(x, 0), attrs);
}

eg_tensor *eg_nansum(eg_tensor *x)
{
    return eg_nansum_with(x, NULL);
}

eg_tensor *eg_nanprod_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    return eg_prod_with(filled(x, 1), attrs);
}

eg_tensor *eg_nanprod(eg_tensor *x)
{
    return eg_nanprod_with(x, NULL);
}

eg_tensor *eg_nanmean_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    if (!eg__is_kind(x, EG__REALS))
        return eg_mean_with(x, attrs);
    eg_tensor *count = eg_sum_with(eg_cast(eg_equal(x, x), eg_dtype_of(x)), attrs);
    return eg_div(eg_nansum_with(x, attrs), count);
}

eg_tensor *eg_nanmean(eg_tensor *x)
{
    return eg_nanmean_with(x, NULL);
}

/* y, and NaN where all that was reduced is NaN. */
static eg_tensor *unless_all(eg_tensor *y, eg_tensor *x, const eg_reduce_attrs *attrs)
{
    return eg_where(eg_all_with(eg_isnan(x), attrs), eg__number_like(y, NAN), y);
}

eg_tensor *eg_nanmax_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    if (!eg__is_kind(x, EG__REALS))
        return eg_max_with(x, attrs);
    return unless_all(eg_max_with(filled(x, -INFINITY), attrs), x, attrs);
}

eg_tensor *eg_nanmax(eg_tensor *x)
{
    return eg_nanmax_with(x, NULL);
}

eg_tensor *eg_nanmin_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    if (!eg__is_kind(x, EG__REALS))
        return eg_min_with(x, attrs);
    return unless_all(eg_min_with(filled(x, INFINITY), attrs), x, attrs);
}

eg_tensor *eg_nanmin(eg_tensor *x)
{
    return eg_nanmin_with(x, NULL);
}

/* ---- numbers in place of others ------------------------------------------------------------- */

/* The largest finite number of a dtype. */
static double most_of(eg_dtype dtype)
{
    return dtype == EG_FLOAT16 ? 65504
        : dtype == EG_BFLOAT16 ? 0x1.fep127
        : dtype == EG_FLOAT32  ? (double)FLT_MAX
                               : DBL_MAX;
}

eg_tensor *eg_nan_to_num_with(eg_tensor *x, const eg_nan_to_num_attrs *attrs)
{
    eg_nan_to_num_attrs o;

    if (!eg__attrs_complete(&o, sizeof o, attrs, "eg_nan_to_num") ||
        !eg__is_tensor("eg_nan_to_num", x))
        return NULL;
    if (!eg__is_kind(x, EG__REALS))
        return eg_identity(x);
    double most = most_of(eg_dtype_of(x)), high = o.posinf != 0 ? o.posinf : most;
    double low = o.neginf != 0 ? o.neginf : -most;
    eg_tensor *up = eg_equal(x, eg__number_like(x, INFINITY));
    eg_tensor *down = eg_equal(x, eg__number_like(x, -INFINITY));
    eg_tensor *y = eg_where(up, eg__number_like(x, high), filled(x, o.nan));
    return eg_where(down, eg__number_like(x, low), y);
}

eg_tensor *eg_nan_to_num(eg_tensor *x)
{
    return eg_nan_to_num_with(x, NULL);
}

eg_tensor *eg_divide_no_nan(eg_tensor *x, eg_tensor *y)
{
    if (!eg__is_tensor("eg_divide_no_nan", x) || !eg__is_tensor("eg_divide_no_nan", y))
        return NULL;
    eg_tensor *zero = eg__number_like(y, 0), *is_zero = eg_equal(y, zero);
    eg_tensor *z = eg_div(x, eg_where(is_zero, eg__number_like(y, 1), y));
    return eg_where(is_zero, eg__number_like(z, 0), z);
}

eg_tensor *eg_xlogy(eg_tensor *x, eg_tensor *y)
{
    if (!eg__is_tensor("eg_xlogy", x) || !eg__is_tensor("eg_xlogy", y))
        return NULL;
    eg_tensor *is_zero = eg_logical_and(eg_equal(x, eg__number_like(x, 0)), eg_equal(y, y));
    return eg_mul(x, eg_log(eg_where(is_zero, eg__number_like(y, 1), y)));
}

/* ---- closeness ------------------------------------------------------------------------------ */

eg_tensor *eg_isclose_with(eg_tensor *x, eg_tensor *y, const eg_isclose_attrs *attrs)
{
    eg_isclose_attrs o;

    if (!eg__attrs_complete(&o, sizeof o, attrs, "eg_isclose") || !eg__is_tensor("eg_isclose", x) ||
        !eg__is_tensor("eg_isclose", y))
        return NULL;
    if (!(o.rtol >= -1) || !(o.atol >= -1))
        return eg__fail_null(EG_INVALID, "eg_isclose",
            "rtol is %g and atol %g; they must not be negative, but for -1: none", o.rtol, o.atol);
    double rtol = o.rtol < 0 ? 0 : o.rtol > 0 ? o.rtol : 1e-5;
    double atol = o.atol < 0 ? 0 : o.atol > 0 ? o.atol : 1e-8;
    if (!eg__is_kind(x, EG__REALS) && !eg__is_kind(y, EG__REALS)) {
        x = eg_cast(x, EG_FLOAT64);
        y = eg_cast(y, EG_FLOAT64);
    }
    eg_tensor *room = eg_add(eg__number_like(y, atol), eg__scale(eg_abs(y), rtol));
    eg_tensor *near = eg_logical_and(eg_less_equal(eg_abs(eg_sub(x, y)), room), eg_isfinite(y));
    eg_tensor *same = eg_logical_or(near, eg_equal(x, y));
    return o.equal_nan ? eg_logical_or(same, eg_logical_and(eg_isnan(x), eg_isnan(y))) : same;
}

eg_tensor *eg_isclose(eg_tensor *x, eg_tensor *y)
{
    return eg_isclose_with(x, y, NULL);
}

eg_tensor *eg_allclose_with(eg_tensor *x, eg_tensor *y, const eg_isclose_attrs *attrs)
{
    return eg_all_with(eg_isclose_with(x, y, attrs), NULL);
}

eg_tensor *eg_allclose(eg_tensor *x, eg_tensor *y)
{
    return eg_allclose_with(x, y, NULL);
}
