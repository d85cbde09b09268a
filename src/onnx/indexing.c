/* Elements by position: gathered, scattered, sorted, padded, cut.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

/* ---- gathered -------------------------------------------------------------------------------- */

static void gather(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_take_attrs a = {.size = sizeof a, .axis = axis_of(c, integer_of(c, "axis", 0), eg_rank(x))};
    give_as(c, 0, eg_take_with(x, input(c, 1), &a), 0);
}

/* The beginning of x along all axes but one, as long as that of another. */
static eg_tensor *cut_to(eg_tensor *x, const eg_tensor *other, int axis)
{
    eg_slice_attrs a = {.size = sizeof a};
    bool differs = false;

    for (int i = 0; i < eg_rank(x); i++) {
        bool cut = i != axis && eg_dim(x, i) != eg_dim(other, i);
        a.begin.at[i] = 0;
        a.count.at[i] = cut ? eg_dim(other, i) : eg_dim(x, i);
        differs = differs || cut;
    }
    a.begin.n = a.count.n = eg_rank(x);
    return differs ? eg_slice_with(x, &a) : x;
}

static void gather_elements(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *indices = input(c, 1);
    int axis = axis_of(c, integer_of(c, "axis", 0), eg_rank(x));

    if (eg_rank(x) != eg_rank(indices))
        refuse(c, "the indices have another number of axes");
    else
        give(c, 0, eg_take_along_axis(cut_to(x, indices, axis), indices, axis));
}

/* Positions within batches: those of the batch axes in front of the ones that are given. */
static eg_tensor *with_batches(eg_tensor *indices, int batches)
{
    eg_concat_attrs a = {.size = sizeof a, .axis = -1};
    eg_tensor *all[EG_MAX_RANK + 1];
    int64_t dims[EG_MAX_RANK];
    int rank = eg_rank(indices);

    for (int k = 0; k < batches; k++) {
        for (int i = 0; i < rank; i++)
            dims[i] = i == k ? eg_dim(indices, k) : 1;
        eg_tensor *numbers = eg_reshape(eg_range(eg_dim(indices, k)), rank, dims);
        for (int i = 0; i < rank; i++)
            dims[i] = i == rank - 1 ? 1 : eg_dim(indices, i);
        all[k] = eg_broadcast_to(numbers, rank, dims);
    }
    all[batches] = indices;
    return batches ? eg_concat_with(batches + 1, all, &a) : indices;
}

static void gather_nd(eg__onnx_call *c)
{
    int batches = (int)integer_of(c, "batch_dims", 0);
    eg_tensor *x = input(c, 0), *indices = input(c, 1);

    if (batches < 0 || batches >= eg_rank(indices) || batches >= eg_rank(x))
        refuse(c, "has more batch axes than there are");
    else
        give(c, 0, eg_gather_nd(x, with_batches(indices, batches)));
}

/* ---- scattered ------------------------------------------------------------------------------- */

static bool how_of(eg__onnx_call *c, eg_scatter_how *how, bool *product)
{
    const char *word = word_of(c, "reduction", "none");

    *product = strcmp(word, "mul") == 0;
    *how = strcmp(word, "add") == 0 ? EG_SCATTER_ADD
        : strcmp(word, "max") == 0  ? EG_SCATTER_MAX
        : strcmp(word, "min") == 0  ? EG_SCATTER_MIN
                                    : EG_SCATTER_SET;
    if (*how == EG_SCATTER_SET && !*product && strcmp(word, "none") != 0)
        refuse(c, "has a reduction that is none of none, add, mul, max and min");
    return eg_ok();
}

/* x with products of all updates that go to the same rows: rows is a list of positions. */
static eg_tensor *multiplied(eg_tensor *x, eg_tensor *rows, eg_tensor *updates)
{
    eg_concat_attrs a = {.size = sizeof a, .axis = 0};
    eg_tensor *ids[2] = {eg_range(eg_dim(x, 0)), rows}, *all[2] = {x, updates};

    return eg_segment_prod(eg_concat_with(2, all, &a), eg_concat_with(2, ids, &a), eg_dim(x, 0));
}

/* The position among all elements that each of `indices` along an axis means. */
static eg_tensor *flat_positions(eg_tensor *x, eg_tensor *indices, int axis)
{
    eg_ravel_index_attrs a = {.size = sizeof a, .dims = {.n = eg_rank(x)}};
    eg_tensor *parts[EG_MAX_RANK];
    int64_t dims[EG_MAX_RANK], shape[EG_MAX_RANK + 1];
    int rank = eg_rank(x);

    for (int i = 0; i < rank; i++)
        shape[i] = eg_dim(indices, i);
    for (int k = 0; k < rank; k++) {
        a.dims.at[k] = eg_dim(x, k);
        for (int i = 0; i < rank; i++)
            dims[i] = i == k ? eg_dim(indices, k) : 1;
        parts[k] = k == axis
            ? eg_cast(indices, EG_INT64)
            : eg_broadcast_to(eg_reshape(eg_range(dims[k]), rank, dims), rank, shape);
        int64_t all = -1;
        parts[k] = eg_reshape(parts[k], 1, &all);
    }
    eg_concat_attrs last = {.size = sizeof last, .axis = -1};
    return eg_ravel_index_with(eg_stack_with(rank, parts, &last), &a);
}

static void scatter_elements(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *indices = input(c, 1), *updates = input(c, 2);
    int axis = axis_of(c, integer_of(c, "axis", 0), eg_rank(x));
    eg_scatter_attrs a = {.size = sizeof a};
    int64_t all = -1, dims[EG_MAX_RANK];
    bool product;

    if (eg_rank(x) != eg_rank(indices)) {
        refuse(c, "the indices have another number of axes");
        return;
    }
    if (!how_of(c, &a.how, &product))
        return;
    for (int i = 0; i < eg_rank(x); i++)
        dims[i] = eg_dim(x, i);
    eg_tensor *flat = eg_reshape(x, 1, &all), *places = flat_positions(x, indices, axis);
    updates = eg_reshape(updates, 1, &all);
    eg_tensor *y =
        product ? multiplied(flat, places, updates) : eg_scatter_with(flat, places, updates, &a);
    give(c, 0, eg_reshape(y, eg_rank(x), dims));
}

/* x with its first n axes as one. */
static eg_tensor *rows_of(eg_tensor *x, int n)
{
    int64_t dims[EG_MAX_RANK + 1] = {1};

    for (int i = 0; i < n; i++)
        dims[0] *= eg_dim(x, i);
    for (int i = n; i < eg_rank(x); i++)
        dims[i - n + 1] = eg_dim(x, i);
    return eg_reshape(x, eg_rank(x) - n + 1, dims);
}

static void scatter_nd(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *indices = input(c, 1), *updates = input(c, 2);
    int width = (int)eg_dim(indices, -1), rank = eg_rank(x);
    eg_ravel_index_attrs ravel = {.size = sizeof ravel, .dims = {.n = width}};
    eg_scatter_attrs a = {.size = sizeof a};
    int64_t dims[EG_MAX_RANK], all = -1;
    bool product;

    if (width < 1 || width > rank) {
        refuse(c, "has positions with more numbers than axes");
        return;
    }
    if (!how_of(c, &a.how, &product))
        return;
    for (int i = 0; i < rank; i++)
        dims[i] = eg_dim(x, i);
    memcpy(ravel.dims.at, dims, sizeof dims);
    eg_tensor *places = eg_reshape(eg_ravel_index_with(indices, &ravel), 1, &all);
    eg_tensor *rows = rows_of(x, width);
    updates = rows_of(updates, eg_rank(indices) - 1);
    eg_tensor *y =
        product ? multiplied(rows, places, updates) : eg_scatter_with(rows, places, updates, &a);
    give(c, 0, eg_reshape(y, rank, dims));
}

/* present with rows of update put at positions along an axis, for caches. */
static void tensor_scatter(eg__onnx_call *c)
{
    eg_tensor *past = input(c, 0), *update = input(c, 1);
    int axis = axis_of(c, integer_of(c, "axis", -2), eg_rank(past)), rank = eg_rank(past);
    int64_t size = eg_dim(past, axis), length = eg_dim(update, axis), dims[EG_MAX_RANK];
    bool circular = word_is(c, "mode", "circular", "linear");

    for (int i = 0; i < rank; i++)
        dims[i] = i == axis ? length : 1;
    eg_tensor *places = eg_reshape(eg_range(length), rank, dims);
    if (has(c, 2)) {
        for (int i = 0; i < rank; i++)
            dims[i] = i == 0 ? eg_dim(past, 0) : 1;
        places = eg_add(places, eg_reshape(eg_cast(input(c, 2), EG_INT64), rank, dims));
    }
    if (circular)
        places = eg_remainder(places, eg_scalar_int(EG_INT64, size));
    for (int i = 0; i < rank; i++)
        dims[i] = eg_dim(update, i);
    places = eg_broadcast_to(places, rank, dims);
    give(c, 0, eg_put_along_axis(past, places, update, EG_SCATTER_SET, axis));
}

/* ---- cut, padded, turned --------------------------------------------------------------------- */

/* One axis of a Slice, in NumPy's rules. */
static void slice_axis(eg_slice_attrs *a, int axis, int64_t size, const int64_t part[3])
{
    int64_t begin = part[0], end = part[1], step = part[2];
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;

    begin = begin < 0 ? begin + size : begin;
    end = end < 0 && end >= -size ? end + size : end < -size ? low : end;
    begin = begin < low ? low : begin > high ? high : begin;
    if (step < 0 && begin < 0)
        begin = -1;
    end = end < low ? low : end > high ? high : end;
    int64_t far = step > 0 ? end - begin : begin - end;
    uint64_t pace = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    int64_t count = far > 0 ? (int64_t)(((uint64_t)far + pace - 1) / pace) : 0;
    a->begin.at[axis] = count > 0 ? begin : 0;
    a->count.at[axis] = count;
    a->step.at[axis] = count > 1 ? step : 1;
}

static void slice(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int rank = eg_rank(x);
    eg__onnx_integers starts = integers_since(c, 10, "starts", 1);
    eg__onnx_integers ends = integers_since(c, 10, "ends", 2);
    eg__onnx_integers axes = integers_since(c, 10, "axes", 3), steps = integers_in(c, 4);
    eg_slice_attrs a = {.size = sizeof a,
        .begin = {rank, {0}},
        .count = {rank, {0}},
        .step = {rank, {0}}};

    for (int i = 0; i < rank; i++) {
        a.count.at[i] = eg_dim(x, i);
        a.step.at[i] = 1;
    }
    if (starts.n != ends.n || (axes.n && axes.n != starts.n) || (steps.n && steps.n != starts.n)) {
        refuse(c, "has lists of different lengths");
        return;
    }
    for (int64_t i = 0; i < starts.n && eg_ok(); i++) {
        int axis = axis_of(c, axes.n ? axes.at[i] : i, rank);
        int64_t part[3] = {starts.at[i], ends.at[i], steps.n ? steps.at[i] : 1};
        if (part[2] == 0)
            refuse(c, "has a step of 0");
        else if (eg_ok())
            slice_axis(&a, axis, eg_dim(x, axis), part);
    }
    give_as(c, 0, eg_slice_with(x, &a), 0);
}

/* Negative pads take away. */
static eg_tensor *trimmed(eg_tensor *x, eg_index *before, eg_index *after)
{
    eg_slice_attrs a = {.size = sizeof a, .begin = {before->n, {0}}, .count = {before->n, {0}}};
    bool any = false;

    for (int i = 0; i < before->n; i++) {
        int64_t first = before->at[i] < 0 ? -before->at[i] : 0;
        int64_t last = after->at[i] < 0 ? -after->at[i] : 0;
        a.begin.at[i] = first;
        a.count.at[i] = eg_dim(x, i) - first - last;
        any = any || first || last;
        before->at[i] += first;
        after->at[i] += last;
    }
    return any ? eg_slice_with(x, &a) : x;
}

static eg_tensor *pad_with_value(eg_tensor *x, const eg_pad_attrs *p, eg_tensor *value)
{
    eg_put_slice_attrs at = {.size = sizeof at, .begin = p->before};
    int64_t dims[EG_MAX_RANK];
    bool any = false;

    for (int i = 0; i < p->before.n; i++) {
        dims[i] = eg_dim(x, i) + p->before.at[i] + p->after.at[i];
        any = any || dims[i] != eg_dim(x, i);
    }
    if (!any)
        return eg_identity(x);
    return eg_put_slice_with(eg_full(eg_reshape(value, 0, NULL), p->before.n, dims), x, &at);
}

static eg_pad_mode pad_mode(eg__onnx_call *c)
{
    const char *word = word_of(c, "mode", "constant");

    if (strcmp(word, "reflect") == 0)
        return EG_PAD_REFLECT;
    if (strcmp(word, "edge") == 0)
        return EG_PAD_EDGE;
    if (strcmp(word, "wrap") == 0)
        return EG_PAD_WRAP;
    if (strcmp(word, "constant") != 0)
        refuse(c, "has a mode that is none of constant, reflect, edge and wrap");
    return EG_PAD_CONSTANT;
}

static void pad(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int rank = eg_rank(x);
    eg__onnx_integers pads = integers_since(c, 11, "pads", 1), axes = integers_in(c, 3);
    int64_t n = axes.n ? axes.n : rank;
    eg_pad_attrs a = {.size = sizeof a,
        .before = {rank, {0}},
        .after = {rank, {0}},
        .mode = pad_mode(c)};

    if (pads.n != 2 * n) {
        refuse(c, "wants two pads for each axis");
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        int axis = axis_of(c, axes.n ? axes.at[i] : i, rank);
        a.before.at[axis] = pads.at[i];
        a.after.at[axis] = pads.at[i + n];
    }
    x = trimmed(x, &a.before, &a.after);
    eg_tensor *value = has(c, 2) && c->version >= 11 ? input(c, 2)
        : eg_dtype_of(x) == EG_BOOL                  ? eg_scalar_int(EG_BOOL, 0)
                                    : like(x, c->version < 11 ? real_of(c, "value", 0) : 0);
    if (eg_ok())
        give(c, 0, a.mode ? eg_pad_with(x, &a) : pad_with_value(x, &a, value));
}

static void reverse_sequence(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int rank = eg_rank(x), batch = axis_of(c, integer_of(c, "batch_axis", 1), rank);
    int time = axis_of(c, integer_of(c, "time_axis", 0), rank);
    int64_t over_time[EG_MAX_RANK], over_batch[EG_MAX_RANK];

    for (int i = 0; i < rank; i++) {
        over_time[i] = i == time ? eg_dim(x, time) : 1;
        over_batch[i] = i == batch ? eg_dim(x, batch) : 1;
    }
    eg_tensor *t = eg_reshape(eg_range(eg_dim(x, time)), rank, over_time);
    eg_tensor *n = eg_reshape(eg_cast(input(c, 1), EG_INT64), rank, over_batch);
    eg_tensor *mirrored = eg_sub(eg_sub(n, eg_scalar_int(EG_INT64, 1)), t);
    give(c, 0, eg_take_along_axis(x, eg_where(eg_less(t, n), mirrored, t), time));
}

/* The middle of x, or x in the middle of zeros. */
static void center_crop_pad(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int rank = eg_rank(x);
    eg__onnx_integers sizes = integers_in(c, 1), axes = integers_attribute(c, "axes");
    eg_slice_attrs cut = {.size = sizeof cut, .begin = {rank, {0}}, .count = {rank, {0}}};
    eg_pad_attrs wide = {.size = sizeof wide, .before = {rank, {0}}, .after = {rank, {0}}};

    for (int i = 0; i < rank; i++)
        cut.count.at[i] = eg_dim(x, i);
    for (int64_t i = 0; i < sizes.n && eg_ok(); i++) {
        int axis = axis_of(c, axes.n > i ? axes.at[i] : i, rank);
        int64_t more = sizes.at[i] - eg_dim(x, axis);
        wide.before.at[axis] = more > 0 ? more / 2 : 0;
        wide.after.at[axis] = more > 0 ? more - more / 2 : 0;
        cut.begin.at[axis] = more < 0 ? -more / 2 : 0;
        cut.count.at[axis] += more < 0 ? more : 0;
    }
    give(c, 0, eg_pad_with(eg_slice_with(x, &cut), &wide));
}

/* ---- chosen ---------------------------------------------------------------------------------- */

static void compress(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_boolean_mask_attrs a = {.size = sizeof a};
    int64_t all = -1;

    if (has_attribute(c, "axis"))
        a.axis = axis_of(c, integer_of(c, "axis", 0), eg_rank(x));
    else
        x = eg_reshape(x, 1, &all);
    give(c, 0, eg_compress_with(input(c, 1), x, &a));
}

static void nonzero(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int64_t one = 1;

    give(c, 0, eg_nonzero(eg_rank(x) ? x : eg_reshape(x, 1, &one)));
}

static void one_hot(eg__onnx_call *c)
{
    eg_tensor *indices = input(c, 0), *values = input(c, 2);
    int64_t depth = integer_in(c, 1, 0);
    eg_one_hot_attrs a = {.size = sizeof a, .dtype = EG_BOOL};
    eg_slice_attrs off = {.size = sizeof off, .begin = {1, {0}}, .count = {1, {1}}};
    eg_slice_attrs on = {.size = sizeof on, .begin = {1, {1}}, .count = {1, {1}}};
    int axis = (int)integer_of(c, "axis", -1), rank = eg_rank(indices) + 1;

    indices = eg_cast(indices, EG_INT64);
    eg_tensor *low = eg_less(indices, eg_scalar_int(EG_INT64, 0));
    indices = eg_where(low, eg_add(indices, eg_scalar_int(EG_INT64, depth)), indices);
    eg_tensor *hot = eg_moveaxis(eg_one_hot_with(indices, depth, &a), -1, axis_of(c, axis, rank));
    give(c, 0,
        eg_where(hot, eg_reshape(eg_slice_with(values, &on), 0, NULL),
            eg_reshape(eg_slice_with(values, &off), 0, NULL)));
}

static void top_k(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int axis = axis_of(c, integer_of(c, "axis", -1), eg_rank(x));
    int64_t k = c->version < 10 ? integer_of(c, "k", 1) : integer_in(c, 1, 1);
    bool largest = integer_of(c, "largest", 1) != 0;
    eg_sort_attrs order = {.size = sizeof order, .descending = largest};
    eg_slice_attrs first = {.size = sizeof first,
        .begin = {axis + 1, {0}},
        .count = {axis + 1, {0}}};

    for (int i = 0; i <= axis; i++)
        first.count.at[i] = i == axis ? k : -1;
    eg_tensor *places = eg_slice_with(eg_argsort_with(x, axis, &order), &first);
    give(c, 0, eg_take_along_axis(x, places, axis));
    give(c, 1, places);
}

/* Each value once, rising or in the order of its first place; where it is first, which of them each
 * element is, and how often it is there. */
static void unique(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_gather_attrs first = {.size = sizeof first};
    int64_t all = -1;

    if (has_attribute(c, "axis") && eg_rank(x) != 1) {
        refuse(c, "compares slices along an axis, which eagre does not");
        return;
    }
    eg_tensor *four = eg_unique_all(eg_reshape(x, 1, &all)), *out[4];
    for (int i = 0; i < 4; i++)
        out[i] = eg_part(four, i);
    if (!integer_of(c, "sorted", 1)) {
        eg_tensor *order = eg_argsort(out[1], 0), *rank = eg_argsort(order, 0);
        for (int i = 0; i < 4; i++)
            out[i] = i == 2 ? eg_gather_with(rank, out[2], &first)
                            : eg_gather_with(out[i], order, &first);
    }
    for (int i = 0; i < 4; i++)
        give(c, i, out[i]);
}

const eg__onnx_op eg__onnx_indexing[] = {
    {"Gather", gather, .since = {1, 11, 13}, .takes_narrow = true},
    {"GatherElements", gather_elements, .since = {11, 13}},
    {"GatherND", gather_nd, .since = {11, 12, 13}},
    {"Scatter", scatter_elements, .since = {9}},
    {"ScatterElements", scatter_elements, .since = {11, 13, 16, 18}},
    {"ScatterND", scatter_nd, .since = {11, 13, 16, 18}},
    {"TensorScatter", tensor_scatter, .since = {24}},
    {"Slice", slice, .since = {1, 10, 11, 13}, .takes_narrow = true},
    {"Pad", pad, .since = {2, 11, 13, 18, 19, 21, 23, 24, 25}},
    {"ReverseSequence", reverse_sequence, .since = {10, 28}},
    {"CenterCropPad", center_crop_pad, .since = {18}},
    {"Compress", compress, .since = {9, 11, 28}},
    {"NonZero", nonzero, .since = {9, 13}},
    {"OneHot", one_hot, .since = {9, 11, 28}},
    {"TopK", top_k, .since = {1, 10, 11, 24}},
    {"Unique", unique, .since = {11, 28}},
    {0},
};
