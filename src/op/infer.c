/* Shared shape rules.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "op/infer.h"
#include <stdarg.h>
#include <string.h>

eg_status eg__shape_error(eg_shapes *s, const char *format, ...)
{
    char message[sizeof((eg_error *)0)->message], *p = message;
    size_t room = sizeof message;
    va_list args;

    for (int i = 0; i < s->n_in && i < 4; i++) {
        char text[EG__SPEC_TEXT];
        int n = snprintf(p, room, i ? " and %s" : "%s", eg__spec_text(s->in[i], text));
        n = n < (int)room ? n : (int)room - 1;
        p += n;
        room -= (size_t)n;
    }
    if (s->n_in > 0 && room > 2) {
        memcpy(p, ": ", 3);
        p += 2;
        room -= 2;
    }
    va_start(args, format);
    vsnprintf(p, room, format, args);
    va_end(args);
    return eg__fail(EG_INVALID, s->op->name, "%s", message);
}

eg_status eg__infer_size(eg_shapes *s, eg_spec *out)
{
    if (EG_LIKELY(eg__spec_measure(out)))
        return EG_OK;
    return eg__shape_error(s, "the result would have too many elements for any memory");
}

eg_status eg__infer_axis(eg_shapes *s, int *axis, int rank)
{
    if (eg__axis_ok(axis, rank))
        return EG_OK;
    if (rank == 0)
        return eg__shape_error(s, "axis %d of a single number; it has no axes", *axis);
    return eg__shape_error(s, "there is no axis %d; axes are %d to %d", *axis, -rank, rank - 1);
}

eg_status eg__infer_same(eg_shapes *s)
{
    *s->out[0] = *s->in[0];
    return EG_OK;
}

bool eg__broadcast_shape(eg_spec *into, const eg_spec *add)
{
    int rank = into->rank > add->rank ? into->rank : add->rank;
    eg_spec wide = *into;

    wide.rank = rank;
    for (int i = 0; i < rank; i++) {
        int a = i - (rank - into->rank), b = i - (rank - add->rank);
        int64_t x = a >= 0 ? into->dims[a] : 1, y = b >= 0 ? add->dims[b] : 1;
        if (x != y && x != 1 && y != 1)
            return false;
        wide.dims[i] = x == 1 ? y : x;
    }
    *into = wide;
    return true;
}

eg_status eg__infer_broadcast(eg_shapes *s)
{
    eg_spec *out = s->out[0];

    *out = *s->in[0];
    for (int i = 1; i < s->n_in; i++) {
        if (EG_LIKELY(eg__same_shape(out, s->in[i])))
            continue;
        if (!eg__broadcast_shape(out, s->in[i]))
            return eg__shape_error(s,
                "the shapes do not broadcast; sizes must agree or be 1, "
                "counted from the last axis: use eg_reshape");
        if (eg__infer_size(s, out) != EG_OK)
            return EG_INVALID;
    }
    return EG_OK;
}

eg_status eg__infer_compare(eg_shapes *s)
{
    eg_status status = eg__infer_broadcast(s);
    s->out[0]->dtype = EG_BOOL;
    return status;
}

eg_status eg__infer_bytes(eg_shapes *s, int64_t rows, int64_t columns)
{
    for (int i = 0; i < 2; i++) {
        const eg_spec *x = s->in[i], *zero = s->in[2 + i];
        if (x->dtype != EG_INT8 && x->dtype != EG_UINT8)
            return eg__shape_error(s, "it takes int8 and uint8; eg_cast %s", s->op->in[i]);
        if (zero->dtype != x->dtype)
            return eg__shape_error(s, "%s has not the dtype of %s", s->op->in[2 + i], s->op->in[i]);
        int64_t many = i == 0 ? rows : columns;
        if (zero->size != 1 && (zero->rank != 1 || zero->size != many))
            return eg__shape_error(s, "%s is not one number%s", s->op->in[2 + i],
                many == 1    ? ""
                    : i == 0 ? ", nor one for each row"
                             : ", nor one for each column");
    }
    s->out[0]->dtype = EG_INT32;
    return eg__infer_size(s, s->out[0]);
}
