/* What cannot be written as C is an error that names the operation and its line, and no file is
 * left behind.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "emitted.h"
#include <sys/stat.h>

static eg_tensor *variable;

static bool is_there(const char *name)
{
    return access(emitted_path(name), F_OK) == 0;
}

/* Emits a function of an array of two numbers. */
static eg_status emit_as(eg_function *f, const char *file)
{
    eg_tensor_spec x = {"x", EG_FLOAT32, 1, (int64_t[]){2}};
    eg_status status = eg_function_emit_c(f, 1, &x, emitted_path(file));

    eg_function_free(f);
    return status;
}

EG_FUNCTION(plain, x)
{
    return eg_mul(x, 2);
}

static int complex_line;

EG_FUNCTION(complex_numbers, x)
{
    complex_line = __LINE__ + 1;
    return eg_abs(eg_complex(x, x));
}

EG_FUNCTION(random_numbers, x)
{
    return eg_add(x, eg_uniform(eg_cast(x, EG_INT64), EG_DIMS(2)));
}

EG_FUNCTION(halves, x)
{
    return eg_cast(eg_exp(eg_cast(x, EG_FLOAT16)), EG_FLOAT32);
}

TEST(what_has_no_text_is_named_with_its_line)
{
    char place[64];
    EG_SCOPE;

    emit_as(eg_function_of(complex_numbers), "a.c");
    snprintf(place, sizeof place, "mistakes.c:%d) cannot be written as C", complex_line);
    assert_error(EG_INVALID, place);
    emit_as(eg_function_of(complex_numbers), "a.c");
    assert_error(EG_INVALID, "Complex (");
    emit_as(eg_function_of(random_numbers), "a.c");
    assert_error(EG_INVALID, "Uniform");
    emit_as(eg_function_of(halves), "a.c");
    assert_error(EG_INVALID, "float16");
    assert_false(is_there("a.c") || is_there("a.h"));
    emitted_end();
}

TEST(paths_and_names_have_to_be_some)
{
    static const char *const wrong[] = {"model", "model.h", ".c", "/nowhere/.c", ""};
    eg_tensor_spec x = {"x", EG_FLOAT32, 1, (int64_t[]){2}};
    EG_SCOPE;

    eg_function *f = eg_function_of(plain);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        eg_function_emit_c(f, 1, &x, wrong[i]);
        assert_error(EG_INVALID, "does not end with a name and .c");
    }
    eg_function_emit_c(f, 1, &x, NULL);
    assert_error(EG_INVALID, "NULL");
    eg_function_emit_c(f, 1, &x, emitted_path("a.c"), .name = "two words");
    assert_error(EG_INVALID, "no word of C");
    eg_function_emit_c(f, 1, &x, "/nowhere/at/all.c");
    assert_error(EG_IO, "/nowhere/at/all");
    eg_function_emit_c(NULL, 1, &x, "a.c");
    assert_error(EG_INVALID, "NULL");
    eg_concrete_emit_c(NULL, "a.c");
    assert_error(EG_INVALID, "NULL");
    eg_graph_emit_c(NULL, "a.c");
    assert_error(EG_INVALID, "NULL");
    assert_false(eg_emits_c(NULL) || eg_emits_c("Nothing") || eg_emits_c("Svd"));
    assert_true(eg_emits_c("MatMul"));
    eg_function_free(f);
    emitted_end();
}

TEST(a_header_that_cannot_be_written_leaves_no_file)
{
    EG_SCOPE;
    assert_int_equal(mkdir(emitted_path("a.h"), 0700), 0);
    emit_as(eg_function_of(plain), "a.c");
    assert_error(EG_IO, "a.h");
    assert_false(is_there("a.c"));
    emitted_end();
}

static eg_tensor *is_small(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_less(eg_sum(in[0]), 100);
}

static eg_tensor *squared(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    return eg_mul(in[0], in[0]);
}

EG_FUNCTION(unbounded, x)
{
    eg_tensor *dx;
    EG_TAPE;
    eg_watch(x);
    eg_tensor *y = eg_while(is_small, squared, NULL, EG_IN(x));
    eg_gradient(eg_sum(y), 1, &x, &dx);
    return eg_give(dx);
}

TEST(a_gradient_of_a_loop_without_a_bound_asks_for_one)
{
    EG_SCOPE;
    emit_as(eg_function_of(unbounded), "a.c");
    assert_error(EG_INVALID, ".most");
    emitted_end();
}

EG_FUNCTION(other_shapes, x)
{
    return eg_true(eg_greater(eg_sum(x), 0)) ? eg_sum(x) : eg_neg(x);
}

TEST(ways_that_return_other_shapes_are_an_error)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(other_shapes);
    eg_concrete *c = eg_function_concrete(f, EG_IN(EG_F32(1, 2)));
    eg_concrete_extend(c, EG_IN(EG_F32(-1, -2)));
    eg_concrete_emit_c(c, emitted_path("a.c"));
    assert_error(EG_INVALID, "return different shapes");
    eg_concrete_free(c);
    eg_function_free(f);
    emitted_end();
}

EG_FUNCTION(names, x)
{
    return eg_add(eg_exp(x), eg_mul(variable, 2));
}

TEST(names_that_c_has_are_given_others)
{
    static const char *const of[] = {"exp", "i", "arena", "while"};
    EG_SCOPE;

    variable = eg_variable(EG_F32(1, 2), .name = "int 3 */ \" \\ x");
    eg_function *f = eg_function_of(names);
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        eg_tensor_spec x = {of[k], EG_FLOAT32, 1, (int64_t[]){2}};
        eg_function_emit_c(f, 1, &x, emitted_path("while.c"));
        assert_fine();
        assert_true(!emitted_has("gcc") || emitted_load("gcc", "while"));
    }
    eg_function_free(f);
    eg_variable_free(variable);
    emitted_end();
}
