/* Telling the watchers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/watch.h"

void eg__watch_begin(eg__watch *w)
{
    w->outer = eg__me.watch;
    eg__me.watch = w;
}

void eg__watch_end(eg__watch *w)
{
    for (eg__watch **at = &eg__me.watch; *at; at = &(*at)->outer)
        if (*at == w) {
            *at = w->outer;
            return;
        }
}

static eg_status tell_settled(eg__watch *w, const eg_event *e)
{
    if (!w)
        return EG_OK;
    eg_status status = tell_settled(w->outer, e);
    return status == EG_OK && w->type->settled ? w->type->settled(w, e) : status;
}

eg_status eg__watch_applied(const eg_event *e)
{
    bool settles = false;

    for (eg__watch *w = eg__me.watch; w; w = w->outer) {
        eg_status status = w->type->applied(w, e);
        if (status != EG_OK)
            return status;
        settles = settles || w->type->settled;
    }
    return settles ? tell_settled(eg__me.watch, e) : EG_OK;
}

eg_status eg__watch_asked(eg_tensor *x, eg__ask how)
{
    for (eg__watch *w = eg__me.watch; w; w = w->outer) {
        eg_status status = w->type->asked ? w->type->asked(w, x, how) : EG_OK;
        if (status != EG_OK)
            return status;
    }
    return EG_OK;
}

eg_status eg__watch_assigned(eg_tensor *variable, eg_tensor *value)
{
    for (eg__watch *w = eg__me.watch; w; w = w->outer) {
        eg_status status = w->type->assigned ? w->type->assigned(w, variable, value) : EG_OK;
        if (status != EG_OK)
            return status;
    }
    return EG_OK;
}

eg_tensor *eg__watch_answered(eg_tensor *x, eg__ask how)
{
    for (eg__watch *w = eg__me.watch; w; w = w->outer)
        if (w->type->answered)
            return w->type->answered(w, x, how);
    return NULL;
}

bool eg__assignments_are_watched(void)
{
    for (const eg__watch *w = eg__me.watch; w; w = w->outer)
        if (w->type->assigned)
            return true;
    return false;
}

eg_status eg__watch_printed(eg_tensor *x, const eg_print_attrs *attrs)
{
    for (eg__watch *w = eg__me.watch; w; w = w->outer) {
        eg_status status = w->type->printed ? w->type->printed(w, x, attrs) : EG_OK;
        if (status != EG_OK)
            return status;
    }
    return EG_OK;
}
