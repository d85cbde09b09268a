/* Making allocations fail, and looking at what that does.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"
#include "base/hash.h"
#include "tensor/strings.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- allocations that fail ------------------------------------------------------------------ */

static atomic_long countdown; /* allocations until one fails; 0: none will */
static atomic_bool for_good, fired;

/* What failed last: the library asks again after giving back what it has cached, and is refused
 * again. */
static size_t refused_size, refused_alignment;

static bool refuses(size_t size, size_t alignment)
{
    bool again = refused_size == size && refused_alignment == alignment && size > 0;

    refused_size = 0;
    if (again)
        return true;
    if (atomic_load(&countdown) == 0 || (atomic_fetch_sub(&countdown, 1) > 1))
        return false;
    atomic_store(&fired, true);
    atomic_store(&countdown, atomic_load(&for_good) ? 1 : 0);
    refused_size = size;
    refused_alignment = alignment;
    return true;
}

/* The size lies in front of the memory, to compare with what is said when that is released. */
enum { FRONT = 64 };

static void *allocate(size_t size, size_t alignment, void *env)
{
    void *memory;

    (void)env;
    if (refuses(size, alignment) || posix_memalign(&memory, FRONT, size + FRONT) != 0)
        return NULL;
    memcpy(memory, &size, sizeof size);
    return (char *)memory + FRONT;
}

static void release(void *memory, size_t size, void *env)
{
    char *front = (char *)memory - FRONT;

    (void)env;
    if (memcmp(front, &size, sizeof size) != 0) {
        fprintf(stderr, "memory is released as %zu bytes, which is not what it was taken as\n",
            size);
        abort();
    }
    free(front);
}

__attribute__((constructor)) static void install(void)
{
    const eg_allocator failing = {allocate, release, NULL};

    if (eg_set_allocator(&failing) != EG_OK)
        abort();
    eg_set_threads(1);
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    return refuses(0, 0) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return refuses(0, 0) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    return refuses(0, 0) ? NULL : __real_realloc(old, size);
}

void torture_arm(long n, bool forever)
{
    refused_size = 0;
    atomic_store(&fired, false);
    atomic_store(&for_good, forever);
    atomic_store(&countdown, n);
}

bool torture_disarm(void)
{
    atomic_store(&countdown, 0);
    refused_size = 0;
    return atomic_load(&fired);
}

/* ---- results -------------------------------------------------------------------------------- */

static void note(torture *t, uint64_t hash)
{
    int i = t->n_results++;

    if (i >= TORTURE_RESULTS)
        t->trouble = "there is no room for so many results";
    else if (!t->has_expected)
        t->expected[i] = hash;
    else if (t->expected[i] != hash)
        t->trouble = "a result is not what it was before";
}

void torture_text(torture *t, const char *text)
{
    if (eg_ok() && text)
        note(t, eg__hash_bytes(0, text, strlen(text)));
    else if (eg_ok() || text)
        t->trouble = "a text and an error, or neither";
}

static uint64_t hash_of(eg_tensor *x, uint64_t hash)
{
    for (int i = 0; i < eg_parts(x); i++)
        hash = hash_of(x->tuple.part[i], hash);
    if (eg_parts(x) > 0)
        return hash;
    hash = eg__hash_bytes(hash, x->spec.dims, sizeof *x->spec.dims * (size_t)x->spec.rank);
    if (eg_dtype_of(x) != EG_STRING)
        return eg__hash_bytes(hash, x->data, eg__bytes(&x->spec));
    for (int64_t i = 0; i < x->spec.size; i++) {
        eg_string s = eg__string_at((const eg__string *)x->data + i);
        hash = eg__hash_bytes(hash, s.bytes, s.length);
    }
    return hash;
}

void torture_result(torture *t, eg_tensor *x)
{
    if (eg_ok() && x)
        note(t, hash_of(x, 0));
    else if (eg_ok() || x)
        t->trouble = "a result and an error, or neither";
}

void torture_file(torture *t, const char *path)
{
    static char bytes[1 << 16];
    FILE *f = eg_ok() ? fopen(path, "rb") : NULL;

    if (f) {
        note(t, eg__hash_bytes(0, bytes, fread(bytes, 1, sizeof bytes, f)));
        fclose(f);
    } else if (eg_ok()) {
        t->trouble = "a file is missing";
    }
}

const char *torture_path(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "torture-%ld-%s", (long)getpid(), name);
    return path;
}

/* ---- sweeps --------------------------------------------------------------------------------- */

typedef struct work {
    torture t;
    torture_fn *run;
    void *env;
    bool on_threads;
    long n; /* the allocation that fails; 0: none */
    bool for_good, failed;
    eg_error error;
} work;

static void *do_work(void *env)
{
    work *w = env;
    eg_error inner = {0};

    w->t.n_results = 0;
    torture_arm(w->n, w->for_good);
    eg_scope *scope = eg_try_open(&inner);
    w->run(&w->t, w->env);
    eg_scope_close(scope);
    w->failed = torture_disarm();
    eg_pending(&w->error);
    eg_report(NULL);
    if (inner.status)
        w->error = inner;
    return NULL;
}

static void do_work_once(work *w, long n, bool forever)
{
    pthread_t thread;

    w->n = n;
    w->for_good = forever;
    if (!w->on_threads) {
        do_work(w);
    } else {
        assert_int_equal(pthread_create(&thread, NULL, do_work, w), 0);
        pthread_join(thread, NULL);
    }
    eg_memory_trim();
}

/* Fails the test unless the work ended well, or as it may when an allocation fails. */
static void check_end(const work *w, bool may_fail, const char *when)
{
    eg_status status = w->error.status;

    if (w->t.trouble)
        fail_msg("%s, %s (%ld): %s", w->t.what, when, w->n, w->t.trouble);
    if (status != EG_OK && !(may_fail && status == EG_NO_MEMORY))
        fail_msg("%s, %s (%ld): %s: %s: %s", w->t.what, when, w->n, eg_status_name(status),
            w->error.op, w->error.message);
}

/* Less than before may be held where an allocation failed: what a cache did not get. */
static void check_memory(const work *w, const eg_memory *before, const char *when)
{
    eg_memory now = eg_memory_now();

    if (now.tensors != before->tensors || now.in_use > before->in_use ||
        (now.in_use < before->in_use && !w->failed))
        fail_msg("%s, %s (%ld): %zu handles and %zu bytes before, %zu and %zu after", w->t.what,
            when, w->n, before->tensors, before->in_use, now.tensors, now.in_use);
}

/* The work with allocation n failing, then without; false where there is no such allocation. */
static bool fails_at(work *w, long n, bool forever, const eg_memory *before)
{
    const char *when = forever ? "from an allocation on" : "where an allocation fails";

    do_work_once(w, n, forever);
    bool failed = w->failed;
    check_end(w, failed, when);
    check_memory(w, before, when);
    do_work_once(w, 0, false);
    w->n = n;
    check_end(w, false, "again without a failure");
    check_memory(w, before, "again without a failure");
    return failed;
}

/* Every allocation; in the slow debug build fewer and fewer of those that come late. */
static long next(long n)
{
    enum { ALL = 16 };
    return n + 1 + (EG_CRUEL ? n / ALL : 0);
}

static void sweep(work *w)
{
    for (int i = 0; i < 2; i++) {
        do_work_once(w, 0, false);
        check_end(w, false, "at first");
        w->t.has_expected = true;
    }
    eg_memory before = eg_memory_now();

    for (long n = 1; fails_at(w, n, false, &before); n = next(n))
        fails_at(w, n, true, &before);
}

void torture_sweep(const char *what, torture_fn *run, void *env)
{
    sweep(&(work){.t = {.what = what}, .run = run, .env = env});
}

void torture_sweep_threads(const char *what, torture_fn *run, void *env)
{
    sweep(&(work){.t = {.what = what}, .run = run, .env = env, .on_threads = true});
}
