/* Variables as things: made, named, freed, swapped. How operations read and assign them is in
 * op/effect.c, where the watchers hear of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/variable.h"
#include "base/attrs.h"
#include "base/memory.h"
#include <eagre/variable.h>
#include <string.h>

static const char new_name[] = "eg_variable_new";

static eg__variable *make_state(const char *name, bool trainable)
{
    static atomic_uint_least64_t serials;
    eg__variable *v = eg__alloc_zero(sizeof *v);

    if (!v)
        return NULL;
    v->name = eg__copy_text(name);
    if (!v->name) {
        eg__free(v, sizeof *v);
        return NULL;
    }
    v->serial = atomic_fetch_add(&serials, 1);
    v->trainable = trainable;
    pthread_mutex_init(&v->lock, NULL);
    pthread_mutex_init(&v->writer, NULL);
    return v;
}

static eg_tensor *make(eg_tensor *value, const eg_variable_attrs *attrs)
{
    eg_tensor *variable = eg__handle_new(EG__VARIABLE, new_name);

    if (!variable)
        return NULL;
    const char *name = attrs->name ? attrs->name : "variable";
    variable->variable = make_state(name, !attrs->not_trainable);
    if (!variable->variable) {
        variable->kind = EG__NONE;
        eg__unref(variable);
        return eg__fail_memory(new_name, sizeof(eg__variable)), NULL;
    }
    variable->spec = value->spec;
    variable->recording = 0;
    variable->variable->value = value;
    return variable;
}

eg_tensor *eg_variable_new(eg_tensor *initial, const eg_variable_attrs *attrs)
{
    eg_tensor *from = initial, *current = NULL;
    eg_variable_attrs all;

    if (eg__me.failed || !eg__attrs_complete(&all, sizeof all, attrs, new_name))
        return NULL;
    if (initial && initial->kind == EG__VARIABLE)
        from = current = eg__variable_get(initial, NULL);
    if (!from || from->kind != EG__VALUE)
        return eg__fail_null(EG_INVALID, new_name,
            !from ? "the initial value is NULL"
                  : "the initial value must be a tensor with elements, not a symbol or tuple");
    eg_tensor *value = eg__alias(from, new_name);
    eg__unref(current);
    if (!value)
        return NULL;
    value->recording = 0;
    eg__me.things_made++;
    eg__me.made_at = eg__me.site;
    eg_tensor *variable = make(value, &all);
    if (!variable)
        eg__unref(value);
    return variable;
}

void eg_variable_free(eg_tensor *variable)
{
    if (variable && variable->kind == EG__VARIABLE)
        eg__unref(variable);
}

void eg__variable_drop(eg__variable *v)
{
    eg__unref(v->value);
    pthread_mutex_destroy(&v->lock);
    pthread_mutex_destroy(&v->writer);
    eg__free_text(v->name);
    eg__free(v, sizeof *v);
}

const char *eg_variable_name(const eg_tensor *variable)
{
    return variable && variable->kind == EG__VARIABLE ? variable->variable->name : "";
}

eg_tensor *eg__variable_get(eg_tensor *variable, uint64_t *version)
{
    eg__variable *v = variable->variable;

    pthread_mutex_lock(&v->lock);
    eg_tensor *value = eg__ref(v->value);
    if (version)
        *version = v->version;
    pthread_mutex_unlock(&v->lock);
    return value;
}

void eg__variable_set(eg_tensor *variable, eg_tensor *value)
{
    eg__variable *v = variable->variable;

    pthread_mutex_lock(&v->lock);
    eg_tensor *old = v->value;
    v->value = value;
    v->version++;
    pthread_mutex_unlock(&v->lock);
    eg__unref(old);
}

void *eg__variable_begin_update(eg_tensor *variable, int ours)
{
    eg__variable *v = variable->variable;

    pthread_mutex_lock(&v->lock);
    const eg_tensor *value = v->value;
    bool alone = value->buffer && value->buffer->size > 0 && atomic_load(&value->refs) <= ours &&
        atomic_load(&value->buffer->refs) == 1;
    if (alone)
        return value->data;
    pthread_mutex_unlock(&v->lock);
    return NULL;
}

void eg__variable_end_update(eg_tensor *variable)
{
    variable->variable->version++;
    pthread_mutex_unlock(&variable->variable->lock);
}
