/* Losses, made of other operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "base/error.h"
#include "ops/gradient.h"
#include "ops/sized.h"

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
    if (!eg__shapes_agree(y, target) || eg_rank(y) < rank) {
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

/* ---- cross-entropy with options ------------------------------------------------------------- */

static const char entropy_name[] = "eg_cross_entropy";

/* Losses of rows and what their sum is divided by for a mean; NULL: how many there are. */
typedef struct entropy {
    eg_tensor *rows, *weight;
} entropy;

/* The sum of weight * x over each row. */
static eg_tensor *weighted_sum(eg_tensor *x, eg_tensor *weights)
{
    return row_sum(weights ? eg_mul(x, weights) : x);
}

/* The share `smoothing` of the loss goes to all classes alike. */
static eg_tensor *smoothed(eg_tensor *rows, eg_tensor *logits, const eg_cross_entropy_attrs *o)
{
    eg_tensor *all = weighted_sum(eg_log_softmax(logits), o->weights);
    double classes = (double)eg_dim(logits, -1);

    return eg_sub(eg__scale(rows, 1 - o->label_smoothing),
        eg__scale(all, o->label_smoothing / classes));
}

static entropy sparse_entropy(eg_tensor *logits, eg_tensor *labels, const eg_cross_entropy_attrs *o)
{
    eg_dtype whole = eg_dtype_of(labels);
    eg_tensor *zero = eg__number_like(logits, 0), *one = eg__number_like(logits, 1);
    eg_tensor *ignored =
        o->ignores ? eg_equal(labels, eg_scalar_int(whole, o->ignored_label)) : NULL;
    eg_tensor *of = ignored ? eg_where(ignored, eg_scalar_int(whole, 0), labels) : labels;
    entropy e = {eg_sparse_softmax_cross_entropy(logits, of), NULL};

    if (o->weights) {
        e.weight = eg_gather(o->weights, of);
        e.rows = eg_mul(e.rows, e.weight);
    }
    if (o->label_smoothing > 0)
        e.rows = smoothed(e.rows, logits, o);
    if (ignored) {
        e.rows = eg_where(ignored, zero, e.rows);
        e.weight = eg_where(ignored, zero, e.weight ? e.weight : one);
    }
    return e;
}

static entropy dense_entropy(eg_tensor *logits, eg_tensor *labels, const eg_cross_entropy_attrs *o)
{
    double classes = (double)eg_dim(logits, -1);

    if (o->ignores || !fit(entropy_name, logits, labels, 1)) {
        if (!eg__me.failed)
            eg__fail(EG_INVALID, entropy_name, "only labels that are integers can be ignored");
        return (entropy){NULL, NULL};
    }
    if (o->label_smoothing > 0)
        labels = eg_add(eg__scale(labels, 1 - o->label_smoothing),
            eg__number_like(labels, o->label_smoothing / classes));
    return (
        entropy){eg_neg(weighted_sum(eg_mul(labels, eg_log_softmax(logits)), o->weights)), NULL};
}

static bool options_fit(const eg_tensor *logits, const eg_tensor *labels,
    const eg_cross_entropy_attrs *o)
{
    if (!logits || !labels || eg__dtype(eg_dtype_of(logits))->kind != EG__REAL ||
        eg_rank(logits) < 1)
        eg__fail(EG_INVALID, entropy_name,
            "it takes logits of floating point with an axis of classes, and labels");
    else if (!(o->label_smoothing >= 0 && o->label_smoothing <= 1))
        eg__fail(EG_INVALID, entropy_name, "label_smoothing is %g; it must be from 0 to 1",
            o->label_smoothing);
    else if (o->reduction < EG_REDUCE_MEAN || o->reduction > EG_REDUCE_NONE)
        eg__fail(EG_INVALID, entropy_name, "there is no reduction %d", (int)o->reduction);
    else if (o->weights &&
        (eg_rank(o->weights) != 1 ||
            !eg__size_equal(eg__size_at(o->weights, 0), eg__size_at(logits, -1)) ||
            eg__dtype(eg_dtype_of(o->weights))->kind != EG__REAL))
        eg__fail(EG_INVALID, entropy_name,
            "weights must be floating point, one for each of the %lld classes",
            (long long)eg_dim(logits, -1));
    return !eg__me.failed;
}

eg_tensor *eg_cross_entropy_with(eg_tensor *logits, eg_tensor *labels,
    const eg_cross_entropy_attrs *attrs)
{
    eg_cross_entropy_attrs o;

    if (eg__me.failed || !eg__attrs_complete(&o, sizeof o, attrs, entropy_name) ||
        !options_fit(logits, labels, &o))
        return NULL;
    bool is_dense = eg__dtype(eg_dtype_of(labels))->kind == EG__REAL;
    entropy e = is_dense ? dense_entropy(logits, labels, &o) : sparse_entropy(logits, labels, &o);
    if (!e.rows || o.reduction == EG_REDUCE_NONE)
        return e.rows;
    if (o.reduction == EG_REDUCE_SUM)
        return eg_sum(e.rows);
    return e.weight ? eg_div(eg_sum(e.rows), eg_sum(e.weight)) : eg_mean(e.rows);
}

eg_tensor *eg_cross_entropy(eg_tensor *logits, eg_tensor *labels)
{
    return eg_cross_entropy_with(logits, labels, NULL);
}

/* ---- of single questions, and others -------------------------------------------------------- */

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
