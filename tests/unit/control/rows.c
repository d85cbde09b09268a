/* Folds, maps and tensor arrays: the same bits eagerly and in functions, gradients, and loops of
 * many writes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

EG_FUNCTION(plus, x, row)
{
    return eg_add(eg_mul(x, 0.5), row);
}

EG_FUNCTION(pair_step, x, y, row)
{
    return eg_tuple(eg_add(x, row), eg_mul(y, eg_add(row, 1)));
}

EG_FUNCTION(normalized, row)
{
    return eg_div(row, eg_add(eg_sum(eg_square(row)), 1));
}

EG_FUNCTION(both_ways, a, b)
{
    return eg_tuple(eg_add(eg_sum(a), b), eg_mul(a, b));
}

EG_FUNCTION(folded, x)
{
    return eg_fold(plus_body, NULL, 1, EG_IN(eg_zeros_like(eg_get(x, 0)), x));
}

EG_FUNCTION(folded_backwards, x)
{
    return eg_fold(plus_body, NULL, 1, EG_IN(eg_zeros_like(eg_get(x, 0)), x), .reverse = true);
}

EG_FUNCTION(folded_pair, x)
{
    eg_tensor *row = eg_get(x, 0);
    return eg_part(eg_fold(pair_step_body, NULL, 2, EG_IN(row, eg_sin(row), x)), 1);
}

EG_FUNCTION(mapped, x)
{
    return eg_map(normalized_body, NULL, EG_IN(x));
}

EG_FUNCTION(mapped_pair, x)
{
    eg_tensor *y = eg_map(both_ways_body, NULL, EG_IN(x, eg_sum(x, .axes = EG_AXES(1))));
    return eg_add(eg_part(y, 1), eg_reshape(eg_part(y, 0), EG_DIMS(3, 1)));
}

/* Fibonacci-like: each row of the rows before. */
EG_FUNCTION(next_row, t, rows)
{
    eg_tensor *a = eg_tensor_array_read(rows, t), *b = eg_tensor_array_read(rows, eg_add(t, 1));
    return eg_tensor_array_write(rows, eg_add(t, 2), eg_add(eg_sin(a), eg_mul(b, 0.5)));
}

EG_FUNCTION(written, x)
{
    eg_tensor *rows = eg_tensor_array(EG_FLOAT64, 6, EG_DIMS(2));

    rows = eg_tensor_array_write(rows, 0, eg_get(x, 0));
    rows = eg_tensor_array_write(rows, 1, eg_get(x, 1));
    return eg_for(4, next_row_body, NULL, EG_IN(rows));
}

/* Written twice a step, and the old array is needed behind: nothing may be written over. */
EG_FUNCTION(careful_row, t, rows)
{
    eg_tensor *once = eg_tensor_array_write(rows, t, eg_sum(rows));
    eg_tensor *twice = eg_tensor_array_write(once, eg_sub(2, t), eg_max(once));
    return eg_add(twice, eg_mul(rows, 0.25));
}

EG_FUNCTION(careful, x)
{
    return eg_for(3, careful_row_body, NULL, EG_IN(eg_sum(x, .axes = EG_AXES(1))));
}

/* Two chained writes of an array that nobody else needs. */
EG_FUNCTION(chained_row, t, rows)
{
    eg_tensor *sum = eg_sum(rows);
    rows = eg_tensor_array_write(rows, t, sum);
    rows = eg_tensor_array_write(rows, eg_sub(2, t), eg_mul(sum, 0.5));
    return eg_neg(rows);
}

EG_FUNCTION(chained, x)
{
    return eg_for(3, chained_row_body, NULL, EG_IN(eg_sum(x, .axes = EG_AXES(1))));
}

/* Two arrays that change places. */
EG_FUNCTION(swapped_row, t, a, b)
{
    return eg_tuple(eg_tensor_array_write(b, t, eg_sum(a)), a);
}

EG_FUNCTION(swapped, x)
{
    eg_tensor *a = eg_sum(x, .axes = EG_AXES(1)), *b = eg_mul(a, a);
    eg_tensor *y = eg_for(3, swapped_row_body, NULL, EG_IN(a, b));
    return eg_sub(eg_part(y, 0), eg_part(y, 1));
}

static const struct {
    const char *name;
    eg_body body;
} bodies[] = {
    {"fold", folded_body},
    {"fold, backwards", folded_backwards_body},
    {"fold of two", folded_pair_body},
    {"map", mapped_body},
    {"map of two", mapped_pair_body},
    {"array", written_body},
    {"array that is still needed", careful_body},
    {"array written twice", chained_body},
    {"arrays that change places", swapped_body},
};

enum { BODIES = sizeof bodies / sizeof *bodies };

static eg_tensor *example(int i)
{
    return eg_reshape(i ? EG_F64(0.5, 1, -0.25, 2, 0, 0.125) : EG_F64(1, -2, 0.75, 0.5, 3, -1),
        EG_DIMS(3, 2));
}

static bool same(eg_tensor *a, eg_tensor *b)
{
    return eg_rank(a) == eg_rank(b) && eg_true(eg_all(eg_equal(a, b)));
}

static eg_tensor *slope(int n, eg_tensor *const in[], void *env)
{
    eg_body body = *(const eg_body *)env;
    eg_tensor *g;
    EG_TAPE;

    eg_watch(in[0]);
    eg_tensor *y = body(n, in, NULL);
    eg_gradient(eg_sum(eg_mul(y, y)), 1, in, &g);
    return eg_give(g);
}

TEST(rows_are_the_same_eagerly_and_in_functions)
{
    for (int k = 0; k < BODIES; k++) {
        eg_function *f = eg_function_new(bodies[k].body, 1, NULL, 0);
        for (int i = 0; i < 4; i++) {
            EG_SCOPE;
            eg_tensor *x = example(i % 2);
            if (!same(eg_call(f, x), bodies[k].body(1, &x, NULL)))
                fail_msg("%s differs", bodies[k].name);
        }
        assert_fine();
        assert_null(eg_function_why_eager(f));
        eg_function_free(f);
    }
}

TEST(gradients_of_rows_are_those_of_eager_mode)
{
    for (int k = 0; k < BODIES; k++) {
        eg_body body = bodies[k].body;
        eg_function *f = eg_function_new(slope, 1, &body, sizeof body);
        for (int i = 0; i < 4; i++) {
            EG_SCOPE;
            eg_tensor *x = example(i % 2), *is = eg_call(f, x), *should_be = slope(1, &x, &body);
            if (!eg_true(eg_less(eg_max(eg_abs(eg_sub(is, should_be))), 1e-11))) {
                eg_print(is);
                eg_print(should_be);
                fail_msg("%s: gradients differ", bodies[k].name);
            }
        }
        assert_fine();
        assert_null(eg_function_why_eager(f));
        eg_function_free(f);
    }
}

TEST(folds_and_maps_compute_what_they_say)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2, 3);

    assert_prints(eg_fold(plus_body, NULL, 1, EG_IN(EG_F64(0), x)), "4.25 float64[]");
    assert_prints(eg_fold(plus_body, NULL, 1, EG_IN(EG_F64(0), x), .reverse = true),
        "2.75 float64[]");
    assert_prints(eg_map(normalized_body, NULL, EG_IN(x)), "[0.5 0.4 0.3] float64[3]");
}

TEST(no_rows_are_no_steps)
{
    EG_SCOPE;
    eg_tensor *x = eg_zeros(EG_FLOAT64, EG_DIMS(0));

    assert_prints(eg_fold(plus_body, NULL, 1, EG_IN(EG_F64(7), x)), "7. float64[]");
    assert_prints(eg_map(normalized_body, NULL, EG_IN(x)), "[] float64[0]");
}

TEST(an_array_is_a_value)
{
    EG_SCOPE;
    eg_tensor *a = eg_tensor_array(EG_FLOAT32, 3, EG_NO_DIMS);
    eg_tensor *b = eg_tensor_array_write(a, 1, 2.5);

    assert_prints(a, "[0. 0. 0.] float32[3]");
    assert_prints(b, "[0.  2.5 0. ] float32[3]");
    assert_prints(eg_tensor_array_read(b, 1), "2.5 float32[]");
    assert_prints(eg_tensor_array_read(b, eg_constant(2)), "0. float32[]");
    assert_int_equal(eg_dim(b, 0), 3);
}

/* ---- many writes ---------------------------------------------------------------------------- */

enum { MANY = 200000 };

EG_FUNCTION(note_step, t, rows, x)
{
    eg_tensor *y = eg_add(x, 1);
    return eg_tuple(eg_tensor_array_write(rows, t, y), y);
}

EG_FUNCTION(many_writes, x)
{
    eg_tensor *rows = eg_tensor_array(EG_FLOAT32, MANY, EG_NO_DIMS);
    return eg_part(eg_for(MANY, note_step_body, NULL, EG_IN(rows, x)), 0);
}

/* The array has 800 kB: copied in each step it would be 160 GB. */
TEST(many_writes_take_the_time_of_many_rows)
{
    eg_function *f = eg_function_of(many_writes);
    EG_SCOPE;
    eg_tensor *x = eg_constant(0.0), *g;

    for (int i = 0; i < 2; i++) {
        EG_TAPE;
        eg_watch(x);
        eg_tensor *y = eg_call(f, x);
        assert_true(eg_item(eg_get(y, MANY - 1)) == MANY);
        eg_gradient(y, 1, &x, &g);
        assert_true(eg_item(g) == MANY);
    }
    assert_fine();
    eg_function_free(f);
}

EG_FUNCTION(read_step, t, rows, sum)
{
    return eg_tuple(rows, eg_add(sum, eg_square(eg_tensor_array_read(rows, t))));
}

EG_FUNCTION(many_reads, x)
{
    return eg_part(eg_for(MANY, read_step_body, NULL, EG_STATE(x, 0.0)), 1);
}

/* The array is carried, and never changed; its gradient has as many rows. */
TEST(many_reads_take_the_time_of_many_rows)
{
    eg_function *f = eg_function_of(many_reads);
    EG_SCOPE;
    eg_tensor *x = eg_full(0.5, EG_DIMS(MANY)), *g;

    for (int i = 0; i < 2; i++) {
        EG_TAPE;
        eg_watch(x);
        eg_tensor *y = eg_call(f, x);
        assert_true(eg_item(y) == MANY * 0.25);
        eg_gradient(y, 1, &x, &g);
        assert_true(eg_true(eg_all(eg_equal(g, 1))));
    }
    assert_fine();
    eg_function_free(f);
}
