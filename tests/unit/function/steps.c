/* What a function runs, kernel by kernel.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <stdio.h>
#include <string.h>

static const eg_tensor *weights;
static int line_of_relu;

EG_FUNCTION(layer, x)
{
    eg_tensor *w = (eg_tensor *)(uintptr_t)weights;
    line_of_relu = __LINE__ + 1;
    eg_tensor *y = eg_relu(eg_add(eg_matmul(x, w), eg_get(w, 0)));
    return eg_sum(eg_mul(eg_transpose(y), 2), .axes = EG_AXES(0));
}

static int find(const eg_function *f, const char *name, eg_step_info *step)
{
    for (int i = 0; eg_function_step(f, i, step); i++)
        if (strcmp(step->name, name) == 0)
            return i;
    fail_msg("there is no kernel %s", name);
    return -1;
}

TEST(a_kernel_tells_what_is_in_it_what_that_saves_and_why_not_more)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(layer);
    eg_step_info s = {.size = sizeof s};

    weights = eg_normal(eg_key(1), EG_DIMS(96, 80));
    eg_call(f, eg_normal(eg_key(2), EG_DIMS(100, 96)));
    assert_fine();
    find(f, "MatMul+Add+Relu", &s);
    assert_int_equal(s.operations, 3);
    assert_true(s.bytes_saved == 2 * 2 * 100 * 80 * 4);
    assert_string_equal(s.result, "float32[100,80]");
    assert_non_null(strstr(s.file, "steps.c"));
    assert_int_equal(s.line, line_of_relu);
    assert_int_equal(s.trace, 0);
    assert_false(s.backward);
    assert_true(s.flops > 2.0 * 100 * 96 * 80);
    assert_string_equal(s.why_apart, "Transpose: that takes no elements one by one");
    find(f, "Mul", &s);
    assert_int_equal(s.operations, 1);
    assert_true(s.bytes_saved == 0);
    assert_string_equal(s.why_apart, "Sum: that takes no elements one by one");
    find(f, "Sum", &s);
    assert_string_equal(s.why_apart, "");
    eg_function_free(f);
}

EG_FUNCTION(sizes, x)
{
    eg_tensor *few = eg_abs(eg_neg(eg_slice(eg_get(x, 0), .count = EG_AT(2))));
    return eg_tuple(few, eg_add(eg_exp(eg_get(x, 0)), x), eg_matmul(eg_sub(x, 1), x));
}

TEST(reasons_are_numbers_of_elements_and_what_takes_none_one_by_one)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(sizes);
    eg_step_info s = {.size = sizeof s};

    eg_call(f, eg_normal(eg_key(2), EG_DIMS(80, 80)));
    assert_fine();
    find(f, "Neg", &s);
    assert_string_equal(s.why_apart, "Abs: few elements: one kernel would not be faster");
    find(f, "Exp", &s);
    assert_string_equal(s.why_apart, "Add: that has another number of elements");
    find(f, "Sub", &s);
    assert_string_equal(s.why_apart, "MatMul: that takes no elements one by one");
    eg_function_free(f);
}

EG_FUNCTION(squares, x)
{
    return eg_sum(eg_square(eg_mul(x, 2)));
}

TEST(gradients_have_kernels_too_and_all_are_printed)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(squares);
    eg_step_info s = {.size = sizeof s};
    eg_tensor *x = eg_normal(eg_key(2), EG_DIMS(1000)), *dx;
    char text[2048] = "";
    int forward = 0, backward = 0;
    {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(eg_call(f, x), 1, &x, &dx);
    }
    assert_fine();
    for (int i = 0; eg_function_step(f, i, &s); i++)
        *(s.backward ? &backward : &forward) += 1;
    assert_true(forward >= 1 && backward >= 1);
    FILE *to = tmpfile();
    assert_int_equal(eg_function_print_steps(f, to), EG_OK);
    rewind(to);
    assert_true(fread(text, 1, sizeof text - 1, to) > 0);
    fclose(to);
    assert_non_null(strstr(text, "squares, trace 0:\n"));
    assert_non_null(strstr(text, "+Sum : "));
    assert_non_null(strstr(text, " operations, "));
    assert_non_null(strstr(text, "gradient: "));
    eg_function_free(f);
}

TEST(asking_for_what_is_not_there_gives_nothing)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(squares);
    eg_step_info s = {.size = sizeof s};

    assert_false(eg_function_step(f, 0, &s));
    eg_call(f, 1.0);
    assert_false(eg_function_step(f, -1, &s));
    assert_false(eg_function_step(f, 1000, &s));
    assert_false(eg_function_step(NULL, 0, &s));
    assert_false(eg_function_step(f, 0, NULL));
    s.size = 0;
    assert_false(eg_function_step(f, 0, &s));
    eg_function_print_steps(NULL, stdout);
    assert_error(EG_INVALID, "function is NULL");
    eg_function_print_steps(f, NULL);
    assert_error(EG_INVALID, "to is NULL");
    eg_function_free(f);
}
