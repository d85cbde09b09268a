/* Errors say where in the caller's source they come from.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

/* Makes an error far from the line that is meant, then the one that is meant. */
#define assert_placed(call)                                                                        \
    do {                                                                                           \
        eg_error e;                                                                                \
        elsewhere();                                                                               \
        (void)(call);                                                                              \
        assert_int_not_equal(eg_pending(&e), EG_OK);                                               \
        eg_report(NULL);                                                                           \
        assert_int_equal(e.line, __LINE__);                                                        \
        assert_string_equal(e.file, __FILE__);                                                     \
        assert_string_equal(e.function, __func__);                                                 \
    } while (0)

static void elsewhere(void)
{
    eg_neg(NULL);
    eg_report(NULL);
}

static eg_tensor *not_there(void)
{
    return NULL;
}

TEST(errors_of_operations_have_the_line_of_the_call)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, 2);

    assert_placed(eg_add(x, EG_F32(1, 2, 3)));
    assert_placed(eg_mul(eg_neg(x), not_there()));
    assert_placed(eg_sum(x, .axes = EG_AXES(4)));
    assert_placed(eg_accuracy(x, x));
    assert_placed(eg_glorot_uniform(x, EG_DIMS(2, 2)));
}

TEST(errors_of_actions_and_questions_have_the_line_of_the_call)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, 2);

    assert_placed(eg_assign(x, x));
    assert_placed(eg_item(x));
    assert_placed(eg_gradient(x, EG_IN(x), (eg_tensor *[1]){NULL}));
    assert_placed(eg_fail(EG_INVALID, "a test", "on purpose"));
}

TEST(errors_of_things_have_the_line_of_the_call)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, 2);

    assert_placed(eg_function_new(NULL, 1, NULL, 0));
    assert_placed(eg_function_text(NULL));
    assert_placed(eg_adam_new(1, &x, NULL));
    assert_placed(eg_sgd(1, &x, .rate = 0.1));
    assert_placed(eg_optimizer_apply(NULL, 1, &x));
    assert_placed(eg_profile_start(NULL));
}

TEST(errors_of_files_have_the_line_of_the_call)
{
    EG_SCOPE;
    eg_tensor *x = EG_F32(1, 2);

    assert_placed(eg_load_idx("no folder/file", EG_FLOAT32));
    assert_placed(eg_safetensors_load("no folder/file"));
    assert_placed(eg_safetensors_save("no folder/file", 1, (const char *[]){"x"}, &x));
    assert_placed(eg_safetensors_restore("no folder/file", 1, &x));
    assert_placed(eg_graph_load("no folder/file"));
    assert_placed(eg_graph_parse("no graph"));
}
