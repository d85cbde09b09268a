/* Element types: facts and single-element access.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/dtype.h"
#include <string.h>

static const eg__dtype_info table[EG__DTYPES] = {
    [EG_NO_DTYPE] = {.name = "none"},
    [EG_BOOL] = {.name = "bool", .size = sizeof(bool), .kind = EG__BOOLEAN, .highest = 1},
    [EG_INT32] = {.name = "int32",
        .size = 4,
        .kind = EG__INTEGER,
        .lowest = INT32_MIN,
        .highest = INT32_MAX},
    [EG_INT64] = {.name = "int64",
        .size = 8,
        .kind = EG__INTEGER,
        .lowest = -0x1p63,
        .highest = 0x1.fffffffffffffp62},
    [EG_FLOAT32] = {.name = "float32", .size = 4, .kind = EG__REAL, .digits = 9},
    [EG_FLOAT64] = {.name = "float64", .size = 8, .kind = EG__REAL, .digits = 17},
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
    static const char *const names[] = {"no type", "bool", "integer", "floating point"};
    return names[kind];
}

double eg__element_real(eg_dtype dtype, const void *element)
{
    switch (dtype) {
    case EG_FLOAT32:
        return *(const float *)element;
    case EG_FLOAT64:
        return *(const double *)element;
    default:
        return (double)eg__element_int(dtype, element);
    }
}

int64_t eg__element_int(eg_dtype dtype, const void *element)
{
    switch (dtype) {
    case EG_BOOL:
        return *(const bool *)element;
    case EG_INT32:
        return *(const int32_t *)element;
    case EG_INT64:
        return *(const int64_t *)element;
    default:
        return (int64_t)eg__element_real(dtype, element);
    }
}

void eg__set_element_real(eg_dtype dtype, void *element, double value)
{
    switch (dtype) {
    case EG_FLOAT32:
        *(float *)element = (float)value;
        break;
    case EG_FLOAT64:
        *(double *)element = value;
        break;
    default:
        eg__set_element_int(dtype, element, (int64_t)value);
    }
}

void eg__set_element_int(eg_dtype dtype, void *element, int64_t value)
{
    switch (dtype) {
    case EG_BOOL:
        *(bool *)element = value != 0;
        break;
    case EG_INT32:
        *(int32_t *)element = (int32_t)value;
        break;
    case EG_INT64:
        *(int64_t *)element = value;
        break;
    case EG_FLOAT32:
        *(float *)element = (float)value;
        break;
    default:
        *(double *)element = (double)value;
    }
}
