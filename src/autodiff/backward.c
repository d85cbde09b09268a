/* Reverse mode.
 *
 * First a walk forwards finds which values depend on a source, then the records are walked
 * backwards. Contributions to one value are added in the order in which they arrive, which follows
 * from the order of recording alone. Each step has a scope of its own, so what a gradient leaves
 * behind is freed at once; the gradients of values are counted, and let go when the value's maker
 * has been passed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/backward.h"
#include "base/memory.h"
#include "tensor/scope.h"
#include <eagre/ops.h>
#include <string.h>

static const char op_name[] = "eg_gradient";

/* ---- records -------------------------------------------------------------------------------- */

static size_t record_size(const eg__record *r)
{
    size_t n = (size_t)(r->n_in + r->n_out);
    return sizeof *r + n * (sizeof *r->handle + sizeof *r->id);
}

eg__record *eg__record_new(const eg_event *e, const uint32_t id[])
{
    eg__record like = {.op = e->op, .n_in = e->n_in, .n_out = e->n_out, .site = eg__me.site};
    int n = e->n_in + e->n_out;
    eg__record *r = eg__alloc(record_size(&like));

    if (r && e->attrs && !(like.attrs = eg__alloc(e->op->attrs_size + 1))) {
        eg__free(r, record_size(&like));
        r = NULL;
    }
    if (!r)
        return eg__fail_memory(e->op->name, record_size(&like)), NULL;
    *r = like;
    if (e->attrs)
        memcpy(r->attrs, e->attrs, e->op->attrs_size);
    r->payload = eg__payload_ref(e->payload);
    r->handle = (eg_tensor **)(void *)(r + 1);
    r->id = (uint32_t *)(void *)(r->handle + n);
    memcpy(r->id, id, sizeof *id * (size_t)n);
    for (int i = 0; i < n; i++)
        r->handle[i] = eg__ref(i < e->n_in ? e->value[i] : e->out[i - e->n_in]);
    return r;
}

void eg__record_free(eg__record *r)
{
    if (!r)
        return;
    for (int i = 0; i < r->n_in + r->n_out; i++)
        eg__unref(r->handle[i]);
    eg__payload_unref(r->payload);
    if (r->attrs)
        eg__free(r->attrs, r->op->attrs_size + 1);
    eg__free(r, record_size(r));
}

/* ---- the walk ------------------------------------------------------------------------------- */

typedef struct walk {
    eg__backward_run *run;
    bool *reach; /* by value: it depends on a source */
    bool *is_source;
    eg_tensor **gradient; /* by value */
} walk;

static bool wants(const walk *w, const eg__record *r, int i)
{
    return r->id[i] != EG__NO_VALUE && w->reach[r->id[i]];
}

static void find_reach(walk *w)
{
    for (int s = 0; s < w->run->n_sources; s++)
        if (w->run->sources[s] != EG__NO_VALUE)
            w->reach[w->run->sources[s]] = w->is_source[w->run->sources[s]] = true;
    for (int k = 0; k < w->run->n_records; k++) {
        const eg__record *r = w->run->records[k];
        bool any = false;
        for (int i = 0; i < r->n_in; i++)
            any = any || wants(w, r, i);
        for (int i = 0; any && i < r->n_out; i++)
            if (r->id[r->n_in + i] != EG__NO_VALUE)
                w->reach[r->id[r->n_in + i]] = true;
    }
}

static bool accumulate(walk *w, uint32_t id, eg_tensor *dx)
{
    eg_tensor *old = w->gradient[id];
    eg_tensor *sum = old ? eg_add(old, dx) : dx;

    if (!sum)
        return false;
    w->gradient[id] = eg__ref(sum);
    eg__unref(old);
    return true;
}

/* Gradients of a record's outputs, zeros for those that none arrived at. */
static bool take_output_gradients(const walk *w, const eg__record *r, eg_tensor *dy[])
{
    for (int i = 0; i < r->n_out; i++) {
        eg_tensor *y = r->handle[r->n_in + i];
        uint32_t id = r->id[r->n_in + i];
        dy[i] = id != EG__NO_VALUE ? w->gradient[id] : NULL;
        if (!dy[i] && eg__dtype(y->spec.dtype)->kind == EG__REAL)
            dy[i] = eg_zeros(y->spec.dtype, y->spec.rank, y->spec.dims);
        if (eg__me.failed)
            return false;
    }
    return true;
}

static bool call_gradient(walk *w, const eg__record *r, eg_tensor *dx[], bool wanted[])
{
    eg_tensor *dy[EG__MAX_PARTS];
    eg_backward b = {r->op, r->attrs, r->payload, r->n_in, r->n_out, r->handle, r->handle + r->n_in,
        dy, wanted, dx};

    if (!r->op->grad) {
        eg__fail(EG_INVALID, op_name,
            "%s has no gradient; it was applied at %s:%d, use "
            "eg_stop_gradient there",
            r->op->name, r->site.file ? r->site.file : "?", r->site.line);
        return false;
    }
    for (int i = 0; i < r->n_in; i++) {
        wanted[i] = wants(w, r, i);
        dx[i] = NULL;
    }
    return take_output_gradients(w, r, dy) && r->op->grad(&b) == EG_OK && !eg__me.failed;
}

static bool has_gradient(const walk *w, const eg__record *r)
{
    for (int i = 0; i < r->n_out; i++) {
        uint32_t id = r->id[r->n_in + i];
        if (id != EG__NO_VALUE && w->gradient[id] && w->reach[id])
            return true;
    }
    return false;
}

static bool step_back(walk *w, const eg__record *r)
{
    eg_tensor *few[EG__MAX_IN], **dx = few;
    bool few_wanted[EG__MAX_IN], *wanted = few_wanted;
    size_t n = (size_t)r->n_in, size = (sizeof *dx + sizeof *wanted) * n;

    if (r->n_in > EG__MAX_IN) {
        dx = eg__alloc(size);
        if (!dx)
            return eg__fail_memory(op_name, size), false;
        wanted = (bool *)(dx + n);
    }
    eg_scope *scope = eg_scope_open();
    bool done = call_gradient(w, r, dx, wanted);
    for (int i = 0; done && i < r->n_in; i++)
        if (wanted[i] && dx[i])
            done = accumulate(w, r->id[i], dx[i]);
    eg_scope_close(scope);
    if (dx != few)
        eg__free(dx, size);
    return done;
}

static void let_go(walk *w, const eg__record *r)
{
    for (int i = 0; i < r->n_out; i++) {
        uint32_t id = r->id[r->n_in + i];
        if (id == EG__NO_VALUE || w->is_source[id])
            continue;
        eg__unref(w->gradient[id]);
        w->gradient[id] = NULL;
    }
}

static void go_back(walk *w)
{
    eg__backward_run *run = w->run;

    for (int i = 0; i < run->n_targets && !eg__me.failed; i++)
        if (run->targets[i] != EG__NO_VALUE)
            accumulate(w, run->targets[i], run->seeds[i]);
    for (int k = run->n_records; k-- > 0 && !eg__me.failed;) {
        const eg__record *r = run->records[k];
        if (has_gradient(w, r) && step_back(w, r))
            let_go(w, r);
        if (run->finished)
            run->finished(run->env, k);
    }
    for (int s = 0; s < run->n_sources && !eg__me.failed; s++)
        if (run->sources[s] != EG__NO_VALUE)
            run->gradients[s] = eg__ref(w->gradient[run->sources[s]]);
}

eg_status eg__backward(eg__backward_run *run)
{
    size_t n = (size_t)run->n_values + 1;
    walk w = {
        .run = run,
        .reach = eg__alloc_zero(n),
        .is_source = eg__alloc_zero(n),
        .gradient = eg__alloc_zero(sizeof(eg_tensor *) * n),
    };

    for (int s = 0; s < run->n_sources; s++)
        run->gradients[s] = NULL;
    if (w.reach && w.is_source && w.gradient) {
        find_reach(&w);
        go_back(&w);
    } else {
        eg__fail_memory(op_name, sizeof(eg_tensor *) * n);
    }
    for (size_t i = 0; w.gradient && i < n; i++)
        eg__unref(w.gradient[i]);
    eg__free(w.reach, n);
    eg__free(w.is_source, n);
    eg__free(w.gradient, sizeof(eg_tensor *) * n);
    return eg__me.failed;
}
