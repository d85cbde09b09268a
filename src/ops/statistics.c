/* Reductions made of others: counts, variances, logsumexp, norms.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "kernel/reduce.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/sized.h"
#include "ops/registry.h"
#include <math.h>

/* Whether x is floating point; otherwise, unless an error is pending, that is one. */
static bool is_floating(const eg_tensor *x, const char *op)
{
    if (eg__me.failed)
        return false;
    if (x && eg__is_floating(eg_dtype_of(x)))
        return true;
    if (!x)
        eg__fail(EG_INVALID, op, "x is NULL");
    else
        eg__fail(EG_INVALID, op, "x is %s, but it takes floating point: eg_cast it",
            eg_dtype_name(eg_dtype_of(x)));
    return false;
}

static bool is_real(const eg_tensor *x, const char *op)
{
    if (!is_floating(x, op))
        return false;
    if (eg__is_complex(eg_dtype_of(x)))
        eg__fail(EG_INVALID, op, "x is %s; take its eg_real, eg_imag or eg_abs",
            eg_dtype_name(eg_dtype_of(x)));
    return !eg__me.failed;
}

/* The square of the absolute value. */
static eg_tensor *squared_size(eg_tensor *x)
{
    if (!eg__is_complex(eg_dtype_of(x)))
        return eg_square(x);
    return eg_add(eg_square(eg_real(x)), eg_square(eg_imag(x)));
}

/* The options of the same reduction that leaves the axes where they are. */
static eg_reduce_attrs kept(const eg_axes *axes)
{
    return (eg_reduce_attrs){.size = sizeof(eg_reduce_attrs), .axes = *axes, .keep_dims = true};
}

/* Takes out the axes that were kept, unless they are to stay. */
static eg_tensor *without(eg_tensor *y, const eg_axes *axes, bool keep_dims)
{
    eg__size dims[EG_MAX_RANK];
    int rank = 0;

    if (!y || keep_dims)
        return y;
    unsigned mask = eg__reduced_axes(axes, eg_rank(y));
    for (int i = 0; i < eg_rank(y); i++)
        if (!(mask >> i & 1))
            dims[rank++] = eg__size_at(y, i);
    return eg__reshape(y, rank, dims);
}

/* Whether a reduction with these options gives one number of rank 0. */
static bool is_of_all(const eg_reduce_attrs *attrs)
{
    return attrs->axes.n == 0 && !attrs->keep_dims;
}

eg_tensor *eg_count_nonzero_with(eg_tensor *x, const eg_reduce_attrs *attrs)
{
    eg_reduce_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, "eg_count_nonzero"))
        return NULL;
    if (is_of_all(&full) && !eg__is_complex(eg_dtype_of(x)))
        return EG__APPLY(&eg_op_count_nonzero, NULL, x);
    if (x && !eg__me.failed && eg__dtype(eg_dtype_of(x))->size > 0 && eg_dtype_of(x) != EG_BOOL)
        x = eg_not_equal(x, eg__number_like(x, 0));
    return eg_sum_with(eg_cast(x, EG_INT8), &full);
}

eg_tensor *eg_count_nonzero(eg_tensor *x)
{
    return eg_count_nonzero_with(x, NULL);
}

/* ---- var, std ------------------------------------------------------------------------------- */

static eg_tensor *variance(eg_tensor *x, const eg_var_attrs *given, const char *op)
{
    eg_var_attrs o;

    if (!is_floating(x, op) || !eg__attrs_complete(&o, sizeof o, given, op))
        return NULL;
    if (eg__is_half(x))
        return eg_cast(variance(eg_cast(x, EG_FLOAT32), given, op), eg_dtype_of(x));
    eg_reduce_attrs over = kept(&o.axes);
    eg_tensor *sum = eg_sum_with(squared_size(eg_sub(x, eg_mean_with(x, &over))), &over);
    if (!sum)
        return NULL;
    eg_tensor *left = eg__size_scalar(eg_dtype_of(sum), eg__size_each(x, sum), -o.correction, 0);
    eg_tensor *var = eg_div(sum, left);
    return without(var, &o.axes, o.keep_dims);
}

eg_tensor *eg_var_with(eg_tensor *x, const eg_var_attrs *attrs)
{
    return variance(x, attrs, "eg_var");
}

eg_tensor *eg_var(eg_tensor *x)
{
    return eg_var_with(x, NULL);
}

eg_tensor *eg_std_with(eg_tensor *x, const eg_var_attrs *attrs)
{
    if (eg__is_half(x))
        return eg_cast(eg_std_with(eg_cast(x, EG_FLOAT32), attrs), eg_dtype_of(x));
    return eg__root(variance(x, attrs, "eg_std"), 2);
}

eg_tensor *eg_std(eg_tensor *x)
{
    return eg_std_with(x, NULL);
}

/* ---- logsumexp ------------------------------------------------------------------------------ */

/* The largest along the axes, which is only there to stay in range: 0 where it is infinite. */
static eg_tensor *offset(eg_tensor *x, const eg_reduce_attrs *over)
{
    eg_tensor *most = eg_stop_gradient(eg_max_with(x, over));
    eg_tensor *is_finite = eg_less(eg_abs(most), eg__number_like(x, INFINITY));

    return eg_where(is_finite, most, eg__number_like(x, 0));
}

eg_tensor *eg_logsumexp_with(eg_tensor *x, const eg_reduce_attrs *given)
{
    eg_reduce_attrs o;

    if (!is_real(x, "eg_logsumexp") || !eg__attrs_complete(&o, sizeof o, given, "eg_logsumexp"))
        return NULL;
    if (eg__is_half(x))
        return eg_cast(eg_logsumexp_with(eg_cast(x, EG_FLOAT32), given), eg_dtype_of(x));
    if (eg__size_is(eg__size_all(x), 0))
        return eg_log(eg_sum_with(eg_exp(x), &o));
    eg_reduce_attrs over = kept(&o.axes);
    eg_tensor *most = offset(x, &over);
    eg_tensor *sum = eg_sum_with(eg_exp(eg_sub(x, most)), &over);
    return without(eg_add(eg_log(sum), most), &o.axes, o.keep_dims);
}

eg_tensor *eg_logsumexp(eg_tensor *x)
{
    return eg_logsumexp_with(x, NULL);
}

/* ---- norms ---------------------------------------------------------------------------------- */

/* x to the p through logarithms; 0 apart, so that its derivative is 0. */
static eg_tensor *power(eg_tensor *x, double p)
{
    eg_tensor *is_zero = eg_equal(x, eg__number_like(x, 0));
    eg_tensor *base = eg_where(is_zero, eg__number_like(x, 1), x);

    return eg_where(is_zero, eg__number_like(x, p > 0 ? 0 : INFINITY),
        eg_exp(eg__scale(eg_log(base), p)));
}

/* (sum of |x| to the p) to the 1/p, for a p that has no shorter way. */
static eg_tensor *norm_of_order(eg_tensor *x, double p, const eg_reduce_attrs *over)
{
    return eg__root(eg_sum_with(power(eg_abs(x), p), over), p);
}

eg_tensor *eg_vector_norm_with(eg_tensor *x, const eg_norm_attrs *given)
{
    eg_norm_attrs o;

    if (!is_floating(x, "eg_vector_norm") ||
        !eg__attrs_complete(&o, sizeof o, given, "eg_vector_norm"))
        return NULL;
    if (eg__is_half(x))
        return eg_cast(eg_vector_norm_with(eg_cast(x, EG_FLOAT32), given), eg_dtype_of(x));
    eg_reduce_attrs over = {.size = sizeof over, .axes = o.axes, .keep_dims = o.keep_dims};
    if (o.ord == 0 || o.ord == 2)
        return eg__root(eg_sum_with(squared_size(x), &over), 2);
    if (o.ord == 1)
        return eg_sum_with(eg_abs(x), &over);
    if (isinf(o.ord))
        return o.ord > 0 ? eg_max_with(eg_abs(x), &over) : eg_min_with(eg_abs(x), &over);
    return norm_of_order(x, o.ord, &over);
}

eg_tensor *eg_vector_norm(eg_tensor *x)
{
    return eg_vector_norm_with(x, NULL);
}
