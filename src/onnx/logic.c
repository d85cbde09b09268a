/* Comparison and logic.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/operator.h"

#define TWO_INPUTS(name, function)                                                                 \
    static void name(eg__onnx_call *c)                                                             \
    {                                                                                              \
        give(c, 0, function(input(c, 0), eg__onnx_second(c)));                                     \
    }

TWO_INPUTS(equal, eg_equal)
TWO_INPUTS(less, eg_less)
TWO_INPUTS(less_or_equal, eg_less_equal)
TWO_INPUTS(greater, eg_greater)
TWO_INPUTS(greater_or_equal, eg_greater_equal)
TWO_INPUTS(logical_and, eg_logical_and)
TWO_INPUTS(logical_or, eg_logical_or)
TWO_INPUTS(logical_xor, eg_logical_xor)

static void logical_not(eg__onnx_call *c)
{
    give(c, 0, eg_logical_not(input(c, 0)));
}

static void is_nan(eg__onnx_call *c)
{
    give(c, 0, eg_isnan(input(c, 0)));
}

static void is_inf(eg__onnx_call *c)
{
    eg_tensor *x = input(c, 0), *y = eg_isinf(x);

    if (!integer_of(c, "detect_negative", 1))
        y = eg_logical_and(y, eg_greater(x, like(x, 0)));
    if (!integer_of(c, "detect_positive", 1))
        y = eg_logical_and(y, eg_less(x, like(x, 0)));
    give(c, 0, y);
}

static void where(eg__onnx_call *c)
{
    give(c, 0, eg_where(input(c, 0), input(c, 1), input(c, 2)));
}

const eg__onnx_op eg__onnx_logic[] = {
    {"Equal", equal, .since = {1, 7, 11, 13, 19}},
    {"Less", less, .since = {1, 7, 9, 13}},
    {"LessOrEqual", less_or_equal, .since = {12, 16}},
    {"Greater", greater, .since = {1, 7, 9, 13}},
    {"GreaterOrEqual", greater_or_equal, .since = {12, 16}},
    {"And", logical_and, .since = {1, 7}},
    {"Or", logical_or, .since = {1, 7}},
    {"Xor", logical_xor, .since = {1, 7}},
    {"Not", logical_not, .since = {1}},
    {"IsNaN", is_nan, .since = {9, 13, 20}},
    {"IsInf", is_inf, .since = {10, 20}},
    {"Where", where, .since = {9, 16}},
    {0},
};
