/* The caching allocator of blocks.
 *
 * Size classes have four steps an octave, from 256 bytes on, so at most a fifth is wasted. Classes
 * up to 56 KiB are cached by the thread that frees them, without a lock. Larger ones share a cache
 * of at most an eighth of the machine's memory; from 1.5 MiB on they are mapped in huge pages,
 * because a page is expensive when it is first written to.
 * The cruel build caches nothing, so that a use after free is seen.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/block.h"
#include "base/memory.h"
#include "base/os.h"
#include "base/store.h"
#include <pthread.h>
#include <string.h>

enum {
    FIRST = 64,
    STEPS = 4,             /* classes an octave */
    CLASSES = 160,         /* up to 2^46 bytes */
    SMALL_BYTES = 1 << 18, /* what a thread keeps of one small class */
    SMALL_COUNT = 256,
};

static const size_t mapped_from = (size_t)3 << 19, huge_page = (size_t)2 << 20;

typedef struct free_block {
    struct free_block *next;
} free_block;

static struct {
    pthread_mutex_t lock;
    free_block *free[CLASSES];
    size_t bytes, most;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int class_of(size_t size)
{
    if (size <= FIRST)
        return 0;
    int top = 63 - __builtin_clzll(size - 1);
    return (top - 6) * STEPS + (int)((size - 1) >> (top - 2) & 3) + 1;
}

static size_t class_size(int bin)
{
    size_t octave = (size_t)FIRST << bin / STEPS;
    size_t size = octave + octave / STEPS * (size_t)(bin % STEPS);
    return (size + FIRST - 1) / FIRST * FIRST;
}

static bool is_mapped(size_t capacity)
{
    return capacity >= mapped_from && eg__memory_is_ours();
}

/* The last huge page is filled up, unless most of it would be wasted. */
static size_t mapped_size(size_t capacity)
{
    size_t rest = capacity % huge_page;
    return rest >= huge_page / 2 ? capacity + huge_page - rest : capacity;
}

static void *take_fresh(size_t capacity)
{
    if (!is_mapped(capacity))
        return eg__alloc_line(capacity);
    if (!eg__memory_take(mapped_size(capacity)))
        return NULL;
    void *block = eg__os_map(mapped_size(capacity), huge_page);
    if (!block) {
        eg__block_trim();
        block = eg__os_map(mapped_size(capacity), huge_page);
    }
    if (!block)
        eg__memory_return(mapped_size(capacity));
    return block;
}

static void give_back(void *block, size_t capacity)
{
    if (!is_mapped(capacity)) {
        eg__free(block, capacity);
        return;
    }
    eg__os_unmap(block, mapped_size(capacity));
    eg__memory_return(mapped_size(capacity));
}

static size_t held_by(size_t capacity)
{
    return is_mapped(capacity) ? mapped_size(capacity) : capacity;
}

static void *take_shared(int bin)
{
    pthread_mutex_lock(&shared.lock);
    free_block *block = shared.free[bin];
    if (block) {
        shared.free[bin] = block->next;
        shared.bytes -= held_by(class_size(bin));
    }
    pthread_mutex_unlock(&shared.lock);
    if (block)
        eg__memory_cached(-(ptrdiff_t)held_by(class_size(bin)));
    return block;
}

static bool keep_shared(void *block, int bin)
{
    size_t size = held_by(class_size(bin));

    pthread_mutex_lock(&shared.lock);
    if (!shared.most)
        shared.most = eg__os_memory_size() / 8;
    bool room = shared.bytes + size <= shared.most;
    if (room) {
        ((free_block *)block)->next = shared.free[bin];
        shared.free[bin] = block;
        shared.bytes += size;
    }
    pthread_mutex_unlock(&shared.lock);
    if (room)
        eg__memory_cached((ptrdiff_t)size);
    return room;
}

static bool keep_small(eg__store *store, void *block, int bin)
{
    int most = (int)(SMALL_BYTES / class_size(bin));

    if (!store || store->n_free[bin] >= (most < SMALL_COUNT ? most : SMALL_COUNT))
        return false;
    ((free_block *)block)->next = store->free[bin];
    store->free[bin] = block;
    store->n_free[bin]++;
    return true;
}

void *eg__block_new(size_t size)
{
    int bin = class_of(size);
    eg__store *store = eg__me.store;
    void *block = NULL;

    if (bin >= CLASSES)
        return NULL;
    if (bin < EG__SMALL_CLASSES && store && store->free[bin]) {
        block = store->free[bin];
        store->free[bin] = ((free_block *)block)->next;
        store->n_free[bin]--;
        return block;
    }
    if (bin >= EG__SMALL_CLASSES)
        block = take_shared(bin);
    return block ? block : take_fresh(class_size(bin));
}

void eg__block_free(void *block, size_t size)
{
    if (!block)
        return;
    int bin = class_of(size);
    bool small = bin < EG__SMALL_CLASSES;
    if (!EG_CRUEL && (small ? keep_small(eg__me.store, block, bin) : keep_shared(block, bin)))
        return;
    give_back(block, class_size(bin));
}

void eg__block_trim(void)
{
    for (int bin = EG__SMALL_CLASSES; bin < CLASSES; bin++)
        for (void *block; (block = take_shared(bin)) != NULL;)
            give_back(block, class_size(bin));
}

void eg__block_trim_thread(eg__thread *me)
{
    for (int bin = 0; me->store && bin < EG__SMALL_CLASSES; bin++) {
        for (free_block *block = me->store->free[bin], *next; block; block = next) {
            next = block->next;
            give_back(block, class_size(bin));
        }
        me->store->free[bin] = NULL;
        me->store->n_free[bin] = 0;
    }
}
