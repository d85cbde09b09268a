/* Hashing of bytes, for tables inside one process: not a format, not for hostile keys.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Mixes a word into a hash (the finaliser of splitmix64). */
static inline uint64_t eg__hash_word(uint64_t hash, uint64_t word)
{
    uint64_t x = hash ^ (word + UINT64_C(0x9E3779B97F4A7C15) + (hash << 6) + (hash >> 2));

    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

uint64_t eg__hash_bytes(uint64_t hash, const void *bytes, size_t n);

#endif
