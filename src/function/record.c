/* Running a body under the recorder, and making what it recorded part of the trace.
 *
 *     begin      other watchers are hidden, a transaction and a scope opened
 *     body       runs eagerly, the recorder follows
 *     settle     results leave the scope, the scope closes, escapes are looked for
 *     merge      new segments are attached, under the function's lock, and compiled
 *     commit     assignments become real; on conflict with another thread: again
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/os.h"
#include "function/recorder.h"
#include "function/residue.h"
#include "op/effect.h"
#include "tensor/scope.h"
#include <string.h>

static const char op_name[] = "a function";

/* What the body returned, held by us. */
typedef struct returned {
    eg_tensor *part[EG__MAX_PARTS];
    int n;
    bool is_tuple;
} returned;

/* ---- the body ------------------------------------------------------------------------------- */

/* Takes a handle over from the call's scope, or holds it with the others. */
static eg_tensor *hold(eg_tensor *x, const eg_scope *scope)
{
    if (x->scope != scope)
        return eg__ref(x);
    eg__disown(x);
    return x;
}

static bool take_returned(const eg_function *f, eg_tensor *y, const eg_scope *scope, returned *out)
{
    if (!eg__body_returned(f, y))
        return false;
    if (y->kind == EG__SYMBOL) {
        eg__fail(EG_INVALID, op_name, "the body of %s returned a symbol of a graph",
            f->callable.name);
        return false;
    }
    out->is_tuple = y->kind == EG__TUPLE;
    out->n = out->is_tuple ? y->tuple.n : 1;
    for (int i = 0; i < out->n; i++)
        out->part[i] = hold(out->is_tuple ? y->tuple.part[i] : y, scope);
    return true;
}

static void let_go(returned *out)
{
    for (int i = 0; i < out->n; i++)
        eg__unref(out->part[i]);
    out->n = 0;
}

static void run_body(eg__recorder *r, const eg__key *key, returned *out)
{
    eg_tensor *args[EG__MOST_ARGUMENTS];
    eg_scope *scope = eg__scope_open(EG__CALL_SCOPE);
    const eg_callable *c = &r->function->callable;

    eg__running running;

    if (!eg__scope_is_inert(scope) && eg__body_begin(&running, r->function)) {
        eg_tensor *y = NULL;
        if (eg__recorder_arguments(r, key, args))
            y = c->body(key->n, args, r->function->env);
        if (take_returned(r->function, y, scope, out))
            eg__recorder_return(r, out->n, out->part, out->is_tuple);
        eg__body_end(&running);
    }
    eg_scope_close(scope);
    if (!eg__me.failed)
        eg__recorder_look_for_escapes(r, out->n, out->part);
}

/* ---- merging --------------------------------------------------------------------------------- */

static bool reserve_segments(eg__trace *t, int more)
{
    while (t->n_segments + more > t->segments_capacity)
        if (!eg__reserve(&t->segments, sizeof *t->segments, t->segments_capacity,
                &t->segments_capacity))
            return eg__fail_memory(op_name, sizeof *t->segments), false;
    return true;
}

/* Whether the trace is as it was when the recording left what was known. */
static bool is_as_it_was(const eg__recorder *r)
{
    if (atomic_load(&r->trace->forgotten))
        return false;
    return r->attach_to ? r->attach_to->n_outcomes == r->n_outcomes : r->trace->n_segments == 0;
}

/* Attaches the recorder's segments; false where another thread was faster, or memory is out. */
static bool attach(eg__recorder *r)
{
    eg__trace *t = r->trace;

    if (!is_as_it_was(r) || !reserve_segments(t, r->n_made))
        return false;
    if (r->attach_to && !eg__segment_add_child(r->attach_to, &r->seen, r->made[0]))
        return false;
    for (int i = 0; i < r->n_made; i++) {
        r->made[i]->number = t->n_segments;
        t->segments[t->n_segments++] = r->made[i];
    }
    t->constant_bytes += r->constant_bytes;
    t->trace_time += r->time;
    return true;
}

/* Takes attached segments off again, where they could not be compiled. */
static void detach(eg__recorder *r)
{
    r->trace->n_segments -= r->n_made;
    r->trace->constant_bytes -= r->constant_bytes;
    if (r->attach_to)
        eg__outcome_free(r->attach_to, &r->attach_to->outcomes[--r->attach_to->n_outcomes]);
}

/* Whether what was recorded has anything to differentiate that no argument shows. */
static bool is_followed(const eg_node *node, const eg__tape *tape)
{
    return node->tensor && eg__is_floating(node->out->dtype) &&
        eg__tape_follows(tape, node->tensor);
}

static bool follows_something(const eg__recorder *r)
{
    const eg__tape *tape = eg__tape_innermost();

    for (int i = 0; tape && i < r->n_made; i++)
        for (int k = 0; k < r->made[i]->graph->n; k++)
            if (is_followed(&r->made[i]->graph->nodes[k], tape))
                return true;
    return false;
}

/* A trace that a tape asked for, but in which it follows nothing, is an ordinary one. If a branch
 * turns out to hold something after all, such a trace no longer serves tapes. */
static bool settle_tape(eg__recorder *r, const eg__key *key)
{
    eg__trace *t = r->trace;

    if (!key->on_tape || key->wanted || follows_something(r) == t->on_tape)
        return true;
    if (t->on_tape && t->n_segments == 0) {
        t->on_tape = false;
        return true;
    }
    if (!t->on_tape)
        atomic_store(&t->refuses_tapes, true);
    return t->on_tape;
}

static void merge_locked(eg__recorder *r, const eg__key *key)
{
    eg_function *f = r->function;
    bool branch = r->attach_to != NULL;
    bool shared = !r->trace->is_private;

    if (!settle_tape(r, key) || !attach(r))
        return;
    if (eg__trace_compile(r->trace) != EG_OK ||
        (!branch && shared && !eg__cache_add(f, r->trace))) {
        detach(r);
        return;
    }
    r->n_made = 0;
    if (!shared)
        return;
    atomic_fetch_add(&f->branches, branch);
    eg__cache_trim(f, r->trace);
}

/* Looks for a trace that another thread made meanwhile; not with the lock held, since comparing
 * environments may call the host. Gives how many had been added then. */
static bool is_known(const eg__recorder *r, const eg__key *key, int *added)
{
    *added = eg__cache_added(r->function);
    return !r->attach_to && !r->trace->is_private && eg__trace_find(r->function, key);
}

static void merge(eg__recorder *r, const eg__key *key)
{
    eg_function *f = r->function;
    bool too_large = false, done = r->gave_up || r->n_made == 0;
    int added;

    while (!done && !is_known(r, key, &added)) {
        pthread_mutex_lock(&f->lock);
        done = r->attach_to || added == eg__cache_added(f);
        if (done)
            merge_locked(r, key);
        too_large = r->trace->tree_bytes > EG__MOST_TREE_BYTES;
        pthread_mutex_unlock(&f->lock);
    }
    if (too_large)
        eg__trace_give_up(r->trace, &r->at->site,
            "its tree of branches takes more than 64 MiB; "
            "stage the loop (eg_while)");
}

/* ---- gradients ------------------------------------------------------------------------------- */

static uint64_t hash_of(const eg__value *v)
{
    return eg__hash_word(eg__key_of(v->segment), (uint64_t)v->ref.node << 32 | v->ref.result);
}

static bool index_values(const eg__recorder *r, eg__map *at)
{
    for (int i = 0; i < r->n_values; i++)
        if (r->values[i].segment && i < r->handles_capacity && r->handles[i] &&
            !eg__map_set(at, hash_of(&r->values[i]), (uint32_t)i))
            return eg__fail_memory(op_name, sizeof(eg__map_slot)), false;
    return true;
}

static eg_tensor *residual_handle(const eg__recorder *r, const eg__map *at, const eg__value *v)
{
    if (!v->segment)
        return v->tensor->kind == EG__VARIABLE ? eg__variable_seen(v->tensor) : v->tensor;
    const uint32_t *i = eg__map_find(at, hash_of(v));
    return i ? r->handles[*i] : NULL;
}

static bool fill_residue(const eg__recorder *r, eg__residue *residue)
{
    const eg__derivative *d = residue->derivative;
    eg__map at = {0};
    bool done = index_values(r, &at);

    for (int i = 0; done && i < d->n_residuals; i++) {
        eg_tensor *x = residual_handle(r, &at, &d->residuals[i]);
        done = x && eg__residue_hold(residue, x);
        if (done)
            residue->residual[i] = x->data;
        else if (!eg__me.failed)
            eg__fail(EG_INTERNAL, op_name, "a value that the gradient needs is lost");
    }
    eg__map_free(&at);
    return done;
}

/* Tells the tape outside of the recorded call. */
static bool note_on_tape(const eg__recorder *r, const eg__key *key, const returned *y)
{
    const eg__program *program = atomic_load(&r->trace->program);
    eg__derivative *d = program->places[r->at->number].derivative;

    if (d->n_sources == 0)
        return true;
    eg__residue *residue = eg__residue_new(r->function, d);
    if (!residue)
        return false;
    if (!fill_residue(r, residue)) {
        eg__payload_unref(&residue->payload);
        return false;
    }
    return eg__residue_note(residue, key->args, y->part) == EG_OK;
}

/* ---- settling -------------------------------------------------------------------------------- */

/* Exchanges what the body returned for fresh handles, so that nothing of the recording leaks. */
static bool refresh(returned *out)
{
    for (int i = 0; i < out->n; i++) {
        eg_tensor *from = out->part[i];
        eg_tensor *now = from->kind == EG__VARIABLE ? eg__variable_now(from) : eg__ref(from);
        eg_tensor *fresh = now ? eg__alias(now, op_name) : NULL;
        eg__unref(now);
        if (!fresh)
            return false;
        eg__unref(from);
        out->part[i] = fresh;
    }
    return true;
}

static eg_tensor *join(returned *out)
{
    for (int i = 0; i < out->n; i++)
        out->part[i] = eg__own(out->part[i], op_name);
    eg_tensor *y = out->is_tuple ? eg_tuple_of(out->n, out->part) : out->part[0];
    out->n = 0;
    return eg__me.failed ? NULL : y;
}

/* A recording in which things were made, as the first of a body that makes its variables, is not
 * kept: the next one finds them. A tape needs a record of this call, and who wants a concrete
 * function the trace, so there it comes at once. */
static eg__outcome_of_call settle_made(eg__recorder *r, const eg__key *key)
{
    const eg_site *at = &eg__me.made_at;

    if (eg__function_may_make(r->function, r->trace->hash, r->makings))
        return key->on_tape || r->trace->is_private ? EG__CALL_AGAIN : EG__CALL_DONE;
    eg__function_give_up(r->function,
        "at %s:%d the body makes a variable or generator, or runs a session, each time it runs; "
        "make "
        "it once, outside, or where it is not there yet, or by eg_function_variable",
        eg__file_of(at), at->line);
    return key->on_tape ? EG__CALL_EAGER : EG__CALL_DONE;
}

static eg__outcome_of_call settle(eg__recorder *r, const eg__key *key, returned *out)
{
    bool on_tape = key->on_tape;

    if (eg__me.failed || !refresh(out))
        return EG__CALL_DONE;
    if (r->makes_things && !r->gave_up)
        return settle_made(r, key);
    merge(r, key);
    if (eg__me.failed)
        return EG__CALL_DONE;
    if (r->gave_up)
        return on_tape ? EG__CALL_EAGER : EG__CALL_DONE;
    if (r->n_made > 0)
        return EG__CALL_AGAIN;
    eg__function_made_nothing(r->function);
    if (r->trace->on_tape)
        note_on_tape(r, key, out);
    return EG__CALL_DONE;
}

eg__outcome_of_call eg__record_call(eg_function *f, eg__trace *trace, const eg__key *key,
    eg_tensor **result)
{
    returned out = {.n = 0};
    eg__transaction t;
    eg__watch *others;
    eg__recorder r;

    *result = NULL;
    if (!eg__recorder_begin(&r, f, trace, &others)) {
        eg__recorder_free(&r);
        return EG__CALL_DONE;
    }
    int64_t start = eg__os_nanoseconds();
    eg__transaction_begin(&t);
    run_body(&r, key, &out);
    eg__recorder_end(&r, others);
    r.time = eg__os_nanoseconds() - start;
    eg__outcome_of_call outcome = settle(&r, key, &out);
    if (outcome == EG__CALL_DONE && !eg__me.failed && eg__transaction_prepare(&t))
        outcome = eg__transaction_commit(&t) ? EG__CALL_DONE : EG__CALL_AGAIN;
    else
        eg__transaction_drop(&t);
    if (outcome == EG__CALL_DONE && !eg__me.failed)
        *result = join(&out);
    let_go(&out);
    eg__recorder_free(&r);
    return outcome;
}
