/* Hashing and the table built on it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "base/block.h"
#include "base/hash.h"
#include <string.h>

uint64_t eg__hash_bytes(uint64_t hash, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    uint64_t word;

    for (; n >= sizeof word; p += sizeof word, n -= sizeof word) {
        memcpy(&word, p, sizeof word);
        hash = eg__hash_word(hash, word);
    }
    word = n;
    memcpy(&word, p, n);
    return eg__hash_word(hash, word ^ (uint64_t)n << 56);
}

static eg__map_slot *slot_of(const eg__map *map, uint64_t key)
{
    uint32_t mask = map->capacity - 1, i = (uint32_t)eg__hash_word(0, key) & mask;

    while (map->slots[i].used && map->slots[i].key != key)
        i = (i + 1) & mask;
    return &map->slots[i];
}

static bool grow(eg__map *map)
{
    eg__map bigger = {.capacity = map->capacity ? map->capacity * 2 : 16, .n = map->n};

    bigger.slots = eg__block_new(bigger.capacity * sizeof *bigger.slots);
    if (!bigger.slots)
        return false;
    memset(bigger.slots, 0, bigger.capacity * sizeof *bigger.slots);
    for (uint32_t i = 0; i < map->capacity; i++)
        if (map->slots[i].used)
            *slot_of(&bigger, map->slots[i].key) = map->slots[i];
    eg__map_free(map);
    *map = bigger;
    return true;
}

bool eg__map_set(eg__map *map, uint64_t key, uint32_t value)
{
    if (map->n + 1 > map->capacity / 4 * 3 && !grow(map))
        return false;
    eg__map_slot *slot = slot_of(map, key);
    map->n += !slot->used;
    *slot = (eg__map_slot){.key = key, .value = value, .used = true};
    return true;
}

uint32_t *eg__map_find(const eg__map *map, uint64_t key)
{
    if (map->n == 0)
        return NULL;
    eg__map_slot *slot = slot_of(map, key);
    return slot->used ? &slot->value : NULL;
}

void eg__map_free(eg__map *map)
{
    eg__block_free(map->slots, map->capacity * sizeof *map->slots);
    *map = (eg__map){0};
}
