/* Lines of C, names that are free, numbers that keep their bits.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/number.h"
#include "emit/emit.h"
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_NAME = 48 };

/* ---- lines ---------------------------------------------------------------------------------- */

void *eg__emit_take(eg__emitter *e, size_t size)
{
    void *memory = eg__arena_take(&e->memory, size + 1);
    if (!memory)
        eg__fail_memory(e->op, size);
    return memory;
}

static const char *format_say(eg__emitter *e, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = n < 0 ? NULL : eg__emit_take(e, (size_t)n + 1);
    if (!text)
        return "";
    vsnprintf(text, (size_t)n + 1, format, args);
    return text;
}

const char *eg__say(eg__emitter *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *text = format_say(e, format, args);
    va_end(args);
    return text;
}

static void put_line(eg__emitter *e, const char *line, const char *end)
{
    eg__text_fill(&e->body, ' ', 4 * e->depth);
    eg__text_put(&e->body, line);
    eg__text_put(&e->body, end);
}

void eg__line(eg__emitter *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    put_line(e, format_say(e, format, args), "\n");
    va_end(args);
}

void eg__open(eg__emitter *e, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *line = format_say(e, format, args);
    va_end(args);
    put_line(e, line, *line ? " {\n" : "{\n");
    e->depth++;
}

void eg__close(eg__emitter *e)
{
    e->depth--;
    put_line(e, "}", "\n");
}

bool eg__cannot(eg__emitter *e, const char *format, ...)
{
    const eg_node *node = e->now;
    va_list args;
    char why[256];

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    if (node && node->site.file)
        eg__fail(EG_INVALID, e->op, "%s (%s:%d) cannot be written as C: %s", node->op->name,
            node->site.file, node->site.line, why);
    else
        eg__fail(EG_INVALID, e->op, "%s cannot be written as C: %s", node ? node->op->name : "it",
            why);
    return false;
}

/* ---- names ---------------------------------------------------------------------------------- */

/* What C, C++ and math.h have, as far as values are called by it. */
static const char *const reserved[] = {"acos", "acosh", "alignas", "alignof", "and", "arena",
    "asin", "asinh", "asm", "atan", "atan2", "atanh", "auto", "bool", "break", "case", "catch",
    "cbrt", "ceil", "char", "class", "compl", "complex", "const", "continue", "copysign", "cos",
    "cosh", "default", "delete", "do", "double", "else", "enum", "erf", "erfc", "exp", "exp2",
    "explicit", "expm1", "export", "extern", "fabs", "false", "float", "floor", "fmod", "for",
    "friend", "gamma", "goto", "hypot", "i", "if", "imaginary", "inline", "int", "int8_t", "j",
    "j0", "j1", "jn", "l", "lane", "lgamma", "log", "log10", "log1p", "log2", "long", "m", "main",
    "memcpy", "memset", "mutable", "n", "namespace", "new", "nextafter", "not", "o", "operator",
    "or", "places", "pow", "private", "protected", "public", "register", "restrict", "return",
    "rint", "short", "signbit", "signed", "sin", "sinh", "sizeof", "sqrt", "state", "static",
    "struct", "switch", "tan", "tanh", "template", "this", "throw", "true", "trunc", "try",
    "typedef", "typename", "u", "union", "unsigned", "using", "virtual", "void", "volatile",
    "weights", "while", "xor", "y0", "y1", "yn"};

static bool is_reserved(const char *name)
{
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(reserved[i], name) == 0)
            return true;
    return false;
}

const char *eg__c_word(eg__emitter *e, const char *wish)
{
    char *name = eg__emit_take(e, LONGEST_NAME + 2);
    int n = 0;

    if (!name)
        return "";
    if (!isalpha((unsigned char)wish[0]))
        name[n++] = 'v';
    for (; *wish && n < LONGEST_NAME; wish++)
        name[n++] = (char)(isalnum((unsigned char)*wish) ? tolower((unsigned char)*wish) : '_');
    name[n] = '\0';
    return name;
}

const char *eg__c_upper(eg__emitter *e, const char *word)
{
    char *upper = eg__emit_take(e, strlen(word) + 1);

    for (size_t i = 0; upper && i <= strlen(word); i++)
        upper[i] = (char)toupper((unsigned char)word[i]);
    return upper ? upper : "";
}

/* "MatMul" as "mat_mul". */
static const char *snake(eg__emitter *e, const char *wish)
{
    char text[2 * LONGEST_NAME];
    int n = 0;

    for (int i = 0; wish[i] && n < 2 * LONGEST_NAME - 2; i++) {
        bool starts =
            isupper((unsigned char)wish[i]) && i > 0 && islower((unsigned char)wish[i - 1]);
        if (starts)
            text[n++] = '_';
        text[n++] = wish[i];
    }
    text[n] = '\0';
    return eg__c_word(e, text);
}

static bool take_name(eg__emitter *e, const char *name, uint32_t number)
{
    if (!eg__map_set(&e->names, eg__hash_bytes(1, name, strlen(name)), number))
        eg__fail_memory(e->op, sizeof number);
    return !eg__me.failed;
}

/* A taken name is kept with the last number that was put behind it. */
const char *eg__c_name(eg__emitter *e, const char *wish)
{
    const char *name = snake(e, wish), *free_name = name;
    uint32_t *last = eg__map_find(&e->names, eg__hash_bytes(1, name, strlen(name)));
    uint32_t number = last ? *last : 1;

    if (!last && !is_reserved(name))
        return take_name(e, name, 1) ? name : "";
    while (!eg__me.failed) {
        free_name = eg__say(e, "%s_%u", name, ++number);
        if (!eg__map_find(&e->names, eg__hash_bytes(1, free_name, strlen(free_name))))
            break;
    }
    return take_name(e, name, number) && take_name(e, free_name, 1) ? free_name : "";
}

/* ---- types ---------------------------------------------------------------------------------- */

typedef struct c_type {
    const char *name, *brief, *lowest, *highest;
} c_type;

static const c_type types[EG__DTYPES] = {
    [EG_BOOL] = {"uint8_t", "bool", "0", "1"},
    [EG_INT8] = {"int8_t", "i8", "INT8_MIN", "INT8_MAX"},
    [EG_INT16] = {"int16_t", "i16", "INT16_MIN", "INT16_MAX"},
    [EG_INT32] = {"int32_t", "i32", "INT32_MIN", "INT32_MAX"},
    [EG_INT64] = {"int64_t", "i64", "INT64_MIN", "INT64_MAX"},
    [EG_UINT8] = {"uint8_t", "u8", "0", "UINT8_MAX"},
    [EG_UINT16] = {"uint16_t", "u16", "0", "UINT16_MAX"},
    [EG_UINT32] = {"uint32_t", "u32", "0", "UINT32_MAX"},
    [EG_UINT64] = {"uint64_t", "u64", "0", "UINT64_MAX"},
    [EG_FLOAT32] = {"float", "f32", "(-INFINITY)", "INFINITY"},
    [EG_FLOAT64] = {"double", "f64", "(-INFINITY)", "INFINITY"},
};

const char *eg__c_type(eg_dtype dtype)
{
    return types[dtype].name;
}

const char *eg__c_short(eg_dtype dtype)
{
    return types[dtype].brief;
}

const char *eg__c_highest(eg_dtype dtype)
{
    return types[dtype].highest;
}

const char *eg__c_lowest(eg_dtype dtype)
{
    return types[dtype].lowest;
}

/* ---- numbers -------------------------------------------------------------------------------- */

const char *eg__c_whole(eg__emitter *e, eg_dtype dtype, int64_t value)
{
    const char *format = "%" PRId64;

    if (dtype == EG_UINT64)
        return eg__say(e, "UINT64_C(%" PRIu64 ")", (uint64_t)value);
    if (dtype == EG_INT64 && value == INT64_MIN)
        return "INT64_MIN";
    if (dtype == EG_INT32 && value == INT32_MIN)
        return "INT32_MIN";
    if (dtype == EG_UINT32)
        return eg__say(e, "%" PRIu32 "u", (uint32_t)value);
    if (dtype == EG_INT64)
        format = value < 0 ? "(-INT64_C(%" PRId64 "))" : "INT64_C(%" PRId64 ")";
    else if (value < 0)
        format = "(-%" PRId64 ")";
    const int64_t size = value < 0 ? -value : value;
    char text[64];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, format, size);
#pragma GCC diagnostic pop
    return eg__say(e, "%s", text);
}

const char *eg__c_real(eg__emitter *e, eg_dtype dtype, double value)
{
    bool wide = dtype == EG_FLOAT64;
    eg__text text = {0};

    if (!isfinite(value))
        return isnan(value) ? "NAN" : value > 0 ? "INFINITY" : "(-INFINITY)";
    eg__put_real(&text, fabs(value), wide ? 17 : 9);
    const char *digits = text.start && !text.failed ? text.start : "";
    bool is_whole = !strpbrk(digits, ".e");
    const char *said = eg__say(e, "%s%s%s%s%s", signbit(value) ? "(-" : "", digits,
        is_whole ? ".0" : "", wide ? "" : "f", signbit(value) ? ")" : "");
    if (text.failed)
        eg__fail_memory(e->op, sizeof digits);
    eg__text_free(&text);
    return said;
}

const char *eg__c_literal(eg__emitter *e, eg_dtype dtype, const void *element)
{
    if (eg__c_is_real(dtype))
        return eg__c_real(e, dtype, eg__element_real(dtype, element));
    return eg__c_whole(e, dtype, eg__element_int(dtype, element));
}

/* ---- elements ------------------------------------------------------------------------------- */

const char *eg__read(eg__emitter *e, const eg__cvalue *v, const char *index)
{
    return v->is_array ? eg__say(e, "%s[%s]", v->name, index) : v->name;
}

void eg__write(eg__emitter *e, const eg__cvalue *v, const char *index, const char *expression)
{
    if (v->is_array)
        eg__line(e, "%s[%s] = %s;", v->name, index, expression);
    else
        eg__line(e, "%s = %s;", v->name, expression);
}

const char *eg__pointer(eg__emitter *e, const eg__cvalue *v)
{
    return v->is_array ? v->name : eg__say(e, "&%s", v->name);
}

void eg__copy_all(eg__emitter *e, const eg__cvalue *to, const eg__cvalue *from)
{
    long long n = (long long)to->spec->size;

    if (n == 0 || strcmp(to->name, from->name) == 0)
        return;
    if (n == 1)
        eg__write(e, to, "0", eg__read(e, from, "0"));
    else
        eg__line(e, "memcpy(%s, %s, %lld * sizeof *%s);", to->name, from->name, n, to->name);
}
