/* A thread's store: the text of its pending error and the small blocks it keeps for reuse. All
 * stores are on one list, so that counters can be summed; a thread that ends takes its store off.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_STORE_H
#define BASE_STORE_H

#include "base/thread.h"
#include <stdatomic.h>

enum { EG__SMALL_CLASSES = 40 }; /* size classes up to 56 KiB: see block.c */

typedef struct eg__store {
    eg_error error;
    void *free[EG__SMALL_CLASSES];
    int n_free[EG__SMALL_CLASSES];
    eg__thread *owner;
    struct eg__store *next, **link;
} eg__store;

/* Counts a handle made or freed on a thread that has no store. */
void eg__store_count(int change);

/* Handles alive in all threads; a racy sum while others run. */
int64_t eg__store_live_tensors(void);

#endif
