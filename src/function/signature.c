/* Declared signatures: what the arguments of a function have to be.
 *
 * Asked only where no trace fits or the body runs anyway: arguments that a trace fits were checked
 * when it was made.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "autodiff/tape.h"
#include "base/memory.h"
#include "function/trace.h"
#include "tensor/size.h"
#include <string.h>

static const char op_name[] = "eg_function_new_with", call_name[] = "eg_call";

/* ---- declared -------------------------------------------------------------------------------- */

static bool shape_ok(const eg_shape *s)
{
    bool ok = !s->known || (s->rank >= 0 && s->rank <= EG_MAX_RANK);

    for (int i = 0; ok && s->known && i < s->rank; i++)
        ok = s->dims[i] >= -1;
    return ok;
}

static bool argument_ok(const eg_argument *a, int i)
{
    const char *wrong = NULL;

    if (a->dtype != EG_NO_DTYPE && eg_dtype_size(a->dtype) == 0)
        wrong = "has no dtype of this version";
    else if (!shape_ok(&a->shape))
        wrong = "has a rank outside 0 to 8 or a size below -1, which means any";
    else if ((unsigned)a->takes > EG_TAKES_VARIABLE)
        wrong = "takes neither values nor variables";
    else if (a->by_value && a->takes == EG_TAKES_VARIABLE)
        wrong = "is a variable and taken by value; a variable is known by its identity";
    if (wrong)
        eg__fail(EG_INVALID, op_name, "argument %d (%.32s) %s", i, a->name ? a->name : "no name",
            wrong);
    return !wrong;
}

/* The caller's arguments may be of another version: as many bytes as both know. */
static bool copy_arguments(eg_function *f, const eg_signature *s)
{
    const char *from = (const char *)s->arguments;
    size_t known = s->size < sizeof(eg_argument) ? s->size : sizeof(eg_argument);

    for (int i = 0; i < s->n; i++) {
        eg_argument *a = &f->arguments[i];
        memcpy(a, from + (size_t)i * s->size, known);
        const char *name = a->name;
        a->name = NULL;
        if (name && !(a->name = eg__copy_text(name)))
            return eg__fail_memory(op_name, strlen(name)), false;
        if (!argument_ok(a, i))
            return false;
    }
    return true;
}

bool eg__signature_declare(eg_function *f, const eg_signature *s)
{
    size_t size = sizeof *f->arguments * ((size_t)f->callable.n_in + 1);

    if (s->n == 0)
        return true;
    if (s->n != f->callable.n_in || !s->arguments || s->size == 0) {
        eg__fail(EG_INVALID, op_name, "the signature %s",
            !s->arguments      ? "has no arguments"
                : s->size == 0 ? "has no size; write .size = sizeof(eg_argument), or EG_SIGNATURE"
                               : "has another number of arguments than the body");
        return false;
    }
    f->arguments = eg__alloc_zero(size);
    return f->arguments ? copy_arguments(f, s) : (eg__fail_memory(op_name, size), false);
}

void eg__signature_free(eg_function *f)
{
    for (int i = 0; f->arguments && i < f->callable.n_in; i++)
        eg__free_text((char *)(uintptr_t)f->arguments[i].name);
    eg__free(f->arguments, sizeof *f->arguments * ((size_t)f->callable.n_in + 1));
}

const char *eg__argument_text(const eg_function *f, int i, char room[EG__ARGUMENT_TEXT])
{
    const char *name = f->arguments ? f->arguments[i].name : NULL;

    if (name)
        snprintf(room, EG__ARGUMENT_TEXT, "argument \"%.64s\"", name);
    else
        snprintf(room, EG__ARGUMENT_TEXT, "argument %d", i);
    return room;
}

void eg__value_text(const eg_tensor *x, char *text, size_t size)
{
    char spec[EG__SPEC_TEXT];
    eg_dtype dtype = x->spec.dtype;

    eg__spec_text(&x->spec, spec);
    if (x->spec.size != 1 || eg__is_complex(dtype))
        snprintf(text, size, "%s by value", spec);
    else if (eg__dtype(dtype)->kind == EG__REAL)
        snprintf(text, size, "%s = %g", spec, eg__element_real(dtype, x->data));
    else
        snprintf(text, size, "%s = %lld", spec, (long long)eg__element_int(dtype, x->data));
}

/* ---- checked --------------------------------------------------------------------------------- */

/* Asked so that a recording hears of it: a trace must not serve sizes that the function refuses. */
static bool shape_fits(const eg_shape *s, const eg_tensor *x)
{
    bool fits = !s->known || s->rank == x->spec.rank;

    for (int i = 0; fits && s->known && i < s->rank; i++)
        fits = s->dims[i] < 0 || eg__size_is(eg__size_at(x, i), s->dims[i]);
    return fits;
}

/* "float32[?,784]", "any dtype of any shape". */
static void declared_text(const eg_argument *a, char text[EG__SPEC_TEXT])
{
    size_t n = (size_t)snprintf(text, EG__SPEC_TEXT, "%s",
        a->dtype == EG_NO_DTYPE ? "any dtype" : eg_dtype_name(a->dtype));

    if (!a->shape.known) {
        snprintf(text + n, EG__SPEC_TEXT - n, " of any shape");
        return;
    }
    n += (size_t)snprintf(text + n, EG__SPEC_TEXT - n, "[");
    for (int i = 0; i < a->shape.rank; i++) {
        const char *comma = i ? "," : "";
        if (a->shape.dims[i] < 0)
            n += (size_t)snprintf(text + n, EG__SPEC_TEXT - n, "%s?", comma);
        else
            n += (size_t)snprintf(text + n, EG__SPEC_TEXT - n, "%s%lld", comma,
                (long long)a->shape.dims[i]);
    }
    snprintf(text + n, EG__SPEC_TEXT - n, "]");
}

static bool refuse_spec(const eg_function *f, int i, const eg_tensor *x)
{
    const eg_argument *a = &f->arguments[i];
    char which[EG__ARGUMENT_TEXT], is[EG__SPEC_TEXT], declared[EG__SPEC_TEXT];
    bool dtype = a->dtype != EG_NO_DTYPE && a->dtype != x->spec.dtype;

    declared_text(a, declared);
    eg__fail(EG_INVALID, call_name, "%s of %.64s is %.96s, declared %.96s; %s",
        eg__argument_text(f, i, which), f->callable.name, eg__spec_text(&x->spec, is), declared,
        dtype ? "eg_cast it, or declare another dtype"
              : "reshape it, or declare -1 for sizes that may differ");
    return false;
}

static bool refuse_kind(const eg_function *f, int i, const char *what)
{
    char which[EG__ARGUMENT_TEXT];

    eg__fail(EG_INVALID, call_name, "%s of %.64s is %s", eg__argument_text(f, i, which),
        f->callable.name, what);
    return false;
}

static bool is_followed(const eg_tensor *x)
{
    bool followed = false;

    for (const eg__tape *t = eg__tape_innermost(); t; t = eg__tape_after(&t->watch))
        followed = followed || (!t->paused && !t->used_up && eg__tape_follows(t, x));
    return followed;
}

static bool by_value_fits(const eg_function *f, int i, const eg_tensor *x)
{
    if (x->kind == EG__VARIABLE)
        return refuse_kind(f, i, "a variable, and taken by value; pass eg_value of it");
    if (eg__bytes(&x->spec) > EG__MOST_BY_VALUE)
        return refuse_kind(f, i, "taken by value, and larger than 4096 bytes; take it as a tensor");
    if (is_followed(x))
        return refuse_kind(f, i,
            "taken by value, and a tape follows it; take it as a tensor, or pass "
            "eg_stop_gradient of it");
    return true;
}

static bool argument_fits(const eg_function *f, int i, const eg_tensor *x)
{
    const eg_argument *a = &f->arguments[i];

    if ((a->dtype != EG_NO_DTYPE && a->dtype != x->spec.dtype) || !shape_fits(&a->shape, x))
        return refuse_spec(f, i, x);
    if (a->takes == EG_TAKES_VALUE && x->kind == EG__VARIABLE)
        return refuse_kind(f, i, "a variable, declared a value; pass eg_value of it");
    if (a->takes == EG_TAKES_VARIABLE && x->kind != EG__VARIABLE)
        return refuse_kind(f, i, "a value, declared a variable; make one with eg_variable");
    return !a->by_value || by_value_fits(f, i, x);
}

bool eg__signature_check(const eg_function *f, int n, eg_tensor *const args[])
{
    for (int i = 0; f->arguments && i < n; i++)
        if (!argument_fits(f, i, args[i]))
            return false;
    return true;
}
