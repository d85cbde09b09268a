/* Which value of the trace a handle stands for.
 *
 * A handle made while recording carries the recording's number and its own; constants get theirs
 * when they are first used. A handle from outside (captured, or read from a variable) is kept while
 * recording, so that its address can be its key.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "function/recorder.h"
#include "base/memory.h"
#include <string.h>

static const char op_name[] = "a function";

static bool out_of_memory(size_t size)
{
    eg__fail_memory(op_name, size);
    return false;
}

int eg__recorder_add(eg__recorder *r, eg__value value)
{
    if (!eg__reserve(&r->values, sizeof *r->values, r->n_values, &r->values_capacity))
        return out_of_memory(sizeof value), -1;
    r->values[r->n_values] = value;
    return r->n_values++;
}

bool eg__recorder_keep(eg__recorder *r, eg_tensor *x)
{
    if (!eg__reserve(&r->kept, sizeof *r->kept, r->n_kept, &r->kept_capacity))
        return out_of_memory(sizeof x);
    r->kept[r->n_kept++] = eg__ref(x);
    return true;
}

/* A handle made in the recording is value number `i` from now on. */
bool eg__recorder_mark(eg__recorder *r, eg_tensor *x, int i)
{
    if (i < 0)
        return false;
    x->node = (uint32_t)i + 1;
    if (!r->keeps_handles)
        return true;
    int old = r->handles_capacity;
    if (!eg__reserve(&r->handles, sizeof *r->handles, i, &r->handles_capacity))
        return out_of_memory(sizeof x);
    if (r->handles_capacity > old)
        memset(r->handles + old, 0, sizeof *r->handles * (size_t)(r->handles_capacity - old));
    r->handles[i] = eg__ref(x);
    return true;
}

/* A constant that the body made: kept as another handle, so that the body's own can go. */
static int number_constant(eg__recorder *r, eg_tensor *x)
{
    eg_tensor *copy = eg__alias(x, op_name);

    if (!copy || !eg__recorder_keep(r, copy)) {
        eg__unref(copy);
        return -1;
    }
    eg__unref(copy);
    copy->recording = 0;
    if (!r->checking)
        r->constant_bytes += eg__bytes(&copy->spec);
    int i = eg__recorder_add(r, (eg__value){.tensor = copy});
    return eg__recorder_mark(r, x, i) ? i : -1;
}

bool eg__recorder_name(eg__recorder *r, eg_tensor *x, int i)
{
    const uint32_t *known = eg__map_find(&r->foreign, eg__key_of(x));

    if (i < 0 || (known && *known == (uint32_t)i))
        return i >= 0;
    if (!known && !eg__recorder_keep(r, x))
        return false;
    return eg__map_set(&r->foreign, eg__key_of(x), (uint32_t)i) ||
        out_of_memory(sizeof(eg__map_slot));
}

static int number_foreign(eg__recorder *r, eg_tensor *x)
{
    const uint32_t *known = eg__map_find(&r->foreign, eg__key_of(x));

    if (known)
        return (int)*known;
    int i = eg__recorder_add(r, (eg__value){.tensor = x});
    return eg__recorder_name(r, x, i) ? i : -1;
}

int eg__recorder_value(eg__recorder *r, eg_tensor *x)
{
    if (x->kind == EG__VARIABLE) {
        const uint32_t *assigned = eg__map_find(&r->pending, eg__key_of(x));
        return assigned ? (int)*assigned : number_foreign(r, x);
    }
    if (x->recording != r->number)
        return number_foreign(r, x);
    return x->node ? (int)x->node - 1 : number_constant(r, x);
}

/* ---- arguments ------------------------------------------------------------------------------ */

/* Each argument has an input of the root, also one that is taken by value, which is a constant. */
static int number_argument(eg__recorder *r, int i, const eg_tensor *x)
{
    eg__segment *root = r->checking ? r->at : r->made[0];
    eg_tensor *value = r->trace->arguments[i].value;

    if (!r->checking && eg__graph_add_input(root->graph, NULL, &x->spec) < 0)
        return -1;
    if (value)
        return eg__recorder_add(r, (eg__value){.tensor = value});
    eg_ref ref = {root->graph->inputs[i], 0};
    return eg__recorder_add(r, (eg__value){.segment = root, .ref = ref});
}

bool eg__recorder_arguments(eg__recorder *r, const eg__key *key, eg_tensor *args[])
{
    for (int i = 0; i < key->n; i++) {
        eg_tensor *x = key->args[i];
        int number = number_argument(r, i, x);
        args[i] = x;
        if (number < 0)
            return false;
        if (x->kind == EG__VARIABLE)
            continue;
        args[i] = eg__own(eg__alias(x, op_name), op_name);
        if (!args[i] || !eg__recorder_mark(r, args[i], number))
            return false;
    }
    return true;
}
