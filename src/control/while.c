/* Loops that run at once, a body after the other, and the functions that are called.
 *
 * Variables are held by the loop itself: what a step leaves behind is freed before the next.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "control/control.h"
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

static bool goes_on(const looping *l)
{
    const eg__loop_call *c = l->c;

    if (!c->go_on)
        return true;
    eg_scope *scope = eg_scope_open();
    eg_tensor *yes = eg__only(c->op, "the condition", c->go_on(c->n, l->now, c->env), EG_BOOL);
    bool goes = eg_true(yes);
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
    return eg__me.failed ? NULL : c->step(n, in, c->env);
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

    for (int i = 0; i < c->n; i++)
        l.now[i] = hold(c->in[i]);
    for (int64_t t = 0; t < most && !eg__me.failed && goes_on(&l) && !eg__me.failed; t++)
        take_step(&l, t);
    if (!eg__me.failed)
        y = finish(&l);
    let_go(&l);
    return y;
}

/* ---- what is called ------------------------------------------------------------------------- */

static eg_tensor *loop(const eg__loop_call *c)
{
    const eg_spec *spec[EG__MAX_IN];
    eg_tensor *y = NULL;
    eg_scope *scope = eg_scope_open();

    /* Without a step only a recording knows what would be kept. */
    bool is_empty = c->keeps && c->most == 0;
    if (eg__specs_of(c->op, c->n, c->in, spec))
        y = !eg_executing_eagerly() || is_empty ? eg__loop_staged(c) : eg__loop_eagerly(c);
    y = eg_give(y);
    eg_scope_close(scope);
    return y;
}

static bool is_body(const char *op, const char *what, eg_body body)
{
    if (!eg__me.failed && !body)
        eg__fail(EG_INVALID, op, "%s is NULL", what);
    return !eg__me.failed;
}

eg_tensor *eg_while_with(eg_body go_on, eg_body step, void *env, int n, eg_tensor *const in[],
    const eg_while_attrs *attrs)
{
    static const char op[] = "eg_while";
    eg_while_attrs all;

    if (eg__me.failed || !eg__attrs_complete(&all, sizeof all, attrs, op) ||
        !is_body(op, "the condition", go_on) || !is_body(op, "the step", step) ||
        !eg__arguments_fit(op, n, 1, in))
        return NULL;
    if (all.most < 0)
        return eg__fail_null(EG_INVALID, op, "%lld steps at most", (long long)all.most);
    eg__loop_call c = {.op = op, .go_on = go_on, .step = step, .env = env, .n = n, .in = in};
    c.most = all.most > 0 ? all.most : -1;
    return loop(&c);
}

eg_tensor *eg_while(eg_body go_on, eg_body step, void *env, int n, eg_tensor *const in[])
{
    return eg_while_with(go_on, step, env, n, in, NULL);
}

eg_tensor *eg_for(eg_tensor *count, eg_body step, void *env, int n, eg_tensor *const in[])
{
    static const char op[] = "eg_for";
    eg__loop_call c = {.op = op, .step = step, .env = env, .n = n, .in = in, .most = -1};

    if (!is_body(op, "the step", step) || !eg__arguments_fit(op, n, 1, in))
        return NULL;
    eg_scope *scope = eg_scope_open();
    c.count = eg__only(op, "count", count, EG_INT64);
    c.numbers = true;
    eg_tensor *y = c.count ? eg_give(loop(&c)) : NULL;
    eg_scope_close(scope);
    return y;
}

/* ---- scan ----------------------------------------------------------------------------------- */

/* How many steps there are; -1, reported, where rows disagree. */
static int64_t length_of(const char *op, int n, eg_tensor *const rows[], const eg_scan_attrs *attrs)
{
    int64_t length = attrs->length;

    for (int i = 0; i < n && !eg__me.failed; i++) {
        if (eg_rank(rows[i]) < 1)
            eg__fail(EG_INVALID, op, "rows %d have no axis to walk along", i);
        else if (i > 0 && eg_dim(rows[i], 0) != length)
            eg__fail(EG_INVALID, op, "rows %d are %lld, rows 0 are %lld", i,
                (long long)eg_dim(rows[i], 0), (long long)length);
        else
            length = eg_dim(rows[i], 0);
    }
    if (length < 0 && !eg__me.failed)
        eg__fail(EG_INVALID, op, "a length of %lld", (long long)length);
    return eg__me.failed ? -1 : length;
}

static eg_tensor *flipped(eg_tensor *x)
{
    eg_flip_attrs first = {.size = sizeof first, .axes = {1, {0}}};
    return eg_flip_with(x, &first);
}

/* Rows in the other order, a loop, and what it kept in the other order again. */
static eg_tensor *scan(const eg__loop_call *c, bool reverse)
{
    eg_tensor *rows[EG__MAX_IN], *result[EG__MAX_PARTS];
    int n;

    if (!reverse)
        return loop(c);
    for (int i = 0; i < c->n_rows; i++)
        rows[i] = flipped(c->rows[i]);
    eg__loop_call turned = *c;
    turned.rows = rows;
    eg_tensor *y = eg__me.failed ? NULL : loop(&turned);
    if (!y || !eg__results_of(c->op, y, &n, result))
        return NULL;
    for (int i = c->n; i < n; i++)
        result[i] = flipped(result[i]);
    return eg__me.failed ? NULL : eg__joined(n, result);
}

eg_tensor *eg_scan_with(eg_body step, void *env, int n_state, int n, eg_tensor *const in[],
    const eg_scan_attrs *attrs)
{
    static const char op[] = "eg_scan";
    eg__loop_call c = {.op = op, .step = step, .env = env, .n = n_state, .in = in};
    eg_scan_attrs all;

    if (eg__me.failed || !eg__attrs_complete(&all, sizeof all, attrs, op) ||
        !is_body(op, "the step", step) || !eg__arguments_fit(op, n, 1, in))
        return NULL;
    if (n_state < 0 || n_state > n)
        return eg__fail_null(EG_INVALID, op, "%d of %d tensors as state", n_state, n);
    c.n_rows = n - n_state;
    c.rows = in + n_state;
    c.keeps = true;
    c.most = length_of(op, c.n_rows, c.rows, &all);
    eg_scope *scope = eg_scope_open();
    eg_tensor *y = c.most < 0 ? NULL : eg_give(scan(&c, all.reverse));
    eg_scope_close(scope);
    return y;
}

eg_tensor *eg_scan(eg_body step, void *env, int n_state, int n, eg_tensor *const in[])
{
    return eg_scan_with(step, env, n_state, n, in, NULL);
}
