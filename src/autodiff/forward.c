/* Forward mode: a watcher that carries tangents along.
 *
 * It keeps the tangent of each handle that has one, and computes those of an operation's results
 * when every watcher has heard of the operation, outermost first; what it computes with is heard
 * by the watchers around it alone. So forward mode nests with itself, tapes and recorders to any
 * order.
 *
 * An operation needs no rule of its own: three ways lead from its gradient to its tangent, taken by
 * its traits.
 *
 *     linear        the tangent of f(x) is f(tangent of x)
 *     element-wise  the gradient multiplies by the derivative at each element: given the tangent
 *                   instead of an incoming gradient, that is the tangent of the result
 *     all others    the gradient is J^T u, linear in u; its own gradient by u is J, applied to the
 *                   tangent (J. Townsend, "A new trick for calculating Jacobian vector products",
 *                   2017)
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/forward.h"
#include "autodiff/backward.h"
#include "base/map.h"
#include "base/memory.h"
#include "tensor/scope.h"
#include "ops/sized.h"
#include <eagre/grad.h>
#include <eagre/ops.h>
#include <string.h>

typedef struct pair {
    eg_tensor *x, *tangent; /* both owned */
} pair;

typedef struct forward {
    eg__watch watch;
    int paused;
    pair *pairs;
    int n, capacity;
    int sweep_at;   /* at so many pairs it is looked which of them nobody else holds */
    eg__map places; /* by handle: its pair */
} forward;

static const eg__watch_type forward_type;

/* The next one outside a watcher; the innermost for NULL. */
static forward *forward_after(const eg__watch *w)
{
    for (w = w ? w->outer : eg__me.watch; w; w = w->outer)
        if (w->type == &forward_type)
            return (forward *)(uintptr_t)w;
    return NULL;
}

bool eg__forward_is_on(void)
{
    for (const forward *f = forward_after(NULL); f; f = forward_after(&f->watch))
        if (!f->paused)
            return true;
    return false;
}

void eg__forwards_pause(int more)
{
    for (forward *f = forward_after(NULL); f; f = forward_after(&f->watch))
        f->paused += more;
}

/* ---- pairs ---------------------------------------------------------------------------------- */

static eg_tensor *tangent_of(const forward *f, const eg_tensor *x)
{
    const uint32_t *place = eg__map_find(&f->places, eg__key_of(x));
    return place ? f->pairs[*place].tangent : NULL;
}

static void forget(forward *f)
{
    for (int i = 0; i < f->n; i++) {
        eg__unref(f->pairs[i].x);
        eg__unref(f->pairs[i].tangent);
    }
    f->n = 0;
    eg__map_free(&f->places);
    f->places = (eg__map){0};
}

/* Lets go what nobody but this watcher holds. */
static bool sweep(forward *f)
{
    int n = 0;

    eg__map_free(&f->places);
    f->places = (eg__map){0};
    for (int i = 0; i < f->n; i++) {
        if (atomic_load(&f->pairs[i].x->refs) > 1) {
            f->pairs[n++] = f->pairs[i];
            continue;
        }
        eg__unref(f->pairs[i].x);
        eg__unref(f->pairs[i].tangent);
    }
    f->n = n;
    f->sweep_at = 2 * n + 64;
    for (int i = 0; i < n; i++)
        if (!eg__map_set(&f->places, eg__key_of(f->pairs[i].x), (uint32_t)i))
            return false;
    return true;
}

static eg_status out_of_memory(void)
{
    return eg__fail_memory("forward mode", sizeof(pair));
}

/* Keeps a tangent; NULL: x has none, as if it were zero. */
static eg_status keep(forward *f, eg_tensor *x, eg_tensor *tangent)
{
    uint32_t *place = eg__map_find(&f->places, eg__key_of(x));

    if (place) {
        eg__unref(f->pairs[*place].tangent);
        f->pairs[*place].tangent = eg__ref(tangent);
        return EG_OK;
    }
    if (!tangent)
        return EG_OK;
    if ((f->n >= f->sweep_at && !sweep(f)) ||
        !eg__reserve(&f->pairs, sizeof *f->pairs, f->n, &f->capacity) ||
        !eg__map_set(&f->places, eg__key_of(x), (uint32_t)f->n))
        return out_of_memory();
    f->pairs[f->n++] = (pair){eg__ref(x), eg__ref(tangent)};
    return EG_OK;
}

/* ---- one operation -------------------------------------------------------------------------- */

/* An operation that was applied, and tangents of its inputs and results; NULL: zero. */
typedef struct step {
    const eg_event *e;
    eg_tensor **dx, *dy[EG__MAX_OUT];
} step;

static bool is_floating(const eg_tensor *x)
{
    return eg__is_floating(x->spec.dtype);
}

static bool add_to(eg_tensor **sum, eg_tensor *part)
{
    if (part)
        *sum = *sum ? eg_add(*sum, part) : part;
    return !eg__me.failed;
}

static void take_parts(step *s, eg_tensor *y)
{
    for (int i = 0; y && i < s->e->n_out; i++)
        s->dy[i] = s->e->n_out == 1 ? y : y->tuple.part[i];
}

/* The operation on the tangents. */
static void push_linear(step *s)
{
    const eg_event *e = s->e;
    eg_tensor *in[EG__MAX_IN];

    for (int i = 0; i < e->n_in; i++) {
        in[i] = s->dx[i] ? s->dx[i] : e->value[i];
        if (!s->dx[i] && is_floating(e->value[i]))
            in[i] = eg__full_like(e->value[i], 0);
    }
    take_parts(s, eg__apply_sized(e->op, e->attrs, e->n_in, in, e->n_sized, e->sized));
}

/* The operation once for each tangent, beside the other inputs' values. */
static void push_product(step *s)
{
    const eg_event *e = s->e;
    eg_tensor *in[EG__MAX_IN];

    for (int i = 0; i < e->n_in && !eg__me.failed; i++) {
        if (!s->dx[i])
            continue;
        memcpy(in, e->value, sizeof *in * (size_t)e->n_in);
        in[i] = s->dx[i];
        eg_tensor *part = eg__apply_sized(e->op, e->attrs, e->n_in, in, e->n_sized, e->sized);
        add_to(&s->dy[0], part);
    }
}

static eg_tensor *spread(eg_tensor *x, const eg_tensor *y)
{
    return eg__shapes_agree(x, y) ? x : eg__broadcast_like(x, y);
}

/* The gradient with a tangent coming in, all inputs in the shape of the result. */
static void push_elementwise(step *s)
{
    const eg_event *e = s->e;
    eg_tensor *x[EG__MAX_IN], *dx[EG__MAX_IN], *in;
    bool wanted[EG__MAX_IN] = {false};
    eg_backward b = {e->op, e->attrs, e->payload, e->n_in, 1, x, e->out, &in, wanted, dx, NULL,
        NULL};

    for (int i = 0; i < e->n_in; i++)
        x[i] = spread(e->value[i], e->out[0]);
    for (int i = 0; i < e->n_in && !eg__me.failed; i++) {
        if (!s->dx[i])
            continue;
        memset(dx, 0, sizeof dx);
        in = spread(s->dx[i], e->out[0]);
        wanted[i] = true;
        if (!eg__me.failed && e->op->grad(&b) == EG_OK)
            add_to(&s->dy[0], dx[i]);
        wanted[i] = false;
    }
}

/* ---- through the gradient of the gradient --------------------------------------------------- */

/* Stand-ins for gradients of the results: zeros that a tape watches; NULL where none can be. */
static void make_incoming(const step *s, eg_tensor *u[])
{
    for (int i = 0; i < s->e->n_out && !eg__me.failed; i++) {
        u[i] = is_floating(s->e->out[i]) ? eg__full_like(s->e->out[i], 0) : NULL;
        if (u[i])
            eg_watch(u[i]);
    }
}

/* What n gradients and their tangents add to the tangents of the results. */
static void push_some(step *s, int n, eg_tensor *const g[], eg_tensor *const v[],
    eg_tensor *const u[])
{
    eg_gradient_attrs how = {.size = sizeof how, .unconnected_none = true};
    eg_tensor *target = eg_tuple_of(n, g);

    how.target_gradient = eg_tuple_of(n, v);
    for (int i = 0; i < s->e->n_out && !eg__me.failed; i++) {
        eg_tensor *du = NULL;
        if (u[i] && eg_gradient_with(target, 1, &u[i], &du, &how) == EG_OK && du->kind != EG__NONE)
            add_to(&s->dy[i], du);
    }
}

/* The gradients by the inputs that have tangents, of results whose gradients are u. */
static int pull(const step *s, eg_tensor *const u[], eg_tensor *g[], eg_tensor *v[])
{
    const eg_event *e = s->e;
    eg_tensor *dx[EG__MAX_IN] = {NULL}, *dy[EG__MAX_OUT];
    bool wanted[EG__MAX_IN];
    int n = 0;
    eg_backward b = {e->op, e->attrs, e->payload, e->n_in, e->n_out, e->value, e->out, dy, wanted,
        dx, NULL, NULL};

    memcpy(dy, u, sizeof *dy * (size_t)e->n_out);
    for (int i = 0; i < e->n_in; i++)
        wanted[i] = s->dx[i] != NULL;
    if (!eg__differentiate(&b, dy))
        return 0;
    for (int i = 0; i < e->n_in; i++)
        if (wanted[i] && dx[i]) {
            g[n] = dx[i];
            v[n++] = s->dx[i];
        }
    return n;
}

static void push_transposed(step *s)
{
    eg_tape_attrs how = {.size = sizeof how, .persistent = true, .only_watched = true};
    eg_tensor *u[EG__MAX_OUT] = {NULL}, *g[EG__MAX_IN], *v[EG__MAX_IN];
    eg_scope *tape = eg_tape_open(&how);

    make_incoming(s, u);
    int n = eg__me.failed ? 0 : pull(s, u, g, v);
    for (int i = 0; i < n && !eg__me.failed; i += EG__MAX_PARTS)
        push_some(s, n - i < EG__MAX_PARTS ? n - i : EG__MAX_PARTS, g + i, v + i, u);
    for (int i = 0; i < s->e->n_out && !eg__me.failed; i++)
        eg_give(s->dy[i]);
    eg_scope_close(tape);
}

/* ---- the watcher ---------------------------------------------------------------------------- */

/* Tangents of the inputs; whether there is any. */
static bool find_tangents(const forward *f, const eg_event *e, eg_tensor *dx[])
{
    bool any = false;

    for (int i = 0; i < e->n_in; i++) {
        dx[i] = tangent_of(f, e->in[i]);
        if (!dx[i] && e->value[i] != e->in[i])
            dx[i] = tangent_of(f, e->value[i]);
        any = any || dx[i];
    }
    return any;
}

static bool is_elementwise(const eg_event *e)
{
    bool same = e->n_out == 1 && (e->op->traits & EG__ELEMENTWISE);

    for (int i = 0; i < e->n_in && same; i++)
        same = !is_floating(e->value[i]) || e->value[i]->spec.dtype == e->out[0]->spec.dtype;
    return same && e->n_in <= EG__MAX_IN;
}

static void push(step *s)
{
    const eg_opdef *op = s->e->op;

    if (op->traits & EG__LINEAR)
        push_linear(s);
    else if (op->traits & EG__PRODUCT)
        push_product(s);
    else if (!op->grad)
        eg__fail(EG_INVALID, op->name,
            "it has no gradient, and so no tangent; use "
            "eg_stop_gradient on what goes in");
    else if (is_elementwise(s->e))
        push_elementwise(s);
    else
        push_transposed(s);
}

static eg_status follow(forward *f, const eg_event *e, eg_tensor *dx[])
{
    step s = {.e = e, .dx = dx};
    eg__watch *inner = eg__me.watch;
    eg_scope *scope = eg_scope_open();

    eg__me.watch = f->watch.outer;
    push(&s);
    eg__me.watch = inner;
    for (int i = 0; i < e->n_out && !eg__me.failed; i++)
        if (s.dy[i] && is_floating(e->out[i]))
            keep(f, e->out[i], s.dy[i]);
    eg_scope_close(scope);
    return eg__me.failed;
}

static eg_status settled(eg__watch *w, const eg_event *e)
{
    forward *f = (forward *)w;
    eg_tensor *few[EG__MAX_IN], **dx = few;
    size_t size = sizeof *dx * (size_t)e->n_in;

    if (f->paused || (e->op->traits & EG__CONSTANT) || f->n == 0)
        return EG_OK;
    if (e->n_in > EG__MAX_IN && !(dx = eg__alloc(size)))
        return out_of_memory();
    eg_status status = find_tangents(f, e, dx) ? follow(f, e, dx) : EG_OK;
    if (dx != few)
        eg__free(dx, size);
    return status;
}

/* A variable has the tangent of what it holds. */
static eg_status assigned(eg__watch *w, eg_tensor *variable, eg_tensor *value)
{
    forward *f = (forward *)w;
    return f->paused ? EG_OK : keep(f, variable, tangent_of(f, value));
}

static eg_status heard(eg__watch *w, const eg_event *e)
{
    (void)w, (void)e;
    return EG_OK;
}

static const eg__watch_type forward_type = {
    .name = "forward",
    .applied = heard,
    .settled = settled,
    .assigned = assigned,
};

/* ---- opening and asking --------------------------------------------------------------------- */

static void close_forward(eg_scope *scope)
{
    forward *f = scope->env;

    eg__watch_end(&f->watch);
    forget(f);
    eg__free(f->pairs, sizeof *f->pairs * (size_t)f->capacity);
    eg__free(f, sizeof *f);
}

eg_scope *eg_forward_open(void)
{
    eg_scope *scope = eg__scope_open(EG__PLAIN_SCOPE);

    if (eg__scope_is_inert(scope))
        return scope;
    forward *f = eg__alloc_zero(sizeof *f);
    if (!f) {
        eg__fail_memory("eg_forward_open", sizeof *f);
        return scope;
    }
    f->watch.type = &forward_type;
    f->sweep_at = 64;
    scope->env = f;
    scope->on_close = close_forward;
    eg__watch_begin(&f->watch);
    return scope;
}

static const char *unfit(const eg_tensor *x)
{
    if (!x)
        return "NULL";
    if (x->kind > EG__SYMBOL)
        return x->kind == EG__SPENT ? "spent" : "no tensor";
    return is_floating(x) ? NULL : eg_dtype_name(x->spec.dtype);
}

eg_status eg_set_tangent(eg_tensor *x, eg_tensor *tangent)
{
    static const char op[] = "eg_set_tangent";
    char a[EG__SPEC_TEXT], b[EG__SPEC_TEXT];
    forward *f = forward_after(NULL);

    if (eg__me.failed)
        return eg__me.failed;
    if (!f)
        return eg__fail(EG_STATE, op, "forward mode is not on; write EG_FORWARD; before");
    if (unfit(x) || unfit(tangent))
        return eg__fail(EG_INVALID, op, "%s is %s; only floating-point tensors have tangents",
            unfit(x) ? "x" : "the tangent", unfit(x) ? unfit(x) : unfit(tangent));
    if (!eg__specs_agree(x, tangent))
        return eg__fail(EG_INVALID, op, "x is %s, its tangent %s; they must agree",
            eg__spec_text(&x->spec, a), eg__spec_text(&tangent->spec, b));
    return keep(f, x, tangent);
}

static eg_tensor *find(const forward *f, eg_tensor *y)
{
    eg_tensor *part[EG__MAX_PARTS];

    if (y && y->kind == EG__TUPLE) {
        for (int i = 0; i < y->tuple.n; i++)
            part[i] = find(f, y->tuple.part[i]);
        return eg__me.failed ? NULL : eg_tuple_of(y->tuple.n, part);
    }
    if (unfit(y))
        return eg__fail_null(EG_INVALID, "eg_tangent",
            "it is asked of what is %s; only floating-point tensors have tangents", unfit(y));
    eg_tensor *tangent = tangent_of(f, y);
    return tangent ? eg_identity(tangent) : eg__full_like(y, 0);
}

eg_tensor *eg_tangent(eg_tensor *y)
{
    const forward *f = forward_after(NULL);

    if (eg__me.failed)
        return NULL;
    if (!f)
        return eg__fail_null(EG_STATE, "eg_tangent",
            "forward mode is not on; write EG_FORWARD; before what is to be differentiated");
    return find(f, y);
}
