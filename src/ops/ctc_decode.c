/* What the steps of connectionist temporal classification spell when each is taken for its
 * likeliest class, made of other operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/sized.h"

static const char op_name[] = "eg_ctc_greedy_decode";

static eg_tensor *whole(int64_t value)
{
    return eg_scalar_int(EG_INT64, value);
}

static bool is_one_each(const eg_tensor *lengths, int64_t examples)
{
    return !lengths ||
        (eg__is_kind(lengths, EG__INTS) && eg_rank(lengths) == 1 && eg_dim(lengths, 0) == examples);
}

/* Whether the arguments are right; a blank counted from the end is brought to the front. */
static bool can_decode(const eg_tensor *logits, eg_ctc_decode_attrs *attrs)
{
    if (!eg__is_tensor(op_name, logits))
        return false;
    const int64_t classes = eg_dim(logits, -1), blank = attrs->blank;
    attrs->blank += blank < 0 ? classes : 0;
    if (!eg__is_kind(logits, EG__REALS) || eg_rank(logits) != 3)
        eg__fail(EG_INVALID, op_name,
            "the logits are %s of rank %d; they must be real, [examples, steps, classes]",
            eg_dtype_name(eg_dtype_of(logits)), eg_rank(logits));
    else if (attrs->blank < 0 || attrs->blank >= classes)
        eg__fail(EG_INVALID, op_name, "the blank is %lld; it must be one of the %lld classes",
            (long long)blank, (long long)classes);
    else if (!is_one_each(attrs->input_lengths, eg_dim(logits, 0)))
        eg__fail(EG_INVALID, op_name, "the lengths must be integers, one for each example");
    return !eg__me.failed;
}

/* Which steps [examples, steps] are before the end of their example. */
static eg_tensor *steps_before(eg_tensor *ends, eg_tensor *steps)
{
    return eg_less(steps, eg_expand_dims(ends, 1));
}

/* Whether each class differs from that of the step before it. */
static eg_tensor *begins(eg_tensor *classes)
{
    const eg_concat_attrs across = {sizeof across, 1};
    const int64_t n = eg_dim(classes, 1), first[] = {eg_dim(classes, 0), 1};

    if (n == 0)
        return eg_equal(classes, classes);
    eg_tensor *before = eg__along(classes, 1, 0, n - 1, 1);
    eg_tensor *shifted[] = {eg_broadcast_to(whole(-1), 2, first), before};
    return eg_not_equal(classes, eg_concat_with(2, shifted, &across));
}

/* The classes that are kept, in front and in order, and their number in each example. */
static eg_tensor *packed(eg_tensor *classes, eg_tensor *keep, eg_tensor *steps)
{
    const eg_reduce_attrs of_rows = {.size = sizeof of_rows, .axes = {1, {1}}};
    eg_tensor *order = eg_argsort(eg_cast(eg_logical_not(keep), EG_INT8), 1);
    eg_tensor *count = eg_sum_with(eg_cast(keep, EG_INT64), &of_rows);
    eg_tensor *in_front = eg_take_along(classes, order);

    return eg_tuple_of(2,
        (eg_tensor *[]){eg_where(steps_before(count, steps), in_front, whole(-1)), count});
}

eg_tensor *eg_ctc_greedy_decode_with(eg_tensor *logits, const eg_ctc_decode_attrs *attrs)
{
    const eg_argmax_attrs likeliest = {sizeof likeliest, 2, false};
    const eg_reduce_attrs of_rows = {.size = sizeof of_rows, .axes = {1, {1}}};
    const eg_reduce_attrs of_classes = {.size = sizeof of_classes, .axes = {1, {2}}};
    eg_ctc_decode_attrs full;

    if (!eg__attrs_complete(&full, sizeof full, attrs, op_name) || !can_decode(logits, &full))
        return NULL;
    eg_tensor *classes = eg_argmax_with(logits, &likeliest), *ends = full.input_lengths;
    eg_tensor *steps = eg_broadcast_to(eg_range(eg_dim(logits, 1)), 2, eg__spec_look(logits)->dims);
    eg_tensor *used = ends ? steps_before(eg_cast(ends, EG_INT64), steps) : eg_equal(steps, steps);
    eg_tensor *keep = eg_logical_and(used, eg_not_equal(classes, whole(full.blank)));
    if (!full.keep_repeated)
        keep = eg_logical_and(keep, begins(classes));
    eg_tensor *most = eg_where(used, eg_max_with(logits, &of_classes), eg__number_like(logits, 0));
    eg_tensor *cost = eg_neg(eg_sum_with(most, &of_rows)), *spelt = packed(classes, keep, steps);
    return eg_tuple_of(3, (eg_tensor *[]){eg_part(spelt, 0), eg_part(spelt, 1), cost});
}

eg_tensor *eg_ctc_greedy_decode(eg_tensor *logits)
{
    return eg_ctc_greedy_decode_with(logits, NULL);
}
