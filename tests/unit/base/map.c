/* The table from keys to numbers, against an array.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include "base/map.h"

enum { KEYS = 5000 };

/* Keys that collide in their low bits, zero among them. */
static uint64_t key(int i)
{
    return (uint64_t)i << 20;
}

TEST(every_key_finds_its_latest_value_and_no_other_is_found)
{
    eg__map map = {0};

    assert_null(eg__map_find(&map, 0));
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < KEYS; i++)
            assert_true(eg__map_set(&map, key(i), (uint32_t)(i + round)));
    assert_int_equal(map.n, KEYS);
    for (int i = 0; i < KEYS; i++) {
        const uint32_t *at = eg__map_find(&map, key(i));
        assert_non_null(at);
        assert_int_equal(*at, i + 1);
        assert_null(eg__map_find(&map, key(i) + 1));
    }
    eg__map_free(&map);
}
