/* Scopes: opening, closing, and moving handles between them.
 *
 * A thread has one pending error, and it makes the whole stack inert, so "the error moves outwards
 * when its scope closes" needs no work: only a try scope ends it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/scope.h"
#include "base/memory.h"
#include "base/store.h"

/* What opening returns when it cannot: belongs to every thread, owns nothing, closes silently. */
static eg_scope inert;

bool eg__scope_is_inert(const eg_scope *scope)
{
    return scope == &inert;
}

void eg__scopes_trim(eg__thread *me)
{
    for (eg_scope *s = me->spare_scopes, *next; s; s = next) {
        next = s->outer;
        eg__free(s, sizeof *s);
    }
    me->spare_scopes = NULL;
}

/* Lets a handle go, telling a recording in progress if somebody else still has it. */
static void let_go(eg__thread *me, eg_tensor *x)
{
    eg__disown(x);
    if (EG_UNLIKELY(me->recording && x->recording == me->recording && atomic_load(&x->refs) > 1))
        me->outlives(x);
    eg__unref(x);
}

static void close_innermost(eg__thread *me)
{
    eg_scope *scope = me->scope;

    if (scope->on_close)
        scope->on_close(scope);
    if (scope->kind == EG__TRY_SCOPE) {
        if (scope->error)
            eg_pending(scope->error);
        eg__clear_error();
    }
    while (scope->first)
        let_go(me, scope->first);
    me->scope = scope->outer;
    if (EG_CRUEL) {
        eg__free(scope, sizeof *scope);
        return;
    }
    scope->outer = me->spare_scopes;
    me->spare_scopes = scope;
}

static void end_thread(eg__thread *me)
{
    while (me->scope)
        close_innermost(me);
    eg__scopes_trim(me);
    eg__handles_trim(me);
}

eg_scope *eg__scope_open(eg__scope_kind kind)
{
    eg__thread *me = &eg__me;
    eg_scope *scope = me->spare_scopes;

    if (EG_UNLIKELY(me->failed))
        return &inert;
    if (EG_LIKELY(scope != NULL)) {
        me->spare_scopes = scope->outer;
    } else {
        scope = eg__thread_start(me) ? eg__alloc(sizeof *scope) : NULL;
        if (!scope) {
            eg__fail_memory("eg_scope_open", sizeof *scope);
            return &inert;
        }
        me->end = end_thread;
    }
    *scope = (eg_scope){.outer = me->scope, .kind = kind};
    me->scope = scope;
    return scope;
}

eg_scope *eg_scope_open(void)
{
    return eg__scope_open(EG__PLAIN_SCOPE);
}

eg_scope *eg_try_open(eg_error *error)
{
    if (error)
        *error = (eg_error){0};
    eg_scope *scope = eg__scope_open(EG__TRY_SCOPE);
    if (scope == &inert)
        eg_pending(error);
    else
        scope->error = error;
    return scope;
}

void eg_scope_close(eg_scope *scope)
{
    eg__thread *me = &eg__me;
    eg_scope *open = me->scope;

    if (!scope || scope == &inert)
        return;
    while (open && open != scope)
        open = open->outer;
    if (!open)
        return;
    while (me->scope != scope) {
        me->scope->left_open = true;
        close_innermost(me);
    }
    close_innermost(me);
}

static void enlist(eg_scope *scope, eg_tensor *x)
{
    x->scope = scope;
    x->next = scope->first;
    x->link = &scope->first;
    if (x->next)
        x->next->link = &x->next;
    scope->first = x;
}

void eg__own_by(eg_scope *scope, eg_tensor *x)
{
    enlist(scope, x);
}

eg_tensor *eg__own(eg_tensor *x, const char *op)
{
    eg_scope *scope = eg__me.scope;

    if (EG_LIKELY(x && scope)) {
        enlist(scope, x);
        return x;
    }
    if (x) {
        eg__fail(EG_STATE, op,
            "no scope is open on this thread, so nobody would own the result; write EG_SCOPE; at "
            "the start of the block");
        eg__unref(x);
    }
    return NULL;
}

void eg__disown(eg_tensor *x)
{
    *x->link = x->next;
    if (x->next)
        x->next->link = x->link;
    x->scope = NULL;
}

static void give_one(eg_tensor *x, eg_scope *from)
{
    if (x->scope != from)
        return;
    eg__disown(x);
    enlist(from->outer, x);
}

eg_tensor *eg_give(eg_tensor *x)
{
    eg_scope *scope = eg__me.scope;

    if (!x || !scope || x->scope != scope)
        return eg__me.failed ? NULL : x;
    if (!scope->outer || scope->kind == EG__CALL_SCOPE)
        return eg__fail_null(EG_STATE, "eg_give",
            "there is no scope around the innermost one to give to; use eg_retain");
    give_one(x, scope);
    if (x->kind == EG__TUPLE)
        for (int i = 0; i < x->tuple.n; i++)
            give_one(x->tuple.part[i], scope);
    return x;
}

static bool is_ours(const eg_scope *scope)
{
    for (const eg_scope *s = eg__me.scope; s; s = s->outer)
        if (s == scope)
            return true;
    return false;
}

eg_status eg_replace(eg_tensor **x, eg_tensor *y)
{
    if (eg__me.failed)
        return eg__me.failed;
    if (!x || !*x || !y)
        return eg__fail(EG_INVALID, "eg_replace", "%s is NULL", !x || !*x ? "x" : "y");
    eg_tensor *old = *x;
    eg_scope *home = old->scope;
    if (old == y)
        return EG_OK;
    *x = y;
    if (!home || !is_ours(home))
        return EG_OK;
    if (y->scope && y->scope != home && is_ours(y->scope)) {
        eg__disown(y);
        enlist(home, y);
        if (eg__me.recording && y->recording == eg__me.recording)
            eg__me.outlives(y);
    }
    eg__disown(old);
    eg__unref(old);
    return EG_OK;
}
