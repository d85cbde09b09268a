/* Scopes from inside: lists of handles, stacked per thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TENSOR_SCOPE_H
#define TENSOR_SCOPE_H

#include "tensor/tensor.h"

typedef enum eg__scope_kind {
    EG__PLAIN_SCOPE,
    EG__TRY_SCOPE, /* errors end here */
    EG__TAPE_SCOPE,
    EG__CALL_SCOPE, /* a call of a function: nothing is given past it */
} eg__scope_kind;

struct eg_scope {
    struct eg_scope *outer;
    eg_tensor *first;
    eg__scope_kind kind;
    bool left_open;                           /* it closes because one around it does */
    eg_error *error;                          /* of a try: where its error goes, may be NULL */
    void *env;                                /* of a tape: the tape */
    void (*on_close)(struct eg_scope *scope); /* before what it owns is freed; may be NULL */
};

/* Opens a scope of a kind; the inert scope where that fails or the thread has failed. */
eg_scope *eg__scope_open(eg__scope_kind kind);
bool eg__scope_is_inert(const eg_scope *scope);

/* Lists a handle in the given scope of this thread, which takes over the caller's ownership. */
void eg__own_by(eg_scope *scope, eg_tensor *x);

/* Takes a handle off its scope's list, ownership passing to the caller. */
void eg__disown(eg_tensor *x);

/* Freed scopes and handles that a thread keeps. */
void eg__scopes_trim(eg__thread *me);
void eg__handles_trim(eg__thread *me);

#endif
