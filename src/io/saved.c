/* What is asked of a tensor before it is written.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "io/saved.h"
#include "op/effect.h"
#include "op/watch.h"
#include <eagre/variable.h>

eg_tensor *eg__saved_value(const char *op, const char *which, eg_tensor *x,
    bool (*has_dtype)(eg_dtype dtype))
{
    if (!x)
        return eg__fail_null(EG_INVALID, op, "%s is NULL", which);
    if (x->kind == EG__SPENT)
        return eg__refuse_spent(op, which, x), NULL;
    if (x->kind != EG__VALUE && x->kind != EG__VARIABLE)
        return eg__fail_null(EG_INVALID, op, "%s is %s and has no elements", which,
            x->kind == EG__SYMBOL ? "a symbol" : "a tuple or none");
    if (!has_dtype(x->spec.dtype))
        return eg__fail_null(EG_INVALID, op, "%s is %s, which the format does not have", which,
            eg_dtype_name(x->spec.dtype));
    if (eg__watch_asked(x, EG__ASK_RAW) != EG_OK)
        return NULL;
    return x->kind == EG__VARIABLE ? eg__variable_now(x) : eg__ref(x);
}

const char *eg__saved_name(const char *op, int i, const eg_tensor *x, const char *const names[])
{
    bool is_variable = x && x->kind == EG__VARIABLE;
    const char *name = names ? names[i] : is_variable ? eg_variable_name(x) : NULL;

    if (!name)
        eg__fail(EG_INVALID, op, "tensor %d has no name and is no variable", i);
    return name;
}

const char *eg__booleans_fault(const void *bytes, size_t n)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < n; i++)
        if (byte[i] > 1)
            return "has a boolean that is neither 0 nor 1";
    return NULL;
}
