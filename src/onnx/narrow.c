/* Numbers of few bits. What codes stand for comes from a table of all of them; back, a number's
 * neighbours are found by searching the table of those that are not negative, which rise with
 * their codes.
 * Source: onnx.ai/onnx/technical/float8.html; OCP Microscaling Formats 1.0.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "onnx/narrow.h"
#include <math.h>

typedef struct format {
    int exponent, mantissa, bias; /* bits, and what is taken from the exponent */
    int greatest;                 /* the code of the greatest number */
    int overflow;                 /* of what is too large; -1: the greatest */
    int nan;                      /* -1: there is none */
    bool no_minus_zero;
    int sign; /* what a code gets for a minus; 0: there is none */
} format;

static const format formats[EG__ONNX_TYPES] = {
    [EG__ONNX_E4M3FN] = {4, 3, 7, 0x7e, 0x7f, 0x7f, false, 0x80},
    [EG__ONNX_E4M3FNUZ] = {4, 3, 8, 0x7f, 0x80, 0x80, true, 0x80},
    [EG__ONNX_E5M2] = {5, 2, 15, 0x7b, 0x7c, 0x7e, false, 0x80},
    [EG__ONNX_E5M2FNUZ] = {5, 2, 16, 0x7f, 0x80, 0x80, true, 0x80},
    [EG__ONNX_E2M1] = {2, 1, 1, 0x7, -1, 0x8, false, 0x8},
    [EG__ONNX_E8M0] = {8, 0, 127, 0xfe, 0xff, 0xff, false, 0},
};

bool eg__narrow_is_real(int type)
{
    return formats[type].exponent > 0;
}

/* A number without sign; also that of the code behind the greatest, as if it were one. */
static double magnitude(const format *f, int code)
{
    int mantissa = code & ((1 << f->mantissa) - 1), exponent = code >> f->mantissa;

    if (f->mantissa == 0)
        return ldexp(1, exponent - f->bias);
    if (exponent == 0)
        return ldexp(mantissa, 1 - f->bias - f->mantissa);
    return ldexp((1 << f->mantissa) + mantissa, exponent - f->bias - f->mantissa);
}

static float value_of(const format *f, int code)
{
    int low = f->sign ? code & (f->sign - 1) : code;

    if (f->no_minus_zero && code == f->nan)
        return NAN;
    if (low > f->greatest)
        return low == f->overflow && f->overflow != f->nan ? (code & f->sign ? -INFINITY : INFINITY)
                                                           : NAN;
    double value = magnitude(f, low);
    return (float)(f->sign && code & f->sign ? -value : value);
}

eg_tensor *eg__narrow_values(eg_tensor *codes, int type)
{
    const format *f = &formats[type];
    float table[256];
    int64_t n = 256;
    eg_gather_attrs a = {.size = sizeof a};

    if (!eg__narrow_is_real(type))
        return codes;
    for (int i = 0; i < 256; i++)
        table[i] = value_of(f, i);
    return eg_gather_with(eg_copy(EG_FLOAT32, 1, &n, table), eg_cast(codes, EG_INT32), &a);
}

/* ---- back ------------------------------------------------------------------------------------ */

int64_t eg__narrow_least(int type)
{
    return type == EG__ONNX_INT4 ? -8 : type == EG__ONNX_INT2 ? -2 : 0;
}

int64_t eg__narrow_greatest(int type)
{
    return type == EG__ONNX_INT4 ? 7 : type == EG__ONNX_INT2 ? 1 : type == EG__ONNX_UINT4 ? 15 : 3;
}

/* Whole numbers: the lowest bits of those without fraction. */
static eg_tensor *wrapped(eg_tensor *x, int type)
{
    int64_t least = eg__narrow_least(type), n = eg__narrow_greatest(type) - least + 1;
    eg_tensor *low = eg_scalar_int(EG_INT64, least), *whole = eg_cast(x, EG_INT64);
    eg_tensor *y = eg_remainder(eg_sub(whole, low), eg_scalar_int(EG_INT64, n));

    return eg_cast(eg_add(y, low), least < 0 ? EG_INT8 : EG_UINT8);
}

static eg_tensor *integer(int64_t value)
{
    return eg_scalar_int(EG_INT64, value);
}

/* The code whose number is nearest to |x|, of two the even one. */
static eg_tensor *nearest(eg_tensor *x, const format *f, const eg__narrow_rule *rule)
{
    double table[258];
    int64_t n = f->greatest + 2;
    eg_searchsorted_attrs right = {.size = sizeof right, .right = true};
    eg_gather_attrs first = {.size = sizeof first};

    for (int i = 0; i < n; i++)
        table[i] = magnitude(f, i);
    eg_tensor *numbers = eg_copy(EG_FLOAT64, 1, &n, table);
    eg_tensor *low = eg_sub(eg_searchsorted_with(numbers, x, &right), integer(1));
    low = eg_clip(low, integer(0), integer(n - 2));
    eg_tensor *high = eg_add(low, integer(1));
    eg_tensor *below = eg_sub(x, eg_gather_with(numbers, low, &first));
    eg_tensor *above = eg_sub(eg_gather_with(numbers, high, &first), x);
    if (rule->rounding != EG__NEAREST) {
        eg_tensor *exact = eg_less_equal(below, eg_scalar(EG_FLOAT64, 0));
        return rule->rounding == EG__DOWN ? low : eg_where(exact, low, high);
    }
    eg_tensor *odd = eg_equal(eg_bitwise_and(low, integer(1)), integer(1));
    if (f->mantissa == 0)
        odd = eg_equal(low, low);
    eg_tensor *up =
        eg_logical_or(eg_less(above, below), eg_logical_and(eg_equal(above, below), odd));
    return eg_where(up, high, low);
}

static eg_tensor *with_sign(eg_tensor *code, eg_tensor *x, const format *f)
{
    eg_tensor *minus = eg_signbit(x);

    if (!f->sign)
        return code;
    if (f->no_minus_zero)
        minus = eg_logical_and(minus, eg_not_equal(code, integer(0)));
    return eg_where(minus, eg_bitwise_or(code, integer(f->sign)), code);
}

eg_tensor *eg__narrow_codes(eg_tensor *x, int type, const eg__narrow_rule *rule)
{
    const format *f = &formats[type];

    if (!eg__narrow_is_real(type))
        return wrapped(x, type);
    eg_tensor *wide = eg_cast(x, EG_FLOAT64), *size = eg_abs(wide);
    eg_tensor *code = nearest(size, f, rule);
    bool saturate = rule->saturate || f->overflow < 0;
    eg_tensor *too_large = eg_greater(code, integer(f->greatest));
    int64_t instead = saturate ? f->greatest : f->overflow;
    code = with_sign(eg_where(too_large, integer(f->greatest), code), wide, f);
    if (!saturate) {
        eg_tensor *sign =
            f->overflow == f->nan ? integer(instead) : with_sign(integer(instead), wide, f);
        code = eg_where(too_large, sign, code);
        if (type == EG__ONNX_E4M3FN)
            code = eg_where(too_large, with_sign(integer(instead), wide, f), code);
    }
    if (f->nan >= 0)
        code = eg_where(eg_isnan(wide), integer(f->nan), code);
    return eg_cast(code, EG_UINT8);
}
