/* The table of operations as bindings see it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

static eg_bind_op find(const char *name)
{
    eg_bind_op op = {.size = sizeof op};

    assert_true(eg_bind_op_at(eg_bind_find(name), &op));
    return op;
}

static eg_bind_attribute find_attribute(const char *name, int k)
{
    eg_bind_attribute a = {.size = sizeof a};

    assert_true(eg_bind_attribute_at(eg_bind_find(name), k, &a));
    return a;
}

TEST(an_operation_is_described_as_it_is_declared)
{
    eg_bind_op op = find("MatMul");

    assert_string_equal(op.name, "MatMul");
    assert_string_equal(op.function, "eg_matmul");
    assert_int_equal(op.n_inputs, 2);
    assert_string_equal(op.inputs[0], "a");
    assert_string_equal(op.inputs[1], "b");
    assert_int_equal(op.promoted, 3);
    assert_true(op.dtypes[0] >> EG_INT8 & op.dtypes[0] >> EG_BFLOAT16 & 1);
    assert_false(op.dtypes[0] >> EG_BOOL & 1);
    assert_int_equal(op.n_attributes, 2);
    assert_int_equal(op.n_results, 1);
    assert_string_equal(op.gradient, "yes");
    assert_null(op.no_gradient);
    assert_string_equal(op.numpy, "matmul");
    assert_string_equal(op.tensorflow, "linalg.matmul");
    assert_string_equal(op.onnx, "MatMul");
    assert_int_equal(op.size, sizeof op);
    assert_int_equal(find("TopK").n_results, 2);
    assert_true(find("Concat").variadic);
    assert_string_equal(find("Less").gradient, "zero");
    assert_non_null(strstr(find("Floor").no_gradient, "piecewise constant"));
    assert_int_equal(find("Range").n_inputs, 0);
}

TEST(what_computes_has_counted_operations)
{
    assert_true(find("MatMul").flops);
    assert_true(find("Exp").flops);
    assert_false(find("Greater").flops);
    assert_false(find("Transpose").flops);
    assert_false(find("BitwiseAnd").flops);
    assert_false(find("Normal").flops);
}

TEST(attributes_have_kinds_and_defaults)
{
    eg_bind_attribute a = find_attribute("Sum", 0);

    assert_string_equal(a.name, "axes");
    assert_int_equal(a.kind, EG_BIND_INTS);
    assert_string_equal(a.fallback, "all");
    assert_false(a.required);
    assert_int_equal(find_attribute("Sum", 1).kind, EG_BIND_BOOL);
    assert_string_equal(find_attribute("Sum", 1).fallback, "false");
    assert_int_equal(find_attribute("Concat", 0).kind, EG_BIND_INT);
    assert_string_equal(find_attribute("Concat", 0).fallback, "0");
    assert_int_equal(find_attribute("LayerNorm", 1).kind, EG_BIND_REAL);
    assert_string_equal(find_attribute("LayerNorm", 1).fallback, "1e-5");
    assert_int_equal(find_attribute("Cast", 0).kind, EG_BIND_DTYPE);
    assert_true(find_attribute("Cast", 0).required);
    assert_false(eg_bind_attribute_at(eg_bind_find("Sum"), 2, &a));
    assert_false(eg_bind_attribute_at(eg_bind_find("Sum"), -1, &a));
    assert_false(eg_bind_attribute_at(eg_bind_find("eg_mean"), 0, &a));
    assert_false(eg_bind_attribute_at(-1, 0, &a));
    assert_false(eg_bind_attribute_at(0, 0, NULL));
}

TEST(a_name_is_found_in_any_spelling)
{
    static const char *const spellings[] = {"MatMul", "matmul", "mat_mul", "MATMUL", "eg_matmul",
        "tf.linalg.matmul", "np.matmul"};

    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        assert_string_equal(find(spellings[i]).name, "MatMul");
    assert_string_equal(find("reduce_sum").name, "Sum");
    assert_string_equal(find("ReduceSum").name, "Sum");
    assert_string_equal(find("subtract").name, "Sub");
    assert_null(find("mean").name);
    assert_string_equal(find("mean").function, "eg_mean");
    assert_int_equal(eg_bind_find("Plus"), -1);
    assert_int_equal(eg_bind_find(""), -1);
    assert_int_equal(eg_bind_find("eg_"), -1);
    assert_int_equal(eg_bind_find("."), -1);
    assert_int_equal(eg_bind_find(NULL), -1);
}

TEST(what_the_headers_say_comes_with_the_library)
{
    int i = eg_bind_find("Square");
    char *prose = eg_bind_prose(i), *prototypes = eg_bind_prototypes(i);

    assert_non_null(strstr(prose, "z = x * x."));
    assert_non_null(strstr(prose, "\nOwns: the result."));
    assert_null(strstr(prose, "*/"));
    assert_string_equal(prototypes, "eg_tensor *eg_square(eg_tensor *x);\n");
    eg_free(prose);
    eg_free(prototypes);
    prose = eg_bind_attribute_prose(eg_bind_find("Sum"), 0);
    assert_non_null(strstr(prose, "which to reduce"));
    eg_free(prose);
    assert_null(eg_bind_attribute_prose(eg_bind_find("Cast"), 0));
    assert_null(eg_bind_attribute_prose(-1, 0));
    assert_null(eg_bind_prose(-1));
    assert_null(eg_bind_prototypes(1 << 20));
}

/* Operations that only other ones record have no function of their own: tools/opdocs.py. */
TEST(everything_in_the_table_has_prose_and_prototypes_and_is_found_by_its_name)
{
    eg_bind_op op = {.size = sizeof op};
    eg_bind_attribute a = {.size = sizeof a};
    int i, composed = 0;

    for (i = 0; eg_bind_op_at(i, &op); i++) {
        char *prose = eg_bind_prose(i), *prototypes = eg_bind_prototypes(i);
        assert_true(prototypes ? strstr(prototypes, op.function) && prose && strlen(prose) > 20
                               : op.name && !prose);
        assert_int_equal(eg_bind_find(op.name ? op.name : op.function), i);
        assert_true(!op.name || !op.no_gradient == !strcmp(op.gradient, "yes"));
        for (int k = 0; k < op.n_attributes; k++) {
            assert_true(eg_bind_attribute_at(i, k, &a));
            assert_true(a.kind >= EG_BIND_BOOL && a.kind <= EG_BIND_INTS);
        }
        composed += !op.name;
        eg_free(prose);
        eg_free(prototypes);
    }
    assert_true(i - composed > 140 && composed > 90);
}

TEST(there_is_nothing_before_the_first_and_behind_the_last)
{
    eg_bind_op op = {.size = sizeof op};

    assert_false(eg_bind_op_at(-1, &op));
    assert_false(eg_bind_op_at(1 << 20, &op));
    assert_false(eg_bind_op_at(0, NULL));
    assert_false(eg_bind_op_at(0, &(eg_bind_op){.size = 0}));
}

TEST(a_caller_of_an_older_version_gets_the_fields_it_knows)
{
    eg_bind_op op = {.size = offsetof(eg_bind_op, n_inputs), .n_inputs = 77};

    assert_true(eg_bind_op_at(0, &op));
    assert_string_equal(op.name, "Add");
    assert_int_equal(op.size, offsetof(eg_bind_op, n_inputs));
    assert_int_equal(op.n_inputs, 77);
}
