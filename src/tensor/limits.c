/* What dtypes hold, which belong together, what they promote to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/dtype.h"
#include <eagre/dtype.h>
#include <math.h>
#include <string.h>

eg_dtype eg_result_type(int n, const eg_dtype dtypes[])
{
    eg_dtype common = EG_NO_DTYPE;

    for (int i = 0; dtypes && i < n; i++) {
        common = i == 0 ? dtypes[i] : eg__promote(common, dtypes[i]);
        if (eg__dtype(common)->size == 0)
            return EG_NO_DTYPE;
    }
    return common;
}

bool eg_can_cast(eg_dtype from, eg_dtype to)
{
    return eg__dtype(from)->size > 0 && eg__promote(from, to) == to;
}

/* ---- kinds ---------------------------------------------------------------------------------- */

static bool is_signed(const eg__dtype_info *d)
{
    return d->kind == EG__INTEGER && !d->is_unsigned;
}

static bool is_unsigned(const eg__dtype_info *d)
{
    return d->kind == EG__INTEGER && d->is_unsigned;
}

static bool is_bool(const eg__dtype_info *d)
{
    return d->kind == EG__BOOLEAN;
}

static bool is_integral(const eg__dtype_info *d)
{
    return d->kind == EG__INTEGER;
}

static bool is_real(const eg__dtype_info *d)
{
    return d->kind == EG__REAL;
}

static bool is_complex(const eg__dtype_info *d)
{
    return strncmp(d->name, "complex", 7) == 0;
}

static bool is_numeric(const eg__dtype_info *d)
{
    return is_integral(d) || is_real(d) || is_complex(d);
}

static const struct {
    const char *name;
    bool (*holds)(const eg__dtype_info *d);
    const char *usual; /* the dtype of plain numbers; "": there is no one */
} kinds[] = {
    {"bool", is_bool, "bool"},
    {"signed integer", is_signed, "int32"},
    {"unsigned integer", is_unsigned, "uint32"},
    {"integral", is_integral, "int32"},
    {"real floating", is_real, "float32"},
    {"complex floating", is_complex, "complex64"},
    {"numeric", is_numeric, ""},
};

enum { KINDS = sizeof kinds / sizeof *kinds };

bool eg_isdtype(eg_dtype dtype, const char *kind)
{
    const eg__dtype_info *d = eg__dtype(dtype);

    if (!kind || d->size == 0)
        return false;
    for (int i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, kind) == 0)
            return kinds[i].holds(d);
    return strcmp(d->name, kind) == 0;
}

eg_dtype eg_default_dtype(const char *kind)
{
    if (kind && strcmp(kind, "indexing") == 0)
        return EG_INT64;
    for (int i = 0; kind && i < KINDS; i++)
        if (strcmp(kinds[i].name, kind) == 0)
            return eg_dtype_find(kinds[i].usual);
    return EG_NO_DTYPE;
}

/* ---- limits --------------------------------------------------------------------------------- */

eg_real_limits eg_finfo(eg_dtype dtype)
{
    static const struct {
        const char *name;
        int digits, exponent; /* of the significand in base 2; the largest */
    } formats[] = {
        {"float16", 11, 15},
        {"bfloat16", 8, 127},
        {"float32", 24, 127},
        {"float64", 53, 1023},
    };
    const char *name = eg_isdtype(dtype, "complex64") ? "float32"
        : eg_isdtype(dtype, "complex128")             ? "float64"
                                                      : eg_dtype_name(dtype);

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(formats[i].name, name) != 0)
            continue;
        double eps = ldexp(1, 1 - formats[i].digits), max = ldexp(2 - eps, formats[i].exponent);
        eg_dtype part = eg_dtype_find(name);
        return (eg_real_limits){part, (int)eg_dtype_size(part) * 8, eps, -max, max,
            ldexp(1, 1 - formats[i].exponent)};
    }
    return (eg_real_limits){0};
}

eg_int_limits eg_iinfo(eg_dtype dtype)
{
    const eg__dtype_info *d = eg__dtype(dtype);
    int bits = (int)d->size * 8;

    if (d->kind != EG__INTEGER)
        return (eg_int_limits){0};
    if (d->is_unsigned)
        return (eg_int_limits){dtype, bits, 0, UINT64_MAX >> (64 - bits)};
    return (eg_int_limits){dtype, bits, INT64_MIN >> (64 - bits), UINT64_MAX >> (65 - bits)};
}
