/* A variable's state: the current value, swapped as a whole under a lock.
 *
 * Two locks. `lock` is held for a few instructions to look at or swap the value, or for as long as
 * an update in place takes. `writer` is held while a call of a function commits what it assigns, so
 * that such commits come one after another. Neither is held while the host's code runs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef TENSOR_VARIABLE_H
#define TENSOR_VARIABLE_H

#include "tensor/tensor.h"
#include <eagre/variable.h>
#include <pthread.h>

typedef struct eg__variable {
    pthread_mutex_t lock, writer;
    eg_tensor *value;
    uint64_t version; /* how often it was assigned */
    uint64_t serial;  /* order in which variables were made: the order of taking `writer` */
    char *name;
    bool trainable;
} eg__variable;

/* The value at this moment with one more owner, and its version unless NULL. */
eg_tensor *eg__variable_get(eg_tensor *variable, uint64_t *version);

/* Swaps in a value handle of the right spec, taking over the caller's ownership. */
void eg__variable_set(eg_tensor *variable, eg_tensor *value);

/* Begins changing the value's own elements: waits until nobody reads, then keeps readers out until
 * the end. Gives the elements; NULL, with nothing begun, where others than the `ours` known owners
 * of the handle have the value, or share its elements. Call it holding the writer's lock. */
void *eg__variable_begin_update(eg_tensor *variable, int ours);
void eg__variable_end_update(eg_tensor *variable);

void eg__variable_drop(eg__variable *variable);

#endif
