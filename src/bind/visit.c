/* Putting a thread's state aside and back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "bind/visit.h"
#include "base/error.h"
#include "base/store.h"
#include "tensor/scope.h"

void eg__visit_begin(eg__visit *visit, eg_bind_tape *tape, eg_error *error)
{
    eg__thread *me = &eg__me;

    visit->before = *me;
    visit->tape = tape;
    if (me->failed)
        eg_pending(&visit->pending);
    me->failed = EG_OK;
    me->scope = NULL;
    me->watch = NULL;
    me->transaction = NULL;
    me->recording = 0;
    me->skip_prints = 0;
    me->outlives = NULL;
    me->sizes = NULL;
    me->site = (eg_site){0};
    eg__bind_tape_attach(tape);
    visit->scope = eg_try_open(error);
}

eg_status eg__visit_end(eg__visit *visit)
{
    eg__thread *me = &eg__me;
    const eg__thread *before = &visit->before;
    eg_status status = me->failed;

    eg_scope_close(visit->scope);
    eg__bind_tape_detach(visit->tape);
    me->failed = before->failed;
    if (me->failed && me->store)
        me->store->error = visit->pending;
    me->errors_ended = before->errors_ended;
    me->scope = before->scope;
    me->watch = before->watch;
    me->transaction = before->transaction;
    me->recording = before->recording;
    me->skip_prints = before->skip_prints;
    me->outlives = before->outlives;
    me->sizes = before->sizes;
    me->site = before->site;
    return status;
}

eg_tensor *eg__visit_keep(eg_tensor *x)
{
    eg__ref(x);
    if (x && x->scope) {
        eg__disown(x);
        eg__unref(x);
    }
    return x;
}
