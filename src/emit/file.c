/* The two files: what stands around the function.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/bits.h"
#include "emit/program.h"
#include "tensor/variable.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 96 };

/* ---- data ----------------------------------------------------------------------------------- */

/* A number as hexadecimal digits, all its bits: `fraction` are the upper ones of 52. */
static void put_hex(eg__text *text, double x, const char *suffix)
{
    uint64_t bits = eg__bits_of_double(fabs(x)), fraction = bits << 12;
    int exponent = (int)(bits >> 52) - 1023;
    char digits[24];
    int n = 0;

    for (; fraction; fraction <<= 4)
        digits[n++] = "0123456789abcdef"[fraction >> 60];
    digits[n] = '\0';
    if (exponent == -1023) {
        exponent = x == 0 ? 0 : -1022;
        eg__text_format(text, "%s0x0%s%sp%d%s", signbit(x) ? "-" : "", n ? "." : "", digits,
            exponent, suffix);
        return;
    }
    eg__text_format(text, "%s0x1%s%sp%d%s", signbit(x) ? "-" : "", n ? "." : "", digits, exponent,
        suffix);
}

static void put_number(eg__text *text, eg_dtype dtype, const void *element)
{
    double x = eg__c_is_real(dtype) ? eg__element_real(dtype, element) : 0;
    int64_t whole = eg__c_is_real(dtype) ? 0 : eg__element_int(dtype, element);

    if (eg__c_is_real(dtype) && !isfinite(x))
        eg__text_put(text, isnan(x) ? "NAN" : x > 0 ? "INFINITY" : "-INFINITY");
    else if (eg__c_is_real(dtype))
        put_hex(text, x, dtype == EG_FLOAT64 ? "" : "f");
    else if (dtype == EG_UINT64)
        eg__text_format(text, "UINT64_C(%" PRIu64 ")", (uint64_t)whole);
    else if (dtype == EG_INT64 && whole > INT64_MIN)
        eg__text_format(text, whole < 0 ? "-INT64_C(%" PRId64 ")" : "INT64_C(%" PRId64 ")",
            whole < 0 ? -whole : whole);
    else if (whole == INT64_MIN || (dtype == EG_INT32 && whole == INT32_MIN))
        eg__text_put(text, eg__c_lowest(dtype));
    else
        eg__text_format(text, "%" PRId64 "%s", whole, dtype == EG_UINT32 ? "u" : "");
}

static void put_elements(eg__text *text, const eg_tensor *x)
{
    size_t size = eg__dtype(x->spec.dtype)->size, begin = text->length;

    eg__text_put(text, "    ");
    for (int64_t i = 0; i < x->spec.size && !text->failed; i++) {
        if (text->length - begin > COLUMNS - 16) {
            eg__text_put(text, "\n    ");
            begin = text->length;
        }
        put_number(text, x->spec.dtype, (const char *)x->data + (size_t)i * size);
        eg__text_put(text, i + 1 < x->spec.size ? ", " : ",\n");
    }
}

static void put_shape(eg__text *text, const eg_spec *spec)
{
    char room[EG__SPEC_TEXT];
    eg__text_put(text, eg__shape_text(spec, room));
}

static void put_weights(eg__emitter *e, eg__text *text)
{
    for (int i = 0; i < e->n_weights && !e->has_weights; i++) {
        const eg__cdata *d = &e->weights[i];
        eg__text_format(text, "\n/* %s%s ",
            d->variable ? eg__c_word(e, eg_variable_name(d->variable)) : "constant",
            d->variable ? "" : ",");
        put_shape(text, &d->tensor->spec);
        eg__text_format(text, " */\nstatic const %s %s[%lld] = {\n",
            eg__c_type(d->tensor->spec.dtype), d->name, (long long)d->tensor->spec.size);
        put_elements(text, d->tensor);
        eg__text_put(text, "};\n");
    }
}

/* ---- the prototype -------------------------------------------------------------------------- */

static void put_parameter(eg__text *text, const eg__cvalue *v, bool is_const)
{
    eg__text_format(text, "%s%s %s[%lld], ", is_const ? "const " : "", eg__c_type(v->spec->dtype),
        v->name, (long long)(v->spec->size > 0 ? v->spec->size : 1));
}

/* A line is broken in front of a parameter that would not fit. */
static void put_prototype(const eg__emitter *e, const eg__csignature *s, eg__text *text)
{
    size_t begin = text->length;

    eg__text_format(text, "int %s_run(", e->prefix);
    for (int i = 0; i < s->n_in + s->n_out; i++) {
        eg__text one = {0};
        put_parameter(&one, i < s->n_in ? s->in[i] : s->out[i - s->n_in], i < s->n_in);
        if (text->length - begin + one.length > COLUMNS) {
            text->length -= text->start[text->length - 1] == ' ';
            eg__text_put(text, "\n    ");
            begin = text->length;
        }
        eg__text_put(text, one.start ? one.start : "");
        text->failed = text->failed || one.failed;
        eg__text_free(&one);
    }
    if (e->n_states > 0)
        eg__text_format(text, "%s_state *state, ", e->prefix);
    if (e->has_weights && e->n_weights > 0)
        eg__text_format(text, "const %s_weights *weights, ", e->prefix);
    eg__text_put(text, "void *arena)");
}

static void put_arguments(const eg__csignature *s, eg__text *text)
{
    char room[EG__SPEC_TEXT];

    for (int i = 0; i < s->n_in + s->n_out; i++) {
        const eg__cvalue *v = i < s->n_in ? s->in[i] : s->out[i - s->n_in];
        eg__text_format(text, " *     %-12s %s%s\n", v->name, eg__spec_text(v->spec, room),
            i < s->n_in ? "" : ", a result");
    }
}

/* ---- state and weights ---------------------------------------------------------------------- */

static void put_state_struct(const eg__emitter *e, eg__text *text)
{
    if (e->n_states == 0)
        return;
    eg__text_format(text,
        "/* What stays from call to call: the variables that are assigned. */\n"
        "typedef struct %s_state {\n",
        e->prefix);
    for (int i = 0; i < e->n_states; i++) {
        const eg_spec *spec = &e->states[i].tensor->spec;
        eg__text_format(text, "    %s %s[%lld];\n", eg__c_type(spec->dtype), e->states[i].field,
            (long long)(spec->size > 0 ? spec->size : 1));
    }
    eg__text_format(text, "} %s_state;\n\n", e->prefix);
}

static void put_init_prototype(const eg__emitter *e, eg__text *text)
{
    eg__text_format(text, "void %s_init(%s_state *state%s%s%s)", e->prefix, e->prefix,
        e->has_weights && e->n_weights ? ", const " : "",
        e->has_weights && e->n_weights ? e->prefix : "",
        e->has_weights && e->n_weights ? "_weights *weights" : "");
}

static void put_weights_struct(eg__emitter *e, eg__text *text)
{
    if (!e->has_weights || e->n_weights == 0)
        return;
    eg__text_format(text,
        "/* The weights, which the caller has in memory: in a file that was read "
        "or mapped. */\ntypedef struct %s_weights {\n",
        e->prefix);
    for (int i = 0; i < e->n_weights; i++) {
        const eg_spec *spec = &e->weights[i].tensor->spec;
        eg__text_format(text, "    const %s *%s; /* ", eg__c_type(spec->dtype),
            e->weights[i].field);
        put_shape(text, spec);
        eg__text_put(text, " */\n");
    }
    eg__text_format(text, "} %s_weights;\n\n", e->prefix);
    eg__text_put(text, "/* How many bytes into the file each weight begins. */\n");
    for (int i = 0; i < e->n_weights; i++)
        eg__text_format(text, "#define %s_%s_AT %zu\n", eg__c_upper(e, e->prefix),
            eg__c_upper(e, e->weights[i].field), e->weights[i].offset);
    eg__text_format(text,
        "\n/* Finds the weights in the file's bytes, aligned to 8. */\n"
        "void %s_weights_in(%s_weights *weights, const void *file);\n\n",
        e->prefix, e->prefix);
}

static void put_weights_in(eg__emitter *e, eg__text *text)
{
    if (!e->has_weights || e->n_weights == 0)
        return;
    eg__text_format(text,
        "\nvoid %s_weights_in(%s_weights *weights, const void *file)\n{\n"
        "    const unsigned char *bytes = (const unsigned char *)file;\n\n",
        e->prefix, e->prefix);
    for (int i = 0; i < e->n_weights; i++)
        eg__text_format(text, "    weights->%s = (const %s *)(const void *)(bytes + %s_%s_AT);\n",
            e->weights[i].field, eg__c_type(e->weights[i].tensor->spec.dtype),
            eg__c_upper(e, e->prefix), eg__c_upper(e, e->weights[i].field));
    eg__text_put(text, "}\n");
}

static void put_init(eg__emitter *e, eg__text *text)
{
    if (e->n_states == 0)
        return;
    eg__text_put(text, "\n");
    put_init_prototype(e, text);
    eg__text_put(text, "\n{\n");
    for (int i = 0; i < e->n_states; i++) {
        const eg__cdata *d = &e->states[i];
        if (d->initial && d->initial->is_array && d->initial->spec->size > 0)
            eg__text_format(text, "    memcpy(%s, %s, sizeof %s);\n", d->name, d->initial->name,
                d->name);
        else
            eg__text_format(text, "    %s[0] = %s;\n", d->name,
                d->initial && !d->initial->is_array ? d->initial->name : "0");
    }
    eg__text_put(text, "}\n");
}

/* ---- files ---------------------------------------------------------------------------------- */

void eg__c_header(eg__emitter *e, const eg__csignature *s, eg__text *text)
{
    const char *upper = eg__c_upper(e, e->prefix);

    eg__text_format(text, "/* %s: written by eagre %s.\n", s->what, eg_version());
    eg__text_put(text,
        " *\n * Arguments and results, in row-major order, which must not overlap:\n");
    put_arguments(s, text);
    eg__text_format(text,
        " */\n#ifndef %s_H\n#define %s_H\n\n#include <stddef.h>\n"
        "#include <stdint.h>\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n",
        upper, upper);
    eg__text_format(text,
        "/* What %s_run returns. */\nenum {\n    %s_OK = 0,\n"
        "    %s_UNSEEN = 1,       /* a branch that the trace does not know */\n"
        "    %s_OUT_OF_RANGE = 2, /* an index outside, a division by 0 */\n};\n\n",
        e->prefix, upper, upper, upper);
    eg__text_format(text,
        "/* The arena: so many bytes, so aligned. */\n"
        "#define %s_ARENA_BYTES     %zu\n#define %s_ARENA_ALIGNMENT 64\n\n",
        upper, e->arena ? e->arena : 1, upper);
    put_weights_struct(e, text);
    put_state_struct(e, text);
    if (e->n_states > 0) {
        eg__text_put(text, "/* Gives the variables the values that they had. */\n");
        put_init_prototype(e, text);
        eg__text_put(text, ";\n\n");
    }
    put_prototype(e, s, text);
    eg__text_put(text, ";\n\n#ifdef __cplusplus\n}\n#endif\n\n#endif\n");
}

/* Whether the body says a word. */
static bool says(const eg__emitter *e, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = e->body.start; p && (p = strstr(p, word)); p += n)
        if (!strchr("abcdefghijklmnopqrstuvwxyz_0123456789", p[n] ? p[n] : '?'))
            return true;
    return false;
}

static void put_unused(const eg__emitter *e, const eg__csignature *s, eg__text *text)
{
    if (e->arena > 0)
        eg__text_put(text, "    unsigned char *const places = (unsigned char *)arena;\n\n");
    else
        eg__text_put(text, "    (void)arena;\n");
    for (int i = 0; i < s->n_in + s->n_out; i++) {
        const eg__cvalue *v = i < s->n_in ? s->in[i] : s->out[i - s->n_in];
        if (!says(e, v->name))
            eg__text_format(text, "    (void)%s;\n", v->name);
    }
    if (e->n_states > 0 && !says(e, "state"))
        eg__text_put(text, "    (void)state;\n");
    if (e->has_weights && e->n_weights > 0 && !says(e, "weights"))
        eg__text_put(text, "    (void)weights;\n");
}

void eg__c_source(eg__emitter *e, const eg__csignature *s, const char *header, eg__text *text)
{
    eg__text_format(text,
        "/* %s: written by eagre %s. */\n#include \"%s\"\n\n#include <math.h>\n"
        "#include <string.h>\n",
        s->what, eg_version(), header);
    put_weights(e, text);
    eg__text_put(text, e->helpers.start ? e->helpers.start : "");
    put_weights_in(e, text);
    put_init(e, text);
    eg__text_put(text, "\n");
    put_prototype(e, s, text);
    eg__text_put(text, "\n{\n");
    put_unused(e, s, text);
    eg__text_put(text, e->body.start ? e->body.start : "");
    eg__text_put(text, "}\n");
}
