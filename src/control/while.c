/* eg_while, eg_for, eg_scan, eg_fold, eg_map: what was asked for as a loop.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"
#include "ops/compose.h"
#include <eagre/ops.h>

/* Without a step only a recording knows what would be kept; what a gradient keeps, it decides. */
static bool is_staged(const eg__loop_call *c)
{
    return !eg_executing_eagerly() || (c->keeps && c->most == 0) || c->recompute ||
        c->most_kept > 0;
}

static eg_tensor *loop(const eg__loop_call *given)
{
    const eg_spec *spec[EG__MAX_IN];
    eg_tensor *y = NULL;
    eg_scope *scope = eg_scope_open();
    eg__loop_call call = *given, *c = &call;

    c->site = eg__me.site;
    if (c->most_kept < 0)
        eg__fail(EG_INVALID, c->op, "%lld bytes kept at most", (long long)c->most_kept);
    if (!eg__me.failed && eg__specs_of(c->op, c->n, c->in, spec))
        y = is_staged(c) ? eg__loop_staged(c) : eg__loop_eagerly(c);
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
    c.recompute = all.recompute;
    c.most_kept = all.most_kept;
    return loop(&c);
}

eg_tensor *eg_while(eg_body go_on, eg_body step, void *env, int n, eg_tensor *const in[])
{
    return eg_while_with(go_on, step, env, n, in, NULL);
}

eg_tensor *eg_for_with(eg_tensor *count, eg_body step, void *env, int n, eg_tensor *const in[],
    const eg_for_attrs *attrs)
{
    static const char op[] = "eg_for";
    eg__loop_call c = {.op = op, .step = step, .env = env, .n = n, .in = in, .most = -1};
    eg_for_attrs all;

    if (eg__me.failed || !eg__attrs_complete(&all, sizeof all, attrs, op) ||
        !is_body(op, "the step", step) || !eg__arguments_fit(op, n, 1, in))
        return NULL;
    eg_scope *scope = eg_scope_open();
    c.count = eg__only(op, "count", count, EG_INT64);
    c.numbers = true;
    c.recompute = all.recompute;
    c.most_kept = all.most_kept;
    eg_tensor *y = c.count ? eg_give(loop(&c)) : NULL;
    eg_scope_close(scope);
    return y;
}

eg_tensor *eg_for(eg_tensor *count, eg_body step, void *env, int n, eg_tensor *const in[])
{
    return eg_for_with(count, step, env, n, in, NULL);
}

/* ---- rows ----------------------------------------------------------------------------------- */

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

/* A loop over rows. `op`: as `c` has it, whose other fields are what is asked for. */
static eg_tensor *walk(eg__loop_call *c, int n_state, int n, eg_tensor *const in[],
    const eg_scan_attrs *attrs)
{
    eg_scan_attrs all;

    if (eg__me.failed || !eg__attrs_complete(&all, sizeof all, attrs, c->op) ||
        !is_body(c->op, "the step", c->step) || !eg__arguments_fit(c->op, n, 1, in))
        return NULL;
    if (n_state < (c->keeps ? 0 : 1) || n_state > n)
        return eg__fail_null(EG_INVALID, c->op, "%d of %d tensors as state", n_state, n);
    c->n = n_state;
    c->in = in;
    c->n_rows = n - n_state;
    c->rows = in + n_state;
    c->recompute = all.recompute;
    c->most_kept = all.most_kept;
    c->most = length_of(c->op, c->n_rows, c->rows, &all);
    eg_scope *scope = eg_scope_open();
    eg_tensor *y = c->most < 0 ? NULL : eg_give(scan(c, all.reverse));
    eg_scope_close(scope);
    return y;
}

eg_tensor *eg_scan_with(eg_body step, void *env, int n_state, int n, eg_tensor *const in[],
    const eg_scan_attrs *attrs)
{
    eg__loop_call c = {.op = "eg_scan", .step = step, .env = env, .keeps = true};
    return walk(&c, n_state, n, in, attrs);
}

eg_tensor *eg_scan(eg_body step, void *env, int n_state, int n, eg_tensor *const in[])
{
    return eg_scan_with(step, env, n_state, n, in, NULL);
}

eg_tensor *eg_fold_with(eg_body step, void *env, int n_state, int n, eg_tensor *const in[],
    const eg_scan_attrs *attrs)
{
    eg__loop_call c = {.op = "eg_fold", .step = step, .env = env};
    return walk(&c, n_state, n, in, attrs);
}

eg_tensor *eg_fold(eg_body step, void *env, int n_state, int n, eg_tensor *const in[])
{
    return eg_fold_with(step, env, n_state, n, in, NULL);
}

eg_tensor *eg_map(eg_body body, void *env, int n, eg_tensor *const in[])
{
    eg__loop_call c = {.op = "eg_map", .step = body, .env = env, .keeps = true};
    return walk(&c, 0, n, in, NULL);
}
