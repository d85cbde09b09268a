/* The parking pool.
 *
 * Protocol: a caller owns `pool.turn` for the length of its job. It publishes the job under
 * `pool.lock` with a new generation; a worker joins under the same lock while the job is open,
 * then claims chunks from an atomic counter. The caller closes the job before it waits for those
 * who joined, so a worker that wakes late never touches it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/workers.h"
#include "base/compiler.h"
#include "base/option.h"
#include "base/os.h"
#include "base/thread.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum { MOST = 256, SPIN_NS = 20000 };

static struct {
    pthread_mutex_t turn; /* who may publish */
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t work, done;
    void (*fn)(void *, int);
    void *env;
    int n, joined, seats, started;
    bool open;
    long process; /* a forked child has no workers */
    atomic_int next;
    atomic_uint generation;
    atomic_int finished; /* the last worker has left: what the caller spins on */
} pool = {
    .turn = PTHREAD_MUTEX_INITIALIZER,
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .work = PTHREAD_COND_INITIALIZER,
    .done = PTHREAD_COND_INITIALIZER,
};

static atomic_int threads; /* 0: not decided yet */
static atomic_long shared_jobs;

long eg__shared_jobs(void)
{
    return atomic_load_explicit(&shared_jobs, memory_order_relaxed);
}

void eg_set_threads(int n)
{
    atomic_store(&threads, n < 1 ? 1 : n > MOST ? MOST : n);
}

int eg_threads(void)
{
    int n = atomic_load_explicit(&threads, memory_order_relaxed);

    if (EG_LIKELY(n > 0))
        return n;
    n = eg__option_number(EG__OPTION_THREADS);
    int none = 0, found = n > 0 ? n : eg__os_processors();
    atomic_compare_exchange_strong(&threads, &none, found < MOST ? found : MOST);
    return atomic_load(&threads);
}

static void pause_a_little(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static void claim_chunks(void (*fn)(void *, int), void *env, int n)
{
    for (int i; (i = atomic_fetch_add(&pool.next, 1)) < n;)
        fn(env, i);
}

/* Waits for a job newer than `seen`: spins, then sleeps. Returns with pool.lock held. */
static void await_work(unsigned seen)
{
    int64_t end = eg__os_nanoseconds() + SPIN_NS;

    while (atomic_load_explicit(&pool.generation, memory_order_acquire) == seen &&
        eg__os_nanoseconds() < end)
        for (int i = 0; i < 16; i++)
            pause_a_little();
    pthread_mutex_lock(&pool.lock);
    while (atomic_load(&pool.generation) == seen)
        pthread_cond_wait(&pool.work, &pool.lock);
}

static void *work(void *unused)
{
    unsigned seen = 0;

    (void)unused;
    for (;;) {
        await_work(seen);
        seen = atomic_load(&pool.generation);
        bool join = pool.open && pool.seats > 0;
        if (join) {
            pool.seats--;
            pool.joined++;
        }
        void (*fn)(void *, int) = pool.fn;
        void *env = pool.env;
        int n = pool.n;
        pthread_mutex_unlock(&pool.lock);
        if (!join)
            continue;
        claim_chunks(fn, env, n);
        pthread_mutex_lock(&pool.lock);
        if (--pool.joined == 0 && !pool.open) {
            atomic_store(&pool.finished, 1);
            pthread_cond_signal(&pool.done);
        }
        pthread_mutex_unlock(&pool.lock);
    }
    return NULL;
}

/* Starts workers until there are `want`; with pool.lock held. Signals stay with the host. */
static void start_workers(int want)
{
    sigset_t all, old;
    pthread_t thread;

    if (pool.started >= want)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (pool.started < want && pthread_create(&thread, NULL, work, NULL) == 0) {
        pthread_detach(thread);
        pool.started++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void publish(int n, void (*fn)(void *, int), void *env, int seats)
{
    pthread_mutex_lock(&pool.lock);
    start_workers(seats);
    pool.fn = fn;
    pool.env = env;
    pool.n = n;
    pool.seats = seats;
    pool.open = true;
    atomic_store(&pool.next, 0);
    atomic_store(&pool.finished, 0);
    atomic_fetch_add(&pool.generation, 1);
    if (seats == 1)
        pthread_cond_signal(&pool.work);
    else
        pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.lock);
}

static void await_workers(void)
{
    pthread_mutex_lock(&pool.lock);
    pool.open = false;
    bool wait = pool.joined > 0;
    pthread_mutex_unlock(&pool.lock);
    if (!wait)
        return;
    int64_t end = eg__os_nanoseconds() + SPIN_NS;
    while (
        !atomic_load_explicit(&pool.finished, memory_order_acquire) && eg__os_nanoseconds() < end)
        pause_a_little();
    pthread_mutex_lock(&pool.lock);
    while (pool.joined > 0)
        pthread_cond_wait(&pool.done, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
}

static bool can_share(int n)
{
    if (n < 2 || eg__me.steady || eg_threads() < 2 || pthread_mutex_trylock(&pool.turn) != 0)
        return false;
    if (pool.process == 0)
        pool.process = eg__os_process();
    if (pool.process == eg__os_process())
        return true;
    pthread_mutex_unlock(&pool.turn);
    return false;
}

void eg__parallel(int n, void (*fn)(void *env, int i), void *env)
{
    if (!can_share(n)) {
        for (int i = 0; i < n; i++)
            fn(env, i);
        return;
    }
    int seats = eg_threads() - 1;
    atomic_fetch_add_explicit(&shared_jobs, 1, memory_order_relaxed);
    publish(n, fn, env, seats < n - 1 ? seats : n - 1);
    claim_chunks(fn, env, n);
    await_workers();
    pthread_mutex_unlock(&pool.turn);
}
