/* Gradients at corners: each line of docs/gradients.md, in its order.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness.h"
#include <math.h>

#define LIST(...) EG_F64(__VA_ARGS__)

/* That the gradient of `expression`, of x, is as printed, and with `start` coming in as well. */
#define CORNER(sentence, values, expression, expected)                                             \
    CORNER_FROM(sentence, values, expression, eg_ones_like(z), expected)
#define CORNER_FROM(sentence, values, expression, start, expected)                                 \
    TEST(sentence)                                                                                 \
    {                                                                                              \
        EG_SCOPE;                                                                                  \
        eg_tensor *x = LIST values, *dx;                                                           \
        EG_TAPE;                                                                                   \
        eg_watch(x);                                                                               \
        eg_tensor *z = expression;                                                                 \
        eg_gradient(z, EG_IN(x), &dx, .target_gradient = start);                                   \
        assert_fine();                                                                             \
        assert_prints(dx, expected);                                                               \
    }

/* The same of two arguments. */
#define CORNER2(sentence, x_values, y_values, expression, expected_x, expected_y)                  \
    TEST(sentence)                                                                                 \
    {                                                                                              \
        EG_SCOPE;                                                                                  \
        eg_tensor *x = LIST x_values, *y = LIST y_values, *d[2];                                   \
        EG_TAPE;                                                                                   \
        eg_watch(x);                                                                               \
        eg_watch(y);                                                                               \
        eg_gradient(expression, EG_IN(x, y), d);                                                   \
        assert_fine();                                                                             \
        assert_prints(d[0], expected_x);                                                           \
        assert_prints(d[1], expected_y);                                                           \
    }

/* ---- ties and kinks ------------------------------------------------------------------------- */

CORNER2(maximum_halves_a_tie_and_gives_it_to_both_where_one_is_nan, (2, 1, NAN, 1), (1, 1, 1, NAN),
    eg_maximum(x, y), "[1.  0.5 1.  1. ] float64[4]", "[0.  0.5 1.  1. ] float64[4]")
CORNER2(minimum_halves_a_tie_and_gives_it_to_both_where_one_is_nan, (2, 1, NAN, 1), (1, 1, 1, NAN),
    eg_minimum(x, y), "[0.  0.5 1.  1. ] float64[4]", "[1.  0.5 1.  1. ] float64[4]")
CORNER_FROM(what_loses_a_maximum_gets_zero_of_infinity_too, (1, 3), eg_maximum(x, 2),
    LIST(INFINITY, 1), "[0. 1.] float64[2]")
CORNER(max_shares_a_tie_evenly, (3, 1, 3, 2), eg_max(x), "[0.5 0.  0.5 0. ] float64[4]")
CORNER(min_shares_a_tie_evenly, (1, 1, 1, 1), eg_min(x), "[0.25 0.25 0.25 0.25] float64[4]")
CORNER(the_nan_that_is_the_maximum_gets_its_gradient, (3, NAN, 5), eg_max(x),
    "[0. 1. 0.] float64[3]")
CORNER(clip_halves_at_its_bounds, (-1, 0, 0.5, 1, 2), eg_clip(x, 0, 1),
    "[0.  0.5 1.  0.5 0. ] float64[5]")
CORNER(relu_and_its_like_have_slope_zero_at_zero, (0, -0.0, NAN), eg_add(eg_relu(x), eg_relu6(x)),
    "[0. 0. 0.] float64[3]")
CORNER(relu6_has_slope_zero_at_six, (6), eg_relu6(x), "0. float64[]")
CORNER(abs_has_slope_zero_at_zero, (0, -0.0, -2, 3), eg_abs(x), "[ 0.  0. -1.  1.] float64[4]")
CORNER(sign_and_roundings_have_slope_zero, (0, 1.5, -2), eg_add(x, eg_add(eg_sign(x), eg_round(x))),
    "[1. 1. 1.] float64[3]")

TEST(equal_elements_are_sorted_by_place_and_so_are_their_gradients)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(2, 1, 2, 1), *dx, *best;
    EG_TAPE;

    eg_watch(x);
    eg_gradient(eg_sort(x, -1), EG_IN(x), &dx, .target_gradient = EG_F64(1, 2, 3, 4));
    assert_prints(dx, "[3. 1. 4. 2.] float64[4]");
    eg_tape_reset();
    eg_watch(x);
    eg_gradient(eg_part(eg_top_k(x, 2), 0), EG_IN(x), &best, .target_gradient = EG_F64(1, 2));
    assert_prints(best, "[1. 0. 2. 0.] float64[4]");
}

CORNER(a_running_maximum_gives_a_tie_to_the_last, (1, 1, 0, 2), eg_cumulative_max(x),
    "[1. 2. 0. 1.] float64[4]")

/* ---- where a slope is infinite or undefined ------------------------------------------------- */

CORNER(roots_and_logarithms_have_infinite_slope_at_zero, (0), eg_add(eg_sqrt(x), eg_log(x)),
    "inf float64[]")
CORNER(a_root_of_what_is_negative_has_slope_nan, (-1), eg_sqrt(x), "nan float64[]")
CORNER(a_quotient_by_zero_has_infinite_slopes, (0), eg_div(1, x), "-inf float64[]")
CORNER_FROM(zero_times_an_infinite_slope_is_nan, (0, 4), eg_sqrt(x), LIST(0, 1),
    "[ nan 0.25] float64[2]")
CORNER2(pow_has_slopes_zero_where_it_is_constant, (0, NAN, 0, 0, -2), (0, 0, 2, 1, 2), eg_pow(x, y),
    "[ 0.  0.  0.  1. -4.] float64[5]", "[0. 0. 0. 0. 0.] float64[5]")
CORNER(the_norm_of_nothing_but_zeros_has_slope_zero, (0, 0),
    eg_add(eg_vector_norm(x), eg_vector_norm(x, .ord = 3)), "[0. 0.] float64[2]")
CORNER(a_norm_has_slope_zero_at_an_element_that_is_zero, (0, 2), eg_vector_norm(x, .ord = 3),
    "[0. 1.] float64[2]")
CORNER(the_norm_of_a_matrix_of_zeros_has_slope_zero, (0, 0),
    eg_matrix_norm(eg_reshape(x, EG_DIMS(2, 1))), "[0. 0.] float64[2]")
CORNER(a_deviation_of_equal_numbers_has_slope_zero, (3, 3, 3), eg_std(x), "[0. 0. 0.] float64[3]")
CORNER2(hypot_has_slope_zero_at_the_origin, (0, 3), (0, 4), eg_hypot(x, y), "[0.  0.6] float64[2]",
    "[0.  0.8] float64[2]")
CORNER2(atan2_has_no_slope_at_the_origin, (0), (0), eg_atan2(x, y), "nan float64[]",
    "nan float64[]")

/* ---- products with zeros -------------------------------------------------------------------- */

CORNER(a_product_with_one_zero_gives_it_the_product_of_the_rest, (2, 0, 3), eg_prod(x),
    "[0. 6. 0.] float64[3]")
CORNER(a_product_with_two_zeros_gives_zeros, (0, 2, 0), eg_prod(x), "[0. 0. 0.] float64[3]")
CORNER(a_running_product_with_zeros_is_exact, (2, 0, 3, 0, 4), eg_cumulative_prod(x),
    "[1. 8. 0. 0. 0.] float64[5]")

static eg_tensor *second_of_product(eg_tensor *x, bool running)
{
    eg_tensor *first, *second;
    EG_TAPE;

    eg_watch(x);
    {
        EG_TAPE;
        eg_watch(x);
        eg_gradient(running ? eg_cumulative_prod(x) : eg_prod(x), EG_IN(x), &first);
        eg_give(first);
    }
    eg_gradient(eg_slice(first, .begin = EG_AT(1), .count = EG_AT(1)), EG_IN(x), &second);
    return eg_give(second);
}

TEST(second_derivatives_of_products_with_zeros_are_exact)
{
    EG_SCOPE;
    assert_prints(second_of_product(EG_F64(2, 0, 3), false), "[3. 0. 2.] float64[3]");
    assert_prints(second_of_product(EG_F64(2, 0, 3), true), "[4. 0. 2.] float64[3]");
    assert_prints(second_of_product(EG_F64(0, 0, 3), true), "[4. 0. 0.] float64[3]");
}

/* ---- choosing ------------------------------------------------------------------------------- */

CORNER2(where_gives_nothing_to_what_it_does_not_choose, (NAN, 1), (2, INFINITY),
    eg_where(eg_greater(EG_F64(-1, 1), 0), x, y), "[0. 1.] float64[2]", "[1. 0.] float64[2]")
CORNER(an_infinite_slope_behind_where_is_nan, (0, 4),
    eg_where(eg_greater(x, 0), eg_sqrt(x), eg_zeros_like(x)), "[ nan 0.25] float64[2]")
CORNER(choosing_before_too_keeps_it_out, (0, 4),
    eg_where(eg_greater(x, 0), eg_sqrt(eg_where(eg_greater(x, 0), x, eg_ones_like(x))),
        eg_zeros_like(x)),
    "[0.   0.25] float64[2]")
CORNER(sums_without_nans_give_nans_nothing, (NAN, 1), eg_nansum(x), "[0. 1.] float64[2]")
CORNER(what_replaces_nan_and_infinity_is_constant, (NAN, INFINITY, 1), eg_nan_to_num(x),
    "[0. 0. 1.] float64[3]")

/* ---- NaN and infinity coming in ------------------------------------------------------------- */

CORNER_FROM(nan_that_comes_in_goes_out, (1, 2), eg_mul(x, 3), LIST(NAN, 1), "[nan  3.] float64[2]")
CORNER_FROM(infinity_times_a_slope_of_zero_is_nan, (0, 2), eg_abs(x), LIST(INFINITY, INFINITY),
    "[nan inf] float64[2]")
CORNER_FROM(relu_is_a_choice_and_gives_zero, (-1, 2), eg_relu(x), LIST(INFINITY, INFINITY),
    "[ 0. inf] float64[2]")
CORNER(softmax_of_nothing_but_minus_infinity_is_nan, (-INFINITY, -INFINITY), eg_softmax(x),
    "[nan nan] float64[2]")
CORNER_FROM(softmax_gives_what_is_masked_zero, (-INFINITY, 0, 0), eg_softmax(x), LIST(5, 1, -1),
    "[ 0.   0.5 -0.5] float64[3]")

/* ---- values that repeat --------------------------------------------------------------------- */

CORNER(equal_eigenvalues_have_finite_slopes, (2, 0, 0, 2),
    eg_eigvalsh(eg_reshape(x, EG_DIMS(2, 2))), "[1. 0. 0. 1.] float64[4]")
CORNER(vectors_of_equal_eigenvalues_have_slope_zero, (2, 0, 0, 2),
    eg_part(eg_eigh(eg_reshape(x, EG_DIMS(2, 2))), 1), "[0. 0. 0. 0.] float64[4]")
CORNER(equal_singular_values_have_finite_slopes, (2, 0, 0, 2),
    eg_svdvals(eg_reshape(x, EG_DIMS(2, 2))), "[1. 0. 0. 1.] float64[4]")
CORNER(vectors_of_equal_singular_values_have_slope_zero, (2, 0, 0, 2),
    eg_part(eg_svd(eg_reshape(x, EG_DIMS(2, 2))), 0), "[0. 0. 0. 0.] float64[4]")

/* ---- nothing, whole numbers, no path -------------------------------------------------------- */

TEST(the_gradient_of_an_empty_tensor_is_empty)
{
    EG_SCOPE;
    eg_tensor *x = eg_zeros(EG_FLOAT32, EG_DIMS(2, 0)), *dx, *dy, *y = EG_F32(1, 2);
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    eg_watch(y);
    eg_gradient(eg_sum(eg_exp(x)), EG_IN(x), &dx);
    assert_int_equal(eg_dim(dx, 0), 2);
    assert_int_equal(eg_dim(dx, 1), 0);
    eg_gradient(eg_mul(eg_slice(y, .count = EG_AT(0)), 3), EG_IN(y), &dy);
    assert_prints(dy, "[0. 0.] float32[2]");
    assert_fine();
}

CORNER(what_goes_through_whole_numbers_is_constant, (1.5, 2.5),
    eg_mul(x, eg_cast(eg_cast(x, EG_INT32), EG_FLOAT64)), "[1. 2.] float64[2]")

TEST(a_source_without_a_path_has_gradient_zero_or_none)
{
    EG_SCOPE;
    eg_tensor *x = EG_F64(1, 2), *y = EG_F64(3), *d[2];
    EG_TAPE_WITH(.persistent = true);

    eg_watch(x);
    eg_watch(y);
    eg_tensor *z = eg_square(x);
    eg_gradient(z, EG_IN(x, y), d);
    assert_prints(d[1], "0. float64[]");
    eg_gradient(z, EG_IN(x, y), d, .unconnected_none = true);
    assert_true(eg_is_none(d[1]));
}
