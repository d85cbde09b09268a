/* Traces made for other sizes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "other_sizes.h"
#include "function/compare.h"
#include "function/relax.h"
#include <string.h>

/* A body, or its first result with the gradients of it. */
typedef struct subject {
    const eg_callable *plain;
    void *env;
    bool differentiated;
} subject;

static eg_tensor *with_gradients(const subject *s, int n, eg_tensor *const in[])
{
    eg_tensor *x[EG__MAX_IN], *all[EG__MAX_IN + 1];
    int sources = 0;
    eg_scope *tape = eg_tape_open(NULL);

    for (int i = 0; i < n; i++)
        if (eg__is_floating(eg_dtype_of(in[i]))) {
            eg_watch(in[i]);
            x[sources++] = in[i];
        }
    eg_tensor *y = s->plain->body(n, in, s->env);
    all[0] = eg_parts(y) > 0 ? eg_part(y, 0) : y;
    if (sources > 0 && all[0] && eg__is_floating(eg_dtype_of(all[0])))
        eg_gradient_with(all[0], sources, x, all + 1, NULL);
    else
        sources = 0;
    y = eg_ok() ? eg_give(eg_tuple_of(sources + 1, all)) : NULL;
    eg_scope_close(tape);
    return y;
}

static eg_tensor *body(int n, eg_tensor *const in[], void *env)
{
    const subject *s = env;
    return s->differentiated ? with_gradients(s, n, in) : s->plain->body(n, in, s->env);
}

/* ---- inputs --------------------------------------------------------------------------------- */

/* The elements of x again and again, in a shape where the size `from` is `to`. */
static eg_tensor *stretched(eg_tensor *x, int64_t from, int64_t to)
{
    static unsigned char data[1 << 16];
    eg_spec spec = x->spec;
    size_t element = eg__dtype(spec.dtype)->size;

    for (int i = 0; i < spec.rank; i++)
        spec.dims[i] = spec.dims[i] == from ? to : spec.dims[i];
    if (!eg__spec_measure(&spec) || eg__bytes(&spec) > sizeof data)
        return NULL;
    for (int64_t i = 0; i < spec.size; i++)
        memcpy(data + (size_t)i * element, (char *)x->data + (size_t)(i % x->spec.size) * element,
            element);
    return (eg_copy)(spec.dtype, spec.rank, spec.dims, data);
}

static bool stretch(int n, eg_tensor *const x[], int64_t from, int64_t to, eg_tensor *in[])
{
    for (int i = 0; i < n; i++)
        if (!(in[i] = stretched(x[i], from, to)))
            return false;
    return true;
}

/* ---- one size ------------------------------------------------------------------------------- */

typedef struct change {
    subject *subject;
    eg_function *f;
    int n;
    eg_tensor *const *x;
    int64_t from;
    other_sizes *found;
} change;

static void complain(const change *c, const char *what, const char *detail)
{
    if (!c->found->mistake[0])
        snprintf(c->found->mistake, sizeof c->found->mistake, "%s, size %lld varying%s: %s%s",
            c->subject->plain->name, (long long)c->from,
            c->subject->differentiated ? ", with gradients" : "", what, detail);
}

/* Calls the function and the body with a size; false where the body fails. */
static bool call(const change *c, int64_t to)
{
    eg_tensor *in[EG__MAX_IN], *want = NULL;
    eg_error error;
    bool possible;

    eg_scope *trial = eg_try_open(&error);
    if (stretch(c->n, c->x, c->from, to, in))
        want = body(c->n, in, c->subject);
    possible = want != NULL;
    eg_tensor *y = possible ? eg_call_of(c->f, c->n, in) : NULL;
    if (possible && !y) {
        eg_pending(&error);
        complain(c, "a call fails: ", error.message);
    } else if (possible && !eg__same_bits(y, want)) {
        complain(c, "other bits than those of eager execution", "");
    }
    eg_scope_close(trial);
    return possible;
}

/* Whether the trace made for a size is the one that a function which knows no other records. */
static void compare(const change *c, int64_t to)
{
    change alone = *c;
    const eg__trace *made = atomic_load(&c->f->traces);

    alone.f = eg_function_new(body, c->n, c->subject, sizeof *c->subject);
    if (alone.f && call(&alone, to) && atomic_load(&alone.f->traces)) {
        const eg__trace *recorded = atomic_load(&alone.f->traces);
        const eg_site *at = eg__trees_differ(alone.f, made->segments[0], recorded->segments[0]);
        if (at)
            complain(c, "the trace that was made differs from a recording", "");
    }
    eg_function_free(alone.f);
}

static void try_size(change *c)
{
    eg_function_info info = {.size = sizeof info};
    eg_retrace second = {.size = sizeof second};
    bool possible = true;

    c->f = eg_function_new(body, c->n, c->subject, sizeof *c->subject);
    for (int i = 1; possible && c->f && i < 4; i++)
        possible = call(c, i * c->from);
    eg_function_info_now(c->f, &info);
    eg_function_retrace(c->f, 1, &second);
    if (c->f && atomic_load(&c->f->never_relaxes)) {
        complain(c, "its graphs differ though no question says why: ", second.fixed);
    } else if (possible && info.sizes == 1) {
        compare(c, 3 * c->from);
        c->found->made++;
    } else if (possible) {
        memcpy(c->found->why, second.fixed, sizeof second.fixed);
        c->found->fixed++;
    }
    eg_function_free(c->f);
}

void try_other_sizes(const eg_callable *plain, void *env, int n, eg_tensor *const x[],
    other_sizes *found)
{
    for (int way = 0; way < 2; way++) {
        subject s = {plain, env, way == 1};
        int64_t seen[EG__MAX_IN * EG_MAX_RANK];
        int n_seen = 0;
        for (int k = 0; k < n * EG_MAX_RANK; k++) {
            const eg_spec *spec = &x[k / EG_MAX_RANK]->spec;
            int64_t size = k % EG_MAX_RANK < spec->rank ? spec->dims[k % EG_MAX_RANK] : 0;
            bool known = size < 2 || spec->size == 0;
            for (int i = 0; i < n_seen; i++)
                known = known || seen[i] == size;
            if (known)
                continue;
            seen[n_seen++] = size;
            try_size(&(change){&s, NULL, n, x, size, found});
        }
    }
}
