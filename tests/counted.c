/* malloc and its like, and locks, with a counter in front of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "counted.h"
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local bool counting;
static _Thread_local long calls;

void counted_start(void)
{
    calls = 0;
    counting = true;
}

long counted_stop(void)
{
    counting = false;
    return calls;
}

#if defined(TESTS_SANITIZED) || !defined(__GLIBC__)

bool counted_works(void)
{
    return false;
}

#else

static void count(void)
{
    calls += counting;
}

bool counted_works(void)
{
    counted_start();
    void *volatile memory = malloc(1);
    free(memory);
    return counted_stop() == 2;
}

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

void *malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count();
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    count();
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
    count();
    __libc_free(memory);
}

typedef int lock_fn(pthread_mutex_t *);

/* The C library's own, of that name. */
static lock_fn *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    lock_fn *lock;

    memcpy(&lock, &found, sizeof lock);
    return lock;
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    static _Atomic(lock_fn *) lock;
    lock_fn *now = atomic_load_explicit(&lock, memory_order_relaxed);

    count();
    if (!now)
        atomic_store(&lock, now = next("pthread_mutex_lock"));
    return now(mutex);
}

int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    static _Atomic(lock_fn *) lock;
    lock_fn *now = atomic_load_explicit(&lock, memory_order_relaxed);

    count();
    if (!now)
        atomic_store(&lock, now = next("pthread_mutex_trylock"));
    return now(mutex);
}

#endif
