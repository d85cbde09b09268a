/* A call of a binding: the thread's scopes, watchers and pending error are put aside while it
 * lasts, so that it neither sees nor changes them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BIND_VISIT_H
#define BIND_VISIT_H

#include "base/thread.h"
#include <eagre/bind.h>

typedef struct eg__visit {
    eg__thread before; /* what is put back of it: see visit.c */
    eg_error pending;  /* the host's, where one is */
    eg_bind_tape *tape;
    eg_scope *scope; /* in which errors end */
} eg__visit;

/* Begins a call with an open scope, whose error goes to `error`, and the tape (NULL: none), and the
 * tapes around it, watching. */
void eg__visit_begin(eg__visit *visit, eg_bind_tape *tape, eg_error *error);

/* Frees what the call left behind and puts back what was aside. EG_OK, or the call's error. */
eg_status eg__visit_end(eg__visit *visit);

/* Makes a result of the call the caller's own; NULL gives NULL. */
eg_tensor *eg__visit_keep(eg_tensor *x);

/* Lets a tape, and those around it, watch this thread from the innermost place; see tape.c. */
void eg__bind_tape_attach(eg_bind_tape *tape);
void eg__bind_tape_detach(eg_bind_tape *tape);

#endif
