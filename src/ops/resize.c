/* Resizing. The operation resizes one axis; a call is one after another, those that shrink most
 * first. With its gradient it is a pair of linear maps, of which each is the other's gradient.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/resize.h"
#include "base/attrs.h"
#include "base/error.h"
#include "base/memory.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include <math.h>

static const eg_attr resize_fields[] = {
    EG__ATTR(eg__resize_attrs, INT, axis),
    EG__ATTR(eg__resize_attrs, INT64, to),
    EG__ATTR(eg__resize_attrs, REAL, scale),
    EG__ATTR(eg__resize_attrs, INT, method),
    EG__ATTR(eg__resize_attrs, INT, coordinates),
    EG__ATTR(eg__resize_attrs, INT, rounding),
    EG__ATTR(eg__resize_attrs, REAL, cubic_a),
    EG__ATTR(eg__resize_attrs, REAL, begin),
    EG__ATTR(eg__resize_attrs, REAL, end),
    EG__ATTR(eg__resize_attrs, BOOL, exclude_outside),
    EG__ATTR(eg__resize_attrs, BOOL, antialias),
    EG__ATTR(eg__resize_attrs, BOOL, means),
    {0},
};

/* ---- the operation -------------------------------------------------------------------------- */

static eg_status infer(eg_shapes *s, bool back)
{
    const eg__resize_attrs *a = s->attrs;
    const eg_spec *x = s->in[0];
    eg_spec *y = s->out[0];
    int axis = a->axis;

    if (eg__infer_axis(s, &axis, x->rank) != EG_OK)
        return EG_INVALID;
    int64_t from = x->dims[axis], to = a->to;
    const char *wrong = eg__resize_check(a, back ? to : from, back ? from : to);
    if (!wrong && to < 0)
        wrong = "sizes are 0 or more";
    if (wrong)
        return eg__shape_error(s, "%s", wrong);
    *y = *x;
    y->dims[axis] = to;
    return eg__infer_size(s, y);
}

static eg_status resize_infer(eg_shapes *s)
{
    const eg_spec *x = s->in[0];
    const eg__resize_attrs *a = s->attrs;

    if (eg__dtype(x->dtype)->kind != EG__REAL && (a->means || a->method != EG_RESIZE_NEAREST))
        return eg__shape_error(s, "only the nearest of elements is %s: eg_cast x to floating point",
            eg_dtype_name(x->dtype));
    return infer(s, false);
}

static eg_status resize_grad_infer(eg_shapes *s)
{
    return infer(s, true);
}

/* The other of the two, to the size that x has. */
static eg_status lead_back(eg_backward *b, const eg_opdef *op)
{
    eg__resize_attrs attrs = *(const eg__resize_attrs *)b->attrs;

    attrs.to = eg_dim(b->x[0], attrs.axis);
    b->dx[0] = EG__APPLY(op, &attrs, b->dy[0]);
    return eg__done();
}

static eg_status resize_gradient(eg_backward *b)
{
    return lead_back(b, &eg_op_resize_grad);
}

static eg_status resize_grad_gradient(eg_backward *b)
{
    return lead_back(b, &eg_op_resize);
}

/* A multiplication and an addition for each neighbour in x of each element of y. */
static double count(const eg_problem *p, const eg_spec *x, const eg_spec *y)
{
    const eg__resize_attrs *a = p->attrs;
    int axis = a->axis + (a->axis < 0 ? x->rank : 0);

    if (x->size == 0 || y->size == 0 || (a->method == EG_RESIZE_NEAREST && !a->means))
        return 0;
    return eg__whole(2 * (double)y->size * eg__resize_neighbours(a, x->dims[axis], y->dims[axis]));
}

static double resize_flops(const eg_problem *p)
{
    return count(p, p->in[0], p->out[0]);
}

static double resize_grad_flops(const eg_problem *p)
{
    return count(p, p->out[0], p->in[0]);
}

const eg_opdef eg_op_resize = {
    .name = "Resize",
    .in = {"x"},
    .types = {EG__ORDERED},
    .attrs = resize_fields,
    .attrs_size = sizeof(eg__resize_attrs),
    .infer = resize_infer,
    .flops = resize_flops,
    .kernels = EG__KERNELS(&eg__resize_kernel),
    .grad = resize_gradient,
    .known_as = {NULL, "image.resize", "Resize"},
};

const eg_opdef eg_op_resize_grad = {
    .name = "ResizeGrad",
    .in = {"dz"},
    .types = {EG__REALS},
    .attrs = resize_fields,
    .attrs_size = sizeof(eg__resize_attrs),
    .infer = resize_grad_infer,
    .flops = resize_grad_flops,
    .kernels = EG__KERNELS(&eg__resize_grad_kernel),
    .grad = resize_grad_gradient,
};

/* ---- several axes --------------------------------------------------------------------------- */

/* One axis each, in the order in which they are resized. */
typedef struct axes {
    int n;
    eg__resize_attrs of[EG_MAX_RANK];
} axes_list;

static bool refuse(const char *why)
{
    eg__fail(EG_INVALID, "eg_resize", "%s", why);
    return false;
}

/* Axes in range, each once. */
static bool find_axes(axes_list *l, const eg_tensor *x, const eg_axes *axes)
{
    unsigned seen = 0;

    l->n = axes->n > 0 ? axes->n : eg_rank(x);
    for (int i = 0; i < l->n; i++) {
        int axis = axes->n > 0 ? axes->axis[i] : i;
        if (!eg__axis_of("eg_resize", &axis, eg_rank(x)))
            return false;
        if (seen >> axis & 1)
            return refuse("an axis is given twice");
        seen |= 1u << axis;
        l->of[i] = (eg__resize_attrs){.size = sizeof l->of[i], .axis = axis};
    }
    return true;
}

static bool has_lists(const eg_resize_attrs *a, int n)
{
    if ((a->sizes.n > 0) == (a->scales.n > 0) && n > 0)
        return refuse("it needs `sizes` or `scales`, and not both");
    if ((a->sizes.n != 0 && a->sizes.n != n) || (a->scales.n != 0 && a->scales.n != n))
        return refuse("`sizes` and `scales` have one number for each of the axes");
    if (a->coordinates == EG_CROP ? a->begin.n != n || a->end.n != n : a->begin.n || a->end.n)
        return refuse("EG_CROP, and nothing else, needs `begin` and `end` for each of the axes");
    if (a->aspect < 0 || a->aspect > EG_NOT_SMALLER || (a->aspect && a->scales.n > 0))
        return refuse("`aspect` is one of eg_resize_aspect, and for sizes only");
    return true;
}

/* The one scale of all axes that keeps x's proportions. */
static double common_scale(const axes_list *l, const eg_tensor *x, const eg_resize_attrs *a)
{
    double common = 0;

    for (int i = 0; i < l->n; i++) {
        double scale = (double)a->sizes.at[i] / (double)eg_dim(x, l->of[i].axis);
        if (i == 0 || (a->aspect == EG_NOT_LARGER ? scale < common : scale > common))
            common = scale;
    }
    return common;
}

static bool set_size(eg__resize_attrs *to, int64_t n, const eg_resize_attrs *a, int i, double scale)
{
    const double most = 1e15; /* whole numbers are exact, and no memory has so many elements */

    if (a->sizes.n > 0 && a->aspect == EG_STRETCH) {
        to->to = a->sizes.at[i];
        return to->to >= 0 || refuse("sizes are 0 or more");
    }
    to->scale = a->scales.n > 0 ? a->scales.at[i] : scale;
    double size = to->scale * (double)n;
    if (!(size >= 0 && size < most) || !(to->scale > 0))
        return refuse(n == 0 ? "x has no elements along an axis, so no proportions"
                             : "a scale leads to no size");
    to->to = (int64_t)(a->scales.n > 0 ? size : size + 0.5);
    to->scale = to->to == 0 ? 0 : to->scale;
    return true;
}

static bool set_axes(axes_list *l, const eg_tensor *x, const eg_resize_attrs *a)
{
    double common = a->sizes.n > 0 ? common_scale(l, x, a) : 0;

    for (int i = 0; i < l->n; i++) {
        eg__resize_attrs *to = &l->of[i];
        if (!set_size(to, eg_dim(x, to->axis), a, i, common))
            return false;
        to->method = (int)a->method;
        to->coordinates = (int)a->coordinates;
        to->rounding = (int)a->rounding;
        to->cubic_a = a->cubic_a;
        to->exclude_outside = a->exclude_outside;
        to->antialias = a->antialias;
        to->begin = a->coordinates == EG_CROP ? a->begin.at[i] : 0;
        to->end = a->coordinates == EG_CROP ? a->end.at[i] : 0;
    }
    return true;
}

/* Those that shrink most come first; the others stay in their order. */
static void order_axes(axes_list *l, const eg_tensor *x)
{
    for (int i = 1; i < l->n; i++)
        for (int k = i; k > 0; k--) {
            eg__resize_attrs *a = &l->of[k - 1], *b = &l->of[k], swap = *a;
            double before = (double)a->to * (double)eg_dim(x, b->axis);
            if (before <= (double)b->to * (double)eg_dim(x, a->axis))
                break;
            *a = *b;
            *b = swap;
        }
}

/* Whether resizing changes nothing. */
static bool is_whole(const eg__resize_attrs *a, int64_t n)
{
    return a->to == n && a->coordinates != EG_CROP && (a->scale == 0 || a->scale == 1);
}

/* y with a value where the places along an axis are outside of x. */
static eg_tensor *put_outside(eg_tensor *y, const eg__resize_attrs *a, int64_t n, double value)
{
    int64_t m = a->to, dims[EG_MAX_RANK];
    bool any = false, *outside = eg__alloc(m > 0 ? (size_t)m : 1);

    if (!outside) {
        eg__fail_memory("eg_resize", (size_t)m);
        return NULL;
    }
    for (int64_t i = 0; i < m; i++) {
        outside[i] = eg__resize_is_outside(a, n, eg__resize_place(a, n, m, i));
        any = any || outside[i];
    }
    for (int i = 0; i < eg_rank(y); i++)
        dims[i] = i == a->axis ? m : 1;
    if (any)
        y = eg_where(eg_copy(EG_BOOL, eg_rank(y), dims, outside), eg__number_like(y, value), y);
    eg__free(outside, m > 0 ? (size_t)m : 1);
    return y;
}

static eg_tensor *resize_axes(eg_tensor *x, const axes_list *l, const eg_resize_attrs *a)
{
    eg_tensor *y = x;

    for (int i = 0; i < l->n; i++)
        if (!is_whole(&l->of[i], eg_dim(x, l->of[i].axis)))
            y = EG__APPLY(&eg_op_resize, &l->of[i], y);
    for (int i = 0; i < l->n && y && a->coordinates == EG_CROP; i++)
        y = put_outside(y, &l->of[i], eg_dim(x, l->of[i].axis), a->extrapolation);
    return y == x ? eg_identity(x) : y;
}

eg_tensor *eg_resize_with(eg_tensor *x, const eg_resize_attrs *attrs)
{
    eg_resize_attrs a;
    axes_list l;

    if (!eg__is_tensor("eg_resize", x) || !eg__attrs_complete(&a, sizeof a, attrs, "eg_resize") ||
        !find_axes(&l, x, &a.axes) || !has_lists(&a, l.n) || !set_axes(&l, x, &a))
        return NULL;
    order_axes(&l, x);
    eg_dtype dtype = eg_dtype_of(x);
    if (!eg__dtype(dtype)->is_half || a.method == EG_RESIZE_NEAREST)
        return resize_axes(x, &l, &a);
    return eg_cast(resize_axes(eg_cast(x, EG_FLOAT32), &l, &a), dtype);
}

eg_tensor *eg_resize(eg_tensor *x)
{
    return eg_resize_with(x, NULL);
}

/* ---- images --------------------------------------------------------------------------------- */

eg_tensor *eg_resize_images_with(eg_tensor *x, int64_t height, int64_t width,
    const eg_resize_images_attrs *attrs)
{
    eg_resize_images_attrs a;
    eg_resize_attrs to = {.size = sizeof to, .sizes = {2, {height, width}}};

    if (!eg__is_tensor("eg_resize_images", x) ||
        !eg__attrs_complete(&a, sizeof a, attrs, "eg_resize_images"))
        return NULL;
    int rank = eg_rank(x), first = rank - (a.channels_first ? 2 : 3);
    if (rank != 3 && rank != 4) {
        eg__fail(EG_INVALID, "eg_resize_images",
            "it needs [height, width, channels] or many of them; this has %d axes", rank);
        return NULL;
    }
    to.axes = (eg_axes){2, {first, first + 1}};
    to.method = a.method;
    to.rounding = EG_ROUND_PREFER_CEIL;
    to.aspect = a.preserve_aspect_ratio ? EG_NOT_LARGER : EG_STRETCH;
    to.antialias = a.antialias;
    to.cubic_a = -0.5;
    to.exclude_outside = a.antialias || a.method == EG_RESIZE_CUBIC;
    if (a.method != EG_RESIZE_NEAREST && eg__is_kind(x, EG__BITS))
        x = eg_cast(x, EG_FLOAT32);
    return eg_resize_with(x, &to);
}

eg_tensor *eg_resize_images(eg_tensor *x, int64_t height, int64_t width)
{
    return eg_resize_images_with(x, height, width, NULL);
}
