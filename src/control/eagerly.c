/* Loops that run at once, a body after the other.
 *
 * Variables are held by the loop itself: what a step leaves behind is freed before the next.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "control/control.h"
#include "op/watch.h"
#include "ops/compose.h"
#include "tensor/scope.h"
#include <eagre/ops.h>
#include <eagre/variable.h>

typedef struct looping {
    const eg__loop_call *c;
    eg_tensor *now[EG__MAX_IN]; /* the variables, each with an owner */
    eg_tensor **kept;           /* of all steps, those of one result side by side; owned */
    int n_kept;
} looping;

/* ---- steps ---------------------------------------------------------------------------------- */

eg_status eg__condition_assigns(const char *op, const eg_tensor *variable)
{
    return eg__fail(EG_INVALID, op,
        "the condition assigns variable \"%s\"; let the step do that, and carry what the "
        "condition needs",
        eg_variable_name(variable));
}

/* A condition is watched, for what it must not do. */
typedef struct asking {
    eg__watch watch;
    const char *op;
} asking;

static eg_status asking_applied(eg__watch *w, const eg_event *e)
{
    (void)w, (void)e;
    return EG_OK;
}

static eg_status asking_assigned(eg__watch *w, eg_tensor *variable, eg_tensor *value)
{
    (void)value;
    return eg__condition_assigns(((asking *)w)->op, variable);
}

static const eg__watch_type asking_type = {
    .name = "condition",
    .applied = asking_applied,
    .assigned = asking_assigned,
};

static bool goes_on(const looping *l)
{
    const eg__loop_call *c = l->c;
    asking a = {.watch.type = &asking_type, .op = c->op};

    if (!c->go_on)
        return true;
    eg_scope *scope = eg_scope_open();
    eg__watch_begin(&a.watch);
    eg_tensor *yes = c->go_on(c->n, l->now, c->env);
    eg__watch_end(&a.watch);
    eg__me.site = c->site;
    bool goes = eg_true(eg__only(c->op, "the condition", yes, EG_BOOL));
    eg_scope_close(scope);
    return goes;
}

/* A row without its first axis. */
static eg_tensor *row(eg_tensor *x, int64_t t)
{
    return eg_reshape(eg__along(x, 0, t, 1, 1), eg_rank(x) - 1, x->spec.dims + 1);
}

static eg_tensor *call_step(const looping *l, int64_t t)
{
    const eg__loop_call *c = l->c;
    eg_tensor *in[2 * EG__MAX_IN + 1];
    int n = 0;

    if (c->numbers)
        in[n++] = eg_scalar_int(EG_INT64, t);
    for (int i = 0; i < c->n; i++)
        in[n++] = l->now[i];
    for (int i = 0; i < c->n_rows; i++)
        in[n++] = row(c->rows[i], t);
    eg_tensor *y = eg__me.failed ? NULL : c->step(n, in, c->env);
    eg__me.site = c->site;
    return y;
}

/* One more owner of x, a value: of a variable what it holds. */
static eg_tensor *hold(eg_tensor *x)
{
    return x->kind == EG__VARIABLE ? eg__ref(eg_value(x)) : eg__ref(x);
}

/* How much is kept of each step the first one says. */
static bool make_room(looping *l, int n)
{
    const eg__loop_call *c = l->c;

    l->n_kept = c->keeps ? n - c->n : 0;
    if (l->n_kept <= 0)
        return true;
    l->kept = eg__alloc_zero(sizeof *l->kept * (size_t)c->most * (size_t)l->n_kept);
    return l->kept || eg__fail_memory(c->op, sizeof *l->kept * (size_t)c->most) == EG_OK;
}

static bool fits(const looping *l, int n, eg_tensor *const result[])
{
    const eg__loop_call *c = l->c;

    if (n != c->n + l->n_kept)
        return eg__fail(EG_INVALID, c->op, "a step returned %d tensors; there are %d variables", n,
                   c->n) == EG_OK;
    for (int i = 0; i < c->n; i++)
        if (!eg__stays(c->op, "variable", i, &l->now[i]->spec, &result[i]->spec))
            return false;
    return true;
}

/* What the step returned becomes the variables, and what is kept of it. */
static void take(looping *l, int64_t t, int n, eg_tensor *const result[])
{
    const eg__loop_call *c = l->c;
    eg_tensor *held[EG__MAX_PARTS];

    for (int i = 0; i < n; i++)
        held[i] = hold(result[i]);
    for (int i = 0; i < n; i++) {
        if (i < c->n) {
            eg__unref(l->now[i]);
            l->now[i] = held[i];
        } else {
            l->kept[(int64_t)(i - c->n) * c->most + t] = held[i];
        }
    }
}

static void take_step(looping *l, int64_t t)
{
    eg_tensor *result[EG__MAX_PARTS];
    eg_scope *scope = eg_scope_open();
    int n;

    if (eg__results_of(l->c->op, call_step(l, t), &n, result) && (t > 0 || make_room(l, n)) &&
        fits(l, n, result))
        take(l, t, n, result);
    eg_scope_close(scope);
}

/* ---- the loop ------------------------------------------------------------------------------- */

static int64_t most_steps(const eg__loop_call *c)
{
    int64_t most = c->most < 0 ? INT64_MAX : c->most;
    int64_t count = c->count ? eg_item_int(c->count) : most;

    return count < most ? count : most;
}

/* What was kept of all steps as result k, along a new first axis. */
static eg_tensor *stacked(const looping *l, int k)
{
    int64_t n = l->c->most, dims[EG_MAX_RANK + 1] = {1};
    eg_tensor *const *kept = l->kept + k * n;
    eg_tensor **rows = eg__alloc(sizeof *rows * (size_t)n), *y = NULL;

    if (!rows)
        return eg__fail_memory(l->c->op, sizeof *rows * (size_t)n), NULL;
    for (int64_t t = 0; t < n; t++) {
        const eg_spec *spec = &kept[t]->spec;
        for (int i = 0; i < spec->rank && i < EG_MAX_RANK; i++)
            dims[i + 1] = spec->dims[i];
        rows[t] = eg_reshape(kept[t], spec->rank + 1, dims);
    }
    if (!eg__me.failed)
        y = eg__concat_many(n, rows);
    eg__free(rows, sizeof *rows * (size_t)n);
    return y;
}

static eg_tensor *finish(looping *l)
{
    const eg__loop_call *c = l->c;
    eg_tensor *result[EG__MAX_PARTS];

    for (int i = 0; i < c->n; i++) {
        result[i] = l->now[i];
        if (result[i]->scope)
            eg__unref(l->now[i]);
        else
            eg__own(result[i], c->op);
        l->now[i] = NULL;
    }
    for (int k = 0; k < l->n_kept; k++)
        result[c->n + k] = stacked(l, k);
    return eg__me.failed ? NULL : eg__joined(c->n + l->n_kept, result);
}

static void let_go(looping *l)
{
    int64_t n = (int64_t)l->n_kept * l->c->most;

    for (int i = 0; i < l->c->n; i++)
        eg__unref(l->now[i]);
    for (int64_t i = 0; l->kept && i < n; i++)
        eg__unref(l->kept[i]);
    if (l->kept)
        eg__free(l->kept, sizeof *l->kept * (size_t)n);
}

eg_tensor *eg__loop_eagerly(const eg__loop_call *c)
{
    looping l = {.c = c};
    int64_t most = most_steps(c);
    eg_tensor *y = NULL;

    if (!eg__body_enter(c->op, false))
        return NULL;
    for (int i = 0; i < c->n; i++)
        l.now[i] = hold(c->in[i]);
    for (int64_t t = 0; t < most && !eg__me.failed && goes_on(&l) && !eg__me.failed; t++)
        take_step(&l, t);
    if (!eg__me.failed)
        y = finish(&l);
    eg__body_leave(false);
    let_go(&l);
    return y;
}
