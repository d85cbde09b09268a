/* Which function's body runs on this thread, and what belongs to it: the variables that a body has
 * its function make.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "base/memory.h"
#include "function/trace.h"
#include "tensor/variable.h"
#include <string.h>

/* ---- recordings that make things ------------------------------------------------------------- */

bool eg__function_may_make(eg_function *f, uint64_t hash, uint32_t makings)
{
    pthread_mutex_lock(&f->lock);
    bool known = false, alone = makings == atomic_load(&f->makings);
    for (int i = 0; i < f->n_makers; i++)
        known = known || f->makers[i] == hash;
    bool may = known ? !alone : f->n_makers < EG__MOST_MAKERS;
    if (may && !known)
        f->makers[f->n_makers++] = hash;
    if (may)
        atomic_fetch_add(&f->makings, 1);
    pthread_mutex_unlock(&f->lock);
    return may;
}

void eg__function_made_nothing(eg_function *f)
{
    pthread_mutex_lock(&f->lock);
    f->n_makers = 0;
    pthread_mutex_unlock(&f->lock);
}

/* ---- variables of a function ----------------------------------------------------------------- */

/* With the lock held. */
static eg_tensor *find(const eg_function *f, const char *name)
{
    for (int i = 0; i < f->n_variables; i++)
        if (strcmp(f->variables[i]->variable->name, name) == 0)
            return f->variables[i];
    return NULL;
}

static eg_tensor *find_locked(eg_function *f, const char *name)
{
    pthread_mutex_lock(&f->lock);
    eg_tensor *found = find(f, name);
    pthread_mutex_unlock(&f->lock);
    return found;
}

bool eg_function_has_variable(const char *name)
{
    return !eg__me.failed && name && eg__me.running && find_locked(eg__me.running->function, name);
}

/* The first of the name stays, whichever thread made it. */
static eg_tensor *add(eg_function *f, const char *name, eg_tensor *made)
{
    pthread_mutex_lock(&f->lock);
    eg_tensor *there = find(f, name);
    bool room = there ||
        eg__reserve(&f->variables, sizeof *f->variables, f->n_variables, &f->variables_capacity);
    if (!there && room)
        f->variables[f->n_variables++] = there = eg__ref(made);
    pthread_mutex_unlock(&f->lock);
    if (!room)
        eg__fail_memory("eg_function_variable", sizeof made);
    return there;
}

static eg_tensor *make(eg_function *f, const char *name, eg_tensor *initial,
    const eg_variable_attrs *attrs)
{
    eg_variable_attrs all;

    if (!eg__attrs_complete(&all, sizeof all, attrs, "eg_function_variable"))
        return NULL;
    all.name = name;
    eg_tensor *made = eg_variable_new(initial, &all);
    eg_tensor *ours = made ? add(f, name, made) : NULL;
    eg_variable_free(made);
    return ours;
}

eg_tensor *eg_function_variable(const char *name, eg_tensor *initial,
    const eg_variable_attrs *attrs)
{
    static const char op[] = "eg_function_variable";
    char was[EG__SPEC_TEXT], now[EG__SPEC_TEXT];

    if (eg__me.failed)
        return NULL;
    if (!name)
        return eg__fail_null(EG_INVALID, op, "name is NULL");
    if (!eg__me.running)
        return eg__fail_null(EG_STATE, op,
            "no function is being called that could own \"%.64s\"; call the body with eg_call, or "
            "use eg_variable",
            name);
    eg_function *f = eg__me.running->function;
    eg_tensor *found = find_locked(f, name);
    if (!found)
        return make(f, name, initial, attrs);
    if (initial && !eg__same_spec(&initial->spec, &found->spec))
        return eg__fail_null(EG_INVALID, op,
            "\"%.64s\" of %.64s is %s, the initial value is %s; give it another name", name,
            f->callable.name, eg__spec_text(&found->spec, was), eg__spec_text(&initial->spec, now));
    return found;
}

int eg_function_variable_count(const eg_function *f)
{
    int n = 0;

    if (f) {
        eg__function_lock(f);
        n = f->n_variables;
        eg__function_unlock(f);
    }
    return n;
}

eg_tensor *eg_function_variable_at(const eg_function *f, int i)
{
    eg_tensor *found = NULL;

    if (f) {
        eg__function_lock(f);
        found = i >= 0 && i < f->n_variables ? f->variables[i] : NULL;
        eg__function_unlock(f);
    }
    return found;
}
