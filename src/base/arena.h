/* An arena: many small allocations that are freed together. For what belongs to a graph or plan.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

typedef struct eg__arena {
    struct eg__arena_piece *last;
    size_t used, bytes; /* of the last piece; of all pieces */
} eg__arena;

/* `size` bytes of zeroed memory, aligned for any type; NULL where memory is out. */
void *eg__arena_take(eg__arena *arena, size_t size);
char *eg__arena_text(eg__arena *arena, const char *text);
void eg__arena_free(eg__arena *arena);

#endif
