/* Elements as keys, compiled once for each instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "kernel/isa.h"
#include "kernel/top_k.h"
#include <string.h>

/* Whole numbers: the sign's bit turned makes them rise from 0; the complement falls. */
#define FALLING(U, bits) ((U) ~((bits) ^ (U)1 << (8 * sizeof(U) - 1)))

/* Numbers below zero fall as their bits rise. Adding 0 makes -0 the same as 0. */
static inline uint32_t key_of_float(float x)
{
    const uint32_t bits = eg__bits_of_float(x + 0.0f);
    const uint32_t key = bits >> 31 ? bits : bits ^ 0x7fffffffu;
    return x != x ? 0 : key;
}

static inline uint64_t key_of_double(double x)
{
    const uint64_t bits = eg__bits_of_double(x + 0.0);
    const uint64_t key = bits >> 63 ? bits : bits ^ UINT64_MAX >> 1;
    return x != x ? 0 : key;
}

#define T            int8_t
#define U            uint8_t
#define NAME         keys_i8
#define KEY(x, bits) FALLING(uint8_t, bits)
#include "kernel/keys.inc"

#define T            int16_t
#define U            uint16_t
#define NAME         keys_i16
#define KEY(x, bits) FALLING(uint16_t, bits)
#include "kernel/keys.inc"

#define T            int32_t
#define U            uint32_t
#define NAME         keys_i32
#define KEY(x, bits) FALLING(uint32_t, bits)
#include "kernel/keys.inc"

#define T            int64_t
#define U            uint64_t
#define NAME         keys_i64
#define KEY(x, bits) FALLING(uint64_t, bits)
#include "kernel/keys.inc"

#define T            uint8_t
#define U            uint8_t
#define NAME         keys_u8
#define KEY(x, bits) ((uint8_t) ~(bits))
#include "kernel/keys.inc"

#define T            uint16_t
#define U            uint16_t
#define NAME         keys_u16
#define KEY(x, bits) ((uint16_t) ~(bits))
#include "kernel/keys.inc"

#define T            uint32_t
#define U            uint32_t
#define NAME         keys_u32
#define KEY(x, bits) ((uint32_t) ~(bits))
#include "kernel/keys.inc"

#define T            uint64_t
#define U            uint64_t
#define NAME         keys_u64
#define KEY(x, bits) ((uint64_t) ~(bits))
#include "kernel/keys.inc"

#define T            float
#define U            uint32_t
#define NAME         keys_f32
#define KEY(x, bits) ((void)(bits), key_of_float(x))
#include "kernel/keys.inc"

#define T            double
#define U            uint64_t
#define NAME         keys_f64
#define KEY(x, bits) ((void)(bits), key_of_double(x))
#include "kernel/keys.inc"

extern const eg__key_loop EG__FOR_ISA(eg__keys)[];

const eg__key_loop EG__FOR_ISA(eg__keys)[EG__DTYPES] = {
    [EG_BOOL] = keys_u8,
    [EG_INT8] = keys_i8,
    [EG_INT16] = keys_i16,
    [EG_INT32] = keys_i32,
    [EG_INT64] = keys_i64,
    [EG_UINT8] = keys_u8,
    [EG_UINT16] = keys_u16,
    [EG_UINT32] = keys_u32,
    [EG_UINT64] = keys_u64,
    [EG_FLOAT32] = keys_f32,
    [EG_FLOAT64] = keys_f64,
};
