/* Structs of options and answers, which begin with their size, so that caller and library may be of
 * different versions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ATTRS_H
#define BASE_ATTRS_H

#include <stdbool.h>
#include <stddef.h>

/* Brings the struct a caller of any version gave (NULL: all defaults) into `full`, which has `size`
 * bytes: fields the caller's does not reach are zero, the size field is `size`. Fails, in the name
 * of `op`, for a size nobody set and for an option this version does not know. */
bool eg__attrs_complete(void *full, size_t size, const void *given, const char *op);

/* Hands out the answer `now`, of `size` bytes: as much of it as the struct `to` of a caller of any
 * version has, which keeps its size field. False, and nothing happens, where `to` is NULL or its
 * size is not set. */
bool eg__attrs_answer(void *to, const void *now, size_t size);

#endif
