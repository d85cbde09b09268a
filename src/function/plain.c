/* Running a body without recording it: because the function is eager, or because a recording or a
 * graph being built is there already and takes the body's operations as its own.
 *
 * The call is a transaction in any case: what a failed body assigned is forgotten. Arguments enter
 * as fresh handles, made by an operation, so that a tape knows where they come from.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "function/trace.h"
#include "op/effect.h"
#include "tensor/scope.h"
#include <eagre/ops.h>

static const char op_name[] = "a function";

static atomic_bool all_eager;

void eg_run_functions_eagerly(bool yes)
{
    atomic_store(&all_eager, yes);
}

bool eg__functions_run_eagerly(void)
{
    return atomic_load_explicit(&all_eager, memory_order_relaxed);
}

/* ---- bodies --------------------------------------------------------------------------------- */

enum { MOST_BODIES = 300 }; /* open inside one another: what a thread's stack holds */

bool eg__body_begin(eg__running *r, eg_function *f)
{
    const eg__running *outer = eg__me.running;

    *r = (eg__running){f, eg__me.running, 1, f->strict};
    if (outer) {
        r->depth = outer->depth + 1;
        r->strict = f->strict || outer->strict;
    }
    if (r->depth <= MOST_BODIES) {
        eg__me.running = r;
        return true;
    }
    eg__fail(EG_INVALID, op_name,
        "%s is called inside %d other calls; a recursion needs an end that each call comes to; "
        "loops are eg_while",
        f->callable.name, MOST_BODIES);
    return false;
}

void eg__body_end(const eg__running *r)
{
    eg__me.running = r->outer;
}

bool eg__body_returned(const eg_function *f, const eg_tensor *y)
{
    char what[96];

    if (eg__me.failed)
        return false;
    if (y && y->kind == EG__SPENT) {
        snprintf(what, sizeof what, "what %.64s returned", f->callable.name);
        eg__refuse_spent(op_name, what, y);
        return false;
    }
    bool freed = y && y->kind == EG__DEAD;
    if (y && y->kind <= EG__TUPLE)
        return true;
    eg__fail(EG_INVALID, op_name, "the body of %s returned %s; return a tensor or a tuple",
        f->callable.name,
        !y          ? "NULL"
            : freed ? "a tensor that its scope has freed (eg_give it to the scope around)"
                    : "no tensor");
    return false;
}

static bool freshen(int n, eg_tensor *const args[], eg_tensor *fresh[])
{
    for (int i = 0; i < n; i++) {
        fresh[i] = args[i]->kind == EG__VARIABLE ? args[i] : eg_identity(args[i]);
        if (!fresh[i])
            return false;
    }
    return true;
}

/* Moves a result from the call's scope to the one around it; of what the scope does not own, such
 * as a captured tensor, another handle goes there. */
static eg_tensor *move_out(eg_tensor *y, const eg_scope *scope)
{
    eg_tensor *own = y->scope == scope ? y : eg_identity(y);

    if (own) {
        eg__disown(own);
        eg__own_by(scope->outer, own);
    }
    return own;
}

static eg_tensor *return_from(eg_tensor *y, const eg_scope *scope)
{
    eg_tensor *part[EG__MAX_PARTS];
    int n = eg_parts(y);

    if (n == 0)
        return move_out(y, scope);
    for (int i = 0; i < n; i++)
        if (!(part[i] = move_out(y->tuple.part[i], scope)))
            return NULL;
    eg_tensor *tuple = eg_tuple_of(n, part);
    return tuple ? move_out(tuple, scope) : NULL;
}

static eg_tensor *run(eg_function *f, int n, eg_tensor *const args[])
{
    eg_tensor *fresh[EG__MOST_ARGUMENTS], *y = NULL;
    eg_scope *scope = eg__scope_open(EG__CALL_SCOPE);
    eg__running running;

    if (eg__scope_is_inert(scope))
        return NULL;
    if (eg__body_begin(&running, f)) {
        if (freshen(n, args, fresh))
            y = f->callable.body(n, fresh, f->env);
        y = eg__body_returned(f, y) ? return_from(y, scope) : NULL;
        eg__body_end(&running);
    }
    eg_scope_close(scope);
    return eg__me.failed ? NULL : y;
}

eg_tensor *eg__call_inline(eg_function *f, int n, eg_tensor *const args[])
{
    eg__transaction t;

    if (!eg__signature_check(f, n, args) || (eg__me.recording && !eg__recorder_calls(f)))
        return NULL;
    eg__transaction_begin(&t);
    eg_tensor *y = run(f, n, args);
    if (y && eg__transaction_prepare(&t)) {
        eg__transaction_commit(&t);
        return y;
    }
    eg__transaction_drop(&t);
    return NULL;
}

eg_tensor *eg__call_eagerly(eg_function *f, int n, eg_tensor *const args[])
{
    uint32_t printed = eg__me.printed, skip = eg__me.skip_prints, host = eg__me.host_next;

    if (!eg__signature_check(f, n, args))
        return NULL;
    for (;;) {
        eg__transaction t;
        eg__transaction_begin(&t);
        eg_tensor *y = run(f, n, args);
        if (!y || !eg__transaction_prepare(&t)) {
            eg__transaction_drop(&t);
            return NULL;
        }
        if (eg__transaction_commit(&t))
            return y;
        eg__me.skip_prints = skip + (eg__me.printed - printed);
        eg__me.host_next = host;
    }
}
