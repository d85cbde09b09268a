/* Declared signatures, arguments by value, environments of the user's own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include <stdlib.h>
#include <string.h>

static int bodies_run;

EG_FUNCTION(scaled_sum, x, y)
{
    bodies_run++;
    return eg_mul(eg_add(x, y), 0.5);
}

/* It asks for the size, so that no trace serves another one. */
EG_FUNCTION(doubled, x)
{
    bodies_run++;
    return eg_mul(x, eg_dim(x, 0) < 0 ? 3 : 2);
}

/* ---- declared signatures --------------------------------------------------------------------- */

TEST(a_call_that_is_not_as_declared_names_the_argument)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(scaled_sum,
        .signature = EG_SIGNATURE({.name = "image", .dtype = EG_FLOAT32, .shape = EG_SHAPE(-1, 3)},
            {.name = "gain", .shape = EG_SCALAR}));
    eg_tensor *x = eg_ones(EG_FLOAT32, EG_DIMS(2, 3));

    assert_prints(eg_sum(eg_call(f, x, eg_scalar(EG_FLOAT32, 1))), "6. float32[]");
    eg_call(f, eg_ones(EG_FLOAT32, EG_DIMS(5, 3)), eg_scalar(EG_FLOAT32, 1));
    assert_fine();
    eg_call(f, eg_ones(EG_FLOAT32, EG_DIMS(2, 4)), eg_scalar(EG_FLOAT32, 1));
    assert_error(EG_INVALID,
        "argument \"image\" of scaled_sum is float32[2,4], declared float32[?,3]; reshape it");
    eg_call(f, eg_ones(EG_FLOAT64, EG_DIMS(2, 3)), 1.0);
    assert_error(EG_INVALID, "is float64[2,3], declared float32[?,3]; eg_cast it");
    eg_call(f, x, ones(3));
    assert_error(EG_INVALID, "argument \"gain\" of scaled_sum is float32[3], declared any dtype[]");
    assert_int_equal(eg_function_trace_count(f), 1);
    assert_prints(eg_sum(eg_call(f, x, eg_scalar(EG_FLOAT32, 1))), "6. float32[]");
    eg_function_free(f);
}

TEST(a_declaration_holds_in_every_mode)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(doubled,
        .signature = EG_SIGNATURE({.name = "v", .dtype = EG_FLOAT32, .shape = EG_SHAPE(2)}));
    eg_function *outer = eg_function_of(doubled);

    eg_run_functions_eagerly(true);
    eg_call(f, ones(3));
    eg_run_functions_eagerly(false);
    assert_error(EG_INVALID, "argument \"v\" of doubled is float32[3], declared float32[2]");
    assert_prints(eg_call(f, ones(2)), "[2. 2.] float32[2]");
    eg_function_free(f);
    eg_function_free(outer);
}

TEST(variables_are_taken_or_not_as_declared)
{
    EG_SCOPE;
    eg_tensor *v = eg_variable(EG_F32(1, 2), .name = "v");
    eg_function *values =
        eg_function_of(doubled, .signature = EG_SIGNATURE({.name = "x", .takes = EG_TAKES_VALUE}));
    eg_function *variables = eg_function_of(doubled,
        .signature = EG_SIGNATURE({.name = "x", .takes = EG_TAKES_VARIABLE}));

    eg_call(values, v);
    assert_error(EG_INVALID, "argument \"x\" of doubled is a variable, declared a value");
    assert_prints(eg_call(values, eg_value(v)), "[2. 4.] float32[2]");
    eg_call(variables, EG_F32(1));
    assert_error(EG_INVALID, "is a value, declared a variable");
    assert_prints(eg_call(variables, v), "[2. 4.] float32[2]");
    eg_function_free(values);
    eg_function_free(variables);
    eg_variable_free(v);
}

TEST(a_declaration_that_nothing_fits_is_an_error)
{
    EG_SCOPE;

    assert_null(eg_function_of(doubled, .signature = EG_SIGNATURE({.name = "x"}, {.name = "y"})));
    assert_error(EG_INVALID, "another number of arguments");
    assert_null(eg_function_of(doubled, .signature = EG_SIGNATURE({.shape = EG_SHAPE(-2)})));
    assert_error(EG_INVALID, "a size below -1");
    assert_null(
        eg_function_of(doubled, .signature = EG_SIGNATURE({.shape = {.known = true, .rank = 9}})));
    assert_error(EG_INVALID, "a rank outside 0 to 8");
    assert_null(eg_function_of(doubled, .signature = EG_SIGNATURE({.dtype = (eg_dtype)99})));
    assert_error(EG_INVALID, "no dtype");
    assert_null(eg_function_of(doubled,
        .signature = EG_SIGNATURE({.takes = EG_TAKES_VARIABLE, .by_value = true})));
    assert_error(EG_INVALID, "taken by value");
    assert_null(eg_function_of(doubled, .signature = {.n = 1}));
    assert_error(EG_INVALID, "has no arguments");
    assert_null(eg_function_new_with(NULL, NULL));
    assert_error(EG_INVALID, "the body is NULL");
}

TEST(a_name_is_copied_and_stands_in_errors)
{
    EG_SCOPE;
    char name[] = "mine", argument[] = "arg";
    eg_argument declared = {.name = argument, .shape = EG_SCALAR};
    eg_function *f = eg_function_of(doubled, .name = name,
        .signature = {.size = sizeof declared, .n = 1, .arguments = &declared});

    memset(name, 'x', 4);
    memset(argument, 'x', 3);
    eg_call(f, ones(2));
    assert_error(EG_INVALID, "argument \"arg\" of mine is float32[2]");
    eg_function_free(f);
}

/* ---- by value -------------------------------------------------------------------------------- */

EG_FUNCTION(layers, x, n)
{
    bodies_run++;
    for (int i = 0; i < eg_item_int(n); i++)
        x = eg_add(x, 1);
    return eg_item_int(n) > 2 ? x : eg_neg(x);
}

TEST(an_argument_by_value_is_read_without_a_guard_and_part_of_the_key)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(layers,
        .signature = EG_SIGNATURE({.name = "x"}, {.name = "n", .by_value = true}));
    eg_retrace r = {.size = sizeof r};

    bodies_run = 0;
    for (int round = 0; round < 3; round++) {
        assert_true(eg_item(eg_call(f, 1.5, 2)) == -3.5);
        assert_true(eg_item(eg_call(f, 2.5, 3)) == 5.5);
        assert_true(eg_item(eg_call(f, 1.5, 20)) == 21.5);
    }
    assert_int_equal(bodies_run, 3);
    assert_int_equal(eg_function_trace_count(f), 3);
    assert_int_equal(info_of(f).branches, 0);
    assert_true(eg_function_retrace(f, 1, &r));
    assert_int_equal(r.rule, EG_OTHER_VALUE);
    assert_int_equal(r.argument, 1);
    assert_string_equal(r.name, "n");
    assert_string_equal(r.before, "int32[] = 2");
    assert_string_equal(r.now, "int32[] = 3");
    char *text = eg_function_text(f);
    assert_non_null(strstr(text, "layers(%0: float32[], %1: int32[] = 2)"));
    assert_null(strstr(text, "if"));
    eg_free(text);
    eg_function_free(f);
}

TEST(other_numbers_are_tensors_and_do_not_trace_again)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(doubled);

    bodies_run = 0;
    for (int i = 0; i < 10; i++)
        assert_int_equal(eg_item_int(eg_call(f, i)), 2 * i);
    for (int i = 0; i < 10; i++)
        assert_true(eg_item(eg_call(f, i + 0.5)) == 2 * i + 1);
    assert_int_equal(bodies_run, 2);
    eg_function_free(f);
}

TEST(more_than_eight_values_are_as_many_traces)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(layers,
        .signature = EG_SIGNATURE({.name = "x"}, {.name = "n", .by_value = true}));

    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 20; i++)
            assert_true(eg_item(eg_call(f, 0.5, i)) == (i > 2 ? i + 0.5 : -i - 0.5));
    assert_null(eg_function_why_eager(f));
    assert_int_equal(info_of(f).replays, 20);
    eg_function_free(f);
}

EG_FUNCTION(takes_the_rows, x, rows)
{
    int32_t at[2];
    if (eg_read(rows, EG_INT32, at, 2) != EG_OK)
        return NULL;
    return eg_slice(x, .begin = EG_AT(at[0]), .count = EG_AT(at[1]));
}

TEST(all_elements_of_an_argument_by_value_may_be_read)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(takes_the_rows,
        .signature = EG_SIGNATURE({.name = "x"}, {.name = "rows", .by_value = true}));
    eg_tensor *x = EG_F32(1, 2, 3, 4);

    for (int i = 0; i < 2; i++) {
        assert_prints(eg_call(f, x, EG_I32(1, 2)), "[2. 3.] float32[2]");
        assert_prints(eg_call(f, x, EG_I32(0, 3)), "[1. 2. 3.] float32[3]");
    }
    assert_null(eg_function_why_eager(f));
    assert_int_equal(info_of(f).replays, 2);
    eg_function_free(f);
}

TEST(what_cannot_be_taken_by_value_is_an_error)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(layers,
        .signature = EG_SIGNATURE({.name = "x"}, {.name = "n", .by_value = true}));
    eg_tensor *v = eg_variable(eg_constant(2)), *followed = eg_constant(3.0);

    eg_call(f, 1.0, v);
    assert_error(EG_INVALID, "argument \"n\" of layers is a variable, and taken by value");
    eg_call(f, 1.0, ones(2000));
    assert_error(EG_INVALID, "larger than 4096 bytes");
    {
        EG_TAPE;
        eg_watch(followed);
        eg_call(f, 1.0, followed);
        assert_error(EG_INVALID, "taken by value, and a tape follows it");
        assert_true(eg_item(eg_call(f, 1.0, eg_stop_gradient(followed))) == 4);
    }
    eg_function_free(f);
    eg_variable_free(v);
}

EG_FUNCTION(powers, x, n)
{
    eg_tensor *y = x;

    for (int i = 1; i < eg_item_int(n); i++)
        y = eg_mul(y, x);
    return eg_add(y, eg_mul(eg_cast(n, EG_FLOAT64), 0));
}

TEST(gradients_go_past_an_argument_by_value)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(powers,
        .signature = EG_SIGNATURE({.name = "x"}, {.name = "n", .by_value = true}));

    for (int i = 0; i < 6; i++) {
        eg_tensor *x = eg_scalar(EG_FLOAT64, 3), *g;
        int n = 2 + i % 2;
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_call(f, x, n), EG_IN(x), &g);
        assert_true(eg_item(g) == (n == 2 ? 6 : 27));
    }
    assert_int_equal(eg_function_trace_count(f), 2);
    eg_function_free(f);
}

EG_FUNCTION(returns_the_value, x, n)
{
    (void)x;
    return eg_tuple(n, eg_add(n, 1));
}

TEST(an_argument_by_value_may_be_returned)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(returns_the_value,
        .signature = EG_SIGNATURE({.name = "x"}, {.name = "n", .by_value = true}));

    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 3; i++) {
            eg_tensor *y = eg_call(f, 1.0, i);
            assert_int_equal(eg_item_int(eg_part(y, 0)), i);
            assert_int_equal(eg_item_int(eg_part(y, 1)), i + 1);
        }
    eg_function_free(f);
}

/* ---- environments ---------------------------------------------------------------------------- */

typedef struct plan {
    const char *name; /* compared as text */
    double scale;
    int times_looked_at; /* does not matter */
} plan;

static atomic_int copies;

static uint64_t hash_plan(const void *env)
{
    const plan *p = env;
    uint64_t hash = (uint64_t)p->scale;

    for (const char *c = p->name; *c; c++)
        hash = hash * 31 + (unsigned char)*c;
    return hash;
}

static bool same_plan(const void *a, const void *b)
{
    const plan *p = a, *q = b;
    return strcmp(p->name, q->name) == 0 && p->scale == q->scale;
}

static void *copy_plan(const void *env)
{
    const plan *p = env;
    plan *copy = malloc(sizeof *copy);
    char *name = malloc(strlen(p->name) + 1);

    if (!copy || !name) {
        free(copy);
        free(name);
        return NULL;
    }
    *copy = *p;
    copy->name = strcpy(name, p->name);
    atomic_fetch_add(&copies, 1);
    return copy;
}

static void free_plan(void *copy)
{
    plan *p = copy;

    free((char *)(uintptr_t)p->name);
    free(p);
    atomic_fetch_sub(&copies, 1);
}

static const eg_env_type plan_type = {sizeof plan_type, hash_plan, same_plan, copy_plan, free_plan};

static eg_tensor *by_plan(int n, eg_tensor *const in[], void *env)
{
    plan *p = env;

    (void)n;
    bodies_run++;
    p->times_looked_at++;
    return p->name[0] == 'n' ? eg_neg(eg_mul(in[0], p->scale)) : eg_mul(in[0], p->scale);
}

static eg_function *of_plan(plan *p)
{
    return eg_function_new_with(&(eg_callable){by_plan, 1, "by_plan"},
        &(eg_function_attrs){.size = sizeof(eg_function_attrs),
            .env = p,
            .env_size = sizeof *p,
            .env_type = &plan_type});
}

TEST(an_environment_is_equal_if_its_callback_says_so)
{
    EG_SCOPE;
    char text[8] = "minus";
    plan p = {text, 2, 0};
    eg_function *f = of_plan(&p);
    eg_retrace r = {.size = sizeof r};

    bodies_run = 0;
    assert_true(eg_item(eg_call(f, 3.0)) == 6);
    p = (plan){"minus", 2, 77}; /* another pointer, the same text */
    assert_true(eg_item(eg_call(f, 3.0)) == 6);
    strcpy(text, "negate");
    p = (plan){text, 2, 0};
    assert_true(eg_item(eg_call(f, 3.0)) == -6);
    strcpy(text, "minus"); /* the key has a copy of the text, not the pointer */
    assert_true(eg_item(eg_call(f, 3.0)) == 6);
    assert_int_equal(bodies_run, 2);
    assert_true(eg_function_retrace(f, 1, &r));
    assert_int_equal(r.rule, EG_OTHER_ENV);
    assert_int_equal(atomic_load(&copies), 2);
    eg_function_free(f);
    assert_int_equal(atomic_load(&copies), 0);
}

static eg_function *callee;

EG_FUNCTION(calls_by_plan, x)
{
    return eg_add(eg_call(callee, x), 1);
}

TEST(a_callees_environment_is_compared_by_its_callback_too)
{
    EG_SCOPE;
    plan p = {"minus", 2, 0};
    callee = of_plan(&p);
    eg_function *f = eg_function_of(calls_by_plan);

    bodies_run = 0;
    for (int i = 0; i < 3; i++) {
        char text[8] = "minus";
        p = (plan){text, 2, i};
        assert_true(eg_item(eg_call(f, 3.0)) == 7);
        p = (plan){"negate", 2, i};
        assert_true(eg_item(eg_call(f, 3.0)) == -5);
    }
    assert_int_equal(bodies_run, 2);
    assert_int_equal(eg_function_trace_count(f), 1);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
    eg_function_free(callee);
    assert_int_equal(atomic_load(&copies), 0);
}

TEST(callbacks_that_could_not_work_are_errors)
{
    EG_SCOPE;
    plan p = {"minus", 2, 0};
    eg_env_type none = {.size = sizeof none, .hash = hash_plan};
    eg_env_type no_copy = {.size = sizeof no_copy, .equal = same_plan};
    eg_callable c = {by_plan, 1, NULL};
    eg_function_attrs attrs = {.size = sizeof attrs, .env = &p, .env_size = sizeof p};

    attrs.env_type = &none;
    assert_null(eg_function_new_with(&c, &attrs));
    assert_error(EG_INVALID, "env_type has no equal");
    attrs.env_type = &no_copy;
    attrs.env_size = 0;
    assert_null(eg_function_new_with(&c, &attrs));
    assert_error(EG_INVALID, "no copy");
}
