/* Accuracy and initial weights.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <math.h>

static eg_tensor *rows(void)
{
    float logits[4][3] = {{1, 2, 0}, {5, 4, 3}, {-3, -2, -1}, {0, 7, 6}};
    return eg_array2(logits);
}

TEST(accuracy_is_the_share_of_rows_whose_largest_logit_is_at_the_label)
{
    EG_SCOPE;
    assert_prints(eg_accuracy(rows(), EG_I32(1, 0, 2, 1)), "1. float32[]");
    assert_prints(eg_accuracy(rows(), EG_I32(1, 0, 2, 2)), "0.75 float32[]");
    assert_prints(eg_accuracy(rows(), EG_I64(0, 1, 2, 2)), "0.25 float32[]");
    assert_prints(eg_accuracy(rows(), EG_I32(0, 1, 0, 2)), "0. float32[]");
    assert_prints(eg_accuracy(eg_cast(rows(), EG_FLOAT64), EG_I32(1, 0, 2, 2)), "0.75 float32[]");
}

TEST(the_first_of_equal_logits_counts)
{
    EG_SCOPE;
    eg_tensor *equal = eg_zeros(EG_FLOAT32, EG_DIMS(2, 3));

    assert_prints(eg_accuracy(equal, EG_I32(0, 2)), "0.5 float32[]");
}

TEST(accuracy_of_labels_that_do_not_fit_is_an_error)
{
    EG_SCOPE;
    assert_null(eg_accuracy(rows(), EG_I32(1, 0, 2)));
    assert_error(EG_INVALID, "one for each row");
    assert_null(eg_accuracy(rows(), EG_F32(1, 0, 2, 1)));
    assert_error(EG_INVALID, "int64");
    assert_null(eg_accuracy(rows(), EG_I32(1)));
    assert_error(EG_INVALID, "one for each row");
    assert_null(eg_accuracy(rows(), eg_constant(1)));
    assert_error(EG_INVALID, "one for each row");
    assert_null(eg_accuracy(NULL, EG_I32(1)));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_accuracy(rows(), NULL));
    assert_error(EG_INVALID, "NULL");
}

EG_FUNCTION(accuracy, logits, labels)
{
    return eg_accuracy(logits, labels);
}

TEST(accuracy_is_the_same_in_a_function)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(accuracy);

    for (int i = 0; i < 3; i++)
        assert_prints(eg_call(f, rows(), EG_I32(1, 0, 2, i)),
            i == 1 ? "1. float32[]" : "0.75 float32[]");
    assert_int_equal(eg_function_trace_count(f), 1);
    eg_function_free(f);
}

/* ---- weights -------------------------------------------------------------------------------- */

TEST(weights_are_spread_evenly_between_the_bounds_of_their_fans)
{
    EG_SCOPE;
    enum { IN = 300, OUT = 200, CELLS = 10 };
    eg_tensor *w = eg_glorot_uniform(eg_key(7), EG_DIMS(IN, OUT));
    const float *x = eg_data(w, EG_FLOAT32);
    double bound = sqrt(6.0 / (IN + OUT));
    int cells[CELLS] = {0};

    assert_fine();
    for (int i = 0; i < IN * OUT; i++) {
        assert_true(fabs(x[i]) <= bound * (1 + 1e-6));
        int cell = (int)((x[i] / bound + 1) / 2 * CELLS);
        cells[cell < CELLS ? cell : CELLS - 1]++;
    }
    for (int i = 0; i < CELLS; i++) /* 6000 each, with a standard deviation of 73 */
        assert_in_range(cells[i], 6000 - 400, 6000 + 400);
}

TEST(the_last_two_sizes_are_the_fans)
{
    EG_SCOPE;
    eg_tensor *w = eg_glorot_uniform(eg_key(7), EG_DIMS(500, 1, 2));
    double most = eg_item(eg_max(eg_abs(w)));

    assert_true(most <= sqrt(6.0 / 3) && most > 0.99 * sqrt(6.0 / 3));
}

TEST(weights_depend_on_the_key_alone)
{
    EG_SCOPE;
    eg_tensor *a = eg_glorot_uniform(eg_key(1), EG_DIMS(5, 4));
    eg_tensor *b = eg_glorot_uniform(eg_key(1), EG_DIMS(5, 4));
    eg_tensor *c = eg_glorot_uniform(eg_key(2), EG_DIMS(5, 4));

    assert_memory_equal(eg_data(a, EG_FLOAT32), eg_data(b, EG_FLOAT32), 20 * sizeof(float));
    assert_true(eg_true(eg_min(eg_cast(eg_not_equal(a, c), EG_INT32))));
    assert_prints(eg_max(eg_abs(eg_glorot_uniform(eg_key(1), EG_DIMS(3, 3)))),
        "0.78936934 float32[]");
}

TEST(weights_of_wrong_shapes_are_errors)
{
    EG_SCOPE;
    assert_null(eg_glorot_uniform(eg_key(1), EG_DIMS(3)));
    assert_error(EG_INVALID, "rank 2");
    assert_null(eg_glorot_uniform(eg_key(1), 2, NULL));
    assert_error(EG_INVALID, "rank 2");
    assert_null(eg_glorot_uniform(eg_key(1), EG_DIMS(3, -1)));
    assert_int_equal(eg_report(NULL), 1);
    assert_null(eg_glorot_uniform(NULL, EG_DIMS(3, 3)));
    assert_error(EG_INVALID, "NULL");
    assert_prints(eg_glorot_uniform(eg_key(1), EG_DIMS(0, 3)), "[] float32[0,3]");
}
