/* Functions: made, called, freed.
 *
 * A call looks for a trace that fits and serves it from the trace's program; a miss is recorded;
 * what cannot be recorded runs eagerly. Nothing is locked while a body runs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/forward.h"
#include "autodiff/tape.h"
#include "base/attrs.h"
#include "base/memory.h"
#include "base/message.h"
#include "base/option.h"
#include "base/os.h"
#include "function/compare.h"
#include "function/host.h"
#include "function/trace.h"
#include "op/effect.h"
#include "op/watch.h"
#include <eagre/easy.h>
#include <stdarg.h>
#include <string.h>

static const char call_name[] = "eg_call", new_name[] = "eg_function_new";

/* ---- made and freed ------------------------------------------------------------------------- */

static bool callable_ok(const eg_callable *c, const eg_function_attrs *a)
{
    const char *null = !c || !c->body ? "the body" : a->env_size > 0 && !a->env ? "env" : NULL;

    if (null)
        eg__fail(EG_INVALID, new_name, "%s is NULL", null);
    else if (c->n_in < 0 || c->n_in > EG__MOST_ARGUMENTS)
        eg__fail(EG_INVALID, new_name, "%d arguments; 0 to %d are possible", c->n_in,
            EG__MOST_ARGUMENTS);
    return !eg__me.failed;
}

static bool set_env(eg_function *f, const eg_function_attrs *a)
{
    f->env = a->env;
    f->env_size = a->env_size;
    if (!a->env_type)
        return true;
    if (!eg__attrs_complete(&f->env_type, sizeof f->env_type, a->env_type, new_name))
        return false;
    if (f->env_type.equal && (f->env_type.copy || f->env_size > 0))
        return true;
    eg__fail(EG_INVALID, new_name,
        f->env_type.equal ? "env_type has no copy, and env_size is 0, so no key could keep it"
                          : "env_type has no equal");
    return false;
}

static bool set_up(eg_function *f, const eg_callable *c, const eg_function_attrs *a)
{
    f->callable = *c;
    f->callable.name = c->name ? c->name : "function";
    if (a->name) {
        f->callable.name = f->name = eg__copy_text(a->name);
        if (!f->name)
            return eg__fail_memory(new_name, strlen(a->name)), false;
    }
    f->strict = a->strict;
    f->timed = a->timed;
    f->most_bytes = a->most_bytes ? a->most_bytes : eg__os_memory_size() / 8;
    return set_env(f, a) && eg__signature_declare(f, &a->signature);
}

eg_function *(eg_function_new_with)(const eg_callable *callable, const eg_function_attrs *attrs)
{
    eg_function_attrs all;

    if (eg__me.failed || !eg__attrs_complete(&all, sizeof all, attrs, new_name) ||
        !callable_ok(callable, &all))
        return NULL;
    eg_function *f = eg__alloc_zero(sizeof *f);
    if (!f)
        return eg__fail_memory(new_name, sizeof *f), NULL;
    atomic_init(&f->refs, 1);
    pthread_mutex_init(&f->lock, NULL);
    if (set_up(f, callable, &all))
        return f;
    eg__function_unref(f);
    return NULL;
}

eg_function *(eg_function_from)(const eg_callable *callable, void *env, size_t env_size)
{
    return (eg_function_new_with)(callable,
        &(eg_function_attrs){.size = sizeof(eg_function_attrs), .env = env, .env_size = env_size});
}

eg_function *(eg_function_new)(eg_body body, int n_in, void *env, size_t env_size)
{
    return (eg_function_from)(&(eg_callable){body, n_in, NULL}, env, env_size);
}

#if EG_CRUEL
/* Freed functions stay a while, so that a call of one is an error. They count as memory kept
 * for reuse. */
static void let_go(eg_function *f)
{
    static _Atomic(eg_function *) quarantine[64];
    static atomic_uint next;
    eg_function *old = atomic_exchange(&quarantine[atomic_fetch_add(&next, 1) % 64], f);

    eg__memory_cached((ptrdiff_t)sizeof *f);
    if (old)
        eg__memory_cached(-(ptrdiff_t)sizeof *old);
    eg__free(old, sizeof *old);
}
#else
static void let_go(eg_function *f)
{
    eg__free(f, sizeof *f);
}
#endif

eg_function *eg__function_ref(eg_function *f)
{
    atomic_fetch_add(&f->refs, 1);
    return f;
}

void eg__function_unref(eg_function *f)
{
    if (!f || atomic_fetch_sub(&f->refs, 1) != 1)
        return;
    eg__cache_free(f);
    for (int i = 0; i < f->n_variables; i++)
        eg__unref(f->variables[i]);
    eg__free(f->variables, sizeof *f->variables * (size_t)f->variables_capacity);
    eg__signature_free(f);
    eg__free_text(f->name);
    pthread_mutex_destroy(&f->lock);
    let_go(f);
}

/* Traces go at once: what they call may call the function, and such a circle would hold itself. */
void eg_function_free(eg_function *f)
{
    if (!f)
        return;
    f->freed = true;
    eg__cache_clear(f);
    if (eg__function_is_called(f)) {
        atomic_store(&f->freed_inside, true);
        atomic_store(&f->is_untidy, true);
        eg__fail(EG_STATE, "eg_function_free", "%s is being called; free it after its calls",
            f->callable.name);
    } else {
        eg__function_unref(f);
    }
}

eg_status(eg_function_clear)(eg_function *f)
{
    if (eg__me.failed)
        return eg__me.failed;
    if (!f)
        return eg__fail(EG_INVALID, "eg_function_clear", "function is NULL");
    eg__cache_clear(f);
    return EG_OK;
}

void eg__function_give_up(eg_function *f, const char *format, ...)
{
    va_list args;

    pthread_mutex_lock(&f->lock);
    if (!atomic_load(&f->eager)) {
        va_start(args, format);
        vsnprintf(f->why_eager, sizeof f->why_eager, format, args);
        va_end(args);
        atomic_store(&f->eager, true);
    }
    pthread_mutex_unlock(&f->lock);
    if (eg__listens("function"))
        eg__message("function", "%s runs eagerly: %s", f->callable.name, f->why_eager);
}

void eg__trace_give_up(eg__trace *t, const eg_site *site, const char *why)
{
    eg_function *f = t->function;

    pthread_mutex_lock(&f->lock);
    if (!t->why_eager[0])
        snprintf(t->why_eager, sizeof t->why_eager, "at %s:%d %s", eg__file_of(site), site->line,
            why);
    if (!f->why_eager[0])
        snprintf(f->why_eager, sizeof f->why_eager, "for one signature, %s", t->why_eager);
    pthread_mutex_unlock(&f->lock);
    atomic_store(&t->eager, true);
    if (eg__listens("function"))
        eg__message("function", "%s runs eagerly %s", f->callable.name, f->why_eager);
}

/* ---- arguments ------------------------------------------------------------------------------ */

static bool argument_ok(const eg_function *f, const eg_tensor *x, int i)
{
    if (x &&
        (x->kind == EG__VALUE || x->kind == EG__VARIABLE ||
            (x->kind == EG__SYMBOL && eg__is_symbolic(&eg__me))))
        return true;
    char which[96];
    snprintf(which, sizeof which, "argument %d of %.64s", i, f->callable.name);
    if (x && x->kind == EG__SPENT)
        eg__refuse_spent(call_name, which, x);
    else
        eg__fail(EG_INVALID, call_name, "%s is %s", which,
            !x                        ? "NULL"
                : x->kind == EG__DEAD ? "freed already; eg_give or eg_retain it"
                                      : "no tensor");
    return false;
}

bool eg__call_arguments_ok(const eg_function *f, int n, eg_tensor *const args[])
{
    if (!f || n != f->callable.n_in || (n > 0 && !args)) {
        eg__fail(EG_INVALID, call_name, f ? "%s takes %d arguments, not %d" : "function is NULL",
            f ? f->callable.name : "", f ? f->callable.n_in : 0, n);
        return false;
    }
    if (EG_CRUEL && atomic_load(&f->refs) == 0) {
        eg__fail(EG_STATE, call_name, "%s was freed before", f->callable.name);
        return false;
    }
    for (int i = 0; i < n; i++)
        if (!argument_ok(f, args[i], i))
            return false;
    if (eg__me.scope)
        return true;
    eg__fail(EG_STATE, call_name,
        "no scope is open on this thread, so nobody would own the "
        "result; write EG_SCOPE; at the start of the block");
    return false;
}

static int count_tapes(void)
{
    int n = 0;

    for (const eg__tape *t = eg__tape_innermost(); t; t = eg__tape_after(&t->watch))
        n += !t->paused && !t->used_up;
    return n;
}

static uint64_t followed_arguments(int n, eg_tensor *const args[])
{
    const eg__tape *tape = eg__tape_innermost();
    uint64_t wanted = 0;

    for (int i = 0; i < n; i++)
        if (args[i]->kind == EG__VALUE && eg__tape_follows(tape, args[i]))
            wanted |= UINT64_C(1) << i;
    return wanted;
}

/* ---- calls ---------------------------------------------------------------------------------- */

/* Once it has segments other threads know it, and may add more. */
static bool is_empty(eg_function *f, const eg__trace *t)
{
    pthread_mutex_lock(&f->lock);
    bool empty = t->n_segments == 0;
    pthread_mutex_unlock(&f->lock);
    return empty;
}

/* Records into a known trace, or a new one; which stays only if it came to something. */
static eg__outcome_of_call record(eg_function *f, eg__trace *trace, const eg__key *key,
    eg_tensor **y)
{
    *y = NULL;
    if (!trace && !eg__signature_check(f, key->n, key->args))
        return EG__CALL_DONE;
    eg__trace *made = trace ? NULL : eg__trace_new(f, key);
    if (!trace && !made)
        return EG__CALL_DONE;
    eg__outcome_of_call outcome = eg__record_call(f, trace ? trace : made, key, y);
    if (made && is_empty(f, made))
        eg__trace_free(made);
    else if (made) {
        eg__trace_compare(made);
        eg__explain_trace(f, made);
    }
    return outcome;
}

/* Every n-th call is also recorded again, and must give the same bits. */
static bool is_audited(eg_function *f, const eg__trace *t)
{
    int every = eg__option_number(EG__OPTION_AUDIT);
    if (EG_LIKELY(every <= 0))
        return false;
    int64_t calls = atomic_load(&t->served) + atomic_load(&f->other_calls);
    return calls % every == every - 1;
}

/* Says where graph and body part. */
static void report_difference(eg_function *f, eg__trace *trace, const eg__key *key)
{
    eg_comparison c = {.size = sizeof c};

    eg__compare(f, trace, key, &c);
    eg__fail(EG_INTERNAL, call_name, "%s: the recorded graph gives other bits than the body%s%s",
        f->callable.name, c.what[0] ? ": " : "", c.what);
}

/* The graph's call, which is forgotten, and the recording's, seeing the same variables. */
static eg__outcome_of_call run_both(eg_function *f, eg__trace *trace, const eg__key *key,
    eg_tensor **y)
{
    eg_tensor *replayed;
    uint32_t printed = eg__me.printed, skip = eg__me.skip_prints, host = eg__me.host_next;
    eg__outcome_of_call outcome = eg__replay_call(trace, key, true, &replayed);

    if (outcome != EG__CALL_DONE || eg__me.failed)
        return outcome;
    eg__me.skip_prints = skip + (eg__me.printed - printed);
    eg__me.host_next = host;
    outcome = eg__record_call(f, trace, key, y);
    if (outcome == EG__CALL_DONE && *y && !atomic_load(&f->eager) && !eg__same_bits(replayed, *y)) {
        eg__me.host_next = host;
        report_difference(f, trace, key);
        *y = NULL;
    }
    return outcome;
}

EG_COLD static eg__outcome_of_call audit(eg_function *f, eg__trace *trace, const eg__key *key,
    eg_tensor **y)
{
    eg__transaction t;

    eg__transaction_begin(&t);
    eg__outcome_of_call outcome = run_both(f, trace, key, y);
    if (outcome != EG__CALL_DONE || eg__me.failed || !eg__transaction_prepare(&t)) {
        eg__transaction_drop(&t);
        return outcome;
    }
    return eg__transaction_commit(&t) ? EG__CALL_DONE : EG__CALL_AGAIN;
}

static eg__outcome_of_call replay(eg_function *f, eg__trace *trace, const eg__key *key,
    eg_tensor **y)
{
    int64_t start = EG_UNLIKELY(f->timed) ? eg__os_nanoseconds() : 0;
    eg__outcome_of_call outcome = eg__replay_call(trace, key, false, y);

    if (EG_UNLIKELY(f->timed))
        atomic_fetch_add(&trace->run_time, eg__os_nanoseconds() - start);
    if (EG_LIKELY(*y != NULL))
        atomic_fetch_add_explicit(&trace->served, 1, memory_order_relaxed);
    return outcome;
}

/* What served a call counts it: the trace, or `other_calls`. */
static eg__outcome_of_call try_once(eg_function *f, const eg__key *key, bool missed, eg_tensor **y)
{
    eg__trace *trace = eg__trace_find(f, key);

    if (!trace && eg__signature_check(f, key->n, key->args))
        trace = eg__trace_relax(f, key);
    if (EG_LIKELY(trace && !missed)) {
        if (EG_UNLIKELY(atomic_load(&trace->eager)))
            return EG__CALL_EAGER;
        if (EG_LIKELY(!is_audited(f, trace)))
            return replay(f, trace, key, y);
    }
    eg__outcome_of_call outcome =
        trace && !missed ? audit(f, trace, key, y) : record(f, trace, key, y);
    if (*y)
        atomic_fetch_add(&f->other_calls, 1);
    return outcome;
}

static eg_tensor *call_eagerly(eg_function *f, int n, eg_tensor *const args[])
{
    eg_tensor *y = eg__call_eagerly(f, n, args);

    atomic_fetch_add_explicit(&f->eager_calls, 1, memory_order_relaxed);
    if (y)
        atomic_fetch_add_explicit(&f->other_calls, 1, memory_order_relaxed);
    return y;
}

/* Tries until the call is done or has to be eager. What an attempt has printed the next one does
 * not print again. */
static eg_tensor *call(eg_function *f, const eg__key *key)
{
    uint32_t printed = eg__me.printed, skip = eg__me.skip_prints, host = eg__me.host_next;
    eg__outcome_of_call outcome = EG__CALL_AGAIN;
    eg_tensor *y = NULL;

    while (outcome == EG__CALL_AGAIN || outcome == EG__CALL_MISSED) {
        bool missed = outcome == EG__CALL_MISSED;
        outcome = atomic_load(&f->eager) ? EG__CALL_EAGER : try_once(f, key, missed, &y);
        if (EG_UNLIKELY(outcome != EG__CALL_DONE)) {
            eg__me.skip_prints = skip + (eg__me.printed - printed);
            eg__me.host_next = host;
        }
    }
    return EG_LIKELY(outcome == EG__CALL_DONE) ? y : call_eagerly(f, key->n, key->args);
}

static eg_tensor *serve(eg_function *f, int n, eg_tensor *const args[])
{
    int tapes = EG_UNLIKELY(eg__me.watch != NULL) ? count_tapes() : 0;
    bool all_seen = tapes > 1 || (eg__me.watch && eg__forward_is_on());
    if (EG_UNLIKELY(all_seen || eg__functions_run_eagerly()))
        return call_eagerly(f, n, args);
    eg__key key = {n, args, f->env, 0, tapes == 1};
    key.wanted = tapes ? followed_arguments(n, args) : 0;
    return call(f, &key);
}

eg_tensor *eg_call_of(eg_function *f, int n, eg_tensor *const args[])
{
    if (eg__me.failed || !eg__call_arguments_ok(f, n, args))
        return NULL;
    bool inlined = EG_UNLIKELY(eg__me.recording || eg__is_symbolic(&eg__me));
    unsigned side = eg__function_enter(f);
    eg_tensor *y = inlined ? eg__call_inline(f, n, args) : serve(f, n, args);
    eg__host_log_end();
    eg__function_leave(f, side);
    return y;
}

eg_tensor *eg_do_call(const eg_site *at, eg_function *f, const eg_arg args[])
{
    eg_tensor *in[EG__MOST_ARGUMENTS];
    int n = 0;

    for (; args[n].kind != EG_ARG_END && n < EG__MOST_ARGUMENTS; n++)
        in[n] = eg_ready1(at, args[n]);
    eg__me.site = *at;
    return eg_call_of(f, n, in);
}
