/* Homes of values: local variables, places in the arena, weights, state.
 *
 * The arena is shared out in the order of the nodes: a value has the lowest place that is free
 * while it lives.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "emit/emit.h"
#include "tensor/variable.h"
#include <string.h>

enum { LINE = 64 };

/* ---- the arena ------------------------------------------------------------------------------ */

/* The lowest offset where `bytes` meet no room that is taken. */
static size_t find_offset(const eg__emitter *e, size_t bytes)
{
    size_t at = 0;

    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < e->n_rooms; i++) {
            const eg__croom *r = &e->rooms[i];
            if (r->taken && at < r->offset + r->bytes && r->offset < at + bytes) {
                at = r->offset + r->bytes;
                moved = true;
            }
        }
    }
    return at;
}

/* The number of a room; -1, reported, where memory is out. */
static int take_room(eg__emitter *e, size_t bytes)
{
    int i = 0;

    bytes = (bytes + LINE - 1) / LINE * LINE;
    while (i < e->n_rooms && e->rooms[i].taken)
        i++;
    if (i == e->n_rooms) {
        if (!eg__reserve(&e->rooms, sizeof *e->rooms, e->n_rooms, &e->rooms_capacity))
            return eg__fail_memory(e->op, sizeof *e->rooms), -1;
        e->rooms[e->n_rooms++].taken = false;
    }
    size_t offset = find_offset(e, bytes);
    e->rooms[i] = (eg__croom){offset, bytes, true};
    if (offset + bytes > e->arena)
        e->arena = offset + bytes;
    return i;
}

void eg__c_release(eg__emitter *e, const eg__cvalue *v)
{
    if (v->block >= 0)
        e->rooms[v->block].taken = false;
}

/* ---- values --------------------------------------------------------------------------------- */

static eg__cvalue *new_value(eg__emitter *e, const eg_spec *spec, const char *name, bool is_array)
{
    eg__cvalue *v = eg__emit_take(e, sizeof *v);

    if (v)
        *v = (eg__cvalue){spec, name, is_array, -1};
    return v;
}

eg__cvalue *eg__c_array(eg__emitter *e, const eg_spec *spec, const char *wish)
{
    eg__cvalue *v = new_value(e, spec, eg__c_name(e, wish), true);
    const char *type = eg__c_type(spec->dtype);

    if (!v || spec->size == 0)
        return v;
    v->block = take_room(e, eg__bytes(spec));
    if (v->block >= 0)
        eg__line(e, "%s *const %s = (%s *)(void *)(places + %zu);", type, v->name, type,
            e->rooms[v->block].offset);
    return eg__me.failed ? NULL : v;
}

eg__cvalue *eg__c_declare(eg__emitter *e, const eg_spec *spec, const char *wish)
{
    if (spec->size != 1)
        return eg__c_array(e, spec, wish);
    eg__cvalue *v = new_value(e, spec, eg__c_name(e, wish), false);
    if (v)
        eg__line(e, "%s %s;", eg__c_type(spec->dtype), v->name);
    return v;
}

/* ---- weights and state ---------------------------------------------------------------------- */

static eg__cdata *find_data(eg__cdata *data, int n, const eg_tensor *x)
{
    for (int i = 0; i < n; i++)
        if (data[i].tensor == x)
            return &data[i];
    return NULL;
}

static eg__cdata *add_data(eg__emitter *e, eg__cdata **data, int *n, int *capacity)
{
    if (!eg__reserve(data, sizeof **data, *n, capacity))
        return eg__fail_memory(e->op, sizeof **data), NULL;
    return &(*data)[(*n)++];
}

/* Keeps a value until the end, with the owner it came with. */
static bool hold(eg__emitter *e, eg_tensor *x)
{
    if (eg__reserve(&e->held, sizeof(eg_tensor *), e->n_held, &e->held_capacity)) {
        e->held[e->n_held++] = x;
        return true;
    }
    eg__unref(x);
    return eg__fail_memory(e->op, sizeof x) == EG_OK;
}

/* A weight, whose elements are those of x. */
static eg__cvalue *weight(eg__emitter *e, eg_tensor *x, const eg_spec *spec, const char *wish)
{
    eg__cdata *d = find_data(e->weights, e->n_weights, x);

    if (!d && (d = add_data(e, &e->weights, &e->n_weights, &e->weights_capacity))) {
        const char *name = eg__c_name(e, wish);
        *d = (eg__cdata){.tensor = x, .field = name};
        d->name =
            e->has_weights ? eg__say(e, "weights->%s", name) : eg__say(e, "%s_%s", e->prefix, name);
    }
    return d && !eg__me.failed ? new_value(e, spec, d->name, true) : NULL;
}

eg__cvalue *eg__c_constant(eg__emitter *e, eg_tensor *tensor, const eg_spec *spec)
{
    if (spec->size == 0)
        return new_value(e, spec, "NULL", true);
    if (spec->size == 1)
        return new_value(e, spec, eg__c_literal(e, spec->dtype, tensor->data), false);
    return weight(e, tensor, spec, "constant");
}

/* The value that a variable has now; each is looked at once. */
static eg_tensor *value_now(eg__emitter *e, eg_tensor *variable, const char **name)
{
    *name = eg_variable_name(variable);
    eg_tensor *value = eg__variable_get(variable, NULL);
    return value && hold(e, value) ? value : NULL;
}

bool eg__c_assigned(eg__emitter *e, eg_tensor *variable)
{
    const char *own;

    if (find_data(e->states, e->n_states, variable))
        return true;
    if (!eg__c_type(variable->spec.dtype))
        return eg__cannot(e, "the variable %s is %s, for which C11 has no type",
            eg_variable_name(variable), eg_dtype_name(variable->spec.dtype));
    eg_tensor *value = value_now(e, variable, &own);
    const eg__cvalue *initial = !value ? NULL
        : variable->spec.size <= 1
        ? eg__c_constant(e, value, &variable->spec)
        : weight(e, value, &variable->spec, eg__say(e, "%s_initial", own));
    if (!initial)
        return false;
    eg__cdata *d = add_data(e, &e->states, &e->n_states, &e->states_capacity);
    if (!d)
        return false;
    const char *name = eg__c_name(e, eg_variable_name(variable));
    *d = (eg__cdata){.tensor = variable,
        .name = eg__say(e, "state->%s", name),
        .field = name,
        .initial = initial};
    return !eg__me.failed;
}

eg__cvalue *eg__c_variable(eg__emitter *e, eg_tensor *variable, const eg_spec *spec)
{
    eg__cdata *d = find_data(e->states, e->n_states, variable);
    const char *name;

    if (d)
        return new_value(e, spec, d->name, true);
    for (int i = 0; i < e->n_weights; i++)
        if (e->weights[i].variable == variable)
            return new_value(e, spec, e->weights[i].name, true);
    eg_tensor *value = value_now(e, variable, &name);
    if (!value)
        return NULL;
    if (spec->size <= 1)
        return eg__c_constant(e, value, spec);
    eg__cvalue *v = weight(e, value, spec, name);
    if (v)
        e->weights[e->n_weights - 1].variable = variable;
    return v;
}
