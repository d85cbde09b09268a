/* The pending error of a thread: written once, read by scopes, eg_report and bindings.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/store.h"
#include <stdarg.h>
#include <string.h>

static const char *const status_names[] = {
    [EG_OK] = "ok",
    [EG_INVALID] = "invalid argument",
    [EG_NO_MEMORY] = "out of memory",
    [EG_STATE] = "wrong state",
    [EG_IO] = "input/output error",
    [EG_FORMAT] = "wrong format",
    [EG_UNAVAILABLE] = "unavailable",
    [EG_INTERNAL] = "internal error",
};

const char *eg_status_name(eg_status status)
{
    size_t n = sizeof status_names / sizeof *status_names;
    return (size_t)status < n ? status_names[status] : "unknown status";
}

const char *eg_version(void)
{
    return "0.1.0";
}

void eg_at(const eg_site *site)
{
    eg__me.site = site ? *site : (eg_site){0};
}

static void copy_text(char *to, size_t size, const char *from)
{
    size_t n = from ? strlen(from) : 0;

    if (n >= size)
        n = size - 1;
    if (n > 0)
        memcpy(to, from, n);
    to[n] = '\0';
}

eg_status eg__fail(eg_status status, const char *op, const char *format, ...)
{
    eg__thread *me = &eg__me;
    va_list args;

    if (me->failed)
        return status;
    if (me->steady) {
        me->steady->site = me->site;
        return me->failed = status;
    }
    eg__thread_start(me);
    me->failed = status;
    if (!me->store)
        return status;
    eg_error *error = &me->store->error;
    *error = (eg_error){.status = status, .line = me->site.line};
    copy_text(error->op, sizeof error->op, op);
    copy_text(error->file, sizeof error->file, me->site.file);
    copy_text(error->function, sizeof error->function, me->site.function);
    va_start(args, format);
    vsnprintf(error->message, sizeof error->message, format, args);
    va_end(args);
    return status;
}

eg_status eg__fail_memory(const char *op, size_t bytes)
{
    return eg__fail(EG_NO_MEMORY, op,
        "%zu bytes could not be allocated; free tensors, close scopes "
        "or raise the limit (eg_set_memory_limit)",
        bytes);
}

void eg__error_in(const char *op)
{
    eg_error *error = eg__me.failed && eg__me.store ? &eg__me.store->error : NULL;

    if (error && !eg__me.steady && !error->op[0])
        copy_text(error->op, sizeof error->op, op);
}

void eg__clear_error(void)
{
    eg__me.errors_ended += eg__me.failed != EG_OK;
    eg__me.failed = EG_OK;
}

bool eg_ok(void)
{
    return eg__me.failed == EG_OK;
}

eg_status eg_pending(eg_error *error)
{
    const eg__thread *me = &eg__me;

    if (error && me->failed && me->store)
        *error = me->store->error;
    else if (error)
        *error = (eg_error){.status = me->failed};
    return me->failed;
}

int eg_report(FILE *out)
{
    eg_error e;

    if (!eg_pending(&e))
        return 0;
    eg__clear_error();
    if (!out)
        return 1;
    if (e.file[0])
        fprintf(out, "%s:%d: ", e.file, e.line);
    fprintf(out, "error: %s%s%s", e.op, e.op[0] ? ": " : "",
        e.message[0] ? e.message : eg_status_name(e.status));
    fprintf(out, e.function[0] ? " (in %s)\n" : "\n", e.function);
    return 1;
}

eg_status eg_fail(eg_status status, const char *op, const char *message)
{
    if (status == EG_OK)
        return EG_OK;
    return eg__fail(status, op ? op : "", "%s", message ? message : "");
}
