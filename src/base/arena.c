/* Arenas: pieces that double in size, taken from front to back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/block.h"
#include "base/compiler.h"
#include <string.h>

enum { FIRST = EG_CRUEL ? 64 : 1024, MOST = 1 << 15, ALIGN = 16 };

typedef struct eg__arena_piece {
    _Alignas(ALIGN) struct eg__arena_piece *before;
    size_t size; /* of the whole piece */
} piece;

void *eg__arena_take(eg__arena *arena, size_t size)
{
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (!arena->last || arena->last->size - arena->used < size) {
        size_t next = arena->last ? arena->last->size * 2 : FIRST;
        next = next < MOST ? next : MOST;
        next = next < size + sizeof(piece) ? size + sizeof(piece) : next;
        piece *p = eg__block_new(next);
        if (!p)
            return NULL;
        p->before = arena->last;
        p->size = next;
        arena->last = p;
        arena->used = sizeof *p;
        arena->bytes += next;
    }
    char *memory = (char *)arena->last + arena->used;
    arena->used += size;
    return memset(memory, 0, size);
}

char *eg__arena_text(eg__arena *arena, const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = eg__arena_take(arena, n);
    return copy ? memcpy(copy, text, n) : NULL;
}

void eg__arena_free(eg__arena *arena)
{
    for (piece *p = arena->last, *before; p; p = before) {
        before = p->before;
        eg__block_free(p, p->size);
    }
    *arena = (eg__arena){0};
}
