/* Element types: facts and single-element access.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/dtype.h"
#include "tensor/half.h"
#include <string.h>

/* ---- access to one element ------------------------------------------------------------------ */

/* For a C type: its value as GET(x) in both types, and back by SET(x). */
#define ACCESS(name, type, GET_REAL, GET_INT, SET_REAL, SET_INT)                                   \
    static double name##_real(const void *element)                                                 \
    {                                                                                              \
        return (double)GET_REAL(*(const type *)element);                                           \
    }                                                                                              \
    static int64_t name##_integer(const void *element)                                             \
    {                                                                                              \
        return (int64_t)GET_INT(*(const type *)element);                                           \
    }                                                                                              \
    static void name##_set_real(void *element, double value)                                       \
    {                                                                                              \
        *(type *)element = (type)SET_REAL(value);                                                  \
    }                                                                                              \
    static void name##_set_integer(void *element, int64_t value)                                   \
    {                                                                                              \
        *(type *)element = (type)SET_INT(value);                                                   \
    }

#define SAME(x)    (x)
#define NONZERO(x) ((x) != 0)
#define OF_INT(f)  (double)f

ACCESS(bool, bool, SAME, SAME, NONZERO, NONZERO)
ACCESS(int8, int8_t, SAME, SAME, SAME, SAME)
ACCESS(int16, int16_t, SAME, SAME, SAME, SAME)
ACCESS(int32, int32_t, SAME, SAME, SAME, SAME)
ACCESS(int64, int64_t, SAME, SAME, SAME, SAME)
ACCESS(uint8, uint8_t, SAME, SAME, SAME, SAME)
ACCESS(uint16, uint16_t, SAME, SAME, SAME, SAME)
ACCESS(uint32, uint32_t, SAME, SAME, SAME, SAME)
ACCESS(uint64, uint64_t, SAME, SAME, SAME, SAME)
ACCESS(float32, float, SAME, SAME, SAME, SAME)
ACCESS(float64, double, SAME, SAME, SAME, SAME)
ACCESS(float16, uint16_t, eg__float_of_f16, eg__float_of_f16, eg__f16_of_double, eg__f16_of_double)
ACCESS(bfloat16, uint16_t, eg__float_of_bf16, eg__float_of_bf16, eg__bf16_of_double,
    eg__bf16_of_double)

/* The real part; writing it makes the number real. */
#define COMPLEX_ACCESS(name, type)                                                                 \
    static double name##_real(const void *element)                                                 \
    {                                                                                              \
        return (double)*(const type *)element;                                                     \
    }                                                                                              \
    static int64_t name##_integer(const void *element)                                             \
    {                                                                                              \
        return (int64_t) * (const type *)element;                                                  \
    }                                                                                              \
    static void name##_set_real(void *element, double value)                                       \
    {                                                                                              \
        ((type *)element)[0] = (type)value;                                                        \
        ((type *)element)[1] = 0;                                                                  \
    }                                                                                              \
    static void name##_set_integer(void *element, int64_t value)                                   \
    {                                                                                              \
        name##_set_real(element, (double)value);                                                   \
    }

COMPLEX_ACCESS(complex64, float)
COMPLEX_ACCESS(complex128, double)

static double no_real(const void *element)
{
    (void)element;
    return 0;
}

static int64_t no_integer(const void *element)
{
    (void)element;
    return 0;
}

static void set_no_real(void *element, double value)
{
    (void)element, (void)value;
}

static void set_no_integer(void *element, int64_t value)
{
    (void)element, (void)value;
}

/* ---- the table ------------------------------------------------------------------------------ */

#define BY(name) name##_real, name##_integer, name##_set_real, name##_set_integer
#define WHOLE(name, bytes, is_unsigned, lowest, highest)                                           \
    {                                                                                              \
#name, bytes, EG__INTEGER, is_unsigned, false, 0, lowest, highest, BY(name), EG_NO_DTYPE   \
    }
#define REAL(name, bytes, digits)                                                                  \
    {                                                                                              \
#name, bytes, EG__REAL, false, bytes == 2, digits, 0, 0, BY(name), EG_NO_DTYPE             \
    }
#define COMPLEX(name, bytes, digits, part)                                                         \
    {                                                                                              \
#name, bytes, EG__COMPLEX, false, false, digits, 0, 0, BY(name), part                      \
    }

/* Writing a number gives the empty string. */
static void set_string_real(void *element, double value)
{
    (void)value;
    memset(element, 0, sizeof(char *));
}

static void set_string_integer(void *element, int64_t value)
{
    set_string_real(element, (double)value);
}

static const eg__dtype_info table[EG__DTYPES] = {
    [EG_NO_DTYPE] = {.name = "none",
        .real = no_real,
        .integer = no_integer,
        .set_real = set_no_real,
        .set_integer = set_no_integer},
    [EG_BOOL] = {"bool", sizeof(bool), EG__BOOLEAN, true, false, 0, 0, 1, BY(bool), EG_NO_DTYPE},
    [EG_INT8] = WHOLE(int8, 1, false, INT8_MIN, INT8_MAX),
    [EG_INT16] = WHOLE(int16, 2, false, INT16_MIN, INT16_MAX),
    [EG_INT32] = WHOLE(int32, 4, false, INT32_MIN, INT32_MAX),
    [EG_INT64] = WHOLE(int64, 8, false, -0x1p63, 0x1.fffffffffffffp62),
    [EG_UINT8] = WHOLE(uint8, 1, true, 0, UINT8_MAX),
    [EG_UINT16] = WHOLE(uint16, 2, true, 0, UINT16_MAX),
    [EG_UINT32] = WHOLE(uint32, 4, true, 0, UINT32_MAX),
    [EG_UINT64] = WHOLE(uint64, 8, true, 0, 0x1.fffffffffffffp63),
    [EG_FLOAT16] = REAL(float16, 2, 5),
    [EG_BFLOAT16] = REAL(bfloat16, 2, 4),
    [EG_FLOAT32] = REAL(float32, 4, 9),
    [EG_FLOAT64] = REAL(float64, 8, 17),
    [EG_COMPLEX64] = COMPLEX(complex64, 8, 9, EG_FLOAT32),
    [EG_COMPLEX128] = COMPLEX(complex128, 16, 17, EG_FLOAT64),
    [EG_STRING] = {.name = "string",
        .size = sizeof(char *),
        .kind = EG__TEXT,
        .real = no_real,
        .integer = no_integer,
        .set_real = set_string_real,
        .set_integer = set_string_integer},
};

const eg__dtype_info *eg__dtype(eg_dtype dtype)
{
    return &table[(unsigned)dtype < EG__DTYPES ? dtype : EG_NO_DTYPE];
}

const char *eg_dtype_name(eg_dtype dtype)
{
    return (unsigned)dtype < EG__DTYPES ? table[dtype].name : "unknown";
}

size_t eg_dtype_size(eg_dtype dtype)
{
    return eg__dtype(dtype)->size;
}

eg_dtype eg_dtype_find(const char *name)
{
    for (int i = 1; name && i < EG__DTYPES; i++)
        if (strcmp(name, table[i].name) == 0)
            return (eg_dtype)i;
    return EG_NO_DTYPE;
}

const char *eg__kind_name(eg__kind kind)
{
    static const char *const names[] = {"no type", "string", "bool", "integer", "floating point",
        "complex"};
    return names[kind];
}

/* ---- complex numbers ------------------------------------------------------------------------ */

eg_dtype eg__part_of(eg_dtype dtype)
{
    return eg__is_complex(dtype) ? eg__dtype(dtype)->part : dtype;
}

eg_dtype eg__complex_of(eg_dtype part)
{
    return part == EG_FLOAT32 ? EG_COMPLEX64 : part == EG_FLOAT64 ? EG_COMPLEX128 : EG_NO_DTYPE;
}

eg_pair eg__element_pair(eg_dtype dtype, const void *element)
{
    const eg__dtype_info *d = eg__dtype(dtype);
    const char *second = (const char *)element + d->size / 2;

    return (
        eg_pair){d->real(element), eg__is_complex(dtype) ? eg__dtype(d->part)->real(second) : 0};
}

void eg__set_element_pair(eg_dtype dtype, void *element, eg_pair value)
{
    const eg__dtype_info *d = eg__dtype(dtype);

    d->set_real(element, value.re);
    if (eg__is_complex(dtype))
        eg__dtype(d->part)->set_real((char *)element + d->size / 2, value.im);
}

/* ---- promotion ------------------------------------------------------------------------------ */

static eg_dtype signed_of(size_t size)
{
    return size == 2 ? EG_INT16 : size == 4 ? EG_INT32 : size == 8 ? EG_INT64 : EG_NO_DTYPE;
}

eg_dtype eg__promote(eg_dtype a, eg_dtype b)
{
    const eg__dtype_info *x = eg__dtype(a), *y = eg__dtype(b);

    if (a == b)
        return a;
    if (x->kind + y->kind == EG__REAL + EG__COMPLEX && x->kind >= EG__REAL)
        return eg__complex_of(eg__promote(EG_FLOAT32, eg__promote(eg__part_of(a), eg__part_of(b))));
    if (x->kind != y->kind)
        return EG_NO_DTYPE;
    if (x->size == y->size && x->kind == EG__REAL)
        return EG_FLOAT32; /* float16 and bfloat16 */
    if (x->is_unsigned == y->is_unsigned)
        return x->size > y->size ? a : b;
    const eg__dtype_info *natural = x->is_unsigned ? x : y, *whole = x->is_unsigned ? y : x;
    return whole->size > natural->size ? signed_of(whole->size) : signed_of(2 * natural->size);
}
