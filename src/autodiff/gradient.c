/* eg_gradient: the innermost tape, run backwards.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "base/memory.h"
#include "ops/sized.h"
#include <eagre/ops.h>
#include <stdio.h>

static const char op_name[] = "eg_gradient";

/* Which operation of the tape made x, as words to append; "" where none did. */
static const char *maker_text(const eg__tape *tape, const eg_tensor *x,
    char room[2 * EG__PLACE_TEXT])
{
    char at[EG__PLACE_TEXT];

    room[0] = 0;
    for (int k = 0; k < tape->n_records; k++) {
        const eg__record *r = tape->records[k];
        for (int i = 0; i < r->n_out; i++)
            if (r->handle[r->n_in + i] == x)
                snprintf(room, 2 * EG__PLACE_TEXT, ", which %.48s made at %s", r->op->name,
                    eg__place_text(&r->site, at));
    }
    return room;
}

static eg_status check_one(const eg__tape *tape, const eg_tensor *x, const char *what, int i)
{
    char which[24], made[2 * EG__PLACE_TEXT];

    snprintf(which, sizeof which, "%s %d", what, i);
    if (!x)
        return eg__fail(EG_INVALID, op_name, "%s is NULL", which);
    if (x->kind == EG__SPENT)
        return eg__refuse_spent(op_name, which, x);
    if (x->kind > EG__SYMBOL)
        return eg__fail(EG_INVALID, op_name, "%s is no tensor", which);
    if (!eg__is_floating(x->spec.dtype))
        return eg__fail(EG_INVALID, op_name,
            "%s is %s%s; only floating-point tensors have gradients", which,
            eg_dtype_name(x->spec.dtype), maker_text(tape, x, made));
    return EG_OK;
}

/* A target is one tensor or a tuple of several. */
static int n_targets(const eg_tensor *target)
{
    return target && target->kind == EG__TUPLE ? target->tuple.n : 1;
}

static eg_tensor *target_at(eg_tensor *target, int i)
{
    return target && target->kind == EG__TUPLE ? target->tuple.part[i] : target;
}

static eg_status check(const eg__tape *tape, eg_tensor *target, int n, eg_tensor *const sources[],
    eg_tensor *gradients[])
{
    char at[EG__PLACE_TEXT];

    if (!tape)
        return eg__fail(EG_STATE, op_name,
            "no tape is open; write EG_TAPE; before what is to be "
            "differentiated");
    if (tape->used_up)
        return eg__fail(EG_STATE, op_name,
            "the tape is used up by the eg_gradient at %s; open it "
            "with EG_TAPE_WITH(.persistent = true);",
            eg__place_text(&tape->used, at));
    if (n < 1 || !sources || !gradients)
        return eg__fail(EG_INVALID, op_name, "sources and room for their gradients are needed");
    for (int i = 0; i < n_targets(target); i++)
        if (check_one(tape, target_at(target, i), "target", i) != EG_OK)
            return EG_INVALID;
    for (int i = 0; i < n; i++)
        if (check_one(tape, sources[i], "source", i) != EG_OK)
            return EG_INVALID;
    return EG_OK;
}

/* What the gradient of target number i starts from. */
static eg_tensor *seed_of(eg_tensor *target, int i, const eg_gradient_attrs *attrs)
{
    char a[EG__SPEC_TEXT], b[EG__SPEC_TEXT];
    const eg_tensor *y = target_at(target, i);
    eg_tensor *given = attrs->target_gradient;

    if (!given)
        return eg__full_like(y, 1);
    if (n_targets(given) != n_targets(target))
        return eg__fail_null(EG_INVALID, op_name, "%d targets with %d gradients", n_targets(target),
            n_targets(given));
    given = target_at(given, i);
    if (eg__specs_agree(given, y))
        return given;
    return eg__fail_null(EG_INVALID, op_name, "the target is %s, its gradient %s; they must agree",
        eg__spec_text(&y->spec, a), eg__spec_text(&given->spec, b));
}

/* ---- spending ------------------------------------------------------------------------------- */

/* Lets a record go; results that only a scope still owns are spent, but for the target. */
typedef struct spending {
    eg__tape *tape;
    eg_tensor *target;
} spending;

static bool is_target(const eg_tensor *target, const eg_tensor *y)
{
    for (int i = 0; target->kind == EG__TUPLE && i < target->tuple.n; i++)
        if (target->tuple.part[i] == y)
            return true;
    return y == target;
}

static void spend_record(void *env, int k)
{
    const spending *s = env;
    eg__record *r = s->tape->records[k];
    eg_tensor *y[EG__MAX_PARTS];
    const eg_opdef *op = r->op;
    eg_site site = r->site;
    int n_out = r->n_out;

    for (int i = 0; i < n_out; i++)
        y[i] = eg__ref(r->handle[r->n_in + i]);
    eg__record_let_go(r);
    s->tape->records[k] = NULL;
    for (int i = 0; i < n_out; i++) {
        bool only_scope = y[i]->scope && atomic_load(&y[i]->refs) == 2;
        if (only_scope && !is_target(s->target, y[i]) && y[i]->kind == EG__VALUE)
            eg__spend(y[i], op->name, &site);
        eg__unref(y[i]);
    }
}

static void use_up(eg__tape *tape, const eg_site *at)
{
    eg__tape_forget(tape);
    tape->used_up = true;
    tape->used = *at;
}

/* ---- the way --------------------------------------------------------------------------------- */

/* The gradient of one source as the caller gets it. */
static eg_tensor *finish(eg_tensor *source, eg_tensor *found, const eg_gradient_attrs *attrs)
{
    if (found && found->kind == EG__TUPLE)
        return eg_tuple_of(2,
            (eg_tensor *[]){eg_identity(found->tuple.part[0]), eg_identity(found->tuple.part[1])});
    if (found)
        return eg_identity(found);
    if (!attrs->unconnected_none)
        return eg__full_like(source, 0);
    eg_tensor *none = eg__handle_new(EG__NONE, op_name);
    if (none)
        none->spec = (eg_spec){0};
    return eg__own(none, op_name);
}

static void hand_over(eg__tape *tape, int n, eg_tensor *const sources[], eg_tensor *found[],
    eg_tensor *gradients[], const eg_gradient_attrs *attrs)
{
    for (int i = 0; i < n && !eg__me.failed; i++)
        gradients[i] = finish(sources[i], found[i], attrs);
    for (int i = 0; i < n; i++) {
        eg__unref(found[i]);
        if (eg__me.failed) {
            gradients[i] = NULL;
        } else {
            eg__disown(gradients[i]);
            eg__own_by(tape->scope, gradients[i]);
        }
    }
}

/* What a run keeps in arrays, by number of targets and of sources. */
typedef struct arrays {
    eg_tensor *seeds[EG__MAX_PARTS];
    uint32_t targets[EG__MAX_PARTS];
    eg_tensor **found;
    uint32_t *ids;
} arrays;

static eg__backward_run run_of(const eg__tape *tape)
{
    return (eg__backward_run){.records = tape->records,
        .n_records = tape->n_records,
        .n_values = tape->n_values};
}

static void differentiate(eg__tape *tape, eg_tensor *target, int n, eg_tensor *const sources[],
    arrays *a, bool sparse)
{
    spending s = {tape, target};
    eg__backward_run run = run_of(tape);

    run.n_targets = n_targets(target);
    run.targets = a->targets;
    run.seeds = a->seeds;
    run.n_sources = n;
    run.sources = a->ids;
    run.gradients = a->found;
    run.sparse = sparse;

    for (int i = 0; i < n_targets(target); i++)
        a->targets[i] = eg__tape_find(tape, target_at(target, i));
    for (int i = 0; i < n; i++)
        a->ids[i] = eg__tape_find(tape, sources[i]);
    if (!tape->persistent) {
        run.finished = spend_record;
        run.env = &s;
    }
    eg__backward(&run);
}

static bool is_known(const eg__tape *tape, eg_tensor *target)
{
    for (int i = 0; i < n_targets(target); i++)
        if (eg__tape_find(tape, target_at(target, i)) != EG__NO_VALUE)
            return true;
    return false;
}

/* Where the target is nothing the tape follows, every source is unconnected; which is an error
 * unless that was asked for, since it nearly always is a mistake. */
static bool target_is_known(const eg__tape *tape, eg_tensor *target, const eg_gradient_attrs *attrs)
{
    char at[EG__PLACE_TEXT];

    if (is_known(tape, target) || attrs->unconnected_none)
        return true;
    eg__fail(EG_INVALID, op_name,
        "the target does not depend on anything the tape opened at %s follows, or only through "
        "what has derivative zero; eg_watch the source before, or use a trainable variable",
        eg__place_text(&tape->opened, at));
    return false;
}

static void run_tape(eg__tape *tape, eg_tensor *target, int n, eg_tensor *const sources[],
    eg_tensor *gradients[], const eg_gradient_attrs *attrs)
{
    size_t size = (sizeof(eg_tensor *) + sizeof(uint32_t)) * (size_t)n;
    arrays a = {.found = eg__alloc_zero(size)};

    if (!a.found) {
        eg__fail_memory(op_name, size);
        return;
    }
    a.ids = (uint32_t *)(void *)(a.found + n);
    for (int i = 0; i < n_targets(target) && !eg__me.failed; i++)
        a.seeds[i] = seed_of(target, i, attrs);
    if (!eg__me.failed && is_known(tape, target))
        differentiate(tape, target, n, sources, &a, attrs->sparse);
    hand_over(tape, n, sources, a.found, gradients, attrs);
    eg__free(a.found, size);
}

eg_status eg_gradient_with(eg_tensor *target, int n, eg_tensor *const sources[],
    eg_tensor *gradients[], const eg_gradient_attrs *attrs)
{
    eg__tape *tape = eg__tape_innermost();
    eg_gradient_attrs all;
    eg_site at = eg__me.site;

    for (int i = 0; gradients && i < n; i++)
        gradients[i] = NULL;
    if (eg__me.failed || !eg__attrs_complete(&all, sizeof all, attrs, op_name) ||
        check(tape, target, n, sources, gradients) != EG_OK)
        return eg__me.failed;
    if (!target_is_known(tape, target, &all))
        return eg__me.failed;
    eg_scope *scope = eg_scope_open();
    tape->paused++;
    run_tape(tape, target, n, sources, gradients, &all);
    tape->paused--;
    if (!tape->persistent)
        use_up(tape, &at);
    eg_scope_close(scope);
    return eg__me.failed;
}

eg_status eg_gradient(eg_tensor *target, int n, eg_tensor *const sources[], eg_tensor *gradients[])
{
    return eg_gradient_with(target, n, sources, gradients, NULL);
}

eg_tensor *eg__tape_pull(eg__tape *tape, eg_tensor *y, eg_tensor *x, eg_tensor *seed)
{
    uint32_t target = eg__tape_find(tape, y), source = eg__tape_find(tape, x);
    eg_tensor *found = NULL;
    eg__backward_run run = run_of(tape);
    run.n_targets = run.n_sources = 1;
    run.targets = &target;
    run.seeds = &seed;
    run.sources = &source;
    run.gradients = &found;

    tape->paused++;
    eg__backward(&run);
    tape->paused--;
    eg_tensor *gradient = found && !eg__me.failed ? eg_identity(found) : NULL;
    eg__unref(found);
    return gradient;
}

/* ---- flows ---------------------------------------------------------------------------------- */

/* What goes in and comes out of a run, by target and by source. */
typedef struct flows {
    uint32_t *target, *source;
    eg_tensor **seed, **seed_when, **gradient, **gradient_when;
    void *memory;
    size_t size;
} flows;

static bool make_room(flows *f, int most)
{
    size_t n = (size_t)most + 1;

    f->size = n * (4 * sizeof *f->seed + 2 * sizeof *f->target);
    f->memory = f->seed = eg__alloc_zero(f->size);
    if (!f->seed)
        return eg__fail_memory(op_name, f->size) == EG_OK;
    f->seed_when = f->seed + n;
    f->gradient = f->seed_when + n;
    f->gradient_when = f->gradient + n;
    f->target = (uint32_t *)(void *)(f->gradient_when + n);
    f->source = f->target + n;
    return true;
}

/* A handle of its own, and the run's one let go. */
static eg_tensor *handed_over(eg_tensor *x)
{
    eg_tensor *y = x && !eg__me.failed ? eg_identity(x) : NULL;

    eg__unref(x);
    return y;
}

static void run_flows(const eg__tape *tape, const eg__pull *p, flows *f)
{
    eg__backward_run run = run_of(tape);

    for (int i = 0; i < p->n_targets; i++) {
        f->target[i] = eg__tape_find(tape, p->target[i]);
        f->seed[i] = p->seed[i].value;
        f->seed_when[i] = p->seed[i].when;
    }
    for (int i = 0; i < p->n; i++)
        f->source[i] = eg__tape_find(tape, p->source[i]);
    run.n_targets = p->n_targets;
    run.targets = f->target;
    run.seeds = f->seed;
    run.seed_when = f->seed_when;
    run.n_sources = p->n;
    run.sources = f->source;
    run.gradients = f->gradient;
    run.gradient_when = f->gradient_when;
    eg__backward(&run);
}

bool eg__tape_flows(eg__tape *tape, const eg__pull *p)
{
    flows f = {.memory = NULL};

    if (!make_room(&f, p->n_targets > p->n ? p->n_targets : p->n))
        return false;
    tape->paused++;
    run_flows(tape, p, &f);
    for (int i = 0; i < p->n; i++) {
        p->found[i] = (eg__flow){.value = handed_over(f.gradient[i])};
        p->found[i].when = handed_over(f.gradient_when[i]);
    }
    tape->paused--;
    eg__free(f.memory, f.size);
    return !eg__me.failed;
}
