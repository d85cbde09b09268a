/* eagre ops --json: the table of bindings (eagre/bind.h) for programs.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops.h"

/* A string of JSON; null for NULL. */
static void put_string(const char *text)
{
    if (!text) {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '\n')
            fputs("\\n", stdout);
        else if ((unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned)*text);
        else
            printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    }
    putchar('"');
}

static void put_field(const char *name, const char *text)
{
    printf(", \"%s\": ", name);
    put_string(text);
}

static void put_dtypes(uint32_t dtypes)
{
    const char *between = "";

    fputs(", \"dtypes\": [", stdout);
    for (int d = 1; d < 32; d++)
        if (dtypes >> d & 1) {
            fputs(between, stdout);
            put_string(eg_dtype_name((eg_dtype)d));
            between = ", ";
        }
    putchar(']');
}

static void put_inputs(const eg_bind_op *op)
{
    fputs(",\n  \"inputs\": [", stdout);
    for (int i = 0; i < op->n_inputs; i++) {
        fputs(i ? ",\n    {\"name\": " : "{\"name\": ", stdout);
        put_string(op->inputs[i]);
        put_dtypes(op->dtypes[i]);
        printf(", \"promoted\": %s}", op->promoted >> i & 1 ? "true" : "false");
    }
    putchar(']');
}

static void put_attributes(int i)
{
    eg_bind_attribute a;

    fputs(",\n  \"attributes\": [", stdout);
    for (int k = 0; take_attribute(i, k, &a); k++) {
        char *prose = eg_bind_attribute_prose(i, k);
        fputs(k ? ",\n    {\"name\": " : "{\"name\": ", stdout);
        put_string(a.name);
        put_field("kind", kind_names[a.kind]);
        put_field("default", a.required ? NULL : a.fallback);
        put_field("prose", prose);
        putchar('}');
        eg_free(prose);
    }
    putchar(']');
}

void print_op_json(int i, const eg_bind_op *op)
{
    char *prose = eg_bind_prose(i), *prototypes = eg_bind_prototypes(i);

    fputs("{\"name\": ", stdout);
    put_string(op->name);
    put_field("function", op->function);
    put_inputs(op);
    printf(", \"variadic\": %s, \"results\": %d", op->variadic ? "true" : "false", op->n_results);
    put_attributes(i);
    fputs(",\n  \"gradient\": ", stdout);
    put_string(op->gradient);
    put_field("no_gradient", op->no_gradient);
    printf(", \"flops\": %s", !op->name ? "null" : op->flops ? "true" : "false");
    put_field("numpy", op->numpy);
    put_field("tensorflow", op->tensorflow);
    put_field("onnx", op->onnx);
    put_field("prototypes", prototypes);
    put_field("prose", prose);
    putchar('}');
    eg_free(prototypes);
    eg_free(prose);
}
