/* A table from 64-bit keys (pointers, hashes, serial numbers) to 32-bit numbers, by open
 * addressing. Zeroed memory is an empty map.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stdint.h>

typedef struct eg__map_slot {
    uint64_t key;
    uint32_t value;
    bool used;
} eg__map_slot;

typedef struct eg__map {
    eg__map_slot *slots;
    uint32_t n, capacity; /* a power of two */
} eg__map;

/* Sets a key's value, new or not; false where memory is out. */
bool eg__map_set(eg__map *map, uint64_t key, uint32_t value);

/* Where the key's value is; NULL where it has none. Valid until the next set. */
uint32_t *eg__map_find(const eg__map *map, uint64_t key);

void eg__map_free(eg__map *map);

static inline uint64_t eg__key_of(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

#endif
