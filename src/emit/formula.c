/* Operations that are one formula an element, and the formulas.
 *
 * $0, $1 and $2 are operands, names or numbers; the other marks are those of helper.c. What a real,
 * a signed and an unsigned whole number need differs here and there: a NULL is taken from the one
 * before, and no formula at all means that the operation does not take such numbers. Whole numbers
 * are computed without sign, so that they wrap.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit/emit.h"
#include "ops/registry.h"
#include <eagre/ops.h>
#include <string.h>

typedef struct formula {
    const char *op;
    const char *real, *whole, *natural, *truth; /* by the dtype of the operand */
    const char *refuses;                        /* whole operands for which there is no result */
} formula;

#define OF_MATH(name, function)                                                                    \
    {                                                                                              \
        .op = name, .real = function "$f($0)"                                                      \
    }
#define OF_HELPER(name, helper)                                                                    \
    {                                                                                              \
        .op = name, .real = "$h{" helper "}($0)"                                                   \
    }
#define WRAPS(sign) "($R)(($U)$0 " sign " ($U)$1)"
#define COMPARES(name, sign)                                                                       \
    {                                                                                              \
        .op = name, .real = "$0 " sign " $1", .whole = "$0 " sign " $1"                            \
    }
#define LOGIC(name, sign)                                                                          \
    {                                                                                              \
        .op = name, .truth = "$0 " sign " $1"                                                      \
    }
#define BITS(name, sign)                                                                           \
    {                                                                                              \
        .op = name, .whole = WRAPS(sign), .truth = "$0 " sign " $1"                                \
    }

static const formula formulas[] = {
    {"Add", "$0 + $1", WRAPS("+"), NULL, NULL, NULL},
    {"Sub", "$0 - $1", WRAPS("-"), NULL, NULL, NULL},
    {"Mul", "$0 * $1", WRAPS("*"), NULL, NULL, NULL},
    {.op = "Div", .real = "$0 / $1"},
    {"FloorDiv", "$h{floor_div}($0, $1)", "$h{floor_div_whole}($0, $1)", "($R)($0 / $1)", NULL,
        "$1 == 0"},
    {"Remainder", "$h{remainder}($0, $1)", "$h{remainder_whole}($0, $1)", "($R)($0 % $1)", NULL,
        "$1 == 0"},
    {"Fmod", "fmod$f($0, $1)", "$1 == -1 ? 0 : ($R)($0 % $1)", "($R)($0 % $1)", NULL, "$1 == 0"},
    {"Maximum", "($0 > $1 || $0 != $0) ? $0 : $1", "$0 > $1 ? $0 : $1", NULL, NULL, NULL},
    {"Minimum", "($0 < $1 || $0 != $0) ? $0 : $1", "$0 < $1 ? $0 : $1", NULL, NULL, NULL},
    {"Neg", "-$0", "($R)(0 - ($U)$0)", NULL, NULL, NULL},
    {"Abs", "fabs$f($0)", "$0 < 0 ? ($R)(0 - ($U)$0) : $0", "$0", NULL, NULL},
    {"Sign", "$h{sign}($0)", "($R)(($0 > 0) - ($0 < 0))", "$0 > 0", NULL, NULL},
    {"Square", "$0 * $0", "($R)(($U)$0 * ($U)$0)", NULL, NULL, NULL},
    OF_MATH("Sqrt", "sqrt"),
    {.op = "Rsqrt", .real = "1 / sqrt$f($0)"},
    OF_MATH("Exp", "exp"),
    OF_MATH("Log", "log"),
    OF_MATH("Tanh", "tanh"),
    OF_MATH("Erf", "erf"),
    OF_MATH("Expm1", "expm1"),
    OF_MATH("Exp2", "exp2"),
    OF_MATH("Log1p", "log1p"),
    OF_MATH("Log2", "log2"),
    OF_MATH("Log10", "log10"),
    OF_MATH("Cbrt", "cbrt"),
    OF_MATH("Erfc", "erfc"),
    OF_MATH("Lgamma", "lgamma"),
    {.op = "Pow", .real = "pow$f($0, $1)"},
    {.op = "WholePow",
        .whole = "$h{whole_pow}($0, $1)",
        .natural = "$h{natural_pow}($0, $1)",
        .refuses = "$1 < 0"},
    {.op = "Hypot", .real = "hypot$f($0, $1)"},
    {.op = "LogAddExp", .real = "$h{log_add_exp}($0, $1)"},
    OF_MATH("Sin", "sin"),
    OF_MATH("Cos", "cos"),
    OF_MATH("Tan", "tan"),
    OF_MATH("Asin", "asin"),
    OF_MATH("Acos", "acos"),
    OF_MATH("Atan", "atan"),
    {.op = "Atan2", .real = "atan2$f($0, $1)"},
    OF_MATH("Sinh", "sinh"),
    OF_MATH("Cosh", "cosh"),
    OF_MATH("Asinh", "asinh"),
    OF_MATH("Acosh", "acosh"),
    OF_MATH("Atanh", "atanh"),
    {"Floor", "floor$f($0)", "$0", NULL, NULL, NULL},
    {"Ceil", "ceil$f($0)", "$0", NULL, NULL, NULL},
    {"Round", "rint$f($0)", "$0", NULL, NULL, NULL},
    {"Trunc", "trunc$f($0)", "$0", NULL, NULL, NULL},
    {.op = "IsInf", .real = "fabs$f($0) == ($X)INFINITY"},
    {.op = "IsFinite", .real = "fabs$f($0) < ($X)INFINITY"},
    {.op = "SignBit", .real = "signbit($0) != 0"},
    {.op = "CopySign", .real = "copysign$f($0, $1)"},
    {.op = "NextAfter", .real = "nextafter$f($0, $1)"},
    BITS("BitwiseAnd", "&"),
    BITS("BitwiseOr", "|"),
    BITS("BitwiseXor", "^"),
    {.op = "BitwiseInvert", .whole = "($R)~($U)$0", .truth = "!$0"},
    {.op = "BitwiseLeftShift", .whole = "($U)$1 < 8 * sizeof($R) ? ($R)(($U)$0 << ($U)$1) : 0"},
    {.op = "BitwiseRightShift",
        .whole = "($U)$1 < 8 * sizeof($R) ? ($R)($0 >> ($U)$1) : ($R)($0 < 0 ? -1 : 0)",
        .natural = "($U)$1 < 8 * sizeof($R) ? ($R)($0 >> ($U)$1) : 0"},
    {"Equal", "$0 == $1", "$0 == $1", NULL, "$0 == $1", NULL},
    {"NotEqual", "$0 != $1", "$0 != $1", NULL, "$0 != $1", NULL},
    COMPARES("Less", "<"),
    COMPARES("LessEqual", "<="),
    COMPARES("Greater", ">"),
    COMPARES("GreaterEqual", ">="),
    LOGIC("LogicalAnd", "&"),
    LOGIC("LogicalOr", "|"),
    LOGIC("LogicalXor", "^"),
    {.op = "LogicalNot", .truth = "!$0"},
    {.op = "Where", .truth = "$0 ? $1 : $2"},
    {.op = "Select", .truth = "$0 ? $1 : $2"},
    {"Relu", "$0 <= 0 ? 0 : $0", "$0 <= 0 ? 0 : $0", "$0", NULL, NULL},
    {.op = "Relu6", .real = "$0 <= 0 ? 0 : $0 > 6 ? 6 : $0"},
    {.op = "LeakyRelu", .real = "$0 > 0 ? $0 : $0 * $1"},
    {.op = "Elu", .real = "$0 > 0 ? $0 : $1 * expm1$f($0)"},
    OF_HELPER("Sigmoid", "sigmoid"),
    OF_HELPER("Gelu", "gelu"),
    OF_HELPER("Silu", "silu"),
    OF_HELPER("Mish", "mish"),
    OF_HELPER("Softplus", "softplus"),
    OF_HELPER("Softsign", "softsign"),
    {.op = "HardSigmoid", .real = "$0 <= -3 ? 0 : $0 >= 3 ? 1 : ($0 + 3) / 6"},
    {.op = "HardSwish", .real = "$0 <= -3 ? 0 : $0 >= 3 ? $0 : $0 * (($0 + 3) / 6)"},
    {.op = "Cast", .real = "($R)$0", .whole = "($R)$0", .truth = "($R)$0"},
    {.op = "Quantize", .real = "$h{quantize}($0, $1, $2)"},
    {.op = "Dequantize", .whole = "($R)(($D)$0 - ($D)$2) * $1"},
};

static const formula *find(const char *op)
{
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++)
        if (strcmp(formulas[i].op, op) == 0)
            return &formulas[i];
    return NULL;
}

bool eg__has_formula(const char *op)
{
    return find(op) != NULL;
}

/* ---- the text for a dtype -------------------------------------------------------------------- */

static const char *text_for(const formula *f, eg_dtype dtype)
{
    const eg__dtype_info *d = eg__dtype(dtype);

    if (d->kind == EG__REAL)
        return f->real;
    if (d->kind == EG__BOOLEAN)
        return f->truth;
    return d->is_unsigned && f->natural ? f->natural : f->whole;
}

static const char *text_of_cast(eg_dtype from, eg_dtype to)
{
    if (to == EG_BOOL)
        return "$0 != 0";
    if (eg__c_is_real(from) && eg__dtype(to)->kind == EG__INTEGER)
        return "$t{whole}($0)";
    return "($R)$0";
}

static const char *text_of(const formula *f, const eg_node *node, eg_dtype dtype)
{
    const eg_gelu_attrs *gelu = node->attrs;

    if (node->op == &eg_op_cast)
        return text_of_cast(dtype, node->out->dtype);
    if (node->op == &eg_op_gelu && gelu && gelu->tanh_form)
        return "$h{gelu_tanh}($0)";
    if (node->op == &eg_op_quantize)
        return "$t{quantize}($0, $1, $2)";
    return text_for(f, dtype);
}

const char *eg__formula(eg__emitter *e, const eg_node *node, const eg_spec *const in[],
    const char *const operand[])
{
    const formula *f = find(node->op->name);
    const char *text = f ? text_of(f, node, in[0]->dtype) : NULL;

    if (!text) {
        eg__cannot(e, "there is no formula for %s", eg_dtype_name(in[0]->dtype));
        return "0";
    }
    return eg__fill_in(e, text, in[0]->dtype, node->out->dtype, operand);
}

const char *eg__formula_refuses(eg__emitter *e, const eg_node *node, const eg_spec *const in[],
    const char *const operand[])
{
    const formula *f = find(node->op->name);
    const eg__dtype_info *d = eg__dtype(in[0]->dtype);
    bool sees_sign = f && strcmp(f->op, "WholePow") == 0;

    if (!f || !f->refuses || d->kind != EG__INTEGER || (sees_sign && d->is_unsigned))
        return NULL;
    return eg__fill_in(e, f->refuses, in[0]->dtype, node->out->dtype, operand);
}
