/* Actions on variables, and the transactions that hold them back.
 *
 * Outside of calls an assignment is immediate. Inside, it waits in the innermost transaction: a
 * failed call has assigned nothing. Commits of concurrent calls come one after another: each
 * variable that is assigned is locked in the order of making, and a variable that was also read
 * must still be as it was.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/effect.h"
#include "base/memory.h"
#include "op/watch.h"
#include <eagre/ops.h>
#include <eagre/variable.h>
#include <stdlib.h>

void eg__transaction_begin(eg__transaction *t)
{
    *t = (eg__transaction){.outer = eg__me.transaction};
    eg__me.transaction = t;
}

static void clear(eg__transaction *t)
{
    for (int i = 0; i < t->n; i++) {
        eg__unref(t->touched[i].variable);
        eg__unref(t->touched[i].read);
        eg__unref(t->touched[i].assign);
    }
    eg__free(t->touched, sizeof *t->touched * (size_t)t->capacity);
    eg__me.transaction = t->outer;
}

void eg__transaction_drop(eg__transaction *t)
{
    clear(t);
}

static eg__touched *find(const eg__transaction *t, const eg_tensor *variable)
{
    for (int i = 0; i < t->n; i++)
        if (t->touched[i].variable == variable)
            return &t->touched[i];
    return NULL;
}

static eg__touched *touch(eg__transaction *t, eg_tensor *variable)
{
    eg__touched *at = find(t, variable);

    if (at)
        return at;
    if (!eg__reserve(&t->touched, sizeof *t->touched, t->n, &t->capacity))
        return eg__fail_memory("a call", sizeof *t->touched), NULL;
    at = &t->touched[t->n++];
    *at = (eg__touched){.variable = eg__ref(variable)};
    return at;
}

eg_tensor *eg__variable_pending(const eg_tensor *variable)
{
    for (const eg__transaction *t = eg__me.transaction; t; t = t->outer) {
        const eg__touched *at = find(t, variable);
        if (at && at->assign)
            return at->assign;
    }
    return NULL;
}

eg_tensor *eg__variable_seen(const eg_tensor *variable)
{
    for (const eg__transaction *t = eg__me.transaction; t; t = t->outer) {
        const eg__touched *at = find(t, variable);
        if (at && at->read)
            return at->read;
    }
    return NULL;
}

eg_tensor *eg__variable_found(eg_tensor *variable)
{
    eg_tensor *seen = eg__variable_seen(variable);
    eg__touched *at = seen ? NULL : touch(eg__me.transaction, variable);

    if (at)
        seen = at->read = eg__variable_get(variable, &at->version);
    return seen;
}

eg_tensor *eg__variable_now(eg_tensor *variable)
{
    if (EG_LIKELY(!eg__me.transaction))
        return eg__variable_get(variable, NULL);
    eg_tensor *known = eg__variable_pending(variable);
    if (!known)
        known = eg__variable_seen(variable);
    if (known)
        return eg__ref(known);
    eg__touched *at = touch(eg__me.transaction, variable);
    if (!at)
        return NULL;
    at->read = eg__variable_get(variable, &at->version);
    return eg__ref(at->read);
}

/* ---- commit ------------------------------------------------------------------------------- */

static int by_serial(const void *a, const void *b)
{
    uint64_t x = (*(const eg__touched *)a).variable->variable->serial;
    uint64_t y = (*(const eg__touched *)b).variable->variable->serial;
    return (x > y) - (x < y);
}

/* Gives the transaction outside room for all that this one touched, so that merging cannot fail. */
bool eg__transaction_prepare(eg__transaction *t)
{
    for (int i = 0; t->outer && i < t->n; i++)
        if (!touch(t->outer, t->touched[i].variable))
            return false;
    return true;
}

static void merge(eg__transaction *t)
{
    for (int i = 0; i < t->n; i++) {
        eg__touched *from = &t->touched[i], *to = find(t->outer, from->variable);
        if (from->assign) {
            eg__unref(to->assign);
            to->assign = eg__ref(from->assign);
        }
        if (from->read && !to->read && !to->assign) {
            to->read = eg__ref(from->read);
            to->version = from->version;
        }
    }
}

static bool still_as_read(const eg__touched *at)
{
    return !at->read || at->variable->variable->version == at->version;
}

static bool is_written(const eg__touched *at)
{
    return at->assign || at->in_place;
}

static void assign_valid(eg__transaction *t)
{
    for (int i = 0; i < t->n; i++)
        if (t->touched[i].assign)
            eg__variable_set(t->touched[i].variable, eg__ref(t->touched[i].assign));
}

/* Takes the writer's locks of all that is written, in the order the variables were made in. */
static bool assign_all(eg__transaction *t, eg_status (*update)(void *), void *env,
    eg_status *status)
{
    bool valid = true;

    qsort(t->touched, (size_t)t->n, sizeof *t->touched, by_serial);
    for (int i = 0; i < t->n; i++)
        if (is_written(&t->touched[i]))
            pthread_mutex_lock(&t->touched[i].variable->variable->writer);
    for (int i = 0; i < t->n; i++)
        valid = valid && (!is_written(&t->touched[i]) || still_as_read(&t->touched[i]));
    *status = valid && update ? update(env) : EG_OK;
    if (valid && *status == EG_OK)
        assign_valid(t);
    for (int i = 0; i < t->n; i++)
        if (is_written(&t->touched[i]))
            pthread_mutex_unlock(&t->touched[i].variable->variable->writer);
    return valid && *status == EG_OK;
}

bool eg__transaction_commit(eg__transaction *t)
{
    eg_status status = EG_OK;
    bool done = true;

    if (t->outer)
        merge(t);
    else if (t->n > 0)
        done = assign_all(t, NULL, NULL, &status);
    clear(t);
    return done;
}

bool eg__transaction_commit_with(eg__transaction *t, eg_status (*update)(void *env), void *env,
    eg_status *status)
{
    bool done = assign_all(t, update, env, status);

    clear(t);
    return done;
}

bool eg__transaction_update(eg_tensor *variable)
{
    eg__touched *at = touch(eg__me.transaction, variable);

    if (at)
        at->in_place = true;
    return at != NULL;
}

bool eg__transaction_assign(eg_tensor *variable, eg_tensor *value)
{
    eg__touched *at = touch(eg__me.transaction, variable);

    if (!at)
        return false;
    eg__unref(at->assign);
    at->assign = eg__ref(value);
    return true;
}

/* ---- the public actions ------------------------------------------------------------------- */

static eg_status check_assign(const char *op, eg_tensor *variable, eg_tensor *value)
{
    char a[EG__SPEC_TEXT], b[EG__SPEC_TEXT];

    if (eg__me.failed)
        return eg__me.failed;
    if (!variable || variable->kind != EG__VARIABLE)
        return eg__fail(EG_INVALID, op, "%s", variable ? "it is no variable" : "variable is NULL");
    if (!value || value->kind == EG__TUPLE || value->kind == EG__NONE)
        return eg__fail(EG_INVALID, op, "the value is %s", value ? "no tensor" : "NULL");
    if (!eg__same_spec(&variable->spec, &value->spec))
        return eg__fail(EG_INVALID, op,
            "variable \"%s\" is %s, the value is %s; cast or reshape it", variable->variable->name,
            eg__spec_text(&variable->spec, a), eg__spec_text(&value->spec, b));
    return EG_OK;
}

static eg_status assign_value(eg_tensor *variable, eg_tensor *value)
{
    static const char op[] = "eg_assign";
    eg_tensor *own = eg__alias(value, op);

    if (!own)
        return EG_NO_MEMORY;
    if (!eg__me.transaction) {
        pthread_mutex_lock(&variable->variable->writer);
        eg__variable_set(variable, own);
        pthread_mutex_unlock(&variable->variable->writer);
        return EG_OK;
    }
    eg_status status = eg__transaction_assign(variable, own) ? EG_OK : EG_NO_MEMORY;
    eg__unref(own);
    return status;
}

eg_status eg_assign(eg_tensor *variable, eg_tensor *value)
{
    static const char op[] = "eg_assign";
    eg_tensor *now = NULL, *from = value;
    eg_status status = check_assign(op, variable, value);
    bool symbolic = eg__is_symbolic(&eg__me);

    if (status != EG_OK)
        return status;
    if (value->kind == EG__VARIABLE && !symbolic)
        from = now = eg__variable_now(value);
    if (from && from->kind == EG__SPENT)
        status = eg__refuse_spent(op, "the value", from);
    else if (from)
        status = eg__watch_assigned(variable, value);
    if (from && status == EG_OK && !symbolic)
        status = assign_value(variable, from);
    eg__unref(now);
    return from ? status : EG_NO_MEMORY;
}

static eg_status assign_changed(eg_tensor *variable, eg_tensor *by, const char *op,
    eg_tensor *(*change)(eg_tensor *, eg_tensor *))
{
    if (eg__me.failed)
        return eg__me.failed;
    if (!variable || variable->kind != EG__VARIABLE)
        return eg__fail(EG_INVALID, op, "%s", variable ? "it is no variable" : "variable is NULL");
    eg_scope *scope = eg_scope_open();
    eg_status status = eg_assign(variable, change(variable, by));
    eg_scope_close(scope);
    return status != EG_OK ? status : eg__me.failed;
}

eg_status eg_assign_add(eg_tensor *variable, eg_tensor *value)
{
    return assign_changed(variable, value, "eg_assign_add", eg_add);
}

eg_status eg_assign_sub(eg_tensor *variable, eg_tensor *value)
{
    return assign_changed(variable, value, "eg_assign_sub", eg_sub);
}
