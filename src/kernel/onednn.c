/* The table of primitives, and running them.
 *
 * The table is small and set-associative: a key's set is a short list, newest use first, whose last
 * entry is given up for a new one. Its lock is held for looking only; building takes milliseconds
 * and happens outside, so two threads may build the same primitive, of which one stays.
 *
 * A run needs memory objects and a stream of its own. They cost more to make than a small product,
 * so a primitive keeps those that are not in use.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "kernel/onednn.h"

#ifdef EG_HAVE_DNNL
#include "base/error.h"
#include "base/hash.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { SETS = EG_CRUEL ? 1 : 64, WAYS = EG_CRUEL ? 2 : 4 };

/* What one run uses at a time. */
typedef struct runner {
    struct runner *next;
    dnnl_stream_t stream;
    dnnl_exec_arg_t args[EG__PRIMITIVE_ARGS + 1]; /* the last is scratch memory */
} runner;

struct eg__primitive {
    atomic_int refs;
    unsigned char key[EG__PRIMITIVE_KEY];
    size_t key_size, scratch;
    dnnl_primitive_t primitive;
    eg__blueprint blueprint;
    pthread_mutex_t lock; /* guards idle */
    runner *idle;
};

static struct {
    pthread_mutex_t lock;
    eg__primitive *sets[SETS][WAYS];
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- one thread ----------------------------------------------------------------------------- */

/* oneDNN may be built on OpenMP, whose number of threads is a setting of the calling thread. */
#if defined(__GNUC__)
extern int omp_get_max_threads(void) __attribute__((weak));
extern void omp_set_num_threads(int) __attribute__((weak));

static int start_alone(void)
{
    int before = omp_get_max_threads && omp_set_num_threads ? omp_get_max_threads() : 1;

    if (before != 1)
        omp_set_num_threads(1);
    return before;
}

static void end_alone(int before)
{
    if (before != 1)
        omp_set_num_threads(before);
}
#else
static int start_alone(void)
{
    return 1;
}

static void end_alone(int before)
{
    (void)before;
}
#endif

/* ---- building ------------------------------------------------------------------------------- */

static dnnl_engine_t engine; /* for as long as the process lives */
static dnnl_status_t engine_status;

static void make_engine(void)
{
    engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
}

static dnnl_status_t make_attr(dnnl_primitive_attr_t *attr)
{
    dnnl_status_t status = dnnl_primitive_attr_create(attr);

    if (status != dnnl_success)
        return status;
    status = dnnl_primitive_attr_set_scratchpad_mode(*attr, dnnl_scratchpad_mode_user);
    if (status != dnnl_success)
        dnnl_primitive_attr_destroy(*attr);
    return status;
}

static dnnl_status_t build_blueprint(const void *key, eg__builder build, eg__blueprint *to)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_engine);
    to->engine = engine;
    dnnl_status_t status = engine_status == dnnl_success ? make_attr(&to->attr) : engine_status;
    if (status != dnnl_success)
        return status;
    status = build(key, to);
    dnnl_primitive_attr_destroy(to->attr);
    return status;
}

static void free_primitive(eg__primitive *p);

static dnnl_status_t build_primitive(const void *key, size_t size, eg__builder build,
    eg__primitive **built)
{
    eg__primitive *p = eg__alloc_zero(sizeof *p);

    if (!p)
        return dnnl_out_of_memory;
    atomic_init(&p->refs, 1);
    memcpy(p->key, key, size);
    p->key_size = size;
    pthread_mutex_init(&p->lock, NULL);
    dnnl_status_t status = build_blueprint(key, build, &p->blueprint);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&p->primitive, p->blueprint.primitive);
    if (status != dnnl_success) {
        free_primitive(p);
        return status;
    }
    p->scratch = dnnl_memory_desc_get_size(
        dnnl_primitive_desc_query_md(p->blueprint.primitive, dnnl_query_scratchpad_md, 0));
    *built = p;
    return dnnl_success;
}

/* ---- running -------------------------------------------------------------------------------- */

static void free_runner(runner *r)
{
    for (int i = 0; i <= EG__PRIMITIVE_ARGS; i++)
        if (r->args[i].memory)
            dnnl_memory_destroy(r->args[i].memory);
    if (r->stream)
        dnnl_stream_destroy(r->stream);
    eg__free(r, sizeof *r);
}

static dnnl_status_t add_memory(const eg__primitive *p, runner *r, int i, int arg,
    dnnl_query_t query)
{
    r->args[i].arg = arg;
    return dnnl_memory_create(&r->args[i].memory,
        dnnl_primitive_desc_query_md(p->blueprint.primitive, query, 0), p->blueprint.engine,
        DNNL_MEMORY_NONE);
}

static dnnl_status_t make_runner(const eg__primitive *p, runner **made)
{
    const eg__blueprint *b = &p->blueprint;
    runner *r = eg__alloc_zero(sizeof *r);

    if (!r)
        return dnnl_out_of_memory;
    dnnl_status_t status = dnnl_stream_create(&r->stream, b->engine, dnnl_stream_default_flags);
    for (int i = 0; i < b->n_args && status == dnnl_success; i++)
        status = add_memory(p, r, i, b->arg[i], b->memory[i]);
    if (status == dnnl_success)
        status = add_memory(p, r, b->n_args, DNNL_ARG_SCRATCHPAD, dnnl_query_scratchpad_md);
    if (status != dnnl_success) {
        free_runner(r);
        return status;
    }
    *made = r;
    return dnnl_success;
}

static dnnl_status_t take_runner(eg__primitive *p, runner **taken)
{
    pthread_mutex_lock(&p->lock);
    *taken = p->idle;
    if (*taken)
        p->idle = (*taken)->next;
    pthread_mutex_unlock(&p->lock);
    return *taken ? dnnl_success : make_runner(p, taken);
}

static void return_runner(eg__primitive *p, runner *r)
{
    pthread_mutex_lock(&p->lock);
    r->next = p->idle;
    p->idle = r;
    pthread_mutex_unlock(&p->lock);
}

static dnnl_status_t run_with(const eg__primitive *p, runner *r, void *const data[], void *scratch)
{
    int n = p->blueprint.n_args;
    dnnl_status_t status = dnnl_memory_set_data_handle(r->args[n].memory, scratch);

    for (int i = 0; i < n && status == dnnl_success; i++)
        status = dnnl_memory_set_data_handle(r->args[i].memory, data[i]);
    if (status == dnnl_success)
        status = dnnl_primitive_execute(p->primitive, r->stream, n + 1, r->args);
    dnnl_status_t waited = dnnl_stream_wait(r->stream);
    return status != dnnl_success ? status : waited;
}

dnnl_status_t eg__primitive_run(eg__primitive *p, void *const data[], void *scratch)
{
    runner *r;
    int before = start_alone();
    dnnl_status_t status = take_runner(p, &r);

    if (status == dnnl_success) {
        status = run_with(p, r, data, scratch);
        return_runner(p, r);
    }
    end_alone(before);
    return status;
}

/* ---- the table ------------------------------------------------------------------------------ */

static void free_primitive(eg__primitive *p)
{
    for (runner *r = p->idle, *next; r; r = next) {
        next = r->next;
        free_runner(r);
    }
    if (p->primitive)
        dnnl_primitive_destroy(p->primitive);
    if (p->blueprint.primitive)
        dnnl_primitive_desc_destroy(p->blueprint.primitive);
    pthread_mutex_destroy(&p->lock);
    eg__free(p, sizeof *p);
}

void eg__primitive_release(eg__primitive *p)
{
    if (p && atomic_fetch_sub(&p->refs, 1) == 1)
        free_primitive(p);
}

size_t eg__primitive_scratch(const eg__primitive *p)
{
    return p->scratch;
}

size_t eg__primitive_size(const eg__primitive *p, int arg)
{
    return dnnl_memory_desc_get_size(
        dnnl_primitive_desc_query_md(p->blueprint.primitive, p->blueprint.memory[arg], 0));
}

bool eg__primitive_shares(const eg__primitive *a, int a_arg, const eg__primitive *b, int b_arg)
{
    return dnnl_memory_desc_equal(dnnl_primitive_desc_query_md(a->blueprint.primitive,
                                      a->blueprint.memory[a_arg], 0),
               dnnl_primitive_desc_query_md(b->blueprint.primitive, b->blueprint.memory[b_arg],
                   0)) != 0;
}

#if DNNL_VERSION_MAJOR >= 3

int64_t eg__primitive_panel(const eg__primitive *p, int arg)
{
    (void)p, (void)arg;
    return 0;
}

#else

int64_t eg__primitive_panel(const eg__primitive *p, int arg)
{
    const dnnl_memory_desc_t *d =
        dnnl_primitive_desc_query_md(p->blueprint.primitive, p->blueprint.memory[arg], 0);
    const dnnl_blocking_desc_t *b = &d->format_desc.blocking;

    if (d->format_kind != dnnl_blocked || d->extra.flags != 0 || d->offset0 != 0 ||
        b->inner_nblks != 1 || b->inner_idxs[0] != 0)
        return 0;
    int64_t width = b->inner_blks[0], step = width;
    for (int i = 0; i < d->ndims; i++) {
        int axis = i == 0 ? 1 : i == d->ndims - 1 ? 0 : d->ndims - i;
        bool is_cut = axis == 0, is_one = !is_cut && d->dims[axis] == 1;
        if ((!is_one && b->strides[axis] != step) ||
            (!is_cut && d->padded_dims[axis] != d->dims[axis]))
            return 0;
        step *= d->dims[axis];
    }
    return d->padded_dims[0] == (d->dims[0] + width - 1) / width * width ? width : 0;
}

#endif

/* Moves way `way` of a set to the front. */
static void use(eg__primitive **set, int way)
{
    eg__primitive *p = set[way];

    memmove(set + 1, set, (size_t)way * sizeof *set);
    set[0] = p;
}

/* Finds a key and takes a reference; with the lock held. */
static eg__primitive *look_up(eg__primitive **set, const void *key, size_t size)
{
    for (int i = 0; i < WAYS && set[i]; i++)
        if (set[i]->key_size == size && memcmp(set[i]->key, key, size) == 0) {
            use(set, i);
            atomic_fetch_add(&set[0]->refs, 1);
            return set[0];
        }
    return NULL;
}

/* Puts a new primitive into its set, unless one of its key has come in between; returns the one to
 * use, and in *drop the one that has to go. */
static eg__primitive *insert(eg__primitive **set, eg__primitive *p, eg__primitive **drop)
{
    eg__primitive *other = look_up(set, p->key, p->key_size);

    if (other) {
        *drop = p;
        return other;
    }
    *drop = set[WAYS - 1];
    set[WAYS - 1] = p;
    use(set, WAYS - 1);
    atomic_fetch_add(&p->refs, 1);
    return p;
}

dnnl_status_t eg__primitive_find(const void *key, size_t size, eg__builder build,
    eg__primitive **found)
{
    eg__primitive **set = table.sets[eg__hash_bytes(0, key, size) % SETS], *built, *drop;

    pthread_mutex_lock(&table.lock);
    *found = look_up(set, key, size);
    pthread_mutex_unlock(&table.lock);
    if (*found)
        return dnnl_success;
    int before = start_alone();
    dnnl_status_t status = build_primitive(key, size, build, &built);
    end_alone(before);
    if (status != dnnl_success)
        return status;
    pthread_mutex_lock(&table.lock);
    *found = insert(set, built, &drop);
    pthread_mutex_unlock(&table.lock);
    eg__primitive_release(drop);
    return dnnl_success;
}

eg_status eg__dnnl_report(dnnl_status_t status, const char *what)
{
    if (status == dnnl_success)
        return EG_OK;
    if (status == dnnl_out_of_memory)
        return eg__fail(EG_NO_MEMORY, "", "oneDNN has no memory to %s", what);
    return eg__fail(EG_INTERNAL, "", "oneDNN could not %s: its status is %d", what, (int)status);
}

#endif
