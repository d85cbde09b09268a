/* Functions with options, and variables that belong to functions, while memory runs out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "torture.h"

/* ---- options --------------------------------------------------------------------------------- */

static eg_tensor *tower(int n, eg_tensor *const in[], void *env)
{
    const char *kind = *(const char **)env;

    (void)n;
    eg_tensor *x = in[0];
    for (int i = 0; i < eg_item_int(in[1]); i++)
        x = *kind == 't' ? eg_tanh(x) : eg_neg(x);
    return x;
}

static uint64_t first_letter(const void *env)
{
    return (uint64_t) * *(const char *const *)env;
}

static bool same_letter(const void *a, const void *b)
{
    return first_letter(a) == first_letter(b);
}

static void call_with_options(torture *t, void *env)
{
    static const char *kind;
    static const eg_env_type type = {.size = sizeof type,
        .hash = first_letter,
        .equal = same_letter};
    static const eg_argument arguments[] = {{.name = "x",
                                                .shape = {.known = true, .rank = 1, .dims = {-1}}},
        {.name = "height", .by_value = true}};
    eg_function_attrs attrs = {.size = sizeof attrs,
        .name = "tower",
        .signature = {sizeof *arguments, 2, arguments},
        .env = &kind,
        .env_size = sizeof kind,
        .env_type = &type,
        .most_bytes = 1,
        .strict = true};
    eg_function *f = eg_function_new_with(&(eg_callable){tower, 2, NULL}, &attrs);

    (void)env;
    kind = "tanh";
    torture_result(t, eg_call(f, EG_F32(1, 2), 2));
    torture_result(t, eg_call(f, EG_F32(1, 2), 3));
    torture_result(t, eg_call(f, EG_F32(1, 2), 3));
    kind = "neg";
    torture_result(t, eg_call(f, EG_F32(1, 2, 3), 1));
    eg_function_clear(f);
    torture_result(t, eg_call(f, EG_F32(1, 2, 3), 1));
    eg_function_free(f);
}

TEST(functions_with_options_report_the_allocation_that_fails)
{
    torture_sweep("functions with options", call_with_options, NULL);
}

EG_FUNCTION(layer, x)
{
    eg_tensor *w = eg_function_variable("w", EG_F32(1, 2));
    eg_tensor *b = eg_function_variable("b", 0.5);

    eg_assign_add(b, 1);
    return eg_add(eg_mul(x, w), b);
}

static void make_variables(torture *t, void *env)
{
    eg_function *f = eg_function_of(layer);

    (void)env;
    for (int i = 0; i < 3; i++)
        torture_result(t, eg_call(f, 2.0));
    torture_result(t, eg_value(eg_function_variable_at(f, 1)));
    eg_function_free(f);
}

TEST(variables_of_functions_report_the_allocation_that_fails)
{
    torture_sweep("variables of a function", make_variables, NULL);
}
