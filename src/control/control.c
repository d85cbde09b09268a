/* What the functions of staged control flow share.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "control/control.h"
#include <eagre/ops.h>
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
        int at = eg__input(inputs, drawn->captured[i]);
        if (at < 0)
            return false;
        sweep->port[n + i] = (eg__port){EG__PORT_INPUT, 0, at};
    }
    return true;
}

eg_tensor *eg__joined(int n, eg_tensor *const results[])
{
    return n == 1 ? results[0] : eg_tuple_of(n, results);
}

bool eg__stays(const char *op, const char *what, int i, const eg_spec *was, const eg_spec *now)
{
    char before[EG__SPEC_TEXT], after[EG__SPEC_TEXT];

    if (eg__same_spec(was, now))
        return true;
    eg__fail(EG_INVALID, op, "%s %d is %s and %s; they must agree", what, i,
        eg__spec_text(was, before), eg__spec_text(now, after));
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
