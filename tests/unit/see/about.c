/* What the library says of itself and of its operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <stdio.h>
#include <string.h>

TEST(about_says_version_set_threads_and_libraries)
{
    EG_SCOPE;
    char line[64], *about = eg_about();
    static const char *const words[] = {"\ninstruction set  ", "\noperations       ",
        "\noneDNN           ", "\nSLEEF            ", "\njansson          ", "\nzlib             "};

    snprintf(line, sizeof line, "eagre            %s\n", eg_version());
    assert_ptr_equal(strstr(about, line), about);
    snprintf(line, sizeof line, "\nthreads          %d\n", eg_threads());
    assert_non_null(strstr(about, line));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_non_null(strstr(about, words[i]));
    eg_free(about);
    eg_fail(EG_STATE, "test", "before");
    assert_null(eg_about());
    assert_error(EG_STATE, "before");
}

static eg_op_info find(const char *name)
{
    eg_op_info op = {.size = sizeof op};

    for (int i = 0; eg_op_info_at(i, &op); i++)
        if (strcmp(op.name, name) == 0)
            return op;
    fail_msg("there is no operation %s", name);
    return op;
}

TEST(an_operation_is_described_as_it_is_declared)
{
    eg_op_info op = find("MatMul");

    assert_string_equal(op.inputs, "a, b");
    assert_string_equal(op.attributes, "transpose_a, transpose_b");
    assert_string_equal(op.gradient, "yes");
    assert_string_equal(op.numpy, "matmul");
    assert_string_equal(op.tensorflow, "linalg.matmul");
    assert_string_equal(op.onnx, "MatMul");
    assert_int_equal(op.n_results, 1);
    assert_int_equal(op.size, sizeof op);
    assert_int_equal(find("TopK").n_results, 2);
    assert_string_equal(find("Concat").inputs, "x, ...");
    assert_string_equal(find("Less").gradient, "zero");
    assert_string_equal(find("Range").inputs, "");
}

TEST(there_is_nothing_before_the_first_and_behind_the_last)
{
    eg_op_info op = {.size = sizeof op};
    int n = 0;

    while (eg_op_info_at(n, &op))
        n++;
    assert_true(n > 40);
    assert_false(eg_op_info_at(-1, &op));
    assert_false(eg_op_info_at(n, &op));
    assert_false(eg_op_info_at(0, NULL));
    assert_false(eg_op_info_at(0, &(eg_op_info){.size = 0}));
}

TEST(a_caller_of_an_older_version_gets_the_fields_it_knows)
{
    eg_op_info op = {.size = offsetof(eg_op_info, attributes)};

    memset(op.attributes, 'x', sizeof op.attributes);
    assert_true(eg_op_info_at(0, &op));
    assert_string_equal(op.name, "Add");
    assert_string_equal(op.inputs, "x, y");
    assert_int_equal(op.size, offsetof(eg_op_info, attributes));
    assert_int_equal(op.attributes[0], 'x');
}
