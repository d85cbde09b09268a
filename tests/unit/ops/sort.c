/* Sorting along any axis, and what is made of sorting and searching.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "composed.h"

static eg_tensor *matrix(void)
{
    return eg_reshape(EG_F64(1, 5, -3, 2, 0.5, 8), EG_DIMS(2, 3));
}

/* ---- sort, argsort -------------------------------------------------------------------------- */

TEST(any_axis_is_sorted)
{
    EG_SCOPE;
    eg_tensor *box = eg_transpose(eg_reshape(eg_range(12), EG_DIMS(2, 3, 2)));

    assert_prints(eg_sort(matrix(), 0, .descending = true),
        "[[ 2.   5.   8. ] [ 1.   0.5 -3. ]] float64[2,3]");
    assert_prints(eg_argsort(matrix(), -2), "[[0 1 0] [1 0 1]] int64[2,3]");
    assert_prints(eg_argsort(matrix(), 1), "[[2 0 1] [1 0 2]] int64[2,3]");
    assert_prints(eg_sort(eg_neg(box), 1),
        "[[[ -4 -10] [ -2  -8] [  0  -6]]  "
        "[[ -5 -11] [ -3  -9] [ -1  -7]]] int64[2,3,2]");
    assert_null(eg_sort(matrix(), 2));
    assert_error(EG_INVALID, "there is no axis 2");
    assert_null(eg_argsort(3, 0));
    assert_error(EG_INVALID, "there is no axis 0");
    assert_null((eg_sort)(NULL, 0));
    assert_error(EG_INVALID, "x is NULL");
}

TEST(sorted_values_are_what_the_order_picks_bit_by_bit)
{
    uint64_t state = 7;
    EG_SCOPE;

    for (int n = 1; n < 3000; n = n * 2 + 1)
        for (int i = 0; i < 4; i++) {
            double x[3000];
            for (int k = 0; k < n; k++) {
                int kind = (int)(harness_random(&state) % 16);
                x[k] = kind == 0 ? -0.0
                    : kind == 1  ? 0.0
                    : kind == 2  ? -NAN
                    : kind == 3  ? NAN
                                 : (double)(harness_random(&state) % 999) - 500;
            }
            eg_tensor *a = eg_copy(EG_FLOAT64, 1, (const int64_t[]){n}, x);
            a = i / 2 ? eg_cast(a, EG_FLOAT32) : a;
            eg_tensor *sorted = eg_sort(a, 0, .descending = i % 2);
            eg_tensor *picked = eg_take_along(a, eg_argsort(a, 0, .descending = i % 2));
            size_t size = i / 2 ? sizeof(float) : sizeof(double);
            assert_memory_equal(eg_data(sorted, eg_dtype_of(a)), eg_data(picked, eg_dtype_of(a)),
                size * (size_t)n);
        }
    assert_fine();
}

EG_FUNCTION(sorted_columns, x)
{
    return eg_sort(x, 0, .descending = true);
}

TEST(sorting_columns_has_a_gradient)
{
    EG_SCOPE;
    assert_works(sorted_columns, matrix());
}

/* ---- isin, bincount, histogram -------------------------------------------------------------- */

TEST(isin_finds_what_is_among_others)
{
    EG_SCOPE;
    assert_prints(eg_isin(eg_reshape(EG_I32(1, 2, 3, 2), EG_DIMS(2, 2)), EG_I32(3, 1)),
        "[[ True False] [ True False]] bool[2,2]");
    assert_prints(eg_isin(EG_F32(NAN, 0, 1), EG_F32(NAN, -0.0)), "[False  True False] bool[3]");
    assert_prints(eg_isin(EG_B(1, 0), EG_B(1, 1)), "[ True False] bool[2]");
    assert_prints(eg_isin(EG_I32(1, 2), eg_zeros(EG_INT32, EG_DIMS(0))), "[False False] bool[2]");
    assert_prints(eg_isin(matrix(), 8), "[[False False False] [False False  True]] bool[2,3]");
    assert_prints(eg_isin(eg_complex(EG_F32(1, 1, -0.0, 0), EG_F32(2, 3, 0, NAN)),
                      eg_complex(EG_F64(1, 0, 0), EG_F64(3, 0, NAN))),
        "[False  True  True False] bool[4]");
    assert_null(eg_isin(EG_I32(1), EG_F32(1)));
    assert_error(EG_INVALID, "int32");
    assert_null((eg_isin)(NULL, EG_F32(1)));
    assert_error(EG_INVALID, "NULL");
}

TEST(bincount_counts_small_numbers)
{
    EG_SCOPE;
    assert_prints(eg_bincount(EG_I32(0, 2, 2), 4), "[1 0 2 0] int64[4]");
    assert_prints(eg_bincount(eg_reshape(EG_U8(1, 1, 0, 1), EG_DIMS(2, 2)), 2), "[1 3] int64[2]");
    assert_prints(eg_bincount(eg_zeros(EG_INT64, EG_DIMS(0)), 2), "[0 0] int64[2]");
    assert_null(eg_bincount(EG_I32(4), 4));
    assert_error(EG_INVALID, "4");
    assert_null(eg_bincount(EG_I32(-1), 4));
    assert_error(EG_INVALID, "-1");
    assert_null(eg_bincount(EG_F32(1), 4));
    assert_error(EG_INVALID, "float32");
    assert_null((eg_bincount)(NULL, 4));
    assert_error(EG_INVALID, "NULL");
}

TEST(histogram_counts_as_numpy_does)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(0, 0.1, 0.3, 0.35, 1, 1.0000001, -0.001, NAN, 0.7, 0.6999999);

    assert_prints(eg_histogram(x, 10, 0, 1), "[1 1 1 1 0 0 2 0 0 1] int64[10]");
    assert_prints(eg_histogram(x, 1, 0, 1), "[7] int64[1]");
    assert_prints(eg_histogram(EG_I32(1, 2, 2, 5), 2, 1, 5), "[3 1] int64[2]");
    assert_prints(eg_histogram(eg_zeros(EG_FLOAT32, EG_DIMS(0)), 2, 0, 1), "[0 0] int64[2]");
    assert_null(eg_histogram(x, 0, 0, 1));
    assert_error(EG_INVALID, "one bin at least");
    assert_null(eg_histogram(x, 3, 1, 1));
    assert_error(EG_INVALID, "edges that rise");
    assert_null((eg_histogram)(NULL, 3, 0, 1));
    assert_error(EG_INVALID, "x is NULL");
}

TEST(histogram_takes_edges_that_are_given)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(0, 0.5, 1, 1, 3, 3.5, 4, NAN, -1);

    assert_prints(eg_histogram_edges(x, EG_F64(0, 1, 1.5, 4)), "[2 2 3] int64[3]");
    assert_prints(eg_histogram_edges(matrix(), EG_F64(0.5, 5)), "[4] int64[1]");
    assert_prints(eg_histogram_edges(EG_I32(1, 2, 2, 9), EG_I32(1, 2, 3)), "[1 2] int64[2]");
    assert_prints(eg_histogram_edges(eg_zeros(EG_FLOAT32, EG_DIMS(0)), EG_F32(0, 1)),
        "[0] int64[1]");
    assert_null(eg_histogram_edges(x, EG_F64(1)));
    assert_error(EG_INVALID, "two elements at least");
    assert_null(eg_histogram_edges(x, 1));
    assert_error(EG_INVALID, "edges has 0 axes");
    assert_null((eg_histogram_edges)(x, NULL));
    assert_error(EG_INVALID, "NULL");
    assert_null(eg_histogram_edges(x, EG_I32(1, 2)));
    assert_error(EG_INVALID, "int32");
}

EG_FUNCTION(counts, x)
{
    return eg_histogram(x, 3, 0, 6);
}

TEST(counting_is_the_same_in_a_function)
{
    EG_SCOPE;
    eg_function *f = eg_function_of(counts);

    for (int i = 0; i < 3; i++)
        assert_prints(eg_call(f, matrix()), "[2 1 1] int64[3]");
    assert_fine();
    eg_function_free(f);
}

/* ---- interp --------------------------------------------------------------------------------- */

TEST(interp_follows_the_line_through_points)
{
    EG_SCOPE;
    eg_tensor *xp = EG_F64(1, 2, 2, 4), *yp = EG_F64(10, 20, 30, 0);

    assert_prints(eg_interp(EG_F64(-INFINITY, 1, 1.5, 2, 3, 4, 9, NAN), xp, yp),
        "[10. 10. 15. 30. 15.  0.  0. nan] float64[8]");
    assert_prints(eg_interp(1.25, xp, yp), "12.5 float64[]");
    assert_prints(eg_interp(EG_F32(0, 7), eg_zeros(EG_FLOAT32, EG_DIMS(1)),
                      eg_ones(EG_FLOAT32, EG_DIMS(1))),
        "[1. 1.] float32[2]");
    assert_prints(eg_interp(eg_zeros(EG_FLOAT64, EG_DIMS(2, 0)), xp, yp), "[] float64[2,0]");
    assert_null(eg_interp(1.5, xp, EG_F64(1, 2)));
    assert_error(EG_INVALID, "two lists of one length");
    assert_null(eg_interp(1.5, eg_zeros(EG_FLOAT32, EG_DIMS(0)), eg_zeros(EG_FLOAT32, EG_DIMS(0))));
    assert_error(EG_INVALID, "one point at least");
    assert_null(eg_interp(EG_I32(1), EG_I32(1, 2), EG_I32(1, 2)));
    assert_error(EG_INVALID, "int32");
    assert_null((eg_interp)(NULL, xp, yp));
    assert_error(EG_INVALID, "NULL");
}

EG_FUNCTION(interpolated, x, xp, yp)
{
    return eg_interp(x, xp, yp);
}

TEST(interp_has_gradients)
{
    EG_SCOPE;
    assert_works(interpolated, EG_F64(0.3, 1.3, 2.9, 7), EG_F64(1, 2.5, 4), EG_F64(3, -1, 2));
}

/* ---- quantile, median ----------------------------------------------------------------------- */

TEST(quantiles_lie_between_neighbours)
{
    EG_SCOPE;
    assert_prints(eg_quantile(EG_F64(8, 1, 4, 2), 0.25, 0), "1.75 float64[]");
    assert_prints(eg_quantile(matrix(), 1, 0), "[2. 5. 8.] float64[3]");
    assert_prints(eg_median(matrix(), 1), "[1. 2.] float64[2]");
    assert_prints(eg_median(matrix(), 0), "[1.5  2.75 2.5 ] float64[3]");
    assert_prints(eg_median(EG_F32(1, NAN, 3), 0), "nan float32[]");
    assert_prints(eg_median(EG_F32(INFINITY, INFINITY), 0), "inf float32[]");
    assert_null(eg_median(EG_I32(1, 2), 0));
    assert_error(EG_INVALID, "int32");
    assert_null(eg_quantile(matrix(), 1.5, 0));
    assert_error(EG_INVALID, "q is 1.5");
    assert_null(eg_median(eg_zeros(EG_FLOAT32, EG_DIMS(0)), 0));
    assert_error(EG_INVALID, "0 elements");
}

EG_FUNCTION(quartile_of_rows, x)
{
    return eg_quantile(x, 0.25, 1);
}

TEST(quantiles_have_a_gradient)
{
    EG_SCOPE;
    assert_works(quartile_of_rows, matrix());
}
