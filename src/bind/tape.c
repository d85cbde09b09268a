/* Tapes as objects. Such a tape is an ordinary one, whose scope is taken off the thread that opened
 * it and put on that of each call for as long as the call lasts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "base/attrs.h"
#include "base/memory.h"
#include "bind/visit.h"
#include <pthread.h>

struct eg_bind_tape {
    pthread_mutex_t lock;
    eg_bind_tape *outer;
    eg_scope *scope;
};

static eg__watch *watch_of(const eg_scope *scope)
{
    return &((eg__tape *)scope->env)->watch;
}

void eg__bind_tape_attach(eg_bind_tape *tape)
{
    if (!tape)
        return;
    pthread_mutex_lock(&tape->lock);
    eg__bind_tape_attach(tape->outer);
    tape->scope->outer = eg__me.scope;
    eg__me.scope = tape->scope;
    eg__watch_begin(watch_of(tape->scope));
}

void eg__bind_tape_detach(eg_bind_tape *tape)
{
    for (; tape; tape = tape->outer)
        pthread_mutex_unlock(&tape->lock);
}

/* The tape's scope, off this thread; NULL after an error. */
static eg_scope *open_aside(const eg_tape_attrs *attrs)
{
    eg_scope *scope = eg_tape_open(attrs);

    if (eg__me.failed) {
        eg_scope_close(scope);
        return NULL;
    }
    eg__watch_end(watch_of(scope));
    eg__me.scope = scope->outer;
    return scope;
}

eg_bind_tape *eg_bind_tape_new(eg_bind_tape *outer, const eg_tape_attrs *attrs, eg_error *error)
{
    eg__visit visit;

    eg__visit_begin(&visit, NULL, error);
    eg_scope *scope = open_aside(attrs);
    eg_bind_tape *tape = scope ? eg__alloc(sizeof *tape) : NULL;
    if (tape) {
        *tape = (eg_bind_tape){.outer = outer, .scope = scope};
        pthread_mutex_init(&tape->lock, NULL);
    } else if (scope) {
        eg__fail_memory("eg_bind_tape_new", sizeof *tape);
        scope->outer = eg__me.scope;
        eg__me.scope = scope;
        eg__watch_begin(watch_of(scope));
        eg_scope_close(scope);
    }
    eg__visit_end(&visit);
    return tape;
}

void eg_bind_tape_free(eg_bind_tape *tape)
{
    eg__visit visit;

    if (!tape)
        return;
    eg__visit_begin(&visit, tape, NULL);
    eg_scope_close(tape->scope);
    eg__visit_end(&visit);
    pthread_mutex_destroy(&tape->lock);
    eg__free(tape, sizeof *tape);
}

eg_status eg_bind_watch(eg_bind_tape *tape, eg_tensor *x, eg_error *error)
{
    eg__visit visit;

    eg__visit_begin(&visit, tape, error);
    eg_watch(x);
    return eg__visit_end(&visit);
}

static eg_status find_gradients(const eg_bind_slope *slope, eg_tensor *gradients[])
{
    eg_gradient_attrs attrs = {.size = sizeof attrs,
        .target_gradient = slope->target_gradient,
        .unconnected_none = slope->unconnected_none};
    eg_status status = eg_gradient_with(slope->target, slope->n, slope->sources, gradients, &attrs);

    for (int i = 0; status == EG_OK && i < slope->n; i++)
        eg__visit_keep(gradients[i]);
    return status;
}

eg_status eg_bind_gradient(eg_bind_tape *tape, const eg_bind_slope *slope, eg_tensor *gradients[],
    eg_error *error)
{
    eg_bind_slope all;
    eg__visit visit;

    eg__visit_begin(&visit, tape, error);
    if (eg__attrs_complete(&all, sizeof all, slope, "eg_bind_gradient"))
        find_gradients(&all, gradients);
    return eg__visit_end(&visit);
}
