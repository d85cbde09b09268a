/* Concrete functions: traces that somebody holds.
 *
 * A concrete function has a trace of its own, which its function does not know; of the function it
 * needs the body while it is extended, and nothing later. Its calls are counted with the
 * function's, so that a program that was extended is freed when none looks at it (cache.c); who
 * asks questions locks the function.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/concrete.h"
#include "autodiff/forward.h"
#include "base/attrs.h"
#include "base/memory.h"
#include "function/host.h"
#include "op/effect.h"
#include "tensor/variable.h"
#include <eagre/ops.h>
#include <string.h>

static const char new_name[] = "eg_function_concrete", call_name[] = "eg_concrete_call";

/* ---- recording ------------------------------------------------------------------------------- */

static bool is_recorded(const eg_function *f, const eg__trace *trace)
{
    if (eg__me.failed)
        return false;
    if (!atomic_load(&f->eager) && !atomic_load(&trace->eager) && atomic_load(&trace->program))
        return true;
    return eg__fail(EG_STATE, new_name, "%s cannot be recorded: it runs eagerly %.300s",
               f->callable.name, f->why_eager) == EG_OK;
}

/* One run of the body, whose results and assignments are forgotten. */
static eg__outcome_of_call record_once(eg_function *f, eg__trace *trace, const eg__key *key)
{
    eg_scope *scope = eg_scope_open();
    eg__transaction t;
    eg_tensor *y;

    eg__transaction_begin(&t);
    eg__outcome_of_call outcome = eg__record_call(f, trace, key, &y);
    eg__transaction_drop(&t);
    eg_scope_close(scope);
    return outcome;
}

bool eg__record_dry(eg_function *f, eg__trace *trace, const eg__key *key)
{
    uint32_t printed = eg__me.printed, skip = eg__me.skip_prints, host = eg__me.host_next;
    eg__watch *others = eg__me.watch;
    eg__outcome_of_call outcome = EG__CALL_AGAIN;

    eg__me.watch = NULL;
    while (outcome == EG__CALL_AGAIN && !eg__me.failed && !atomic_load(&f->eager)) {
        eg__me.skip_prints = UINT32_MAX / 2;
        eg__me.host_next = host;
        outcome = record_once(f, trace, key);
    }
    eg__host_log_end();
    eg__me.watch = others;
    eg__me.printed = printed;
    eg__me.skip_prints = skip;
    return is_recorded(f, trace);
}

/* ---- made and freed -------------------------------------------------------------------------- */

static bool can_record(const eg_function *f, int n, eg_tensor *const in[], const char *op)
{
    if (!eg__call_arguments_ok(f, n, in) || !eg__signature_check(f, n, in))
        return false;
    if (!eg_executing_eagerly())
        return eg__fail(EG_STATE, op, "a function is being recorded, or a graph is open") == EG_OK;
    if (f->freed)
        return eg__fail(EG_STATE, op, "%s was freed", f->callable.name) == EG_OK;
    return true;
}

eg_concrete *eg_function_concrete(eg_function *f, int n, eg_tensor *const in[])
{
    if (eg__me.failed || !can_record(f, n, in, new_name))
        return NULL;
    eg_concrete *c = eg__alloc_zero(sizeof *c);
    if (!c)
        return eg__fail_memory(new_name, sizeof *c), NULL;
    eg__key key = {n, in, f->env, 0, false};
    atomic_init(&c->refs, 1);
    c->function = eg__function_ref(f);
    c->trace = eg__trace_new(f, &key);
    if (c->trace)
        c->trace->is_private = true;
    if (c->trace && eg__record_dry(f, c->trace, &key))
        return c;
    eg_concrete_free(c);
    return NULL;
}

eg_concrete *eg_function_concrete_of(eg_function *f, int n, const eg_tensor_spec specs[])
{
    eg_tensor *in[EG__MOST_ARGUMENTS] = {NULL};
    eg_concrete *c = NULL;

    if (eg__me.failed)
        return NULL;
    if (n < 0 || n > EG__MOST_ARGUMENTS || (n > 0 && !specs))
        return eg__fail_null(EG_INVALID, new_name, "%s",
            n > 0 && !specs ? "specs is NULL" : "an impossible number of specs");
    eg_scope *scope = eg_scope_open();
    for (int i = 0; i < n; i++)
        in[i] = eg_zeros(specs[i].dtype, specs[i].rank, specs[i].dims);
    if (!eg__me.failed)
        c = eg_function_concrete(f, n, in);
    eg_scope_close(scope);
    return c;
}

eg_concrete *eg_concrete_retain(eg_concrete *c)
{
    if (c)
        atomic_fetch_add(&c->refs, 1);
    return c;
}

void eg_concrete_free(eg_concrete *c)
{
    if (!c || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    eg__trace_free(c->trace);
    eg__function_unref(c->function);
    eg__free(c, sizeof *c);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static bool argument_fits(const eg__argument *a, const eg_tensor *x, int i)
{
    char was[EG__SPEC_TEXT], now[EG__SPEC_TEXT];
    bool variable = x->kind == EG__VARIABLE;

    if (eg__argument_fits(a, x))
        return true;
    if (a->value && eg__same_spec(&a->spec, &x->spec))
        return eg__fail(EG_INVALID, call_name, "argument %d is taken by value and another one",
                   i) == EG_OK;
    if (a->variable || variable)
        return eg__fail(EG_INVALID, call_name, "argument %d is %s%s, but it was recorded for %s%s",
                   i, variable ? "variable " : "a value", variable ? x->variable->name : "",
                   a->variable ? "variable " : "a value",
                   a->variable ? a->variable->variable->name : "") == EG_OK;
    return eg__fail(EG_INVALID, call_name, "argument %d is %s, but it was recorded for %s", i,
               eg__spec_text(&x->spec, now), eg__spec_text(&a->spec, was)) == EG_OK;
}

static bool arguments_fit(const eg_concrete *c, int n, eg_tensor *const in[])
{
    if (!c)
        return eg__fail(EG_INVALID, call_name, "concrete is NULL") == EG_OK;
    if (!eg__call_arguments_ok(c->function, n, in))
        return false;
    for (int i = 0; i < n; i++)
        if (!argument_fits(&c->trace->arguments[i], in[i], i))
            return false;
    return true;
}

eg_status eg_concrete_extend(eg_concrete *c, int n, eg_tensor *const in[])
{
    static const char op[] = "eg_concrete_extend";

    if (eg__me.failed || !arguments_fit(c, n, in) || !can_record(c->function, n, in, op))
        return eg__me.failed;
    eg_function *f = c->function;
    if (!eg__env_equal(f, c->trace->env, f->env))
        return eg__fail(EG_STATE, op, "the environment of %s has changed", f->callable.name);
    eg__key key = {n, in, f->env, 0, false};
    unsigned side = eg__function_enter(f);
    eg__record_dry(f, c->trace, &key);
    eg__function_leave(f, side);
    return eg__me.failed;
}

/* Operation by operation, as a transaction. */
static eg_tensor *walk(const eg_concrete *c, eg_tensor *const in[])
{
    uint32_t host = eg__me.host_next;

    for (;;) {
        eg__transaction t;
        eg__transaction_begin(&t);
        eg_tensor *y = eg__trace_walk(c->trace, in);
        if (!y || !eg__transaction_prepare(&t)) {
            eg__transaction_drop(&t);
            return NULL;
        }
        if (eg__transaction_commit(&t))
            return y;
        eg__me.host_next = host;
    }
}

static eg_tensor *replay(const eg_concrete *c, int n, eg_tensor *const in[])
{
    eg__outcome_of_call outcome = EG__CALL_AGAIN;
    eg__key key = {n, in, c->trace->env, 0, false};
    uint32_t printed = eg__me.printed, skip = eg__me.skip_prints, host = eg__me.host_next;
    eg_tensor *y = NULL;

    while (outcome == EG__CALL_AGAIN) {
        outcome = eg__replay_call(c->trace, &key, false, &y);
        if (outcome != EG__CALL_DONE) {
            eg__me.skip_prints = skip + (eg__me.printed - printed);
            eg__me.host_next = host;
        }
    }
    if (outcome == EG__CALL_MISSED)
        y = walk(c, in); /* which says where */
    eg__host_log_end();
    return y;
}

eg_tensor *eg_concrete_call(eg_concrete *c, int n, eg_tensor *const in[])
{
    if (eg__me.failed || !arguments_fit(c, n, in))
        return NULL;
    bool watched = eg__me.watch || eg__me.recording;
    unsigned side = eg__function_enter(c->function);
    eg_tensor *y = watched ? walk(c, in) : replay(c, n, in);
    eg__function_leave(c->function, side);
    return y;
}

/* ---- questions ------------------------------------------------------------------------------- */

static const eg__segment *first_path(const eg_concrete *c)
{
    const eg__segment *s = c->trace->segments[0];

    while (s->end != EG__END_RETURN)
        s = s->outcomes[0].segment;
    return s;
}

/* The i-th variable of its kind; how many there are, where there are not so many. */
static int find_variable(const eg_concrete *c, bool assigned, int wanted, eg_tensor **variable)
{
    eg__map seen = {0};
    int n = 0;

    *variable = NULL;
    for (int i = 0; i < c->trace->n_segments && !*variable; i++) {
        const eg__segment *s = c->trace->segments[i];
        int most = assigned ? s->n_assignments : s->graph->n;
        for (int k = 0; k < most && !*variable; k++) {
            eg_tensor *x = assigned ? s->assignments[k].variable : s->graph->nodes[k].tensor;
            if (!x || x->kind != EG__VARIABLE || eg__map_find(&seen, eg__key_of(x)))
                continue;
            if (n++ == wanted)
                *variable = x;
            eg__map_set(&seen, eg__key_of(x), 1);
        }
    }
    eg__map_free(&seen);
    return n;
}

static void count_segment(const eg__segment *s, eg_concrete_info *info)
{
    for (int k = 0; k < s->graph->n; k++) {
        const eg_opdef *op = s->graph->nodes[k].op;
        info->nodes += !(op->traits & EG__SOURCE) && op != &eg_op_reread;
    }
    info->paths += s->end == EG__END_RETURN;
    info->guards += s->end == EG__END_TRUE || s->end == EG__END_ITEM;
}

void eg_concrete_info_now(const eg_concrete *c, eg_concrete_info *info)
{
    eg_concrete_info now = {0};
    eg_tensor *unused;

    if (c) {
        eg__function_lock(c->function);
        now.inputs = c->trace->n;
        now.outputs = first_path(c)->n_results;
        for (int i = 0; i < c->trace->n_segments; i++)
            count_segment(c->trace->segments[i], &now);
        for (const eg__segment *s = first_path(c); s; s = s->parent)
            now.flops += eg_graph_flops(s->graph);
        now.reads = find_variable(c, false, -1, &unused);
        now.assigns = find_variable(c, true, -1, &unused);
        now.bytes = c->trace->bytes;
        eg__function_unlock(c->function);
    }
    eg__attrs_answer(info, &now, sizeof now);
}

static bool tell_spec(const eg_spec *spec, eg_dtype *dtype, int *rank, int64_t dims[])
{
    if (dtype)
        *dtype = spec->dtype;
    if (rank)
        *rank = spec->rank;
    if (dims)
        memcpy(dims, spec->dims, sizeof *dims * (size_t)spec->rank);
    return true;
}

bool eg_concrete_input(const eg_concrete *c, int i, eg_dtype *dtype, int *rank, int64_t dims[])
{
    return c && i >= 0 && i < c->trace->n &&
        tell_spec(&c->trace->arguments[i].spec, dtype, rank, dims);
}

bool eg_concrete_output(const eg_concrete *c, int i, eg_dtype *dtype, int *rank, int64_t dims[])
{
    if (!c)
        return false;
    eg__function_lock(c->function);
    const eg__segment *leaf = first_path(c);
    eg__function_unlock(c->function);
    return i >= 0 && i < leaf->n_results &&
        tell_spec(eg__value_spec(&leaf->results[i]), dtype, rank, dims);
}

static eg_tensor *variable_at(const eg_concrete *c, bool assigned, int i)
{
    eg_tensor *variable = NULL;

    if (!c || i < 0)
        return NULL;
    eg__function_lock(c->function);
    find_variable(c, assigned, i, &variable);
    eg__function_unlock(c->function);
    return variable;
}

eg_tensor *eg_concrete_reads(const eg_concrete *c, int i)
{
    return variable_at(c, false, i);
}

eg_tensor *eg_concrete_assigns(const eg_concrete *c, int i)
{
    return variable_at(c, true, i);
}

char *eg_concrete_text(const eg_concrete *c)
{
    static const char op[] = "eg_concrete_text";
    eg__text text = {0};

    if (eg__me.failed)
        return NULL;
    if (!c)
        return eg__fail_null(EG_INVALID, op, "concrete is NULL");
    eg__function_lock(c->function);
    eg__trace_put(c->trace, &text);
    eg__function_unlock(c->function);
    if (!eg__me.failed)
        return eg__text_take(&text, op);
    eg__text_free(&text);
    return NULL;
}
