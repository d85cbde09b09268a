/* What the functions of operators ask of their call: attributes, and values that the host has to
 * know.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

static const char op_name[] = "an ONNX model";

void *take(const eg__onnx_call *c, int64_t n, size_t size)
{
    void *room = n < INT32_MAX ? eg__arena_take(c->run->arena, (size_t)(n + 1) * size) : NULL;

    if (!room)
        eg__fail_memory(op_name, (size_t)n * size);
    return room;
}

/* ---- attributes ------------------------------------------------------------------------------ */

static const eg__onnx_attribute *find(int n, const eg__onnx_attribute attributes[],
    const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(attributes[i].name, name) == 0)
            return &attributes[i];
    return NULL;
}

/* An attribute of a function's body that stands for one of the call. */
static const eg__onnx_attribute *resolve(const eg__onnx_frame *f, const eg__onnx_attribute *a)
{
    while (a && a->outer && f && f->call) {
        const char *name = a->outer;
        a = find(f->call->n_attributes, f->call->attributes, name);
        if (!a)
            a = find(f->call->calls->n_defaults, f->call->calls->defaults, name);
        f = f->caller;
    }
    return a && a->outer ? NULL : a;
}

const eg__onnx_attribute *attribute_of(const eg__onnx_call *c, const char *name)
{
    return resolve(c->frame, find(c->node->n_attributes, c->node->attributes, name));
}

bool has_attribute(const eg__onnx_call *c, const char *name)
{
    return attribute_of(c, name) != NULL;
}

int64_t integer_of(const eg__onnx_call *c, const char *name, int64_t otherwise)
{
    const eg__onnx_attribute *a = attribute_of(c, name);
    return a ? a->integer : otherwise;
}

double real_of(const eg__onnx_call *c, const char *name, double otherwise)
{
    const eg__onnx_attribute *a = attribute_of(c, name);
    return a ? a->real : otherwise;
}

const char *word_of(const eg__onnx_call *c, const char *name, const char *otherwise)
{
    const eg__onnx_attribute *a = attribute_of(c, name);
    return a && a->has_text ? a->text.at : otherwise;
}

bool word_is(const eg__onnx_call *c, const char *name, const char *word, const char *otherwise)
{
    return strcmp(word_of(c, name, otherwise), word) == 0;
}

eg__onnx_integers integers_attribute(const eg__onnx_call *c, const char *name)
{
    const eg__onnx_attribute *a = attribute_of(c, name);
    return a && a->integers ? (eg__onnx_integers){a->n, a->integers} : (eg__onnx_integers){0};
}

/* ---- what the host has to know --------------------------------------------------------------- */

/* Element i of x, as an answer that is guarded. */
static double ask(eg_tensor *flat, int64_t i, int64_t *integer)
{
    eg_slice_attrs one = {.size = sizeof one, .begin = {1, {i}}, .count = {1, {1}}};
    eg_tensor *element = eg_size(flat) == 1 ? flat : eg_slice_with(flat, &one);

    if (eg__dtype(eg_dtype_of(flat))->kind == EG__REAL)
        return eg_item(element);
    *integer = eg_dtype_of(flat) == EG_BOOL ? eg_true(element) : eg_item_int(element);
    return (double)*integer;
}

static void read_element(const eg__onnx_value *v, eg_tensor *flat, int64_t i, double *real,
    int64_t *integer)
{
    eg_dtype dtype = eg_dtype_of(v->tensor);

    if (!v->known) {
        *real = ask(flat, i, integer);
        if (eg__dtype(dtype)->kind == EG__REAL)
            *integer = (int64_t)*real;
        return;
    }
    const char *at = (const char *)v->tensor->data + (size_t)i * eg__dtype(dtype)->size;
    *real = eg__element_real(dtype, at);
    *integer = eg__dtype(dtype)->kind == EG__REAL ? (int64_t)*real : eg__element_int(dtype, at);
}

static eg_tensor *flat_of(const eg__onnx_value *v)
{
    int64_t all = -1;
    return v->known ? v->tensor : eg_reshape(v->tensor, 1, &all);
}

eg__onnx_integers integers_in(eg__onnx_call *c, int i)
{
    if (!has(c, i))
        return (eg__onnx_integers){0};
    const eg__onnx_value *v = &c->in[i];
    int64_t n = eg_size(v->tensor), *at = take(c, n, sizeof *at);
    eg_tensor *flat = flat_of(v);
    for (int64_t k = 0; at && k < n && eg_ok(); k++) {
        double real;
        read_element(v, flat, k, &real, &at[k]);
    }
    return at && eg_ok() ? (eg__onnx_integers){n, at} : (eg__onnx_integers){0};
}

const double *reals_in(eg__onnx_call *c, int i, int64_t *n)
{
    *n = 0;
    if (!has(c, i))
        return NULL;
    const eg__onnx_value *v = &c->in[i];
    int64_t size = eg_size(v->tensor), integer;
    double *at = take(c, size, sizeof *at);
    eg_tensor *flat = flat_of(v);
    for (int64_t k = 0; at && k < size && eg_ok(); k++)
        read_element(v, flat, k, &at[k], &integer);
    *n = at && eg_ok() ? size : 0;
    return at;
}

eg__onnx_integers integers_since(eg__onnx_call *c, int since, const char *name, int i)
{
    return c->version < since ? integers_attribute(c, name) : integers_in(c, i);
}

int64_t integer_in(eg__onnx_call *c, int i, int64_t otherwise)
{
    eg__onnx_integers list = integers_in(c, i);
    return list.n > 0 ? list.at[0] : otherwise;
}

double real_in(eg__onnx_call *c, int i, double otherwise)
{
    int64_t n;
    const double *at = reals_in(c, i, &n);
    return n > 0 ? at[0] : otherwise;
}

/* ---- lists as options ------------------------------------------------------------------------ */

eg_axes axes_of(eg__onnx_call *c, eg__onnx_integers list)
{
    eg_axes axes = {0};

    if (list.n > EG_MAX_RANK) {
        refuse(c, "has more than 8 axes");
        return axes;
    }
    for (int64_t i = 0; i < list.n; i++)
        axes.axis[axes.n++] = (int)list.at[i];
    return axes;
}

eg_index index_of(eg__onnx_call *c, eg__onnx_integers list)
{
    eg_index index = {0};

    if (list.n > EG_MAX_RANK) {
        refuse(c, "has a list of more than 8 numbers");
        return index;
    }
    for (int64_t i = 0; i < list.n; i++)
        index.at[index.n++] = list.at[i];
    return index;
}

int axis_of(eg__onnx_call *c, int64_t axis, int rank)
{
    if (axis < -rank || axis >= rank) {
        refuse(c, "has an axis outside of its input");
        return 0;
    }
    return (int)(axis < 0 ? axis + rank : axis);
}

/* ---- shorthands ------------------------------------------------------------------------------ */

eg_tensor *reshaped(eg_tensor *x, eg__onnx_integers dims)
{
    if (dims.n > EG_MAX_RANK)
        return eg__fail_null(EG_INVALID, "Reshape", "more than 8 axes");
    return eg_reshape(x, (int)dims.n, dims.at);
}

eg_tensor *int64s(int64_t n, const int64_t at[])
{
    return eg_copy(EG_INT64, 1, &n, at);
}

/* ---- sparse tensors -------------------------------------------------------------------------- */

/* Where a row of places, or a place among all elements, is; -1: outside. */
static int64_t offset_of(const int64_t *place, int64_t width, const eg_spec *spec)
{
    int64_t at = 0;

    if (width == 1)
        return *place >= 0 && *place < spec->size ? *place : -1;
    for (int k = 0; k < spec->rank; k++) {
        if (place[k] < 0 || place[k] >= spec->dims[k])
            return -1;
        at = at * spec->dims[k] + place[k];
    }
    return at;
}

static bool scatter(const eg_tensor *v, const eg_tensor *places, int64_t width, eg_tensor *dense)
{
    size_t size = eg__dtype(dense->spec.dtype)->size;

    for (int64_t i = 0; i < v->spec.size; i++) {
        const int64_t *place = (const int64_t *)places->data + i * width;
        int64_t at = offset_of(place, width, &dense->spec);
        if (at < 0)
            return false;
        memcpy((char *)dense->data + (size_t)at * size, (const char *)v->data + (size_t)i * size,
            size);
    }
    return true;
}

eg_tensor *eg__onnx_dense(const eg__onnx_value *values, const eg__onnx_value *places,
    const eg__onnx_attribute *dims)
{
    const eg_tensor *v = values->tensor, *p = places->tensor;
    eg_spec spec;

    if (!v || !p || p->spec.dtype != EG_INT64 || dims->n > EG_MAX_RANK)
        return eg__fail_null(EG_FORMAT, "eg_onnx_load", "a sparse tensor lacks a part");
    int64_t width = p->spec.rank == 2 ? p->spec.dims[1] : 1;
    if (eg__spec_set(&spec, "eg_onnx_load", v->spec.dtype, (int)dims->n, dims->integers) != EG_OK)
        return NULL;
    if (p->spec.size != v->spec.size * width || (p->spec.rank == 2 && width != dims->n))
        return eg__fail_null(EG_FORMAT, "eg_onnx_load",
            "a sparse tensor has places that do not "
            "belong to its values");
    eg_tensor *dense = eg__value_new(&spec, "eg_onnx_load");
    if (!dense)
        return NULL;
    if (spec.size > 0)
        memset(dense->data, 0, eg__bytes(&spec));
    if (scatter(v, p, width, dense))
        return dense;
    eg__unref(dense);
    return eg__fail_null(EG_FORMAT, "eg_onnx_load", "a sparse tensor has a place outside of it");
}
