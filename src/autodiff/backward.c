/* Reverse mode.
 *
 * First a walk forwards finds which values depend on a source, then the records are walked
 * backwards. Contributions to one value are added in the order in which they arrive, which follows
 * from the order of recording alone. Each step has a scope of its own, so what a gradient leaves
 * behind is freed at once; the gradients of values are counted, and let go when the value's maker
 * has been passed.
 *
 * Where the gradient of a branch or a loop says that a value decides whether anything arrives, that
 * goes along with it (flow.h).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/backward.h"
#include "autodiff/flow.h"
#include "base/memory.h"
#include "tensor/scope.h"
#include "ops/registry.h"
#include "ops/sized.h"
#include <eagre/ops.h>
#include <eagre/ops/scatter.h>
#include <string.h>

static const char op_name[] = "eg_gradient";

/* ---- records -------------------------------------------------------------------------------- */

/* One piece of memory has it all: the record, its handles, the attributes, the handles' numbers. */
eg__record *eg__record_new(eg__arena *arena, const eg_event *e, const uint32_t id[])
{
    size_t n = (size_t)(e->n_in + e->n_out),
           attrs = e->attrs ? (e->op->attrs_size + 15) / 16 * 16 : 0;
    size_t head = (sizeof(eg__record) + 15) / 16 * 16, handles = n * sizeof(eg_tensor *);
    size_t size = head + attrs + handles + n * sizeof *id;
    eg__record *r = eg__arena_take(arena, size);

    if (!r)
        return eg__fail_memory(e->op->name, size), NULL;
    char *at = (char *)r + head;
    *r = (eg__record){.op = e->op,
        .payload = eg__payload_ref(e->payload),
        .site = eg__me.site,
        .n_in = e->n_in,
        .n_out = e->n_out};
    r->attrs = attrs ? memcpy(at, e->attrs, e->op->attrs_size) : NULL;
    eg__attrs_hold(r->op, r->attrs, 1);
    r->handle = (eg_tensor **)(void *)(at + attrs);
    r->id = memcpy(at + attrs + handles, id, n * sizeof *id);
    for (int i = 0; i < e->n_in; i++)
        r->handle[i] = id[i] == EG__NO_VALUE ? eg__ref(e->value[i]) : e->value[i];
    for (int i = 0; i < e->n_out; i++)
        r->handle[e->n_in + i] = eg__ref(e->out[i]);
    return r;
}

void eg__record_let_go(eg__record *r)
{
    if (!r)
        return;
    for (int i = 0; i < r->n_in; i++)
        if (r->id[i] == EG__NO_VALUE)
            eg__unref(r->handle[i]);
    for (int i = r->n_in; i < r->n_in + r->n_out; i++)
        eg__unref(r->handle[i]);
    eg__payload_unref(r->payload);
    eg__attrs_hold(r->op, r->attrs, -1);
}

/* ---- the walk ------------------------------------------------------------------------------- */

/* Rows that add to the gradient of a value; both owned. */
typedef struct rows {
    uint32_t id;
    eg_tensor *places, *rows;
} rows;

/* Of a gradient: see eg__flow. The bool is owned. */
typedef struct maybe {
    eg_tensor *when;
    bool open;
} maybe;

typedef struct walk {
    eg__backward_run *run;
    bool *reach; /* by value: it depends on a source */
    bool *is_source;
    bool *is_made;        /* by value: an operation made it */
    eg_tensor **gradient; /* by value */
    maybe *maybes;        /* by value; NULL: all that is there arrives */
    rows *rows;           /* of sources, where they are asked for */
    int n_rows, rows_capacity;
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
        for (int i = 0; i < r->n_out; i++)
            if (r->id[r->n_in + i] != EG__NO_VALUE) {
                w->reach[r->id[r->n_in + i]] |= any;
                w->is_made[r->id[r->n_in + i]] = true;
            }
    }
}

static eg__flow flow_of(const walk *w, uint32_t id)
{
    const maybe *m = w->maybes ? &w->maybes[id] : &(const maybe){NULL, false};
    return (eg__flow){w->gradient[id], m->when, m->open};
}

static bool set_flow(walk *w, uint32_t id, eg__flow f)
{
    size_t n = (size_t)w->run->n_values + 1;
    maybe now = {eg__ref(f.when), f.open};

    eg__ref(f.value);
    eg__unref(w->gradient[id]);
    w->gradient[id] = f.value;
    if (f.when && !w->maybes && !(w->maybes = eg__alloc_zero(sizeof now * n))) {
        eg__unref(now.when);
        return eg__fail_memory(op_name, sizeof now * n) == EG_OK;
    }
    if (w->maybes) {
        eg__unref(w->maybes[id].when);
        w->maybes[id] = now;
    }
    return true;
}

static bool accumulate(walk *w, uint32_t id, eg__flow dx)
{
    eg__flow sum = eg__flow_join(flow_of(w, id), dx);
    return !eg__me.failed && set_flow(w, id, sum);
}

/* What arrives at a record's outputs. */
typedef struct arriving {
    eg_tensor *dy[EG__MAX_PARTS], *dy_when[EG__MAX_PARTS];
    eg_tensor *when; /* whether anything does; NULL: it does */
} arriving;

/* Gradients of a record's outputs, zeros for those that none arrived at. */
static bool take_output_gradients(const walk *w, const eg__record *r, arriving *a)
{
    bool partial = r->op->traits & EG__PARTIAL, any = false;

    a->when = NULL;
    for (int i = 0; i < r->n_out; i++) {
        eg_tensor *y = r->handle[r->n_in + i];
        uint32_t id = r->id[r->n_in + i];
        eg__flow f = id != EG__NO_VALUE ? flow_of(w, id) : (eg__flow){NULL, NULL, false};
        if (f.value) {
            a->when = any ? eg__flow_either(a->when, f.when) : f.when;
            any = true;
        }
        a->dy_when[i] = f.when;
        a->dy[i] = partial || r->n_out > 1 ? eg__flow_value(&f) : f.value;
        if (!a->dy[i] && !partial && eg__is_floating(y->spec.dtype))
            a->dy[i] = eg__full_like(y, 0);
        if (eg__me.failed)
            return false;
    }
    return true;
}

/* The conjugates of what is complex: a gradient leads upwards, so what multiplies it by a
 * derivative has to multiply by that one's conjugate, and conj(conj(dy) f') is dy conj(f'). */
static bool conjugate(int n, eg_tensor *x[])
{
    for (int i = 0; i < n; i++)
        if (x[i] && eg__is_complex(x[i]->spec.dtype) && !(x[i] = eg_conj(x[i])))
            return false;
    return true;
}

bool eg__differentiate(const eg_backward *given, eg_tensor *dy[])
{
    bool holomorphic = given->op->traits & EG__HOLOMORPHIC;
    eg_backward copy = *given, *b = &copy;

    b->dy = dy;
    if (holomorphic && !conjugate(b->n_out, dy))
        return false;
    if (b->op->grad(b) != EG_OK || eg__me.failed)
        return false;
    return !holomorphic || conjugate(b->n_in, b->dx);
}

/* What a record gives back to its inputs; `dx`, `wanted` and `when` have room for all of them. */
typedef struct giving {
    eg_tensor **dx, **when;
    bool *wanted;
} giving;

/* Zeros stay zeros where they are only passed on. */
static bool passes_on(const eg_opdef *op)
{
    return op == &eg_op_identity || op == &eg_op_reshape;
}

static bool call_gradient(walk *w, const eg__record *r, arriving *a, const giving *g)
{
    eg_backward b = {r->op, r->attrs, r->payload, r->n_in, r->n_out, r->handle, r->handle + r->n_in,
        a->dy, g->wanted, g->dx, a->dy_when, g->when};

    if (!r->op->grad) {
        eg__fail(EG_INVALID, op_name,
            "%s has no gradient; it was applied at %s:%d, use "
            "eg_stop_gradient there",
            r->op->name, eg__file_of(&r->site), r->site.line);
        return false;
    }
    for (int i = 0; i < r->n_in; i++) {
        g->wanted[i] = wants(w, r, i);
        g->dx[i] = g->when[i] = NULL;
    }
    return take_output_gradients(w, r, a) && eg__differentiate(&b, a->dy);
}

static bool give_back(walk *w, const eg__record *r, const arriving *a, const giving *g)
{
    bool partial = r->op->traits & EG__PARTIAL;

    for (int i = 0; i < r->n_in; i++) {
        eg__flow f = {g->dx[i], partial ? g->when[i] : a->when, false};
        f.open = f.when && !partial && !passes_on(r->op);
        if (passes_on(r->op) && f.when)
            f.open = flow_of(w, r->id[r->n_in]).open;
        if (g->wanted[i] && f.value && !accumulate(w, r->id[i], f))
            return false;
    }
    return true;
}

/* ---- gradients made of rows ----------------------------------------------------------------- */

/* Rows are kept for a source that nothing is walked back through. */
static bool takes_rows(const walk *w, const eg__record *r)
{
    uint32_t id = r->id[0];
    return w->run->sparse && r->op->grad_rows && id != EG__NO_VALUE && w->is_source[id] &&
        !w->is_made[id];
}

/* The gradient by a record's input 0 as rows; false where it has no such form, or perhaps does not
 * arrive. */
static bool make_rows(const walk *w, const eg__record *r, eg_tensor **places, eg_tensor **part)
{
    eg_tensor *dx[EG__MAX_IN];
    bool wanted[EG__MAX_IN] = {true};
    arriving a;
    eg_backward b = {r->op, r->attrs, r->payload, r->n_in, r->n_out, r->handle, r->handle + r->n_in,
        a.dy, wanted, dx, NULL, NULL};

    for (int i = 0; i < r->n_out; i++)
        if (r->id[r->n_in + i] != EG__NO_VALUE && flow_of(w, r->id[r->n_in + i]).when)
            return false;
    if (!take_output_gradients(w, r, &a))
        return false;
    r->op->grad_rows(&b, places, part);
    return !eg__me.failed && *places;
}

/* Whether the record's gradient by its input 0 was kept as rows. */
static bool keep_rows(walk *w, const eg__record *r)
{
    eg_tensor *places = NULL, *part = NULL;

    if (!make_rows(w, r, &places, &part))
        return false;
    if (!eg__reserve(&w->rows, sizeof *w->rows, w->n_rows, &w->rows_capacity)) {
        eg__fail_memory(op_name, sizeof *w->rows);
        return false;
    }
    w->rows[w->n_rows++] = (rows){r->id[0], eg__ref(places), eg__ref(part)};
    return true;
}

/* All rows of a value, those that arrived first in front; how many parts they came in. */
static int collect_rows(const walk *w, uint32_t id, eg_tensor **places, eg_tensor **part)
{
    int n = 0;

    for (int i = 0; i < w->n_rows && !eg__me.failed; i++) {
        if (w->rows[i].id != id)
            continue;
        eg_tensor *at[] = {*places, w->rows[i].places}, *all[] = {*part, w->rows[i].rows};
        *places = n > 0 ? eg_concat_with(2, at, NULL) : at[1];
        *part = n++ > 0 ? eg_concat_with(2, all, NULL) : all[1];
    }
    return n;
}

/* The gradient of a source: an array, rows, or an array to which the rows are added. */
static eg_tensor *gradient_of(const walk *w, uint32_t id)
{
    eg__flow f = flow_of(w, id);
    eg_tensor *places = NULL, *part = NULL, *array = eg__flow_value(&f);

    if (collect_rows(w, id, &places, &part) == 0 || eg__me.failed)
        return array;
    if (!array)
        return eg_tuple_of(2, (eg_tensor *[]){places, part});
    eg_scatter_attrs add = {.size = sizeof add, .how = EG_SCATTER_ADD};
    return eg_scatter_with(array, places, part, &add);
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

/* Whether the record's gradient by its input 0 was added as rows to what has come before: where a
 * large tensor is read row by row, as in a loop, only those are touched. */
static bool add_rows(walk *w, const eg__record *r)
{
    eg_tensor *places = NULL, *part = NULL;
    uint32_t id = r->id[0];

    if (!r->op->grad_rows || !wants(w, r, 0) || !w->gradient[id] || flow_of(w, id).open)
        return false;
    for (int i = 1; i < r->n_in; i++)
        if (wants(w, r, i))
            return false;
    if (!make_rows(w, r, &places, &part))
        return false;
    eg_scatter_attrs add = {.size = sizeof add, .how = EG_SCATTER_ADD, .drop = true};
    eg_tensor *sum = eg_scatter_with(w->gradient[id], places, part, &add);
    return sum && set_flow(w, id, (eg__flow){sum, NULL, false});
}

static bool differentiate(walk *w, const eg__record *r)
{
    eg_tensor *few[2 * EG__MAX_IN];
    bool few_wanted[EG__MAX_IN];
    size_t n = (size_t)r->n_in, size = (2 * sizeof *few + sizeof *few_wanted) * n;
    giving g = {few, few + EG__MAX_IN, few_wanted};
    arriving a;

    if (r->n_in > EG__MAX_IN) {
        g.dx = eg__alloc(size);
        if (!g.dx)
            return eg__fail_memory(op_name, size) == EG_OK;
        g.when = g.dx + n;
        g.wanted = (bool *)(g.when + n);
    }
    bool done = call_gradient(w, r, &a, &g) && give_back(w, r, &a, &g);
    if (g.dx != few)
        eg__free(g.dx, size);
    return done;
}

static bool step_back(walk *w, const eg__record *r)
{
    eg_scope *scope = eg_scope_open();
    bool done = (takes_rows(w, r) && keep_rows(w, r)) || (!eg__me.failed && add_rows(w, r));

    if (!done && !eg__me.failed)
        done = differentiate(w, r);
    eg_scope_close(scope);
    return done;
}

static void let_go(walk *w, const eg__record *r)
{
    for (int i = 0; i < r->n_out; i++) {
        uint32_t id = r->id[r->n_in + i];
        if (id == EG__NO_VALUE || w->is_source[id])
            continue;
        set_flow(w, id, (eg__flow){NULL, NULL, false});
    }
}

/* Hands out what came to the sources. */
static void take_gradients(walk *w)
{
    eg__backward_run *run = w->run;

    for (int s = 0; s < run->n_sources && !eg__me.failed; s++) {
        if (run->sources[s] == EG__NO_VALUE)
            continue;
        run->gradients[s] = eg__ref(gradient_of(w, run->sources[s]));
        if (run->gradient_when)
            run->gradient_when[s] = eg__ref(flow_of(w, run->sources[s]).when);
    }
}

static void go_back(walk *w)
{
    eg__backward_run *run = w->run;

    for (int i = 0; i < run->n_targets && !eg__me.failed; i++) {
        eg__flow seed = {run->seeds[i], run->seed_when ? run->seed_when[i] : NULL, false};
        if (run->targets[i] != EG__NO_VALUE)
            accumulate(w, run->targets[i], seed);
    }
    for (int k = run->n_records; k-- > 0 && !eg__me.failed;) {
        const eg__record *r = run->records[k];
        if (has_gradient(w, r) && step_back(w, r))
            let_go(w, r);
        if (run->finished)
            run->finished(run->env, k);
    }
    take_gradients(w);
}

static void free_rows(walk *w)
{
    for (int i = 0; i < w->n_rows; i++) {
        eg__unref(w->rows[i].places);
        eg__unref(w->rows[i].rows);
    }
    eg__free(w->rows, sizeof *w->rows * (size_t)w->rows_capacity);
}

eg_status eg__backward(eg__backward_run *run)
{
    size_t n = (size_t)run->n_values + 1;
    walk w = {
        .run = run,
        .reach = eg__alloc_zero(n),
        .is_source = eg__alloc_zero(n),
        .is_made = eg__alloc_zero(n),
        .gradient = eg__alloc_zero(sizeof(eg_tensor *) * n),
    };

    for (int s = 0; s < run->n_sources; s++)
        run->gradients[s] = NULL;
    for (int s = 0; run->gradient_when && s < run->n_sources; s++)
        run->gradient_when[s] = NULL;
    if (w.reach && w.is_source && w.is_made && w.gradient) {
        find_reach(&w);
        go_back(&w);
    } else {
        eg__fail_memory(op_name, sizeof(eg_tensor *) * n);
    }
    for (size_t i = 0; w.gradient && i < n; i++)
        eg__unref(w.gradient[i]);
    for (size_t i = 0; w.maybes && i < n; i++)
        eg__unref(w.maybes[i].when);
    eg__free(w.maybes, sizeof *w.maybes * n);
    eg__free(w.reach, n);
    eg__free(w.is_source, n);
    eg__free(w.is_made, n);
    free_rows(&w);
    eg__free(w.gradient, sizeof(eg_tensor *) * n);
    return eg__me.failed;
}
