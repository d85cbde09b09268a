/* Signatures: finding the trace that fits a call, and saying why none does.
 *
 * A signature is dtype and shape of every argument, or which variable it is, or its bits where it
 * is taken by value; the environment; and what gradients a tape wants. Looking one up allocates
 * nothing and takes no lock: the trace that served last is tried first, then those of the same
 * hash.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "base/hash.h"
#include "base/memory.h"
#include "function/trace.h"
#include "tensor/variable.h"

bool eg__argument_fits(const eg__argument *a, const eg_tensor *x)
{
    if (x->kind == EG__VARIABLE || a->variable)
        return a->variable == x;
    return a->value ? eg__same_bits(a->value, x) : eg__same_spec(&a->spec, &x->spec);
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
        if (!eg__argument_fits(&t->arguments[i], key->args[i]))
            return false;
    const eg_function *f = t->function;
    return !eg__has_env(f) || eg__env_equal(f, t->env, key->env);
}

static bool is_by_value(const eg_function *f, int i)
{
    return f->arguments && f->arguments[i].by_value;
}

static uint64_t hash_argument(uint64_t hash, const eg_tensor *x, bool by_value)
{
    if (x->kind == EG__VARIABLE)
        return eg__hash_word(hash, (uint64_t)(uintptr_t)x);
    hash = eg__hash_word(hash, (uint64_t)x->spec.dtype << 8 | (uint64_t)x->spec.rank);
    for (int i = 0; i < x->spec.rank; i++)
        hash = eg__hash_word(hash, (uint64_t)x->spec.dims[i]);
    return by_value ? eg__hash_bytes(hash, x->data, eg__bytes(&x->spec)) : hash;
}

uint64_t eg__key_hash(const eg_function *f, const eg__key *key)
{
    uint64_t hash = eg__has_env(f) ? eg__env_hash(f, key->env) : 0;

    for (int i = 0; i < key->n; i++)
        hash = hash_argument(hash, key->args[i], is_by_value(f, i));
    return hash;
}

/* Another trace than the last one serves: the clock advances. */
static eg__trace *take_turn(eg_function *f, eg__trace *t, uint32_t at)
{
    uint64_t now = atomic_load_explicit(&f->clock, memory_order_relaxed) + 1;

    atomic_store_explicit(&f->clock, now, memory_order_relaxed);
    atomic_store_explicit(&t->used, now, memory_order_relaxed);
    atomic_store_explicit(&f->hint, at, memory_order_relaxed);
    return t;
}

static eg__trace *search(eg_function *f, const eg__index *x, const eg__key *key)
{
    uint64_t hash = eg__key_hash(f, key);

    for (uint32_t at = (uint32_t)hash & x->mask;; at = (at + 1) & x->mask) {
        eg__trace *t = atomic_load(&x->at[at]);
        if (!t)
            return NULL;
        if (t->hash == hash && signature_fits(t, key) && gradients_fit(t, key))
            return take_turn(f, t, at);
    }
}

eg__trace *eg__trace_find(eg_function *f, const eg__key *key)
{
    const eg__index *x = atomic_load(&f->index);

    if (EG_UNLIKELY(!x))
        return NULL;
    uint32_t last = atomic_load_explicit(&f->hint, memory_order_relaxed) & x->mask;
    eg__trace *t = atomic_load(&x->at[last]);
    if (EG_LIKELY(t && signature_fits(t, key) && gradients_fit(t, key)))
        return t;
    return search(f, x, key);
}

/* Whether specs are of one dtype and rank, and no size that differs is 0 or 1. */
static bool vary_freely(const eg_spec *a, const eg_spec *b)
{
    bool free = a->dtype == b->dtype && a->rank == b->rank;

    for (int i = 0; free && i < a->rank; i++)
        free = a->dims[i] == b->dims[i] || (a->dims[i] > 1 && b->dims[i] > 1);
    return free;
}

static bool argument_fits_loosely(const eg__argument *a, const eg_tensor *x)
{
    if (x->kind == EG__VARIABLE || a->variable || a->value)
        return eg__argument_fits(a, x);
    return vary_freely(&a->spec, &x->spec);
}

bool eg__trace_fits_loosely(const eg__trace *t, const eg__key *key)
{
    bool fits = t->n == key->n && !atomic_load(&t->eager);

    for (int i = 0; fits && i < key->n; i++)
        fits = argument_fits_loosely(&t->arguments[i], key->args[i]);
    return fits && eg__env_equal(t->function, t->env, key->env) && gradients_fit(t, key);
}

static bool argument_varies_freely(const eg__argument *a, const eg__argument *b)
{
    if (!a->value != !b->value || (a->value && !eg__same_bits(a->value, b->value)))
        return false;
    return a->variable == b->variable && vary_freely(&a->spec, &b->spec);
}

bool eg__arguments_vary_freely(const eg__trace *a, const eg__trace *b)
{
    bool free = a->n == b->n;

    for (int i = 0; free && i < a->n; i++)
        free = argument_varies_freely(&a->arguments[i], &b->arguments[i]);
    return free && eg__env_equal(a->function, a->env, b->env);
}

/* ---- reasons -------------------------------------------------------------------------------- */

/* How near a trace comes to a key: the number of arguments that fit, then the rest. */
static int nearness(const eg__trace *t, const eg__key *key)
{
    int near = 0;

    for (int i = 0; i < key->n && i < t->n; i++)
        near += 4 * eg__argument_fits(&t->arguments[i], key->args[i]);
    near += 2 * eg__env_equal(t->function, t->env, key->env);
    return near + gradients_fit(t, key);
}

static void describe(char text[64], const eg_spec *spec, const eg_tensor *variable,
    const eg_tensor *value)
{
    char full[EG__SPEC_TEXT];

    if (variable)
        snprintf(text, 64, "variable \"%.48s\"", eg_variable_name(variable));
    else if (value)
        eg__value_text(value, text, 64);
    else
        snprintf(text, 64, "%.63s", eg__spec_text(spec, full));
}

static void explain_argument(eg_retrace *r, int i, const eg__argument *a, const eg_tensor *x)
{
    const eg_tensor *variable = x->kind == EG__VARIABLE ? x : NULL;
    bool same = !a->variable && !variable && eg__same_spec(&a->spec, &x->spec);

    r->argument = i;
    r->rule = a->variable || variable    ? EG_OTHER_VARIABLE
        : same                           ? EG_OTHER_VALUE
        : a->spec.dtype != x->spec.dtype ? EG_OTHER_DTYPE
                                         : EG_OTHER_SHAPE;
    describe(r->before, &a->spec, a->variable, same ? a->value : NULL);
    describe(r->now, &x->spec, variable, same ? x : NULL);
}

/* Up to eight bytes from the first that differs, as "byte 8: 05 00 00 00". */
static void describe_bytes(char text[64], const unsigned char *env, size_t at, size_t size)
{
    size_t n = (size_t)snprintf(text, 64, "byte %zu:", at);

    for (size_t i = at; i < size && i < at + 8; i++)
        n += (size_t)snprintf(text + n, 64 - n, " %02x", env[i]);
}

static void explain_env(eg_retrace *r, const eg_function *f, const eg__trace *t, const void *now)
{
    const unsigned char *a = t->env, *b = now;
    size_t at = 0;

    r->rule = EG_OTHER_ENV;
    if (f->env_type.equal)
        return;
    while (a[at] == b[at])
        at++;
    at -= at % 4;
    describe_bytes(r->before, a, at, f->env_size);
    describe_bytes(r->now, b, at, f->env_size);
}

/* Looked at are so many of the newest, however many there are. */
enum { LOOKED_AT = 256 };

static const eg__trace *nearest(const eg_function *f, const eg__key *key)
{
    const eg__trace *near = atomic_load(&f->traces), *t = near;

    for (int i = 0; t && i < LOOKED_AT; i++, t = atomic_load(&t->next))
        if (nearness(t, key) > nearness(near, key))
            near = t;
    return near;
}

static eg_retrace explain(const eg_function *f, const eg__key *key)
{
    eg_retrace r = {.size = sizeof r, .rule = EG_FIRST_CALL, .argument = -1};
    const eg__trace *near = nearest(f, key);

    if (!near)
        return r;
    for (int i = 0; i < key->n; i++)
        if (!eg__argument_fits(&near->arguments[i], key->args[i])) {
            explain_argument(&r, i, &near->arguments[i], key->args[i]);
            if (f->arguments && f->arguments[i].name)
                snprintf(r.name, sizeof r.name, "%s", f->arguments[i].name);
            return r;
        }
    if (!eg__env_equal(f, near->env, key->env))
        explain_env(&r, f, near, key->env);
    else
        r.rule = EG_OTHER_GRADIENTS;
    return r;
}

/* Whether a trace of this signature was forgotten. */
static bool was_forgotten(eg_function *f, uint64_t hash)
{
    bool was = false;

    pthread_mutex_lock(&f->lock);
    for (int i = 0; f->past && i < EG__MOST_PAST && i < f->n_past; i++)
        was = was || f->past[i].hash == hash;
    pthread_mutex_unlock(&f->lock);
    return was;
}

/* ---- traces --------------------------------------------------------------------------------- */

static bool copy_argument(const eg_function *f, eg__argument *a, eg_tensor *x, int i)
{
    a->spec = x->spec;
    if (x->kind == EG__VARIABLE)
        a->variable = eg__ref(x);
    else if (is_by_value(f, i))
        a->value = eg__alias(x, "a function");
    return !is_by_value(f, i) || a->value;
}

static bool copy_key(eg__trace *t, const eg__key *key)
{
    t->arguments = eg__alloc_zero(sizeof *t->arguments * ((size_t)key->n + 1));
    if (!t->arguments)
        return eg__fail_memory("a function", sizeof *t->arguments), false;
    for (int i = 0; i < key->n; i++)
        if (!copy_argument(t->function, &t->arguments[i], key->args[i], i))
            return false;
    t->env = eg__env_copy(t->function, key->env);
    return t->env != NULL;
}

eg__trace *eg__trace_new(eg_function *f, const eg__key *key)
{
    eg__trace *t = eg__alloc_zero(sizeof *t);

    if (!t)
        return eg__fail_memory("a function", sizeof *t), NULL;
    t->function = f;
    t->n = key->n;
    t->hash = eg__key_hash(f, key);
    t->wanted = key->wanted;
    t->on_tape = key->on_tape;
    t->site = eg__me.site;
    if (!copy_key(t, key)) {
        eg__trace_free(t);
        return NULL;
    }
    t->reason = explain(f, key);
    if (was_forgotten(f, t->hash))
        t->reason = (eg_retrace){.size = sizeof t->reason, .rule = EG_FORGOTTEN, .argument = -1};
    return t;
}

static void free_arguments(eg__trace *t)
{
    for (int i = 0; i < t->n; i++) {
        eg__unref(t->arguments[i].variable);
        eg__unref(t->arguments[i].value);
    }
    eg__free(t->arguments, sizeof *t->arguments * ((size_t)t->n + 1));
}

void eg__trace_free(eg__trace *t)
{
    if (!t)
        return;
    eg__program_free(atomic_load(&t->program));
    for (int i = 0; i < t->n_segments; i++)
        eg__segment_free(t->segments[i]);
    eg__free(t->segments, sizeof *t->segments * (size_t)t->segments_capacity);
    if (t->arguments)
        free_arguments(t);
    eg__env_free(t->function, t->env);
    eg__free(t, sizeof *t);
}
