/* The encoding of Protocol Buffers, read in place: nothing is copied or allocated, and no length
 * in it is believed before it has been compared with what is left.
 * Source: protobuf.dev/programming-guides/encoding.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ONNX_WIRE_H
#define ONNX_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message, or what is left of it. */
typedef struct eg__wire {
    const unsigned char *at, *end;
} eg__wire;

typedef enum eg__wire_type {
    EG__WIRE_VARINT = 0,
    EG__WIRE_64 = 1,
    EG__WIRE_BYTES = 2,
    EG__WIRE_32 = 5,
} eg__wire_type;

typedef struct eg__wire_field {
    uint32_t number;
    eg__wire_type type;
    uint64_t value; /* of a number: its bits */
    eg__wire bytes; /* of text, bytes and messages */
} eg__wire_field;

static inline size_t eg__wire_size(eg__wire w)
{
    return (size_t)(w.end - w.at);
}

/* Whether the message is well formed on this level; the other functions stop where it is not. */
bool eg__wire_ok(eg__wire message);

/* Reads the next field; false behind the last. */
bool eg__wire_next(eg__wire *message, eg__wire_field *field);

/* How many fields have that number. */
int64_t eg__wire_count(eg__wire message, uint32_t number);

/* Numbers in fields of that number, one each or packed; `type` is that of a single one. The second
 * copies the bits of all of them, the first says how many there are; -1 where their bytes are cut
 * off. */
int64_t eg__wire_numbers(eg__wire message, uint32_t number, eg__wire_type type);
void eg__wire_copy(eg__wire message, uint32_t number, eg__wire_type type, uint64_t to[]);

/* A float from its 32 bits, a double from its 64. */
float eg__wire_float(uint64_t bits);
double eg__wire_double(uint64_t bits);

#endif
