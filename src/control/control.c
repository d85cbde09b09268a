/* What the functions of staged control flow share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"
#include <eagre/ops.h>
#include <eagre/variable.h>
#include <string.h>

bool eg__arguments_fit(const char *op, int n, int least, eg_tensor *const in[])
{
    if (eg__me.failed)
        return false;
    if (n < least || n > EG__MAX_IN)
        return eg__fail(EG_INVALID, op, "%d tensors; it takes %d to %d", n, least, EG__MAX_IN) ==
            EG_OK;
    for (int i = 0; i < n; i++)
        if (!in || !in[i])
            return eg__fail(EG_INVALID, op, "tensor %d is NULL", i) == EG_OK;
    return true;
}

bool eg__specs_of(const char *op, int n, eg_tensor *const in[], const eg_spec *spec[])
{
    for (int i = 0; i < n; i++) {
        if (in[i]->kind > EG__SYMBOL)
            return eg__fail(EG_INVALID, op, "tensor %d is %s", i,
                       in[i]->kind == EG__TUPLE ? "a tuple; pass its parts" : "spent, or none") ==
                EG_OK;
        spec[i] = &in[i]->spec;
    }
    return true;
}

int eg__input(eg__inputs *inputs, eg_tensor *x)
{
    for (int i = 0; i < inputs->n; i++)
        if (inputs->at[i] == x)
            return i;
    if (inputs->n == EG__MAX_IN)
        return eg__fail(EG_INVALID, inputs->op, "it uses more than %d tensors", EG__MAX_IN), -1;
    inputs->at[inputs->n] = x;
    return inputs->n++;
}

/* Which of the variables that are assigned it is; -1: none. */
static int state_of(const eg__inputs *inputs, const eg_tensor *x)
{
    for (int i = 0; i < inputs->n_assigned; i++)
        if (inputs->assigned[i] == x)
            return i;
    return -1;
}

bool eg__sweep_of(eg__sweep *sweep, eg__staged *s, eg__inputs *inputs, const eg__drawn *drawn,
    int n, const eg__port ports[])
{
    sweep->block = eg__block_ref(drawn->block);
    sweep->n_ports = n + drawn->n_captured;
    sweep->port = eg__staged_take(s, sizeof *sweep->port * ((size_t)sweep->n_ports + 1));
    if (!sweep->port)
        return false;
    memcpy(sweep->port, ports, sizeof *ports * (size_t)n);
    for (int i = 0; i < drawn->n_captured; i++) {
        int state = s->op == &eg_op_loop ? state_of(inputs, drawn->captured[i]) : -1;
        if (state >= 0) {
            sweep->port[n + i] = (eg__port){EG__PORT_STATE, 0, inputs->state + state};
            continue;
        }
        int at = eg__input(inputs, drawn->captured[i]);
        if (at < 0)
            return false;
        sweep->port[n + i] = (eg__port){EG__PORT_INPUT, 0, at};
    }
    return true;
}

bool eg__list_assigned(eg__inputs *inputs, const eg__drawn *drawn)
{
    for (int i = 0; i < drawn->n_assigned; i++) {
        eg_tensor *variable = drawn->assigned[i].variable;
        if (state_of(inputs, variable) >= 0)
            continue;
        if (inputs->n_assigned == EG__MAX_PARTS)
            return eg__fail(EG_INVALID, inputs->op, "its bodies assign more than %d variables",
                       EG__MAX_PARTS) == EG_OK;
        inputs->assigned[inputs->n_assigned++] = variable;
    }
    return true;
}

eg_tensor *eg__assign_last(const eg__inputs *inputs, eg_tensor *y, int at)
{
    eg_tensor *part[EG__MAX_PARTS];
    int n = y ? eg_parts(y) : 0, k = 0;

    if (!y || inputs->n_assigned == 0)
        return y;
    for (int i = 0; i < n; i++) {
        if (i < at || i >= at + inputs->n_assigned)
            part[k++] = y->tuple.part[i];
        else
            eg_assign(inputs->assigned[i - at], y->tuple.part[i]);
    }
    return eg__me.failed ? NULL : eg__joined(k, part);
}

eg_tensor *eg__joined(int n, eg_tensor *const results[])
{
    return n == 1 ? results[0] : eg_tuple_of(n, results);
}

bool eg__stays(const char *op, const char *what, int i, const eg_spec *was, const eg_spec *now)
{
    const char *hint = was->dtype != now->dtype ? ": eg_cast one"
        : strcmp(what, "variable") == 0
        ? ". What grows is written into rows that are there from the start (eg_tensor_array_write)"
        : "";
    char before[EG__SPEC_TEXT], after[EG__SPEC_TEXT];

    if (eg__same_spec(was, now))
        return true;
    eg__fail(EG_INVALID, op, "%s %d is %s and %s; they must agree%s", what, i,
        eg__spec_text(was, before), eg__spec_text(now, after), hint);
    return false;
}

eg_tensor *eg__only(const char *op, const char *what, eg_tensor *x, eg_dtype dtype)
{
    if (eg__me.failed)
        return NULL;
    if (!x || x->kind > EG__SYMBOL)
        return eg__fail_null(EG_INVALID, op, "%s is %s", what, x ? "no tensor" : "NULL");
    if (x->spec.size != 1)
        return eg__fail_null(EG_INVALID, op, "%s has %lld elements; it must have one", what,
            (long long)x->spec.size);
    if (dtype == EG_INT64 && eg__dtype(x->spec.dtype)->kind != EG__INTEGER)
        return eg__fail_null(EG_INVALID, op, "%s is %s; it must be an integer", what,
            eg_dtype_name(x->spec.dtype));
    return eg_reshape(eg_cast(x, dtype), 0, NULL);
}
