/* Elements as keys, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "kernel/key.h"
#include "tensor/dtype.h"
#include <string.h>

/* Whole numbers: the sign's bit turned makes them rise from 0; the complement falls. */
#define TURNED(U, bits) ((U) ~((bits) ^ (U)1 << (8 * sizeof(U) - 1)))

/* Numbers below zero fall as their bits rise. Adding 0 makes -0 the same as 0. */
static inline uint32_t key_of_float(float x)
{
    const uint32_t bits = eg__bits_of_float(x + 0.0f);
    const uint32_t key = bits >> 31 ? bits : bits ^ 0x7fffffffu;
    return x != x ? 0 : key;
}

static inline uint32_t bits_of_float(uint32_t key)
{
    return key >> 31 ? key : key ^ 0x7fffffffu;
}

static inline uint64_t key_of_double(double x)
{
    const uint64_t bits = eg__bits_of_double(x + 0.0);
    const uint64_t key = bits >> 63 ? bits : bits ^ UINT64_MAX >> 1;
    return x != x ? 0 : key;
}

static inline uint64_t bits_of_double(uint64_t key)
{
    return key >> 63 ? key : key ^ UINT64_MAX >> 1;
}

#define T            int8_t
#define U            uint8_t
#define K            uint32_t
#define NAME         keys_i8
#define KEY(x, bits) TURNED(uint8_t, bits)
#define BITS_OF(key) TURNED(uint8_t, key)
#include "kernel/keys.inc"

#define T            int16_t
#define U            uint16_t
#define K            uint32_t
#define NAME         keys_i16
#define KEY(x, bits) TURNED(uint16_t, bits)
#define BITS_OF(key) TURNED(uint16_t, key)
#include "kernel/keys.inc"

#define T            int32_t
#define U            uint32_t
#define K            uint32_t
#define NAME         keys_i32
#define KEY(x, bits) TURNED(uint32_t, bits)
#define BITS_OF(key) TURNED(uint32_t, key)
#include "kernel/keys.inc"

#define T            int64_t
#define U            uint64_t
#define K            uint64_t
#define NAME         keys_i64
#define KEY(x, bits) TURNED(uint64_t, bits)
#define BITS_OF(key) TURNED(uint64_t, key)
#include "kernel/keys.inc"

#define T            uint8_t
#define U            uint8_t
#define K            uint32_t
#define NAME         keys_u8
#define KEY(x, bits) ((uint8_t) ~(bits))
#define BITS_OF(key) (~(key))
#include "kernel/keys.inc"

#define T            uint16_t
#define U            uint16_t
#define K            uint32_t
#define NAME         keys_u16
#define KEY(x, bits) ((uint16_t) ~(bits))
#define BITS_OF(key) (~(key))
#include "kernel/keys.inc"

#define T            uint32_t
#define U            uint32_t
#define K            uint32_t
#define NAME         keys_u32
#define KEY(x, bits) ((uint32_t) ~(bits))
#define BITS_OF(key) (~(key))
#include "kernel/keys.inc"

#define T            uint64_t
#define U            uint64_t
#define K            uint64_t
#define NAME         keys_u64
#define KEY(x, bits) ((uint64_t) ~(bits))
#define BITS_OF(key) (~(key))
#include "kernel/keys.inc"

#define T            float
#define U            uint32_t
#define K            uint32_t
#define NAME         keys_f32
#define KEY(x, bits) ((void)(bits), key_of_float(x))
#define BITS_OF(key) bits_of_float(key)
#include "kernel/keys.inc"

#define T            double
#define U            uint64_t
#define K            uint64_t
#define NAME         keys_f64
#define KEY(x, bits) ((void)(bits), key_of_double(x))
#define BITS_OF(key) bits_of_double(key)
#include "kernel/keys.inc"

#define ALL(name)                                                                                  \
    {                                                                                              \
        name##_block, name##_read, name##_write                                                    \
    }

extern const eg__keying EG__FOR_ISA(eg__keying)[];

const eg__keying EG__FOR_ISA(eg__keying)[EG__DTYPES] = {
    [EG_BOOL] = ALL(keys_u8),
    [EG_INT8] = ALL(keys_i8),
    [EG_INT16] = ALL(keys_i16),
    [EG_INT32] = ALL(keys_i32),
    [EG_INT64] = ALL(keys_i64),
    [EG_UINT8] = ALL(keys_u8),
    [EG_UINT16] = ALL(keys_u16),
    [EG_UINT32] = ALL(keys_u32),
    [EG_UINT64] = ALL(keys_u64),
    [EG_FLOAT32] = ALL(keys_f32),
    [EG_FLOAT64] = ALL(keys_f64),
};
