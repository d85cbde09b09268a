/* Native data in: copies, wrapped memory, scalars, constants, tuples.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/memory.h"
#include "base/block.h"
#include "tensor/strings.h"
#include <math.h>
#include <string.h>

eg_tensor *eg_copy(eg_dtype dtype, int rank, const int64_t dims[], const void *data)
{
    static const char op[] = "eg_copy";
    eg_spec spec;

    if (eg__me.failed || eg__spec_set(&spec, op, dtype, rank, dims) != EG_OK)
        return NULL;
    if (!data && spec.size > 0)
        return eg__fail_null(EG_INVALID, op, "data is NULL");
    return eg__own(dtype == EG_STRING ? eg__strings_value(&spec, data, NULL, op)
                                      : eg__value_copy(&spec, data, op),
        op);
}

static eg_buffer *foreign_buffer(const void *data, const char *op)
{
    eg_buffer *buffer = eg__block_new(sizeof *buffer);

    if (!buffer)
        return eg__fail_memory(op, sizeof *buffer), NULL;
    buffer->data = (void *)(uintptr_t)data;
    buffer->size = 0;
    buffer->on_free = NULL;
    atomic_init(&buffer->refs, 1);
    return buffer;
}

eg_tensor *eg_wrap(eg_dtype dtype, int rank, const int64_t dims[], const void *data,
    void (*on_free)(void *data, void *env), void *env)
{
    static const char op[] = "eg_wrap";
    eg_spec spec;

    if (eg__me.failed || eg__spec_set(&spec, op, dtype, rank, dims) != EG_OK)
        return NULL;
    if (dtype == EG_STRING)
        return eg__fail_null(EG_INVALID, op, "strings are not wrapped; eg_copy them");
    if (!data || (uintptr_t)data % eg__dtype(eg__part_of(dtype))->size != 0)
        return eg__fail_null(EG_INVALID, op, "data is %s", data ? "not aligned" : "NULL");
    eg_tensor *x = eg__handle_new(EG__VALUE, op);
    if (!x)
        return NULL;
    x->spec = spec;
    x->buffer = foreign_buffer(data, op);
    x->data = x->buffer ? x->buffer->data : NULL;
    eg_buffer *buffer = x->buffer;
    if (!buffer) {
        eg__unref(x);
        return NULL;
    }
    x = eg__own(x, op);
    if (x) {
        buffer->on_free = on_free;
        buffer->env = env;
    }
    return x;
}

bool eg__dtype_holds(eg_dtype dtype, double value)
{
    const eg__dtype_info *d = eg__dtype(dtype);

    if (d->kind >= EG__REAL)
        return true;
    return value == floor(value) && value >= d->lowest && value <= d->highest;
}

eg_tensor *eg_scalar(eg_dtype dtype, double value)
{
    static const char op[] = "eg_scalar";
    eg_spec spec;

    if (eg__me.failed || eg__spec_set(&spec, op, dtype, 0, NULL) != EG_OK)
        return NULL;
    if (dtype == EG_STRING || !eg__dtype_holds(dtype, value))
        return eg__fail_null(EG_INVALID, op, "%g cannot be %s; eg_cast %s", value,
            eg_dtype_name(dtype), dtype == EG_STRING ? "a number" : "the tensor beside it");
    eg_tensor *x = eg__value_new(&spec, op);
    if (x)
        eg__set_element_real(dtype, x->data, value);
    return eg__own(x, op);
}

eg_tensor *eg_scalar_int(eg_dtype dtype, int64_t value)
{
    static const char op[] = "eg_scalar_int";
    const eg__dtype_info *d = eg__dtype(dtype);
    eg_spec spec;

    if (eg__me.failed || eg__spec_set(&spec, op, dtype, 0, NULL) != EG_OK)
        return NULL;
    if (dtype == EG_STRING || (d->size < sizeof value && !eg__dtype_holds(dtype, (double)value)))
        return eg__fail_null(EG_INVALID, op, "%lld cannot be %s; eg_cast %s", (long long)value,
            d->name, dtype == EG_STRING ? "a number" : "the tensor beside it");
    eg_tensor *x = eg__value_new(&spec, op);
    if (x)
        eg__set_element_int(dtype, x->data, value);
    return eg__own(x, op);
}

eg_tensor *eg_scalar_pair(eg_dtype dtype, eg_pair value)
{
    static const char op[] = "eg_scalar_pair";
    eg_spec spec;

    if (eg__me.failed || eg__spec_set(&spec, op, dtype, 0, NULL) != EG_OK)
        return NULL;
    if (!eg__is_complex(dtype))
        return eg__fail_null(EG_INVALID, op, "%s is no complex dtype", eg_dtype_name(dtype));
    eg_tensor *x = eg__value_new(&spec, op);
    if (x)
        eg__set_element_pair(dtype, x->data, value);
    return eg__own(x, op);
}

static eg_dtype constant_dtype(int n, const eg_number numbers[])
{
    eg_dtype dtype = EG_INT32;

    for (int i = 0; i < n; i++) {
        if (numbers[i].is_complex)
            return EG_COMPLEX64;
        if (numbers[i].real)
            dtype = EG_FLOAT32;
        else if (dtype == EG_INT32 &&
            (numbers[i].as_int < INT32_MIN || numbers[i].as_int > INT32_MAX))
            dtype = EG_INT64;
    }
    return dtype;
}

eg_tensor *eg_constant_of(int n, const eg_number numbers[])
{
    static const char op[] = "eg_constant";
    eg_spec spec;
    int64_t dims[1] = {n};

    if (eg__me.failed)
        return NULL;
    if (n < 1 || !numbers)
        return eg__fail_null(EG_INVALID, op, "at least one number is needed");
    eg__spec_set(&spec, op, constant_dtype(n, numbers), n > 1, dims);
    eg_tensor *x = eg__value_new(&spec, op);
    for (int i = 0; x && i < n; i++) {
        char *element = (char *)x->data + (size_t)i * eg__dtype(spec.dtype)->size;
        if (numbers[i].is_complex)
            eg__set_element_pair(spec.dtype, element,
                (eg_pair){numbers[i].as_real, numbers[i].as_imag});
        else if (numbers[i].real)
            eg__set_element_real(spec.dtype, element, numbers[i].as_real);
        else
            eg__set_element_int(spec.dtype, element, numbers[i].as_int);
    }
    return eg__own(x, op);
}

static eg_status check_parts(const char *op, int n, eg_tensor *const parts[])
{
    if (n < 1 || n > EG__MAX_PARTS || !parts)
        return eg__fail(EG_INVALID, op, "%d parts; a tuple has 1 to %d", n, EG__MAX_PARTS);
    for (int i = 0; i < n; i++) {
        if (!parts[i])
            return eg__fail(EG_INVALID, op, "part %d is NULL", i);
        if (parts[i]->kind == EG__TUPLE)
            return eg__fail(EG_INVALID, op, "part %d is a tuple; tuples do not nest", i);
    }
    return EG_OK;
}

eg_tensor *eg_tuple_of(int n, eg_tensor *const parts[])
{
    static const char op[] = "eg_tuple";

    if (eg__me.failed || check_parts(op, n, parts) != EG_OK)
        return NULL;
    eg_tensor *x = eg__handle_new(EG__TUPLE, op);
    if (!x)
        return NULL;
    size_t size = sizeof *parts * (size_t)n;
    x->spec = (eg_spec){0};
    x->tuple.n = 0;
    x->tuple.part = eg__alloc(size);
    if (!x->tuple.part) {
        eg__unref(x);
        return eg__fail_memory(op, size), NULL;
    }
    x->tuple.n = n;
    for (int i = 0; i < n; i++)
        x->tuple.part[i] = eg__ref(parts[i]);
    return eg__own(x, op);
}

eg_tensor *eg_part(eg_tensor *x, int i)
{
    if (eg__me.failed)
        return NULL;
    if (!x || x->kind != EG__TUPLE)
        return eg__fail_null(EG_INVALID, "eg_part", "%s", x ? "x is no tuple" : "x is NULL");
    if (i < 0 || i >= x->tuple.n)
        return eg__fail_null(EG_INVALID, "eg_part", "there is no part %d; the tuple has %d", i,
            x->tuple.n);
    return x->tuple.part[i];
}
