/* Messages of Protocol Buffers as text that grows, and ONNX's nodes made of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/write.h"
#include <string.h>

/* ---- messages -------------------------------------------------------------------------------- */

static void put_varint(eg__text *to, uint64_t value)
{
    char bytes[10];
    size_t n = 0;

    for (; value >= 128; value >>= 7)
        bytes[n++] = (char)(value | 128);
    bytes[n++] = (char)value;
    eg__text_add(to, bytes, n);
}

void eg__onnx_put_integer(eg__text *to, uint32_t field, int64_t value)
{
    put_varint(to, (uint64_t)field << 3);
    put_varint(to, (uint64_t)value);
}

void eg__onnx_put_real(eg__text *to, uint32_t field, float value)
{
    put_varint(to, (uint64_t)field << 3 | 5);
    eg__text_add(to, (const char *)&value, sizeof value);
}

void eg__onnx_put_bytes(eg__text *to, uint32_t field, const void *bytes, size_t n)
{
    put_varint(to, (uint64_t)field << 3 | 2);
    put_varint(to, n);
    if (n > 0)
        eg__text_add(to, bytes, n);
}

void eg__onnx_put_text(eg__text *to, uint32_t field, const char *text)
{
    eg__onnx_put_bytes(to, field, text, strlen(text));
}

void eg__onnx_put_part(eg__text *to, uint32_t field, eg__text *part)
{
    to->failed = to->failed || part->failed;
    eg__onnx_put_bytes(to, field, part->start, part->length);
    eg__text_free(part);
}

/* ---- attributes ------------------------------------------------------------------------------ */

enum { A_FLOAT = 1, A_INT = 2, A_STRING = 3, A_INTS = 7 };

void eg__onnx_attr_integer(eg__text *to, const char *name, int64_t value)
{
    eg__text a = {0};

    eg__onnx_put_text(&a, 1, name);
    eg__onnx_put_integer(&a, 3, value);
    eg__onnx_put_integer(&a, 20, A_INT);
    eg__onnx_put_part(to, 5, &a);
}

void eg__onnx_attr_real(eg__text *to, const char *name, double value)
{
    eg__text a = {0};

    eg__onnx_put_text(&a, 1, name);
    eg__onnx_put_real(&a, 2, (float)value);
    eg__onnx_put_integer(&a, 20, A_FLOAT);
    eg__onnx_put_part(to, 5, &a);
}

void eg__onnx_attr_text(eg__text *to, const char *name, const char *value)
{
    eg__text a = {0};

    eg__onnx_put_text(&a, 1, name);
    eg__onnx_put_text(&a, 4, value);
    eg__onnx_put_integer(&a, 20, A_STRING);
    eg__onnx_put_part(to, 5, &a);
}

void eg__onnx_attr_integers(eg__text *to, const char *name, int n, const int64_t at[])
{
    eg__text a = {0};

    eg__onnx_put_text(&a, 1, name);
    for (int i = 0; i < n; i++)
        eg__onnx_put_integer(&a, 8, at[i]);
    eg__onnx_put_integer(&a, 20, A_INTS);
    eg__onnx_put_part(to, 5, &a);
}

/* ---- nodes and names ------------------------------------------------------------------------- */

void eg__onnx_put_node(eg__onnx_writer *w, const char *type, int n, const eg__onnx_name in[],
    const eg__onnx_name *out, eg__text *attributes)
{
    eg__text node = {0};

    for (int i = 0; i < n; i++)
        eg__onnx_put_text(&node, 1, in[i].at);
    eg__onnx_put_text(&node, 2, out->at);
    eg__onnx_put_text(&node, 4, type);
    if (attributes) {
        node.failed = node.failed || attributes->failed;
        if (attributes->length > 0)
            eg__text_add(&node, attributes->start, attributes->length);
        eg__text_free(attributes);
    }
    eg__onnx_put_part(&w->nodes, 1, &node);
}

eg__onnx_name eg__onnx_name_of(const eg__onnx_writer *w, eg_ref r)
{
    const eg_node *node = &w->graph->nodes[r.node];
    eg__onnx_name name;

    if (node->name && r.result == 0)
        snprintf(name.at, sizeof name.at, "%s", node->name);
    else
        snprintf(name.at, sizeof name.at, "%%%u.%u", r.node, r.result);
    return name;
}

eg__onnx_name eg__onnx_result(const eg__onnx_writer *w, int i)
{
    return eg__onnx_name_of(w, (eg_ref){w->node, (uint32_t)i});
}

eg__onnx_name eg__onnx_new_name(eg__onnx_writer *w)
{
    eg__onnx_name name;

    snprintf(name.at, sizeof name.at, "%%%u-%d", w->node, w->made++);
    return name;
}

/* ---- constants ------------------------------------------------------------------------------- */

void eg__onnx_put_constant(eg__onnx_writer *w, const char *name, const eg_tensor *x)
{
    eg__text t = {0};

    for (int i = 0; i < x->spec.rank; i++)
        eg__onnx_put_integer(&t, 1, x->spec.dims[i]);
    eg__onnx_put_integer(&t, 2, eg__onnx_type_of(x->spec.dtype));
    eg__onnx_put_text(&t, 8, name);
    eg__onnx_put_bytes(&t, 9, x->data, eg__bytes(&x->spec));
    eg__onnx_put_part(&w->constants, 5, &t);
}

static eg__onnx_name put_new(eg__onnx_writer *w, eg_spec *spec, const void *data)
{
    eg__onnx_name name = eg__onnx_new_name(w);
    eg__text t = {0};

    for (int i = 0; i < spec->rank; i++)
        eg__onnx_put_integer(&t, 1, spec->dims[i]);
    eg__onnx_put_integer(&t, 2, eg__onnx_type_of(spec->dtype));
    eg__onnx_put_text(&t, 8, name.at);
    eg__onnx_put_bytes(&t, 9, data, eg__bytes(spec));
    eg__onnx_put_part(&w->constants, 5, &t);
    return name;
}

eg__onnx_name eg__onnx_integers_constant(eg__onnx_writer *w, int n, const int64_t at[])
{
    eg_spec spec = {.dtype = EG_INT64, .rank = 1, .size = n, .dims = {n}};
    return put_new(w, &spec, at);
}

eg__onnx_name eg__onnx_number_constant(eg__onnx_writer *w, eg_dtype dtype, double value)
{
    eg_spec spec = {.dtype = dtype, .size = 1};
    unsigned char element[16];

    eg__set_element_real(dtype, element, value);
    return put_new(w, &spec, element);
}
