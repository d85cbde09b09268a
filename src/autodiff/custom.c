/* Gradients of the user's own, and results that are computed again instead of kept.
 *
 * A rule's forward body runs unseen by tapes; what it returns goes through the operation
 * WithGradient, a view of its first input that has the arguments as further inputs, and whose
 * gradient is the rule's. So tapes, functions and graphs treat a rule like any other operation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/forward.h"
#include "autodiff/tape.h"
#include <eagre/function.h>
#include <eagre/ops.h>

typedef struct with_gradient {
    size_t size;
    const char *name;
    eg_body forward;
    eg_rule_backward backward; /* NULL: compute forward again, on a tape */
    void *env;
    const char *file; /* where the rule was applied */
    int line;
} with_gradient;

static const eg_attr fields[] = {
    EG__ATTR(with_gradient, HOST, forward),
    EG__ATTR(with_gradient, HOST, backward),
    EG__ATTR(with_gradient, HOST, env),
    {0},
};

/* ---- backward ------------------------------------------------------------------------------- */

static eg_status refuse(const with_gradient *rule, const char *what, int i)
{
    return eg__fail(EG_INVALID, rule->name, "applied at %s:%d: gradient %d %s",
        rule->file ? rule->file : "?", rule->line, i, what);
}

static eg_status check_gradients(const with_gradient *rule, const eg_backward *b)
{
    for (int i = 1; i < b->n_in; i++) {
        char got[EG__SPEC_TEXT], want[EG__SPEC_TEXT], what[4 * EG__SPEC_TEXT];
        if (!b->dx[i] || eg__same_spec(&b->dx[i]->spec, &b->x[i]->spec))
            continue;
        snprintf(what, sizeof what, "is %s, its argument %s; they must agree",
            eg__spec_text(&b->dx[i]->spec, got), eg__spec_text(&b->x[i]->spec, want));
        return refuse(rule, what, i - 1);
    }
    return EG_OK;
}

static eg_status call_rule(const with_gradient *rule, eg_backward *b)
{
    eg_rule_call call = {b->n_in - 1, b->x + 1, b->y[0], b->dy[0], b->dx + 1, rule->env};
    eg_status status = rule->backward(&call);

    if (status != EG_OK && !eg__me.failed)
        return eg__fail(status, rule->name, "its backward function failed without an error");
    return eg__me.failed ? eg__me.failed : check_gradients(rule, b);
}

/* The arguments somebody wants a gradient of. */
static int find_wanted(const eg_backward *b, eg_tensor *source[], int at[])
{
    int n = 0;

    for (int i = 1; i < b->n_in; i++) {
        if (!b->wanted[i])
            continue;
        source[n] = b->x[i];
        at[n++] = i;
    }
    return n;
}

static eg_status compute_again(const with_gradient *rule, eg_backward *b)
{
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    eg_gradient_attrs from = {.size = sizeof from, .target_gradient = b->dy[0]};
    eg_tensor *source[EG__MAX_IN], *found[EG__MAX_IN];
    int at[EG__MAX_IN], n = find_wanted(b, source, at);
    eg_scope *tape = eg_tape_open(&only);

    for (int i = 0; i < n; i++)
        eg_watch(source[i]);
    eg_tensor *y = rule->forward(b->n_in - 1, b->x + 1, rule->env);
    if (n > 0)
        eg_gradient_with(y, n, source, found, &from);
    for (int i = 0; i < n && !eg__me.failed; i++)
        b->dx[at[i]] = eg_give(found[i]);
    eg_scope_close(tape);
    return eg__me.failed;
}

static eg_status backward(eg_backward *b)
{
    const with_gradient *rule = b->attrs;
    return rule->backward ? call_rule(rule, b) : compute_again(rule, b);
}

static eg_status infer(eg_shapes *s)
{
    *s->out[0] = *s->in[0];
    return EG_OK;
}

static const eg_opdef op_with_gradient = {
    .name = "WithGradient",
    .in = {"y"},
    .variadic = true,
    .traits = EG__VIEW | EG__ALIAS,
    .attrs = fields,
    .attrs_size = sizeof(with_gradient),
    .infer = infer,
    .grad = backward,
};

/* ---- forward -------------------------------------------------------------------------------- */

static bool is_one_tensor(const eg_tensor *y, const char *name)
{
    if (y && y->kind <= EG__SYMBOL)
        return true;
    if (!eg__me.failed)
        eg__fail(EG_INVALID, name, "the forward body returned %s, not one tensor",
            y ? "a tuple" : "NULL");
    return false;
}

static eg_tensor *apply(with_gradient *rule, int n, eg_tensor *const in[])
{
    eg_tensor *all[EG__MAX_IN], *result = NULL;
    eg_scope *scope = eg_scope_open();

    rule->size = sizeof *rule;
    rule->file = eg__me.site.file;
    rule->line = eg__me.site.line;
    eg__tapes_pause(1);
    eg__forwards_pause(1);
    eg_tensor *y = rule->forward(n, in, rule->env);
    eg__forwards_pause(-1);
    eg__tapes_pause(-1);
    if (is_one_tensor(y, rule->name)) {
        all[0] = y;
        for (int i = 0; i < n; i++)
            all[i + 1] = in[i];
        result = eg_give(eg_apply(&op_with_gradient, rule, n + 1, all));
    }
    eg_scope_close(scope);
    return result;
}

static bool arguments_fit(const char *name, eg_body forward, int n, eg_tensor *const in[])
{
    if (eg__me.failed)
        return false;
    if (!forward)
        eg__fail(EG_INVALID, name, "the forward body is NULL");
    else if (n < 1 || n >= EG__MAX_IN || !in)
        eg__fail(EG_INVALID, name, "%d arguments; it takes 1 to %d", n, EG__MAX_IN - 1);
    for (int i = 0; !eg__me.failed && i < n; i++)
        if (!in[i])
            eg__fail(EG_INVALID, name, "argument %d is NULL", i);
    return !eg__me.failed;
}

eg_tensor *eg_custom_gradient(const eg_rule *rule, int n, eg_tensor *const in[])
{
    static const char op[] = "eg_custom_gradient";

    if (!eg__me.failed && (!rule || !rule->backward))
        return eg__fail_null(EG_INVALID, op, "the %s is NULL", rule ? "backward function" : "rule");
    if (!arguments_fit(op, rule ? rule->forward : NULL, n, in))
        return NULL;
    with_gradient all = {.name = rule->name ? rule->name : op,
        .forward = rule->forward,
        .backward = rule->backward,
        .env = rule->env};
    return apply(&all, n, in);
}

eg_tensor *eg_recompute(eg_body body, void *env, int n, eg_tensor *const in[])
{
    static const char op[] = "eg_recompute";
    with_gradient all = {.name = op, .forward = body, .env = env};

    return arguments_fit(op, body, n, in) ? apply(&all, n, in) : NULL;
}
