/* Variables as operations see them, and transactions: what a call of a function has read and
 * assigned but not yet shown to the world.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef OP_EFFECT_H
#define OP_EFFECT_H

#include "tensor/variable.h"

typedef struct eg__touched {
    eg_tensor *variable;
    eg_tensor *read;   /* the value when the call first looked; NULL: it never did */
    uint64_t version;  /* of that value */
    eg_tensor *assign; /* what the call assigned last; NULL: nothing */
    bool in_place;     /* the commit changes the value itself, or assigns one then */
} eg__touched;

typedef struct eg__transaction {
    struct eg__transaction *outer;
    eg__touched *touched;
    int n, capacity;
} eg__transaction;

/* Opens a transaction on this thread; drops it, forgetting what was assigned. */
void eg__transaction_begin(eg__transaction *t);
void eg__transaction_drop(eg__transaction *t);

/* Makes the assignments real, or part of the transaction outside, and closes it. False, with
 * nothing assigned, where another thread has assigned a variable that this call both read and
 * assigns: then the call must be done again. Cannot fail otherwise. */
bool eg__transaction_commit(eg__transaction *t);

/* As eg__transaction_commit of a transaction with none outside. Between making sure that nobody was
 * faster and showing the result to the world `update` is called, while no other thread can assign
 * what this one assigns; it gives the variables marked in_place their value. False, with *status
 * set, if it fails: then nothing has been assigned. */
bool eg__transaction_commit_with(eg__transaction *t, eg_status (*update)(void *env), void *env,
    eg_status *status);

/* Marks a variable whose value the update of the commit will change. */
bool eg__transaction_update(eg_tensor *variable);

/* Makes sure that committing `t` needs no memory; false, reported, where it would. */
bool eg__transaction_prepare(eg__transaction *t);

/* Notes that the innermost transaction assigns this value; false where memory is out. */
bool eg__transaction_assign(eg_tensor *variable, eg_tensor *value);

/* What the variable holds for this thread: the call's own assignment, the value the call saw
 * first, or the value of the moment. With one more owner; NULL after an error. */
eg_tensor *eg__variable_now(eg_tensor *variable);

/* The value that the call in progress found when it first looked; NULL: it never did. Borrowed. */
eg_tensor *eg__variable_seen(const eg_tensor *variable);

/* The same, read now where the call has not looked at it. NULL after an error. */
eg_tensor *eg__variable_found(eg_tensor *variable);

/* The value that calls in progress have assigned to the variable; NULL: none. Borrowed. */
eg_tensor *eg__variable_pending(const eg_tensor *variable);

#endif
