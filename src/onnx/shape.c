/* Shapes, and constants.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

/* ---- sizes ----------------------------------------------------------------------------------- */

/* Sizes are known to the host whatever x holds: they are what the call's signature says. */
static void give_known(eg__onnx_call *c, int64_t n, const int64_t at[], bool is_scalar)
{
    eg_tensor *x = is_scalar ? eg_scalar_int(EG_INT64, *at) : int64s(n, at);

    give(c, 0, x);
    if (c->n_out > 0)
        c->out[0].known = true;
}

static void shape(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int64_t dims[EG_MAX_RANK], rank = eg_rank(x);
    int64_t start = integer_of(c, "start", 0), end = integer_of(c, "end", rank);

    start = start < 0 ? start + rank : start;
    end = end < 0 ? end + rank : end;
    start = start < 0 ? 0 : start;
    end = end > rank ? rank : end;
    for (int64_t i = start; i < end; i++)
        dims[i - start] = eg_dim(x, (int)i);
    give_known(c, end > start ? end - start : 0, dims, false);
}

static void size(eg__onnx_call *c)
{
    int64_t n = eg_size(input(c, 0));
    give_known(c, 1, &n, true);
}

/* ---- the same elements, arranged anew -------------------------------------------------------- */

static void reshape(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg__onnx_integers list = integers_since(c, 5, "shape", 1);
    eg_index dims = index_of(c, list);

    for (int i = 0; i < dims.n && !integer_of(c, "allowzero", 0); i++)
        if (dims.at[i] == 0 && i < eg_rank(x))
            dims.at[i] = eg_dim(x, i);
    give_as(c, 0, eg_reshape(x, dims.n, dims.at), 0);
}

static void flatten(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int64_t axis = integer_of(c, "axis", 1), dims[2] = {1, 1};

    axis = axis < 0 ? axis + eg_rank(x) : axis;
    for (int i = 0; i < eg_rank(x); i++)
        dims[i >= axis] *= eg_dim(x, i);
    give_as(c, 0, eg_reshape(x, 2, dims), 0);
}

static bool is_among(int axis, eg__onnx_integers list, int rank)
{
    for (int64_t i = 0; i < list.n; i++)
        if (list.at[i] == axis || list.at[i] + rank == axis)
            return true;
    return false;
}

static void squeeze(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg__onnx_integers axes = integers_since(c, 13, "axes", 1);
    int64_t dims[EG_MAX_RANK];
    int n = 0, rank = eg_rank(x);

    for (int64_t i = 0; i < axes.n; i++)
        axis_of(c, axes.at[i], rank);
    for (int i = 0; i < rank; i++) {
        bool out = axes.n > 0 ? is_among(i, axes, rank) : eg_dim(x, i) == 1;
        if (out && eg_dim(x, i) != 1) {
            refuse(c, "an axis that is not of size 1 cannot go");
            return;
        }
        if (!out)
            dims[n++] = eg_dim(x, i);
    }
    give_as(c, 0, eg_reshape(x, n, dims), 0);
}

static void unsqueeze(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg__onnx_integers axes = integers_since(c, 13, "axes", 1);
    int64_t dims[EG_MAX_RANK];
    int from = 0, rank = eg_rank(x) + (int)(axes.n < 64 ? axes.n : 64);

    if (rank > EG_MAX_RANK) {
        refuse(c, "makes more than 8 axes");
        return;
    }
    for (int64_t i = 0; i < axes.n; i++)
        axis_of(c, axes.at[i], rank);
    for (int i = 0; i < rank; i++)
        dims[i] = is_among(i, axes, rank) ? 1 : eg_dim(x, from++);
    give_as(c, 0, eg_reshape(x, rank, dims), 0);
}

static void transpose(eg__onnx_call *c)
{
    eg_transpose_attrs a = {.size = sizeof a, .axes = axes_of(c, integers_attribute(c, "perm"))};
    give_as(c, 0, eg_transpose_with(input(c, 0), &a), 0);
}

static void identity(eg__onnx_call *c)
{
    if (c->in[0].kind == EG__ONNX_TENSOR)
        give_as(c, 0, eg_identity(input(c, 0)), 0);
    else if (c->n_out > 0)
        c->out[0] = c->in[0];
}

/* x and the shape broadcast against each other. */
static void expand(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_index want = index_of(c, integers_in(c, 1));
    int rank = eg_rank(x) > want.n ? eg_rank(x) : want.n;
    int64_t dims[EG_MAX_RANK];

    for (int i = 0; i < rank; i++) {
        int64_t mine = i < rank - eg_rank(x) ? 1 : eg_dim(x, i - (rank - eg_rank(x)));
        int64_t other = i < rank - want.n ? 1 : want.at[i - (rank - want.n)];
        dims[i] = other == 1 ? mine : mine == 1 ? other : mine;
        if (mine != 1 && other != 1 && mine != other) {
            refuse(c, "the shape does not broadcast with the input's");
            return;
        }
    }
    give_as(c, 0, eg_broadcast_to(x, rank, dims), 0);
}

static void tile(eg__onnx_call *c)
{
    eg_index counts = index_of(c, integers_in(c, 1));
    give_as(c, 0, eg_tile(input(c, 0), counts.n, counts.at), 0);
}

/* ---- joined and cut -------------------------------------------------------------------------- */

/* More than 64 are joined in parts. */
static eg_tensor *concat_of(eg__onnx_call *c, int n, eg_tensor *x[], int axis)
{
    eg_concat_attrs a = {.size = sizeof a, .axis = axis};

    while (n > 64) {
        int parts = 0;
        for (int i = 0; i < n; i += 64)
            x[parts++] = eg_concat_with(n - i < 64 ? n - i : 64, x + i, &a);
        n = parts;
    }
    (void)c;
    return eg_concat_with(n, x, &a);
}

static void concat(eg__onnx_call *c)
{
    eg_tensor **x = take(c, c->n_in, sizeof(eg_tensor *));
    int axis = (int)integer_of(c, "axis", 0);

    for (int i = 0; x && i < c->n_in; i++)
        x[i] = input(c, i);
    if (x)
        give_as(c, 0, concat_of(c, c->n_in, x, axis), 0);
}

/* The sizes of n parts of an axis: given, or as equal as can be, the last the smallest. */
static eg__onnx_integers part_sizes(eg__onnx_call *c, int64_t size)
{
    eg__onnx_integers given = integers_since(c, 13, "split", 1);
    int64_t n = integer_of(c, "num_outputs", c->n_out), *at;

    if (given.n > 0)
        return given;
    if (n < 1 || n > EG__ONNX_MOST_OUT)
        return given;
    at = take(c, n, sizeof *at);
    int64_t each = (size + n - 1) / n;
    for (int64_t i = 0; at && i < n; i++) {
        int64_t left = size - i * each;
        at[i] = left < each ? (left > 0 ? left : 0) : each;
    }
    return (eg__onnx_integers){at ? n : 0, at};
}

static void split(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *parts[EG__ONNX_MOST_OUT];
    int axis = axis_of(c, integer_of(c, "axis", 0), eg_rank(x));
    eg__onnx_integers sizes = part_sizes(c, eg_dim(x, axis));

    if (sizes.n < 1 || sizes.n > EG__ONNX_MOST_OUT) {
        refuse(c, "makes no part, or more than 64");
        return;
    }
    eg_split_sizes(x, (int)sizes.n, sizes.at, axis, parts);
    for (int i = 0; i < sizes.n; i++)
        give_as(c, i, parts[i], 0);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

static void depth_to_space(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int64_t b = integer_of(c, "blocksize", 1), n = eg_dim(x, 0), k = eg_dim(x, 1);
    int64_t h = eg_dim(x, 2), w = eg_dim(x, 3);
    bool columns = word_is(c, "mode", "CRD", "DCR");

    if (b < 1 || eg_rank(x) != 4 || k % (b * b) != 0) {
        refuse(c, "wants 4 axes and channels that the square of the block divides");
        return;
    }
    int64_t rows_first[6] = {n, b, b, k / (b * b), h, w};
    int64_t columns_first[6] = {n, k / (b * b), b, b, h, w};
    int64_t dims[4] = {n, k / (b * b), h * b, w * b};
    eg_transpose_attrs a = {.size = sizeof a, .axes = {6, {0, 3, 4, 1, 5, 2}}};
    if (columns)
        a.axes = (eg_axes){6, {0, 1, 4, 2, 5, 3}};
    x = eg_transpose_with(eg_reshape(x, 6, columns ? columns_first : rows_first), &a);
    give(c, 0, eg_reshape(x, 4, dims));
}

static void space_to_depth(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int64_t b = integer_of(c, "blocksize", 1), n = eg_dim(x, 0), k = eg_dim(x, 1);
    int64_t h = eg_dim(x, 2), w = eg_dim(x, 3);
    bool columns = word_is(c, "mode", "CRD", "DCR");

    if (b < 1 || eg_rank(x) != 4 || h % b != 0 || w % b != 0) {
        refuse(c, "wants 4 axes and sizes that the block divides");
        return;
    }
    int64_t blocks[6] = {n, k, h / b, b, w / b, b}, dims[4] = {n, k * b * b, h / b, w / b};
    eg_transpose_attrs a = {.size = sizeof a, .axes = {6, {0, 3, 5, 1, 2, 4}}};
    if (columns)
        a.axes = (eg_axes){6, {0, 1, 3, 5, 2, 4}};
    give(c, 0, eg_reshape(eg_transpose_with(eg_reshape(x, 6, blocks), &a), 4, dims));
}

/* ---- constants ------------------------------------------------------------------------------- */

static eg_tensor *number_list(const eg__onnx_attribute *a, bool reals)
{
    eg_tensor *x = reals ? eg_copy(EG_FLOAT64, 1, &a->n, a->reals) : int64s(a->n, a->integers);
    return reals ? eg_cast(x, EG_FLOAT32) : x;
}

static void constant(eg__onnx_call *c)
{
    const eg__onnx_attribute *a;

    if ((a = attribute_of(c, "value")) || (a = attribute_of(c, "sparse_value"))) {
        give(c, 0, a->tensor.tensor ? eg_identity(a->tensor.tensor) : NULL);
        if (c->n_out > 0)
            c->out[0].narrow = a->tensor.narrow;
    } else if ((a = attribute_of(c, "value_int"))) {
        give(c, 0, eg_scalar_int(EG_INT64, a->integer));
    } else if ((a = attribute_of(c, "value_float"))) {
        give(c, 0, eg_scalar(EG_FLOAT32, a->real));
    } else if ((a = attribute_of(c, "value_ints"))) {
        give(c, 0, number_list(a, false));
    } else if ((a = attribute_of(c, "value_floats"))) {
        give(c, 0, number_list(a, true));
    } else {
        refuse(c, "has a value that eagre does not hold, such as strings");
    }
}

static void constant_of_shape(eg__onnx_call *c)
{
    const eg__onnx_attribute *a = attribute_of(c, "value");
    eg_index dims = index_of(c, integers_in(c, 0));

    if (!a || !a->tensor.tensor) {
        give(c, 0, eg_zeros(EG_FLOAT32, dims.n, dims.at));
        return;
    }
    give(c, 0, eg_full(eg_reshape(a->tensor.tensor, 0, NULL), dims.n, dims.at));
    if (c->n_out > 0)
        c->out[0].narrow = a->tensor.narrow;
}

static void range(eg__onnx_call *c)
{
    eg_dtype dtype = eg_dtype_of(input(c, 0));
    double start = real_in(c, 0, 0), stop = real_in(c, 1, 0), step = real_in(c, 2, 1);
    double count = (stop - start) / step;

    if (!(count < 1e12)) {
        refuse(c, "has more numbers than fit into memory");
        return;
    }
    int64_t n = count > 0 ? (int64_t)count + ((double)(int64_t)count < count) : 0;
    eg_tensor *i = eg_cast(eg_range(n), EG_FLOAT64);
    eg_tensor *y = eg_add(eg_mul(i, eg_scalar(EG_FLOAT64, step)), eg_scalar(EG_FLOAT64, start));
    give(c, 0, eg_cast(y, dtype));
}

static void eye_like(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int64_t type = integer_of(c, "dtype", 0);
    eg_dtype dtype = type ? eg__onnx_dtype((int)type) : eg_dtype_of(x);

    if (eg_rank(x) != 2)
        refuse(c, "wants two axes");
    else
        give(c, 0, eg_eye(dtype, eg_dim(x, 0), eg_dim(x, 1), integer_of(c, "k", 0)));
}

static void trilu(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int64_t k = integer_in(c, 1, 0);

    give(c, 0, integer_of(c, "upper", 1) ? eg_triu(x, k) : eg_tril(x, k));
}

const eg__onnx_op eg__onnx_shapes[] = {
    {"Shape", shape, .since = {1, 13, 15, 19, 21, 23, 24, 25}, .takes_narrow = true,
        .stays_in_call = true},
    {"Size", size, .since = {1, 13, 19, 21, 23, 24, 25}, .takes_narrow = true,
        .stays_in_call = true},
    {"Reshape", reshape, .since = {5, 13, 14, 19, 21, 23, 24, 25}, .takes_narrow = true},
    {"Flatten", flatten, .since = {1, 9, 11, 13, 21, 23, 24, 25}, .takes_narrow = true},
    {"Squeeze", squeeze, .since = {1, 11, 13, 21, 23, 24, 25}, .takes_narrow = true},
    {"Unsqueeze", unsqueeze, .since = {1, 11, 13, 21, 23, 24, 25}, .takes_narrow = true},
    {"Transpose", transpose, .since = {1, 13, 21, 23, 24, 25}, .takes_narrow = true},
    {"Identity", identity, .since = {1, 13, 14, 16, 19, 21, 23, 24, 25}, .takes_narrow = true},
    {"Expand", expand, .since = {8, 13}, .takes_narrow = true},
    {"Tile", tile, .since = {6, 13}, .takes_narrow = true},
    {"Concat", concat, .since = {4, 11, 13}, .takes_narrow = true},
    {"Split", split, .since = {2, 11, 13, 18}, .takes_narrow = true},
    {"DepthToSpace", depth_to_space, .since = {1, 11, 13, 28}},
    {"SpaceToDepth", space_to_depth, .since = {1, 13, 28}},
    {"Constant", constant, .since = {1, 9, 11, 12, 13, 19, 21, 23, 24, 25}},
    {"ConstantOfShape", constant_of_shape, .since = {9, 20, 21, 23, 24, 25}},
    {"Range", range, .since = {11, 27}},
    {"EyeLike", eye_like, .since = {9, 22}},
    {"Trilu", trilu, .since = {14}},
    {0},
};
