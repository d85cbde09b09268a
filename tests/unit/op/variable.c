/* Variables and random keys.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>

TEST(a_variable_is_accepted_wherever_a_tensor_is)
{
    EG_SCOPE;
    eg_tensor *v = eg_variable(EG_F32(1, 2), .name = "v");

    assert_prints(eg_add(v, 1), "[2. 3.] float32[2]");
    assert_string_equal(eg_variable_name(v), "v");
    assert_int_equal(eg_rank(v), 1);
    assert_prints(v, "[1. 2.] float32[2]");
    eg_variable_free(v);
}

TEST(assignment_changes_what_is_read_and_no_value_read_before)
{
    EG_SCOPE;
    eg_tensor *v = eg_variable(EG_F32(1, 2));
    eg_tensor *before = eg_value(v);

    assert_int_equal(eg_assign(v, EG_F32(5, 6)), EG_OK);
    assert_prints(v, "[5. 6.] float32[2]");
    assert_prints(before, "[1. 2.] float32[2]");
    eg_assign_add(v, 1);
    eg_assign_sub(v, EG_F32(2, 0));
    assert_prints(v, "[4. 7.] float32[2]");
    eg_variable_free(v);
}

TEST(assignment_of_another_shape_or_dtype_is_an_error)
{
    EG_SCOPE;
    eg_tensor *v = eg_variable(EG_F32(1, 2), .name = "weights");

    eg_assign(v, EG_F32(1, 2, 3));
    assert_error(EG_INVALID, "variable \"weights\" is float32[2], the value is float32[3]");
    eg_assign(v, EG_I32(1, 2));
    assert_error(EG_INVALID, "cast");
    eg_assign(eg_constant(1), 2);
    assert_error(EG_INVALID, "no variable");
    assert_prints(v, "[1. 2.] float32[2]");
    eg_variable_free(v);
}

TEST(a_variable_made_from_a_variable_is_its_own)
{
    EG_SCOPE;
    eg_tensor *v = eg_variable(EG_F32(1, 2)), *w = eg_variable(v);

    eg_assign(v, EG_F32(3, 4));
    assert_prints(w, "[1. 2.] float32[2]");
    eg_variable_free(v);
    eg_variable_free(w);
}

TEST(keys_of_a_generator_follow_its_seed)
{
    EG_SCOPE;
    eg_generator *g = eg_generator_new(7);
    eg_tensor *a, *b;

    assert_int_equal(eg_next_key(g, &a), EG_OK);
    assert_int_equal(eg_next_key(g, &b), EG_OK);
    assert_prints(a, "[7 0] int64[2]");
    assert_prints(b, "[7 1] int64[2]");
    assert_prints(eg_generator_state(g), "[7 2] int64[2]");
    eg_generator_free(g);
}

TEST(a_null_generator_is_an_error)
{
    EG_SCOPE;
    eg_tensor *key;

    assert_int_equal(eg_next_key(NULL, &key), EG_INVALID);
    assert_null(key);
    assert_error(EG_INVALID, "generator is NULL");
    eg_generator_free(NULL);
    eg_variable_free(NULL);
}
