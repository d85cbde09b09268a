/* eagre ops NAME: all that is known of an operation, for people.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "ops.h"
#include <string.h>

/* Prints a text with each of its lines indented. */
static void print_indented(const char *text, int by)
{
    while (text && *text) {
        size_t n = strcspn(text, "\n");
        printf("%*s%.*s\n", n ? by : 0, "", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

static void print_dtypes(uint32_t dtypes)
{
    const char *between = "";
    uint32_t all = 0;

    for (int d = 1; d < 32 && eg_dtype_size((eg_dtype)d) > 0; d++)
        all |= (uint32_t)1 << d;
    if (dtypes == all) {
        puts("any dtype");
        return;
    }
    for (int d = 1; d < 32; d++)
        if (dtypes >> d & 1) {
            printf("%s%s", between, eg_dtype_name((eg_dtype)d));
            between = ", ";
        }
    puts("");
}

static void print_inputs(const eg_bind_op *op)
{
    for (int i = 0; i < op->n_inputs; i++) {
        printf("input      %s%s: ", op->inputs[i], op->variadic ? ", ..." : "");
        print_dtypes(op->dtypes[i]);
    }
}

static void print_attributes(int i)
{
    eg_bind_attribute a;

    for (int k = 0; take_attribute(i, k, &a); k++) {
        char *prose = eg_bind_attribute_prose(i, k);
        printf("attribute  %s: %s", a.name, kind_names[a.kind]);
        if (!a.required && *a.fallback)
            printf(" [%s]", a.fallback);
        printf(prose ? "; %s\n" : "\n", prose ? prose : "");
        eg_free(prose);
    }
}

static void print_name(const char *where, const char *name)
{
    if (name)
        printf("%-10s %s\n", where, name);
}

void print_page(int i, const eg_bind_op *op)
{
    char *prose = eg_bind_prose(i), *prototypes = eg_bind_prototypes(i);

    printf("%s\n", op->name ? op->name : op->function);
    print_indented(prototypes, 4);
    print_indented(prose, 0);
    eg_free(prototypes);
    eg_free(prose);
    if (!op->name) {
        puts("gradient   through the operations that it is made of");
        return;
    }
    print_inputs(op);
    print_attributes(i);
    if (op->n_results > 1)
        printf("results    %d\n", op->n_results);
    printf("gradient   %s%s%s\n", op->gradient, op->no_gradient ? ": " : "",
        op->no_gradient ? op->no_gradient : "");
    printf("FLOPs      %s\n", op->flops ? "counted" : "none");
    print_name("NumPy", op->numpy);
    print_name("TensorFlow", op->tensorflow);
    print_name("ONNX", op->onnx);
}
