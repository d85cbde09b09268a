/* Losses, made of other operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "ops/gradient.h"

/* Whether both are there, of one shape, of `rank` or more, floating point; reported if not. */
static bool fit(const char *op, const eg_tensor *y, const eg_tensor *target, int rank)
{
    const eg_tensor *both[] = {y, target};

    if (eg__me.failed)
        return false;
    for (int i = 0; i < 2; i++)
        if (!both[i] || eg__dtype(eg_dtype_of(both[i]))->kind != EG__REAL) {
            eg__fail(EG_INVALID, op, "argument %d is %s, but it takes floating point: eg_cast it",
                i + 1, both[i] ? eg_dtype_name(eg_dtype_of(both[i])) : "NULL");
            return false;
        }
    if (!eg__same_shape(&y->spec, &target->spec) || eg_rank(y) < rank) {
        char a[EG__SPEC_TEXT], b[EG__SPEC_TEXT];
        eg__fail(EG_INVALID, op, "%s and %s: prediction and target must have one shape%s",
            eg__spec_text(&y->spec, a), eg__spec_text(&target->spec, b),
            rank > 0 ? ", with an axis of classes" : "");
        return false;
    }
    return true;
}

static eg_tensor *row_sum(eg_tensor *x)
{
    eg_reduce_attrs last = {.size = sizeof last, .axes = {1, {-1}}};
    return eg_sum_with(x, &last);
}

eg_tensor *eg_softmax_cross_entropy(eg_tensor *logits, eg_tensor *labels)
{
    if (!fit("eg_softmax_cross_entropy", logits, labels, 1))
        return NULL;
    return eg_neg(row_sum(eg_mul(labels, eg_log_softmax(logits))));
}

/* log(1 + t) for t in [0, 1], with what 1 + t loses put back. */
static eg_tensor *log_above_one(eg_tensor *t)
{
    eg_tensor *one = eg__number_like(t, 1), *sum = eg_add(t, one);
    return eg_add(eg_log(sum), eg_div(eg_sub(t, eg_sub(sum, one)), sum));
}

/* max(x, 0) and -|x| are taken apart by one condition, so that their derivatives at 0 add up. */
eg_tensor *eg_sigmoid_cross_entropy(eg_tensor *logits, eg_tensor *labels)
{
    if (!fit("eg_sigmoid_cross_entropy", logits, labels, 0))
        return NULL;
    eg_tensor *zero = eg__number_like(logits, 0), *is_up = eg_greater_equal(logits, zero);
    eg_tensor *above = eg_where(is_up, logits, zero);
    eg_tensor *far = eg_exp(eg_where(is_up, eg_neg(logits), logits));
    return eg_add(eg_sub(above, eg_mul(logits, labels)), log_above_one(far));
}

eg_tensor *eg_mean_squared_error_with(eg_tensor *y, eg_tensor *target, const eg_reduce_attrs *attrs)
{
    if (!fit("eg_mean_squared_error", y, target, 0))
        return NULL;
    return eg_mean_with(eg_square(eg_sub(y, target)), attrs);
}

eg_tensor *eg_mean_squared_error(eg_tensor *y, eg_tensor *target)
{
    return eg_mean_squared_error_with(y, target, NULL);
}

eg_tensor *eg_mean_absolute_error_with(eg_tensor *y, eg_tensor *target,
    const eg_reduce_attrs *attrs)
{
    if (!fit("eg_mean_absolute_error", y, target, 0))
        return NULL;
    return eg_mean_with(eg_abs(eg_sub(y, target)), attrs);
}

eg_tensor *eg_mean_absolute_error(eg_tensor *y, eg_tensor *target)
{
    return eg_mean_absolute_error_with(y, target, NULL);
}

/* With q = min(d, delta) both pieces are q (d - q/2). */
eg_tensor *eg_huber_with(eg_tensor *y, eg_tensor *target, double delta,
    const eg_reduce_attrs *attrs)
{
    if (!fit("eg_huber", y, target, 0))
        return NULL;
    if (!(delta > 0))
        return eg__fail_null(EG_INVALID, "eg_huber", "delta is %g; it must be positive", delta);
    eg_tensor *d = eg_abs(eg_sub(y, target)), *near = eg_minimum(d, eg__number_like(y, delta));
    return eg_mean_with(eg_mul(near, eg_sub(d, eg__scale(near, 0.5))), attrs);
}

eg_tensor *eg_huber(eg_tensor *y, eg_tensor *target, double delta)
{
    return eg_huber_with(y, target, delta, NULL);
}

eg_tensor *eg_hinge_with(eg_tensor *y, eg_tensor *target, const eg_reduce_attrs *attrs)
{
    if (!fit("eg_hinge", y, target, 0))
        return NULL;
    return eg_mean_with(eg_relu(eg__one_minus(eg_mul(y, target))), attrs);
}

eg_tensor *eg_hinge(eg_tensor *y, eg_tensor *target)
{
    return eg_hinge_with(y, target, NULL);
}

eg_tensor *eg_kl_divergence(eg_tensor *y, eg_tensor *target)
{
    if (!fit("eg_kl_divergence", y, target, 1))
        return NULL;
    eg_tensor *one = eg__number_like(y, 1);
    eg_tensor *counts = eg_greater(target, eg__number_like(target, 0));
    eg_tensor *from = eg_log(eg_where(counts, target, one));
    return row_sum(eg_mul(target, eg_sub(from, eg_log(eg_where(counts, y, one)))));
}
