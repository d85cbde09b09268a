/* Specs: checking, comparing, showing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "tensor/spec.h"
#include "base/error.h"
#include <string.h>

bool eg__spec_measure(eg_spec *spec)
{
    int64_t count = 1, bytes = (int64_t)eg__dtype(spec->dtype)->size, unused;
    bool empty = false;

    for (int i = 0; i < spec->rank; i++) {
        empty = empty || spec->dims[i] == 0;
        if (spec->dims[i] != 0 && __builtin_mul_overflow(count, spec->dims[i], &count))
            return false;
    }
    spec->size = empty ? 0 : count;
    return !__builtin_mul_overflow(count, bytes, &unused) && unused < INT64_MAX / 4;
}

eg_status eg__spec_set(eg_spec *spec, const char *op, eg_dtype dtype, int rank,
    const int64_t dims[])
{
    *spec = (eg_spec){.dtype = dtype, .rank = rank, .size = 1};
    if (eg__dtype(dtype)->size == 0)
        return eg__fail(EG_INVALID, op, "%d is no dtype; use EG_FLOAT32 and its like", (int)dtype);
    if (rank < 0 || rank > EG_MAX_RANK)
        return eg__fail(EG_INVALID, op, "the rank is %d; it must be 0 to %d", rank, EG_MAX_RANK);
    if (rank > 0 && !dims)
        return eg__fail(EG_INVALID, op, "the rank is %d but dims is NULL", rank);
    for (int i = 0; i < rank; i++) {
        if (dims[i] < 0)
            return eg__fail(EG_INVALID, op, "size %lld of axis %d is negative", (long long)dims[i],
                i);
        spec->dims[i] = dims[i];
    }
    if (!eg__spec_measure(spec)) {
        char text[EG__SPEC_TEXT];
        return eg__fail(EG_INVALID, op, "%s has too many elements for any memory",
            eg__spec_text(spec, text));
    }
    return EG_OK;
}

bool eg__same_shape(const eg_spec *a, const eg_spec *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dims[i] != b->dims[i])
            return false;
    return true;
}

bool eg__same_spec(const eg_spec *a, const eg_spec *b)
{
    return a->dtype == b->dtype && eg__same_shape(a, b);
}

const char *eg__shape_text(const eg_spec *spec, char *text)
{
    char *p = text;

    *p++ = '[';
    for (int i = 0; i < spec->rank; i++)
        p += sprintf(p, i ? ",%lld" : "%lld", (long long)spec->dims[i]);
    *p++ = ']';
    *p = '\0';
    return text;
}

const char *eg__spec_text(const eg_spec *spec, char *text)
{
    size_t n = (size_t)sprintf(text, "%s", eg_dtype_name(spec->dtype));
    eg__shape_text(spec, text + n);
    return text;
}

bool eg__axis_ok(int *axis, int rank)
{
    if (*axis < -rank || *axis >= rank)
        return false;
    *axis += *axis < 0 ? rank : 0;
    return true;
}
