/* Making a host call: what the thread has of eagre's is put aside, so that the body finds itself
 * outside of everything, and put back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "base/memory.h"
#include "function/host.h"
#include "op/watch.h"
#include "tensor/scope.h"
#include "tensor/strings.h"
#include <string.h>

/* ---- the log -------------------------------------------------------------------------------- */

typedef struct entry {
    uint64_t key; /* of the host and its arguments */
    size_t size;
    void *results;
} entry;

typedef struct eg__host_log {
    entry *entries;
    int n, capacity;
} log_;

static void cut(log_ *log, int n)
{
    while (log->n > n) {
        log->n--;
        eg__free(log->entries[log->n].results, log->entries[log->n].size);
    }
}

void eg__host_log_drop(void)
{
    log_ *log = eg__me.host_log;

    eg__me.host_log = NULL;
    eg__me.host_next = 0;
    if (!log)
        return;
    cut(log, 0);
    eg__free(log->entries, sizeof *log->entries * (size_t)log->capacity);
    eg__free(log, sizeof *log);
}

/* ---- a prepared call ------------------------------------------------------------------------ */

typedef struct prepared {
    const eg__host_call *call;
    int n_in, n_out; /* as the operation has them */
    eg_spec spec[];  /* of inputs, then outputs */
} prepared;

static size_t size_of(int n_in, int n_out)
{
    return sizeof(prepared) + sizeof(eg_spec) * (size_t)(n_in + n_out);
}

/* Where a call starts over, strings that were made again may have other addresses. */
static uint64_t hash_strings(uint64_t key, const eg__string strings[], int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        eg_string s = eg__string_at(&strings[i]);
        key = eg__hash_bytes(eg__hash_word(key, s.length), s.bytes, s.length);
    }
    return key;
}

static uint64_t key_of(const prepared *p, void *const in[])
{
    uint64_t key = eg__hash_word(0, (uint64_t)(uintptr_t)p->call->host);

    for (int i = 0; i < p->n_in; i++)
        key = p->spec[i].dtype == EG_STRING ? hash_strings(key, in[i], p->spec[i].size)
                                            : eg__hash_bytes(key, in[i], eg__bytes(&p->spec[i]));
    return key;
}

/* Results one after the other: written to the log's memory, or read from it. */
static void move_results(const prepared *p, void *const out[], char *log, bool to_log)
{
    for (int i = 0; i < p->n_out; i++) {
        size_t size = eg__bytes(&p->spec[p->n_in + i]);
        if (size > 0)
            memcpy(to_log ? log : out[i], to_log ? out[i] : log, size);
        log += size;
    }
}

static size_t results_size(const prepared *p)
{
    size_t size = 0;

    for (int i = 0; i < p->n_out; i++)
        size += eg__bytes(&p->spec[p->n_in + i]);
    return size;
}

/* True where the call has been made before, with these arguments, and its results are there. */
static bool was_made(const prepared *p, uint64_t key, void *const out[])
{
    log_ *log = eg__me.host_log;
    const entry *e;

    if (!log || eg__me.host_next >= (uint32_t)log->n)
        return false;
    e = &log->entries[eg__me.host_next];
    if (e->key != key || e->size != results_size(p)) {
        cut(log, (int)eg__me.host_next);
        return false;
    }
    move_results(p, out, e->results, false);
    eg__me.host_next++;
    return true;
}

static eg_status note(const prepared *p, uint64_t key, void *const out[])
{
    log_ *log = eg__me.host_log;
    entry e = {.key = key, .size = results_size(p)};

    if (!log)
        eg__me.host_log = log = eg__alloc_zero(sizeof *log);
    if (!log || !eg__reserve(&log->entries, sizeof e, log->n, &log->capacity))
        return eg__fail_memory("", sizeof e);
    e.results = eg__alloc(e.size);
    if (!e.results && e.size > 0)
        return eg__fail_memory("", e.size);
    move_results(p, out, e.results, true);
    log->entries[log->n++] = e;
    eg__me.host_next = (uint32_t)log->n;
    return EG_OK;
}

/* ---- the body ------------------------------------------------------------------------------- */

/* The elements as the body sees them. */
typedef struct seen {
    eg_host_in in[EG__MAX_IN];
    eg_host_out out[EG__MAX_OUT];
} seen;

static void show(const prepared *p, void *const in[], void *const out[], seen *s)
{
    for (int i = 0; i < p->n_in; i++) {
        const eg_spec *x = &p->spec[i];
        s->in[i] = (eg_host_in){x->dtype, x->rank, x->dims, x->size, in[i]};
    }
    for (int i = 0; i < p->n_out; i++) {
        const eg_spec *y = &p->spec[p->n_in + i];
        s->out[i] = (eg_host_out){y->dtype, y->rank, y->dims, y->size, out[i]};
    }
}

static eg_status report(const prepared *p, eg_status status, const eg_error *error)
{
    const char *name = p->call->host->attrs.name;

    if (error->status != EG_OK && error->line > 0)
        return eg__fail(error->status, "", "host call \"%s\" (%s:%d): %s", name, error->file,
            error->line, error->message);
    if (error->status != EG_OK)
        return eg__fail(error->status, "", "host call \"%s\": %s", name, error->message);
    if (status == EG_OK)
        return EG_OK;
    status = status > EG_OK && status <= EG_INTERNAL ? status : EG_INVALID;
    return eg__fail(status, "", "host call \"%s\" failed: %s", name, eg_status_name(status));
}

/* Calls the body where nobody watches: no tape, no recording, a scope of its own. */
static eg_status call_body(const prepared *p, const eg_host_args *args)
{
    const eg_host_attrs *a = &p->call->host->attrs;
    eg__thread *me = &eg__me, before = *me;
    eg_error error = {0};

    me->watch = NULL;
    me->recording = 0;
    me->outlives = NULL;
    me->host_log = NULL;
    me->host_next = me->skip_prints = 0;
    eg_scope *scope = eg_try_open(&error);
    eg_status status = eg__scope_is_inert(scope) ? EG_NO_MEMORY
        : p->call->is_gradient                   ? a->gradient(args)
                                                 : a->call(args);
    eg_scope_close(scope);
    eg__host_log_drop();
    me->watch = before.watch;
    me->recording = before.recording;
    me->outlives = before.outlives;
    me->host_log = before.host_log;
    me->host_next = before.host_next;
    me->printed = before.printed;
    me->skip_prints = before.skip_prints;
    me->errors_ended = before.errors_ended;
    me->things_made = before.things_made;
    me->site = before.site;
    return me->failed ? me->failed : report(p, status, &error);
}

static eg_status make(const prepared *p, void *const in[], void *const out[])
{
    const eg__host_call *c = p->call;
    bool looks = eg__host_only_looks(c);
    seen s;

    show(p, in, out, &s);
    eg_host_args args = {c->n_in, looks ? 0 : c->n_out, s.in, s.out, c->host->attrs.data};
    if (looks && p->spec[0].size > 0)
        memmove(out[0], in[0], eg__bytes(&p->spec[0]));
    return call_body(p, &args);
}

static eg_status run(const eg_job *job, void *const in[], void *const out[], void *scratch)
{
    const prepared *p;

    (void)scratch;
    memcpy(&p, job->state, sizeof p);
    if (!eg__host_has_effects(p->call) || !eg__me.transaction)
        return make(p, in, out);
    uint64_t key = key_of(p, in);
    if (was_made(p, key, out))
        return EG_OK;
    eg_status status = make(p, in, out);
    return status == EG_OK ? note(p, key, out) : status;
}

static void drop(eg_job *job)
{
    prepared *p;

    memcpy(&p, job->state, sizeof p);
    eg__free(p, size_of(p->n_in, p->n_out));
}

static const char *prepare(const eg_kernel *self, const eg_problem *problem, eg_job *job)
{
    size_t size = size_of(problem->n_in, problem->n_out);
    prepared *p = eg__alloc(size);

    if (!p)
        return eg__fail_memory("", size), "memory is out";
    p->call = problem->attrs;
    p->n_in = problem->n_in;
    p->n_out = problem->n_out;
    for (int i = 0; i < p->n_in; i++)
        p->spec[i] = *problem->in[i];
    for (int i = 0; i < p->n_out; i++)
        p->spec[p->n_in + i] = *problem->out[i];
    eg__job_start(job, self->name, run);
    job->may_fail = true;
    job->waits = "it calls the host";
    job->drop = drop;
    memcpy(job->state, &p, sizeof p);
    return NULL;
}

const eg_kernel eg__host_kernel = {"host", prepare, NULL};
