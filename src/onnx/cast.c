/* Other element types for the same numbers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/narrow.h"

static void cast_to(eg__onnx_call *c, int type)
{
    const char *rounding = word_of(c, "round_mode", "up");
    eg__narrow_rule rule = {.saturate = integer_of(c, "saturate", 1) != 0};
    eg_tensor *x = input(c, 0);

    if (type == EG__ONNX_E8M0)
        rule.rounding = strcmp(rounding, "up") == 0 ? EG__UP
            : strcmp(rounding, "down") == 0         ? EG__DOWN
                                                    : EG__NEAREST;
    if (c->in[0].narrow)
        x = eg__narrow_values(x, c->in[0].narrow);
    if (!eg__onnx_is_narrow(type)) {
        if (!eg__onnx_dtype(type))
            refuse(c, "casts to an element type that eagre does not hold");
        else
            give(c, 0, eg_cast(x, eg__onnx_dtype(type)));
        return;
    }
    give(c, 0, eg__narrow_codes(x, type, &rule));
    if (c->n_out > 0)
        c->out[0].narrow = (uint8_t)type;
}

static void cast(eg__onnx_call *c)
{
    int64_t type = integer_of(c, "to", 0);
    cast_to(c, type > 0 && type < EG__ONNX_TYPES ? (int)type : 0);
}

static void cast_like(eg__onnx_call *c)
{
    int narrow = c->in[1].narrow;
    cast_to(c, narrow ? narrow : eg__onnx_type_of(eg_dtype_of(input(c, 1))));
}

const eg__onnx_op eg__onnx_casts[] = {
    {"Cast", cast, .since = {6, 9, 13, 19, 21, 23, 24, 25, 28}, .takes_narrow = true},
    {"CastLike", cast_like, .since = {15, 19, 21, 23, 24, 25}, .takes_narrow = true},
    {0},
};
