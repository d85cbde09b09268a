/* Gradients made of rows: what a lookup in a table leaves of the table's gradient.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"

enum { ROWS = 50, WIDTH = 4 };

static eg_tensor *table_of(double factor)
{
    eg_tensor *x = eg_reshape(eg_cast(eg_range(ROWS * WIDTH), EG_FLOAT64), EG_DIMS(ROWS, WIDTH));
    return eg_variable(eg_sin(eg_mul(x, factor)));
}

/* A loss that looks rows up, some twice. */
static eg_tensor *loss_of(eg_tensor *table, eg_tensor *at)
{
    eg_tensor *first = eg_gather(table, at);
    eg_tensor *second = eg_embedding(table, eg_reshape(at, EG_DIMS(2, -1)));
    return eg_add(eg_sum(eg_square(first)), eg_sum(eg_exp(second)));
}

static eg_tensor *dense(eg_tensor *g)
{
    return eg_scatter_add(eg_part(g, 0), eg_part(g, 1), ROWS, 0);
}

static void assert_same(eg_tensor *a, eg_tensor *b)
{
    assert_true(eg_item(eg_max(eg_abs(eg_sub(a, b)))) < 1e-12);
}

TEST(a_sparse_gradient_is_the_dense_one_in_rows)
{
    EG_SCOPE;
    eg_tensor *table = table_of(0.1), *at = EG_I32(3, 7, 3, 0), *sparse, *whole;
    {
        EG_TAPE_WITH(.persistent = true);
        eg_tensor *loss = loss_of(table, at);
        eg_gradient(loss, EG_IN(table), &sparse, .sparse = true);
        assert_int_equal(eg_parts(sparse), 2);
        assert_int_equal(eg_dim(eg_part(sparse, 0), 0), 8);
        eg_gradient(loss, EG_IN(table), &whole);
        assert_same(dense(sparse), whole);
    }
    assert_fine();
    eg_variable_free(table);
}

TEST(where_the_table_is_read_as_a_whole_too_the_gradient_is_an_array)
{
    EG_SCOPE;
    eg_tensor *table = table_of(0.1), *at = EG_I32(3, 7), *some, *whole;
    {
        EG_TAPE_WITH(.persistent = true);
        eg_tensor *loss = eg_add(loss_of(table, at), eg_sum(eg_square(table)));
        eg_gradient(loss, EG_IN(table), &some, .sparse = true);
        eg_gradient(loss, EG_IN(table), &whole);
        assert_int_equal(eg_parts(some), 0);
        assert_same(some, whole);
    }
    assert_fine();
    eg_variable_free(table);
}

TEST(rows_of_one_place_are_added_up)
{
    EG_SCOPE;
    eg_tensor *g = eg_tuple(EG_I64(2, 0, 2), EG_F32(1, 5, 10)), *sum = eg_combine_rows(g);

    assert_prints(eg_slice(eg_part(sum, 0), .count = EG_AT(2)), "[0 2] int64[2]");
    assert_prints(eg_part(sum, 1), "[ 5. 11.  0.] float32[3]");
    assert_true(eg_item(eg_get(eg_part(sum, 0), 2)) < 0);
    assert_null(eg_combine_rows(EG_F32(1, 2)));
    assert_error(EG_INVALID, "places");
}

TEST(the_norm_of_sparse_gradients_is_that_of_the_dense_ones)
{
    EG_SCOPE;
    eg_tensor *g[2] = {eg_tuple(EG_I64(2, 0, 2), EG_F32(1, 4, 2)), EG_F32(12, 0)}, *out[2], *length;

    eg_clip_by_global_norm(2, g, 6.5, out, &length);
    assert_prints(length, "13. float32[]");
    assert_prints(eg_part(out[0], 1), "[0.5 2.  1. ] float32[3]");
    assert_prints(eg_part(out[0], 0), "[2 0 2] int64[3]");
    assert_prints(out[1], "[6. 0.] float32[2]");
    assert_fine();
}

/* ---- optimizers ----------------------------------------------------------------------------- */

typedef struct training {
    eg_tensor *table;
    eg_optimizer *optimizer;
    bool sparse;
} training;

static eg_tensor *step(int n, eg_tensor *const in[], void *env)
{
    const training *t = env;
    eg_tensor *g;
    EG_TAPE;

    (void)n;
    eg_tensor *loss = loss_of(t->table, in[0]);
    eg_gradient(loss, EG_IN(t->table), &g, .sparse = t->sparse);
    eg_optimizer_apply(t->optimizer, 1, &g);
    return eg_give(loss);
}

typedef eg_optimizer *maker(eg_tensor *table);

static eg_optimizer *plain(eg_tensor *table)
{
    return eg_sgd(EG_IN(table), .rate = 0.05);
}

static eg_optimizer *heavy(eg_tensor *table)
{
    return eg_sgd(EG_IN(table), .rate = 0.05, .momentum = 0.9);
}

static eg_optimizer *adam(eg_tensor *table)
{
    return eg_adam(EG_IN(table), .rate = 0.05);
}

/* Trains with places that are the same in each step, so that rows left alone have no gradient ever:
 * then all ways agree. The final table. */
static eg_tensor *train(maker *make, bool sparse, bool traced)
{
    EG_SCOPE;
    training t = {.table = table_of(0.1), .sparse = sparse};
    eg_tensor *at = EG_I32(3, 7, 3, 0);

    t.optimizer = make(t.table);
    eg_function *f = eg_function_new(step, 1, &t, sizeof t);
    for (int i = 0; i < 4; i++) {
        EG_SCOPE;
        if (traced)
            eg_call(f, at);
        else
            step(1, &at, &t);
    }
    eg_tensor *table = eg_value(t.table);
    eg_function_free(f);
    eg_optimizer_free(t.optimizer);
    eg_variable_free(t.table);
    return eg_give(table);
}

TEST(optimizers_take_sparse_gradients)
{
    maker *const makers[] = {plain, heavy, adam};
    EG_SCOPE;

    for (int i = 0; i < 3; i++) {
        eg_tensor *expected = train(makers[i], false, false);
        eg_tensor *eager = train(makers[i], true, false);
        assert_same(eager, expected);
        assert_true(eg_true(eg_all(eg_equal(train(makers[i], true, true), eager))));
    }
    assert_fine();
}

static eg_tensor *one_row(int64_t place, eg_tensor *row)
{
    return eg_tuple(eg_reshape(eg_scalar_int(EG_INT64, place), EG_DIMS(1)), row);
}

TEST(adam_leaves_rows_alone_that_have_no_gradient)
{
    EG_SCOPE;
    eg_tensor *table = table_of(0.1), *g;
    eg_optimizer *o = adam(table);
    {
        EG_SCOPE;
        g = one_row(1, eg_ones(EG_FLOAT64, EG_DIMS(1, WIDTH)));
        eg_optimizer_apply(o, 1, &g);
        eg_tensor *before = eg_get(eg_value(table), 1);
        g = one_row(2, eg_ones(EG_FLOAT64, EG_DIMS(1, WIDTH)));
        eg_optimizer_apply(o, 1, &g);
        assert_true(eg_true(eg_all(eg_equal(eg_get(eg_value(table), 1), before))));
        g = one_row(1, eg_ones(EG_FLOAT64, EG_DIMS(1, WIDTH + 1)));
        eg_optimizer_apply(o, 1, &g);
        assert_error(EG_INVALID, "another dtype or shape");
    }
    eg_optimizer_free(o);
    eg_variable_free(table);
    assert_fine();
}

/* ---- rows of variables ---------------------------------------------------------------------- */

TEST(rows_of_a_variable_are_assigned_and_old_values_stay)
{
    EG_SCOPE;
    eg_tensor *v = eg_variable(eg_zeros(EG_FLOAT32, EG_DIMS(3, 32)));
    {
        EG_SCOPE;
        eg_tensor *old = eg_value(v), *ones = eg_ones(EG_FLOAT32, EG_DIMS(2, 32));
        eg_assign_rows(v, EG_I32(2, 0), ones);
        assert_true(eg_item(eg_sum(old)) == 0);
        assert_true(eg_item(eg_sum(v)) == 64);
    }
    {
        EG_SCOPE;
        eg_tensor *ones = eg_ones(EG_FLOAT32, EG_DIMS(2, 32));
        eg_assign_rows(v, EG_I32(1, 1), ones, .how = EG_SCATTER_ADD);
        assert_true(eg_item(eg_sum(v)) == 128);
        eg_assign_rows(v, EG_I32(3, -1), ones, .drop = true);
        assert_true(eg_item(eg_sum(v)) == 128);
        eg_assign_rows(v, EG_I32(0, 3), ones);
        assert_error(EG_INVALID, "not inside");
        eg_assign_rows(v, EG_I32(0, 1), eg_cast(ones, EG_FLOAT64));
        assert_error(EG_INVALID, "cast");
        eg_assign_rows(v, EG_F32(0, 1), ones);
        assert_error(EG_INVALID, "integers");
        eg_assign_rows(v, EG_I32(0), ones);
        assert_error(EG_INVALID, "updates");
        eg_assign_rows(ones, EG_I32(0, 1), ones);
        assert_error(EG_INVALID, "no variable");
        assert_true(eg_item(eg_sum(v)) == 128);
    }
    eg_variable_free(v);
    assert_fine();
}
