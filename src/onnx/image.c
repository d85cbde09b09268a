/* Images: resized, sampled, pooled over regions; boxes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

/* ---- Resize ---------------------------------------------------------------------------------- */

static void take_method(eg__onnx_call *c, eg_resize_attrs *a)
{
    const char *mode = word_of(c, "mode", "nearest");
    const char *where = word_of(c, "coordinate_transformation_mode", "half_pixel");
    const char *nearest = word_of(c, "nearest_mode", "round_prefer_floor");

    a->method = strcmp(mode, "nearest") == 0 ? EG_RESIZE_NEAREST
        : strcmp(mode, "cubic") == 0         ? EG_RESIZE_CUBIC
                                             : EG_RESIZE_LINEAR;
    a->coordinates = strcmp(where, "half_pixel_symmetric") == 0 ? EG_HALF_PIXEL_SYMMETRIC
        : strcmp(where, "pytorch_half_pixel") == 0              ? EG_PYTORCH_HALF_PIXEL
        : strcmp(where, "align_corners") == 0                   ? EG_ALIGN_CORNERS
        : strcmp(where, "asymmetric") == 0                      ? EG_ASYMMETRIC
        : strcmp(where, "tf_crop_and_resize") == 0              ? EG_CROP
                                                                : EG_HALF_PIXEL;
    a->rounding = strcmp(nearest, "round_prefer_ceil") == 0 ? EG_ROUND_PREFER_CEIL
        : strcmp(nearest, "floor") == 0                     ? EG_ROUND_FLOOR
        : strcmp(nearest, "ceil") == 0                      ? EG_ROUND_CEIL
                                                            : EG_ROUND_PREFER_FLOOR;
    a->cubic_a = real_of(c, "cubic_coeff_a", -0.75);
    a->exclude_outside = integer_of(c, "exclude_outside", 0) != 0;
    a->antialias = integer_of(c, "antialias", 0) != 0;
    a->extrapolation = real_of(c, "extrapolation_value", 0);
}

static void take_crop(eg__onnx_call *c, int i, int rank, eg_resize_attrs *a)
{
    int64_t n;
    const double *roi = reals_in(c, i, &n);
    eg__onnx_integers axes = integers_attribute(c, "axes");
    int64_t have = axes.n ? axes.n : rank;

    if (a->coordinates != EG_CROP)
        return;
    if (n != 2 * have || have > EG_MAX_RANK) {
        refuse(c, "wants a begin and an end for each axis");
        return;
    }
    a->begin.n = a->end.n = (int)have;
    for (int64_t k = 0; k < have; k++) {
        a->begin.at[k] = roi[k];
        a->end.at[k] = roi[k + have];
    }
}

static void take_scales(eg__onnx_call *c, int i, eg_resize_attrs *a)
{
    int64_t n;
    const double *scales = reals_in(c, i, &n);

    if (n > EG_MAX_RANK) {
        refuse(c, "has more than 8 scales");
        return;
    }
    a->scales.n = (int)n;
    for (int64_t k = 0; k < n; k++)
        a->scales.at[k] = scales[k];
}

static void resize(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0);
    eg_resize_attrs a = {.size = sizeof a, .axes = axes_of(c, integers_attribute(c, "axes"))};
    const char *aspect = word_of(c, "keep_aspect_ratio_policy", "stretch");

    take_method(c, &a);
    if (c->version < 11) {
        a.coordinates = EG_ASYMMETRIC;
        a.rounding = EG_ROUND_FLOOR;
        take_scales(c, 1, &a);
    } else {
        take_crop(c, 1, eg_rank(x), &a);
        take_scales(c, 2, &a);
        a.sizes = index_of(c, integers_in(c, 3));
        if (a.sizes.n > 0)
            a.scales.n = 0;
    }
    a.aspect = strcmp(aspect, "not_larger") == 0 ? EG_NOT_LARGER
        : strcmp(aspect, "not_smaller") == 0     ? EG_NOT_SMALLER
                                                 : EG_STRETCH;
    if (eg_ok())
        give(c, 0, eg_resize_with(x, &a));
}

static void upsample(eg__onnx_call *c)
{
    eg_resize_attrs a = {.size = sizeof a};
    const eg__onnx_attribute *scales = attribute_of(c, "scales");

    take_method(c, &a);
    a.coordinates = EG_ASYMMETRIC;
    a.rounding = EG_ROUND_FLOOR;
    if (c->version >= 9)
        take_scales(c, 1, &a);
    for (int64_t i = 0; c->version < 9 && scales && i < scales->n && i < EG_MAX_RANK; i++)
        a.scales.at[a.scales.n++] = scales->reals[i];
    if (eg_ok())
        give(c, 0, eg_resize_with(input(c, 0), &a));
}

/* ---- sampling -------------------------------------------------------------------------------- */

static eg_tensor *integer(int64_t value)
{
    return eg_scalar_int(EG_INT64, value);
}

/* How places outside of an axis are read. */
typedef struct border {
    bool zeros, reflects, aligns;
} border;

/* Coordinates folded back at the edges. */
static eg_tensor *reflected(eg_tensor *x, double low, double high)
{
    double range = high - low;

    if (range <= 0)
        return eg_mul(x, like(x, 0));
    eg_tensor *far = eg_abs(eg_sub(x, like(x, low)));
    eg_tensor *rest = eg_fmod(far, like(x, 2 * range));
    rest = eg_where(eg_greater(rest, like(x, range)), eg_sub(like(x, 2 * range), rest), rest);
    return eg_add(rest, like(x, low));
}

/* Elements of x [batch, channels, places] at places [batch, points], zero where one is outside. */
static eg_tensor *pick(eg_tensor *x, eg_tensor *places, eg_tensor *inside)
{
    int64_t dims[3] = {eg_dim(places, 0), eg_dim(x, 1), eg_dim(places, 1)};
    eg_tensor *wide = eg_broadcast_to(eg_expand_dims(places, 1), 3, dims);
    eg_tensor *y = eg_take_along(x, wide);

    return inside ? eg_where(eg_expand_dims(inside, 1), y, like(y, 0)) : y;
}

/* A whole coordinate along an axis of `size`, inside of it; what was outside goes to `inside`. */
static eg_tensor *bring_inside(eg_tensor *at, int64_t size, const border *b, eg_tensor **inside)
{
    eg_tensor *top = like(at, (double)(size - 1)), *zero = like(at, 0);

    if (b->zeros) {
        eg_tensor *fits = eg_logical_and(eg_greater_equal(at, zero), eg_less_equal(at, top));
        *inside = *inside ? eg_logical_and(*inside, fits) : fits;
    }
    if (b->reflects)
        at = b->aligns ? reflected(at, 0, (double)(size - 1))
                       : reflected(at, -0.5, (double)size - 0.5);
    return eg_cast(eg_clip(at, zero, top), EG_INT64);
}

/* The weight of the neighbour that is `d` away. */
static eg_tensor *weight_of(eg_tensor *d, bool cubic)
{
    double a = -0.75;
    eg_tensor *one = like(d, 1), *x = eg_abs(d), *xx = eg_mul(x, x), *xxx = eg_mul(xx, x);

    if (!cubic)
        return eg_maximum(eg_sub(one, x), like(d, 0));
    eg_tensor *near = eg_add(eg_sub(eg_mul(xxx, like(d, a + 2)), eg_mul(xx, like(d, a + 3))), one);
    eg_tensor *far = eg_sub(eg_add(eg_sub(eg_mul(xxx, like(d, a)), eg_mul(xx, like(d, 5 * a))),
                                eg_mul(x, like(d, 8 * a))),
        like(d, 4 * a));
    return eg_where(eg_less_equal(x, one), near, far);
}

typedef struct sampler {
    int n; /* spatial axes */
    int64_t size[EG_MAX_RANK];
    eg_tensor *x;               /* [batch, channels, all places] */
    eg_tensor *at[EG_MAX_RANK]; /* coordinates along each axis, [batch, points] */
    eg_tensor *base[EG_MAX_RANK];
    int low, high; /* neighbours along an axis, from the one at or below */
    bool cubic, nearest;
    border edge;
} sampler;

/* What all neighbours add up to, axis after axis. */
static eg_tensor *gathered(const sampler *s, int axis, eg_tensor *place, eg_tensor *weight,
    eg_tensor *inside)
{
    eg_tensor *sum = NULL;

    if (axis == s->n) {
        eg_tensor *y = pick(s->x, place, inside);
        return weight ? eg_mul(y, eg_expand_dims(weight, 1)) : y;
    }
    for (int k = s->low; k <= s->high && eg_ok(); k++) {
        eg_tensor *at = eg_add(s->base[axis], like(s->base[axis], k)), *fits = inside;
        eg_tensor *w = s->nearest ? NULL : weight_of(eg_sub(s->at[axis], at), s->cubic);
        eg_tensor *whole = bring_inside(at, s->size[axis], &s->edge, &fits);
        eg_tensor *all = place ? eg_add(eg_mul(place, integer(s->size[axis])), whole) : whole;
        eg_tensor *both = w && weight ? eg_mul(weight, w) : w ? w : weight;
        eg_tensor *y = gathered(s, axis + 1, all, both, fits);
        sum = sum ? eg_add(sum, y) : y;
    }
    return sum;
}

static bool take_sampler(eg__onnx_call *c, sampler *s)
{
    eg_tensor *x = input(c, 0), *grid = input(c, 1);
    const char *mode = word_of(c, "mode", "linear");
    const char *padding = word_of(c, "padding_mode", "zeros");
    bool aligns = integer_of(c, "align_corners", 0) != 0;
    int64_t rows[3] = {eg_dim(x, 0), eg_dim(x, 1), -1}, points[2] = {eg_dim(grid, 0), -1};

    *s = (sampler){.n = eg_rank(x) - 2};
    if (s->n < 1 || eg_rank(grid) != eg_rank(x) || eg_dim(grid, -1) != s->n) {
        refuse(c, "wants a coordinate for each spatial axis");
        return false;
    }
    s->nearest = strcmp(mode, "nearest") == 0;
    s->cubic = strcmp(mode, "cubic") == 0 || strcmp(mode, "bicubic") == 0;
    s->low = s->cubic ? -1 : 0;
    s->high = s->nearest ? 0 : s->cubic ? 2 : 1;
    s->edge = (border){strcmp(padding, "zeros") == 0, strcmp(padding, "reflection") == 0, aligns};
    s->x = eg_reshape(x, 3, rows);
    for (int i = 0; i < s->n; i++) {
        eg_slice_attrs one = {.size = sizeof one,
            .begin = {s->n + 2, {0}},
            .count = {s->n + 2, {-1, -1, -1, -1, -1, -1, -1, -1}}};
        double size = (double)(s->size[i] = eg_dim(x, i + 2));
        one.begin.at[s->n + 1] = s->n - 1 - i; /* the last axis has the first coordinate */
        one.count.at[s->n + 1] = 1;
        eg_tensor *g = eg_reshape(eg_slice_with(grid, &one), 2, points);
        eg_tensor *up = eg_add(g, like(g, 1));
        s->at[i] = aligns ? eg_mul(eg_mul(up, like(g, 0.5)), like(g, size - 1))
                          : eg_mul(eg_sub(eg_mul(up, like(g, size)), like(g, 1)), like(g, 0.5));
        if (s->edge.reflects)
            s->at[i] =
                aligns ? reflected(s->at[i], 0, size - 1) : reflected(s->at[i], -0.5, size - 0.5);
        else if (!s->edge.zeros)
            s->at[i] = eg_clip(s->at[i], like(g, 0), like(g, size - 1));
        s->base[i] = s->nearest ? eg_round(s->at[i]) : eg_floor(s->at[i]);
    }
    return eg_ok();
}

static void grid_sample(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *grid = input(c, 1);
    int64_t dims[EG_MAX_RANK];
    sampler s;

    if (!take_sampler(c, &s))
        return;
    eg_tensor *y = gathered(&s, 0, NULL, NULL, NULL);
    dims[0] = eg_dim(x, 0);
    dims[1] = eg_dim(x, 1);
    for (int i = 0; i < s.n; i++)
        dims[i + 2] = eg_dim(grid, i + 1);
    give(c, 0, eg_cast(eg_reshape(y, s.n + 2, dims), eg_dtype_of(x)));
}

/* ---- affine grids ---------------------------------------------------------------------------- */

/* Coordinates from -1 to 1 of the middles, or with `aligns` of the corners, of n places. */
static eg_tensor *middles(int64_t n, bool aligns)
{
    eg_tensor *i = eg_cast(eg_range(n), EG_FLOAT64);

    if (aligns)
        return eg_sub(eg_mul(i, like(i, n > 1 ? 2.0 / (double)(n - 1) : 0)), like(i, 1));
    return eg_sub(eg_mul(eg_add(i, like(i, 0.5)), like(i, 2.0 / (double)n)), like(i, 1));
}

static void affine_grid(eg__onnx_call *c)
{
    eg_tensor *theta = input(c, 0), *parts[EG_MAX_RANK];
    eg__onnx_integers size = integers_in(c, 1);
    bool aligns = integer_of(c, "align_corners", 0) != 0;
    int n = (int)size.n - 2;
    int64_t dims[EG_MAX_RANK], shape[EG_MAX_RANK];
    eg_concat_attrs last = {.size = sizeof last, .axis = -1};
    eg_matmul_attrs turned = {.size = sizeof turned, .transpose_b = true};

    if (n < 2 || n > 3) {
        refuse(c, "wants sizes of images with 2 or 3 spatial axes");
        return;
    }
    for (int i = 0; i < n; i++)
        dims[i] = size.at[i + 2];
    for (int k = 0; k < n; k++) { /* the first coordinate lies along the last axis */
        for (int i = 0; i < n; i++)
            shape[i] = i == n - 1 - k ? dims[i] : 1;
        eg_tensor *row = eg_reshape(middles(dims[n - 1 - k], aligns), n, shape);
        parts[k] = eg_broadcast_to(row, n, dims);
    }
    parts[n] = eg_ones(EG_FLOAT64, n, dims);
    int64_t points[2] = {-1, n + 1}, out[EG_MAX_RANK] = {size.at[0]};
    eg_tensor *all = eg_reshape(eg_stack_with(n + 1, parts, &last), 2, points);
    eg_tensor *y = eg_matmul_with(all, eg_cast(theta, EG_FLOAT64), &turned);
    for (int i = 0; i < n; i++)
        out[i + 1] = dims[i];
    out[n + 1] = n;
    give(c, 0, eg_cast(eg_reshape(y, n + 2, out), eg_dtype_of(theta)));
}

const eg__onnx_op eg__onnx_images[] = {
    {"Resize", resize, .since = {10, 11, 13, 18, 19}},
    {"Upsample", upsample, .since = {1, 7, 9}},
    {"GridSample", grid_sample, .since = {16, 20, 22}},
    {"AffineGrid", affine_grid, .since = {20}},
    {0},
};
