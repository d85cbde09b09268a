/* Gradients against central differences in float64, of first and second order, and forward mode
 * against gradients, at every case and at every pair of shapes that broadcast. Complex numbers are
 * looked at in complex128: the parts of a gradient are the derivatives by the parts, moved one by
 * one. Where the function has a kink or a jump its differences to both sides, or over two
 * distances, do not agree: such elements are left out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "cases.h"
#include "op/infer.h"
#include <math.h>
#include <string.h>

enum { MOST = 64, MOST_RESULTS = 4096, LARGE = 10000 }; /* elements differentiated, of a result */

/* A case in float64 and where it is looked at. */
typedef struct point {
    const op_case *c;
    _Alignas(16) unsigned char attrs[EG__ATTRS_SIZE];
    double x[MOST]; /* parts of the inputs that are floating point, one after another */
    int n, first[EG__MAX_IN + 1];
    eg_dtype dtype[EG__MAX_IN]; /* in which an input is looked at; EG_NO_DTYPE: not floating */
} point;

/* What of the point is differentiated: a value, and its gradient by a tape. */
typedef double value_fn(const point *p);
typedef bool gradient_fn(const point *p, double dx[]);

/* Elements that were really compared, by operation and order. */
static int compared[EG__OPS][2];

static int number_of(const eg_opdef *op)
{
    int i = 0;
    while (eg__ops[i] != op)
        i++;
    return i;
}

/* ---- points --------------------------------------------------------------------------------- */

static eg_dtype widest(eg_dtype dtype)
{
    if (!eg__is_floating(dtype))
        return EG_NO_DTYPE;
    return eg__is_complex(dtype) ? EG_COMPLEX128 : EG_FLOAT64;
}

/* Adds the parts of an input. */
static void add_parts(point *p, const op_value *v)
{
    eg_dtype part = eg__part_of(v->spec.dtype);
    size_t size = eg__dtype(part)->size;

    for (size_t at = 0; at < eg__bytes(&v->spec); at += size)
        p->x[p->n++] = eg__element_real(part, (const char *)v->data + at);
}

/* Results of a given dtype are asked for in float64. */
static void widen_attrs(point *p)
{
    memcpy(p->attrs, p->c->attrs, sizeof p->attrs);
    for (const eg_attr *t = p->c->op->attrs; t && t->name; t++) {
        eg_dtype *dtype = (eg_dtype *)(void *)(p->attrs + t->offset);
        if (t->kind == EG__ATTR_DTYPE && eg__is_floating(*dtype))
            *dtype = widest(*dtype);
    }
}

/* False where there is nothing to differentiate, too much, or numbers so large that differences
 * have no digits left. */
static bool point_set(point *p, const op_case *c)
{
    *p = (point){.c = c};
    if (case_size(c) > MOST / 2)
        return false;
    widen_attrs(p);
    for (int i = 0; i < c->n_in; i++) {
        p->first[i] = p->n;
        p->dtype[i] = widest(c->in[i].spec.dtype);
        if (p->dtype[i] != EG_NO_DTYPE)
            add_parts(p, &c->in[i]);
    }
    p->first[c->n_in] = p->n;
    for (int k = 0; k < p->n; k++)
        if (fabs(p->x[k]) > LARGE)
            return false;
    return p->n > 0;
}

/* All inputs, and those that are floating point; how many of these there are. */
static int make_inputs(const point *p, eg_tensor *in[], eg_tensor *real[])
{
    int n = 0;

    for (int i = 0; i < p->c->n_in; i++) {
        const eg_spec *s = &p->c->in[i].spec;
        bool floating = p->dtype[i] != EG_NO_DTYPE;
        in[i] = floating ? (eg_copy)(p->dtype[i], s->rank, s->dims, p->x + p->first[i])
                         : value_tensor(&p->c->in[i]);
        if (floating)
            real[n++] = in[i];
    }
    return n;
}

static void watch_all(int n, eg_tensor *const x[])
{
    for (int i = 0; i < n; i++)
        eg_watch(x[i]);
}

static bool read_all(const point *p, eg_tensor *const dx[], double out[])
{
    for (int i = 0, k = 0; i < p->c->n_in; i++)
        if (p->dtype[i] != EG_NO_DTYPE)
            (eg_read)(dx[k++], p->dtype[i], out + p->first[i], p->c->in[i].spec.size);
    return eg_ok();
}

/* The sum of the elements of x, each bent a little, so that what is linear in x has a second
 * derivative too, and with a weight of its own. */
static eg_tensor *weighted(eg_tensor *x, int k)
{
    double w[MOST_RESULTS];

    if (eg__is_complex(eg_dtype_of(x)))
        return eg_add(weighted(eg_real(x), k), weighted(eg_imag(x), k + 1));
    for (int64_t i = 0; i < eg_size(x); i++)
        w[i] = 0.3 + 0.17 * (double)((i + 3 * k) * 7 % 5) - 0.41 * (double)((i + k) % 2);
    eg_tensor *bent = eg_add(x, eg_mul(eg_square(x), 0.2));
    return eg_sum(eg_mul(bent, (eg_copy)(EG_FLOAT64, x->spec.rank, x->spec.dims, w)));
}

/* One number made of all results that are floating point; NULL: none is. */
static eg_tensor *loss_of(const point *p, eg_tensor *const in[])
{
    eg_tensor *y = eg_apply(p->c->op, p->c->op->attrs ? p->attrs : NULL, p->c->n_in, in);
    eg_tensor *loss = NULL;

    for (int k = 0; y && k < eg__n_out(p->c->op, NULL); k++) {
        eg_tensor *part = result(y, k);
        eg_dtype dtype = eg__part_of(eg_dtype_of(part));
        if (dtype != EG_FLOAT64 || eg_size(part) > MOST_RESULTS)
            continue;
        eg_tensor *sum = weighted(part, k);
        loss = loss ? eg_add(loss, sum) : sum;
    }
    return loss;
}

/* ---- first and second order ----------------------------------------------------------------- */

static double loss_at(const point *p)
{
    eg_tensor *in[EG__MAX_IN], *real[EG__MAX_IN];
    EG_SCOPE;

    make_inputs(p, in, real);
    eg_tensor *loss = loss_of(p, in);
    return loss ? eg_item(loss) : 0;
}

/* The gradient of the loss; false after an error. */
static bool gradient_at(const point *p, double dx[])
{
    eg_tensor *in[EG__MAX_IN], *real[EG__MAX_IN], *g[EG__MAX_IN];
    EG_TAPE;

    int n = make_inputs(p, in, real);
    watch_all(n, real);
    eg_gradient(loss_of(p, in), n, real, g);
    return read_all(p, g, dx);
}

static bool gradient_of_constant(const point *p, double dx[])
{
    memset(dx, 0, sizeof *dx * (size_t)p->n);
    return true;
}

/* The weighted sum of the loss's gradient, as a tensor of the scope around. */
static eg_tensor *slope_of(const point *p, eg_tensor *const in[], int n, eg_tensor *const real[])
{
    eg_tensor *g[EG__MAX_IN], *sum = NULL;
    EG_TAPE;

    watch_all(n, real);
    eg_gradient(loss_of(p, in), n, real, g);
    for (int i = 0; i < n && eg_ok(); i++) {
        eg_tensor *part = weighted(g[i], i);
        sum = sum ? eg_add(sum, part) : part;
    }
    return eg_give(sum);
}

static double slope_at(const point *p)
{
    eg_tensor *in[EG__MAX_IN], *real[EG__MAX_IN];
    EG_SCOPE;

    int n = make_inputs(p, in, real);
    return eg_item(slope_of(p, in, n, real));
}

static bool second_gradient_at(const point *p, double dx[])
{
    eg_tensor *in[EG__MAX_IN], *real[EG__MAX_IN], *g[EG__MAX_IN];
    EG_TAPE;

    int n = make_inputs(p, in, real);
    watch_all(n, real);
    eg_gradient(slope_of(p, in, n, real), n, real, g);
    return read_all(p, g, dx);
}

/* ---- differences ---------------------------------------------------------------------------- */

/* The central difference by element k; its room for error in *room, which is negative where the
 * function has no derivative there. */
static double difference(point *p, value_fn *value, int k, double *room)
{
    double x = p->x[k], h = 1e-5 * (1 + fabs(x)), at[5];

    for (int i = 0; i < 5; i++) {
        p->x[k] = x + (i - 2) * h;
        at[i] = value(p);
    }
    p->x[k] = x;
    double left = (at[2] - at[1]) / h, right = (at[3] - at[2]) / h,
           near = (at[3] - at[1]) / (2 * h), far = (at[4] - at[0]) / (4 * h),
           scale = 1 + fabs(left) + fabs(right);
    bool smooth = fabs(left - right) < 1e-2 * scale && fabs(near - far) < 1e-4 * scale;
    *room =
        smooth && isfinite(scale) ? 1e-6 * scale + 4 * fabs(near - far) + 1e-9 * fabs(at[2]) : -1;
    return near;
}

static void check(point *p, value_fn *value, gradient_fn *gradient, int order)
{
    double dx[MOST], room;
    EG_SCOPE;

    if (!gradient(p, dx)) {
        is_fine(p->c, order > 0 ? "its second gradient" : "its gradient");
        return;
    }
    for (int k = 0; k < p->n; k++) {
        double expected = difference(p, value, k, &room);
        if (room < 0)
            continue;
        compared[number_of(p->c->op)][order]++;
        if (!(fabs(dx[k] - expected) <= room))
            complain(p->c,
                "derivative %d by element %d of its inputs is %.12g, differences say %.12g",
                order + 1, k, dx[k], expected);
    }
}

/* ---- forward mode --------------------------------------------------------------------------- */

static double direction(int k)
{
    return 0.25 + 0.5 * (double)(k * 5 % 7) - (double)(k % 2);
}

/* Gives all floating-point inputs a tangent. */
static void move_inputs(const point *p, int n, eg_tensor *const real[])
{
    double v[MOST];

    for (int k = 0; k < p->n; k++)
        v[k] = direction(k);
    for (int i = 0, k = 0; i < p->c->n_in && k < n; i++)
        if (p->dtype[i] != EG_NO_DTYPE) {
            const eg_spec *s = &real[k]->spec;
            eg_set_tangent(real[k], (eg_copy)(p->dtype[i], s->rank, s->dims, v + p->first[i]));
            k++;
        }
}

/* The derivative of the loss, or of the slope, in the direction; NAN after an error. */
static double tangent_at(const point *p, int order)
{
    eg_tensor *in[EG__MAX_IN], *real[EG__MAX_IN];
    EG_FORWARD;

    int n = make_inputs(p, in, real);
    move_inputs(p, n, real);
    eg_tensor *tangent = eg_tangent(order == 0 ? loss_of(p, in) : slope_of(p, in, n, real));
    return tangent ? eg_item(tangent) : NAN;
}

/* Whether forward mode says what the gradient says; where all is finite. */
static void check_forward(const point *p, gradient_fn *gradient, int order)
{
    double dx[MOST], expected = 0, scale = 0;
    EG_SCOPE;

    if (!isfinite(loss_at(p)) || !gradient(p, dx))
        return;
    double got = tangent_at(p, order);
    if (!is_fine(p->c, "forward mode"))
        return;
    for (int k = 0; k < p->n; k++) {
        expected += dx[k] * direction(k);
        scale += fabs(dx[k] * direction(k));
    }
    if (isfinite(expected) && !(fabs(got - expected) <= 1e-9 * (1 + scale)))
        complain(p->c, "forward mode of order %d says %.15g, the gradient %.15g", order + 1, got,
            expected);
}

static bool has_loss(const point *p)
{
    eg_tensor *in[EG__MAX_IN], *real[EG__MAX_IN];
    EG_SCOPE;

    make_inputs(p, in, real);
    return loss_of(p, in) != NULL;
}

/* Its inputs depend on each other, so that they cannot be moved one by one: its gradient is the
 * second order of the operation it belongs to. */
static bool is_held_elsewhere(const eg_opdef *op)
{
    return op == &eg_op_recurrent_grad;
}

static void check_case(const op_case *c)
{
    point p;

    if (is_held_elsewhere(c->op) || !point_set(&p, c) || !has_loss(&p))
        return;
    if (c->op == &eg_op_stop_gradient || c->op == &eg_op_random_gamma)
        return; /* its derivative is wrong on purpose */
    if (c->op->traits & EG__CONSTANT) {
        check(&p, loss_at, gradient_of_constant, 0);
        return;
    }
    check(&p, loss_at, gradient_at, 0);
    check(&p, slope_at, second_gradient_at, 1);
    check_forward(&p, gradient_at, 0);
    check_forward(&p, second_gradient_at, 1);
}

TEST(gradients_of_first_and_second_order_are_what_differences_say)
{
    FOR_EACH_CASE(c)
    check_case(c);
    FOR_EACH_OP(op)
    for (int order = 0; order < 2 && op->grad && !is_held_elsewhere(op); order++)
        if (compared[number_of(op)][order] == 0)
            complain(NULL, "%s: no case compares a derivative of order %d", op->name, order + 1);
    assert_no_complaints();
}

/* ---- broadcasting --------------------------------------------------------------------------- */

static const eg_spec shapes[] = {
    {.rank = 0},
    {.rank = 1, .dims = {1}},
    {.rank = 1, .dims = {3}},
    {.rank = 2, .dims = {2, 1}},
    {.rank = 2, .dims = {2, 3}},
    {.rank = 3, .dims = {2, 1, 3}},
    {.rank = 3, .dims = {1, 2, 1}},
    {.rank = 2, .dims = {0, 3}},
};

enum { SHAPES = sizeof shapes / sizeof *shapes };

/* An input of that shape; numbers that are positive, no two alike and far from integers. */
static void fill(op_value *v, int i, bool is_bool, const eg_spec *shape, double room[])
{
    v->spec = *shape;
    v->spec.dtype = is_bool ? EG_BOOL : EG_FLOAT64;
    eg__spec_measure(&v->spec);
    v->data = room;
    for (int64_t k = 0; k < v->spec.size; k++)
        if (is_bool)
            ((bool *)v->data)[k] = k % 2 == 1;
        else
            room[k] = 0.37 + 0.7131 * (double)((k * 5 + i * 3) % 11) + 0.0113 * (double)i;
}

static void check_shapes(const eg_opdef *op, int n, const eg_spec *const shape[])
{
    double room[EG__NAMED_IN][6];
    op_case c = {.file = "broadcast", .op = op, .n_in = n};
    eg_spec wide = *shape[0];

    if (!eg__broadcast_shape(&wide, shape[1]))
        return;

    for (int i = 0; i < n; i++)
        fill(&c.in[i], i, op->types[i] == EG__BOOLS, shape[i], room[i]);
    c.line = (int)(shape[0] - shapes) * 10 + (int)(shape[n - 1] - shapes);
    check_case(&c);
}

TEST(gradients_of_inputs_that_broadcast_are_what_differences_say)
{
    FOR_EACH_OP(op)
    {
        int n = eg__n_named(op);
        if (!(op->traits & EG__ELEMENTWISE) || !op->grad || n < 2)
            continue;
        for (int i = 0; i < SHAPES * SHAPES; i++) {
            const eg_spec *x = &shapes[i / SHAPES], *y = &shapes[i % SHAPES];
            check_shapes(op, n, n == 2 ? (const eg_spec *[]){x, y} : (const eg_spec *[]){x, y, x});
        }
    }
    assert_no_complaints();
}

/* ---- nothing is forgotten ------------------------------------------------------------------- */

static bool has_floating(const op_value values[], int n)
{
    for (int i = 0; i < n; i++)
        if (eg__is_floating(values[i].spec.dtype))
            return true;
    return false;
}

/* That one with a reason is constant indeed, differences say above. */
TEST(an_operation_on_floating_point_has_a_gradient_or_says_why_it_has_none)
{
    FOR_EACH_CASE(c)
    if (has_floating(c->in, c->n_in) && has_floating(c->out, c->n_out) && !c->op->grad &&
        !(c->op->traits & EG__CONSTANT && c->op->no_gradient))
        complain(c, "it has neither a gradient nor EG__CONSTANT and a reason (.no_gradient)");
    FOR_EACH_OP(op)
    if (op->grad && (op->traits & EG__CONSTANT || op->no_gradient))
        complain(NULL, "%s has a gradient and a reason to have none", op->name);
    assert_no_complaints();
}

TEST(every_operation_has_a_case_with_values)
{
    int with_values[EG__OPS] = {0};

    FOR_EACH_CASE(c)
    with_values[number_of(c->op)] += c->n_out > 0;
    FOR_EACH_OP(op)
    if (with_values[number_of(op)] == 0)
        complain(NULL, "%s has no case with values", op->name);
    assert_no_complaints();
}
