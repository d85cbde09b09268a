/* Profiles: what ran, how long, on which thread.
 *
 * The profile is the process's timer while it runs. It notes events under a lock, in a list that
 * doubles; when memory is out it stops noting and says so at the end, because measuring must never
 * make the measured program fail.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/os.h"
#include "op/choose.h"
#include <eagre/see.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

typedef struct event {
    const char *op;
    char implementation[48]; /* of a fused group, what it does: it may be gone before the profile */
    eg_spec result;
    double flops;
    int64_t start, end; /* nanoseconds */
    int thread;
} event;

struct eg_profile {
    eg__timer timer;
    pthread_mutex_t lock;
    bool running, lost;
    int64_t began, resumed; /* when it was started first and last */
    int64_t spent;          /* between starts and stops */
    event *events;
    int n, capacity;
    pthread_t threads[64];
    int n_threads;
};

static _Atomic(eg_profile *) current;

eg_profile *eg_profile_new(void)
{
    eg_profile *p = eg__me.failed ? NULL : eg__alloc_zero(sizeof *p);

    if (p)
        pthread_mutex_init(&p->lock, NULL);
    else if (!eg__me.failed)
        eg__fail_memory("eg_profile_new", sizeof *p);
    return p;
}

void eg_profile_free(eg_profile *p)
{
    if (!p)
        return;
    if (p->running)
        eg_profile_stop(p);
    pthread_mutex_destroy(&p->lock);
    eg__free(p->events, sizeof *p->events * (size_t)p->capacity);
    eg__free(p, sizeof *p);
}

static int thread_number(eg_profile *p)
{
    pthread_t me = pthread_self();
    int n = (int)(sizeof p->threads / sizeof *p->threads);

    for (int i = 0; i < p->n_threads; i++)
        if (pthread_equal(p->threads[i], me))
            return i;
    if (p->n_threads < n)
        p->threads[p->n_threads++] = me;
    return p->n_threads - 1;
}

/* What ran from before the start on is not noted. */
static void ran(eg__timer *t, const eg__ran *what)
{
    eg_profile *p = (eg_profile *)t;

    if (what->start < p->resumed)
        return;
    pthread_mutex_lock(&p->lock);
    if (eg__reserve(&p->events, sizeof *p->events, p->n, &p->capacity)) {
        event *e = &p->events[p->n++];
        *e = (event){.op = what->op,
            .result = *what->result,
            .flops = what->flops,
            .start = what->start,
            .end = what->end,
            .thread = thread_number(p)};
        snprintf(e->implementation, sizeof e->implementation, "%s", what->implementation);
    } else {
        p->lost = true;
    }
    pthread_mutex_unlock(&p->lock);
}

eg_status eg_profile_start(eg_profile *p)
{
    static const char op[] = "eg_profile_start";
    eg_profile *none = NULL;

    if (eg__me.failed)
        return eg__me.failed;
    if (!p)
        return eg__fail(EG_INVALID, op, "profile is NULL");
    if (!atomic_compare_exchange_strong(&current, &none, p))
        return eg__fail(EG_STATE, op, "a profile is running already; stop it first");
    p->timer.ran = ran;
    p->running = true;
    p->resumed = eg__os_nanoseconds();
    if (p->began == 0)
        p->began = p->resumed;
    eg__timer_set(&p->timer);
    return EG_OK;
}

eg_status eg_profile_stop(eg_profile *p)
{
    eg_profile *expected = p;

    if (!p || !p->running)
        return eg__fail(EG_INVALID, "eg_profile_stop", "profile is %s", p ? "not running" : "NULL");
    eg__timer_set(NULL);
    atomic_compare_exchange_strong(&current, &expected, NULL);
    p->running = false;
    p->spent += eg__os_nanoseconds() - p->resumed;
    return eg__me.failed;
}

/* Questions may be asked while it runs. */
static pthread_mutex_t *lock_of(const eg_profile *p)
{
    return (pthread_mutex_t *)(uintptr_t)&p->lock;
}

int64_t eg_profile_events(const eg_profile *p)
{
    if (!p)
        return 0;
    pthread_mutex_lock(lock_of(p));
    int64_t n = p->n;
    pthread_mutex_unlock(lock_of(p));
    return n;
}

double eg_profile_flops(const eg_profile *p, const char *op)
{
    double total = 0;

    if (!p)
        return 0;
    pthread_mutex_lock(lock_of(p));
    for (int i = 0; i < p->n; i++)
        if (!op || strcmp(p->events[i].op, op) == 0)
            total += p->events[i].flops;
    pthread_mutex_unlock(lock_of(p));
    return total;
}

/* ---- the table ------------------------------------------------------------------------------ */

typedef struct row {
    const char *op, *implementation;
    int64_t runs, total;
    double flops;
} row;

static int by_total(const void *a, const void *b)
{
    int64_t x = ((const row *)a)->total, y = ((const row *)b)->total;
    return (x < y) - (x > y);
}

static int add_to_rows(row rows[], int n, const event *e)
{
    int i = 0;

    while (i < n &&
        (strcmp(rows[i].op, e->op) != 0 || strcmp(rows[i].implementation, e->implementation) != 0))
        i++;
    if (i == n)
        rows[n++] = (row){e->op, e->implementation, 0, 0, 0};
    rows[i].runs++;
    rows[i].flops += e->flops;
    rows[i].total += e->end - e->start;
    return n;
}

static eg_status check_stopped(const eg_profile *p, const char *op, bool has_target)
{
    if (eg__me.failed)
        return eg__me.failed;
    if (!p || !has_target)
        return eg__fail(EG_INVALID, op, "%s is NULL", p ? "where it should go" : "profile");
    if (p->running)
        return eg__fail(EG_STATE, op, "the profile is still running; eg_profile_stop it first");
    return EG_OK;
}

/* Floating-point operations in a nanosecond, which are as many thousand millions a second. */
static double rate_of(double flops, int64_t nanoseconds)
{
    return nanoseconds > 0 ? flops / (double)nanoseconds : 0;
}

static void put_row(const row *r, int64_t total, FILE *to)
{
    fprintf(to, "%-28s %-16s %9lld %12.1f %12.2f %6.1f%% %15.0f %9.2f\n", r->op, r->implementation,
        (long long)r->runs, 1e-3 * (double)r->total, 1e-3 * (double)r->total / (double)r->runs,
        total ? 100.0 * (double)r->total / (double)total : 0, r->flops,
        rate_of(r->flops, r->total));
}

static void put_rows(const eg_profile *p, const row rows[], int n, int64_t total, FILE *to)
{
    double flops = eg_profile_flops(p, NULL);

    fprintf(to, "%-28s %-16s %9s %12s %12s %7s %15s %9s\n", "operation", "implementation", "runs",
        "total us", "mean us", "share", "FLOPs", "GFLOP/s");
    for (int i = 0; i < n; i++)
        put_row(&rows[i], total, to);
    fprintf(to,
        "%d kernels, %.1f us in kernels, %.1f us from start to stop, %.0f FLOPs, %.2f GFLOP/s%s\n",
        p->n, 1e-3 * (double)total, 1e-3 * (double)p->spent, flops, rate_of(flops, total),
        p->lost ? "; some were lost: out of memory" : "");
}

eg_status eg_profile_print(const eg_profile *p, FILE *to)
{
    static const char op[] = "eg_profile_print";
    int64_t total = 0;
    int n = 0;

    if (check_stopped(p, op, to != NULL) != EG_OK)
        return eg__me.failed;
    size_t size = sizeof(row) * ((size_t)p->n + 1);
    row *rows = eg__alloc(size);
    if (!rows)
        return eg__fail_memory(op, size);
    for (int i = 0; i < p->n; i++) {
        n = add_to_rows(rows, n, &p->events[i]);
        total += p->events[i].end - p->events[i].start;
    }
    qsort(rows, (size_t)n, sizeof *rows, by_total);
    put_rows(p, rows, n, total, to);
    eg__free(rows, size);
    return ferror(to) ? eg__fail(EG_IO, op, "the table could not be written") : EG_OK;
}

/* ---- the trace file -------------------------------------------------------------------------- */

/* Microseconds with three digits, whatever the locale's decimal point. */
static void put_microseconds(FILE *f, int64_t nanoseconds)
{
    fprintf(f, "%lld.%03d", (long long)(nanoseconds / 1000), (int)(nanoseconds % 1000));
}

/* Names are those of operations and kernels, which need no escaping. */
static void put_event(FILE *f, const eg_profile *p, const event *e)
{
    char spec[EG__SPEC_TEXT];

    fprintf(f,
        "{\"name\": \"%s\", \"cat\": \"kernel\", \"ph\": \"X\", \"pid\": %ld, \"tid\": %d, "
        "\"ts\": ",
        e->op, eg__os_process(), e->thread);
    put_microseconds(f, e->start - p->began);
    fprintf(f, ", \"dur\": ");
    put_microseconds(f, e->end - e->start);
    fprintf(f, ", \"args\": {\"implementation\": \"%s\", \"result\": \"%s\", \"flops\": %.0f}}",
        e->implementation, eg__spec_text(&e->result, spec), e->flops);
}

eg_status eg_profile_save(const eg_profile *p, const char *path)
{
    static const char op[] = "eg_profile_save";
    eg__new_file file;

    if (check_stopped(p, op, path != NULL) != EG_OK || eg__file_begin(&file, path, op) != EG_OK)
        return eg__me.failed;
    fprintf(file.f, "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n");
    for (int i = 0; i < p->n; i++) {
        put_event(file.f, p, &p->events[i]);
        fprintf(file.f, i + 1 < p->n ? ",\n" : "\n");
    }
    fprintf(file.f, "]}\n");
    return eg__file_end(&file);
}
