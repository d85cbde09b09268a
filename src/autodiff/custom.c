/* Gradients of the user's own, and results that are computed again instead of kept.
 *
 * A rule's forward body runs unseen by tapes; what it returns goes through the operation
 * WithGradient, a view of its first inputs, the results, that has the arguments as further inputs,
 * and whose gradient is the rule's. So tapes, functions and graphs treat a rule like any other
 * operation.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/forward.h"
#include "autodiff/tape.h"
#include "ops/sized.h"
#include <eagre/function.h>
#include <eagre/ops.h>
#include <string.h>

static const char op_name[] = "eg_custom_gradient";

typedef struct with_gradient {
    size_t size;
    const char *name;
    eg_body forward;
    eg_rule_backward backward; /* NULL: compute forward again, on a tape */
    void *env;
    const char *file; /* where the rule was applied */
    int line;
    int n_out;
    bool is_tuple; /* forward returned one, if only of one part */
} with_gradient;

static const eg_attr fields[] = {
    EG__ATTR(with_gradient, HOST, forward),
    EG__ATTR(with_gradient, HOST, backward),
    EG__ATTR(with_gradient, HOST, env),
    EG__ATTR(with_gradient, INT, n_out),
    {0},
};

/* ---- backward ------------------------------------------------------------------------------- */

static eg_status refuse(const with_gradient *rule, const char *what, int i)
{
    return eg__fail(EG_INVALID, rule->name, "applied at %s:%d: gradient %d %s",
        rule->file ? rule->file : "?", rule->line, i, what);
}

/* The handle that stands where there is no gradient. */
static eg_tensor *none(void)
{
    eg_tensor *x = eg__handle_new(EG__NONE, op_name);

    if (x)
        x->spec = (eg_spec){0};
    return eg__own(x, op_name);
}

eg_tensor *eg__rule_sees(bool is_tuple, int n, eg_tensor *const part[])
{
    eg_tensor *all[EG__MAX_PARTS];

    if (!is_tuple)
        return part[0];
    for (int i = 0; i < n; i++)
        all[i] = part[i] ? part[i] : none();
    return eg_tuple_of(n, all);
}

static eg_status take_gradient(const with_gradient *rule, eg_backward *b, int i, eg_tensor *dx)
{
    char got[EG__SPEC_TEXT], want[EG__SPEC_TEXT], what[4 * EG__SPEC_TEXT];
    const eg_tensor *x = b->x[b->n_out + i];

    if (!dx || dx->kind == EG__NONE)
        return EG_OK;
    if (dx->kind > EG__SYMBOL)
        return refuse(rule, dx->kind == EG__TUPLE ? "is a tuple, not one tensor" : "is spent", i);
    b->dx[b->n_out + i] = dx;
    if (eg__specs_agree(dx, x))
        return EG_OK;
    snprintf(what, sizeof what, "is %s, its argument %s; they must agree",
        eg__spec_text(&dx->spec, got), eg__spec_text(&x->spec, want));
    return refuse(rule, what, i);
}

static eg_status call_rule(const with_gradient *rule, eg_backward *b)
{
    int n = b->n_in - b->n_out;
    eg_tensor *dx[EG__MAX_IN] = {NULL};
    eg_tensor *y = eg__rule_sees(rule->is_tuple, b->n_out, b->y);
    eg_tensor *dy = eg__rule_sees(rule->is_tuple, b->n_out, b->dy);
    eg_rule_call call = {n, b->x + b->n_out, y, dy, dx, rule->env};

    if (eg__me.failed)
        return eg__me.failed;
    eg_status status = rule->backward(&call);
    if (status != EG_OK && !eg__me.failed)
        eg__fail(status, rule->name,
            "applied at %s:%d: its backward function failed without an error",
            rule->file ? rule->file : "?", rule->line);
    for (int i = 0; i < n && !eg__me.failed; i++)
        take_gradient(rule, b, i, dx[i]);
    for (int i = n; i < EG__MAX_IN && !eg__me.failed; i++)
        if (dx[i])
            refuse(rule, "was filled in, but the rule has fewer arguments", i);
    return eg__me.failed;
}

/* The arguments somebody wants a gradient of. */
static int find_wanted(const eg_backward *b, eg_tensor *source[], int at[])
{
    int n = 0;

    for (int i = b->n_out; i < b->n_in; i++) {
        if (!b->wanted[i])
            continue;
        source[n] = b->x[i];
        at[n++] = i;
    }
    return n;
}

/* What was computed again as one target, with the gradient that came in for it; false where it is
 * not what was computed before. */
static bool match_results(const with_gradient *rule, const eg_backward *b, eg_tensor *y,
    eg_tensor **target, eg_tensor **start)
{
    eg_tensor *part[EG__MAX_PARTS], *from[EG__MAX_PARTS];
    int n = 0, n_again = y && y->kind == EG__TUPLE ? y->tuple.n : 1;
    bool same = y && n_again == b->n_out;

    for (int i = 0; same && i < b->n_out; i++) {
        part[n] = y->kind == EG__TUPLE ? y->tuple.part[i] : y;
        same = part[n]->kind <= EG__SYMBOL && eg__specs_agree(part[n], b->y[i]);
        from[n] = b->dy[i];
        n += from[n] != NULL;
    }
    if (!same && !eg__me.failed)
        eg__fail(EG_INVALID, rule->name,
            "applied at %s:%d: the body computed something else when it ran again",
            rule->file ? rule->file : "?", rule->line);
    *target = n > 0 ? eg_tuple_of(n, part) : NULL;
    *start = n > 0 ? eg_tuple_of(n, from) : NULL;
    return !eg__me.failed && n > 0;
}

static eg_status compute_again(const with_gradient *rule, eg_backward *b)
{
    eg_tape_attrs only = {.size = sizeof only, .only_watched = true};
    eg_gradient_attrs from = {.size = sizeof from, .unconnected_none = true};
    eg_tensor *source[EG__MAX_IN], *found[EG__MAX_IN], *target;
    int at[EG__MAX_IN], n = find_wanted(b, source, at);
    eg_scope *tape = eg_tape_open(&only);

    for (int i = 0; i < n; i++)
        eg_watch(source[i]);
    eg_tensor *y = rule->forward(b->n_in - b->n_out, b->x + b->n_out, rule->env);
    if (n > 0 && match_results(rule, b, y, &target, &from.target_gradient) &&
        eg_gradient_with(target, n, source, found, &from) == EG_OK)
        for (int i = 0; i < n; i++)
            b->dx[at[i]] = found[i]->kind == EG__NONE ? NULL : eg_give(found[i]);
    eg_scope_close(tape);
    return eg__me.failed;
}

static eg_status backward(eg_backward *b)
{
    const with_gradient *rule = b->attrs;
    eg_site site = eg__me.site;
    eg_status status = rule->backward ? call_rule(rule, b) : compute_again(rule, b);

    eg__me.site = site; /* what was noted in the rule is not where the gradient was asked for */
    return status;
}

static int count_results(const void *attrs)
{
    return ((const with_gradient *)attrs)->n_out;
}

static eg_status infer(eg_shapes *s)
{
    for (int i = 0; i < eg__n_out(s->op, s->attrs); i++)
        *s->out[i] = *s->in[i];
    return EG_OK;
}

static const eg_opdef op_with_gradient = {
    .name = "WithGradient",
    .in = {"y"},
    .variadic = true,
    .count_out = count_results,
    .traits = EG__VIEW | EG__ALIAS,
    .attrs = fields,
    .attrs_size = sizeof(with_gradient),
    .infer = infer,
    .grad = backward,
};

/* ---- forward -------------------------------------------------------------------------------- */

/* The results of a body as a list; their number, 0 after an error. */
static int results_of(eg_tensor *y, const char *name, eg_tensor *all[])
{
    int n = y && y->kind == EG__TUPLE ? y->tuple.n : 1;

    if (eg__me.failed)
        return 0;
    if (!y)
        return eg__fail(EG_INVALID, name, "the forward body returned NULL"), 0;
    for (int i = 0; i < n; i++) {
        all[i] = y->kind == EG__TUPLE ? y->tuple.part[i] : y;
        if (all[i]->kind > EG__SYMBOL)
            return eg__fail(EG_INVALID, name, "result %d of the forward body is no tensor", i), 0;
    }
    return n;
}

/* Runs the body unseen by those who differentiate. */
static eg_tensor *run_unseen(const with_gradient *rule, int n, eg_tensor *const in[])
{
    eg__tapes_pause(1);
    eg__forwards_pause(1);
    eg_tensor *y = rule->forward(n, in, rule->env);
    eg__forwards_pause(-1);
    eg__tapes_pause(-1);
    return y;
}

static eg_tensor *apply(with_gradient *rule, int n, eg_tensor *const in[])
{
    eg_tensor *all[EG__MAX_PARTS + EG__MAX_IN], *result = NULL;
    eg_scope *scope = eg_scope_open();

    rule->size = sizeof *rule;
    rule->file = eg__me.site.file;
    rule->line = eg__me.site.line;
    eg_tensor *y = run_unseen(rule, n, in);
    int n_out = results_of(y, rule->name, all);
    if (n_out > 0) {
        rule->is_tuple = y->kind == EG__TUPLE;
        rule->n_out = n_out;
        memcpy(all + n_out, in, sizeof *in * (size_t)n);
        result = eg_apply(&op_with_gradient, rule, n_out + n, all);
        if (rule->is_tuple && n_out == 1)
            result = eg_tuple_of(1, &result);
    }
    eg_give(result);
    eg_scope_close(scope);
    return eg__me.failed ? NULL : result;
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
    if (!eg__me.failed && (!rule || !rule->backward))
        return eg__fail_null(EG_INVALID, op_name, "the %s is NULL",
            rule ? "backward function" : "rule");
    if (!arguments_fit(op_name, rule ? rule->forward : NULL, n, in))
        return NULL;
    with_gradient all = {.name = rule->name ? rule->name : op_name,
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
