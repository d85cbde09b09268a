/* What people run into with torch.compile (and with capture by replay, as in tinygrad and MLX),
 * from its pages on graph breaks and recompilation and its users' threads: each works here, or is
 * an error or a reason that says what to write. The numbers are rows of our list of such threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"
#include <string.h>

static eg_tensor *variable;

/* ---- graph breaks (row 41) ------------------------------------------------------------------ */

EG_FUNCTION(uses_an_item, x)
{
    eg_tensor *sum = eg_sum(x);

    if (eg_true(eg_greater(sum, 0)))
        return eg_add(x, eg_item(sum));
    return eg_sub(x, eg_item(sum));
}

TEST(data_dependent_branches_and_items_are_in_one_graph) /* 41: data-dependent operations */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(uses_an_item);

    for (int i = 0; i < 2; i++) {
        assert_prints(eg_call(f, EG_F32(1, 2)), "[4. 5.] float32[2]");
        assert_prints(eg_call(f, EG_F32(-1, -2)), "[2. 1.] float32[2]");
    }
    assert_int_equal(info_of(f).replays, 2);
    assert_null(eg_function_why_eager(f));
    eg_function_free(f);
}

EG_FUNCTION(reads_halfway, x)
{
    float all[2];
    eg_tensor *y = eg_mul(x, 2);

    eg_read(y, EG_FLOAT32, all, 2);
    eg_assign_add(variable, y);
    return eg_add(y, all[0]);
}

TEST(what_cannot_be_recorded_is_eager_as_a_whole_and_told) /* 41: no partial capture */
{
    EG_SCOPE;
    variable = eg_variable(EG_F32(0, 0));
    eg_function *f = eg_function_of(reads_halfway);

    for (int i = 1; i <= 3; i++)
        assert_prints(eg_call(f, EG_F32(1, 2)), "[4. 6.] float32[2]");
    assert_prints(variable, "[ 6. 12.] float32[2]");
    assert_int_equal(info_of(f).replays, 0);
    assert_int_equal(info_of(f).calls, 3);
    assert_non_null(strstr(eg_function_why_eager(f), "traps_torch.c:"));
    eg_function_free(f);
    eg_variable_free(variable);
}

/* ---- recompilation (rows 35 to 38) ---------------------------------------------------------- */

EG_FUNCTION(row_sums, x)
{
    return eg_sum(x, .axes = EG_AXES(1));
}

TEST(layout_is_no_part_of_the_key) /* 35: strides */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(row_sums);
    eg_tensor *x = eg_reshape(eg_cast(eg_range(9), EG_FLOAT32), EG_DIMS(3, 3));

    assert_prints(eg_call(f, x), "[ 3. 12. 21.] float32[3]");
    assert_prints(eg_call(f, eg_transpose(x)), "[ 9. 12. 15.] float32[3]");
    eg_tensor *cut =
        eg_slice(eg_concat(EG_IN(x, x), .axis = 1), .begin = EG_AT(0, 1), .count = EG_AT(3, 3));
    assert_prints(eg_call(f, cut), "[ 3. 12. 21.] float32[3]");
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_free(f);
}

TEST(sizes_zero_and_one_are_right) /* 35: size 0 and 1 */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(row_sums);

    for (int round = 0; round < 2; round++)
        for (int n = 0; n < 4; n++) {
            eg_tensor *y = eg_call(f, eg_ones(EG_FLOAT32, EG_DIMS(n, 2)));
            assert_int_equal(eg_size(y), n);
            assert_true(n == 0 || eg_item(eg_min(y)) == 2);
        }
    eg_function_free(f);
}

EG_FUNCTION(scales, x, by)
{
    return eg_mul(x, by);
}

TEST(numbers_as_arguments_do_not_recompile) /* 35: integers and floats as arguments */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(scales);

    for (int i = 0; i < 10; i++)
        assert_true(eg_item(eg_call(f, 3.0, (double)i)) == 3 * i);
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_free(f);
}

typedef struct module {
    eg_tensor *weight;
    int training;
} module;

static eg_tensor *forward(int n, eg_tensor *const in[], void *env)
{
    const module *m = env;
    eg_tensor *y = eg_mul(in[0], m->weight);

    (void)n;
    return m->training ? y : eg_tanh(y);
}

TEST(a_changed_attribute_of_a_module_is_one_more_trace_not_one_each_time) /* 38 */
{
    EG_SCOPE;
    module m;

    memset(&m, 0, sizeof m);
    m.weight = eg_variable(eg_constant(2.0));
    eg_function *f = eg_function_new(forward, 1, &m, sizeof m);
    for (int i = 0; i < 10; i++) {
        m.training = i % 2;
        eg_assign_add(m.weight, 1);
        eg_tensor *x = eg_constant(0.5);
        assert_true(eg_item(eg_call(f, x)) == eg_item(forward(1, &x, &m)));
    }
    assert_int_equal(eg_function_trace_count(f), 2);
    assert_int_equal(info_of(f).replays, 8);
    eg_function_free(f);
    eg_variable_free(m.weight);
}

/* ---- replay (row 27) ------------------------------------------------------------------------ */

typedef struct list {
    eg_tensor *in[3];
} list;

static eg_tensor *joins_a_list(int n, eg_tensor *const in[], void *env)
{
    const list *l = env;
    (void)n;
    return eg_stack(EG_IN(in[0], l->in[0], l->in[1], l->in[2]));
}

TEST(lists_of_tensors_are_seen_in_every_call) /* 27: list inputs silently dropped */
{
    EG_SCOPE;
    list l = {{EG_F32(1), EG_F32(2), EG_F32(3)}};
    eg_function *f = eg_function_new(joins_a_list, 1, &l, sizeof l);

    assert_prints(eg_call(f, EG_F32(0)), "[0. 1. 2. 3.] float32[4]");
    l.in[1] = EG_F32(20);
    assert_prints(eg_call(f, EG_F32(0)), "[ 0.  1. 20.  3.] float32[4]");
    eg_function_free(f);
}

EG_FUNCTION(both_and_itself, x)
{
    eg_tensor *y = eg_add(x, 1);
    return eg_tuple(x, y, y, eg_reshape(y, EG_DIMS(-1)));
}

TEST(results_that_are_arguments_views_or_each_other_are_values_of_their_own) /* 27: outputs kept */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(both_and_itself);
    eg_tensor *kept[4];

    for (int i = 0; i < 4; i++) {
        EG_SCOPE;
        kept[i] = eg_retain(eg_call(f, EG_F32(i, 10 * i)));
    }
    for (int i = 0; i < 4; i++) {
        for (int part = 0; part < 4; part++) {
            eg_tensor *sum = eg_sum(eg_part(kept[i], part));
            assert_true(eg_item(sum) == 11 * i + (part ? 2 : 0));
        }
        eg_release(kept[i]);
    }
    eg_function_free(f);
}

EG_FUNCTION(swaps, x)
{
    eg_tensor *before = eg_value(variable);

    eg_assign(variable, x);
    return before;
}

TEST(a_value_read_before_an_assignment_is_the_old_one) /* 27: in-place assigns on replay */
{
    EG_SCOPE;
    variable = eg_variable(eg_constant(0.0));
    eg_function *f = eg_function_of(swaps);

    for (int i = 1; i <= 5; i++)
        assert_true(eg_item(eg_call(f, (double)i)) == i - 1);
    assert_true(eg_item(variable) == 5);
    eg_function_free(f);
    eg_variable_free(variable);
}

EG_FUNCTION(is_given_its_own_state, v, x)
{
    eg_assign_add(v, x);
    return eg_add(v, x);
}

TEST(a_variable_may_be_argument_and_be_captured) /* 27 */
{
    EG_SCOPE;
    eg_tensor *a = eg_variable(eg_constant(1.0)), *b = eg_variable(eg_constant(10.0));
    eg_function *f = eg_function_of(is_given_its_own_state);

    for (int i = 1; i <= 3; i++) {
        assert_true(eg_item(eg_call(f, a, 1.0)) == 2 + i);
        assert_true(eg_item(eg_call(f, b, 1.0)) == 11 + i);
        assert_true(eg_item(eg_call(f, a, 0.0)) == 1 + i);
    }
    assert_int_equal(eg_function_trace_count(f), 2);
    eg_function_free(f);
    eg_variable_free(a);
    eg_variable_free(b);
}

/* ---- numbers -------------------------------------------------------------------------------- */

EG_FUNCTION(long_formula, x)
{
    eg_tensor *y = eg_softmax(eg_mul(eg_gelu(x), 1.7));
    return eg_sum(eg_log(eg_add(eg_exp(eg_sub(y, eg_mean(y))), 1e-3)));
}

TEST(compiled_results_have_the_bits_of_eager_ones) /* numerics differ after compilation */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(long_formula);

    for (int i = 0; i < 5; i++) {
        eg_tensor *x = eg_normal(eg_key(i), EG_DIMS(37, 19)), *g[2], *y[2];
        for (int way = 0; way < 2; way++) {
            EG_TAPE;
            eg_watch(x);
            y[way] = way ? eg_call(f, x) : long_formula(x);
            eg_gradient(y[way], EG_IN(x), &g[way]);
            eg_give(y[way]);
            eg_give(g[way]);
        }
        assert_true(eg_item(y[0]) == eg_item(y[1]));
        assert_true(eg_true(eg_all(eg_equal(g[0], g[1]))));
    }
    eg_function_free(f);
}

EG_FUNCTION(drops_out, x, key)
{
    return eg_dropout(x, key, 0.5);
}

TEST(dropout_is_the_same_compiled_or_not) /* random numbers differ after compilation */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(drops_out);
    eg_tensor *x = eg_ones(EG_FLOAT32, EG_DIMS(50));

    for (int i = 0; i < 3; i++)
        assert_true(eg_true(eg_all(eg_equal(eg_call(f, x, eg_key(i)), drops_out(x, eg_key(i))))));
    eg_function_free(f);
}

/* ---- debugging ------------------------------------------------------------------------------ */

EG_FUNCTION(has_a_mistake, x)
{
    return eg_matmul(x, EG_F32(1, 2, 3));
}

TEST(an_error_of_the_users_code_is_the_same_with_and_without_compilation) /* incorrect code */
{
    EG_SCOPE;
    eg_function *f = eg_function_of(has_a_mistake);
    eg_error e[2];

    for (int eagerly = 0; eagerly < 2; eagerly++) {
        EG_TRY(&e[eagerly]);
        eg_run_functions_eagerly(eagerly);
        eg_call(f, eg_ones(EG_FLOAT32, EG_DIMS(2, 2)));
    }
    eg_run_functions_eagerly(false);
    assert_string_equal(e[0].message, e[1].message);
    assert_string_equal(e[0].file, e[1].file);
    assert_int_equal(e[0].line, e[1].line);
    assert_non_null(strstr(e[0].file, "traps_torch.c"));
    eg_function_free(f);
}
