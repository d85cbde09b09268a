/* Where memory comes from: the host's allocator, counted and limited. Sizes are given back with
 * the memory, so no header is needed. Everything returned may be NULL.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

void *eg__alloc(size_t size); /* aligned for any C type */
void *eg__alloc_zero(size_t size);
void *eg__alloc_line(size_t size);        /* aligned to a cache line: data of tensors */
void eg__free(void *memory, size_t size); /* NULL is fine; poisons in the cruel build */

/* Moves `old` to a place of `size` bytes, of which the first `old_size` are kept; `old` stays as
 * it is where that fails. */
void *eg__regrow(void *old, size_t old_size, size_t size);

/* Makes room for element number `used` of an array that doubles: `*array` has `*capacity` elements
 * of `element` bytes. New ones are not initialised. False where memory is out. */
bool eg__reserve(void *array, size_t element, int used, int *capacity);

/* A copy of a string; free with eg__free_text. NULL for NULL or where memory is out. */
char *eg__copy_text(const char *text);
void eg__free_text(char *text);

/* True while the host has not set an allocator of its own, so that large blocks may be mapped. */
bool eg__memory_is_ours(void);

/* Counts memory that does not come through eg__alloc (mapped blocks); false: over the limit. */
bool eg__memory_take(size_t size);
void eg__memory_return(size_t size);

/* Moves bytes between "in use" and "cached". */
void eg__memory_cached(ptrdiff_t bytes);

#endif
