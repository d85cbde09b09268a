/* Starting and ending a thread's share of eagre. The hook at the end is a pthread key: it runs on
 * every thread but the main one, whose memory ends with the process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/store.h"
#include "base/block.h"
#include "base/memory.h"
#include <pthread.h>
#include <string.h>

_Thread_local eg__thread eg__me EG_TLS_FAST;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static eg__store *stores;
static int64_t other_live; /* live handles counted by threads that ended or never began */

static void enlist(eg__store *store)
{
    pthread_mutex_lock(&lock);
    store->next = stores;
    store->link = &stores;
    if (stores)
        stores->link = &store->next;
    stores = store;
    pthread_mutex_unlock(&lock);
}

static void strike_off(eg__store *store)
{
    pthread_mutex_lock(&lock);
    *store->link = store->next;
    if (store->next)
        store->next->link = store->link;
    other_live += store->owner->live_tensors;
    pthread_mutex_unlock(&lock);
}

static void end(void *thread)
{
    eg__thread *me = thread;

    if (me->end)
        me->end(me);
    eg__block_trim_thread(me);
    strike_off(me->store);
    eg__free(me->store, sizeof *me->store);
    *me = (eg__thread){0};
}

static void make_key(void)
{
    have_key = pthread_key_create(&key, end) == 0;
}

bool eg__thread_start(eg__thread *me)
{
    if (EG_LIKELY(me->store != NULL))
        return true;
    pthread_once(&once, make_key);
    eg__store *store = have_key ? eg__alloc(sizeof *store) : NULL;
    if (!store)
        return false;
    memset(store, 0, sizeof *store);
    store->owner = me;
    if (pthread_setspecific(key, me) != 0) {
        eg__free(store, sizeof *store);
        return false;
    }
    me->store = store;
    enlist(store);
    return true;
}

void eg__store_count(int change)
{
    pthread_mutex_lock(&lock);
    other_live += change;
    pthread_mutex_unlock(&lock);
}

int64_t eg__store_live_tensors(void)
{
    pthread_mutex_lock(&lock);
    int64_t n = other_live;
    for (const eg__store *s = stores; s; s = s->next)
        n += __atomic_load_n(&s->owner->live_tensors, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&lock);
    return n;
}
