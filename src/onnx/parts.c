/* Parts of a model: names, tensors, attributes. Every count is taken before room is made.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/parse.h"
#include "base/memory.h"
#include <string.h>

static const char op_name[] = "eg_onnx_load";

/* ---- memory, text, numbers ------------------------------------------------------------------- */

bool eg__onnx_wrong(const char *what, const char *name, const char *why)
{
    eg__fail(EG_FORMAT, op_name, "%s \"%.80s\" %s", what, name ? name : "", why);
    return false;
}

void *eg__onnx_room(eg__onnx_parser *p, int64_t n, size_t size)
{
    void *room = NULL;

    if (n > EG__ONNX_MOST_COUNT)
        eg__onnx_wrong("the model", "", "has a list that is too long");
    else if (!(room = eg__arena_take(&p->model->arena, (size_t)(n > 0 ? n : 1) * size)))
        eg__fail_memory(op_name, (size_t)n * size);
    return room;
}

static bool take_text(eg__onnx_parser *p, eg__wire bytes, eg__onnx_text *text)
{
    size_t n = eg__wire_size(bytes);
    char *copy = eg__arena_take(&p->model->arena, n + 1);

    if (!copy) {
        eg__fail_memory(op_name, n);
        return false;
    }
    if (n > 0)
        memcpy(copy, bytes.at, n);
    *text = (eg__onnx_text){copy, n};
    return true;
}

/* A name: text without '\0' inside. */
bool eg__onnx_take_name(eg__onnx_parser *p, eg__wire bytes, const char **name)
{
    eg__onnx_text text;

    if (!take_text(p, bytes, &text))
        return false;
    *name = text.at;
    return strlen(text.at) == text.n ||
        eg__onnx_wrong("the name", text.at, "has a zero byte inside");
}

static bool take_integers(eg__onnx_parser *p, eg__wire message, uint32_t number,
    eg__onnx_attribute *a)
{
    int64_t n = eg__wire_numbers(message, number, EG__WIRE_VARINT);
    uint64_t *room = n < 0 ? NULL : eg__onnx_room(p, n, sizeof *room);

    if (!room)
        return n >= 0 ? false : eg__onnx_wrong("the attribute", a->name, "is cut off");
    eg__wire_copy(message, number, EG__WIRE_VARINT, room);
    a->integers = (int64_t *)room;
    a->n = n;
    return true;
}

static bool take_reals(eg__onnx_parser *p, eg__wire message, uint32_t number, eg__onnx_attribute *a)
{
    int64_t n = eg__wire_numbers(message, number, EG__WIRE_32);
    uint64_t *bits = n < 0 ? NULL : eg__onnx_room(p, n, sizeof *bits);
    double *room = bits ? eg__onnx_room(p, n, sizeof *room) : NULL;

    if (!room)
        return n >= 0 ? false : eg__onnx_wrong("the attribute", a->name, "is cut off");
    eg__wire_copy(message, number, EG__WIRE_32, bits);
    for (int64_t i = 0; i < n; i++)
        room[i] = (double)eg__wire_float(bits[i]);
    a->reals = room;
    a->n = n;
    return true;
}

static bool take_texts(eg__onnx_parser *p, eg__wire message, uint32_t number, eg__onnx_attribute *a)
{
    int64_t n = eg__wire_count(message, number), i = 0;
    eg__onnx_text *room = eg__onnx_room(p, n, sizeof *room);
    eg__wire_field f;

    while (room && eg__wire_next(&message, &f))
        if (f.number == number && !take_text(p, f.bytes, &room[i++]))
            return false;
    a->texts = room;
    a->n = n;
    return room != NULL;
}

/* ---- tensors --------------------------------------------------------------------------------- */

static bool keep(eg_onnx *m, eg_tensor *x)
{
    if (!x)
        return false;
    if (!eg__reserve(&m->kept, sizeof *m->kept, m->n_kept, &m->kept_capacity)) {
        eg__unref(x);
        eg__fail_memory(op_name, sizeof x);
        return false;
    }
    m->kept[m->n_kept++] = x;
    return true;
}

bool eg__onnx_take_tensor(eg__onnx_parser *p, eg__wire bytes, eg__onnx_value *value)
{
    eg_onnx *m = p->model;

    if (!keep(m, eg__onnx_tensor_read(bytes, m->folder, value)))
        return false;
    value->stays = true;
    return true;
}

/* SparseTensorProto: the tensor that it stands for. */
bool eg__onnx_take_sparse(eg__onnx_parser *p, eg__wire bytes, eg__onnx_value *value,
    const char **name)
{
    eg__wire_field f;
    eg__wire at = bytes;
    eg__onnx_value values = {0}, places = {0};
    eg__onnx_attribute dims = {.name = "dims"};

    while (eg__wire_next(&at, &f)) {
        if (f.number == 1 && !eg__onnx_take_tensor(p, f.bytes, &values))
            return false;
        if (f.number == 2 && !eg__onnx_take_tensor(p, f.bytes, &places))
            return false;
        for (eg__wire_field inner; f.number == 1 && eg__wire_next(&f.bytes, &inner);)
            if (inner.number == 8 && !eg__onnx_take_name(p, inner.bytes, name))
                return false;
    }
    if (!take_integers(p, bytes, 3, &dims))
        return false;
    *value = (eg__onnx_value){.kind = EG__ONNX_TENSOR,
        .known = true,
        .stays = true,
        .narrow = values.narrow};
    return keep(p->model, value->tensor = eg__onnx_dense(&values, &places, &dims));
}

/* ---- attributes ------------------------------------------------------------------------------ */

/* The numbers of AttributeProto's fields. */
static bool take_field(eg__onnx_parser *p, const eg__wire_field *f, eg__onnx_attribute *a)
{
    switch (f->number) {
    case 2:
        a->real = (double)eg__wire_float(f->value);
        break;
    case 3:
        a->integer = (int64_t)f->value;
        break;
    case 4:
        a->has_text = true;
        return take_text(p, f->bytes, &a->text);
    case 5:
        return eg__onnx_take_tensor(p, f->bytes, &a->tensor);
    case 6:
        return (a->graph = eg__onnx_take_graph(p, f->bytes, true)) != NULL;
    case 22: {
        const char *name = NULL;
        return eg__onnx_take_sparse(p, f->bytes, &a->tensor, &name);
    }
    case 21:
        return eg__onnx_take_name(p, f->bytes, &a->outer);
    default:
        break;
    }
    return true;
}

static bool take_attribute(eg__onnx_parser *p, eg__wire message, eg__onnx_attribute *a)
{
    eg__wire_field f;
    eg__wire at = message;

    if (!eg__wire_ok(message))
        return eg__onnx_wrong("an attribute", "", "is cut off");
    a->name = "";
    while (eg__wire_next(&at, &f))
        if (f.number == 1 && !eg__onnx_take_name(p, f.bytes, &a->name))
            return false;
    for (at = message; eg__wire_next(&at, &f);)
        if (!take_field(p, &f, a))
            return false;
    if (eg__wire_count(message, 8) && !take_integers(p, message, 8, a))
        return false;
    if (eg__wire_count(message, 7) && !take_reals(p, message, 7, a))
        return false;
    return !eg__wire_count(message, 9) || take_texts(p, message, 9, a);
}

const eg__onnx_attribute *eg__onnx_take_attributes(eg__onnx_parser *p, eg__wire message,
    uint32_t number, int *n)
{
    int64_t count = eg__wire_count(message, number), i = 0;
    eg__onnx_attribute *room = eg__onnx_room(p, count, sizeof *room);
    eg__wire_field f;

    *n = 0;
    while (room && eg__wire_next(&message, &f))
        if (f.number == number && !take_attribute(p, f.bytes, &room[i++]))
            return NULL;
    *n = (int)i;
    return room;
}
