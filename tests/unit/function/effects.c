/* Effects of functions: assignments as transactions, draws, prints.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <string.h>
#include <unistd.h>

static eg_tensor *counter, *row;
static eg_generator *generator;
static FILE *out;

static void begin(void)
{
    counter = eg_variable(eg_constant(0.0), .name = "counter");
    row = eg_variable(EG_F32(1, 2, 3), .name = "row");
    generator = eg_generator_new(5);
    out = tmpfile();
}

static void end(void)
{
    eg_variable_free(counter);
    eg_variable_free(row);
    eg_generator_free(generator);
    fclose(out);
}

EG_FUNCTION(count, x)
{
    eg_assign_add(counter, x);
    eg_tensor *seen = eg_mul(counter, 10); /* a read sees the call's own assignment */
    eg_assign_add(counter, 1);
    return seen;
}

TEST(assignments_happen_once_a_call)
{
    EG_SCOPE;
    begin();
    eg_function *f = eg_function_of(count);

    for (int i = 0; i < 4; i++)
        assert_true(eg_item(eg_call(f, 2.0)) == (3 * i + 2) * 10);
    assert_true(eg_item(counter) == 12);
    eg_function_free(f);
    end();
}

EG_FUNCTION(assign_then_fail, x, i)
{
    eg_assign_add(counter, x);
    eg_assign(row, eg_add(row, x));
    eg_gather(row, i);
    eg_assign_add(counter, 100);
    return x;
}

TEST(after_an_error_nothing_is_assigned)
{
    EG_SCOPE;
    begin();
    eg_function *f = eg_function_of(assign_then_fail);

    for (int eager = 0; eager < 2; eager++) {
        eg_run_functions_eagerly(eager);
        for (int i = 0; i < 2; i++) {
            eg_tensor *at = eg_value(counter);
            double before = eg_item(at);
            assert_null(eg_call(f, 1.0, EG_I32(9, 0)));
            assert_error(EG_INVALID, "9");
            assert_true(eg_item(counter) == before);
            assert_non_null(eg_call(f, 1.0, EG_I32(0, 0)));
            assert_true(eg_item(counter) == before + 101);
        }
    }
    eg_run_functions_eagerly(false);
    assert_prints(row, "[5. 6. 7.] float32[3]");
    eg_function_free(f);
    end();
}

EG_FUNCTION(assign_in_a_branch, x)
{
    eg_assign_add(counter, 1);
    if (eg_true(eg_greater(x, 0)))
        eg_assign(row, eg_mul(row, 2));
    return eg_add(x, counter);
}

TEST(a_miss_drops_what_the_first_try_assigned)
{
    EG_SCOPE;
    begin();
    eg_function *f = eg_function_of(assign_in_a_branch);

    assert_true(eg_item(eg_call(f, -1.0)) == 0);
    assert_true(eg_item(eg_call(f, 1.0)) == 3);
    assert_true(eg_item(eg_call(f, -1.0)) == 2);
    assert_true(eg_item(eg_call(f, 1.0)) == 5);
    assert_true(eg_item(counter) == 4);
    assert_prints(row, "[ 4.  8. 12.] float32[3]");
    eg_function_free(f);
    end();
}

EG_FUNCTION(draws, x)
{
    eg_tensor *a, *b;
    eg_next_key(generator, &a);
    eg_next_key(generator, &b);
    if (eg_true(eg_less(x, 0)))
        return eg_uniform(a, EG_DIMS(2));
    return eg_uniform(b, EG_DIMS(2));
}

TEST(draws_are_the_same_eager_and_traced_and_always_advance)
{
    EG_SCOPE;
    begin();
    eg_function *f = eg_function_of(draws);
    float eager[6][2], traced[6][2];

    for (int i = 0; i < 6; i++)
        eg_read(draws(eg_constant(i % 2 ? 1.0 : -1.0)), EG_FLOAT32, eager[i], 2);
    assert_prints(eg_generator_state(generator), "[ 5 12] int64[2]");
    eg_assign(eg_generator_state(generator), EG_I64(5, 0));
    for (int i = 0; i < 6; i++)
        eg_read(eg_call(f, i % 2 ? 1.0 : -1.0), EG_FLOAT32, traced[i], 2);
    assert_prints(eg_generator_state(generator), "[ 5 12] int64[2]");
    assert_memory_equal(eager, traced, sizeof eager);
    eg_function_free(f);
    end();
}

static const char *printed(void)
{
    static char text[4096];

    fflush(out);
    rewind(out);
    size_t n = fread(text, 1, sizeof text - 1, out);
    text[n] = '\0';
    rewind(out);
    assert_int_equal(ftruncate(fileno(out), 0), 0);
    return text;
}

EG_FUNCTION(prints_and_branches, x)
{
    eg_print(eg_add(x, 1), .to = out);
    if (eg_true(eg_greater(x, 0)))
        eg_print(eg_mul(x, 2), .to = out);
    eg_print(eg_tuple(x, x), .to = out);
    return x;
}

TEST(a_print_happens_once_a_call_in_program_order)
{
    static const char positive[] = "4. float32[]\n6. float32[]\n(3. float32[],\n 3. float32[])\n";
    static const char negative[] = "-2. float32[]\n(-3. float32[],\n -3. float32[])\n";
    EG_SCOPE;
    begin();
    eg_function *f = eg_function_of(prints_and_branches);

    for (int i = 0; i < 3; i++) {
        eg_call(f, 3.0);
        assert_string_equal(printed(), positive);
        eg_call(f, -3.0);
        assert_string_equal(printed(), negative);
    }
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_free(f);
    end();
}

static eg_function *inner;

EG_FUNCTION(outer_call, x)
{
    eg_tensor *y = eg_call(inner, x);
    eg_assign(row, eg_add(row, y));
    eg_tensor *z = eg_call(inner, x);
    return eg_add(y, z);
}

TEST(a_function_called_inside_takes_part_in_the_transaction)
{
    EG_SCOPE;
    begin();
    eg_function *f = eg_function_of(outer_call);
    inner = eg_function_of(count);

    for (int i = 0; i < 3; i++) {
        double c = eg_item(eg_value(counter));
        assert_true(eg_item(eg_call(f, 1.0)) == (c + 1) * 10 + (c + 3) * 10);
        assert_true(eg_item(eg_value(counter)) == c + 4);
    }
    eg_function_free(f);
    eg_function_free(inner);
    end();
}

static eg_tensor *swap_body(int n, eg_tensor *const in[], void *env)
{
    (void)n, (void)env;
    eg_tensor *a = eg_value(in[0]), *b = eg_value(in[1]);
    eg_assign(in[0], b);
    eg_assign(in[1], a);
    return eg_sub(a, b);
}

TEST(variables_may_be_arguments_and_are_known_by_identity)
{
    EG_SCOPE;
    begin();
    eg_tensor *other = eg_variable(EG_F32(7, 8, 9), .name = "other");
    eg_function *f = eg_function_new(swap_body, 2, NULL, 0);
    eg_retrace r = {.size = sizeof r};

    for (int i = 0; i < 3; i++)
        eg_call_of(f, EG_IN(row, other));
    assert_prints(row, "[7. 8. 9.] float32[3]");
    assert_prints(other, "[1. 2. 3.] float32[3]");
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_call_of(f, EG_IN(other, row));
    assert_int_equal(eg_function_trace_count(f), 2);
    assert_true(eg_function_retrace(f, 1, &r));
    assert_int_equal(r.rule, EG_OTHER_VARIABLE);
    assert_prints(row, "[1. 2. 3.] float32[3]");
    eg_function_free(f);
    eg_variable_free(other);
    end();
}

EG_FUNCTION(returns_a_variable, x)
{
    eg_assign(counter, x);
    return counter;
}

TEST(a_returned_variable_is_its_value_at_that_moment)
{
    EG_SCOPE;
    begin();
    eg_function *f = eg_function_of(returns_a_variable);
    eg_tensor *first = eg_call(f, 1.0), *second = eg_call(f, 2.0), *third = eg_call(f, 3.0);

    assert_true(eg_item(first) == 1 && eg_item(second) == 2 && eg_item(third) == 3);
    eg_function_free(f);
    end();
}

enum { LARGE = 1 << 18 }; /* floats: a mebibyte */

static eg_tensor *large, *moment;

EG_FUNCTION(large_step, g)
{
    eg_tensor *m = eg_add(eg_mul(moment, 0.5), g);
    eg_tensor *norm = eg_sum(eg_square(g));
    eg_assign(moment, m);
    eg_assign_sub(large, eg_mul(m, 0.25));
    return norm;
}

static void begin_large(void)
{
    large = eg_variable(eg_ones(EG_FLOAT32, EG_DIMS(LARGE)), .name = "large");
    moment = eg_variable(eg_zeros(EG_FLOAT32, EG_DIMS(LARGE)), .name = "moment");
}

static void end_large(void)
{
    eg_variable_free(large);
    eg_variable_free(moment);
}

TEST(updates_are_made_in_place_without_doubling_the_variables)
{
    EG_SCOPE;
    begin_large();
    eg_function *f = eg_function_of(large_step);
    eg_tensor *g = eg_ones(EG_FLOAT32, EG_DIMS(LARGE));

    eg_call(f, g);
    eg_call(f, g);
    size_t before = eg_memory_now().in_use;
    eg_memory_reset_peak();
    eg_call(f, g);
    assert_fine();
    assert_true(eg_memory_now().peak < before + LARGE);
    assert_true(eg_item(eg_max(large)) == 1 - 0.25 * (1 + 1.5 + 1.75));
    assert_true(eg_item(eg_min(large)) == 1 - 0.25 * (1 + 1.5 + 1.75));
    eg_function_free(f);
    end_large();
}

TEST(a_value_read_before_does_not_change_with_an_update_in_place)
{
    EG_SCOPE;
    begin_large();
    eg_function *f = eg_function_of(large_step);
    eg_tensor *g = eg_ones(EG_FLOAT32, EG_DIMS(LARGE));

    eg_call(f, g);
    eg_tensor *kept = eg_value(large);
    double was = eg_item(eg_max(kept));
    for (int i = 0; i < 3; i++)
        eg_call(f, g);
    assert_true(eg_item(eg_max(kept)) == was && eg_item(eg_min(kept)) == was);
    assert_true(eg_item(eg_max(large)) < was);
    eg_function_free(f);
    end_large();
}
