/* Blocks: memory for elements of tensors and for arenas, aligned to a cache line, kept for reuse.
 *
 * A fresh 40 MB result costs ten times its arithmetic in page faults, so blocks are not given back
 * at once: small ones go to the thread's store, large ones to a cache all threads share. What a
 * block really holds follows from the size asked for, so the size is all that freeing needs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BLOCK_H
#define BASE_BLOCK_H

#include "base/thread.h"

void *eg__block_new(size_t size);
void eg__block_free(void *block, size_t size);

/* Empties the shared cache; the one of this thread. */
void eg__block_trim(void);
void eg__block_trim_thread(eg__thread *me);

#endif
