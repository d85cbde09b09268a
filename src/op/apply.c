/* The dispatcher: every operation, whoever wants it, goes through eg_apply.
 *
 *     admit     look at the inputs: NULL, spent, tuples; variables become their values
 *     convert   bring dtypes together, casting through the dispatcher itself
 *     infer     dtype and shape of the outputs
 *     compute   run a kernel now, or make symbols where a graph is being built
 *     tell      the watchers: tape, recorder, graph
 *
 * The path of a tiny eager operation is the reason for the shape of this file: nothing is
 * allocated but the result, and nothing is asked twice.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/block.h"
#include "base/os.h"
#include "op/choose.h"
#include "op/effect.h"
#include "op/flops.h"
#include "op/watch.h"
#include "tensor/strings.h"
#include <eagre/ops.h>
#include <string.h>

typedef struct application {
    const eg_opdef *op;
    const void *attrs;
    int n_in, n_out;
    eg_tensor *const *in; /* as passed */
    eg_tensor *converted[EG__NAMED_IN];
    eg_tensor *value[EG__MAX_IN]; /* what is computed with */
    const eg_spec *in_spec[EG__MAX_IN];
    eg_tensor *out[EG__MAX_OUT];
    eg_spec *out_spec[EG__MAX_OUT];
    bool symbolic, holds_values; /* a graph is built; variables' values are to be let go */
} application;

/* ---- admit ---------------------------------------------------------------------------------- */

static const char *input_name(const eg_opdef *op, int i, char *room)
{
    if (!op->variadic && i < EG__NAMED_IN && op->in[i])
        return op->in[i];
    sprintf(room, "%s[%d]", op->in[0] ? op->in[0] : "input", i);
    return room;
}

EG_COLD static eg_status refuse(const application *a, int i)
{
    static const char *const why[] = {
        [EG__TUPLE] = "is a tuple; take its parts with eg_part",
        [EG__NONE] = "is an unconnected gradient; ask with eg_is_none",
        [EG__SYMBOL] = "is a symbol of a graph that is not being built; run the graph in a session",
    };
    char room[48];
    const char *name = input_name(a->op, i, room);
    const eg_tensor *x = a->in[i];

    if (!x)
        return eg__fail(EG_INVALID, a->op->name, "%s is NULL", name);
    if (x->kind == EG__SPENT)
        return eg__refuse_spent(a->op->name, name, x);
    if (x->kind == EG__DEAD)
        return eg__fail(EG_STATE, a->op->name,
            "%s was freed when its scope closed; eg_give or "
            "eg_retain it",
            name);
    return eg__fail(EG_INVALID, a->op->name, "%s %s", name,
        x->kind < EG__SPENT && why[x->kind] ? why[x->kind] : "is no tensor");
}

static bool resolve_variable(application *a, int i)
{
    if (a->symbolic) {
        a->value[i] = a->in[i];
        return true;
    }
    a->value[i] = eg__variable_now(a->in[i]);
    a->holds_values = true;
    return a->value[i] != NULL;
}

/* After an error n_in is cut to the inputs that were looked at. */
static bool admit(application *a)
{
    for (int i = 0; i < a->n_in; i++) {
        eg_tensor *x = a->in[i];
        if (EG_LIKELY(x && x->kind == EG__VALUE)) {
            a->value[i] = x;
        } else if (x && x->kind == EG__VARIABLE) {
            if (!resolve_variable(a, i)) {
                a->n_in = i;
                return false;
            }
        } else if (x && x->kind == EG__SYMBOL && a->symbolic) {
            a->value[i] = x;
        } else {
            refuse(a, i);
            a->n_in = i;
            return false;
        }
        a->in_spec[i] = &a->value[i]->spec;
    }
    return true;
}

static void let_values_go(application *a)
{
    for (int i = 0; i < a->n_in && a->holds_values; i++)
        if (a->in[i] && a->in[i]->kind == EG__VARIABLE && a->value[i] != a->in[i])
            eg__unref(a->value[i]);
}

/* ---- dtypes --------------------------------------------------------------------------------- */

EG_COLD static eg_status refuse_kind(const application *a, int i, unsigned kinds)
{
    static const struct {
        unsigned kinds;
        const char *text;
    } words[] = {
        {EG__REALS, "floating point"},
        {EG__INTS, "integers"},
        {EG__BOOLS, "bool"},
        {EG__NUMERIC, "numbers"},
        {EG__BITS, "integers or bool"},
        {EG__COMPLEXES, "complex numbers"},
        {EG__FLOATING, "floating point"},
        {EG__NUMBERS, "numbers"},
        {EG__ORDERED, "numbers or bool"},
        {EG__BOOLS | EG__REALS, "floating point or bool"},
        {EG__TEXTS, "strings"},
        {EG__BOOLS | EG__NUMBERS, "numbers or bool"},
    };
    char room[48];
    eg_dtype dtype = a->in_spec[i]->dtype;
    const char *takes = "another dtype";

    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        takes = words[k].kinds == kinds ? words[k].text : takes;
    if (dtype == EG_STRING)
        return eg__fail(EG_INVALID, a->op->name,
            "%s is string, but it takes %s: eg_cast reads numbers from text",
            input_name(a->op, i, room), takes);
    if (eg__is_complex(dtype))
        return eg__fail(EG_INVALID, a->op->name,
            "%s is %s, but it takes %s that are real: take its eg_real, eg_imag or eg_abs",
            input_name(a->op, i, room), eg_dtype_name(dtype), takes);
    return eg__fail(EG_INVALID, a->op->name, "%s is %s, but it takes %s: eg_cast it%s",
        input_name(a->op, i, room), eg_dtype_name(dtype), takes,
        kinds == EG__BOOLS ? " or compare it with 0" : "");
}

static bool kinds_fit(const application *a)
{
    for (int i = 0; i < a->n_in; i++) {
        unsigned kinds = a->op->types[a->op->variadic ? 0 : i];
        if (kinds && !(kinds & 1u << eg__dtype(a->in_spec[i]->dtype)->kind)) {
            refuse_kind(a, i, kinds);
            return false;
        }
    }
    return true;
}

static bool promotes(const application *a, int i)
{
    return a->op->variadic ? a->op->promote != 0 : (a->op->promote >> i & 1) != 0;
}

EG_COLD static eg_dtype refuse_mix(const application *a, eg_dtype x, eg_dtype y)
{
    const eg__dtype_info *p = eg__dtype(x), *q = eg__dtype(y);
    bool real = p->kind >= EG__REAL || q->kind >= EG__REAL;
    bool wide = eg__dtype(eg__part_of(x))->size == 8 || eg__dtype(eg__part_of(y))->size == 8;

    if (p->kind == q->kind)
        eg__fail(EG_INVALID, a->op->name,
            "no dtype holds all of %s and %s: eg_cast the one that should change", p->name,
            q->name);
    else if (p->kind == EG__TEXT || q->kind == EG__TEXT)
        eg__fail(EG_INVALID, a->op->name,
            "%s and %s do not mix: write eg_cast(x, EG_STRING) for the numbers, or the dtype of "
            "the numbers for the text",
            p->name, q->name);
    else
        eg__fail(EG_INVALID, a->op->name,
            "%s and %s do not mix: write eg_cast(x, EG_%s%s) for the one "
            "that should change",
            p->name, q->name, real ? "FLOAT" : "INT", wide ? "64" : "32");
    return EG_NO_DTYPE;
}

/* What the promoted inputs have in common; EG_NO_DTYPE, reported, where that is nothing. */
static eg_dtype common_dtype(const application *a)
{
    eg_dtype common = EG_NO_DTYPE;

    for (int i = 0; i < a->n_in; i++) {
        eg_dtype d = a->in_spec[i]->dtype;
        if (!promotes(a, i))
            continue;
        eg_dtype both = common == EG_NO_DTYPE ? d : eg__promote(common, d);
        if (both == EG_NO_DTYPE)
            return refuse_mix(a, common, d);
        common = both;
    }
    return common;
}

static bool dtypes_agree(const application *a)
{
    eg_dtype first = EG_NO_DTYPE;

    for (int i = 0; i < a->n_in; i++) {
        if (!promotes(a, i))
            continue;
        if (first == EG_NO_DTYPE)
            first = a->in_spec[i]->dtype;
        else if (a->in_spec[i]->dtype != first)
            return false;
    }
    return true;
}

/* ---- compute -------------------------------------------------------------------------------- */

static bool make_outputs(application *a)
{
    eg__handle_kind kind = a->symbolic ? EG__SYMBOL : EG__VALUE;

    a->n_out = eg__n_out(a->op, a->attrs);
    for (int i = 0; i < a->n_out; i++) {
        a->out[i] = eg__handle_new(kind, a->op->name);
        if (!a->out[i]) {
            a->n_out = i;
            return false;
        }
        a->out_spec[i] = &a->out[i]->spec;
    }
    return true;
}

static bool infer(application *a)
{
    eg_shapes s = {a->op, a->attrs, a->n_in, a->in_spec, a->out_spec};
    return a->op->infer(&s) == EG_OK;
}

/* A result of a view: the elements of an input under the inferred spec. */
static void view(eg_tensor *x, eg_tensor *y)
{
    if (x->buffer) {
        atomic_fetch_add_explicit(&x->buffer->refs, 1, memory_order_relaxed);
        y->buffer = x->buffer;
        y->data = x->data;
        return;
    }
    y->data = y->elements;
    memcpy(y->elements, x->data, eg__bytes(&y->spec));
}

static bool compute_views(application *a)
{
    for (int i = 0; i < a->n_out; i++)
        view(a->value[i], a->out[i]);
    return true;
}

static bool run_job(application *a, const eg_job *job)
{
    void *in[EG__MAX_IN], *out[EG__MAX_OUT];

    for (int i = 0; i < a->n_in; i++)
        in[i] = a->value[i]->data;
    for (int i = 0; i < a->n_out; i++) {
        if (!eg__make_room(a->out[i], a->op->name))
            return false;
        out[i] = a->out[i]->data;
    }
    return eg__run_once(job, a->op->name, in, out) == EG_OK;
}

/* Whether strings may be made: results are, or other operations run inside. */
static bool may_make_strings(const application *a)
{
    return (a->n_out > 0 && a->out_spec[0]->dtype == EG_STRING) ||
        (a->op->traits & (EG__NESTS | EG__HOST)) != 0;
}

EG_COLD static bool run_with_strings(application *a, const eg_job *job)
{
    eg__strings pool;

    eg__strings_open(&pool);
    bool done = run_job(a, job);
    for (int i = 0; done && i < a->n_out; i++)
        eg__strings_settle(a->out[i]);
    eg__strings_close(&pool);
    return done;
}

EG_COLD static void tell_timer(const application *a, const eg_problem *p, const eg_job *job,
    int64_t start)
{
    eg__ran what = {a->op->name, job->implementation, a->out_spec[0], 0, start,
        eg__os_nanoseconds()};

    what.flops = eg__flops(a->op, p);
    eg__timer_tell(&what);
}

static bool compute(application *a)
{
    eg_job job;

    if (a->op->traits & EG__VIEW)
        return compute_views(a);
    eg_problem p = {a->attrs, a->n_in, a->n_out, a->in_spec, (const eg_spec *const *)a->out_spec};
    if (!eg__choose(a->op, &p, &job))
        return false;
    int64_t start = a->op->traits & EG__NESTS ? 0 : eg__timer_start();
    bool done = EG_UNLIKELY(may_make_strings(a)) ? run_with_strings(a, &job) : run_job(a, &job);
    if (EG_UNLIKELY(start > 0))
        tell_timer(a, &p, &job, start);
    if (job.drop)
        job.drop(&job);
    return done;
}

static bool tell(application *a)
{
    eg_event e = {a->op, a->attrs, NULL, a->n_in, a->n_out, a->in, a->value, a->out, NULL, 0};
    eg__size_watch *w = eg__me.sizes;

    if (w && w->op == a->op) {
        e.sized = w->patches;
        e.n_sized = w->n_patches;
        w->op = NULL;
    }
    return eg__watch_applied(&e) == EG_OK;
}

/* ---- the way through ------------------------------------------------------------------------ */

static eg_tensor *own_outputs(application *a)
{
    eg_tensor *first = NULL;

    for (int i = 0; i < a->n_out; i++) {
        eg_tensor *owned = eg__own(a->out[i], a->op->name);
        first = i == 0 ? owned : first;
    }
    if (EG_LIKELY(a->n_out == 1))
        return first;
    return eg_tuple_of(a->n_out, a->out);
}

static eg_tensor *apply_inferred(application *a)
{
    eg__thread *me = &eg__me;

    if (EG_LIKELY(make_outputs(a)) && infer(a) && (a->symbolic || compute(a)) &&
        (EG_LIKELY(!me->watch) || tell(a)))
        return own_outputs(a);
    for (int i = 0; i < a->n_out; i++)
        eg__unref(a->out[i]);
    return NULL;
}

/* Casts what has to be and applies again: the casts are operations like any other. */
EG_COLD static eg_tensor *apply_promoted(application *a)
{
    eg_tensor *in[EG__MAX_IN];
    eg_dtype dtype = common_dtype(a);

    if (dtype == EG_NO_DTYPE)
        return NULL;
    for (int i = 0; i < a->n_in; i++) {
        bool change = promotes(a, i) && a->in_spec[i]->dtype != dtype;
        in[i] = change ? eg_cast(a->in[i], dtype) : a->in[i];
        if (!in[i])
            return NULL;
    }
    return eg_apply(a->op, a->attrs, a->n_in, in);
}

/* False, reported, where a list in the attributes has an impossible length. */
static bool attrs_ok(const eg_opdef *op, const void *attrs)
{
    for (const eg_attr *t = op->attrs; t->name; t++) {
        int n = 0;
        if (t->kind == EG__ATTR_AXES || t->kind == EG__ATTR_INDEX)
            memcpy(&n, (const char *)attrs + t->offset, sizeof n);
        if (n < 0 || n > EG_MAX_RANK) {
            eg__fail(EG_INVALID, op->name, "%s has %d entries; at most %d", t->name, n,
                EG_MAX_RANK);
            return false;
        }
    }
    return true;
}

static eg_tensor *apply(application *a)
{
    eg_tensor *y = NULL;

    if (EG_UNLIKELY(!eg__me.scope))
        return eg__fail_null(EG_STATE, a->op->name,
            "no scope is open on this thread, so nobody "
            "would own the result; write EG_SCOPE; at the start of the block");
    a->symbolic = eg__is_symbolic(&eg__me);
    if (EG_LIKELY(admit(a)) && kinds_fit(a))
        y = EG_LIKELY(dtypes_agree(a)) ? apply_inferred(a) : apply_promoted(a);
    let_values_go(a);
    return y;
}

/* Whether attributes are all there, as they are when operations call one another. */
static inline bool is_complete(const eg_opdef *op, const void *attrs)
{
    size_t size = 0;

    if (attrs)
        memcpy(&size, attrs, sizeof size);
    return size == op->attrs_size;
}

static inline bool count_ok(const eg_opdef *op, int n, eg_tensor *const in[])
{
    if (op->variadic)
        return n > 0 && n <= EG__MAX_IN && in;
    return n >= 0 && n <= EG__NAMED_IN && (n == 0 || (in && op->in[n - 1])) &&
        (n == EG__NAMED_IN || !op->in[n]);
}

EG_COLD static eg_tensor *refuse_count(const eg_opdef *op, int n)
{
    if (op->variadic)
        return eg__fail_null(EG_INVALID, op->name, "%d inputs; it takes 1 to %d", n, EG__MAX_IN);
    return eg__fail_null(EG_INVALID, op->name, "%d inputs; it takes %d", n, eg__n_named(op));
}

eg_tensor *eg_apply(const eg_opdef *op, const void *attrs, int n, eg_tensor *const in[])
{
    application a;
    _Alignas(16) unsigned char full[EG__ATTRS_SIZE];

    if (EG_UNLIKELY(eg__me.failed))
        return NULL;
    if (EG_UNLIKELY(!count_ok(op, n, in)))
        return refuse_count(op, n);
    if (op->attrs) {
        if (!is_complete(op, attrs)) {
            if (!eg__attrs_complete(full, op->attrs_size, attrs, op->name))
                return NULL;
            attrs = full;
        }
        if (!attrs_ok(op, attrs))
            return NULL;
    }
    a.op = op;
    a.attrs = attrs;
    a.n_in = n;
    a.n_out = 0;
    a.in = in;
    a.holds_values = false;
    return apply(&a);
}
