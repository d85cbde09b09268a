/* Discrete Fourier transforms: of rows by the three operations here, of other axes and of several
 * by transposing around them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/fft.h"
#include "op/flops.h"
#include "op/infer.h"
#include "ops/compose.h"
#include "ops/gradient.h"
#include "ops/registry.h"
#include <math.h>

/* ---- the operations ------------------------------------------------------------------------- */

static const eg_attr fft_fields[] = {
    EG__ATTR(eg__fft_attrs, BOOL, backward),
    EG__ATTR(eg__fft_attrs, REAL, scale),
    {0},
};

static const eg_attr rfft_fields[] = {EG__ATTR(eg__fft_attrs, REAL, scale), {0}};

static const eg_attr irfft_fields[] = {
    EG__ATTR(eg__fft_attrs, INT64, n),
    EG__ATTR(eg__fft_attrs, REAL, scale),
    {0},
};

/* Whether x has rows, of one number at least. */
static eg_status rows_check(eg_shapes *s)
{
    const eg_spec *x = s->in[0];

    if (x->rank < 1)
        return eg__shape_error(s, "x is a single number; a transform needs an axis");
    if (x->dims[x->rank - 1] < 1)
        return eg__shape_error(s, "there is no transform of no numbers");
    return EG_OK;
}

static eg_status fft_infer(eg_shapes *s)
{
    *s->out[0] = *s->in[0];
    return rows_check(s);
}

static eg_status rfft_infer(eg_shapes *s)
{
    const eg_spec *x = s->in[0];
    eg_spec *y = s->out[0];

    if (rows_check(s) != EG_OK)
        return EG_INVALID;
    *y = *x;
    y->dtype = x->dtype == EG_FLOAT64 ? EG_COMPLEX128 : EG_COMPLEX64;
    y->dims[x->rank - 1] = x->dims[x->rank - 1] / 2 + 1;
    return eg__infer_size(s, y);
}

static eg_status irfft_infer(eg_shapes *s)
{
    const eg_spec *x = s->in[0];
    int64_t n = ((const eg__fft_attrs *)s->attrs)->n;
    eg_spec *y = s->out[0];

    if (rows_check(s) != EG_OK)
        return EG_INVALID;
    if (n < 1 || n / 2 + 1 != x->dims[x->rank - 1])
        return eg__shape_error(s, "n is %lld, but %lld numbers are the first half of %lld or %lld",
            (long long)n, (long long)x->dims[x->rank - 1],
            (long long)(2 * x->dims[x->rank - 1] - 2), (long long)(2 * x->dims[x->rank - 1] - 1));
    *y = *x;
    y->dtype = x->dtype == EG_COMPLEX128 ? EG_FLOAT64 : EG_FLOAT32;
    y->dims[x->rank - 1] = n;
    return eg__infer_size(s, y);
}

/* 5 n log2 n for each row of x, whose last axis has n numbers if it is complex. */
static double count(const eg_spec *x, double each)
{
    int64_t n = x->dims[x->rank - 1];
    return n > 0 ? floor(each * (double)x->size * log2((double)n)) : 0;
}

static double fft_flops(const eg_problem *p)
{
    return count(p->in[0], 5);
}

static double rfft_flops(const eg_problem *p)
{
    return count(p->in[0], 2.5);
}

static double irfft_flops(const eg_problem *p)
{
    return count(p->out[0], 2.5);
}

static eg_tensor *rows_fft(eg_tensor *x, bool backward, double scale)
{
    eg__fft_attrs attrs = {.size = sizeof attrs, .backward = backward, .scale = scale};
    return EG__APPLY(&eg_op_fft, &attrs, x);
}

static eg_tensor *rows_rfft(eg_tensor *x, double scale)
{
    eg__fft_attrs attrs = {.size = sizeof attrs, .scale = scale};
    return EG__APPLY(&eg_op_rfft, &attrs, x);
}

static eg_tensor *rows_irfft(eg_tensor *x, int64_t n, double scale)
{
    eg__fft_attrs attrs = {.size = sizeof attrs, .n = n, .scale = scale};
    return EG__APPLY(&eg_op_irfft, &attrs, x);
}

static eg_status fft_grad(eg_backward *b)
{
    const eg__fft_attrs *attrs = b->attrs;

    b->dx[0] = rows_fft(b->dy[0], !attrs->backward, attrs->scale);
    return eg__done();
}

/* The first half of a row of n, those with a mirror image elsewhere multiplied by a factor. */
static eg_tensor *weighed(eg_tensor *x, int64_t n, double factor)
{
    eg_dtype dtype = eg_dtype_of(x) == EG_COMPLEX128 ? EG_FLOAT64 : EG_FLOAT32;
    eg_tensor *k = x ? eg_range(eg_dim(x, -1)) : NULL;
    eg_tensor *is_first = eg_equal(k, eg_scalar_int(EG_INT64, 0));
    eg_tensor *is_middle =
        eg_equal(eg_mul(k, eg_scalar_int(EG_INT64, 2)), eg_scalar_int(EG_INT64, n));
    eg_tensor *weight =
        eg_where(eg_logical_or(is_first, is_middle), eg_scalar(dtype, 1), eg_scalar(dtype, factor));

    return eg_mul(x, weight);
}

static eg_status rfft_grad(eg_backward *b)
{
    int64_t n = eg_dim(b->x[0], -1);

    b->dx[0] = rows_irfft(weighed(b->dy[0], n, 0.5), n, ((const eg__fft_attrs *)b->attrs)->scale);
    return eg__done();
}

static eg_status irfft_grad(eg_backward *b)
{
    const eg__fft_attrs *attrs = b->attrs;

    b->dx[0] = weighed(rows_rfft(b->dy[0], attrs->scale), attrs->n, 2);
    return eg__done();
}

const eg_opdef eg_op_fft = {
    .name = "Fft",
    .in = {"x"},
    .types = {EG__COMPLEXES},
    .attrs = fft_fields,
    .attrs_size = sizeof(eg__fft_attrs),
    .infer = fft_infer,
    .flops = fft_flops,
    .kernels = EG__KERNELS(&eg__fft_kernel),
    .grad = fft_grad,
    .known_as = {"fft.fft", "signal.fft", "DFT"},
};

const eg_opdef eg_op_rfft = {
    .name = "Rfft",
    .in = {"x"},
    .types = {EG__REALS},
    .attrs = rfft_fields,
    .attrs_size = sizeof(eg__fft_attrs),
    .infer = rfft_infer,
    .flops = rfft_flops,
    .kernels = EG__KERNELS(&eg__rfft_kernel),
    .grad = rfft_grad,
    .known_as = {"fft.rfft", "signal.rfft", NULL},
};

const eg_opdef eg_op_irfft = {
    .name = "Irfft",
    .in = {"x"},
    .types = {EG__COMPLEXES},
    .attrs = irfft_fields,
    .attrs_size = sizeof(eg__fft_attrs),
    .infer = irfft_infer,
    .flops = irfft_flops,
    .kernels = EG__KERNELS(&eg__irfft_kernel),
    .grad = irfft_grad,
    .known_as = {"fft.irfft", "signal.irfft", NULL},
};

/* ---- an axis -------------------------------------------------------------------------------- */

/* What a transform of one axis is asked for with. */
typedef struct wish {
    const char *op;
    eg_fft_attrs of;
    int axis;
    bool backward;
} wish;

/* False, with an error, where x, axis, or options are no good. */
static bool is_possible(wish *w, const eg_tensor *x, const eg_fft_attrs *attrs)
{
    if (!eg__attrs_complete(&w->of, sizeof w->of, attrs, w->op) ||
        !eg__has_axis(w->op, x, &w->axis))
        return false;
    if (w->of.n < 0)
        eg__fail(EG_INVALID, w->op, "n is %lld; it takes a size, or 0 for that of the axis",
            (long long)w->of.n);
    else if (w->of.norm < EG_FFT_BACKWARD || w->of.norm > EG_FFT_FORWARD)
        eg__fail(EG_INVALID, w->op, "there is no norm %d", (int)w->of.norm);
    return !eg__me.failed;
}

/* The factor of a transform of n numbers. */
static double scale_of(const wish *w, int64_t n)
{
    if (w->of.norm == EG_FFT_ORTHO)
        return 1 / sqrt((double)n);
    return (w->of.norm == EG_FFT_FORWARD) == w->backward ? 1 : 1 / (double)n;
}

/* x with n elements along the axis: cut, or with zeros behind. */
static eg_tensor *fitted(eg_tensor *x, int axis, int64_t n)
{
    eg_pad_attrs behind = {.size = sizeof behind, .after = {.n = axis + 1}};
    int64_t size = eg_dim(x, axis);

    if (n == size)
        return x;
    if (n < size)
        return eg__along(x, axis, 0, n, 1);
    behind.after.at[axis] = n - size;
    return eg_pad_with(x, &behind);
}

/* The complex numbers of a real x. */
static eg_tensor *as_complex(eg_tensor *x)
{
    if (!eg__is_kind(x, EG__REALS))
        return x;
    return eg_cast(x, eg_dtype_of(x) == EG_FLOAT64 ? EG_COMPLEX128 : EG_COMPLEX64);
}

static eg_tensor *transformed(eg_tensor *x, wish *w)
{
    int64_t n = w->of.n > 0 ? w->of.n : eg_dim(x, w->axis);
    eg_tensor *rows = eg__swap_last(fitted(as_complex(x), w->axis, n), w->axis);

    return eg__swap_last(rows_fft(rows, w->backward, scale_of(w, n)), w->axis);
}

static eg_tensor *from_real(eg_tensor *x, wish *w)
{
    int64_t n = w->of.n > 0 ? w->of.n : eg_dim(x, w->axis);
    eg_tensor *rows = eg__swap_last(fitted(x, w->axis, n), w->axis);

    return eg__swap_last(rows_rfft(rows, scale_of(w, n)), w->axis);
}

static eg_tensor *to_real(eg_tensor *x, wish *w)
{
    int64_t n = w->of.n > 0 ? w->of.n : 2 * (eg_dim(x, w->axis) - 1);

    if (n < 1)
        return eg__fail_null(EG_INVALID, w->op,
            "axis %d has %lld elements, the result would have none; say n", w->axis,
            (long long)eg_dim(x, w->axis));
    eg_tensor *rows = eg__swap_last(fitted(as_complex(x), w->axis, n / 2 + 1), w->axis);
    return eg__swap_last(rows_irfft(rows, n, scale_of(w, n)), w->axis);
}

eg_tensor *eg_fft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs)
{
    wish w = {.op = "eg_fft", .axis = axis};
    return is_possible(&w, x, attrs) ? transformed(x, &w) : NULL;
}

eg_tensor *eg_fft(eg_tensor *x, int axis)
{
    return eg_fft_with(x, axis, NULL);
}

eg_tensor *eg_ifft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs)
{
    wish w = {.op = "eg_ifft", .axis = axis, .backward = true};
    return is_possible(&w, x, attrs) ? transformed(x, &w) : NULL;
}

eg_tensor *eg_ifft(eg_tensor *x, int axis)
{
    return eg_ifft_with(x, axis, NULL);
}

eg_tensor *eg_rfft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs)
{
    wish w = {.op = "eg_rfft", .axis = axis};
    return is_possible(&w, x, attrs) ? from_real(x, &w) : NULL;
}

eg_tensor *eg_rfft(eg_tensor *x, int axis)
{
    return eg_rfft_with(x, axis, NULL);
}

eg_tensor *eg_irfft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs)
{
    wish w = {.op = "eg_irfft", .axis = axis, .backward = true};
    return is_possible(&w, x, attrs) ? to_real(x, &w) : NULL;
}

eg_tensor *eg_irfft(eg_tensor *x, int axis)
{
    return eg_irfft_with(x, axis, NULL);
}

/* Forward, of numbers whose transform is real: backward of their conjugates. */
eg_tensor *eg_hfft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs)
{
    wish w = {.op = "eg_hfft", .axis = axis};
    return is_possible(&w, x, attrs) ? to_real(eg_conj(as_complex(x)), &w) : NULL;
}

eg_tensor *eg_hfft(eg_tensor *x, int axis)
{
    return eg_hfft_with(x, axis, NULL);
}

eg_tensor *eg_ihfft_with(eg_tensor *x, int axis, const eg_fft_attrs *attrs)
{
    wish w = {.op = "eg_ihfft", .axis = axis, .backward = true};
    return is_possible(&w, x, attrs) ? eg_conj(from_real(x, &w)) : NULL;
}

eg_tensor *eg_ihfft(eg_tensor *x, int axis)
{
    return eg_ihfft_with(x, axis, NULL);
}

/* ---- several axes --------------------------------------------------------------------------- */

/* Fills in the axes, counted from the first, and their sizes, 0 for that of x; false, with an
 * error, where they are no good. */
static bool set_axes(const char *op, const eg_tensor *x, eg_fftn_attrs *o)
{
    int rank = eg_rank(x), n = o->axes.n > 0 ? o->axes.n : o->s.n > 0 ? o->s.n : rank;
    unsigned seen = 0;

    if (n > rank || n < 1 || (o->s.n > 0 && o->s.n != n)) {
        eg__fail(EG_INVALID, op, "%d axes and %d sizes for a tensor of rank %d", n, o->s.n, rank);
        return false;
    }
    for (int i = 0; i < n; i++) {
        int *axis = &o->axes.axis[i];
        if (o->axes.n == 0)
            *axis = rank - n + i;
        if (!eg__axis_of(op, axis, rank))
            return false;
        if (seen >> *axis & 1)
            eg__fail(EG_INVALID, op, "axis %d is named twice", *axis);
        seen |= 1u << *axis;
        int64_t *size = &o->s.at[i];
        if (o->s.n == 0 || *size == -1)
            *size = 0;
        else if (*size < 1)
            eg__fail(EG_INVALID, op, "size %lld of axis %d; it takes 1 and more, or -1 for its own",
                (long long)*size, *axis);
    }
    o->axes.n = o->s.n = n;
    return !eg__me.failed;
}

static bool are_possible(const char *op, const eg_tensor *x, const eg_fftn_attrs *attrs,
    eg_fftn_attrs *o)
{
    return eg__attrs_complete(o, sizeof *o, attrs, op) && eg__is_tensor(op, x) &&
        set_axes(op, x, o);
}

/* Axis i of those that are named. */
static eg_tensor *one_axis(const char *op, eg_tensor *x, const eg_fftn_attrs *o, int i,
    bool backward, eg_tensor *(*by)(eg_tensor *x, wish *w))
{
    const eg_fft_attrs attrs = {sizeof attrs, o->s.at[i], o->norm};
    wish w = {.op = op, .axis = o->axes.axis[i], .backward = backward};
    return is_possible(&w, x, &attrs) ? by(x, &w) : NULL;
}

/* The first n axes of those that are named, from the last on. */
static eg_tensor *first_axes(const char *op, eg_tensor *x, const eg_fftn_attrs *o, int n,
    bool backward)
{
    for (int i = n - 1; i >= 0 && x; i--)
        x = one_axis(op, x, o, i, backward, transformed);
    return x;
}

eg_tensor *eg_fftn_with(eg_tensor *x, const eg_fftn_attrs *attrs)
{
    eg_fftn_attrs o;
    return are_possible("eg_fftn", x, attrs, &o) ? first_axes("eg_fftn", x, &o, o.axes.n, false)
                                                 : NULL;
}

eg_tensor *eg_fftn(eg_tensor *x)
{
    return eg_fftn_with(x, NULL);
}

eg_tensor *eg_ifftn_with(eg_tensor *x, const eg_fftn_attrs *attrs)
{
    eg_fftn_attrs o;
    return are_possible("eg_ifftn", x, attrs, &o) ? first_axes("eg_ifftn", x, &o, o.axes.n, true)
                                                  : NULL;
}

eg_tensor *eg_ifftn(eg_tensor *x)
{
    return eg_ifftn_with(x, NULL);
}

eg_tensor *eg_rfftn_with(eg_tensor *x, const eg_fftn_attrs *attrs)
{
    static const char op[] = "eg_rfftn";
    eg_fftn_attrs o;

    if (!are_possible(op, x, attrs, &o))
        return NULL;
    int last = o.axes.n - 1;
    return first_axes(op, one_axis(op, x, &o, last, false, from_real), &o, last, false);
}

eg_tensor *eg_rfftn(eg_tensor *x)
{
    return eg_rfftn_with(x, NULL);
}

eg_tensor *eg_irfftn_with(eg_tensor *x, const eg_fftn_attrs *attrs)
{
    static const char op[] = "eg_irfftn";
    eg_fftn_attrs o;

    if (!are_possible(op, x, attrs, &o))
        return NULL;
    int last = o.axes.n - 1;
    return one_axis(op, first_axes(op, x, &o, last, true), &o, last, true, to_real);
}

eg_tensor *eg_irfftn(eg_tensor *x)
{
    return eg_irfftn_with(x, NULL);
}

/* ---- frequencies ---------------------------------------------------------------------------- */

/* The numbers 0 to count - 1, those from n - n / 2 on less n, divided by n d. */
static eg_tensor *frequencies(const char *op, eg_dtype dtype, int64_t n, int64_t count, double d)
{
    if (eg__me.failed)
        return NULL;
    if (n < 1 || d == 0 || eg__dtype(dtype)->kind != EG__REAL)
        return eg__fail_null(EG_INVALID, op,
            "%s, n is %lld and d is %g; it takes floating point, n from 1 on and a distance",
            eg_dtype_name(dtype), (long long)n, d);
    eg_tensor *k = eg_range(count), *whole = eg_scalar_int(EG_INT64, n);
    eg_tensor *is_below = eg_less(k, eg_scalar_int(EG_INT64, count < n ? count : n - n / 2));
    eg_tensor *steps = eg_cast(eg_where(is_below, k, eg_sub(k, whole)), EG_FLOAT64);
    return eg_cast(eg_div(steps, eg_scalar(EG_FLOAT64, (double)n * d)), dtype);
}

eg_tensor *eg_fftfreq(eg_dtype dtype, int64_t n, double d)
{
    return frequencies("eg_fftfreq", dtype, n, n, d);
}

eg_tensor *eg_rfftfreq(eg_dtype dtype, int64_t n, double d)
{
    return frequencies("eg_rfftfreq", dtype, n, n / 2 + 1, d);
}

/* x turned by half of each axis. */
static eg_tensor *turned(const char *op, eg_tensor *x, const eg_fftshift_attrs *attrs, bool back)
{
    eg_fftshift_attrs o;

    if (!eg__attrs_complete(&o, sizeof o, attrs, op) || !eg__is_tensor(op, x))
        return NULL;
    int n = o.axes.n > 0 ? o.axes.n : eg_rank(x);
    eg_tensor *y = eg_identity(x);
    for (int i = 0; i < n; i++) {
        int axis = o.axes.n > 0 ? o.axes.axis[i] : i;
        if (!eg__has_axis(op, y, &axis))
            return NULL;
        int64_t half = eg_dim(y, axis) / 2;
        y = eg_roll(y, back ? -half : half, axis);
    }
    return y;
}

eg_tensor *eg_fftshift_with(eg_tensor *x, const eg_fftshift_attrs *attrs)
{
    return turned("eg_fftshift", x, attrs, false);
}

eg_tensor *eg_fftshift(eg_tensor *x)
{
    return eg_fftshift_with(x, NULL);
}

eg_tensor *eg_ifftshift_with(eg_tensor *x, const eg_fftshift_attrs *attrs)
{
    return turned("eg_ifftshift", x, attrs, true);
}

eg_tensor *eg_ifftshift(eg_tensor *x)
{
    return eg_ifftshift_with(x, NULL);
}
