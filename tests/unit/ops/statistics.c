/* Reductions and running sums that are made of other operations.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"

static eg_tensor *matrix(void)
{
    return eg_reshape(EG_F64(1, 5, -3, 2, 0.5, 8), EG_DIMS(2, 3));
}

/* ---- any, all, count_nonzero ---------------------------------------------------------------- */

TEST(numbers_that_are_not_zero_are_true)
{
    EG_SCOPE;
    eg_tensor *m = eg_reshape(EG_F32(0, 1, 0, -0.0, NAN, 2), EG_DIMS(2, 3));

    assert_prints(eg_any(m, .axes = EG_AXES(0)), "[False  True  True] bool[3]");
    assert_prints(eg_all(m, .axes = EG_AXES(0)), "[False  True False] bool[3]");
    assert_prints(eg_any(EG_I8(0, 0)), "False bool[]");
    assert_prints(eg_all(eg_zeros(EG_UINT64, EG_DIMS(0))), "True bool[]");
    assert_prints(eg_count_nonzero(m), "3 int64[]");
    assert_prints(eg_count_nonzero(m, .axes = EG_AXES(1), .keep_dims = true),
        "[[1] [2]] int64[2,1]");
    assert_prints(eg_count_nonzero(EG_B(1, 0, 1)), "2 int64[]");
    assert_prints(eg_count_nonzero(eg_ones(EG_UINT8, EG_DIMS(1000))), "1000 int64[]");
    assert_null((eg_any)(NULL));
    assert_error(EG_INVALID, "x is NULL");
    assert_null((eg_count_nonzero)(NULL));
    assert_error(EG_INVALID, "x is NULL");
}

/* ---- var, std ------------------------------------------------------------------------------- */

TEST(variance_and_deviation_are_those_of_numpy)
{
    EG_SCOPE;
    assert_prints(eg_var(matrix()), "12.14583333 float64[]");
    assert_prints(eg_var(matrix(), .axes = EG_AXES(0)), "[ 0.25    5.0625 30.25  ] float64[3]");
    assert_prints(eg_std(matrix(), .axes = EG_AXES(0), .correction = 1, .keep_dims = true),
        "[[0.70710678 3.18198052 7.77817459]] float64[1,3]");
    assert_prints(eg_var(EG_F32(3)), "0. float32[]");
    assert_prints(eg_var(EG_F32(3), .correction = 1), "nan float32[]");
    assert_prints(eg_var(eg_zeros(EG_FLOAT32, EG_DIMS(0))), "nan float32[]");
    assert_prints(eg_std(eg_zeros(EG_FLOAT32, EG_DIMS(2, 0)), .axes = EG_AXES(0)), "[] float32[0]");
    assert_null(eg_var(EG_I32(1, 2)));
    assert_error(EG_INVALID, "x is int32, but it takes floating point");
    assert_null(eg_std(matrix(), .axes = EG_AXES(2)));
    assert_error(EG_INVALID, "there is no axis 2");
    assert_null((eg_var)(NULL));
    assert_error(EG_INVALID, "x is NULL");
}

EG_FUNCTION(both_of_a_sample, x)
{
    return eg_add(eg_var(x, .axes = EG_AXES(1), .correction = 1), eg_std(x, .axes = EG_AXES(1)));
}

TEST(variance_and_deviation_have_gradients)
{
    EG_SCOPE;
    assert_works(both_of_a_sample, matrix());
}

TEST(statistics_of_half_precision_are_made_in_single)
{
    EG_SCOPE;
    eg_tensor *many = eg_full_like(eg_zeros(EG_FLOAT16, EG_DIMS(70000)), eg_cast(3, EG_FLOAT16));
    eg_tensor *few = eg_cast(EG_F32(60000, 60000, 20000, 20000), EG_FLOAT16);

    assert_prints(eg_mean(many), "3. float16[]");
    assert_prints(eg_mean(few), "4.e+04 float16[]");
    assert_prints(eg_std(few), "2.e+04 float16[]");
    assert_prints(eg_var(many), "0. float16[]");
    assert_prints(eg_var(eg_cast(EG_F32(3, -3), EG_BFLOAT16)), "9. bfloat16[]");
    assert_prints(eg_vector_norm(eg_cast(EG_F32(300, -400), EG_FLOAT16)), "500. float16[]");
    assert_prints(eg_mean(eg_cast(many, EG_BFLOAT16)), "3. bfloat16[]");
}

/* ---- logsumexp ------------------------------------------------------------------------------ */

TEST(logsumexp_stays_in_range)
{
    EG_SCOPE;
    eg_tensor *m = eg_reshape(EG_F32(1000, 1000, -1000, -1000), EG_DIMS(2, 2));

    assert_prints(eg_logsumexp(m, .axes = EG_AXES(1)), "[1000.6932 -999.3068] float32[2]");
    assert_prints(eg_logsumexp(m, .keep_dims = true), "[[1000.6932]] float32[1,1]");
    assert_prints(eg_logsumexp(EG_F32(-INFINITY, -INFINITY)), "-inf float32[]");
    assert_prints(eg_logsumexp(EG_F32(INFINITY, 1)), "inf float32[]");
    assert_prints(eg_logsumexp(EG_F32(NAN, 1)), "nan float32[]");
    assert_prints(eg_logsumexp(eg_zeros(EG_FLOAT32, EG_DIMS(2, 0)), .axes = EG_AXES(1)),
        "[-inf -inf] float32[2]");
    assert_null(eg_logsumexp(EG_B(1)));
    assert_error(EG_INVALID, "x is bool, but it takes floating point");
}

EG_FUNCTION(logsumexp_of_rows, x)
{
    return eg_logsumexp(x, .axes = EG_AXES(-1));
}

EG_FUNCTION(running_logsumexp, x)
{
    return eg_cumulative_logsumexp(x, .axis = 1, .reverse = true);
}

TEST(logsumexp_has_a_gradient)
{
    EG_SCOPE;
    assert_works(logsumexp_of_rows, matrix());
    assert_works(running_logsumexp, matrix());
}

TEST(cumulative_logsumexp_stays_in_range)
{
    EG_SCOPE;
    assert_prints(eg_cumulative_logsumexp(EG_F32(0, 0, 1000, 0, 1000)),
        "[0.0000000e+00 6.9314718e-01 1.0000000e+03 1.0000000e+03 1.0006932e+03] float32[5]");
    assert_prints(eg_cumulative_logsumexp(EG_F32(-INFINITY, -1000, -1000)),
        "[      -inf -1000.      -999.3068] float32[3]");
    assert_prints(eg_cumulative_logsumexp(EG_F32(0, INFINITY, 1)), "[ 0. inf inf] float32[3]");
    assert_prints(eg_cumulative_logsumexp(EG_F32(0, NAN, 1)), "[ 0. nan nan] float32[3]");
    assert_prints(eg_cumulative_logsumexp(EG_F32(-1000, 0), .reverse = true), "[0. 0.] float32[2]");
    assert_null(eg_cumulative_logsumexp(EG_F32(0), .exclusive = true));
    assert_error(EG_INVALID, "neither exclusive nor include_initial");
    assert_null(eg_cumulative_logsumexp(EG_F32(0, 1), .axis = 1));
    assert_error(EG_INVALID, "there is no axis 1");
}

/* ---- norms ---------------------------------------------------------------------------------- */

TEST(norms_of_all_orders)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(3, -4, 0);

    assert_prints(eg_vector_norm(x), "5. float64[]");
    assert_prints(eg_vector_norm(x, .ord = 2, .keep_dims = true), "[5.] float64[1]");
    assert_prints(eg_vector_norm(x, .ord = 1), "7. float64[]");
    assert_prints(eg_vector_norm(x, .ord = INFINITY), "4. float64[]");
    assert_prints(eg_vector_norm(x, .ord = -INFINITY), "0. float64[]");
    assert_true(fabs(eg_item(eg_vector_norm(x, .ord = 3)) - 4.497941445275415) < 1e-14);
    assert_prints(eg_vector_norm(matrix(), .axes = EG_AXES(0), .ord = 1),
        "[ 3.   5.5 11. ] float64[3]");
    assert_prints(eg_vector_norm(eg_zeros(EG_FLOAT32, EG_DIMS(0))), "0. float32[]");
    assert_null(eg_vector_norm(EG_I32(1)));
    assert_error(EG_INVALID, "x is int32");
}

EG_FUNCTION(norms, x)
{
    eg_tensor *straight = eg_vector_norm(x, .axes = EG_AXES(1));
    eg_tensor *cubic = eg_vector_norm(x, .axes = EG_AXES(1), .ord = 3);
    eg_tensor *most = eg_vector_norm(x, .axes = EG_AXES(1), .ord = INFINITY);

    return eg_add(eg_add(straight, cubic), most);
}

TEST(norms_have_gradients)
{
    EG_SCOPE;
    assert_works(norms, matrix());
}

TEST(the_smallest_so_far_of_every_dtype)
{
    EG_SCOPE;
    assert_prints(eg_cumulative_min(EG_F32(3, -0.0, 2, -1, NAN, -5)),
        "[ 3. -0. -0. -1. nan nan] float32[6]");
    assert_prints(eg_cumulative_min(EG_U8(9, 255, 3, 4)), "[9 9 3 3] uint8[4]");
    assert_prints(eg_cumulative_min(EG_I8(0, -128, 127)), "[   0 -128 -128] int8[3]");
    assert_prints(eg_cumulative_min(EG_I64(INT64_MAX, INT64_MIN), .include_initial = true),
        "[ 9223372036854775807  9223372036854775807 -9223372036854775808] int64[3]");
    assert_prints(eg_cumulative_min(matrix(), .axis = 1, .reverse = true),
        "[[-3.  -3.  -3. ] [ 0.5  0.5  8. ]] float64[2,3]");
    assert_null(eg_cumulative_min(EG_B(1)));
    assert_error(EG_INVALID, "bool");
    assert_null((eg_cumulative_min)(NULL));
    assert_error(EG_INVALID, "NULL");
}

EG_FUNCTION(least_so_far, x)
{
    return eg_cumulative_min(x, .axis = 1);
}

TEST(the_smallest_so_far_has_a_gradient)
{
    EG_SCOPE;
    assert_works(least_so_far, matrix());
}

/* ---- diff ----------------------------------------------------------------------------------- */

TEST(differences_of_neighbours)
{
    EG_SCOPE;
    assert_prints(eg_diff(EG_I32(1, 4, 9, 16), 0), "[3 5 7] int32[3]");
    assert_prints(eg_diff(EG_I32(1, 4, 9, 16), 0, .n = 3), "[0] int32[1]");
    assert_prints(eg_diff(EG_I32(1, 4), 0, .n = 4), "[] int32[0]");
    assert_prints(eg_diff(matrix(), 0), "[[ 1.  -4.5 11. ]] float64[1,3]");
    assert_prints(eg_diff(matrix(), -1), "[[ 4.  -8. ] [-1.5  7.5]] float64[2,2]");
    assert_null(eg_diff(matrix(), 2));
    assert_error(EG_INVALID, "axis 2");
    assert_null(eg_diff(matrix(), 0, .n = -1));
    assert_error(EG_INVALID, "is negative");
    assert_null((eg_diff)(NULL, 0));
    assert_error(EG_INVALID, "x is NULL");
}

EG_FUNCTION(second_differences, x)
{
    return eg_diff(x, 1, .n = 2);
}

TEST(differences_have_a_gradient)
{
    EG_SCOPE;
    assert_works(second_differences, matrix());
}
