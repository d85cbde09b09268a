/* Signatures: finding the trace that fits a call, and saying why none does.
 *
 * A signature is dtype and shape of every argument, or which variable it is; the environment's
 * bytes; and what gradients a tape wants. Looking one up allocates nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "base/memory.h"
#include "function/trace.h"
#include "tensor/variable.h"
#include <string.h>

static bool argument_fits(const eg__argument *a, const eg_tensor *x)
{
    if (x->kind == EG__VARIABLE || a->variable)
        return a->variable == x;
    return eg__same_spec(&a->spec, &x->spec);
}

/* Whether gradients of everything the tape follows among captured tensors were prepared. */
static bool captures_fit(const eg__trace *t)
{
    const eg__tape *tape = eg__tape_innermost();
    const eg__program *program = atomic_load(&t->program);

    for (int i = 0; tape && program && i < program->n_captures; i++)
        if (!program->captures[i].followed && eg__tape_follows(tape, program->captures[i].tensor))
            return false;
    return true;
}

static bool has_followed_variable(const eg__trace *t)
{
    const eg__program *program = atomic_load(&t->program);
    const eg__tape *tape = eg__tape_innermost();

    return tape && program && program->has_trainable && !tape->only_watched;
}

/* What a tape wants of a call that was traced without one: nothing, if no argument is followed and
 * nothing trainable or followed is found inside. */
static bool gradients_fit(const eg__trace *t, const eg__key *key)
{
    if (t->on_tape)
        return key->on_tape && t->wanted == key->wanted && captures_fit(t);
    return !key->on_tape ||
        (key->wanted == 0 && !atomic_load(&t->refuses_tapes) && !has_followed_variable(t) &&
            captures_fit(t));
}

static bool signature_fits(const eg__trace *t, const eg__key *key)
{
    if (t->n != key->n)
        return false;
    for (int i = 0; i < key->n; i++)
        if (!argument_fits(&t->arguments[i], key->args[i]))
            return false;
    return key->env_size == 0 || memcmp(t->env, key->env, key->env_size) == 0;
}

eg__trace *eg__trace_find(eg_function *f, const eg__key *key)
{
    for (eg__trace *t = atomic_load(&f->traces); t; t = t->next)
        if (signature_fits(t, key) && gradients_fit(t, key) && !atomic_load(&t->dropped))
            return t;
    return NULL;
}

bool eg__vary_freely(const eg_spec *a, const eg_spec *b)
{
    bool free = a->dtype == b->dtype && a->rank == b->rank;

    for (int i = 0; free && i < a->rank; i++)
        free = a->dims[i] == b->dims[i] || (a->dims[i] > 1 && b->dims[i] > 1);
    return free;
}

static bool argument_fits_loosely(const eg__argument *a, const eg_tensor *x)
{
    if (x->kind == EG__VARIABLE || a->variable)
        return a->variable == x;
    return eg__vary_freely(&a->spec, &x->spec);
}

bool eg__trace_fits_loosely(const eg__trace *t, const eg__key *key)
{
    bool fits = t->n == key->n && !atomic_load(&t->dropped) && !atomic_load(&t->eager);

    for (int i = 0; fits && i < key->n; i++)
        fits = argument_fits_loosely(&t->arguments[i], key->args[i]);
    return fits && (key->env_size == 0 || memcmp(t->env, key->env, key->env_size) == 0) &&
        gradients_fit(t, key);
}

/* ---- reasons -------------------------------------------------------------------------------- */

/* How near a trace comes to a key: the number of arguments that fit, then the rest. */
static int nearness(const eg__trace *t, const eg__key *key)
{
    int near = 0;

    for (int i = 0; i < key->n && i < t->n; i++)
        near += 4 * argument_fits(&t->arguments[i], key->args[i]);
    near += 2 * (key->env_size == 0 || memcmp(t->env, key->env, key->env_size) == 0);
    return near + gradients_fit(t, key);
}

static void describe(char text[64], const eg_spec *spec, const eg_tensor *variable)
{
    char full[EG__SPEC_TEXT];

    if (variable)
        snprintf(text, 64, "variable \"%.48s\"", eg_variable_name(variable));
    else
        snprintf(text, 64, "%.63s", eg__spec_text(spec, full));
}

static void explain_argument(eg_retrace *r, int i, const eg__argument *a, const eg_tensor *x)
{
    const eg_tensor *variable = x->kind == EG__VARIABLE ? x : NULL;

    r->argument = i;
    r->rule = a->variable || variable    ? EG_OTHER_VARIABLE
        : a->spec.dtype != x->spec.dtype ? EG_OTHER_DTYPE
                                         : EG_OTHER_SHAPE;
    describe(r->before, &a->spec, a->variable);
    describe(r->now, &x->spec, variable);
}

static eg_retrace explain(const eg__trace *traces, const eg__key *key)
{
    eg_retrace r = {.size = sizeof r, .rule = EG_FIRST_CALL, .argument = -1};
    const eg__trace *near = traces;

    for (const eg__trace *t = traces; t; t = t->next)
        if (nearness(t, key) > nearness(near, key))
            near = t;
    if (!near)
        return r;
    for (int i = 0; i < key->n; i++)
        if (!argument_fits(&near->arguments[i], key->args[i])) {
            explain_argument(&r, i, &near->arguments[i], key->args[i]);
            return r;
        }
    bool env = key->env_size > 0 && memcmp(near->env, key->env, key->env_size) != 0;
    r.rule = env ? EG_OTHER_ENV : EG_OTHER_GRADIENTS;
    return r;
}

/* ---- traces --------------------------------------------------------------------------------- */

static bool copy_arguments(eg__trace *t, const eg__key *key)
{
    t->arguments = eg__alloc_zero(sizeof *t->arguments * ((size_t)key->n + 1));
    t->env = eg__alloc(key->env_size + 1);
    if (!t->arguments || !t->env)
        return false;
    for (int i = 0; i < key->n; i++) {
        eg_tensor *x = key->args[i];
        t->arguments[i].spec = x->spec;
        t->arguments[i].variable = x->kind == EG__VARIABLE ? eg__ref(x) : NULL;
    }
    if (key->env_size > 0)
        memcpy(t->env, key->env, key->env_size);
    return true;
}

eg__trace *eg__trace_new(eg_function *f, const eg__key *key)
{
    eg__trace *t = eg__alloc_zero(sizeof *t);

    if (t) {
        t->function = f;
        t->n = key->n;
        t->wanted = key->wanted;
        t->on_tape = key->on_tape;
    }
    if (!t || !copy_arguments(t, key)) {
        eg__trace_free(t);
        return eg__fail_memory("a function", sizeof *t), NULL;
    }
    t->reason = explain(atomic_load(&f->traces), key);
    return t;
}

void eg__trace_free(eg__trace *t)
{
    if (!t)
        return;
    eg__program_free(atomic_load(&t->program));
    for (int i = 0; i < t->n_segments; i++)
        eg__segment_free(t->segments[i]);
    eg__free(t->segments, sizeof *t->segments * (size_t)t->segments_capacity);
    for (int i = 0; t->arguments && i < t->n; i++)
        eg__unref(t->arguments[i].variable);
    eg__free(t->arguments, sizeof *t->arguments * ((size_t)t->n + 1));
    eg__free(t->env, t->function->env_size + 1);
    eg__free(t, sizeof *t);
}
