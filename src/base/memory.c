/* Counting, limiting and delegating allocations.
 *
 * `held` is what the host gave us, `cached` the part of it that nobody uses at the moment. The
 * peak follows held - cached at every change of either.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/block.h"
#include "base/compiler.h"
#include "base/error.h"
#include "base/store.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 64, ANY_TYPE = 16, POISON = 0xDD };

static eg_allocator host;
static _Atomic size_t held, cached, peak, limit;

static void *take_from_host(size_t size, size_t alignment)
{
    void *memory = NULL;

    if (host.allocate)
        return host.allocate(size, alignment, host.env);
    if (alignment <= ANY_TYPE)
        return malloc(size);
    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

static void note_peak(void)
{
    size_t now = atomic_load(&held) - atomic_load(&cached), old = atomic_load(&peak);

    while (now < SIZE_MAX / 2 && now > old && !atomic_compare_exchange_weak(&peak, &old, now))
        ;
}

bool eg__memory_take(size_t size)
{
    size_t most = atomic_load_explicit(&limit, memory_order_relaxed);

    if (EG_UNLIKELY(most && atomic_load(&held) + size > most)) {
        eg__block_trim();
        if (atomic_load(&held) + size > most)
            return false;
    }
    atomic_fetch_add(&held, size);
    note_peak();
    return true;
}

void eg__memory_return(size_t size)
{
    atomic_fetch_sub(&held, size);
}

void eg__memory_cached(ptrdiff_t bytes)
{
    atomic_fetch_add(&cached, (size_t)bytes);
    if (bytes < 0)
        note_peak();
}

static void *allocate(size_t size, size_t alignment)
{
    if (size > PTRDIFF_MAX || !eg__memory_take(size))
        return NULL;
    void *memory = take_from_host(size ? size : 1, alignment);
    if (!memory) {
        eg__block_trim();
        memory = take_from_host(size ? size : 1, alignment);
    }
    if (!memory)
        eg__memory_return(size);
    return memory;
}

void *eg__alloc(size_t size)
{
    return allocate(size, ANY_TYPE);
}

void *eg__alloc_zero(size_t size)
{
    void *memory = eg__alloc(size);
    return memory ? memset(memory, 0, size) : NULL;
}

void *eg__alloc_line(size_t size)
{
    return allocate((size + LINE - 1) / LINE * LINE, LINE);
}

void eg__free(void *memory, size_t size)
{
    if (!memory)
        return;
    if (EG_CRUEL)
        memset(memory, POISON, size);
    eg__memory_return(size);
    if (host.release)
        host.release(memory, size ? size : 1, host.env);
    else
        free(memory);
}

void *eg__regrow(void *old, size_t old_size, size_t size)
{
    void *grown = eg__alloc(size);

    if (!grown)
        return NULL;
    if (old_size > 0)
        memcpy(grown, old, old_size < size ? old_size : size);
    eg__free(old, old_size);
    return grown;
}

bool eg__reserve(void *array, size_t element, int used, int *capacity)
{
    if (used < *capacity)
        return true;
    int more = *capacity ? *capacity * 2 : EG_CRUEL ? 1 : 8;
    while (more <= used)
        more *= 2;
    void *old;
    memcpy(&old, array, sizeof old);
    void *grown = eg__regrow(old, element * (size_t)*capacity, element * (size_t)more);
    if (!grown)
        return false;
    memcpy(array, &grown, sizeof grown);
    *capacity = more;
    return true;
}

char *eg__copy_text(const char *text)
{
    size_t size = text ? strlen(text) + 1 : 0;
    char *copy = text ? eg__alloc(size) : NULL;

    return copy ? memcpy(copy, text, size) : NULL;
}

void eg__free_text(char *text)
{
    if (text)
        eg__free(text, strlen(text) + 1);
}

bool eg__memory_is_ours(void)
{
    return host.allocate == NULL;
}

eg_status eg_set_allocator(const eg_allocator *allocator)
{
    if (atomic_load(&held) > 0)
        return eg__fail(EG_STATE, "eg_set_allocator",
            "memory is in use already; set the allocator before the first other call");
    if (allocator && (!allocator->allocate || !allocator->release))
        return eg__fail(EG_INVALID, "eg_set_allocator", "both functions are needed");
    host = allocator ? *allocator : (eg_allocator){0};
    return EG_OK;
}

void eg_set_memory_limit(size_t bytes)
{
    atomic_store(&limit, bytes);
}

eg_memory eg_memory_now(void)
{
    size_t c = atomic_load(&cached), h = atomic_load(&held);

    return (eg_memory){
        .in_use = h - c,
        .cached = c,
        .peak = atomic_load(&peak),
        .tensors = (size_t)eg__store_live_tensors(),
    };
}

void eg_memory_reset_peak(void)
{
    atomic_store(&peak, atomic_load(&held) - atomic_load(&cached));
}
