/* What the host sets: allocator, limit, messages; and what it can ask.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <stdlib.h>
#include <string.h>

TEST(the_limit_refuses_what_goes_beyond_it_and_nothing_else)
{
    EG_SCOPE;
    size_t used = eg_memory_now().in_use;

    eg_set_memory_limit(used + (8 << 20));
    eg_tensor *small = eg_zeros(EG_FLOAT32, EG_DIMS(1 << 18));
    assert_non_null(small);
    assert_null(eg_zeros(EG_FLOAT32, EG_DIMS(1 << 22)));
    assert_error(EG_NO_MEMORY, "");
    assert_non_null(eg_add(small, 1));
    eg_set_memory_limit(0);
    assert_non_null(eg_zeros(EG_FLOAT32, EG_DIMS(1 << 22)));
    assert_fine();
}

TEST(cached_memory_is_given_back_before_an_allocation_is_refused)
{
    EG_SCOPE;
    size_t used = eg_memory_now().in_use;

    for (int i = 0; i < 3; i++) {
        EG_SCOPE;
        eg_zeros(EG_FLOAT32, EG_DIMS((1 << 20) + i * 100000));
    }
    eg_set_memory_limit(used + (12 << 20));
    assert_non_null(eg_zeros(EG_FLOAT32, EG_DIMS(1 << 21)));
    eg_set_memory_limit(0);
    assert_fine();
}

TEST(the_peak_is_the_most_that_was_in_use)
{
    EG_SCOPE;
    eg_memory_reset_peak();
    size_t before = eg_memory_now().in_use;
    {
        EG_SCOPE;
        eg_zeros(EG_FLOAT64, EG_DIMS(1000, 1000));
    }
    eg_memory now = eg_memory_now();
    assert_true(now.peak >= before + 8000000);
    assert_true(now.in_use < before + 8000000);
    eg_memory_trim();
    assert_true(eg_memory_now().cached < 1 << 20);
}

static int allocated, released;

static void *count_allocate(size_t size, size_t alignment, void *env)
{
    (void)env;
    allocated++;
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

static void count_release(void *memory, size_t size, void *env)
{
    (void)size, (void)env;
    released++;
    free(memory);
}

TEST(the_allocator_cannot_change_while_memory_is_in_use)
{
    EG_SCOPE;
    eg_allocator mine = {count_allocate, count_release, NULL};

    assert_non_null(eg_constant(1));
    assert_int_equal(eg_set_allocator(&mine), EG_STATE);
    assert_error(EG_STATE, "in use");
    assert_int_equal(allocated, 0);
}

static char heard[1024];

static void hear(const char *kind, const char *text, void *env)
{
    size_t used = strlen(heard);

    (void)env;
    snprintf(heard + used, sizeof heard - used, "%s: %s\n", kind, text);
}

TEST(a_handler_hears_which_kernel_was_chosen_and_why_not_another)
{
    EG_SCOPE;
    eg_tensor *a = eg_zeros(EG_INT32, EG_DIMS(2, 2));

    eg_set_message_handler(hear, NULL);
    eg_matmul(a, a);
    eg_set_message_handler(NULL, NULL);
    assert_fine();
    assert_non_null(strstr(heard, "kernel: MatMul -> int32[2,2]: oneDNN declined because"));
    assert_non_null(strstr(heard, "kernel: MatMul -> int32[2,2]: loop runs"));
}
