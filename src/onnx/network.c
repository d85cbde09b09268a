/* Convolutions and pools. Images have channels in front of their sizes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

/* ---- windows --------------------------------------------------------------------------------- */

/* A window that moves over `n` spatial axes, by the names that all operators share. */
typedef struct window {
    int n;
    int64_t kernel[EG_MAX_RANK], stride[EG_MAX_RANK], dilation[EG_MAX_RANK];
    int64_t before[EG_MAX_RANK], after[EG_MAX_RANK];
    bool ceil;
} window;

static bool take_list(eg__onnx_call *c, const char *name, int n, int64_t to[], int64_t otherwise)
{
    eg__onnx_integers list = integers_attribute(c, name);

    for (int i = 0; i < n; i++) {
        to[i] = list.n == n ? list.at[i] : otherwise;
        if (to[i] < 1 || to[i] > INT32_MAX)
            refuse(c, "has a size, stride or dilation below 1 or beyond all sizes");
    }
    if (list.n != 0 && list.n != n)
        refuse(c, "has a list that has not one number for each spatial axis");
    return eg_ok();
}

/* Pads that make sizes size / stride, rounded up; an odd one behind, or in front with `lower`. */
static void pad_same(window *w, const eg_tensor *x, bool lower)
{
    for (int i = 0; i < w->n; i++) {
        int64_t size = eg_dim(x, i + 2), out = (size + w->stride[i] - 1) / w->stride[i];
        int64_t need = (out - 1) * w->stride[i] + (w->kernel[i] - 1) * w->dilation[i] + 1 - size;
        need = need < 0 ? 0 : need;
        w->before[i] = lower ? need - need / 2 : need / 2;
        w->after[i] = need - w->before[i];
    }
}

static bool take_pads(eg__onnx_call *c, const eg_tensor *x, window *w)
{
    const char *how = word_of(c, "auto_pad", "NOTSET");
    eg__onnx_integers pads = integers_attribute(c, "pads");

    if (strcmp(how, "SAME_UPPER") == 0 || strcmp(how, "SAME_LOWER") == 0) {
        pad_same(w, x, strcmp(how, "SAME_LOWER") == 0);
        return true;
    }
    if (pads.n != 0 && pads.n != 2 * w->n)
        refuse(c, "has pads that are not two for each spatial axis");
    for (int i = 0; i < w->n && eg_ok(); i++) {
        w->before[i] = pads.n && strcmp(how, "VALID") != 0 ? pads.at[i] : 0;
        w->after[i] = pads.n && strcmp(how, "VALID") != 0 ? pads.at[i + w->n] : 0;
        if (w->before[i] < 0 || w->after[i] < 0 || w->before[i] > INT32_MAX ||
            w->after[i] > INT32_MAX)
            refuse(c, "has a pad that is negative or beyond all sizes");
    }
    return eg_ok();
}

/* `kernel` holds the filter's sizes where there is one, else the attribute does. */
static bool take_window(eg__onnx_call *c, const eg_tensor *x, const eg_tensor *filter, window *w)
{
    *w = (window){.n = eg_rank(x) - 2, .ceil = integer_of(c, "ceil_mode", 0) != 0};
    if (w->n < 1 || (filter && eg_rank(filter) != eg_rank(x))) {
        refuse(c, "wants images with channels and sizes, and a filter of as many axes");
        return false;
    }
    for (int i = 0; filter && i < w->n; i++)
        w->kernel[i] = eg_dim(filter, i + 2);
    return (filter || take_list(c, "kernel_shape", w->n, w->kernel, 0)) &&
        take_list(c, "strides", w->n, w->stride, 1) &&
        take_list(c, "dilations", w->n, w->dilation, 1) && take_pads(c, x, w);
}

static eg_index list_of(int n, const int64_t at[])
{
    eg_index index = {.n = n};

    for (int i = 0; i < n; i++)
        index.at[i] = at[i];
    return index;
}

/* ---- convolutions ---------------------------------------------------------------------------- */

bool eg__onnx_conv_attrs(eg__onnx_call *c, const eg_tensor *x, const eg_tensor *w,
    eg_conv_attrs *attrs)
{
    window at;
    int64_t groups = integer_of(c, "group", 1);

    if (!take_window(c, x, w, &at))
        return false;
    if (groups < 1 || groups > INT32_MAX) {
        refuse(c, "has a number of groups that makes no sense");
        return false;
    }
    *attrs = (eg_conv_attrs){.size = sizeof *attrs, .channels_first = true, .groups = (int)groups};
    attrs->strides = list_of(at.n, at.stride);
    attrs->dilations = list_of(at.n, at.dilation);
    attrs->padding = list_of(at.n, at.before);
    attrs->padding_after = list_of(at.n, at.after);
    return true;
}

static eg_tensor *with_offset(eg_tensor *y, eg_tensor *offset)
{
    int64_t dims[EG_MAX_RANK] = {1, eg_dim(offset, 0), 1, 1, 1, 1, 1, 1};
    return offset ? eg_add(y, eg_reshape(offset, eg_rank(y), dims)) : y;
}

static void conv(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *w = input(c, 1);
    eg_conv_attrs a;

    if (eg__onnx_conv_attrs(c, x, w, &a))
        give(c, 0, with_offset(eg_conv_with(x, w, &a), input(c, 2)));
}

/* Sizes of a transposed convolution's result, and the pads that give them. */
static void transposed_sizes(eg__onnx_call *c, const eg_tensor *x, window *w, int64_t sizes[])
{
    eg__onnx_integers want = integers_attribute(c, "output_shape");
    eg__onnx_integers more = integers_attribute(c, "output_padding");
    const char *how = word_of(c, "auto_pad", "NOTSET");
    bool same = strncmp(how, "SAME", 4) == 0, lower = strcmp(how, "SAME_LOWER") == 0;

    for (int i = 0; i < w->n; i++) {
        int64_t extra = more.n == w->n ? more.at[i] : 0, size = eg_dim(x, i + 2);
        int64_t whole = w->stride[i] * (size - 1) + extra + (w->kernel[i] - 1) * w->dilation[i] + 1;
        int64_t out = want.n == w->n ? want.at[i]
            : want.n == w->n + 2     ? want.at[i + 2]
            : same                   ? size * w->stride[i]
                                     : whole - w->before[i] - w->after[i];
        if (want.n || same) {
            int64_t need = whole - out > 0 ? whole - out : 0;
            bool front = lower || (!same && strcmp(how, "NOTSET") == 0);
            w->before[i] = front ? need - need / 2 : need / 2;
            if (!lower && !same)
                w->before[i] = need / 2;
            w->after[i] = need - w->before[i];
        }
        sizes[i] = out;
    }
}

/* Computed without pads, then cut: pads of a transposed convolution take away. */
static eg_tensor *transposed(eg_tensor *x, eg_tensor *w, eg_conv_attrs *a, const window *at,
    const int64_t sizes[])
{
    eg_slice_attrs cut = {.size = sizeof cut,
        .begin = {at->n + 2, {0}},
        .count = {at->n + 2, {-1, -1}}};
    eg_pad_attrs wide = {.size = sizeof wide,
        .before = {at->n + 2, {0}},
        .after = {at->n + 2, {0}}};
    bool short_of = false;

    a->padding = a->padding_after = a->sizes = (eg_index){0};
    eg_tensor *y = eg_conv_transpose_with(x, w, a);
    for (int i = 0; i < at->n && y; i++) {
        int64_t more = sizes[i] + at->before[i] - eg_dim(y, i + 2);
        wide.after.at[i + 2] = more > 0 ? more : 0;
        short_of = short_of || more > 0;
        cut.begin.at[i + 2] = at->before[i];
        cut.count.at[i + 2] = sizes[i];
    }
    return eg_slice_with(short_of ? eg_pad_with(y, &wide) : y, &cut);
}

static void conv_transpose(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *w = input(c, 1);
    int64_t sizes[EG_MAX_RANK];
    eg_conv_attrs a;
    window at;

    if (!take_window(c, x, w, &at) || !eg__onnx_conv_attrs(c, x, w, &a))
        return;
    transposed_sizes(c, x, &at, sizes);
    give(c, 0, with_offset(transposed(x, w, &a, &at, sizes), input(c, 2)));
}

/* ---- pools ----------------------------------------------------------------------------------- */

/* How many windows there are along axis i; with `ceil` one that sticks out counts if it begins
 * inside x or the pad in front. */
static int64_t steps(const window *w, const eg_tensor *x, int i)
{
    int64_t size = eg_dim(x, i + 2), reach = (w->kernel[i] - 1) * w->dilation[i] + 1;
    int64_t room = size + w->before[i] + w->after[i] - reach;

    if (room < 0)
        return 0;
    int64_t n = (w->ceil ? room + w->stride[i] - 1 : room) / w->stride[i] + 1;
    if (w->ceil && (n - 1) * w->stride[i] >= size + w->before[i])
        n--;
    return n;
}

/* x with edges, and what lies under each window along two axes more for each spatial one: the
 * windows' numbers and the places in them, [images, channels, steps, places, ...]. */
static eg_tensor *windows_of(eg_tensor *x, const window *w, double edge)
{
    int rank = eg_rank(x);
    eg_pad_attrs pad = {.size = sizeof pad,
        .before = {rank, {0}},
        .after = {rank, {0}},
        .value = edge};
    eg_gather_attrs along = {.size = sizeof along};

    for (int i = 0; i < w->n; i++) {
        int64_t last = (steps(w, x, i) - 1) * w->stride[i] + (w->kernel[i] - 1) * w->dilation[i];
        int64_t after = last + 1 - w->before[i] - eg_dim(x, i + 2);
        pad.before.at[i + 2] = w->before[i];
        pad.after.at[i + 2] = after > 0 ? after : 0;
    }
    eg_tensor *wide = eg_pad_with(x, &pad);
    for (int i = w->n - 1; i >= 0 && eg_ok(); i--) {
        int64_t n = steps(w, x, i), rows[2] = {n, 1}, columns[2] = {1, w->kernel[i]};
        eg_tensor *start = eg_mul(eg_range(n), eg_scalar_int(EG_INT64, w->stride[i]));
        eg_tensor *place = eg_mul(eg_range(w->kernel[i]), eg_scalar_int(EG_INT64, w->dilation[i]));
        along.axis = i + 2;
        wide = eg_gather_with(wide,
            eg_add(eg_reshape(start, 2, rows), eg_reshape(place, 2, columns)), &along);
    }
    return wide;
}

/* The axes of the places in windows. */
static eg_axes places_of(const window *w)
{
    eg_axes axes = {.n = w->n};

    for (int i = 0; i < w->n; i++)
        axes.axis[i] = 3 + 2 * i;
    return axes;
}

static bool is_plain(const window *w, const eg_tensor *x)
{
    bool plain = w->n <= 3;

    for (int i = 0; i < w->n; i++)
        plain = plain && w->dilation[i] == 1 && w->before[i] < w->kernel[i] &&
            w->after[i] < w->kernel[i] &&
            steps(w, x, i) ==
                (eg_dim(x, i + 2) + w->before[i] + w->after[i] - w->kernel[i]) / w->stride[i] + 1;
    return plain;
}

static eg_pool_attrs pool_attrs(const window *w)
{
    return (eg_pool_attrs){.size = sizeof(eg_pool_attrs),
        .channels_first = true,
        .window = list_of(w->n, w->kernel),
        .strides = list_of(w->n, w->stride),
        .padding = list_of(w->n, w->before),
        .padding_after = list_of(w->n, w->after)};
}

static bool fits(eg__onnx_call *c, const window *w, const eg_tensor *x)
{
    for (int i = 0; i < w->n; i++)
        if (steps(w, x, i) < 1) {
            refuse(c, "has a window that is larger than the input with its pads");
            return false;
        }
    if (w->n > 3)
        refuse(c, "has more than 3 spatial axes");
    return eg_ok();
}

/* The number of each element in its image's channel, row by row or, with storage_order, column by
 * column, plus those of all before it. */
static eg_tensor *numbers_of(const eg_tensor *x, bool columns)
{
    int rank = eg_rank(x);
    int64_t dims[EG_MAX_RANK], stride = 1, shape[EG_MAX_RANK];
    eg_tensor *sum = eg_scalar_int(EG_INT64, 0);

    for (int i = 0; i < rank; i++)
        dims[i] = eg_dim(x, i);
    for (int k = rank - 1; k >= 0; k--) {
        int axis = k;
        if (columns && k >= 2)
            axis = rank - 1 - (k - 2);
        for (int i = 0; i < rank; i++)
            shape[i] = i == axis ? dims[axis] : 1;
        eg_tensor *part = eg_mul(eg_range(dims[axis]), eg_scalar_int(EG_INT64, stride));
        sum = eg_add(sum, eg_reshape(part, rank, shape));
        stride *= dims[axis];
    }
    return sum;
}

/* The largest under each window, and where it is. */
static void give_places(eg__onnx_call *c, eg_tensor *x, const window *w)
{
    bool columns = integer_of(c, "storage_order", 0) != 0;
    eg_dtype dtype = eg_dtype_of(x);
    eg_tensor *under = windows_of(eg_cast(x, EG_FLOAT64), w, -EG_INF);
    eg_tensor *where = windows_of(eg_cast(numbers_of(x, columns), EG_FLOAT64), w, 0);
    int64_t dims[EG_MAX_RANK], out[EG_MAX_RANK];
    eg_transpose_attrs turn = {.size = sizeof turn, .axes = {2 + 2 * w->n, {0, 1}}};
    int64_t all = 1;

    for (int i = 0; i < w->n; i++) {
        turn.axes.axis[2 + i] = 2 + 2 * i;
        turn.axes.axis[2 + w->n + i] = 3 + 2 * i;
        all *= w->kernel[i];
    }
    under = eg_transpose_with(under, &turn);
    where = eg_transpose_with(where, &turn);
    for (int i = 0; i < 2 + w->n; i++)
        dims[i] = out[i] = eg_dim(under, i);
    dims[2 + w->n] = all;
    under = eg_reshape(under, 3 + w->n, dims);
    where = eg_reshape(where, 3 + w->n, dims);
    eg_argmax_attrs last = {.size = sizeof last, .axis = -1, .keep_dims = true};
    eg_tensor *best = eg_argmax_with(under, &last);
    give(c, 0, eg_cast(eg_reshape(eg_take_along(under, best), 2 + w->n, out), dtype));
    give(c, 1, eg_cast(eg_reshape(eg_take_along(where, best), 2 + w->n, out), EG_INT64));
}

static void max_pool(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    window w;

    if (!take_window(c, x, NULL, &w) || !fits(c, &w, x))
        return;
    if (c->n_out > 1) {
        give_places(c, x, &w);
        return;
    }
    eg_pool_attrs a = pool_attrs(&w);
    if (is_plain(&w, x)) {
        give(c, 0, eg_max_pool_with(x, &a));
        return;
    }
    eg_dtype dtype = eg_dtype_of(x);
    bool real = eg__dtype(dtype)->kind == EG__REAL;
    eg_reduce_attrs places = {.size = sizeof places, .axes = places_of(&w)};
    give(c, 0,
        eg_max_with(windows_of(x, &w, real ? -EG_INF : (double)eg_iinfo(dtype).min), &places));
}

static void average_pool(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    bool count_pads = integer_of(c, "count_include_pad", 0) != 0;
    window w;

    if (!take_window(c, x, NULL, &w) || !fits(c, &w, x))
        return;
    eg_pool_attrs a = pool_attrs(&w);
    a.count_padding = count_pads;
    if (is_plain(&w, x)) {
        give(c, 0, eg_avg_pool_with(x, &a));
        return;
    }
    eg_reduce_attrs places = {.size = sizeof places, .axes = places_of(&w)};
    int64_t dims[EG_MAX_RANK] = {1, 1};
    eg_pad_attrs pads = {.size = sizeof pads,
        .before = {w.n + 2, {0}},
        .after = {w.n + 2, {0}},
        .value = 1};
    window inside = w;
    for (int i = 0; i < w.n; i++)
        dims[i + 2] = eg_dim(x, i + 2);
    eg_tensor *ones = eg_ones(eg_dtype_of(x), w.n + 2, dims);
    for (int i = 0; i < w.n && count_pads; i++) {
        pads.before.at[i + 2] = w.before[i];
        pads.after.at[i + 2] = w.after[i];
        inside.before[i] = inside.after[i] = 0;
    }
    if (count_pads)
        ones = eg_pad_with(ones, &pads);
    eg_tensor *counts = eg_sum_with(windows_of(ones, &inside, 0), &places);
    give(c, 0, eg_div(eg_sum_with(windows_of(x, &w, 0), &places), counts));
}

static void lp_pool(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    double p = (double)integer_of(c, "p", 2);
    window w;

    if (!take_window(c, x, NULL, &w) || !fits(c, &w, x))
        return;
    eg_reduce_attrs places = {.size = sizeof places, .axes = places_of(&w)};
    eg_tensor *powers = eg_pow(eg_abs(x), like(x, p));
    give(c, 0, eg_pow(eg_sum_with(windows_of(powers, &w, 0), &places), like(x, 1 / p)));
}

/* ---- whole images ---------------------------------------------------------------------------- */

static eg_reduce_attrs all_sizes(const eg_tensor *x)
{
    eg_reduce_attrs a = {.size = sizeof a, .keep_dims = true, .axes = {eg_rank(x) - 2, {0}}};

    for (int i = 2; i < eg_rank(x); i++)
        a.axes.axis[i - 2] = i;
    return a;
}

static void global_average_pool(eg__onnx_call *c)
{
    eg_reduce_attrs a = all_sizes(input(c, 0));
    give(c, 0, eg_mean_with(input(c, 0), &a));
}

static void global_max_pool(eg__onnx_call *c)
{
    eg_reduce_attrs a = all_sizes(input(c, 0));
    give(c, 0, eg_max_with(input(c, 0), &a));
}

static void global_lp_pool(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    double p = (double)integer_of(c, "p", 2);
    eg_reduce_attrs a = all_sizes(x);

    give(c, 0, eg_pow(eg_sum_with(eg_pow(eg_abs(x), like(x, p)), &a), like(x, 1 / p)));
}

/* ---- back from pools ------------------------------------------------------------------------- */

/* Places are numbers in the image that was pooled; where a larger one is wanted it lies in its
 * first corner. */
static void max_unpool(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int rank = eg_rank(x);
    eg__onnx_integers want = integers_in(c, 2);
    int64_t sizes[EG_MAX_RANK], all = -1, n = 1;
    eg_scatter_attrs set = {.size = sizeof set};
    eg_pad_attrs more = {.size = sizeof more, .before = {rank, {0}}, .after = {rank, {0}}};
    window w;

    if (!take_window(c, x, NULL, &w))
        return;
    for (int i = 0; i < rank; i++) {
        int k = i - 2;
        sizes[i] = eg_dim(x, i);
        if (k >= 0)
            sizes[i] = (sizes[i] - 1) * w.stride[k] + w.kernel[k] - w.before[k] - w.after[k];
        more.after.at[i] = want.n == rank ? want.at[i] - sizes[i] : 0;
        n *= sizes[i];
    }
    eg_tensor *places = eg_reshape(input(c, 1), 1, &all);
    eg_tensor *y =
        eg_scatter_with(eg_zeros(eg_dtype_of(x), 1, &n), places, eg_reshape(x, 1, &all), &set);
    y = eg_reshape(y, rank, sizes);
    give(c, 0, want.n == rank ? eg_pad_with(y, &more) : y);
}

/* ---- between neighbours ---------------------------------------------------------------------- */

/* Local response normalisation: x / (bias + alpha/size * sum of squares of near channels)^beta. */
static void lrn(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    int64_t size = integer_of(c, "size", 1);
    double alpha = real_of(c, "alpha", 0.0001f), beta = real_of(c, "beta", 0.75);
    window w = {.n = 1,
        .kernel = {size},
        .stride = {1},
        .dilation = {1},
        .before = {(size - 1) / 2},
        .after = {size - 1 - (size - 1) / 2}};
    int64_t dims[EG_MAX_RANK], flat[4] = {eg_dim(x, 0), 1, eg_dim(x, 1), -1};
    eg_reduce_attrs places = {.size = sizeof places, .axes = {1, {3}}};

    if (size < 1 || eg_rank(x) < 2) {
        refuse(c, "wants a size of 1 or more, and channels");
        return;
    }
    for (int i = 0; i < eg_rank(x); i++)
        dims[i] = eg_dim(x, i);
    eg_tensor *squares = windows_of(eg_reshape(eg_square(x), 4, flat), &w, 0);
    eg_tensor *sum = eg_reshape(eg_sum_with(squares, &places), eg_rank(x), dims);
    sum = eg_add(eg_mul(sum, like(x, alpha / (double)size)), like(x, real_of(c, "bias", 1)));
    give(c, 0, eg_div(x, eg_pow(sum, like(x, beta))));
}

const eg__onnx_op eg__onnx_networks[] = {
    {"Conv", conv, .since = {1, 11, 22}},
    {"ConvTranspose", conv_transpose, .since = {1, 11, 22}},
    {"MaxPool", max_pool, .since = {1, 8, 10, 11, 12, 22}},
    {"AveragePool", average_pool, .since = {1, 7, 10, 11, 19, 22}},
    {"LpPool", lp_pool, .since = {2, 11, 18, 22}},
    {"GlobalAveragePool", global_average_pool, .since = {1, 22}},
    {"GlobalMaxPool", global_max_pool, .since = {1, 22}},
    {"GlobalLpPool", global_lp_pool, .since = {2, 22}},
    {"MaxUnpool", max_unpool, .since = {9, 11, 22}},
    {"LRN", lrn, .since = {1, 13}},
    {0},
};
