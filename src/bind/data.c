/* The host's arrays as tensors, and back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/attrs.h"
#include "bind/visit.h"
#include "tensor/tensor.h"
#include <eagre/variable.h>
#include <string.h>

static void row_major(const eg_spec *spec, int64_t strides[])
{
    int64_t stride = (int64_t)eg__dtype(spec->dtype)->size;

    for (int i = spec->rank; i-- > 0;) {
        strides[i] = stride;
        stride *= spec->dims[i];
    }
}

/* Copies all elements from one layout to another, the last axis as the inner loop. */
static void move(const eg_spec *spec, char *to, const int64_t to_strides[], const char *from,
    const int64_t from_strides[])
{
    size_t size = eg__dtype(spec->dtype)->size;
    int64_t at[EG_MAX_RANK] = {0}, elements = spec->size;

    while (elements-- > 0) {
        memcpy(to, from, size);
        for (int i = spec->rank; i-- > 0;) {
            to += to_strides[i];
            from += from_strides[i];
            if (++at[i] < spec->dims[i])
                break;
            to -= to_strides[i] * spec->dims[i];
            from -= from_strides[i] * spec->dims[i];
            at[i] = 0;
        }
    }
}

static bool is_row_major(const eg_bind_array *a, const eg_spec *spec)
{
    int64_t strides[EG_MAX_RANK];

    row_major(spec, strides);
    for (int i = 0; a->strided && i < spec->rank; i++)
        if (spec->dims[i] > 1 && a->strides[i] != strides[i])
            return false;
    return true;
}

/* The array as this version knows it, and its spec; false, reported, where it is none. */
static bool take_array(const eg_bind_array *given, eg_bind_array *a, eg_spec *spec, const char *op)
{
    if (!given)
        eg__fail(EG_INVALID, op, "array is NULL");
    else if (eg__attrs_complete(a, sizeof *a, given, op) &&
        eg__spec_set(spec, op, a->dtype, a->rank, a->dims) == EG_OK && !a->data && spec->size > 0)
        eg__fail(EG_INVALID, op, "data is NULL");
    return !eg__me.failed;
}

static eg_tensor *copy(const eg_bind_array *given)
{
    static const char op[] = "eg_bind_copy";
    int64_t strides[EG_MAX_RANK];
    eg_bind_array a;
    eg_spec spec;

    if (!take_array(given, &a, &spec, op))
        return NULL;
    if (is_row_major(&a, &spec))
        return eg_copy(a.dtype, a.rank, a.dims, a.data);
    eg_tensor *x = eg__value_new(&spec, op);
    row_major(&spec, strides);
    if (x)
        move(&spec, x->data, strides, a.data, a.strides);
    return eg__own(x, op);
}

eg_tensor *eg_bind_copy(const eg_bind_array *array, eg_error *error)
{
    eg__visit visit;

    eg__visit_begin(&visit, NULL, error);
    eg_tensor *x = eg__visit_keep(copy(array));
    eg__visit_end(&visit);
    return x;
}

eg_tensor *eg_bind_wrap(const eg_bind_array *array, void (*on_free)(void *data, void *env),
    void *env, eg_error *error)
{
    static const char op[] = "eg_bind_wrap";
    eg_tensor *x = NULL;
    eg_bind_array a;
    eg_spec spec;
    eg__visit visit;

    eg__visit_begin(&visit, NULL, error);
    if (take_array(array, &a, &spec, op)) {
        if (is_row_major(&a, &spec))
            x = eg__visit_keep(eg_wrap(a.dtype, a.rank, a.dims, a.data, on_free, env));
        else
            eg__fail(EG_INVALID, op, "the elements are not in row-major order; use eg_bind_copy");
    }
    eg__visit_end(&visit);
    return x;
}

static void look(eg_tensor *x, eg_bind_array *array)
{
    static const char op[] = "eg_bind_look";
    eg_bind_array now = {.strided = true};

    if (!array || array->size < sizeof array->size) {
        eg__fail(EG_INVALID, op, array ? "array has no size set" : "array is NULL");
        return;
    }
    const void *data = eg_data(x, eg_dtype_of(x));
    if (eg__me.failed)
        return;
    now.data = (void *)(uintptr_t)data;
    now.dtype = x->spec.dtype;
    now.rank = x->spec.rank;
    memcpy(now.dims, x->spec.dims, sizeof *now.dims * (size_t)now.rank);
    row_major(&x->spec, now.strides);
    eg__attrs_answer(array, &now, sizeof now);
}

eg_status eg_bind_look(eg_tensor *x, eg_bind_array *array, eg_error *error)
{
    eg__visit visit;

    eg__visit_begin(&visit, NULL, error);
    look(x, array);
    return eg__visit_end(&visit);
}

static void copy_out(eg_tensor *x, const eg_bind_array *given)
{
    static const char op[] = "eg_bind_read";
    char got[EG__SPEC_TEXT], want[EG__SPEC_TEXT];
    int64_t strides[EG_MAX_RANK];
    eg_bind_array a;
    eg_spec spec;

    if (!take_array(given, &a, &spec, op))
        return;
    eg_tensor *value = x && x->kind == EG__VARIABLE ? eg_value(x) : x;
    const void *data = eg_data(value, eg_dtype_of(value));
    if (eg__me.failed)
        return;
    if (!eg__same_spec(&spec, &value->spec)) {
        eg__fail(EG_INVALID, op, "x is %s, the array %s; they must agree",
            eg__spec_text(&value->spec, got), eg__spec_text(&spec, want));
        return;
    }
    row_major(&spec, strides);
    move(&spec, a.data, a.strided ? a.strides : strides, data, strides);
}

eg_status eg_bind_read(eg_tensor *x, const eg_bind_array *array, eg_error *error)
{
    eg__visit visit;

    eg__visit_begin(&visit, NULL, error);
    copy_out(x, array);
    return eg__visit_end(&visit);
}

char *eg_bind_text(eg_tensor *x, eg_error *error)
{
    eg__visit visit;

    eg__visit_begin(&visit, NULL, error);
    char *text = eg_to_text(x, NULL);
    eg__visit_end(&visit);
    return text;
}

eg_tensor *eg_bind_variable(eg_tensor *initial, const char *name, eg_error *error)
{
    eg_variable_attrs attrs = {.size = sizeof attrs, .name = name};
    eg__visit visit;

    eg__visit_begin(&visit, NULL, error);
    eg_tensor *variable = eg_variable_new(initial, &attrs);
    eg__visit_end(&visit);
    return variable;
}

eg_status eg_bind_assign(eg_tensor *variable, eg_tensor *value, eg_error *error)
{
    eg__visit visit;

    eg__visit_begin(&visit, NULL, error);
    eg_assign(variable, value);
    return eg__visit_end(&visit);
}
