/* Protocol Buffers, field by field.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/wire.h"
#include <string.h>

static bool take_varint(eg__wire *w, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 64 && w->at < w->end; shift += 7) {
        unsigned char byte = *w->at++;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool take_fixed(eg__wire *w, size_t n, uint64_t *value)
{
    *value = 0;
    if (eg__wire_size(*w) < n)
        return false;
    for (size_t i = 0; i < n; i++)
        *value |= (uint64_t)w->at[i] << (8 * i);
    w->at += n;
    return true;
}

static bool take_number(eg__wire *w, eg__wire_type type, uint64_t *value)
{
    if (type == EG__WIRE_VARINT)
        return take_varint(w, value);
    return take_fixed(w, type == EG__WIRE_64 ? 8 : 4, value);
}

static bool take_bytes(eg__wire *w, eg__wire *bytes)
{
    uint64_t n;

    if (!take_varint(w, &n) || n > eg__wire_size(*w))
        return false;
    *bytes = (eg__wire){w->at, w->at + n};
    w->at += n;
    return true;
}

static bool take_field(eg__wire *w, eg__wire_field *field)
{
    uint64_t key;

    if (!take_varint(w, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX)
        return false;
    *field = (eg__wire_field){.number = (uint32_t)(key >> 3), .type = key & 7};
    switch (field->type) {
    case EG__WIRE_BYTES:
        return take_bytes(w, &field->bytes);
    case EG__WIRE_VARINT:
    case EG__WIRE_64:
    case EG__WIRE_32:
        return take_number(w, field->type, &field->value);
    default:
        return false;
    }
}

bool eg__wire_ok(eg__wire message)
{
    eg__wire_field field;

    while (message.at < message.end)
        if (!take_field(&message, &field))
            return false;
    return true;
}

bool eg__wire_next(eg__wire *message, eg__wire_field *field)
{
    return message->at < message->end && take_field(message, field);
}

int64_t eg__wire_count(eg__wire message, uint32_t number)
{
    eg__wire_field field;
    int64_t n = 0;

    while (eg__wire_next(&message, &field))
        n += field.number == number;
    return n;
}

/* How many numbers are packed in bytes; -1: they are not whole numbers of that type. */
static int64_t packed(eg__wire bytes, eg__wire_type type)
{
    uint64_t value;
    int64_t n = 0;

    for (; bytes.at < bytes.end; n++)
        if (!take_number(&bytes, type, &value))
            return -1;
    return n;
}

int64_t eg__wire_numbers(eg__wire message, uint32_t number, eg__wire_type type)
{
    eg__wire_field field;
    int64_t n = 0;

    while (eg__wire_next(&message, &field)) {
        if (field.number != number)
            continue;
        int64_t more = field.type == type ? 1 : -1;
        if (field.type == EG__WIRE_BYTES)
            more = packed(field.bytes, type);
        if (more < 0)
            return -1;
        n += more;
    }
    return n;
}

void eg__wire_copy(eg__wire message, uint32_t number, eg__wire_type type, uint64_t to[])
{
    eg__wire_field field;

    while (eg__wire_next(&message, &field)) {
        if (field.number != number)
            continue;
        if (field.type != EG__WIRE_BYTES)
            *to++ = field.value;
        while (field.bytes.at < field.bytes.end && take_number(&field.bytes, type, to))
            to++;
    }
}

float eg__wire_float(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float value;

    memcpy(&value, &low, sizeof value);
    return value;
}

double eg__wire_double(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}
