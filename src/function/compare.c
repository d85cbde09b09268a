/* Comparing a trace with its body.
 *
 * The path's segments are compiled once more, with every value as a result, and run; then the body
 * runs eagerly under a watcher that compares what it does, operation by operation, with the path.
 * If all of them agree and the call's results do not, the planned graph is at fault where it keeps
 * less: then each value is computed alone, as passes and plan would have it, until one differs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/compare.h"
#include "base/attrs.h"
#include "base/memory.h"
#include "function/host.h"
#include "op/effect.h"
#include "pass/pass.h"
#include "tensor/scope.h"

static const char op_name[] = "eg_function_compare";

enum { MOST_ALONE = 512 }; /* values that are computed alone */

/* An operation of the path. */
typedef struct step {
    const eg__segment *segment;
    int node, first; /* its results' place among all values */
} step;

typedef struct comparing {
    eg__watch watch;
    eg_function *function;
    const eg__key *key;
    eg_comparison *c;
    const eg__segment **path; /* by depth */
    int n_path;
    step *steps;
    int n_steps, steps_capacity, next;
    int segment, assignment;   /* the assignment that comes next */
    eg_tensor **graph, **body; /* by value, owned */
    int n_values, values_capacity, body_capacity;
    eg_tensor *held[EG__MAX_PARTS]; /* what the call gives, borrowed */
    bool only_results;              /* differ, and nothing before */
} comparing;

static bool out_of_memory(size_t size)
{
    eg__fail_memory(op_name, size);
    return false;
}

/* ---- values of the path ---------------------------------------------------------------------- */

static const step *step_of(const comparing *x, const eg__value *v)
{
    int low = 0, high = x->n_steps - 1;

    while (low < high) { /* steps are in order of depth and node */
        int middle = (low + high) / 2;
        const step *s = &x->steps[middle];
        bool before = s->segment->depth < v->segment->depth ||
            (s->segment->depth == v->segment->depth && s->node < (int)v->ref.node);
        if (before)
            low = middle + 1;
        else
            high = middle;
    }
    return &x->steps[low];
}

/* The graph's value, with one more owner; NULL after an error. */
static eg_tensor *value_of(const comparing *x, const eg__value *v)
{
    if (!v->segment)
        return v->tensor->kind == EG__VARIABLE ? eg__variable_now(v->tensor) : eg__ref(v->tensor);
    const eg_graph *graph = v->segment->graph;
    if (graph->nodes[v->ref.node].op == &eg_op_placeholder) {
        int i = 0;
        while (graph->inputs[i] != v->ref.node)
            i++;
        return eg__ref(x->key->args[i]);
    }
    return eg__ref(x->graph[step_of(x, v)->first + (int)v->ref.result]);
}

/* ---- the graph with every value -------------------------------------------------------------- */

static bool add_value(comparing *x, eg_tensor *value)
{
    if (!eg__reserve(&x->graph, sizeof *x->graph, x->n_values, &x->values_capacity) ||
        !eg__reserve(&x->body, sizeof *x->body, x->n_values, &x->body_capacity)) {
        eg__unref(value);
        return out_of_memory(sizeof value);
    }
    x->body[x->n_values] = NULL;
    x->graph[x->n_values++] = value;
    return true;
}

static bool add_step(comparing *x, const eg__segment *s, int node)
{
    if (!eg__reserve(&x->steps, sizeof *x->steps, x->n_steps, &x->steps_capacity))
        return out_of_memory(sizeof *x->steps);
    x->steps[x->n_steps++] = (step){s, node, x->n_values};
    return true;
}

/* A segment's plan that gives the results of one node; of all of them for node -1. */
static eg__plan *plan_of(const eg__segment *s, int node)
{
    eg_graph *graph = eg__graph_copy(s->graph);
    bool done = graph != NULL;

    for (int i = 0; done && i < s->graph->n; i++) {
        const eg_node *n = &s->graph->nodes[i];
        bool wanted = node < 0 ? !(n->op->traits & EG__SOURCE) : i == node;
        for (uint32_t k = 0; wanted && done && k < (uint32_t)n->n_out; k++)
            done = eg__graph_want(graph, (eg_ref){(uint32_t)i, k});
    }
    if (done && eg__passes_run(graph) == EG_OK)
        return eg__plan_new(graph, NULL);
    eg_graph_free(graph);
    return NULL;
}

/* Runs it on the values from before; `results` are owned by the caller. */
static bool run_plan(const comparing *x, const eg__segment *s, eg__plan *plan, eg_tensor *results[])
{
    size_t size = sizeof(eg_tensor *) * ((size_t)plan->n_inputs + 1);
    eg_tensor **in = eg__alloc_zero(size);
    eg__frames frames;
    bool done = in || out_of_memory(size);

    for (int i = 0; done && i < plan->n_inputs; i++) {
        eg__value own = {(eg__segment *)(uintptr_t)s, {s->graph->inputs[i], 0}, NULL};
        in[i] = value_of(x, s->parent ? &s->imports[i] : &own);
        done = in[i] != NULL;
    }
    eg__frames_start(&frames, plan);
    done = done && eg__plan_call(&frames, in, results) == EG_OK;
    eg__frames_end(&frames);
    for (int i = 0; in && i < plan->n_inputs; i++)
        eg__unref(in[i]);
    eg__free(in, size);
    return done;
}

/* The path's next segment becomes steps with values. */
static bool keep_values(comparing *x, const eg__segment *s, eg_tensor *const results[])
{
    int n = 0;
    bool done = true;

    for (int i = 0; i < s->graph->n; i++) {
        const eg_node *node = &s->graph->nodes[i];
        if (node->op->traits & EG__SOURCE)
            continue;
        done = done && add_step(x, s, i);
        for (int k = 0; k < node->n_out; k++, n++) {
            if (done)
                done = add_value(x, results[n]);
            else
                eg__unref(results[n]);
        }
    }
    return done;
}

static bool observe(comparing *x, const eg__segment *s)
{
    eg__plan *plan = plan_of(s, -1);

    if (!plan)
        return false;
    size_t size = sizeof(eg_tensor *) * ((size_t)plan->n_outputs + 1);
    eg_tensor **results = eg__alloc_zero(size);
    bool done = results || out_of_memory(size);
    done = done && run_plan(x, s, plan, results) && keep_values(x, s, results);
    eg__free(results, size);
    eg__plan_free(plan);
    return done;
}

static const eg__segment *child_of(const comparing *x, const eg__segment *s)
{
    if (s->end == EG__END_CALL)
        return s->callee->freed ? NULL : eg__segment_child(s, s->callee->env, s->callee->env_size);
    eg_tensor *asked = value_of(x, &s->asked);
    if (!asked)
        return NULL;
    unsigned char bit = eg__element_true(asked->spec.dtype, asked->data);
    bool truth = s->end == EG__END_TRUE;
    const eg__segment *child = truth
        ? eg__segment_child(s, &bit, 1)
        : eg__segment_child(s, asked->data, eg__dtype(asked->spec.dtype)->size);
    eg__unref(asked);
    return child;
}

/* The call took another answer than the graph that keeps all its values. */
static void question_differs(comparing *x, const eg__segment *s)
{
    const eg_node *node =
        s->asked.segment ? &s->asked.segment->graph->nodes[s->asked.ref.node] : NULL;

    eg__differ_in_kind(x->c, node ? node->op->name : "question", node ? &node->site : &s->site,
        "another answer to a question where all values are kept", "this one");
}

/* Every value of the path, as the graph has it. */
static bool observe_path(comparing *x, const eg__trace *trace)
{
    size_t size = sizeof *x->path * ((size_t)trace->n_segments + 1);
    const eg__segment *s = trace->segments[0];

    x->path = eg__alloc(size);
    if (!x->path)
        return out_of_memory(size);
    for (;;) {
        const eg__segment *asks = s;
        x->path[x->n_path++] = s;
        if (!observe(x, s))
            return false;
        if (s->end == EG__END_RETURN)
            return true;
        s = child_of(x, s);
        if (!s && !eg__me.failed)
            question_differs(x, asks);
        if (!s)
            return false;
    }
}

/* ---- the body -------------------------------------------------------------------------------- */

static const eg_node *node_of(const step *s)
{
    return &s->segment->graph->nodes[s->node];
}

/* A constant that the body made: the recording's against today's. */
static bool constants_agree(comparing *x, const step *s, const eg_event *e)
{
    const eg_node *node = node_of(s);
    char which[96];

    for (int k = 0; k < node->n_in; k++) {
        eg__value v = eg__segment_value(s->segment, node->in[k]);
        if (v.segment || v.tensor->kind != EG__VALUE || eg__same_bits(v.tensor, e->value[k]))
            continue;
        snprintf(which, sizeof which, "argument %d, which the recording took for a constant,", k);
        eg__differ_in_value(x->c, e->op->name, &eg__me.site, which, v.tensor, e->value[k]);
        return false;
    }
    return true;
}

static bool results_agree(comparing *x, const step *s, const eg_event *e)
{
    char which[32];

    for (int k = 0; k < e->n_out; k++) {
        eg_tensor *graph = x->graph[s->first + k];
        x->body[s->first + k] = eg__ref(e->out[k]);
        x->c->values++;
        if (eg__same_bits(graph, e->out[k]))
            continue;
        snprintf(which, sizeof which, "result %d", k);
        eg__differ_in_value(x->c, e->op->name, &node_of(s)->site, which, graph, e->out[k]);
        return false;
    }
    return true;
}

/* The path's next operation; NULL at its end. What a variable is read as is none of the body's. */
static const step *next_step(comparing *x)
{
    while (x->next < x->n_steps && node_of(&x->steps[x->next])->op == &eg_op_reread)
        x->next++;
    return x->next < x->n_steps ? &x->steps[x->next] : NULL;
}

static void compare_event(comparing *x, const eg_event *e)
{
    static const eg_site nowhere = {0};
    const step *s = next_step(x);
    const eg_node *node = s ? node_of(s) : NULL;

    x->next += s != NULL;
    if (!node || node->op != e->op || node->n_in != e->n_in || node->n_out != e->n_out) {
        const eg_site *site = eg__me.site.file ? &eg__me.site : node ? &node->site : &nowhere;
        eg__differ_in_kind(x->c, e->op->name, site, node ? node->op->name : "its end", e->op->name);
        return;
    }
    if (e->attrs && e->op->attrs && !eg__attrs_equal(e->op->attrs, e->attrs, node->attrs)) {
        eg__differ_in_kind(x->c, e->op->name, &eg__me.site, "other attributes", e->op->name);
        return;
    }
    if (constants_agree(x, s, e))
        results_agree(x, s, e);
}

static eg_status applied(eg__watch *w, const eg_event *e)
{
    comparing *x = (comparing *)w;

    if (x->c->same)
        compare_event(x, e);
    return EG_OK;
}

static eg_status printed(eg__watch *w, eg_tensor *value, const eg_print_attrs *attrs)
{
    int n = eg_parts(value);
    eg_event e = {.op = &eg_op_print, .n_in = n ? n : 1};
    comparing *x = (comparing *)w;
    const step *s = next_step(x);

    (void)attrs;
    if (!x->c->same || value->kind == EG__NONE)
        return EG_OK;
    if (s && node_of(s)->op == &eg_op_print && node_of(s)->n_in == e.n_in)
        x->next++;
    else
        eg__differ_in_kind(x->c, e.op->name, &eg__me.site, s ? node_of(s)->op->name : "its end",
            e.op->name);
    return EG_OK;
}

/* The path's next assignment; NULL: there is none. */
static const eg__assignment *next_assignment(comparing *x)
{
    while (x->segment < x->n_path && x->assignment == x->path[x->segment]->n_assignments) {
        x->segment++;
        x->assignment = 0;
    }
    return x->segment < x->n_path ? &x->path[x->segment]->assignments[x->assignment++] : NULL;
}

static eg_status assigned(eg__watch *w, eg_tensor *variable, eg_tensor *value)
{
    comparing *x = (comparing *)w;
    const eg__assignment *a = x->c->same ? next_assignment(x) : NULL;

    if (!x->c->same)
        return EG_OK;
    if (!a || a->variable != variable) {
        eg__differ_in_kind(x->c, "assign", &eg__me.site, a ? "another assignment" : "none",
            "an assignment");
        return EG_OK;
    }
    eg_tensor *graph = value_of(x, &a->value);
    eg_tensor *body = value->kind == EG__VARIABLE ? eg__variable_now(value) : eg__ref(value);
    if (graph && body && !eg__same_bits(graph, body))
        eg__differ_in_value(x->c, "assign", &eg__me.site, "the value", graph, body);
    eg__unref(graph);
    eg__unref(body);
    return eg__me.failed;
}

static const eg__watch_type comparing_type = {
    .name = "comparison",
    .applied = applied,
    .assigned = assigned,
    .printed = printed,
};

static bool freshen(const eg__key *key, eg_tensor *fresh[])
{
    for (int i = 0; i < key->n; i++) {
        eg_tensor *x = key->args[i];
        fresh[i] = x->kind == EG__VARIABLE ? x : eg__own(eg__alias(x, op_name), op_name);
        if (!fresh[i])
            return false;
    }
    return true;
}

/* Whether a returned value is what the call of the graph gave. */
static void compare_result(comparing *x, int i, eg_tensor *y)
{
    const eg__value *v = &x->path[x->n_path - 1]->results[i];
    const eg_node *node = v->segment ? &v->segment->graph->nodes[v->ref.node] : NULL;
    const eg_site *site = node ? &node->site : &x->path[x->n_path - 1]->site;
    eg_tensor *body = y->kind == EG__VARIABLE ? eg__variable_now(y) : eg__ref(y);

    x->only_results = body && !eg__same_bits(x->held[i], body);
    if (x->only_results)
        eg__differ_in_value(x->c, node ? node->op->name : "return", site, "what is returned",
            x->held[i], body);
    eg__unref(body);
}

/* Everything was as it should be until the body returned. */
static void compare_return(comparing *x, eg_tensor *y)
{
    const eg__segment *leaf = x->path[x->n_path - 1];
    int n = y->kind == EG__TUPLE ? y->tuple.n : 1;

    if (next_step(x)) {
        const eg_node *node = node_of(&x->steps[x->next]);
        eg__differ_in_kind(x->c, "return", &node->site, node->op->name, "its end");
    } else if (next_assignment(x)) {
        eg__differ_in_kind(x->c, "return", &leaf->site, "an assignment", "its end");
    } else if (n != leaf->n_results) {
        eg__differ_in_kind(x->c, "return", &leaf->site, "another number of results", "its end");
    }
    for (int i = 0; i < n && x->c->same; i++)
        compare_result(x, i, y->kind == EG__TUPLE ? y->tuple.part[i] : y);
}

static void run_body(comparing *x)
{
    eg_function *f = x->function;
    eg_tensor *fresh[EG__MOST_ARGUMENTS], *y = NULL;
    eg_scope *scope = eg__scope_open(EG__CALL_SCOPE);
    eg__running running;
    eg__transaction t;

    eg__transaction_begin(&t);
    if (!eg__scope_is_inert(scope) && eg__body_begin(&running, f)) {
        eg__me.recording = UINT64_MAX; /* as far as the body can tell */
        eg__me.watch = &x->watch;
        if (freshen(x->key, fresh))
            y = f->callable.body(x->key->n, fresh, f->env);
        eg__me.watch = NULL;
        eg__me.recording = 0;
        if (eg__body_returned(f, y) && x->c->same)
            compare_return(x, y);
        eg__body_end(&running);
    }
    eg_scope_close(scope);
    eg__transaction_drop(&t);
}

/* ---- one value at a time --------------------------------------------------------------------- */

/* Computes the results of a step alone; true where they are not the body's, which is noted. */
static bool differs_alone(comparing *x, const step *s)
{
    const eg_node *node = node_of(s);
    eg_tensor *result[EG__MAX_OUT] = {NULL};
    eg__plan *plan = node->n_out > 0 ? plan_of(s->segment, s->node) : NULL;
    bool found = false;

    if (plan && run_plan(x, s->segment, plan, result))
        for (int k = 0; k < node->n_out && !found; k++) {
            eg_tensor *body = x->body[s->first + k];
            found = body && !eg__same_bits(result[k], body);
            if (found)
                eg__differ_in_value(x->c, node->op->name, &node->site, "the result", result[k],
                    body);
        }
    for (int k = 0; k < node->n_out; k++)
        eg__unref(result[k]);
    eg__plan_free(plan);
    return found;
}

static bool has_effects(const step *s)
{
    return (eg__traits(node_of(s)->op, node_of(s)->attrs) & EG__EFFECT) != 0;
}

/* The results of the call differ though no value does when all of them are kept. Effects are not
 * repeated for it. */
static void look_closer(comparing *x)
{
    for (int i = 0; i < x->n_steps; i++)
        if (has_effects(&x->steps[i]))
            return;
    for (int i = 0; i < x->n_steps && i < MOST_ALONE && !eg__me.failed; i++)
        if (differs_alone(x, &x->steps[i]))
            return;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void end(comparing *x, const eg__trace *trace)
{
    for (int i = 0; i < x->n_values; i++) {
        eg__unref(x->graph[i]);
        eg__unref(x->body[i]);
    }
    eg__free(x->graph, sizeof *x->graph * (size_t)x->values_capacity);
    eg__free(x->body, sizeof *x->body * (size_t)x->body_capacity);
    eg__free(x->steps, sizeof *x->steps * (size_t)x->steps_capacity);
    if (x->path)
        eg__free(x->path, sizeof *x->path * ((size_t)trace->n_segments + 1));
}

static eg__outcome_of_call compare(comparing *x, eg__trace *trace)
{
    uint32_t host = eg__me.host_next;
    eg_tensor *y = NULL;
    eg__outcome_of_call outcome = eg__replay_call(trace, x->key, true, &y);

    if (outcome != EG__CALL_DONE || eg__me.failed)
        return outcome;
    for (int i = 0, n = eg_parts(y); i < (n ? n : 1); i++)
        x->held[i] = n ? y->tuple.part[i] : y;
    eg__me.host_next = host;
    bool whole = observe_path(x, trace);
    eg__me.host_next = host;
    if (whole)
        run_body(x);
    if (!eg__me.failed && x->only_results)
        look_closer(x);
    return EG__CALL_DONE;
}

eg__outcome_of_call eg__compare(eg_function *f, eg__trace *trace, const eg__key *key,
    eg_comparison *c)
{
    comparing x = {.watch.type = &comparing_type, .function = f, .key = key, .c = c};
    uint32_t printed = eg__me.printed, skip = eg__me.skip_prints;
    eg__watch *others = eg__me.watch;
    eg_scope *scope = eg_scope_open();
    eg__transaction t;

    *c = (eg_comparison){.size = c->size, .same = true, .element = -1};
    eg__me.watch = NULL;
    eg__me.skip_prints = UINT32_MAX / 2;
    eg__transaction_begin(&t); /* both see the same variables */
    eg__outcome_of_call outcome = compare(&x, trace);
    eg__transaction_drop(&t);
    eg__me.watch = others;
    eg__me.printed = printed;
    eg__me.skip_prints = skip;
    eg_scope_close(scope);
    end(&x, trace);
    return outcome;
}

/* ---- in public ------------------------------------------------------------------------------- */

static bool can_compare(const eg_function *f, int n, eg_tensor *const in[], const eg_comparison *c)
{
    if (!c || c->size < sizeof c->size)
        return eg__fail(EG_INVALID, op_name, "%s",
                   c ? "the comparison's size is not set" : "comparison is NULL") == EG_OK;
    if (!eg__call_arguments_ok(f, n, in))
        return false;
    return eg_executing_eagerly() ||
        eg__fail(EG_STATE, op_name, "a function is being recorded, or a graph is open") == EG_OK;
}

/* The trace that serves these arguments, made by a call if there was none; NULL after an error. */
static eg__trace *traced(eg_function *f, const eg__key *key)
{
    eg_call_of(f, key->n, key->args);
    eg__trace *trace = eg__me.failed ? NULL : eg__trace_find(f, key);

    if (eg__me.failed || (trace && !atomic_load(&f->eager) && !atomic_load(&trace->eager)))
        return trace;
    return eg__fail_null(EG_STATE, op_name, "%s has no graph: it runs eagerly %.300s",
        f->callable.name, f->why_eager);
}

static void compare_now(eg_function *f, const eg__key *key, eg_comparison *c)
{
    eg__outcome_of_call outcome = EG__CALL_MISSED;
    uint32_t printed = eg__me.printed, skip = eg__me.skip_prints, host = eg__me.host_next;
    eg__watch *others = eg__me.watch;
    eg_scope *scope = eg_scope_open();
    eg__transaction t;

    eg__me.watch = NULL;
    eg__me.skip_prints = UINT32_MAX / 2;
    eg__transaction_begin(&t); /* which is dropped: nothing is assigned */
    while (outcome == EG__CALL_MISSED && !eg__me.failed) {
        eg__trace *trace = traced(f, key);
        eg__me.host_next = host;
        if (trace)
            outcome = eg__compare(f, trace, key, c);
    }
    eg__transaction_drop(&t);
    eg__host_log_end();
    eg__me.watch = others;
    eg__me.printed = printed;
    eg__me.skip_prints = skip;
    eg_scope_close(scope);
}

eg_status eg_function_compare(eg_function *f, int n, eg_tensor *const in[], eg_comparison *c)
{
    eg_comparison now = {.size = sizeof now};

    if (eg__me.failed || !can_compare(f, n, in, c))
        return eg__me.failed;
    eg__key key = {n, in, f->env, 0, false};
    unsigned side = eg__function_enter(f);
    compare_now(f, &key, &now);
    eg__function_leave(f, side);
    eg__attrs_answer(c, &now, sizeof now);
    return eg__me.failed;
}
